"""Commands for, and inside, other systems that run us (*trusted*)."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.cli.common import course_here, need_linux, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autograder.config import CourseConfig


@click.command(short_help="Pack assignments for Gradescope: autograder.zip and a Docker context.")
@click.argument("assignments", nargs=-1, metavar="ASSIGNMENT…", required=True)
@click.option("--to", type=click.Path(path_type=Path), help="Default: bundle/gradescope/<assignment>.")
def bundle(assignments: tuple[str, ...], to: Path | None) -> None:
    """Pack released assignments for Gradescope: autograder.zip, and docker/ with the same content.

    Several in one package are told apart by Gradescope's title or by the handed-in file's name. The
    same content gives the same bytes. Prints both paths. Of a course in nbgrader's or otter's form the
    solution and the untouched notebooks are graded first; the image must give the same.
    """
    from autograder.cli import brought
    from autograder.hosts import package

    course = course_here()
    if any(brought.is_brought(course, name) for name in assignments):
        need_linux()
    to = to or course.bundles / "gradescope" / "+".join(dict.fromkeys(assignments))
    made = package.of_course(course, tuple(dict.fromkeys(assignments)), say)
    for path in package.write(made.files, to):
        click.echo(path)
    for note in made.notes:
        say(note)
    size, digest = sum(map(len, made.files.values())) / 1e6, package.digest(made.files)[:16]
    say(f"{len(made.files)} files, {size:.1f} MB, digest {digest}")


@click.command(short_help="Grade one hand-in below /autograder, inside Gradescope's container.")
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
    need_linux()
    if build_check is None:
        from autograder.hosts.gradescope import run

        sys.exit(run(root, timeout_s=timeout_s))
    from autograder.hosts.build_check import EXPECTED, check_build

    wrong = check_build(source or root / "source", build_check)
    for line in wrong:
        say(line)
    if not wrong and list(build_check.glob(f"*/{EXPECTED}")):
        click.echo("solution and untouched release: what they must get")
    elif not wrong:
        click.echo("solution: every point; untouched release: none")
    sys.exit(1 if wrong else 0)


@click.command(short_help="Grade one hand-in below /grade, as PrairieLearn's external grader.")
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
    need_linux()
    from autograder.hosts import prairielearn

    sys.exit(prairielearn.run(root, source=source, timeout_s=timeout_s))


@contextmanager
def _heaviest(course: CourseConfig, assignment: str) -> Iterator[dict[str, Path]]:
    """Give the hand-ins that decide a container's size, by name."""
    from autograder.author import steps
    from autograder.cli import brought
    from autograder.hosts import brought as hand_ins_of

    if brought.is_brought(course, assignment):
        say("looking for the class's largest notebook")
        with hand_ins_of.heaviest(course, assignment) as found:
            yield found
        return
    with steps.prepare(course, assignment) as prepared:
        say("looking for the slowest right variant and the class's largest notebook")
        yield steps.heaviest(course, prepared)


@click.command(short_help="Try an image under Gradescope's container sizes; say which to choose.")
@click.argument("assignment")
@click.option(
    "--image", help="Built from bundle/gradescope/<assignment>/docker; default: autograder/<assignment>."
)
@click.option("--docker", default="docker", show_default=True, help="The engine's program.")
@click.option("--json", "as_json", is_flag=True, help="Print the trials as JSON.")
def preflight(assignment: str, image: str | None, docker: str, as_json: bool) -> None:
    """Grade the solution, the slowest right variant (of an assignment of ours) and the class's largest notebook in IMAGE.

    Prints time, memory and what is left of both for each container size, and the smallest that will do.
    Exits 3 if none will, 2 where the engine cannot limit its containers.
    """
    need_linux()
    from autograder.hosts import preflight as trials

    course = course_here()
    timeout_s = course.gradescope_timeout_s

    image = image or trials.default_image(assignment)
    trials.require_engine(image, docker=docker)  # before anything that takes its time
    with _heaviest(course, assignment) as hand_ins:
        total = len(hand_ins) * len(trials.SIZES)
        say(f"hand-ins: {', '.join(hand_ins)}; {total} trials")
        numbers = iter(range(1, total + 1))

        def step(trial: trials.Trial) -> None:
            size = f"{trial.cpus:g} CPU, {trial.gigabytes:g} GB"
            found = f"{trial.seconds:.1f} s, {trial.memory_mb} MB" if trial.graded else "not graded"
            say(f"{next(numbers)}/{total}: {size}: {trial.name}: {found}")

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
        say(f"sizes above {found[-1].cpus:g} CPU were not tried: this machine has no more CPUs")
    sys.exit(0 if size else 3)
