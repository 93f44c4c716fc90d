"""Take a class over from Canvas, Gradescope or a CSV of one's own: into ``roster.csv`` and nbgrader's table (*trusted*).

A person is recognised by an identity, else by a full name that one person has; whoever cannot be told from another
is refused, with the lines. A person who is missing from a newer file of the kind that they came in has left: they
are marked, and nothing of theirs is touched.
"""

from __future__ import annotations

import os
import re
import secrets
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.classroom import csv_files, roster
from autograder.classroom.roster import ACTIVE, LEFT, Claim, Match, Person, Roster, fold
from autograder.config import CourseConfig
from autograder.errors import UsageError
from autograder.files import told_in_a_sentence
from autograder.gradebook_url import shown

CANVAS, GRADESCOPE, MOODLE = "Canvas's gradebook", "Gradescope's roster", "Moodle's participants"
TABLE = "a table of students"
IDS = ("auto", "login", "email", "sis", "canvas")
_TEST_STUDENT = {"student, test", "test student"}
_SUSPICIOUS_PEOPLE = 5  # from so many on, a file without half of them is taken for a part of the class

# Column names as they are compared -> ours. What a file is, its columns say.
_GRADESCOPE = {
    "first name": "first_name",
    "last name": "last_name",
    "full name": "name",
    "name": "name",
    "email": "gradescope_email",
    "sid": "gradescope_sid",
    "student id": "gradescope_sid",
    "role": "role",
    "section": "section",
    "sections": "section",
    "section_name": "section",
    "section name": "section",
}
_MOODLE = {
    "first name": "first_name",
    "last name": "last_name",
    "surname": "last_name",
    "email address": "email",
    "id number": "sis_user_id",
    "username": "sis_login_id",
    "groups": "section",
}
_CANVAS = {
    "student": "name",
    "id": "canvas_id",
    "sis user id": "sis_user_id",
    "sis login id": "sis_login_id",
    "email": "email",
    "section": "section",
}
_TABLE = {name: name for name in roster.COLUMNS} | {"id": "student", "student_id": "student"}


@dataclass(slots=True)
class Imported:
    """What an import did, or would do."""

    kind: str
    people: Roster
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)  # sentences
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    values: dict[str, str]  # ours by name, without the empty ones


def import_file(course: CourseConfig, path: Path, *, part: bool = False, ids: str = "auto") -> Imported:
    """Return the roster with a file's people taken over; nothing is written.

    Parameters
    ----------
    part
        The file holds a part of the class: who is not in it has not left.
    ids
        What new people's ids are made from: "login", "email" (before the @ where that tells people apart), "sis",
        "canvas", or "auto": the first of those that the file has.

    Raises
    ------
    UsageError
        If the file is of no known kind, or two people cannot be told apart.
    """
    before = roster.load(course)
    kind, rows, skipped = _read(path)
    result = Imported(kind, before, skipped=skipped)
    if not rows:
        raise UsageError(f"{path}: {kind} with nobody in it; nothing was changed. Export the file again.")
    whose = _recognise(before, rows, str(path))
    _refuse_two_rows_of_one(rows, whose, str(path))
    new_ids = _new_ids(rows, whose, before, ids, str(path))
    people: dict[str, Person] = {p.student: p for p in before.people}
    for row in rows:
        known = whose[row.line]
        old = known or Person(student=new_ids[row.line])
        new = _merged(old, row, kind)
        people[new.student] = new
        if known is None:
            result.added.append(new.student)
        elif not old.active and new.active:
            result.back.append(new.student)
        elif not new.active and kind == GRADESCOPE:
            result.notes.append(
                f"{new.student} left, though they are in it: autograder roster mark {new.student} --active brings them back"
            )
        elif new != old:
            result.changed.append(new.student)
    if not part:
        here = {p.student for p in whose.values() if p is not None} | set(new_ids.values())
        _mark_left(people, result, here, kind, str(path))
    after = Roster(tuple(people.values()), before.extra_columns)
    roster.refuse_doubles(after.people, str(path))
    result.people = after
    return result


