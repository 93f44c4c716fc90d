"""What lies beside the results of a class: files and libraries of each hand-in, lateness, who is missing, ✍ (*trusted*).

Each of these may be absent or broken; then the overview says so and shows the rest.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

from autograder.classroom import late_table, roster
from autograder.classroom.roster import Person
from autograder.classroom.stored import notebooks
from autograder.classroom.suspects import Traits, dtypes_in
from autograder.config import CourseConfig
from autograder.messages import safe
from autograder.model import GradingResult

MAX_NOTEBOOK_BYTES = 16 << 20  # a larger one is not looked through for libraries
MAX_FILES = 200  # of a hand-in, whose endings are looked at
_IMPORT = re.compile(r"^[ \t]*(?:import[ \t]+([\w., \t]+)|from[ \t]+(\w[\w.]*)[ \t]+import\b)", re.MULTILINE)
_OURS = re.compile(r"\s*# (?:locked|check): ")  # the cells that everybody has
_FORMS = ("was unpacked", "was taken as", "is read instead", "several notebooks were handed in")


@dataclass(frozen=True, slots=True)
class Late:
    """What lateness did to one hand-in, in points."""

    why: str
    raw: float
    penalty: float
    final: float


@dataclass(frozen=True, slots=True)
class Links:
    """Where a student's things lie, as addresses relative to the overview; empty: not there."""

    page: str = ""
    notebook: str = ""
    hand_in: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """By student: what their hand-in is made of, lateness, scores by hand (cell → points; None: waits), links."""

    traits: Traits = field(default_factory=dict)
    late: Mapping[str, Late] = field(default_factory=dict)
    by_hand: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    links: Mapping[str, Links] = field(default_factory=dict)
    missing: tuple[str, ...] = ()  # in the roster, without a hand-in
    left: frozenset[str] = frozenset()  # marked as left in the roster
    has_roster: bool = False
    notes: tuple[str, ...] = ()  # what could not be found out, and why


