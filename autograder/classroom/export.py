"""The gradebook's scores, out (*trusted*)."""

from __future__ import annotations

from pathlib import Path

from autograder.config import CourseConfig
from autograder.errors import UsageError


def export(course: CourseConfig, to: Path, wanted: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Write the gradebook as CSV; return the (assignment, student) pairs that wait for a person.

    Raises
    ------
    UsageError
        If there is no gradebook yet, no such assignment in it, or no folder to write to.
    """
    from autograder import gradebook
    from autograder.classroom import scores

    gradebook.require(course.db_url)
    with gradebook.open_gradebook(course.db_url, course.course_id) as book:
        known = sorted(a.name for a in book.assignments)
    for name in wanted:
        if name not in known:
            there = ", ".join(known) or "none"
            raise UsageError(
                f"{name!r}: no such assignment in the gradebook; nothing was written.\nThere are: {there}."
            )
    if to.is_dir() or not to.absolute().parent.is_dir():
        raise UsageError(f"{to}: not a file in a folder that exists; nothing was written.")
    return scores.export_scores(course.db_url, course.course_id, to, wanted)
