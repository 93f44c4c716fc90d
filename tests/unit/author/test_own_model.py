"""A question about one's own network: the linter tells a key that is everybody's from one of the student's model."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat.v4 import new_notebook

from autograder.author import lint, own_model
from autograder.author.release import Source
from tests.conftest import cell

OWN = """
    model = Net()
    student.load_weights(model, "w.pt")
    scores = expect(student.forward(model, PROBES), shape=(32,))
"""
NEAR = '    if scores[int(best)] < scores.max() - 0.01:\n        fail("Another one is higher")'


def source(body: str, asked: str = "best, Net, student, rng, card, helpers, KNOWN, trained") -> Source:
    """Return an assignment whose hidden check of the value ``best`` has this body."""
    check = (
        "# check: q1\n@points(0)\ndef test_form(best):\n"
        '    """A number."""\n    expect(best, shape=())\n\ncheck(test_form)\n'
        f'### BEGIN HIDDEN TESTS\ndef test_best({asked}):\n    """Yours."""\n{body}\n### END HIDDEN TESTS'
    )
    notebook = new_notebook()
    notebook.cells = [
        cell("locked", "data", "# locked: data\nKNOWN = [1, 2]\nPROBES = [[0.0]]"),
        cell("answer", "q0_answer", "# answer: q0_answer\nclass Net:\n    pass"),
        cell("locked", "load", '# locked: load\nnet = Net()\ntrained = restore(net, "w.pt")'),
        cell("answer", "q1_answer", "# answer: q1_answer\nimport numpy as np\nbest = 30"),
    ]
    notebook.cells.append(cell("check", "q1", check, 100))
    return Source("own", Path("nowhere/own/own.ipynb"), notebook, Path("nowhere/references/own"))


def found(made: Source) -> set[str]:
    """Return the rules of this pattern that found something."""
    return {f.rule for f in lint.lint(made)} & {"constant-key", "tie"}


@pytest.mark.parametrize(
    "body",
    [
        OWN + NEAR,
        OWN + "    close(best, scores.max(), atol=0.01)",
        "    close(best, trained.bias, atol=0.01)",
        "    close(Net(best), 3.0)",
        OWN + "    order = scores.argsort()\n    close(best, scores[order][::-1][0])",
        OWN + "    close(best, scores[scores.argmax()])",
        "    for scores in [student.forward(Net(), [1])]:\n        equal(int(best), round(scores[0]))",
        "    with standing_in() as _:\n        key = helpers.key(student)\n    close(best, key)",
    ],
)
def test_key_of_the_students_model_is_sound(body: str) -> None:
    """However the key comes from the student's process: weights, predictions, an attribute, a helper."""
    assert found(source(body)) == set()


@pytest.mark.parametrize(
    "body",
    [
        "    equal(best, 30)",
        "    close(best, card['floor'])",
        "    close(best, rng.random())",
        "    equal(best, KNOWN[0])",
        "    key = helpers.key(card)\n    equal(best, key)",
        OWN + "    equal(best, 30)",  # the model is asked, and its answer is not used
        OWN + "    at_least(scores.max(), 1.0)\n    equal(best, 30)",
    ],
)
def test_key_that_is_everybodys_is_found(body: str) -> None:
    """A constant, the course's own numbers, a draw that no written value can follow, a model that is asked in vain."""
    assert found(source(body)) == {"constant-key"}


@pytest.mark.parametrize(
    "body",
    [
        OWN + "    equal(best, int(scores.argmax()))",
        OWN + "    equal(best, scores.argsort()[-1])",
        OWN + "    key = np.argmax(scores)\n    equal(int(best), key)",
        OWN + "    if int(best) != list(scores).index(max(scores)):\n        fail('no')",
    ],
)
def test_one_index_of_a_tie_is_found(body: str) -> None:
    """Two filters may be equally good: an exact index takes points from one of two right answers."""
    assert found(source(body)) == {"tie"}


def test_functions_and_forms_are_no_questions_about_a_model() -> None:
    """Only values that hidden checks ask for: a function is judged on inputs that nobody has seen."""
    assert own_model.value_answers(source("    equal(Net(), 3)", "Net, student")) == []
    by_hand = source("    if best < student.parameters(net)[0]:\n        fail('no')", "best, net, student")
    by_hand.notebook.cells[
        3
    ].source += "\nnet = fit(3)"  # a model that an answer cell binds is no answer of its own
    assert [one.name for one in own_model.value_answers(by_hand)] == ["best"]
    (one,) = own_model.value_answers(source(OWN + NEAR))
    assert (one.name, one.question, one.checks, one.own) == ("best", "q1", ["test_best"], True)
