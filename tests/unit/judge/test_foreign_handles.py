"""Objects of the student's classes, as a test that runs outside meets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Make = Callable[..., Any]

CLASSES = """
import numpy as np
import torch
from torch import nn

class Vector:
    def __init__(self, *items): self.items = list(items)
    def __add__(self, other): return Vector(*[a + b for a, b in zip(self.items, other.items)])
    def __mul__(self, k): return Vector(*[k * a for a in self.items])
    def __eq__(self, other): return isinstance(other, Vector) and self.items == other.items
    def __len__(self): return len(self.items)
    def __iter__(self): return iter(self.items)
    def __getitem__(self, i): return self.items[i]
    def __repr__(self): return f"Vector({self.items})"
    def norm(self): return sum(a * a for a in self.items) ** 0.5
    def fill(self, value):
        for i in range(len(self.items)): self.items[i] = value

class Stack(list):
    def peek(self): return self[-1]

class Broke(ValueError):
    pass

class Open:
    def __enter__(self): return "inside"
    def __exit__(self, *of): self.closed = True

class Net(nn.Module):
    def __init__(self, n=3):
        super().__init__()
        self.fc = nn.Linear(n, 1)
    def forward(self, x): return self.fc(x)

def agree():
    class Agrees:
        def __eq__(self, other): return True
        def __sub__(self, other): return 0.0
        def __lt__(self, other): return True
        def __contains__(self, other): return True
        def __iter__(self): return iter([])
        def __hash__(self): return 5
    return Agrees()

def agree_float():
    class Agrees(float):
        def __eq__(self, other): return True
        def __sub__(self, other): return 0.0
        __rsub__ = __sub__
    return Agrees(7)

def fail(kind): raise kind("told")
def broke(): raise Broke("empty")
def twice(g, x): return g(g(x))
def push(items, x): items.append(x)
def fill(a): a[:] = 1
def numbers():
    yield 1
    yield 2
def greet(name, *, loud=False):
    "Say hello."
    return name.upper() if loud else name
