"""Where each student stands in each assignment: what is known, and what is not (*trusted*).

*Not graded*, *waits for a person*, *nothing handed in* and 0 points are four different things. The gradebook alone
cannot tell them apart; with the hand-ins and our own results it can.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from autograder import gradebook
from autograder.classroom import penalties, stored
from autograder.classroom.lateness import Clock, naive
from autograder.classroom.roster import Person
from autograder.config import CourseConfig
from autograder.engine.batch import Job
from autograder.errors import UsageError
from autograder.late_rule import Charge, Lateness


class Status(StrEnum):
    """What can be said about a student's score."""

    GRADED = "graded"
    WAITS = "waits for a person"  # some points are known
    NOT_GRADED = "not graded"  # handed in, and no score is known
    NOTHING = "nothing handed in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A graded cell of an assignment."""

    name: str
    points: float
    manual: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What the gradebook has for one question of one hand-in; in points."""

    auto: float | None
    by_hand: float | None
    extra: float
    waits: bool

    @property
    def value(self) -> float | None:
        """The points as nbgrader counts them; None if nobody gave any."""
        given = self.auto if self.by_hand is None else self.by_hand
        return None if given is None else given + self.extra


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One student in one assignment. ``charge`` is of the points so far; of what is not graded there is none."""

    student: str
    status: Status
    why: str = ""
    scores: dict[str, Score]  # by question
    charge: Charge | None = None
    lateness: Lateness
    handed_in: datetime | None = None  # of the hand-in that was graded, UTC

    @property
    def final(self) -> float | None:
        """The score that may leave the house, in points; None unless every point is known."""
        return self.charge.final if self.charge is not None and self.status is Status.GRADED else None

    @property
    def reason(self) -> str:
        """Why there is no score yet, and why points were taken."""
        late = self.charge.why if self.charge else self.lateness.why()
        return "; ".join(text for text in (self.why, late) if text)


@dataclass(frozen=True)
class Assignment:
    """An assignment of the gradebook, and where everybody stands in it."""

    name: str
    due: datetime | None  # everybody's; as in the gradebook UTC, without an offset
    questions: tuple[Question, ...]
    standings: dict[str, Standing]
    notes: tuple[str, ...] = ()

    @cached_property
    def maximum(self) -> float:
        """What all questions can give, in points."""
        return round(sum(question.points for question in self.questions), 6)

    def of(self, status: Status) -> list[str]:
        """Return the students of whom that can be said."""
        return [student for student, one in self.standings.items() if one.status is status]


@dataclass(frozen=True, slots=True)
class Class:
    """Everybody of a course and the assignments that were asked for."""

    people: tuple[Person, ...]  # by student id
    assignments: tuple[Assignment, ...]


def read(
    course: CourseConfig, wanted: Collection[str] = (), *, with_left: bool = False, if_known: bool = False
) -> Class:
    """Read where everybody stands in the ``wanted`` assignments (default: all of the gradebook).

    ``if_known``: an assignment that is not in the gradebook is left out.

    Raises
    ------
    UsageError
        If there is no gradebook yet, or no such assignment in it.
    """
    require_gradebook(course)
    with penalties.quietly_opened(course) as book:
        known = sorted(a.name for a in book.assignments)
        for name in wanted:
            if name not in known and not if_known:
                there = ", ".join(known) or "none"
                raise UsageError(
                    f"{name!r}: no such assignment in the gradebook; nothing was written.\nThere are: {there}."
                )
        clock = Clock(course)
        people = _people(course, book, clock, with_left=with_left)
        return Class(
            people,
            tuple(
                _assignment(book, course, clock, assignment, people)
                for assignment in sorted(book.assignments, key=lambda a: str(a.name))
                if not wanted or assignment.name in wanted
            ),
        )


def require_gradebook(course: CourseConfig) -> None:
    """Refuse a course whose gradebook would only be made by looking into it."""
    gradebook.require(course.db_url)


def _people(course: CourseConfig, book: Any, clock: Clock, *, with_left: bool) -> tuple[Person, ...]:
    """Return who is in the roster, the gradebook or ``submitted/``, but those who left."""
    found = {person.student: person for person in clock.roster.people}
    for row in book.students:
        person = Person(
            student=str(row.id),
            first_name=row.first_name or "",
            last_name=row.last_name or "",
            email=row.email or "",
            lms_user_id=row.lms_user_id or "",
        )
        found.setdefault(person.student, person)
    for student in clock.students():
        if not student.startswith(".") and (course.submitted / student).is_dir():
            found.setdefault(student, Person(student=student))
    return tuple(found[name] for name in sorted(found) if with_left or found[name].active)


