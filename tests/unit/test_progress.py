"""Progress of long work, where somebody watches and where a log is kept."""

from __future__ import annotations

import io
import re

import pytest

from autograder.progress import LINES, progress


class Terminal(io.StringIO):
    """Text that somebody watches."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("total", [1, 3, 10, 604])
def test_a_log_gets_a_few_lines(total: int) -> None:
    """At most ten, the last of them with the whole number; nothing is written over."""
    log = io.StringIO()
    step = progress(total, "grade week1-mlp", log)
    for number in range(total):
        step(f"student{number}", True)
    lines = log.getvalue().splitlines()
    assert len(lines) == min(total, LINES)
    assert re.fullmatch(rf"grade week1-mlp: {total} of {total}, \d+ s", lines[-1])
    assert "\r" not in log.getvalue()


def test_a_log_names_what_is_not_as_expected() -> None:
    """At once, not at the end."""
    log = io.StringIO()
    step = progress(100, "validate week1-mlp", log)
    step("wrong-q1", False)
    assert log.getvalue() == "validate week1-mlp: wrong-q1: not as expected\n"


def test_a_terminal_gets_a_bar() -> None:
    """One line that is written over, with the name of the last one."""
    screen = Terminal()
    step = progress(2, "grade week1-mlp", screen)
    step("ada", True)
    step("bob", False)
    assert "grade week1-mlp: 100%" in screen.getvalue()
    assert "bob: not as expected" in screen.getvalue()
