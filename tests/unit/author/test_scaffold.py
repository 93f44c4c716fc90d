"""A new assignment is sound before a word of it is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.author import lint, release, scaffold, validate
from autograder.errors import UsageError


def test_new_assignment_has_no_findings_and_makes_a_bundle(tmp_path: Path) -> None:
    """Points, contract, docstrings, markers; its variants name cells that exist."""
    pytest.importorskip("nbgrader")
    written = scaffold.new_assignment(tmp_path / "source", tmp_path / "references", "week4-gc")
    assert all(path.is_file() for path in written)
    source = release.read_source(tmp_path / "source", tmp_path / "references", "week4-gc")
    assert lint.lint(source) == []
    bundle = release.make_bundle(source, tmp_path / "bundle", limits={})
    assert bundle.max_score == 100
    assert [v.right for v in validate.read_variants(source.references / "variants", bundle)] == [True, False]


def test_new_assignment_is_the_same_every_time(tmp_path: Path) -> None:
    """Nothing random in it, so two instructors see the same."""
    texts = []
    for name in ("one", "two"):
        written = scaffold.new_assignment(tmp_path / name / "s", tmp_path / name / "r", "gc")
        texts.append([path.read_bytes() for path in written])
    assert texts[0] == texts[1]


@pytest.mark.parametrize("name", ["Week 4", "../x", "", "week4-", "-week4", "a--b", "week_4"])
def test_name_that_is_no_folders_everywhere_is_refused(tmp_path: Path, name: str) -> None:
    """With an example of one that is."""
    with pytest.raises(UsageError, match="week4-attention"):
        scaffold.new_assignment(tmp_path / "source", tmp_path / "references", name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("taken", ["source", "references"])
def test_what_is_there_is_never_written_over(tmp_path: Path, taken: str) -> None:
    """Neither a notebook nor references."""
    (tmp_path / taken / "week4").mkdir(parents=True)
    with pytest.raises(UsageError, match="exists already; nothing was written"):
        scaffold.new_assignment(tmp_path / "source", tmp_path / "references", "week4")
