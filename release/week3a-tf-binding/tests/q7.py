"""Visible checks of q7, for otter-grader: grader.check("q7")."""

OK_FORMAT = False

from otter.test_files import test_case

name = "q7"


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


def test_table_of_predictions(run_predict):
    """For two windows, predict.py writes a header and two rows of a name and 300 numbers."""
    windows = 'sequence\twindow_name\n' + 'ACGTA' * 60 + '\tchr1_0_299\n' + 'TTGAC' * 60 + '\tchr1_300_599\n'
    text = run_predict(windows)
    if not isinstance(text, str):
        fail('predict.py wrote no text')
    lines = [[field.strip(' "') for field in line.split(',')] for line in text.strip().splitlines()]
    equal([len(fields) for fields in lines], [301, 301, 301], name='the number of columns in each row')
    equal(sorted((fields[0] for fields in lines[1:])), ['chr1_0_299', 'chr1_300_599'], name='the names of the windows')


@test_case(name='For two windows, predict.py writes a header and two rows of a name and 300 numbers.', points=1.0)
def case_table_of_predictions(env):
    _judge(test_table_of_predictions, env)
