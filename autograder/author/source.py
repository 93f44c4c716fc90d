"""An assignment's source notebook and what can be read off it (*trusted*)."""

from __future__ import annotations

import hashlib
import re
import symtable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from autograder.errors import ReleaseError, UsageError

BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
BEGIN_SOLUTION, END_SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"
FIRST_CELL = "first_cell"
HINT_TAG = "hint"  # on a cell of prose that is meant to show a line of the solution
Notebook = Any  # nbformat.NotebookNode


@dataclass(frozen=True, slots=True)
class Source:
    """An assignment's source: its notebook and the folder it lies in."""

    name: str
    path: Path
    notebook: Notebook
    references: Path

    def cells(self) -> list[tuple[Any, dict[str, Any]]]:
        """Return (cell, nbgrader metadata) of every cell that has some."""
        return [(c, c.metadata["nbgrader"]) for c in self.notebook.cells if "nbgrader" in c.metadata]


def read_source(source_folder: Path, references_folder: Path, assignment: str) -> Source:
    """Read ``source/<assignment>/<assignment>.ipynb``.

    Raises
    ------
    UsageError
        If there is none, or another one beside it.
    """
    path = source_folder / assignment / f"{assignment}.ipynb"
    if not path.is_file():
        known = sorted(p.name for p in source_folder.glob("*") if p.is_dir())
        if others := sorted(p.name for p in path.parent.glob("*.ipynb")):
            raise UsageError(
                f"{path.parent}: its notebook is {', '.join(others)}; nothing was read.\n"
                f"An assignment's notebook has its folder's name: {path.name}"
            )
        raise UsageError(f"{path}: no such notebook.\nAssignments here: {', '.join(known) or 'none'}.")
    others = sorted(p.name for p in path.parent.glob("*.ipynb") if p != path)
    if others:
        raise UsageError(
            f"{path.parent}: more than one notebook, {path.name} and {', '.join(others)}; nothing was read.\n"
            "An assignment is one notebook, and everything beside it is released: give the others folders of their own."
        )
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:
        raise UsageError(f"{path}: {error}.\nOpen and save it in Jupyter.") from error
    return Source(assignment, path, notebook, references_folder / assignment)


def kind_of(metadata: dict[str, Any]) -> str:
    """Return what an nbgrader cell is: locked, answer, check or manual."""
    if metadata.get("grade") and metadata.get("solution"):
        return "manual"
    if metadata.get("grade"):
        return "check"
    if metadata.get("solution"):
        return "answer"
    return "locked" if metadata.get("locked") else ""


def hidden_lines(source: str) -> set[int]:
    """Return the numbers of a check cell's lines, from 1, that leave at release."""
    hidden, inside = set(), False
    for number, line in enumerate(source.split("\n"), 1):
        if BEGIN_HIDDEN in line:
            inside = True
        if inside:
            hidden.add(number)
        if END_HIDDEN in line:
            inside = False
    return hidden


def side_files(source: Source) -> dict[str, Path]:
    """Return what lies beside the source notebook and is released with it, by its path there."""
    folder = source.path.parent
    found = {p.relative_to(folder): p for p in sorted(folder.rglob("*")) if p.is_file() and p != source.path}
    return {
        r.as_posix(): p for r, p in found.items() if not {".ipynb_checkpoints", "__pycache__"} & set(r.parts)
    }


def is_page(name: str) -> bool:
    """Return whether a side file is a page to be read: released, but nothing that a score can depend on.

    It is no part of the bundle, so a better page is no new version of the checks.
    """
    return name.endswith(".html") and not name.startswith("data/")


def refusal(where: str, what: str, to_do: str) -> ReleaseError:
    """Return the error that refuses a release: where, what was found, what to do."""
    return ReleaseError(f"{where}: {what}; nothing was written.\n{to_do}")


def sha256(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _symbols(source: str) -> symtable.SymbolTable | None:
    plain = re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.MULTILINE)  # IPython's own lines
    try:
        return symtable.symtable(plain, "cell", "exec")
    except SyntaxError:
        return None


def binds(source: str) -> set[str]:
    """Return the names that a cell defines."""
    table = _symbols(source)
    symbols = table.get_symbols() if table is not None else []
    return {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}


def uses(source: str) -> set[str]:
    """Return the names that a cell, or a function in it, takes from elsewhere."""
    tables = [t] if (t := _symbols(source)) is not None else []
    used: set[str] = set()
    for table in tables:
        tables += table.get_children()
        top = table.get_type() == "module"
        used |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (top or s.is_global())}
    return used - binds(source)


def title_of(notebook: Notebook, default: str) -> str:
    """Return the first top heading, else ``default``."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for line in cell.source.split("\n"):
                if line.startswith("# "):
                    return str(line[2:].strip())
    return default


def title_before(notebook: Notebook, cell: Any) -> str:
    """Return the last heading of level 2 to 4 above a cell."""
    title = ""
    for other in notebook.cells:
        if other is cell:
            break
        if other.cell_type == "markdown":
            for line in other.source.split("\n"):
                if re.match(r"#{2,4} ", line):
                    title = line.lstrip("# ").strip()
    return title
