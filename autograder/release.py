"""From an instructor's notebook to the student's notebook and the private bundle (*trusted*).

nbgrader's own preprocessors strip, lock and check; nothing is written unless what they leave grades
right and leaks nothing (see ``validate``). Needs the ``[instructor]`` extra.
"""

from __future__ import annotations

import ast
import copy
import inspect
import json
import re
import shutil
import textwrap
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat

from autograder import __version__, checks, first_cell, messages
from autograder.bundle import SCHEMA, Bundle, CheckSpec, digests
from autograder.errors import ReleaseError, UsageError
from autograder.model import Question
from autograder.notebook import ManifestCell, marker_of
from autograder.pytest_plugin import RESERVED, describe

BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
BEGIN_SOLUTION, END_SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"
FIRST_CELL = "first_cell"
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
    notebook, resources = copy.deepcopy(notebook), {}
    for name in PREPROCESSORS:
        try:
            notebook, resources = getattr(preprocessors, name)().preprocess(notebook, resources)
        except Exception as error:
            raise ReleaseError(f"nbgrader's {name} refused the source notebook: {error}\nNothing was written.") from error
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
    body = _bare_source(first_cell)
    for name, value in (("CHECKS", points), ("QUESTIONS", totals)):
        line = f"{name} = {json.dumps(value, ensure_ascii=False)}"
        body = re.sub(rf"^{name}: .*$", lambda _, line=line: line, body, flags=re.MULTILINE)
    parts = [_bare_source(checks), _definitions(messages, _imported_from(first_cell, messages)), body]
    exported = ", ".join(f"{name}={name}" for name in first_cell.__all__)
    title = "#@title Run this cell first: it defines check(...), which tries the visible checks"
    return (
        f"# locked: {FIRST_CELL}\n{title}\ndef _make_check():\n"
        + textwrap.indent("\n\n\n".join(parts), "    ")
        + f"\n\n    return dict({exported})\n\n\nglobals().update(_make_check())"
    )


def _bare_source(module: ModuleType) -> str:
    """Return a module's source without docstring, ``__all__``, future import and imports of this package."""
    text = inspect.getsource(module)
    lines = text.split("\n")
    tree = ast.parse(text)
    dropped: set[int] = set()
    for index, node in enumerate(tree.body):
        docstring = index == 0 and isinstance(node, ast.Expr)
        future = isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("__future__", "autograder")
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
    wanted, found = set(names), set()
    while wanted - found:
        name = min(wanted - found)
        found.add(name)
        wanted |= {n.id for n in ast.walk(nodes[name]) if isinstance(n, ast.Name) and n.id in nodes}
    picked = sorted({nodes[name].lineno: nodes[name] for name in found}.items())
    return "\n".join(ast.get_source_segment(text, node) or "" for _, node in picked)


# -- the bundle ------------------------------------------------------------------------------------


def make_bundle(source: Source, folder: Path, *, limits: dict[str, float], version: str = "1") -> Bundle:
    """Write the private bundle of an assignment into an empty folder and return it."""
    (folder / "checks").mkdir(parents=True)
    questions: list[Question] = []
    specs: list[CheckSpec] = []
    for cell, metadata in source.cells():
        kind = kind_of(metadata)
        if kind not in ("check", "manual"):
            continue
        title = _title_before(source.notebook, cell)
        name, points = metadata["grade_id"], float(metadata["points"])
        questions.append(Question(name=name, title=title, points=points, manual=kind == "manual"))
        if kind == "check":
            module_source = check_module(cell.source, f"{source.path.name}, cell {name!r}")
            (folder / "checks" / f"{name}.py").write_text(module_source)
            specs += check_specs(name, points, module_source, cell.source)
    _refuse_duplicates(questions, specs)
    _copy_references(source, folder)
    manifest = manifest_cells(strip(source.notebook))
    digest, secret = digests(folder, manifest)
    bundle = Bundle(
        folder=folder,
        assignment=source.name,
        title=_title(source.notebook, source.name),
        version=version,
        questions=tuple(questions),
        checks=tuple(specs),
        cells=tuple(manifest),
        reference_cells=tuple(reference_cells(source)),
        limits=limits,
        files=tuple(sorted(p.name for p in (source.references / "solution").glob("*"))),
        digest=digest,
        secret=secret,
    )
    # The first cell of the manifest is the self-contained one; it needs the bundle's points.
    cells = tuple(
        ManifestCell(c.cell_type, first_cell_source(bundle), c.kind, c.grade_id, c.cell_id, c.train)
        if c.grade_id == FIRST_CELL
        else c
        for c in manifest
    )
    data = bundle.to_json() | {"cells": [_as_dict(c) for c in cells], "schema": SCHEMA}
    (folder / "bundle.json").write_text(json.dumps(data, indent=1, sort_keys=True) + "\n")
    from autograder.bundle import read_bundle

    return read_bundle(folder)


