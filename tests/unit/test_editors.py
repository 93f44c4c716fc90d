"""A notebook that went through another editor: the same cells are found, restored and run, or one sentence says what to do."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder import editors, messages, notebook
from autograder.author import release
from autograder.errors import SubmissionError
from autograder.judge.hand_in import _no_notebook
from autograder.model import ManifestCell
from autograder.sandbox import hand_in
from autograder.sandbox.unpack import unpack
from tests import editors as changes

ROOT = Path(__file__).parents[2]
WEEKS = ("week1-mlp", "week2-dna-cnn", "week3a-tf-binding", "week3b-tuning")
# By name, since several come from a loop.
BY_NAME = {f"{c.editor}: {c.what}": c for c in changes.CHANGES}
READ = [name for name, c in BY_NAME.items() if not c.says]
REFUSED = [name for name, c in BY_NAME.items() if c.says]


@pytest.fixture(scope="session", params=WEEKS)
def week(request: pytest.FixtureRequest) -> tuple[changes.Data, list[ManifestCell]]:
    """Return a week's answered notebook, with what each answer was at release, and what the bundle knows of the cells."""
    name = request.param
    source = release.read_source(ROOT / "source", ROOT / "references", name)
    released = nbformat.read(ROOT / "release" / name / f"{name}.ipynb", 4)
    answered = changes.loads(nbformat.writes(release.solution_notebook(source, released)))
    for cell, before in zip(answered["cells"], released.cells, strict=True):
        if changes.kind_of(cell) == "answer" and cell["source"] != before.source:
            cell["metadata"]["released"] = before.source
    return answered, release.manifest_cells(released)


def read(content: bytes, manifest: list[ManifestCell]) -> tuple[list[notebook.Cell], list[str]]:
    """Return a hand-in's cells as they are worked on, and the notices."""
    cells = editors.undo(notebook.parse(content), manifest)
    assert notebook.recognised(cells, manifest)
    return notebook.restore(cells, manifest)


def unpacked(files: changes.Files, folder: Path) -> tuple[list[hand_in.File], list[str]]:
    """Return the files of a hand-in, archives opened in this process."""
    (folder / "in").mkdir()
    for name, content in files.items():
        (folder / "in" / name).write_bytes(content)

    def opened(path: Path) -> Path:
        target = folder / f"out-{len(list(folder.iterdir()))}"
        target.mkdir()
        before = os.getcwd()
        os.chdir(target)
        try:
            with path.open("rb") as archive:
                unpack(archive, 64 << 20, 64 << 20)
        finally:
            os.chdir(before)
        return target

    return hand_in.find_files(folder / "in", opened)


def lines(cells: list[notebook.Cell]) -> set[str]:
    """Return every line of code that runs, without markers and form titles."""
    ran = [line.rstrip() for c in cells if c.cell_type == "code" and c.run for line in c.source.split("\n")]
    return {line for line in ran if line and not re.match(r"%%time|#@title D|# (answer|check|locked):", line)}


def runs(cells: list[notebook.Cell], manifest: list[ManifestCell]) -> dict[str, bool]:
    """Return, of each code cell of ours, whether it runs; the first of several."""
    ours = [m.grade_id for m in manifest if m.grade_id and m.cell_type == "code"]
    return {name: next((c.run for c in cells if c.grade_id == name), None) for name in ours}  # type: ignore[misc]


@pytest.mark.parametrize("name", READ)
def test_changed_notebook_runs_the_same_code(
    name: str, week: tuple[changes.Data, list[ManifestCell]], tmp_path: Path
) -> None:
    """Every cell of the release is found, locked ones are restored, no line is lost or run that was not run before."""
    answered, manifest = week
    change = BY_NAME[name]
    plain, no_notices = read(changes.dumps(answered), manifest)
    assert no_notices == []
    found, notices = unpacked(change.files(answered), tmp_path)
    (file,) = [f for f in found if hand_in.is_notebook(f.name)]
    cells, more = read(file.path.read_bytes(), manifest)
    assert runs(cells, manifest) == runs(plain, manifest)
    assert lines(cells) == lines(plain) | set(change.adds)
    locked = {c.grade_id: c.source for c in cells if c.kind in ("locked", "check")}
    assert locked == {m.grade_id: m.source for m in manifest if m.kind in ("locked", "check")}
    answers = [c.grade_id for c in cells if c.kind == "answer"]
    assert set(answers) == {m.grade_id for m in manifest if m.kind == "answer"}
    assert all(change.note in notice for notice in notices + more) if change.note else not notices + more
    assert not change.note or notices + more


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_notebook_is_told_in_one_sentence(
    name: str, week: tuple[changes.Data, list[ManifestCell]], tmp_path: Path
) -> None:
    """The sentence that the table has; judge/hand_in's for what has no notebook."""
    found, _ = unpacked(BY_NAME[name].files(week[0]), tmp_path)
    books = [f for f in found if hand_in.is_notebook(f.name)]
    if books:
        with pytest.raises(SubmissionError) as refused:
            read(books[0].path.read_bytes(), week[1])
        said = str(refused.value)
    else:
        said = _no_notebook([str(f.name) for f in found])
    assert re.sub(r"\(line \d+\)", "(line …)", said) == BY_NAME[name].says


