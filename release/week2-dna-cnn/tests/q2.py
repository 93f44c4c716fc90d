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


def test_rule_by_hand(score_seqs):
    """AAAA scores 20, ATAT has a TAT, GCGG a GCG, and CCGT neither."""
    scores = score_seqs(['AAAA', 'ATAT', 'GCGG', 'CCGT'])
    close(scores, [20.0, 25.5, 4.75, 14.75], name='the scores')


@test_case(name='AAAA scores 20, ATAT has a TAT, GCGG a GCG, and CCGT neither.', points=1.0)
def case_rule_by_hand(env):
    _judge(test_rule_by_hand, env)
