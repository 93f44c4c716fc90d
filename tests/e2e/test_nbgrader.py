"""One course under nbgrader and us: one release, no points from a kernel, our scores in the gradebook."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from autograder.author.gradebook_cells import record_assignment
from autograder.classroom import by_hand
from autograder.classroom.by_hand import Given
from autograder.classroom.export import export
from autograder.classroom.pages import student_page
from autograder.classroom.scores import record_result
from autograder.config import load_course
from autograder.errors import ReleaseError, UsageError
from autograder.gradebook import open_gradebook
from autograder.model import CheckResult, GradingResult, Outcome, Question
from autograder.nbgrader_safety import require

pytest.importorskip("nbgrader")
import nbformat
from nbgrader.apps.api import NbGraderAPI
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.author.guard import GUARD, guard_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's and its libraries' own

REPOSITORY = Path(__file__).parents[2]
QUESTIONS = (
    Question(name="q1", title="", points=2),
    Question(name="q2", title="", points=3),
    Question(name="q3", title="", points=1),
    Question(name="q4", title="", points=4, manual=True),
)
# The engine of these tests: it gives the scores that the hand-in's folder asks for.
FAKE_ENGINE = """
import json
from autograder.model import GradingResult

def grade(bundle_dir, submission):
    assert submission.parts[-3] == "submitted", submission
    assert bundle_dir.parts[-2:] == ("bundle", "ps1"), bundle_dir
    return GradingResult.from_json(json.loads((submission / "result.json").read_text()))
"""


def cell(source: str, name: str, points: float | None = None, *, solution: bool = False) -> Any:
    """Make a code cell with nbgrader's metadata: with points it is graded."""
    made = nbformat.v4.new_code_cell(source, id=name)
    made.metadata["nbgrader"] = {
        "schema_version": 3,
        "grade_id": name,
        "grade": points is not None,
        "solution": solution,
        "locked": not solution,
        "task": False,
        **({} if points is None else {"points": points}),
    }
    return made


def source_notebook() -> Any:
    """Make an assignment with every kind of check cell and one manual answer."""
    hidden = "### BEGIN HIDDEN TESTS\nassert double(21) == 42  # secret\n### END HIDDEN TESTS"
    stub = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
    return nbformat.v4.new_notebook(
        cells=[
            cell("# locked: data\nimport sys", "data"),
            cell(stub, "q1_answer", solution=True),
            cell(f"# check: q1\nassert double(1) == 2\n{hidden}", "q1", 2),
            cell("# check: q2\nassert double(1) == 2", "q2", 3),
            cell(f"# check: q3\n{hidden}", "q3", 1),
            cell("# manual: q4", "q4", 4, solution=True),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )


def grading(scores: dict[str, float], *, graded: bool = True, points: float = 2) -> GradingResult:
    """Make a result with one check per automatic question; ``points`` are q1's."""
    questions = (Question(name="q1", title="", points=points), *QUESTIONS[1:])
    checks = tuple(
        CheckResult(
            question=q.name,
            name=f"test_{q.name}",
            title="",
            outcome=Outcome.PASSED if scores.get(q.name) else Outcome.FAILED,
            score=scores.get(q.name, 0),
            max_score=q.points,
            hidden=True,
        )
        for q in questions
        if not q.manual
    )
    return GradingResult(assignment="ps1", graded=graded, questions=questions, checks=checks)


def our_api(root: Path) -> Any:
    """Make the object behind the formgrader, with the course file's options."""
    return NbGraderAPI(config=PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config())


def plain_api(root: Path) -> Any:
    """Make the same without any of our steps."""
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.course_id = "gene46100"
    return NbGraderAPI(config=config)


def must(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what NbGraderAPI answered, if it says success."""
    assert answer["success"], answer.get("log", "") + answer.get("error", "")
    return answer


def new_course(root: Path) -> Path:
    """Write a course: this repository's course files, the fake engine, one source notebook."""
    (root / "source" / "ps1").mkdir(parents=True)
    nbformat.write(source_notebook(), root / "source" / "ps1" / "nb.ipynb")
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    text = (REPOSITORY / "gradebook_config.py").read_text(encoding="utf-8")
    engine = '\nc.GradeWithAutograder.engine = "fake_engine.grade"\n'
    (root / "gradebook_config.py").write_text(text + engine, encoding="utf-8")
    (root / "fake_engine.py").write_text(FAKE_ENGINE, encoding="utf-8")
    return root


def generate(api: Any) -> None:
    """Run generate_assignment on a gradebook that exists: nbgrader makes one only with alembic on PATH."""
    with open_gradebook(api.coursedir.db_url, "gene46100"):
        must(api.generate_assignment("ps1"))


def hand_in(
    root: Path, student: str, result: GradingResult | None, edit: Callable[[Any], None] | None = None
) -> Path:
    """Hand in the release with q1 solved; ``result`` None makes the engine crash."""
    folder = root / "submitted" / student / "ps1"
    folder.mkdir(parents=True, exist_ok=True)
    notebook = nbformat.read(root / "release" / "ps1" / "nb.ipynb", as_version=4)
    notebook.cells[1].source = "def double(x):\n    return 2 * x"
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text="the student's own")]
    if edit is not None:
        edit(notebook)
    nbformat.write(notebook, folder / "nb.ipynb")
    (folder / "result.json").write_text(json.dumps(result.to_json()) if result else "{", encoding="utf-8")
    return folder


