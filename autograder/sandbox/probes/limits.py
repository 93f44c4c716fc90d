"""Attacks on what is limited, and on what would outlast the run (*sandbox*)."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import re
import resource
import signal
import threading
from pathlib import Path

from autograder.sandbox.probes.attempt import Canaries, attack, fail

GIB = 1 << 30
SECRET_NAMES = re.compile(rb"\b\w*(?:TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|CREDENTIAL)\w*=", re.IGNORECASE)


@attack("rlimits")
def large_file(_: Canaries) -> None:
    """Write past the limit of a file."""
    with open("large", "wb") as file:
        os.pwrite(file.fileno(), b"x", 8 * GIB)
    os.unlink("large")


@attack("rlimits+memory")
def large_mapping(_: Canaries) -> None:
    """Reserve 9 GiB."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    private_anonymous_noreserve, read_write = 0x4022, 3
    address = libc.mmap(None, 9 * GIB, read_write, private_anonymous_noreserve, -1, 0)
    if address == ctypes.c_void_p(-1).value:
        fail(ctypes.get_errno())
    libc.munmap(ctypes.c_void_p(address), ctypes.c_size_t(9 * GIB))


def _room() -> int:
    """Return how many processes to try: past the limit, if there is one within reach."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    return limit + 1 if 0 < limit <= 2000 else 150


@attack("rlimits+processes")
def many_processes(_: Canaries) -> None:
    """Fork past the limit of processes."""
    pids: list[int] = []
    try:
        for _i in range(_room()):
            pid = os.fork()
            if pid == 0:
                signal.pause()
                os._exit(0)
            pids.append(pid)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)


@attack("rlimits+processes")
def many_threads(_: Canaries) -> None:
    """Start threads past the limit of processes."""
    done = threading.Event()
    threads: list[threading.Thread] = []
    try:
        for _i in range(_room()):
            thread = threading.Thread(target=done.wait)
            thread.start()
            threads.append(thread)
    except RuntimeError:
        fail(errno.EAGAIN)
    finally:
        done.set()
        for thread in threads:
            thread.join()


@attack("rlimits")
def many_files(_: Canaries) -> None:
    """Open files past the limit."""
    with contextlib.ExitStack() as stack:
        for _i in range(3000):
            stack.enter_context(open(os.devnull))


@attack("uid", "landlock", "chroot")
def outlive_grader(_: Canaries) -> None:
    """Take back that the kernel ends us first when memory runs out."""
    before = Path("/proc/self/oom_score_adj").read_text()
    Path("/proc/self/oom_score_adj").write_text("0")
    Path("/proc/self/oom_score_adj").write_text(before)


@attack("oom")
def die_last(_: Canaries) -> None:
    """Be no likelier to die than the grader when memory runs out."""
    with contextlib.suppress(FileNotFoundError):  # a jail has no /proc: then nothing can be seen or changed
        if int(Path("/proc/self/oom_score_adj").read_text()) < 1000:
            return
    fail(errno.EPERM)


@attack("environment")
def find_secret_in_environment(_: Canaries) -> None:
    """Find a variable with a telling name among ours, or in what is left of them on the stack."""
    block = b"\0".join(k + b"=" for k in os.environb)
    with contextlib.suppress(OSError), open("/proc/self/maps") as maps:
        for line in maps:
            if line.rstrip().endswith("[stack]"):
                start, end = (int(word, 16) for word in line.split()[0].split("-"))
                # Only the far end: the environment that the program was started with.
                start = max(start, end - (128 << 10))
                block += b"\0" + ctypes.string_at(start, end - start)
    if not SECRET_NAMES.search(block):
        fail(errno.ENOENT, "none found")
