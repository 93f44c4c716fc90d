"""Pages for people: one per student, one for the class (*trusted*, standard library only).

Everything is text, escaped; the pages run no script, load nothing, and say so to the browser. No meaning
lies in colour alone: every mark has its word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from autograder.model import CheckResult, GradingResult, Outcome

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'"
STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bar { background: #8883; height: .8rem; min-width: 8rem; }
.bar > span { display: block; height: 100%; background: #2a7; }
.word { font-size: .85em; padding: 0 .4em; border: 1px solid; border-radius: .3em; white-space: nowrap; }
.passed { color: #1a7f4b; } .failed { color: #b3261e; } .skipped { color: #8a6d00; } .error, .review { color: #6b4fa0; }
.reason { margin: .2rem 0 0 0; }
h2 { margin-top: 2rem; }
"""
WORDS = {
    Outcome.PASSED: ("✓ passed", "passed"),
    Outcome.FAILED: ("✗ failed", "failed"),
    Outcome.SKIPPED: ("→ skipped", "skipped"),
    Outcome.REVIEW: ("… a person decides", "review"),
    Outcome.ERROR: ("? not graded", "error"),
}


def page(title: str, body: str) -> str:
    """Return a whole page around a body that is already escaped."""
    return (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _bar(share: float, label: str) -> str:
    percent = f"{100 * min(1.0, max(0.0, share)):.0f}"
    return f"<div class='bar' role='img' aria-label='{escape(label)}'><span style='width:{percent}%'></span></div>"


def student_page(student: str, result: GradingResult) -> str:
    """Return a student's feedback: points per question, and a reason for each that was lost."""
    total = f"{result.score:g} of {result.max_score:g} points" if result.graded else "not graded yet"
    parts = [f"<h1>{escape(result.assignment)}</h1>", f"<p>{escape(student)}: <strong>{total}</strong></p>"]
    parts += [f"<p>{escape(notice)}</p>" for notice in result.notices]
    parts.append(
        "<table><thead><tr><th>question</th><th>title</th><th class='n'>points</th><th></th></tr></thead><tbody>"
    )
    for question in result.questions:
        if question.manual:
            points, bar = f"– / {question.points:g}", "graded by a person"
        elif result.graded:
            score = result.score_of(question.name)
            points = f"{score:g} / {question.points:g}"
            bar = _bar(score / question.points if question.points else 1.0, f"{points} points")
        else:
            points, bar = f"– / {question.points:g}", ""
        parts.append(
            f"<tr><td>{escape(question.name)}</td><td>{escape(question.title)}</td>"
            f"<td class='n'>{points}</td><td>{bar}</td></tr>"
        )
    parts.append("</tbody></table>")
    if result.problems:
        parts.append("<h2>Cells that stopped</h2><ul>")
        parts += [
            f"<li>cell {p.cell or '?'} ({escape(p.label)}): {escape(p.reason)}</li>" for p in result.problems
        ]
        parts.append("</ul>")
    for question in result.questions:
        checks = [c for c in result.checks if c.question == question.name]
        if checks:
            parts.append(f"<h2>{escape(question.name)}: {escape(question.title)}</h2><table><tbody>")
            parts += [_check_row(c, graded=result.graded) for c in checks]
            parts.append("</tbody></table>")
    return page(f"{result.assignment}: {student}", "\n".join(parts))


def _check_row(check: CheckResult, *, graded: bool) -> str:
    word, css = WORDS[check.outcome]
    points = f"{check.score:g} / {check.max_score:g}" if graded else f"– / {check.max_score:g}"
    reason = f"<p class='reason'>{escape(check.reason)}</p>" if check.reason else ""
    return (
        f"<tr><td><span class='word {css}'>{word}</span></td><td>{escape(check.title)}{reason}</td>"
        f"<td class='n'>{points}</td></tr>"
    )


def class_page(assignment: str, results: dict[str, GradingResult], alike: Sequence[str] = ()) -> str:
    """Return the instructor's overview: points per student, how each check went, the commonest reasons.

    What a person should look at comes first: what checks flagged, and (``alike``) who handed in the same weights.
    """
    graded = {name: r for name, r in results.items() if r.graded}
    waiting = sorted(set(results) - set(graded))
    parts = [
        f"<h1>{escape(assignment)}</h1>",
        f"<p>{len(results)} hand-ins, {len(graded)} graded"
        + (f"; waiting for a person: {escape(', '.join(waiting))}" if waiting else "")
        + "</p>",
    ]
    if look := [*_flags(results), *alike]:
        rows = "".join(f"<li>{escape(line)}</li>" for line in look)
        parts.append(f"<h2>Look at this</h2><p>No points depend on it.</p><ul>{rows}</ul>")
    if graded:
        parts += [_checks_table(graded), _students_table(graded)]
    return page(f"{assignment}: class", "\n".join(parts))


def _flags(results: dict[str, GradingResult]) -> list[str]:
    """Return each note once, with everybody whom it is about."""
    whom: dict[tuple[str, str], list[str]] = {}
    for name, result in sorted(results.items()):
        for check in result.checks:
            for note in dict.fromkeys(check.flags):
                whom.setdefault((check.question, note), []).append(name)
    return [f"{question}: {note}: {', '.join(names)}" for (question, note), names in whom.items()]


def _checks_table(graded: dict[str, GradingResult]) -> str:
    rows = ["<h2>Checks</h2><table><thead><tr><th>question</th><th>check</th><th class='n'>passed</th>"]
    rows.append("<th></th><th>commonest reason</th></tr></thead><tbody>")
    first = next(iter(graded.values()))
    for spec in first.checks:
        found = [
            c for r in graded.values() for c in r.checks if (c.question, c.name) == (spec.question, spec.name)
        ]
        passed = sum(c.outcome is Outcome.PASSED for c in found)
        reasons = Counter(c.reason for c in found if c.outcome is Outcome.FAILED)
        common = "; ".join(f"{n}× {reason}" for reason, n in reasons.most_common(2))
        share = passed / len(found) if found else 0.0
        rows.append(
            f"<tr><td>{escape(spec.question)}</td><td>{escape(spec.title)}</td><td class='n'>{passed}/{len(found)}</td>"
            f"<td>{_bar(share, f'{passed} of {len(found)} passed')}</td><td>{escape(common)}</td></tr>"
        )
    return "\n".join(rows) + "</tbody></table>"


def _students_table(graded: dict[str, GradingResult]) -> str:
    first = next(iter(graded.values()))
    names = [q.name for q in first.questions if not q.manual]
    head = "".join(f"<th class='n'>{escape(n)}</th>" for n in names)
    rows = [
        f"<h2>Students</h2><table><thead><tr><th>student</th>{head}<th class='n'>total</th></tr></thead><tbody>"
    ]
    for student, result in sorted(graded.items()):
        cells = "".join(f"<td class='n'>{result.score_of(n):g}</td>" for n in names)
        rows.append(f"<tr><td>{escape(student)}</td>{cells}<td class='n'>{result.score:g}</td></tr>")
    return "\n".join(rows) + "</tbody></table>"
