"""One frame per refusal, one round trip per type, and channels over real sockets with a peer that cheats."""

from __future__ import annotations

import ast
import contextlib
import inspect
import math
import mmap
import os
import socket
import struct
import threading
import time
import tracemalloc
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgpack
import numpy as np
import pytest

from autograder.errors import DeadlineExceeded, PeerDied, WireError
from autograder.sandbox import channel, wire
from autograder.sandbox.channel import Channel, make_arena
from autograder.sandbox.wire import Array, HandleId, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

ARENA_BYTES = 1 << 20
NIL = b"\xc0"


def _frame(tree: bytes, *buffers: bytes, table: bytes | None = None) -> bytes:
    """Return a whole frame; ``table`` replaces the honest table of inline buffers."""
    if table is None:
        table = b"".join(wire.BUFFER.pack(len(b), wire.INLINE) for b in buffers)
    head = wire.HEADER.pack(wire.MAGIC, len(tree), len(table) // wire.BUFFER.size)
    return b"".join([head, table, tree, *buffers])


def _packed(value: object) -> bytes:
    return bytes(msgpack.packb(value))


def _placed(*buffers: tuple[int, int]) -> bytes:
    """Return a frame of a None whose buffers lie where the pairs of length and offset say."""
    return _frame(NIL, table=b"".join(wire.BUFFER.pack(*buffer) for buffer in buffers))


def _ext(code: int, value: object) -> msgpack.ExtType:
    return msgpack.ExtType(code, _packed(value))


def _array(*spec: object) -> msgpack.ExtType:
    return _ext(1, list(spec))


def _one(spec: list[Any], *buffers: bytes) -> bytes:
    """Return a frame of a single array."""
    return _frame(_packed(_array(*spec)), *buffers)


def _many(count: int, item: bytes) -> bytes:
    return b"\xdd" + struct.pack(">I", count) + item * count


MARK = msgpack.ExtType(3, b"")
SPARE = (b"a", b"b")
SWAPPED = _frame(_packed([_array("n", "int8", [1], i) for i in (1, 0)]), *SPARE)
DEEP_SHAPE = _frame(
    _packed(msgpack.ExtType(1, b"\x94\xa1n\xa4int8" + b"\x91" * 400 + b"\x90\0")),
    b"",
)


def _decode(tree: bytes, buffers: list[memoryview]) -> Any:
    return wire.decode(tree, buffers, Array, lambda handle: handle)


@contextlib.contextmanager
def _peer(raw: bytes) -> Iterator[Channel]:
    """Yield the trusted end of a channel at whose other end a thread writes the bytes and then leaves."""
    ours, theirs = socket.socketpair()
    arena, fd = make_arena(ARENA_BYTES)
    os.close(fd)

    def write() -> None:
        with theirs, contextlib.suppress(OSError):
            theirs.sendall(raw)

    thread = threading.Thread(target=write)
    thread.start()
    channel = Channel(ours, arena)
    try:
        yield channel
    finally:
        channel.close()
        thread.join()


def _judge(raw: bytes) -> Any:
    """Return what the trusted end makes of the bytes."""
    with _peer(raw) as channel:
        return _decode(*channel.receive(time.monotonic() + 10))


@pytest.fixture
def pair() -> Iterator[tuple[Channel, Channel]]:
    """Return the trusted and the sandboxed end of a channel with an arena."""
    ours, theirs = socket.socketpair()
    arena, fd = make_arena(ARENA_BYTES)
    ends = Channel(ours, arena), Channel(theirs, mmap.mmap(fd, ARENA_BYTES), accepts_fds=True)
    os.close(fd)
    yield ends
    for end in ends:
        end.close()


# -- refusals ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A frame that breaks one rule, and the numbers that the refusal names."""

    raw: bytes
    found: object = None
    limit: object = None


def _nested(levels: int) -> bytes:
    return b"\x91" * levels + NIL


CASES: dict[Refusal, Case] = {
    Refusal.MAGIC: Case(b"HTTP" + bytes(8), b"HTTP"),
    Refusal.TREE_BYTES: Case(
        wire.HEADER.pack(wire.MAGIC, wire.MAX_TREE_BYTES + 1, 0), wire.MAX_TREE_BYTES + 1, wire.MAX_TREE_BYTES
    ),
    Refusal.BUFFERS: Case(wire.HEADER.pack(wire.MAGIC, 1, 4097), 4097, 4096),
    Refusal.BUFFER_BYTES: Case(_placed(*[(1 << 27, 0)] * 3), 3 << 27, wire.MAX_BUFFER_BYTES),
    Refusal.ARENA: Case(_placed((2, ARENA_BYTES - 1)), ARENA_BYTES + 1, ARENA_BYTES),
    Refusal.MEMORY: Case(_frame(NIL, b"abc"), 12),
    Refusal.TREE: Case(_frame(b"\xc1"), "FormatError: "),
    Refusal.TYPE: Case(_frame(b"\xd6\xff\0\0\0\1"), "Timestamp"),
    Refusal.NODES: Case(_frame(_many(200_001, NIL)), 200_001, 200_000),
    Refusal.CONTAINERS: Case(_frame(_many(20_001, b"\x90")), 20_001, 20_000),
    Refusal.DEPTH: Case(_frame(_nested(33)), 33, 32),
    Refusal.KEY: Case(_frame(_packed({5: None})), "int"),
    Refusal.DUPLICATE: Case(_frame(b"\x82\xa1a\xc0\xa1a\xc0"), 1, 0),
    Refusal.TUPLE: Case(_frame(_packed([1, MARK]))),
    Refusal.EXTENSION: Case(_frame(_packed(_ext(9, None))), 9),
    Refusal.HANDLE: Case(_frame(_packed(_ext(2, [0, "", ""]))), 0, 1 << 62),
    Refusal.HANDLES: Case(_frame(_many(4097, _packed(_ext(2, [1, "", ""])))), 4097, 4096),
    Refusal.ARRAY: Case(_one(["n", "int8", [1]], b"a"), 3, 4),
    Refusal.DTYPE: Case(_one(["n", "object", [1], 0], b"a"), "object"),
    Refusal.SHAPE: Case(_one(["n", "int8", [-1], 0], b"a"), -1, wire.MAX_BUFFER_BYTES),
    Refusal.BYTES: Case(_one(["b", "int8", [1], 0], b"a"), "int8, 1 dimensions", "uint8, 1 dimension"),
    Refusal.ORDER: Case(_one(["n", "int8", [1], 1], b"a", b"b"), 1, 0),
    Refusal.LENGTH: Case(_one(["n", "int16", [1], 0], b"abc"), 2, 3),
    Refusal.EMPTY: Case(_one(["n", "int8", [0, 1 << 21], 0], b""), 1 << 21, 1 << 20),
    Refusal.BOOL: Case(_one(["n", "bool", [2], 0], b"\1\2"), 2, 1),
    Refusal.UNUSED: Case(_frame(NIL, b"a"), 1, 0),
    Refusal.REPLY: Case(_frame(_packed([7, True, None])), 3, 4),
    Refusal.NUMBER: Case(_frame(_packed([6, True, None, 0.5])), 6, 7),
    Refusal.ERROR: Case(_frame(_packed([7, False, {"names": []}, 0.5])), 1, 3),
}
IN_REPLIES = (Refusal.REPLY, Refusal.NUMBER, Refusal.ERROR)  # of what the frame says, not of the frame


@pytest.mark.parametrize("refusal", CASES, ids=lambda refusal: refusal.name)
def test_refusal_names_its_rule_and_numbers(refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame that breaks one rule is refused by that rule, in a sentence with its numbers."""
    case = CASES[refusal]
    if refusal is Refusal.MEMORY:

        def no_memory(*_: object) -> None:
            raise MemoryError

        monkeypatch.setattr(np, "empty", no_memory)
    with pytest.raises(WireError) as caught:
        value = _judge(case.raw)
        if refusal in IN_REPLIES:
            wire.read_reply(value, 7)
    assert caught.value.what == refusal
    assert (caught.value.found, caught.value.limit) == (case.found, case.limit)
    assert str(caught.value).startswith(f"wire: {refusal}")
    assert case.limit is None or f"limit {case.limit!r}" in str(caught.value)


def test_refusals_all_have_a_case() -> None:
    """Every rule has exactly one case above, and wire and channel raise every rule that is listed."""
    assert set(CASES) == set(Refusal)
    assert len({str(refusal) for refusal in Refusal}) == len(Refusal)
    used = {
        node.attr
        for module in (wire, channel)
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("Refusal", "wire.Refusal")
    }
    assert used == {refusal.name for refusal in Refusal}


REPLIES = {
    "a number": (5, Refusal.REPLY),
    "nothing": (None, Refusal.REPLY),
    "a tuple": ((7, True, None, 0.5), Refusal.REPLY),
    "five parts": ([7, True, None, 0.5, 1], Refusal.REPLY),
    "verdict as a number": ([7, 1, None, 0.5], Refusal.REPLY),
    "verdict as text": ([7, "ok", None, 0.5], Refusal.REPLY),
    "number as a float": ([7.0, True, None, 0.5], Refusal.NUMBER),
    "number as a bool": ([True, True, None, 0.5], Refusal.NUMBER),
    "a later request": ([8, True, None, 0.5], Refusal.NUMBER),
    "error as text": ([7, False, "ValueError", 0.5], Refusal.ERROR),
    "error with more": ([7, False, {"names": ["A"], "text": "", "line": 1, "x": 1}, 0.5], Refusal.ERROR),
    "error without names": ([7, False, {"names": [], "text": "", "line": 1}, 0.5], Refusal.ERROR),
    "names as text": ([7, False, {"names": "A", "text": "", "line": 1}, 0.5], Refusal.ERROR),
    "names of numbers": ([7, False, {"names": [1], "text": "", "line": 1}, 0.5], Refusal.ERROR),
    "text as bytes": ([7, False, {"names": ["A"], "text": b"", "line": 1}, 0.5], Refusal.ERROR),
    "line as a bool": ([7, False, {"names": ["A"], "text": "", "line": True}, 0.5], Refusal.ERROR),
}


@pytest.mark.parametrize("reply", REPLIES)
def test_reply_of_another_form_is_refused(reply: str) -> None:
    """What is no reply, or is one to another request, is refused by its rule."""
    value, refusal = REPLIES[reply]
    with pytest.raises(WireError) as caught:
        wire.read_reply(value, 7)
    assert caught.value.what == refusal


def test_reply_is_read_and_implausible_times_are_left_out() -> None:
    """The value comes as it is; of an error 16 names; a CPU time only if it could be one."""
    value = object()
    assert wire.read_reply([7, True, value, 0.5], 7) == wire.Reply(True, value, 0.5)
    for cpu_s in (-1.0, math.nan, math.inf, 1e6, 3, "0.5", None):
        assert wire.read_reply([7, True, None, cpu_s], 7).cpu_s is None
    error = {"names": ["A"] * 16 + [1], "text": "t" * 1000, "line": 3}
    assert wire.read_reply([7, False, error, 0.5], 7).value == {**error, "names": ["A"] * 16}


def test_wire_error_is_raised_with_a_rule() -> None:
    """No sentence is written at the place that refuses: each comes from the list."""
    calls = [
        node.args[0]
        for node in ast.walk(ast.parse(inspect.getsource(wire)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "WireError"
    ]
    assert calls
    assert all(isinstance(a, ast.Attribute) or (isinstance(a, ast.Name) and a.id == "refusal") for a in calls)


MORE = [
    # The header and the table
    ("magic-of-another-version", Refusal.MAGIC, wire.HEADER.pack(b"AGW2", 1, 0) + NIL),
    ("tree-of-4-gib", Refusal.TREE_BYTES, wire.HEADER.pack(wire.MAGIC, 0xFFFFFFFF, 0)),
    ("buffers-4-billion", Refusal.BUFFERS, wire.HEADER.pack(wire.MAGIC, 0, 0xFFFFFFFF)),
    ("buffer-of-2-to-64", Refusal.BUFFER_BYTES, _placed(((1 << 64) - 1, 0))),
    ("buffer-sum-past-2-to-64", Refusal.BUFFER_BYTES, _placed(*[(1 << 63, 0)] * 2)),
    ("arena-offset-plus-length-past-2-to-64", Refusal.ARENA, _placed((3, (1 << 64) - 2))),
    ("arena-nothing-past-the-end", Refusal.ARENA, _placed((0, ARENA_BYTES + 1))),
    # msgpack
    ("tree-empty", Refusal.TREE, _frame(b"")),
    ("tree-two-values", Refusal.TREE, _frame(NIL + NIL)),
    ("tree-cut", Refusal.TREE, _frame(b"\x92\xc0")),
    ("tree-depth-2-million", Refusal.TREE, _frame(b"\x91" * wire.MAX_TREE_BYTES)),
    ("lists-announced-500-times", Refusal.TREE, _frame(b"\xdd\0\3\x0d\x40" * 500)),
    ("list-of-4-billion", Refusal.TREE, _frame(b"\xdd\xff\xff\xff\xff")),
    ("list-of-200002", Refusal.TREE, _frame(_many(200_002, NIL))),
    ("map-of-4-billion", Refusal.TREE, _frame(b"\xdf\xff\xff\xff\xff")),
    ("string-not-utf-8", Refusal.TREE, _frame(b"\xa2\xff\xfe")),
    ("string-surrogate", Refusal.TREE, _frame(b"\xa3\xed\xa0\x80")),
    ("string-overlong", Refusal.TREE, _frame(b"\xa2\xc0\x80")),
    ("string-longer-than-the-tree", Refusal.TREE, _frame(b"\xdb\xff\xff\xff\xffab")),
    ("bin-in-the-tree", Refusal.TREE, _frame(b"\xc4\1a")),
    ("extension-too-long", Refusal.TREE, _frame(_packed(msgpack.ExtType(1, bytes(1000))))),
    ("array-not-msgpack", Refusal.TREE, _frame(_packed(msgpack.ExtType(1, b"\xc1")))),
    ("array-of-maps", Refusal.TREE, _one([{"a": 1}, "int8", [1], 0], b"a")),
    ("timestamp-in-a-list", Refusal.TYPE, _frame(b"\x91\xd7\xff" + bytes(8))),
    ("timestamp-in-a-dict", Refusal.TYPE, _frame(b"\x81\xa1a\xc7\x0c\xff" + bytes(12))),
    # Containers
    ("nodes-spread-over-lists", Refusal.NODES, _frame(_packed([[None] * 1000] * 200))),
    ("nodes-in-dicts", Refusal.NODES, _frame(_packed([{str(i): 0 for i in range(30_000)}] * 7))),
    ("containers-maps", Refusal.CONTAINERS, _frame(_many(20_000, b"\x80"))),
    ("containers-tuples", Refusal.CONTAINERS, _frame(_packed([[MARK]] * 20_000))),
    ("depth-of-dicts", Refusal.DEPTH, _frame(b"\x81\xa1a" * 33 + NIL)),
    ("depth-of-tuples", Refusal.DEPTH, _frame((b"\x92" + _packed(MARK)) * 33 + NIL)),
    ("depth-in-one-of-many", Refusal.DEPTH, _frame(b"\x93\xc0" + _nested(32) + b"\x90")),
    ("key-none", Refusal.KEY, _frame(b"\x81\xc0\xc0")),
    ("key-list", Refusal.KEY, _frame(b"\x81\x90\xc0")),
    ("key-tuple", Refusal.KEY, _frame(b"\x81\x91" + _packed(MARK) + NIL)),
    ("key-mark", Refusal.KEY, _frame(b"\x81" + _packed(MARK) + NIL)),
    ("key-float-nan", Refusal.KEY, _frame(b"\x81" + _packed(math.nan) + NIL)),
    ("key-handle", Refusal.KEY, _frame(b"\x81" + _packed(_ext(2, [1, "", ""])) + NIL)),
    # Tuple marks
    ("mark-alone", Refusal.TUPLE, _frame(_packed(MARK))),
    ("mark-twice", Refusal.TUPLE, _frame(_packed([MARK, MARK]))),
    ("mark-last", Refusal.TUPLE, _frame(_packed([MARK, 1, MARK]))),
    ("mark-as-a-value", Refusal.TUPLE, _frame(_packed({"a": MARK}))),
    ("mark-with-data", Refusal.EXTENSION, _frame(_packed([msgpack.ExtType(3, b"x")]))),
    ("extension-code-minus-2", Refusal.EXTENSION, _frame(b"\xd4\xfe\0")),
    ("extension-code-zero", Refusal.EXTENSION, _frame(b"\xd4\0\0")),
    # Handles
    ("handle-negative", Refusal.HANDLE, _frame(_packed(_ext(2, [-1, "", ""])))),
    ("handle-bool", Refusal.HANDLE, _frame(_packed(_ext(2, [True, "", ""])))),
    ("handle-float", Refusal.HANDLE, _frame(_packed(_ext(2, [1.0, "", ""])))),
    ("handle-too-large", Refusal.HANDLE, _frame(_packed(_ext(2, [1 << 62, "", ""])))),
    ("handle-kind-number", Refusal.HANDLE, _frame(_packed(_ext(2, [1, 1, ""])))),
    ("handle-name-none", Refusal.HANDLE, _frame(_packed(_ext(2, [1, "", None])))),
    ("handle-of-two", Refusal.HANDLE, _frame(_packed(_ext(2, [1, ""])))),
    ("handle-a-number", Refusal.HANDLE, _frame(_packed(_ext(2, 1)))),
    ("handle-name-long", Refusal.TREE, _frame(_packed(_ext(2, [1, "", "a" * 401])))),
    # Arrays
    ("array-a-number", Refusal.ARRAY, _frame(_packed(_ext(1, 5)))),
    ("array-kind-unknown", Refusal.ARRAY, _one(["x", "int8", [1], 0], b"a")),
    ("array-kind-number", Refusal.ARRAY, _one([1, "int8", [1], 0], b"a")),
    ("array-kind-list", Refusal.ARRAY, _one([[], "int8", [1], 0], b"a")),
    ("dtype-big-endian", Refusal.DTYPE, _one(["n", ">i4", [1], 0], b"abcd")),
    ("dtype-structured", Refusal.DTYPE, _one(["n", "i4,i4", [1], 0], bytes(8))),
    ("dtype-list", Refusal.DTYPE, _one(["n", ["int8"], [1], 0], b"a")),
    ("shape-number", Refusal.SHAPE, _one(["n", "int8", 1, 0], b"a")),
    ("shape-float", Refusal.SHAPE, _one(["n", "int8", [1.0], 0], b"a")),
    ("shape-bool", Refusal.SHAPE, _one(["n", "int8", [True], 0], b"a")),
    ("shape-huge", Refusal.SHAPE, _one(["n", "int8", [1 << 40, 0], 0], b"")),
    ("shape-of-17-dimensions", Refusal.SHAPE, _one(["n", "int8", [1] * 17, 0], b"a")),
    ("shape-deep", Refusal.SHAPE, DEEP_SHAPE),
    ("bytes-of-two-axes", Refusal.BYTES, _one(["b", "uint8", [1, 1], 0], b"a")),
    ("bytes-of-no-dimension", Refusal.BYTES, _one(["b", "uint8", [], 0], b"a")),
    ("buffer-missing", Refusal.ORDER, _one(["n", "int8", [1], 0])),
    ("buffer-negative", Refusal.ORDER, _one(["n", "int8", [1], -1], b"a")),
    ("buffer-bool", Refusal.ORDER, _one(["n", "int8", [1], False], b"a")),
    ("buffer-used-twice", Refusal.ORDER, _frame(_packed([_array("n", "int8", [1], 0)] * 2), b"a")),
    ("buffers-swapped", Refusal.ORDER, SWAPPED),
    ("shape-larger-than-the-bytes", Refusal.LENGTH, _one(["n", "int8", [4096] * 16, 0], b"a")),
    ("shape-empty-but-bytes", Refusal.LENGTH, _one(["n", "int8", [0], 0], b"a")),
    ("scalar-without-bytes", Refusal.LENGTH, _one(["n", "int8", [], 0], b"")),
    ("empty-product-of-many", Refusal.EMPTY, _one(["n", "int8", [0, *([8] * 7)], 0], b"")),
    ("bool-255", Refusal.BOOL, _one(["t", "bool", [], 0], b"\xff")),
    ("buffers-unused-behind-a-used-one", Refusal.UNUSED, _one(["n", "int8", [1], 0], *SPARE)),
]  # fmt: skip


@pytest.mark.parametrize(("refusal", "raw"), [m[1:] for m in MORE], ids=[m[0] for m in MORE])
def test_frame_that_cheats_is_refused(refusal: Refusal, raw: bytes) -> None:
    """Other ways to break the same rules end in the same refusals."""
    with pytest.raises(WireError) as caught:
        _judge(raw)
    assert caught.value.what == refusal
    assert len(str(caught.value)) < 400


def test_keys_of_equal_hash_are_refused_before_they_are_hashed() -> None:
    """100 000 keys that collide cost no quadratic time."""
    tree = b"\xdf" + struct.pack(">I", 100_000)
    tree += b"".join(_packed(k * ((1 << 61) - 1) & ((1 << 64) - 1)) + NIL for k in range(100_000))
    started = time.process_time()
    with pytest.raises(WireError, match="a key that is not a string"):
        _decode(tree, [])
    assert time.process_time() - started < 1


def test_announced_lists_cost_no_memory() -> None:
    """500 open lists of 200 000 that never come would take 800 MB of pointers."""
    tracemalloc.start()
    try:
        with pytest.raises(WireError, match="malformed tree"):
            _decode(b"\xdd\0\3\x0d\x40" * 500, [])
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "tree", [b"\xc0", _packed([_array("n", "bool", [9], 0)]), b"\xc0\xc0"], ids=["unused", "bool", "tree"]
)
def test_refusal_that_is_kept_does_not_keep_the_buffers(tree: bytes) -> None:
    """A report may hold many errors; each would hold up to 256 MB through its traceback."""
    data = np.full(9, 7, np.uint8)
    alive = weakref.ref(data)
    buffers = [data.data]
    del data
    with pytest.raises(WireError) as caught:
        _decode(tree, buffers)
    assert alive() is None
    assert caught.value.__context__ is None


def test_deadline_that_is_kept_does_not_keep_what_had_arrived(pair: tuple[Channel, Channel]) -> None:
    """The same for a frame that never ends."""
    trusted, sandbox = pair
    sandbox.sock.sendall(_placed((32 << 20, 0), (8, wire.INLINE)))
    trusted.arena, fd = make_arena(32 << 20)
    os.close(fd)
    trusted.arena.read()
    before = _resident_mb()
    with pytest.raises(DeadlineExceeded) as caught:
        trusted.receive(time.monotonic() + 0.05)
    assert _resident_mb() - before < 20
    assert caught.traceback


def test_error_of_an_array_maker_does_not_escape() -> None:
    """Whatever is raised while a value is built is a refusal, and keeps nothing: the frame was the peer's."""

    def fail(kind: str, value: np.ndarray) -> object:
        raise KeyError(kind, len(value))

    data = np.full(9, 7, np.uint8)
    alive = weakref.ref(data)
    buffers = [data.data]
    del data
    with pytest.raises(WireError, match="malformed tree: found \"KeyError: \\('n', 9\\)") as caught:
        wire.decode(_packed(_array("n", "int8", [9], 0)), buffers, fail, lambda handle: handle)
    assert alive() is None
    assert caught.value.__context__ is None


# -- round trips ---------------------------------------------------------------------------------


def _round_trip(value: object) -> Any:
    return _judge(b"".join(bytes(chunk) for chunk in wire.encode(value)))


def _nest(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


PLAIN: list[Any] = [
    *(None, True, False, 0, -1, 127, 128, -32, -33, (1 << 63) - 1, -(1 << 63), (1 << 64) - 1),
    *(0.0, 1.5, math.inf, -math.inf, 5e-324, "", "ü", "𝔸\0\n", "a" * 70_000),
    *(
        b"",
        b"\0\xff",
        b"a" * 70_000,
        [],
        (),
        {},
        [()],
        ([],),
        {"": ()},
        ((),),
        (1,),
        [(1, [2, {"a": (None,)}])],
    ),
    *({"a": 1, "b": [True, 1, 1.0]}, _nest(32), [0] * 200_000, (0,) * 200_000, [[]] * 19_999),
    *([-(1 << 63)] * 20, [(1 << 64) - 1] * 20, [0.5, None, *range(20)], HandleId(1, "class", "MLP")),
]


@pytest.mark.parametrize("value", PLAIN, ids=lambda value: f"{value!r:.30}")
def test_plain_value_survives(value: object) -> None:
    """A value of the closed list arrives equal and of the same types."""
    assert repr(_round_trip(value)) == repr(value)


def test_float_keeps_its_sign_and_nan() -> None:
    """-0.0 and NaN arrive as they are."""
    zero, nan = _round_trip([-0.0, math.nan])
    assert math.copysign(1, zero) == -1
    assert math.isnan(nan)


@pytest.mark.parametrize("shape", [(), (0,), (3,), (0, 4), (1 << 20, 0), (2, 3), (1,) * 16], ids=str)
@pytest.mark.parametrize("name", wire.DTYPES)
def test_array_survives(name: str, shape: tuple[int, ...]) -> None:
    """Every dtype arrives in every shape, bit for bit."""
    value = np.random.default_rng(0).integers(0, 2, shape).astype(name)
    found = _round_trip(Array("t", value))
    assert found.kind == "t"
    assert found.value.dtype == np.dtype(name)
    assert found.value.shape == shape
    assert found.value.tobytes() == value.tobytes()


@pytest.mark.parametrize(
    "value",
    [
        np.arange(6, dtype=">i4"),
        np.arange(12).reshape(3, 4).T,
        np.arange(10.0)[::-2],
        np.ones((2, 3), order="F"),
    ],
    ids=["big-endian", "transposed", "strided", "fortran"],
)
def test_array_of_any_layout_arrives_little_endian_in_c_order(value: np.ndarray) -> None:
    """Byte order and strides do not travel."""
    found = _round_trip(value).value
    assert found.flags.c_contiguous
    assert found.dtype == value.dtype.newbyteorder("<")
    assert (found == value).all()


def test_bool_array_with_other_bytes_is_sent_as_ones() -> None:
    """torch.empty leaves such bytes in honest arrays; the receiver would refuse them."""
    found = _round_trip(np.frombuffer(b"\0\2\xff", np.bool_)).value
    assert found.tobytes() == b"\0\1\1"


def test_bytearray_arrives_as_bytes() -> None:
    """The closed list has one type for bytes."""
    assert _round_trip(bytearray(b"ab")) == b"ab"


def test_array_maker_and_handle_maker_decide_the_types() -> None:
    """What the two functions return stands in the tree, whatever its type."""
    raw = b"".join(bytes(c) for c in wire.encode([np.zeros(2), HandleId(7, "object", "X")]))
    with _peer(raw) as channel:
        frame = channel.receive(time.monotonic() + 10)
    assert wire.decode(*frame, lambda kind, _: {kind}, lambda handle: {handle.number}) == [{"n"}, {7}]


# -- encode --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "error", "match"),
    [
        pytest.param(object(), TypeError, "cannot send object", id="object"),
        (1 << 64, TypeError, "cannot send int"),
        ([*range(20), -(1 << 63) - 1], TypeError, "cannot send int"),
        ([0.5, *range(20), 1 << 64], TypeError, "cannot send int"),
        (1j, TypeError, "cannot send complex"),
        ({1: 2}, TypeError, "cannot send dict"),
        (np.zeros(1, "M8[s]"), TypeError, "cannot send ndarray"),
        (Array("n", np.zeros(1, object)), TypeError, "dtype object"),
        ("\ud800", ValueError, "surrogates"),
        (_nest(33), ValueError, "33 levels, the limit is 32"),
        ({"a": _nest(32)}, ValueError, "33 levels, the limit is 32"),
        ([None] * 200_001, ValueError, "200001 values, the limit is 200000"),
        ([[]] * 20_000, ValueError, "20001 lists, tuples and dicts, the limit is 20000"),
        ("a" * wire.MAX_TREE_BYTES, ValueError, "2097157 bytes of text and numbers, the limit is 2097152"),
        ([HandleId(1, "", "")] * 4097, ValueError, "4097 objects, the limit is 4096"),
        ([b""] * 4097, ValueError, "4097 arrays, the limit is 4096"),
        ([np.zeros(1 << 25)] * 2, ValueError, "536870912 bytes of arrays, the limit is 268435456"),
        (np.zeros((1,) * 17), ValueError, "17 dimensions, the limit is 16"),
        (np.zeros((0, 1 << 21)), ValueError, "2097152 elements of an empty array, the limit is 1048576"),
    ],
    ids=lambda value: f"{value!r:.30}",
)
def test_encode_keeps_the_caps_of_the_receiver(value: object, error: type[Exception], match: str) -> None:
    """A value that decode would refuse is an error of the process that holds it, with the numbers."""
    with pytest.raises(error, match=match):
        wire.encode(value)


def test_encode_asks_a_leaf_once() -> None:
    """A leaf function that returns what it got is refused, not asked for ever."""
    with pytest.raises(TypeError, match="cannot send longdouble"):
        wire.encode(np.longdouble(1), lambda value: value.item() if isinstance(value, np.generic) else None)


def test_encode_asks_the_leaf_for_what_is_inside_a_leaf() -> None:
    """A mapping that becomes a dict may hold further leaves."""
    frame = wire.encode({1, 2}, lambda value: sorted(value) if isinstance(value, set) else None)
    assert _judge(b"".join(frame)) == [1, 2]
    frame = wire.encode({0}, lambda v: [frozenset()] if isinstance(v, set) else "inner")
    assert _judge(b"".join(frame)) == ["inner"]


def test_encode_cuts_the_claims_of_a_handle() -> None:
    """A class with an endless name can be sent; 100 characters of any kind fit the receiver's cap."""
    found = _round_trip(HandleId(1, "class", "𝔸" * 1000))
    assert found.type_name == "𝔸" * 100


def test_encode_fills_the_arena_and_then_sends_inline() -> None:
    """Only arrays of 64 KB and more lie in the arena, at multiples of 64, while it has room."""
    arena = mmap.mmap(-1, 70_016 + 70_001)
    small, large = np.ones(10, np.uint8), np.ones(70_001, np.uint8)
    head, *inline = wire.encode([small, large, large, large], None, arena)
    table = list(wire.BUFFER.iter_unpack(head[wire.HEADER.size : wire.HEADER.size + 4 * wire.BUFFER.size]))
    assert table == [(10, wire.INLINE), (70_001, 0), (70_001, 70_016), (70_001, wire.INLINE)]
    assert [len(chunk) for chunk in inline] == [10, 70_001]
    arena.close()


# -- the arena -----------------------------------------------------------------------------------


def test_arena_cannot_be_resized_or_unsealed() -> None:
    """The peer holds the fd, but may neither shrink the memory under our map nor add seals."""
    arena, fd = make_arena(1 << 16)
    for size in (0, 1 << 17):
        with pytest.raises(PermissionError):
            os.ftruncate(fd, size)
    with pytest.raises(TypeError):
        arena[0] = 1
    os.close(fd)
    arena.close()


def test_large_array_travels_through_the_arena_as_a_private_copy(pair: tuple[Channel, Channel]) -> None:
    """What the peer writes into the arena after the frame was read changes nothing."""
    trusted, sandbox = pair
    value = np.arange(50_000.0)
    frame = wire.encode(value, None, sandbox.arena)
    assert sum(len(chunk) for chunk in frame) < 200
    sandbox.send(frame)
    tree, buffers = trusted.receive(time.monotonic() + 5)
    assert sandbox.arena is not None
    sandbox.arena[: value.nbytes] = bytes(value.nbytes)
    assert (_decode(tree, buffers).value == value).all()


def test_arena_regions_that_overlap_give_independent_copies(pair: tuple[Channel, Channel]) -> None:
    """Two buffers may name the same bytes; each array has its own."""
    trusted, sandbox = pair
    table = wire.BUFFER.pack(4, 0) * 2
    sandbox.sock.sendall(_frame(_packed([_array("n", "int32", [1], i) for i in (0, 1)]), table=table))
    first, second = _decode(*trusted.receive(time.monotonic() + 5))
    first.value[0] = 7
    assert second.value.tolist() == [0]


def test_channel_without_arena_refuses_any_offset() -> None:
    """Not even no bytes at offset 0 exist without an arena."""
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.sendall(_placed((0, 0)))
        channel = Channel(ours)
        with pytest.raises(WireError, match="outside the arena"):
            channel.receive(time.monotonic() + 5)
        channel.close()


# -- channels ------------------------------------------------------------------------------------


def test_frames_sent_ahead_are_read_one_at_a_time(pair: tuple[Channel, Channel]) -> None:
    """What follows a frame is the next frame; receive takes no byte of it."""
    trusted, sandbox = pair
    sandbox.sock.sendall(b"".join(b"".join(wire.encode(i)) for i in range(3)))
    end = time.monotonic() + 5
    assert [_decode(*trusted.receive(end)) for _ in range(3)] == [0, 1, 2]
    assert not trusted.wait(time.monotonic())


def test_trailing_bytes_spoil_the_next_receive(pair: tuple[Channel, Channel]) -> None:
    """Bytes that belong to no frame are refused when they are looked at."""
    trusted, sandbox = pair
    sandbox.sock.sendall(b"".join(wire.encode(1)) + b"trailing bytes")
    assert _decode(*trusted.receive(time.monotonic() + 5)) == 1
    with pytest.raises(WireError, match="not a frame"):
        trusted.receive(time.monotonic() + 5)


def test_large_frame_crosses_a_socket_that_is_smaller() -> None:
    """Sender and receiver take turns; 4096 buffers need more than one call."""
    value = [np.full(3000, i % 251, np.uint8) for i in range(4096)]
    found = _round_trip(value)
    assert all((f.value == v).all() for f, v in zip(found, value, strict=True))


def test_deadline_is_one_per_frame(pair: tuple[Channel, Channel]) -> None:
    """A byte every few milliseconds buys no time."""
    trusted, sandbox = pair
    stop = threading.Event()

    def trickle() -> None:
        for byte in _frame(_packed("a" * 10_000)):
            if stop.wait(0.005):
                return
            sandbox.sock.send(bytes([byte]))

    thread = threading.Thread(target=trickle)
    thread.start()
    started = time.monotonic()
    try:
        with pytest.raises(DeadlineExceeded, match=r"does not answer: no answer within 0\.2 s"):
            trusted.receive(started + 0.2)
        assert 0.15 < time.monotonic() - started < 2
    finally:
        stop.set()
        thread.join()


def test_deadline_in_the_past_still_gives_what_is_there(pair: tuple[Channel, Channel]) -> None:
    """A frame that has arrived is read; one of which a byte is missing is not waited for."""
    trusted, sandbox = pair
    past = time.monotonic() - 1
    sandbox.sock.sendall(_frame(NIL) + _frame(NIL)[:-1])
    assert _decode(*trusted.receive(past)) is None
    with pytest.raises(DeadlineExceeded, match="within 0 s"):
        trusted.receive(past)


def test_deadline_passes_while_bytes_keep_coming(
    pair: tuple[Channel, Channel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock is looked at after every read, not only when the socket runs dry."""
    trusted, sandbox = pair
    sandbox.sock.sendall(_frame(_packed("a" * 1000)))
    monkeypatch.setattr(trusted, "_read_into", lambda view: trusted.sock.recv_into(view[:1]))
    now = iter(range(10_000))
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    with pytest.raises(DeadlineExceeded, match="within 100 s"):
        trusted.receive(100)


def test_peer_that_does_not_read_is_left_at_the_deadline(pair: tuple[Channel, Channel]) -> None:
    """A request does not wait for ever for room in the socket."""
    trusted, _ = pair
    frame = wire.encode(np.zeros(10 << 20, np.uint8))  # before the clock is read: it takes its time
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded, match=r"does not read: no answer within 0\.1 s"):
        trusted.send(frame, started + 0.1)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("sent", [0, 1, 11, 12, 20, 28, 29, 30])
def test_peer_that_dies_amid_a_frame_is_dead(pair: tuple[Channel, Channel], sent: int) -> None:
    """Wherever the bytes end, the answer is PeerDied at once, not a deadline."""
    trusted, sandbox = pair
    raw = _frame(NIL, b"ab")
    assert sent < len(raw)
    sandbox.sock.sendall(raw[:sent])
    sandbox.close()
    with pytest.raises(PeerDied, match="the process has ended"):
        trusted.receive(time.monotonic() + 60)


def test_peer_that_is_gone_cannot_be_written_to(pair: tuple[Channel, Channel]) -> None:
    """Sending to a dead peer is PeerDied, without a signal."""
    trusted, sandbox = pair
    sandbox.close()
    with pytest.raises(PeerDied, match="connection lost"):
        trusted.send(wire.encode(1), time.monotonic() + 5)


def test_closed_channel_is_dead(pair: tuple[Channel, Channel]) -> None:
    """After close, wait does not look at a number that another file may have by now."""
    trusted, _ = pair
    trusted.close()
    assert trusted.wait(None)
    for act in (trusted.receive, lambda: trusted.send(wire.encode(1))):
        with pytest.raises(PeerDied):
            act()


def test_close_unmaps_the_arena(pair: tuple[Channel, Channel]) -> None:
    """A dead process's 256 MB do not wait for the garbage collector."""
    trusted, _ = pair
    arena = trusted.arena
    assert arena is not None
    trusted.close()
    trusted.close()
    assert arena.closed


def test_wait_tells_bytes_from_silence(pair: tuple[Channel, Channel]) -> None:
    """False at the deadline, True when a byte or the end of the peer is there."""
    trusted, sandbox = pair
    started = time.monotonic()
    assert not trusted.wait(started + 0.05)
    assert time.monotonic() - started >= 0.045
    sandbox.sock.send(b"x")
    assert trusted.wait(None)
    trusted.sock.recv(1)
    sandbox.close()
    assert trusted.wait(time.monotonic() + 60 * 60 * 24 * 365)


def _open_fds() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_fds_towards_the_trusted_end_are_dropped(pair: tuple[Channel, Channel]) -> None:
    """200 files attached to a frame leave nothing open, and the frame is read."""
    trusted, sandbox = pair
    null = os.open("/dev/null", os.O_RDONLY)
    before = _open_fds()
    socket.send_fds(sandbox.sock, [_frame(_packed("abc"))], [null] * 200)
    assert _decode(*trusted.receive(time.monotonic() + 5)) == "abc"
    assert _open_fds() == before
    assert trusted.received_fds == []
    os.close(null)


def test_fds_towards_the_sandbox_arrive_with_their_frame(pair: tuple[Channel, Channel]) -> None:
    """The snapshot gets the socket and the arena of its copy."""
    trusted, sandbox = pair
    read, write = os.pipe()
    trusted.send(wire.encode(["fork", np.zeros(50_000)]), time.monotonic() + 5, (write,))
    assert _decode(*sandbox.receive(time.monotonic() + 5))[0] == "fork"
    (received,) = sandbox.received_fds
    os.write(received, b"through")
    assert os.read(read, 99) == b"through"
    for fd in (read, write, received):
        os.close(fd)


def _resident_mb() -> float:
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def test_announced_bytes_cost_no_memory(pair: tuple[Channel, Channel]) -> None:
    """256 MB that are only announced are never touched."""
    trusted, sandbox = pair
    sandbox.sock.sendall(_placed((wire.MAX_BUFFER_BYTES, wire.INLINE)) + b"x")
    before = _resident_mb()
    with pytest.raises(DeadlineExceeded) as caught:
        trusted.receive(time.monotonic() + 0.05)
    assert caught.traceback  # holds the frames, and with them the buffer
    assert _resident_mb() - before < 20
