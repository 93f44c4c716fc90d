"""Values that tests of other tools work with arrive as what they are."""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import pathlib
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from autograder.errors import WireError
from autograder.sandbox import values, wire
from autograder.sandbox.values import KIND, Codec, TooLarge
from tests.foreign_course import across

Point = collections.namedtuple("Point", "x y")


class _Codec(Codec):
    def special(self, kind: str, tree: dict[str, Any]) -> Any:
        return values.rebuild_tensor(tree) if kind == "tensor" else super().special(kind, tree)


def there_and_back(value: Any) -> Any:
    """Return what the other side makes of a value."""
    return _Codec().rebuild(across(_Codec().describe(value)))


@pytest.mark.parametrize(
    "value",
    [
        *(
            None,
            True,
            3,
            -(2**63),
            2**64,
            -(10**40),
            2.5,
            "text",
            "ä\N{GREEK SMALL LETTER PI}",
            b"bytes",
            1 + 2j,
        ),
        *([1, "a", None], (1, (2,)), {"a": 1, 2: [3], (1, 2): None}, {1, 2}, frozenset({"a"}), [], {}, set()),
        *(
            list(range(1000)),
            tuple([0.5] * 1000),
            [True] * 300,
            [2**70] * 300,
            range(2, 9, 3),
            slice(1, None, 2),
        ),
        *(
            datetime.date(2024, 2, 29),
            datetime.datetime(2024, 2, 29, 1, 2, 3, 4),
            datetime.timedelta(1, 2, 3),
        ),
        *(datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC), datetime.time(1, 2)),
        *(decimal.Decimal("1.10"), fractions.Fraction(1, 3), pathlib.Path("a/b"), ..., bytearray(b"x")),
        *(
            collections.OrderedDict(a=1),
            collections.Counter("aab"),
            collections.deque([1, 2], 5),
            Point(1, 2),
        ),
        *(
            np.float64(2.0),
            np.int8(-3),
            np.bool_(True),
            np.datetime64("2024-02-29"),
            np.str_("a"),
            np.dtype("int8"),
        ),
        *(int, np.float64, dict, ValueError, torch.Size([2, 3]), torch.float32, torch.device("cpu")),
        *(
            pd.Timestamp("2024-01-02 03:04"),
            pd.Timestamp("2024-01-02", tz="Europe/Vienna"),
            pd.Timedelta("1h"),
        ),
    ],
    ids=repr,
)
def test_value_arrives_equal_and_of_its_type(value: Any) -> None:
    """An equal value of the same class; a named tuple of a like class."""
    found = there_and_back(value)
    assert found == value
    if not isinstance(value, Point):
        assert type(found) is type(value)
    assert repr(found) == repr(value)


@pytest.mark.parametrize(
    "array",
    [
        *(
            np.arange(6).reshape(2, 3),
            np.zeros((0, 3)),
            np.array(5.0),
            np.array([1, 2], ">i4"),
            np.eye(2)[:, ::-1],
        ),
        *(np.array(["a", "bcd"]), np.array([b"x"]), np.array([None, 1, "a"], object), np.array([1 + 2j])),
        *(np.array(["2024-01-01", "NaT"], "datetime64[D]"), np.array([1, 2], "timedelta64[ms]")),
        *(np.array([[True], [False]]), np.array([np.nan, np.inf]), np.array([], "U3")),
    ],
    ids=lambda a: f"{a.dtype}{a.shape}",
)
def test_array_arrives_as_it_is(array: np.ndarray) -> None:
    """Shape, kind of dtype and values."""
    found = there_and_back(array)
    assert type(found) is np.ndarray
    assert found.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.bool, torch.complex64]
)
def test_tensor_arrives_as_a_tensor(dtype: torch.dtype) -> None:
    """With its dtype and shape, a scalar and an empty one too."""
    for shape in ((2, 3), (), (0, 2)):
        value = torch.ones(shape).to(dtype)
        found = there_and_back(value)
        assert type(found) is torch.Tensor
        assert found.dtype == dtype
        assert found.shape == value.shape
        assert torch.equal(found, value)


FRAMES = {
    "plain": lambda: pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": [0.5, np.nan], "d": [True, False]}),
    "objects": lambda: pd.DataFrame({"a": pd.Series([1, "x", None], dtype=object)}),
    "dates": lambda: pd.DataFrame({"d": pd.to_datetime(["2024-01-01", None])}, index=["r", "s"]),
    "zoned": lambda: pd.DataFrame({"d": pd.date_range("2024-01-01", periods=2, tz="UTC")}),
    "categories": lambda: pd.DataFrame({"c": pd.Categorical(["a", "b", None], ["b", "a"], ordered=True)}),
    "nullable": lambda: pd.DataFrame(
        {"i": pd.array([1, None], "Int64"), "b": pd.array([True, None], "boolean")}
    ),
    "two columns of one name": lambda: pd.DataFrame([[1, 2]], columns=["a", "a"]),
    "levels": lambda: pd.DataFrame(
        {"v": [1, 2]}, index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["x", "y"])
    ),
    "grouped": lambda: pd.DataFrame({"k": ["a", "a", "b"], "v": [1, 2, 3]}).groupby("k").agg(["sum", "mean"]),
    "empty": lambda: pd.DataFrame({"a": []}),
    "nothing": pd.DataFrame,
    "named axes": lambda: pd.DataFrame({"a": [1]}).rename_axis("i").rename_axis("c", axis=1),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frame_arrives_as_it_is(name: str) -> None:
    """By pandas' own comparison, which looks at dtypes, index and names."""
    frame = FRAMES[name]()
    pd.testing.assert_frame_equal(there_and_back(frame), frame, check_freq=False)


