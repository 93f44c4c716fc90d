"""Courses in nbgrader's form, unchanged: nbgrader's release, nbgrader's totals; beside nbgrader itself."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.foreign import Place
from autograder.places import read_table
from tests.brought import courses
from tests.brought.cells import answer, check, code, hand_in, notebook, write

pytest.importorskip("nbgrader")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

HERE = Path(__file__).parents[1] / "brought"
SQUARES = (
    "def squares(n):\n    if n < 1:\n        raise ValueError(n)\n    return [i * i for i in range(1, n + 1)]"
)
SUM = "def sum_of_squares(n):\n    return sum(squares(n))"
NUMBERS = "my_dictionary = {'one': 1, 'two': 2, 'three': 3}"
MLP = (
    "class MLP(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    "        self.net = nn.Sequential(nn.Linear(1, {width}), nn.Tanh(), nn.Linear({width}, 1))\n"
    "    def forward(self, x):\n        return self.net(x)"
)
HAND_INS: dict[str, dict[str, dict[str, str]]] = {
    "ps1": {  # nbgrader's own example
        "right": {
            "squares": SQUARES,
            "sum_of_squares": SUM,
            "cell-d3df8cd59fd0eb74": NUMBERS,
            "part-a": "It calls itself.",
        },
        "wrong": {
            "squares": "def squares(n):\n    return [i for i in range(n)]",
            "sum_of_squares": "def sum_of_squares(n)\n    3",
        },
        "partial": {
            "squares": "def squares(n):\n    return [i ** 2 for i in range(1, n + 1)]",
            "sum_of_squares": "def sum_of_squares(n):\n    return n * (n + 1) * (2 * n + 1) // 6",
        },
        "blank": {},
    },
    "week1": {
        "right": {
            "q1": "def count_parameters(s):\n    return sum((a + 1) * b for a, b in zip(s, s[1:]))",
            "q2": MLP.format(width=64),
            "q3": "def count_torch_parameters(m):\n    return sum(p.numel() for p in m.parameters() if p.requires_grad)",
            "q5": "def mse_on(model, x, y):\n    return ((model(x) - y) ** 2).mean().item()",
        },
        "wrong": {
            "q1": "def count_parameters(s):\n    return sum(a * b for a, b in zip(s, s[1:]))",
            "q2": MLP.format(width=32),
            "q3": "def count_torch_parameters(m):\n    return sum(p.numel() for p in m.parameters())",
        },
    },
    "algebra": courses.NUMPY_HAND_INS,
}


@dataclass(frozen=True)
class Both:
    """One course graded by nbgrader and by us: each program's folder, and what ours printed at release."""

    theirs: Path
    ours: Path
    said: str


def run(folder: Path, *command: str) -> str:
    """Run a command in a folder; return all that it printed."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """Nbgrader's example course with two more assignments, released and graded twice."""
    folder = tmp_path_factory.mktemp("brought")
    run(folder, "nbgrader", "quickstart", "theirs", "--autotest")
    theirs, ours = folder / "theirs", folder / "ours"
    with (theirs / "nbgrader_config.py").open("a") as file:
        file.write("\nc.ExecutePreprocessor.timeout = 300\n")
    write(theirs / "source" / "algebra", {"hoja 1": courses.NUMPY})
    (theirs / "source" / "week1").mkdir()
    shutil.copy(HERE / "week1.ipynb", theirs / "source" / "week1" / "week1.ipynb")
    shutil.copytree(theirs, ours)
    for name, students in HAND_INS.items():
        run(theirs, "nbgrader", "generate_assignment", name)
        for student, answers in students.items():
            hand_in(theirs / "release" / name, theirs / "submitted" / student / name, answers)
    (theirs / "submitted" / "blank" / "ps1" / "problem2.ipynb").unlink()
    shutil.copytree(theirs / "submitted", ours / "submitted")
    said = run(ours, "autograder", "release", "--all")
    for name in HAND_INS:
        run(theirs, "nbgrader", "autograde", name)
        run(ours, "autograder", "grade", name)
    return Both(theirs, ours, said)


def scores(course: Path) -> dict[tuple[str, str, str, str], float]:
    """Return every cell's automatic score in a course's gradebook; one that a person gives is 0 until then."""
    query = (
        "select assignment.name, submitted_assignment.student_id, notebook.name, base_cell.name, grade.auto_score "
        "from grade join base_cell on grade.cell_id = base_cell.id "
        "join submitted_notebook on grade.notebook_id = submitted_notebook.id "
        "join notebook on submitted_notebook.notebook_id = notebook.id "
        "join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id "
        "join assignment on submitted_assignment.assignment_id = assignment.id"
    )
    with sqlite3.connect(course / "gradebook.db") as database:
        return {(a, s, n, c): score or 0.0 for a, s, n, c, score in database.execute(query)}


def plain(path: Path) -> bytes:
    """Return a released file; of a notebook without the ids that a header's cells get anew at each release."""
    if path.suffix != ".ipynb":
        return path.read_bytes()
    made = json.loads(path.read_text(encoding="utf-8"))
    return json.dumps({**made, "cells": [{**cell, "id": ""} for cell in made["cells"]]}).encode()


def test_the_release_is_nbgraders_cell_for_cell(both: Both) -> None:
    """Students notice nothing."""
    found = [
        {p.relative_to(root).as_posix(): plain(p) for p in root.rglob("*") if p.is_file()}
        for root in (both.theirs / "release", both.ours / "release")
    ]
    assert len(found[0]) == 5
    assert found[0] == found[1]


