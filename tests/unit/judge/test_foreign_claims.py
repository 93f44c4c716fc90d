"""What the student's process may claim, and what becomes of it in a desk: names of classes, words, endings, states."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from autograder.errors import WireError
from autograder.judge.foreign_handles import NOTED
from autograder.judge.foreign_session import Session
from autograder.sandbox import generators
from autograder.sandbox.values import KIND

Make = Callable[..., Any]
CALLABLES = [
    ("subprocess", "Popen"),
    ("ctypes", "CDLL"),
    ("unittest.mock", "_ANY"),
    ("numpy.ma", "MaskedArray"),
    ("numpy", "ndarray"),
    ("numpy", "memmap"),
    ("builtins", "type"),
    ("builtins", "map"),
    ("builtins", "property"),
    ("types", "CodeType"),
    ("builtins", "function"),
    ("io", "FileIO"),
    ("pathlib", "PosixPath"),
    ("socket", "socket"),
    ("torch", "UntypedStorage"),
    ("torch.nn", "Linear"),
    ("functools", "partial"),
    ("__main__", "Names"),
    ("autograder.judge.desk", "Names"),
]


@pytest.mark.parametrize(("module", "name"), CALLABLES)
def test_no_class_comes_from_there_that_does_anything_when_called(pair: Make, module: str, name: str) -> None:
    """A test calls what stands for the student's function: ``decode(encode("hello"))`` would be ``Popen([…])``."""
    session: Session = pair("").session
    with pytest.raises(WireError):
        session.codec.rebuild({KIND: "class", "m": module, "v": name})
    with pytest.raises(WireError):
        session.codec.rebuild([1, {KIND: "class", "m": module, "v": name}])


@pytest.mark.parametrize(
    "kind", [int, float, str, list, dict, np.float32, np.int64, ValueError, KeyError, type(None)]
)
def test_plain_classes_are_themselves(pair: Make, kind: type) -> None:
    """A function that is ``float``, a dictionary of types."""
    session: Session = pair("").session
    assert session.codec.rebuild({KIND: "class", "m": kind.__module__, "v": kind.__qualname__}) is kind


def test_library_s_class_in_the_notebook_stays_there_and_works(pair: Make) -> None:
    """``net = nn.Linear`` is called where it is."""
    used = pair("from torch import nn\nnet = nn.Linear", None)
    report = used.run(
        "import torch\nmade = net(2, 3)\nassert made(torch.zeros(4, 2)).shape == (4, 3)",
        modules={"torch": "torch"},
    )
    assert report["passed"], report


def handle(session: Session, number: int, *bases: tuple[str, str]) -> Any:
    tree = {KIND: "handle", "n": number, "k": "object", "b": [list(b) for b in bases], "d": []}
    return session.codec.rebuild(tree)


def test_claimed_class_is_for_isinstance_only(pair: Make) -> None:
    """No object of it can be made, whoever asks: the test by ``x.__class__``, or by a class's ``__bases__``."""
    session: Session = pair("").session
    claims = handle(session, 7, ("subprocess", "Popen"), ("builtins", "object"))
    assert isinstance(claims, subprocess.Popen)
    with pytest.raises(TypeError, match="not called here"):
        claims.__class__(["true"])
    is_class = session.codec.rebuild(
        {KIND: "handle", "n": 8, "k": "class", "b": [["__main__", "Mine"], ["subprocess", "Popen"]], "d": []}
    )
    assert issubclass(is_class, subprocess.Popen)
    for base in is_class.__bases__:
        with pytest.raises(TypeError, match="not called here"):
            base(["true"])
    mine = handle(session, 10, ("__main__", "Mine"), ("builtins", "list"))
    assert isinstance(mine, list)
    assert mine.__class__.__name__ == "Mine"
    assert handle(session, 11, ("builtins", "function")).__class__ is type(handle)
    network = handle(session, 9, ("__main__", "Net"), ("torch.nn.modules.module", "Module"))
    assert isinstance(network, torch.nn.Module)


@pytest.mark.parametrize(
    "source",
    [
        "class Stop(BaseException): pass\ndef f(): raise Stop",
        "import asyncio\ndef f(): raise asyncio.CancelledError",
        "def f(): raise SystemExit",
        "def f(): raise GeneratorExit",
    ],
)
def test_whatever_is_raised_is_the_test_s_end(pair: Make, source: str) -> None:
    """And not the end of its process."""
    report = pair(source).run("assert f() == 1")
    assert not report["passed"]
    assert report["student"] is not None


@pytest.mark.parametrize(
    "test",
    [
        "assert all(map(lambda n: f(n) == n, [1, 2]))",
        "assert sum(map(f, [1, 2])) == 0",
        "assert list(f(n) for n in [1, 2]) == []",
    ],
)
def test_stop_iteration_ends_no_loop_of_the_test_s(pair: Make, test: str) -> None:
    """It arrives as a generator passes it on; a student's own iterator still ends."""
    report = pair("def f(n): raise StopIteration").run(test)
    assert not report["passed"]
    assert "RuntimeError" in report["names"]
    counting = "class Two:\n    def __init__(s): s.n = 0\n    def __iter__(s): return s\n    def __next__(s):\n        s.n += 1\n        if s.n > 2: raise StopIteration\n        return s.n\n"
    assert pair(counting, ("iter", "next")).run("assert list(Two()) == [1, 2]\nassert next(Two()) == 1")[
        "passed"
    ]


