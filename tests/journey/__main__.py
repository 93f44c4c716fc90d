"""``python -m tests.journey``: does ``check`` say in a student's kernel what the grader says? A table, and exit 1 if not."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from autograder.config import load_course
from autograder.released import assignments
from autograder.report import table
from tests.journey.verdicts import compare

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Compare a sample of every assignment's variants, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.journey", description=__doc__)
    parser.add_argument("assignments", nargs="*", metavar="ASSIGNMENT")
    parser.add_argument("--all", action="store_true", help="every variant; about as long as validate --all")
    parser.add_argument("--every", type=int, default=20, help="one variant of so many (default 20)")
    parser.add_argument(
        "--least", type=int, default=12, help="at least so many of an assignment (default 12)"
    )
    parser.add_argument("--right", action="store_true", help="every right variant, too")
    parser.add_argument(
        "--only", nargs="+", default=(), metavar="VARIANT", help="these, where an assignment has them"
    )
    given = parser.parse_args()
    course = load_course(ROOT)
    workers = len(os.sched_getaffinity(0))
    rows, odd, words = [], [], []
    for name in given.assignments or assignments(course):
        began = time.monotonic()
        every = 1 if given.all else given.every
        row = compare(
            course, name, every=every, least=given.least, right=given.right, only=given.only, workers=workers
        )
        rows.append([name, f"{row.hand_ins} of {row.of}", row.checks, row.passed, len(row.disagreements), len(row.words), f"{time.monotonic() - began:.0f} s"])  # fmt: skip
        odd += [f"{name}/{text}" for text in row.disagreements]
        words += [f"{name}/{text}" for text in row.words]
        print(f"{name}: {row.hand_ins} hand-ins compared", file=sys.stderr, flush=True)
    print(
        table(
            ["assignment", "hand-ins", "visible verdicts", "both passed", "disagreements", "other words", ""],
            [[str(cell) for cell in row] for row in rows],
        )
    )
    for text in odd + [f"other words: {text}" for text in words]:
        print(text)
    return 1 if odd or words else 0


if __name__ == "__main__":
    sys.exit(main())
