"""Imports go down only; what runs beside secrets or as root imports little."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "autograder"
FILES = {
    p.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", "."): p
    for p in PACKAGE.rglob("*.py")
    if "example" not in p.parts  # a course that `init --example` writes, not ours to import
}
# Who may import whom; docs/architecture.md draws it, and a test holds the two together.
MAY_IMPORT: dict[str, set[str]] = {
    "top": set(),
    "inside": {"sandbox", "top"},
    "sandbox": {"top"},
    "judge": {"sandbox", "top"},
    "engine": {"sandbox", "top"},
    "author": {"engine", "judge", "top"},
    "classroom": {"engine", "judge", "top"},
    "hosts": {"author", "classroom", "engine", "sandbox", "top"},
    "cli": {"author", "classroom", "engine", "hosts", "sandbox", "top"},
}
WHY = {
    ("author", "hosts"): "a release knows no host: put what both need below them",
    ("author", "classroom"): "before the release there is no class",
    ("classroom", "hosts"): "a class is graded without any host",
    ("classroom", "author"): "grading needs no source notebook, and nbformat costs a second",
    ("engine", "judge"): "the supervisor runs as root: it starts the judge by name and reads its lines only",
    ("judge", "engine"): "who holds the secrets asks the supervisor over a socket",
    ("sandbox", "judge"): "the boundary knows nothing of checks",
    ("sandbox", "inside"): "the student's side is started by name, never imported",
}
# What the student's side may have of ours: the wire, and what confines it. Nothing that knows a check or a verdict.
INSIDE_NEEDS = {
    "errors",
    "layers",
    "weight_states",
    *(f"sandbox.{n}" for n in ("channel", "confine", "policy", "proc", "wire")),
    *(
        f"sandbox.{n}" for n in ("values", "tables", "test_code", "generators")
    ),  # how a test's values and its code are read
}
TORCH = {
    f"sandbox.inside.{n}"
    for n in ("worker", "moments", "operations", "handed_weights", "lazy_dynamo", "rehearsal")
}
FOREIGN = {  # by room: the libraries that it does without, as it would cost a second, or tie it to a host
    "engine": {"click", "dask", "distributed", "nbgrader", "nbformat", "numpy", "pytest", "torch"},
    "classroom": {"click", "dask", "distributed", "nbformat", "torch"},
    "judge": {"click", "dask", "distributed", "nbgrader", "nbformat", "torch"},
    "author": {"click", "dask", "distributed", "torch"},
}
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
        "engine.imports",
        "engine.several",
        "interrupts",
        "messages",
        "model",
        "sandbox.launcher",
    }


def room_of(name: str) -> str:
    """Return the room that a module lies in."""
    if name.startswith("sandbox.inside"):
        return "inside"
    return name.split(".")[0] if "." in name and not name.startswith(("log_readers.", "packing.")) else "top"


def trespasses(name: str) -> list[str]:
    """Return in words which imports of a module its room does not allow."""
    room, found = room_of(name), []
    for other in sorted(ours(FILES[name])):
        theirs = room_of(other)
        if theirs == room or theirs in MAY_IMPORT[room]:
            continue
        why = WHY.get((room, theirs), "imports go down only")
        found.append(
            f"autograder/{name.replace('.', '/')}.py imports autograder.{other}: {room} may import "
            f"{', '.join(sorted(MAY_IMPORT[room])) or 'nothing of ours'}, not {theirs} ({why}). "
            "docs/architecture.md says where things go."
        )
    return found


@pytest.mark.parametrize("name", sorted(set(FILES) - {"__main__"}))
def test_rooms_import_whom_they_may(name: str) -> None:
    """A module's room says whose modules it may import."""
    assert trespasses(name) == []


