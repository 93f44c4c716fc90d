"""Who of a class handed in the same trained weights: for staff, never a verdict (*trusted*; NumPy only).

A check leaves a *print* of a hand-in's weights (``fingerprint``): rows, such as the filters of the first
layer, that a network may hold in any order and at any scale without predicting anything else. A check sees
one hand-in only; here all prints of a class are compared. The same weights need not mean that somebody
copied: the same seed, data and settings give them too. That is for a person to find out.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.model import GradingResult

__all__ = ["Group", "alike", "in_class", "matched_similarity", "pack", "unpack"]

MAX_ROWS = 64
MAX_COLUMNS = 1024
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
    """Return a print as plain data: at most 64 rows of at most 1,024 numbers, a byte each.

    ``rows`` is a matrix of finite numbers. Which rows stand for a larger set depends on the rows alone, not
    on their order.
    """
    unit = _unit(rows[:, :MAX_COLUMNS])
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
    """Return the mean cosine of the best one-to-one match of two sets of unit rows; 0 for other shapes.

    Greedy, best pairs first: for copies, the only case that matters, greedy is optimal.
    """
    if ours.shape != theirs.shape or not ours.size:
        return 0.0
    cosines = ours @ theirs.T
    if cosines.max(axis=1).mean() < ALIKE:  # an upper bound, for most pairs enough
        return float(cosines.max(axis=1).mean())
    matched = []
    for _ in range(len(cosines)):
        i, j = np.unravel_index(int(np.argmax(cosines)), cosines.shape)
        matched.append(float(cosines[i, j]))
        cosines[i, :] = cosines[:, j] = -2.0
    return float(np.mean(matched))


def alike(prints: Mapping[str, Sequence[Mapping[str, Any]]], threshold: float = ALIKE) -> list[Group]:
    """Return the groups of hand-ins (name → its prints) that share weights, largest first."""
    by_name: dict[str, dict[str, np.ndarray]] = {}
    for member in sorted(prints):
        for one in prints[member]:
            by_name.setdefault(one["name"], {})[member] = unpack(one)
    groups: list[Group] = []
    for name, rows in by_name.items():
        leaders = {member: member for member in rows}
        least: dict[tuple[str, str], float] = {}
        for a, b in itertools.combinations(rows, 2):
            similarity = matched_similarity(rows[a], rows[b])
            if similarity >= threshold:
                least[a, b] = similarity
                old, new = leaders[b], leaders[a]
                leaders = {m: new if leader == old else leader for m, leader in leaders.items()}
        for leader in dict.fromkeys(leaders.values()):
            members = tuple(m for m in rows if leaders[m] == leader)
            if len(members) > 1:
                found = [s for pair, s in least.items() if pair[0] in members]
                groups.append(Group(name, members, min(found)))
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
