"""Run a command and say what it cost: seconds, and the memory of its processes."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox import proc

BIN = Path(sys.executable).parent
LOOK_S = 0.05  # between two looks at the memory


@dataclass(slots=True)
class Cost:
    """What one command took, and how busy others kept the machine meanwhile."""

    wall: float
    cpu: float
    others: float
    said: str = ""
    peak_pss_mb: float = 0.0  # of its processes together; 0 where nobody looked


def run(
    command: list[str], folder: Path | None = None, codes: tuple[int, ...] = (0,), *, watch: bool = False
) -> Cost:
    """Run a command; its and its children's seconds. To ``watch`` its memory takes time of its own."""
    before, busy, started = resource.getrusage(resource.RUSAGE_CHILDREN), _busy(), time.perf_counter()
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    seen = [0.0]
    watching = threading.Thread(target=_watch, args=(process, seen))
    if watch:
        watching.start()
    out, err = process.communicate()
    wall = time.perf_counter() - started
    if watch:
        watching.join()
    if process.returncode not in codes:
        raise SystemExit(f"{' '.join(command)} failed:\n{out[-2000:]}\n{err[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    others = max(0.0, (_busy() - busy - cpu) / (wall * (os.cpu_count() or 1)))
    return Cost(wall, cpu, others, out + err, max(seen))


def pss_mb(pid: int) -> float:
    """Return a process's proportional share of memory in MB; 0 if it is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _watch(process: subprocess.Popen[str], seen: list[float]) -> None:
    while process.poll() is None:
        seen.append(sum(map(pss_mb, {process.pid, *proc.descendants(process.pid)})))
        time.sleep(LOOK_S)


def _busy() -> float:
    """Return the seconds that all processors of this machine have worked."""
    ticks = [int(value) for value in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return (sum(ticks[:3]) + sum(ticks[5:8])) / os.sysconf("SC_CLK_TCK")
