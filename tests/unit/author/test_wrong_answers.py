"""Wrong answers made from a right one."""

from __future__ import annotations

from typing import Any

import pytest

from autograder.author.dialects.wrong_answers import KINDS, wrong

CELL = (
    'def double(x):\n    """Twice.\n\nEven here."""\n    return 2 * x\n\n\nclass Shop:\n    def __init__(self):\n        self.n = 3\n\n'
    "    def sell(self, what):\n        return what * 2\n\n\nprice = 7\n%matplotlib inline"
)


def run(kind: str) -> dict[str, Any]:
    """Return what a wrong cell leaves."""
    names: dict[str, Any] = {}
    source = wrong(CELL, kind)
    assert source is not None
    try:
        exec(source, names)
    except RuntimeError:
        names["stopped"] = True
    return names


def test_wrong_answers_are_wrong_in_their_own_way() -> None:
    """Functions, methods and values; an object can still be made."""
    none = run("returns None")
    assert (none["double"](4), none["Shop"]().sell(4), none["price"]) == (None, None, None)
    same = run("returns its argument")
    assert (same["double"](4), same["Shop"]().sell(5), same["price"]) == (4, 5, 8)
    other = run("wrong type")
    assert {type(other["double"](4)), type(other["Shop"]().sell(4)), type(other["price"])} == {str}
    raising = run("raises")
    assert raising["stopped"]
    with pytest.raises(RuntimeError):
        raising["double"](4)
    assert not {"double", "Shop", "price"} & set(run("name missing"))
    given = [1, 2]
    assert run("changes its argument")["double"](given) == [1, 2, 1, 2]
    assert given == []


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_leaves_a_cell_without_an_answer(kind: str) -> None:
    """Such as one that only shows something, or is no Python."""
    assert wrong("print(3)", kind) is None
    assert wrong("def f(:", kind) is None
