"""Visible checks of q2, for otter-grader: grader.check("q2")."""

OK_FORMAT = False

from otter.test_files import test_case

name = "q2"


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


def two_parts(result, n):
    """Return the rows of both parts; require integers, and every row once."""
    if not isinstance(result, (list, tuple)) or len(result) != 2:
        fail('split_by_block returns a pair: train and val')
    parts = [expect(rows, name=name) for rows, name in zip(result, ('train', 'val'))]
    if any((rows.ndim != 1 or np.any(rows != np.round(rows)) for rows in parts)):
        fail('train and val are lists of row numbers')
    rows = np.concatenate(parts)
    if not np.array_equal(np.sort(rows), np.arange(n)):
        fail('Not every row is in exactly one of the two parts')
    if not all(map(len, parts)):
        fail('One of the two parts is empty')
    return [set(rows.astype(int).tolist()) for rows in parts]


def test_two_blocks(split_by_block):
    """Two blocks of three windows each: one is held out, whole."""
    names = [f'chr2_{start}_{start + 299}' for start in (300, 900, 0, 12000, 10200, 19800)]
    train, val = two_parts(split_by_block(names, 0.5, 10000, 1), 6)
    equal(sorted(map(sorted, (train, val))), [[0, 1, 2], [3, 4, 5]], name='the rows of the two parts')


@test_case(name='Two blocks of three windows each: one is held out, whole.', points=1.0)
def case_two_blocks(env):
    _judge(test_two_blocks, env)
