"""Visible checks of q4, for otter-grader: grader.check("q4")."""

OK_FORMAT = False

from otter.test_files import test_case

name = "q4"


def _judge(function, env):
    why = getattr(env.get("check"), "why", None)
    if why is None:
        raise RuntimeError("Run the first cell of the notebook, then try again")
    reason = why(function, env)
    if reason:
        raise AssertionError(reason)


import numpy as np


def gradient_of(X, y, beta):
    """Return (1/m) Xᵀ(Xβ − y)."""
    return X.T @ (X @ beta - y) / len(y)


def agrees(walk, expected_with, mse_gradient, hint=None):
    """Require the walk that a gradient leads to.

    A walk along your own mse_gradient is fine too: a slip in part 2 costs nothing here.
    """
    ours = expected_with(gradient_of)
    walk = expect(walk, shape=ours.shape, name='the result')
    if np.allclose(walk, ours, rtol=0.0001, atol=1e-05):
        return
    theirs = expected_with(lambda X, y, b: expect(mse_gradient(X, y, b), shape=b.shape, name='mse_gradient'))
    if not (np.any(theirs) and np.allclose(walk, theirs, rtol=0.0001, atol=1e-05)):
        close(walk, ours, rtol=0.0001, atol=1e-05, name='the result', hint=hint)


def walk_in_order(X, y, lr, epochs, size):
    """Return what SGD does when the rows keep their order, as a function of the gradient."""

    def expected_with(gradient):
        beta = np.zeros(X.shape[1])
        rows = [beta]
        for _ in range(epochs):
            for i in range(0, len(y), size):
                beta = beta - lr * gradient(X[i:i + size], y[i:i + size], beta)
            rows.append(beta)
        return np.array(rows)
    return expected_with


def test_one_row_per_epoch(sgd):
    """Three epochs give four rows, and the first one is zero."""
    X = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    walk = expect(sgd(X, np.array([1.0, 3.0, 5.0]), 0.1, 3, 2, 5), shape=(4, 2), name='the result')
    close(walk[0], [0.0, 0.0], name='row 0')


def test_one_batch_is_gradient_descent(sgd, mse_gradient):
    """With all rows in one batch, SGD is gradient descent."""
    X, y = (np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([1.0, 3.0, 5.0]))
    agrees(sgd(X, y, 0.1, 3, 3, 5), walk_in_order(X, y, 0.1, 3, 3), mse_gradient)


@test_case(name='Three epochs give four rows, and the first one is zero.', points=1.0)
def case_one_row_per_epoch(env):
    _judge(test_one_row_per_epoch, env)


@test_case(name='With all rows in one batch, SGD is gradient descent.', points=1.0)
def case_one_batch_is_gradient_descent(env):
    _judge(test_one_batch_is_gradient_descent, env)
