"""Commands with which scores leave the house: who was late, and exports (*trusted*)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.cli.common import course_here, say, screen_width

if TYPE_CHECKING:
    from autograder.classroom.export import Exported


@click.command(short_help="Write scores: nbgrader's CSV, a long table, Canvas's or Gradescope's form.")
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    help="The file to write; default: grades.csv, or named after the form; - is stdout.",
)
@click.option(
    "--form",
    type=click.Choice(["nbgrader", "long", "canvas", "gradescope"]),
    default="nbgrader",
    show_default=True,
    help="long: a row per question and check.",
)
@click.option(
    "--fill",
    type=click.Path(path_type=Path),
    help="canvas: Canvas's gradebook export, to be filled in. gradescope: its roster or grades.",
)
@click.option(
    "--column",
    default="",
    help="canvas: the column, by its title or number; default: the one with the assignment's name.",
)
@click.option("--scale", is_flag=True, help="canvas: convert scores where Canvas's points differ from ours.")
@click.option("--missing-as-zero", is_flag=True, help="Give 0 to who handed in nothing.")
@click.option("--with-left", is_flag=True, help="Also who left the class.")
@click.option("--without", multiple=True, metavar="STUDENT", help="Leave this student out (repeatable).")
@click.argument("assignments", nargs=-1)
def export(
    to: Path | None,
    form: str,
    fill: Path | None,
    column: str,
    scale: bool,
    missing_as_zero: bool,
    with_left: bool,
    without: tuple[str, ...],
    assignments: tuple[str, ...],
) -> None:
    """Write the scores of ASSIGNMENTS (default: all), lateness included.

    What is not graded, waits for a person, or was never handed in is no 0: its score stays empty (in nbgrader's form
    what waits shows the points so far), the column status says which it is, and stderr names everybody. Canvas's form
    goes back into Canvas: its own file's people and that one column; beside it lies a table that explains each cell.
    """
    from autograder.classroom import export as exports

    options = exports.Options(
        form=form,
        fill=fill,
        column=column,
        scale=scale,
        missing_as_zero=missing_as_zero,
        with_left=with_left,
        without=without,
    )
    _say_exported(exports.export(course_here(), to, assignments, options))


def _say_exported(done: Exported) -> None:
    from autograder.classroom.export import STDOUT, open_ones

    for path in done.files:
        if path != STDOUT:
            click.echo(path)
    for note in done.notes:
        say(note)
    for assignment in done.assignments:
        for sentence in open_ones(assignment):
            say(sentence)


@click.command(short_help="Show who was late, and what it costs.")
@click.argument("assignment")
@click.option("--all", "everybody", is_flag=True, help="Also who was in time, and who handed in nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def late(assignment: str, everybody: bool, as_json: bool) -> None:
    """Show when the hand-ins of ASSIGNMENT came, against due_dates and extensions: raw → penalty → final, and why.

    Read anew each time: no release and no grading is needed. The scores are the gradebook's.
    """
    from autograder.classroom import late_table

    shown = late_table.of_assignment(course_here(), assignment, everybody=everybody)
    if as_json:
        click.echo(json.dumps(shown.to_json(), indent=1))
        return
    click.echo(shown.text(screen_width()))
    for note in shown.notes:
        say(f"look at this: {note}")
