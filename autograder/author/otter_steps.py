"""What the commands do for the author of a master of otter-assign (*trusted*): prepare, prove, publish."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder import places
from autograder.author import brought_steps
from autograder.author.brought_steps import Proof, Proven, Released
from autograder.author.dialects import bundles, otter, prove
from autograder.author.dialects.wrong_answers import KINDS
from autograder.author.release import PRELOADABLE
from autograder.bundle import Bundle
from autograder.config import CourseConfig
from autograder.dialect import Dialect, dialect_of_notebook
from autograder.engine.batch import Job
from autograder.engine.folders import private_folder
from autograder.engine.options import time_limits
from autograder.errors import ReleaseError, UsageError
from autograder.files import require_writable
from autograder.gradebook import gradebook_folders, nbgrader_module, open_gradebook, told_as_refusal
from autograder.progress import Progress


@dataclass(frozen=True, slots=True)
class Prepared:
    """A master made ready in a scratch folder, before anything is written."""

    assignment: str
    master: Path
    read: otter.OtterAssignment
    beside: dict[str, Path]  # what is laid beside a hand-in
    bundle: Bundle
    scratch: Path
    notes: list[str]


def master_of(folder: Path) -> Path:
    """Return the one master in an assignment's folder.

    Raises
    ------
    ReleaseError
        If there is another number of them.
    """
    masters = [p for p in sorted(folder.glob("*.ipynb")) if dialect_of_notebook(p) is Dialect.OTTER]
    if len(masters) != 1:
        found = ", ".join(p.name for p in masters) or "none"
        raise ReleaseError(
            f"{folder}: masters of otter-assign in it: {found}; nothing was written.\n"
            "An assignment of otter's has one master: give each a folder of its own in source/."
        )
    return masters[0]


@contextmanager
def prepare(course: CourseConfig, assignment: str) -> Iterator[Prepared]:
    """Have otter assign the master, and make the bundle, in a scratch folder.

    Raises
    ------
    ReleaseError
        If otter, or we, cannot take the master.
    """
    master = master_of(course.source / assignment)
    with private_folder("release") as scratch:
        read = otter.read_otter(master, scratch / "otter")
        absent = [name for name in read.imports if not brought_steps.is_here(name)]
        notes = [*read.notes, *brought_steps.not_installed(absent)]
        libraries = tuple(name for name in read.foreign.libraries if brought_steps.is_here(name))
        read = replace(
            read,
            imports=tuple(name for name in read.imports if name not in absent),
            foreign=replace(
                read.foreign, libraries=libraries
            ),  # a test that needs another one says so itself
        )
        hidden = read.grading_files
        if hidden:
            notes.append(
                f"autograder_files: {', '.join(sorted(hidden))}: laid beside every hand-in while it is graded, as otter does; "
                "a student's code can read them there"
            )
        beside = {n: p for n, p in read.student_files.items() if not n.startswith("tests/")} | hidden
        bundle = _write(course, assignment, scratch / "bundle", read, beside)
        yield Prepared(assignment, master, read, beside, bundle, scratch, notes)


def _write(
    course: CourseConfig,
    assignment: str,
    folder: Path,
    read: otter.OtterAssignment,
    beside: dict[str, Path],
    unable: list[tuple[str, str, str]] | None = None,
) -> Bundle:
    name = Path(read.assigned.notebook).stem
    preload = tuple(sorted(set(read.imports) & PRELOADABLE))
    limits = time_limits(course)
    return bundles.write(
        folder, assignment, {name: read}, beside, limits=limits, preload=preload, unable=unable or ()
    )


# -- the proof -------------------------------------------------------------------------------------


def hand_ins(prepared: Prepared) -> list[Job]:
    """Write the solution, the untouched release and the wrong answers; return them as jobs."""
    made: dict[str, Any] = {
        prove.SOLUTION: prepared.read.solution,
        prove.UNTOUCHED: prepared.read.release,
    }
    for kind in KINDS:
        found = brought_steps.made_wrong(prepared.read.solution, otter.is_solution, kind)
        made |= {kind: found} if found is not None else {}
    jobs = []
    for name, notebook in made.items():
        target = prepared.scratch / "hand-ins" / name.replace(" ", "-")
        target.mkdir(parents=True)
        nbformat.write(notebook, target / prepared.read.assigned.notebook)
        if name != prove.UNTOUCHED:
            bundles.copy(prepared.read.made_by_students, target)
        jobs.append(Job(name, target))
    return jobs


def proven(
    course: CourseConfig, prepared: Prepared, watch: Callable[[int], Progress], *, fresh: bool = False
) -> Proven:
    """Grade hand-ins of ours with every test in both places, and decide."""
    if not prepared.bundle.checks:
        return Proven([], ())
    jobs = hand_ins(prepared)

    def without(tests: Collection[tuple[str, str]]) -> Bundle:
        folder = prepared.scratch / f"bundle-without-{len(tests)}"
        unable = _whole(prepared, tests)
        return _write(course, prepared.assignment, folder, prepared.read, prepared.beside, unable)

    return brought_steps.proven(course, prepared.bundle, jobs, watch, fresh=fresh, without=without)


def _whole(prepared: Prepared, tests: Collection[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Return tests that cannot run as a bundle takes them; where all or nothing counts, so is the whole question."""
    name = Path(prepared.read.assigned.notebook).stem
    questions = {question for question, _ in tests}
    whole = {spec.question for spec in prepared.read.checks if spec.after} & questions
    return [
        (name, spec.question, spec.name)
        for spec in prepared.read.checks
        if (spec.question, spec.name) in tests or spec.question in whole
    ]


