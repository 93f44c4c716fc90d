"""Students' Markdown, made harmless for a page that staff opens (*trusted*).

The formgrader, and nbgrader's feedback, hand a notebook's Markdown to a renderer that lets HTML through: a script in
an answer would run in the instructor's browser, beside everybody's scores. So Markdown is rendered here, by a
renderer that knows no HTML, and what is stored is that rendering: one line, which Markdown leaves as it is.
"""

from __future__ import annotations

import html
import re
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from autograder.notebook import IMAGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MAX_CHARS = 50_000  # of one cell, pictures aside; half a second at the worst
_LINK = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/(?:png|jpe?g|gif);base64,[A-Za-z0-9+/]+={0,2}")
# Colab writes a dropped picture as HTML. Its address is all that is taken over.
_PICTURE_TAG = re.compile(r"<img\s[^<>]*?\bsrc=([\"']?)(autograder-picture:\d+)\1[^<>]*>", re.IGNORECASE)
_PLACE = "autograder-picture:"
# Tags that people write in Markdown, without attributes. All else shows as it was typed.
_HARMLESS = re.compile(r"&lt;(br ?/?|/?(?:sub|sup))&gt;", re.IGNORECASE)


def safe_markdown(untrusted: str, attachments: Mapping[str, Mapping[str, str]] | None = None) -> str:
    """Return Markdown as one line of HTML that runs nothing and loads nothing.

    Links lead to http, https and mailto only; pictures are those that the cell itself holds, as ``data:`` or in
    ``attachments`` (name → type → base64); TeX stays for MathJax. What is too long is shown as plain text.
    """
    pictures: list[str] = []

    def take(found: re.Match[str]) -> str:
        pictures.append(found[0])
        return f"{_PLACE}{len(pictures) - 1}"

    text = _PICTURE.sub(take, untrusted.replace(_PLACE, ""))
    if len(text) > MAX_CHARS:
        return plain(untrusted)
    text = _PICTURE_TAG.sub(r"![picture](\2)", text)
    rendered = _renderer().render(text, {"pictures": pictures, "attachments": attachments or {}})
    return _one_line(_HARMLESS.sub(r"<\1>", rendered))


def plain(untrusted: str) -> str:
    """Return a text as one line of HTML that shows it as it was typed, cut where it is too long."""
    cut = untrusted if len(untrusted) <= MAX_CHARS else untrusted[:MAX_CHARS] + "\n… cut here …"
    return _one_line(f'<pre class="tex2jax_ignore">{html.escape(cut)}</pre>')


def _one_line(rendered: str) -> str:
    # A block of HTML ends at an empty line; without line breaks it is one block, and passes through unread.
    return f"<div>{rendered}</div>".replace("\r", "").replace("\n", "&#10;")


@cache
def _renderer() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    made = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])
    made.use(dollarmath_plugin)
    made.validateLink = _may_be_followed  # type: ignore[assignment, method-assign]
    for name, rule in {
        "image": _image,
        "link_open": _link_open,
        "math_inline": _math("$"),
        "math_inline_double": _math("$$"),
        "math_block": _math("$$"),
        "math_block_label": _math("$$"),
    }.items():
        made.renderer.rules[name] = rule  # type: ignore[attr-defined]
    return made


def _may_be_followed(address: str) -> bool:
    # "attachment:" and pictures are looked up, never followed: see _image.
    return bool(_LINK.match(address)) or address.startswith((_PLACE, "attachment:"))


def _link_open(tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    address = str(tokens[index].attrs.get("href", ""))
    if not _LINK.match(address):
        return "<a>"
    return f'<a href="{html.escape(address)}" target="_blank" rel="noopener noreferrer">'


def _image(tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
    token = tokens[index]
    address, label = str(token.attrs.get("src", "")), html.escape(token.content[:200] or "picture")
    data = ""
    if address.startswith(_PLACE):
        number = address.removeprefix(_PLACE)
        data = (
            env["pictures"][int(number)] if number.isdecimal() and int(number) < len(env["pictures"]) else ""
        )
    elif address.startswith("attachment:"):
        name = address.removeprefix("attachment:")
        held = env["attachments"].get(name) or env["attachments"].get(unquote(name)) or {}
        data = next((f"data:{kind};base64,{held[kind]}" for kind in sorted(IMAGES & held.keys())), "")
    if data:
        return f'<img alt="{label}" src="{html.escape(data)}" style="max-width:100%">'
    # Loading it would tell another machine who grades, and when.
    return f"[picture that is not in the notebook: {label}, {html.escape(address[:200])}]"


def _math(mark: str) -> Any:
    def rule(tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
        return f"{mark}{html.escape(tokens[index].content)}{mark}"

    return rule
