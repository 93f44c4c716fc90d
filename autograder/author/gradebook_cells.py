"""Tell nbgrader's gradebook about a released assignment (*trusted*)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from autograder.errors import ReleaseError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from autograder.model import Question
from autograder.gradebook import nbgrader_module, open_gradebook, told_as_refusal

# What nbgrader's generate_assignment does to a source notebook before it saves the cells.
_PREPARE = (
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "autograder.author.guard.GuardChecks",
    "nbgrader.preprocessors.ComputeChecksums",
)


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
    plugins, formats = (
        nbgrader_module("nbgrader.preprocessors"),
        nbgrader_module("nbgrader.nbgraderformat"),
    )
    resources = {"nbgrader": {"notebook": source_notebook.stem, "assignment": name, "db_url": db_url}}
    try:
        notebook = formats.read(str(source_notebook), as_version=4)
        for item in _PREPARE:
            module, _, cls = item.rpartition(".")
            notebook, _ = getattr(nbgrader_module(module), cls)().preprocess(notebook, resources)
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
        with told_as_refusal(db_url):
            plugins.SaveCells().preprocess(notebook, resources)
    except RuntimeError as error:
        msg = f"{source_notebook}: {error}; the gradebook keeps its cells. Give the assignment a new name."
        raise UsageError(msg) from error
