"""Grade a class again: first as a rehearsal beside the course, then, if a person says so, in earnest (*trusted*).

A rehearsal is ``grading.grade_class`` on the same course with other folders to write into (``regrade_stage``); results,
feedback and gradebook are not touched. ``apply`` writes what was rehearsed if all that it rests on is as it was: bundle,
engine, hand-ins, stored results. It grades nobody, and leaves a log.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder import released
from autograder.bundle import Bundle, read_bundle
from autograder.classroom import (
    by_hand,
    discover,
    grading,
    lateness,
    lock,
    page_files,
    regrade_log,
    regrade_page,
    regrade_records,
    roster,
)
from autograder.classroom.regrade_class import ByHand, Comparison, compare
from autograder.classroom.regrade_log import Outcome
from autograder.classroom.regrade_records import RECORD, Record, hand_in_digest, key_of, read_record
from autograder.classroom.regrade_stage import Plan, Stage
from autograder.classroom.regrade_words import listed
from autograder.classroom.stored import stored_results
from autograder.config import CourseConfig
from autograder.engine.batch import Job
from autograder.errors import UsageError
from autograder.files import require_writable
from autograder.gradebook import gradebook_folders, tell
from autograder.interrupts import Interrupted
from autograder.messages import OURS
from autograder.model import GradingResult
from autograder.progress import Progress

_NAMES = 8  # in a sentence


@dataclass(frozen=True, slots=True)
class _Scope:
    """Whose hand-ins a regrade is about; and in sentences, who is left out."""

    jobs: dict[str, Job]
    left_out: tuple[str, ...]


# -- the rehearsal ---------------------------------------------------------------------------------


def rehearse(
    course: CourseConfig,
    assignment: str,
    *,
    bundle_folder: Path | None = None,
    students: tuple[str, ...] = (),
    force: bool = False,
    workers: int | None = None,
    trust: bool = False,
    watch: Callable[[int], Progress] | None = None,
) -> Outcome:
    """Grade the stored class with the current checks beside the course, and compare.

    Who was rehearsed before, or whose stored result rests on the same bundle, hand-in and engine, is not graded again;
    with ``force`` everybody is. ``watch`` is told how many hand-ins are looked at and gives the progress.

    Raises
    ------
    UsageError
        If there is no bundle, nobody's hand-in, no gradebook that can be read, or no room for the rehearsal.
    """
    folder = bundle_folder or released.current_bundle(course, assignment)
    bundle = read_bundle(folder, assignment)
    scope = _scope(course, assignment, students)
    graded_by_hand = _by_hand(course, assignment)  # before minutes of work: the gradebook may refuse
    made_with = regrade_records.made_with(bundle, course.limits.memory_bytes, trust=trust)
    stage = Stage(course, assignment)
    stage.open()
    stored = {name: stage.keep_before(name) for name in scope.jobs}
    digests = {name: hand_in_digest(job) for name, job in scope.jobs.items()}
    todo = tuple(
        name
        for name, digest in digests.items()
        if force or not _is_current(stage.before(name), bundle, made_with, digest)
    )
    for name in todo:
        rehearsed = stage.record(name)
        if force or (rehearsed is not None and not _same_engine(rehearsed, made_with)):
            stage.forget(name)
    graded = 0
    if todo:
        more: dict[str, Any] = {} if watch is None else {"progress": watch(len(todo))}
        try:
            done = grading.grade_class(
                stage.course,
                assignment,
                bundle_folder=folder,
                students=todo,
                workers=workers,
                trust=trust,
                **more,
            )
        except Interrupted as stop:
            stop.said = (
                f"{assignment}: the rehearsal was stopped; results, feedback and gradebook are as they were. "
                "Run the same command again: it goes on where it stopped."
            )
            raise
        graded = len(done.results) - len(done.kept)
        if any(stage.record(name) is None for name in todo):
            why = "\n".join(done.troubles[:3])
            raise UsageError(f"{stage.folder}: the rehearsal could not be kept; nothing was written.\n{why}")
    hand_ins = {name: digest.hex() for name, digest in digests.items()}
    for name in todo:  # what was graded, should the files have changed since they were looked at
        record = stage.record(name)
        hand_ins[name] = ((record.made_with if record else None) or {}).get("hand_in", hand_ins[name])
    plan = Plan(
        bundle=bundle.digest,
        engine=made_with["engine"],
        asked=tuple(sorted(set(students))),
        hand_ins=hand_ins,
        stored=stored,
        graded=todo,
    )
    found = _compare(course, stage, plan, hand_ins, graded_by_hand)
    if not todo:  # all that is stored is up to date, and there is nothing to apply
        stage.clear()
        return Outcome(found, left_out=scope.left_out)
    stage.write_plan(plan)
    page = regrade_page.write(stage.folder / "rehearsal.html", found, "rehearsal")
    return Outcome(found, left_out=scope.left_out, graded=graded, page=page)


def _by_hand(course: CourseConfig, assignment: str) -> ByHand:
    """Return the scores that people gave; one in a check cell stands in place of ours."""
    given = by_hand.given_in(course, assignment)
    return {
        student: {cell: one.manual_score for cell, one in cells.items() if one.manual_score is not None}
        for student, cells in given.items()
    }


def _scope(course: CourseConfig, assignment: str, students: Collection[str]) -> _Scope:
    """Return whose hand-ins are there; who left the class is in it only if named."""
    found = discover.look(course, assignment)
    jobs = {job.name: job for job in found.jobs}
    if students:
        unknown = sorted(set(students) - jobs.keys())
        if unknown:
            where = f"{course.submitted} for {assignment}"
            raise UsageError(f"no hand-in of {listed(unknown)} in {where}; nothing was written.")
        return _Scope({name: jobs[name] for name in jobs if name in students}, ())
    gone = roster.load(course).left & jobs.keys()
    without = sorted(
        path.parent.parent.name
        for path in course.autograded.glob(f"*/{assignment}/{RECORD}")
        if path.parent.parent.name not in jobs
    )
    said = list(found.left_out)
    if gone:
        said.append(
            f"{listed(sorted(gone))} left the class and keep what they have (--student takes them in)"
        )
    if without:
        said.append(f"{listed(without)}: a stored result and no hand-in any more; it stays as it is")
    kept = {name: job for name, job in jobs.items() if name not in gone}
    if not kept:
        raise UsageError(f"{course.submitted}: everybody with a hand-in left the class; nothing was written.")
    return _Scope(kept, tuple(said))


def _is_current(record: Record | None, bundle: Bundle, made_with: dict[str, Any], hand_in: bytes) -> bool:
    """Tell whether grading again could only find the same."""
    return (
        record is not None
        and OURS not in record.result.notices
        and record.key == key_of(bundle.digest, hand_in)
        and _same_engine(record, made_with)
    )


def _same_engine(record: Record, made_with: dict[str, Any]) -> bool:
    return record.made_with is not None and record.made_with.get("engine") == made_with["engine"]


def _compare(
    course: CourseConfig, stage: Stage, plan: Plan, names: Iterable[str], by_hand: ByHand
) -> Comparison:
    """Compare what stood when the rehearsal was made with what it found."""
    records: dict[str, tuple[Record | None, Record, str]] = {}
    notes = []
    for name in names:
        before = stage.before(name)
        after = stage.record(name) if name in plan.graded else before
        if before is None and (course.autograded / name / stage.assignment / RECORD).exists():
            notes.append(f"{name}: the stored result cannot be read; what it was is not known")
        if after is not None:
            records[name] = (before, after, plan.hand_ins[name])
    charge = lateness.of_class(course, stage.assignment).charge_of
    return compare(stage.assignment, records, by_hand=by_hand, charge=charge, notes=tuple(notes))


# -- in earnest ------------------------------------------------------------------------------------


def apply(
    course: CourseConfig,
    assignment: str,
    *,
    bundle_folder: Path | None = None,
    students: tuple[str, ...] = (),
) -> Outcome:
    """Write what the last rehearsal found: gradebook, results, feedback, a log. Nobody is graded.

    A hand-in that the rehearsal could not grade keeps what it has.

    Raises
    ------
    UsageError
        If nothing was rehearsed, or the bundle, the engine, a hand-in or a stored result is another one now: then
        nothing was written. If the gradebook refuses every score: then it alone was asked.
    """
    bundle = read_bundle(bundle_folder or released.current_bundle(course, assignment), assignment)
    Stage(course, assignment).read_plan()  # refuses before anything is made
    with lock.alone(course, assignment, tell):
        return _apply(course, assignment, bundle, students)


def _apply(course: CourseConfig, assignment: str, bundle: Bundle, students: tuple[str, ...]) -> Outcome:
    stage = Stage(course, assignment)
    plan = stage.read_plan()
    chosen = _chosen(plan, assignment, students)
    scope = _scope(course, assignment, chosen if students or plan.asked else ())
    stale = [*_other_checks(course, plan, bundle), *_other_class(course, stage, plan, chosen, scope)]
    if stale:
        raise UsageError(
            f"{assignment}: not as it was when this was rehearsed; nothing was written.\n"
            + "".join(f"  {sentence}\n" for sentence in stale)
            + f"Rehearse again (what is unchanged is not graded again): autograder regrade {assignment}"
        )
    require_writable(*gradebook_folders(course.db_url), course.autograded, course.feedback)
    require_writable(regrade_log.folder(course))
    found = _compare(course, stage, plan, chosen, _by_hand(course, assignment))
    new = {name: stage.record(name) for name in chosen if name in plan.graded}
    results = {name: r.result for name, r in new.items() if r is not None and r.result.graded}
    lost: set[str] = set()
    troubles: list[str] = []
    if results:
        troubles += grading.record_scores(course, results)  # first: it may refuse
        for name in results:
            try:
                stage.put_in_place(name)
            except Exception as error:  # noqa: BLE001  one student's folder
                lost.add(name)
                troubles.append(_unwritten(f"{name}: the result", error))
        others = {n: r for n, r in _stored(course, assignment).items() if n not in results}
        alike = grading.alike_in(others | results)
        troubles += page_files.write_pages(course, assignment, results, others, alike)
    done = Outcome(
        found, left_out=scope.left_out, applied=tuple(sorted(results.keys() - lost)), troubles=tuple(troubles)
    )
    try:
        done = regrade_log.write(course, done, "applied")
    except Exception as error:  # noqa: BLE001  all else is written; applied again, it is only logged
        return replace(done, troubles=(*done.troubles, _unwritten("the log", error)))
    stage.settle(plan, set(chosen) - lost)
    return done


def _chosen(plan: Plan, assignment: str, students: tuple[str, ...]) -> tuple[str, ...]:
    """Return who is applied: those asked for, if the last rehearsal was of them."""
    there = set(plan.hand_ins)
    if not students:
        if plan.asked:
            names = " ".join(f"--student {name!r}" for name in plan.asked[:_NAMES])
            raise UsageError(
                f"{assignment}: the last rehearsal was of {listed(plan.asked)} only; nothing was written.\n"
                f"Say so: autograder regrade {assignment} --apply {names}\n"
                f"Or rehearse everybody: autograder regrade {assignment}"
            )
        return tuple(sorted(there))
    missing = sorted(set(students) - there)
    if missing:
        raise UsageError(
            f"{assignment}: {listed(missing)}: not in the last rehearsal; nothing was written.\n"
            f"Rehearse first: autograder regrade {assignment}"
        )
    return tuple(sorted(set(students)))


def _other_checks(course: CourseConfig, plan: Plan, bundle: Bundle) -> Iterable[str]:
    if bundle.digest != plan.bundle:
        yield f"the bundle: released again since ({plan.bundle[:12]} → {bundle.digest[:12]})"
    trust = plan.engine.get("sandbox") == "trusted"
    engine = regrade_records.made_with(bundle, course.limits.memory_bytes, trust=trust)["engine"]
    if engine != plan.engine:
        yield "the engine: another version, other libraries, or another memory limit"


def _other_class(
    course: CourseConfig, stage: Stage, plan: Plan, chosen: tuple[str, ...], scope: _Scope
) -> Iterable[str]:
    gone = [name for name in chosen if name not in scope.jobs]
    new = sorted(scope.jobs.keys() - plan.hand_ins.keys() - set(plan.settled))
    there = [name for name in chosen if name in scope.jobs]
    changed = [n for n in there if hand_in_digest(scope.jobs[n]).hex() != plan.hand_ins[n]]
    stored = {name: read_record(course.autograded / name / stage.assignment) for name in chosen}
    digests = {name: record.digest if record else "" for name, record in stored.items()}
    # Of one that is gone nothing can be lost: a run that was killed leaves none while it writes.
    other = [n for n in chosen if digests[n] not in ("", plan.stored[n]) and not stage.is_in_place(n)]
    lost = [name for name in chosen if name in plan.graded and stage.record(name) is None]
    for names, words in (
        (gone, "no hand-in any more, or left the class"),
        (new, "handed in since"),
        (changed, "another hand-in"),
        (other, "another stored result"),
        (lost, "the rehearsed result cannot be read"),
    ):
        if names:
            yield f"{listed(names)}: {words}"


def _stored(course: CourseConfig, assignment: str) -> dict[str, GradingResult]:
    try:
        return stored_results(course, assignment)
    except UsageError:  # nobody had a result
        return {}


def _unwritten(what: str, error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    where = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
    return f"{what} could not be written: {type(error).__name__}: {reason[:300]}{where}; apply it again"


# -- after ``grade`` -------------------------------------------------------------------------------


def after_grade(course: CourseConfig, assignment: str, graded: Collection[str]) -> Outcome | None:
    """Compare the class with what stood before the release that it is graded with now, and log it.

    None if none of those who were ``graded`` had a result of an earlier release.
    """
    if not graded:
        return None
    found: dict[str, tuple[Record | None, Record, str]] = {}
    for folder in sorted(course.autograded.glob(f"*/{assignment}")):
        new = read_record(folder)
        if new is not None and new.previous is not None and new.previous.bundle != new.bundle:
            found[folder.parent.name] = (new.previous, new, (new.made_with or {}).get("hand_in", ""))
    if not set(graded) & found.keys():
        return None
    charge = lateness.of_class(course, assignment).charge_of
    outcome = Outcome(compare(assignment, found, by_hand=_by_hand(course, assignment), charge=charge))
    return regrade_log.write(course, outcome, "graded")