def test_a_trespass_is_told_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Who moved a line reads which room may import whom, and why."""
    (tmp_path / "x.py").write_text("from autograder.hosts import package\n")
    monkeypatch.setitem(FILES, "author.x", tmp_path / "x.py")
    (said,) = trespasses("author.x")
    assert said.startswith(
        "autograder/author/x.py imports autograder.hosts.package: author may import engine, judge, top"
    )
    assert "a release knows no host" in said


def test_every_room_says_who_works_there() -> None:
    """Its docstring says so, whether it is trusted, what comes in and what goes out; it holds nothing else."""
    for room in sorted(set(MAY_IMPORT) - {"top"}):
        path = PACKAGE / ("sandbox/inside" if room == "inside" else room) / "__init__.py"
        body = ast.parse(path.read_text()).body
        assert len(body) == 1, room
        said = ast.get_docstring(ast.parse(path.read_text())) or ""
        assert said.startswith("Who works here:"), room
        assert "\nIn: " in said, room
        assert "Out: " in said, room
        assert ("*sandbox*" if room == "inside" else "*trusted*") in said, room


def test_picture_of_the_rooms_is_true() -> None:
    """docs/architecture.md draws an arrow for each room that imports another, and no other arrow."""
    text = (PACKAGE.parent / "docs" / "architecture.md").read_text()
    drawn = set(re.findall(r"^ *(\w+) --> (\w+)$", text, flags=re.MULTILINE))
    found = {
        (room_of(name), room_of(other))
        for name, path in FILES.items()
        if name != "__main__"
        for other in ours(path)
        if room_of(name) != room_of(other) and room_of(other) != "top"
    }
    assert drawn == found


def test_architecture_names_files_that_exist() -> None:
    """The file to open first for a change is there."""
    text = (PACKAGE.parent / "docs" / "architecture.md").read_text()
    named = set(re.findall(r"`((?:autograder|tests|docs|container|references|source)/[\w./-]+\.\w+)`", text))
    assert len(named) >= 10
    assert [name for name in sorted(named) if not (PACKAGE.parent / name).exists()] == []


@pytest.mark.parametrize("name", sorted(n for n in FILES if n.startswith("sandbox.")))
def test_sandbox_imports_words_and_itself(name: str) -> None:
    """The boundary knows neither notebooks nor bundles nor who calls it."""
    assert {n for n in ours(FILES[name]) if not n.startswith("sandbox.")} <= {
        "errors",
        "checks",
        "layers",
        "messages",
        "weight_states",
    }


@pytest.mark.parametrize("name", sorted(n for n in FILES if n.startswith("sandbox.inside.")))
def test_students_side_imports_the_wire_and_what_confines_it(name: str) -> None:
    """Nothing trusted: what its process has loaded leads to no module that knows checks, bundles or verdicts."""
    assert {n for n in ours(FILES[name]) if not n.startswith("sandbox.inside")} <= INSIDE_NEEDS
    reached, todo = set[str](), {name}
    while todo:
        one = todo.pop()
        reached.add(one)
        todo |= ours(FILES[one]) - reached
    assert reached & {"bundle", "checks", "references", "sandbox.proxy", "sandbox.namespace"} == set()
    assert {room_of(one) for one in reached} <= {"inside", "sandbox", "top"}


@pytest.mark.parametrize("name", sorted(n for n in FILES if room_of(n) in FOREIGN))
def test_rooms_do_without_foreign_libraries(name: str) -> None:
    """Which library a room does not know, at no time."""
    allowed = {
        "classroom.alike": set(),
        "author.source": {"nbformat"},
    }.get(name, set())
    assert roots(FILES[name]) & FOREIGN[room_of(name)] - allowed == set()


@pytest.mark.parametrize("name", sorted(set(FILES) - TORCH))
def test_torch_is_imported_beside_the_student_only(name: str) -> None:
    """One import of it would be the cold start's whole budget."""
    # These run in the student's notebook, and ask for it there only.
    allowed = {"first_cell", "weight_states", "packing.weights_file"}
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


@pytest.mark.parametrize(
    "name",
    ["engine.grade", "engine.remote", "engine.executors", "sandbox.launcher", "results_json", "bundle"],
)
def test_supervisor_loads_the_standard_library_only(name: str) -> None:
    """It runs as root; all that it imports, imports included, comes with Python (and site's own .pth files)."""
    before = loaded_after("pass")
    added = loaded_after(f"import autograder.{name}") - before
    assert added - sys.stdlib_module_names - {"__mp_main__"} == {
        "autograder"
    }  # multiprocessing's name for the program


def test_grader_loads_no_torch() -> None:
    """Nor nbformat, click or nbgrader: it starts with every cold hand-in."""
    loaded = loaded_after("import autograder.judge.grader")
    assert "pytest" in loaded
    assert loaded & {"torch", "nbformat", "nbgrader", "click", "pandas", "IPython", "matplotlib"} == set()


def test_command_line_loads_no_torch() -> None:
    """``autograder --help`` is there at once."""
    loaded = loaded_after("import autograder.cli.main")
    assert loaded & {"torch", "numpy", "nbformat", "nbgrader", "pytest", "distributed", "sqlalchemy"} == set()


def test_command_that_reads_notebooks_compiles_no_grammars() -> None:
    """nbformat's library for schemas compiles 38 of them when it is imported, for addresses that no notebook has."""
    pytest.importorskip("rfc3987_syntax", reason="installed with jupyter-events")
    assert "lark" in loaded_after("import nbformat")  # else this shows nothing, and the line in cli can go
    assert "lark" not in loaded_after("import autograder.cli.main, autograder.author.release, nbgrader.api")
