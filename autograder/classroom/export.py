"""The gradebook's scores, out: all or nothing, and nothing that is no score looks like one (*trusted*)."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.classroom import export_canvas, export_csv, export_gradescope, penalties, standing
from autograder.classroom.standing import Assignment, Class, Status
from autograder.config import CourseConfig
from autograder.errors import UsageError
from autograder.gradebook import nbgrader_module
from autograder.messages import safe

FORMS = ("nbgrader", "long", "canvas", "gradescope")
STDOUT = Path("-")
_OPEN = (Status.NOT_GRADED, Status.WAITS, Status.NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to write; see ``autograder export --help``."""

    form: str = "nbgrader"
    fill: Path | None = None  # another system's file whose people are reported
    column: str = ""  # of Canvas's file
    scale: bool = False  # to Canvas's points
    missing_as_zero: bool = False
    with_left: bool = False
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written, where everybody stands, and sentences for the instructor."""

    files: tuple[Path, ...]
    assignments: tuple[Assignment, ...]
    notes: tuple[str, ...] = ()


def export(
    course: CourseConfig,
    to: Path | None,
    wanted: tuple[str, ...],
    options: Options = Options(),
    *,
    students: tuple[str, ...] = (),
) -> Exported:
    """Write the scores of the ``wanted`` assignments (default: all) in one of ``FORMS``.

    ``to`` is ``grades.csv`` or named after the form; ``-`` is stdout. Penalties are brought up to date in the gradebook
    first.

    Raises
    ------
    UsageError
        If there is no gradebook yet, no such assignment or student in it, no folder to write to, or a file to fill that does
        not fit; then nothing is written.
    """
    standing.require_gradebook(course)
    to = to or _default(options, wanted)
    _require_place(to, options)
    _require_sense(options)
    found = standing.read(course, wanted, with_left=True)
    known = {person.student for person in found.people}
    for name in (*students, *options.without):
        if name not in known:
            raise UsageError(f"{name!r}: no such student in the course; nothing was written.")
    aside = {person.student: "left the class" for person in found.people if not person.active}
    aside = {} if options.with_left else aside
    aside |= dict.fromkeys(options.without, "left out, as asked for")
    files, more = _files(course, to, found, options, aside, set(students) or known)
    notes = _settled(course)
    _write_all(files)
    shown = tuple(_only(assignment, known - aside.keys()) for assignment in found.assignments)
    notes += tuple(note for assignment in shown for note in assignment.notes)
    return Exported(files=tuple(files), assignments=shown, notes=(*notes, *more))


def _settled(course: CourseConfig) -> tuple[str, ...]:
    """Bring the gradebook's penalties up to date; what is exported has been computed and does not wait for it."""
    try:
        return penalties.settle(course)
    except nbgrader_module("sqlalchemy.exc").SQLAlchemyError as error:
        return (
            f"the gradebook's late penalties could not be brought up to date: {error}".splitlines()[0][:300],
        )


def _only(assignment: Assignment, students: Collection[str]) -> Assignment:
    standings = {student: one for student, one in assignment.standings.items() if student in students}
    return replace(assignment, standings=standings)


def open_ones(assignment: Assignment) -> list[str]:
    """Return a sentence for each way of having no score, with names."""
    words = {
        Status.NOT_GRADED: "not graded",
        Status.WAITS: "wait for a person (a ✍ question, or a doubtful check)",
        Status.NOTHING: "handed in nothing",
    }
    sentences = []
    for status in _OPEN:
        names = assignment.of(status)
        if names:
            shown = ", ".join(safe(name, 60) for name in names[:8]) + (
                f" and {len(names) - 8} more" if len(names) > 8 else ""
            )
            sentences.append(f"{assignment.name}: {len(names)} {words[status]}: {shown}")
    return sentences


def _default(options: Options, wanted: tuple[str, ...]) -> Path:
    if options.form == "nbgrader":
        return Path("grades.csv")
    if options.form == "long":
        return Path("grades-long.csv")
    return Path(f"{options.form}-{wanted[0]}.csv" if len(wanted) == 1 else f"{options.form}.csv")


def _require_place(to: Path, options: Options) -> None:
    if to != STDOUT and (to.is_dir() or not to.absolute().parent.is_dir()):
        raise UsageError(f"{to}: not a file in a folder that exists; nothing was written.")
    if options.fill is not None and to.exists() and options.fill.exists() and to.samefile(options.fill):
        raise UsageError(f"{to}: is the file to fill; nothing was written. Name another with --to.")


def _require_sense(options: Options) -> None:
    """Refuse what another form would silently ignore."""
    if options.fill is not None and options.form not in ("canvas", "gradescope"):
        raise UsageError("--fill is for --form canvas or --form gradescope: name one; nothing was written.")
    if (options.column or options.scale) and options.form != "canvas":
        raise UsageError("--column and --scale are for --form canvas; nothing was written.")


def _files(
    course: CourseConfig,
    to: Path,
    found: Class,
    options: Options,
    aside: Mapping[str, str],
    chosen: Collection[str],
) -> tuple[dict[Path, bytes], tuple[str, ...]]:
    """Return what to write, by path, and notes; who is put ``aside``, and why, is reported nowhere."""
    zero = options.missing_as_zero
    inside = replace(
        found, people=tuple(p for p in found.people if p.student in chosen and p.student not in aside)
    )
    if options.form == "nbgrader":
        return {to: export_csv.nbgrader_csv(inside, missing_as_zero=zero)}, ()
    if options.form == "long":
        return {to: export_csv.long_csv(course, inside, missing_as_zero=zero)}, ()
    if options.form == "gradescope":
        people = inside.people if options.fill is None else found.people
        content, notes = export_gradescope.write(
            found.assignments, people, roster_file=options.fill, missing_as_zero=zero, aside=aside
        )
        return {to: content}, notes
    if options.fill is None or len(found.assignments) != 1:
        raise UsageError(
            "Canvas's form fills one column of a file: name one assignment, and the file with --fill; nothing was "
            "written.\nIn Canvas: Grades ▸ Export ▸ Export Entire Gradebook."
        )
    filled = export_canvas.fill(
        export_canvas.read(options.fill),
        found.assignments[0],
        found.people,
        column=options.column,
        missing_as_zero=zero,
        scale=options.scale,
        aside=aside,
    )
    files = {to: filled.content}
    if to != STDOUT:
        files[to.with_name(f"{to.stem}-status.csv")] = filled.status
    return files, (f"filled: {filled.header.strip()}", *filled.notes)


def _write_all(files: dict[Path, bytes]) -> None:
    """Write each file so that the old or the new one is there, whole; all of them, or on an error none."""
    temporary: dict[Path, Path] = {}
    for path in files:
        if path.is_dir():
            raise UsageError(f"{path}: is a folder; nothing was written. Name another file with --to.")
    try:
        for path, content in files.items():
            if path == STDOUT or (path.exists() and not path.is_file()):  # a pipe, a device
                continue
            temporary[path] = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
            with temporary[path].open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for path, content in files.items():
            if path in temporary:
                temporary[path].replace(path)
            elif path == STDOUT:
                sys.stdout.buffer.write(content)
                sys.stdout.flush()
            else:
                path.write_bytes(content)
    except OSError as error:
        where = next(
            (p for p, t in temporary.items() if str(t) in (error.filename, error.filename2)), "a file"
        )
        raise UsageError(f"{where}: {error.strerror or error}; nothing was written.") from error
    finally:
        for one in temporary.values():
            with suppress(OSError):
                one.unlink(missing_ok=True)
