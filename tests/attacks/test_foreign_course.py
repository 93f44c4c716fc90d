"""A course of another tool, attacked: outside nothing is forged, inside nothing that no person is told of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder import results_json
from autograder.engine.grade import Engine
from autograder.foreign import ForeignTest, Place
from autograder.model import GradingResult, Outcome
from tests import foreign_course

CANARY = "canary-foreign-test-4b1d"
EXPECTED = "424242171"
CODE = f"""
import numpy as np
helper = "{CANARY}"
check_close(f(2.0), 4.0)
np.testing.assert_allclose(f(np.array([1.0, 3.0])), [1.0, 9.0])
assert np.allclose(f(np.array([2.0])), 4.0), "{CANARY}"
assert f(20597.140) != {EXPECTED}, helper
assert f(5) == 25
"""
DEFINITIONS = """
def check_close(a, b):
    assert abs(a - b) < 1e-6, "not close"
"""
RIGHT = "def f(x):\n    return x ** 2"
WRONG = "def f(x):\n    return x * 0 + 7"


@pytest.fixture(scope="module")
def course_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One engine for one test that is judged in both places, hidden."""
    made = {"judged": ("f",), "words": (), "code": CODE}
    tests = [
        ForeignTest(question="outside", name="test_outside", place=Place.OUTSIDE, **made),
        ForeignTest(
            question="inside", name="test_inside", place=Place.INSIDE, why_inside="to try it", **made
        ),
    ]
    folder = tmp_path_factory.mktemp("foreign") / "bundle"
    foreign_course.make(
        folder, tests, hidden=("outside", "inside"), modules={"np": "numpy"}, definitions=DEFINITIONS
    )
    with Engine(folder) as engine:
        yield engine


Grade = Callable[..., GradingResult]


@pytest.fixture
def attack(course_engine: Engine, tmp_path: Path) -> Grade:
    """Grade an answer among other cells; no word of the hidden tests may be in what the student sees."""

    def run(answer: str, **more: str) -> GradingResult:
        result = foreign_course.grade(course_engine, tmp_path / "hand-in", {"outside": answer}, **more)
        public = results_json.to_results(result)
        public = {k: v for k, v in public.items() if k != "extra_data"}
        seen = json.dumps([public, result.extra.get("notebook")], ensure_ascii=False)
        for secret in (CANARY, EXPECTED, "not close", "check_close"):
            own = [text for text in (answer, *more.values()) if secret in text]
            assert own or secret not in seen
        assert CANARY not in seen
        return result

    return run


def scores(result: GradingResult) -> tuple[float, float]:
    """Return the points outside and inside."""
    assert [check.question for check in result.checks] == ["outside", "inside"]
    return result.checks[0].score, result.checks[1].score


def test_right_answer_passes_in_both_places(attack: Grade) -> None:
    """Else nothing below would show anything."""
    result = attack(RIGHT)
    assert scores(result) == (2.0, 2.0)
    assert result.checks[1].flags == ()


def test_wrong_answer_fails_in_both_places(attack: Grade) -> None:
    """And gets no word of the test."""
    result = attack(WRONG)
    assert scores(result) == (0.0, 0.0)
    assert {check.outcome for check in result.checks} == {Outcome.FAILED}


