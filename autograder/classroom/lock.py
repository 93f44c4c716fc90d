"""One program at a time grades an assignment of a course (*trusted*).

The kernel lets go of the lock when its holder ends, however that happens; the file stays and means nothing.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from autograder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from autograder.config import CourseConfig

WAIT_S = 30.0
PAUSE_S = 0.2

_held: set[Path] = set()


@contextmanager
def alone(
    course: CourseConfig, assignment: str, say: Callable[[str], None] = lambda _: None
) -> Iterator[None]:
    """Be the only one who grades an assignment of this course; whoever comes second waits, and is told so.

    Inside itself it does nothing. Where no lock can be made (a full or read-only disk, one that has no locks) that is
    said, and the work goes on.

    Raises
    ------
    UsageError
        If another program has it for ``WAIT_S``; nothing was done.
    """
    path = course.root / ".autograder" / f"{assignment}.lock"
    if path in _held:
        yield
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        say(f"{path}: {error.strerror}; nobody keeps a second program from grading {assignment} meanwhile")
        yield
        return
    try:
        _take(fd, path, assignment, say)
        _held.add(path)
        yield
    finally:
        _held.discard(path)
        os.close(fd)


def _take(fd: int, path: Path, assignment: str, say: Callable[[str], None]) -> None:
    end, told = time.monotonic() + WAIT_S, False
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            who = _holder(fd)
            if time.monotonic() > end:
                raise UsageError(
                    f"{assignment}: another program grades it{who}; nothing was done.\n"
                    "Wait until it has ended, or end it: what it has graded is kept."
                ) from None
            if not told:
                say(f"{assignment}: another program grades it{who}; waiting up to {WAIT_S:.0f} s for it")
                told = True
            time.sleep(PAUSE_S)
        except OSError as error:
            say(
                f"{path}: {error.strerror}; nobody keeps a second program from grading {assignment} meanwhile"
            )
            return
        else:
            with suppress(OSError):  # only for the sentence above
                os.ftruncate(fd, 0)
                os.pwrite(fd, f"process {os.getpid()}, since {time.strftime('%H:%M')}".encode(), 0)
            return


def _holder(fd: int) -> str:
    with suppress(OSError):
        text = os.pread(fd, 60, 0).decode(errors="replace")
        return f" ({text})" if text.isprintable() and text else ""
    return ""
