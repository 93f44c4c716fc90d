"""Pages for people: one per student, one for the class (*trusted*).

What is written is text: every template is rendered with autoescape on, and a name or a value that it does not have is
an error, not a blank. The pages run no script, load nothing, and say so to the browser. No meaning lies in colour
alone: every mark has its word.
"""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder.classroom import overview_page
from autograder.classroom.overview import Overview
from autograder.late_rule import Lateness
from autograder.model import GradingResult, Outcome

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'"
WORDS = {
    Outcome.PASSED: ("✓ passed", "passed"),
    Outcome.FAILED: ("✗ failed", "failed"),
    Outcome.SKIPPED: ("→ skipped", "skipped"),
    Outcome.REVIEW: ("… a person decides", "review"),
    Outcome.ERROR: ("? not graded", "error"),
}


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
    templates.filters |= {
        "points": lambda value: f"{value:g}",
        "percent": _percent,
        "signed": lambda value: f"{value:+g}",
    }
    return templates


def _percent(share: float) -> str:
    return f"{100 * min(1.0, max(0.0, share)):.0f}"


def render(template: str, **values: object) -> str:
    """Return one of our templates, filled in; what is written is text."""
    return _templates().get_template(template).render(**values)


def student_page(student: str, result: GradingResult, late: Lateness | None = None) -> str:
    """Return a student's feedback: points per question, and a reason for each that was lost, by lateness too."""
    charge = None if late is None else late.charge_of(result)
    return render("student.html", student=student, result=result, charge=charge)


def class_page(found: Overview) -> str:
    """Return the instructor's overview of a class; see ``overview_page``."""
    return overview_page.page(found)
