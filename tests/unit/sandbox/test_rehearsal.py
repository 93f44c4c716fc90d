"""What the zygote does before it forks anybody: nothing of it is left, and a fork finds what it would have made itself."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

# In a process of its own, since a shell and its patches stay in theirs.
PROGRAM = r"""
import json, os, random, signal, sys
import numpy as np, torch
from autograder.sandbox.inside import cells, moments, rehearsal, worker

told = {}
shell = cells.make_shell()
shell.user_ns["__name__"] = "__main__"
first = "import math\ndef one():\n    return 1 / 0\none_plus = 2\none_plus + 1"
fails = "a = 1\nb = 2\nraise KeyError('third line')"
awaits = "import asyncio\nawait asyncio.sleep(0)\nawaited = True"
for source in (first, fails, awaits):
    shell.know(source, 1)
told["known"] = [source in shell._transformed for source in (first, fails, awaits)]

def state():
    return [sorted(shell.user_ns), shell.execution_count, list(shell.history_manager.input_hist_raw),
            torch.get_rng_state().sum().item(), int(np.random.get_state()[1].sum()), hash(random.getstate()),
            str(signal.getsignal(signal.SIGINT)), sorted(os.listdir("/proc/self/fd")), sys.stdout is out, hasattr(shell, "capture")]

out = sys.stdout
before = state()
rehearsal.rehearse(shell, lambda channel: worker.Server(channel, shell))
told["left"] = [b for a, b in zip(before, state()) if a != b]
moments.remember_start()

def run(source, known):
    saved = dict(shell._transformed), shell.execution_count
    if not known:
        shell._transformed.clear()
        shell.compile.known, kept = {}, shell.compile.known
    pair = [os.memfd_create(n) for n in ("o", "e")]
    old, fds = (sys.stdout, sys.stderr), (os.dup(1), os.dup(2))
    shell.capture = cells.Capture(*pair)
    report = cells.run_cell(shell, source)
    names = {n: shell.user_ns[n] for n in ("one_plus", "a", "b", "awaited") if n in shell.user_ns}
    try:
        eval("one()", shell.user_ns)
    except NameError:
        place = None
    except ZeroDivisionError as error:
        import inspect
        place = [cells.place_of(error), inspect.getsource(shell.user_ns["one"])]
    for number, fd in enumerate(fds, 1):
        os.dup2(fd, number)
        os.close(fd)
    sys.stdout, sys.stderr = old
    if not known:
        shell._transformed.update(saved[0])
        shell.compile.known = kept
    for name in ("one", "one_plus", "a", "b", "awaited", "math", "asyncio"):
        shell.user_ns.pop(name, None)
    history = shell.history_manager.input_hist_raw[-1]
    shell.execution_count = saved[1]
    return [report, names, place, history]

told["same"] = [run(source, True) == run(source, False) for source in (first, fails, awaits)]
told["first"], told["fails"] = run(first, True), run(fails, True)
shell.execution_count = 4
told["later"] = run(first, True)
shell.execution_count = 1

def played(change):
    # A question's names, what a later cell does, and the question's names again: by both ways.
    found = []
    for quick in (True, False):
        names = {"f": len, "x": 1, "__name__": "__main__"}
        m = moments.Moments(names)
        m.note("q1")
        names["later"] = 5
        change(names)
        m.note_end()
        m.is_at_end = quick
        back = m.put_back("q1", False, [])
        found.append([back["differs"], {n: repr(v) for n, v in names.items()}, torch.get_default_dtype() == torch.float32,
                      hasattr(torch, "oddity"), "q1" in m.as_at_end])
        vars(torch).pop("oddity", None)
        torch.set_default_dtype(torch.float32)
    return found

def rebind(names): names["x"] = 2
def delete(names): del names["f"]
def hide(names): names["sum"] = 0
def mode(names): torch.set_default_dtype(torch.float64)
def patch(names): torch.relu, names["kept"] = torch.relu, torch.relu
told["moments"] = {c.__name__: played(c) for c in (lambda names: None, rebind, delete, hide, mode, patch)}
m = moments.Moments({})
m.note("q"); torch.oddity = 1
told["changed"] = [bool(any(m._changed())), "oddity" in m._changed()[1]]
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """Return what the program found."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_rehearsal_leaves_nothing(told: dict[str, Any]) -> None:
    """Names, counts, history, generators, handlers, streams and descriptors are as before."""
    assert told["left"] == []


def test_known_cell_does_what_ipython_does(told: dict[str, Any]) -> None:
    """Outputs, names, errors with their lines, sources and history are the same; a cell that awaits is IPython's."""
    assert told["known"] == [True, True, False]
    assert told["same"] == [True, True, True]
    report, names, place, history = told["first"]
    assert report["ok"]
    assert report["outputs"][0]["data"]["text/plain"] == "3"
    assert names["one_plus"] == 2
    assert place == [[1, 3], "def one():\n    return 1 / 0\n"]
    assert history.startswith("import math")
    assert told["fails"][0]["line"] == 3


def test_known_cell_at_another_place_is_ipythons(told: dict[str, Any]) -> None:
    """Run as the fourth cell, its errors name the fourth."""
    assert told["later"][2][0] == [4, 3]


@pytest.mark.parametrize("change", ["<lambda>", "rebind", "delete", "hide", "mode", "patch"])
def test_quick_way_back_is_the_long_one(told: dict[str, Any], change: str) -> None:
    """Where nothing was bound again the names are left alone: as the long way leaves them."""
    quick, long = told["moments"][change]
    assert quick == long
    assert quick[4] == (change in ("<lambda>", "patch"))
    assert quick[0] == (change not in ("<lambda>", "patch"))


def test_changed_module_is_noticed(told: dict[str, Any]) -> None:
    """A name bound in ``torch`` changes the state of its dictionary."""
    assert told["changed"] == [True, True]
