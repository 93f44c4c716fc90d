"""Who of a class handed in the same trained weights: for staff, never a verdict (*trusted*; NumPy only).

A check leaves a *print* of a hand-in's weights (``fingerprint``): rows, such as the filters of the first
layer, that a network may hold in any order and at any scale without predicting anything else. A check sees
one hand-in only; here all prints of a class are compared. The same weights need not mean that somebody
copied: the same seed, data and settings give them too. That is for a person to find out.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["matched_similarity", "pack", "unpack"]

MAX_ROWS = 64

MATCHED = 0.9  # share of the rows that count, best first: a pruned filter or two hide no copy

ALIKE = 0.98  # mean cosine; week 3a's trained networks of different seeds are below 0.6 (tests/unit/classroom/test_alike.py)


def pack(name: str, rows: np.ndarray) -> dict[str, Any]:
    """Return a print as plain data: at most 64 rows, a byte a number.

    ``rows`` is a matrix of finite numbers. Which rows stand for a larger set depends on the rows alone, not
    on their order.
    """
    unit = _unit(rows)
    if len(unit) > MAX_ROWS:
        weights = np.cos(np.arange(unit.shape[1]) ** 2)  # any fixed direction
        unit = unit[np.argsort(unit @ weights)[-MAX_ROWS:]]
    largest = np.abs(unit).max(axis=1, keepdims=True, initial=0.0)
    bytes_ = np.rint(127 * unit / np.where(largest > 0, largest, 1)).astype(np.int8)
    return {
        "name": name[:80],
        "shape": list(bytes_.shape),
        "rows": base64.b64encode(bytes_.tobytes()).decode(),
    }


def unpack(data: Mapping[str, Any]) -> np.ndarray:
    """Return the rows of a print, each of length 1."""
    flat = np.frombuffer(base64.b64decode(data["rows"]), dtype=np.int8)
    return _unit(flat.reshape(data["shape"]).astype(np.float64))


def matched_similarity(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the mean cosine of the best nine tenths of a one-to-one match of two sets of unit rows; 0 for other shapes.

    Greedy, best pairs first: for copies, the only case that matters, greedy is optimal. Rows without a
    direction match nothing.
    """
    if ours.shape != theirs.shape or not ours.size:
        return 0.0
    cosines = ours @ theirs.T
    count = math.ceil(MATCHED * len(cosines))
    bound = float(np.sort(cosines.max(axis=1))[-count:].mean())
    if bound < ALIKE:  # an upper bound, for most pairs enough
        return bound
    matched = []
    for _ in range(count):
        i, j = np.unravel_index(int(np.argmax(cosines)), cosines.shape)
        matched.append(float(cosines[i, j]))
        cosines[i, :] = cosines[:, j] = -2.0
    return float(np.mean(matched))


def _unit(rows: np.ndarray) -> np.ndarray:
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0.0)
    rows = rows / np.where(largest > 0, largest, 1)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: np.ndarray = rows / np.where(length > 0, length, 1)
    return unit
