"""Cells that use what comes later, or what no cell makes any more (*student side*, standard library).

Grading runs the notebook once from top to bottom; a kernel in which cells ran in another order hides what is missing.
"""

from __future__ import annotations

import builtins
import re
import symtable
from typing import Any

from autograder.packing.live import mark_of, text_of
from autograder.packing.records import Assignment

_ALWAYS = {
    "get_ipython",
    "display",
    "In",
    "Out",
    "exit",
    "quit",
    "_",
    "__",
    "___",
    "__name__",
    "__file__",
    "__doc__",
}
_RUNS_PYTHON = ("%%time", "%%timeit", "%%capture", "%%prun")
_AT_ONCE = {"listcomp", "setcomp", "dictcomp", "genexpr"}
MAX_SAID = 5


def names_of(source: str) -> tuple[set[str], set[str], bool]:
    """Return what a cell binds, what it needs the moment it runs, and whether it imports names that nobody can tell."""
    if source.startswith("%%"):
        first, _, rest = source.partition("\n")
        if not first.startswith(_RUNS_PYTHON):
            return set(), set(), False
        source = rest
    lines = re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.MULTILINE)
    lines = re.sub(r"^(\s*)([\w, ]+?)\s*=\s*[%!].*$", r"\1\2 = None", lines, flags=re.MULTILINE)
    try:
        top = symtable.symtable(lines, "cell", "exec")
    except (SyntaxError, ValueError, RecursionError):
        return set(), set(), False
    bound = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    needed: set[str] = set()
    tables = [top]
    while tables:
        table = tables.pop()
        outer = table is top
        needed |= {
            s.get_name() for s in table.get_symbols() if s.is_referenced() and (outer or s.is_global())
        }
        tables += [t for t in table.get_children() if t.get_type() == "class" or t.get_name() in _AT_ONCE]
        bound |= {
            s.get_name()
            for inner in table.get_children()
            for s in inner.get_symbols()
            if s.is_declared_global() and s.is_assigned()
        }
    return bound, needed, bool(re.search(r"^\s*from\s+[\w.]+\s+import\s+\*", lines, re.MULTILINE))


def out_of_order(
    notebook: dict[str, Any], assignment: Assignment, names: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return, for every cell that needs a name too early, its number, the name, and the cell that defines it first.

    Numbers count code cells from 1. The defining cell is 0 where none does, though the kernel still has the name.
    """
    cells: list[tuple[int, str, str, set[str], set[str], bool]] = []
    for cell in notebook["cells"]:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            cells.append((len(cells) + 1, *mark_of(cell), *names_of(text_of(cell))))
    if any(stars and name != "first_cell" for _, _, name, _, _, stars in cells):
        return []
    defined: dict[str, int] = {}
    for number, _, _, bound, _, _ in cells:
        for name in bound:
            defined.setdefault(name, number)
    known = {*dir(builtins), *_ALWAYS, *assignment.given}
    found = []
    for number, kind, label, bound, needed, _ in cells:
        if kind != "check" and label != "first_cell" and label not in assignment.train:
            for name in sorted(needed - known - bound):
                first = defined.get(name, 0)
                if first > number or (not first and name in names):
                    found.append({"cell": number, "name": name, "defined": first})
        known |= bound
    return found


def in_words(order: list[dict[str, Any]]) -> list[str]:
    """Return a sentence for each of the first few."""
    said = []
    for entry in order[:MAX_SAID]:
        where = (
            f"first defined in cell {entry['defined']}"
            if entry["defined"]
            else "which no cell defines (was that cell deleted?)"
        )
        said.append(
            f"cell {entry['cell']} uses `{entry['name']}`, {where}. When graded, cells run from top to bottom"
        )
    return said


def has_no_counts(notebook: dict[str, Any]) -> bool:
    """Tell whether a file was saved before anything ran: its outputs are not in it."""
    cells = [c for c in notebook["cells"] if isinstance(c, dict) and c.get("cell_type") == "code"]
    return bool(cells) and not any(isinstance(c.get("execution_count"), int) for c in cells)


def ran_backwards(notebook: dict[str, Any]) -> str:
    """Return a sentence if the numbers beside the cells say that they did not run from top to bottom; else nothing."""
    before, highest = 0, 0
    number = 0
    for cell in notebook["cells"]:
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        number += 1
        count = cell.get("execution_count")
        if not isinstance(count, int) or mark_of(cell)[0] == "check":
            continue
        if count < highest:
            return (
                f"cell {before} ran after cell {number}, which stands below it. Before you hand in, restart and run all, "
                "to see what the grader sees"
            )
        before, highest = number, count
    return ""
