"""Grade hand-ins of several notebooks: an engine per notebook, one result (*trusted*, standard library only)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autograder.bundle import Bundle, read_bundle
from autograder.engine.grade import Engine, OnUpdate
from autograder.model import GradingResult
from autograder.several import together


def open_engine(bundle_folder: Path, **options: Any) -> Engine | Several:
    """Start what grades an assignment's hand-ins; ``options`` are ``Engine``'s."""
    if read_bundle(bundle_folder).notebooks:
        return Several(bundle_folder, **options)
    return Engine(bundle_folder, **options)


class Several:
    """The engines of an assignment's notebooks; each is started with the first hand-in."""

    def __init__(self, bundle_folder: Path, **options: Any) -> None:
        self.bundle: Bundle = read_bundle(bundle_folder)
        self.options = options
        self.engines: dict[str, Engine] = {}

    def wait_ready(self) -> None:
        """Start every engine."""
        for name in self.bundle.notebooks:
            self._engine(name).wait_ready()

    def _engine(self, name: str) -> Engine:
        if name not in self.engines:
            self.engines[name] = Engine(self.bundle.folder / "notebooks" / name, **self.options)
        return self.engines[name]

    def grade(self, folder: Path, on_update: OnUpdate = lambda _: None, **options: Any) -> GradingResult:
        """Grade one notebook after the other; ``on_update`` sees what is finished."""
        results: dict[str, GradingResult] = {}
        for name in self.bundle.notebooks:
            results[name] = self._engine(name).grade(folder, **options)
            if len(results) == len(self.bundle.notebooks):
                break
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
