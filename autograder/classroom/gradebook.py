"""Write scores into nbgrader's gradebook and read them out again (*trusted*).

One process writes at a time. A person's ``manual_score`` is never touched, and a fault of ours
never lowers an ``auto_score``: it stays as it was and the cell is flagged for a person.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.errors import ReleaseError, UsageError
from autograder.model import MAX_BONUS, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from autograder.model import GradingResult, Question

# What nbgrader's generate_assignment does to a source notebook before it saves the cells.
_PREPARE = (
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "autograder.hosts.nbgrader.GuardChecks",
    "nbgrader.preprocessors.ComputeChecksums",
)
_POINTS_TOLERANCE = 1e-9


@contextmanager
def open_gradebook(db_url: str, course_id: str) -> Iterator[Any]:
    """Open nbgrader's gradebook, made new if there is none, and close it at the end.

    nbgrader runs ``alembic`` by name for a new database, so the interpreter's own folder comes
    first on PATH while it opens.
    """
    api = _import("nbgrader.api")
    before = os.environ.get("PATH")
    path = os.pathsep.join([str(Path(sys.executable).parent), *([before] if before else [])])
    if shutil.which("alembic", path=path) is None:  # nbgrader would leave a half-made database
        msg = f"alembic: not found beside {sys.executable}; no gradebook was opened. Reinstall nbgrader."
        raise UsageError(msg)
    os.environ["PATH"] = path
    try:
        gradebook = api.Gradebook(db_url, course_id)
    except _import("sqlalchemy.exc").SQLAlchemyError as error:
        msg = f"gradebook {db_url}: cannot be opened: {error}; nothing was written."
        raise UsageError(msg) from error
    finally:
        if before is None:
            del os.environ["PATH"]
        else:
            os.environ["PATH"] = before
    with gradebook:
        yield gradebook


def record_assignment(
    db_url: str,
    course_id: str,
    name: str,
    questions: Iterable[Question],
    source_notebook: Path,
    *,
    due: datetime | None = None,
) -> None:
    """Save an assignment's cells as ``nbgrader generate_assignment`` does, checks guarded.

    Raises
    ------
    ReleaseError
        If the notebook's graded cells are not ``questions``, or its metadata is not valid.
    UsageError
        If hand-ins are recorded already and the set of cells differs from theirs.
    """
    plugins, formats = _import("nbgrader.preprocessors"), _import("nbgrader.nbgraderformat")
    resources = {"nbgrader": {"notebook": source_notebook.stem, "assignment": name, "db_url": db_url}}
    try:
        notebook = formats.read(str(source_notebook), as_version=4)
        for item in _PREPARE:
            module, _, cls = item.rpartition(".")
            notebook, _ = getattr(_import(module), cls)().preprocess(notebook, resources)
    except (
        formats.ValidationError,
        formats.SchemaTooOldError,
        formats.SchemaTooNewError,
        RuntimeError,
    ) as error:
        msg = f"{source_notebook}: {error}; nothing was written. Correct that cell."
        raise ReleaseError(msg) from error
    cells = {
        (str(m["grade_id"]), float(m["points"]), bool(m["solution"]))
        for m in (cell.metadata.get("nbgrader", {}) for cell in notebook.cells)
        if m.get("grade")
    }
    for odd in sorted(cells ^ {(q.name, float(q.points), q.manual) for q in questions}):
        msg = (
            f"{source_notebook}: {odd!r} (name, points, manual) is in the notebook or in the questions, "
            "not in both; nothing was written."
        )
        raise ReleaseError(msg)
    with open_gradebook(db_url, course_id) as gradebook:
        gradebook.update_or_create_assignment(name, **({"duedate": due} if due else {}))
    try:
        plugins.SaveCells().preprocess(notebook, resources)
    except RuntimeError as error:
        msg = f"{source_notebook}: {error}; the gradebook keeps its cells. Give the assignment a new name."
        raise UsageError(msg) from error


def record_result(
    gradebook: Any, student: str, result: GradingResult, timestamp: datetime | None = None
) -> None:
    """Write one hand-in's scores; all of them or, on an error, none.

    A check cell whose ``manual_score`` overrides ours is flagged only when our score changed; one with a
    check that a person decides is flagged until it has a ``manual_score``. A result with ``graded=False`` is a fault of ours, see ``record_fault``.

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
        for question in result.questions:
            row = rows[question.name]
            if question.manual:
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
    manual = {cell.name for notebook in _notebooks(gradebook, assignment) for cell in _manual_cells(notebook)}
    with _open_rows(gradebook, student, assignment, timestamp) as rows:
        for name, row in rows.items():
            if name not in manual or row.manual_score is None:
                row.needs_manual_grade = True


def export_scores(
    db_url: str, course_id: str, to: Path, assignments: Iterable[str] = ()
) -> tuple[tuple[str, str], ...]:
    """Write nbgrader's CSV and return the (assignment, student) pairs that still wait for a person.

    nbgrader's CSV shows a cell without a score as 0, with no flag; hence the pairs.
    """
    wanted = list(assignments)
    with open_gradebook(db_url, course_id) as gradebook:
        _import("nbgrader.plugins").CsvExportPlugin(to=str(to), assignment=wanted).export(gradebook)
        return tuple(
            (assignment.name, submission.student.id)
            for assignment in gradebook.assignments
            for submission in sorted(assignment.submissions, key=lambda s: str(s.student.id))
            if (not wanted or assignment.name in wanted) and submission.needs_manual_grade
        )


def _import(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        msg = f"{module}: {error}; the gradebook needs nbgrader. Run: pip install 'autograder[instructor]'"
        raise UsageError(msg) from error


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
        yield {row.name: row for notebook in submission.notebooks for row in notebook.grades}
        gradebook.db.commit()
    except BaseException:
        gradebook.db.rollback()
        raise


def _notebooks(gradebook: Any, assignment: str) -> list[Any]:
    try:
        return list(gradebook.find_assignment(assignment).notebooks)
    except _import("nbgrader.api").MissingEntry as error:
        msg = (
            f"gradebook: no assignment {assignment!r}; nothing was written. "
            f"Run: autograder release {assignment}"
        )
        raise UsageError(msg) from error


def _manual_cells(notebook: Any) -> list[Any]:
    return [*notebook.solution_cells, *notebook.task_cells]


def _compare(gradebook: Any, result: GradingResult) -> None:
    """Refuse a result whose questions are not the gradebook's, or whose score exceeds its points."""
    rows: dict[str, tuple[float, bool]] = {}
    for notebook in _notebooks(gradebook, result.assignment):
        manual = {cell.name for cell in _manual_cells(notebook)}
        rows |= {cell.name: (float(cell.max_score), cell.name in manual) for cell in notebook.grade_cells}
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
