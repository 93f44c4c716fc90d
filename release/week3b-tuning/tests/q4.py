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


def trial_of(run, curve, **last):
    """Return a trial whose val_r went through these values; ``last`` overrides its last row."""
    rows = [{'epoch': e, 'train_loss': 2.0 - r, 'val_loss': 2.1 - r, 'val_r': r} for e, r in enumerate(curve, 1)]
    if rows:
        rows[-1] |= last
    return {'run': run, 'config': {'learning_rate': 0.1}, 'history': rows, 'summary': dict(rows[-1]) if rows else {}}


def test_highest_of_three(select_best):
    """Of three trials that end at 0.2, 0.7 and 0.4, the second wins."""
    trials = [trial_of('first', [0.1, 0.2]), trial_of('second', [0.3, 0.7]), trial_of('third', [0.5, 0.4])]
    winner = select_best(trials)
    if not isinstance(winner, dict) or 'run' not in winner:
        fail('select_best returns the dictionary of one of the trials')
    equal(winner['run'], 'second', name='the winner')


@test_case(name='Of three trials that end at 0.2, 0.7 and 0.4, the second wins.', points=2.0)
def case_highest_of_three(env):
    _judge(test_highest_of_three, env)
