"""The self-contained cell that opens every released notebook, put together from our modules' text (*trusted*)."""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from types import ModuleType

from autograder import checks, first_cell, messages, packages
from autograder.author.source import FIRST_CELL, sha256
from autograder.bundle import Bundle


def first_cell_source(bundle: Bundle) -> str:
    """Return the self-contained cell that defines ``check(...)``: standard library and NumPy.

    All of it stands in one function: a student's variable named ``numbers`` or ``safe`` cannot break it.
    """
    points = {c.name: (c.question, c.points) for c in bundle.checks if not c.hidden}
    totals = {q.name: q.points for q in bundle.questions if not q.manual}
    exported = ", ".join(f"{name}={name}" for name in first_cell.__all__)
    filled = {
        "CHECKS": json.dumps(points, ensure_ascii=False),
        "QUESTIONS": json.dumps(totals, ensure_ascii=False),
        "FILES": json.dumps(_data_files(bundle)),
        "DATA_BASE_URL": json.dumps(bundle.data_url),
        "TRIED": json.dumps(packages.tried(*({"numpy", "torch"} & set(bundle.imports)))),
        "EXPORTS": f"dict({exported})",
    }
    body = re.sub(
        rf"^({'|'.join(filled)}): .*$",
        lambda m: f"{m[1]} = {filled[m[1]]}",
        _bare_source(first_cell),
        flags=re.MULTILINE,
    )
    parts = [_bare_source(checks), _definitions(messages, _imported_from(first_cell, messages)), body]
    title = "#@title Run this cell first: it defines check(...), which tries the visible checks"
    return (
        f"# locked: {FIRST_CELL}\n{title}\ndef _make_check():\n"
        + textwrap.indent("\n\n\n".join(parts), "    ")
        + "\n\n    return EXPORTS\n\n\nglobals().update(_make_check())"
    )


def _data_files(bundle: Bundle) -> dict[str, str]:
    """Return the SHA-256 of every released data file."""
    public = bundle.folder / "public"
    return {
        path.relative_to(public).as_posix(): sha256(path)
        for path in sorted((public / "data").rglob("*"))
        if path.is_file()
    }


def _bare_source(module: ModuleType) -> str:
    """Return a module's source without docstring, ``__all__``, future import and imports of this package."""
    text = inspect.getsource(module)
    lines = text.split("\n")
    tree = ast.parse(text)
    dropped: set[int] = set()
    for index, node in enumerate(tree.body):
        docstring = index == 0 and isinstance(node, ast.Expr)
        future = isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in (
            "__future__",
            "autograder",
        )
        exported = isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
        if docstring or future or exported:
            dropped |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    kept = "\n".join(line for number, line in enumerate(lines, 1) if number not in dropped)
    return re.sub(r"\n{4,}", "\n\n\n", kept).strip()


def _imported_from(module: ModuleType, other: ModuleType) -> set[str]:
    nodes = [n for n in ast.parse(inspect.getsource(module)).body if isinstance(n, ast.ImportFrom)]
    return {alias.name for n in nodes if n.module == other.__name__ for alias in n.names}


def _definitions(module: ModuleType, names: set[str]) -> str:
    """Return the source of some names of a module, and of those that they use."""
    text = inspect.getsource(module)
    nodes: dict[str, ast.stmt] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import):
            nodes |= {alias.asname or alias.name: node for alias in node.names}
        elif isinstance(node, ast.Assign):
            nodes |= {target.id: node for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            nodes[node.name] = node
    wanted, found = set(names), set[str]()
    while wanted - found:
        name = min(wanted - found)
        found.add(name)
        wanted |= {n.id for n in ast.walk(nodes[name]) if isinstance(n, ast.Name) and n.id in nodes}
    picked = sorted({nodes[name].lineno: nodes[name] for name in found}.items())
    parts = [
        (ast.get_source_segment(text, node) or "", isinstance(node, ast.FunctionDef)) for _, node in picked
    ]
    return "\n".join(f"\n\n{part}" if is_function else part for part, is_function in parts)
