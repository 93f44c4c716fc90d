"""nbgrader's own autograde with our engine: the scores of ``autograder grade``, and one engine for the class."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.author import release, steps
from autograder.author.release import Source
from autograder.classroom import grading
from autograder.config import load_course
from autograder.engine.batch import EngineOptions
from autograder.gradebook import open_gradebook

pytest.importorskip("nbgrader")
from nbgrader.apps.api import NbGraderAPI
from traitlets.config.loader import PyFileConfigLoader

from autograder.hosts import nbgrader

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's and its libraries' own

REPOSITORY = Path(__file__).parents[2]
Mini = tuple[Source, Path, Any]
HALF = "# answer: q1_answer\ndef sum_of_squares(values):\n    return 25"
STUDENTS = ("ada", "blank", "half")


@pytest.fixture(scope="module")
def course(mini: Mini, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a course with the small assignment released and three hand-ins."""
    root = tmp_path_factory.mktemp("course") / "course"
    shutil.copytree(mini[0].path.parent, root / "source" / "mini")
    shutil.copytree(mini[0].references, root / "references" / "mini")
    for name in ("gradebook_config.py", "nbgrader_config.py"):
        shutil.copy(REPOSITORY / name, root)
    publish(root)
    untouched = nbformat.read(root / "release" / "mini" / "mini.ipynb", 4)
    source = release.read_source(root / "source", root / "references", "mini")
    for student in STUDENTS:
        notebook = untouched if student == "blank" else release.solution_notebook(source, untouched)
        if student == "half":
            find(notebook, "q1_answer").source = HALF
        folder = root / "submitted" / student / "mini"
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / "mini.ipynb")
        if student != "blank":
            shutil.copy(root / "references" / "mini" / "solution" / "model_weights.safetensors", folder)
    return root


def publish(root: Path) -> None:
    """Release without grading our own hand-ins: other tests do that."""
    found = load_course(root)
    with steps.prepare(found, "mini") as prepared:
        steps.publish(found, prepared)


def find(notebook: Any, name: str) -> Any:
    """Return a cell by its grade_id."""
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name)


def scores(root: Path, student: str) -> dict[str, tuple[float | None, bool]]:
    """Read (auto_score, needs_manual_grade) of every automatic cell from the gradebook."""
    with open_gradebook(load_course(root).db_url, "gene46100") as book:
        rows = book.find_submission_notebook("mini", "mini", student).grades
        return {g.name: (g.auto_score, g.needs_manual_grade) for g in rows if g.name != "m1"}


