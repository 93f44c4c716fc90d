"""Grade a class: whoever is finished and unchanged is kept, each result is written as it comes (*trusted*)."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from autograder import released
from autograder.bundle import read_bundle
from autograder.classroom import discover, lock, page_files, store, stored
from autograder.classroom.form import answers_in
from autograder.classroom.regrade_records import Facts
from autograder.config import CourseConfig
from autograder.engine import executors, options
from autograder.engine.batch import EngineOptions, Job, grade_many
from autograder.errors import UsageError
from autograder.files import require_writable
from autograder.gradebook import Say, gradebook_folders, tell
from autograder.gradebook_url import shown
from autograder.interrupts import Interrupted, held
from autograder.model import GradingResult
from autograder.progress import SILENT, Progress


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
    progress: Progress = SILENT,
    elsewhere: executors.Opener | None = None,
    late: Callable[[str], bool] = lambda _student: False,
    record: Callable[[dict[str, GradingResult]], None] = lambda _results: None,
) -> ClassResults:
    """Grade everybody's hand-in; finished ones are kept, each result is written as it comes.

    The gradebook is not touched, but by ``record``, which gets all results while nobody else grades; see
    ``record_scores``. ``late`` is asked for the progress only. ``elsewhere`` grades
    in place of this machine's ``workers``.

    Raises
    ------
    UsageError
        If there is nothing to grade, or another program grades it.
    Interrupted
        With a sentence about what is kept; run again, it goes on where it stopped.
    """
    folder = bundle_folder or released.current_bundle(course, assignment)
    found = discover.look(course, assignment)
    bundle = read_bundle(folder, assignment)
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
    with lock.alone(course, assignment, progress.note), closing(progress):
        store.tidy(course, assignment, [job.name for job in jobs])
        facts = Facts(bundle, course.limits.memory_bytes, trust=trust)
        run = _Run(course, assignment, progress, late, facts)
        run.folders = {job.name: job.folder for job in jobs}
        # Before the grading: what is handed in meanwhile is another hand-in.
        run.keys = {job.name: run.facts.key(job) for job in jobs}
        todo = [job for job in jobs if force or not run.keep(job)]
        kept = frozenset(run.results)
        try:
            progress.start(len(todo), len(kept))
            run.grade(options.engine_options(course, folder, trust=trust), todo, workers, elsewhere)
        except Interrupted as stop:
            stop.said = _stopped(assignment, len(run.results) - len(run.again), len(jobs), force=force)
            raise
        earlier = {
            j.name: done for j in others if (done := stored.finished(course, assignment, j, None)) is not None
        }
        record(run.results)
        try:
            groups = alike_in(earlier | run.results)
            troubles = run.unwritten.sentences()
            troubles += page_files.write_pages(course, assignment, run.results, earlier, groups)
        except Interrupted as stop:
            stop.said = (
                f"{assignment}: everybody is graded and recorded; not all pages are written. Run it again."
            )
            raise
        return ClassResults(run.results, kept, groups, found.left_out, tuple(troubles))


class _Run:
    """One run over a class: what is known so far, and what could not be written of it."""

    def __init__(
        self,
        course: CourseConfig,
        assignment: str,
        progress: Progress,
        late: Callable[[str], bool],
        facts: Facts,
    ) -> None:
        self.course, self.assignment, self.progress, self.late = course, assignment, progress, late
        self.facts = facts
        self.folders: dict[str, Path] = {}
        self.keys: dict[str, str] = {}
        self.results: dict[str, GradingResult] = {}
        self.unwritten = store.Unwritten()
        self.again: list[str] = []  # whose result found no room

    def keep(self, job: Job) -> bool:
        """Take a hand-in's stored result, if it is finished and unchanged."""
        done = stored.finished(self.course, self.assignment, job, self.keys[job.name])
        if done is not None:
            self.results[job.name] = done
        return done is not None

    def grade(
        self,
        options: EngineOptions,
        todo: list[Job],
        workers: int | None,
        elsewhere: executors.Opener | None,
    ) -> None:
        """Grade, and write each result as it comes; what found no room is tried once more at the end."""
        watch = self.progress.running
        if elsewhere is None:
            results = grade_many(options, todo, workers=workers, watch=watch)
        else:
            results = executors.graded(elsewhere, options, todo, watch=watch)
        with closing(results):
            for job, result in results:
                with held():
                    self.results[job.name] = result
                    self._write(job.name)
                outcome = "graded" if result.graded else "not graded"
                self.progress(
                    job.name, result.graded, *([outcome, "late"] if self.late(job.name) else [outcome])
                )
        again, self.again = self.again, []
        self.unwritten = store.Unwritten()
        for name in again:
            with held():
                self._write(name)

    def _write(self, name: str) -> None:
        folder, result = self.course.autograded / name / self.assignment, self.results[name]
        try:
            result.extra["answers"] = answers_in(self.facts.bundle, result)
            store.write_result(
                folder,
                self.assignment,
                result,
                key=self.keys[name],
                facts=self.facts.beside(name, folder, result),
                bundle=self.facts.bundle,
                submitted=self.folders[name],
            )
        except Exception as error:  # noqa: BLE001  a full disk, a folder of another's: the score is known all the same
            if not self.again:
                self.progress.note(store.first_trouble(name, error))
            self.again.append(name)
            self.unwritten.note("the result", error, name)


