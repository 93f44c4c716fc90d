"""What the journey reads of a check cell's output, and which words it lets differ."""

from __future__ import annotations

import pytest

from tests.journey import verdicts

PRINTED = """[1. 2.]
[[3. 7.]
 [1. 2.]] [7.]
[passed] of my own
[passed]  It doubles.  (1 point)
          judged with a right f
[failed]  It halves.  (0.5 points)
          the result: expected 1, got 2
            conv: (1, 4) → (1, 2)
walk
          [1, 2]
[skipped] It is done.
          builds on “It halves.”, which did not pass
The other 3 of q1's 4 points come from checks on fresh inputs, after you hand in.
"""


def test_printed_takes_the_assignments_verdicts_only() -> None:
    """What students' functions print is no verdict, and no reason of one."""
    assert verdicts.printed(PRINTED, "q1", ["It doubles.", "It halves.", "It is done."]) == {
        ("q1", "It doubles."): ("passed", "judged with a right f"),
        ("q1", "It halves."): ("failed", "the result: expected 1, got 2\nconv: (1, 4) → (1, 2)"),
        ("q1", "It is done."): ("skipped", "builds on “It halves.”, which did not pass"),
    }


@pytest.mark.parametrize(
    ("kernel", "grader", "same"),
    [
        ("`f` is not defined in your notebook", "`f` is not defined: cell 3 stopped before it (ValueError)", True),
        ("`f` is not defined in your notebook", "`g` is not defined: cell 3 stopped before it (ValueError)", False),
        ("your code raised RuntimeError: predict.py ended with exit code 1", "your code raised KeyError", False),
        ("differs by 0.5", "differs by 0.4", False),
        ("", "", True),
    ],
)  # fmt: skip
def test_words_differ_only_where_a_kernel_cannot_know(kernel: str, grader: str, same: bool) -> None:
    """Why a name is missing is the grader's to know; nothing else may differ."""
    assert verdicts._same_words(kernel, grader) is same
