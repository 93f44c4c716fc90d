"""Visible checks of q10, for otter-grader: grader.check("q10")."""

OK_FORMAT = False

from otter.test_files import test_case

name = "q10"


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


def test_form_of_tat_filter(tat_filter):
    """tat_filter is a whole number from 0 to 31 (which one is judged when we grade)."""
    number = float(expect(tat_filter, shape=(), name='tat_filter'))
    if number not in range(32):
        fail('tat_filter is no whole number from 0 to 31')


def test_form_of_tat_moved(tat_moved):
    """tat_moved is a pair of numbers (which ones is judged when we grade)."""
    expect(tat_moved, shape=(2,), name='tat_moved')


@test_case(name='tat_filter is a whole number from 0 to 31 (which one is judged when we grade).', points=0.0)
def case_form_of_tat_filter(env):
    _judge(test_form_of_tat_filter, env)


@test_case(name='tat_moved is a pair of numbers (which ones is judged when we grade).', points=0.0)
def case_form_of_tat_moved(env):
    _judge(test_form_of_tat_moved, env)
