"""What the commands do with a released course, each on one screen (*trusted*): grade a class, export.

Free of nbformat: its import costs a second, and grading needs none of it (``authoring`` does).
"""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autograder import results_json
from autograder.bundle import Bundle, read_bundle
from autograder.classroom import feedback
from autograder.config import CourseConfig
from autograder.engine.batch import EngineOptions, Job, grade_many
from autograder.errors import UsageError
from autograder.messages import OURS
from autograder.model import GradingResult

Progress = Callable[[str, bool], None]
_DEPTH = 32  # of folders in a hand-in or a source that are looked at


def time_limits(course: CourseConfig) -> dict[str, float]:
    """Return the course's limits in the engine's words."""
    limits = course.limits
    return {"cell_s": limits.cell_timeout_s, "check_s": limits.check_timeout_s, "run_s": limits.run_timeout_s}


def engine_options(course: CourseConfig, bundle: Path, *, trust: bool = False) -> EngineOptions:
    """Return how engines are made for this course."""
    return EngineOptions(bundle, memory_bytes=course.limits.memory_bytes, trust=trust)


def source_digest(course: CourseConfig, assignment: str) -> str:
    """Return a hash of everything that the bundle is made from: a changed source makes it stale."""
    digest = hashlib.sha256()
    for folder in (course.source / assignment, course.references / assignment):
        digest.update(_files_digest(folder, {"__pycache__", ".ipynb_checkpoints", "variants"}))
    return digest.hexdigest()


def _files_digest(folder: Path, without: set[str]) -> bytes:
    """Return a hash of the names and contents of a folder's plain files.

    Whatever a student packed is survived: links, pipes, names that are no text, folders without end.
    """
    found: dict[bytes, bytes] = {}
    todo = [(os.fsencode(folder), 0)]
    while todo:
        path, depth = todo.pop()
        with suppress(OSError), os.scandir(path) as entries:
            for entry in entries:
                if os.fsdecode(entry.name) in without:
                    continue
                if entry.is_dir(follow_symlinks=False) and depth < _DEPTH:
                    todo.append((entry.path, depth + 1))
                elif entry.is_file(follow_symlinks=False):
                    with suppress(OSError), open(entry.path, "rb") as file:
                        found[entry.path[len(os.fsencode(folder)) :]] = hashlib.file_digest(
                            file, "sha256"
                        ).digest()
    parts = (len(name).to_bytes(8, "big") + name + content for name, content in sorted(found.items()))
    return hashlib.sha256(b"".join(parts)).digest()


def assignments(course: CourseConfig) -> list[str]:
    """Return the names of the course's assignments: the folders of source/ that hold their notebook."""
    return sorted(p.stem for p in course.source.glob("*/*.ipynb") if p.stem == p.parent.name)


def current_bundle(course: CourseConfig, assignment: str) -> Path:
    """Return the folder of an assignment's released bundle.

    Raises
    ------
    UsageError
        If it was never released, or its source has changed since.
    """
    folder = course.bundle(assignment)
    known = assignments(course)
    if assignment not in known:
        there = ", ".join(known) or "none"
        raise UsageError(
            f"{assignment!r}: no such assignment in {course.source}; nothing was graded.\nThere are: {there}."
        )
    if not (folder / "bundle.json").is_file():
        raise UsageError(
            f"{assignment}: not released yet; nothing was graded.\nRun: autograder release {assignment}"
        )
    try:
        released = (folder / "source.sha256").read_text()
    except OSError:
        released = ""
    if released != source_digest(course, assignment):
        raise UsageError(
            f"{assignment}: its source has changed since the release; nothing was graded.\n"
            f"Run: autograder release {assignment}"
        )
    return folder


# -- a class ---------------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class ClassResults:
    """The results by student; ``kept`` are those that were finished before and have not changed."""

    results: dict[str, GradingResult]
    kept: frozenset[str]
    alike: tuple[str, ...] = ()  # sentences about hand-ins of the whole class that share trained weights


def grade_class(
    course: CourseConfig,
    assignment: str,
    *,
    bundle_folder: Path | None = None,
    students: tuple[str, ...] = (),
    force: bool = False,
    workers: int | None = None,
    trust: bool = False,
    progress: Progress = lambda _name, _ok: None,
) -> ClassResults:
    """Grade everybody's hand-in; finished ones are kept, each result is written as it comes.

    The gradebook is not touched: see ``record_scores``.
    """
    folder = bundle_folder or current_bundle(course, assignment)
    bundle = read_bundle(folder, assignment)
    jobs = discover(course, assignment)
    unknown = sorted(set(students) - {j.name for j in jobs})
    if unknown:
        raise UsageError(
            f"no hand-in of {', '.join(unknown)} in {course.submitted} for {assignment}; nothing was graded."
        )
    others = [j for j in jobs if students and j.name not in students]
    jobs = [j for j in jobs if j not in others]
    # Before the grading: what is handed in meanwhile is another hand-in.
    keys = {job.name: hand_in_key(job, bundle) for job in jobs}
    results: dict[str, GradingResult] = {}
    for job in jobs:
        done = None if force else finished(course, assignment, job, keys[job.name])
        if done is not None:
            results[job.name] = done
            progress(job.name, done.graded)
    kept = frozenset(results)
    todo = [job for job in jobs if job.name not in kept]
    for job, result in grade_many(engine_options(course, folder, trust=trust), todo, workers=workers):
        results[job.name] = result
        write_result(course.autograded / job.name / assignment, assignment, result, key=keys[job.name])
        progress(job.name, result.graded)
    stored = {j.name: done for j in others if (done := finished(course, assignment, j, None)) is not None}
    groups = alike_in(stored | results)
    write_pages(course, assignment, results, stored, groups)
    return ClassResults(results, kept, groups)


