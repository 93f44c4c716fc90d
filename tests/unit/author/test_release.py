"""What a source notebook becomes, and every reason for which it is refused."""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from autograder.author import check_cells, leaks, release, steps
from autograder.author.source import Source, binds
from autograder.errors import ReleaseError, UsageError

Mini = tuple[Source, Path, Any]
LIMITS = {"cell_s": 5.0, "check_s": 7.0, "run_s": 120.0}


def find(notebook: Any, grade_id: str) -> Any:
    """Return a cell by its grade_id."""
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


@pytest.fixture
def source(mini: Mini) -> Source:
    """Return the small course's source with a notebook that may be changed."""
    ours = mini[0]
    return Source(ours.name, ours.path, copy.deepcopy(ours.notebook), ours.references)


def make(source: Source, folder: Path) -> Any:
    """Make the bundle of a source."""
    return release.make_bundle(source, folder / "made", limits=LIMITS)


# -- refusals --------------------------------------------------------------------------------------

CHECK = "# check: q1\n"
TEST = 'def test_a(sum_of_squares):\n    """A."""\n    equal(sum_of_squares([1]), 1)\n'


def becomes(text: str, grade_id: str = "q1") -> Callable[[Any], None]:
    """Return an edit that gives a cell another text."""

    def edit(notebook: Any) -> None:
        find(notebook, grade_id).source = text

    return edit


def replaced(grade_id: str, old: str, new: str) -> Callable[[Any], None]:
    """Return an edit that replaces a part of a cell, which must be there."""

    def edit(notebook: Any) -> None:
        cell = find(notebook, grade_id)
        assert old in cell.source
        cell.source = cell.source.replace(old, new)

    return edit


def with_metadata(grade_id: str, /, **changes: Any) -> Callable[[Any], None]:
    """Return an edit of a cell's nbgrader metadata."""

    def edit(notebook: Any) -> None:
        find(notebook, grade_id).metadata["nbgrader"].update(changes)

    return edit


def without(grade_id: str) -> Callable[[Any], None]:
    """Return an edit that deletes a cell."""

    def edit(notebook: Any) -> None:
        notebook.cells.remove(find(notebook, grade_id))

    return edit


def added(text: str) -> Callable[[Any], None]:
    """Return an edit that adds a plain code cell."""

    def edit(notebook: Any) -> None:
        notebook.cells.append(new_code_cell(text))

    return edit


