"""What the author of a check imports: comparisons, decorators and the words of a failure.

*trusted* in the grader; the same text is also the first part of the cell that opens every
released notebook, so that a visible check gives the same verdict in the same words in Colab.
Therefore: standard library and NumPy only, and no import from this package.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

__all__ = [
    "CheckFailed",
    "Tensor",
    "after",
    "at_least",
    "at_most",
    "close",
    "equal",
    "expect",
    "fail",
    "isolated",
    "points",
    "raises",
    "tensor",
    "timeout",
]

_SLOT_LENGTH = 160  # characters of one value in a sentence

# kind -> (sentence for a public input, sentence for a hidden one). A hidden sentence may name the
# kind and the size of an error, never the input and never the expected value.
_SENTENCES = {
    "value": ("{name}: expected {expected}, got {actual}", "{name} is not the expected value"),
    "type": ("{name}: expected {wanted}, got {found}",) * 2,
    "shape": ("{name}: expected shape {wanted_shape}, got {found_shape}",) * 2,
    "length": ("{name}: expected {wanted_length} values, got {found_length}",) * 2,
    "finite": ("{name}: {bad} of {total} values are NaN or infinite",) * 2,
    "factor": ("{name}: every value is {factor} times the expected one",) * 2,
    "close": (
        "{name}: differs from the expected values by up to {error}{where}",
        "{name}: differs from the expected values by about {size} of their scale",
    ),
    "bound": ("{name} is {measured}; {relation} {bound} is needed",) * 2,
    "raises": ("expected {wanted_error} here, but {found_error}",) * 2,
    "other": ("{name}",) * 2,
}


class CheckFailed(AssertionError):
    """The student's answer is wrong in one of the ways of ``_SENTENCES``.

    ``kind`` names the way, ``slots`` its numbers, ``hint`` is the author's sentence or ``None``.
    """

    def __init__(self, kind: str, *, hint: str | None = None, **slots: object) -> None:
        super().__init__(kind)
        self.kind, self.hint, self.slots = kind, hint, slots

    def sentence(self, *, public: bool) -> str:
        """Return the reason in words; with ``public=False`` no input and no expected value."""
        text = _SENTENCES[self.kind][0 if public else 1].format_map(self.slots)
        return f"{text}. {self.hint}" if self.hint else text

    def __str__(self) -> str:
        return self.sentence(public=True)


class Tensor:
    """An argument that the student's function receives as a ``torch.Tensor``."""

    def __init__(self, array: object) -> None:
        self.array = np.array(array)


def tensor(array: object) -> Tensor:
    """Mark an array so that it arrives as a ``torch.Tensor`` of the same dtype and values."""
    return Tensor(array)


def points(value: float) -> Callable[[Any], Any]:
    """Give a check its share of the question's points; checks without one share the rest equally."""
    return _mark("points", value)


def after(*names: str) -> Callable[[Any], Any]:
    """Skip the check when one it builds on (a check's name or a question's grade_id) did not pass."""
    return _mark("after", names)


def timeout(cpu_s: float) -> Callable[[Any], Any]:
    """Set the CPU seconds that the check may use in the student's process (default 10)."""
    return _mark("timeout_s", cpu_s)


def isolated(function: Any) -> Any:
    """Run the check in its own copy of the student's process, untouched by the other checks."""
    function.isolated = True
    return function


def _mark(name: str, value: object) -> Callable[[Any], Any]:
    def mark(function: Any) -> Any:
        setattr(function, name, value)
        return function

    return mark


def _describe(value: object) -> str:
    """Name what a value is, without its content."""
    if value is None:
        return "None (does the function return its result?)"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, (bool, np.bool_)):
        return "True/False"
    if isinstance(value, numbers.Number):
        return "a number"
    if isinstance(value, (list, tuple)):
        return f"a {type(value).__name__} of {len(value)}"
    known = {str: "a string", dict: "a dictionary", bytes: "bytes"}
    return known.get(type(value), "an object")


def _show(value: object) -> str:
    if isinstance(value, float):
        text = f"{value:.6g}"
    elif isinstance(value, np.ndarray):
        text = np.array2string(value, precision=4, threshold=12, separator=", ")
    else:
        text = repr(value)
    text = " ".join(text.split())
    return text if len(text) <= _SLOT_LENGTH else text[: _SLOT_LENGTH - 1] + "…"


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Number) and not isinstance(value, (bool, np.bool_))


def fail(reason: str) -> None:
    """Fail the check with the author's own sentence (a constant: never an input or an answer)."""
    raise CheckFailed("other", name=reason)


def equal(actual: object, expected: object, *, name: str = "the result", hint: str | None = None) -> None:
    """Require the same number, string, bool, or sequence of them; 51.0 is 51, True is not 1.

    Raises
    ------
    CheckFailed
        ``type`` for another kind of value, ``length`` or ``value``.
    """
    if isinstance(expected, (list, tuple)):
        if isinstance(actual, np.ndarray) and actual.ndim == 1:
            actual = actual.tolist()
        if not isinstance(actual, (list, tuple)):
            raise CheckFailed("type", name=name, wanted=f"a list of {len(expected)}", found=_describe(actual), hint=hint)
        if len(actual) != len(expected):
            raise CheckFailed("length", name=name, wanted_length=len(expected), found_length=len(actual), hint=hint)
        for index, (a, e) in enumerate(zip(actual, expected, strict=True)):
            equal(a, e, name=f"{name}[{index}]", hint=hint)
        return
    same_kind = _is_number(actual) if _is_number(expected) else type(actual) is type(expected)
    if not same_kind:
        raise CheckFailed("type", name=name, wanted=_describe(expected), found=_describe(actual), hint=hint)
    if not actual == expected:
        raise CheckFailed("value", name=name, expected=_show(expected), actual=_show(actual), hint=hint)


