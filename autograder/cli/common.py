"""What every command does: find the course, name assignments, talk on stderr (*trusted*)."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from contextlib import suppress
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
    """Return the course of the current folder, if nbgrader, run there, would be safe.

    Of a course that was brought, with nbgrader's configuration alone, nothing is asked: nothing in it is edited.
    """
    from autograder.nbgrader_safety import require

    course = course_here()
    if not course.nbgrader:
        require(course.home)
    return course


def need_linux() -> None:
    """Refuse what needs the sandbox on a machine that has none, and say what works there."""
    if sys.platform != "linux":
        raise UsageError(
            f"grading needs Linux, this is {sys.platform}: hand-ins run in a sandbox of its kernel; nothing was done.\n"
            "Without it work: init, new, lint, reference, roster, collect, late, report, overview, export, bundle, doctor. To grade here, build the image that "
            "`autograder bundle` makes and grade in it (docs/gradescope.md), or use a Linux machine or WSL 2."
        )


def say(text: str) -> None:
    """Talk: on stderr, beside the results."""
    _echo(text, err=True)


def show(text: str) -> None:
    """Print results: on stdout. A reader that goes after the first lines (``| head``) has seen enough."""
    _echo(text, err=False)


def _echo(text: str, *, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    try:
        try:
            click.echo(text, err=err)
        except UnicodeEncodeError:  # a terminal that has not all letters
            click.echo(
                text.encode(stream.encoding or "ascii", "backslashreplace").decode(stream.encoding), err=err
            )
    except OSError as error:
        # What the stream still holds would be written, and refused, once more at the end.
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
        if error.errno != errno.EPIPE and not err:
            raise UsageError(
                f"the output could not be written: {error.strerror}; the work itself is done."
            ) from error


def screen_width() -> int | None:
    """Return how many columns there are to print in; None where no terminal limits them."""
    return shutil.get_terminal_size().columns if sys.stdout and sys.stdout.isatty() else None


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
