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


def three_numbers(result):
    """Return mean, undefined and dropped."""
    if not isinstance(result, (list, tuple, np.ndarray)) or len(result) != 3:
        fail('mean_pearson returns three numbers: mean, undefined and dropped')
    return [float(expect(v, shape=(), name=name)) for v, name in zip(result, ('mean', 'undefined', 'dropped'))]


def test_three_windows_by_hand(mean_pearson):
    """Correlations of 1, −0.5 and, for a constant prediction, 0: the mean is 1/6."""
    predicted = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [5.0, 5.0, 5.0]])
    observed = np.array([[0.0, 2.0, 4.0], [3.0, 1.0, 2.0], [0.0, 0.0, 7.0]])
    mean, undefined, dropped = three_numbers(mean_pearson(predicted, observed))
    close(mean, 1 / 6, name='the mean')
    equal((undefined, dropped), (1, 0), name='the counts')


@test_case(name='Correlations of 1, −0.5 and, for a constant prediction, 0: the mean is 1/6.', points=1.0)
def case_three_windows_by_hand(env):
    _judge(test_three_windows_by_hand, env)
