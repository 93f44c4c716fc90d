"""Many hand-ins at a time: what a worker that cannot start says."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.batch import EngineOptions, Job, grade_many, not_graded
from autograder.errors import AutograderError
from autograder.messages import OURS


@pytest.mark.parametrize("workers", [1, 2])
def test_engine_that_cannot_start_is_told_with_its_reason(tmp_path: Path, workers: int) -> None:
    """In this process or in a pool, once, and not as a class of lost workers."""
    jobs = [Job(name, tmp_path) for name in ("ada", "bob", "cy")]
    with pytest.raises(AutograderError, match=r"absent: not a bundle's folder"):
        list(grade_many(EngineOptions(tmp_path / "absent"), jobs, workers=workers))


def test_no_hand_ins_start_nothing(tmp_path: Path) -> None:
    """An engine that could not start is not missed."""
    assert list(grade_many(EngineOptions(tmp_path / "absent"), [])) == []


def test_lost_worker_is_a_result_without_a_score(mini: tuple[object, Path, object]) -> None:
    """For the student nothing is lost; staff read why."""
    result = not_graded(mini[1], "a worker was lost", attempt=2)
    assert not result.graded
    assert result.checks == ()
    assert result.notices == (OURS,)
    assert result.staff_notes == ("a worker was lost",)
    assert result.extra["attempt"] == 2
    assert [q.name for q in result.questions] == ["q1", "q2", "q3", "m1"]
