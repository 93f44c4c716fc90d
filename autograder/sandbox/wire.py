"""The wire: frames of plain data between the grader and a sandboxed process (both *trusted* and *sandbox*).

A frame is a fixed header, a table of raw buffers, a msgpack tree and the buffers themselves::

    magic 4s | tree length u32 | number of buffers u32
    per buffer: length u64 | offset in the arena u64, or INLINE
    tree (msgpack) | inline buffers, in order

The list of types is closed: None, bool, int (64 bit, signed or not), float, str, bytes, list, tuple, dict
with string keys, arrays of ``DTYPES``, handles. Nothing is ever imported, called or looked up because of
a frame. Every length is compared with its cap before anything is allocated, a frame has one deadline
in total, and a peer that breaks a rule is never resynchronised with: its process is killed. The rules
are the members of ``Refusal``; ``encode`` keeps the same caps, so that an honest process hears of a value
that is too large as an error of its own.

Large buffers of a reply lie in the *arena*: shared memory that the trusted side makes and seals in
size (so no SIGBUS). A buffer is copied out once, and only the copy is looked at, so the peer cannot
change what was already validated.

What follows a frame in the socket is the next frame: whoever asks numbers its requests and compares.

Imports: standard library, msgpack and NumPy only. One module of 450 lines: ``encode`` and ``decode`` keep the same
caps, and every rule is to be read beside its opposite; what carries frames is ``autograder.sandbox.channel``.
"""

from __future__ import annotations

import math
import mmap
import struct
import traceback
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgpack
import numpy as np

from autograder.errors import WireError

# Codes of msgpack extension types.
_ARRAY, _HANDLE, _TUPLE = 1, 2, 3
_INT_MIN, _INT_END = -(1 << 63), 1 << 64  # what msgpack can say
MAGIC = b"AGW1"
INLINE = (1 << 64) - 1
HEADER = struct.Struct("<4sII")
BUFFER = struct.Struct("<QQ")
MAX_TREE_BYTES = 2 << 20
MAX_BUFFERS = 4096
MAX_BUFFER_BYTES = 256 << 20  # all buffers of one frame together; the grader may have 768 MB in all
MAX_NODES = 200_000  # values in the tree
MAX_CONTAINERS = 20_000  # an empty list costs one byte on the wire and 56 in memory
MAX_HANDLES = 4096  # each becomes an object with a destructor, whose number goes back with a request
MAX_DEPTH = 32
MAX_DIMENSIONS = 16
MAX_EMPTY_ELEMENTS = 1 << 20  # of an array without bytes: a sum over its empty axis allocates the others
MAX_ERROR_NAMES = 16  # an exception's class and its bases
MAX_CPU_S = 1e6  # that a peer may claim to have used
MAX_NAME_BYTES = 400  # what a handle claims to be: 100 characters
ARENA_THRESHOLD_BYTES = 64 << 10
DTYPES = {
    name: np.dtype(name).newbyteorder("<")
    for name in (
        *("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"),
        *("float16", "float32", "float64", "complex64", "complex128"),
    )
}

_MAX_EXTENSION_BYTES = 2 * MAX_NAME_BYTES + 32
_CONTAINERS = frozenset({list, tuple, dict})
_PLAIN = frozenset({type(None), bool, int, float, str})


