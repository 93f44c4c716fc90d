"""The wire: frames of plain data between the grader and a sandboxed process (both *trusted* and *sandbox*).

A frame is a fixed header, a table of raw buffers, a msgpack tree and the buffers themselves::

    magic 4s | tree length u32 | number of buffers u32
    per buffer: length u64 | offset in the arena u64, or INLINE
    tree (msgpack) | inline buffers, in order

The list of types is closed: None, bool, int (64 bit), float, str, bytes, list, tuple, dict with
string keys, arrays of ``DTYPES``, handles. Nothing is ever imported, called or looked up because of a
frame. Every length is compared with its cap before anything is allocated, a frame has one deadline
in total, and a peer that breaks a rule is never resynchronised with: its process is killed.

Large buffers of a reply lie in the *arena*: shared memory that the trusted side makes and seals in
size (so no SIGBUS). A buffer is copied out once, and only the copy is looked at, so the peer cannot
change what was already validated.

Imports: standard library, msgpack and NumPy only.
"""

from __future__ import annotations

import fcntl
import math
import mmap
import os
import select
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np

from autograder.errors import DeadlineExceeded, PeerDied, WireError

MAGIC = b"AGW1"
INLINE = (1 << 64) - 1
HEADER = struct.Struct("<4sII")
BUFFER = struct.Struct("<QQ")

MAX_TREE_BYTES = 2 << 20
MAX_BUFFERS = 4096
MAX_BUFFER_BYTES = 1 << 30  # all buffers of one frame together
MAX_NODES = 200_000  # values in the tree
MAX_CONTAINERS = 20_000  # an empty list costs one byte on the wire and 56 in memory
MAX_DEPTH = 32
MAX_DIMENSIONS = 16
ARENA_THRESHOLD_BYTES = 64 << 10
ARENA_BYTES = 256 << 20

DTYPES = {
    name: np.dtype(name).newbyteorder("<")
    for name in (
        "bool int8 uint8 int16 uint16 int32 uint32 int64 uint64 float16 float32 float64 complex64 complex128".split()
    )
}

# Codes of msgpack extension types.
_ARRAY, _HANDLE, _TUPLE = 1, 2, 3
_PLAIN = (type(None), bool, int, float, str)


@dataclass(frozen=True, slots=True)
class Array:
    """An array leaf; ``kind`` is "n" (NumPy) or "t" (tensor): what the receiving side should make of it."""

    kind: str
    value: np.ndarray


@dataclass(frozen=True, slots=True)
class HandleId:
    """A thing that stays in its process: a number, what it claims to be, and its type's name (claims, text)."""

    number: int
    kind: str  # "function", "class", "module" or "object"
    type_name: str


Leaf = Callable[[object], "Array | HandleId | None"]


