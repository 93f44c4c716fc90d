"""Run a test of another tool in a copy of the notebook's process: where it cannot be judged from outside (*sandbox*).

The copy has seen no other hidden test and ends with this one. What the student's code may have put in the way of a
comparison is put back as far as can be: builtins, the functions of NumPy, torch, unittest and pandas that tests call,
and their code. As forgeable as in the tool that the test comes from, no more; what else fences it in is on the
other side (``judge.foreign_check``): the same cell is run again where the names that it judges are taken away.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import gc
import importlib
import re
import sys
import threading
import types
from typing import Any

import numpy as np

from autograder.sandbox import test_code
from autograder.sandbox.inside import cells, foreign_kinds

TEXT_CHARS = 300
MAX_SIGNS = 8
_OF_SHELL = frozenset(("In", "Out", "get_ipython", "exit", "quit", "open", "display"))
_MODULES = (
    *(
        "builtins",
        "math",
        "operator",
        "statistics",
        "random",
        "inspect",
        "doctest",
        "ast",
        "unittest",
        "unittest.case",
    ),
    *(
        "unittest.util",
        "unittest.mock",
        "numpy",
        "numpy.testing",
        "numpy.testing._private.utils",
        "numpy.linalg",
    ),
    *("numpy._core.numeric", "numpy._core.fromnumeric", "numpy._core.arrayprint", "numpy._core.multiarray"),
    *(
        "torch",
        "torch.nn",
        "torch.nn.functional",
        "torch.testing",
        "torch.testing._comparison",
        "torch.linalg",
    ),
    *("torch._tensor", "torch.nn.modules.module", "pandas", "pandas.testing", "pandas._testing"),
    *("pandas._testing.asserters", "scipy", "scipy.stats", "sklearn.metrics", "autograder.sandbox.test_code"),
)
# Imported by notebooks only, and what figures are asked by.
_LATER = ("matplotlib.pyplot", "matplotlib.axes", "matplotlib.figure", "matplotlib.lines", "matplotlib.text")
_CLASSES = (
    *("torch:Tensor", "torch.nn:Module", "torch.nn:Parameter", "unittest:TestCase", "doctest:OutputChecker"),
    *("doctest:DocTestRunner", "pandas:DataFrame", "pandas:Series", "autograder.sandbox.test_code:Checker"),
)


class _Pristine:
    """What the zygote had before any student came: module dicts, class dicts, and the code of functions in them."""

    def __init__(self) -> None:
        self.modules = [
            (module, dict(vars(module))) for name in _MODULES if (module := sys.modules.get(name))
        ]
        self.classes = []
        for path in _CLASSES:
            name, _, attribute = path.partition(":")
            kind = getattr(sys.modules.get(name), attribute, None)
            if isinstance(kind, type):
                self.classes.append((kind, dict(vars(kind))))
        seen: dict[int, Any] = {}
        for _, found in (*self.modules, *self.classes):
            for value in found.values():
                inner = getattr(value, "__wrapped__", None)
                for function in (value, inner):
                    if isinstance(function, types.FunctionType):
                        seen[id(function)] = (
                            function,
                            function.__code__,
                            function.__defaults__,
                            function.__kwdefaults__,
                        )
        self.functions = list(seen.values())
        self.by_name = dict(sys.modules)

    def put_back(self) -> list[str]:
        """Put back what differs, and write to nothing else: each page written to is copied; return what it was."""
        changed = []
        for function, code, defaults, named in self.functions:
            if function.__code__ is not code:
                changed.append(f"{function.__module__}.{function.__name__}")
                function.__code__ = code
            if function.__defaults__ is not defaults:
                changed.append(f"{function.__module__}.{function.__name__}")
                function.__defaults__ = defaults
            if function.__kwdefaults__ is not named:
                changed.append(f"{function.__module__}.{function.__name__}")
                function.__kwdefaults__ = named
        for module, found in self.modules:
            now = vars(module)
            for name, value in found.items():
                if now.get(name, self) is not value:
                    now[name] = value
                    if callable(value):
                        changed.append(f"{module.__name__}.{name}")
            if sys.modules.get(module.__name__) is not module:
                sys.modules[module.__name__] = module
        for kind, found in self.classes:
            own = vars(kind)
            for name in [n for n in own if n not in found and n[:2] == "__"]:
                with contextlib.suppress(AttributeError, TypeError):
                    type.__delattr__(kind, name)
            for name, value in found.items():
                if own.get(name, self) is not value:
                    with contextlib.suppress(AttributeError, TypeError):
                        type.__setattr__(kind, name, value)
                        if callable(value):
                            changed.append(f"{kind.__module__}.{kind.__name__}.{name}")
        return changed


_pristine: _Pristine | None = None


def remember() -> None:
    """Note, in the zygote, what tests rely on."""
    global _pristine
    for name in ("numpy.testing", "torch.testing", "unittest.mock"):
        importlib.import_module(name)
    _pristine = _Pristine()


class Names(test_code.Names):
    """The notebook's names as a test in its process sees them."""

    def __init__(self, notebook: dict[str, Any], judged: list[str], *, binds: bool) -> None:
        super().__init__(judged, binds=binds)
        self.notebook = notebook

    def fetch(self, name: str) -> Any:
        return self.notebook[name]

    def store(self, name: str, value: Any) -> None:
        self.notebook[name] = value

    def remove(self, name: str) -> None:
        del self.notebook[name]

    def others(self) -> list[str]:
        return list(self.notebook)


