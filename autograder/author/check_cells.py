"""A check cell becomes a pytest module and the records of its checks (*trusted*)."""

from __future__ import annotations

import ast
import inspect
import math
import traceback
from typing import Any

from autograder.author.source import hidden_lines, refusal
from autograder.bundle import CheckSpec
from autograder.judge.check_files import FOR_PICTURES, PICTURES, RESERVED, describe
from autograder.model import Question
from autograder.notebook import marker_of

CHECK_S = 10.0  # CPU seconds of a check
PREAMBLE = "import numpy as np; from autograder.checks import *; check = lambda *_: None  "


def check_module(source: str, where: str) -> str:
    """Return a check cell as a module: our names on its first line, top-level ``raise`` (the guard) dropped."""
    lines = source.split("\n")
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        at = f"{where}, line {error.lineno}"
        raise refusal(at, str(error.msg), "Correct that line; a check cell is plain Python.") from None
    for node in tree.body:
        if isinstance(node, ast.Raise):
            for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                lines[number - 1] = ""
    if marker_of(source)[0] != "check":
        raise refusal(
            where, f"its first line is {lines[0][:60]!r}", "Make it the marker: # check: <grade_id>"
        )
    return PREAMBLE + lines[0] + "\n" + "\n".join(lines[1:]) + "\n"


def check_specs(
    question: str, points: float, module_source: str, cell_source: str, timeout_s: float = CHECK_S
) -> list[CheckSpec]:
    """Read a check module's functions: names, docstrings, decorators, and share the points out.

    Raises
    ------
    ReleaseError
        If there is no check, a decorator is misused, a visible check asks for what students do not
        have, or the points of the checks do not add up to the question's.
    """
    where = f"check cell {question!r}"
    namespace: dict[str, Any] = {"__name__": f"checks.{question}"}
    try:
        exec(compile(module_source, f"{question}.py", "exec"), namespace)  # noqa: S102  the instructor's own cell
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [f.lineno for f in frames if f.filename == f"{question}.py"]
        at = f"{where}, line {lines[-1]}" if lines else where
        raise refusal(at, f"{type(error).__name__}: {error}", "Correct that line.") from error
    hidden = hidden_lines(cell_source)
    tree = ast.parse(cell_source)
    nodes = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]
    if not nodes:
        raise refusal(where, "it has no function named test_…", "Write one, or make the cell a locked one.")
    _refuse_private_means(tree, nodes, hidden, where)
    _refuse_odd_figures(tree, hidden, where)
    for node in nodes:
        _refuse_odd_decorators(namespace[node.name], f"{where}, {node.name}")
        _refuse_odd_right_answers(
            namespace[node.name], tree, node.lineno in hidden, hidden, f"{where}, {node.name}"
        )
    described = [describe(namespace[node.name]) for node in nodes]
    shares = share_points(question, points, [d["points"] for d in described])
    return [
        CheckSpec(
            question=question,
            name=node.name,
            title=d["title"],
            points=share,
            hidden=node.lineno in hidden,
            after=tuple(d["after"]),
            timeout_s=d["timeout_s"] if hasattr(namespace[node.name], "timeout_s") else timeout_s,
            isolated=d["isolated"],
        )
        for node, d, share in zip(nodes, described, shares, strict=True)
    ]


def _refuse_odd_decorators(function: Any, where: str) -> None:
    """Refuse ``@points`` without brackets, ``@timeout("3")`` and the like."""
    if not inspect.isfunction(function) or not function.__name__.startswith("test_"):
        raise refusal(
            where, "a decorator took the place of the check", "Write @points(2), @after('q1'), @isolated."
        )
    points, seconds = getattr(function, "points", 0), getattr(function, "timeout_s", 1)
    for word, value, ok in (("points", points, "0 or more"), ("timeout", seconds, "more than 0")):
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        if not number or value < 0 or (word == "timeout" and value == 0):
            raise refusal(where, f"@{word}({value!r})", f"Give @{word} one number, {ok}.")
    for name in getattr(function, "after", ()):
        if not isinstance(name, str):
            raise refusal(where, f"@after({name!r})", "Name checks and questions in quotes: @after('q1').")


def _refuse_odd_right_answers(
    function: Any, tree: ast.Module, is_hidden: bool, hidden: set[int], where: str
) -> None:
    """Refuse a right answer of ``pays_once`` that would not stand alone in the student's notebook."""
    for earlier in getattr(function, "paid", ()):
        name = earlier.right.__name__
        node = next((n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name), None)
        if node is None or (node.lineno in hidden and not is_hidden):
            what = f"pays_once asks for {name!r}, which is no function of the {'' if is_hidden else 'visible part of the '}cell"
            raise refusal(where, what, "Define it there: it takes the place of the student's answer.")
        alone: dict[str, Any] = {}
        try:
            exec(compile(ast.unparse(node), "<right>", "exec"), alone)  # noqa: S102  the instructor's own cell
            for arguments in earlier.asked:
                alone[name](*arguments)
        except Exception as error:
            what = f"{name} does not stand alone: {type(error).__name__}: {error}"
            raise refusal(where, what, "It has its arguments and nothing else: import inside it.") from error


