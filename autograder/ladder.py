"""The shapes between a network's layers, up to the one that failed: taken beside the student's code, said in words.

``Recorder`` runs where the network runs: in the student's process of the grader, and in their notebook, whose first
cell holds this text. What it leaves is plain data, and to the grader a claim: ``read`` looks at it before ``words``
says it. Standard library only; torch is used only if the notebook has imported it.
"""

from __future__ import annotations

import sys
from typing import Any

from autograder.messages import (
    LADDER,
    LADDER_BEFORE,
    LADDER_BETWEEN,
    LADDER_HIDDEN,
    LADDER_MADE_FOR,
    LADDER_OWN,
    LADDER_STOPPED,
    SLIPS,
    few_digits,
    safe,
)

MAX_STEPS = 200  # layers of one call that are kept
MAX_CALLS = (
    64  # of a network in one operation: a shape that does not fit shows in the first; training is not slowed
)
SHOWN_STEPS = 12
AXES = 4  # of a shape that are told
# Layers that may be named for a hidden input; another name is the student's own text.
_LAYERS = """
Linear LazyLinear Bilinear Identity Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d LazyConv1d LazyConv2d
MaxPool1d MaxPool2d AvgPool1d AvgPool2d AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveAvgPool1d AdaptiveAvgPool2d
Flatten Unflatten ReLU LeakyReLU PReLU ELU GELU SiLU Sigmoid Tanh Softmax LogSoftmax Softplus Dropout Dropout1d Dropout2d
BatchNorm1d BatchNorm2d LayerNorm GroupNorm InstanceNorm1d Embedding RNN LSTM GRU MultiheadAttention
TransformerEncoderLayer Upsample ConstantPad1d ZeroPad1d ZeroPad2d Sequential
"""
LAYERS = frozenset(_LAYERS.split())


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


def read(claim: object) -> dict[str, Any] | None:
    """Return what a process says of its layers, if it has the form of ``Recorder.taken``; else None."""
    if type(claim) is not dict or set(claim) != {"root", "steps", "at", "count"}:
        return None
    steps, at = claim["steps"], claim["at"]
    if type(steps) is not list or len(steps) > SHOWN_STEPS + 1 or not (at is None or _is_step(at)):
        return None
    known = type(claim["root"]) is str and type(claim["count"]) is int and 0 <= claim["count"] <= MAX_STEPS
    return claim if known and all(map(_is_step, steps)) else None


def _is_step(step: Any) -> bool:
    if type(step) is not list or len(step) != 4 or type(step[0]) is not str or type(step[3]) is not int:
        return False
    return all(
        shape is None
        or (
            type(shape) is list
            and len(shape) <= AXES + 1
            and all(type(n) is int and 0 <= n < 1 << 48 for n in shape)
        )
        for shape in step[1:3]
    )


def words(
    found: dict[str, Any] | None,
    *,
    public: bool,
    wanted: tuple[int, ...] | None = None,
    returned: tuple[int, ...] | None = None,
) -> tuple[str, ...]:
    """Return the layers' shapes up to the failing one, a line each, and the likely slip.

    For a hidden input only where it stopped, in one shape, and the slip: what else the layers did is the student's
    choice and could spell the input. ``wanted`` and ``returned`` are the shapes of a result that does not fit.
    """
    if found is None:
        return ()
    at, steps = found["at"], found["steps"]
    slip = _slip(steps, at) if at is not None else _slip_of_result(wanted, returned)
    last = (SLIPS[slip],) if slip else ()
    if not public:
        if at is None:
            return last
        said = LADDER_HIDDEN.format(layer=_name(at[0], public=False), shape=_told(at[1]))
        return (few_digits(said), *last)
    shown = steps[-SHOWN_STEPS:]
    lines = [LADDER.format(name=_name(found["root"]))]
    if found["count"] > len(shown):
        lines.append(LADDER_BEFORE.format(count=found["count"] - len(shown)))
    lines += [f"{_name(kind)}: {_told(given)} → {_told(result)}" for kind, given, result, _ in shown]
    if at is not None:
        lines.append(_stopped(at, steps))
    return (*lines, *last) if len(lines) > 1 else last


def _stopped(at: list[Any], steps: list[list[Any]]) -> str:
    """Say where it stopped: in a layer, or between the layers of a module of the student's."""
    kind, given, _, made_for = at
    if kind in LAYERS:
        more = LADDER_MADE_FOR.format(count=made_for) if made_for else ""
        return LADDER_STOPPED.format(layer=kind, shape=_told(given), more=more)
    before = steps[-1][2] if steps else given
    return LADDER_BETWEEN.format(layer=_name(kind), shape=_told(before))


def _name(kind: str, *, public: bool = True) -> str:
    if kind in LAYERS:
        return kind
    return safe(kind, 40) if public and kind.isidentifier() else LADDER_OWN


def _told(shape: list[int] | None) -> str:
    if shape is None:
        return "?"
    axes = [str(n) for n in shape[:AXES]] + ["…"] * (len(shape) > AXES)
    return f"({axes[0]},)" if len(axes) == 1 else f"({', '.join(axes)})"


def _slip(steps: list[list[Any]], at: list[Any]) -> str:
    """Name the likely slip where a layer did not take what it got."""
    kind, given, _, made_for = at
    if not given:
        return ""
    before = steps[-1][2] if steps else None
    is_conv = kind.startswith(("Conv", "LazyConv"))
    axes = {"1": 3, "2": 4, "3": 5}.get(kind[-2:-1], 0) if is_conv or kind.startswith("BatchNorm") else 0
    if axes and len(given) < axes and before and len(before) > len(given):
        return "squeezed" if 1 in before else "axis lost"
    if is_conv and len(given) == axes and made_for and given[1] != made_for:
        return "channels last" if given[-1] == made_for else "axes" if made_for in given else "channels"
    if is_conv and len(given) == axes - 1 and made_for:
        return "channel axis" if made_for == 1 else ""
    if kind == "Linear" and made_for and given[-1] != made_for:
        size = 1
        for n in given[1:]:
            size *= n
        if len(given) == 1 and given[0] % made_for == 0:
            return "flattened batch"
        if len(given) > 2 and size == made_for:
            return "flatten"
        if before and len(before) > len(given) and 1 in before:
            return "squeezed"
        if made_for in given:
            return "axes"
        return "features" if len(given) > 2 else "size"
    return ""


def _slip_of_result(wanted: tuple[int, ...] | None, returned: tuple[int, ...] | None) -> str:
    """Name the likely slip where a network's result has another shape than it should."""
    if wanted is None or returned is None or wanted == returned:
        return ""
    if [n for n in wanted if n != 1] == [n for n in returned if n != 1]:
        if len(returned) > len(wanted):
            return "not squeezed"
        return "batch of one" if wanted[:1] == (1,) and returned[:1] != (1,) else "squeezed"
    if len(wanted) == len(returned) and sorted(wanted) == sorted(returned):
        return "axes"
    if wanted[1:] == returned[1:] and len(wanted) == len(returned):
        return "rows"
    return ""
