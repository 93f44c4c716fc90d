"""Dask's workers grade, on as many machines as there are (*trusted*).

The scheduler is Dask's, the order is ours: each worker process gets one hand-in at a time, by its address. So it is known
at every moment who is at what, a worker that is lost costs its own hand-in only, and that one is tried once elsewhere,
whatever the scheduler's own settings for failed work are. Bundle and hand-in go to a worker as bytes, by their digest;
what comes back through the scheduler is our JSON. Dask itself pickles the name of ``answer`` below, and nothing else of ours.
"""

from __future__ import annotations

import logging
import queue
import re
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.bundle import read_bundle
from autograder.engine import imports, parcels, remote
from autograder.engine.batch import EngineOptions, Job
from autograder.engine.executors import Executor, Opener, Watch, WorkersLost
from autograder.engine.grade import MARGIN_S, START_S
from autograder.errors import SandboxError, UsageError
from autograder.model import GradingResult

TICK_S = 0.5  # how often it is looked which workers there are
CONNECT_S = 15
NO_WORKER_S = 180.0  # for which a scheduler without a worker is waited for: a cluster may be starting
STUCK_S = 2 * START_S + 60  # beyond a hand-in's own limit, after which a worker that says nothing is given up
TRIES = 2  # of a hand-in whose worker is lost
RESENT = 3  # times that a worker may ask again for what it has lost

Say = Callable[[str], None]


def answer(message: bytes) -> bytes:
    """Be the worker: what Dask calls in its process, by name."""
    from distributed import get_worker

    return remote.answer(message, Path(get_worker().local_directory))


@dataclass(slots=True)
class _Slot:
    """A worker process, seen from here: what it has, and what it is at."""

    address: str
    has: set[str] | None = None  # digests of parcels; None: it was not greeted yet
    job: Job | None = None
    parcel: parcels.Parcel | None = None
    since: float = field(default_factory=time.monotonic)
    asked: Any = None  # Dask's future, while we wait for an answer
    resent: int = 0


