"""Commands of the instructor before a release (*trusted*)."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autograder.cli.common import course_here, named_assignments, need_linux, safe_course_here, say, watching
from autograder.errors import UsageError

if TYPE_CHECKING:
    from autograder.author.outside import Round
    from autograder.author.steps import Validation


@click.command(short_help="Begin a course in a folder.")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", help="The course's name; default: the folder's.")
@click.option("--example", is_flag=True, help="With a small assignment that already validates.")
def init(folder: Path, name: str | None, example: bool) -> None:
    """Write the course file, nbgrader's, .gitignore and README.md into FOLDER, which is made if need be.

    Files that are there are never written over. Prints the written paths.
    """
    from autograder.author.begin import EXAMPLE, new_course

    for path in new_course(folder, name or folder.resolve().name, example=example):
        click.echo(path)
    first = EXAMPLE if example else "my-assignment"
    begin = [] if example else [f"autograder new {first}"]
    then = [f"autograder validate {first}", f"autograder release {first}", f"autograder grade {first}"]
    say("Next:\n  " + "\n  ".join([f"cd {folder}", *begin, *then][:4]))


@click.command(short_help="Begin an assignment: a notebook that can be released as it is.")
@click.argument("name")
def new(name: str) -> None:
    """Write source/NAME/NAME.ipynb with one question of each kind, and two variants, to be written over.

    Prints the written paths. docs/writing-checks.md says what the parts are.
    """
    from autograder.author.scaffold import new_assignment

    course = course_here()
    for path in new_assignment(course.source, course.references, name):
        click.echo(path)
    say(f"Write over it in Jupyter; try it with: autograder validate {name}")


@click.command(
    short_help="Train an assignment's reference.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("assignment")
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def reference(assignment: str, options: tuple[str, ...]) -> None:
    """Run references/ASSIGNMENT/train.py with OPTIONS: --device cuda --seeds 300 (``-- --help`` for all)."""
    import subprocess

    path = course_here().references / assignment / "train.py"
    if not path.is_file():
        raise UsageError(f"{path}: no such program; nothing was trained.")
    sys.exit(subprocess.run([sys.executable, str(path), *options], check=False).returncode)


@click.command(short_help="Grade our own hand-ins: solution, untouched release, variants.")
@click.argument("assignment", required=False)
@click.option("--all", "everything", is_flag=True, help="Every assignment in source/.")
@click.option("--json", "as_json", is_flag=True, help="Print the judgements as JSON.")
@click.option("--fresh", is_flag=True, help="Grade again even what has not changed.")
@click.option("--only", multiple=True, metavar="PATTERN", help="Only these variants: wrong-q3* (repeatable).")
@click.option(
    "--outside",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Count, too, how solutions in FOLDER/ASSIGNMENT/ are judged, by people who saw the release only.",
)
def validate(
    assignment: str | None,
    everything: bool,
    as_json: bool,
    fresh: bool,
    only: tuple[str, ...],
    outside: Path | None,
) -> None:
    """Grade the solution, the untouched release and every variant of ASSIGNMENT; print the kill matrix.

    Prints what ``autograder lint`` would say, too. With --all and nothing amiss, writes docs/validity.md.
    Exits 1 if a wrong variant kept its points or a right one lost some.
    """
    from autograder.author import steps
    from autograder.cli import brought

    need_linux()
    output: dict[str, Any] = {}
    course, rounds = course_here(), {}
    all_ok = True
    for name in named_assignments(course, assignment, everything=everything):
        if brought.is_brought(course, name):
            all_ok &= brought.validate(course, name, fresh=fresh, as_json=output if as_json else None)
            continue
        found = steps.validated(course, name, watching(f"validate {name}"), fresh=fresh, only=only)
        all_ok &= found.ok
        output[name] = found.to_json()
        if not as_json:
            _print_validation(name, found)
        if outside is not None and (outside / name).is_dir():
            watch = watching(f"outside {name}")
            rounds[name] = steps.judged_outside(course, name, outside, watch, fresh=fresh)
            output[name]["outside"] = rounds[name].to_json()
            if not as_json:
                _print_round(name, rounds[name])
    if everything and not only and all_ok and not course.nbgrader:
        say(f"written: {steps.write_validity(course, output, rounds)}")
    if as_json:
        click.echo(json.dumps(output, indent=1))
    sys.exit(0 if all_ok else 1)


def _print_round(name: str, found: Round) -> None:
    for kind, misjudged in (("hurt", found.hurt), ("survives", found.survivors)):
        for one, why in misjudged.items():
            click.echo(f"outside: {one} {kind}: {why}")
    click.echo(
        f"{name}: of {found.right} right solutions from outside {len(found.hurt)} lost a point, "
        f"of {found.wrong} wrong ones {len(found.survivors)} kept theirs"
    )


def _print_validation(name: str, found: Validation) -> None:
    from autograder.author.validate import kill_matrix

    click.echo(kill_matrix(found.judgements))
    _print_summary(name, found.facts)
    for j in found.judgements:
        if not j.ok:
            click.echo(f"\n{j.complaint()}")
    for finding in found.advice:
        click.echo(f"advice: {finding}")


@click.command(short_help="Say what students would stumble over in a source notebook.")
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
    from autograder.cli import brought

    course = safe_course_here()
    found = []
    for name in named_assignments(course, assignment, everything=everything):
        if brought.is_brought(course, name):
            say(f"{name}: the linter reads notebooks of our own; `autograder validate {name}` reads these.")
            continue
        source = read_source(course.source, course.references, name)
        found += rules.lint(source, course.packages)
        say(str(rules.shown(source)))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], indent=1))
    else:
        for finding in found:
            click.echo(finding)
        say(f"{len(found)} finding{'s' * (len(found) != 1)}")
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


@click.command(short_help="Make the student's notebook and the private bundle.")
@click.argument("assignment", required=False)
@click.option("--all", "everything", is_flag=True, help="Every assignment in source/.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if release/ is not up to date.")
@click.option("--fresh", is_flag=True, help="Grade again even what has not changed.")
def release(assignment: str | None, everything: bool, check: bool, fresh: bool) -> None:
    """Make the student's notebook and the private bundle of ASSIGNMENT.

    Writes nothing unless the solution scores 100 %, the untouched release 0, every variant what it
    must, and nothing leaks. Prints one written path per line.

    Of an assignment in nbgrader's form, the release is nbgrader's own, and the table says where each test cell is
    judged (docs/bring-your-course.md).
    """
    from autograder.author import steps
    from autograder.cli import brought

    if not check:
        need_linux()
    course, all_ok = safe_course_here(), True
    for name in named_assignments(course, assignment, everything=everything):
        if brought.is_brought(course, name):
            all_ok &= brought.release(course, name, check=check, fresh=fresh, among_others=everything)
            continue
        if check:
            click.echo(f"{steps.refuse_outdated(course, name)}: up to date")
            continue
        started = time.monotonic()
        found = steps.released(course, name, watching(f"release {name}"), fresh=fresh)
        for path in found.paths:
            click.echo(path)
        say(
            f"{name}: released in {time.monotonic() - started:.1f} s; bundle {found.digest[:16]}; "
            f"solution 100 %, untouched release 0, {found.variants} variants as expected "
            f"(autograder validate {name} shows each)"
        )
    sys.exit(0 if all_ok else 1)
