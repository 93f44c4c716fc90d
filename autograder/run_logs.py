"""Read what a hyperparameter sweep left behind (*trusted*).

Our JSONL log, W&B's offline runs and CSV exports, and what other tools and people's own loops write: JSON with an
object per trial or per epoch (Ray Tune's ``result.json`` and ``params.json``, for one), and tables with a row per
trial (Optuna's ``trials_dataframe``) or per epoch.

The bytes are a student's: cut off, hostile or simply another format is normal input, and becomes a sentence
that names the file and the line or record, never an exception. Nothing here says that a log is *true*; a
checksum proves that a file is whole, and anybody can compute one.

Only the names that the caller asks for are taken out of a file. E-mail, user, host, paths, git remote and
command line, which W&B stores in records and columns of their own, are never decoded. Standard library only.
"""

from __future__ import annotations

import ast
import contextlib
import csv
import io
import json
import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from autograder import wandb_log
from autograder.messages import safe

__all__ = ["MAX_BYTES", "MAX_FILE_BYTES", "Reading", "Trial", "is_run_log", "read_trials"]

MAX_FILE_BYTES = 4 << 20  # a hundred times what an honest run of this length needs
MAX_BYTES = 16 << 20  # of all logs together: reading them must stay a matter of seconds
MAX_LINE_CHARS = 1 << 20  # a trial of thousands of epochs in one object
MAX_ROWS = 100_000  # lines of a file
MAX_TRIALS = 1000
MAX_PROBLEMS = 50
MAX_TEXT = 40  # characters of a setting, such as an optimizer's name
SUFFIXES = (".jsonl", ".json", ".wandb", ".csv", ".tsv")
# What W&B and Ray write beside their logs; nothing of a run is in them that the logs do not have.
_BESIDE = re.compile(
    r"(wandb-(summary|metadata)|experiment_state|basic-variant-state|searcher-state).*\.json"
)
# Where tools put a run's settings, its rows and its end, by the names that they give them.
_CONFIGS = (
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
_HISTORIES = ("history", "rows", "epochs", "results", "log", "logs", "metrics", "user_attrs_history")
_SUMMARIES = ("summary", "summary_metrics", "result", "final", "last", "metrics")
_TRIALS = ("trials", "runs", "results")
_STATES = ("state", "status")
_FINISHED = ("finished", "complete", "completed", "done", "terminated", "success", "succeeded")
_NAMES = (
    "name",
    "run",
    "run_name",
    "run_id",
    "trial",
    "trial_id",
    "id",
    "number",
)  # of a run, in a table of epochs
_STEPS = ("epoch", "training_iteration")
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


@dataclass(frozen=True, slots=True)
class Reading:
    """The runs that could be read, and a sentence for each thing that could not."""

    trials: tuple[Trial, ...]
    problems: tuple[str, ...]


class _Broken(Exception):
    """A file is not what its name says; the text says where and what."""


def is_run_log(name: str) -> bool:
    """Tell whether a file's name is one of a run log."""
    base = os.path.basename(name.replace("\\", "/")).lower()
    return base.endswith(SUFFIXES) and not _BESIDE.fullmatch(base) and not base.startswith("._")


def read_trials(
    files: Iterable[tuple[str, bytes]],
    config_names: Sequence[str],
    metric_names: Sequence[str],
    objective: str = "",
) -> Reading:
    """Read every run log among the files.

    Parameters
    ----------
    files : (name, content); names without one of ``SUFFIXES`` are passed over
    config_names : the settings that are kept; in a CSV they are the names of columns, with or without a prefix
    metric_names : the numbers that are kept of each step and of the summary; ``epoch`` should be one of them
    objective : the metric that a tuner's ``value`` stands for
    """
    wanted = _Wanted(frozenset(config_names), frozenset(metric_names), objective)
    trials: list[Trial] = []
    problems: list[str] = []
    tables: list[_Table] = []
    pieces: dict[str, list[Trial]] = {}  # W&B's id of a run → what each of its files holds
    folders = _Folders()
    logs = [(path.replace("\\", "/"), content) for path, content in files if is_run_log(path)]
    bases = Counter(os.path.basename(path) for path, _ in logs)
    left, seen = MAX_BYTES, Counter[str]()
    for path, content in logs:
        base = os.path.basename(path)  # a folder may be called like a person
        seen[base] += 1
        name = safe(base, 60) + (f" (no. {seen[base]})" if bases[base] > 1 else "")
        kind = base.lower()
        try:
            left -= len(content)
            if len(content) > MAX_FILE_BYTES or left < 0:
                limit = f"{MAX_FILE_BYTES >> 20} MB of a file and {MAX_BYTES >> 20} MB of all logs are read"
                raise _Broken(f"it has {len(content) / 2**20:.1f} MB; at most {limit}")
            if kind.endswith(".wandb"):
                run, trial = _read_wandb(name, content, wanted, problems)
                pieces.setdefault(run or path, []).append(trial)
            elif kind.endswith((".jsonl", ".json")):
                trials += _read_json(name, path, content, wanted, problems, folders)
            else:
                tables.append(_Table(name, path, _read_csv(content)))
        except _Broken as broken:
            problems.append(f"{name}: {broken}")
    trials += [trial for parts in pieces.values() for trial in _resumed(parts)]
    trials += _join_tables(tables, wanted, problems)
    trials += folders.join(problems)
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
    objective: str

    def settings(self, found: dict[str, Any]) -> dict[str, Setting]:
        """Return the settings, also of inner dictionaries and of names with a prefix; the plain name goes first."""
        plain, nested = dict[str, Setting](), dict[str, Setting]()
        for name, value in found.items():
            if isinstance(value, dict):
                nested |= self.settings(value) if name in _CONFIGS else {}
            elif name in self.config:
                plain |= {name: value} if _is_setting(value) else {}
            elif (base := self._base(name)) and _is_setting(value):
                nested[base] = value
        return nested | plain

    def _base(self, name: str) -> str:
        """Return the setting that a prefixed name means: ``config.epochs``, ``config/epochs``, ``params_epochs``."""
        for wanted in self.config:
            prefix = name.removesuffix(wanted)
            if prefix != name and prefix[:-1].lower() in (*_CONFIGS, "user_attrs") and prefix[-1] in "./_":
                return wanted
        return ""

    def numbers(self, found: dict[str, Any]) -> dict[str, float]:
        """Return the metrics' numbers; those that a tool put under ``summary.`` and the like are its own."""
        pairs = {self._metric(n): _number(v) for n, v in found.items() if self._metric(n)}
        plain = {n: _number(v) for n, v in found.items() if n in self.metrics}
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
                known = {r: n for r, v in values.items() if (n := _number(v)) is not None}
                out.setdefault(metric, {}).update(known)
        return {metric: values for metric, values in out.items() if values}

    def has_settings(self, found: dict[str, Any]) -> bool:
        """Tell whether settings stand in it, and not only the number of epochs."""
        return bool(self.settings(found).keys() - {"epochs"})

    def measures(self, found: dict[str, Any]) -> dict[str, float]:
        """Return the numbers but the epoch's."""
        return {n: v for n, v in self.numbers(found).items() if n != "epoch"}


def _is_setting(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_TEXT
    return isinstance(value, bool) or (
        isinstance(value, (int, float)) and -1e15 < value < 1e15
    )  # nor is NaN one


_NUMBER = re.compile(r"[+-]?(\d{1,40}\.?\d{0,40}|\.\d{1,40})([eE][+-]?\d{1,4})?", re.ASCII)


def _number(value: object) -> float | None:
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


def _read_jsonl(name: str, lines: list[str], wanted: _Wanted, problems: list[str]) -> list[Trial]:
    """Read a log of the notebook's ``RunLog``: ``{"config": …}``, a line per epoch, ``{"summary": …}``.

    Several logs in one file, one after another, are several runs.
    """
    trials: list[Trial] = []
    config: dict[str, Setting] | None = None
    history: list[dict[str, float]] = []
    begun = 0

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
            elif "epoch" in entry or wanted.measures(entry):
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


# -- other people's JSON: an object per trial, or one per epoch with the trial's settings in it ----------


class _Folders:
    """What belongs together because it lies in one folder: Ray's ``params.json`` and ``result.json``."""

    def __init__(self) -> None:
        self.configs: dict[str, dict[str, Setting]] = {}
        self.histories: dict[str, tuple[str, list[dict[str, float]]]] = {}

    def join(self, problems: list[str]) -> list[Trial]:
        """Return the runs; a history without settings is named."""
        trials = []
        for folder, (place, rows) in self.histories.items():
            if folder in self.configs:
                trials.append(_trial("json", place, self.configs[folder], rows, {}))
            else:
                problems.append(
                    f"{place}: a history without the run's settings; hand in the file that has them, too "
                    "(Ray: params.json of the same folder), or write them into every row"
                )
        return trials


def _trial(
    source: str,
    place: str,
    config: dict[str, Setting],
    history: Sequence[dict[str, float]],
    summary: dict[str, float],
    *,
    finished: bool = True,
) -> Trial:
    return Trial(
        source=source,
        place=place,
        config=config,
        history=tuple(history),
        summary=summary,
        finished=finished,
    )


def _read_json(
    name: str, path: str, content: bytes, wanted: _Wanted, problems: list[str], folders: _Folders
) -> list[Trial]:
    """Read a file of JSON: the notebook's log, or objects that hold whole trials or single epochs."""
    lines = _lines(content)
    entries = _entries("\n".join(lines), lines, whole=not path.lower().endswith(".jsonl"))
    first = entries[0] if entries else {}
    ours = isinstance(first.get("config"), dict) and set(first) <= {"run", "started", "config"}
    a_line_each = (
        sum(bool(line.strip()) for line in lines) == len(entries) > 1
    )  # as the log, under another name
    if ours and (a_line_each or path.lower().endswith(".jsonl")):
        return _read_jsonl(name, lines, wanted, problems)
    trials: list[Trial] = []
    runs: dict[str, list[dict[str, Any]]] = {}  # rows that say which trial they are of
    loose: list[dict[str, Any]] = []  # rows that do not
    for number, entry in enumerate(entries, 1):
        place = f"{name}, no. {number}" if len(entries) > 1 else name
        row = bool(wanted.measures(entry)) and any(
            _number(entry.get(step, "none")) is not None for step in _STEPS
        )
        if row and not any(isinstance(entry.get(key), (list, dict)) for key in _HISTORIES):
            if wanted.has_settings(entry):
                runs.setdefault(repr((_name_of(entry), wanted.settings(entry))), []).append(entry)
            else:
                loose.append(entry)
        elif wanted.has_settings(entry):
            trial = _whole(place, entry, wanted)
            if not trial.history and not trial.summary and os.path.basename(path) == "params.json":
                folders.configs[os.path.dirname(path)] = trial.config
            else:
                trials.append(trial)
    if (
        all(len(rows) == 1 for rows in runs.values()) and len(runs) > 1
    ):  # a table of trials, with their last epochs
        trials += [_whole(f"{name}, no. {n}", rows[0], wanted) for n, rows in enumerate(runs.values(), 1)]
    else:
        trials += _by_epochs(name, list(runs.values()), wanted)
    if loose and not trials and not ours:
        folders.histories[os.path.dirname(path)] = (name, [_row(entry, wanted) for entry in loose])
    elif not trials and os.path.dirname(path) not in folders.configs:
        if path.lower().endswith(".jsonl"):
            return _read_jsonl(name, lines, wanted, problems)
        raise _Broken(
            "no run can be read from it: an object for each, with its settings and its val_r, is needed"
        )
    return trials


def _entries(text: str, lines: list[str], *, whole: bool) -> list[dict[str, Any]]:
    """Return the objects of a file, however they are put together; none if one of them is odd."""
    found: Any = None
    with contextlib.suppress(_Broken, ValueError, RecursionError):
        found = json.loads(text, object_pairs_hook=_without_repeats) if whole else None
    if found is None:
        try:
            found = [_load_json(line) for line in lines if line.strip()]
        except _Broken:
            return []
    if isinstance(found, dict):
        inner = list(found.values())
        listed = next((found[key] for key in _TRIALS if isinstance(found.get(key), list)), None)
        if listed is not None and not any(isinstance(found.get(key), dict) for key in _CONFIGS):
            found = listed
        elif inner and all(isinstance(v, dict) for v in inner):
            keys = [set(v) for v in inner]
            if all(k == keys[0] for k in keys) and all(key.isdigit() for key in keys[0]):  # pandas' to_json
                found = [{name: column[key] for name, column in found.items()} for key in inner[0]]
            elif not any(key in found for key in (*_CONFIGS, *_SUMMARIES)):  # the runs by their names
                found = inner
    found = [found] if isinstance(found, dict) else found
    return found if isinstance(found, list) and all(isinstance(e, dict) for e in found) else []


def _whole(place: str, entry: dict[str, Any], wanted: _Wanted) -> Trial:
    """Return the trial that one object holds: settings, rows, summary, state."""
    rows: list[dict[str, float]] = []
    for key in _HISTORIES:
        held = entry.get(key)
        held = _literal(held) if isinstance(held, str) else held
        if isinstance(held, dict) and held and all(isinstance(v, list) for v in held.values()):
            columns = {n: v for n, v in held.items() if wanted.numbers(dict.fromkeys([n], 0.0))}
            held = [
                {n: v[i] for n, v in columns.items() if i < len(v)}
                for i in range(max(map(len, columns.values()), default=0))
            ]
        if isinstance(held, list) and not rows:
            rows = [_row(row, wanted) for row in held if isinstance(row, dict)]
    reported = entry.get("intermediate_values")  # Optuna's: what trial.report was told, by step
    if isinstance(reported, dict) and wanted.objective and not rows:
        told = {_number(step): value for step, value in reported.items()}
        steps = sorted(step for step in told if step is not None and not math.isnan(step))
        rows = [numbers for step in steps if (numbers := wanted.numbers({wanted.objective: told[step]}))]
    summary = wanted.numbers({n: v for n, v in entry.items() if n not in ("epoch", "training_iteration")})
    for key in _SUMMARIES:
        held = entry.get(key)
        held = _literal(held) if isinstance(held, str) else held
        if isinstance(held, dict) and not (key == "metrics" and rows):
            summary |= wanted.numbers(held)
    crashed = "summary" in entry and entry["summary"] in ({}, None)
    done = _finished(entry) and not crashed and bool(summary or rows)
    return _trial("json", place, wanted.settings(_opened(entry)), rows, summary, finished=done)


def _by_epochs(name: str, groups: list[list[dict[str, Any]]], wanted: _Wanted) -> list[Trial]:
    """Return the trials of rows that each say which trial they are of; an epoch that starts over begins another."""
    trials: list[Trial] = []
    for rows in groups:
        runs: list[list[dict[str, Any]]] = []
        for entry in rows:
            row = _row(entry, wanted)
            last = _row(runs[-1][-1], wanted) if runs else {}
            if not runs or row.get("epoch", 0.0) < last.get("epoch", 0.0):
                runs.append([])
            runs[-1].append(entry)
        for run in runs:
            config = wanted.settings(_opened(run[-1]))
            history = [_row(entry, wanted) for entry in run]
            place = f"{name}, run {len(trials) + 1}" if len(groups) > 1 or len(runs) > 1 else name
            trials.append(_trial("json", place, config, history, {}, finished=_finished(run[-1])))
    return trials


def _row(entry: dict[str, Any], wanted: _Wanted) -> dict[str, float]:
    """Return the numbers of an epoch; Ray counts them itself."""
    numbers = wanted.numbers(entry)
    counted = _number(entry.get("training_iteration", "none"))
    if "epoch" not in numbers and counted is not None and "epoch" in wanted.metrics:
        numbers["epoch"] = counted
    return numbers


def _finished(entry: dict[str, Any]) -> bool:
    """Tell what an object's state says; without one it is taken as finished."""
    states = [v for n, v in entry.items() if n.lower() in _STATES and isinstance(v, str) and v.strip()]
    return all(state.strip().lower().rpartition(".")[2] in _FINISHED for state in states)


def _name_of(entry: dict[str, Any]) -> str:
    return next(
        (str(v)[:200] for n, v in entry.items() if n.lower() in _NAMES and not isinstance(v, dict)), ""
    )


def _opened(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an object with its settings as a dictionary, also where a table holds their text."""
    texts = {key: _literal(entry[key]) for key in _CONFIGS if isinstance(entry.get(key), str)}
    return entry | {key: value for key, value in texts.items() if isinstance(value, dict)}


def _literal(text: str) -> Any:
    """Return what a cell's text stands for, as JSON or as Python prints it; None if nothing."""
    if len(text) > MAX_LINE_CHARS or text.strip()[:1] not in ("{", "["):
        return None
    try:
        return _load_json(text)
    except _Broken:
        pass
    try:
        return ast.literal_eval(re.sub(r"\b(nan|-?inf)\b", "None", text.strip()))
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None


# -- W&B's offline runs ----------------------------------------------------------------------------


def _read_wandb(name: str, content: bytes, wanted: _Wanted, problems: list[str]) -> tuple[str, Trial]:
    """Read a ``run-….wandb``, with W&B's id of the run; one that is cut off counts up to there, as unfinished."""
    if not content:
        raise _Broken("it is empty: the run ended before W&B had written anything")
    if not content.startswith(wandb_log.MAGIC):
        raise _Broken("it does not begin as a W&B run does")
    config: dict[str, Any] = {}
    summary: dict[str, float] = {}
    extremes: dict[str, dict[str, float]] = {}
    history: list[dict[str, float]] = []
    run, finished = "", False
    try:
        names = wanted.config | frozenset(_CONFIGS)
        for event in wandb_log.read_events(content, config=names, metrics=wanted.metrics):
            try:
                values = {key: _load_json(text) for key, text in event.values.items()}
            except _Broken as broken:
                raise _Broken(f"record {event.record}: {broken}") from None
            if event.kind == "history":
                history.append(wanted.numbers(values))
            elif event.kind == "summary":
                numbers, others = wanted.numbers(values), wanted.extremes(values)
                summary = {n: v for n, v in (summary | numbers).items() if n not in others}
                extremes = {n: v for n, v in (extremes | others).items() if n not in numbers}
            elif event.kind == "config":
                config |= wanted.settings(values)
            elif event.kind == "run":
                run = event.run_id
            else:
                finished = event.exit_code == 0
    except (_Broken, wandb_log.Damaged) as broken:
        problems.append(f"{name}, {broken}; the run is read up to here")
        finished = False
    trial = _trial("wandb", name, config, history, summary, finished=finished)
    return run, replace(trial, extremes=extremes)


def _resumed(parts: list[Trial]) -> list[Trial]:
    """Join the files of one W&B run that was interrupted and resumed: each goes on where the one before ended.

    An epoch that was run again counts as it was the last time. A file that begins at the first epoch is no
    resumption but a run of its own.
    """
    runs: list[Trial] = []
    for part in sorted(parts, key=lambda part: _first_epoch(part.history)):
        start = _first_epoch(part.history)
        if runs and runs[-1].history and start > _first_epoch(runs[-1].history):
            before = runs[-1]
            kept = [row for row in before.history if row.get("epoch", 0.0) < start]
            runs[-1] = replace(
                part,
                place=before.place,
                config=before.config | part.config,
                history=(*kept, *part.history),
                summary=before.summary | part.summary,
                extremes=before.extremes | part.extremes,
            )
        else:
            runs.append(part)
    return runs


def _first_epoch(history: Sequence[dict[str, float]]) -> float:
    return next((row["epoch"] for row in history if "epoch" in row), 0.0)


# -- tables: W&B's CSV exports, Optuna's, people's own ---------------------------------------------------
# W&B's table has a row per run: Name, State, …, and a column per setting and per summary value. A chart has a
# row per step and columns "<name> - <metric>", "<name> - <metric>__MIN", "…__MAX"; the first column is the
# x axis. Source: exports quoted in github.com/wandb/wandb/issues/5349 and 6474. Optuna's ``trials_dataframe``
# has number, value, params_*, user_attrs_*, state. Others have a row per epoch with the settings in it.

_CHART_COLUMN = re.compile(
    r"(?P<run>.+) - (?P<metric>[^-]+?)(\.\d+)?", re.DOTALL
)  # pandas numbers repeated names


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    path: str
    rows: list[list[str]]

    def entries(self) -> list[dict[str, Any]]:
        """Return the rows as objects, without their empty cells."""
        header, *rows = self.rows
        return [
            {column.strip(): _cell(text) for column, text in zip(header, row, strict=True) if text.strip()}
            for row in rows
        ]


def _read_csv(content: bytes) -> list[list[str]]:
    try:
        lines = _lines(content)
    except _Broken:
        lines = _lines(content.decode("latin-1").encode())  # a name with an accent, as Excel saves it
    if lines and re.fullmatch(r"\s*\"?sep=.\"?\s*", lines[0]):  # Excel's own first line
        lines = lines[1:]
    head = next((line for line in lines if line.strip()), "")
    delimiter = max(",;\t", key=head.count) if head.count(",") < 2 else ","
    if head.count(";") > head.count(","):
        delimiter = ";"
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO("\n".join(lines), newline=""), strict=True, delimiter=delimiter)
    try:
        rows.extend(row for row in reader if any(cell.strip() for cell in row))
    except csv.Error as error:
        raise _Broken(f"line {reader.line_num}: {error}") from None
    if not rows:
        raise _Broken("it is empty")
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise _Broken(f"row {number} has {len(row)} cells, the header has {len(rows[0])}")
    if delimiter == ";":  # where that separates, the comma is the decimal point
        rows[1:] = [
            [re.sub(r"^(\s*[+-]?\d*),(\d+([eE][+-]?\d+)?\s*)$", r"\1.\2", c) for c in row] for row in rows[1:]
        ]
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


def _join_tables(tables: list[_Table], wanted: _Wanted, problems: list[str]) -> list[Trial]:
    """Join the table of runs with the charts' histories by the runs' names, which go no further."""
    charts: dict[str, list[dict[float, dict[str, float]]]] = {}  # run → each of its name: x → numbers
    runs: list[tuple[str, str, dict[str, Any]]] = []
    trials: list[Trial] = []
    for table in tables:
        name, header = table.name, [column.strip() for column in table.rows[0]]
        if not any(c in wanted.metrics for c in header[1:]) and any(
            _CHART_COLUMN.fullmatch(c) for c in header[1:]
        ):
            _read_chart(name, table.rows, charts, wanted, problems)
            continue
        known = [
            c for c in header if wanted.settings({c: 0}) or wanted.numbers({c: 0.0}) or c.lower() in _NAMES
        ]
        if len(set(known)) < len(known):
            problems.append(f"{name}: two columns have the same name")
            continue
        entries = table.entries()
        groups: dict[str, list[dict[str, Any]]] = {}
        for entry in entries:
            groups.setdefault(repr((_name_of(entry), wanted.settings(_opened(entry)))), []).append(entry)
        named = next((c for c in header if c.lower() == "name"), None)
        has_settings = any(wanted.has_settings(_opened(entry)) for entry in entries)
        if has_settings and any(_counts_up([_row(e, wanted) for e in rows]) for rows in groups.values()):
            trials += [replace(t, source="csv") for t in _by_epochs(name, list(groups.values()), wanted)]
        elif named is not None or has_settings:
            for number, entry in enumerate(entries, 2):
                runs.append((str(entry.get(named or "", "")), f"{name}, row {number}", entry))
        elif any(wanted.measures(entry) for entry in entries):
            rows = [_row(entry, wanted) for entry in entries]
            steps = {float(n): row for n, row in enumerate(rows)}
            charts.setdefault(os.path.splitext(os.path.basename(table.path))[0], []).append(steps)
        else:
            problems.append(
                f"{name}: neither W&B's table of runs (it has a column Name) nor a chart (columns 'run - metric')"
            )
    names = Counter(run for run, _, _ in runs)
    for run, place, entry in runs:
        whole = replace(_whole(place, entry, wanted), source="csv")
        extremes = wanted.extremes(entry)
        history = whole.history or _own_history(charts, run, names[run], whole, problems)
        state = _finished(entry)
        trials.append(replace(whole, history=history, extremes=extremes, finished=state))
    left = sum(map(len, charts.values()))
    if left:
        problems.append(f"{left} run(s) of the charts stand in no table of runs")
    return trials


def _counts_up(rows: list[dict[str, float]]) -> bool:
    """Tell whether rows are the epochs of one run, or of several one after another."""
    epochs = [row.get("epoch", math.nan) for row in rows]
    return len(epochs) > 1 and epochs[0] <= 1 and epochs[1] > epochs[0]


def _own_history(
    charts: dict[str, list[dict[float, dict[str, float]]]],
    run: str,
    bearers: int,
    whole: Trial,
    problems: list[str],
) -> tuple[dict[str, float], ...]:
    """Take a run's history out of the charts; of several of one name, the one that ends as the table says."""
    found = charts.get(run, [])
    histories = [tuple(steps[x] for x in sorted(steps)) for steps in found]
    fitting = list(range(len(found)))
    if bearers > 1 or len(found) > 1:
        fitting = [n for n, history in enumerate(histories) if _ends_as(history, whole.summary)]
    if len(fitting) != 1:
        if found:
            problems.append(
                f"{whole.place}: another run of the table has the same name, and which chart is its own cannot be "
                "told; give the runs names of their own in W&B, or hand in their .wandb files"
            )
        return ()
    del found[fitting[0]]
    if not found:
        del charts[run]
    return histories[fitting[0]]


def _ends_as(history: tuple[dict[str, float], ...], summary: dict[str, float]) -> bool:
    last: dict[str, float] = {}
    for row in history:
        last |= row
    shared = [n for n in last if n in summary and n != "epoch"]
    return bool(shared) and all(math.isclose(last[n], summary[n], rel_tol=1e-4, abs_tol=1e-6) for n in shared)


def _read_chart(
    name: str,
    rows: list[list[str]],
    charts: dict[str, list[dict[float, dict[str, float]]]],
    wanted: _Wanted,
    problems: list[str],
) -> None:
    """Add a chart's columns to the histories; the second column of a name is of the second run of that name."""
    header = rows[0]
    x_name = header[0].strip().lower()
    columns, seen = [], Counter[tuple[str, str]]()
    for place, column in enumerate(header[1:], 1):
        found = _CHART_COLUMN.fullmatch(column)
        if found is not None and found["metric"] in wanted.metrics:  # not those that end in __MIN and __MAX
            key = found["run"], found["metric"]
            columns.append((place, *key, seen[key]))
            seen[key] += 1
    for number, row in enumerate(rows[1:], 2):
        x = _number(_cell(row[0]))
        if x is None or math.isnan(x):
            if x_name in ("step", *_STEPS):
                problems.append(
                    f"{name}, row {number}: its first cell is no number; the chart is read up to here"
                )
                return
            x = float(number)  # a time of day: the rows are in its order
        for place, run, metric, which in columns:
            value = _number(_cell(row[place])) if row[place].strip() else None
            if value is not None:
                own = charts.setdefault(run, [])
                own += [{} for _ in range(which + 1 - len(own))]
                step = own[which].setdefault(x, {})
                step[metric] = value
                if x_name == "epoch":
                    step["epoch"] = x
