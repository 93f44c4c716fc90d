"""A regrade as a page for staff: what the terminal prints, with bars (*trusted*)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autograder.classroom import pages
from autograder.classroom import regrade_words as words
from autograder.classroom.regrade_class import Comparison
from autograder.classroom.regrade_moves import Move

MODES = {
    "rehearsal": "A rehearsal, nothing was written:",
    "applied": "Written:",
    "graded": "Written by autograder grade, after a new release:",
}


def page(found: Comparison, mode: str) -> str:
    """Return the page; whatever came from students is escaped by the template."""
    before, after = (words.histogram(scores.values()) for scores in (found.before, found.after))
    shown = [name for name in after if name != words.BEYOND or before[name] or after[name]]
    return pages.render(
        "regrade.html",
        assignment=found.assignment,
        versions=words.versions(found),
        mode=MODES[mode],
        summary=words.summary(found),
        changes=words.ordered(found.changes),
        look=words.look(found),
        rows=words.by_check(found),
        moves=[_row(found, move) for move in words.in_order(found.moves)],
        tenths=[(name, before[name], after[name]) for name in shown] if found.after else [],
        most=max([1, *before.values(), *after.values()]),
        figures=[
            words.statistics(found.before.values(), "before"),
            words.statistics(found.after.values(), "now"),
        ],
        drafts=words.drafts(found),
    )


def _row(found: Comparison, move: Move) -> dict[str, Any]:
    return {
        "student": move.student,
        "before": f"{move.before.score:g}" if move.before else "–",
        "after": f"{move.after.score:g}",
        "points": move.points,
        "lines": words.lines(found, move),
    }


def write(path: Path, found: Comparison, mode: str) -> Path:
    """Write the page and return its path."""
    path.write_text(page(found, mode), encoding="utf-8", errors="backslashreplace")
    path.chmod(0o600)
    return path
