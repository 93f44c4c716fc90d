"""A rehearsal and what becomes of it, with a stand-in for the engine: interruptions, faults, who left, what is full."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder import messages, released
from autograder.bundle import digests, read_bundle
from autograder.classroom import grading, regrade, regrade_log, regrade_records
from autograder.classroom.regrade_stage import Stage
from autograder.config import CourseConfig, load_course
from autograder.engine.batch import EngineOptions, Job
from autograder.errors import UsageError
from autograder.model import CheckResult, GradingResult, Outcome

REPOSITORY = Path(__file__).parents[3]
Mini = tuple[Any, Path, Any]
NAMES = ("ada", "bob", "cy", "Zoë Müller", "山田 太郎")


@pytest.fixture
def course(mini: Mini, tmp_path: Path) -> CourseConfig:
    """Return a course with the small assignment released and five hand-ins."""
    root = tmp_path / "course"
    shutil.copytree(mini[0].path.parents[1], root / "source")
    shutil.copytree(mini[0].references.parent, root / "references")
    shutil.copytree(mini[1], root / "bundle" / "mini")
    for name in ("gradebook_config.py", "nbgrader_config.py"):
        shutil.copy(REPOSITORY / name, root)
    found = load_course(root)
    (root / "bundle" / "mini" / "source.sha256").write_text(released.source_digest(found, "mini"))
    for name in NAMES:
        hand_in(found, name)
    return found


def hand_in(course: CourseConfig, student: str, text: str = "a notebook") -> None:
    """Write a student's hand-in."""
    folder = course.submitted / student / "mini"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mini.ipynb").write_text(text)


def release_again(course: CourseConfig) -> None:
    """Correct a check in the released bundle."""
    folder = course.bundle("mini")
    path = folder / "checks" / "q1.py"
    path.write_text(path.read_text().replace("[3, 4]), 25", "[3, 4]), 26 - 1"))
    digest, secret = digests(read_bundle(folder))
    data = json.loads((folder / "bundle.json").read_text())
    (folder / "bundle.json").write_text(json.dumps({**data, "digest": digest, "secret": secret}))


class Engine:
    """Stands in for the engine: ``points`` of q1 by student, None for a fault of ours; ``graded`` is who went in."""

    def __init__(self, course: CourseConfig) -> None:
        self.course = course
        self.points: dict[str, float | None] = {}
        self.graded: list[str] = []
        self.interrupt_at = 99

    def grade_many(
        self, _options: EngineOptions, jobs: list[Job], *, workers: int | None = None, **_: Any
    ) -> Iterator[tuple[Job, GradingResult]]:
        bundle = read_bundle(self.course.bundle("mini"))
        for number, job in enumerate(jobs):
            if number == self.interrupt_at:
                raise KeyboardInterrupt
            self.graded.append(job.name)
            points = self.points.get(job.name, 1.0)
            check = CheckResult(
                question="q1",
                name="test_three_four",
                title="3 and 4 give 25.",
                outcome=Outcome.PASSED if points else Outcome.FAILED,
                score=points or 0.0,
                max_score=1.0,
                hidden=False,
            )
            yield (
                job,
                GradingResult(
                    assignment="mini",
                    graded=points is not None,
                    questions=bundle.questions,
                    checks=() if points is None else (check,),
                    notices=(messages.OURS,) if points is None else (),
                    staff_notes=("the disk was full",) if points is None else (),
                    extra={
                        "bundle_digest": bundle.digest,
                        "notebook": {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5},
                    },
                ),
            )

    def went_in(self) -> list[str]:
        """Return who was graded since the last look."""
        found, self.graded = sorted(self.graded), []
        return found


