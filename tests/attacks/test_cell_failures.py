"""Notebooks of honest students that stop somewhere: the rest counts, and the reason is named."""

from __future__ import annotations

HONEST_ONCE = True  # variants of one kind: see conftest.py


def test_empty_template_gets_no_points_and_no_blame(grade_folder, mini):
    """The untouched release: every question says that it is not answered."""
    import nbformat

    verdict = grade_folder({"mini.ipynb": nbformat.writes(mini[2]).encode()})
    assert verdict.lost == {"q1": 4.0, "q2": 4.0, "q3": 3.0}
    assert verdict.said["test_three_four"] == "not answered yet: the cell still raises NotImplementedError"


def test_function_missing_costs_only_its_question(grade):
    """The name is told."""
    verdict = grade({"q1_answer": "def sum_of_sqares(values): return 25"})
    assert verdict.lost == {"q1": 4.0}
    assert set(verdict.said.values()) == {"`sum_of_squares` is not defined in your notebook"}


def test_syntax_error_costs_only_its_question(grade):
    """The line is told, and why the name is missing."""
    verdict = grade({"q1_answer": "def sum_of_squares(values):\n    return sum(v * v for v in values"})
    assert verdict.lost == {"q1": 4.0}
    assert verdict.problems == {"q1_answer": "stopped with SyntaxError: incomplete input (line 3)"}
    assert verdict.said["test_three_four"].startswith("`sum_of_squares` is not defined: cell ")


def test_indentation_with_tabs_and_spaces_is_told(grade):
    """TabError is an IndentationError is a SyntaxError."""
    verdict = grade({"q1_answer": "def sum_of_squares(values):\n    a = 1\n\treturn 25"})
    assert verdict.lost == {"q1": 4.0}
    assert verdict.problems["q1_answer"].startswith("stopped with ")


def test_cell_that_fails_late_keeps_what_came_before(grade):
    """The cells after it run, too."""
    verdict = grade(before=("1 / 0",), extra=("print('after')",))
    assert verdict.lost == {}
    assert verdict.problems == {"1 / 0": "stopped with ZeroDivisionError: division by zero"}
    assert "after" in verdict.outputs


def test_cells_out_of_order_are_told_where_the_name_is(grade):
    """In Colab it ran because of hidden state."""
    verdict = grade(
        {
            "q1_answer": "square = shapes['square']\ndef sum_of_squares(values):\n    return sum(square(v) for v in values)"
        },
        extra=("shapes = {'square': lambda v: v * v}",),
    )
    assert verdict.lost == {"q1": 4.0}
    assert verdict.problems["q1_answer"].endswith("; `shapes` is defined only in cell 9")
    assert verdict.said["test_three_four"].startswith(
        "`sum_of_squares` is not defined: cell 3 stopped before it (stopped with NameError"
    )


def test_names_used_before_they_are_defined_inside_functions_are_fine(grade):
    """A function may call what a later cell defines."""
    verdict = grade(
        {"q1_answer": "def sum_of_squares(values):\n    return sum(square(v) for v in values)"},
        extra=("def square(v):\n    return v * v",),
    )
    assert verdict.lost == {}


def test_error_inside_a_function_is_told_with_its_line(grade):
    """Visible: with its text. Hidden: its kind and line."""
    verdict = grade({"q1_answer": "def sum_of_squares(values):\n    total = 0\n    return total + values"})
    assert verdict.lost == {"q1": 4.0}
    assert verdict.said["test_three_four"] == (
        "your code raised TypeError in line 4 of its cell: unsupported operand type(s) for +: 'int' and 'list'"
    )
    assert verdict.said["test_any_numbers"] == "your code raised TypeError in line 4 of its cell"


def test_module_without_forward_is_told(grade):
    """torch's own words, for the visible check."""
    verdict = grade(
        {
            "q2_answer": "class MLP(nn.Module):\n    def __init__(self, inputs, hidden):\n        super().__init__()\n        self.fc1, self.fc2 = nn.Linear(inputs, hidden), nn.Linear(hidden, 1)"
        }
    )
    assert verdict.lost == {"q2": 4.0, "q3": 2.0}
    assert verdict.said["test_output_shape"].startswith(
        "your code raised NotImplementedError"
    ) or verdict.said["test_output_shape"].startswith("not answered yet")


def test_wrong_number_of_arguments_is_told(grade):
    """The function exists, but cannot be called so."""
    verdict = grade({"q1_answer": "def sum_of_squares(a, b):\n    return a * a + b * b"})
    assert verdict.lost == {"q1": 4.0}
    assert verdict.said["test_three_four"].startswith(
        "your code raised TypeError: sum_of_squares() missing 1 required positional argument"
    )


def test_answer_cell_deleted_costs_only_its_question(grade, grade_folder, solution, mini):
    """It is not put back: nobody knows what stood there."""
    import nbformat

    notebook = solution()
    notebook.cells = [
        c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") != "q1_answer"
    ]
    weights = (mini[0].references / "solution" / "model_weights.safetensors").read_bytes()
    verdict = grade_folder(
        {"mini.ipynb": nbformat.writes(notebook).encode(), "model_weights.safetensors": weights}
    )
    assert verdict.lost == {"q1": 4.0}
