"""Signals, traces and limits aimed at the grader, at other processes and at the notebook's own snapshot."""

from __future__ import annotations

import pytest


def test_snapshot_cannot_be_killed_by_a_check(grade):
    """A function that kills its parent loses its own checks; the other questions have their copy."""
    verdict = grade(
        {
            "q1_answer": """
        import os, signal
        def sum_of_squares(values):
            os.kill(os.getppid(), signal.SIGKILL)
            return sum(v * v for v in values)
        """
        }
    )
    assert verdict.lost == {"q1": 4.0}
    assert verdict.said["test_three_four"].startswith("your code raised PermissionError")


@pytest.mark.parametrize("name", ["SIGSTOP", "SIGKILL", "SIGTERM", "SIGINT"])
def test_signal_to_every_process_reaches_only_the_sender(grade, name):
    """``kill(-1)`` from a function, and from a cell."""
    verdict = grade(
        {
            "q1_answer": f"""
        import os, signal
        def sum_of_squares(values):
            try:
                os.kill(-1, signal.{name})
            except OSError:
                pass
            return 0
        """
        }
    )
    assert verdict.lost == {"q1": 4.0}


def test_no_other_process_can_be_signalled_from_a_cell(grade, engine):
    """Neither the zygote, nor the grader, nor the supervisor, nor any number at all."""
    import os

    pids = [engine.launcher.zygote.pid, engine.grader.pid, os.getpid(), 1]
    verdict = grade(
        extra=(
            f"""
        import os, signal
        hit = []
        for pid in {pids} + list(range(2, 40000, 7)):
            if pid in (os.getpid(), 0):
                continue
            try:
                os.kill(pid, 0)
                hit.append(pid)
            except OSError:
                pass
        print("hit:", hit)
    """,
        )
    )
    assert verdict.lost == {}
    assert "hit: []" in verdict.outputs


def test_limits_and_priorities_of_others_cannot_be_changed(grade, engine):
    """``prlimit``, ``sched_setaffinity``, ``setpriority`` and ``ptrace`` reach nobody."""
    pids = [engine.launcher.zygote.pid, engine.grader.pid, 1]
    verdict = grade(
        extra=(
            f"""
        import ctypes, os, resource
        libc = ctypes.CDLL(None, use_errno=True)
        done = []
        for pid in {pids}:
            for what in (
                lambda: resource.prlimit(pid, resource.RLIMIT_CPU, (1, 1)),
                lambda: os.sched_setaffinity(pid, {{0}}),
                lambda: os.setpriority(os.PRIO_PROCESS, pid, 19),
                lambda: os.pidfd_open(pid) and __import__("signal").pidfd_send_signal(os.pidfd_open(pid), 9),
            ):
                try:
                    what()
                    done.append(pid)
                except OSError:
                    pass
            if libc.ptrace(16, pid, 0, 0) == 0:
                done.append(pid)
        print("done:", done)
    """,
        )
    )
    assert verdict.lost == {}
    assert "done: []" in verdict.outputs


def test_alarm_left_behind_by_a_cell_does_not_hit_the_checks(grade):
    """Timers are not inherited by the copies; one that fires during the cells ends only them."""
    verdict = grade(
        extra=(
            "import signal; signal.setitimer(signal.ITIMER_REAL, 0.2, 0.05); signal.signal(14, lambda *a: 1/0)",
        )
    )
    assert verdict.result.graded
    assert set(verdict.lost) <= {"q1", "q2", "q3"}
