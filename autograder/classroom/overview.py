"""The figures of a class about one assignment: what its page shows and ``overview --json`` prints (*trusted*).

Points are the automatic ones, before lateness and without what people gave: ✍ and late are shown beside them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from autograder.classroom import reasons, statistics, suspects
from autograder.classroom.circumstances import Circumstances, Late, Links
from autograder.classroom.reasons import Group
from autograder.classroom.suspects import CheckFigures, Suspect
from autograder.leaderboard import LARGEST
from autograder.messages import safe
from autograder.model import GradingResult, Outcome

FORM = 1  # of the JSON; grows when a name in it changes its meaning
BINS = 10  # of the histograms
MAX_NAME = 80  # characters of a student's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """One row: points by question (None: none, as it is not graded or a person has not decided)."""

    name: str
    graded: bool
    points: float | None
    scores: Mapping[str, float | None]
    seconds: float | None
    peak_mb: float | None
    why: str = ""  # why it is not graded
    late: Late | None = None
    links: Links = field(default_factory=Links)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionFigures:
    """How a question went: the share of its points, and how it goes with the rest (−1 to 1)."""

    name: str
    title: str
    points: float
    manual: bool
    mean: float | None  # points
    share: float | None  # of the points
    full: int  # students with all points
    none: int  # students with no points
    judged: int
    discrimination: float | None
    interval: tuple[float, float] | None
    waiting: int = 0  # of a ✍ question: hand-ins that nobody has graded yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A number that a check recorded about a hand-in, with its 95 % interval if there is one."""

    student: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Seconds or MB of a class's hand-ins, and who needed the most."""

    name: str
    unit: str
    summary: statistics.Summary | None
    bins: tuple[statistics.Bin, ...]
    most: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All figures of a class about one assignment."""

    assignment: str
    hand_ins: int
    graded: int
    most_points: float
    points: statistics.Summary | None
    bins: tuple[statistics.Bin, ...]
    questions: tuple[QuestionFigures, ...]
    checks: tuple[CheckFigures, ...]
    suspects: tuple[Suspect, ...]
    nobody_fails: tuple[CheckFigures, ...]
    reasons: tuple[Group, ...]
    stopped: tuple[Group, ...]  # cells that ended in an error
    notices: tuple[Group, ...]
    students: tuple[Student, ...]
    missing: tuple[str, ...]
    has_roster: bool
    leaderboards: Mapping[str, tuple[Entry, ...]]
    usage: tuple[Usage, ...]
    look: tuple[str, ...]  # what checks flagged, and who shares weights
    notes: tuple[str, ...]  # what could not be found out

    def to_json(self) -> dict[str, Any]:
        """Return plain data; a number that is none is ``null``."""
        plain = asdict(self)
        plain["suspects"] = [
            {"rank": rank, "question": s.check.question, "check": s.check.name, "title": s.check.title}
            | {
                "points": s.check.points,
                "why": list(s.why),
                "hint": s.hint,
                "students": list(s.check.failing),
            }
            for rank, s in enumerate(self.suspects, 1)
        ]
        plain["nobody_fails"] = [{"question": c.question, "check": c.name} for c in self.nobody_fails]
        return {"form": FORM, **_plain(plain)}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, (list, tuple)) else value


def of_class(
    assignment: str,
    results: Mapping[str, GradingResult],
    around: Circumstances | None = None,
    alike: Sequence[str] = (),
) -> Overview:
    """Return the figures of a class: name → result, and what lies beside the results."""
    around = around or Circumstances()
    graded = {name: r for name, r in results.items() if r.graded}
    checks = suspects.figures(results, around.traits)
    questions = _questions(results)
    most = max((r.max_score for r in graded.values()), default=0.0)
    points = [r.score for r in graded.values()]
    return Overview(
        assignment=assignment,
        hand_ins=len(results),
        graded=len(graded),
        most_points=most,
        points=statistics.summary(points),
        bins=tuple(statistics.histogram(points, 0, max(most, *points), BINS))
        if points
        else (),  # a bonus is beyond
        questions=tuple(_question(q, graded, around) for q in questions.values()),
        checks=tuple(checks),
        suspects=tuple(suspects.ranked(checks, len(graded))),
        nobody_fails=tuple(suspects.nobody_fails(checks)),
        reasons=tuple(reasons.grouped(_lost(graded))),
        stopped=tuple(
            reasons.grouped(
                ("", f"cell {p.cell or '?'} ({p.label}): {p.reason}", name, 0.0)
                for name, r in sorted(results.items())
                for p in r.problems
            )
        ),
        notices=tuple(
            reasons.grouped(("", n, name, 0.0) for name, r in sorted(results.items()) for n in r.notices)
        ),
        students=tuple(_student(name, r, questions, around) for name, r in sorted(results.items())),
        missing=around.missing,
        has_roster=around.has_roster,
        leaderboards=_leaderboards(graded),
        usage=tuple(_usage(results)),
        look=(*_flags(results), *alike),
        notes=around.notes,
    )


def _questions(results: Mapping[str, GradingResult]) -> dict[str, Any]:
    """Return every question once; hand-ins that an earlier release was graded with may have others."""
    found: dict[str, Any] = {}
    for _, result in sorted(results.items(), key=lambda pair: (not pair[1].graded, pair[0])):
        for question in result.questions:
            found.setdefault(question.name, question)
    return found


def _has(result: GradingResult, question: str) -> bool:
    return any(q.name == question for q in result.questions)


def _question(question: Any, graded: Mapping[str, GradingResult], around: Circumstances) -> QuestionFigures:
    given = {name: around.by_hand.get(name, {}).get(question.name) for name in graded}
    rows: dict[str, float] = {}
    rest: dict[str, float] = {}
    for name, result in graded.items():
        if not _has(result, question.name):
            continue
        score = given[name] if question.manual else result.score_of(question.name)
        if score is None:
            continue
        most = result.max_score - (0 if question.manual else question.points)
        rows[name] = score
        rest[name] = (result.score - (0 if question.manual else score)) / most if most > 1e-9 else 0.0
    r = statistics.pearson(list(rows.values()), list(rest.values())) if rows else None
    mean = sum(rows.values()) / len(rows) if rows else None
    return QuestionFigures(
        name=question.name,
        title=question.title,
        points=question.points,
        manual=question.manual,
        mean=mean,
        share=mean / question.points if mean is not None and question.points else None,
        full=sum(score >= question.points - 1e-9 for score in rows.values()),
        none=sum(score <= 1e-9 for score in rows.values()),
        judged=len(rows),
        discrimination=r,
        interval=statistics.correlation_interval(r, len(rows)),
        waiting=sum(_has(res, question.name) for res in graded.values()) - len(rows)
        if question.manual
        else 0,
    )


def _student(
    name: str, result: GradingResult, questions: Mapping[str, Any], around: Circumstances
) -> Student:
    given = around.by_hand.get(name, {})
    scores: dict[str, float | None] = {}
    for question in questions.values():
        if question.manual:
            scores[question.name] = given.get(question.name)
        else:
            there = result.graded and _has(result, question.name)
            scores[question.name] = result.score_of(question.name) if there else None
    return Student(
        name=name,
        graded=result.graded,
        points=result.score if result.graded else None,
        scores=scores,
        seconds=_number(result.extra, "timing", "total_s"),
        peak_mb=_number(result.extra, "memory", "peak_mb"),
        why="" if result.graded else safe("; ".join(result.staff_notes or result.notices), 400),
        late=around.late.get(name),
        links=around.links.get(name, Links()),
    )


def _number(extra: Mapping[str, Any], part: str, key: str) -> float | None:
    inner = extra.get(part)
    value = inner.get(key) if isinstance(inner, Mapping) else None
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if usable and value is not None else None


def _lost(graded: Mapping[str, GradingResult]) -> Iterable[tuple[str, str, str, float]]:
    for name, result in sorted(graded.items()):
        for check in result.checks:
            if check.outcome is Outcome.FAILED:
                yield check.question, check.reason, name, check.max_score - check.score


def _flags(results: Mapping[str, GradingResult]) -> list[str]:
    """Return each note once, with everybody whom it is about."""
    whom: dict[tuple[str, str], list[str]] = {}
    for name, result in sorted(results.items()):
        for check in result.checks:
            for note in dict.fromkeys(check.flags):
                whom.setdefault((check.question, note), []).append(name)
    return [f"{question}: {note}: {', '.join(names)}" for (question, note), names in whom.items()]


def _leaderboards(graded: Mapping[str, GradingResult]) -> dict[str, tuple[Entry, ...]]:
    """Return by name what checks recorded, the best first; of two numbers of a student's under one name the first."""
    boards: dict[str, dict[str, Entry]] = {}
    for name, result in sorted(graded.items()):
        for check in result.checks:
            for entry in check.leaderboard:
                value, low, high = (entry.get(key) for key in ("value", "low", "high"))
                numbers = [n for n in (value, low, high) if n is not None]
                if value is None or not all(
                    isinstance(n, (int, float)) and math.isfinite(n) and abs(n) <= LARGEST for n in numbers
                ):
                    continue
                board = boards.setdefault(safe(entry.get("name", ""), MAX_NAME), {})
                board.setdefault(name, Entry(student=name, value=float(value), low=low, high=high))
    return {
        board: tuple(sorted(entries.values(), key=lambda e: (-e.value, e.student)))
        for board, entries in boards.items()
    }


def _usage(results: Mapping[str, GradingResult]) -> Iterable[Usage]:
    for name, unit, part, key in (
        ("time of a hand-in", "s", "timing", "total_s"),
        ("memory at its peak", "MB", "memory", "peak_mb"),
    ):
        found = {n: v for n, r in results.items() if (v := _number(r.extra, part, key)) is not None}
        if not found:
            continue
        values = list(found.values())
        yield Usage(
            name=name,
            unit=unit,
            summary=statistics.summary(values),
            bins=tuple(statistics.histogram(values, 0, max(values), BINS)),
            most=tuple(sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:5]),
        )
