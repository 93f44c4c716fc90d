"""The leaderboard cannot be climbed by chance, and shows no digit that the data does not support."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.leaderboard import MAX_RUNGS, Rung, climb, columns, from_json, to_json

R = "mean r"


def number(value: float, half: float | None = 0.02, name: str = R) -> dict[str, float | str]:
    """Return what a check records: a number, and an interval of plus and minus ``half``."""
    interval = {} if half is None else {"low": value - half, "high": value + half}
    return {"name": name, "value": value, **interval}


def test_number_is_shown_in_steps_of_at_least_its_standard_error() -> None:
    """Half of 0.04 is 1.96 standard errors of 0.0102: steps of 0.02."""
    (rung,) = climb([number(0.6234)])
    assert rung == Rung(name=R, value=0.62, step=0.02, margin=0.02)
    assert columns([rung]) == [
        {"name": R, "value": 0.62, "order": "desc"},
        {"name": f"{R}, 95 % interval", "value": "0.6 to 0.64"},
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.6234, 0.62), (0.0371, 0.037), (1234.0, 1200.0), (-0.1267, -0.13), (0.0, 0.0), (7, 7.0)],
)
def test_number_without_an_interval_shows_two_digits(value: float, shown: float) -> None:
    """And no column with an interval."""
    assert columns(climb([number(value, None)])) == [{"name": R, "value": shown, "order": "desc"}]


def test_improvement_within_a_step_is_none() -> None:
    """The number before is shown again; by more than a step it moves up."""
    first = climb([number(0.62)])
    for value in (0.63, 0.639, 0.5, 0.62):
        assert climb([number(value)], first) == first
    assert climb([number(0.6433)], first)[0].value == 0.64


def test_numbers_that_the_data_cannot_tell_apart_are_a_tie() -> None:
    """Two students at 0.612 and 0.628, each give or take 0.02, show the same number."""
    values = {climb([number(v)])[0].value for v in (0.612, 0.62, 0.628)}
    assert values == {0.62}


def test_number_that_is_not_recorded_stays() -> None:
    """A hand-in that lost its predictions loses no place; a new metric gets a column of its own."""
    first = climb([number(0.62)])
    assert climb([], first) == first
    assert [r.name for r in climb([number(0.3, name="AUC")], first)] == [R, "AUC"]


def test_numbers_of_other_checks_or_data_are_dropped() -> None:
    """They cannot be compared: the ladder starts anew."""
    first = climb([number(0.62)], bundle="a")
    assert climb([number(0.3)], first, bundle="a") == first
    assert [(r.value, r.bundle) for r in climb([number(0.3)], first, bundle="b")] == [(0.3, "b")]


def test_first_of_two_numbers_under_one_name_counts() -> None:
    """Else a check could be tried twice in one run."""
    assert [r.value for r in climb([number(0.3), number(0.9)])] == [0.3]


def test_probing_climbs_less_than_the_best_of_many() -> None:
    """Two hundred random guesses: the best of them looks far better than chance, the ladder does not."""
    rng = np.random.default_rng(20261123)
    truth = rng.standard_normal(400)
    half = 1.96 / np.sqrt(400)
    tried = [float(np.corrcoef(truth, rng.standard_normal(400))[0, 1]) for _ in range(200)]
    rungs: list[Rung] = []
    moves = 0
    for value in tried:
        after = climb([number(value, half)], rungs)
        moves += after != rungs
        rungs = after
    assert max(tried) > 0.12
    assert rungs[0].value <= max(tried) + rungs[0].step / 2
    assert moves <= 4  # what he learns from: the moments at which it moved


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-1e6, 1e6, allow_subnormal=False), st.floats(1e-6, 1e3)), min_size=1, max_size=12
    )
)
def test_ladder_never_falls_and_stays_near_the_best(drawn: list[tuple[float, float]]) -> None:
    """For any numbers; and what is kept for the next run comes back as it was."""
    rungs: list[Rung] = []
    for value, half in drawn:
        before, rungs = rungs, climb([number(value, half)], rungs)
        if before:
            assert rungs[0].value >= before[0].value
        assert rungs[0].value <= max(v for v, _ in drawn) + rungs[0].step
        assert from_json(json.loads(json.dumps(to_json(rungs)))) == rungs
        columns(rungs)


@pytest.mark.parametrize(
    "data",
    [
        None,
        "x",
        {"name": R},
        [1, None, []],
        [{"name": R}],
        [{"name": 3, "value": 1.0, "step": 0.1, "margin": 0.0}],
        [{"name": R, "value": float("nan"), "step": 0.1, "margin": 0.0}],
        [{"name": R, "value": 1.0, "step": 0.0, "margin": 0.0}],
        [{"name": R, "value": True, "step": 0.1, "margin": 0.0}],
    ],
)
def test_state_that_is_not_ours_is_left_out(data: object) -> None:
    """Whatever earlier results hold, the run goes on, from an empty ladder."""
    assert from_json(data) == []


def test_state_is_read_back_up_to_a_number_of_columns() -> None:
    """A file that grew by mistake does not grow for ever."""
    rungs = [Rung(name=str(i), value=0.5, step=0.1) for i in range(MAX_RUNGS + 5)]
    assert from_json(to_json(rungs)) == rungs[:MAX_RUNGS]


ENDS = [5e-324, 2.2e-308, 1e-300, 1e-13, 1e15, 1e300, 1.7e308]


@pytest.mark.parametrize("value", [*ENDS, *(-v for v in ENDS), 0.0])
@pytest.mark.parametrize("half", [None, 0.0, *ENDS])
def test_numbers_at_the_ends_of_a_floats_range_have_a_rung(value: float, half: float | None) -> None:
    """A step of 10 to the power of -325 is 0, and one number over it ended the grading of a class."""
    entry: dict[str, float | str] = {"name": R, "value": value}
    if half is not None:
        entry |= {"low": value - half, "high": value + half}
    rungs = climb([number(0.5, name="other"), entry])
    assert [r.name for r in rungs] == ["other", R]
    again = from_json(json.loads(json.dumps(to_json(rungs), allow_nan=False)))
    assert len(columns(climb([entry], again))) >= 2
    json.dumps(columns(rungs), allow_nan=False)


def test_rung_of_an_earlier_version_without_a_step_is_left_out() -> None:
    """What nothing can be divided by is not read back."""
    bad = {"name": R, "value": 5e-324, "step": 5e-324, "margin": 0.0, "bundle": ""}
    worse = {**bad, "name": "other", "value": 1.0}
    json.dumps(columns(from_json([bad, worse])), allow_nan=False)
