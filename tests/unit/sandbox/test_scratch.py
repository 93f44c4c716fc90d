"""Temporary folders: held while their owner lives, removed by the next run when it was killed."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.sandbox import identity, scratch, sweep

MAKE = """
import os, signal, sys, tempfile
tempfile.tempdir = sys.argv[1]
from autograder.sandbox import scratch
folder, held = scratch.make("autograder-")
(folder / "grader-1").mkdir(0o700)
(folder / "grader-1" / "checks.py").write_text("secret")
print(folder, flush=True)
if sys.argv[2] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
signal.pause()
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary folders, in which everything is old."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(scratch, "FRESH_S", -1.0)
    return tmp_path


@pytest.mark.parametrize("end", ["killed", "alive"])
def test_folder_of_a_killed_run_is_removed_by_the_next(temporary: Path, end: str) -> None:
    """And that of a run which still goes on is not."""
    arguments = [sys.executable, "-c", MAKE, str(temporary), end]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        if end == "killed":
            process.wait()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / scratch.LOCK).stat().st_mode) == 0o600
        assert scratch.clean() == (end == "killed")
        assert folder.exists() == (end == "alive")
        process.send_signal(signal.SIGKILL)


def test_removal_that_is_killed_is_completed_by_the_next(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock goes last: without it nobody could tell whose the rest is."""
    folder, held = scratch.make("autograder-")
    held.close()
    for name in ("a", "b", ".c"):
        (folder / name).mkdir()
        (folder / name / "secret").write_text("x")
    remove, gone = sweep.remove_tree, []

    def killed(path: Path) -> None:
        if len(gone) == 2:
            raise KeyboardInterrupt
        gone.append(path)
        remove(path)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(sweep, "remove_tree", killed)
        scratch.clean()
    assert len(list(folder.iterdir())) == 2
    assert (folder / scratch.LOCK).exists()
    assert scratch.clean() == 1
    assert not folder.exists()


def test_what_is_not_ours_stays(temporary: Path) -> None:
    """A folder without a lock, a link, a file, one that was made just now."""
    (temporary / "autograder-of-another-program").mkdir()
    (temporary / "autograder-link").symlink_to(temporary)
    (temporary / "autograder-file").touch()
    assert scratch.clean() == 0
    assert len(list(temporary.iterdir())) == 3


def test_folder_that_was_just_made_is_left_alone(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its owner has perhaps not locked it yet."""
    monkeypatch.setattr(scratch, "FRESH_S", 60.0)
    _, held = scratch.make("autograder-")
    held.close()
    assert scratch.clean() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="gives files away: needs root")
def test_processes_of_a_killed_run_are_ended(temporary: Path) -> None:
    """They are known by the user id of their work folder."""
    uid = identity.draw_uid()
    folder, held = scratch.make("autograder-")
    held.close()
    (folder / "student-1").mkdir()
    os.chown(folder / "student-1", uid, uid)
    with subprocess.Popen(["sleep", "60"], user=uid, group=uid) as process:
        assert scratch.clean() == 1
        assert process.wait(10) == -signal.SIGKILL


def test_logs_are_ours_alone(tmp_path: Path) -> None:
    """A grader's log can hold what a check printed."""
    with scratch.open_log(tmp_path / "grader.log") as log:
        log.write(b"x")
    assert stat.S_IMODE((tmp_path / "grader.log").stat().st_mode) == 0o600


def test_folder_without_a_lock_is_removed_when_it_is_old(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its owner was killed between two calls; a new one may be about to be held."""
    folder = temporary / "autograder-x"
    (folder / "bundle").mkdir(parents=True)
    assert scratch.clean() == 0
    monkeypatch.setattr(scratch, "ABANDONED_S", -1.0)
    assert scratch.clean() == 1
    assert not folder.exists()


def test_private_folder_of_a_killed_command_is_removed_by_the_next(temporary: Path) -> None:
    """As a release's, with the bundle and every variant in it."""
    program = (
        "import os, signal, sys, tempfile\n"
        "tempfile.tempdir = sys.argv[1]\n"
        "from autograder.engine.folders import private_folder\n"
        "with private_folder('release') as folder:\n"
        "    (folder / 'checks.py').write_text('secret')\n"
        "    print(folder, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(temporary)], capture_output=True, text=True)
    folder = Path(done.stdout.strip())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert scratch.clean() == 1
    assert not folder.exists()
