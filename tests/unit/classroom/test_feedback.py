"""A student's page: what was lost first, one cause once, and everything from a student as text."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from autograder import figures, messages
from autograder.classroom import feedback, figure_charts, pages
from autograder.classroom.by_hand import Given
from autograder.late_rule import Lateness, LateRule
from autograder.model import CellProblem, CheckResult, GradingResult, Outcome, Question

SCRIPT = "<script>alert(1)</script>"
QUESTIONS = (
    Question(name="q1", title="One", points=3),
    Question(name="q2", title="Two", points=4),
    Question(name="m1", title="Words", points=3, manual=True),
)


def check(
    question: str, name: str, outcome: Outcome = Outcome.PASSED, reason: str = "", **more: Any
) -> CheckResult:
    """Return a check's result, worth one point."""
    given = {"score": float(outcome is Outcome.PASSED), "max_score": 1.0, "hidden": False} | more
    return CheckResult(
        question=question, name=name, title=f"The {name} is right.", outcome=outcome, reason=reason, **given
    )


def hand_in(*checks: CheckResult, **more: Any) -> GradingResult:
    """Return a result."""
    return GradingResult(assignment="week1", graded=True, questions=QUESTIONS, checks=checks, **more)


FAILED = hand_in(
    check("q1", "a"),
    check("q1", "b", Outcome.FAILED, "`f` is not defined in your notebook"),
    check("q1", "c", Outcome.FAILED, "`f` is not defined in your notebook"),
    check(
        "q2",
        "d",
        Outcome.FAILED,
        f"your code raised ValueError: {SCRIPT}",
        code={"cell": 7, "line": 2, "lines": [[1, "def f(x):"], [2, f"    raise ValueError('{SCRIPT}')"]]},
        ladder=("shapes in Net, layer by layer:", "Linear: (3, 5) → stopped here"),
    ),
    check("q2", "e", Outcome.SKIPPED, messages.BUILDS_ON.format(title="The d is right.")),
    check("q2", "g", Outcome.SKIPPED, messages.BUILDS_ON.format(title="The e is right.")),
    check("q2", "h", Outcome.REVIEW, "a person looks"),
    problems=(CellProblem(cell=3, label=SCRIPT, reason="stopped with KeyError"),),
    extra={
        "timing": {"total_s": 12.3456, "at": "2026-11-30 14:10 UTC"},
        "memory": {"peak_mb": 56},
        "submission_sha256": "ab" * 32,
        "bundle_digest": "cd" * 32,
        "figures": [
            {"question": "q1", **figures.pack("walk", SCRIPT, {"path": [[0, 0], [1, 1]]})},
            {"question": "q1", "kind": "pie", "title": "", "words": "", "data": {}},
        ],
    },
)  # fmt: skip


def test_losses_are_one_for_each_cause() -> None:
    """The same reason in a question once; what was skipped for a check, also through another, hangs on it."""
    one, other = feedback.losses(FAILED)
    assert (one.check.name, one.points, [c.name for c in one.others]) == ("b", 2.0, ["c"])
    assert (other.check.name, other.points, [c.name for c in other.others]) == ("d", 3.0, ["e", "g"])


def test_same_line_that_raised_is_one_cause_with_its_slip() -> None:
    """A visible and a hidden check that one line fails are read once, with the likely slip."""
    slip = messages.SLIPS["flatten"]
    code = {"cell": 7, "line": 2, "lines": [[2, "    return self.fc(x)"]]}
    visible = check(
        "q1", "a", Outcome.FAILED, "your code raised RuntimeError: mat1", code=code, ladder=("Net", slip)
    )
    hidden = check("q1", "b", Outcome.FAILED, "your code raised RuntimeError", code=code, ladder=(slip,))
    elsewhere = check("q1", "c", Outcome.FAILED, "your code raised RuntimeError", code=code | {"line": 9})
    one, other = feedback.losses(hand_in(visible, hidden, elsewhere))
    assert (one.check, one.others, one.slip) == (visible, [hidden], slip)
    assert (other.check, other.slip) == (elsewhere, "")


