"""What makes nbgrader safe: put in by one call, and asked for before anything is done."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from traitlets.config.loader import Config, LazyConfigValue, PyFileConfigLoader

from autograder.errors import UsageError
from autograder.nbgrader_safety import (
    FILE_NAME,
    FORGET,
    GRADE,
    GUARD,
    LINES,
    LISTS,
    RECORD,
    missing,
    protect,
    require,
)

REPOSITORY = Path(__file__).parents[2]
# Of a run in nbgrader's own kernel, which ours takes the place of: the kernel, its outputs' clean-up, its recorder.
REPLACED = {"Execute", "ClearMetadataPreprocessor", "IgnorePattern", "SaveAutoGrades"}
EXECUTE, SAVE = "nbgrader.preprocessors.Execute", "nbgrader.preprocessors.SaveAutoGrades"


def test_lists_are_nbgraders_own_with_our_steps() -> None:
    """A new version of nbgrader with another list shows here."""
    apps = import_module("nbgrader.converters")
    for (section, name), ours in LISTS.items():
        theirs = [
            str(step.__module__ + "." + step.__name__)
            for step in getattr(apps, section).class_traits()[name].default()
        ]
        short = {step.rpartition(".")[2] for step in theirs}
        kept = [step.rpartition(".")[2] for step in ours if not step.startswith("autograder.")]
        added = {"ClearHiddenTests"} if section == "GenerateFeedback" else set()
        replaced = REPLACED if name == "autograde_preprocessors" else set()
        assert set(kept) - added == short - replaced


def test_every_step_can_be_imported() -> None:
    """A name in the lists that is nowhere would stop nbgrader at its first use."""
    for steps in LISTS.values():
        for step in steps:
            module, _, name = step.rpartition(".")
            assert hasattr(import_module(module), name), step


def test_an_empty_configuration_lacks_all_and_protect_gives_all() -> None:
    """What is missing is told by name; afterwards nothing is, and a second call changes nothing."""
    config = Config()
    said = missing(config)
    for step in (GUARD, FORGET, GRADE, RECORD, "nbgrader.preprocessors.ClearHiddenTests", "'grading.json'"):
        assert any(step in line for line in said), step
    protect(config)
    assert missing(config) == []
    before = config.copy()
    protect(config)
    assert config == before


def test_formgrader_reads_the_gradebook_anew_beside_the_courses_own_steps() -> None:
    """Once, however often the file is read, and after what the course has set."""
    config = Config()
    config.HTMLExporter.preprocessors = ["a.Step"]
    protect(config)
    protect(config)
    assert config.HTMLExporter.preprocessors == ["a.Step", "autograder.hosts.formgrader.FreshGradebook"]


def test_protect_keeps_what_the_course_has_set() -> None:
    """Its own steps stay in their order; nbgrader's kernel and recorder give way."""
    config = Config()
    config.Autograde.autograde_preprocessors = ["my.First", EXECUTE, "my.Second", SAVE]
    config.CourseDirectory.ignore = ["*.csv"]
    lazy = LazyConfigValue()
    lazy.append("my.Last")
    config.GenerateFeedback.preprocessors = lazy
    protect(config)
    assert config.Autograde.autograde_preprocessors == ["my.First", GRADE, "my.Second", RECORD]
    assert config.CourseDirectory.ignore[0] == "*.csv"
    assert config.GenerateFeedback.preprocessors == [*LISTS["GenerateFeedback", "preprocessors"], "my.Last"]
    assert missing(config) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"c.Autograde.autograde_preprocessors = ['{GRADE}', '{EXECUTE}', '{RECORD}']", f"has {EXECUTE}"),
        (
            f"c.GenerateAssignment.preprocessors = ['nbgrader.preprocessors.SaveCells', '{GUARD}']",
            "after nbgrader.preprocessors.SaveCells",
        ),
        (
            "c.GenerateFeedback.preprocessors = ['nbgrader.preprocessors.GetGrades']",
            "lacks nbgrader.preprocessors.ClearHiddenTests",
        ),
        ("c.CourseDirectory.ignore = ['*.pyc']", "lacks 'results.json'"),
    ],
)
def test_what_undoes_a_step_later_is_refused(tmp_path: Path, line: str, said: str) -> None:
    """The effective configuration counts, not that the call is there."""
    (tmp_path / FILE_NAME).write_text(f"c = get_config()\n{LINES}\n{line}\n")
    with pytest.raises(UsageError) as caught:
        require(tmp_path)
    assert said in str(caught.value)
    assert LINES in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "not there"),
        ("c = get_config()\n", "lacks autograder.author.guard.GuardChecks"),
        (
            "c = get_config()\nc.Autograde.autograde_preprocessors = ['autograder.nbgrader_plugin.GradeWithAutograder']\n",
            "older version",
        ),
        ("import sys\nsys.exit(0)\n", "line 2: SystemExit"),
        ("c = get_config(\n", "line 1: SyntaxError"),
    ],
)
def test_a_course_without_it_is_refused_with_the_lines_to_add(
    tmp_path: Path, text: str | None, said: str
) -> None:
    """Today's courses, those of an older version, and files that cannot be read."""
    if text is not None:
        (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(UsageError) as caught:
        require(tmp_path)
    assert said in str(caught.value)


def test_this_repository_is_safe() -> None:
    """Its file is two facts and one call."""
    require(REPOSITORY)
    config = PyFileConfigLoader(FILE_NAME, path=str(REPOSITORY)).load_config()
    assert config.CourseDirectory.course_id == "gene46100"
