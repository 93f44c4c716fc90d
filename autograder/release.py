"""From an instructor's notebook to the student's notebook and the private bundle (*trusted*).

nbgrader's own preprocessors strip, lock and check; nothing is written unless what they leave grades
right and leaks nothing (see ``validate``). Needs the ``[instructor]`` extra.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import hashlib
import inspect
import json
import math
import re
import shutil
import symtable
import textwrap
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat

from autograder import __version__, checks, first_cell, messages
from autograder.bundle import SCHEMA, Bundle, CheckSpec, digests, read_bundle
from autograder.errors import ReleaseError, UsageError
from autograder.model import Question
from autograder.notebook import ManifestCell, marker_of
from autograder.pytest_plugin import RESERVED, describe

BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
BEGIN_SOLUTION, END_SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"
FIRST_CELL = "first_cell"
HINT_TAG = "hint"  # on a cell of prose that is meant to show a line of the solution
_MARKS = ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")
_CHECK_S = 10.0  # CPU seconds of a check
_LINE_CHARS, _INLINE_CHARS, _INLINE_WORDS = 12, 20, 4  # from when on a line is one's own
PREAMBLE = "import numpy as np; from autograder.checks import *; check = lambda *_: None  "
# nbgrader's list for generate_assignment, without the gradebook.
PREPROCESSORS = (
    "IncludeHeaderFooter",
    "LockCells",
    "ClearSolutions",
    "ClearOutput",
    "CheckCellMetadata",
    "ComputeChecksums",
    "ClearHiddenTests",
    "ClearMarkScheme",
    "ComputeChecksums",
    "CheckCellMetadata",
)
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
        If there is none.
    """
    path = source_folder / assignment / f"{assignment}.ipynb"
    if not path.is_file():
        known = sorted(p.name for p in source_folder.glob("*") if p.is_dir())
        raise UsageError(f"{path}: no such notebook.\nAssignments here: {', '.join(known) or 'none'}.")
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


# -- the student's notebook ------------------------------------------------------------------------


def make_release(source: Source, bundle: Bundle) -> Notebook:
    """Return the released notebook: stripped by nbgrader, opened by our first cell."""
    notebook = strip(source.notebook)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == FIRST_CELL:
            cell.source = first_cell_source(bundle)
            cell.metadata["cellView"] = "form"
            cell.metadata["jupyter"] = {"source_hidden": True}
            _update_checksum(cell)
    notebook.metadata["autograder"] = {
        "assignment": source.name,
        "version": bundle.version,
        "bundle": bundle.digest[:16],
    }
    return notebook


def strip(notebook: Notebook) -> Notebook:
    """Return a copy without solutions, hidden checks and outputs, exactly as nbgrader leaves it."""
    try:
        from nbgrader import preprocessors
    except ImportError:
        raise UsageError("releases need nbgrader: pip install 'autograder[instructor]'") from None
    notebook = copy.deepcopy(notebook)
    resources: dict[str, Any] = {}
    for name in PREPROCESSORS:
        try:
            notebook, resources = getattr(preprocessors, name)().preprocess(notebook, resources)
        except Exception as error:
            raise ReleaseError(
                f"nbgrader's {name} refused the source notebook: {error}\nNothing was written."
            ) from error
    return notebook


def _update_checksum(cell: Any) -> None:
    from nbgrader.utils import compute_checksum

    cell.metadata.nbgrader["checksum"] = compute_checksum(cell)


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
        path.relative_to(public).as_posix(): _sha256(path)
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


# -- the bundle ------------------------------------------------------------------------------------


