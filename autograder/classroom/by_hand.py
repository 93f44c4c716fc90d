"""What people gave in the formgrader: scores, extra credit, comments, and for which answer (*trusted*).

nbgrader's gradebook holds all of it and we change none of it. One table of ours lies beside nbgrader's: the answer that
a score by hand is about, so that an answer that has changed since is shown to a person again.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.gradebook import nbgrader_module, open_gradebook
from autograder.several import ambiguous, full_name

if TYPE_CHECKING:
    from autograder.config import CourseConfig
    from autograder.model import GradingResult, Question

TABLE = "autograder_answer"
NO_RESPONSE = "No response."  # nbgrader's words for an answer that is as released


@dataclass(frozen=True, slots=True)
class Given:
    """What a person gave for one cell; ``waits``: one should look at it (again)."""

    manual_score: float | None = None  # points; over ours, if there is one
    extra_credit: float | None = None  # points
    comment: str = ""  # Markdown, as it was typed
    waits: bool = False

    @property
    def unanswered(self) -> bool:
        """Whether the answer is as it was released; its comment is nbgrader's then, and no person's."""
        return self.comment == NO_RESPONSE


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
    columns: tuple[Any, ...] = (api.Grade.manual_score, api.Grade.extra_credit, api.Grade.needs_manual_grade)
    for student, cell, _, score, extra, waits in _rows(gradebook, assignment, api.Grade, *columns):
        found.setdefault(student, {})[cell] = Given(score, extra, waits=bool(waits))
    columns = (api.Comment.manual_comment, api.Comment.auto_comment)
    for student, cell, _, manual, auto in _rows(gradebook, assignment, api.Comment, *columns):
        cells = found.setdefault(student, {})
        cells[cell] = replace(cells.get(cell, Given()), comment=str(manual or auto or ""))
    return found


def note_answers(gradebook: Any, assignment: str, results: Mapping[str, GradingResult]) -> None:
    """Note which answers the class's scores by hand are about; part of the transaction that writes our scores.

    An answer that is another one than was scored is flagged for a person; one that is as released has nbgrader's comment
    for that. A few queries, whatever the size of the class. Results without a score, and of questions without a known
    answer, change nothing.
    """
    found = {(name, cell): answer for name, result in results.items() for cell, answer in _answers(result)}
    if not found:
        return
    api, sql, db = nbgrader_module("nbgrader.api"), nbgrader_module("sqlalchemy"), gradebook.db
    db.flush()
    table = sql.Table(
        TABLE,
        sql.MetaData(),
        sql.Column("grade_id", sql.String(32), primary_key=True),
        sql.Column("digest", sql.String(64), nullable=False),
    )
    table.create(db.connection(), checkfirst=True)
    noted = {row.grade_id: row.digest for row in db.execute(table.select())}
    new: list[dict[str, Any]] = []
    other: list[dict[str, Any]] = []
    flagged: list[dict[str, Any]] = []
    said: list[dict[str, Any]] = []
    for student, cell, grade_id, manual_score in _rows(
        gradebook, assignment, api.Grade, api.Grade.manual_score
    ):
        digest = found.get((student, cell), {}).get("digest", noted.get(grade_id))
        if digest == noted.get(grade_id):
            continue
        (other if grade_id in noted else new).append({"key": grade_id, "digest": digest})
        if grade_id in noted and manual_score is not None:
            flagged.append({"key": grade_id})
    for student, cell, comment_id, text in _rows(
        gradebook, assignment, api.Comment, api.Comment.auto_comment
    ):
        answer = found.get((student, cell))
        words = NO_RESPONSE if answer and answer["untouched"] else None
        if answer and text != words:
            said.append({"key": comment_id, "words": words})
    key, grades, comments = sql.bindparam("key"), api.Grade.__table__, api.Comment.__table__
    flag = sql.update(grades).where(grades.c.id == key).values(needs_manual_grade=True)
    say = sql.update(comments).where(comments.c.id == key).values(auto_comment=sql.bindparam("words"))
    add = sql.insert(table).values(grade_id=key, digest=sql.bindparam("digest"))
    renew = sql.update(table).where(table.c.grade_id == key).values(digest=sql.bindparam("digest"))
    for statement, values in ((add, new), (renew, other), (flag, flagged), (say, said)):
        if values:
            db.connection().execute(statement, values)
    db.expire_all()


def _answers(result: GradingResult) -> list[tuple[str, dict[str, Any]]]:
    """Return (question, answer) as ``form.answers`` wrote them; what a damaged record has in their place, not."""
    raw = result.extra.get("answers") if result.graded else None
    return [
        (question.name, answer)
        for question in result.questions
        if question.manual
        and isinstance(answer := (raw if isinstance(raw, dict) else {}).get(question.name), dict)
        and isinstance(answer.get("digest"), str)
        and isinstance(answer.get("untouched"), bool)
    ]


def _rows(gradebook: Any, assignment: str, kind: Any, *columns: Any) -> Iterator[tuple[Any, ...]]:
    """Give (student, cell, id, columns …) of every grade or comment of an assignment, by one query.

    A cell that more than one of its notebooks have is called by both names; see ``several``.
    """
    api = nbgrader_module("nbgrader.api")
    query = (
        gradebook.db.query(
            api.SubmittedAssignment.student_id,
            api.Notebook.name,
            api.BaseCell.name,
            kind.id,
            *columns,
        )
        .select_from(kind)
        .join(api.BaseCell, api.BaseCell.id == kind.cell_id)
        .join(api.SubmittedNotebook, api.SubmittedNotebook.id == kind.notebook_id)
        .join(api.SubmittedAssignment, api.SubmittedAssignment.id == api.SubmittedNotebook.assignment_id)
        .join(api.Assignment, api.Assignment.id == api.SubmittedAssignment.assignment_id)
        .join(api.Notebook, api.Notebook.id == api.SubmittedNotebook.notebook_id)
        .filter(api.Assignment.name == assignment)
    )
    rows = query.all()
    twice = ambiguous((notebook, cell) for _, notebook, cell, *_ in rows)
    if twice:  # also of cells without points, which no question is
        twice &= _graded_twice(gradebook, assignment)
    yield from (
        (str(student), full_name(str(notebook), str(cell), twice), *more)
        for student, notebook, cell, *more in rows
    )


def _graded_twice(gradebook: Any, assignment: str) -> set[str]:
    api = nbgrader_module("nbgrader.api")
    rows = (
        gradebook.db.query(api.Notebook.name, api.BaseCell.name)
        .select_from(api.BaseCell)
        .join(api.Notebook, api.Notebook.id == api.BaseCell.notebook_id)
        .join(api.Assignment, api.Assignment.id == api.Notebook.assignment_id)
        .filter(api.Assignment.name == assignment, api.BaseCell.type.in_(("GradeCell", "TaskCell")))
    )
    return ambiguous((str(notebook), str(cell)) for notebook, cell in rows.all())
