"""otter's dialect: a master notebook of otter-assign becomes questions, checks and what they ask (*trusted*).

otter's own ``assign`` makes the students' side, which is released as it is; the tests are those that it wrote. A test
case is one check, with the points that otter's rules give it.
"""

from __future__ import annotations

import ast
import builtins
import doctest
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat

from autograder.author.dialects import otter_master, otter_refusals
from autograder.author.dialects.otter_assign import Assigned, Case, OtterRefused, TestFile, assign
from autograder.author.dialects.python_cells import bound_by, constant, free_in, imports_of, tree_of
from autograder.author.source import Notebook, refusal, title_of
from autograder.bundle import CheckSpec
from autograder.foreign import Example, Foreign, ForeignTest, Place
from autograder.model import ManifestCell, Question

DIALECT = "otter"
CHECK_S = 60.0  # CPU seconds of a test case: otter has no limit, and some train a model
_SOLUTION_TAG = "otter_assign_solution_cell"
_ANSWER_TAG = "otter_answer_cell"
_OTTERS = re.compile(
    r"\botter\.Notebook\(|^\s*grader\.(?:check|check_all|export)\(", re.MULTILINE
)  # its own cells
_CHECK = re.compile(r"""\.check\(\s*(["'])(?P<question>.+?)\1""")


@dataclass(frozen=True, slots=True)
class OtterAssignment:
    """A master, read: what students get, what is asked of them, and by which tests."""

    title: str
    assigned: Assigned
    release: Notebook
    solution: Notebook
    questions: tuple[Question, ...]
    checks: tuple[CheckSpec, ...]
    cells: tuple[ManifestCell, ...]
    foreign: Foreign
    imports: tuple[str, ...]  # top-level modules that the notebook needs beside Python's own
    notes: tuple[str, ...]  # for the instructor
    made_by_students: dict[
        str, Path
    ]  # what a hand-in has of its own (``student_files``), as the author has it

    @property
    def student_files(self) -> dict[str, Path]:
        """What students get beside the notebook, by its path there."""
        return _files(self.assigned.student, without={self.assigned.notebook})

    @property
    def grading_files(self) -> dict[str, Path]:
        """What otter lays beside a hand-in and students do not get (``autograder_files``), by its path."""
        here = _files(self.assigned.folder / "autograder", without={self.assigned.notebook})
        ours = {"otter_config.json", "requirements.txt", "requirements.R", "environment.yml"}
        return {
            name: path
            for name, path in here.items()
            if name not in self.student_files.keys() | ours
            and not name.startswith("tests/")
            and name not in self.made_by_students
            and path != self.assigned.archive
        }


def _files(folder: Path, without: set[str]) -> dict[str, Path]:
    found = {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file()}
    return {name: path for name, path in found.items() if name not in without and ".OTTER_LOG" not in name}


def read_otter(master: Path, scratch: Path) -> OtterAssignment:
    """Read a master; ``scratch`` is a folder that is made, and must outlive what is returned.

    Raises
    ------
    UsageError
        If otter is not installed.
    ReleaseError
        With the cell, what was found and what to do, for a master that otter, or we, cannot take.
    """
    notebook = nbformat.read(master, 4)
    _refuse_other_languages(notebook, master.name)
    survey = otter_master.read_master(notebook, master.name, master.parent)
    try:
        made = assign(master, scratch)
    except OtterRefused as error:
        raise otter_refusals.explained(str(error), survey.told) from error
    release, solution = nbformat.read(made.student / made.notebook, 4), nbformat.read(made.solution, 4)
    tests = {test.name: test for test in made.tests}
    own_modules = frozenset(p.stem for p in master.parent.glob("*.py"))
    names = _Names(solution, own_modules)
    questions: list[Question] = []
    checks: list[CheckSpec] = []
    asked: list[ForeignTest] = []
    notes = list(survey.notes)
    for question in survey.questions:
        test = tests.get(question.name)
        where = f"{master.name}, cell {question.cell}"
        if test is None and not question.manual:
            notes.append(
                f"{where}: question {question.name!r} has no tests and is not manual: otter gives nothing for it"
            )
            continue
        title = question.title or question.name
        if test is None:
            points = question.points if isinstance(question.points, (int, float)) else 0
            questions.append(Question(name=question.name, title=title, points=float(points), manual=True))
            continue
        if question.manual:
            notes.append(
                f"{where}: question {question.name!r} is manual and has tests: otter grades by the tests, so do we"
            )
        specs = _checks(test)
        points = round(sum(spec.points for spec in specs), 5)
        questions.append(Question(name=question.name, title=title, points=points))
        checks += specs
        for number, (case, spec) in enumerate(zip(test.cases, specs, strict=True)):
            one = _asked(test, case, spec.name, names, made.config)
            asked.append(replace(one, follows=tuple((s.question, s.name) for s in specs[:number])))
    if not questions:
        raise refusal(
            master.name,
            "no question has tests, and none is manual",
            "Write a block: # BEGIN QUESTION … # BEGIN TESTS …",
        )
    foreign = Foreign(
        dialect=DIALECT,
        notebook=made.notebook,
        modules=names.modules_for(asked),
        definitions=names.definitions_for(asked),
        libraries=names.libraries(asked),
        tests=tuple(asked),
        seed=_seed_of(made.config),
        seed_variable=str(made.config.get("seed_variable") or ""),
        assignment_name=str(made.config.get("assignment_name") or ""),
    )
    return OtterAssignment(
        title=title_of(release, master.stem),
        assigned=made,
        release=release,
        solution=solution,
        questions=tuple(questions),
        checks=tuple(checks),
        cells=tuple(manifest_cells(release, survey, {q.name for q in questions if not q.manual})),
        foreign=foreign,
        imports=tuple(sorted(names.imported - sys.stdlib_module_names - {"otter"})),
        notes=tuple(notes),
        made_by_students=_made_by_students(survey.config, master.parent),
    )


