"""The command after people have graded in the formgrader (*trusted*)."""

from __future__ import annotations

import sys

import click

from autograder.cli.common import course_here, say
from autograder.errors import AutograderError


@click.command(short_help="Write the students' pages again, with what people gave.")
@click.argument("assignment")
def feedback(assignment: str) -> None:
    """Write every student's feedback page of ASSIGNMENT again, without grading: the last results and, from the gradebook,
    what people gave in the formgrader.

    Says who still waits for a person.
    """
    from autograder.classroom import page_files, roster, stored

    course = course_here()
    found = stored.stored_results(course, assignment)
    troubles = page_files.write_student_pages(course, assignment, found)
    click.echo(
        f"{len(found) - len(troubles)} pages: {course.feedback}/<student>/{assignment}/{assignment}.html"
    )
    waiting = page_files.waiting_for_a_person(course, assignment, roster.in_class(course, found))
    if waiting:
        shown = ", ".join(waiting[:8]) + (f" and {len(waiting) - 8} more" if len(waiting) > 8 else "")
        say(f"{len(waiting)} wait for a person (a ✍ question, or not graded): {shown}")
    for sentence in troubles:
        say(f"a person must look: {sentence}")
    if troubles:
        sys.exit(AutograderError.exit_code)
