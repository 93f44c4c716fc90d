"""What every command does: find the course, name assignments, talk on stderr (*trusted*)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from autograder.errors import UsageError
from autograder.progress import progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograder.config import CourseConfig
    from autograder.progress import Progress


def course_here() -> CourseConfig:
    """Return the course of the current folder, or of one above it."""
    from autograder.config import load_course

    return load_course()


def safe_course_here() -> CourseConfig:
    """Return the course of the current folder, if nbgrader, run there, would be safe."""
    from autograder.nbgrader_safety import require

    course = course_here()
    require(course.home)
    return course


def need_linux() -> None:
    """Refuse what needs the sandbox on a machine that has none, and say what works there."""
    if sys.platform != "linux":
        raise UsageError(
            f"grading needs Linux, this is {sys.platform}: hand-ins run in a sandbox of its kernel; nothing was done.\n"
            "Without it work: init, new, lint, reference, report, overview, export, bundle, doctor. To grade here, build the image that "
            "`autograder bundle` makes and grade in it (docs/gradescope.md), or use a Linux machine or WSL 2."
        )


def say(text: str) -> None:
    """Talk: on stderr, beside the results."""
    click.echo(text, err=True)


def named_assignments(course: CourseConfig, assignment: str | None, *, everything: bool) -> list[str]:
    """Return the assignment that was named, or all of them."""
    from autograder.released import assignments, misnamed

    known = assignments(course)
    if everything and (odd := misnamed(course)):
        raise UsageError(
            f"{odd[0]}: no notebook of its folder's name; nothing was done.\nName it {odd[0].parent.name}.ipynb, or move it away."
        )
    if everything == (assignment is not None):
        raise UsageError(f"name one assignment, or use --all.\nThere are: {', '.join(known) or 'none'}.")
    if everything and not known:
        raise UsageError(f"{course.source}: no <assignment>/<assignment>.ipynb in it; nothing was done.")
    return known if assignment is None else [assignment]


def watching(what: str) -> Callable[[int], Progress]:
    """Return what makes the progress of a piece of work when its size is known."""
    return lambda total: progress(total, what)
