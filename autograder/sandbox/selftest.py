"""Attack our own sandbox from inside and say what held (*trusted*; the probes run in the *sandbox*).

Theory of operation. A layer that reports itself active may still stop nothing: a container's profile, a
kernel option or a mistake of ours can see to that. So a child enters the sandbox as a student's process
would and then tries what a student could try: about fifty *attacks* on things planted for the purpose
(files, sockets, a sibling process, the process that started it), and a few *needs*, things that honest
code does and that must still work. Each attack names the layers each of which alone should stop it. An
attack that got through although one of them is active means a broken sandbox; one that got through where
none is active is the price of that host, for ``policy.decide`` to judge.

The probes are in ``autograder.sandbox.probes``, a module for each kind.
"""

# Descriptors, errors and /proc are the subject here, not paths.

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from autograder.errors import SandboxError
from autograder.sandbox import abilities, confine, identity, interpreter, policy, proc, reap, sweep
from autograder.sandbox.probes import files, kernel, limits, needs, processes, sockets
from autograder.sandbox.probes.attempt import Attempt, Canaries, Skipped

PROBE_S = 5
TOTAL_S = 60
GIB = 1 << 30
# In the order in which they run: what uses a limit up comes late, and what honest code needs must work after it all.
ATTEMPTS = tuple(
    probe
    for module in (files, processes, sockets, kernel, limits, needs)
    for probe in vars(module).values()
    if isinstance(probe, Attempt)
)


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of one attack or need. ``error`` is the errno's name, or a sentence if we failed."""

    name: str
    what: str
    need: bool
    stopped_by: tuple[str, ...]  # any of these alone; see _holds
    outcome: str  # blocked, allowed, skipped, error
    error: str
    broken: bool


@dataclass(frozen=True, slots=True)
class Report:
    """The layers that the child got, and what its probes found."""

    layers: dict[str, str]
    probes: list[Probe]


def _holds(layer: str, layers: Mapping[str, str]) -> bool:
    """Tell whether a layer, as an attack names it, is active.

    ``landlock:6``: from that ABI on. ``seccomp@same user``: the stricter filter of that mode.
    ``rlimits+memory``: active, also on that.
    """
    name, _, abi = layer.partition(":")
    name, _, mode = name.partition("@")
    name, _, part = name.partition("+")
    status = layers.get(name, "absent")
    if not status.startswith("active") or (part and part in status):
        return False
    if mode and not layers.get("uid", "").endswith(mode):
        return False
    return not abi or policy.landlock_abi(layers) >= int(abi)


