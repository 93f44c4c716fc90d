"""Tables and sentences that people read in a terminal (*trusted*)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from unicodedata import combining, east_asian_width

from autograder.messages import safe
from autograder.model import CheckResult, GradingResult, Outcome


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return an aligned table; numbers to the right, text to the left. No meaning lies in colour."""
    columns = list(zip(header, *rows, strict=True)) if rows else [(h,) for h in header]
    widths = [max(_width(cell) for cell in column) for column in columns]
    numeric = [all(_is_numeric(cell) for cell in column[1:]) for column in columns]

    def line(cells: Sequence[str]) -> str:
        spaces = [" " * (w - _width(c)) for c, w in zip(cells, widths, strict=True)]
        parts = [s + c if n else c + s for c, s, n in zip(cells, spaces, numeric, strict=True)]
        return "  ".join(parts).rstrip()

    rule = "  ".join("─" * w for w in widths)
    return "\n".join([line(header), rule, *(line(row) for row in rows)])


def _width(text: str) -> int:
    """Return how many columns a terminal gives a text: two for a wide character, none for an accent."""
    return sum(0 if combining(c) else 1 + (east_asian_width(c) in "WF") for c in text)


def _is_numeric(text: str) -> bool:
    return not text or text[0] in "0123456789-–−+"


def points_table(
    results: dict[str, GradingResult], more: Mapping[str, Mapping[str, str]] | None = None
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
        others = [column.get(hand_in, "") for column in more.values()]
        try:
            cells = [f"{result.score_of(n):g}" for n in names] if result.graded else []
        except Exception as error:  # noqa: BLE001  the others' rows are shown
            rows.append(
                [
                    safe(hand_in, 60),
                    *("–" for _ in names),
                    "–",
                    *others,
                    f"cannot be shown: {type(error).__name__}",
                ]
            )
            continue
        if result.graded:
            rows.append([safe(hand_in, 60), *cells, f"{result.score:g}", *others, "graded"])
        else:
            rows.append([safe(hand_in, 60), *("–" for _ in names), "–", *others, "not graded"])
    maximum = [f"{q.points:g}" for q in first.questions if not q.manual]
    rows.append(["(maximum)", *maximum, f"{first.max_score:g}", *("" for _ in more), ""])
    return table(header, rows)


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
