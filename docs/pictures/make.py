"""Takes the pictures of docs/a-term.md: a made course, a made class, the real formgrader, our pages. `make pictures`.

python docs/pictures/make.py [FOLDER]        # default: beside this file
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from PIL import Image

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "browser")]

from formgrader_server import browser_page, jupyter_server  # noqa: E402

from autograder.author import release, steps  # noqa: E402
from autograder.config import load_course  # noqa: E402
from autograder.gradebook import open_gradebook  # noqa: E402

NAME = "digits"
COLOURS = 96  # of a picture: text stays sharp, and a file small
# Who hands in which of the example's variants, and what they write about the digits that their network confuses.
CLASS = {
    "ada": (
        "",
        "**8 and 1**, the darkest square: a narrow 8 is one thick stroke, as a 1 is. The other way round it does not happen.",
    ),
    "ben": ("wrong-q1-counts", "3 and 8."),
    "chiara": (
        "right-q2-by-hand",
        "5 and 9, since both curve to the right at the bottom. $P(9 \\mid 5) = 0.04$.",
    ),
    "dmitri": ("wrong-q3-nothing-handed-in", "1 and 7"),
    "emeka": ("", ""),
    "freja": ("right-q1-loop", "4 and 9 (see the table above)."),
}
TABLE = """\
guess = trained(x_new).argmax(1)
wrong = guess != y_new
plt.figure(figsize=(3.4, 2.6))
plt.hist2d(y_new[wrong].numpy(), guess[wrong].numpy(), bins=10, range=[[0, 10], [0, 10]], cmap="Blues")
plt.xlabel("digit"), plt.ylabel("guess"), plt.title("what it confuses")
plt.show()"""


def run(course: Path, *words: str) -> None:
    """Run a command of ours in the course."""
    print("$ autograder", *words, flush=True)
    command = [sys.executable, "-m", "autograder", *words]
    subprocess.run(command, cwd=course, check=True, stdout=subprocess.DEVNULL)


def make_class(course: Path) -> None:
    """Write the hand-ins of the class, as Colab saves them."""
    source = release.read_source(course / "source", course / "references", NAME)
    released = nbformat.read(course / "release" / NAME / f"{NAME}.ipynb", 4)
    for student, (variant, words) in CLASS.items():
        notebook = release.solution_notebook(source, released)
        for cell in notebook.cells:
            if cell.cell_type == "markdown" and cell.metadata.get("nbgrader", {}).get("solution"):
                cell.source = f"<!-- manual: m1 -->\n{words}" if words else "YOUR ANSWER HERE"
        if student == "ada":
            load = "import matplotlib.pyplot as plt\ntrained = Net()\ntrained.load_state_dict(torch.load('model_weights.pt'))\n"
            notebook.cells.insert(-1, nbformat.v4.new_code_cell(load + TABLE))
        folder = course / "submitted" / student / NAME
        folder.mkdir(parents=True)
        if variant != "wrong-q3-nothing-handed-in":
            for path in (course / "references" / NAME / "solution").iterdir():
                shutil.copy(path, folder)
        change(notebook, course / "references" / NAME / "variants" / f"{variant}.py")
        nbformat.write(notebook, folder / f"{NAME}.ipynb")


def change(notebook: Any, variant: Path) -> None:
    """Put a variant's answers, which begin with their markers, in place of the solution's."""
    text = variant.read_text() if variant.is_file() else ""
    for part in text.split("# answer: ")[1:]:
        name = part.split()[0]
        for cell in notebook.cells:
            if cell.source.startswith(f"# answer: {name}"):
                cell.source = f"# answer: {part.strip()}"


def save(png: bytes, name: str, folder: Path) -> None:
    """Write a picture with few colours."""
    path = folder / f"{name}.png"
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
        path, optimize=True
    )
    print(f"{path}: {path.stat().st_size >> 10} kB")


def around(page: Any, *selectors: str, margin: int = 8) -> dict[str, float]:
    """Return the rectangle of the whole page that holds some elements."""
    rectangle = "e => { const r = e.getBoundingClientRect(); return {x: r.x, y: r.y + scrollY, width: r.width, height: r.height} }"
    boxes = [page.locator(s).first.evaluate(rectangle) for s in selectors]
    x, y = (min(b[k] for b in boxes) - margin for k in ("x", "y"))
    right = max(b["x"] + b["width"] for b in boxes) + margin
    bottom = max(b["y"] + b["height"] for b in boxes) + margin
    return {"x": max(0, x), "y": max(0, y), "width": right - x, "height": bottom - y}


def take(course: Path, folder: Path) -> None:
    """Grade one answer in the formgrader as a person does, and take the pictures on the way."""
    found = load_course(course)
    with open_gradebook(found.db_url, found.course_id) as book:
        one = book.find_submission_notebook(NAME, NAME, "ada").id
        other = book.find_submission_notebook(NAME, NAME, "ben").id
    size = {"width": 1000, "height": 640}
    with jupyter_server(course) as (address, token), browser_page(address, token, viewport=size) as page:
        page.goto(f"{address}/formgrader/gradebook/{NAME}/{NAME}")
        page.wait_for_selector("text=Submission #1")
        save(page.screenshot(), "formgrader-list", folder)
        page.goto(f"{address}/formgrader/submissions/{other}/")
        page.wait_for_function("formgrader.grades && formgrader.grades.loaded")
        page.wait_for_timeout(800)
        cell = ".cell:has(#q1)"
        save(page.screenshot(clip=around(page, cell), full_page=True), "formgrader-verdict", folder)
        page.goto(f"{address}/formgrader/submissions/{one}/")
        page.wait_for_function("formgrader.grades && formgrader.grades.loaded")
        page.wait_for_timeout(800)
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        page.wait_for_timeout(200)
        save(page.screenshot(), "formgrader-top", folder)
        page.add_style_tag(content="nav.navbar { display: none }")  # it floats over what is below
        page.fill("#m1", "9")
        page.fill(
            "#m1-comment", "Good eye. *Why* not the other way round? An example would make it complete."
        )
        with page.expect_response(lambda answer: "/api/comment/" in answer.url):
            page.locator("#m1-comment").blur()
        page.wait_for_timeout(1500)
        save(
            page.screenshot(clip=around(page, ".cell:has(#m1)", ".cell:has(.output_png)"), full_page=True),
            "formgrader-by-hand",
            folder,
        )
        run(course, "feedback", NAME)
        page.goto("about:blank")
        page.set_content((found.feedback / "ada" / NAME / f"{NAME}.html").read_text())
        save(page.screenshot(), "feedback", folder)
        page.set_content((found.autograded / f"{NAME}.html").read_text())
        save(page.screenshot(), "overview", folder)


def main() -> None:
    """Make everything in a temporary folder; only the pictures stay."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pictures-") as scratch:
        Path(scratch).chmod(0o711)  # drawn user ids must get into it
        course = Path(scratch) / "course"
        run(Path(scratch), "init", str(course), "--name", "Deep Learning 101", "--example")
        with steps.prepare(load_course(course), NAME) as prepared:  # a release that the tests have validated
            steps.publish(load_course(course), prepared)
        make_class(course)
        run(course, "grade", NAME)
        take(course, folder)


if __name__ == "__main__":
    main()
