"""The cell that opens every released notebook: it needs nothing of ours, and speaks as the grader does."""

from __future__ import annotations

import ast
import collections
import dataclasses
import enum
import hashlib
import itertools
import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, scalar_dtypes

from autograder import checks, first_cell, messages, packages
from autograder.author import embed
from autograder.bundle import Bundle, CheckSpec
from autograder.first_cell import _from_notebook, _to_notebook, _View
from autograder.model import Question
from autograder.sandbox import wire
from autograder.sandbox.inside import operations
from autograder.sandbox.inside.worker import Server
from autograder.sandbox.proxy import as_value

# No module of ours can be imported, wherever it lies.
BLOCKER = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "autograder":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Blocker())
"""


def bundle(checks_: list[tuple[str, str, float, bool]], questions: dict[str, float]) -> Bundle:
    """Return a bundle with (question, check, points, hidden) and the questions' points."""
    return Bundle(
        folder=Path("/nowhere"),
        assignment="a",
        title="A",
        version="1",
        questions=tuple(Question(name=n, title=f"Title of {n}", points=p) for n, p in questions.items()),
        checks=tuple(CheckSpec(question=q, name=n, title=n, points=p, hidden=h) for q, n, p, h in checks_),
        cells=(),
        reference_cells=(),
        limits={},
    )


SOURCE = embed.first_cell_source(
    bundle(
        [
            ("q1", "test_one", 1, False),
            ("q1", "test_two", 0.5, False),
            ("q1", "test_secret", 2.5, True),
            ("q2", "test_three", 2, False),
        ],
        {"q1": 4, "q2": 2},
    )
)


