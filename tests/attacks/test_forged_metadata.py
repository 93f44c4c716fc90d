"""Metadata, ids, tags and locked cells that were changed, copied, moved or deleted."""

from __future__ import annotations

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell

HONEST_ONCE = True  # variants of one kind: see conftest.py


@pytest.fixture
def hand_in(grade_folder, solution, mini):
    """Grade the solution's notebook after a change of its cells."""
    weights = (mini[0].references / "solution" / "model_weights.safetensors").read_bytes()

    def run(change):
        notebook = solution()
        change(notebook)
        return grade_folder(
            {"mini.ipynb": json.dumps(notebook).encode(), "model_weights.safetensors": weights}
        )

    return run


def cell_of(notebook, grade_id):
    """Return the cell with this id."""
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def test_all_metadata_lost_is_no_loss(hand_in):
    """Markers on the first lines are enough; Colab drops the rest."""

    def change(notebook):
        notebook.metadata = {}
        for cell in notebook.cells:
            cell.metadata = {}
            cell.pop("id", None)

    verdict = hand_in(change)
    assert verdict.lost == {}
    assert verdict.notices == ""


def test_markers_lost_is_no_loss(hand_in):
    """The metadata is enough as well."""

    def change(notebook):
        for cell in notebook.cells:
            if cell.cell_type == "code" and cell.metadata["nbgrader"]["solution"]:
                cell.source = cell.source.split("\n", 1)[1]

    assert hand_in(change).lost == {}


FORGED = {
    "points": {"points": 1000.0, "grade": True, "solution": False, "locked": True},
    "manual": {"grade": True, "solution": True, "points": 1000.0},
    "task": {"task": True, "points": 1e9},
    "odd types": {"grade": [], "points": {"a": "b"}, "grade_id": ["q1"], "schema_version": "x"},
    "checksum": {"checksum": "0" * 32, "cell_type": "evil"},
}


@pytest.mark.parametrize("kind", FORGED)
def test_forged_nbgrader_metadata_is_ignored(hand_in, kind):
    """Points and kinds come from the bundle."""

    def change(notebook):
        for cell in notebook.cells:
            cell.metadata["nbgrader"] = {**cell.metadata.get("nbgrader", {}), **FORGED[kind]}

    verdict = hand_in(change)
    assert verdict.lost == {}
    assert verdict.content["score"] == 11.0


def test_check_cell_replaced_is_put_back_and_not_run(hand_in):
    """A check cell that gives itself points is decoration."""

    def change(notebook):
        cell_of(notebook, "q1").source = "# check: q1\nprint('4/4'); raise SystemExit"
        cell_of(notebook, "q1_answer").source = "# answer: q1_answer\ndef sum_of_squares(values): return 0"

    verdict = hand_in(change)
    assert verdict.lost == {"q1": 4.0}
    assert (
        verdict.notices
        == "1 locked cell(s) differed from the released notebook and were restored before grading"
    )
    assert "4/4" not in verdict.outputs


def test_check_cells_deleted_are_put_back(hand_in):
    """Without them the questions would not be asked."""

    def change(notebook):
        notebook.cells = [
            c
            for c in notebook.cells
            if c.metadata.get("nbgrader", {}).get("grade_id") not in ("q1", "q2", "q3", "setup")
        ]

    verdict = hand_in(change)
    assert verdict.lost == {}
    assert verdict.notices == "4 locked or check cell(s) had been deleted; they were put back before grading"


def test_locked_cell_changed_is_put_back(hand_in):
    """The set-up is the released one."""

    def change(notebook):
        cell_of(notebook, "setup").source = "# locked: setup\nnp = torch = None\nraise SystemExit"

    verdict = hand_in(change)
    assert verdict.lost == {}
    assert verdict.notices.startswith("1 locked cell(s) differed")


def test_locked_cell_copied_runs_as_the_student_s_own(hand_in):
    """The first is the locked one, wherever it stands; a copy gets no rights."""

    def change(notebook):
        copy = new_code_cell("# locked: setup\nprint('copied')")
        notebook.cells.append(copy)

    verdict = hand_in(change)
    assert verdict.lost == {}
    assert verdict.notices == "the cell “setup” stands there 2 times; the first one counts as the locked one"
    assert "copied" in verdict.outputs


def test_check_cell_copied_is_not_asked_twice(hand_in):
    """Each check is concluded once."""

    def change(notebook):
        notebook.cells += [new_code_cell(cell_of(notebook, "q1").source) for _ in range(5)]

    verdict = hand_in(change)
    assert verdict.lost == {}
    assert verdict.content["score"] == 11.0
    assert len(verdict.result.checks) == 7


def test_answer_marked_as_locked_is_told(hand_in):
    """An answer under a locked cell's marker is replaced; the notice says so."""

    def change(notebook):
        cell_of(notebook, "q1_answer").source = "# locked: setup\ndef sum_of_squares(values): return 0"

    verdict = hand_in(change)
    assert set(verdict.lost) >= {"q1"}
    assert verdict.notices


def test_ids_swapped_or_doubled_do_not_swap_answers(hand_in):
    """The marker counts before the metadata, the metadata before the id."""

    def change(notebook):
        for cell in notebook.cells:
            cell.id = "same"
        a, b = cell_of(notebook, "q1_answer"), cell_of(notebook, "q2_answer")
        a.metadata, b.metadata = b.metadata, a.metadata

    assert hand_in(change).lost == {}


def test_kernelspec_and_language_are_ignored(hand_in):
    """There is one kernel, and it is ours."""

    def change(notebook):
        notebook.metadata = {
            "kernelspec": {
                "name": "../../evil",
                "display_name": "<script>",
                "language": "bash",
                "argv": ["/bin/sh"],
            },
            "language_info": {"name": "bash"},
        }

    verdict = hand_in(change)
    assert verdict.lost == {}
    assert verdict.result.extra["notebook"]["metadata"]["kernelspec"]["name"] == "python3"


def test_stored_outputs_and_attachments_are_dropped(hand_in):
    """What the student's own run wrote is not what is shown."""

    def change(notebook):
        answer = cell_of(notebook, "q1_answer")
        answer.outputs = [nbformat.v4.new_output("stream", text="FORGED OUTPUT: 4/4 points")]
        notebook.cells[1]["attachments"] = {"a.svg": {"image/svg+xml": "<svg onload=alert(1)>"}}

    verdict = hand_in(change)
    assert verdict.lost == {}
    assert "FORGED OUTPUT" not in verdict.visible_bytes.decode()
    assert "onload" not in verdict.visible_bytes.decode()


def test_check_cell_turned_to_markdown_is_put_back(hand_in):
    """Another type of cell is another cell."""

    def change(notebook):
        for grade_id in ("q1", "setup"):
            cell_of(notebook, grade_id)["cell_type"] = "markdown"

    verdict = hand_in(change)
    assert verdict.lost == {}
    assert "had been deleted" in verdict.notices


def test_train_tag_skips_only_what_was_released_with_it(hand_in):
    """A student cannot have a cell of their own skipped, nor a locked one."""

    def change(notebook):
        for cell in notebook.cells:
            cell.metadata["tags"] = ["train", "skip-execution", "raises-exception"]

    assert hand_in(change).lost == {}
