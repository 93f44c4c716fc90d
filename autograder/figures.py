"""Figures for a student's page: plain numbers of a closed list of kinds, packed, and said in words (*trusted*).

A check or a picture function asks for one (``checks.picture``); what is packed is at most ``MAX_NUMBERS`` numbers of four
digits. The words are the figure's text alternative, and all of it where no picture can be shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograder.messages import safe

MAX_NUMBERS = 6000  # of one figure
MAX_POINTS = 300  # of one line; longer ones are thinned, first and last stay
MAX_LINES = 4
MAX_LOGOS, MAX_WIDTH = 6, 24
MAX_KINKS = 60

Numbers = dict[str, Any]


def pack(kind: str, title: str, numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Return a figure as plain data, with its words.

    Raises
    ------
    ValueError
        For an unknown kind, and for numbers that are not of its form; see docs/writing-checks.md.
    """
    if kind not in _KINDS:
        raise ValueError(f"picture: no kind {kind!r}; there are {', '.join(sorted(_KINDS))}")
    form, say = _KINDS[kind]
    data = form(dict(numbers))
    size = sum(_size(value) for value in data.values())
    if size > MAX_NUMBERS:
        raise ValueError(f"picture: {size} numbers; at most {MAX_NUMBERS}")
    return {"kind": kind, "title": safe(title, 80), "data": data, "words": _sentence(say(data))}


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _size(value: Any) -> int:
    return (
        sum(map(_size, value.values() if isinstance(value, dict) else value))
        if isinstance(value, (list, dict))
        else 1
    )


def _array(value: Any, what: str, axes: int, *, finite: bool = True) -> np.ndarray:
    array = np.asarray(value, dtype=np.float64)
    if array.ndim != axes or not array.size or (finite and not np.isfinite(array).all()):
        raise ValueError(
            f"picture: {what}: {axes} axes of finite numbers are needed, found shape {array.shape}"
        )
    return array


def _plain(array: np.ndarray) -> list[Any]:
    """Return numbers with four digits; None for what is not finite."""
    if array.ndim > 1:
        return [_plain(row) for row in array]
    return [float(f"{v:.4g}") if math.isfinite(v) else None for v in array.tolist()]


def _thin(length: int, most: int = MAX_POINTS) -> np.ndarray:
    return np.unique(np.linspace(0, length - 1, min(length, most)).round().astype(int))


def _only(numbers: Numbers, *names: str) -> None:
    if unknown := set(numbers) - set(names):
        raise ValueError(
            f"picture: {', '.join(sorted(unknown))}: not of this kind; it takes {', '.join(names)}"
        )


# ---- learning curves -----------------------------------------------------------------------------------------------


def _curve(numbers: Numbers) -> Numbers:
    """``name=losses`` for each line, one number an epoch; the first one is the training's."""
    if not numbers or len(numbers) > MAX_LINES:
        raise ValueError(f"picture: a curve has 1 to {MAX_LINES} lines")
    lines, marks = {}, {}
    for name, values in numbers.items():
        array = _array(values, name, 1, finite=False)
        kept = _thin(len(array))
        lines[name.replace("_", " ")[:30]] = _plain(array[kept])
        marks[name.replace("_", " ")[:30]] = [int(n) + 1 for n in kept]
    return {"lines": lines, "epochs": marks}


