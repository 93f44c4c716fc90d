"""One program at a time grades an assignment; whoever comes second waits, and is told so."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
import types
from pathlib import Path
from typing import Any

import pytest

from autograder.classroom import lock
from autograder.errors import UsageError

HOLD = """
import sys, time, types
from pathlib import Path
from autograder.classroom import lock
with lock.alone(types.SimpleNamespace(root=Path(sys.argv[1])), "mini"):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def course(tmp_path: Path) -> Any:
    """Return as much of a course as the lock looks at."""
    return types.SimpleNamespace(root=tmp_path)


@pytest.fixture
def other(course: Any) -> Any:
    """Return another process that grades the assignment."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(course.root)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_second_program_waits_with_a_word_and_is_refused(
    course: Any, other: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has it is told, once; nothing was done."""
    monkeypatch.setattr(lock, "WAIT_S", 0.5)
    said: list[str] = []
    with (
        pytest.raises(
            UsageError,
            match=rf"mini: another program grades it \(process {other.pid}, since \d\d:\d\d\); nothing was done",
        ),
        lock.alone(course, "mini", said.append),
    ):
        pytest.fail("two at a time")
    assert [s.split(";")[1] for s in said] == [" waiting up to 0 s for it"]
    with lock.alone(course, "another", said.append):  # that is another assignment's
        assert len(said) == 1


def test_lock_is_free_when_its_holder_is_killed(course: Any, other: Any) -> None:
    """However it ends; the file stays and means nothing."""
    said: list[str] = []
    threading.Timer(0.5, other.kill).start()
    with lock.alone(course, "mini", said.append):
        assert len(said) == 1
    with lock.alone(course, "mini", said.append):
        assert len(said) == 1


def test_lock_may_be_asked_for_inside_itself(course: Any) -> None:
    """A regrade takes it, and grades."""
    path = course.root / ".autograder" / "mini.lock"
    with lock.alone(course, "mini"), lock.alone(course, "mini"), path.open("rb") as file:
        with pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert lock._held == {path}
    assert not lock._held


def test_where_no_lock_can_be_made_the_work_goes_on(course: Any) -> None:
    """And that is said: a file where the folder must be, or a link."""
    said: list[str] = []
    (course.root / ".autograder").write_text("")
    with lock.alone(course, "mini", said.append):
        pass
    os.unlink(course.root / ".autograder")
    (course.root / ".autograder").mkdir()
    (course.root / ".autograder" / "mini.lock").symlink_to("/dev/null")
    with lock.alone(course, "mini", said.append):
        pass
    assert len(said) == 2
    assert all("nobody keeps a second program from grading mini" in sentence for sentence in said)