def encode(value: object, leaf: Leaf | None = None, arena: mmap.mmap | None = None) -> list[Any]:
    """Return the frame as a list of byte chunks.

    ``leaf`` turns an object that is not plain data into an Array, a HandleId or None (refused).

    Raises
    ------
    TypeError
        A value that is not on the closed list.
    ValueError
        A tree that is too deep, or larger than the caps of the receiver.
    """
    table: list[bytes] = []
    inline: list[memoryview] = []
    offset = 0

    def add_buffer(data: np.ndarray) -> int:
        nonlocal offset
        raw = data.reshape(-1).view(np.uint8)
        if arena is not None and raw.nbytes >= ARENA_THRESHOLD_BYTES and offset + raw.nbytes <= len(arena):
            np.frombuffer(arena, np.uint8, raw.nbytes, offset)[:] = raw
            table.append(BUFFER.pack(raw.nbytes, offset))
            offset = (offset + raw.nbytes + 63) & ~63
        else:
            table.append(BUFFER.pack(raw.nbytes, INLINE))
            if raw.nbytes:
                inline.append(memoryview(raw))
        return len(table) - 1

    def pack_array(array: Array) -> msgpack.ExtType:
        data, name = array.value, array.value.dtype.name
        if name not in DTYPES:
            raise TypeError(f"cannot send an array of dtype {name}")
        shape = list(data.shape)
        data = np.ascontiguousarray(data, dtype=DTYPES[name])
        return msgpack.ExtType(_ARRAY, msgpack.packb([array.kind, name, shape, add_buffer(data)]))

    def walk(item: Any, depth: int) -> Any:
        kind = type(item)
        if kind in _PLAIN:
            if kind is int and not -(1 << 63) <= item < 1 << 63:
                kind = None  # not a wire integer: a leaf, or refused
            else:
                return item
        if depth <= 0:
            raise ValueError("nested too deeply")
        if kind is list:
            return [walk(v, depth - 1) for v in item]
        if kind is tuple:
            return [msgpack.ExtType(_TUPLE, b""), *(walk(v, depth - 1) for v in item)]
        if kind is dict and all(type(k) is str for k in item):
            return {k: walk(v, depth - 1) for k, v in item.items()}
        if kind in (bytes, bytearray):
            return pack_array(Array("b", np.frombuffer(bytes(item), np.uint8)))
        if kind is np.ndarray and item.dtype.name in DTYPES:
            return pack_array(Array("n", item))
        if kind is Array:
            return pack_array(item)
        if kind is HandleId:
            return msgpack.ExtType(_HANDLE, msgpack.packb([item.number, item.kind, item.type_name]))
        found = leaf(item) if leaf else None
        if found is None:
            raise TypeError(f"cannot send {type(item).__name__}")
        return walk(found, depth)

    tree = msgpack.packb(walk(value, MAX_DEPTH))
    if len(tree) > MAX_TREE_BYTES or len(table) > MAX_BUFFERS:
        raise ValueError("too large to send")
    head = HEADER.pack(MAGIC, len(tree), len(table))
    return [b"".join([head, *table, tree]), *inline]


class _TupleMark:
    """Stands first in a list that is to become a tuple."""


_TUPLE_MARK = _TupleMark()


def _refuse_unless(condition: bool, what: str, found: object = None, limit: object = None) -> None:
    if not condition:
        raise WireError(what, found, limit)


def _read_array(data: bytes, buffers: list[memoryview], next_buffer: int) -> Array:
    spec = msgpack.unpackb(data, max_array_len=MAX_DIMENSIONS + 1, max_str_len=16, max_map_len=0, max_bin_len=0)
    _refuse_unless(type(spec) is list and len(spec) == 4, "malformed array")
    kind, name, shape, index = spec
    _refuse_unless(type(kind) is str and kind in ("n", "t", "b"), "unknown array kind", kind)
    _refuse_unless(type(name) is str and name in DTYPES, "dtype not on the list", name)
    _refuse_unless(type(shape) is list and len(shape) <= MAX_DIMENSIONS, "malformed shape", shape, MAX_DIMENSIONS)
    _refuse_unless(all(type(n) is int and 0 <= n <= MAX_BUFFER_BYTES for n in shape), "malformed shape", shape)
    _refuse_unless(type(index) is int and index == next_buffer < len(buffers), "buffer out of order", index)
    raw, dtype = buffers[index], DTYPES[name]
    expected = math.prod(shape) * dtype.itemsize
    _refuse_unless(expected == len(raw), "shape does not match the bytes", expected, len(raw))
    # An empty array of a giant shape holds no bytes, but a sum over its empty axis would allocate.
    nominal = math.prod(max(n, 1) for n in shape) * dtype.itemsize
    _refuse_unless(nominal <= MAX_BUFFER_BYTES, "shape too large", nominal, MAX_BUFFER_BYTES)
    flat = np.frombuffer(raw, np.uint8) if len(raw) else np.empty(0, np.uint8)
    if name == "bool" and flat.size:
        _refuse_unless(int(flat.max()) <= 1, "a bool byte that is neither 0 nor 1", int(flat.max()), 1)
    return Array(kind, flat.view(dtype).reshape(shape))


