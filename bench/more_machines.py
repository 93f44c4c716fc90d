"""Dask's two workers beside the pool's two: the same class, graded in turns.

    python bench/more_machines.py [--hand-ins 60] [--rounds 3]

Prints seconds for each round and the ratio of the medians, starts included. What is graded is the example course's
assignment as it was released: a small hand-in, for which the way there and back weighs most.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from autograder.author.begin import EXAMPLE, new_course
from autograder.classroom import grading
from autograder.config import CourseConfig, load_course
from autograder.hosts import dask_workers

WORKERS = 2


def new_class(folder: Path, count: int) -> CourseConfig:
    """Make the example course with a released assignment and many hand-ins."""
    root = folder / "course"
    new_course(root, "bench", example=True)
    subprocess.run(
        [sys.executable, "-m", "autograder", "release", EXAMPLE],
        cwd=root,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    course = load_course(root)
    for number in range(count):
        shutil.copytree(course.release / EXAMPLE, course.submitted / f"student{number:03}" / EXAMPLE)
    return course


def seconds(course: CourseConfig, *, dask: bool) -> float:
    """Grade everybody, starts included."""
    started = time.perf_counter()
    found = grading.grade_class(
        course,
        EXAMPLE,
        force=True,
        workers=WORKERS,
        elsewhere=dask_workers.opener(f"local:{WORKERS}") if dask else None,
    )
    assert all(result.graded for result in found.results.values())
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hand-ins", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        course = new_class(Path(folder), arguments.hand_ins)
        found: dict[bool, list[float]] = {False: [], True: []}
        for number in range(arguments.rounds):
            for dask in (False, True) if number % 2 == 0 else (True, False):
                found[dask].append(seconds(course, dask=dask))
                print(f"{'Dask, 2 workers' if dask else 'pool of 2':16} {found[dask][-1]:7.1f} s", flush=True)
        pool, dask_s = (statistics.median(found[key]) for key in (False, True))
        load = os.getloadavg()[0]
        print(
            f"{arguments.hand_ins} hand-ins, {arguments.rounds} rounds, load {load:.1f}: "
            f"pool {pool:.1f} s, Dask {dask_s:.1f} s, {100 * (dask_s / pool - 1):+.0f} %"
        )


if __name__ == "__main__":
    main()
