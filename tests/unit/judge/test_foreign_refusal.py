"""A test outside that stops at an operator which the solution's objects were not asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autograder.checks import take_notes
from autograder.foreign import ForeignTest, Place
from autograder.judge.foreign_check import Ended, Ending, ForeignTests


@pytest.mark.parametrize(
    ("words", "inside", "share"),
    [
        (("neg",), 1.0, None),  # an honest object of another class: a person decides
        (("neg",), 0.0, 0.0),  # wrong in the notebook's own process, too
        (("eq",), 1.0, 0.0),  # it says itself what it is equal to
        (("add",), 1.0, 0.0),  # the solution's were asked for that: so it is the answer that is wrong
        ((), 1.0, 0.0),
    ],
)
def test_operator_that_was_not_proven_waits_for_a_person(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    inside: float,
    share: float | None,
) -> None:
    """It earns nothing by itself, and is no zero if the test passes in the notebook's own process."""
    test = ForeignTest(question="q", name="test_q", place=Place.OUTSIDE, words=("add",))
    tests = ForeignTests(tmp_path)
    tests.foreign, tests.by_name = object(), {("q", "test_q"): test}  # type: ignore[assignment]
    endings = {Place.OUTSIDE: Ending(0.0, "odd", words=words), Place.INSIDE: Ending(inside)}
    monkeypatch.setattr(ForeignTests, "_run", lambda self, attempt, test, place, *_: endings[place])
    attempt: Any = type("Attempt", (), {"foreign_both": False})()
    take_notes()
    with pytest.raises(Ended) as ended:
        tests.conclude(attempt, "q", "test_q", points=2.0, hidden=True, limit_s=1.0)
    assert ended.value.share == share
    assert [kind for kind, _ in take_notes()] == (["flag"] if share is None else [])
