"""The scores that people gave, as nbgrader's gradebook has them (*trusted*)."""

from __future__ import annotations

import warnings
from pathlib import Path

from autograder.config import CourseConfig
from autograder.gradebook import nbgrader_module, open_gradebook


def scores_by_hand(course: CourseConfig, assignment: str) -> dict[str, dict[str, float]]:
    """Return each student's manual scores by question; the gradebook is read, and none is made.

    A person's score in a check cell stands in place of ours.
    """
    prefix, _, path = course.db_url.partition(":///")
    if prefix == "sqlite" and not Path(path).is_file():
        return {}
    found: dict[str, dict[str, float]] = {}
    with warnings.catch_warnings(), open_gradebook(course.db_url, course.course_id) as book:
        warnings.simplefilter("ignore")  # SQLAlchemy's, about nbgrader's own code
        api = nbgrader_module("nbgrader.api")
        submission, notebook, grade, cell = (
            api.SubmittedAssignment,
            api.SubmittedNotebook,
            api.Grade,
            api.BaseCell,
        )
        rows = (
            book.db.query(submission.student_id, cell.name, grade.manual_score)
            .select_from(grade)
            .join(cell, grade.cell_id == cell.id)
            .join(notebook, grade.notebook_id == notebook.id)
            .join(submission, notebook.assignment_id == submission.id)
            .join(api.Assignment, submission.assignment_id == api.Assignment.id)
            .filter(api.Assignment.name == assignment, grade.manual_score.isnot(None))
        )
        for student, question, score in rows:
            found.setdefault(str(student), {})[str(question)] = float(score)
    return found
