"""Answers to what is public, and nothing else."""

from __future__ import annotations

HONEST_ONCE = True  # variants of one kind: see conftest.py

HIDDEN = "the result is not the expected value"


def test_table_of_public_answers_keeps_only_the_public_points(grade):
    """The visible check passes, the hidden one has fresh inputs."""
    verdict = grade(
        {"q1_answer": "def sum_of_squares(values):\n    return {(3, 4): 25}.get(tuple(values), 0)"}
    )
    assert verdict.lost == {"q1": 3.0}
    assert verdict.said == {"test_any_numbers": HIDDEN}


def test_right_only_when_watched_loses_the_hidden_points(grade):
    """Call counts, times, paths and the stack do not tell a hidden check from a visible one in time."""
    verdict = grade(
        {
            "q1_answer": """
        import os, time
        calls = 0
        def sum_of_squares(values):
            global calls
            calls += 1
            watched = calls == 1 and len(values) == 2
            return sum(v * v for v in values) if watched else -1
        """
        }
    )
    assert verdict.lost == {"q1": 3.0}


def test_right_on_the_first_call_only_loses_the_check(grade):
    """Every input of a check must be answered."""
    verdict = grade(
        {
            "q1_answer": """
        calls = 0
        def sum_of_squares(values):
            global calls
            calls += 1
            return sum(v * v for v in values) if calls < 3 else 0
        """
        }
    )
    assert verdict.lost == {"q1": 3.0}
    assert verdict.said == {"test_any_numbers": HIDDEN}


def test_reference_is_not_a_name_of_the_notebook(grade):
    """``reference``, ``student``, ``private`` and the check's own functions do not exist over there."""
    verdict = grade(
        {
            "q1_answer": """
        def sum_of_squares(values):
            for name in ("reference", "student", "private", "weights", "card", "rng", "test_any_numbers"):
                thing = globals().get(name) or get_ipython().user_ns.get(name)
                if thing is not None:
                    return thing.sum_of_squares(values)
            return 0
        """
        }
    )
    assert verdict.lost == {"q1": 4.0}
    assert verdict.said["test_three_four"] == "the result: expected 25, got 0"
