"""Grading on Dask's workers: a real scheduler, real worker processes, and what becomes of a class when some are killed."""

from __future__ import annotations

import dataclasses
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

pytest.importorskip("distributed", reason="the extra [dask] is not installed")
pytest.importorskip("nbgrader")

import psutil

from autograder import gradebook_server
from autograder.author import gradebook_cells, release
from autograder.bundle import read_bundle
from autograder.classroom import grading
from autograder.config import CourseConfig, load_course
from autograder.engine import executors, parcels, remote
from autograder.engine.batch import EngineOptions, Job
from autograder.engine.grade import TIMING_KEYS
from autograder.errors import SandboxError, UsageError
from autograder.hosts import dask_workers
from autograder.model import GradingResult
from autograder.progress import Progress
from autograder.released import source_digest

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[2]
Mini = tuple[release.Source, Path, Any]
WAIT_S = 120  # for a process to start; only a machine that stands still needs it

# What a worker has in place of the engine; Dask loads it when the worker starts.
STAND_IN = """
import os, signal, time
from pathlib import Path
from autograder.bundle import read_bundle
from autograder.engine import remote
from autograder.engine.batch import EngineOptions
from autograder.errors import SandboxError
from autograder.model import CheckResult, GradingResult, Outcome


class Engine:
    def __init__(self, options):
        self.bundle = read_bundle(options.bundle_folder)

    def grade(self, folder):
        notebook = folder / "mini.ipynb"
        text = notebook.read_text() if notebook.exists() else ""
        if text == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(float(os.environ.get("STAND_IN_S", "0")))
        return GradingResult(
            assignment="mini", graded=True, questions=self.bundle.questions, checks=(),
            extra={"text": text, "pid": os.getpid(), "files": sorted(p.name for p in folder.iterdir())},
        )

    def close(self):
        pass

def open_stand_in(options, *, warm):
    if os.environ.get("STAND_IN_REFUSES"):
        raise SandboxError("no sandbox on this machine")
    return Engine(options)

EngineOptions.open = open_stand_in
if os.environ.get("STAND_IN_VERSION"):
    remote.__version__ = os.environ["STAND_IN_VERSION"]
"""


class Cluster:
    """A scheduler and workers as a person would start them, each a process that can be killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        folder.mkdir(parents=True)
        (folder / "stand_in.py").write_text(STAND_IN)
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.address = self._read(0, r"Scheduler at: +(tcp://\S+)")

    def _start(self, what: str, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{len(self.processes)}.log").open("wb")
        with log:
            made = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{what}", *words],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, **environment},
            )  # fmt: skip
        self.processes.append(made)
        return made

    def _read(self, number: int, pattern: str) -> str:
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end and self.processes[number].poll() is None:
            if found := re.search(pattern, (self.folder / f"{number}.log").read_text(errors="replace")):
                return found[1]
            time.sleep(0.1)
        raise AssertionError((self.folder / f"{number}.log").read_text(errors="replace"))

    def worker(self, *, stand_in: bool = True, **environment: str) -> subprocess.Popen[bytes]:
        """Start a worker process; wait until it is registered."""
        words = [self.address, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        words += ["--local-directory", str(self.folder), "--memory-limit", "0"]
        words += ["--preload", str(self.folder / "stand_in.py")] if stand_in else []
        made = self._start("worker", *words, **environment)
        self._read(len(self.processes) - 1, r"(Registered to)")
        return made

    def close(self) -> None:
        """Kill what still runs, each by its own id."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait(WAIT_S)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler; workers are started by the test."""
    made = Cluster(tmp_path / "cluster")
    try:
        yield made
    finally:
        made.close()


def jobs(folder: Path, *texts: str) -> list[Job]:
    """Write hand-ins and return their jobs."""
    made = []
    for number, text in enumerate(texts):
        place = folder / "submitted" / f"s{number:02}" / "mini"
        place.mkdir(parents=True)
        (place / "mini.ipynb").write_text(text)
        made.append(Job(f"s{number:02}", place))
    return made


