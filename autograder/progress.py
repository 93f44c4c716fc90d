"""How far long work is: a bar where somebody watches, now and then a line where a log is kept (*trusted*)."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

Progress = Callable[[str, bool], None]  # called after each hand-in: its name, and whether it went as expected
LINES = 10  # in a log, for all of the work


def progress(total: int, title: str, file: TextIO | None = None) -> Progress:
    """Return what is called after each of ``total`` hand-ins, with its name and whether it went as expected."""
    file = file or sys.stderr
    return _bar(total, title, file) if file.isatty() else _lines(total, title, file)


def _bar(total: int, title: str, file: TextIO) -> Progress:
    from tqdm import tqdm

    bar = tqdm(total=total, desc=title, unit="hand-in", file=file)

    def step(name: str, ok: bool) -> None:
        bar.set_postfix_str(name if ok else f"{name}: not as expected")
        bar.update()
        if bar.n >= total:
            bar.close()

    return step


def _lines(total: int, title: str, file: TextIO) -> Progress:
    started, done = time.monotonic(), 0

    def step(name: str, ok: bool) -> None:
        nonlocal done
        done += 1
        if not ok:
            print(f"{title}: {name}: not as expected", file=file, flush=True)
        if done * LINES // total > (done - 1) * LINES // total:
            print(f"{title}: {done} of {total}, {time.monotonic() - started:.0f} s", file=file, flush=True)

    return step
