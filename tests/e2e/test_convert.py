"""``autograder convert``: another tool's assignment in checks of ours, which release without a hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from autograder.author.dialects.convert import convert
from autograder.errors import UsageError
from tests.brought.cells import answer, check, locked, notebook, text

BIN = Path(sys.executable).parent


def squares() -> Any:
    """nbgrader's own example, in the manner of its documentation."""
    made = notebook(
        text("# Squares\n\n## Part A"),
        locked("setup", "import numpy as np"),
        answer(
            "squares",
            "def squares(n):\n    ### BEGIN SOLUTION\n    if n < 1:\n        raise ValueError('n')\n"
            "    return [i ** 2 for i in range(1, n + 1)]\n    ### END SOLUTION",
        ),
        check(
            "correct_squares",
            2.0,
            '"""Check that squares returns the correct output for several inputs"""\nassert squares(1) == [1]\n'
            "assert squares(2) == [1, 4]\n### BEGIN HIDDEN TESTS\nassert squares(11)[-1] == 121\n### END HIDDEN TESTS",
        ),
        check(
            "squares_invalid_input",
            1.0,
            '"""Check that squares raises an error for invalid inputs"""\ntry:\n    squares(0)\nexcept ValueError:\n    pass\n'
            "else:\n    raise AssertionError('did not raise')",
        ),
        answer(
            "mean_answer",
            "### BEGIN SOLUTION\ndef mean(x):\n    return float(np.mean(x))\n### END SOLUTION",
        ),
        check(
            "mean_test",
            3.0,
            "for n in (3, 5):\n    assert np.isclose(mean(list(range(n))), (n - 1) / 2)\nassert isinstance(mean([1]), float)",
        ),
    )
    return nbformat.from_dict(made)


def master() -> Any:
    """A small master of otter's, doctests with values."""

    def case(source: str, shown: str) -> Any:
        return new_code_cell(
            source, outputs=[new_output("execute_result", {"text/plain": shown}, execution_count=1)]
        )

    return new_notebook(
        cells=[
            new_raw_cell("# ASSIGNMENT CONFIG\nname: hw"),
            new_markdown_cell("# Homework"),
            new_code_cell("import numpy as np"),
            new_raw_cell("# BEGIN QUESTION\nname: q1\npoints: [1, 2]"),
            new_markdown_cell("## Halves"),
            new_raw_cell("# BEGIN SOLUTION"),
            new_code_cell(
                "def half(x):\n    # BEGIN SOLUTION\n    return x / 2\n    # END SOLUTION\nlength = 3 # SOLUTION"
            ),
            new_raw_cell("# END SOLUTION"),
            new_raw_cell("# BEGIN TESTS"),
            case("half(3)", "1.5"),
            case("# HIDDEN\nhalf(length) == 1.5 and half(8) == 4", "True"),
            new_raw_cell("# END TESTS"),
            new_raw_cell("# END QUESTION"),
        ],
        metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}},
    )


def put(root: Path, name: str, notebook: Any) -> None:
    """Write an assignment's source."""
    (root / "source" / name).mkdir(parents=True)
    nbformat.write(notebook, root / "source" / name / f"{name}.ipynb")


def test_converted_test_cells_keep_points_and_what_is_hidden(tmp_path: Path) -> None:
    """A function per part, the hidden ones between the marks, points on the last: nothing is left to do."""
    put(tmp_path, "ps1", squares())
    made = convert(tmp_path / "source", tmp_path / "references", "ps1")
    assert made.to_do == []
    assert made.checks == 4
    cells = {
        c.metadata["nbgrader"]["grade_id"]: c
        for c in nbformat.read(tmp_path / "source" / "ps1-converted" / "ps1-converted.ipynb", 4).cells
        if "nbgrader" in c.metadata
    }
    source = cells["correct_squares"].source
    assert cells["correct_squares"].metadata["nbgrader"]["points"] == 2.0
    visible, _, hidden = source.partition("### BEGIN HIDDEN TESTS")
    assert "equal(squares(2), [1, 4])" in visible
    assert "121" not in visible
    assert "equal(squares(11)[-1], 121)" in hidden
    assert '@after("test_correct_squares_1")' in hidden
    assert "with raises('ValueError'):\n        squares(0)" in cells["squares_invalid_input"].source
    assert "close(mean(list(range(n))), (n - 1) / 2" in cells["mean_test"].source
    assert "assert isinstance(mean([1]), float)" in cells["mean_test"].source


def test_convert_writes_over_nothing(tmp_path: Path) -> None:
    """Twice, a folder that is not there, a notebook of ours: a sentence each."""
    put(tmp_path, "ps1", squares())
    convert(tmp_path / "source", tmp_path / "references", "ps1")
    with pytest.raises(UsageError, match="exists already"):
        convert(tmp_path / "source", tmp_path / "references", "ps1")
    with pytest.raises(UsageError, match="no such assignment"):
        convert(tmp_path / "source", tmp_path / "references", "ps2")
    with pytest.raises(UsageError, match="ours already"):
        convert(tmp_path / "source", tmp_path / "references", "ps1-converted")


@pytest.mark.slow
def test_converted_notebooks_release(tmp_path: Path) -> None:
    """nbgrader's example and a master of otter's: `autograder release` is green without a hand."""
    tmp_path.chmod(0o755)

    def run(*words: str) -> None:
        done = subprocess.run([str(BIN / "autograder"), *words], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    run("init", ".", "--name", "c")
    put(tmp_path, "ps1", squares())
    put(tmp_path, "hw", master())
    for name in ("ps1", "hw"):
        run("convert", name)
        run("release", f"{name}-converted")