def make_bundle(
    source: Source, folder: Path, *, limits: dict[str, float], version: str = "1", data_base_url: str = ""
) -> Bundle:
    """Write the private bundle of an assignment into an empty folder and return it.

    ``limits`` are the engine's, and ``check_s``: the CPU seconds of a check that does not say its own.
    Below ``data_base_url`` lies what is in release/: ``<assignment>/data/…``.

    Raises
    ------
    ReleaseError
        For a cell, a check or points that would grade wrongly or leak; nothing is released then.
    """
    _refuse_odd_cells(source)
    (folder / "checks").mkdir(parents=True)
    questions: list[Question] = []
    specs: list[CheckSpec] = []
    for cell, metadata in source.cells():
        kind = kind_of(metadata)
        if kind not in ("check", "manual"):
            continue
        title = _title_before(source.notebook, cell)
        name, points = metadata["grade_id"], _points_of(metadata, source)
        questions.append(Question(name=name, title=title, points=points, manual=kind == "manual"))
        if kind == "check":
            module_source = check_module(cell.source, f"{source.path.name}, cell {name!r}")
            (folder / "checks" / f"{name}.py").write_text(module_source)
            specs += check_specs(name, points, module_source, cell.source, limits.get("check_s", _CHECK_S))
    _refuse_odd_order(questions, specs)
    _copy_references(source, folder)
    for name, path in side_files(source).items():
        (folder / "public" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / "public" / name)
    bundle = Bundle(
        folder=folder,
        assignment=source.name,
        title=_title(source.notebook, source.name),
        version=version,
        questions=tuple(questions),
        checks=tuple(specs),
        cells=tuple(manifest_cells(strip(source.notebook))),
        reference_cells=tuple(reference_cells(source)),
        limits=limits,
        files=tuple(sorted(p.name for p in (source.references / "solution").glob("*"))),
        data_url=f"{data_base_url.rstrip('/')}/{source.name}" if data_base_url else "",
    )
    digest, secret = digests(bundle)
    bundle = replace(bundle, digest=digest, secret=secret)
    # The first cell of the manifest is the self-contained one; it needs the bundle's points.
    text = first_cell_source(bundle)
    cells = tuple(replace(c, source=text) if c.grade_id == FIRST_CELL else c for c in bundle.cells)
    reference = bundle.reference_cells
    if any("data_file" in _uses(cell) for cell in reference):
        reference = (text, *reference)
    data = replace(bundle, cells=cells, reference_cells=reference).to_json()
    (folder / "bundle.json").write_text(json.dumps(data, indent=1, sort_keys=True) + "\n")
    return read_bundle(folder)


def _copy_references(source: Source, folder: Path) -> None:
    references = folder / "references"
    references.mkdir()
    for name in ("card.json", "weights.safetensors", "helpers.py"):
        if (source.references / name).is_file():
            shutil.copy(source.references / name, references / name)
    if (source.references / "private").is_dir():
        shutil.copytree(source.references / "private", folder / "private")


def _refusal(where: str, what: str, to_do: str) -> ReleaseError:
    return ReleaseError(f"{where}: {what}; nothing was written.\n{to_do}")


def _refuse_odd_cells(source: Source) -> None:
    """Refuse cells that could not be found again, would leak a part, or break the students' checks."""
    if not any(m.get("grade_id") == FIRST_CELL for _, m in source.cells()):
        what = f"no cell has the grade_id {FIRST_CELL!r}, so students would have no check(...)"
        to_do = "Begin it with a locked code cell: # locked: first_cell, then: from autograder.first_cell import *"
        raise _refusal(source.path.name, what, to_do)
    for index, cell in enumerate(source.notebook.cells, 1):
        metadata = cell.metadata.get("nbgrader", {})
        if (
            cell.cell_type == "code"
            and kind_of(metadata) != "check"
            and metadata.get("grade_id") != FIRST_CELL
        ):
            for taken in sorted(_binds(cell.source) & (set(first_cell.__all__) - {"np"})):
                where = f"{source.path.name}, cell {metadata.get('grade_id') or index!r}"
                raise _refusal(
                    where, f"it defines {taken!r}, which visible checks need", "Choose another name."
                )
    seen: set[str] = set()
    for cell, metadata in source.cells():
        kind, name = kind_of(metadata), str(metadata.get("grade_id", ""))
        if not kind:
            continue
        where = f"{source.path.name}, cell {name!r}"
        if name in seen:
            raise _refusal(
                where, "two cells have this grade_id", "Give one of them another, and its marker too."
            )
        seen.add(name)
        found = marker_of(cell.source)
        if found != (kind, name) and (cell.cell_type == "code" or kind in ("manual", "check")):
            first = cell.source.split("\n")[0][:60]
            mark = f"# {kind}: {name}" if cell.cell_type == "code" else f"<!-- {kind}: {name} -->"
            raise _refusal(where, f"its first line is {first!r}", f"Make it the marker: {mark}")
        _refuse_odd_regions(cell.source, where)
        if kind == "locked" and cell.cell_type == "code":
            try:
                ast.parse(cell.source)
            except SyntaxError as error:
                to_do = "Correct it; IPython's own lines (%…, !…) go into a cell without nbgrader's metadata."
                raise _refusal(f"{where}, line {error.lineno}", str(error.msg), to_do) from None
        if kind == "answer" and BEGIN_SOLUTION not in cell.source:
            what = (
                f"no line says {BEGIN_SOLUTION!r}, so nbgrader would replace the whole cell, its marker too"
            )
            raise _refusal(where, what, f"Put the answer between {BEGIN_SOLUTION!r} and {END_SOLUTION!r}.")


