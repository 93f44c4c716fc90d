"""What a failed check brings to the page, through the sandbox: shapes, the student's lines, pictures; and never a hidden input."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.author import release
from autograder.engine.grade import Engine
from autograder.model import GradingResult
from tests.conftest import cell, new_source

NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv1d(4, 2, 3), nn.Linear(12, 1)

    def forward(self, x):
        return self.fc(torch.relu(self.conv(x)).flatten(1)).squeeze(1)
"""
CHECKS = '''
# check: q1
@points(1)
def test_rows(Net):
    """Five windows give five numbers."""
    expect(Net()(tensor(np.ones((5, 4, 8), np.float32))), shape=(5,))

check(test_rows)
### BEGIN HIDDEN TESTS
@points(1)
def test_many(Net, rng):
    """Any number of windows."""
    n = int(rng.integers(1000, 9000))
    expect(Net()(tensor(rng.random((n, 4, 8), dtype=np.float32))), shape=(n,))

def picture_losses(losses):
    """What losses returns."""
    picture("curve", "Your losses", training=losses())
### END HIDDEN TESTS
'''
LOSSES = "def losses():\n    return [3.0, 2.0, 1.0, 1.0]"

Grade = Callable[[str, str], GradingResult]


@pytest.fixture(scope="module")
def grade(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grade]:
    """Grade two answers of a small course in one engine."""
    folder = tmp_path_factory.mktemp("evidence")
    notebook = new_source("Evidence")
    for name, text in (("a", NET), ("b", LOSSES)):
        answer = f"# answer: {name}\n### BEGIN SOLUTION\n{text.strip()}\n### END SOLUTION"
        notebook.cells.append(cell("answer", name, answer))
    notebook.cells.append(cell("check", "q1", CHECKS, 2))
    (folder / "source" / "ev").mkdir(parents=True)
    (folder / "references" / "ev").mkdir(parents=True)
    nbformat.write(notebook, folder / "source" / "ev" / "ev.ipynb")
    source = release.read_source(folder / "source", folder / "references", "ev")
    bundle = release.make_bundle(source, folder / "bundle", limits={"cell_s": 20.0, "run_s": 120.0})
    released = release.make_release(source, bundle)
    numbers = iter(range(100))

    with Engine(bundle.folder) as engine:

        def run(net: str, losses: str) -> GradingResult:
            handed_in: Any = release.solution_notebook(source, released)
            for one in handed_in.cells:
                name = one.metadata.get("nbgrader", {}).get("grade_id")
                if name in ("a", "b"):
                    one.source = (
                        f"# answer: {name}\n{textwrap.dedent(net if name == 'a' else losses).strip()}"
                    )
            target = Path(folder) / f"hand-in-{next(numbers)}"
            target.mkdir()
            nbformat.write(handed_in, target / "ev.ipynb")
            return engine.grade(target)

        yield run


def test_shapes_lines_and_picture_arrive(grade: Grade) -> None:
    """A visible check shows the layers and the line; a hidden one where it stopped, and no shape."""
    result = grade(NET.replace(".flatten(1)", ""), LOSSES)
    visible, hidden = result.checks
    assert visible.ladder[:3] == (
        "shapes in Net, layer by layer:",
        "Conv1d: (5, 4, 8) → (5, 2, 6)",
        "Linear: (5, 2, 6) → stopped here; it was made for 12",
    )
    assert visible.ladder[3].startswith("likely: it is not flattened")
    raised = [text.strip() for n, text in visible.code["lines"] if n == visible.code["line"]]
    assert raised == ["return self.fc(torch.relu(self.conv(x))).squeeze(1)"]
    assert hidden.ladder == ("it stopped in Linear", visible.ladder[3])
    (figure,) = result.extra["figures"]
    assert (figure["question"], figure["kind"]) == ("q1", "curve")
    assert figure["words"].startswith("Good")
    assert GradingResult.from_json(result.to_json()) == result


def test_wrong_shape_of_a_result_names_the_slip(grade: Grade) -> None:
    """What came out has an axis of one too many."""
    visible, hidden = grade(NET.replace(".squeeze(1)", ""), LOSSES).checks
    assert visible.ladder[-1].startswith("likely: an axis of one is left over")
    assert hidden.ladder == visible.ladder[-1:]


def test_picture_is_drawn_before_any_hidden_input(grade: Grade) -> None:
    """Whatever a network keeps of its inputs, in memory or in a file, a picture shows none of the hidden ones."""
    spy = NET.replace(
        "        return",
        "        with open('seen', 'a') as file:\n            file.write(f'{len(x)}\\n')\n        return",
    )
    tell = "def losses():\n    import os\n    return [float(n) for n in open('seen')] if os.path.exists('seen') else [0.0]"
    result = grade(spy, tell)
    assert result.score == 2
    (line,) = result.extra["figures"][0]["data"]["lines"].values()
    assert set(line) <= {0.0, 5.0}


def test_picture_that_fails_costs_nothing(grade: Grade) -> None:
    """Numbers that are none, an error, a process that ends: no picture, full points."""
    for losses in (
        "def losses():\n    return ['a']",
        "def losses():\n    raise ValueError",
        "import os\ndef losses():\n    os._exit(1)",
    ):
        result = grade(NET, losses)
        assert (result.graded, result.score) == (True, 2)
        assert "figures" not in result.extra
