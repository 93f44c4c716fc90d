"""nbgrader's or otter's assignment, rewritten into notebooks of ours as far as that is mechanical (*trusted*).

A start for a person: what could not be rewritten stands in the new notebook as a comment, and in a list. The old
notebook stays as it is.
"""

from __future__ import annotations

import ast
import doctest
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, writes

from autograder import first_cell
from autograder.author.dialects import otter_assign, otter_master
from autograder.author.dialects.convert_asserts import Asserts, Converted
from autograder.author.dialects.python_cells import bound_by, free_in, imports_of, plain, tree_of
from autograder.author.source import FIRST_CELL, hidden_lines, kind_of
from autograder.dialect import Dialect, dialect_of_notebook
from autograder.errors import UsageError
from autograder.files import write_new

_RELEASED = {".ipynb_checkpoints", "__pycache__"}
_BEGIN = re.compile(r"^(\s*)#+\s*BEGIN SOLUTION.*$", re.MULTILINE)
_END = re.compile(r"^(\s*)#+\s*END SOLUTION.*$", re.MULTILINE)
_LINE = re.compile(r"^(?P<text>.*?)\s*#\s*SOLUTION(?: NO PROMPT)?\s*$")
_PROMPT = re.compile(
    r'^\s*"""\s*#\s*BEGIN PROMPT\n.*?^\s*""";?\s*#\s*END PROMPT[^\n]*\n?', re.MULTILINE | re.DOTALL
)
_IGNORED = re.compile(r"^\s*#\s*BEGIN\s*IGNORE.*?#\s*END IGNORE[^\n]*\n?", re.MULTILINE | re.DOTALL)


@dataclass(slots=True)
class Piece:
    """One test of a question: a function of ours."""

    statements: list[ast.stmt]
    hidden: bool
    points: float
    title: str
    arguments: set[str] | None = None  # of an exception-based test of otter's: what it names


@dataclass(slots=True)
class Made:
    """A notebook in the making."""

    name: str
    cells: list[Any] = field(default_factory=list)
    to_do: list[str] = field(default_factory=list)
    modules: dict[str, str] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)  # names that the notebook's cells bind
    used: set[str] = field(default_factory=set)  # grade_ids


@dataclass(frozen=True, slots=True)
class Conversion:
    """What was written, and what a person has to do."""

    paths: list[Path]
    to_do: list[str]
    checks: int


def convert(source: Path, references: Path, assignment: str) -> Conversion:
    """Write ``source/<assignment>-converted/`` from another tool's assignment; nothing is written over.

    Raises
    ------
    UsageError
        If there is no such assignment, it is ours already, or the new folder exists.
    """
    folder, name = source / assignment, f"{assignment}-converted"
    target = source / name
    if not folder.is_dir():
        known = ", ".join(sorted(p.name for p in source.glob("*") if p.is_dir())) or "none"
        raise UsageError(f"{folder}: no such assignment; nothing was written.\nThere are: {known}.")
    for there in (target, references / name):
        if there.exists():
            raise UsageError(
                f"{there}: exists already; nothing was written.\nMove it away, then convert again."
            )
    notebooks = {p: dialect_of_notebook(p) for p in sorted(folder.glob("*.ipynb"))}
    foreign = {p: d for p, d in notebooks.items() if d in (Dialect.NBGRADER, Dialect.OTTER)}
    if not foreign:
        what = (
            "its notebook is ours already"
            if Dialect.OURS in notebooks.values()
            else "no notebook of nbgrader's or otter's in it"
        )
        raise UsageError(f"{folder}: {what}; nothing was written.")
    made = {}
    for path, dialect in foreign.items():
        stem = name if len(foreign) == 1 else f"{name}-{re.sub(r'[^A-Za-z0-9_-]+', '-', path.stem)}"
        made[stem] = _of_otter(path, stem) if dialect is Dialect.OTTER else _of_nbgrader(path, stem)
    beside = _beside(folder, set(notebooks))
    contents: dict[Path, bytes] = {}
    for stem, notebook in made.items():
        contents[source / stem / f"{stem}.ipynb"] = (writes(_notebook(notebook)) + "\n").encode()
        contents |= {source / stem / relative: path.read_bytes() for relative, path in beside.items()}
        if notebook.to_do:
            text = "\n".join(f"- {line}" for line in notebook.to_do)
            contents[references / stem / "to-do.md"] = f"# {stem}: what is left to do\n\n{text}\n".encode()
    paths = write_new(contents)
    checks = sum(
        len(re.findall(r"^def test_", c.source, re.MULTILINE))
        for m in made.values()
        for c in m.cells
        if c.cell_type == "code"
    )
    return Conversion(paths, [line for notebook in made.values() for line in notebook.to_do], checks)


