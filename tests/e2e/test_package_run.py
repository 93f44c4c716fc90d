"""A student's way: the released notebook in a plain kernel, ``package()``, the archive graded as it is."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

import autograder
from autograder.author import release
from autograder.author.source import side_files
from autograder.engine.grade import Engine

pytestmark = pytest.mark.slow
REPOSITORY = Path(__file__).parents[2]
EXAMPLE = Path(autograder.__file__).parent / "author" / "example"
# Colab's library, as far as package() knows it: the page sends its notebook, and takes a file.
COLAB = """
import json, sys, types
_message, files, colab, google = (types.ModuleType(n) for n in ("_message", "files", "google.colab", "google"))
_message.blocking_request = lambda name, request="", timeout_sec=5: {"ipynb": json.load(open("drive/on the screen"))}
files.download = lambda name: print("the browser gets", name)
colab._message, colab.files, google.colab = _message, files, colab
sys.modules |= {"google": google, "google.colab": colab, "google.colab._message": _message}
"""


def run_as_student(root: Path, name: str, folder: Path, *, colab: bool) -> tuple[str, Path]:
    """Release an assignment, answer it, run it in a kernel; return what package() says, and the bundle.

    What trains for long ran yesterday: its files are there.
    """
    source = release.read_source(root / "source", root / "references", name)
    bundle = release.make_bundle(source, folder / "bundle", limits={"cell_s": 60.0, "run_s": 500.0})
    notebook = release.solution_notebook(source, release.make_release(source, bundle))
    desk = folder / "desk"
    shutil.copytree(source.references / "solution", desk)
    for side, path in side_files(source).items():
        (desk / side).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, desk / side)
    for cell in notebook.cells:
        if "train" in cell.metadata.get("tags", []) and "package()" not in cell.source:
            cell.source = "# ran yesterday"
    if colab:
        notebook.cells.insert(1, new_code_cell(COLAB))
        (desk / "drive").mkdir()
    nbformat.write(notebook, desk / ("drive/on the screen" if colab else "my homework (2).ipynb"))
    client: Any = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(desk)}}
    )
    done = client.execute()
    return "".join(output.get("text", "") for output in done.cells[-1].outputs), bundle.folder


@pytest.mark.parametrize(("name", "colab"), [("digits", True), ("week1-mlp", False)])
def test_package_writes_what_the_grader_takes(name: str, colab: bool, tmp_path: Path) -> None:
    """Full marks, no notice: every visible check agrees, and nobody is told to hand in something else."""
    root = EXAMPLE if name == "digits" else REPOSITORY
    if not (root / "source" / name / f"{name}.ipynb").is_file():
        pytest.skip(f"source/{name} is not there")
    said, bundle = run_as_student(root, name, tmp_path, colab=colab)
    assert "submission.zip is written" in said
    assert "Still missing" not in said
    assert "they fit" in said
    assert ("the browser gets submission.zip" in said) is colab
    handed_in = tmp_path / "handed-in"
    handed_in.mkdir()
    shutil.copy(tmp_path / "desk" / "submission.zip", handed_in)
    with zipfile.ZipFile(handed_in / "submission.zip") as archive:
        assert set(archive.namelist()) == {f"{name}.ipynb", "model_weights.pt", "manifest.json"}
    with Engine(bundle) as engine:
        result = engine.grade(handed_in)
    assert result.graded, result.staff_notes
    assert (result.score, result.extra["parity"]) == (result.max_score, [])
    assert [n for n in result.notices if "packed" in n] == []  # neither by package() nor "was unpacked"
