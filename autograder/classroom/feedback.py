"""What a student's page says, in its order: what was lost and the first cause of each, then the rest (*trusted*).

Nothing here is markup: see ``templates/student.html``. A loss is a check with what hangs on it: those that were skipped
for it, and those of its question that failed for the very same reason, so that one slip is read once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder import messages
from autograder.classroom.by_hand import NOTHING, Given, score_of
from autograder.late_rule import Charge, Lateness, moment
from autograder.model import CheckResult, GradingResult, Outcome, Question

FIRST_CHARS = 220  # of a reason, before it is opened


@dataclass(slots=True)
class Loss:
    """One cause, and the checks that it cost points in, the first one first."""

    question: Question
    check: CheckResult
    others: list[CheckResult] = field(default_factory=list)

    @property
    def points(self) -> float:
        """Points that are not there because of it."""
        return round(sum(c.max_score - c.score for c in (self.check, *self.others)), 2)

    @property
    def slip(self) -> str:
        """The likely slip in words, where the shapes of a network tell it."""
        last = self.check.ladder[-1] if self.check.ladder else ""
        return last if last in messages.SLIPS.values() else ""

    @property
    def cause(self) -> str:
        """The first sentences of the reason, as many as a glance takes."""
        reason = self.check.reason or self.check.title
        if len(reason) <= FIRST_CHARS:
            return reason
        end = reason.rfind(". ", 40, FIRST_CHARS)
        return f"{reason[:end]}." if end > 0 else f"{reason[: FIRST_CHARS - 1]}…"


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the template writes."""

    student: str
    result: GradingResult
    given: Mapping[str, Given]
    scores: Mapping[str, float | None]
    total: float
    of: float
    open: list[Question]
    charge: Charge | None
    lost: float  # points
    losses: list[Loss]
    by_hand: list[tuple[Question, float]]  # questions in which a person took points, and how many
    doubtful: list[CheckResult]  # a person decides, or a fault of ours: neither lost nor passed
    passed: list[CheckResult]
    facts: list[tuple[str, str]]


def page(
    student: str, result: GradingResult, given: Mapping[str, Given] = NOTHING, late: Lateness | None = None
) -> Page:
    """Gather what is said about one hand-in; what people ``given`` counts before what the checks found."""
    scores = {q.name: score_of(result, q, given) for q in result.questions}
    total = round(sum(score for score in scores.values() if score is not None), 2)
    charge = None
    if late is not None and result.graded:
        charge = late.charge(total, sum(q.points for q in result.questions))
    of = round(sum(q.points for q in result.questions if scores[q.name] is not None), 2)
    full = {q.name for q in result.questions if (scores[q.name] or 0.0) >= q.points > 0}
    return Page(
        student=student,
        result=result,
        given=given,
        scores=scores,
        total=total,
        of=of,
        open=[q for q in result.questions if scores[q.name] is None],
        charge=charge if charge is not None and charge.why else None,
        lost=max(0.0, round(of - total, 2)),
        # A person may have given the whole points of a question in which checks failed.
        losses=[loss for loss in losses(result) if not result.graded or loss.question.name not in full],
        by_hand=[
            (q, round(q.points - score, 2))
            for q in result.questions
            if q.manual and (score := scores[q.name]) is not None and score < q.points
        ],
        doubtful=[c for c in result.checks if c.outcome in (Outcome.REVIEW, Outcome.ERROR)],
        passed=[c for c in result.checks if c.outcome is Outcome.PASSED],
        facts=facts(result, late),
    )


def losses(result: GradingResult) -> list[Loss]:
    """Return what was lost in the notebook's order, one for each cause."""
    questions = {q.name: q for q in result.questions}
    found: dict[tuple[str, str], Loss] = {}
    by_title: dict[str, Loss] = {}
    same: dict[tuple[str, str], Loss] = {}
    for check in result.checks:
        if check.outcome not in (Outcome.FAILED, Outcome.SKIPPED) or check.question not in questions:
            continue
        loss = _cause_of(check, by_title) if check.outcome is Outcome.SKIPPED else None
        # The same words, or the same line of theirs that raised: a visible check tells more of it than a hidden one.
        place = str([check.code[key] for key in ("cell", "line")]) if check.code else check.reason
        loss = loss or same.get((check.question, place)) or same.get((check.question, check.reason))
        if loss is None:
            loss = Loss(questions[check.question], check)
            found[check.question, check.name] = same[check.question, check.reason] = loss
            same[check.question, place] = loss
        else:
            loss.others.append(check)
        by_title.setdefault(check.title, loss)
    return list(found.values())


def _cause_of(check: CheckResult, by_title: Mapping[str, Loss]) -> Loss | None:
    """Return the loss of the check that a skipped one builds on."""
    return next(
        (loss for title, loss in by_title.items() if check.reason == messages.BUILDS_ON.format(title=title)),
        None,
    )


def facts(result: GradingResult, late: Lateness | None = None) -> list[tuple[str, str]]:
    """Return when, what and by what was graded, with time and memory: word and value; what is not known, not."""
    extra = result.extra
    timing, memory = _dict(extra.get("timing")), _dict(extra.get("memory"))
    said: list[tuple[str, str]] = []
    if late is not None and late.handed_in is not None:
        said.append(("handed in", moment(late.handed_in)))
    if isinstance(timing.get("at"), str):
        said.append(("graded", messages.safe(timing["at"], 40)))
    if isinstance(extra.get("submission_sha256"), str):
        said.append(("your files", f"SHA-256 {messages.safe(extra['submission_sha256'], 64)[:16]}"))
    version = " ".join(
        f"{word} {messages.safe(extra[key], 40)[:12]}"
        for word, key in (("release", "bundle_version"), ("checks", "bundle_digest"), ("autograder", "autograder_version"))
        if extra.get(key)
    )  # fmt: skip
    if version:
        said.append(("graded with", version))
    for word, values, key, unit, most in (
        ("time", timing, "total_s", "s", "limit_s"),
        ("memory, at most", memory, "peak_mb", "MB", "limit_mb"),
    ):
        if _is_number(values.get(key)):
            of = f" of {values[most]:.4g} {unit}" if _is_number(values.get(most)) else ""
            said.append((word, f"{values[key]:.4g} {unit}{of}"))
    return said


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
