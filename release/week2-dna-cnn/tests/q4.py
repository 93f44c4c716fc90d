"""Visible checks of q4, for otter-grader: grader.check("q4")."""

OK_FORMAT = False

from otter.test_files import test_case

name = "q4"


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


def test_find_tat(pwm_scan):
    """On ATATG, a matrix for TAT scores 1 for each letter that fits: 0, 3 and 0."""
    tat = np.array([[0.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    atatg = np.eye(4)[[0, 3, 0, 3, 2]]
    close(pwm_scan(atatg, tat), [0.0, 3.0, 0.0], name='the scores')


@test_case(name='On ATATG, a matrix for TAT scores 1 for each letter that fits: 0, 3 and 0.', points=1.0)
def case_find_tat(env):
    _judge(test_find_tat, env)
