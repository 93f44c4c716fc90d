"""What the author of a check imports: comparisons, decorators and the words of a failure.

*trusted* in the grader; the same text is also the first part of the cell that opens every
released notebook, so that a visible check gives the same verdict in the same words in Colab.
Therefore: standard library and NumPy only, and no import from this package; and one long module, since
decorators, comparisons and the words of a failure are one text in the student's first cell.
"""

from __future__ import annotations

import math
import numbers
import re
import zlib
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
    "credit",
    "equal",
    "expect",
    "fail",
    "fingerprint",
    "flag",
    "isolated",
    "leaderboard",
    "pays_once",
    "picture",
    "points",
    "raises",
    "review",
    "tensor",
    "timeout",
]

SHAPE_KINDS = (
    "shape",
    "length",
)  # of a ``CheckFailed``: a network's layers tell where such a result comes from
_SLOT_LENGTH = 160  # characters of one value in a sentence
MAX_SHARE = 1.25  # of a check's points, with a bonus
MAX_PRINT_ROWS, MAX_PRINT_COLUMNS = 4096, 1024  # of what weights are recognised by

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
        "{name}: differs from the expected values by {error}{where}",
        "{name}: differs from the expected values by {size} of their scale",
    ),
    "bound": ("{name} is {measured}; {relation} {bound} is needed",) * 2,
    "raises": ("expected {wanted_error} here, but {found_error}",) * 2,
    "other": ("{name}",) * 2,
}


_PAID_ONCE = (
    "judged with a right {names} in place of yours, which is wrong: that is paid for in {where}, once"
)
_SAME_FACTOR = "judged by the factor that is too much in your {names}, too: that is paid for in {where}, once"


class CheckFailed(AssertionError):
    """The student's answer is wrong in one of the ways of ``_SENTENCES``.

    ``kind`` names the way, ``slots`` its numbers, ``hint`` is the author's sentence or ``None``.
    """

    def __init__(self, kind: str, *, hint: str | None = None, **slots: object) -> None:
        super().__init__(kind)
        self.kind, self.hint, self.slots = kind, hint, slots

    def sentence(self, *, public: bool) -> str:
        """Return the reason in words; with ``public=False`` no input and no expected value."""
        slots = self.slots if public else _few_digits(self.slots)
        text = _SENTENCES[self.kind][0 if public else 1].format_map(slots)
        return f"{text}. {self.hint}" if self.hint else text

    def __str__(self) -> str:
        return self.sentence(public=True)

    def shapes(self) -> dict[str, Any]:
        """Return the ``wanted`` and the ``returned`` shape of a failure by shape, else None for both."""
        names = {"wanted": "wanted_shape", "returned": "found_shape"}
        return {word: self.slots.get(slot) for word, slot in names.items()}


def _few_digits(slots: dict[str, Any]) -> dict[str, Any]:
    """Return the slots of a sentence about a hidden input, in which a number tells three digits at most.

    What the student's code chose (a shape, a length, a value) could else spell the input that it was given.
    """
    few = dict(slots)
    if "name" in few:
        few["name"] = re.sub(r"(?<=\[)\d{4,}(?=\])", lambda m: _count(int(m[0])), str(few["name"]))
    if "found_length" in few:
        few["found_length"] = _count(few["found_length"], few.get("wanted_length"))
    if "found_shape" in few:
        few["found_shape"] = _short_shape(few["found_shape"], few.get("wanted_shape", ()))
    for key in ("bad", "total"):
        if key in few:
            few[key] = _count(few[key])
    if "found" in few:
        text = re.sub(r"\([\d, ]+\)", lambda m: _short_shape(_numbers(m[0]), ()), str(few["found"]))
        few["found"] = re.sub(r"(?<![\d.])\d{4,}", lambda m: _count(int(m[0])), text)
    if "value" in few:
        few["measured"], few["bound"] = (f"{few[key]:.3g}" for key in ("value", "limit"))
        if few["measured"] == few["bound"]:
            few["measured"] = "just beyond " + few["bound"]
    return few


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in re.findall(r"\d+", text))


def _count(found: int, wanted: int | None = None) -> str:
    """Say how many, with three digits; and by how many too many or too few, if that is one digit."""
    rounded = int(float(f"{found:.3g}"))
    if found in (rounded, wanted):
        return str(found)
    more = ""
    if wanted is not None and abs(found - wanted) < 10:
        more = f" ({abs(found - wanted)} {'more' if found > wanted else 'fewer'})"
    return f"about {rounded}{more}"


