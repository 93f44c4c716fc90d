"""``autograder grade`` as a person runs it, and stops it, kills it, cuts its output off: nothing is lost, and it goes on."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import random
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from glob import glob
from pathlib import Path
from typing import Any

import nbformat
import pytest

pytest.importorskip("nbgrader")

from autograder.author import release, steps
from autograder.config import load_course
from autograder.engine.grade import TIMING_KEYS
from autograder.sandbox import proc, scratch

REPOSITORY = Path(__file__).parents[2]
# A page says when it was graded, in what time and with what memory: another run's are others.
TIMED_FACTS = re.compile(r"<dt>(?:graded|time|memory, at most)</dt><dd>[^<]*</dd>")
COMMAND = [sys.executable, "-m", "autograder"]
# The bound is 5 s. A machine at work with other things gets half as much again; what hung did so for minutes.
ENDS_WITHIN_S = 7.5
PATIENCE_S = 300.0
KILLS, ROUNDS, SEED = 50, 5, 20261130
QUICK = ("ada", "bob", "山田 太郎", "zoe")
SLOW = "import time\nfor _ in range(3600):\n    time.sleep(0.1)"


@pytest.fixture(scope="module")
def released(mini: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the small course, released, with four quick hand-ins and none that takes long."""
    root = tmp_path_factory.mktemp("control") / "course"
    shutil.copytree(mini[0].path.parent, root / "source" / "mini")
    shutil.copytree(mini[0].references, root / "references" / "mini")
    for name in ("gradebook_config.py", "nbgrader_config.py"):
        shutil.copy(REPOSITORY / name, root)
    with (root / "gradebook_config.py").open("a") as config:
        config.write("\nc.Autograder.cell_timeout_s = 400\n")
    found = load_course(root)
    with steps.prepare(found, "mini") as prepared:
        steps.publish(found, prepared)
    for student in QUICK:
        hand_in(root, mini, student)
    return root


def hand_in(root: Path, mini: Any, student: str, cell: str = "") -> None:
    """Hand in the solution, and a cell more."""
    notebook = release.solution_notebook(mini[0], mini[2])
    if cell:
        notebook.cells.append(nbformat.v4.new_code_cell(cell))
    folder = root / "submitted" / student / "mini"
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / "mini.ipynb")
    shutil.copy(mini[0].references / "solution" / "model_weights.safetensors", folder)


