"""Tables and sentences that people read in a terminal (*trusted*)."""

from __future__ import annotations

import io
import statistics
from collections.abc import Mapping, Sequence

from autograder.messages import safe
from autograder.model import CheckResult, GradingResult, Outcome

NAME_CHARS = 255  # as long as a folder's name may be; where that is too wide, its middle is left out
SHORT_NAME = 16  # columns that a name keeps before a table is cut into several
GAP = 2


def table(header: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None) -> str:
    """Return an aligned table; numbers to the right, text to the left. No meaning lies in colour.

    With a ``width`` in columns of a terminal no line is wider, if that can be: the first column's texts lose their
    middle, and what still does not fit is another table below, with the first column again.
    """
    columns = [list(column) for column in zip(header, *rows, strict=True)] if rows else [[h] for h in header]
    widths = [max(_width(cell) for cell in column) for column in columns]
    if width is None or not columns or sum(widths) + GAP * (len(widths) - 1) <= width:
        return _drawn(columns)
    others = sum(widths[1:]) + GAP * (len(widths) - 1)
    room = max(width - others, min(widths[0], SHORT_NAME))
    columns[0] = [_shortened(cell, room) for cell in columns[0]]
    parts, used = [[columns[0]]], room
    for column, wide in zip(columns[1:], widths[1:], strict=True):
        if used + GAP + wide > width and len(parts[-1]) > 1:
            parts.append([columns[0]])
            used = room
        parts[-1].append(column)
        used += GAP + wide
    if (
        len(parts) > 1 and len(parts[-1]) == 2 < len(parts[-2]) - 1
    ):  # "status" alone says little without "total"
        parts[-1].insert(1, parts[-2].pop())
    return "\n\n".join(_drawn(part) for part in parts)


def _drawn(columns: Sequence[Sequence[str]]) -> str:
    from rich.box import Box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rule = Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
    drawn = Table(box=rule, show_edge=False, pad_edge=False, collapse_padding=True, padding=(0, 1, 0, 0))
    for header, *cells in columns:
        numeric = all(_is_numeric(cell) for cell in cells)
        drawn.add_column(Text(header), justify="right" if numeric else "left", no_wrap=True)
    for row in zip(*(column[1:] for column in columns), strict=True):
        drawn.add_row(*(Text(cell) for cell in row))
    wide = sum(max(_width(cell) for cell in column) for column in columns) + (GAP + 1) * len(columns)
    console = Console(
        file=io.StringIO(), width=wide, color_system=None, highlight=False, legacy_windows=False
    )
    with console.capture() as shown:
        console.print(drawn, soft_wrap=True)
    return "\n".join(line.rstrip() for line in shown.get().rstrip("\n").split("\n"))


def _width(text: str) -> int:
    """Return how many columns a terminal gives a text: two for a wide character, none for an accent."""
    from rich.cells import cell_len

    return cell_len(text)


def _shortened(text: str, width: int) -> str:
    """Return a text without its middle where it is too wide: names of a class often differ at their ends."""
    if _width(text) <= width:
        return text
    tail = (width - 1) // 3
    head = width - 1 - tail
    begin, end = len(text), 0
    while _width(text[:begin]) > head:
        begin -= 1
    while _width(text[end:]) > tail:
        end += 1
    return f"{text[:begin]}…{text[end:]}"


_LONGEST_NUMBER = 30  # a time with its offset; what is longer and begins with a digit is a sentence


def _is_numeric(text: str) -> bool:
    return not text or (text[0] in "0123456789-–−+" and len(text) <= _LONGEST_NUMBER)


def points_table(
    results: Mapping[str, GradingResult],
    width: int | None = None,
    more: Mapping[str, Mapping[str, str]] | None = None,
) -> str:
    """Return one row per hand-in with the points of each question.

    ``more`` are columns beside the total: by header, what stands there by hand-in.
    """
    first = next(iter(results.values()))
    names = [q.name for q in first.questions if not q.manual]
    more = more or {}
    header = ["hand-in", *names, "total", *more, "status"]
    rows = []
    for hand_in, result in sorted(results.items()):
        none, others = ["–" for _ in names], [column.get(hand_in, "") for column in more.values()]
        points, status = [*none, "–"], "not graded"
        if result.graded:
            try:
                points, status = [*(f"{result.score_of(n):g}" for n in names), f"{result.score:g}"], "graded"
            except Exception as error:  # noqa: BLE001  the others' rows are shown
                status = f"cannot be shown: {type(error).__name__}"
        rows.append([safe(hand_in, NAME_CHARS), *points, *others, status])
    maximum = [f"{q.points:g}" for q in first.questions if not q.manual]
    rows.append(["(maximum)", *maximum, f"{first.max_score:g}", *("" for _ in more), ""])
    return table(header, rows, width)


def summary(results: Mapping[str, GradingResult], width: int | None = None) -> str:
    """Return how a class did: mean, median and quartiles of the total and of each question, without names.

    Only graded hand-ins count. Questions that a person grades are not among them.
    """
    graded = [result for result in results.values() if _is_sound(result)]
    count, left = len(results), len(results) - len(graded)
    said = f"{count} hand-in{'s' * (count != 1)}: {len(graded)} graded" + f", {left} not graded" * bool(left)
    if not graded:
        return said
    questions = [q for q in graded[0].questions if not q.manual]
    rows = [_row(q.name, q.points, [result.score_of(q.name) for result in graded]) for q in questions]
    rows.append(_row("total", graded[0].max_score, [result.score for result in graded]))
    header = ["points", "of", "mean", "median", "quartiles", "lowest", "highest", "full", "none"]
    return f"{said}\n\n{table(header, rows, width)}"


def _is_sound(result: GradingResult) -> bool:
    try:
        return (
            result.graded
            and result.score >= 0
            and all(result.score_of(q.name) >= 0 for q in result.questions)
        )
    except Exception:  # noqa: BLE001  the others are summed up
        return False


def _row(name: str, most: float, scores: list[float]) -> list[str]:
    low, _, high = statistics.quantiles(scores, n=4, method="inclusive") if len(scores) > 1 else scores * 3
    numbers = [most, statistics.mean(scores), statistics.median(scores)]
    shown = [f"{round(number, 2):g}" for number in numbers]
    ends = [f"{min(scores):g}", f"{max(scores):g}"]
    full, none = sum(score >= most for score in scores), sum(score == 0 for score in scores)
    return [name, *shown, f"{round(low, 2):g}–{round(high, 2):g}", *ends, str(full), str(none)]


def reasons(result: GradingResult) -> list[str]:
    """Return the notices, the cells that stopped, and one line per check that did not pass.

    Checks of one question that failed for the same reason share a line: the first cause, said once.
    """
    lines = list(result.notices)
    lines += [f"cell {p.cell or '?'} ({p.label}): {p.reason}" for p in result.problems]
    groups: dict[tuple[str, str], list[CheckResult]] = {}
    for check in result.checks:
        if check.outcome is not Outcome.PASSED:
            groups.setdefault((check.question, check.reason), []).append(check)
    for (question, reason), checks in groups.items():
        lost = sum(c.max_score - c.score for c in checks)
        what = checks[0].title if len(checks) == 1 else f"({len(checks)} checks)"
        points = f" −{lost:g}" if result.graded else ""  # what is not graded costs nothing
        lines.append(f"{question}{points}: {what} — {reason}")
    return lines