class Refusal(StrEnum):
    """Every rule that a frame can break, as ``WireError.what``; each has a case in the tests."""

    MAGIC = "not a frame"
    TREE_BYTES = "tree too long"
    BUFFERS = "too many buffers"
    BUFFER_BYTES = "buffers too long"
    ARENA = "outside the arena"
    MEMORY = "no memory for a buffer"
    TREE = "malformed tree"
    TYPE = "a type that is not on the list"
    NODES = "too many values"
    CONTAINERS = "too many containers"
    DEPTH = "nested too deeply"
    KEY = "a key that is not a string"
    DUPLICATE = "duplicate key"
    TUPLE = "misplaced tuple mark"
    EXTENSION = "unknown extension"
    HANDLE = "malformed handle"
    HANDLES = "too many handles"
    ARRAY = "malformed array"
    DTYPE = "dtype not on the list"
    SHAPE = "malformed shape"
    BYTES = "bytes that are not a row of uint8"
    ORDER = "buffer out of order"
    LENGTH = "shape does not match the bytes"
    EMPTY = "empty array of a giant shape"
    BOOL = "a bool byte that is neither 0 nor 1"
    UNUSED = "unused buffers"
    REPLY = "malformed reply"
    NUMBER = "a reply to another request"
    ERROR = "malformed error"


@dataclass(frozen=True, slots=True)
class Array:
    """An array leaf; ``kind`` is "n" (NumPy) or "t" (tensor): what the receiving side should make of it."""

    kind: str
    value: np.ndarray