def hello(): print("hi")
def sub(p, s): return p.sub("x", s)
def scale(x, k=2): return k * x
big = [[i] for i in range(30000)]
data = {"a": [1, 2], 3: (4, {5})}
"""

PASS = [
    "v = Vector(1, 2)\nassert v.norm() == 5 ** 0.5 and len(v) == 2 and list(v) == [1, 2] and v[1] == 2 and v[0:1] == [1]",
    "assert isinstance(Vector(1), Vector) and not isinstance(3, Vector) and type(Vector(1)).__name__ == 'Vector'",
    "assert type(Vector(1)) == Vector and Vector.__name__ == 'Vector' and callable(Vector) and not callable(Vector(1))",
    "assert hasattr(Vector(1), 'norm') and not hasattr(Vector(1), 'nope') and not hasattr(Net(), '__len__')",
    "v = Vector(1, 2)\nv.items = [3]\nassert v.items == [3] and len(v) == 1\nv.fill(4)\nassert v[0] == 4",
    "assert repr(Vector(1)) == 'Vector([1])' and f'{Vector(1)}' == 'Vector([1])' and str(Vector(1)) == 'Vector([1])'",
    "s = Stack([1, 2])\nassert s == [1, 2] and s.peek() == 2 and isinstance(s, list) and len(s) == 2 and 2 in s",
    "try:\n    fail(ValueError)\nexcept ValueError as error:\n    assert str(error) == 'told'\nelse:\n    assert False",
    "try:\n    broke()\nexcept Broke as error:\n    assert isinstance(error, ValueError) and error.args == ('empty',)",
    "try:\n    broke()\nexcept ValueError as error:\n    assert type(error).__name__ == 'Broke'",
    "import unittest\nwith unittest.TestCase().assertRaises(ZeroDivisionError):\n    fail(ZeroDivisionError)",
    "np.testing.assert_raises(KeyError, fail, KeyError)",
    "import pytest\nwith pytest.raises(Broke, match='empty'):\n    broke()",
    "try:\n    Vector(1)[7]\nexcept IndexError:\n    pass\nelse:\n    assert False",
    "try:\n    greet()\nexcept TypeError:\n    pass\nelse:\n    assert False",
    "with Open() as what:\n    assert what == 'inside'",
    "assert twice(lambda x: x + 1, 3) == 5\ndef h(x):\n    return scale(x)\nassert twice(h, 1) == 4",
    "def bad(x):\n    raise KeyError('mine')\ntry:\n    twice(bad, 1)\nexcept KeyError:\n    pass",
    "items = [1]\npush(items, [2])\nassert items == [1, [2]]\na = np.zeros(3)\nfill(a)\nassert a.sum() == 3",
    "assert list(numbers()) == [1, 2] and sum(numbers()) == 3 and next(iter(numbers())) == 1",
    "assert greet.__doc__ == 'Say hello.' and greet.__name__ == 'greet' and greet('a', loud=True) == 'A'",
    "import inspect\np = inspect.signature(scale).parameters\nassert list(p) == ['x', 'k'] and p['k'].default == 2",
    "import types\nassert isinstance(scale, types.FunctionType) and not isinstance(Vector, types.FunctionType)",
    "assert len(big) == 30000 and big[29999] == [29999] and [29999] in big[29990:] and sum(b[0] for b in big[:5]) == 10",
    "assert data == {'a': [1, 2], 3: (4, {5})} and data['a'][1] == 2",
    "m = Net()\nassert isinstance(m, torch.nn.Module) and isinstance(m.fc, torch.nn.Linear) and m.fc.weight.shape == (1, 3)",
    "m = Net()\nassert sum(p.numel() for p in m.parameters()) == 4 and len(m.state_dict()) == 2 and m.training is True",
    "assert all(isinstance(p, torch.nn.Parameter) and p.requires_grad for p in Net().parameters())",
    "m = Net()\ny = m(torch.ones(2, 3))\nassert y.shape == (2, 1) and y.requires_grad and y.grad_fn is not None",
    "m = Net()\nloss = torch.nn.functional.mse_loss(m(torch.ones(2, 3)), torch.zeros(2, 1))\nloss.backward()\n"
    "assert m.fc.weight.grad is not None and m.fc.weight.grad.shape == (1, 3)",
    "x = torch.tensor([1.0, 2.0], requires_grad=True)\ny = scale(x * 3)\ny.sum().backward()\nassert x.grad.tolist() == [6.0, 6.0]",
    "x = torch.tensor(3.0, requires_grad=True)\ng, = torch.autograd.grad(scale(x), x)\nassert g.item() == 2.0",
    "m = Net()\nopt = torch.optim.SGD\nx = m(torch.ones(1, 3)).detach().numpy()\nassert x.shape == (1, 1)",
    "with torch.no_grad():\n    assert Net()(torch.ones(1, 3)).shape == (1, 1)",
    "net = torch.nn.Linear(2, 1)\nassert scale(net.weight).shape == (1, 2) and sum(p.numel() for p in net.parameters()) == 3",
    "assert issubclass(Net, torch.nn.Module) and issubclass(Broke, ValueError)",
    "x = 5\ndef helper(y):\n    return scale(y) + x\nassert helper(1) == 7",
    "class Local:\n    made = scale(3)\nassert Local.made == 6",
    "assert 'scale' in globals() and 'nope' not in globals() and 'scale' in dir()",
    "del scale\ntry:\n    scale\nexcept NameError:\n    pass\nelse:\n    assert False",
    "assert [scale(i) for i in range(3)] == [0, 2, 4] and {k: scale(k) for k in 'ab'} == {'a': 'aa', 'b': 'bb'}",
    "assert np.allclose(scale(np.ones(2)), 2) and isinstance(scale(np.ones(2)), np.ndarray)",
    "assert scale([1]) == [1, 1] and scale((1,)) == (1, 1) and isinstance(scale((1,)), tuple)",
    "print(scale(2)); import sys; print('x', file=sys.stderr)",
    "assert scale is scale and Vector is Vector",
    "import io, contextlib\nbuf = io.StringIO()\nwith contextlib.redirect_stdout(buf):\n    hello()\nassert buf.getvalue() == 'hi\\n'",
    "import re\nassert sub(re.compile('a+'), 'baab') == 'bxb'",
]


@pytest.mark.parametrize("code", PASS, ids=range(len(PASS)))
def test_cell_passes_as_in_the_notebook(pair: Make, code: str) -> None:
    """What passes in the notebook's process passes outside of it."""
    report = pair(CLASSES).run(code, modules={"np": "numpy", "torch": "torch"})
    assert report["passed"], (report["names"], report["text"], report["where"])


