"""Commands of the instructor after the deadline (*trusted*)."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autograder.cli.common import course_here, need_linux, safe_course_here, say, screen_width, show
from autograder.cli.regrade import say_who_moved
from autograder.errors import AutograderError, UsageError
from autograder.interrupts import Interrupted
from autograder.progress import progress

if TYPE_CHECKING:
    from autograder.classroom.grading import ClassResults
    from autograder.config import CourseConfig
    from autograder.engine.executors import Opener
    from autograder.model import GradingResult

AGAIN = "Run the same command again: nobody is graded twice, and the rest is done."


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
@click.option("--reasons", "why", is_flag=True, help="Also print why each hand-in of a class lost points.")
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
    why: bool,
    as_json: bool,
    trust: bool,
) -> None:
    """Grade ASSIGNMENT: one hand-in with --submission, else all of submitted/.

    The whole class: writes autograded/ (results.json in Gradescope's format, the executed notebook),
    feedback/ and nbgrader's gradebook, keeps what is finished and unchanged, and prints points and a summary.
    Ctrl-C stops it; run again, it goes on where it stopped. One hand-in: writes --results, nothing else; with
    --bundle it needs no course.
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
    options = {
        "bundle_folder": bundle,
        "students": students,
        "force": force,
        "workers": workers,
        "trust": trust,
        "elsewhere": _elsewhere(dask, workers),
    }
    _grade_class(safe_course_here(), assignment, options, why=why, as_json=as_json)


def _grade_class(
    course: CourseConfig, assignment: str, options: dict[str, Any], *, why: bool, as_json: bool
) -> None:
    from autograder.classroom import grading, lateness, roster

    lateness.Clock(course)  # a table that cannot be read is refused before the grading, not after
    started = time.monotonic()
    unwritten: list[str] = []
    refused: list[UsageError] = []

    def record(results: dict[str, GradingResult]) -> None:
        try:
            unwritten.extend(grading.record_scores(course, results, say) or ())
        except UsageError as error:  # the results are shown all the same
            refused.append(error)
        except Interrupted as stop:
            stop.said = f"{assignment}: everybody is graded, and kept; the gradebook is as it was. {AGAIN}"
            raise

    shown = progress(0, f"grade {assignment}")
    graded = grading.grade_class(course, assignment, progress=shown, record=record, **options)
    # Everything is in the gradebook, or it is known why not: a pipe that closes now loses lines only.
    try:
        here = roster.in_class(course, graded.results) or graded.results
        _print_results(course, assignment, here, why=why, as_json=as_json)
        _say_where(course, assignment, graded, time.monotonic() - started, why=why)
        if gone := sorted(graded.results.keys() - here.keys()):
            say(f"left the class, so not shown (report {assignment} --left shows them): {', '.join(gone)}")
        for sentence in (*graded.left_out, *graded.troubles, *unwritten):
            say(f"a person must look: {sentence}")
    except Interrupted as stop:
        stop.said = (
            f"{assignment}: everything is graded and written; autograder report {assignment} shows it."
        )
        raise
    if refused:
        raise refused[0]
    say_who_moved(course, assignment, graded.results.keys() - graded.kept)
    _end(list(graded.results.values()), incomplete=bool(graded.troubles or unwritten))


def _elsewhere(dask: str | None, workers: int | None) -> Opener | None:
    if dask is None:
        return None
    from autograder.hosts import dask_workers

    return dask_workers.opener(dask, workers=workers, say=say)


def _print_results(
    course: CourseConfig,
    assignment: str,
    found: dict[str, GradingResult],
    *,
    why: bool,
    as_json: bool,
    for_staff: bool = False,
) -> None:
    from autograder.classroom import late_table
    from autograder.report import points_table, reasons, summary
    from autograder.results_json import to_results

    charges = late_table.charges_of(course, assignment, found)
    if as_json:
        shown = {}
        for name, result in sorted(found.items()):
            try:
                shown[name] = to_results(result)
                if (charge := charges.get(name)) and charge.why:
                    shown[name]["extra_data"]["lateness"] = asdict(charge)
            except Exception as error:  # noqa: BLE001  the others' are shown
                say(f"a person must look: {name}: cannot be shown: {type(error).__name__}: {error}")
        show(json.dumps(shown, indent=1))
        return
    width = screen_width()
    show(f"{points_table(found, width, late_table.columns(found, charges))}\n\n{summary(found, width)}")
    for name, result in sorted(found.items()) if why else ():
        notes = [charge.words()] if (charge := charges.get(name)) and charge.why else []
        notes += [f"staff: {note}" for note in result.staff_notes] if for_staff else []
        try:
            lines = [*reasons(result), *notes]
        except Exception as error:  # noqa: BLE001  the others' are shown
            lines = [f"cannot be shown: {type(error).__name__}: {error}"]
        if lines:
            show("\n" + "\n  ".join([name, *lines]))


def _say_where(
    course: CourseConfig, assignment: str, graded: ClassResults, seconds: float, *, why: bool
) -> None:
    from autograder.classroom import roster
    from autograder.classroom.page_files import overview_path
    from autograder.gradebook_url import shown

    kept = f", {len(graded.kept)} kept, as unchanged since (--force grades them again)" if graded.kept else ""
    say(
        f"\n{assignment}: {len(graded.results) - len(graded.kept)} graded in {seconds:.1f} s{kept}\n"
        f"results: {course.autograded}/<student>/{assignment}/results.json\n"
        f"overview: {overview_path(course, assignment)}; "
        f"feedback: {course.feedback}/<student>/{assignment}/; gradebook: {shown(course.db_url)}"
    )
    _say_reasons(assignment, why=why)
    _say_alike(graded.alike)
    for name, result in sorted(roster.in_class(course, graded.results).items()):
        if not result.graded:
            reason = "; ".join(result.staff_notes or result.notices)[:400]
            say(f"{name}: not graded, a person must look. {reason}")


@click.command(short_help="Show the results of a class again, without grading.")
@click.argument("assignment")
@click.option(
    "--reasons", "why", is_flag=True, help="Also print why points were lost, and the notes for staff."
)
@click.option("--left", is_flag=True, help="Also who left the class (see roster).")
@click.option("--json", "as_json", is_flag=True, help="Print results as JSON.")
def report(assignment: str, why: bool, left: bool, as_json: bool) -> None:
    """Show what the last ``grade`` of ASSIGNMENT found: points, a summary, with --reasons why they were lost."""
    from autograder.classroom import grading, page_files, roster, stored
    from autograder.cli import brought

    course = course_here()
    found = stored.stored_results(course, assignment)
    found = found if left else roster.in_class(course, found)
    if not found:
        raise UsageError(
            f"{assignment}: all who have results left the class (roster.csv); --left shows them."
        )
    _print_results(course, assignment, found, why=why, as_json=as_json, for_staff=True)
    if not as_json:
        brought.say_places(course, assignment)
        _say_reasons(assignment, why=why)
        _say_alike(grading.alike_in(found))
        _say_suspects(course, assignment, found)
        say(f"overview: {page_files.overview_path(course, assignment)}")


def _say_reasons(assignment: str, *, why: bool) -> None:
    if not why:
        say(f"why points were lost: autograder report {assignment} --reasons")


def _say_suspects(course: CourseConfig, assignment: str, found: dict[str, GradingResult]) -> None:
    """Talk about the check to look at first; that it cannot be told costs no report."""
    from autograder.classroom import class_overview, suspects

    figures, _ = class_overview.gather(course, assignment, found)
    for line in suspects.sentences(figures.suspects, assignment):
        say(line)


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
    from autograder.engine.several import grade_submission
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
        show(json.dumps(to_results(result), indent=1))
    else:
        show(points_table({submission.resolve().name: result}, screen_width()))
        for line in reasons(result):
            show(f"  {line}")
    for note in result.staff_notes:
        say(f"staff: {note}")
    _end([result])
