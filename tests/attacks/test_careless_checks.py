"""Checks that an author wrote carelessly: what a student returns or raises must not bend them.

A course of its own, because the mini course's checks are careful.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.author import release
from autograder.engine.grade import Engine
from autograder.model import CheckResult, Outcome

CHECKS = """
# check: q
### BEGIN HIDDEN TESTS
@timeout(1)
def test_raises_value_error(f):
    with raises("ValueError"):
        f("raise", [123454321])

@timeout(1)
def test_raises_anything(f):
    with raises("Exception"):
        f("any", 1)

@timeout(1)
def test_two_results_differ(f):
    assert f("differ", 1) != f("differ", 2)

@timeout(1)
def test_results_are_not_equal_arrays(f):
    assert not np.array_equal(f("arrays", 1), f("arrays", 2))

@timeout(1)
def test_errors_are_ignored(f):
    try:
        f("ignored", 1)
    except Exception:
        pass

@timeout(1)
def test_answer_goes_to_the_reference(f, reference):
    assert reference.g(f("reference", 3)) == 6

@timeout(1)
def test_arithmetic_on_the_answer(f):
    assert f("arithmetic", 1) - f("arithmetic", 1) == 0

@timeout(1)
def test_broadcast_that_asks_for_much(f):
    a = np.asarray(f("broadcast", 1))
    assert ((a[:, None] - a[None, :]) ** 2).sum() == 0

@timeout(1)
def test_looks_at_every_value(f):
    for value in f("every", 1):
        for _ in range(100):
            assert str(value) == "1"

@timeout(1)
def test_reference_that_dies(f, reference):
    f("dies", 1)
    reference.g("die")

@timeout(1)
def test_reference_that_raises_inside_raises(f, reference):
    with raises("ValueError"):
        reference.g("other")
### END HIDDEN TESTS
"""
SOLUTION = """
# answer: q_answer
### BEGIN SOLUTION
def f(what, value):
    if what in ("raise", "any"):
        raise ValueError("no")
    if what == "reference":
        return value
    if what == "every":
        return [1]
    if what in ("arrays", "broadcast"):
        return np.full(3, value if what == "arrays" else 1.0)
    return value

def g(value):
    import os
    if value == "die":
        os._exit(1)
    if value == "other":
        raise KeyError("ours")
    return 2 * value
### END SOLUTION
"""


def cell(kind: str, grade_id: str, source: str, points: float | None = None) -> Any:
    """Return a cell with nbgrader's metadata."""
    made = new_code_cell(source.strip())
    flags = {"grade": kind == "check", "solution": kind == "answer", "locked": kind in ("check", "locked")}
    made.metadata["nbgrader"] = {"schema_version": 3, "task": False, "grade_id": grade_id, **flags}
    if points is not None:
        made.metadata["nbgrader"]["points"] = points
    return made


@pytest.fixture(scope="module")
def careless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Any]]:
    """An engine for the careless course, and its released notebook."""
    folder = tmp_path_factory.mktemp("careless")
    notebook = new_notebook()
    notebook.cells = [
        cell("locked", "first_cell", "# locked: first_cell\nfrom autograder.first_cell import *"),
        cell("locked", "setup", "# locked: setup\nimport numpy as np\nimport torch"),
        cell("answer", "q_answer", SOLUTION),
        cell("check", "q", CHECKS, 10),
    ]
    (folder / "source" / "odd").mkdir(parents=True)
    nbformat.write(notebook, folder / "source" / "odd" / "odd.ipynb")
    source = release.read_source(folder / "source", folder / "references", "odd")
    bundle = release.make_bundle(source, folder / "bundle", limits={"cell_s": 5.0, "run_s": 120.0})
    with Engine(bundle.folder, warm=True) as engine:
        yield engine, release.solution_notebook(source, release.make_release(source, bundle))


Ask = Callable[[str, str], CheckResult]


