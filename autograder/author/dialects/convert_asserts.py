"""A test of another tool's, statement by statement, in the words of our checks (*trusted*).

What has a form of ours gets it, and keeps its verdict: the same values pass. What has none stays a bare ``assert``,
which a check may hold. What needs a library that checks do not have, or the notebook's shell, is left as a comment.
"""

from __future__ import annotations

import ast
import copy
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from autograder.author.dialects.python_cells import bound_by

_EQUALS = frozenset(
    {"assert_equal", "assert_array_equal", "assertEqual", "assertListEqual", "assertDictEqual"}
)
_RAISES = frozenset({"assert_raises", "raises", "assertRaises"})
_SHELL = frozenset(
    {"get_ipython", "In", "Out", "_", "__", "_ih", "_oh", "input", "globals", "locals", "exec", "eval"}
)


@dataclass(slots=True)
class Converted:
    """Statements of ours, and what was found that a person has to write."""

    body: list[ast.stmt] = field(default_factory=list)
    left: list[str] = field(default_factory=list)  # sources that were not converted
    why: list[str] = field(default_factory=list)

    def source(self, indent: str = "    ") -> str:
        """Return the body of a check; what is left stands in it as comments."""
        lines = ast.unparse(ast.Module(self.body, [])).split("\n") if self.body else []
        for source, why in zip(self.left, self.why, strict=True):
            lines += [f"# To do ({why}):", *(f"#   {line}" for line in source.split("\n"))]
        if not _judges(self.body):
            lines.append('review("this check is still to be written")')
        return textwrap.indent("\n".join(lines), indent)


def _judges(body: list[ast.stmt]) -> bool:
    """Tell whether something in a check can fail."""
    words = {"equal", "close", "expect", "at_least", "at_most", "fail", "raises"}
    for node in body:
        for child in ast.walk(node):
            if isinstance(child, (ast.Assert, ast.Raise)):
                return True
            if isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and child.func.id in words:
                return True
    return False


