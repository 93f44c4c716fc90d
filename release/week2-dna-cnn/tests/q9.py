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


def test_one_filter(filter_motifs, bare_filters):
    """A filter for A then T is activated twice in CATAT: the counts are 2 for A, then 2 for T."""
    weight = np.zeros((1, 4, 2), dtype=np.float32)
    weight[0, 0, 0] = weight[0, 3, 1] = 1.0
    model = bare_filters(tensor(weight), tensor(np.zeros(1, dtype=np.float32)))
    counts = expect(filter_motifs(model, ['CATAT'], 1.5), shape=(1, 4, 2), name='the counts')
    close(counts[0], [[2.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 2.0]], name='the counts')


@test_case(name='A filter for A then T is activated twice in CATAT: the counts are 2 for A, then 2 for T.', points=1.0)
def case_one_filter(env):
    _judge(test_one_filter, env)