def _as_dict(cell: ManifestCell) -> dict[str, Any]:
    return {name: getattr(cell, name) for name in ManifestCell.__slots__}


def _copy_references(source: Source, folder: Path) -> None:
    references = folder / "references"
    references.mkdir()
    for name in ("card.json", "weights.safetensors", "helpers.py"):
        if (source.references / name).is_file():
            shutil.copy(source.references / name, references / name)
    if (source.references / "private").is_dir():
        shutil.copytree(source.references / "private", folder / "private")


def check_module(source: str, where: str) -> str:
    """Return a check cell as a module: our names on its first line, top-level ``raise`` (the guard) dropped."""
    lines = source.split("\n")
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise ReleaseError(f"{where}, line {error.lineno}: {error.msg}.\nNothing was written.") from None
    for node in tree.body:
        if isinstance(node, ast.Raise):
            for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                lines[number - 1] = ""
    if not lines[0].lstrip().startswith("#"):
        raise ReleaseError(f"{where}: its first line must be the marker '# check: <grade_id>'.\nNothing was written.")
    return PREAMBLE + lines[0] + "\n" + "\n".join(lines[1:]) + "\n"


def check_specs(question: str, points: float, module_source: str, cell_source: str) -> list[CheckSpec]:
    """Read a check module's functions: names, docstrings, decorators, and share the points out.

    Raises
    ------
    ReleaseError
        If there is no check, or the points of the checks do not add up to the question's.
    """
    namespace: dict[str, Any] = {"__name__": f"checks.{question}"}
    try:
        exec(compile(module_source, f"{question}.py", "exec"), namespace)  # noqa: S102  the instructor's own cell
    except Exception as error:
        raise ReleaseError(f"check cell {question!r}: {type(error).__name__}: {error}\nNothing was written.") from error
    hidden_lines = _hidden_lines(cell_source)
    nodes = [n for n in ast.parse(cell_source).body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]
    if not nodes:
        raise ReleaseError(f"check cell {question!r} has no function named test_…\nNothing was written.")
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
            timeout_s=d["timeout_s"],
            isolated=d["isolated"],
        )
        for node, d, share in zip(nodes, described, shares, strict=True)
    ]


