"""Unpack an archive that was handed in as it is, in a confined process of its own (*trusted*; then *sandbox*).

Run as ``python -I -m autograder.sandbox.unpack OPTIONS`` with the archive as standard input; the supervisor reads
what lies in the folder afterwards as it reads any hand-in. Links, devices, names that lead outside, and what
comes to more than the caps are left out; sizes that an archive tells are not believed.
"""

from __future__ import annotations

import bz2  # noqa: F401  here, since imported late it would have to be found in confinement
import json
import lzma  # noqa: F401
import os
import stat
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import PurePosixPath
from typing import IO, Any

from autograder.sandbox import confine, policy
from autograder.sandbox.hand_in import TORCH_FILE
from autograder.sandbox.interpreter import readable_paths

MAX_ENTRIES = 5000  # looked at
MAX_FILES = 400
MAX_PARTS, MAX_NAME_BYTES = 8, 200
# Deflate makes a thousandth of zeros; logs and weights come to a twentieth at best.
MAX_RATIO, FREE_BYTES = 100, 32 << 20
CPU_S, ADDRESS_SPACE_BYTES = 10, 1 << 30
CHUNK = 1 << 20

_Entry = tuple[str, Any]


def main() -> None:
    """Confine this process, unpack, and end with 0 whatever the archive held."""
    options = json.loads(sys.argv[1])
    rules = policy.Policy(
        work=options["folder"],
        uid=options["uid"],
        readable=readable_paths(),
        address_space_bytes=ADDRESS_SPACE_BYTES,
        cpu_s=CPU_S,
        file_bytes=options["file_bytes"],
        disabled=frozenset(options["disabled"]),
    )
    confine.enter(rules)
    room = min(options["bytes"], FREE_BYTES + MAX_RATIO * os.fstat(0).st_size)
    with suppress(OSError, ValueError, EOFError, RuntimeError, NotImplementedError, MemoryError):
        unpack(sys.stdin.buffer, room, options["file_bytes"])


def unpack(archive: IO[bytes], room: int, file_bytes: int) -> None:
    """Write the archive's plain files into the current folder."""
    if zipfile.is_zipfile(archive):
        archive.seek(0)
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()[:MAX_ENTRIES]
            if any(PurePosixPath(e.filename).name == "data.pkl" for e in entries):
                open(TORCH_FILE, "x").close()
                return
            _write_all(_of_zip(opened, entries), room, file_bytes)
        return
    archive.seek(0)
    with suppress(tarfile.TarError), tarfile.open(fileobj=archive, mode="r:*") as tar:
        _write_all(_of_tar(tar), room, file_bytes)


def _of_zip(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> Iterator[_Entry]:
    for entry in entries:
        mode = entry.external_attr >> 16
        if entry.is_dir() or entry.flag_bits & 1 or (stat.S_IFMT(mode) not in (0, stat.S_IFREG)):
            continue
        yield entry.filename, lambda entry=entry: archive.open(entry)


def _of_tar(archive: tarfile.TarFile) -> Iterator[_Entry]:
    for index, entry in enumerate(archive):
        if index >= MAX_ENTRIES:
            return
        if entry.isreg():
            yield entry.name, lambda entry=entry: archive.extractfile(entry)


def _write_all(entries: Iterator[_Entry], room: int, file_bytes: int) -> None:
    written = 0
    for name, opened in entries:
        parts = inside(name)
        if parts is None or written >= MAX_FILES or room <= 0:
            continue
        path = os.path.join(*parts)
        try:
            os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError:  # the name twice, or a file where a folder is needed
            continue
        done, whole = 0, False
        with (
            os.fdopen(fd, "wb") as target,
            suppress(OSError, ValueError, EOFError, RuntimeError, NotImplementedError, zlib.error),
            opened() as source,
        ):
            while part := source.read(CHUNK):
                done += len(part)
                if done > min(room, file_bytes):
                    break
                target.write(part)
            else:
                whole = True
        if whole:
            room -= done
            written += 1
        else:  # half a file would be called damaged
            os.unlink(path)


def inside(name: str) -> list[str] | None:
    """Return the parts of an archive's name for a file, or None if it leads outside or cannot be a name."""
    plain = name.replace("\\", "/")
    parts = [part for part in plain.split("/") if part not in ("", ".")]
    if not parts or plain.startswith("/") or ".." in parts or len(parts) > MAX_PARTS or "\0" in name:
        return None
    if len(parts[0]) == 2 and parts[0][1] == ":":  # a drive
        return None
    return parts if all(len(os.fsencode(part)) <= MAX_NAME_BYTES for part in parts) else None


if __name__ == "__main__":
    main()