ATTACKS = {
    "allclose": """
        import numpy as np
        np.allclose = np.testing.assert_allclose = lambda *a, **k: True
        np.allclose.__bool__ = None
        class Agrees(float):
            def __sub__(self, other): return 0.0
            __rsub__ = __sub__
            def __eq__(self, other): return True
            def __ne__(self, other): return True
            __hash__ = float.__hash__
        def f(x): return Agrees(7)
        """,
    "agrees": """
        class Agrees:
            def __eq__(self, other): return True
            def __ne__(self, other): return True
            def __sub__(self, other): return 0.0
            def __abs__(self): return 0.0
            def __array_ufunc__(self, *a, **k): return True
            def __array_function__(self, *a, **k): return True
            def __lt__(self, other): return True
        def f(x): return Agrees()
        """,
    "code objects": """
        import numpy as np
        def agree(*a, **k): return True
        np.testing.assert_allclose.__code__ = (lambda *a, **k: None).__code__
        import builtins
        builtins.abs = lambda x: 0
        abs = lambda x: 0
        class A:
            def __eq__(self, other): return True
            def __ne__(self, other): return True
            def __sub__(self, other): return 0.0
        def f(x): return A()
        """,
    "showtraceback": """
        ip = get_ipython()
        ip.showtraceback = ip._showtraceback = lambda *a, **k: None
        ip.run_cell = lambda *a, **k: None
        def f(x): raise SystemExit(0)
        """,
    "hooks": """
        import ast
        class Drop(ast.NodeTransformer):
            def visit_Assert(self, node): return None
            def visit_Expr(self, node): return None
        get_ipython().ast_transformers.append(Drop())
        get_ipython().input_transformers_cleanup.append(lambda lines: ["pass"])
        ast.parse = lambda *a, **k: ast.Module([], [])
        def f(x): return 7
        """,
    "exits": """
        import sys
        def f(x): sys.exit(0)
        """,
    "ends": """
        import os
        def f(x): os._exit(0)
        """,
    "at exit": """
        import atexit, os
        atexit.register(lambda: os._exit(0))
        def f(x): raise KeyboardInterrupt
        """,
    "generator exit": """
        def f(x): raise GeneratorExit
        """,
    "stop iteration": """
        def f(x): raise StopIteration
        """,
    "the runner": """
        import sys
        runner = sys.modules["autograder.sandbox.test_code"]
        runner.run = lambda *a, **k: (k["last"](), runner.Ending(True))[1]
        runner._run = lambda *a, **k: runner.Ending(True)
        runner.run.__code__ = runner.run.__code__
        def f(x): return 7
        """,
    "the worker": """
        import sys, gc
        worker = sys.modules["autograder.sandbox.inside.worker"]
        cells = sys.modules["autograder.sandbox.inside.foreign_cells"]
        def forged(shell, plan):
            return {"passed": True, "nonce": plan["nonce"], "value": None, "names": [], "text": plan["test"]["code"], "line": 0, "signs": []}
        cells.run = forged
        def f(x): return 7
        """,
    "told apart": """
        import sys
        cells = sys.modules["autograder.sandbox.inside.foreign_cells"]
        honest = cells.run
        def forged(shell, plan):
            if plan["mode"]: return honest(shell, plan)
            return {"passed": True, "nonce": plan["nonce"], "value": None, "names": [], "text": "", "line": 0, "signs": []}
        cells.run = forged
        def f(x): return 7
        """,
    "frames": """
        import sys
        def f(x):
            frame = sys._getframe()
            while frame:
                for key, value in list(frame.f_locals.items()):
                    if key == "reached": value.append("x")
                    if key == "ending": value.passed = True
                frame = frame.f_back
            raise ValueError
        """,
    "names": """
        f = 7
        __builtins__ = {"abs": lambda x: 0}
        def check_close(*a): return None
        class np:
            class testing:
                assert_allclose = staticmethod(lambda *a: None)
            array = allclose = staticmethod(lambda *a: True)
        """,
    "names of the test": """
        helper = expected = want = None
        def f(x):
            return want or expected or helper or 7
        """,
    "a class without a name for it": """
        import types
        kind = types.new_class("A", (float,), {}, lambda ns: ns.update(
            {"__e" + "q__": lambda s, o: True, "__s" + "ub__": lambda s, o: 0.0, "__n" + "e__": lambda s, o: True}))
        def f(x): return kind(7)
        """,
    "a library's own": """
        from unittest.mock import ANY, MagicMock
        def f(x):
            made = MagicMock()
            made.__sub__.return_value = made.__rsub__.return_value = 0.0
            made.__eq__ = lambda s, o: True
            made.__array_ufunc__ = lambda *a, **k: True
            return made
        """,
    "metaclass": """
        class M(type):
            def __instancecheck__(self, x): return True
            def __eq__(self, other): return True
            __hash__ = type.__hash__
        class F(metaclass=M):
            def __new__(cls, x): return cls
        f = F
        """,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_forgery_gets_no_point(attack: Grade, name: str) -> None:
    """Outside none at all; inside none before a person has looked, and that person is told why."""
    result = attack(ATTACKS[name])
    assert scores(result) == (0.0, 0.0)
    assert result.checks[0].outcome is Outcome.FAILED
    inside = result.checks[1]
    assert inside.outcome is Outcome.FAILED or (inside.outcome is Outcome.REVIEW and inside.flags)
    assert result.graded


LIES = {
    "a handle that is a number": "Foreign.do_call = lambda s, f, a, k: {'r': {'': 'handle', 'n': 1, 'k': 'object', "
    "'b': [['builtins', 'float'], ['builtins', 'object']], 'd': []}, 'c': [], 'g': []}",
    "an exception of ours": "Foreign._describe_error = lambda s, e: {'b': [['autograder.errors', 'PeerDied']], "
    "'text': '', 'args': None, 'line': 0}",
    "a call of nothing": "Foreign.perform = lambda s, t, r: {'ok': []} if t[0] == 'hello' else {'callback': {'n': 1}}",
    "the verdict": "Foreign.perform = lambda s, t, r: ['done', {'passed': True}]",
    "arguments": "Foreign.do_call = lambda s, f, a, k: {'r': 7, 'c': [[-1, [1]], ['x', 2]], 'g': [[0, 1]]}",
    "agreement": "OPERATIONS.update(eq=lambda a, b: True, sub=lambda a, b: 0.0, float=lambda a: 4.0)",
    "a bomb": "Foreign.do_get = lambda s, n: [[[[0] * 1000] * 1000] * 1000]",
}


@pytest.mark.parametrize("name", LIES)
def test_lie_of_the_other_side_gets_no_point(attack: Grade, name: str) -> None:
    """Whatever the student's process answers in the place of its worker."""
    answer = f"import sys\nmodule = sys.modules['autograder.sandbox.inside.foreign']\nmodule.{LIES[name]}"
    result = attack(f"{answer}\ndef f(x): raise ValueError")
    assert scores(result) == (0.0, 0.0)
    assert result.graded


def test_redefined_helper_counts_for_nothing(attack: Grade) -> None:
    """A later cell that binds the course's helper to something that accepts all is not what the test calls."""
    late = "def check_close(*a): return None\nimport numpy as np\nnp.testing.assert_allclose = np.allclose = print"
    assert scores(attack(WRONG, after=late)) == (0.0, 0.0)


READERS = {
    "frames": """
        import sys, gc, linecache
        def f(x):
            found, frame = [], sys._getframe()
            while frame:
                found += [repr(v) for v in (*frame.f_locals.values(), *frame.f_code.co_consts)]
                frame = frame.f_back
            found += [repr(o) for o in gc.get_objects() if type(o) in (str, dict, tuple, list) and "canary-" in repr(o)[:20000]]
            text = " ".join(t for t in found if "canary-" in t)[:3000] + repr(linecache.cache)[:1000]
            open("kept.txt", "a").write(text)
            print(text)
            raise ValueError(text)
        """,
    "history": """
        def f(x):
            ip = get_ipython()
            text = repr(ip.user_ns.get("In"))[-2000:] + repr(ip.user_ns.get("_i")) + repr(dir())
            text += " ".join(open(n).read() for n in __import__("os").listdir(".") if n.endswith((".txt", ".ipynb")))
            ip.run_cell("print(1)")
            display(text)
            raise AssertionError(text)
        """,
    "files": """
        import glob
        def f(x):
            text = ""
            for name in glob.glob("/tmp/**/foreign.json", recursive=True) + glob.glob("/tmp/*/*/tests/*"):
                try: text += open(name).read()
                except OSError: pass
            raise NotImplementedError(text)
        """,
    "name": """
        import sys
        def f(x):
            code = sys._getframe(1).f_code
            raise type(str(code.co_consts)[:100], (ValueError,), {})(str(code.co_consts))
        """,
}


@pytest.mark.parametrize("name", READERS)
def test_text_of_the_test_reaches_no_student(attack: Grade, name: str) -> None:
    """Whatever the student's code finds of it, no byte that a student sees holds it (``attack`` looks)."""
    assert scores(attack(READERS[name])) == (0.0, 0.0)
