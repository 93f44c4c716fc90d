"""What the checks of week 2 share: earlier answers judged apart, orders that are new, networks in NumPy.

*trusted*; NumPy and the standard library. Loaded once, before checks are forked.

Letters are codes: A 0, C 1, G 2, T 3. Arrays ``x`` have shape (rows, length, 4), in float64 where we compute.
"""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import Any

import numpy as np

LETTERS = "ACGT"
PROBES = (
    "ACGT",
    "TTGCA",
    "GGTT",
    "C",
)  # do they tell that every letter is treated alike, in an array of its own?

SIDE_EFFECTS = {
    "seed": "A random generator that belongs to everybody is set inside: torch.manual_seed and np.random.seed belong in a cell",
    "dtype": "The default dtype is another one afterwards: torch.set_default_dtype belongs to no function",
    "gradients": "Afterwards gradients are no longer recorded: use `with torch.no_grad():`, which ends by itself",
}

# ---------------------------------------------------------------- one slip is paid once

# What stands in a wrong answer's place while a later one is judged; the student's process sees it.
ROWS = """
import numpy as np


def one_hot_encode(seq):
    return np.eye(4, dtype=np.float32)[["ACGT".index(letter) for letter in seq]]
"""
SLIDING = """
import numpy as np
import torch


def conv1d_by_hand(signal, weights):
    signal, weights = (np.asarray(torch.as_tensor(a).detach()) for a in (signal, weights))
    places = range(len(signal) - len(weights) + 1)
    return np.array([np.sum(weights * signal[i : i + len(weights)]) for i in places])


pwm_scan = conv1d_by_hand
"""


def letter_code(student: Any, one_hot_encode: Any) -> np.ndarray | None:
    """Return the notebook's own row of each letter (4, 4), or None: no rows, or not the same ones everywhere."""
    try:
        found = student.calls(one_hot_encode, *([seq] for seq in PROBES))
        tables = [np.asarray(table, dtype=np.float64) for table in found]
    except Exception:  # noqa: BLE001  the student's, or what they return is no table
        return None
    code = tables[0]
    if code.shape != (4, 4) or not np.isfinite(code).all() or len(np.unique(code, axis=0)) < 4:
        return None
    rows = [code[[LETTERS.index(letter) for letter in seq]] for seq in PROBES]
    same = all(t.shape == r.shape and np.array_equal(t, r) for t, r in zip(tables, rows, strict=True))
    return code if same else None


def own_code(student: Any) -> np.ndarray | None:
    """Return what ``letter_code`` says of the notebook's encoding, None where there is none."""
    try:
        return letter_code(student, student.get("one_hot_encode"))
    except Exception:  # noqa: BLE001  not there
        return None


def letter_order(student: Any, function: Any) -> list[int]:
    """Return the letter of each column that ``function`` reads: a slip in part 1 costs nothing here.

    An encoding that only orders its columns in another way stays in place. One that is wrong in another
    way (its shape, its type, no answer) is replaced by a right one until the question ends.
    """
    try:
        one_hot_encode = student.get("one_hot_encode")
        code = letter_code(student, one_hot_encode)
        single = getattr(one_hot_encode(LETTERS), "dtype", None) == np.float32
    except Exception:  # noqa: BLE001  not there, or not answered
        code, single = None, False
    ones = code is not None and bool(np.isin(code, (0, 1)).all())
    if (
        code is not None
        and single
        and ones
        and (code.sum(axis=0) == 1).all()
        and (code.sum(axis=1) == 1).all()
    ):
        return [int(i) for i in code.argmax(axis=0)]
    student.stand_in(ROWS, "one_hot_encode")
    return [0, 1, 2, 3]


def mend_sliding(student: Any, function: Any, *names: str) -> None:
    """Let ``function`` find right sums along a sequence under the names that the notebook has bound to wrong ones."""
    pairs = {
        "conv1d_by_hand": (np.array([1.0, -2.0, 4.0, 0.5, 3.0]), np.array([2.0, 7.0, -1.0])),
        "pwm_scan": (np.arange(20.0).reshape(5, 4) ** 2, np.arange(12.0).reshape(3, 4)[::-1] - 5),
    }
    for name in names:
        signal, weights = pairs[name]
        want = [np.sum(weights * signal[i : i + 3]) for i in range(3)]
        try:
            got = np.asarray(student.get(name)(signal, weights), dtype=np.float64)
            right = got.shape == (3,) and np.allclose(got, want, rtol=1e-4, atol=1e-4)
        except Exception:  # noqa: BLE001  not there, not answered, or no numbers
            right = False
        if not right:
            student.stand_in(SLIDING, name)


