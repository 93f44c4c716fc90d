"""The class's statistics, against SciPy and pandas where they have the same."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from autograder.classroom import statistics as ours

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)


@settings(deadline=None, max_examples=60)
@given(NUMBERS)
def test_summary_is_that_of_pandas(values: list[float]) -> None:
    """Mean, median, quartiles and ends are those of ``describe``."""
    found, wanted = ours.summary(values), pd.Series(values).describe()
    assert found is not None
    assert found.count == len(values)
    named = {
        "mean": found.mean,
        "50%": found.median,
        "25%": found.lower_quartile,
        "75%": found.upper_quartile,
        "min": found.lowest,
        "max": found.highest,
    }
    for name, value in named.items():
        assert value == pytest.approx(wanted[name], rel=1e-9, abs=1e-6)


def test_summary_of_nothing_is_nothing() -> None:
    """No hand-in, and numbers that are none, have no mean."""
    assert ours.summary([]) is None
    assert ours.summary([float("nan"), float("inf")]) is None
    assert ours.summary([3.0]) == ours.Summary(
        count=1, mean=3, median=3, lower_quartile=3, upper_quartile=3, lowest=3, highest=3
    )


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 100)), min_size=2, max_size=80))
def test_point_biserial_is_that_of_scipy(rows: list[tuple[bool, int]]) -> None:
    """The correlation of passed and share; none where all pass, all fail, or all have the same share."""
    passed, rest = [p for p, _ in rows], [r / 100 for _, r in rows]
    found = ours.point_biserial(passed, rest)
    if len(set(passed)) == 1 or len(set(rest)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(stats.pointbiserialr(passed, rest).statistic, abs=1e-9)


def test_correlation_interval_is_that_of_scipy() -> None:
    """Fisher's z."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=40)
    y = x + rng.normal(size=40)
    wanted = stats.pearsonr(x, y)
    found = ours.correlation_interval(ours.pearson(list(x), list(y)), 40)
    assert found == pytest.approx(tuple(wanted.confidence_interval(0.95)), abs=1e-6)
    assert ours.correlation_interval(0.5, 3) is None
    assert ours.correlation_interval(None, 30) is None
    low, high = ours.correlation_interval(1.0, 10) or (0, 0)
    assert 0.99 < low <= high <= 1


@pytest.mark.parametrize(("some", "of"), [(0, 5), (5, 5), (3, 17), (1, 300)])
def test_share_interval_is_that_of_scipy(some: int, of: int) -> None:
    """Wilson's."""
    wanted = stats.binomtest(some, of).proportion_ci(0.95, method="wilson")
    assert ours.share_interval(some, of) == pytest.approx((wanted.low, wanted.high), abs=1e-6)
    assert ours.share_interval(0, 0) == (0, 1)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_chance_is_that_of_scipys_hypergeometric(data: st.DataObject) -> None:
    """Fisher's exact test, one-sided."""
    of = data.draw(st.integers(1, 60))
    drawn, marked = data.draw(st.integers(0, of)), data.draw(st.integers(0, of))
    found = data.draw(st.integers(0, min(drawn, marked)))
    wanted = stats.hypergeom.sf(found - 1, of, marked, drawn)
    assert ours.at_least_by_chance(found, drawn=drawn, marked=marked, of=of) == pytest.approx(
        wanted, abs=1e-9
    )


@settings(deadline=None, max_examples=60)
@given(NUMBERS)
def test_histogram_counts_everybody_once(values: list[float]) -> None:
    """Who is beyond an end is in the bin at that end; NaN is nobody."""
    bins = ours.histogram([*values, float("nan")], 0, 100, 10)
    assert sum(b.count for b in bins) == len(values)
    assert bins[0].low == 0 and bins[-1].high == 100
    assert bins[-1].count == sum(v >= 90 for v in values)


def test_histogram_of_an_assignment_without_points_is_drawn() -> None:
    """Zero points for everybody are one bar, not a division."""
    bins = ours.histogram([0.0, 0.0], 0, 0, 10)
    assert bins[0].count == 2 and bins[-1].high > bins[0].low


def made_class(seed: int, size: int, spoil: str) -> list[tuple[list[bool], list[float]]]:
    """Return 20 checks of a class whose abilities and difficulties are drawn; the third one is spoilt."""
    rng = np.random.default_rng(seed)
    ability, slopes = rng.normal(0.8, 1.2, size), rng.uniform(0.8, 2.5, 20)
    difficulty = rng.normal(-0.8, 1.0, 20)
    difficulty[:2] = 2.2, 1.5  # two that are hard, and fair
    passed = rng.random((size, 20)) < 1 / (1 + np.exp(-slopes * (ability[:, None] - difficulty)))
    passed[rng.random(size) < 0.06] = False  # handed in nothing
    if spoil == "some":
        passed[:, 2] &= rng.random(size) > 0.3
    elif spoil == "turned round":
        passed[:, 2] = ~passed[:, 2]
    share = (passed.sum(axis=1)[:, None] - passed) / 19
    return [(list(map(bool, passed[:, j])), list(map(float, share[:, j]))) for j in range(20)]


@pytest.mark.parametrize(("spoil", "at_least"), [("some", 12), ("turned round", 17)])
def test_slip_evidence_is_largest_for_a_spoilt_check(spoil: str, at_least: int) -> None:
    """In most of 20 made classes of 60 a check that fails some whatever they know comes first; a hard one does not."""
    first = [int(np.argmax(ours.slip_evidence(made_class(seed, 60, spoil)))) for seed in range(20)]
    assert first.count(2) >= at_least
    assert first.count(0) + first.count(1) <= 3


def test_slip_evidence_of_a_fair_class_is_small() -> None:
    """Without a wrong check the largest evidence is mostly below what is called a suspect with a cluster beside it."""
    largest = [max(ours.slip_evidence(made_class(seed, 60, ""))) for seed in range(20)]
    assert sorted(largest)[10] < 4


def test_slip_evidence_of_nothing_and_of_one_is_finite() -> None:
    """No check, no student, one student: numbers, and no warning."""
    assert ours.slip_evidence([]) == []
    for one in ([([], [])], [([True], [1.0])], [([False], [0.0])], [([True, False], [1.0, 1.0])]):
        (found,) = ours.slip_evidence(one)
        assert math.isfinite(found) and 0 <= found < 4
