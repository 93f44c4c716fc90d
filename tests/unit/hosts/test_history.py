"""Earlier hand-ins as Gradescope tells of them: what counts, and against which clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from autograder import leaderboard
from autograder.hosts import history

CREATED = "2026-05-02T12:00:00-05:00"
DIGEST = "ab" * 32


def at(time: str, **more: Any) -> dict[str, Any]:
    """Return an earlier hand-in of May 2026, by day and hour."""
    return {"submission_time": f"2026-05-{time}:00-05:00", "score": "5.0", "autograder_error": False, **more}


def results(*evaluations: str, **extra: Any) -> dict[str, Any]:
    """Return a results.json that tells of these evaluations."""
    times = [f"2026-05-{time}:00-05:00" for time in evaluations]
    return {"score": 5.0, "extra_data": {"bundle_digest": DIGEST, "evaluations": times, **extra}}


def read(*previous: Any, created: object = CREATED) -> history.History:
    """Return the history of a hand-in after these."""
    metadata = {"created_at": created, "previous_submissions": list(previous)}
    return history.read(metadata, run_s=600)


def hours(found: history.History) -> list[str]:
    """Return the evaluations as day and hour."""
    return [time.strftime("%dT%H:%M") for time in found.evaluations]


def test_latest_result_tells_which_runs_were_graded() -> None:
    """A hand-in with a score may have shown another's; a day ends to the second."""
    before = (
        at("01T13:00"),
        at("02T10:00"),
        at("02T11:00", results=results("01T11:59", "01T12:01", "02T10:00")),
    )
    assert hours(read(*before)) == ["01T12:01", "02T10:00"]


def test_without_its_word_whatever_has_a_score_was_graded() -> None:
    """In results of an older version, or while there are none yet; a failed run and one without a score are none."""
    before = (
        at("02T08:00"),
        at("02T09:00", score=None),
        at("02T10:00", autograder_error=True),
        at("02T11:00"),
    )
    told = {"score": 5.0, "tests": []}
    assert hours(read(*before[:3], at("02T11:00", results=told))) == ["02T08:00", "02T11:00"]
    assert hours(read(*before, at("02T11:55", score=None))) == ["02T08:00", "02T11:00"]


def test_results_that_are_lost_count_nothing() -> None:
    """Else a regrade of a graded hand-in could be refused, for scores that were only carried over."""
    assert hours(read(at("02T08:00"), at("02T11:00"))) == []
    assert hours(read(at("02T08:00"), at("02T11:00", autograder_error=True))) == []


def test_times_count_from_this_hand_in_whatever_the_zone() -> None:
    """Later hand-ins, which a regrade sees, are none before it."""
    later = at("02T13:00", results=results("02T12:00", "02T13:00"))
    east = {"submission_time": "2026-05-02T17:00:00+01:00", "score": 1, "results": {"score": 1}}
    found = read(later, east)
    assert [t.hour for t in found.evaluations] == [17]
    assert found.opens(1) == datetime.fromisoformat("2026-05-03T17:00:00+01:00")


def test_next_evaluation_opens_when_the_oldest_that_counts_is_a_day_old() -> None:
    """With more than the limit (it was lowered), it is not the first but the last of them but one."""
    found = read(at("02T11:00", results=results("01T13:00", "02T10:00", "02T11:00")))
    opens = {limit: found.opens(limit) for limit in (0, 1, 2, 3, 4)}
    assert [t and t.strftime("%dT%H:%M") for t in opens.values()] == [
        None,
        "03T11:00",
        "03T10:00",
        "02T13:00",
        None,
    ]


def test_hand_ins_at_once_are_not_all_run() -> None:
    """One that may still be graded counts until its score is there; if it never gets one, it does not."""
    pending = at("02T11:59", score=None)
    assert read(pending).opens(1) is not None
    assert read(at("02T11:49", score=None)).opens(1) is None  # older than a run can be
    assert read(at("02T11:59", score=None, autograder_error=True)).opens(1) is None
    assert read(at("02T11:59", score=None, results={"extra_data": {"evaluations": []}})).opens(1) is None
    # It ended after the one that ran beside it, which could not tell of it.
    beside = at("02T11:59", results=results("02T11:59", under_way=["2026-05-02T11:58:00-05:00"]))
    assert hours(read(at("02T11:58"), beside)) == ["02T11:58", "02T11:59"]
    assert hours(read(at("02T11:58", score=None), beside)) == ["02T11:59"]


def test_what_is_handed_on_is_what_the_next_run_reads() -> None:
    """A graded run adds itself, another does not; both keep the others."""
    found = read(at("02T10:00", results=results("02T10:00")), at("02T11:55", score=None))
    for evaluated, times in ((True, ["02T10:00", "02T12:00"]), (False, ["02T10:00"])):
        told = {"score": 1.0, "extra_data": found.hand_on(evaluated=evaluated)}
        following = read(
            at("02T11:55", score=None), at("02T12:00", results=told), created="2026-05-02T12:30:00-05:00"
        )
        assert hours(following) == times


def test_result_without_evaluations_says_so() -> None:
    """The next run would take carried-over scores for evaluations, were the list left out."""
    told = read(at("01T11:00")).hand_on(evaluated=False)
    assert told == {"evaluations": []}
    carried = (at("01T20:00"), at("02T11:00", score=None, results={"extra_data": told}))
    assert hours(read(*carried)) == []


def test_place_on_the_leaderboard_is_that_of_the_latest_result() -> None:
    """With the bundle that it was reached with."""
    rungs = [leaderboard.Rung(name="r", value=0.6, step=0.02, bundle=DIGEST)]
    ladder = leaderboard.to_json(rungs)
    assert read(at("02T11:00", results=results(ladder=ladder))).ladder == tuple(rungs)
    assert (
        read(at("02T10:00", results=results(ladder=ladder)), at("02T11:00", results=results())).ladder == ()
    )


@pytest.mark.parametrize("created", [None, 3, "yesterday", "2026-05-02T12:00:00"])
def test_hand_in_without_a_time_has_no_history(created: object) -> None:
    """A time without an offset is none: nothing can be counted from it."""
    found = read(at("02T11:00", results=results("02T11:00")), created=created)
    assert found == history.History()
    assert found.hand_on(evaluated=True) == {}


@pytest.mark.parametrize(
    "previous",
    [
        [3, None, "x", []],
        [{}],
        [{"submission_time": "x"}],
        [at("02T11:00", results=[])],
        [at("02T11:00", results={"extra_data": 3})],
        [at("02T11:00", results={"extra_data": {"evaluations": {"a": 1}, "under_way": 3, "ladder": 4}})],
        [at("02T11:00", results={"extra_data": {"evaluations": [None, 3, "x"]}})],
    ],
)
def test_history_that_cannot_be_read_stops_nothing(previous: list[Any]) -> None:
    """The metadata's format may change at any time, says Gradescope."""
    assert read(*previous).ladder == ()


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_time_at_the_end_of_all_times_is_none(year: str) -> None:
    """A day before it would be no time, and end the run."""
    odd = f"{year}-01-01T00:00:00+00:00"
    assert history.read({"created_at": odd}, run_s=600.0) == history.History()
    metadata = {
        "created_at": "2026-01-01T00:00:00+00:00",
        "previous_submissions": [{"submission_time": odd, "score": 1}],
    }
    assert history.read(metadata, run_s=600.0).evaluations == ()
