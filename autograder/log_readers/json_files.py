"""Logs as JSON: the notebook's own lines, an object per trial, or one per epoch with the settings in it (*trusted*, standard library only)."""

from __future__ import annotations

import ast
import contextlib
import json
import math
import os
import re
from typing import Any

from autograder.log_readers import records

_HISTORIES = ("history", "rows", "epochs", "results", "log", "logs", "metrics", "user_attrs_history")

_SUMMARIES = ("summary", "summary_metrics", "result", "final", "last", "metrics")

_TRIALS = ("trials", "runs", "results")

STATES = ("state", "status")

_FINISHED = ("finished", "complete", "completed", "done", "terminated", "success", "succeeded")

NAMES = (
    "name",
    "run",
    "run_name",
    "run_id",
    "trial",
    "trial_id",
    "id",
    "number",
)  # of a run, in a table of epochs

STEPS = ("epoch", "training_iteration")


def read_jsonl(
    name: str, lines: list[str], wanted: records.Wanted, problems: list[str]
) -> list[records.Trial]:
    """Read a log of the notebook's ``RunLog``: ``{"config": …}``, a line per epoch, ``{"summary": …}``.

    Several logs in one file, one after another, are several runs.
    """
    trials: list[records.Trial] = []
    config: dict[str, records.Setting] | None = None
    history: list[dict[str, float]] = []
    begun = 0

    def end(summary: dict[str, float], *, finished: bool) -> None:
        nonlocal config, history
        if config is not None:
            place = f"{name}, line {begun}" if trials or begun > 1 else name
            trials.append(
                records.Trial(
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
            entry = records.load_json(line)
            if not isinstance(entry, dict):
                raise records.Broken("not an object in braces")
            if isinstance(entry.get("config"), dict):
                end({}, finished=False)
                config, begun = wanted.settings(entry["config"]), number
            elif config is None:
                raise records.Broken("it belongs to no run; a run begins with its configuration")
            elif isinstance(entry.get("summary"), dict):
                end(wanted.numbers(entry["summary"]), finished=True)
            elif "epoch" in entry or wanted.measures(entry):
                history.append(wanted.numbers(entry))
            else:
                raise records.Broken("neither a configuration, nor an epoch, nor a summary")
        except records.Broken as broken:
            if number == len(
                lines
            ):  # a line that ends without a line feed: the run was cut off while it wrote
                problems.append(f"{name}, line {number}: it is cut off")
                break
            problems.append(f"{name}, line {number}: {broken}; the file is read up to here")
            break
    end({}, finished=False)
    if not trials and not problems:
        raise records.Broken("it holds no run")
    return trials


class Folders:
    """What belongs together because it lies in one folder: Ray's ``params.json`` and ``result.json``."""

    def __init__(self) -> None:
        self.configs: dict[str, dict[str, records.Setting]] = {}
        self.histories: dict[str, tuple[str, list[dict[str, float]]]] = {}

    def join(self, problems: list[str]) -> list[records.Trial]:
        """Return the runs; a history without settings is named."""
        trials = []
        for folder, (place, rows) in self.histories.items():
            if folder in self.configs:
                trials.append(records.new_trial("json", place, self.configs[folder], rows, {}))
            else:
                problems.append(
                    f"{place}: a history without the run's settings; hand in the file that has them, too "
                    "(Ray: params.json of the same folder), or write them into every row"
                )
        return trials


def read_json(
    name: str, path: str, content: bytes, wanted: records.Wanted, problems: list[str], folders: Folders
) -> list[records.Trial]:
    """Read a file of JSON: the notebook's log, or objects that hold whole trials or single epochs."""
    lines = records.lines_of(content)
    entries = _entries("\n".join(lines), lines, whole=not path.lower().endswith(".jsonl"))
    first = entries[0] if entries else {}
    ours = isinstance(first.get("config"), dict) and set(first) <= {"run", "started", "config"}
    a_line_each = (
        sum(bool(line.strip()) for line in lines) == len(entries) > 1
    )  # as the log, under another name
    if ours and (a_line_each or path.lower().endswith(".jsonl")):
        return read_jsonl(name, lines, wanted, problems)
    trials: list[records.Trial] = []
    runs: dict[str, list[dict[str, Any]]] = {}  # rows that say which trial they are of
    loose: list[dict[str, Any]] = []  # rows that do not
    for number, entry in enumerate(entries, 1):
        place = f"{name}, no. {number}" if len(entries) > 1 else name
        row = bool(wanted.measures(entry)) and any(
            records.number(entry.get(step, "none")) is not None for step in STEPS
        )
        if row and not any(isinstance(entry.get(key), (list, dict)) for key in _HISTORIES):
            if wanted.has_settings(entry):
                runs.setdefault(repr((name_of(entry), wanted.settings(entry))), []).append(entry)
            else:
                loose.append(entry)
        elif wanted.has_settings(entry):
            trial = whole_trial(place, entry, wanted)
            if not trial.history and not trial.summary and os.path.basename(path) == "params.json":
                folders.configs[os.path.dirname(path)] = trial.config
            else:
                trials.append(trial)
    if (
        all(len(rows) == 1 for rows in runs.values()) and len(runs) > 1
    ):  # a table of trials, with their last epochs
        trials += [
            whole_trial(f"{name}, no. {n}", rows[0], wanted) for n, rows in enumerate(runs.values(), 1)
        ]
    else:
        trials += by_epochs(name, list(runs.values()), wanted)
    if loose and not trials and not ours:
        folders.histories[os.path.dirname(path)] = (name, [row_of(entry, wanted) for entry in loose])
    elif not trials and os.path.dirname(path) not in folders.configs:
        if path.lower().endswith(".jsonl"):
            return read_jsonl(name, lines, wanted, problems)
        raise records.Broken(
            "no run can be read from it: an object for each, with its settings and its val_r, is needed"
        )
    return trials


def _entries(text: str, lines: list[str], *, whole: bool) -> list[dict[str, Any]]:
    """Return the objects of a file, however they are put together; none if one of them is odd."""
    found: Any = None
    with contextlib.suppress(records.Broken, ValueError, RecursionError):
        found = json.loads(text, object_pairs_hook=records.without_repeats) if whole else None
    if found is None:
        try:
            found = [records.load_json(line) for line in lines if line.strip()]
        except records.Broken:
            return []
    if isinstance(found, dict):
        inner = list(found.values())
        listed = next((found[key] for key in _TRIALS if isinstance(found.get(key), list)), None)
        if listed is not None and not any(isinstance(found.get(key), dict) for key in records.CONFIGS):
            found = listed
        elif inner and all(isinstance(v, dict) for v in inner):
            keys = [set(v) for v in inner]
            if all(k == keys[0] for k in keys) and all(key.isdigit() for key in keys[0]):  # pandas' to_json
                found = [{name: column[key] for name, column in found.items()} for key in inner[0]]
            elif not any(key in found for key in (*records.CONFIGS, *_SUMMARIES)):  # the runs by their names
                found = inner
    found = [found] if isinstance(found, dict) else found
    return found if isinstance(found, list) and all(isinstance(e, dict) for e in found) else []


def whole_trial(place: str, entry: dict[str, Any], wanted: records.Wanted) -> records.Trial:
    """Return the trial that one object holds: settings, rows, summary, state."""
    rows: list[dict[str, float]] = []
    for key in _HISTORIES:
        held = entry.get(key)
        held = literal(held) if isinstance(held, str) else held
        if isinstance(held, dict) and held and all(isinstance(v, list) for v in held.values()):
            columns = {n: v for n, v in held.items() if wanted.numbers(dict.fromkeys([n], 0.0))}
            held = [
                {n: v[i] for n, v in columns.items() if i < len(v)}
                for i in range(max(map(len, columns.values()), default=0))
            ]
        if isinstance(held, list) and not rows:
            rows = [row_of(row, wanted) for row in held if isinstance(row, dict)]
    reported = entry.get("intermediate_values")  # Optuna's: what trial.report was told, by step
    if isinstance(reported, dict) and wanted.objective and not rows:
        told = {records.number(step): value for step, value in reported.items()}
        steps = sorted(step for step in told if step is not None and not math.isnan(step))
        rows = [numbers for step in steps if (numbers := wanted.numbers({wanted.objective: told[step]}))]
    summary = wanted.numbers({n: v for n, v in entry.items() if n not in ("epoch", "training_iteration")})
    for key in _SUMMARIES:
        held = entry.get(key)
        held = literal(held) if isinstance(held, str) else held
        if isinstance(held, dict) and not (key == "metrics" and rows):
            summary |= wanted.numbers(held)
    crashed = "summary" in entry and entry["summary"] in ({}, None)
    done = is_finished(entry) and not crashed and bool(summary or rows)
    return records.new_trial("json", place, wanted.settings(opened(entry)), rows, summary, finished=done)


def by_epochs(name: str, groups: list[list[dict[str, Any]]], wanted: records.Wanted) -> list[records.Trial]:
    """Return the trials of rows that each say which trial they are of; an epoch that starts over begins another."""
    trials: list[records.Trial] = []
    for rows in groups:
        runs: list[list[dict[str, Any]]] = []
        for entry in rows:
            row = row_of(entry, wanted)
            last = row_of(runs[-1][-1], wanted) if runs else {}
            if not runs or row.get("epoch", 0.0) < last.get("epoch", 0.0):
                runs.append([])
            runs[-1].append(entry)
        for run in runs:
            config = wanted.settings(opened(run[-1]))
            history = [row_of(entry, wanted) for entry in run]
            place = f"{name}, run {len(trials) + 1}" if len(groups) > 1 or len(runs) > 1 else name
            trials.append(
                records.new_trial("json", place, config, history, {}, finished=is_finished(run[-1]))
            )
    return trials


def row_of(entry: dict[str, Any], wanted: records.Wanted) -> dict[str, float]:
    """Return the numbers of an epoch; Ray counts them itself."""
    numbers = wanted.numbers(entry)
    counted = records.number(entry.get("training_iteration", "none"))
    if "epoch" not in numbers and counted is not None and "epoch" in wanted.metrics:
        numbers["epoch"] = counted
    return numbers


def is_finished(entry: dict[str, Any]) -> bool:
    """Tell what an object's state says; without one it is taken as finished."""
    states = [v for n, v in entry.items() if n.lower() in STATES and isinstance(v, str) and v.strip()]
    return all(state.strip().lower().rpartition(".")[2] in _FINISHED for state in states)


def name_of(entry: dict[str, Any]) -> str:
    """Return the run's name in a row of a table of epochs, empty if it has none."""
    return next(
        (str(v)[:200] for n, v in entry.items() if n.lower() in NAMES and not isinstance(v, dict)), ""
    )


def opened(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an object with its settings as a dictionary, also where a table holds their text."""
    texts = {key: literal(entry[key]) for key in records.CONFIGS if isinstance(entry.get(key), str)}
    return entry | {key: value for key, value in texts.items() if isinstance(value, dict)}


def literal(text: str) -> Any:
    """Return what a cell's text stands for, as JSON or as Python prints it; None if nothing."""
    if len(text) > records.MAX_LINE_CHARS or text.strip()[:1] not in ("{", "["):
        return None
    try:
        return records.load_json(text)
    except records.Broken:
        pass
    try:
        return ast.literal_eval(re.sub(r"\b(nan|-?inf)\b", "None", text.strip()))
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None
