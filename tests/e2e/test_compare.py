"""``autograder compare``: each known difference to nbgrader and otter, in a hand-in that shows it, by the tools themselves."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.brought.cells import answer, check, notebook, text, write
from tests.e2e.test_otter_dialect import case
from tests.e2e.test_otter_dialect import notebook as otter_notebook
from tests.e2e.test_otter_dialect import question as otter_question

BIN = Path(sys.executable).parent
Edit = Callable[[dict[str, Any]], None]

RIGHT = {
    "squares": "def squares(n):\n    return [i ** 2 for i in range(1, n + 1)]",
    "mean": "def mean(x):\n    return sum(x) / len(x)",
    "cube": "def cube(x):\n    return x ** 3",
}
AGREES = "class A:\n    def __eq__(self, other): return True\n\ndef cube(x):\n    return A()"


def _mean(before: str, inside: str = "", value: str = "sum(x) / len(x)") -> dict[str, str]:
    return RIGHT | {"mean": f"{before}\n\ndef mean(x):\n    {inside or 'pass'}\n    return {value}"}


ANSWERS = {
    "right": RIGHT,
    "wrong": RIGHT | {"squares": "def squares(n):\n    return [1, 4]", "cube": "def cube(x):\n    return 8"},
    "warns": _mean("import warnings", "warnings.warn('slow')"),
    "shows": _mean("import sys", "sys.displayhook(3)", "-1"),
    "skips": _mean("", value="-1"),
    "dies": RIGHT | {"mean": "import os\n\nos._exit(0)"},
    "sleeps": _mean("import time", "time.sleep(13)"),
    "eats": _mean("", "bytes(bytearray(900 << 20))"),
    "agrees": RIGHT | {"cube": AGREES},
    **dict.fromkeys(("deletes", "edits", "copies", "renames", "misses", "swaps"), RIGHT),
}
# hand-in, question -> the first words of the reason that the report has for it
NBGRADERS = {
    ("warns", "mean_test"): "nbgrader: anything on stderr",
    ("shows", "mean_test"): "nbgrader: a value that the cell showed counts",
    ("skips", "mean_test"): "nbgrader: a test cell that never ran",
    ("deletes", "squares_test"): "nbgrader: the hand-in's test cell is gone",
    ("dies", "squares_test"): "one fault cost the hand-in",
    ("copies", "squares_test"): "one fault cost the hand-in",  # two cells of one grade_id
    ("copies", "mean_test"): "one fault cost the hand-in",
    ("copies", "cube_test"): "one fault cost the hand-in",
    ("sleeps", "mean_test"): "nbgrader: its own time limit",
    ("eats", "mean_test"): "here a time or memory limit",
    ("agrees", "cube_test"): "here a person decides",
    ("renames", "squares_test"): "nbgrader: a notebook with another name",
    ("renames", "mean_test"): "nbgrader: a notebook with another name",
}
ALONE = {"warns", "shows", "skips", "dies", "sleeps", "eats", "deletes", "edits", "misses"}


def _of(made: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        c for c in made["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name
    )
    return found


def _change(student: str, made: dict[str, Any]) -> None:
    """Change a hand-in's first notebook otherwise than by an answer."""
    tested = _of(made, "squares_test")
    if student == "skips":
        _of(made, "mean_test")["metadata"]["tags"] = ["skip-execution"]
    elif student == "deletes":
        made["cells"].remove(tested)
    elif student == "edits":
        tested["source"] = "assert True"
        _of(made, "squares")["source"] = "def squares(n):\n    return []"
    elif student == "copies":
        again = json.loads(json.dumps(tested)) | {"id": "copied"}
        made["cells"] += [again, json.loads(json.dumps(_of(made, "squares"))) | {"id": "copied-too"}]
    elif student == "swaps":  # order and cells of one's own
        made["cells"].insert(1, {**text("My notes."), "id": "mine"})
        made["cells"].insert(1, {**answer("x", "1 + 1"), "metadata": {}, "id": "mine-too"})


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(BIN / "autograder"), *words], cwd=folder, capture_output=True, text=True)


def _files(folder: Path) -> dict[Path, int]:
    return {p: p.stat().st_mtime_ns for p in folder.rglob("*") if ".autograder" not in p.parts}