def test_machinery_s_exceptions_are_ordinary_ones(pair: Make) -> None:
    """``unittest.SkipTest`` would be no failure."""
    code = (
        "import unittest\nclass T(unittest.TestCase):\n    def test_f(self): self.assertEqual(f(), 1)\n"
        "result = unittest.TestResult()\nT('test_f').run(result)\nassert result.wasSuccessful() and not result.skipped"
    )
    assert not pair("import unittest\ndef f(): raise unittest.SkipTest('no')").run(code)["passed"]
    assert not pair("import unittest\ndef f(): raise unittest.SkipTest('no')").run(
        code.replace(" and not result.skipped", "")
    )["passed"]
    assert pair("def f(): return 1").run(code)["passed"]


@pytest.mark.parametrize(
    "state",
    [
        {"numpy": [np.zeros(624, np.uint32), 2**30, 0, 0.0]},
        {"numpy": [np.zeros(624, np.uint32), -1, 0, 0.0]},
        {"numpy": [np.zeros(623, np.uint32), 0, 0, 0.0]},
        {"numpy": [np.zeros(624, np.int64), 0, 0, 0.0]},
        {"numpy": [np.zeros(624, np.uint32), 0, 7, 0.0]},
        {"numpy": [[0] * 624, 0, 0, 0.0]},
        {"python": [3, np.full(625, 625, np.uint32), None]},
        {"python": [3, np.zeros(600, np.uint32), None]},
        {"python": [3, np.zeros(625, np.uint32), "x"]},
        {"torch": [np.zeros(16, np.uint8)]},
        {"torch": [np.zeros(5056, np.float64)]},
    ],
)
def test_what_is_no_state_of_a_generator_is_refused(state: dict[str, Any]) -> None:
    """NumPy believes a place and reads there."""
    before = generators.states(list(state))
    with pytest.raises((ValueError, TypeError, RuntimeError)):
        generators.restore(state)
    generators.restore(before)


def test_states_come_back() -> None:
    """Of all kinds, with a Gaussian in hand and without."""

    def draw() -> list[Any]:
        numbers = np.random.standard_normal(3).tolist()  # noqa: NPY002
        return [random.random(), random.gauss(0, 1), numbers, torch.rand(2).tolist()]

    draw()
    kept = generators.states(list(generators.KINDS))
    drawn = draw()
    generators.restore(kept)
    assert drawn == draw()


SAYS = """
class Says:
    def equals(self, other): return True
    equal = check = equals
    def __len__(self): return 3
    def __iter__(self): return iter(())
class Honest:
    def __len__(self): return 3
    def __iter__(self): return iter([1, 2, 3])
class Keeps:
    def __enter__(self): return self
    def __exit__(self, *of): return True
answer, honest, keeps, function = Says(), Honest(), Keeps, Says
"""


@pytest.mark.parametrize(
    "test",
    [
        "assert answer.equals([1, 2, 3])",
        "assert answer.equal([1, 2, 3])",
        "method = answer.check\nassert method([1])",
        "assert function.equals(None, [1])",
        "assert len(answer) == 3 and all(a == b for a, b in zip(answer, [1, 2, 3]))",
        "with keeps():\n    assert False",
    ],
)
def test_word_of_an_object_is_believed_where_the_solution_s_was_asked_only(pair: Make, test: str) -> None:
    """Where it was noted which methods the solution's objects were asked to do, no other is asked."""
    report = pair(SAYS, (NOTED,)).run(test)
    assert not report["passed"], report
    proving = pair(SAYS, (), proving=True).run(test)
    assert proving["passed"]
    assert NOTED in proving["words"]
    assert pair(SAYS, tuple(proving["words"])).run(test)["passed"]


def test_object_that_is_true_to_its_length_needs_no_proof(pair: Make) -> None:
    """An honest class of the student's, where the solution has a list."""
    code = "assert len(honest) == 3 and all(a == b for a, b in zip(honest, [1, 2, 3]))\nassert list(honest) == [1, 2, 3]"
    assert pair(SAYS, (NOTED,)).run(code)["passed"]


def test_methods_that_the_solution_has_are_called(pair: Make) -> None:
    """An account that counts."""
    source = "class Account:\n    def __init__(self): self.sum = 0\n    def add(self, n): self.sum += n; return self\n"
    code = "account = Account()\nassert account.add(2).add(3).sum == 5"
    words = pair(source, (), proving=True).run(code)["words"]
    assert "add()" in words
    assert pair(source, tuple(words)).run(code)["passed"]


def test_missing_values_are_noted(pair: Make) -> None:
    """pandas' NA is equal to nothing and to everything; NaT, and a column without any, are not of that kind."""
    source = "import pandas as pd\nbad = pd.Series([pd.NA] * 3, dtype='Int64')\ngood = pd.Series([1, 2, 3], dtype='Int64')\ntime, text = pd.NaT, pd.Series(['a', None], dtype='string')"
    words = {
        n: pair(source, (NOTED,)).run(f"assert ({n} == {n}) is not None")["words"]
        for n in ("bad", "good", "time", "text")
    }
    assert {n for n, found in words.items() if "missing" in found} == {"bad", "text"}


def test_modules_named_here_are_loaded() -> None:
    """Else nothing above would show anything."""
    assert {"subprocess", "ctypes", "unittest.mock", "socket"} <= sys.modules.keys()