PROVEN = [
    ("assert Vector(1) + Vector(2) == Vector(3) and Vector(1) != Vector(2)", ("add", "eq", "ne")),
    ("assert (Vector(1) * 3).items == [3]", ("mul",)),
]


@pytest.mark.parametrize(("code", "words"), PROVEN)
def test_operators_are_asked_where_the_solution_needs_them(
    pair: Make, code: str, words: tuple[str, ...]
) -> None:
    """The proof notes which; without them nobody's operators are asked."""
    proof = pair(CLASSES, None, proving=True).run(code)
    assert proof["passed"]
    assert set(words) <= set(proof["words"])
    assert pair(CLASSES, tuple(proof["words"])).run(code)["passed"]
    assert not pair(CLASSES, ()).run(code)["passed"]


@pytest.mark.parametrize(
    "code",
    [
        *("assert agree() == 4", "assert 4 == agree()", "assert not (agree() != 4)", "assert 4 in [agree()]"),
        *(
            "assert abs(agree() - 4) < 1e-9",
            "assert agree() < 4",
            "assert 4 in agree()",
            "assert agree() in {4, 5}",
        ),
        *(
            "assert np.allclose(agree(), 4)",
            "np.testing.assert_equal(agree(), 4)",
        ),
        *(
            "assert np.isclose(4, agree())",
            "np.testing.assert_array_equal(agree(), np.ones(3))",
            "assert {agree()} == {4}",
        ),
        *(
            "assert agree_float() == 4",
            "assert abs(agree_float() - 4) < 1",
            "assert np.isclose(agree_float(), 4)",
        ),
        *(
            "assert 4 - agree_float() == 0",
            "assert isinstance(agree(), (int, float))",
            "assert [agree()] == [4]",
        ),
        *(
            "import math\nassert math.isclose(agree_float(), 4)",
            "assert torch.allclose(torch.ones(2), agree())",
        ),
        "import unittest\nunittest.TestCase().assertEqual(agree(), 4)",
        "import unittest\nunittest.TestCase().assertAlmostEqual(agree(), 4)",
    ],
)
def test_object_that_agrees_with_everything_is_equal_to_nothing(pair: Make, code: str) -> None:
    """Its operators are not asked, as the solution's answer has none; not before the proof, either."""
    for words in ((), None):
        assert not pair(CLASSES, words).run(code, modules={"np": "numpy", "torch": "torch"})["passed"]


@pytest.mark.parametrize(
    ("value", "share"),
    [
        ("scale(0.5)", 1.0),
        ("0.25 * (scale(1) == 2)", 0.25),
        ("scale(True) == 2", None),
        ("'0.5'", None),
        ("0.5;", None),
    ],
)
def test_last_value_is_the_partial_credit(pair: Make, value: str, share: float | None) -> None:
    """A number as nbgrader takes it; a truth, a text and what a semicolon silences is none."""
    report = pair(CLASSES).run(f"assert True\n{value}", partial=True)
    assert report["passed"]
    assert report["value"] == share


