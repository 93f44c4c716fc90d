"""A template: an answer that reads the grader's files. Copy it, change the cell, say what it must lose."""

from __future__ import annotations


def test_answer_read_from_our_files_is_not_there(grade):
    """Whatever it finds, the student's function has to return it, and loses q1 if it is wrong."""
    verdict = grade(
        {
            "q1_answer": """
            import glob
            def sum_of_squares(values):
                for path in glob.glob("/tmp/autograder-*/grader-*/bundle/checks/*.py"):
                    return open(path).read()
                return 0
            """
        }
    )
    assert verdict.lost == {"q1": 4.0}
    assert verdict.said["test_three_four"] == "the result: expected 25, got 0"
