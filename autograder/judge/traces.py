"""Where a failed check's error came from: the lines of the student's own code, the layers of their network (*trusted*).

Both are asked of the student's process after the fact, so both are claims: the lines are read in the notebook that was
handed in, whatever the process says, and the layers' shapes are looked at before they are said in words.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from autograder import ladder, messages
from autograder.checks import SHAPE_KINDS, CheckFailed
from autograder.notebook import Cell
from autograder.sandbox.proxy import Process, StudentError, StudentStopped

MAX_CELLS, MAX_LINES = 256, 1000  # what a claim about a place can tell of a hidden input; see ``lint.shown``
BEFORE, AFTER = 2, 1  # lines shown around the one that raised
LINE_CHARS = 160

Excerpt = Callable[[int, int], dict[str, Any]]


def excerpt(cells: Sequence[Cell], number: int, line: int) -> dict[str, Any]:
    """Return the lines around one of the student's own; nothing for a place that is not there, or is ours.

    Returns
    -------
    dict with ``cell`` (its number), ``line`` and ``lines``, pairs of number and text; empty if there is none.
    """
    if not (0 < number <= MAX_CELLS and 0 < line <= MAX_LINES):
        return {}
    cell = next((c for c in cells if c.number == number and c.cell_type == "code"), None)
    if cell is None or cell.kind in ("locked", "check"):
        return {}
    text = cell.source.split("\n")
    if line > len(text):
        return {}
    first = max(1, line - BEFORE)
    shown = [[n, _line(text[n - 1])] for n in range(first, min(len(text), line + AFTER) + 1)]
    return {"cell": number, "line": line, "lines": shown}


def _line(text: str) -> str:
    """Return one line of code fit to be shown: its indentation, no control characters, capped."""
    text = text.expandtabs(4)
    indent = len(text) - len(text.lstrip(" "))
    return " " * min(indent, 40) + messages.safe(text, LINE_CHARS)


def look(
    process: Process | None, error: BaseException, excerpt_of: Excerpt, *, public: bool
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return the ladder's lines and the excerpt of a failed check; nothing where there is nothing to tell."""
    by_shape = isinstance(error, CheckFailed) and error.kind in SHAPE_KINDS
    if process is None or process.dead is not None or not (by_shape or isinstance(error, StudentError)):
        return (), {}
    found: Any = None
    with contextlib.suppress(StudentError, StudentStopped):
        found = process.request("trace", limit_s=1.0)
    if type(found) is not dict or set(found) != {"cell", "line", "layers"}:
        return (), {}
    layers = ladder.read(found["layers"])
    if isinstance(error, CheckFailed):
        if layers is None or layers["at"] is not None:
            return (), {}
        return ladder.words(layers, public=public, **error.shapes()), {}
    assert isinstance(error, StudentError)
    if error.wanted or messages.error_name(error.student_error_names) == "NotImplementedError":
        return (), {}  # a name that is not there, an answer not given yet: no line of theirs is wrong
    told = ladder.words(layers, public=public) if layers is not None and layers["at"] is not None else ()
    place = (found["cell"], found["line"])
    known = all(type(n) is int for n in place) and place[1] == error.line
    return told, excerpt_of(*place) if known else {}
