"""Memory, processes, threads, disk and descriptors without end: the hand-in pays, nobody else."""

from __future__ import annotations

import dataclasses
import os

import pytest

from autograder.sandbox import launcher

ROOT = os.geteuid() == 0
MEMORY = "your code needed more than 160 MB of memory"
ONLY_HIDDEN = "def sum_of_squares(values):\n    if len(values) == 2: return 25\n"


@pytest.fixture
def small(monkeypatch, engine):
    """Limits that are soon reached."""
    limits = dataclasses.replace(engine.launcher.limits, memory_bytes=160 << 20, disk_bytes=200 << 20)
    monkeypatch.setattr(engine.launcher, "limits", limits)


@pytest.mark.parametrize(
    "way",
    [
        "np.ones(10 << 27)",  # 10 GB at once
        "b = bytearray(8 * 10**9)",
        "'x' * (10 << 30)",
        "torch.ones(10 << 28)",
    ],
)
def test_giant_allocation_is_an_error_of_the_function(grade, way):
    """The address space ends before the machine's memory does."""
    verdict = grade({"q1_answer": ONLY_HIDDEN + f"    {way}\n    return 1"})
    assert verdict.lost == {"q1": 3.0}
    assert (
        "MemoryError" in verdict.said["test_any_numbers"]
        or "RuntimeError" in verdict.said["test_any_numbers"]
    )


def test_memory_grown_in_steps_is_stopped(grade, small):
    """What stays below each single limit is found by the watchdog."""
    verdict = grade(
        {
            "q1_answer": ONLY_HIDDEN + "    import time\n    kept = []\n    while len(kept) < 80:\n"
            "        kept.append(np.ones(1 << 19)); time.sleep(0.01)\n    time.sleep(30)"
        }
    )
    assert verdict.lost == {"q1": 3.0}
    assert verdict.said["test_any_numbers"] == MEMORY


def test_memory_multiplied_by_forks_is_summed(grade, small):
    """Twelve processes with 20 MB each are one hand-in with 240 MB."""
    verdict = grade(
        {
            "q1_answer": ONLY_HIDDEN
            + """
    import os, time
    for _ in range(12):
        if os.fork() == 0:
            kept = np.ones(20 << 17)
            time.sleep(30)
            os._exit(0)
    time.sleep(30)
    return 1
"""
        }
    )
    assert verdict.lost == {"q1": 3.0}
    assert verdict.said["test_any_numbers"] == MEMORY


@pytest.mark.skipif(not ROOT, reason="as a plain user, files in memory are not counted: see SECURITY.md")
@pytest.mark.parametrize("kind", ["/dev/shm", "a folder in /dev/shm"])
def test_memory_in_files_that_nobody_maps_is_counted(grade, small, kind):
    """Files in memory are memory."""
    opened = {
        "/dev/shm": "os.open(f'/dev/shm/x{n}-{os.getpid()}', os.O_CREAT | os.O_RDWR)",
        "a folder in /dev/shm": "n or os.mkdir(f'/dev/shm/d{os.getpid()}')\n"
        "        fd = os.open(f'/dev/shm/d{os.getpid()}/{n}', os.O_CREAT | os.O_RDWR)",
    }[kind]
    verdict = grade(
        {
            "q1_answer": ONLY_HIDDEN
            + f"""
    import os, time
    block = bytes(1 << 20)
    for n in range(4):
        fd = {opened}
        for _ in range(60):
            os.write(fd, block)
    time.sleep(30)
"""
        }
    )
    assert verdict.lost == {"q1": 3.0}
    assert verdict.said["test_any_numbers"] == MEMORY


@pytest.mark.skipif(not ROOT, reason="as a plain user, files in memory are not counted: see SECURITY.md")
@pytest.mark.parametrize("deep", [False, True], ids=["flat", "deep"])
def test_flood_of_empty_files_in_shared_memory_is_stopped(grade, deep):
    """Each costs the kernel a little, and every look at them time: ours and a neighbour's."""
    made = "os.mkdir('d'); os.chdir('d')" if deep else "os.close(os.open(str(n), os.O_CREAT))"
    verdict = grade(
        {
            "q1_answer": ONLY_HIDDEN
            + f"""
    import os, time
    os.mkdir(f"/dev/shm/d{{os.getpid()}}")
    os.chdir(f"/dev/shm/d{{os.getpid()}}")
    for n in range(20_000):
        {made}
    time.sleep(30)
"""
        }
    )
    assert verdict.lost == {"q1": 3.0}
    assert "more files than there is room for" in verdict.said["test_any_numbers"]


def test_memory_in_a_cell_leaves_that_cell_out(grade, small):
    """The notebook runs again without it."""
    verdict = grade(
        extra=("import time\nkept = [np.ones(1 << 19) for _ in range(80)]\ntime.sleep(30)", "print('after')")
    )
    assert verdict.lost == {}
    assert "after" in verdict.outputs
    assert list(verdict.problems.values()) == ["needed more than 160 MB of memory and was left out"]


