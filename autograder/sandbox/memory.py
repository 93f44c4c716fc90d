"""How much memory a hand-in's processes use together, beyond what their status says (*trusted*, standard library only).

The status of a process counts every page that it shares with the process it was forked from. That is quick and never
too little; where it comes to more than is allowed, forked workers (a ``DataLoader``'s) may have been counted many times
for one and the same data, and a closer look decides.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox import proc

SHARED = "/dev/shm"
MAX_SHARED = 5_000  # files in /dev/shm: each costs the kernel a kilobyte, and every look at them time
MAX_SHARED_PATH = 1_000
GROUP = Path("/sys/fs/cgroup")
NO_LIMIT = 1 << 60  # bytes; the first version of control groups has a number for none


@dataclass(frozen=True, slots=True)
class Files:
    """What a hand-in has in files of the memory: bytes in all, those of nameless files in /dev/shm, and the names there."""

    size_bytes: int = 0
    nameless_bytes: int = 0
    count: int = 0


def in_files(uid: int | None, pids: set[int]) -> Files:
    """Return what is in memory and perhaps mapped by nobody: in /dev/shm, or in open files without a name.

    Files in /dev/shm are counted until there are too many.
    """
    sizes: dict[tuple[int, int], int] = {}
    nameless = 0

    def add(facts: os.stat_result) -> None:
        sizes[facts.st_dev, facts.st_ino] = facts.st_blocks * 512

    for pid in pids:
        with contextlib.suppress(OSError):  # ended meanwhile; or we may not look, as in a default container
            folder = f"{proc.living(pid)}/fd"
            for name in os.listdir(folder):
                facts = os.stat(f"{folder}/{name}")
                if stat.S_ISREG(facts.st_mode) and facts.st_nlink == 0:
                    add(facts)
    with contextlib.suppress(OSError):
        shared = os.stat(SHARED).st_dev
        nameless = sum(size for (device, _), size in sizes.items() if device == shared)
    count = 0
    for named in _named(uid) if uid is not None else ():
        if named is None:
            count = MAX_SHARED + 1
        else:
            add(named)
            count += 1
        if count > MAX_SHARED:
            break
    return Files(sum(sizes.values()), nameless, count)


def unseen(least: int = 0) -> int:
    """Return the bytes in /dev/shm that no name there leads to: of files that are open, or on their way through a socket.

    Whose they are is not to be seen where we may not list what a process has open. 0 if they cannot be more than ``least``.
    """
    used = _used(SHARED)
    if used <= least:
        return 0
    named: dict[int, int] = {}
    for facts in _named():
        if facts is None:
            return 0  # too many to be looked at: their number is what is acted on
        named[facts.st_ino] = facts.st_blocks * 512
    return max(0, used - sum(named.values()))


def _named(uid: int | None = None) -> Iterator[os.stat_result | None]:
    """Yield the facts of what a user, or everybody, has in /dev/shm; None at last, if a path gets too long to look into."""
    folders = [SHARED]
    while folders:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):  # gone meanwhile
                    facts = entry.stat(follow_symlinks=False)
                    if uid is not None and facts.st_uid != uid:
                        continue
                    yield facts
                    if stat.S_ISDIR(facts.st_mode):
                        folders.append(entry.path)
        if any(len(folder) > MAX_SHARED_PATH for folder in folders):
            yield None
            return


def _used(folder: str) -> int:
    try:
        facts = os.statvfs(folder)
    except OSError:
        return 0
    return (facts.f_blocks - facts.f_bfree) * facts.f_frsize


def shared_out(pids: Iterable[int], zygote: int) -> int | None:
    """Return the bytes of processes, a page that several map divided among them; None where we may not ask.

    What the zygote shares with its forks is taken off.
    """
    rows = [_rollup(pid) for pid in (zygote, *pids)]
    if any(row is None for row in rows):
        return None
    (zygote_all, zygote_part, _), *students = (row for row in rows if row is not None)
    own = sum(part for _, part, _ in students) - (zygote_all - zygote_part)
    return max(0, own) + sum(files for _, _, files in students)


def _rollup(pid: int) -> tuple[int, int, int] | None:
    """Return anonymous bytes, our part of them, and our part of shared memory; zeros for a process that has ended."""
    try:
        with open(f"{proc.living(pid)}/smaps_rollup", "rb") as file:
            lines = (line.split() for line in file.read().splitlines()[1:])
    except (FileNotFoundError, ProcessLookupError):
        return 0, 0, 0
    except OSError:
        return None
    found = {words[0]: int(words[1]) << 10 for words in lines if len(words) > 1 and words[1].isdigit()}
    try:
        return found[b"Anonymous:"], found[b"Pss_Anon:"], found[b"Pss_Shmem:"]
    except KeyError:  # an older kernel
        return None


def of_container() -> int | None:
    """Return the bytes that the processes and the files in memory of this container use; None where it has no limit."""
    for folder, limit, names in (
        (GROUP, "memory.max", (b"anon", b"shmem")),
        (GROUP / "memory", "memory.limit_in_bytes", (b"total_rss", b"total_shmem")),
    ):
        try:
            text = (folder / limit).read_text().strip()
            if (
                text.isdigit() and int(text) >= NO_LIMIT
            ):  # the whole machine: what others free is not the hand-in's
                continue
            rows = (line.split() for line in (folder / "memory.stat").read_bytes().splitlines())
            found = {row[0]: int(row[1]) for row in rows if len(row) == 2}
            return sum(found[name] for name in names)
        except (OSError, KeyError, ValueError):
            continue
    return None
