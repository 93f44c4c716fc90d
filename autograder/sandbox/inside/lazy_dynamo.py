"""Keep ``torch._dynamo`` out of a process until something really needs it (*sandbox*).

Every optimizer step imports the compiler, half of a cold start and 60 MB, to tell it about a graph
break: nothing, when nothing is being compiled. The stand-in answers the two questions that eager code
asks exactly as the compiler does outside of a compilation, and becomes the real module at any other.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from typing import Any

import torch

NAME = "torch._dynamo"


class _NotYet(types.ModuleType):
    """Stands in ``sys.modules`` for the module that is not imported yet."""

    @staticmethod
    def graph_break(_message: str = "") -> None:
        """Do nothing: no graph is being traced."""

    @staticmethod
    def disable(function: Callable[..., Any] | None = None, *_: Any, **__: Any) -> Any:
        """Return the function itself: it is not compiled anyway."""
        return function if function is not None else lambda f: f

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__path__":  # a traceback asks every module for its ``__file__``
            raise AttributeError(name)
        if sys.modules.get(NAME) is self:
            del sys.modules[NAME]
            try:
                torch._dynamo = importlib.import_module(NAME)
            except BaseException:
                sys.modules[NAME] = torch._dynamo = self
                raise
        return getattr(sys.modules[NAME], name)


def install() -> None:
    """Put the stand-in where torch looks, unless the real module is there already."""
    if NAME not in sys.modules:
        sys.modules[NAME] = torch._dynamo = _NotYet(NAME)
