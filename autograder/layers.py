"""The shapes between a network's layers, noted while it runs (*student side*).

Runs where the network runs: in the student's process of the grader, and in their notebook, whose first cell holds this
text. What it leaves is plain data, and to the grader a claim: ``ladder`` looks at it and says it. Standard library only,
no import from this package; torch is used only if the notebook has imported it.
"""

from __future__ import annotations

import sys
from typing import Any

MAX_STEPS = 200  # layers of one call that are kept
MAX_CALLS = (
    64  # of a network in one operation: a shape that does not fit shows in the first; training is not slowed
)
SHOWN_STEPS = 12
AXES = 4  # of a shape that are told


class Recorder:
    """Notes what goes into each layer and comes out of it, while a ``with`` block runs."""

    def __init__(self) -> None:
        self.steps: list[
            list[Any]
        ] = []  # of layers without layers in them: kind, shape in, shape out, made for
        self.open: list[list[Any]] = []  # modules that have begun and not ended, the outermost first
        self.root, self.calls, self.direct = "", 0, False
        self._hooks: list[Any] = []

    def watch(self, function: Any) -> Any:
        """Forget what was; ``function`` is what will be called: a network itself, or something that uses one."""
        torch: Any = sys.modules.get("torch")
        self.steps, self.open, self.root, self.calls = [], [], "", 0
        self.direct = torch is not None and isinstance(function, torch.nn.Module)
        return self

    def __enter__(self) -> Any:
        torch: Any = sys.modules.get("torch")
        if torch is not None:
            try:
                hooks = torch.nn.modules.module
                self._hooks.append(hooks.register_module_forward_pre_hook(self._begin))
                self._hooks.append(hooks.register_module_forward_hook(self._end))
            except Exception:  # noqa: BLE001  a notebook that changed torch is judged without
                self.__exit__()
        return self

    def __exit__(self, *_: object) -> None:
        while self._hooks:
            self._hooks.pop().remove()

    def _begin(self, module: Any, given: Any) -> None:
        try:
            if not self.open:
                self.steps, self.root, self.calls = [], type(module).__name__, self.calls + 1
            made_for = next((n for a in _MADE_FOR if type(n := module.__dict__.get(a)) is int), 0)
            self.open.append([type(module).__name__, _shape(given), None, made_for])
        except Exception:  # noqa: BLE001  a module of the notebook may be anything
            self.__exit__()

    def _end(self, module: Any, _given: Any, result: Any) -> None:
        try:
            step = self.open.pop()
            step[2] = _shape(result)
            if not module._modules and len(self.steps) < MAX_STEPS:
                self.steps.append(step)
            if not self.open and self.calls >= MAX_CALLS:
                self.steps, self.root = [], ""
                self.__exit__()
        except Exception:  # noqa: BLE001
            self.__exit__()

    def taken(self) -> dict[str, Any] | None:
        """Return what is known of the last network that ran, as plain data; None if none did."""
        if not self.root or not (self.open or self.direct):
            return None
        at = self.open[-1] if self.open else None
        return {
            "root": self.root,
            "steps": self.steps[-SHOWN_STEPS - 1 :],
            "at": at,
            "count": len(self.steps),
        }


_MADE_FOR = ("in_features", "in_channels", "num_features", "input_size", "embed_dim")


def _shape(value: Any) -> list[int] | None:
    """Return the shape of the first tensor in what a layer got or gave, five axes of it: more than are told."""
    while isinstance(value, (tuple, list)) and value:
        value = value[0]
    shape = getattr(value, "shape", None)
    return None if shape is None else [int(n) for n in tuple(shape)[: AXES + 1]]
