"""Commands of the instructor after the deadline (*trusted*)."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.cli.common import course_here, need_linux, safe_course_here, say
from autograder.errors import AutograderError, UsageError
from autograder.progress import progress

if TYPE_CHECKING:
    from autograder.classroom.grading import ClassResults
    from autograder.config import CourseConfig
    from autograder.engine.executors import Opener
    from autograder.model import GradingResult


@click.command(short_help="Grade a class, or one hand-in.")
@click.argument("assignment")
@click.option("--submission", type=click.Path(path_type=Path), help="One hand-in: a notebook or a folder.")
@click.option(
    "--results", type=click.Path(path_type=Path), help="Where to write results.json (with --submission)."
)
@click.option("--bundle", type=click.Path(path_type=Path), help="A bundle folder, in place of a course tree.")
@click.option("--student", "students", multiple=True, help="Only this student of submitted/ (repeatable).")
@click.option("--force", is_flag=True, help="Grade again what is finished.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    metavar="N",
    help="Hand-ins graded at a time; default: one per core.",
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="Grade on the workers of a Dask scheduler (tcp://HOST:8786), or local:4; see docs/more-machines.md.",
)
@click.option("--json", "as_json", is_flag=True, help="Print results as JSON.")
@click.option(
    "--i-trust-this-code",
    "trust",
    is_flag=True,
    help="Grade without a complete sandbox. Never for students' code.",
)
def grade(
    assignment: str,
    submission: Path | None,
    results: Path | None,
    bundle: Path | None,
    students: tuple[str, ...],
    force: bool,
    workers: int | None,
    dask: str | None,
    as_json: bool,
    trust: bool,
) -> None:
    """Grade ASSIGNMENT: one hand-in with --submission, else all of submitted/.

    The whole class: writes autograded/ (results.json in Gradescope's format, the executed notebook),
    feedback/ and nbgrader's gradebook, and keeps what is finished and unchanged. One hand-in: writes
    --results, nothing else; with --bundle it needs no course.
    """
    need_linux()
    if submission is not None and (students or force or workers or dask):
        raise UsageError(
            "--student, --force, --workers and --dask are for a whole class; leave out --submission."
        )
    if submission is None and results is not None:
        raise UsageError("--results is for one hand-in: name it with --submission.")
    if trust:
        say("WARNING: --i-trust-this-code: hand-ins run without a complete sandbox")
    if submission is not None:
        _grade_one(assignment, submission, results, bundle, as_json=as_json, trust=trust)
        return
    from autograder import released
    from autograder.classroom import discover, grading

    course = safe_course_here()
    started = time.monotonic()
    bundle = bundle or released.current_bundle(course, assignment)
    jobs = discover.discover(course, assignment)
    graded = grading.grade_class(
        course,
        assignment,
        bundle_folder=bundle,
        students=students,
        force=force,
        workers=workers,
        trust=trust,
        progress=progress(len(set(students)) or len(jobs), f"grade {assignment}"),
        elsewhere=_elsewhere(dask, workers),
    )
    try:
        _print_results(graded.results, as_json=as_json)
        _say_where(course, assignment, graded, time.monotonic() - started)
    finally:  # whatever a terminal could not show
        unwritten = grading.record_scores(course, graded.results)
    for sentence in (*graded.left_out, *graded.troubles, *(unwritten or ())):
        say(f"a person must look: {sentence}")
    _end(list(graded.results.values()), incomplete=bool(graded.troubles or unwritten))


def _elsewhere(dask: str | None, workers: int | None) -> Opener | None:
    if dask is None:
        return None
    from autograder.hosts import dask_workers

    return dask_workers.opener(dask, workers=workers, say=say)


def _print_results(found: dict[str, GradingResult], *, as_json: bool, for_staff: bool = False) -> None:
    from autograder.report import points_table, reasons
    from autograder.results_json import to_results

    if as_json:
        shown = {}
        for name, result in sorted(found.items()):
            try:
                shown[name] = to_results(result)
            except Exception as error:  # noqa: BLE001  the others' are shown
                say(f"a person must look: {name}: cannot be shown: {type(error).__name__}: {error}")
        click.echo(json.dumps(shown, indent=1))
        return
    click.echo(points_table(found))
    for name, result in sorted(found.items()):
        notes = [f"staff: {note}" for note in result.staff_notes] if for_staff else []
        try:
            lines = [*reasons(result), *notes]
        except Exception as error:  # noqa: BLE001  the others' are shown
            lines = [f"cannot be shown: {type(error).__name__}: {error}"]
        if lines:
            click.echo("\n" + "\n  ".join([name, *lines]))


def _say_where(course: CourseConfig, assignment: str, graded: ClassResults, seconds: float) -> None:
    from autograder.classroom.store import overview_path
    from autograder.gradebook_url import shown

    kept = f", {len(graded.kept)} kept, as unchanged since (--force grades them again)" if graded.kept else ""
    say(
        f"\n{assignment}: {len(graded.results) - len(graded.kept)} graded in {seconds:.1f} s{kept}\n"
        f"results: {course.autograded}/<student>/{assignment}/results.json\n"
        f"overview: {overview_path(course, assignment)}; "
        f"feedback: {course.feedback}/<student>/{assignment}/; gradebook: {shown(course.db_url)}"
    )
    _say_alike(graded.alike)
    for name, result in sorted(graded.results.items()):
        if not result.graded:
            why = "; ".join(result.staff_notes or result.notices)[:400]
            say(f"{name}: not graded, a person must look. {why}")


@click.command(short_help="Show the results of a class again, without grading.")
@click.argument("assignment")
@click.option("--json", "as_json", is_flag=True, help="Print results as JSON.")
def report(assignment: str, as_json: bool) -> None:
    """Show what the last ``grade`` of ASSIGNMENT found: points, lost ones and why, who waits for a person."""
    from autograder.classroom import grading, store

    course = course_here()
    found = store.stored_results(course, assignment)
    _print_results(found, as_json=as_json, for_staff=True)
    if not as_json:
        _say_alike(grading.alike_in(found))
        say(f"overview: {store.overview_path(course, assignment)}")


def _say_alike(sentences: tuple[str, ...]) -> None:
    for sentence in sentences:
        say(f"look at this: {sentence}")


def _end(results: list[GradingResult], *, incomplete: bool = False) -> None:
    """Exit 3 if a fault of ours left a hand-in without a grade, or a file unwritten; one that cannot be read is none of ours."""
    from autograder.messages import OURS

    if incomplete or any(OURS in result.notices for result in results):
        sys.exit(AutograderError.exit_code)


def _grade_one(
    assignment: str,
    submission: Path,
    results: Path | None,
    bundle: Path | None,
    *,
    as_json: bool,
    trust: bool,
) -> None:
    from autograder.bundle import read_bundle
    from autograder.engine.grade import grade_submission
    from autograder.report import points_table, reasons
    from autograder.results_json import to_results, write_json
    from autograder.sandbox.launcher import Limits

    if not submission.exists():
        raise UsageError(f"{submission}: no such file or folder; nothing was graded.")
    if results is not None and (results.is_dir() or not results.absolute().parent.is_dir()):
        raise UsageError(f"{results}: not a file in a folder that exists; nothing was graded.")
    limits = Limits()
    if bundle is None:
        from autograder.released import current_bundle

        course = course_here()
        bundle = current_bundle(course, assignment)
        limits = Limits(memory_bytes=course.limits.memory_bytes)
    read_bundle(bundle, assignment)

    def write(result: GradingResult, *, done: bool = False) -> None:
        if results is not None:
            write_json(results, to_results(result, done=done), durable=done)

    result = grade_submission(bundle, submission, write, limits=limits, trust=trust)
    write(result, done=True)
    if as_json:
        click.echo(json.dumps(to_results(result), indent=1))
    else:
        click.echo(points_table({submission.resolve().name: result}))
        for line in reasons(result):
            click.echo(f"  {line}")
    for note in result.staff_notes:
        say(f"staff: {note}")
    _end([result])


@click.command(short_help="Write the gradebook's scores as CSV.")
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    default=Path("grades.csv"),
    show_default=True,
    help="The file to write.",
)
@click.argument("assignments", nargs=-1)
def export(to: Path, assignments: tuple[str, ...]) -> None:
    """Write the gradebook's scores of ASSIGNMENTS (default: all) as nbgrader's CSV.

    Names on stderr who still waits for a person: the CSV shows a missing score as 0.
    """
    from autograder.classroom import export

    waiting = export.export(course_here(), to, assignments)
    click.echo(to)
    for assignment in sorted({a for a, _ in waiting}):
        names = [student for a, student in waiting if a == assignment]
        shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        say(f"{assignment}: {len(names)} wait for a person (a ✍ question, or not graded): {shown}")