class Asserts:
    """Converts statements; ``modules`` are the notebook's imports, by name, ``judged`` the names of students."""

    def __init__(self, modules: dict[str, str], judged: set[str]) -> None:
        self.modules, self.judged = modules, judged
        self.bound: set[str] = set()  # names that the test itself binds
        self.lost: set[str] = set()  # those of them whose binding is left to a person

    def convert(self, statements: list[ast.stmt]) -> Converted:
        """Convert the statements of a test cell, in order; what builds on a part that is left is left, too."""
        made = Converted()
        self.bound = bound_by(statements)
        self.lost = set()
        for statement in statements:
            self._one(copy.deepcopy(statement), made)
        return made

    def _one(self, node: ast.stmt, made: Converted) -> None:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            return  # NumPy is there; what else is used is found where it is
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return  # a docstring
        if isinstance(node, ast.Expr) and _called(node.value) in ("print", "display"):
            return
        node = _Torch(self._full).visit(node)
        new = self._form(node)
        if new is None and isinstance(node, (ast.For, ast.While, ast.If)):
            new = [self._block(node)]
        new = [ast.fix_missing_locations(n) for n in ([node] if new is None else new)]
        text = "\n".join(ast.unparse(n) for n in new)
        why = self._obstacle(new)
        if why:
            made.left.append(ast.unparse(node))
            made.why.append(why)
            self.lost |= bound_by([node])
        elif text:
            made.body += [ast.fix_missing_locations(_Maths(self.modules).visit(n)) for n in new]
            self.lost -= bound_by([node])

    def _block(self, node: ast.For | ast.While | ast.If) -> ast.stmt:
        for part in ("body", "orelse"):
            inner: list[ast.stmt] = []
            for statement in getattr(node, part):
                formed = self._form(statement)
                if formed is None and isinstance(statement, (ast.For, ast.While, ast.If)):
                    formed = [self._block(statement)]
                inner += [statement] if formed is None else formed
            setattr(node, part, inner)
        return node

    def _obstacle(self, nodes: list[ast.stmt]) -> str:
        """Return why statements cannot stand in a check, or nothing."""
        for node in nodes:
            for child in ast.walk(node):
                if not isinstance(child, ast.Name):
                    continue
                target = self.modules.get(child.id, "")
                top = target.partition(":")[0].split(".")[0]
                if target and top not in ("numpy", "math") and child.id not in self.judged:
                    return f"checks have no {top}"
                if target.startswith("numpy:") or (target.startswith("numpy.") and child.id != "np"):
                    return f"{child.id} comes from {target.replace(':', '.')}: write it with np."
                if target == "numpy" and child.id != "np":
                    return f"NumPy is np in checks, not {child.id}"
                if target.startswith("math:"):
                    return f"{child.id} comes from math"
                if child.id in self.lost and isinstance(child.ctx, ast.Load):
                    return f"it builds on {child.id}, which is left"
                if child.id in _SHELL and child.id not in self.bound:
                    return f"it looks at the notebook's shell ({child.id})"
        return ""

    # -- forms -------------------------------------------------------------------------------------

    def _form(self, node: ast.stmt) -> list[ast.stmt] | None:
        if isinstance(node, ast.Assert):
            return self._assert(node.test, node.msg)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            return self._call(node.value)
        if isinstance(node, ast.With):
            return self._with(node)
        if isinstance(node, ast.Try):
            return self._try(node)
        return None

    def _assert(self, test: ast.expr, message: ast.expr | None) -> list[ast.stmt]:
        hint = message if isinstance(message, ast.Constant) and isinstance(message.value, str) else None
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
            return [statement for value in test.values for statement in self._assert(value, message)]
        made = self._comparison(test) if isinstance(test, ast.Compare) and len(test.ops) == 1 else None
        if made is None and isinstance(test, ast.Call):
            made = self._truth(test)
        if made is None:
            return [ast.Assert(test, hint)]
        if hint is not None:
            made.keywords.append(ast.keyword("hint", hint))
        return [ast.Expr(made)]

    def _sides(self, left: ast.expr, right: ast.expr) -> tuple[ast.expr, ast.expr]:
        """Return (the student's value, what is expected of it)."""
        there = {n.id for n in ast.walk(left) if isinstance(n, ast.Name)} & self.judged
        here = {n.id for n in ast.walk(right) if isinstance(n, ast.Name)} & self.judged
        return (right, left) if here and not there else (left, right)

    def _comparison(self, test: ast.Compare) -> ast.Call | None:
        left, right, op = test.left, test.comparators[0], test.ops[0]
        if isinstance(op, (ast.Lt, ast.LtE)) and (found := self._distance(left)) is not None:
            actual, expected = self._sides(*found)
            if isinstance(op, ast.LtE) or isinstance(right, ast.Constant):
                return _use("close", actual, expected, rtol=ast.Constant(0), atol=right)
        if isinstance(op, (ast.Eq, ast.Is)):
            if isinstance(op, ast.Is) and not (
                isinstance(right, ast.Constant) and right.value in (None, True, False)
            ):
                return None
            actual, expected = self._sides(left, right)
            if isinstance(actual, ast.Attribute) and actual.attr == "shape" and isinstance(op, ast.Eq):
                return _use("expect", actual.value, shape=expected, finite=ast.Constant(False))
            if _called(actual) == "tuple" and isinstance(actual, ast.Call) and len(actual.args) == 1:
                inner = actual.args[0]
                if isinstance(inner, ast.Attribute) and inner.attr == "shape":
                    return _use("expect", inner.value, shape=expected, finite=ast.Constant(False))
            if _is_plain(expected):
                return _use("equal", actual, expected)
            return None
        if isinstance(op, (ast.LtE, ast.GtE)):
            word = "at_most" if isinstance(op, ast.LtE) else "at_least"
            if _is_number(right):
                return _use(word, left, right, name=ast.Constant(_short(left)))
            if _is_number(left):
                other = "at_least" if word == "at_most" else "at_most"
                return _use(other, right, left, name=ast.Constant(_short(right)))
        return None

    @staticmethod
    def _distance(node: ast.expr) -> tuple[ast.expr, ast.expr] | None:
        if (
            _called(node) in ("abs", "np.abs", "math.fabs")
            and isinstance(node, ast.Call)
            and len(node.args) == 1
        ):
            inner = node.args[0]
            if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub):
                return inner.left, inner.right
        return None

    def _truth(self, call: ast.Call) -> ast.Call | None:
        name = self._full(call.func)
        if (
            name in ("numpy.allclose", "math.isclose", "numpy.isclose", "torch.allclose")
            and len(call.args) >= 2
        ):
            actual, expected = self._sides(call.args[0], call.args[1])
            if name != "math.isclose" and isinstance(expected, ast.Constant):
                return None  # it may stand for an array of that value
            given = {k.arg: k.value for k in call.keywords}
            if len(call.args) > 2 or given.keys() - {"rtol", "atol", "rel_tol", "abs_tol"}:
                return None
            relative = given.get(
                "rtol", given.get("rel_tol", ast.Constant(1e-9 if name == "math.isclose" else 1e-05))
            )
            absolute = given.get(
                "atol", given.get("abs_tol", ast.Constant(0.0 if name == "math.isclose" else 1e-08))
            )
            return _use("close", actual, expected, rtol=relative, atol=absolute)
        if name in ("numpy.array_equal", "torch.equal") and len(call.args) == 2 and not call.keywords:
            return _use("equal", *self._sides(call.args[0], call.args[1]))
        if isinstance(call.func, ast.Attribute) and call.func.attr == "all" and not call.args:
            inner = call.func.value
            if isinstance(inner, ast.Compare) and len(inner.ops) == 1 and isinstance(inner.ops[0], ast.Eq):
                actual, expected = self._sides(inner.left, inner.comparators[0])
                return None if isinstance(expected, ast.Constant) else _use("equal", actual, expected)
        return None

    def _call(self, call: ast.Call) -> list[ast.stmt] | None:
        name = self._full(call.func)
        last = name.rpartition(".")[2]
        if last in _EQUALS and len(call.args) >= 2:
            return [ast.Expr(_use("equal", *self._sides(call.args[0], call.args[1])))]
        given = {k.arg: k.value for k in call.keywords if k.arg}
        if last == "assert_allclose" and len(call.args) >= 2:
            limits = dict(zip(("rtol", "atol"), call.args[2:4], strict=False)) | given
            options = {
                "rtol": limits.get("rtol", ast.Constant(1e-07)),
                "atol": limits.get("atol", ast.Constant(0.0)),
            }
            return [ast.Expr(_use("close", *self._sides(call.args[0], call.args[1]), **options))]
        decimals = {"assert_almost_equal": 7, "assert_array_almost_equal": 6, "assertAlmostEqual": 7}
        if last in decimals and len(call.args) >= 2:
            word = call.args[2] if len(call.args) > 2 else given.get("decimal", given.get("places"))
            digits = decimals[last]
            if word is not None:
                if not (isinstance(word, ast.Constant) and isinstance(word.value, int)):
                    return None
                digits = word.value
            options = {"rtol": ast.Constant(0), "atol": ast.Constant(float(f"1.5e-{digits}"))}
            return [ast.Expr(_use("close", *self._sides(call.args[0], call.args[1]), **options))]
        if last in ("assertTrue", "assert_true", "assert_") and call.args:
            return self._assert(call.args[0], call.args[1] if len(call.args) > 1 else None)
        if last in _RAISES and len(call.args) >= 2:
            inner = ast.Expr(ast.Call(call.args[1], call.args[2:], call.keywords))
            return [_raising(call.args[0], [inner])] if _names(call.args[0]) else None
        return None

    def _with(self, node: ast.With) -> list[ast.stmt] | None:
        call = node.items[0].context_expr
        if not (len(node.items) == 1 and isinstance(call, ast.Call) and len(call.args) == 1):
            return None
        is_raising = self._full(call.func).rpartition(".")[2] in _RAISES and _names(call.args[0])
        return [_raising(call.args[0], node.body)] if is_raising else None

    @staticmethod
    def _try(node: ast.Try) -> list[ast.stmt] | None:
        """``try: f() except ValueError: pass else: raise AssertionError``: as nbgrader's documentation writes it."""
        handler = node.handlers[0] if node.handlers else None
        if handler is None or handler.type is None or len(node.handlers) != 1 or node.finalbody:
            return None
        quiet = all(isinstance(n, (ast.Pass, ast.Expr)) for n in handler.body)
        complains = node.orelse or [n for n in node.body[1:] if isinstance(n, (ast.Raise, ast.Assert))]
        body = [
            n for n in node.body if not (isinstance(n, (ast.Raise, ast.Assert)) and n is not node.body[0])
        ]
        if quiet and complains and _names(handler.type):
            return [_raising(handler.type, body)]
        return None

    def _full(self, function: ast.expr) -> str:
        """Return a function's name with the module that it comes from."""
        text = ast.unparse(function)
        first, _, rest = text.partition(".")
        target = self.modules.get(first)
        if target is None:
            return text
        target = target.replace(":", ".")
        return f"{target}.{rest}" if rest else target


