"""Make every other kernel give no points: nbgrader's database holds check cells that raise (*trusted*)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nbconvert.preprocessors import Preprocessor
from traitlets import Bool

if TYPE_CHECKING:
    from nbformat import NotebookNode


GUARD = "raise RuntimeError(\"graded by 'autograder grade'; this kernel gives no points\")"


class GuardChecks(Preprocessor):
    """Make every check cell raise, inside a hidden region, before its first statement.

    It belongs before ``ComputeChecksums`` and ``SaveCells``. The release is the same with and
    without it: ``ClearHiddenTests`` removes the region. ``nbgrader autograde --no-execute`` with
    nbgrader's own steps runs no kernel, so no guard either, and gives full marks to empty outputs.
    """

    enabled = Bool(default_value=True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Guard the check cells of one notebook."""
        markers = import_module("nbgrader.preprocessors").ClearHiddenTests(parent=self)
        for cell in nb.cells:
            if is_check(cell):
                cell.source = guard_source(
                    cell.source, markers.begin_test_delimeter, markers.end_test_delimeter
                )
        return nb, resources


def guard_source(source: str, begin: str, end: str) -> str:
    """Return a check cell's source with the guard as its first statement.

    It comes first, before the visible checks too: they call the student's functions, and
    ``sys.displayhook(5)`` in one of those would be taken for a score of 5. A hidden region that
    opens the cell gets the guard after its first line, any other cell a region of its own.
    """
    lines = source.split("\n")
    at = 0
    while at < len(lines) and (not lines[at].strip() or lines[at].lstrip().startswith("#")):
        at += 1
        if begin in lines[at - 1]:
            guarded = at < len(lines) and lines[at] == GUARD
            return source if guarded else "\n".join([*lines[:at], GUARD, *lines[at:]])
    return "\n".join([*lines[:at], f"### {begin}", GUARD, f"### {end}", *lines[at:]])


def is_check(cell: NotebookNode) -> bool:
    """Tell whether a cell is a check cell: graded, and not the student's to write."""
    metadata = cell.metadata.get("nbgrader", {})
    return bool(cell.cell_type == "code" and metadata.get("grade") and not metadata.get("solution"))
