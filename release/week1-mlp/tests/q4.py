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


def gradient_of(X, y, beta):
    """Return (1/m) Xᵀ(Xβ − y)."""
    return X.T @ (X @ beta - y) / len(y)


ASKED = [(np.arange(2.0 * m).reshape(m, 2), np.ones(m), np.array([1.0, -2.0])) for m in (3, 7)]


def walk_in_order(X, y, lr, epochs, size):
    """Return what SGD does when the rows keep their order."""
    beta = np.zeros(X.shape[1])
    rows = [beta]
    for _ in range(epochs):
        for i in range(0, len(y), size):
            beta = beta - lr * gradient_of(X[i:i + size], y[i:i + size], beta)
        rows.append(beta)
    return np.array(rows)


def test_one_row_per_epoch(sgd):
    """Three epochs give four rows, and the first one is zero."""
    X = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    walk = expect(sgd(X, np.array([1.0, 3.0, 5.0]), 0.1, 3, 2, 5), shape=(4, 2), name='the result')
    if np.any(walk[0]) and np.all(walk == walk[0]):
        fail('All rows are equal: -= changes the very array that was stored before, so store a copy')
    close(walk[0], [0.0, 0.0], name='row 0')


def test_one_batch_is_gradient_descent(sgd):
    """With all rows in one batch, SGD is gradient descent."""
    X, y = (np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([1.0, 3.0, 5.0]))
    close(sgd(X, y, 0.1, 3, 3, 5), walk_in_order(X, y, 0.1, 3, 3), rtol=0.0001, atol=1e-05, name='the result')


@test_case(name='Three epochs give four rows, and the first one is zero.', points=1.0)
def case_one_row_per_epoch(env):
    _judge(test_one_row_per_epoch, env, lambda pays_once: pays_once('q2', 'mse_gradient', gradient_of, ASKED))


@test_case(name='With all rows in one batch, SGD is gradient descent.', points=1.0)
def case_one_batch_is_gradient_descent(env):
    _judge(test_one_batch_is_gradient_descent, env, lambda pays_once: pays_once('q2', 'mse_gradient', gradient_of, ASKED))
