"""Grade a class: whoever is finished and unchanged is kept, each result is written as it comes (*trusted*)."""

from __future__ import annotations

import contextlib
import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path

from autograder import released
from autograder.bundle import Bundle, read_bundle
from autograder.classroom import discover, store
from autograder.config import CourseConfig
from autograder.engine import executors, options
from autograder.engine.batch import Job, grade_many
from autograder.errors import UsageError
from autograder.files import require_writable
from autograder.gradebook import gradebook_folders
from autograder.gradebook_url import shown
from autograder.model import GradingResult
from autograder.progress import Progress

MAX_READ_BYTES = 512 << 20  # of one hand-in, to know whether it has changed: twice what is graded of it


@dataclass(frozen=True, slots=True)
class ClassResults:
    """The results by student; ``kept`` are those that were finished before and have not changed."""

    results: dict[str, GradingResult]
    kept: frozenset[str]
    alike: tuple[str, ...] = ()  # sentences about hand-ins of the whole class that share trained weights
    left_out: tuple[str, ...] = ()  # about folders that look like a hand-in and are none
    troubles: tuple[str, ...] = ()  # about files of one student's that could not be written


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
    elsewhere: executors.Opener | None = None,
) -> ClassResults:
    """Grade everybody's hand-in; finished ones are kept, each result is written as it comes.

    The gradebook is not touched: see ``record_scores``. ``elsewhere`` grades in place of this machine's ``workers``.
    """
    folder = bundle_folder or released.current_bundle(course, assignment)
    bundle = read_bundle(folder, assignment)
    found = discover.look(course, assignment)
    jobs = found.jobs
    unknown = sorted(set(students) - {j.name for j in jobs})
    if unknown:
        raise UsageError(
            f"no hand-in of {', '.join(unknown)} in {course.submitted} for {assignment}; nothing was graded."
        )
    others = [j for j in jobs if students and j.name not in students]
    jobs = [j for j in jobs if j not in others]
    # Without a gradebook nothing would be kept. A folder of results or pages costs only itself: see ``troubles``.
    require_writable(*gradebook_folders(course.db_url))
    # Before the grading: what is handed in meanwhile is another hand-in.
    keys = {job.name: hand_in_key(job, bundle) for job in jobs}
    results: dict[str, GradingResult] = {}
    troubles: list[str] = []
    for job in jobs:
        done = None if force else store.finished(course, assignment, job, keys[job.name])
        if done is not None:
            results[job.name] = done
            progress(job.name, done.graded)
    kept = frozenset(results)
    todo = [job for job in jobs if job.name not in kept]
    engine = options.engine_options(course, folder, trust=trust)
    if elsewhere is None:
        graded = grade_many(engine, todo, workers=workers)
    else:
        graded = executors.graded(elsewhere, engine, todo)
    for job, result in graded:
        results[job.name] = result
        try:
            store.write_result(
                course.autograded / job.name / assignment, assignment, result, key=keys[job.name]
            )
        except Exception as error:  # noqa: BLE001  a full disk, a folder of another's: the score is known all the same
            troubles.append(store.trouble(f"{job.name}: the result", error))
        progress(job.name, result.graded)
    stored = {
        j.name: done for j in others if (done := store.finished(course, assignment, j, None)) is not None
    }
    groups = alike_in(stored | results)
    troubles += store.write_pages(course, assignment, results, stored, groups)
    return ClassResults(results, kept, groups, found.left_out, tuple(troubles))


def alike_in(results: dict[str, GradingResult]) -> tuple[str, ...]:
    """Return a sentence for staff about each group of hand-ins that share trained weights."""
    if sum(bool(check.fingerprints) for result in results.values() for check in result.checks) < 2:
        return ()
    from autograder.classroom import alike

    try:
        return tuple(group.sentence() for group in alike.in_class(results))
    except Exception as error:  # noqa: BLE001  a comparison decides nothing
        return (f"the trained weights were not compared: {type(error).__name__}: {error}"[:300],)


def hand_in_key(job: Job, bundle: Bundle) -> str:
    """Return what makes a finished hand-in finished: its files and the version of the checks."""
    digest = released.files_digest(job.folder, set(), max_bytes=MAX_READ_BYTES)
    return hashlib.sha256(bundle.digest.encode() + digest).hexdigest()


def record_scores(course: CourseConfig, results: dict[str, GradingResult]) -> tuple[str, ...]:
    """Write all scores to nbgrader's gradebook: one writer, after the grading.

    Finished hand-ins are written again: a run that was stopped before this point loses nothing. Returns a sentence
    about each student whose scores could not be written.

    Raises
    ------
    UsageError
        If nobody's could be: the gradebook is another release's, or cannot be written.
    """
    from autograder import gradebook, gradebook_server
    from autograder.classroom import scores

    with warnings.catch_warnings(), gradebook.open_gradebook(course.db_url, course.course_id) as book:
        warnings.simplefilter("ignore")  # SQLAlchemy's, about nbgrader's own code
        gradebook_server.one_writer(book)
        troubles: list[str] = []
        for name in sorted(results):
            try:
                scores.record_result(book, name, results[name])
            except Exception as error:
                with contextlib.suppress(Exception):
                    book.db.rollback()
                if gradebook_server.refused(error):  # nobody else's could be written, either
                    raise
                troubles.append(store.trouble(f"{name}: the scores in the gradebook", error))
                last = error
        if troubles and len(troubles) == len(results):
            if isinstance(last, UsageError):
                raise last
            raise UsageError(f"{shown(course.db_url)}: no score was written.\n{troubles[0]}") from last
    return tuple(troubles)
