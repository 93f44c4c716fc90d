"""Visible checks of q5, for otter-grader: grader.check("q5")."""

OK_FORMAT = False

from otter.test_files import test_case

name = "q5"


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


def test_five_rows(make_loaders, one_epoch):
    """Of five sequences, three to train on in batches of two: one batch of two, one of one."""
    split = {'train': np.array([4, 0, 2]), 'val': np.array([1]), 'test': np.array([3])}
    loaders = make_loaders(['ACG', 'CCC', 'GAT', 'TTT', 'AAA'], np.arange(5.0), split, 2)
    if not isinstance(loaders, (list, tuple)) or len(loaders) != 3:
        fail('make_loaders returns three loaders')
    batches = one_epoch(loaders[0])
    equal([len(y) for _, y in batches], [2, 1], name='the sizes of the batches')
    for _, y in batches:
        expect(y, shape=(len(y),), name='y of a batch')
    equal(sorted((float(score) for _, y in batches for score in y)), [0.0, 2.0, 4.0], name='the scores of the training rows')


@test_case(name='Of five sequences, three to train on in batches of two: one batch of two, one of one.', points=1.0)
def case_five_rows(env):
    _judge(test_five_rows, env)
