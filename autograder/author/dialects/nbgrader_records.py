"""What nbgrader's test cells ask, as records: tests, questions, and the released notebook's cells (*trusted*)."""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass, replace
from typing import Any

from autograder.author.dialects.nbgrader_convert import Kept
from autograder.author.dialects.own_modules import OwnModules
from autograder.author.dialects.python_cells import (
    Plain,
    bound_by,
    constant,
    free_in,
    imports_of,
    plain,
    tree_of,
)
from autograder.author.source import kind_of, title_before, title_of
from autograder.bundle import CheckSpec
from autograder.foreign import Foreign, ForeignTest, Place
from autograder.model import ManifestCell, Question

_LOOKS_AT = {
    "_": "the output of the cell before (_)",
    "__": "the outputs of earlier cells (__)",
    "___": "the outputs of earlier cells (___)",
    "_i": "the source of the cell before (_i)",
    "_ih": "the sources of earlier cells (_ih)",
    "_oh": "the outputs of earlier cells (_oh)",
    "In": "the sources of earlier cells (In)",
    "Out": "the outputs of earlier cells (Out)",
    "get_ipython": "the notebook's shell (get_ipython)",
}
_CALLS = {
    "gca": "a matplotlib axis",
    "gcf": "a matplotlib figure",
    "get_fignums": "the open matplotlib figures",
    "getsource": "the source of the student's code (inspect.getsource)",
    "getsourcelines": "the source of the student's code (inspect.getsourcelines)",
}
_BARE_CALLS = ("dir", "globals", "locals", "vars")


@dataclass(frozen=True, slots=True)
class Records:
    """One notebook as the engine knows it."""

    kept: Kept
    foreign: Foreign
    questions: tuple[Question, ...]
    checks: tuple[CheckSpec, ...]
    cells: tuple[ManifestCell, ...]
    stays_inside: dict[str, str]  # question -> what it looks at: no proof could move it out
    odd: dict[str, str]  # question -> what was found in its test cell, and what to do
    imports: tuple[str, ...]  # top-level modules that the notebook needs beside Python's own
    title: str = ""


def kind(metadata: dict[str, Any]) -> str:
    """Return what an nbgrader cell is: locked, answer, check, manual, or a task of a person's."""
    return "task" if metadata.get("task") else kind_of(metadata)


def read(kept: Kept, own: OwnModules, check_s: float) -> Records:
    """Return a notebook's records; ``own`` are the Python files beside it, ``check_s`` CPU seconds of a test."""
    reader = _Reader(kept, own)
    tests = tuple(reader.tests())
    return Records(
        kept=kept,
        foreign=reader.foreign(tests),
        questions=tuple(reader.questions()),
        checks=tuple(reader.spec(test, check_s) for test in tests),
        cells=tuple(manifest_cells(kept.released)),
        stays_inside=reader.stays_inside,
        odd=reader.odd,
        imports=tuple(sorted(reader.needed())),
        title=title_of(kept.released, ""),
    )


def only_needed(foreign: Foreign, own: OwnModules) -> Foreign:
    """Return the record with the libraries that tests judged outside need, and no others."""
    outside = [test for test in foreign.tests if test.place is Place.OUTSIDE]
    used = {(test.question, test.name): test for test in foreign.tests}
    texts = [text.code for test in outside for text in (test, *(used[key] for key in test.builds_on))]
    if outside:
        texts.append(foreign.definitions)
    names = set().union(*(free_in(text) for text in texts)) if texts else set()
    targets = {target for name, target in foreign.modules.items() if name in names}
    targets |= {target for text in texts for _, target in imports_of(text, star=own.star)}
    tops = {target.partition(":")[0].split(".")[0] for target in targets} | own.libraries(targets)
    return replace(foreign, libraries=tuple(name for name in foreign.libraries if name in tops))


def manifest_cells(released: Any) -> list[ManifestCell]:
    """Return what grading must know about the released notebook's cells."""
    cells = []
    for cell in released.cells:
        metadata = cell.metadata.get("nbgrader", {})
        what = kind(metadata)
        name = str(metadata.get("grade_id", "")) if what else ""
        cells.append(ManifestCell(cell.cell_type, cell.source, what, name, cell.get("id", "")))
    return cells


def test_name(grade_id: str) -> str:
    """Return the name of a test cell's check."""
    return "test_" + re.sub(r"\W", "_", grade_id)