def _made_by_students(config: dict[str, Any], folder: Path) -> dict[str, Path]:
    """Return the files that students make and hand in: otter lays its author's beside nobody's."""
    names = config.get("student_files")
    paths = [folder / name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return {p.resolve().relative_to(folder.resolve()).as_posix(): p for p in paths if p.is_file()}


def _refuse_other_languages(notebook: Notebook, name: str) -> None:
    kernel = notebook.metadata.get("kernelspec", {})
    language = str(
        kernel.get("language") or notebook.metadata.get("language_info", {}).get("name") or "python"
    )
    if language.lower() not in ("python", "ipython"):
        raise refusal(name, f"a notebook for {language}", "Here Python is graded; for R use otter itself.")


# -- points ----------------------------------------------------------------------------------------


def _checks(test: TestFile) -> list[CheckSpec]:
    """Return a check per case; all-or-nothing is: the last one has all points, and builds on all others."""
    names = [case_name(test.name, number) for number in range(1, len(test.cases) + 1)]
    points = [case.points for case in test.cases]
    after: list[tuple[str, ...]] = [() for _ in names]
    if test.all_or_nothing and len(names) > 1:
        # Hidden checks run after the visible ones, so the last hidden one, if any, runs last.
        last = max(range(len(names)), key=lambda i: (test.cases[i].hidden, i))
        after[last] = tuple(name for i, name in enumerate(names) if i != last)
        points = [sum(points) if i == last else 0.0 for i in range(len(names))]
    return [
        CheckSpec(
            question=test.name,
            name=name,
            title=case.name,
            points=share,
            hidden=case.hidden,
            after=needed,
            timeout_s=CHECK_S,
        )
        for name, case, share, needed in zip(names, test.cases, points, after, strict=True)
    ]


def case_name(question: str, number: int) -> str:
    """Return the name of a question's check: a Python name, another one for each question."""
    plain = "".join(
        c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" if c != "_" else "__" for c in question
    )
    return f"test_{plain}_{number}"


# -- what a case asks ------------------------------------------------------------------------------


def _asked(test: TestFile, case: Case, name: str, names: _Names, config: dict[str, Any]) -> ForeignTest:
    common: dict[str, Any] = {
        "question": test.name,
        "name": name,
        "passed_message": case.success_message,
        "failed_message": case.failure_message,
        "seed": None if config.get("seed_variable") else _seed_of(config),
    }
    if test.ok_format:
        examples = doctest.DocTestParser().get_examples(case.code)
        source = "".join(example.source for example in examples)
        return ForeignTest(
            examples=tuple(Example(example.source, example.want) for example in examples),
            judged=names.judged(free_in(source)),
            **common,
        )
    code = f"{test.preamble}\n\n{case.code}\n".lstrip()
    function = next(n for n in ast.parse(case.code).body if isinstance(n, ast.FunctionDef))
    arguments = [a.arg for a in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
    asked = [a for a in arguments if a != "env"]
    by_key = _keys_of_env(function) if "env" in arguments else set()
    return ForeignTest(code=code, call=case.call, judged=names.judged({*asked, *by_key}), **common)


def _seed_of(config: dict[str, Any]) -> int | None:
    seed = config.get("seed")
    return seed if type(seed) is int else None


def _keys_of_env(function: ast.FunctionDef) -> set[str]:
    """Return the names that a test takes out of ``env``, the whole notebook, by a constant key."""
    found = set()
    for node in ast.walk(function):
        of_env = (
            isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "env"
        )
        if of_env and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):  # type: ignore[attr-defined]
            found.add(node.slice.value)  # type: ignore[attr-defined]
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "env.get" and node.args:
            key = node.args[0]
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                found.add(key.value)
    return found


class _Names:
    """Whose the names of a notebook are: students', the instructor's, a module's."""

    def __init__(self, solution: Notebook, own_modules: frozenset[str]) -> None:
        self.own_modules = own_modules  # Python files beside the notebook
        self.modules: dict[str, str] = {}
        self.imported: set[str] = set()  # top-level modules, wherever they are imported
        given: list[str] = []  # the instructor's own cells
        self.students: set[str] = set()
        for cell in solution.cells:
            if cell.cell_type != "code" or _OTTERS.search(cell.source):
                continue
            targets = [(n, t) for n, t in imports_of(cell.source) if _top(t) not in own_modules]
            self.imported |= {_top(target) for _, target in targets}
            if is_solution(cell):
                self.students |= bound_by(tree_of(cell.source).body)
            else:
                given.append(cell.source)
                self.modules |= dict(targets)
        self.modules = {n: m for n, m in self.modules.items() if n not in self.students}
        self.defined = self._definitions(given)

    def _definitions(self, given: list[str]) -> dict[str, str]:
        """Return the instructor's functions, classes and constants: name -> source."""
        found: dict[str, str] = {}
        for source in given:
            for node in tree_of(source).body:
                is_constant = isinstance(node, ast.Assign) and constant(node.value, {*self.modules, *found})
                if isinstance(node, (ast.FunctionDef, ast.ClassDef)) or is_constant:
                    for name in bound_by([node]) - self.students:
                        found[name] = ast.unparse(node)
        return found

    def closure(self, names: set[str]) -> set[str]:
        """Return names, and those that the instructor's definitions among them use."""
        found, todo = set(names), list(names)
        while todo:
            name = todo.pop()
            if name in self.defined:
                new = free_in(self.defined[name]) - found
                found |= new
                todo += new
        return found

    def judged(self, used: set[str]) -> tuple[str, ...]:
        """Return those of the used names that a student binds: all that nobody else does."""
        known = self.modules.keys() | self.defined.keys() | set(dir(builtins))
        return tuple(
            sorted(name for name in self.closure(used) if name in self.students or name not in known)
        )

    def definitions_for(self, tests: Iterable[ForeignTest]) -> str:
        """Return the instructor's definitions that tests use, in the notebook's order."""
        needs = self.closure({name for test in tests for name in free_in(source_of(test))})
        return "\n\n\n".join(dict.fromkeys(text for name, text in self.defined.items() if name in needs))

    def modules_for(self, tests: Iterable[ForeignTest]) -> dict[str, str]:
        """Return the modules that tests and the definitions they use name."""
        needs = self.closure({name for test in tests for name in free_in(source_of(test))})
        return {n: target for n, target in self.modules.items() if n in needs and n not in self.defined}

    def libraries(self, tests: Iterable[ForeignTest]) -> tuple[str, ...]:
        """Return the top-level modules, beside Python's and NumPy, that tests and the definitions they use need."""
        tests = list(tests)
        found = {_top(target) for target in self.modules_for(tests).values()}
        for text in (*(source_of(test) for test in tests), self.definitions_for(tests)):
            found |= {_top(target) for _, target in imports_of(text)}
        return tuple(sorted(found - sys.stdlib_module_names - {"numpy", "otter"} - self.own_modules))


def _top(target: str) -> str:
    return target.partition(":")[0].split(".")[0]


def is_solution(cell: Any) -> bool:
    """Tell whether a cell of the solution notebook holds answers."""
    return _SOLUTION_TAG in cell.metadata.get("tags", [])


def only_needed(foreign: Foreign) -> Foreign:
    """Return the record with the libraries that tests judged outside need, and no others."""
    outside = [test for test in foreign.tests if test.place is Place.OUTSIDE]
    texts = [source_of(test) for test in outside] + ([foreign.definitions] if outside else [])
    names = {name for text in texts for name in free_in(text)}
    tops = {_top(target) for name, target in foreign.modules.items() if name in names}
    tops |= {_top(target) for text in texts for _, target in imports_of(text)}
    return replace(foreign, libraries=tuple(name for name in foreign.libraries if name in tops))


def source_of(test: ForeignTest) -> str:
    """Return a test's code, whichever way it is written."""
    return "".join(example.source for example in test.examples) or test.code


# -- where a question is asked ---------------------------------------------------------------------


def checked_in(source: str) -> str:
    """Return the question that a cell has otter check, or nothing."""
    found = _CHECK.search(source)
    return found["question"] if found else ""


def manifest_cells(
    release: Notebook, survey: otter_master.Master, graded: set[str]
) -> Iterable[ManifestCell]:
    """Return what grading must know of the students' notebook: where each question is checked, or answered in words.

    A question that otter checks after a cell, without a cell of its own, gets one here: its verdict is shown there.
    """
    marked = iter([q for q in survey.questions if q.marked])
    asked: otter_master.MasterQuestion | None = None  # a marked question whose answer comes next
    for cell in release.cells:
        question = checked_in(cell.source) if cell.cell_type == "code" else ""
        kind, name = ("check", question) if question in graded else ("", "")
        if cell.source.startswith("<!-- BEGIN QUESTION -->"):
            asked = next(marked, None)
        elif asked is not None and _ANSWER_TAG in cell.metadata.get("tags", []):
            if asked.manual and asked.name not in graded:
                kind, name = "manual", asked.name
            asked = None
        yield ManifestCell(cell.cell_type, cell.source, kind, name, cell.get("id", ""))
        for other in cell.metadata.get("otter", {}).get("tests", []):
            if other in graded:
                yield ManifestCell("code", f'grader.check("{other}")', "check", other, "")
