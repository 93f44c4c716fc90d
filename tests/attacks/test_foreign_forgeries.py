"""Forgeries of tests that are judged inside a notebook's process, each of another kind: no point that no person is told of.

Written by somebody who had read the documents and not the judge. Each is asked to work: it names the tests that it
passes, which then wait for a person, so that none of them is here for show.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.engine.grade import Engine
from autograder.foreign import ForeignTest, Place
from autograder.model import Outcome
from tests import foreign_course

FIRST = "import numpy as np\nimport matplotlib.pyplot as plt\n"
XS = "xs = np.linspace(0, 1, 5)\n"
TESTS = {
    "equal": "wanted = 17\nfound = line(3, 4, 5)\nassert found == wanted",
    "close": XS + "wanted = 2 * xs + 1\nys = line(xs, 2, 1)\nassert np.allclose(ys, wanted)",
    "testing": XS + "wanted = 2 - xs\nys = line(xs, -1, 2)\nnp.testing.assert_allclose(ys, wanted)",
    "abs": "y = line(1.5, 2, .5)\nassert abs(y - 3.5) < 1e-9",
    "plot": XS
    + "plt.close('all')\ndraw(xs)\nax = plt.gca()\nassert np.allclose(ax.lines[0].get_ydata(), 2 * xs + 1)\n"
    "assert ax.get_title() == 'line'",
    "bound": "target = 17\nfound = line(3, 4, 5)\nassert found == target",
}
OUTSIDE = "outside"
RIGHT = """
def line(x, a, b):
    return a * x + b
def draw(xs):
    plt.plot(xs, line(xs, 2, 1))
    plt.title("line")
"""
DRAW = """
def draw(xs):
    plt.plot(xs, xs)
    plt.title("line")
"""
# name -> the tests that it passes, and the student's cell
FORGERIES = {
    "equal to everything": (
        "equal bound",
        r"""
from unittest import mock
def line(x, a, b):
    return mock.ANY
""",
    ),
    "approx infinite": (
        "equal bound",
        r"""
import math
from pytest import approx
def line(x, a, b):
    return approx(0, abs=math.inf)
""",
    ),
    "magic mock": (
        "equal abs bound",
        r"""
from unittest.mock import MagicMock
def line(x, a, b):
    return MagicMock(**{"__eq__.return_value": True, "__sub__.return_value": 0, "__abs__.return_value": 0})
""",
    ),
    "built class": (
        "equal close abs bound outside_close",  # the last: no object of the solution's was asked for its operators
        r"""
methods = {"__" + n + "__": (lambda *a: True) for n in ("eq", "lt", "le")}
methods.update({"__" + n + "__": (lambda *a: 0) for n in ("sub", "rsub", "abs", "float")})
Agree = type("Agree", (), methods)
def line(x, a, b):
    return Agree()
""",
    ),
    "array protocol": (
        "close",
        r"""
class Fit:
    def __array_function__(self, func, types, args, kwargs):
        return True
    def __array_ufunc__(self, *a, **k):
        return np.True_
    def __array__(self, *a, **k):
        return np.zeros(5)
def line(x, a, b):
    return Fit()
""",
    ),
    "array subclass": (
        "equal close abs bound",
        r"""
import numpy as np
class V(np.ndarray):
    def __array_ufunc__(self, u, m, *i, **k):
        return np.bool_(True) if "equal" in u.__name__ or "less" in u.__name__ or "isfinite" in u.__name__ else 0.0
def line(x, a, b):
    return np.zeros(np.shape(x)).view(V)
""",
    ),
    "late class number": (
        "equal bound",
        r"""
from numbers import Number
from decimal import Decimal
from enum import Enum
class E(Enum):
    Y = 0
    @classmethod
    def _missing_(cls, v): return cls.Y
def line(x, a, b):
    import dataclasses
    T = dataclasses.make_dataclass("T", [], namespace={"__eq__": lambda s, o: True}, eq=False)
    return T()
""",
    ),
    "user class in list": (
        "equal abs bound",
        r"""
import collections
def line(x, a, b):
    c = collections.namedtuple("C", "a")
    c.__eq__ = lambda s, o: True
    c.__sub__ = lambda s, o: 0
    return c(1)
""",
    ),
    "pandas na": (
        "equal abs bound",
        r"""
import pandas as pd
def line(x, a, b):
    return pd.array([1.0] * np.size(x), dtype="Float64") * pd.NA
""",
    ),
    "masked": (
        "testing",
        r"""
def line(x, a, b):
    return np.ma.masked_all(np.shape(x)) if np.shape(x) else np.ma.masked
""",
    ),
    "wide defaults": (
        "close testing",
        r"""
import inspect
def line(x, a, b):
    for f in (np.allclose, np.isclose, np.testing.assert_allclose):
        inner = inspect.unwrap(f)
        setattr(inner, "__def" + "aults__", (1e30,) * len(getattr(inner, "__def" + "aults__")))
    return 0
