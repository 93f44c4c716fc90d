"""The records that the stages hand to each other: frozen, validated, JSON in and out (*trusted*)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

_TUPLES = ("flags", "leaderboard", "fingerprints", "ladder", "figures")
MAX_BONUS = 0.25  # of a check's points, for more than was asked


class Outcome(StrEnum):
    """How a check ended, and so who must act on it."""

    PASSED = "passed"
    FAILED = "failed"  # the student's answer is wrong
    SKIPPED = "skipped"  # a check it builds on did not pass
    REVIEW = "review"  # a person decides; no points until then
    ERROR = "error"  # we broke: nobody loses points until a person has looked


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What one check concluded about one hand-in.

    ``reason`` is for the student and made from the fixed vocabulary only; ``staff_note`` is for
    instructors and never shown to a student.

    Raises
    ------
    ValueError
        If the score is NaN or lies outside ``0..1.25·max_score`` points (a bonus is at most a quarter).
    """

    question: str
    name: str
    title: str  # the check's docstring: the line the student reads
    outcome: Outcome
    score: float  # points
    max_score: float  # points
    hidden: bool
    reason: str = ""
    staff_note: str = ""
    flags: tuple[str, ...] = ()  # what a person should look at; for instructors only, and no verdict
    leaderboard: tuple[dict[str, Any], ...] = ()  # name, value and, if known, low and high
    fingerprints: tuple[dict[str, Any], ...] = ()  # see alike.py; for instructors only
    cpu_s: float = 0.0
    ladder: tuple[
        str, ...
    ] = ()  # for the student: the shapes in a network that failed, a line each, and the slip
    code: dict[str, Any] = field(default_factory=dict)  # their own lines that raised; see judge/traces.py
    figures: tuple[dict[str, Any], ...] = ()  # plain numbers of the student's own or public; see figures.py

    def __post_init__(self) -> None:
        most = (1 + MAX_BONUS) * self.max_score
        if not 0 <= self.score <= most:  # also refuses NaN
            msg = f"{self.question}/{self.name}: score {self.score} is not in 0..{most:g} points"
            raise ValueError(msg)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CheckResult:
        """Rebuild the record from its fields as plain data."""
        tuples = {key: tuple(data.get(key, ())) for key in _TUPLES}
        return cls(**{**data, **tuples, "outcome": Outcome(data["outcome"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class CellProblem:
    """A cell of the hand-in that did not end well. ``cell`` counts code cells from 1, as Jupyter does."""

    cell: int
    label: str  # the cell's marker or first line, escaped and capped
    reason: str
    code: dict[str, Any] = field(default_factory=dict)  # the lines that stopped; see judge/traces.py


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One graded cell. ``manual`` questions are graded by a person and carry no checks."""

    name: str  # nbgrader's grade_id
    title: str
    points: float
    manual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GradingResult:
    """Everything one run found out about one hand-in.

    ``graded`` is False when a fault of ours remains: then no score may be shown anywhere.
    """

    assignment: str
    graded: bool
    questions: tuple[Question, ...]
    checks: tuple[CheckResult, ...]
    problems: tuple[CellProblem, ...] = ()
    notices: tuple[str, ...] = ()  # sentences for the student about the hand-in as a whole
    staff_notes: tuple[str, ...] = ()  # for instructors only
    extra: dict[str, Any] = field(default_factory=dict)  # digests, versions, layers, timing

    def score_of(self, question: str) -> float:
        """Return the points of one question, rounded to hundredths."""
        return round(sum(c.score for c in self.checks if c.question == question), 2)

    @property
    def score(self) -> float:
        """Points of all automatic questions, rounded to hundredths."""
        return round(sum(c.score for c in self.checks), 2)

    @property
    def max_score(self) -> float:
        """Points that the automatic questions can give."""
        return round(sum(q.points for q in self.questions if not q.manual), 2)

    def to_json(self) -> dict[str, Any]:
        """Return plain data; ``from_json`` is the inverse."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> GradingResult:
        """Rebuild the record that ``to_json`` described."""
        return cls(
            assignment=data["assignment"],
            graded=bool(data["graded"]),
            questions=tuple(Question(**q) for q in data["questions"]),
            checks=tuple(CheckResult.from_json(c) for c in data["checks"]),
            problems=tuple(CellProblem(**p) for p in data["problems"]),
            notices=tuple(data["notices"]),
            staff_notes=tuple(data["staff_notes"]),
            extra=dict(data["extra"]),
        )


@dataclass(frozen=True, slots=True)
class ManifestCell:
    """One cell of the released notebook: what the bundle knows about it."""

    cell_type: str
    source: str
    kind: str
    grade_id: str
    cell_id: str
    train: bool = False
