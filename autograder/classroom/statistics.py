"""The statistics of a class: numbers in, numbers out (*trusted*; NumPy and the standard library only).

What SciPy or pandas compute too is held against them in the tests; here it costs no import of theirs, which would be
most of the two seconds that an overview may take.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import StatisticsError, correlation, fmean, median, quantiles
from typing import Any

import numpy as np

Z = 1.959964  # standard errors in half of a 95 % interval of a normal distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Where some numbers lie, in their own unit; quartiles as ``numpy.quantile`` gives them."""

    count: int
    mean: float
    median: float
    lower_quartile: float
    upper_quartile: float
    lowest: float
    highest: float


def summary(values: Sequence[float]) -> Summary | None:
    """Return where the numbers lie; of none, ``None``. What is not finite is left out."""
    found = sorted(v for v in values if math.isfinite(v))
    if not found:
        return None
    low, _, high = quantiles(found, n=4, method="inclusive") if len(found) > 1 else [found[0]] * 3
    return Summary(
        count=len(found),
        mean=fmean(found),
        median=median(found),
        lower_quartile=low,
        upper_quartile=high,
        lowest=found[0],
        highest=found[-1],
    )


@dataclass(frozen=True, slots=True)
class Bin:
    """How many numbers lie in ``low`` to ``high``; the upper end belongs to the next bin, the last one's to itself."""

    low: float
    high: float
    count: int


def histogram(values: Sequence[float], low: float, high: float, bins: int) -> list[Bin]:
    """Return equal bins from ``low`` to ``high``; what lies beyond is counted in the bin at that end."""
    inside = [min(max(v, low), high) for v in values if math.isfinite(v)]
    counts, edges = np.histogram(inside, bins=bins, range=(low, high if high > low else low + 1))
    return [Bin(float(a), float(b), int(n)) for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True)]


def pearson(ours: Sequence[float], others: Sequence[float]) -> float | None:
    """Return the correlation, or ``None`` where one of the two is constant or too short."""
    if len(ours) < 2 or max(ours) - min(ours) <= 0 or max(others) - min(others) <= 0:
        return None
    try:
        return max(-1.0, min(1.0, correlation(ours, others)))
    except (ArithmeticError, StatisticsError):  # differences too small for a float to square
        return None


def point_biserial(passed: Sequence[bool], rest: Sequence[float]) -> float | None:
    """Return how a check that is passed or failed goes with the rest: Pearson's correlation of 0 and 1 with a number."""
    return pearson([float(p) for p in passed], rest)


def correlation_interval(r: float | None, count: int) -> tuple[float, float] | None:
    """Return the 95 % interval of a correlation of ``count`` pairs (Fisher's z); of fewer than 4 pairs, none."""
    if r is None or count < 4:
        return None
    z = math.atanh(max(-0.999999, min(0.999999, r)))
    half = Z / math.sqrt(count - 3)
    return math.tanh(z - half), math.tanh(z + half)


