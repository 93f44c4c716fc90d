"""Visible checks of q3, for otter-grader: grader.check("q3")."""

OK_FORMAT = False

from otter.test_files import test_case

name = "q3"


def _judge(function, env):
    why = getattr(env.get("check"), "why", None)
    if why is None:
        raise RuntimeError("Run the first cell of the notebook, then try again")
    reason = why(function, env)
    if reason:
        raise AssertionError(reason)


import numpy as np


def follows_the_rule(walk, X, y, lr, mse_gradient):
    """Require every row to be the row before it minus lr times the gradient there.

    A walk along your own mse_gradient is fine too: a slip in part 2 costs nothing here.
    """
    ours = walk[:-1] - lr * (walk[:-1] @ X.T - y) @ X / len(y)
    if np.allclose(walk[1:], ours, rtol=0.0001, atol=1e-05):
        return
    slope = np.array([expect(mse_gradient(X, y, b), shape=b.shape, name='mse_gradient') for b in walk[:-1]])
    if np.any(slope[:1]) and np.allclose(walk[1:], walk[:-1] - lr * slope, rtol=0.0001, atol=1e-05):
        return
    hint = None
    if len(walk) > 1 and np.all(walk == walk[0]):
        hint = 'All rows are equal: -= changes the very array that was stored before, so store a copy.'
    close(walk[1:], ours, rtol=0.0001, atol=1e-05, name='the rows after the start', hint=hint)


def test_walk_starts_at_zero(gradient_descent):
    """Four steps give five rows, and the first one is zero."""
    X = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    walk = expect(gradient_descent(X, np.array([1.0, 3.0, 5.0]), 0.1, 4), shape=(5, 2), name='the walk')
    close(walk[0], [0.0, 0.0], name='row 0')


def test_walk_follows_the_gradient(gradient_descent, mse_gradient):
    """Each row is the row before it minus lr times the gradient there."""
    X, y = (np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([1.0, 3.0, 5.0]))
    walk = expect(gradient_descent(X, y, 0.1, 4), shape=(5, 2), name='the walk')
    follows_the_rule(walk, X, y, 0.1, mse_gradient)


@test_case(name='Four steps give five rows, and the first one is zero.', points=1.0)
def case_walk_starts_at_zero(env):
    _judge(test_walk_starts_at_zero, env)


@test_case(name='Each row is the row before it minus lr times the gradient there.', points=1.0)
def case_walk_follows_the_gradient(env):
    _judge(test_walk_follows_the_gradient, env)
