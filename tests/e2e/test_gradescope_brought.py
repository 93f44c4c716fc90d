"""Courses in nbgrader's and otter's form on Gradescope: packed by one command, graded there as here.

The package is laid out as its image's setup would, without a container, and started as Gradescope starts it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from autograder.config import load_course
from autograder.hosts import brought
from autograder.hosts.build_check import check_build
from tests import images
from tests.brought.cells import answer, check, code, hand_in, manual, notebook, write

pytest.importorskip("nbgrader")
pytest.importorskip("otter")
pytestmark = pytest.mark.slow

CANARY = "canary-hidden-3f1d"
TABLES = notebook(
    code("import einops\nimport pandas as pd"),
    answer("top", "def top(df):\n    ### BEGIN SOLUTION\n    return df.sort_values('n').tail(1)\n    ### END SOLUTION"),
    check(
        "test_top",
        2,
        "# The largest row\ncities = pd.read_csv('cities.csv')\nassert top(cities)['city'].tolist() == ['Lagos']\n"
        f"### BEGIN HIDDEN TESTS\nassert top(pd.DataFrame({{'city': ['{CANARY}', 'b'], 'n': [2, 1]}}))"
        f"['city'].tolist() == ['{CANARY}'], '{CANARY}'\n### END HIDDEN TESTS",
    ),
    check("given", 1, "assert cities.shape == (3, 2)"),
)  # fmt: skip
SUMS = notebook(
    answer("total", "def total(values):\n    ### BEGIN SOLUTION\n    return sum(values)\n    ### END SOLUTION"),
    check("test_total", 2, "points = 0\nif total([1, 2]) == 3:\n    points += 0.5\nif total([]) == 0:\n    points += 1.5\npoints"),
    manual("why", 3, "### BEGIN SOLUTION\nBecause.\n### END SOLUTION"),
)  # fmt: skip
CITIES = "city,n\nAccra,2\nLagos,15\nTema,1\n"
ANSWERS = {
    "right": {
        "top": "def top(df):\n    return df[df.n == df.n.max()]",
        "total": "def total(values):\n    return sum(list(values))",
    },
    "mixed": {
        "top": "def top(df):\n    return df[df.city == 'Lagos']",  # the hidden one fails
        "total": "def total(values):\n    return values[0] + values[1] if values else None",
    },
}


def master() -> Any:
    """Return a master of otter's with a hidden test, a question in words, a file and a requirement."""

    def case(source: str, shown: str) -> Any:
        return new_code_cell(
            source, outputs=[new_output("execute_result", {"text/plain": shown}, execution_count=1)]
        )

    made = new_notebook(
        cells=[
            new_raw_cell(
                "# ASSIGNMENT CONFIG\nname: hw01\nfiles:\n    - numbers.csv\nrequirements:\n    - einops==0.8.2\n"
                "    - numpy<2\nexport_cell:\n    pdf: false"
            ),
            new_code_cell("import numpy as np"),
            new_raw_cell("# BEGIN QUESTION\nname: q1\npoints: 3"),
            new_markdown_cell("Square."),
            new_raw_cell("# BEGIN SOLUTION"),
            new_code_cell("def square(x):\n    return x ** 2 # SOLUTION"),
            new_raw_cell("# END SOLUTION"),
            new_raw_cell("# BEGIN TESTS"),
            case("square(3) == 9", "True"),
            case(f"# HIDDEN\nsquare(0), '{CANARY}'", f"(0, '{CANARY}')"),
            case("float(square(np.loadtxt('numbers.csv').sum()))", "36.0"),
            new_raw_cell("# END TESTS"),
            new_raw_cell("# END QUESTION"),
            new_raw_cell("# BEGIN QUESTION\nname: q2\nmanual: true\npoints: 4"),
            new_markdown_cell("Say why."),
            new_raw_cell("# BEGIN SOLUTION"),
            new_markdown_cell("Because."),
            new_raw_cell("# END SOLUTION"),
            new_raw_cell("# END QUESTION"),
        ]
    )
    made.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
    return made


@dataclass(frozen=True)
class Packed:
    """A course, what its bundle command said, and the package in its place."""

    course: Path
    said: str
    root: Path  # stands for /autograder

    def grade(self, hand_in: Path, title: str) -> dict[str, Any]:
        """Return the results.json of a hand-in, as Gradescope gets it."""
        for name in ("submission", "results"):
            shutil.rmtree(self.root / name, ignore_errors=True)
        shutil.copytree(hand_in, self.root / "submission")
        metadata = {"assignment": {"title": title}, "created_at": "2026-05-02T12:00:00.000000-05:00"}
        (self.root / "submission_metadata.json").write_text(json.dumps(metadata))
        done = images.start(self.root, "run_autograder")
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads((self.root / "results" / "results.json").read_text())
        return found

    def here(self, assignment: str, student: str) -> dict[str, float]:
        """Return each check's score as ``autograder grade`` gave it on this machine."""
        path = self.course / "autograded" / student / assignment / "grading.json"
        checks = json.loads(path.read_text())["result"]["checks"]
        return {f"{c['question']}/{c['name']}": c["score"] for c in checks}