@pytest.fixture
def engine(course: CourseConfig, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Put the stand-in where the engine is, and the gradebook aside."""
    made = Engine(course)
    monkeypatch.setattr(grading, "grade_many", made.grade_many)
    monkeypatch.setattr(grading, "record_scores", lambda *_: ())
    return made


@pytest.fixture
def corrected(course: CourseConfig, engine: Engine) -> CourseConfig:
    """Return the course, graded, with a check corrected since: bob and cy will get their point."""
    engine.points = {"bob": 0.0, "cy": 0.0}
    grading.grade_class(course, "mini")
    release_again(course)
    engine.points = {}
    engine.went_in()
    return course


def stored(course: CourseConfig) -> dict[str, bytes]:
    """Return every file that students or other programs see."""
    return {
        path.relative_to(course.root).as_posix(): path.read_bytes()
        for folder in (course.autograded, course.feedback, regrade_log.folder(course))
        for path in folder.rglob("*")
        if path.is_file()
    }


def scores(course: CourseConfig) -> dict[str, float | None]:
    """Return the stored scores."""
    found = {}
    for folder in course.autograded.glob("*/mini"):
        record = regrade_records.read_record(folder)
        found[folder.parent.name] = record.result.score if record and record.result.graded else None
    return found


def movers(outcome: regrade_log.Outcome) -> list[str]:
    """Return who moves."""
    return [move.student for move in outcome.comparison.moves]


def test_rehearsal_shows_nowhere_and_is_applied_as_it_was(corrected: CourseConfig, engine: Engine) -> None:
    """Files are the same after it; after --apply they are what ``grade`` would have written."""
    before = stored(corrected)
    rehearsed = regrade.rehearse(corrected, "mini")
    assert (movers(rehearsed), stored(corrected)) == (["bob", "cy"], before)
    stage = Stage(corrected, "mini")
    assert stage.folder.stat().st_mode & 0o777 == 0o700
    assert engine.went_in() == sorted(NAMES)
    done = regrade.apply(corrected, "mini")
    assert (movers(done), done.applied, engine.went_in()) == (["bob", "cy"], tuple(sorted(NAMES)), [])
    assert scores(corrected) == dict.fromkeys(NAMES, 1.0)
    assert grading.grade_class(corrected, "mini").kept == set(NAMES)
    by_regrade = {k: v for k, v in stored(corrected).items() if not k.startswith("regrades")}
    for name in ("autograded", "feedback"):
        shutil.rmtree(corrected.root / name)
    grading.grade_class(corrected, "mini")
    by_grade = {k: v for k, v in stored(corrected).items() if not k.startswith("regrades")}
    assert by_regrade.keys() == by_grade.keys()
    assert [k for k in by_grade if by_grade[k] != by_regrade[k] and not k.endswith("grading.json")] == []


def test_interrupted_rehearsal_resumes_and_cannot_be_applied(corrected: CourseConfig, engine: Engine) -> None:
    """Ctrl-C after two: these stay, and the next rehearsal grades the other three."""
    before = stored(corrected)
    engine.interrupt_at = 2
    with pytest.raises(KeyboardInterrupt):
        regrade.rehearse(corrected, "mini")
    first = engine.went_in()
    with pytest.raises(UsageError, match="no complete rehearsal; nothing was written"):
        regrade.apply(corrected, "mini")
    assert stored(corrected) == before
    engine.interrupt_at = 99
    assert movers(regrade.rehearse(corrected, "mini")) == ["bob", "cy"]
    assert engine.went_in() == sorted(set(NAMES) - set(first))
    engine.interrupt_at = 0
    again = regrade.rehearse(corrected, "mini")
    assert (movers(again), again.graded) == (["bob", "cy"], 0)
    assert regrade.rehearse(corrected, "mini", students=("bob",)).graded == 0


def test_interrupted_rehearsal_takes_the_one_before_back(corrected: CourseConfig, engine: Engine) -> None:
    """What was complete rests on checks that are gone: it is not applied in the new one's place."""
    regrade.rehearse(corrected, "mini")
    engine.interrupt_at = 1
    with pytest.raises(KeyboardInterrupt):
        regrade.rehearse(corrected, "mini", force=True)
    with pytest.raises(UsageError, match="no complete rehearsal"):
        regrade.apply(corrected, "mini")


def test_fault_of_ours_lowers_no_score(corrected: CourseConfig, engine: Engine) -> None:
    """It is named, keeps what it has, and only it is tried again; a first hand-in has none to keep."""
    hand_in(corrected, "new")
    engine.points = {"ada": None, "new": None}
    outcome = regrade.rehearse(corrected, "mini")
    found = [(n.student, n.keeps, n.why) for n in outcome.comparison.not_graded]
    assert found == [("ada", 1.0, "the disk was full"), ("new", None, "the disk was full")]
    assert outcome.incomplete
    done = regrade.apply(corrected, "mini")
    assert done.incomplete and "ada" not in done.applied
    assert scores(corrected) == dict.fromkeys(NAMES, 1.0)
    engine.points = {"ada": 0.5}
    engine.went_in()
    again = regrade.rehearse(corrected, "mini")
    assert (movers(again), engine.went_in()) == (["ada", "new"], ["ada", "new"])


def test_fault_that_is_stored_already_is_mended(course: CourseConfig, engine: Engine) -> None:
    """A score, then a fault by ``grade``: the regrade starts from the score."""
    engine.points = {"ada": 0.0}
    grading.grade_class(course, "mini")
    release_again(course)
    engine.points = {"ada": None}
    grading.grade_class(course, "mini")
    engine.points = {}
    (move,) = regrade.rehearse(course, "mini").comparison.moves
    assert (move.student, move.points, [str(w) for w in move.why]) == (
        "ada",
        1.0,
        ["changed check (its code)"],
    )


def test_killed_in_the_middle_of_apply(
    corrected: CourseConfig, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some results are in place: applied again, all are, nobody is graded, and the log names every mover."""
    regrade.rehearse(corrected, "mini")
    put, put_by_now = Stage.put_in_place, []

    def end_after_three(stage: Stage, student: str) -> None:
        if len(put_by_now) == 3:
            raise KeyboardInterrupt
        put_by_now.append(student)
        put(stage, student)

    monkeypatch.setattr(Stage, "put_in_place", end_after_three)
    with pytest.raises(KeyboardInterrupt):
        regrade.apply(corrected, "mini")
    monkeypatch.setattr(Stage, "put_in_place", put)
    engine.went_in()
    done = regrade.apply(corrected, "mini")
    assert (movers(done), done.applied, engine.went_in()) == (["bob", "cy"], tuple(sorted(NAMES)), [])
    assert scores(corrected) == dict.fromkeys(NAMES, 1.0)
    assert len(list(regrade_log.folder(corrected).glob("*.json"))) == 1


def test_one_students_folder_costs_no_other(corrected: CourseConfig, engine: Engine) -> None:
    """A file in the way of one result: told; the rest is written, and applying again completes it."""
    regrade.rehearse(corrected, "mini")
    folder = corrected.autograded / "bob" / "mini"
    (folder / "results.json").unlink()
    (folder / "results.json").mkdir()
    (folder / "results.json" / "x").write_text("")
    done = regrade.apply(corrected, "mini")
    assert [t.split(" could not")[0] for t in done.troubles] == ["bob: the result"]
    assert "bob" not in done.applied and scores(corrected)["cy"] == 1.0
    shutil.rmtree(folder / "results.json")
    again = regrade.apply(corrected, "mini")
    assert (again.applied, movers(again)) == (("bob",), ["bob"])
    assert scores(corrected)["bob"] == 1.0


def test_gradebook_that_refuses_leaves_everything(
    corrected: CourseConfig, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked first; the rehearsal stays and can be applied later."""
    regrade.rehearse(corrected, "mini")
    before = stored(corrected)

    def refuse(*_: Any) -> None:
        raise UsageError("the gradebook is locked")

    monkeypatch.setattr(grading, "record_scores", refuse)
    with pytest.raises(UsageError, match="locked"):
        regrade.apply(corrected, "mini")
    assert stored(corrected) == before
    monkeypatch.setattr(grading, "record_scores", lambda *_: ())
    assert movers(regrade.apply(corrected, "mini")) == ["bob", "cy"]


def test_who_left_keeps_what_they_have(corrected: CourseConfig, engine: Engine) -> None:
    """Left out and named; graded only if asked for by name."""
    (corrected.root / "roster.csv").write_text("student,status\nbob,left\nada,active\n")
    outcome = regrade.rehearse(corrected, "mini")
    assert movers(outcome) == ["cy"]
    assert outcome.left_out == ("bob left the class and keep what they have (--student takes them in)",)
    regrade.apply(corrected, "mini")
    assert scores(corrected)["bob"] == 0.0
    assert movers(regrade.rehearse(corrected, "mini", students=("bob",))) == ["bob"]


def test_other_engine_is_graded_anew_and_never_applied_unseen(
    corrected: CourseConfig, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new version after the rehearsal: refused, with the reason; rehearsed again, everybody goes in again."""
    regrade.rehearse(corrected, "mini")
    engine.went_in()
    monkeypatch.setattr(regrade_records, "__version__", "9.9")
    with pytest.raises(UsageError, match="the engine: another version"):
        regrade.apply(corrected, "mini")
    assert regrade.rehearse(corrected, "mini").graded == len(NAMES)
    more = replace(corrected, limits=replace(corrected.limits, memory_bytes=1 << 30))
    with pytest.raises(UsageError, match="or another memory limit"):
        regrade.apply(more, "mini")


def test_up_to_date_class_grades_nobody(course: CourseConfig, engine: Engine) -> None:
    """Same checks, hand-ins and engine: there is nothing to try, unless it is forced."""
    grading.grade_class(course, "mini")
    engine.went_in()
    outcome = regrade.rehearse(course, "mini")
    assert (outcome.graded, len(outcome.comparison.stay), engine.went_in()) == (0, len(NAMES), [])
    assert not Stage(course, "mini").folder.exists()
    engine.points = {"ada": 0.0}
    (move,) = regrade.rehearse(course, "mini", force=True).comparison.moves
    assert str(move.why[0]).startswith("nothing known")


@pytest.mark.parametrize("path", [".autograder", ".autograder/rehearsals", ".autograder/rehearsals/mini"])
def test_no_room_for_a_rehearsal_is_a_sentence(corrected: CourseConfig, engine: Engine, path: str) -> None:
    """A file in the folder's way: refused before anybody is graded."""
    target = corrected.root / path
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("")
    with pytest.raises(UsageError, match="not a folder; nothing was written"):
        regrade.rehearse(corrected, "mini")
    assert engine.went_in() == []


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": 2}', '{"schema": 1}', "\x00"])
def test_damaged_plan_is_not_applied(corrected: CourseConfig, engine: Engine, content: str) -> None:
    """Nothing is written, and the sentence says to rehearse again."""
    regrade.rehearse(corrected, "mini")
    before = stored(corrected)
    (Stage(corrected, "mini").folder / "plan.json").write_text(content)
    with pytest.raises(UsageError, match="nothing was written"):
        regrade.apply(corrected, "mini")
    assert stored(corrected) == before


def test_damaged_rehearsed_result_is_not_applied(corrected: CourseConfig, engine: Engine) -> None:
    """It cannot be read any more: refused as a whole, before anything is written."""
    regrade.rehearse(corrected, "mini")
    before = stored(corrected)
    stage = Stage(corrected, "mini")
    (stage.course.autograded / "cy" / "mini" / "grading.json").write_text("{")
    with pytest.raises(UsageError, match="cy: the rehearsed result cannot be read"):
        regrade.apply(corrected, "mini")
    assert stored(corrected) == before


def test_logs_of_one_second_are_two_files_and_the_last_is_shown(
    corrected: CourseConfig, engine: Engine
) -> None:
    """Also beside an assignment whose name begins with ours."""
    outcome = regrade.rehearse(corrected, "mini")
    first, second = (regrade_log.write(corrected, outcome, "applied").log for _ in range(2))
    assert first is not None and second is not None and first != second
    other = replace(outcome, comparison=replace(outcome.comparison, assignment="mini-2"))
    regrade_log.write(corrected, other, "applied")
    assert regrade_log.last(corrected, "mini")[0] == max(
        first, second, key=lambda p: (p.stem[:20], len(p.stem))
    )
    with pytest.raises(UsageError, match="no log of 'min'"):
        regrade_log.last(corrected, "min")
    second.write_text("{")
    first.write_text("[]")
    with pytest.raises(UsageError, match="nothing is shown"):
        regrade_log.last(corrected, "mini")


def test_log_that_cannot_be_written_is_told_and_written_later(
    corrected: CourseConfig, engine: Engine
) -> None:
    """All else is in place; applied again, it is only logged."""
    regrade.rehearse(corrected, "mini")
    regrade_log.folder(corrected).mkdir()
    plan = json.loads((Stage(corrected, "mini").folder / "plan.json").read_text())
    assert plan["graded"] and plan["settled"] == []

    def full(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regrade_log, "write_json", full)
        done = regrade.apply(corrected, "mini")
    assert [t.split(" could not")[0] for t in done.troubles] == ["the log"]
    assert list(regrade_log.folder(corrected).iterdir()) == []
    assert scores(corrected) == dict.fromkeys(NAMES, 1.0)
    again = regrade.apply(corrected, "mini")
    assert movers(again) == ["bob", "cy"] and again.log is not None


def test_after_grade_tells_only_of_a_new_release(course: CourseConfig, engine: Engine) -> None:
    """Not of a hand-in of today, not of a run that kept everybody; once the checks change, of all who moved."""
    engine.points = {"bob": 0.0, "cy": 0.0}
    grading.grade_class(course, "mini")
    assert regrade.after_grade(course, "mini", NAMES) is None
    hand_in(course, "bob", "another")
    engine.points = {"cy": 0.0}
    grading.grade_class(course, "mini")
    assert regrade.after_grade(course, "mini", {"bob"}) is None
    release_again(course)
    engine.points = {}
    engine.interrupt_at = 3
    with pytest.raises(KeyboardInterrupt):
        grading.grade_class(course, "mini")
    engine.interrupt_at = 99
    found = grading.grade_class(course, "mini")
    outcome = regrade.after_grade(course, "mini", found.results.keys() - found.kept)
    assert outcome is not None and movers(outcome) == ["cy"]
    assert len(outcome.comparison.stay) == len(NAMES) - 1
    assert regrade.after_grade(course, "mini", ()) is None
