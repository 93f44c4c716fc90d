"""Which of our modules a run can import: what an image packs, and what a verdict can depend on (*trusted*, standard library only)."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


ENGINE = Path(__file__).parents[1]

# Where runs start: the command line (its commands import theirs when they run, so what the image's commands need
# is named) and the two programs that are started by name. What these import is packed, and nothing else.
COMMANDS = frozenset(
    {"__main__", *(f"cli.{p.stem}" for p in (ENGINE / "cli").glob("*.py") if p.stem != "__init__")}
)

JUDGING = frozenset(
    {
        "engine.grade",
        "judge.desk",
        "judge.grader",
        "sandbox.inside.worker",
        "sandbox.interpreter",
        "sandbox.pages",
        "sandbox.selftest",
        "sandbox.unpack",
    }
)
STARTED = JUDGING | {
    "engine.several",
    "hosts.build_check",
    "hosts.gradescope",
    "hosts.prairielearn",
    "report",
    "results_json",
}

Files = dict[str, bytes]


def engine(sources: Iterable[str] = ()) -> Files:
    """Return the modules of ours that a run can import, also from ``sources``: checks and their helpers."""
    paths = _paths()
    asked = (_imports(paths[name].read_text(), everywhere=False) for name in COMMANDS)
    return _with_imports(STARTED.union(*asked), set(COMMANDS), sources)


def judging(sources: Iterable[str] = ()) -> Files:
    """Return those that a verdict can depend on, also from ``sources``: without what starts a run or shows its result."""
    return _with_imports(set(JUDGING), set(), sources)


def _paths() -> dict[str, Path]:
    return {
        path.relative_to(ENGINE).with_suffix("").as_posix().replace("/", "."): path
        for path in ENGINE.rglob("*.py")
    }


def _with_imports(todo: set[str] | frozenset[str], packed: set[str], sources: Iterable[str]) -> Files:
    paths = _paths()
    todo = todo.union(*(_imports(source, everywhere=True) for source in sources))
    while todo := (todo & paths.keys()) - packed:
        packed |= todo
        todo = set().union(*(_imports(paths[name].read_text(), everywhere=True) for name in todo))
    for name in sorted(packed):
        parts = name.split(".")[:-1]
        packed |= {".".join([*parts[:n], "__init__"]) for n in range(len(parts) + 1)}
    return {
        f"autograder/{paths[n].relative_to(ENGINE).as_posix()}": paths[n].read_bytes() for n in sorted(packed)
    }


def _imports(source: str, *, everywhere: bool) -> set[str]:
    """Return the modules of ours that a source imports, at its top or also when its functions run."""
    todo: list[ast.AST] = list(ast.parse(source).body)
    names: set[str] = set()
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":  # never when it runs
            todo += node.orelse if everywhere else []
            continue
        if everywhere:
            todo += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
    return {name.removeprefix("autograder.") for name in names if name.startswith("autograder.")}
