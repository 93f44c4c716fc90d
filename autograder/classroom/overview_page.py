"""The overview of a class as one page for staff, and nothing beside it (*trusted*).

Everything in it is text, escaped by Jinja. The browser is told what may run and what may colour: one script and one
style sheet, ours, by their digests. Neither has a value of the class's in it, and the page is whole without the script,
which sorts and filters a table. It loads nothing.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from autograder.classroom import charts
from autograder.classroom.circumstances import Links
from autograder.classroom.overview import Overview
from autograder.classroom.page_templates import environment
from autograder.classroom.suspects import FEW

MAX_PEOPLE = 40  # of a suspect, with links; a command names all
LEVELS = 5  # of lost points


@cache
def _part(name: str) -> Markup:
    """Return a style sheet or a script of ours as it stands."""
    text = files("autograder.classroom").joinpath("templates", name).read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704  ours, and the digest is taken of it


def _digest(text: str) -> str:
    return "sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def policy() -> str:
    """Return the content security policy of the page."""
    return (
        f"default-src 'none'; script-src '{_digest(_part('class.js'))}'; style-src '{_digest(_part('class.css'))}'; "
        "form-action 'none'; base-uri 'none'"
    )


@cache
def _templates() -> Environment:
    templates = environment()
    templates.filters |= {
        "points": lambda value: f"{value:.12g}",
        "round3": lambda value: f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}",
        "digits": lambda value: f"{value:.4g}",
        "signed": lambda value: f"{value:+.2f}".replace("-", "−"),
    }
    return templates


def level(points: float | None, most: float) -> str:
    """Return the class of a cell by the share of points that is lost: none, then up to five."""
    if points is None or most <= 0:
        return ""
    lost = min(1.0, max(0.0, 1 - points / most))
    if lost < 1e-9:
        return ""
    return f" l{LEVELS}" if lost > 1 - 1e-9 else f" l{1 + round(lost * (LEVELS - 2) + 1e-9)}"


def page(overview: Overview) -> str:
    """Return the page."""
    links = {student.name: student.links for student in overview.students}
    waiting = [s for s in overview.students if not s.graded]
    sections = [
        ("suspects", "Look first", overview.graded),
        ("points", "Points and questions", overview.graded),
        ("students", "Students", True),
        ("look", "Look at this", overview.look),
        ("checks", "Checks", overview.checks),
        ("reasons", "Reasons", overview.reasons or overview.stopped or overview.notices),
        ("leaderboard", "Leaderboard", overview.leaderboards),
        ("usage", "Time and memory", overview.usage),
    ]
    text = (
        _templates()
        .get_template("class.html")
        .render(
            o=overview,
            charts=_charts(overview),
            few=FEW,
            late=[s for s in overview.students if s.late is not None],
            level=level,
            links_of=lambda name: links.get(name, Links()),
            manual=[q for q in overview.questions if q.manual],
            most_people=MAX_PEOPLE,
            policy=policy(),
            script=_part("class.js"),
            sections=[(anchor, word) for anchor, word, there in sections if there],
            style=_part("class.css"),
            waiting=waiting,
        )
    )
    return text.lstrip()  # the macros above the first line


def _charts(overview: Overview) -> dict[str, Any]:
    """Return the charts by name; one that cannot be drawn is empty, and its table stands open."""
    found: dict[str, Any] = {"points": "", "questions": "", "usage": ""}
    if overview.points is not None:
        s = overview.points
        said = f"Histogram of points: {s.count} hand-ins, mean {s.mean:.3g}, median {s.median:.3g}"
        found["points"] = charts.drawn(charts.points, overview.bins, s, label=said)
        said = "Share of the points and discrimination of each question; the numbers stand in the table below"
        found["questions"] = charts.drawn(charts.questions, overview.questions, label=said)
    for name, entries in overview.leaderboards.items():
        said = (
            f"{name}: {len(entries)} hand-ins by rank, from {entries[0].value:.4g} to {entries[-1].value:.4g}"
        )
        found[f"leaderboard {name}"] = charts.drawn(charts.leaderboard, entries, label=said)
    if overview.usage:
        said = "; ".join(
            f"{u.name}: median {u.summary.median:.3g} {u.unit}, most {u.summary.highest:.3g} {u.unit}"
            for u in overview.usage
            if u.summary
        )
        found["usage"] = charts.drawn(charts.usage, overview.usage, label=said)
    return found