def rows(root: Path, student: str) -> dict[str, tuple[float | None, float | None, bool]]:
    """Read (auto_score, manual_score, needs_manual_grade) by grade_id."""
    with open_gradebook(load_course(root).db_url, "gene46100") as book:
        found = book.find_submission_notebook("nb", "ps1", student).grades
        return {g.name: (g.auto_score, g.manual_score, g.needs_manual_grade) for g in found}


def set_manual(root: Path, student: str, name: str, score: float) -> None:
    """Grade a cell by hand, as the formgrader does."""
    with open_gradebook(load_course(root).db_url, "gene46100") as book:
        grade = book.find_grade(name, "nb", "ps1", student)
        grade.manual_score, grade.needs_manual_grade = score, False
        book.db.commit()


def stored_cells(root: Path) -> dict[str, dict[str, Any]]:
    """Read everything the gradebook knows of the source notebook, row ids aside."""
    with open_gradebook(load_course(root).db_url, "gene46100") as book:
        notebook = book.find_notebook("nb", "ps1")
        return {
            kind + row.name: {k: v for k, v in row.to_dict().items() if k != "id"}
            for kind in ("grade", "solution", "source")
            for row in getattr(notebook, f"{kind}_cells")
        }


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one course by generate_assignment with our steps."""
    root = new_course(tmp_path_factory.mktemp("ours"))
    generate(our_api(root))
    return root


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the same course with nbgrader's own generate_assignment."""
    root = new_course(tmp_path_factory.mktemp("plain"))
    generate(plain_api(root))
    return root


