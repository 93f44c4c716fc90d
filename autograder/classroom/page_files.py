"""The pages of a class as files: a student's feedback, the overview (*trusted*)."""

from __future__ import annotations

from pathlib import Path

from autograder.classroom import by_hand, class_overview, lateness, pages
from autograder.classroom.overview import Overview
from autograder.classroom.store import Unwritten
from autograder.config import CourseConfig
from autograder.files import replace_together
from autograder.model import GradingResult


def write_pages(
    course: CourseConfig,
    assignment: str,
    results: dict[str, GradingResult],
    others: dict[str, GradingResult],
    alike: tuple[str, ...] = (),
) -> list[str]:
    """Write a feedback page per student, and the class's overview (for instructors) beside the results.

    ``others`` are in the overview only: students who were not asked for this time. Returns a sentence about each
    kind of page that could not be made or written; it costs no other.
    """
    unwritten = Unwritten()
    unread = _write_student_pages(course, assignment, results, unwritten)
    with unwritten.noted("the overview"):
        found, broken = class_overview.gather(course, assignment, others | results, alike)
        for name, error in broken:
            unwritten.note("the row in the overview", error, name)
        write_overview(course, found)
    return [*unread, *unwritten.sentences()]


def write_student_pages(
    course: CourseConfig, assignment: str, results: dict[str, GradingResult]
) -> list[str]:
    """Write a feedback page per student, with what people gave; return a sentence about what could not be."""
    unwritten = Unwritten()
    unread = _write_student_pages(course, assignment, results, unwritten)
    return [*unread, *unwritten.sentences()]


def _write_student_pages(
    course: CourseConfig, assignment: str, results: dict[str, GradingResult], unwritten: Unwritten
) -> list[str]:
    unread: list[str] = []
    given: dict[str, dict[str, by_hand.Given]] = {}
    try:
        given = by_hand.given_in(course, assignment)
    except Exception as error:  # noqa: BLE001  the pages say what we found
        unread.append(
            f"what was graded by hand could not be read: {type(error).__name__}: {str(error)[:300]}"
        )
    late = lateness.of_class(course, assignment)
    for name, result in results.items():
        target = course.feedback / name / assignment / f"{assignment}.html"
        with unwritten.noted("the feedback page", name):
            _write_page(target, pages.student_page(name, result, given.get(name, {}), late.get(name)))
    return unread


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


def write_overview(course: CourseConfig, found: Overview) -> None:
    """Write the class's page."""
    _write_page(overview_path(course, found.assignment), pages.class_page(found))


def _write_page(target: Path, page: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    content = page.encode(errors="backslashreplace")
    replace_together({target: content}, mode=0o666, durable=False)  # as the umask says


def overview_path(course: CourseConfig, assignment: str) -> Path:
    """Return where the class's overview lies."""
    return course.autograded / f"{assignment}.html"
