"""Where tests that are judged outside run: a process of its own, forked for each from one with their libraries (*trusted*).

The desk holds the bundle's tests and nothing else of its secrets, has a user id of its own, and meets no student: a
forked copy has one socket, to the grader, which passes on what the test asks of the student's process and decides
what a verdict means. A test that ends its process, changes a library or does not end costs only itself.
"""

from __future__ import annotations

import ast
import ctypes
import importlib
import json
import mmap
import os
import random
import resource
import select
import signal
import socket
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from autograder.errors import AutograderError, WireError
from autograder.foreign import FILE, Foreign, ForeignTest, read_foreign
from autograder.judge.foreign_handles import NOTED
from autograder.judge.foreign_session import Session
from autograder.sandbox import channel, seccomp, test_code, wire

ROOM_BYTES = 3 << 30
LIBRARIES = ("torch", "pandas", "PIL")  # whose values cross as such where the desk has them


class Names(test_code.Names):
    """The test's namespace, in which unknown names are asked of the student's process."""

    def __init__(
        self, session: Session, test: ForeignTest, known: list[str], ours: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(test.judged, binds=test.binds)
        self.ours = ours - self.judged  # where one of them cannot be had here, no student's stands in for it
        self._session, self._known = session, known
        self._kept: dict[str, Any] = {}
        self.missing = ""

    def fetch(self, name: str) -> Any:
        if name in self._kept:
            return self._kept[name]
        if name in self.ours or (name[:2] == "__" and name not in self._known):
            raise KeyError(name)
        try:
            value = self._session.request("get", name)
        except NameError as error:
            if "_student" not in vars(error):
                raise
            self.missing = name
            raise KeyError(name) from None
        if callable(value):  # a function or a class: no test expects another one at its next call
            self._kept[name] = value
        return value

    def store(self, name: str, value: Any) -> None:
        self._kept.pop(name, None)
        self._session.bound[name] = value
        if name in self._session.unbound:
            self._session.unbound.remove(name)

    def remove(self, name: str) -> None:
        if name not in self._session.bound and name not in self._session.request("names"):
            raise KeyError(name)
        self._kept.pop(name, None)
        self._session.bound.pop(name, None)
        self._session.unbound.append(name)

    def tree(self, tree: ast.Module) -> ast.Module:
        _Types().visit(tree)
        return ast.fix_missing_locations(tree)

    def others(self) -> list[str]:
        gone = self._session.unbound
        return [n for n in self._known if n not in gone]


class _Types(ast.NodeTransformer):
    """Writes ``type(x) is C`` as ``type(x) == C``: a class of the student's has more than one stand-in here."""

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if len(node.ops) == 1 and isinstance(node.ops[0], (ast.Is, ast.IsNot)):
            left, right = _type_of(node.left), _type_of(node.comparators[0])
            if left is not None or right is not None:
                node.ops = [ast.Eq() if isinstance(node.ops[0], ast.Is) else ast.NotEq()]
                # The one whose class is ours comes first: it is the one that is asked.
                pair = (left, right or node.comparators[0]) if left is not None else (right, node.left)
                node.left, node.comparators = pair[0], [pair[1]]  # type: ignore[assignment]
        return node


def _type_of(node: ast.expr) -> ast.expr | None:
    """Return ``type(x)`` for ``type(x)`` and ``x.__class__``; None for anything else."""
    if isinstance(node, ast.Attribute) and node.attr == "__class__":
        return ast.copy_location(ast.Call(ast.Name("type", ast.Load()), [node.value], []), node)
    is_type = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "type" and len(node.args) == 1
    return node if is_type else None


def judge(foreign: Foreign, test: ForeignTest, session: Session) -> dict[str, Any]:
    """Run one test and say how it ended, in plain data; what of it a student may read is the grader's to decide."""
    known = session.request("hello", [n for n in {*LIBRARIES, *foreign.libraries} if n in sys.modules])
    listed = [n for n in known if type(n) is str] if type(known) is list else []
    by_name = {(t.question, t.name): t for t in foreign.tests}

    def names_of(one: ForeignTest) -> Names:
        names = Names(session, one, listed, frozenset(foreign.modules))
        with names.apart():
            for name, place in foreign.modules.items():
                with suppress(Exception, SystemExit):  # then the test says so
                    names[name] = find(place)
            test_code.define(foreign.definitions, names)
            for key in one.builds_on:
                if key in by_name:
                    test_code.define(by_name[key].code, names)
        return names

    before = [by_name[key] for key in test.follows if key in by_name]
    row = test_code.in_a_row([*map(_plain, before), _plain(test)])
    for one, plan in zip(before, row, strict=False):
        with (names := names_of(one)).apart():
            test_code.run(plan, names)
    names = names_of(test)
    session.asked, session.used = 0, {NOTED} if session.proving else set()
    ending = test_code.run(row[-1], names)
    if session.broken is not None:
        raise session.broken
    return {**_report(ending, names), "asked": session.asked, "words": sorted(session.used)}


def _words(foreign: Foreign, test: ForeignTest) -> tuple[str, ...] | None:
    """Return the operators of the notebook's objects that a test, and those that run before it, may ask for."""
    if test.words is None or not test.follows:
        return test.words
    before = [one.words or () for one in foreign.tests if (one.question, one.name) in test.follows]
    return tuple(sorted({*test.words, *(word for words in before for word in words)}))


def _watch_seeds(session: Session) -> None:
    """Tell the session when the test seeds a generator; this process is the test's alone."""
    torch: Any = sys.modules.get("torch")
    owners: list[tuple[Any, str, str]] = [(random, "seed", "python"), (np.random, "seed", "numpy")]
    if torch is not None and hasattr(torch, "manual_seed"):
        owners += [(torch, "manual_seed", "torch"), (torch.random, "manual_seed", "torch")]
    for owner, name, kind in owners:
        original = getattr(owner, name)

        def seed(*arguments: Any, original: Any = original, kind: str = kind, **named: Any) -> Any:
            session.seeded(kind)
            return original(*arguments, **named)

        setattr(owner, name, seed)


def _plain(test: ForeignTest) -> dict[str, Any]:
    return {
        "code": test.code,
        "examples": [{"source": e.source, "want": e.want} for e in test.examples],
        "call": test.call,
        "partial": test.partial,
        "seed": test.seed,
    }


def _report(ending: test_code.Ending, names: Names) -> dict[str, Any]:
    error, value = ending.error, ending.value
    report: dict[str, Any] = {
        "passed": ending.passed,
        "value": None,
        "names": [],
        "text": "",
        "student": None,
    }
    report["output"], report["missing"], report["where"] = ending.output, "", ""
    if (
        ending.has_value
        and isinstance(value, (int, float, np.integer, np.floating))
        and not isinstance(value, bool)
    ):
        report["value"] = float(value)
    if error is not None:
        student = vars(error).get("_student")
        report["names"] = [c.__name__ for c in type(error).__mro__[:8]]
        report["text"] = _text(error)
        report["student"] = list(student[:2]) if student else None
        if isinstance(error, NameError):
            report["missing"] = names.missing
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == test_code.FILE]
        report["where"] = f"line {lines[-1]} of the test" if lines and lines[-1] else ""
    return report


