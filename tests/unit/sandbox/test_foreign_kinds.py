"""Objects that say themselves what they equal are told from those that do not."""

from __future__ import annotations

import collections
import datetime
import decimal
import pathlib
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest
import torch

from autograder.sandbox.inside import foreign_kinds


class Agrees:
    """Equals everything."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


class Subclass(np.ndarray):
    """An array with a word of its own."""

    def __array_ufunc__(self, *_: Any, **__: Any) -> Any:
        return True


class Plain(torch.nn.Module):
    """What a course's notebook defines."""

    def __len__(self) -> int:
        return 3


Pretends = type("float64", (), {"__eq__": lambda _, __: True, "__module__": "numpy", "__hash__": None})

THEMSELVES = [
    Agrees(),
    Subclass((2,)),
    Pretends(),
    mock.ANY,
    mock.MagicMock(),
    pytest.approx(3),
    pd.array([1.0, None], dtype="Float64"),
    pd.Series([1, None], dtype="Int64"),
    pd.Index([1, None], dtype="Int64"),
    pd.DataFrame({"a": pd.array([None], dtype="boolean")}),
    np.ma.masked_all(3),
    [1, {"a": (Agrees(),)}],
    np.array([Agrees(), 1], dtype=object),
]
HONEST = [
    *(1, 2.5, "a", b"a", None, True, 1j, [1, (2, {3})], {"a": 1}, range(3), (n for n in "a"), len, np, Plain),
    *(np.float32(1), np.zeros(3), np.array(["a", None], dtype=object), torch.zeros(2), torch.nn.Linear(1, 1)),
    *(torch.Size([1]), torch.float32, torch.device("cpu"), torch.zeros(2).max(0), Plain()),
    *(pd.DataFrame({"a": [1.0, None]}), pd.Series(["a", "b"]), pd.Series(["a"], dtype="category"), pd.NaT),
    *(
        pd.Index([1]),
        pd.date_range("2020", periods=2),
        pd.Timestamp("2020"),
        pd.Series([1, 2], dtype="Int64"),
    ),
    *(collections.Counter("a"), collections.namedtuple("P", "x")(1), decimal.Decimal(1), pathlib.Path("a")),
    *(datetime.date(2020, 1, 1), collections.deque([1])),
]


@pytest.mark.parametrize("value", THEMSELVES, ids=lambda v: type(v).__name__)
def test_object_that_judges_itself_is_found(value: Any) -> None:
    """Wherever its class comes from, however deep it lies."""
    kinds = foreign_kinds.Kinds()
    assert kinds.seen(value) is value
    assert len(kinds.found) == 1


@pytest.mark.parametrize("value", HONEST, ids=lambda v: type(v).__name__)
def test_value_of_a_course_is_none(value: Any) -> None:
    """What honest answers are made of."""
    kinds = foreign_kinds.Kinds()
    kinds.seen(value)
    assert not kinds.found


def test_watched_code_runs_as_before() -> None:
    """Patterns, classes and a silenced last value are as they were; a call's value is seen."""
    code = "class A(Base):\n    x = f(1)\nmatch A():\n    case Base():\n        y = f(2)\nf(3);"
    made = foreign_kinds.watched(code, ["f", "Base"])
    assert made.endswith(";")
    seen: list[object] = []

    def note(value: object) -> object:
        seen.append(value)
        return value

    names: dict[str, Any] = {"Base": type("Base", (), {}), "f": lambda x: 10 * x, foreign_kinds.NAME: note}
    exec(made, names)
    assert (names["A"].x, names["y"]) == (10, 20)
    assert [value for value in seen if type(value) is int] == [10, 20, 30]
    assert foreign_kinds.watched("x = (", ["x"]) == "x = ("
