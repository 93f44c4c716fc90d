"""What check files say, read as text and never run: names they ask for, numbers and sentences of the author's (*trusted*)."""

from __future__ import annotations

import ast
import inspect
import re
from functools import cache
from pathlib import Path
from typing import Any

from autograder.bundle import Bundle, check_file

RESERVED = ("reference", "student", "rng", "card", "weights", "private", "helpers", "public_files", "foreign")
PICTURES = "picture_"  # functions that draw for the student's page and judge nothing
FOR_PICTURES = (
    "student",
    "helpers",
    "public_files",
)  # what of RESERVED they may ask for: nothing that is hidden


def parse_checks(folder: Path) -> dict[str, ast.Module]:
    """Parse every check file of a bundle."""
    return {p.stem: ast.parse(p.read_text()) for p in sorted((folder / "checks").glob("*.py"))}


def fixture_names(folder: Path) -> set[str]:
    """Return every argument of every check, less the parametrised ones."""
    names: set[str] = set(RESERVED)
    for tree in parse_checks(folder).values():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith(("test_", PICTURES)):
                names |= {a.arg for a in node.args.args} - _parametrised(node)
    return names


def locked_definitions(bundle: Bundle) -> tuple[list[str], list[str]]:
    """Return the locked cells that define what checks ask for, and those that import; and what is asked for.

    They are run once more after the notebook: a check must meet the released ``toy_net``, not one that a
    later cell put in its place.
    """
    wanted = fixture_names(bundle.folder) - set(RESERVED)
    kept: list[str] = []
    found: set[str] = set()
    for cell in bundle.cells:
        if cell.kind != "locked" or cell.cell_type != "code" or cell.train:
            continue
        try:
            nodes = ast.parse(cell.source).body
        except SyntaxError:  # another tool's cell, with a line of IPython's: it has run where it stands
            continue
        names = {n.name for n in nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
        names |= {
            t.id for n in nodes if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)
        }
        imports = all(isinstance(n, (ast.Import, ast.ImportFrom)) for n in nodes)
        if names & wanted or imports:
            kept.append(cell.source)
            found |= names & wanted
    return kept, sorted(found)


def _parametrised(node: ast.FunctionDef) -> set[str]:
    names: set[str] = set()
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("parametrize"):
            first = decorator.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                names |= {n.strip() for n in first.value.split(",")}
            elif isinstance(first, (ast.List, ast.Tuple)):
                names |= {str(e.value) for e in first.elts if isinstance(e, ast.Constant)}
    return names


@cache
def numbers_of(folder: Path, question: str) -> frozenset[str]:
    """Return the numbers that stand in a question's checks: the author's, which may be shown as they are."""
    text = check_file(folder, question).read_text()
    return frozenset(re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?", text.replace("_", "")))


@cache
def assert_constants(folder: Path, question: str) -> frozenset[str]:
    """Return the sentences that a question's ``assert``s have as constants, which may be shown as they are."""
    tree = ast.parse(check_file(folder, question).read_text())
    return frozenset(
        node.msg.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
        and isinstance(node.msg, ast.Constant)
        and isinstance(node.msg.value, str)
    )


def describe(function: Any) -> dict[str, Any]:
    """Return what a check's decorators and docstring say about it."""
    return {
        "title": (inspect.getdoc(function) or function.__name__).split("\n")[0],
        "points": getattr(function, "points", None),
        "after": list(getattr(function, "after", ())),
        "timeout_s": float(getattr(function, "timeout_s", 10.0)),
        "isolated": bool(getattr(function, "isolated", False)),
    }
