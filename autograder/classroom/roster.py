"""Who is in the class, and by which names other systems know them: ``roster.csv`` (*trusted*).

One row per person, beside the course file. It is the course's own: people may edit it, columns that we do not know
stay. Nobody is guessed at: who is not found by one of these identities, or by a full name that one person has, is
not found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from autograder.classroom import csv_files
from autograder.config import CourseConfig
from autograder.errors import UsageError
from autograder.messages import safe
from autograder.report import table

FILE_NAME = "roster.csv"
ACTIVE, LEFT = "active", "left"
COLUMNS = (
    "student",
    "first_name",
    "last_name",
    "email",
    "lms_user_id",
    "canvas_id",
    "sis_user_id",
    "sis_login_id",
    "gradescope_sid",
    "gradescope_email",
    "section",
    "also",
    "status",
)
MAX_ID_CHARS = 128  # nbgrader's column
_NOT_IN_IDS = frozenset('/\\*?[]{}<>|":')  # of paths, and of patterns that nbgrader looks for folders with


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A row of the roster; ``student`` is nbgrader's id and the name of the folder in ``submitted/``."""

    student: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""
    canvas_id: str = ""
    sis_user_id: str = ""
    sis_login_id: str = ""
    gradescope_sid: str = ""
    gradescope_email: str = ""
    section: str = ""
    also: tuple[str, ...] = ()  # other names that hand-ins come under, said by the instructor
    status: str = ACTIVE
    extra: tuple[tuple[str, str], ...] = ()  # columns of the instructor's own

    @property
    def active(self) -> bool:
        """Whether the person is still in the class."""
        return self.status != LEFT

    @property
    def name(self) -> str:
        """First and last name, else the id."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.student


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a file says about who somebody is; empty where it says nothing.

    ``sid`` is what Gradescope calls so: a student number, or whatever the university puts there. ``squashed`` is a
    name without spaces and marks, as Canvas writes it into file names.
    """

    student: str = ""
    name: str = ""
    email: str = ""
    login: str = ""
    canvas_id: str = ""
    sis_user_id: str = ""
    sid: str = ""
    squashed: str = ""

    def words(self) -> str:
        """Return what is known, for a person to read."""
        said = {f.name: getattr(self, f.name) for f in fields(self)}
        return ", ".join(
            text if kind in ("name", "student", "squashed") else f"{kind} {text}"
            for kind, text in said.items()
            if text and not (kind == "squashed" and self.name)
        )


@dataclass(frozen=True, slots=True)
class Match:
    """Who was found, and by what; or nobody, and why."""

    person: Person | None
    by: str = ""  # kinds of identities; "name" if there is none
    why_not: str = ""
    near: tuple[Person, ...] = ()  # whose name it is, if that alone does not tell


@dataclass(frozen=True)
class Roster:
    """The people of a course, in the order of the file."""

    people: tuple[Person, ...] = ()
    extra_columns: tuple[str, ...] = field(default=(), compare=False)

    @property
    def active(self) -> tuple[Person, ...]:
        """Who is in the class."""
        return tuple(person for person in self.people if person.active)

    @property
    def left(self) -> frozenset[str]:
        """The ids of those who left: in no report and no export, unless asked for."""
        return frozenset(person.student for person in self.people if not person.active)

    def get(self, student: str) -> Person | None:
        """Return the person with nbgrader's id, exactly."""
        return self._by_id.get(student)

    def find(self, claim: Claim) -> Match:
        """Return the one person whom a claim describes, or why there is none.

        An identity counts before a name. Nobody is returned if identities name several people, if the name is
        somebody else's, or if the name fits but an identity of the same kind differs.
        """
        said = self._also(claim)
        if said:
            return _one(said, "also", claim)
        voices = {kind: self._index[kind].get(key, ()) for kind, key in _keys(claim)}
        found = {person.student: person for people in voices.values() for person in people}
        by = ", ".join(kind for kind, people in voices.items() if people)
        named = self._named(claim)
        if len(found) == 1 and len(named) == 1 and named[0].student not in found:
            (person,) = found.values()
            return Match(
                None,
                by,
                f"{by} is {person.student}'s, but the name is {named[0].student}'s ({named[0].name})",
                near=(person, *named),
            )
        if found:
            return _one(tuple(found.values()), by, claim)
        if len(named) > 1:  # namesakes: the part before the @ may tell them apart
            local = fold((claim.email or claim.login).partition("@")[0])
            told = [p for p in named if local and local in (fold(p.student), fold(p.sis_login_id))]
            named = told if len(told) == 1 else named
        if len(named) == 1 and (other := _contradiction(claim, named[0])):
            return Match(None, "name", f"the name is {named[0].student}'s, but {other}", tuple(named))
        if named:
            return _one(tuple(named), "name", claim)
        return Match(None, why_not=f"nobody in the roster{self._nearest(claim)}")

    @cached_property
    def _by_id(self) -> dict[str, Person]:
        return {person.student: person for person in self.people}

    @cached_property
    def _index(self) -> dict[str, dict[str, tuple[Person, ...]]]:
        index: dict[str, dict[str, tuple[Person, ...]]] = {}
        for person in self.people:
            for kind, keys in _identities(person).items():
                of_kind = index.setdefault(kind, {})
                for key in keys:
                    of_kind[key] = (*of_kind.get(key, ()), person)
        return {
            kind: index.get(kind, {})
            for kind in ("student", "email", "login", "canvas_id", "sid", "sis_user_id")
        }

    @cached_property
    def _names(self) -> dict[str, tuple[Person, ...]]:
        names: dict[str, tuple[Person, ...]] = {}
        for person in self.people:
            for key in names_of(person):
                names[key] = (*names.get(key, ()), person)
        return names

    def _named(self, claim: Claim) -> list[Person]:
        if claim.name:
            return list(self._names.get(fold(claim.name), ()))
        if claim.squashed:
            return list(self._squashed.get(squash(claim.squashed), ()))
        return []

    @cached_property
    def _squashed(self) -> dict[str, tuple[Person, ...]]:
        names: dict[str, tuple[Person, ...]] = {}
        for person in self.people:
            last = squash(person.last_name)
            firsts = {squash(first) for first in first_names(person)}
            for key in {name for first in firsts for name in (last + first, first + last)} - {""}:
                names[key] = (*names.get(key, ()), person)
        return names

    def _also(self, claim: Claim) -> tuple[Person, ...]:
        """Return those to whom the instructor gave one of the claim's names."""
        said = {fold(getattr(claim, f.name)) for f in fields(claim)} - {""}
        found = {p.student: p for name in said for p in self._other_names.get(name, ())}
        return tuple(found.values())

    @cached_property
    def _other_names(self) -> dict[str, tuple[Person, ...]]:
        names: dict[str, tuple[Person, ...]] = {}
        for person in self.people:
            for key in {fold(name) for name in person.also}:
                names[key] = (*names.get(key, ()), person)
        return names

    def _nearest(self, claim: Claim) -> str:
        near = get_close_matches(fold(claim.name), self._names, n=1, cutoff=0.75) if claim.name else []
        return f" (nearest: {self._names[near[0]][0].name})" if near else ""


