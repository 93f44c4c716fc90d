"""What a comparison with another tool says in a terminal (*trusted*)."""

from __future__ import annotations

from autograder.classroom.compare import SAME, Comparison, Difference
from autograder.messages import safe
from autograder.report import NAME_CHARS, table


def totals(found: Comparison, width: int | None = None) -> str:
    """Return a row per hand-in: the two totals, and in which questions they differ."""
    rows = []
    for name, (theirs, ours) in found.totals.items():
        odd = [d.question + ("" if d.reason else " (!)") for d in found.differences if d.hand_in == name]
        equal = (
            "equal" if not odd and abs(theirs - ours) <= SAME * max(1, len(found.questions)) else "differs"
        )
        rows.append(
            [
                safe(name, NAME_CHARS),
                f"{theirs:g}",
                f"{ours:g}",
                ": ".join([equal, *[", ".join(odd)] * bool(odd)]),
            ]
        )
    return table(["hand-in", found.tool, "ours", ""], rows, width)


def differences(found: Comparison) -> list[str]:
    """Return a line per difference: whose, where, both points, why, and what was seen."""
    return [_line(found.tool, d) for d in found.differences]


def _line(tool: str, d: Difference) -> str:
    why = d.reason.value if d.reason is not None else "unexplained"
    seen = f" ({d.evidence})" if d.evidence else ""
    return f"{safe(d.hand_in, NAME_CHARS)}, {d.question}: {tool} {d.theirs:g}, ours {d.ours:g} of {d.maximum:g}: {why}{seen}"


def summary(found: Comparison) -> list[str]:
    """Return what it comes to."""
    hand_ins, questions = len(found.totals), len(found.questions)
    compared = hand_ins * questions
    differing = {(d.hand_in, d.question) for d in found.differences}
    equal = compared - len(differing)
    lines = [
        f"{hand_ins} hand-in{'s' * (hand_ins != 1)}, {questions} question{'s' * (questions != 1)}: "
        f"{equal} of {compared} scores are equal"
    ]
    for reason, count in found.reasons().most_common():
        lines.append(f"{count} explained: {reason.value}")
    if found.unexplained:
        lines.append(f"{len(found.unexplained)} unexplained: look at these, marked with (!)")
    lines += [f"look at this: {note}" for note in found.notes]
    return lines
