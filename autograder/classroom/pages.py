"""Pages for people: one per student, one for the class (*trusted*).

What is written is text: every template is rendered with autoescape on, and a name or a value that it does not have is
an error, not a blank. The pages run no script, load nothing, and say so to the browser. No meaning lies in colour
alone: every mark has its word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from autograder.classroom.by_hand import NOTHING, Given, score_of
from autograder.classroom.prose import safe_markdown
from autograder.classroom.words import WORDS
from autograder.model import GradingResult, Outcome

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'"


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("autograder.classroom"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.globals |= {"policy": POLICY, "words": WORDS}
    templates.filters |= {"points": lambda value: f"{value:g}", "percent": _percent}
    templates.filters["prose"] = _prose
    return templates


def _percent(share: float) -> str:
    return f"{100 * min(1.0, max(0.0, share)):.0f}"


def _prose(markdown: str) -> Markup:
    return Markup(safe_markdown(markdown))  # noqa: S704  made harmless by it, for whoever wrote it


def student_page(student: str, result: GradingResult, given: Mapping[str, Given] = NOTHING) -> str:
    """Return a student's feedback: points per question, a reason for each that was lost, and what people ``given``."""
    scores = {q.name: score_of(result, q, given) for q in result.questions}
    return (
        _templates()
        .get_template("student.html")
        .render(
            student=student,
            result=result,
            given=given,
            scores=scores,
            total=round(sum(score for score in scores.values() if score is not None), 2),
            of=round(sum(q.points for q in result.questions if scores[q.name] is not None), 2),
            open=[q for q in result.questions if scores[q.name] is None],
        )
    )


def class_page(assignment: str, results: dict[str, GradingResult], alike: Sequence[str] = ()) -> str:
    """Return the instructor's overview: points per student, how each check went, the commonest reasons.

    What a person should look at comes first: what checks flagged, and (``alike``) who handed in the same weights.
    """
    graded = {name: r for name, r in results.items() if r.graded}
    first = next(iter(graded.values()), None)
    return (
        _templates()
        .get_template("class.html")
        .render(
            assignment=assignment,
            count=len(results),
            graded=graded,
            waiting=sorted(set(results) - set(graded)),
            look=[*_flags(results), *alike],
            checks=_checks(graded),
            names=[q.name for q in first.questions if not q.manual] if first else [],
        )
    )


def _flags(results: dict[str, GradingResult]) -> list[str]:
    """Return each note once, with everybody whom it is about."""
    whom: dict[tuple[str, str], list[str]] = {}
    for name, result in sorted(results.items()):
        for check in result.checks:
            for note in dict.fromkeys(check.flags):
                whom.setdefault((check.question, note), []).append(name)
    return [f"{question}: {note}: {', '.join(names)}" for (question, note), names in whom.items()]


def _checks(graded: dict[str, GradingResult]) -> list[dict[str, object]]:
    """Return a row per check: how many passed it, and why others did not."""
    rows: list[dict[str, object]] = []
    for spec in next(iter(graded.values())).checks if graded else ():
        found = [
            c for r in graded.values() for c in r.checks if (c.question, c.name) == (spec.question, spec.name)
        ]
        reasons = Counter(c.reason for c in found if c.outcome is Outcome.FAILED)
        rows.append(
            {
                "question": spec.question,
                "title": spec.title,
                "passed": sum(c.outcome is Outcome.PASSED for c in found),
                "of": len(found),
                "common": "; ".join(f"{n}× {reason}" for reason, n in reasons.most_common(2)),
            }
        )
    return rows
