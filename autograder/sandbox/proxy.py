"""The grader's view of a confined process: calls become frames, replies become plain values (*trusted*).

Nothing here trusts the other side: its class names, texts, line numbers and CPU times are claims, its
arrays are copies of bytes. A handle decides nothing: no equality, no truth value, no dunder names.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import socket
import time
from typing import Any, Protocol

import numpy as np

from autograder import messages
from autograder.checks import Tensor
from autograder.errors import DeadlineExceeded, PeerDied, SandboxError, WireError
from autograder.sandbox import channel, wire

IDLE_S, IDLE_CPU_S = 30.0, 0.3  # past its limit on the clock, who gets less than this in that time only waits
WALL_FACTOR = 4  # blame is by CPU seconds; four times that on the clock is the end of patience
GRACE_S = 2.0  # from SIGINT to SIGKILL; a first traceback takes a second of a busy core
STARTUP_S = 30.0
RELEASED = 10_000  # handles let go of with one request


class Supervisor(Protocol):
    """What the supervisor does for us; see ``grade.Engine``."""

    def ask(self, request: dict[str, Any], fds: tuple[int, ...] = ()) -> dict[str, Any]:
        """Send one request and return its answer."""
        ...


class Link:
    """The grader's end of the control socket to the supervisor."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def ask(self, request: dict[str, Any], fds: tuple[int, ...] = ()) -> dict[str, Any]:
        """Send one request and return its answer."""
        socket.send_fds(self.sock, [json.dumps(request).encode()], list(fds))
        data = self.sock.recv(1 << 16)
        if not data:
            raise SandboxError("the supervisor has ended")
        answer: dict[str, Any] = json.loads(data)
        if "error" in answer:
            raise SandboxError(answer["error"])
        return answer


class StudentError(Exception):
    """An exception of the confined code. Names, text and line are claims of that process."""

    def __init__(self, names: list[str], text: str, line: int) -> None:
        super().__init__(names, text, line)
        self.student_error_names, self.text, self.line = names, text, line
        self.wanted = ""  # the name that we asked for, if the request was for one

    def __str__(self) -> str:
        return f"{self.student_error_names[0]}: {self.text} (line {self.line})"


class StudentStopped(BaseException):
    """The confined process had to be stopped, or stopped; ``reason`` is a sentence for the student.

    No ``Exception``: a check that expects *some* error, or ignores one, must not take a dead process for it.
    """

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(kind, reason)
        self.kind, self.reason = kind, reason