def _read(path: Path) -> tuple[str, list[_Row], list[str]]:
    table = csv_files.read(path)
    columns = {" ".join(name.casefold().split()): name for name in reversed(table.header) if name}
    if "student" in columns and "id" in columns and any(c.startswith(("sis ", "section")) for c in columns):
        kind, names = CANVAS, _CANVAS
    elif {"student", "id", "student_id"} & columns.keys() and "role" not in columns:
        kind, names = TABLE, _TABLE
    elif "email address" in columns and {"last name", "surname"} & columns.keys():
        kind, names = MOODLE, _MOODLE
    elif ("email" in columns or "sid" in columns) and (
        "role" in columns or {"first name", "full name", "name"} & columns.keys()
    ):
        kind, names = GRADESCOPE, _GRADESCOPE
    else:
        raise UsageError(
            f"{path}: neither Canvas's gradebook export (Student, ID, SIS User ID, SIS Login ID, …), nor Gradescope's "
            "roster (First Name, Last Name, Email, SID, Role), nor a table with nbgrader's columns (id, first_name, "
            f"last_name, email, lms_user_id); nothing was read.\nIts columns: {', '.join(table.header)[:400]}."
        )
    rows, skipped = [], []
    for line, cells in table.rows:
        values = {ours: cells.get(columns[theirs], "") for theirs, ours in names.items() if theirs in columns}
        values = {ours: roster.unguarded(text) for ours, text in values.items() if text}
        why = _why_nobody(kind, values)
        if why:
            skipped += [f"line {line}: {why}"] * (why != "-")
            continue
        rows.append(_Row(line, _named(values)))
    if table.encoding == "cp1252":
        skipped.append("the file is not UTF-8 and was read as Windows-1252: look at the names with accents")
    return kind, rows, skipped


def _why_nobody(kind: str, values: dict[str, str]) -> str:
    """Say why a row is no student, "-" if nobody need know, or nothing."""
    if kind == CANVAS:
        name = values.get("name", "")
        ids = {"canvas_id", "sis_user_id", "sis_login_id"} & values.keys()
        if not ids and (not name or name.casefold().strip() == "points possible"):
            return "-"
        if name.casefold() in _TEST_STUDENT and "sis_user_id" not in values:
            return "Canvas's own test student"
        return "" if ids else f"{name}: without ID, SIS User ID and SIS Login ID"
    if kind == GRADESCOPE:
        role = values.get("role", "student")
        if role.casefold() not in ("student", "students", "0"):
            return f"{values.get('name') or values.get('gradescope_email', '?')}: {role}, not a student"
        ids = {"gradescope_email", "gradescope_sid"} & values.keys()
        return "" if ids else "neither Email nor SID"
    if kind == MOODLE:
        ids = {"email", "sis_user_id", "sis_login_id"} & values.keys()
        return "" if ids else "neither an email address nor an ID number"
    return "" if "student" in values else ("no id" if values else "-")


def _named(values: dict[str, str]) -> dict[str, str]:
    values = {k: v for k, v in values.items() if k != "role"}
    name = values.pop("name", "")
    if name and "first_name" not in values and "last_name" not in values:
        first, last = roster.split_name(name)
        values |= {k: v for k, v in (("first_name", first), ("last_name", last)) if v}
    return values


# -- recognised --------------------------------------------------------------------------------------


def _claim(row: _Row) -> Claim:
    get = row.values.get
    name = " ".join(part for part in (get("first_name", ""), get("last_name", "")) if part)
    return Claim(
        student=get("student", ""),
        name=name,
        email=get("gradescope_email", "") or get("email", ""),
        login=get("sis_login_id", ""),
        canvas_id=get("canvas_id", "") or get("lms_user_id", ""),
        sis_user_id=get("sis_user_id", ""),
        sid=get("gradescope_sid", ""),
    )


def _recognise(before: Roster, rows: list[_Row], where: str) -> dict[int, Person | None]:
    """Return by line who is in the roster already; None for somebody new."""
    whose: dict[int, Person | None] = {}
    troubles = []
    matches = {row.line: _match(before, row) for row in rows}
    known = {m.person.student for m in matches.values() if m.person is not None and m.by != "name"}
    times = Counter(fold(_claim(row).name) for row in rows if matches[row.line].by == "name")
    for row in rows:
        claim, match = _claim(row), matches[row.line]
        if match.by == "name" and match.person is not None:
            person = match.person
            if person.student in known or times[fold(claim.name)] > 1:  # namesakes: one may be new
                match = replace(match, person=None, why_not="several rows have this name", near=(person,))
        whose[row.line] = match.person
        # If everybody of the name has a row by identity, this one is a namesake, and new.
        by_name = match.by in ("", "name") and all(p.student in known for p in match.near)
        if match.person is None and not by_name:
            troubles.append(f"  line {row.line}: {claim.words()}: {match.why_not}")
    if troubles:
        raise UsageError(
            f"{where}: {len(troubles)} cannot be told from others; nothing was changed.\n"
            + "\n".join(troubles[:20])
            + f"\nGive them an identity in {roster.FILE_NAME} that the file has, or a name under `also`."
        )
    return whose


