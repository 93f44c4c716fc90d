"""A made-up class of 60 with a check in it that is wrong for ten of them.

The assignment is the one of `autograder init --example`. The wrong check asks for an accuracy to 1e-9 where its contract
asks for a share: who computes it in float32, as PyTorch does, is 3e-8 away. The solution and every right variant pass, so
the release has nothing to say against it. `autograder overview` then puts it first.

    python examples/class_of_60.py FOLDER [--picture docs/overview.png]
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

ASSIGNMENT = "digits"
WRONG_CHECK = ("q1", "test_any_scores")
RIGHT = 'close(accuracy(scores, labels), reference.accuracy(scores, labels), atol=1e-6, name="the accuracy")'
WRONG = 'close(accuracy(scores, labels), reference.accuracy(scores, labels), atol=1e-9, rtol=0, name="the accuracy")'

FLOAT32 = """# answer: q1_answer
def accuracy(scores, labels):
    guesses = torch.tensor(scores).argmax(dim=1)
    return (guesses == torch.tensor(labels)).float().mean().item()
"""
LOOP = """# answer: q1_answer
def accuracy(scores, labels):
    right = 0
    for row, label in zip(scores, labels):
        right += int(row.argmax() == label)
    return right / len(labels)
"""
COUNTS = """# answer: q1_answer
def accuracy(scores, labels):
    return float((scores.argmax(axis=1) == labels).sum())
"""
IN_PLACE = """# answer: q1_answer
def accuracy(scores, labels):
    labels -= scores.argmax(axis=1)
    return float((labels == 0).mean())
"""
LARGE = """# answer: q2_answer
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(64, 341)
        self.scores = nn.Linear(341, 10)

    def forward(self, x):
        return self.scores(F.relu(self.hidden(x)))
"""
SOLUTION = {
    "q1_answer": """# answer: q1_answer
def accuracy(scores, labels):
    return float((scores.argmax(axis=1) == labels).mean())
""",
    "q2_answer": LARGE.replace("341", "64"),
}
# How many hand in what, and how many of the 90 automatic points the assignment gives for it with the wrong check in it.
GROUPS: tuple[tuple[str, int, float | None], ...] = (
    ("solution", 24, 90),
    ("loop", 12, 90),
    ("float32", 10, 75),  # right, and fails the wrong check: 15 points
    ("counts", 4, 70),  # the number of right guesses: both checks of the value, 20 points
    ("in-place", 3, 85),  # changes its argument: 5 points
    ("large", 3, 45),  # 25,610 parameters: 5 points, and the weights are another network's: 40
    ("no-weights", 2, 50),
    ("blank", 1, 0),
    ("broken", 1, None),  # half a notebook: not graded
)
CHANGES = {"loop": LOOP, "float32": FLOAT32, "counts": COUNTS, "in-place": IN_PLACE, "large": LARGE}
FIRST = [
    "Ada",
    "Bo",
    "Chloé",
    "Dmitri",
    "Eunji",
    "Fatima",
    "Gabriel",
    "Hana",
    "Inès",
    "Jonas",
    "Kwame",
    "Lena",
    "Mateo",
    "Noor",
    "Olga",
    "Priya",
    "Quentin",
    "Rosa",
]
LAST = ["Lovelace", "Nguyễn", "García", "O'Brien", "Kim", "Berg", "Müller", "Okafor", "Sato", "Larsen"]


def autograder(folder: Path, *arguments: str) -> str:
    """Run a command in the course and return what it prints."""
    command = [str(Path(sys.executable).parent / "autograder"), *arguments]
    done = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def students() -> dict[str, str]:
    """Return by name what each hands in: the groups dealt out over the alphabet, always the same."""
    names = sorted(
        f"{FIRST[n % 18]} {LAST[(n * 7 + n // 18) % 10]} {n:02d}".lower().replace(" ", "-") for n in range(60)
    )
    kinds = [kind for kind, count, _ in GROUPS for _ in range(count)]
    return {names[n * 23 % 60]: kind for n, kind in enumerate(kinds)}


def make_course(folder: Path) -> None:
    """Begin a course, put the wrong check into its assignment, release it."""
    autograder(folder.parent, "init", str(folder), "--example")
    change_check(folder, RIGHT, WRONG)


def change_check(folder: Path, before: str, after: str) -> None:
    """Write another line into the source notebook's check, and release the assignment."""
    source = folder / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    text = source.read_text()
    old, new = (json.dumps(line)[1:-1] for line in (before, after))
    assert text.count(old) == 1
    source.write_text(text.replace(old, new))
    autograder(folder, "release", ASSIGNMENT)


def hand_in(folder: Path) -> None:
    """Write everybody's hand-in."""
    released = (folder / "release" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").read_text()
    weights = folder / "references" / ASSIGNMENT / "solution" / "model_weights.pt"
    for name, kind in students().items():
        there = folder / "submitted" / name / ASSIGNMENT
        there.mkdir(parents=True)
        notebook = json.loads(released)
        changed = CHANGES.get(kind, "")
        for cell in notebook["cells"]:
            grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
            if kind != "blank" and grade_id in SOLUTION:
                cell["source"] = changed if f"# answer: {grade_id}\n" in changed else SOLUTION[grade_id]
        text = json.dumps(notebook)
        (there / f"{ASSIGNMENT}.ipynb").write_text(text[: len(text) // 2] if kind == "broken" else text)
        if kind not in ("no-weights", "blank", "broken"):
            shutil.copy(weights, there)


def picture(page: Path, to: Path) -> None:
    """Write a small picture of the page's first screen."""
    from io import BytesIO

    from PIL import Image
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        view = browser.new_page(viewport={"width": 1120, "height": 1330})
        view.goto(page.as_uri())
        shot = view.screenshot()
        browser.close()
    Image.open(BytesIO(shot)).convert("RGB").quantize(64).save(to, optimize=True)


def main() -> None:
    """Make it, grade it, show what the overview says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--picture", type=Path)
    given = parser.parse_args()
    folder = given.folder.resolve()
    make_course(folder)
    hand_in(folder)
    autograder(folder, "grade", ASSIGNMENT)
    page = Path(autograder(folder, "overview", ASSIGNMENT).strip())
    print(page)
    if given.picture:
        picture(page, given.picture)


if __name__ == "__main__":
    main()
