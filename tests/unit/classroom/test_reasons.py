"""Reasons that differ only by a number are put together, others are not."""

from __future__ import annotations

import pytest

from autograder.classroom.reasons import grouped, pattern

SAME = [
    ("your code raised TypeError in line 3 of its cell", "your code raised TypeError in line 41 of its cell"),
    ("the loss is 0.31; at most 0.01 is needed", "the loss is 1.2e-05; at most 0.01 is needed"),
    ("expected −3, got 4.5", "expected 3, got -0.25"),
    ("expected shape (5, 1), got (5,)", "expected shape (7, 1), got (7,)"),
    ("needed more than 512 MB of memory", "needed more than 1,024 MB of memory"),
    ("did not finish within 10s", "did not finish within 60s"),
    ("an object at 0x7f3a2b", "an object at 0x55d1"),
    ("q1[3] is not the expected value", "q1[12] is not the expected value"),
    ("differs by .5", "differs by 1"),
]
DIFFERENT = [
    ("expected float32, got float64", "expected float64, got float32"),
    ("`conv1` is not defined", "`conv2` is not defined"),
    ("3 values are NaN", "3 values are infinite"),
    ("expected an int", "expected a float"),
    ("`x_1` is missing", "`x_2` is missing"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_pattern_of_sentences_that_differ_by_a_number_is_one(one: str, other: str) -> None:
    """Whole numbers, decimals, exponents, signs, shapes, sizes, addresses, places in a list."""
    assert pattern(one) == pattern(other)
    assert "…" in pattern(one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_pattern_keeps_digits_of_names(one: str, other: str) -> None:
    """A dtype is a name, and so is a variable."""
    assert pattern(one) != pattern(other)


def test_groups_count_each_student_once_and_add_points() -> None:
    """By students, then points; a sentence that is the same for all keeps its numbers."""
    groups = grouped(
        [
            ("q1", "line 3 raised", "ada", 2.0),
            ("q1", "line 3 raised", "ada", 1.0),
            ("q2", "line 9 raised", "bob", 4.0),
            ("q2", "at most 0.01 is needed", "cy", 5.0),
            ("q3", "", "dee", 5.0),
        ]
    )
    assert [(g.text, g.students, g.questions, g.points) for g in groups] == [
        ("line … raised", ("ada", "bob"), ("q1", "q2"), 7.0),
        ("at most 0.01 is needed", ("cy",), ("q2",), 5.0),
    ]


def test_pattern_of_a_long_text_is_quick() -> None:
    """A reason is capped, so that none of a student's making takes long."""
    assert len(pattern("1 " * 200_000)) < 700
    assert len(pattern("1e" * 200_000)) < 700