def _beside(folder: Path, notebooks: set[Path]) -> dict[Path, Path]:
    found = {
        p.relative_to(folder): p for p in sorted(folder.rglob("*")) if p.is_file() and p not in notebooks
    }
    return {r: p for r, p in found.items() if not _RELEASED & set(r.parts) and p.suffix != ".ipynb"}


def _notebook(made: Made) -> Any:
    notebook = new_notebook()
    notebook.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
    first = _code(FIRST_CELL, f"# locked: {FIRST_CELL}\nfrom autograder.first_cell import *", locked=True)
    notebook.cells = [first, *made.cells]
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"{made.name[:40]}-{number}"
    return notebook


def _code(grade_id: str, source: str, **metadata: Any) -> Any:
    cell = new_code_cell(source)
    cell.metadata["nbgrader"] = _metadata(grade_id, **metadata)
    return cell


def _metadata(grade_id: str, points: float | None = None, **kinds: bool) -> dict[str, Any]:
    found = {"grade": False, "solution": False, "locked": False, "task": False} | kinds
    content = {"schema_version": 3, "grade_id": grade_id, **found}
    return content if points is None else content | {"points": points}


def _grade_id(made: Made, wanted: str) -> str:
    plain_name = re.sub(r"[^A-Za-z0-9_-]+", "_", wanted) or "cell"
    name, number = plain_name, 2
    while name in made.used or name == FIRST_CELL:
        name, number = f"{plain_name}_{number}", number + 1
    made.used.add(name)
    return name


# -- cells -----------------------------------------------------------------------------------------


def _locked(made: Made, source: str, wanted: str) -> None:
    """Add a cell of the instructor's; one with IPython's own lines cannot be restored, so it is a plain one."""
    try:
        ast.parse(source)
    except SyntaxError:
        made.cells.append(new_code_cell(source))
        return
    if source.strip():
        name = _grade_id(made, wanted)
        made.cells.append(_code(name, f"# locked: {name}\n{source}", locked=True))
        _taken(made, source, name)


def _answer(made: Made, source: str, wanted: str) -> None:
    name = _grade_id(made, wanted)
    made.cells.append(_code(name, f"# answer: {name}\n{_with_our_marks(source)}", solution=True))
    _taken(made, source, name)


def _taken(made: Made, source: str, where: str) -> None:
    for word in sorted(bound_by(tree_of(source).body) & (set(first_cell.__all__) - {"np"})):
        made.to_do.append(
            f"{where}: it defines {word!r}, which visible checks of ours use: choose another name"
        )


def _manual(made: Made, cell: Any, wanted: str, points: float) -> None:
    name = _grade_id(made, wanted)
    mark = f"# manual: {name}" if cell.cell_type == "code" else f"<!-- manual: {name} -->"
    make = new_code_cell if cell.cell_type == "code" else new_markdown_cell
    new = make(f"{mark}\n{'' if cell.cell_type == 'code' else chr(10)}{cell.source}")
    new.metadata["nbgrader"] = _metadata(name, points, grade=True, solution=True)
    made.cells.append(new)


def _with_our_marks(source: str) -> str:
    """Return a solution with nbgrader's marks around what students write; all of it, where none says which."""
    text = _IGNORED.sub("", _PROMPT.sub("", source))
    text = "\n".join(line for line in text.split("\n") if not re.search(r"#\s*IGNORE\s*$", line))
    text = _END.sub(r"\1### END SOLUTION", _BEGIN.sub(r"\1### BEGIN SOLUTION", text))
    lines: list[str] = []
    for line in text.split("\n"):
        found = _LINE.match(line)
        if found is None:
            lines.append(line)
            continue
        indent = re.match(r"\s*", line)[0]  # type: ignore[index]
        if lines and lines[-1] == f"{indent}### END SOLUTION":
            lines.pop()
        else:
            lines.append(f"{indent}### BEGIN SOLUTION")
        lines += [found["text"], f"{indent}### END SOLUTION"]
    text = "\n".join(lines).strip("\n")
    if "### BEGIN SOLUTION" not in text:
        return f"### BEGIN SOLUTION\n{text}\n### END SOLUTION"
    return text


