"""The commands as a person runs them: a release, a class, a second look, one hand-in from anywhere."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner

from autograder.author import release
from autograder.author.release import Source
from autograder.cli import main as cli

pytest.importorskip("nbgrader")

REPOSITORY = Path(__file__).parents[2]
Mini = tuple[Source, Path, Any]
Done = subprocess.CompletedProcess[str]
Here = Callable[..., Done]
MAXIMUM = ["(maximum)", "4", "4", "3", "11"]


def autograder(folder: Path, *words: str) -> Done:
    """Run a command in a folder, as a person would."""
    return subprocess.run(
        [sys.executable, "-m", "autograder", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Here:
    """Run a command in this process: what a start of the interpreter adds is not looked at again."""

    def run(folder: Path, *words: str) -> Done:
        monkeypatch.chdir(folder)
        done = CliRunner().invoke(cli.main, list(words))
        return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)

    return run


def rows(done: Done) -> list[str]:
    """Return the printed table's lines, spaces squeezed."""
    return [" ".join(line.split()) for line in done.stdout.split("\n\n")[0].splitlines()[2:]]


def hand_in(root: Path, student: str, notebook: Any | None, *, weights: bool = True) -> Path:
    """Write a hand-in of the small course."""
    folder = root / "submitted" / student / "mini"
    folder.mkdir(parents=True, exist_ok=True)
    if notebook is not None:
        nbformat.write(notebook, folder / "mini.ipynb")
    if weights:
        shutil.copy(root / "references" / "mini" / "solution" / "model_weights.safetensors", folder)
    return folder


def stamps(root: Path) -> dict[str, int]:
    """Return when each student's result was written."""
    return {
        p.parent.parent.name: p.stat().st_mtime_ns for p in (root / "autograded").glob("*/mini/grading.json")
    }


@pytest.fixture(scope="module")
def released(mini: Mini, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """Return a course whose small assignment was released by the command, and what the command said."""
    root = tmp_path_factory.mktemp("commands") / "course"
    shutil.copytree(mini[0].path.parent, root / "source" / "mini")
    shutil.copytree(mini[0].references, root / "references" / "mini")
    for name in ("gradebook_config.py", "nbgrader_config.py"):
        shutil.copy(REPOSITORY / name, root)
    return root, autograder(root, "release", "mini")


@pytest.fixture
def course(released: tuple[Path, Done], tmp_path: Path) -> Path:
    """Return a copy of the released course."""
    root = tmp_path / "course"
    shutil.copytree(released[0], root)
    return root


@pytest.fixture
def notebooks(course: Path) -> tuple[Any, Any]:
    """Return the solution and the untouched release."""
    untouched = nbformat.read(course / "release" / "mini" / "mini.ipynb", 4)
    source = release.read_source(course / "source", course / "references", "mini")
    return release.solution_notebook(source, untouched), untouched


def test_release_prints_what_it_wrote(released: tuple[Path, Done], here: Here) -> None:
    """One path per line on stdout, the verdict on stderr; a second look says that it is up to date."""
    root, done = released
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"{root}/release/mini/{name}"
        for name in ("manifest.json", "mini.ipynb", "tests/q1.py", "tests/q2.py")
    ]
    assert "mini: released in " in done.stderr
    assert "solution 100 %, untouched release 0, 0 variants as expected" in done.stderr
    check = here(root, "release", "--all", "--check")
    assert (check.returncode, check.stdout) == (0, f"{root}/release/mini: up to date\n")


