"""Visible checks of q1, for otter-grader: grader.check("q1")."""

OK_FORMAT = False

from otter.test_files import test_case

name = "q1"


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


def three_parts(result):
    """Return names, x and y of what load_windows returned."""
    if not isinstance(result, (list, tuple)) or len(result) != 3:
        fail('load_windows returns three things: names, x and y')
    return result


def test_two_windows(load_windows, file_of):
    """Two windows of four letters; the columns of scores stand in the other order."""
    sequences = file_of('sequence\twindow_name\nACGT\tchr1_0_3\nTTAN\tchr1_4_7\n')
    scores = file_of('chr1_4_7\tchr1_0_3\n0\t0\n7.5\t0\n7.5\t0\n0\t6.25\n')
    names, x, y = three_parts(load_windows(sequences, scores))
    equal(names, ['chr1_0_3', 'chr1_4_7'], name='names')
    close(y, [[0, 0, 0, 6.25], [0, 7.5, 7.5, 0]], name='y', hint="A window's scores stand in the column of its name.")
    equal(np.shape(x), (2, 4, 4), name='the shape of x')


def test_columns_of_x(load_windows, file_of):
    """The columns of x are A, C, G and T, in this order."""
    sequences = file_of('window_name\tsequence\nchr1_0_3\tACGT\n')
    _, x, _ = three_parts(load_windows(sequences, file_of('chr1_0_3\n0\n0\n0\n0\n')))
    close(x, np.eye(4)[None], name='x of the window ACGT')


@test_case(name='Two windows of four letters; the columns of scores stand in the other order.', points=1.0)
def case_two_windows(env):
    _judge(test_two_windows, env)


@test_case(name='The columns of x are A, C, G and T, in this order.', points=1.0)
def case_columns_of_x(env):
    _judge(test_columns_of_x, env)