HIDE = "### BEGIN HIDDEN TESTS\n{}### END HIDDEN TESTS\n"
REFUSED = {
    "no first cell": (
        without("first_cell"),
        "mini.ipynb: no cell has the grade_id 'first_cell'",
        "Begin it with",
    ),
    "no marker": (becomes(TEST), "cell 'q1': its first line is 'def test_a", "marker: # check: q1"),
    "another marker": (
        becomes("# check: q2\n" + TEST),
        "cell 'q1': its first line is '# check: q2'",
        "# check: q1",
    ),
    "marker of another kind": (
        becomes("# locked: q1\n" + TEST),
        "cell 'q1': its first line is '# locked",
        "# check: q1",
    ),
    "no marker on an answer": (
        replaced("q1_answer", "# answer: q1_answer\n", ""),
        "cell 'q1_answer': its first line is 'def sum_of_squares(values):'",
        "# answer: q1_answer",
    ),
    "no marker on a locked cell": (
        replaced("setup", "# locked: setup\n", ""),
        "cell 'setup'",
        "# locked: setup",
    ),
    "one grade_id twice": (
        with_metadata("q2_answer", grade_id="q1_answer"),
        "cell 'q1_answer': two cells",
        "another",
    ),
    "answer without a region": (
        becomes("# answer: q1_answer\npass", "q1_answer"),
        "no line says",
        "### BEGIN SOLUTION",
    ),
    "region without an end": (
        replaced("q1_answer", "    ### END SOLUTION", ""),
        "cell 'q1_answer': '### BEGIN SOLUTION' has no END",
        "### END SOLUTION",
    ),
    "region without a begin": (
        replaced("q1", "### BEGIN HIDDEN TESTS\n", ""),
        "'### END HIDDEN TESTS' stands after no BEGIN",
        "its own BEGIN",
    ),
    "region in a region": (
        replaced("q1", "### END HIDDEN TESTS", "### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS"),
        "stands inside 'HIDDEN TESTS'",
        "its own BEGIN",
    ),
    "mistyped mark": (
        replaced("q1", "### BEGIN HIDDEN TESTS", "### BEGIN HIDDEN TEST"),
        ": '### BEGIN HIDDEN TEST' is no mark",
        "Marks are '### BEGIN SOLUTION'",
    ),
    "mark that only nbgrader reads": (
        replaced("q1", "### BEGIN HIDDEN TESTS", "# BEGIN HIDDEN TESTS"),
        "'# BEGIN HIDDEN TESTS' is no mark",
        "Marks are",
    ),
    "mark in lower case": (replaced("q1", "### BEGIN HIDDEN", "### begin HIDDEN"), "is no mark", "Marks are"),
    "syntax error": (
        becomes(CHECK + "def test_a(x:\n    pass"),
        "mini.ipynb, cell 'q1', line 2: '(' was never closed",
        "Correct that line",
    ),
    "syntax error in a locked cell": (
        replaced("setup", "import torch\n", "import torch as\n"),
        "cell 'setup', line 3: ",
        "Correct",
    ),
    "magic in a locked cell": (
        replaced("setup", "import torch\n", "%matplotlib inline\n"),
        "cell 'setup', line 3: invalid syntax",
        "a cell without nbgrader's metadata",
    ),
    "no check": (becomes(CHECK + "x = 1"), "check cell 'q1': it has no function named test_", "Write one"),
    "cell that raises": (
        becomes(CHECK + TEST + "1 / 0\n"),
        "check cell 'q1', line 5: ZeroDivisionError",
        "Correct",
    ),
    "unknown name": (
        becomes(CHECK + "@score(1)\n" + TEST),
        "line 2: NameError: name 'score' is not",
        "Correct",
    ),
    "bare decorator": (
        becomes(CHECK + "@points\n" + TEST),
        "test_a: a decorator took the place",
        "Write @points(2)",
    ),
    "bare after": (becomes(CHECK + "@after\n" + TEST), "test_a: a decorator took the place", "@after('q1')"),
    "points in words": (becomes(CHECK + "@points('4')\n" + TEST), "test_a: @points('4')", "one number"),
    "points below zero": (becomes(CHECK + "@points(-4)\n" + TEST), "test_a: @points(-4)", "0 or more"),
    "points that are none": (
        becomes(CHECK + "@points(float('nan'))\n" + TEST),
        "test_a: @points(nan)",
        "one number",
    ),
    "no time": (becomes(CHECK + "@timeout(0)\n" + TEST), "test_a: @timeout(0)", "more than 0"),
    "after a function": (becomes(CHECK + "@after(3)\n" + TEST), "test_a: @after(3)", "in quotes"),
    "too many points": (
        becomes(CHECK + "@points(5)\n" + TEST),
        "check cell 'q1': the question has 4 points, its @points add up to 5 and 0 check(s) share the rest",
        "add up",
    ),
    "too few points": (becomes(CHECK + "@points(3)\n" + TEST), "its @points add up to 3 and 0", "add up"),
    "nothing left to share": (
        becomes(CHECK + "@points(4)\n" + TEST + TEST.replace("test_a", "test_b")),
        "its @points add up to 4 and 1 check(s) share the rest",
        "add up",
    ),
    "cell without points": (
        with_metadata("q1", points=None),
        "cell 'q1': its points are None",
        "number of points",
    ),
    "cell with points below zero": (
        with_metadata("q1", points=-1),
        "cell 'q1': its points are -1",
        "0 or more",
    ),
    "two checks of one name": (
        becomes(CHECK + TEST.replace("test_a", "test_output_shape")),
        "check cell 'q2': 'test_output_shape' is the name of check cell 'q1' as well",
        "Rename one",
    ),
    "two checks of one name in a cell": (
        becomes(CHECK + TEST + TEST),
        "'test_a' is the name of check cell 'q1'",
        "Rename",
    ),
    "after nothing": (
        becomes(CHECK + "@after('test_z')\n" + TEST),
        "check cell 'q1', test_a: it is after 'test_z', which does not exist",
        "There are: q2, q3, test_batch_of_one",
    ),
    "after itself": (
        becomes(CHECK + "@after('test_a')\n" + TEST),
        "it is after 'test_a', which comes later",
        "earlier",
    ),
    "after its question": (
        becomes(CHECK + "@after('q1')\n" + TEST),
        "after 'q1', its own question",
        "a check of it",
    ),
    "after a later check": (
        becomes(CHECK + "@after('test_output_shape')\n" + TEST),
        "it is after 'test_output_shape', which comes later",
        "an earlier one",
    ),
    "after a later question": (
        becomes(CHECK + "@after('q2')\n" + TEST),
        "after 'q2', which comes later",
        "earlier",
    ),
    "visible after hidden": (
        replaced(
            "q2", "@timeout(1)\ndef test_output_shape", "@after('test_any_numbers')\ndef test_output_shape"
        ),
        "check cell 'q2', test_output_shape: a visible check cannot be after the hidden check 'test_any_numbers'",
        "name a visible check",
    ),
    "visible check with the reference": (
        becomes(CHECK + TEST.replace("(sum_of_squares)", "(sum_of_squares, reference)")),
        "test_a: the visible check asks for 'reference', which students do not have",
        "Make it a hidden check",
    ),
    "figure in a hidden check": (
        replaced("q1", 'canary = "canary-hidden-check-52c8"', 'picture("walk", "x", path=[[0, 0]])'),
        "test_any_numbers: picture() in the hidden tests",
        "in a function picture_",
    ),
    "picture of what is hidden": (
        replaced(
            "q1",
            "### END HIDDEN TESTS",
            "def picture_a(sum_of_squares, rng):\n    pass\n### END HIDDEN TESTS",
        ),
        "picture_a: a picture asks for 'rng'",
        "names of the notebook, and student, helpers, public_files",
    ),
    "picture that students would read": (
        becomes(CHECK + TEST + "def picture_a(sum_of_squares):\n    pass\n"),
        "picture_a: a picture function stands in the student's notebook",
        "between ### BEGIN HIDDEN TESTS",
    ),
    "earlier answer's place for no function of the cell": (
        becomes(CHECK + "@pays_once('q1', 'sum_of_squares', np.sum)\n" + TEST),
        "test_a: pays_once asks for 'sum', which is no function of the visible part of the cell",
        "Define it there",
    ),
    "earlier answer's place for what does not stand alone": (
        becomes(
            CHECK
            + "def ours(x):\n    return np.sum(x)\n@pays_once('q1', 'sum_of_squares', ours, [([1],)])\n"
            + TEST
        ),
        "test_a: ours does not stand alone: NameError: name 'np' is not defined",
        "import inside it",
    ),
    "earlier answer's place for a lambda": (
        becomes(CHECK + "@pays_once('q1', 'sum_of_squares', lambda x: x)\n" + TEST),
        "TypeError: pays_once: write @pays_once(",
        "Correct that line",
    ),
    "visible import": (
        becomes(CHECK + "import pytest\n" + TEST),
        "line 2: the visible part imports 'pytest'",
        "NumPy only",
    ),
    "visible import from ours": (
        becomes(CHECK + TEST + "from autograder.checks import close\n"),
        "line 5: the visible part imports 'autograder.checks'",
        "are there already",
    ),
    "answer that hides a comparison": (
        replaced("setup", "import numpy as np", "import numpy as np\nfrom torch import tensor"),
        "cell 'setup': it defines 'tensor', which visible checks need",
        "another name",
    ),
    "demonstration that hides a decorator": (
        added("%matplotlib inline\nfor points in range(3): pass"),
        "it defines 'points'",
        "name",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_make_bundle_refuses(source: Source, tmp_path: Path, case: str) -> None:
    """With where it is, what was found, that nothing was written, and what to do."""
    edit, what, to_do = REFUSED[case]
    edit(source.notebook)
    with pytest.raises(ReleaseError) as caught:
        make(source, tmp_path)
    text = str(caught.value)
    assert what in text
    head, _, tail = text.partition("\n")
    assert head.endswith("; nothing was written.")
    assert to_do in tail
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    "edit",
    [
        becomes(CHECK + TEST),
        becomes("\n" + CHECK + TEST),
        becomes(CHECK + "# End of the first part\n#### A heading\n" + TEST),
        becomes(CHECK + "import numpy as np\nfrom numpy.linalg import norm\n" + TEST),
        becomes(CHECK + HIDE.format("import itertools\n" + TEST.replace("(sum", "(reference, sum"))),
        becomes(CHECK + "@points(0)\n" + TEST + TEST.replace("test_a", "test_b")),
        becomes(CHECK + TEST + "raise RuntimeError('another kernel')\n"),
        with_metadata("m1", points=0.5),
        added("%matplotlib inline\n!ls\nvalues = [1]"),
    ],
)
def test_make_bundle_accepts(source: Source, tmp_path: Path, edit: Callable[[Any], None]) -> None:
    """What looks odd and is not: comments with a mark's words, NumPy's parts, hidden imports, the guard."""
    edit(source.notebook)
    assert make(source, tmp_path).assignment == "mini"


def test_nbgraders_own_refusal_is_ours(source: Source, tmp_path: Path) -> None:
    """Its exception becomes a release that was refused."""
    find(source.notebook, "q1").metadata["nbgrader"]["schema_version"] = 99
    with pytest.raises(ReleaseError, match=r"nbgrader's \w+ refused the source notebook"):
        make(source, tmp_path)


def test_read_source_names_the_assignments_there_are(mini: Mini, tmp_path: Path) -> None:
    """A mistyped name, and a notebook that is none."""
    folder = mini[0].path.parents[1]
    with pytest.raises(UsageError, match=r"(?s)mini2\.ipynb: no such notebook.*Assignments here: mini\."):
        release.read_source(folder, tmp_path, "mini2")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "a.ipynb").write_text('{"cells": [')
    with pytest.raises(UsageError, match=r"(?s)a/a\.ipynb: .*Open and save it in Jupyter"):
        release.read_source(tmp_path, tmp_path, "a")


