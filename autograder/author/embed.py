"""The self-contained cell that opens every released notebook, put together from our modules' text (*trusted*)."""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from types import ModuleType

from autograder import checks, first_cell, ladder, layers, messages, packages, weight_states
from autograder.author.source import FIRST_CELL, sha256
from autograder.bundle import Bundle, wanted_files
from autograder.errors import ReleaseError
from autograder.notebook import marker_of
from autograder.packing import clean, live, order, pack, records, scripts_run, wandb_files, weights_file
from autograder.packing.pack import answer_digest
from autograder.packing.records import Expected, expectation

# In the order in which their definitions need each other; all stand in one function, so no two share a name.
PARTS: tuple[ModuleType, ...] = (
    *(weight_states, layers, ladder),
    *(records, live, order, wandb_files, clean, weights_file, scripts_run, pack, first_cell),
)


def first_cell_source(bundle: Bundle, expected: tuple[Expected, ...] = ()) -> str:
    """Return the self-contained cell that defines ``check(...)`` and ``package()``: standard library and NumPy.

    ``expected`` is what the source notebook says with ``hand_in(...)``; what public text and checks name is added. All of it stands in one function: a student's variable named ``numbers`` or ``safe`` cannot break it.
    """
    points = {c.name: (c.question, c.points) for c in bundle.checks if not c.hidden}
    totals = {q.name: q.points for q in bundle.questions if not q.manual}
    exported = ", ".join(f"{name}={name}" for name in first_cell.__all__)
    wanted = [*expected, *_also_wanted(bundle, expected)]
    answers = {c.grade_id: c.source for c in bundle.cells if c.kind in ("answer", "manual")}
    filled = {
        "CHECKS": json.dumps(points, ensure_ascii=False),
        "QUESTIONS": json.dumps(totals, ensure_ascii=False),
        "FILES": json.dumps(_data_files(bundle)),
        "DATA_BASE_URL": json.dumps(bundle.data_url),
        "TRIED": json.dumps(packages.tried(*({"numpy", "torch"} & set(bundle.imports)))),
        "ASSIGNMENT": json.dumps(bundle.assignment),
        "VERSION": json.dumps(bundle.version),
        "BUNDLE": json.dumps(bundle.digest[:16]),
        "ANSWERS": json.dumps({name: answer_digest(text) for name, text in answers.items()}),
        "UNMARKED": json.dumps([name for name, text in answers.items() if marker_of(text)[1] != name]),
        "TRAIN": json.dumps([c.grade_id for c in bundle.cells if c.train and c.grade_id]),
        "EXPECTED": f"[{', '.join(map(_as_call, wanted))}]",
        "EXPORTS": f"dict({exported})",
    }
    body = re.sub(
        rf"^({'|'.join(filled)}): .*$",
        lambda m: f"{m[1]} = {filled[m[1]]}",
        "\n\n\n".join(map(_bare_source, PARTS)),
        flags=re.MULTILINE,
    )
    words = set[str]().union(*(_imported_from(module, messages) for module in PARTS))
    parts = [_bare_source(checks), _definitions(messages, words), body]
    title = (
        "#@title Run this cell first: it defines check(...), which tries the visible checks, "
        "and package(), which packs what you hand in"
    )
    return (
        f"# locked: {FIRST_CELL}\n{title}\ndef _make_check():\n"
        + textwrap.indent("\n\n\n".join(parts), "    ")
        + "\n\n    return EXPORTS\n\n\nglobals().update(_make_check())"
    )


def expected_files(source: str, where: str) -> tuple[Expected, ...]:
    """Return what the source notebook's first cell says with ``hand_in(...)``: plain values, read and never run.

    Raises
    ------
    ReleaseError
        If a call says something else.
    """
    found = []
    for node in ast.parse(source).body:
        call = node.value if isinstance(node, ast.Expr) else None
        if not isinstance(call, ast.Call) or ast.unparse(call.func) != "hand_in":
            continue
        try:
            names = [ast.literal_eval(argument) for argument in call.args]
            about = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
            found.append(expectation(*names, **about))
        except (ValueError, TypeError) as error:
            said = str(error) if str(error).startswith("hand_in") else "hand_in takes plain texts and lists"
            raise ReleaseError(
                f"{where}, line {node.lineno}: {said}; nothing was written.\n"
                'As in: hand_in("model_weights.pt", model="Net()"); see docs/writing-checks.md'
            ) from None
    return tuple(found)


def _also_wanted(bundle: Bundle, expected: tuple[Expected, ...]) -> list[Expected]:
    """Return the files that checks ask for and nothing names yet; only those whose name students read anyway."""
    if not (bundle.folder / "checks").is_dir():
        return []
    said = {name for one in expected for name in one.names}
    public = "\n".join(c.source for c in bundle.cells if c.grade_id != FIRST_CELL)
    return [Expected((n,)) for n in wanted_files(bundle.folder) if n not in said and n in public]


def _as_call(one: Expected) -> str:
    plain = Expected(one.names)
    words = [repr(name) for name in one.names]
    words += [f"{k}={v!r}" for k, v in vars(one).items() if k != "names" and v != getattr(plain, k)]
    return f"expectation({', '.join(words)})"


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
