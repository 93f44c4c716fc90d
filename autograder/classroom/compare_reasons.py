"""Why another tool's points differ from ours: what is known to be wrong there, each told by evidence (*trusted*).

A reason applies only if what it speaks of was seen in that hand-in's own outputs. What none applies to is unexplained.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from autograder.messages import safe
from autograder.model import CheckResult, Outcome

_SHOWN = 120  # characters of what was seen


class Reason(StrEnum):
    """A known difference; the value is its line in a report."""

    # nbgrader's
    STDERR = "nbgrader: anything on stderr, a warning too, takes all points of a test cell that did not fail"
    NOT_RUN = "nbgrader: a test cell that never ran has no output, and no output counts as full"
    PRINTED = "nbgrader: a value that the cell showed counts before the error that it ended with"
    EDITED = (
        "nbgrader: the hand-in's test cell is gone or was edited, so that it gives nothing or something else"
    )
    MISNAMED = (
        "nbgrader: a notebook with another name than the released one is not graded, which gives nothing"
    )
    THEIR_LIMIT = "nbgrader: its own time limit for a cell (Execute.timeout, 30 s if not set) took the points"
    # otter's
    REPR = (
        "otter: a newer NumPy shows np.True_ for True and np.float64(2.0) for 2.0, and the text is compared"
    )
    RENAMED = "otter: the notebook was renamed, so grader.check failed and everything is judged by the names at the end"
    TOO_MUCH = "otter: more points than the question has"
    # either's
    LOST = "one fault cost the hand-in its whole result there"
    # ours, and meant
    REVIEW = "here a person decides: the points could have been forged"
    OUR_LIMIT = "here a time or memory limit ended it; there is none there, or a higher one"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What another tool left of one question of a hand-in."""

    scored: bool = True  # it gave it a score, be it 0
    ran: bool = True
    stderr: str = ""
    error: str = ""  # the name of the exception
    shown: str = ""  # a value that the cell showed as its result
    changed: bool = False  # the hand-in's cell is not the released one, or is not there
    text: str = ""  # the tool's own report of the question
    renamed: str = ""  # otter's: the name that the notebook should have had
    misnamed: str = ""  # nbgrader's: the name that no notebook of the hand-in has


@dataclass(frozen=True, slots=True)
class Seen:
    """One difference, with all that is known about it."""

    theirs: float
    ours: float
    maximum: float
    failed: str
    evidence: Evidence
    checks: tuple[CheckResult, ...] = field(default=())
    graded: bool = True


Finding = tuple[Reason, str] | None


def why(seen: Seen) -> tuple[Reason | None, str]:
    """Return the reason for a difference and what was seen, or None and what the two say."""
    for rule in _RULES:
        if (found := rule(seen)) is not None:
            return found[0], safe(found[1], _SHOWN)
    said = "; ".join(
        dict.fromkeys(c.reason for c in seen.checks if c.outcome is not Outcome.PASSED and c.reason)
    )
    there = seen.failed or seen.evidence.error or _last_line(seen.evidence.text)
    return None, safe(f"there: {there or 'nothing'}; here: {said or 'passed'}", 3 * _SHOWN)


def _last_line(text: str) -> str:
    return text.strip().split("\n")[-1].strip()


def _lost(seen: Seen) -> Finding:
    return (Reason.LOST, seen.failed) if seen.failed and seen.theirs < seen.ours else None


def _waits(seen: Seen) -> Finding:
    waiting = [c for c in seen.checks if c.outcome is Outcome.REVIEW]
    missing = sum(c.max_score for c in waiting)
    if waiting and seen.ours < seen.theirs <= seen.ours + missing + 0.01:
        return Reason.REVIEW, waiting[0].staff_note or waiting[0].reason
    return None


def _our_limit(seen: Seen) -> Finding:
    limited = [c for c in seen.checks if c.outcome is Outcome.FAILED and _LIMIT.search(c.reason)]
    if limited and seen.ours < seen.theirs:
        return Reason.OUR_LIMIT, limited[0].reason
    return None


def _stderr(seen: Seen) -> Finding:
    evidence = seen.evidence
    if seen.theirs == 0 < seen.ours and evidence.stderr and not evidence.error:
        return Reason.STDERR, evidence.stderr
    return None


def _not_run(seen: Seen) -> Finding:
    if not seen.evidence.ran and not seen.evidence.error and seen.theirs >= seen.maximum > seen.ours:
        return Reason.NOT_RUN, "the cell has no execution count"
    return None


def _printed(seen: Seen) -> Finding:
    evidence = seen.evidence
    if evidence.shown and evidence.error and seen.theirs > seen.ours:
        return Reason.PRINTED, f"it showed {evidence.shown}, then {evidence.error}"
    return None


def _edited(seen: Seen) -> Finding:
    if seen.evidence.changed:
        return (
            Reason.EDITED,
            "no such cell in the hand-in" if not seen.evidence.scored else "the cell was edited",
        )
    return None


def _misnamed(seen: Seen) -> Finding:
    if seen.evidence.misnamed and seen.theirs == 0 < seen.ours:
        return Reason.MISNAMED, f"no {seen.evidence.misnamed} in the hand-in"
    return None


def _their_limit(seen: Seen) -> Finding:
    # nbgrader interrupts the kernel; a student's own KeyboardInterrupt costs the points here, too.
    error = seen.evidence.error
    if error in ("CellTimeoutError", "KeyboardInterrupt") and seen.theirs < seen.ours:
        return Reason.THEIR_LIMIT, error
    return None


_GOT = re.compile(
    r"Expected:\n(?P<want>(?:\s+.*\n)+?)\s*Got:\n(?P<got>(?:\s+.*\n?)+?)(?=\s*Trying:|\s*\*{5}|\Z|\n)"
)
_SCALAR = re.compile(
    r"np\.(?:bool_?|str_|float\d*|int\d*|uint\d*|longdouble)\((?P<value>[^()]*)\)|np\.(?P<word>True|False)_"
)
_LIMIT = re.compile(r"did not finish|MB of memory|time for the whole notebook")


def without_numpy_names(text: str) -> str:
    """Return a value's text as NumPy before 2 showed it: ``np.float64(2.0)`` is ``2.0``."""
    return _SCALAR.sub(lambda m: m["value"] if m["value"] is not None else m["word"], text)


def _repr(seen: Seen) -> Finding:
    if seen.theirs >= seen.ours:
        return None
    for found in _GOT.finditer(seen.evidence.text):
        want, got = " ".join(found["want"].split()), " ".join(found["got"].split())
        if want != got and without_numpy_names(want) == without_numpy_names(got):
            return Reason.REPR, f"expected {want}, got {got}"
    return None


def _renamed(seen: Seen) -> Finding:
    if seen.evidence.renamed:
        return Reason.RENAMED, f"the notebook should be named {seen.evidence.renamed}"
    return None


def _too_much(seen: Seen) -> Finding:
    if seen.theirs > seen.maximum + 0.01 and seen.ours <= seen.maximum:
        return Reason.TOO_MUCH, f"{seen.theirs:g} of {seen.maximum:g}"
    return None


_RULES: tuple[Callable[[Seen], Finding], ...] = (
    *(_lost, _misnamed, _stderr, _printed, _not_run, _their_limit, _repr, _renamed, _too_much),
    *(_waits, _our_limit, _edited),
)
