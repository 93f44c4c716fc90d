"""The notebook that the formgrader shows: the release's cells, the student's words, our verdicts, nothing that runs."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell

from autograder import notebook
from autograder.bundle import Bundle, read_bundle
from autograder.classroom import form as form_module
from autograder.classroom.form import answers, copy_timestamp, form
from autograder.model import CellProblem, CheckResult, GradingResult, Outcome

pytest.importorskip("nbgrader")
from nbgrader.preprocessors import CheckCellMetadata

Mini = tuple[Any, Path, Any]
SCRIPT = "<script>alert(1)</script>"
NAMES = ["first_cell", "setup", "q1_answer", "q1", "q2_answer", "q2", "q3", "m1"]


@pytest.fixture
def bundle(mini: Mini) -> Bundle:
    """Return the small course's bundle."""
    return read_bundle(mini[1])


def result(bundle: Bundle, *, graded: bool = True, reason: str = "") -> GradingResult:
    """Return a result with two checks of q1, one of them lost for a reason."""
    check = {"question": "q1", "max_score": 2.0, "hidden": True, "score": 2.0, "outcome": Outcome.PASSED}
    checks = (
        CheckResult(name="test_a", title=f"A {SCRIPT}.", **check),  # type: ignore[arg-type]
        CheckResult(
            name="test_b",
            title="B.",
            **check | {"score": 0.0, "outcome": Outcome.FAILED, "reason": reason},  # type: ignore[arg-type]
            staff_note="for staff",
            flags=("a flag",),
        ),
    )
    return GradingResult(
        assignment="mini",
        graded=graded,
        questions=bundle.questions,
        checks=checks,
        notices=(f"a notice {SCRIPT}",),
        problems=(CellProblem(cell=3, label=SCRIPT, reason="stopped"),),
    )


def executed(mini: Mini, bundle: Bundle, edit: Any = lambda _: None) -> dict[str, Any]:
    """Return the released notebook with a student's changes, as the engine hands it on; Colab keeps no metadata of ours."""
    nb = copy.deepcopy(mini[2])
    nb.cells[-1].source = f"# manual: m1\n{nb.cells[-1].source}"
    for cell in nb.cells:
        cell.metadata = {"colab": {"base_uri": "x"}, "id": "x"}
        cell.pop("id", None)
    edit(nb.cells)
    cells = notebook.parse(json.dumps(nb).encode())
    cells, _ = notebook.restore(cells, list(bundle.cells))
    return notebook.executed_notebook(cells)


def at(cells: list[Any], marker: str) -> int:
    """Return where the cell with a marker stands."""
    return next(i for i, cell in enumerate(cells) if f": {marker}" in cell["source"].split("\n")[0])


def shown(made: dict[str, Any]) -> dict[str, Any]:
    """Return the cells of a form by name; nbformat and nbgrader must find it valid."""
    node = nbformat.from_dict(made)
    nbformat.validate(node)
    CheckCellMetadata().preprocess(node, {})
    found = [cell for cell in made["cells"] if "nbgrader" in cell["metadata"]]
    names = [cell["metadata"]["nbgrader"]["grade_id"] for cell in found]
    assert len(names) == len(set(names))
    return dict(zip(names, found, strict=True))


def test_cells_are_what_the_release_says(mini: Mini, bundle: Bundle) -> None:
    """Without any metadata in the hand-in each cell has its name, kind and points, as nbgrader wants them."""
    cells = shown(form(bundle, result(bundle), executed(mini, bundle)))
    assert list(cells) == NAMES
    kinds = {
        n: tuple(c["metadata"]["nbgrader"][k] for k in ("grade", "solution", "locked"))
        for n, c in cells.items()
    }
    assert kinds["q1"] == (True, False, True)
    assert kinds["q1_answer"] == (False, True, False)
    assert kinds["m1"] == (True, True, False)
    assert kinds["setup"] == (False, False, True)
    points = {n: c["metadata"]["nbgrader"].get("points") for n, c in cells.items()}
    assert points == dict.fromkeys(NAMES) | {"q1": 4, "q2": 4, "q3": 3, "m1": 2}
    first = cells["first_cell"]["source"]
    assert first.startswith("# locked: first_cell (")
    assert first.endswith(" lines, as released; not shown here)")
    assert "import torch" in cells["setup"]["source"]  # short ones are shown


def test_check_cell_shows_our_verdict_and_nothing_for_staff(mini: Mini, bundle: Bundle) -> None:
    """The score for nbgrader, words for people; a title or a reason is text, whatever is in it; nbgrader shows it to students."""
    made = form(
        bundle, result(bundle, reason=f"$\\href{{javascript:1}}{{x}}$ {SCRIPT}"), executed(mini, bundle)
    )
    (output,) = shown(made)["q1"]["outputs"]
    assert output["output_type"] == "execute_result"
    assert output["data"]["text/plain"] == "2.0"
    page = output["data"]["text/html"]
    assert "q1: 2 of 4 points" in page
    assert "✗ failed" in page
    assert 'class="tex2jax_ignore' in page  # MathJax leaves it alone
    text = json.dumps(made)
    for mark in ("<script", "for staff", "a flag"):
        assert mark not in text
    assert "a notice &lt;script&gt;" in text