def _text(error: BaseException) -> str:
    with suppress(Exception):
        return str(error)[:1000].encode("utf-8", "backslashreplace").decode()
    return ""


def find(place: str) -> Any:
    """Return the module, or the thing in one, that a name of the notebook stands for (``numpy.testing:assert_allclose``)."""
    module, _, path = place.partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split(".") if path else ():
        found = getattr(found, part)
    return found


# -- the process -----------------------------------------------------------------------------------------


def _serve(fds: list[int], foreign: Foreign) -> None:
    """Answer one request of the grader's: run the test that it names. Never returns."""
    arena = mmap.mmap(fds[1], os.fstat(fds[1]).st_size)
    os.close(fds[1])
    line = channel.Channel(socket.socket(fileno=fds[0]), arena)

    def receive() -> Any:
        tree, buffers = line.receive()
        return wire.decode(tree, buffers, lambda _, array: array, _no_handles)

    def exchange(message: list[Any]) -> Any:
        line.send(wire.encode(message, None, line.arena))
        return receive()

    question, name, patience_s, computing_s, proving, follows = receive()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # which ends us
    signal.setitimer(signal.ITIMER_REAL, float(patience_s))
    _limit(resource.RLIMIT_CPU, int(computing_s))
    test = next(t for t in foreign.tests if (t.question, t.name) == (question, name))
    test = test if follows is True else replace(test, follows=())
    session = Session(exchange, _words(foreign, test), proving=proving is True)
    session.own = _beside(Path.cwd())
    _watch_seeds(session)
    try:
        report = judge(foreign, test, session)
        line.send(wire.encode(["done", report], None, line.arena))
    except AutograderError as error:
        kind = "odd" if isinstance(error, WireError) else "lost"
        with suppress(AutograderError):
            line.send(wire.encode([kind, f"{type(error).__name__}: {error}"[:500]], None, line.arena))
    os._exit(0)


