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

STARTED = frozenset(
    {
        "hosts.build_check",
        "hosts.gradescope",
        "hosts.prairielearn",
        "engine.grade",
        "results_json",
        "report",
        "judge.grader",
        "sandbox.inside.worker",
        "sandbox.interpreter",
        "sandbox.pages",
        "sandbox.selftest",
        "sandbox.unpack",
    }
)

Files = dict[str, bytes]


def engine(sources: Iterable[str] = ()) -> Files:
    """Return the modules of ours that a run can import, also from ``sources``: checks and their helpers."""
    paths = {
        path.relative_to(ENGINE).with_suffix("").as_posix().replace("/", "."): path
        for path in ENGINE.rglob("*.py")
    }
    todo = set(STARTED).union(*(_imports(source, everywhere=True) for source in sources))
    todo |= set().union(*(_imports(paths[name].read_text(), everywhere=False) for name in COMMANDS))
    packed = set(COMMANDS)
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
    tree = ast.parse(source)
    names: set[str] = set()
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
    return {name.removeprefix("autograder.") for name in names if name.startswith("autograder.")}
