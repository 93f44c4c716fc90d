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


def claimed_by(claim, space):
    """Require a configuration of the space and a correlation; return both."""
    pair = claim()
    if not isinstance(pair, (list, tuple)) or len(pair) != 2:
        fail('claim returns a pair: the configuration and its val_r')
    config, val_r = pair
    if not isinstance(config, dict) or not set(space) <= set(config):
        fail('The configuration is not a dictionary with the six knobs of SPACE')
    for knob, known in space.items():
        value = config[knob]
        plain = isinstance(value, (bool, int, float, str)) and isinstance(value, bool) == isinstance(known[0], bool)
        if not plain or value not in known:
            fail("The configuration has a value that is none of its knob's choices")
    val_r = float(expect(val_r, shape=(), name='the claimed val_r'))
    if not -1 <= val_r <= 1:
        fail('The claimed val_r is no correlation')
    return (config, val_r)


def test_claimed(claimed, SPACE):
    """Claimed: the notebook names a configuration of SPACE, and a val_r that can be one."""
    claimed_by(claimed, SPACE)


@test_case(name='Claimed: the notebook names a configuration of SPACE, and a val_r that can be one.', points=2.0)
def case_claimed(env):
    _judge(test_claimed, env)
