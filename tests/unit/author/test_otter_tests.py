"""Visible checks as otter's test files: what ``check`` heeds when it runs one goes with them."""

from __future__ import annotations

from autograder.author import otter_tests

CELL = '''# check: q2
def right(x):
    return x


@points(1)
@pays_once("q1", "f", right, [([1.0],), ([1.0, 2.0],)])
@pays_once("q1", "g", right)
def test_a(h):
    """A."""


@points(1)
def test_b(h):
    """B."""
'''


def test_checks_keep_their_earlier_answers() -> None:
    """``pays_once`` is taken from the notebook's first cell, in the order in which Python applies it."""
    assert otter_tests._marks(CELL) == {
        "right": [],
        "test_a": [
            "lambda pays_once: pays_once('q1', 'g', right)",
            "lambda pays_once: pays_once('q1', 'f', right, [([1.0],), ([1.0, 2.0],)])",
        ],
        "test_b": [],
    }