def alike_in(results: dict[str, GradingResult]) -> tuple[str, ...]:
    """Return a sentence for staff about each group of hand-ins that share trained weights."""
    if sum(bool(check.fingerprints) for result in results.values() for check in result.checks) < 2:
        return ()
    from autograder.judge import (
        weight_prints,  # with NumPy, which starts threads: after the grading, which forks
    )

    return tuple(group.sentence() for group in weight_prints.in_class(results))


def hand_in_key(job: Job, bundle: Bundle) -> str:
    """Return what makes a finished hand-in finished: its files and the version of the checks."""
    return hashlib.sha256(bundle.digest.encode() + _files_digest(job.folder, set())).hexdigest()


def finished(course: CourseConfig, assignment: str, job: Job, key: str | None) -> GradingResult | None:
    """Return the stored result of a hand-in that has not changed since; never one with a fault of ours.

    Without a key: the stored result, whatever it is.
    """
    folder = course.autograded / job.name / assignment
    try:
        data = json.loads((folder / "grading.json").read_text())
        result = GradingResult.from_json(data["result"])
        whole = data["key"] == key and OURS not in result.notices and (folder / "results.json").is_file()
        return result if whole or key is None else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
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


def write_result(folder: Path, assignment: str, result: GradingResult, *, key: str = "") -> None:
    """Write ``results.json`` (Gradescope's), the executed notebook and, last, our own record of both."""
    folder.mkdir(parents=True, exist_ok=True)
    notebook = result.extra.get("notebook")
    if notebook is not None:
        results_json.write_json(folder / f"{assignment}.ipynb", notebook)
    else:  # an earlier hand-in's would be taken for this one's
        (folder / f"{assignment}.ipynb").unlink(missing_ok=True)
    data = result.to_json()
    data["extra"] = {k: v for k, v in data["extra"].items() if k != "notebook"}
    results_json.write_json(folder / "results.json", results_json.to_results(result))
    results_json.write_json(folder / "grading.json", {"key": key, "result": data})


def write_pages(
    course: CourseConfig,
    assignment: str,
    results: dict[str, GradingResult],
    others: dict[str, GradingResult],
    alike: tuple[str, ...] = (),
) -> None:
    """Write a feedback page per student, and the class's overview (for instructors) beside the results.

    ``others`` are in the overview only: students who were not asked for this time.
    """
    for name, result in results.items():
        target = course.feedback / name / assignment / f"{assignment}.html"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(feedback.student_page(name, result))
    overview_path(course, assignment).write_text(feedback.class_page(assignment, others | results, alike))


def overview_path(course: CourseConfig, assignment: str) -> Path:
    """Return where the class's overview lies."""
    return course.autograded / f"{assignment}.html"


def record_scores(course: CourseConfig, results: dict[str, GradingResult]) -> None:
    """Write all scores to nbgrader's gradebook: one writer, after the grading.

    Finished hand-ins are written again: a run that was stopped before this point loses nothing.
    """
    from autograder.classroom import gradebook

    with warnings.catch_warnings(), gradebook.open_gradebook(course.db_url, course.course_id) as book:
        warnings.simplefilter("ignore")  # SQLAlchemy's, about nbgrader's own code
        for name in sorted(results):
            gradebook.record_result(book, name, results[name])


def export(course: CourseConfig, to: Path, wanted: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Write the gradebook as CSV; return the (assignment, student) pairs that wait for a person.

    Raises
    ------
    UsageError
        If there is no gradebook yet, no such assignment in it, or no folder to write to.
    """
    from autograder.classroom import gradebook

    database = course.db_url.removeprefix("sqlite:///")
    if database != course.db_url and not Path(database).is_file():
        raise UsageError(
            f"{database}: no gradebook yet; nothing was written.\nRun: autograder release ASSIGNMENT"
        )
    with gradebook.open_gradebook(course.db_url, course.course_id) as book:
        known = sorted(a.name for a in book.assignments)
    for name in wanted:
        if name not in known:
            there = ", ".join(known) or "none"
            raise UsageError(
                f"{name!r}: no such assignment in the gradebook; nothing was written.\nThere are: {there}."
            )
    if to.is_dir() or not to.absolute().parent.is_dir():
        raise UsageError(f"{to}: not a file in a folder that exists; nothing was written.")
    return gradebook.export_scores(course.db_url, course.course_id, to, wanted)