def _beside(folder: Path) -> frozenset[str]:
    """Return the modules that have been imported from a folder, by the name that an import of theirs begins with."""
    files = ((name, getattr(module, "__file__", None)) for name, module in list(sys.modules.items()))
    return frozenset(name.split(".")[0] for name, file in files if file and folder in Path(file).parents)


def _no_handles(_: wire.HandleId) -> Any:
    raise WireError(wire.Refusal.HANDLE, "handle", 0)


def _limit_memory() -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    _limit(resource.RLIMIT_AS, used + ROOM_BYTES)


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _prepare(foreign: Foreign) -> str:
    """Import what the tests use; return what could not be."""
    missing = []
    for name in foreign.libraries:
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001  a library may raise anything
            missing.append(f"{name}: {type(error).__name__}: {error}")
    sys.path.insert(0, str(Path.cwd()))  # as in the notebook; the files beside it are the instructor's
    for place in foreign.modules.values():
        with suppress(Exception, SystemExit):
            find(place)
    torch: Any = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "set_num_threads"):
        torch.set_num_threads(1)
    return "; ".join(missing)[:2000]


def main() -> None:
    """Run as ``python -I -m autograder.judge.desk CONTROL OPTIONS``."""
    control = socket.socket(fileno=int(sys.argv[1]))
    options = json.loads(sys.argv[2])
    if options["uid"] is not None:
        os.setgroups([])
        os.setresgid(*[options["uid"]] * 3)
        os.setresuid(*[options["uid"]] * 3)
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE, as for the grader
    os.chdir(options["folder"])
    foreign = read_foreign(Path(options["tests"]))
    assert foreign is not None
    missing = _prepare(foreign)
    Path(options["tests"], FILE).unlink()  # nobody reads them here any more
    control.send(json.dumps({"ready": not missing, "missing": missing}).encode())
    child, line = 0, -1
    while True:
        if child:
            line = _watch(child, line, control)
        data, fds, _, _ = socket.recv_fds(control, 1 << 16, 4)
        if child:  # one test at a time: what the last one left has no reader
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            _close(line)
        if not data:
            return
        line = os.dup(fds[0])
        child = os.fork()
        if child == 0:
            try:
                control.close()
                os.close(line)
                ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
                _limit_memory()
                _confine()
                _serve(fds, foreign)
            except BaseException:  # noqa: BLE001  for the log that staff sees
                traceback.print_exc()
            finally:
                os._exit(70)
        for fd in fds:
            os.close(fd)


def _watch(child: int, line: int, control: socket.socket) -> int:
    """Wait for the next order; tell the grader on the test's line if that test used up its time. Return what is open of it.

    What computes in C (``sum(range(10**18))``) notices no signal: the kernel ends it, and only its parent learns why.
    """
    try:
        fd = os.pidfd_open(child)
    except (OSError, AttributeError):  # an old kernel: the grader's patience ends the test
        _close(line)
        return -1
    try:
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        poll.register(control, select.POLLIN)
        if not any(number == fd for number, _ in poll.poll()):
            return line
    finally:
        os.close(fd)
    ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    if ended is not None and ended.si_code == os.CLD_KILLED and ended.si_status == signal.SIGXCPU:
        with suppress(AutograderError, OSError):
            channel.Channel(socket.socket(fileno=os.dup(line))).send(
                wire.encode(["spent", ""]), time.monotonic() + 5
            )
    _close(line)
    return -1


def _close(fd: int) -> None:
    if fd >= 0:
        os.close(fd)


def _confine() -> None:
    """Run no programs and reach no network, whatever a value of the student's could have a test do."""
    seccomp.prctl(seccomp.PR_SET_NO_NEW_PRIVS, 1)
    with suppress(OSError, AutograderError):  # a kernel, or a machine, that has none
        seccomp.install()


if __name__ == "__main__":
    main()
