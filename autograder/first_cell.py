"""``check(...)``: run visible checks against the notebook's own names (*student side*).

The source notebook imports this module; the released notebook opens with the same text as a cell, so it
needs nothing installed but what the course uses. Verdict and words are those of the grader.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from autograder.checks import *  # noqa: F403
from autograder.checks import CheckFailed, Tensor

POINTS: dict[str, list[Any]] = {}  # check -> [question, points]; question -> [title, points]; filled at release
_concluded: dict[str, bool] = {}
_UNUSABLE = "what your code returned cannot be used here (expected another kind of value)"


class _View:
    """An object of the notebook as a check sees it: results arrive as plain data or read-only arrays."""

    def __init__(self, inner: Any) -> None:
        object.__setattr__(self, "_inner", inner)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        given = [_to_notebook(a) for a in arguments]
        return _from_notebook(self._inner(*given, **{k: _to_notebook(v) for k, v in named.items()}))

    def __getattr__(self, name: str) -> Any:
        return _from_notebook(getattr(self._inner, name))

    def __bool__(self) -> bool:
        raise TypeError("an object of the notebook has no truth value in a check")


def _to_notebook(value: Any) -> Any:
    if isinstance(value, _View):
        return value._inner
    if isinstance(value, Tensor):
        import torch

        return torch.from_numpy(value.array.copy())
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, (list, tuple)):
        return type(value)(_to_notebook(v) for v in value)
    if isinstance(value, dict):
        return {k: _to_notebook(v) for k, v in value.items()}
    return value.item() if isinstance(value, np.generic) else value


def _from_notebook(value: Any) -> Any:
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        value = (value.float() if value.dtype == torch.bfloat16 else value).numpy()
    if isinstance(value, (np.ndarray, np.generic)):
        if np.ndim(value) == 0:
            return np.asarray(value).item()
        array = np.array(value)
        array.flags.writeable = False
        return array
    if isinstance(value, (list, range)):
        return [_from_notebook(v) for v in value]
    if isinstance(value, tuple):
        return tuple(_from_notebook(v) for v in value)
    if isinstance(value, dict):
        return {k: _from_notebook(v) for k, v in value.items()}
    return value if value is None or isinstance(value, (bool, int, float, str, bytes)) else _View(value)


def _where(error: BaseException, function: Any) -> tuple[bool, int]:
    """Tell whether the check itself raised, and else the line of the notebook's own code that did."""
    line, code, trace = 0, None, error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        own = code not in (function.__code__, _View.__call__.__code__, _run.__code__)
        if own and ("ipykernel" in code.co_filename or "<ipython-input" in code.co_filename):
            line = trace.tb_lineno
        trace = trace.tb_next
    return code is function.__code__, line


def _run(function: Any, names: dict[str, Any]) -> str:
    """Return why the check fails, or an empty string."""
    needed = function.__code__.co_varnames[: function.__code__.co_argcount]
    for name in needed:
        if name not in names:
            return f"`{name}` is not defined in your notebook"
    try:
        function(**{name: _from_notebook(names[name]) for name in needed})
    except CheckFailed as error:
        return error.sentence(public=True)
    except NotImplementedError:
        return "not answered yet: the cell still raises NotImplementedError"
    except AssertionError as error:
        return str(error).split("\n")[0] or "the result is not the expected one"
    except Exception as error:
        in_check, line = _where(error, function)
        if in_check:
            return _UNUSABLE
        where = f" in line {line} of its cell" if line else ""
        return f"your code raised {type(error).__name__}{where}: {str(error)[:200]}"
    return ""


def check(*functions: Any) -> None:
    """Run visible checks and print, for each, whether it passes and why not."""
    names = sys._getframe(1).f_globals
    question = ""
    for function in functions:
        title = (function.__doc__ or function.__name__).strip().split("\n")[0]
        question, worth = POINTS.get(function.__name__, ["", None])
        blocked = [n for n in getattr(function, "after", ()) if _concluded.get(n) is False]
        reason = "" if blocked else _run(function, names)
        _concluded[function.__name__] = not reason and not blocked
        sign = "[skipped]" if blocked else "[failed] " if reason else "[passed] "
        print(f"{sign} {title}" + (f"  ({worth:g} point{'s' * (worth != 1)})" if worth is not None else ""))
        if blocked:
            print(f"          builds on {', '.join(blocked)}, which did not pass")
        elif reason:
            print(f"          {reason}")
    if question in POINTS:
        visible = sum(p for q, p in POINTS.values() if q == question)
        rest = POINTS[question][1] - visible
        if rest > 0:
            print(f"The other {rest:g} of {question}'s {POINTS[question][1]:g} points come from checks on fresh inputs, after you hand in.")
