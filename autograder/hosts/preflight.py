"""Try an image under the container sizes that Gradescope offers (*trusted*, needs a container engine).

Run are the solution, the slowest right variant and the largest notebook of the class: who fits among
them decides the size. Docker's own count of memory is read, which leaves out the page cache. What the
container itself sees of its limits is held against what was asked for: an engine without cgroups grades all
the same, and says nothing about Gradescope.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.engine.folders import private_folder
from autograder.errors import SandboxError, UsageError
from autograder.hosts.gradescope import SPARE_S
from autograder.report import table

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
    limits_seen: tuple[float | None, float | None] = (None, None)  # CPUs and gigabytes, from inside
    student_mb: int = 0  # of the memory, what the hand-in's own processes used
    promised_mb: int = 0  # what they may use in this container

    def lacks(self, timeout_s: float) -> str:
        """Return what there is too little of in this container, "" if nothing.

        Memory must be enough for a student who uses all that is promised, too: else the kernel would end
        his process before our limit does, and what he reads about it would be wrong.
        """
        if not self.graded:
            return "was not graded"
        if self.seconds > TIME_SHARE * (timeout_s - SPARE_S):
            return "too little time left"
        megabytes = self.gigabytes * 1024
        if self.memory_mb > MEMORY_SHARE * megabytes:
            return "too little memory left"
        if self.memory_mb - self.student_mb + self.promised_mb > megabytes:
            return f"no room for the {self.promised_mb} MB that a student may use"
        return ""

    def fits(self, timeout_s: float) -> bool:
        """Tell whether it was graded with time and memory to spare."""
        return not self.lacks(timeout_s)

    def is_limited(self) -> bool:
        """Tell whether the container saw the limits that it was started with."""
        cpus, gigabytes = self.limits_seen
        return (
            cpus is not None
            and gigabytes is not None
            and abs(cpus - self.cpus) < 0.02
            and abs(gigabytes - self.gigabytes) < 0.02
        )


def default_image(assignment: str) -> str:
    """Return the name under which an assignment's image is looked for."""
    return f"autograder/{assignment}"


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


def require_engine(image: str, *, docker: str = "docker") -> None:
    """Make sure that there is an engine, that it answers, and that it has the image.

    Raises
    ------
    UsageError
        With which of these is missing, and what to do.

    """
    if shutil.which(docker) is None:
        raise UsageError(
            f"{docker}: no such program; nothing was run.\n"
            "Install Docker, or name podman with --docker: sizes are cgroups, and an engine sets them."
        )
    for arguments, remedy in (
        (["version"], "Start the engine, or name another with --docker."),
        (
            ["image", "inspect", image],
            f"Build it: {docker} build -t {image} CONTEXT, with the folder docker/ that autograder bundle wrote; "
            "or name another with --image.",
        ),
    ):
        done = subprocess.run([docker, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise UsageError(
                f"{docker} {' '.join(arguments)}: {done.stderr.strip()[-300:]}; nothing was run.\n{remedy}"
            )


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
        If there is no engine, no such image, or the engine limits nothing here.

    """
    require_engine(image, docker=docker)
    trials: list[Trial] = []
    for name, folder in list(hand_ins.items())[:1]:
        # Not counted: the first run of an image reads its files, and the page cache would count as its memory.
        _try(docker, image, name, folder, *SIZES[0])
    for cpus, gigabytes in SIZES:
        for name, folder in hand_ins.items():
            try:
                trial = _try(docker, image, name, folder, cpus, gigabytes)
            except SandboxError as error:
                if trials and "CPUs" in str(error):  # more than this machine has: nor will it have still more
                    return trials
                raise
            if trial.graded and not trial.is_limited():
                seen = [f"{n:g}" if n is not None else "no limit" for n in trial.limits_seen]
                raise UsageError(
                    f"{docker}: {cpus:g} CPU and {gigabytes:g} GB were asked for; the container found {seen[0]} and "
                    f"{seen[1]}. Cgroups are not available to this engine, so its figures would say nothing about "
                    "Gradescope; nothing was chosen.\nUse an engine that runs as root, or Docker Desktop."
                )
            trials.append(trial)
            step(trial)
    return trials


def _try(docker: str, image: str, name: str, folder: Path, cpus: float, gigabytes: float) -> Trial:
    memory = f"{int(gigabytes * 1024)}m"
    with private_folder("preflight") as place:
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
    limit_mb = extra.get("memory", {}).get("container", {}).get("limit_mb")
    return Trial(
        name=name,
        cpus=cpus,
        gigabytes=gigabytes,
        seconds=float(extra.get("timing", {}).get("wall_s", 0.0)),
        memory_mb=peak >> 20,
        graded=bool(extra.get("graded")),
        score=content.get("score"),
        note="; ".join(extra.get("staff_notes", ["no results.json"])),
        limits_seen=(extra.get("timing", {}).get("cpus"), limit_mb and limit_mb / 1024),
        student_mb=extra.get("memory", {}).get("peak_mb", 0),
        promised_mb=extra.get("memory", {}).get("limit_mb", 0),
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


def report(trials: Iterable[Trial], timeout_s: float) -> str:
    """Return the trials as a table, and what staff should know of those that were not graded."""
    rows, notes = [], []
    for trial in trials:
        time_left, memory_left = headroom(trial, timeout_s)
        size = f"{trial.cpus:g} CPU, {trial.gigabytes:g} GB"
        rows.append(
            [
                size,
                trial.name,
                "none" if trial.score is None else f"{trial.score:g}",
                f"{trial.seconds:.1f}",
                str(trial.memory_mb),
                f"{time_left:.0%}",
                f"{memory_left:.0%}",
                trial.lacks(timeout_s) or "fits",
            ]
        )
        if not trial.graded:
            notes.append(f"{size}: {trial.name}: not graded: {trial.note[:400] or 'killed, or out of time'}")
    header = ["container", "hand-in", "score", "s", "MB", "time left", "memory left", ""]
    return "\n".join([table(header, rows), *notes])


def to_json(trials: Iterable[Trial], timeout_s: float) -> list[dict[str, Any]]:
    """Return the trials as plain data, with what is left of time and memory, as shares."""
    found = []
    for trial in trials:
        time_left, memory_left = headroom(trial, timeout_s)
        more = {"time_left": round(time_left, 4), "memory_left": round(memory_left, 4)}
        found.append(asdict(trial) | more | {"fits": trial.fits(timeout_s)})
    return found
