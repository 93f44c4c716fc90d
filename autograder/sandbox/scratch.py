"""Temporary folders that a killed run leaves, and the next one removes (*trusted*, standard library only).

A folder is held by a lock on a file in it: the kernel lets go of it when its owner ends, however that happened. What
nobody holds any more holds a bundle with its checks and, perhaps, processes and files of a hand-in.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

from autograder.sandbox import identity, reap, sweep

LOCK = ".held"
FRESH_S = 60.0  # a folder is made before it is held
ABANDONED_S = 3600.0  # without a lock: whoever made it, or removed it, was killed in that instant


def make(prefix: str) -> tuple[Path, BinaryIO]:
    """Make a folder of mode 0700; it is ours until the file that comes with it is closed."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    held = open_log(folder / LOCK)
    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return folder, held


def open_log(path: Path) -> BinaryIO:
    """Make a file that only we can read, and open it."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    return os.fdopen(os.open(path, flags, 0o600), "w+b")


def clean(pattern: str = "autograder-*") -> int:
    """Remove the folders of runs that ended without doing so, and what their hand-ins left; return how many."""
    count = 0
    for folder in Path(tempfile.gettempdir()).glob(pattern):
        with contextlib.suppress(
            Exception
        ):  # somebody else is at it; what cannot be removed harms no grading
            if _is_left(folder):
                _end_hand_ins(folder)
                remove(folder)
                count += 1
    return count


def remove(folder: Path) -> None:
    """Remove a folder of ours, its lock last: whoever is killed meanwhile leaves one that can be told to be left."""
    for entry in os.listdir(folder):
        if entry != LOCK:
            sweep.remove_tree(folder / entry)
    sweep.remove_tree(folder)


def _is_left(folder: Path) -> bool:
    facts = folder.lstat()
    age_s = time.time() - max(facts.st_mtime, facts.st_ctime)
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid() or age_s < FRESH_S:
        return False
    try:
        fd = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return age_s > ABANDONED_S
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError: its owner lives
        return True
    finally:
        os.close(fd)


def _end_hand_ins(folder: Path) -> None:
    """End what runs under the user ids that the folder's own entries have, and sweep what they left."""
    with os.scandir(folder) as entries:  # closed where one is gone, since somebody else cleans as well
        for entry in entries:
            uid = entry.stat(follow_symlinks=False).st_uid
            if os.geteuid() == 0 and identity.is_drawn(uid):
                reap.reap_uid(uid)
                sweep.sweep(uid)