def _check(made: Made, wanted: str, points: float, pieces: list[Piece]) -> None:
    """Add a question's check cell: one function per test, the hidden ones between the marks."""
    name = _grade_id(made, wanted)
    plain_name = re.sub(r"\W", "_", name)
    visible: list[str] = []
    hidden: list[str] = []
    total = round(sum(p.points for p in pieces), 5)
    shares = _hundredths([p.points for p in pieces])
    after = ""
    for number, (piece, share) in enumerate(zip(pieces, shares, strict=True), 1):
        function = f"test_{plain_name}" + (f"_{number}" if len(pieces) > 1 else "")
        text = _function(made, name, function, piece, share, after)
        (hidden if piece.hidden else visible).append(text)
        if piece.points == 0 and total and not piece.hidden and len(pieces) == 2:
            after = function  # a test cell of nbgrader's gives its points for all of it, or none
    lines = [f"# check: {name}"]
    shown = [re.findall(r"^def (test_\w+)", text, re.MULTILINE)[0] for text in visible]
    lines += ["\n\n\n".join(visible)] if visible else []
    lines += [f"\n\ncheck({', '.join(shown)})"] if shown else []
    if hidden:
        lines += [
            "\n\n### BEGIN HIDDEN TESTS" if visible else "### BEGIN HIDDEN TESTS",
            "\n\n\n".join(hidden),
        ]
        lines += ["### END HIDDEN TESTS"]
    made.cells.append(_code(name, "\n".join(lines), grade=True, locked=True, points=sum(shares)))
    if abs(sum(shares) - points) > 0.005:
        made.to_do.append(f"{name}: it had {points:g} points, its checks have {sum(shares):g}")


def _hundredths(points: list[float]) -> list[float]:
    """Return points in hundredths that add up to their sum: ours have no third of a point."""
    total, cents = round(sum(points) * 100), [int(p * 100 + 1e-9) for p in points]
    for index in range(total - sum(cents)):
        cents[-1 - index % len(cents)] += 1
    return [c / 100 for c in cents]


def _function(made: Made, question: str, function: str, piece: Piece, share: float, after: str) -> str:
    source = ast.unparse(ast.Module(piece.statements, []))
    names = free_in(source) | (piece.arguments or set())
    names = {n for n in names if n not in made.modules and n not in first_cell.__all__}
    # A loop's variable is read where it is bound; one that the notebook has, too, is the student's first.
    names -= bound_by(piece.statements) - made.known - (piece.arguments or set())
    if piece.hidden:
        reserved = names & {"reference", "student", "rng", "card", "weights", "private", "helpers"}
    else:
        reserved = set()
    asserts = Asserts(made.modules, names)
    body = asserts.convert(piece.statements)
    for why in dict.fromkeys(body.why):
        made.to_do.append(f"{question}, {function}: a part is left as a comment: {why}")
    if 'review("' in body.source():
        made.to_do.append(
            f"{question}, {function}: nothing of it could be converted; until you write it, a person decides"
        )
    for word in sorted(reserved):
        made.to_do.append(
            f"{question}, {function}: {word!r} is a word of ours in hidden checks: rename it in the notebook"
        )
    used = _used(body, names)
    lines = [f"@points({share:g})"] + ([f'@after("{after}")'] if after and piece.hidden else [])
    lines += [
        f"def {function}({', '.join(sorted(used))}):",
        f'    """{_one_line(piece.title)}"""',
        body.source(),
    ]
    return "\n".join(lines)


def _used(body: Converted, names: set[str]) -> set[str]:
    if not body.body:
        return set()
    return free_in(ast.unparse(ast.Module(body.body, []))) & names


def _one_line(title: str) -> str:
    return title.replace("\\", "").replace('"""', "'''").strip().split("\n")[0] or "as asked"


# -- nbgrader's ------------------------------------------------------------------------------------