Found = dict[str, Any]


def _compared(folder: Path, tool: str) -> Found:
    """Compare all hand-ins; no file of the course may be touched, and nothing be unexplained."""
    before = _files(folder)
    done = _run(folder, "compare", "ps1", "--with", tool, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _files(folder) == before
    found: Found = json.loads(done.stdout)
    assert found["unexplained"] == 0
    assert found["notes"] == []
    return found


@pytest.fixture(scope="module")
def with_nbgrader(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """An assignment of two notebooks, all hand-ins compared in one go."""
    pytest.importorskip("nbgrader")
    folder = tmp_path_factory.mktemp("course")
    folder.chmod(0o755)
    marked = {name: f"### BEGIN SOLUTION\n{code}\n### END SOLUTION" for name, code in RIGHT.items()}
    hidden = "### BEGIN HIDDEN TESTS\nassert squares(3) == [1, 4, 9]\n### END HIDDEN TESTS"
    first = notebook(
        text("# Problem set"),
        answer("squares", marked["squares"]),
        check("squares_test", 2.0, f"assert squares(2) == [1, 4]\n{hidden}"),
        answer("mean", marked["mean"]),
        check("mean_test", 3.0, "assert mean([1, 3]) == 2"),
    )
    second = notebook(
        answer("cube", marked["cube"]),
        check("cube_test", 4.0, "assert get_ipython() and cube(2) == 8\nassert cube(-1) == -1"),
    )
    write(
        folder,
        {},
        {
            "nbgrader_config.py": "c = get_config()\nc.CourseDirectory.course_id = 'c'\n"
            "c.Autograder.memory_bytes = 2 ** 29\nc.ExecutePreprocessor.timeout = 8\n"
        },
    )
    write(folder / "source" / "ps1", {"first": first, "second": second})
    done = _run(folder, "release", "ps1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 of 3 test cells outside" in done.stderr, done.stderr
    for student, answers in ANSWERS.items():
        made = {}
        for name in ("first", "second"):
            made[name] = json.loads((folder / "release" / "ps1" / f"{name}.ipynb").read_text())
            for cell in made[name]["cells"]:
                given = answers.get(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))
                cell["source"] = given or cell["source"]
        _change(student, made["first"])
        if student in ALONE:  # its second notebook is missing, which gives 0 in both
            del made["second"]
        if student == "renames":
            made["first (1)"] = made.pop("first")
        write(folder / "submitted" / student / "ps1", made)
    return _compared(folder, "nbgrader")


@pytest.mark.slow
@pytest.mark.parametrize(("student", "question"), NBGRADERS)
def test_compare_with_nbgrader_names_the_known_difference(
    with_nbgrader: Found, student: str, question: str
) -> None:
    """nbgrader really run: the points differ, and the report says why."""
    found = [d for d in with_nbgrader["differences"] if (d["hand_in"], d["question"]) == (student, question)]
    assert [d["reason"].startswith(NBGRADERS[student, question]) for d in found] == [True]
    assert found[0]["evidence"]


@pytest.mark.slow
def test_compare_with_nbgrader_finds_nothing_else(with_nbgrader: Found) -> None:
    """Else equal: right, wrong, an edited test cell, cells of one's own, a missing notebook."""
    assert {(d["hand_in"], d["question"]) for d in with_nbgrader["differences"]} == set(NBGRADERS)
    totals = {name: (t["theirs"], t["ours"]) for name, t in with_nbgrader["totals"].items()}
    assert totals["right"] == totals["swaps"] == (9.0, 9.0)
    assert totals["copies"] == (0.0, 9.0)
    assert totals["wrong"] == (3.0, 3.0)
    assert totals["edits"] == (3.0, 3.0)
    assert totals["misses"] == (5.0, 5.0)


OTTERS = {
    ("right", "q2"): "otter: a newer NumPy shows np.True_",
    ("renames", "q1"): "otter: the notebook was renamed",
    ("writes", "q1"): "otter: more points than the question has",
    ("dies", "q1"): "one fault cost the hand-in",
}


def _otter_master() -> Any:
    begin = "# ASSIGNMENT CONFIG\nname: ps1\nexport_cell: false\ntests:\n    files: true"
    return otter_notebook(
        [
            nbformat.v4.new_raw_cell(begin),
            nbformat.v4.new_code_cell("import numpy as np"),
            *otter_question(
                "name: q1\npoints: 2",
                nbformat.v4.new_code_cell("first = 4 # SOLUTION"),
                tests=(case("first == 4", "True"),),
            ),
            *otter_question(
                "name: q2\npoints: 3",
                nbformat.v4.new_code_cell("def above(x):\n    return np.mean(x) > 1 # SOLUTION"),
                tests=(case("above([1, 2])", "True"), case("# HIDDEN\nabove([1, 0])", "False")),
            ),
            nbformat.v4.new_code_cell("first = 'bound again'"),
        ]
    )


WRITTEN = """import glob
for name in glob.glob("**/tests/q1.py", recursive=True) + ["tests/q1.py"]:
    try:
        with open(name, "w") as file:
            file.write(\"\"\"OK_FORMAT = True
test = {"name": "q1", "points": 1000, "suites": [{"cases": [{"code": ">>> True\\\\nTrue", "hidden": False, "locked": False, "points": 1000}], "scored": True, "setup": "", "teardown": "", "type": "doctest"}]}
\"\"\")
    except OSError:
        pass
first = 4"""  # fmt: skip


@pytest.fixture(scope="module")
def with_otter(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """A master of otter's, all hand-ins compared in one go."""
    pytest.importorskip("otter")
    folder = tmp_path_factory.mktemp("masters")
    folder.chmod(0o755)
    assert _run(folder, "init", ".", "--name", "c").returncode == 0
    (folder / "source" / "ps1").mkdir(parents=True)
    nbformat.write(_otter_master(), folder / "source" / "ps1" / "hw.ipynb")
    done = _run(folder, "release", "ps1")
    assert done.returncode == 0, done.stdout + done.stderr
    numpys, plain = (
        "def above(x):\n    return np.mean(x) > 1",
        "def above(x):\n    return sum(x) / len(x) > 1",
    )
    answers = {
        "right": ("first = 4", numpys),
        "plain": ("first = 4", plain),
        "wrong": ("first = 5", "def above(x):\n    return True"),
        "renames": ("first = 4", plain),
        "writes": (WRITTEN, plain),
        "dies": ("first = 4", "import os\n\nos._exit(0)"),
    }
    for student, (first, above) in answers.items():
        made = json.loads((folder / "release" / "ps1" / "hw.ipynb").read_text())
        for cell in made["cells"]:
            source = "".join(cell["source"])
            if source.startswith("first = ..."):
                cell["source"] = first
            elif source.startswith("def above"):
                cell["source"] = above
        name = "hw (1)" if student == "renames" else "hw"
        write(folder / "submitted" / student / "ps1", {name: made})
    return _compared(folder, "otter")


@pytest.mark.slow
@pytest.mark.parametrize(("student", "question"), OTTERS)
def test_compare_with_otter_names_the_known_difference(
    with_otter: Found, student: str, question: str
) -> None:
    """otter really run: the points differ, and the report says why."""
    found = [d for d in with_otter["differences"] if (d["hand_in"], d["question"]) == (student, question)]
    assert [d["reason"].startswith(OTTERS[student, question]) for d in found] == [True]
    assert found[0]["evidence"]


@pytest.mark.slow
def test_compare_with_otter_finds_nothing_else(with_otter: Found) -> None:
    """Else equal: right without NumPy's texts, and wrong."""
    assert {(d["hand_in"], d["question"]) for d in with_otter["differences"]} == set(OTTERS)
    totals = {name: (t["theirs"], t["ours"]) for name, t in with_otter["totals"].items()}
    assert totals["plain"] == (5.0, 5.0)
    assert totals["wrong"] == (1.5, 1.5)


def test_every_known_reason_has_a_hand_in_that_shows_it() -> None:
    """A new reason needs one, too."""
    from autograder.classroom.compare_reasons import Reason

    shown = {*NBGRADERS.values(), *OTTERS.values()}
    assert [r for r in Reason if not any(r.value.startswith(words) for words in shown)] == []
