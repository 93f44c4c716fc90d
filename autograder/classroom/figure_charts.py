"""A student's figures as charts of their page; each with its words and its numbers beside it (*trusted*).

What is drawn was packed by ``autograder.figures``: plain numbers. Lines differ by their form, not by colour alone.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup, escape

from autograder.classroom.charts import BARS, GRID, INK, MARK, QUIET, as_png, chart_axes, drawn
from autograder.messages import safe
from autograder.model import GradingResult

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]  # head and rows
MAX_FIGURES = 12  # of one page
MAX_PNG_CHARS = 60_000  # Gradescope cuts an output at 100,000
ROWS = 12  # of the table behind a figure


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure of a page: what it is of, the chart (empty if it could not be drawn), its words, a table."""

    question: str
    title: str
    words: str
    chart: Markup
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


def of(result: GradingResult) -> list[Shown]:
    """Return a hand-in's figures, by question; one that a damaged record holds is left out."""
    shown = []
    for one in _raw(result):
        try:
            shown.append(_shown(one))
        except (KeyError, TypeError, ValueError, IndexError):
            continue
    return shown


def tests_of(result: GradingResult) -> list[dict[str, Any]]:
    """Return a hand-in's figures as entries of Gradescope's ``tests``: without score, a PNG and its words.

    Its HTML is cleaned by Gradescope; pictures as data URIs are shown by what users report
    (gradescope/autograder_samples, discussion 108). Where one is not, its words stand there.
    """
    entries = []
    for one in _raw(result):
        try:
            draw, _ = _KINDS[one["kind"]]
            title, words = safe(one["title"], 80), safe(one["words"], 600)
            png = base64.b64encode(as_png(draw, one["data"])).decode()
        except Exception:  # noqa: BLE001, S112  a picture is worth no score
            continue
        image = f'<img alt="{escape(f"{title}: {words}")}" src="data:image/png;base64,{png}">'
        text = f"<p>{escape(words)}.</p>"
        entries.append(
            {
                "name": f"{one['question']}: {title}",
                "output": f"{text}{image}" if len(image) < MAX_PNG_CHARS else text,
                "output_format": "html",
                "status": "passed",
                "tags": [str(one["question"])],
            }
        )
    return entries


def _raw(result: GradingResult) -> list[dict[str, Any]]:
    raw = [({**one, "question": c.question}) for c in result.checks for one in c.figures]
    kept = result.extra.get("figures")
    raw += [one for one in (kept if isinstance(kept, list) else []) if isinstance(one, dict)]
    order = [q.name for q in result.questions]
    raw.sort(key=lambda one: order.index(one["question"]) if one.get("question") in order else len(order))
    return raw[:MAX_FIGURES]


def _shown(one: Mapping[str, Any]) -> Shown:
    draw, table = _KINDS[one["kind"]]
    title, words = safe(one["title"], 80), safe(one["words"], 600)
    head, rows = table(one["data"])
    chart = drawn(draw, one["data"], label=f"{title}: {words}")
    return Shown(str(one["question"]), title, words, chart, head, rows)


def _number(value: float | None) -> str:
    return "NaN" if value is None else f"{value:.4g}"


def _some(count: int) -> list[int]:
    return [int(n) for n in np.unique(np.linspace(0, count - 1, min(count, ROWS)).round())]


# ---- one kind after the other --------------------------------------------------------------------------------------


def _curve(data: Mapping[str, Any]) -> Any:
    figure, axes = chart_axes(2.6)
    drawn_lines = [(INK, "-"), (MARK, "--"), (QUIET, ":"), (BARS, "-.")]
    positive = [v for line in data["lines"].values() for v in line if v is not None]
    for (name, line), (colour, style) in zip(data["lines"].items(), drawn_lines, strict=False):
        values = [np.nan if v is None else v for v in line]
        axes.plot(data["epochs"][name], values, color=colour, linestyle=style, linewidth=1.8, label=name)
    if positive and min(positive) > 0 and max(positive) > 30 * min(positive):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, _place: f"{value:g}")
        axes.yaxis.set_minor_formatter(lambda _value, _place: "")
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss")
    axes.legend(frameon=False, fontsize=11)
    return figure


def _curve_table(data: Mapping[str, Any]) -> Table:
    names = list(data["lines"])
    first = data["epochs"][names[0]]
    rows = []
    for n in _some(len(first)):
        epoch = first[n]
        cells = [
            _number(data["lines"][name][data["epochs"][name].index(epoch)])
            if epoch in data["epochs"][name]
            else "–"
            for name in names
        ]
        rows.append((str(epoch), *cells))
    return ("epoch", *names), rows


def _walk(data: Mapping[str, Any]) -> Any:
    figure, axes = chart_axes(3.2, left=0.75)
    path = np.array(data["path"])
    axes.plot(path[:, 0], path[:, 1], color=MARK, linewidth=1.4, marker="o", markersize=3)
    axes.plot(*path[0], marker="s", markersize=8, color=QUIET)
    axes.annotate("start", path[0], xytext=(8, 4), textcoords="offset points")
    if data["target"]:
        axes.plot(*data["target"], marker="x", markersize=10, markeredgewidth=2.5, color=INK)
        axes.annotate("minimum", data["target"], xytext=(-10, 4), textcoords="offset points", ha="right")
    axes.margins(0.25)
    axes.grid(linewidth=0.6)
    axes.set_xlabel("β₀")
    axes.set_ylabel("β₁")
    return figure


