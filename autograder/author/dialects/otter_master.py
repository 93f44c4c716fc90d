"""What stands in a master notebook of otter-assign, and what is wrong with it, cell by cell (*trusted*).

otter's own ``assign`` makes the students' side. It is silent, or names no cell, where a block never ends, a name stands
twice or a key is misspelt; here the same blocks are read once more, to say where. Source: otter-grader 7.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.author.dialects import otter_refusals
from autograder.author.dialects.otter_refusals import TestCell, Told
from autograder.author.source import Notebook, refusal

_BLOCKS = ("question", "prompt", "solution", "tests")
_BEGIN = re.compile(r"#\s+(begin|end)\s+(question|prompt|solution|tests)\s*", re.IGNORECASE)
_CONFIG = re.compile(r"#\s+assignment\s+config\s*", re.IGNORECASE)
_OLD = re.compile(r"^\s*(BEGIN QUESTION|BEGIN ASSIGNMENT)\s*$", re.IGNORECASE | re.MULTILINE)
_IGNORED = re.compile(r"(##\s*ignore\s*##\s*|#\s*ignore\s*)", re.IGNORECASE)
_TEST_CONFIG = re.compile(r'(?:.\s*=\s*)?""?"?\s*#\s*BEGIN\s*TEST\s*CONFIG', re.IGNORECASE)
_END_TEST_CONFIG = re.compile(r'""?"?\s*#\s*END\s*TEST\s*CONFIG', re.IGNORECASE)
_KEYS = ("name", "manual", "points", "check_cell", "export", "all_or_nothing")
_TEST_KEYS = ("hidden", "points", "success_message", "failure_message")
_TO_NEST = (
    "Blocks are raw cells: # BEGIN QUESTION … # END QUESTION, and within them, one after the other, PROMPT, SOLUTION "
    "and TESTS with their own END."
)


@dataclass(frozen=True, slots=True)
class Part:
    """A cell of a master, or a part of one: otter's fences in prose are cells of their own."""

    number: int  # of the cell in the notebook, from 1
    cell_type: str
    source: str
    cell: Any


@dataclass(slots=True)
class MasterQuestion:
    """A question's block."""

    name: str
    cell: int  # number of its BEGIN cell
    title: str
    manual: bool
    points: Any  # as it stands there
    marked: bool = False  # otter marks it for the export: manual, or export: true
    tests: list[TestCell] = field(default_factory=list)
    prompt: bool = False  # a PROMPT block, or an answer in prose, has come
    solutions: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Master:
    """A master's configuration and questions, and what an instructor should know about it."""

    config: dict[str, Any]
    questions: tuple[MasterQuestion, ...]
    notes: tuple[str, ...]
    told: Told  # for what otter says of it


def is_master(notebook: Notebook) -> bool:
    """Tell whether a notebook is a master of otter-assign, of today's form or of an old one."""
    return any(
        (part.cell_type == "raw" and (_CONFIG.match(part.source) or _BEGIN.match(part.source)))
        or (part.cell_type != "code" and _is_old(part))
        for part in _parts(notebook, "")
    )


def parts(notebook: Notebook, file_name: str) -> Iterator[Part]:
    """Give the cells of a master that otter does not ignore."""
    return (p for p in _parts(notebook, file_name) if not _IGNORED.match(p.source.split("\n", 1)[0]))


def mark_of(part: Part) -> tuple[str, str, str] | None:
    """Return (begin or end, which block, the question's name if it begins one) of a block's mark; None of other cells."""
    found = _BEGIN.match(part.source) if part.cell_type == "raw" else None
    if found is None:
        return None
    kind, block = found[1].lower(), found[2].lower()
    name = (
        _Reader._load(part.source, "", "").get("name", "") if (kind, block) == ("begin", "question") else ""
    )
    return kind, block, str(name)


def is_config(part: Part) -> bool:
    """Tell whether a cell is the assignment's configuration."""
    return part.cell_type == "raw" and bool(_CONFIG.match(part.source))


def read_master(notebook: Notebook, file_name: str, folder: Path | None = None) -> Master:
    """Read a master's blocks; ``folder`` is where it lies, with a ``config_file`` if it names one.

    Raises
    ------
    ReleaseError
        With the cell, what was found in it and what to do, for a broken block, a configuration that is none, a name
        that stands twice, a test cell that otter could not take.
    """
    return _Reader(notebook, file_name, folder or Path()).read()


