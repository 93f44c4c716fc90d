"""Reasons of a class that differ only by a number, put together (*trusted*, standard library only)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

PLACE = "…"  # stands for a number
# A number, not a digit of a name: float32 and float64 are two things, line 3 and line 4 are one.
_NUMBER = re.compile(
    r"(?<![\w.])[-−+]?(?:0x[0-9a-f]+|(?:\d+(?:[._,]\d+)*|\.\d+)(?:e[-+−]?\d+)?)(?=(?:ms|s|[kmg]i?b)?(?!\w))",
    re.IGNORECASE,
)
_ROW = re.compile(rf"{PLACE}(?:(?:, ?| ?× ?| )(?:{PLACE}))+")  # (3, 4) and (3, 4, 5): both a shape
MAX_CHARS = 600


def pattern(reason: str) -> str:
    """Return the sentence with a place where a number stands."""
    return _ROW.sub(PLACE, _NUMBER.sub(PLACE, reason[:MAX_CHARS]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A sentence that several students read, with the numbers left out where they differ."""

    text: str
    students: tuple[str, ...]  # each once, in the order in which they came
    questions: tuple[str, ...] = ()
    points: float = 0.0  # lost by all of them together


def grouped(found: Iterable[tuple[str, str, str, float]]) -> list[Group]:
    """Put (question, reason, student, points lost) together, by how many students it concerns."""
    sentences: dict[str, Counter[str]] = {}
    students: dict[str, dict[str, None]] = {}
    questions: dict[str, dict[str, None]] = {}
    points: dict[str, float] = {}
    for question, reason, student, lost in found:
        if not reason:
            continue
        key = pattern(reason)
        sentences.setdefault(key, Counter())[reason[:MAX_CHARS]] += 1
        students.setdefault(key, {})[student] = None
        questions.setdefault(key, {})[question] = None
        points[key] = points.get(key, 0.0) + lost
    groups = [
        Group(
            # One sentence for all of them keeps its numbers.
            text=next(iter(sentences[key])) if len(sentences[key]) == 1 else key,
            students=tuple(students[key]),
            questions=tuple(q for q in questions[key] if q),
            points=round(points[key], 2),
        )
        for key in sentences
    ]
    return sorted(groups, key=lambda g: (-len(g.students), -g.points, g.text))
