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


def same_encoding(encoded, seq):
    """Require the table of a sequence; recognise the slide's order of columns."""
    want = np.array([[float(letter == column) for column in 'ACGT'] for letter in seq.upper()]).reshape(-1, 4)
    got = expect(encoded, shape=want.shape, name='one_hot_encode(seq)', hint='One row per letter, four columns.')
    if len(set(seq.upper()) & set('CGT')) == 3 and np.array_equal(got, want[:, [0, 3, 2, 1]]):
        fail("The columns are in the slide's order A, T, G, C; the contract asks for A, C, G, T")
    close(got, want, name='one_hot_encode(seq)')


def test_the_example(one_hot_encode):
    """GATC becomes the four rows shown above."""
    same_encoding(one_hot_encode('GATC'), 'GATC')


@test_case(name='GATC becomes the four rows shown above.', points=1.0)
def case_the_example(env):
    _judge(test_the_example, env)
