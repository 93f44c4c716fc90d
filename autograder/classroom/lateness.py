"""When the hand-ins of a class came, against when each was due (*trusted*).

``timestamp.txt`` against ``due_dates`` and the extensions, read anew each time: a changed due date or an extension
needs no release and no grading. What it costs says ``late_rule``.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from autograder.classroom import csv_files, roster, times
from autograder.classroom.discover import NOT_STUDENTS
from autograder.config import CourseConfig, checked_extension
from autograder.errors import UsageError
from autograder.late_rule import Charge, Extension, Lateness
from autograder.messages import safe
from autograder.model import GradingResult

EVERY = "*"  # every assignment
_MAX_BYTES = 4096
_NO_FILE = f"no {times.FILE_NAME}"


@dataclass(frozen=True, slots=True)
class ClassLateness:
    """Each hand-in's lateness by student; and sentences for staff about what could not be told."""

    by_student: Mapping[str, Lateness]
    notes: tuple[str, ...] = ()

    def get(self, student: str) -> Lateness:
        """Return a hand-in's lateness; of one that is not there, one that says nothing."""
        return self.by_student.get(student, Lateness())

    def charge_of(self, student: str, result: GradingResult) -> Charge | None:
        """Return what a result's points become; None where lateness has nothing to say."""
        return self.get(student).charge_of(result)

    def charges_of(self, results: Mapping[str, GradingResult]) -> dict[str, Charge]:
        """Return the same for a class: of those about whom there is something to say."""
        charges: dict[str, Charge] = {}
        for student, result in results.items():
            with suppress(Exception):  # whoever shows that result says what is wrong with it
                charge = self.charge_of(student, result)
                if charge is not None:
                    charges[student] = charge
        return charges


class Clock:
    """A course's deadlines, and its students' extensions and slack days.

    Raises
    ------
    UsageError
        For a roster or a table of extensions that cannot be read.
    """

    def __init__(self, course: CourseConfig) -> None:
        self.course = course
        self.extensions = _extensions(course)
        self.roster = roster.load(course)
        self._students: tuple[str, ...] | None = None

    def deadline(self, assignment: str, student: str) -> tuple[datetime | None, bool]:
        """Return when a hand-in is due, and whether an extension says so."""
        due = self.course.due_dates.get(assignment)
        if due is None:
            return None, False
        extension = self.extensions.get((assignment, student), self.extensions.get((EVERY, student)))
        return (due, False) if extension is None else (extension.apply(due), True)

    def of_class(self, assignment: str) -> ClassLateness:
        """Return the lateness of every hand-in of an assignment in ``submitted/``."""
        found = {
            student: self.of(assignment, student)
            for student in self.students()
            if os.path.lexists(self.course.submitted / student / assignment)
        }
        return ClassLateness(found, (*self._unknown_people(assignment), *_unknown_times(assignment, found)))

    def of(self, assignment: str, student: str) -> Lateness:
        """Return the lateness of one hand-in, after what earlier ones took from the student's slack days."""
        left = self.course.late.slack_days
        if left:
            for earlier in self._before(assignment):
                left = self._one(earlier, student, left).slack_left
        return self._one(assignment, student, left)

    def students(self) -> tuple[str, ...]:
        """Return the names of the folders in ``submitted/``."""
        if self._students is None:
            try:
                names = sorted(entry.name for entry in os.scandir(self.course.submitted))
            except OSError:
                names = []
            self._students = tuple(name for name in names if name not in NOT_STUDENTS)
        return self._students

    def _before(self, assignment: str) -> list[str]:
        due = self.course.due_dates
        if assignment not in due:
            return []
        return sorted(
            (n for n in due if (due[n], n) < (due[assignment], assignment)), key=lambda n: (due[n], n)
        )

    def _one(self, assignment: str, student: str, slack: int) -> Lateness:
        due, extended = self.deadline(assignment, student)
        rule = self.course.late_rule(assignment)
        time, unknown = handed_in_at(self.course.submitted / student / assignment)
        if due is None:
            return Lateness(rule=rule, handed_in=time, unknown=unknown, slack_left=slack)
        plain = Lateness(
            rule=rule, due=due, extended=extended, handed_in=time, unknown=unknown, slack_left=slack
        )
        most = slack if rule.slack_days_each is None else min(slack, rule.slack_days_each)
        used = min(plain.days, most)
        if not used:
            return plain
        return Lateness(
            rule=rule, due=due, extended=extended, handed_in=time, slack_used=used, slack_left=slack - used
        )

    def _unknown_people(self, assignment: str) -> list[str]:
        """Return a sentence about each extension of somebody whom the course does not know: a slip of the pen, perhaps."""
        if assignment not in self.course.due_dates:
            return []
        known = {*self.students(), *(person.student for person in self.roster.people)}
        named = sorted({s for a, s in self.extensions if a in (assignment, EVERY)} - known)
        return [
            f"{student!r} has an extension, but is not in the roster and has handed in nothing: is the name right?"
            for student in named
        ]


