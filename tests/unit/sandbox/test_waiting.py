"""How long a process that answers late is waited for: by the CPU seconds that it gets."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from autograder.sandbox import proxy
from autograder.sandbox.proxy import Process, StudentStopped


@pytest.mark.parametrize(
    ("cpu_per_s", "kind", "ends_after_s"),
    [(0.0, "wall", 30), (0.004, "wall", 30), (0.1, "wall", 180), (0.5, "cpu", 120)],
    ids=["asleep", "hardly awake", "starved", "slow"],
)
def test_who_only_waits_is_stopped_before_who_computes(
    monkeypatch: pytest.MonkeyPatch, cpu_per_s: float, kind: str, ends_after_s: float
) -> None:
    """Past its 60 s on the clock, of 240: without CPU for 30 s it is over; who is only starved gets all its time."""
    clock = [0.0]

    def wait(until: float) -> bool:
        clock[0] = max(clock[0], until)
        return False

    def ask(request: dict[str, Any]) -> dict[str, float]:
        return {"cpu_s": clock[0] * cpu_per_s}

    monkeypatch.setattr(proxy, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    process = Process.__new__(Process)
    process.supervisor, process.role, process.base_cpu_s = SimpleNamespace(ask=ask), "student", 0.0  # type: ignore[assignment]
    process.channel = SimpleNamespace(wait=wait, close=lambda: None)  # type: ignore[assignment]
    process.final_end = float("inf")  # the end of the run is far
    with pytest.raises(StudentStopped) as stopped:
        process._wait_longer(60.0, 180.0, 0.0)
    assert stopped.value.kind == kind
    assert clock[0] - proxy.GRACE_S == pytest.approx(ends_after_s, abs=1.0)