# -- points ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "explicit", "shares"),
    [
        (4, [1, 3], [1, 3]),
        (4, [None, None], [2, 2]),
        (1, [None, None, None], [0.33, 0.33, 0.34]),
        (10, [2.5, None, None], [2.5, 3.75, 3.75]),
        (0.1, [None, 0.03, None, None], [0.02, 0.03, 0.02, 0.03]),
        (3, [0, 3], [0, 3]),
        (0, [0], [0]),
    ],
)
def test_share_points(points: float, explicit: list[float | None], shares: list[float]) -> None:
    """Explicit ones first, the rest equally in hundredths, the remainder to the last that shares."""
    assert check_cells.share_points("q", points, explicit) == shares


@given(st.integers(1, 100_000), st.lists(st.none() | st.integers(0, 5000), min_size=1, max_size=12))
def test_shares_add_up_to_the_question(hundredths: int, explicit: list[int | None]) -> None:
    """To the hundredth, or the release is refused."""
    try:
        shares = check_cells.share_points(
            "q", hundredths / 100, [None if e is None else e / 100 for e in explicit]
        )
    except ReleaseError:
        fixed = sum(e for e in explicit if e is not None)
        assert (fixed > hundredths) or ((fixed < hundredths) != (None in explicit))
        return
    assert sum(round(s * 100) for s in shares) == hundredths
    assert all(e is None or round(s * 100) == e for s, e in zip(shares, explicit, strict=True))


