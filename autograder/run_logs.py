"""Read what a hyperparameter sweep left behind: our JSONL log, W&B's offline runs, W&B's CSV exports (*trusted*).

The bytes are a student's: cut off, hostile or simply another format is normal input, and becomes a sentence
that names the file and the line or record, never an exception. Nothing here says that a log is *true*; a
checksum proves that a file is whole, and anybody can compute one.

Only the names that the caller asks for are taken out of a file. E-mail, user, host, paths, git remote and
command line, which W&B stores in records and columns of their own, are never decoded. Standard library only.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from autograder import wandb_log
from autograder.messages import safe

__all__ = ["MAX_BYTES", "MAX_FILE_BYTES", "Reading", "Trial", "is_run_log", "read_trials"]

MAX_FILE_BYTES = 4 << 20  # a hundred times what an honest run of this length needs
MAX_BYTES = 16 << 20  # of all logs together: reading them must stay a matter of seconds
MAX_LINE_CHARS = 64 << 10
MAX_ROWS = 100_000  # lines of a file
MAX_TRIALS = 1000
MAX_PROBLEMS = 50
MAX_TEXT = 40  # characters of a setting, such as an optimizer's name
SUFFIXES = (".jsonl", ".wandb", ".csv")

Setting = bool | int | float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One run as it was logged.

    ``history`` has a row per logged step, ``summary`` the run's last word; numbers are floats, NaN where the
    run diverged. ``place`` is the file, and the line or row where that is needed, for sentences.
    ``finished`` says that the log has its end: the summary line, W&B's exit record, the state *finished*.
    """

    source: str
    place: str
    config: dict[str, Setting]
    history: tuple[dict[str, float], ...]
    summary: dict[str, float]
    finished: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """The runs that could be read, and a sentence for each thing that could not."""

    trials: tuple[Trial, ...]
    problems: tuple[str, ...]


class _Broken(Exception):
    """A file is not what its name says; the text says where and what."""


def is_run_log(name: str) -> bool:
    """Tell whether a file's name is one of a run log."""
    return name.lower().endswith(SUFFIXES)


def read_trials(
    files: Iterable[tuple[str, bytes]], config_names: Sequence[str], metric_names: Sequence[str]
) -> Reading:
    """Read every run log among the files.

    Parameters
    ----------
    files : (name, content); names without one of ``SUFFIXES`` are passed over
    config_names : the settings that are kept; in a CSV they are the names of columns
    metric_names : the numbers that are kept of each step and of the summary; ``epoch`` should be one of them
    """
    wanted = _Wanted(frozenset(config_names), frozenset(metric_names))
    trials: list[Trial] = []
    problems: list[str] = []
    tables: list[tuple[str, list[list[str]]]] = []
    left = MAX_BYTES
    for path, content in files:
        if not is_run_log(path):
            continue
        name = safe(os.path.basename(path.replace("\\", "/")), 60)  # a folder may be called like a person
        try:
            left -= len(content)
            if len(content) > MAX_FILE_BYTES or left < 0:
                limit = f"{MAX_FILE_BYTES >> 20} MB of a file and {MAX_BYTES >> 20} MB of all logs are read"
                raise _Broken(f"it has {len(content) / 2**20:.1f} MB; at most {limit}")
            if path.lower().endswith(".wandb"):
                trials.append(_read_wandb(name, content, wanted, problems))
            elif path.lower().endswith(".jsonl"):
                trials += _read_jsonl(name, content, wanted, problems)
            else:
                tables.append((name, _read_csv(content)))
        except _Broken as broken:
            problems.append(f"{name}: {broken}")
    trials += _join_tables(tables, wanted, problems)
    if len(trials) > MAX_TRIALS:
        problems.append(f"{len(trials)} runs were handed in; the first {MAX_TRIALS} are read")
    if len(problems) > MAX_PROBLEMS:
        problems[MAX_PROBLEMS:] = [f"… and {len(problems) - MAX_PROBLEMS} more"]
    return Reading(tuple(trials[:MAX_TRIALS]), tuple(problems))


# -- values ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wanted:
    config: frozenset[str]
    metrics: frozenset[str]

    def settings(self, found: dict[str, Any]) -> dict[str, Setting]:
        return {n: v for n, v in found.items() if n in self.config and _is_setting(v)}

    def numbers(self, found: dict[str, Any]) -> dict[str, float]:
        pairs = ((n, _number(v)) for n, v in found.items() if n in self.metrics)
        return {n: v for n, v in pairs if v is not None}


