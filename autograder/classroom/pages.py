"""Pages for people: one per student, one for the class (*trusted*).

What is written is text: every template is rendered with autoescape on, and a name or a value that it does not have is
an error, not a blank. The pages run no script, load nothing, and say so to the browser. No meaning lies in colour
alone: every mark has its word.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from autograder.classroom import feedback, figure_charts, overview_page
from autograder.classroom.by_hand import NOTHING, Given
from autograder.classroom.overview import Overview
from autograder.classroom.page_templates import environment
from autograder.classroom.prose import safe_markdown
from autograder.classroom.words import WORDS
from autograder.late_rule import Lateness
from autograder.model import GradingResult

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'"


@cache
def _templates() -> Environment:
    templates = environment()
    templates.globals |= {"policy": POLICY, "words": WORDS}
    templates.filters |= {
        "points": lambda value: f"{value:g}",
        "prose": _prose,
        "signed": lambda value: f"{value:+g}",
    }
    return templates


def render(template: str, **values: object) -> str:
    """Return one of our templates, filled in; what is written is text."""
    return _templates().get_template(template).render(**values)


def _prose(markdown: str) -> Markup:
    return Markup(safe_markdown(markdown))  # noqa: S704  made harmless by it, for whoever wrote it


def student_page(
    student: str, result: GradingResult, given: Mapping[str, Given] = NOTHING, late: Lateness | None = None
) -> str:
    """Return a student's feedback: points per question, why each was lost, what people ``given``, what lateness takes."""
    return render(
        "student.html",
        page=feedback.page(student, result, given, late),
        figures=figure_charts.of(result),
        result=result,
        given=given,
    )


def class_page(found: Overview) -> str:
    """Return the instructor's overview of a class; see ``overview_page``."""
    return overview_page.page(found)
