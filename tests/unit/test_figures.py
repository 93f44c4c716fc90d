"""Figures as plain numbers: their forms, their words, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from autograder import figures

EPOCHS = np.arange(60)
CURVES = {
    "good": ({"training": 2 * np.exp(-EPOCHS / 5) + 0.1}, "Good: it falls and levels off"),
    "falling": ({"training": 2 - EPOCHS / 40}, "Still falling at the end"),
    "flat": ({"training": 2 + 0.001 * np.sin(EPOCHS)}, "Flat: nothing is learned"),
    "diverging": ({"training": 1.2**EPOCHS}, "Diverging: the loss rises"),
    "nan": ({"training": [3.0, np.inf, np.nan]}, "NaN or infinite from some epoch on"),
    "overfitting": (
        {"training": 2 * np.exp(-EPOCHS / 20), "validation": 1 + (EPOCHS / 20 - 1) ** 2},
        "Overfitting: the validation rises again",
    ),
    "short": ({"training": [1.0, 0.5]}, "Too few epochs"),
}


@pytest.mark.parametrize("name", CURVES)
def test_curve_has_one_line_of_diagnosis(name: str) -> None:
    """Diverging, flat, overfitting, NaN, still falling, good."""
    lines, said = CURVES[name]
    packed = figures.pack("curve", "Loss", lines)
    assert packed["words"].startswith(said)
    assert json.loads(json.dumps(packed, allow_nan=False)) == packed


def test_long_lines_are_thinned_and_rounded() -> None:
    """First and last stay; four digits."""
    packed = figures.pack("curve", "Loss", {"training": np.linspace(9.123456, 1.0, 10_000)})
    (line,) = packed["data"]["lines"].values()
    assert len(line) == figures.MAX_POINTS
    assert (line[0], line[-1]) == (9.123, 1.0)
    assert packed["data"]["epochs"]["training"][-1] == 10_000


def test_words_of_the_other_kinds() -> None:
    """Each says in words what its picture shows."""
    filters = np.zeros((2, 4, 3))
    filters[0, [3, 0, 3], [0, 1, 2]] = 2.0
    filters[1, [1, 1, 2], [0, 1, 2]] = 1.0
    said = figures.pack("logos", "F", {"filters": filters, "motifs": ["TAT", "GCG"]})["words"]
    assert (
        said
        == "Filter 0 answers most to TAT; filter 1 answers most to CCG; TAT is among them; GCG is in none of them"
    )
    walk = {"path": [[0, 0], [1, 1]], "target": [1, 2]}
    assert "1 steps from (0, 0) to (1, 1): 1 from the minimum" in figures.pack("walk", "W", walk)["words"]
    track = {"predicted": [0, 1, 0.5], "observed": [0, 0, 1]}
    assert (
        "highest at position 1 in the prediction, 2 in the data" in figures.pack("track", "T", track)["words"]
    )
    kinks = {"x": [0, 1], "y": [0, 1], "at": [0, 1], "curve": [0, 0], "kinks": [0.5, 7, np.nan]}
    assert "bends at 1 places" in figures.pack("kinks", "K", kinks)["words"]


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        ("pie", {}),
        ("curve", {}),
        ("curve", {"training": ["a", "b"]}),
        ("curve", {"training": [[1.0]]}),
        ("curve", {key: [1.0, 2.0] for key in "abcde"}),
        ("walk", {"path": [[1.0, np.nan]]}),
        ("walk", {"path": [1.0, 2.0]}),
        ("walk", {"path": [[1.0, 2.0]], "secret": [1]}),
        ("track", {"predicted": [1.0], "observed": [1.0, 2.0]}),
        ("logos", {"filters": np.ones((1, 3, 2))}),
        ("logos", {"filters": np.ones((1, 4, 2)), "motifs": ["<b>"]}),
        ("kinks", {"x": [1.0], "y": [1.0], "at": [1.0], "curve": [1.0, 2.0]}),
    ],
)
def test_other_numbers_are_refused(kind: str, numbers: dict[str, object]) -> None:
    """No figure, and no verdict depends on it."""
    with pytest.raises((ValueError, TypeError)):
        figures.pack(kind, "", numbers)
