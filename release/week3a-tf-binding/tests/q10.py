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


def test_form_of_site_moved(site_moved):
    """site_moved is a pair of numbers (which ones is judged when we grade)."""
    expect(site_moved, shape=(2,), name='site_moved')


def test_form_of_key_letter(key_letter):
    """key_letter is a pair: a whole number from 0 to 9, and a number (which ones is judged when we grade)."""
    place, _ = expect(key_letter, shape=(2,), name='key_letter')
    if float(place) not in range(10):
        fail('The place in key_letter is no whole number from 0 to 9')


@test_case(name='site_moved is a pair of numbers (which ones is judged when we grade).', points=0.0)
def case_form_of_site_moved(env):
    _judge(test_form_of_site_moved, env)


@test_case(name='key_letter is a pair: a whole number from 0 to 9, and a number (which ones is judged when we grade).', points=0.0)
def case_form_of_key_letter(env):
    _judge(test_form_of_key_letter, env)