# -- the bundle ------------------------------------------------------------------------------------


def test_bundle_holds_what_grading_needs(source: Source, tmp_path: Path) -> None:
    """Questions, checks with their order and limits, the released cells, the reference's cells, the files."""
    bundle = make(source, tmp_path)
    assert [(q.name, q.title, q.points, q.manual) for q in bundle.questions] == [
        ("q1", "Sum of squares", 4, False),
        ("q2", "A module", 4, False),
        ("q3", "Handed-in weights", 3, False),
        ("m1", "Words", 2, True),
    ]
    found = [(c.question, c.name, c.points, c.hidden, c.after, c.timeout_s) for c in bundle.checks]
    assert found[:3] == [
        ("q1", "test_three_four", 1, False, (), 1),
        ("q1", "test_any_numbers", 3, True, (), 1),
        ("q2", "test_output_shape", 1, False, (), 1),
    ]
    assert found[4] == ("q2", "test_batch_of_one", 1, True, ("test_output_shape",), 1)
    assert found[5][5] == LIMITS["check_s"]
    assert bundle.title == "Mini"
    assert bundle.files == ("model_weights.safetensors",)
    assert [c.split("\n")[0] for c in bundle.reference_cells] == [
        "# locked: setup",
        "# answer: q1_answer",
        "# answer: q2_answer",
    ]
    assert [c.kind for c in bundle.cells if c.grade_id] == [
        "locked",
        "locked",
        "answer",
        "check",
        "answer",
        "check",
        "check",
        "manual",
    ]
    assert (bundle.folder / "private" / "x.npy").is_file()