@dataclass(frozen=True, slots=True)
class HandleId:
    """A thing that stays in its process: a number, what it claims to be, its type's name (claims, text)."""

    number: int
    kind: str  # "function", "class", "module" or "object"
    type_name: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to a numbered request: a value, or the error that the peer says it had; all of it claims."""

    ok: bool
    value: Any  # if not ``ok``: a dict of ``names`` (at most 16 strings), ``text`` and ``line``
    cpu_s: float | None  # of the peer so far; None if that is no plausible number


Leaf = Callable[[object], object]


def encode(value: object, leaf: Leaf | None = None, arena: mmap.mmap | None = None) -> list[Any]:
    """Return the frame as a list of byte chunks.

    ``leaf`` turns an object that is not on the closed list into one that is, or None (refused).

    Raises
    ------
    TypeError
        A value that is not on the closed list.
    ValueError
        A value that breaks a cap of the receiver.

    """
    table: list[bytes] = []
    inline: list[memoryview] = []
    nodes = containers = handles = total = offset = 0

    def add_buffer(raw: memoryview) -> int:
        nonlocal offset, total
        total += raw.nbytes
        _fits("bytes of arrays", total, MAX_BUFFER_BYTES)
        _fits("arrays", len(table) + 1, MAX_BUFFERS)
        if arena is not None and raw.nbytes >= ARENA_THRESHOLD_BYTES and offset + raw.nbytes <= len(arena):
            memoryview(arena)[offset : offset + raw.nbytes] = raw
            table.append(BUFFER.pack(raw.nbytes, offset))
            offset = (offset + raw.nbytes + 63) & ~63
        else:
            table.append(BUFFER.pack(raw.nbytes, INLINE))
            if raw.nbytes:
                inline.append(raw)
        return len(table) - 1

    def pack_array(kind: str, data: np.ndarray) -> msgpack.ExtType:
        name, shape = data.dtype.name, list(data.shape)
        if name not in DTYPES:
            raise TypeError(f"cannot send an array of dtype {name}")
        _fits("dimensions", len(shape), MAX_DIMENSIONS)
        if data.size == 0:
            _fits("elements of an empty array", _nominal(shape), MAX_EMPTY_ELEMENTS)
        flat = np.ascontiguousarray(data, dtype=DTYPES[name]).reshape(-1).view(np.uint8)
        if name == "bool":
            flat = (flat != 0).view(np.uint8)  # torch.empty and views leave other bytes in honest arrays
        return msgpack.ExtType(_ARRAY, msgpack.packb([kind, name, shape, add_buffer(flat.data)]))

    def pack_bytes(data: bytes) -> msgpack.ExtType:
        index = add_buffer(memoryview(data))
        return msgpack.ExtType(_ARRAY, msgpack.packb(["b", "uint8", [len(data)], index]))

    def pack_handle(handle: HandleId) -> msgpack.ExtType:
        nonlocal handles
        handles += 1
        _fits("objects", handles, MAX_HANDLES)
        claims = [text[: MAX_NAME_BYTES // 4] for text in (handle.kind, handle.type_name)]
        return msgpack.ExtType(_HANDLE, msgpack.packb([handle.number, *claims]))

    def open_container(length: int, depth: int) -> None:
        nonlocal nodes, containers
        nodes, containers = nodes + length, containers + 1
        if nodes > MAX_NODES or containers > MAX_CONTAINERS or depth > MAX_DEPTH:
            _fits("values", nodes, MAX_NODES)
            _fits("lists, tuples and dicts", containers, MAX_CONTAINERS)
            _fits("levels", depth, MAX_DEPTH)

    def walk(item: Any, depth: int, leaf: Leaf | None) -> Any:
        kind = type(item)
        if kind in _PLAIN and (kind is not int or _INT_MIN <= item < _INT_END):
            return item
        if kind is list or kind is tuple:
            open_container(len(item), depth)
            items = item if len(item) > 8 and _is_flat(item) else [walk(v, depth + 1, outer) for v in item]
            return items if kind is list else [msgpack.ExtType(_TUPLE, b""), *items]
        if kind is dict and set(map(type, item)) <= {str}:
            open_container(len(item), depth)
            return {k: walk(v, depth + 1, outer) for k, v in item.items()}
        if kind is bytes or kind is bytearray:
            return pack_bytes(bytes(item))
        if kind is np.ndarray and item.dtype.name in DTYPES:
            return pack_array("n", item)
        if kind is Array:
            return pack_array(item.kind, item.value)
        if kind is HandleId:
            return pack_handle(item)
        found = leaf(item) if leaf else None
        if found is None:
            raise TypeError(f"cannot send {kind.__name__}")
        return walk(found, depth, None)  # once: a leaf that is turned into a leaf would go on for ever

    outer = leaf
    tree = msgpack.packb(walk(value, 1, leaf))
    _fits("bytes of text and numbers", len(tree), MAX_TREE_BYTES)
    head = HEADER.pack(MAGIC, len(tree), len(table))
    return [b"".join([head, *table, tree]), *inline]


def _fits(what: str, found: int, limit: int) -> None:
    if found > limit:
        raise ValueError(f"too large to send: {found} {what}, the limit is {limit}")


def _is_flat(values: Collection[Any]) -> bool:
    """Tell whether msgpack may have the values as they are."""
    types = set(map(type, values))
    if not types <= _PLAIN:
        return False
    if int not in types:
        return True
    numbers = values if len(types) == 1 else [v for v in values if type(v) is int]
    return min(numbers) >= _INT_MIN and max(numbers) < _INT_END


def _nominal(shape: Sequence[int]) -> int:
    """Count the elements of the shape, were its empty axes of length 1."""
    return math.prod(n or 1 for n in shape)


class _TupleMark:
    """Stands first in a list that is to become a tuple."""


_TUPLE_MARK = _TupleMark()


def _claim(found: object) -> object:
    """Return what a sentence may quote of the peer's: a number, a short text, or only a type's name."""
    return found if type(found) in (int, str) else type(found).__name__


def _unpack_extension(data: bytes, length: int, refusal: Refusal) -> list[Any]:
    spec = msgpack.unpackb(
        data, max_array_len=MAX_DIMENSIONS + 1, max_str_len=MAX_NAME_BYTES, max_map_len=0, max_bin_len=0
    )
    if type(spec) is not list or len(spec) != length:
        raise WireError(refusal, _claim(spec) if type(spec) is not list else len(spec), length)
    return spec


def _read_array(data: bytes, buffers: list[memoryview], next_buffer: int) -> tuple[str, np.ndarray]:
    kind, name, shape, index = _unpack_extension(data, 4, Refusal.ARRAY)
    if type(kind) is not str or kind not in ("n", "t", "b"):
        raise WireError(Refusal.ARRAY, _claim(kind), "n, t, b")
    if type(name) is not str or name not in DTYPES:
        raise WireError(Refusal.DTYPE, _claim(name))
    if type(shape) is not list or len(shape) > MAX_DIMENSIONS:
        raise WireError(Refusal.SHAPE, len(shape) if type(shape) is list else _claim(shape), MAX_DIMENSIONS)
    for n in shape:
        if type(n) is not int or not 0 <= n <= MAX_BUFFER_BYTES:
            raise WireError(Refusal.SHAPE, _claim(n), MAX_BUFFER_BYTES)
    if kind == "b" and (name != "uint8" or len(shape) != 1):
        raise WireError(Refusal.BYTES, f"{name}, {len(shape)} dimensions", "uint8, 1 dimension")
    if type(index) is not int or index != next_buffer or index >= len(buffers):
        raise WireError(Refusal.ORDER, _claim(index), min(next_buffer, len(buffers)))
    raw, dtype = buffers[index], DTYPES[name]
    expected = math.prod(shape) * dtype.itemsize
    if expected != len(raw):
        raise WireError(Refusal.LENGTH, expected, len(raw))
    if not expected:
        if _nominal(shape) > MAX_EMPTY_ELEMENTS:
            raise WireError(Refusal.EMPTY, _nominal(shape), MAX_EMPTY_ELEMENTS)
        return kind, np.empty(shape, dtype)
    flat = np.frombuffer(raw, np.uint8)
    if name == "bool" and flat.max() > 1:
        raise WireError(Refusal.BOOL, int(flat.max()), 1)
    return kind, flat.view(dtype).reshape(shape)


def _read_handle(data: bytes) -> HandleId:
    number, kind, type_name = _unpack_extension(data, 3, Refusal.HANDLE)
    if type(number) is not int or not 0 < number < 1 << 62:
        raise WireError(Refusal.HANDLE, _claim(number), 1 << 62)
    if type(kind) is not str or type(type_name) is not str:
        raise WireError(Refusal.HANDLE, f"{type(kind).__name__}, {type(type_name).__name__}", "str, str")
    return HandleId(number, kind, type_name)


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
        For every frame that breaks a rule; one sentence with its numbers. ``buffers`` is then empty:
        errors are kept for a report, and must not keep 256 MB of the peer's with them.

    """
    try:
        return _build(tree, buffers, make_array, make_handle)
    except WireError as error:
        traceback.clear_frames(error.__traceback__)
        refusal = error
    except Exception as error:  # noqa: BLE001  msgpack raises half a dozen types; all mean: not a frame
        traceback.clear_frames(error.__traceback__)
        refusal = WireError(Refusal.TREE, f"{type(error).__name__}: {error}"[:100])
    buffers.clear()
    raise refusal  # outside of the handlers: an error of msgpack's may hold what it has built


