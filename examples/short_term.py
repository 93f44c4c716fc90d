"""The short form of a term: a roster and an export come in, are graded, late or not, and go out into Canvas.

Eight are in the class of `autograder init --example`: two work together, one is late, one has left, one handed in half a
notebook, one handed in nothing. The points for words are written as the formgrader does; docs/a-term.md shows it.

    python examples/short_term.py FOLDER
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

from class_of_60 import ASSIGNMENT, CHANGES, SOLUTION

from autograder.config import load_course
from autograder.gradebook import open_gradebook

RULE = """
c.Autograder.due_dates = {"digits": "2026-10-09T23:59:00-05:00"}
c.Autograder.late_percent = 10
c.Autograder.late_grace_minutes = 15
"""
# By student: name, what of `class_of_60` is handed in ("": nothing), when (UTC; due is 04:59 of the 10th).
CLASS = {
    "ada": ("Lovelace, Ada", "solution", "2026-10-09 20:00:00"),
    "bo": ("Nguyễn, Bo", "loop", "2026-10-10 03:12:00"),
    "chloe": ("O'Brien, Chloé", "loop", "2026-10-10 03:12:00"),  # with Bo
    "dmitri": ("Kim, Dmitri", "counts", "2026-10-11 08:00:00"),  # 1 d 3 h late
    "eunji": ("Kim, Eunji", "solution", "2026-10-10 05:08:00"),  # 9 minutes: grace
    "fatima": ("Okafor, Fatima", "broken", "2026-10-09 22:00:00"),
    "gabriel": ("García, Gabriel", "solution", "2026-10-08 10:00:00"),  # has left
    "hana": ("Sato, Hana", "", ""),
}
TOGETHER = {"bo": ("bo", "chloe"), "chloe": ()}
LEFT = "gabriel"
BY_HAND = {"ada": 8.0, "bo": 6.0, "chloe": 6.0, "dmitri": 10.0}  # of 10; who is not in it waits


def canvas(path: Path, students: list[str]) -> None:
    """Write Canvas's gradebook export."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Digits (70011)"])
        out.writerow(["    Points Possible", "", "", "", "", "100.00"])
        for number, student in enumerate(CLASS):
            if student in students:
                out.writerow([CLASS[student][0], 101 + number, 9001 + number, student, "1", ""])


def export(course: Path, path: Path) -> None:
    """Write Gradescope's export of submissions."""
    metadata, top = [], "assignment_4711_export"
    weights = course / "references" / ASSIGNMENT / "solution" / "model_weights.pt"
    with zipfile.ZipFile(path, "w") as out:
        for number, (student, (_, kind, when)) in enumerate(CLASS.items()):
            members = TOGETHER.get(student, (student,)) if kind else ()
            if not members:
                continue
            metadata += [f"submission_{number}:", "  :submitters:"]
            for one in members:
                last, first = CLASS[one][0].split(", ")
                metadata += [f'  - :name: "{first} {last}"', f"    :email: {one}@example.edu"]
            metadata.append(f"  :created_at: {when}.000000000 Z")
            out.writestr(f"{top}/submission_{number}/Kopie von digits.ipynb", notebook(course, kind))
            if kind != "broken":
                out.write(weights, f"{top}/submission_{number}/{weights.name}")
        out.writestr(f"{top}/submission_metadata.yml", "\n".join(metadata))


def notebook(course: Path, kind: str) -> str:
    """Return what a student wrote."""
    found = json.loads((course / "release" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").read_text())
    changed = CHANGES.get(kind, "")
    for cell in found["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if grade_id in SOLUTION:
            cell["source"] = changed if f"# answer: {grade_id}\n" in changed else SOLUTION[grade_id]
    text = json.dumps(found)
    return text[: len(text) // 2] if kind == "broken" else text


def autograder(folder: Path, *arguments: str, quiet: bool = False) -> None:
    """Run a command, as an instructor does; show what it says."""
    command = [sys.executable, "-m", "autograder", *arguments]
    if not quiet:
        print(f"\n$ autograder {' '.join(arguments)}", flush=True)
    out = subprocess.DEVNULL if quiet else None
    subprocess.run(command, cwd=folder, check=True, stdout=out, stderr=out)


def by_hand(folder: Path) -> None:
    """Write what a person types into the formgrader's boxes."""
    print(
        f"\n✍ in the formgrader: {', '.join(f'{name} {points:g}' for name, points in BY_HAND.items())} of 10"
    )
    course = load_course(folder)
    with open_gradebook(course.db_url, course.course_id) as book:
        for student, points in BY_HAND.items():
            row = book.find_grade("m1", ASSIGNMENT, ASSIGNMENT, student)
            row.manual_score, row.needs_manual_grade = points, False
        book.db.commit()


def main() -> None:
    """Play it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    course = parser.parse_args().folder.resolve()
    autograder(course.parent, "init", str(course), "--example", quiet=True)
    with (course / "gradebook_config.py").open("a") as config:
        config.write(RULE)
    autograder(course, "release", ASSIGNMENT, quiet=True)
    canvas(course / "september.csv", list(CLASS))
    canvas(course / "october.csv", [student for student in CLASS if student != LEFT])
    export(course, course / "assignment_4711_export.zip")
    autograder(course, "roster", "import", "september.csv")
    autograder(course, "roster", "import", "october.csv")
    autograder(course, "collect", ASSIGNMENT, "assignment_4711_export.zip")
    autograder(course, "grade", ASSIGNMENT)
    by_hand(course)
    autograder(course, "feedback", ASSIGNMENT)
    autograder(course, "late", ASSIGNMENT)
    autograder(course, "export", ASSIGNMENT, "--form", "canvas", "--fill", "october.csv")
    print("\n$ cat canvas-digits-status.csv", flush=True)
    rows = csv.reader(io.StringIO((course / "canvas-digits-status.csv").read_text()))
    for row in rows:
        print("  ".join(f"{cell:<18.18}" for i, cell in enumerate(row) if i in (1, 3, 4, 6, 9)).rstrip())


if __name__ == "__main__":
    main()