class _Reader:
    """Reads one notebook: what its author wrote, and what was released of it."""

    def __init__(self, kept: Kept, own: OwnModules) -> None:
        self.kept, self.own = kept, own
        self.released = {
            c.metadata.nbgrader.grade_id: c.source for c in kept.released.cells if "nbgrader" in c.metadata
        }
        self.stays_inside: dict[str, str] = {}
        self.odd: dict[str, str] = {}
        code = [
            (c, kind(c.metadata.get("nbgrader", {}))) for c in kept.written.cells if c.cell_type == "code"
        ]
        self.checks = [c for c, what in code if what == "check"]
        self.sources = {c.metadata.nbgrader.grade_id: plain(c.source) for c in self.checks}
        self.modules: dict[str, str] = {}
        for cell, _ in code:
            for name, target in imports_of(cell.source, star=self.own.star):
                if own.has(target) or not own.owns(target):
                    self.modules.setdefault(name, target)
        answers, others = (
            set().union(*(bound_by(tree_of(c.source).body) for c, what in code if what in kinds))
            for kinds in (("answer", "manual"), ("",))
        )
        for name in answers:  # what an answer binds is the student's, whatever was imported by that name
            self.modules.pop(name, None)
        self.students = answers | (others - set(self.modules))
        self.defined = self._definitions([c for c, what in code if what == "locked"])

    def _definitions(self, locked: list[Any]) -> dict[str, str]:
        """Return the functions, classes and constants of read-only cells: name -> source."""
        found: dict[str, str] = {}
        known = set(self.modules)
        for cell in locked:
            for node in tree_of(cell.source).body:
                is_constant = isinstance(node, ast.Assign) and constant(node.value, known | set(found))
                if isinstance(node, (ast.FunctionDef, ast.ClassDef)) or is_constant:
                    for name in bound_by([node]) - self.students:
                        found[name] = ast.unparse(node)
        return found

    # -- tests ---------------------------------------------------------------------------------------

    def tests(self) -> list[ForeignTest]:
        made: list[ForeignTest] = []
        binds: dict[str, tuple[str, str]] = {}  # name -> the test cell that defines it
        chain: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
        for cell in self.checks:
            grade_id = cell.metadata.nbgrader.grade_id
            code = self.sources[grade_id]
            self._look(grade_id, code)
            key = (grade_id, test_name(grade_id))
            needs = self._closure(free_in(code.source))
            builds: dict[tuple[str, str], None] = {}
            for name in sorted(needs, key=lambda n: list(binds).index(n) if n in binds else -1):
                if name in binds and name not in self.students and name not in self.modules:
                    for one in (*chain[binds[name]], binds[name]):
                        builds[one] = None
            order = [
                k
                for c in self.checks
                if (k := (c.metadata.nbgrader.grade_id, test_name(c.metadata.nbgrader.grade_id))) in builds
            ]
            for question, _ in order:
                needs |= self._closure(free_in(self.sources[question].source))
            chain[key] = tuple(order)
            made.append(
                ForeignTest(
                    question=grade_id,
                    name=key[1],
                    code=cell.source if code.shells else code.source,  # inside, magics do what they do
                    partial=_ends_with_a_value(code.source),
                    judged=tuple(sorted(needs & self.students or self._before(cell))),
                    builds_on=tuple(order),
                )
            )
            for name in bound_by(tree_of(code.source).body):
                binds[name] = key
        return made

    def _before(self, check: Any) -> set[str]:
        """Return what the student's cell above a test binds: what it is about, where it uses no name of theirs."""
        found: set[str] = set()
        for cell in self.kept.written.cells:
            if cell is check:
                return found
            what = kind(cell.metadata.get("nbgrader", {}))
            if cell.cell_type == "code" and what in ("answer", "manual"):
                found = bound_by(tree_of(cell.source).body) - set(self.modules)
        return found

    def _closure(self, names: set[str]) -> set[str]:
        """Return names, and those that the read-only definitions among them use."""
        found, todo = set(names), list(names)
        while todo:
            name = todo.pop()
            if name in self.defined:
                new = free_in(self.defined[name]) - found
                found |= new
                todo += new
        return found

    def _look(self, grade_id: str, code: Plain) -> None:
        if code.error:
            self.odd[grade_id] = f"{code.error}. Write it in Python; until then its points wait for a person."
            return
        tree = tree_of(code.source)
        reasons = [f"looks at {_LOOKS_AT[name]}" for name in sorted(free_in(code.source) & _LOOKS_AT.keys())]
        asked = {id(call) for node in ast.walk(tree) for call in _of_one_name(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                if name in _CALLS:
                    reasons.append(f"looks at {_CALLS[name]}")
                elif name in _BARE_CALLS and not node.args and isinstance(node.func, ast.Name):
                    if id(node) not in asked:
                        reasons.append(f"looks at the notebook's names ({name}())")
                elif name == "input" and isinstance(node.func, ast.Name):
                    self.odd[grade_id] = (
                        "it asks a person at the keyboard (input()), and nobody is there. Give it its values in the "
                        "cell; until then its points wait for a person."
                    )
        reasons += [f"calls {magic}" for magic in code.loud]
        if reasons:
            self.stays_inside[grade_id] = ", ".join(dict.fromkeys(reasons))

    # -- the notebook's record -----------------------------------------------------------------------

    def foreign(self, tests: tuple[ForeignTest, ...]) -> Foreign:
        """Return the record, with the modules and definitions that its tests use, and no others."""
        needs: set[str] = set()
        for test in tests:
            needs |= self._closure(free_in(test.code))
        definitions = [self.defined[name] for name in self.defined if name in needs]
        modules = {n: target for n, target in self.modules.items() if n in needs and n not in self.defined}
        targets = set(modules.values())
        for text in (*(t.code for t in tests), *definitions):
            targets |= {target for _, target in imports_of(text, star=self.own.star)}
        tops = {target.partition(":")[0].split(".")[0] for target in targets}
        tops |= self.own.libraries(targets)
        libraries = tops - sys.stdlib_module_names - {"numpy"} - self.own.names
        return Foreign(
            dialect="nbgrader",
            notebook=f"{self.kept.name}.ipynb",
            modules=modules,
            definitions="\n\n\n".join(dict.fromkeys(definitions)),
            libraries=tuple(sorted(libraries)),
            tests=tests,
        )

    def needed(self) -> set[str]:
        """Return the top-level modules that the notebook imports, beside Python's own and files beside it."""
        tops = {target.partition(":")[0].split(".")[0] for target in self.modules.values()}
        return tops - sys.stdlib_module_names - self.own.names

    def questions(self) -> list[Question]:
        made = []
        for cell in self.kept.written.cells:
            metadata = cell.metadata.get("nbgrader", {})
            what = kind(metadata)
            if what in ("check", "manual", "task"):
                made.append(
                    Question(
                        name=str(metadata["grade_id"]),
                        title=_heading(cell) or title_before(self.kept.written, cell),
                        points=float(metadata.get("points", 0.0)),
                        manual=what != "check",
                    )
                )
        return made

    def spec(self, test: ForeignTest, check_s: float) -> CheckSpec:
        """Return a test cell's check: all or nothing, unless its last value is a number of points."""
        cell = next(c for c in self.checks if c.metadata.nbgrader.grade_id == test.question)
        visible = self.released.get(test.question, "")
        return CheckSpec(
            question=test.question,
            name=test.name,
            title=_title(visible) or title_before(self.kept.written, cell) or test.question,
            points=float(cell.metadata.nbgrader.points),
            hidden=visible.strip() != cell.source.strip(),
            timeout_s=check_s,
        )


def _of_one_name(node: ast.AST) -> list[ast.expr]:
    """Return calls such as ``globals()`` that are asked for one name only: ``"x" in globals()``, ``globals()["x"]``."""
    if isinstance(node, ast.Compare) and all(isinstance(op, (ast.In, ast.NotIn)) for op in node.ops):
        return node.comparators
    if isinstance(node, ast.Subscript):
        return [node.value]
    return [node.value] if isinstance(node, ast.Attribute) and node.attr == "get" else []


def _ends_with_a_value(source: str) -> bool:
    body = tree_of(source).body
    if not body or not isinstance(body[-1], ast.Expr) or source.rstrip().endswith(";"):
        return False
    return not (
        isinstance(body[-1].value, ast.Constant) and isinstance(body[-1].value.value, (str, type(None)))
    )


def _heading(cell: Any) -> str:
    """Return the heading in a graded cell of prose, as a task has one."""
    found = re.search(r"^#{1,4} +(.+)$", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else None
    return found[1].strip() if found else ""


def _title(visible: str) -> str:
    """Return what a student reads of a test: its docstring's or its first comment's first line."""
    body = tree_of(visible).body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        text = body[0].value.value
        if isinstance(text, str) and text.strip():
            return text.strip().split("\n")[0].strip()
    for line in visible.split("\n"):
        words = line.strip()
        if words.startswith("#") and not re.match(r"#+\s*(BEGIN|END)\b", words):
            if text := words.lstrip("#").strip(" -=*"):
                return text
        elif words and not words.startswith("%"):
            return ""
    return ""