class DaskExecutor:
    """An ``Executor`` on a Dask scheduler; see the module."""

    def __init__(self, client: Any, options: EngineOptions, *, workers: int | None, say: Say) -> None:
        self.client, self.options, self.limit, self.say = client, options, workers, say
        self.address = str(client.scheduler.address)
        self.bundle = parcels.pack_bundle(options.bundle_folder)
        times = {"run_s": 540.0, **read_bundle(options.bundle_folder).limits, **(options.time_limits or {})}
        self.stuck_s = times["run_s"] + MARGIN_S + STUCK_S
        self.waiting: deque[Job] = deque()
        self.futures: dict[str, Future[GradingResult]] = {}
        self.tries = Counter[str]()
        self.slots: dict[str, _Slot] = {}
        self.left_out: dict[str, str] = {}  # address: why it grades nothing
        self.done: queue.SimpleQueue[tuple[_Slot, Any]] = queue.SimpleQueue()
        self.alone_since: float | None = None

    # -- the interface -----------------------------------------------------------------------------

    def submit(self, job: Job) -> Future[GradingResult]:
        """Take a hand-in; see ``Executor``."""
        future: Future[GradingResult] = Future()
        self.waiting.append(job)
        self.futures[job.name] = future
        return future

    def as_completed(
        self, futures: Iterable[Future[GradingResult]], watch: Watch
    ) -> Iterator[Future[GradingResult]]:
        """Yield the futures as they are done; see ``Executor``."""
        left = set(futures)
        looked = 0.0
        while left:
            if time.monotonic() - looked > TICK_S:
                self._look()
                looked = time.monotonic()
            self._hand_out()
            watch({s.job.name: time.monotonic() - s.since for s in self.slots.values() if s.job is not None})
            with suppress(queue.Empty):
                slot, asked = self.done.get(timeout=TICK_S)
                if slot.asked is asked:  # else it was given up meanwhile
                    self._take(slot, asked)
            ready = {future for future in left if future.done()}
            left -= ready
            yield from ready

    def shutdown(self, *, cancel_futures: bool = False) -> None:
        """Give up what the workers are at; they and the scheduler stay for the next run."""
        for slot in self.slots.values():
            if slot.asked is not None and cancel_futures:
                with suppress(Exception):
                    slot.asked.cancel(force=True)
        self.slots.clear()

    # -- workers -----------------------------------------------------------------------------------

    def _look(self) -> None:
        """See which workers there are; whoever is gone has lost its hand-in."""
        try:
            there = list(self.client.scheduler_info(n_workers=-1)["workers"])
        except Exception as error:
            raise SandboxError(
                f"Dask's scheduler at {self.address} is gone; what is graded is kept. "
                "Start it, and run the same command again."
            ) from error
        for address in [a for a in self.slots if a not in there]:
            self._lose(self.slots[address], "it is gone")
        for slot in list(self.slots.values()):
            if slot.asked is not None and time.monotonic() - slot.since > self.stuck_s:
                self.left_out[slot.address] = f"no answer within {self.stuck_s:.0f} s"
                self._lose(slot, self.left_out[slot.address])
        for address in there:
            full = self.limit is not None and len(self.slots) >= self.limit
            if address not in self.slots and address not in self.left_out and not full:
                self.slots[address] = slot = _Slot(address)
                self._ask(slot, remote.hello())
        self._wait_for_workers(there)

    def _wait_for_workers(self, there: list[str]) -> None:
        if self.slots:
            self.alone_since = None
            return
        if there and all(address in self.left_out for address in there):
            raise SandboxError(f"no Dask worker can grade: {next(iter(self.left_out.values()))}")
        if self.alone_since is None:
            self.alone_since = time.monotonic()
            self.say(f"no worker at {self.address}; waiting up to {NO_WORKER_S:.0f} s for one")
        elif time.monotonic() - self.alone_since > NO_WORKER_S:
            raise SandboxError(
                f"no worker at {self.address} for {NO_WORKER_S:.0f} s; what is graded is kept. Start one "
                "(dask worker ADDRESS --nthreads 1), and run the same command again."
            )

    def _leave_out(self, slot: _Slot, why: str) -> None:
        """Give a worker nothing more; its hand-in is another's, and was not tried."""
        self.left_out[slot.address] = why
        self.say(f"the worker {slot.address} grades nothing: {why}")
        del self.slots[slot.address]
        if slot.job is not None:
            self.waiting.appendleft(slot.job)

    def _lose(self, slot: _Slot, how: str) -> None:
        """Try the hand-in of a lost worker once elsewhere."""
        del self.slots[slot.address]
        asked, slot.asked = slot.asked, None
        if asked is not None:
            with suppress(Exception):
                asked.cancel(force=True)
        job = slot.job
        if job is None:
            return
        self.tries[job.name] += 1
        if self.tries[job.name] < TRIES:
            self.waiting.appendleft(job)
        else:
            self.futures[job.name].set_exception(
                WorkersLost(f"a worker was lost, twice: {slot.address}: {how}")
            )

    # -- hand-ins ----------------------------------------------------------------------------------

    def _hand_out(self) -> None:
        for slot in self.slots.values():
            if slot.has is not None and slot.job is None and self.waiting:
                slot.job, slot.since, slot.resent = self.waiting.popleft(), time.monotonic(), 0
                try:
                    slot.parcel = parcels.pack_hand_in(slot.job.folder)
                    self._ask_to_grade(slot)
                except OSError as error:  # its folder is gone
                    self.futures[slot.job.name].set_exception(error)
                    slot.job = slot.parcel = None

    def _ask_to_grade(self, slot: _Slot) -> None:
        assert slot.parcel is not None and slot.has is not None
        bring = {self.bundle.digest, slot.parcel.digest} - slot.has
        slot.has |= bring
        self._ask(slot, remote.please_grade(self.options, self.bundle, slot.parcel, bring))

    def _ask(self, slot: _Slot, message: bytes) -> None:
        asked = self.client.submit(
            answer, message, workers=[slot.address], allow_other_workers=False, pure=False, retries=0
        )
        slot.asked = asked
        asked.add_done_callback(lambda done: self.done.put((slot, done)))

    def _take(self, slot: _Slot, asked: Any) -> None:
        """Take a worker's answer, and do what follows from it."""
        try:
            found = remote.read_answer(asked.result(timeout=CONNECT_S))
        except SandboxError as error:
            found = {"fault": str(error)}
        except Exception as error:  # noqa: BLE001  Dask's own: the worker ended, or has no autograder
            if type(error).__name__ in (
                "KilledWorker",
                "CancelledError",
                "FutureCancelledError",
                "TimeoutError",
            ):
                self._lose(slot, type(error).__name__)
            else:
                self._leave_out(slot, f"{type(error).__name__}: {error}"[:300])
            return
        finally:
            with suppress(Exception):
                asked.release()
        slot.asked = None
        if "pid" in found:
            self._greet(slot, found)
        elif "result" in found and slot.job is not None:
            self.futures[slot.job.name].set_result(found["result"])
            slot.job = slot.parcel = None
        elif "missing" in found and slot.resent < RESENT and slot.has is not None:
            slot.resent += 1
            slot.has -= set(found["missing"])
            self._ask_to_grade(slot)
        else:
            why = found.get("no_engine") or found.get("fault") or "it loses what it is sent"
            self._leave_out(slot, str(why)[:600])

    def _greet(self, slot: _Slot, found: dict[str, Any]) -> None:
        ours = remote.about()
        other = [
            f"{what} {found.get(what)}, here {ours[what]}" for what in ours if found.get(what) != ours[what]
        ]
        if other:
            self._leave_out(slot, f"it has {', '.join(other)}; results would not be the same")
        else:
            slot.has = set(found["has"])


