"""Where a test is judged, decided from verdicts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.author.dialects import prove
from autograder.author.dialects.wrong_answers import KINDS
from autograder.bundle import Bundle, CheckSpec
from autograder.foreign import ForeignTest, Place
from autograder.model import CellProblem, GradingResult
from autograder.places import Row, lines, read_table, summary, write_table

SPEC = CheckSpec(question="q", name="test_q", title="q", points=1, hidden=False)


def bundle(folder: Path) -> Bundle:
    """Return a bundle with one test."""
    empty: dict[str, Any] = dict.fromkeys(("questions", "cells", "reference_cells"), ())
    return Bundle(folder=folder, assignment="a", title="", version="1", checks=(SPEC,), limits={}, **empty)


def decide(tmp_path: Path, looks_at: str = "", odd: str = "", **verdicts: dict[str, Any]) -> Row:
    """Decide about one test; what is not given is as it must be."""
    found = {
        prove.SOLUTION: {"outside": "passed", "inside": "passed", "words": ["__len__"], "probes": ["junk"]},
        prove.UNTOUCHED: {"outside": "failed", "inside": "failed"},
        **{kind: {"outside": "failed", "inside": "failed"} for kind in KINDS},
    }
    for name, verdict in verdicts.items():
        found[name.replace("_", " ")] |= verdict
    results = {
        name: GradingResult(
            assignment="a",
            graded=True,
            questions=(),
            checks=(),
            extra={"foreign_places": {"q/test_q": places}},
        )
        for name, places in found.items()
    }
    (row,) = prove.decide(
        bundle(tmp_path), results, {"q": looks_at} if looks_at else {}, {"q": odd} if odd else {}
    )
    return row


def test_a_test_with_the_same_verdicts_is_judged_outside(tmp_path: Path) -> None:
    """And the judge learns what the right answer needs."""
    row = decide(tmp_path)
    assert (row.place, row.words, row.probes) == (Place.OUTSIDE, ("__len__",), ("absent",))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"solution": {"outside": "failed", "why_outside": "TypeError: no"}}, "TypeError: no"),
        ({"solution": {"outside": "0.5"}}, "not the same outside"),
        ({"release": {"outside": "passed"}}, "untouched notebook passes"),
        ({"returns_None": {"outside": "passed"}}, "(returns None) gets full points outside and none inside"),
        ({"wrong_type": {"inside": "0.5"}}, "none outside and 0.5 points inside"),
        ({"looks_at": "looks at a matplotlib axis"}, "matplotlib axis"),
    ],
)
def test_a_test_with_another_verdict_stays_inside(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    """One that differs is enough, and the instructor is told which."""
    row = decide(tmp_path, **change)
    assert row.place is Place.INSIDE
    assert why in row.why
    assert row.to_do
    assert not row.unable


def test_an_untouched_release_that_passes_inside_may_pass_outside(tmp_path: Path) -> None:
    """As a test of something that students get for nothing."""
    assert decide(tmp_path, release={"outside": "passed", "inside": "passed"}).place is Place.OUTSIDE


def test_an_answer_that_destroys_what_it_was_given_may_get_less_outside(tmp_path: Path) -> None:
    """But not more: then what the test made has changed inside only."""
    less = {"outside": "failed", "inside": "passed"}
    assert decide(tmp_path, changes_its_argument=less).place is Place.OUTSIDE
    more = {"outside": "passed", "inside": "failed"}
    assert decide(tmp_path, changes_its_argument=more).place is Place.INSIDE


def test_an_error_is_a_fail_in_both_places(tmp_path: Path) -> None:
    """How a wrong answer fails is no difference in points."""
    assert decide(tmp_path, raises={"outside": "error"}).place is Place.OUTSIDE


def test_a_test_that_cannot_run_anywhere_waits_for_a_person(tmp_path: Path) -> None:
    """Nobody loses points because of what this machine lacks."""
    gone = {"outside": "failed", "inside": "failed", "why_inside": "ModuleNotFoundError: No module named 'x'"}
    row = decide(tmp_path, solution=gone)
    assert row.unable
    assert "library" in row.why
    wrong = decide(
        tmp_path, solution={"outside": "failed", "inside": "failed", "why_inside": "AssertionError: 3"}
    )
    assert not wrong.unable
    assert "not passed by the solution" in wrong.why
    assert decide(tmp_path, odd="it is no Python. Write it in Python.").unable


def test_the_table_is_kept_and_told(tmp_path: Path) -> None:
    """As the release prints it."""
    rows = [decide(tmp_path), decide(tmp_path, looks_at="calls %timeit")]
    write_table(tmp_path, rows)
    assert read_table(tmp_path) == rows
    assert read_table(tmp_path / "none") == []
    assert summary(rows) == "1 of 2 test cells outside; 1 inside: q calls %timeit"
    assert lines(rows) == [f"q: inside: calls %timeit. {rows[1].to_do}"]
    assert "Call the function" in rows[1].to_do


def test_a_cell_that_anybody_passes_is_named(tmp_path: Path) -> None:
    """No probe can tell a forgery there, so the instructor has to know."""
    row = decide(tmp_path, looks_at="calls %timeit", solution={"probes": ["absent", "junk"]})
    assert row.probes == ()
    assert lines([row])[0].endswith("whoever hands in gets its points.")


def test_all_that_was_decided_goes_into_the_test(tmp_path: Path) -> None:
    """Whatever a row says of how a test is judged; both tools' steps use it."""
    test = ForeignTest(question="q", name="test_q")
    row = decide(tmp_path, solution={"binds": True})
    made = prove.settled(test, row)
    assert (made.place, made.words, made.probes, made.binds) == (row.place, row.words, row.probes, True)