@pytest.fixture
def course(generated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of the generated course to change."""
    root = shutil.copytree(generated, tmp_path / "course")
    monkeypatch.syspath_prepend(root)
    return root


@pytest.fixture
def book(course: Path) -> Iterator[Any]:
    """Open the copy's gradebook."""
    with open_gradebook(load_course(course).db_url, "gene46100") as gradebook:
        yield gradebook


def test_release_is_what_plain_nbgrader_makes(generated: Path, plain: Path) -> None:
    """Students get the same bytes; only the gradebook's check cells are guarded."""
    made = [root / "release" / "ps1" / "nb.ipynb" for root in (generated, plain)]
    assert made[0].read_bytes() == made[1].read_bytes()
    assert "secret" not in made[0].read_text(encoding="utf-8")
    ours, theirs = stored_cells(generated), stored_cells(plain)
    assert ours.keys() == theirs.keys()
    guarded = {"sourceq1", "sourceq2", "sourceq3"}
    assert {name for name in ours if ours[name] != theirs[name]} == guarded
    for name in guarded:
        lines = ours[name]["source"].split("\n")
        code = [line for line in lines if not line.startswith("#")]
        assert code[0] == GUARD
        assert lines[0] == theirs[name]["source"].split("\n")[0]


def test_plain_nbgrader_gives_no_points_for_guarded_checks(
    generated: Path, plain: Path, tmp_path: Path
) -> None:
    """A right answer, and a wrong one that forges an output, score 0; unguarded, both get points."""

    def forge(notebook: Any) -> None:
        notebook.cells[1].source = "def double(x):\n    sys.displayhook(1)\n    return -x"

    auto = {}
    for name, template in (("guarded", generated), ("unguarded", plain)):
        root = shutil.copytree(template, tmp_path / name)
        hand_in(root, "right", None)
        hand_in(root, "forger", None, forge)
        for student in ("right", "forger"):
            must(plain_api(root).autograde("ps1", student))
            auto[name, student] = [rows(root, student)[q][0] for q in ("q1", "q2", "q3")]
    assert auto["unguarded", "right"] == [2, 3, 1]
    assert auto["unguarded", "forger"] == [1, 1, 1]
    assert auto["guarded", "right"] == auto["guarded", "forger"] == [0, 0, 0]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1", "### B\n{g}\n### E\nx = 1"),
        ("# check: q\n\nx = 1\n### B\ny\n### E", "# check: q\n\n### B\n{g}\n### E\nx = 1\n### B\ny\n### E"),
        ("# check: q\n### B\ny\n### E", "# check: q\n### B\n{g}\ny\n### E"),
        ("x = 1  # B", "### B\n{g}\n### E\nx = 1  # B"),
        ("# only words", "# only words\n### B\n{g}\n### E"),
        ("", "\n### B\n{g}\n### E"),
    ],
)
def test_guard_comes_before_the_first_statement(source: str, expected: str) -> None:
    """It stands in a hidden region, after leading comments, and is added once."""
    guarded = guard_source(source, "B", "E")
    assert guarded == expected.format(g=GUARD)
    assert guard_source(guarded, "B", "E") == guarded


def test_formgrader_records_our_scores(course: Path) -> None:
    """A fraction, a 0 and a full score arrive as they are; the manual cell waits for a person."""
    hand_in(course, "ada", grading({"q1": 1.25, "q2": 0, "q3": 1}))
    must(our_api(course).autograde("ps1", "ada"))
    assert rows(course, "ada") == {
        "q1": (1.25, None, False),
        "q2": (0, None, False),
        "q3": (1, None, False),
        "q4": (None, None, True),  # by itself nbgrader gives an untouched answer 0
    }
    graded = nbformat.read(course / "autograded" / "ada" / "ps1" / "nb.ipynb", as_version=4)
    outputs = {c.metadata.nbgrader.grade_id: c.outputs for c in graded.cells}
    assert [(o.output_type, o.data["text/plain"]) for o in outputs["q1"]] == [("execute_result", "1.25")]
    assert "q1: 1.25 of 2 points" in outputs["q1"][0].data["text/html"]
    assert [o.data["text/plain"] for o in outputs["q2"]] == ["0.0"]
    listed = our_api(course).get_submissions("ps1")
    assert [(s["student"], s["score"], s["needs_manual_grade"]) for s in listed] == [("ada", 2.25, True)]


def test_formgrader_asks_for_a_written_answer(course: Path) -> None:
    """A manual cell that the student filled in needs a person."""

    def answer(notebook: Any) -> None:
        notebook.cells[5].source = "# manual: q4\n'because'"

    hand_in(course, "ada", grading({}), answer)
    must(our_api(course).autograde("ps1", "ada"))
    assert rows(course, "ada")["q4"] == (None, None, True)


