"""Measure what grading costs, in ratios within one run; prints a table, asserts nothing.

    python bench/bench.py [--assignment week1-mlp] [--copies 20] [--cold 5] [--json]

cold    process start to exit of `autograder grade --submission`, against `import torch`
warm    CPU seconds per hand-in in a batch of copies, beyond the student's own cells
memory  peak PSS of the whole process tree during a cold run
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from commands import run  # beside this file

from autograder.author import release, steps, validate
from autograder.config import load_course
from autograder.engine.grade import Engine
from autograder.report import table

TORCH = "import torch"
COLD_GOAL = 1.15
OVERHEAD_GOALS_S = {"week1-mlp": 0.45}  # for its 59 checks; the race's goal stands in race.py


def children_cpu_s() -> float:
    """CPU seconds of every child that was waited for, and of theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def own_cpu_s() -> float:
    """CPU seconds of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def wall_s(command: list[str]) -> float:
    """Wall seconds of a command."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def measure(assignment: str, copies: int, cold: int) -> dict[str, Any]:
    """Return every figure; the bundle is made in a scratch folder, so nothing has to be released before."""
    with tempfile.TemporaryDirectory() as scratch, steps.prepare(load_course(), assignment) as prepared:
        bundle_folder = prepared.bundle.folder
        found: dict[str, Any] = {"assignment": assignment, "checks": len(prepared.bundle.checks)}
        folder = Path(scratch) / "hand-in"
        solution = release.solution_notebook(prepared.source, prepared.notebook)
        validate.write_hand_in(prepared.source, solution, folder)
        results = Path(scratch) / "results.json"
        exe = str(Path(sys.executable).parent / "autograder")
        grade = [exe, "grade", assignment, "--submission", str(folder), "--results", str(results)]
        grade += ["--bundle", str(bundle_folder)]
        imports, grades, cells = [], [], []
        for _ in range(cold):  # in pairs, so that both see the same machine
            imports.append(wall_s([sys.executable, "-c", TORCH]))
            grades.append(wall_s(grade))
            cells.append(json.loads(results.read_text())["extra_data"]["timing"]["cells_s"])
        found["cold"] = {
            "import_torch_s": statistics.median(imports),
            "grade_s": statistics.median(grades),
            "own_cells_s": statistics.median(cells),
            "ratio": statistics.median((g - c) / i for g, c, i in zip(grades, cells, imports, strict=True)),
        }
        found["peak_pss_mb"] = run(grade, watch=True).peak_pss_mb
        found["warm"] = warm(bundle_folder, folder, copies)
    return found


def warm(bundle_folder: Path, folder: Path, copies: int) -> dict[str, float]:
    """CPU seconds per hand-in beyond its own cells; the engine's start is measured apart and taken off."""

    def total(n: int) -> tuple[float, float, float]:
        cpu, own, cells = children_cpu_s() + own_cpu_s(), 0.0, 0.0
        with Engine(bundle_folder, warm=True) as engine:
            engine.grade(folder)  # pays what is paid once
            started = time.perf_counter()
            for _ in range(n):
                own += engine.grade(folder).extra["timing"]["student_cpu_s"]
            cells = time.perf_counter() - started
        return children_cpu_s() + own_cpu_s() - cpu, own, cells

    idle, _, _ = total(0)
    used, own, seconds = total(copies)
    overhead = (used - idle - own) / copies
    return {
        "copies": copies,
        "wall_s": seconds / copies,
        "own_cpu_s": own / copies,
        "overhead_cpu_s": overhead,
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--assignment", default="week1-mlp")
    parser.add_argument("--copies", type=int, default=20)
    parser.add_argument("--cold", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options.assignment, options.copies, options.cold)
    if options.json:
        print(json.dumps(found, indent=1))
        return
    cold, hot = found["cold"], found["warm"]
    rows = [
        ["cold: import torch", f"{cold['import_torch_s']:.2f} s", ""],
        ["cold: autograder grade, start to exit", f"{cold['grade_s']:.2f} s", ""],
        ["cold: of it the student's own cells", f"{cold['own_cells_s']:.2f} s", ""],
        ["cold: (grade − own cells) / import", f"{cold['ratio']:.2f}", f"≤ {COLD_GOAL}"],
        [f"warm: wall per hand-in, {hot['copies']} copies", f"{hot['wall_s']:.3f} s", ""],
        ["warm: the student's own cells, CPU", f"{hot['own_cpu_s']:.3f} s", ""],
        [
            f"warm: overhead, CPU, {found['checks']} checks",
            f"{hot['overhead_cpu_s']:.3f} s",
            f"≤ {OVERHEAD_GOALS_S[options.assignment]:g} s" if options.assignment in OVERHEAD_GOALS_S else "",
        ],
        ["peak PSS of the process tree", f"{found['peak_pss_mb']:.0f} MB", "≤ 600 MB"],
    ]
    print(table(["figure", "measured", "goal"], rows))


if __name__ == "__main__":
    main()
