"""Visible checks of q1, for otter-grader: grader.check("q1")."""

OK_FORMAT = False

from otter.test_files import test_case

name = "q1"


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


def test_points_on_a_line(normal_equation):
    """Points that lie on a line give back that line."""
    X = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    close(normal_equation(X, np.array([1.0, 3.0, 5.0])), [1.0, 2.0], name='β')


@test_case(name='Points that lie on a line give back that line.', points=1.0)
def case_points_on_a_line(env):
    _judge(test_points_on_a_line, env)
