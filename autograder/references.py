"""What the reference models reached, and the floor that follows from it (*trusted*; no torch).

A *card* (``references/<assignment>/card.json``) records many honest trainings of one recipe that differ
only in their seed. Its *floor* is the worst of them, made easier by stated margins: the number that full
marks need. A card is believed only after every number in it that follows from others has been recomputed.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograder import bounds
from autograder.errors import CardError

__all__ = ["data_sha256", "floor_from_seeds", "load_card", "make_card", "write_card"]

SCHEMA = 1
_KINDS: dict[str, tuple[type, str]] = {  # every key that a card needs
    "schema": (int, "an integer"),
    "assignment": (str, "a string"),
    "metric": (str, "a string"),
    "direction": (str, "a string"),
    "seeds": (list, "a list"),
    "floor": (dict, "an object"),
    "margin": (dict, "an object"),
    "coverage": (float, "a number"),
    "confidence": (float, "a number"),
    "p_false_fail": (float, "a number"),
    "data_sha256": (str, "a string"),
    "weights_sha256": (str, "a string"),
    "device": (str, "a string"),
    "versions": (dict, "an object"),
    "training": (dict, "an object"),
}

_ROUNDED = 1e-6  # probabilities are written with six decimals


def load_card(path: Path) -> dict[str, Any]:
    """Read a card and recompute what follows from its seeds.

    Parameters
    ----------
    path : the ``card.json``

    Returns
    -------
    dict
        The file's content. Guaranteed: every key of ``_KINDS``; ``floor[m]`` for each gated metric ``m``,
        equal to the worst seed's value moved by the sum of ``margin[part]["values"][m]``; finite numbers.

    Raises
    ------
    CardError
        For the first thing that is missing, of another type, or contradicts the seeds.
    """
    card = _read_json(path)
    try:
        _validate(card)
    except _Refused as refusal:
        raise card_error(path, str(refusal)) from None
    return card


def make_card(
    assignment: str,
    seeds: Sequence[Mapping[str, float]],
    directions: Mapping[str, str],
    margin: Mapping[str, tuple[Mapping[str, float], str]],
    *,
    weights: Path,
    data: Sequence[np.ndarray],
    device: str,
    versions: Mapping[str, str],
    training: Mapping[str, Any],
    coverage: float = 0.99,
) -> dict[str, Any]:
    """Return the card of some honest trainings: the floors, and what an honest run risks to miss.

    Parameters
    ----------
    assignment : its name
    seeds : one row per training: ``seed`` (an integer) and each metric (a finite number)
    directions : metric → "higher" or "lower", whichever is better; the first metric is the card's main one
    margin : reason's name → (metric → how far it makes the floor easier, why); every metric in each
    weights : the file of the weights that ship (its SHA-256 is noted), trained with the first seed
    data : the arrays that the metrics were measured on (their SHA-256 is noted)
    device, versions, training : where, with which libraries and how: for people
    coverage : the share of honest runs for which ``confidence`` says how sure the seeds make us

    Raises
    ------
    CardError
        If the rows or the margins would make no valid card.

    Examples
    --------
    >>> card = make_card("digits", rows, {"accuracy": "higher"}, {"hardware": ({"accuracy": 0.01}, "another CPU")},
    ...                  weights=path, data=[x, y], device="CPU", versions={"torch": torch.__version__}, training=recipe)
    >>> write_card(card, Path("references/digits/card.json"))
    """
    floors = {}
    for metric, direction in directions.items():
        slack = math.fsum(values[metric] for values, _ in margin.values())
        floors[metric] = floor_from_seeds([row[metric] for row in seeds], direction, slack)
    metric, direction = next(iter(directions.items()))
    card = {
        "schema": SCHEMA,
        "assignment": assignment,
        "metric": metric,
        "direction": direction,
        "directions": dict(directions),
        "floor": floors,
        "margin": {name: {"values": dict(values), "reason": why} for name, (values, why) in margin.items()},
        "coverage": coverage,
        "confidence": round(bounds.confidence(len(seeds), coverage), 6),
        "p_false_fail": round(bounds.false_fail_bound(len(seeds), len(floors)), 6),
        "data_sha256": data_sha256(*data),
        "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "device": device,
        "versions": dict(versions),
        "training": dict(training),
        "seeds": [dict(row) for row in seeds],
    }
    try:
        _validate(card)
    except _Refused as refusal:
        raise CardError(f"a card of {assignment!r}: {refusal}; none was made.") from None
    return card


def write_card(card: Mapping[str, Any], path: Path) -> None:
    """Write a card as JSON, one line per seed, so that a new run reads as a diff."""
    text = json.dumps(card, indent=1, ensure_ascii=False, allow_nan=False)
    text = re.sub(r'\{\s+"seed"[^}]*\}', lambda match: " ".join(match[0].split()), text)
    path.write_text(text + "\n", encoding="utf-8")


def data_sha256(*arrays: np.ndarray) -> str:
    """Return the SHA-256 of the arrays' little-endian float64 bytes, in C order, one after another.

    Meant for drawn inputs. A computed ``x**3`` may differ in its last bit from one CPU to the next.
    """
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
    return digest.hexdigest()


def floor_from_seeds(values: Sequence[float], direction: str, margin: float) -> float:
    """Return the worst value made easier by ``margin``; ``direction`` says which way is better.

    Raises
    ------
    ValueError
        If there is no value, a number is not finite, the margin is negative or the direction unknown.
    """
    if not values or not all(math.isfinite(v) for v in (*values, margin)) or margin < 0:
        msg = f"floor: {len(values)} values and margin {margin!r}; finite values and a margin >= 0 are needed"
        raise ValueError(msg)
    if direction == "lower":
        return max(values) + margin
    if direction == "higher":
        return min(values) - margin
    msg = f"floor: direction {direction!r}; it is 'lower' or 'higher'"
    raise ValueError(msg)


class _Refused(Exception):
    """What was found in a card; the caller adds where, and what to do."""


def card_error(path: Path, found: str) -> CardError:
    """Return what is said of a card, or of its weights, that cannot be believed."""
    return CardError(
        f"{path}: {found}; nothing is graded against it; restore the committed file or run its train.py again"
    )


def _read_json(path: Path) -> dict[str, Any]:
    def finite(literal: str) -> float:
        _require(math.isfinite(float(literal)), f"{literal} is not a finite number")
        return float(literal)

    def unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        repeated = [key for key in keys if keys.count(key) > 1]
        _require(not repeated, f"key {repeated[:1]!r:.80} stands there twice")
        return dict(pairs)

    try:
        text = path.read_text(encoding="utf-8")
        card = json.loads(text, parse_constant=finite, parse_float=finite, object_pairs_hook=unrepeated)
    except OSError as error:
        raise card_error(path, f"cannot be read ({error.strerror})") from None
    except _Refused as refusal:
        raise card_error(path, str(refusal)) from None
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError too
        raise card_error(path, f"not JSON ({error!s:.80})") from None
    if not isinstance(card, dict):
        raise card_error(path, f"holds a {type(card).__name__}, not an object")
    return card


def _require(condition: bool, found: str) -> None:
    if not condition:
        raise _Refused(found)


def _validate(card: dict[str, Any]) -> None:
    missing = [key for key in _KINDS if key not in card]
    _require(not missing, f"no {', '.join(missing)}")
    for key, (kind, wanted) in _KINDS.items():
        value = card[key]
        ok = _is_number(value) if kind is float else isinstance(value, kind) and not isinstance(value, bool)
        _require(ok, f"{key} is {_show(value)}, not {wanted}")
    _require(card["schema"] == SCHEMA, f"schema is {card['schema']!r}; this version reads {SCHEMA}")
    for key in ("assignment", "device", "versions", "training", "seeds", "floor", "margin"):
        _require(bool(card[key]), f"{key} is empty")
    for key in ("data_sha256", "weights_sha256"):
        found = f"{key} is {_show(card[key])}, not 64 hexadecimal digits"
        _require(re.fullmatch("[0-9a-f]{64}", card[key]) is not None, found)
    for name, version in card["versions"].items():
        _require(isinstance(version, str) and version != "", f"versions: {name} is {_show(version)}")

    directions = _validate_directions(card)
    _validate_seeds(card, tuple(directions))
    _validate_floor(card, directions)
    _validate_probabilities(card)


def _validate_directions(card: dict[str, Any]) -> dict[str, str]:
    """Return which way is better for each metric with a floor; with one floor it is ``direction``."""
    metric, floor = card["metric"], card["floor"]
    directions: dict[str, str] = card.get("directions", {metric: card["direction"]})
    _require(isinstance(directions, dict), f"directions is {_show(directions)}, not an object")
    _require(metric in floor, f"no floor for the metric {metric!r:.80}")
    _require(
        set(directions) == set(floor), f"directions are for {sorted(directions)}, floors for {sorted(floor)}"
    )
    for name, direction in directions.items():
        _require(
            direction in ("lower", "higher"),
            f"direction of {name} is {_show(direction)}, not lower or higher",
        )
    _require(
        directions[metric] == card["direction"],
        f"direction is {card['direction']!r}, directions say otherwise",
    )
    return directions


def _validate_seeds(card: dict[str, Any], metrics: tuple[str, ...]) -> None:
    seen: set[int] = set()
    for index, run in enumerate(card["seeds"]):
        where = f"seeds[{index}]"
        _require(isinstance(run, dict), f"{where} is {_show(run)}, not an object")
        seed = run.get("seed")
        _require(type(seed) is int, f"{where}: seed is {_show(seed)}, not an integer")
        _require(seed not in seen, f"{where}: seed {seed} stands there twice")
        seen.add(seed)
        for name in (*metrics, *(key for key in run if key != "seed")):
            _require(
                _is_number(run.get(name)), f"{where}: {name} is {_show(run.get(name))}, not a finite number"
            )
    shipped = card.get("shipped_seed", card["seeds"][0]["seed"])
    _require(
        type(shipped) is int and shipped in seen, f"shipped_seed {_show(shipped)} is not among the seeds"
    )


def _validate_floor(card: dict[str, Any], directions: dict[str, str]) -> None:
    for part, margin in card["margin"].items():
        where = f"margin {part}"
        values: Any = margin.get("values") if isinstance(margin, dict) else None
        _require(
            isinstance(values, dict) and set(values) == set(directions),
            f"{where} has no value for each floor",
        )
        for name, value in values.items():
            _require(
                _is_number(value) and value >= -_ROUNDED,
                f"{where}: {name} is {_show(value)}, not a number >= 0",
            )
        reason = margin.get("reason")
        _require(isinstance(reason, str) and reason != "", f"{where} gives no reason")
    for name, direction in directions.items():
        floor = card["floor"][name]
        margin_sum = math.fsum(part["values"][name] for part in card["margin"].values())
        _require(margin_sum >= 0, f"the margins of {name} add up to {margin_sum:.6g}, below 0")
        expected = floor_from_seeds([run[name] for run in card["seeds"]], direction, margin_sum)
        found = f"floor {name} is {_show(floor)}, the worst seed and the margins give {expected:.6g}"
        _require(_is_number(floor) and math.isclose(floor, expected, rel_tol=1e-9, abs_tol=1e-12), found)


def _validate_probabilities(card: dict[str, Any]) -> None:
    n = len(card["seeds"])
    _require(0 < card["coverage"] < 1, f"coverage is {card['coverage']!r}, not between 0 and 1")
    for key, expected in (
        ("confidence", bounds.confidence(n, card["coverage"])),
        ("p_false_fail", bounds.false_fail_bound(n, len(card["floor"]))),
    ):
        found = f"{key} is {card[key]!r}, {n} seeds give {expected:.6f}"
        _require(abs(card[key] - expected) <= _ROUNDED, found)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
