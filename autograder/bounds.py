"""What a number of honest runs, or of right verdicts, allows to say (standard library only).

Distribution-free: order statistics (Wilks 1941) and exact binomial intervals (Clopper and Pearson 1934).
"""

from __future__ import annotations

import math


def coverage(n: int, confidence: float) -> float:
    """Return the share p of all honest runs that is no worse than the worst of ``n``, with this confidence.

    Whatever the distribution: all n runs fall into its better share p with probability pⁿ, so
    the worst lies beyond it with confidence 1 - pⁿ. 300 runs cover 99 % with confidence 95.1 %.

    Source: S. S. Wilks, "Determination of sample sizes for setting tolerance limits", Annals of
    Mathematical Statistics 12 (1941) 91-96, one-sided limit from the extreme observation.
    """
    _require_count_and_probability("coverage", n, confidence)
    return float((1 - confidence) ** (1 / n))


def confidence(n: int, coverage: float) -> float:
    """Return 1 - coverageⁿ: how sure ``n`` runs make us of that coverage (inverse of ``coverage``).

    Source: as ``coverage``.
    """
    _require_count_and_probability("confidence", n, coverage)
    return float(1 - coverage**n)


def false_fail_bound(n: int, floors: int = 1) -> float:
    """Return the largest chance that one more honest run misses any of the floors, margins left out.

    The new run is exchangeable with the ``n`` recorded ones: in one metric it is the worst of n + 1 with
    probability at most 1/(n+1); over several metrics these chances at most add up.
    """
    _require_count_and_probability("false_fail_bound", n, 0.5)
    return min(1.0, floors / (n + 1))


def clopper_pearson(errors: int, n: int, confidence: float = 0.95) -> float:
    """Return the exact one-sided upper bound on an error rate of which ``errors`` were seen in ``n`` cases.

    The largest p at which so few errors still have probability 1 - confidence; with no error
    that is 1 - (1-confidence)^(1/n), so 100 clean cases show a rate below 3.0 %.

    Source: C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated in the
    case of the binomial", Biometrika 26 (1934) 404-413.
    """
    _require_count_and_probability("clopper_pearson", n, confidence)
    if not 0 <= errors <= n:
        msg = f"clopper_pearson: {errors!r} errors in {n!r} cases"
        raise ValueError(msg)
    if errors == n:
        return 1.0
    low, high = errors / n, 1.0
    while (middle := (low + high) / 2) not in (low, high):  # until no float lies between
        if _binomial_cdf(errors, n, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def _binomial_cdf(k: int, n: int, p: float) -> float:
    """Return the probability of at most k errors in n cases, each with probability 0 < p < 1."""
    log_p, log_q = math.log(p), math.log1p(-p)
    log_choose = (math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) for i in range(k + 1))
    return math.fsum(math.exp(c + i * log_p + (n - i) * log_q) for i, c in enumerate(log_choose))


def _require_count_and_probability(name: str, n: int, probability: float) -> None:
    if n < 1 or not 0 < probability < 1:
        msg = f"{name}: n = {n!r}, probability {probability!r}; n >= 1 and 0 < probability < 1 are needed"
        raise ValueError(msg)
