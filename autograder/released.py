"""A course's assignments, and whether what was released is still what its source says (*trusted*)."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from autograder import made_from
from autograder.config import CourseConfig
from autograder.dialect import Dialect, dialect_of
from autograder.errors import UsageError

_MOST = 1 << 30  # bytes of a folder elsewhere that are read
_DEPTH = 32  # of folders in a hand-in or a source that are looked at


def source_digest(course: CourseConfig, assignment: str) -> str:
    """Return a hash of everything that the bundle is made from: a changed source makes it stale."""
    digest = hashlib.sha256()
    left_out = {"__pycache__", ".ipynb_checkpoints", "variants"}
    for folder in (course.source / assignment, course.references / assignment):
        digest.update(files_digest(folder, left_out))
        for name, path in _linked(folder, left_out):
            digest.update(name.encode() + b"\0" + _content(path, left_out))
    whose = dialect(course, assignment)
    if whose is not Dialect.OURS:
        digest.update(made_from.options(course, whose).encode())
        for path in made_from.paths(course, assignment, whose):
            digest.update(path.name.encode() + b"\0" + _content(path, left_out))
    return digest.hexdigest()


def _linked(folder: Path, without: set[str]) -> list[tuple[str, Path]]:
    """Return the links in a source's folder: a data file of several assignments lies elsewhere, and is released."""
    found = {p.relative_to(folder): p for p in folder.rglob("*") if p.is_symlink()}
    return sorted((name.as_posix(), path) for name, path in found.items() if not without & set(name.parts))


def _content(path: Path, without: set[str]) -> bytes:
    """Return a hash of what a file or a folder of the instructor's holds; of what is not there, nothing."""
    if path.is_dir():
        return files_digest(path.resolve(), without, _MOST)
    with suppress(OSError), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
    return b""


def dialect(course: CourseConfig, assignment: str) -> Dialect:
    """Return how an assignment's notebooks are written."""
    return dialect_of(course.source / assignment, nbgrader=course.nbgrader)


def files_digest(folder: Path, without: set[str], max_bytes: int | None = None) -> bytes:
    """Return a hash of the names and contents of a folder's plain files.

    Whatever a student packed is survived: links, pipes, names that are no text, folders without end. With
    ``max_bytes``, so many are read in all; of what lies beyond (a sparse file may be of any size) only length and
    time of the last change count.
    """
    room = max_bytes
    found: dict[bytes, bytes] = {}
    todo = [(os.fsencode(folder), 0)]
    while todo:
        path, depth = todo.pop()
        with suppress(OSError), os.scandir(path) as entries:
            for entry in entries:
                if os.fsdecode(entry.name) in without:
                    continue
                if entry.is_dir(follow_symlinks=False) and depth < _DEPTH:
                    todo.append((entry.path, depth + 1))
                elif entry.is_file(follow_symlinks=False):
                    with suppress(OSError):
                        name = entry.path[len(os.fsencode(folder)) :]
                        facts = entry.stat(follow_symlinks=False)
                        if room is not None and facts.st_size > room:
                            found[name] = f"{facts.st_size} bytes, {facts.st_mtime_ns}".encode()
                            continue
                        with open(entry.path, "rb") as file:
                            found[name] = hashlib.file_digest(file, "sha256").digest()
                        room = None if room is None else room - facts.st_size
    parts = (len(name).to_bytes(8, "big") + name + content for name, content in sorted(found.items()))
    return hashlib.sha256(b"".join(parts)).digest()


def assignments(course: CourseConfig) -> list[str]:
    """Return the names of the course's assignments: the folders of source/ that hold their notebook.

    Another tool's may have any name, and there may be several.
    """
    found = {p.stem for p in course.source.glob("*/*.ipynb") if p.stem == p.parent.name}
    for folder in {p.parent for p in course.source.glob("*/*.ipynb")}:
        if folder.name not in found and dialect(course, folder.name) is not Dialect.OURS:
            found.add(folder.name)
    return sorted(found)


def misnamed(course: CourseConfig) -> list[Path]:
    """Return notebooks in folders of source/ none of whose notebooks has the folder's name: nobody would see them."""
    known = assignments(course)
    return sorted(p for p in course.source.glob("*/*.ipynb") if p.parent.name not in known)


def current_bundle(course: CourseConfig, assignment: str) -> Path:
    """Return the folder of an assignment's released bundle.

    Raises
    ------
    UsageError
        If it was never released, or its source has changed since.
    """
    folder = course.bundle(assignment)
    known = assignments(course)
    if assignment not in known:
        there = ", ".join(known) or "none"
        raise UsageError(
            f"{assignment!r}: no such assignment in {course.source}; nothing was graded.\nThere are: {there}."
        )
    if not (folder / "bundle.json").is_file():
        raise UsageError(
            f"{assignment}: not released yet; nothing was graded.\nRun: autograder release {assignment}"
        )
    try:
        released = (folder / "source.sha256").read_text()
    except OSError:
        released = ""
    if released != source_digest(course, assignment):
        raise UsageError(
            f"{assignment}: its source has changed since the release; nothing was graded.\n"
            f"Run: autograder release {assignment}"
        )
    return folder
