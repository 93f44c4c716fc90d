"""Do the checks of an answer that is a value take their key from the student's own model? (*trusted*).

"Which of *your* filters answers most to TAT?" has another right answer for every network: the check asks for a value
that an answer cell binds (``tat_filter = 30``) and compares it with what the student's process says of the student's model.
Where nothing of the student's enters, the right answer is the same for everybody, and one copied number is right for a class.
What depends on what is read from the check's text: assignments are followed, nothing is run.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from autograder.author.source import Source, binds, hidden_lines, kind_of
from autograder.judge.check_files import RESERVED

_CHOICES = {"argmax", "argmin", "nanargmax", "nanargmin", "idxmax", "idxmin"}
_EXACT = {"equal", "close"}


@dataclass(slots=True)
class ValueAnswer:
    """A value that students write down, and what its hidden checks are about."""

    name: str
    question: str
    checks: list[str] = field(default_factory=list)  # those that are hidden and ask for it
    own: bool = False  # one of them compares it with something of the student's own model
    exact_choice: str = ""  # the check that wants one index exactly, where two may be equally good


def value_answers(source: Source) -> list[ValueAnswer]:
    """Return the values that hidden checks ask for, in the order of the notebook."""
    functions, values, models = _names(source)
    found: dict[str, ValueAnswer] = {}
    for cell, metadata in source.cells():
        if kind_of(metadata) != "check":
            continue
        hidden = hidden_lines(cell.source)
        for node in ast.parse(cell.source).body:
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            asked = [a.arg for a in node.args.args]
            own = models | _given_to_student(node)
            sources = {n for n in asked if n == "student" or n in functions or n in own}
            for name in (n for n in asked if n in values - own and node.lineno in hidden):
                one = found.setdefault(name, ValueAnswer(name, metadata["grade_id"]))
                one.checks.append(node.name)
                answer = _derived(node, {name})
                one.own = one.own or _meet(node, answer, _derived(node, sources))
                if not one.exact_choice and _is_exact(node, answer, _derived(node, set(), choices=True)):
                    one.exact_choice = node.name
    return list(found.values())


def _names(source: Source) -> tuple[set[str], set[str], set[str]]:
    """Return the functions and classes of answers, their values, and what locked cells make of the former."""
    functions: set[str] = set()
    values: set[str] = set()
    locked: list[ast.Module] = []
    for cell, metadata in source.cells():
        kind = kind_of(metadata)
        if kind not in ("answer", "locked") or cell.cell_type != "code":
            continue
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:  # a file's cell, %pip
            continue
        if kind == "locked":
            locked.append(tree)
            continue
        defined = {n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
        imports = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
        modules = {(a.asname or a.name).split(".")[0] for n in imports for a in n.names}
        functions |= defined
        values |= binds(cell.source) - defined - modules
    models = set().union(*(_derived(tree, functions) for tree in locked)) - functions  # trained = DNA_CNN(8)
    return functions, values - set(RESERVED), models


def _given_to_student(function: ast.FunctionDef) -> set[str]:
    """Return what a check gives to an operation on the student's process, as in ``student.parameters(net)``: a model."""
    return {
        argument.id
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("student.")
        for argument in call.args
        if isinstance(argument, ast.Name)
    }


def _derived(function: ast.AST, names: set[str], *, choices: bool = False) -> set[str]:
    """Return these names and the local ones that are made from them, or that are an index of a largest value."""
    known = set(names)
    while True:
        more = set(known)
        for node in ast.walk(function):
            targets: list[ast.expr] = []
            if isinstance(node, ast.Assign):
                targets, value = node.targets, node.value
            elif isinstance(node, (ast.AugAssign, ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
                targets, value = [node.target], node.value
            elif isinstance(node, (ast.For, ast.comprehension)):
                targets, value = [node.target], node.iter
            elif isinstance(node, ast.withitem) and node.optional_vars is not None:
                targets, value = [node.optional_vars], node.context_expr
            else:
                continue
            if _chooses(value, known) if choices else _mentions(value, known):
                more |= {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
        if more == known:
            return known
        known = more


def _mentions(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node))


def _chooses(node: ast.AST, names: set[str]) -> bool:
    """Tell whether an expression is, or is made from, an index of a largest value; what it picks out is none."""
    if isinstance(node, ast.Name):
        return node.id in names
    if isinstance(node, ast.Subscript):  # argsort()[-1] is an index, scores[argmax] a score
        sorts = isinstance(node.value, ast.Call) and _called(node.value) == "argsort"
        return (sorts and not isinstance(node.slice, ast.Slice)) or _chooses(node.value, names)
    if isinstance(node, ast.Call):
        if _called(node) in _CHOICES:
            return True
        if _called(node) == "index" and node.args and isinstance(node.args[0], ast.Call):
            return _called(node.args[0]) in ("max", "min")
    return any(_chooses(part, names) for part in ast.iter_child_nodes(node))


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _meet(function: ast.FunctionDef, answer: set[str], model: set[str]) -> bool:
    """Tell whether some expression has both: the answer, and what was made from the student's model."""
    return any(
        _mentions(node, answer) and _mentions(node, model)
        for statement in function.body
        for node in ast.walk(statement)
        if isinstance(node, (ast.Call, ast.Compare, ast.BinOp, ast.Subscript))
    )


def _is_exact(function: ast.FunctionDef, answer: set[str], choice: set[str]) -> bool:
    """Tell whether the answer must equal one index of a largest or smallest value."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _EXACT:
            sides = node.args[:2]
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
            sides = [node.left, node.comparators[0]]
        else:
            continue
        if len(sides) == 2 and any(
            _mentions(one, answer) and _chooses(other, choice) for one, other in (sides, sides[::-1])
        ):
            return True
    return False