def _match(before: Roster, row: _Row) -> Match:
    claim = _claim(row)
    if claim.student:  # nbgrader's id says it all
        known = before.get(claim.student)
        return Match(known, "student" if known else "")
    return before.find(claim)


def _refuse_two_rows_of_one(rows: list[_Row], whose: dict[int, Person | None], where: str) -> None:
    seen: dict[tuple[str, str], _Row] = {}
    for row in list(rows):
        known = whose[row.line]
        keys = [("student", known.student)] if known else []
        keys += [
            (kind, fold(row.values[kind]))
            for kind in (
                "student",
                "canvas_id",
                "sis_user_id",
                "sis_login_id",
                "gradescope_sid",
                "gradescope_email",
            )
            if kind in row.values
        ]
        other = next((seen[key] for key in keys if key in seen and seen[key] is not row), None)
        if other is not None:
            same = {k: v for k, v in row.values.items() if k != "section"}
            if same != {k: v for k, v in other.values.items() if k != "section"}:
                raise UsageError(
                    f"{where}, lines {other.line} and {row.line}: two rows of one person ({_claim(row).words()}) that "
                    "differ; nothing was changed. Remove one."
                )
            rows.remove(row)
            continue
        seen |= dict.fromkeys(keys, row)


# -- ids ---------------------------------------------------------------------------------------------


def _new_ids(
    rows: list[_Row], whose: dict[int, Person | None], before: Roster, ids: str, where: str
) -> dict[int, str]:
    """Return by line the ids of those who are new."""
    new = [row for row in rows if whose[row.line] is None]
    locals_ = Counter(fold(_local(_raw_id(row, ids))) for row in rows)
    taken = {fold(p.student) for p in before.people}
    found: dict[int, str] = {}
    for row in new:
        raw = _raw_id(row, ids)
        if not raw:
            raise UsageError(
                f"{where}, line {row.line}: {_claim(row).words()}: no {'identity' if ids == 'auto' else ids} to make an "
                "id from; nothing was changed. Choose another --id."
            )
        local = _local(raw)
        alone = locals_[fold(local)] == 1 and fold(local) not in taken and not roster.why_no_id(local)
        student = raw if "student" in row.values else (local if alone else raw)
        if why := roster.why_no_id(student):
            raise UsageError(
                f"{where}, line {row.line}: the id {student!r} {why}; nothing was changed. Choose another --id."
            )
        if fold(student) in taken:
            raise UsageError(
                f"{where}, line {row.line}: the id {student!r} is somebody else's in {roster.FILE_NAME}; nothing was "
                "changed. Choose another --id, or add the person there by hand."
            )
        found[row.line] = student
        taken.add(fold(student))
    return found


def _raw_id(row: _Row, ids: str) -> str:
    get = row.values.get
    if "student" in row.values:
        return row.values["student"]
    email = (get("email", "") or get("gradescope_email", "")).lower()
    login = get("sis_login_id", "")
    sis = get("sis_user_id", "") or get("gradescope_sid", "")
    canvas = get("canvas_id", "")
    one = {"login": login, "email": email, "sis": sis, "canvas": canvas}
    return (login or email or sis or canvas) if ids == "auto" else one[ids]


def _local(raw: str) -> str:
    local, at, _ = raw.partition("@")
    return re.sub(r"\s+", "", local) if at and local else raw


# -- merged ------------------------------------------------------------------------------------------


