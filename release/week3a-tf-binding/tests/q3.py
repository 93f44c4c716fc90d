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


def test_a_track_per_window(StarterCNN, SlidingCNN):
    """Three windows in, three tracks of 300 out, from both networks."""
    letters = np.eye(4, dtype=np.float32)[np.arange(900).reshape(3, 300) ** 2 // 3 % 4]
    for model_class, sizes, name in ((StarterCNN, (4, 8), 'StarterCNN'), (SlidingCNN, (4, 5), 'SlidingCNN')):
        model = model_class(*sizes)
        if not callable(model):
            fail('A class does not give a model')
        expect(model(tensor(letters)), shape=(3, 300), name=f'{name}(…)(x)')


@test_case(name='Three windows in, three tracks of 300 out, from both networks.', points=1.0)
def case_a_track_per_window(env):
    _judge(test_a_track_per_window, env)
