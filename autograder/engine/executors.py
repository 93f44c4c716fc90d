"""Where hand-ins are graded: in processes of this machine, or wherever an executor sends them (*trusted*, standard library).

The interface is that of ``concurrent.futures.Executor``, with the one piece of work that there is. ``batch`` is the local
pool, and what is used unless another is named; ``hosts.dask_workers`` is the one for more machines.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Protocol

from autograder.bundle import read_bundle
from autograder.engine.batch import EngineOptions, Job, not_graded
from autograder.errors import SandboxError
from autograder.model import GradingResult

Watch = Callable[[Mapping[str, float]], None]  # who is being graded, and for how many seconds


class Executor(Protocol):
    """Grades hand-ins of one assignment; ``as_completed`` and ``shutdown`` are as in ``concurrent.futures``."""

    def submit(self, job: Job) -> Future[GradingResult]:
        """Take a hand-in; it is begun when a worker is free and somebody waits in ``as_completed``."""

    def as_completed(
        self, futures: Iterable[Future[GradingResult]], watch: Watch
    ) -> Iterator[Future[GradingResult]]:
        """Yield futures as they are done; one whose worker was lost twice has ``WorkersLost`` as its exception.

        Raises
        ------
        AutograderError
            If nothing more can be graded at all.
        """

    def shutdown(self, *, cancel_futures: bool = False) -> None:
        """Let go of the workers; whatever they are at is given up."""


class WorkersLost(SandboxError):
    """Two workers ended at the same hand-in."""


Opener = Callable[
    [EngineOptions], AbstractContextManager[Executor]
]  # an executor for an assignment, closed at the end


def graded(
    opener: Opener, options: EngineOptions, jobs: list[Job], *, watch: Watch = lambda _running: None
) -> Generator[tuple[Job, GradingResult], None, None]:
    """Yield (job, result) as hand-ins are finished, as ``batch.grade_many`` does; a lost worker costs nobody a result.

    Raises
    ------
    AutograderError
        If nothing more can be graded; what was yielded before counts.
    """
    if not jobs:
        return
    read_bundle(options.bundle_folder)
    with opener(options) as executor:
        futures = {executor.submit(job): job for job in jobs}
        for future in executor.as_completed(futures, watch):
            try:
                result = future.result()
            except Exception as error:  # noqa: BLE001  this hand-in's; what is everybody's was raised above
                said = str(error) if isinstance(error, WorkersLost) else f"{type(error).__name__}: {error}"
                result = not_graded(options.bundle_folder, said[:2000])
            yield futures[future], result
