"""What a package for another tool's assignment has beside its bundle: hand-ins of ours, and what they got here (*trusted*).

No one promises that a brought solution gets every point and an untouched notebook none: nbgrader and otter never asked.
So both are graded here, with the released bundle, and an image must give what this machine gave, check by check.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from autograder.author.dialects.prove import SOLUTION, UNTOUCHED
from autograder.bundle import Bundle, parts, read_bundle
from autograder.config import CourseConfig
from autograder.dialect import Dialect
from autograder.engine.batch import Job, grade_many
from autograder.engine.modules import Files
from autograder.engine.options import engine_options
from autograder.errors import UsageError
from autograder.foreign import FILE as FOREIGN_FILE
from autograder.foreign import read_foreign
from autograder.hosts import requirements
from autograder.hosts.build_check import EXPECTED, expectation
from autograder.model import GradingResult, Outcome
from autograder.released import current_bundle, dialect

HAND_INS = {"solution": SOLUTION, "release": UNTOUCHED}  # folder of the build check: name in the proof


@dataclass(frozen=True, slots=True)
class Packed:
    """What one assignment adds to a package, and what its instructor should read."""

    files: Files
    packages: tuple[str, ...]
    notes: tuple[str, ...]


def is_brought(bundle: Bundle) -> bool:
    """Tell whether a bundle is another tool's."""
    return bool(bundle.notebooks) or (bundle.folder / FOREIGN_FILE).is_file()


def pack(course: CourseConfig, assignment: str) -> Packed:
    """Grade the solution and the untouched notebooks with the released bundle; return what goes into a package.

    Raises
    ------
    UsageError
        If one of them cannot be graded here, or a library cannot be installed in an image.
    """
    bundle = read_bundle(current_bundle(course, assignment))
    with _own_hand_ins(course, assignment) as (prepared, folders):
        jobs = [Job(name, folders[name]) for name in HAND_INS.values() if name in folders]
        options = engine_options(course, bundle.folder)
        results = {job.name: result for job, result in grade_many(options, jobs)}
        _refuse_not_graded(assignment, results)
        files: Files = {}
        for part, name in HAND_INS.items():
            for path in sorted(folders[name].glob("*.ipynb")):
                files[f"build-check/{assignment}/{part}/{path.name}"] = _same_each_time(path)
        expected = {part: expectation(results[name]) for part, name in HAND_INS.items()}
        files[f"build-check/{assignment}/{EXPECTED}"] = (
            json.dumps(expected, indent=1, sort_keys=True) + "\n"
        ).encode()
        asked = requirements.wanted(
            _requirement_files(course, assignment, prepared), _needed(bundle), course.packages
        )
        notes = [*_judged(bundle, results), *(f"{assignment}: {note}" for note in asked.notes)]
        notes += _not_read(course, assignment, prepared)
    return Packed(files, tuple(asked.packages), tuple(notes))


def held_back(bundle: Bundle) -> list[str]:
    """Return the hidden tests: of these tools' no student reads a verdict before grades are published."""
    return ["*"] if any(check.hidden for check in bundle.checks) else []


def names_shared(bundles: Mapping[str, Bundle]) -> Iterator[str]:
    """Say which assignments of one package have notebooks of one name: only Gradescope's title tells them apart."""
    names: dict[str, list[str]] = {}
    for assignment, bundle in bundles.items():
        for notebook in bundle.notebooks or (bundle.notebook or assignment,):
            names.setdefault(notebook, []).append(assignment)
    for notebook, found in sorted(names.items()):
        if len(found) > 1:
            yield (
                f"{' and '.join(found)} have a {notebook}.ipynb each: in Gradescope, let each assignment's title contain its "
                "folder's name"
            )


@contextmanager
def heaviest(course: CourseConfig, assignment: str) -> Iterator[dict[str, Path]]:
    """Give the hand-ins that decide a container's size: the solution, and the largest of the class."""
    current_bundle(course, assignment)
    with _own_hand_ins(course, assignment) as (_, folders):
        chosen = {SOLUTION: folders[SOLUTION]}
        sizes = {
            folder: sum(path.stat().st_size for path in folder.rglob("*.ipynb"))
            for folder in course.submitted.glob(f"*/{assignment}")
        }
        if any(sizes.values()):
            largest = max(sorted(sizes), key=lambda folder: sizes[folder])
            chosen[f"submitted/{largest.parent.name}"] = largest
        yield chosen