def _short_shape(found: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """Write a shape with four axes at most, and of each that is not as wanted three digits."""
    places = (*wanted, *[None] * len(found))
    axes = [_count(n) if n != w else str(n) for n, w in zip(found[:4], places, strict=False)]
    if len(found) > 4:
        return f"({', '.join(axes)}, … {_count(len(found))} axes)"
    return f"({axes[0]},)" if len(axes) == 1 else f"({', '.join(axes)})"


class Concluded(Exception):
    """The check ends here, with a share of its points, or with ``share`` None: a person decides."""

    def __init__(self, share: float | None, reason: str) -> None:
        super().__init__(reason)
        self.share, self.reason = share, reason


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


class Earlier:
    """An earlier answer that a check builds on, and a right one; see ``pays_once``."""

    def __init__(self, question: str, name: str, right: Callable[..., Any], asked: Any = ()) -> None:
        ok = all(isinstance(word, str) and word.isidentifier() for word in (question, name))
        if not ok or getattr(right, "__name__", "<lambda>") == "<lambda>":
            msg = 'pays_once: write @pays_once("q2", "mse_gradient", a_right_one), a function with a name'
            raise TypeError(msg)
        self.question, self.name, self.right, self.asked = question, name, right, list(asked)

    def factor(self, theirs: Callable[..., Any]) -> Callable[[int], float] | None:
        """Return by what the student's answer is too large, as a function of the first argument's length; else None.

        That is one constant, or one times that length, as where a mean is a sum.
        """
        found = {}
        for arguments in self.asked:
            ours = np.asarray(self.right(*arguments), dtype=np.float64)
            try:
                got = expect(theirs(*arguments), shape=ours.shape)
            except (Exception, SystemExit) as error:
                if getattr(error, "is_graders_fault", False):
                    raise
                return None
            number = found[len(arguments[0])] = float(got.ravel()[0] / ours.ravel()[0])
            if not np.allclose(got, number * ours, rtol=1e-4) or np.isclose(number, [0, 1], rtol=1e-4).any():
                return None
        for unit in (1, 0):  # is it the same for all, per row or as it is?
            rates = [number / length**unit for length, number in found.items()]
            if len(found) > 1 and np.allclose(rates, rates[0], rtol=1e-4):
                return lambda length, unit=unit: rates[0] * length**unit  # type: ignore[misc]
        return None


def pays_once(question: str, name: str, right: Callable[..., Any], asked: Any = ()) -> Callable[[Any], Any]:
    """Judge an answer that calls an earlier one apart from it: a slip there was paid for in ``question``.

    A check that fails is run once more with ``right`` under that ``name`` in the notebook. With several of these, each
    takes its turn, then all of them.

    Parameters
    ----------
    question : where the earlier answer is judged
    name : what it is called in the notebook
    right : a right one, a function of the check cell that needs nothing but its arguments; its text reaches the student
    asked : lists of arguments, their first ones of different lengths, at which a constant factor of the student's
        answer shows. Who wrote the formula out again with that factor is judged by it: ``right`` gets it
    """

    def mark(function: Any) -> Any:
        function.paid = [Earlier(question, name, right, asked), *getattr(function, "paid", ())]
        return function

    return mark


def judged(
    function: Any,
    arguments: dict[str, Any],
    paid: list[Earlier],
    standing_in: Callable[[list[Earlier]], Any],
    notebook: Callable[[str], Any],
) -> str:
    """Run a check; return what the student is told if an earlier answer's slip alone makes it fail, else "".

    ``standing_in`` binds right answers for the time of a ``with``; ``notebook`` returns a name of the student's.
    The grader and the student's ``check`` both come here, so that they agree.
    """
    try:
        function(**arguments)
        return ""
    except (Exception, SystemExit) as error:
        if not paid or getattr(error, "is_graders_fault", False):
            raise
    slip = next(((earlier, factor) for earlier in paid if (factor := _own_factor(earlier, notebook))), None)
    turns = [[earlier] for earlier in paid] + [paid] * (len(paid) > 1)
    for turn in turns:
        take_notes()  # of the run that failed
        try:
            with standing_in(turn):
                function(**arguments)
        except (Exception, SystemExit) as error:
            if getattr(error, "is_graders_fault", False) or (turn is turns[-1] and slip is None):
                raise
            continue
        names = " and ".join(earlier.name for earlier in turn)
        where = " and ".join(sorted({earlier.question for earlier in turn}))
        return _PAID_ONCE.format(names=names, where=where)
    take_notes()
    assert slip is not None
    earlier, factor = slip
    _with_factor(function, arguments, earlier.right, factor)
    return _SAME_FACTOR.format(names=earlier.name, where=earlier.question)


def _own_factor(earlier: Earlier, notebook: Callable[[str], Any]) -> Callable[[int], float] | None:
    """Return the factor of the student's earlier answer; None if there is none, or no such answer."""
    if not earlier.asked:
        return None
    try:
        theirs = notebook(earlier.name)
    except (Exception, SystemExit) as error:
        if getattr(error, "is_graders_fault", False):
            raise
        return None
    return earlier.factor(theirs)


def _with_factor(
    function: Any, arguments: dict[str, Any], right: Any, factor: Callable[[int], float]
) -> None:
    """Run a check that finds ``right`` in its cell times a factor."""
    scope, name = function.__globals__, right.__name__
    scope[name] = lambda *given: factor(len(given[0])) * right(*given)
    try:
        function(**arguments)
    finally:
        scope[name] = right


def public_seed(check: str) -> int:
    """Return the seed of the generators in the student's process while a visible check runs: everywhere the same."""
    return zlib.crc32(check.encode())


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
        of = {"b": " of True/False", "c": " of complex numbers"}.get(value.dtype.kind, "")
        return f"an array{of} of shape {value.shape}"
    if isinstance(value, (bool, np.bool_)):
        return "True/False"
    if isinstance(value, numbers.Number):
        return "a number" if isinstance(value, numbers.Real) else "a complex number"
    if isinstance(value, (list, tuple)):
        return f"a {type(value).__name__} of {len(value)}"
    known: dict[type, str] = {str: "a string", dict: "a dictionary", bytes: "bytes"}
    return known.get(type(value), "an object")


def _show(value: object) -> str:
    text = " ".join((f"{value:.6g}" if isinstance(value, float) else repr(value)).split())
    return text if len(text) <= _SLOT_LENGTH else text[: _SLOT_LENGTH - 1] + "…"


def _apart(one: float, other: float, digits: int) -> tuple[str, str]:
    """Show two different numbers with as many digits as it takes to see that they differ."""
    texts = ((f"{one:.{n}g}", f"{other:.{n}g}") for n in range(digits, 16))
    return next((pair for pair in texts if pair[0] != pair[1]), (repr(float(one)), repr(float(other))))


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Number) and not isinstance(value, (bool, np.bool_))


