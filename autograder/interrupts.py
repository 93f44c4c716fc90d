"""Ctrl-C and SIGTERM end a command soon, once and in order (*trusted*, standard library only).

The first one is raised as ``Interrupted`` where the program is, or at the end of a ``held`` piece of work; those that
follow change nothing, since what is open is being closed. An exception can be lost in somebody else's code, and a
system call can wait for a dead disk. So a thread watches beside it: the kernel tells it of the signal whatever the
program is at, and it ends the process when that has not ended by itself. What was written is whole at every instant.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

DEADLINE_S = 4.5  # from the signal to the end of the process, whatever it is at
NUMBERS = (signal.SIGINT, signal.SIGTERM)
_SHOW_CURSOR = b"\x1b[?25h"  # a bar hides it


class Interrupted(KeyboardInterrupt):
    """Somebody asked the program to end; ``said`` is what whoever passed it on adds to the message."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number, self.said = number, ""

    @property
    def exit_code(self) -> int:
        """What a shell reports of a program that this signal ended: 130 or 143."""
        return 128 + self.number


class _Watch:
    """The signals of one command: which came first, whether it is held, and the thread beside it."""

    def __init__(self) -> None:
        self.number = 0
        self.held = 0
        self.over = threading.Event()
        self.read, self.write = os.pipe()
        os.set_blocking(self.write, False)
        threading.Thread(target=self._end_in_time, daemon=True, name="interrupts").start()

    def take(self, number: int, _frame: object) -> None:
        if self.number:
            return
        self.number = number
        if not self.held:
            raise Interrupted(number)

    def _end_in_time(self) -> None:
        while data := os.read(self.read, 1):
            if data[0] in NUMBERS and not self.over.wait(DEADLINE_S):
                end = _SHOW_CURSOR if os.isatty(2) else b""
                with suppress(OSError):
                    os.write(2, end + b"\nautograder: interrupted, and ended before all of it was closed.\n")
                os._exit(128 + data[0])
        os.close(self.read)

    def close(self) -> None:
        if not self.number:  # else the thread watches to the end of the interpreter
            self.over.set()
            os.close(self.write)  # the thread reads the end, and goes


_watch: _Watch | None = None


@contextmanager
def once() -> Iterator[None]:
    """Raise the first SIGINT or SIGTERM as ``Interrupted``, ignore the next ones, and end the process in time.

    After one came, both stay ignored: what follows is the end of the program. A script's background job starts with
    SIGINT ignored; who sends it one means it, and what is ended here goes on with the next run, so it is taken.
    Only the main thread can do this; in others nothing changes.
    """
    global _watch
    if _watch is not None or threading.current_thread() is not threading.main_thread():
        yield
        return
    watch = _watch = _Watch()
    before = {n: signal.getsignal(n) for n in NUMBERS}
    fd_before = signal.set_wakeup_fd(watch.write, warn_on_full_buffer=False)
    for number in NUMBERS:
        signal.signal(number, watch.take)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, NUMBERS)  # what a caller blocks is inherited
    try:
        yield
    finally:
        for number in NUMBERS:
            signal.signal(number, signal.SIG_IGN if watch.number else before[number] or signal.SIG_DFL)
        signal.set_wakeup_fd(fd_before)
        watch.close()
        _watch = None


@contextmanager
def held() -> Iterator[None]:
    """Finish what is inside before an interrupt is raised: for writing that takes moments."""
    watch = _watch
    if watch is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    watch.held += 1
    try:
        yield
    finally:
        watch.held -= 1
    if watch.number and not watch.held:
        raise Interrupted(watch.number)


def end_at_once(number: int, _frame: object) -> NoReturn:
    """End the process as a handler, while there is nothing yet to close."""
    os._exit(128 + number)


def watch_from_the_start() -> None:
    """End at once on Ctrl-C until a command takes it: a traceback out of an import helps nobody."""
    for number in NUMBERS:
        signal.signal(number, end_at_once)
