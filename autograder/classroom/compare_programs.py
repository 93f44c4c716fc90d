"""Run another tool's commands for a comparison, and end all that they started (*trusted*).

They run hand-ins as their users do: without a sandbox, as whoever typed the command.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import UsageError

TICK_S = 0.5
_TAIL = 4000  # characters of a log that are looked at


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    output: str
    timed_out: bool = False


def run(
    command: Sequence[str],
    folder: Path,
    *,
    limit_s: float | None = None,
    tick: Callable[[], None] = lambda: None,
) -> Ended:
    """Run a command in a folder, with one thread for each library that has many; ``tick`` is called while it runs.

    However this ends, interrupted too, the command's whole process group has ended.
    """
    log = folder / f".{command[2] if len(command) > 2 else 'run'}-{time.monotonic_ns()}.log"
    with log.open("w+b") as out:
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        end = None if limit_s is None else time.monotonic() + limit_s
        timed_out = False
        try:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(TICK_S)
                    break
                tick()
                if end is not None and time.monotonic() > end:
                    timed_out = True
                    break
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        tick()
        size = out.seek(0, os.SEEK_END)
        out.seek(max(0, size - 4 * _TAIL))
        text = out.read().decode("utf-8", "replace")[-_TAIL:]
    log.unlink(missing_ok=True)
    return Ended(process.returncode, text, timed_out)


def _environment() -> dict[str, str]:
    """Return our environment with the programs that stand beside our Python: otter and nbgrader start others by name."""
    beside = str(Path(sys.executable).parent)
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {
        **os.environ,
        **threads,
        "PATH": os.pathsep.join([beside, os.environ.get("PATH", "")]),
        "COLUMNS": "200",
    }


def require(module: str, name: str) -> None:
    """Refuse where a tool is not installed."""
    import importlib.util

    if importlib.util.find_spec(module) is None:
        raise UsageError(
            f"{name} is not installed beside this program, and nothing was compared.\n"
            "Run: pip install 'autograder-notebooks[instructor]'"
        )


def last_error(output: str) -> str:
    """Return the sentence that a tool's log ends with: its last error, or its last line."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
    lines = [line.strip() for line in plain.split("\n") if line.strip()]
    errors = [line for line in lines if re.search(r"\b\w*(Error|Exception)\b|\bERROR\b|Died", line)]
    text = (errors or lines or ["it said nothing"])[-1]
    return re.sub(r"^\[\w+ \| [A-Z]+\]\s*", "", text)[:300]
