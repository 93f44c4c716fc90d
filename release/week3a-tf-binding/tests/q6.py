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


def test_shape_of_your_model(BindingModel):
    """BindingModel() maps three windows to three tracks of 300 numbers."""
    model = BindingModel()
    if not callable(model):
        fail('BindingModel() does not give a model')
    letters = np.eye(4, dtype=np.float32)[np.arange(900).reshape(3, 300) ** 2 // 3 % 4]
    expect(model(tensor(letters)), shape=(3, 300), name='BindingModel()(x)')


@test_case(name='BindingModel() maps three windows to three tracks of 300 numbers.', points=1.0)
def case_shape_of_your_model(env):
    _judge(test_shape_of_your_model, env)
