"""A search for the answers: frames, objects, modules, the environment, other processes, files."""

from __future__ import annotations

import os

# Looks everywhere that Python reaches; ``found`` is what it saw of things that are named like answers.
SEARCH = """
import gc, inspect, os, sys

HONEST_ONCE = True  # variants of one kind: see conftest.py
PREFIX = "cana" + "ry-"
def _texts(value, depth=2):
    if isinstance(value, (str, bytes)):
        yield value if isinstance(value, str) else value.decode("latin-1")
    elif depth and isinstance(value, dict):
        for k, v in list(value.items())[:2000]:
            yield from _texts(k, depth - 1)
            yield from _texts(v, depth - 1)
    elif depth and isinstance(value, (list, tuple, set, frozenset)):
        for v in list(value)[:2000]:
            yield from _texts(v, depth - 1)
def search():
    found = set()
    frame = sys._getframe()
    while frame is not None:
        for name, value in {**frame.f_globals, **frame.f_locals}.items():
            if name in ("expected", "answer", "secret", "reference", "spec", "bundle") and not callable(value):
                found.add(name)
            found.update(t for t in _texts(value) if PREFIX in t and t != PREFIX and "PREFIX" not in t)
        frame = frame.f_back
    for value in gc.get_objects():
        try:
            found.update(t for t in _texts(value, 1) if PREFIX in t and t != PREFIX and "PREFIX" not in t)
        except Exception:
            pass
    for module in list(sys.modules.values()):
        for name in ("secret", "expected", "checks", "CARD", "bundle"):
            if type(getattr(module, "__dict__", {}).get(name)) in (str, dict, list, bytes):
                found.add(f"{module.__name__}.{name}")
    return sorted(found - {""})[:20]
"""


def test_search_of_the_process_finds_nothing_in_a_cell(grade):
    """Frames, the collector's objects and modules hold no check, no answer, no environment of ours."""
    verdict = grade(extra=(SEARCH + "\nprint('found:', search())",))
    assert verdict.lost == {}
    assert "found: []" in verdict.outputs


def test_search_of_the_process_finds_nothing_during_a_check(grade):
    """The same while a hidden check waits for the answer: what it returns is what it found."""
    verdict = grade(
        {"q1_answer": SEARCH + "\ndef sum_of_squares(values):\n    return 'found: ' + repr(search())"}
    )
    assert verdict.lost == {"q1": 4.0}
    assert verdict.said["test_three_four"] == "the result: expected a number, got a string"


def test_memory_of_the_process_holds_no_secret(grade):
    """Not even unreferenced: the zygote was never told one, so no page of it can hold one."""
    verdict = grade(
        extra=(
            """
        words = ["cana" + "ry-" + w for w in ("environment", "solution", "hidden-check", "private", "neighbour")]
        found, total = [], 0
        with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
            for line in maps:
                start, end = (int(x, 16) for x in line.split()[0].split("-"))
                if "r" not in line.split()[1] or "[v" in line or end - start > 1 << 28:
                    continue
                memory.seek(start)
                try:
                    data = memory.read(end - start)
                except OSError:
                    continue
                total += len(data)
                for word in words:
                    at = data.find((word + "-").encode())
                    if at >= 0:
                        found.append(data[at:at + 40])
        print("looked", total > 1 << 20, "found", found)
    """,
        )
    )
    assert verdict.lost == {}
    assert "found []" in verdict.outputs or "PermissionError" in str(verdict.problems)


def test_other_processes_cannot_be_looked_at(grade, engine):
    """The parent, the grader, the supervisor and every other process are closed: by user id, and by Landlock."""
    pids = [engine.launcher.zygote.pid, engine.grader.pid, os.getpid(), *range(1, 60000, 23)]
    verdict = grade(
        extra=(
            f"""
        import os
        opened = []
        def attempt(what, path):
            try:
                what(path)
                opened.append(path)
            except OSError:
                pass
        for pid in {{os.getppid(), *{pids}}} - {{os.getpid()}}:
            attempt(os.listdir, f"/proc/{{pid}}/fd")
            for name in ("cwd", "root", "exe"):
                attempt(os.readlink, f"/proc/{{pid}}/{{name}}")
            for name in ("environ", "cmdline", "mem", "maps", "status", "stat", "io"):
                attempt(lambda path: open(path, "rb").read(1), f"/proc/{{pid}}/{{name}}")
        print("opened:", opened[:3])
    """,
        )
    )
    assert verdict.lost == {}
    assert "opened: []" in verdict.outputs


def test_environment_and_arguments_hold_no_secret(grade):
    """The environment block of the exec'ed program, not only ``os.environ``, is the grader's own short list."""
    verdict = grade(
        extra=(
            """
        import ctypes, os, sys
        print(sorted(os.environ), sys.argv, sys.orig_argv)
        print(open("/proc/self/environ", "rb").read(), open("/proc/self/cmdline", "rb").read())
    """,
        )
    )
    assert verdict.lost == {}
    assert "AUTOGRADER" not in verdict.outputs
    assert "HOME" in verdict.outputs


def test_files_of_the_grader_and_of_neighbours_are_closed(grade, engine, mini, tmp_path_factory):
    """Neither the bundle, nor its copy, nor another hand-in, nor a file that every user may read opens."""
    open_to_all = tmp_path_factory.mktemp("open")
    open_to_all.parent.chmod(0o755)
    open_to_all.parent.parent.chmod(0o755)
    open_to_all.chmod(0o777)
    (open_to_all / "answers.txt").write_text("canary-neighbour-0b77")
    (open_to_all / "answers.txt").chmod(0o666)
    copies = [str(p) for p in engine.launcher.base.glob("grader-*/bundle/checks/*.py")]
    assert copies
    paths = [
        *copies,
        str(mini[1] / "bundle.json"),
        str(open_to_all / "answers.txt"),
        "/etc/passwd",
        "/etc/shadow",
    ]
    folders = [
        "/",
        "/tmp",
        "/root",
        "/home",
        "/proc",
        "/dev/shm",
        str(engine.launcher.base),
        str(open_to_all),
    ]
    verdict = grade(
        extra=(
            f"""
        import os
        for path in {paths!r}:
            try:
                print("opened", path, open(path).read())
            except OSError as error:
                print("closed", type(error).__name__)
        for folder in {folders!r}:
            try:
                print("listed", os.listdir(folder))
            except OSError as error:
                print("closed", type(error).__name__)
    """,
        )
    )
    assert verdict.lost == {}
    assert "opened" not in verdict.outputs
    assert "listed" not in verdict.outputs