def test_result_without_a_score_shows_none(mini: Mini, bundle: Bundle) -> None:
    """Neither a number that nbgrader would take nor what hidden checks found."""
    for found in (result(bundle, graded=False, reason="why"), None):
        made = form(bundle, found, executed(mini, bundle))
        (output,) = shown(made)["q1"]["outputs"]
        assert output["data"]["text/plain"] == "inf"
        assert "q1: not graded" in output["data"]["text/html"].replace("</strong>", "")
        assert "why" not in json.dumps(made)


def test_hand_in_that_cannot_be_read_can_be_graded_by_hand(bundle: Bundle) -> None:
    """Every box is there, with a word in place of the answer."""
    cells = shown(form(bundle, result(bundle, graded=False)))
    assert list(cells) == ["q1_answer", "q1", "q2_answer", "q2", "q3", "m1"]
    assert "Nothing could be read" in cells["m1"]["source"]
    assert answers(bundle, None) == {}


def test_deleted_cells_stand_at_their_place(mini: Mini, bundle: Bundle) -> None:
    """A person sees that an answer is missing, where it should be, and can still grade it."""

    def delete(cells: list[Any]) -> None:
        for name in ("q2_answer", "q2", "m1"):
            del cells[at(cells, name)]

    cells = shown(form(bundle, result(bundle), executed(mini, bundle, delete)))
    assert list(cells) == NAMES
    assert cells["q2_answer"]["source"] == "# q2_answer: The hand-in has no such cell."
    assert "The hand-in has no such cell" in cells["m1"]["source"]
    assert cells["q2"]["outputs"]


def test_copies_and_forged_markers_give_no_second_box(mini: Mini, bundle: Bundle) -> None:
    """The first check cell counts, the last answer that was written; the others are the student's own cells."""

    def copy_cells(cells: list[Any]) -> None:
        forged = copy.deepcopy(cells[at(cells, "q1")])
        forged.source = "# check: q1\nprint('autograder: q1: 4 of 4 points')"
        cells.insert(0, copy.deepcopy(cells[at(cells, "q1")]))
        cells += [forged, copy.deepcopy(cells[at(cells, "m1")]), copy.deepcopy(cells[at(cells, "m1")])]
        cells[-2].source = "# manual: m1\n'my words'"
        stranger = new_markdown_cell(f"q1: 4 of 4 points\n\n<div class='nbgrader_cell'>{SCRIPT}</div>")
        stranger.metadata["nbgrader"] = {
            "grade_id": "own", "grade": True, "solution": True, "locked": False, "points": 9, "schema_version": 3,
        }  # fmt: skip
        cells.append(stranger)

    made = form(bundle, result(bundle), executed(mini, bundle, copy_cells))
    cells = shown(made)
    assert sorted(cells) == sorted(NAMES)
    assert cells["m1"]["source"] == "# manual: m1\n'my words'"
    assert sum("text/html" in str(c.get("outputs")) for c in made["cells"]) == 3  # q1, q2, q3
    assert "<script" not in json.dumps(made)
    assert "<div class='nbgrader" not in json.dumps(made)


def test_answer_in_a_cell_of_the_other_type_is_found(mini: Mini, bundle: Bundle) -> None:
    """Words in a text cell where the release has a code cell: the box is beside them."""

    def as_text(cells: list[Any]) -> None:
        cells[at(cells, "m1")] = new_markdown_cell(f"<!-- manual: m1 -->\nIn *words*. {SCRIPT}")

    made = executed(mini, bundle, as_text)
    cell = shown(form(bundle, result(bundle), made))["m1"]
    assert cell["cell_type"] == "markdown"
    assert cell["source"] == "<div><p>In <em>words</em>. &lt;script&gt;alert(1)&lt;/script&gt;</p>&#10;</div>"
    assert answers(bundle, made)["m1"]["untouched"] is False


@pytest.mark.parametrize("where", ["alone", "more below", "as released"])
def test_answer_without_a_name_is_found_by_its_neighbours(mini: Mini, bundle: Bundle, where: str) -> None:
    """The marker written over, the metadata lost, the id lost: it stands where the release has it."""

    def overwrite(cells: list[Any]) -> None:
        cells[-1] = new_markdown_cell("My words.")
        if where == "more below":
            cells.append(new_markdown_cell("A remark."))
        if where == "as released":
            cells[-1] = nbformat.v4.new_code_cell(mini[2].cells[-1].source)

    made = executed(mini, bundle, overwrite)
    found = shown(form(bundle, result(bundle), made))
    assert list(found) == NAMES
    assert found["m1"]["source"] == (
        mini[2].cells[-1].source if where == "as released" else "<div><p>My words.</p>&#10;</div>"
    )
    assert answers(bundle, made)["m1"]["untouched"] is (where == "as released")


