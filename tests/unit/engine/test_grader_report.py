"""What the supervisor makes of the grader's lines: pieces, floods, silence, and from when a hand-in's time counts."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from autograder.engine import grade
from autograder.errors import SandboxError


class Clock:
    """Time that passes only when the supervisor waits."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Replace the supervisor's clock; a wait in which nothing comes takes a tick of it."""
    clock = Clock()
    waited = grade.select.select

    def select(*sources: Any) -> Any:
        found = waited(*sources[:3], 0)
        clock.now += 0.0 if found[0] else grade.TICK_S
        return found

    monkeypatch.setattr(grade, "time", SimpleNamespace(monotonic=clock.monotonic))
    monkeypatch.setattr(grade, "select", SimpleNamespace(select=select))
    return clock


@pytest.fixture
def engine(clock: Clock) -> Iterator[tuple[grade.Engine, int]]:
    """Return an engine without processes, and where its grader would write."""
    report, write = os.pipe()
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    engine = object.__new__(grade.Engine)
    engine.report, engine.control, engine.buffer = report, control, bytearray()
    engine.time_limits = {"run_s": 5.0}
    engine.launcher = SimpleNamespace(  # type: ignore[assignment]
        confined={}, watch=lambda: None, base=None, zygote=SimpleNamespace(poll=lambda: None)
    )
    engine._grader_log = lambda: "its log"  # type: ignore[method-assign]
    yield engine, write
    for sock in (control, theirs):
        sock.close()
    for fd in (report, write):
        try:
            os.close(fd)
        except OSError:
            continue


def pumped(engine: grade.Engine, clock: Clock) -> list[dict[str, Any]]:
    return engine._pump(clock.now + 60)


def test_a_line_in_pieces_is_one_record(engine: tuple[grade.Engine, int], clock: Clock) -> None:
    """Wherever the pipe cuts; what is not ended yet waits."""
    one, write = engine
    line = json.dumps({"kind": "check", "text": "µ" * 50}, ensure_ascii=False).encode() + b"\n"
    records = []
    for byte in line + line + line[:10]:
        os.write(write, bytes([byte]))
        records += pumped(one, clock)
    assert records == [json.loads(line)] * 2
    assert bytes(one.buffer) == line[:10]


def test_many_lines_at_once_come_in_order(engine: tuple[grade.Engine, int], clock: Clock) -> None:
    """One read may hold many."""
    one, write = engine
    os.write(write, b"".join(b'{"kind": "check", "number": %d}\n' % n for n in range(500)))
    assert [record["number"] for record in pumped(one, clock)] == list(range(500))


def test_a_line_without_an_end_is_refused(
    engine: tuple[grade.Engine, int], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it fills the supervisor's memory."""
    one, write = engine
    monkeypatch.setattr(grade, "MAX_LINE_BYTES", 1000)
    os.write(write, b"x" * 900)
    assert pumped(one, clock) == []
    os.write(write, b"x" * 101)
    with pytest.raises(SandboxError, match="too long"):
        pumped(one, clock)


def test_the_end_of_the_grader_is_a_fault_of_ours(engine: tuple[grade.Engine, int], clock: Clock) -> None:
    """Half a line is no result."""
    one, write = engine
    os.write(write, b'{"kind": "check"')
    assert pumped(one, clock) == []
    os.close(write)
    with pytest.raises(SandboxError, match="the grader ended: its log"):
        pumped(one, clock)


@pytest.mark.parametrize(("begins_after_s", "most_s"), [(0.0, 5.0), (30.0, 35.0)])
def test_a_hand_ins_time_counts_from_its_own_process(
    engine: tuple[grade.Engine, int],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    begins_after_s: float,
    most_s: float,
) -> None:
    """The first hand-in waits for the reference; that is not its time, and has an end of its own."""
    one, _ = engine
    monkeypatch.setattr(grade, "START_S", 60.0)
    monkeypatch.setattr(grade, "MARGIN_S", 0.0)
    began = clock.now

    def watch() -> None:
        if clock.now - began >= begins_after_s:
            one.launcher.confined["student"] = None  # type: ignore[assignment]

    one.launcher.watch = watch  # type: ignore[method-assign]
    with pytest.raises(SandboxError, match="did not finish in time"):
        one._collect(SimpleNamespace(), lambda _: None)  # type: ignore[arg-type]
    assert clock.now - began == pytest.approx(most_s, abs=1.0)


def test_a_reference_that_never_begins_has_an_end(
    engine: tuple[grade.Engine, int], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No student's process appears: the start's own limit and the run's together."""
    one, _ = engine
    monkeypatch.setattr(grade, "START_S", 60.0)
    monkeypatch.setattr(grade, "MARGIN_S", 0.0)
    began = clock.now
    with pytest.raises(SandboxError, match="did not finish in time"):
        one._collect(SimpleNamespace(), lambda _: None)  # type: ignore[arg-type]
    assert clock.now - began == pytest.approx(65.0, abs=1.0)
