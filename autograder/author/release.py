"""From an instructor's notebook to the student's notebook and the private bundle (*trusted*).

nbgrader's own preprocessors strip, lock and check; nothing is written unless what they leave grades
right and leaks nothing (see ``validate``, ``leaks``). Needs the ``[instructor]`` extra.
"""

from __future__ import annotations

import ast
import copy
import json
import math
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat

from autograder import __version__, first_cell
from autograder.author import imports
from autograder.author.check_cells import CHECK_S, check_module, check_specs, refuse_odd_order
from autograder.author.embed import expected_files, first_cell_source
from autograder.author.source import (
    BEGIN_SOLUTION,
    END_SOLUTION,
    FIRST_CELL,
    Notebook,
    Source,
    binds,
    is_page,
    kind_of,
    read_source,
    refusal,
    side_files,
    title_before,
    title_of,
    uses,
)
from autograder.bundle import SCHEMA, Bundle, CheckSpec, digests, read_bundle
from autograder.errors import ReleaseError, UsageError
from autograder.judge.check_files import RESERVED
from autograder.model import ManifestCell, Question
from autograder.notebook import marker_of
from autograder.packing.records import Expected

__all__ = ["Source", "make_bundle", "make_release", "read_source", "solution_notebook", "write_release"]

# Slow to import; none starts a thread meanwhile, so forks are safe.
PRELOADABLE = frozenset({"pandas", "scipy", "sklearn"})
_MARKS = ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")
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


# -- the student's notebook ------------------------------------------------------------------------


def make_release(source: Source, bundle: Bundle) -> Notebook:
    """Return the released notebook: stripped by nbgrader, opened by our first cell."""
    notebook = strip(source.notebook)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == FIRST_CELL:
            cell.source = first_cell_source(bundle, _expected(source))
            cell.metadata["cellView"] = "form"
            cell.metadata["jupyter"] = {"source_hidden": True}
            _update_checksum(cell)
    notebook.metadata["autograder"] = {
        "assignment": source.name,
        "version": bundle.version,
        "bundle": bundle.digest[:16],
    }
    return notebook


def _expected(source: Source) -> tuple[Expected, ...]:
    """Return what the source notebook's first cell says with ``hand_in(...)``."""
    first = (c.source for c, metadata in source.cells() if metadata.get("grade_id") == FIRST_CELL)
    return expected_files(next(first, ""), f"{source.path.name}, cell {FIRST_CELL!r}")


def strip(notebook: Notebook) -> Notebook:
    """Return a copy without solutions, hidden checks and outputs, exactly as nbgrader leaves it."""
    try:
        from nbgrader import preprocessors
    except ImportError:
        raise UsageError("releases need nbgrader: pip install 'autograder-notebooks[instructor]'") from None
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


def write_release(
    source: Source, release: Notebook, bundle: Bundle, target: Path, more: dict[str, str] | None = None
) -> list[Path]:
    """Write ``release/<assignment>/`` in one step: a sibling folder, then a rename.

    ``more`` are further texts by path; a file of the source goes before one of the same path.
    """
    staging = target.with_name(f".{target.name}.new")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        _fill(staging, source, release, bundle, more or {})
    except OSError:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    staging.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    return sorted(p for p in target.rglob("*") if p.is_file())


