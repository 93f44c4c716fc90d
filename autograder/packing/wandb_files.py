"""W&B's run files with their numbers alone: no e-mail, host, user, git or paths (*student side*, standard library).

The layout is LevelDB's log format, one protobuf record each, as ``log_readers.wandb_records`` reads it. What is kept
is what that reader uses; every other record, and every other field of a run, is left out.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator

_WANDB_HEAD = struct.Struct("<IHB")  # crc, length, type
_WANDB_BLOCK, _WANDB_START = 32768, 7
# Fields of a Record that are kept whole, and, of the run's own (17), its id and configuration.
_WANDB_KEPT, _WANDB_RUN = frozenset({2, 3, 5, 18}), 17
_WANDB_RUN_KEPT = frozenset({1, 4})
_WANDB_ITEM, _WANDB_KEYS, _WANDB_VALUE = 1, frozenset({1, 2}), 16


def clean_wandb(content: bytes, scrub: Callable[[str], str]) -> bytes:
    """Return a run file without what says who and where, its values ``scrub``-bed; what follows a damaged record is left out, as nobody reads it."""
    if not content.startswith(b":W&B"):
        return content
    written = bytearray(content[:_WANDB_START])
    for record in _wandb_records(content):
        try:
            kept = _kept_of_record(record, scrub)
        except (IndexError, ValueError):
            continue
        if kept:
            _append_record(written, kept)
    return bytes(written)


def _wandb_records(content: bytes) -> Iterator[bytes]:
    at, parts = _WANDB_START, b""
    while at + _WANDB_HEAD.size <= len(content):
        room = _WANDB_BLOCK - at % _WANDB_BLOCK
        if room < _WANDB_HEAD.size:
            at += room
            continue
        checksum, length, kind = _WANDB_HEAD.unpack_from(content, at)
        data = content[at + _WANDB_HEAD.size : at + _WANDB_HEAD.size + length]
        if len(data) < length or zlib.crc32(data, zlib.crc32(bytes([kind]))) != checksum:
            return
        at += _WANDB_HEAD.size + length
        parts = data if kind in (1, 2) else parts + data
        if kind in (1, 4):
            yield parts


def _kept_of_record(record: bytes, scrub: Callable[[str], str]) -> bytes:
    kept, telling = b"", False
    for number, whole, body in _raw_fields(record):
        if number in _WANDB_KEPT:
            kept += _sub(number, _without_own_items(body, scrub)) if number != 18 else whole
            telling = True
        elif number == _WANDB_RUN:
            run = b""
            for inner, inner_whole, inner_body in _raw_fields(body):
                if inner in _WANDB_RUN_KEPT:
                    run += _sub(inner, _without_own_items(inner_body, scrub)) if inner == 4 else inner_whole
            kept += _sub(number, run)
            telling = True
        elif whole[0] & 7 == 0:  # the record's number and the like
            kept += whole
    return kept if telling else b""


def _without_own_items(message: bytes, scrub: Callable[[str], str]) -> bytes:
    """Return a history, summary or config without W&B's own items (``_wandb`` holds host, program and versions)."""
    kept = b""
    for number, whole, body in _raw_fields(message):
        if number == _WANDB_ITEM and whole[0] & 7 == 2:
            keys = [text for inner, _, text in _raw_fields(body) if inner in _WANDB_KEYS and text]
            if keys and keys[0] in (b"_wandb", b"host", b"username", b"email"):
                continue
            item = b""
            for inner, inner_whole, text in _raw_fields(body):
                value = text.decode("utf-8", "replace") if inner == _WANDB_VALUE else ""
                item += _sub(inner, scrub(value).encode()) if scrub(value) != value else inner_whole
            whole = _sub(number, item)
        kept += whole
    return kept


def _raw_fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield number, all bytes and content of a protobuf message's fields."""
    at = 0
    while at < len(message):
        start = at
        tag, at = _read_varint(message, at)
        if tag & 7 == 0:
            begin = at
            _, at = _read_varint(message, at)
            yield tag >> 3, message[start:at], message[begin:at]
            continue
        if tag & 7 == 2:
            size, at = _read_varint(message, at)
        else:
            size = {1: 8, 5: 4}.get(tag & 7, -1)
        if size < 0 or at + size > len(message):
            raise ValueError("no field")
        yield tag >> 3, message[start : at + size], message[at : at + size]
        at += size


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte, at = message[at], at + 1
        value, shift = value | (byte & 127) << shift, shift + 7
        if byte < 128:
            return value, at


def _write_varint(value: int) -> bytes:
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    return bytes([*written, value])


def _sub(number: int, body: bytes) -> bytes:
    return _write_varint(number << 3 | 2) + _write_varint(len(body)) + body


def _append_record(written: bytearray, record: bytes) -> None:
    first = True
    while True:
        room = _WANDB_BLOCK - len(written) % _WANDB_BLOCK
        if room < _WANDB_HEAD.size:
            written += bytes(room)
            continue
        piece, record = record[: room - _WANDB_HEAD.size], record[room - _WANDB_HEAD.size :]
        kind = (1 if first else 4) if not record else (2 if first else 3)
        written += _WANDB_HEAD.pack(zlib.crc32(piece, zlib.crc32(bytes([kind]))), len(piece), kind) + piece
        first = False
        if not record:
            return
