"""Imports go down only; what runs beside secrets or as root imports little."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "autograder"
FILES = {
    p.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", "."): p for p in PACKAGE.rglob("*.py")
}
LOWEST = {"errors", "messages", "checks", "model"}
READERS = {"notebook", "bundle", "config"}
WORKERS = {
    "sandbox.wire",
    *(
        f"sandbox.inside.{n}"
        for n in ("worker", "cells", "moments", "operations", "pools", "scripts", "stand_ins", "lazy_dynamo")
    ),
}
TORCH = {f"sandbox.inside.{n}" for n in ("worker", "moments", "operations", "lazy_dynamo")}
BANNED = {"pickle", "_pickle", "cloudpickle", "dill", "marshal", "shelve", "joblib"}


def imports(path: Path, *, at_runtime: bool = False) -> set[str]:
    """Return the dotted names that a file imports, wherever in it; ``from a import b`` gives a and a.b."""
    found: set[str] = set()
    todo: list[ast.AST] = [ast.parse(path.read_text())]
    while todo:
        node = todo.pop()
        if at_runtime and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            todo += node.orelse
            continue
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            found |= {node.module or "", *(f"{node.module}.{a.name}" for a in node.names)}
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if called in ("import_module", "importlib.import_module", "__import__") and isinstance(
            node.args[0], ast.Constant
        ):  # type: ignore[attr-defined]
            found.add(str(node.args[0].value))  # type: ignore[attr-defined]
        todo += ast.iter_child_nodes(node)
    return found


def ours(path: Path) -> set[str]:
    """Return the modules of this package that a file imports at runtime."""
    names = {
        n.removeprefix("autograder.") for n in imports(path, at_runtime=True) if n.startswith("autograder.")
    }
    return names & FILES.keys()


def roots(path: Path) -> set[str]:
    """Return the top-level packages that a file imports at runtime."""
    return {n.split(".")[0] for n in imports(path, at_runtime=True)}


def test_reader_of_imports_sees_every_form(tmp_path: Path) -> None:
    """Else the other tests here would pass on anything."""
    path = tmp_path / "x.py"
    path.write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\n"
        "def f():\n    from pickle import loads\n    import_module('dill')\nimport a.b as c\n"
    )
    assert imports(path) >= {"typing", "torch", "pickle", "pickle.loads", "dill", "a.b"}
    assert "torch" not in imports(path, at_runtime=True)
    assert ours(FILES["engine.batch"]) == {
        "bundle",
        "errors",
        "engine.grade",
        "messages",
        "model",
        "sandbox.launcher",
    }


@pytest.mark.parametrize("name", sorted(LOWEST))
def test_lowest_layer_imports_nothing_of_ours(name: str) -> None:
    """Errors, messages, checks and records stand on the standard library, and checks on NumPy."""
    assert ours(FILES[name]) == set()
    assert roots(FILES[name]) - sys.stdlib_module_names == ({"numpy"} if name == "checks" else set())


@pytest.mark.parametrize("name", sorted(READERS))
def test_readers_import_the_lowest_layer_and_each_other(name: str) -> None:
    """A notebook, a bundle and the course file are read without the engine."""
    assert ours(FILES[name]) <= LOWEST | READERS


@pytest.mark.parametrize("name", sorted(n for n in FILES if n.startswith("sandbox.")))
def test_sandbox_imports_words_and_itself(name: str) -> None:
    """The boundary knows neither notebooks nor bundles nor who calls it."""
    assert {n for n in ours(FILES[name]) if not n.startswith("sandbox.")} <= {"errors", "checks", "messages"}


@pytest.mark.parametrize("name", sorted(WORKERS))
def test_workers_program_cannot_reach_a_check(name: str) -> None:
    """What the student's process has loaded leads to no module that knows checks, bundles or verdicts."""
    reached, todo = set[str](), {name}
    while todo:
        one = todo.pop()
        reached.add(one)
        todo |= ours(FILES[one]) - reached
    assert (
        reached
        & {
            "engine.grade",
            "judge.grader",
            "judge.pytest_plugin",
            "bundle",
            "checks",
            "sandbox.proxy",
            "references",
        }
        == set()
    )


@pytest.mark.parametrize("name", sorted(set(FILES) - TORCH))
def test_torch_is_imported_beside_the_student_only(name: str) -> None:
    """One import of it would be the cold start's whole budget."""
    allowed = {"first_cell"}  # runs in the student's notebook, and asks for it there only
    assert "torch" not in roots(FILES[name]) or name in allowed


def test_torch_is_imported_where_it_is_said_to_be() -> None:
    """Else the list above is out of date."""
    assert {n for n in TORCH if "torch" in roots(FILES[n])} == TORCH


@pytest.mark.parametrize("name", sorted(FILES))
def test_nothing_imports_what_unpickles(name: str) -> None:
    """Nor names a file by its place on one machine, or beside the repository."""
    assert roots(FILES[name]) & BANNED == set()
    text = FILES[name].read_text()
    assert "../" not in text
    assert str(PACKAGE.parent) not in text


def test_imports_go_down() -> None:
    """No circle among the modules of the package."""
    graph = {name: ours(path) - {name} for name, path in FILES.items()}
    while free := [name for name, needs in graph.items() if not needs & graph.keys()]:
        for name in free:
            del graph[name]
    assert graph == {}


def loaded_after(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after a statement."""
    code = f"import sys, json\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    return {n.split(".")[0] for n in json.loads(done.stdout)}


@pytest.mark.parametrize("name", ["engine.grade", "sandbox.launcher", "results_json", "bundle"])
def test_supervisor_loads_the_standard_library_only(name: str) -> None:
    """It runs as root; all that it imports, imports included, comes with Python (and site's own .pth files)."""
    before = loaded_after("pass")
    added = loaded_after(f"import autograder.{name}") - before
    assert added - sys.stdlib_module_names == {"autograder"}


def test_grader_loads_no_torch() -> None:
    """Nor nbformat, click or nbgrader: it starts with every cold hand-in."""
    loaded = loaded_after("import autograder.judge.grader")
    assert "pytest" in loaded
    assert loaded & {"torch", "nbformat", "nbgrader", "click", "pandas", "IPython", "matplotlib"} == set()


def test_command_line_loads_no_torch() -> None:
    """``autograder --help`` is there at once."""
    loaded = loaded_after("import autograder.cli.main")
    assert loaded & {"torch", "numpy", "nbformat", "nbgrader", "pytest"} == set()


def test_command_that_reads_notebooks_compiles_no_grammars() -> None:
    """nbformat's library for schemas compiles 38 of them when it is imported, for addresses that no notebook has."""
    pytest.importorskip("rfc3987_syntax", reason="installed with jupyter-events")
    assert "lark" in loaded_after("import nbformat")  # else this shows nothing, and the line in cli can go
    assert "lark" not in loaded_after("import autograder.cli.main, autograder.author.release, nbgrader.api")