# ---------------------------------------------------------------- is an order new?


FOLLOW = "Most training rows follow the same row as before: begin elsewhere, or exchange a few, and the order is not new"
BATCHES = (
    "The batches are made once, and hold the same rows in every epoch: shuffle the rows, not the batches"
)
NEARBY = "Training rows stay near their places: the whole part must be shuffled, not a piece at a time"


def _shared(one: list[int], other: list[int]) -> float:
    """Return which share of the neighbours in one order are neighbours in the other."""
    found = [{frozenset(pair) for pair in pairwise(order)} for order in (one, other)]
    return len(found[0] & found[1]) / len(found[0])


def _partners(batches: list[list[int]]) -> set[frozenset[int]]:
    return {frozenset(pair) for batch in batches for pair in combinations(batch, 2)}


def _rank_correlation(one: list[int], other: list[int]) -> float:
    places = {row: place for place, row in enumerate(other)}
    return float(np.corrcoef(np.arange(len(one)), [places[row] for row in one])[0, 1])


def order_fault(epochs: list[list[list[int]]], given: list[int]) -> str:
    """Say what is not random about the rows' orders in some epochs, "" if nothing is.

    With 160 rows and batches of 8, two random orders share about 2 neighbours of 159, 1 of 20 partners in a
    batch, and have a rank correlation of 0 ± 0.08: no bound below is within 6 standard deviations of that.

    Parameters
    ----------
    epochs : per epoch its batches, each a list of row numbers
    given : the order in which the rows were given
    """
    orders = [[row for batch in batches for row in batch] for batches in epochs]
    pairs = list(combinations([given, *orders], 2))
    for one, other in pairs:
        if one == other:
            return "The training rows came in the same order twice"
        in_place = sum(a == b for a, b in zip(one, other, strict=True))
        if in_place > len(one) / 4 or _shared(one, other) > 0.9:
            return FOLLOW
    for first, second in combinations(epochs, 2):
        partners = _partners(first)
        if len(first) > 1 and len(partners & _partners(second)) > len(partners) / 2:
            return BATCHES
    for one, other in pairs:
        if _shared(one, other) > 0.25:
            return FOLLOW
        if abs(_rank_correlation(one, other)) > 0.5:
            return NEARBY
    return ""


# ---------------------------------------------------------------- networks in NumPy


def windows(x: np.ndarray, width: int) -> np.ndarray:
    """Return every piece of every row, shape (rows, places, 4, width)."""
    return np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=np.float64), width, axis=1)


def filtered(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Return the outputs of filters (filters, 4, width) before the ReLU, shape (rows, filters, places)."""
    return np.einsum("npcj,fcj->nfp", windows(x, weight.shape[2]), weight, optimize=True) + bias[:, None]


def condition(features: np.ndarray) -> float:
    """Return how much an error of the outputs may grow when ``fit`` finds what features (n, k) are weighed with."""
    values = np.linalg.svd(np.column_stack([features, np.ones(len(features))]), compute_uv=False)
    return float(values[0] / values[-1]) if values[-1] > 0 else float("inf")


def fit(features: np.ndarray, out: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the coefficients, with an intercept last, that make ``out`` (n,) of features (n, k), and the worst miss.

    The miss is a share of the outputs' scale.
    """
    design = np.column_stack([features, np.ones(len(features))])
    found = np.linalg.lstsq(design, out, rcond=None)[0]
    return found, float(np.abs(design @ found - out).max() / max(np.abs(out).max(), 1e-12))


def cnn_gradients(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray, last: np.ndarray, per_row: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Return the gradients of sum(per_row · output) by filters, their biases, the last layer and its bias.

    ``last`` has shape (filters, places): the last layer's weight of each output of the ReLU.
    """
    z = filtered(x, weight, bias)
    back = per_row[:, None, None] * last * (z > 0)
    by_filter = np.einsum("nfp,npcj->fcj", back, windows(x, weight.shape[2]), optimize=True)
    by_last = np.einsum("n,nfp->fp", per_row, np.maximum(z, 0))
    return by_filter, back.sum(axis=(0, 2)), by_last, per_row.sum()
