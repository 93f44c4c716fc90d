"""What is taken out of a log: settings, numbers, runs; and how much is read at all (*trusted*, standard library only)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

MAX_LINE_CHARS = 1 << 20  # a trial of thousands of epochs in one object

MAX_ROWS = 100_000  # lines of a file

MAX_TEXT = 40  # characters of a setting, such as an optimizer's name

# Where tools put a run's settings, its rows and its end, by the names that they give them.
CONFIGS = (
    "config",
    "params",
    "hparams",
    "hyperparameters",
    "parameters",
    "configuration",
    "settings",
    "cfg",
    "args",
)

_SUMMARY_PREFIXES = ("summary", "summary_metrics", "user_attrs", "metrics", "result")

Setting = bool | int | float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One run as it was logged.

    ``history`` has a row per logged step, ``summary`` the run's last word; numbers are floats, NaN where the
    run diverged. ``place`` is the file, and the line or row where that is needed, for sentences.
    ``finished`` says that the log has its end: the summary line, W&B's exit record, the state *finished*; a format
    that notes no end is taken at its word. ``extremes`` are what a summary holds in place of a last value, as
    ``{"val_r": {"max": 0.9}}`` after W&B's ``define_metric(…, summary="max")``.
    """

    source: str
    place: str
    config: dict[str, Setting]
    history: tuple[dict[str, float], ...]
    summary: dict[str, float]
    finished: bool
    extremes: dict[str, dict[str, float]] = field(default_factory=dict)


class Broken(Exception):
    """A file is not what its name says; the text says where and what."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The names that are taken out of a log: nothing else of it is decoded."""

    config: frozenset[str]
    metrics: frozenset[str]
    objective: str

    def settings(self, found: dict[str, Any]) -> dict[str, Setting]:
        """Return the settings, also of inner dictionaries and of names with a prefix; the plain name goes first."""
        plain, nested = dict[str, Setting](), dict[str, Setting]()
        for name, value in found.items():
            if isinstance(value, dict):
                nested |= self.settings(value) if name in CONFIGS else {}
            elif name in self.config:
                plain |= {name: value} if is_setting(value) else {}
            elif (base := self._base(name)) and is_setting(value):
                nested[base] = value
        return nested | plain

    def _base(self, name: str) -> str:
        """Return the setting that a prefixed name means: ``config.epochs``, ``config/epochs``, ``params_epochs``."""
        for wanted in self.config:
            prefix = name.removesuffix(wanted)
            if prefix != name and prefix[:-1].lower() in (*CONFIGS, "user_attrs") and prefix[-1] in "./_":
                return wanted
        return ""

    def numbers(self, found: dict[str, Any]) -> dict[str, float]:
        """Return the metrics' numbers; those that a tool put under ``summary.`` and the like are its own."""
        pairs = {self._metric(n): number(v) for n, v in found.items() if self._metric(n)}
        plain = {n: number(v) for n, v in found.items() if n in self.metrics}
        return {n: v for n, v in (pairs | plain).items() if v is not None}

    def _metric(self, name: str) -> str:
        if name in self.metrics:
            return name
        for wanted in self.metrics:
            prefix = name.removesuffix(wanted)
            if prefix != name and prefix[:-1] in _SUMMARY_PREFIXES and prefix[-1] in "./_":
                return wanted
        return self.objective if name in ("value", "values_0") and self.objective else ""

    def extremes(self, found: dict[str, Any]) -> dict[str, dict[str, float]]:
        """Return what stands for a metric's last value: ``{"val_r": {"max": …}}`` or ``{"val_r.max": …}``."""
        out: dict[str, dict[str, float]] = {}
        for name, value in found.items():
            metric, _, rule = name.partition(".")
            values = value if isinstance(value, dict) and not rule else {rule: value}
            if metric in self.metrics and (rule or isinstance(value, dict)):
                known = {r: n for r, v in values.items() if (n := number(v)) is not None}
                out.setdefault(metric, {}).update(known)
        return {metric: values for metric, values in out.items() if values}

    def has_settings(self, found: dict[str, Any]) -> bool:
        """Tell whether settings stand in it, and not only the number of epochs."""
        return bool(self.settings(found).keys() - {"epochs"})

    def measures(self, found: dict[str, Any]) -> dict[str, float]:
        """Return the numbers but the epoch's."""
        return {n: v for n, v in self.numbers(found).items() if n != "epoch"}


def is_setting(value: object) -> bool:
    """Tell whether a value can be a run's setting: a short word, a truth value or a number of ordinary size."""
    if isinstance(value, str):
        return len(value) <= MAX_TEXT
    return isinstance(value, bool) or (
        isinstance(value, (int, float)) and -1e15 < value < 1e15
    )  # nor is NaN one


_NUMBER = re.compile(r"[+-]?(\d{1,40}\.?\d{0,40}|\.\d{1,40})([eE][+-]?\d{1,4})?", re.ASCII)


def number(value: object) -> float | None:
    """Return a logged number, also one in quotes; null and the words for NaN and infinity are NaN, else none."""
    if value is None or (
        isinstance(value, str) and value.lower() in ("nan", "infinity", "-infinity", "inf", "-inf")
    ):
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        return None
    try:
        number = float(value)
    except OverflowError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def load_json(text: str) -> Any:
    """Return a JSON text's value.

    Raises
    ------
    _Broken
        If it is too long, no JSON, nested too deeply, or names a key twice.
    """
    if len(text) > MAX_LINE_CHARS:
        raise Broken(f"{len(text):,} characters, at most {MAX_LINE_CHARS:,} are read")
    try:
        return json.loads(text, object_pairs_hook=without_repeats)
    except (ValueError, RecursionError):
        raise Broken("not JSON") from None


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of a JSON text; one that names a key twice is refused."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Broken("a name stands twice in one object")
    return found


def lines_of(content: bytes) -> list[str]:
    """Return the lines of a text file; one that is no UTF-8 text, or too long, is refused."""
    try:
        lines = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise Broken(f"byte {error.start} is not UTF-8 text") from None
    if len(lines) > MAX_ROWS:
        raise Broken(f"{len(lines):,} lines, at most {MAX_ROWS:,} are read")
    return lines


def new_trial(
    source: str,
    place: str,
    config: dict[str, Setting],
    history: Sequence[dict[str, float]],
    summary: dict[str, float],
    *,
    finished: bool = True,
) -> Trial:
    """Return a run that a reader has put together."""
    return Trial(
        source=source,
        place=place,
        config=config,
        history=tuple(history),
        summary=summary,
        finished=finished,
    )
