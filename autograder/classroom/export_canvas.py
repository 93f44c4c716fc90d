"""Fill one column of Canvas's own gradebook export (*trusted*).

What comes back has Canvas's rows, its columns that say who somebody is, and that one column, so that an import can change
nothing else. What Canvas has already stays where we have no score. Source of the forms: Canvas's gradebook importer.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import MappingProxyType

from autograder.classroom import export_csv, export_match
from autograder.classroom.roster import Claim, Person, squash
from autograder.classroom.standing import Assignment, Status
from autograder.errors import UsageError
from autograder.late_rule import Charge

NAMES = ("Student", "LastName", "FirstName")
IDS = ("ID", "SIS User ID", "SIS Login ID")
IDENTITY = (*NAMES, *IDS, "Integration ID", "Root Account", "Student Number", "Section")
STATUS = (
    "student_id",
    "canvas_student",
    "canvas_id",
    "status",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
    "canvas_before",
    "canvas_after",
    "why",
)
MAX_BYTES = 64 << 20
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_ASSIGNMENT = re.compile(r"(?s)(?P<title>.*\S)\s+\((?P<id>\d*)\)")
_TEST_STUDENTS = ("student, test", "test student")
_READ_ONLY = re.compile(r"\(read\s+only\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CanvasFile:
    """A gradebook export as it is: its rows, and how they were written."""

    path: Path
    header: list[str]
    rows: list[tuple[int, list[str]]]  # line, cells; as many as the header has
    separator: str
    newline: str
    mark: bool  # a BOM stands first
    decimal_comma: bool

    def column(self, name: str) -> int | None:
        """Return where a column stands; None if there is none."""
        names = [cell.strip() for cell in self.header]
        return names.index(name) if name in names else None

    def cell(self, row: list[str], name: str) -> str:
        """Return a row's cell in a column, without spaces at its ends."""
        at = self.column(name)
        return "" if at is None else row[at].strip()


@dataclass(frozen=True, slots=True)
class Filled:
    """The file to import, a table that says what each cell means, and sentences for the instructor."""

    content: bytes
    status: bytes
    notes: tuple[str, ...]
    header: str


@dataclass(slots=True)
class _Changes:
    new: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def read(path: Path) -> CanvasFile:
    """Read a gradebook export of Canvas's.

    Raises
    ------
    UsageError
        If it cannot be read or is none.
    """
    text, mark = _text(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        rows += ((reader.line_num, row) for row in reader if any(cell.strip() for cell in row))
    except csv.Error as error:
        raise UsageError(
            f"{path}, line {reader.line_num}: {error}; nothing was written. Export the file from Canvas again."
        ) from error
    header = rows[0][1] if rows else []
    names = [cell.strip() for cell in header]
    if not {"Student", "LastName"} & set(names) or not set(IDS) & set(names):
        raise UsageError(
            f"{path}: no gradebook export of Canvas's: its first row has no Student and ID; nothing was written.\n"
            "In Canvas: Grades ▸ Export ▸ Export Entire Gradebook."
        )
    for name in IDENTITY:
        if names.count(name) > 1:
            raise UsageError(f"{path}: two columns are called {name}; nothing was written. Remove one.")
    width = len(header)
    for line, row in rows[1:]:
        about_columns = not row[0].strip() or row[0].strip().lower() == "points possible"
        if len(row) > width and (any(cell.strip() for cell in row[width:]) or not about_columns):
            raise UsageError(
                f"{path}, line {line}: {len(row)} fields, but {width} columns; nothing was written.\n"
                "A name with a comma needs quotes around it. Export the file from Canvas again."
            )
    padded = [(line, (row + [""] * width)[:width]) for line, row in rows[1:]]
    newline = "\r\n" if "\r\n" in text else "\n"
    scores = [i for i, name in enumerate(names) if name not in IDENTITY]
    comma = any(re.fullmatch(r"[\d.]*\d,\d{1,2}", row[i].strip()) for _, row in padded for i in scores)
    return CanvasFile(path, header, padded, separator, newline, mark, comma)


def _text(path: Path) -> tuple[str, bool]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}; nothing was written.") from error
    if len(data) > MAX_BYTES:
        raise UsageError(
            f"{path}: more than {MAX_BYTES >> 20} MB, which no gradebook is; nothing was written."
        )
    encoding = next((name for mark, name in _BOMS.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path}: is not UTF-8 (byte {error.start}); nothing was written.\n"
            "Take the file as Canvas gave it, or save it as 'CSV UTF-8'."
        ) from error
    if "\0" in text:
        raise UsageError(f"{path}: is no CSV file; nothing was written. Take the file as Canvas gave it.")
    return text, data.startswith(b"\xef\xbb\xbf")


