"""Another tool's assignment, unchanged, with eight hand-ins: its own tool beside our engine, and what a release costs.

`bench/foreign/` holds a small torch assignment in nbgrader's form with eight right hand-ins, and one as a master of otter's with a
right hand-in, a blank one and six with a fault. A tool is run by its own command, `autograder` in a copy of the same files.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from commands import BIN, Cost, run  # beside this file

from autograder.report import table

HERE = Path(__file__).resolve().parent / "foreign"
ASSIGNMENT = "ps1"
SAME = 0.00501  # points: ours are hundredths
BUSY = 0.05  # of the machine's time, by others: then times are no measure
MOST = 3.0  # times the CPU seconds of a release of ours
OUTSIDE = 0.9
_TOLD = re.compile(r"(\d+) of (\d+) test cells? outside")


@dataclass(slots=True)
class Entry:
    """A tool in the race: its points by hand-in, and the costs of its rounds."""

    tool: str
    points: dict[str, float]
    rounds: list[Cost] = field(default_factory=list)


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield an empty folder that a hand-in's user may enter."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


def nbgrader_course(folder: Path) -> None:
    """Copy nbgrader's course."""
    shutil.copytree(HERE / "nbgrader", folder, dirs_exist_ok=True)
    (folder / "hand-ins").rename(folder / "submitted")


def otter_course(folder: Path) -> None:
    """Make a course of ours of otter's master and its hand-ins: the files as they are."""
    (folder / "source" / ASSIGNMENT).mkdir(parents=True)
    shutil.copy(HERE / "otter" / "master.ipynb", folder / "source" / ASSIGNMENT)
    for one in (HERE / "otter" / "hand-ins").iterdir():
        shutil.copytree(one, folder / "submitted" / one.name / ASSIGNMENT)
    run([str(BIN / "autograder"), "init", ".", "--name", "race"], folder)


def quickstart(folder: Path) -> None:
    """Make the course that nbgrader ships."""
    run([str(BIN / "nbgrader"), "quickstart", "course101"], folder)
    for made in (folder / "course101").iterdir():
        made.rename(folder / made.name)


def with_nbgrader(rounds: int) -> Entry:
    """Grade nbgrader's hand-ins with nbgrader."""
    entry = Entry("nbgrader autograde", {})
    with scratch() as folder:
        nbgrader_course(folder)
        run([str(BIN / "nbgrader"), "generate_assignment", ASSIGNMENT], folder)
        for _ in range(rounds):
            entry.rounds.append(run([str(BIN / "nbgrader"), "autograde", ASSIGNMENT, "--force"], folder))
        # Not by its export: that adds up what it has, and says 0 where it has nothing.
        with closing(sqlite3.connect(folder / "gradebook.db")) as book:
            rows = book.execute(
                "select submitted_assignment.student_id, sum(grade.auto_score) from grade "
                "join submitted_notebook on grade.notebook_id = submitted_notebook.id "
                "join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id "
                "group by submitted_assignment.student_id"
            )
            entry.points = {student: float(points) for student, points in rows}
    return entry


def with_otter(rounds: int) -> Entry:
    """Grade otter's hand-ins with otter, one command for each, as its users do."""
    entry = Entry("otter run", {})
    with scratch() as folder:
        master = HERE / "otter" / "master.ipynb"
        run(
            [str(BIN / "otter"), "assign", str(master), "dist", "--no-run-tests", "--no-pdfs"],
            folder,
        )
        archive = next((folder / "dist" / "autograder").glob("*.zip"))
        for number in range(rounds):
            costs = []
            for one in sorted((HERE / "otter" / "hand-ins").iterdir()):
                out = folder / str(number) / one.name
                out.mkdir(parents=True)
                notebook = next(one.glob("*.ipynb"))
                command = [
                    *(str(BIN / "otter"), "run", str(notebook)),
                    *("-a", str(archive), "-o", str(out), "--no-logo"),
                ]
                costs.append(run(command, folder))
                tests = json.loads((out / "results.json").read_text())["tests"]
                entry.points[one.name] = sum(float(test.get("score", 0.0)) for test in tests)
            wall = sum(cost.wall for cost in costs)
            others = sum(cost.others * cost.wall for cost in costs) / wall
            entry.rounds.append(Cost(wall, sum(cost.cpu for cost in costs), others))
    return entry


