"""What a hand-in could leave in the kernel's memory for files, in bits (*trusted*, standard library only).

Whoever reads a page of a library that is not in memory brings it there, and a later hand-in can tell, by the time of
a read or the count of its page faults. The filter takes away every call that pushes pages out or looks at them, so each
of these bits can be written once, until the machine itself needs the room. Their number is that of the windows, of
the kernel's read-ahead, that are not in memory: this module counts them.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

WINDOW_BYTES = 128 << 10  # the kernel reads ahead by as much
BUDGET_S = 20.0

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
_libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
_libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]


@dataclass(frozen=True, slots=True)
class Windows:
    """How many windows the readable files have, how many are not in memory; whether all could be looked at."""

    all: int
    cold: int
    complete: bool

    def __str__(self) -> str:
        part = "" if self.complete else " (of those that could be looked at)"
        return (
            f"pages of libraries: {self.cold} of {self.all} windows of {WINDOW_BYTES >> 10} kB are not in memory{part}: "
            "as many bits a hand-in can leave for a later one, once, by reading; SECURITY.md says what that means"
        )


def count_windows(readable: Iterable[str], budget_s: float = BUDGET_S) -> Windows:
    """Look at every file that a student's process may read, without reading any."""
    end = time.monotonic() + budget_s
    every = cold = 0
    complete = True
    seen: set[tuple[int, int]] = set()
    for path in _files(readable):
        if time.monotonic() > end:
            complete = False
            break
        with contextlib.suppress(FileNotFoundError):
            fd = -1
            try:
                fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
                facts = os.fstat(fd)
                key = facts.st_dev, facts.st_ino
                if not stat.S_ISREG(facts.st_mode) or not facts.st_size or key in seen:
                    continue
                seen.add(key)
                windows = _in_memory(fd, facts.st_size)
                every += len(windows)
                cold += windows.count(False)
            except FileNotFoundError:
                raise
            except OSError:
                complete = False
            finally:
                if fd >= 0:
                    os.close(fd)
    return Windows(every, cold, complete)


def warm(readable: Iterable[str]) -> None:
    """Read every file that a student's process may read: then no window is left to write a bit into."""
    for path in _files(readable):
        with contextlib.suppress(OSError), open(path, "rb", buffering=0, opener=_without_waiting) as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                while file.read(1 << 20):
                    pass


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def _files(readable: Iterable[str]) -> Iterator[str]:
    for top in readable:
        if top.startswith(("/proc/", "/dev/", "/sys/")):
            continue
        if not os.path.isdir(top):
            yield top
            continue
        for root, _, names in os.walk(top):
            yield from (os.path.join(root, name) for name in names)


def _in_memory(fd: int, size: int) -> list[bool]:
    """Return for each window of a file whether any page of it is in memory."""
    private_readonly = mmap.MAP_PRIVATE, mmap.PROT_READ
    address = _libc.mmap(None, size, private_readonly[1], private_readonly[0], fd, 0)
    if address == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "mmap")
    try:
        pages = -(-size // mmap.PAGESIZE)
        vector = ctypes.create_string_buffer(pages)
        if _libc.mincore(address, size, vector) != 0:
            raise OSError(ctypes.get_errno(), "mincore")
    finally:
        _libc.munmap(address, size)
    flags, step = vector.raw, WINDOW_BYTES // mmap.PAGESIZE
    return [any(flag & 1 for flag in flags[start : start + step]) for start in range(0, pages, step)]
