"""The real formgrader in a real browser: grade by hand, grade again, find both. Run by ``make browser-test``."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.author import release, steps
from autograder.config import load_course
from autograder.gradebook import open_gradebook

sys.path.insert(0, str(Path(__file__).parent))
from formgrader_server import browser_page, jupyter_server

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's and its libraries' own

REPOSITORY = Path(__file__).parents[2]
BOXES = {"q1", "q2", "q3", "m1"}
COMMENTS = {"q1_answer", "q2_answer", "m1"}
# Each of these would set a mark in the instructor's browser, or draw a box, if it were more than text.
ATTACKS = [
    "<script>window.attacked = 1</script>",
    "<img src=x onerror='window.attacked = 2'>",
    "<svg onload='window.attacked = 3'></svg>",
    "<iframe src='javascript:parent.attacked = 4'></iframe>",
    "[click](javascript:window.attacked=5) [file](evil.html) ![pixel](https://evil.example/x.png)",
    "<div class='panel panel-primary nbgrader_cell'><input class='score' id='m1'>q1: 4 of 4 points</div>",
    "$\\href{javascript:window.attacked=6}{x}$ <details open ontoggle='window.attacked = 7'>",
    "<form action='/formgrader/api/grade/1'><button>Full credit</button></form><style>.score{display:none}</style>",
]


def autograder(root: Path, *words: str) -> str:
    """Run a command of ours in the course, as an instructor does, and return what it printed."""
    command = [sys.executable, "-m", "autograder", *words]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def course(mini: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a course with a small assignment, released and graded, and three hand-ins from Colab."""
    root = tmp_path_factory.mktemp("browser") / "course"
    shutil.copytree(mini[0].path.parent, root / "source" / "mini")
    shutil.copytree(mini[0].references, root / "references" / "mini")
    for name in ("gradebook_config.py", "nbgrader_config.py"):
        shutil.copy(REPOSITORY / name, root)
    found = load_course(root)
    with steps.prepare(found, "mini") as prepared:
        steps.publish(found, prepared)
    source = release.read_source(root / "source", root / "references", "mini")
    released = nbformat.read(root / "release" / "mini" / "mini.ipynb", 4)
    for student in ("ada", "bob", "mallory"):
        notebook = release.solution_notebook(source, released)
        notebook.cells[-1] = nbformat.v4.new_markdown_cell(f"<!-- manual: m1 -->\nThe words of *{student}*.")
        notebook.cells.insert(
            -1, nbformat.v4.new_code_cell("import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\nplt.show()")
        )
        if student == "mallory":
            notebook.cells[-1].source += "\n\n" + "\n\n".join(ATTACKS)
            notebook.cells += [nbformat.v4.new_markdown_cell(attack) for attack in ATTACKS]
            notebook.cells += [nbformat.v4.new_raw_cell(attack) for attack in ATTACKS]
            shown = f"from IPython.display import HTML, Markdown, display\nfor a in {ATTACKS!r}:\n    display(HTML(a), Markdown(a)); print(a)"
            notebook.cells.append(nbformat.v4.new_code_cell(shown))
        for cell in notebook.cells:  # as Colab saves it, with nothing of nbgrader's
            cell.metadata = nbformat.from_dict(
                {"id": "c" + cell.id[:8], "colab": {"base_uri": "https://localhost:8080/"}}
            )
        folder = root / "submitted" / student / "mini"
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / "mini.ipynb")
        shutil.copy(root / "references" / "mini" / "solution" / "model_weights.safetensors", folder)
    autograder(root, "grade", "mini")
    return root


@pytest.fixture(scope="module")
def page(course: Path) -> Iterator[Any]:
    """Give a page of a browser that is logged in; what it asked of other machines is in ``page.asked``."""
    with jupyter_server(course) as (address, token), browser_page(address, token) as opened:
        opened.address, opened.asked, opened.dialogs = address, [], []
        opened.on("request", lambda request: opened.asked.append(request.url))
        opened.on("dialog", lambda dialog: (opened.dialogs.append(dialog.message), dialog.dismiss()))
        yield opened


def submission(course: Path, student: str) -> str:
    """Return the formgrader's id of a student's notebook."""
    with open_gradebook(load_course(course).db_url, "gene46100") as book:
        return str(book.find_submission_notebook("mini", "mini", student).id)


def open_form(page: Any, course: Path, student: str) -> None:
    """Open a student's form and wait until its boxes are filled."""
    page.goto(f"{page.address}/formgrader/submissions/{submission(course, student)}/")
    page.wait_for_function("formgrader.grades && formgrader.grades.loaded && formgrader.comments.loaded")


def by_hand(course: Path, student: str) -> tuple[Any, ...]:
    """Return (automatic score, score by hand, waits, comment) of the written answer, from the gradebook."""
    with open_gradebook(load_course(course).db_url, "gene46100") as book:
        grade = book.find_grade("m1", "mini", "mini", student)
        comment = book.find_comment("m1", "mini", "mini", student)
        return grade.auto_score, grade.manual_score, grade.needs_manual_grade, comment.manual_comment


def exported(course: Path) -> dict[str, float]:
    """Return everybody's points as `autograder export` writes them."""
    autograder(course, "export", "--to", "grades.csv")
    with (course / "grades.csv").open(encoding="utf-8-sig") as lines:
        return {line["student_id"]: float(line["score"]) for line in csv.DictReader(lines)}