@pytest.fixture
def ask(careless: tuple[Engine, Any], tmp_path: Path) -> Ask:
    """Return what one check says of an ``f`` whose body is given."""

    def run(check: str, body: str) -> CheckResult:
        engine, notebook = careless
        made = nbformat.from_dict(notebook)
        source = "# answer: q_answer\ndef f(what, value):\n" + textwrap.indent(
            textwrap.dedent(body).strip(), "    "
        )
        made.cells = [new_code_cell(source) if "answer: q_answer" in c.source else c for c in made.cells]
        nbformat.write(made, tmp_path / "odd.ipynb")
        result = engine.grade(tmp_path)
        found = {c.name: c for c in result.checks}
        assert set(found) == {c.name for c in engine.bundle.checks}, result.staff_notes
        assert "123454321" not in str([c.reason for c in result.checks])
        return found[check]

    return run


def test_class_name_of_an_error_does_not_spell_the_input(ask: Ask) -> None:
    """``raises`` tells what was raised instead: in a hidden check only by a name from the list."""
    body = "raise type('X' + str(value[0]) if isinstance(value, list) else 'X', (Exception,), {})()"
    found = ask("test_raises_value_error", body)
    assert found.outcome is Outcome.FAILED
    assert found.reason == "expected ValueError here, but your code raised an error"


@pytest.mark.parametrize("body", ["import os; os._exit(0)", "while True: pass"])
def test_dead_process_is_not_the_error_that_was_expected(ask: Ask, body: str) -> None:
    """A check that expects some error, or ignores all, does not pass because the process is gone."""
    found = ask("test_raises_anything", f"if what == 'any':\n    {body}\nreturn value")
    assert found.outcome is Outcome.FAILED
    found = ask("test_errors_are_ignored", f"if what == 'ignored':\n    {body}\nreturn value")
    assert found.outcome is Outcome.FAILED


@pytest.mark.parametrize("check", ["test_two_results_differ", "test_results_are_not_equal_arrays"])
def test_objects_are_not_different_because_they_cannot_be_compared(ask: Ask, check: str) -> None:
    """Two handles are neither equal nor different."""
    found = ask(check, "return object()")
    assert found.outcome is Outcome.FAILED
    assert found.reason == "what your code returned cannot be used here (expected another kind of value)"


@pytest.mark.parametrize("value", ["object()", "(lambda: 3)", "torch.nn.Linear(1, 1)"])
def test_object_passed_on_to_the_reference_is_the_student_s_error(ask: Ask, value: str) -> None:
    """A handle cannot go to another process; that is no fault of ours."""
    assert ask("test_answer_goes_to_the_reference", f"return {value}").outcome is Outcome.FAILED


@pytest.mark.parametrize("value", ["None", "'a'", "{}", "object()", "float('nan')", "[]", "b'x'"])
def test_arithmetic_on_an_odd_answer_is_the_student_s_error(ask: Ask, value: str) -> None:
    """Whatever Python says about it, the answer is to blame."""
    assert ask("test_arithmetic_on_the_answer", f"return {value}").outcome is Outcome.FAILED


def test_arithmetic_that_asks_for_the_whole_memory_is_the_student_s_error(ask: Ask) -> None:
    """(N, 1) − (1, N) with N = 10^5: refused before this machine suffers."""
    found = ask("test_broadcast_that_asks_for_much", "return np.zeros(100_000)")
    assert found.outcome is Outcome.FAILED
    assert "emory" in found.staff_note


def test_answer_that_takes_too_long_to_look_through_is_the_student_s_error(
    ask: Ask, careless: tuple[Engine, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Millions of values, which a check walks through in Python: not "not graded", which is no evaluation."""
    monkeypatch.setitem(careless[0].time_limits, "run_s", 8.0)
    body = "return np.ones(14_000_000, np.uint8) if what == 'every' else value"
    found = ask("test_looks_at_every_value", body)
    assert found.outcome is Outcome.FAILED
    assert found.reason == "what your code returned is too large to be looked through in the time of a check"


def test_reference_that_dies_or_raises_is_our_fault(ask: Ask) -> None:
    """Whoever is right must not lose a point because our own solution broke."""
    assert ask("test_reference_that_dies", "return value").outcome is Outcome.ERROR
    assert ask("test_reference_that_raises_inside_raises", "return value").outcome is Outcome.ERROR
