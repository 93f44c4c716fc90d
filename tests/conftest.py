"""A small course that the tests of the engine, the attacks and the edges share."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder import release
from autograder.grade import Engine
from autograder.model import GradingResult

ASSIGNMENT = "mini"


def cell(kind: str, grade_id: str, source: str, points: float | None = None, tags: tuple[str, ...] = ()) -> Any:
    """Return a code cell with nbgrader's metadata."""
    made = new_code_cell(textwrap.dedent(source).strip())
    made.metadata["nbgrader"] = {
        "schema_version": 3,
        "grade": kind in ("check", "manual"),
        "solution": kind in ("answer", "manual"),
        "locked": kind in ("check", "locked"),
        "task": False,
        "grade_id": grade_id,
    }
    if points is not None:
        made.metadata["nbgrader"]["points"] = points
    if tags:
        made.metadata["tags"] = list(tags)
    return made


def mini_source() -> Any:
    """Return the source notebook: a function, a module, a training loop, handed-in weights."""
    notebook = new_notebook()
    notebook.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
    notebook.cells = [
        cell("locked", "first_cell", "# locked: first_cell\nfrom autograder.first_cell import *"),
        new_markdown_cell("# Mini"),
        cell(
            "locked",
            "setup",
            """
            # locked: setup
            import numpy as np
            import torch
            from torch import nn
            """,
        ),
        new_markdown_cell("## Sum of squares"),
        cell(
            "answer",
            "q1_answer",
            """
            # answer: q1_answer
            def sum_of_squares(values):
                ### BEGIN SOLUTION
                return sum(v * v for v in values)
                ### END SOLUTION
            """,
        ),
        cell(
            "check",
            "q1",
            """
            # check: q1
            @points(1)
            def test_three_four(sum_of_squares):
                \"\"\"3 and 4 give 25.\"\"\"
                equal(sum_of_squares([3, 4]), 25)

            check(test_three_four)
            ### BEGIN HIDDEN TESTS
            @points(3)
            def test_any_numbers(sum_of_squares, reference, rng):
                \"\"\"Any numbers are squared and summed.\"\"\"
                for _ in range(3):
                    values = [int(v) for v in rng.integers(-50, 50, 6)]
                    equal(sum_of_squares(values), reference.sum_of_squares(values))
            ### END HIDDEN TESTS
            """,
            4,
        ),
        new_markdown_cell("## A module"),
        cell(
            "answer",
            "q2_answer",
            """
            # answer: q2_answer
            class MLP(nn.Module):
                ### BEGIN SOLUTION
                def __init__(self, inputs, hidden):
                    super().__init__()
                    self.fc1 = nn.Linear(inputs, hidden)
                    self.fc2 = nn.Linear(hidden, 1)

                def forward(self, x):
                    return self.fc2(torch.relu(self.fc1(x))).squeeze(1)
                ### END SOLUTION
            """,
        ),
        cell(
            "check",
            "q2",
            """
            # check: q2
            @points(1)
            def test_output_shape(MLP):
                \"\"\"A batch of 5 gives 5 numbers.\"\"\"
                expect(MLP(2, 3)(tensor(np.ones((5, 2), np.float32))), shape=(5,))

            check(test_output_shape)
            ### BEGIN HIDDEN TESTS
            @points(2)
            def test_is_relu_network(MLP, student, rng):
                \"\"\"The output is W2·ReLU(W1·x + b1) + b2.\"\"\"
                model = MLP(2, 3)
                values = [p["value"] for p in student.parameters(model)]
                expect(len(values), shape=())
                arrays = [rng.standard_normal(v.shape).astype(np.float32) for v in values]
                student.set_parameters(model, arrays)
                w1, b1, w2, b2 = arrays
                x = rng.standard_normal((7, 2)).astype(np.float32)
                close(model(tensor(x)), (np.maximum(x @ w1.T + b1, 0) @ w2.T + b2)[:, 0], atol=1e-5, rtol=1e-4)

            @points(1)
            @after("test_output_shape")
            def test_batch_of_one(MLP):
                \"\"\"A batch of one survives.\"\"\"
                expect(MLP(2, 3)(tensor(np.ones((1, 2), np.float32))), shape=(1,))
            ### END HIDDEN TESTS
            """,
            4,
        ),
        new_markdown_cell("## Words"),
        cell("manual", "m1", "# manual: m1\n'the answer in words'", 2),
    ]
    return notebook


def make_mini_course(folder: Path) -> tuple[release.Source, Path, Any]:
    """Write the course; returns its source, the bundle's folder and the released notebook."""
    source_folder = folder / "source" / ASSIGNMENT
    source_folder.mkdir(parents=True)
    nbformat.write(mini_source(), source_folder / f"{ASSIGNMENT}.ipynb")
    source = release.read_source(folder / "source", folder / "references", ASSIGNMENT)
    bundle = release.make_bundle(source, folder / "bundle" / ASSIGNMENT, limits={"cell_s": 5.0, "run_s": 120.0})
    return source, bundle.folder, release.make_release(source, bundle)


@pytest.fixture(scope="session")
def mini(tmp_path_factory: pytest.TempPathFactory) -> tuple[release.Source, Path, Any]:
    """The small course: its source, bundle folder and released notebook."""
    return make_mini_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="session")
def engine(mini: tuple[release.Source, Path, Any]) -> Iterator[Engine]:
    """One warm engine for the small course; every test grades in it, as a class would."""
    with Engine(mini[1], warm=True) as made:
        yield made


Grade = Callable[..., GradingResult]


@pytest.fixture
def grade(engine: Engine, mini: tuple[release.Source, Path, Any], tmp_path: Path) -> Grade:
    """Grade the solution with some cells replaced and some files added."""

    def run(
        cells: dict[str, str] | None = None,
        *,
        extra: tuple[str, ...] = (),
        files: dict[str, bytes] | None = None,
        before: tuple[str, ...] = (),
    ) -> GradingResult:
        source, _, released = mini
        notebook = release.solution_notebook(source, released)
        for one in notebook.cells:
            grade_id = one.metadata.get("nbgrader", {}).get("grade_id")
            if cells and grade_id in cells:
                one.source = f"# answer: {grade_id}\n" + textwrap.dedent(cells[grade_id]).strip()
        notebook.cells[3:3] = [new_code_cell(textwrap.dedent(text).strip()) for text in before]
        notebook.cells += [new_code_cell(textwrap.dedent(text).strip()) for text in extra]
        folder = tmp_path / "hand-in"
        folder.mkdir(exist_ok=True)
        nbformat.write(notebook, folder / f"{ASSIGNMENT}.ipynb")
        for name, content in (files or {}).items():
            (folder / name).write_bytes(content)
        return engine.grade(folder)

    return run
