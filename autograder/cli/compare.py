"""The command that compares another tool's grading with ours (*trusted*)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.cli.common import course_here, need_linux, say, screen_width, show, watching

if TYPE_CHECKING:
    from autograder.classroom.compare import Comparison


@click.command(
    short_help="Grade the same hand-ins with nbgrader or otter, and say where points differ and why."
)
@click.argument("assignment")
@click.option(
    "--with", "tool", type=click.Choice(["nbgrader", "otter"]), required=True, help="The other tool."
)
@click.option(
    "--submissions",
    type=click.Path(path_type=Path),
    help="A folder with <name>/ASSIGNMENT/ or <name>/ per hand-in; default: the course's submitted/.",
)
@click.option("--student", "students", multiple=True, help="Only this hand-in (repeatable).")
@click.option("--workers", type=click.IntRange(1), help="How many of ours at a time; default: one per core.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def compare(
    assignment: str,
    tool: str,
    submissions: Path | None,
    students: tuple[str, ...],
    workers: int | None,
    as_json: bool,
) -> None:
    """Grade hand-ins of ASSIGNMENT with nbgrader or otter and with the released bundle; print every difference.

    The other tool is run by its own commands in a scratch folder, with a database of its own: no gradebook, result or
    page is touched. It runs the hand-ins as it always does, without our sandbox. Exits 1 if a difference is left that
    nothing known about that tool explains.
    """
    from autograder.classroom import compare as comparing
    from autograder.classroom.compare_nbgrader import run_nbgrader
    from autograder.classroom.compare_otter import run_otter

    need_linux()
    course = course_here()
    jobs = comparing.jobs_in(submissions or course.submitted, assignment, students)
    say(f"{tool} runs these {len(jobs)} hand-ins as it always does: without a sandbox, as you.")
    run = run_otter if tool == "otter" else run_nbgrader
    progress = watching(f"compare {assignment}")(2 * len(jobs))
    found = comparing.compare(course, assignment, tool, run, jobs, workers=workers, progress=progress)
    if as_json:
        show(json.dumps(found.to_json(), indent=1, ensure_ascii=False))
    else:
        _print(found)
    sys.exit(1 if found.unexplained else 0)


def _print(found: Comparison) -> None:
    from autograder.classroom.compare_words import differences, summary, totals

    show(totals(found, screen_width()))
    if found.differences:
        show("")
        show("\n".join(differences(found)))
    show("")
    show("\n".join(summary(found)))
