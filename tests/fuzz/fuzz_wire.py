"""Fuzz the wire: frames that are random, built to nearly fit, mutated from such, or made to cost a lot.

Each frame goes through ``Channel.receive`` and ``decode``. It must end in a value built only of the closed
types, within the caps, that can be sent again and arrives equal; or in one of the listed refusals; or in
PeerDied, where its bytes end early. Anything else is a finding, and so is a frame that costs more CPU than
the cap, a process that grows beyond the cap, hangs or crashes.

Each seed is one stream of frames, always the same::

    python tests/fuzz/fuzz_wire.py --seed 1 2 --seconds 60      # a minute, two streams at a time
    python tests/fuzz/fuzz_wire.py --seed 1 --frames 1000000
    python tests/fuzz/fuzz_wire.py --replay finding.bin

Exit code 1 on a finding.
"""

from __future__ import annotations

import argparse
import mmap
import multiprocessing
import os
import random
import socket
import struct
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgpack
import numpy as np

from autograder.errors import PeerDied, WireError
from autograder.sandbox import channel, wire

if TYPE_CHECKING:
    from collections.abc import Sequence

ARENA_BYTES = 1 << 20
HANG_S = 60.0
SLOT = struct.Struct("<QQ")
SLOT_BYTES = SLOT.size + (4 << 20)
PLAIN = (type(None), bool, int, float, str, bytes)


class Finding(Exception):
    """The wire did something that it must not do."""


# -- what must hold ------------------------------------------------------------------------------


class Source(channel.Channel):
    """A trusted end that reads from a string instead of a socket, at the end of which the peer is dead."""

    def __init__(self, arena: mmap.mmap | None) -> None:
        self._sockets = socket.socketpair()
        super().__init__(self._sockets[0], arena)
        self.raw, self.position = memoryview(b""), 0

    def feed(self, raw: bytes) -> None:
        """Begin with a new string."""
        self.raw, self.position = memoryview(raw), 0

    def _read_into(self, view: memoryview) -> int:
        chunk = self.raw[self.position : self.position + len(view)]
        view[: len(chunk)] = chunk
        self.position += len(chunk)
        return len(chunk)

    def close(self) -> None:
        """Close both ends."""
        super().close()
        self._sockets[1].close()


def check_value(value: object) -> None:
    """Raise Finding unless the value is built only of the closed types, within the caps."""
    level: list[Any] = [value]
    depth = nodes = containers = handles = size = 0
    while level:
        below: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is list or kind is tuple or kind is dict:
                if kind is dict and not all(type(key) is str for key in item):
                    raise Finding("a key that is not a string")
                children = list(item.values() if kind is dict else item)
                nodes, containers = nodes + len(children), containers + 1
                below += children
            elif kind is wire.Array:
                size += _check_array(item)
            elif kind is wire.HandleId:
                handles += 1
                if not 0 < item.number < 1 << 62 or len(item.kind) + len(item.type_name) > 800:
                    raise Finding(f"an odd handle: {item!r:.200}")
            elif kind not in PLAIN:
                raise Finding(f"a value of type {kind.__name__}")
            elif kind is str:
                item.encode()
            elif kind is int and not -(1 << 63) <= item < 1 << 64:
                raise Finding(f"an integer of {item.bit_length()} bits")
        depth += any(type(item) in (list, tuple, dict) for item in level)
        level = below
    caps = [
        (depth, wire.MAX_DEPTH),
        (nodes, wire.MAX_NODES),
        (containers, wire.MAX_CONTAINERS),
        (handles, wire.MAX_HANDLES),
        (size, wire.MAX_BUFFER_BYTES),
    ]
    if any(found > limit for found, limit in caps):
        raise Finding(f"a cap is exceeded: {caps}")


def _check_array(leaf: wire.Array) -> int:
    data = leaf.value
    if (
        type(data) is not np.ndarray
        or data.dtype != wire.DTYPES.get(data.dtype.name)
        or leaf.kind not in "nt"
    ):
        raise Finding(f"an array of dtype {data.dtype}, kind {leaf.kind!r}")
    if data.ndim > wire.MAX_DIMENSIONS or max((*data.shape, 0)) > wire.MAX_BUFFER_BYTES:
        raise Finding(f"an array of shape {data.shape}")
    if data.dtype == bool and data.size and data.view(np.uint8).max() > 1:
        raise Finding("a bool that is neither 0 nor 1")
    with np.errstate(all="ignore"):
        np.add.reduce(data.reshape(data.shape or (1,)), axis=0)  # must not need much more than the array has
    return data.nbytes