def _build(
    tree: bytes,
    buffers: list[memoryview],
    make_array: Callable[[str, np.ndarray], object],
    make_handle: Callable[[HandleId], object],
) -> Any:
    used = nodes = containers = handles = 0
    allowed: set[type] = {*_PLAIN, *_CONTAINERS, bytes}  # and whatever the two functions make
    # Of each container that holds containers, by its id: none of them is freed before the end.
    heights: dict[int, int] = {}

    def extension(code: int, data: bytes) -> object:
        nonlocal used, handles
        made: object
        if code == _ARRAY:
            kind, value = _read_array(data, buffers, used)
            used += 1
            made = value.tobytes() if kind == "b" else make_array(kind, value)
        elif code == _HANDLE:
            handles += 1
            if handles > MAX_HANDLES:
                raise WireError(Refusal.HANDLES, handles, MAX_HANDLES)
            made = make_handle(_read_handle(data))
        elif code == _TUPLE and not data:
            return _TUPLE_MARK
        else:
            raise WireError(Refusal.EXTENSION, code)
        allowed.add(type(made))
        return made

    def inspect(values: Collection[Any]) -> set[type]:
        types = set(map(type, values))
        if not types <= allowed:
            if _TupleMark in types:
                raise WireError(Refusal.TUPLE)
            raise WireError(Refusal.TYPE, min(t.__name__ for t in types - allowed))
        return types

    def close(container: Any, values: Collection[Any]) -> Any:
        nonlocal nodes, containers
        nodes, containers = nodes + len(values), containers + 1
        if nodes > MAX_NODES:
            raise WireError(Refusal.NODES, nodes, MAX_NODES)
        if containers > MAX_CONTAINERS:
            raise WireError(Refusal.CONTAINERS, containers, MAX_CONTAINERS)
        if not _CONTAINERS.isdisjoint(inspect(values)):
            height = 1 + max(heights.get(id(v), 1) for v in values if type(v) in _CONTAINERS)
            if height > MAX_DEPTH:
                raise WireError(Refusal.DEPTH, height, MAX_DEPTH)
            heights[id(container)] = height
        return container

    def close_list(items: list[Any]) -> object:
        if items and items[0] is _TUPLE_MARK:
            del items[0]
            return close(made := tuple(items), made)
        return close(items, items)

    def close_dict(pairs: list[tuple[Any, Any]]) -> object:
        # Before anything is hashed: keys of equal hash would make dict() quadratic.
        if not (types := {type(key) for key, _ in pairs}) <= {str}:
            raise WireError(Refusal.KEY, min(t.__name__ for t in types - {str}))
        made = dict(pairs)
        if len(made) != len(pairs):
            raise WireError(Refusal.DUPLICATE, len(pairs) - len(made), 0)
        return close(made, made.values())

    # A list of n is allocated as soon as it is announced, and 500 may be open. In a complete tree
    # each announced value has its byte, so look first whether it is complete (nothing is built).
    scan = msgpack.Unpacker(max_buffer_size=len(tree), read_size=len(tree))
    scan.feed(tree)
    scan.skip()
    value = msgpack.unpackb(
        tree,
        strict_map_key=False,  # close_dict looks
        ext_hook=extension,
        list_hook=close_list,
        object_pairs_hook=close_dict,
        max_array_len=MAX_NODES + 1,  # a tuple has its mark
        max_map_len=MAX_NODES,
        max_bin_len=0,
        max_ext_len=_MAX_EXTENSION_BYTES,
    )
    inspect([value])
    if used != len(buffers):
        raise WireError(Refusal.UNUSED, len(buffers) - used, 0)
    return value