def test_page_says_first_what_was_lost() -> None:
    """Score, losses, cells, what is not decided, points; what passed is folded; nothing runs."""
    page = pages.student_page("ada", FAILED)
    text = " ".join(re.sub(r"<[^>]+>", " ", page.split("<body>")[1]).split())
    order = ("1 of 7 points", "Lost: 6 points", "`f` is not defined", "Cells that stopped", "Not decided yet", "Points", "What passed", "About this grading")  # fmt: skip
    found = [text.index(word) for word in order]
    assert found == sorted(found)
    for word in ("→ 2 raise ValueError", "Linear: (3, 5)", "asked for The d is right.", "12.35 s", "56 MB", "2026-11-30 14:10 UTC", "SHA-256 abab"):  # fmt: skip
        assert word in text, word
    assert "<script" not in page
    assert "default-src &#39;none&#39;" in page and "script-src" not in page
    assert page.count('role="img"') == page.count('class="bar"') + 1


def test_long_reason_is_cut_at_a_sentence_and_whole_inside() -> None:
    """A glance takes two lines."""
    reason = "This is the first sentence, which says what it is. " + "Then more follows. " * 30
    (loss,) = feedback.losses(hand_in(check("q1", "a", Outcome.FAILED, reason)))
    assert len(loss.cause) <= feedback.FIRST_CHARS and loss.cause.endswith(".")
    assert reason.strip() in pages.student_page("ada", hand_in(loss.check)).replace("\n", " ")


def test_page_of_a_perfect_or_ungraded_hand_in() -> None:
    """The one says so; the other has no points anywhere."""
    perfect = hand_in(check("q1", "a", score=3.0, max_score=3.0), check("q2", "b", score=4.0, max_score=4.0))
    page = pages.student_page("ada", perfect)
    assert "Every check passes" in page and "Lost:" not in page
    page = pages.student_page("ada", replace(FAILED, graded=False))
    assert "not graded yet" in page and "What did not pass" in page and "−2" not in page


def test_points_that_a_person_took_or_gave_are_counted() -> None:
    """A comment stands at its loss; a question to which a person gave all has none."""
    page = pages.student_page("ada", FAILED, {"m1": Given(1.0, None, "Too *short*."), "q2": Given(4.0)})
    assert "6 of 10 points" in page and "Lost: 4 points" in page
    assert "−2</span>" in page and "taken by a person" in page and "Too <em>short</em>." in page
    assert "raise ValueError" not in page


def test_page_says_what_lateness_takes() -> None:
    """Raw, penalty and final score, and when it came."""
    due = datetime(2026, 11, 30, 12, tzinfo=UTC)
    late = Lateness(rule=LateRule(percent=50), due=due, handed_in=due.replace(hour=13))
    page = pages.student_page("ada", FAILED, late=late)
    assert "1 points − 0.5 =" in page
    assert "2026-11-30 13:00+00:00" in page


def test_every_kind_is_drawn_with_words_and_numbers() -> None:
    """As SVG with its text alternative, and as a small PNG with its words for Gradescope."""
    path = {"path": [[0, 0], [1, 1]], "target": [1, 2]}
    line = np.linspace(0, 1, 40)
    kinds = {
        "curve": {"training": np.exp(-line), "validation": np.exp(line)},
        "walk": path,
        "kinks": {"x": line, "y": line, "at": line, "curve": line**2, "kinks": [0.5]},
        "track": {"predicted": line, "observed": line**2, "name": SCRIPT},
        "logos": {"filters": np.random.default_rng(0).normal(size=(3, 4, 5)), "motifs": ["TAT"]},
    }
    packed = [
        {"question": "q1", **figures.pack(kind, f"My {kind}", numbers)} for kind, numbers in kinds.items()
    ]
    result = hand_in(check("q1", "a"), extra={"figures": packed})
    shown = figure_charts.of(result)
    assert [one.title for one in shown] == [f"My {kind}" for kind in kinds]
    for one in shown:
        assert one.chart.startswith("<svg") and 'role="img"' in one.chart and "style=" not in one.chart
        assert one.words and one.rows and all(len(row) == len(one.head) for row in one.rows)
        assert "$" not in one.chart
    tests = figure_charts.tests_of(result)
    assert [t["output_format"] for t in tests] == ["html"] * 5
    assert all("data:image/png;base64," in t["output"] and len(t["output"]) < 60_000 for t in tests)
    assert all("score" not in t and "<script" not in t["output"] for t in tests)
