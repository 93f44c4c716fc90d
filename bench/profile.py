"""What a hand-in costs, by role: CPU seconds, page faults, forks; counts are the same on a busy machine.

    python bench/profile.py [race] [week1-mlp ...] [--copies 20] [--json]

student     the process that runs the notebook, and its copies for the checks
reference   the same of the solution
grader      the process with the checks: of each hand-in a copy
zygote      what forking those costs the process that they are forked from
supervisor  files, limits, deadlines
reaper      the processes that end the student's

``race`` is the small notebook of ``bench/race.py``. The first hand-in, which pays what is paid once, is not counted.
"""

# ruff: noqa: E402  the path is put in order first: this file has the name of a module of Python's
from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

sys.path[:] = [p for p in sys.path if Path(p or ".").resolve() != Path(__file__).resolve().parent]

from autograder.author import release, steps, validate
from autograder.config import load_course
from autograder.engine.grade import Engine
from autograder.released import assignments
from autograder.report import table
from autograder.sandbox import proc

HERE = Path(__file__).resolve().parent


def _race() -> ModuleType:
    """Return ``bench/race.py``, from its place: with this folder on the path, Python's own ``profile`` would be hidden."""
    spec = importlib.util.spec_from_file_location("race", HERE / "race.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.append(str(HERE))  # last, and only for what it imports from beside it
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(HERE))
    return module


FAULTS_GOAL = 7_000
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Use:
    """What processes have used: CPU seconds, and page faults that needed no disk."""

    user_s: float = 0.0
    system_s: float = 0.0
    faults: float = 0.0

    def __add__(self, other: Use) -> Use:
        return Use(self.user_s + other.user_s, self.system_s + other.system_s, self.faults + other.faults)

    def __sub__(self, other: Use) -> Use:
        return Use(self.user_s - other.user_s, self.system_s - other.system_s, self.faults - other.faults)

    def each(self, count: int) -> Use:
        """Return the use of one of so many."""
        return Use(self.user_s / count, self.system_s / count, self.faults / count)


def of_process(pid: int) -> tuple[Use, Use]:
    """Return a process's own use, and that of the children that it has collected."""
    f = proc.stat_fields(pid)
    own = Use(int(f[11]) * TICK_S, int(f[12]) * TICK_S, int(f[7]))
    return own, Use(int(f[13]) * TICK_S, int(f[14]) * TICK_S, int(f[8]))


def of_us(who: int) -> Use:
    """Return the use of this process, or of its children."""
    usage = resource.getrusage(who)
    return Use(usage.ru_utime, usage.ru_stime, usage.ru_minflt)


def by_role(engine: Engine) -> dict[str, Use]:
    """Return what every role has used so far."""
    zygote, forked = of_process(engine.launcher.zygote.pid)
    grader = of_process(engine.grader.pid)
    reference = engine.launcher.confined.get("reference")
    of_reference = of_process(reference.pid) if reference is not None else (Use(), Use())
    made = engine.launcher.reapers
    reapers = of_process(made.process.pid) if made is not None else (Use(), Use())
    return {
        "student": forked,
        "reference": of_reference[0] + of_reference[1],
        "grader": grader[0] + grader[1],
        "zygote": zygote,
        "supervisor": of_us(resource.RUSAGE_SELF),
        "reaper": of_us(resource.RUSAGE_CHILDREN) + reapers[0] + reapers[1],
    }


def forks() -> int:
    """Return how many processes this machine has started since its boot."""
    lines = Path("/proc/stat").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("processes ")).split()[1])


@contextlib.contextmanager
def hand_in(name: str) -> Iterator[tuple[Path, Path]]:
    """Make a bundle and a hand-in with the solution; of an assignment of ours, or of the race."""
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch).chmod(0o755)
        if name == "race":
            _race().our_course(Path(scratch), 1)
            with steps.prepare(load_course(Path(scratch)), "ps1") as prepared:
                yield prepared.bundle.folder, Path(scratch) / "submitted" / "student0" / "ps1"
            return
        with steps.prepare(load_course(), name) as prepared:
            folder = Path(scratch) / "hand-in"
            solution = release.solution_notebook(prepared.source, prepared.notebook)
            validate.write_hand_in(prepared.source, solution, folder)
            yield prepared.bundle.folder, folder


def measure(name: str, copies: int) -> dict[str, Any]:
    """Grade copies of a hand-in one after the other; return the use per hand-in, by role."""
    with hand_in(name) as (bundle, folder), Engine(bundle, warm=True) as engine:
        engine.grade(folder)
        engine.grade(folder)  # what the first has left is collected at the next one's begin
        before, begun = by_role(engine), forks()
        own_s = least = 0.0
        for _ in range(copies):
            started = forks()
            result = engine.grade(folder)
            if not result.graded:
                raise SystemExit(f"{name}: not graded: {result.staff_notes}")
            own_s += result.extra["timing"]["student_cpu_s"]
            least = min(least or 1e9, forks() - started)
        after, ended = by_role(engine), forks()
    roles = {role: (after[role] - before[role]).each(copies) for role in after}
    return {
        "assignment": name,
        "copies": copies,
        "roles": {
            r: {"user_s": u.user_s, "system_s": u.system_s, "faults": u.faults} for r, u in roles.items()
        },
        "cells_cpu_s": own_s / copies,
        "forks": (ended - begun) / copies,
        "forks_at_least": least,
    }


def main() -> None:
    """Print a table per assignment."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("assignments", nargs="*", metavar="ASSIGNMENT")
    parser.add_argument("--copies", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = [measure(n, options.copies) for n in options.assignments or ["race", *assignments(load_course())]]
    if options.json:
        print(json.dumps(found, indent=1))
        return
    for one in found:
        rows = [
            [role, f"{u['user_s']:.3f}", f"{u['system_s']:.3f}", f"{u['faults']:.0f}"]
            for role, u in one["roles"].items()
        ]
        total = [sum(u[key] for u in one["roles"].values()) for key in ("user_s", "system_s", "faults")]
        goal = f" (goal ≤ {FAULTS_GOAL:,})" if one["assignment"] == "race" else ""
        rows.append(["all", f"{total[0]:.3f}", f"{total[1]:.3f}", f"{total[2]:.0f}{goal}"])
        print(f"\n{one['assignment']}, per hand-in of {one['copies']}")
        print(table(["role", "user s", "system s", "faults"], rows))
        print(
            f"CPU {total[0] + total[1]:.3f} s, of it the notebook's cells {one['cells_cpu_s']:.3f} s; "
            f"{one['forks_at_least']:.0f} forks (the fewest that the machine saw during one)"
        )


if __name__ == "__main__":
    main()