def same(a: Any, b: Any) -> bool:
    """Tell whether two values are equal, of the same types, and arrays bit for bit."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and same(list(a.values()), list(b.values()))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, wire.Array):
        return (a.kind, a.value.dtype, a.value.shape, a.value.tobytes()) == (
            *(b.kind, b.value.dtype, b.value.shape, b.value.tobytes()),
        )
    if isinstance(a, wire.HandleId):  # encode cuts what it claims
        return (a.number, a.kind[:100], a.type_name[:100]) == (b.number, b.kind[:100], b.type_name[:100])
    if isinstance(a, float):
        return struct.pack("<d", a) == struct.pack("<d", b)
    return bool(a == b)


def judge(raw: bytes, source: Source) -> str:
    """Return what became of a frame: "value", "peer died" or the refusal.

    Raises
    ------
    Finding
        Anything else became of it.

    """
    try:
        value = _decode(raw, source)
        check_value(value)
        if len(raw) < 1 << 14 and not same(value, _decode(b"".join(wire.encode(value)), source)):
            raise Finding(f"a value that changes on its way: {value!r:.200}")
        if type(value) is list and len(value) == 4:  # as replies are
            check_reply(wire.read_reply(value, REQUEST))
    except WireError as error:
        if error.what not in set(wire.Refusal) or len(str(error)) > 400:
            raise Finding(f"a refusal that is not listed: {error}") from error
        return error.what
    except PeerDied:
        return "peer died"
    except Finding:
        raise
    except Exception as error:  # the point of the exercise
        raise Finding(traceback.format_exc()) from error
    return "value"


def check_reply(reply: wire.Reply) -> None:
    """Make sure that what is used of a reply is what it should be."""
    if reply.cpu_s is not None and not 0 <= reply.cpu_s < wire.MAX_CPU_S:
        raise Finding(f"a time that is none: {reply.cpu_s!r}")
    if not reply.ok:
        names, text, line = (reply.value[key] for key in ("names", "text", "line"))
        if not names or {*map(type, names), type(text)} != {str} or type(line) is not int:
            raise Finding(f"an error that is none: {reply.value!r:.200}")


def _decode(raw: bytes, source: Source) -> Any:
    source.feed(raw)
    tree, buffers = source.receive(time.monotonic() + HANG_S)
    return wire.decode(tree, buffers, wire.Array, lambda handle: handle)


# -- where frames come from ----------------------------------------------------------------------

REQUEST = 7  # the number of the request that replies are taken to answer
NUMBERS = [0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 127, 128, 255, 256, 4095, 4096, 4097]
NUMBERS += [1 << n for n in (14, 15, 16, 20, 21, 24, 28, 30, 31, 32, 40, 62, 63)]
NUMBERS += [n - 1 for n in NUMBERS if n > 4097] + [
    (1 << 64) - 1,
    20_000,
    20_001,
    200_000,
    200_001,
    ARENA_BYTES + 1,
]
SIZES = {1: "B", 2: "H", 4: "I", 8: "Q"}


def _length(
    rng: random.Random, n: int, small: int, small_max: int, codes: Sequence[tuple[int, int]]
) -> bytes:
    """Return a msgpack head for n things in one of the encodings that can hold n."""
    fitting = [(code, size) for code, size in codes if n < 1 << 8 * size]
    if n <= small_max and (not fitting or rng.random() < 0.8):
        return bytes([small | n])
    code, size = rng.choice(fitting)
    return struct.pack(f">B{SIZES[size]}", code, n)


@dataclass
class Builder:
    """Builds one frame; ``lies`` is how likely each part of it is wrong."""

    rng: random.Random
    lies: float
    budget: int
    buffers: list[bytes] = field(default_factory=list)

    def lie(self) -> bool:
        """Tell whether the part that is being written is to be wrong."""
        return self.rng.random() < self.lies

    def count(self, n: int) -> int:
        """Return n, or a lie about it."""
        if not self.lie():
            return n
        return self.rng.choice([max(0, n - 1), n + 1, *(n for n in NUMBERS if n < 1 << 32)])

    def text(self, data: bytes) -> bytes:
        """Write a string."""
        if self.lie():
            data = self.rng.choice([b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\xf5\x80\x80\x80", data[:-1]])
        head = _length(self.rng, self.count(len(data)), 0xA0, 31, [(0xD9, 1), (0xDA, 2), (0xDB, 4)])
        return head + data

    def number(self, n: int) -> bytes:
        """Write an integer that is not negative."""
        if self.lie():
            return self.scalar()
        return _length(self.rng, n, 0x00, 127, [(0xCC, 1), (0xCD, 2), (0xCE, 4), (0xCF, 8)])

    def items(self, parts: list[bytes]) -> bytes:
        """Write a list of what is already written."""
        head = _length(self.rng, self.count(len(parts)), 0x90, 15, [(0xDC, 2), (0xDD, 4)])
        return head + b"".join(parts)

    def extension(self, code: int, data: bytes) -> bytes:
        """Write an extension."""
        if self.lie():
            code = self.rng.choice([-1, 0, 1, 2, 3, 4, 127, -128])
        if len(data) in (1, 2, 4, 8, 16) and self.rng.random() < 0.5:
            return struct.pack(">Bb", 0xD4 + len(data).bit_length() - 1, code) + data
        size = self.rng.choice([s for s in (1, 2, 4) if len(data) < 1 << 8 * s])
        head = {1: 0xC7, 2: 0xC8, 4: 0xC9}[size]
        n = min(self.count(len(data)), (1 << 8 * size) - 1)
        return struct.pack(f">B{SIZES[size]}b", head, n, code) + data

    def scalar(self) -> bytes:
        """Write a number, a string, None, a truth value or, seldom, what is not on the list."""
        rng = self.rng
        kind = rng.randrange(20)
        if kind < 4:
            return bytes([rng.choice([*range(128), *range(0xE0, 0x100)])])
        if kind < 7:
            return rng.choice([b"\xc0", b"\xc2", b"\xc3"])
        if kind < 12:
            code, size = rng.choice(
                [(0xCC, 1), (0xCD, 2), (0xCE, 4), (0xCF, 8), (0xD0, 1), (0xD1, 2), (0xD3, 8)]
            )
            return bytes([code]) + rng.randbytes(size)
        if kind < 15:
            code, size = rng.choice([(0xCA, 4), (0xCB, 8)])
            return bytes([code]) + rng.choice(
                [rng.randbytes(size), b"\x80" + bytes(size - 1), b"\xff" * size]
            )
        if kind < 19 or rng.random() < 0.9:
            return self.text(
                rng.choice([b"", b"a", "ü𝔸".encode(), b"names", rng.randbytes(3).hex().encode()])
            )
        odd = [b"\xc1", b"\xc4\0", b"\xc4\1a", b"\xc5\0\2ab", b"\xd6\xff" + bytes(4), b"\xd7\xff" + bytes(8)]
        return rng.choice([*odd, b"\xc7\x0c\xff" + bytes(12), b"\xc7\0\x03"])

    def array(self) -> bytes:
        """Write an array and its buffer."""
        rng = self.rng
        kind, name = rng.choice("ntb"), rng.choice(list(wire.DTYPES))
        shape = [
            rng.choice([0, 1, 1, 2, 3, 5, 8]) for _ in range(rng.choice([0, 1, 1, 1, 2, 2, 3, 4, 16, 17]))
        ]
        if kind == "b" and not self.lie():
            name, shape = "uint8", [rng.randrange(9)]
        size = wire.DTYPES[name].itemsize
        for n in shape:
            size *= n
        size = min(size, 1 << 12)
        data = bytes(rng.randrange(2) for _ in range(size)) if name == "bool" else rng.randbytes(size)
        index = len(self.buffers)
        self.buffers.append(rng.randbytes(rng.randrange(9)) if self.lie() else data)
        if self.lie():
            shape.insert(rng.randrange(len(shape) + 1), rng.choice(NUMBERS))
        if self.lie():
            name = rng.choice(["object", ">i4", "V8", "str", "O", "float128", "datetime64[ns]", ""])
        if self.lie():
            index = rng.choice([0, index + 1, max(0, index - 1), *NUMBERS])
        parts = [self.text(kind.encode()), self.text(name.encode())]
        parts += [self.items([self.number(n) for n in shape]), self.number(index)]
        if self.lie():
            parts[rng.randrange(4)] = self.tree(3)
        return self.extension(1, self.items(parts))

    def handle(self) -> bytes:
        """Write a handle."""
        rng = self.rng
        number = rng.choice(NUMBERS) if self.lie() else rng.randrange(1, 1 << 20)
        kind = rng.choice([b"function", b"class", b"module", b"object", b""])
        parts = [self.number(number), self.text(kind), self.text(b"N" * rng.choice([0, 1, 30, 400]))]
        if self.lie():
            parts[rng.randrange(3)] = self.tree(3)
        return self.extension(2, self.items(parts))

    def tree(self, depth: int) -> bytes:
        """Write any value, at most so many levels deep."""
        rng = self.rng
        self.budget -= 1
        kind = rng.randrange(100)
        if depth <= 0 or self.budget <= 0 or kind < 40:
            return self.scalar()
        if kind < 55:
            return self.array()
        if kind < 60:
            return self.handle()
        n = rng.choice([0, 1, 2, 3, 4, 6, 16, 20]) if rng.random() < 0.97 else rng.choice([40, 300])
        if kind < 85:
            parts = [self.tree(depth - 1) for _ in range(n)]
            if kind >= 75:
                parts.insert(0, b"\xc7\0\3")
            if self.lie():
                parts.insert(rng.randrange(len(parts) + 1), b"\xc7\0\3")
            return self.items(parts)
        keys = [self.text(b"k%d" % i) for i in range(n)]
        if n and self.lie():
            keys[rng.randrange(n)] = rng.choice([keys[0], self.tree(2), self.scalar()])
        head = _length(rng, self.count(n), 0x80, 15, [(0xDE, 2), (0xDF, 4)])
        return head + b"".join(key + self.tree(depth - 1) for key in keys)

    def frame(self) -> bytes:
        """Write a whole frame."""
        rng = self.rng
        tree = self.tree(rng.choice([1, 2, 3, 5, 40])) + (b"\xc0" if self.lie() else b"")
        if self.lie():
            self.buffers.append(b"x")
        inline, table = [], []
        for data in self.buffers:
            length = rng.choice(NUMBERS) if self.lie() else len(data)
            if rng.random() < 0.8:
                table.append(wire.BUFFER.pack(length, wire.INLINE))
                inline.append(data)
            else:
                offset = rng.choice(NUMBERS) if self.lie() else rng.randrange(ARENA_BYTES - (1 << 12))
                table.append(wire.BUFFER.pack(length, offset))
        magic = b"AGW2" if self.lie() else wire.MAGIC
        head = wire.HEADER.pack(magic, self.count(len(tree)), self.count(len(table)))
        return b"".join([head, *table, tree, *inline])


def mutate(rng: random.Random, raw: bytes, other: bytes) -> bytes:
    """Return the frame with some bytes changed; the lengths in the header are mostly set right again."""
    data = bytearray(raw)
    try:
        _, tree_length, n_buffers = wire.HEADER.unpack_from(raw)
    except struct.error:
        tree_length = n_buffers = 0
    start = wire.HEADER.size + n_buffers * wire.BUFFER.size
    inside = rng.random() < 0.7 and start + tree_length <= len(raw) and tree_length > 0
    first, last = (start, start + tree_length) if inside else (0, len(data))
    before = len(data)
    for _ in range(rng.choice([1, 1, 1, 2, 3, 6])):
        if last <= first:
            break
        i = rng.randrange(first, last)
        n = min(rng.choice([1, 1, 2, 4, 8, 16, 64]), last - i)
        kind = rng.randrange(9)
        if kind == 0:
            data[i] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[i] = rng.randrange(256)
        elif kind == 2:
            data[i] = (data[i] + rng.choice([1, -1])) % 256
        elif kind == 3:
            del data[i : i + n]
        elif kind == 4:
            data[i:i] = data[i : i + n] * rng.choice([1, 1, 2, 50])
        elif kind == 5:
            data[i:i] = rng.randbytes(n)
        elif kind == 6:
            j = rng.randrange(len(other)) if other else 0
            data[i : i + n] = other[j : j + rng.choice([1, 4, 16, 100])]
        elif kind == 7:
            size = rng.choice(list(SIZES))
            number = rng.choice(NUMBERS) % (1 << 8 * size)
            data[i : i + size] = struct.pack(rng.choice("<>") + SIZES[size], number)
        elif not inside:
            del data[i:]
        last = max(first, last + len(data) - before)
        before = len(data)
    if inside and rng.random() < 0.95:
        struct.pack_into("<I", data, 4, max(0, last - start))
    return bytes(data)


def bombs() -> list[bytes]:
    """Return frames that are made to cost as much as the caps allow."""
    most = wire.MAX_TREE_BYTES

    def many(n: int, item: bytes, code: int = 0xDD) -> bytes:
        return struct.pack(">BI", code, n) + item * n

    def chain(head: bytes, item: bytes, n: int) -> bytes:
        link = head + item * n
        return link * ((most - 1) // len(link)) + b"\xc0"

    handle = bytes(msgpack.packb(msgpack.ExtType(2, msgpack.packb([1, "", ""]))))
    keys = b"".join(bytes(msgpack.packb(f"{i}")) + b"\xc0" for i in range(150_000))
    collisions = [bytes(msgpack.packb(k * ((1 << 61) - 1) % (1 << 64))) + b"\xc0" for k in range(100_000)]
    leaf = [msgpack.ExtType(1, msgpack.packb(["n", "int8", [1], i])) for i in range(4096)]
    long_list = struct.pack(">BI", 0xDD, 199_001)
    long_map = struct.pack(">BI", 0xDF, 199_001)
    trees = [
        *(long_list * 400, long_list * 400 + b"\xc0" * (most - 2000), b"\x91" * most, b"\x81\xa1a" * 600_000),
        *(
            many(200_000, b"\xe0"),
            many(200_000, b"\xca\0\0\0\1"),
            many(200_000, b"\xa2\xc3\xa9"),
            many(20_001, b"\x80"),
        ),
        *(many(most - 9, b"\x80"), many(most - 9, b"\x90"), many(199_999, b"\x91\xc0"), many(4097, handle)),
        *(chain(long_list, b"\xe0", 199_000), chain(long_list, b"\xa2\xc3\xa9", 199_000)),
        *(chain(long_list, handle, 199_000), chain(long_list, b"\xc7\0\3", 199_000)),
        chain(long_map + b"\xe0", b"\xe0\xe0", 199_000)[:-1] + b"\xc0",
        many(300, b"\x91" * 31 + b"\xc0"),
        struct.pack(">BI", 0xDF, 150_000) + keys,
        struct.pack(">BI", 0xDF, 100_000) + b"".join(collisions),
        msgpack.packb("a" * (most - 10) + "\U0001f600"),
        msgpack.packb({"a" * (most - 20): 1}),
    ]
    frames = [wire.HEADER.pack(wire.MAGIC, len(t[:most]), 0) + t[:most] for t in trees]
    frames += [
        wire.HEADER.pack(wire.MAGIC, 1, 4096) + wire.BUFFER.pack(1 << 16, wire.INLINE) * 4096 + b"\xc0",
        wire.HEADER.pack(wire.MAGIC, 1, 1) + wire.BUFFER.pack(wire.MAX_BUFFER_BYTES, wire.INLINE) + b"\xc0x",
        wire.HEADER.pack(wire.MAGIC, 1, 64) + wire.BUFFER.pack(ARENA_BYTES, 0) * 64 + b"\xc0",
        wire.HEADER.pack(wire.MAGIC, len(msgpack.packb(leaf)), 4096)
        + wire.BUFFER.pack(1, wire.INLINE) * 4096
        + msgpack.packb(leaf)
        + bytes(4096),
    ]
    return frames


class Stream:
    """The frames of one seed."""

    def __init__(self, seed: int, heavy: list[bytes]) -> None:
        self.rng = random.Random(seed)
        self.heavy = heavy
        self.pool: list[bytes] = []

    def next(self) -> bytes:
        """Return the next frame."""
        rng = self.rng
        if rng.random() < 1 / 2000:
            raw = rng.choice(self.heavy)
            return raw if rng.random() < 0.5 else mutate(rng, raw, b"\xc0")
        kind = rng.random()
        if kind < 0.03 or not self.pool:
            head = wire.HEADER.pack(wire.MAGIC, n := rng.choice([1, 5, 30, 200]), 0)
            return rng.choice([b"", head]) + rng.randbytes(n)
        if kind < 0.1:
            return (
                mutate(rng, some_reply(rng), rng.choice(self.pool)) if rng.random() < 0.5 else some_reply(rng)
            )
        if kind < 0.55:
            lies = rng.choice([0, 0.003, 0.01, 0.03, 0.2])
            return Builder(rng, lies, rng.choice([3, 10, 30, 100])).frame()
        return mutate(rng, rng.choice(self.pool), rng.choice(self.pool))

    def learn(self, raw: bytes, outcome: str) -> None:
        """Keep frames that got far, to mutate them."""
        shallow = (
            wire.Refusal.MAGIC,
            wire.Refusal.TREE_BYTES,
            wire.Refusal.BUFFERS,
            wire.Refusal.TREE,
            "peer died",
        )
        if self.pool and (len(raw) > 1 << 13 or outcome in shallow):
            return
        if len(self.pool) < 300:
            self.pool.append(raw)
        elif self.rng.random() < 0.2:
            self.pool[self.rng.randrange(300)] = raw


def some_reply(rng: random.Random) -> bytes:
    """Return a frame of the form of a reply, with parts that are right or nearly so."""
    error = {
        "names": rng.choice([["A"], [], ["A", 1], "A"]),
        "text": rng.choice(["", b"", None]),
        "line": rng.choice([3, 3.0]),
    }
    content = rng.choice([None, 5, error, {**error, "more": 1}, [error]])
    number, ok = rng.choice([REQUEST, REQUEST, REQUEST + 1, True, None]), rng.choice([True, False, False, 1])
    return b"".join(wire.encode([number, ok, content, rng.choice([0.5, -1.0, 1e9, None])]))


# -- running it ----------------------------------------------------------------------------------


@dataclass
class Result:
    """What one seed gave."""

    seed: int
    frames: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    worst_s: float = 0.0
    worst_frame: int = 0
    growth_mb: float = 0.0
    finding: str = ""


def _peak_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _run_seed(
    seed: int, frames: int, end: float, caps: tuple[float, float], slot: mmap.mmap, report: Connection
) -> None:
    heavy = bombs()
    stream, result = Stream(seed, heavy), Result(seed)
    arena, fd = channel.make_arena(ARENA_BYTES)
    os.pwrite(fd, random.Random(seed).randbytes(ARENA_BYTES // 2), 0)
    source = Source(arena)
    judge(wire.HEADER.pack(wire.MAGIC, 1, 0) + b"\xc0", source)
    before = _peak_mb()
    while result.frames < frames and (result.frames % 64 or time.monotonic() < end) and not result.finding:
        raw = stream.next()
        result.frames += 1
        SLOT.pack_into(slot, 0, result.frames, len(raw))
        slot[SLOT.size : SLOT.size + len(raw)] = raw
        started = time.thread_time()
        try:
            outcome = judge(raw, source)
        except Finding as finding:
            result.finding = str(finding)
            break
        took = time.thread_time() - started
        if took > result.worst_s:
            result.worst_s, result.worst_frame = took, result.frames
        if took > caps[0]:
            result.finding = f"the frame took {took:.2f} s of CPU time, the cap is {caps[0]:g} s"
        if result.frames % 256 == 0 and _peak_mb() - before > caps[1]:
            result.finding = f"memory grew by {_peak_mb() - before:.0f} MB, the cap is {caps[1]:g} MB"
        result.outcomes[outcome] += 1
        stream.learn(raw, outcome)
    result.growth_mb = _peak_mb() - before
    os.close(fd)
    report.send(result)


@dataclass
class _Running:
    seed: int
    process: multiprocessing.process.BaseProcess
    slot: mmap.mmap
    report: Connection
    frames: int = 0
    moved: float = 0.0

    def last_frame(self) -> bytes:
        length = SLOT.unpack_from(self.slot)[1]
        return self.slot[SLOT.size : SLOT.size + length]

    def collect(self) -> Result | None:
        """Return the result once there is one: the process's own, or that it hangs or crashed."""
        frames = SLOT.unpack_from(self.slot)[0]
        if self.report.poll():
            try:
                result: Result = self.report.recv()
            except EOFError:
                self.process.join()
                code = self.process.exitcode
                return Result(self.seed, frames, finding=f"the process crashed with exit code {code}")
            self.process.join()
            return result
        now = time.monotonic()
        if frames != self.frames or not self.moved:
            self.frames, self.moved = frames, now
        if now - self.moved > HANG_S:
            self.process.kill()
            self.process.join()
            return Result(self.seed, frames, finding=f"no end after {HANG_S:g} s")
        return None