def fail(reason: str) -> None:
    """Fail the check with the author's own sentence (a constant: never an input or an answer)."""
    raise CheckFailed("other", name=reason)


def credit(share: float, reason: str) -> None:
    """End the check with a share of its points: 0 to 1, up to 1.25 with a bonus; 1 and more is a pass.

    ``reason`` is the sentence that the student reads, and holds no input and no expected value.

    Raises
    ------
    ValueError
        If the share is NaN or outside 0..1.25.
    """
    value = float(share)
    if not 0.0 <= value <= MAX_SHARE:  # also refuses NaN
        msg = f"credit: a share of {share!r}; 0 to {MAX_SHARE} is possible"
        raise ValueError(msg)
    raise Concluded(value, reason)


def review(reason: str) -> None:
    """End the check without a verdict: no points for now, and a person decides."""
    raise Concluded(None, reason)


_noted: list[tuple[str, dict[str, Any]]] = []  # what the running check told staff and leaderboard


def flag(note: str) -> None:
    """Tell staff, and nobody else, what a person should look at; the verdict does not change."""
    _noted.append(("flag", {"note": str(note)}))


def leaderboard(name: str, value: float, low: float | None = None, high: float | None = None) -> None:
    """Enter a number, better the higher, with its 95 % interval, in the leaderboard; the verdict does not change.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    entry = {"name": str(name), "value": float(value)}
    entry |= {key: float(bound) for key, bound in (("low", low), ("high", high)) if bound is not None}
    if not all(math.isfinite(v) for v in entry.values() if isinstance(v, float)):
        msg = f"leaderboard: {name}: {value!r} ({low!r} to {high!r}) is not a finite number"
        raise ValueError(msg)
    _noted.append(("leaderboard", entry))


def picture(kind: str, title: str, **numbers: object) -> None:
    """Put a figure of plain numbers on the student's page, from a visible check or a picture function.

    ``kind`` is "curve", "logos", "track", "kinks" or "walk"; see docs/writing-checks.md for the numbers of each.
    The verdict does not change.
    """
    _noted.append(("picture", {"kind": str(kind), "title": str(title), "numbers": numbers}))


def fingerprint(name: str, rows: object) -> None:
    """Leave what a hand-in's weights are recognised by, so that those of a class can be compared; for staff only.

    ``rows`` (n, d) are vectors that a network may hold in any order and at any scale, such as the filters
    of its first layer. The verdict does not change: what cannot be compared is flagged. See ``alike``.

    Raises
    ------
    ValueError
        If it is no matrix.
    """
    matrix = np.asarray(rows)
    if matrix.ndim != 2:
        msg = f"fingerprint: {name}: a matrix is needed, found shape {matrix.shape}"
        raise ValueError(msg)
    matrix = np.array(matrix[:MAX_PRINT_ROWS, :MAX_PRINT_COLUMNS], dtype=np.float64)
    if np.isfinite(matrix).all():
        _noted.append(("fingerprint", {"name": str(name), "rows": matrix}))
    else:
        flag(f"{name}: not all finite, so not compared with other hand-ins")


def take_notes() -> list[tuple[str, dict[str, Any]]]:
    """Return what the last check noted, and forget it."""
    notes = list(_noted)
    _noted.clear()
    return notes


def equal(actual: Any, expected: Any, *, name: str = "the result", hint: str | None = None) -> None:
    """Require the same number, string, bool, None, or sequence or dict of them; 51.0 is 51, True is not 1.

    A list, a tuple and an array with the same values are the same sequence.

    Raises
    ------
    CheckFailed
        ``type`` for another kind of value, ``shape``, ``length`` or ``value``.
    """
    actual, expected = _plain_scalar(actual), _plain_scalar(expected)
    sequences = (list, tuple, np.ndarray)
    if isinstance(expected, sequences) and not isinstance(actual, sequences):
        wanted = f"a list of {len(expected)}"
        raise CheckFailed("type", name=name, wanted=wanted, found=_describe(actual), hint=hint)
    if isinstance(expected, sequences) or (isinstance(expected, dict) and isinstance(actual, dict)):
        shape = _shape_of(expected) if isinstance(actual, np.ndarray) else None
        if shape is not None and len(shape) != actual.ndim:
            raise CheckFailed("shape", name=name, wanted_shape=shape, found_shape=actual.shape, hint=hint)
        if len(actual) != len(expected):
            lengths = {"wanted_length": len(expected), "found_length": len(actual)}
            raise CheckFailed("length", name=name, **lengths, hint=hint)
    if isinstance(expected, sequences):
        for index, (a, e) in enumerate(zip(actual, expected, strict=True)):
            equal(a, e, name=f"{name}[{index}]", hint=hint)
        return
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            if key not in actual:
                shown = {"expected": _show(key), "actual": "none"}
                raise CheckFailed("value", name=f"a key of {name}", **shown, hint=hint)
            equal(actual[key], value, name=f"a value of {name}", hint=hint)
        return
    same_kind = _is_number(actual) if _is_number(expected) else type(actual) is type(expected)
    if not same_kind and expected is None:  # to name the kind would tell the value
        raise CheckFailed("value", name=name, expected="None", actual=_describe(actual), hint=hint)
    if not same_kind:
        raise CheckFailed("type", name=name, wanted=_describe(expected), found=_describe(actual), hint=hint)
    if actual != expected:
        floats = isinstance(expected, float) and isinstance(actual, float)
        texts = _apart(expected, actual, 6) if floats else (_show(expected), _show(actual))
        raise CheckFailed("value", name=name, expected=texts[0], actual=texts[1], hint=hint)


def _plain_scalar(value: Any) -> Any:
    """Return a NumPy scalar or a 0-d array as the Python value it holds."""
    return value.item() if isinstance(value, (np.generic, np.ndarray)) and value.ndim == 0 else value


def _shape_of(value: Any) -> tuple[int, ...] | None:
    try:
        return tuple(np.shape(value))
    except ValueError:  # ragged
        return None


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
    may cost. A constant factor between the two is recognised and named. Where the expected value is
    NaN or infinite, the same is required.
    """
    want = np.asarray(expected, dtype=np.float64)
    finite = np.isfinite(want)
    got = expect(actual, shape=want.shape, finite=bool(finite.all()), name=name, hint=hint)
    with np.errstate(all="ignore"):
        same = (got == want) | (np.isnan(got) & np.isnan(want))
        error = np.where(same, 0.0, np.abs(got - want))
        allowed = np.where(finite, atol + rtol * np.abs(want), 0.0)
        if bool(np.all(error <= allowed)):
            return
        factor = _common_factor(got, want)
        if factor is not None:
            raise CheckFailed("factor", name=name, factor=factor, hint=hint)
        worst = np.unravel_index(int(np.argmax(error - allowed)), want.shape)
        at = f" at index {tuple(int(i) for i in worst)}" if want.ndim else ""
        shown = _apart(float(want[worst]), float(got[worst]), 6)
        where = f"{at}: expected {shown[0]}, got {shown[1]}"
        worst_error, scale = float(error[worst]), float(np.abs(want[finite]).max(initial=0.0))
    raise CheckFailed(
        "close", name=name, error=f"{worst_error:.2g}", where=where, size=_size(worst_error, scale), hint=hint
    )