def _called(node: ast.expr) -> str:
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def _use(function: str, *arguments: ast.expr, **keywords: ast.expr) -> ast.Call:
    given = list(arguments)
    if len(given) > 1 and isinstance(given[1], ast.Call) and _called(given[1]) == "tensor":
        given[1] = given[1].args[0]  # what is expected is an array here
    return ast.Call(ast.Name(function, ast.Load()), given, [ast.keyword(k, v) for k, v in keywords.items()])


def _raising(kind: ast.expr, body: list[ast.stmt]) -> ast.stmt:
    names = [ast.Constant(name) for name in _names(kind)]
    return ast.With([ast.withitem(_use("raises", *names))], body)


def _names(kind: ast.expr) -> list[str]:
    """Return the names of exceptions in ``except ValueError`` or ``except (ValueError, TypeError)``."""
    if isinstance(kind, ast.Name):
        return [kind.id] if kind.id not in ("Exception", "BaseException") else []
    if isinstance(kind, ast.Tuple):
        found = [name for item in kind.elts for name in _names(item)]
        return found if len(found) == len(kind.elts) else []
    return []


def _is_number(node: ast.expr) -> bool:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return False
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_plain(node: ast.expr) -> bool:
    """Tell whether ``equal`` means what ``==`` did: sets and tuples in place of lists would not."""
    return not any(isinstance(n, (ast.Set, ast.SetComp)) for n in ast.walk(node))


