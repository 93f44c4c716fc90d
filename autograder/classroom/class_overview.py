"""The overview of a class, gathered from what is stored; and the hand-ins behind a suspect check (*trusted*)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from autograder.classroom import circumstances, overview
from autograder.classroom.overview import Overview
from autograder.config import CourseConfig
from autograder.errors import UsageError
from autograder.model import GradingResult


def gather(
    course: CourseConfig, assignment: str, results: Mapping[str, GradingResult], alike: Sequence[str] = ()
) -> tuple[Overview, list[tuple[str, Exception]]]:
    """Return the figures of a class; and whose results no row can be made of, with the error: these are left out.

    So is, with a note, who left the class.
    """
    around = circumstances.look(course, assignment, results)
    if left := sorted(around.left & results.keys()):
        results = {name: result for name, result in results.items() if name not in around.left}
        around = replace(
            around, notes=(*around.notes, f"not shown, as they left the class: {', '.join(left)}")
        )
    try:
        return overview.of_class(assignment, results, around, alike), []
    except Exception:  # noqa: BLE001  find out whose it is
        sound: dict[str, GradingResult] = {}
        broken: list[tuple[str, Exception]] = []
        for name, result in results.items():
            try:
                overview.of_class(assignment, {name: result})
                sound[name] = result
            except Exception as error:  # noqa: BLE001
                broken.append((name, error))
        return overview.of_class(assignment, sound, around, alike), broken


def folders(course: CourseConfig, found: Overview, rank: int) -> list[str]:
    """Return the folders of the hand-ins that a suspect check fails, those who pass most else first.

    Raises
    ------
    UsageError
        If there are fewer suspects.
    """
    if rank > len(found.suspects):
        count = len(found.suspects)
        there = "no check stands out" if not count else "there is 1" if count == 1 else f"there are {count}"
        raise UsageError(
            f"--suspect {rank}: {there} in {found.assignment}.\nRun: autograder overview {found.assignment}"
        )
    names = found.suspects[rank - 1].check.failing
    return [str(course.submitted / name / found.assignment) for name in names]