class _Junk:
    """Stands for a name that is judged, in a probe: whatever is asked of it, nothing right comes back."""

    def __call__(self, *_: Any, **__: Any) -> Any:
        return _Junk()


def run(shell: cells.Shell, plan: dict[str, Any]) -> dict[str, Any]:
    """Run a test and say how it ended, in few words.

    Returns
    -------
    dict with ``passed``, ``nonce`` (the plan's, if its last statement was reached), ``value`` (a number, or None),
    ``names`` (of the exception's classes), ``text`` (capped), and ``signs`` of tampering that a test met which passed.
    """
    changed = _pristine.put_back() if _pristine is not None else []
    if sys.gettrace() is not None:
        sys.settrace(None)
    if type(sys.getprofile()) is types.FunctionType:
        sys.setprofile(None)
    threading.settrace(None)
    gc.callbacks.clear()
    _take_away(shell.user_ns, plan)
    swallowed: list[BaseException] = []
    shell.__dict__["showtraceback"] = lambda *_, **__: swallowed.append(sys.exc_info()[1] or Exception())
    row = [{**test, "code": _as_python(test["code"])} for test in (*plan["follows"], plan["test"])]
    *before, test = test_code.in_a_row(row)
    for one in before:
        with (names := _names_for(one, shell.user_ns, plan)).apart():
            test_code.run(one, names)
    names = _names_for(test, shell.user_ns, plan)
    kinds = foreign_kinds.Kinds()
    dict.__setitem__(names, foreign_kinds.NAME, kinds.seen)
    test = {
        **test,
        "beside": {foreign_kinds.NAME: kinds.seen},
        "code": foreign_kinds.watched(test["code"], plan["judged"]),
        "examples": [
            {**e, "source": foreign_kinds.watched(e["source"], plan["judged"])} for e in test["examples"]
        ],
    }
    reached: list[str] = []
    ending = test_code.run(test, names, last=lambda: reached.append(plan["nonce"]))
    error = ending.error or (swallowed[0] if swallowed else None)
    value = None
    if (
        ending.has_value
        and isinstance(ending.value, (int, float, np.integer, np.floating))
        and not isinstance(ending.value, bool)
    ):
        value = float(ending.value)
    report: dict[str, Any] = {
        "passed": ending.passed and error is None,
        "nonce": reached[0] if reached else "",
        "value": value,
        "names": [c.__name__[:60] for c in type(error).__mro__[:8]] if error is not None else [],
        "text": "",
        "line": cells.line_in_cell(error) if error is not None else 0,
        "signs": [],
    }
    if report["passed"]:
        changed += _pristine.put_back() if _pristine is not None else []
        changed += _patched(shell.user_ns)
        report["signs"] = [*(f"changes {name[:80]}" for name in dict.fromkeys(changed)), *kinds.found][
            :MAX_SIGNS
        ]
    with contextlib.suppress(Exception):
        report["text"] = str(error)[:TEXT_CHARS].encode("utf-8", "backslashreplace").decode() if error else ""
    return report


