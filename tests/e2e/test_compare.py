"""``autograder compare --with nbgrader``: each thing that nbgrader is known to do wrong, in a hand-in that shows it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.brought.cells import answer, check, notebook, text

pytest.importorskip("nbgrader")

BIN = Path(sys.executable).parent
RIGHT = {
    "squares": "def squares(n):\n    return [i ** 2 for i in range(1, n + 1)]",
    "mean": "def mean(x):\n    return sum(x) / len(x)",
}
HAND_INS = {
    "right": RIGHT,
    "wrong": RIGHT | {"squares": "def squares(n):\n    return [1, 4]"},
    "warns": RIGHT
    | {"mean": "import warnings\n\ndef mean(x):\n    warnings.warn('slow')\n    return sum(x) / len(x)"},
    "shows": RIGHT | {"mean": "import sys\n\ndef mean(x):\n    sys.displayhook(3)\n    return -1"},
    "skips": RIGHT | {"mean": "def mean(x):\n    return -1"},
    "deletes": RIGHT,
    "dies": RIGHT | {"mean": "import os\n\nos._exit(0)"},
}
WRONGS = {
    ("warns", "mean_test"): "anything on stderr",
    ("shows", "mean_test"): "a value that the cell showed counts",
    ("skips", "mean_test"): "a test cell that never ran",
    ("deletes", "squares_test"): "test cell is gone or was edited",
    ("dies", "squares_test"): "one fault cost the hand-in",
}


def source() -> Any:
    """Return a notebook of nbgrader's with two questions."""
    marked = {name: f"### BEGIN SOLUTION\n{code}\n### END SOLUTION" for name, code in RIGHT.items()}
    hidden = "### BEGIN HIDDEN TESTS\nassert squares(3) == [1, 4, 9]\n### END HIDDEN TESTS"
    made = notebook(
        text("# Problem set"),
        answer("squares", marked["squares"]),
        check("squares_test", 2.0, f"assert squares(2) == [1, 4]\n{hidden}"),
        answer("mean", marked["mean"]),
        check("mean_test", 3.0, "assert mean([1, 3]) == 2"),
    )
    return nbformat.from_dict(made)


@pytest.mark.slow
def test_compare_with_nbgrader_names_each_known_wrong(tmp_path: Path) -> None:
    """Equal totals but for these, each with its line; nothing unexplained, no file of the course touched."""
    tmp_path.chmod(0o755)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(BIN / "autograder"), *words], cwd=tmp_path, capture_output=True, text=True)

    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'c'\n")
    (tmp_path / "source" / "ps1").mkdir(parents=True)
    nbformat.write(source(), tmp_path / "source" / "ps1" / "ps1.ipynb")
    done = run("release", "ps1")
    assert done.returncode == 0, done.stdout + done.stderr
    released = nbformat.read(tmp_path / "release" / "ps1" / "ps1.ipynb", 4)
    for student, answers in HAND_INS.items():
        made = nbformat.from_dict(json.loads(json.dumps(released)))
        for one in made.cells:
            one.source = answers.get(one.metadata.get("nbgrader", {}).get("grade_id", ""), one.source)
        if student == "skips":
            made.cells[-1].metadata["tags"] = ["skip-execution"]
        if student == "deletes":
            del made.cells[2]
        folder = tmp_path / "submitted" / student / "ps1"
        folder.mkdir(parents=True)
        nbformat.write(made, folder / "ps1.ipynb")
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if ".autograder" not in p.parts}
    done = run("compare", "ps1", "--with", "nbgrader", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["unexplained"] == 0
    reasons = {(d["hand_in"], d["question"]): d["reason"] for d in found["differences"]}
    assert set(reasons) == set(WRONGS)
    assert [key for key, words in WRONGS.items() if words not in reasons[key]] == []
    assert found["totals"]["right"] == {"theirs": 5.0, "ours": 5.0}
    assert found["totals"]["wrong"] == {"theirs": 3.0, "ours": 3.0}
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if ".autograder" not in p.parts} == before