def read_reply(value: Any, number: int) -> Reply:
    """Read a decoded frame as the reply ``[number, ok, value, CPU s]`` to the request of that number.

    Raises
    ------
    WireError
        If it has another form, or answers another request.
    """
    if type(value) is not list or len(value) != 4 or type(value[1]) is not bool:
        raise WireError(Refusal.REPLY, len(value) if type(value) is list else _claim(value), 4)
    found, ok, content, cpu_s = value
    if type(found) is not int or found != number:
        raise WireError(Refusal.NUMBER, _claim(found), number)
    plausible = type(cpu_s) is float and 0.0 <= cpu_s < MAX_CPU_S
    if not ok:
        content = _read_error(content)
    return Reply(ok, content, cpu_s if plausible else None)


def _read_error(content: Any) -> dict[str, Any]:
    if type(content) is not dict or set(content) != {"names", "text", "line"}:
        raise WireError(Refusal.ERROR, len(content) if type(content) is dict else _claim(content), 3)
    names, text, line = content["names"], content["text"], content["line"]
    if type(names) is not list or not names or not all(type(n) is str for n in names[:MAX_ERROR_NAMES]):
        raise WireError(Refusal.ERROR, len(names) if type(names) is list else _claim(names), MAX_ERROR_NAMES)
    if type(text) is not str or type(line) is not int:
        raise WireError(Refusal.ERROR, f"{type(text).__name__}, {type(line).__name__}", "str, int")
    return {"names": names[:MAX_ERROR_NAMES], "text": text, "line": line}