def _names_for(test: dict[str, Any], notebook: dict[str, Any], plan: dict[str, Any]) -> Names:
    """Return the names of one test: the notebook's, and what the plan defines for it."""
    names = Names(notebook, plan["judged"], binds=plan["binds"])
    texts = [test["code"], plan["definitions"], *plan["builds_on"]]
    words = set(re.findall(r"\w+", " ".join([*texts, *(e["source"] for e in test["examples"])])))
    with names.apart():
        if "display" in words:
            names["display"] = _find("IPython.display:display")
        for name, place in plan["modules"].items():
            if name not in words:
                continue  # an import costs more than all the rest
            with contextlib.suppress(Exception):
                names[name] = _find(place)
        for code in (plan["definitions"], *plan["builds_on"]):
            test_code.define(_as_python(code), names)
    return names


def _patched(notebook: dict[str, Any]) -> list[str]:
    """Return what a library that came after the zygote has of somebody else's: functions of the notebook in pyplot."""
    found = []
    for name, module in list(sys.modules.items()):
        if not name.startswith(_LATER) or not isinstance(module, types.ModuleType):
            continue
        for key, value in list(vars(module).items()):
            if isinstance(value, type):
                if value.__module__ == name:
                    inner = type.__dict__["__dict__"].__get__(value)
                    found += [f"{name}.{key}.{k}" for k, v in inner.items() if _is_of_notebook(v, notebook)]
                elif value.__module__ == "__main__":
                    found.append(f"{name}.{key}")
            elif _is_of_notebook(value, notebook):
                found.append(f"{name}.{key}")
    return found


def _is_of_notebook(value: Any, notebook: dict[str, Any]) -> bool:
    while isinstance(value, (functools.partial, staticmethod, classmethod, types.MethodType)):
        value = value.func if isinstance(value, functools.partial) else value.__func__
    if isinstance(value, property):
        value = value.fget
    if not isinstance(value, types.FunctionType):
        return type(value).__module__ == "__main__"
    names = value.__globals__
    file = names.get("__file__")
    return names is notebook or (
        type(file) is str and not file.startswith((sys.prefix, sys.base_prefix, "<"))
    )


def _take_away(notebook: dict[str, Any], plan: dict[str, Any]) -> None:
    if not plan["mode"]:
        return
    taken = plan["judged"]
    if not taken:  # it looks at no name: at a figure, perhaps. Then all that the notebook made goes
        taken = [
            n
            for n, v in notebook.items()
            if n[:1] != "_" and not isinstance(v, types.ModuleType) and n not in _OF_SHELL
        ]
        pyplot: Any = sys.modules.get("matplotlib.pyplot")
        if pyplot is not None:
            pyplot.close("all")
    for name in taken:
        notebook.pop(name, None)
        if plan["mode"] == "junk":
            notebook[name] = _Junk()


def _find(place: str) -> Any:
    module, _, path = place.partition(":")
    found: Any = _pristine.by_name.get(module) if _pristine is not None else None
    if found is None:
        __import__(module)
        found = sys.modules[module]
    for part in path.split(".") if path else ():
        found = getattr(found, part)
    return found


def _as_python(code: str) -> str:
    """Return a cell without magics, or with them as calls; by transformers that no notebook has touched."""
    try:
        ast.parse(code)
    except (SyntaxError, ValueError):
        from IPython.core.inputtransformer2 import TransformerManager

        return str(TransformerManager().transform_cell(code))
    return code
