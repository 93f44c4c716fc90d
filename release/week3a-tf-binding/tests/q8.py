"""Visible checks of q8, for otter-grader: grader.check("q8")."""

OK_FORMAT = False

from otter.test_files import test_case

name = "q8"


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


def two_bounds(result):
    """Return low and high."""
    if not isinstance(result, (list, tuple, np.ndarray)) or len(result) != 2:
        fail('bootstrap_interval returns a pair: low and high')
    return [float(expect(v, shape=(), name=name)) for v, name in zip(result, ('low', 'high'))]


def test_nothing_varies(bootstrap_interval):
    """Where all values are 0.5 there is nothing to be unsure of; with 0 and 1 there is."""
    close(two_bounds(bootstrap_interval(np.full(20, 0.5), 200, 1)), [0.5, 0.5], name='(low, high) of equal values')
    low, high = two_bounds(bootstrap_interval(np.array([0.0, 1.0] * 50), 500, 1))
    at_least(high - low, 0.1, name='the width of the interval for 50 zeros and 50 ones')


@test_case(name='Where all values are 0.5 there is nothing to be unsure of; with 0 and 1 there is.', points=1.0)
def case_nothing_varies(env):
    _judge(test_nothing_varies, env)