def _stopped(assignment: str, done: int, total: int, *, force: bool) -> str:
    begun = (
        "With --force everybody is graded again; without it, who was not reached keeps the result of before."
        if force
        else "Run the same command again: it goes on where it stopped."
    )
    return (
        f"{assignment}: {done} of {total} hand-ins are graded and kept; pages and gradebook are written "
        f"when the run is complete. {begun}"
    )


def alike_in(results: dict[str, GradingResult]) -> tuple[str, ...]:
    """Return a sentence for staff about each group of hand-ins that share trained weights."""
    if sum(bool(check.fingerprints) for result in results.values() for check in result.checks) < 2:
        return ()
    from autograder.classroom import alike

    try:
        return tuple(group.sentence() for group in alike.in_class(results))
    except Exception as error:  # noqa: BLE001  a comparison decides nothing
        return (f"the trained weights were not compared: {type(error).__name__}: {error}"[:300],)


def record_scores(
    course: CourseConfig, results: dict[str, GradingResult], say: Say = tell
) -> tuple[str, ...]:
    """Write all scores and late penalties to nbgrader's gradebook, committed when this returns: one writer, after the grading.

    Finished hand-ins are written again: a run that was stopped before this point loses nothing. Returns a sentence
    about each student whose scores could not be written; ``say`` is told when the gradebook is waited for.

    Raises
    ------
    UsageError
        If nobody's could be: the gradebook is another release's, is locked, or cannot be written.
    """
    from autograder import gradebook
    from autograder.classroom import penalties, recording

    if not results:
        return ()
    assignment = next(iter(results.values())).assignment
    with warnings.catch_warnings(), gradebook.open_gradebook(course.db_url, course.course_id, say) as book:
        warnings.simplefilter("ignore")  # SQLAlchemy's, about nbgrader's own code
        gradebook.to_ourselves(book, say)
        try:
            errors = gradebook.patiently(
                course.db_url, lambda: recording.record_results(book, assignment, results), say
            )
            recorded = {assignment: results.keys() - errors.keys()}
            notes = gradebook.patiently(
                course.db_url, lambda: penalties.settle_in(book, course, recorded), say
            )
        except gradebook.nbgrader_module("sqlalchemy.exc").OperationalError as error:
            raise recording.failure(course.db_url, error) from error
    for sentence in notes:
        say(f"look at this: {sentence}")
    unwritten = store.Unwritten()
    for name, why in errors.items():
        unwritten.note("the scores in the gradebook", why, name)
    troubles = unwritten.sentences()
    if len(errors) == len(results):
        last = list(errors.values())[-1]
        if isinstance(last, UsageError):
            raise last
        raise UsageError(f"{shown(course.db_url)}: no score was written.\n{troubles[0]}") from last
    return tuple(troubles)
