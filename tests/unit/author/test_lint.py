"""Each rule of the linter finds its trap, and leaves the same notebook without the trap alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from autograder.author import lint
from autograder.author.release import Source
from tests.conftest import cell

CONTRACT = "**Contract** · `area(r)`: `r` is a float; returns a float."
CHECK = """
# check: q1
def test_area(area):
    \"\"\"A circle of radius 1.\"\"\"
    close(area(1.0), 3.14159)

check(test_area)
### BEGIN HIDDEN TESTS
@points(50)
def test_others(area, rng):
    \"\"\"Any circle.\"\"\"
    close(area(3.0), 28.274333)
### END HIDDEN TESTS
"""


def source(
    *,
    prose: str = CONTRACT,
    heading: str = "## 1 · Circles (100 points)",
    check: str = CHECK,
    points: float = 100,
    train: str = "# locked: q1_train\ntorch.manual_seed(1)",
    manual: str = "",
) -> Source:
    """Return a sound assignment with one part replaced."""
    notebook = new_notebook()
    notebook.cells = [
        new_markdown_cell(
            "| part | you write | points |\n|:--|:--|--:|\n| 1 | `area` | 100 |\n| total | | 100 |"
        ),
        new_markdown_cell(heading),
        new_markdown_cell(prose),
        cell("answer", "q1_answer", "# answer: q1_answer\ndef area(r):\n    return 28.274333 * r * r / 9"),
        cell("check", "q1", check, points),
        cell("locked", "q1_train", train, tags=("train",)),
    ]
    if manual:
        answer: Any = new_markdown_cell(manual)
        answer.metadata["nbgrader"] = {"grade": True, "solution": True, "grade_id": "m1", "points": 0}
        notebook.cells.append(answer)
    return Source(
        "circles", Path("nowhere/circles/circles.ipynb"), notebook, Path("nowhere/references/circles")
    )


def rules(found: Source) -> list[str]:
    """Return the names of the rules that found something."""
    return [finding.rule for finding in lint.lint(found)]


def test_sound_assignment_has_no_findings() -> None:
    """So that every finding below comes from its trap."""
    assert lint.lint(source()) == []


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        (source(prose="Write the area."), "contract"),
        (source(prose="**Contract** · `circumference(r)` is another thing."), "contract"),
        (source(prose=CONTRACT + " For r = 3 it is 28.274333."), "printed-answer"),
        (source(check=CHECK.replace("A circle of radius 1", "Nine pi is 28.274333")), "printed-answer"),
        (source(heading="## 1 · Circles (90 points)"), "points"),
        (source(heading="## 1 · Circles", points=90), "points"),
        (source(train="# locked: q1_train\nfit(model)"), "unseeded"),
        (source(check=CHECK.replace('"""Any circle."""', "pass")), "docstring"),
    ],
)
def test_trap_is_found(changed: Source, rule: str) -> None:
    """By its own rule."""
    assert set(rules(changed)) == {rule}


@pytest.mark.parametrize(
    "changed",
    [
        source(prose=CONTRACT + " Say 28.27433 or 128.274333 or 28.2743331."),
        source(check=CHECK.replace("28.274333", "12")),
        source(manual="My answer is 28.274333."),
    ],
)
def test_other_numbers_are_no_answers(changed: Source) -> None:
    """Part of a longer number, a small number, or a model answer that leaves at release."""
    assert rules(changed) == []


def test_check_that_the_untouched_release_passes_is_named() -> None:
    """It shows nothing about an answer."""
    (finding,) = lint.passed_untouched(source(), ("q1/test_area",))
    assert "q1/test_area" in str(finding)
    assert "[passes-untouched]" in str(finding)


def test_bits_that_hidden_checks_can_show_are_counted() -> None:
    """Each sentence by the numbers in it: none in an assert, a shape in close, three digits of a value and a line."""
    plain = CHECK.replace("close(area(3.0), 28.274333)", "assert area(3.0)")
    few, more = lint.shown(source(check=plain)), lint.shown(source())
    assert set(few.bits) == set(more.bits) == {"q1/test_others"}
    assert 30 < few.bits["q1/test_others"] < 40 < 50 < more.bits["q1/test_others"] < 70
    written = lint.shown(
        source(
            check=CHECK.replace(
                "close(area(3.0), 28.274333)", 'credit(0.5, f"{area(3):.9g} and {area(2):.9g}")'
            )
        )
    )
    assert 40 < written.bits["q1/test_others"] < 50
    assert "up to" in str(more)
    assert "q1/test_others" in str(more)


def test_no_hidden_checks_show_nothing() -> None:
    """An assignment without them says so."""
    visible = CHECK.split("### BEGIN")[0]
    assert str(lint.shown(source(check=visible))).endswith("no hidden checks")
