"""What one question's checks do to the process must not reach another question's verdict."""

from __future__ import annotations

HONEST_ONCE = True  # variants of one kind: see conftest.py


def test_globals_changed_by_one_question_are_as_before_in_the_next(grade):
    """Each question's hidden checks meet the notebook as the student left it."""
    verdict = grade(
        {
            "q1_answer": """
        calls = []
        def sum_of_squares(values):
            calls.append(len(values))
            if len(values) != 2:
                global MLP, np, torch
                MLP = np = torch = None
            return sum(v * v for v in values)
        """
        }
    )
    assert verdict.lost == {}


def test_crash_in_one_question_does_not_reach_the_next(grade):
    """A function that destroys its process loses its own points."""
    verdict = grade(
        {
            "q1_answer": """
        import ctypes, os, sys
        def sum_of_squares(values):
            if len(values) != 2:
                for fd in range(3, 256):
                    try: os.close(fd)
                    except OSError: pass
                sys.modules.clear()
                ctypes.memset(id(values), 0, 4096)
            return 25
        """
        }
    )
    assert verdict.lost == {"q1": 3.0}


def test_input_mutated_by_the_student_does_not_reach_the_reference(grade):
    """The reference gets its own copy, in another process."""
    verdict = grade(
        {
            "q1_answer": """
        def sum_of_squares(values):
            result = 0
            for i in range(len(values)):
                result += values[i] ** 2
                values[i] = 0
            values.clear()
            return result
        """
        }
    )
    assert verdict.lost == {}


def test_generators_left_anywhere_do_not_change_a_verdict(grade):
    """Global random state, default dtype, gradient mode and thread count are the student's own."""
    verdict = grade(
        extra=(
            """
        import random
        random.seed(0); np.random.seed(0); torch.manual_seed(0)
        random.random = lambda: 0.5
        torch.set_num_threads(4)
    """,
        )
    )
    assert verdict.lost == {}


def test_folder_changed_by_a_cell_does_not_hide_the_weights(grade):
    """An honest ``os.chdir`` must not cost the question of the handed-in file."""
    verdict = grade(extra=("import os; os.makedirs('figures'); os.chdir('figures')",))
    assert verdict.lost == {}


def test_weights_overwritten_by_a_cell_are_judged_as_handed_in(grade):
    """Training is skipped here, so a cell that saves again saves an untrained model: it must not count."""
    verdict = grade(
        extra=(
            "torch.save(MLP(2, 3).state_dict(), 'model_weights.pt')\nimport os; os.remove('model_weights.safetensors')",
        )
    )
    assert verdict.lost == {}


def test_weights_written_by_a_cell_count_where_none_were_handed_in(grade):
    """What the notebook itself makes within its time is an answer, too."""
    verdict = grade(
        extra=("torch.save(MLP(2, 3).state_dict(), 'model_weights.pt')",),
        files={"model_weights.safetensors": None},
    )
    assert verdict.lost == {"q3": 2.0}
    assert verdict.said["test_weights_explain"].startswith("the mean squared error is")


def test_file_of_one_question_is_seen_by_the_next_only_as_a_file(grade):
    """The work folder is shared; a table of inputs seen so far answers nothing."""
    verdict = grade(
        {
            "q1_answer": """
        import json, os
        def sum_of_squares(values):
            table = json.load(open("table.json")) if os.path.exists("table.json") else {}
            table[str(values)] = 25
            json.dump(table, open("table.json", "w"))
            return table[str(values)]
        """
        }
    )
    assert verdict.lost == {"q1": 3.0}