def command(folder: Path, *words: str) -> str:
    """Run a command of ours in a folder; return all that it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "autograder", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout + done.stderr


def otter_hand_ins(course: Path) -> None:
    """Hand in otter's notebook as it is and as the zip that ``grader.export()`` makes."""
    released = nbformat.read(course / "release" / "hw01" / "hw01.ipynb", 4)
    for cell in released.cells:
        if cell.source.startswith("def square"):
            cell.source = "def square(x):\n    return x * x if x else None"  # the hidden one fails
    for student in ("mixed", "export"):
        (course / "submitted" / student / "hw01").mkdir(parents=True)
    nbformat.write(released, course / "submitted" / "mixed" / "hw01" / "hw01.ipynb")
    name = "hw01_2026_05_02T12_00_00_000000.zip"
    with zipfile.ZipFile(course / "submitted" / "export" / "hw01" / name, "w") as archive:
        archive.write(course / "submitted" / "mixed" / "hw01" / "hw01.ipynb", "hw01.ipynb")
        archive.writestr("__zip_filename__", name)


@pytest.fixture(scope="module")
def packed() -> Iterator[Packed]:
    """Release both assignments, grade them here, and lay the package of both out."""
    with tempfile.TemporaryDirectory(prefix="brought-", dir=sys.prefix) as made:
        place = Path(made)
        place.chmod(0o755)
        course = place / "course"
        write(course / "source" / "ps1", {"tables": TABLES, "sums": SUMS}, {"cities.csv": CITIES})
        (course / "nbgrader_config.py").write_text("c = get_config()\n")
        (course / "requirements.txt").write_text("pandas<2  # as on our server\njupyterlab\n-e .\n")
        (course / "source" / "hw01").mkdir()
        nbformat.write(master(), course / "source" / "hw01" / "hw01.ipynb")
        (course / "source" / "hw01" / "numbers.csv").write_text("1\n2\n3\n")
        command(course, "release", "ps1")
        command(course, "release", "hw01")
        for student, answers in ANSWERS.items():
            hand_in(course / "release" / "ps1", course / "submitted" / student / "ps1", answers)
        otter_hand_ins(course)
        for assignment in ("ps1", "hw01"):
            command(course, "grade", assignment)
        said = command(course, "bundle", "ps1", "hw01")
        package = course / "bundle" / "gradescope" / "ps1+hw01" / "docker" / "source"
        yield Packed(course, said, images.build(package, place))


def scores(found: dict[str, Any]) -> dict[str, float]:
    """Return each check's score in a results.json."""
    named = [f"{c['question']}/{c['name']}" for c in found["extra_data"]["checks"]]
    return dict(zip(named, [t["score"] for t in found["tests"]], strict=True))


def what_students_read(found: dict[str, Any]) -> str:
    """Return a results.json without what Gradescope shows to staff only."""
    return json.dumps({key: value for key, value in found.items() if key != "extra_data"})


def test_the_command_says_what_an_instructor_must_know(packed: Packed) -> None:
    """What the solution got, what is a person's, and what of her requirements an image does not take."""
    for words in (
        "ps1: the solution gets 5 of 5 points, the untouched notebook 1; 3 points are a person's",
        "given: 1 point for the untouched notebook, so for everybody",
        "hw01: the solution gets 3 of 3 points, the untouched notebook 0; 4 points are a person's",
        "requirements.txt: 'pandas<2' is asked for; the image has pandas",
        "requirements.txt: '-e .' is left out",
    ):
        assert words in packed.said
    lock = (packed.root / "source" / "requirements.lock").read_text()
    assert lock.count("\neinops==0.8.2 \\") == 1
    assert "jupyterlab" not in lock


def test_the_build_check_passes_and_would_notice(packed: Packed, tmp_path: Path) -> None:
    """In the image both hand-ins get what they got here; where they do not, the build fails and says where."""
    words = ["-I", "-m", "autograder", "gradescope", "--root", str(packed.root)]
    parts = packed.root / "source" / "build-check"
    command = [str(images.python(packed.root)), *words, "--build-check", str(parts)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "solution and untouched release: what they must get\n"), (
        done.stderr
    )
    (tmp_path / "bundles").mkdir()
    (tmp_path / "bundles" / "hw01").symlink_to(packed.root / "source" / "bundles" / "hw01")
    shutil.copytree(parts / "hw01", tmp_path / "parts" / "hw01")
    told = json.loads((parts / "hw01" / "expected.json").read_text())["solution"]
    told["checks"] = dict.fromkeys(told["checks"], 0.5)
    (tmp_path / "parts" / "hw01" / "expected.json").write_text(json.dumps({"solution": told}))
    assert check_build(tmp_path, tmp_path / "parts")[:2] == [
        "hw01: solution: 3 points, must be 3 as where the package was made",
        "q1/test_q1_1: 1 of 1 in this image, 0.5 where the package was made: ",
    ]


