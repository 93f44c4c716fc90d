"""What people gave in the formgrader: scores, extra credit, comments, and for which answer (*trusted*).

nbgrader's gradebook holds all of it and we change none of it. One table of ours lies beside nbgrader's: the answer that
a score by hand is about, so that an answer that has changed since is shown to a person again.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.gradebook import nbgrader_module, open_gradebook

if TYPE_CHECKING:
    from autograder.config import CourseConfig
    from autograder.model import GradingResult, Question

TABLE = "autograder_answer"


@dataclass(frozen=True, slots=True)
class Given:
    """What a person gave for one cell; ``waits``: one should look at it (again)."""

    manual_score: float | None = None  # points; over ours, if there is one
    extra_credit: float | None = None  # points
    comment: str = ""  # Markdown, as it was typed
    waits: bool = False


NOTHING: Mapping[str, Given] = {}


def score_of(result: GradingResult, question: Question, given: Mapping[str, Given] = NOTHING) -> float | None:
    """Return a question's points as nbgrader counts them, a person's before ours; None: nobody has graded it."""
    found = given.get(question.name, Given())
    own = None if question.manual or not result.graded else result.score_of(question.name)
    score = own if found.manual_score is None else found.manual_score
    if score is None and not found.extra_credit:
        return None
    return round((score or 0.0) + (found.extra_credit or 0.0), 2)


def given_in(course: CourseConfig, assignment: str) -> dict[str, dict[str, Given]]:
    """Return what people gave, by student and cell; of a gradebook that is not there yet, nothing."""
    database = course.db_url.removeprefix("sqlite:///")
    if database != course.db_url and not Path(database).is_file():
        return {}
    with warnings.catch_warnings(), open_gradebook(course.db_url, course.course_id) as gradebook:
        warnings.simplefilter("ignore")  # SQLAlchemy's, about nbgrader's own code
        return read(gradebook, assignment)


def read(gradebook: Any, assignment: str) -> dict[str, dict[str, Given]]:
    """Return what people gave, by student and cell, in two queries, however large the class."""
    api = nbgrader_module("nbgrader.api")
    found: dict[str, dict[str, Given]] = {}
    for kind, columns in (
        (api.Grade, (api.Grade.manual_score, api.Grade.extra_credit, api.Grade.needs_manual_grade)),
        (api.Comment, (api.Comment.manual_comment, api.Comment.auto_comment)),
    ):
        rows = (
            gradebook.db.query(api.SubmittedAssignment.student_id, api.BaseCell.name, *columns)
            .select_from(kind)
            .join(api.BaseCell, api.BaseCell.id == kind.cell_id)
            .join(api.SubmittedNotebook, api.SubmittedNotebook.id == kind.notebook_id)
            .join(api.SubmittedAssignment, api.SubmittedAssignment.id == api.SubmittedNotebook.assignment_id)
            .join(api.Assignment, api.Assignment.id == api.SubmittedAssignment.assignment_id)
            .filter(api.Assignment.name == assignment)
        )
        for student, cell, *values in rows:
            cells = found.setdefault(str(student), {})
            if kind is api.Grade:
                cells[str(cell)] = Given(values[0], values[1], waits=bool(values[2]))
            else:
                before = cells.get(str(cell), Given())
                comment = values[0] or values[1] or ""
                cells[str(cell)] = Given(before.manual_score, before.extra_credit, str(comment), before.waits)
    return found


class Answers:
    """The answers that scores by hand are about, by the id of nbgrader's grade; in the gradebook's transaction."""

    def __init__(self, gradebook: Any) -> None:
        sqlalchemy = nbgrader_module("sqlalchemy")
        self.db = gradebook.db
        self.table = sqlalchemy.Table(
            TABLE,
            sqlalchemy.MetaData(),
            sqlalchemy.Column("grade_id", sqlalchemy.String(32), primary_key=True),
            sqlalchemy.Column("digest", sqlalchemy.String(64), nullable=False),
        )
        self.table.create(self.db.connection(), checkfirst=True)

    def changed(self, grade_id: str, digest: str) -> bool:
        """Note an answer; return whether it is another one than was noted before."""
        mine = self.table.c.grade_id == grade_id
        row = self.db.execute(self.table.select().where(mine)).one_or_none()
        if row is None:
            self.db.execute(self.table.insert().values(grade_id=grade_id, digest=digest))
        elif row.digest != digest:
            self.db.execute(self.table.update().where(mine).values(digest=digest))
        return row is not None and row.digest != digest
