"""The overview of a class in a real browser: what it says, sorts, filters, and that axe finds nothing.

Run by ``make browser-test``; pictures of it lie in ``.autograder/pictures/`` afterwards, to be looked at.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.classroom import circumstances, overview, overview_page
from autograder.model import Question
from tests.browser.chromium import axe_finds_nothing

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "unit" / "classroom"))
from test_overview import QUESTIONS, check, hand_in, hostile_class  # noqa: E402  beside us, in a folder that is no package

PICTURES = ROOT / ".autograder" / "pictures"
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
VIEWS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": DESK},
    "dark": {"viewport": DESK, "color_scheme": "dark"},
    "phone": {"viewport": PHONE},
    "phone-dark": {"viewport": PHONE, "color_scheme": "dark"},
}
CONTRAST = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
  const paper = light(rgb(getComputedStyle(document.body).backgroundColor));
  return [...document.querySelectorAll("svg.chart text")].map((text) => {
    const ink = light(rgb(getComputedStyle(text).fill));
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  });
}"""


THREE = (*QUESTIONS, Question(name="q3", title="Three", points=20))


def forty() -> overview.Overview:
    """Return a class of forty with everything that the page can show."""
    names = ["Ada Lovelace", "Émile Zola", "Bjørn O'Neil", "Nguyễn Văn A", "Ωmega"]
    results, late, links = {}, {}, {}
    for n in range(40):
        name = f"{names[n % 5].lower().replace(' ', '-')}-{n:02d}"
        passes = n % 4 != 0
        checks = (
            check(
                "q1", "a", 10 if n > 4 else 3, 10, "" if n > 4 else f"your code raised TypeError in line {n}"
            ),
            check(
                "q2",
                "b",
                30 if passes else 0,
                30,
                "" if passes else f"the weights: expected float32, got float64 in {n} tensors",
            ),
        )
        board = (
            {"name": "held-out AUROC", "value": 0.7 + n / 200, "low": 0.68 + n / 200, "high": 0.73 + n / 200},
        )
        more = check("q3", "c", 20, 20, leaderboard=board)
        extra = {"timing": {"total_s": 2 + n / 10}, "memory": {"peak_mb": 200 + n * 3}}
        results[name] = hand_in(0, 0, checks=(*checks, more), extra=extra, questions=THREE)
        links[name] = circumstances.Links("../feedback/x.html", "./x.ipynb", "../submitted/x/")
        if n % 9 == 0:
            late[name] = circumstances.Late(f"{n} h late: 10 % of the score", 60, 6, 54)
    results["not-graded"] = hand_in(0, 0, graded=False, checks=(), notices=("cannot read this notebook",))
    around = circumstances.Circumstances(
        late=late,
        links=links,
        missing=("zoe", "yan"),
        has_roster=True,
        by_hand={n: {"m1": 3.0} for n in list(results)[:7]},
    )
    return overview.of_class("week1-mlp", results, around, alike=["two share weights"])


@pytest.fixture
def visit(open_page: Callable[..., Any]) -> Callable[..., Any]:
    """Open a class's page."""

    def run(found: overview.Overview, **options: Any) -> Any:
        return open_page(overview_page.page(found), **options)

    return run


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("found", [forty, hostile_class])
def test_axe_finds_nothing(
    visit: Callable[..., Any], name: str, found: Callable[[], overview.Overview]
) -> None:
    """By day and by night, at a desk and on a phone; nothing is wider than the screen; letters of charts are legible."""
    page = visit(found(), **VIEWS[name])
    assert page.evaluate("document.documentElement.scrollWidth") <= VIEWS[name]["viewport"]["width"]
    assert min(page.evaluate(CONTRAST)) >= 4.5
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    axe_finds_nothing(page, passes=20)
    if found is forty:
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = false; })")
        page.screenshot(path=PICTURES / f"overview-{name}.png", full_page=True)


def test_table_is_sorted_and_filtered(visit: Callable[..., Any]) -> None:
    """By a click or a key on a heading, both ways, what has no number last; by a name without its accents."""
    page = visit(forty(), viewport=DESK)
    points = "[...document.querySelectorAll('#map tbody tr')].map((r) => r.cells[5].textContent.trim())"
    head = page.locator("#map thead th").nth(5).get_by_role("button")
    head.focus()
    page.keyboard.press("Enter")
    up = page.evaluate(points)
    assert up[-1] == "–" and [float(p) for p in up[:-1]] == sorted(float(p) for p in up[:-1])
    head.click()
    down = page.evaluate(points)
    assert down[-1] == "–" and [float(p) for p in down[:-1]] == sorted(
        (float(p) for p in down[:-1]), reverse=True
    )
    assert page.locator("#map thead th").nth(5).get_attribute("aria-sort") == "descending"
    page.get_by_label("Filter by name").fill("emile")
    assert page.locator("#map tbody tr:visible").count() == 8
    assert page.locator("#filtered").text_content() == "8 of 41 shown"
    page.get_by_label("Filter by name").fill("")
    assert page.locator("#map tbody tr:visible").count() == 41


def test_page_is_whole_without_the_script(visit: Callable[..., Any]) -> None:
    """Everybody stands in the table, and nothing is offered that does not work."""
    page = visit(forty(), viewport=DESK, java_script_enabled=False)
    assert page.locator("#map tbody tr").count() == 41
    assert not page.locator("#tools").is_visible()
    assert page.locator("#map thead button").count() == 0


def test_suspect_leads_to_its_hand_ins_by_one_click(visit: Callable[..., Any]) -> None:
    """The planted check is the first, and each of the ten that it fails has its links there."""
    page = visit(forty(), viewport=DESK)
    first = page.locator("#suspect-1")
    assert first.locator("code").first.text_content() == "b"
    assert first.locator("li a[href='./x.ipynb']").count() == 10


def test_markup_of_students_does_nothing(visit: Callable[..., Any]) -> None:
    """No element of theirs, no dialogue; ``visit`` fails on any complaint of the policy."""
    page = visit(hostile_class(), viewport=DESK)
    assert page.locator("script").count() == 1
    assert page.locator("[onload], [onclick], img, iframe").count() == 0


def test_print_shows_every_student_in_light(visit: Callable[..., Any]) -> None:
    """On paper nothing is behind a scroll bar, and a dark screen prints light."""
    page = visit(forty(), viewport={"width": 794, "height": 1123}, color_scheme="dark")
    page.emulate_media(media="print")
    box = "(() => { const w = document.querySelector('.heat .wide'); return [w.scrollHeight, w.clientHeight]; })()"
    inside, shown = page.evaluate(box)
    assert inside <= shown + 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 794
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / "overview-print.png", full_page=True)
