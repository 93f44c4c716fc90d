"""Grade many hand-ins: one engine per core, results as they come (*trusted*).

Each worker is a process with an engine, a pipe, and one hand-in at a time: so it is known at every moment who is being
graded and for how long, a lost worker costs its own hand-in only, and all of them can be ended at once. Ctrl-C in a
terminal is for the program that started them: they are in process groups of their own and are told by it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NoReturn

from autograder import interrupts
from autograder.bundle import read_bundle
from autograder.engine import imports
from autograder.engine.grade import MARGIN_S, START_S, Engine
from autograder.engine.several import Several, open_engine
from autograder.errors import AutograderError, SandboxError
from autograder.messages import OURS
from autograder.model import GradingResult
from autograder.sandbox.launcher import Limits, end_with_parent

CLOSE_S = 15  # for a worker that has nothing more to do; without it, what it started ends by itself
STOP_S = 2.5  # for workers that are interrupted: the command ends within 5 s
TICK_S = 0.5  # how often ``watch`` is called
STUCK_S = (
    2 * START_S + 60
)  # for an engine's start, and beyond a hand-in's own limit: then a silent worker is ended
TRIES = 2  # of a hand-in whose worker is lost, and of a worker that does not start

Watch = Callable[[Mapping[str, float]], None]  # who is being graded, and for how many seconds


@dataclass(frozen=True, slots=True)
class Job:
    """One hand-in to grade: a name that comes back with the result, and its folder."""

    name: str
    folder: Path


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How the workers make their engines; ``Engine`` explains each."""

    bundle_folder: Path
    time_limits: dict[str, float] | None = None
    memory_bytes: int | None = None
    disabled: frozenset[str] = frozenset()
    trust: bool = False
    foreign_both: bool = False

    def open(self, *, warm: bool) -> Engine | Several:
        """Start an engine."""
        limits = Limits(memory_bytes=self.memory_bytes) if self.memory_bytes else None
        return open_engine(
            self.bundle_folder,
            limits=limits,
            time_limits=self.time_limits,
            warm=warm,
            disabled=self.disabled,
            trust=self.trust,
            foreign_both=self.foreign_both,
        )


_context = multiprocessing.get_context("spawn")


class _Worker:
    """A process with an engine, seen from the program that started it."""

    def __init__(self, options: EngineOptions, *, warm: bool) -> None:
        self.connection, theirs = _context.Pipe()
        arguments = (theirs, options, warm, os.getpid())
        self.process = _context.Process(target=_serve, args=arguments, daemon=True)
        self.ready = False
        self.job: Job | None = None
        self.since = time.monotonic()
        # It starts with them blocked: a Ctrl-C while it imports would be a traceback beside ours.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()

    def take(self, job: Job) -> None:
        """Give it a hand-in; if it is gone, that is seen when its answer is read."""
        self.job, self.since = job, time.monotonic()
        with contextlib.suppress(OSError):
            self.connection.send(job.folder)

    def answer(self) -> Any:
        """Return what it sent: None (it is ready), an exception (it has no engine) or a result; or that it is lost."""
        try:
            return self.connection.recv()
        except Exception as error:  # noqa: BLE001  the end of its pipe, or bytes that are no answer
            self.kill()
            return _Lost(f"exit code {self.process.exitcode}; {type(error).__name__}")

    def kill(self) -> None:
        """End it without asking; what it started ends by itself."""
        self.process.kill()
        self.process.join(1.0)  # a dead disk may keep it
        self.connection.close()

    @property
    def seconds(self) -> float:
        """How long it has been at what it is at."""
        return time.monotonic() - self.since


@dataclass(frozen=True, slots=True)
class _Lost:
    """A worker has ended, or is ended, without an answer."""

    how: str


def _serve(connection: Connection, options: EngineOptions, warm: bool, parent: int) -> None:
    """Be a worker: open an engine, say so, and answer each hand-in's folder with its result."""
    engine: Engine | Several | None = None

    def end(*_: object) -> NoReturn:
        # Our program and the kernel may both send one. A second handler inside the first's ``close`` would wait for
        # ever for a lock that the first holds; and the first may itself have come in between such a wait: hence the
        # alarm.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(CLOSE_S)
        if engine is not None:
            with contextlib.suppress(Exception):
                engine.close()
        os._exit(128 + signal.SIGTERM)

    os.setpgid(0, 0)
    signal.signal(
        signal.SIGINT, lambda *_: None
    )  # and not SIG_IGN, which programs that we start would inherit
    signal.signal(signal.SIGTERM, end)
    signal.pthread_sigmask(
        signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM}
    )  # what a caller blocks is inherited
    # A worker does not notice that the program that started it was ended: the kernel tells it.
    end_with_parent()
    if os.getppid() != parent:
        return
    try:
        engine = options.open(warm=warm)
    except Exception as error:  # noqa: BLE001
        told = (
            error if isinstance(error, AutograderError) else SandboxError(f"{type(error).__name__}: {error}")
        )
        connection.send(told)
        return
    with contextlib.suppress(OSError, EOFError), contextlib.closing(engine):
        connection.send(None)
        while True:
            result = _grade_with(engine, connection.recv())
            try:
                connection.send(result)
            except OSError:
                raise
            except Exception as error:  # noqa: BLE001  a result that cannot travel
                connection.send(not_graded(engine.bundle.folder, f"{type(error).__name__}: {error}"[:2000]))