def _is_setting(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_TEXT
    return isinstance(value, bool) or (
        isinstance(value, (int, float)) and -1e15 < value < 1e15
    )  # nor is NaN one


def _number(value: object) -> float | None:
    """Return a logged number; null and the words that stand for NaN and infinity are NaN, all else is none."""
    if value is None or (
        isinstance(value, str) and value.lower() in ("nan", "infinity", "-infinity", "inf", "-inf")
    ):
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def _load_json(text: str) -> Any:
    """Return a JSON text's value.

    Raises
    ------
    _Broken
        If it is too long, no JSON, nested too deeply, or names a key twice.
    """
    if len(text) > MAX_LINE_CHARS:
        raise _Broken(f"{len(text):,} characters, at most {MAX_LINE_CHARS:,} are read")
    try:
        return json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError):
        raise _Broken("not JSON") from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Broken("a name stands twice in one object")
    return found


# -- our own log: one JSON object a line ------------------------------------------------------------


def _lines(content: bytes) -> list[str]:
    try:
        lines = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise _Broken(f"byte {error.start} is not UTF-8 text") from None
    if len(lines) > MAX_ROWS:
        raise _Broken(f"{len(lines):,} lines, at most {MAX_ROWS:,} are read")
    return lines


def _read_jsonl(name: str, content: bytes, wanted: _Wanted, problems: list[str]) -> list[Trial]:
    """Read a log of the notebook's ``RunLog``: ``{"config": …}``, a line per epoch, ``{"summary": …}``.

    Several logs in one file, one after another, are several runs.
    """
    trials: list[Trial] = []
    config: dict[str, Setting] | None = None
    history: list[dict[str, float]] = []
    begun = 0
    lines = _lines(content)

    def end(summary: dict[str, float], *, finished: bool) -> None:
        nonlocal config, history
        if config is not None:
            place = f"{name}, line {begun}" if trials or begun > 1 else name
            trials.append(
                Trial(
                    source="jsonl",
                    place=place,
                    config=config,
                    history=tuple(history),
                    summary=summary,
                    finished=finished,
                )
            )
        config, history = None, []

    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = _load_json(line)
            if not isinstance(entry, dict):
                raise _Broken("not an object in braces")
            if isinstance(entry.get("config"), dict):
                end({}, finished=False)
                config, begun = wanted.settings(entry["config"]), number
            elif config is None:
                raise _Broken("it belongs to no run; a run begins with its configuration")
            elif isinstance(entry.get("summary"), dict):
                end(wanted.numbers(entry["summary"]), finished=True)
            elif "epoch" in entry:
                history.append(wanted.numbers(entry))
            else:
                raise _Broken("neither a configuration, nor an epoch, nor a summary")
        except _Broken as broken:
            if number == len(
                lines
            ):  # a line that ends without a line feed: the run was cut off while it wrote
                problems.append(f"{name}, line {number}: it is cut off")
                break
            problems.append(f"{name}, line {number}: {broken}; the file is read up to here")
            break
    end({}, finished=False)
    if not trials and not problems:
        raise _Broken("it holds no run")
    return trials


# -- W&B's offline runs ----------------------------------------------------------------------------


def _read_wandb(name: str, content: bytes, wanted: _Wanted, problems: list[str]) -> Trial:
    """Read a ``run-….wandb``; one that is cut off or damaged counts up to there, as unfinished."""
    if not content.startswith(wandb_log.MAGIC):
        raise _Broken("it does not begin as a W&B run does")
    config: dict[str, Any] = {}
    summary: dict[str, float] = {}
    history: list[dict[str, float]] = []
    finished = False
    try:
        for event in wandb_log.read_events(content, config=wanted.config, metrics=wanted.metrics):
            try:
                values = {key: _load_json(text) for key, text in event.values.items()}
            except _Broken as broken:
                raise _Broken(f"record {event.record}: {broken}") from None
            if event.kind == "history":
                history.append(wanted.numbers(values))
            elif event.kind == "summary":
                summary |= wanted.numbers(values)
            elif event.kind == "config":
                config |= wanted.settings(values)
            else:
                finished = event.exit_code == 0
    except (_Broken, wandb_log.Damaged) as broken:
        problems.append(f"{name}, {broken}; the run is read up to here")
        finished = False
    return Trial(
        source="wandb",
        place=name,
        config=config,
        history=tuple(history),
        summary=summary,
        finished=finished,
    )