def share_points(question: str, points: float, explicit: list[float | None]) -> list[float]:
    """Share a question's points: explicit ones first, the rest equally in hundredths, remainder to the last."""
    total = round(points * 100)
    fixed = [None if e is None else round(e * 100) for e in explicit]
    rest = total - sum(f for f in fixed if f is not None)
    free = [i for i, f in enumerate(fixed) if f is None]
    if rest < 0 or (rest > 0 and not free) or (rest == 0 and free):
        given = sum(f for f in fixed if f is not None) / 100
        raise ReleaseError(
            f"check cell {question!r}: the question has {points:g} points, its @points add up to {given:g} "
            f"and {len(free)} check(s) share the rest.\nNothing was written.\nMake them add up."
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


def _refuse_duplicates(questions: list[Question], specs: list[CheckSpec]) -> None:
    names = [s.name for s in specs]
    for name in names:
        if names.count(name) > 1:
            raise ReleaseError(f"two checks are named {name!r}; `after` could not tell them apart.\nRename one.")
    known = set(names) | {q.name for q in questions}
    hidden = {s.name for s in specs if s.hidden}
    order = {s.name: i for i, s in enumerate(specs)} | {q.name: -1 for q in questions}
    for spec in specs:
        for needed in spec.after:
            if needed not in known:
                raise ReleaseError(f"check {spec.name!r} is after {needed!r}, which does not exist.")
            if not spec.hidden and needed in hidden:
                raise ReleaseError(f"visible check {spec.name!r} cannot be after the hidden check {needed!r}.")
            if order[needed] >= order[spec.name]:
                raise ReleaseError(f"check {spec.name!r} is after {needed!r}, which comes later.")


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
                if isinstance(node, ast.FunctionDef):
                    wanted |= {a.arg for a in node.args.args} - set(RESERVED)
    wanted |= _attributes_of_reference(source)
    kept = []
    for cell, metadata in source.cells():
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or metadata["grade_id"] == FIRST_CELL or {"train", "figure"} & set(tags):
            continue
        if kind_of(metadata) == "locked" or (kind_of(metadata) == "answer" and _binds(cell.source) & wanted):
            kept.append(cell.source)
    return kept


def _attributes_of_reference(source: Source) -> set[str]:
    found = set()
    for cell, metadata in source.cells():
        if kind_of(metadata) == "check":
            found |= set(re.findall(r"\breference\.(\w+)", cell.source))
    return found


def _binds(source: str) -> set[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    names = {n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            names |= {t.id for t in node.targets if isinstance(t, ast.Name)}
    return names


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
        m["grade_id"]: _without_markers(c.source) for c, m in source.cells() if kind_of(m) in ("answer", "manual")
    }
    notebook = copy.deepcopy(release)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if grade_id in answers:
            cell.source = answers[grade_id]
    return notebook


def _without_markers(source: str) -> str:
    return "\n".join(line for line in source.split("\n") if BEGIN_SOLUTION not in line and END_SOLUTION not in line)


# -- leaks -----------------------------------------------------------------------------------------


def find_leaks(source: Source, released_texts: dict[str, str]) -> list[str]:
    """Return a sentence for every solution line or hidden check's name that a released file holds.

    A line counts only if it stands nowhere in the public part of the source.
    """
    public, secret = _public_and_secret(source)
    leaks = []
    for path, text in released_texts.items():
        lines = {line.strip() for line in text.split("\n")}
        for where, line in secret:
            if line in lines and line not in public:
                leaks.append(f"{path}: line {line!r} of {where} is in it")
        for cell, metadata in source.cells():
            if kind_of(metadata) != "check":
                continue
            hidden = _hidden_lines(cell.source)
            for node in ast.parse(cell.source).body:
                is_check = isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
                if is_check and node.lineno in hidden and node.name in text:
                    leaks.append(f"{path}: the hidden check {node.name!r} is in it")
    return leaks


def _public_and_secret(source: Source) -> tuple[set[str], list[tuple[str, str]]]:
    public: set[str] = set()
    secret: list[tuple[str, str]] = []
    for cell in source.notebook.cells:
        metadata = cell.metadata.get("nbgrader", {})
        kind, where = kind_of(metadata), f"cell {metadata.get('grade_id', '')!r}"
        manual = kind == "manual" or (kind == "answer" and BEGIN_SOLUTION not in cell.source)
        inside = ""
        for line in cell.source.split("\n"):
            if BEGIN_HIDDEN in line or BEGIN_SOLUTION in line:
                inside = "hidden"
            elif END_HIDDEN in line or END_SOLUTION in line:
                inside = ""
            elif inside or (manual and not marker_of(line)[0]):
                if len(line.strip()) >= 12:
                    secret.append((where, line.strip()))
            else:
                public.add(line.strip())
    return public, secret


def released_texts(notebook: Notebook) -> dict[str, str]:
    """Return every text of a released notebook, by cell."""
    texts = {f"cell {index + 1}": cell.source for index, cell in enumerate(notebook.cells)}
    texts["metadata"] = json.dumps(notebook.metadata) + json.dumps([c.metadata for c in notebook.cells])
    return texts


def write_release(source: Source, release: Notebook, bundle: Bundle, target: Path) -> list[Path]:
    """Write ``release/<assignment>/`` in one step: a sibling folder, then a rename."""
    staging = target.with_name(f".{target.name}.new")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    for path in sorted(source.path.parent.rglob("*")):
        relative = path.relative_to(source.path.parent)
        if path.is_file() and path != source.path and not {".ipynb_checkpoints", "__pycache__"} & set(relative.parts):
            (staging / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, staging / relative)
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
