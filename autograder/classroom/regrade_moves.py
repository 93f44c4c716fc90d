"""Who moves between two results of the same student, by which check, because of what (*trusted*).

A cause is named only if it is known: what an older record does not say is called unknown, and a move that nothing
explains is called that. A check whose share of its points stayed moved by its points alone, whatever else changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from autograder.classroom.regrade_records import PARTS, Record
from autograder.model import CheckResult, GradingResult, Outcome

_SAME = 0.005  # points and shares are rounded to hundredths
_PARTS = {
    "reference": "the reference solution",
    "card": "the reference card",
    "weights": "the reference weights",
    "private": "the private data",
    "helpers": "the course's helpers",
    "locked": "a locked cell",
    "public": "the released files",
    "limits": "the time limits",
}


class Cause(StrEnum):
    """What may move a score."""

    CHECK = "changed check"
    ADDED = "added check"
    REMOVED = "removed check"
    POINTS = "changed points"
    HAND_IN = "changed hand-in"
    ENGINE = "other engine"
    BUILDS_ON = "builds on"  # its verdict follows another check's
    DRAWS = "new random draws"  # its inputs are drawn anew with every change of the bundle
    FIRST = "not graded before"
    NOTHING = "nothing known"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class Why:
    """A cause, and what exactly, in words for staff."""

    cause: Cause
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.cause.value} ({self.detail})" if self.detail else self.cause.value


@dataclass(frozen=True, slots=True)
class CheckMove:
    """One check that ended otherwise; ``before`` or ``after`` is None for one that was added or removed."""

    before: CheckResult | None
    after: CheckResult | None
    why: tuple[Why, ...]

    @property
    def check(self) -> CheckResult:
        """The check as it is now, or as it was when it was removed."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def other_verdict(self) -> bool:
        """Whether a check that was there and still is ended otherwise."""
        both = self.before is not None and self.after is not None
        return both and self.before.outcome is not self.after.outcome  # type: ignore[union-attr]

    @property
    def points(self) -> float:
        """By how many points the score moves through it."""
        return round(_score(self.after) - _score(self.before), 2)