def look(course: CourseConfig, assignment: str, results: Mapping[str, GradingResult]) -> Circumstances:
    """Find out all of it; what cannot be found out costs a note."""
    notes: list[str] = []

    def told(what: str, find: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return find()
        except Exception as error:  # noqa: BLE001  the page shows the rest
            notes.append(f"{what} is not shown: {type(error).__name__}: {safe(error, 300)}")
            return otherwise

    people = told("the roster", lambda: _roster(course), None)
    here = {person.student for person in people if person.active} if people is not None else set()
    manual = any(q.manual for result in results.values() for q in result.questions)
    return Circumstances(
        traits=told("what hand-ins are made of", lambda: _traits(course, assignment, results), {}),
        late=told("lateness", lambda: _late(course, assignment, results), {}),
        by_hand=told("what is graded by hand", lambda: _by_hand(course, assignment) if manual else {}, {}),
        links=told("where hand-ins lie", lambda: _links(course, assignment, results), {}),
        missing=tuple(
            sorted(n for n in here - results.keys() if not os.path.lexists(course.submitted / n / assignment))
        ),
        left=frozenset(person.student for person in people or () if not person.active),
        has_roster=bool(people),
        notes=tuple(notes),
    )


# ---- the class comes in and goes out: the modules of arrivals and lateness ------------------------------------------


def _roster(course: CourseConfig) -> tuple[Person, ...] | None:
    """Return who is in the class; ``None`` without a roster."""
    return roster.load(course).people or None


def _late(course: CourseConfig, assignment: str, results: Mapping[str, GradingResult]) -> dict[str, Late]:
    """Return what lateness says about each hand-in, where it says something; what people gave is in it."""
    charges = late_table.charges_of(course, assignment, dict(results))
    return {n: Late(c.why, c.raw, c.penalty, c.final) for n, c in charges.items() if c.why}


# ---- nbgrader's gradebook ------------------------------------------------------------------------------------------

# Read by SQLAlchemy alone: nbgrader.api takes most of a second to import, and this is read for a page of two.
_MANUAL = """
SELECT submitted_assignment.student_id, base_cell.name, grade.manual_score
FROM grade
JOIN base_cell ON base_cell.id = grade.cell_id
JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
JOIN assignment ON assignment.id = submitted_assignment.assignment_id
WHERE assignment.name = :assignment
"""


def _by_hand(course: CourseConfig, assignment: str) -> dict[str, dict[str, float | None]]:
    """Return the scores that people gave, by student and cell; of a gradebook that is not there yet, none."""
    database = course.db_url.removeprefix("sqlite:///")
    if database != course.db_url and not Path(database).is_file():
        return {}
    sqlalchemy = import_module("sqlalchemy")
    engine = sqlalchemy.create_engine(course.db_url)
    found: dict[str, dict[str, float | None]] = {}
    try:
        with engine.connect() as connection:
            for student, cell, score in connection.execute(
                sqlalchemy.text(_MANUAL), {"assignment": assignment}
            ):
                found.setdefault(str(student), {})[str(cell)] = None if score is None else float(score)
    finally:
        engine.dispose()
    return found


# ---- files ---------------------------------------------------------------------------------------------------------


def _links(course: CourseConfig, assignment: str, results: Iterable[str]) -> dict[str, Links]:
    """Return addresses that hold from the folder of the overview, as long as the course stays together."""
    start = course.autograded

    def address(path: Path, *, folder: bool = False) -> str:
        if not (path.is_dir() if folder else path.is_file()):
            return ""
        # "./": a name with a colon would be read as a scheme.
        relative = os.path.relpath(path, start).replace(os.sep, "/")
        return (
            quote(os.fsencode(relative if relative.startswith(f"{os.pardir}/") else f"./{relative}"))
            + "/" * folder
        )

    return {
        name: Links(
            page=address(course.feedback / name / assignment / f"{assignment}.html"),
            notebook=address(notebooks(course.autograded / name / assignment)[0]),
            hand_in=address(course.submitted / name / assignment, folder=True),
        )
        for name in results
    }


def _traits(course: CourseConfig, assignment: str, results: Mapping[str, GradingResult]) -> Traits:
    found: dict[str, dict[str, frozenset[str]]] = {}
    for name, result in results.items():
        source = "\n".join(_source(path) for path in notebooks(course.autograded / name / assignment))
        found[name] = {
            "library": frozenset(libraries_in(source)),
            "dtype": frozenset(dtypes_in(source)),
            "file": frozenset(_forms(course.submitted / name / assignment, result)),
        }
    return found


def _source(path: Path) -> str:
    """Return the code that a student wrote, without the locked cells; of a notebook that cannot be read, none."""
    try:
        if path.stat().st_size > MAX_NOTEBOOK_BYTES:
            return ""
        cells = json.loads(path.read_bytes())["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell.get("cell_type") == "code"]
        return "\n".join(source for source in sources if not _OURS.match(source))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ""


def libraries_in(source: str) -> set[str]:
    """Return the top-level names that a notebook's code imports."""
    found: set[str] = set()
    for plain, of in _IMPORT.findall(source):
        names = [of] if of else [part.split()[0] for part in plain.split(",") if part.split()]
        found |= {name.split(".")[0] for name in names if name.split(".")[0]}
    return found


def _forms(folder: Path, result: GradingResult) -> set[str]:
    """Return the endings of what was handed in, and what was unusual about how."""
    found = {f"a file that {form}" for form in _FORMS if any(form in notice for notice in result.notices)}
    if folder.is_symlink():
        return found
    count = 0
    for _, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            suffix = Path(name).suffix.lower()
            if 1 < len(suffix) <= 12 and suffix != ".ipynb" and suffix.isascii() and suffix[1:].isalnum():
                found.add(f"a {suffix} file")
        count += len(files)
        if count > MAX_FILES:
            break
    return found
