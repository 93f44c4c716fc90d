"""What was in the notebook's lists, arrays, tables and objects when a cell was reached (*sandbox*).

A moment keeps names, not what is in their values (``moments``). Another tool's test runs where it stands and once
more where it is judged, and some change what they look at (``df = clean(df)``, ``account.withdraw(30)``). So what can be
copied for little is copied, and put back into the same object if it has changed since: what else holds it sees it, too.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

OBJECT_BYTES = 4 << 20
KEPT_BYTES = 64 << 20
MAX_PARTS = 2000
MAX_DEPTH = 8
_CONTAINERS = (list, dict, set, bytearray)
_FIXED = (
    type(None),
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    range,
    type,
    type(len),
    type(lambda: 0),
    type(sys),
)


class Contents:
    """Copies of what names held; the same copy as long as it is the same."""

    def __init__(self) -> None:
        self.kept_bytes = 0
        self._last: dict[int, tuple[Any, Any]] = {}  # id -> (the object, its content)

    def take(self, names: Mapping[str, Any]) -> list[tuple[Any, Any]]:
        """Return (object, content) of what names hold now."""
        found: dict[int, tuple[Any, Any]] = {}
        for name, value in names.items():
            if name[:1] == "_" or id(value) in found or isinstance(value, _FIXED) or name in ("In", "Out"):
                continue
            try:
                known = self._last.get(id(value))
                if known is not None and known[0] is value and is_same(value, known[1]):
                    found[id(value)] = known
                    continue
                size = _size(value)
                if size is None or self.kept_bytes + size > KEPT_BYTES:
                    continue
                found[id(value)] = (value, _content(value))
                self.kept_bytes += size
            except Exception:  # noqa: BLE001, S112  an object of the notebook's may do anything
                continue
        self._last = found
        return list(found.values())


def put_back(kept: list[tuple[Any, Any]]) -> bool:
    """Put back what has changed since; tell whether anything had."""
    changed = False
    for value, content in kept:
        try:
            if not is_same(value, content):
                _put_back(value, content)
                changed = True
        except Exception:  # noqa: BLE001, S112  then it stays as it is
            continue
    return changed


def _tensor(value: Any) -> bool:
    torch: Any = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _module(value: Any) -> bool:
    torch: Any = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.nn.Module)


def _table(value: Any) -> bool:
    pandas: Any = sys.modules.get("pandas")
    return (
        pandas is not None
        and hasattr(pandas, "DataFrame")
        and isinstance(value, (pandas.DataFrame, pandas.Series))
    )


def _is_students(value: Any) -> bool:
    return type(value).__module__ == "__main__" and type(getattr(value, "__dict__", None)) is dict


def _size(value: Any) -> int | None:
    """Return about how many bytes a copy takes; None for what is not copied."""
    if _table(value):
        size = int(np.sum(value.memory_usage(index=True)))
    elif isinstance(value, np.ndarray):
        size = value.nbytes
    elif _module(value):
        size = sum(t.untyped_storage().nbytes() for t in (*value.parameters(), *value.buffers()))
    elif _tensor(value):
        size = value.untyped_storage().nbytes() if value.is_leaf else OBJECT_BYTES + 1
    elif isinstance(value, _CONTAINERS) or _is_students(value):
        found = _parts(value, 0, [0, 0])
        if found is None:
            return None
        size = found
    else:
        return None
    return size if size <= OBJECT_BYTES else None


def _parts(value: Any, depth: int, count: list[int]) -> int | None:
    """Return about how many bytes a container's parts take; None for too many, or for one that is not copied."""
    count[0] += 1
    if count[0] > MAX_PARTS or depth > MAX_DEPTH:
        return None
    if isinstance(value, (list, tuple, set, frozenset)):
        if len(value) > 1000 and all(type(v) in (int, float, str, bool) for v in value):
            return sys.getsizeof(value)
        inner = list(value)
    elif isinstance(value, dict):
        inner = [*value, *value.values()]
    elif _is_students(value) and not _module(value):
        inner = list(vars(value).values())
    elif isinstance(value, _FIXED):
        return sys.getsizeof(value)
    else:
        return _size(value) if _table(value) or isinstance(value, np.ndarray) or _tensor(value) else 64
    total = sys.getsizeof(value)
    for one in inner:
        size = _parts(one, depth + 1, count)
        if size is None:
            return None
        total += size
    return total