def run_probes(
    enter_child: Callable[[], Mapping[str, str]], attempts: Sequence[Attempt] = ATTEMPTS
) -> Report:
    """Fork a child, let it enter the sandbox by ``enter_child``, and let it try everything.

    ``enter_child`` is called in a session of its own, with no descriptors but the standard three, on
    /dev/null; it returns the layers that it got. Its process has to be a fork of the caller.

    Raises
    ------
    SandboxError
        If the child did not get as far as its first probe.

    """
    with _planted() as canaries:
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            _probe_in_child(enter_child, attempts, canaries, writer)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            lines = _read_lines(pid, pipe.fileno())
        reap.reap_descendants(pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    if not lines or "layers" not in lines[0]:
        raise SandboxError(
            f"selftest: the child did not enter the sandbox: {lines[0]['failed'] if lines else ''}"
        )
    layers: dict[str, str] = lines[0]["layers"]
    done = {line["name"]: line for line in lines[1:]}
    probes = [_judge(attempt, done.get(attempt.name), layers) for attempt in attempts]
    return Report(layers, probes)


def _judge(attempt: Attempt, line: dict[str, str] | None, layers: Mapping[str, str]) -> Probe:
    line = line or {"outcome": "error", "error": "the child died before or during this probe"}
    outcome = line["outcome"]
    if attempt.need:
        broken = outcome not in ("allowed", "skipped")
    else:
        # One that could not be carried out shows nothing, so it may not pass for stopped.
        guarded = any(_holds(layer, layers) for layer in attempt.stopped_by)
        broken = guarded and outcome in ("allowed", "error")
    return Probe(attempt.name, attempt.what, attempt.need, attempt.stopped_by, outcome, line["error"], broken)


def _probe_in_child(
    enter_child: Callable[[], Mapping[str, str]], attempts: Sequence[Attempt], canaries: Canaries, writer: int
) -> NoReturn:
    def tell(message: dict[str, Any]) -> None:
        os.write(3, json.dumps(message).encode() + b"\n")

    try:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(writer, 3)
        for number in (0, 1, 2):
            os.dup2(null, number)
        os.closerange(4, 65536)
        signal.signal(signal.SIGALRM, _time_is_up)
        try:
            layers = dict(enter_child())
        except BaseException as error:  # noqa: BLE001  told to the parent
            tell({"failed": str(error)})
            os._exit(1)
        tell({"layers": layers})
        canaries = replace(canaries, same_user=layers.get("uid", "").endswith("same user"))
        for attempt in attempts:
            tell(_carry_out(attempt, canaries))
    finally:
        os._exit(0)


def _carry_out(attempt: Attempt, canaries: Canaries) -> dict[str, str]:
    outcome, text = "allowed", ""
    signal.alarm(PROBE_S)
    try:
        attempt.run(canaries)
    except OSError as error:
        text = errno.errorcode.get(error.errno or 0, str(error))
        outcome = "allowed" if error.errno in attempt.reached else "blocked"
    except Skipped as reason:
        outcome, text = "skipped", str(reason)
    except MemoryError:
        outcome, text = "blocked", "ENOMEM"
    except Exception as error:  # noqa: BLE001  a probe of ours is at fault
        outcome, text = "error", f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
    return {"name": attempt.name, "outcome": outcome, "error": text}


def _time_is_up(*_: object) -> None:
    raise RuntimeError(f"no end within {PROBE_S} s")


def _read_lines(pid: int, fd: int) -> list[dict[str, Any]]:
    # Until end of file, or until the child is dead: what it forked may hold the pipe open for good.
    os.set_blocking(fd, False)
    data = b""
    end = time.monotonic() + TOTAL_S
    while time.monotonic() < end:
        over = proc.is_zombie(pid)  # asked before reading, so that nothing written earlier is missed
        try:
            chunk = os.read(fd, 1 << 16)
        except BlockingIOError:
            if over:
                break
            proc.wait_for_exit(pid, 0.005)
            continue
        if not chunk:
            break
        data += chunk
    return [json.loads(line) for line in data.splitlines() if line.endswith(b"}")]


@contextlib.contextmanager
def _planted() -> Iterator[Canaries]:
    base = Path(tempfile.mkdtemp(prefix="autograder-selftest-", dir=_short_folder()))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, base, ignore_errors=True)
        base.chmod(0o755)
        for name, mode in (("shared", 0o644), ("private", 0o600), ("private2", 0o600), ("writable", 0o666)):
            (base / f"{name}.txt").write_text("canary")
            (base / f"{name}.txt").chmod(mode)
        (base / "open").mkdir()
        (base / "open").chmod(0o777)
        (base / "closed").mkdir(mode=0o700)
        abstract = f"\0autograder-{secrets.token_hex(8)}".encode()
        for address in (str(base / "socket"), str(base / "closed/socket"), abstract):
            _listen(stack, socket.AF_UNIX, address)
            if isinstance(address, str):
                os.chmod(address, 0o777)  # noqa: S103  the bait
        port = 0
        with contextlib.suppress(OSError):
            port = _listen(stack, socket.AF_INET, ("127.0.0.1", 0)).getsockname()[1]
        sibling = _start_sibling(stack)
        program = b""
        with contextlib.suppress(OSError):
            program = Path("/bin/true").read_bytes()
        yield Canaries(str(base), os.getpid(), sibling, abstract, port, program)


