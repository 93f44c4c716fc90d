"""A bundle made by hand, judged in both places by a real engine, with the libraries that its tests use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.engine.grade import Engine
from autograder.foreign import Example, ForeignTest, Place
from autograder.model import GradingResult, Outcome
from tests import foreign_course

CELLS: dict[str, tuple[str, tuple[str, ...], str]] = {  # question: test, names that it judges, right answer
    "numbers": ("assert square(2) == 4\nassert square(-3) == 9", ("square",), "def square(x): return x ** 2"),
    "arrays": (
        "values = [3, 1, 2]\norder(values)\nassert values == [1, 2, 3]\nnp.testing.assert_allclose(steps(3), [0, 1, 2])",
        ("order", "steps"),
        "import numpy as np\ndef order(v): v.sort()\ndef steps(n): return np.arange(n)",
    ),
    "module": (
        "model = Net()\nassert isinstance(model, torch.nn.Module)\nloss = model(torch.ones(2, 3)).sum()\nloss.backward()\n"
        "assert model.fc.weight.grad.shape == (1, 3)\nassert sum(p.numel() for p in model.parameters()) == 4",
        ("Net",),
        "import torch\nfrom torch import nn\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.fc = nn.Linear(3, 1)\n    def forward(self, x): return self.fc(x)",
    ),
    "table": (
        "pd.testing.assert_frame_equal(table(), pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']}))",
        ("table",),
        "import pandas as pd\ndef table(): return pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})",
    ),
    "class": (
        "v = Pair(1, 2)\nassert v + Pair(1, 1) == Pair(2, 3) and len(v) == 2\ntry:\n    v[5]\nexcept IndexError:\n    pass\n"
        "else:\n    assert False",
        ("Pair",),
        "class Pair:\n    def __init__(self, *v): self.v = v\n    def __add__(self, o): return Pair(*[a + b for a, b in "
        "zip(self.v, o.v)])\n    def __eq__(self, o): return self.v == o.v\n    def __len__(self): return 2\n"
        "    def __getitem__(self, i): return self.v[i]",
    ),
    "partial": ("1.0 * (square(2) == 4) + 0.5 * (square(3) == 10)", ("square",), "pass"),
    # In nbgrader's kernel a test runs once; here it has run where it stands when it is judged.
    "in_place": (
        "assert grow(rows) == 3",
        ("grow", "rows"),
        "rows = [1, 2]\ndef grow(r):\n    r.append(1)\n    return len(r)",
    ),
    "asked": (
        "from unittest.mock import patch\nimport builtins\nwith patch('builtins.input', return_value='Ada') as asked:\n"
        "    with patch('random.randint', return_value=9) as die:\n        assert ask() == 'Ada9'\n    die.assert_called_once_with(1, 6)\n"
        "    assert ask()[:3] == 'Ada' and ask()[3] in '123456' and asked.call_count == 3\n"
        "usual, builtins.input = builtins.input, lambda prompt: prompt.upper()\nassert ask()[:4] == 'NAME'\nbuiltins.input = usual",
        ("ask",),
        "import random\ndef ask():\n    return input('name') + str(random.randint(1, 6))",
    ),
    "beside": ("check_square(square)", ("square",), "pass"),
    "steps": (
        "model = Net()\ncopy = torch.nn.Linear(3, 1)\nbefore = [model.fc.weight.clone(), copy.weight.clone()]\n"
        "optimizer = torch.optim.SGD(model.parameters(), lr=0.5)\nmodel(torch.ones(2, 3)).sum().backward()\noptimizer.step()\n"
        "assert torch.allclose(model.fc.weight, before[0] - 1)\nstep(copy)\nassert torch.allclose(copy.weight, before[1] - 1)\n"
        "z = torch.ones(3, requires_grad=True)\ntwice(twice(z)).sum().backward()\nassert torch.equal(z.grad, 4 * torch.ones(3))",
        ("Net", "step", "twice"),
        "def twice(z): return 2 * z\ndef step(m):\n    m(torch.ones(2, 3)).sum().backward()\n    for p in m.parameters():\n"
        "        p.data -= 0.5 * p.grad",
    ),
    "magics": ("%matplotlib inline\nassert square(5) == 25", ("square",), "pass"),
}
SEEDS = "import random\nrandom.seed(3)\nnp.random.seed(4)\ntorch.manual_seed(5)\n"
SEEDS += "found = [draw(), random.random(), float(np.random.randn()), torch.rand(1).item(), draw()]"
DRAW = "import random\nimport numpy as np\nimport torch\n"
DRAW += "def draw(): return [random.random(), float(np.random.randn()), torch.rand(1).item()]"


def _drawn() -> list[Any]:
    names: dict[str, Any] = {}
    exec(f"{DRAW}\n{SEEDS}", names)
    return list(names["found"])


# In a notebook there is one generator of each kind, from which a test and the student's function draw in turn.
CELLS["seeds"] = (f"{SEEDS}\nassert found == {_drawn()!r}", ("draw",), DRAW)
OUTSIDE = [name for name in CELLS if name != "magics"]


def _test(name: str) -> ForeignTest:
    code, judged, _ = CELLS[name]
    return ForeignTest(
        question=name,
        name=f"test_{name}",
        code=code,
        judged=judged,
        partial=name == "partial",
        place=Place.INSIDE if name == "magics" else Place.OUTSIDE,
    )


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One engine that runs every test in both places."""
    examples = (Example("square(2) / np.float64(1)", "4.0"), Example("square(3)", "9"))
    doctest = ForeignTest(
        question="examples", name="test_examples", examples=examples, judged=("square",), place=Place.OUTSIDE
    )
    folder = tmp_path_factory.mktemp("foreign") / "bundle"
    foreign_course.make(
        folder,
        [*(_test(name) for name in CELLS), doctest],
        modules={"np": "numpy", "torch": "torch", "pd": "pandas", "check_square": "ours:check_square"},
        libraries=("torch", "pandas"),
        usual=("defines __eq__",),
    )
    (folder / "public").mkdir()
    (folder / "public" / "ours.py").write_text(
        "def check_square(f):\n    assert f(7) == 49 and f.__name__ == 'square'\n"
    )
    with Engine(folder, foreign_both=True) as made:
        yield made


