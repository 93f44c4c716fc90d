"""Faults of our own, injected: not graded, no number anywhere, and the next hand-in is graded."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time

import pytest

from autograder.sandbox import proc


@pytest.fixture
def in_the_middle():
    """Run something half a second after the student's cells have begun."""
    threads: list[threading.Thread] = []

    def run(engine, what):
        def wait_and_do():
            end = time.monotonic() + 20
            while time.monotonic() < end and not list(engine.launcher.base.glob("student-*/started")):
                time.sleep(0.02)
            what()

        threads.append(threading.Thread(target=wait_and_do))
        threads[-1].start()

    yield run
    for thread in threads:
        thread.join()


BUSY = ("open('started', 'w').close()\nimport time; time.sleep(1.5)",)


def kill(pids):
    """Kill all of them."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


FAULTS = {
    "the grader": lambda engine: kill([engine.grader.pid]),
    "the grader's copy": lambda engine: kill(proc.descendants(engine.grader.pid)),
    "the zygote": lambda engine: kill([engine.launcher.zygote.pid]),
    "the reference": lambda engine: kill([engine.launcher.confined["reference"].pid]),
    "the temporary folder": lambda engine: shutil.rmtree(engine.launcher.base),
}


@pytest.mark.parametrize("part", FAULTS)
def test_fault_in_the_middle_is_not_a_zero(grade, engine, in_the_middle, part):
    """No score, no maximum, a sentence that says whose fault it was; ``honest_afterwards`` grades the next one."""
    grade()  # the reference is up
    updates = []
    in_the_middle(engine, lambda: FAULTS[part](engine))
    grade_one = engine.grade
    engine.grade = lambda folder: grade_one(folder, lambda r: updates.append(r))
    try:
        verdict = grade(extra=BUSY)
    finally:
        del engine.grade
    assert verdict.is_refused_without_score
    assert verdict.notices.startswith("not graded: a fault of the grader, not yours.")
    assert verdict.staff
    assert "Traceback" not in verdict.visible_bytes.decode()
    assert not any(update.graded for update in updates)


@pytest.mark.parametrize("part", ["the zygote", "the reference"])
def test_fault_between_two_hand_ins_costs_at_most_one(grade, engine, part):
    """It is found at the next hand-in, which is not graded or graded right; never a zero."""
    grade()
    FAULTS[part](engine)
    time.sleep(0.2)
    verdict = grade()
    assert verdict.is_refused_without_score or verdict.lost == {}


def test_first_result_is_already_valid_and_without_score(grade, engine, tmp_path):
    """Before anything is known, there is a result that says so."""
    import nbformat

    from autograder.results_json import to_results

    seen = []
    folder = tmp_path / "one"
    folder.mkdir()
    nbformat.write(nbformat.v4.new_notebook(), folder / "x.ipynb")
    engine.grade(folder, lambda result: seen.append(to_results(result, done=False)))
    assert "score" not in seen[0]
    assert "Not graded." in seen[0]["output"] or "no score yet" in seen[0]["output"]


def test_check_that_breaks_is_our_fault(grade, engine, monkeypatch):
    """A clock that jumps, a private file that is gone: what fails in the check itself costs nobody points."""
    for private in engine.launcher.base.glob("grader-*/bundle/private/y.npy"):
        hidden = private.with_suffix(".hidden")
        private.rename(hidden)
        try:
            verdict = grade()
        finally:
            hidden.rename(private)
        assert verdict.is_refused_without_score
        assert verdict.notices.startswith("not graded: a fault of the grader, not yours.")
        assert "y.npy" in verdict.staff
        assert "y.npy" not in verdict.visible_bytes.decode()


def test_survivors_withhold_the_score(grade, engine, monkeypatch):
    """A hand-in whose processes could not all be stopped is not graded, and the next one is."""
    with monkeypatch.context() as patch:
        patch.setattr(engine, "_reap", lambda: 1)
        verdict = grade()
    assert not verdict.result.graded
    assert any("could not be stopped" in note for note in verdict.result.staff_notes)
