"""A course begins in any folder, and nothing that is there is ever written over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.author import lint
from autograder.author.begin import EXAMPLE, new_course
from autograder.author.source import read_source
from autograder.cli.main import main
from autograder.config import Autograder, load_course
from autograder.errors import UsageError
from autograder.nbgrader_safety import require


def test_course_is_valid_and_safe(tmp_path: Path) -> None:
    """Its file can be read, nbgrader would be safe, and its name became the course's id."""
    new_course(tmp_path / "new" / "course", "Deep Learning 101")
    course = load_course(tmp_path / "new" / "course")
    assert course.course_id == "deep-learning-101"
    require(course.home)
    assert not (course.root / "source").exists()


def test_every_option_stands_there_with_its_default(tmp_path: Path) -> None:
    """Taking all the marks away changes nothing."""
    new_course(tmp_path, "x")
    path = tmp_path / "gradebook_config.py"
    before, text = load_course(tmp_path), path.read_text()
    for name in Autograder.class_own_traits(config=True):
        assert f"# c.Autograder.{name} = " in text
    path.write_text(text.replace("# c.Autograder.", "c.Autograder."))
    assert load_course(tmp_path) == before


def test_example_has_no_findings(tmp_path: Path) -> None:
    """It is what an instructor reads first."""
    new_course(tmp_path, "x", example=True)
    source = read_source(tmp_path / "source", tmp_path / "references", EXAMPLE)
    assert lint.lint(source) == []
    assert not list(tmp_path.rglob("__pycache__"))


@pytest.mark.parametrize("there", ["README.md", "nbgrader_config.py", f"source/{EXAMPLE}/{EXAMPLE}.ipynb"])
def test_what_is_there_is_never_written_over(tmp_path: Path, there: str) -> None:
    """One file in the way, and nothing is written."""
    (tmp_path / there).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / there).write_text("mine")
    with pytest.raises(UsageError, match=r"(exists already|a course of nbgrader's).*; nothing was written"):
        new_course(tmp_path, "x", example=True)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [tmp_path / there]
    assert (tmp_path / there).read_text() == "mine"


@pytest.mark.parametrize("name", ["", "···", "\x1b[2J a"])
def test_name_without_letters_is_refused(tmp_path: Path, name: str) -> None:
    """A gradebook needs an id."""
    with pytest.raises(UsageError, match="no course's name"):
        new_course(tmp_path / "c", name)
    assert not (tmp_path / "c").exists()


def test_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    """Half-written is nothing written."""
    (tmp_path / "source").write_text("a file where a folder must be")
    done = CliRunner().invoke(main, ["init", str(tmp_path), "--example"])
    assert done.exit_code == 2
    assert "nothing was written" in done.output
    assert os.listdir(tmp_path) == ["source"]


def test_commands_that_need_the_sandbox_say_so_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a Mac or Windows: at once, with what works there and where grading does."""
    new_course(tmp_path, "x", example=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.platform", "darwin")
    for words in (
        ["grade", EXAMPLE],
        ["validate", EXAMPLE],
        ["release", EXAMPLE],
        ["selftest"],
        ["preflight", EXAMPLE],
    ):
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 2, words
        assert "grading needs Linux, this is darwin" in done.output
        assert "lint" in done.output
    assert CliRunner().invoke(main, ["lint", EXAMPLE]).exit_code == 0
