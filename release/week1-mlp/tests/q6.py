"""Visible checks of q6, for otter-grader: grader.check("q6")."""

OK_FORMAT = False

from otter.test_files import test_case

name = "q6"


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


def pair(result):
    """Return the two parts of what collapse_linear returned."""
    if not isinstance(result, (list, tuple)) or len(result) != 2:
        fail('collapse_linear returns a pair: the weights W and the bias b')
    return result


def test_two_small_layers(collapse_linear):
    """Two inputs, two hidden nodes and one output become two weights and one bias."""
    W1, b1 = (np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([1.0, -1.0]))
    W, b = pair(collapse_linear(W1, b1, np.array([[3.0, 1.0]]), np.array([5.0])))
    close(W, [[3.0, 7.0]], name='W')
    close(b, [7.0], name='b')


@test_case(name='Two inputs, two hidden nodes and one output become two weights and one bias.', points=1.0)
def case_two_small_layers(env):
    _judge(test_two_small_layers, env)
