"""The course file: what it may say, and the words when it says something else."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from autograder.config import FILE_NAME, find_course_root, load_course
from autograder.errors import UsageError

REPOSITORY = Path(__file__).parents[2]


def write_course(folder: Path, *lines: str) -> Path:
    """Write a course file that sets the course id and then ``lines``."""
    text = "\n".join(["c = get_config()", 'c.CourseDirectory.course_id = "demo"', *lines])
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    return folder


def test_load_course_reads_this_repository() -> None:
    """The repository's own course file is valid and has the documented limits."""
    course = load_course(REPOSITORY / "tests" / "unit")
    assert course.root == REPOSITORY
    assert course.course_id == "gene46100"
    assert course.db_url == f"sqlite:///{REPOSITORY}/gradebook.db"
    assert course.bundle("week1-mlp") == REPOSITORY / "bundle" / "week1-mlp"
    limits = course.limits
    assert (limits.cell_timeout_s, limits.check_timeout_s, limits.run_timeout_s) == (60, 10, 540)
    assert limits.memory_bytes == 512 * 2**20


def test_load_course_uses_nbgraders_defaults(tmp_path: Path) -> None:
    """A file that only names the course gives nbgrader's folders beside it."""
    course = load_course(write_course(tmp_path))
    found = [course.source, course.release, course.submitted, course.autograded, course.feedback]
    names = ["source", "release", "submitted", "autograded", "feedback"]
    assert found == [tmp_path / name for name in names]
    assert course.references == tmp_path / "references"
    assert not course.due_dates


def test_load_course_follows_nbgraders_options(tmp_path: Path) -> None:
    """Folders, root and database set for nbgrader hold for us too."""
    course = load_course(
        write_course(
            tmp_path,
            'c.CourseDirectory.root = "inner"',
            'c.CourseDirectory.source_directory = "drafts"',
            'c.CourseDirectory.db_url = "sqlite:////tmp/x.db"',
        )
    )
    assert course.source == tmp_path / "inner" / "drafts"
    assert course.db_url == "sqlite:////tmp/x.db"


def test_due_dates_keep_their_offset(tmp_path: Path) -> None:
    """A due date is a time with an offset from UTC."""
    line = 'c.Autograder.due_dates = {"ps1": "2026-04-03T23:59:00-05:00"}'
    due = load_course(write_course(tmp_path, line)).due_dates["ps1"]
    assert due.replace(tzinfo=None) == datetime(2026, 4, 3, 23, 59)
    assert due.utcoffset() == timedelta(hours=-5)


def test_find_course_root_searches_upwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working folder may lie anywhere inside the course."""
    inner = write_course(tmp_path) / "source" / "ps1"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert find_course_root() == tmp_path


def test_find_course_root_refuses_a_folder_outside(tmp_path: Path) -> None:
    """Without a course file the error names the folder, the file and the way out."""
    with pytest.raises(UsageError, match=rf"{tmp_path}: no {FILE_NAME} here .*--bundle"):
        find_course_root(tmp_path)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "c.Autograder.cell_timeout = 5",
            r"c\.Autograder\.cell_timeout is no option; did you mean 'cell_timeout_s'",
        ),
        ("c.Autograder.colour = 5", r"c\.Autograder\.colour is no option; known are bundle_directory, "),
        (
            'c.Autograder.cell_timeout_s = "60"',
            r"'cell_timeout_s' trait .* expected a float, not the str '60'",
        ),
        ("c.Autograder.memory_bytes = 1.5", r"'memory_bytes' trait .* expected an int, not the float 1\.5"),
        ("c.Autograder.memory_bytes = 512", r"memory_bytes.*67108864"),
        ("c.Autograder.check_timeout_s = 0", r"check_timeout_s.*0\.1"),
        ("c.Autograder.cell_timeout_s = 600", r"cell_timeout_s is 600 s, more than run_timeout_s, 540 s"),
        (
            'c.Autograder.data_base_url = "http://x"',
            r"data_base_url is 'http://x'; it must start with https://",
        ),
        ('c.Autograder.due_dates = {"ps1": "Friday"}', r"due_dates\['ps1'\] is 'Friday'; write ISO 8601"),
        ('c.Autograder.due_dates = {"ps1": "2026-04-03T23:59:00"}', r"write ISO 8601 with an offset"),
        ("c.Autograder.due_dates = {'ps1': 3}", r"due_dates"),
        ("c.CourseDirectory.course_id = ''", r"course_id is not set"),
        ("c.CourseDirectory.course_id = 46100", r"course_id is 46100; it must be a string"),
        ("c.CourseDirectory.directory_structure = 'x'", r"directory_structure is 'x'"),
        ("c.Autograder.packages = ['einops=0.8']", r"packages has 'einops=0\.8': .*\n.*'einops==0\.8\.2'"),
        ("c.Autograder.packages = ['']", r"packages has '': "),
        ("c.Autograder.packages = ['--pre']", r"packages has '--pre': "),
        ("c.Autograder.packages = ['-r x.txt']", r"packages has '-r x\.txt': "),
        ("c.Autograder.packages = ['a @ https://x.example/a.whl']", r"it names an address"),
        ("c.Autograder.packages = ['a', 'A==1']", r"packages has a, twice"),
        ("c.Autograder.packages = ['Scikit_Learn==1']", r"scikit-learn, which is built in, in version \d"),
        ("c.Autograder.package_index = 'http://x'", r"package_index is 'http://x'"),
        ("c.Autograder.package_index = 'https://x y'", r"package_index is 'https://x y'"),
        ("c.Autograder.x = 1 / 0", r"line 3: ZeroDivisionError: division by zero; nothing was read"),
        ("c.Autograder.x = (", r"line 3: SyntaxError"),
    ],
)
def test_load_course_refuses(tmp_path: Path, line: str, words: str) -> None:
    """Each mistake is a UsageError that names the file, what it found and what to do."""
    with pytest.raises(UsageError, match=words) as caught:
        load_course(write_course(tmp_path, line))
    assert str(tmp_path / FILE_NAME) in str(caught.value)


@pytest.mark.parametrize(
    "name", ["cell_timeout_s", "check_timeout_s", "run_timeout_s", "gradescope_timeout_s"]
)
@pytest.mark.parametrize("value", ['float("nan")', 'float("inf")', "1e12", "0", "-1", "True and '5'"])
def test_time_that_is_no_time_is_a_sentence(tmp_path: Path, name: str, value: str) -> None:
    """Not a number passes every comparison, and a deadline of it never comes."""
    with pytest.raises(UsageError, match=name):
        load_course(write_course(tmp_path, f"c.Autograder.{name} = {value}"))


@pytest.mark.parametrize(
    "way", ["import sys; sys.exit()", "import sys; sys.exit('done')", "raise SystemExit", "quit()"]
)
def test_course_file_that_leaves_is_a_sentence(tmp_path: Path, way: str) -> None:
    """Else the command would end in silence with the file's own exit code."""
    with pytest.raises(UsageError, match="nothing was read"):
        load_course(write_course(tmp_path, way))
