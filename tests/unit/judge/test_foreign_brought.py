"""What courses of others do in their tests, and what a test outside makes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Make = Callable[..., Any]

NOTEBOOK = """
import functools
import inspect
import numpy as np
import torch
from torch import nn

class Overdrawn(Exception):
    def __init__(self, missing):
        super().__init__(f"{missing} missing")
        self.missing = missing

class Shape:
    pass

class Square(Shape):
    def __init__(self, side):
        self.side = side
    def grow(self, by):
        if by < 0:
            raise Overdrawn(-by)
        self.side += by

def add(item, items):
    items.append(item)
    return items

def scaled(array):
    array *= 2
    return array

def fresh(items):
    return list(items)

def counted(function):
    @functools.wraps(function)
    def inner(*arguments):
        inner.calls += 1
        return function(*arguments)
    inner.calls = 0
    inner.parameters = list(inspect.signature(function).parameters)
    return inner

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 1)
    def forward(self, x):
        return self.fc(x)

net = Net()

def sgd(parameters, rate):
    with torch.no_grad():
        for p in parameters:
            p -= rate * p.grad
            p.grad.zero_()

def nudge(module):
    for p in module.parameters():
        p.data += 1
    module.eval()
"""
PASSING = {
    "an exception's attributes": """
try:
    Square(1).grow(-3)
    raise AssertionError("nothing was raised")
except Overdrawn as error:
    assert error.missing == 3 and "3" in str(error)
""",
    "the class of an object, by identity": """
q = Square(2)
assert type(q) is Square and type(q) is not Shape and q.__class__ is Square
assert not type(q) is Shape and type(q.side) is int and type(q.side) is not float
def exact(x, kind):
    return type(x) is kind
assert exact(q, Square) and not exact(q, Shape)
""",
    "an argument that comes back": """
xs, a = [5], np.ones(2)
assert add(6, xs) is xs and xs == [5, 6]
assert scaled(a) is a and a.tolist() == [2, 2]
assert fresh(xs) is not xs and fresh(xs) == xs
""",
    "a decorator on a function of the test's": """
@counted
def total(a, b=2):
    "adds"
    return a + b
assert total(1, 2) == 3 and total(3) == 5 and total.calls == 2
assert total.__name__ == "total" and total.__doc__ == "adds" and total.parameters == ["a", "b"]
""",
    "whether there is a name": """
assert "Square" in globals() and "Circle" not in globals() and "add" in dir()
assert globals()["add"](1, []) == [1] and globals().get("Circle") is None
""",
    "parameters that the test changes": """
with torch.no_grad():
    for p in net.parameters():
        p.fill_(0.5)
assert torch.allclose(net(torch.ones(1, 2)), torch.tensor([[1.5]]))
assert net.fc.weight is net.fc.weight
for p in net.parameters():
    p.grad = torch.ones_like(p)
torch.optim.SGD(net.parameters(), lr=0.25).step()
assert torch.allclose(net(torch.ones(1, 2)), torch.tensor([[0.75]]))
net.fc.weight.data.zero_()
assert torch.allclose(net(torch.ones(1, 2)), torch.tensor([[0.25]]))
""",
    "a tensor of the test's in a list": """
w = torch.tensor([1.0, 2.0], requires_grad=True)
(w ** 2).sum().backward()
sgd([w], 0.1)
assert torch.allclose(w, torch.tensor([0.8, 1.6])) and w.requires_grad and w.is_leaf
assert torch.equal(w.grad, torch.zeros(2))
""",
    "a module of the test's": """
mine = nn.Linear(2, 1)
before = mine.weight.clone()
nudge(mine)
assert torch.allclose(mine.weight, before + 1) and not mine.training
nudge(net)
assert not net.training
""",
}


@pytest.mark.parametrize("what", PASSING)
def test_what_holds_in_the_notebook_holds_outside(pair: Make, what: str) -> None:
    """Each of these passes in nbgrader's kernel."""
    used = pair(NOTEBOOK, ("iter", "eq"))
    report = used.run(PASSING[what], modules={"np": "numpy", "torch": "torch", "nn": "torch.nn"})
    assert report["passed"], (report["names"], report["text"], report["where"])


def test_class_of_another_name_is_not_the_class(pair: Make) -> None:
    """Classes are told apart by what they are, and none is a builtin by its name."""
    used = pair("class list: pass\nclass B: pass\nx = list()\n")
    assert not used.run("assert type(x) is B")["passed"]
    assert not used.run("assert type(x) is type([])")["passed"]


def test_module_of_the_instructor_that_is_missing_is_not_the_students(pair: Make) -> None:
    """A helper that the trusted side cannot import is not taken from the notebook, where anybody can bind it."""
    used = pair("def check(f):\n    pass\ndef f():\n    return 1\n")
    report = used.run("check(f)", modules={"check": "no_such_module:check"})
    assert not report["passed"] and "NameError" in report["names"]
