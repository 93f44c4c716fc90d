"""Whose notebook it is: ours, nbgrader's or otter's (*trusted*, standard library only).

A dialect is a way to write an assignment. What a notebook of another tool asks is read by ``author/dialects``.
"""

from __future__ import annotations

import json
import re
from enum import StrEnum
from pathlib import Path
from typing import Any

_OURS = re.compile(r"^(?:%%[^\n]*\n)?\s*(?:#|<!--)\s*(?:locked|answer|check|manual):\s*[A-Za-z0-9_\-]+")
_OTTER = re.compile(
    r"(?:\A|^```otter\s*\n)\s*#\s*(?:ASSIGNMENT CONFIG|BEGIN QUESTION)\b", re.IGNORECASE | re.MULTILINE
)


class Dialect(StrEnum):
    """A way in which an assignment's notebook is written."""

    OURS = "ours"
    NBGRADER = "nbgrader"
    OTTER = "otter"


def dialect_of_notebook(path: Path) -> Dialect | None:
    """Return a notebook's dialect by what stands in its cells; None: nothing of any, or it cannot be read."""
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
        cells = data.get("cells")
        if cells is None:  # nbformat 3
            cells = [cell for sheet in data["worksheets"] for cell in sheet["cells"]]
        return _of_cells([cell for cell in cells if isinstance(cell, dict)])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _of_cells(cells: list[dict[str, Any]]) -> Dialect | None:
    found = None
    for cell in cells:
        source = cell.get("source", cell.get("input", ""))
        text = "".join(source) if isinstance(source, list) else str(source)
        metadata = cell.get("metadata")
        nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        if _OTTER.search(text) and nbgrader is None:
            return Dialect.OTTER
        if isinstance(nbgrader, dict):
            if nbgrader.get("grade_id") == "first_cell" or _OURS.match(text):
                return Dialect.OURS
            found = Dialect.NBGRADER
    return found


def dialect_of(folder: Path, *, nbgrader: bool = False) -> Dialect:
    """Return the dialect of an assignment's source folder.

    A notebook that has the folder's name and cells of ours makes it ours; so does a folder in which nothing of another
    tool's can be seen, unless the whole course is nbgrader's.
    """
    notebooks = sorted(folder.glob("*.ipynb"))
    named = folder / f"{folder.name}.ipynb"
    if named in notebooks and dialect_of_notebook(named) is Dialect.OURS:
        return Dialect.OURS
    found = [dialect_of_notebook(path) for path in notebooks]
    for dialect in (Dialect.OTTER, Dialect.NBGRADER):
        if dialect in found and Dialect.OURS not in found:
            return dialect
    return Dialect.NBGRADER if nbgrader and notebooks and Dialect.OURS not in found else Dialect.OURS
