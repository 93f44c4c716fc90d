"""Visible checks of q2, for otter-grader: grader.check("q2")."""

OK_FORMAT = False

from otter.test_files import test_case

name = "q2"


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


def test_mse_by_hand(mse):
    """The squared differences 1, 4 and 0 have the mean 5/3."""
    close(mse(np.array([2.0, 0.0, -1.0]), np.array([1.0, 2.0, -1.0])), 5 / 3, name='mse')


def test_gradient_by_hand(mse_gradient):
    """For residuals −1, 0 and 1, the gradient is Xᵀ times them, divided by 3."""
    X = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    close(mse_gradient(X, np.ones(3), np.array([0.0, 1.0])), [0.0, 2 / 3], name='mse_gradient')


@test_case(name='The squared differences 1, 4 and 0 have the mean 5/3.', points=1.0)
def case_mse_by_hand(env):
    _judge(test_mse_by_hand, env)


@test_case(name='For residuals −1, 0 and 1, the gradient is Xᵀ times them, divided by 3.', points=1.0)
def case_gradient_by_hand(env):
    _judge(test_gradient_by_hand, env)
