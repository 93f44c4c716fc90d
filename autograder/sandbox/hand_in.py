"""The files of a hand-in: found, bounded, and laid into a work folder (*trusted*, standard library only).

Whatever a student packed is survived: links, pipes, names that are no text, files without end.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

MAX_FILES = 200  # of one hand-in
MAX_FILE_BYTES = 100 << 20
MAX_HAND_IN_BYTES = 256 << 20  # all files together; most are written twice
MAX_FOLDERS_DEEP = 4

# Weights are copied here too: a cell that saves an untrained model must not replace what was handed in.
HANDED_IN = ".handed-in"
LEFT_OUT = frozenset({"__pycache__", ".git", ".ipynb_checkpoints", HANDED_IN})
WEIGHTS = frozenset({".pt", ".pth", ".safetensors"})


def copy_hand_in(folder: Path, work: Path, uid: int | None) -> list[str]:
    """Copy a hand-in's regular files into a work folder; returns the names that were left out.

    Nothing is followed: a link, a device, a file with a second name or over the cap is left out.
    """
    left_out: list[str] = []
    room = MAX_HAND_IN_BYTES
    for index, relative in enumerate(list_hand_in(folder)):
        try:
            if index >= MAX_FILES or room <= 0:
                raise OSError("too many files, or too large together")
            data = read_regular(folder / relative, min(MAX_FILE_BYTES, room))
            room -= len(data)
        except OSError:
            left_out.append(str(relative))
            continue
        _write(work, relative, data, uid)
        if relative.suffix != ".ipynb":
            _write(work, Path(HANDED_IN) / relative, data, uid)
    return left_out


def lay_out_files(public: Path, work: Path, uid: int | None) -> None:
    """Copy the released side files into a work folder, as students have them beside the notebook.

    Those in ``data/`` are ours whatever was handed in, as a locked cell is; a template that students
    complete (``predict.py``) is there only if they have handed in none.
    """
    for path in sorted(public.rglob("*")):
        relative = path.relative_to(public)
        target = work / relative
        if path.is_dir() or (target.exists() and relative.parts[0] != "data"):
            continue
        if any((work / parent).is_file() for parent in relative.parents):
            continue  # a hand-in has a file where we have a folder: the cells that read it will say so
        if target.is_dir():
            shutil.rmtree(target)
        _write(work, relative, path.read_bytes(), uid)


def list_hand_in(folder: Path) -> list[Path]:
    """Return the files of a hand-in, relative to its folder, in the order in which they count.

    Notebooks and weights come first, then what lies least deep; what lies deeper than
    ``MAX_FOLDERS_DEEP`` is left out.
    """
    found: list[Path] = []
    for root, folders, files in os.walk(folder, followlinks=False):
        relative = Path(root).relative_to(folder)
        deep_enough = len(relative.parts) >= MAX_FOLDERS_DEEP
        folders[:] = [] if deep_enough else sorted(f for f in folders if f not in LEFT_OUT)
        found += [relative / name for name in sorted(files) if name not in LEFT_OUT]
    first = WEIGHTS | {".ipynb"}
    return sorted(found, key=lambda path: (path.suffix not in first, len(path.parts)))


def _write(work: Path, relative: Path, data: bytes, uid: int | None) -> None:
    target = work / relative
    for parent in reversed(relative.parents):
        if not (work / parent).exists():
            (work / parent).mkdir(mode=0o700)
            if uid is not None:
                os.chown(work / parent, uid, uid)
    target.write_bytes(data)
    if uid is not None:
        os.chown(target, uid, uid)


def read_regular(path: Path, max_bytes: int) -> bytes:
    """Read a file that a student may have made: regular, one name, capped, links not followed."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as file:
        facts = os.fstat(fd)
        if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1:
            raise OSError(f"{path.name}: not a plain file")
        if facts.st_size > max_bytes:
            raise OSError(f"{path.name}: {facts.st_size} bytes, limit {max_bytes}")
        return file.read(max_bytes + 1)
