"""Flag what makes an assignment ungradable or gives it away: the traps that courses fall into (*trusted*).

A finding is advice to the instructor; what must never be released is refused by ``release`` itself.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from autograder import packages
from autograder.author import imports
from autograder.author.source import FIRST_CELL, HINT_TAG, Source, hidden_lines, kind_of
from autograder.judge.check_files import PICTURES

WHOLE = 100.0  # points of an assignment
_POINTS = re.compile(r"\((\d+(?:\.\d+)?) points?\)")
_TRAINS = re.compile(r"\b(?:train|fit|run_trial)(?:_\w+)?\(|\.backward\(|\boptim\.")
_SEED = re.compile(r"seed|Generator|default_rng|RandomState", re.IGNORECASE)
_COMPARISONS = ("equal", "close")


@dataclass(frozen=True, slots=True)
class Finding:
    """Where, what was found, what to do."""

    rule: str
    where: str
    what: str
    to_do: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what} [{self.rule}]\n    {self.to_do}"


def lint(source: Source, requirements: tuple[str, ...] = ()) -> list[Finding]:
    """Return what a reader of the source notebook would stumble over, in the order of the rules.

    ``requirements`` are the course's packages.
    """
    found = [finding for rule in RULES for finding in rule(source)]
    return found + list(missing_packages(source, requirements))


def missing_packages(source: Source, requirements: tuple[str, ...]) -> Iterator[Finding]:
    """Every import must be found where the notebook is graded."""
    for name, where in imports.lacking(source, requirements).items():
        here = packages.providers(name)
        which = f'c.Autograder.packages = ["{here[0] if here else name}"]'
        yield Finding(
            "packages",
            f"{source.name}, {where}",
            f"it imports {name}, which neither the built-in libraries nor c.Autograder.packages have",
            f"Name the package that has it in gradebook_config.py, as in {which}"
            + (", and install it here." if not here else "."),
        )


def passed_untouched(source: Source, passed: tuple[str, ...]) -> list[Finding]:
    """Return a finding for each check that the untouched release passes: it shows nothing."""
    return [
        Finding(
            "passes-untouched",
            f"{source.name}, {name}",
            "the untouched release passes this check",
            "Let it ask for something that only an answer can give, or leave it out.",
        )
        for name in passed
    ]


def undrawn_pictures(source: Source, drew: frozenset[str]) -> list[Finding]:
    """Return a finding for each question whose picture functions drew nothing for the solution."""
    asked = dict.fromkeys(grade_id for grade_id, _ in _check_functions(source, prefix=PICTURES))
    return [
        Finding(
            "undrawn-picture",
            f"{source.name}, {grade_id}",
            "its picture functions draw nothing for the solution",
            "Call picture(kind, title, …) in them; staff_notes of a result say why one drew nothing.",
        )
        for grade_id in asked
        if grade_id not in drew
    ]


def missing_contracts(source: Source) -> Iterator[Finding]:
    """Every name that a check asks for needs a contract in prose: the name and how it is called."""
    prose = "\n".join(c.source for c in source.notebook.cells if c.cell_type == "markdown")
    contracts = [part for part in re.split(r"(?=\*\*Contract)", prose) if part.startswith("**Contract")]
    answers = "\n".join(c.source for c, m in source.cells() if kind_of(m) == "answer")
    seen: set[str] = set()
    for grade_id, node in _check_functions(source):
        for name in (a.arg for a in node.args.args):
            defined = re.search(rf"^(?:def|class) {re.escape(name)}\b", answers, re.MULTILINE)
            if name in seen or not defined:
                continue
            seen.add(name)
            if not any(re.search(rf"`{re.escape(name)}\b", text) for text in contracts):
                yield Finding(
                    "contract",
                    f"{source.name}, {grade_id}",
                    f"no contract says what {name!r} takes and returns",
                    f"Write a paragraph that begins with **Contract** and names `{name}(…)`.",
                )


def printed_answers(source: Source) -> Iterator[Finding]:
    """A value that a hidden check expects as a constant must not stand in what students read."""
    shown = "\n".join(_shown_texts(source))
    for grade_id, node in _check_functions(source, hidden=True):
        for call in (n for n in ast.walk(node) if isinstance(n, ast.Call)):
            if not (isinstance(call.func, ast.Name) and call.func.id in _COMPARISONS and len(call.args) > 1):
                continue
            for value in _telling_constants(call.args[1]):
                if re.search(rf"(?<![\w.]){re.escape(value)}(?![\w.]*\w)", shown):
                    yield Finding(
                        "printed-answer",
                        f"{source.name}, {grade_id}, {node.name}",
                        f"the hidden check expects {value}, and students can read that number in the notebook",
                        "Judge by another input: draw it from rng and compare with reference.",
                    )


def wrong_points(source: Source) -> Iterator[Finding]:
    """Points in headings and in the overview must be those of the cells, and 100 in all."""
    total, heading = 0.0, None
    for cell in source.notebook.cells:
        metadata = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "markdown" and not metadata.get("grade"):
            found = [_POINTS.search(line) for line in cell.source.split("\n") if line.startswith("#")]
            heading = next((float(m[1]) for m in reversed(found) if m), heading)
        if not metadata.get("grade"):
            continue
        points = float(metadata.get("points", 0))
        total += points
        if heading is not None and heading != points:
            yield Finding(
                "points",
                f"{source.name}, {metadata['grade_id']}",
                f"the heading above says {heading:g} points, the cell has {points:g}",
                "Make them agree.",
            )
        heading = None
    if total != WHOLE:
        yield Finding(
            "points",
            source.name,
            f"all cells together have {total:g} points",
            f"Make it {WHOLE:g}, so that a score reads as a share.",
        )
    for table_total in _overview_totals(source):
        if table_total != total:
            yield Finding(
                "points",
                source.name,
                f"the table of parts adds up to {table_total:g} points, the cells to {total:g}",
                "Make them agree.",
            )


def unseeded_training(source: Source) -> Iterator[Finding]:
    """A locked training cell without a seed gives every student another result, and no way back to it."""
    for cell, metadata in source.cells():
        tags = cell.metadata.get("tags", [])
        is_training = kind_of(metadata) == "locked" and "train" in tags and _TRAINS.search(cell.source)
        if is_training and not _SEED.search(cell.source):
            yield Finding(
                "unseeded",
                f"{source.name}, {metadata['grade_id']}",
                "a training cell that sets no seed",
                "Begin it with torch.manual_seed(…).",
            )


def untold_checks(source: Source) -> Iterator[Finding]:
    """Every check needs a docstring: the line that the student reads."""
    for grade_id, node in _check_functions(source):
        if not ast.get_docstring(node):
            yield Finding(
                "docstring",
                f"{source.name}, {grade_id}, {node.name}",
                "a check without a docstring: students would read its name",
                "Say in one sentence what a right answer does.",
            )


# Ways in which a sentence of a hidden check can hold what the student's code chose, in bits; see checks._few_digits.
_COUNT_BITS = math.log2(1000 + 900 * 16)  # three digits of a whole number of up to nineteen
_NUMBER_BITS = math.log2(2 * 900 * 633)  # three digits, the sign, the exponent
_SHAPE_BITS = 4 * _COUNT_BITS + 1
_RAISED_BITS = math.log2(1000 * 256 * 34)  # the line, the cell and a known error's name
_RAISED_BITS += math.log2(64 * 16)  # the kind of the layer that stopped, and the likely slip
_BITS = {
    "equal": _COUNT_BITS + _SHAPE_BITS,  # which value, and what it is
    "expect": _SHAPE_BITS,
    "close": _SHAPE_BITS,
    "at_least": _NUMBER_BITS,
    "at_most": _NUMBER_BITS,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """How much the hidden checks of an assignment can show of what a student's code chose, in bits a hand-in."""

    name: str
    bits: dict[str, float]  # check: the most that one sentence of it holds

    def __str__(self) -> str:
        if not self.bits:
            return f"{self.name}: no hidden checks"
        widest = max(self.bits, key=lambda check: self.bits[check])
        return (
            f"{self.name}: a hand-in that fails all {len(self.bits)} hidden checks can be shown up to "
            f"{sum(self.bits.values()):.0f} bits of its own choosing ({widest}: {self.bits[widest]:.0f})"
        )


