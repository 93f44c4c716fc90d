"""The command line: results on stdout, talk on stderr (*trusted*)."""

from __future__ import annotations

import json
import sys
import tempfile
import time
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autograder import __version__
from autograder.errors import AutograderError, UsageError
from autograder.progress import progress

if TYPE_CHECKING:
    from autograder.config import CourseConfig
    from autograder.model import GradingResult

# jsonschema, which nbformat imports, compiles 38 grammars for internationalised addresses if this library is there.
# No notebook's schema has one, and it takes longer than all else that a command imports. None: not there.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

_ON_FAULT = "Results written before it stay; no score was lowered. Please report it with the lines above."


class _Group(click.Group):
    """Turns exceptions into a sentence on stderr and an exit code; what is not ours to raise is our fault."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AutograderError as error:
            click.echo(f"autograder: {error}", err=True)
            ctx.exit(error.exit_code)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, it must not look like a refused release
            click.echo(traceback.format_exc(), err=True)
            click.echo(
                f"autograder: a fault of its own: {type(error).__name__}: {error}\n{_ON_FAULT}", err=True
            )
            ctx.exit(AutograderError.exit_code)


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
    from autograder.classroom.course import assignments

    known = assignments(course)
    if everything == (assignment is not None):
        raise UsageError(f"name one assignment, or use --all.\nThere are: {', '.join(known) or 'none'}.")
    if everything and not known:
        raise UsageError(f"{course.source}: no <assignment>/<assignment>.ipynb in it; nothing was done.")
    return known if assignment is None else [assignment]


@main.command(short_help="Begin an assignment: a notebook that can be released as it is.")
@click.argument("name")
def new(name: str) -> None:
    """Write source/NAME/NAME.ipynb with one question of each kind, and two variants, to be written over.

    Prints the written paths. docs/writing-checks.md says what the parts are.
    """
    from autograder.author.scaffold import new_assignment

    course = _course()
    for path in new_assignment(course.source, course.references, name):
        click.echo(path)
    _say(f"Write over it in Jupyter; try it with: autograder validate {name}")


@main.command(
    short_help="Train an assignment's reference.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("assignment")
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def reference(assignment: str, options: tuple[str, ...]) -> None:
    """Run references/ASSIGNMENT/train.py with OPTIONS: --device cuda --seeds 300 (``-- --help`` for all)."""
    import subprocess

    path = _course().references / assignment / "train.py"
    if not path.is_file():
        raise UsageError(f"{path}: no such program; nothing was trained.")
    sys.exit(subprocess.run([sys.executable, str(path), *options], check=False).returncode)


@main.command(short_help="Grade our own hand-ins: solution, untouched release, variants.")
@click.argument("assignment", required=False)
@click.option("--all", "everything", is_flag=True, help="Every assignment in source/.")
@click.option("--json", "as_json", is_flag=True, help="Print the judgements as JSON.")
@click.option("--fresh", is_flag=True, help="Grade again even what has not changed.")
@click.option("--only", multiple=True, metavar="PATTERN", help="Only these variants: wrong-q3* (repeatable).")
def validate(
    assignment: str | None, everything: bool, as_json: bool, fresh: bool, only: tuple[str, ...]
) -> None:
    """Grade the solution, the untouched release and every variant of ASSIGNMENT; print the kill matrix.

    Prints what ``autograder lint`` would say, too. With --all and nothing amiss, writes docs/validity.md.
    Exits 1 if a wrong variant kept its points or a right one lost some.
    """
    from autograder.author import steps
    from autograder.author import validate as validation

    course = _course()
    all_ok, output = True, {}
    for name in _assignments(course, assignment, everything=everything):
        started = time.monotonic()
        with steps.prepare(course, name) as prepared:
            steps.refuse_leaks(prepared)
            total = steps.count_hand_ins(course, name, only)
            bar = progress(total, f"validate {name}")
            judgements = steps.judge(course, prepared, bar, fresh=fresh, only=only)
            advice = steps.advise(prepared, judgements)
        found = validation.summary(judgements) | {
            "points": prepared.bundle.max_score,
            "checks": len(prepared.bundle.checks),
            "bundle": prepared.bundle.digest,
            "seconds": round(time.monotonic() - started, 1),
        }
        ok = all(j.ok for j in judgements)
        all_ok &= ok
        lint = {"findings": [asdict(finding) for finding in advice]}
        output[name] = found | lint | {"judgements": [_judgement(j) for j in judgements]}
        if not as_json:
            click.echo(validation.kill_matrix(judgements))
            _print_summary(name, found)
            for j in judgements:
                if not j.ok:
                    click.echo(f"\n{j.complaint()}")
            for finding in advice:
                click.echo(f"advice: {finding}")
    if everything and not only and all_ok:
        path = steps.write_validity(course, output)
        _say(f"written: {path}")
    if as_json:
        click.echo(json.dumps(output, indent=1))
    sys.exit(0 if all_ok else 1)


def _judgement(j: Any) -> dict[str, Any]:
    content = asdict(j)
    return {key: content[key] for key in ("name", "right", "operator", "expected", "got", "reasons")} | {
        "ok": j.ok
    }


@main.command(short_help="Say what students would stumble over in a source notebook.")
@click.argument("assignment", required=False)
@click.option("--all", "everything", is_flag=True, help="Every assignment in source/.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def lint(assignment: str | None, everything: bool, as_json: bool) -> None:
    """Flag missing contracts, answers in prose, points that do not add up, unseeded training in ASSIGNMENT.

    Grades nothing (``validate`` also says which checks the untouched release passes). Exits 1 if
    there is something to mend.
    """
    from autograder.author import lint as rules
    from autograder.author.source import read_source

    course = _course()
    found = []
    for name in _assignments(course, assignment, everything=everything):
        found += rules.lint(read_source(course.source, course.references, name))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], indent=1))
    else:
        for finding in found:
            click.echo(finding)
        _say(f"{len(found)} finding{'s' * (len(found) != 1)}")
    sys.exit(1 if found else 0)


def _print_summary(name: str, found: dict[str, Any]) -> None:
    from autograder.bounds import clopper_pearson

    right, wrong = found["right"], found["wrong"]
    excluded = ""
    if wrong["of"]:
        bound = clopper_pearson(wrong["of"] - wrong["killed"], wrong["of"])
        excluded = f" (a survivor rate above {bound:.1%} is excluded with 95 % confidence)"
    click.echo(
        f"\n{name}: solution {'100 %' if found['solution'] else 'NOT 100 %'}, "
        f"release {'0' if found['release'] else 'NOT 0'}, "
        f"right variants {right['accepted']}/{right['of']}, wrong variants killed {wrong['killed']}/{wrong['of']}"
        f"{excluded}, {found['seconds']:g} s"
    )


@main.command(short_help="Make the student's notebook and the private bundle.")
@click.argument("assignment", required=False)
@click.option("--all", "everything", is_flag=True, help="Every assignment in source/.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if release/ is not up to date.")
@click.option("--fresh", is_flag=True, help="Grade again even what has not changed.")
def release(assignment: str | None, everything: bool, check: bool, fresh: bool) -> None:
    """Make the student's notebook and the private bundle of ASSIGNMENT.

    Writes nothing unless the solution scores 100 %, the untouched release 0, every variant what it
    must, and nothing leaks. Prints one written path per line.
    """
    from autograder.author import steps
    from autograder.author import validate as validation
    from autograder.errors import ReleaseError

    course = _course()
    for name in _assignments(course, assignment, everything=everything):
        started = time.monotonic()
        with steps.prepare(course, name) as prepared:
            steps.refuse_leaks(prepared)
            if check:
                _refuse_outdated(course, prepared)
                continue
            bar = progress(steps.count_hand_ins(course, name), f"release {name}")
            judgements = steps.judge(course, prepared, bar, fresh=fresh)
            wrong = [j for j in judgements if not j.ok]
            if wrong:
                _say(validation.kill_matrix(wrong))
                details = "\n".join(j.complaint() for j in wrong)
                raise ReleaseError(
                    f"{name}: {len(wrong)} of our own hand-ins were not graded as they must be; nothing was written.\n"
                    f"{details}\nCorrect the checks, or the variant, and try it with: autograder validate {name}"
                )
            for path in steps.publish(course, prepared):
                click.echo(path)
            _say(
                f"{name}: released in {time.monotonic() - started:.1f} s; bundle {prepared.bundle.digest[:16]}; "
                f"solution 100 %, untouched release 0, {len(judgements) - 2} variants as expected "
                f"(autograder validate {name} shows each)"
            )


def _refuse_outdated(course: CourseConfig, prepared: Any) -> None:
    from autograder.author import steps
    from autograder.errors import ReleaseError

    folder, odd = course.release / prepared.source.name, steps.outdated(course, prepared)
    if odd:
        raise ReleaseError(
            f"{folder}: not up to date with its source: {', '.join(odd)}\nRun: autograder release {prepared.source.name}"
        )
    click.echo(f"{folder}: up to date")


@main.command(short_help="Grade a class, or one hand-in.")
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
    as_json: bool,
    trust: bool,
) -> None:
    """Grade ASSIGNMENT: one hand-in with --submission, else all of submitted/.

    The whole class: writes autograded/ (results.json in Gradescope's format, the executed notebook),
    feedback/ and nbgrader's gradebook, and keeps what is finished and unchanged. One hand-in: writes
    --results, nothing else; with --bundle it needs no course.
    """
    if submission is not None and (students or force or workers):
        raise UsageError("--student, --force and --workers are for a whole class; leave out --submission.")
    if submission is None and results is not None:
        raise UsageError("--results is for one hand-in: name it with --submission.")
    if trust:
        _say("WARNING: --i-trust-this-code: hand-ins run without a complete sandbox")
    if submission is not None:
        _grade_one(assignment, submission, results, bundle, as_json=as_json, trust=trust)
        return
    from autograder.classroom import course as commands
    from autograder.report import points_table, reasons

    course = _course()
    started = time.monotonic()
    bundle = bundle or commands.current_bundle(course, assignment)
    jobs = commands.discover(course, assignment)
    bar = progress(len(set(students)) or len(jobs), f"grade {assignment}")
    graded = commands.grade_class(
        course,
        assignment,
        bundle_folder=bundle,
        students=students,
        force=force,
        workers=workers,
        trust=trust,
        progress=bar,
    )
    found = graded.results
    if as_json:
        from autograder.results_json import to_results

        click.echo(json.dumps({name: to_results(result) for name, result in sorted(found.items())}, indent=1))
    else:
        click.echo(points_table(found))
        for name, result in sorted(found.items()):
            lines = reasons(result)
            if lines:
                click.echo("\n" + "\n  ".join([name, *lines]))
    ungraded = [name for name, result in found.items() if not result.graded]
    kept = f", {len(graded.kept)} kept, as unchanged since (--force grades them again)" if graded.kept else ""
    _say(
        f"\n{assignment}: {len(found) - len(graded.kept)} graded in {time.monotonic() - started:.1f} s{kept}\n"
        f"results: {course.autograded}/<student>/{assignment}/results.json\n"
        f"overview: {commands.overview_path(course, assignment)}; "
        f"feedback: {course.feedback}/<student>/{assignment}/; gradebook: {course.db_url}"
    )
    _say_alike(graded.alike)
    for name in sorted(ungraded):
        why = "; ".join(found[name].staff_notes or found[name].notices)[:400]
        _say(f"{name}: not graded, a person must look. {why}")
    commands.record_scores(course, found)
    _end(list(found.values()))


@main.command(short_help="Show the results of a class again, without grading.")
@click.argument("assignment")
@click.option("--json", "as_json", is_flag=True, help="Print results as JSON.")
def report(assignment: str, as_json: bool) -> None:
    """Show what the last ``grade`` of ASSIGNMENT found: points, lost ones and why, who waits for a person."""
    from autograder.classroom import course as commands
    from autograder.report import points_table, reasons

    course = _course()
    found = commands.stored_results(course, assignment)
    if as_json:
        from autograder.results_json import to_results

        click.echo(json.dumps({name: to_results(result) for name, result in sorted(found.items())}, indent=1))
        return
    click.echo(points_table(found))
    for name, result in sorted(found.items()):
        if lines := [*reasons(result), *(f"staff: {note}" for note in result.staff_notes)]:
            click.echo("\n" + "\n  ".join([name, *lines]))
    _say_alike(commands.alike_in(found))
    _say(f"overview: {commands.overview_path(course, assignment)}")


def _say_alike(sentences: tuple[str, ...]) -> None:
    for sentence in sentences:
        _say(f"look at this: {sentence}")


def _end(results: list[GradingResult]) -> None:
    """Exit 3 if a fault of ours left a hand-in without a grade; one that cannot be read is none of ours."""
    from autograder.messages import OURS

    if any(OURS in result.notices for result in results):
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
    import shutil

    from autograder.bundle import read_bundle
    from autograder.engine.grade import Engine
    from autograder.report import points_table, reasons
    from autograder.results_json import to_results, write_json
    from autograder.sandbox.launcher import Limits

    if not submission.exists():
        raise UsageError(f"{submission}: no such file or folder; nothing was graded.")
    if results is not None and (results.is_dir() or not results.absolute().parent.is_dir()):
        raise UsageError(f"{results}: not a file in a folder that exists; nothing was graded.")
    limits = Limits()
    if bundle is None:
        from autograder.classroom import course as commands

        course = _course()
        bundle = commands.current_bundle(course, assignment)
        limits = Limits(memory_bytes=course.limits.memory_bytes)
    read_bundle(bundle, assignment)

    def write(result: GradingResult, *, done: bool) -> None:
        if results is not None:
            write_json(results, to_results(result, done=done), durable=done)

    with (
        tempfile.TemporaryDirectory(prefix="autograder-in-") as scratch,
        Engine(bundle, limits=limits, trust=trust) as engine,
    ):
        folder = submission
        if not submission.is_dir():
            folder = Path(scratch)
            shutil.copy(submission, folder / submission.name)
        result = engine.grade(folder, lambda partial: write(partial, done=False))
        write(result, done=True)
    if as_json:
        click.echo(json.dumps(to_results(result), indent=1))
    else:
        click.echo(points_table({submission.resolve().name: result}))
        for line in reasons(result):
            click.echo(f"  {line}")
    for note in result.staff_notes:
        _say(f"staff: {note}")
    _end([result])


@main.command(short_help="Pack assignments for Gradescope: autograder.zip and a Docker context.")
@click.argument("assignments", nargs=-1, metavar="ASSIGNMENT…", required=True)
@click.option("--to", type=click.Path(path_type=Path), help="Default: bundle/gradescope/<assignment>.")
def bundle(assignments: tuple[str, ...], to: Path | None) -> None:
    """Pack released assignments for Gradescope: autograder.zip, and docker/ with the same content.

    Several in one package are told apart by Gradescope's title or by the handed-in file's name. The
    same content gives the same bytes. Prints both paths.
    """
    from autograder.hosts import package

    course = _course()
    files = package.of_course(course, assignments)
    for path in package.write(files, to or course.bundles / "gradescope" / "+".join(assignments)):
        click.echo(path)
    _say(
        f"{len(files)} files, {sum(map(len, files.values())) / 1e6:.1f} MB, digest {package.digest(files)[:16]}"
    )


@main.command(short_help="Grade one hand-in below /autograder, inside Gradescope's container.")
@click.option(
    "--root",
    type=click.Path(path_type=Path),
    default=Path("/autograder"),
    show_default=True,
    help="Gradescope's folder.",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=1),
    help="Gradescope's, in seconds; ours is a minute shorter.",
)
@click.option("--source", type=click.Path(path_type=Path), help="With --build-check: where bundles/ lies.")
@click.option(
    "--build-check", type=click.Path(path_type=Path), help="Grade our own hand-ins in this folder instead."
)
def gradescope(root: Path, timeout_s: float | None, source: Path | None, build_check: Path | None) -> None:
    """Grade the hand-in below /autograder; used by run_autograder in the image.

    Exits 0 whenever a valid results.json is there. With --build-check: 1 if one of ours was misjudged.
    """
    if build_check is None:
        from autograder.hosts.gradescope import run

        sys.exit(run(root, timeout_s=timeout_s))
    from autograder.hosts.build_check import check_build

    wrong = check_build(source or root / "source", build_check)
    for line in wrong:
        _say(line)
    if not wrong:
        click.echo("solution: every point; untouched release: none")
    sys.exit(1 if wrong else 0)


@main.command(short_help="Grade one hand-in below /grade, as PrairieLearn's external grader.")
@click.option(
    "--root",
    type=click.Path(path_type=Path),
    default=Path("/grade"),
    show_default=True,
    help="PrairieLearn's folder.",
)
@click.option(
    "--source",
    type=click.Path(path_type=Path),
    default=Path("/autograder/source"),
    show_default=True,
    help="Where bundles/ lies.",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=1),
    help="PrairieLearn's, in seconds; ours ends before it.",
)
def prairielearn(root: Path, source: Path, timeout_s: float | None) -> None:
    """Grade the files in /grade/student; used by prairielearn_run in the image.

    Exits 0 whenever a valid results.json is there.
    """
    from autograder.hosts import prairielearn

    sys.exit(prairielearn.run(root, source=source, timeout_s=timeout_s))


@main.command(short_help="Try an image under Gradescope's container sizes; say which to choose.")
@click.argument("assignment")
@click.option(
    "--image", help="Built from bundle/gradescope/<assignment>/docker; default: autograder/<assignment>."
)
@click.option("--docker", default="docker", show_default=True, help="The engine's program.")
@click.option("--json", "as_json", is_flag=True, help="Print the trials as JSON.")
def preflight(assignment: str, image: str | None, docker: str, as_json: bool) -> None:
    """Grade the solution, the slowest right variant and the class's largest notebook in IMAGE.

    Prints time, memory and what is left of both for each container size, and the smallest that will do.
    Exits 3 if none will, 2 where the engine cannot limit its containers.
    """
    from autograder.author import steps
    from autograder.hosts import preflight as trials

    course = _course()
    timeout_s = course.gradescope_timeout_s

    image = image or trials.default_image(assignment)
    trials.require_engine(image, docker=docker)  # before anything that takes its time
    with steps.prepare(course, assignment) as prepared:
        _say("looking for the slowest right variant and the class's largest notebook")
        hand_ins = steps.heaviest(course, prepared)
        total = len(hand_ins) * len(trials.SIZES)
        _say(f"hand-ins: {', '.join(hand_ins)}; {total} trials")
        numbers = iter(range(1, total + 1))

        def step(trial: trials.Trial) -> None:
            size = f"{trial.cpus:g} CPU, {trial.gigabytes:g} GB"
            found = f"{trial.seconds:.1f} s, {trial.memory_mb} MB" if trial.graded else "not graded"
            _say(f"{next(numbers)}/{total}: {size}: {trial.name}: {found}")

        found = trials.run(image, hand_ins, docker=docker, step=step)
    size = trials.choose(found, timeout_s)
    if as_json:
        shown = {"trials": trials.to_json(found, timeout_s), "choose": size, "timeout_s": timeout_s}
        click.echo(json.dumps(shown, indent=1))
    else:
        click.echo(trials.report(found, timeout_s))
        if size:
            click.echo(
                f"\nChoose in Gradescope: {size[0]:g} CPU, {size[1]:g} GB; timeout {timeout_s / 60:g} minutes."
            )
        else:
            click.echo("\nNo container size will do.")
    if found[-1].cpus < trials.SIZES[-1][0]:
        _say(f"sizes above {found[-1].cpus:g} CPU were not tried: this machine has no more CPUs")
    sys.exit(0 if size else 3)


@main.command(short_help="Try to break each layer of the sandbox on this machine.")
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
        click.echo(
            "hidden checks: " + ("run" if found["decision"]["allowed"] else found["decision"]["refusal"])
        )
    sys.exit(0 if found["decision"]["allowed"] and not found["broken"] else 3)


@main.command(short_help="Write the gradebook's scores as CSV.")
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
    from autograder.classroom import course as commands

    waiting = commands.export(_course(), to, assignments)
    click.echo(to)
    for assignment in sorted({a for a, _ in waiting}):
        names = [student for a, student in waiting if a == assignment]
        shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        _say(f"{assignment}: {len(names)} wait for a person (a ✍ question, or not graded): {shown}")


if __name__ == "__main__":
    main()
