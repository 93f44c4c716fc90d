"""Who of a class handed in the same trained weights: for staff, never a verdict (*trusted*; NumPy only).

A check leaves a *print* of a hand-in's weights (``fingerprint``): rows, such as the filters of the first
layer, that a network may hold in any order and at any scale without predicting anything else. A check sees
one hand-in only; here all prints of a class are compared. The same weights need not mean that somebody
copied: the same seed, data and settings give them too. That is for a person to find out.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.model import GradingResult

__all__ = ["Group", "alike", "in_class", "matched_similarity", "pack", "unpack"]

MAX_ROWS = 64
MATCHED = 0.9  # share of the rows that count, best first: a pruned filter or two hide no copy
ALIKE = 0.98  # mean cosine; week 3a's trained networks of different seeds are below 0.6 (tests/unit/test_alike.py)


@dataclass(frozen=True, slots=True)
class Group:
    """Hand-ins whose prints are the same but for order and scale; ``similarity`` is the least among them."""

    name: str
    members: tuple[str, ...]
    similarity: float

    def sentence(self) -> str:
        """Return what staff reads."""
        who = ", ".join(self.members[:-1]) + " and " + self.members[-1]
        return (
            f"{who}: the same {self.name} but for order and scale (similarity {self.similarity:.3f}). "
            "One seed with the same settings gives that too: compare how they trained."
        )


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


def alike(prints: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Group]:
    """Return the groups of hand-ins (name → its prints) that share weights, largest first."""
    by_name: dict[str, dict[str, np.ndarray]] = {}
    for member in sorted(prints):
        for one in prints[member]:
            by_name.setdefault(one["name"], {})[member] = unpack(one)
    groups: list[Group] = []
    for name, rows in by_name.items():
        found: dict[str, dict[str, float]] = {}  # by the first member: everybody like it, and how like
        for member, ours in rows.items():
            similarities = ((first, matched_similarity(rows[first], ours)) for first in found)
            first, similarity = next((f for f in similarities if f[1] >= ALIKE), (member, 1.0))
            found.setdefault(first, {})[member] = similarity
        groups += [Group(name, tuple(m), min(m.values())) for m in found.values() if len(m) > 1]
    return sorted(groups, key=lambda g: (-len(g.members), g.members))


def in_class(results: Mapping[str, GradingResult]) -> list[Group]:
    """Return the groups of a class (name → result) whose checks left prints that are alike."""
    return alike({name: [p for c in r.checks for p in c.fingerprints] for name, r in results.items()})


def _unit(rows: np.ndarray) -> np.ndarray:
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0.0)
    rows = rows / np.where(largest > 0, largest, 1)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: np.ndarray = rows / np.where(length > 0, length, 1)
    return unit