def shown(source: Source) -> Shown:
    """Return an upper bound, by check, on the bits that its sentence can hold: each number by three digits.

    Course code that a check calls (``helpers``) is counted as a number for each such call.
    """
    found: dict[str, float] = {}
    for grade_id, node in _check_functions(source, hidden=True):
        ways = [_RAISED_BITS]
        for call in (n for n in ast.walk(node) if isinstance(n, ast.Call)):
            function = call.func
            name = function.id if isinstance(function, ast.Name) else ""
            ways.append(_BITS.get(name, 0.0))
            numbers = sum(isinstance(part, ast.FormattedValue) for part in ast.walk(call))
            if name in ("credit", "review", "fail") or numbers:
                ways.append(numbers * _NUMBER_BITS)
            if isinstance(function, ast.Attribute) and ast.unparse(function).startswith("helpers."):
                ways.append(_NUMBER_BITS)
        # Which of the sentences it is, and whether the check failed at all, tells something, too.
        found[f"{grade_id}/{node.name}"] = max(ways) + math.log2(1 + len([w for w in ways if w]))
    return Shown(source.name, found)


RULES: tuple[Callable[[Source], Iterator[Finding]], ...] = (
    missing_contracts,
    printed_answers,
    wrong_points,
    unseeded_training,
    untold_checks,
)