class Process:
    """One confined process that answers requests."""

    def __init__(
        self,
        supervisor: Supervisor,
        role: str,
        channel: channel.Channel,
        *,
        base_cpu_s: float,
        memory_mb: int,
    ) -> None:
        self.supervisor, self.role, self.channel = supervisor, role, channel
        self.memory_mb = memory_mb
        self.base_cpu_s = base_cpu_s  # of the role's other processes when this one began
        self.claimed_cpu_s = 0.0
        self.number = 0
        self.released: list[int] = []
        self.limit_s = 10.0  # CPU seconds that the calls of one check share; see ``begin``
        self.waited_s = 0.0  # what they took so far on the clock
        self.begun_cpu_s = 0.0
        self.dead: StudentStopped | None = None
        self.used = False  # has any answer of the student's arrived since ``begin``?
        self.answered_bytes = 0  # of all answers since ``begin``
        self.final_end = (
            math.inf
        )  # on the monotonic clock: nobody is waited for longer, however a call is slow
        self.layers: dict[str, str] = {}

    @classmethod
    def open(cls, supervisor: Supervisor, role: str, request: dict[str, Any], memory_mb: int) -> Process:
        """Ask the supervisor for a new process of a role and wait until it is READY."""
        channel, fds = _make_ends()
        try:
            supervisor.ask({**request, "role": role}, fds)
        finally:
            close_all(fds)
        process = cls(supervisor, role, channel, base_cpu_s=0.0, memory_mb=memory_mb)
        process._await_ready()
        return process

    def fork(self, limit_s: float = 10.0) -> Process:
        """Return a copy of the process as it is now; whatever an earlier copy left is gone."""
        if self.dead is not None:
            raise self.dead
        cleared = self.supervisor.ask({"op": "clear", "role": self.role, "keep_root": True})
        total = float(cleared["cpu_s"])
        channel, fds = _make_ends()
        try:
            self.request("fork", fds=fds, limit_s=limit_s)
        finally:
            close_all(fds)
        copy = Process(self.supervisor, self.role, channel, base_cpu_s=total, memory_mb=self.memory_mb)
        copy.final_end = self.final_end
        try:
            left_s = max(0.0, self.final_end - time.monotonic())
            copy._await_ready(min(STARTUP_S, WALL_FACTOR * limit_s, left_s))
        except SandboxError:
            # After the student's first statement a copy that does not answer is the student's doing.
            raise self._stop(*self._why_dead()) from None
        return copy

    def _await_ready(self, patience_s: float = STARTUP_S) -> None:
        try:
            reply = self._read_reply(time.monotonic() + patience_s)
            self.layers = reply.get("layers", {}) if isinstance(reply, dict) else {}
        except (PeerDied, DeadlineExceeded, WireError) as error:
            raise SandboxError(f"a {self.role} process did not start: {error}") from error

    # -- requests --------------------------------------------------------------------------------

    def begin(self, limit_s: float) -> None:
        """Begin a check: its calls share these CPU seconds, however many there are."""
        self.limit_s, self.waited_s, self.begun_cpu_s = limit_s, 0.0, self.claimed_cpu_s
        self.answered_bytes = 0

    def request(
        self,
        name: str,
        *arguments: Any,
        limit_s: float | None = None,
        wall_s: float | None = None,
        fds: tuple[int, ...] = (),
    ) -> Any:
        """Perform one operation there and return its value.

        ``limit_s`` is CPU seconds; ``wall_s`` bounds the clock where less than ``WALL_FACTOR`` times that is left.

        Raises
        ------
        StudentError
            The code raised.
        StudentStopped
            The process died, ran out of time or memory, or broke the protocol; it is dead from then on.
        """
        if self.dead is not None:
            raise self.dead
        own_limit = limit_s is not None
        limit = self.limit_s if limit_s is None else limit_s
        self.number += 1
        # Replies hold up to wire.MAX_HANDLES handles each: what is let go of is told in portions that fit a frame.
        released, self.released = self.released[:RELEASED], self.released[RELEASED:]
        frame = wire.encode([self.number, name, list(arguments), released], self._leaf)
        called = time.monotonic()
        started = called - (0.0 if own_limit else self.waited_s)  # of the check, as if its calls were one
        wall_end = started + min(WALL_FACTOR * limit, math.inf if wall_s is None else wall_s)
        wall_end = min(wall_end, self.final_end)
        begun_cpu_s = self.claimed_cpu_s if own_limit else self.begun_cpu_s
        try:
            self.channel.send(frame, wall_end, fds)
            if not self.channel.wait(min(started + limit, wall_end)):
                self._wait_longer(limit, wall_end, begun_cpu_s)
            now = time.monotonic()  # something has come; all of it must, though not a byte at a time for ever
            value = self._read_reply(now + max(GRACE_S, min(limit, wall_end - now)))
        except PeerDied:
            raise self._stop(*self._why_dead()) from None
        except DeadlineExceeded:
            out_of_time = time.monotonic() >= self.final_end
            raise self._stop("wall", messages.NO_TIME_LEFT if out_of_time else messages.WALL_TIME) from None
        except (WireError, MemoryError):
            raise self._stop("odd", messages.ODD_REPLY) from None
        except StudentError as error:
            self.used = True  # an error is an answer too
            error.wanted = str(arguments[0]) if name == "get" else ""
            raise
        finally:
            if not own_limit:
                self.waited_s += time.monotonic() - called
        self.used = True
        return value

    def _wait_longer(self, limit: float, wall_end: float, begun_cpu_s: float) -> None:
        """Past the limit on the clock: wait while the process has not had its CPU seconds, but gets some."""
        idle_since, idle_cpu_s = time.monotonic(), 0.0
        while True:
            usage = self.supervisor.ask({"op": "usage", "role": self.role})
            used = float(usage["cpu_s"]) - self.base_cpu_s - begun_cpu_s
            now = time.monotonic()
            if used >= limit or now >= wall_end:
                break
            if used - idle_cpu_s > IDLE_CPU_S:
                idle_since, idle_cpu_s = now, used
            elif now - idle_since >= IDLE_S:
                break
            if self.channel.wait(min(wall_end, idle_since + IDLE_S, now + max(0.05, limit - used))):
                return
        kind = "cpu" if used >= 0.5 * limit else "wall"
        reason = messages.CPU_TIME.format(limit_s=limit) if kind == "cpu" else messages.WALL_TIME
        if now >= self.final_end:
            reason = messages.NO_TIME_LEFT
        self.supervisor.ask({"op": "interrupt", "role": self.role})
        if self.channel.wait(time.monotonic() + GRACE_S):
            try:
                self._read_reply(time.monotonic() + GRACE_S)
            except StudentError as error:  # it answered: its traceback says where it was
                if 0 < error.line < 1000:
                    reason += messages.WHERE.format(line=error.line)
                raise StudentStopped(kind, reason) from None
            except (PeerDied, DeadlineExceeded, WireError):
                pass
            else:
                raise StudentStopped(kind, reason)
        raise self._stop(kind, reason)

    def _why_dead(self) -> tuple[str, str]:
        usage = self.supervisor.ask({"op": "usage", "role": self.role})
        if usage["killed_for"] == "memory":
            return "memory", messages.MEMORY.format(limit_mb=self.memory_mb)
        if usage["killed_for"] == "files":
            return "files", messages.FILES
        return "died", messages.DIED

    def _stop(self, kind: str, reason: str) -> StudentStopped:
        self.dead = StudentStopped(kind, reason)
        self.channel.close()
        return self.dead

    def _read_reply(self, end: float) -> Any:
        tree, buffers = self.channel.receive(end)
        self.answered_bytes += len(tree) + sum(len(buffer) for buffer in buffers)
        reply = wire.read_reply(wire.decode(tree, buffers, as_value, self._as_handle), self.number)
        if reply.cpu_s is not None:
            self.claimed_cpu_s = reply.cpu_s
        if reply.ok:
            return reply.value
        raise StudentError(reply.value["names"], reply.value["text"][:500], reply.value["line"])

    def _leaf(self, value: object) -> Any:
        if isinstance(value, Handle):
            if value._process is not self:
                # A student who returns an object where a list is asked must not make this our fault.
                raise TypeError("a handle was passed to a process that it does not belong to")
            return wire.HandleId(value._number, "", "")
        if isinstance(value, Tensor):
            return wire.Array("t", value.array)
        if isinstance(value, np.generic):
            return value.item()
        return None

    def _as_handle(self, handle: wire.HandleId) -> Handle:
        return Handle(self, handle.number, handle.kind)

    # -- operations ------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the channel; the process then ends by itself or is reaped."""
        self.dead = self.dead or StudentStopped("closed", "closed")
        self.channel.close()


