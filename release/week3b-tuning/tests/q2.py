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


SMALL = {'num_filters': 3, 'kernel_size': 6, 'add_sigmoid': False, 'learning_rate': 0.1, 'batch_size': 4, 'optimizer': 'SGD'}


SOME_DNA = np.eye(4, dtype=np.float32)[np.arange(900).reshape(3, 300) ** 2 // 7 % 4]


def test_a_score_per_position(build_model):
    """Three windows of 300 letters give three rows of 300 scores that differ."""
    models = [build_model(SMALL) for _ in range(3)]
    if not all((callable(model) for model in models)):
        fail('build_model does not return a model')
    scores = [expect(model(tensor(SOME_DNA)), shape=(3, 300), name='build_model(config)(x)') for model in models]
    if not np.ptp(scores, axis=(1, 2)).max() > 0:
        fail('All scores are the same')


@test_case(name='Three windows of 300 letters give three rows of 300 scores that differ.', points=1.0)
def case_a_score_per_position(env):
    _judge(test_a_score_per_position, env)
