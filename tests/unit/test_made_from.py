"""A release of another tool's assignment is stale as soon as anything changes that it was made from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.config import load_course
from autograder.released import source_digest
from tests.brought.cells import check, notebook, write

CONFIG = "c = get_config()\n"


def nbgrader(root: Path, config: str = CONFIG) -> Path:
    """Write a small course in nbgrader's form."""
    write(root / "source" / "ps1", {"a": notebook(check("t", 1, "assert 1"))}, {"data.csv": "1"})
    (root / "nbgrader_config.py").write_text(config)
    return root


def digest(root: Path, assignment: str = "ps1") -> str:
    """Return what a release would be remembered by."""
    return source_digest(load_course(root), assignment)


@pytest.mark.parametrize(
    "line",
    [
        "c.ClearSolutions.begin_solution_delimeter = 'ANSWER'",
        "c.ClearSolutions.code_stub = {'python': '...', 'R': 'stop()'}",
        "c.ClearHiddenTests.end_test_delimeter = 'X'",
        "c.IncludeHeaderFooter.header = 'head.ipynb'",
        "c.GenerateAssignment.preprocessors = ['nbgrader.preprocessors.ClearOutput']",
        "c.LockCells.lock_readonly_cells = False",
        "c.CourseDirectory.ignore = ['*.png']",
        "c.ExecutePreprocessor.timeout = 90",
        "c.Autograder.check_timeout_s = 45",
        "c.SomethingNew.option = 1",
        "c.ClearSolutions.code_stub.update({'python': 'x'})",
    ],
)
def test_an_option_that_changes_a_release_makes_it_stale(tmp_path: Path, line: str) -> None:
    """Delimiters, stubs, headers, nbgrader's steps, limits; what nobody knows of, too."""
    before = digest(nbgrader(tmp_path))
    assert digest(nbgrader(tmp_path, f"{CONFIG}{line}\n")) != before


@pytest.mark.parametrize(
    "line",
    [
        "# a comment",
        "c.CourseDirectory.db_url = 'sqlite:///other.db'",
        "c.CourseDirectory.course_id = 'x'",
        "c.CourseDirectory.student_id_exclude = 'me'",
        "c.Exchange.root = '/srv/exchange'",
        "c.Autograder.late_percent = 10",
        "c.Autograder.gradescope_timeout_s = 900",
        "c.NbGrader.logfile = '.log'",
    ],
)
def test_an_option_for_grading_alone_makes_nothing_stale(tmp_path: Path, line: str) -> None:
    """Lateness, the exchange, the database: a term goes on without a new release."""
    before = digest(nbgrader(tmp_path))
    assert digest(nbgrader(tmp_path, f"{CONFIG}{line}\n")) == before


@pytest.mark.parametrize("line", ["c.ClearSolutions.enforce_metadata = {'b', 'a', 'c'}", "c.X.f = lambda v: v + 1", "c.X.o = object()"])  # fmt: skip
def test_values_without_an_order_or_with_an_address_are_the_same_each_time(tmp_path: Path, line: str) -> None:
    """Else each command would find its release stale."""
    nbgrader(tmp_path, f"{CONFIG}{line}\n")
    assert len({digest(tmp_path) for _ in range(3)}) == 1


def test_a_function_that_changed_is_another(tmp_path: Path) -> None:
    """By what it does, not by where it lies."""
    first = digest(nbgrader(tmp_path, f"{CONFIG}c.X.f = lambda v: v + 1\n"))
    assert digest(nbgrader(tmp_path, f"{CONFIG}c.X.f = lambda v: v + 2\n")) != first


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (CONFIG, "source/header.ipynb"),
        (CONFIG, "autotests.yml"),
        (CONFIG, "source/ps1/data.csv"),
        (CONFIG, "source/ps1/autotests.yml"),
        (f"{CONFIG}c.IncludeHeaderFooter.footer = 'parts/foot.ipynb'\n", "parts/foot.ipynb"),
        (f"{CONFIG}c.InstantiateTests.autotest_filename = 'mine.yml'\n", "mine.yml"),
        (f"{CONFIG}load_subconfig('more.py')\n", "more.py"),
    ],
)
def test_a_file_that_a_release_is_made_from_makes_it_stale(tmp_path: Path, config: str, name: str) -> None:
    """Headers, footers, templates of tests, side files, a configuration that another one loads."""
    nbgrader(tmp_path, config)
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("c = get_config()\n")
    before = digest(tmp_path)
    path.write_text("c = get_config()\nc.ClearSolutions.text_stub = 'here'\n")
    assert digest(tmp_path) != before