def test_check_lines_are_those_of_the_cell(source: Source, tmp_path: Path) -> None:
    """A traceback's line in the grader is the line of the instructor's cell."""
    folder = make(source, tmp_path).folder
    module, cell = (folder / "checks" / "q2.py").read_text(), find(source.notebook, "q2").source
    assert module.split("\n")[1:-1] == cell.split("\n")[1:]

    def lines(text: str) -> dict[str, int]:
        return {n.name: n.lineno for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)}

    assert lines(module) == lines(cell)


CHANGES: dict[str, Callable[[Any], None]] = {
    "points": lambda nb: find(nb, "m1").metadata["nbgrader"].update(points=3),
    "shares": replaced("q1", "@points(1)", "@points(1.0000)"),
    "check": replaced("q1", "(-50, 50, 6)", "(-50, 50, 7)"),
    "solution": replaced("q1_answer", "sum(v * v", "sum(v ** 2"),
    "locked cell": replaced("setup", "import torch\n", "import torch\n\n"),
    "released text": replaced("q1_answer", "values):", "values):  # note"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_digest_tells_a_changed_bundle(source: Source, tmp_path: Path, case: str) -> None:
    """Whatever a score can depend on, the solution too: a finished hand-in is then graded again."""
    before = make(source, tmp_path / "before")
    CHANGES[case](source.notebook)
    after = make(source, tmp_path / "after")
    assert after.digest != before.digest
    assert after.secret != before.secret


def test_digest_is_that_of_the_content(source: Source, tmp_path: Path) -> None:
    """The same source gives the same, outputs and prose aside; limits and private files count."""
    before = make(source, tmp_path / "before")
    find(source.notebook, "setup").outputs = [new_output("stream", text="seen")]
    same = make(source, tmp_path / "same")
    assert (same.digest, same.secret) == (before.digest, before.secret)
    assert before.digest != before.secret
    slower = release.make_bundle(source, tmp_path / "slower", limits=LIMITS | {"cell_s": 6.0})
    assert slower.digest != before.digest
    references = tmp_path / "references"
    (references / "private").mkdir(parents=True)
    (references / "private" / "notes.txt").write_text("other")
    other = Source(source.name, source.path, source.notebook, references)
    assert make(other, tmp_path / "other").digest != before.digest


def test_reference_has_the_helpers_that_its_answers_use(source: Source, tmp_path: Path) -> None:
    """An answer cell that only another answer calls belongs to the reference; a figure's variables do not."""
    find(source.notebook, "q1_answer").source = (
        "# answer: q1_answer\n### BEGIN SOLUTION\nsquare, _ = (lambda v: v * v), 0\n\n"
        "def sum_of_squares(values):\n    figure = [square(v) for v in values]\n    return sum(figure)\n### END SOLUTION"
    )
    helper = copy.deepcopy(find(source.notebook, "q1_answer"))
    helper.id = "helper"
    helper.metadata["nbgrader"]["grade_id"] = "helper"
    helper.source = "# answer: helper\n### BEGIN SOLUTION\nfrom math import prod as square\n### END SOLUTION"
    drawing = copy.deepcopy(helper)
    drawing.id = "drawing"
    drawing.metadata["nbgrader"]["grade_id"] = "drawing"
    drawing.source = "# answer: drawing\n### BEGIN SOLUTION\nfor figure in []:\n    pass\n### END SOLUTION"
    source.notebook.cells[3:3] = [drawing]
    cells = make(source, tmp_path / "own").reference_cells
    assert not any("drawing" in c for c in cells)
    find(source.notebook, "q1_answer").source = find(source.notebook, "q1_answer").source.replace(
        "square, _ = (lambda v: v * v), 0\n", ""
    )
    source.notebook.cells[3:3] = [helper]
    cells = make(source, tmp_path / "taken").reference_cells
    assert any("helper" in c for c in cells)
    assert not any("drawing" in c for c in cells)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x = 1\ny: int = 2\nz += 1", {"x", "y", "z"}),
        ("a, (b, *c) = 1, (2, 3)", {"a", "b", "c"}),
        ("for i, j in []: k = 1", {"i", "j", "k"}),
        ("with open('f') as g: pass", {"g"}),
        ("import os.path, numpy as np\nfrom math import pi as p", {"os", "np", "p"}),
        ("def f(x):\n    y = 1\nclass C:\n    z = 1", {"f", "C"}),
        ("if (n := 3): pass\n[m for m in []]", {"n"}),
        ("%matplotlib inline\nif True:\n    !pip install x\nx = 1", {"x"}),
        ("x = (", set()),
    ],
)
def test_binds_reads_every_kind_of_definition(text: str, names: set[str]) -> None:
    """At the top level of a cell, IPython's own lines aside."""
    assert binds(text) == names