def run(code: str) -> str:
    """Run the cell and then some code in an empty namespace of an isolated process; return what it prints."""
    script = BLOCKER + (
        "import json\n"
        "cell, code = json.loads(sys.stdin.read())\n"
        "space = {'__name__': '__main__'}\n"
        "exec(compile(cell, '/tmp/ipykernel_1/1.py', 'exec'), space)\n"
        "for number, part in enumerate(code.split('# ----\\n')):\n"
        "    exec(compile(part, f'/tmp/ipykernel_1/{number + 2}.py', 'exec'), space)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script],
        input=json.dumps([SOURCE, textwrap.dedent(code)]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


# -- the generated cell ----------------------------------------------------------------------------


def test_cell_needs_no_autograder_package() -> None:
    """With NumPy alone it defines what a check cell may use, nothing more, and changes no later cell."""
    out = run(
        """
        print(sorted(n for n in globals() if not n.startswith("__")))
        # ----
        def f(x: print("annotations are evaluated")): pass
        import sys
        print("torch" in sys.modules, [m for m in sys.modules if m.startswith("autograder")])
        """
    )
    names = sorted({*checks.__all__, "check", "data_file", "hand_in", "np", "package", "_make_check"})
    assert out.splitlines() == [str(names), "annotations are evaluated", "False []"]


def test_parts_of_the_cell_share_no_name() -> None:
    """All stand in one function: a name that two of them define would be the later one's in both."""
    (function,) = (node for node in ast.parse(SOURCE).body if isinstance(node, ast.FunctionDef))
    names: list[str] = []
    for node in function.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if not isinstance(node, ast.AugAssign):
            names += [t.id for t in targets if isinstance(t, ast.Name)]
        names += [node.name] if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else []
    assert len(names) > 150
    assert [name for name, count in collections.Counter(names).items() if count > 1] == []


def test_cell_prints_each_verdict_with_its_points() -> None:
    """Passed, failed and skipped lines, in order, and what is left for hidden checks."""
    out = run(
        '''
        def double(x): return 2 * x
        def half(x): return x
        # ----
        @points(1)
        def test_one(double):
            """Doubles."""
            equal(double(2), 4)

        @points(0.5)
        def test_two(half):
            """Halves.

            More words.
            """
            equal(half(2), 1, name="half(2)", hint="Divide by two.")

        check(test_one, test_two)
        # ----
        @after("test_two")
        def test_three(double):
            """Both."""
            equal(double(1), 2)

        check(test_three)
        '''
    )
    assert out == (
        "[passed]  Doubles.  (1 point)\n"
        "[failed]  Halves.  (0.5 points)\n"
        "          half(2): expected 1, got 2. Divide by two.\n"
        "The other 2.5 of q1's 4 points come from checks on fresh inputs, after you hand in.\n"
        "[skipped] Both.  (2 points)\n"
        "          builds on “Halves.”, which did not pass\n"
    )


def test_cell_prints_the_shapes_in_a_network_that_fails() -> None:
    """In the words of ladder.py, up to the layer that stopped or, of a result of another shape, to the end."""
    out = run(
        '''
        import torch
        from torch import nn
        def net(end): return nn.Sequential(nn.Linear(4, 3), nn.Flatten(1), nn.Linear(3, 1), nn.Flatten(end))
        def stops(): return net(1)
        def column(): return net(1)
        # ----
        def test_one(stops):
            """Stops."""
            stops()(tensor(np.ones((5, 2, 4), np.float32)))

        def test_two(column):
            """One number a row."""
            expect(column()(tensor(np.ones((5, 4), np.float32))), shape=(5,))

        check(test_one, test_two)
        '''
    )
    assert (
        "            Flatten: (5, 2, 3) → (5, 6)\n            Linear: (5, 6) → stopped here; it was made for 3\n"
        in out
    )
    assert f"            Flatten: (5, 1) → (5, 1)\n            {messages.SLIPS['not squeezed']}\n" in out


def test_cell_survives_a_students_own_names() -> None:
    """Variables called like our modules and helpers break nothing."""
    out = run(
        '''
        numbers = [1, 2]; math = safe = inspect = sys = np2 = CHECKS = QUESTIONS = RAISED = _View = _run = 3
        def double(x): return 2 * x
        # ----
        def test_one(double):
            """Doubles."""
            close(double(np.ones(2)), [2, 2])
            equal(double(1.5), 4)
        check(test_one)
        '''
    )
    assert "[failed]  Doubles." in out
    assert "the result: expected 4, got 3" in out


WORDS = [
    # (cells of the notebook, body of the check, arguments, printed reason)
    ("", "equal(f(1), 1)", "f", "`f` is not defined in your notebook"),
    ("def g(x): pass", "pass", "g, f, h", "`f` is not defined in your notebook"),
    ("def f(x): raise NotImplementedError()", "f(1)", "f", messages.NOT_ATTEMPTED),
    (
        "class Odd(ValueError): pass\n\ndef f(x):\n    raise Odd('no\\n  such\\u202e thing')",
        "f(1)",
        "f",
        "your code raised ValueError in line 4 of its cell: no such thing",
    ),
    ("def f(x): raise KeyError()", "f(1)", "f", "your code raised KeyError in line 1 of its cell"),
    (
        "class Odd(Exception): pass\ndef f(x): raise Odd('x')",
        "f(1)",
        "f",
        "your code raised an error in line 2 of its cell: x",
    ),
    (
        "def f(x):\n    assert x > 2, 'too small'",
        "f(1)",
        "f",
        "your code raised AssertionError in line 2 of its cell: too small",
    ),
    (
        "def f(x):\n    import sys\n    sys.exit(3)",
        "f(1)",
        "f",
        "your code raised SystemExit in line 3 of its cell: 3",
    ),
    (
        "def f(x):\n    return eval('1 +')",
        "f(1)",
        "f",
        "your code raised SyntaxError in line 1 of its cell: invalid syntax (<string>, line 1)",
    ),
    (
        "def f(x):\n    import json\n    return json.loads('{')",
        "f(1)",
        "f",
        "your code raised ValueError in line 3 of its cell: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    ),
    (
        "class M:\n    @property\n    def w(self): return self.v",
        "M().w",
        "M",
        "your code raised AttributeError in line 3 of its cell: 'M' object has no attribute 'v'",
    ),
    ("from math import sqrt as f", "f(-1)", "f", "your code raised ValueError: math domain error"),
    ("def f(x): return None", "f(1) + 1", "f", messages.UNUSABLE),
    ("def f(x): return [1]", "f(1)[3]", "f", messages.UNUSABLE),
    ("def f(x): return f", "assert f(1)", "f", messages.UNUSABLE),
    ("def f(x): return f", "assert f(1) == 3", "f", messages.UNUSABLE),
    ("def f(x): return f", "f(1)._hidden", "f", messages.UNUSABLE),
    ("def f(x): return f", "f(1).x = 3", "f", messages.UNUSABLE),
    ("def f(x): return f", "len(f(1))", "f", messages.UNUSABLE),
    ("def f(x): return f", "equal(f(1), 3)", "f", "the result: expected a number, got an object"),
    (
        "def f(x): return {1, 2}",
        "equal(f(1), [1, 2])",
        "f",
        "the result: expected a list of 2, got an object",
    ),
    ("def f(x): return 10**30", "equal(f(1), 3)", "f", "the result: expected a number, got an object"),
    ("def f(x): return 1", "assert f(1) == 2", "f", messages.ASSERTION),
    ("def f(x): return 1", "assert f(1) == 2, 'Two is right.'", "f", "Two is right."),
    ("def f(x): return 1", "assert f(1) == 2, f'Not {f(1)}'", "f", messages.ASSERTION),
    (
        "def f(x): return 1\ndef helper(v):\n    assert v == 2, 'Two, please.'",
        "helper(f(1))",
        "f",
        "Two, please.",
    ),
    ("def f(x): return 1", "fail('Plain words')", "f", "Plain words"),
    (
        "def f(x): raise TypeError('t')",
        "with raises('ValueError'): f(1)",
        "f",
        "expected ValueError here, but your code raised TypeError",
    ),
    (
        "def f(x): return 1",
        "with raises('ValueError'): f(1)",
        "f",
        "expected ValueError here, but no error was raised",
    ),
    ("def f(x): raise NotImplementedError", "with raises('RuntimeError'): f(1)", "f", messages.NOT_ATTEMPTED),
    ("def f(x): return 'a\\nb'", "equal(f(1), 'c')", "f", "the result: expected 'c', got 'a\\nb'"),
]


def test_cell_speaks_in_the_graders_words() -> None:
    """Missing names, unanswered cells, errors with their line, unusable answers, asserts, hints."""
    parts = []
    for cells, body, arguments, _ in WORDS:
        parts += [
            f"for _n in 'fgM': globals().pop(_n, None)\n{cells}\n".lstrip() if not cells else cells + "\n"
        ]
        parts += [
            f"def test_one({arguments}):\n    {body}\ncheck(test_one)\nfor _n in 'fgM': globals().pop(_n, None)\n"
        ]
    printed = run("# ----\n".join(parts)).splitlines()
    reasons = [line.strip() for line in printed if line.startswith("   ")]
    assert reasons == [reason for *_, reason in WORDS]
    assert not [line for line in printed if line.startswith("[passed]")]


def test_cell_adapts_what_goes_in_and_out() -> None:
    """Tensors, arrays, scalars, containers and modules cross as they do in the grader."""
    out = run(
        '''
        import torch
        def kind(x): return type(x).__name__
        def kinds(x): return [type(v).__name__ for v in x]
        def same(x): return x
        def spoil(x):
            x[0] = 99
            return 0
        w = torch.ones(2, requires_grad=True)
        def graph(): return w * 2
        def losses(): return [w.sum(), torch.tensor(3)]
        def pair(): return np.float32(0.5), {"n": np.int64(3)}
        class Model(torch.nn.Module):
            def __init__(self, n):
                super().__init__()
                self.fc = torch.nn.Linear(n, 1, bias=False)
                torch.nn.init.ones_(self.fc.weight)
            def forward(self, x): return self.fc(x).squeeze(1)
        def total(model, x): return model(x).sum()
        data = torch.arange(3)
        # ----
        def test_one(kind, kinds, same, spoil, graph, losses, pair, Model, total, data):
            """Adapts."""
            equal(kind(tensor(np.ones(3, np.float32))), "Tensor")
            equal(kind(np.ones(3)), "ndarray")
            equal(kind(np.float64(1)), "float")
            equal(kinds((1, "a", [2], tensor([1.0]))), ["int", "str", "list", "Tensor"])
            array, values = np.ones(3), [1, 2]
            spoil(array); spoil(values); spoil(tensor(array))
            equal(array, [1, 1, 1]); equal(values, [1, 2])
            found = graph()
            assert isinstance(found, np.ndarray) and not found.flags.writeable
            equal(losses(), [2.0, 3])
            equal(pair(), (0.5, {"n": 3}))
            model = Model(2)
            close(model(tensor(np.ones((4, 2), np.float32))), [2, 2, 2, 2])
            equal(model.fc.weight, [[1, 1]])
            equal(model.training, True)
            equal(total(model, tensor(np.ones((4, 2), np.float32))), 8)
            equal(data, [0, 1, 2])
            equal(same(tensor(np.float32(2))), 2)
        check(test_one)
        '''
    )
    assert out.startswith("[passed]  Adapts."), out


def test_check_runs_again_after_a_correction() -> None:
    """The verdict of before is forgotten, also for what builds on it, by check or by question."""
    out = run(
        '''
        def f(): return 1
        def test_one(f):
            """First."""
            equal(f(), 2)
        @after("q1")
        def test_three(f):
            """Second."""
        check(test_one); check(test_three)
        # ----
        def f(): return 2
        check(test_one); check(test_three)
        '''
    )
    signs = [line.split("]")[0] + "]" for line in out.splitlines() if line.startswith("[")]
    assert signs == ["[failed]", "[skipped]", "[passed]", "[passed]"]


def test_source_notebook_imports_the_same_names() -> None:
    """``from autograder.first_cell import *`` gives the instructor what the cell gives a student."""
    space: dict[str, Any] = {}
    exec("from autograder.first_cell import *", space)
    assert {n for n in space if not n.startswith("__")} == {
        *checks.__all__,
        *("check", "data_file", "hand_in", "np", "package"),
    }


def test_module_prints_like_the_cell(capsys: pytest.CaptureFixture[str]) -> None:
    """In the source notebook, where no points are known."""
    space: dict[str, Any] = {"f": lambda: 1}
    code = "def test_a(f):\n    '''One.'''\n    equal(f(), 2)\ncheck(test_a)"
    exec("from autograder.first_cell import *\n" + code, space)
    first_cell._concluded.clear()
    assert capsys.readouterr().out == "[failed]  One.\n          the result: expected 2, got 1\n"


# -- the adapter is the wire's ---------------------------------------------------------------------


class Level(enum.IntEnum):
    LOW = 3


class Name(str):
    pass


class Share(float):
    pass


class Pair(tuple[Any, ...]):
    pass


def over_the_wire(value: Any) -> Any:
    """Send a value as a student's process does and receive it as the grader does."""
    server = Server.__new__(Server)
    server.handles, server.numbers = {}, itertools.count(1)
    frame = b"".join(bytes(part) for part in wire.encode([value], server._leaf))
    _, tree_bytes, buffers = wire.HEADER.unpack_from(frame)
    at = wire.HEADER.size
    sizes = [wire.BUFFER.unpack_from(frame, at + i * wire.BUFFER.size)[0] for i in range(buffers)]
    at += buffers * wire.BUFFER.size
    tree, at = frame[at : at + tree_bytes], at + tree_bytes
    raws = []
    for size in sizes:
        raws.append(memoryview(frame[at : at + size]))
        at += size
    (found,) = wire.decode(tree, raws, as_value, lambda _: "HANDLE")
    return found


def described(value: Any) -> Any:
    """Return a value with the types that a check could tell apart."""
    if isinstance(value, _View):
        return "HANDLE"
    if isinstance(value, np.ndarray):
        return ("array", value.dtype.name, value.shape, value.flags.writeable, repr(value.tolist()))
    if isinstance(value, dict):
        return ("dict", [(k, described(v)) for k, v in value.items()])
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, [described(v) for v in value])
    return value if value == "HANDLE" else (type(value).__name__, repr(value))


ODD: list[Callable[[], Any]] = [
    lambda: torch.ones(2, requires_grad=True) * 2,
    lambda: torch.nn.Parameter(torch.ones(2, 2)),
    lambda: torch.tensor(3),
    lambda: torch.tensor(True),
    lambda: torch.tensor(0.1),
    lambda: torch.ones(3, dtype=torch.bfloat16),
    lambda: torch.ones(3, dtype=torch.float16),
    lambda: torch.tensor([1 + 2j]).conj(),
    lambda: torch.arange(6).reshape(2, 3).T,
    lambda: torch.zeros(0, 4),
    lambda: torch.eye(2).to_sparse(),
    lambda: torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
    lambda: [torch.tensor(1.0), (torch.tensor(2), {"a": torch.ones(1)})],
    lambda: np.float32(0.1),
    lambda: np.float64(0.1),
    lambda: np.int8(-3),
    lambda: np.bool_(True),
    lambda: np.str_("a"),
    lambda: np.bytes_(b"a"),
    lambda: np.longdouble(1),
    lambda: np.complex64(1j),
    lambda: np.datetime64("2026-01-01"),
    lambda: np.array(["a", "b"]),
    lambda: np.array([None, 1]),
    lambda: np.array(5),
    lambda: np.array(5, dtype=object),
    lambda: np.ones((2, 3), order="F"),
    lambda: np.arange(6, dtype=">i4")[::2],
    lambda: np.ma.masked_array([1, 2], [0, 1]),
    lambda: np.zeros(2, dtype=[("a", "i4")]),
    lambda: Level.LOW,
    lambda: Name("a"),
    lambda: Share(0.5),
    lambda: Pair((1, 2)),
    lambda: collections.namedtuple("P", "x y")(1, 2.0),
    lambda: collections.OrderedDict(a=1),
    lambda: collections.Counter("ab"),
    lambda: collections.defaultdict(list, a=[1]),
    lambda: collections.deque([1]),
    lambda: {1: 2},
    lambda: {"a": {1: 2}},
    lambda: {(1, 2): 3},
    lambda: {1, 2},
    lambda: frozenset({1}),
    lambda: range(3),
    lambda: (i for i in range(3)),
    lambda: 2**63,
    lambda: 2**64,
    lambda: -(2**63) - 1,
    lambda: 1j,
    lambda: bytearray(b"ab"),
    lambda: memoryview(b"ab"),
    lambda: Exception("x"),
    lambda: int,
    lambda: print,
    lambda: torch.nn.Linear(1, 1),
    lambda: collections,
    lambda: ...,
]


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning")
@pytest.mark.parametrize("make", ODD, ids=[str(i) for i in range(len(ODD))])
def test_adapter_gives_a_check_what_the_wire_gives(make: Callable[[], Any]) -> None:
    """For every odd value: the same type, bytes and read-only flag in Colab and in the grader."""
    value = make()
    assert described(_from_notebook(value)) == described(over_the_wire(value))


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(st.characters(codec="utf-8"))
    | st.binary()
    | arrays(scalar_dtypes().filter(lambda d: d.name in wire.DTYPES), array_shapes(min_dims=0, min_side=0)),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(PLAIN)
def test_adapter_and_wire_agree_on_plain_data(value: Any) -> None:
    """Whatever the nesting."""
    assert described(_from_notebook(value)) == described(over_the_wire(value))


def test_adapter_returns_what_it_wrapped() -> None:
    """A view handed back to the notebook is the very object."""
    model = torch.nn.Linear(2, 1)
    view = _from_notebook(model)
    assert isinstance(view, _View)
    assert _to_notebook([view, {"m": (view,)}]) == [model, {"m": (model,)}]


def test_cell_embeds_the_messages_it_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence changed in ``messages`` is changed in the next release's cell."""
    text = Path(messages.__file__).read_text().replace("is not defined in your notebook", "is nowhere")
    changed = ModuleType("autograder.messages")
    exec(text, changed.__dict__)
    monkeypatch.setattr(embed.inspect, "getsource", _sources(changed, text))
    monkeypatch.setattr(embed, "messages", changed)
    made = embed.first_cell_source(bundle([], {}))
    assert "is nowhere" in made
    assert "is not defined in your notebook" not in made


def _sources(module: ModuleType, text: str) -> Callable[[Any], str]:
    real = embed.inspect.getsource
    return lambda thing: text if thing is module else real(thing)


# -- names, credit and data ------------------------------------------------------------------------


def test_visible_checks_survive_a_notebook_that_took_their_words() -> None:
    """A student's variable ``close`` stays theirs, and the check and its helper still find ours."""
    out = run(
        """
        close = [1, 2]
        points = 3
        def f():
            return close[0] + points
        # ----
        def helper(value):
            close(value, 4.0)
        def test_one(f):
            '''Four.'''
            equal(f(), 4)
            helper(f())
        check(test_one)
        print(close, points)
        """
    )
    assert out.splitlines()[0] == "[passed]  Four.  (1 point)"
    assert out.splitlines()[-1] == "[1, 2] 3"


def test_visible_check_may_give_a_share() -> None:
    """Less than all is a failure with its share; all or more, and a person's turn, are none."""
    out = run(
        """
        def f(): return 1
        # ----
        def test_one(f):
            '''Some.'''
            flag("for staff")
            leaderboard("r", 0.5)
            credit(0.6, "r is 0.6")
        def test_two(f):
            '''All.'''
            credit(1.1, "r is 1.1")
        def test_three(f):
            '''A person.'''
            review("a person decides")
        check(test_one, test_two, test_three)
        """
    )
    assert "staff" not in out
    assert out.splitlines()[:4] == [
        "[failed]  Some.  (1 point)",
        "          r is 0.6 (60% of the points)",
        "[passed]  All.  (0.5 points)",
        "[passed]  A person.  (2 points)",
    ]


def test_data_file_is_the_released_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found beside the notebook, or fetched from the course's address; anything else is refused by name."""
    served = tmp_path / "served" / "data"
    served.mkdir(parents=True)
    (served / "x y.txt").write_text("right")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    with pytest.raises(FileNotFoundError, match=r"x y\.txt is not beside the notebook\. Upload it"):
        first_cell.data_file("data/x y.txt")
    monkeypatch.setattr(first_cell, "DATA_BASE_URL", served.parent.as_uri())
    monkeypatch.setitem(first_cell.FILES, "data/x y.txt", hashlib.sha256(b"right").hexdigest())
    assert first_cell.data_file("data/x y.txt").read_text() == "right"
    assert (here / "data" / "x y.txt").read_text() == "right"
    (here / "data" / "x y.txt").write_text("wrong")
    with pytest.raises(ValueError, match=r"x y\.txt is not the file of this release: changed or cut short"):
        first_cell.data_file("data/x y.txt")
    (here / "data" / "x y.txt").unlink()
    (served / "x y.txt").write_text("<html>")
    with pytest.raises(ValueError, match="is not the file of this release; nothing was saved"):
        first_cell.data_file("data/x y.txt")
    assert not (here / "data" / "x y.txt").exists()


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        ({"torch": "2.12.1+cu130", "numpy": "2.1.0"}, ""),
        ({"torch": "2.13.9", "numpy": "2.4.6"}, ""),
        ({"torch": "2.9.0+cu126", "numpy": "2.1.0"}, "torch 2.11 to 2.13 (here is 2.9.0+cu126)"),
        (
            {"torch": "3.0.0a0+git1", "numpy": "1.26.4"},
            "numpy 2.1 to 2.4 (here is 1.26.4) and torch 2.11 to 2.13 (here is 3.0.0a0+git1)",
        ),
        ({"torch": "unknown", "numpy": "2.1"}, ""),
    ],
)
def test_untried_library_is_told_once(
    versions: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line when the cell runs; nothing within the range, and nothing of a version that says nothing."""
    tried = {"numpy": ("2.1", "2.4"), "torch": ("2.11", "2.13")}
    monkeypatch.setattr(packages, "tried", lambda *names: {n: tried[n] for n in sorted(names)})
    one = dataclasses.replace(bundle([], {}), imports=("numpy", "torch", "scipy"))
    script = f"import importlib.metadata as m\nm.version = {versions!r}.__getitem__\n{embed.first_cell_source(one)}"
    done = subprocess.run(
        [sys.executable, "-I", "-"], input=script, capture_output=True, text=True, check=True
    )
    end = ": if a check passes here and not after you hand in, tell your instructor.\n"
    assert done.stdout == (f"Tried with {said}{end}" if said else "")


def test_library_that_the_notebook_does_not_import_is_not_told() -> None:
    """An assignment without torch says nothing about it; the source notebook says nothing at all."""
    assert "TRIED = {}" in SOURCE
    assert set(packages.tried("torch", "numpy")) == {"torch", "numpy"}
    assert first_cell.TRIED == {}


# -- a visible check as the grader runs it -----------------------------------------------------------

STEP = '''
def right_slope(y, x):
    """Return x times the mean of y."""
    return x * sum(y) / len(y)
ASKED = [([1.0, 2.0], 3.0), ([1.0, 2.0, 3.0], 5.0)]
@pays_once("q1", "slope", right_slope, ASKED)
def test_one(step):
    """One step."""
    equal(step([1.0, 3.0], 4.0), 4.0 - right_slope([1.0, 3.0], 4.0))
before = globals().get("slope")
check(test_one)
print("kept" if globals().get("slope") is before and right_slope([2.0], 3.0) == 6.0 else "lost")
'''
ALONE = "judged with a right slope in place of yours, which is wrong: that is paid for in q1, once"
FACTOR = "judged by the factor that is too much in your slope, too: that is paid for in q1, once"
CALLS = "def step(y, x): return x - slope(y, x)"


@pytest.mark.parametrize(
    ("slope", "step", "verdict", "told"),
    [
        ("def slope(y, x): return x * sum(y) / len(y)", CALLS, "passed", ""),
        ("def slope(y, x): return x", CALLS, "passed", ALONE),
        ("def slope(y, x): raise NotImplementedError()", CALLS, "passed", ALONE),
        ("slope = 3", CALLS, "passed", ALONE),
        ("pass", CALLS, "passed", ALONE),
        ("def slope(y, x): return 2 * x * sum(y) / len(y)", "def step(y, x): return x - 2 * x * 2", "passed", FACTOR),
        ("def slope(y, x): return x * sum(y)", "def step(y, x): return x - x * sum(y)", "passed", FACTOR),
        ("def slope(y, x): return x * sum(y)", "def step(y, x): return x - 3 * x * 2", "failed", "the result: expected -12, got -20"),
        ("def slope(y, x): return x", "def step(y, x): return x + slope(y, x)", "failed", "the result: expected -4, got 12"),
        ("def slope(y, x): return x * sum(y) / len(y)", "def step(y, x): return x", "failed", "the result: expected -4, got 4"),
    ],
)  # fmt: skip
def test_a_slip_in_an_earlier_answer_costs_nothing(slope: str, step: str, verdict: str, told: str) -> None:
    """A check that fails by an earlier answer is judged with a right one, and the notebook keeps its own."""
    lines = [line.strip() for line in run(f"{slope}\n{step}\n# ----\n{STEP}").splitlines()]
    assert lines[0].startswith(f"[{verdict}]")
    assert [line for line in lines[1:] if not line.startswith("The other")] == [*filter(None, [told]), "kept"]


def test_check_seeds_and_records_gradients_as_the_grader_does(capsys: pytest.CaptureFixture[str]) -> None:
    """What a visible check draws is the same everywhere; afterwards generators and grad mode are as they were."""
    code = """
        def draw():
            return [float(torch.rand(())), float(np.random.rand()), random.random(), torch.is_grad_enabled()]
        # ----
        def test_draws(draw):
            "Draws."
            found.append(draw())
        check(test_draws)
    """
    import random

    space: dict[str, Any] = {**vars(first_cell), "torch": torch, "random": random, "found": []}
    states = random.getstate()[1], np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()  # type: ignore[index]  # noqa: NPY002
    try:
        torch.set_grad_enabled(False)
        for part in textwrap.dedent(code).split("# ----\n"):
            exec(compile(part, "/tmp/ipykernel_1/1.py", "exec"), space)
        assert not torch.is_grad_enabled()
    finally:
        torch.set_grad_enabled(True)
    assert states == (random.getstate()[1], np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())  # type: ignore[index]  # noqa: NPY002
    seed = checks.public_seed("test_draws")
    operations.seed_all(seed)  # the grader's
    assert space["found"] == [
        [float(torch.rand(())), float(np.random.rand()), random.random(), True]  # noqa: NPY002
    ]
    assert "[passed]" in capsys.readouterr().out
