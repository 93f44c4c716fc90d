"""Visible checks of q9, for otter-grader: grader.check("q9")."""

OK_FORMAT = False

from otter.test_files import test_case

name = "q9"


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


def three_answers(result):
    """Return fit, offset and reverse."""
    if not isinstance(result, (list, tuple)) or len(result) != 3:
        fail('match_filter returns three things: fit, offset and reverse')
    fit, offset = (float(expect(v, shape=(), name=name)) for v, name in zip(result[:2], ('fit', 'offset')))
    if result[2] not in (True, False):
        fail('reverse is True or False')
    return (fit, offset, bool(result[2]))


def test_motif_inside(match_filter):
    """A filter of width 6 that holds GATT from its third column on: fit 1, offset 2, not reversed."""
    motif = np.eye(4)[[2, 0, 3, 3]].T
    filt = np.zeros((4, 6))
    filt[:, 2:] = 3 * motif - 1
    fit, offset, reverse = three_answers(match_filter(filt, motif, 4))
    close(fit, 1.0, name='the fit')
    equal((offset, reverse), (2, False), name='offset and reverse')


@test_case(name='A filter of width 6 that holds GATT from its third column on: fit 1, offset 2, not reversed.', points=1.0)
def case_motif_inside(env):
    _judge(test_motif_inside, env)