def test_pasted_picture_is_shown(mini: Mini, bundle: Bundle) -> None:
    """Jupyter keeps a screenshot beside the text; another type, or what is no base64, is left out."""

    def paste(cells: list[Any]) -> None:
        cell = new_markdown_cell("![a](attachment:a.png) ![b](attachment:b.svg) ![c](attachment:c.png)")
        cell.attachments = {
            "a.png": {"image/png": "AAAA"},
            "b.svg": {"image/svg+xml": "PHN2Zz4="},
            "c.png": {"image/png": '" onerror="alert(1)'},
        }
        cells.append(cell)

    made = form(bundle, result(bundle), executed(mini, bundle, paste))
    last = made["cells"][-1]["source"]
    assert last.count("<img") == 1
    assert 'src="data:image/png;base64,AAAA"' in last
    assert "onerror" not in last


@pytest.mark.parametrize("odd", ["x", 3, [], {"a": 1}, {"a": {"image/png": [1, {}]}}, {"a": ["image/png"]}])
def test_odd_attachments_cost_nothing(mini: Mini, bundle: Bundle, odd: object) -> None:
    """Whatever stands there, the cell is read."""

    def put(cells: list[Any]) -> None:
        cells[1]["attachments"] = odd

    made = executed(mini, bundle, put)
    assert all(set(c.get("attachments", {})) <= {"a"} for c in made["cells"])


def test_student_outputs_are_kept_and_cut(
    mini: Mini, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text and pictures stay; what would make a page too long to be read is cut, and says so."""
    made = executed(mini, bundle)
    cell = made["cells"][at(made["cells"], "setup")]
    cell["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": "x" * 60_000},
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"image/png": "AAAA", "text/plain": "<Figure>"},
        },
        {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["y" * 60_000]},
    ]
    made["cells"].append({"cell_type": "raw", "metadata": {}, "source": SCRIPT})
    made["cells"].append(
        {"cell_type": "code", "metadata": {}, "source": "#" * 200_000, "outputs": [], "execution_count": 1}
    )
    seen = form(bundle, result(bundle), made)
    text, picture, error = shown(seen)["setup"]["outputs"]
    assert text["text"].endswith("cut here, 60000 characters")
    assert picture["data"]["image/png"] == "AAAA"
    assert len(error["traceback"][0]) < 51_000
    assert seen["cells"][-2] == {
        "cell_type": "markdown", "metadata": {}, "id": seen["cells"][-2]["id"],
        "source": '<div><pre class="tex2jax_ignore">&lt;script&gt;alert(1)&lt;/script&gt;</pre></div>',
    }  # fmt: skip
    assert len(seen["cells"][-1]["source"]) < 101_000
    monkeypatch.setattr(
        form_module, "safe_markdown", lambda *_: 1 / 0
    )  # a renderer that stumbles costs nothing
    made["cells"].append({"cell_type": "markdown", "metadata": {}, "source": SCRIPT})
    assert "&lt;script&gt;" in form(bundle, result(bundle), made)["cells"][-1]["source"]


def test_digest_of_an_answer_follows_the_answer_alone(mini: Mini, bundle: Bundle) -> None:
    """It changes with the words and with what was written above them, not with other questions' code."""

    def write(name: str, text: str) -> Any:
        return lambda cells: cells[at(cells, name)].update(source=text)

    def own_cell(cells: list[Any]) -> None:
        cells.insert(at(cells, "m1"), nbformat.v4.new_code_cell("plot()"))

    untouched = answers(bundle, executed(mini, bundle))["m1"]
    assert untouched["untouched"]
    assert (
        answers(bundle, executed(mini, bundle, write("q1_answer", "# answer: q1_answer\nx = 1")))["m1"]
        == untouched
    )
    for edit in (
        write("m1", "# manual: m1\n'words'"),
        own_cell,
        lambda cells: cells.append(new_markdown_cell("words")),
    ):
        found = answers(bundle, executed(mini, bundle, edit))["m1"]
        assert not found["untouched"]
        assert found["digest"] != untouched["digest"]


def test_timestamp_goes_with_the_result(tmp_path: Path) -> None:
    """nbgrader compares it; a link or a large file of that name is none, and an old one does not stay."""
    source, target = tmp_path / "submitted", tmp_path / "autograded"
    source.mkdir(), target.mkdir()
    (source / "timestamp.txt").write_text("2026-01-01 00:00:00 UTC")
    copy_timestamp(source, target)
    assert (target / "timestamp.txt").read_text() == "2026-01-01 00:00:00 UTC"
    (source / "timestamp.txt").unlink()
    (source / "timestamp.txt").symlink_to("/etc/passwd")
    copy_timestamp(source, target)
    assert not (target / "timestamp.txt").exists()
