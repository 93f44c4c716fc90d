"""What the container that we run in allows and has used, as its control group tells (*trusted*, standard library only)."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


CGROUP = Path("/sys/fs/cgroup")


def number(name: str) -> float | None:
    """Return a positive number of the environment, None if there is none."""
    with suppress(ValueError, KeyError):
        value = float(os.environ[name])
        return value if 0 < value < 1e6 else None
    return None


def memory_limits() -> dict[str, int | None]:
    """Return the container's limit and the most it used so far (page cache included), None where unknown."""
    names = {
        "limit_bytes": ("memory.max", "memory/memory.limit_in_bytes"),
        "peak_bytes": ("memory.peak", "memory/memory.max_usage_in_bytes"),
    }
    found: dict[str, int | None] = {}
    for key, files in names.items():
        found[key] = None
        for file in files:
            with suppress(OSError, ValueError):
                value = int((CGROUP / file).read_text())
                found[key] = value if value < 1 << 50 else None
                break
    return found


def cpus() -> float | None:
    """Return the container's share of processors as its cgroup has it, None where there is no limit."""
    with suppress(OSError, ValueError):
        quota, period = (CGROUP / "cpu.max").read_text().split()
        return int(quota) / int(period)
    with suppress(OSError, ValueError):
        quota, period = ((CGROUP / "cpu" / f"cpu.cfs_{n}_us").read_text() for n in ("quota", "period"))
        return int(quota) / int(period) if int(quota) > 0 else None
    return None


def oom_kills() -> int:
    """Return how many processes the kernel has ended in this container because memory ran out."""
    for file in ("memory.events", "memory/memory.oom_control"):
        with suppress(OSError, ValueError):
            facts = dict(line.split() for line in (CGROUP / file).read_text().splitlines())
            return int(facts.get("oom_kill", 0))
    return 0