def _common_factor(got: np.ndarray, want: np.ndarray) -> str | None:
    """Name c if got = c·want, everywhere, for one of the factors that a typical slip leaves behind."""
    scale = float(np.abs(want).max(initial=0.0))
    if not 0.0 < scale < math.inf:
        return None
    words = {2.0: "2", 0.5: "one half", -1.0: "minus one", -2.0: "minus two"}
    for count in (want.size, want.shape[0] if want.ndim else 1):  # a sum where a mean is asked
        if count > 2:
            words.setdefault(float(count), str(count))
    for factor, word in words.items():
        # A thousandth of each value, and what float32 makes of a value beside much larger ones.
        if np.allclose(got, factor * want, rtol=1e-3, atol=1e-6 * scale * abs(factor)):
            return word
    return None


def _size(error: float, scale: float) -> str:
    """One significant digit, as a share of the expected values' scale: tells how far, not where.

    Nor does it tell expected zeros, whose scale is 0, from other values that were missed by far.
    """
    share = error / scale if scale > 0.0 else math.inf
    if not share < 10:
        return "more than 1000%"
    rounded = float(f"{share:.0e}")
    return f"about {rounded:.0%}" if rounded >= 0.01 else f"about {rounded:.0e}"


def at_least(value: object, bound: float, *, name: str, hint: str | None = None) -> None:
    """Require value ≥ bound; NaN never is."""
    measured = float(expect(value, shape=(), name=name, hint=hint))
    if not measured >= bound:
        shown = dict(zip(("measured", "bound"), _apart(measured, bound, 3), strict=True))
        raise CheckFailed(
            "bound", name=name, relation="at least", value=measured, limit=bound, **shown, hint=hint
        )


