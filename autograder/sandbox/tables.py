"""pandas' tables and PIL's images as plain trees; see ``autograder.sandbox.values`` (both *trusted* and *sandbox*).

Used only where a process has the library already. Columns of plain values and of categories cross; what has another
kind of column stays where it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

KIND = ""
IMAGE_MODES = ("1", "L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F")
MAX_PIXELS = 64 << 20

Walk = Callable[[Any], Any]


def describe(value: Any, walk: Walk) -> Any:
    """Return the tree of a table, a column, an index, a date or an image; None if it has a part that is not plain."""
    try:
        return _describe(value, walk)
    except _NotPlainError:
        return None


class _NotPlainError(Exception):
    """A part that does not cross."""


def _describe(value: Any, walk: Walk) -> Any:
    pandas: Any = sys.modules.get("pandas")
    if pandas is not None and hasattr(pandas, "DataFrame"):
        kind = type(value)
        if kind is pandas.DataFrame:
            columns = [_column(value.iloc[:, place].array, walk) for place in range(value.shape[1])]
            return {
                KIND: "frame",
                "c": _index(value.columns, walk),
                "i": _index(value.index, walk),
                "v": columns,
            }
        if kind is pandas.Series:
            name = walk(value.name)
            return {
                KIND: "series",
                "v": _column(value.array, walk),
                "i": _index(value.index, walk),
                "n": name,
            }
        if isinstance(value, pandas.Index):
            return _index(value, walk)
        if kind is pandas.Timestamp:
            return {KIND: "stamp", "v": value.isoformat(), "z": _zone(value.tz), "u": value.unit}
        if kind is pandas.Timedelta:
            return {KIND: "delta", "v": int(value.value), "u": value.unit}
        if value is pandas.NaT or value is pandas.NA:
            return {KIND: "missing", "v": str(value)}
        if isinstance(value, pandas.api.extensions.ExtensionArray):
            return _column(value, walk)
    image: Any = sys.modules.get("PIL.Image")
    if image is not None and isinstance(value, image.Image):
        if value.mode not in IMAGE_MODES or value.width * value.height > MAX_PIXELS:
            return None
        return {KIND: "image", "m": value.mode, "s": list(value.size), "v": value.tobytes()}
    return None


def _zone(zone: Any) -> str | None:
    return None if zone is None else str(zone)


def _index(index: Any, walk: Walk) -> Any:
    pandas: Any = sys.modules["pandas"]
    names = [walk(name) for name in index.names]
    if type(index) is pandas.RangeIndex:
        return {KIND: "range_index", "v": [index.start, index.stop, index.step], "n": names}
    if isinstance(index, pandas.MultiIndex):
        levels = [_index(level, walk) for level in index.levels]
        return {
            KIND: "multi_index",
            "l": levels,
            "c": [np.asarray(c, np.int64) for c in index.codes],
            "n": names,
        }
    if type(index) in (pandas.PeriodIndex, pandas.IntervalIndex):
        raise _NotPlainError
    freq = getattr(index, "freqstr", None)  # of dates that lie evenly
    return {KIND: "index", "v": _column(index.array, walk), "n": names, "f": freq}


def _column(array: Any, walk: Walk) -> Any:
    pandas: Any = sys.modules["pandas"]
    if isinstance(array, pandas.arrays.NumpyExtensionArray):
        array = array.to_numpy()
    dtype = array.dtype
    if isinstance(dtype, pandas.CategoricalDtype):
        categories = _index(dtype.categories, walk)
        codes = np.asarray(array.codes, np.int64)
        return {KIND: "categories", "v": codes, "c": categories, "o": bool(dtype.ordered)}
    if isinstance(dtype, pandas.DatetimeTZDtype):
        numbers = np.asarray(array.asi8, np.int64)
        return {KIND: "pandas_array", "d": "zoned", "v": numbers, "z": _zone(dtype.tz), "u": dtype.unit}
    if isinstance(dtype, pandas.StringDtype):
        texts = [None if pandas.isna(item) else walk(str(item)) for item in array]
        return {
            KIND: "pandas_array",
            "d": "string",
            "v": texts,
            "z": "nan" if dtype.na_value is not pandas.NA else "NA",
        }
    if isinstance(dtype, np.dtype):
        plain = np.asarray(array)
        tree = walk(plain)
        if type(tree) is dict and tree.get(KIND) not in ("dates", "objects"):
            raise _NotPlainError
        return tree
    name = str(dtype)
    if name in _NULLABLE:
        mask = np.asarray(pandas.isna(array), bool)
        filled = array.to_numpy(dtype=_NULLABLE[name], na_value=_NULLABLE[name](0))
        return {KIND: "pandas_array", "d": name, "v": filled, "m": mask}
    raise _NotPlainError


_NULLABLE: dict[str, Any] = {
    **{f"Int{bits}": getattr(np, f"int{bits}") for bits in (8, 16, 32, 64)},
    **{f"UInt{bits}": getattr(np, f"uint{bits}") for bits in (8, 16, 32, 64)},
    "Float32": np.float32,
    "Float64": np.float64,
    "boolean": np.bool_,
}


# -- rebuilt ---------------------------------------------------------------------------------------------


def rebuild(tree: dict[str, Any], walk: Walk) -> Any:
    """Return a new table, column, index, date or image; a plain dict of its parts where the library is not loaded."""
    kind = tree[KIND]
    if kind == "image":
        return _image(tree)
    pandas: Any = sys.modules.get("pandas")
    if pandas is None or not hasattr(pandas, "DataFrame"):
        raise ValueError("pandas is not loaded here")
    if kind == "stamp":
        made = pandas.Timestamp(_of(tree["v"], str))
        zone = tree["z"]
        if zone is not None:
            made = (
                made.tz_convert(_of(zone, str)) if made.tz is not None else made.tz_localize(_of(zone, str))
            )
        return made.as_unit(_of(tree["u"], str))
    if kind == "delta":
        return pandas.Timedelta(np.timedelta64(_of(tree["v"], int), "ns")).as_unit(_of(tree["u"], str))
    if kind == "missing":
        return pandas.NaT if tree["v"] == "NaT" else pandas.NA
    if kind == "frame":
        columns, index = rebuild(_of(tree["c"], dict), walk), rebuild(_of(tree["i"], dict), walk)
        values = [_values(column, walk) for column in _of(tree["v"], list)]
        if len(values) != len(columns) or any(len(v) != len(index) for v in values):
            raise ValueError("columns of another length")
        made = pandas.DataFrame(dict(enumerate(values)), index=index, columns=range(len(values)))
        made.columns = columns
        return made
    if kind == "series":
        values, index = _values(tree["v"], walk), rebuild(_of(tree["i"], dict), walk)
        return pandas.Series(values, index=index, name=walk(tree["n"]))
    if kind in ("index", "range_index", "multi_index"):
        return _rebuild_index(tree, walk)
    return _values(tree, walk)


def _rebuild_index(tree: dict[str, Any], walk: Walk) -> Any:
    pandas: Any = sys.modules["pandas"]
    names = [walk(name) for name in _of(tree["n"], list)]
    if tree[KIND] == "range_index":
        start, stop, step = (_of(n, int) for n in _of(tree["v"], list))
        return pandas.RangeIndex(start, stop, step, name=names[0])
    if tree[KIND] == "multi_index":
        levels = [_rebuild_index(_of(level, dict), walk) for level in _of(tree["l"], list)]
        return pandas.MultiIndex(levels, [_of(c, np.ndarray) for c in _of(tree["c"], list)], names=names)
    made = pandas.Index(_values(tree["v"], walk), name=names[0])
    if tree["f"] is not None:
        made.freq = _of(tree["f"], str)
    return made


def _values(tree: Any, walk: Walk) -> Any:
    pandas: Any = sys.modules["pandas"]
    kind = tree.get(KIND) if type(tree) is dict else ""
    if kind == "categories":
        categories = _rebuild_index(_of(tree["c"], dict), walk)
        return pandas.Categorical.from_codes(
            _of(tree["v"], np.ndarray), categories, ordered=tree["o"] is True
        )
    if kind != "pandas_array":
        return _of(walk(tree), np.ndarray)
    name = _of(tree["d"], str)
    if name == "zoned":
        numbers = _of(tree["v"], np.ndarray).view(f"datetime64[{_of(tree['u'], str)}]")
        return pandas.DatetimeIndex(numbers).tz_localize("UTC").tz_convert(_of(tree["z"], str)).array
    if name == "string":
        texts = [None if text is None else _of(text, str) for text in _of(tree["v"], list)]
        dtype = pandas.StringDtype(na_value=float("nan")) if tree["z"] == "nan" else pandas.StringDtype()
        return pandas.array(texts, dtype=dtype)
    if name not in _NULLABLE:
        raise ValueError(name)
    made = pandas.array(_of(tree["v"], np.ndarray), dtype=name)
    made[_of(tree["m"], np.ndarray)] = pandas.NA
    return made


def _image(tree: dict[str, Any]) -> Any:
    image: Any = sys.modules.get("PIL.Image")
    width, height = (_of(n, int) for n in _of(tree["s"], list))
    mode, data = _of(tree["m"], str), _of(tree["v"], bytes)
    if mode not in IMAGE_MODES or not 0 <= width * height <= MAX_PIXELS or min(width, height) < 0:
        raise ValueError("no image")
    if image is None:
        raise ValueError("PIL is not loaded here")
    return image.frombytes(mode, (width, height), data)


def _of(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise ValueError(f"{type(value).__name__} where {kind.__name__} is meant")
    return value