def test_a_configuration_that_cannot_be_loaded_counts_as_text(tmp_path: Path) -> None:
    """Beside a course file of ours nbgrader's own is read by nbgrader; here it must only differ."""
    nbgrader(tmp_path, "raise ImportError\n")
    (tmp_path / "gradebook_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'x'\n")
    before = digest(tmp_path)
    (tmp_path / "nbgrader_config.py").write_text("raise ValueError\n")
    assert digest(tmp_path) != before


def test_a_linked_data_file_counts(tmp_path: Path) -> None:
    """Data of several assignments lies elsewhere, and is released with each."""
    nbgrader(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "big.csv").write_text("1")
    (tmp_path / "source" / "ps1" / "linked.csv").symlink_to("../../data/big.csv")
    (tmp_path / "source" / "ps1" / "folder").symlink_to("../../data")
    (tmp_path / "source" / "ps1" / "broken.csv").symlink_to("nowhere")
    before = digest(tmp_path)
    (tmp_path / "data" / "big.csv").write_text("2")
    assert digest(tmp_path) != before


def otter(root: Path, config: str, fenced: bool) -> Path:
    """Write a course with a master of otter's."""
    (root / "gradebook_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'x'\n")
    text = f"# ASSIGNMENT CONFIG\n{config}"
    cell = {
        "cell_type": "markdown" if fenced else "raw",
        "metadata": {},
        "source": f"```otter\n{text}\n```" if fenced else text.splitlines(keepends=True),
    }
    made = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    write(root / "source" / "hw01", {"hw01": made})
    return root


@pytest.mark.parametrize("fenced", [False, True])
@pytest.mark.parametrize(
    ("config", "name"),
    [
        ("files:\n    - ../shared", "source/shared/table.csv"),
        ("requirements: ../../requirements.txt", "requirements.txt"),
        ("environment: ../environment.yml", "source/environment.yml"),
        ("autograder_files: [../keys.csv]", "source/keys.csv"),
        ("config_file: ../all.yml", "source/all.yml"),
        ("config_file: more.yml", "source/shared/table.csv"),
        ("name: hw01", "source/hw01/numbers.csv"),
    ],
)
def test_what_a_master_names_makes_its_release_stale(
    tmp_path: Path, config: str, name: str, fenced: bool
) -> None:
    """Files and folders elsewhere, requirements, a configuration in a file of its own, and what that names."""
    otter(tmp_path, config, fenced)
    (tmp_path / "source" / "hw01" / "more.yml").write_text("files:\n    - ../shared\n")
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("a: 1")
    before = digest(tmp_path, "hw01")
    path.write_text("a: 2")
    assert digest(tmp_path, "hw01") != before


@pytest.mark.parametrize(
    "config", ["files: [", "- a list", "files: {a: 1}", "files: /nowhere/at/all", "name: /"]
)
def test_a_configuration_that_is_none_is_survived(tmp_path: Path, config: str) -> None:
    """The release says what is wrong with it; a digest reads no disk for it."""
    assert digest(otter(tmp_path, config, fenced=False), "hw01") == digest(tmp_path, "hw01")


def test_limits_of_the_course_file_count_for_a_master(tmp_path: Path) -> None:
    """They are in its bundle."""
    before = digest(otter(tmp_path, "name: hw01", fenced=False), "hw01")
    with (tmp_path / "gradebook_config.py").open("a") as file:
        file.write("c.Autograder.cell_timeout_s = 77\n")
    assert digest(tmp_path, "hw01") != before


def test_nothing_beside_the_source_counts_for_our_own(tmp_path: Path) -> None:
    """An assignment in our form is what it was: its folder, and its references."""
    cell = {
        "cell_type": "code",
        "metadata": {},
        "source": "# check: q1\nx = 1",
        "outputs": [],
        "execution_count": None,
    }
    cell["metadata"] = {"nbgrader": {"grade_id": "first_cell"}}
    made = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    write(tmp_path / "source" / "own", {"own": made})
    (tmp_path / "gradebook_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'x'\n")
    before = digest(tmp_path, "own")
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\nc.ClearSolutions.text_stub = 'x'\n")
    (tmp_path / "source" / "header.ipynb").write_text(json.dumps(made))
    assert digest(tmp_path, "own") == before