def _assignment(
    book: Any, course: CourseConfig, clock: Clock, assignment: Any, people: tuple[Person, ...]
) -> Assignment:
    late = clock.of_class(assignment.name)
    questions = {
        cell.id: Question(
            name=cell.name if len(assignment.notebooks) == 1 else f"{notebook.name}/{cell.name}",
            points=float(cell.max_score),
            manual=cell.name in {c.name for c in (*notebook.solution_cells, *notebook.task_cells)},
        )
        for notebook in assignment.notebooks
        for cell in (*notebook.grade_cells, *notebook.task_cells)
    }
    due = naive(course.due_dates.get(assignment.name)) or assignment.duedate
    found = Assignment(str(assignment.name), due, tuple(questions.values()), {}, late.notes)
    scores = _scores(book, assignment, {cell: question.name for cell, question in questions.items()})
    rows = {str(row.student_id): row for row in assignment.submissions}
    for person in people:
        row = rows.get(person.student)
        if row is None:
            there = person.student in late.by_student
            found.standings[person.student] = Standing(
                student=person.student,
                status=Status.NOT_GRADED if there else Status.NOTHING,
                why=f"run: autograder grade {assignment.name}" if there else "",
                scores={},
                lateness=late.get(person.student),
            )
        else:
            found.standings[person.student] = _standing(
                course, found, row, late.by_student.get(person.student), scores.get(row.id, {})
            )
    return found


def _standing(
    course: CourseConfig,
    assignment: Assignment,
    row: Any,
    lateness: Lateness | None,
    scores: dict[str, Score],
) -> Standing:
    student = str(row.student_id)
    raw = round(sum(score.value or 0.0 for score in scores.values()), 6)
    if lateness is None:  # its files lie elsewhere now
        penalty = float(row.late_submission_penalty or 0.0)
        charge = Charge(
            raw, penalty, max(0.0, round(raw - penalty, 6)), "as the gradebook has it" if penalty else ""
        )
    else:
        charge = lateness.charge(raw, assignment.maximum)
    status, why = _status(course, assignment, row, lateness, scores)
    return Standing(
        student=student,
        status=status,
        why=why,
        scores=scores,
        charge=None if status is Status.NOT_GRADED else charge,
        lateness=lateness or Lateness(),
        handed_in=row.timestamp,
    )


def _status(
    course: CourseConfig,
    assignment: Assignment,
    row: Any,
    lateness: Lateness | None,
    scores: dict[str, Score],
) -> tuple[Status, str]:
    """Return what can be said about a hand-in that the gradebook knows, and why it is not a score."""
    if lateness is not None and penalties.handed_in_again(row.timestamp, lateness):
        return Status.NOT_GRADED, f"handed in again since; run: autograder grade {assignment.name}"
    automatic = [question.name for question in assignment.questions if not question.manual]
    unknown = [name for name in automatic if name not in scores or scores[name].value is None]
    # In the notebook's order: a database gives its rows in any.
    named = [question.name for question in assignment.questions]
    flagged = [name for name in named if name in scores and scores[name].waits]
    if unknown or set(flagged) & set(automatic):
        fault = _fault(course, assignment.name, str(row.student_id))
        if fault or unknown:
            return Status.NOT_GRADED, fault or f"no score for {', '.join(unknown)}"
    if flagged:
        return Status.WAITS, f"{', '.join(flagged)} wait{'s' * (len(flagged) == 1)} for a person"
    return Status.GRADED, ""


def _fault(course: CourseConfig, assignment: str, student: str) -> str:
    """Return why the last grading gave no score, or nothing."""
    job = Job(student, course.autograded / student / assignment)
    result = stored.finished(course, assignment, job, None)
    if result is None or result.graded:
        return ""
    return "; ".join(result.staff_notes or result.notices)[:300] or "the grader gave no score"


def _scores(book: Any, assignment: Any, names: dict[str, str]) -> dict[str, dict[str, Score]]:
    """Return the scores by submission and question, in one query."""
    api, sql = gradebook.nbgrader_module("nbgrader.api"), gradebook.nbgrader_module("sqlalchemy")
    grade, notebook, submission = api.Grade, api.SubmittedNotebook, api.SubmittedAssignment
    query = (
        sql.select(
            submission.id,
            grade.cell_id,
            grade.auto_score,
            grade.manual_score,
            grade.extra_credit,
            grade.needs_manual_grade,
        )
        .join(notebook, notebook.id == grade.notebook_id)
        .join(submission, submission.id == notebook.assignment_id)
        .where(submission.assignment_id == assignment.id)
    )
    found: dict[str, dict[str, Score]] = {}
    for row, cell, auto, by_hand, extra, waits in book.db.execute(query):
        if cell in names:
            found.setdefault(row, {})[names[cell]] = Score(
                auto=auto, by_hand=by_hand, extra=extra or 0.0, waits=bool(waits)
            )
    return found
