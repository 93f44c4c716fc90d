"""What otter's ``assign`` would stop at, or hand to students, told by cell and line; and its own errors in words (*trusted*).

otter reads marks line by line and stops with an ``AssertionError`` that names no cell; of files, keys and points it
says even less. Source: otter-grader 7.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograder.author.source import refusal
from autograder.errors import ReleaseError

ASSIGNMENT_KEYS = (
    *("name", "config_file", "requirements", "overwrite_requirements", "environment", "run_tests"),
    *("solutions_pdf", "template_pdf", "init_cell", "check_all_cell", "export_cell", "seed", "generate"),
    *("save_environment", "ignore_modules", "files", "autograder_files", "student_files", "plugins", "tests"),
    *("show_question_points", "runs_on", "python_version", "channel_priority_strict"),
    *("strip_solutions_from_all_cells", "suppress_no_tests_warning"),
)
GENERATE_KEYS = (
    *("score_threshold", "points_possible", "show_stdout", "show_hidden", "show_all_public", "seed"),
    *("seed_variable", "grade_from_log", "serialized_variables", "pdf", "token", "course_id"),
    *("assignment_id", "filtering", "pagebreaks", "debug", "autograder_dir", "lang", "miniconda_path"),
    *("plugins", "logo", "print_summary", "print_score", "zips", "log_level", "assignment_name"),
    *("warn_missing_pdf", "force_public_test_summary", "submit_blank_pdf_on_export_failure"),
    *("use_submission_pdf", "pdf_via_html"),
)
_SOLUTION = re.compile(r"\s*# BEGIN SOLUTION( NO PROMPT)?")
_SKIPPED = ("# SOLUTION NO PROMPT", "# BEGIN PROMPT", "# END PROMPT", "# SEED")
_IGNORE = re.compile(r"\s*#\s*BEGIN\s*IGNORE\s*", re.IGNORECASE)
_IN_CONFIG = "Correct it in the cell # ASSIGNMENT CONFIG."


@dataclass(frozen=True, slots=True)
class TestCell:
    """A test cell of a question, as far as a question's points and names depend on it."""

    __test__ = False  # pytest takes it for one of its classes

    cell: int
    points: Any  # as in its configuration
    function: str  # of an exception-based test


# -- marks in the text of a cell -------------------------------------------------------------------


def refuse_open_marks(where: str, source: str, *, solutions: bool) -> None:
    """Refuse a cell in which a mark of otter's has no partner; ``solutions``: its answers are taken out, too.

    Raises
    ------
    ReleaseError
        With the line.
    """
    lines = source.split("\n")
    _pairs(where, "PLUGIN", [(n, _plugin(line)) for n, line in enumerate(lines, 1)])
    kept, marks, inside = [], [], False
    for number, line in enumerate(lines, 1):
        if line.rstrip().endswith("# IGNORE"):
            continue
        end = line.rstrip().endswith("# END IGNORE")
        begin = not end and bool(_IGNORE.match(line))
        marks.append((number, "end" if end else "begin" if begin else ""))
        if not (inside or end or begin):
            kept.append((number, line))
        inside = begin or (inside and not end)
    _pairs(where, "IGNORE", marks)
    if solutions:
        _pairs(where, "SOLUTION", _solution_marks(kept))


def _plugin(line: str) -> str:
    line = line.rstrip()
    return (
        "end"
        if line.endswith("# END PLUGIN")
        else "begin"
        if line.endswith(("# BEGIN PLUGIN", "# BEGIN PLUGIN EXPORT"))
        else ""
    )


