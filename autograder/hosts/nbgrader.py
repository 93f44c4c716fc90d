"""Steps that a course file puts into nbgrader's own commands (*trusted*).

``GradeWithAutograder`` and ``RecordScores`` put our engine and our recorder where nbgrader has a kernel and
SaveAutoGrades; ``autograder.author.guard.GuardChecks`` makes every other kernel give no points for a check cell.
"""

from __future__ import annotations

import atexit
import copy
import threading
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbconvert.preprocessors import Preprocessor
from nbformat.v4 import new_output
from traitlets import Bool, DottedObjectName
from traitlets.utils.importstring import import_item

from autograder.author.guard import is_check
from autograder.bundle import read_bundle
from autograder.classroom.penalties import set_dates
from autograder.classroom.scores import record_fault, record_result
from autograder.config import course_from
from autograder.engine.options import engine_options
from autograder.errors import UsageError
from autograder.gradebook import open_gradebook
from autograder.released import current_bundle

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from autograder.config import CourseConfig
    from autograder.engine.grade import Engine
    from autograder.model import GradingResult

# A score that nbgrader's own SaveAutoGrades refuses, whatever the maximum: it raises and records
# nothing. (An error output would count 0; no output, NaN and text would count full marks.)
_UNSCORED = "inf"

_UNSCORED_HTML = "<p>Not graded: a fault of the grader. The score is as it was; a person must look.</p>"


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
    """Grade the hand-in with our engine; each check cell's only output is then its score.

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
        folder = Path(coursedir.format_path(coursedir.submitted_directory, student, assignment))
        result: GradingResult | None = None
        try:
            result = grade_folder(self.engine, course, assignment, folder.resolve())
        except UsageError:
            raise
        except Exception:  # whatever it was, it was ours: the student keeps the score
            self.log.exception("%s/%s: the grader failed; no score was recorded", student, assignment)
        resources["autograder"] = {"course_id": course.course_id, "result": result, "course": course}
        if result is not None and result.assignment != assignment:
            msg = f"{course.bundle(assignment)}: grades {result.assignment!r}, not {assignment!r}."
            raise UsageError(msg)
        for cell in nb.cells:
            if is_check(cell):
                cell.outputs = [_score_output(cell, result)]
        return nb, resources


_kept: dict[tuple[Path, str, int], Engine] = {}  # at most one engine: the last bundle's

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
    """Write the scores as ``autograder grade`` does; nbgrader's own step does the manual cells."""

    enabled = Bool(default_value=True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Record one hand-in, also for check cells that its notebook lacks."""
        where, ours = resources["nbgrader"], resources["autograder"]
        with open_gradebook(where["db_url"], ours["course_id"]) as gradebook:
            if ours["result"] is None:
                record_fault(gradebook, where["student"], where["assignment"])
            else:
                record_result(gradebook, where["student"], ours["result"])
            # nbgrader's next step compares them, and asks our plugin what a late hand-in costs.
            set_dates(gradebook, ours["course"], where["assignment"], where["student"])
        rest = copy.copy(nb)
        rest.cells = [cell for cell in nb.cells if not is_check(cell)]
        import_module("nbgrader.preprocessors").SaveAutoGrades(parent=self).preprocess(rest, resources)
        return nb, resources


def _score_output(cell: NotebookNode, result: GradingResult | None) -> NotebookNode:
    name, points = cell.metadata.nbgrader["grade_id"], float(cell.metadata.nbgrader["points"])
    if result is not None and (name, points) not in {(q.name, float(q.points)) for q in result.questions}:
        msg = f"{result.assignment}/{name}: the bundle has other points than {points:g}; release again."
        raise UsageError(msg)
    if result is None or not result.graded:
        data = {"text/plain": _UNSCORED, "text/html": _UNSCORED_HTML}
    else:
        data = {"text/plain": repr(float(result.score_of(name)))}
    output: NotebookNode = new_output("execute_result", data=data)
    return output