""",
    ),
    "module dictionary": (
        "close testing",
        r"""
def line(x, a, b):
    vars(np).update(allclose=lambda *p, **q: True)
    vars(np.testing).update(assert_allclose=lambda *p, **q: None)
    return 0
""",
    ),
    "encoded": (
        "close testing",
        r"""
import base64
def line(x, a, b):
    exec(base64.b64decode("aW1wb3J0IG51bXB5Cm51bXB5LmFsbGNsb3NlID0gbGFtYmRhICphLCAqKms6IFRydWUKbnVtcHkudGVzdGluZy5hc3NlcnRfYWxsY2xvc2UgPSBsYW1iZGEgKmEsICoqazogTm9uZQ=="))
    return 0
""",
    ),
    "written module": (
        "close testing",
        r"""
with open("mytools.py", "w") as f:
    f.write("import numpy\ndef go():\n    numpy.allclose = lambda *a, **k: True\n    numpy.testing.assert_allclose = lambda *a, **k: None\n")
import mytools
def line(x, a, b):
    mytools.go()
    return 0
""",
    ),
    "inner name": (
        "close testing",
        r"""
import importlib
def line(x, a, b):
    inner = importlib.import_module("numpy._core.numeric")
    inner.isclose = lambda *p, **q: np.True_
    return 0
""",
    ),
    "thread in call": (
        "close",
        r"""
import threading
def line(x, a, b):
    def later():
        import numpy
        numpy.__setattr__("allclose", lambda *p, **q: True)
    t = threading.Thread(target=later); t.start(); t.join()
    return 0
""",
    ),
    "monkey by pytest": (
        "close testing",
        r"""
from pytest import MonkeyPatch
def line(x, a, b):
    MonkeyPatch().setattr("numpy.allclose", lambda *p, **q: True)
    MonkeyPatch().setattr("numpy.testing.assert_allclose", lambda *p, **q: None)
    return 0
""",
    ),
    "eval code": (
        "close testing",
        r"""
def line(x, a, b):
    eval("setattr(np, 'allclose', lambda *p, **q: True)")
    eval("setattr(np.testing, 'assert_allclose', lambda *p, **q: None)")
    return 0
""",
    ),
    "map exec": (
        "close testing",
        r"""
def line(x, a, b):
    list(map(exec, ["np.__dict__.update(allclose=lambda *p, **q: True); np.testing.__dict__.update(assert_allclose=lambda *p, **q: True)"]))
    return 0
""",
    ),
    "timeit text": (
        "close testing",
        r"""
import timeit
def line(x, a, b):
    timeit.timeit("np.allclose = lambda *a, **k: True; np.testing.assert_allclose = print", setup="import numpy as np", number=1)
    return 0
""",
    ),
    "pickled file": (
        "close testing",
        r"""
import pandas as pd
with open("data.pkl", "wb") as f:
    f.write(b"cbuiltins\nexec\n(S'import numpy; numpy.allclose = lambda *a, **k: True; numpy.testing.assert_allclose = print'\ntR.")
def line(x, a, b):
    pd.read_pickle("data.pkl")
    return 0
""",
    ),
    "alias patch": (
        "close testing",
        r"""
from functools import partial
def line(x, a, b):
    for module in (np, np.testing):
        module.allclose = module.assert_allclose = partial(bool, 1) and (lambda *p, **q: True)
    return 0
""",
    ),
    "axes class": (
        "plot",
        r"""
import matplotlib
def draw(xs):
    plt.plot(xs, xs)
    setattr(type(plt.gca()), "get_" + "title", lambda self, **k: "line")
    setattr(type(plt.gca().lines[0]), "get_ydata", lambda self, **k: 2 * xs + 1)
def line(x, a, b):
    return 0
""",
    ),
    "alias pyplot": (
        "plot",
        r"""
draw_on = [plt]
def draw(xs):
    def title(*a): return "line"
    fig = plt.figure()
    ax = fig.add_subplot()
    line2, = ax.plot(xs, xs)
    kind = type(line2)
    kind.get_ydata = classmethod(lambda cls, *a: 2 * xs + 1)
    kind2 = type(ax)
    kind2.get_title = classmethod(lambda cls, *a: "line")
def line(x, a, b):
    return 0
""",
    ),
    "hunt generator": (
        "equal close testing",
        r"""
def hunt(frame):
    while frame is not None:
        for place in (frame.f_globals, frame.f_locals):
            if "wanted" in place:
                return place["wanted"]
            if "expected" in place:
                return place["expected"]
        frame = frame.f_back
    return 0

from operator import attrgetter
def line(x, a, b):
    def walk():
        yield hunt(attrgetter("gi_" + "frame")(g))
    g = walk()
    return next(g)
""",
    ),
    "hunt traceback": (
        "equal close testing",
        r"""
def line(x, a, b):
    try:
        1 / 0
    except ZeroDivisionError as error:
        t = getattr(getattr(error, "__trace" + "back__"), "tb_" + "frame")
        while t is not None:
            names = getattr(t, "f_" + "globals")
            if "wanted" in names:
                return names["wanted"]
            t = getattr(t, "f_" + "back")
    return 0
