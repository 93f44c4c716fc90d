"""The gradebook as CSV: nbgrader's columns, and a long table with a row per question and check (*trusted*)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal

from autograder.classroom import stored
from autograder.classroom.roster import Person
from autograder.classroom.standing import Assignment, Class, Score, Standing, Status
from autograder.config import CourseConfig
from autograder.engine.batch import Job
from autograder.results_json import WORDS

NBGRADER = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
)
OURS = ("status", "why")  # after nbgrader's columns: what a number alone does not say
LONG = (
    "row",  # assignment, question or check: filter by it before you add up
    "assignment",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "question",
    "check",
    "title",
    "hidden",
    "status",
    "by",  # checks, or a person
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
    "why",
)
# What makes a spreadsheet take a text for a formula, whatever stands before it that it would drop.
_FORMULA = tuple("=+-@|%＝＋－＠")
_DROPPED = "'\" \u00a0\ufffd"
_JOINERS = "\u200c\u200d"  # part of names in several scripts


def text_cell(text: str) -> str:
    """Return a text on one line that no spreadsheet takes for a formula: before one that it would stands an apostrophe."""
    shown = "".join(c if c.isprintable() or c in _JOINERS else " " if c.isspace() else "\ufffd" for c in text)
    return f"'{shown}" if shown.lstrip(_DROPPED).startswith(_FORMULA) else shown


def number_cell(points: float | None) -> str:
    """Return points as nbgrader writes them; nothing for none."""
    return "" if points is None else str(round(float(points), 6))


def cents(points: float) -> str:
    """Return points with two decimals, half up."""
    return str(Decimal(str(round(points, 6))).quantize(Decimal("0.01"), ROUND_HALF_UP))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a CSV file; every cell is a text, and none becomes a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def nbgrader_csv(found: Class, *, missing_as_zero: bool = False) -> bytes:
    """Return nbgrader's CSV with ``status`` and ``why`` after its columns.

    Of what is not graded, and where nothing was handed in, the scores are empty; of what waits for a person they are
    the points so far.
    """
    rows = []
    for assignment in found.assignments:
        for person in found.people:
            one = assignment.standings[person.student]
            charge = one.charge
            zero = 0.0 if missing_as_zero and one.status is Status.NOTHING else None
            points = (charge.raw, charge.penalty, charge.final) if charge else (zero, zero, zero)
            rows.append(
                [
                    text_cell(assignment.name),
                    str(assignment.due or ""),
                    str(one.handed_in or ""),
                    *_who(person),
                    *map(number_cell, points),
                    number_cell(assignment.maximum),
                    one.status.value,
                    text_cell(one.reason),
                ]
            )
    return table((*NBGRADER, *OURS), rows)


def long_csv(course: CourseConfig, found: Class, *, missing_as_zero: bool = False) -> bytes:
    """Return a row per assignment, per question and per check of every student; ``score`` only where all is known."""
    rows: list[list[str]] = []
    for assignment in found.assignments:
        for person in found.people:
            rows += _long_rows(course, assignment, person, missing_as_zero=missing_as_zero)
    return table(LONG, rows)


def _long_rows(
    course: CourseConfig, assignment: Assignment, person: Person, *, missing_as_zero: bool
) -> Iterator[list[str]]:
    one = assignment.standings[person.student]

    def row(kind: str, **cells: str) -> list[str]:
        who = dict(zip(("student_id", "last_name", "first_name", "email"), _who(person), strict=True))
        known = {"row": kind, "assignment": text_cell(assignment.name), **who, **cells}
        return [known.get(column, "") for column in LONG]

    final = 0.0 if missing_as_zero and one.status is Status.NOTHING else one.final
    yield row(
        "assignment",
        status=one.status.value,
        raw_score=number_cell(one.charge.raw if one.charge else None),
        late_submission_penalty=number_cell(one.charge.penalty if one.charge else None),
        score=number_cell(final),
        max_score=number_cell(assignment.maximum),
        why=text_cell(one.reason),
    )
    for question in assignment.questions:
        score = one.scores.get(question.name)
        yield row(
            "question",
            question=text_cell(question.name),
            status=_status(one, score).value,
            by=_by(score, manual=question.manual),
            score=number_cell(score.value if score and _status(one, score) is Status.GRADED else None),
            max_score=number_cell(question.points),
        )
    if one.status in (Status.NOTHING, Status.NOT_GRADED):
        return  # what an earlier run found out is of another hand-in, or no finding
    job = Job(person.student, course.autograded / person.student / assignment.name)
    result = stored.finished(course, assignment.name, job, None)
    for check in result.checks if result is not None and result.graded else ():
        yield row(
            "check",
            question=text_cell(check.question),
            check=text_cell(check.name),
            title=text_cell(check.title),
            hidden="yes" if check.hidden else "no",
            status=WORDS[check.outcome],
            by="checks",
            score=number_cell(check.score),
            max_score=number_cell(check.max_score),
            why=text_cell(check.reason),
        )


def _status(one: Standing, score: Score | None) -> Status:
    """Return what can be said about one question."""
    if one.status in (Status.NOTHING, Status.NOT_GRADED):
        return one.status
    if score is None or score.waits or score.value is None:
        return Status.WAITS
    return Status.GRADED


def _by(score: Score | None, *, manual: bool) -> str:
    return "a person" if manual or (score is not None and score.by_hand is not None) else "checks"


def _who(person: Person) -> list[str]:
    return [text_cell(t) for t in (person.student, person.last_name, person.first_name, person.email)]
