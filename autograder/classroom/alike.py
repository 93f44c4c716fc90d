"""Who of a class handed in the same trained weights: for staff, never a verdict (*trusted*; NumPy only).

The same weights need not mean that somebody copied: the same seed, data and settings give them too. That is for a
person to find out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.judge import weight_prints
from autograder.model import GradingResult


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


def alike(prints: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Group]:
    """Return the groups of hand-ins (name → its prints) that share weights, largest first."""
    by_name: dict[str, dict[str, np.ndarray]] = {}
    for member in sorted(prints):
        for one in prints[member]:
            with suppress(Exception):  # a print that cannot be read costs nobody else the comparison
                by_name.setdefault(one["name"], {})[member] = weight_prints.unpack(one)
    groups: list[Group] = []
    for name, rows in by_name.items():
        found: dict[str, dict[str, float]] = {}  # by the first member: everybody like it, and how like
        for member, ours in rows.items():
            similarities = ((first, _similarity(rows[first], ours)) for first in found)
            first, similarity = next((f for f in similarities if f[1] >= weight_prints.ALIKE), (member, 1.0))
            found.setdefault(first, {})[member] = similarity
        groups += [Group(name, tuple(m), min(m.values())) for m in found.values() if len(m) > 1]
    return sorted(groups, key=lambda g: (-len(g.members), g.members))


def _similarity(ours: np.ndarray, theirs: np.ndarray) -> float:
    try:
        return weight_prints.matched_similarity(ours, theirs)
    except (ArithmeticError, IndexError, MemoryError, ValueError):
        return 0.0


def in_class(results: Mapping[str, GradingResult]) -> list[Group]:
    """Return the groups of a class (name → result) whose checks left prints that are alike."""
    return alike({name: [p for c in r.checks for p in c.fingerprints] for name, r in results.items()})