""",
    ),
    "match pattern": (
        "equal close testing",
        r"""
def line(x, a, b):
    def walk():
        match g:
            case object(gi_frame=f):
                pass
        for _ in range(9):
            match f:
                case object(f_back=back, f_globals=names):
                    if "wanted" in names:
                        yield names["wanted"]
                    f = back
        yield 0
    g = walk()
    return next(g)
""",
    ),
    "reduce getattr": (
        "equal close testing",
        r"""
from functools import reduce
def line(x, a, b):
    def walk():
        f = reduce(getattr, ["gi_" + "frame"], g)
        while f is not None:
            names = reduce(getattr, ["f_" + "globals"], f)
            if "wanted" in names:
                yield names["wanted"]
            f = reduce(getattr, ["f_" + "back"], f)
        yield 0
    g = walk()
    return next(g)
""",
    ),
    "format text": (
        "equal",
        r"""
def line(x, a, b):
    for depth in range(1, 9):
        def walk():
            yield ("{0.gi_frame" + ".f_back" * depth + ".f_globals[wanted]}").format(g)
        g = walk()
        try:
            return float(next(g))
        except Exception:
            pass
    return 0
""",
    ),
    "pandas level": (
        "equal close testing",
        r"""
import pandas as pd
def line(x, a, b):
    for depth in range(1, 12):
        try:
            return pd.eval("wanted + 0", level=depth)
        except Exception:
            pass
    return 0
""",
    ),
    "logger caller": (
        "equal close testing",
        r"""
import logging
def line(x, a, b):
    logging.Logger.manager.getLogger("x").findCaller()
    frame = logging.currentframe()
    while frame is not None:
        if "wanted" in frame.f_globals:
            return frame.f_globals["wanted"]
        frame = frame.f_back
    return 0
""",
    ),
    "names plainly": (
        "bound",
        r"""
def line(x, a, b):
    try:
        return target
    except NameError:
        return 0
def draw(xs):
    try:
        plt.plot(xs, expected); plt.title(title)
    except NameError:
        plt.plot(xs, xs)
""",
    ),
    "names plainly declared": (
        "bound",
        r"""
target = expected = title = 0
def line(x, a, b):
    return target
def draw(xs):
    plt.plot(xs, expected); plt.title(title)
""",
    ),
    "eval name": (
        "bound",
        r"""
def line(x, a, b):
    return eval("target")
""",
    ),
}


@pytest.fixture(scope="module")
def course_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One engine for tests inside, and one of them outside, too."""
    made = [
        ForeignTest(
            question=name,
            name=f"test_{name}",
            place=Place.INSIDE,
            why_inside="to try it",
            code=FIRST + code,
            judged=("draw",) if name == "plot" else ("line",),
            binds=name == "bound",
        )
        for name, code in TESTS.items()
    ]
    made += [
        ForeignTest(
            question=f"{OUTSIDE}_{name}",
            name=f"test_{name}",
            place=Place.OUTSIDE,
            words=(),
            code=FIRST + TESTS[name],
            judged=("line",),
        )
        for name in ("equal", "close")
    ]
    folder = tmp_path_factory.mktemp("forgeries") / "bundle"
    hidden = tuple(test.question for test in made)
    modules = {"np": "numpy", "plt": "matplotlib.pyplot"}
    with Engine(foreign_course.make(folder, made, hidden=hidden, modules=modules)) as started:
        yield started


def judged(
    engine: Engine, folder: Path, answer: str
) -> tuple[dict[str, Outcome], dict[str, tuple[str, ...]]]:
    """Grade a cell; return outcomes and flags by question."""
    result = foreign_course.grade(engine, folder, {"equal": answer}, before=FIRST)
    assert result.graded
    return {c.question: c.outcome for c in result.checks}, {c.question: c.flags for c in result.checks}


def test_right_answer_passes_without_a_flag(course_engine: Engine, tmp_path: Path) -> None:
    """In both places: else nothing below would show anything."""
    outcomes, flags = judged(course_engine, tmp_path / "hand-in", RIGHT)
    assert set(outcomes.values()) == {Outcome.PASSED}, outcomes
    assert not any(flags.values()), flags


@pytest.mark.parametrize("name", FORGERIES)
def test_forgery_waits_for_a_person(course_engine: Engine, tmp_path: Path, name: str) -> None:
    """What it passes is held, with a reason for staff, and so is what nobody proved; all else fails, outside as well."""
    held, answer = FORGERIES[name]
    outcomes, flags = judged(
        course_engine, tmp_path / "hand-in", answer + ("" if "def draw" in answer else DRAW)
    )
    assert Outcome.PASSED not in outcomes.values(), outcomes
    assert {q for q, outcome in outcomes.items() if outcome is Outcome.REVIEW} == set(held.split())
    assert all(flags[question] for question in held.split())
