"""Accuracy, macro F1 and Wilson's interval agree with scikit-learn and with closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, f1_score

from autograder.metrics import accuracy, macro_f1, wilson_interval

PAIRS = st.lists(st.tuples(st.integers(-2, 4), st.integers(-2, 4)), min_size=1, max_size=60)


@settings(max_examples=200, deadline=None)
@given(PAIRS)
def test_classes_agree_with_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    """Whatever classes are missing on one side."""
    predicted, observed = map(list, zip(*pairs, strict=True))
    assert accuracy(predicted, observed) == pytest.approx(accuracy_score(observed, predicted), abs=1e-12)
    expected = f1_score(observed, predicted, average="macro", zero_division=0)
    assert macro_f1(predicted, observed) == pytest.approx(expected, abs=1e-12)


def test_classes_may_be_words_or_booleans() -> None:
    """As predictions come back from a notebook."""
    assert accuracy(["cat", "dog"], ["cat", "cat"]) == 0.5
    assert macro_f1(np.array([True, False]), np.array([True, False])) == 1.0


@pytest.mark.parametrize("function", [accuracy, macro_f1])
@pytest.mark.parametrize(
    ("predicted", "observed"),
    [([], []), ([1], [1, 2]), ([[1]], [[1]]), ([1.0], [1]), ([np.nan], [1]), ([None], [1])],
)
def test_what_are_no_classes_is_an_error(function, predicted, observed) -> None:
    """Probabilities in place of classes would count as all wrong, without a word."""
    with pytest.raises(ValueError, match="classes have"):
        function(predicted, observed)


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.sampled_from([0.5, 0.9, 0.95, 0.999]),
)
def test_wilson_interval_agrees_with_scipy(case: tuple[int, int], confidence: float) -> None:
    """Also with none and all of the cases right."""
    right, n = case
    theirs = binomtest(right, n).proportion_ci(confidence, method="wilson")
    assert wilson_interval(right, n, confidence) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@pytest.mark.parametrize(("right", "n", "confidence"), [(-1, 5, 0.9), (6, 5, 0.9), (0, 0, 0.9), (1, 2, 1.0)])
def test_wilson_interval_refuses_what_is_no_count(right: int, n: int, confidence: float) -> None:
    """With the numbers."""
    with pytest.raises(ValueError, match=f"{right} of {n} cases"):
        wilson_interval(right, n, confidence)
