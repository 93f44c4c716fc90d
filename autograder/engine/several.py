"""Grade hand-ins of several notebooks: an engine per notebook, one result (*trusted*, standard library only)."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from autograder.bundle import Bundle, parts, read_bundle
from autograder.engine.grade import Engine, OnUpdate
from autograder.model import GradingResult
from autograder.sandbox import scratch
from autograder.several import together


def open_engine(bundle_folder: Path, **options: Any) -> Engine | Several:
    """Start what grades an assignment's hand-ins; ``options`` are ``Engine``'s."""
    if read_bundle(bundle_folder).notebooks:
        return Several(bundle_folder, **options)
    return Engine(bundle_folder, **options)


class Several:
    """The engines of an assignment's notebooks; all of them start with the first hand-in."""

    def __init__(self, bundle_folder: Path, **options: Any) -> None:
        self.bundle: Bundle = read_bundle(bundle_folder)
        self.options = options
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
        engines = {name: self._engine(name) for name in self.names}
        results = {name: engine.grade(folder) for name, engine in engines.items()}
        made = together(self.bundle, results)
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
        folder, held = scratch.make("autograder-in-")
        try:
            shutil.copy(submission, folder / submission.name)
            return engine.grade(folder, on_update)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            held.close()
