"""What a test that runs in a notebook's process meets there: objects that judge themselves (*sandbox*).

An object with its own ``==`` can equal whatever it is compared with, wherever its class comes from: the notebook,
``unittest.mock.ANY``, a column of pandas' missing values. So the values that pass through a test's calls are looked at
by class. Nothing is decided here: what is found is a sign (``judge.foreign_check``), unless the solution shows it, too.
"""

from __future__ import annotations

import ast
import builtins
import sys
from typing import Any

import numpy as np

NAME = "__autograder_seen__"
MAX_SIGNS = 8
_LOOKED_AT = 16  # items of a container
_DEPTH = 3
SAYS = frozenset(
    [
        *("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__", "__bool__"),
        *("__array_ufunc__", "__array_function__", "__array__", "__torch_function__", "__float__"),
        *("__sub__", "__rsub__", "__abs__", "__round__", "__index__"),
    ]
)
# Whose classes compare as one expects, if the class is what its module has by that name.
_TRUSTED = {"numpy", "torch", "PIL", "sklearn", "scipy", "matplotlib"} | (
    set(sys.stdlib_module_names) - {"unittest", "ctypes", "test", "doctest", "builtins", "__main__"}
)
_NOT = ("numpy.ma", "torch.fx", "torch.testing")
_PANDAS = {
    *("DataFrame", "Series", "Index", "RangeIndex", "MultiIndex", "DatetimeIndex", "TimedeltaIndex"),
    *("PeriodIndex", "IntervalIndex", "CategoricalIndex", "Timestamp", "Timedelta", "Period", "Interval"),
    *("NaTType", "Categorical", "Flags"),
}
_MRO = type.__dict__["__mro__"].__get__  # what no metaclass answers for
_PLAIN: dict[type, bool] = dict.fromkeys(
    (int, float, bool, str, bytes, type(None), complex, np.float64, np.float32, np.int64, np.bool_), False
)


class Watch(ast.NodeTransformer):
    """Let each call in a test, and each name that it judges, pass by ``Kinds.seen``."""

    def __init__(self, judged: list[str]) -> None:
        self.judged = frozenset(judged)

    def _seen(self, node: ast.expr) -> ast.expr:
        return ast.copy_location(ast.Call(ast.Name(NAME, ast.Load()), [node], []), node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Look at what it returns."""
        self.generic_visit(node)
        return self._seen(node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Look at a judged name's value."""
        return self._seen(node) if node.id in self.judged and isinstance(node.ctx, ast.Load) else node

    def visit_MatchClass(self, node: ast.MatchClass) -> ast.MatchClass:
        """Leave it: a class in a pattern is a name, and no call."""
        return node

    def visit_MatchValue(self, node: ast.MatchValue) -> ast.MatchValue:
        """Leave it."""
        return node


def watched(code: str, judged: list[str]) -> str:
    """Return a test's code with its values looked at; the code itself if that cannot be written."""
    try:
        made = ast.unparse(ast.fix_missing_locations(Watch(judged).visit(ast.parse(code))))
        ast.parse(made)
    except (SyntaxError, ValueError, RecursionError):
        return code
    return made + ";" if code.rstrip().endswith(";") else made  # a semicolon silences a last value


class Kinds:
    """Which values of a test judge themselves."""

    def __init__(self) -> None:
        self.known = dict(_PLAIN)
        self.found: dict[str, None] = {}

    def seen(self, value: Any) -> Any:
        """Note a value's class; return the value."""
        self._look(value, _DEPTH)
        return value

    def _look(self, value: Any, depth: int) -> None:
        kind = type(value)
        own = self.known.get(kind)
        if own is None:
            own = self.known[kind] = judges_itself(kind)
        if own and len(self.found) < MAX_SIGNS:
            self.found[f"gives {_name(kind)}, which says itself what it equals"] = None
        if depth <= 0 or kind in _PLAIN:
            return
        if kind in (list, tuple, set, frozenset):
            for _, one in zip(range(_LOOKED_AT), value, strict=False):
                self._look(one, depth - 1)
        elif kind is dict:
            for _, one in zip(range(_LOOKED_AT), value.values(), strict=False):
                self._look(one, depth - 1)
        elif kind is np.ndarray and value.dtype == object:
            for one in value.flat[:_LOOKED_AT]:
                self._look(one, depth - 1)
        elif not own and str(kind.__module__).split(".")[0] == "pandas":
            self._look_at_table(value)

    def _look_at_table(self, value: Any) -> None:
        """Pandas' own missing value leaves every comparison open, and ``all()`` leaves it out."""
        missing = getattr(sys.modules.get("pandas"), "NA", self)
        dtypes: Any = getattr(value, "dtypes", getattr(value, "dtype", None))
        for dtype in dtypes.tolist()[:64] if hasattr(dtypes, "tolist") else [dtypes]:
            if getattr(dtype, "na_value", None) is not missing or len(self.found) >= MAX_SIGNS:
                continue
            if np.asarray(value.isna()).any():
                said = f"gives a column of pandas' {str(dtype)[:20]}, whose missing values equal anything"
                self.found[said] = None


def judges_itself(kind: type) -> bool:
    """Tell whether a class, or one that it is made from, has a comparison of its own that is nobody's we trust."""
    trusted: set[type] = {object}
    for one in _MRO(kind):
        if one in trusted:
            continue
        if _is_trusted(one):
            trusted.update(_MRO(one))  # with what it is made from: pandas' frames compare by a mixin
        elif not SAYS.isdisjoint(type.__dict__["__dict__"].__get__(one)):
            return True
    return False


def _is_trusted(kind: type) -> bool:
    module, name = kind.__module__, kind.__qualname__
    if type(module) is not str or type(name) is not str:
        return False
    if getattr(builtins, name, None) is kind:
        return True
    root = module.split(".")[0]
    if root == "pandas":
        return name in _PANDAS and _is_there(kind, module, name)
    if root == "builtins":  # of no module: types of generators, methods and the like
        return not type.__dict__["__flags__"].__get__(kind) & (1 << 9)  # made by a class statement
    return root in _TRUSTED and not module.startswith(_NOT) and _is_there(kind, module, name)


def _is_there(kind: type, module: str, name: str) -> bool:
    """A class can say that it is of any module: look there. C's classes may be of a module that has them not."""
    if not type.__dict__["__flags__"].__get__(kind) & (1 << 9):
        return True
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is kind


def _name(kind: type) -> str:
    module, name = str(kind.__module__)[:40], str(kind.__qualname__)[:40]
    return name if module == "__main__" else f"{module}.{name}"