def _fill(staging: Path, source: Source, release: Notebook, bundle: Bundle, more: dict[str, str]) -> None:
    staging.mkdir(parents=True)
    for name, text in more.items():
        (staging / name).parent.mkdir(parents=True, exist_ok=True)
        (staging / name).write_text(text, encoding="utf-8")
    for name, beside in side_files(source).items():
        (staging / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(beside, staging / name)
    nbformat.write(release, staging / source.path.name)
    (staging / "manifest.json").write_text(json.dumps(manifest(bundle), indent=1, sort_keys=True) + "\n")


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


# -- the bundle ------------------------------------------------------------------------------------


def make_bundle(
    source: Source,
    folder: Path,
    *,
    limits: dict[str, float],
    version: str = "1",
    data_base_url: str = "",
    packages: tuple[str, ...] = (),
) -> Bundle:
    """Write the private bundle of an assignment into an empty folder and return it.

    ``limits`` are the engine's, and ``check_s``: the CPU seconds of a check that does not say its own.
    Below ``data_base_url`` lies what is in release/: ``<assignment>/data/…``. ``packages`` are the course's.

    Raises
    ------
    ReleaseError
        For a cell, a check or points that would grade wrongly or leak; nothing is released then.
    """
    _refuse_odd_cells(source)
    _expected(source)
    (folder / "checks").mkdir(parents=True)
    questions: list[Question] = []
    specs: list[CheckSpec] = []
    for cell, metadata in source.cells():
        kind = kind_of(metadata)
        if kind not in ("check", "manual"):
            continue
        title = title_before(source.notebook, cell)
        name, points = metadata["grade_id"], _points_of(metadata, source)
        questions.append(Question(name=name, title=title, points=points, manual=kind == "manual"))
        if kind == "check":
            module_source = check_module(cell.source, f"{source.path.name}, cell {name!r}")
            (folder / "checks" / f"{name}.py").write_text(module_source)
            specs += check_specs(name, points, module_source, cell.source, limits.get("check_s", CHECK_S))
    refuse_odd_order(questions, specs)
    _copy_references(source, folder)
    for name, path in side_files(source).items():
        if is_page(name):
            continue
        (folder / "public" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / "public" / name)
    bundle = Bundle(
        folder=folder,
        assignment=source.name,
        title=title_of(source.notebook, source.name),
        version=version,
        questions=tuple(questions),
        checks=tuple(specs),
        cells=tuple(manifest_cells(strip(source.notebook))),
        reference_cells=tuple(reference_cells(source)),
        limits=limits,
        files=tuple(sorted(p.name for p in (source.references / "solution").glob("*"))),
        preload=preloaded(source, packages),
        imports=imports.needed(source),
        packages=imports.used_packages(source, packages),
        data_url=f"{data_base_url.rstrip('/')}/{source.name}" if data_base_url else "",
    )
    digest, secret = digests(bundle)
    bundle = replace(bundle, digest=digest, secret=secret)
    # The first cell of the manifest is the self-contained one; it needs the bundle's points.
    text = first_cell_source(bundle, _expected(source))
    cells = tuple(replace(c, source=text) if c.grade_id == FIRST_CELL else c for c in bundle.cells)
    reference = bundle.reference_cells
    if any("data_file" in uses(cell) for cell in reference):
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


def _refuse_odd_cells(source: Source) -> None:
    """Refuse cells that could not be found again, would leak a part, or break the students' checks."""
    if not any(m.get("grade_id") == FIRST_CELL for _, m in source.cells()):
        what = f"no cell has the grade_id {FIRST_CELL!r}, so students would have no check(...)"
        to_do = "Begin it with a locked code cell: # locked: first_cell, then: from autograder.first_cell import *"
        raise refusal(source.path.name, what, to_do)
    for index, cell in enumerate(source.notebook.cells, 1):
        metadata = cell.metadata.get("nbgrader", {})
        if (
            cell.cell_type == "code"
            and kind_of(metadata) != "check"
            and metadata.get("grade_id") != FIRST_CELL
        ):
            for taken in sorted(binds(cell.source) & (set(first_cell.__all__) - {"np"})):
                where = f"{source.path.name}, cell {metadata.get('grade_id') or index!r}"
                raise refusal(
                    where, f"it defines {taken!r}, which visible checks need", "Choose another name."
                )
    seen: set[str] = set()
    for cell, metadata in source.cells():
        kind, name = kind_of(metadata), str(metadata.get("grade_id", ""))
        if not kind:
            continue
        where = f"{source.path.name}, cell {name!r}"
        if name in seen:
            raise refusal(
                where, "two cells have this grade_id", "Give one of them another, and its marker too."
            )
        seen.add(name)
        found = marker_of(cell.source)
        if found != (kind, name) and (cell.cell_type == "code" or kind in ("manual", "check")):
            first = cell.source.split("\n")[0][:60]
            mark = f"# {kind}: {name}" if cell.cell_type == "code" else f"<!-- {kind}: {name} -->"
            raise refusal(where, f"its first line is {first!r}", f"Make it the marker: {mark}")
        _refuse_odd_regions(cell.source, where)
        if kind == "locked" and cell.cell_type == "code":
            try:
                ast.parse(cell.source)
            except SyntaxError as error:
                to_do = "Correct it; IPython's own lines (%…, !…) go into a cell without nbgrader's metadata."
                raise refusal(f"{where}, line {error.lineno}", str(error.msg), to_do) from None
        if kind == "answer" and BEGIN_SOLUTION not in cell.source:
            what = (
                f"no line says {BEGIN_SOLUTION!r}, so nbgrader would replace the whole cell, its marker too"
            )
            raise refusal(where, what, f"Put the answer between {BEGIN_SOLUTION!r} and {END_SOLUTION!r}.")


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
            raise refusal(
                f"{where}, line {number}", f"{line.strip()!r} is no mark", f"Marks are {known} and their END."
            )
        wanted = ("END", inside) if inside else ("BEGIN", word[2])
        if (word[1], word[2]) != wanted:
            what = f"{line.strip()!r} stands " + (f"inside {inside!r}" if inside else "after no BEGIN")
            raise refusal(f"{where}, line {number}", what, "Put each END after its own BEGIN.")
        inside = word[2] if word[1] == "BEGIN" else ""
    if inside:
        raise refusal(where, f"'### BEGIN {inside}' has no END", f"Add the line: ### END {inside}")


def _points_of(metadata: dict[str, Any], source: Source) -> float:
    points = metadata.get("points")
    if isinstance(points, bool) or not isinstance(points, (int, float)) or not 0 <= points < math.inf:
        where = f"{source.path.name}, cell {metadata['grade_id']!r}"
        raise refusal(where, f"its points are {points!r}", "Give it a number of points, 0 or more.")
    return float(points)


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
    while more := [c for c in answers if not any(c is n for n in needed) and binds(c.source) & wanted]:
        needed += more
        for cell in more:
            wanted |= uses(cell.source)
    return [cell.source for cell, kind in usable if kind == "locked" or any(cell is n for n in needed)]


def preloaded(source: Source, packages: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return those slow libraries that the notebook imports: one import, before the hand-ins, serves them all.

    Of the course's packages these are all that can be imported before a fork.
    """
    found: set[str] = set()
    for cell, _ in source.cells():
        if cell.cell_type == "code":
            found |= set(re.findall(r"^\s*(?:import|from)\s+(\w+)", cell.source, re.MULTILINE))
    others = imports.of_packages(source, packages)
    return tuple(sorted(found & PRELOADABLE | {name for name in others if imports.forkable(name)}))


def _attributes_of_reference(source: Source) -> set[str]:
    found = set()
    for cell, metadata in source.cells():
        if kind_of(metadata) == "check":
            found |= set(re.findall(r"\breference\.(\w+)", cell.source))
    return found


# -- a hand-in of our own --------------------------------------------------------------------------


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
