"""How far long work is: a bar where somebody watches, now and then a line where a log is kept (*trusted*).

Nothing here is a reason to stop the work: what cannot be shown (a closed pipe, a terminal that is gone) is not shown.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

from autograder.messages import safe

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

LINES = 10  # in a log, for all of the work
LONG_S = 20.0  # after which a hand-in's name and time are shown; in a log, and each time that it has doubled
SHOWN = 4  # of those that take long at the same time
OUTCOMES = ("graded", "late", "not graded", "as expected", "not as expected")


class Progress:
    """What long work tells: who is finished and how, who is being graded; shows nothing itself."""

    def __init__(self, total: int, title: str) -> None:
        self.title, self.total = title, total
        self.done = self.kept = 0
        self.outcomes: Counter[str] = Counter()
        self.long: list[tuple[str, float]] = []
        self.started = self.first = time.monotonic()

    def start(self, todo: int, kept: int) -> None:
        """Say how much there is to do, and how much was finished before."""
        self.total, self.done, self.kept = todo + kept, kept, kept
        self.started = time.monotonic()
        if kept:
            left = f"goes on with the other {todo}" if todo else "nothing is left to grade"
            self.note(f"{self.title}: {kept} of {self.total} are finished and unchanged; {left}")
        self._begin()

    def _begin(self) -> None:
        """Show that it has begun."""

    def __call__(self, name: str, ok: bool, *outcomes: str) -> None:
        """Count a hand-in that is finished; without ``outcomes``, whether it went as expected."""
        self.done += 1
        if self.done == self.kept + 1:
            self.first = time.monotonic()
        self.outcomes.update(outcomes or ["as expected" if ok else "not as expected"])
        if not ok and not outcomes:
            self.note(f"{self.title}: {safe(name, 60)}: not as expected")
        self._show()

    def running(self, seconds: Mapping[str, float]) -> None:
        """Take who is being graded, and for how long; called now and then."""
        long = [(safe(name, 60), s) for name, s in seconds.items() if s >= LONG_S]
        self.long = sorted(long, key=lambda one: -one[1])
        self._look()

    def note(self, text: str) -> None:
        """Show a sentence of its own."""

    def close(self) -> None:
        """Show the end."""

    def _show(self) -> None:
        """Show how far it is."""

    def _look(self) -> None:
        """Show who takes long."""

    # -- in words ----------------------------------------------------------------------------------

    def counts(self) -> str:
        """Return the outcomes so far, as far as they say anything."""
        found = {what: self.outcomes[what] for what in OUTCOMES if self.outcomes[what]}
        return "" if set(found) <= {"as expected"} else ", ".join(f"{n} {what}" for what, n in found.items())

    def estimate(self) -> str:
        """Return how long the rest takes at the pace so far, or nothing while that is anybody's guess."""
        # The first one waits for the libraries to be imported, which the others do not.
        graded, left = self.done - self.kept - 1, self.total - self.done
        if graded < 1 or left <= len(self.long):
            return ""
        return f"about {duration((time.monotonic() - self.first) / graded * left)} left"

    def takes_long(self) -> list[str]:
        """Return a sentence about each hand-in that takes long, the longest first."""
        shown = [f"{name} has taken {duration(s)} so far" for name, s in self.long[:SHOWN]]
        return shown + [f"and {len(self.long) - SHOWN} more"] * (len(self.long) > SHOWN)


SILENT = Progress(0, "")


def progress(total: int, title: str, file: TextIO | None = None) -> Progress:
    """Return what is called after each of ``total`` hand-ins, with its name and whether it went as expected."""
    file = file or sys.stderr
    if file is None:  # closed by our caller
        return Progress(total, title)
    if file.isatty():
        from rich.console import Console

        console = Console(file=file, highlight=False, markup=False, emoji=False)
        if console.is_terminal and not console.is_dumb_terminal:
            return _Bar(total, title, console)
    return _Lines(total, title, file)


def duration(seconds: float) -> str:
    """Return a time as people say it: ``45 s``, ``3 min``, ``1 h 20 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


class _Bar(Progress):
    """One line that is written over, and one for each hand-in that takes long."""

    def __init__(self, total: int, title: str, console: Console) -> None:
        super().__init__(total, title)
        from rich.live import Live

        self.console = console
        self.live: Any = Live(
            console=console,
            get_renderable=self._view,
            refresh_per_second=4,
            redirect_stdout=False,  # results may go to a file
            redirect_stderr=False,
        )

    def _view(self) -> RenderableType:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        passed = duration(time.monotonic() - self.started)
        words = [f"{self.done}/{self.total}", self.counts(), passed, self.estimate()]
        row = Table.grid(padding=(0, 1), expand=False)
        width = max(8, min(30, self.console.width // 4))
        bar = ProgressBar(total=max(1, self.total), completed=self.done, width=width)
        row.add_column(no_wrap=True, overflow="ellipsis", min_width=8)
        row.add_column(no_wrap=True, min_width=width)
        row.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        row.add_row(Text(self.title), bar, Text(", ".join(w for w in words if w)))
        lines = [Text(f"  {line}", no_wrap=True, overflow="ellipsis") for line in self.takes_long()]
        return Group(row, *lines)

    def _begin(self) -> None:
        self._show()

    def note(self, text: str) -> None:
        with suppress(OSError):
            self.console.print(text, soft_wrap=True)

    def _show(self) -> None:
        with suppress(OSError):
            if not self.live.is_started:
                self.live.start()
            self.live.refresh()
            if self.done >= self.total:
                self.close()

    def close(self) -> None:
        self.long = []
        with suppress(OSError):
            self.live.stop()


class _Lines(Progress):
    """A few lines for a log."""

    def __init__(self, total: int, title: str, file: TextIO) -> None:
        super().__init__(total, title)
        self.file = file
        self.told: dict[str, float] = {}

    def _begin(self) -> None:
        if not self.kept:
            self.note(f"{self.title}: {self.total} to grade")

    def note(self, text: str) -> None:
        with suppress(OSError, ValueError):  # a closed pipe, a closed file
            print(text, file=self.file, flush=True)

    def _show(self) -> None:
        graded, total = self.done - self.kept, self.total - self.kept
        if not graded or graded * LINES // total <= (graded - 1) * LINES // total:
            return
        passed = duration(time.monotonic() - self.started)
        words = [f"{self.done} of {self.total}", self.counts(), passed, self.estimate()]
        self.note(f"{self.title}: {', '.join(w for w in words if w)}")

    def _look(self) -> None:
        for name, seconds in self.long:
            if seconds >= 2 * self.told.get(name, LONG_S / 2):
                self.told[name] = seconds
                self.note(f"{self.title}: {name} has taken {duration(seconds)} so far")
