"""What the commands do for the author of another tool's assignment (*trusted*): prepare, prove, publish."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder import places
from autograder.author import brought_steps
from autograder.author.brought_steps import Proof, Proven, Released
from autograder.author.dialects import bundles, nbgrader_convert, nbgrader_records, prove
from autograder.author.dialects.nbgrader_convert import Converted, Kept
from autograder.author.dialects.nbgrader_records import Records
from autograder.author.dialects.own_modules import OwnModules
from autograder.author.dialects.wrong_answers import KINDS
from autograder.author.release import PRELOADABLE
from autograder.bundle import Bundle, parts
from autograder.config import CourseConfig
from autograder.engine.batch import Job
from autograder.engine.folders import private_folder
from autograder.engine.options import time_limits
from autograder.errors import ReleaseError
from autograder.files import require_writable
from autograder.foreign import Place, read_foreign
from autograder.gradebook import gradebook_folders
from autograder.progress import Progress
from autograder.several import names_in


@dataclass(frozen=True, slots=True)
class Prepared:
    """Another tool's assignment made ready in a scratch folder, before anything is written."""

    assignment: str
    converted: Converted
    read: dict[str, Records]
    bundle: Bundle
    scratch: Path
    notes: list[str] = field(default_factory=list)

    def by_question(self, which: str) -> dict[str, str]:
        """Return ``stays_inside`` or ``odd`` of all notebooks, by question in the assignment's names."""
        names = names_in(self.bundle)
        return {
            names[name][question]: text
            for name, records in self.read.items()
            for question, text in getattr(records, which).items()
        }


@contextmanager
def prepare(course: CourseConfig, assignment: str) -> Iterator[Prepared]:
    """Have nbgrader convert the assignment, and make the bundle, in a scratch folder.

    Raises
    ------
    ReleaseError
        If no notebook of it can be released.
    """
    with private_folder("release") as scratch:
        converted = nbgrader_convert.convert(course, assignment, scratch / "release" / assignment)
        if not converted.notebooks:
            found = (
                "\n".join(converted.refused.values()) or f"{course.source / assignment}: no notebook in it."
            )
            raise ReleaseError(f"{assignment}: nothing of it can be released; nothing was written.\n{found}")
        beside = side_files(converted.folder)
        own = OwnModules.beside(beside)
        limits = time_limits(course)
        read = {
            kept.name: nbgrader_records.read(kept, own, limits["check_s"]) for kept in converted.notebooks
        }
        needed = {name for records in read.values() for name in records.imports}
        absent = [name for name in sorted(needed) if not brought_steps.is_here(name)]
        notes = [*converted.notes, *brought_steps.not_installed(absent)]
        present = {
            name: replace(
                records,
                imports=tuple(n for n in records.imports if n not in absent),
                foreign=replace(
                    records.foreign,
                    libraries=tuple(n for n in records.foreign.libraries if brought_steps.is_here(n)),
                ),
            )
            for name, records in read.items()
        }
        bundle = _write(scratch / "bundle", assignment, present, beside, limits)
        yield Prepared(assignment, converted, present, bundle, scratch, notes)


def _write(
    folder: Path,
    assignment: str,
    read: dict[str, Records],
    beside: dict[str, Path],
    limits: dict[str, float],
    unable: list[tuple[str, str, str]] | None = None,
) -> Bundle:
    needed = {name for records in read.values() for name in records.imports}
    preload = tuple(sorted(needed & PRELOADABLE))
    return bundles.write(
        folder, assignment, dict(read), beside, limits=limits, preload=preload, unable=unable or ()
    )


def side_files(folder: Path) -> dict[str, Path]:
    """Return what nbgrader releases beside the notebooks, by its path there."""
    found = {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file()}
    return {name: path for name, path in found.items() if path.suffix != ".ipynb"}


# -- the proof -------------------------------------------------------------------------------------


def solution_of(kept: Kept) -> Any:
    """Return what a perfect student hands in: the release with the instructor's answers."""
    answers = {
        c.metadata.nbgrader.grade_id: c.source
        for c in kept.written.cells
        if c.metadata.get("nbgrader", {}).get("solution")
    }
    notebook = copy.deepcopy(kept.released)
    for cell in notebook.cells:
        metadata = cell.metadata.get("nbgrader", {})
        if metadata.get("grade_id") in answers and metadata.get("solution"):
            cell.source = answers[metadata["grade_id"]]
    return notebook


def wrong_notebook(kept: Kept, kind: str) -> Any | None:
    """Return the solution with every answer of code wrong in one way; None: there is no such answer."""
    return brought_steps.made_wrong(
        solution_of(kept), lambda c: bool(c.metadata.get("nbgrader", {}).get("solution")), kind
    )


