"""Tables and sentences that people read in a terminal (*trusted*)."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.model import CheckResult, GradingResult, Outcome


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return an aligned table; numbers to the right, text to the left. No meaning lies in colour."""
    columns = list(zip(header, *rows, strict=True)) if rows else [(h,) for h in header]
    widths = [max(len(cell) for cell in column) for column in columns]
    numeric = [all(_is_numeric(cell) for cell in column[1:]) for column in columns]

    def line(cells: Sequence[str]) -> str:
        parts = [c.rjust(w) if n else c.ljust(w) for c, w, n in zip(cells, widths, numeric, strict=True)]
        return "  ".join(parts).rstrip()

    rule = "  ".join("─" * w for w in widths)
    return "\n".join([line(header), rule, *(line(row) for row in rows)])


def _is_numeric(text: str) -> bool:
    return not text or text[0] in "0123456789-–+"


def points_table(results: dict[str, GradingResult]) -> str:
    """Return one row per hand-in with the points of each question."""
    first = next(iter(results.values()))
    names = [q.name for q in first.questions if not q.manual]
    header = ["hand-in", *names, "total", "status"]
    rows = []
    for hand_in, result in sorted(results.items()):
        if result.graded:
            cells = [f"{result.score_of(n):g}" for n in names]
            rows.append([hand_in, *cells, f"{result.score:g}", "graded"])
        else:
            rows.append([hand_in, *("–" for _ in names), "–", "not graded"])
    maximum = [f"{q.points:g}" for q in first.questions if not q.manual]
    rows.append(["(maximum)", *maximum, f"{first.max_score:g}", ""])
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
        lost = sum(c.max_score for c in checks if c.outcome is not Outcome.ERROR)
        what = checks[0].title if len(checks) == 1 else f"({len(checks)} checks)"
        lines.append(f"{question} −{lost:g}: {what} {reason}")
    return lines
