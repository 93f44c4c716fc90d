"""Ctrl-C and SIGTERM, in programs of their own: once, in order, in time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from autograder import interrupts

BEGIN = """
import signal, sys, time
from autograder import interrupts
interrupts.DEADLINE_S = 1.0
def ready(): print("ready", flush=True)
"""


def run(
    program: str, *numbers: int, pause_s: float = 0.0, ignored: tuple[int, ...] = ()
) -> tuple[int, str, float]:
    """Run a program, send it signals when it is ready; return its exit code, what it printed, and how long it took."""
    kept = {number: signal.signal(number, signal.SIG_IGN) for number in ignored}
    try:
        started = subprocess.Popen(
            [sys.executable, "-c", BEGIN + program],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    sent = time.monotonic()
    for number in numbers:
        started.send_signal(number)
        time.sleep(pause_s)
    out, _ = started.communicate(timeout=60)
    return started.returncode, out, time.monotonic() - sent


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_first_signal_is_raised_and_the_next_ones_change_nothing(number: int) -> None:
    """What is open is closed in peace, however impatient somebody is."""
    program = """
try:
    with interrupts.once():
        try:
            ready()
            time.sleep(60)
        finally:
            for _ in range(20): time.sleep(0.02)
            print("closed")
except interrupts.Interrupted as stop:
    print("exit", stop.exit_code)
    sys.exit(stop.exit_code)
"""
    code, out, _ = run(program, number, number, signal.SIGINT, signal.SIGTERM, pause_s=0.05)
    assert (code, out.split()) == (128 + number, ["closed", "exit", str(128 + number)])


def test_held_work_is_finished_first() -> None:
    """And what follows it is not begun."""
    program = """
try:
    with interrupts.once():
        with interrupts.held():
            ready()
            for _ in range(20): time.sleep(0.02)
            print("written")
        print("not reached")
except interrupts.Interrupted:
    sys.exit(130)
"""
    assert run(program, signal.SIGINT)[:2] == (130, "written\n")


def test_interrupt_that_is_lost_ends_the_program_all_the_same() -> None:
    """Somebody else's code swallows the exception; a thread beside it does not."""
    program = """
with interrupts.once():
    try:
        ready()
        time.sleep(60)
    except BaseException:
        time.sleep(60)
"""
    code, out, took_s = run(program, signal.SIGINT)
    assert code == 130
    assert "Traceback" not in out
    assert "interrupted, and ended before all of it was closed" in out
    assert took_s < 30


def test_call_that_never_returns_ends_all_the_same() -> None:
    """No handler of Python's runs while a call of the system waits for a dead disk: here, for a lock."""
    program = """
import threading
with interrupts.once():
    lock = threading.Lock()
    lock.acquire()
    threading.Timer(0.5, ready).start()  # by then this thread is in its call
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # another thread is handed it: none wakes this one
    time.sleep(60)
"""
    code, _, took_s = run(program, signal.SIGINT)
    assert code == 130
    assert took_s < 30


def test_signal_that_the_caller_ignores_is_taken() -> None:
    """A script's background job starts with SIGINT ignored: ``kill -INT`` ends it all the same."""
    program = """
try:
    with interrupts.once():
        ready()
        time.sleep(60)
except interrupts.Interrupted as stop:
    sys.exit(stop.exit_code)
"""
    assert run(program, signal.SIGINT, ignored=(signal.SIGINT,))[:2] == (130, "")


def test_nothing_is_changed_where_nothing_came() -> None:
    """The handlers of before are back, and nested use is none."""
    before = [signal.getsignal(number) for number in interrupts.NUMBERS]
    descriptors = len(os.listdir("/proc/self/fd"))
    with interrupts.once(), interrupts.once(), interrupts.held():
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert [signal.getsignal(number) for number in interrupts.NUMBERS] == before
    end = time.monotonic() + 10
    while len(os.listdir("/proc/self/fd")) > descriptors and time.monotonic() < end:
        time.sleep(0.01)
    assert len(os.listdir("/proc/self/fd")) <= descriptors
    with interrupts.held():  # outside of a command: as if it were not there
        pass


def test_command_that_still_imports_ends_without_a_traceback() -> None:
    """Before any command has begun there is nothing to close."""
    program = """
interrupts.watch_from_the_start()
ready()
time.sleep(60)
"""
    assert run(program, signal.SIGINT)[:2] == (130, "")
    assert run(program, signal.SIGTERM)[:2] == (143, "")
