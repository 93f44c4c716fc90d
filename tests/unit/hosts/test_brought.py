"""What a package of a brought course says and holds back, as far as nothing must be graded for it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from autograder.author.dialects.prove import SOLUTION, UNTOUCHED
from autograder.hosts import brought
from autograder.hosts.build_check import expectation
from autograder.hosts.package import refuse_held_back
from autograder.hosts.settings import Settings
from autograder.model import CheckResult, GradingResult, Outcome, Question
from tests.unit.test_several import bundle_of, two


def test_hidden_tests_wait_for_publication(tmp_path: Path) -> None:
    """All of them, whatever their names; where there are none, nothing is held back, and nothing refuses the package."""
    public = bundle_of(tmp_path, questions=("q1", "q2"))
    assert brought.held_back(public) == []
    mixed = replace(public, checks=(public.checks[0], replace(public.checks[1], hidden=True)))
    assert brought.held_back(mixed) == ["*"]
    settings = Settings(after_published={"ps": ["*"]})
    refuse_held_back(mixed, settings)
    assert [settings.decided_later("ps")(check) for check in mixed.checks] == [False, True]


def test_assignments_with_notebooks_of_one_name_are_told(tmp_path: Path) -> None:
    """Then only Gradescope's title tells them apart."""
    one, other = two(tmp_path / "ps1"), two(tmp_path / "ps2")
    own = bundle_of(tmp_path / "b", questions=("q1",))
    assert list(brought.names_shared({"ps1": one, "hw": own})) == []
    said = list(brought.names_shared({"ps1": one, "ps2": other, "b": own}))
    assert len(said) == 2
    assert said[0].startswith("ps1 and ps2 have a a.ipynb each: in Gradescope")
    assert said[1].startswith("ps1 and ps2 and b have a b.ipynb each")


def result(score: float, outcome: Outcome) -> GradingResult:
    """Return a result of one question of two points, and one that a person grades."""
    check = CheckResult(
        question="q1", name="test", title="", outcome=outcome, score=score, max_score=2, hidden=True
    )
    questions = (
        Question(name="q1", title="", points=2),
        Question(name="why", title="", points=3, manual=True),
    )
    return GradingResult(assignment="ps", graded=True, questions=questions, checks=(check,))


def test_an_instructor_reads_what_our_hand_ins_got(tmp_path: Path) -> None:
    """What the solution lacks and why, what everybody gets; nobody promised full points and none."""
    bundle = replace(bundle_of(tmp_path, questions=("q1",)), questions=result(0, Outcome.FAILED).questions)
    found = {SOLUTION: result(0, Outcome.REVIEW), UNTOUCHED: result(1, Outcome.FAILED)}
    assert list(brought._judged(bundle, found)) == [
        "ps: the solution gets 0 of 2 points, the untouched notebook 1; 3 points are a person's",
        "  q1: 0 of 2 for the solution: a person decides",
        "  q1: 1 point for the untouched notebook, so for everybody",
    ]
    assert expectation(found[UNTOUCHED]) == {"score": 1, "checks": {"q1/test": 1}}


def test_a_packed_notebook_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    """otter gives its cells new ids at each release."""
    packed = set()
    for number in range(2):
        nbformat.write(new_notebook(cells=[new_code_cell("x = 'ä'")]), tmp_path / f"{number}.ipynb")
        packed.add(brought._same_each_time(tmp_path / f"{number}.ipynb"))
    assert len(packed) == 1
    assert json.loads(packed.pop())["cells"][0]["source"] in ("x = 'ä'", ["x = 'ä'"])
