"""Grade a class: whoever is finished and unchanged is kept, each result is written as it comes (*trusted*)."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path

from autograder import released
from autograder.bundle import Bundle, read_bundle
from autograder.classroom import discover, store
from autograder.config import CourseConfig
from autograder.engine import options
from autograder.engine.batch import Job, grade_many
from autograder.errors import UsageError
from autograder.files import require_writable
from autograder.gradebook import gradebook_folders
from autograder.model import GradingResult
from autograder.progress import Progress


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
    folder = bundle_folder or released.current_bundle(course, assignment)
    bundle = read_bundle(folder, assignment)
    jobs = discover.discover(course, assignment)
    unknown = sorted(set(students) - {j.name for j in jobs})
    if unknown:
        raise UsageError(
            f"no hand-in of {', '.join(unknown)} in {course.submitted} for {assignment}; nothing was graded."
        )
    others = [j for j in jobs if students and j.name not in students]
    jobs = [j for j in jobs if j not in others]
    require_writable(course.autograded, course.feedback, *gradebook_folders(course.db_url))
    # Before the grading: what is handed in meanwhile is another hand-in.
    keys = {job.name: hand_in_key(job, bundle) for job in jobs}
    results: dict[str, GradingResult] = {}
    for job in jobs:
        done = None if force else store.finished(course, assignment, job, keys[job.name])
        if done is not None:
            results[job.name] = done
            progress(job.name, done.graded)
    kept = frozenset(results)
    todo = [job for job in jobs if job.name not in kept]
    for job, result in grade_many(options.engine_options(course, folder, trust=trust), todo, workers=workers):
        results[job.name] = result
        store.write_result(course.autograded / job.name / assignment, assignment, result, key=keys[job.name])
        progress(job.name, result.graded)
    stored = {
        j.name: done for j in others if (done := store.finished(course, assignment, j, None)) is not None
    }
    groups = alike_in(stored | results)
    store.write_pages(course, assignment, results, stored, groups)
    return ClassResults(results, kept, groups)


def alike_in(results: dict[str, GradingResult]) -> tuple[str, ...]:
    """Return a sentence for staff about each group of hand-ins that share trained weights."""
    if sum(bool(check.fingerprints) for result in results.values() for check in result.checks) < 2:
        return ()
    from autograder.classroom import alike

    return tuple(group.sentence() for group in alike.in_class(results))


def hand_in_key(job: Job, bundle: Bundle) -> str:
    """Return what makes a finished hand-in finished: its files and the version of the checks."""
    return hashlib.sha256(bundle.digest.encode() + released.files_digest(job.folder, set())).hexdigest()


def record_scores(course: CourseConfig, results: dict[str, GradingResult]) -> None:
    """Write all scores to nbgrader's gradebook: one writer, after the grading.

    Finished hand-ins are written again: a run that was stopped before this point loses nothing.
    """
    from autograder import gradebook
    from autograder.classroom import scores

    with warnings.catch_warnings(), gradebook.open_gradebook(course.db_url, course.course_id) as book:
        warnings.simplefilter("ignore")  # SQLAlchemy's, about nbgrader's own code
        for name in sorted(results):
            scores.record_result(book, name, results[name])