def decode(
    tree: bytes,
    buffers: list[memoryview],
    make_array: Callable[[str, np.ndarray], object],
    make_handle: Callable[[HandleId], object],
) -> Any:
    """Rebuild the value of a frame from private copies of its bytes.

    Raises
    ------
    WireError
        For every frame that breaks a rule; one sentence with its numbers.
    """
    used = 0
    nodes, containers = MAX_NODES, MAX_CONTAINERS

    def extension(code: int, data: bytes) -> object:
        nonlocal used
        if code == _ARRAY:
            array = _read_array(data, buffers, used)
            used += 1
            return array.value.tobytes() if array.kind == "b" else make_array(array.kind, array.value)
        if code == _HANDLE:
            spec = msgpack.unpackb(data, max_array_len=3, max_str_len=200, max_map_len=0, max_bin_len=0)
            _refuse_unless(type(spec) is list and len(spec) == 3, "malformed handle")
            number, kind, type_name = spec
            _refuse_unless(type(number) is int and 0 < number < 1 << 62, "malformed handle", number)
            _refuse_unless(type(kind) is str and type(type_name) is str, "malformed handle")
            return make_handle(HandleId(number, kind, type_name))
        if code == _TUPLE and not data:
            return _TUPLE_MARK
        raise WireError("unknown extension", code)

    def count(values: list[Any]) -> None:
        nonlocal nodes, containers
        nodes -= len(values)
        containers -= 1
        _refuse_unless(nodes >= 0, "too many values", MAX_NODES - nodes, MAX_NODES)
        _refuse_unless(containers >= 0, "too many containers", MAX_CONTAINERS - containers, MAX_CONTAINERS)
        for v in values:
            _refuse_unless(v is not _TUPLE_MARK, "misplaced tuple mark")
            _refuse_unless(type(v) is not bytes or True, "bytes")  # bytes arrive as buffers only

    def as_list(items: list[Any]) -> object:
        if items and items[0] is _TUPLE_MARK:
            del items[0]
            count(items)
            return tuple(items)
        count(items)
        return items

    def as_dict(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
        # Runs before anything is hashed: keys of equal hash would make dict() quadratic.
        for key, _ in pairs:
            _refuse_unless(type(key) is str, "a key that is not a string", type(key).__name__)
        found = dict(pairs)
        _refuse_unless(len(found) == len(pairs), "duplicate key", len(pairs) - len(found), 0)
        count(list(found.values()))
        return found

    try:
        value = msgpack.unpackb(
            tree,
            raw=False,
            strict_map_key=False,
            ext_hook=extension,
            list_hook=as_list,
            object_pairs_hook=as_dict,
            max_array_len=MAX_NODES,
            max_map_len=MAX_NODES,
            max_bin_len=0,
            max_ext_len=4096,
        )
    except WireError:
        raise
    except Exception as error:  # noqa: BLE001  msgpack raises half a dozen types; all mean: not a frame
        raise WireError("malformed tree", f"{type(error).__name__}: {error}"[:100]) from None
    _refuse_unless(value is not _TUPLE_MARK, "misplaced tuple mark")
    _refuse_unless(used == len(buffers), "unused buffers", len(buffers) - used, 0)
    _check_depth(value)
    return value


def _check_depth(value: object) -> None:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for item in level
            if type(item) in (list, tuple, dict)
            for child in (item.values() if type(item) is dict else item)
        ]
        if not level:
            return
    raise WireError("nested too deeply", limit=MAX_DEPTH)


def make_arena(size_bytes: int = ARENA_BYTES) -> tuple[mmap.mmap, int]:
    """Make shared memory for the peer's large replies; returns our read-only map and the fd to pass on.

    The size is sealed, so a peer that truncates it cannot make us die of SIGBUS.
    """
    fd = os.memfd_create("arena", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size_bytes)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
    return mmap.mmap(fd, size_bytes, prot=mmap.PROT_READ), fd


