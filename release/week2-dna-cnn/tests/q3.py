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


def test_length_of_eight(conv_output_length):
    """A filter of width 3 has 6 places on 8 letters, and 8 with one zero at each end."""
    equal(conv_output_length(8, 3), 6, name='the number of places')
    equal(conv_output_length(8, 3, padding=1), 8, name='the number of places with padding')


def test_slide_by_hand(conv1d_by_hand):
    """The filter (1, 10) slides over 1, 2, 3, 4."""
    close(conv1d_by_hand(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 10.0])), [21.0, 32.0, 43.0], name='the output')


@test_case(name='A filter of width 3 has 6 places on 8 letters, and 8 with one zero at each end.', points=1.0)
def case_length_of_eight(env):
    _judge(test_length_of_eight, env)


@test_case(name='The filter (1, 10) slides over 1, 2, 3, 4.', points=1.0)
def case_slide_by_hand(env):
    _judge(test_slide_by_hand, env)