def _one(people: tuple[Person, ...], by: str, claim: Claim) -> Match:
    if len(people) == 1:
        return Match(people[0], by)
    ids = ", ".join(sorted(p.student for p in people))
    return Match(None, by, f"several people have this {by}: {ids}", people)


def fold(text: str) -> str:
    """Return a text as it is compared: whatever its case, spaces, apostrophes and the form of its accents."""
    plain = unicodedata.normalize("NFC", text).replace("’", "'").casefold()
    return unicodedata.normalize("NFC", " ".join(plain.split()))


def squash(text: str) -> str:
    """Return letters and digits alone, without accents."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in plain if c.isalnum())


def number(text: str) -> str:
    """Return a student number as it is compared: spreadsheets take leading zeros away."""
    text = fold(text)
    return text.lstrip("0") or "0" if text.isdecimal() else text


def names_of(person: Person) -> set[str]:
    """Return the full names, folded: first name first, and last name first."""
    last, names = fold(person.last_name), set()
    for first in first_names(person):
        both = (
            (f"{first} {last}", f"{last}, {first}", f"{last} {first}") if first and last else (first or last,)
        )
        names |= set(both)
    return names - {""}


def first_names(person: Person) -> set[str]:
    """Return what a person is called, folded: with a nickname in quotes or brackets, without it, and by it."""
    whole = fold(person.first_name)
    nick = re.search(r'["“”„(]([^"“”„()]+)["“”)]', whole)
    if nick is None:
        return {whole}
    return {whole, " ".join((whole[: nick.start()] + whole[nick.end() :]).split()), nick[1].strip()}


def split_name(name: str) -> tuple[str, str]:
    """Return first and last name of "Last, First" or "First Last"."""
    name = " ".join(name.split())
    last, comma, first = name.partition(",")
    if comma:
        return first.strip(), last.strip()
    first, _, last = name.rpartition(" ")
    return first, last


def _identities(person: Person) -> dict[str, set[str]]:
    emails = {fold(person.email), fold(person.gradescope_email)}
    login = fold(person.sis_login_id)
    if "@" in login:
        emails.add(login)
    numbers = {number(person.gradescope_sid), number(person.sis_user_id)} - {number("")}
    kinds = {
        "student": {fold(person.student)},
        "email": emails,
        "login": {login, *emails},
        "canvas_id": {number(person.canvas_id), number(person.lms_user_id)},
        "sis_user_id": numbers,
        "sid": {*numbers, login},
    }
    return {kind: keys - {""} for kind, keys in kinds.items()}


def _keys(claim: Claim) -> list[tuple[str, str]]:
    keys = {
        "student": fold(claim.student),
        "email": fold(claim.email),
        "login": fold(claim.login),
        "canvas_id": number(claim.canvas_id),
        "sis_user_id": number(claim.sis_user_id),
        "sid": number(claim.sid),
    }
    return [(kind, key) for kind, key in keys.items() if key]


def _contradiction(claim: Claim, person: Person) -> str:
    """Return which identity of a claim is not the person's, where both have one of the kind."""
    theirs = _identities(person)
    for kind, key in _keys(claim):
        if kind != "student" and theirs[kind] and key not in theirs[kind]:
            return f"{kind} {key} is not theirs ({', '.join(sorted(theirs[kind]))})"
    return ""


