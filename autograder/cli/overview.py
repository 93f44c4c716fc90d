"""``autograder overview``: the figures of a class (*trusted*)."""

from __future__ import annotations

import json
import sys

import click

from autograder.cli.common import course_here, say
from autograder.errors import AutograderError
from autograder.files import told_in_a_sentence


@click.command(short_help="The class at a glance: which check to look at first, everybody, every question.")
@click.argument("assignment")
@click.option("--json", "as_json", is_flag=True, help="Print the page's figures as JSON; writes nothing.")
@click.option(
    "--suspect",
    type=click.IntRange(1),
    metavar="N",
    help="Print the folders of the hand-ins that the Nth suspect check fails, one a line; writes nothing.",
)
def overview(assignment: str, as_json: bool, suspect: int | None) -> None:
    """Write the class's page for ASSIGNMENT from what ``grade`` stored, and say which check to look at first."""
    from autograder.classroom import class_overview, grading, page_files, store, stored, suspects

    course = course_here()
    results = stored.stored_results(course, assignment)
    found, broken = class_overview.gather(course, assignment, results, grading.alike_in(results))
    if suspect is not None:
        click.echo("\n".join(class_overview.folders(course, found, suspect)))
    elif as_json:
        click.echo(json.dumps(found.to_json(), indent=1, allow_nan=False))
    else:
        with told_in_a_sentence():
            page_files.write_overview(course, found)
        click.echo(page_files.overview_path(course, assignment))
        for line in suspects.sentences(found.suspects, assignment):
            say(line)
    unwritten = store.Unwritten()
    for name, error in broken:
        unwritten.note("the row in the overview", error, name)
    for sentence in unwritten.sentences():
        say(f"a person must look: {sentence}")
    if broken:
        sys.exit(AutograderError.exit_code)
