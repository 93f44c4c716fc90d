"""What the author's commands print of an assignment in another tool's form (*trusted*)."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from autograder.cli.common import say, watching
from autograder.dialect import Dialect
from autograder.errors import AutograderError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import ModuleType

    from autograder.config import CourseConfig
    from autograder.places import Row


def is_brought(course: CourseConfig, assignment: str) -> bool:
    """Tell whether an assignment is in nbgrader's or otter's form."""
    from autograder.released import dialect

    return dialect(course, assignment) is not Dialect.OURS


def _steps(course: CourseConfig, assignment: str) -> tuple[ModuleType, str]:
    """Return what reads an assignment's dialect, and the tool's name."""
    from autograder.author import foreign_steps, otter_steps
    from autograder.released import dialect

    if dialect(course, assignment) is Dialect.OTTER:
        return otter_steps, "otter"
    return foreign_steps, "nbgrader"


def say_places(course: CourseConfig, assignment: str) -> None:
    """Say where a released assignment's tests are judged, if it was brought."""
    from autograder.places import read_table, summary

    if rows := read_table(course.bundle(assignment)):
        say(f"{assignment}: {summary(rows)}")


def release(course: CourseConfig, assignment: str, *, check: bool, fresh: bool, among_others: bool) -> bool:
    """Release one, print what was written and where its tests are judged; return whether all of it was released."""
    steps, tool = _steps(course, assignment)
    started = time.monotonic()
    try:
        if check:
            click.echo(f"{steps.refuse_outdated(course, assignment)}: up to date")
            return True
        found = steps.released(course, assignment, watching(f"release {assignment}"), fresh=fresh)
    except AutograderError as error:
        if not among_others:
            raise
        say(f"{error}\nThe other assignments are released all the same.")
        return False
    for path in found.paths:
        click.echo(path)
    _say_table(assignment, found.rows, found.refused, found.notes)
    say(
        f"{assignment}: released in {time.monotonic() - started:.1f} s, as {tool} does; bundle {found.digest[:16]}"
    )
    return not found.refused


def validate(course: CourseConfig, assignment: str, *, fresh: bool, as_json: dict[str, Any] | None) -> bool:
    """Prove where the tests of one are judged, and print it; return whether nothing was refused."""
    steps, _ = _steps(course, assignment)
    found = steps.validated(course, assignment, watching(f"validate {assignment}"), fresh=fresh)
    if as_json is not None:
        as_json[assignment] = {
            "tests": [asdict(row) for row in found.rows],
            "refused": found.refused,
            "notes": found.notes,
            "seconds": found.seconds,
        }
    else:
        _say_table(assignment, found.rows, found.refused, found.notes)
    return not found.refused


def _say_table(assignment: str, rows: list[Row], refused: Mapping[str, str], notes: Iterable[str]) -> None:
    from autograder.places import lines, summary

    say(f"{assignment}: {summary(rows)}")
    for line in lines(rows):
        say(f"  {line}")
    for note in notes:
        say(f"look at this: {note}")
    for name, why in refused.items():
        shown = why.removeprefix(f"{name}: ").replace("\n", "\n  ")
        say(f"{name} is not released, the rest is: {shown}")