def _of_nbgrader(path: Path, name: str) -> Made:
    notebook = nbformat.read(path, 4)
    made = Made(name)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            made.modules |= dict(imports_of(cell.source))
        if cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("grade"):
            made.known |= bound_by(tree_of(cell.source).body)
    for number, cell in enumerate(notebook.cells, 1):
        metadata = cell.metadata.get("nbgrader", {})
        grade_id = str(metadata.get("grade_id") or f"cell-{number}")
        kind = "task" if metadata.get("task") else kind_of(metadata)
        points = float(metadata.get("points") or 0.0)
        if kind == "check":
            _nbgrader_check(made, cell.source, grade_id, points)
        elif kind == "answer" and cell.cell_type == "code":
            _answer(made, cell.source, grade_id)
        elif kind in ("manual", "task"):
            _manual(made, cell, grade_id, points)
            if kind == "task":
                made.to_do.append(
                    f"{grade_id}: a task (students add cells below it) became an answer that a person grades"
                )
        elif cell.cell_type == "code" and kind == "locked":
            _locked(made, cell.source, grade_id)
        else:
            make = new_code_cell if cell.cell_type == "code" else new_markdown_cell
            made.cells.append(make(cell.source) if cell.cell_type != "raw" else cell)
    return made


def _nbgrader_check(made: Made, source: str, grade_id: str, points: float) -> None:
    if re.search(r"###\s*(HASHED )?AUTOTEST", source):
        made.to_do.append(f"{grade_id}: AUTOTEST lines are not tests yet: write what they ask for")
    text = plain(source)
    if text.error:
        piece = Piece([], hidden=True, points=points, title="to be written")
        made.to_do.append(f"{grade_id}: {text.error}")
        _check(made, grade_id, points, [piece])
        return
    normal = re.sub(
        r"^(\s*)#+\s*BEGIN HIDDEN TESTS.*$", r"\1### BEGIN HIDDEN TESTS", text.source, flags=re.MULTILINE
    )
    normal = re.sub(r"^(\s*)#+\s*END HIDDEN TESTS.*$", r"\1### END HIDDEN TESTS", normal, flags=re.MULTILINE)
    hidden = hidden_lines(normal)
    body = tree_of(normal).body
    shown = [node for node in body if node.lineno not in hidden]
    secret = [node for node in body if node.lineno in hidden]
    title = _title(normal) or f"{grade_id}: the tests"
    definitions = [n for n in shown if not isinstance(n, (ast.Assert, ast.Import, ast.ImportFrom))]
    needs = free_in(ast.unparse(ast.Module(secret, []))) if secret else set()
    if secret and needs & bound_by(definitions):
        # A hidden test has a function of its own, and what the visible part made for it as well.
        secret = [*(n for n in definitions if bound_by([n])), *secret]
    both = [p for p in (shown, secret) if any(not isinstance(n, (ast.Import, ast.ImportFrom)) for n in p)]
    if not both:
        made.to_do.append(f"{grade_id}: a test cell without tests")
        both = [secret or shown]
    pieces = [
        Piece(part, part is secret, 0.0, title if part is shown else f"{grade_id}: hidden tests")
        for part in both
    ]
    pieces[-1].points = points
    _check(made, grade_id, points, pieces)


def _title(source: str) -> str:
    body = tree_of(source).body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        return str(body[0].value.value).strip().split("\n")[0]
    first = source.strip().split("\n")[0]
    return first.lstrip("# ").strip() if first.startswith("#") and "HIDDEN" not in first else ""


# -- otter's ---------------------------------------------------------------------------------------


def _of_otter(path: Path, name: str) -> Made:
    notebook = nbformat.read(path, 4)
    survey = otter_master.read_master(notebook, path.name, path.parent)
    made = Made(name)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            made.modules |= dict(imports_of(cell.source))
    made.known = {n for q in survey.questions for text in q.solutions for n in bound_by(tree_of(text).body)}
    with tempfile.TemporaryDirectory(prefix="autograder-convert-") as scratch:
        tests = {test.name: test for test in otter_assign.assign(path, Path(scratch) / "otter").tests}
    questions = {question.name: question for question in survey.questions}
    block, current = "", ""
    answers: dict[str, int] = {}
    for part in otter_master.parts(notebook, path.name):
        mark = otter_master.mark_of(part)
        if mark is not None:
            kind, what, question = mark
            if what == "question":
                current = question or current
            if kind == "end" and what == "question":
                _otter_check(made, questions[current], tests.get(current))
            block = what if kind == "begin" else ("question" if what != "question" else "")
            continue
        if otter_master.is_config(part) or block in ("tests", "prompt"):
            continue
        if block == "solution" and questions[current].manual and part.cell_type != "raw":
            points = questions[current].points
            _manual(made, part.cell, current, float(points) if isinstance(points, (int, float)) else 0.0)
            questions[current].points = 0.0  # the first of several has them
        elif block == "solution" and part.cell_type == "code":
            answers[current] = answers.get(current, 0) + 1
            extra = "" if answers[current] == 1 else f"_{answers[current]}"
            _answer(made, part.source, f"{current}_answer{extra}")
        elif part.cell_type == "code":
            _locked(made, part.source, f"{current}_given" if block else "setup")
        elif part.cell_type == "markdown":
            made.cells.append(new_markdown_cell(part.source))
    if survey.config.get("seed") or (survey.config.get("generate") or {}) == {"seed": 0}:
        made.to_do.append(
            "otter's seed is not set here: checks that look at random numbers need one in the notebook"
        )
    return made


