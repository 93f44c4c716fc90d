"""Names that a later cell binds again, modes that it sets: each question is judged as its check cell found it."""

from __future__ import annotations

import pytest

HONEST_ONCE = True  # variants of one kind: see conftest.py

LATER = {
    "an instance": "sum_of_squares = nn.MSELoss()",
    "a number": "sum_of_squares = 25\nMLP = 3",
    "an unpacking": "sum_of_squares, MLP = [1, 2][:1], [1, 2][1:]",
    "a loop": "for sum_of_squares in range(3): pass",
    "an import": "import math as sum_of_squares",
    "a deletion": "del sum_of_squares, MLP",
    "a second function": "def sum_of_squares(a, b):\n    return a - b",
    "a second class": "class MLP(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.one = nn.Linear(1, 1)",
    "np": "np = 5\nnn = None",
    "torch gone": "del torch\ndel nn",
    "another torch": "import numpy as torch",
    "a hidden builtin": "sum = 0\nlist = [1]\nrange = len = None",
    "a changed builtin": "import builtins\nbuiltins.sum = lambda values: 0",
    "a changed library": "torch.relu = torch.abs\nnn.Linear = nn.Bilinear",
    "default dtype": "torch.set_default_dtype(torch.float64)",
    "old default": "torch.set_default_tensor_type(torch.DoubleTensor)",
    "no gradients": "torch.set_grad_enabled(False)",
    "errors raise": "np.seterr(all='raise')",
    "warnings raise": "import warnings\nwarnings.simplefilter('error')",
    "deterministic": "torch.use_deterministic_algorithms(True)",
    "anomalies": "torch.autograd.set_detect_anomaly(True)",
    "prints": "np.set_printoptions(precision=1)\ntorch.set_printoptions(precision=1)",
    "recursion": "import sys\nsys.setrecursionlimit(60)",
    "folder": "import os\nos.makedirs('elsewhere', exist_ok=True)\nos.chdir('elsewhere')",
    "everything cleared": "globals().clear()",
    "everything reset": "%reset -f",
    "generators": "torch.manual_seed(0)\nnp.random.seed(0)\nimport random\nrandom.seed(0)",
}


@pytest.mark.parametrize("habit", LATER)
def test_later_cell_costs_nothing(grade, habit):
    """What the last cell binds is not what the questions before it are judged by."""
    assert grade(extra=(LATER[habit],)).lost == {}


def test_all_of_them_cost_nothing(grade):
    """One after the other in one notebook."""
    cells = [
        text
        for habit, text in LATER.items()
        if "torch" not in habit and habit not in ("np", "recursion", "everything cleared")
    ]
    assert grade(extra=tuple(cells)).lost == {}


HELPED = {
    "a helper below": (
        "def sum_of_squares(values):\n    return total(values)",
        "def total(values):\n    return sum(v * v for v in values)",
    ),
    "recursion over cells": (
        "def sum_of_squares(values):\n    return values[0] ** 2 + rest(values) if values else 0",
        "def rest(values):\n    return sum_of_squares(values[1:])",
    ),
    "a stub, answered below": (
        "def sum_of_squares(values):\n    raise NotImplementedError()",
        "def sum_of_squares(values):\n    return sum(v * v for v in values)",
    ),
    "mended below": (
        "def sum_of_squares(values):\n    return 0",
        "def sum_of_squares(values):\n    return sum(v * v for v in values)",
    ),
    "defined below only": ("", "def sum_of_squares(values):\n    return sum(v * v for v in values)"),
    "an import below": (
        "def sum_of_squares(values):\n    return int(m.fsum(v * v for v in values))",
        "import math as m",
    ),
}


@pytest.mark.parametrize("habit", HELPED)
def test_later_cell_that_is_needed_counts(grade, habit):
    """A name that was not there yet is taken from below; so is all, if only that passes the visible checks."""
    answer, later = HELPED[habit]
    assert grade({"q1_answer": answer}, extra=(later,)).lost == {}


def test_question_without_visible_checks_follows_those_that_ask_for_the_same_name(grade):
    """q3 has hidden checks only; its MLP is the mended one, as q2's is."""
    verdict = grade(
        {"q2_answer": "class MLP(nn.Module):\n    pass"},
        extra=(
            """
            class MLP(nn.Module):
                def __init__(self, inputs, hidden):
                    super().__init__()
                    self.fc1 = nn.Linear(inputs, hidden)
                    self.fc2 = nn.Linear(hidden, 1)

                def forward(self, x):
                    return self.fc2(torch.relu(self.fc1(x))).squeeze(1)
            """,
        ),
    )
    assert verdict.lost == {}


def test_question_that_builds_on_an_answer_mended_below_gets_the_mended_one(grade, mini):
    """q1's answer counts as at the end; what q2's hidden check calls of it is that one, too."""
    verdict = grade(
        {
            "q1_answer": "def sum_of_squares(values):\n    raise NotImplementedError()",
            "q2_answer": """
            class MLP(nn.Module):
                def __init__(self, inputs, hidden):
                    super().__init__()
                    self.fc1 = nn.Linear(inputs, hidden)
                    self.fc2 = nn.Linear(hidden, 1)

                def forward(self, x):
                    if len(x) != 5:
                        assert sum_of_squares([1, 2]) == 5
                    return self.fc2(torch.relu(self.fc1(x))).squeeze(1)
            """,
        },
        extra=("def sum_of_squares(values):\n    return sum(v * v for v in values)",),
    )
    assert verdict.lost == {}


def test_two_answers_give_one_chance(grade):
    """Which of two answers counts is decided by visible checks: the hidden ones see the first that passes them."""
    table = "def sum_of_squares(values):\n    return 25"
    right = "def sum_of_squares(values):\n    return sum(v * v for v in values)"
    assert grade({"q1_answer": table}, extra=(right,)).lost == {"q1": 3.0}


def test_name_bound_again_before_its_check_is_told_with_the_cell(grade):
    """In one cell with the answer there is no other state; the words name the place."""
    answer = "def sum_of_squares(values):\n    return sum(v * v for v in values)"
    verdict = grade({"q1_answer": f"{answer}\n"}, before=("def sum_of_squares(v): pass",))
    assert verdict.lost == {}
    verdict = grade({"q1_answer": "sum_of_squares = 5"}, before=("def sum_of_squares(v): pass",))
    assert verdict.lost == {"q1": 4.0}
    said = "`sum_of_squares` was bound again in cell 4: what your notebook defined by that name is gone"
    assert verdict.said == {"test_three_four": said, "test_any_numbers": said}
    verdict = grade(
        {"q1_answer": "def sum_of_squares(values):\n    return helper(values)\nhelper = 3"},
        before=("def helper(values): return sum(v * v for v in values)",),
    )
    assert verdict.said["test_three_four"] == (
        "`helper` was bound again in cell 4: what your notebook defined by that name is gone "
        "(your code raised TypeError in line 3 of its cell: 'int' object is not callable)"
    )


def test_old_names_take_little_memory(grade, engine):
    """A large array that a cell binds again is not kept alive by the names of the questions before."""
    cell = "big = np.ones(22_000_000)\nbig[0] = 2"
    verdict = grade(before=(cell,), extra=(cell.replace("ones(", "zeros(2 * "), cell))
    assert verdict.lost == {}
    assert not verdict.problems


def test_released_definition_stays_whatever_is_put_back(grade):
    """The names at a check cell bring no other `setup` back."""
    assert grade(before=("nn = torch.nn\nequal = close = None",), extra=("equal = 3",)).lost == {}
