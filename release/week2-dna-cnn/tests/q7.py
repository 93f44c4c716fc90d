"""Visible checks of q7, for otter-grader: grader.check("q7")."""

OK_FORMAT = False

from otter.test_files import test_case

name = "q7"


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


LETTER = np.eye(4, dtype=np.float32)[:, None, :]


def two_histories(result, epochs):
    """Return the two histories as arrays."""
    if not isinstance(result, (list, tuple)) or len(result) != 2:
        fail('train_model returns a pair: train_losses and val_losses')
    names = ('train_losses', 'val_losses')
    return [expect(losses, shape=(epochs,), name=name) for losses, name in zip(result, names)]


def test_first_epoch(train_model, toy_model, in_order):
    """A and C in one batch, G in the next: squared errors 1, 4 and 2.25², mean 3.354."""
    train_dl = in_order(tensor(LETTER[:3]), tensor(np.array([1, 2, 3], dtype=np.float32)), 2)
    val_dl = in_order(tensor(LETTER[3:]), tensor(np.array([4], dtype=np.float32)), 1)
    train_losses, _ = two_histories(train_model(toy_model(), train_dl, val_dl, 0.25, 1), 1)
    close(train_losses[0], 10.0625 / 3, rtol=0.0001, name='the training loss of the first epoch')


def test_first_validation(train_model, toy_model, in_order):
    """After that epoch the model says 1.875 for T, where 4 is right: validation loss 2.125²."""
    train_dl = in_order(tensor(LETTER[:3]), tensor(np.array([1, 2, 3], dtype=np.float32)), 2)
    val_dl = in_order(tensor(LETTER[3:]), tensor(np.array([4], dtype=np.float32)), 1)
    _, val_losses = two_histories(train_model(toy_model(), train_dl, val_dl, 0.25, 1), 1)
    close(val_losses[0], 2.125 ** 2, rtol=0.0001, name='the validation loss after the first epoch')


@test_case(name='A and C in one batch, G in the next: squared errors 1, 4 and 2.25², mean 3.354.', points=1.0)
def case_first_epoch(env):
    _judge(test_first_epoch, env)


@test_case(name='After that epoch the model says 1.875 for T, where 4 is right: validation loss 2.125².', points=1.0)
def case_first_validation(env):
    _judge(test_first_validation, env)