def _content(value: Any) -> Any:
    if _table(value) or isinstance(value, np.ndarray):
        return value.copy()
    if _module(value):
        return {name: tensor.detach().clone() for name, tensor in _tensors(value)}, bool(value.training)
    if _tensor(value):
        return value.detach().clone()
    return _copy(vars(value) if _is_students(value) and not isinstance(value, _CONTAINERS) else value)


def _tensors(module: Any) -> list[tuple[str, Any]]:
    return [*module.named_parameters(), *module.named_buffers()]


def _copy(value: Any) -> Any:
    """Return a copy of containers, arrays and objects of the notebook's classes; all else is the same object in both."""
    if type(value) is list:
        return [_copy(one) for one in value]
    if type(value) is tuple:
        return tuple(_copy(one) for one in value)
    if type(value) is dict:
        return {key: _copy(one) for key, one in value.items()}
    if type(value) in (set, bytearray, np.ndarray) or _table(value):
        return value.copy()
    if isinstance(value, _CONTAINERS):
        return copy.copy(value)
    if _tensor(value) and value.is_leaf:
        return value.detach().clone()
    if _is_students(value) and not _module(value):
        return _State(value, _copy(vars(value)))
    return value


class _State:
    """An object within a container, and what it held."""

    def __init__(self, value: Any, content: Any) -> None:
        self.value, self.content = value, content


def is_same(value: Any, content: Any) -> bool:
    """Tell whether an object has still the content that was taken of it."""
    if _module(value):
        now = dict(_tensors(value))
        state, training = content
        return (
            bool(value.training) is training
            and now.keys() == state.keys()
            and all(_equal(now[name].detach(), one) for name, one in state.items())
        )
    if _is_students(value) and not isinstance(value, _CONTAINERS):
        return _equal(vars(value), content)
    return _equal(value.detach() if _tensor(value) else value, content)


def _equal(now: Any, then: Any) -> bool:
    if isinstance(then, _State):
        return now is then.value and _equal(vars(now), then.content)
    if now is then:
        return True
    if type(now) is not type(then) and not _tensor(now):
        return False
    if isinstance(now, np.ndarray):
        if now.shape != then.shape or now.dtype != then.dtype:
            return False
        return bool(np.array_equal(now, then, equal_nan=now.dtype.kind in "fc"))
    if _table(now):
        # Types, too: a column that became a text.
        types = [list(map(str, t.dtypes)) if hasattr(t, "columns") else [str(t.dtype)] for t in (now, then)]
        return bool(now.equals(then)) and types[0] == types[1] and now.index.equals(then.index)
    if _tensor(now):
        torch: Any = sys.modules["torch"]
        return now.shape == then.shape and bool(torch.equal(now.detach(), then.detach()))
    if isinstance(now, (list, tuple)):
        return len(now) == len(then) and all(map(_equal, now, then))
    if isinstance(now, dict):
        return list(now) == list(then) and all(_equal(now[key], then[key]) for key in now)
    return bool(now == then) if isinstance(now, (*_FIXED, set, frozenset, bytearray)) else False


def _back(content: Any) -> Any:
    """Return a content as objects again: those of the notebook's classes are the same, with what they held."""
    if isinstance(content, _State):
        vars(content.value).clear()
        vars(content.value).update(_back(content.content))
        return content.value
    if type(content) in (list, tuple):
        return type(content)(_back(one) for one in content)
    if type(content) is dict:
        return {key: _back(one) for key, one in content.items()}
    return content


def _put_back(value: Any, content: Any) -> None:
    if _module(value):
        torch: Any = sys.modules["torch"]
        state, training = content
        with torch.no_grad():
            for name, tensor in _tensors(value):
                if name in state and state[name].shape == tensor.shape:
                    tensor.copy_(state[name])
        value.train(training)
    elif _table(value):
        value._mgr = content.copy()._mgr
        if hasattr(value, "_item_cache"):
            value._item_cache.clear()
    elif isinstance(value, np.ndarray):
        if value.shape == content.shape:
            value[...] = content
    elif _tensor(value):
        torch = sys.modules["torch"]
        with torch.no_grad():
            value.copy_(content)
    elif isinstance(value, (list, bytearray)):
        value[:] = _back(content)
    elif isinstance(value, (dict, set)):
        held = _back(content)
        value.clear()
        value.update(held)
    else:
        vars(value).clear()
        vars(value).update(_back(content))