def _refuse_odd_regions(source: str, where: str) -> None:
    """Refuse a region that does not end, ends twice, or whose marks nbgrader and we would read differently."""
    inside = ""
    for number, line in enumerate(source.split("\n"), 1):
        if not re.search(
            rf"\b(BEGIN|END) ({'|'.join(_MARKS)})|###\s*(?i:BEGIN|END)\s+(?i:SOL|HID|MARK)", line
        ):
            continue
        word = re.fullmatch(rf"\s*### (BEGIN|END) ({'|'.join(_MARKS)})\s*", line)
        if word is None:
            known = ", ".join(repr(f"### BEGIN {mark}") for mark in _MARKS)
            raise _refusal(
                f"{where}, line {number}", f"{line.strip()!r} is no mark", f"Marks are {known} and their END."
            )
        wanted = ("END", inside) if inside else ("BEGIN", word[2])
        if (word[1], word[2]) != wanted:
            what = f"{line.strip()!r} stands " + (f"inside {inside!r}" if inside else "after no BEGIN")
            raise _refusal(f"{where}, line {number}", what, "Put each END after its own BEGIN.")
        inside = word[2] if word[1] == "BEGIN" else ""
    if inside:
        raise _refusal(where, f"'### BEGIN {inside}' has no END", f"Add the line: ### END {inside}")


def _points_of(metadata: dict[str, Any], source: Source) -> float:
    points = metadata.get("points")
    if isinstance(points, bool) or not isinstance(points, (int, float)) or not 0 <= points < math.inf:
        where = f"{source.path.name}, cell {metadata['grade_id']!r}"
        raise _refusal(where, f"its points are {points!r}", "Give it a number of points, 0 or more.")
    return float(points)


def check_module(source: str, where: str) -> str:
    """Return a check cell as a module: our names on its first line, top-level ``raise`` (the guard) dropped."""
    lines = source.split("\n")
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        at = f"{where}, line {error.lineno}"
        raise _refusal(at, str(error.msg), "Correct that line; a check cell is plain Python.") from None
    for node in tree.body:
        if isinstance(node, ast.Raise):
            for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                lines[number - 1] = ""
    if marker_of(source)[0] != "check":
        raise _refusal(
            where, f"its first line is {lines[0][:60]!r}", "Make it the marker: # check: <grade_id>"
        )
    return PREAMBLE + lines[0] + "\n" + "\n".join(lines[1:]) + "\n"


