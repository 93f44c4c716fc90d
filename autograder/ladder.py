"""The shapes between a network's layers, up to the one that failed, in words: the same ones here and in the notebook.

``layers`` noted them beside the student's code, so here they are a claim: ``read`` looks at it before ``words`` says it.
"""

from __future__ import annotations

from typing import Any

from autograder.layers import AXES, MAX_STEPS, SHOWN_STEPS
from autograder.messages import (
    LADDER,
    LADDER_BEFORE,
    LADDER_BETWEEN,
    LADDER_HIDDEN,
    LADDER_MADE_FOR,
    LADDER_OWN,
    LADDER_STOPPED,
    SLIPS,
    safe,
)

# Layers that may be named for a hidden input; another name is the student's own text.
_LAYERS = """
Linear LazyLinear Bilinear Identity Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d LazyConv1d LazyConv2d
MaxPool1d MaxPool2d AvgPool1d AvgPool2d AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveAvgPool1d AdaptiveAvgPool2d
Flatten Unflatten ReLU LeakyReLU PReLU ELU GELU SiLU Sigmoid Tanh Softmax LogSoftmax Softplus Dropout Dropout1d Dropout2d
BatchNorm1d BatchNorm2d LayerNorm GroupNorm InstanceNorm1d Embedding RNN LSTM GRU MultiheadAttention
TransformerEncoderLayer Upsample ConstantPad1d ZeroPad1d ZeroPad2d Sequential
"""
LAYERS = frozenset(_LAYERS.split())


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

    For a hidden input only the kind of layer where it stopped, and the slip: shapes are the student's choice and could
    spell the input. ``wanted`` and ``returned`` are the shapes of a result that does not fit.
    """
    if found is None:
        return ()
    at, steps = found["at"], found["steps"]
    slip = _slip(steps, at) if at is not None else _slip_of_result(wanted, returned)
    last = (SLIPS[slip],) if slip else ()
    if not public:
        if at is None:
            return last
        return (LADDER_HIDDEN.format(layer=_name(at[0], public=False)), *last)
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
