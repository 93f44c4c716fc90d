"""What otter stops at without naming a cell, told by cell and line; its own errors in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat.v4 import new_notebook

from autograder.author.dialects.otter_master import Master, read_master
from autograder.author.dialects.otter_refusals import Told, explained
from autograder.bundle import check_file
from autograder.errors import ReleaseError
from tests.unit.author.test_otter_master import GOOD, cells_of

EXCEPTIONS = ("name: hw", "name: hw\ntests:\n  ok_format: false")
FUNCTION = "def test_x(x):\n    assert x == 1"


def read(*changes: tuple[str, str]) -> Master:
    """Return the good master with changes, read."""
    text = GOOD
    for change in changes:
        text = text.replace(*change, 1)
    return read_master(new_notebook(cells=cells_of(text)), "hw.ipynb")


@pytest.mark.parametrize(
    ("changes", "where", "words"),
    [
        ([("x = 1 # SOLUTION", "# BEGIN SOLUTION\nx = 1")], "cell 6, line 1", "without a # END SOLUTION"),
        ([("x = 1 # SOLUTION", "x = 1\n# END SOLUTION")], "cell 6, line 2", "without a # BEGIN SOLUTION"),
        ([("import numpy", "import os\n# BEGIN IGNORE\nimport numpy")], "cell 2, line 2", "without a # END IGNORE"),
        ([("import numpy", "import os\n# BEGIN IGNORE\n# BEGIN IGNORE\nimport numpy")], "cell 2, line 3", "inside the one of line 2"),
        ([("import numpy", "import os\n# END PLUGIN\nimport numpy")], "cell 2, line 2", "without a # BEGIN PLUGIN"),
        ([("points: 2", "points: [1, 2]")], "cell 3", "2 numbers of points and 1 test cell"),
        ([("x == 1", '""" # BEGIN TEST CONFIG\npoints: 3\n""" # END TEST CONFIG\nx == 1')], "cell 3", "2 points, and its test cells ask for 3 (points: in cells 9)"),
        ([("name: q1", "name: 'a\"b'")], "cell 3", "cannot stand in grader.check"),
        ([("name: q1", "name: a/b")], "cell 3", "is no file name"),
        ([("name: q1", f"name: {'q' * 201}")], "cell 3", "has 201 characters"),
        ([EXCEPTIONS, ("x == 1", '""" # BEGIN TEST CONFIG\nfailure_message: say "no"\n""" # END TEST CONFIG\n' + FUNCTION)], "cell 9", "between double quotes"),
        ([EXCEPTIONS, ("points: 2", "points: [1, 2]"), ("x == 1", f"{FUNCTION}\n---\n{FUNCTION}")], "cell 10", "the test 'test_x' in cell 9, too"),
        ([("name: hw", "name: hw\ntests:\n  ok_formt: false")], "cell 1", "Did you mean 'ok_format'?"),
        ([("# BEGIN SOLUTION\n---", "# BEGIN PROMPT\n---\n# END PROMPT\n---\n# BEGIN PROMPT\n---\n# END PROMPT\n---\n# BEGIN SOLUTION\n---")], "cell 7", "after another PROMPT"),
    ],
)  # fmt: skip
def test_what_otter_stops_at_is_told_by_cell(changes: list[tuple[str, str]], where: str, words: str) -> None:
    """Which cell, which line where a mark is it, what was found."""
    with pytest.raises(ReleaseError) as caught:
        read(*changes)
    assert f"hw.ipynb, {where}" in str(caught.value)
    assert words in str(caught.value)


def test_marks_as_otter_reads_them_are_taken() -> None:
    """A mark of a block inside an ignored part, or a second BEGIN inside a solution, stops otter as little as us."""
    text = "# BEGIN IGNORE\n# END SOLUTION\n# END IGNORE\n# BEGIN SOLUTION NO PROMPT\n# BEGIN SOLUTION\nx = 1\n# END SOLUTION"
    assert read(("x = 1 # SOLUTION", text)).notes == ()


def test_answer_outside_its_block_is_noted() -> None:
    """otter takes it out nowhere else: students would get it."""
    (note,) = read(("import numpy as np", "import numpy as np\nsecret = 3 # SOLUTION")).notes
    assert note.startswith("hw.ipynb, cell 2, line 2: an answer is marked outside a block")
    everywhere = ("name: hw", "name: hw\nstrip_solutions_from_all_cells: true")
    assert read(everywhere, ("import numpy as np", "secret = 3 # SOLUTION")).notes == ()


def test_tests_of_one_name_are_noted() -> None:
    """Of two functions of one name otter runs the last; an unknown key for the graders' machine changes nothing here."""
    text = f"{FUNCTION}\n---\n{FUNCTION}"
    notes = read((EXCEPTIONS[0], f"{EXCEPTIONS[1]}\ngenerate:\n  threshold: 0.5"), ("x == 1", text)).notes
    assert any("cell 10" in note and "otter runs the last of them only" in note for note in notes)
    assert any("'threshold'" in note and "cell 1" in note for note in notes)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("ValueError: Unexpected key found in config: 'requirments'", "cell 1, line 2: the assignment's configuration has the key 'requirments', which otter does not know; nothing was written.\nDid you mean 'requirements'?"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'data.csv'", "cell 1, line 3: it names the file 'data.csv', and there is none"),
        ("FileNotFoundError: data.csv is not a file", "cell 1, line 3: it names the file 'data.csv'"),
        ("ValueError: data.csv is not in a subdirectory of the master notebook directory", "not in the folder of hw.ipynb"),
        ("ValueError: notebooks that run on Colab must use test files and not notebook metadata tests", "Add: tests: {files: true}"),
        ("fica.utils.ConfigProcessingException: An error occured while processing runs_on: 'moon' is not one of", "runs_on: 'moon' is not one of"),
        ("RuntimeError: Seeding cell found but no or invalid seed provided", "hw.ipynb, cell 4: a line that ends in # SEED"),
        ("KeyError: 'kernelspec'", "choose a kernel"),
        ("AssertionError: Error in question q1: something", "hw.ipynb, cell 3 (question 'q1'): otter assign refused it: AssertionError"),
        ("IndexError: list index out of range", "See all that otter says: otter assign hw.ipynb dist"),
    ],
)  # fmt: skip
def test_otters_own_errors_are_told_by_cell(error: str, words: str) -> None:
    """otter's text is translated, or kept with the place that it names."""
    config = "# ASSIGNMENT CONFIG\nrequirments: r.txt\nfiles: [data.csv]\nruns_on: moon"
    told = Told("hw.ipynb", ((1, config),), {"q1": 3}, seeds=(4,))
    assert words in str(explained(error, told))


def test_check_files_of_different_questions_differ() -> None:
    """pytest takes q1.1 for q1_1, and loads conftest before all others; plain names stay as they are."""
    names = [
        "q1",
        "q1_1",
        "q1.1",
        "q1 1",
        "q1-1",
        "conftest",
        "__init__",
        "a:b",
        "a;b",
        "日本",
        "é",
        "x" * 230,
    ]
    made = [check_file(Path(), name) for name in names]
    assert len({path.stem.replace(".", "_") for path in made}) == len(names)
    assert made[0] == Path("checks/q1.py")
    assert not {"conftest", "__init__"} & {path.stem for path in made}
    assert all(len(path.name.encode()) < 255 for path in made)
