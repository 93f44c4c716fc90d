"""Visible checks of q6, for otter-grader: grader.check("q6")."""

OK_FORMAT = False

from otter.test_files import test_case

name = "q6"


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


def test_one_number_per_sequence(DNA_Linear, DNA_CNN):
    """Five sequences in, five numbers out, from both models."""
    x = tensor(np.eye(4, dtype=np.float32)[np.arange(40).reshape(5, 8) ** 2 // 3 % 4])
    for model_class, name in ((DNA_Linear, 'DNA_Linear(8)(x)'), (DNA_CNN, 'DNA_CNN(8)(x)')):
        models = [model_class(8) for _ in range(12)]
        if not all((callable(model) for model in models)):
            fail('A class does not give a model')
        spread = max((np.ptp(expect(model(x), shape=(5,), name=name)) for model in models))
        if model_class is DNA_CNN and (not spread > 0):
            fail('Five different sequences give five equal numbers')


@test_case(name='Five sequences in, five numbers out, from both models.', points=1.0)
def case_one_number_per_sequence(env):
    _judge(test_one_number_per_sequence, env)
