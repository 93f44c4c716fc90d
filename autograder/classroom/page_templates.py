"""Where pages' templates are and how they are filled in: what is written is text, a missing value an error (*trusted*)."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined


def environment() -> Environment:
    """Return a fresh environment of this room's templates, for a page to put its filters into."""
    templates = Environment(
        loader=PackageLoader("autograder.classroom"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters["percent"] = lambda share: f"{100 * min(1.0, max(0.0, share)):.0f}"
    return templates