def test_every_cells_score_is_nbgraders(both: Both) -> None:
    """On one and the same hand-in; and they are not all alike."""
    theirs, ours = scores(both.theirs), scores(both.ours)
    assert len(theirs) > 60
    assert ours == theirs
    totals = {(a, s): sum(v for (b, t, *_), v in theirs.items() if (a, s) == (b, t)) for a, s, *_ in theirs}
    assert totals["ps1", "right"] == 3
    assert totals["ps1", "blank"] == 0
    assert 0 < totals["algebra", "parcial"] < totals["algebra", "correcto"]
    assert totals["week1", "wrong"] == 0 < totals["week1", "right"]


def test_nine_of_ten_tests_are_judged_outside(both: Both) -> None:
    """And the release says how many."""
    rows = [row for name in HAND_INS for row in read_table(both.ours / "bundle" / name)]
    assert len(rows) == 16
    assert sum(row.place is Place.OUTSIDE for row in rows) >= 0.9 * len(rows), rows
    assert "ps1: 5 of 5 test cells outside" in both.said


def test_pages_and_notebooks_are_there_for_every_notebook(both: Both) -> None:
    """For the student, and for a person in the formgrader."""
    folder = both.ours / "autograded" / "right" / "ps1"
    assert {p.name for p in folder.glob("*.ipynb")} == {"problem1.ipynb", "problem2.ipynb"}
    made = json.loads((folder / "problem1.ipynb").read_text())
    shown = {c["metadata"]["nbgrader"]["grade_id"]: c for c in made["cells"] if "nbgrader" in c["metadata"]}
    assert shown["cell-938593c4a215c6cc"]["metadata"]["nbgrader"]["task"] is True
    page = (both.ours / "feedback" / "blank" / "ps1" / "ps1.html").read_text()
    assert page.count("problem2.ipynb was not handed in") == 1


CANNOT = {  # a test cell, and what the release says of it
    "library": ("import not_there_at_all\nassert f(1) == 2", "library: cannot run here: it needs a library that is not installed here"),
    "keyboard": ("assert f(int(input())) == 2", "keyboard: cannot run here: it asks a person at the keyboard"),
    "network": ("from urllib.request import urlopen\nassert urlopen('http://example.com').status == f(199)", "network: cannot run here: it needs the network"),
    "syntax": ("assert f(1) == = 2", "syntax: cannot run here: "),
    "other": ("%%perl\nprint 1", "other: cannot run here: "),
    "forever": ("while f(1) == 2:\n    pass", "forever: cannot run here: it does not end with your solution within 2 s"),
}  # fmt: skip
INSIDE = {
    "wrong": ("assert f(1) == 3, 'three'", "wrong: inside: is not passed by the solution"),
    "leaves": (
        "import sys\nassert f(1) == 2\nsys.exit()",
        "leaves: inside: is not passed by the solution (inside: SystemExit",
    ),
    "before": ("assert _ == 5 and f(2) == 3", "before: inside: looks at the output of the cell before (_)"),
}


def test_what_cannot_be_released_costs_only_itself(tmp_path: Path) -> None:
    """A test that cannot run here waits for a person; a notebook with two cells of one name is left out."""
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\nc.ExecutePreprocessor.timeout = 2\n")
    tests = {name: source for name, (source, _) in (CANNOT | INSIDE).items()}
    good = notebook(
        answer("f", "### BEGIN SOLUTION\ndef f(x):\n    return x + 1\n### END SOLUTION"),
        check("fine", 1, "assert f(1) == 2"),
        check("huge", 1, "print('x' * 50_000_000)\nassert f(1) == 2"),
        *(check(name, 2, tests.pop(name)) for name in list(tests) if name != "before"),
        code("1 / 0"),
        code("2 + 3"),
        check("before", 1, tests["before"]),
        check("last", 1, "assert f(3) == 4"),
    )
    twice = notebook(check("t", 1, "assert 1"), check("t", 1, "assert 2"))
    folder = write(tmp_path / "source" / "ps1", {"good": good, "twice": twice})
    (folder / "latin.ipynb").write_bytes(b'{"cells": ["\xe9"]}')
    command = [sys.executable, "-m", "autograder"]
    done = subprocess.run(
        [*command, "release", "ps1"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    for words in (
        "3 of 12 test cells outside",
        *(words for _, words in (CANNOT | INSIDE).values()),
        "your solution: cell 12 (1 / 0) stopped",
        "twice.ipynb is not released, the rest is",
        "cell 1 has the same grade_id",
        "latin.ipynb is not released, the rest is: it is not in UTF-8",
    ):
        assert words in done.stderr
    assert [p.name for p in (tmp_path / "release" / "ps1").iterdir()] == ["good.ipynb"]
    hand_in(
        tmp_path / "release" / "ps1",
        tmp_path / "submitted" / "ada" / "ps1",
        {"f": "def f(x):\n    return x + 1"},
    )
    run(tmp_path, "autograder", "grade", "ps1")
    result = json.loads((tmp_path / "autograded" / "ada" / "ps1" / "grading.json").read_text())["result"]
    found = {c["question"]: (c["outcome"], c["score"]) for c in result["checks"]}
    assert found == {
        **dict.fromkeys(("fine", "huge", "before", "last"), ("passed", 1)),
        **dict.fromkeys(CANNOT, ("review", 0)),
        **dict.fromkeys(("wrong", "leaves"), ("failed", 0)),
    }