def check_specs(
    question: str, points: float, module_source: str, cell_source: str, timeout_s: float = _CHECK_S
) -> list[CheckSpec]:
    """Read a check module's functions: names, docstrings, decorators, and share the points out.

    Raises
    ------
    ReleaseError
        If there is no check, a decorator is misused, a visible check asks for what students do not
        have, or the points of the checks do not add up to the question's.
    """
    where = f"check cell {question!r}"
    namespace: dict[str, Any] = {"__name__": f"checks.{question}"}
    try:
        exec(compile(module_source, f"{question}.py", "exec"), namespace)  # noqa: S102  the instructor's own cell
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [f.lineno for f in frames if f.filename == f"{question}.py"]
        at = f"{where}, line {lines[-1]}" if lines else where
        raise _refusal(at, f"{type(error).__name__}: {error}", "Correct that line.") from error
    hidden_lines = _hidden_lines(cell_source)
    tree = ast.parse(cell_source)
    nodes = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]
    if not nodes:
        raise _refusal(where, "it has no function named test_…", "Write one, or make the cell a locked one.")
    _refuse_private_means(tree, nodes, hidden_lines, where)
    for node in nodes:
        _refuse_odd_decorators(namespace[node.name], f"{where}, {node.name}")
    described = [describe(namespace[node.name]) for node in nodes]
    shares = share_points(question, points, [d["points"] for d in described])
    return [
        CheckSpec(
            question=question,
            name=node.name,
            title=d["title"],
            points=share,
            hidden=node.lineno in hidden_lines,
            after=tuple(d["after"]),
            timeout_s=d["timeout_s"] if hasattr(namespace[node.name], "timeout_s") else timeout_s,
            isolated=d["isolated"],
        )
        for node, d, share in zip(nodes, described, shares, strict=True)
    ]


def _refuse_odd_decorators(function: Any, where: str) -> None:
    """Refuse ``@points`` without brackets, ``@timeout("3")`` and the like."""
    if not inspect.isfunction(function) or not function.__name__.startswith("test_"):
        raise _refusal(
            where, "a decorator took the place of the check", "Write @points(2), @after('q1'), @isolated."
        )
    points, seconds = getattr(function, "points", 0), getattr(function, "timeout_s", 1)
    for word, value, ok in (("points", points, "0 or more"), ("timeout", seconds, "more than 0")):
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        if not number or value < 0 or (word == "timeout" and value == 0):
            raise _refusal(where, f"@{word}({value!r})", f"Give @{word} one number, {ok}.")
    for name in getattr(function, "after", ()):
        if not isinstance(name, str):
            raise _refusal(where, f"@after({name!r})", "Name checks and questions in quotes: @after('q1').")


def _refuse_private_means(
    tree: ast.Module, nodes: list[ast.FunctionDef], hidden: set[int], where: str
) -> None:
    """Refuse what works in the grader only: a visible check runs in the student's notebook too."""
    for node in nodes:
        names = [a.arg for a in node.args.args if a.arg in RESERVED and node.lineno not in hidden]
        if names:
            what = f"the visible check asks for {names[0]!r}, which students do not have"
            raise _refusal(
                f"{where}, {node.name}", what, "Make it a hidden check, or use the student's names only."
            )
    for statement in ast.walk(tree):
        if not isinstance(statement, (ast.Import, ast.ImportFrom)) or statement.lineno in hidden:
            continue
        modules = (
            [statement.module] if isinstance(statement, ast.ImportFrom) else [a.name for a in statement.names]
        )
        for module in modules:
            if (module or "").split(".")[0] != "numpy":
                what = f"the visible part imports {module!r}"
                to_do = "Import NumPy only; the names of autograder.checks are there already."
                raise _refusal(f"{where}, line {statement.lineno}", what, to_do)


