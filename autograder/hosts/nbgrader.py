"""Steps that a course file puts into nbgrader's own commands (*trusted*).

``GradeWithAutograder`` and ``RecordScores`` put our engine and our recorder where nbgrader has a kernel and
SaveAutoGrades; ``autograder.author.guard.GuardChecks`` makes every other kernel give no points for a check cell.
"""

from __future__ import annotations

import atexit
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbconvert.preprocessors import Preprocessor
from nbformat import from_dict
from traitlets import Bool, DottedObjectName
from traitlets.utils.importstring import import_item

from autograder.author.guard import is_check
from autograder.bundle import read_bundle
from autograder.classroom.form import answers, form, verdict_output
from autograder.classroom.page_files import write_student_pages
from autograder.classroom.penalties import set_dates
from autograder.classroom.prose import safe_markdown
from autograder.classroom.regrade_records import Facts
from autograder.classroom.scores import record_fault, record_result
from autograder.classroom.store import write_record
from autograder.config import course_from
from autograder.engine.batch import Job
from autograder.engine.options import engine_options
from autograder.errors import UsageError
from autograder.gradebook import open_gradebook
from autograder.released import current_bundle

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from autograder.config import CourseConfig
    from autograder.engine.grade import Engine
    from autograder.engine.several import Several
    from autograder.model import GradingResult


class ForgetDuplicates(Preprocessor):
    """Drop the empty metadata that ``DeduplicateIds`` leaves on a copied cell.

    nbgrader takes it for an old schema and stops, with this student and all that come after.
    """

    enabled = Bool(default_value=True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Clean one notebook."""
        for cell in nb.cells:
            if not cell.metadata.get("nbgrader", True):
                del cell.metadata["nbgrader"]
        return nb, resources


class GradeWithAutograder(Preprocessor):
    """Grade the hand-in with our engine; what nbgrader keeps is then the notebook that ``autograder grade`` writes.

    The engine reads ``submitted/``, not nbgrader's copy in ``autograded/``, which holds the hidden checks.
    """

    enabled = Bool(default_value=True).tag(config=True)
    engine = DottedObjectName(
        None, allow_none=True, help="A function (bundle, hand-in) -> result, in place of our engine."
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Grade one notebook and leave the result in ``resources`` for ``RecordScores``."""
        student, assignment = resources["nbgrader"]["student"], resources["nbgrader"]["assignment"]
        exporter: Any = self.parent
        coursedir = exporter.parent.coursedir
        course = course_from(self.config, Path(coursedir.root))
        folder = Path(coursedir.format_path(coursedir.submitted_directory, student, assignment)).resolve()
        result, facts, key = None, None, ""
        bundle = None if self.engine else read_bundle(current_bundle(course, assignment), assignment)
        try:
            if bundle is not None:
                facts = Facts(bundle, course.limits.memory_bytes)
                key = facts.key(Job(student, folder))
            result = grade_folder(self.engine, course, assignment, folder)
        except UsageError:
            raise
        except Exception:  # whatever it was, it was ours: the student keeps the score
            self.log.exception("%s/%s: the grader failed; no score was recorded", student, assignment)
        if result is not None and result.assignment != assignment:
            msg = f"{course.bundle(assignment)}: grades {result.assignment!r}, not {assignment!r}."
            raise UsageError(msg)
        resources["autograder"] = {"course": course, "result": result, "facts": facts, "key": key}
        _refuse_other_points(nb, result)
        if bundle is None:
            return _with_verdicts(nb, result), resources
        executed = _as_handed_in(nb) if result is None else result.extra.get("notebook")
        if result is not None:
            result.extra["answers"] = answers(bundle, executed)
        return from_dict(form(bundle, result, executed)), resources


_kept: dict[tuple[Path, str, int], Engine | Several] = {}  # at most one engine: the last bundle's

_lock = threading.Lock()


def grade_folder(
    engine: str | None, course: CourseConfig, assignment: str, submission: Path
) -> GradingResult:
    """Grade one hand-in's folder: by another engine if one is named, else as ``autograder grade`` does.

    Our engine stays for the next hand-in of the same release, until the process ends.
    """
    if engine is not None:
        result: GradingResult = import_item(engine)(course.bundle(assignment), submission)
        return result
    folder = current_bundle(course, assignment)
    key = (folder, read_bundle(folder, assignment).digest, course.limits.memory_bytes)
    with _lock:
        if key not in _kept:
            close_engine()
            _kept[key] = engine_options(course, folder).open(warm=True)
        return _kept[key].grade(submission)


@atexit.register
def close_engine() -> None:
    """Stop the engine that is kept, if there is one."""
    while _kept:
        _kept.popitem()[1].close()


class RecordScores(Preprocessor):
    """Write what ``autograder grade`` writes: the scores, our record of the result, the student's feedback page."""

    enabled = Bool(default_value=True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Record one hand-in, also for cells that its notebook lacks."""
        where, ours = resources["nbgrader"], resources["autograder"]
        course, result, student = ours["course"], ours["result"], where["student"]
        with open_gradebook(where["db_url"], course.course_id) as gradebook:
            if result is None:
                record_fault(gradebook, student, where["assignment"])
            else:
                record_result(gradebook, student, result)
            # nbgrader's next step compares them, and asks our plugin what a late hand-in costs.
            set_dates(gradebook, course, where["assignment"], student)
        if result is not None and ours["key"]:
            try:
                folder = course.autograded / student / where["assignment"]
                facts = ours["facts"].beside(student, folder, result)
                write_record(folder, result, key=ours["key"], facts=facts)
                troubles = write_student_pages(course, where["assignment"], {student: result})
            except Exception as error:  # noqa: BLE001  the scores are recorded; nbgrader would call it a failure
                troubles = [f"{student}: the result could not be written: {type(error).__name__}: {error}"]
            for sentence in troubles:
                self.log.warning(sentence)
        return nb, resources


def _refuse_other_points(nb: NotebookNode, result: GradingResult | None) -> None:
    known = set() if result is None else {(q.name, float(q.points)) for q in result.questions}
    for cell in filter(is_check, nb.cells):
        name, points = cell.metadata.nbgrader["grade_id"], float(cell.metadata.nbgrader["points"])
        if result is not None and (name, points) not in known:
            msg = f"{result.assignment}/{name}: the bundle has other points than {points:g}; release again."
            raise UsageError(msg)


def _with_verdicts(nb: NotebookNode, result: GradingResult | None) -> NotebookNode:
    """Return nbgrader's own notebook with our verdicts: for an engine that has no bundle of ours."""
    for cell in nb.cells:
        if is_check(cell):
            name = cell.metadata.nbgrader["grade_id"]
            cell.outputs = [from_dict(verdict_output(result, name))]
        elif cell.cell_type != "code":
            cell.source = safe_markdown(cell.source)
    return nb


def _as_handed_in(nb: NotebookNode) -> dict[str, Any]:
    """Return what nbgrader read as if it had been executed: without outputs, its cells by name."""
    return {
        "cells": [
            {
                "cell_type": cell.cell_type,
                "source": cell.source,
                "metadata": {"nbgrader_grade_id": cell.metadata.get("nbgrader", {}).get("grade_id", "")},
                "outputs": [],
            }
            for cell in nb.cells
        ]
    }
