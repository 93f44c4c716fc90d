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

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autograder.log_readers import json_files, records, tables, wandb_runs
from autograder.log_readers.records import Trial
from autograder.messages import safe

__all__ = ["MAX_BYTES", "MAX_FILE_BYTES", "Reading", "Trial", "is_run_log", "read_trials"]

MAX_FILE_BYTES = 4 << 20  # a hundred times what an honest run of this length needs
MAX_BYTES = 16 << 20  # of all logs together: reading them must stay a matter of seconds
MAX_TRIALS = 1000
MAX_PROBLEMS = 50
SUFFIXES = (".jsonl", ".json", ".wandb", ".csv", ".tsv")

# What W&B and Ray write beside their logs; nothing of a run is in them that the logs do not have.
_BESIDE = re.compile(
    r"(wandb-(summary|metadata)|experiment_state|basic-variant-state|searcher-state).*\.json"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The runs that could be read, and a sentence for each thing that could not."""

    trials: tuple[Trial, ...]
    problems: tuple[str, ...]


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
    wanted = records.Wanted(frozenset(config_names), frozenset(metric_names), objective)
    trials: list[Trial] = []
    problems: list[str] = []
    found: list[tables.Table] = []
    pieces: dict[str, list[Trial]] = {}  # W&B's id of a run → what each of its files holds
    folders = json_files.Folders()
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
                raise records.Broken(f"it has {len(content) / 2**20:.1f} MB; at most {limit}")
            if kind.endswith(".wandb"):
                run, trial = wandb_runs.read_wandb(name, content, wanted, problems)
                pieces.setdefault(run or path, []).append(trial)
            elif kind.endswith((".jsonl", ".json")):
                trials += json_files.read_json(name, path, content, wanted, problems, folders)
            else:
                found.append(tables.Table(name, path, tables.read_csv(content)))
        except records.Broken as broken:
            problems.append(f"{name}: {broken}")
    trials += [trial for parts in pieces.values() for trial in wandb_runs.resumed(parts)]
    trials += tables.join_tables(found, wanted, problems)
    trials += folders.join(problems)
    if len(trials) > MAX_TRIALS:
        problems.append(f"{len(trials)} runs were handed in; the first {MAX_TRIALS} are read")
    if len(problems) > MAX_PROBLEMS:
        problems[MAX_PROBLEMS:] = [f"… and {len(problems) - MAX_PROBLEMS} more"]
    return Reading(tuple(trials[:MAX_TRIALS]), tuple(problems))
