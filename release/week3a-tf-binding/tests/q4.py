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


def two_histories(history, epochs):
    """Return both histories as arrays."""
    if not isinstance(history, dict) or not {'train_loss', 'val_loss'} <= set(history):
        fail('fit returns a dictionary with "train_loss" and "val_loss"')
    return [expect(history[name], shape=(epochs,), name=name) for name in ('train_loss', 'val_loss')]


LETTER = np.eye(4, dtype=np.float32)[:, None, :]


def test_first_loss(fit, flat_model, sgd):
    """A model that says 0 for A and C, where tracks are (1, 2) and (3, 4): mean squared error 7.5."""
    model = flat_model(1, 2)
    train = (tensor(LETTER[:2]), tensor(np.array([[1, 2], [3, 4]], dtype=np.float32)))
    val = (tensor(LETTER[2:3]), tensor(np.array([[2, 2]], dtype=np.float32)))
    train_loss, _ = two_histories(fit(model, train, val, sgd(model, 0.5), 2, 1), 1)
    close(train_loss[0], 7.5, rtol=0.0001, name='the training loss of the first epoch')


def test_first_validation_loss(fit, flat_model, sgd):
    """After that step the biases are 1 and 1.5; for G, where both numbers are 2, that leaves 0.625."""
    model = flat_model(1, 2)
    train = (tensor(LETTER[:2]), tensor(np.array([[1, 2], [3, 4]], dtype=np.float32)))
    val = (tensor(LETTER[2:3]), tensor(np.array([[2, 2]], dtype=np.float32)))
    _, val_loss = two_histories(fit(model, train, val, sgd(model, 0.5), 2, 1), 1)
    close(val_loss[0], 0.625, rtol=0.0001, name='the validation loss after the first epoch')


@test_case(name='A model that says 0 for A and C, where tracks are (1, 2) and (3, 4): mean squared error 7.5.', points=1.0)
def case_first_loss(env):
    _judge(test_first_loss, env)


@test_case(name='After that step the biases are 1 and 1.5; for G, where both numbers are 2, that leaves 0.625.', points=1.0)
def case_first_validation_loss(env):
    _judge(test_first_validation_loss, env)