@dataclass(frozen=True, slots=True)
class Move:
    """A student's results before and after; ``before`` is None where no score stood."""

    student: str
    before: GradingResult | None
    after: GradingResult
    checks: tuple[CheckMove, ...]
    why: tuple[Why, ...]

    @property
    def points(self) -> float:
        """By how many points the total moves; from nothing: all."""
        return round(self.after.score - (self.before.score if self.before else 0.0), 2)

    @property
    def questions(self) -> tuple[str, ...]:
        """The questions whose score moves, and with it a row of the gradebook."""
        if self.before is None:
            return tuple(q.name for q in self.after.questions if not q.manual)
        names = dict.fromkeys(c.question for r in (self.before, self.after) for c in r.checks)
        return tuple(n for n in names if abs(self.before.score_of(n) - self.after.score_of(n)) > _SAME)


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is other than it was for ``hand_ins`` hand-ins, whether it moved a score or not."""

    kind: str
    what: str
    detail: str
    hand_ins: int


class Pair:
    """Two records of one student's: what stands now, and what the current checks found."""

    def __init__(self, old: Record, new: Record, hand_in: str) -> None:
        self.old, self.new, self.hand_in = old, new, hand_in
        self.old_checks = {_key(c): c for c in old.result.checks}
        self.new_checks = {_key(c): c for c in new.result.checks}
        self.renamed = self._renamed()

    @cached_property
    def same_bundle(self) -> bool | None:
        """Tell whether the checks are the same; None where the old record does not say."""
        return self.old.bundle == self.new.bundle if self.old.bundle and self.new.bundle else None

    @cached_property
    def engine(self) -> tuple[str, ...] | None:
        """What is other about the engine, in words; None where that is not known."""
        old, new = self.old.made_with, self.new.made_with
        if old is not None and new is not None:
            return tuple(_engine_differences(old["engine"], new["engine"]))
        versions = [r.result.extra.get("autograder_version") for r in (self.old, self.new)]
        known = all(versions) and versions[0] != versions[1]
        return (f"autograder {versions[0]} → {versions[1]}",) if known else None

    @cached_property
    def hand_in_changed(self) -> bool | None:
        """Tell whether other files are handed in."""
        same = self.old.had_hand_in(self.hand_in)
        return None if same is None else not same

    def check_changes(self, old_key: str, new_key: str) -> tuple[str, ...] | None:
        """Return in words what is other about a check and what it rests on; None where that is not known."""
        if self.same_bundle:
            return ()
        old, new = self.old.made_with, self.new.made_with
        if old is None or new is None:
            return None
        before, after = old["checks"].get(old_key), new["checks"].get(new_key)
        if before is None or after is None:
            return None
        own = (("code", "its code"), ("rules", "its limits or visibility"), ("after", "what it builds on"))
        found = [words for key, words in own if before[key] != after[key]]
        used = {*before["uses"], *after["uses"], *(_PARTS.keys() - set(PARTS))}
        found += [
            words
            for part, words in _PARTS.items()
            if part in used and old["parts"][part] != new["parts"][part]
        ]
        return tuple(found)

    def _renamed(self) -> dict[str, str]:
        """Return new name → old name of checks that are the same under another name."""
        old, new = self.old.made_with, self.new.made_with
        if old is None or new is None:
            return {}
        gone = [k for k in self.old_checks if k not in self.new_checks and k in old["checks"]]
        found: dict[str, str] = {}
        for key in self.new_checks:
            if key in self.old_checks or key not in new["checks"]:
                continue
            for other in gone:
                same = old["checks"][other]["code"] == new["checks"][key]["code"]
                if same and other.split("/")[0] == key.split("/")[0] and other not in found.values():
                    found[key] = other
                    break
        return found

    def matched(self) -> list[tuple[str, str]]:
        """Return (old, new) names of every check; "" where there is none."""
        pairs = [
            (key if key in self.old_checks else self.renamed.get(key, ""), key) for key in self.new_checks
        ]
        seen = {old for old, _ in pairs}
        return pairs + [(key, "") for key in self.old_checks if key not in seen]

    # -- moves -----------------------------------------------------------------------------------

    def move(self, student: str) -> Move | None:
        """Return what moves for a student, also a verdict that costs no points; None if nothing does."""
        if not self.old.result.graded:
            why = (Why(Cause.FIRST, _why_not(self.old.result)),)
            return Move(student, None, self.new.result, (), why)
        moved = self._moved()
        checks = tuple(
            self._check_move(old, new, moved) for old, new in self.matched() if (old, new) in moved
        )
        reasons = tuple(dict.fromkeys(why for check in checks for why in check.why))
        return Move(student, self.old.result, self.new.result, checks, reasons) if checks else None

    def _moved(self) -> set[tuple[str, str]]:
        return {
            pair
            for pair in self.matched()
            if _moved(self.old_checks.get(pair[0]), self.new_checks.get(pair[1]))
        }

    def _check_move(self, old_key: str, new_key: str, moved: set[tuple[str, str]]) -> CheckMove:
        before, after = self.old_checks.get(old_key), self.new_checks.get(new_key)
        if before is None:
            why: tuple[Why, ...] = (Why(Cause.ADDED),)
        elif after is None:
            why = (Why(Cause.REMOVED),)
        else:
            why = self._why(before, after, old_key, new_key, moved)
        return CheckMove(before, after, why)

    def _why(
        self, before: CheckResult, after: CheckResult, old_key: str, new_key: str, moved: set[tuple[str, str]]
    ) -> tuple[Why, ...]:
        points = []
        if abs(before.max_score - after.max_score) > _SAME:
            points = [Why(Cause.POINTS, f"{before.max_score:g} → {after.max_score:g}")]
        if points and before.outcome is after.outcome and _same_share(before, after):
            return tuple(points)
        if Outcome.SKIPPED in (before.outcome, after.outcome) and (needed := self._builds_on(new_key, moved)):
            return (*points, Why(Cause.BUILDS_ON, ", ".join(needed)))
        known, unknown = [*points], []
        checks, engine, hand_in = self.check_changes(old_key, new_key), self.engine, self.hand_in_changed
        if checks:
            known.append(Why(Cause.CHECK, ", ".join(checks)))
        if hand_in:
            known.append(Why(Cause.HAND_IN))
        if engine:
            known.append(Why(Cause.ENGINE, ", ".join(engine)))
        for fact, words in ((checks, "the check"), (hand_in, "the hand-in"), (engine, "the engine")):
            if fact is None:
                unknown.append(words)
        if unknown:
            detail = f"the stored result does not say whether {' or '.join(unknown)} changed"
            return (*known, Why(Cause.UNKNOWN, detail))
        if len(known) > len(points):
            return tuple(known)
        if not self.same_bundle:
            return (*points, Why(Cause.DRAWS, "the check is as it was, something else in the bundle is not"))
        return (*points, Why(Cause.NOTHING, "same checks, hand-in and engine: not the same verdict twice"))

    def _builds_on(self, key: str, moved: set[tuple[str, str]]) -> list[str]:
        """Return those checks and questions, of those that a check is after, that ended otherwise, too."""
        both = [(self.new.made_with, key), (self.old.made_with, self.renamed.get(key, key))]
        after = [n for made, k in both if made for n in made["checks"].get(k, {}).get("after", ())]
        names = {name for pair in moved for name in pair if name}
        return [
            needed
            for needed in dict.fromkeys(after)
            if any(name != key and needed in name.split("/") for name in names)
        ]

    # -- what changed, whether it moved anything or not ------------------------------------------

    def changes(self) -> Iterable[tuple[str, str, str]]:
        """Yield (kind, what, detail) of all that is other than it was."""
        old_points = {q.name: q for q in self.old.result.questions}
        new_points = {q.name: q for q in self.new.result.questions}
        for name, question in new_points.items():
            before = old_points.get(name)
            mark = " ✍" if question.manual else ""
            if before is None:
                yield "added question", name + mark, _points(question.points)
            elif abs(before.points - question.points) > _SAME:
                kind = "lowered maximum" if question.points < before.points else "raised maximum"
                yield kind, name + mark, f"{before.points:g} → {_points(question.points)}"
        for name, question in old_points.items():
            if name not in new_points:
                yield "removed question", name, _points(question.points)
        for old_key, new_key in self.matched() if self.old.result.graded and self.new.result.graded else ():
            yield from self._check_changed(old_key, new_key)
        if self.hand_in_changed:
            yield Cause.HAND_IN.value, "", ""
        if self.engine:
            yield Cause.ENGINE.value, "", ", ".join(self.engine)
        unknown = [
            words
            for words, fact in (
                ("checks", True if self.same_bundle or self.old.made_with else None),
                ("hand-in", self.hand_in_changed),
                ("engine", self.engine),
            )
            if fact is None
        ]
        if unknown:
            yield Cause.UNKNOWN.value, "", f"an older stored result does not say: {', '.join(unknown)}"

    def _check_changed(self, old_key: str, new_key: str) -> Iterable[tuple[str, str, str]]:
        before, after = self.old_checks.get(old_key), self.new_checks.get(new_key)
        if before is None and after is not None:
            yield Cause.ADDED.value, new_key, _points(after.max_score)
        elif before is not None and after is None:
            yield Cause.REMOVED.value, old_key, _points(before.max_score)
        elif before is not None and after is not None:
            if old_key != new_key:
                yield "renamed check", new_key, f"was {old_key}"
            if changed := self.check_changes(old_key, new_key):
                yield Cause.CHECK.value, new_key, ", ".join(changed)
            if abs(before.max_score - after.max_score) > _SAME:
                yield Cause.POINTS.value, new_key, f"{before.max_score:g} → {after.max_score:g}"