@contextmanager
def _own_hand_ins(course: CourseConfig, assignment: str) -> Iterator[tuple[Any, dict[str, Path]]]:
    """Have the assignment's own tool make it again; give what was prepared, and our hand-ins' folders by name."""
    steps = _steps(course, assignment)
    with steps.prepare(course, assignment) as prepared:
        yield prepared, {job.name: job.folder for job in steps.hand_ins(prepared)}


def _steps(course: CourseConfig, assignment: str) -> ModuleType:
    from autograder.author import foreign_steps, otter_steps

    return otter_steps if dialect(course, assignment) is Dialect.OTTER else foreign_steps


def _refuse_not_graded(assignment: str, results: dict[str, GradingResult]) -> None:
    for name, result in results.items():
        if not result.graded:
            said = "; ".join((*result.staff_notes, *result.notices))[:600]
            raise UsageError(
                f"{assignment}: {name} could not be graded here; nothing was packed.\n{said}\n"
                f"Correct what it says, and run: autograder release {assignment}"
            )


def _same_each_time(path: Path) -> bytes:
    """Return a notebook whose cells have the same ids at each packing: otter gives new ones."""
    made = json.loads(path.read_text(encoding="utf-8"))
    for number, cell in enumerate(made["cells"]):
        if "id" in cell:
            cell["id"] = f"cell-{number}"
    return (json.dumps(made, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _requirement_files(course: CourseConfig, assignment: str, prepared: Any) -> list[Path]:
    """Return the files that say what to install, the assignment's own first."""
    found = [course.source / assignment / requirements.FILE, course.root / requirements.FILE]
    if dialect(course, assignment) is Dialect.OTTER:  # where otter puts what the master names, file or list
        found.insert(0, prepared.read.assigned.folder / "autograder" / requirements.FILE)
    return [path for path in found if path.is_file()]


def _not_read(course: CourseConfig, assignment: str, prepared: Any) -> Iterator[str]:
    """Say that a conda environment, which a master may name, asks for nothing here."""
    is_otters = dialect(course, assignment) is Dialect.OTTER
    if is_otters and (prepared.read.assigned.folder / "autograder" / "environment.yml").is_file():
        yield (
            f"{assignment}: environment.yml is not read: name packages of pip's in requirements.txt, or in "
            "c.Autograder.packages"
        )


def _needed(bundle: Bundle) -> set[str]:
    """Return the modules that the notebooks, their tests and the files beside them import."""
    needed, own = set(bundle.imports), set[str]()
    for part in parts(bundle).values():
        foreign = read_foreign(part.folder)
        needed |= set(part.imports) | set(foreign.libraries if foreign else ())
        for path in (part.folder / "public").rglob("*.py"):
            own |= {path.stem, path.parent.name}
            beside = path.read_text(encoding="utf-8", errors="replace")
            needed |= requirements.modules_in(beside) - {"otter"}  # of which a hand-in finds ours
    return needed - own


def _judged(bundle: Bundle, results: dict[str, GradingResult]) -> Iterator[str]:
    """Say what our hand-ins got here: an image must give the same."""
    right, untouched = results[SOLUTION], results[UNTOUCHED]
    manual = sum(q.points for q in bundle.questions if q.manual)
    more = f"; {manual:g} points are a person's" if manual else ""
    yield (
        f"{bundle.assignment}: the solution gets {right.score:g} of {right.max_score:g} points, the untouched notebook "
        f"{untouched.score:g}{more}"
    )
    for check in right.checks:
        if check.score < check.max_score:
            why = "a person decides" if check.outcome is Outcome.REVIEW else "the solution does not pass it"
            yield f"  {check.question}: {check.score:g} of {check.max_score:g} for the solution: {why}"
    for check in untouched.checks:
        if check.score > 0:
            points = "1 point" if check.score == 1 else f"{check.score:g} points"
            yield f"  {check.question}: {points} for the untouched notebook, so for everybody"
