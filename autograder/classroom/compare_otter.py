"""``otter run`` on each hand-in, with the archive that ``otter assign`` makes of the course's master (*trusted*)."""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from autograder.classroom import compare_programs
from autograder.classroom.compare import Theirs
from autograder.classroom.compare_reasons import Evidence
from autograder.config import CourseConfig
from autograder.dialect import Dialect, dialect_of_notebook
from autograder.engine.batch import Job
from autograder.errors import UsageError

MARGIN_S = 120.0  # beyond our own limit: otter has none, and would wait for ever
_INIT = re.compile(r"""otter\.Notebook\(\s*(["'])(?P<name>[^"']+\.ipynb)\1""")
_LITTER = {".OTTER_LOG", "timestamp.txt", "submission_secret.txt"}


def run_otter(
    course: CourseConfig, assignment: str, jobs: Sequence[Job], scratch: Path
) -> Iterator[tuple[str, Theirs]]:
    """Grade hand-ins with otter; yields each with what otter made of it.

    Raises
    ------
    UsageError
        If otter is not installed, or takes no master of the assignment.
    """
    compare_programs.require("otter", "otter-grader")
    archive = _assign(_master(course, assignment), scratch)
    for number, job in enumerate(jobs):
        folder = scratch / str(number)
        folder.mkdir()
        yield job.name, _grade(job, archive, folder, course.limits.run_timeout_s + MARGIN_S)


def _master(course: CourseConfig, assignment: str) -> Path:
    folder = course.source / assignment
    masters = [p for p in sorted(folder.glob("*.ipynb")) if dialect_of_notebook(p) is Dialect.OTTER]
    if len(masters) != 1:
        found = ", ".join(p.name for p in masters) or "none"
        raise UsageError(
            f"{folder}: one master of otter-assign is needed for a comparison with otter, found: {found}; nothing was compared."
        )
    return masters[0]


def _assign(master: Path, scratch: Path) -> Path:
    command = [
        sys.executable,
        "-m",
        "otter",
        "assign",
        str(master),
        str(scratch / "dist"),
        "--no-run-tests",
        "--no-pdfs",
    ]
    ended = compare_programs.run(command, scratch)
    archives = sorted((scratch / "dist" / "autograder").glob("*.zip"))
    if ended.code or not archives:
        raise UsageError(
            f"{master}: otter assign made no archive of it: {compare_programs.last_error(ended.output)}\nNothing was compared."
        )
    return archives[0]


def _grade(job: Job, archive: Path, folder: Path, limit_s: float) -> Theirs:
    hand_in, notebook = _as_handed_in(job.folder, folder)
    if hand_in is None:
        return Theirs({}, failed="no notebook and no archive in it")
    out = folder / "out"
    out.mkdir()
    command = [
        sys.executable,
        "-m",
        "otter",
        "run",
        str(hand_in),
        "-a",
        str(archive),
        "-o",
        str(out),
        "--no-logo",
    ]
    ended = compare_programs.run(command, folder, limit_s=limit_s)
    results = out / "results.json"
    if not results.is_file():
        why = f"no end within {limit_s:g} s" if ended.timed_out else compare_programs.last_error(ended.output)
        return Theirs({}, failed=why)
    try:
        return read_results(json.loads(results.read_text(encoding="utf-8")), renamed=_renamed(notebook))
    except (ValueError, KeyError, TypeError) as error:
        return Theirs({}, failed=f"results.json: {type(error).__name__}: {error}")


def read_results(data: dict[str, Any], renamed: str = "") -> Theirs:
    """Read otter's ``results.json``."""
    tests = [test for test in data["tests"] if "score" in test and "max_score" in test]
    if not tests:
        said = [str(test.get("output", "")) for test in data["tests"]]
        return Theirs({}, failed=(said or ["no test in results.json"])[-1].strip().split("\n")[-1][:300])
    return Theirs(
        points={test["name"]: float(test["score"]) for test in tests},
        maximum={test["name"]: float(test["max_score"]) for test in tests},
        evidence={
            test["name"]: Evidence(text=str(test.get("output", "")), renamed=renamed) for test in tests
        },
    )


def _as_handed_in(source: Path, folder: Path) -> tuple[Path | None, Path | None]:
    """Return what to give to ``otter run``: the notebook alone, or an archive as ``grader.export`` makes it."""
    files = [
        p
        for p in sorted(source.rglob("*"))
        if p.is_file()
        and not p.is_symlink()
        and p.name not in _LITTER
        and ".ipynb_checkpoints" not in p.parts
    ]
    notebooks = [p for p in files if p.suffix == ".ipynb"]
    archives = [p for p in files if p.suffix == ".zip"]
    if not notebooks:
        return (archives[0] if archives else None), None
    if len(files) == 1:
        return files[0], files[0]
    made = folder / "hand-in.zip"
    with zipfile.ZipFile(made, "w") as archive:
        for path in files:
            archive.write(path, path.relative_to(source))
    return made, notebooks[0]


def _renamed(notebook: Path | None) -> str:
    """Return the name that ``otter.Notebook("hw.ipynb")`` asks for, if the hand-in has another one."""
    if notebook is None:
        return ""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8-sig"))["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells if cell.get("cell_type") == "code")
    except (ValueError, KeyError, TypeError, OSError, UnicodeError):
        return ""
    found = _INIT.search(text)
    return found["name"] if found and found["name"] != notebook.name else ""
