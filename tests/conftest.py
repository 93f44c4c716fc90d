"""A small course that the tests of the engine, the attacks and the edges share."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from safetensors.numpy import save as save_safetensors

from autograder.author import release
from autograder.engine.grade import Engine
from autograder.model import GradingResult

ASSIGNMENT = "mini"
# Texts that stand only where no student may look; see tests/attacks/conftest.py.
CANARY_SOLUTION = "canary-solution-7d1f"
CANARY_CHECK = "canary-hidden-check-52c8"
CANARY_PRIVATE = "canary-private-file-9be3"
CANARY_EXPECTED = "7899832210"  # what a hidden check expects


def cell(
    kind: str, grade_id: str, source: str, points: float | None = None, tags: tuple[str, ...] = ()
) -> Any:
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


def new_source(title: str) -> Any:
    """Return a source notebook with nothing but our first cell and a title."""
    notebook = new_notebook()
    notebook.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
    first = cell("locked", "first_cell", "# locked: first_cell\nfrom autograder.first_cell import *")
    notebook.cells = [first, new_markdown_cell(f"# {title}")]
    return notebook


def same_in_many_threads(new_model: Callable[[int], Any]) -> bool:
    """Tell whether a seed gives the same first weights while other threads draw theirs."""
    wanted = [next(new_model(seed).parameters()).detach().numpy().copy() for seed in range(30)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            found = [next(model.parameters()).detach().numpy() for model in pool.map(new_model, range(30))]
    finally:
        sys.setswitchinterval(interval)
    return all(np.array_equal(a, b) for a, b in zip(wanted, found, strict=True))


def mini_source() -> Any:
    """Return the source notebook: a function, a module, a training loop, handed-in weights."""
    notebook = new_source("Mini")
    notebook.cells += [
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
                # canary-solution-7d1f
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
            @timeout(1)
            def test_three_four(sum_of_squares):
                \"\"\"3 and 4 give 25.\"\"\"
                equal(sum_of_squares([3, 4]), 25)

            check(test_three_four)
            ### BEGIN HIDDEN TESTS
            @points(3)
            @timeout(1)
            def test_any_numbers(sum_of_squares, reference, rng):
                \"\"\"Any numbers are squared and summed.\"\"\"
                canary = "canary-hidden-check-52c8"
                for _ in range(3):
                    values = [int(v) for v in rng.integers(-50, 50, 6)]
                    equal(sum_of_squares(values), reference.sum_of_squares(values))
                equal(sum_of_squares([88881, 7]), 7899832210)
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
            @timeout(1)
            def test_output_shape(MLP):
                \"\"\"A batch of 5 gives 5 numbers.\"\"\"
                expect(MLP(2, 3)(tensor(np.ones((5, 2), np.float32))), shape=(5,))

            check(test_output_shape)
            ### BEGIN HIDDEN TESTS
            @points(2)
            @timeout(1)
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
            @timeout(1)
            @after("test_output_shape")
            def test_batch_of_one(MLP):
                \"\"\"A batch of one survives.\"\"\"
                expect(MLP(2, 3)(tensor(np.ones((1, 2), np.float32))), shape=(1,))
            ### END HIDDEN TESTS
            """,
            4,
        ),
        new_markdown_cell("## Handed-in weights"),
        cell(
            "check",
            "q3",
            """
            # check: q3
            ### BEGIN HIDDEN TESTS
            @points(1)
            def test_weights_load(MLP, student):
                \"\"\"The handed-in weights load into MLP(2, 3).\"\"\"
                student.load_weights(MLP(2, 3), "model_weights.pt")

            @points(2)
            @after("test_weights_load")
            def test_weights_explain(MLP, student, private):
                \"\"\"The handed-in weights explain held-out points.\"\"\"
                x, y = np.load(private / "x.npy"), np.load(private / "y.npy")
                model = MLP(2, 3)
                student.load_weights(model, "model_weights.pt")
                found = expect(student.forward(model, x), shape=y.shape)
                at_most(((found - y) ** 2).mean(), 0.01, name="the mean squared error")
            ### END HIDDEN TESTS
            """,
            3,
        ),
        new_markdown_cell("## Words"),
        cell("manual", "m1", "# manual: m1\n'the answer in words'", 2),
    ]
    return notebook


def good_weights() -> dict[str, np.ndarray]:
    """Return the weights of MLP(2, 3) that explain the held-out points of q3."""
    rng = np.random.default_rng(20261123)
    shapes = {"fc1.weight": (3, 2), "fc1.bias": (3,), "fc2.weight": (1, 3), "fc2.bias": (1,)}
    return {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


def write_references(folder: Path) -> None:
    """Write q3's held-out points and the weights that the solution hands in."""
    w1, b1, w2, b2 = weights = list(good_weights().values())
    assert len(weights) == 4
    x = np.random.default_rng(7).standard_normal((64, 2)).astype(np.float32)
    for part in ("private", "solution"):
        (folder / part).mkdir(parents=True)
    np.save(folder / "private" / "x.npy", x)
    np.save(folder / "private" / "y.npy", (np.maximum(x @ w1.T + b1, 0) @ w2.T + b2)[:, 0])
    (folder / "private" / "notes.txt").write_text(CANARY_PRIVATE)
    (folder / "solution" / "model_weights.safetensors").write_bytes(save_safetensors(good_weights()))


def make_mini_course(folder: Path) -> tuple[release.Source, Path, Any]:
    """Write the course; returns its source, the bundle's folder and the released notebook."""
    source_folder = folder / "source" / ASSIGNMENT
    source_folder.mkdir(parents=True)
    nbformat.write(mini_source(), source_folder / f"{ASSIGNMENT}.ipynb")
    write_references(folder / "references" / ASSIGNMENT)
    source = release.read_source(folder / "source", folder / "references", ASSIGNMENT)
    bundle = release.make_bundle(
        source, folder / "bundle" / ASSIGNMENT, limits={"cell_s": 5.0, "run_s": 120.0}
    )
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
    """Grade the solution with some cells replaced and some files added, or (None) left out."""

    def run(
        cells: dict[str, str] | None = None,
        *,
        extra: tuple[str, ...] = (),
        files: dict[str, bytes | None] | None = None,
        before: tuple[str, ...] = (),
    ) -> GradingResult:
        source, _, released = mini
        notebook = release.solution_notebook(source, released)
        for one in notebook.cells:
            one.source = "\n".join(line for line in one.source.split("\n") if "canary" not in line)
            grade_id = one.metadata.get("nbgrader", {}).get("grade_id")
            if cells and grade_id in cells:
                one.source = f"# answer: {grade_id}\n" + textwrap.dedent(cells[grade_id]).strip()
        notebook.cells[3:3] = [new_code_cell(textwrap.dedent(text).strip()) for text in before]
        notebook.cells += [new_code_cell(textwrap.dedent(text).strip()) for text in extra]
        folder = tmp_path / "hand-in"
        folder.mkdir(exist_ok=True)
        nbformat.write(notebook, folder / f"{ASSIGNMENT}.ipynb")
        solution = {p.name: p.read_bytes() for p in (source.references / "solution").iterdir()}
        for name, content in {**solution, **(files or {})}.items():
            if content is None:  # not handed in
                (folder / name).unlink(missing_ok=True)
            else:
                (folder / name).write_bytes(content)
        return engine.grade(folder)

    return run