# -- leaks -----------------------------------------------------------------------------------------

LINE = "return sum(v * v for v in values)"
HIDDEN = "values = [int(v) for v in rng.integers(-50, 50, 6)]"


def prepared(source: Source, folder: Path) -> steps.Prepared:
    """Make an assignment ready, as ``autograder release`` does."""
    bundle = make(source, folder)
    return steps.Prepared(source, bundle, release.make_release(source, bundle), folder)


def test_clean_release_has_no_leak(source: Source, tmp_path: Path) -> None:
    """The small course, whose stubs and visible checks share words with the answers."""
    steps.refuse_leaks(prepared(source, tmp_path))


PLANTED: dict[str, tuple[Callable[[Any], None], str]] = {
    "a solution line in prose": (
        lambda nb: nb.cells.append(new_markdown_cell(f"Use\n```\n    {LINE}\n```")),
        f"the last cell: the line {LINE!r} of cell 'q1_answer' is in it",
    ),
    "a solution line within a sentence": (
        lambda nb: nb.cells.append(new_markdown_cell(f"Just `{LINE}`, that is all.")),
        f"the last cell: the line {LINE!r}",
    ),
    "a solution line in the metadata": (
        lambda nb: nb.metadata.update(notes={"todo": [f"x: {LINE}"]}),
        f"the notebook's metadata: the line {LINE!r}",
    ),
    "a solution line in a cell's metadata": (
        lambda nb: nb.cells[1].metadata.update(notes=LINE),
        f"cell 2, metadata and outputs: the line {LINE!r}",
    ),
    "a line of a hidden check in prose": (
        lambda nb: nb.cells.append(new_markdown_cell(HIDDEN)),
        f"the last cell: the line {HIDDEN!r} of cell 'q1' is in it",
    ),
    "a hidden check's name": (
        lambda nb: nb.cells.append(new_markdown_cell("See test_any_numbers.")),
        "the last cell: the name of the hidden check 'test_any_numbers' is in it",
    ),
    "a canary of the solution": (
        lambda nb: nb.cells.append(new_markdown_cell("xcanary-solution-7d1fx")),
        "the last cell: the word 'canary-solution-7d1f' is in it",
    ),
    "a canary of a hidden check": (
        lambda nb: nb.cells[1].metadata.update(canary={"canary-hidden-check-52c8": 1}),
        "cell 2, metadata and outputs: the word 'canary-hidden-check-52c8' is in it",
    ),
    "a canary of a private file": (
        lambda nb: nb.cells.append(new_markdown_cell("canary-private-file-9be3")),
        "the last cell: the word 'canary-private-file-9be3' is in it",
    ),
    "a line of a manual answer": (
        lambda nb: nb.cells.append(new_markdown_cell("'the answer in words'")),
        "the last cell: the line \"'the answer in words'\" of cell 'm1' is in it",
    ),
}


@pytest.mark.parametrize("case", PLANTED)
def test_leak_in_the_notebook_is_found(source: Source, tmp_path: Path, case: str) -> None:
    """Wherever it was pasted, and the sentence says where that is."""
    plant, sentence = PLANTED[case]
    plant(source.notebook)
    with pytest.raises(ReleaseError) as caught:
        steps.refuse_leaks(prepared(source, tmp_path))
    text = str(caught.value)
    assert sentence.replace("the last cell", f"cell {len(source.notebook.cells)}") in text
    assert "mini.ipynb: the release would leak; nothing was written:" in text
    assert text.endswith("tag its prose cell 'hint'.")