def _solution_marks(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    marks, inside = [], False
    for number, line in lines:
        if line.rstrip().endswith(_SKIPPED):
            continue
        end = line.rstrip().endswith("# END SOLUTION")
        begin = not end and not inside and bool(_SOLUTION.match(line))  # within one, otter reads no other
        marks.append((number, "end" if end else "begin" if begin else ""))
        inside = begin or (inside and not end)
    return marks


def _pairs(where: str, name: str, marks: list[tuple[int, str]]) -> None:
    opened = 0
    for number, mark in marks:
        if mark == "end" and not opened:
            what = f"# END {name} without a # BEGIN {name} above it in this cell"
            raise refusal(f"{where}, line {number}", what, "Write its # BEGIN, or take it out.")
        if mark == "begin" and opened:
            what = f"# BEGIN {name} inside the one of line {opened}"
            raise refusal(f"{where}, line {number}", what, f"End that one before: # END {name}")
        opened = number if mark == "begin" else 0 if mark == "end" else opened
    if opened:
        what = f"# BEGIN {name} without a # END {name} below it in this cell"
        raise refusal(f"{where}, line {opened}", what, f"Write the line # END {name} where it ends.")


def shown_solution(source: str) -> int:
    """Return the line of the first mark of an answer, in a cell from which otter takes none out; 0: none."""
    marked = r"#\s?(BEGIN SOLUTION|SOLUTION)( NO PROMPT)?\s*$"
    return next((n for n, line in enumerate(source.split("\n"), 1) if re.search(marked, line)), 0)


# -- names, points and messages of a question ------------------------------------------------------


def refuse_name(where: str, name: str) -> None:
    """Refuse a name that otter takes and makes broken files of.

    Raises
    ------
    ReleaseError
        With what to write.
    """
    if "/" in name or name.startswith("."):
        raise refusal(where, f"the question's name {name!r} is no file name", "Use letters, digits, _ and -.")
    if any(c in name for c in '"\\') or not name.isprintable() or name != name.strip():
        what = f'the question\'s name {name!r} cannot stand in grader.check("…"), which otter writes'
        raise refusal(where, what, "Use letters, digits, _ and -.")
    if len(name.encode()) > 200:
        raise refusal(where, f"the question's name has {len(name)} characters", "Use a shorter one.")


def refuse_message(where: str, key: str, message: Any) -> None:
    """Refuse a message that breaks the file into which otter writes an exception-based test.

    Raises
    ------
    ReleaseError
        With what to write.
    """
    if message is not None and any(c in str(message) for c in '"\\\n'):
        what = f"{key} is {str(message)[:60]!r}: otter writes it between double quotes, unchanged"
        raise refusal(where, what, 'Write it in one line, without " and \\ (single quotes are fine).')


def refuse_points(where: str, question: str, points: Any, tests: Sequence[TestCell]) -> None:
    """Refuse points that otter cannot share out among a question's tests.

    Raises
    ------
    ReleaseError
        With the sums.
    """
    if isinstance(points, list):
        if len(points) != len(tests):
            what = f"question {question!r} has {len(points)} numbers of points and {len(tests)} test cells"
            raise refusal(where, what, "Write one number for each test cell, in their order.")
        return
    total = points.get("each", 1) * len(tests) if isinstance(points, dict) else points
    own = sum(test.points for test in tests if test.points is not None)
    if tests and total is not None and own > total:
        what = (
            f"question {question!r} has {total:g} points, and its test cells ask for {own:g} (points: in cells "
            f"{', '.join(str(t.cell) for t in tests if t.points)})"
        )
        raise refusal(where, what, "Give the question as many, or leave its own points: out.")


def same_functions(where: str, question: str, points: Any, tests: Sequence[TestCell]) -> str:
    """Return a note about exception-based tests of one name, of which otter runs the last one only; or nothing.

    Raises
    ------
    ReleaseError
        If each test has points of its own in a list: then otter's file cannot be read.
    """
    seen: dict[str, int] = {}
    for test in tests:
        if test.function and test.function in seen:
            what = f"question {question!r} has the test {test.function!r} in cell {seen[test.function]}, too"
            if isinstance(points, list):
                raise refusal(f"{where}, cell {test.cell}", what, "Give each of its tests a name of its own.")
            return f"{where}, cell {test.cell}: {what}: otter runs the last of them only, and so do we"
        seen[test.function] = test.cell
    return ""


# -- otter's own errors ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a master when otter refuses it."""

    file_name: str
    configs: tuple[tuple[int, str], ...]  # cells of the assignment's configuration: number, text
    questions: dict[str, int]  # by name, the cell in which it begins
    seeds: tuple[int, ...] = ()  # cells with a line that ends in # SEED


def explained(error: str, told: Told) -> ReleaseError:
    """Return the refusal for an error with which ``otter assign`` ended: which cell, what was found, what to do."""
    name = told.file_name
    if (found := re.search(r"Unexpected key found in config: '([^']*)'", error)) is not None:
        near = difflib.get_close_matches(found[1], ASSIGNMENT_KEYS, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        what = f"the assignment's configuration has the key {found[1]!r}, which otter does not know"
        return refusal(_config(told, found[1]), what, f"{hint}Known are {', '.join(ASSIGNMENT_KEYS)}.")
    if (found := re.search(r"No such file or directory: '([^']*)'|(\S+) is not a file", error)) is not None:
        path = found[1] or found[2]
        what = f"it names the file {path!r}, and there is none"
        return refusal(
            _config(told, path), what, f"Put it beside {name}, or take it out of the configuration."
        )
    if (found := re.search(r"(\S+) is not in a subdirectory of the master", error)) is not None:
        what = f"it names the file {found[1]!r}, which is not in the folder of {name}"
        return refusal(_config(told, found[1]), what, "Copy it there, and name the copy.")
    if "Colab must use test files" in error:
        what = "runs_on: colab, and tests in the notebook's metadata, which Colab does not show to otter"
        return refusal(_config(told, "runs_on"), what, "Add: tests: {files: true}")
    if (found := re.search(r"processing (\w+): (.*)", error)) is not None:
        return refusal(_config(told, found[1]), f"{found[1]}: {found[2].strip()[:200]}", _IN_CONFIG)
    if "Seeding cell found" in error:
        cells = ", ".join(str(number) for number in told.seeds)
        what = "a line that ends in # SEED, and the assignment's configuration has no seed (a whole number)"
        to_do = (
            "Add: seed: {variable: rng_seed, autograder_value: 42, student_value: 90}, or take # SEED out."
        )
        return refusal(f"{name}, cell {cells}", what, to_do)
    if "KeyError: 'kernelspec'" in error:
        to_do = "Open it in Jupyter, choose a kernel (Python 3), and save it."
        return refusal(
            name, "the notebook's metadata name no kernel (kernelspec), which otter looks for", to_do
        )
    if "gradescope" in error.lower() or "EOFError" in error:
        what = "otter asks for a login of Gradescope's"
        return refusal(_config(told, "generate"), what, "Take course_id and assignment_id out of generate:.")
    asked = re.search(r"question (\S+?)(?:,|:| contains)", error)
    number = told.questions.get(asked[1]) if asked else None
    where = f"{name}, cell {number} (question {asked[1]!r})" if number and asked else name
    to_do = f"See all that otter says: otter assign {name} dist"
    return ReleaseError(f"{where}: otter assign refused it: {error}\nNothing was written.\n{to_do}")


def _config(told: Told, word: str) -> str:
    """Return the cell of the configuration in which a word stands, with its line."""
    for number, text in told.configs:
        for line, content in enumerate(text.split("\n"), 1):
            if word in content:
                return f"{told.file_name}, cell {number}, line {line}"
    return f"{told.file_name}, cell {told.configs[0][0]}" if told.configs else told.file_name
