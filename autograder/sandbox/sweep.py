"""Remove the files that a run left, however deep, odd or many (*trusted*, standard library only)."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.errors import SandboxError
from autograder.sandbox import identity, proc

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

# Every folder that any user may write.
SWEPT = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue")


def sweep(uid: int, folders: Iterable[str] = SWEPT) -> int:
    """Remove what a drawn user id owns in folders that everybody may write; return how many entries.

    Only the folders' own entries are looked at; one that is a folder is removed with all it holds.
    Call it when the id's processes are dead.

    Raises
    ------
    SandboxError
        If the id is not one that ``draw_uid`` gives out; nothing was removed.

    """
    if not identity.is_drawn(uid):
        raise SandboxError(
            f"sweep: found user id {uid}, which draw_uid does not give out; nothing was removed. "
            "This is a mistake of the grader's: please report it."
        )
    count = 0
    for folder in folders:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), _opened(folder) as fd:
            for name in os.listdir(fd):
                with contextlib.suppress(FileNotFoundError):
                    if os.stat(name, dir_fd=fd, follow_symlinks=False).st_uid == uid:
                        _remove(name, fd)
                        count += 1
    return count


def names_of_ours(folder: str = "/dev/shm") -> frozenset[str]:
    """Return the names of a folder's own entries that belong to our user id."""
    found: set[str] = set()
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                if entry.stat(follow_symlinks=False).st_uid == os.geteuid():
                    found.add(entry.name)
    return frozenset(found)


def sweep_new(before: Collection[str], folder: str = "/dev/shm") -> int:
    """Remove what our own user id got in a folder since ``before`` was listed; return how many entries.

    For runs without root, where the user id does not tell what a hand-in left from what other programs of
    ours made meanwhile. So what any of our processes has open, mapped or listens on is spared. Call it
    when the hand-in's processes are dead.
    """
    new = names_of_ours(folder) - set(before)
    count = 0
    if not new:
        return 0
    held = _held_files()
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), _opened(folder) as fd:
        for name in new:
            with contextlib.suppress(FileNotFoundError):
                facts = os.stat(name, dir_fd=fd, follow_symlinks=False)
                path = os.path.join(folder, name)
                if (facts.st_dev, facts.st_ino) not in held and path not in held:
                    _remove(name, fd)
                    count += 1
    return count


def _held_files() -> set[tuple[int, int] | str]:
    """Return device and inode, or the path, of each file in memory that a process of ours uses."""
    held: set[tuple[int, int] | str] = set()
    for pid in proc.all_pids():
        with contextlib.suppress(OSError):  # ended meanwhile, or not to be looked at
            for name in os.listdir(f"/proc/{pid}/fd"):
                facts = os.stat(f"/proc/{pid}/fd/{name}")
                held.add((facts.st_dev, facts.st_ino))
    # Maps tell files that were closed after they were mapped; the other table, sockets by the name they are bound to.
    for table in (*(f"/proc/{pid}/maps" for pid in proc.all_pids()), "/proc/net/unix"):
        rows = proc.read_proc(table).decode(errors="replace").splitlines()
        held |= {row[row.index("/") :] for row in rows if "/" in row}
    return held


def remove_tree(path: str | Path) -> None:
    """Remove a folder that a student could write, however deep or oddly permitted; follow no link."""
    parent, name = os.path.split(os.path.abspath(path))
    with contextlib.suppress(FileNotFoundError), _opened(parent) as fd:
        _remove(name, fd)


@contextlib.contextmanager
def _opened(name: str, dir_fd: int | None = None) -> Iterator[int]:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(name, flags, dir_fd=dir_fd)
    try:
        yield fd
    finally:
        os.close(fd)


def _remove(name: str, dir_fd: int) -> None:
    """Remove an entry of a folder, with everything beneath it.

    A tree can be deeper than any path, any recursion and any number of open files. So whatever folder
    is found inside is first moved up into the top one: every folder is then one step away.
    """
    if not _is_folder(name, dir_fd):
        os.unlink(name, dir_fd=dir_fd)
        return
    _make_writable(name, dir_fd)
    with _opened(name, dir_fd) as top:
        waiting: list[str] = []
        _empty(top, top, waiting)
        while waiting:
            inner = waiting.pop()
            _make_writable(inner, top)
            with _opened(inner, top) as fd:
                _empty(fd, top, waiting)
            os.rmdir(inner, dir_fd=top)
    os.rmdir(name, dir_fd=dir_fd)


def _empty(fd: int, top: int, waiting: list[str]) -> None:
    """Unlink a folder's files and move its folders up into ``top``, under names that ``waiting`` gets."""
    for name in os.listdir(fd):
        with contextlib.suppress(FileNotFoundError):
            if not _is_folder(name, fd):
                os.unlink(name, dir_fd=fd)
                continue
            _make_writable(name, fd)
            moved = f".{secrets.token_hex(12)}"
            os.rename(name, moved, src_dir_fd=fd, dst_dir_fd=top)
            waiting.append(moved)


def _is_folder(name: str, dir_fd: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=dir_fd, follow_symlinks=False).st_mode)


def _make_writable(name: str, dir_fd: int) -> None:
    """Give ourselves back what a mode of 000 takes away; root needs nothing."""
    if os.geteuid() == 0:
        return
    # chmod cannot be told not to follow links before Linux 6.6; a descriptor of the folder itself can.
    fd = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=dir_fd)
    try:
        os.chmod(f"/proc/self/fd/{fd}", 0o700)
    finally:
        os.close(fd)