def _check_functions(
    source: Source, *, hidden: bool = False, prefix: str = "test_"
) -> Iterator[tuple[str, ast.FunctionDef]]:
    for cell, metadata in source.cells():
        if kind_of(metadata) != "check":
            continue
        inside = hidden_lines(cell.source)
        for node in ast.parse(cell.source).body:
            is_check = isinstance(node, ast.FunctionDef) and node.name.startswith(prefix)
            if is_check and isinstance(node, ast.FunctionDef) and (not hidden or node.lineno in inside):
                yield metadata["grade_id"], node


def _shown_texts(source: Source) -> Iterator[str]:
    """Return the prose, and what code students get apart from the first cell and the hidden parts."""
    for cell in source.notebook.cells:
        kind = kind_of(cell.metadata.get("nbgrader", {}))
        if (
            cell.cell_type == "markdown"
            and kind != "manual"
            and HINT_TAG not in cell.metadata.get("tags", [])
        ):
            yield cell.source
        elif kind == "check":
            inside = hidden_lines(cell.source)
            yield "\n".join(
                line for number, line in enumerate(cell.source.split("\n"), 1) if number not in inside
            )
        elif kind == "locked" and cell.metadata["nbgrader"]["grade_id"] != FIRST_CELL:
            yield cell.source


def _telling_constants(node: ast.expr) -> Iterator[str]:
    """Return the constants that would tell an answer: a number with three digits, a string of four letters.

    Small numbers stand everywhere, and a student cannot know which of them is meant.
    """
    for part in ast.walk(node):
        if not isinstance(part, ast.Constant) or isinstance(part.value, bool):
            continue
        if isinstance(part.value, (int, float)) and len(re.sub(r"\D", "", repr(part.value)).strip("0")) >= 3:
            yield repr(part.value)
        elif isinstance(part.value, str) and len(part.value) > 3:
            yield part.value


def _overview_totals(source: Source) -> Iterator[float]:
    """Return the sum of the last column of each table that is headed by *points*."""
    for cell in source.notebook.cells:
        if cell.cell_type != "markdown":
            continue
        rows = [
            line.strip().strip("|").split("|")
            for line in cell.source.split("\n")
            if line.lstrip().startswith("|")
        ]
        if rows and rows[0][-1].strip(" *").lower() == "points":
            numbers = [row[-1].strip(" *") for row in rows[2:]]
            labels = [row[0].strip(" *").lower() for row in rows[2:]]
            parts = [n for n, label in zip(numbers, labels, strict=True) if label not in ("total", "sum", "")]
            yield sum(_number(n) for n in parts)


def _number(text: Any) -> float:
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else 0.0
