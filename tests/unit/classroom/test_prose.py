"""Students' Markdown for staff's browsers: nothing runs, nothing is loaded, nothing is lost to read."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.classroom import prose
from autograder.classroom.prose import plain, safe_markdown

ALLOWED = {
    *("div", "p", "pre", "code", "em", "strong", "s", "a", "img", "br", "hr", "sub", "sup", "blockquote"),
    *("ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"href", "target", "rel", "src", "alt", "style", "class", "start", "title"}
ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<div class='panel panel-primary nbgrader_cell'>q1: 25 of 25 points</div>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "[x](evil.html)",
    "[x](/formgrader/api/assignment/a/release)",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "![x](/formgrader/api/grades)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    '![a" onerror="alert(1)](data:image/png;base64,AAAA)',
    '![a](data:image/png;base64,AAAA "t\' onerror=alert(1)")',
    "<img src='data:image/png;base64,AAAA' onerror=alert(1)>",
    "<img src='autograder-picture:0' onerror=alert(1)>",
    "![x](autograder-picture:0) ![x](autograder-picture:99999999999999999999)",
    "![x](attachment:p.png) ![x](attachment:../../p.png)",
    "```html\n</code></pre><script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "$</script><script>alert(1)</script>$ $$<img onerror=alert(1)>$$",
    "\\<script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<!--><script>alert(1)</script>-->",
    "<sub onclick=alert(1)>x</sub><br onload=alert(1)/>",
    "a\n\n</div></div></div><script>alert(1)</script>",
    "x\u2028<script>\u2029alert(1)</script>",
]


class Reader(HTMLParser):
    """Collects tags, attributes and addresses, as a browser would find them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def look(page: str) -> Reader:
    """Read a page, and require what holds for every text."""
    reader = Reader()
    reader.feed(page)
    assert set(reader.tags) <= ALLOWED
    for name, value in reader.attributes:
        assert name in ATTRIBUTES
        if name == "href":
            assert re.match(r"(https?://|mailto:)", value, re.IGNORECASE)
        if name == "src":
            assert re.fullmatch(r"data:image/(png|jpe?g|gif);base64,[A-Za-z0-9+/=]+", value)
        if name == "class":
            assert value == "tex2jax_ignore" or value.startswith("language-")
    assert "\n" not in page
    assert "\r" not in page
    return reader


@pytest.mark.parametrize("attack", ATTACKS)
def test_markdown_runs_and_loads_nothing(attack: str) -> None:
    """Scripts, handlers, frames, foreign pictures and odd addresses are text; so they are in the plain form."""
    for page in (safe_markdown(attack), plain(attack)):
        look(page)
        assert "<script" not in page


@pytest.mark.parametrize("attack", ATTACKS)
def test_nbconverts_renderer_leaves_it_as_it_is(attack: str) -> None:
    """The formgrader renders it once more, with HTML let through: what comes out is what went in."""
    filters = pytest.importorskip("nbconvert.filters.markdown_mistune")
    page = safe_markdown(attack)
    again = filters.MarkdownWithMath(renderer=filters.IPythonRenderer(escape=False)).render(page)
    assert again.strip() == page


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet=st.sampled_from(list("<>[]()!`$\\*_&;:#|- \n\t\"'=/abjscript:javdtimg1")), max_size=120)
)
def test_any_text_is_harmless(text: str) -> None:
    """No mixture of marks gives a tag, an attribute or an address that is not on the list."""
    look(safe_markdown(text))


def test_what_people_write_is_readable() -> None:
    """Emphasis, tables, code, formulas, links, sub and sup, and the pictures that the cell holds."""
    page = safe_markdown(
        "**b** $a_1*b*$ H<sub>2</sub>O<br>\n\n|x|y|\n|-|-|\n|1|2|\n\n```python\na < b\n\nc\n```\n\n"
        "[l](https://a.example/?q=1&r=2) ![p](attachment:my%20plot.png) ![q](data:image/jpeg;base64,BBBB) x < 3",
        {"my plot.png": {"image/png": "AAAA"}},
    )
    for part in (
        "<strong>b</strong> $a_1*b*$ H<sub>2</sub>O<br>",
        "<td>2</td>",
        "a &lt; b&#10;&#10;c",
        'href="https://a.example/?q=1&amp;r=2"',
        'src="data:image/png;base64,AAAA"',
        'src="data:image/jpeg;base64,BBBB"',
        "x &lt; 3",
    ):
        assert part in page


def test_text_that_is_too_long_is_shown_as_it_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is cut, and no renderer works on it; a large picture is not counted."""
    long = "*a* <b> " * (prose.MAX_CHARS // 8 + 1)
    page = safe_markdown(long)
    assert page.startswith('<div><pre class="tex2jax_ignore">*a* &lt;b&gt;')
    assert page.endswith("cut here …</pre></div>")
    picture = f"![p](data:image/png;base64,{'A' * 2 * prose.MAX_CHARS})"
    assert look(safe_markdown(picture)).tags == ["div", "p", "img"]
    assert html.unescape(plain("a\n\nb")) == '<div><pre class="tex2jax_ignore">a\n\nb</pre></div>'
