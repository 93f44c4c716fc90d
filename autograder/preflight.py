"""Try an image under the container sizes that Gradescope offers (*trusted*, needs a container engine).

Run are the solution, the slowest right variant and the largest notebook of the class: who fits among
them decides the size. Docker's own count of memory is read, which leaves out the page cache.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.errors import SandboxError, UsageError
from autograder.gradescope_run import SPARE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# CPUs and gigabytes. Source: Gradescope's settings page, docs/autograder_settings.png of autograder_samples.
SIZES = ((0.5, 0.75), (1.0, 1.5), (2.0, 3.0), (4.0, 6.0))
TIME_SHARE = 0.5  # of the time that we have: a loaded host is slower, and a student's code is, too
MEMORY_SHARE = 0.85
_UNITS = {"B": 1, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "KB": 10**3, "MB": 10**6, "GB": 10**9}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One hand-in in one container size."""

    name: str
    cpus: float
    gigabytes: float
    seconds: float
    memory_mb: int
    graded: bool
    score: float | None
    note: str = ""

    def fits(self, timeout_s: float) -> bool:
        """Tell whether it was graded with time and memory to spare."""
        in_time = self.seconds <= TIME_SHARE * (timeout_s - SPARE_S)
        return self.graded and in_time and self.memory_mb <= MEMORY_SHARE * self.gigabytes * 1024


def choose(trials: Iterable[Trial], timeout_s: float) -> tuple[float, float] | None:
    """Return the smallest size (CPUs, GB) in which every hand-in fits, None if there is none."""
    by_size: dict[tuple[float, float], list[Trial]] = {}
    for trial in trials:
        by_size.setdefault((trial.cpus, trial.gigabytes), []).append(trial)
    return next((size for size in sorted(by_size) if all(t.fits(timeout_s) for t in by_size[size])), None)


def parse_memory(text: str) -> int:
    """Return the bytes in what ``docker stats`` prints, such as ``303.1MiB / 768MiB``; else 0."""
    found = re.search(r"([\d.]+)\s*([KMG]?i?B)", text, re.IGNORECASE)
    return int(float(found[1]) * _UNITS[found[2].upper()]) if found else 0


def run(
    image: str,
    hand_ins: dict[str, Path],
    *,
    docker: str = "docker",
    step: Callable[[Trial], None] = lambda _: None,
) -> list[Trial]:
    """Grade every hand-in in every size that this machine can offer, one at a time.

    Raises
    ------
    UsageError
        If there is no engine, or no such image.

    """
    if shutil.which(docker) is None:
        raise UsageError(
            f"{docker}: no such program; nothing was run.\nInstall Docker, or name podman with --docker."
        )
    done = subprocess.run([docker, "image", "inspect", image], capture_output=True, text=True, check=False)
    if done.returncode:
        raise UsageError(
            f"{image}: {done.stderr.strip()[-300:]}; nothing was run.\n"
            f"Build it: docker build -t {image} …/docker"
        )
    trials = []
    for cpus, gigabytes in SIZES:
        for name, folder in hand_ins.items():
            try:
                trials.append(_try(docker, image, name, folder, cpus, gigabytes))
            except SandboxError as error:
                if trials and "CPUs" in str(error):  # more than this machine has: nor will it have still more
                    return trials
                raise
            step(trials[-1])
    return trials


def _try(docker: str, image: str, name: str, folder: Path, cpus: float, gigabytes: float) -> Trial:
    memory = f"{int(gigabytes * 1024)}m"
    with tempfile.TemporaryDirectory(prefix="autograder-preflight-") as scratch:
        place = Path(scratch)
        shutil.copytree(folder, place / "submission")
        (place / "results").mkdir()
        created = _docker(
            docker, "create", "--network", "none", "--memory", memory, "--memory-swap", memory,
            "--cpus", str(cpus), "-v", f"{place / 'submission'}:/autograder/submission",
            "-v", f"{place / 'results'}:/autograder/results",
            image, "/autograder/run_autograder",
        )  # fmt: skip
        container = created.split()[-1]
        try:
            peak = _start_and_watch(docker, container)
            path = place / "results" / "results.json"
            content: dict[str, Any] = json.loads(path.read_bytes()) if path.is_file() else {}
        finally:
            _docker(docker, "rm", "-f", container)
    extra = content.get("extra_data", {})
    return Trial(
        name=name,
        cpus=cpus,
        gigabytes=gigabytes,
        seconds=float(extra.get("timing", {}).get("wall_s", 0.0)),
        memory_mb=peak >> 20,
        graded=bool(extra.get("graded")),
        score=content.get("score"),
        note="; ".join(extra.get("staff_notes", ["no results.json"])),
    )


def _start_and_watch(docker: str, container: str) -> int:
    """Run a container to its end; returns the most memory that was seen, about once a second."""
    peak = [0]
    _docker(docker, "start", container)
    command = [docker, "stats", "--format", "{{.MemUsage}}", container]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as stats:

        def read() -> None:
            for line in stats.stdout or ():
                peak[0] = max(peak[0], parse_memory(line))

        reader = threading.Thread(target=read)
        reader.start()
        try:
            _docker(docker, "wait", container)
        finally:
            stats.kill()
            reader.join()
    return peak[0]


def _docker(docker: str, *arguments: str) -> str:
    done = subprocess.run([docker, *arguments], capture_output=True, text=True, check=False, timeout=2700)
    if done.returncode:
        raise SandboxError(f"{docker} {arguments[0]}: {done.stderr.strip()[-500:]}")
    return done.stdout


def headroom(trial: Trial, timeout_s: float) -> tuple[float, float]:
    """Return what is left of time and memory, as shares."""
    return 1 - trial.seconds / (timeout_s - SPARE_S), 1 - trial.memory_mb / (trial.gigabytes * 1024)