def test_deleted_and_copied_check_cells_cost_nothing(course: Path) -> None:
    """By itself nbgrader leaves the first without a score and stops the class at the second."""

    def edit(notebook: Any) -> None:
        notebook.cells.append(nbformat.from_dict({**notebook.cells[3], "id": "copy"}))
        del notebook.cells[2]

    hand_in(course, "ada", grading({"q1": 2, "q2": 1.5}), edit)
    hand_in(course, "bob", grading({"q1": 1}))
    must(our_api(course).autograde("ps1", "*"))
    assert [rows(course, "ada")[q][0] for q in ("q1", "q2", "q3")] == [2, 1.5, 0]
    assert rows(course, "bob")["q1"] == (1, None, False)


@pytest.mark.parametrize("fault", ["not graded", "crash"])
def test_our_fault_keeps_the_previous_score(course: Path, fault: str) -> None:
    """Neither 0 nor full marks: auto_score stays, a person is asked, the notebook is there to look at."""
    hand_in(course, "ada", grading({"q1": 1.5, "q2": 3}))
    must(our_api(course).autograde("ps1", "ada"))
    hand_in(course, "ada", grading({}, graded=False) if fault == "not graded" else None)
    hand_in(course, "bob", grading({"q1": 1}))
    must(our_api(course).autograde("ps1", "*"))
    found = rows(course, "ada")
    assert [found[q] for q in ("q1", "q2", "q3")] == [(1.5, None, True), (3, None, True), (0, None, True)]
    assert rows(course, "bob")["q1"] == (1, None, False)
    graded = nbformat.read(course / "autograded" / "ada" / "ps1" / "nb.ipynb", as_version=4)
    assert "not graded" in graded.cells[2].outputs[0].data["text/html"]
    hand_in(course, "ada", grading({"q1": 2}))
    must(our_api(course).autograde("ps1", "ada"))
    assert rows(course, "ada")["q1"] == (2, None, False)


def test_stock_saveautogrades_never_turns_our_fault_into_a_score(course: Path) -> None:
    """With nbgrader's own recorder our scores count too, and a fault fails that hand-in, not the class."""
    api = our_api(course)
    steps = api.config.Autograde.autograde_preprocessors
    steps[steps.index("autograder.hosts.nbgrader.RecordScores")] = "nbgrader.preprocessors.SaveAutoGrades"
    hand_in(course, "ada", grading({"q1": 1.5, "q2": 0, "q3": 1}))
    must(api.autograde("ps1", "ada"))
    before = rows(course, "ada")
    assert [before[q] for q in ("q1", "q2", "q3")] == [(1.5, None, False), (0, None, False), (1, None, False)]
    hand_in(course, "ada", grading({}, graded=False))
    hand_in(course, "bob", grading({"q1": 1}))
    answer = api.autograde("ps1", "*")
    assert not answer["success"]
    assert "partial credit cannot be greater" in answer["log"]
    assert rows(course, "ada") == before
    assert rows(course, "bob")["q1"] == (1, None, False)


def test_bundle_of_another_release_is_refused(course: Path) -> None:
    """A question with other points than nbgrader's cell stops that hand-in with our words."""
    hand_in(course, "ada", grading({"q1": 5}, points=5))
    answer = our_api(course).autograde("ps1", "ada")
    assert not answer["success"]
    assert "ps1/q1: the bundle has other points than 2; release again." in answer["log"]
    assert rows(course, "ada")["q1"] == (None, None, True)


def test_feedback_page_shows_scores_but_no_hidden_check(course: Path) -> None:
    """With the course file's list, nbgrader's own feedback keeps hidden checks hidden."""
    hand_in(course, "ada", grading({"q1": 1.25}))
    must(our_api(course).autograde("ps1", "ada"))
    must(our_api(course).generate_feedback("ps1", "ada"))
    page = (course / "feedback" / "ada" / "ps1" / "nb.html").read_text(encoding="utf-8")
    assert "1.25" in page
    assert "secret" not in page
    assert "RuntimeError" not in page


