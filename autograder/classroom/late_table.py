"""The table of ``autograder late``: when each hand-in came and what that costs (*trusted*)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path

from autograder.classroom import lateness, standing
from autograder.classroom.lateness import Clock
from autograder.classroom.standing import Standing, Status
from autograder.config import CourseConfig
from autograder.errors import UsageError
from autograder.late_rule import Charge, Lateness, duration, moment
from autograder.messages import safe
from autograder.model import GradingResult
from autograder.report import table

HEADER = ("student", "handed in", "late by", "raw", "penalty", "final", "why")


@dataclass(frozen=True, slots=True, kw_only=True)
class LateRow:
    """One student; points are None where there are none yet."""

    student: str
    handed_in: str
    due: str
    late_s: float
    raw: float | None
    penalty: float | None
    final: float | None
    slack_left: int
    status: str
    why: str


@dataclass(frozen=True, slots=True)
class LateTable:
    """Rows, a line about the rule and the class, and what staff should look at."""

    assignment: str
    rows: tuple[LateRow, ...]
    summary: str
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """Return plain data."""
        rows = [{name: getattr(row, name) for name in LateRow.__slots__} for row in self.rows]
        return {"assignment": self.assignment, "summary": self.summary, "students": rows}

    def text(self, width: int | None = None) -> str:
        """Return what a terminal of so many columns shows; None: of any."""
        cells = [
            [
                safe(row.student, 60),
                row.handed_in or "–",
                duration_words(row.late_s),
                *(f"{p:g}" if p is not None else "–" for p in (row.raw, row.penalty, row.final)),
                row.why,
            ]
            for row in self.rows
        ]
        return "\n".join([*([table(HEADER, cells, width), ""] if cells else []), self.summary])


def duration_words(seconds: float) -> str:
    """Return how late, or a dash."""
    return duration(timedelta(seconds=seconds)) if seconds else "–"


def of_assignment(course: CourseConfig, assignment: str, *, everybody: bool = False) -> LateTable:
    """Return who was late or has an extension, and whose time is not known; or everybody.

    Raises
    ------
    UsageError
        If the course has no such assignment.
    """
    clock = Clock(course)
    found = clock.of_class(assignment)
    standings = _standings(course, assignment)
    if not found.by_student and not standings and assignment not in course.due_dates:
        raise UsageError(
            f"{assignment!r}: no such assignment, as no due date, no hand-in and no score is there; nothing was done."
        )
    left = clock.roster.left
    names = sorted(({*found.by_student, *(standings if everybody else ())}) - left)
    rows = [_row(name, found.by_student.get(name), standings.get(name)) for name in names]
    wanted = tuple(row for row in rows if everybody or _tells(found.get(row.student)))
    late = sum(found.get(name).late_by.total_seconds() > 0 for name in names)
    return LateTable(
        assignment,
        wanted,
        _summary(course, assignment, len(set(names) & found.by_student.keys()), late),
        found.notes,
    )


def charges_of(
    course: CourseConfig, assignment: str, results: Mapping[str, GradingResult]
) -> dict[str, Charge]:
    """Return what lateness makes of points, of those about whom there is something to say.

    Where it takes something from somebody, the points are everybody's in the gradebook, with those that people gave.
    """
    charges = lateness.of_class(course, assignment).charges_of(results)
    if any(charge.penalty for charge in charges.values()):
        standings = _standings(course, assignment)
        charges |= {name: one.charge for name, one in standings.items() if one.charge is not None}
    return charges


def columns(results: Mapping[str, GradingResult], charges: Mapping[str, Charge]) -> dict[str, dict[str, str]]:
    """Return columns for a table of points, by header and student: given by hand, taken for lateness, and what is left.

    None where lateness takes nothing from anybody.
    """
    found: dict[str, dict[str, str]] = {"by hand": {}, "late": {}, "final": {}}
    if not any(charge.penalty for charge in charges.values()):
        return {}
    for name, result in results.items():
        with suppress(Exception):  # the table says what is wrong with it
            charge = charges.get(name) or Charge(result.score, 0.0, result.score)
            by_hand = round(charge.raw - result.score, 2)
            if result.graded:
                found["by hand"][name] = f"{by_hand:+g}" if by_hand else ""
                found["late"][name] = f"−{charge.penalty:g}" if charge.penalty else ""
                found["final"][name] = f"{charge.final:g}"
    return {header: column for header, column in found.items() if header != "by hand" or any(column.values())}


def _tells(late: Lateness) -> bool:
    """Tell whether there is something to say about when a hand-in came."""
    return bool(late.why()) or bool(late.due and late.unknown)


def _standings(course: CourseConfig, assignment: str) -> dict[str, Standing]:
    """Return the gradebook's scores, if it knows the assignment."""
    database = course.db_url.removeprefix("sqlite:///")
    if database != course.db_url and not Path(database).is_file():
        return {}
    found = standing.read(course, [assignment], if_known=True)
    return found.assignments[0].standings if found.assignments else {}


def _row(student: str, late: Lateness | None, one: Standing | None) -> LateRow:
    charge = one.charge if one is not None else None
    status = one.status if one is not None else Status.NOT_GRADED
    late = late or Lateness()
    handed_in, due = late.handed_in, late.due
    time = f"counts as in time: {late.unknown}" if due and late.unknown else late.why()
    open_ = (one.why or status.value) if one is not None and status is not Status.GRADED else ""
    charged = charge.why if charge is not None else ""  # the floor shows only where there are points
    why = "; ".join(text for text in (charged or time, open_.split(". ")[0][:120]) if text)
    return LateRow(
        student=student,
        handed_in=moment(handed_in.astimezone(due.tzinfo if due else UTC)) if handed_in else "",
        due=moment(due) if due else "",
        late_s=late.late_by.total_seconds(),
        raw=charge.raw if charge else None,
        penalty=charge.penalty if charge else None,
        final=charge.final if charge else None,
        slack_left=late.slack_left,
        status=status.value,
        why=why or "in time",
    )


def _summary(course: CourseConfig, assignment: str, count: int, late: int) -> str:
    due = course.due_dates.get(assignment)
    if due is None:
        return f"{assignment}: no due date in c.Autograder.due_dates, so nothing is late. {count} hand-ins."
    return f"{assignment}: due {moment(due)}; {late} of {count} hand-ins late. Rule: {course.late_rule(assignment).words()}."
