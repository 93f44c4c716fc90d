"""Logs as tables: W&B's CSV exports, Optuna's, people's own (*trusted*, standard library only).

W&B's table has a row per run: Name, State, …, and a column per setting and per summary value. A chart has a
row per step and columns "<name> - <metric>", "<name> - <metric>__MIN", "…__MAX"; the first column is the
x axis. Source: exports quoted in github.com/wandb/wandb/issues/5349 and 6474. Optuna's ``trials_dataframe``
has number, value, params_*, user_attrs_*, state. Others have a row per epoch with the settings in it.
"""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from autograder.log_readers import json_files, records

_CHART_COLUMN = re.compile(
    r"(?P<run>.+) - (?P<metric>[^-]+?)(\.\d+)?", re.DOTALL
)  # pandas numbers repeated names


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it was read: its rows, the header first."""

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


def read_csv(content: bytes) -> list[list[str]]:
    """Return the rows of a CSV or TSV file, whatever its separator and decimal mark."""
    try:
        lines = records.lines_of(content)
    except records.Broken:
        lines = records.lines_of(
            content.decode("latin-1").encode()
        )  # a name with an accent, as Excel saves it
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
        raise records.Broken(f"line {reader.line_num}: {error}") from None
    if not rows:
        raise records.Broken("it is empty")
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise records.Broken(f"row {number} has {len(row)} cells, the header has {len(rows[0])}")
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


def join_tables(tables: list[Table], wanted: records.Wanted, problems: list[str]) -> list[records.Trial]:
    """Join the table of runs with the charts' histories by the runs' names, which go no further."""
    charts: dict[str, list[dict[float, dict[str, float]]]] = {}  # run → each of its name: x → numbers
    runs: list[tuple[str, str, dict[str, Any]]] = []
    trials: list[records.Trial] = []
    for table in tables:
        name, header = table.name, [column.strip() for column in table.rows[0]]
        if not any(c in wanted.metrics for c in header[1:]) and any(
            _CHART_COLUMN.fullmatch(c) for c in header[1:]
        ):
            _read_chart(name, table.rows, charts, wanted, problems)
            continue
        known = [
            c
            for c in header
            if wanted.settings({c: 0}) or wanted.numbers({c: 0.0}) or c.lower() in json_files.NAMES
        ]
        if len(set(known)) < len(known):
            problems.append(f"{name}: two columns have the same name")
            continue
        entries = table.entries()
        groups: dict[str, list[dict[str, Any]]] = {}
        for entry in entries:
            groups.setdefault(
                repr((json_files.name_of(entry), wanted.settings(json_files.opened(entry)))), []
            ).append(entry)
        named = next((c for c in header if c.lower() == "name"), None)
        has_settings = any(wanted.has_settings(json_files.opened(entry)) for entry in entries)
        if has_settings and any(
            _counts_up([json_files.row_of(e, wanted) for e in rows]) for rows in groups.values()
        ):
            trials += [
                replace(t, source="csv") for t in json_files.by_epochs(name, list(groups.values()), wanted)
            ]
        elif named is not None or has_settings:
            for number, entry in enumerate(entries, 2):
                runs.append((str(entry.get(named or "", "")), f"{name}, row {number}", entry))
        elif any(wanted.measures(entry) for entry in entries):
            rows = [json_files.row_of(entry, wanted) for entry in entries]
            steps = {float(n): row for n, row in enumerate(rows)}
            charts.setdefault(os.path.splitext(os.path.basename(table.path))[0], []).append(steps)
        else:
            problems.append(
                f"{name}: neither W&B's table of runs (it has a column Name) nor a chart (columns 'run - metric')"
            )
    names = Counter(run for run, _, _ in runs)
    for run, place, entry in runs:
        whole = replace(json_files.whole_trial(place, entry, wanted), source="csv")
        extremes = wanted.extremes(entry)
        history = whole.history or _own_history(charts, run, names[run], whole, problems)
        state = json_files.is_finished(entry)
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
    whole: records.Trial,
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
    wanted: records.Wanted,
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
        x = records.number(_cell(row[0]))
        if x is None or math.isnan(x):
            if x_name in ("step", *json_files.STEPS):
                problems.append(
                    f"{name}, row {number}: its first cell is no number; the chart is read up to here"
                )
                return
            x = float(number)  # a time of day: the rows are in its order
        for place, run, metric, which in columns:
            value = records.number(_cell(row[place])) if row[place].strip() else None
            if value is not None:
                own = charts.setdefault(run, [])
                own += [{} for _ in range(which + 1 - len(own))]
                step = own[which].setdefault(x, {})
                step[metric] = value
                if x_name == "epoch":
                    step["epoch"] = x
