"""``otter`` as a hand-in of one of its assignments finds it (*sandbox*).

``grader.check("q1")`` judges nothing here: it notes the names as they are at that moment, which is what otter's test
would have seen. The tests themselves never enter this process before its cells have run. Whatever a student makes of
this module changes which of their own names they are judged by, and nothing else.
"""

from __future__ import annotations

import random
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

_SILENT = ("check_all", "export", "to_pdf", "run_plugin", "add_plugin_files")


class _Later:
    """What stands for a result until somebody has graded."""

    def __repr__(self) -> str:
        return "(judged when the notebook is graded)"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self

    def __bool__(self) -> bool:
        return False


def install(note: Callable[[str], None]) -> None:
    """Put the stand-in where ``import otter`` finds it; ``note`` is called with the question of each check."""

    class Notebook:
        """As ``otter.Notebook``, as far as notebooks use it."""

        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        def check(self, question: Any = "", *_: Any, **__: Any) -> Any:
            if type(question) is str:
                note(question)
            return _Later()

        def __getattr__(self, name: str) -> Any:
            if name in _SILENT:
                return lambda *_, **__: _Later()
            raise AttributeError(f"'Notebook' object has no attribute {name!r}")

    module = types.ModuleType("otter")
    vars(module).update(Notebook=Notebook, __version__="7.0.0", __path__=[])
    sys.modules["otter"] = module


def seed(names: dict[str, Any], value: int, variable: str) -> None:
    """Do what otter puts before each cell: set a name of the notebook, or else the global generators."""
    if variable:
        names[variable] = value
        return
    np.random.seed(value % (1 << 32))  # noqa: NPY002  as otter does
    random.seed(value)