def with_ours(tool: str, course: Callable[[Path], None], rounds: int) -> Entry:
    """Grade the same hand-ins with this program, one at a time."""
    entry = Entry(tool, {})
    with scratch() as folder:
        course(folder)
        run([str(BIN / "autograder"), "release", ASSIGNMENT], folder)
        command = [str(BIN / "autograder"), "grade", ASSIGNMENT, "--force", "--workers", "1"]
        for _ in range(rounds):
            entry.rounds.append(run(command, folder))
        for results in (folder / "autograded").glob(f"*/{ASSIGNMENT}/results.json"):
            entry.points[results.parent.parent.name] = float(json.loads(results.read_text())["score"])
    return entry


def race(rounds: int) -> list[tuple[Entry, Entry]]:
    """Run all; returns pairs: the tool that an assignment was written for, and ours."""
    pairs = []
    for theirs, name, course in (
        (with_nbgrader, "autograder, nbgrader's notebook", nbgrader_course),
        (with_otter, "autograder, otter's master", otter_course),
    ):
        pairs.append((theirs(rounds), with_ours(name, course, rounds)))
        print(f"{pairs[-1][0].tool}: done", file=sys.stderr)
    return pairs


def releases(own: Callable[[Path], None], rounds: int) -> dict[str, list[Cost]]:
    """Release each course of another tool, and one of ours of the same size (``own`` makes its source)."""
    found: dict[str, list[Cost]] = {}
    courses: dict[str, Callable[[Path], None]] = {
        "ours": own,
        "nbgrader's torch": nbgrader_course,
        "otter's torch": otter_course,
        "nbgrader quickstart": quickstart,
    }
    for _ in range(rounds):
        for name, course in courses.items():
            with scratch() as folder:
                course(folder)
                found.setdefault(name, []).append(
                    run([str(BIN / "autograder"), "release", ASSIGNMENT], folder)
                )
    print("releases: done", file=sys.stderr)
    return found


def median(costs: list[Cost], what: str) -> float:
    """Return the median of the rounds."""
    return statistics.median(getattr(cost, what) for cost in costs)


def report(pairs: list[tuple[Entry, Entry]], made: dict[str, list[Cost]]) -> int:
    """Print the tables; returns 1 if a total differs, a release is too dear or too much is judged inside."""
    wrong = 0
    for theirs, ours in pairs:
        rows = []
        for name in sorted({*theirs.points, *ours.points}):
            a, b = theirs.points.get(name), ours.points.get(name)
            equal = a is not None and b is not None and abs(a - b) <= SAME
            wrong += not equal
            rows.append([name, _points(a), _points(b), "equal" if equal else "DIFFERS"])
        print(table(["hand-in", theirs.tool, "ours", ""], rows), end="\n\n")
    rows = []
    for theirs, ours in pairs:
        for entry in (theirs, ours):
            per = max(1, len(entry.points))
            wall, cpu = median(entry.rounds, "wall"), median(entry.rounds, "cpu")
            ratios = [
                f"{median(theirs.rounds, what) / value:.1f}×"
                for what, value in (("wall", wall), ("cpu", cpu))
            ]
            own = entry is theirs
            rows.append([entry.tool, f"{wall / per:.2f}", f"{cpu / per:.2f}", *(["", ""] if own else ratios)])
    print(
        table(["per hand-in", "wall s", "CPU s", "wall, theirs/ours", "CPU, theirs/ours"], rows), end="\n\n"
    )
    wrong += _print_releases(made)
    costs = [cost for pair in pairs for entry in pair for cost in entry.rounds]
    others = max(cost.others for cost in [*costs, *(c for costs in made.values() for c in costs)])
    count = len(pairs[0][0].rounds)
    print(
        f"\nMedians of {count} round{'s' * (count != 1)}. Others took up to {others:.0%} of the machine",
        end="",
    )
    print(": it is loaded, and the seconds are no measure." if others > BUSY else ".")
    return 1 if wrong else 0


def _points(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


def _print_releases(made: dict[str, list[Cost]]) -> int:
    best, wrong, rows = median(made["ours"], "cpu"), 0, []
    for name, costs in made.items():
        told = [(int(a), int(b)) for a, b in _TOLD.findall(costs[-1].said)]
        outside, tests = sum(a for a, _ in told), sum(b for _, b in told)
        ratio = median(costs, "cpu") / best
        if name != "ours":
            wrong += (ratio > MOST) + (outside < OUTSIDE * tests or not tests)
        cells = f"{outside} of {tests}" if tests else ""
        rows.append(
            [name, f"{median(costs, 'wall'):.1f}", f"{median(costs, 'cpu'):.1f}", f"{ratio:.2f}×", cells]
        )
    print(table(["release", "wall s", "CPU s", "CPU, to ours", "test cells outside"], rows))
    return wrong