def diagnosis(lines: Mapping[str, list[float | None]]) -> str:
    """Return one line about a learning curve: the first of its lines is the training's, a second the validation's."""
    if any(v is None for line in lines.values() for v in line):
        return "NaN or infinite from some epoch on: the training diverged. Try a smaller learning rate"
    train, *others = ([float(v) for v in line if v is not None] for line in lines.values())
    first, last, low, high = train[0], train[-1], _low(train), _high(train)
    if len(train) < 3:
        return "too few epochs to say more"
    if last > 1.5 * max(first, 1e-12):
        return "diverging: the loss rises. Try a smaller learning rate"
    if high - low <= 0.02 * max(abs(high), 1e-12):
        return "flat: nothing is learned. Does optimizer.step() run, are the gradients there, is the rate too small?"
    if others and len(others[0]) >= 3:
        valid = others[0]
        best = valid.index(_low(valid))
        risen = valid[-1] - valid[best]
        if (
            best < 0.8 * (len(valid) - 1)
            and risen > 0.05 * max(abs(_high(valid) - valid[best]), 1e-12)
            and last <= train[best]
        ):
            return "overfitting: the validation rises again while the training still falls. Stop earlier, or regularise"
    fell = train[max(0, int(0.8 * (len(train) - 1)))] - last
    if fell > 0.1 * (first - low):
        return "still falling at the end: more epochs would help"
    return "good: it falls and levels off"


def _low(line: list[Any]) -> float:
    return float(min(line))


def _high(line: list[Any]) -> float:
    return float(max(line))


def _say_curve(data: Numbers) -> str:
    told = []
    for name, line in data["lines"].items():
        shown = [v for v in line if v is not None]
        span = f"from {_first(line)} to {_first(line[::-1])} in {data['epochs'][name][-1]} epochs"
        low = (
            f", lowest {min(shown):.3g} at epoch {data['epochs'][name][line.index(min(shown))]}"
            if shown
            else ""
        )
        told.append(f"{name} {span}{low}")
    return f"{diagnosis(data['lines'])}. {_sentence('; '.join(told))}"


def _first(line: list[Any]) -> str:
    return "NaN" if line[0] is None else f"{line[0]:.3g}"


# ---- filters beside the motif --------------------------------------------------------------------------------------


def _logos(numbers: Numbers) -> Numbers:
    """``filters`` (n, 4, width), rows A, C, G, T; ``motifs``: words of ACGT that are public; ``names`` of the filters."""
    _only(numbers, "filters", "motifs", "names")
    filters = _array(numbers.get("filters"), "filters", 3)
    if filters.shape[1] != 4:
        raise ValueError(f"picture: filters: (n, 4, width) is needed, found {filters.shape}")
    motifs = [str(m) for m in numbers.get("motifs", ())]
    if any(not m or set(m) - set("ACGT") or len(m) > MAX_WIDTH for m in motifs) or len(motifs) > MAX_LOGOS:
        raise ValueError("picture: motifs: a few words of A, C, G and T")
    names = [safe(n, 30) for n in numbers.get("names", ())] or [f"filter {n}" for n in range(len(filters))]
    return {
        "filters": _plain(filters[:MAX_LOGOS, :, :MAX_WIDTH]),
        "motifs": motifs,
        "names": names[: min(MAX_LOGOS, len(filters))],
    }


def best_word(matrix: list[list[float]]) -> str:
    """Return the letters that a filter (4, width) answers most to."""
    return "".join("ACGT"[int(np.argmax(column))] for column in np.transpose(matrix))


def _say_logos(data: Numbers) -> str:
    told = [
        f"{name} answers most to {best_word(m)}"
        for name, m in zip(data["names"], data["filters"], strict=True)
    ]
    seen = [
        f"{motif} is {'among' if any(motif in best_word(m) for m in data['filters']) else 'in none of'} them"
        for motif in data["motifs"]
    ]
    return "; ".join([*told, *seen])


# ---- a track -------------------------------------------------------------------------------------------------------


def _track(numbers: Numbers) -> Numbers:
    """``predicted`` and ``observed``, one number a position of one public window; ``name`` of the window."""
    _only(numbers, "predicted", "observed", "name")
    predicted, observed = (_array(numbers.get(key), key, 1) for key in ("predicted", "observed"))
    if predicted.shape != observed.shape:
        raise ValueError(f"picture: predicted {predicted.shape} and observed {observed.shape} differ")
    kept = _thin(len(observed), 600)
    return {
        "predicted": _plain(predicted[kept]),
        "observed": _plain(observed[kept]),
        "positions": [int(n) for n in kept],
        "name": safe(numbers.get("name", ""), 60),
    }


