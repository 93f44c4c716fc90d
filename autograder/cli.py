"""The command line: results on stdout, talk on stderr (*trusted*)."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autograder import __version__
from autograder.errors import AutograderError, UsageError

if TYPE_CHECKING:
    from autograder.config import CourseConfig
    from autograder.model import GradingResult


class _Group(click.Group):
    """Turns our exceptions into a sentence on stderr and their exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AutograderError as error:
            click.echo(f"autograder: {error}", err=True)
            ctx.exit(error.exit_code)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Grade notebooks for deep-learning courses: hidden pytest checks, judged from another process.

    Exit codes: 0 graded (whatever the score), 1 release refused, 2 usage, 3 a fault of ours.
    """


def _course() -> CourseConfig:
    from autograder.config import load_course

    return load_course()


def _say(text: str) -> None:
    click.echo(text, err=True)


def _assignments(course: CourseConfig, assignment: str | None, *, everything: bool) -> list[str]:
    if everything:
        return sorted(p.parent.name for p in course.source.glob("*/*.ipynb") if p.stem == p.parent.name)
    if assignment is None:
        raise UsageError("name an assignment, or use --all.")
    return [assignment]


def _bar(total: int, title: str) -> Callable[[str, bool], None]:
    from tqdm import tqdm

    bar = tqdm(total=total, desc=title, unit="hand-in", file=sys.stderr, disable=None)

    def step(name: str, ok: bool) -> None:
        bar.set_postfix_str(name if ok else f"{name}: not as expected")
        bar.update()
        if bar.n >= total:
            bar.close()

    return step


@main.command()
@click.argument("assignment", required=False)
@click.option("--all", "everything", is_flag=True, help="Every assignment in source/.")
@click.option("--json", "as_json", is_flag=True, help="Print the judgements as JSON.")
@click.option("--fresh", is_flag=True, help="Grade again even what has not changed.")
def validate(assignment: str | None, everything: bool, as_json: bool, fresh: bool) -> None:
    """Grade the solution, the untouched release and every variant of ASSIGNMENT; print the kill matrix.

    Exits 1 if a wrong variant kept its points or a right one lost some.
    """
    from autograder import course as commands
    from autograder import validate as validation

    course = _course()
    all_ok, output = True, {}
    for name in _assignments(course, assignment, everything=everything):
        started = time.monotonic()
        with commands.prepare(course, name) as prepared:
            commands.refuse_leaks(prepared)
            bar = _bar(commands.count_hand_ins(course, name), f"validate {name}")
            judgements = commands.judge(course, prepared, bar, fresh=fresh)
        found = validation.summary(judgements) | {"seconds": round(time.monotonic() - started, 1)}
        ok = all(j.ok for j in judgements)
        all_ok &= ok
        output[name] = found | {"judgements": [_judgement(j) for j in judgements]}
        if not as_json:
            click.echo(validation.kill_matrix(judgements))
            _print_summary(name, found)
            for j in judgements:
                if not j.ok:
                    click.echo(f"\n{j.name}:\n  " + "\n  ".join(j.reasons))
    if as_json:
        click.echo(json.dumps(output, indent=1))
    sys.exit(0 if all_ok else 1)


def _judgement(j: Any) -> dict[str, Any]:
    return {"name": j.name, "ok": j.ok, "expected": j.expected, "got": j.got, "reasons": j.reasons}


def _print_summary(name: str, found: dict[str, Any]) -> None:
    from autograder.references import clopper_pearson

    right, wrong = found["right"], found["wrong"]
    bound = clopper_pearson(wrong["of"] - wrong["killed"], wrong["of"]) if wrong["of"] else 1.0
    click.echo(
        f"\n{name}: solution {'100 %' if found['solution'] else 'NOT 100 %'}, "
        f"release {'0' if found['release'] else 'NOT 0'}, "
        f"right variants {right['accepted']}/{right['of']}, wrong variants killed {wrong['killed']}/{wrong['of']} "
        f"(a survivor rate above {bound:.1%} is excluded with 95 % confidence), {found['seconds']:g} s"
    )


@main.command()
@click.argument("assignment", required=False)
@click.option("--all", "everything", is_flag=True, help="Every assignment in source/.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if release/ is not up to date.")
@click.option("--fresh", is_flag=True, help="Grade again even what has not changed.")
def release(assignment: str | None, everything: bool, check: bool, fresh: bool) -> None:
    """Make the student's notebook and the private bundle of ASSIGNMENT.

    Writes nothing unless the solution scores 100 %, the untouched release 0, every variant what it
    must, and nothing leaks. Prints one written path per line.
    """
    from autograder import course as commands
    from autograder import validate as validation
    from autograder.errors import ReleaseError

    course = _course()
    for name in _assignments(course, assignment, everything=everything):
        started = time.monotonic()
        with commands.prepare(course, name) as prepared:
            commands.refuse_leaks(prepared)
            if check:
                _refuse_outdated(course, prepared)
                continue
            bar = _bar(commands.count_hand_ins(course, name), f"release {name}")
            judgements = commands.judge(course, prepared, bar, fresh=fresh)
            _say(validation.kill_matrix(judgements))
            wrong = [j for j in judgements if not j.ok]
            if wrong:
                details = "\n".join(f"{j.name}:\n  " + "\n  ".join(j.reasons[:12]) for j in wrong)
                raise ReleaseError(f"{name}: {len(wrong)} of our own hand-ins were graded wrongly.\n{details}\nNothing was written.")
            for path in commands.publish(course, prepared):
                click.echo(path)
            _say(
                f"{name}: released in {time.monotonic() - started:.1f} s; bundle {prepared.bundle.digest[:16]}; "
                f"{len(judgements) - 2} variants as expected"
            )


def _refuse_outdated(course: CourseConfig, prepared: Any) -> None:
    import nbformat

    from autograder.errors import ReleaseError

    path = course.release / prepared.source.name / prepared.source.path.name
    wanted = nbformat.writes(prepared.notebook) + "\n"
    if not path.is_file() or path.read_text().rstrip("\n") != wanted.rstrip("\n"):
        raise ReleaseError(f"{path}: not up to date with its source.\nRun: autograder release {prepared.source.name}")
    click.echo(f"{path}: up to date")


@main.command()
@click.argument("assignment")
@click.option("--submission", type=click.Path(path_type=Path), help="One hand-in: a notebook or a folder.")
@click.option("--results", type=click.Path(path_type=Path), help="Where to write results.json (with --submission).")
@click.option("--bundle", type=click.Path(path_type=Path), help="A bundle folder, in place of a course tree.")
@click.option("--student", "students", multiple=True, help="Only this student of submitted/ (repeatable).")
@click.option("--force", is_flag=True, help="Grade again what is finished.")
@click.option("--workers", type=click.IntRange(1, 64), help="Default: one per core.")
@click.option("--json", "as_json", is_flag=True, help="Print results as JSON.")
@click.option("--i-trust-this-code", "trust", is_flag=True, help="Grade without a complete sandbox. Never for students' code.")
def grade(
    assignment: str,
    submission: Path | None,
    results: Path | None,
    bundle: Path | None,
    students: tuple[str, ...],
    force: bool,
    workers: int | None,
    as_json: bool,
    trust: bool,
) -> None:
    """Grade ASSIGNMENT: one hand-in with --submission, else all of submitted/.

    Writes results.json (Gradescope's format), the executed notebook and nbgrader's gradebook.
    """
    if trust:
        _say("WARNING: --i-trust-this-code: hand-ins run without a complete sandbox")
    if submission is not None:
        _grade_one(assignment, submission, results, bundle, as_json=as_json, trust=trust)
        return
    from autograder import course as commands
    from autograder.report import points_table, reasons

    course = _course()
    started = time.monotonic()
    jobs = commands.discover(course, assignment)
    bar = _bar(len(students) or len(jobs), f"grade {assignment}")
    found = commands.grade_class(
        course,
        assignment,
        bundle_folder=bundle,
        students=students,
        force=force,
        workers=workers,
        trust=trust,
        progress=bar,
    )
    if as_json:
        from autograder.gradescope import to_results

        click.echo(json.dumps({name: to_results(result) for name, result in sorted(found.items())}, indent=1))
        return
    click.echo(points_table(found))
    for name, result in sorted(found.items()):
        lines = reasons(result)
        if lines:
            click.echo(f"\n{name}")
            for line in lines:
                click.echo(f"  {line}")
    ungraded = [name for name, result in found.items() if not result.graded]
    _say(
        f"\n{len(found)} hand-ins in {time.monotonic() - started:.1f} s; "
        f"results: {course.autograded}/<student>/{assignment}/results.json\n"
        f"overview: {commands.overview_path(course, assignment)}; "
        f"feedback: {course.feedback}/<student>/{assignment}/; gradebook: {course.db_url}"
    )
    for name in ungraded:
        _say(f"{name}: not graded, a person must look. {'; '.join(found[name].staff_notes)[:400]}")


def _grade_one(
    assignment: str, submission: Path, results: Path | None, bundle: Path | None, *, as_json: bool, trust: bool
) -> None:
    import shutil

    from autograder.grade import Engine
    from autograder.gradescope import to_results, write_json
    from autograder.report import points_table, reasons
    from autograder.sandbox.launcher import Limits

    limits = Limits()
    if bundle is None:
        from autograder import course as commands

        course = _course()
        bundle = commands.current_bundle(course, assignment)
        limits = Limits(memory_bytes=course.limits.memory_bytes)
    if not submission.exists():
        raise UsageError(f"{submission}: no such file or folder; nothing was graded.")

    def write(result: GradingResult, *, done: bool) -> None:
        if results is not None:
            write_json(results, to_results(result, done=done), durable=done)

    with tempfile.TemporaryDirectory(prefix="autograder-in-") as scratch, Engine(bundle, limits=limits, trust=trust) as engine:
        folder = submission
        if not submission.is_dir():
            folder = Path(scratch)
            shutil.copy(submission, folder / submission.name)
        result = engine.grade(folder, lambda partial: write(partial, done=False))
        write(result, done=True)
    if as_json:
        click.echo(json.dumps(to_results(result), indent=1))
        return
    click.echo(points_table({submission.name: result}))
    for line in reasons(result):
        click.echo(f"  {line}")
    for note in result.staff_notes:
        _say(f"staff: {note}")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print layers and probes as JSON.")
def selftest(as_json: bool) -> None:
    """Say which layers of the sandbox are active on this machine, and try to break each.

    Exits 3 if a layer that is active lets a probe through, or hidden checks would be refused.
    """
    from autograder.sandbox.selftest import selftest as run

    found = run()
    if as_json:
        click.echo(json.dumps(found, indent=1))
    else:
        from autograder.report import table

        click.echo(table(["layer", "state"], [[name, str(state)] for name, state in found["layers"].items()]))
        probes = [[p["name"], p["outcome"]] for p in found["probes"]]
        click.echo("\n" + table(["probe", "outcome"], probes))
        for name in found["broken"]:
            click.echo(f"BROKEN: {name}")
        for line in found["decision"].get("warnings", ()):
            click.echo(f"warning: {line}")
        click.echo("hidden checks: " + ("run" if found["decision"]["allowed"] else found["decision"]["refusal"]))
    sys.exit(0 if found["decision"]["allowed"] and not found["broken"] else 3)


@main.command()
@click.option("--to", type=click.Path(path_type=Path), default=Path("grades.csv"), show_default=True)
@click.argument("assignments", nargs=-1)
def export(to: Path, assignments: tuple[str, ...]) -> None:
    """Write the gradebook as nbgrader's CSV; names on stderr who still waits for a person."""
    from autograder import gradebook

    course = _course()
    waiting = gradebook.export_scores(course.db_url, course.course_id, to, assignments)
    click.echo(to)
    for assignment, student in waiting:
        _say(f"{student} / {assignment}: waits for a person")


if __name__ == "__main__":
    main()