def settle(course: CourseConfig, prepared: Prepared, proven: Proven) -> Bundle:
    """Write the bundle with the decided places; return it."""
    by_test = {(row.question, row.name): row for row in proven.rows}
    tests = [prove.settled(test, by_test[test.question, test.name]) for test in prepared.read.foreign.tests]
    unable = _whole(prepared, [(row.question, row.name) for row in proven.rows if row.unable])
    foreign = otter.only_needed(replace(prepared.read.foreign, tests=tuple(tests), usual=proven.usual))
    folder = prepared.scratch / "settled"
    read = replace(prepared.read, foreign=foreign)
    bundle = _write(course, prepared.assignment, folder, read, prepared.beside, unable)
    places.write_table(folder, proven.rows)
    return bundle


# -- the release -----------------------------------------------------------------------------------


def released(
    course: CourseConfig, assignment: str, watch: Callable[[int], Progress], *, fresh: bool = False
) -> Released:
    """Write otter's students' side into release/, the bundle and the gradebook.

    Raises
    ------
    ReleaseError
        If otter, or we, cannot take the master, or our own hand-ins cannot be graded; nothing was written.
    """
    require_writable(
        course.bundle(assignment), course.release / assignment, *gradebook_folders(course.db_url)
    )
    with prepare(course, assignment) as prepared:
        found = proven(course, prepared, watch, fresh=fresh)
        bundle = settle(course, prepared, found)
        return Released(
            publish(course, prepared, bundle), bundle.digest, found.rows, {}, [*prepared.notes, *found.notes]
        )


def validated(
    course: CourseConfig, assignment: str, watch: Callable[[int], Progress], *, fresh: bool = False
) -> Proof:
    """Prove where the tests are judged; write nothing."""
    started = time.monotonic()
    with prepare(course, assignment) as prepared:
        found = proven(course, prepared, watch, fresh=fresh)
        return Proof(found.rows, {}, [*prepared.notes, *found.notes], round(time.monotonic() - started, 1))


def publish(course: CourseConfig, prepared: Prepared, bundle: Bundle) -> list[Path]:
    """Write the gradebook, the bundle and release/; the gradebook comes first, as it may refuse."""
    record(course, prepared.assignment, bundle)
    return brought_steps.put_in_place(course, prepared.assignment, bundle, prepared.read.assigned.student)


def record(course: CourseConfig, assignment: str, bundle: Bundle) -> None:
    """Tell the gradebook about an assignment's questions, in cells as nbgrader keeps them.

    Raises
    ------
    UsageError
        If hand-ins are recorded already and the set of questions differs from theirs.
    """
    steps = nbgrader_module("nbgrader.preprocessors")
    points = {question.name: question.points for question in bundle.questions}
    notebook = new_notebook()
    placed = {cell.grade_id: cell for cell in bundle.cells if cell.grade_id in points}
    for question in bundle.questions:
        known = placed.get(question.name)
        words = question.manual and known is not None and known.cell_type == "markdown"
        cell = (new_markdown_cell if words else new_code_cell)(known.source if known is not None else "")
        cell.metadata["nbgrader"] = {
            "schema_version": 3,
            "grade_id": question.name,
            "grade": True,
            "solution": question.manual,
            "locked": not question.manual,
            "task": False,
            "points": question.points,
        }
        notebook.cells.append(cell)
    resources = {"nbgrader": {"notebook": bundle.notebook, "assignment": assignment, "db_url": course.db_url}}
    notebook, _ = steps.ComputeChecksums().preprocess(notebook, resources)
    due = course.due_dates.get(assignment)
    with open_gradebook(course.db_url, course.course_id) as gradebook:
        gradebook.update_or_create_assignment(assignment, **({"duedate": due} if due else {}))
    try:
        with told_as_refusal(course.db_url):
            steps.SaveCells().preprocess(notebook, resources)
    except RuntimeError as error:
        raise UsageError(
            f"{assignment}: {error}; the gradebook keeps its questions. Give the assignment a new name."
        ) from error


def refuse_outdated(course: CourseConfig, assignment: str) -> Path:
    """Return the folder of a release that is what its source gives; cells' ids are otter's, new each time.

    Raises
    ------
    ReleaseError
        With the files that are not up to date.
    """
    folder = course.release / assignment
    with private_folder("release") as scratch:
        made = otter.read_otter(master_of(course.source / assignment), scratch / "otter")
        wanted, found = _contents(made.assigned.student), _contents(folder)
    brought_steps.refuse_difference(folder, wanted, found)
    return folder


def _contents(folder: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix == ".ipynb":
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            found[path.relative_to(folder).as_posix()] = [
                {key: value for key, value in cell.items() if key != "id"} for cell in cells
            ]
        elif path.is_file():
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found
