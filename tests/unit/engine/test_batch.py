"""Many hand-ins at a time: what a worker that cannot start says."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.author import release
from autograder.bundle import read_bundle
from autograder.engine import batch
from autograder.engine.batch import EngineOptions, Job, grade_many, not_graded
from autograder.errors import AutograderError, SandboxError
from autograder.messages import OURS
from autograder.model import GradingResult
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
        # Not Path.glob, which raises where a folder goes while it looks.
        _wait_until(lambda: len(glob(f"{temporary}/autograder-*/student-*/started")) == workers, 120)
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


# -- with an engine of a stand-in's: what the workers and their supervisor do --------------------------


class Quick:
    """Grades by a folder's name, in no time."""

    def __init__(self, folder: Path) -> None:
        self.bundle = read_bundle(folder)

    def grade(self, folder: Path) -> GradingResult:
        if folder.name.startswith("slow"):
            time.sleep(600)
        if folder.name.startswith("once"):  # lost the first time only
            with contextlib.suppress(FileExistsError):
                (folder / "tried").touch(exist_ok=False)
                os.kill(os.getpid(), signal.SIGKILL)
        return not_graded(self.bundle.folder, folder.name, worker=os.getpid())

    def restart(self) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Quickly(EngineOptions):
    """Options of such engines; with ``first``, only the worker that comes first gets one."""

    first: Path | None = None

    def open(self, *, warm: bool) -> Any:
        if self.first is not None:
            try:
                self.first.touch(exist_ok=False)
            except FileExistsError:
                raise SandboxError("no room for another engine") from None
        return Quick(self.bundle_folder)


def made(folder: Path, *names: str) -> list[Job]:
    """Return a job per name, each with a folder."""
    for name in names:
        (folder / name).mkdir()
    return [Job(name, folder / name) for name in names]


def children() -> set[int]:
    """Return our workers: the children that are not the helper of Python's multiprocessing."""
    found = {pid for pid in proc.descendants(os.getpid()) if proc.parent_of(pid) == os.getpid()}
    return {pid for pid in found if b"spawn_main" in proc.read_proc(f"/proc/{pid}/cmdline")}


def test_watch_names_who_is_being_graded_and_for_how_long(mini: Any, tmp_path: Path) -> None:
    """All at the same time; whoever closes the iterator ends them, and waits for nobody."""
    seen: dict[str, float] = {}
    jobs = made(tmp_path, "ada", "slow-1", "slow-2")

    def watch(running: Any) -> None:
        seen.update(running)
        if min(seen.get("slow-1", 0), seen.get("slow-2", 0)) > 1:
            raise KeyboardInterrupt

    results = grade_many(Quickly(mini[1]), jobs, workers=3, watch=watch)
    assert next(results)[0].name == "ada"
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        next(results)
    assert set(seen) >= {"slow-1", "slow-2"}
    assert time.monotonic() - began < 60
    _wait_until(lambda: not children(), 30)


def test_iterator_that_is_closed_leaves_no_worker(mini: Any, tmp_path: Path) -> None:
    """As by ``contextlib.closing``, when its user has had enough."""
    results = grade_many(Quickly(mini[1]), made(tmp_path, "ada", "slow"), workers=2)
    assert next(results)[0].name == "ada"
    assert children()
    results.close()
    _wait_until(lambda: not children(), 30)


def test_hand_in_whose_worker_is_lost_once_is_graded(mini: Any, tmp_path: Path) -> None:
    """Killed for want of memory, say: by another worker, and nobody else waits or is graded twice."""
    jobs = made(tmp_path, "once", "ada", "bob", "cy")
    results = list(grade_many(Quickly(mini[1]), jobs, workers=2))
    assert sorted(job.name for job, _ in results) == ["ada", "bob", "cy", "once"]
    assert all(result.staff_notes == (job.name,) for job, result in results)


def test_one_engine_is_enough(mini: Any, tmp_path: Path) -> None:
    """A second one that cannot be started costs time, not results."""
    jobs = made(tmp_path, "ada", "bob", "cy")
    results = list(grade_many(Quickly(mini[1], first=tmp_path / "first"), jobs, workers=3))
    assert sorted(result.staff_notes[0] for _, result in results) == ["ada", "bob", "cy"]
    assert len({result.extra["worker"] for _, result in results}) == 1


def test_worker_that_says_nothing_is_ended(mini: Any, tmp_path: Path) -> None:
    """The engine has its own limits; where it does not keep them, the class goes on without that hand-in."""
    options = Quickly(mini[1], time_limits={"run_s": 10.0 - batch.MARGIN_S - batch.STUCK_S})
    results = dict(grade_many(options, made(tmp_path, "slow", "ada", "bob"), workers=2))
    notes = {job.name: result.staff_notes[0] for job, result in results.items()}
    assert notes == {"slow": "a worker was lost, twice: no answer within 10 s", "ada": "ada", "bob": "bob"}


def test_ctrl_c_at_the_workers_is_none_of_theirs(mini: Any, tmp_path: Path) -> None:
    """A terminal sends it to all that it shows; and to one that is sent it by number it means nothing."""
    results = grade_many(Quickly(mini[1]), made(tmp_path, "ada", "bob"), workers=1)
    assert next(results)[0].name == "ada"
    (worker,) = children()
    assert os.getpgid(worker) == worker
    os.kill(worker, signal.SIGINT)
    assert [job.name for job, _ in results] == ["bob"]


def _wait_until(there: Callable[[], bool], timeout_s: float) -> None:
    end = time.monotonic() + timeout_s
    while not there():
        assert time.monotonic() < end
        time.sleep(0.05)
