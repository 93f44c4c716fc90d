"""``nbgrader autograde`` on hand-ins, in a scratch copy of the course with a database of its own (*trusted*)."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.classroom import compare_programs
from autograder.classroom.compare import Theirs
from autograder.classroom.compare_reasons import Evidence
from autograder.config import CourseConfig
from autograder.engine.batch import Job
from autograder.errors import UsageError
from autograder.several import ambiguous, full_name

_STEPS = {
    "GenerateAssignment.preprocessors": (
        "IncludeHeaderFooter InstantiateTests LockCells ClearSolutions ClearOutput CheckCellMetadata ComputeChecksums "
        "SaveCells ClearHiddenTests ClearMarkScheme ComputeChecksums CheckCellMetadata"
    ),
    "Autograde.sanitize_preprocessors": "ClearOutput DeduplicateIds OverwriteKernelspec OverwriteCells CheckCellMetadata",
    "Autograde.autograde_preprocessors": (
        "Execute IgnorePattern nbconvert.preprocessors.ClearMetadataPreprocessor LimitOutput SaveAutoGrades "
        "AssignLatePenalties CheckCellMetadata"
    ),
}
_HAND_IN_S = 1800.0  # of one hand-in that is graded alone
_CONFIG = "nbgrader_config.py"
_SCORES = """
select notebook.name, base_cell.name, grade.auto_score, grade_cells.max_score
from grade
join submitted_notebook on grade.notebook_id = submitted_notebook.id
join notebook on submitted_notebook.notebook_id = notebook.id
join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id
join base_cell on grade.cell_id = base_cell.id
join grade_cells on grade_cells.id = base_cell.id
where submitted_assignment.student_id = ?
"""


def run_nbgrader(
    course: CourseConfig, assignment: str, jobs: Sequence[Job], scratch: Path
) -> Iterator[tuple[str, Theirs]]:
    """Grade hand-ins with nbgrader; yields each with what nbgrader made of it.

    All are graded by one command, as its users do. Who was not reached, because another's hand-in ended the command,
    is graded alone.

    Raises
    ------
    UsageError
        If nbgrader is not installed, or makes no release of the assignment.
    """
    compare_programs.require("nbgrader", "nbgrader")
    options = _copy_course(course, assignment, scratch)
    _generate(assignment, scratch, options)
    for job in jobs:
        shutil.copytree(job.folder, scratch / "submitted" / job.name / assignment, symlinks=True)
    command = [sys.executable, "-m", "nbgrader", "autograde", assignment, "--force", *options]
    ended = compare_programs.run(command, scratch)
    for job in jobs:
        log = ended.output
        if not (scratch / "autograded" / job.name / assignment).is_dir():
            log = compare_programs.run(
                [*command, f"--student={job.name}"], scratch, limit_s=_HAND_IN_S
            ).output
        yield job.name, _result(scratch, job, assignment, log)


def _copy_course(course: CourseConfig, assignment: str, scratch: Path) -> list[str]:
    """Copy what nbgrader needs of the course; return the options that keep it in the copy, and to its own steps."""
    for part in ("source", "submitted", "autograded", "release"):
        (scratch / part).mkdir()
    shutil.copytree(course.source / assignment, scratch / "source" / assignment)
    for path in sorted(course.source.glob("*")):
        if path.is_file():  # header.ipynb
            shutil.copy(path, scratch / "source" / path.name)
    for folder in {course.home, course.root}:
        for path in sorted([*folder.glob("*.ipynb"), *folder.glob("*.yml"), *folder.glob("*_config.py")]):
            shutil.copy(path, scratch / path.name)
    options = {
        "CourseDirectory.root": str(scratch),
        "CourseDirectory.db_url": f"sqlite:///{scratch / 'compare.db'}",
        "CourseDirectory.course_id": course.course_id,
        "CourseDirectory.source_directory": "source",
        "CourseDirectory.submitted_directory": "submitted",
        "CourseDirectory.autograded_directory": "autograded",
        "CourseDirectory.release_directory": "release",
    }
    config = scratch / _CONFIG
    if config.is_file() and "autograder." in config.read_text(encoding="utf-8"):  # steps of ours stand in it
        options |= {key: _listed(names) for key, names in _STEPS.items()}
    return [f"--{key}={value}" for key, value in options.items()]


def _listed(names: str) -> str:
    full = [name if "." in name else f"nbgrader.preprocessors.{name}" for name in names.split()]
    return json.dumps(full)


def _generate(assignment: str, scratch: Path, options: list[str]) -> None:
    command = [
        sys.executable,
        "-m",
        "nbgrader",
        "generate_assignment",
        assignment,
        "--force",
        "--create",
        *options,
    ]
    ended = compare_programs.run(command, scratch)
    if ended.code or not any((scratch / "release" / assignment).glob("*.ipynb")):
        raise UsageError(
            f"{assignment}: nbgrader generate_assignment made no release: {compare_programs.last_error(ended.output)}\n"
            "Nothing was compared."
        )


def _result(scratch: Path, job: Job, assignment: str, log: str) -> Theirs:
    folder = scratch / "autograded" / job.name / assignment
    if not folder.is_dir():
        return Theirs({}, failed=compare_programs.last_error(log))
    with closing(sqlite3.connect(scratch / "compare.db")) as database:
        rows = database.execute(_SCORES, (job.name,)).fetchall()
    twice = ambiguous((notebook, cell) for notebook, cell, *_ in rows)
    points: dict[str, float] = {}
    maximum: dict[str, float] = {}
    evidence: dict[str, Evidence] = {}
    made: dict[str, dict[str, Any]] = {}
    for notebook, cell, score, most in rows:
        name = full_name(notebook, cell, twice)
        if notebook not in made:
            made[notebook] = _graded_cells(folder / f"{notebook}.ipynb")
        found = made[notebook].get(cell)
        if found is not None and found["metadata"]["nbgrader"].get("solution"):
            continue  # a person's
        released = _graded_cells(scratch / "release" / assignment / f"{notebook}.ipynb")
        own = job.folder / f"{notebook}.ipynb"
        handed_in = _graded_cells(own)
        points[name], maximum[name] = float(score or 0.0), float(most)
        renamed = own.name if not own.exists() else ""
        evidence[name] = replace(
            _evidence(found, score is not None, released.get(cell), handed_in.get(cell)), misnamed=renamed
        )
    return Theirs(points, maximum, evidence)


def _graded_cells(path: Path) -> dict[str, Any]:
    """Return a notebook's cells with points, by grade_id; nothing of one that cannot be read."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8-sig"))["cells"]
        return {
            c["metadata"]["nbgrader"]["grade_id"]: c
            for c in cells
            if c["metadata"].get("nbgrader", {}).get("grade") and c["metadata"]["nbgrader"].get("grade_id")
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, UnicodeError):
        return {}


def _evidence(cell: Any, scored: bool, released: Any, handed_in: Any) -> Evidence:
    outputs = cell.get("outputs", []) if cell else []
    streams = [o for o in outputs if o.get("output_type") == "stream" and o.get("name") == "stderr"]
    errors = [o for o in outputs if o.get("output_type") == "error"]
    shown = [o for o in outputs if o.get("output_type") == "execute_result"]
    before = bool(shown and errors and outputs.index(shown[0]) < outputs.index(errors[0]))
    return Evidence(
        scored=scored and cell is not None,
        ran=cell is not None and cell.get("execution_count") is not None,
        stderr=_last_line(streams[0].get("text", "")) if streams else "",
        error=errors[0].get("ename", "") if errors else "",
        shown=_last_line(shown[0].get("data", {}).get("text/plain", "")) if before else "",
        changed=handed_in is None or (released is not None and _text(handed_in) != _text(released)),
    )


def _text(cell: Any) -> str:
    source = cell.get("source", "")
    return ("".join(source) if isinstance(source, list) else source).strip()


def _last_line(text: Any) -> str:
    joined = "".join(text) if isinstance(text, list) else str(text)
    return (joined.strip().split("\n") or [""])[-1]
