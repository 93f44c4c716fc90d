"""What the overview of a class costs: seconds of the command and bytes of the page, for 300 made-up hand-ins.

python bench/overview.py [STUDENTS]
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from autograder.classroom import store
from autograder.model import CheckResult, GradingResult, Outcome, Question

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS, CHECKS = 12, 3  # of each question
REASONS = (
    "your code raised TypeError in line {} of its cell",
    "the gradient: differs from the expected values by about {} of their scale",
    "the weights: expected shape ({}, 1), got ({},)",
)


def hand_in(draw: random.Random) -> GradingResult:
    """Return a result that is like many: an ability, checks that it passes or not."""
    ability = draw.gauss(0.9, 1.1)
    checks = []
    for number in range(QUESTIONS * CHECKS):
        passed = draw.random() < 1 / (1 + 2.7 ** (-2 * (ability - (number % CHECKS - 1) * 0.8)))
        board = ({"name": "held-out AUROC", "value": 0.8 + ability / 20, "low": 0.75, "high": 0.95},) * (
            number == 30
        )
        checks.append(
            CheckResult(
                question=f"q{number // CHECKS}",
                name=f"test_{number}",
                title="Any input of the contract gives what the contract says.",
                outcome=Outcome.PASSED if passed else Outcome.FAILED,
                score=2.5 * passed,
                max_score=2.5,
                hidden=True,
                reason="" if passed else REASONS[number % 3].format(draw.randrange(40), draw.randrange(9)),
                leaderboard=board,
            )
        )
    source = "import numpy as np\nimport torch\n" + "x = np.linspace(0, 1)\n" * 200
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": 1}
    notebook = {"cells": [cell] * 10, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    questions = [Question(name=f"q{n}", title=f"Question {n}", points=2.5 * CHECKS) for n in range(QUESTIONS)]
    return GradingResult(
        assignment="made",
        graded=True,
        questions=(*questions, Question(name="m1", title="Words ✍", points=5, manual=True)),
        checks=tuple(checks),
        extra={
            "notebook": notebook,
            "timing": {"total_s": draw.uniform(1, 9)},
            "memory": {"peak_mb": draw.randrange(200, 400)},
        },
    )


def main() -> None:
    """Write the results, run the command three times, print the least."""
    students = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    draw = random.Random(20261130)
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        for name in ("gradebook_config.py", "nbgrader_config.py"):
            (course / name).write_bytes((ROOT / name).read_bytes())
        for number in range(students):
            store.write_result(
                course / "autograded" / f"student-{number:03d}" / "made", "made", hand_in(draw)
            )
        command = [str(Path(sys.executable).parent / "autograder"), "overview", "made"]
        walls, cpus = [], []
        for _ in range(3):
            before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
            subprocess.run(command, cwd=course, check=True, capture_output=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            walls.append(time.monotonic() - started)
            cpus.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        size = (course / "autograded" / "made.html").stat().st_size
    print(f"overview of {students}: {min(walls):.2f} s ({min(cpus):.2f} s of one core), {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
