"""What another system gave us, a folder or a zip, as names and ways to open them (*trusted*).

Names and contents come from students: nothing is followed, and a name that leads outside is no name.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from autograder.engine import incoming
from autograder.errors import UsageError

MAX_ENTRIES = 200_000  # of a whole class
_FOLDERS_DEEP = 24


@dataclass(frozen=True, slots=True)
class Entry:
    """A file: where it lies, and how it is opened. ``why_not`` says why it cannot be taken, if so."""

    parts: tuple[str, ...]
    opened: incoming.Opened
    why_not: str = ""

    @property
    def name(self) -> str:
        """The path, as it is shown."""
        return "/".join(self.parts)

    def below(self, depth: int) -> Entry:
        """Return the same file, seen from so many folders further down."""
        return Entry(self.parts[depth:], self.opened, self.why_not)


@dataclass(slots=True)
class Tree:
    """All files of a source, in the order of their names.

    ``folders`` are the folders, where the source has them; ``outside`` are names that lead out.
    """

    path: Path
    entries: list[Entry] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    folders: list[tuple[str, ...]] = field(default_factory=list)


@contextmanager
def opened(source: Path) -> Iterator[Tree]:
    """Open a folder or a zip.

    Raises
    ------
    UsageError
        If it is neither, or damaged.
    """
    if source.is_dir():
        yield _folder(source)
        return
    if not source.exists():
        raise UsageError(f"{source}: no such file or folder; nothing was collected.")
    with source.open("rb") as file:
        try:
            archive = zipfile.ZipFile(incoming.Bounded(file))
        except incoming.DAMAGED as error:
            zips = zipfile.is_zipfile(file) or source.suffix.lower() == ".zip"
            what = "is a damaged or incomplete zip" if zips else "is neither a folder nor a zip"
            raise UsageError(
                f"{source}: {what} ({error}); nothing was collected.\n"
                + (
                    "Download it again."
                    if zips
                    else "Name what you downloaded, or the folder that it was unpacked into."
                )
            ) from error
        with archive:
            yield _zip(source, archive)


def _folder(source: Path) -> Tree:
    tree = Tree(source)
    todo: list[tuple[str, tuple[str, ...]]] = [(str(source), ())]
    while todo:
        folder, parts = todo.pop()
        try:
            found = sorted(os.scandir(folder), key=lambda e: e.name)
        except OSError as error:
            if not parts:
                raise UsageError(f"{source}: {error.strerror}; nothing was collected.") from error
            tree.entries.append(Entry(parts, _nothing, f"cannot be looked into ({error.strerror})"))
            continue
        for one in found:
            name = (*parts, one.name)
            if one.is_dir(follow_symlinks=False):
                if len(name) > _FOLDERS_DEEP:
                    tree.entries.append(Entry(name, _nothing, "lies too deep"))
                elif not incoming.is_litter(one.name):
                    todo.append((one.path, name))
                    tree.folders.append(name)
                continue
            tree.entries.append(Entry(name, partial(_open_plain, one.path), _why_not(one)))
            if len(tree.entries) > MAX_ENTRIES:
                raise UsageError(
                    f"{source}: more than {MAX_ENTRIES} files; nothing was collected. Name a smaller folder."
                )
    tree.entries.sort(key=lambda e: e.parts)
    return tree


def _why_not(entry: os.DirEntry[str]) -> str:
    try:
        facts = entry.stat(follow_symlinks=False)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if stat.S_ISLNK(facts.st_mode):
        return "is a link"
    if not stat.S_ISREG(facts.st_mode):
        return "is no plain file"
    # One name of two may be another student's file, or one that a student may not read.
    return "is a hard link: it has a second name" if facts.st_nlink > 1 else ""


def _open_plain(path: str) -> IO[bytes]:
    flags = (
        os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    fd = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError("not a plain file")
    return os.fdopen(fd, "rb")


def _nothing() -> None:
    return None


def _zip(source: Path, archive: zipfile.ZipFile) -> Tree:
    tree = Tree(source)
    infos = archive.infolist()
    if len(infos) > MAX_ENTRIES:
        raise UsageError(
            f"{source}: more than {MAX_ENTRIES} entries; nothing was collected. Unpack it and name the folder."
        )
    for info in infos:
        name = incoming.zip_name(info)
        parts = incoming.parts_inside(name)
        if info.is_dir():
            tree.folders += [parts] if parts else []
        elif parts is None:
            tree.outside.append(name)
        else:
            tree.entries.append(Entry(parts, partial(archive.open, info), incoming.why_not_of_zip(info)))
    tree.entries.sort(key=lambda e: e.parts)
    return tree