def test_leak_in_a_released_cell_or_output_is_found(source: Source, tmp_path: Path) -> None:
    """Should nbgrader's stripping ever fail."""
    ready = prepared(source, tmp_path)
    for plant in (
        lambda nb: setattr(find(nb, "q1_answer"), "source", f"# answer: q1_answer\n    {LINE}"),
        lambda nb: find(nb, "setup").outputs.append(new_output("stream", text=f"1\n{LINE}\n")),
        lambda nb: find(nb, "setup").outputs.append(new_output("display_data", data={"text/html": LINE})),
    ):
        notebook = copy.deepcopy(ready.notebook)
        plant(notebook)
        found = leaks.find_leaks(source, leaks.released_texts(notebook))
        assert [leak for leak in found if repr(LINE) in leak], plant


def test_outputs_of_the_source_are_not_released(source: Source, tmp_path: Path) -> None:
    """nbgrader clears them before anybody looks for leaks."""
    find(source.notebook, "setup").outputs = [new_output("stream", text=LINE)]
    ready = prepared(source, tmp_path)
    steps.refuse_leaks(ready)
    assert not any(c.get("outputs") for c in ready.notebook.cells)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("def sum_of_squares(values):", True),  # of the stub
        ("equal(sum_of_squares([3, 4]), 25)", True),  # of a visible check
        ("super().__init__()", False),  # a line by itself
        ("Call `super().__init__()` first.", True),  # too short to be anybody's own within a sentence
        ("return sum(v * v for v in values if v)", True),
        ("test_any_numbers_you_like", True),
    ],
)
def test_leak_scan_knows_what_is_public(source: Source, tmp_path: Path, text: str, allowed: bool) -> None:
    """Public code may be repeated, and a part of a longer name or line is another one."""
    source.notebook.cells.append(new_markdown_cell(text))
    ready = prepared(source, tmp_path)
    found = leaks.find_leaks(source, leaks.released_texts(ready.notebook))
    assert (found == []) == allowed


def test_hint_tag_allows_a_line_but_no_canary(source: Source, tmp_path: Path) -> None:
    """Prose that is meant to show a line of the solution says so."""
    source.notebook.cells.append(new_markdown_cell(f"A hint: {LINE}", metadata={"tags": ["hint"]}))
    ready = prepared(source, tmp_path / "line")
    assert leaks.find_leaks(source, leaks.released_texts(ready.notebook)) == []
    source.notebook.cells[-1].source += " canary-solution-7d1f"
    ready = prepared(source, tmp_path / "canary")
    assert len(leaks.find_leaks(source, leaks.released_texts(ready.notebook))) == 1


def beside(source: Source, folder: Path) -> Source:
    """Return the source in a folder of its own, where files may be put beside it."""
    place = folder / "source" / source.name
    place.mkdir(parents=True)
    path = place / source.path.name
    nbformat.write(source.notebook, path)
    return Source(source.name, path, source.notebook, source.references)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("helpers.py", f"def f(values):\n    {LINE}\n", f"helpers.py: the line {LINE!r}"),
        ("data/notes.csv", f"1,{LINE},2\n", f"data/notes.csv: the line {LINE!r}"),
        (
            "more.ipynb",
            json.dumps({"cells": [{"source": ["x\n", f"    {LINE}\n"]}]}),
            f"more.ipynb: the line {LINE!r}",
        ),
        ("a.json", json.dumps({"k": "### é\n" + LINE}), f"a.json: the line {LINE!r}"),
        ("broken.json", "{ " + LINE, f"broken.json: the line {LINE!r}"),
        (
            "odd.bin",
            "\udcff\udcfe test_any_numbers \0",
            "odd.bin: the name of the hidden check 'test_any_numbers'",
        ),
        ("x.txt", "canary-private-file-9be3", "x.txt: the word 'canary-private-file-9be3' is in it"),
    ],
)
def test_leak_in_a_side_file_is_found(
    source: Source, tmp_path: Path, name: str, content: str, sentence: str
) -> None:
    """Text, data, another notebook, broken JSON, bytes."""
    source = beside(source, tmp_path)
    path = source.path.parent / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ReleaseError) as caught:
        steps.refuse_leaks(prepared(source, tmp_path))
    assert sentence in str(caught.value)