@pytest.fixture(scope="module")
def expected(course: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what ``autograder grade`` records."""
    root = tmp_path_factory.mktemp("ours") / "course"
    shutil.copytree(course, root)
    found = load_course(root)
    grading.record_scores(found, grading.grade_class(found, "mini", workers=1).results)
    return {student: scores(root, student) for student in STUDENTS}


def test_scores_are_those_that_are_due(expected: dict[str, Any]) -> None:
    """Else equal scores would prove little."""
    assert [[score for score, _ in expected[s].values()] for s in STUDENTS] == [
        [4, 4, 3],
        [0, 0, 0],
        [1, 4, 3],
    ]


def test_nbgrader_autograde_records_our_scores(
    course: Path, expected: dict[str, Any], tmp_path: Path
) -> None:
    """The real command, for the class; it leaves no process and no file of ours behind."""
    root = shutil.copytree(course, tmp_path / "course")
    scratch = Path(tempfile.mkdtemp(prefix="edges-"))  # not below tmp_path: drawn user ids must get into it
    scratch.chmod(0o711)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", "autograde", "mini"],
            cwd=root,
            env={**os.environ, "TMPDIR": str(scratch), "PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert list(scratch.glob("autograder-*")) == []
    finally:
        shutil.rmtree(scratch)
    assert {student: scores(root, student) for student in STUDENTS} == expected


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Note every engine that is started, and stop the last one."""
    made: list[Any] = []
    real = EngineOptions.open

    def note(options: EngineOptions, *, warm: bool) -> Any:
        made.append(real(options, warm=warm))
        return made[-1]

    monkeypatch.setattr(EngineOptions, "open", note)
    yield made
    nbgrader.close_engine()
    assert all(engine.grader.poll() is not None for engine in made)
    assert all(engine.launcher.zygote.poll() is not None for engine in made)


def test_formgrader_keeps_one_engine_until_the_next_release(
    course: Path, expected: dict[str, Any], opened: list[Any], tmp_path: Path
) -> None:
    """The button's function, student by student; a changed solution gets an engine of its own."""
    root = shutil.copytree(course, tmp_path / "course")
    api = NbGraderAPI(config=PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config())
    for student in ("half", "ada"):
        answer = api.autograde("mini", student)
        assert answer["success"], answer.get("log", "") + answer.get("error", "")
        assert scores(root, student) == expected[student]
    assert len(opened) == 1

    path = root / "source" / "mini" / "mini.ipynb"
    notebook = nbformat.read(path, 4)
    cell = find(notebook, "q1_answer")
    cell.source = cell.source.replace(
        "v * v", "25 + 0 * v * v / len(values)"
    )  # the check still expects 25 of 3 and 4
    nbformat.write(notebook, path)
    stale = api.autograde("mini", "half", force=True)
    assert not stale["success"]
    assert "its source has changed since the release; nothing was graded" in stale["log"]
    assert {q: score for q, (score, _) in scores(root, "half").items()} == {
        q: s for q, (s, _) in expected["half"].items()
    }
    publish(root)
    answer = api.autograde("mini", "ada", force=True)
    assert answer["success"], answer.get("log", "") + answer.get("error", "")
    assert len(opened) == 2
    assert opened[0].grader.poll() is not None
    assert scores(root, "ada")["q1"] == (1, False)


def test_both_flows_write_the_same_and_lose_nothing(course: Path, tmp_path: Path) -> None:
    """Ours, a person, nbgrader's with --force, ours, ours with --force, a new release: scores and comments by hand stay."""
    root = shutil.copytree(course, tmp_path / "course")
    found = load_course(root)
    api = NbGraderAPI(config=PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config())

    def ours(**options: Any) -> grading.ClassResults:
        graded = grading.grade_class(found, "mini", workers=1, **options)
        assert not graded.troubles + grading.record_scores(found, graded.results)
        return graded

    def state() -> Any:
        with open_gradebook(found.db_url, "gene46100") as book:
            kept = {
                (s, g.name): (g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade)
                for s in STUDENTS
                for g in book.find_submission_notebook("mini", "mini", s).grades
            }
            comments = {
                (s, c.name): (c.auto_comment, c.manual_comment)
                for s in STUDENTS
                for c in book.find_submission_notebook("mini", "mini", s).comments
            }
        notebooks = [nbformat.read(found.autograded / s / "mini" / "mini.ipynb", 4) for s in STUDENTS]
        return kept, comments, notebooks

    ours()
    with open_gradebook(found.db_url, "gene46100") as book:
        grade = book.find_grade("m1", "mini", "mini", "ada")
        grade.manual_score, grade.needs_manual_grade, grade.extra_credit = 1.5, False, 0.25
        book.find_comment("m1", "mini", "mini", "ada").manual_comment = "Nearly."
        book.find_comment("q1_answer", "mini", "mini", "half").manual_comment = "See me."
        book.db.commit()
    before = state()
    assert before[0]["ada", "m1"] == (None, 1.5, 0.25, False)
    assert before[0]["blank", "m1"] == (None, None, None, True)
    assert before[1]["blank", "m1"] == ("No response.", None)
    try:
        for student in STUDENTS:
            answer = api.autograde("mini", student, force=True)
            assert answer["success"], answer.get("log", "") + answer.get("error", "")
        assert state() == before
        page = (found.feedback / "ada" / "mini" / "mini.html").read_text()
        assert "1.5 by a person" in page
        assert "Nearly." in page
        assert ours().kept == set(STUDENTS)  # nbgrader's run left our records, too
        assert state() == before
        assert ours(force=True).kept == frozenset()
        assert state() == before
        publish(root)
        assert ours().kept == set(STUDENTS)
        assert state() == before
    finally:
        nbgrader.close_engine()


def test_hand_in_that_nbgrader_cannot_take_keeps_what_people_gave(course: Path, tmp_path: Path) -> None:
    """A renamed notebook: nbgrader skips it, with --force it drops our files; the gradebook stays, and we grade it again."""
    root = shutil.copytree(course, tmp_path / "course")
    found = load_course(root)
    folder = found.submitted / "ada" / "mini"
    (folder / "mini.ipynb").rename(folder / "mini (1).ipynb")
    graded = grading.grade_class(found, "mini", students=("ada",), workers=1)
    grading.record_scores(found, graded.results)
    with open_gradebook(found.db_url, "gene46100") as book:
        grade = book.find_grade("m1", "mini", "mini", "ada")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        book.db.commit()
    api = NbGraderAPI(config=PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config())
    assert not api.autograde("mini", "ada", force=True)["success"]
    graded = grading.grade_class(found, "mini", students=("ada",), workers=1)
    grading.record_scores(found, graded.results)
    with open_gradebook(found.db_url, "gene46100") as book:
        rows = {
            g.name: (g.auto_score, g.manual_score)
            for g in book.find_submission_notebook("mini", "mini", "ada").grades
        }
    assert rows == {"q1": (4, None), "q2": (4, None), "q3": (3, None), "m1": (None, 1.5)}
    assert (found.autograded / "ada" / "mini" / "mini.ipynb").is_file()
