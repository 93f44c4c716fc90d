"""Progress of long work, where somebody watches and where a log is kept."""

from __future__ import annotations

import io
import re
from itertools import pairwise

import pytest

from autograder import progress as module
from autograder.progress import LINES, LONG_S, duration, progress


class Terminal(io.StringIO):
    """Text that somebody watches."""

    def isatty(self) -> bool:
        return True


class Closed(io.StringIO):
    """A pipe whose reader has gone."""

    def write(self, _: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


@pytest.mark.parametrize("total", [1, 3, 10, 604])
def test_a_log_gets_a_few_lines(total: int) -> None:
    """At most ten, the last of them with the whole number; nothing is written over, and nothing is coloured."""
    log = io.StringIO()
    step = progress(total, "grade week1-mlp", log)
    step.start(total, 0)
    for number in range(total):
        step(f"student{number}", True, "graded")
    step.close()
    first, *lines = log.getvalue().splitlines()
    assert first == f"grade week1-mlp: {total} to grade"
    assert len(lines) == min(total, LINES)
    assert re.fullmatch(rf"grade week1-mlp: {total} of {total}, {total} graded, \d+ s", lines[-1])
    assert "\r" not in log.getvalue()
    assert "\x1b" not in log.getvalue()


def test_a_log_counts_outcomes_and_estimates(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the pace of those that were graded now: what was kept took no time."""
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    log = io.StringIO()
    step = progress(0, "grade mini", log)
    step.start(10, 30)
    for number in range(5):
        now[0] += 30
        step(f"s{number}", number != 3, "not graded" if number == 3 else "graded", *["late"] * (number == 1))
    first, *_, last = log.getvalue().splitlines()
    assert first == "grade mini: 30 of 40 are finished and unchanged; goes on with the other 10"
    assert last == "grade mini: 35 of 40, 4 graded, 1 late, 1 not graded, 2 min, about 2 min left"


def test_a_log_names_what_takes_long_each_time_that_it_has_doubled() -> None:
    """And no other; a name cannot write over the line."""
    log = io.StringIO()
    step = progress(3, "grade mini", log)
    for seconds in range(0, 200, 1):
        step.running({"bob\x1b[2K\r": float(seconds), "cy": 1.0})
    lines = log.getvalue().splitlines()
    assert lines[0] == "grade mini: bob has taken 20 s so far"
    assert [line.split(" taken ")[1] for line in lines] == [
        "20 s so far",
        "40 s so far",
        "80 s so far",
        "3 min so far",
    ]
    assert "\x1b" not in log.getvalue()


def test_a_log_names_what_is_not_as_expected() -> None:
    """At once, not at the end."""
    log = io.StringIO()
    step = progress(100, "validate week1-mlp", log)
    step("wrong-q1", False)
    assert log.getvalue() == "validate week1-mlp: wrong-q1: not as expected\n"


def test_a_closed_pipe_stops_no_work() -> None:
    """``grade 2>&1 | head -1``: what cannot be shown is not shown."""
    step = progress(2, "grade mini", Closed())
    step.start(1, 1)
    step.running({"ada": 10 * LONG_S})
    step("ada", False, "not graded")
    step.note("a sentence")
    step.close()
    assert step.done == 2


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that are written over, with the counts, and whoever takes long."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    screen = Terminal()
    step = progress(3, "grade week1-mlp", screen)
    step.start(3, 0)
    step("ada", True, "graded")
    step.running({"山田 太郎": 75.0, "cy": 1.0})
    step("bob", False, "not graded")
    shown = screen.getvalue()
    assert "grade week1-mlp" in shown
    assert "2/3, 1 graded, 1 not graded" in shown
    assert "山田 太郎 has taken 75 s so far" in shown
    assert "cy" not in shown
    step.close()
    assert screen.getvalue().endswith("\x1b[?25h")  # the cursor is back


@pytest.mark.parametrize("width", ["20", "40"])
def test_a_bar_fits_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    """No line is longer than the terminal: it could not be written over."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", width)
    monkeypatch.setenv("NO_COLOR", "1")
    screen = Terminal()
    step = progress(3, "grade an-assignment-with-a-long-name", screen)
    step.start(3, 0)
    step("ada", True, "graded")
    step.running({"a name that is long" * 9: 75.0})
    step("ada", True, "graded")
    step.close()
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen.getvalue()).replace("\r", "\n")
    assert max(len(line) for line in plain.splitlines()) <= int(width)
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", screen.getvalue())


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot go back, so nothing is written over."""
    monkeypatch.setenv("TERM", "dumb")
    screen = Terminal()
    step = progress(1, "grade mini", screen)
    step("ada", True, "graded")
    assert "\x1b" not in screen.getvalue()
    assert screen.getvalue().startswith("grade mini: 1 of 1, 1 graded")


def test_durations_are_said_as_people_say_them() -> None:
    """Seconds up to a minute and a half, then minutes, then hours; never less for more."""
    assert [duration(s) for s in (0.4, 45, 89, 91, 600, 5400, 9000)] == [
        "0 s", "45 s", "89 s", "2 min", "10 min", "1 h 30 min", "2 h 30 min",
    ]  # fmt: skip
    assert all(duration(a) != duration(b) for a, b in pairwise((1, 30, 100, 1000, 10000)))