def test_fork_bomb_is_contained(grade):
    """The number of processes is limited, and one sweep ends them all."""
    verdict = grade(
        {
            "q1_answer": ONLY_HIDDEN
            + """
    import os
    while True:
        try:
            os.fork()
        except OSError:
            pass
"""
        }
    )
    assert verdict.lost == {"q1": 3.0}


def test_fork_bomb_in_a_cell_is_contained(grade, impatient):
    """The same where the bomb is what the checks would be forked from."""
    verdict = grade(
        extra=(
            """
        import os
        while True:
            try:
                os.fork()
            except OSError:
                pass
    """,
        )
    )
    assert verdict.lost == {}
    assert len(verdict.problems) == 1


def test_threads_without_end_are_an_error_of_the_function(grade):
    """Threads count as processes."""
    verdict = grade(
        {
            "q1_answer": ONLY_HIDDEN
            + """
    import threading, time
    for _ in range(10**5):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
"""
        }
    )
    assert verdict.lost == {"q1": 3.0}
    assert verdict.said["test_any_numbers"].startswith("your code raised RuntimeError")


def test_disk_below_a_path_that_is_too_long_is_noticed(grade, small):
    """Folders that nobody can list count as too many files, whatever is in them."""
    verdict = grade(
        extra=(
            """
        import os, time
        home = os.getcwd()
        for _ in range(20):
            os.mkdir("d" * 250)
            os.chdir("d" * 250)
        with open("file", "wb") as file:
            file.write(bytes(50 << 20))
        os.chdir(home)
        time.sleep(30)
    """,
        )
    )
    assert verdict.lost == {}
    assert list(verdict.problems.values()) == ["wrote more files than there is room for and was left out"]


@pytest.mark.parametrize("others_make_room", [False, True])
def test_disk_that_is_filled_is_noticed(grade, small, monkeypatch, others_make_room):
    """Files are bounded one by one, and in sum, also while somebody else frees as much."""
    if others_make_room:
        monkeypatch.setattr(launcher, "_free", lambda _folder: (1 << 40, 1 << 30))
    verdict = grade(
        extra=(
            """
        import os, time
        block = os.urandom(1 << 20)
        for n in range(4):
            with open(f"file{n}", "wb") as file:
                for _ in range(100):
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
        time.sleep(30)
    """,
            "print('after')",
        )
    )
    assert verdict.lost == {}
    assert list(verdict.problems.values()) == ["wrote more files than there is room for and was left out"]
    assert "after" in verdict.outputs


def test_file_without_end_is_an_error_of_the_cell(grade):
    """One file may have 128 MB, sparse ones too."""
    verdict = grade(
        extra=(
            "with open('big', 'wb') as f:\n    f.truncate(1 << 40)",
            "with open('big', 'wb') as f:\n    f.seek(1 << 40); f.write(b'x')",
        )
    )
    assert verdict.lost == {}
    assert ["File too large" in p.reason for p in verdict.result.problems] == [True, True]


def test_many_small_and_deep_files_are_removed(grade):
    """A tree deeper than any path, names of any bytes, modes that forbid everything."""
    verdict = grade(
        extra=(
            """
        import os
        for n in range(1500):
            os.mkdir("d")
            os.chdir("d")
        open("deepest", "w").close()
    """,
            """
        import os
        for n in range(500):
            open(f"/dev/shm/many-{os.getpid()}-{n}", "w").close()
        os.chdir(os.environ["HOME"])
        os.mkdir(b"\\xff\\xfe\\n")
        os.symlink("/etc/passwd", "link")
        os.mkdir("closed")
        open("closed/file", "w").close()
        os.chmod("closed", 0)
    """,
        )
    )
    assert verdict.problems == {}
    assert verdict.lost == {}


def test_descriptors_without_end_are_an_error_of_the_cell(grade):
    """Those that the cell kept open are its own; the checks' copies need few."""
    verdict = grade(extra=("kept = []\nwhile True:\n    kept.append(open('/dev/null'))",))
    assert verdict.result.graded
    assert "Too many open files" in str(verdict.problems)


def test_recursion_without_end_is_an_error_of_the_function(grade):
    """Python's own limit first, the C stack's end at last."""
    verdict = grade({"q1_answer": "def sum_of_squares(values):\n    return sum_of_squares(values)"})
    assert verdict.lost == {"q1": 4.0}
    assert verdict.said["test_any_numbers"].startswith("your code raised RecursionError")
    verdict = grade(
        {
            "q1_answer": "import sys\nsys.setrecursionlimit(10**9)\ndef sum_of_squares(values):\n    return sum_of_squares(values)"
        }
    )
    assert verdict.lost["q1"] == 4.0