def _short_folder() -> str:
    """Return a folder for sockets, whose names have 107 bytes at most: a cluster's temporary folder can use them up."""
    own = tempfile.gettempdir()
    room = 107 - len("/autograder-selftest-12345678/closed/socket")
    usable = [f for f in (own, "/tmp", "/dev/shm") if len(os.fsencode(f)) <= room and os.access(f, os.W_OK)]
    return usable[0] if usable else own


def _listen(
    stack: contextlib.ExitStack, family: int, address: str | bytes | tuple[str, int]
) -> socket.socket:
    server = stack.enter_context(socket.socket(family))
    server.bind(address)
    server.listen()
    return server


def _start_sibling(stack: contextlib.ExitStack) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            os.closerange(3, 65536)
            time.sleep(TOTAL_S)
        finally:
            os._exit(0)

    def end() -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

    stack.callback(end)
    return pid


# -- by itself -----------------------------------------------------------------------------------------------


def selftest(
    *,
    disabled: frozenset[str] = frozenset(),
    same_user: bool = False,
    jail: str | None = None,
    interpreter: str = sys.executable,
) -> dict[str, Any]:
    """Run every probe in a fresh, clean Python without torch, and judge the host; the result is plain data.

    ``layers``, ``decision`` (``allowed``, ``warnings``, ``refusal``), ``probes`` (one mapping each) and
    ``broken``: the names of probes that show an active layer not to hold, or an honest need unmet.

    Parameters
    ----------
    disabled
        Layers to leave out, to see what then gets through.
    same_user
        Keep our user id even where it could be changed.
    jail
        A prepared root folder to enter.
    interpreter
        The Python that students' processes use, if it is not this one.

    Raises
    ------
    SandboxError
        If the probes could not be run at all.

    """
    options = {"disabled": sorted(disabled), "same_user": same_user, "jail": jail}
    source = str(Path(__file__).resolve().parents[2])
    code = "import sys; sys.path.insert(0, sys.argv[1]); from autograder.sandbox.selftest import main; main()"
    done = subprocess.run(
        [interpreter, "-I", "-B", "-c", code, source, json.dumps(options)],
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=2 * TOTAL_S,
        check=False,
    )
    if done.returncode:
        raise SandboxError(
            f"selftest: {interpreter} ended with {done.returncode}: {done.stderr.decode()[-1000:]}"
        )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def main() -> None:
    """Run as the child program of ``selftest``: options in argv, the result on stdout."""
    options = json.loads(sys.argv[2])
    sys.stdout.write(json.dumps(_run(**options)) + "\n")


def _run(*, disabled: list[str], same_user: bool, jail: str | None) -> dict[str, Any]:
    started = time.perf_counter()
    offered = abilities.probe()
    uid = identity.draw_uid() if offered["uid"].startswith("active") and not same_user else None
    work = tempfile.mkdtemp(prefix="autograder-work-", dir=f"{jail}/tmp" if jail else None)
    try:
        if uid is not None:
            os.chown(work, uid, uid)
        rules = policy.Policy(
            work,
            uid,
            interpreter.readable_paths(),
            address_space_bytes=4 * GIB,
            cpu_s=30,
            jail=jail,
            disabled=frozenset(disabled),
        )
        report = run_probes(lambda: {**confine.enter(rules), "environment": "active"})
    finally:
        if uid is not None:
            reap.reap_uid(uid)
            sweep.sweep(uid)
        sweep.remove_tree(work)
    layers = {**report.layers, "network": offered["network"]}
    decision = policy.decide(layers)
    return {
        "layers": layers,
        "decision": {
            "allowed": decision.allowed,
            "warnings": list(decision.warnings),
            "refusal": decision.refusal,
        },
        "probes": [{name: getattr(probe, name) for name in Probe.__slots__} for probe in report.probes],
        "broken": [probe.name for probe in report.probes if probe.broken],
        "elapsed_s": round(time.perf_counter() - started, 3),
    }