def test_series_and_indexes_arrive_as_they_are() -> None:
    """A column alone, and each kind of index."""
    series = pd.Series([1.5, 2.5], index=["a", "b"], name="s")
    pd.testing.assert_series_equal(there_and_back(series), series)
    for index in (
        *(
            pd.RangeIndex(2, 8, 2),
            pd.Index(["a", "b"], name="n"),
            pd.Index([1, 2]),
            pd.CategoricalIndex(["a", "b"]),
        ),
        *(pd.date_range("2024-01-01", periods=3), pd.MultiIndex.from_product([[1, 2], ["a"]])),
    ):
        pd.testing.assert_index_equal(there_and_back(index), index)
    assert there_and_back(pd.NaT) is pd.NaT
    assert there_and_back(pd.NA) is pd.NA


def test_image_arrives_by_its_bytes() -> None:
    """Mode, size and pixels."""
    for mode in ("L", "RGB", "RGBA", "1"):
        image = Image.new(mode, (3, 2), 1 if mode in "L1" else (1, 2, 3, 4)[: len(mode)])
        found = there_and_back(image)
        assert (found.mode, found.size, found.tobytes()) == (image.mode, image.size, image.tobytes())


def test_what_is_too_large_is_not_described() -> None:
    """It stays where it is."""
    deep: list[Any] = []
    for _ in range(40):
        deep = [deep]
    for value in ([[1]] * 30_000, deep, [object] * 200_000, {str(n): {} for n in range(9000)}):
        with pytest.raises((TooLarge, ValueError)):
            wire.encode(_Codec().describe(value))


@pytest.mark.parametrize(
    "tree",
    [
        *({}, {KIND: 3}, {KIND: "no such kind"}, {KIND: "int", "v": "g"}, {KIND: "int", "v": "f" * 100_000}),
        *({KIND: "int"}, {KIND: "dict", "k": [1], "v": []}, {KIND: "dict", "k": [[1]], "v": [1]}),
        *(
            {KIND: "set", "v": [[1]]},
            {KIND: "complex", "v": ["a", 1]},
            {KIND: "class", "m": "os", "v": "system"},
        ),
        *({KIND: "class", "m": "no.such", "v": "x"}, {KIND: "class", "m": "builtins", "v": "__dict__"}),
        *(
            {KIND: "named", "n": "x; import os", "f": [], "v": []},
            {KIND: "named", "n": "A", "f": ["_x"], "v": [1]},
        ),
        *(
            {KIND: "named", "n": "A", "f": ["class"], "v": [1]},
            {KIND: "texts", "v": [1], "d": "U3", "s": [1]},
        ),
        *(
            {KIND: "texts", "v": ["a"], "d": "U999999999", "s": [1]},
            {KIND: "texts", "v": ["a"], "d": "O", "s": [1]},
        ),
        *({KIND: "dates", "v": np.zeros(1), "d": "datetime64[D]", "s": [1]}, {KIND: "range", "v": [1, 2, 0]}),
        *({KIND: "objects", "v": [1], "s": [1 << 50, 0]}, {KIND: "fraction", "v": "1", "d": "0"}),
        *(
            {KIND: "frame", "c": {}, "i": {}, "v": []},
            {KIND: "image", "m": "RGB", "s": [1 << 20, 1 << 20], "v": b""},
        ),
        *(
            {KIND: "image", "m": "RGB", "s": [-1, -1], "v": b""},
            {KIND: "made", "f": None},
            {KIND: "library", "m": "os"},
        ),
        *({KIND: "tensor", "v": np.zeros(3), "s": [2], "d": "float32"}, {KIND: "datetime", "v": "x" * 99}),
        *(
            {KIND: "index", "v": [], "n": []},
            {KIND: "scalar", "v": np.zeros(0)},
            {KIND: "npdtype", "v": "O,V999"},
        ),
    ],
    ids=lambda tree: str(tree)[:60],
)
def test_odd_tree_is_refused(tree: Any) -> None:
    """Whatever the other side sends: one kind of error, nothing called and nothing imported."""
    with pytest.raises((WireError, ValueError)):
        there_and_back_of_tree(tree)


def there_and_back_of_tree(tree: Any) -> Any:
    """Return what is made of a tree."""
    found = _Codec().rebuild(tree)
    if isinstance(found, np.dtype):
        raise ValueError("a dtype is harmless")
    return found
