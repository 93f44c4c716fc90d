"""Objects that lie when they are compared, converted or asked for their truth."""

from __future__ import annotations

import pytest

HONEST_ONCE = True  # variants of one kind: see conftest.py

WRONG_KIND = "the result: expected a number, got an object"
LIARS = {
    "eq": """
        class Liar:
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            def __bool__(self): return True
            def __hash__(self): return 0
        """,
    "array": """
        class Liar:
            def __array__(self, *args, **kwargs): return np.array(25)
            def __float__(self): return 25.0
            def __int__(self): return 25
            def __index__(self): return 25
        """,
    "array_function": """
        class Liar:
            __array_priority__ = 1e9
            def __array_function__(self, *args, **kwargs): return True
            def __array_ufunc__(self, *args, **kwargs): return np.bool_(True)
        """,
    "reduce": """
        import os
        class Liar:
            def __reduce__(self): return (os._exit, (0,))
            def __reduce_ex__(self, protocol): return (eval, ("25",))
            def __getstate__(self): return 25
        """,
    "abc": """
        import numbers
        @numbers.Number.register
        class Liar:
            def __eq__(self, other): return True
            def __getattr__(self, name): return lambda *a, **k: True
        """,
}


@pytest.mark.parametrize("liar", LIARS)
def test_object_that_lies_is_only_an_object(grade, liar):
    """An object is never compared, converted or called true: it is named and fails."""
    body = LIARS[liar] + "\ndef sum_of_squares(values):\n    return Liar()"
    verdict = grade({"q1_answer": body.replace("\n        ", "\n")})
    assert verdict.lost == {"q1": 4.0}
    assert verdict.said == {"test_three_four": WRONG_KIND, "test_any_numbers": WRONG_KIND}


@pytest.mark.parametrize("base", ["float", "int", "np.float64"])
def test_number_that_lies_is_judged_on_its_bytes(grade, base):
    """A subclass of a number that equals everything is the number that its bytes say."""
    verdict = grade(
        {
            "q1_answer": f"""
        class Liar({base}):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            def __sub__(self, other): return 0.0
            __rsub__ = __add__ = __radd__ = __abs__ = __sub__
            __hash__ = None

        def sum_of_squares(values):
            return Liar(7)
        """
        }
    )
    assert verdict.lost == {"q1": 4.0}
    assert verdict.said["test_three_four"].startswith("the result: expected 25, got 7")
    assert verdict.said["test_any_numbers"] == "the result is not the expected value"


def test_tensor_subclass_that_answers_for_torch_is_judged_on_its_bytes(grade):
    """``__torch_function__`` says that all is close and wants the expected tensor; it never meets one."""
    verdict = grade(
        {
            "q2_answer": """
        seen = []

        class Liar(torch.Tensor):
            @classmethod
            def __torch_function__(cls, function, types, args=(), kwargs=None):
                seen.append(args)
                if "close" in str(function) or "eq" in str(function):
                    return True
                with torch._C.DisableTorchFunctionSubclass():
                    for other in args:
                        if type(other) is torch.Tensor and other.shape == (7,):
                            return other  # the expected values, if they ever came here
                    return function(*args, **(kwargs or {}))

            def __eq__(self, other): return True
            __hash__ = None

        class MLP(nn.Module):
            def __init__(self, inputs, hidden):
                super().__init__()
                self.fc1 = nn.Linear(inputs, hidden)
                self.fc2 = nn.Linear(hidden, 1)

            def forward(self, x):
                return torch.zeros(len(x)).as_subclass(Liar)
        """
        }
    )
    assert verdict.lost == {"q2": 2.0, "q3": 2.0}
    assert verdict.said["test_is_relu_network"].startswith(
        "the result: differs from the expected values by about"
    )
    assert verdict.said["test_weights_explain"].endswith("at most 0.01 is needed")


def test_sequence_that_lies_is_judged_element_by_element(grade):
    """A list, tuple or dictionary that equals everything crosses as the plain thing."""
    verdict = grade(
        {
            "q1_answer": """
        class Liar(list):
            def __eq__(self, other): return True
            def __len__(self): return 1
            def __iter__(self): return iter([25])

        def sum_of_squares(values):
            return Liar([25])
        """
        }
    )
    assert verdict.lost == {"q1": 4.0}
    assert verdict.said["test_three_four"] == "the result: expected a number, got a list of 1"


def test_module_that_reports_good_parameters_is_judged_by_what_it_computes(grade):
    """Parameters that ``named_parameters`` invents do not make the output right."""
    verdict = grade(
        {
            "q2_answer": """
        class MLP(nn.Module):
            def __init__(self, inputs, hidden):
                super().__init__()
                self.shapes = [(hidden, inputs), (hidden,), (1, hidden), (1,)]

            def named_parameters(self, *a, **k):
                return ((str(i), nn.Parameter(torch.zeros(s))) for i, s in enumerate(self.shapes))

            def parameters(self, *a, **k):
                return (p for _, p in self.named_parameters())

            def forward(self, x):
                return x.sum(1)
        """
        }
    )
    assert verdict.lost == {"q2": 2.0, "q3": 3.0}
    assert verdict.said["test_is_relu_network"].startswith("the result: differs from the expected values")
