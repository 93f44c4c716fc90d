"""Judge the evidence of a sweep: what the handed-in run logs say, and whether they agree with each other.

Four levels, each with a check of its own: *claimed* (the notebook names a configuration and its validation r),
*logged* (runs of at least six configurations), *consistent* (every log agrees with itself) and *re-derived* (the
handed-in weights, loaded into the student's own model, reach that r on the validation windows). What does not
agree is named and costs its points; why it does not agree is for people to find out.

NumPy and the standard library only: this runs in the grader.
"""

from dataclasses import dataclass

import numpy as np

from autograder.run_logs import MAX_BYTES, MAX_FILE_BYTES, Trial, is_run_log, read_trials

SETTINGS = ("num_filters", "kernel_size", "add_sigmoid", "learning_rate", "batch_size", "optimizer")
METRICS = ("epoch", "train_loss", "val_loss", "val_r", "test_loss", "test_r")
ENOUGH = (
    6  # different configurations: ten honest draws with repeats have fewer than seven once in 10,000 sweeps
)
CLAIM_TOLERANCE = 0.001  # of a claimed r: it is typed with three decimals
SAME = 1e-4  # relative: an export may round a number that the log has in full


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the handed-in logs hold.

    ``trials`` are the finished runs with a whole configuration, a run that was handed in twice (in two formats,
    say) once. ``left_out`` and ``contradictions`` are sentences; ``copies`` counts runs of *different*
    configurations whose histories are the same to the last digit.
    """

    trials: tuple[Trial, ...]
    left_out: tuple[str, ...]
    contradictions: tuple[str, ...]
    copies: int

    @property
    def different(self) -> int:
        """Return the number of different configurations, runs that share one history counted once."""
        seen: dict[tuple, tuple] = {}
        for trial in self.trials:
            seen.setdefault(_fingerprint(trial), _key(trial))
        return len(set(seen.values()))


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

    ``names`` are all files of the hand-in, for a hint; ``too_large`` counts the logs that were not even opened.
    """
    reading = read_trials(files, (*SETTINGS, "epochs"), METRICS)
    left_out, contradictions, kept = list(reading.problems), [], {}
    for trial in reading.trials:
        missing = [name for name in SETTINGS if not _is_setting(name, trial.config.get(name))]
        if missing:
            left_out.append(f"{trial.place}: its configuration has no usable {missing[0]}")
        elif not trial.finished:
            left_out.append(f"{trial.place}: the run did not finish")
        else:
            kept.setdefault((_key(trial), _fingerprint(trial)), trial)
    for trial in kept.values():
        what = contradiction(trial)
        if what:
            contradictions.append(f"{trial.place}: {what}")
    trials = tuple(kept.values())
    shared = [_fingerprint(t) for t in trials if any(any(row) for row in _fingerprint(t))]
    if not reading.trials and any(name.lower().endswith((".zip", ".gz", ".tar", ".tgz")) for name in names):
        left_out.append("an archive was handed in: unpack it, and hand in the files")
    if too_large:
        left_out.append(
            f"{too_large} log(s) are too large to be read: {MAX_FILE_BYTES >> 20} MB each is the limit"
        )
    return Evidence(trials, tuple(left_out), tuple(contradictions), len(shared) - len(set(shared)))


def rows_of(trial: Trial) -> list[dict[str, float]]:
    """Return the rows that belong to an epoch; W&B has more, such as a test score logged at the end.

    A chart whose x axis is W&B's step has no epochs: its rows are numbered.
    """
    rows = [row for row in trial.history if "epoch" in row]
    if not rows and trial.source == "csv":
        rows = [{"epoch": float(n), **row} for n, row in enumerate(trial.history, 1)]
    return rows


def last_r(trial: Trial) -> float:
    """Return val_r of a trial's last epoch, −inf if it is undefined."""
    rows = rows_of(trial)
    r = rows[-1].get("val_r", np.nan) if rows else np.nan
    return float(r) if np.isfinite(r) else -np.inf


def contradiction(trial: Trial) -> str:
    """Say in what a finished run contradicts itself; empty if it does not."""
    rows, epochs = rows_of(trial), trial.config.get("epochs")
    if isinstance(epochs, bool) or not isinstance(epochs, (int, float)) or epochs < 1:
        return "its configuration has no usable number of epochs"
    if len(rows) != epochs:
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
    if "val_r" not in trial.summary:
        return "its summary has no val_r"
    for name in ("train_loss", "val_loss", "val_r"):
        if name in rows[-1] and name in trial.summary and not _same(rows[-1][name], trial.summary[name]):
            return f"its summary has another {name} than the last row of its history"
    return ""


def find_claimed(evidence: Evidence, config: dict) -> Trial | None:
    """Return the run of the claimed configuration with the highest last val_r, or None."""
    wanted = tuple(config.get(name) for name in SETTINGS)
    found = [trial for trial in evidence.trials if _key(trial) == wanted]
    return max(found, key=last_r, default=None)


def why_not_best(evidence: Evidence, claimed: Trial) -> str:
    """Say by which other rule the claimed run is the best; empty if it is the best on validation."""
    trials = evidence.trials
    better = sum(last_r(trial) > last_r(claimed) + CLAIM_TOLERANCE for trial in trials)
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


def _is_setting(name: str, value: object) -> bool:
    if name == "add_sigmoid":
        return isinstance(value, bool)
    if name == "optimizer":
        return value in ("SGD", "Adam")
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0


def _key(trial: Trial) -> tuple:
    return tuple(trial.config.get(name) for name in SETTINGS)


def _fingerprint(trial: Trial) -> tuple:
    """Return the numbers of a history; of a run that stayed at 0 throughout, its configuration: such runs are alike."""
    numbers = tuple(
        tuple(
            round(row[name], 12) if np.isfinite(row[name]) else None
            for name in ("train_loss", "val_loss", "val_r")
            if name in row
        )
        for row in rows_of(trial)
    )
    return numbers if any(any(row) for row in numbers) else (_key(trial), ())


def _same(one: float, other: float) -> bool:
    return bool(np.isclose(one, other, rtol=SAME, atol=1e-6, equal_nan=True))
