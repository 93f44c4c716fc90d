"""``check(...)``: run visible checks against the notebook's own names (*student side*).

The source notebook imports this module; the released notebook opens with the same text as a cell, so it
needs nothing installed but what the course uses. Verdict and words are those of the grader: the objects of
the notebook are adapted as the wire adapts them, and the sentences come from ``messages``.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import linecache
import os
import random
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograder.checks import *  # noqa: F403
from autograder.checks import (
    SHAPE_KINDS,
    CheckFailed,
    Concluded,
    Earlier,
    Tensor,
    judged,
    public_seed,
    take_notes,
)
from autograder.checks import __all__ as _for_checks
from autograder.ladder import words
from autograder.layers import Recorder
from autograder.messages import (
    ASSERTION,
    BUILDS_ON,
    NOT_ATTEMPTED,
    NOT_DEFINED,
    RAISED,
    RAISED_TEXT,
    UNUSABLE,
    WHERE,
    error_name,
    safe,
)
from autograder.packing.pack import pack
from autograder.packing.records import Assignment, Expected, expectation

__all__ = [*_for_checks, "check", "data_file", "hand_in", "np", "package"]

CHECKS: dict[str, tuple[str, float]] = {}  # visible check -> its question, its points; filled at release
QUESTIONS: dict[str, float] = {}  # question -> its points; filled at release
FILES: dict[str, str] = {}  # data file -> its SHA-256; filled at release
ASSIGNMENT: str = ""  # its name, version, and the beginning of the digest of its checks; filled at release
VERSION: str = ""
BUNDLE: str = ""
ANSWERS: dict[str, str] = {}  # cell to write in -> digest of its text as released; filled at release
UNMARKED: list[str] = []  # those of them whose first line does not name them; filled at release
TRAIN: list[str] = []  # cells that grading does not run again; filled at release
EXPECTED: list[Expected] = []  # what hand_in(...) names; filled at release
DATA_BASE_URL: str = ""  # where those are that do not lie beside the notebook; filled at release
TRIED: dict[str, tuple[str, str]] = {}  # library -> first and last version tried; filled at release
# The dtypes of ``wire.DTYPES``: arrays of anything else stay objects.
_ARRAYS = frozenset({"bool", "complex64", "complex128", "float16", "float32", "float64"}) | frozenset(
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
)
_concluded: dict[str, tuple[str, str, bool]] = {}  # check -> its question, its title, whether it passed
_raised: list[BaseException] = []  # the last exception of the notebook's own code
_layers = Recorder()  # what the last network that a check called did
_ladder: list[str] = []  # its layers' shapes in words, where the last check failed by one
_paid_elsewhere: list[
    str
] = []  # in whose place a right earlier answer stood, if the last check passed by that


class _View:
    """An object of the notebook as a check sees it: results arrive as plain data or read-only arrays."""

    __slots__ = ("_inner",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, inner: Any) -> None:
        object.__setattr__(self, "_inner", inner)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        given = [_to_notebook(a) for a in arguments]
        keywords = {k: _to_notebook(v) for k, v in named.items()}
        try:
            with _layers.watch(self._inner):
                return _from_notebook(self._inner(*given, **keywords))
        except (Exception, SystemExit) as error:
            _raised[:] = [error]
            raise

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return _from_notebook(getattr(self._inner, name))
        except (Exception, SystemExit) as error:
            _raised[:] = [error]
            raise

    def __bool__(self) -> bool:
        raise TypeError("an object of the notebook has no truth value in a check")

    def __eq__(self, other: object) -> bool:
        raise TypeError("an object of the notebook cannot be compared in a check")


def _to_notebook(value: Any) -> Any:
    """Return what the notebook's code receives: a copy, arrays marked as tensors as such."""
    if isinstance(value, _View):
        return value._inner
    if isinstance(value, Tensor):
        import torch

        return torch.from_numpy(value.array.copy())
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list):
        return [_to_notebook(v) for v in value]
    if isinstance(value, tuple):
        return tuple(_to_notebook(v) for v in value)
    return {k: _to_notebook(v) for k, v in value.items()} if isinstance(value, dict) else value


