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


def test_small_network(count_parameters):
    """A 4 → 7 → 2 network has 51 parameters."""
    equal(count_parameters([4, 7, 2]), 51, name='the number of parameters')


def test_small_module(count_module_parameters, toy_net):
    """The module toy_net has 26 parameters."""
    equal(count_module_parameters(toy_net), 26, name='the number of parameters')


@test_case(name='A 4 → 7 → 2 network has 51 parameters.', points=1.0)
def case_small_network(env):
    _judge(test_small_network, env)


@test_case(name='The module toy_net has 26 parameters.', points=1.0)
def case_small_module(env):
    _judge(test_small_module, env)
