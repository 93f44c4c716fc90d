"""Many hand-ins at a time: what a worker that cannot start says."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.author import release
from autograder.engine.batch import EngineOptions, Job, grade_many, not_graded
from autograder.errors import AutograderError
from autograder.messages import OURS
from autograder.sandbox import proc


@pytest.mark.parametrize("workers", [1, 2])
def test_engine_that_cannot_start_is_told_with_its_reason(tmp_path: Path, workers: int) -> None:
    """In this process or in a pool, once, and not as a class of lost workers."""
    jobs = [Job(name, tmp_path) for name in ("ada", "bob", "cy")]
    with pytest.raises(AutograderError, match=r"absent: not a bundle's folder"):
        list(grade_many(EngineOptions(tmp_path / "absent"), jobs, workers=workers))


def test_no_hand_ins_start_nothing(tmp_path: Path) -> None:
    """An engine that could not start is not missed."""
    assert list(grade_many(EngineOptions(tmp_path / "absent"), [])) == []


def test_lost_worker_is_a_result_without_a_score(mini: tuple[object, Path, object]) -> None:
    """For the student nothing is lost; staff read why."""
    result = not_graded(mini[1], "a worker was lost", attempt=2)
    assert not result.graded
    assert result.checks == ()
    assert result.notices == (OURS,)
    assert result.staff_notes == ("a worker was lost",)
    assert result.extra["attempt"] == 2
    assert [q.name for q in result.questions] == ["q1", "q2", "q3", "m1"]


@dataclass(frozen=True)
class Deadly(EngineOptions):
    """Options of engines whose process does not survive one of the hand-ins, as if the kernel had killed it."""

    def open(self, *, warm: bool) -> Any:
        engine = super().open(warm=warm)
        original = engine.grade

        def grade(folder: Path, *arguments: Any) -> Any:
            if folder.name == "deadly":
                os.kill(os.getpid(), signal.SIGKILL)
            return original(folder, *arguments)

        engine.grade = grade  # type: ignore[method-assign]
        return engine


def test_hand_in_that_costs_its_workers_costs_no_one_else_a_result(
    mini: tuple[release.Source, Path, Any], tmp_path: Path
) -> None:
    """Whoever waits is graded by another worker, also after the second loss."""
    notebook = release.solution_notebook(mini[0], mini[2])
    jobs = []
    for name in ("deadly", "ada", "bob", "cy"):
        (tmp_path / name).mkdir()
        nbformat.write(notebook, tmp_path / name / "mini.ipynb")
        jobs.append(Job(name, tmp_path / name))
    results = {job.name: result for job, result in grade_many(Deadly(mini[1]), jobs, workers=2)}
    assert {name: r.graded for name, r in results.items()} == {
        "deadly": False,
        "ada": True,
        "bob": True,
        "cy": True,
    }
    assert "a worker was lost, twice" in results["deadly"].staff_notes[0]


@dataclass(frozen=True)
class Faulty(EngineOptions):
    """Options of engines that have a fault of ours with one of the hand-ins."""

    def open(self, *, warm: bool) -> Any:
        engine = super().open(warm=warm)
        original = engine.grade

        def grade(folder: Path, *arguments: Any) -> Any:
            if folder.name == "odd":
                raise ZeroDivisionError("a step of nothing")
            return original(folder, *arguments)

        engine.grade = grade  # type: ignore[method-assign]
        return engine


@pytest.mark.parametrize("workers", [1, 2])
def test_fault_with_one_hand_in_costs_no_one_else_a_result(
    mini: tuple[release.Source, Path, Any], tmp_path: Path, workers: int
) -> None:
    """Whatever is raised: in this process or in a worker, before or after the others."""
    notebook = release.solution_notebook(mini[0], mini[2])
    jobs = []
    for name in ("ada", "odd", "bob"):
        (tmp_path / name).mkdir()
        nbformat.write(notebook, tmp_path / name / "mini.ipynb")
        jobs.append(Job(name, tmp_path / name))
    results = {job.name: result for job, result in grade_many(Faulty(mini[1]), jobs, workers=workers)}
    assert {name: r.graded for name, r in results.items()} == {"ada": True, "odd": False, "bob": True}
    assert results["odd"].notices == (OURS,)
    assert results["odd"].staff_notes == ("ZeroDivisionError: a step of nothing",)


SLOW = "open('started', 'w').close()\nimport os, time\nif os.fork() == 0: time.sleep(600)\ntime.sleep(600)"
PROGRAM = """
import sys
from pathlib import Path
from autograder.engine.batch import EngineOptions, Job, grade_many
if __name__ == "__main__":
    bundle, workers, *folders = sys.argv[1:]
    jobs = [Job(folder, Path(folder)) for folder in folders]
    for _ in grade_many(EngineOptions(Path(bundle)), jobs, workers=int(workers)):
        pass
