"""W&B's offline runs, those that were resumed among them (*trusted*, standard library only)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from autograder.log_readers import records, wandb_records


def read_wandb(
    name: str, content: bytes, wanted: records.Wanted, problems: list[str]
) -> tuple[str, records.Trial]:
    """Read a ``run-….wandb``, with W&B's id of the run; one that is cut off counts up to there, as unfinished."""
    if not content:
        raise records.Broken("it is empty: the run ended before W&B had written anything")
    if not content.startswith(wandb_records.MAGIC):
        raise records.Broken("it does not begin as a W&B run does")
    config: dict[str, Any] = {}
    summary: dict[str, float] = {}
    extremes: dict[str, dict[str, float]] = {}
    history: list[dict[str, float]] = []
    run, finished = "", False
    try:
        names = wanted.config | frozenset(records.CONFIGS)
        for event in wandb_records.read_events(content, config=names, metrics=wanted.metrics):
            try:
                values = {key: records.load_json(text) for key, text in event.values.items()}
            except records.Broken as broken:
                raise records.Broken(f"record {event.record}: {broken}") from None
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
    except (records.Broken, wandb_records.Damaged) as broken:
        problems.append(f"{name}, {broken}; the run is read up to here")
        finished = False
    trial = records.new_trial("wandb", name, config, history, summary, finished=finished)
    return run, replace(trial, extremes=extremes)


def resumed(parts: list[records.Trial]) -> list[records.Trial]:
    """Join the files of one W&B run that was interrupted and resumed: each goes on where the one before ended.

    An epoch that was run again counts as it was the last time. A file that begins at the first epoch is no
    resumption but a run of its own.
    """
    runs: list[records.Trial] = []
    for part in sorted(parts, key=lambda part: first_epoch(part.history)):
        start = first_epoch(part.history)
        if runs and runs[-1].history and start > first_epoch(runs[-1].history):
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


def first_epoch(history: Sequence[dict[str, float]]) -> float:
    """Return the epoch that a history begins with, 0 if it has none."""
    return next((row["epoch"] for row in history if "epoch" in row), 0.0)
