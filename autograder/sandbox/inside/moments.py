"""The notebook's names as they were when each check cell was reached (*sandbox*).

Students run a check where it stands; later cells may bind its names again (``mse = nn.MSELoss()``). So the names
are noted at each check cell, shallowly, and put back into the same dictionary in a question's copy of the process,
where the notebook's functions find them. What only takes memory is not kept alive for it: see ``_is_light``.
"""

from __future__ import annotations

import builtins
import copy
import ctypes
import gc
import math
import os
import random
import sys
import types
import warnings
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from autograder.sandbox.inside.contents import Contents, put_back

OBJECT_BYTES = (
    4 << 20
)  # of one object that an old name may keep alive; a larger one only while it lives anyway
KEPT_BYTES = 32 << 20  # of all of them
MAX_STEPS = 2000  # objects looked at to find out how large one is

_DEFINED = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType, type)
# Modules whose public names notebooks change, by accident or to trace something.
_WATCHED = (builtins, torch, nn, nn.functional, np, random, math)


class _Weak(weakref.ref):  # type: ignore[type-arg]  # ours: a notebook may hold weak references of its own
    __slots__ = ()


_GONE = object()  # in place of a value that was not kept
_ABSENT = object()


def _print_options() -> Any:
    return copy.copy(torch._tensor_str.PRINT_OPTS)


def _set_print_options(options: Any) -> None:
    torch._tensor_str.PRINT_OPTS.__dict__.update(vars(options))


def _set_filters(filters: list[Any]) -> None:
    warnings.simplefilter("default")  # lets the registries of what was shown forget; then what was there
    warnings.filters[:] = filters  # type: ignore[index]


# Modes that a cell sets for the whole process: how to read one, how to set it.
_MODES: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "default dtype": (torch.get_default_dtype, torch.set_default_dtype),
    "default device": (torch.get_default_device, torch.set_default_device),
    "deterministic": (torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode),
    "anomalies": (torch.is_anomaly_enabled, torch.autograd.set_detect_anomaly),
    "precision": (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
    "grad": (torch.is_grad_enabled, torch.set_grad_enabled),
    "torch prints": (_print_options, _set_print_options),
    "numpy prints": (np.get_printoptions, lambda options: np.set_printoptions(**options)),
    "numpy errors": (np.geterr, lambda modes: np.seterr(**modes)),
    "warnings": (lambda: list(warnings.filters), _set_filters),
    "recursion": (sys.getrecursionlimit, sys.setrecursionlimit),
    "folder": (os.getcwd, os.chdir),
}


_VERSION_AT = 24  # bytes into a dictionary, where CPython 3.11 to 3.13 number its states; no later one does


def _version(names: dict[str, Any]) -> int:
    """Return the number of a dictionary's state: whoever binds, deletes or rebinds a name in it changes that."""
    return ctypes.c_uint64.from_address(id(names) + _VERSION_AT).value


def _tells_versions() -> bool:
    """Tell whether this interpreter numbers the states of a dictionary where we look."""
    if sys.implementation.name != "cpython" or not (3, 11) <= sys.version_info[:2] <= (3, 13):
        return False
    names: dict[str, Any] = {"a": 1}
    found = [_version(names)]
    for change in (lambda: names.update(b=2), lambda: names.update(a=3), lambda: names.pop("b")):
        change()
        found.append(_version(names))
    names.get("a"), list(names)
    return len(set(found)) == len(found) and _version(names) == found[-1]


@dataclass(frozen=True, slots=True)
class _Start:
    """A watched module's public names before the notebook ran, and the state of all its names; 0 if not known."""

    names: dict[str, Any]
    version: int


_starts: list[_Start] = []


def remember_start() -> None:
    """Note the watched modules' names, in the zygote: in every fork anew it would touch, so copy, a thousand pages."""
    told = _tells_versions()
    _starts[:] = [_Start(_public(m), _version(vars(m)) if told else 0) for m in _WATCHED]


