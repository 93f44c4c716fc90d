"""A student's whole way, once right and once wrong in every assignment: release, kernel in Colab, check, package, grade, page.

Run by ``make journey``. The kernel is Jupyter's own with stand-ins for Colab's modules; what ``package()`` downloads is
handed in as it is; the page is opened in Chromium and looked at by axe. Pictures lie in ``.autograder/pictures/``.
"""

from __future__ import annotations

import copy
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from autograder.author import steps, validate
from autograder.bundle import Bundle
from autograder.classroom.pages import student_page
from autograder.config import load_course
from autograder.engine.batch import Job, grade_many
from autograder.engine.options import engine_options
from autograder.model import GradingResult
from tests.browser.chromium import axe_finds_nothing, launched
from tests.journey import verdicts

pytestmark = pytest.mark.filterwarnings("ignore")  # the kernel's and its libraries' own
ROOT = Path(__file__).parents[2]
PICTURES = ROOT / ".autograder" / "pictures"
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
WEEKS = ("week1-mlp", "week2-dna-cnn", "week3a-tf-binding", "week3b-tuning")
# Colab's modules, as far as a notebook meets them: the page sends the notebook, the browser takes a file.
COLAB = {
    "google/__init__.py": "",
    "google/colab/__init__.py": "",
    "google/colab/drive.py": "def mount(*_, **__):\n    pass\n",
    "google/colab/files.py": (
        "import os, shutil\n\n\ndef download(name):\n    shutil.copy(name, os.environ['COLAB_DOWNLOADS'])\n"
    ),
    "google/colab/_message.py": (
        "import json, os\n\n\ndef blocking_request(name, request='', timeout_sec=5):\n"
        "    assert name == 'get_ipynb'\n"
        "    return {'ipynb': json.load(open(os.environ['COLAB_NOTEBOOK']))}\n"
    ),
}


@dataclass
class Walked:
    """One hand-in at the end of its way."""

    kernel: verdicts.Said
    said: str  # by package()
    archive: Path
    result: GradingResult


def in_colab(folder: Path, hand_in: Path, bundle: Bundle, name: str, monkeypatch: pytest.MonkeyPatch) -> tuple[verdicts.Said, str, Path]:  # fmt: skip
    """Run a notebook in a kernel, as in Colab, and package() in its last cell; return what was said, and the download."""
    work, downloads, colab = folder / "content", folder / "downloads", folder / "colab"
    for path in (work, downloads):
        path.mkdir(parents=True)
    for place in (bundle.folder / "public", hand_in):
        if place.is_dir():
            shutil.copytree(place, work, dirs_exist_ok=True)
    (work / name).unlink()  # the notebook lies in Drive
    for path, text in COLAB.items():
        (colab / path).parent.mkdir(parents=True, exist_ok=True)
        (colab / path).write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(colab))
    monkeypatch.setenv("COLAB_NOTEBOOK", str(hand_in / name))
    monkeypatch.setenv("COLAB_DOWNLOADS", str(downloads))
    notebook = copy.deepcopy(nbformat.read(hand_in / name, 4))
    notebook.cells = [c for c in notebook.cells if "train" not in c.metadata.get("tags", [])]
    notebook.cells.insert(0, nbformat.v4.new_code_cell("import google.colab"))  # as Colab's kernel does
    notebook.cells.append(nbformat.v4.new_code_cell("package()"))
    notebook.cells.append(
        nbformat.v4.new_code_cell("import sys\n[m for m in sys.modules if m.split('.')[0] == 'autograder']")
    )
    client = nbclient.NotebookClient(
        notebook,
        timeout=1200,
        allow_errors=True,
        kernel_name="python3",
        resources={"metadata": {"path": str(work)}},
    )
    client.execute()
    assert notebook.cells[-1].outputs[0]["data"]["text/plain"] == "[]"
    titles = {check.title for check in bundle.checks if not check.hidden}
    found: verdicts.Said = {}
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("grade") and about.get("locked"):
            found |= verdicts.printed(_stdout(cell), about["grade_id"], titles)
    (archive,) = downloads.iterdir()
    return found, _stdout(notebook.cells[-2]), archive


