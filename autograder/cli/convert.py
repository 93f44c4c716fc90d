"""The command that rewrites another tool's assignment into one of ours (*trusted*)."""

from __future__ import annotations

import click

from autograder.cli.common import course_here, say, show


@click.command(
    short_help="Rewrite an assignment of nbgrader's or otter's with checks of ours, as far as that goes."
)
@click.argument("assignment")
def convert(assignment: str) -> None:
    """Write source/ASSIGNMENT-converted/ from an assignment in nbgrader's or otter's form.

    Asserts become checks with reasons, hidden tests stay hidden, each test cell is a function. What a person has to
    do stands in the notebook as comments, and is printed. A start, never required: `autograder release ASSIGNMENT`
    takes the notebook as it is. Nothing is written over. Prints the written paths.
    """
    from autograder.author.dialects.convert import convert as rewrite

    course = course_here()
    found = rewrite(course.source, course.references, assignment)
    for path in found.paths:
        show(str(path))
    for line in dict.fromkeys(found.to_do):
        say(f"to do: {line}")
    names = sorted({path.parent.name for path in found.paths if path.suffix == ".ipynb"})
    left = f"{len(set(found.to_do))} things are left to do" if found.to_do else "nothing is left to do"
    say(f"{found.checks} checks; {left}. Next:")
    for name in names:
        say(f"  autograder validate {name}")
