"""Find the hand-ins of a class (*trusted*)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.config import CourseConfig
from autograder.engine.batch import Job
from autograder.errors import UsageError

NOT_STUDENTS = frozenset(
    {".ipynb_checkpoints", ".git", ".Trash", ".aside"}
)  # what tools leave beside the students


@dataclass(frozen=True, slots=True)
class Found:
    """One job per hand-in; and a sentence about each folder that looks like one and is left out."""

    jobs: list[Job]
    left_out: tuple[str, ...]


def look(course: CourseConfig, assignment: str) -> Found:
    """Return one job per ``submitted/<student>/<assignment>/``; what cannot be taken as one costs only itself.

    Raises
    ------
    UsageError
        If there is nobody's.
    """
    jobs: list[Job] = []
    left_out: list[str] = []
    for student in sorted(course.submitted.glob("*")):
        folder = student / assignment
        if student.name in NOT_STUDENTS:
            continue
        try:
            if not folder.is_symlink() and not folder.exists():
                continue
            why = _why_not(student, folder)
        except OSError as error:  # a folder that we may not look into, a link to itself
            why = f"cannot be looked into ({error.strerror})"
        if why:
            left_out.append(f"{str(folder)!r} was not graded: it {why}")
        else:
            jobs.append(Job(student.name, folder))
    if not jobs:
        more = "".join(f"\n{sentence}" for sentence in left_out)
        raise UsageError(f"{course.submitted}: no <student>/{assignment}/ in it; nothing was graded.{more}")
    return Found(jobs, tuple(left_out))


def _why_not(student: Path, folder: Path) -> str:
    """Say why a hand-in's folder cannot be graded as it is, or nothing."""
    # Behind a link lies another student's hand-in, or anything that we may read and a student may not.
    link = next((path for path in (student, folder) if path.is_symlink()), None)
    if link is not None:
        return f"is behind a link, {link.name!r}. Put a folder with the student's own files in its place"
    if not folder.is_dir():
        return "is no folder. Put the file into a folder of that name"
    # Two names may look the same, and a control character may rewrite what a terminal shows.
    if student.name != student.name.strip() or not student.name.isprintable():
        return (
            "has a student's name with odd characters. Rename the folder: no control or invisible characters, "
            "no space at an end"
        )
    if student.name.startswith("."):
        return "has a student's name that begins with a dot. Rename the folder"
    return ""


def discover(course: CourseConfig, assignment: str) -> list[Job]:
    """Return one job per hand-in that can be graded; see ``look``."""
    return look(course, assignment).jobs
