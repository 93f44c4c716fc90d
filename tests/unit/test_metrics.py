"""Metrics of binding tracks against closed forms, and the published curve point by point."""

import math

import numpy as np
import pytest

from autograder import metrics
from autograder.metrics import (
    auprc,
    bootstrap_interval,
    credit_share,
    mean_pearson,
    mse,
    paired_bootstrap_interval,
    pearson_rows,
)


def test_pearson_rows_follows_the_textbook_formula():
    """1, 2, 3 against 3, 1, 2 is -1/2, against 2, 4, 6 one, against 3, 2, 1 minus one."""
    predicted = np.tile([1.0, 2.0, 3.0], (3, 1))
    observed = np.array([[3.0, 1.0, 2.0], [2.0, 4.0, 6.0], [3.0, 2.0, 1.0]])
    np.testing.assert_allclose(pearson_rows(predicted, observed), [-0.5, 1.0, -1.0], atol=1e-15)


def test_pearson_rows_agrees_with_numpy_at_any_scale_and_offset():
    """r is blind to scale and offset, also where squares would overflow or float32 would lose it."""
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 20, 300))
    want = [np.corrcoef(x, y)[0, 1] for x, y in zip(a, b, strict=True)]
    for scale, shift in ((1, 0), (1e-9, 0), (1e200, 0), (1e-3, 1e4), (1, -1e6)):
        np.testing.assert_allclose(pearson_rows(a * scale + shift, b), want, rtol=1e-6)


def test_pearson_rows_is_nan_where_a_row_is_constant():
    """Constant means constant: also 0.1 added up with rounding, and also the observation."""
    wobble = np.full(300, 0.1)
    wobble[::2] = np.nextafter(0.1, 1)
    varied = np.arange(300.0)
    r = pearson_rows(np.array([wobble, np.zeros(300), varied]), np.array([varied, varied, np.full(300, 7.0)]))
    assert np.isnan(r).all()


def test_mean_pearson_counts_undefined_predictions_as_zero_and_drops_undefined_observations():
    """Of four windows one prediction is constant and one observation: the mean is (1 + 0 - 1)/3."""
    varied = np.arange(5.0)
    predicted = np.array([varied, np.ones(5), -varied, varied])
    observed = np.array([varied, varied, varied, np.zeros(5)])
    found = mean_pearson(predicted, observed)
    assert (found.undefined, found.dropped) == (1, 1)
    assert found.mean == pytest.approx(0.0, abs=1e-15)
    np.testing.assert_allclose(found.r, [1, 0, -1], atol=1e-15)


def test_mean_pearson_needs_an_observation_that_varies():
    """Without any, no number would be true."""
    with pytest.raises(ValueError, match="none of 3 observed rows varies"):
        mean_pearson(np.ones((3, 4)), np.zeros((3, 4)))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_metrics_refuse_values_that_are_not_finite(bad):
    """NaN is an error of the caller, never a low or a high score."""
    spoiled = np.ones((2, 3))
    spoiled[1, 2] = bad
    for metric in (pearson_rows, mean_pearson, mse):
        with pytest.raises(ValueError, match="NaN or infinite"):
            metric(spoiled, np.eye(2, 3))
    with pytest.raises(ValueError, match="finite numbers"):
        auprc(spoiled, np.eye(2, 3) > 0)


def test_metrics_refuse_shapes_that_differ():
    """(n, 300) against (300, n) must not broadcast."""
    for metric in (pearson_rows, mean_pearson, mse):
        with pytest.raises(ValueError, match=r"\(2, 3\), observations \(3, 2\)"):
            metric(np.ones((2, 3)), np.ones((3, 2)))


def test_auprc_of_a_ranking_by_hand():
    """Positives at ranks 1 and 3 of 4: (1/1 + 2/3) / 2."""
    assert auprc([4.0, 3.0, 2.0, 1.0], np.array([True, False, True, False])) == pytest.approx(5 / 6)


def test_auprc_groups_ties():
    """Equal predictions get the base rate, whichever comes first; a tie is one threshold."""
    positive = np.array([True, False, False, False])
    for order in ([0, 1, 2, 3], [3, 2, 1, 0]):
        assert auprc(np.zeros(4), positive[order]) == pytest.approx(0.25)
    # One above, then three tied with one positive: 1/2·1 + 1/2·(2/4).
    assert auprc([9.0, 1.0, 1.0, 1.0], np.array([True, False, True, False])) == pytest.approx(0.75)


