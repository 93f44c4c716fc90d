"""Write scores into nbgrader's gradebook (*trusted*).

One process writes at a time. A person's ``manual_score`` is never touched, and a fault of ours
never lowers an ``auto_score``: it stays as it was and the cell is flagged for a person.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from autograder.classroom import by_hand
from autograder.errors import UsageError
from autograder.model import MAX_BONUS, Outcome

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from autograder.model import GradingResult
from autograder.gradebook import nbgrader_module
from autograder.several import ambiguous, full_name

_POINTS_TOLERANCE = 1e-9


def record_result(
    gradebook: Any, student: str, result: GradingResult, timestamp: datetime | None = None
) -> None:
    """Write one hand-in's scores; all of them or, on an error, none.

    A check cell whose ``manual_score`` overrides ours is flagged only when our score changed; one with a
    check that a person decides is flagged until it has a ``manual_score``, and so is a question by hand, again when its
    answer is another one than was scored. A result with ``graded=False`` is a fault of ours, see ``record_fault``.

    Raises
    ------
    UsageError
        If the gradebook does not have exactly the result's questions with the same points.
    ValueError
        If ``timestamp`` has no offset.
    """
    _compare(gradebook, result)
    if not result.graded:
        record_fault(gradebook, student, result.assignment, timestamp)
        return
    with _open_rows(gradebook, student, result.assignment, timestamp) as rows:
        write_scores(rows, result)
        by_hand.note_answers(gradebook, result.assignment, {student: result})


def write_scores(rows: Mapping[str, Any], result: GradingResult) -> None:
    """Write a graded result into a hand-in's rows: what ``record_result`` says."""
    for question in result.questions:
        row = rows[question.name]
        if question.manual:
            row.auto_score = None  # nbgrader's own recorder gives an untouched answer 0; a person decides
            row.needs_manual_grade = row.needs_manual_grade or row.manual_score is None
            continue
        score = result.score_of(question.name)
        waits = any(c.outcome is Outcome.REVIEW for c in result.checks if c.question == question.name)
        overridden = row.manual_score is not None
        row.needs_manual_grade = row.auto_score != score if overridden else waits
        row.auto_score = score


def record_fault(gradebook: Any, student: str, assignment: str, timestamp: datetime | None = None) -> None:
    """Note that we could not grade a hand-in: every score stays, and a person must look.

    Only cells that a person grades anyway, and has graded, are not flagged.
    """
    notebooks = _notebooks(gradebook, assignment)
    twice = named_twice(notebooks)
    manual = {full_name(n.name, cell.name, twice) for n in notebooks for cell in _manual_cells(n)}
    with _open_rows(gradebook, student, assignment, timestamp) as rows:
        write_fault(rows, manual)


def write_fault(rows: Mapping[str, Any], manual: Collection[str]) -> None:
    """Flag a hand-in's rows for a person: what ``record_fault`` says; ``manual`` names the cells graded by hand."""
    for name, row in rows.items():
        if name not in manual or row.manual_score is None:
            row.needs_manual_grade = True


@contextmanager
def _open_rows(
    gradebook: Any, student: str, assignment: str, timestamp: datetime | None
) -> Iterator[dict[str, Any]]:
    """Give the hand-in's rows by grade_id and save them at the end, or none of them on an error.

    The student and the hand-in are added if they are new.
    """
    if timestamp is not None and timestamp.tzinfo is None:
        msg = f"{student}: timestamp {timestamp} has no offset from UTC"
        raise ValueError(msg)
    gradebook.update_or_create_student(student)
    when = {} if timestamp is None else {"timestamp": timestamp}
    submission = gradebook.update_or_create_submission(assignment, student, **when)
    try:
        twice = named_twice(_notebooks(gradebook, assignment))
        yield {
            full_name(notebook.name, row.name, twice): row
            for notebook in submission.notebooks
            for row in notebook.grades
        }
        gradebook.db.commit()
    except BaseException:
        gradebook.db.rollback()
        raise


def _notebooks(gradebook: Any, assignment: str) -> list[Any]:
    try:
        return list(gradebook.find_assignment(assignment).notebooks)
    except nbgrader_module("nbgrader.api").MissingEntry as error:
        msg = (
            f"gradebook: no assignment {assignment!r}; nothing was written. "
            f"Run: autograder release {assignment}"
        )
        raise UsageError(msg) from error


def _manual_cells(notebook: Any) -> list[Any]:
    return [*notebook.solution_cells, *notebook.task_cells]


def _compare(gradebook: Any, result: GradingResult) -> None:
    """Refuse a result whose questions are not the gradebook's, or whose score exceeds its points."""
    compare(graded_cells(gradebook, result.assignment), result)


Cells = dict[str, tuple[float, bool]]  # by name: points, and whether a person grades it


def graded_cells(gradebook: Any, assignment: str) -> Cells:
    """Return the cells with points that the gradebook knows of an assignment.

    Raises
    ------
    UsageError
        If it does not know the assignment.
    """
    rows: Cells = {}
    notebooks = _notebooks(gradebook, assignment)
    twice = named_twice(notebooks)
    for notebook in notebooks:
        manual = {cell.name for cell in _manual_cells(notebook)}
        rows |= {
            full_name(notebook.name, cell.name, twice): (float(cell.max_score), cell.name in manual)
            for cell in (*notebook.grade_cells, *notebook.task_cells)
        }
    return rows


def named_twice(notebooks: Iterable[Any]) -> set[str]:
    """Return the names of graded cells that stand in more than one of an assignment's notebooks; see ``several``."""
    return ambiguous(
        (str(notebook.name), str(cell.name))
        for notebook in notebooks
        for cell in (*notebook.grade_cells, *notebook.task_cells)
    )


def compare(rows: Cells, result: GradingResult) -> None:
    """Refuse a result whose questions are not ``rows``, or whose score exceeds its points.

    Raises
    ------
    UsageError
        With the first question that differs.
    """
    found = {question.name: (float(question.points), question.manual) for question in result.questions}
    for name in sorted(rows.keys() | found.keys()):
        row, ours = rows.get(name), found.get(name)
        if row is None or ours is None or row[1] != ours[1] or abs(row[0] - ours[0]) > _POINTS_TOLERANCE:
            msg = (
                f"{result.assignment}/{name}: the gradebook has {_words(row)}, the result {_words(ours)}; "
                f"nothing was written. Run: autograder release {result.assignment}"
            )
            raise UsageError(msg)
        score = result.score_of(name)
        if not ours[1] and score > ours[0] * (1 + MAX_BONUS) + _POINTS_TOLERANCE:
            msg = f"{result.assignment}/{name}: score {score:g} of {ours[0]:g} points; nothing was written."
            raise UsageError(msg)


def _words(cell: tuple[float, bool] | None) -> str:
    if cell is None:
        return "no such question"
    return f"{cell[0]:g} points{' by hand' if cell[1] else ''}"
