"""What a source notebook imports, and so needs installed where it is graded (*trusted*)."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

from autograder import packages
from autograder.author.source import FIRST_CELL, Source, side_files

_CAUGHT = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_WRITEFILE = re.compile(r"%%writefile\s+(?:-a\s+)?(\S+)")
_HELPERS = "helpers"
# Says whether a library can be imported before a fork: a thread would not be there afterwards.
_PROBE = (
    "import importlib, os, sys, threading\n"
    "importlib.import_module(sys.argv[1])\n"
    "path = '/proc/self/task'\n"
    "count = len(os.listdir(path)) if os.path.isdir(path) else threading.active_count()\n"
    "sys.exit(count != 1)\n"
)


def imported(source: Source) -> dict[str, str]:
    """Return the top-level modules that an assignment cannot do without, each with where it is first imported.

    Looked at is every code cell, with its solution, the files beside the notebook, and the checks' helpers. What is
    imported inside a ``try`` that expects it to be missing is not needed; nor are files of the assignment's own.
    """
    own = _own_modules(source)
    found: dict[str, str] = {}
    for where, text in _sources(source):
        for dotted in _imports(text):
            name = dotted.split(".")[0]
            stands_in = name == "wandb" or dotted == "google" or f"{dotted}.".startswith("google.colab.")
            if name not in own and not stands_in:
                found.setdefault(name, where)
    return found


def needed(source: Source) -> tuple[str, ...]:
    """Return those of ``imported`` that do not come with Python or with us."""
    return tuple(sorted(imported(source).keys() - sys.stdlib_module_names - {packages.OURS}))


def lacking(source: Source, requirements: tuple[str, ...]) -> dict[str, str]:
    """Return those of ``imported`` that neither the built-in libraries nor a course's packages have."""
    found = imported(source)
    rest = found.keys() - packages.built_in()
    if rest:
        rest -= packages.of_packages(requirements)
    return {name: where for name, where in found.items() if name in rest}


def used_packages(source: Source, requirements: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of a course's packages that an assignment imports something of, or of what they need."""
    rest = imported(source).keys() - packages.built_in()
    return tuple(one for one in requirements if rest and rest & packages.of_packages([one]))


def of_packages(source: Source, requirements: tuple[str, ...]) -> frozenset[str]:
    """Return those of ``imported`` that the course's packages have."""
    rest = imported(source).keys() - packages.built_in()
    return packages.of_packages(requirements) & rest if rest else frozenset()


def forkable(module: str) -> bool:
    """Tell whether a module can be imported once for all hand-ins: here it can be, and it starts no thread."""
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _PROBE, module],
            env={**os.environ, **one_thread},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _sources(source: Source) -> Iterator[tuple[str, str]]:
    for number, cell in enumerate(source.notebook.cells, 1):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if cell.cell_type == "code" and grade_id != FIRST_CELL:
            yield f"cell {grade_id or number!r}", cell.source
    for name, path in side_files(source).items():
        if path.suffix == ".py":
            yield name, path.read_text(encoding="utf-8", errors="replace")
    helpers = source.references / f"{_HELPERS}.py"
    if helpers.is_file():
        yield helpers.name, helpers.read_text(encoding="utf-8", errors="replace")


def _own_modules(source: Source) -> set[str]:
    """Return the modules that come with a hand-in: files beside the notebook, handed in, or written by a cell."""
    files = {*side_files(source)}
    solution = source.references / "solution"
    files |= {p.relative_to(solution).as_posix() for p in solution.rglob("*.py")}
    for cell in source.notebook.cells:
        if cell.cell_type == "code":
            files |= set(_WRITEFILE.findall(cell.source))
    parts = [PurePosixPath(name).parts for name in files if name.endswith(".py")]
    return {_HELPERS, *(part.removesuffix(".py") for path in parts for part in path)}


def _imports(text: str) -> Iterator[str]:
    """Return the dotted names that a cell or a file imports unconditionally, wherever in it."""
    plain = re.sub(r"^(\s*)[%!].*$", r"\1pass", text, flags=re.MULTILINE)  # IPython's own lines
    try:
        yield from _in(ast.parse(plain))
    except (SyntaxError, ValueError):
        return  # the release says it


def _in(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
        if node.module == "google":
            yield from (f"google.{alias.name}" for alias in node.names)
        else:
            yield node.module
    elif (
        isinstance(node, ast.Call)
        and node.args
        and ast.unparse(node.func).split(".")[-1]
        in (
            "import_module",
            "__import__",
        )
    ):
        name = node.args[0]
        if isinstance(name, ast.Constant) and isinstance(name.value, str) and not name.value.startswith("."):
            yield name.value
    for child in _unconditional(node):
        yield from _in(child)


def _unconditional(node: ast.AST) -> Iterator[ast.AST]:
    """Return the children of a node, without what may fail to be imported."""
    if isinstance(node, ast.Try) and any(_catches(h.type) for h in node.handlers):
        yield from (*node.handlers, *node.finalbody)  # "else" runs only if the import went well
    elif isinstance(node, ast.With) and any(_suppresses(item.context_expr) for item in node.items):
        return
    else:
        yield from ast.iter_child_nodes(node)


def _catches(caught: ast.expr | None) -> bool:
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(name is None or ast.unparse(name).split(".")[-1] in _CAUGHT for name in names)


def _suppresses(context: ast.expr) -> bool:
    called = isinstance(context, ast.Call) and ast.unparse(context.func).split(".")[-1] == "suppress"
    return called and isinstance(context, ast.Call) and any(map(_catches, context.args))
