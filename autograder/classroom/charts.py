"""Charts of a class as SVG that stands in a page: no script, no style attribute, text as text (*trusted*).

Matplotlib draws them. Its colours are exchanged for classes, so that the page decides how they look, by day and by
night; ids, fonts and metadata go. Numbers only come in, and names that the course's author chose.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree
from zlib import crc32

from markupsafe import Markup

from autograder.messages import safe

if TYPE_CHECKING:
    from autograder.classroom.overview import Entry, QuestionFigures, Usage
    from autograder.classroom.statistics import Bin, Summary

# Drawn colour → class of the page's style sheet.
INK, QUIET, BARS, MARK, GRID = "#010101", "#020202", "#030303", "#040404", "#050505"
CLASSES = {INK: "ink", QUIET: "quiet", BARS: "bars", MARK: "mark", GRID: "grid"}
WIDTH = 5.6  # inches of 72 units: about a phone's width, so that a chart's letters are as large as the text beside it
_KEPT = {  # presentation attributes: what a style sheet of the page's may override, and a policy allows
    "stroke-width",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-linecap",
    "stroke-linejoin",
    "text-anchor",
    "font-size",
    "fill-opacity",
    "stroke-opacity",
    "opacity",
}
_STYLE = {
    "svg.fonttype": "none",  # text stays text: to be read aloud, found and printed
    "svg.hashsalt": "overview",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": GRID,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


def drawn(draw: Callable[..., Any], *arguments: Any, label: str) -> Markup:
    """Return a chart, or nothing where it cannot be drawn: the table behind it says the same."""
    try:
        return _inline(draw, *arguments, label=label)
    except Exception:
        logging.getLogger(__name__).debug("a chart was not drawn", exc_info=True)
        return Markup("")


def _inline(draw: Callable[..., Any], *arguments: Any, label: str) -> Markup:
    logging.getLogger("matplotlib").setLevel(
        logging.ERROR
    )  # about its cache, which is nobody's business here
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a letter that its font lacks: the browser has others
        figure = draw(*arguments)
        file = StringIO()
        FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None})
    return _cleaned(file.getvalue(), label)


# What a class of colour is where no style sheet is: on white paper.
PAPER = {INK: "#1b1f24", QUIET: "#59626c", BARS: "#7a9fc9", MARK: "#0d3b6e", GRID: "#d6dbe1"}


def as_png(draw: Callable[..., Any], *arguments: Any, dots_per_inch: int = 100) -> bytes:
    """Return a chart as a small PNG on white, for a host that shows no SVG."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    with mpl.rc_context({**_STYLE, "figure.facecolor": "white"}), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        figure = draw(*arguments)
        for artist in figure.findobj():
            _paint(artist)
        figure.set_dpi(dots_per_inch)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        picture = Image.frombuffer("RGBA", canvas.get_width_height(), bytes(canvas.buffer_rgba()))
    file = BytesIO()
    picture.convert("RGB").quantize(32, dither=Image.Dither.NONE).save(file, "png", optimize=True)
    return file.getvalue()


def _paint(artist: Any) -> None:
    """Give an artist that is drawn in a class's colour that class's colour on paper."""
    from matplotlib.colors import to_hex

    for what in ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor"):
        get, put = getattr(artist, f"get_{what}", None), getattr(artist, f"set_{what}", None)
        if get is None or put is None:
            continue
        try:
            found = get()
            code = to_hex(found if isinstance(found, (str, tuple)) else found[0])
        except (TypeError, ValueError, IndexError):
            continue
        if code in PAPER:
            put(PAPER[code])


