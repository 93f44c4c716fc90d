"""The grader's view of a confined process: calls become frames, replies become plain values (*trusted*).

Nothing here trusts the other side: its class names, texts, line numbers and CPU times are claims, its
arrays are copies of bytes. A handle decides nothing: no equality, no truth value, no dunder names.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from autograder import messages
from autograder.checks import CheckFailed, Tensor
from autograder.errors import DeadlineExceeded, PeerDied, SandboxError, WireError
from autograder.sandbox import wire

WALL_FACTOR = 4  # blame is by CPU seconds; four times that on the clock is the end of patience
IDLE_S, IDLE_CPU_S = 30.0, 0.3  # past its limit on the clock, who gets less than this in that time only waits
GRACE_S = 2.0  # from SIGINT to SIGKILL; a first traceback takes a second of a busy core
STARTUP_S = 30.0
RELEASED = 10_000  # handles let go of with one request
_SIZES = re.compile(r"[0-9]{1,6}(×[0-9]{1,6}){0,3}")  # a number, or a shape


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
        self, supervisor: Supervisor, role: str, channel: wire.Channel, *, base_cpu_s: float, memory_mb: int
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
        self.layers: dict[str, str] = {}

    @classmethod
    def open(cls, supervisor: Supervisor, role: str, request: dict[str, Any], memory_mb: int) -> Process:
        """Ask the supervisor for a new process of a role and wait until it is READY."""
        channel, fds = _make_channel()
        try:
            supervisor.ask({**request, "role": role}, fds)
        finally:
            _close(fds)
        process = cls(supervisor, role, channel, base_cpu_s=0.0, memory_mb=memory_mb)
        process._await_ready()
        return process

    def fork(self, limit_s: float = 10.0) -> Process:
        """Return a copy of the process as it is now; whatever an earlier copy left is gone."""
        if self.dead is not None:
            raise self.dead
        cleared = self.supervisor.ask({"op": "clear", "role": self.role, "keep_root": True})
        total = float(cleared["cpu_s"])
        channel, fds = _make_channel()
        try:
            self.request("fork", fds=fds, limit_s=limit_s)
        finally:
            _close(fds)
        copy = Process(self.supervisor, self.role, channel, base_cpu_s=total, memory_mb=self.memory_mb)
        try:
            copy._await_ready(min(STARTUP_S, WALL_FACTOR * limit_s))
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
            raise self._stop("wall", messages.WALL_TIME) from None
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
        self.supervisor.ask({"op": "interrupt", "role": self.role})
        if self.channel.wait(time.monotonic() + GRACE_S):
            try:
                self._read_reply(time.monotonic() + GRACE_S)
            except StudentError as error:  # it answered: its traceback says where it was
                if 0 < error.line < 10_000:
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
        reply = wire.read_reply(wire.decode(tree, buffers, _as_value, self._as_handle), self.number)
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


def _make_channel() -> tuple[wire.Channel, tuple[int, int]]:
    ours, theirs = socket.socketpair()
    arena, arena_fd = wire.make_arena()
    return wire.Channel(ours, arena), (theirs.detach(), arena_fd)


def _close(fds: tuple[int, ...]) -> None:
    for fd in fds:
        with contextlib.suppress(OSError):
            os.close(fd)


def _as_value(kind: str, array: np.ndarray) -> object:
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


@dataclass(frozen=True, slots=True)
class Observation:
    """What a call did: its result, whether the arrays given are as before, the type names of result and items."""

    result: Any
    arguments_kept: bool
    type_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScriptRun:
    """How a handed-in script ended; all of it the student's word, none of it fit to be shown.

    ``exit_code`` is negative for a signal; ``error`` a known exception's name or ""; ``line`` the line of
    the script that raised, or 0; ``outputs`` the bytes of each file that it left.
    """

    exit_code: int
    error: str
    line: int
    outputs: dict[str, bytes]

    @property
    def sentence(self) -> str:
        """Say how the script ended, in words that a student may read; "" if it ended well."""
        where = messages.WHERE_SCRIPT.format(line=self.line) if 0 < self.line < 10_000 else ""
        if self.error:
            return messages.SCRIPT_RAISED.format(error=self.error, where=where)
        if self.exit_code < 0:
            return messages.SCRIPT_KILLED
        return messages.SCRIPT_EXIT.format(code=self.exit_code) if self.exit_code else ""


def _is_kept(before: Any, now: Any) -> bool:
    """Tell whether an argument came back as it was sent; of what stayed there (a model), nothing is known."""
    if isinstance(before, Tensor):
        before = before.array
    if isinstance(before, np.ndarray):
        same_nan = before.dtype.kind in "fc"
        return before.ndim == 0 or (
            isinstance(now, np.ndarray)
            and now.shape == before.shape
            and np.array_equal(now, before, equal_nan=same_nan)
        )
    if isinstance(before, (list, tuple)):
        return isinstance(now, (list, tuple)) and len(now) == len(before) and all(map(_is_kept, before, now))
    if isinstance(before, dict):
        return (
            type(now) is dict
            and list(now) == list(before)
            and all(map(_is_kept, before.values(), now.values()))
        )
    if isinstance(before, (int, float, str)):  # NumPy's numbers and texts, too, which come back as Python's
        return isinstance(now, (int, float, str)) and bool(now == before or (now != now and before != before))
    return True


class Namespace:
    """The notebook's names, and the closed set of torch operations, of one process."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def get(self, name: str) -> Any:
        """Return a name of the notebook."""
        return self._process.request("get", name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.get(name)

    def observe(self, function: Handle, *arguments: Any) -> Observation:
        """Call a function there and see what came back and what became of its arguments."""
        found = self._process.request("observe", function, list(arguments))
        ok = type(found) is dict and set(found) == {"result", "type", "items", "arguments"}
        if not ok or type(found["arguments"]) is not list or len(found["arguments"]) != len(arguments):
            raise CheckFailed("other", name=messages.UNUSABLE)
        kept = all(_is_kept(before, now) for before, now in zip(arguments, found["arguments"], strict=True))
        names = [found["type"], *(found["items"] if type(found["items"]) is list else [])]
        return Observation(found["result"], kept, tuple(n for n in names if type(n) is str))

    def hold(self, value: Any) -> Any:
        """Send a value that stays there; give it to ``observe``, and see by its ``value`` what became of it since."""
        return self._process.request("hold", value)

    def calls(self, function: Handle, argument_lists: list[list[Any]]) -> list[Any]:
        """Return the results of several calls, looked at after the last."""
        found = self._process.request("calls", function, argument_lists)
        if type(found) is not list or len(found) != len(argument_lists):
            raise CheckFailed("other", name=messages.UNUSABLE)
        return found

    def backward(self, model: Handle, x: Any, weights: Any) -> list[np.ndarray | None]:
        """Return each parameter's gradient of the weighted sum of ``model(x)``, or None, in order."""
        arguments = (a if isinstance(a, Tensor) else Tensor(a) for a in (x, weights))
        found = self._process.request("backward", model, *arguments)
        if type(found) is not list or not all(g is None or isinstance(g, (np.ndarray, float)) for g in found):
            raise CheckFailed("other", name="the model's gradients cannot be read: is it an nn.Module?")
        return [None if g is None else np.asarray(g) for g in found]

    def side_effects(self, call: Callable[[], object]) -> list[str]:
        """Make a call twice and name what it leaves changed.

        Returns
        -------
        Some of ``dtype`` (the default dtype), ``gradients`` (whether they are recorded) and ``seed``: a
        generator of torch, NumPy or Python is in the same state afterwards, though it was not before.
        """
        seen = []
        for seed in (20_111, 20_112):
            before = self._surroundings(seed)
            call()
            seen.append((before, self._surroundings(None)))
        found = [
            key for key in ("dtype", "gradients") if any(before[key] != now[key] for before, now in seen)
        ]
        (_, one), (_, other) = seen
        same = any(a == b for a, b in zip(one["generators"], other["generators"], strict=True))
        return found + ["seed"] * same

    def _surroundings(self, seed: int | None) -> dict[str, Any]:
        found = self._process.request("surroundings", seed)
        ok = type(found) is dict and set(found) == {"dtype", "gradients", "generators"}
        if not ok or type(found["generators"]) is not list or len(found["generators"]) != 3:
            raise CheckFailed("other", name=messages.UNUSABLE)
        return dict(found)

    def stand_in(self, function: Handle, name: str, kind: str, table: Any = None) -> bool:
        """Let a function find something right under a name that is bound to something wrong; see ``operations``."""
        return self._process.request("stand_in", function, name, kind, table) is True

    def module(
        self,
        layers: list[list[Any]],
        state: list[Any] | None = None,
        frozen: tuple[int, ...] = (),
        tied: tuple[tuple[int, int], ...] = (),
    ) -> Any:
        """Build an ``nn.Sequential`` there; see docs/writing-checks.md for the specification."""
        return self._process.request("module", layers, state, list(frozen), [list(t) for t in tied])

    def parameters(self, model: Handle) -> list[dict[str, Any]]:
        """Return ``name``, ``value`` (array) and ``requires_grad`` of each parameter, in order."""
        found = self._process.request("parameters", model)
        ok = type(found) is list and all(
            type(p) is dict
            and set(p) == {"name", "value", "requires_grad"}
            and type(p["name"]) is str
            and type(p["requires_grad"]) is bool
            and isinstance(p["value"], (np.ndarray, float, int))
            for p in found
        )
        if not ok:
            raise CheckFailed("other", name="the model's parameters cannot be read: is it an nn.Module?")
        return [{**p, "value": np.asarray(p["value"])} for p in found]

    def set_parameters(self, model: Handle, arrays: list[Any]) -> None:
        """Overwrite the parameters in order."""
        self._process.request("set_parameters", model, [np.asarray(a) for a in arrays])

    def gradients(self, model: Handle) -> list[np.ndarray | None]:
        """Return each parameter's gradient or None, in order."""
        found = self._process.request("gradients", model)
        if type(found) is not list or not all(g is None or isinstance(g, (np.ndarray, float)) for g in found):
            raise CheckFailed("other", name="the model's gradients cannot be read: is it an nn.Module?")
        return [None if g is None else np.asarray(g) for g in found]

    def training(self, model: Handle) -> list[bool]:
        """Return the training flag of every module."""
        found = self._process.request("training", model)
        if type(found) is not list or not all(type(f) is bool for f in found):
            raise CheckFailed("other", name="the model's modes cannot be read: is it an nn.Module?")
        return found

    def forward(self, model: Handle, x: Any, batch_size: int | None = None, dtype: str | None = None) -> Any:
        """Return the model's output in evaluation mode, without gradients.

        The model gets ``batch_size`` rows at a time, as ``dtype`` ("float32"): one-hot letters can be sent
        as bytes, a quarter of the numbers that the model reads.
        """
        argument = x if isinstance(x, Tensor) else Tensor(x)
        return self._process.request("forward", model, argument, batch_size, dtype)

    def load_weights(self, model: Handle, name: str) -> None:
        """Load a handed-in file into the model, or fail the check with the file's named fix."""
        name = os.path.basename(name)
        found = self._process.request("load_weights", model, name)
        if type(found) is list and not found:
            return
        known = type(found) is list and all(type(f) is str for f in found)
        if not known or found[0] not in messages.WEIGHTS:
            raise CheckFailed("other", name=messages.WEIGHTS["unreadable"])
        # The details are the student's word too, and may be shown for a hidden input: numbers and sizes only.
        slots = [f if _SIZES.fullmatch(f) else "?" for f in found[1:3]] + ["?", "?"]
        if found[0] == "missing":
            slots[0] = messages.safe(name, 60)
        raise CheckFailed("other", name=messages.WEIGHTS[found[0]].format(*slots))

    def vary_weights(self, model: Handle, name: str, seed: int = 1) -> str:
        """Load weights like the handed-in ones, but others, into the model; return the folder that holds their file."""
        found = self._process.request("vary_weights", model, os.path.basename(name), seed)
        if type(found) is not str:
            raise CheckFailed("other", name=messages.UNUSABLE)
        return found

    def files(self) -> list[tuple[str, int]]:
        """Return (name, size in bytes) of the handed-in files, without notebooks, as they were handed in."""
        found = self._process.request("files")
        ok = type(found) is list and all(
            isinstance(f, (list, tuple)) and len(f) == 2 and type(f[0]) is str and type(f[1]) is int
            for f in found
        )
        if not ok:
            raise CheckFailed("other", name=messages.UNUSABLE)
        return [(name, size) for name, size in found]

    def read_file(self, name: str) -> bytes:
        """Return a handed-in file's bytes (at most 32 MB), whatever the notebook did to its copy since."""
        content = self._process.request("read_file", name)
        if type(content) is not bytes:
            raise CheckFailed("other", name=messages.UNUSABLE)
        return content

    def run_script(
        self,
        script: str,
        arguments: list[str],
        *,
        files: dict[str, bytes] | None = None,
        outputs: tuple[str, ...] | list[str] = (),
        beside: str = "",
    ) -> ScriptRun:
        """Run a handed-in script in a fork, in a new folder that holds ``files``; see ``ScriptRun``.

        ``beside`` is a folder of ``vary_weights``: a copy of the script runs from there, without the notebook's files.
        A script that is not there fails the check and says so.
        """
        found = self._process.request(
            "run_script", script, list(arguments), dict(files or {}), list(outputs), beside
        )
        if type(found) is dict and found.get("found") is False:
            raise CheckFailed("other", name=messages.NO_SCRIPT.format(name=messages.safe(script, 60)))
        ok = (
            type(found) is dict
            and type(found.get("exit_code")) is int
            and -64 <= found["exit_code"] <= 255
            and type(found.get("line")) is int
            and type(found.get("error")) is list
            and all(type(n) is str for n in found["error"])
            and type(found.get("outputs")) is dict
            and all(type(content) is bytes for content in found["outputs"].values())
        )
        if not ok:
            raise CheckFailed("other", name=messages.UNUSABLE)
        error = messages.error_name(found["error"]) if found["error"] else ""
        left = {name: found["outputs"][name] for name in outputs if name in found["outputs"]}
        return ScriptRun(found["exit_code"], error, found["line"], left)
