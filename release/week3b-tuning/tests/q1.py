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


def drawn(configs, space, n):
    """Require n configurations of the space; return them as tuples of places, in the order of the knobs."""
    if not isinstance(configs, (list, tuple)) or not all((isinstance(config, dict) for config in configs)):
        fail('sample_configs returns a list of dictionaries')
    if len(configs) != n:
        fail('The list does not have n configurations')
    places = []
    for config in configs:
        if set(config) != set(space):
            fail('A configuration does not have exactly the knobs of the space')
        found = [[same(config[name], choice) for choice in choices] for name, choices in space.items()]
        if not all((any(knob) for knob in found)):
            fail("A configuration has a value that is none of its knob's choices")
        places.append(tuple((knob.index(True) for knob in found)))
    return places


def many(student, sample_configs, space, n, seeds):
    """Return the lists of many seeds, fifty in a message."""
    portions = [seeds[start:start + 50] for start in range(0, len(seeds), 50)]
    return [found for some in portions for found in student.calls(sample_configs, *([space, n, seed] for seed in some))]


def same(value, choice):
    """Tell whether a value is a choice: 4 is 4.0, but True is not 1."""
    return isinstance(value, bool) == isinstance(choice, bool) and isinstance(value, str) == isinstance(choice, str) and (value == choice)


def test_three_of_eight(sample_configs):
    """Three configurations of a small space have its knobs, and choices of theirs."""
    space = {'lr': [0.1, 0.01], 'width': [8, 16], 'bias': [True, False]}
    drawn(sample_configs(space, 3, 0), space, 3)


@test_case(name='Three configurations of a small space have its knobs, and choices of theirs.', points=2.0)
def case_three_of_eight(env):
    _judge(test_three_of_eight, env)