def test_auprc_is_one_for_a_perfect_ranking_and_needs_a_positive():
    """Bounds."""
    rng = np.random.default_rng(2)
    truth = rng.random((6, 30)) < 0.2
    assert auprc(truth + 0.1 * rng.random((6, 30)), truth) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="none of 4 positions is positive"):
        auprc(np.zeros(4), np.zeros(4, dtype=bool))


def test_mse_is_the_mean_over_all_positions():
    """Errors 0, 1, 2 and 3: 14/4."""
    assert mse([[0.0, 1.0], [2.0, 3.0]], np.zeros((2, 2))) == pytest.approx(3.5)


def test_bootstrap_interval_matches_the_normal_interval_and_its_seed():
    """For many values the interval is mean ± 1.96 s/√n, to Monte Carlo error."""
    values = np.random.default_rng(3).normal(0.5, 0.1, 4000)
    low, high = bootstrap_interval(values, seed=5)
    half = 1.959964 * values.std() / math.sqrt(4000)
    assert (high - low) / 2 == pytest.approx(half, rel=0.06)
    assert (high + low) / 2 == pytest.approx(values.mean(), abs=half / 8)
    assert bootstrap_interval(values, seed=5) == (low, high)
    assert bootstrap_interval(values, seed=6) != (low, high)


def test_bootstrap_interval_of_equal_values_is_a_point():
    """Nothing varies, nothing is uncertain."""
    assert bootstrap_interval(np.full(9, 0.25)) == (0.25, 0.25)


def test_paired_bootstrap_sees_a_small_difference_between_models_that_err_together():
    """A difference of 0.01 under a spread of 0.2: certain when paired, invisible when not."""
    rng = np.random.default_rng(4)
    hard = rng.normal(0, 0.2, 2000)
    first, second = hard + 0.01 + rng.normal(0, 0.01, 2000), hard + rng.normal(0, 0.01, 2000)
    low, high = paired_bootstrap_interval(first, second)
    assert 0.008 < low < 0.01 < high < 0.012
    unpaired = [bootstrap_interval(v) for v in (first, second)]
    assert unpaired[0][0] < unpaired[1][1]
    with pytest.raises(ValueError, match="pairs are needed"):
        paired_bootstrap_interval(first, second[:-1])


@pytest.mark.parametrize(
    "arguments", [{"values": []}, {"level": 1.0}, {"resamples": 0}, {"values": [1.0, math.nan]}]
)
def test_bootstrap_refuses_what_has_no_interval(arguments):
    """No values, no level, no resamples, or NaN."""
    with pytest.raises(ValueError, match="bootstrap_interval"):
        bootstrap_interval(**({"values": [1.0, 2.0]} | arguments))


@pytest.mark.parametrize(
    ("r", "share"),
    [
        (-1, 0),
        (0.15, 0),
        (0.195, 0.2),
        (0.24, 0.4),
        (0.395, 0.6),
        (0.55, 0.8),
        (0.725, 0.9),
        (0.9, 1),
        (0.98, 1),
    ],
)
def test_credit_share_goes_through_the_published_points(r, share):
    """The points of the issue, and the middles between them."""
    assert credit_share(r) == pytest.approx(share, abs=1e-12)


def test_credit_share_never_punishes_a_better_prediction():
    """The curve never falls, its bonus ends at a tenth, NaN gives nothing."""
    shares = [credit_share(r) for r in np.linspace(-1, 1, 4001)]
    assert (np.diff(shares) >= 0).all()
    assert shares[-1] == pytest.approx(1 + metrics.BONUS_SHARE)
    assert credit_share(0.99) == pytest.approx(1.05)
    assert credit_share(math.nan) == 0


def test_next_cutoff_says_how_far_and_no_more_than_three_digits() -> None:
    """The next corner of the curve, what it is worth, and the distance of the rounded r."""
    assert metrics.next_cutoff(0.5004) == "80 % from 0.55 on, 0.050 higher"
    assert metrics.next_cutoff(math.nan) == metrics.next_cutoff(-0.5) == "40 % from 0.24 on"
    assert metrics.next_cutoff(0.95) == ""
