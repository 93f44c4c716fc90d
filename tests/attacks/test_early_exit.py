"""The process ends before the checks do: silence and exit code 0 are not a pass."""

from __future__ import annotations

import pytest

HONEST_ONCE = True  # variants of one kind: see conftest.py

DIED = "your code ended the Python process (os._exit, a crash or a signal)"
LEFT_OUT = "ended the Python process; it was left out and the notebook run again"
ENDINGS = {
    "os._exit": "import os; os._exit(0)",
    "abort": "import os; os.abort()",
    "kill": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "segfault": "import ctypes; ctypes.string_at(0)",
    "thread": "import os, threading; threading.Thread(target=os._exit, args=(0,)).start(); import time; time.sleep(5)",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_function_that_ends_the_process_fails_only_its_checks(grade, ending):
    """Each check that calls it fails; the other questions meet the notebook as it was."""
    verdict = grade({"q1_answer": f"def sum_of_squares(values):\n    {ENDINGS[ending]}"})
    assert verdict.lost == {"q1": 4.0}
    assert verdict.said == {"test_three_four": DIED, "test_any_numbers": DIED}


def test_exit_inside_forward_fails_only_its_checks(grade):
    """A module may die in ``forward`` or already when it is made."""
    verdict = grade(
        {
            "q2_answer": """
        import os
        class MLP(nn.Module):
            def __init__(self, inputs, hidden):
                super().__init__()
                self.fc1, self.fc2 = nn.Linear(inputs, hidden), nn.Linear(hidden, 1)
            def forward(self, x):
                os._exit(0)
        """
        }
    )
    assert verdict.lost == {"q2": 4.0, "q3": 2.0}
    assert verdict.said["test_output_shape"] == verdict.said["test_is_relu_network"] == DIED
    assert verdict.said["test_batch_of_one"].startswith("skipped: builds on")


def test_cell_that_ends_the_process_is_left_out(grade):
    """The rest of the notebook runs again without it, and is graded."""
    verdict = grade(extra=("import os; os._exit(0)", "print('still here')"))
    assert verdict.lost == {}
    assert verdict.problems == {"import os; os._exit(0)": LEFT_OUT}
    assert "still here" in verdict.outputs


def test_answer_cell_that_ends_the_process_loses_only_its_question(grade):
    """What the cell would have defined is missing, and the student is told why."""
    verdict = grade({"q1_answer": "import os; os._exit(0)\ndef sum_of_squares(values): return 25"})
    assert verdict.lost == {"q1": 4.0}
    assert verdict.said["test_three_four"] == (
        f"`sum_of_squares` is not defined: cell 3 stopped before it ({LEFT_OUT})"
    )
    assert verdict.problems == {"q1_answer": LEFT_OUT}


def test_more_killers_than_restarts_still_give_a_grade(grade):
    """After the third restart the notebook is run as far as it goes."""
    verdict = grade(extra=tuple(f"import os; os._exit({n})" for n in range(6)))
    assert verdict.lost == {}
    assert "several cells ended the Python process" in verdict.notices


def test_polite_exit_stops_only_its_cell(grade):
    """``exit()`` at the end of a notebook is no offence."""
    ways = ("raise SystemExit(0)", "import sys; sys.exit(0)", "exit()", "quit()", "raise KeyboardInterrupt")
    verdict = grade(extra=(*ways, "print('still here')"))
    assert verdict.lost == {}
    assert list(verdict.problems) == list(ways)
    assert "still here" in verdict.outputs


def test_polite_exit_in_a_function_fails_its_check(grade):
    """``SystemExit`` is an error like any other there."""
    verdict = grade({"q1_answer": "def sum_of_squares(values):\n    raise SystemExit(0)"})
    assert verdict.lost == {"q1": 4.0}
    assert verdict.said["test_any_numbers"] == "your code raised SystemExit in line 3 of its cell"


def test_atexit_hook_changes_nothing(grade):
    """A hook that would set exit code 0 never gets a say: no verdict hangs on an exit code."""
    verdict = grade(
        {"q1_answer": "import atexit, os\natexit.register(os._exit, 0)\ndef sum_of_squares(values): return 1"}
    )
    assert verdict.lost == {"q1": 4.0}
    assert verdict.said["test_three_four"] == "the result: expected 25, got 1"
