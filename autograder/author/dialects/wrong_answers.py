"""Wrong answers made from a right one: what a test must judge alike in both places (*trusted*).

Each kind breaks every function and every value of the student's cells in one way.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable

from autograder.author.dialects.python_cells import plain

KINDS = {
    "returns None": "functions return None, values are None",
    "returns its argument": "functions return their first argument, values are off by one",
    "raises": "functions raise, values are never made",
    "wrong type": "functions return a string, values are one",
    "name missing": "what the cell defines is not there",
    "changes its argument": "functions answer right, and empty or zero what they were given",
}
# After the answer, in the student's own cell; what is changed may be the answer itself.
_CHANGING = """
def _changing(function):
    def changed(*arguments, **named):
        answer = function(*arguments, **named)
        for item in (*arguments, *named.values()):
            for change in ("clear", "zero_"):
                try:
                    getattr(item, change)()
                except Exception:
                    pass
            try:
                item[...] = 0
            except Exception:
                pass
            try:
                item.drop(item.index, inplace=True)
            except Exception:
                pass
        return answer
    return changed
"""
_Body = Callable[[ast.FunctionDef, bool], list[ast.stmt]]


def wrong(source: str, kind: str) -> str | None:
    """Return a cell of a solution with every answer in it wrong; None: there is none in it, or it is no Python."""
    text = plain(source).source
    if not text.strip():
        return None
    tree = ast.parse(text)
    names = _answers(tree)
    if not names:
        return None
    if kind == "name missing":
        # What the cell shows on its way stays; what is left of it goes.
        lines = "\n".join(f"    globals().pop({name!r}, None)" for name in sorted(names))
        return f"try:\n{_indented(text)}\nfinally:\n{lines}"
    if kind == "changes its argument":
        functions = sorted(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
        lines = "".join(f"{name} = _changing({name})\n" for name in functions)
        return f"{text}\n{_CHANGING}\n{lines}" if functions else None
    body = _BODIES[kind]
    made = copy.deepcopy(tree)
    made.body = [new for node in made.body for new in _changed(node, kind, body)]
    return ast.unparse(ast.fix_missing_locations(made))


def _indented(text: str) -> str:
    # Through the tree, so that lines inside long strings stay as they are.
    module = ast.parse(text)
    return "\n".join(f"    {line}" if line else "" for line in _unparsed(module))


def _unparsed(module: ast.Module) -> list[str]:
    lines: list[str] = []
    for node in module.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        lines += ast.unparse(node).split("\n")
    return lines


def _answers(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                found |= {
                    n.id for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
                }
    return found


def _changed(node: ast.stmt, kind: str, body: _Body) -> list[ast.stmt]:
    if isinstance(node, ast.FunctionDef):
        node.body = body(node, False)
    elif isinstance(node, ast.ClassDef):
        for method in node.body:
            if isinstance(method, ast.FunctionDef) and not (
                method.name.startswith("__") and method.name.endswith("__")
            ):
                method.body = body(method, True)
    elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        return _value(node, kind)
    return [node]


def _value(node: ast.Assign | ast.AnnAssign | ast.AugAssign, kind: str) -> list[ast.stmt]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if any(isinstance(n, (ast.Subscript, ast.Attribute)) for t in targets for n in ast.walk(t)):
        return [node]
    names = sorted({n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)})
    if kind == "raises":
        return [_statement('raise RuntimeError("a wrong answer")')]
    if kind == "returns its argument":
        off = [
            _statement(f"try:\n    {name} = {name} + 1\nexcept Exception:\n    {name} = [{name}]")
            for name in names
        ]
        return [node, *off]
    value = "None" if kind == "returns None" else repr("a wrong answer")
    return [_statement(f"{name} = {value}") for name in names]


def _statement(text: str) -> ast.stmt:
    return ast.parse(text).body[0]


def _first_argument(function: ast.FunctionDef, is_method: bool) -> str:
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)][1 if is_method else 0 :]
    if names:
        return names[0]
    return function.args.vararg.arg if function.args.vararg else "None"


_BODIES: dict[str, _Body] = {
    "returns None": lambda *_: [_statement("pass")],
    "returns its argument": lambda f, method: [
        ast.Return(ast.parse(_first_argument(f, method), mode="eval").body)
    ],
    "raises": lambda *_: [_statement('raise RuntimeError("a wrong answer")')],
    "wrong type": lambda *_: [ast.Return(ast.Constant("a wrong answer"))],
}
