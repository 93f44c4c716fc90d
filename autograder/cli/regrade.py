"""Command of the instructor whose check was wrong (*trusted*)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.cli.common import need_linux, safe_course_here, say, watching
from autograder.errors import AutograderError, UsageError
from autograder.gradebook_url import shown

if TYPE_CHECKING:
    from collections.abc import Collection

    from autograder.classroom.regrade_log import Outcome
    from autograder.config import CourseConfig


@click.command(short_help="Rehearse a regrade of a class, then write it.")
@click.argument("assignment")
@click.option("--dry-run", is_flag=True, help="Write nothing: the default.")
@click.option("--apply", "in_earnest", is_flag=True, help="Write what the last rehearsal showed.")
@click.option("--show", "again", is_flag=True, help="Show the last regrade that was written, again.")
@click.option("--student", "students", multiple=True, help="Only this student of submitted/ (repeatable).")
@click.option("--force", is_flag=True, help="Rehearse again also what is unchanged.")
@click.option(
    "--bundle", type=click.Path(path_type=Path), help="A bundle folder, in place of the released one."
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    metavar="N",
    help="Hand-ins graded at a time; default: one per core.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option(
    "--i-trust-this-code",
    "trust",
    is_flag=True,
    help="Grade without a complete sandbox. Never for students' code.",
)
def regrade(
    assignment: str,
    dry_run: bool,
    in_earnest: bool,
    again: bool,
    students: tuple[str, ...],
    force: bool,
    bundle: Path | None,
    workers: int | None,
    as_json: bool,
    trust: bool,
) -> None:
    """Grade the class of ASSIGNMENT with the checks as they are now, and show who would move.

    A rehearsal: who moves from what to what, by which check, because of what, the distribution before and now, and a
    draft for each student. Results, feedback and gradebook stay as they are until --apply writes what was shown; it
    grades nobody, and refuses if checks, hand-ins or results have changed since. docs/regrade.md tells the whole story.
    """
    if dry_run + in_earnest + again > 1:
        raise UsageError("--dry-run, --apply and --show are three different things; say one.")
    if (in_earnest or again) and (force or workers or trust):
        raise UsageError(
            "--force, --workers and --i-trust-this-code are for a rehearsal; nobody is graded here."
        )
    if again and (students or bundle):
        raise UsageError("--show shows the last log as it is; leave out --student and --bundle.")
    from autograder.classroom import regrade as regrading

    course = safe_course_here()
    if again:
        _show(course, assignment, as_json=as_json)
    elif in_earnest:
        done = regrading.apply(course, assignment, bundle_folder=bundle, students=students)
        _print(done, "applied", as_json=as_json)
        _end_applied(course, done)
    else:
        need_linux()
        if trust:
            say("WARNING: --i-trust-this-code: hand-ins run without a complete sandbox")
        found = regrading.rehearse(
            course,
            assignment,
            bundle_folder=bundle,
            students=students,
            force=force,
            workers=workers,
            trust=trust,
            watch=watching(f"rehearse {assignment}"),
        )
        _print(found, "rehearsal", as_json=as_json)
        _end_rehearsed(found, assignment, students, bundle)


def _print(outcome: Outcome, mode: str, *, as_json: bool) -> None:
    from autograder.classroom.regrade_words import text

    if as_json:
        click.echo(json.dumps(outcome.to_json(mode), indent=1))
    else:
        click.echo(text(outcome.comparison))


def _end_rehearsed(found: Outcome, assignment: str, students: Collection[str], bundle: Path | None) -> None:
    import shlex

    from autograder.classroom.regrade_words import summary

    kept = (
        sum((len(found.comparison.stay), len(found.comparison.moves), len(found.comparison.verdicts)))
        - found.graded
    )
    say(
        f"\n{assignment}: {summary(found.comparison)}. {found.graded} graded now, {max(0, kept)} known from before"
    )
    _say_odd(found)
    if found.page is None:
        say(
            "Nothing was written, and there is nothing to write: what is stored is up to date (--force tries it again)"
        )
        return
    say(f"as a page, with the new feedback pages beside it: {found.page}")
    words = ["autograder", "regrade", assignment, "--apply", *(f"--student={name}" for name in students)]
    words += ["--bundle", str(bundle)] if bundle else []
    say(f"A rehearsal: nothing was written. To write it: {shlex.join(words)}")
    if found.incomplete:
        sys.exit(AutograderError.exit_code)


def _end_applied(course: CourseConfig, done: Outcome) -> None:
    from autograder.classroom.regrade_words import count, summary

    say(
        f"\n{done.comparison.assignment}: {summary(done.comparison)}. {count(len(done.applied), 'result')} written"
    )
    _say_odd(done)
    if done.log:
        say(
            f"log: {done.log}; as a page: {done.page}; gradebook: {shown(course.db_url)}; feedback: {course.feedback}/<student>/"
        )
    if done.incomplete:
        sys.exit(AutograderError.exit_code)


def _say_odd(outcome: Outcome) -> None:
    for sentence in outcome.left_out:
        say(f"left out: {sentence}")
    for sentence in outcome.troubles:
        say(f"a person must look: {sentence}")


def _show(course: CourseConfig, assignment: str, *, as_json: bool) -> None:
    from autograder.classroom import regrade_log

    path, data = regrade_log.last(course, assignment)
    click.echo(json.dumps(data, indent=1) if as_json else "\n".join(map(str, data["text"])))
    say(f"\n{path}: {data.get('mode')}, {data.get('time')}")


def say_who_moved(course: CourseConfig, assignment: str, graded: Collection[str]) -> None:
    """Say after ``grade``, if the checks were released anew since, how many scores moved and how to see them."""
    from autograder.classroom import regrade as regrading
    from autograder.classroom.regrade_words import summary

    try:
        found = regrading.after_grade(course, assignment, graded)
    except Exception as error:  # noqa: BLE001  the scores are written; who moved can be asked again
        say(f"who moved since the last release could not be told: {type(error).__name__}: {error}")
        return
    if found is not None:
        say(
            f"the checks were released anew since some were graded: {summary(found.comparison)}.\n"
            f"See who, and because of what: autograder regrade {assignment} --show\n"
            f"Next time rehearse it before: autograder regrade {assignment}"
        )
