"""The visible checks as otter's test files: stock otter-grader gives the verdict of ``check`` and of the grader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autograder.author import release
from autograder.author.otter_tests import otter_tests
from autograder.author.source import Source

test_files = pytest.importorskip("otter.test_files")

Mini = tuple[Source, Path, Any]


def verdicts(files: dict[str, str], folder: Path, names: dict[str, Any]) -> dict[str, tuple[bool, str]]:
    """Run otter's own reader and runner on the files; return verdict and message of each case."""
    found = {}
    for path, text in files.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
        made = test_files.create_test_file(str(folder / path), None)  # otter finds out the format by itself
        made.run(names)
        found |= {r.test_case.name: (r.passed, r.message) for r in made.test_case_results}
    return found


def run_notebook(notebook: Any) -> dict[str, Any]:
    """Run a notebook's code but its check cells; return its names. A cell that stops is passed over."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in notebook.cells:
        grading = cell.metadata.get("nbgrader", {}).get("grade")
        if cell.cell_type == "code" and not grading and "train" not in cell.metadata.get("tags", []):
            try:
                exec(compile(cell.source, "/tmp/ipykernel_1/1.py", "exec"), names)
            except (NotImplementedError, NameError, OSError):
                continue
    return names


def test_otter_agrees_about_solution_and_untouched_release(mini: Mini, tmp_path: Path) -> None:
    """Every visible check passes on the one and fails on the other, with the reason that ``check`` gives."""
    source, folder, released = mini
    bundle = release.read_bundle(folder)
    files = otter_tests(source, bundle)
    titles = {c.title for c in bundle.checks if not c.hidden}
    good = verdicts(files, tmp_path, run_notebook(release.solution_notebook(source, released)))
    assert set(good) == titles
    assert [name for name, (passed, _) in good.items() if not passed] == []
    bad = verdicts(files, tmp_path, run_notebook(released))
    assert [name for name, (passed, _) in bad.items() if passed] == []
    assert "not answered yet" in bad["3 and 4 give 25."][1]


def test_otter_files_hold_no_hidden_check(mini: Mini) -> None:
    """Neither a name nor a line of one; points are the bundle's."""
    source, folder, _ = mini
    bundle = release.read_bundle(folder)
    text = "\n".join(otter_tests(source, bundle).values())
    assert "canary" not in text
    assert not any(c.name in text for c in bundle.checks if c.hidden)
    assert all(f"points={c.points!r}" in text for c in bundle.checks if not c.hidden)


def test_otter_says_when_the_first_cell_was_not_run(mini: Mini, tmp_path: Path) -> None:
    """The words and the comparisons come from there."""
    source, folder, _ = mini
    files = otter_tests(source, release.read_bundle(folder))
    found = verdicts(files, tmp_path, {"sum_of_squares": lambda values: 25})
    assert all("Run the first cell of the notebook" in message for _, message in found.values())
