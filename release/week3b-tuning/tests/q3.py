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


COLUMNS = ('train_loss', 'val_loss', 'val_r')


SETTINGS = {'num_filters': 3, 'kernel_size': 4, 'add_sigmoid': False, 'learning_rate': 0.05, 'batch_size': 4, 'optimizer': 'SGD'}


def table(result, epochs):
    """Require (model, history); return the history's columns, shape (3, epochs)."""
    if not isinstance(result, (list, tuple)) or len(result) != 2 or (not callable(result[0])):
        fail('run_trial returns a pair: the trained model and its history')
    history = result[1]
    if not isinstance(history, (list, tuple)) or not all((isinstance(row, dict) for row in history)):
        fail('The history is a list of dictionaries, one per epoch')
    if len(history) != epochs:
        fail('The history does not have one row per epoch')
    for number, row in enumerate(history, 1):
        if not {'epoch', *COLUMNS} <= set(row):
            fail('A row of the history needs epoch, train_loss, val_loss and val_r')
        equal(row['epoch'], number, name='epoch of a row', hint='Epochs are numbered from 1.')
    return np.array([[float(expect(row[name], shape=(), finite=False, name=name)) for row in history] for name in COLUMNS])


def test_two_epochs(run_trial, Witness):
    """Two epochs on six windows give two rows of finite numbers, and a correlation is one."""
    x = np.eye(4, dtype=np.float32)[np.arange(1800).reshape(6, 300) ** 2 // 7 % 4]
    y = 3 * x[:, :, 1] + x[:, :, 2]
    model = Witness()
    columns = table(run_trial(SETTINGS, (tensor(x), tensor(y)), (tensor(x[:3]), tensor(y[:3])), 2, model), 2)
    if len(model.seen) == 0:
        fail('The model that was given is never called')
    if not np.isfinite(columns).all() or np.abs(columns[2]).max() > 1:
        fail('The history holds NaN, or a val_r that is no correlation')


@test_case(name='Two epochs on six windows give two rows of finite numbers, and a correlation is one.', points=2.0)
def case_two_epochs(env):
    _judge(test_two_epochs, env)
