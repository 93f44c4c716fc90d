"""How much memory a hand-in's processes use together, beyond what their status says (*trusted*, standard library only).

The status of a process counts every page that it shares with the process it was forked from. That is quick and never
too little; where it comes to more than is allowed, forked workers (a ``DataLoader``'s) may have been counted many times
for one and the same data, and a closer look decides.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from autograder.sandbox import proc

MAX_SHARED = 5_000  # files in /dev/shm: each costs the kernel a kilobyte, and every look at them time
MAX_SHARED_PATH = 1_000
GROUP = Path("/sys/fs/cgroup")
NO_LIMIT = 1 << 60  # bytes; the first version of control groups has a number for none


def in_files(uid: int | None, pids: set[int]) -> tuple[int, int]:
    """Return what is in memory and perhaps mapped by nobody: bytes in /dev/shm or in open files without a name.

    Beside it the number of files in /dev/shm, counted until there are too many.
    """
    sizes: dict[tuple[int, int], int] = {}

    def add(facts: os.stat_result) -> None:
        sizes[facts.st_dev, facts.st_ino] = facts.st_blocks * 512

    for pid in pids:
        with contextlib.suppress(OSError):  # ended meanwhile; or we may not look, as in a default container
            folder = f"{proc.living(pid)}/fd"
            for name in os.listdir(folder):
                facts = os.stat(f"{folder}/{name}")
                if stat.S_ISREG(facts.st_mode) and facts.st_nlink == 0:
                    add(facts)
    count, folders = 0, [] if uid is None else ["/dev/shm"]
    while folders and count <= MAX_SHARED:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):  # gone meanwhile
                    facts = entry.stat(follow_symlinks=False)
                    if facts.st_uid != uid:
                        continue
                    add(facts)
                    count += 1
                    if stat.S_ISDIR(facts.st_mode):
                        folders.append(entry.path)
                if count > MAX_SHARED:
                    break
        if any(len(folder) > MAX_SHARED_PATH for folder in folders):  # soon too long to be looked into
            count = MAX_SHARED + 1
    return sum(sizes.values()), count


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