@pytest.fixture
def temporary() -> Iterator[Path]:
    """Return a folder for the engines' work folders: users that are drawn must get into it."""
    folder = Path(tempfile.mkdtemp(prefix="control-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def course(released: Path, tmp_path: Path) -> Path:
    """Return a copy of the course."""
    return shutil.copytree(released, tmp_path / "course")


def start(course: Path, temporary: Path, *words: str, **options: Any) -> subprocess.Popen[str]:
    """Start ``autograder grade mini`` as a shell does: in a process group of its own."""
    return subprocess.Popen(
        [*COMMAND, "grade", "mini", "--workers", "2", *words],
        cwd=course,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(temporary)},
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
        | options,
    )


def finished(course: Path) -> set[str]:
    """Return whose result is written."""
    return {path.parent.parent.name for path in (course / "autograded").glob("*/mini/grading.json")}


def wait_until(there: Callable[[], Any], what: str) -> None:
    """Wait for something that will come."""
    end = time.monotonic() + PATIENCE_S
    while not there():
        assert time.monotonic() < end, f"no {what}"
        time.sleep(0.02)


def scores(course: Path) -> list[Any]:
    """Return what the gradebook has of every hand-in, without the random ids."""
    with closing(sqlite3.connect(course / "gradebook.db")) as book:
        return book.execute(
            "select s.student_id, b.name, g.auto_score, g.manual_score, g.needs_manual_grade from grade g "
            "join base_cell b on b.id = g.cell_id join submitted_notebook n on n.id = g.notebook_id "
            "join submitted_assignment s on s.id = n.assignment_id order by 1, 2"
        ).fetchall()


def results(course: Path) -> dict[str, Any]:
    """Return everything that was written about hand-ins, without times: our record and the overview hold some."""
    found: dict[str, Any] = {}
    for room in ("autograded", "feedback"):
        for path in sorted((course / room).rglob("*")):
            if path.is_file():
                content: Any = path.read_text()
                if path.name == "results.json":
                    content = json.loads(content)
                    for key in TIMING_KEYS:
                        content["extra_data"].pop(key, None)
                if path.suffix == ".html":
                    content = TIMED_FACTS.sub("", content)
                timed = path.name == "grading.json" or path == course / "autograded" / "mini.html"
                found[path.relative_to(course).as_posix()] = None if timed else content
    return found


def in_all(process: subprocess.Popen[str], number: int) -> None:
    """Send a signal to the process group, as a terminal does."""
    os.killpg(process.pid, number)


def in_one(process: subprocess.Popen[str], number: int) -> None:
    """Send a signal to the program alone, as ``kill`` does."""
    process.send_signal(number)


def ends(process: subprocess.Popen[str], send: Callable[..., None], *numbers: int) -> tuple[str, str]:
    """Interrupt a run; it must end in time, with the exit code of the first signal and no traceback."""
    there = {pid: proc.start_time(pid) for pid in proc.descendants(process.pid)}
    began = time.monotonic()
    for number in numbers:
        with contextlib.suppress(ProcessLookupError):
            send(process, number)
        time.sleep(0.05)
    out, err = process.communicate(timeout=60)
    assert time.monotonic() - began < ENDS_WITHIN_S
    assert process.returncode == 128 + numbers[0], err
    assert "Traceback" not in err
    assert "autograder: interrupted. " in err
    assert out == ""
    # A number may be another process's by now.
    wait_until(
        lambda: (
            not any(
                since and proc.start_time(pid) == since and not proc.is_zombie(pid)
                for pid, since in there.items()
            )
        ),
        "end of all",
    )
    return out, err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("send", "numbers", "words"),
    [
        (in_all, (signal.SIGINT,), ()),
        (in_all, (signal.SIGINT, signal.SIGINT, signal.SIGINT), ()),
        (in_one, (signal.SIGINT,), ()),
        (in_one, (signal.SIGTERM,), ()),
        (in_all, (signal.SIGINT,), ("--dask", "local:2")),
    ],
)
def test_ctrl_c_in_a_long_hand_in_ends_soon_and_the_next_run_goes_on(
    course: Path, mini: Any, temporary: Path, send: Any, numbers: tuple[int, ...], words: tuple[str, ...]
) -> None:
    """What is finished stays, whatever signal and however often; the next run says so, and completes it."""
    if words:
        pytest.importorskip("distributed", reason="the extra [dask] is not installed")
    hand_in(course, mini, "cy", SLOW)
    process = start(course, temporary, *words)
    wait_until(lambda: finished(course) == set(QUICK), "quick results")
    stamps = {path: path.stat().st_mtime_ns for path in course.glob("autograded/*/mini/grading.json")}
    _, err = ends(process, send, *numbers)
    assert "mini: 4 of 5 hand-ins are graded and kept" in err
    assert "Run the same command again: it goes on where it stopped." in err
    if not words:  # Dask ends its workers at once: the next run removes what their engines leave
        assert list(temporary.glob("autograder-*")) == []
    assert scores(course) == []

    hand_in(course, mini, "cy")
    again = start(course, temporary)
    out, err = again.communicate(timeout=PATIENCE_S)
    assert again.returncode == 0, err
    assert "grade mini: 4 of 5 are finished and unchanged; goes on with the other 1" in err
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    assert "5 hand-ins: 5 graded" in out
    assert len(scores(course)) == 5 * 4


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["command", "workers", "engines", "gradebook"])
def test_ctrl_c_at_other_moments(course: Path, temporary: Path, moment: str) -> None:
    """While the command imports, its workers start, their libraries are imported, and the gradebook is waited for."""
    if moment == "gradebook":
        done = start(course, temporary)
        assert done.communicate(timeout=PATIENCE_S)[1]
        before = scores(course)
        with closing(sqlite3.connect(course / "gradebook.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            process = start(course, temporary)
            assert process.stderr is not None
            lines = iter(process.stderr.readline, "")
            assert any("written by another program; waiting up to 30 s" in line for line in lines)
            _, err = ends(process, in_all, signal.SIGINT, signal.SIGINT)
        assert "everybody is graded, and kept; the gradebook is as it was" in err
        assert scores(course) == before
        return
    process = start(course, temporary)
    if moment == "command":
        time.sleep(0.1)
        began = time.monotonic()
        in_all(process, signal.SIGINT)
        process.communicate(timeout=60)
        assert time.monotonic() - began < ENDS_WITHIN_S
        return
    if moment == "workers":
        wait_until(lambda: proc.descendants(process.pid), "worker")
    else:
        wait_until(lambda: glob(f"{temporary}/autograder-*/zygote.log"), "engine")
    ends(process, in_all, signal.SIGINT)
    if (
        moment != "engines"
    ):  # ended while it starts, an engine leaves its folder to the next run, which removes it
        wait_until(lambda: not list(temporary.glob("autograder-*")), "end of folders")


@pytest.mark.slow
def test_ctrl_c_in_a_terminal(course: Path, mini: Any, temporary: Path) -> None:
    """The key itself, with a bar on the screen: the cursor is back, and the prompt finds a new line."""
    hand_in(course, mini, "cy", SLOW)
    pid, screen = pty.fork()
    if pid == 0:
        os.chdir(course)
        os.environ.update(PYTHONPATH=str(REPOSITORY), TMPDIR=str(temporary), TERM="xterm", COLUMNS="80")
        os.execv(sys.executable, [*COMMAND, "grade", "mini", "--workers", "2"])
    shown, pressed = b"", 0.0
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if select.select([screen], [], [], 0.1)[0]:
            try:
                data = os.read(screen, 1 << 16)
            except OSError:  # the program has gone
                break
            if not data:
                break
            shown += data
        if not pressed and finished(course) == set(QUICK) and b"4/5" in shown:
            os.write(screen, b"\x03")
            pressed = time.monotonic()
    took_s = time.monotonic() - pressed
    _, status = os.waitpid(pid, 0)
    os.close(screen)
    text = shown.decode()
    assert pressed
    assert took_s < ENDS_WITHIN_S
    assert os.waitstatus_to_exitcode(status) == 130, text
    assert "Traceback" not in text
    assert "4/5, 4 graded" in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
    assert re.search(r"\n(\x1b\S*)?autograder: interrupted\. mini: 4 of 5", text.replace("\r", ""))


@pytest.mark.slow
def test_output_that_is_cut_off_loses_nothing(course: Path, temporary: Path) -> None:
    """``grade | head``: the gradebook is written before the first line, and the exit code is that of the grading."""
    for command in (
        "| head -n 1",
        "2>&1 | head -n 1",
        "| true",
        "2>&1 | true",
        ">&-",
        ">&- 2>&-",
        "> /dev/full",
    ):
        if (course / "gradebook.db").exists():
            with closing(sqlite3.connect(course / "gradebook.db")) as book:
                for table in ("grade", "comment", "submitted_notebook", "submitted_assignment", "student"):
                    book.execute(f"delete from {table}")
                book.commit()
        done = subprocess.run(
            [
                "bash",
                "-c",
                f'"$0" -m autograder grade mini {command}; exit "${{PIPESTATUS[0]}}"',
                sys.executable,
            ],
            cwd=course,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(temporary)},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert {(row[0], row[2]) for row in scores(course) if row[1] == "q1"} == {(s, 4.0) for s in QUICK}, (
            command
        )
        assert "Traceback" not in done.stdout + done.stderr, command
        assert "Exception ignored" not in done.stderr, command
        assert done.returncode == (2 if "full" in command else 0), (command, done.stderr)
    assert "autograder: the output could not be written: No space left on device" in done.stderr


# -- killed ------------------------------------------------------------------------------------------


def kill_at(
    process: subprocess.Popen[str], draw: random.Random, course: Path, usual_s: float
) -> set[tuple[int, int]]:
    """Kill a run at a random moment; return the processes that it had, by number and start."""
    moment = draw.choice(["time", "result", "writing"])
    end = time.monotonic() + draw.uniform(0, usual_s)
    wanted = draw.randrange(len(QUICK)) + 1
    kept = len(finished(course))

    def reached() -> bool:
        if moment == "result":
            return len(finished(course)) >= kept + wanted
        if moment == "writing":
            return bool(
                list(course.glob("autograded/*/mini/.*")) or list(course.glob("gradebook.db-journal"))
            )
        return time.monotonic() >= end

    while process.poll() is None and not reached():
        time.sleep(0.001)
    time.sleep(draw.choice([0, 0, 0.002, 0.02]))
    # The workers are the program's own children; what they started has sessions of its own.
    tree = {(pid, proc.start_time(pid)) for pid in proc.descendants(process.pid)}
    workers = [pid for pid, _ in tree if proc.parent_of(pid) == process.pid]
    who = draw.choice(["all", "all", "program", "worker"])
    targets = {"all": [process.pid, *workers], "program": [process.pid], "worker": workers[:1]}[who]
    for pid in targets:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE_S)
    return tree


@pytest.mark.slow
def test_run_that_is_killed_at_random_moments_is_completed_by_the_next(
    course: Path, temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Program, workers or both, fifty times: every result is there once, the gradebook is an undisturbed run's."""
    undisturbed = shutil.copytree(course, tmp_path / "undisturbed")
    begun = time.monotonic()
    assert start(undisturbed, temporary).communicate(timeout=PATIENCE_S)
    usual_s = time.monotonic() - begun
    expected = scores(undisturbed)
    assert len(expected) == len(QUICK) * 4
    fresh = (course / "gradebook.db").read_bytes()

    draw, tree = random.Random(SEED), set[tuple[int, int]]()
    for _ in range(ROUNDS):
        for room in ("autograded", "feedback"):
            shutil.rmtree(course / room, ignore_errors=True)
        for path in course.glob("gradebook.db*"):
            path.unlink()
        (course / "gradebook.db").write_bytes(fresh)
        for number in range(KILLS // ROUNDS):
            force = ["--force"] if number % 3 == 2 else []
            tree |= kill_at(start(course, temporary, *force), draw, course, usual_s)
        last = start(course, temporary)
        _, err = last.communicate(timeout=PATIENCE_S)
        assert last.returncode == 0, err
        assert scores(course) == expected
        assert results(course) == results(undisturbed)

    wait_until(
        lambda: not [pid for pid, begin in tree if proc.start_time(pid) == begin and not proc.is_zombie(pid)],
        "end of all",
    )
    # What a killed run's folder needs to be taken for left is a minute of age: the next run after that removes it.
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(scratch, "FRESH_S", -1.0)
    scratch.clean()
    left = {folder.name: os.listdir(folder) for folder in temporary.glob("autograder-*")}
    assert {
        name: files for name, files in left.items() if files
    } == {}  # made or removed at that very moment: empty
