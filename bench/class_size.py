"""A class of 30 and one of 300: seconds, and memory that must not grow with the class.

    python bench/class_size.py [--sizes 30 300] [--workers 2]

Copies of the race's small notebook (five questions, ten checks) are graded by ``autograder grade``. Memory is sampled once a second over all processes of the command: PSS, so that pages which
processes share count once; the highest sum is printed, and the highest of the command's own process beside it.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import race  # these two beside this file
from commands import BIN, pss_mb

from autograder.report import table

GOAL_S = 90.0  # for 300 on two cores
FLAT = 0.05  # from the smallest class to the largest


def grade(course: Path, workers: int) -> tuple[float, float, float]:
    """Grade everybody; returns seconds, and the peaks in MB of all processes and of the command's own."""
    command = [str(BIN / "autograder"), "grade", "ps1", "--force", "--workers", str(workers)]
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=course, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
        top = psutil.Process(running.pid)
        together: list[float] = []
        own = 0.0
        while running.poll() is None:
            try:
                family = [top, *top.children(recursive=True)]
            except psutil.NoSuchProcess:
                break
            sizes = [pss_mb(process.pid) for process in family]
            together.append(sum(sizes))
            own = max(own, sizes[0])
            time.sleep(1.0)
        assert running.stderr is not None
        said = running.stderr.read().decode()
    if running.returncode:
        raise SystemExit(f"autograder grade ended with {running.returncode}:\n{said[-2000:]}")
    # The highest tenth: one sample may meet two hand-ins at their fullest, or miss both.
    return (
        time.perf_counter() - started,
        statistics.mean(sorted(together)[-max(3, len(together) // 10) :]),
        own,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[30, 300])
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    rows, together = [], []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        race.our_course(root, max(arguments.sizes))
        everybody = sorted((root / "submitted").iterdir())
        aside = root / "aside"
        for size in sorted(arguments.sizes):
            shutil.rmtree(root / "autograded", ignore_errors=True)
            aside.mkdir(exist_ok=True)
            for number, student in enumerate(everybody):
                here, away = root / "submitted" / student.name, aside / student.name
                if number < size and away.exists():
                    away.rename(here)
                elif number >= size and here.exists():
                    here.rename(away)
            seconds, peak, own = grade(root, arguments.workers)
            together.append(peak)
            rows.append([str(size), f"{seconds:.1f}", f"{seconds / size:.2f}", f"{peak:.0f}", f"{own:.0f}"])
            print(f"{size} hand-ins: {seconds:.1f} s", file=sys.stderr, flush=True)
    print(table(["hand-ins", "s", "s each", "MB, all", "MB, own"], rows))
    print(f"\nfrom the smallest to the largest class: memory {100 * (together[-1] / together[0] - 1):+.1f} %")
    print(f"goals: 300 in {GOAL_S:.0f} s on two cores; memory within {100 * FLAT:.0f} %")


if __name__ == "__main__":
    main()
