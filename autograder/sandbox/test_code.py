"""Run one test of another tool, as that tool runs it: a cell, doctest examples, or a function (both *trusted* and *sandbox*).

One piece of code for both places where a test is judged, so that the place makes no difference. What is passed in is
plain data (``ForeignTest`` as a dict); what comes back says only how it ended.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import doctest
import inspect
import io
import random
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import Any

import numpy as np

FILE = "<test>"
OUTPUT_CHARS = 4000
_NUMPY_BOOL = re.compile(r"\bnp\.(True|False)_?\b")
_NUMPY_NUMBER = re.compile(r"\bnp\.(?:float|int|uint|longdouble|longlong)\w*\(([^()]*|\([^()]*\))\)")
_NUMPY_COMPLEX = re.compile(r"\bnp\.complex\w*\((?:\(([^()]*)\)|([^()]*))\)")
_NUMPY_TEXT = re.compile(r"\bnp\.(?:str_|bytes_)\(((?:'[^'\n]*'|\"[^\"\n]*\"|b'[^'\n]*'))\)")


@dataclass(slots=True)
class Ending:
    """How a test ended: passed, or with which exception; and, of one with partial credit, its last value."""

    passed: bool
    error: BaseException | None = None
    value: Any = None
    has_value: bool = False
    output: str = ""  # of the test itself: for staff
    notes: list[str] = field(default_factory=list)


class Names(dict[str, Any]):
    """A test's namespace: its own helpers and modules, Python's builtins, then the notebook's names.

    A builtin is Python's whatever the notebook bound by that name, unless the test judges it. A name that it judges is
    bound in the notebook, too, where the student's functions find it; any other only with ``binds``: a function that
    looks for ``expected`` would find the answer there.
    """

    def __init__(self, judged: Iterable[str], *, binds: bool = False) -> None:
        super().__init__(__name__="__main__", __builtins__=_Builtins(self))
        self.judged, self.binds = frozenset(judged), binds
        self._apart = False

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Bind names for the test alone."""
        self._apart = True
        try:
            yield
        finally:
            self._apart = False

    def fetch(self, name: str) -> Any:
        """Return a name of the notebook, or raise KeyError."""
        raise KeyError(name)

    def store(self, name: str, value: Any) -> None:
        """Bind a name in the notebook."""

    def remove(self, name: str) -> None:
        """Unbind a name in the notebook, or raise KeyError."""
        raise KeyError(name)

    def others(self) -> list[str]:
        """Return the notebook's names."""
        return []

    def tree(self, tree: ast.Module) -> ast.Module:
        """Return the code that is run in place of a test's."""
        return tree

    def __missing__(self, name: str) -> Any:
        if self._is_pythons(name):
            raise KeyError(name)
        return self.fetch(name)

    def _is_pythons(self, name: str) -> bool:
        return name in _BUILTINS and name not in self.judged and name not in _OF_MODULES

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        if not self._apart and (self.binds or name in self.judged):
            self.store(name, value)

    def __delitem__(self, name: str) -> None:
        if dict.__contains__(self, name):
            super().__delitem__(name)
            if not self._apart:
                with contextlib.suppress(KeyError):
                    self.remove(name)
        else:
            self.remove(name)

    def __contains__(self, name: object) -> bool:
        return dict.__contains__(self, name) or name in self.others()

    def get(self, name: str, default: Any = None) -> Any:
        """Return a name's value."""
        try:
            return self[name]
        except KeyError:
            return default

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(list(self.keys()))

    def keys(self) -> Any:  # what dir() looks at
        """Return all names."""
        others = [name for name in self.others() if not self._is_pythons(name)]
        return dict.fromkeys([*dict.keys(self), *others]).keys()

    def items(self) -> Any:
        """Return all names with their values."""
        return [(name, self[name]) for name in self.keys()]

    def values(self) -> Any:
        """Return all values."""
        return [self[name] for name in self.keys()]


_BUILTINS = dict(vars(builtins))
_OF_MODULES = frozenset(("__name__", "__doc__", "__package__", "__loader__", "__spec__", "__file__"))