def _merged(old: Person, row: _Row, kind: str) -> Person:
    """Return a person with what a file says; what it does not say stays."""
    values: dict[str, Any] = {k: v for k, v in row.values.items() if k in roster.COLUMNS and k != "student"}
    if "also" in values:
        values["also"] = tuple(part for text in values["also"].split(";") if (part := text.strip()))
    if kind != TABLE:  # the first file to know a name decides how it is written
        for name in ("first_name", "last_name"):
            if old.first_name or old.last_name:
                values.pop(name, None)
        if kind == GRADESCOPE and old.canvas_id and old.section:
            values.pop("section", None)
        # Enrolment is Canvas's business, for whom it knows: in Gradescope people stay when they leave.
        values["status"] = old.status if kind == GRADESCOPE and old.canvas_id else ACTIVE
    elif values.get("status", ACTIVE).lower() == LEFT:
        values["status"] = LEFT
    else:
        values["status"] = ACTIVE
    if kind == GRADESCOPE and not old.email and "gradescope_email" in values:
        values["email"] = values["gradescope_email"]
    if kind == CANVAS and not old.lms_user_id and "canvas_id" in values:
        values["lms_user_id"] = values["canvas_id"]
    return replace(old, **values)


def _mark_left(people: dict[str, Person], result: Imported, here: set[str], kind: str, where: str) -> None:
    def came(person: Person) -> bool:
        if kind == CANVAS:
            return bool(person.canvas_id or person.sis_user_id or person.sis_login_id)
        if kind == GRADESCOPE:
            return bool(person.gradescope_email or person.gradescope_sid)
        return not (person.canvas_id or person.gradescope_email or person.gradescope_sid)  # Moodle, tables

    active = [p for p in people.values() if p.active and came(p) and p.student not in result.added]
    gone = [p for p in active if p.student not in here]
    another_class = len(gone) == len(active) > 1
    if another_class or (len(gone) >= _SUSPICIOUS_PEOPLE and 2 * len(gone) > len(active)):
        raise UsageError(
            f"{where}: {len(gone)} of {len(active)} people are not in it and would be marked as having left; nothing "
            "was changed.\nIs it another class's? If it holds a part of the class, import it with --part."
        )
    for person in gone:
        people[person.student] = replace(person, status=LEFT)
        result.left.append(person.student)


def mark(before: Roster, students: tuple[str, ...], status: str) -> Roster:
    """Return the roster with people marked as having left, or as back.

    Raises
    ------
    UsageError
        For somebody who is not in it.
    """
    for student in students:
        if before.get(student) is None:
            near = before.find(Claim(name=student)).person
            hint = f"\nDid you mean {near.student}?" if near else ""
            raise UsageError(
                f"{student!r}: no such student in {roster.FILE_NAME}; nothing was changed.{hint}"
            )
    people = tuple(replace(p, status=status) if p.student in students else p for p in before.people)
    return replace(before, people=people)


# -- written -----------------------------------------------------------------------------------------


def write(course: CourseConfig, people: Roster) -> None:
    """Write nbgrader's table of students and ``roster.csv``: both, or what was there stays.

    Raises
    ------
    UsageError
        If one cannot be written.
    """
    from autograder.gradebook import nbgrader_module, open_gradebook

    path = roster.path_of(course)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with told_in_a_sentence():
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            with os.fdopen(fd, "wb") as file:
                file.write(roster.as_csv(people))
                file.flush()
                os.fsync(fd)
        with open_gradebook(course.db_url, course.course_id) as book:
            student_row = nbgrader_module("nbgrader.api").Student
            try:
                known = {row.id: row for row in book.db.query(student_row).all()}
                for person in people.people:
                    row = known.get(person.student)
                    if row is None:
                        row = student_row(id=person.student)
                        book.db.add(row)
                    for name, value in roster.nbgrader_columns(person).items():
                        if value is not None:  # what somebody typed into nbgrader stays
                            setattr(row, name, value)
                book.db.commit()
            except nbgrader_module("sqlalchemy.exc").SQLAlchemyError as error:
                book.db.rollback()
                raise UsageError(
                    f"gradebook {shown(course.db_url)}: {error}; nothing was written."
                ) from error
        with told_in_a_sentence():
            temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink()


def strangers(course: CourseConfig, people: Roster) -> list[str]:
    """Return the names of folders in ``submitted/`` that are nobody's in the roster."""
    with suppress(OSError):
        folders = sorted(p.name for p in course.submitted.iterdir() if p.is_dir() and p.name[0] != ".")
        return [name for name in folders if people.get(name) is None]
    return []


def unignored(course: CourseConfig) -> bool:
    """Tell whether the course is a repository that would take the roster in, as far as its .gitignore says."""
    if not (course.home / ".git").exists():
        return False
    with suppress(OSError):
        lines = (course.home / ".gitignore").read_text(errors="replace").split()
        return not {roster.FILE_NAME, f"/{roster.FILE_NAME}", "*.csv", "/*.csv"} & set(lines)
    return True
