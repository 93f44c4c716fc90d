"""Where each test of another tool's is judged, and why: the table that a release keeps (*trusted*, standard library only)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.foreign import Place

FILE = "places.json"  # in the bundle
PROBES = ("absent", "junk")  # as in judge/foreign_check
NOTHING = " It passes for your solution also where the names that it judges are taken away: whoever hands in gets its points."


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Where one test is judged, and why."""

    question: str
    name: str
    place: Place
    why: str = ""  # for a test inside: what it looks at, or how the proof failed
    to_do: str = ""
    unable: bool = False  # it cannot run anywhere: its points wait for a person
    words: tuple[str, ...] | None = None  # see ``ForeignTest``
    probes: tuple[str, ...] = PROBES
    binds: bool = False  # does its solution need what the test itself binds?
    follows: bool = False  # does its solution need what the tests before it did?

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Row:
        """Rebuild a row from its fields as plain data."""
        words = data.get("words")
        return cls(
            **{
                **data,
                "place": Place(data["place"]),
                "words": None if words is None else tuple(words),
                "probes": tuple(data.get("probes", PROBES)),
            }
        )


def summary(rows: list[Row]) -> str:
    """Return the table's headline: how many test cells are judged outside, and what keeps the others inside."""
    inside = [row for row in rows if row.place is Place.INSIDE]
    if not rows:
        return "no test cells: a person grades all of it"
    text = f"{len(rows) - len(inside)} of {len(rows)} test cells outside"
    if inside:
        text += f"; {len(inside)} inside: " + ", ".join(
            f"{row.question} {row.why.split(' (')[0].removeprefix('it ')}" for row in inside
        )
    return text


def lines(rows: list[Row]) -> list[str]:
    """Return a line for each test that is not judged outside: why, and how to get it out."""
    return [
        f"{row.question}: {'cannot run here' if row.unable else 'inside'}: {row.why}. {row.to_do}".strip()
        + (NOTHING if not row.unable and "absent" not in row.probes else "")
        for row in rows
        if row.place is Place.INSIDE
    ]


def write_table(folder: Path, rows: list[Row]) -> None:
    """Keep the table in the bundle."""
    (folder / FILE).write_text(
        json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def read_table(folder: Path) -> list[Row]:
    """Return a bundle's table; of a bundle of ours, nothing."""
    try:
        return [Row.from_json(row) for row in json.loads((folder / FILE).read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError, KeyError):
        return []
