"""A student's page in a real browser: the first cause without scrolling, one click, print, and axe finds nothing.

Run by ``make browser-test``; pictures of it lie in ``.autograder/pictures/`` afterwards, to be looked at.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder import figures, messages
from autograder.classroom.by_hand import Given
from autograder.classroom.pages import student_page
from autograder.model import GradingResult, Outcome

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "unit" / "classroom"))
from test_feedback import FAILED, check, hand_in  # noqa: E402  beside us, in a folder that is no package

AXE = ROOT / "playground" / "node_modules" / "axe-core" / "axe.min.js"
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Give a headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open a student's page; what it asks of a network, says on the console or throws is a failure."""
    complaints: list[str] = []
    contexts: list[Any] = []

    def run(result: GradingResult, **options: Any) -> Any:
        given = {"m1": Given(2.0, None, "**Good**, but `which` pair?")}
        path = tmp_path / "page.html"
        path.write_text(student_page("ada-lovelace@example.org", result, given), encoding="utf-8")
        context = browser.new_context(**options)
        context.set_default_timeout(120_000)  # a busy machine is no failure
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("request", lambda r: None if r.url == path.as_uri() else complaints.append(r.url))
        page.goto(path.as_uri())
        return page

    yield run
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("made", [with_figures, perfect])
def test_axe_finds_nothing(visit: Callable[..., Any], name: str, made: Callable[[], GradingResult]) -> None:
    """By day, by night, on a phone, in a reader's own colours, everything opened; nothing is wider than the screen."""
    page = visit(made(), **VIEWS[name])
    wide = "document.documentElement.scrollWidth"
    assert page.evaluate(wide) <= VIEWS[name]["viewport"]["width"]
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.evaluate(wide) <= VIEWS[name]["viewport"]["width"]
    page.evaluate(AXE.read_text(encoding="utf-8"))
    told = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert len(told["passes"]) > 15
    assert [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in told["violations"]] == []
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
