"""The process of another tool's tests, attacked by values: nothing runs there, and its end is nobody else's (SECURITY.md 1-4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.engine.grade import Engine
from autograder.foreign import ForeignTest, Place
from autograder.model import Outcome
from tests import foreign_course

SECRET = "271828"
LEAK = "/dev/shm/autograder-attack-leak"
TESTS = {
    "codec": 'assert decode(encode("hello")) == "hello"',
    "secret": f"assert secret() == {SECRET}",
    "evens": "assert sum(evens(10)) == 30",
    "table": "assert table(3).equals(pd.Series([1, 2, 3]))",
    "nullable": "assert (table(3) == pd.Series([1, 2, 3], dtype='Int64')).all()",
    "confined": f"import subprocess\ntry:\n    subprocess.run(['/bin/true'])\n    ran = True\nexcept OSError:\n    ran = False\nassert not ran and secret() == {SECRET}",
    "draws": "np.random.seed(3)\nassert draw() == int(np.random.RandomState(3).randint(1000))",
}
RIGHT = """
import numpy as np, pandas as pd
def encode(s): return s[::-1]
decode = encode
def secret(): return 271828
def evens(n): return range(2, n + 1, 2)
def table(n): return pd.Series(range(1, n + 1))
def draw(): return int(np.random.randint(1000))
"""
NAMES = {
    "codec": ("encode", "decode"),
    "table": ("table",),
    "nullable": ("table",),
    "draws": ("draw",),
    "confined": ("secret",),
}
FORGE = """
import sys
_f = sys.modules["autograder.sandbox.inside.foreign"]
_old = _f.Objects._describe_library
class _Raw:
    def __init__(s, m, v): s.m, s.v = m, v
def _describe(s, v, k, depth): return {"": "class", "m": v.m, "v": v.v} if k is _Raw else _old(s, v, k, depth)
_f.Objects._describe_library = _describe
"""
ATTACKS = {
    "a program": f'def encode(s): return ["/bin/sh", "-c", "umask 022; cat ../tests/* > {LEAK}; env > {LEAK}"]\ndecode = _Raw("subprocess", "Popen")',
    "equal to all": 'secret = decode = table = evens = _Raw("unittest.mock", "_ANY")',
    "a file": f'decode = _Raw("logging", "FileHandler")\ndef encode(s): return "{LEAK}"',
}
PLAIN = {
    "no exception": "class Stop(BaseException): pass\ndef secret(): raise Stop\nencode = decode = evens = table = draw = lambda *a: secret()",
    "cancelled": "import asyncio\ndef secret(): raise asyncio.CancelledError\nevens = table = lambda n: secret()",
    "a state beyond": "import numpy as np\nnp.random.get_state = lambda legacy=True: ('MT19937', np.zeros(624, np.uint32), 2**30, 0, 0.0)\ndef draw(): return 0",
    "equals": "class Says:\n    def equals(self, other): return True\n    def __eq__(self, other): return self\n    def all(self): return True\ndef table(n): return Says()",
}


@pytest.fixture(scope="module")
def course_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One engine for tests outside, hidden, whose solution's objects were plain."""
    made = [
        ForeignTest(
            question=name,
            name=f"test_{name}",
            place=Place.OUTSIDE,
            words=("()",),
            code=code,
            judged=NAMES.get(name, (name,)),
        )
        for name, code in TESTS.items()
    ]
    folder = tmp_path_factory.mktemp("desk") / "bundle"
    modules = {"np": "numpy", "pd": "pandas"}
    made_bundle = foreign_course.make(
        folder, made, hidden=tuple(TESTS), modules=modules, libraries=("pandas", "unittest.mock")
    )
    with Engine(made_bundle, time_limits={"check_s": 3.0}) as started:
        yield started


def outcomes(engine: Engine, folder: Path, answer: str) -> dict[str, Outcome]:
    result = foreign_course.grade(engine, folder, {"codec": answer})
    assert result.graded, result.staff_notes
    return {check.question: check.outcome for check in result.checks}


def test_right_answer_passes(course_engine: Engine, tmp_path: Path) -> None:
    """Else nothing below would show anything."""
    found = outcomes(course_engine, tmp_path / "right", RIGHT)
    assert {name for name, outcome in found.items() if outcome is Outcome.PASSED} == set(TESTS)


@pytest.mark.parametrize("name", [*ATTACKS, *PLAIN])
def test_value_runs_nothing_there_and_costs_its_own_points_only(
    course_engine: Engine, tmp_path: Path, name: str
) -> None:
    """No program, no leak, no point; the hand-in is graded, and so is the next one."""
    answer = FORGE + ATTACKS[name] if name in ATTACKS else PLAIN[name]
    found = outcomes(course_engine, tmp_path / "attack", answer)
    assert Outcome.PASSED not in found.values(), found
    assert not Path(LEAK).exists()
    after = outcomes(course_engine, tmp_path / "next", RIGHT)
    assert set(after.values()) == {Outcome.PASSED}, after


def test_missing_values_wait_for_a_person(course_engine: Engine, tmp_path: Path) -> None:
    """``all()`` leaves pandas' NA out; the solution had none."""
    answer = 'import pandas as pd\ndef table(n): return pd.Series([pd.NA] * n, dtype="Int64")'
    assert outcomes(course_engine, tmp_path / "hand-in", answer)["nullable"] is Outcome.REVIEW


def test_endless_value_costs_its_own_question(course_engine: Engine, tmp_path: Path) -> None:
    """What the test's own code cannot get through in C ends it; nobody waits for the whole run."""
    answer = RIGHT.replace("return range(2, n + 1, 2)", "return range(10**18)")
    found = outcomes(course_engine, tmp_path / "hand-in", answer)
    assert found.pop("evens") is Outcome.FAILED
    assert set(found.values()) == {Outcome.PASSED}
