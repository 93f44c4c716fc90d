"""Visible checks of q3, for otter-grader: grader.check("q3")."""

OK_FORMAT = False

from otter.test_files import test_case

name = "q3"


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


def not_one_row(walk):
    """Refuse a walk whose rows are one and the same array."""
    if len(walk) > 1 and np.any(walk[0]) and np.all(walk == walk[0]):
        fail('All rows are equal: -= changes the very array that was stored before, so store a copy')


def follows_the_rule(walk, X, y, lr):
    """Require every row to be the row before it minus lr times the gradient there."""
    not_one_row(walk)
    ours = np.array([beta - lr * gradient_of(X, y, beta) for beta in walk])[:-1]
    if np.any(ours) and (not np.any(walk)):
        fail('All rows are zero: the walk never leaves its start')
    size = np.abs(ours).max(axis=1, initial=0.0, keepdims=True)
    size[size == 0] = 1
    close(walk[1:] / size, ours / size, rtol=0.0001, atol=1e-05, name='the rows after the start, each in its own scale')


def test_walk_starts_at_zero(gradient_descent):
    """Four steps give five rows, and the first one is zero."""
    X = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    walk = expect(gradient_descent(X, np.array([1.0, 3.0, 5.0]), 0.1, 4), shape=(5, 2), name='the walk')
    not_one_row(walk)
    close(walk[0], [0.0, 0.0], name='row 0')


def test_walk_follows_the_gradient(gradient_descent):
    """Each row is the row before it minus lr times the gradient there."""
    X, y = (np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([1.0, 3.0, 5.0]))
    follows_the_rule(expect(gradient_descent(X, y, 0.1, 4), shape=(5, 2), name='the walk'), X, y, 0.1)


@test_case(name='Four steps give five rows, and the first one is zero.', points=1.0)
def case_walk_starts_at_zero(env):
    _judge(test_walk_starts_at_zero, env, lambda pays_once: pays_once('q2', 'mse_gradient', gradient_of, ASKED))


@test_case(name='Each row is the row before it minus lr times the gradient there.', points=1.0)
def case_walk_follows_the_gradient(env):
    _judge(test_walk_follows_the_gradient, env, lambda pays_once: pays_once('q2', 'mse_gradient', gradient_of, ASKED))
