"""A hand-in of otter's: its cells have no marks, and are told by what they call."""

from __future__ import annotations

import json
from typing import Any

import pytest

from autograder.errors import SubmissionError
from autograder.foreign import Foreign
from autograder.judge import otter_hand_in
from autograder.model import ManifestCell
from autograder.notebook import parse

MANIFEST = [
    ManifestCell("code", "import otter\ngrader = otter.Notebook()", "", "", ""),
    ManifestCell("code", "x = ...", "", "", ""),
    ManifestCell("code", 'grader.check("q1")', "check", "q1", ""),
    ManifestCell("markdown", "<!-- BEGIN QUESTION -->\n\nWhy?", "", "", ""),
    ManifestCell("markdown", "_Type your answer here, replacing this text._", "manual", "q2", ""),
]
FOREIGN = Foreign(
    dialect="otter",
    notebook="hw.ipynb",
    modules={},
    definitions="",
    libraries=(),
    tests=(),
    assignment_name="hw",
)


def data(
    *sources: str, metadata: dict[str, Any] | None = None, cell_metadata: dict[str, Any] | None = None
) -> bytes:
    """Return a notebook as bytes; a source that begins with ``md:`` is prose."""
    cells = [
        {
            "cell_type": "markdown" if s.startswith("md:") else "code",
            "source": s.removeprefix("md:"),
            "metadata": cell_metadata or {},
            "outputs": [],
            "execution_count": None,
        }
        for s in sources
    ]
    return json.dumps(
        {"cells": cells, "metadata": metadata or {}, "nbformat": 4, "nbformat_minor": 5}
    ).encode()


def test_last_cell_that_has_a_question_checked_shows_its_verdict() -> None:
    """otter keeps the last result; a cell with code of its own beside the call stays the student's."""
    cells = parse(data("x = 1", 'grader.check("q1")', "x = 2\ngrader.check('q1')", "grader.check('q1')"))
    marked = otter_hand_in.mark(cells, MANIFEST)
    assert [(c.kind, c.grade_id) for c in marked] == [("", ""), ("", ""), ("", ""), ("check", "q1")]
    assert all(c.run for c in marked)


def test_answer_in_words_follows_its_question() -> None:
    """Colab drops tags and ids; the question's text stays."""
    cells = parse(data("md:<!-- BEGIN QUESTION -->\n\nWhy?", "md:Because.", "md:More."))
    assert [c.grade_id for c in otter_hand_in.mark(cells, MANIFEST)] == ["", "q2", ""]


def test_cells_that_otter_ignores_are_not_run() -> None:
    """By tag, or by otter's own metadata; a notebook of nothing else is a sentence."""
    tagged = {"tags": ["otter_ignore"]}
    with pytest.raises(SubmissionError, match="no cells"):
        otter_hand_in.mark(parse(data("x = 1", cell_metadata=tagged)), MANIFEST)
    with pytest.raises(SubmissionError, match="no cells"):
        otter_hand_in.mark(parse(data("x = 1", cell_metadata={"otter": {"ignore": True}})), MANIFEST)


def test_questions_checked_after_a_cell_are_read_with_bounds() -> None:
    """A student's metadata are untrusted: other types and endless lists are cut."""
    (cell,) = parse(data("x = 1", cell_metadata={"otter": {"tests": ["q1", 3, "a" * 999, *["q2"] * 999]}}))
    assert cell.otter_tests[0] == "q1"
    assert len(cell.otter_tests) < 60
    assert max(map(len, cell.otter_tests)) <= 200
    (cell,) = parse(data("x = 1", cell_metadata={"otter": ["tests"], "tags": "otter_ignore"}))
    assert (cell.otter_tests, cell.otter_ignores) == ((), False)


@pytest.mark.parametrize(
    ("metadata", "sources", "found"),
    [
        ({}, ("x = 1", 'grader.check("q1")'), True),
        ({}, ("x = 1", "import otter\ngrader = otter.Notebook()"), True),
        ({"otter": {"assignment_name": "hw"}}, ('grader.check("q1")',), True),
        ({"otter": {"assignment_name": "other"}}, ('grader.check("q1")',), False),
        ({"otter": {"assignment_name": 3}}, ('grader.check("q1")',), True),
        ({"otter": "hw"}, ('grader.check("q1")',), True),
        ({}, ("print(1)", "md:Hello"), False),
    ],
)
def test_assignment_is_told_by_its_name_or_its_cells(
    metadata: dict[str, Any], sources: tuple[str, ...], found: bool
) -> None:
    """Another assignment's notebook is refused, as otter refuses it."""
    raw = data(*sources, metadata=metadata)
    assert bool(otter_hand_in.recognised(parse(raw), MANIFEST, raw, FOREIGN)) is found