def places(result: GradingResult) -> dict[str, tuple[Any, Any]]:
    """Return the verdicts outside and inside, by question."""
    found = result.extra["foreign_places"]
    return {key.split("/")[0]: (one["outside"], one["inside"]) for key, one in found.items()}


def test_solution_passes_in_both_places(engine: Engine, tmp_path: Path) -> None:
    """But for a magic, which has no place outside; and the proof notes what its objects were asked for."""
    result = foreign_course.grade(engine, tmp_path, {name: answer for name, (_, _, answer) in CELLS.items()})
    assert result.graded
    wanted: dict[str, tuple[str, str]] = dict.fromkeys((*OUTSIDE, "examples"), ("passed", "passed"))
    assert places(result) == {**wanted, "partial": ("0.5", "0.5"), "magics": ("error", "passed")}
    assert {"add", "eq"} <= set(result.extra["foreign_places"]["class/test_class"]["words"])
    assert {c.question: c.score for c in result.checks if c.score != 2.0} == {"partial": 1.0}
    assert all(one.get("probes") == [] for one in result.extra["foreign_places"].values())


def test_untouched_release_fails_in_both_places(engine: Engine, tmp_path: Path) -> None:
    """And the student reads which name is missing."""
    result = foreign_course.grade(engine, tmp_path, {})
    assert set(places(result).values()) == {("failed", "failed"), ("error", "failed")}
    assert {check.outcome for check in result.checks} == {Outcome.FAILED}
    assert result.checks[0].reason == "`square` is not defined in your notebook"
    assert all("is not defined in your notebook" in check.reason for check in result.checks)


def test_helper_in_a_file_beside_the_notebook_is_the_instructors(engine: Engine, tmp_path: Path) -> None:
    """Whatever the notebook binds by its name, and whatever it does to the module."""
    forged = (
        "import ours\ndef check_square(f): pass\nours.check_square = check_square\ndef square(x): return 1"
    )
    found = places(foreign_course.grade(engine, tmp_path, {"beside": forged}))
    assert found["beside"][0] == "failed"


def test_process_of_the_tests_that_is_lost_is_started_again(engine: Engine, tmp_path: Path) -> None:
    """As any process of ours: the next hand-in is graded."""
    engine.wait_ready()
    assert engine.desk is not None
    engine.desk.process.kill()
    engine.desk.process.wait()
    result = foreign_course.grade(engine, tmp_path, {"numbers": CELLS["numbers"][2]})
    assert result.graded
    assert places(result)["numbers"] == ("passed", "passed")