def test_feedback_holds_nothing_for_staff(course: Path) -> None:
    """nbgrader copies what lies beside the graded notebook; our records hold staff notes and hidden checks."""
    hand_in(course, "ada", grading({"q1": 1.25}))
    must(our_api(course).autograde("ps1", "ada"))
    graded = course / "autograded" / "ada" / "ps1"
    for name in ("results.json", "grading.json", "figure.png"):
        (graded / name).write_text("secret")
    must(our_api(course).generate_feedback("ps1", "ada"))
    names = {path.name for path in (course / "feedback" / "ada" / "ps1").iterdir()}
    assert "figure.png" in names
    assert not names & {"results.json", "grading.json"}


def test_command_line_journey(tmp_path: Path) -> None:
    """``nbgrader generate_assignment``, ``autograde`` and ``export`` work in the course's folder as it is."""
    root = new_course(tmp_path / "course")
    env = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }

    def nbgrader(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *words],
            cwd=root,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    log = nbgrader("generate_assignment", "ps1")
    hand_in(root, "ada", grading({"q1": 0.5, "q2": 3}))
    log += nbgrader("autograde", "ps1")
    log += nbgrader("export", "--to", "out.csv")
    for word in ("Autograder", "not recognized", "Exception"):
        assert word not in log
    with (root / "out.csv").open(encoding="utf-8") as lines:
        (line,) = csv.DictReader(lines)
    assert (line["student_id"], float(line["score"]), float(line["max_score"])) == ("ada", 3.5, 10)


