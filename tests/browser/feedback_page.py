"""A student's page in a real browser: the first cause without scrolling, one click, print, and axe finds nothing.

Run by ``make browser-test``; pictures of it lie in ``.autograder/pictures/`` afterwards, to be looked at.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder import figures, messages
from autograder.classroom.by_hand import Given
from autograder.classroom.pages import student_page
from autograder.model import GradingResult, Outcome
from tests.browser.chromium import axe_finds_nothing

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "unit" / "classroom"))
from test_feedback import FAILED, check, hand_in  # noqa: E402  beside us, in a folder that is no package

PICTURES = ROOT / ".autograder" / "pictures"
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
VIEWS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": DESK},
    "dark": {"viewport": DESK, "color_scheme": "dark"},
    "phone": {"viewport": PHONE},
    "forced-colours": {"viewport": DESK, "forced_colors": "active"},
}


def with_figures() -> GradingResult:
    """Return a hand-in that failed in many ways, with a figure of every kind, notices and long words."""
    line = np.linspace(0, 1, 80)
    numbers: dict[str, dict[str, Any]] = {
        "curve": {"training": np.exp(-3 * line), "validation": 0.5 + (line - 0.4) ** 2},
        "walk": {"path": np.column_stack([line, line**0.5]), "target": [1.0, 2.0]},
        "kinks": {"x": line, "y": line**3, "at": line, "curve": line**2, "kinks": line[::9]},
        "track": {
            "predicted": np.sin(9 * line) ** 2,
            "observed": np.sin(9.2 * line) ** 2,
            "name": "chr22_1_300",
        },
        "logos": {"filters": np.random.default_rng(0).normal(size=(4, 4, 6)), "motifs": ["TAT", "GCG"]},
    }
    packed = [{"question": "q2", **figures.pack(kind, f"My {kind}", more)} for kind, more in numbers.items()]
    extra = check("q2", "x", Outcome.FAILED, "the loss: " + "expected shape (3,), got (3, 1). " * 12)
    checks = (*FAILED.checks, extra, check("q2", "p", Outcome.ERROR, messages.OURS))
    notices = (messages.RESTORED.format(count=2), "W" * 300)
    more = FAILED.extra | {"figures": packed}
    return hand_in(*checks, problems=FAILED.problems, notices=notices, extra=more)


def perfect() -> GradingResult:
    """Return one that lost nothing."""
    return hand_in(check("q1", "a", score=3.0, max_score=3.0), check("q2", "b", score=4.0, max_score=4.0))


@pytest.fixture
def visit(open_page: Callable[..., Any]) -> Callable[..., Any]:
    """Open a student's page."""

    def run(result: GradingResult, **options: Any) -> Any:
        given = {"m1": Given(2.0, None, "**Good**, but `which` pair?")}
        return open_page(student_page("ada-lovelace@example.org", result, given), **options)

    return run


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("made", [with_figures, perfect])
def test_axe_finds_nothing(visit: Callable[..., Any], name: str, made: Callable[[], GradingResult]) -> None:
    """By day, by night, on a phone, in a reader's own colours, everything opened; nothing is wider than the screen."""
    page = visit(made(), **VIEWS[name])
    wide = "document.documentElement.scrollWidth"
    assert page.evaluate(wide) <= VIEWS[name]["viewport"]["width"]
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.evaluate(wide) <= VIEWS[name]["viewport"]["width"]
    axe_finds_nothing(page, passes=15)
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"feedback-{made.__name__}-{name}.png", full_page=True)


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_first_cause_is_read_without_scrolling_and_the_rest_by_one_click(
    visit: Callable[..., Any], size: dict[str, int]
) -> None:
    """The cause lies on the first screen; a click, or a key, shows what was asked for and the line that raised."""
    page = visit(FAILED, viewport=size)
    losses = page.locator(".loss")
    box = losses.nth(0).locator(".what").bounding_box()
    assert box["y"] + box["height"] <= size["height"]
    second = losses.nth(1)
    assert not second.locator(".more").is_visible()
    second.locator("summary").click()
    assert "raise ValueError" in second.locator("pre").first.inner_text()
    assert "The d is right." in second.locator(".more").inner_text()
    second.locator("summary").focus()
    page.keyboard.press("Enter")
    assert not second.locator(".more").is_visible()


def test_print_shows_what_is_folded(visit: Callable[..., Any]) -> None:
    """On paper nobody clicks."""
    page = visit(FAILED, viewport=DESK)
    page.emulate_media(media="print")
    for text in ("The d is right.", "raise ValueError", "The a is right."):
        assert page.get_by_text(text).first.is_visible(), text
