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


ROWS = np.array([[0.0], [1.0], [2.0]], dtype=np.float32)


TARGETS = np.array([1.0, 3.0, 5.0], dtype=np.float32)


def test_first_loss(train, toy_line):
    """Three epochs give three losses, and the first is that of the model before any step."""
    losses = expect(train(toy_line(), tensor(ROWS), tensor(TARGETS), 0.1, 3), shape=(3,), name='the losses')
    close(losses[0], 35 / 3, rtol=0.0001, name='the first loss')


def test_first_step(train, toy_line):
    """One epoch moves the line from 0 to 26/30·x + 6/10."""
    line = toy_line()
    train(line, tensor(ROWS), tensor(TARGETS), 0.1, 1)
    close(line(tensor(ROWS)), [0.6, 0.6 + 26 / 30, 0.6 + 52 / 30], rtol=0.0001, name='the line after one step')


@test_case(name='Three epochs give three losses, and the first is that of the model before any step.', points=1.0)
def case_first_loss(env):
    _judge(test_first_loss, env)


@test_case(name='One epoch moves the line from 0 to 26/30·x + 6/10.', points=1.0)
def case_first_step(env):
    _judge(test_first_step, env)
