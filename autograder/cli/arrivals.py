"""Commands by which a class comes in: who is in it, and what they handed in (*trusted*)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.cli.common import course_here, say, watching

if TYPE_CHECKING:
    from autograder.classroom.roster_import import Imported
    from autograder.config import CourseConfig


@click.group(
    invoke_without_command=True,
    short_help="Show who is in the class; take it over from Canvas, Gradescope, a CSV.",
)
@click.option("--all", "everybody", is_flag=True, help="Also who left.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def roster(context: click.Context, everybody: bool, as_json: bool) -> None:
    """Show who is in the class, and by which names other systems know them.

    The roster is roster.csv in the course's folder, to be edited as you like: one row per person. Under `also` stand
    other names that hand-ins come under, parted by semicolons.
    """
    if context.invoked_subcommand is not None:
        return
    from autograder.classroom import roster as people

    course = course_here()
    found = people.load(course)
    shown = found.people if everybody or as_json else found.active
    if as_json:
        click.echo(json.dumps([people.as_dict(p) for p in shown], indent=1, ensure_ascii=False))
        return
    click.echo(people.as_table(shown))
    left = len(found.people) - len(found.active)
    say(
        f"{len(found.active)} in the class"
        + (f", {left} left (--all shows them)" if left and not everybody else "")
    )
    if not found.people:
        say(
            "No roster yet. Run: autograder roster import FILE (Canvas's gradebook export, Gradescope's roster, or a CSV)"
        )


@roster.command("import", short_help="Take over Canvas's gradebook export, Gradescope's roster, or a CSV.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--part", is_flag=True, help="FILE holds a part of the class: who is not in it has not left.")
@click.option(
    "--id",
    "ids",
    type=click.Choice(["auto", "login", "email", "sis", "canvas"]),
    default="auto",
    show_default=True,
    help="What new students' ids are made from; auto: the login, else the email address (before the @), else a number.",
)
@click.option("--dry-run", is_flag=True, help="Say what would change; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def import_(file: Path, part: bool, ids: str, dry_run: bool, as_json: bool) -> None:
    """Take over FILE into roster.csv and nbgrader's table of students.

    FILE is Canvas's gradebook export, Gradescope's roster, or a CSV with nbgrader's columns (id, first_name,
    last_name, email, lms_user_id). Several files of several systems add up: a person is recognised by an identity or
    by a full name that one person has. Who is missing from a newer file of the same kind is marked as having left and
    keeps everything.
    """
    from autograder.classroom import roster_import

    course = course_here()
    done = roster_import.import_file(course, file, part=part, ids=ids)
    if not dry_run:
        roster_import.write(course, done.people)
    _show_import(course, done, as_json=as_json, dry_run=dry_run)


def _show_import(course: CourseConfig, done: Imported, *, as_json: bool, dry_run: bool) -> None:
    from autograder.classroom import roster_import

    names = ("added", "changed", "left", "back", "skipped", "notes")
    if as_json:
        click.echo(
            json.dumps(
                {"kind": done.kind} | {n: getattr(done, n) for n in names}, indent=1, ensure_ascii=False
            )
        )
        return
    for name in names:
        found = getattr(done, name)
        if name in ("skipped", "notes"):
            for sentence in found:
                say(f"{'skipped' if name == 'skipped' else 'look at this'}: {sentence}")
        elif found:
            click.echo(f"{name} {len(found)}: {', '.join(found)}")
    if not any(getattr(done, n) for n in names[:4]):
        click.echo("nothing changed")
    active = len(done.people.active)
    say(f"{done.kind}: {active} in the class" + ("; nothing was written (--dry-run)" if dry_run else ""))
    if odd := roster_import.strangers(course, done.people):
        say(f"in submitted/, but not in the roster: {', '.join(odd[:12])}{' …' if len(odd) > 12 else ''}")
    if roster_import.unignored(course):
        say("roster.csv holds personal data: write /roster.csv into .gitignore")


@roster.command("mark", short_help="Mark students as having left, or as back.")
@click.argument("students", nargs=-1, required=True)
@click.option("--left/--active", "left", required=True, help="What they are from now on.")
def mark(students: tuple[str, ...], left: bool) -> None:
    """Mark STUDENTS (their ids) as having left, or as active again. Nothing of theirs is touched."""
    from autograder.classroom import roster as people
    from autograder.classroom import roster_import

    course = course_here()
    after = roster_import.mark(people.load(course), students, people.LEFT if left else people.ACTIVE)
    roster_import.write(course, after)
    click.echo(f"{'left' if left else 'active'}: {', '.join(students)}")


@click.command(short_help="Take hand-ins from Gradescope's export, Canvas's or Moodle's download, a folder.")
@click.argument("assignment")
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "--as",
    "said",
    multiple=True,
    metavar="HAND_IN=STUDENT",
    help="Whose a hand-in is that nobody was found for (repeatable).",
)
@click.option(
    "--groups",
    type=click.Path(path_type=Path),
    help="Who works together: Canvas's export of a group set, or a CSV with student and group. Gradescope says it itself.",
)
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def collect(
    assignment: str, source: Path, said: tuple[str, ...], groups: Path | None, dry_run: bool, as_json: bool
) -> None:
    """Take the hand-ins of ASSIGNMENT from SOURCE into submitted/<student>/ASSIGNMENT/.

    SOURCE is a zip or a folder: Gradescope's export of submissions, Canvas's or Moodle's download, a folder with one
    folder, zip or notebook per student. Every file of a hand-in is kept. What is there already is replaced by what is
    newer and kept aside; the same command again changes nothing. Who cannot be told is named, and nothing is guessed.
    """
    from autograder.classroom import collect, collect_words

    course = course_here()
    whose = collect_words.said(said)
    watch = watching(f"collect {assignment}")
    try:
        done = collect.collect(
            course, assignment, source, said=whose, groups=groups, dry_run=dry_run, watch=watch
        )
    except KeyboardInterrupt:
        say("stopped: each hand-in is whole in its place or not there; the same command again does the rest")
        raise
    if as_json:
        click.echo(json.dumps(done.to_json(), indent=1, ensure_ascii=False))
        return
    click.echo(collect_words.lines(done))
    for sentence in collect_words.hints(done, course, dry_run=dry_run):
        say(sentence)
