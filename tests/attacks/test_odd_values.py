"""Values at the edge of their type, and values of the wrong one."""

from __future__ import annotations

import pytest

HONEST_ONCE = True  # variants of one kind: see conftest.py

NOT_FINITE = "the result: 5 of 5 values are NaN or infinite"
VALUES = {
    "None": ("None", "the result: expected a number, got None (does the function return its result?)"),
    "string": ("'25'", "the result: expected a number, got a string"),
    "True": ("True", "the result: expected a number, got True/False"),
    "list": ("[25]", "the result: expected a number, got a list of 1"),
    "tensor of one": ("torch.tensor([25])", "the result: expected a number, got an array of shape (1,)"),
    "nan": ("float('nan')", "the result: expected 25, got nan"),
    "inf": ("float('inf')", "the result: expected 25, got inf"),
    "1e30": ("1e30", "the result: expected 25, got 1e+30"),
    "generator": ("(v for v in [25])", "the result: expected a number, got an object"),
    "object array": ("np.array([25], object)", "the result: expected a number, got an object"),
    "sparse": ("torch.tensor([25.]).to_sparse()", "the result: expected a number, got an object"),
}
RIGHT = {
    "float": "25.0",
    "0-d tensor": "torch.tensor(25)",
    "0-d tensor with a gradient": "torch.tensor(25., requires_grad=True)",
    "0-d array": "np.array(25)",
    "NumPy number": "np.float32(25)",
    "half": "torch.tensor(25., dtype=torch.bfloat16)",
}


@pytest.mark.parametrize("kind", VALUES)
def test_wrong_value_is_named(grade, kind):
    """The student reads what came instead of the number."""
    value, sentence = VALUES[kind]
    verdict = grade({"q1_answer": f"def sum_of_squares(values):\n    return {value}"})
    assert verdict.lost == {"q1": 4.0}
    assert verdict.said["test_three_four"] == sentence


@pytest.mark.parametrize("kind", RIGHT)
def test_right_number_in_any_clothes_passes(grade, kind):
    """A number is a number, whatever computed it."""
    answer = f"def sum_of_squares(values):\n    return {RIGHT[kind]} if len(values) == 2 else sum(v * v for v in values)"
    verdict = grade({"q1_answer": answer.replace("== 2", "== 2 and values[0] == 3")})
    assert verdict.lost == {}


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_values_that_are_not_finite_fail(grade, value):
    """NaN compares false with everything, which is no pass."""
    verdict = grade(
        {
            "q2_answer": f"""
        class MLP(nn.Module):
            def __init__(self, inputs, hidden):
                super().__init__()
                self.fc1, self.fc2 = nn.Linear(inputs, hidden), nn.Linear(hidden, 1)
            def forward(self, x):
                return torch.full((len(x),), float("{value}"))
        """
        }
    )
    assert verdict.lost == {"q2": 4.0, "q3": 2.0}
    assert verdict.said["test_output_shape"] == NOT_FINITE


def test_only_hard_rows_not_finite_fail_without_naming_them(grade):
    """How many rows, not which ones."""
    verdict = grade(
        {
            "q2_answer": """
        class MLP(nn.Module):
            def __init__(self, inputs, hidden):
                super().__init__()
                self.fc1, self.fc2 = nn.Linear(inputs, hidden), nn.Linear(hidden, 1)
            def forward(self, x):
                out = self.fc2(torch.relu(self.fc1(x))).squeeze(1)
                out = out.clone()
                if len(out) == 7:
                    out[3] = float("nan")
                return out
        """
        }
    )
    assert verdict.lost == {"q2": 2.0}
    assert verdict.said["test_is_relu_network"] == "the result: 1 of 7 values are NaN or infinite"


@pytest.mark.parametrize("dtype", ["complex64", "bool", "int64"])
def test_other_dtypes_are_judged_by_their_values(grade, dtype):
    """Complex and boolean outputs are no numbers of the kind that is asked for."""
    verdict = grade(
        {
            "q2_answer": f"""
        class MLP(nn.Module):
            def __init__(self, inputs, hidden):
                super().__init__()
                self.fc1, self.fc2 = nn.Linear(inputs, hidden), nn.Linear(hidden, 1)
            def forward(self, x):
                return self.fc2(torch.relu(self.fc1(x))).squeeze(1).to(torch.{dtype})
        """
        }
    )
    assert verdict.lost["q2"] >= 2.0
    assert set(verdict.lost) <= {"q2", "q3"}


def test_shape_that_broadcasts_is_not_the_shape(grade):
    """(N, 1) against (N,) would compare every row with every other."""
    verdict = grade(
        {
            "q2_answer": """
        class MLP(nn.Module):
            def __init__(self, inputs, hidden):
                super().__init__()
                self.fc1, self.fc2 = nn.Linear(inputs, hidden), nn.Linear(hidden, 1)
            def forward(self, x):
                return self.fc2(torch.relu(self.fc1(x)))
        """
        }
    )
    assert verdict.lost == {"q2": 4.0, "q3": 2.0}
    assert verdict.said["test_output_shape"] == "the result: expected shape (5,), got (5, 1)"


def test_squeeze_that_eats_the_batch_fails_only_its_check(grade):
    """A batch of one comes back as a number."""
    verdict = grade(
        {
            "q2_answer": """
        class MLP(nn.Module):
            def __init__(self, inputs, hidden):
                super().__init__()
                self.fc1, self.fc2 = nn.Linear(inputs, hidden), nn.Linear(hidden, 1)
            def forward(self, x):
                return self.fc2(torch.relu(self.fc1(x))).squeeze()
        """
        }
    )
    assert verdict.lost == {"q2": 1.0}
    assert verdict.said == {"test_batch_of_one": "the result: expected shape (1,), got ()"}


def test_giant_views_are_not_copied(grade):
    """A stride-0 tensor of 10^12 elements is an error of the function that returns it."""
    verdict = grade({"q1_answer": "def sum_of_squares(values):\n    return torch.zeros(1).expand(10**12)"})
    assert verdict.lost == {"q1": 4.0}
    verdict = grade({"q1_answer": "def sum_of_squares(values):\n    return torch.zeros(0, 10**9, 10**9)"})
    assert verdict.lost == {"q1": 4.0}
