"""Scores in the form of Gradescope's grades CSV, for what reads that (*trusted*)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from autograder.classroom import csv_files, export_csv, export_match
from autograder.classroom.export_csv import cents, text_cell
from autograder.classroom.roster import Claim, Person, split_name, unguarded
from autograder.classroom.standing import Assignment, Standing, Status
from autograder.errors import UsageError

PEOPLE = ("First Name", "Last Name", "SID", "Email", "section_name")
# By what it is: Gradescope's roster, and its grades.
_COLUMNS = {
    "first": ("First Name",),
    "last": ("Last Name",),
    "full": ("Full Name", "Name"),
    "sid": ("SID", "Student ID"),
    "email": ("Email", "Email Address"),
    "section": ("section_name", "Section", "Sections"),
    "role": ("Role",),
}


@dataclass(frozen=True, slots=True)
class _Listed:
    """Somebody to report about: by Gradescope's names, and by ours if it is one of us."""

    student: str | None
    first: str
    last: str
    sid: str
    email: str
    section: str


def write(
    assignments: Sequence[Assignment],
    people: Sequence[Person],
    *,
    roster_file: Path | None = None,
    missing_as_zero: bool = False,
    aside: Mapping[str, str] = MappingProxyType({}),
) -> tuple[bytes, tuple[str, ...]]:
    """Return a row per student with four of Gradescope's columns per assignment, a status after them, and notes.

    The score is empty unless every point is known. With a file of Gradescope's (its roster or its grades) the rows are
    its students, under its names.

    Raises
    ------
    UsageError
        If the file cannot be read, or not everybody with a hand-in is one person in it.
    """
    notes: tuple[str, ...] = ()
    if roster_file is None:
        listed = [_of_person(person) for person in people]
    else:
        listed = _of_file(roster_file, assignments, people, aside)
        strangers = sum(one.student is None for one in listed)
        notes = (f"{strangers} in Gradescope's file who handed in nothing",) if strangers else ()
    header = [*PEOPLE]
    for assignment in assignments:
        name = text_cell(assignment.name)
        header += [name, f"{name} - Max Points", f"{name} - Submission Time", f"{name} - Lateness (H:M:S)"]
        header += [f"{name} - Status", f"{name} - Score before Lateness", f"{name} - Why"]
    rows = []
    for one in listed:
        row = [text_cell(text) for text in (one.first, one.last, one.sid, one.email, one.section)]
        for assignment in assignments:
            standing = assignment.standings.get(one.student) if one.student is not None else None
            row += _cells(assignment, standing, missing_as_zero=missing_as_zero)
        rows.append(row)
    return export_csv.table(header, rows), notes


def _cells(assignment: Assignment, one: Standing | None, *, missing_as_zero: bool) -> list[str]:
    maximum = export_csv.number_cell(assignment.maximum)
    status = Status.NOTHING if one is None else one.status
    final = None if one is None else one.final
    if status is Status.NOTHING and missing_as_zero:
        final = 0.0
    handed_in = None if one is None else one.lateness.handed_in
    late = timedelta(0) if one is None else one.lateness.late_by
    return [
        "" if final is None else cents(final),
        maximum,
        handed_in.strftime("%Y-%m-%d %H:%M:%S %z") if handed_in else "",
        _clock(late) if handed_in else "",
        status.value,
        cents(one.charge.raw) if one is not None and one.charge is not None else "",
        text_cell(one.reason) if one is not None else "",
    ]


def _clock(span: timedelta) -> str:
    """Return a length of time as Gradescope does: hours may be more than 24."""
    seconds = int(span.total_seconds())
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _of_person(person: Person) -> _Listed:
    return _Listed(
        person.student,
        person.first_name,
        person.last_name,
        person.gradescope_sid or person.sis_user_id or person.student,
        person.gradescope_email or person.email,
        person.section,
    )


def _of_file(
    path: Path, assignments: Sequence[Assignment], people: Sequence[Person], aside: Mapping[str, str]
) -> list[_Listed]:
    found = csv_files.read(path)
    names = {
        kind: next((name for name in known if name in found.header), "") for kind, known in _COLUMNS.items()
    }
    if not (names["email"] or names["sid"]) or not (names["full"] or names["last"]):
        raise UsageError(
            f"{path}: neither Gradescope's roster nor its grades: no names with Email or SID; nothing was written.\n"
            f"It has: {', '.join(found.header)[:300]}."
        )
    listed: dict[int, _Listed] = {}
    for line, row in found.rows:
        cells = {kind: unguarded(row.get(name, "")) if name else "" for kind, name in names.items()}
        if cells["role"].lower() not in ("", "student"):
            continue
        if not names["last"]:
            cells["first"], cells["last"] = split_name(cells["full"])
        listed[line] = _Listed(
            None, cells["first"], cells["last"], cells["sid"], cells["email"], cells["section"]
        )
    rows = [
        export_match.Row(
            line,
            repr(f"{one.first} {one.last}".strip())[:60],
            Claim(name=f"{one.first} {one.last}".strip(), email=one.email, sid=one.sid),
        )
        for line, one in listed.items()
    ]
    needed = {s for a in assignments for s, one in a.standings.items() if one.status is not Status.NOTHING}
    students = export_match.match(path, rows, people, needed - aside.keys())
    return [
        _Listed(students.get(line), one.first, one.last, one.sid, one.email, one.section)
        for line, one in listed.items()
        if students.get(line) not in aside
    ]