# -- W&B's CSV exports: the table of runs, and one file per chart --------------------------------------
# The table has a row per run: Name, State, …, and a column per setting and per summary value. A chart has a
# row per step and columns "<name> - <metric>", "<name> - <metric>__MIN", "…__MAX"; the first column is the
# x axis. Source: exports quoted in github.com/wandb/wandb/issues/5349 and 6474.

_CHART_COLUMN = re.compile(r"(?P<run>.+) - (?P<metric>[^-]+?)", re.DOTALL)


def _read_csv(content: bytes) -> list[list[str]]:
    lines = _lines(content)
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO("\n".join(lines), newline=""), strict=True)
    try:
        rows.extend(row for row in reader if any(cell.strip() for cell in row))
    except csv.Error as error:
        raise _Broken(f"line {reader.line_num}: {error}") from None
    if not rows:
        raise _Broken("it is empty")
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise _Broken(f"row {number} has {len(row)} cells, the header has {len(rows[0])}")
    if len(set(rows[0])) < len(rows[0]):
        raise _Broken("two columns have the same name")
    return rows


def _cell(text: str) -> Any:
    """Return what a cell holds: true, false, a number or the text itself."""
    text = text.strip()
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:  # also of an integer with thousands of digits
            continue
    return text


def _join_tables(
    tables: list[tuple[str, list[list[str]]]], wanted: _Wanted, problems: list[str]
) -> list[Trial]:
    """Join the table of runs with the charts' histories by the runs' names, which go no further."""
    histories: dict[str, dict[float, dict[str, float]]] = {}  # run → place on the x axis → numbers
    runs: list[tuple[str, str, dict[str, str]]] = []
    for name, (header, *rows) in tables:
        if "Name" in header:
            for number, row in enumerate(rows, 2):
                entry = dict(zip(header, row, strict=True))
                runs.append((entry["Name"], f"{name}, row {number}", entry))
        elif any(_CHART_COLUMN.fullmatch(column) for column in header[1:]):
            _read_chart(name, header, rows, histories, wanted, problems)
        else:
            problems.append(
                f"{name}: neither W&B's table of runs (it has a column Name) nor a chart (columns 'run - metric')"
            )
    names = Counter(run for run, _, _ in runs)
    trials = []
    for run, place, entry in runs:
        if names[run] > 1:
            problems.append(
                f"{place}: another run of the table has the same name, so no chart can be its own"
            )
            continue
        filled = {column: _cell(text) for column, text in entry.items() if text.strip()}
        steps = histories.pop(run, {})
        trials.append(
            Trial(
                source="csv",
                place=place,
                config=wanted.settings(filled),
                history=tuple(steps[x] for x in sorted(steps)),
                summary=wanted.numbers(filled),
                finished=entry.get("State", "finished").strip() == "finished",
            )
        )
    if histories:
        problems.append(f"{len(histories)} run(s) of the charts stand in no table of runs")
    return trials


def _read_chart(
    name: str,
    header: list[str],
    rows: list[list[str]],
    histories: dict[str, dict[float, dict[str, float]]],
    wanted: _Wanted,
    problems: list[str],
) -> None:
    x_name = header[0].strip().lower()
    columns = []
    for place, column in enumerate(header[1:], 1):
        found = _CHART_COLUMN.fullmatch(column)
        if found is not None and found["metric"] in wanted.metrics:  # not those that end in __MIN and __MAX
            columns.append((place, found["run"], found["metric"]))
    for number, row in enumerate(rows, 2):
        x = _number(_cell(row[0]))
        if x is None or math.isnan(x):
            problems.append(
                f"{name}, row {number}: its first cell is no number; the chart is read up to here"
            )
            return
        for place, run, metric in columns:
            value = _number(_cell(row[place])) if row[place].strip() else None
            if value is not None:
                step = histories.setdefault(run, {}).setdefault(x, {})
                step[metric] = value
                if x_name == "epoch":
                    step["epoch"] = x
