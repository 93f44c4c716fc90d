"""How good predictions are, tracks and classes, from returned numbers only (*trusted*; NumPy only).

A *track* is one window's row of per-position values. Predictions and observations are arrays
(windows, positions) of one shape; everything is computed in float64. Callers have refused NaN and
infinities before: here they are an error, not a low score.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

__all__ = [
    "CURVE",
    "MeanPearson",
    "accuracy",
    "auprc",
    "bootstrap_interval",
    "credit_share",
    "macro_f1",
    "mean_pearson",
    "mse",
    "next_cutoff",
    "paired_bootstrap_interval",
    "pearson_rows",
    "wilson_interval",
]

# The published cutoff curve: (mean r, share of the points), straight lines in between, no points below
# the first. On the course's windows a smoothed A/T content, which learns nothing, reaches 0.21; the
# course's starter network 0.24; the best network of its own sweep 0.55; one that treats all positions
# alike 0.95. The last piece is a bonus: nobody needs it for full marks.
CURVE = ((0.15, 0.0), (0.24, 0.4), (0.55, 0.8), (0.90, 1.0))
BONUS_FROM, BONUS_SHARE = 0.98, 0.1  # share of the points on top at r = 1, rising from BONUS_FROM

# A row whose values differ by less than this share of their size is constant: the rest is rounding.
_CONSTANT = 1e-12


@dataclass(frozen=True, slots=True)
class MeanPearson:
    """Mean per-window correlation, and how many windows had none.

    ``mean`` is over the windows whose observation varies; there a constant prediction, for which r is
    not defined, counts 0 and is counted in ``undefined``. Windows whose *observation* is constant say
    nothing about a prediction: they are left out and counted in ``dropped``. ``r`` holds the averaged
    numbers, one per kept window, in order.
    """

    mean: float
    undefined: int
    dropped: int
    r: np.ndarray


def pearson_rows(predicted: object, observed: object) -> np.ndarray:
    """Return Pearson's r of every pair of rows, shape (windows,); NaN where either row is constant.

    Raises
    ------
    ValueError
        If the shapes are not equal and two-dimensional, or a value is NaN or infinite.
    """
    return _pearson_rows(*_pair(predicted, observed))[0]


def mean_pearson(predicted: object, observed: object) -> MeanPearson:
    """Return the mean over windows of Pearson's r; see ``MeanPearson`` for undefined rows.

    Raises
    ------
    ValueError
        As ``pearson_rows``, or if no window's observation varies.
    """
    r, kept = _pearson_rows(*_pair(predicted, observed))
    if not kept.any():
        msg = f"mean_pearson: none of {len(kept)} observed rows varies, so no correlation is defined"
        raise ValueError(msg)
    r = r[kept]
    undefined = np.isnan(r)
    r = np.where(undefined, 0.0, r)
    r.setflags(write=False)
    return MeanPearson(float(r.mean()), int(undefined.sum()), int((~kept).sum()), r)


def auprc(predicted: object, positive: object) -> float:
    """Return the area under the precision-recall curve, pooled over all positions (average precision).

    Equal predictions form one step: they are one threshold, whatever order they came in. The area is a
    sum of steps, Σ (recall_k - recall_{k-1}) · precision_k; straight lines between the points would
    promise what no threshold reaches. Constant predictions get the share of positives.

    Parameters
    ----------
    predicted : array of any shape, larger means more likely bound
    positive : boolean array of the same shape

    Raises
    ------
    ValueError
        If shapes differ, a prediction is NaN or infinite, or no position is positive.

    Source: J. Davis and M. Goadrich, "The relationship between precision-recall and ROC curves",
    ICML 2006, on why precision must not be interpolated linearly.
    """
    score, truth = np.asarray(predicted, dtype=np.float64).ravel(), np.asarray(positive).ravel()
    if score.shape != truth.shape or truth.dtype != np.bool_ or not np.isfinite(score).all():
        msg = f"auprc: {score.size} finite numbers and as many booleans are needed, got {truth.size} {truth.dtype}"
        raise ValueError(msg)
    if not truth.any():
        msg = f"auprc: none of {truth.size} positions is positive, so recall is not defined"
        raise ValueError(msg)
    # Precision only matters where recall moves: at the distinct predictions of positives.
    positives, thresholds = np.sort(score[truth]), np.unique(score[truth])[::-1]
    hits = positives.size - np.searchsorted(positives, thresholds)
    called = score.size - np.searchsorted(np.sort(score), thresholds)
    recall = hits / positives.size
    return float(np.sum(np.diff(recall, prepend=0.0) * hits / called))


def mse(predicted: object, observed: object) -> float:
    """Return the mean squared error over all windows and positions.

    Raises
    ------
    ValueError
        As ``pearson_rows``.
    """
    a, b = _pair(predicted, observed)
    return float(np.mean((a - b) ** 2))


def bootstrap_interval(
    values: Sequence[float] | np.ndarray, *, level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of the mean of ``values`` (n,), one per window.

    Whole windows are resampled, with replacement: positions of one window are not independent, windows
    nearly are. The same seed gives the same interval.

    Raises
    ------
    ValueError
        For no value, one that is NaN or infinite, a level outside (0, 1) or no resample.

    Source: B. Efron and R. J. Tibshirani, *An Introduction to the Bootstrap* (1993), chapter 13.
    """
    v = np.asarray(values, dtype=np.float64)
    if v.ndim != 1 or not v.size or not np.isfinite(v).all() or not 0 < level < 1 or resamples < 1:
        msg = f"bootstrap_interval: values of shape {v.shape}, level {level!r}, {resamples!r} resamples"
        raise ValueError(f"{msg}; finite values (n,), 0 < level < 1 and a resample are needed")
    rng = np.random.default_rng(seed)
    means = np.empty(resamples)
    step = max(1, 2_000_000 // v.size)  # 16 MB of indices at a time
    for start in range(0, resamples, step):
        count = min(step, resamples - start)
        means[start : start + count] = v[rng.integers(0, v.size, (count, v.size))].mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired_bootstrap_interval(
    first: Sequence[float] | np.ndarray,
    second: Sequence[float] | np.ndarray,
    *,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the bootstrap interval of mean(first) - mean(second) of two models on the *same* windows.

    Paired: a hard window is hard for both, so their difference varies far less than either mean.

    Raises
    ------
    ValueError
        As ``bootstrap_interval``, or if there are not as many of one as of the other.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.shape != b.shape:
        msg = f"paired_bootstrap_interval: {a.shape} values against {b.shape}; pairs are needed"
        raise ValueError(msg)
    return bootstrap_interval(a - b, level=level, resamples=resamples, seed=seed)


def credit_share(r: float) -> float:
    """Return the share of the points for a mean r: the curve of ``CURVE``, and the bonus above it.

    Never decreases: a better prediction is never worth less. NaN is worth nothing.
    """
    if not r > CURVE[0][0]:  # NaN too
        return 0.0
    share = float(np.interp(r, [x for x, _ in CURVE], [y for _, y in CURVE]))
    return share + BONUS_SHARE * min(1.0, max(0.0, (r - BONUS_FROM) / (1 - BONUS_FROM)))


def next_cutoff(r: float) -> str:
    """Say how far a mean r is from the next corner of ``CURVE``, and what that is worth; "" above the last.

    It tells no more of ``r`` than its three digits.
    """
    shown = round(r, 3) if r == r else -1.0
    corner = next(((at, share) for at, share in CURVE if at > shown and share > 0), None)
    if corner is None:
        return ""
    worth = f"{100 * corner[1]:.0f} % from {corner[0]:g} on"
    return f"{worth}, {corner[0] - shown:.3f} higher" if shown > 0 else worth


def _pair(predicted: object, observed: object) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.asarray(predicted, dtype=np.float64), np.asarray(observed, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 2 or not a.size:
        msg = f"predictions have shape {a.shape}, observations {b.shape}; both need (windows, positions)"
        raise ValueError(msg)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("NaN or infinite values among predictions or observations")
    return a, b


def _pearson_rows(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return r of every pair of rows, NaN where it is not defined, and which rows of ``b`` vary."""
    (a, a_varies), (b, b_varies) = _unit(a), _unit(b)
    r = np.clip(np.einsum("ij,ij->i", a, b), -1.0, 1.0)
    return np.where(a_varies & b_varies, r, np.nan), b_varies


def _unit(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows centred and of length 1, zeros where that cannot be, and which rows vary.

    Large values do not overflow: rows are scaled before anything is squared.
    """
    high, low = a.max(axis=1, keepdims=True), a.min(axis=1, keepdims=True)
    size = np.maximum(np.abs(high), np.abs(low))
    scale = np.where(size > 0, size, 1.0)
    varies: np.ndarray = (high / scale - low / scale > _CONSTANT)[:, 0]
    a = a / scale
    a -= a.mean(axis=1, keepdims=True)
    length = np.sqrt(np.einsum("ij,ij->i", a, a))[:, None]
    a /= np.where(length > 0, length, 1.0)
    return a, varies


def accuracy(predicted: object, observed: object) -> float:
    """Return the share of cases, shape (cases,), whose predicted class is the observed one.

    Classes are integers, booleans or strings. scikit-learn: ``accuracy_score``.

    Raises
    ------
    ValueError
        If there is no case, or the shapes are not equal and one-dimensional.
    """
    ours, theirs = _classes(predicted, observed)
    return float(np.mean(ours == theirs))


def macro_f1(predicted: object, observed: object) -> float:
    """Return the mean over all classes of F1 = 2·TP / (2·TP + FP + FN), each class counting the same.

    A class is one that is predicted or observed; one that is never right has F1 = 0.
    scikit-learn: ``f1_score(observed, predicted, average="macro")``.

    Raises
    ------
    ValueError
        As ``accuracy``.
    """
    ours, theirs = _classes(predicted, observed)
    scores = []
    for one in np.union1d(ours, theirs):
        hit = np.sum((ours == one) & (theirs == one))
        scores.append(2 * hit / (np.sum(ours == one) + np.sum(theirs == one)))
    return float(np.mean(scores))


def wilson_interval(right: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of a share of which ``right`` of ``n`` cases were seen, such as an accuracy's.

    Unlike p ± z·√(p(1-p)/n) it never leaves 0 to 1, and says something at 0 and n of n.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal
    of the American Statistical Association 22 (1927) 209-212.

    Raises
    ------
    ValueError
        If ``right`` is not from 0 to ``n``, there is no case, or the confidence is not between 0 and 1.
    """
    if n < 1 or not 0 <= right <= n or not 0 < confidence < 1:
        msg = f"wilson_interval: {right!r} of {n!r} cases, confidence {confidence!r}"
        raise ValueError(msg)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, scale = right / n, 1 + z * z / n
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def _classes(predicted: object, observed: object) -> tuple[np.ndarray, np.ndarray]:
    ours, theirs = np.asarray(predicted), np.asarray(observed)
    if ours.shape != theirs.shape or ours.ndim != 1 or not ours.size:
        msg = f"classes have shapes {ours.shape} and {theirs.shape}; equal ones with one axis and a case are needed"
        raise ValueError(msg)
    for name, found in (("predicted", ours), ("observed", theirs)):
        if found.dtype.kind not in "biuUS":
            msg = f"{name} classes have dtype {found.dtype}; integers, booleans or strings are needed"
            raise ValueError(msg)
    return ours, theirs
