"""Files that come in from other systems: which count, how much of them, and archives opened in a confined process (*trusted*, standard library only).

Run as ``python -I -m autograder.engine.incoming OPTIONS`` with an archive as standard input, it confines itself,
unpacks into the folder, and prints what it left out and why. What is allowed is what the engine would read when it
grades: see ``sandbox.hand_in`` and ``sandbox.unpack``. Nothing is written through a link or outside of the folder,
and sizes that an archive tells are not believed.
"""

from __future__ import annotations

import bz2  # noqa: F401  here, since imported late it would have to be found in confinement
import encodings.cp437  # noqa: F401  the same: names in archives
import errno
import json
import lzma
import os
import stat
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath, PurePosixPath
from typing import IO, Any

from autograder.errors import AutograderError
from autograder.sandbox import hand_in, unpack

MAX_FILES = unpack.MAX_FILES  # of one hand-in
MAX_FILE_BYTES = hand_in.MAX_FILE_BYTES
MAX_HAND_IN_BYTES = hand_in.MAX_HAND_IN_BYTES
MAX_ARCHIVES, MAX_ARCHIVES_DEEP = hand_in.MAX_ARCHIVES, hand_in.MAX_ARCHIVES_DEEP
ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")
UNPACK_S = 30.0  # on the clock
CHUNK = 1 << 20
_MAX_READ = 64 << 20  # at once: a list of contents that is longer is none
_SHOWN = 100  # sentences of one archive

DAMAGED = (
    OSError,
    ValueError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    MemoryError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
)
OURS = {errno.ENOSPC, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC)}  # of a disk, not of a file
Opened = Callable[[], IO[bytes] | None]


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What an archive gave: the files are in the folder; or nothing, and why."""

    files: int
    left_out: tuple[tuple[str, str], ...] = ()  # name, reason
    why_not: str = ""


def is_litter(name: str) -> bool:
    """Tell whether a file or folder is what an operating system or Jupyter leaves beside the files of people."""
    return name in hand_in.LEFT_OUT or name.startswith("._") or "ipynb_checkpoints" in name


def is_notebook(name: str) -> bool:
    """Tell whether a file's name is a notebook's."""
    return hand_in.is_notebook(PurePath(name))


def archive_stem(name: str) -> str | None:
    """Return an archive's name without its suffix; None if it is no archive's name."""
    low = name.lower()
    suffix = next((s for s in sorted(ARCHIVES, key=len, reverse=True) if low.endswith(s)), None)
    return name[: -len(suffix)] if suffix and len(name) > len(suffix) else None


def parts_inside(name: str) -> tuple[str, ...] | None:
    """Return the parts of a name that another system gave, or None if it leads outside or cannot be a file's."""
    plain = name.replace("\\", "/")
    parts = tuple(part for part in plain.split("/") if part not in ("", "."))
    if not parts or plain.startswith("/") or ".." in parts or "\0" in name or parts[0][1:] == ":":
        return None
    return parts


def why_no_name(parts: tuple[str, ...] | None) -> str:
    """Say why a name (see ``parts_inside``) cannot be a file's in a hand-in, or nothing."""
    if parts is None:
        return "has a name that leads out of its folder"
    if unpack.inside("/".join(parts)) is None:
        return (
            f"lies more than {unpack.MAX_PARTS} folders deep"
            if len(parts) > unpack.MAX_PARTS
            else "has a name that is too long"
        )
    return ""


def order(name: str) -> tuple[bool, int, str]:
    """Return a key that puts first what counts most if not everything can be kept: notebooks and weights."""
    path = PurePosixPath(name)
    first = path.suffix.lower() in hand_in.WEIGHTS or hand_in.is_notebook(path) or archive_stem(path.name)
    return not first, len(path.parts), name


def zip_name(entry: zipfile.ZipInfo) -> str:
    """Return an entry's name: many programs write UTF-8 and do not say so."""
    if entry.flag_bits & 0x800:
        return entry.filename
    with suppress(UnicodeError):
        return entry.filename.encode("cp437").decode("utf-8")
    return entry.filename


