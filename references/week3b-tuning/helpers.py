"""Judge the evidence of a sweep: what the handed-in run logs say, and whether they agree with each other.

Four levels, each with a check of its own: *claimed* (the notebook names a configuration and its validation r),
*logged* (runs of at least six configurations), *consistent* (every log agrees with itself) and *re-derived* (the
handed-in weights, loaded into the student's own model, reach that r on the validation windows). What does not
agree is named and costs its points; why it does not agree is for people to find out.

NumPy and the standard library only: this runs in the grader.
"""

import os
import re
from dataclasses import dataclass, replace

import numpy as np

from autograder.log_readers.records import Trial
from autograder.messages import safe
from autograder.run_logs import MAX_BYTES, MAX_FILE_BYTES, is_run_log, read_trials

SETTINGS = ("num_filters", "kernel_size", "add_sigmoid", "learning_rate", "batch_size", "optimizer")
METRICS = ("epoch", "train_loss", "val_loss", "val_r", "test_loss", "test_r")
ENOUGH = (
    6  # different configurations: ten honest draws with repeats have fewer than seven once in 10,000 sweeps
)
CLAIM_TOLERANCE = 0.005 + 1e-9  # of a claimed r: it may be typed with two decimals
TIE = 0.001  # runs as near as this to the best one are as good
SAME = {"rtol": 1e-4, "atol": 5.1e-4}  # people and exports round; three decimals are kept
DETAIL = 1e-4  # what is written with more digits than this can be told from other runs
FORMATS = "RunLog's runs/*.jsonl, W&B's run-*.wandb, tables as .csv, or .json"
# What people hand in as logs and what cannot be read, and what to do about it.
UNREAD = (
    (
        r".*\.(db|sqlite3?)",
        'a database is not read; study.trials_dataframe().to_csv("trials.csv") makes a table of one of Optuna\'s',
    ),
    (r"(.*/)?events\.out\.tfevents.*", f"TensorBoard's files are not read; hand in {FORMATS}"),
    (
        r".*\.(xlsx?|ods|numbers|parquet|feather|pkl|pickle|h5|npz|npy|html?|ya?ml)",
        "this kind of file is not read; save the table as .csv",
    ),
    (r".*\.(log|txt|out|md)", f"a text like this is not read; hand in {FORMATS}"),
    (r".*\.(zip|gz|tar|tgz|7z|rar)", "an archive was handed in: unpack it, and hand in the files"),
)
# What W&B and Ray keep beside their logs: nobody has to hear that it is not one.
_BESIDE = re.compile(
    r"(.*/)?(debug.*\.log|output\.log|requirements\.txt|config\.yaml|conda-environment\.ya?ml|diff\.patch|readme.*"
    r"|.*searcher.*|.*\.pkl|error\.txt|predict\.py)|(.*/)?(__MACOSX|media|code|data)/.*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the handed-in logs hold.

    ``trials`` are the finished runs with a whole configuration, a run that was handed in twice (in two formats,
    say) once; ``unfinished`` those that have rows but no end. ``left_out``, ``unread`` (files and lines) and
    ``contradictions`` are sentences; ``copies`` counts runs of *different* configurations whose histories, or one
    column of them, are the same to the last digit, or moved or stretched as a whole.
    """

    trials: tuple[Trial, ...]
    unfinished: tuple[Trial, ...]
    unread: tuple[str, ...]
    left_out: tuple[str, ...]
    contradictions: tuple[str, ...]

    @property
    def different(self) -> int:
        """Return the number of different configurations, runs that share one history counted once."""
        return len({_key(group[0]) for group in _groups(self.trials)})

    @property
    def copies(self) -> int:
        """Return how many runs of other configurations repeat the history of another run."""
        return sum(len({_key(trial) for trial in group}) - 1 for group in _groups(self.trials))


def gather(student) -> Evidence:
    """Read the run logs among the handed-in files, as they were handed in."""
    names, files, too_large, room = [], [], [], MAX_BYTES
    for name, size in student.files():
        names.append(name)
        if is_run_log(name) and size > min(room, MAX_FILE_BYTES):
            too_large.append(name)
        elif is_run_log(name):
            files.append((name, student.read_file(name)))
            room -= len(files[-1][1])
    return weigh(files, names, len(too_large))


def weigh(files: list[tuple[str, bytes]], names: list[str] = (), too_large: int = 0) -> Evidence:
    """Judge run logs given as (name, content).

    ``names`` are all files of the hand-in, to name those that nobody reads; ``too_large`` counts the logs that were
    not even opened.
    """
    reading = read_trials(files, (*SETTINGS, "epochs"), METRICS, objective="val_r")
    left_out, contradictions, kept, unfinished = [], [], {}, []
    for found in reading.trials:
        trial = replace(found, config={name: _plain(name, value) for name, value in found.config.items()})
        missing = [name for name in SETTINGS if not _is_setting(name, trial.config.get(name))]
        if missing:
            left_out.append(f"{trial.place}: its configuration has no usable {missing[0]}")
        elif not trial.finished:
            left_out.append(f"{trial.place}: the run did not finish{_no_end(trial)}")
            unfinished += [trial] if rows_of(trial) else []
        else:
            kept.setdefault((_key(trial), _fingerprint(trial)), trial)
    for trial in kept.values():
        what = contradiction(trial)
        if what:
            contradictions.append(f"{trial.place}: {what}")
    unread = [*reading.problems, *_unread(names)]
    if too_large:
        unread.append(
            f"{too_large} log(s) are too large to be read: {MAX_FILE_BYTES >> 20} MB each is the limit"
        )
    return Evidence(
        tuple(kept.values()), tuple(unfinished), tuple(unread), (*unread, *left_out), tuple(contradictions)
    )


def _no_end(trial: Trial) -> str:
    """Say what is missing where all epochs are there and only the end is not."""
    whole = trial.source == "jsonl" and len(rows_of(trial)) == trial.config.get("epochs")
    return ": its last line, the summary, is missing, which log.finish() writes" if whole else ""


def _unread(names: list[str]) -> list[str]:
    """Name the files that look like logs and are none that can be read."""
    sentences = []
    for name in names:
        path = name.replace("\\", "/")
        why = next(
            (words for form, words in UNREAD if re.fullmatch(form, path, re.IGNORECASE | re.DOTALL)), None
        )
        if why and not is_run_log(path) and not _BESIDE.fullmatch(path):
            sentences.append(
                why if why.startswith("an archive") else f"{safe(os.path.basename(path), 60)}: {why}"
            )
    return list(dict.fromkeys(sentences))


def rows_of(trial: Trial) -> list[dict[str, float]]:
    """Return a row per epoch, put together from what was logged in several calls.

    W&B has rows of training and of validation, of batches, and of a test score at the end. Where no row says which
    epoch it is of, those with a val_r are numbered.
    """
    groups: list[dict[str, float]] = []
    for row in trial.history:
        if groups and _belongs(groups[-1], row):
            groups[-1] |= row
        else:
            groups.append(dict(row))
    rows = [row for row in groups if "epoch" in row]
    return rows or [
        {"epoch": float(n), **row} for n, row in enumerate((r for r in groups if "val_r" in r), 1)
    ]


def _belongs(group: dict[str, float], row: dict[str, float]) -> bool:
    if "epoch" in group and "epoch" in row:
        return group["epoch"] == row["epoch"] and not ("val_r" in group and "val_r" in row)
    return not any(name in group for name in row if name != "epoch")


def last_r(trial: Trial) -> float:
    """Return val_r of a trial's last epoch, or, of a trial without rows, what its summary says; −inf if undefined."""
    rows = rows_of(trial)
    r = (rows[-1] if rows else trial.summary).get("val_r", np.nan)
    return float(r) if np.isfinite(r) else -np.inf


def contradiction(trial: Trial) -> str:
    """Say in what a finished run contradicts itself; empty if it does not."""
    rows, epochs = rows_of(trial), trial.config.get("epochs")
    if not rows:
        return "it has no history: its epochs are in no file that could be read"
    if epochs is not None and (isinstance(epochs, (bool, str)) or epochs < 1):
        return "its configuration has no usable number of epochs"
    if rows[0]["epoch"] > 1 and [row["epoch"] for row in rows] == list(
        range(int(rows[0]["epoch"]), int(rows[-1]["epoch"]) + 1)
    ):
        return f"its history begins with epoch {rows[0]['epoch']:g}: if it was resumed, hand in its first part, too"
    if epochs is not None and len(rows) != epochs:
        return f"its history has {len(rows)} epochs, its configuration says {epochs:g}"
    if [row["epoch"] for row in rows] != list(range(1, len(rows) + 1)):
        return "the epochs of its history are not numbered 1, 2, 3, …"
    for row in rows:
        if "val_r" not in row:
            return f"epoch {row['epoch']:g} has no val_r"
        if abs(row["val_r"]) > 1:
            return f"val_r of epoch {row['epoch']:g} is no correlation"
        if any(row.get(name, 0.0) < 0 for name in ("train_loss", "val_loss")):
            return f"epoch {row['epoch']:g} has a negative loss"
    if "val_r" not in trial.summary and trial.source == "jsonl":
        return "its summary has no val_r"
    for name in ("train_loss", "val_loss", "val_r"):
        if name in rows[-1] and name in trial.summary and not _same(rows[-1][name], trial.summary[name]):
            return f"its summary has another {name} than the last row of its history"
        values = np.array([row.get(name, np.nan) for row in rows])
        for rule, word in trial.extremes.get(name, {}).items():
            if rule in ("max", "min") and np.isfinite(values).all():
                wanted = values.max() if rule == "max" else values.min()
            elif rule == "last":
                wanted = values[-1]
            else:
                continue
            if not _same(wanted, word):
                return f"its summary has another {rule} of {name} than its history"
    return ""


def find_claimed(evidence: Evidence, config: dict, val_r: float | None = None) -> Trial | None:
    """Return the run of the claimed configuration, or None.

    Of several the one that the claimed val_r fits; then one that finished, then the highest last val_r. Where no run
    at all finished, none counts.
    """
    wanted = tuple(config.get(name) for name in SETTINGS)
    logged = (*evidence.trials, *evidence.unfinished) if evidence.trials else ()
    found = [trial for trial in logged if _key(trial) == wanted]
    return max(found, key=lambda t: (fits(t, val_r), t.finished, last_r(t)), default=None)


def fits(trial: Trial, val_r: float | None) -> bool:
    """Tell whether a claimed val_r is the last one of a run's log."""
    return val_r is not None and abs(last_r(trial) - val_r) <= CLAIM_TOLERANCE


def why_not_best(evidence: Evidence, claimed: Trial) -> str:
    """Say by which other rule the claimed run is the best; empty if it is the best on validation.

    Among the runs that finished, or, where the claimed run did not, among all: ``select_best`` does not ask.
    """
    trials = evidence.trials if claimed.finished else (*evidence.trials, *evidence.unfinished)
    better = sum(last_r(trial) > last_r(claimed) + TIE for trial in trials)
    if not better:
        return ""
    rules = {
        "it has the highest test_r: it was selected on the test": lambda t: t.summary.get(
            "test_r", max((row.get("test_r", -np.inf) for row in t.history), default=-np.inf)
        ),
        "it has the lowest test_loss: it was selected on the test": lambda t: (
            -t.summary.get("test_loss", np.inf)
        ),
        "it has the highest val_r of any epoch, but not at its last": lambda t: max(
            (row.get("val_r", -np.inf) for row in rows_of(t)), default=-np.inf
        ),
        "it has the lowest val_loss; the rule is the highest val_r": lambda t: (
            -rows_of(t)[-1].get("val_loss", np.inf) if rows_of(t) else -np.inf
        ),
        "it has the lowest val_r of all": lambda t: -last_r(t),
    }
    for words, value in rules.items():
        values = np.array([value(trial) for trial in trials], dtype=np.float64)
        mine = value(claimed)
        if np.isfinite(mine) and np.isfinite(values).sum() > 1 and not np.nanmax(values) > mine:
            return f"{better} of your runs have a higher last val_r than the claimed one; {words}"
    return f"{better} of your runs have a higher last val_r than the claimed one"


def windows(private, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return one-hot windows (n, 300, 4), columns A, C, G, T, and their scores (n, 300): ``val`` or ``held_out``."""
    with np.load(private / "windows.npz") as file:
        return np.eye(4, dtype=np.float32)[file[f"{part}_letters"]], file[f"{part}_scores"].astype(np.float64)


def r_per_window(predicted: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Return Pearson's r of every row, 0 where the prediction is constant or not finite."""
    p, o = np.asarray(predicted, dtype=np.float64), np.asarray(observed, dtype=np.float64)
    with np.errstate(all="ignore"):
        varies = np.ptp(p, axis=1) > 1e-6 * np.abs(p).max(
            axis=1
        )  # else float32 cannot tell it from a constant
        p, o = p - p.mean(axis=1, keepdims=True), o - o.mean(axis=1, keepdims=True)
        r = (p * o).sum(axis=1) / np.sqrt((p**2).sum(axis=1) * (o**2).sum(axis=1))
    return np.where(varies & np.isfinite(r), r, 0.0)


def interval(values: np.ndarray, rng: np.random.Generator, draws: int = 1000) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean by the bootstrap over rows."""
    means = values[rng.integers(0, len(values), (draws, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def _plain(name: str, value: object) -> object:
    """Return a setting as the notebook has it: tools write ``"16"``, ``16.0``, ``"True"``, ``1`` or ``"adam"``."""
    text = value.strip().casefold() if isinstance(value, str) else value
    if name == "optimizer":
        word = re.sub(r"[^a-z]+$", "", str(text)).rpartition(".")[2]
        return {"sgd": "SGD", "adam": "Adam"}.get(word, value)
    if name == "add_sigmoid":
        known = {
            "true": True,
            "yes": True,
            "1": True,
            "1.0": True,
            "false": False,
            "no": False,
            "0": False,
            "0.0": False,
        }
        return known.get(str(text).casefold(), value)
    if isinstance(text, str) and re.fullmatch(r"[0-9.]{1,20}(e-?[0-9]{1,3})?", text):
        try:
            value = float(text)
        except ValueError:
            return value
    whole = isinstance(value, float) and value.is_integer()
    return int(value) if whole else value


def _is_setting(name: str, value: object) -> bool:
    if name == "add_sigmoid":
        return isinstance(value, bool)
    if name == "optimizer":
        return value in ("SGD", "Adam")
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0


def _key(trial: Trial) -> tuple:
    return tuple(trial.config.get(name) for name in SETTINGS)


def _fingerprint(trial: Trial) -> tuple:
    """Return the numbers of a history; of a run whose val_r stayed at 0, its configuration: such runs are alike."""
    numbers = tuple(
        tuple(
            round(row[name], 12) if np.isfinite(row[name]) else None
            for name in ("train_loss", "val_loss", "val_r")
            if name in row
        )
        for row in rows_of(trial)
    )
    # Of a network that died, or diverged at once, r is 0 or nothing, and its losses are those of all such networks.
    silent = all(not np.isfinite(r) or r == 0 for r in (row.get("val_r", 1.0) for row in rows_of(trial)))
    return (_key(trial), ()) if silent else numbers


def _traces(trial: Trial) -> list[tuple]:
    """Return what no other training has: each column of a history that moves, as it is and moved or stretched.

    Left out are columns that stand still (networks that died are alike) and those of few digits, where two honest
    runs may happen to meet.
    """
    rows, traces = rows_of(trial), []
    for name in ("train_loss", "val_loss", "val_r"):
        v = np.array([row.get(name, np.nan) for row in rows])
        if len(v) < 3 or not np.isfinite(v).all() or not np.ptp(v) > 1e-4 * np.abs(v).max():
            continue
        detailed = np.abs(v / DETAIL - np.round(v / DETAIL)) > 1e-6
        if len(set(v.tolist())) < 3 or detailed.mean() < 0.5:
            continue
        traces.append((name, *np.round(v, 12).tolist()))
        from_first = v - v[0]
        form = from_first / from_first[np.abs(from_first).argmax()]
        if len(set(np.round(form, 3).tolist())) >= 5:
            traces.append((name, "form", *(np.round(form, 7) + 0.0).tolist()))
    return traces


def _groups(trials: tuple[Trial, ...]) -> list[list[Trial]]:
    """Return the runs in groups that share a history or a column of one; most groups have one run."""
    leader = list(range(len(trials)))

    def lead(n: int) -> int:
        while leader[n] != n:
            n = leader[n]
        return n

    seen: dict[tuple, int] = {}
    for number, trial in enumerate(trials):
        for trace in (_fingerprint(trial), *_traces(trial)):
            one, other = sorted((lead(number), lead(seen.setdefault(trace, number))))
            leader[other] = one
    groups: dict[int, list[Trial]] = {}
    for number, trial in enumerate(trials):
        groups.setdefault(lead(number), []).append(trial)
    return list(groups.values())


def _same(one: float, other: float) -> bool:
    return bool(np.isclose(one, other, equal_nan=True, **SAME))
