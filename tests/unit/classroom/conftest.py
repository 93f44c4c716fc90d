"""A course without a release: enough for who is in the class and what they handed in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder.config import CourseConfig, load_course
from autograder.gradebook import open_gradebook


@pytest.fixture(scope="session")
def empty_gradebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """nbgrader's gradebook with nobody in it: to make one takes seconds."""
    path = tmp_path_factory.mktemp("gradebook") / "gradebook.db"
    with open_gradebook(f"sqlite:///{path}", "x"):
        return path


@pytest.fixture
def course(tmp_path: Path) -> CourseConfig:
    """A course with two assignments, nobody in it and nothing handed in."""
    home = tmp_path / "course"
    for name in ("week1-mlp", "week2-cnn"):
        (home / "source" / name).mkdir(parents=True)
        (home / "source" / name / f"{name}.ipynb").write_text("{}")
    (home / "gradebook_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "x"\n')
    return load_course(home)


@pytest.fixture
def with_gradebook(course: CourseConfig, empty_gradebook: Path) -> CourseConfig:
    """The same course, with a gradebook."""
    shutil.copy(empty_gradebook, course.home / "gradebook.db")
    return course
