"""Masters of otter-assign, read block by block: what is wrong in which cell."""

from __future__ import annotations

from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from autograder.author.dialects.otter_master import is_master, read_master
from autograder.errors import ReleaseError


def cells_of(text: str) -> list[Any]:
    """Return cells from a text: blocks parted by a line ``---``; raw if they begin with ``# BEGIN`` and the like."""
    made = []
    for part in text.strip("\n").split("\n---\n"):
        if part.startswith("md:"):
            made.append(new_markdown_cell(part[3:].strip()))
        elif (
            part.startswith(("# ASSIGNMENT", "# BEGIN", "# END", "# begin", "# end"))
            and "SOLUTION\n" not in part
        ):
            made.append(new_raw_cell(part))
        else:
            made.append(new_code_cell(part, outputs=[new_output("execute_result", {"text/plain": "True"})]))
    return made


GOOD = """
# ASSIGNMENT CONFIG
name: hw
---
import numpy as np
---
# BEGIN QUESTION
name: q1
points: 2
---
md: ## One
---
# BEGIN SOLUTION
---
x = 1 # SOLUTION
---
# END SOLUTION
---
# BEGIN TESTS
---
x == 1
---
# END TESTS
---
# END QUESTION
"""


def test_master_of_the_documented_form_is_read() -> None:
    """Questions with their names, points, titles, answers and the number of tests."""
    notebook = new_notebook(cells=cells_of(GOOD))
    assert is_master(notebook)
    (question,) = read_master(notebook, "hw.ipynb").questions
    assert (question.name, question.points, question.title) == ("q1", 2, "One")
    assert [test.cell for test in question.tests] == [9]
    assert question.solutions == ["x = 1 # SOLUTION"]


def test_master_in_markdown_fences_is_read_alike() -> None:
    """Colab has no raw cells: a fence named otter is one, also two of them in one cell."""
    text = "```otter\n# BEGIN QUESTION\nname: q1\n```\n\nProse\n\n```otter\n# BEGIN SOLUTION\n```"
    end = "```otter\n# END SOLUTION\n```\n```otter\n# END QUESTION\n```"
    notebook = new_notebook(cells=[new_markdown_cell(text), new_code_cell("x = 1"), new_markdown_cell(end)])
    assert is_master(notebook)
    assert [q.name for q in read_master(notebook, "hw.ipynb").questions] == ["q1"]


def test_ordinary_notebook_is_no_master() -> None:
    """Prose about otter is none."""
    assert not is_master(
        new_notebook(
            cells=[new_markdown_cell("# BEGIN QUESTION is how it starts"), new_code_cell("# BEGIN SOLUTION")]
        )
    )


@pytest.mark.parametrize(
    ("change", "cell", "words"),
    [
        (("# END QUESTION", "md: the end"), 3, "# BEGIN QUESTION has no # END QUESTION"),
        (("# END SOLUTION\n---\n", ""), 7, "# BEGIN TESTS stands inside SOLUTION"),
        (("# BEGIN SOLUTION\n---\n", ""), 6, "# END SOLUTION stands inside QUESTION"),
        (("# BEGIN TESTS", "# BEGIN TEST"), 8, "'# BEGIN TEST' is no block"),
        (("name: q1\n", ""), 3, "a question without a name"),
        (("name: q1", "name: 1.1"), 3, "YAML reads as no text"),
        (("points: 2", "points: two"), 3, "points are 'two'"),
        (("points: 2", "points: -1"), 3, "points are -1"),
        (("points: 2", "poins: 2"), 3, "Did you mean 'points'?"),
        (("points: 2", "type: multiple choice"), 3, "the key 'type': 'multiple choice'"),
        (("points: 2", "points: [1"), 3, "is no YAML"),
        (("points: 2", "manual: maybe"), 3, "manual is 'maybe'"),
        (("x == 1", "x == "), 9, "invalid syntax"),
        (("x == 1", "%time x == 1"), 9, "without %magic"),
        (("x == 1", '""" # BEGIN TEST CONFIG\nhidden: true'), 9, "unterminated"),
        (("# BEGIN TESTS\n---", "# BEGIN TESTS\n---\nmd: prose\n---"), 9, "a markdown cell among the tests"),
    ],
)  # fmt: skip
def test_broken_master_is_refused_with_its_cell(change: tuple[str, str], cell: int, words: str) -> None:
    """Which cell, what was found, what to do; nothing is guessed."""
    notebook = new_notebook(cells=cells_of(GOOD.replace(*change, 1)))
    with pytest.raises(ReleaseError) as caught:
        read_master(notebook, "hw.ipynb")
    text = str(caught.value)
    assert f"hw.ipynb, cell {cell}" in text
    assert words in text


def test_two_questions_of_one_name_are_refused_with_both_cells() -> None:
    """otter would silently make one question of both."""
    notebook = new_notebook(cells=[*cells_of(GOOD), *cells_of(GOOD)[2:]])
    with pytest.raises(ReleaseError, match=r"cell 12: the name 'q1' stands in cell 3, too"):
        read_master(notebook, "hw.ipynb")


def test_form_of_before_version_3_is_told() -> None:
    """BEGIN QUESTION in a code fence of prose."""
    notebook = new_notebook(
        cells=[new_markdown_cell("```\nBEGIN QUESTION\nname: q1\n```"), new_code_cell("x = 1")]
    )
    assert is_master(notebook)
    with pytest.raises(ReleaseError, match="cell 1: a block of otter-assign before version 3"):
        read_master(notebook, "hw.ipynb")


def test_what_otter_leaves_out_silently_is_noted() -> None:
    """An unknown key that is no slip of the pen, and what has no meaning here."""
    text = GOOD.replace("points: 2", "difficulty: hard").replace(
        "name: hw", "name: hw\ngenerate:\n  points_possible: 10"
    )
    notes = read_master(new_notebook(cells=cells_of(text)), "hw.ipynb").notes
    assert any("'difficulty'" in note and "cell 3" in note for note in notes)
    assert any("points_possible" in note for note in notes)


def test_exception_test_of_two_functions_is_refused() -> None:
    """Otter takes one function and a call of it."""
    text = GOOD.replace("name: hw", "name: hw\ntests:\n  ok_format: false").replace(
        "x == 1", "a = 1\ndef test_x(x):\n    assert x\ntest_x(x)"
    )
    with pytest.raises(ReleaseError, match="cell 9: an exception-based test"):
        read_master(new_notebook(cells=cells_of(text)), "hw.ipynb")
