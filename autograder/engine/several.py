"""Grade hand-ins of several notebooks: an engine per notebook, one result (*trusted*, standard library only)."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.bundle import Bundle, parts, read_bundle
from autograder.engine.folders import private_folder
from autograder.engine.grade import Engine, OnUpdate
from autograder.errors import AutograderError
from autograder.model import GradingResult
from autograder.several import together

LEAST_S = 5.0  # that a notebook gets, however little is left

LeftS = Callable[[], float]


def open_engine(bundle_folder: Path, *, left_s: LeftS | None = None, **options: Any) -> Engine | Several:
    """Start what grades an assignment's hand-ins; ``options`` are ``Engine``'s, ``left_s`` is for several notebooks."""
    if read_bundle(bundle_folder).notebooks:
        return Several(bundle_folder, left_s=left_s, **options)
    return Engine(bundle_folder, **options)


class Several:
    """The engines of an assignment's notebooks; all of them start with the first hand-in.

    With ``left_s``, which tells how many seconds all that is still to do may take, there is one engine at a time, and
    each notebook has its share of what is left: a container that grades one hand-in has no memory for all of them.
    """

    def __init__(self, bundle_folder: Path, *, left_s: LeftS | None = None, **options: Any) -> None:
        self.bundle: Bundle = read_bundle(bundle_folder)
        self.options = options
        self.left_s = left_s
        # A proof is about tests: a notebook without any has nothing to say in it.
        comparing = bool(options.get("foreign_both"))
        self.names = [name for name, part in parts(self.bundle).items() if part.checks or not comparing]
        self.engines: dict[str, Engine] = {}

    def wait_ready(self) -> None:
        """Start every engine."""
        for engine in [self._engine(name) for name in self.names]:
            engine.wait_ready()

    def _engine(self, name: str) -> Engine:
        if name not in self.engines:
            self.engines[name] = Engine(self.bundle.folder / "notebooks" / name, **self.options)
        return self.engines[name]

    def grade(self, folder: Path, on_update: OnUpdate = lambda _: None) -> GradingResult:
        """Grade one notebook after the other; ``on_update`` sees what is finished."""
        if self.left_s is not None:
            return self._one_at_a_time(folder, on_update, self.left_s)
        engines = {name: self._engine(name) for name in self.names}
        results = {name: engine.grade(folder) for name, engine in engines.items()}
        made = together(self.bundle, results)
        on_update(made)
        return made

    def _one_at_a_time(self, folder: Path, on_update: OnUpdate, left_s: LeftS) -> GradingResult:
        results: dict[str, GradingResult] = {}
        for number, name in enumerate(self.names):
            started = time.monotonic()
            engine = self._engine(name)
            with suppress(AutograderError):  # grade() says it again, as a result
                engine.wait_ready()
                engine.launcher.wait_ready()
            more = len(self.names) - number - 1
            share_s = (left_s() - more * (time.monotonic() - started)) / (more + 1)
            engine.time_limits["run_s"] = max(LEAST_S, min(engine.time_limits["run_s"], share_s))
            results[name] = engine.grade(folder)
            self.engines.pop(name).close()  # not where an alarm ends all: a result is written first
            made = together(self.bundle, results)
            if more:
                on_update(replace(made, graded=False))
        on_update(made)
        return made

    def restart(self) -> None:
        """Replace every process after a fault of ours."""
        for engine in self.engines.values():
            engine.restart()

    def close(self) -> None:
        """Stop every process; remove every file."""
        while self.engines:
            self.engines.popitem()[1].close()

    def __enter__(self) -> Several:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def grade_submission(
    bundle_folder: Path, submission: Path, on_update: OnUpdate = lambda _: None, **options: Any
) -> GradingResult:
    """Grade one hand-in (a folder, or a file) in an engine of its own; ``options`` are ``Engine``'s."""
    with open_engine(bundle_folder, **options) as engine:
        if submission.is_dir():
            return engine.grade(submission, on_update)
        with private_folder("in") as folder:
            shutil.copy(submission, folder / submission.name)
            return engine.grade(folder, on_update)
