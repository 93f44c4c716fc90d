"""Find the hand-ins of a class (*trusted*)."""

from __future__ import annotations

from autograder.config import CourseConfig
from autograder.engine.batch import Job
from autograder.errors import UsageError


def discover(course: CourseConfig, assignment: str) -> list[Job]:
    """Return one job per ``submitted/<student>/<assignment>/``."""
    folders = sorted(p / assignment for p in course.submitted.glob("*") if not p.name.startswith("."))
    jobs = [Job(folder.parent.name, folder) for folder in folders if folder.is_dir()]
    if not jobs:
        raise UsageError(f"{course.submitted}: no <student>/{assignment}/ in it; nothing was graded.")
    for job in jobs:  # two names may look the same, and a control character may rewrite what a terminal shows
        if job.name != job.name.strip() or not job.name.isprintable():
            raise UsageError(
                f"{str(job.folder.parent)!r}: a student's name with odd characters; nothing was graded.\n"
                "Rename the folder: no control or invisible characters, no space at an end."
            )
    return jobs
