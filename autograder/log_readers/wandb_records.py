"""W&B's offline run files as plain events: LevelDB's log format, one protobuf record each (*trusted*).

Only the fields that are named below, and of those the names that the caller asks for, are decoded; host, user,
git and command line stay bytes. Standard library only.

Source: the layout of files that wandb 0.12.21, 0.16.6, 0.19.11 and 0.31.0 wrote, and LevelDB's log format
(github.com/google/leveldb, doc/log_format.md). W&B puts 7 bytes of its own before the first block and takes
the plain CRC-32 of type and data.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["MAGIC", "Damaged", "Event", "read_events"]

MAX_PIECES = 100_000
BLOCK, _HEAD = 32768, struct.Struct("<IHB")  # crc, length, type
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
MAGIC = b":W&B" + struct.pack("<HB", 0xBEE1, 0)
# Fields of wandb_internal.proto that are read.
_HISTORY, _SUMMARY, _CONFIG, _RUN, _EXIT = 2, 3, 5, 17, 18  # of Record
_ITEM, _RUN_ID, _RUN_CONFIG, _EXIT_CODE = 1, 1, 4, 1  # of history, summary and config; of run, twice; of exit
_KEY, _NESTED_KEY, _VALUE_JSON = 1, 2, 16  # of an item


class Damaged(ValueError):
    """The file is cut off or broken; the text names the record and says how."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a run recorded: its id, its history, summary or config, or its exit.

    ``values`` are JSON texts, not decoded yet; ``record`` counts from 1. A resumed run has the same id again.
    """

    kind: str
    record: int
    values: dict[str, str] = field(default_factory=dict)
    exit_code: int | bytes = 0
    run_id: str = ""


def read_events(content: bytes, *, config: frozenset[str], metrics: frozenset[str]) -> Iterator[Event]:
    """Yield what a run recorded, in order; ``content`` begins with ``MAGIC``.

    Raises
    ------
    Damaged
        At the first record that is not whole; the events before it have been yielded.
    """
    for number, record in enumerate(_records(content), 1):
        try:
            yield from _events(record, number, config, metrics)
        except Damaged as damaged:
            raise Damaged(f"record {number}: {damaged}") from None


def _events(record: bytes, number: int, config: frozenset[str], metrics: frozenset[str]) -> Iterator[Event]:
    for kind, body in _fields(record):
        if not isinstance(body, bytes):
            continue
        if kind in (_HISTORY, _SUMMARY):
            yield Event("history" if kind == _HISTORY else "summary", number, _items(body, metrics))
        elif kind == _CONFIG:
            yield Event("config", number, _items(body, config))
        elif kind == _RUN:
            for inner, settings in _fields(body):
                if inner == _RUN_CONFIG and isinstance(settings, bytes):
                    yield Event("config", number, _items(settings, config))
                elif inner == _RUN_ID and isinstance(settings, bytes):
                    yield Event("run", number, run_id=_utf8(settings)[:200])
        elif kind == _EXIT:
            yield Event("exit", number, exit_code=dict(_fields(body)).get(_EXIT_CODE, 0))


def _records(content: bytes) -> Iterator[bytes]:
    """Yield the records of a log, each piece checked against its checksum."""
    at, parts, number, pieces = len(MAGIC), list[bytes](), 1, 0
    while at < len(content):
        room = BLOCK - at % BLOCK
        if room < _HEAD.size:  # too little for a head: filled with zeros
            at += room
            continue
        where = f"record {number}"
        if at + _HEAD.size > len(content):
            raise Damaged(f"{where}: it is cut off")
        checksum, length, kind = _HEAD.unpack_from(content, at)
        if length > room - _HEAD.size or not _FULL <= kind <= _LAST:
            raise Damaged(f"{where}: no length and type of a record")
        data = content[at + _HEAD.size : at + _HEAD.size + length]
        if len(data) < length:
            raise Damaged(f"{where}: it is cut off")
        if zlib.crc32(data, zlib.crc32(bytes([kind]))) != checksum:
            raise Damaged(f"{where}: its checksum is wrong")
        if (kind in (_FULL, _FIRST)) == bool(parts):  # a beginning inside a record, or a part of none
            raise Damaged(f"{where}: its parts are out of order")
        at, pieces = at + _HEAD.size + length, pieces + 1
        if pieces > MAX_PIECES:
            raise Damaged(f"{where}: more than {MAX_PIECES:,} pieces")
        parts.append(data)
        if kind in (_FULL, _LAST):
            yield b"".join(parts)
            parts, number = [], number + 1
    if parts:
        raise Damaged(f"record {number}: it is cut off")


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of a protobuf message's fields: an integer, or bytes."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield tag >> 3, value
            continue
        if kind == 2:
            size, at = _varint(message, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise Damaged("a field of an unknown kind")
        if size > len(message) - at:
            raise Damaged("a field longer than its record")
        yield tag >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(message[at : at + 10]):
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, at + place + 1
    raise Damaged("a number without an end")


def _items(message: bytes, wanted: frozenset[str]) -> dict[str, str]:
    """Return the wanted values of a history, summary or config record by name; nested names have dots.

    Of a nested name the first part is enough: ``val_r.max`` is what a summary keeps of ``val_r``.
    """
    found: dict[str, str] = {}
    for kind, item in _fields(message):
        if kind != _ITEM or not isinstance(item, bytes):
            continue
        parts: list[str] = []
        value = "null"
        for inner, text in _fields(item):
            if inner in (_KEY, _NESTED_KEY) and text and isinstance(text, bytes):
                parts.append(_utf8(text))
            elif inner == _VALUE_JSON and isinstance(text, bytes):
                value = _utf8(text)
        name = ".".join(parts)
        if name in wanted or (len(parts) == 2 and parts[0] in wanted):
            found[name] = value
    return found


def _utf8(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise Damaged("a text that is not UTF-8") from None