def _is_old(part: Part) -> bool:
    return bool(_OLD.search(part.source)) and "```" in part.source


def _parts(notebook: Notebook, file_name: str) -> Iterator[Part]:
    """Give the cells; a Markdown cell with a fence named ``otter`` is a raw cell, with the prose before and after it."""
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "markdown" or "```otter" not in cell.source:
            yield Part(number, cell.cell_type, cell.source, cell)
            continue
        kept: list[str] = []
        inside = False
        for line in cell.source.split("\n"):
            if line.strip() == ("```" if inside else "```otter"):
                text = "\n".join(kept)
                if text.strip():
                    yield Part(number, "raw" if inside else "markdown", text, cell)
                kept, inside = [], not inside
            else:
                kept.append(line)
        if inside and file_name:
            what = "a fence ```otter that does not end"
            raise refusal(f"{file_name}, cell {number}", what, "Close it with a line ``` of its own.")
        if "\n".join(kept).strip():
            yield Part(number, "markdown", "\n".join(kept), cell)


class _Reader:
    """Goes through a master once."""

    def __init__(self, notebook: Notebook, file_name: str, folder: Path) -> None:
        self.notebook, self.file_name, self.folder = notebook, file_name, folder
        self.config: dict[str, Any] = {}
        self.questions: list[MasterQuestion] = []
        self.notes: list[str] = []
        self.open: list[tuple[str, int]] = []  # blocks that have begun, with their cells
        self.configs: list[tuple[int, str]] = []
        self.seeds: list[int] = []

    def where(self, number: int) -> str:
        return f"{self.file_name}, cell {number}"

    def read(self) -> Master:
        for part in _parts(self.notebook, self.file_name):
            first = part.source.split("\n", 1)[0]
            if _IGNORED.match(first):
                continue
            if part.cell_type not in ("code", "markdown", "raw"):
                what = f"its type is {part.cell_type!r}, and cells are code, markdown or raw"
                raise refusal(
                    self.where(part.number), what, "Open the notebook in Jupyter and save it there."
                )
            if part.cell_type != "code" and _is_old(part):
                what = "a block of otter-assign before version 3 (BEGIN QUESTION in a code fence)"
                raise refusal(
                    self.where(part.number),
                    what,
                    "Write it as a raw cell: # BEGIN QUESTION, then name: and points:",
                )
            if part.cell_type == "raw" and _CONFIG.match(first):
                self._configure(part)
                continue
            mark = _BEGIN.match(first) if part.cell_type == "raw" else None
            if mark is not None:
                self._mark(part, mark[1].lower(), mark[2].lower())
            elif part.cell_type == "raw" and re.match(r"#\s*(begin|end)\b", first, re.IGNORECASE):
                near = difflib.get_close_matches(first.split()[-1].lower(), _BLOCKS, n=1)
                hint = f"Did you mean {near[0].upper()!r}? " if near else ""
                raise refusal(
                    self.where(part.number), f"{first.strip()[:60]!r} is no block", f"{hint}{_TO_NEST}"
                )
            else:
                self._lines(part)
                if self.open:
                    self._inside(part)
        if self.open:
            name, number = self.open[-1]
            what = (
                f"# BEGIN {name.upper()} has no # END {name.upper()}: all that comes after it would be lost"
            )
            raise refusal(self.where(number), what, _TO_NEST)
        self._note_config()
        cells = {question.name: question.cell for question in self.questions}
        told = Told(self.file_name, tuple(self.configs), cells, tuple(self.seeds))
        return Master(self.config, tuple(self.questions), tuple(self.notes), told)

    def _configure(self, part: Part) -> None:
        found = self._yaml(part, "the assignment's configuration")
        self.configs.append((part.number, part.source))
        name = found.get("config_file")
        path = self.folder / name if isinstance(name, str) else None
        if path is not None and path.is_file():  # what stands in the cell goes before what stands there
            text = path.read_text(encoding="utf-8", errors="replace")
            self.config |= self._load(text, str(name), "the assignment's configuration")
        self.config |= found

    def _lines(self, part: Part) -> None:
        """Look at the marks in the lines of a cell that students get."""
        block = self.open[-1][0] if self.open else ""
        if block == "tests":
            return
        everywhere = bool(self.config.get("strip_solutions_from_all_cells"))
        code = part.cell_type == "code"
        stripped = code and (everywhere or block == "solution")
        otter_refusals.refuse_open_marks(self.where(part.number), part.source, solutions=stripped)
        line = otter_refusals.shown_solution(part.source) if code and not stripped else 0
        if line:
            self.notes.append(
                f"{self.where(part.number)}, line {line}: an answer is marked outside a block # BEGIN SOLUTION "
                "(a raw cell): otter leaves it in, and students get it"
            )
        if code and any(text.strip().endswith("# SEED") for text in part.source.split("\n")):
            self.seeds.append(part.number)

    def _mark(self, part: Part, kind: str, block: str) -> None:
        where = self.where(part.number)
        if kind == "end":
            if not self.open or self.open[-1][0] != block:
                inside = (
                    f"inside {self.open[-1][0].upper()} (cell {self.open[-1][1]})"
                    if self.open
                    else "after no BEGIN"
                )
                raise refusal(where, f"# END {block.upper()} stands {inside}", _TO_NEST)
            self.open.pop()
            if block == "question":
                self._end_question()
            return
        wanted = 0 if block == "question" else 1
        if len(self.open) != wanted:
            inside = (
                f"inside {self.open[-1][0].upper()} (cell {self.open[-1][1]})"
                if self.open
                else "outside a question"
            )
            raise refusal(where, f"# BEGIN {block.upper()} stands {inside}", _TO_NEST)
        if block == "prompt":
            if self.questions[-1].prompt:
                raise refusal(
                    where, "# BEGIN PROMPT stands after the answer, or after another PROMPT", "Put it before."
                )
            self.questions[-1].prompt = True
        self.open.append((block, part.number))
        if block == "question":
            self._question(part)

    def _end_question(self) -> None:
        question = self.questions[-1]
        where = f"{self.file_name}, cell {question.cell}"
        otter_refusals.refuse_points(where, question.name, question.points, question.tests)
        note = otter_refusals.same_functions(self.file_name, question.name, question.points, question.tests)
        self.notes += [note] if note else []

    def _question(self, part: Part) -> None:
        where = self.where(part.number)
        config = self._yaml(part, "the question's configuration")
        name = config.get("name")
        if name is None or isinstance(name, (dict, list)) or not str(name).strip():
            raise refusal(where, "a question without a name", "Add a line: name: q1")
        if not isinstance(name, str):
            raise refusal(
                where,
                f"the question's name is {name!r}, which YAML reads as no text",
                f'Write: name: "{name}"',
            )
        otter_refusals.refuse_name(where, name)
        earlier = next((q for q in self.questions if q.name == name), None)
        if earlier is not None:
            what = (
                f"the name {name!r} stands in cell {earlier.cell}, too: otter would make one question of both"
            )
            raise refusal(where, what, "Give one of them another name.")
        self._odd_keys(where, config, _KEYS, f"question {name!r}")
        self._points(where, config.get("points"))
        manual = config.get("manual", False)
        if not isinstance(manual, bool):
            raise refusal(where, f"manual is {manual!r}", "Write manual: true or manual: false.")
        points = config.get("points")
        marked = manual or bool(config.get("export"))
        self.questions.append(MasterQuestion(name, part.number, "", manual, points, marked))

    def _points(self, where: str, points: Any) -> None:
        values = (
            points
            if isinstance(points, list)
            else [points.get("each")]
            if isinstance(points, dict)
            else [points]
        )
        for value in values:
            odd = isinstance(value, bool) or (value is not None and not isinstance(value, (int, float)))
            if odd or (value is not None and not 0 <= value < float("inf")):
                raise refusal(
                    where, f"points are {value!r}", "Write points: 2, points: [1, 2] or points: {each: 1}."
                )

    def _odd_keys(self, where: str, config: dict[str, Any], known: tuple[str, ...], of: str) -> None:
        for key in config:
            if key in known:
                continue
            near = difflib.get_close_matches(str(key), known, n=1)
            if key == "type" or near:
                to_do = f"Did you mean {near[0]!r}? " if near else ""
                what = f"{of} has the key {key!r}: {config[key]!r}, which otter does not know and leaves out"
                raise refusal(where, what, f"{to_do}Known are {', '.join(known)}.")
            self.notes.append(f"{where}: {of} has the key {key!r}, which otter does not know and leaves out")

    def _inside(self, part: Part) -> None:
        block, where = self.open[-1][0], self.where(part.number)
        question = self.questions[-1]
        if block == "solution" and part.cell_type == "code":
            question.solutions.append(part.source)
        if block == "solution" and part.cell_type == "markdown" and question.manual:
            question.prompt = True
        if block == "question" and part.cell_type == "markdown":
            headings = re.findall(r"^#{1,6}\s+(.+)", part.source, re.MULTILINE)
            question.title = question.title or (headings[0].strip() if headings else "")
        if block != "tests":
            return
        if part.cell_type != "code":
            raise refusal(
                where,
                f"a {part.cell_type} cell among the tests of {question.name!r}",
                "Move it away: tests are code cells.",
            )
        question.tests.append(self._test(part, where))

    def _test(self, part: Part, where: str) -> TestCell:
        lines = part.source.split("\n")
        config: dict[str, Any] = {}
        if not part.source.strip():
            raise refusal(where, "an empty test cell", "Remove it.")
        try:
            ast.parse(part.source)
        except SyntaxError as error:
            to_do = "otter takes plain Python in test cells, without %magic and !shell lines."
            raise refusal(f"{where}, line {error.lineno}", str(error.msg), to_do) from None
        if _TEST_CONFIG.match(lines[0]):
            end = next((i for i, line in enumerate(lines) if _END_TEST_CONFIG.match(line)), None)
            if end is None:
                raise refusal(
                    where, "# BEGIN TEST CONFIG has no end", 'Close it with the line: """ # END TEST CONFIG'
                )
            text = "\n".join(lines[1:end])
            config = self._load(text, where, "the test's configuration")
            self._odd_keys(where, config, _TEST_KEYS, "a test")
            self._points(where, config.get("points"))
            lines = lines[end + 1 :]
        tests = self.config.get("tests")
        exceptions = isinstance(tests, dict) and tests.get("ok_format") is False
        body = ast.parse("\n".join(lines)).body
        if not body:
            raise refusal(where, "a test cell without a test", "Write one, or remove the cell.")
        if exceptions and (len(body) > 2 or not isinstance(body[0], ast.FunctionDef)):
            what = f"an exception-based test (ok_format: false) that is no function ({len(body)} statements)"
            raise refusal(where, what, "Write one function, and at most a call of it below.")
        for key in ("success_message", "failure_message") if exceptions else ():
            otter_refusals.refuse_message(where, key, config.get(key))
        name = body[0].name if exceptions and isinstance(body[0], ast.FunctionDef) else ""
        return TestCell(part.number, config.get("points"), name)

    def _yaml(self, part: Part, what: str) -> dict[str, Any]:
        return self._load(part.source, self.where(part.number), what)

    @staticmethod
    def _load(text: str, where: str, what: str) -> dict[str, Any]:
        import yaml

        try:
            found = yaml.safe_load(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            at = f"{where}, line {mark.line + 1}" if mark is not None else where
            problem = getattr(error, "problem", None) or type(error).__name__
            raise refusal(at, f"{what} is no YAML: {problem}", "Write key: value, one a line.") from None
        if found is not None and not isinstance(found, dict):
            raise refusal(
                where, f"{what} is {str(found)[:60]!r}, not keys with values", "Write key: value, one a line."
            )
        return found or {}

    def _note_config(self) -> None:
        generate, tests = (
            found if isinstance(found, dict) else {}
            for found in (self.config.get("generate"), self.config.get("tests"))
        )
        where = self.where(self.configs[0][0]) if self.configs else self.file_name
        self._odd_keys(where, tests, ("files", "ok_format", "url_prefix"), "tests")
        self.notes += [
            f"{where}: generate has the key {key!r}, which otter does not know and leaves out"
            for key in generate
            if key not in otter_refusals.GENERATE_KEYS
        ]
        for key in ("points_possible", "score_threshold"):
            if generate.get(key) is not None:
                self.notes.append(
                    f"{self.file_name}: generate.{key} scales otter's total; here the questions' points are the total"
                )
        for key, why in (
            ("plugins", "otter's plugins are not run here"),
            ("save_environment", "environments that students saved are not read here"),
        ):
            if self.config.get(key) or generate.get(key):
                self.notes.append(f"{self.file_name}: {key}: {why}")
        if generate.get("grade_from_log"):
            self.notes.append(
                f"{self.file_name}: generate.grade_from_log: notebooks are run here, logs are not read"
            )