def at_most(value: object, bound: float, *, name: str, hint: str | None = None) -> None:
    """Require value ≤ bound; NaN never is."""
    measured = float(expect(value, shape=(), name=name, hint=hint))
    if not measured <= bound:
        shown = dict(zip(("measured", "bound"), _apart(measured, bound, 3), strict=True))
        raise CheckFailed(
            "bound", name=name, relation="at most", value=measured, limit=bound, **shown, hint=hint
        )


@contextmanager
def raises(*error_names: str, hint: str | None = None) -> Iterator[None]:
    """Require that the student's code raises one of these errors, by name: ``raises("ValueError")``.

    An unanswered cell's NotImplementedError, a kind of RuntimeError, is not taken for any other.
    """
    wanted = " or ".join(error_names)
    try:
        yield
    except (CheckFailed, Concluded):
        raise
    except Exception as error:
        if getattr(error, "is_graders_fault", False):
            raise
        names = getattr(error, "student_error_names", None) or [c.__name__ for c in type(error).__mro__]
        if "NotImplementedError" in names and "NotImplementedError" not in error_names:
            raise
        if not set(names) & set(error_names):
            found = (
                f"your code raised {names[0]}" if str(names[0]).isidentifier() else "another error was raised"
            )
            raise CheckFailed("raises", wanted_error=wanted, found_error=found, hint=hint) from error
    else:
        raise CheckFailed("raises", wanted_error=wanted, found_error="no error was raised", hint=hint)