EXAMPLES = [
    (">>>", [("scale(2)", "4")], True),
    (">>>", [("scale(2)", "5")], False),
    ("numpy", [("np.float64(2.0)", "2.0"), ("np.bool_(True)", "True"), ("[np.float64(1.5)]", "[1.5]")], True),
    (
        "old form wanted",
        [("{'a': np.int64(3), 'b': (np.True_, np.str_('x'))}", "{'a': 3, 'b': (True, 'x')}")],
        True,
    ),
    ("new form wanted", [("float(2)", "np.float64(2.0)")], True),
    ("complex", [("np.complex128(1+2j)", "(1+2j)")], True),
    ("array", [("scale(np.arange(3))", "array([0, 2, 4])")], True),
    ("print", [("print('a')\n", "a")], True),
    ("state", [("x = scale(1)", ""), ("x + 1", "3")], True),
    ("theirs printed", [("hello()", "hi"), ("x = hello()", "hi")], True),
    ("theirs printed another", [("hello()", "ho")], False),
    ("nothing wanted", [("scale(1)", "")], False),
    ("raises", [("fail(ValueError)", "Traceback (most recent call last):\n  ...\nValueError: told")], True),
    (
        "raises another",
        [("fail(KeyError)", "Traceback (most recent call last):\n  ...\nValueError: told")],
        False,
    ),
    ("block", [("for i in range(2):\n    print(scale(i))\n", "0\n2")], True),
    ("semicolon", [("scale(1); scale(2)", "2\n4")], True),
    ("their repr", [("Vector(1)", "Vector([1])")], True),
    ("all", [("scale(2) == 4 and isinstance(Net(), torch.nn.Module)", "True")], True),
]


@pytest.mark.parametrize(("name", "examples", "passes"), EXAMPLES, ids=[e[0] + str(e[2]) for e in EXAMPLES])
def test_example_compares_as_doctest_does(pair: Make, name: str, examples: list[Any], passes: bool) -> None:
    """But a number is written alike by every NumPy."""
    report = pair(CLASSES).run("", examples=examples, modules={"np": "numpy", "torch": "torch"})
    assert report["passed"] is passes, report


def test_function_gets_what_its_arguments_name(pair: Make) -> None:
    """otter's exception tests: names of the notebook, and ``env``."""
    code = (
        "def test_scale(scale, env):\n    assert scale(1) == 2 and env['scale'](2) == 4 and 'Vector' in env"
    )
    assert pair(CLASSES).run(code, call="test_scale")["passed"]
    assert not pair(CLASSES).run("def test_it(scale):\n    assert scale(1) == 3", call="test_it")["passed"]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        *(("assert scale(1) == 3", "AssertionError"), ("nope(1)", "NameError"), ("fail(OSError)", "OSError")),
        *(("exit()", "NameError"), ("import sys; sys.exit(0)", "SystemExit"), ("input()", "EOFError")),
        *(
            ("raise KeyboardInterrupt", "KeyboardInterrupt"),
            ("def f(:", "SyntaxError"),
            ("fail(SystemExit)", "SystemExit"),
        ),
    ],
)
def test_end_of_a_cell_is_told(pair: Make, code: str, name: str) -> None:
    """Whatever a test raises, or leaves by, is a verdict and no fault of the judge's."""
    if code == "exit()":
        name = "SystemExit"
    report = pair(CLASSES).run(code)
    assert not report["passed"]
    assert name in report["names"]


def test_module_and_helpers_are_ours(pair: Make) -> None:
    """What the notebook binds by the name of a module, a helper or a builtin is not what a test calls."""
    source = "import types\nnp = types.SimpleNamespace(allclose=lambda *a: True)\nclose = abs = len = lambda *a: True\nx = 7"
    code = "assert np.allclose(x, 4) or close(x, 4) or abs(x) == 4 or len([1]) == 4"
    report = pair(source).run(code, definitions="def close(a, b):\n    return abs(a - b) < 1")
    assert not report["passed"]
    assert pair("def abs(x): return 'mine'").run("assert abs(1) == 'mine'", judged=("abs",))["passed"]
