"""Write where people's folders may refuse it: all or nothing, and a sentence (*trusted*, standard library only)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from autograder.errors import UsageError


def write_new(files: Mapping[Path, bytes]) -> list[Path]:
    """Write new files, and the folders that they need; return their paths.

    Raises
    ------
    UsageError
        If one cannot be written; then none is there, and no folder for it.
    """
    made: list[Path] = []  # files and folders, in the order in which they came
    try:
        for target, content in files.items():
            made += [p for p in reversed(target.parents) if not p.exists()] + [target]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    except OSError as error:
        for one in reversed(made):
            with suppress(OSError):
                one.rmdir() if one.is_dir() else one.unlink(missing_ok=True)
        raise UsageError(_sentence(error)) from error
    return list(files)


def require_writable(*folders: Path) -> None:
    """Refuse at once what could only be refused after minutes of work.

    Raises
    ------
    UsageError
        With the folder that is closed, or with what lies where a folder must be.
    """
    for folder in folders:
        there = next(p for p in (folder, *folder.parents) if os.path.lexists(p))
        if not there.is_dir():
            raise UsageError(f"{there}: not a folder; nothing was written.\nMove it away.")
        closed = not os.access(there, os.W_OK | os.X_OK)
        if closed or (hasattr(os, "statvfs") and os.statvfs(there).f_flag & os.ST_RDONLY):
            raise UsageError(
                f"{there}: cannot be written by you; nothing was written.\n"
                "Give yourself the right to, or work in a copy of the course."
            )


@contextmanager
def told_in_a_sentence() -> Iterator[None]:
    """Turn what the system refuses inside into a ``UsageError``; whoever uses this leaves nothing half-written."""
    try:
        yield
    except OSError as error:
        raise UsageError(_sentence(error)) from error


def _sentence(error: OSError) -> str:
    return f"{error.filename or 'a file'}: {error.strerror or error}; nothing was written."
