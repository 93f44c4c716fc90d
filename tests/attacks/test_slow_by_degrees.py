"""Time that is stolen in small portions, each below the limit of one call."""

from __future__ import annotations

import time

import pytest


def test_many_slow_calls_share_one_check_s_time(grade):
    """Sleeping a little in each call of a check is as good as sleeping in one: the student's time runs out."""
    started = time.monotonic()
    verdict = grade(
        {
            "q1_answer": """
        import time
        def sum_of_squares(values):
            time.sleep(1.2)
            return sum(v * v for v in values)
        """
        }
    )
    assert verdict.lost == {"q1": 3.0}  # one call in the visible check, four in the hidden one
    assert verdict.said["test_any_numbers"].startswith("your code did not finish: it waited")
    assert time.monotonic() - started < 60


def test_many_busy_calls_share_one_check_s_time(grade):
    """The same for CPU time."""
    verdict = grade(
        {
            "q1_answer": """
        import time
        def sum_of_squares(values):
            end = time.process_time() + 0.6
            while time.process_time() < end: pass
            return sum(v * v for v in values)
        """
        }
    )
    assert verdict.lost == {"q1": 3.0}
    assert verdict.said["test_any_numbers"].startswith(
        "your code did not finish within 1 s of computing time"
    )


def test_slow_names_do_not_use_up_our_time(grade, monkeypatch, engine):
    """Which names a cell binds is asked in the student's process; being slow there costs only the hint."""
    monkeypatch.setitem(engine.time_limits, "run_s", 6.0)
    started = time.monotonic()
    verdict = grade(
        extra=(
            "import time\nget_ipython().input_transformers_cleanup.append(lambda lines: time.sleep(1) or lines)",
            *(f"undefined_{n}" for n in range(8)),
            *(f"undefined_{n} = 1" for n in range(8)),
        )
    )
    assert verdict.result.graded
    assert time.monotonic() - started < 60


def test_slow_copies_do_not_use_up_our_time(grade):
    """Code that hooks the copying of its process may delay or break it: its own checks fail."""
    verdict = grade(extra=("import os, time\nos.register_at_fork(after_in_child=lambda: time.sleep(0.3))",))
    assert verdict.result.graded
    verdict = grade(extra=("import os\nos.register_at_fork(after_in_child=lambda: os._exit(0))",))
    assert verdict.lost == {"q1": 4.0, "q2": 4.0, "q3": 3.0}
    verdict = grade(extra=("import os\nos.fork = lambda: 1",))
    assert verdict.result.graded


@pytest.mark.parametrize("hook", ["before", "after_in_parent", "after_in_child"])
def test_copies_that_stop_just_before_the_end_are_the_hand_in_s_fault(grade, monkeypatch, engine, hook):
    """A run that is slow where its time ends is concluded all the same: *not graded* would be no evaluation."""
    monkeypatch.setitem(engine.time_limits, "run_s", 6.0)
    started = time.monotonic()
    verdict = grade(
        extra=(
            "import os, time\nbegan = time.monotonic()\n"
            f"os.register_at_fork({hook}=lambda: time.sleep(100 if time.monotonic() - began > 2 else 0))\n"
            "time.sleep(2.5)",
        )
    )
    assert verdict.result.graded
    assert time.monotonic() - started < 60
