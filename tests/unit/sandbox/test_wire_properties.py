"""What holds for every tree and for every frame, and that the fuzzer would notice if it did not."""

from __future__ import annotations

import importlib.util
import math
import mmap
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import msgpack
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.errors import PeerDied
from autograder.sandbox import channel, wire
from autograder.sandbox.wire import Array, HandleId, Refusal

if TYPE_CHECKING:
    from types import ModuleType

FUZZ = Path(__file__).parents[2] / "fuzz" / "fuzz_wire.py"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz_wire", FUZZ)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz_wire"] = module
    spec.loader.exec_module(module)
    return module


fuzz = _load()
OUTCOMES = {"value", "peer died", *Refusal}
wired = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def arrays(draw: st.DrawFn) -> Array:
    """Draw an array of any dtype and small shape, with any bytes."""
    name = draw(st.sampled_from(list(wire.DTYPES)))
    shape = draw(st.lists(st.integers(0, 3), max_size=4))
    size = math.prod(shape) * wire.DTYPES[name].itemsize
    data = draw(st.binary(min_size=size, max_size=size))
    if name == "bool":
        data = bytes(byte & 1 for byte in data)
    value = np.frombuffer(bytearray(data), wire.DTYPES[name]) if data else np.empty(0, wire.DTYPES[name])
    return Array(draw(st.sampled_from("nt")), value.reshape(shape))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 63), (1 << 64) - 1),
    st.floats(),
    texts,
    st.binary(max_size=50),
    arrays(),
    st.builds(HandleId, st.integers(1, (1 << 62) - 1), texts, texts),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=12),
        st.lists(inner, max_size=5).map(tuple),
        st.dictionaries(texts, inner, max_size=5),
    ),
    max_leaves=30,
)


def _frame(value: object, arena: mmap.mmap | None = None) -> bytes:
    return b"".join(bytes(chunk) for chunk in wire.encode(value, None, arena))


@pytest.fixture(scope="module")
def arena_fd() -> Any:
    """Return the file behind the arena of the module's source."""
    return []


@pytest.fixture(scope="module")
def source(arena_fd: list[int]) -> Any:
    """Return a trusted end that reads strings."""
    arena, fd = channel.make_arena(1 << 20)
    arena_fd.append(fd)
    made = fuzz.Source(arena)
    yield made
    made.close()
    os.close(fd)


def _read(raw: bytes, source: Any) -> Any:
    source.feed(raw)
    tree, buffers = source.receive(None)
    value = wire.decode(tree, buffers, Array, lambda handle: handle)
    assert source.position == len(raw)
    return value


@wired
@given(trees)
def test_tree_of_the_closed_list_arrives_equal(source: Any, value: Any) -> None:
    """Same types, same order of keys, same bits of floats and arrays; and nothing that is not on the list."""
    found = _read(_frame(value), source)
    assert fuzz.same(found, value)
    fuzz.check_value(found)


@wired
@given(trees)
def test_tree_arrives_equal_through_the_arena(source: Any, arena_fd: list[int], value: Any) -> None:
    """Where the bytes of an array lie makes no difference."""
    writable = mmap.mmap(arena_fd[0], 1 << 20)
    with mock.patch.object(wire, "ARENA_THRESHOLD_BYTES", 1):
        raw = _frame(value, writable)
    writable.close()
    assert fuzz.same(_read(raw, source), value)


@wired
@given(trees, st.integers(1, 7))
def test_tree_arrives_equal_in_any_pieces(source: Any, value: Any, most: int) -> None:
    """However few bytes each read gives, the frame is the same."""
    read = source._read_into
    with mock.patch.object(source, "_read_into", lambda view: read(view[:most])):
        assert fuzz.same(_read(_frame(value), source), value)


@wired
@given(trees, st.data())
def test_frame_that_ends_early_is_a_dead_peer(source: Any, value: Any, data: st.DataObject) -> None:
    """No part of a frame is taken for a whole one."""
    raw = _frame(value)
    source.feed(raw[: data.draw(st.integers(0, len(raw) - 1))])
    with pytest.raises(PeerDied):
        source.receive(None)


edits = st.tuples(
    st.floats(0, 1, exclude_max=True), st.sampled_from(["set", "insert", "delete"]), st.binary(max_size=9)
)


@wired
@given(trees, st.lists(edits, min_size=1, max_size=5), st.booleans())
def test_mutated_frame_is_a_value_or_a_refusal(
    source: Any, value: Any, changes: list[Any], mend: bool
) -> None:
    """Whatever bytes of a frame change, it ends in a value of the closed list or in a listed refusal."""
    raw = bytearray(_frame(value))
    for where, kind, new in changes:
        i = int(where * len(raw))
        raw[i : i if kind == "insert" else i + len(new)] = b"" if kind == "delete" else new
    if mend and len(raw) > wire.HEADER.size:
        _, _, n_buffers = wire.HEADER.unpack_from(raw)
        rest = max(0, len(raw) - wire.HEADER.size - n_buffers * wire.BUFFER.size)
        raw[: wire.HEADER.size] = wire.HEADER.pack(wire.MAGIC, rest, n_buffers)
    assert fuzz.judge(bytes(raw), source) in OUTCOMES


