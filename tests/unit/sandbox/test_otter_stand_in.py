"""What a notebook of otter's finds as ``otter``: names are noted at each check, and nothing is judged."""

from __future__ import annotations

import random
import sys
from typing import Any

import numpy as np
import pytest

from autograder.sandbox.inside import otter_stand_in

CELL = """
import otter
grader = otter.Notebook("hw.ipynb", tests_dir="./tests")
x = 1
first = grader.check("q1")
x = 2
grader.check("q2"); grader.check(3)
grader.check_all(); grader.export(pdf=False); grader.to_pdf(); grader.run_plugin("a.B", 1)
from otter import Notebook
passed = bool(Notebook().check("q1").passed_all)
"""


@pytest.fixture(autouse=True)
def without_otter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put back what other tests imported."""
    monkeypatch.setitem(sys.modules, "otter", sys)


def test_checks_note_the_names_of_their_moment() -> None:
    """By question, whatever the notebook calls its grader; what is no name is passed over."""
    names: dict[str, Any] = {}
    noted: list[tuple[str, Any]] = []
    otter_stand_in.install(lambda question: noted.append((question, names.get("x"))))
    exec(CELL, names)
    assert noted == [("q1", 1), ("q2", 2), ("q1", 2)]
    assert names["passed"] is False
    assert repr(names["first"]) == "(judged when the notebook is graded)"


def test_what_otter_has_not_is_an_attribute_error() -> None:
    """A slip of the pen is found as with otter itself."""
    otter_stand_in.install(lambda _: None)
    with pytest.raises(AttributeError, match="chek"):
        sys.modules["otter"].Notebook().chek("q1")


def test_seed_is_set_as_otter_sets_it() -> None:
    """The global generators of NumPy and Python, or a name of the notebook in their place."""
    names: dict[str, Any] = {}
    otter_stand_in.seed(names, 42, "")
    drawn = float(np.random.rand())  # noqa: NPY002  the global generator is meant
    assert (round(drawn, 6), round(random.random(), 6)) == (0.37454, 0.639427)
    otter_stand_in.seed(names, 7, "rng_seed")
    assert names == {"rng_seed": 7}