def chart_axes(
    height: float, columns: int = 1, rows: int = 1, *, left: float = 0.62, **options: Any
) -> tuple[Any, Any]:
    """Return a figure with room for its labels, in inches; to have it measured would double the time of all charts."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height))
    figure.subplots_adjust(
        left=left / WIDTH, right=1 - 0.16 / WIDTH, bottom=0.52 / height, top=1 - 0.1 / height, wspace=0.2
    )
    return figure, figure.subplots(rows, columns, **options)


# ---- the charts ----------------------------------------------------------------------------------------------------


def points(bins: Sequence[Bin], summary: Summary) -> Any:
    """Draw how many hand-ins have how many points, with mean and median."""
    figure, axes = chart_axes(2.9)
    _bars(axes, bins)
    top = max(b.count for b in bins)
    axes.set_ylim(0, top * 1.28)
    for value, word, style, height in (
        (summary.mean, "mean", "-", 1.14),
        (summary.median, "median", "--", 1.26),
    ):
        axes.plot([value, value], [0, top * (height - 0.04)], color=MARK, linestyle=style, linewidth=1.8)
        right = value > (bins[0].low + bins[-1].high) / 2
        axes.annotate(
            f"{word} {value:.3g}",
            (value, top * height),
            xytext=(-4 if right else 4, 0),
            textcoords="offset points",
            ha="right" if right else "left",
            va="top",
        )
    axes.set_xlabel("points")
    axes.set_ylabel("hand-ins")
    return figure


def _bars(axes: Any, bins: Sequence[Bin]) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.bar(
        [b.low for b in bins],
        [b.count for b in bins],
        width=[(b.high - b.low) * 0.94 for b in bins],
        align="edge",
        color=BARS,
    )
    axes.set_xlim(bins[0].low, bins[-1].high)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.grid(axis="y", linewidth=0.6)
    axes.set_axisbelow(True)


def questions(found: Sequence[QuestionFigures]) -> Any:
    """Draw for each question the share of its points, and how it goes with the rest."""
    names = [safe(q.name, 18) for q in found]
    figure, (left, right) = chart_axes(
        0.9 + 0.3 * len(found),
        2,
        left=0.3 + 0.1 * max(map(len, names)),
        sharey=True,
        gridspec_kw={"width_ratios": (1.25, 1), "wspace": 0.12},
    )
    where = list(range(len(found)))
    left.barh(where, [100 * (q.share or 0) for q in found], color=BARS, height=0.62)
    for place, q in zip(where, found, strict=True):
        text = "–" if q.share is None else f"{100 * q.share:.0f} %"
        left.annotate(
            text,
            (100 * min(1.0, q.share or 0), place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=10,
        )
        if q.discrimination is not None:
            low, high = q.interval or (q.discrimination, q.discrimination)
            right.plot([low, high], [place, place], color=BARS, linewidth=2.2)
            right.plot([q.discrimination], [place], marker="o", markersize=6, color=MARK, linestyle="none")
    left.set_yticks(where, names)
    left.set_ylim(len(found) - 0.4, -0.6)
    left.set_xlim(0, 122)
    left.set_xticks([0, 50, 100])
    left.set_xlabel("% of the points")
    right.axvline(0, color=QUIET, linewidth=1)
    right.set_xlim(-1, 1)
    right.set_xticks([-1, 0, 1])
    right.tick_params(left=False)
    right.spines["left"].set_visible(False)
    right.grid(axis="x", linewidth=0.6)
    right.set_xlabel("discrimination")
    return figure


def leaderboard(entries: Sequence[Entry]) -> Any:
    """Draw the numbers of a board by rank, with their intervals."""
    figure, axes = chart_axes(2.9)
    known = [
        (rank, e.low, e.high) for rank, e in enumerate(entries, 1) if e.low is not None and e.high is not None
    ]
    if known:
        axes.vlines(*zip(*known, strict=True), color=BARS, linewidth=max(0.8, min(3, 150 / len(entries))))
    axes.plot(
        range(1, len(entries) + 1),
        [e.value for e in entries],
        marker="o",
        markersize=max(2.5, min(6, 200 / len(entries))),
        color=MARK,
        linestyle="none",
    )
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xlim(0, len(entries) + 1)
    axes.grid(axis="y", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("rank")
    axes.set_ylabel("recorded number")
    return figure


def usage(found: Sequence[Usage]) -> Any:
    """Draw what the hand-ins needed of time and memory."""
    figure, axes = chart_axes(2.4, len(found), squeeze=False)
    for axis, one in zip(axes[0], found, strict=True):
        _bars(axis, one.bins)
        axis.xaxis.get_major_locator().set_params(nbins=4)
        axis.set_xlabel(f"{one.name} ({one.unit})")
    axes[0][0].set_ylabel("hand-ins")
    return figure


# ---- SVG as the page takes it --------------------------------------------------------------------------------------

_SVG, _LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"


def _cleaned(text: str, label: str) -> Markup:
    root = ElementTree.fromstring(text)  # noqa: S314  drawn by ourselves
    used = {
        found
        for element in root.iter()
        for value in element.attrib.values()
        for found in re.findall(r"#([\w-]+)", value)
    }
    salt = f"{crc32(label.encode()):x}"  # ids of several charts in one page
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{_SVG}metadata", f"{_SVG}style") or callable(child.tag):
                parent.remove(child)
        attributes = dict(parent.attrib)
        parent.attrib.clear()
        parent.attrib |= dict(_attributes(attributes, used, salt))
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        element.text, element.tail = (element.text or "").strip(), None
    box = root.attrib.get("viewBox", "0 0 1 1")
    root.attrib.clear()
    root.attrib |= {"viewBox": box, "class": "chart", "role": "img", "aria-label": label}
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704  serialised, so escaped


def _attributes(given: Mapping[str, str], used: set[str], salt: str) -> Iterator[tuple[str, str]]:
    """Yield what is kept of an element's attributes: a class for a colour, attributes for its style."""
    classes = []
    for name, value in given.items():
        if name == "id":
            if value in used:
                yield "id", f"{value}-{salt}"
        elif name in ("style", "fill", "stroke"):
            pairs = value.split(";") if name == "style" else [f"{name}: {value}"]
            for key, content in (
                (p.split(":", 1)[0].strip(), p.split(":", 1)[1].strip()) for p in pairs if ":" in p
            ):
                if key in ("fill", "stroke") and content in CLASSES:
                    classes.append(f"{key[0]}-{CLASSES[content]}")
                elif (key in ("fill", "stroke") and content == "none") or key in _KEPT:
                    yield key, content
        else:
            content = re.sub(r"#([\w-]+)", rf"#\1-{salt}", value)
            yield ("href" if name == _LINK else name), content
    if classes:
        yield "class", " ".join(dict.fromkeys(classes))