def fill(
    canvas: CanvasFile,
    assignment: Assignment,
    people: Sequence[Person],
    *,
    column: str = "",
    missing_as_zero: bool = False,
    scale: bool = False,
    aside: Mapping[str, str] = MappingProxyType({}),
) -> Filled:
    """Fill an assignment's column.

    Of what is not graded, and what waits for a person, the cell stays as Canvas has it; so does that of who handed in
    nothing (or 0 with ``missing_as_zero``), of who is excused there, and of Canvas's test student.

    Raises
    ------
    UsageError
        If the column cannot be told, its points are others than ours (and ``scale`` is not asked for), or not everybody
        with a hand-in is one person in the file.
    """
    at = _column(canvas, assignment, column)
    factor = _factor(canvas, at, assignment, scale=scale)
    students = [(line, row) for line, row in canvas.rows if not _is_no_student(canvas, row)]
    needed = {s for s, one in assignment.standings.items() if one.status is not Status.NOTHING} - aside.keys()
    claims = [_claim(canvas, line, row) for line, row in students if not _is_test_student(canvas, row)]
    found = export_match.match(canvas.path, claims, people, needed)
    keep = [i for i, name in enumerate(canvas.header) if name.strip() in IDENTITY] + [at]
    lines = {line for line, _ in students}
    changes, status_rows = _Changes(), []
    out = [[canvas.header[i] for i in keep]]
    for line, row in canvas.rows:
        new = row[at]
        if line in lines:
            student = found.get(line)
            one = _STRANGER if student is None else _said(assignment, student, aside)
            one = _TEST_STUDENT if _is_test_student(canvas, row) else one
            if one.status is Status.NOTHING and missing_as_zero:
                one = replace(one, points=0.0)
            new, said = _cell(canvas, row, at, student or "", one, factor, assignment.maximum)
            status_rows.append(said)
            _note(changes, said)
        cells = [export_csv.text_cell(row[i]) if row[i].strip() else row[i] for i in keep[:-1]]
        out.append([*cells, new if _number(new) is not None else export_csv.text_cell(new)])
    return Filled(
        _written(canvas, out),
        export_csv.table(STATUS, status_rows),
        _notes(changes, len(claims) - len(found), factor, [s for s in found.values() if s in aside]),
        canvas.header[at],
    )


@dataclass(frozen=True, slots=True)
class _Said:
    """What we say about one row; without ``points`` its cell stays."""

    status: Status | None
    why: str = ""
    points: float | None = None
    charge: Charge | None = None


_STRANGER = _Said(Status.NOTHING, "nobody here is this person")
_TEST_STUDENT = _Said(None, "Canvas's test student")


def _said(assignment: Assignment, student: str, aside: Mapping[str, str]) -> _Said:
    one = assignment.standings[student]
    if student in aside:
        return _Said(None, aside[student])
    return _Said(one.status, one.reason, one.final, one.charge)


def _cell(
    canvas: CanvasFile, row: list[str], at: int, student: str, one: _Said, factor: Decimal, maximum: float
) -> tuple[str, list[str]]:
    """Return a student's new cell, and the row that says what it means."""
    before, after, why = row[at].strip(), row[at].strip(), one.why
    if one.points is not None and before.upper() == "EX":
        why = "; ".join(text for text in ("excused in Canvas, so the cell stays", why) if text)
    elif one.points is not None:
        after = export_csv.cents(float(Decimal(str(round(one.points, 6))) * factor))
        after = after.replace(".", ",") if canvas.decimal_comma else after
    said = [
        export_csv.text_cell(student),
        export_csv.text_cell(_name(canvas, row)),
        export_csv.text_cell(canvas.cell(row, "ID")),
        "" if one.status is None else one.status.value,
        export_csv.number_cell(one.charge.raw if one.charge else None),
        export_csv.number_cell(one.charge.penalty if one.charge else None),
        export_csv.number_cell(one.points),
        export_csv.number_cell(maximum),
        export_csv.text_cell(before),
        after,
        export_csv.text_cell(why),
    ]
    return (row[at] if after == before else after), said


def _note(changes: _Changes, said: list[str]) -> None:
    row = dict(zip(STATUS, said, strict=True))
    before, after = row["canvas_before"], row["canvas_after"]
    who = row["student_id"] or row["canvas_student"]
    if before.upper() == "EX":
        changes.kept.append(who)
    elif after and not before:
        changes.new.append(who)
    elif after and _number(after) != _number(before):
        changes.other.append(f"{who} {before} → {after}")


def _notes(changes: _Changes, strangers: int, factor: Decimal, aside: list[str]) -> tuple[str, ...]:
    def some(names: list[str]) -> str:
        return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")

    notes = [f"{len(changes.new)} new scores, {len(changes.other)} that differ from what Canvas has"]
    if changes.other:
        notes.append(f"changed: {some(changes.other)}")
    if changes.kept:
        notes.append(f"excused in Canvas, left so: {some(changes.kept)}")
    if strangers:
        notes.append(f"{strangers} in Canvas's file who handed in nothing, or are not ours to grade")
    if factor != 1:
        notes.append(f"every score × {float(factor):g}, as Canvas's points are others")
    if aside:
        notes.append(f"left the class, or left out as asked for: {some(aside)}")
    return tuple(notes)


