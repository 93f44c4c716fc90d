"""A check was wrong: rehearse, look, apply. Whom it moves, and why, was worked out by hand."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner, Result
from nbformat.v4 import new_markdown_cell

from autograder.author import release
from autograder.cli import main as cli
from autograder.config import load_course
from autograder.gradebook import open_gradebook
from tests.conftest import cell, new_source

pytest.importorskip("nbgrader")

REPOSITORY = Path(__file__).parents[2]
Run = Callable[..., Result]

MEAN, LARGEST, SPREAD = "q1_answer", "q2_answer", "q3_answer"
# What students wrote, and what it gets of q1 (3 points), q2 (3) and q3 (2) by the checks below.
KINDS: dict[str, tuple[dict[str, str], tuple[float, float, float]]] = {
    "right": ({}, (3, 3, 2)),
    # Nothing in the question says what the mean of nothing is: these are right, and the hidden check says no.
    "raises": ({MEAN: "def mean(values):\n    return sum(values) / len(values)"}, (1, 3, 2)),
    "nan": ({MEAN: "def mean(values):\n    return sum(values) / len(values) if values else float('nan')"}, (1, 3, 2)),
    "zero": (
        {LARGEST: "def largest(values):\n    top = 0\n    for v in values:\n        top = max(top, v)\n    return top"},
        (3, 1, 2),
    ),
    "wrong": ({MEAN: "def mean(values):\n    return 2", SPREAD: "def spread(values):\n    return 0"}, (1, 3, 0)),
    "nothing": (
        {name: "raise NotImplementedError" for name in (MEAN, LARGEST, SPREAD)},
        (0, 0, 0),
    ),
}
CHECKS = {
    "q1": """
        # check: q1
        @points(1)
        def test_two(mean):
            \"\"\"1 and 3 give 2.\"\"\"
            equal(mean([1, 3]), 2)

        check(test_two)
        ### BEGIN HIDDEN TESTS
        @points(2)
        def test_other(mean):
            \"\"\"Other numbers have a mean, too.\"\"\"
            equal(mean([]), 0)
        ### END HIDDEN TESTS
        """,
    "q2": """
        # check: q2
        @points(1)
        def test_largest(largest):
            \"\"\"5 is the largest of 1, 5 and 2.\"\"\"
            equal(largest([1, 5, 2]), 5)

        check(test_largest)
        ### BEGIN HIDDEN TESTS
        @points(1)
        def test_negative(largest):
            \"\"\"Negative numbers have a largest, too.\"\"\"
            equal(largest([-3, -1]), -1)

        @points(1)
        @after("test_negative")
        def test_one(largest):
            \"\"\"One number is its own largest.\"\"\"
            equal(largest([-7]), -7)
        ### END HIDDEN TESTS
        """,
    "q3": """
        # check: q3
        ### BEGIN HIDDEN TESTS
        @points(2)
        def test_spread(spread):
            \"\"\"The spread is the largest less the smallest.\"\"\"
            equal(spread([4, 9, 6]), 5)
        ### END HIDDEN TESTS
        """,
}


def source(checks: dict[str, str], points: dict[str, float]) -> Any:
    """Return the instructor's notebook: three small functions, and words for a person to read."""
    notebook = new_source("Numbers")
    bodies = {
        MEAN: "def mean(values):\n    {}\n    return sum(values) / len(values) if values else 0\n    {}",
        LARGEST: "def largest(values):\n    {}\n    return max(values)\n    {}",
        SPREAD: "def spread(values):\n    {}\n    return max(values) - min(values)\n    {}",
    }
    for (name, body), (question, check) in zip(bodies.items(), checks.items(), strict=True):
        answer = body.format("### BEGIN SOLUTION", "### END SOLUTION")
        notebook.cells += [
            new_markdown_cell(f"## {question}"),
            cell("answer", name, f"# answer: {name}\n{answer}"),
            cell("check", question, check, points[question]),
        ]
    notebook.cells += [new_markdown_cell("## m1"), cell("manual", "m1", "# manual: m1\n'in words'", points["m1"])]
    return notebook


POINTS = {"q1": 3.0, "q2": 3.0, "q3": 2.0, "m1": 2.0}


def write_source(root: Path, checks: dict[str, str] = CHECKS, points: dict[str, float] = POINTS) -> None:
    """Write the source notebook."""
    (root / "source" / "numbers").mkdir(parents=True, exist_ok=True)
    nbformat.write(source(checks, points), root / "source" / "numbers" / "numbers.ipynb")


