"""Code that does not come back: it is stopped in time, and told where it was."""

from __future__ import annotations

import time

import pytest

CPU = "your code did not finish within 1 s of computing time"
WALL = "your code did not finish: it waited without computing (a sleep, a lock or an endless wait)"
STOPPED = "did not finish within 0.5 s and was stopped"
STUBBORN = """
import signal, time
signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP})
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""
LOOPS = {
    "swallowing": "while True:\n        try:\n            while True: pass\n        except BaseException: pass",
    "in C": "import re; re.match(r'(a+)+b', 'a' * 60)",
    "child": "import os\n    if os.fork() == 0:\n        while True: pass\n    os.wait()",
}
ONLY_HIDDEN = (
    "def sum_of_squares(values):\n    if len(values) == 2: return 25\n    "  # saves half of the time
)


@pytest.mark.parametrize("loop", LOOPS)
def test_endless_loop_in_a_function_fails_its_checks_in_time(grade, loop):
    """CPU time ends it, whatever it does with signals; the other questions are graded."""
    started = time.monotonic()
    verdict = grade({"q1_answer": ONLY_HIDDEN + LOOPS[loop]})
    assert verdict.lost == {"q1": 3.0}
    assert verdict.said["test_any_numbers"].startswith(CPU)
    assert time.monotonic() - started < 40


def test_endless_loop_is_told_its_line(grade):
    """An honest student learns where it was."""
    verdict = grade({"q1_answer": ONLY_HIDDEN + "n = 0\n    while True:\n        n += 1"})
    assert verdict.lost == {"q1": 3.0}
    assert verdict.said["test_any_numbers"] in [f"{CPU} in line {n} of its cell" for n in (5, 6)]


def test_endless_wait_in_a_function_fails_its_check_in_time(grade):
    """The clock ends what uses no CPU time."""
    verdict = grade({"q1_answer": ONLY_HIDDEN + "import threading; threading.Event().wait()"})
    assert verdict.lost == {"q1": 3.0}
    assert verdict.said["test_any_numbers"].startswith(WALL)


def test_endless_loop_in_a_cell_costs_only_what_the_cell_defines(grade, impatient):
    """The cell is interrupted; what came before and after it is graded."""
    verdict = grade(extra=("a = 1\nwhile True: pass", "print('after', a)"))
    assert verdict.lost == {}
    assert list(verdict.problems.values()) == [STOPPED]
    assert "after 1" in verdict.outputs


def test_stubborn_loop_in_a_cell_is_left_out(grade, impatient):
    """What no signal but the last can stop is killed, and the rest runs again."""
    verdict = grade(extra=(STUBBORN, "print('after')"))
    assert verdict.lost == {}
    assert list(verdict.problems.values()) == [STOPPED]
    assert "after" in verdict.outputs


def test_process_that_stops_itself_is_left_out(grade, impatient):
    """SIGSTOP to itself is an endless wait."""
    verdict = grade(extra=("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", "print('after')"))
    assert verdict.lost == {}
    assert list(verdict.problems.values()) == [STOPPED]
    assert "after" in verdict.outputs


def test_thread_that_computes_for_ever_does_not_cost_points(grade):
    """A forgotten thread slows the notebook down; the checks' copies of the process do not have it."""
    verdict = grade(
        extra=(
            """
        import threading
        def spin():
            while True: pass
        threading.Thread(target=spin, daemon=True).start()
    """,
        )
    )
    assert verdict.lost == {}


def test_endless_loop_in_repr_or_str_is_stopped(grade):
    """Also where the machinery around the student's code calls it."""
    verdict = grade(
        {
            "q1_answer": """
        class Slow(Exception):
            def __str__(self):
                while True: pass
            __repr__ = __str__
        def sum_of_squares(values):
            if len(values) == 2: return 25
            raise Slow
        """
        }
    )
    assert verdict.lost == {"q1": 3.0}
    assert verdict.said["test_any_numbers"].startswith(CPU)


def test_run_time_of_the_whole_notebook_is_bounded(grade, monkeypatch, engine):
    """Cells that use up the whole run's time cost what is not concluded by then; it is said so."""
    monkeypatch.setitem(engine.time_limits, "run_s", 3.0)
    verdict = grade(extra=tuple("import time; time.sleep(1.5)" for _ in range(6)))
    assert verdict.result.graded
    assert any("was used up" in reason for reason in verdict.problems.values())


def test_children_that_compute_for_a_function_that_waits_are_counted(grade):
    """Computing time is that of all processes, whoever waits for them."""
    verdict = grade(
        {
            "q1_answer": """
    import os
    def sum_of_squares(values):
        if len(values) == 2: return 25
        children = [os.fork() for _ in range(2)]
        while 0 in children:
            pass
        for child in children:
            os.waitpid(child, 0)
    """
        }
    )
    assert verdict.lost == {"q1": 3.0}
    assert verdict.said["test_any_numbers"].startswith("your code did not finish")


def test_cells_that_hang_at_the_end_cost_only_themselves(grade, engine, monkeypatch):
    """At a twentieth of the default limits: what ran before them runs again, although they used up the cells' share."""
    monkeypatch.setitem(engine.time_limits, "cell_s", 3.0)
    monkeypatch.setitem(engine.time_limits, "run_s", 27.0)
    hang = "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})\ntime.sleep(1000)"
    verdict = grade(extra=(f"{hang}  # as a lock in C", f"{hang}  # and another"))
    assert verdict.lost == {}
    assert len(verdict.result.problems) == 2


NEVER_TOLD = """
class Odd(ValueError):
    def {name}(self, *_):
        while True:
            pass

"""


@pytest.mark.parametrize("name", ["__str__", "__repr__", "__reduce__", "__reduce_ex__", "__getattribute__"])
def test_exception_that_never_says_what_it_is_costs_its_question(grade, name):
    """Its words are asked for by the student's side, in the time of the question."""
    odd = NEVER_TOLD.format(name=name)
    verdict = grade(
        {
            "q1_answer": odd
            + "def sum_of_squares(values):\n    if len(values) == 2: return 25\n    raise Odd(3)"
        }
    )
    assert verdict.lost == {"q1": 3.0}


@pytest.mark.parametrize("name", ["__str__", "__repr__", "__getattribute__", "_render_traceback_"])
def test_exception_of_a_cell_that_never_says_what_it_is_costs_its_cell(grade, impatient, name):
    """A cell that ends with it is stopped like one that never ends."""
    verdict = grade(extra=(NEVER_TOLD.format(name=name) + "raise Odd(3)", "print('after')"))
    assert verdict.lost == {}
    assert "after" in verdict.outputs


@pytest.mark.parametrize(
    "name", ["__repr__", "__str__", "__eq__", "__hash__", "__len__", "__del__", "__bool__"]
)
def test_answer_that_never_says_what_it_is_costs_its_question(grade, name):
    """Whatever a check asks of it, the time is the question's."""
    odd = NEVER_TOLD.format(name=name).replace("ValueError", "int")
    verdict = grade(
        {
            "q1_answer": odd
            + "def sum_of_squares(values):\n    return 25 if len(values) == 2 else Odd(sum(v * v for v in values))"
        }
    )
    assert set(verdict.lost) <= {"q1"}