def grade(
    cluster: Cluster, mini: Mini, todo: list[Job], said: list[str], **more: Any
) -> dict[str, GradingResult]:
    """Grade on a cluster; every job comes back once."""
    opener = dask_workers.opener(cluster.address, say=said.append, **more)
    found = list(executors.graded(opener, EngineOptions(mini[1]), todo))
    assert Counter(job.name for job, _ in found) == Counter(job.name for job in todo)
    return {job.name: result for job, result in found}


# -- with a stand-in for the engine ----------------------------------------------------------------


def test_everybody_is_graded_once_and_parcels_travel_once(
    cluster: Cluster, mini: Mini, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By every worker; the bundle goes to each once, a hand-in once, and a second run brings nothing."""
    for _ in range(2):
        cluster.worker(STAND_IN_S="0.2")
    brought: list[str] = []
    plain = remote.please_grade

    def please_grade(options: Any, bundle: Any, hand_in: Any, bring: set[str]) -> bytes:
        message = plain(options, bundle, hand_in, bring)
        assert type(message) is bytes
        brought.extend(bring)
        return message

    monkeypatch.setattr(remote, "please_grade", please_grade)
    todo = jobs(tmp_path, *"abcdefgh")
    said: list[str] = []
    found = grade(cluster, mini, todo, said)
    assert [found[job.name].extra["text"] for job in todo] == list("abcdefgh")
    assert len({result.extra["pid"] for result in found.values()}) == 2
    bundle = parcels.pack_bundle(mini[1]).digest
    assert Counter(brought)[bundle] == 2
    assert all(count == 1 for digest, count in Counter(brought).items() if digest != bundle)
    brought.clear()
    assert grade(cluster, mini, todo[:1], said, workers=1)["s00"].extra["text"] == "a"
    assert len(brought) <= 1  # nothing, unless the other worker got it
    assert said == []


def test_hand_in_that_kills_workers_is_tried_once_elsewhere(
    cluster: Cluster, mini: Mini, tmp_path: Path
) -> None:
    """Two workers are lost with it, not a third; everybody else is graded."""
    workers = [cluster.worker(STAND_IN_S="0.05") for _ in range(4)]
    todo = jobs(tmp_path, *"abc", "kill", *"defghij")
    found = grade(cluster, mini, todo, [])
    assert not found["s03"].graded
    assert found["s03"].staff_notes[0].startswith("a worker was lost, twice: tcp://127.0.0.1:")
    assert [r.extra["text"] for n, r in sorted(found.items()) if n != "s03"] == list("abcdefghij")
    assert sum(worker.poll() is not None for worker in workers) == 2


def test_worker_that_cannot_grade_is_left_out_with_a_word(
    cluster: Cluster, mini: Mini, tmp_path: Path
) -> None:
    """Another version, no sandbox; when there is no other worker, nothing can be graded."""
    cluster.worker(STAND_IN_VERSION="0.0.1")
    cluster.worker(STAND_IN_REFUSES="1")
    todo, said = jobs(tmp_path, *"abc"), list[str]()
    with pytest.raises(SandboxError, match="no Dask worker can grade: "):
        grade(cluster, mini, todo, said)
    assert any("grades nothing: it has version 0.0.1, here" in line for line in said)
    assert any("grades nothing: no sandbox on this machine" in line for line in said)
    cluster.worker()
    assert all(result.graded for result in grade(cluster, mini, todo, said).values())


def test_scheduler_that_ends_is_a_sentence_and_what_came_before_counts(
    cluster: Cluster, mini: Mini, tmp_path: Path
) -> None:
    """Nobody waits for ever."""
    cluster.worker(STAND_IN_S="0.3")
    found = []
    opener = dask_workers.opener(cluster.address)
    with pytest.raises(SandboxError, match=r"scheduler at tcp://\S+ is gone; what is graded is kept"):
        for job, _ in executors.graded(opener, EngineOptions(mini[1]), jobs(tmp_path, *"abcdef")):
            found.append(job.name)
            cluster.scheduler.kill()
    assert found


def test_nothing_of_a_students_is_unpickled(cluster: Cluster, mini: Mini, tmp_path: Path) -> None:
    """A pickle among the files arrives as the bytes that it is, and does nothing anywhere."""
    mark = tmp_path / "unpickled"

    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (os.mkdir, (str(mark),))

    cluster.worker()
    todo = jobs(tmp_path, "a")
    (todo[0].folder / "weights.pt").write_bytes(pickle.dumps(Bomb()))
    (todo[0].folder / "mini.pkl").write_bytes(pickle.dumps(Bomb()))
    found = grade(cluster, mini, todo, [])["s00"]
    assert found.extra["files"] == ["mini.ipynb", "mini.pkl", "weights.pt"]
    assert not mark.exists()
    pickle.loads(pickle.dumps(Bomb()))
    assert mark.exists()  # else this shows nothing


def test_addresses_and_absent_schedulers_are_refused(monkeypatch: pytest.MonkeyPatch, mini: Mini) -> None:
    """Before anything is graded, with what to write."""
    for odd in (
        "",
        "local:",
        "local:0",
        "local:x",
        "host:8786",
        "http://host:1",
        "tcp://host",
        "tcp:// host:1",
    ):
        with pytest.raises(UsageError, match="no address of a scheduler; nothing was graded"):
            dask_workers.opener(odd)
    monkeypatch.setattr(dask_workers, "CONNECT_S", 1)
    with (
        pytest.raises(UsageError, match=r"no scheduler answers there .*nothing was graded"),
        dask_workers.opener("tcp://127.0.0.1:1")(EngineOptions(mini[1])),
    ):
        pass
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'autograder-notebooks\[dask\]'"):
        dask_workers.opener("local:2")


def test_local_workers_are_reached_by_this_machine_only(mini: Mini) -> None:
    """Scheduler, nannies and workers listen on loopback; when the run ends, all are gone."""
    before = {p.pid for p in psutil.Process().children(recursive=True)}
    with dask_workers.opener("local:2")(EngineOptions(mini[1])) as executor:
        there = executor.client.scheduler_info(n_workers=-1)["workers"]  # type: ignore[attr-defined]
        assert len(there) == 2
        assert all(address.startswith("tcp://127.0.0.1:") for address in there)
        processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
        listening = {
            link.laddr.ip
            for process in processes
            for link in process.net_connections(kind="inet")
            if link.status == psutil.CONN_LISTEN
        }
        assert listening == {"127.0.0.1"}
    left = {p.pid for p in psutil.Process().children(recursive=True) if "dask" in " ".join(p.cmdline())}
    assert left <= before


# -- TLS, and a stand-in for Slurm -----------------------------------------------------------------


@pytest.fixture
def tls(tmp_path: Path) -> dict[str, str]:
    """Make certificates as docs/more-machines.md says; return Dask's configuration as environment variables."""
    text = (REPOSITORY / "docs" / "more-machines.md").read_text()
    commands = re.findall(r"^openssl .*$", text, flags=re.MULTILINE)
    assert len(commands) == 3
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path / "tls"
    folder.mkdir()
    subprocess.run(["bash", "-ec", "\n".join(commands)], cwd=folder, check=True, capture_output=True)
    (found,) = re.findall(r"^```yaml\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    config = folder / "dask"
    config.mkdir()
    (config / "autograder.yaml").write_text(found.replace("/home/ada/tls", str(folder)))
    return {"DASK_CONFIG": str(config)}


SBATCH = """#!/usr/bin/env bash
cp "${@: -1}" JOBS/$$.sh
setsid bash JOBS/$$.sh > JOBS/$$.log 2>&1 < /dev/null &
echo $! > JOBS/$$.pid
echo "Submitted batch job $$"
"""
SCANCEL = """#!/usr/bin/env bash
for job in "$@"; do kill -- -"$(cat JOBS/$job.pid)"; done
"""


def test_slurm_example_grades_over_tls_with_the_jobs_that_it_submits(
    course: CourseConfig, mini: Mini, tls: dict[str, str], tmp_path: Path
) -> None:
    """Slurm's part is a stand-in that runs the job's script here; scheduler, workers, TLS and the command are real."""
    pytest.importorskip("dask_jobqueue")
    programs, submitted = tmp_path / "bin", tmp_path / "jobs"
    programs.mkdir()
    submitted.mkdir()
    for name, script in {"sbatch": SBATCH, "scancel": SCANCEL}.items():
        (programs / name).write_text(script.replace("JOBS", str(submitted)))
        (programs / name).chmod(0o755)
    (tmp_path / "stand_in.py").write_text(STAND_IN)
    environment = {
        **os.environ, **tls, "PATH": f"{programs}:{os.environ['PATH']}",
        "DASK_DISTRIBUTED__WORKER__PRELOAD": str([str(tmp_path / "stand_in.py")]),
    }  # fmt: skip
    example = [sys.executable, str(REPOSITORY / "examples" / "slurm.py"), "mini", "--interface", "lo"]
    show = subprocess.run(
        [*example, "--show"], cwd=course.root, env=environment, capture_output=True, text=True
    )
    assert show.returncode == 0, show.stderr
    for line in (
        "#SBATCH -J autograder",
        "#SBATCH -n 1",
        "#SBATCH --cpus-per-task=1",
        "#SBATCH --mem=3G",
        "#SBATCH -t 02:00:00",
    ):
        assert line in show.stdout.splitlines(), show.stdout
    assert " tls://127.0.0.1:" in show.stdout
    assert "--nthreads 1 " in show.stdout
    assert list(submitted.iterdir()) == []
    gradebook_cells.record_assignment(
        course.db_url,
        course.course_id,
        "mini",
        read_bundle(mini[1]).questions,
        course.source / "mini" / "mini.ipynb",
    )
    done = subprocess.run(
        [*example, "--jobs", "2", "--scratch", str(tmp_path)],
        cwd=course.root, env=environment, capture_output=True, text=True, timeout=5 * WAIT_S,
    )  # fmt: skip
    logs = "\n".join(path.read_text() for path in submitted.glob("*.log"))
    assert done.returncode == 0, done.stderr + logs
    assert len(list(submitted.glob("*.sh"))) == 2
    assert len(list(course.autograded.glob("*/mini/grading.json"))) == 12
    for path in submitted.glob("*.pid"):
        end = time.monotonic() + WAIT_S
        while psutil.pid_exists(pid := int(path.read_text())) and time.monotonic() < end:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                break
            time.sleep(0.2)
        else:
            assert not psutil.pid_exists(pid), logs


def test_scheduler_with_tls_lets_nobody_else_in(tls: dict[str, str], tmp_path: Path, mini: Mini) -> None:
    """Neither without a key nor in plain text."""
    log = tmp_path / "scheduler.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "distributed.cli.dask_scheduler", "--protocol", "tls", "--host", "127.0.0.1",
                "--port", "0", "--no-dashboard",
            ],
            env={**os.environ, **tls}, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        end = time.monotonic() + WAIT_S
        while (
            not (found := re.search(r"Scheduler at: +(tls://\S+)", log.read_text()))
            and time.monotonic() < end
        ):
            time.sleep(0.1)
        assert found, log.read_text()
        for address in (found[1], found[1].replace("tls://", "tcp://")):
            with (
                pytest.raises(UsageError, match=r"no scheduler answers there .*nothing was graded"),
                dask_workers.opener(address)(EngineOptions(mini[1])),
            ):
                pass
    finally:
        process.kill()
        process.wait(WAIT_S)


# -- with the engine -------------------------------------------------------------------------------


@pytest.fixture
def course(mini: Mini, tmp_path: Path) -> CourseConfig:
    """A course with the small assignment released, and twelve hand-ins: right, wrong, broken, empty."""
    root = tmp_path / "course"
    shutil.copytree(mini[0].path.parents[1], root / "source")
    shutil.copytree(mini[0].references.parent, root / "references")
    shutil.copytree(mini[1], root / "bundle" / "mini")
    for name in ("gradebook_config.py", "nbgrader_config.py"):
        shutil.copy(REPOSITORY / name, root)
    found = load_course(root)
    (root / "bundle" / "mini" / "source.sha256").write_text(source_digest(found, "mini"))
    for number in range(12):
        folder = found.submitted / f"student{number:02}" / "mini"
        folder.mkdir(parents=True)
        notebook = release.solution_notebook(mini[0], mini[2])
        for cell in notebook.cells:
            if number % 3 == 1 and "sum_of_squares" in cell.source and cell.source.startswith("# answer"):
                cell.source = f"# answer: q1_answer\ndef sum_of_squares(values):\n    return {number}"
        if number % 3 != 2:
            for path in (mini[0].references / "solution").iterdir():
                shutil.copy(path, folder)
        if number == 5:
            (folder / "mini.ipynb").write_text("{")
        elif number != 8:  # hands in nothing that is a notebook
            nbformat.write(notebook, folder / "mini.ipynb")
    return found


def recorded(course: CourseConfig, mini: Mini, results: dict[str, GradingResult], folder: Path) -> list[Any]:
    """Record results in a gradebook of their own; return its rows."""
    folder.mkdir()
    url = f"sqlite:///{folder / 'gradebook.db'}"
    gradebook_cells.record_assignment(
        url, course.course_id, "mini", read_bundle(mini[1]).questions, course.source / "mini" / "mini.ipynb"
    )
    assert grading.record_scores(dataclasses.replace(course, db_url=url), results) == ()
    with gradebook_server.connected(url) as link:
        return link.exec_driver_sql(  # type: ignore[no-any-return]
            "SELECT s.student_id, c.name, g.auto_score, g.needs_manual_grade FROM grade g"
            " JOIN base_cell c ON c.id = g.cell_id JOIN submitted_notebook n ON n.id = g.notebook_id"
            " JOIN submitted_assignment s ON s.id = n.assignment_id ORDER BY 1, 2"
        ).fetchall()


def lasting(result: GradingResult) -> dict[str, Any]:
    """Return a result without what differs between two runs."""
    data = result.to_json()
    for key in TIMING_KEYS:
        data["extra"].pop(key, None)
    return data


def test_two_of_four_workers_killed_give_the_same_gradebook(
    cluster: Cluster, course: CourseConfig, mini: Mini, tmp_path: Path
) -> None:
    """Every result is there once, and is the one that this machine's own pool finds."""
    workers = [cluster.worker(stand_in=False) for _ in range(4)]
    seen = Counter[str]()

    class Watched(Progress):
        def __call__(self, name: str, _ok: bool, *_outcomes: str) -> None:
            seen[name] += 1
            if (
                len(seen) == 2
            ):  # in the middle, each at a hand-in; together, so that none of them is lost twice
                for worker in workers[1:3]:
                    worker.kill()

    found = grading.grade_class(
        course, "mini", progress=Watched(0, "grade mini"), elsewhere=dask_workers.opener(cluster.address)
    )
    assert dict.fromkeys(found.results, 1) == seen
    assert len(seen) == 12
    assert [w.poll() for w in workers] == [None, -signal.SIGKILL, -signal.SIGKILL, None]
    here = grading.grade_class(course, "mini", force=True, workers=2)
    assert {n: lasting(r) for n, r in found.results.items()} == {
        n: lasting(r) for n, r in here.results.items()
    }
    assert recorded(course, mini, found.results, tmp_path / "a") == recorded(
        course, mini, here.results, tmp_path / "b"
    )