def test_class_is_graded_kept_and_exported(course: Path, notebooks: tuple[Any, Any], here: Here) -> None:
    """Three students, a second run, a changed hand-in, --force, the CSV."""
    solution, untouched = notebooks
    hand_in(course, "ada", solution)
    hand_in(course, "blank", untouched, weights=False)
    hand_in(course, "cy", None)

    first = autograder(course, "grade", "mini", "--workers", "1", "--reasons")
    assert first.returncode == 0, first.stderr
    ada, blank, cy = "ada 4 4 3 11 graded", "blank 0 0 0 0 graded", "cy – – – – not graded"
    assert rows(first) == [ada, blank, cy, " ".join(MAXIMUM)]
    assert "\ncy\n  no notebook (.ipynb) was handed in; found: model_weights.safetensors." in first.stdout
    assert "ada\n" not in first.stdout.split("\n\n", 1)[1]
    assert "3 hand-ins: 2 graded, 1 not graded" in first.stdout
    assert "mini: 3 graded in " in first.stderr
    assert "cy: not graded, a person must look." in first.stderr
    assert "Warning" not in first.stderr
    for student, graded in (("ada", 11.0), ("blank", 0.0), ("cy", None)):
        results = json.loads((course / "autograded" / student / "mini" / "results.json").read_text())
        assert results.get("score") == graded
    before = stamps(course)

    second = here(course, "grade", "mini", "--workers", "1", "--reasons")
    assert (second.returncode, second.stdout) == (0, first.stdout)
    assert "mini: 0 graded in " in second.stderr
    assert "3 kept, as unchanged since" in second.stderr
    assert stamps(course) == before

    solution.cells[
        [c.metadata.get("nbgrader", {}).get("grade_id") for c in solution.cells].index("q1_answer")
    ].source = "# answer: q1_answer\ndef sum_of_squares(values):\n    return 25"
    hand_in(course, "blank", solution)
    third = autograder(course, "grade", "mini", "--workers", "1")
    blank = "blank 1 4 3 8 graded"
    assert rows(third) == [ada, blank, cy, " ".join(MAXIMUM)]
    assert "mini: 1 graded in " in third.stderr
    assert {name for name, stamp in stamps(course).items() if stamp != before[name]} == {"blank"}

    forced = here(course, "grade", "mini", "--workers", "1", "--force", "--json", "--student", "ada")
    assert forced.returncode == 0
    assert json.loads(forced.stdout)["ada"]["score"] == 11
    assert "mini: 1 graded in " in forced.stderr
    assert " kept, " not in forced.stderr

    export = autograder(course, "export", "--to", "out.csv", "mini")
    assert (export.returncode, export.stdout) == (0, "out.csv\n")
    with (course / "out.csv").open() as file:
        found = {line["student_id"]: (line["score"], line["status"]) for line in csv.DictReader(file)}
    waits = "waits for a person"
    assert found == {"ada": ("11.0", waits), "blank": ("8.0", waits), "cy": ("", "not graded")}
    assert "mini: 2 wait for a person (a ✍ question, or a doubtful check): ada, blank\n" in export.stderr
    assert "mini: 1 not graded: cy\n" in export.stderr
    unknown = here(course, "export", "--to", "out2.csv", "week9")
    assert unknown.returncode == 2
    assert (
        "'week9': no such assignment in the gradebook; nothing was written.\nThere are: mini."
        in unknown.stderr
    )
    assert not (course / "out2.csv").exists()


def test_one_hand_in_is_graded_anywhere(course: Path, notebooks: tuple[Any, Any], tmp_path: Path) -> None:
    """From a folder that belongs to no course, with a bundle alone: a file, under any name, and a folder."""
    solution, untouched = notebooks
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    bundle = shutil.copytree(course / "bundle" / "mini", tmp_path / "bundle-of-mini")
    folder = hand_in(course, "ada", solution)
    nbformat.write(untouched, tmp_path / "-my notebook (1).ipynb")

    words = ["grade", "mini", "--bundle", str(bundle), "--results", "results.json", "--submission"]
    whole = autograder(nowhere, *words, str(folder))
    assert whole.returncode == 0, whole.stderr
    assert rows(whole) == ["mini 4 4 3 11 graded", " ".join(MAXIMUM)]
    results = json.loads((nowhere / "results.json").read_text())
    assert results["score"] == sum(t["score"] for t in results["tests"]) == 11
    assert os.listdir(nowhere) == ["results.json"]

    alone = autograder(nowhere, *words, str(tmp_path / "-my notebook (1).ipynb"), "--json")
    assert alone.returncode == 0, alone.stderr
    assert json.loads(alone.stdout) == json.loads((nowhere / "results.json").read_text())
    assert json.loads(alone.stdout)["score"] == 0


def test_odd_student_names_reach_results_and_gradebook(
    course: Path, notebooks: tuple[Any, Any], here: Here
) -> None:
    """Spaces, accents, another script, a leading dash; a name that deceives is left out, and costs nobody else anything."""
    names = ["-dash", "Zoë Müller", "山田 太郎"]
    for name in names:
        hand_in(course, name, notebooks[1], weights=False)
    done = here(course, "grade", "mini", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert [row.split(" 0 ")[0] for row in rows(done)[:-1]] == names
    assert len({line.index("graded") for line in done.stdout.splitlines()[2:4]}) == 1
    one = here(course, "grade", "mini", "--student=-dash")
    assert (one.returncode, len(rows(one))) == (0, 2)
    assert here(course, "export").returncode == 0
    with (course / "grades.csv").open() as file:
        exported = sorted(line["student_id"] for line in csv.DictReader(file))
    assert exported == sorted(
        "'-dash" if name == "-dash" else name for name in names
    )  # no spreadsheet's formula
    hand_in(course, "a\u202eda", notebooks[1])
    again = here(course, "grade", "mini")
    assert again.returncode == 0
    assert len(rows(again)) == len(names) + 1
    assert "has a student's name with odd characters. Rename the folder" in again.stderr
    assert "\u202e" not in again.stdout + again.stderr
