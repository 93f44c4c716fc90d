"""The records: what they refuse, how they sum, and that JSON brings them back."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.model import CellProblem, CheckResult, GradingResult, Outcome, Question

TEXT = st.text(max_size=20)


def check(
    score: float = 1.0, max_score: float = 1.0, question: str = "q1", name: str = "test_a"
) -> CheckResult:
    """Return a concluded check."""
    return CheckResult(
        question=question,
        name=name,
        title="A.",
        outcome=Outcome.PASSED,
        score=score,
        max_score=max_score,
        hidden=True,
    )


@st.composite
def results(draw: st.DrawFn) -> GradingResult:
    """Draw any result."""
    questions = draw(
        st.lists(
            st.builds(Question, name=TEXT, title=TEXT, points=st.floats(0, 100), manual=st.booleans()),
            max_size=4,
        )
    )
    checks = []
    for _ in range(draw(st.integers(0, 5))):
        most = draw(st.integers(0, 1000))
        checks.append(
            CheckResult(
                question=draw(TEXT),
                name=draw(TEXT),
                title=draw(TEXT),
                outcome=draw(st.sampled_from(Outcome)),
                score=draw(st.integers(0, most)) / 100,
                max_score=most / 100,
                hidden=draw(st.booleans()),
                reason=draw(TEXT),
                staff_note=draw(TEXT),
            )
        )
    return GradingResult(
        assignment=draw(TEXT),
        graded=draw(st.booleans()),
        questions=tuple(questions),
        checks=tuple(checks),
        problems=tuple(
            draw(
                st.lists(st.builds(CellProblem, cell=st.integers(0, 99), label=TEXT, reason=TEXT), max_size=3)
            )
        ),
        notices=tuple(draw(st.lists(TEXT, max_size=3))),
        staff_notes=tuple(draw(st.lists(TEXT, max_size=3))),
        extra=draw(st.dictionaries(TEXT, TEXT | st.integers(), max_size=3)),
    )


@given(results())
def test_result_survives_json(result: GradingResult) -> None:
    """Written and read again, also by way of text, it is equal."""
    assert GradingResult.from_json(json.loads(json.dumps(result.to_json()))) == result


@pytest.mark.parametrize("score", [-0.01, 1.26, math.nan, math.inf, -math.inf])
def test_check_refuses_a_score_outside_its_points(score: float) -> None:
    """With the check's name and the numbers."""
    with pytest.raises(ValueError, match=r"q1/test_a: score .* is not in 0\.\.1\.25 points"):
        check(score)


@pytest.mark.parametrize("most", [math.nan, -1.0])
def test_check_refuses_points_that_are_none(most: float) -> None:
    """No score lies in 0..NaN."""
    with pytest.raises(ValueError, match="is not in 0"):
        check(0.0, most)


def test_scores_are_hundredths() -> None:
    """Sums of shares such as 0.1 + 0.2 are what a person expects."""
    result = GradingResult(
        assignment="a",
        graded=True,
        questions=(
            Question(name="q1", title="", points=0.3),
            Question(name="q2", title="", points=1.1),
            Question(name="m1", title="", points=5, manual=True),
        ),
        checks=(check(0.1, 0.1), check(0.2, 0.2, name="test_b"), check(1.1, 1.1, "q2", "test_c")),
    )
    assert (result.score_of("q1"), result.score_of("q2"), result.score_of("m1")) == (0.3, 1.1, 0)
    assert (result.score, result.max_score) == (1.4, 1.4)


def test_records_cannot_be_changed() -> None:
    """A verdict stands once it is formed."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        check().score = 5.0  # type: ignore[misc]