def hand_ins(prepared: Prepared) -> list[Job]:
    """Write the solution, the untouched release and the wrong answers; return them as jobs."""
    import nbformat

    folder = prepared.scratch / "hand-ins"
    jobs = []
    for name in (prove.SOLUTION, prove.UNTOUCHED, *KINDS):
        made = {}
        for kept in prepared.converted.notebooks:
            if name == prove.SOLUTION:
                made[kept.name] = solution_of(kept)
            elif name == prove.UNTOUCHED:
                made[kept.name] = kept.released
            elif (notebook := wrong_notebook(kept, name)) is not None:
                made[kept.name] = notebook
        if not made:
            continue
        target = folder / name.replace(" ", "-")
        target.mkdir(parents=True)
        for stem, notebook in made.items():
            nbformat.write(notebook, target / f"{stem}.ipynb")
        jobs.append(Job(name, target))
    return jobs


def proven(
    course: CourseConfig, prepared: Prepared, watch: Callable[[int], Progress], *, fresh: bool = False
) -> Proven:
    """Grade hand-ins of ours with every test in both places, and decide; the bundle is written again with the places."""
    if not prepared.bundle.checks:
        return Proven([], ())
    cells = {
        full: (stem, q) for stem, names in names_in(prepared.bundle).items() for q, full in names.items()
    }
    beside = side_files(prepared.converted.folder)

    def without(tests: Collection[tuple[str, str]]) -> Bundle:
        folder = prepared.scratch / f"bundle-without-{len(tests)}"
        unable = [(*cells[question], name) for question, name in tests]
        return _write(folder, prepared.assignment, prepared.read, beside, time_limits(course), unable)

    return brought_steps.proven(
        course,
        prepared.bundle,
        hand_ins(prepared),
        watch,
        fresh=fresh,
        without=without,
        stays_inside=prepared.by_question("stays_inside"),
        odd=prepared.by_question("odd"),
    )


def settle(course: CourseConfig, prepared: Prepared, proven: Proven) -> Bundle:
    """Write the bundle with the decided places; return it."""
    names = names_in(prepared.bundle)
    by_test = {(row.question, row.name): row for row in proven.rows}
    read: dict[str, Records] = {}
    unable = []
    beside = side_files(prepared.converted.folder)
    own = OwnModules.beside(beside)
    for stem, records in prepared.read.items():
        tests = []
        for test in records.foreign.tests:
            row = by_test[names[stem][test.question], test.name]
            tests.append(prove.settled(test, row))
            if row.unable:
                unable.append((stem, test.question, test.name))
        foreign = nbgrader_records.only_needed(
            replace(records.foreign, tests=tuple(tests), usual=proven.usual), own
        )
        read[stem] = replace(records, foreign=foreign)
    folder = prepared.scratch / "settled"
    bundle = _write(folder, prepared.assignment, read, beside, time_limits(course), unable)
    places.write_table(folder, proven.rows)
    return bundle


# -- the release -----------------------------------------------------------------------------------


def released(
    course: CourseConfig, assignment: str, watch: Callable[[int], Progress], *, fresh: bool = False
) -> Released:
    """Write nbgrader's release, the bundle and nbgrader's gradebook.

    A test that cannot run, or that the solution does not pass, refuses nothing: it is told. A notebook that nbgrader
    refuses is left out.

    Raises
    ------
    ReleaseError
        If no notebook can be released, or our own hand-ins cannot be graded; nothing was written.
    """
    require_writable(
        course.bundle(assignment), course.release / assignment, *gradebook_folders(course.db_url)
    )
    with prepare(course, assignment) as prepared:
        found = proven(course, prepared, watch, fresh=fresh)
        bundle = settle(course, prepared, found)
        paths = publish(course, prepared, bundle)
        return Released(
            paths, bundle.digest, found.rows, prepared.converted.refused, [*prepared.notes, *found.notes]
        )


def validated(
    course: CourseConfig, assignment: str, watch: Callable[[int], Progress], *, fresh: bool = False
) -> Proof:
    """Prove where the tests are judged; write nothing."""
    started = time.monotonic()
    with prepare(course, assignment) as prepared:
        found = proven(course, prepared, watch, fresh=fresh)
        notes = [*prepared.notes, *found.notes]
        return Proof(found.rows, prepared.converted.refused, notes, round(time.monotonic() - started, 1))


def publish(course: CourseConfig, prepared: Prepared, bundle: Bundle) -> list[Path]:
    """Write nbgrader's gradebook, the bundle and release/; the gradebook comes first, as it may refuse."""
    nbgrader_convert.record(course, prepared.assignment, prepared.converted.notebooks)
    return brought_steps.put_in_place(course, prepared.assignment, bundle, prepared.converted.folder)


def refuse_outdated(course: CourseConfig, assignment: str) -> Path:
    """Return the folder of a release that is what its source gives.

    Raises
    ------
    ReleaseError
        With the files that are not up to date.
    """
    folder = course.release / assignment
    with private_folder("release") as scratch:
        made = nbgrader_convert.convert(course, assignment, scratch / "release" / assignment)
        wanted, found = (
            {p.relative_to(f).as_posix(): p.read_bytes() for p in f.rglob("*") if p.is_file()}
            for f in (made.folder, folder)
        )
    brought_steps.refuse_difference(folder, wanted, found)
    return folder


def inside_of(bundle: Bundle) -> int:
    """Return how many tests of a bundle are judged inside."""
    found = [read_foreign(part.folder) for part in parts(bundle).values()]
    return sum(test.place is Place.INSIDE for foreign in found if foreign for test in foreign.tests)