@pytest.mark.parametrize("student", ["right", "mixed"])
def test_nbgraders_notebooks_get_there_what_they_get_here(packed: Packed, student: str) -> None:
    """Check by check; hidden tests wait for publication, and no byte that a student reads has their text."""
    found = packed.grade(packed.course / "submitted" / student / "ps1", "Homework: PS1")
    assert scores(found) == packed.here("ps1", student)
    assert found["score"] == {"right": 5.0, "mixed": 1.5}[student]
    later = [t["name"].split(":")[0] for t in found["tests"] if t.get("visibility") == "after_published"]
    assert later == ["test_top"]
    assert "why: graded by a person (3 points)" in found["output"]
    assert CANARY not in what_students_read(found)
    assert "notebooks" not in found["extra_data"]


def test_one_of_several_notebooks_is_enough_for_its_own_points(packed: Packed, tmp_path: Path) -> None:
    """The other one's questions give 0, with a sentence; one engine after the other, as memory is small."""
    shutil.copy(packed.course / "submitted" / "right" / "ps1" / "sums.ipynb", tmp_path)
    found = packed.grade(tmp_path, "ps1")
    assert found["score"] == 2.0
    assert "tables.ipynb was not handed in" in found["output"]
    assert found["extra_data"]["memory"]["limit_mb"] <= 1024


@pytest.mark.parametrize("student", ["mixed", "export"])
def test_otters_notebook_and_its_export_get_there_what_they_get_here(packed: Packed, student: str) -> None:
    """The notebook alone, or ``grader.export()``'s zip."""
    found = packed.grade(packed.course / "submitted" / student / "hw01", "hw01")
    assert scores(found) == packed.here("hw01", student)
    assert found["score"] == 2.0
    assert [t.get("visibility") for t in found["tests"]].count("after_published") == 1
    assert "q2: graded by a person (4 points)" in found["output"]
    assert CANARY not in what_students_read(found)


def test_the_notebooks_names_tell_assignments_apart(packed: Packed) -> None:
    """A title that says nothing: by the files; by another assignment's title nobody is graded."""
    folder = packed.course / "submitted" / "mixed" / "hw01"
    assert packed.grade(folder, "Week 5")["score"] == 2.0
    found = packed.grade(folder, "ps1")
    assert "score" not in found
    assert "the place for ps1, and by its name the notebook is that of hw01" in found["output"]
    assert "Hand in sums.ipynb and tables.ipynb" in found["output"]


def test_prairielearn_grades_the_same_image(packed: Packed, tmp_path: Path) -> None:
    """A share of one, of the points that are automatic."""
    shutil.copytree(packed.course / "submitted" / "mixed" / "hw01", tmp_path / "student")
    words = ["-I", "-m", "autograder", "prairielearn", "--root", str(tmp_path)]
    words += ["--source", str(packed.root / "source")]
    done = subprocess.run(
        [str(images.python(packed.root)), *words],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "results" / "results.json").read_text())
    assert (found["gradable"], found["score"]) == (True, round(2 / 3, 6))


def test_preflight_tries_the_solution_and_the_largest_hand_in(packed: Packed) -> None:
    """All notebooks of each, as a container gets them."""
    with brought.heaviest(load_course(packed.course), "ps1") as found:
        assert list(found) == ["solution", "submitted/mixed"]
        for folder in found.values():
            assert sorted(p.name for p in folder.glob("*.ipynb")) == ["sums.ipynb", "tables.ipynb"]
        assert "return df.sort_values('n').tail(1)" in (found["solution"] / "tables.ipynb").read_text()


def test_a_changed_configuration_makes_the_release_stale(packed: Packed) -> None:
    """Delimiters and stubs change the release: nothing is graded or packed until it is made again."""
    path = packed.course / "nbgrader_config.py"
    before = path.read_text()
    try:
        path.write_text(before + 'c.ClearSolutions.code_stub = {"python": "..."}\n')
        done = subprocess.run(
            [sys.executable, "-m", "autograder", "bundle", "ps1"], cwd=packed.course, capture_output=True, text=True, check=False
        )  # fmt: skip
        assert done.returncode == 2
        assert "its source has changed since the release" in done.stderr
        assert "Run: autograder release ps1" in done.stderr
    finally:
        path.write_text(before)