class _Builtins(dict[str, Any]):
    """Python's builtins, then the test's names: bodies of classes look here and nowhere else."""

    def __init__(self, names: Names) -> None:
        super().__init__(_BUILTINS)
        self["input"] = _no_input
        self._names = names

    def __missing__(self, name: str) -> Any:
        return self._names.fetch(name)


class Differs(AssertionError):
    """An example printed or showed something else."""


def plain_numbers(text: str) -> str:
    """Return output as NumPy 1 wrote it: ``np.True_`` is ``True``, ``np.float64(2.0)`` is ``2.0``."""
    text = _NUMPY_NUMBER.sub(r"\1", _NUMPY_BOOL.sub(r"\1", text))
    text = _NUMPY_COMPLEX.sub(lambda found: f"({found[1] or found[2]})", text)
    return _NUMPY_TEXT.sub(r"\1", text)


class Checker(doctest.OutputChecker):
    """doctest's comparison, for which NumPy's version makes no difference."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        """Tell whether an example showed what it should."""
        return super().check_output(want, got, optionflags) or super().check_output(
            plain_numbers(want), plain_numbers(got), optionflags
        )


def run(
    test: dict[str, Any],
    names: Names,
    *,
    last: Callable[[], None] = lambda: None,
    shown: Callable[[object], str | None] | None = None,
    refuse: Callable[[str], bool] = lambda _: False,
) -> Ending:
    """Run a test with these names; ``last`` is called right after its last statement.

    ``shown`` gives the text of a value that an example shows; ``refuse`` tells whether a shown text that is what was
    wanted still counts for nothing.
    """
    if test["seed"] is not None:
        random.seed(test["seed"])
        np.random.seed(test["seed"] % (1 << 32))  # noqa: NPY002  what otter sets
    printed = io.StringIO()
    try:
        with _quiet(printed):
            ending = _run(test, names, shown, refuse)
            last()
    except BaseException as error:  # noqa: BLE001  whatever a test raises, or what it calls, is its verdict
        ending = Ending(False, error)
    ending.output = printed.getvalue()[-OUTPUT_CHARS:]
    return ending


@contextmanager
def _quiet(printed: io.StringIO) -> Iterator[None]:
    hook = sys.displayhook
    sys.displayhook = lambda _: None
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            yield
    finally:
        sys.displayhook = hook


def _no_input(prompt: object = "") -> str:
    raise EOFError("input() was called, but nobody is here to answer")


def _run(
    test: dict[str, Any],
    names: Names,
    shown: Callable[[object], str | None] | None,
    refuse: Callable[[str], bool],
) -> Ending:
    ending = Ending(True)
    if test["examples"]:
        _run_examples(test["examples"], names, shown, refuse)
        return ending
    # As in otter, a function of a file of its own: of the notebook it sees its arguments only.
    if test["call"]:
        own: dict[str, Any] = {
            "__name__": "__test__",
            "__builtins__": dict(_BUILTINS),
            **test.get("beside", {}),
        }
        exec(split(test["code"], partial=False)[0], own)  # noqa: S102
        call(own[test["call"]], names)
        return ending
    body, value = split(test["code"], partial=test["partial"], change=names.tree)
    exec(body, names)  # noqa: S102  a test's own code, in its place
    if value is not None:
        ending.value, ending.has_value = eval(value, names), True  # noqa: S307
    return ending


def split(
    code: str, *, partial: bool, change: Callable[[ast.Module], ast.Module] = lambda tree: tree
) -> tuple[Any, Any]:
    """Compile a cell; with ``partial`` its last expression by itself, unless a semicolon silences it."""
    tree = change(ast.parse(code, FILE))
    if not partial or not tree.body or not isinstance(tree.body[-1], ast.Expr) or code.rstrip().endswith(";"):
        return compile(tree, FILE, "exec", dont_inherit=True), None
    last = tree.body.pop()
    assert isinstance(last, ast.Expr)
    expression = ast.Expression(last.value)
    return (
        compile(tree, FILE, "exec", dont_inherit=True),
        compile(expression, FILE, "eval", dont_inherit=True),
    )


def call(function: Any, names: MutableMapping[str, Any]) -> None:
    """Call otter's test function with what its arguments name; ``env`` is all names.

    As in otter an argument that names nothing is None, whatever its default; if the test fails then, that is why.
    """
    given: dict[str, Any] = {}
    missing = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        try:
            given[name] = names if name == "env" else names[name]
        except (KeyError, NameError):
            given[name] = None
            missing.append(name)
    try:
        function(**given)
    except Exception as error:
        if missing:
            raise NameError(f"name {missing[0]!r} is not defined", name=missing[0]) from error
        raise


def _run_examples(
    examples: list[dict[str, str]],
    names: MutableMapping[str, Any],
    shown: Callable[[object], str | None] | None,
    refuse: Callable[[str], bool],
) -> None:
    """Run doctest's examples as otter does: all of one case must print or show what they should."""
    checker = Checker()
    for number, example in enumerate(examples, 1):
        source = example["source"] if example["source"].endswith("\n") else example["source"] + "\n"
        want = example["want"]
        want = want + "\n" if want and not want.endswith("\n") else want
        printed, by_word = io.StringIO(), False

        def show(value: object, printed: io.StringIO = printed) -> None:
            nonlocal by_word
            if value is None:
                return
            names["_"] = value
            text = shown(value) if shown else None
            by_word = by_word or text is not None
            printed.write((repr(value) if text is None else text) + "\n")

        hook, sys.displayhook = sys.displayhook, show
        error: BaseException | None = None
        try:
            with redirect_stdout(printed):
                exec(compile(source, FILE, "single", dont_inherit=True), names)  # type: ignore[arg-type]  # noqa: S102
        except Exception as found:  # noqa: BLE001  an example may mean to raise
            error = found
        finally:
            sys.displayhook = hook
        got = printed.getvalue()
        if got and not got.endswith("\n"):
            got += "\n"
        if error is not None:
            if not _is_wanted_error(checker, error, want):
                raise error
        elif not checker.check_output(want, got, 0) or (by_word and refuse(want)):
            raise Differs(f"example {number}: expected {want.strip()[:200]!r}, found {got.strip()[:200]!r}")


