"""Which of a package's assignments a hand-in is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.hosts import which
from tests.unit.test_several import bundle_of


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """One of ours, two whose names begin alike, one of two notebooks."""
    bundle_of(tmp_path / "hw1", questions=("q1",))
    bundle_of(tmp_path / "hw10", questions=("q1",), notebook="lab")
    two = tmp_path / "ps1"
    for name in ("problem1", "problem2"):
        bundle_of(two / "notebooks" / name, questions=("q1",), notebook=name)
    bundle_of(two, questions=("a",), notebooks=("problem1", "problem2"))
    return [tmp_path / "hw1", tmp_path / "hw10", two]


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["hw1.ipynb"], "hw1"),
        (["HW1 (2).ipynb"], "hw1"),
        (["hw10.ipynb"], "hw10"),
        (["lab_Smith.ipynb"], "hw10"),
        (["problem2.ipynb"], "ps1"),
        (["a/problem1.ipynb", "a/problem2.ipynb", "b.csv"], "ps1"),
        (["ps1/notes.txt"], "ps1"),
        (["problem1.ipynb", "lab.ipynb"], None),
        (["homework.ipynb"], None),
    ],
)
def test_a_notebooks_name_says_it(folders: list[Path], names: list[str], wanted: str | None) -> None:
    """The assignment's name or its notebook's; of two that fit the one that says more; of two assignments none."""
    found = which.by_file(folders, names)
    assert (found.name if found else None) == wanted


@pytest.mark.parametrize(
    ("title", "wanted"),
    [
        ("Course: hw10", "hw10"),
        ("HW 1", "hw1"),
        ("hw1 and ps1", None),
        ("PS1, again", "ps1"),
        ("Week 3", None),
    ],
)
def test_a_title_says_it(folders: list[Path], title: str, wanted: str | None) -> None:
    """``hw10`` is not ``hw1``."""
    found = which.by_title(folders, title)
    assert (found.name if found else None) == wanted


def test_what_is_handed_in_is_told_by_its_names(folders: list[Path]) -> None:
    """For students: the notebooks, not the folder."""
    assert [which.shown(folder) for folder in folders] == [
        "hw1.ipynb",
        "lab.ipynb",
        "problem1.ipynb and problem2.ipynb",
    ]
