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


def test_pearson_by_hand(pearson_r):
    """1, 2, 3 against 3, 1, 2 has r = −0.5."""
    close(pearson_r(np.array([1.0, 2.0, 3.0]), np.array([3.0, 1.0, 2.0])), -0.5, name='r')


@test_case(name='1, 2, 3 against 3, 1, 2 has r = −0.5.', points=1.0)
def case_pearson_by_hand(env):
    _judge(test_pearson_by_hand, env)