def _from_notebook(value: Any) -> Any:
    """Return what a check receives: plain data and read-only arrays as they are, all else behind a view."""
    torch: Any = sys.modules.get("torch")
    is_tensor = torch is not None and isinstance(value, torch.Tensor)
    if is_tensor and value.layout == torch.strided and not value.is_quantized:
        value = value.detach().cpu().resolve_conj().resolve_neg()
        value = (value.float() if value.dtype == torch.bfloat16 else value).numpy()
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.name in _ARRAYS:
        array = np.array(value)
        array.flags.writeable = False
        return array if array.ndim else array.item()
    if isinstance(value, Mapping) and all(isinstance(k, str) for k in value):
        return {str(k): _from_notebook(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return tuple(_from_notebook(v) for v in value)
    if isinstance(value, (list, range)):
        return [_from_notebook(v) for v in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and -(1 << 63) <= value < 1 << 64:
        return int(value)
    for plain in (float, str):
        if isinstance(value, plain):
            return plain(value)
    return bytes(value) if type(value) in (bytes, bytearray) else _View(value)


def _line(error: BaseException) -> int:
    """Return the line of the notebook's own code that raised, in its cell; 0 if there is none."""
    if isinstance(error, SyntaxError):
        return error.lineno or 0
    line, trace = 0, error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == _run.__code__.co_filename:
            line = 0  # what came before is the check, which called a view
        elif "ipykernel" in code.co_filename or "ipython-input" in code.co_filename:
            ours = linecache.getline(code.co_filename, 1).startswith("# locked:")
            line = line if ours else trace.tb_lineno
        trace = trace.tb_next
    return line


def _constants_beside(error: BaseException) -> tuple[Any, ...]:
    """Return the constants of the function that raised: its assert's message is one, or made up at runtime."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_consts if trace is not None else ()


def _explain(error: BaseException) -> str:
    """Return the grader's words for an exception of the notebook's own code."""
    name = error_name([c.__name__ for c in type(error).__mro__[:8]])
    if name == "NotImplementedError":
        return NOT_ATTEMPTED
    try:
        text = str(error)[:500]
    except Exception:  # noqa: BLE001  a student's __str__ may do anything
        text = ""
    line = _line(error)
    where = WHERE.format(line=line) if 0 < line < 10_000 else ""
    if not text:
        return RAISED.format(error=name, where=where)
    return RAISED_TEXT.format(error=name, where=where, text=safe(text))


def _with_our_names(function: Any, names: dict[str, Any]) -> Any:
    """Return the check as it is, or, if the notebook took ``close`` for itself, one that finds ours.

    Only the functions of the check's own cell look there; the notebook's keep their own names.
    """
    home = function.__globals__
    if home is names and all(names.get(name, ours) is ours for name, ours in EXPORTS.items()):
        return function
    scope = {**home, **EXPORTS}

    def rebound(value: Any) -> Any:
        return types.FunctionType(
            value.__code__, scope, value.__name__, value.__defaults__, value.__closure__
        )

    cell = function.__code__.co_filename
    for name, value in home.items():
        if isinstance(value, types.FunctionType) and value.__code__.co_filename == cell:
            scope[name] = rebound(value)
    return rebound(function)


def _run(function: Any, names: dict[str, Any]) -> str:
    """Return why the check fails, or an empty string."""
    paid, name_of_check = getattr(function, "paid", []), function.__name__
    function = _with_our_names(function, names)
    _layers.watch(None)
    _ladder.clear()
    _paid_elsewhere.clear()
    needed = function.__code__.co_varnames[: function.__code__.co_argcount]
    for name in needed:
        if name not in names:
            return NOT_DEFINED.format(name=name)
    _raised.clear()
    try:
        given = {name: _from_notebook(names[name]) for name in needed}
        with _as_in_the_grader(name_of_check):
            told = judged(
                function, given, paid, lambda some: _standing_in(some, names), lambda n: _asking(names[n])
            )
        _paid_elsewhere[:] = [told] if told else []
    except CheckFailed as error:
        if error.kind in SHAPE_KINDS:
            _ladder[:] = words(_layers.taken(), public=True, **error.shapes())
        return safe(error.sentence(public=True), 600)
    except Concluded as end:
        if end.share is None or end.share >= 1:
            return ""
        return f"{safe(end.reason, 600)} ({end.share:.0%} of the points)"
    except (Exception, SystemExit) as error:  # noqa: BLE001  a verdict is formed from any of them
        if _raised and error is _raised[0]:
            if _layers.open:
                _ladder[:] = words(_layers.taken(), public=True)
            return _explain(error)
        if isinstance(error, AssertionError):
            message = str(error).split("\n")[0]
            return message if message and message in _constants_beside(error) else ASSERTION
        return UNUSABLE
    finally:
        _raised.clear()
        take_notes()  # for the grader's staff and leaderboard, not for here
    return ""


def _asking(function: Any) -> Callable[..., Any]:
    """Return a function of the notebook whose errors say nothing about the check that is running."""
    return lambda *arguments: _from_notebook(function(*map(_to_notebook, arguments)))


@contextlib.contextmanager
def _standing_in(some: list[Earlier], names: dict[str, Any]) -> Iterator[None]:
    """Bind right earlier answers in the notebook for the time of a ``with``."""
    before = {earlier.name: names[earlier.name] for earlier in some if earlier.name in names}
    names.update({earlier.name: earlier.right for earlier in some})
    try:
        yield
    finally:
        for earlier in some:
            names.pop(earlier.name, None)
        names.update(before)


@contextlib.contextmanager
def _as_in_the_grader(check: str) -> Iterator[None]:
    """Record gradients and seed every generator as the grader does before a check; generators are then as they were."""
    torch: Any = sys.modules.get("torch")
    states = random.getstate(), np.random.get_state()  # noqa: NPY002  what students' code draws from
    seed = public_seed(check)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    if torch is not None:
        state = torch.get_rng_state()
        torch.set_grad_enabled(True)
        torch.default_generator.manual_seed(seed)  # a GPU's is left alone
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        if torch is not None:
            torch.set_rng_state(state)


@contextlib.contextmanager
def _modes_kept() -> Iterator[None]:
    """Put back what a question's checks leave changed for the whole process, as the grader does for the next one."""
    torch: Any = sys.modules.get("torch")
    folder, errors, depth = Path.cwd(), np.geterr(), sys.getrecursionlimit()
    if torch is not None:
        recorded, dtype = torch.is_grad_enabled(), torch.get_default_dtype()
    try:
        yield
    finally:
        os.chdir(folder)
        np.seterr(**errors)
        sys.setrecursionlimit(depth)
        if torch is not None:
            torch.set_grad_enabled(recorded)
            torch.set_default_dtype(dtype)


def _conclude(function: Any, names: dict[str, Any]) -> str:
    """Run a check, print its verdict, and return its question."""
    title = (inspect.getdoc(function) or function.__name__).split("\n")[0]
    question, worth = CHECKS.get(function.__name__, ("", None))
    known = [(name, *what) for name, what in _concluded.items()]
    needed = getattr(function, "after", ())
    broken = [t for need in needed for name, q, t, ok in known if need in (name, q) and not ok]
    reason = BUILDS_ON.format(title=broken[0]) if broken else _run(function, names)
    _concluded[function.__name__] = (question, title, not reason)
    sign = "[skipped]" if broken else "[failed] " if reason else "[passed] "
    _say(f"{sign} {title}" + (f"  ({worth:g} point{'s' * (worth != 1)})" if worth is not None else ""))
    for line in [reason] if reason else [] if broken else _paid_elsewhere:
        _say(f"          {line.removeprefix('skipped: ')}")
    for line in _ladder if reason and not broken else ():
        _say(f"            {line}")
    return question


def check(*functions: Any) -> None:
    """Run visible checks and print, for each, whether it passes and why not."""
    names = sys._getframe(1).f_globals
    with _modes_kept():
        asked = {_conclude(function, names) for function in functions}
    for question in sorted(asked & set(QUESTIONS)):
        all_points = QUESTIONS[question]
        rest = all_points - sum(points for q, points in CHECKS.values() if q == question)
        if rest > 0:
            _say(
                f"The other {rest:g} of {question}'s {all_points:g} points come from checks on fresh inputs, "
                "after you hand in."
            )


check.why = _run  # type: ignore[attr-defined]  # for otter's test files, see otter_tests


def data_file(name: str) -> Path:
    """Return the path of a file of this assignment, for example ``data/windows.npz``.

    It lies beside the notebook, or is downloaded to there. What is not the released file, byte for byte,
    is refused: a score on other data would mean nothing.

    Raises
    ------
    FileNotFoundError
        If it is not there, and there is nowhere to get it from.
    ValueError
        If it is another file: changed, cut short, or a web page.
    """
    path, wanted = Path(name), FILES.get(name)
    if not path.is_file():
        if not DATA_BASE_URL:
            raise FileNotFoundError(
                f"{name} is not beside the notebook. Upload it there and run this cell again"
            )
        import urllib.parse
        import urllib.request  # here: it brings a mail parser with it

        url = f"{DATA_BASE_URL.rstrip('/')}/{urllib.parse.quote(name)}"
        _say(f"Downloading {url} …")
        path.parent.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(url, timeout=60) as reply:  # noqa: S310  https, as the course file requires
            content = reply.read()
        if wanted is not None and hashlib.sha256(content).hexdigest() != wanted:
            raise ValueError(
                f"{url} is not the file of this release; nothing was saved. Tell your instructor"
            )
        path.write_bytes(content)
    elif wanted is not None and hashlib.sha256(path.read_bytes()).hexdigest() != wanted:
        raise ValueError(
            f"{name} is not the file of this release: changed or cut short. Delete it and run this again"
        )
    return path


def _warn_untried() -> None:
    """Say, in one line, which of the student's libraries are older or newer than what this notebook was tried with."""
    from importlib import metadata

    odd = []
    for name, (first, last) in TRIED.items():
        try:
            version = metadata.version(name)
            found, low, high = ([int(n) for n in v.split(".")[:2]] for v in (version, first, last))
        except (metadata.PackageNotFoundError, ValueError, TypeError):
            continue
        if not low <= found <= high:
            odd.append(f"{name} {first} to {last} (here is {version})")
    if odd:
        _say(
            f"Tried with {' and '.join(odd)}: if a check passes here and not after you hand in, tell your instructor."
        )


def hand_in(*names: str, **about: Any) -> None:
    """Name files that are handed in beside the notebook, so that ``package()`` looks at them.

    An instructor says it in the first cell of the source notebook; a student may name more files.

    Parameters
    ----------
    names : names or patterns (``runs/*.jsonl``) of files beside the notebook
    about : ``model``, an expression for the model that takes these weights; for a script ``arguments``, ``rows`` (a
        released table, of which it gets ten rows as ``rows.txt``) and ``out`` (the file that it writes); ``what``, a
        name for them all; ``optional=True`` where nothing is lost without

    Raises
    ------
    ValueError
        If a name or an argument is none of these.
    """
    wanted = expectation(*names, **about)
    EXPECTED[:] = [expected for expected in EXPECTED if expected.names != wanted.names] + [wanted]


def package(notebook: str | Path | None = None) -> None:
    """Look at everything that is handed in, write it into ``submission.zip``, and say what is still missing.

    ``notebook`` is the path of the saved notebook, where it is not found by itself.
    """
    if not ASSIGNMENT:
        _say("package() packs a released notebook. This is its source: nothing was written.")
        return
    facts = Assignment(
        name=ASSIGNMENT,
        version=VERSION,
        bundle=BUNDLE,
        checks=CHECKS,
        answers=ANSWERS,
        unmarked=tuple(UNMARKED),
        train=tuple(TRAIN),
        expected=tuple(EXPECTED),
        given=tuple(EXPORTS),
    )
    pack(sys._getframe(1).f_globals, facts, _concluded, data_file, notebook)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


EXPORTS: dict[str, Any] = {name: globals()[name] for name in __all__}  # written out at release
_warn_untried()
