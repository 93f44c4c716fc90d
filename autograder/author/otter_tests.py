"""Visible checks as otter-grader's test files, so that ``grader.check("q1")`` gives their verdict (*trusted*).

The functions are those of the check cell; how they are run, and the words, are those of ``check`` from the
notebook's first cell. Source: otter-grader 7, exception-based test files.
"""

from __future__ import annotations

import ast

from autograder.author.source import Source, hidden_lines, kind_of
from autograder.bundle import Bundle

FOLDER = "tests"
_HEAD = '''"""Visible checks of {question}, for otter-grader: grader.check("{question}")."""

OK_FORMAT = False

from otter.test_files import test_case

name = "{question}"


def _judge(function, env, *marks):
    why = getattr(env.get("check"), "why", None)
    if why is None:
        raise RuntimeError("Run the first cell of the notebook, then try again")
    for mark in marks:
        function = mark(env["pays_once"])(function)
    reason = why(function, env)
    if reason:
        raise AssertionError(reason)


'''


def otter_tests(source: Source, bundle: Bundle) -> dict[str, str]:
    """Return the text of ``tests/<question>.py`` for every question with visible checks."""
    files = {}
    for cell, metadata in source.cells():
        if kind_of(metadata) != "check":
            continue
        question = metadata["grade_id"]
        visible = [c for c in bundle.checks if c.question == question and not c.hidden]
        if visible:
            marks = _marks(cell.source)
            cases = [
                f"@test_case(name={spec.title!r}, points={spec.points!r})\n"
                f"def {spec.name.replace('test_', 'case_', 1)}(env):\n"
                f"    _judge({', '.join([spec.name, 'env', *marks[spec.name]])})"
                for spec in visible
            ]
            text = _HEAD.format(question=question) + _visible_source(cell.source)
            files[f"{FOLDER}/{question}.py"] = "\n\n\n".join([text, *cases]) + "\n"
    return files


def _marks(cell_source: str) -> dict[str, list[str]]:
    """Return, by check, the decorators that ``check`` heeds when it runs one; the notebook's first cell has them."""
    return {
        node.name: [
            f"lambda pays_once: {ast.unparse(mark)}"
            for mark in reversed(node.decorator_list)
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pays_once"
        ]
        for node in ast.parse(cell_source).body
        if isinstance(node, ast.FunctionDef)
    }


def _visible_source(cell_source: str) -> str:
    """Return the imports and functions of the visible part, without decorators and the call of ``check``."""
    hidden = hidden_lines(cell_source)
    kept = []
    for node in ast.parse(cell_source).body:
        is_call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        if node.lineno in hidden or is_call:
            continue
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = []
        kept.append(ast.unparse(node))
    return "\n\n\n".join(kept)
