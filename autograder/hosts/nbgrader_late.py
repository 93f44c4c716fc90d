"""Lateness in nbgrader's own commands: the same rule, through nbgrader's own plugins (*trusted*).

``nbgrader_safety.protect`` puts them into a course's configuration: ``LatePenalty`` is asked for the penalty (after
``RecordScores`` told the gradebook when the hand-in was due), ``SettlePenalties`` and ``Export`` bring it up to date before
it is shown.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbconvert.preprocessors import Preprocessor
from nbgrader.plugins import CsvExportPlugin, LateSubmissionPlugin
from traitlets import Bool

from autograder.classroom import export, penalties
from autograder.classroom.lateness import Clock
from autograder.config import course_from, find_course_root, load_course
from autograder.errors import UsageError

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from autograder.config import CourseConfig


def course_of(step: Any) -> CourseConfig:
    """Return the course whose configuration a step of nbgrader's has; without one, that of the working folder."""
    directory = step.config.get("CourseDirectory", {})
    if not directory.get("course_id") or not directory.get("root"):
        return load_course()
    root = Path(directory["root"]).resolve()
    with suppress(UsageError):  # roster and extensions lie beside the course file
        return course_from(step.config, find_course_root(root))
    return course_from(step.config, root)


class LatePenalty(LateSubmissionPlugin):
    """Answers nbgrader's question by ``c.Autograder.late_…``; nbgrader asks it about late hand-ins only."""

    @cached_property
    def clock(self) -> Clock:
        """The course's deadlines."""
        return Clock(course_of(self))

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """Return the penalty in points; None for none.

        Parameters
        ----------
        student_id:
            nbgrader's id, and the name of the folder in ``submitted/``.
        score:
            Points of the notebook.
        total_seconds_late:
            Not used: ``timestamp.txt`` and ``due_dates`` say it, also where the gradebook has older times.
        """
        step: Any = self.parent
        lateness = self.clock.of(step.assignment_id, student_id)
        assignment = step.gradebook.find_assignment(step.assignment_id)
        penalty = lateness.charge(score, float(assignment.max_score)).penalty
        self.log.info("%s: %s", student_id, lateness.why() or "in time")
        return penalty or None


class SettlePenalties(Preprocessor):
    """Bring penalties up to date before feedback shows them: a person's score may have come since."""

    enabled = Bool(default_value=True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Settle one hand-in."""
        where = resources["nbgrader"]
        for note in penalties.settle(course_of(self), only=(where["assignment"], where["student"])):
            self.log.warning(note)
        return nb, resources


class Export(CsvExportPlugin):
    """``nbgrader export`` writes what ``autograder export`` writes."""

    def export(self, gradebook: Any) -> None:
        """Write the CSV file; ``to``, ``assignment`` and ``student`` are nbgrader's options."""
        del gradebook  # opened by the application; ours opens its own, of the same course
        export.export(
            course_of(self),
            Path(self.to or "grades.csv"),
            tuple(str(name) for name in self.assignment),
            students=tuple(str(name) for name in self.student),
        )