# -- the file ----------------------------------------------------------------------------------------


def load(course: CourseConfig) -> Roster:
    """Return the course's roster; an empty one if there is no file.

    Raises
    ------
    UsageError
        For a file that cannot be read as one, with the line.
    """
    path = path_of(course)
    if not path.is_file():
        return Roster()
    found = csv_files.read(path, ("student",))
    unknown = tuple(column for column in found.header if column and column not in COLUMNS)
    people: list[Person] = []
    for line, row in found.rows:
        where = f"{path}, line {line}"
        values = {name: unguarded(row.get(name, "")) for name in COLUMNS}
        if not any(values.values()):
            continue
        status = values["status"].lower() or ACTIVE
        if status not in (ACTIVE, LEFT):
            raise UsageError(f"{where}: status {status!r}; write {ACTIVE} or {LEFT}. Nothing was done.")
        if why := why_no_id(values["student"]):
            raise UsageError(f"{where}: student {values['student']!r} {why}; nothing was done. Correct it.")
        also = tuple(part for text in values["also"].split(";") if (part := text.strip()))
        extra = tuple((column, unguarded(row.get(column, ""))) for column in unknown)
        people.append(Person(**{**values, "status": status, "also": also, "extra": extra}))  # type: ignore[arg-type]
    refuse_doubles(people, str(path))
    return Roster(tuple(people), unknown)


def path_of(course: CourseConfig) -> Path:
    """Return where the roster lies."""
    return course.home / FILE_NAME


def as_csv(roster: Roster) -> bytes:
    """Return the file's content."""
    header = [*COLUMNS, *roster.extra_columns]
    rows = []
    for person in roster.people:
        row = {name: getattr(person, name) for name in COLUMNS} | dict(person.extra)
        rows.append([guarded(row.get(c, "")) for c in header if c != "also"])
        rows[-1].insert(header.index("also"), guarded("; ".join(person.also)))
    return csv_files.content(header, rows)


def refuse_doubles(people: Iterable[Person], where: str) -> None:
    """Refuse ids that a file system may take for one another.

    Raises
    ------
    UsageError
        With both.
    """
    seen: dict[str, str] = {}
    for person in people:
        other = seen.setdefault(fold(person.student), person.student)
        if other is not person.student:
            raise UsageError(
                f"{where}: two people have the student id {person.student!r}"
                + (f" (and {other!r})" if other != person.student else "")
                + "; nothing was done. Give each an id of their own."
            )


def why_no_id(student: str) -> str:
    """Say why a text cannot be a student's id, which is a folder's name; or nothing."""
    if not student:
        return "is empty"
    if len(student) > MAX_ID_CHARS or len(student.encode(errors="surrogatepass")) > 200:
        return f"is longer than {MAX_ID_CHARS} characters"
    if student != student.strip() or not student.isprintable():
        return "has control characters, or a space at an end"
    if student[0] in ".-~":
        return f"begins with {student[0]!r}"
    bad = sorted(set(student) & _NOT_IN_IDS)
    return f"has {' '.join(bad)} in it, which no folder's name may have" if bad else ""


_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def guarded(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; ``unguarded`` takes it back."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Return what ``guarded`` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def nbgrader_columns(person: Person) -> Mapping[str, str | None]:
    """Return a person's row in nbgrader's table of students, but the id."""
    return {
        "first_name": person.first_name or None,
        "last_name": person.last_name or None,
        "email": person.email or person.gradescope_email or None,
        "lms_user_id": person.lms_user_id or person.canvas_id or None,
    }


_Kept = TypeVar("_Kept")


def in_class(course: CourseConfig, found: Mapping[str, _Kept]) -> dict[str, _Kept]:
    """Return what is known by student's id, without those who left."""
    left = load(course).left
    return {student: one for student, one in found.items() if student not in left}


# -- shown -------------------------------------------------------------------------------------------


def as_dict(person: Person) -> dict[str, object]:
    """Return a person as JSON."""
    return {name: getattr(person, name) for name in COLUMNS} | dict(person.extra)


def as_table(people: Iterable[Person]) -> str:
    """Return a table for a terminal: who is who, and where they are known."""
    header = ["student", "name", "email", "Canvas", "SIS", "Gradescope", "section", "status"]
    rows = [
        [
            p.student,
            p.name,
            p.email or p.gradescope_email,
            p.canvas_id,
            p.sis_user_id or p.sis_login_id,
            p.gradescope_sid or p.gradescope_email,
            p.section,
            p.status,
        ]
        for p in sorted(people, key=lambda p: (fold(p.last_name), fold(p.first_name), p.student))
    ]
    kept = [i for i, name in enumerate(header) if i < 2 or name == "status" or any(row[i] for row in rows)]
    return table([header[i] for i in kept], [[safe(row[i], 48) for i in kept] for row in rows])