def _stdout(cell: Any) -> str:
    return "".join(o.text for o in cell.outputs if o.get("name") == "stdout")


@pytest.fixture(scope="module", params=WEEKS)
def walked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Walked]]:
    """Walk with the solution and with a variant whose first slip is seen by a visible check, through one engine."""
    course, assignment = load_course(ROOT), request.param
    folder = tmp_path_factory.mktemp("journey")
    folder.chmod(0o711)
    patched = pytest.MonkeyPatch()
    wrong = {
        "week1-mlp": "wrong-q2-*",
        "week2-dna-cnn": "wrong-q4-*",
        "week3a-tf-binding": "wrong-q5-*",
        "week3b-tuning": "wrong-q4-*",
    }[assignment]
    names = sorted(p.stem for p in (course.references / assignment / "variants").glob(f"{wrong}.py"))
    names = names or sorted(p.stem for p in (course.references / assignment / "variants").glob("wrong-*.py"))
    with steps.prepare(course, assignment) as prepared:
        jobs, _ = validate.make_hand_ins(
            prepared.source, prepared.notebook, prepared.bundle, folder / "made", (names[0],)
        )
        kernels, handed_in = {}, []
        for job in [j for j in jobs if j.name != validate.UNTOUCHED]:
            kernels[job.name] = in_colab(
                folder / job.name,
                job.folder,
                prepared.bundle,
                prepared.source.path.name,
                patched,
            )
            place = folder / "handed-in" / job.name
            place.mkdir(parents=True)
            shutil.copy(kernels[job.name][2], place)
            handed_in.append(Job(job.name, place))
        patched.undo()
        options = engine_options(course, prepared.bundle.folder)
        results = {job.name: result for job, result in grade_many(options, handed_in, workers=1)}
        yield {
            "right" if name == validate.SOLUTION else "wrong": Walked(*kernels[name], results[name])
            for name in kernels
        }


def test_package_is_graded_and_says_what_check_said(walked: dict[str, Walked]) -> None:
    """The archive holds notebook and manifest, is graded whole, and no visible verdict differs."""
    for name, one in walked.items():
        assert one.result.graded, (one.result.notices, one.result.staff_notes)
        assert "submission.zip is written." in one.said
        with zipfile.ZipFile(one.archive) as archive:
            inside = archive.namelist()
        assert "manifest.json" in inside
        assert one.kernel.keys() == verdicts.graded(one.result).keys()
        there = verdicts.graded(one.result)
        odd = {k: (v, there[k]) for k, v in one.kernel.items() if v[0] != there[k][0]}
        assert odd == {}, name
        assert not one.result.extra.get("parity"), one.result.extra["parity"]
    assert walked["right"].result.score >= walked["right"].result.max_score
    assert walked["wrong"].result.score < walked["wrong"].result.max_score
    assert "Nothing is missing that can be seen from here." in walked["right"].said or "✍" in walked["right"].said, walked["right"].said  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Give a headless Chromium."""
    with launched() as found:
        yield found


def test_page_is_read_without_scrolling_and_axe_finds_nothing(
    walked: dict[str, Walked], browser: Any, tmp_path: Path
) -> None:
    """At a desk and on a phone; the first lost point's cause stands on the first screen."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, one in walked.items():
        path = tmp_path / f"{name}.html"
        path.write_text(student_page("ada-lovelace@example.org", one.result, {}), encoding="utf-8")
        for size in (DESK, PHONE):
            context = browser.new_context(viewport=size)
            page = context.new_page()
            complaints: list[str] = []
            page.on("console", lambda m, c=complaints: c.append(m.text))
            page.on("pageerror", lambda e, c=complaints: c.append(str(e)))
            page.goto(path.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
            losses = page.locator(".loss")
            assert (losses.count() > 0) == (name == "wrong")
            if name == "wrong":
                box = losses.first.locator(".what").bounding_box()
                assert box["y"] + box["height"] <= size["height"], box
            page.screenshot(path=PICTURES / f"journey-{one.result.assignment}-{name}-{size['width']}.png")
            page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            axe_finds_nothing(page, passes=10)
            assert complaints == []
            context.close()