def _is_wanted_error(checker: Checker, error: BaseException, want: str) -> bool:
    found = doctest.DocTestParser._EXCEPTION_RE.match(want)  # type: ignore[attr-defined]
    if found is None:
        return False
    text = "".join(traceback.format_exception_only(type(error), error))
    return bool(checker.check_output(found["msg"], text, 0))


def share_of(value: Any, points: float) -> tuple[float, str]:
    """Return the share that nbgrader gives for a last value, and a note if it is no share.

    A number is the points; anything else, and no value at all, is full marks.
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        return 1.0, ""
    number = float(value)
    if number != number or number < 0:
        return 0.0, f"the cell's last value is {number}: no points"
    if points <= 0:
        return 1.0, ""
    if number > points:
        return 1.0, f"the cell's last value is {number:g}, more than its {points:g} points"
    return number / points, ""


_DEFINITIONS = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom),
    *(ast.Assign, ast.AnnAssign, ast.AugAssign),
)


def in_a_row(tests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return tests as they run one after the other: the first one's seed holds for all, and the numbers go on."""
    return [{**test, "seed": None} if number else test for number, test in enumerate(tests)]


def define(code: str, names: Names) -> None:
    """Run what a cell defines, statement by statement, and nothing that it asserts; what fails is left out."""
    try:
        body = names.tree(ast.parse(code, FILE)).body
    except (SyntaxError, ValueError):
        return
    printed = io.StringIO()
    for node in body:
        if isinstance(node, _DEFINITIONS):
            one = ast.Module([node], [])
            try:
                with _quiet(printed):
                    exec(compile(one, FILE, "exec", dont_inherit=True), names)  # noqa: S102
            except Exception:  # noqa: BLE001, S112  then the test says what is missing
                continue