def _short(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 60 else "the value"


class _Torch(ast.NodeTransformer):
    """``torch.zeros(2, 3)`` is ``tensor(np.zeros((2, 3), np.float32))`` in a check."""

    def __init__(self, full: Callable[[ast.expr], str]) -> None:
        self.full = full

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = self.full(node.func)
        if name not in ("torch.zeros", "torch.ones", "torch.tensor", "torch.linspace") or node.keywords:
            return node
        word = name.partition(".")[2]
        arguments = list(node.args)
        if word in ("zeros", "ones"):
            if not arguments or any(isinstance(a, ast.Starred) for a in arguments):
                return node
            shape = arguments[0] if len(arguments) == 1 else ast.Tuple(arguments, ast.Load())
            arguments = [shape, _numpy("float32")]
        elif word == "tensor":
            if len(arguments) != 1:
                return node
            floats = any(isinstance(n, ast.Constant) and isinstance(n.value, float) for n in ast.walk(node))
            arguments = [*arguments, _numpy("float32")] if floats else arguments
        made = ast.Call(_numpy("array" if word == "tensor" else word), arguments, [])
        if word == "linspace":
            made.keywords = [ast.keyword("dtype", _numpy("float32"))]
        return ast.Call(ast.Name("tensor", ast.Load()), [made], [])


def _numpy(name: str) -> ast.expr:
    return ast.Attribute(ast.Name("np", ast.Load()), name, ast.Load())


class _Maths(ast.NodeTransformer):
    """``math.pi`` is ``np.pi`` in a check, whose visible part imports nothing but NumPy."""

    def __init__(self, modules: dict[str, str]) -> None:
        self.modules = modules

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        owner = node.value
        if isinstance(owner, ast.Name) and self.modules.get(owner.id) == "math" and hasattr(np, node.attr):
            node.value = ast.Name("np", ast.Load())
        return node
