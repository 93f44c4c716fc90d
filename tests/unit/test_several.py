"""An assignment of several notebooks: one result, and its names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from autograder import messages
from autograder.bundle import Bundle, CheckSpec, digests, read_bundle
from autograder.model import CheckResult, GradingResult, ManifestCell, Outcome, Question
from autograder.notebook import Cell, identify
from autograder.several import NOTEBOOKS, ambiguous, full_name, names_in, part_of, together


def bundle_of(
    folder: Path, *, questions: tuple[str, ...], notebooks: tuple[str, ...] = (), **more: Any
) -> Bundle:
    """Write a bundle with a test of one point per question."""
    made = Bundle(
        folder=folder,
        assignment="ps",
        title="",
        version="1",
        questions=tuple(Question(name=q, title=q, points=1) for q in questions),
        checks=tuple(CheckSpec(question=q, name="test", title=q, points=1, hidden=False) for q in questions),
        cells=(),
        reference_cells=(),
        limits={},
        notebooks=notebooks,
        **more,
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bundle.json").write_text(json.dumps(made.to_json()))
    return made


def two(folder: Path) -> Bundle:
    """Two notebooks, each with a cell named q1."""
    bundle_of(folder / "notebooks" / "a", questions=("q1", "q2"), notebook="a", others=("b",))
    bundle_of(folder / "notebooks" / "b", questions=("q1",), notebook="b", others=("a",))
    return bundle_of(folder, questions=("a.q1", "q2", "b.q1"), notebooks=("a", "b"))


def result(*questions: str, **more: Any) -> GradingResult:
    """A notebook's result: everything passed, or with ``notices`` it was refused."""
    checks = tuple(
        CheckResult(
            question=q, name="test", title=q, outcome=Outcome.PASSED, score=1, max_score=1, hidden=False
        )
        for q in questions
    )
    extra = (
        {"notebook": {"cells": list(questions)}, "timing": {"cells_s": 1.0, "at": "now"}}
        if questions
        else {"timing": {}}
    )
    return GradingResult(
        assignment="ps", graded=bool(questions), questions=(), checks=checks, extra=extra, **more
    )


def test_a_name_that_two_notebooks_have_gets_the_notebooks_before_it(tmp_path: Path) -> None:
    """And only such a name: others are as in nbgrader's gradebook."""
    twice = ambiguous([("a", "q1"), ("a", "q2"), ("b", "q1"), ("a", "q2")])
    assert twice == {"q1"}
    assert (full_name("a", "q1", twice), full_name("a", "q2", twice)) == ("a.q1", "q2")
    assert names_in(two(tmp_path)) == {"a": {"q1": "a.q1", "q2": "q2"}, "b": {"q1": "b.q1"}}


def test_results_of_notebooks_become_one_and_parts_again(tmp_path: Path) -> None:
    """With the executed notebook of each."""
    bundle = two(tmp_path)
    made = together(bundle, {"a": result("q1", "q2"), "b": result("q1")})
    assert [c.question for c in made.checks] == ["a.q1", "q2", "b.q1"]
    assert (made.graded, made.score, made.extra["timing"]) == (True, 3, {"cells_s": 2.0, "at": "now"})
    assert set(made.extra[NOTEBOOKS]) == {"a", "b"}
    part = part_of(bundle, made, "b")
    assert [q.name for q in part.questions] == ["q1"]
    assert (part.score_of("q1"), part.extra["notebook"]) == (1, {"cells": ["q1"]})


def test_a_notebook_that_is_missing_costs_its_own_questions(tmp_path: Path) -> None:
    """With a sentence; where all are, nothing was graded."""
    bundle = two(tmp_path)
    gone = result(notices=("no notebook",))
    made = together(bundle, {"a": result("q1", "q2"), "b": gone})
    assert (made.graded, made.score_of("q2"), made.score_of("b.q1")) == (True, 1, 0)
    assert any("b.ipynb was not handed in" in notice for notice in made.notices)
    none = together(bundle, {"a": gone, "b": gone})
    assert (none.graded, none.checks, none.notices) == (False, (), ("no notebook",))


def test_a_fault_of_ours_in_one_notebook_is_no_zero(tmp_path: Path) -> None:
    """A person looks, as ever."""
    broken = result(notices=(messages.OURS,), staff_notes=("a fault",))
    made = together(two(tmp_path), {"a": result("q1", "q2"), "b": broken})
    assert not made.graded
    assert made.notices == (messages.OURS,)
    assert made.staff_notes == ("b: a fault",)


def test_digests_know_tests_of_other_tools_and_leave_others_as_they_were(tmp_path: Path) -> None:
    """A changed test is another version of the checks; a course of ours keeps the digests that it has."""
    made = bundle_of(tmp_path, questions=("q",), notebook="a")
    before = digests(made)
    (tmp_path / "foreign.json").write_text("{}")
    assert digests(made) != before
    assert read_bundle(tmp_path).notebook == "a"


def test_cells_of_another_tool_are_named_by_their_metadata() -> None:
    """A first line that looks like a marker of ours is prose; lost metadata are made good by id or text."""
    manifest = [
        ManifestCell("code", "assert f(1)", "check", "t1", "c1"),
        ManifestCell("code", "# YOUR CODE", "answer", "a1", "c2"),
        ManifestCell("code", "assert g(1)", "check", "t2", "c3"),
    ]
    cells = [
        Cell("code", "# check: t1\nx = 1", grade_id="t1", kind="check"),
        Cell("code", "assert f(2)", grade_id="t1", nbgrader_id="t1"),
        Cell("code", "def f(): pass", cell_id="c2"),
        Cell("code", "assert g(1)"),
        Cell("code", "assert g(1)"),
        Cell("code", "y", nbgrader_id="another"),
    ]
    assert identify(cells, manifest) == 3
    assert [cell.grade_id for cell in cells] == ["", "t1", "a1", "t2", "", ""]
