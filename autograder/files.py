"""Write where people's folders may refuse it: all or nothing, and a sentence (*trusted*, standard library only)."""

from __future__ import annotations

import glob
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
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


def replace_together(files: Mapping[Path, bytes], *, mode: int = 0o600, durable: bool = True) -> None:
    """Put whole files in the place of older ones; the last is the record of the others, and is absent while they change.

    All of them are written beside their places first: if there is no room, or we are killed, what was there is there.
    ``durable`` also survives a power cut, which a file that can be made again need not.

    Raises
    ------
    OSError
        If one cannot be written; the older ones are as they were, but for what lies in their way.
    """
    made: dict[Path, Path] = {}
    try:
        for target, content in files.items():
            made[target] = beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(beside, flags, mode), "wb") as file:
                file.write(content)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
        if len(files) > 1:
            list(files)[-1].unlink(missing_ok=True)
        for target, beside in made.items():
            beside.replace(target)
    except BaseException as error:
        for beside in made.values():
            with suppress(OSError):
                beside.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:  # a write's error does not say where
            error.filename = str(list(made)[-1])
        raise


def remove_unfinished(folder: Path, names: Iterable[str]) -> None:
    """Remove what ``replace_together`` left beside files of these names when it was killed."""
    for name in names:
        for path in folder.glob(f".{glob.escape(name)}.*"):
            if re.fullmatch("[0-9a-f]{8}", path.name[len(name) + 2 :]):
                with suppress(OSError):
                    path.unlink()


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