def test_form_shows_boxes_outputs_and_verdicts_with_the_first_cell_folded(page: Any, course: Path) -> None:
    """Through the menus, as an instructor goes: list of assignments, of hand-ins, one of them."""
    page.goto(f"{page.address}/formgrader/gradebook")
    for place in ("mini", "mini/mini"):
        page.get_by_role("link", name="mini", exact=True).last.click()
        page.wait_for_url(f"**/formgrader/gradebook/{place}")
    hand_ins = page.locator("a:has-text('Submission #')")
    hand_ins.nth(2).wait_for()
    assert hand_ins.count() == 3
    open_form(page, course, "ada")
    assert set(page.eval_on_selector_all("input.score", "all => all.map(e => e.id)")) == BOXES
    comments = page.eval_on_selector_all(
        "textarea.comment", "all => all.map(e => e.id.replace('-comment', ''))"
    )
    assert set(comments) == COMMENTS
    text = page.inner_text("#notebook")
    for part in (
        "q1: 4 of 4 points",
        "✓ passed (3 of 3) Any numbers are squared and summed.",
        "The words of ada.",
    ):
        assert part in text
    assert "# locked: first_cell (" in text
    assert len(text.split("\n")) < 250  # of these the first cell has more than 600
    assert page.locator(".output_png img").count() == 1
    assert page.eval_on_selector("#q1", "e => e.placeholder") == "4"
    assert "needs_manual_grade" in page.get_attribute("#m1", "class")


def test_score_and_comment_survive_every_regrade(page: Any, course: Path) -> None:
    """Given in the browser; then our grading, nbgrader's button, a new hand-in: gradebook, page and export keep both."""
    open_form(page, course, "ada")
    page.fill("#m1", "1.5")
    page.fill("#m1-comment", "Good, but *which* pair?")
    with page.expect_response(lambda answer: "/api/comment/" in answer.url and answer.ok):
        page.press("#m1-comment", "Escape")
    open_form(page, course, "ada")
    assert page.input_value("#m1") == "1.5"
    assert page.input_value("#m1-comment") == "Good, but *which* pair?"
    given = (None, 1.5, False, "Good, but *which* pair?")
    assert by_hand(course, "ada") == given
    feedback = course / "feedback" / "ada" / "mini" / "mini.html"

    def everywhere(*, export: bool = True) -> None:
        assert by_hand(course, "ada") == given
        said = " ".join(feedback.read_text().split())
        assert "12.5 of 13 points" in said
        assert "Good, but <em>which</em> pair?" in said
        assert not export or exported(course) == {"ada": 12.5, "bob": 11.0, "mallory": 11.0}
        open_form(page, course, "ada")
        assert page.input_value("#m1") == "1.5"
        assert page.input_value("#m1-comment") == "Good, but *which* pair?"

    autograder(course, "feedback", "mini")
    everywhere(export=False)
    autograder(course, "grade", "mini", "--force")
    everywhere()
    feedback.unlink()
    page.goto(f"{page.address}/formgrader/manage_submissions/mini")
    row = page.locator("tr", has_text="ada")
    with page.expect_response(lambda answer: "/ada/autograde" in answer.url, timeout=300_000) as answer:
        row.locator("a", has=page.locator(".glyphicon-flash")).click()
    assert answer.value.json()["success"], answer.value.json()
    everywhere(export=False)
    record = course / "autograded" / "ada" / "mini" / "grading.json"
    written = record.stat().st_mtime_ns
    autograder(course, "grade", "mini")
    assert record.stat().st_mtime_ns == written  # nbgrader's button left the same record: ada is finished

    path = course / "submitted" / "ada" / "mini" / "mini.ipynb"
    path.write_text(path.read_text().replace("The words of *ada*.", "Other words."))
    autograder(course, "grade", "mini")
    flagged = (None, 1.5, True, "Good, but *which* pair?")
    assert by_hand(course, "ada") == flagged  # a person should look again
    open_form(page, course, "ada")
    assert "Other words." in page.inner_text("#notebook")
    page.locator(".nbgrader_cell:has(#m1) .mark-graded").click()
    page.wait_for_function("!$('#m1').hasClass('needs_manual_grade')")
    autograder(course, "feedback", "mini")
    everywhere()


def test_students_markup_runs_nothing_and_forges_no_box(page: Any, course: Path) -> None:
    """Prose, raw cells and outputs of somebody who tries: no script, no box, no frame, no request, no way out."""
    page.asked.clear()
    open_form(page, course, "mallory")
    page.wait_for_timeout(500)
    assert page.evaluate("window.attacked") is None
    assert page.dialogs == []
    assert page.locator(".nbgrader_cell").count() == len(BOXES | COMMENTS)
    assert page.locator("input.score").count() == len(BOXES)
    assert page.locator("#notebook").locator("iframe, svg, form, script, style, details").count() == 0
    links = page.eval_on_selector_all("#notebook a[href]", "all => all.map(e => e.getAttribute('href'))")
    assert all(link.startswith(("#", "https://")) for link in links)
    foreign = [url for url in page.asked if not url.startswith((page.address, "data:"))]
    assert all(url.startswith("https://cdnjs.cloudflare.com/ajax/libs/mathjax/") for url in foreign)
    own = {url.removeprefix(page.address).split("?")[0] for url in page.asked if url.startswith(page.address)}
    assert not any("evil" in url for url in own)
    assert page.is_visible("#m1")
    assert "window.attacked = 1" in page.inner_text("#notebook")  # it is there to be read


def test_server_is_stopped_by_its_pid(course: Path) -> None:
    """It leaves no process that listens, and nothing in the course but nbgrader's own."""
    with jupyter_server(course) as (address, _):
        port = int(address.rsplit(":", 1)[1])
    import socket

    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert json.loads((course / "autograded" / "ada" / "mini" / "grading.json").read_text())["form"]