def why_not_of_zip(entry: zipfile.ZipInfo) -> str:
    """Say why an entry cannot be taken as a file, or nothing."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if entry.flag_bits & 1:
        return "is encrypted"
    if kind == stat.S_IFLNK:
        return "is a link"
    return "" if kind in (0, stat.S_IFREG) else "is no plain file"


class Bounded:
    """A file of which no more is read at once than a list of contents can need; what ``zipfile`` opens."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        """Read as a file does, but not without end."""
        if size > _MAX_READ:
            raise ValueError("its list of contents is too long")
        data = self._file.read(_MAX_READ + 1 if size < 0 else size)
        if len(data) > _MAX_READ:
            raise ValueError("its list of contents is too long")
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def write_file(target: Path, opened: Opened, room: int) -> int:
    """Write a new file of at most ``room`` bytes, and no more than a hand-in's may have; return its size.

    Raises
    ------
    hand_in.TooLarge
        Then nothing is there.
    OSError, and what damaged archives raise: see ``DAMAGED``
        The same.
    """
    fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o666)
    done = 0
    try:
        with os.fdopen(fd, "wb") as file:
            source = opened()
            if source is None:
                raise OSError("cannot be read")
            with source:
                while part := source.read(CHUNK):
                    done += len(part)
                    if done > min(room, MAX_FILE_BYTES):
                        raise hand_in.TooLarge(target.name, done)
                    file.write(part)
    except BaseException:  # half a file would be called damaged
        with suppress(OSError):
            target.unlink()
        raise
    return done


def raise_if_ours(error: BaseException) -> None:
    """Raise on what is no property of the file: our disk is full, or read-only."""
    if isinstance(error, OSError) and error.errno in OURS:
        raise error


def reason(error: BaseException) -> str:
    """Return what is said about a file that could not be taken."""
    if isinstance(error, hand_in.TooLarge):
        if error.size > MAX_FILE_BYTES:
            return f"is too large: a file has at most {MAX_FILE_BYTES >> 20} MB"
        return (
            f"is too large: a hand-in has at most {MAX_HAND_IN_BYTES >> 20} MB, and an archive unpacks to at most "
            f"{unpack.MAX_RATIO} times its size"
        )
    if isinstance(error, FileExistsError | NotADirectoryError | IsADirectoryError):
        return "has a name that is there already"
    if isinstance(error, NotImplementedError):
        return "is packed in a way that is not known here"
    if isinstance(error, RuntimeError) and "password" in str(error):
        return "is encrypted"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read ({error.strerror})"
    return "is damaged"


# -- archives ----------------------------------------------------------------------------------------


def unpack_archive(
    archive: Path, folder: Path, *, room: int = MAX_HAND_IN_BYTES, files: int = MAX_FILES
) -> Unpacked:
    """Unpack an archive of a student's into an empty folder, in a process of its own that is confined.

    A file of ``torch.save`` is an archive, too, and stays what it is.
    """
    options = {"folder": str(folder), "bytes": room, "files": files, "file_bytes": MAX_FILE_BYTES}
    command = [sys.executable, "-I", "-m", "autograder.engine.incoming", json.dumps(options)]
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(folder), "TMPDIR": str(folder)}
    if os.name == "nt":
        environment = dict(os.environ)
    try:
        with archive.open("rb") as file:
            done = subprocess.run(
                command, stdin=file, capture_output=True, env=environment, timeout=UNPACK_S, check=False
            )
        said = json.loads(done.stdout)
        return Unpacked(said["files"], tuple((n, w) for n, w in said["left_out"]), said["why_not"])
    except subprocess.TimeoutExpired:
        return Unpacked(0, why_not="took too long to unpack")
    except (OSError, ValueError, KeyError):
        return Unpacked(0, why_not="could not be unpacked within the limits")


def main() -> None:
    """Confine this process, unpack what stands on standard input, and print what was left out."""
    options = json.loads(sys.argv[1])
    if sys.platform == "linux":
        _confine(options)
    else:
        os.chdir(options["folder"])
    room = min(options["bytes"], unpack.FREE_BYTES + unpack.MAX_RATIO * os.fstat(0).st_size)
    files, why_not = 0, ""
    left_out: list[tuple[str, str]] = []
    try:
        files, left_out, why_not = _unpack(sys.stdin.buffer, room, options["files"])
    except DAMAGED as error:
        why_not = reason(error)
    print(json.dumps({"files": files, "left_out": left_out[:_SHOWN], "why_not": why_not}))  # noqa: T201


def _confine(options: dict[str, Any]) -> None:
    from autograder.sandbox import confine, policy
    from autograder.sandbox.interpreter import readable_paths

    rules = policy.Policy(
        work=options["folder"],
        uid=None,
        readable=readable_paths(),
        address_space_bytes=unpack.ADDRESS_SPACE_BYTES,
        cpu_s=unpack.CPU_S,
        file_bytes=options["file_bytes"] + CHUNK,
    )
    try:
        confine.enter(rules)
    except AutograderError as error:
        sys.exit(str(error))


def _unpack(archive: IO[bytes], room: int, most: int) -> tuple[int, list[tuple[str, str]], str]:
    if zipfile.is_zipfile(archive):
        archive.seek(0)
        with zipfile.ZipFile(Bounded(archive)) as opened:
            entries = opened.infolist()
            if any(PurePosixPath(e.filename).name == "data.pkl" for e in entries[: unpack.MAX_ENTRIES]):
                return 0, [], "is a file of torch.save"
            left_out = [(str(len(entries) - unpack.MAX_ENTRIES), "more entries")] * (
                len(entries) > unpack.MAX_ENTRIES
            )
            entries = sorted(entries[: unpack.MAX_ENTRIES], key=lambda e: order(zip_name(e)))
            files, more = _write_all(_of_zip(opened, entries), room, most)
            return files, left_out + more, ""
    archive.seek(0)
    with tarfile.open(fileobj=archive, mode="r:*") as tar:
        files, left_out = _write_all(_of_tar(tar), room, most)
        return files, left_out, ""


def _of_zip(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> Iterator[tuple[str, str, Opened]]:
    for entry in entries:
        if not entry.is_dir():
            yield zip_name(entry), why_not_of_zip(entry), partial(archive.open, entry)


def _of_tar(archive: tarfile.TarFile) -> Iterator[tuple[str, str, Opened]]:
    for index, entry in enumerate(archive):
        if index >= unpack.MAX_ENTRIES:
            return
        if entry.isdir():
            continue
        why = "" if entry.isreg() else ("is a link" if entry.issym() or entry.islnk() else "is no plain file")
        yield entry.name, why, partial(archive.extractfile, entry)


def _write_all(
    entries: Iterator[tuple[str, str, Opened]], room: int, most: int
) -> tuple[int, list[tuple[str, str]]]:
    """Write plain files below the current folder; return how many, and what was left out and why."""
    written, left_out = 0, []
    for name, why, opened in entries:
        parts = parts_inside(name)
        if parts is not None and any(is_litter(part) for part in parts):
            continue
        why = why or why_no_name(parts)
        if not why and written >= most:
            why = f"is one of more than {MAX_FILES} files"
        if parts is not None and not why:
            target = Path(*parts)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                room -= write_file(target, opened, room)
                written += 1
            except DAMAGED as error:
                why = reason(error)
        if why:
            left_out.append((name[:300], why))
    return written, left_out


if __name__ == "__main__":
    main()
