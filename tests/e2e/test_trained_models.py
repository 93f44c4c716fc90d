"""What a check may ask of a handed-in model: batches, types, what it is recognised by; libraries imported beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.author import release, validate
from autograder.engine.grade import Engine
from tests.conftest import cell, new_source

pytest.importorskip("nbgrader")


def source() -> Any:
    """Return a source notebook with a model that notes what it is given."""
    notebook = new_source("Models")
    notebook.cells += [
        cell(
            "locked",
            "setup",
            """
            # locked: setup
            import sys
            imported_before = "pandas" in sys.modules
            import pandas as pd
            import torch
            from torch import nn
            """,
        ),
        cell(
            "answer",
            "q1_answer",
            """
            # answer: q1_answer
            ### BEGIN SOLUTION
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.layer = nn.Linear(3, 1)
                    self.given = []

                def forward(self, x):
                    self.given.append([str(x.dtype), len(x), self.training])
                    return x.sum(dim=1) + 0 * self.layer(x.float())[:, 0]

            class Odd(nn.Module):
                def forward(self, x):
                    return x.float().sum().reshape(1)

            def was_pandas_there():
                return imported_before
            ### END SOLUTION
            """,
        ),
        cell(
            "check",
            "q1",
            """
            # check: q1
            ### BEGIN HIDDEN TESTS
            import numpy as np

            BYTES = (np.arange(18).reshape(6, 3) % 2).astype(np.uint8)

            @points(1)
            def test_batches_of_another_type(Net, student):
                \"\"\"Bytes are sent, and each batch arrives as what is asked for.\"\"\"
                model = Net()
                close(student.forward(model, BYTES, batch_size=2, dtype="float32"), BYTES.sum(axis=1))
                equal(model.given, [["torch.float32", n, False] for n in (2, 2, 2)], name="what the model was given")

            @points(1)
            def test_as_it_is(Net, student):
                \"\"\"Without a type nothing is converted.\"\"\"
                model = Net()
                student.forward(model, BYTES.astype(np.float64))
                equal(model.given, [["torch.float64", 6, False]], name="what the model was given")

            @points(1)
            def test_odd_outputs(Odd, student):
                \"\"\"One number for a whole batch is no answer for its rows, whatever would broadcast.\"\"\"
                together = student.forward(Odd(), BYTES, batch_size=2)
                equal(together.shape, (3,), name="the shape of what three batches give together")

            @points(1)
            def test_print(Net, student):
                \"\"\"What it is recognised by goes to staff.\"\"\"
                fingerprint("rows", student.parameters(Net())[0]["value"])

            @points(1)
            def test_libraries(was_pandas_there):
                \"\"\"What the notebook imports is there before it begins.\"\"\"
                equal(was_pandas_there(), True)
            ### END HIDDEN TESTS
            """,
            5,
        ),
    ]
    return notebook


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Engine, Path]]:
    """The bundle, a warm engine of it and the solution as a hand-in."""
    root = tmp_path_factory.mktemp("models")
    root.chmod(0o711)
    (root / "source" / "models").mkdir(parents=True)
    (root / "references" / "models").mkdir(parents=True)
    nbformat.write(source(), root / "source" / "models" / "models.ipynb")
    read = release.read_source(root / "source", root / "references", "models")
    bundle = release.make_bundle(read, root / "bundle", limits={})
    released = release.make_release(read, bundle)
    validate.write_hand_in(read, release.solution_notebook(read, released), root / "solution")
    with Engine(bundle.folder, warm=True) as engine:
        yield bundle, engine, root / "solution"


def test_solution_has_full_marks(made: tuple[Any, Engine, Path]) -> None:
    """Each check holds, and the print is in the record and nowhere that a student reads."""
    bundle, engine, solution = made
    assert bundle.preload == ("pandas",)
    result = engine.grade(solution)
    assert result.graded, result.staff_notes
    assert [(c.name, c.reason) for c in result.checks if c.score < c.max_score] == []
    (found,) = [p for c in result.checks for p in c.fingerprints]
    assert found["name"] == "rows"
    assert found["shape"] == [1, 3]


def test_a_library_that_is_not_here_costs_nothing(made: tuple[Any, Engine, Path], tmp_path: Path) -> None:
    """The bundle may name one that this machine lacks: only time is lost."""
    import json
    import shutil

    bundle, _, solution = made
    tmp_path.chmod(0o711)
    folder = tmp_path / "bundle"
    shutil.copytree(bundle.folder, folder)
    data = json.loads((folder / "bundle.json").read_text())
    data["preload"] = ["there_is_no_such_library"]
    (folder / "bundle.json").write_text(json.dumps(data))
    with Engine(folder) as engine:
        result = engine.grade(solution)
    assert result.graded, result.staff_notes
    assert [c.name for c in result.checks if c.score < c.max_score] == ["test_libraries"]