def share_points(question: str, points: float, explicit: list[float | None]) -> list[float]:
    """Share a question's points: explicit ones first, the rest equally in hundredths, remainder to the last."""
    total = round(points * 100)
    fixed = [None if e is None else round(e * 100) for e in explicit]
    rest = total - sum(f for f in fixed if f is not None)
    free = [i for i, f in enumerate(fixed) if f is None]
    if rest < 0 or (rest > 0 and not free) or (rest == 0 and free):
        given = sum(f for f in fixed if f is not None) / 100
        what = f"the question has {points:g} points, its @points add up to {given:g} and {len(free)} check(s) share the rest"
        raise _refusal(
            f"check cell {question!r}", what, "Change the cell's points or a @points so that they add up."
        )
    shares = list(fixed)
    for i in free:
        shares[i] = rest // len(free)
    if free:
        shares[free[-1]] = rest - (rest // len(free)) * (len(free) - 1)
    return [(s or 0) / 100 for s in shares]


def _hidden_lines(source: str) -> set[int]:
    hidden, inside = set(), False
    for number, line in enumerate(source.split("\n"), 1):
        if BEGIN_HIDDEN in line:
            inside = True
        if inside:
            hidden.add(number)
        if END_HIDDEN in line:
            inside = False
    return hidden


def _refuse_odd_order(questions: list[Question], specs: list[CheckSpec]) -> None:
    """Refuse two checks of one name, and an ``after`` that cannot be kept."""
    first: dict[str, CheckSpec] = {}
    for spec in specs:
        if spec.name in first or spec.name in {q.name for q in questions}:
            other = f"check cell {first[spec.name].question!r}" if spec.name in first else "a question"
            what = f"{spec.name!r} is the name of {other} as well, and `after` could not tell them apart"
            raise _refusal(f"check cell {spec.question!r}", what, "Rename one.")
        first[spec.name] = spec
    place = {s.name: i for i, s in enumerate(specs)}
    last = {s.question: i for i, s in enumerate(specs)}  # a question is concluded with its last check
    for index, spec in enumerate(specs):
        where = f"check cell {spec.question!r}, {spec.name}"
        for needed in spec.after:
            if needed not in place and needed not in last:
                near = ", ".join(sorted({*place, *last} - {spec.name, spec.question}))
                raise _refusal(
                    where,
                    f"it is after {needed!r}, which does not exist",
                    f"There are: {near or 'no others'}.",
                )
            if needed == spec.question:
                raise _refusal(where, f"it is after {needed!r}, its own question", "Name a check of it.")
            if not spec.hidden and needed in place and specs[place[needed]].hidden:
                what = f"a visible check cannot be after the hidden check {needed!r}"
                raise _refusal(where, what, "Hidden checks run after all visible ones; name a visible check.")
            if (place[needed] if needed in place else last[needed]) >= index:
                raise _refusal(
                    where, f"it is after {needed!r}, which comes later", "Name an earlier one, or swap them."
                )


def manifest_cells(release: Notebook) -> list[ManifestCell]:
    """Return what grading must know about the released notebook's cells."""
    cells = []
    for cell in release.cells:
        metadata = cell.metadata.get("nbgrader", {})
        kind = kind_of(metadata)
        grade_id = metadata.get("grade_id", "") if kind else ""
        train = "train" in cell.metadata.get("tags", [])
        cells.append(ManifestCell(cell.cell_type, cell.source, kind, grade_id, cell.get("id", ""), train))
    return cells


def reference_cells(source: Source) -> list[str]:
    """Return the code that defines the reference solution: set-up, data, and answers that checks ask for."""
    wanted = set()
    for cell, metadata in source.cells():
        if kind_of(metadata) == "check":
            for node in ast.parse(cell.source).body:
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    wanted |= {a.arg for a in node.args.args} - set(RESERVED)
    wanted |= _attributes_of_reference(source)
    usable = [
        (cell, kind_of(metadata))
        for cell, metadata in source.cells()
        if cell.cell_type == "code"
        and metadata.get("grade_id") != FIRST_CELL
        and not {"train", "figure"} & set(cell.metadata.get("tags", []))
    ]
    answers = [cell for cell, kind in usable if kind == "answer"]
    needed: list[Any] = []
    while more := [c for c in answers if not any(c is n for n in needed) and _binds(c.source) & wanted]:
        needed += more
        for cell in more:
            wanted |= _uses(cell.source)
    return [cell.source for cell, kind in usable if kind == "locked" or any(cell is n for n in needed)]


def _attributes_of_reference(source: Source) -> set[str]:
    found = set()
    for cell, metadata in source.cells():
        if kind_of(metadata) == "check":
            found |= set(re.findall(r"\breference\.(\w+)", cell.source))
    return found


def _symbols(source: str) -> symtable.SymbolTable | None:
    plain = re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.MULTILINE)  # IPython's own lines
    try:
        return symtable.symtable(plain, "cell", "exec")
    except SyntaxError:
        return None


