"""Visible checks of q7, for otter-grader: grader.check("q7")."""

OK_FORMAT = False

from otter.test_files import test_case

name = "q7"


def _judge(function, env, *marks):
    why = getattr(env.get("check"), "why", None)
    if why is None:
        raise RuntimeError("Run the first cell of the notebook, then try again")
    for mark in marks:
        function = mark(env["pays_once"])(function)
    reason = why(function, env)
    if reason:
        raise AssertionError(reason)


import numpy as np


def new(MLP, *sizes):
    """Return a new MLP."""
    model = MLP(*sizes)
    if not callable(model):
        fail('MLP(input_dim, hid_dim, output_dim) does not give a model')
    return model


def test_five_rows(MLP):
    """One output per row: five rows in, shape (5,) out."""
    expect(new(MLP, 2, 3, 1)(tensor(np.ones((5, 2), dtype=np.float32))), shape=(5,), name='model(x)')


def test_tent(count_kinks, tent):
    """The tent has three kinks between −1.7 and 2.4."""
    equal(count_kinks(tent, -1.7, 2.4), 3, name='the number of kinks')


@test_case(name='One output per row: five rows in, shape (5,) out.', points=1.0)
def case_five_rows(env):
    _judge(test_five_rows, env)


@test_case(name='The tent has three kinks between −1.7 and 2.4.', points=1.0)
def case_tent(env):
    _judge(test_tent, env)
