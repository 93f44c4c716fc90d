"""Write a class's scores into nbgrader's gradebook: one transaction, a savepoint per student (*trusted*).

nbgrader's own functions ask and commit per student and row: 300 hand-ins of 13 cells take half a minute. Here the rows
are read with a few queries, whatever the size of the class, and written together: all of a run's scores are in the
gradebook, or none. What one student's row refuses is taken back to the savepoint before it, and told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograder import gradebook as opened
from autograder import gradebook_server
from autograder.classroom import by_hand, scores
from autograder.errors import UsageError
from autograder.gradebook import nbgrader_module
from autograder.gradebook_url import kind, shown
from autograder.several import full_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from autograder.model import GradingResult

Rows = dict[str, Any]  # nbgrader's grades of one hand-in, by the name of their cell


def record_results(
    gradebook: Any,
    assignment: str,
    results: Mapping[str, GradingResult],
    timestamps: Mapping[str, datetime] | None = None,
) -> dict[str, Exception]:
    """Write the scores of many hand-ins as ``scores.record_result`` writes one; return what kept a student's out.

    When this returns, everything is committed. A gradebook that ``gradebook.to_ourselves`` has prepared takes its
    lock at the beginning, and may be tried again if it does not get it.

    Raises
    ------
    UsageError
        If the gradebook does not know the assignment.
    sqlalchemy.exc.OperationalError
        If the database as a whole refuses: locked, full, read-only. Nothing was written.
    """
    errors: dict[str, Exception] = {}
    refuses = nbgrader_module("sqlalchemy.exc").OperationalError
    try:
        table = _Table(gradebook, assignment)
        for student in sorted(results):
            savepoint = gradebook.db.begin_nested()
            try:
                table.write(student, results[student], (timestamps or {}).get(student))
                savepoint.commit()
            except refuses as error:
                # The database has taken everything back itself, savepoints too, and what was not found then is no cause.
                first: BaseException = error
                while isinstance(first.__context__, refuses):
                    first = first.__context__
                raise first from None
            except Exception as error:  # noqa: BLE001  one student's row
                savepoint.rollback()
                errors[student] = error
        by_hand.note_answers(gradebook, assignment, {n: r for n, r in results.items() if n not in errors})
        gradebook.db.commit()
    except BaseException:
        gradebook.db.rollback()
        raise
    return errors


class _Table:
    """What the gradebook has of an assignment: its cells, and every hand-in's rows."""

    def __init__(self, gradebook: Any, assignment: str) -> None:
        self.api, self.db = nbgrader_module("nbgrader.api"), gradebook.db
        self.cells = scores.graded_cells(gradebook, assignment)
        self.manual = {name for name, (_, manual) in self.cells.items() if manual}
        found = gradebook.find_assignment(assignment)
        self.assignment_id = found.id
        # What nbgrader's add_submission makes: by notebook, the ids of the cells with points and of those for answers.
        twice = scores.named_twice(found.notebooks)
        self.notebooks = {
            notebook.id: (
                [
                    (cell.id, full_name(notebook.name, cell.name, twice))
                    for cell in (*notebook.grade_cells, *notebook.task_cells)
                ],
                [cell.id for cell in (*notebook.solution_cells, *notebook.task_cells)],
            )
            for notebook in found.notebooks
        }
        api, query = self.api, self.db.query
        mine = api.SubmittedAssignment.assignment_id == self.assignment_id
        self.students = {row[0] for row in query(api.Student.id)}
        self.submissions = {one.student_id: one for one in query(api.SubmittedAssignment).filter(mine)}
        self.rows: dict[str, Rows] = {student: {} for student in self.submissions}
        grades = (
            query(api.Grade, api.BaseCell.name, api.SubmittedAssignment.student_id, api.Notebook.name)
            .join(api.BaseCell, api.BaseCell.id == api.Grade.cell_id)
            .join(api.SubmittedNotebook, api.SubmittedNotebook.id == api.Grade.notebook_id)
            .join(api.SubmittedAssignment, api.SubmittedAssignment.id == api.SubmittedNotebook.assignment_id)
            .join(api.Notebook, api.Notebook.id == api.SubmittedNotebook.notebook_id)
            .filter(mine)
        )
        for grade, cell, student, notebook in grades:
            self.rows[student][full_name(notebook, cell, twice)] = grade

    def write(self, student: str, result: GradingResult, timestamp: datetime | None) -> None:
        """Write one hand-in's scores and send them to the database."""
        scores.compare(self.cells, result)
        rows = self.rows[student] if student in self.rows else self._add(student)
        if timestamp is not None:
            if timestamp.tzinfo is None:
                raise ValueError(f"{student}: timestamp {timestamp} has no offset from UTC")
            self.submissions[student].timestamp = nbgrader_module("nbgrader.utils").parse_utc(timestamp)
        if result.graded:
            scores.write_scores(rows, result)
        else:
            scores.write_fault(rows, self.manual)
        self.db.flush()

    def _add(self, student: str) -> Rows:
        """Add the hand-in of a student who has none yet, and the student, as nbgrader does."""
        api, rows = self.api, Rows()
        if student not in self.students:
            self.db.add(api.Student(id=student))
            self.db.flush()
        submission = api.SubmittedAssignment(
            id=api.new_uuid(), assignment_id=self.assignment_id, student_id=student
        )
        self.db.add(submission)
        for notebook, (graded, answered) in self.notebooks.items():
            one = api.SubmittedNotebook(id=api.new_uuid(), notebook_id=notebook, assignment_id=submission.id)
            self.db.add(one)
            for cell, name in graded:
                rows[name] = api.Grade(cell_id=cell, notebook_id=one.id)
                self.db.add(rows[name])
            self.db.add_all([api.Comment(cell_id=cell, notebook_id=one.id) for cell in answered])
        self.submissions[student] = submission
        return rows


def failure(db_url: str, error: Exception) -> UsageError:
    """Return what a person reads when the gradebook as a whole refused."""
    if kind(db_url) != "sqlite":
        return gradebook_server.refusal(db_url, error, "no score was written to it")
    said = opened.first_line(error)
    if "full" in said:
        said = f"its disk is full ({said})"
    return UsageError(
        f"gradebook {shown(db_url)}: {said}; no score was written to it. The results are kept beside it: "
        "run the command again when it can be written, and nobody is graded twice."
    )
