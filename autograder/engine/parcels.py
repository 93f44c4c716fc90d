"""Folders as bytes, for a worker on another machine that shares no disk with us (*trusted*, standard library only).

A parcel is a line of JSON, a list of entries, and then the contents of the files, one after another. It holds plain files,
links that lead nowhere and pipes: enough for the engine to find in the unpacked folder what it would have found in the
first. What a student packed is copied as bytes, and never opened, followed or interpreted.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.errors import SandboxError
from autograder.sandbox import hand_in

# What the engine could read of a hand-in at most: its files, and archives that are unpacked in their place.
MAX_CONTENT_BYTES = hand_in.MAX_HAND_IN_BYTES + (hand_in.MAX_ARCHIVES + 1) * hand_in.MAX_FILE_BYTES
MAX_CONTENT_FILES = 4 * hand_in.MAX_FILES
MAX_ENTRIES = 50_000
_NOWHERE = "a link that is not followed"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A folder as bytes, and their digest, by which a worker knows whether it has them."""

    content: bytes
    digest: str


def _parcel(header: list[dict[str, Any]], contents: list[bytes]) -> Parcel:
    content = b"".join([json.dumps(header).encode(), b"\n", *contents])
    return Parcel(content, hashlib.sha256(content).hexdigest())


def pack_bundle(folder: Path) -> Parcel:
    """Pack a bundle's folder: all of its plain files."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    contents = [path.read_bytes() for path in paths]
    header = [
        {
            "name": path.relative_to(folder).as_posix(),
            "kind": "file",
            "size": len(content),
            "sent": len(content),
        }
        for path, content in zip(paths, contents, strict=True)
    ]
    return _parcel(header, contents)


def pack_hand_in(folder: Path) -> Parcel:
    """Pack what the engine would find in a hand-in's folder.

    A file that is too large to be graded travels as its size alone, and so does what lies beyond what is ever read.
    """
    header: list[dict[str, Any]] = []
    contents: list[bytes] = []
    room = MAX_CONTENT_BYTES
    for number, name in enumerate(hand_in.list_hand_in(folder)[:MAX_ENTRIES]):
        entry: dict[str, Any] = {"name": name.as_posix(), "kind": "link"}
        with suppress(OSError):
            facts = (folder / name).lstat()
            if stat.S_ISREG(facts.st_mode):
                content = b""
                if facts.st_size <= min(room, hand_in.MAX_FILE_BYTES) and number < MAX_CONTENT_FILES:
                    content = hand_in.read_regular(folder / name, min(room, hand_in.MAX_FILE_BYTES))
                entry |= {"kind": "file", "size": max(facts.st_size, len(content)), "sent": len(content)}
                contents.append(content)
                room -= len(content)
            elif not stat.S_ISLNK(facts.st_mode):
                entry["kind"] = "pipe"
        header.append(entry)
    return _parcel(header, contents)


def unpack(content: bytes, folder: Path) -> None:
    """Unpack a parcel into a new folder, which nobody else may look into.

    Raises
    ------
    SandboxError
        If it is no parcel, or names a place outside of the folder; then there is no folder.
    """
    line, _, rest = content.partition(b"\n")
    folder.mkdir(mode=0o700, parents=True)
    try:
        place = 0
        for entry in json.loads(line):
            path = _inside(folder, str(entry["name"]))
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if entry["kind"] == "link":
                path.symlink_to(_NOWHERE)
            elif entry["kind"] == "pipe":
                os.mkfifo(path, 0o600)
            else:
                with path.open("xb") as file:
                    file.write(rest[place : place + entry["sent"]])
                    file.truncate(entry["size"])
                place += entry["sent"]
        if place != len(rest):
            raise ValueError(f"{len(rest)} bytes of contents for {place}")
    except (ValueError, KeyError, TypeError, OSError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise SandboxError(f"a parcel could not be unpacked: {type(error).__name__}: {error}") from error


def _inside(folder: Path, name: str) -> Path:
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\0" in name:
        raise ValueError(f"{name!r} is no name of a file in it")
    return folder.joinpath(*parts)
