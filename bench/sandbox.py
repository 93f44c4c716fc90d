"""What the sandbox costs on this machine: ``python bench/sandbox.py [--json] [--repeats 40]``.

Three figures stand beside their goals: a confined process from the request to its first tensor (median
≤ 80 ms), its end with everything it left (≤ 80 ms), and the self-test with the zygote up (≤ 1 s). This
machine's own ``import torch`` in a fresh Python stands beside them, for that is what a fresh process per
hand-in would cost. Goals are printed, nothing fails by them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

from autograder.sandbox import selftest
from autograder.sandbox.launcher import Launcher
from autograder.sandbox.proxy import Process

GOALS_MS = {"first_tensor": 80.0, "reap": 80.0, "selftest": 1000.0}
WHAT = {
    "first_tensor": "fork, sandbox, first tensor",
    "reap": "kill, collect, sweep",
    "selftest": "self-test, zygote up",
    "import_torch": "import torch, fresh Python",
}


class _Supervisor:
    """Answers a ``Process`` as the engine's supervisor does."""

    def __init__(self, launcher: Launcher) -> None:
        self.launcher = launcher

    def ask(self, request: dict[str, object], fds: tuple[int, ...] = ()) -> dict[str, object]:
        work, uid = self.launcher.make_work_folder("student")
        self.launcher.spawn("student", work, uid, list(fds), seed=1)
        return {}


def measure_processes(launcher: Launcher, repeats: int) -> dict[str, list[float]]:
    """Return the seconds of each start to the first tensor, and of each end."""
    supervisor = _Supervisor(launcher)
    times: dict[str, list[float]] = {"first_tensor": [], "reap": []}
    for _ in range(repeats):
        began = time.perf_counter()
        process = Process.open(supervisor, "student", {"op": "spawn", "seed": 1}, 512)
        reply = process.request("cell", "import torch\nx = torch.arange(6.0).reshape(2, 3) @ torch.ones(3)")
        value = process.request("get", "x")
        assert reply["ok"]
        assert value.tolist() == [3.0, 12.0]
        times["first_tensor"].append(time.perf_counter() - began)
        process.request("cell", "open('left', 'w').write('x')\nopen('/dev/shm/left', 'w').write('x')")
        began = time.perf_counter()
        left = launcher.release("student")
        times["reap"].append(time.perf_counter() - began)
        assert left == 0
        process.close()
    return times


def measure_selftest(repeats: int) -> list[float]:
    """Return the seconds of each self-test, in a clean Python of its own that has no torch to wait for."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        found = selftest.selftest()
        times.append(time.perf_counter() - began)
        assert found["broken"] == []
    return times


def measure_import(repeats: int) -> list[float]:
    """Return the seconds that a fresh Python takes to import torch and end."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-I", "-c", "import torch, os; os._exit(0)"], check=True)
        times.append(time.perf_counter() - began)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--repeats", type=int, default=40, help="processes that are started and ended")
    options = parser.parse_args()
    with Launcher() as launcher:
        launcher.wait_ready()
        measure_processes(launcher, 3)  # the first ones pay for caches
        times = measure_processes(launcher, options.repeats)
    times["selftest"] = measure_selftest(5)
    times["import_torch"] = measure_import(5)
    figures = {
        name: {
            "median_ms": round(1000 * statistics.median(values), 1),
            "p90_ms": round(1000 * sorted(values)[int(0.9 * (len(values) - 1))], 1),
            "goal_ms": GOALS_MS.get(name),
            "repeats": len(values),
        }
        for name, values in times.items()
    }
    if options.json:
        load = os.getloadavg()[0]
        print(
            json.dumps({"figures": figures, "cores": os.cpu_count(), "load": load, "root": os.geteuid() == 0})
        )
        return
    print(
        f"{'':30}{'median':>10}{'p90':>10}{'goal':>10}   of {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    for name, figure in figures.items():
        goal = f"{figure['goal_ms']:.0f} ms" if figure["goal_ms"] else "–"
        print(f"{WHAT[name]:30}{figure['median_ms']:>7.1f} ms{figure['p90_ms']:>7.1f} ms{goal:>10}")


if __name__ == "__main__":
    main()
