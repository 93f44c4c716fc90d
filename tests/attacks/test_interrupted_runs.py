"""A run that is interrupted ends without a score and with a valid record; run again, it is the same, byte for byte.

The interruptions: each of our processes is killed, the disk is full, the clock jumps. Each comes at two
moments: while the student's cells run, and after the first check.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import types
from pathlib import Path

import nbformat
import pytest

import autograder
from autograder import results_json
from autograder.author import release
from autograder.engine import grade as grading
from autograder.engine.grade import TIMING_KEYS, Engine
from autograder.sandbox import launcher, proc

HONEST_ONCE = True  # each run is followed by an undisturbed one anyway: see conftest.py
ROOT = os.geteuid() == 0
# A tenth of a second of work for the interruption to fall into; the score is less than full, with words.
BUSY = "open('started', 'w').close()\nimport time; time.sleep(1)\nprint('through')"
WRONG = "# answer: q1_answer\ndef sum_of_squares(values):\n    return 25 if len(values) == 2 else [1, 2]"


def record(result):
    """Return what is kept of a result as bytes: results.json and the executed notebook, without times."""
    content = results_json.to_results(result)
    content["extra_data"] = {k: v for k, v in content["extra_data"].items() if k not in TIMING_KEYS}
    return json.dumps([content, result.extra.get("notebook")], sort_keys=True).encode()


def assert_no_score_anywhere(result):
    """A valid record: JSON, the sentence that says whose fault it was, a note for staff, and no number."""
    content = results_json.to_results(result)
    public = json.dumps({k: v for k, v in content.items() if k != "extra_data"})
    assert not result.graded
    assert '"score"' not in public
    assert '"max_score"' not in public
    assert result.notices[0].startswith("not graded: a fault of the grader, not yours.")
    assert result.staff_notes
    assert "Traceback" not in public
    assert not any(note in public for note in result.staff_notes)


@pytest.fixture(scope="module")
def folder(mini, tmp_path_factory):
    """A hand-in with a slow cell and one wrong answer."""
    notebook = release.solution_notebook(mini[0], mini[2])
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "q1_answer":
            cell.source = WRONG
    notebook.cells.append(nbformat.v4.new_code_cell(BUSY, id="busy"))
    path = tmp_path_factory.mktemp("interrupted")
    nbformat.write(notebook, path / "mini.ipynb")
    shutil.copy(mini[0].references / "solution" / "model_weights.safetensors", path)
    return path


@pytest.fixture(scope="module")
def undisturbed(engine, folder):
    """The record of the same hand-in when nothing happens."""
    result = engine.grade(folder)
    assert result.graded
    assert result.score_of("q1") == 1.0
    return record(result)


def kill(*pids):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def put_clock_forward(engine, patch):
    """An hour passes at once, for the supervisor: time.monotonic cannot be moved for the whole machine."""
    moved = {**vars(time), "monotonic": lambda: time.monotonic() + 3600.0}
    patch.setattr(grading, "time", types.SimpleNamespace(**moved))


INTERRUPTIONS = {
    "the grader is killed": lambda engine, patch: kill(engine.grader.pid),
    "the grader's copy is killed": lambda engine, patch: kill(*proc.descendants(engine.grader.pid)),
    "the zygote is killed": lambda engine, patch: kill(engine.launcher.zygote.pid),
    "the reference is killed": lambda engine, patch: kill(engine.launcher.confined["reference"].pid),
    "all of them are killed": lambda engine, patch: kill(
        engine.grader.pid, engine.launcher.zygote.pid, *proc.descendants(engine.grader.pid)
    ),
    "the work folder is removed": lambda engine, patch: shutil.rmtree(engine.launcher.base),
    "the clock jumps": put_clock_forward,
}


def interrupt(engine, folder, moment, what):
    """Grade, and do ``what`` at the moment; return the result and all the partial ones."""
    seen, done = [], threading.Event()

    def in_the_cells():
        end = time.monotonic() + 30
        while time.monotonic() < end and not list(engine.launcher.base.glob("student-*/started")):
            time.sleep(0.01)
        what()
        done.set()

    def update(result):
        seen.append(result)
        if moment == "checks" and result.checks and not done.is_set():
            done.set()
            what()

    thread = threading.Thread(target=in_the_cells)
    if moment == "cells":
        thread.start()
    result = engine.grade(folder, update)
    if moment == "cells":
        thread.join()
    assert done.is_set()
    return result, seen


@pytest.mark.parametrize("moment", ["cells", "checks"])
@pytest.mark.parametrize("interruption", INTERRUPTIONS)
def test_interrupted_run_has_no_score_and_is_the_same_when_run_again(
    engine, folder, undisturbed, interruption, moment, monkeypatch
):
    """Never a zero and never a pass; what was graded before and what is graded afterwards are one."""
    with monkeypatch.context() as patch:
        result, seen = interrupt(engine, folder, moment, lambda: INTERRUPTIONS[interruption](engine, patch))
    if result.graded:  # no check asked for the solution afterwards
        assert interruption == "the reference is killed"
        assert record(result) == undisturbed
    else:
        assert_no_score_anywhere(result)
    assert not any(partial.graded for partial in seen[:-1])
    assert seen[0].checks == ()
    assert record(engine.grade(folder)) == undisturbed


# -- the disk ----------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path, mini, monkeypatch):
    """An engine of its own, whose work folders lie on a disk of 96 MB, and that disk."""
    disk = Path(tempfile.mkdtemp(prefix="autograder-disk-"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "none", disk], capture_output=True)
    if mounted.returncode:
        disk.rmdir()
        pytest.skip(f"cannot make a small disk: {mounted.stderr.decode().strip()}")
    disk.chmod(0o711)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(tempfile, "tempdir", str(disk))
            with Engine(mini[1], time_limits={"cell_s": 5.0, "run_s": 60.0}) as made:
                yield made, disk
    finally:
        subprocess.run(["umount", disk], check=True)
        disk.rmdir()


def fill(disk):
    """Leave no byte of the disk free."""
    with contextlib.suppress(OSError), (disk / "full").open("wb", buffering=0) as file:
        while file.write(bytes(1 << 16)):
            pass


@pytest.mark.skipif(not ROOT, reason="mounts a small disk: needs root")
@pytest.mark.parametrize("moment", ["before", "cells", "checks"])
def test_full_disk_is_nobody_s_answer(small_disk, folder, undisturbed, moment):
    """A disk that others filled: not graded, even if the student's code only saw an error of its own."""
    engine, disk = small_disk
    if moment == "before":
        engine.wait_ready()
        fill(disk)
        result = engine.grade(folder)
    else:
        result, _ = interrupt(engine, folder, moment, lambda: fill(disk))
    assert_no_score_anywhere(result)
    assert any("disk is full" in note or "No space left" in note for note in result.staff_notes)
    still = engine.grade(folder)  # still full: the engine survives it
    assert_no_score_anywhere(still)
    (disk / "full").unlink()
    assert record(engine.grade(folder)) == undisturbed