def _otter_check(
    made: Made, question: otter_master.MasterQuestion, test: otter_assign.TestFile | None
) -> None:
    if test is None:
        if not question.manual:
            made.to_do.append(f"{question.name}: no tests, so no check was made")
        return
    pieces = []
    for number, case in enumerate(test.cases, 1):
        title = (
            f"{question.name}: test {number}" if not case.hidden else f"{question.name}: hidden test {number}"
        )
        if case.call:
            function = ast.parse(case.code).body[0]
            assert isinstance(function, ast.FunctionDef)
            arguments = {a.arg for a in function.args.args}
            if "env" in arguments:
                function = _without_env(function)
                arguments = arguments - {"env"}
            pieces.append(Piece(function.body, case.hidden, case.points, title, arguments))
        else:
            statements, odd = _statements(case.code)
            made.to_do += [f"{question.name}: test {number}: {line}" for line in odd]
            pieces.append(Piece(statements, case.hidden, case.points, title))
    if test.all_or_nothing and len(pieces) > 1:
        made.to_do.append(f"{question.name}: all_or_nothing is not kept: write @after(...) on its last check")
    _check(made, question.name, sum(case.points for case in test.cases), pieces)


class _Env(ast.NodeTransformer):
    """``env["x"]`` is the student's x."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if (
            isinstance(node.value, ast.Name)
            and node.value.id == "env"
            and isinstance(node.slice, ast.Constant)
        ):
            return ast.Name(str(node.slice.value), ast.Load())
        return node


def _without_env(function: ast.FunctionDef) -> ast.FunctionDef:
    made = _Env().visit(function)
    assert isinstance(made, ast.FunctionDef)
    return made


def _statements(code: str) -> tuple[list[ast.stmt], list[str]]:
    """Return the examples of a doctest as statements that assert what they must show, and what could not be."""
    made: list[ast.stmt] = []
    odd: list[str] = []
    for example in doctest.DocTestParser().get_examples(code):
        body = ast.parse(example.source).body
        want = example.want.strip()
        last = body[-1] if body else None
        if example.exc_msg is not None:
            kind = example.exc_msg.split(":")[0].strip()
            made.append(ast.With([ast.withitem(_call("raises", ast.Constant(kind)))], list(body)))
        elif not want:
            made += body
        elif isinstance(last, ast.Expr):
            made += body[:-1]
            value, text = last.value, want
            if isinstance(value, ast.Call) and ast.unparse(value.func) == "print" and len(value.args) == 1:
                made.append(_equal(_call("str", value.args[0]), ast.Constant(text)))
            elif text == "True":
                made.append(ast.Assert(value, None))
            elif (wanted := _value(text)) is not None:
                made.append(_equal(value, wanted))
            else:
                odd.append(f"its expected output is no value: {text.splitlines()[0][:60]}")
        else:
            odd.append(f"it expects output of a statement: {want.splitlines()[0][:60]}")
    return [ast.fix_missing_locations(node) for node in made], odd


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _equal(actual: ast.expr, expected: ast.expr) -> ast.stmt:
    return ast.Expr(_call("equal", actual, expected))


def _value(text: str) -> ast.expr | None:
    """Return what a doctest shows as an expression: a literal, or an array of them."""
    text = re.sub(
        r"\bnp\.(?:float\d+|int\d+|str_)\(([^()]*)\)", r"\1", re.sub(r"\bnp\.(True|False)_", r"\1", text)
    )
    try:
        node = ast.parse(text, mode="eval").body
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "array" and node.args:
            ast.literal_eval(node.args[0])
            return ast.Call(ast.parse("np.array", mode="eval").body, node.args[:1], [])
        ast.literal_eval(node)
    except (SyntaxError, ValueError):
        return None
    return node


def to_do_lines(found: Iterable[str]) -> list[str]:
    """Return the list for a terminal, each line once."""
    return list(dict.fromkeys(found))
