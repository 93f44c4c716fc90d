"""What the steps of both tools' authors share (*trusted*): a proof in both places, and a release put in its place."""

from __future__ import annotations

import copy
import importlib.util
import shutil
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder import places
from autograder.author.dialects import prove
from autograder.author.dialects.wrong_answers import wrong
from autograder.bundle import Bundle
from autograder.config import CourseConfig
from autograder.engine.batch import Job
from autograder.engine.options import engine_options
from autograder.errors import ReleaseError
from autograder.files import told_in_a_sentence
from autograder.model import GradingResult
from autograder.progress import Progress
from autograder.released import source_digest


@dataclass(frozen=True, slots=True)
class Released:
    """What a release wrote, where its tests are judged, and which notebooks were left out."""

    paths: list[Path]
    digest: str
    rows: list[places.Row]
    refused: dict[str, str]
    notes: list[str]


def is_here(module: str) -> bool:
    """Tell whether a module can be imported here."""
    with suppress(ImportError, ValueError):
        return importlib.util.find_spec(module) is not None
    return False


def not_installed(absent: list[str]) -> list[str]:
    """Say which modules notebooks import that are not here, if there are any."""
    told = "Cells that import it stop, for everybody; install it, or drop the import."
    return [f"not installed here: {', '.join(absent)}. {told}"] if absent else []


def made_wrong(notebook: Any, is_answer: Callable[[Any], bool], kind: str) -> Any | None:
    """Return a copy of a solution with every answer of code wrong in one way; None: there is no such answer."""
    notebook, changed = copy.deepcopy(notebook), False
    for cell in notebook.cells:
        if cell.cell_type == "code" and is_answer(cell):
            source = wrong(cell.source, kind)
            if source is not None:
                cell.source, changed = source, True
    return notebook if changed else None


@dataclass(frozen=True, slots=True)
class Proven:
    """Where each test is judged, and which signs of tampering the solution itself shows."""

    rows: list[places.Row]
    usual: tuple[str, ...]
    notes: tuple[str, ...] = ()  # what the solution's own cells did


def proven(
    course: CourseConfig,
    bundle: Bundle,
    jobs: list[Job],
    watch: Callable[[int], Progress],
    *,
    fresh: bool,
    without: Callable[[Collection[tuple[str, str]]], Bundle],
    stays_inside: Mapping[str, str] | None = None,
    odd: Mapping[str, str] | None = None,
) -> Proven:
    """Grade hand-ins of ours (the first is the solution) with every test in both places, and decide.

    A test that does not end takes the time of all that come after it: ``without`` writes the bundle without such
    tests, and what was graded is graded again.
    """
    results = graded_in_both(course, bundle, jobs, watch, fresh=fresh)
    endless = prove.endless(bundle, results)
    new = dict(endless)
    while new:
        bundle = without(endless)
        results = graded_in_both(course, bundle, jobs[:1], watch, fresh=fresh)
        new = {key: seen for key, seen in prove.endless(bundle, results).items() if key not in endless}
        endless |= new
        if not new:
            results |= graded_in_both(course, bundle, jobs[1:], watch, fresh=fresh)
    rows = prove.decide(bundle, results, stays_inside or {}, odd or {}, endless)
    return Proven(rows, prove.usual_signs(results), tuple(prove.problems(results)))


def graded_in_both(
    course: CourseConfig, bundle: Bundle, jobs: list[Job], watch: Callable[[int], Progress], *, fresh: bool
) -> dict[str, GradingResult]:
    """Grade hand-ins of ours, every test in both places.

    Raises
    ------
    ReleaseError
        If the solution or the untouched release could not be graded.
    """
    cache = None if fresh else course.root / ".autograder" / "cache"
    options = replace(engine_options(course, bundle.folder), foreign_both=True)
    results = prove.grade(options, bundle, jobs, cache=cache, progress=watch(len(jobs)))
    for name in (prove.SOLUTION, prove.UNTOUCHED):
        if name in results and not results[name].graded:
            said = "; ".join((*results[name].staff_notes, *results[name].notices))[:600]
            raise ReleaseError(
                f"{bundle.assignment}: {name} could not be graded; nothing was written.\n{said}\n"
                "Correct what it says; a cell that takes all memory or time stops every hand-in."
            )
    return results


@dataclass(frozen=True, slots=True)
class Proof:
    """What ``validate`` finds of another tool's assignment."""

    rows: list[places.Row]
    refused: dict[str, str]
    notes: list[str]
    seconds: float


def put_in_place(course: CourseConfig, name: str, bundle: Bundle, made: Path) -> list[Path]:
    """Write an assignment's bundle and its release/, of which ``made`` is the content; return the release's files."""
    target = course.bundle(name)
    staging = target.with_name(f".{name}.new")
    with told_in_a_sentence():
        try:
            shutil.rmtree(staging, ignore_errors=True)
            shutil.copytree(bundle.folder, staging)
            staging.chmod(0o700)
            (staging / "source.sha256").write_text(source_digest(course, name))
            paths = _place(made, course.release / name)
            shutil.rmtree(target, ignore_errors=True)
            staging.rename(target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return paths


def _place(made: Path, target: Path) -> list[Path]:
    """Put a release in the place of the one that is there, in one step."""
    staging, old = target.with_name(f".{target.name}.new"), target.with_name(f".{target.name}.old")
    for folder in (staging, old):
        shutil.rmtree(folder, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(made, staging)
    if target.exists():
        target.rename(old)
    staging.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    return sorted(p for p in target.rglob("*") if p.is_file())


def refuse_difference(folder: Path, wanted: Mapping[str, object], found: Mapping[str, object]) -> None:
    """Refuse a release whose files, by their names, are not those that its source gives."""
    odd = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if odd:
        raise ReleaseError(
            f"{folder}: not up to date with its source: {', '.join(odd)}\nRun: autograder release {folder.name}"
        )