def run(
    seeds: Sequence[int], frames: int, seconds: float, processes: int, caps: tuple[float, float], save: Path
) -> list[Result]:
    """Run the seeds, some at a time; each gets its share of the frames and of the time."""
    context = multiprocessing.get_context("fork")
    waiting = list(seeds)
    running: list[_Running] = []
    results: list[Result] = []
    share_s = seconds * min(processes, len(seeds)) / len(seeds)
    while waiting or running:
        while waiting and len(running) < processes:
            slot = mmap.mmap(-1, SLOT_BYTES)
            receiving, sending = context.Pipe(duplex=False)
            seed = waiting.pop(0)
            arguments = (seed, -(-frames // len(seeds)), time.monotonic() + share_s, caps, slot, sending)
            process = context.Process(target=_run_seed, args=arguments, daemon=True)
            process.start()
            sending.close()
            running.append(_Running(seed, process, slot, receiving))
        wait([r.report for r in running], 0.5)
        for one in list(running):
            result = one.collect()
            if result is None:
                continue
            running.remove(one)
            results.append(result)
            if result.finding:
                path = save / f"finding-{result.seed}-{result.frames}.bin"
                path.write_bytes(one.last_frame())
                result.finding += f"\nThe frame is kept in {path}"
    return results


def summary(results: list[Result], elapsed_s: float) -> str:
    """Return the report as text."""
    frames = sum(r.frames for r in results)
    outcomes: Counter[str] = sum((r.outcomes for r in results), Counter())
    worst = max(results, key=lambda r: r.worst_s)
    lines = [
        f"{frames} frames of {len(results)} seeds in {elapsed_s:.1f} s ({frames / elapsed_s:.0f} per second)"
    ]
    lines += [f"{count:>9}  {outcome}" for outcome, count in outcomes.most_common()]
    unseen = [refusal.name for refusal in wire.Refusal if not outcomes[refusal]]
    lines.append(f"refusals that no frame met: {', '.join(unseen) or 'none'}")
    lines.append(
        f"worst frame: {worst.worst_s * 1000:.0f} ms of CPU (seed {worst.seed}, frame {worst.worst_frame})"
    )
    lines.append(f"largest growth of a process: {max(r.growth_mb for r in results):.0f} MB")
    found = [r for r in results if r.finding]
    lines += [f"FINDING seed {r.seed}, frame {r.frames}: {r.finding}" for r in found]
    lines.append(f"{len(found)} findings")
    return "\n".join(lines)


def main() -> int:
    """Run as a script; see the module's text."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, nargs="+", default=[1, 2], help="one stream of frames each")
    parser.add_argument("--frames", type=int, default=1 << 62, help="at most so many in all")
    parser.add_argument("--seconds", type=float, default=60.0, help="at most so long in all")
    parser.add_argument("--processes", type=int, default=2, help="seeds at a time")
    parser.add_argument("--frame-cap-s", type=float, default=2.0, help="CPU seconds that a frame may take")
    parser.add_argument("--rss-cap-mb", type=float, default=256.0, help="how far the peak of memory may grow")
    parser.add_argument("--save", type=Path, default=Path(), help="where the frame of a finding is written")
    parser.add_argument("--replay", type=Path, help="judge the one frame in this file")
    options = parser.parse_args()
    if options.replay:
        arena, fd = channel.make_arena(ARENA_BYTES)
        os.close(fd)
        sys.stdout.write(judge(options.replay.read_bytes(), Source(arena)) + "\n")
        return 0
    started = time.monotonic()
    caps = (options.frame_cap_s, options.rss_cap_mb)
    results = run(options.seed, options.frames, options.seconds, options.processes, caps, options.save)
    sys.stdout.write(summary(results, time.monotonic() - started) + "\n")
    return int(any(r.finding for r in results))


if __name__ == "__main__":
    sys.exit(main())