def _grade_with(engine: Engine | Several, folder: Path) -> GradingResult:
    """Grade; whatever the engine raises is a result of this hand-in's, and the next one finds it anew."""
    try:
        return engine.grade(folder)
    except Exception as error:  # noqa: BLE001  one hand-in never costs another
        with contextlib.suppress(Exception):
            engine.restart()
        return not_graded(engine.bundle.folder, f"{type(error).__name__}: {error}"[:2000])


def cores() -> int:
    """Return how many hand-ins are graded at a time by default: one per core that this process may use."""
    return len(os.sched_getaffinity(0))


def grade_many(
    options: EngineOptions,
    jobs: list[Job],
    *,
    workers: int | None = None,
    watch: Watch = lambda _running: None,
) -> Generator[tuple[Job, GradingResult], None, None]:
    """Yield (job, result) as hand-ins are finished; a lost worker costs nobody a result.

    ``workers`` defaults to one per core that this process may use. ``watch`` is told at least every ``TICK_S`` who is
    being graded. Whoever stops early closes the iterator (``contextlib.closing``), or is interrupted in it: then
    every worker ends within ``STOP_S``.

    Raises
    ------
    AutograderError
        If no engine can be started here; nothing more is graded.
    """
    if not jobs:
        return
    bundle = read_bundle(options.bundle_folder)
    imports.require(bundle)  # once, here: a worker could only say it per hand-in
    times = {"run_s": 540.0, **bundle.limits, **(options.time_limits or {})}
    stuck_s = (times["run_s"] + MARGIN_S + STUCK_S) * max(1, len(bundle.notebooks))
    count = min(workers or cores(), len(jobs))
    # Else whoever inherits this could not be ended.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    waiting, tries, pool = deque(jobs), Counter[Job | None](), list[_Worker]()
    try:
        while waiting or any(worker.job for worker in pool):
            while len(pool) < min(count, len(waiting) + sum(worker.job is not None for worker in pool)):
                with interrupts.held():
                    pool.append(_Worker(options, warm=len(jobs) > 1))
            for worker in pool:
                if worker.ready and worker.job is None and waiting:
                    worker.take(waiting.popleft())
            watch({worker.job.name: worker.seconds for worker in pool if worker.job is not None})
            for worker, answer in _answers(pool, stuck_s):
                job, worker.job = worker.job, None
                if isinstance(answer, GradingResult) and job is not None:
                    yield job, answer
                    continue
                if answer is None:
                    worker.ready = True
                    continue
                pool.remove(worker)
                tries[job] += 1
                if isinstance(answer, Exception):  # it has no engine; the others may have one
                    count -= 1
                    if not count:
                        raise answer
                elif job is None and tries[job] >= TRIES * count:
                    raise SandboxError(f"workers end before they are ready: {answer.how}")
                elif job is not None and tries[job] < TRIES:
                    waiting.appendleft(job)
                elif job is not None:
                    yield job, not_graded(options.bundle_folder, f"a worker was lost, twice: {answer.how}")
        _end(pool, CLOSE_S, at_once=False)
    except BaseException:
        _end(pool, STOP_S, at_once=True)
        raise


def _answers(pool: list[_Worker], stuck_s: float) -> Iterator[tuple[_Worker, Any]]:
    """Yield what workers sent within a tick; one that is at the same thing for too long is ended."""
    ready = wait([worker.connection for worker in pool], TICK_S)
    for worker in list(pool):
        if worker.connection in ready:
            yield worker, worker.answer()
        elif worker.seconds > (limit_s := stuck_s if worker.ready else STUCK_S) and (
            worker.job or not worker.ready
        ):
            worker.kill()
            yield worker, _Lost(f"no answer within {limit_s:.0f} s")


def _end(pool: list[_Worker], limit_s: float, *, at_once: bool) -> None:
    """End the workers, which close their engines; whoever has not ended by the limit is killed."""
    end = time.monotonic() + limit_s
    try:
        for worker in pool:
            if at_once:
                worker.process.terminate()
            else:
                worker.connection.close()
        for worker in pool:
            worker.process.join(max(0.0, end - time.monotonic()))
    finally:
        for worker in pool:
            worker.kill()


def not_graded(bundle_folder: Path, staff_note: str, **extra: Any) -> GradingResult:
    """Return the result of a hand-in that we could not even start to grade."""
    bundle = read_bundle(bundle_folder)
    return GradingResult(
        assignment=bundle.assignment,
        graded=False,
        questions=bundle.questions,
        checks=(),
        notices=(OURS,),
        staff_notes=(staff_note,),
        extra={"bundle_digest": bundle.digest, **extra},
    )
