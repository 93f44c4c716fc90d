"""A leaderboard that cannot be climbed by chance: the Ladder of each student (*trusted*, standard library).

A check on the public half of held-out data records a number, better the higher, with its 95 % interval. Who
hands in often enough would find a higher one by luck, and learn the held-out labels from the digits. So an
entry moves up only when it beats the student's best by more than a step, and shows multiples of the step.
The step is at least the number's standard error: two students whom the data cannot tell apart show the same
number, a tie, beside the interval that says so.

Source: A. Blum and M. Hardt, The Ladder: A Reliable Leaderboard for Machine Learning Competitions, ICML 2015
(algorithm 1; the step from the standard error as in its parameter-free form); Gradescope's format from
https://gradescope-autograders.readthedocs.io/en/latest/leaderboards/
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Z = 1.959964  # standard errors in half of a 95 % interval of a normal distribution
SIGNIFICANT_DIGITS = 2  # of a number that came without an interval
MAX_RUNGS = 20  # columns that are read back from earlier results
# A number near the ends of a float's range has no grid: its step would be 0, or the number over its step infinite.
LARGEST, SMALLEST_STEP, MAX_STEPS = 1e100, 1e-12, 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """What one column shows of one student: a multiple of ``step``, in the metric's own units."""

    name: str
    value: float
    step: float
    margin: float = 0.0  # half of the 95 % interval, a multiple of ``step``; 0: none was recorded
    bundle: str = ""  # digest of the checks and data that gave it: numbers of others cannot be compared


def climb(
    recorded: Iterable[Mapping[str, Any]], before: Iterable[Rung] = (), *, bundle: str = ""
) -> list[Rung]:
    """Return the rungs after one more hand-in: new ones where a number beats the old one by more than a step.

    ``recorded`` holds ``name``, ``value`` and, if known, ``low`` and ``high``; of two numbers under one name
    the first counts. What was not recorded this time stays where it was; another ``bundle``'s is dropped.
    """
    rungs = {rung.name: rung for rung in before if rung.bundle == bundle}
    seen: set[str] = set()
    for entry in recorded:
        if entry["name"] in seen:
            continue
        seen.add(entry["name"])
        try:
            rung, old = replace(_rung(entry), bundle=bundle), rungs.get(entry["name"])
        except (
            ArithmeticError,
            ValueError,
        ):  # no number of a student's may cost a result, its own or another's
            continue
        if old is None or entry["value"] > old.value + rung.step:
            rungs[rung.name] = rung
    return list(rungs.values())


def _rung(entry: Mapping[str, Any]) -> Rung:
    value, low, high = float(entry["value"]), entry.get("low"), entry.get("high")
    value = min(max(value, -LARGEST), LARGEST)
    floor = max(SMALLEST_STEP, abs(value) / MAX_STEPS)
    half = (high - low) / 2 if low is not None and high is not None else 0.0
    if 0 < half <= LARGEST:
        step = _round_up(max(half / Z, floor))
        margin = _nearest(math.ceil(half / step - 1e-9) * step, step)
        return Rung(name=entry["name"], value=_nearest(value, step), step=step, margin=margin)
    step = 10.0 ** (math.floor(math.log10(abs(value))) + 1 - SIGNIFICANT_DIGITS) if value else 0.01
    step = max(step, SMALLEST_STEP)
    return Rung(name=entry["name"], value=_nearest(value, step), step=step)


def _round_up(number: float) -> float:
    """Return the smallest of 1, 2, 5, 10, … (by powers of ten) that is no less: few grids for many students."""
    power = math.floor(math.log10(number))
    for digit in (1, 2, 5, 10):
        candidate = float(f"{digit}e{power}")
        if candidate >= number * (1 - 1e-9):  # 0.05 / 5 may come out a little over 0.01
            break
    return candidate


def _nearest(value: float, step: float) -> float:
    """Return the multiple of a step, with no digits of chance behind it."""
    return round(round(value / step) * step, max(0, 1 - math.floor(math.log10(step))))


def columns(rungs: Iterable[Rung]) -> list[dict[str, Any]]:
    """Return Gradescope's ``leaderboard``: a column per metric, and one with its interval as text."""
    shown: list[dict[str, Any]] = []
    for rung in rungs:
        shown.append({"name": rung.name, "value": rung.value, "order": "desc"})
        if rung.margin:
            low, high = (_nearest(rung.value + sign * rung.margin, rung.step) for sign in (-1, 1))
            shown.append({"name": f"{rung.name}, 95 % interval", "value": f"{low:g} to {high:g}"})
    return shown


def to_json(rungs: Iterable[Rung]) -> list[dict[str, Any]]:
    """Return plain data, to be kept with a result for the next one; ``from_json`` is the inverse."""
    return [asdict(rung) for rung in rungs]


def from_json(data: object) -> list[Rung]:
    """Return the rungs that an earlier result kept; what is not one of ours is left out."""
    rungs: list[Rung] = []
    for item in data if isinstance(data, list) else []:
        numbers = [item.get(key) for key in ("value", "step", "margin")] if isinstance(item, dict) else [None]
        usable = all(
            isinstance(n, (int, float)) and not isinstance(n, bool) and math.isfinite(n) for n in numbers
        )
        if usable and all(isinstance(item.get(k), str) for k in ("name", "bundle")) and item["step"] > 0:
            value, step, margin = map(float, numbers)  # type: ignore[arg-type]
            # One that an earlier version kept may have a step that nothing can be divided by.
            if max(abs(value), abs(margin)) <= 2 * LARGEST and abs(value) / step <= 10 * MAX_STEPS:
                step = max(step, SMALLEST_STEP)
                rungs.append(
                    Rung(name=item["name"], value=value, step=step, margin=margin, bundle=item["bundle"])
                )
    return rungs[:MAX_RUNGS]
