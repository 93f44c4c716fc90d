"""Bring nbgrader's gradebook up to date about lateness: due dates, extensions, times, penalties (*trusted*).

``nbgrader autograde`` does the same for one hand-in through nbgrader's plugin, see ``hosts/nbgrader_late``. Here it is
done for all at once: a manual score, an extension or a slack day spent elsewhere changes penalties long after a grading.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from autograder import gradebook
from autograder.classroom.lateness import Clock, extension_of, naive
from autograder.config import CourseConfig
from autograder.late_rule import Lateness, duration

_SAME = 0.005  # points: less is no cent


def settle(
    course: CourseConfig,
    graded: Mapping[str, Collection[str]] | None = None,
    only: tuple[str, str] | None = None,
) -> tuple[str, ...]:
    """Bring the course's gradebook up to date; see ``settle_in``."""
    with quietly_opened(course) as book:
        return settle_in(book, course, graded, only)


@contextmanager
def quietly_opened(course: CourseConfig) -> Iterator[Any]:
    """Open the course's gradebook; SQLAlchemy's warnings are about nbgrader's own code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with gradebook.open_gradebook(course.db_url, course.course_id) as book:
            yield book


def settle_in(
    book: Any,
    course: CourseConfig,
    graded: Mapping[str, Collection[str]] | None = None,
    only: tuple[str, str] | None = None,
) -> tuple[str, ...]:
    """Write due dates, extensions and penalties of all hand-ins, and the times of those just ``graded``.

    ``only`` (assignment, student) leaves out all others.

    ``graded`` names students by assignment: a time in the gradebook says which hand-in its scores are of, so other
    times stay, and so do penalties of who handed in again since. Returns a sentence for staff about each thing of
    somebody else's that was replaced. All is written, or on an error nothing.
    """
    clock, notes = Clock(course), list[str]()
    try:
        for assignment in book.assignments:
            if only is None or only[0] == assignment.name:
                just = (graded or {}).get(assignment.name, ())
                notes += _settle(book, course, clock, assignment, just, None if only is None else only[1])
        book.db.commit()
    except BaseException:
        book.db.rollback()
        raise
    return tuple(notes)


def _settle(
    book: Any, course: CourseConfig, clock: Clock, assignment: Any, graded: Collection[str], only: str | None
) -> Iterator[str]:
    due = naive(course.due_dates.get(assignment.name))
    if due is not None and assignment.duedate != due:
        assignment.duedate = due
    found = clock.of_class(assignment.name).by_student
    scores, taken = _scores(book, assignment), []
    maximum = float(assignment.max_score)
    for submission in assignment.submissions:
        student = submission.student_id
        lateness = found.get(student) if only in (None, student) else None
        if (
            lateness is None
        ):  # not asked for; or its files lie elsewhere now, and what the gradebook says stays
            continue
        if student in graded:
            submission.timestamp = naive(lateness.handed_in)
        elif handed_in_again(submission.timestamp, lateness):
            continue
        wanted = extension_of(course, assignment.name, lateness)
        if submission.extension != wanted:
            if submission.extension is not None:
                yield (
                    f"{assignment.name}: the gradebook had an extension of {duration(submission.extension)} for {student}; "
                    f"now it has {duration(wanted) if wanted else 'none'}, as c.Autograder.extensions says"
                )
            submission.extension = wanted
        for notebook in submission.notebooks:
            penalty = lateness.charge(scores.get(notebook.id, 0.0), maximum).penalty or None
            before = notebook.late_submission_penalty
            if before is None or penalty is None or abs(before - penalty) >= _SAME:
                notebook.late_submission_penalty = penalty
            if due is None and before:
                taken.append(student)
    if taken:
        yield (
            f"{assignment.name}: no due date in c.Autograder.due_dates, so {len(taken)} late penalties were taken out of the "
            f"gradebook: {', '.join(sorted(taken)[:8])}"
        )


def set_dates(book: Any, course: CourseConfig, assignment: str, student: str) -> None:
    """Write when one hand-in was due for its student, and when it came; a penalty is nobody's business here."""
    lateness = Clock(course).of(assignment, student)
    submission = book.find_submission(assignment, student)
    if lateness.due is not None:
        submission.assignment.duedate = naive(course.due_dates[assignment])
        submission.extension = extension_of(course, assignment, lateness)
    if lateness.handed_in is not None:
        submission.timestamp = naive(lateness.handed_in)
    book.db.commit()


def handed_in_again(recorded: Any, lateness: Lateness) -> bool:
    """Tell whether the gradebook's scores are of an earlier hand-in: nbgrader's own rule."""
    return lateness.handed_in is not None and recorded != naive(lateness.handed_in)


def _scores(book: Any, assignment: Any) -> dict[str, float]:
    """Return each handed-in notebook's score by its row's id, in one query: nbgrader asks once for each."""
    api, sql = gradebook.nbgrader_module("nbgrader.api"), gradebook.nbgrader_module("sqlalchemy")
    query = (
        sql.select(api.Grade.notebook_id, sql.func.sum(api.Grade.score))
        .join(api.SubmittedNotebook, api.SubmittedNotebook.id == api.Grade.notebook_id)
        .join(api.SubmittedAssignment, api.SubmittedAssignment.id == api.SubmittedNotebook.assignment_id)
        .where(api.SubmittedAssignment.assignment_id == assignment.id)
        .group_by(api.Grade.notebook_id)
    )
    return {row[0]: float(row[1] or 0.0) for row in book.db.execute(query)}
