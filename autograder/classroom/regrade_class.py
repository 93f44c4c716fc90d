"""A whole class before and after: who moves, who stays, who keeps a score that we could not check (*trusted*)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from autograder.classroom.regrade_moves import Cause, Change, Move, Pair, Why, changes_of
from autograder.classroom.regrade_records import Record
from autograder.messages import OURS
from autograder.model import GradingResult, Outcome

ByHand = Mapping[str, Mapping[str, float]]  # student → question → the score that a person gave
_MORE = 1e-9


class Charge(Protocol):
    """What lateness takes from a score, in points, and why."""

    @property
    def final(self) -> float:
        """What is left."""

    @property
    def why(self) -> str:
        """Why, in words; nothing where there is nothing to say."""


ChargeOf = Callable[[str, GradingResult], Charge | None]  # of a student's result


@dataclass(frozen=True, slots=True)
class NotGraded:
    """A hand-in that could not be graded now: it keeps the points that it has, or None."""

    student: str
    why: str
    keeps: float | None
    ours: bool  # a fault of ours, which another try may mend


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Everything that a regrade would do, or did; points are those of the automatic questions."""

    assignment: str
    moves: tuple[Move, ...]
    verdicts: tuple[Move, ...]  # every question keeps its score, a check ended otherwise
    stay: tuple[str, ...]
    not_graded: tuple[NotGraded, ...]
    changes: tuple[Change, ...]
    before: Mapping[str, tuple[float, float]]  # student → points, maximum
    after: Mapping[str, tuple[float, float]]
    by_hand: ByHand = field(default_factory=dict)
    late: Mapping[str, tuple[Charge | None, Charge]] = field(default_factory=dict)  # of movers: before, now
    maxima: Mapping[str, float] = field(default_factory=dict)  # question → points, now
    notes: tuple[str, ...] = ()  # sentences for staff about single students
    bundles: Mapping[str, int] = field(default_factory=dict)  # digest → stored results that were made with it
    bundle: str = ""

    @property
    def above_maximum(self) -> list[tuple[str, str, float, float]]:
        """(student, question, a person's score, maximum) where a person gave more than there is to have now."""
        return [
            (student, question, score, self.maxima[question])
            for student, scores in sorted(self.by_hand.items())
            for question, score in scores.items()
            if question in self.maxima and score > self.maxima[question] + _MORE
        ]

    @property
    def decided_by_hand(self) -> list[tuple[str, str, float]]:
        """(student, question, a person's score) where that stands, though the automatic score moves."""
        return [
            (move.student, question, self.by_hand[move.student][question])
            for move in self.moves
            for question in move.questions
            if question in self.by_hand.get(move.student, {})
        ]

    @property
    def reviews(self) -> list[tuple[str, str, float]]:
        """(student, check, points) that a person decides now and none did before."""
        return [
            (move.student, f"{c.check.question}/{c.check.name}", c.check.max_score)
            for move in (*self.moves, *self.verdicts)
            for c in move.checks
            if c.after is not None and c.after.outcome is Outcome.REVIEW
        ]

    def counted(self, move: Move) -> tuple[float | None, float]:
        """Return a student's points before and after as the gradebook counts them: a person's score stands."""
        hand = self.by_hand.get(move.student, {})
        return (None if move.before is None else _total(move.before, hand)), _total(move.after, hand)


def _total(result: GradingResult, hand: Mapping[str, float]) -> float:
    names = [q.name for q in result.questions if not q.manual]
    return round(sum(hand.get(name, result.score_of(name)) for name in names), 2)


def compare(
    assignment: str,
    records: Mapping[str, tuple[Record | None, Record, str]],
    *,
    by_hand: ByHand | None = None,
    charge: ChargeOf = lambda _student, _result: None,
    notes: tuple[str, ...] = (),
) -> Comparison:
    """Compare what stands with what the current checks found: (old, new, the hand-in's digest) by student.

    ``charge`` says what lateness makes of a result: of both the same, as the hand-in came when it came.
    """
    moves, verdicts, stay, not_graded, pairs = [], [], [], [], []
    before: dict[str, tuple[float, float]] = {}
    after: dict[str, tuple[float, float]] = {}
    bundles: dict[str, int] = {}
    maxima: dict[str, float] = {}
    said = list(notes)
    for student, (stored, new, hand_in) in sorted(records.items()):
        old = stored.standing if stored else None
        if old is not None:
            bundles[old.bundle] = bundles.get(old.bundle, 0) + 1
            if old.result.graded:
                before[student] = (old.result.score, old.result.max_score)
        maxima = {q.name: q.points for q in new.result.questions} or maxima
        if not new.result.graded:
            not_graded.append(_not_graded(student, old, new))
            if student in before:
                after[student] = before[student]
            continue
        after[student] = (new.result.score, new.result.max_score)
        try:
            pair = Pair(old, new, hand_in) if old else None
            move = pair.move(student) if pair else _first(student, new)
            list(pair.changes() if pair else ())
        except Exception as error:  # noqa: BLE001  one odd record costs only the reasons of its own move
            said.append(f"{student}: what its result was made with cannot be read ({type(error).__name__})")
            assert old is not None
            pair = Pair(replace(old, made_with=None), new, hand_in)
            move = pair.move(student)
        if pair is not None:
            pairs.append(pair)
        if move is not None and move.questions:
            moves.append(move)
        elif move is not None and any(c.other_verdict for c in move.checks):
            verdicts.append(move)
        else:  # also where only the points within a question are divided otherwise
            stay.append(student)
    return Comparison(
        assignment=assignment,
        moves=tuple(moves),
        verdicts=tuple(verdicts),
        stay=tuple(stay),
        not_graded=tuple(not_graded),
        changes=tuple(changes_of(pairs)),
        before=before,
        after=after,
        by_hand={s: dict(q) for s, q in (by_hand or {}).items() if s in records},
        late=_late(moves, charge),
        maxima=maxima,
        notes=tuple(said),
        bundles=bundles,
        bundle=next((new.bundle for _, new, _ in records.values()), ""),
    )


def _late(moves: Iterable[Move], charge: ChargeOf) -> dict[str, tuple[Charge | None, Charge]]:
    """Return what lateness takes, of those who move and from whom it takes something."""
    found: dict[str, tuple[Charge | None, Charge]] = {}
    for move in moves:
        now = charge(move.student, move.after)
        if now is not None and now.final < move.after.score - _MORE:
            found[move.student] = (None if move.before is None else charge(move.student, move.before), now)
    return found


def _first(student: str, new: Record) -> Move:
    return Move(student, None, new.result, (), (Why(Cause.FIRST, "no result is stored"),))


def _not_graded(student: str, old: Record | None, new: Record) -> NotGraded:
    ours = OURS in new.result.notices
    why = next(iter(new.result.staff_notes if ours else new.result.notices), "no reason is known")
    keeps = old.result.score if old is not None and old.result.graded else None
    return NotGraded(student, why[:300], keeps, ours)
