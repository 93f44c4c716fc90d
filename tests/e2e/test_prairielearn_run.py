"""A run as PrairieLearn starts it, judged by the format that its documentation gives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from autograder.author import release
from autograder.hosts.prairielearn import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(mini: tuple[release.Source, Path, Any], tmp_path: Path) -> Path:
    """Lay out /grade with the small course's solution; without its results folder, as PrairieLearn has it."""
    source, bundle, released = mini
    (tmp_path / "source" / "bundles").mkdir(parents=True)
    (tmp_path / "source" / "bundles" / "mini").symlink_to(bundle)
    grade = tmp_path / "grade"
    (grade / "student").mkdir(parents=True)
    (grade / "data").mkdir()
    (grade / "data" / "data.json").write_text(json.dumps({"options": {}, "submitted_answers": {}}))
    nbformat.write(release.solution_notebook(source, released), grade / "student" / "mini.ipynb")
    for path in (source.references / "solution").iterdir():
        (grade / "student" / path.name).write_bytes(path.read_bytes())
    return grade


def found(root: Path) -> dict[str, Any]:
    """Return what PrairieLearn would read, if it is as documented."""
    text = (root / "results" / "results.json").read_text()
    content: dict[str, Any] = json.loads(text)
    assert len(text) < 1_000_000
    if content["gradable"]:
        assert 0.0 <= content["score"] <= 1.0
        for test in content["tests"]:
            assert {"name", "points", "max_points", "message"} <= set(test)
    else:
        assert "score" not in content
        assert all(isinstance(e, str) for e in content["format_errors"])
    return content


def test_solution_gets_one(root):
    """The score is a share of one; every check has its points; the data file is closed to others."""
    assert run(root, source=root.parent / "source") == 0
    content = found(root)
    assert content["score"] == 1.0
    assert sum(t["max_points"] for t in content["tests"]) == 11.0
    assert (root / "data" / "data.json").stat().st_mode & 0o077 == 0


def test_part_of_the_points_is_a_share(root):
    """Without its weights file the solution loses q3: 8 of 11."""
    (root / "student" / "model_weights.safetensors").unlink()
    assert run(root, source=root.parent / "source") == 0
    assert found(root)["score"] == round(8 / 11, 6)


def test_unreadable_hand_in_is_not_gradable(root):
    """It costs no attempt, and says what to do."""
    (root / "student" / "mini.ipynb").write_text("{")
    assert run(root, source=root.parent / "source") == 0
    content = found(root)
    assert content["gradable"] is False
    assert "cannot read this notebook" in content["format_errors"][0]


def test_fault_of_ours_is_not_gradable(root):
    """No bundle in the image: nobody loses anything."""
    (root.parent / "source" / "bundles" / "mini").unlink()
    assert run(root, source=root.parent / "source") == 0
    assert found(root)["gradable"] is False


def test_bonus_makes_up_for_lost_points_but_one_is_the_most(root):
    """The format ends at 1; the check's own points show the bonus."""
    from autograder.hosts.prairielearn import _Run
    from autograder.model import CheckResult, GradingResult, Outcome, Question

    def content(*shares: float) -> dict[str, Any]:
        checks = tuple(
            CheckResult(
                question="q1", name=f"test_{i}", title="", outcome=Outcome.PASSED if share >= 1 else Outcome.FAILED,
                score=share * 4, max_score=4, hidden=True,
            )
            for i, share in enumerate(shares)
        )  # fmt: skip
        questions = (Question(name="q1", title="", points=4 * len(shares)),)
        result = GradingResult(assignment="a", graded=True, questions=questions, checks=checks)
        return _Run(root, root.parent / "source")._content(result, done=True)

    assert content(1.25, 0.5)["score"] == 0.875
    assert content(1.25, 1.0)["score"] == 1.0
    assert content(1.25)["tests"][0]["points"] == 5.0


def test_review_counts_nothing_yet_and_says_so(root):
    """PrairieLearn has no third state: no points for now, and the words."""
    from autograder.hosts.prairielearn import _Run
    from autograder.model import CheckResult, GradingResult, Outcome, Question

    check = CheckResult(
        question="q1", name="test_a", title="", outcome=Outcome.REVIEW, score=0, max_score=4, hidden=True
    )
    questions = (Question(name="q1", title="", points=4),)
    result = GradingResult(assignment="a", graded=True, questions=questions, checks=(check,))
    content = _Run(root, root.parent / "source")._content(result, done=True)
    assert (content["gradable"], content["score"]) == (True, 0.0)
    assert "a person will look at this" in content["tests"][0]["message"]


def test_a_picture_is_no_test_with_points(root, monkeypatch):
    """It stands among Gradescope's tests without a score; here it must not cost the whole result."""
    from autograder.hosts.prairielearn import _Run
    from autograder.model import CheckResult, GradingResult, Outcome, Question

    picture = {"name": "a picture", "output": "<img>", "output_format": "html"}
    monkeypatch.setattr("autograder.classroom.figure_charts.tests_of", lambda _: [picture])
    check = CheckResult(
        question="q1", name="test_a", title="", outcome=Outcome.PASSED, score=4, max_score=4, hidden=True
    )
    questions = (Question(name="q1", title="", points=4),)
    result = GradingResult(assignment="a", graded=True, questions=questions, checks=(check,))
    content = _Run(root, root.parent / "source")._content(result, done=True)
    assert content["score"] == 1.0
    assert [t["points"] for t in content["tests"]] == [4]