def test_table_of_editors_is_what_was_tried() -> None:
    """`python -m tests.editors` writes it."""
    assert changes.DOCS.read_text() == changes.table()


# -- what must stay as it is -------------------------------------------------------------------------

MANIFEST = [
    ManifestCell("code", "# locked: setup\nimport os\nx = 1", "locked", "setup", "setup"),
    ManifestCell("code", "# answer: a\nraise NotImplementedError()", "answer", "a", "a-id"),
    ManifestCell("code", "# check: q\nimport os\ncheck(1)", "check", "q", "q"),
    ManifestCell("code", "# answer: t", "answer", "t", "t", True),
    ManifestCell("markdown", "<!-- manual: m -->", "manual", "m", "m"),
]


def after(*sources: str | tuple[str, str]) -> list[tuple[str, str, bool]]:
    """Return (name, source, run) of the cells that are made of some sources; a tuple has the type, too."""
    cells: list[dict[str, Any]] = []
    for source in sources:
        kind, text = source if isinstance(source, tuple) else ("code", source)
        cells.append({"cell_type": kind, "source": text, "metadata": {}})
    content = json.dumps({"cells": cells, "nbformat": 4}).encode()
    made, _ = notebook.restore(editors.undo(notebook.parse(content), MANIFEST), MANIFEST)
    return [(c.grade_id, c.source, c.run) for c in made]


def test_marker_in_a_string_or_of_another_name_cuts_nothing() -> None:
    """A cell that somebody commented out with quotes stays one cell."""
    answer = '# answer: a\nf = 1\n"""\n# check: q\n"""\n# check: other\n# answer: q\nt = """\n# locked: setup'
    assert ("a", answer, True) in after(answer)
    text = "# answer: a\ns = 'it\\'s'  # it's \"fine\"\n\n# check: q\ncheck(1)"
    assert [name for name, *_ in after(text)] == ["setup", "a", "q"]


def test_own_line_of_a_locked_cell_runs() -> None:
    """A student's own cell with lines that stand in a locked one is no piece of it."""
    made = after("# locked: setup\nimport os\nx = 1", "import os", "x = 1", "# answer: a\ny = 2")
    assert [(n, r) for n, _, r in made] == [
        ("setup", True),
        ("", True),
        ("", True),
        ("a", True),
        ("q", False),
    ]


def test_rest_of_a_split_cell_is_not_run_again() -> None:
    """Only if both halves together are what was released."""
    made = after("# check: q\nimport os", "check(1)")
    assert [(n, r) for n, _, r in made if n != "setup"] == [("q", False), ("", False)]
    made = after("# check: q\nimport sys", "check(1)")
    assert [(n, r) for n, _, r in made if n != "setup"] == [("q", False), ("", True)]


def test_edited_locked_cell_is_restored_and_its_end_is_not_kept() -> None:
    """Nothing but what stands below the released text, whole, is a student's own cell."""
    made = after("# locked: setup\nimport os\nx = 2\nz = 3")
    assert made[0][:2] == ("setup", MANIFEST[0].source)
    assert not [m for m in made if "z = 3" in m[1]]
    made = after("# locked: setup\nimport os\nx = 1\nz = 3")
    assert ("setup", MANIFEST[0].source, True) in made
    assert ("", "z = 3", True) in made


def test_prose_answer_with_code_in_it_runs() -> None:
    """A person reads it; a cell of words alone, by its marker, is no code."""
    assert ("m", "<!-- manual: m -->\nYes.", True) in after("<!-- manual: m -->\nYes.")
    assert ("", "# manual: m\nplot()", True) in after("# manual: m\nplot()")


def test_copy_that_is_prose_stays_prose() -> None:
    """An old answer that was put away with M does not come back."""
    made = after("# answer: a\ny = 1", ("markdown", "# answer: a\ny = 2"))
    assert [m for m in made if "y = 2" in m[1]] == [("", "# answer: a\ny = 2", True)]


def test_hostile_sources_cost_no_time_and_no_cells() -> None:
    """A megabyte of quotes, markers or backslashes is looked through once."""
    for text in (
        '"' * 999_999,
        "\\" * 999_999,
        "# answer: a\n" * 80_000,
        "'''\\\n" * 200_000,
        "%%x\n" * 200_000,
    ):
        assert len(after(text)) < 10
    assert len(after(*["# answer: a\n\n# locked: setup\n\n# check: q"] * 1900)) <= notebook.MAX_CELLS * 2
    assert messages.safe("x") == "x"