def _binds(source: str) -> set[str]:
    """Return the names that a cell defines."""
    table = _symbols(source)
    symbols = table.get_symbols() if table is not None else []
    return {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}


def _uses(source: str) -> set[str]:
    """Return the names that a cell, or a function in it, takes from elsewhere."""
    tables = [t] if (t := _symbols(source)) is not None else []
    used: set[str] = set()
    for table in tables:
        tables += table.get_children()
        top = table.get_type() == "module"
        used |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (top or s.is_global())}
    return used - _binds(source)


def _title(notebook: Notebook, default: str) -> str:
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for line in cell.source.split("\n"):
                if line.startswith("# "):
                    return str(line[2:].strip())
    return default


def _title_before(notebook: Notebook, cell: Any) -> str:
    title = ""
    for other in notebook.cells:
        if other is cell:
            break
        if other.cell_type == "markdown":
            for line in other.source.split("\n"):
                if re.match(r"#{2,4} ", line):
                    title = line.lstrip("# ").strip()
    return title


# -- submissions of our own ------------------------------------------------------------------------


def solution_notebook(source: Source, release: Notebook) -> Notebook:
    """Return what a perfect student hands in: the release with the instructor's answers."""
    answers = {
        m["grade_id"]: _without_markers(c.source)
        for c, m in source.cells()
        if kind_of(m) in ("answer", "manual")
    }
    notebook = copy.deepcopy(release)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if grade_id in answers:
            cell.source = answers[grade_id]
    return notebook


def _without_markers(source: str) -> str:
    return "\n".join(
        line for line in source.split("\n") if BEGIN_SOLUTION not in line and END_SOLUTION not in line
    )


# -- leaks -----------------------------------------------------------------------------------------


def find_leaks(source: Source, released: dict[str, str]) -> list[str]:
    """Return a sentence for everything in the released texts that no student may see.

    That is a line of a solution or of hidden checks, unless public code has the same line; the name of a
    hidden check; and any word that begins with ``canary`` in a solution, a hidden check or a file of the
    references. A long line is found inside others too, in prose, metadata and data alike.
    """
    public, secret = _public_and_secret(source)
    words = set(re.findall(r"canary[\w-]+", "\n".join(line for _, line in secret)))
    for path in _reference_files(source):
        words |= {w.decode() for w in re.findall(rb"canary[a-zA-Z0-9_-]+", path.read_bytes())}
    names = _hidden_names(source)
    leaks = []
    for place, text in released.items():
        lines = {_squeezed(line) for line in text.split("\n")}
        whole = _squeezed(text)
        for where, line in secret:
            found = line in lines or (_is_long(line) and _stands_in(line, whole))
            if found and not _stands_in(line, public):
                leaks.append(f"{place}: the line {line!r} of {where} is in it")
        leaks += [
            f"{place}: the name of the hidden check {name!r} is in it"
            for name in names
            if _stands_in(name, whole)
        ]
        leaks += [f"{place}: the word {word!r} is in it" for word in sorted(words) if word in text]
    return list(dict.fromkeys(leaks))


def find_copies(source: Source) -> list[str]:
    """Return a sentence for every file of the release that is also one of the references."""
    private = {_sha256(p): p for p in _reference_files(source) if p.stat().st_size}
    return [
        f"{name}: it is a copy of {private[_sha256(path)].relative_to(source.references.parent)}"
        for name, path in side_files(source).items()
        if _sha256(path) in private
    ]


def _reference_files(source: Source) -> list[Path]:
    return sorted(p for p in source.references.rglob("*") if p.is_file() and "variants" not in p.parts)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _is_long(line: str) -> bool:
    return len(line) >= _INLINE_CHARS and len(re.findall(r"\w+", line)) >= _INLINE_WORDS


def _stands_in(words: str, text: str) -> bool:
    return words in text and re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text) is not None