def of_class(course: CourseConfig, assignment: str) -> ClassLateness:
    """Return the lateness of every hand-in of an assignment; see ``Clock``."""
    return Clock(course).of_class(assignment)


def _unknown_times(assignment: str, found: Mapping[str, Lateness]) -> list[str]:
    unknown = {s: one.unknown for s, one in found.items() if one.due is not None and one.handed_in is None}
    notes = [
        f"{s}: {why}; counts as in time. Correct the file" for s, why in unknown.items() if why != _NO_FILE
    ]
    without = [student for student, why in unknown.items() if why == _NO_FILE]
    if without:
        names = ", ".join(safe(name, 60) for name in without[:8]) + (
            f" and {len(without) - 8} more" if len(without) > 8 else ""
        )
        notes.append(
            f"{assignment}: {len(without)} hand-in(s) without {times.FILE_NAME}, so nobody knows when they came; they count "
            f"as in time: {names}"
        )
    return notes


# -- extensions --------------------------------------------------------------------------------------


def _extensions(course: CourseConfig) -> dict[tuple[str, str], Extension]:
    """Return all extensions by assignment and student; a table and the course file may not say two things."""
    found: dict[tuple[str, str], tuple[Extension, str]] = {}

    def add(assignment: str, student: str, extension: Extension, where: str) -> None:
        due = course.due_dates.get(assignment)
        if assignment != EVERY and due is None:
            there = ", ".join(sorted(course.due_dates)) or "none"
            raise UsageError(
                f"{where}: {assignment!r} has no due date to extend; nothing was done. "
                f"c.Autograder.due_dates has: {there}."
            )
        if assignment == EVERY and extension.until is not None:
            raise UsageError(
                f"{where}: one time cannot be the due time of every assignment; nothing was done. Write how much later: '2 days'."
            )
        if due is not None and extension.apply(due) < due:
            raise UsageError(
                f"{where}: {extension.until} is before the due date, {due}; nothing was done. Correct it."
            )
        first = found.setdefault((assignment, student), (extension, where))
        if first[0] != extension:
            raise UsageError(
                f"{where}: {student!r} has another extension for {assignment!r} at {first[1]}; nothing was done. Keep one."
            )

    for assignment, of_students in course.extensions.items():
        for student, extension in of_students.items():
            add(assignment, student, extension, f"c.Autograder.extensions[{assignment!r}][{student!r}]")
    path = course.extensions_file
    if path is not None and os.path.lexists(path):
        for line, row in csv_files.read(path, ("assignment", "student", "extension")).rows:
            if not row.get("extension"):
                continue
            where = f"{path}, line {line}"
            if not row.get("assignment") or not row.get("student"):
                raise UsageError(f"{where}: no assignment, or no student; nothing was done. Fill it in.")
            extension = checked_extension(row["extension"], f"{where}: extension")
            add(row["assignment"], roster.unguarded(row["student"]), extension, where)
    return {key: extension for key, (extension, _) in found.items()}


# -- timestamp.txt -----------------------------------------------------------------------------------


def handed_in_at(folder: Path) -> tuple[datetime | None, str]:
    """Return when a hand-in came, in UTC; or None and why that is not known.

    A file that is behind a link, is too long or says no time is not believed.
    """
    if folder.is_symlink() or folder.parent.is_symlink():
        return None, "its folder is behind a link"
    try:
        text = _small_file(folder / times.FILE_NAME)
    except FileNotFoundError:
        return None, _NO_FILE
    except (OSError, ValueError) as error:
        return None, f"{times.FILE_NAME} cannot be read ({getattr(error, 'strerror', None) or error})"
    try:
        return times.read(text), ""
    except ValueError:
        return None, f"{times.FILE_NAME} says no time that can be read: {text.strip()[:60]!r}"


def _small_file(path: Path) -> str:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it is no file")
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise ValueError("it is too long")
    return data.decode("utf-8-sig")


def naive(time: datetime | None) -> datetime | None:
    """Return a time as nbgrader's gradebook keeps it: in UTC, without saying so."""
    return None if time is None else time.astimezone(UTC).replace(tzinfo=None)


def extension_of(course: CourseConfig, assignment: str, lateness: Lateness) -> timedelta | None:
    """Return how much later than everybody's a hand-in is due, as nbgrader's gradebook keeps it."""
    due = course.due_dates.get(assignment)
    if due is None or lateness.due is None or not lateness.extended:
        return None
    return lateness.due - due