def share_interval(some: int, of: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share; of nothing, 0 to 1."""
    if of <= 0:
        return 0.0, 1.0
    share = some / of
    middle = (share + Z * Z / (2 * of)) / (1 + Z * Z / of)
    half = Z * math.sqrt(share * (1 - share) / of + Z * Z / (4 * of * of)) / (1 + Z * Z / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def at_least_by_chance(found: int, *, drawn: int, marked: int, of: int) -> float:
    """Return the probability of ``found`` or more marked ones among ``drawn`` out of ``of``, ``marked`` of them marked.

    Fisher's exact test, one-sided.
    """
    most = min(drawn, marked)
    ways = sum(
        math.comb(marked, k) * math.comb(of - marked, drawn - k) for k in range(max(0, found), most + 1)
    )
    return min(1.0, ways / math.comb(of, drawn))


def rate_evidence(some: int, of: int, usual: float) -> float:
    """Return how much better a rate of its own explains ``some`` of ``of`` than the usual one does, in nats; a lower one: 0."""
    usual = min(max(usual, 0.01), 0.99)
    if not of or some / of <= usual:
        return 0.0
    missed = of - some
    own = some * math.log(some / of) + (missed * math.log(missed / of) if missed else 0.0)
    return own - some * math.log(usual) - missed * math.log(1 - usual)


# ---- does a check fail those who know? -----------------------------------------------------------------------------
#
# A fair check is failed by those who pass little else and passed by those who pass nearly all else, at some
# difficulty of its own: the probability to pass is logistic in the share of the other points. A wrong check fails some
# whatever they know: its curve stays below 1 by a slip. The evidence is the logarithm of a likelihood ratio: how much
# better a slip of the check's own (or a curve that falls) explains who failed than the class's common slip does.
# Sources: M. Barton, F. Lord, An upper asymptote for the three-parameter logistic item-response model, ETS 1981 (the
# fourth parameter); S. Wilks, Ann. Math. Stat. 9, 1938 (the ratio). Fitted on a grid: nothing to converge, and ties of
# hand-ins with one share cost nothing.
_STEPS = 40  # of the share of other points
_SHARES = np.arange(_STEPS + 1) / _STEPS
_SLOPES = (2.0, 4.0, 8.0, 16.0)  # common to the checks of an assignment
_WHERE = np.round(np.arange(-0.6, 1.61, 0.1), 2)  # the share of other points at which half pass
_SLIPS = np.array([0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9, 0.97])
_COMMON_SLIPS = 5  # the first ones may be the whole class's: up to 15 %
# Half pass a fair check at no more than this share of the other points. Beyond it a difficulty explains less and less,
# else one that is too hard for everybody would explain a check that nobody can pass.
_HARD, _TOO_HARD = 0.8, 10.0
_FLOOR = 0.005  # nobody is sure


def slip_evidence(checks: Sequence[tuple[Sequence[bool], Sequence[float]]]) -> list[float]:
    """Return for each check of an assignment how strongly it looks as if it failed those who know, in nats.

    A check is who passed and, beside it, the share of the other points (0 to 1). 0: a fair check explains it as well;
    3 is 20 times as likely under a slip of its own, 5 is 150 times.
    """
    tables = [_table(passed, rest) for passed, rest in checks]
    best: tuple[float, list[Any], int, float] | None = None
    for slope in _SLOPES:
        fits = [_fit(table, slope) for table in tables]
        together = sum((f.max(axis=0)[:_COMMON_SLIPS] for f in fits), np.zeros(_COMMON_SLIPS))
        common = int(np.argmax(together))
        if best is None or together[common] > best[0]:
            best = (float(together[common]), fits, common, slope)
    if best is None:
        return []
    _, fits, common, slope = best
    return [
        max(0.0, float(max(f[:, common:].max(), _falling(table, slope)) - f[:, common].max()))
        for f, table in zip(fits, tables, strict=True)
    ]


def _table(passed: Sequence[bool], rest: Sequence[float]) -> tuple[Any, Any]:
    """Return how many passed and how many failed at each share of the other points."""
    where = np.clip(np.round(np.asarray(rest, dtype=float) * _STEPS), 0, _STEPS).astype(int)
    ok = np.asarray(passed, dtype=bool)
    return np.bincount(where[ok], minlength=_STEPS + 1), np.bincount(where[~ok], minlength=_STEPS + 1)


@cache
def _curves(slope: float) -> Any:
    return 1 / (1 + np.exp(-slope * (_SHARES[:, None] - _WHERE)))  # (shares, difficulties)


@cache
def _logarithms(slope: float) -> tuple[Any, Any]:
    """Return those of the probabilities to pass and to fail: (shares, difficulties, slips)."""
    passing = np.clip(_curves(slope)[:, :, None] * (1 - _SLIPS), _FLOOR, 1 - _FLOOR)
    return np.log(passing), np.log(1 - passing)


def _fit(table: tuple[Any, Any], slope: float) -> Any:
    """Return the log likelihood of each difficulty and slip."""
    passing, failing = _logarithms(slope)
    likelihood = np.tensordot(table[0], passing, 1) + np.tensordot(table[1], failing, 1)
    return likelihood - (_TOO_HARD * np.maximum(0, _WHERE - _HARD))[:, None]


def _falling(table: tuple[Any, Any], slope: float) -> float:
    """Return the log likelihood of the best curve that falls: who knows more passes less."""
    passing = np.clip(1 - _curves(slope), _FLOOR, 1 - _FLOOR)
    return float((table[0] @ np.log(passing) + table[1] @ np.log(1 - passing)).max())