def _hidden_names(source: Source) -> list[str]:
    names = []
    for cell, metadata in source.cells():
        if kind_of(metadata) == "check":
            hidden = _hidden_lines(cell.source)
            nodes = [
                n
                for n in ast.parse(cell.source).body
                if isinstance(n, ast.FunctionDef) and n.lineno in hidden
            ]
            names += [n.name for n in nodes if n.name.startswith("test_")]
    return names


def _public_and_secret(source: Source) -> tuple[str, list[tuple[str, str]]]:
    """Return the public code in one line, and (where, line) of every secret line that is one's own."""
    public = [inspect.getsource(module) for module in (checks, messages, first_cell)]
    secret: list[tuple[str, str]] = []
    for cell in source.notebook.cells:
        metadata = cell.metadata.get("nbgrader", {})
        kind, where = kind_of(metadata), f"cell {metadata.get('grade_id', '')!r}"
        whole = kind == "manual" or (kind == "answer" and BEGIN_SOLUTION not in cell.source)
        inside = False
        for line in cell.source.split("\n"):
            if BEGIN_HIDDEN in line or BEGIN_SOLUTION in line:
                inside = True
            elif END_HIDDEN in line or END_SOLUTION in line:
                inside = False
            elif inside or (whole and not marker_of(line)[0]):
                if len(_squeezed(line)) >= _LINE_CHARS:
                    secret.append((where, _squeezed(line)))
            elif cell.cell_type == "code" or HINT_TAG in cell.metadata.get("tags", []):
                public.append(line)
    return _squeezed("\n".join(public)), secret


def released_texts(notebook: Notebook) -> dict[str, str]:
    """Return every text of a released notebook: sources, metadata, outputs and attachments."""
    texts = {"the notebook's metadata": "\n".join(_strings(notebook.metadata))}
    for index, cell in enumerate(notebook.cells, 1):
        rest = {key: value for key, value in cell.items() if key != "source"}
        texts[f"cell {index}"] = cell.source
        texts[f"cell {index}, metadata and outputs"] = "\n".join(_strings(rest))
    return texts


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _strings(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _strings(item)


def side_files(source: Source) -> dict[str, Path]:
    """Return what lies beside the source notebook and is released with it, by its path there."""
    folder = source.path.parent
    found = {p.relative_to(folder): p for p in sorted(folder.rglob("*")) if p.is_file() and p != source.path}
    return {
        r.as_posix(): p for r, p in found.items() if not {".ipynb_checkpoints", "__pycache__"} & set(r.parts)
    }


def side_texts(source: Source) -> dict[str, str]:
    """Return the texts of the side files; a notebook's, and a JSON file's, with its strings taken out."""
    texts = {}
    for name, path in side_files(source).items():
        texts[name] = path.read_bytes().decode(errors="replace")
        if path.suffix in (".ipynb", ".json"):
            with contextlib.suppress(ValueError, RecursionError):
                texts[name] += "\n" + "\n".join(_strings(json.loads(texts[name])))
    return texts


def write_release(source: Source, release: Notebook, bundle: Bundle, target: Path) -> list[Path]:
    """Write ``release/<assignment>/`` in one step: a sibling folder, then a rename."""
    staging = target.with_name(f".{target.name}.new")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    for name, beside in side_files(source).items():
        (staging / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(beside, staging / name)
    nbformat.write(release, staging / source.path.name)
    (staging / "manifest.json").write_text(json.dumps(manifest(bundle), indent=1, sort_keys=True) + "\n")
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    staging.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    return sorted(p for p in target.rglob("*") if p.is_file())


def manifest(bundle: Bundle) -> dict[str, Any]:
    """Return the public part of a bundle: questions, points, visible checks; no check, no secret, no private data."""
    return {
        "schema": SCHEMA,
        "assignment": bundle.assignment,
        "title": bundle.title,
        "version": bundle.version,
        "digest": bundle.digest,
        "autograder_version": __version__,
        "questions": [{"name": q.name, "points": q.points, "manual": q.manual} for q in bundle.questions],
        "visible_checks": [
            {"question": c.question, "name": c.name, "title": c.title, "points": c.points}
            for c in bundle.checks
            if not c.hidden
        ],
        "files": list(bundle.files),
    }