@dataclass(slots=True)
class Moment:
    """What was bound where; values are objects, ``_Weak`` references, or ``_GONE``."""

    names: dict[str, Any] = field(default_factory=dict)
    changed: list[dict[str, Any]] = field(default_factory=list)  # of each watched module, since the start
    modes: dict[str, Any] = field(default_factory=dict)
    rebound: dict[str, int] = field(default_factory=dict)
    contents: list[tuple[Any, Any]] = field(default_factory=list)  # of another tool's notebook


class Moments:
    """Notes names, by question, and puts them back."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names
        if not _starts:
            remember_start()
        self.of: dict[str, Moment] = {}
        self.end: Moment | None = None
        self.as_at_end = frozenset[str]()  # questions whose names are those at the end
        self.is_at_end = False  # is everything bound as the notebook has left it?
        self.last = Moment()
        self.kept_bytes = 0.0
        self.contents = Contents()
        self.rebound: dict[
            str, int
        ] = {}  # name of what was a definition -> number of the cell that bound it again
        self.released: dict[str, Any] = {}  # the namespace of the released definitions; see cells.restore
        self.fixed: frozenset[str] = frozenset()  # names that are the released ones at any time
        self.bound: frozenset[str] = frozenset()  # names that those cells bind in their own namespace

    def before_cell(self) -> dict[str, Any]:
        """Return the definitions that a cell finds."""
        return {n: v for n, v in self.names.items() if isinstance(v, _DEFINED) and n[:1] != "_"}

    def after_cell(self, before: dict[str, Any], number: int) -> None:
        """Note which of them it bound to something that is no definition."""
        for name, value in before.items():
            now = self.names.get(name, _ABSENT)
            if now is not value:
                if now is _ABSENT or isinstance(now, _DEFINED):
                    self.rebound.pop(name, None)
                else:
                    self.rebound[name] = number
        for name in [n for n in self.rebound if isinstance(self.names.get(n), _DEFINED)]:
            del self.rebound[name]

    def note(self, question: str, contents: bool = False) -> None:
        """Remember the names as they are now, as what this question is judged by; ``contents``: what they hold, too."""
        names = {name: self._entry(name, value) for name, value in list(self.names.items())}
        self.of[question] = self.last = Moment(names, self._changed(), _modes(), dict(self.rebound))
        if contents:
            self.last.contents = self.contents.take(self.names)

    def note_end(self) -> None:
        """Remember the names as the notebook leaves them."""
        self.end = Moment(dict(self.names), self._changed(), _modes(), dict(self.rebound))
        self.as_at_end = frozenset(q for q, moment in self.of.items() if self._is_end(moment, self.end))
        self.is_at_end = True

    def _is_end(self, moment: Moment, end: Moment) -> bool:
        """Tell whether to put a moment's names back would change nothing at the end."""
        if any(moment.changed) or any(end.changed) or moment.contents:
            return False
        for name, entry in moment.names.items():
            value = entry() if isinstance(entry, _Weak) else entry
            lost = value is _GONE or (isinstance(entry, _Weak) and value is None)
            if not lost and name not in self.fixed and end.names.get(name, _ABSENT) is not value:
                return False
        if any(hasattr(builtins, name) for name in end.names.keys() - moment.names.keys() - self.fixed):
            return False
        return all(_same(end.modes.get(name), value) for name, value in moment.modes.items())

    def put_back(self, question: str, at_end: bool, end_names: list[str]) -> dict[str, Any]:
        """Bind the names as they were at a question's check cell, or at the end; ``end_names`` as at the end anyhow.

        Returns
        -------
        dict with ``differs`` (is it another state than the end's?) and ``rebound`` (name -> cell).
        """
        if self.end is None:
            self.note_end()
        end: Moment = self.end  # type: ignore[assignment]
        moment = end if at_end else self.of.get(question, end)
        if self.is_at_end and (moment is end or question in self.as_at_end):
            self.is_at_end = False  # what runs now may bind anything
            return {"differs": False, "rebound": moment.rebound}
        self.is_at_end = False
        names, differs = dict(end.names), False
        for name, entry in moment.names.items():
            value = entry() if isinstance(entry, _Weak) else entry
            if (
                value is _GONE
                or name in self.fixed
                or name in end_names
                or (isinstance(entry, _Weak) and value is None)
            ):
                continue
            differs |= names.get(name, _ABSENT) is not value and name[:1] != "_"
            names[name] = value
        # A later ``sum = 0`` hides a builtin that was meant before; any other later name is taken as it is.
        for name in [
            n for n in names if n not in moment.names and hasattr(builtins, n) and n not in self.fixed
        ]:
            del names[name]
            differs = True
        for name in [n for n in self.names if n not in names]:
            del self.names[name]
        self.names.update(names)
        differs |= put_back(moment.contents)
        self.released.update({n: v for n, v in names.items() if n not in self.bound})
        for module, start, then, late in zip(_WATCHED, _starts, moment.changed, end.changed, strict=True):
            for name in {**then, **late}:
                value = then.get(name, start.names.get(name, _ABSENT))
                if value is not _ABSENT:  # else it came later
                    differs |= late.get(name, start.names.get(name)) is not value
                    setattr(module, name, value)
        now = _modes()
        for name, value in moment.modes.items():
            differs |= not _same(end.modes.get(name), value)
            if not _same(now.get(name), value):
                with suppress(Exception):  # a folder that is gone
                    _MODES[name][1](value)
        return {"differs": differs, "rebound": moment.rebound}

    def _entry(self, name: str, value: Any) -> Any:
        """Return what to keep of a value: itself, a weak reference, or nothing."""
        known = self.last.names.get(name, _ABSENT)
        if known is value or (isinstance(known, _Weak) and known() is value):
            return known
        if isinstance(value, _DEFINED) or value is None:
            return value
        kept = self.kept_bytes + _size(value)
        if kept <= KEPT_BYTES:
            self.kept_bytes = kept
            return value
        try:
            return _Weak(value)
        except TypeError:
            return _GONE

    def _changed(self) -> list[dict[str, Any]]:
        return [
            {}
            if start.version and _version(vars(module)) == start.version
            else {n: v for n, v in _public(module).items() if start.names.get(n, _ABSENT) is not v}
            for module, start in zip(_WATCHED, _starts, strict=True)
        ]


