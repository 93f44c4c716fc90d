"""Takes the pictures of a student's page: two assignments of the course, graded as ever. `make pictures`.

python docs/pictures/feedback_page.py [FOLDER]        # default: beside this file
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(HERE)]

from make import save  # noqa: E402

from autograder.author import release, steps, validate  # noqa: E402
from autograder.classroom.pages import student_page  # noqa: E402
from autograder.config import load_course  # noqa: E402
from autograder.engine.grade import Engine  # noqa: E402

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


def channels_last(notebook: Any) -> None:
    """Forget to turn the windows before the convolution, and one place of the scan: two slips of a real class."""
    for cell in notebook.cells:
        if cell.source.startswith("# answer: q6_answer"):
            cell.source = cell.source.replace("self.conv(x.permute(0, 2, 1))", "self.conv(x)")
        if cell.source.startswith("# answer: q4_answer"):
            cell.source = cell.source.replace("- width + 1", "- width")


def page_of(assignment: str, change: Callable[[Any], None]) -> str:
    """Grade a solution with a change, and return the student's page."""
    course = load_course(ROOT)
    with steps.prepare(course, assignment) as prepared:
        prepared.scratch.chmod(0o711)  # drawn user ids must get into it
        notebook = release.solution_notebook(prepared.source, prepared.notebook)
        change(notebook)
        folder = prepared.scratch / "hand-in"
        validate.write_hand_in(prepared.source, notebook, folder)
        with Engine(prepared.bundle.folder) as engine:
            result = engine.grade(folder)
    print(f"{assignment}: {result.score:g} of {result.max_score:g}", flush=True)
    return student_page("ada", result)


def take(pages: dict[str, str], folder: Path) -> None:
    """Take the first screen at a desk and on a phone, an opened loss, and the pictures."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for name, text in pages.items():
            file = Path(scratch) / f"{name}.html"
            file.write_text(text, encoding="utf-8")
            for view, size in (("desk", DESK), ("phone", PHONE)):
                page = browser.new_page(viewport=size)
                page.set_default_timeout(120_000)
                page.goto(file.as_uri())
                save(page.screenshot(), f"page-{name}-{view}", folder)
                if view == "desk" and page.locator(".loss").count():
                    with_lines = page.locator(".loss:has(pre)").first
                    with_lines.locator("summary").click()
                    save(with_lines.screenshot(), f"page-{name}-opened", folder)
                if view == "desk":
                    save(page.locator("section:has(#pictures)").screenshot(), f"page-{name}-pictures", folder)
                page.close()
        browser.close()


def main() -> None:
    """Make everything in temporary folders; only the pictures stay."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    folder.mkdir(parents=True, exist_ok=True)
    failing = page_of("week2-dna-cnn", channels_last)
    perfect = page_of("week1-mlp", lambda _notebook: None)
    take({"failing": failing, "perfect": perfect}, folder)


if __name__ == "__main__":
    main()