def expect(
    value: object,
    *,
    shape: tuple[int, ...] | None = None,
    length: int | None = None,
    finite: bool = True,
    name: str = "the result",
    hint: str | None = None,
) -> np.ndarray:
    """Return the value as a float64 array after its form is checked; call it before any arithmetic.

    Parameters
    ----------
    value : number, ndarray or (nested) list of numbers
    shape : the exact shape; ``()`` asks for one number
    length : the length of the first axis
    finite : refuse NaN and infinities

    Raises
    ------
    CheckFailed
        ``type``, ``shape``, ``length`` or ``finite``.
    """
    wanted = "one number" if shape == () else "an array of numbers"
    ok = isinstance(value, np.ndarray) or _is_number(value) or isinstance(value, (list, tuple))
    try:
        array = np.asarray(value) if ok else np.asarray(None)
    except ValueError:  # ragged
        array = np.asarray(None)
    if array.dtype.kind not in "iuf":
        raise CheckFailed("type", name=name, wanted=wanted, found=_describe(value), hint=hint)
    if shape is not None and array.shape != tuple(shape):
        if shape == ():
            raise CheckFailed("type", name=name, wanted=wanted, found=_describe(value), hint=hint)
        raise CheckFailed("shape", name=name, wanted_shape=tuple(shape), found_shape=array.shape, hint=hint)
    if length is not None and (array.ndim == 0 or len(array) != length):
        found = 0 if array.ndim == 0 else len(array)
        raise CheckFailed("length", name=name, wanted_length=length, found_length=found, hint=hint)
    array = array.astype(np.float64)
    bad = int(array.size - np.isfinite(array).sum())
    if finite and bad:
        raise CheckFailed("finite", name=name, bad=bad, total=array.size, hint=hint)
    return array


def close(
    actual: object,
    expected: object,
    *,
    rtol: float = 1e-5,
    atol: float = 1e-6,
    name: str = "the result",
    hint: str | None = None,
) -> None:
    """Require |actual − expected| ≤ atol + rtol·|expected| everywhere; shapes must agree exactly.

    The defaults are PyTorch's for float32 (1.3e-6, 1e-5) rounded to what one reordering of a sum
    may cost. A constant factor between the two is recognised and named.
    """
    want = np.asarray(expected, dtype=np.float64)
    got = expect(actual, shape=want.shape, name=name, hint=hint)
    error = np.abs(got - want)
    if bool(np.all(error <= atol + rtol * np.abs(want))):
        return
    factor = _common_factor(got, want)
    if factor is not None:
        raise CheckFailed("factor", name=name, factor=factor, hint=hint)
    worst = np.unravel_index(int(np.argmax(error)), want.shape)
    where = ""
    if want.size:
        at = f" at index {tuple(int(i) for i in worst)}" if want.ndim else ""
        where = f"{at}: expected {_show(float(want[worst]))}, got {_show(float(got[worst]))}"
    scale = float(np.abs(want).max(initial=0.0))
    worst_error = float(error.max(initial=0.0))
    raise CheckFailed(
        "close", name=name, error=f"{worst_error:.2g}", where=where, size=_size(worst_error, scale), hint=hint
    )


def _common_factor(got: np.ndarray, want: np.ndarray) -> str | None:
    """Name c if got = c·want for one of the factors that a typical slip leaves behind."""
    norm = float((want * want).sum())
    if norm == 0.0:
        return None
    ratio = float((got * want).sum()) / norm
    for value, word in ((2.0, "2"), (0.5, "one half"), (-1.0, "minus one"), (-2.0, "minus two")):
        if math.isclose(ratio, value, rel_tol=1e-3) and np.allclose(got, value * want, rtol=1e-3, atol=1e-6):
            return word
    for value in (want.size, want.shape[0] if want.ndim else 1):  # a sum where a mean is asked
        if value > 2 and np.allclose(got, value * want, rtol=1e-3):
            return str(value)
    return None


def _size(error: float, scale: float) -> str:
    """One significant digit, as a share of the expected values' scale: tells how far, not where."""
    if scale == 0.0:
        return "more than the whole"
    share = error / scale
    return f"{share:.0%}" if 0.005 <= share < 10 else f"{share:.0e}"


def at_least(value: object, bound: float, *, name: str, hint: str | None = None) -> None:
    """Require value ≥ bound; NaN never is."""
    measured = float(expect(value, shape=(), name=name, hint=hint))
    if not measured >= bound:
        raise CheckFailed(
            "bound", name=name, measured=f"{measured:.3g}", relation="at least", bound=f"{bound:.3g}", hint=hint
        )


def at_most(value: object, bound: float, *, name: str, hint: str | None = None) -> None:
    """Require value ≤ bound; NaN never is."""
    measured = float(expect(value, shape=(), name=name, hint=hint))
    if not measured <= bound:
        raise CheckFailed(
            "bound", name=name, measured=f"{measured:.3g}", relation="at most", bound=f"{bound:.3g}", hint=hint
        )


@contextmanager
def raises(*error_names: str, hint: str | None = None) -> Iterator[None]:
    """Require that the student's code raises one of these errors, by name: ``raises("ValueError")``."""
    wanted = " or ".join(error_names)
    try:
        yield
    except CheckFailed:
        raise
    except Exception as error:
        names = getattr(error, "student_error_names", None) or [c.__name__ for c in type(error).__mro__]
        if not set(names) & set(error_names):
            found = f"your code raised {names[0]}" if str(names[0]).isidentifier() else "another error was raised"
            raise CheckFailed("raises", wanted_error=wanted, found_error=found, hint=hint) from error
    else:
        raise CheckFailed("raises", wanted_error=wanted, found_error="no error was raised", hint=hint)