def _refuse_private_means(
    tree: ast.Module, nodes: list[ast.FunctionDef], hidden: set[int], where: str
) -> None:
    """Refuse what works in the grader only: a visible check runs in the student's notebook too."""
    for node in nodes:
        names = [a.arg for a in node.args.args if a.arg in RESERVED and node.lineno not in hidden]
        if names:
            what = f"the visible check asks for {names[0]!r}, which students do not have"
            raise refusal(
                f"{where}, {node.name}", what, "Make it a hidden check, or use the student's names only."
            )
    for statement in ast.walk(tree):
        if not isinstance(statement, (ast.Import, ast.ImportFrom)) or statement.lineno in hidden:
            continue
        modules = (
            [statement.module] if isinstance(statement, ast.ImportFrom) else [a.name for a in statement.names]
        )
        for module in modules:
            if (module or "").split(".")[0] != "numpy":
                what = f"the visible part imports {module!r}"
                to_do = "Import NumPy only; the names of autograder.checks are there already."
                raise refusal(f"{where}, line {statement.lineno}", what, to_do)


def _refuse_odd_figures(tree: ast.Module, hidden: set[int], where: str) -> None:
    """Refuse what could show a hidden input on the student's page, whose numbers are the student's to choose.

    A figure comes from a visible check, or from a picture function, which runs before any hidden input is sent.
    """
    for node in (n for n in tree.body if isinstance(n, ast.FunctionDef)):
        at, names = f"{where}, {node.name}", {a.arg for a in node.args.args}
        calls = [n.func for n in ast.walk(node) if isinstance(n, ast.Call)]
        draws = any(isinstance(f, ast.Name) and f.id == "picture" for f in calls)
        if node.name.startswith(PICTURES):
            if node.lineno not in hidden:
                to_do = "Put it between ### BEGIN HIDDEN TESTS and ### END HIDDEN TESTS."
                raise refusal(at, "a picture function stands in the student's notebook", to_do)
            secret = sorted(names & set(RESERVED) - set(FOR_PICTURES))
            if secret:
                what = (
                    f"a picture asks for {secret[0]!r}, whose numbers could then stand on the student's page"
                )
                raise refusal(
                    at, what, f"It may ask for names of the notebook, and {', '.join(FOR_PICTURES)}."
                )
        elif draws and node.lineno in hidden:
            what = "picture() in the hidden tests, where a student's numbers could show a hidden input"
            raise refusal(at, what, "Draw it in a function picture_…, which runs before them on public data.")


def share_points(question: str, points: float, explicit: list[float | None]) -> list[float]:
    """Share a question's points: explicit ones first, the rest equally in hundredths, remainder to the last."""
    total = round(points * 100)
    fixed = [None if e is None else round(e * 100) for e in explicit]
    rest = total - sum(f for f in fixed if f is not None)
    free = [i for i, f in enumerate(fixed) if f is None]
    if rest < 0 or (rest > 0 and not free) or (rest == 0 and free):
        given = sum(f for f in fixed if f is not None) / 100
        what = f"the question has {points:g} points, its @points add up to {given:g} and {len(free)} check(s) share the rest"
        raise refusal(
            f"check cell {question!r}", what, "Change the cell's points or a @points so that they add up."
        )
    shares = list(fixed)
    for i in free:
        shares[i] = rest // len(free)
    if free:
        shares[free[-1]] = rest - (rest // len(free)) * (len(free) - 1)
    return [(s or 0) / 100 for s in shares]


def refuse_odd_order(questions: list[Question], specs: list[CheckSpec]) -> None:
    """Refuse two checks of one name, and an ``after`` that cannot be kept."""
    first: dict[str, CheckSpec] = {}
    for spec in specs:
        if spec.name in first or spec.name in {q.name for q in questions}:
            other = f"check cell {first[spec.name].question!r}" if spec.name in first else "a question"
            what = f"{spec.name!r} is the name of {other} as well, and `after` could not tell them apart"
            raise refusal(f"check cell {spec.question!r}", what, "Rename one.")
        first[spec.name] = spec
    place = {s.name: i for i, s in enumerate(specs)}
    last = {s.question: i for i, s in enumerate(specs)}  # a question is concluded with its last check
    for index, spec in enumerate(specs):
        where = f"check cell {spec.question!r}, {spec.name}"
        for needed in spec.after:
            if needed not in place and needed not in last:
                near = ", ".join(sorted({*place, *last} - {spec.name, spec.question}))
                raise refusal(
                    where,
                    f"it is after {needed!r}, which does not exist",
                    f"There are: {near or 'no others'}.",
                )
            if needed == spec.question:
                raise refusal(where, f"it is after {needed!r}, its own question", "Name a check of it.")
            if not spec.hidden and needed in place and specs[place[needed]].hidden:
                what = f"a visible check cannot be after the hidden check {needed!r}"
                raise refusal(where, what, "Hidden checks run after all visible ones; name a visible check.")
            if (place[needed] if needed in place else last[needed]) >= index:
                raise refusal(
                    where, f"it is after {needed!r}, which comes later", "Name an earlier one, or swap them."
                )
