"""Who left is in no report, unless asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.classroom import page_files, store
from autograder.cli import main as cli
from autograder.model import GradingResult, Question


def result() -> GradingResult:
    """Return a result of one question, nothing of it right."""
    questions = (Question(name="q1", title="", points=2.0),)
    return GradingResult(assignment="mini", graded=True, questions=questions, checks=())


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course with results of two, in which this process works."""
    (tmp_path / "gradebook_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "x"\n')
    for name in ("alice", "bob"):
        store.write_result(tmp_path / "autograded" / name / "mini", "mini", result())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("roster", "words", "code", "names"),
    [
        ("", (), 0, {"alice", "bob"}),
        ("student,status\nalice,\nbob,left\n", (), 0, {"alice"}),
        ("student,status\nalice,\nbob,left\n", ("--left",), 0, {"alice", "bob"}),
        ("student,status\nalice,left\nbob,left\n", (), 2, set()),
    ],
)
def test_report_is_of_the_class(
    course: Path, roster: str, words: tuple[str, ...], code: int, names: set[str]
) -> None:
    """As the roster says it now; what was graded stays."""
    if roster:
        (course / "roster.csv").write_text(roster)
    done = CliRunner().invoke(cli.main, ["report", "mini", *words])
    assert done.exit_code == code, done.output
    assert {name for name in ("alice", "bob") if name in done.stdout} == names
    assert (course / "autograded" / "bob" / "mini" / "grading.json").is_file()


def test_pages_that_wait_are_of_the_class(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a person who left, though their page is written."""
    (course / "roster.csv").write_text("student,status\nalice,\nbob,left\n")
    monkeypatch.setattr(page_files, "waiting_for_a_person", lambda _course, _assignment, found: sorted(found))
    done = CliRunner().invoke(cli.main, ["feedback", "mini"])
    assert done.exit_code == 0, done.output
    assert done.stderr == "1 wait for a person (a ✍ question, or not graded): alice\n"
    assert (course / "feedback" / "bob" / "mini" / "mini.html").is_file()
