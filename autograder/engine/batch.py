"""Grade many hand-ins: one engine per core, results as they come (*trusted*)."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any, NoReturn

from autograder.bundle import read_bundle
from autograder.engine import imports
from autograder.engine.grade import Engine
from autograder.errors import AutograderError, SandboxError
from autograder.messages import OURS
from autograder.model import GradingResult
from autograder.sandbox.launcher import Limits, end_with_parent

CLOSE_S = 15  # for a worker that was told to end; without it, what it started ends by itself


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

    def open(self, *, warm: bool) -> Engine:
        """Start an engine."""
        limits = Limits(memory_bytes=self.memory_bytes) if self.memory_bytes else None
        return Engine(
            self.bundle_folder,
            limits=limits,
            time_limits=self.time_limits,
            warm=warm,
            disabled=self.disabled,
            trust=self.trust,
        )


_engine: Engine | None = None
_fault = "the worker has no engine"


def _start(options: EngineOptions) -> None:
    global _engine, _fault
    # A pool's workers do not notice that the program that started them was ended: they would wait, each with an
    # engine, for ever. The kernel tells them.
    signal.signal(signal.SIGTERM, _end_worker)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})  # whatever our caller blocks is inherited
    end_with_parent()
    try:
        _engine = options.open(warm=True)
    except Exception as error:  # noqa: BLE001  told with the first hand-in: a pool that does not start says nothing
        _fault = f"{type(error).__name__}: {error}"
    else:
        Finalize(None, _engine.close, exitpriority=10)


def _end_worker(*_: object) -> NoReturn:
    # The pool and the kernel may both send one. A second handler inside the first's ``close`` would wait for ever for
    # a lock that the first holds; and the first may itself have come in between such a wait: hence the alarm.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(CLOSE_S)
    if _engine is not None:
        with contextlib.suppress(Exception):
            _engine.close()
    os._exit(128 + signal.SIGTERM)


@contextlib.contextmanager
def _closing_when_ended() -> Iterator[None]:
    """Take SIGTERM as an exit, so that what is open is closed; only the main thread may say so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(*_: object) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # until all is closed
        raise SystemExit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, leave)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _grade(folder: Path) -> GradingResult:
    if _engine is None:
        raise SandboxError(_fault)
    return _grade_with(_engine, folder)


def _grade_with(engine: Engine, folder: Path) -> GradingResult:
    """Grade; whatever the engine raises is a result of this hand-in's, and the next one finds it anew."""
    try:
        return engine.grade(folder)
    except Exception as error:  # noqa: BLE001  one hand-in never costs another
        with contextlib.suppress(Exception):
            engine.restart()
        return not_graded(engine.bundle.folder, f"{type(error).__name__}: {error}"[:2000])


def grade_many(
    options: EngineOptions,
    jobs: list[Job],
    *,
    workers: int | None = None,
    start: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Job, GradingResult]]:
    """Yield (job, result) as hand-ins are finished; a lost worker costs nobody a result.

    ``workers`` defaults to one per core that this process may use. With one job, or one worker, all
    happens in this process.

    Raises
    ------
    AutograderError
        If no engine can be started here; nothing more is graded.
    """
    count = min(workers or len(os.sched_getaffinity(0)), len(jobs))
    if count <= 1:
        if jobs:
            with _closing_when_ended(), options.open(warm=len(jobs) > 1) as engine:
                start()
                for job in jobs:
                    yield job, _grade_with(engine, job.folder)
        return
    imports.require(read_bundle(options.bundle_folder))  # once, here: a worker could only say it per hand-in
    waiting = {job.name: job for job in jobs}
    with _workers(count, options) as pool:
        start()
        futures = {}
        with contextlib.suppress(BrokenProcessPool):
            for job in jobs:
                futures[pool.submit(_grade, job.folder)] = job
        for future in as_completed(futures):
            try:
                result = future.result()
            except BrokenProcessPool:  # everybody's hand-in is lost with it: see below
                continue
            except AutograderError:  # no engine
                raise
            except Exception as error:  # noqa: BLE001  a result that could not travel, for one
                result = not_graded(options.bundle_folder, f"{type(error).__name__}: {error}"[:2000])
            yield waiting.pop(futures[future].name), result
    while waiting:  # one at a time: now it is known whose hand-in a worker is lost with
        with _workers(1, options) as pool:
            for job in list(waiting.values()):
                del waiting[job.name]
                try:
                    result = pool.submit(_grade, job.folder).result()
                except BrokenProcessPool as error:
                    yield job, not_graded(options.bundle_folder, f"a worker was lost, twice: {error}")
                    break
                except AutograderError:
                    raise
                except Exception as error:  # noqa: BLE001
                    result = not_graded(options.bundle_folder, f"{type(error).__name__}: {error}"[:2000])
                yield job, result


@contextlib.contextmanager
def _workers(count: int, options: EngineOptions) -> Iterator[ProcessPoolExecutor]:
    """Start processes with an engine each; on an error nobody waits for what they are at."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=_start, initargs=(options,)) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


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