def _say_track(data: Numbers) -> str:
    predicted, observed = (np.array(data[key]) for key in ("predicted", "observed"))
    at = [data["positions"][int(np.argmax(values))] for values in (predicted, observed)]
    varied = predicted.std() > 0 and observed.std() > 0
    r = (
        f"Pearson's r is {np.corrcoef(predicted, observed)[0, 1]:.3f}; "
        if varied
        else "one of them is constant; "
    )
    return f"{r}highest at position {at[0]} in the prediction, {at[1]} in the data"


# ---- a fitted curve with its kinks ---------------------------------------------------------------------------------


def _kinks(numbers: Numbers) -> Numbers:
    """``x``, ``y``: public points; ``at``, ``curve``: the fitted curve; ``kinks``: where it bends."""
    _only(numbers, "x", "y", "at", "curve", "kinks")
    x, y, at, curve = (_array(numbers.get(key), key, 1) for key in ("x", "y", "at", "curve"))
    kinks = np.asarray(numbers.get("kinks", ()), dtype=np.float64).ravel()
    if x.shape != y.shape or at.shape != curve.shape:
        raise ValueError("picture: x and y, at and curve need one length each")
    kinks = np.sort(kinks[np.isfinite(kinks) & (kinks >= at.min()) & (kinks <= at.max())])
    points, line = _thin(len(x), 200), _thin(len(at))
    return {
        "x": _plain(x[points]),
        "y": _plain(y[points]),
        "at": _plain(at[line]),
        "curve": _plain(curve[line]),
        "kinks": _plain(kinks[_thin(len(kinks), MAX_KINKS)]) if len(kinks) else [],
        "count": len(kinks),
    }


def _say_kinks(data: Numbers) -> str:
    x, y = np.array(data["x"]), np.array(data["y"])
    inside = (x >= min(data["at"])) & (x <= max(data["at"]))
    off = np.abs(np.interp(x[inside], data["at"], data["curve"]) - y[inside])
    far = (
        f"; it is farthest from the data ({off.max():.2g}) at x = {x[inside][int(np.argmax(off))]:.2g}"
        if off.size
        else ""
    )
    return f"the curve bends at {data['count']} places between {min(data['at']):.3g} and {max(data['at']):.3g}{far}"


# ---- a walk --------------------------------------------------------------------------------------------------------


def _walk(numbers: Numbers) -> Numbers:
    """``path`` (steps + 1, 2): where gradient descent went; ``target`` (2,): where it should arrive."""
    _only(numbers, "path", "target")
    path = _array(numbers.get("path"), "path", 2)
    if path.shape[1] != 2:
        raise ValueError(f"picture: path: (steps, 2) is needed, found {path.shape}")
    target = _array(numbers["target"], "target", 1) if "target" in numbers else np.empty(0)
    if target.size not in (0, 2):
        raise ValueError("picture: target: two numbers")
    return {"path": _plain(path[_thin(len(path))]), "target": _plain(target), "steps": len(path) - 1}


def _say_walk(data: Numbers) -> str:
    (x0, y0), (x1, y1) = data["path"][0], data["path"][-1]
    told = f"{data['steps']} steps from ({x0:.3g}, {y0:.3g}) to ({x1:.3g}, {y1:.3g})"
    if data["target"]:
        before, now = (
            math.hypot(x - data["target"][0], y - data["target"][1]) for x, y in ((x0, y0), (x1, y1))
        )
        how = "farther from" if now > before else "nearer to"
        told += f": {now:.2g} from the minimum, {how} it than the start ({before:.2g})"
    return told


_KINDS: dict[str, tuple[Callable[[Numbers], Numbers], Callable[[Numbers], str]]] = {
    "curve": (_curve, _say_curve),
    "logos": (_logos, _say_logos),
    "track": (_track, _say_track),
    "kinks": (_kinks, _say_kinks),
    "walk": (_walk, _say_walk),
}