# -- columns -----------------------------------------------------------------------------------------


def _column(canvas: CanvasFile, assignment: Assignment, wanted: str) -> int:
    """Return the assignment's column: the one that was named, else the one whose title is the assignment's name."""
    columns = {i: name.strip() for i, name in enumerate(canvas.header) if _is_assignment(canvas, i)}
    key = squash(wanted or assignment.name)
    exact = [
        i
        for i, name in columns.items()
        if wanted and wanted.strip() in (name, _parts(name)[0], _parts(name)[1] or None)
    ]
    found = exact or [
        i for i, name in columns.items() if key and key in (squash(name), squash(_parts(name)[0]))
    ]
    if len(found) == 1:
        return found[0]
    there = "\n  ".join(repr(name) for name in list(columns.values())[:30]) or "none"
    what = f"{len(found)} columns" if found else "no column"
    raise UsageError(
        f"{canvas.path}: {what} of an assignment {wanted or assignment.name!r} in it; nothing was written.\n"
        f"Name one with --column: its title, or the number in its parentheses. There are:\n  {there}"
    )


def _parts(header: str) -> tuple[str, str]:
    found = _ASSIGNMENT.fullmatch(header)
    return (found["title"], found["id"]) if found else (header, "")


def _is_assignment(canvas: CanvasFile, at: int) -> bool:
    if not _ASSIGNMENT.fullmatch(canvas.header[at].strip()):
        return False
    return not any(_READ_ONLY.search(row[at]) for _, row in canvas.rows if _is_no_student(canvas, row))


def _factor(canvas: CanvasFile, at: int, assignment: Assignment, *, scale: bool) -> Decimal:
    """Return what turns our points into Canvas's."""
    cells = [row[at].strip() for _, row in canvas.rows if _is_points_row(canvas, row)]
    possible = _number(cells[0]) if cells else None
    ours = Decimal(str(assignment.maximum))
    if possible is None or not possible or not ours or possible == ours:
        return Decimal(1)
    if scale:
        return possible / ours
    raise UsageError(
        f"{canvas.path}: {canvas.header[at].strip()!r} is worth {possible.normalize():f} points in Canvas, {assignment.name} "
        f"{ours.normalize():f}; nothing was written.\nSet Canvas's points to {ours.normalize():f} and export again, or "
        "convert every score with --scale."
    )


def _number(text: str) -> Decimal | None:
    """Read a number with either decimal mark and with thousands marks; None if it is none."""
    text = text.strip().replace("\u00a0", "").replace("\u202f", "").replace(" ", "")
    if not re.fullmatch(r"[+-]?[\d.,]*\d[\d.,]*", text):
        return None
    if "," in text and "." in text:
        mark = max(",.", key=text.rindex)
        text = text.replace("," if mark == "." else ".", "").replace(mark, ".")
    elif re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+", text):
        text = text.replace(",", "")
    else:
        text = text.replace(",", ".")
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


# -- rows --------------------------------------------------------------------------------------------


def _name(canvas: CanvasFile, row: list[str]) -> str:
    if canvas.column("Student") is not None:
        return canvas.cell(row, "Student")
    return f"{canvas.cell(row, 'LastName')}, {canvas.cell(row, 'FirstName')}".strip(", ")


def _has_id(canvas: CanvasFile, row: list[str]) -> bool:
    return any(canvas.cell(row, name) for name in IDS)


def _is_points_row(canvas: CanvasFile, row: list[str]) -> bool:
    return _name(canvas, row).lower() == "points possible" and not _has_id(canvas, row)


def _is_no_student(canvas: CanvasFile, row: list[str]) -> bool:
    """Tell whether a row is about the columns: points possible, or which are muted or posted by hand."""
    return _is_points_row(canvas, row) or not (_name(canvas, row) or _has_id(canvas, row))


def _is_test_student(canvas: CanvasFile, row: list[str]) -> bool:
    """Tell Canvas's own test student, who is in no university's records."""
    return _name(canvas, row).lower() in _TEST_STUDENTS and not canvas.cell(row, "SIS User ID")


def _claim(canvas: CanvasFile, line: int, row: list[str]) -> export_match.Row:
    name = _name(canvas, row)
    claim = Claim(
        name=name,
        canvas_id=canvas.cell(row, "ID"),
        sis_user_id=canvas.cell(row, "SIS User ID"),
        login=canvas.cell(row, "SIS Login ID"),
    )
    return export_match.Row(line, repr(name)[:60], claim)


def _written(canvas: CanvasFile, rows: list[list[str]]) -> bytes:
    """Return rows as Canvas wrote its own, but for tabs, which it does not read."""
    text = io.StringIO()
    separator = "," if canvas.separator == "\t" else canvas.separator
    csv.writer(text, delimiter=separator, lineterminator=canvas.newline).writerows(rows)
    return text.getvalue().encode("utf-8-sig" if canvas.mark else "utf-8")