def test_record_assignment_saves_what_generate_assignment_saves(
    generated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are equal, also in a new database made while alembic is not on PATH."""
    monkeypatch.setenv("PATH", "/nowhere")
    root = new_course(tmp_path / "course")
    path = root / "source" / "ps1" / "nb.ipynb"
    due = datetime(2026, 4, 3, 23, tzinfo=UTC)
    record_assignment(load_course(root).db_url, "gene46100", "ps1", QUESTIONS, path, due=due)
    assert stored_cells(root) == stored_cells(generated)
    assert os.environ["PATH"] == "/nowhere"
    with open_gradebook(load_course(root).db_url, "gene46100") as book:
        assignment = book.find_assignment("ps1")
        assert (assignment.course_id, assignment.duedate) == ("gene46100", due.replace(tzinfo=None))


def test_record_assignment_refuses_other_questions(tmp_path: Path) -> None:
    """A question that the notebook does not have stops it before a database exists."""
    root = new_course(tmp_path / "course")
    path = root / "source" / "ps1" / "nb.ipynb"
    with pytest.raises(ReleaseError, match=r"\('q4', 4\.0, True\) .* not in both; nothing was written"):
        record_assignment(load_course(root).db_url, "gene46100", "ps1", QUESTIONS[:3], path)
    assert not (root / "gradebook.db").exists()


def test_record_assignment_refuses_new_cells_after_hand_ins(course: Path, book: Any) -> None:
    """Once hand-ins are recorded, the set of cells stays: a rule of nbgrader's."""
    record_result(book, "ada", grading({"q1": 2}))
    path = course / "source" / "ps1" / "nb.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(cell("pass", "q5", 1))
    nbformat.write(notebook, path)
    more = (*QUESTIONS, Question(name="q5", title="", points=1))
    with pytest.raises(UsageError, match=r"Cannot add or remove cells .* the gradebook keeps its cells"):
        record_assignment(load_course(course).db_url, "gene46100", "ps1", more, path)


def test_export_lists_recorded_scores(course: Path, book: Any) -> None:
    """An unknown student is added; of those who wait for a person, or are not graded, it is said."""
    when = datetime(2026, 4, 3, 12, tzinfo=UTC)
    record_result(book, "ada", grading({"q1": 1.5, "q2": 3}), when)
    record_result(book, "bob", grading({}, graded=False))
    for student in ("ada", "bob"):
        assert rows(course, student)["q4"] == (None, None, True)
    set_manual(course, "ada", "q4", 4)
    export(load_course(course), course / "out.csv", ("ps1",))
    with (course / "out.csv").open(encoding="utf-8") as lines:
        found = {line["student_id"]: line for line in csv.DictReader(lines)}
    assert (float(found["ada"]["score"]), float(found["ada"]["max_score"])) == (8.5, 10)
    assert found["ada"]["timestamp"] == "2026-04-03 12:00:00"
    assert (found["ada"]["status"], found["bob"]["status"]) == ("graded", "not graded")
    assert found["bob"]["score"] == ""


def test_manual_score_survives_re_recording(course: Path, book: Any) -> None:
    """Hand-given scores stay; a cell whose automatic score changed under one is flagged."""
    record_result(book, "ada", grading({"q1": 1, "q2": 1}))
    set_manual(course, "ada", "q1", 2)
    set_manual(course, "ada", "q4", 3)
    book.db.expire_all()
    record_result(book, "ada", grading({"q1": 1, "q2": 2}))
    found = rows(course, "ada")
    assert found["q1"] == (1, 2, False)
    assert found["q2"] == (2, None, False)
    assert found["q4"] == (None, 3, False)
    record_result(book, "ada", grading({"q1": 0.5}))
    assert rows(course, "ada")["q1"] == (0.5, 2, True)


def answered(scores: dict[str, float], words: str, *, untouched: bool = False) -> GradingResult:
    """Make a result of a hand-in whose answer to q4 is known by a digest."""
    made = grading(scores)
    made.extra["answers"] = {"q4": {"digest": words, "untouched": untouched}}
    return made


def test_changed_answer_is_shown_to_a_person_again(course: Path, book: Any) -> None:
    """The score by hand stays; the cell is flagged once, until a person has looked, and not while the answer is the same."""
    record_result(book, "ada", answered({"q1": 1}, "first"))
    set_manual(course, "ada", "q4", 3)
    book.db.expire_all()
    for words, flagged in (("first", False), ("second", True), ("second", True)):
        record_result(book, "ada", answered({"q1": 1}, words))
        assert rows(course, "ada")["q4"] == (None, 3, flagged)
    set_manual(course, "ada", "q4", 3.5)  # as the formgrader's button does
    book.db.expire_all()
    record_result(book, "ada", answered({"q1": 1}, "second"))
    record_result(book, "ada", grading({"q1": 1}))  # by a version that knew no answers
    assert rows(course, "ada")["q4"] == (None, 3.5, False)


def test_note_about_an_answer_is_undone_with_the_scores(
    course: Path, book: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a run that could not write the flag would take the new answer for the one that was scored."""
    record_result(book, "ada", answered({"q1": 1}, "first"))
    set_manual(course, "ada", "q4", 3)
    book.db.expire_all()
    with monkeypatch.context() as patch:
        patch.setattr(book.db, "commit", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            record_result(book, "ada", answered({"q1": 1}, "second"))
    record_result(book, "ada", answered({"q1": 1}, "second"))
    assert rows(course, "ada")["q4"] == (None, 3, True)


def test_what_people_gave_is_read_for_the_class(course: Path, book: Any) -> None:
    """Scores over ours, extra credit, comments on graded and other cells, and who waits; other students' are not mixed in."""
    for student in ("ada", "bob"):
        record_result(book, student, answered({"q1": 1, "q2": 3}, student, untouched=student == "bob"))
    set_manual(course, "ada", "q4", 3)
    set_manual(course, "ada", "q1", 1.5)
    book.db.expire_all()
    book.find_grade("q2", "nb", "ps1", "ada").extra_credit = 0.5
    book.find_comment("q4", "nb", "ps1", "ada").manual_comment = "Well *said*."
    book.find_comment("q1_answer", "nb", "ps1", "ada").manual_comment = "Shorter!"
    book.db.commit()
    record_result(book, "ada", answered({"q1": 1, "q2": 2}, "ada"))  # a regrade
    given = by_hand.read(book, "ps1")
    assert given["ada"] == {
        "q1": Given(1.5, None, "", False),
        "q2": Given(None, 0.5, "", False),
        "q3": Given(None, None, "", False),
        "q4": Given(3, None, "Well *said*.", False),
        "q1_answer": Given(None, None, "Shorter!", False),
    }
    assert given["bob"]["q4"] == Given(None, None, "No response.", True)
    assert by_hand.given_in(load_course(course), "ps1") == given
    assert by_hand.given_in(load_course(course), "other") == {}
    result = answered({"q1": 1, "q2": 2}, "ada")
    scores = [by_hand.score_of(result, q, given["ada"]) for q in QUESTIONS]
    assert scores == [1.5, 2.5, 0, 3]
    assert [by_hand.score_of(result, q) for q in QUESTIONS] == [1, 2, 0, None]
    page = student_page("ada", result, given["ada"])
    for text in (
        "7 of 10 points",
        "1.5 by a person, in place of 1",
        "0.5 extra credit",
        "Well <em>said</em>.",
        "Shorter!",
    ):
        assert text in " ".join(page.split())
    assert "6 of 10" not in page
    page = student_page("bob", grading({"q1": 1, "q2": 3}), given["bob"])
    assert "4 of 6 points" in page
    assert "4 more wait for a person (q4)" in page


def test_comment_that_holds_markup_is_shown_as_text() -> None:
    """Whoever wrote it: the page runs nothing."""
    page = student_page(
        "ada", grading({}), {"q4": Given(1, None, "<script>alert(1)</script> [x](javascript:alert(1))")}
    )
    assert "<script" not in page
    assert "href=" not in page


def test_ungraded_result_keeps_the_previous_score(course: Path, book: Any) -> None:
    """A fault of ours flags the check cells and leaves a finished manual cell alone."""
    record_result(book, "ada", grading({"q1": 1}))
    set_manual(course, "ada", "q4", 3)
    book.db.expire_all()
    record_result(book, "ada", grading({}, graded=False))
    found = rows(course, "ada")
    assert found["q1"] == (1, None, True)
    assert found["q2"] == (0, None, True)
    assert found["q4"] == (None, 3, False)
    record_result(book, "ada", grading({"q1": 1}))
    assert rows(course, "ada")["q1"] == (1, None, False)


def test_record_result_refuses_a_mismatch_and_writes_nothing(book: Any) -> None:
    """Other points, other questions or an unknown assignment: a UsageError with the numbers."""
    good = grading({"q1": 1}).to_json()
    with pytest.raises(UsageError, match=r"ps1/q1: the gradebook has 2 points, the result 5 points; nothing"):
        record_result(book, "ada", grading({"q1": 1}, points=5))
    fewer = GradingResult.from_json({**good, "questions": good["questions"][:3]})
    with pytest.raises(
        UsageError, match="ps1/q4: the gradebook has 4 points by hand, the result no such question"
    ):
        record_result(book, "ada", fewer)
    double = GradingResult.from_json({**good, "checks": (*good["checks"], {**good["checks"][0], "score": 2})})
    with pytest.raises(UsageError, match="ps1/q1: score 3 of 2 points; nothing was written"):
        record_result(book, "ada", double)
    with pytest.raises(
        UsageError, match=r"no assignment 'ps9'; nothing was written. Run: autograder release ps9"
    ):
        record_result(book, "ada", GradingResult.from_json({**good, "assignment": "ps9"}))
    with pytest.raises(ValueError, match=r"ada: timestamp .* has no offset"):
        record_result(book, "ada", grading({}), datetime(2026, 4, 3))
    assert book.students == []


def test_open_gradebook_without_nbgrader_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that only grades has no nbgrader: the error names the extra."""
    monkeypatch.setitem(sys.modules, "nbgrader.api", None)
    with (
        pytest.raises(UsageError, match=r"pip install 'autograder-notebooks\[instructor\]'"),
        open_gradebook(f"sqlite:///{tmp_path}/gradebook.db", "demo"),
    ):
        pass


def test_open_gradebook_without_alembic_leaves_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By itself nbgrader leaves a database without a version, which it cannot upgrade later."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    url = f"sqlite:///{tmp_path}/gradebook.db"
    with pytest.raises(UsageError, match="alembic: not found beside"), open_gradebook(url, "demo"):
        pass
    assert not (tmp_path / "gradebook.db").exists()


def test_open_gradebook_names_a_database_that_cannot_be_opened(tmp_path: Path) -> None:
    """A folder that does not exist is a usage error, not a traceback."""
    url = f"sqlite:///{tmp_path}/absent/gradebook.db"
    with (
        pytest.raises(UsageError, match=r"absent/gradebook.db: cannot be opened"),
        open_gradebook(url, "demo"),
    ):
        pass


def test_late_hand_in_is_charged_alike_everywhere(course: Path) -> None:
    """nbgrader's autograde, feedback and export, and our export: 10.5 points, four and a half hours late.

    q1 to q3 give 2 + 3 + 1, q4 4 by hand and 0.5 more: raw 10.5. Five started hours × 2 % of 10.5 are 1.05; 9.45 are left.
    """
    config = course / "gradebook_config.py"
    due = 'c.Autograder.due_dates = {"ps1": "2026-04-03T12:00:00+00:00"}'
    rule = 'c.Autograder.late_percent = 2\nc.Autograder.late_per = "hour"'
    config.write_text(f"{config.read_text()}\n{due}\n{rule}\n")
    folder = hand_in(course, "ada", grading({"q1": 2, "q2": 3, "q3": 1}))
    (folder / "timestamp.txt").write_text("2026-04-03 11:30:00 -0500")  # 4 h 30 min later
    must(our_api(course).autograde("ps1", "ada"))
    with open_gradebook(load_course(course).db_url, "gene46100") as book:
        found = book.find_submission("ps1", "ada")
        assert (found.total_seconds_late, found.score) == (16_200, 6)
        assert found.late_submission_penalty == 0.6  # of what the checks gave, until a person has graded
        row = book.find_grade("q4", "nb", "ps1", "ada")
        row.manual_score, row.extra_credit, row.needs_manual_grade = 4, 0.5, False
        book.db.commit()
    must(our_api(course).generate_feedback("ps1", "ada"))  # settles before it shows
    with open_gradebook(load_course(course).db_url, "gene46100") as book:
        found = book.find_submission("ps1", "ada")
        assert (found.score, found.late_submission_penalty) == (10.5, 1.05)
    export(load_course(course), course / "ours.csv", ("ps1",))
    with (course / "ours.csv").open(encoding="utf-8") as lines:
        (line,) = csv.DictReader(lines)
    assert [line[n] for n in ("raw_score", "late_submission_penalty", "score")] == ["10.5", "1.05", "9.45"]
    assert line["why"] == "4 h 30 min late: 5 hours × 2 % of the score"


def test_course_with_a_rule_of_its_own_is_told(tmp_path: Path) -> None:
    """Two rules of lateness would show two scores."""
    root = new_course(tmp_path / "course")
    path = root / "nbgrader_config.py"
    path.write_text('c = get_config()\nc.AssignLatePenalties.plugin_class = "mine.Rule"\n' + path.read_text())
    with pytest.raises(UsageError, match=r"plugin_class is mine\.Rule: a second rule of lateness"):
        require(root)