def _public(module: types.ModuleType) -> dict[str, Any]:
    return {name: value for name, value in vars(module).items() if name[:1] != "_"}


def _modes() -> dict[str, Any]:
    found = {}
    for name, (read, _) in _MODES.items():
        with suppress(Exception):
            found[name] = read()
    return found


def _same(one: Any, other: Any) -> bool:
    if hasattr(one, "__dict__") and type(one) is type(other):
        one, other = vars(one), vars(other)
    try:
        return bool(one == other)
    except Exception:  # noqa: BLE001  a mode may hold anything
        return False


def _size(value: Any) -> float:
    """Return about how many bytes an object keeps alive; infinite for what is too much to look at.

    A tensor on a graph keeps the graph's tensors. Definitions are shared and count nothing.
    """
    try:
        return _size_of(value)
    except Exception:  # noqa: BLE001  an object of the notebook may do anything
        return math.inf


def _size_of(value: Any) -> float:
    seen: set[int] = set()
    todo, total = [value], 0.0
    while todo:
        item = todo.pop()
        if id(item) in seen or isinstance(item, _DEFINED):
            continue
        seen.add(id(item))
        if len(seen) > MAX_STEPS:
            return math.inf
        if isinstance(item, torch.Tensor):
            if item.grad_fn is not None or item.layout != torch.strided:
                return math.inf
            total += item.untyped_storage().nbytes()
            todo += [item.grad] if item.is_leaf and item.grad is not None else []
        elif isinstance(item, np.ndarray):
            owner = item
            while isinstance(owner.base, np.ndarray):
                owner = owner.base
            if owner.dtype.hasobject or owner.base is not None:
                return math.inf
            total += owner.nbytes
        elif isinstance(item, (list, tuple, dict, set, frozenset)) and len(item) > MAX_STEPS:
            return math.inf
        else:
            total += sys.getsizeof(item, 64)
            todo += gc.get_referents(item)
    return total if total <= OBJECT_BYTES else math.inf