def changes_of(pairs: Iterable[Pair]) -> list[Change]:
    """Return everything that changed once, with the number of hand-ins that it is other for."""
    counted: dict[tuple[str, str, str], int] = {}
    for pair in pairs:
        for change in pair.changes():
            counted[change] = counted.get(change, 0) + 1
    return [Change(*change, count) for change, count in counted.items()]


def _engine_differences(old: dict[str, Any], new: dict[str, Any]) -> Iterable[str]:
    if old["version"] != new["version"]:
        yield f"autograder {old['version']} → {new['version']}"
    elif old["code"] != new["code"]:
        yield f"its code, within version {new['version']}"
    if old["python"] != new["python"]:
        yield f"Python {old['python']} → {new['python']}"
    for name in sorted({*old["libraries"], *new["libraries"]}):
        before, after = old["libraries"].get(name, "none"), new["libraries"].get(name, "none")
        if before != after:
            yield f"{name} {before} → {after}"
    if old["memory_bytes"] != new["memory_bytes"]:
        yield f"memory limit {old['memory_bytes'] >> 20} → {new['memory_bytes'] >> 20} MB"
    if old["sandbox"] != new["sandbox"]:
        yield f"sandbox {old['sandbox']} → {new['sandbox']}"


def _moved(before: CheckResult | None, after: CheckResult | None) -> bool:
    if before is None or after is None:
        return abs(_score(before) - _score(after)) > _SAME  # one that gave nothing took nothing along
    return before.outcome is not after.outcome or abs(before.score - after.score) > _SAME


def _same_share(before: CheckResult, after: CheckResult) -> bool:
    if not before.max_score or not after.max_score:
        return True
    wanted = before.score / before.max_score * after.max_score
    return abs(wanted - after.score) <= _SAME + 1e-9


def _why_not(result: GradingResult) -> str:
    return next(iter(result.notices), "")[:200]


def _points(number: float) -> str:
    return f"{number:g} point{'' if number == 1 else 's'}"


def _score(check: CheckResult | None) -> float:
    return check.score if check else 0.0


def _key(check: CheckResult) -> str:
    return f"{check.question}/{check.name}"
