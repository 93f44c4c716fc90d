"""What is kept of each hand-in's grading: results, executed notebook, pages (*trusted*)."""

from __future__ import annotations

import json
from pathlib import Path

from autograder import results_json
from autograder.bundle import Bundle
from autograder.classroom import by_hand, pages
from autograder.classroom.form import FORM, copy_timestamp, form
from autograder.config import CourseConfig
from autograder.engine.batch import Job
from autograder.errors import UsageError
from autograder.messages import OURS
from autograder.model import GradingResult


def finished(course: CourseConfig, assignment: str, job: Job, key: str | None) -> GradingResult | None:
    """Return the stored result of a hand-in that has not changed since; never one with a fault of ours.

    Without a key: the stored result, whatever it is.
    """
    folder = course.autograded / job.name / assignment
    try:
        data = json.loads((folder / "grading.json").read_text())
        result = GradingResult.from_json(data["result"])
        there = all((folder / name).is_file() for name in ("results.json", f"{assignment}.ipynb"))
        whole = data["key"] == key and OURS not in result.notices and there and data.get("form") == FORM
        return result if whole or key is None else None
    except Exception:  # noqa: BLE001  whatever a damaged record raises, that hand-in is graded again
        return None


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


def write_result(
    folder: Path,
    assignment: str,
    result: GradingResult,
    *,
    key: str = "",
    bundle: Bundle | None = None,
    submitted: Path | None = None,
) -> None:
    """Write ``results.json`` (Gradescope's), the notebook and, last, our own record of both.

    With the bundle the notebook is the formgrader's, see ``form``, and there is one for every hand-in; without it, the
    executed one. ``submitted`` is the hand-in's folder, whose ``timestamp.txt`` goes with it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    executed = result.extra.get("notebook")
    notebook = executed if bundle is None else form(bundle, result, executed)
    if notebook is not None:
        results_json.write_json(folder / f"{assignment}.ipynb", notebook)
    else:  # an earlier hand-in's would be taken for this one's
        (folder / f"{assignment}.ipynb").unlink(missing_ok=True)
    if submitted is not None:
        copy_timestamp(submitted, folder)
    write_record(folder, result, key=key)


def write_record(folder: Path, result: GradingResult, *, key: str) -> None:
    """Write ``results.json`` and our own record, without a notebook: nbgrader writes that itself."""
    data = result.to_json()
    data["extra"] = {k: v for k, v in data["extra"].items() if k != "notebook"}
    results_json.write_json(folder / "results.json", results_json.to_results(result))
    results_json.write_json(folder / "grading.json", {"key": key, "form": FORM, "result": data})


def write_pages(
    course: CourseConfig,
    assignment: str,
    results: dict[str, GradingResult],
    others: dict[str, GradingResult],
    alike: tuple[str, ...] = (),
) -> list[str]:
    """Write a feedback page per student, and the class's overview (for instructors) beside the results.

    ``others`` are in the overview only: students who were not asked for this time. Returns a sentence about each
    page that could not be made or written; it costs no other.
    """
    troubles = write_student_pages(course, assignment, results)
    everybody = others | results
    try:
        page = _class_page(assignment, everybody, alike, troubles)
        path = overview_path(course, assignment)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8", errors="backslashreplace")
    except Exception as error:  # noqa: BLE001  scores do not depend on it
        troubles.append(trouble("the overview", error))
    return troubles


def write_student_pages(
    course: CourseConfig, assignment: str, results: dict[str, GradingResult]
) -> list[str]:
    """Write a feedback page per student, with what people gave; return a sentence about each that could not be."""
    troubles: list[str] = []
    given: dict[str, dict[str, by_hand.Given]] = {}
    try:
        given = by_hand.given_in(course, assignment)
    except Exception as error:  # noqa: BLE001  the pages say what we found
        troubles.append(trouble("what was graded by hand", error).replace("written", "read"))
    for name, result in results.items():
        target = course.feedback / name / assignment / f"{assignment}.html"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            page = pages.student_page(name, result, given.get(name, {}))
            target.write_text(page, encoding="utf-8", errors="backslashreplace")
        except Exception as error:  # noqa: BLE001  one student's page
            troubles.append(trouble(f"{name}: the feedback page", error))
    return troubles


def waiting_for_a_person(
    course: CourseConfig, assignment: str, results: dict[str, GradingResult]
) -> list[str]:
    """Return the students with a question that a person must look at, or whose hand-in is not graded."""
    given = by_hand.given_in(course, assignment)
    return sorted(
        name
        for name, result in results.items()
        if not result.graded or any(found.waits for found in given.get(name, {}).values())
    )


def _class_page(
    assignment: str, results: dict[str, GradingResult], alike: tuple[str, ...], troubles: list[str]
) -> str:
    """Return the overview, without those whose results no row can be made of."""
    try:
        return pages.class_page(assignment, results, alike)
    except Exception:  # noqa: BLE001  find out whose it is
        sound: dict[str, GradingResult] = {}
        for name, result in results.items():
            try:
                pages.class_page(assignment, {name: result})
                sound[name] = result
            except Exception as error:  # noqa: BLE001
                troubles.append(trouble(f"{name}: the row in the overview", error))
        return pages.class_page(assignment, sound, alike)


def trouble(what: str, error: Exception) -> str:
    """Return what staff reads about something that could not be written; nobody loses points for it."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    where = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
    return f"{what} could not be written: {type(error).__name__}: {reason[:300]}{where}"


def overview_path(course: CourseConfig, assignment: str) -> Path:
    """Return where the class's overview lies."""
    return course.autograded / f"{assignment}.html"