@wired
@given(st.binary(max_size=200), st.lists(st.binary(max_size=20), max_size=3))
def test_any_bytes_as_a_tree_are_a_value_or_a_refusal(source: Any, tree: bytes, buffers: list[bytes]) -> None:
    """The tree may be any bytes, the buffers any."""
    table = b"".join(wire.BUFFER.pack(len(b), wire.INLINE) for b in buffers)
    raw = wire.HEADER.pack(wire.MAGIC, len(tree), len(buffers)) + table + tree + b"".join(buffers)
    assert fuzz.judge(raw, source) in OUTCOMES


def _extension(value: tuple[int, object]) -> msgpack.ExtType:
    return msgpack.ExtType(value[0], msgpack.packb(value[1], strict_types=False))


numbers = st.integers(-(1 << 63), (1 << 64) - 1) | st.integers(-2, 20)
spec = st.lists(
    numbers
    | st.sampled_from(["n", "t", "b", *wire.DTYPES, ">i4", "object"])
    | st.lists(numbers, max_size=18),
    max_size=5,
)
packable = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        numbers,
        st.floats(),
        texts,
        st.binary(max_size=5),
        st.builds(msgpack.Timestamp, st.integers(0, 1 << 32), st.integers(0, 10**9 - 1)),
        st.just(msgpack.ExtType(3, b"")),
        st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=20)),
        st.tuples(st.sampled_from([1, 1, 2]), spec).map(_extension),
    ),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(texts | numbers, inner, max_size=4),
    max_leaves=20,
)


@wired
@given(packable, st.lists(st.binary(max_size=8), max_size=3))
def test_any_msgpack_is_a_value_or_a_refusal(source: Any, value: object, buffers: list[bytes]) -> None:
    """Well-formed msgpack that says anything at all is judged by the rules of the wire."""
    tree = msgpack.packb(value)
    table = b"".join(wire.BUFFER.pack(len(b), wire.INLINE) for b in buffers)
    raw = wire.HEADER.pack(wire.MAGIC, len(tree), len(buffers)) + table + tree + b"".join(buffers)
    assert fuzz.judge(raw, source) in OUTCOMES


# -- the fuzzer ----------------------------------------------------------------------------------


def _run_fuzz(folder: Path, *options: str, planted: str = "") -> subprocess.CompletedProcess[str]:
    code = f"import os, sys, time, fuzz_wire\nwire = fuzz_wire.wire\n{planted}\nsys.exit(fuzz_wire.main())"
    return subprocess.run(
        [sys.executable, "-c", code, *options, "--save", str(folder)],
        env={**os.environ, "PYTHONPATH": str(FUZZ.parent)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_fuzzer_finds_nothing_in_five_seconds(tmp_path: Path) -> None:
    """A short run with two seeds: no escape, no hang, no growth."""
    done = _run_fuzz(tmp_path, "--seconds", "5", "--seed", "1", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "0 findings"
    assert int(done.stdout.split()[0]) > 1000


WRAPPED = """
real = wire.decode
def decode(tree, *rest):
    if len(tree) > 50:
        {fault}
    return real(tree, *rest)
wire.decode = decode
"""


@pytest.mark.parametrize(
    ("planted", "finding"),
    [
        (WRAPPED.format(fault="raise KeyError('planted')"), "KeyError: 'planted'"),
        (WRAPPED.format(fault="return real(tree, *rest), 0"), "a value that changes on its way"),
        (WRAPPED.format(fault="raise wire.WireError('planted')"), "a refusal that is not listed"),
        (WRAPPED.format(fault="os.abort()"), "the process crashed with exit code -6"),
        (WRAPPED.format(fault="while True: pass") + "fuzz_wire.HANG_S = 1", "no end after 1 s"),
        (WRAPPED.format(fault="return eval('[' * 33 + ']' * 33)"), "a cap is exceeded"),
        ("wire._PLAIN |= {fuzz_wire.msgpack.Timestamp}", "a value of type Timestamp"),
        (WRAPPED.format(fault="hoard.append(os.urandom(1 << 22))") + "hoard = []", "memory grew by"),
    ],
    ids=["exception", "changed", "unlisted", "crash", "hang", "cap", "type", "memory"],
)
def test_fuzzer_finds_a_planted_fault(tmp_path: Path, planted: str, finding: str) -> None:
    """Each kind of fault that the fuzzer looks for is found, and the frame is kept."""
    done = _run_fuzz(tmp_path, "--seconds", "60", "--seed", "1", planted=planted)
    assert re.search(finding, done.stdout), done.stdout + done.stderr
    assert done.returncode == 1
    assert list(tmp_path.glob("finding-1-*.bin"))
