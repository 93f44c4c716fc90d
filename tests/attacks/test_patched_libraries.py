"""Libraries that were made to agree with everything: they are not the ones that judge."""

from __future__ import annotations

import pytest

HONEST_ONCE = True  # variants of one kind: see conftest.py

PATCHES = {
    "torch": """
        torch.allclose = torch.equal = lambda *a, **k: True
        torch.testing.assert_close = lambda *a, **k: None
        torch.Tensor.__eq__ = lambda *a: True
        """,
    "numpy": """
        np.allclose = np.array_equal = np.isclose = lambda *a, **k: True
        np.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **k: None
        np.ndarray = object
        """,
    "pytest": """
        import sys, types
        fake = types.ModuleType("pytest")
        fake.__getattr__ = lambda name: (lambda *a, **k: True)
        sys.modules["pytest"] = sys.modules["_pytest"] = sys.modules["_pytest.reports"] = fake
        import unittest
        unittest.TestCase.assertEqual = lambda *a, **k: None
        unittest.TestResult.wasSuccessful = lambda self: True
        """,
    "builtins": """
        import builtins
        builtins.all = builtins.any = builtins.isinstance = lambda *a: True
        builtins.AssertionError = builtins.ValueError = type("Nothing", (BaseException,), {})
        builtins.sum = builtins.abs = lambda *a: 25
        """,
    "wire": """
        import sys
        wire = sys.modules["autograder.sandbox.wire"]
        wire.MAX_TREE_BYTES = wire.MAX_BUFFERS = wire.MAX_BUFFER_BYTES = 1 << 62
        for name, module in list(sys.modules.items()):
            if name.startswith("autograder"):
                for attribute in ("CheckFailed", "WireError", "equal", "close", "expect"):
                    setattr(module, attribute, lambda *a, **k: None)
        """,
    "check": """
        check = equal = close = expect = at_most = points = lambda *a, **k: None
        CheckFailed = type("Nothing", (BaseException,), {})
        reference = type("Reference", (), {"sum_of_squares": staticmethod(lambda v: 0)})
        """,
}


@pytest.mark.parametrize("library", PATCHES)
def test_patched_library_does_not_make_wrong_answers_right(grade, library):
    """A wrong answer fails with the words of any wrong answer, or because the patch broke its own process."""
    patch = PATCHES[library].replace("\n        ", "\n").strip()
    answer = "def sum_of_squares(values):\n    return 0"
    verdict = grade({"q1_answer": answer}, before=("import numpy as np, torch", patch), extra=(patch,))
    assert verdict.lost["q1"] == 4.0
    assert (
        verdict.said["test_any_numbers"]
        in (
            "the result is not the expected value",
            "your code raised AttributeError",  # NumPy's arrays are gone
            "your code ended the Python process (os._exit, a crash or a signal)",  # nothing works without isinstance
        )
    )


def test_patched_check_library_of_the_grader_is_out_of_reach(grade):
    """The modules of the grader are not in the student's process, and cannot be imported there."""
    verdict = grade(
        extra=(
            """
        import sys
        print([n for n in sys.modules if n.startswith("_pytest")])
        for name in ("pytest_plugin", "grader", "bundle", "references", "messages"):
            assert f"autograder.{name}" not in sys.modules
    """,
        )
    )
    assert verdict.lost == {}
    assert verdict.problems == {}
