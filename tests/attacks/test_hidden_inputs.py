"""Hidden inputs sent out through the only ways that a hidden check has to the student: its words."""

from __future__ import annotations

import pytest

HONEST_ONCE = True  # variants of one kind: see conftest.py

MARK = "EXFILTRATED"
WAYS = {
    "text": "raise ValueError('EXFILTRATED' + repr(values))",
    "class name": "raise type('EXFILTRATED' + '_'.join(map(str, values)).replace('-', 'm'), (Exception,), {})()",
    "known name, own text": "raise type('ValueError', (Exception,), {'__str__': lambda s: 'EXFILTRATED' + repr(values)})",
    "mro": "raise type('A', (type('EXFILTRATED', (Exception,), {}),), {})",
    "group": "raise ExceptionGroup('EXFILTRATED' + repr(values), [ValueError('EXFILTRATED')])",
    "note": "e = ValueError(); e.add_note('EXFILTRATED' + repr(values)); raise e",
    "NameError": "raise NameError(\"name 'EXFILTRATED\" + '_'.join(map(str, values)).replace('-', 'm') + \"' is not defined\")",
    "NotImplementedError": "raise NotImplementedError('EXFILTRATED' + repr(values))",
    "value": "return 'EXFILTRATED' + repr(values)",
    "dict": "return {'EXFILTRATED' + repr(values): 1}",
    "printed": "print('EXFILTRATED', values); return 0",
    "object": "return type('EXFILTRATED', (), {'__repr__': lambda s: 'EXFILTRATED'})()",
}


@pytest.mark.parametrize("way", WAYS)
def test_hidden_input_does_not_come_back_in_words(grade, way):
    """A hidden check names the kind of an error from a fixed list, never the student's own text."""
    verdict = grade(
        {"q1_answer": f"def sum_of_squares(values):\n    if len(values) == 2: return 25\n    {WAYS[way]}"}
    )
    assert verdict.lost == {"q1": 3.0}
    assert MARK not in verdict.said["test_any_numbers"]
    # The student's own source holds the mark, and the lines of it beside a verdict; nothing else that they see does.
    sources = [cell["source"] for cell in verdict.result.extra["notebook"]["cells"]]
    shown = [str(check.code) for check in verdict.result.checks]
    assert verdict.visible_bytes.count(MARK.encode()) <= sum(text.count(MARK) for text in sources + shown)
    assert sum(text.count(MARK) for text in shown) <= 2


def test_name_that_a_forged_error_claims_is_missing_is_not_repeated(grade):
    """Only the names that the check itself asked for are repeated, even where line 0 is claimed."""
    verdict = grade(
        {
            "q1_answer": """
        import sys
        worker = next(m for n, m in sys.modules.items() if n.endswith("inside.cells"))
        worker.line_in_cell = lambda error: 0
        def sum_of_squares(values):
            if len(values) == 2:
                return 25
            raise NameError("name 'EXFILTRATED_" + "_".join(map(str, values)).replace("-", "m") + "' is not defined")
        """
        }
    )
    assert verdict.lost == {"q1": 3.0}
    assert verdict.said["test_any_numbers"] == "your code raised NameError"


def test_hidden_input_in_a_file_does_not_reach_a_visible_check(grade):
    """Visible checks, which quote the student's values, have all run before a hidden input arrives."""
    verdict = grade(
        {
            "q1_answer": """
        import os
        def sum_of_squares(values):
            with open("seen.txt", "a") as file:
                file.write(repr(values))
            with open("seen.txt") as file:
                seen = file.read()
            return "EXFILTRATED " + seen if len(values) != 2 else seen
        """,
            "q2_answer": """
        class MLP(nn.Module):
            def __init__(self, inputs, hidden):
                super().__init__()
            def forward(self, x):
                raise ValueError("seen: " + open("seen.txt").read())
        """,
        }
    )
    assert verdict.lost == {"q1": 4.0, "q2": 4.0, "q3": 3.0}
    assert verdict.said["test_three_four"] == "the result: expected a number, got a string"
    assert (
        verdict.said["test_output_shape"] == "your code raised ValueError in line 6 of its cell: seen: [3, 4]"
    )
    assert MARK not in verdict.said["test_any_numbers"]


def test_hidden_input_cannot_be_spelled_in_the_details_of_a_weights_error(grade):
    """The worker's own operation, replaced: its codes come from a list, its details are numbers."""
    verdict = grade(
        extra=(
            """
        import sys
        operations = sys.modules["autograder.sandbox.inside.operations"]
        operations.OPERATIONS["load_weights"] = lambda model, name: ["shape", "EXFILTRATED", "EXFILTRATED"]
    """,
        )
    )
    assert verdict.lost == {"q3": 3.0}
    assert (
        verdict.said["test_weights_load"]
        == "a tensor of the weights has shape ? where the model needs ?. Was another model saved?"
    )


def test_hidden_input_cannot_be_spelled_in_an_unknown_weights_code(grade):
    """An unknown code is a damaged file."""
    verdict = grade(
        extra=(
            """
        import sys
        operations = sys.modules["autograder.sandbox.inside.operations"]
        operations.OPERATIONS["load_weights"] = lambda model, name: ["EXFILTRATED"]
    """,
        )
    )
    assert verdict.lost == {"q3": 3.0}
    assert verdict.said["test_weights_load"].startswith("the weights file is damaged")


def test_outputs_of_hidden_checks_are_not_in_the_executed_notebook(grade):
    """Prints, displays, figures and warnings during checks are dropped."""
    verdict = grade(
        {
            "q1_answer": """
        import os, sys, warnings
        from IPython.display import display
        def sum_of_squares(values):
            print("EXFILTRATED", values)
            os.write(1, b"EXFILTRATED")
            os.write(2, b"EXFILTRATED")
            display("EXFILTRATED")
            warnings.warn("EXFILTRATED")
            return sum(v * v for v in values)
        """
        }
    )
    assert verdict.lost == {}
    assert MARK not in verdict.outputs
