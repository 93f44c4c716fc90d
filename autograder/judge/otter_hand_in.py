"""A hand-in of an assignment of otter's: which cells are whose, and what otter does around each (*trusted*).

otter's notebooks have no marks on their cells: a question is asked where ``grader.check("q1")`` is called, whichever
cell does it, and again at the end if none does. So nothing is restored; a call is noted where it happens.
"""

from __future__ import annotations

import itertools
import json
import re

from autograder import messages
from autograder.errors import SubmissionError
from autograder.foreign import Foreign
from autograder.model import ManifestCell
from autograder.notebook import Cell
from autograder.sandbox.proxy import Process

DIALECT = "otter"
_CHECK = re.compile(r"""\.check\(\s*(["'])(?P<question>.{1,200}?)\1""")


def recognised(cells: list[Cell], manifest: list[ManifestCell], data: bytes, foreign: Foreign) -> int:
    """Return how many cells of the assignment a notebook has; 0 for another assignment's.

    otter tells notebooks apart by the name in their metadata, if they have one there: so do we.
    """
    named = _assignment_name(data)
    if foreign.assignment_name and named is not None and named != foreign.assignment_name:
        return 0
    asked = {m.grade_id for m in manifest if m.kind == "check"}
    released = {m.source.strip() for m in manifest if m.source.strip()}
    found = {c.source.strip() for c in cells} & released
    return len(asked & {_question_of(c) for c in cells}) + len(found)


def _assignment_name(data: bytes) -> str | None:
    try:
        name = json.loads(data.decode("utf-8-sig", "replace"))["metadata"]["otter"]["assignment_name"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return name if isinstance(name, str) else None


def _question_of(cell: Cell) -> str:
    found = _CHECK.search(cell.source) if cell.cell_type == "code" else None
    return found["question"] if found else ""


def mark(cells: list[Cell], manifest: list[ManifestCell]) -> list[Cell]:
    """Mark the last cell that has a question checked, where its verdict is shown; drop what otter ignores.

    Raises
    ------
    SubmissionError
        If no cell is left.
    """
    asked = {m.grade_id for m in manifest if m.kind == "check"}
    kept = [cell for cell in cells if not cell.otter_ignores]
    if not kept:
        raise SubmissionError(messages.UNREADABLE.format(reason="it has no cells"))
    last: dict[str, Cell] = {}
    for cell in kept:
        cell.kind, cell.grade_id = "", ""
        question = _question_of(cell)
        if question in asked and cell.source.strip().startswith("grader."):  # nothing but the call
            last[question] = cell
    for question, cell in last.items():
        cell.kind, cell.grade_id = "check", question
    for before, answer in itertools.pairwise(manifest):
        if answer.kind == "manual":
            _mark_answer(kept, before.source.strip(), answer.grade_id)
    return kept


def _mark_answer(cells: list[Cell], before: str, question: str) -> None:
    """Mark the cell that follows the question's text: a person reads it."""
    for cell, following in itertools.pairwise(cells):
        if cell.source.strip() == before and not following.kind:
            following.kind, following.grade_id = "manual", question
            return


def begin(student: Process) -> None:
    """Let a notebook find otter's module, which notes names and judges nothing."""
    student.request("otter", limit_s=10.0)


def before_cell(student: Process, foreign: Foreign, cell: Cell) -> None:
    """Set the seed that otter sets before every cell but those that begin with a magic for all of it."""
    if foreign.seed is not None and not cell.source.startswith("%%"):
        student.request("otter_seed", foreign.seed, foreign.seed_variable, limit_s=10.0)


def after_cell(student: Process, cell: Cell) -> None:
    """Note the names for the questions that otter checks after a cell without a cell of their own."""
    for question in cell.otter_tests:
        student.request("note_names", question, True, limit_s=2.0)