HOARD = """
import os, time
kept, home = [], os.getcwd()
for _ in range(DEPTH):
    os.mkdir("d" * 250)
    os.chdir("d" * 250)
try:
    while True:
        name = f"{len(kept)}"
        kept.append(os.open(name, os.O_CREAT | os.O_RDWR))
        NAMELESS and os.unlink(name)
        for _ in range(32):
            os.write(kept[-1], bytes(1 << 18))
except OSError:
    pass
os.chdir(home)
time.sleep(3)
"""
HOARDS = {
    "files": (False, 0),
    "files without a name": (True, 0),
    "below a path that is too long": (False, 20),
}


@pytest.mark.skipif(not ROOT, reason="mounts a small disk: needs root")
@pytest.mark.parametrize("hoard", HOARDS)
def test_disk_that_the_student_filled_is_the_student_s(small_disk, solution, tmp_path, mini, hoard):
    """Also where no folder shows the files any more: nobody gets *not graded* by filling our disk."""
    engine, disk = small_disk
    folder = tmp_path / "hoard"
    folder.mkdir()
    notebook = solution()
    nameless, depth = HOARDS[hoard]
    source = HOARD.replace("NAMELESS", str(nameless)).replace("DEPTH", str(depth))
    notebook.cells.append(nbformat.v4.new_code_cell(source))
    nbformat.write(notebook, folder / "mini.ipynb")
    shutil.copy(mini[0].references / "solution" / "model_weights.safetensors", folder)
    result = engine.grade(folder)
    assert result.graded, result.staff_notes
    assert result.score == result.max_score
    assert [p.reason for p in result.problems] == ["wrote more files than there is room for and was left out"]
    assert shutil.disk_usage(disk).free > 2 * launcher.LOW_DISK_BYTES


# -- the clock ---------------------------------------------------------------------------------------


def test_clock_that_is_set_disturbs_nothing(engine, folder, undisturbed, monkeypatch):
    """The clock on the wall may say what it likes, in the supervisor too."""
    days = iter(range(10**9))
    monkeypatch.setattr(time, "time", lambda: 86400.0 * next(days))
    assert record(engine.grade(folder)) == undisturbed


def test_no_deadline_is_read_from_the_clock_on_the_wall():
    """Deadlines are monotonic: no module asks for the time of day but the self-test, where it is a thread's idle work, and what writes it down."""
    asked = []
    for path in sorted(Path(autograder.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                name = f"{node.value.id}.{node.attr}"
                if name in ("time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "date.today"):
                    asked.append((path.name, name))
    # The age of a folder on the disk is no deadline; nor is the name of a log, or of what a newer hand-in replaced.
    now = [
        ("collect.py", "datetime.now"),
        ("regrade_log.py", "datetime.now"),
        ("regrade_log.py", "datetime.now"),
    ]
    assert sorted(asked) == sorted([*now, ("needs.py", "time.time"), ("scratch.py", "time.time")])