def _walk_table(data: Mapping[str, Any]) -> Table:
    kept = _some(len(data["path"]))
    return ("point", "β₀", "β₁"), [(str(n), *map(_number, data["path"][n])) for n in kept]


def _kinks(data: Mapping[str, Any]) -> Any:
    figure, axes = chart_axes(3.0)
    axes.plot(data["x"], data["y"], ".", color=BARS, markersize=5, label="data")
    axes.plot(data["at"], data["curve"], color=MARK, linewidth=1.8, label="your network")
    heights = np.interp(data["kinks"], data["at"], data["curve"]) if data["kinks"] else []
    axes.plot(data["kinks"], heights, "|", color=INK, markersize=12, label="its kinks")
    axes.set_xlabel("x")
    axes.set_ylabel("y")
    axes.legend(frameon=False, fontsize=11)
    return figure


def _kinks_table(data: Mapping[str, Any]) -> Table:
    kept = _some(len(data["at"]))
    return ("x", "your network"), [(_number(data["at"][n]), _number(data["curve"][n])) for n in kept]


def _track(data: Mapping[str, Any]) -> Any:
    figure, axes = chart_axes(2.6)
    where = data["positions"]
    axes.fill_between(where, data["observed"], step="mid", color=GRID, linewidth=0, label="data")
    axes.plot(where, data["observed"], color=QUIET, linewidth=0.8, drawstyle="steps-mid")
    axes.plot(where, data["predicted"], color=MARK, linewidth=1.6, label="your network")
    axes.set_xlabel(f"position in {data['name']}" if data["name"] else "position")
    axes.set_ylabel("score")
    axes.legend(frameon=False, fontsize=11)
    return figure


def _track_table(data: Mapping[str, Any]) -> Table:
    best = sorted(np.argsort(data["observed"])[::-1][:ROWS].tolist())
    rows: list[tuple[str, ...]] = [
        (str(data["positions"][n]), _number(data["observed"][n]), _number(data["predicted"][n])) for n in best
    ]
    return ("position", "data", "your network"), rows


def _logos(data: Mapping[str, Any]) -> Any:
    """Letters as tall as their weights, those below 0 under the line; the motifs above, in letters of one height."""
    names = [*(f"motif {m}" for m in data["motifs"]), *data["names"]]
    matrices = [np.eye(4)[["ACGT".index(c) for c in m]].T for m in data["motifs"]]
    matrices += [np.array(m) for m in data["filters"]]
    columns = 2
    rows = -(-len(matrices) // columns)
    height = 0.45 + 1.2 * rows
    figure, axes = chart_axes(height, columns, rows, squeeze=False, left=0.2)
    figure.subplots_adjust(hspace=0.5, wspace=0.15, top=1 - 0.32 / height, bottom=0.08 / height)
    for axis in axes.flat[len(matrices) :]:
        axis.set_visible(False)
    for axis, name, matrix in zip(axes.flat, names, matrices, strict=False):
        _logo(axis, matrix)
        axis.set_title(name, fontsize=11, loc="left")
    return figure


def _logo(axis: Any, matrix: np.ndarray) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    for place, column in enumerate(matrix.T):
        for sign, colour in ((1, INK), (-1, QUIET)):
            level = 0.0
            for letter in np.argsort(np.abs(column)):
                height = abs(float(column[letter]))
                if sign * column[letter] <= 0 or height < 0.02 * np.abs(matrix).max():
                    continue
                path = TextPath((0, 0), "ACGT"[letter], size=1)
                box = path.get_extents()
                bottom = level if sign > 0 else -level - height
                move = Affine2D().translate(-box.x0, -box.y0).scale(0.86 / box.width, height / box.height)
                move.translate(place - 0.43, bottom)
                axis.add_patch(PathPatch(move.transform_path(path), facecolor=colour, edgecolor="none"))
                level += height
    most = float(np.where(matrix > 0, matrix, 0).sum(0).max())
    least = float(np.where(matrix < 0, -matrix, 0).sum(0).max())
    axis.axhline(0, color=QUIET, linewidth=0.8)
    axis.set_xlim(-0.6, matrix.shape[1] - 0.4)
    axis.set_ylim(-least * 1.05 - 1e-9, most * 1.05 + 1e-9)
    axis.set_xticks([])
    axis.set_yticks([])
    for side in ("left", "bottom"):
        axis.spines[side].set_visible(False)


def _logos_table(data: Mapping[str, Any]) -> Table:
    rows: list[tuple[str, ...]] = []
    for name, matrix in zip(data["names"], data["filters"], strict=True):
        for letter, weights in zip("ACGT", matrix, strict=True):
            rows.append((name, letter, " ".join(f"{w:+.2f}" for w in weights)))
    return ("filter", "letter", "weights, place by place"), rows


_KINDS: dict[str, Any] = {
    "curve": (_curve, _curve_table),
    "logos": (_logos, _logos_table),
    "track": (_track, _track_table),
    "kinks": (_kinks, _kinks_table),
    "walk": (_walk, _walk_table),
}