def test_a_test_without_its_saved_output_is_told(tmp_path: Path) -> None:
    """otter takes what was saved with the test cell for what is expected."""
    why = "inside: Differs: example 1: expected '', found '2'"
    row = decide(tmp_path, solution={"outside": "failed", "inside": "failed", "why_inside": why})
    assert "run the master, and save it" in row.to_do


def stopped(kind: str, limit_s: float) -> dict[str, GradingResult]:
    """Return what a run of the solution left of the test, stopped after a time."""
    found = {"inside": "failed", "outside": "failed", "stopped": kind, "limit_s": limit_s}
    extra = {"foreign_places": {"q/test_q": found}}
    made = GradingResult(assignment="a", graded=True, questions=(), checks=(), extra=extra)
    return {prove.SOLUTION: made, prove.UNTOUCHED: made}


def test_a_test_that_does_not_end_waits_for_a_person(tmp_path: Path) -> None:
    """Only if it had all of its time: another's endless loop is not its fault. Memory is no matter of time."""
    made = bundle(tmp_path)
    endless = prove.endless(made, stopped("cpu", SPEC.timeout_s))
    assert endless == {("q", "test_q"): "it does not end with your solution within 10 s"}
    assert prove.endless(made, stopped("wall", SPEC.timeout_s)) == endless
    assert prove.endless(made, stopped("cpu", 4.0)) == {}
    assert prove.endless(made, stopped("memory", SPEC.timeout_s)) == {}
    (row,) = prove.decide(made, stopped("cpu", SPEC.timeout_s), {}, {}, endless)
    assert row.unable
    assert lines([row]) == [f"q: cannot run here: {row.why}. {prove.ENDLESS}"]


def test_cells_of_the_solution_that_stop_are_told(tmp_path: Path) -> None:
    """The first few, and how many more."""
    cell = CellProblem(cell=3, label="while True:", reason="did not finish within 5 s and was stopped")
    results = stopped("cpu", 1.0)
    results[prove.SOLUTION] = replace(results[prove.SOLUTION], problems=(cell,) * 8)
    told = prove.problems(results)
    assert told[0] == "your solution: cell 3 (while True:) did not finish within 5 s and was stopped"
    assert told[-1] == "your solution: 2 more cells like these"