def test_copy_of_a_reference_file_is_found(source: Source, tmp_path: Path) -> None:
    """Private data and the solution's weights, under any name; an empty file is nobody's."""
    source = beside(source, tmp_path)
    for name, original in (("labels.npy", "private/y.npy"), ("w.bin", "solution/model_weights.safetensors")):
        path = source.path.parent / name
        path.write_bytes((source.references / original).read_bytes())
        assert leaks.find_copies(source) == [f"{name}: it is a copy of mini/{original}"]
        with pytest.raises(ReleaseError, match="it is a copy of"):
            steps.refuse_leaks(prepared(source, tmp_path / name))
        path.unlink()
    (source.path.parent / "empty").touch()
    assert leaks.find_copies(source) == []


# -- writing ---------------------------------------------------------------------------------------


def test_page_is_released_but_no_part_of_what_is_graded(source: Source, tmp_path: Path) -> None:
    """A page beside the notebook changes no digest; a template, or a page among the data, does."""
    source = beside(source, tmp_path)
    before = make(source, tmp_path / "before")
    page = source.path.parent / "more" / "page.html"
    page.parent.mkdir()
    page.write_text("<!doctype html>")
    with_page = make(source, tmp_path / "page")
    assert (with_page.digest, with_page.secret) == (before.digest, before.secret)
    assert not list(with_page.folder.rglob("*.html"))
    target = tmp_path / "out"
    assert target / "more" / "page.html" in release.write_release(source, source.notebook, with_page, target)
    (source.path.parent / "data").mkdir()
    (source.path.parent / "data" / "table.html").write_text("<table>")
    with_data = make(source, tmp_path / "data")
    assert with_data.digest != before.digest


def test_write_release_replaces_the_old_one_whole(source: Source, tmp_path: Path) -> None:
    """Side files come along, checkpoints and what only the old release had do not."""
    source = beside(source, tmp_path)
    (source.path.parent / ".ipynb_checkpoints").mkdir()
    (source.path.parent / ".ipynb_checkpoints" / "mini.ipynb").write_text("old")
    (source.path.parent / "data").mkdir()
    (source.path.parent / "data" / "points.csv").write_text("1,2\n")
    ready = prepared(source, tmp_path)
    target = tmp_path / "release" / "mini"
    target.mkdir(parents=True)
    (target / "stale.txt").write_text("stale")
    written = release.write_release(ready.source, ready.notebook, ready.bundle, target)
    names = {p.relative_to(target).as_posix() for p in written}
    assert names == {"data/points.csv", "manifest.json", "mini.ipynb"}
    assert {p.name for p in target.parent.iterdir()} == {"mini"}
    assert nbformat.read(target / "mini.ipynb", 4) == ready.notebook


def test_manifest_is_public(source: Source, tmp_path: Path) -> None:
    """Questions, points, visible checks; no hidden check, no secret, no reference."""
    bundle = make(source, tmp_path)
    text = json.dumps(release.manifest(bundle))
    assert "test_three_four" in text
    assert bundle.digest in text
    for secret in ("test_any_numbers", bundle.secret, "canary", "reference", "sum(v"):
        assert secret not in text


def test_released_notebook_is_valid_and_holds_no_answer(source: Source, tmp_path: Path) -> None:
    """It validates as nbformat, its locked cells are locked, and its first cell is folded."""
    ready = prepared(source, tmp_path)
    nbformat.validate(ready.notebook)
    text = nbformat.writes(ready.notebook)
    for secret in ("canary", "sum(v * v", "test_any_numbers", "BEGIN", ready.bundle.secret):
        assert secret not in text
    first = find(ready.notebook, "first_cell")
    assert first.metadata["cellView"] == "form"
    assert first.metadata["jupyter"] == {"source_hidden": True}
    assert ready.notebook.metadata["autograder"]["assignment"] == "mini"


def test_solution_notebook_is_a_perfect_hand_in(mini: Mini) -> None:
    """The release with every answer, without marks."""
    source, _, released = mini
    notebook = release.solution_notebook(source, released)
    answer = find(notebook, "q1_answer").source
    assert answer.startswith("# answer: q1_answer\n")
    assert LINE in answer
    assert "###" not in answer
    assert find(notebook, "m1").source == "# manual: m1\n'the answer in words'"
    assert find(notebook, "q1").source == find(released, "q1").source