def make_channel() -> tuple[channel.Channel, tuple[int, ...]]:
    """Make our end of a channel, and what the other end's process gets: socket and arena."""
    ours, theirs = socket.socketpair()
    for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):  # a confined process cannot set its own
        theirs.setsockopt(socket.SOL_SOCKET, option, channel.SOCKET_BYTES)
    arena, arena_fd = channel.make_arena()
    return channel.Channel(ours, arena), (theirs.detach(), arena_fd)


def _make_ends() -> tuple[channel.Channel, tuple[int, ...]]:
    """Make a channel to a confined process, which also gets two files for what it prints: it cannot make any."""
    ours, fds = make_channel()
    return ours, (*fds, *(os.memfd_create(name, os.MFD_CLOEXEC) for name in ("stdout", "stderr")))


def close_all(fds: tuple[int, ...]) -> None:
    """Close descriptors that were passed on."""
    for fd in fds:
        with contextlib.suppress(OSError):
            os.close(fd)


def as_value(kind: str, array: np.ndarray) -> object:
    """Return an array as checks see it: a number if it has no axis, else as it is and read-only."""
    if array.ndim == 0:
        return array.item()
    array.flags.writeable = False
    return array


class Handle:
    """Something that stays in its process: call it, read an attribute of it, pass it back."""

    __slots__ = ("_kind", "_number", "_process")

    def __init__(self, process: Process, number: int, kind: str) -> None:
        self._process, self._number, self._kind = process, number, kind

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._process.request("call", self, list(arguments), named)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._process.request("attr", self, name)

    def __bool__(self) -> bool:
        raise TypeError("an object of the student's process has no truth value here")

    def __eq__(self, other: object) -> bool:
        raise TypeError("an object of the student's process cannot be compared here")  # nor is it "different"

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<handle of a {self._kind if self._kind.isidentifier() else 'thing'}>"

    def __del__(self) -> None:
        self._process.released.append(self._number)