def hand_in(root: Path, student: str, kind: str) -> None:
    """Hand in what that kind of student wrote."""
    folder = root / "submitted" / student / "numbers"
    folder.mkdir(parents=True, exist_ok=True)
    released = nbformat.read(root / "release" / "numbers" / "numbers.ipynb", 4)
    notebook = release.solution_notebook(
        release.read_source(root / "source", root / "references", "numbers"), released
    )
    for one in notebook.cells:
        grade_id = one.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in KINDS[kind][0]:
            one.source = f"# answer: {grade_id}\n{KINDS[kind][0][grade_id]}"
    nbformat.write(notebook, folder / "numbers.ipynb")


def everything(root: Path) -> dict[str, Any]:
    """Return all that students and other programs see of results: files, and the gradebook's scores."""
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for name in ("autograded", "feedback", "regrades")
        for path in (root / name).rglob("*")
        if path.is_file()
    }
    return files | {"gradebook": gradebook(root)}


def gradebook(root: Path) -> dict[str, dict[str, tuple[float | None, float | None]]]:
    """Return (automatic, by hand) by student and question."""
    course = load_course(root)
    with open_gradebook(course.db_url, course.course_id) as book:
        return {
            submission.student.id: {
                row.name: (row.auto_score, row.manual_score) for n in submission.notebooks for row in n.grades
            }
            for submission in book.find_assignment("numbers").submissions
        }


def by_hand(root: Path, student: str, question: str, score: float) -> None:
    """Grade a cell as the formgrader does."""
    course = load_course(root)
    with open_gradebook(course.db_url, course.course_id) as book:
        row = book.find_grade(question, "numbers", "numbers", student)
        row.manual_score, row.needs_manual_grade = score, False
        book.db.commit()


def run_in(root: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs a command in a course."""

    def run(*words: str, code: int = 0) -> Result:
        monkeypatch.chdir(root)
        done = CliRunner().invoke(cli.main, list(words))
        assert done.exit_code == code, done.output
        return done

    return run


SMALL = {name: name for name in KINDS}


def new_class(root: Path, students: dict[str, str]) -> None:
    """Write a course, release it, hand in and grade."""
    write_source(root)
    for name in ("gradebook_config.py", "nbgrader_config.py"):
        shutil.copy(REPOSITORY / name, root)
    with pytest.MonkeyPatch.context() as patch:
        run = run_in(root, patch)
        run("release", "numbers")
        for student, kind in students.items():
            hand_in(root, student, kind)
        run("grade", "numbers")


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a course with a small class, one of each kind, that was graded."""
    root = tmp_path_factory.mktemp("regrade") / "course"
    new_class(root, SMALL)
    scores = gradebook(root)
    for name, (_, wanted) in KINDS.items():
        assert tuple(scores[name][q][0] for q in ("q1", "q2", "q3")) == wanted
    return root


@pytest.fixture
def course(graded: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    return Path(shutil.copytree(graded, tmp_path / "course"))


@pytest.fixture
def run(course: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in the course."""
    return run_in(course, monkeypatch)


CORRECTED = CHECKS | {"q1": CHECKS["q1"].replace("equal(mean([]), 0)", "equal(mean([2, 2, 5]), 3)")}


def test_corrected_check_is_rehearsed_applied_and_logged(course: Path, run: Run) -> None:
    """Who was right all along gets two points; who answers 2 to everything stays; nothing shows before --apply."""
    write_source(course, CORRECTED)
    run("release", "numbers")
    before = everything(course)
    rehearsed = run("regrade", "numbers")
    print(rehearsed.output)
    assert everything(course) == before
    found = json.loads(run("regrade", "numbers", "--json", "--dry-run").stdout)
    assert everything(course) == before
    assert {m["student"]: (m["from"], m["to"]) for m in found["moves"]} == {"nan": (6, 8), "raises": (6, 8)}
    (check,) = found["moves"][0]["checks"]
    assert (check["check"], check["because_of"]) == (
        "q1/test_other",
        [{"cause": "changed check", "detail": "its code"}],
    )
    assert found["stayed"] == ["nothing", "right", "wrong", "zero"]
    assert found["moves"][0]["sentence"] == (
        "Your score for numbers changes from 6 to 8 of 8 points. q1, “Other numbers have a mean, too”, passes now "
        "(0 → 2), because the check was changed."
    )
    applied = run("regrade", "numbers", "--apply")
    print(applied.output)
    scores = gradebook(course)
    assert scores["nan"]["q1"][0] == scores["raises"]["q1"][0] == 3
    (log,) = (course / "regrades").iterdir()
    assert json.loads(log.read_text())["moves"] == found["moves"]
    assert not (course / ".autograder" / "rehearsals" / "numbers").exists()
    again = run("grade", "numbers")
    assert "numbers: 0 graded in" in again.stderr
