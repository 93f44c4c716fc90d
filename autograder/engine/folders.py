"""Temporary folders with what nobody may see: closed to others, and removed by the next run if ours is killed (*trusted*)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.sandbox import scratch


@contextmanager
def private_folder(what: str) -> Iterator[Path]:
    """Give a new folder for a bundle, or for hand-ins, until the end of the ``with``; ``what`` is a word of its name."""
    folder, held = scratch.make(f"autograder-{what}-")
    try:
        yield folder
    finally:
        scratch.remove(folder)
        held.close()
