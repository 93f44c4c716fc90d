"""A test of another tool's in the words of our checks, statement by statement."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from autograder import checks
from autograder.author.dialects.convert_asserts import Asserts

MODULES = {
    "np": "numpy",
    "math": "math",
    "torch": "torch",
    "pd": "pandas",
    "assert_equal": "nose.tools:assert_equal",
}


def converted(source: str, *names: str) -> str:
    """Return what a test becomes, without its indentation."""
    return Asserts(MODULES, set(names)).convert(ast.parse(source).body).source(indent="")


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("assert f(2) == 4", "equal(f(2), 4)"),
        ("assert 4 == f(2), 'squares'", "equal(f(2), 4, hint='squares')"),
        ("assert f(2) is None", "equal(f(2), None)"),
        ("assert np.allclose(f(x), [1, 2], atol=0.1)", "close(f(x), [1, 2], rtol=1e-05, atol=0.1)"),
        ("assert np.allclose(f(x), 0)", "assert np.allclose(f(x), 0)"),
        ("assert math.isclose(f(2), 0.5)", "close(f(2), 0.5, rtol=1e-09, atol=0.0)"),
        ("assert abs(f(2) - 4) < 1e-6", "close(f(2), 4, rtol=0, atol=1e-06)"),
        ("assert f(2).shape == (5, 1)", "expect(f(2), shape=(5, 1), finite=False)"),
        ("assert tuple(f(2).shape) == (5, 1)", "expect(f(2), shape=(5, 1), finite=False)"),
        ("assert (f(x) == y).all()", "equal(f(x), y)"),
        ("assert f(2) <= 0.1", "at_most(f(2), 0.1, name='f(2)')"),
        ("assert f(2) < 0.1", "assert f(2) < 0.1"),
        ("assert isinstance(f(2), list)", "assert isinstance(f(2), list)"),
        ("assert f(2) == 4 and f(3) == 9", "equal(f(2), 4)\nequal(f(3), 9)"),
        ("assert f(2) == {1, 2}", "assert f(2) == {1, 2}"),
        ("assert_equal(f(2), 4)", "equal(f(2), 4)"),
        ("np.testing.assert_allclose(f(2), 4)", "close(f(2), 4, rtol=1e-07, atol=0.0)"),
        ("np.testing.assert_almost_equal(f(2), 4, 3)", "close(f(2), 4, rtol=0, atol=0.0015)"),
        ("assert_raises(ValueError, f, 0)", "with raises('ValueError'):\n    f(0)"),
        (
            "try:\n    f(0)\nexcept ValueError:\n    pass\nelse:\n    raise AssertionError('did not raise')",
            "with raises('ValueError'):\n    f(0)",
        ),
        ("for n in (1, 2):\n    assert f(n) == n * n", "for n in (1, 2):\n    equal(f(n), n * n)"),
        ("assert f(math.pi) == 0", "equal(f(np.pi), 0)"),
        ("assert torch.allclose(f(torch.ones(2)), torch.tensor([1.0, 2.0]))",
         "close(f(tensor(np.ones(2, np.float32))), np.array([1.0, 2.0], np.float32), rtol=1e-05, atol=1e-08)"),
        ("print('testing')\nassert f(2) == 4", "equal(f(2), 4)"),
    ],
)  # fmt: skip
def test_statement_gets_its_form(source: str, wanted: str) -> None:
    """What has a form of ours gets it; the rest stays a bare assert."""
    assert converted(source, "f", "x") == wanted


def test_what_needs_another_library_is_left_with_all_that_builds_on_it() -> None:
    """A check that would stop on a name that is not there judges nobody."""
    text = converted("frame = pd.DataFrame()\nassert f(frame) == 1\nassert f(2) == 4", "f")
    assert text.startswith("equal(f(2), 4)\n# To do (checks have no pandas):")
    assert "# To do (it builds on frame, which is left):" in text


def test_nothing_convertible_waits_for_a_person() -> None:
    """A check without a condition would be full points for everybody."""
    assert converted("pd.testing.assert_frame_equal(f(1), g)", "f").endswith(
        'review("this check is still to be written")'
    )


@pytest.mark.parametrize("value", [4, 4.0, 4.0000001, 5, None, "4", [4], np.float64(4), True])
@pytest.mark.parametrize(
    "test", ["assert v == 4", "assert np.isclose(v, w)", "assert abs(v - 4) < 1e-6", "assert v <= 4"]
)
def test_form_keeps_the_verdict(test: str, value: object) -> None:
    """The same numbers pass as before; what is no number fails here with a reason, not with an error."""
    here = {**vars(checks), "np": np, "v": value, "w": 4.0}
    verdicts = []
    for source in (test, converted(test, "v")):
        try:
            exec(source, dict(here))
            verdicts.append(True)
        except Exception:
            verdicts.append(False)
    if value is not True and value != [
        4
    ]:  # a flag and a list are no numbers here, whatever NumPy makes of them
        assert verdicts[0] == verdicts[1]