class Channel:
    """One end of a socketpair. ``arena`` is where the peer (or, in the sandbox, we) put large buffers."""

    def __init__(self, sock: socket.socket, arena: mmap.mmap | None = None, *, accepts_fds: bool = False) -> None:
        self.sock, self.arena, self.accepts_fds = sock, arena, accepts_fds
        self.received_fds: list[int] = []
        sock.setblocking(False)
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, 1 << 20)
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self._poll_out = select.poll()
        self._poll_out.register(sock, select.POLLOUT)

    def wait(self, end: float | None) -> bool:
        """Return True when there is something to read (or the peer is gone), False at the deadline."""
        return bool(self._poll.poll(_milliseconds(end)))

    def send(self, chunks: list[Any], end: float | None = None, fds: tuple[int, ...] = ()) -> None:
        """Send a frame under one deadline (monotonic seconds; None waits for ever)."""
        views = [memoryview(chunk).cast("B") for chunk in chunks if len(chunk)]
        while views:
            try:
                sent = socket.send_fds(self.sock, views[:64], list(fds)) if fds else self.sock.sendmsg(views[:64])
            except BlockingIOError:
                if not self._poll_out.poll(_milliseconds(end)):
                    raise DeadlineExceeded("the peer does not read", 0.0) from None
                continue
            except OSError as error:
                raise PeerDied(f"connection lost: {error.strerror}") from None
            fds = ()
            while views and sent >= len(views[0]):
                sent -= len(views.pop(0))
            if sent:
                views[0] = views[0][sent:]

    def receive(self, end: float | None = None) -> tuple[bytes, list[memoryview]]:
        """Receive one frame under one deadline; a byte at a time does not buy the peer more time."""
        head = self._take(HEADER.size, end)
        magic, tree_length, n_buffers = HEADER.unpack(head)
        _refuse_unless(magic == MAGIC, "not a frame", bytes(magic))
        _refuse_unless(tree_length <= MAX_TREE_BYTES, "tree too long", tree_length, MAX_TREE_BYTES)
        _refuse_unless(n_buffers <= MAX_BUFFERS, "too many buffers", n_buffers, MAX_BUFFERS)
        rest = self._take(n_buffers * BUFFER.size + tree_length, end)
        table = [BUFFER.unpack_from(rest, i * BUFFER.size) for i in range(n_buffers)]
        total = sum(length for length, _ in table)
        _refuse_unless(total <= MAX_BUFFER_BYTES, "buffers too long", total, MAX_BUFFER_BYTES)
        buffers = []
        for length, offset in table:
            if offset == INLINE:
                buffers.append(self._take(length, end))
                continue
            room = len(self.arena) if self.arena is not None else 0
            _refuse_unless(offset + length <= room, "outside the arena", offset + length, room)
            copy = np.empty(length, np.uint8)
            copy[:] = np.frombuffer(self.arena, np.uint8, length, offset)  # type: ignore[arg-type]
            buffers.append(memoryview(copy))
        return bytes(rest[n_buffers * BUFFER.size :]), buffers

    def _take(self, size: int, end: float | None) -> memoryview:
        # np.empty touches no page before bytes arrive: a giant length that is only announced costs nothing.
        view = memoryview(np.empty(size, np.uint8))
        filled = 0
        while filled < size:
            try:
                if self.accepts_fds:
                    data, fds, _, _ = socket.recv_fds(self.sock, min(size - filled, 1 << 20), 8)
                    self.received_fds += fds
                    got = len(data)
                    view[filled : filled + got] = data
                else:
                    got = self.sock.recv_into(view[filled:])
            except BlockingIOError:
                if not self._poll.poll(_milliseconds(end)):
                    raise DeadlineExceeded("the peer does not answer", 0.0) from None
                continue
            except OSError as error:
                raise PeerDied(f"connection lost: {error.strerror}") from None
            if got == 0:
                raise PeerDied("the process has ended")
            filled += got
        return view

    def close(self) -> None:
        """Close our end."""
        self.sock.close()


def _milliseconds(end: float | None) -> int | None:
    return None if end is None else max(0, math.ceil((end - time.monotonic()) * 1000))