"""


@pytest.mark.parametrize(
    ("workers", "number", "blocked"),
    [
        (1, signal.SIGTERM, ()),
        (2, signal.SIGTERM, ()),
        (2, signal.SIGKILL, ()),
        (1, signal.SIGTERM, (signal.SIGTERM,)),
        (2, signal.SIGKILL, (signal.SIGTERM,)),  # what a caller blocks is inherited
    ],
)
def test_ended_program_leaves_no_process_and_no_folder(
    mini: tuple[release.Source, Path, Any],
    tmp_path: Path,
    workers: int,
    number: signal.Signals,
    blocked: tuple[signal.Signals, ...],
) -> None:
    """Whoever stops a grading gets the machine back: workers, zygotes, students and their folders are gone."""
    notebook = release.solution_notebook(mini[0], mini[2])
    notebook.cells.append(nbformat.v4.new_code_cell(SLOW))
    folders = [tmp_path / f"hand-in-{n}" for n in range(2)]
    for folder in folders:
        folder.mkdir()
        nbformat.write(notebook, folder / "mini.ipynb")
    temporary = Path(tempfile.mkdtemp(prefix="autograder-ended-"))
    temporary.chmod(0o711)
    (tmp_path / "program.py").write_text(PROGRAM)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
    program = subprocess.Popen(
        [sys.executable, tmp_path / "program.py", str(mini[1]), str(workers), *map(str, folders)],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "TMPDIR": str(temporary)},
        cwd=Path(__file__).parents[3],
        stderr=subprocess.DEVNULL,
    )
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    try:
        _wait_until(lambda: len(list(temporary.glob("autograder-*/student-*/started"))) == workers, 120)
        started = proc.descendants(program.pid)
        assert len(started) >= 4 * workers
        program.send_signal(number)
        program.wait(60)
        _wait_until(lambda: all(proc.is_zombie(pid) for pid in started), 60)
        _wait_until(lambda: not list(temporary.glob("autograder-*")), 60)
    finally:
        program.kill()
        program.wait()
        shutil.rmtree(temporary)


def test_worker_that_is_told_twice_ends_once() -> None:
    """A second SIGTERM while it closes its engine changes nothing: the program and the kernel both send one."""
    code = """
import os, signal
from autograder.engine import batch
class Engine:
    def close(self):
        print("closing", flush=True)
        os.kill(os.getpid(), signal.SIGTERM)
        print("closed", flush=True)
class Options:
    def open(self, *, warm):
        return Engine()
class Told:
    def send(self, _):
        os.kill(os.getpid(), signal.SIGTERM)
batch._serve(Told(), Options(), True, os.getppid())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["closing", "closed"], done.stderr
    assert done.returncode == 128 + signal.SIGTERM


def _wait_until(there: Callable[[], bool], timeout_s: float) -> None:
    end = time.monotonic() + timeout_s
    while not there():
        assert time.monotonic() < end
        time.sleep(0.05)