# -- an executor for an address --------------------------------------------------------------------

LOCAL = re.compile(r"local:(\d{1,3})")


def opener(address: str, *, workers: int | None = None, say: Say = lambda _: None) -> Opener:
    """Return what opens an executor on the Dask scheduler at an address, or on worker processes here (``local:4``).

    ``workers``: how many of its workers are used; default: all. ``say`` is told about workers that cannot be used.

    Raises
    ------
    UsageError
        If Dask is not installed, or the address is none.
    """
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"--dask: {error}; nothing was graded. Run: pip install 'autograder-notebooks[dask]'"
        ) from error
    local = LOCAL.fullmatch(address)
    if (local and not int(local[1])) or (not local and not re.fullmatch(r"(tcp|tls)://[^\s/]+:\d+", address)):
        raise UsageError(
            f"--dask {address}: no address of a scheduler; nothing was graded.\n"
            "Write tcp://host:8786 or tls://host:8786, as `dask scheduler` prints it, or local:4 for four workers here."
        )

    @contextmanager
    def open_executor(options: EngineOptions) -> Iterator[Executor]:
        imports.require(read_bundle(options.bundle_folder))
        with _quiet(), _client(address, int(local[1]) if local else None) as client:
            executor = DaskExecutor(client, options, workers=workers, say=say)
            try:
                yield executor
            finally:
                executor.shutdown(cancel_futures=True)

    return open_executor


def leave_interrupts() -> None:
    """Leave Ctrl-C in a terminal to the command, which ends the workers; called in each of them."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(
            signal.SIGINT, lambda *_: None
        )  # not SIG_IGN, which the engine's processes would inherit


@contextmanager
def _client(address: str, local: int | None) -> Iterator[Any]:
    from distributed import Client, LocalCluster

    if local is None:
        try:
            client = Client(address, timeout=CONNECT_S, set_as_default=False, direct_to_workers=False)
        except (OSError, TimeoutError, ValueError, RuntimeError, TypeError) as error:
            raise UsageError(
                f"--dask {address}: no scheduler answers there ({type(error).__name__}: {str(error)[:300]}); nothing was graded.\n"
                "Start one with `dask scheduler`; for tls:// both sides need Dask's certificates (docs/more-machines.md)."
            ) from error
        with client:
            yield client
        return
    with (
        LocalCluster(
            n_workers=local,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",  # nobody else on the network may hand work to it
            dashboard_address=None,
            memory_limit=None,  # the engine has its own
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster, timeout=CONNECT_S, set_as_default=False, direct_to_workers=False) as client,
    ):
        with suppress(Exception):  # it only keeps a traceback from the terminal
            client.run(leave_interrupts)
        yield client


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask's own log from the terminal: what matters of it, we say."""
    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
