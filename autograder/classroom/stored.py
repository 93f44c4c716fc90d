"""What ``grade`` stored of each hand-in, read (*trusted*)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from autograder.classroom.form import FORM
from autograder.config import CourseConfig
from autograder.engine.batch import Job
from autograder.errors import UsageError
from autograder.messages import OURS
from autograder.model import GradingResult

RECORD = "grading.json"


def finished(course: CourseConfig, assignment: str, job: Job, key: str | None) -> GradingResult | None:
    """Return the stored result of a hand-in that has not changed since; never one with a fault of ours.

    Without a key: the stored result, whatever it is.
    """
    folder = course.autograded / job.name / assignment
    try:
        data = json.loads((folder / RECORD).read_text())
        result = GradingResult.from_json(data["result"])
        there = all(path.is_file() for path in (folder / "results.json", *notebooks(folder, data)))
        whole = data["key"] == key and OURS not in result.notices and there and data.get("form") == FORM
        return result if whole or key is None else None
    except Exception:  # noqa: BLE001  whatever a damaged record raises, that hand-in is graded again
        return None


def notebooks(folder: Path, record: dict[str, Any] | None = None) -> list[Path]:
    """Return the notebooks that are kept of a hand-in: of the assignment's name, or of those that another tool's has."""
    try:
        data = json.loads((folder / RECORD).read_text()) if record is None else record
        names = data.get("notebooks")
    except (OSError, ValueError, AttributeError):
        names = None
    named = names if isinstance(names, list) and names and all(isinstance(n, str) for n in names) else None
    return [folder / Path(name).name for name in named or [f"{folder.name}.ipynb"]]


def stored_results(course: CourseConfig, assignment: str) -> dict[str, GradingResult]:
    """Return what was found last about every student's hand-in, as it is stored.

    Raises
    ------
    UsageError
        If nothing was graded yet.
    """
    folders = sorted(course.autograded.glob(f"*/{assignment}"))
    jobs = [Job(folder.parent.name, folder) for folder in folders]
    found = {
        job.name: result for job in jobs if (result := finished(course, assignment, job, None)) is not None
    }
    if not found:
        raise UsageError(
            f"{course.autograded}: no results of {assignment!r}.\nRun: autograder grade {assignment}"
        )
    return found
