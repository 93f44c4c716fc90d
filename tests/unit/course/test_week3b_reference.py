"""Week 3b's reference: the data can be built again, the card computed again, and evidence is weighed as it says."""

from __future__ import annotations

import importlib.util
import json
import math
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from autograder.judge.weights import load_weights
from autograder.references import load_card

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[3]
WEEK3B = ROOT / "references" / "week3b-tuning"
RELEASED = ROOT / "source" / "week3b-tuning" / "data" / "week3b-windows.npz"
PRIVATE = WEEK3B / "private" / "windows.npz"


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"week3b_{name}", WEEK3B / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def build() -> ModuleType:
    """Return the script that builds the windows."""
    return script("build_data")


@pytest.fixture(scope="module")
def helpers() -> ModuleType:
    """Return what the hidden checks share."""
    return script("helpers")


@pytest.fixture(scope="module")
def train() -> ModuleType:
    """Return the script that runs sweeps; needs torch."""
    pytest.importorskip("torch")
    return script("train")


@pytest.fixture(scope="module")
def card() -> dict[str, Any]:
    """Return the committed card."""
    return load_card(WEEK3B / "card.json")


# -- data ------------------------------------------------------------------------------------------


def test_labels_are_the_scan_of_the_letters(build: ModuleType) -> None:
    """Every committed score follows from the letters and the motif, and every window has a site."""
    for path in (RELEASED, PRIVATE):
        with np.load(path) as file:
            for name in {key.rsplit("_", 1)[0] for key in file.files}:
                letters, scores = file[f"{name}_letters"], file[f"{name}_scores"]
                assert letters.shape == scores.shape == (build.SIZES[name], 300)
                np.testing.assert_array_equal(scores, build.label(letters))
                assert scores.max(axis=1).min() >= build.THRESHOLD - 1e-6


def test_label_of_one_window_by_hand(build: ModuleType) -> None:
    """The best site of the motif paints its score over its width, on either strand, and nothing else."""
    best = build.COUNTS.argmax(axis=0)
    score = np.log(build.COUNTS.max(axis=0) / build.COUNTS.sum(axis=0) / 0.25).sum()
    window = np.zeros((2, 300), dtype=np.uint8)  # poly-A has no site
    window[0, 100:112] = best
    window[1, 100:112] = 3 - best[::-1]
    labels = build.label(window)
    for row in labels:
        assert row[100:112] == pytest.approx(np.full(12, score), rel=1e-6)
        assert not row[:95].any()
        assert not row[117:].any()


def test_parts_share_no_window() -> None:
    """No window is in two parts; validation on our side is the students' own."""
    with np.load(RELEASED) as released, np.load(PRIVATE) as private:
        parts = [
            released["train_letters"],
            released["val_letters"],
            released["test_letters"],
            private["held_out_letters"],
        ]
        np.testing.assert_array_equal(private["val_letters"], released["val_letters"])
    rows = [row.tobytes() for part in parts for row in part]
    assert len(set(rows)) == len(rows)


def test_data_are_rebuilt_byte_for_byte(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script gives the committed files again, from week 3a's windows."""
    windows = ROOT / "references" / "week3a-tf-binding" / "windows.npz"
    if not windows.is_file():
        pytest.skip("week 3a's windows are not here")
    monkeypatch.setattr(sys, "argv", ["build_data.py", "--root", str(tmp_path)])
    build.main()
    for path in (RELEASED, PRIVATE):
        assert (tmp_path / path.relative_to(ROOT)).read_bytes() == path.read_bytes()


# -- card ------------------------------------------------------------------------------------------


def test_committed_card_is_what_the_script_makes(
    card: dict[str, Any], train: ModuleType, tmp_path: Path
) -> None:
    """Nothing in the card was written by hand: the recorded sweeps give the committed bytes again."""
    rebuilt = train.make_card(card, card["weights_sha256"], train.hash_of_data())
    train.write_card(rebuilt, tmp_path / "card.json")
    assert (tmp_path / "card.json").read_bytes() == (WEEK3B / "card.json").read_bytes()


def test_weights_reproduce_the_card(card: dict[str, Any], train: ModuleType) -> None:
    """The shipped weights reach, on a CPU, the r that the card records for their sweep."""
    torch = pytest.importorskip("torch")
    seed = card["shipped_seed"]
    model = train.Network(card["sweeps"][seed]["best"])
    weights = load_weights(WEEK3B / "weights.safetensors")
    model.load_state_dict({name: torch.from_numpy(a.copy()) for name, a in weights.items()})
    parts = train.tensors("cpu")
    for name, key in (("held_out", "held_out_r"), ("test", "test_r"), ("val", "val_r")):
        x, y = parts[name]
        found = train.mean_r(train.predict(model, x), y.numpy())
        assert found == pytest.approx(card["seeds"][seed][key], abs=1e-4)


def test_tolerance_covers_what_was_seen(card: dict[str, Any]) -> None:
    """An r that a GPU logged and a CPU derives again differ by much less than is allowed."""
    differences = [abs(s["logged_minus_rederived"]) for s in card["seeds"]]
    assert card["rederived"]["largest_seen"] == max(differences)
    assert max(differences) < card["rederived"]["tolerance"] / 5


def test_floor_lies_between_letter_content_and_every_sweep(card: dict[str, Any]) -> None:
    """No honest sweep is below the floor, and points begin where learning begins."""
    floor = card["floor"]["held_out_r"]
    assert all(seed["held_out_r"] > floor for seed in card["seeds"])
    assert floor > 0.3


def test_mean_r_is_the_same_everywhere(train: ModuleType, helpers: ModuleType) -> None:
    """The script, the grader and the notebook measure the same thing, odd rows included."""
    torch = pytest.importorskip("torch")
    notebook = json.loads((ROOT / "source" / "week3b-tuning" / "week3b-tuning.ipynb").read_text())
    (source,) = ["".join(c["source"]) for c in notebook["cells"] if c["id"] == "q3-data"]
    namespace: dict[str, Any] = {"torch": torch, "nn": torch.nn}
    exec(source, namespace)
    rng = np.random.default_rng(0)
    predicted, observed = (rng.standard_normal((9, 40)).astype(np.float32) for _ in range(2))
    predicted[:3] = [[0.1], [-3e4], [np.nan]]  # constant, constant, not finite
    predicted[3, 5] = np.inf
    predicted[4] = 1000 + 0.01 * predicted[4]
    want = np.mean(
        [0, 0, 0, 0, *(np.corrcoef(p, o)[0, 1] for p, o in zip(predicted[4:], observed[4:], strict=True))]
    )
    theirs = namespace["mean_r"](torch.from_numpy(predicted), torch.from_numpy(observed))
    for found in (
        train.mean_r(predicted, observed),
        helpers.r_per_window(predicted, observed).mean(),
        theirs,
    ):
        assert found == pytest.approx(want, abs=1e-6)


def test_draws_are_fair_and_different(train: ModuleType) -> None:
    """Our own sweeps are drawn as the contract asks: different configurations, all within reach."""
    drawn = [tuple(config.values()) for config in train.draw(3, 216)]
    assert len(set(drawn)) == 216
    assert train.draw(5, 10) == train.draw(5, 10)
    assert train.draw(5, 10) != train.draw(6, 10)


def test_trial_learns_by_its_configuration(train: ModuleType) -> None:
    """A trial on a few windows has a row per epoch, and its loss falls."""
    torch = pytest.importorskip("torch")
    x, y = (a[:48] for a in train.tensors("cpu")["train"])
    torch.manual_seed(0)
    config = train.draw(0, 1)[0] | {"optimizer": "SGD", "add_sigmoid": False, "learning_rate": 0.05}
    rows: list[dict[str, float]] = []
    model, history = train.run_trial(config, (x, y), (x, y), 4, rows.append)
    assert rows == history
    assert [row["epoch"] for row in history] == [1, 2, 3, 4]
    assert history[-1]["train_loss"] < history[0]["train_loss"]
    assert model.filters.weight.shape == (config["num_filters"], 4, config["kernel_size"])


# -- evidence ----------------------------------------------------------------------------------------

CONFIG = {
    "num_filters": 4,
    "kernel_size": 10,
    "add_sigmoid": False,
    "learning_rate": 0.1,
    "batch_size": 16,
    "optimizer": "SGD",
    "epochs": 2,
}


def run(
    number: int, r: float, *, name: str = "", change: dict[str, Any] | None = None, **summary: float
) -> tuple[str, bytes]:
    """Return a consistent log of two epochs that ends at r; ``number`` makes its configuration another."""
    config = {**CONFIG, "num_filters": number + 1, **(change or {})}
    rows = [{"epoch": e, "train_loss": 2.0, "val_loss": 1.5 - r, "val_r": r * e / 2} for e in (1, 2)]
    lines = [{"config": config}, *rows, {"summary": {**rows[-1], **summary}}]
    return name or f"run-{number}.jsonl", b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def edited(log: tuple[str, bytes], old: str, new: str) -> tuple[str, bytes]:
    text = log[1].decode()
    assert text.count(old) == 1
    return log[0], text.replace(old, new).encode()


def test_honest_runs_count(helpers: ModuleType) -> None:
    """Six runs of six configurations are enough, and nothing is held against them."""
    found = helpers.weigh([run(n, 0.1 * n + 0.1) for n in range(6)])
    assert (len(found.trials), found.different, found.copies) == (6, 6, 0)
    assert found.left_out == found.contradictions == ()


def test_the_same_run_in_two_files_counts_once(helpers: ModuleType) -> None:
    """Handed in twice, or repeated with another result: one configuration."""
    found = helpers.weigh([run(1, 0.5), run(1, 0.5, name="copy.jsonl"), run(1, 0.6, name="again.jsonl")])
    assert (len(found.trials), found.different, found.copies) == (2, 1, 0)


def test_one_history_under_many_configurations_counts_once(helpers: ModuleType) -> None:
    """Other configurations do not give the same numbers to the last digit."""
    found = helpers.weigh([run(n, 0.5) for n in range(10)])
    assert (len(found.trials), found.different, found.copies) == (10, 1, 9)


def test_dead_networks_are_not_copies(helpers: ModuleType) -> None:
    """Trials that learned nothing at all may look alike in an export that holds r only."""
    table = b"Name,State," + ",".join(CONFIG).encode() + b",val_r\n"
    table += b"".join(f"r{n},finished,{n + 1},10,false,0.1,16,Adam,2,0.0\n".encode() for n in range(6))
    chart = (
        b"Step,"
        + b",".join(f"r{n} - val_r".encode() for n in range(6))
        + b"\n0"
        + b",0.0" * 6
        + b"\n1"
        + b",0.0" * 6
        + b"\n"
    )
    found = helpers.weigh([("t.csv", table), ("c.csv", chart)])
    assert (found.different, found.copies, found.contradictions) == (6, 0, ())


def test_interrupted_runs_are_named_and_cost_nothing(helpers: ModuleType) -> None:
    """A run without an end, or without its optimizer, is left out with a sentence."""
    cut = run(1, 0.5)[1].rsplit(b"\n", 2)[0] + b"\n"
    found = helpers.weigh([("cut.jsonl", cut), run(2, 0.4, change={"optimizer": None})])
    assert found.trials == found.contradictions == ()
    assert set(found.left_out) == {
        "cut.jsonl: the run did not finish: its last line, the summary, is missing, which log.finish() writes",
        "run-2.jsonl: its configuration has no usable optimizer",
    }


def test_logs_of_absurd_size_are_not_opened(helpers: ModuleType) -> None:
    """Nothing that is too large travels; what lies about its size is cut off by what it sent."""

    class Student:
        read: list[str] = []  # noqa: RUF012

        def files(self) -> list[tuple[str, int]]:
            sizes = {
                "big.jsonl": 5 << 20,
                "a.csv": 1,
                "b.csv": 1,
                "c.csv": 1,
                "d.csv": 1,
                "e.csv": 1,
                "x.pt": 1,
            }
            return list(sizes.items())

        def read_file(self, name: str) -> bytes:
            self.read.append(name)
            return b" " * (6 << 20)

    found = helpers.gather(Student())
    assert Student.read == ["a.csv", "b.csv", "c.csv"]
    assert found.left_out[-1] == "3 log(s) are too large to be read: 4 MB each is the limit"


def test_sweep_script_leaves_a_consistent_hand_in(
    train: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One complete sweep, on a few windows: logs, weights and a winner that the evidence bears out."""
    monkeypatch.syspath_prepend(str(WEEK3B))
    for name in ("helpers", "train"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    sweep = script("sweep")
    few = {name: (x[:24], y[:24]) for name, (x, y) in train.tensors("cpu").items()}
    monkeypatch.setattr(sweep.train, "tensors", lambda _: few)
    entries, winner = sweep.run_sweep(6, 2, 1, tmp_path)
    found = sweep.helpers.weigh([(p.name, p.read_bytes()) for p in sorted((tmp_path / "runs").iterdir())])
    assert (len(found.trials), found.different) == (6, 6)
    assert found.left_out == found.contradictions == ()
    best = next(entry for entry in entries if entry["run"] == winner["run"])
    claimed = sweep.helpers.find_claimed(found, best["config"])
    assert sweep.helpers.why_not_best(found, claimed) == ""
    assert sweep.helpers.last_r(claimed) == pytest.approx(winner["val"])
    for name in ("helpers", "train"):
        monkeypatch.delitem(sys.modules, name)


def test_an_archive_is_explained(helpers: ModuleType) -> None:
    """Who uploads an archive where no log can be seen is told what to do."""
    assert helpers.weigh([], ["runs.zip"]).left_out == (
        "an archive was handed in: unpack it, and hand in the files",
    )
    assert helpers.weigh([], ["model_weights.pt"]).left_out == ()


@pytest.mark.parametrize(
    ("change", "summary", "old", "new", "sentence"),
    [
        ({"epochs": 3}, {}, "", "", "its history has 2 epochs, its configuration says 3"),
        ({"epochs": 1}, {}, "", "", "its history has 2 epochs, its configuration says 1"),
        ({"epochs": "many"}, {}, "", "", "its configuration has no usable number of epochs"),
        ({"epochs": True}, {}, "", "", "its configuration has no usable number of epochs"),
        ({}, {"val_r": 0.6}, "", "", "its summary has another val_r than the last row of its history"),
        ({}, {"val_loss": 0.5}, "", "", "its summary has another val_loss than the last row of its history"),
        ({}, {"val_r": "high"}, "", "", "its summary has no val_r"),
        ({}, {}, '"epoch": 1,', '"epoch": 0,', "the epochs of its history are not numbered 1, 2, 3, …"),
        ({}, {}, '"epoch": 1,', '"epoch": 2,', "the epochs of its history are not numbered 1, 2, 3, …"),
        ({}, {}, '"val_r": 0.25', '"r": 0.25', "epoch 1 has no val_r"),
        ({}, {}, '"val_r": 0.25', '"val_r": -1.25', "val_r of epoch 1 is no correlation"),
        ({}, {"val_loss": -1.0}, '"epoch": 2, "train_loss": 2.0, "val_loss": 1.0, "val_r": 0.5}\n{"sum', '"epoch": 2, "train_loss": 2.0, "val_loss": -1.0, "val_r": 0.5}\n{"sum', "epoch 2 has a negative loss"),
    ],
)  # fmt: skip
def test_contradictions_are_named(
    helpers: ModuleType, change: dict[str, Any], summary: dict[str, Any], old: str, new: str, sentence: str
) -> None:
    """Each way in which a log can disagree with itself has a sentence that names the file."""
    log = run(3, 0.5, change=change, **summary)
    found = helpers.weigh([edited(log, old, new) if old else log])
    assert found.contradictions == (f"run-3.jsonl: {sentence}",)


def test_rounded_and_diverged_numbers_agree(helpers: ModuleType) -> None:
    """An export may round a summary, and NaN is NaN."""
    rounded = run(1, 0.5, val_r=0.500004)
    diverged = tuple(run(2, 0.5))
    text = diverged[1].decode().replace("1.0", "NaN").replace("2.0", "NaN")
    assert helpers.weigh([rounded, (diverged[0], text.encode())]).contradictions == ()


def test_rows_without_an_epoch_are_no_epochs(helpers: ModuleType) -> None:
    """W&B has a row for a test score that was logged at the end."""
    trial = helpers.Trial(
        source="wandb",
        place="x",
        config=CONFIG,
        history=({"epoch": 1.0, "val_r": 0.1}, {"epoch": 2.0, "val_r": 0.2}, {"test_r": 0.3}),
        summary={"val_r": 0.2},
        finished=True,
    )
    assert helpers.contradiction(trial) == ""
    assert helpers.last_r(trial) == 0.2


def test_winner_on_validation_needs_no_words(helpers: ModuleType) -> None:
    """The claimed run is the best one, or as good as the best one."""
    found = helpers.weigh([run(n, 0.1 * n) for n in range(1, 6)])
    claimed = helpers.find_claimed(found, {**CONFIG, "num_filters": 6})
    assert helpers.why_not_best(found, claimed) == ""
    assert helpers.find_claimed(found, {**CONFIG, "num_filters": 99}) is None
    assert helpers.find_claimed(found, {}) is None


@pytest.mark.parametrize(
    ("claimed", "extra", "words"),
    [
        (2, {"test_r": 0.9}, "selected on the test"),
        (2, {"test_loss": 0.1}, "selected on the test"),
        (1, {}, "the lowest val_r of all"),
        (2, {}, "than the claimed one$"),
    ],
)
def test_other_rules_are_named(
    helpers: ModuleType, claimed: int, extra: dict[str, float], words: str
) -> None:
    """A claim that is best by another rule is told which."""
    plain = {"test_r": 0.1} if "test_r" in extra else {"test_loss": 0.7} if extra else {}
    found = helpers.weigh([run(n, 0.1 * n, **(extra if n == claimed else plain)) for n in range(1, 6)])
    trial = helpers.find_claimed(found, {**CONFIG, "num_filters": claimed + 1})
    reason = helpers.why_not_best(found, trial)
    assert re.search(words, reason)
    assert reason.startswith(f"{5 - claimed} of your runs have a higher last val_r")


def test_selection_by_loss_or_by_an_early_epoch_is_named(helpers: ModuleType) -> None:
    """The lowest loss and the highest epoch are other rules than the last val_r."""
    logs = [run(n, 0.1 * n) for n in range(1, 6)]
    name, text = run(2, 0.2)
    by_loss = text.replace(b'"val_loss": 1.3', b'"val_loss": 0.2')
    found = helpers.weigh([*logs[:1], (name, by_loss), *logs[2:]])
    assert "lowest val_loss" in helpers.why_not_best(
        found, helpers.find_claimed(found, {**CONFIG, "num_filters": 3})
    )
    by_peak = text.replace(b'"val_r": 0.1}', b'"val_r": 0.95}')
    found = helpers.weigh([*logs[:1], (name, by_peak), *logs[2:]])
    assert "of any epoch" in helpers.why_not_best(
        found, helpers.find_claimed(found, {**CONFIG, "num_filters": 3})
    )


def test_diverged_runs_never_win(helpers: ModuleType) -> None:
    """A last val_r of NaN counts as minus infinity."""
    name, text = run(1, 0.9)
    found = helpers.weigh([(name, text.replace(b"0.9", b"NaN")), run(2, 0.1)])
    assert math.isinf(helpers.last_r(found.trials[0]))
    assert helpers.why_not_best(found, found.trials[1]) == ""


@pytest.mark.parametrize(
    ("name", "written", "meant"),
    [
        ("num_filters", "16", 16),
        ("num_filters", 16.0, 16),
        ("learning_rate", "0.05", 0.05),
        ("learning_rate", "5e-2", 0.05),
        ("add_sigmoid", "True", True),
        ("add_sigmoid", 0, False),
        ("add_sigmoid", "no", False),
        ("optimizer", "adam", "Adam"),
        ("optimizer", "torch.optim.SGD", "SGD"),
        ("optimizer", "<class 'torch.optim.adam.Adam'>", "Adam"),
        ("optimizer", "AdamW", "AdamW"),
        ("kernel_size", "ten", "ten"),
    ],
)
def test_settings_are_read_as_they_were_meant(
    helpers: ModuleType, name: str, written: Any, meant: Any
) -> None:
    """A tool's text or float is the notebook's number, switch or word; what is none of them stays."""
    found = helpers._plain(name, written)
    assert found == meant
    assert type(found) is type(meant)


@pytest.mark.parametrize(
    "history",
    [
        ({"epoch": 1.0, "train_loss": 2.0}, {"epoch": 1.0, "val_r": 0.1}, {"epoch": 2.0, "train_loss": 1.0}, {"epoch": 2.0, "val_r": 0.2}),
        ({"train_loss": 2.0}, {"epoch": 1.0, "val_r": 0.1}, {"train_loss": 1.0}, {"epoch": 2.0, "val_r": 0.2}, {"test_r": 0.3}),
        ({"epoch": 1.0, "train_loss": 2.0}, {"val_r": 0.1}, {"epoch": 2.0, "train_loss": 1.0}, {"val_r": 0.2}),
        ({"train_loss": 2.0}, {"val_r": 0.1}, {"train_loss": 1.0}, {"val_r": 0.2}),
        ({"train_loss": 9.0}, {"train_loss": 2.0}, {"train_loss": 3.0, "val_r": 0.1}, {"train_loss": 1.0}, {"train_loss": 1.5}, {"train_loss": 1.0, "val_r": 0.2}),
    ],
)  # fmt: skip
def test_rows_of_several_calls_are_put_together(
    helpers: ModuleType, history: tuple[dict[str, float], ...]
) -> None:
    """Training and validation in two calls, batches, no epochs: still a row per epoch."""
    trial = helpers.Trial(
        source="wandb",
        place="x",
        config={**CONFIG, "epochs": 2},
        history=history,
        summary={"val_r": 0.2},
        finished=True,
    )
    assert [(row["epoch"], row["val_r"]) for row in helpers.rows_of(trial)] == [(1, 0.1), (2, 0.2)]
    assert helpers.contradiction(trial) == ""


@pytest.mark.parametrize(
    ("extremes", "sentence"),
    [
        ({"val_r": {"max": 0.4}}, ""),
        ({"val_r": {"max": 0.2}}, "its summary has another max of val_r than its history"),
        ({"val_loss": {"min": 1.0}, "val_r": {"last": 0.2}}, ""),
        ({"val_r": {"last": 0.4}}, "its summary has another last of val_r than its history"),
        ({"val_r": {"mean": 0.3}}, ""),
    ],
)
def test_extremes_of_a_summary_are_compared(
    helpers: ModuleType, extremes: dict[str, dict[str, float]], sentence: str
) -> None:
    """What define_metric keeps instead of the last value has to be the history's, too."""
    rows = ({"epoch": 1.0, "val_r": 0.4, "val_loss": 1.0}, {"epoch": 2.0, "val_r": 0.2, "val_loss": 3.0})
    trial = helpers.Trial(
        source="wandb", place="x", config=CONFIG, history=rows, summary={}, finished=True, extremes=extremes
    )
    assert helpers.contradiction(trial) == sentence


def many(number: int, shift: float = 0.0, stretch: float = 1.0, seed: int = 0) -> tuple[str, bytes]:
    """Return a log of six epochs with noise; the seed decides the curve."""
    rng = np.random.default_rng(seed)
    curves = [2.1 - rng.random(6).cumsum() / 9, 2.3 - rng.random(6).cumsum() / 9, rng.random(6).cumsum() / 9]
    rows = [
        {"epoch": e, "train_loss": a, "val_loss": b * stretch, "val_r": c + shift}
        for e, (a, b, c) in enumerate(zip(*(c.tolist() for c in curves), strict=True), 1)
    ]
    lines = [
        {"run": f"run-{number}", "config": {**CONFIG, "num_filters": number, "epochs": 6}},
        *rows,
        {"summary": rows[-1]},
    ]
    return f"run-{number}.jsonl", "".join(json.dumps(line) + "\n" for line in lines).encode()


def test_copies_are_recognised_by_a_column(helpers: ModuleType) -> None:
    """A history with another val_r and the same losses, or all of it moved, is a copy; honest runs are none."""
    honest = helpers.weigh([many(n, seed=n) for n in range(1, 8)])
    assert (honest.different, honest.copies) == (7, 0)
    shifted = helpers.weigh([many(n, shift=0.01 * n) for n in range(1, 8)])
    assert (shifted.different, shifted.copies) == (1, 6)
    stretched = helpers.weigh([many(n, shift=0.01 * n, stretch=1 + n / 50) for n in range(1, 8)])
    assert (stretched.different, stretched.copies) == (1, 6)


def test_runs_that_died_are_no_copies(helpers: ModuleType) -> None:
    """Networks whose outputs are constant have equal losses, whatever their configuration."""
    dead = [run(n, 0.0) for n in range(1, 5)]
    assert helpers.weigh(dead).copies == 0


def test_files_that_nobody_reads_are_named(helpers: ModuleType) -> None:
    """A database, TensorBoard's events, a spreadsheet: each with what to do; W&B's own notes in silence."""
    names = [
        "study.db",
        "runs/events.out.tfevents.1",
        "sweep.xlsx",
        "wandb/run-1/files/config.yaml",
        "model_weights.pt",
    ]
    left_out = helpers.weigh([], names).left_out
    assert [sentence.split(":")[0] for sentence in left_out] == [
        "study.db",
        "events.out.tfevents.1",
        "sweep.xlsx",
    ]
    assert "trials_dataframe" in left_out[0]


def test_a_run_that_did_not_finish_may_win_but_need_not(helpers: ModuleType) -> None:
    """The best of the finished runs is the winner, and so is the best of all; another unfinished one is not."""
    logs = [run(n, 0.1 * n) for n in range(1, 5)]
    crashed = [(name, text.rsplit(b"\n", 2)[0] + b"\n") for name, text in (run(8, 0.8), run(2, 0.15))]
    found = helpers.weigh([*logs, *crashed])
    configs = [{**CONFIG, "num_filters": n + 1} for n in (4, 8, 3)]
    reasons = [helpers.why_not_best(found, helpers.find_claimed(found, c)) for c in configs]
    assert reasons[:2] == ["", ""]
    assert reasons[2].startswith("1 of your runs have a higher last val_r")
    assert helpers.find_claimed(helpers.weigh(crashed), configs[1]) is None


def test_interval_covers_the_mean(helpers: ModuleType) -> None:
    """The bootstrap interval of a mean lies around it and narrows with more rows."""
    rng = np.random.default_rng(0)
    few, many = rng.standard_normal(50), rng.standard_normal(5000)
    spans = []
    for values in (few, many):
        low, high = helpers.interval(values, np.random.default_rng(1))
        assert low < values.mean() < high
        spans.append(high - low)
    assert spans[1] < spans[0] / 5


def test_solution_files_are_a_consistent_sweep(helpers: ModuleType) -> None:
    """What the solution hands in is ten finished runs that agree with themselves."""
    files = [(p.name, p.read_bytes()) for p in sorted((WEEK3B / "solution" / "runs").iterdir())]
    found = helpers.weigh(files)
    assert (len(found.trials), found.different, found.copies) == (10, 10, 0)
    assert found.left_out == found.contradictions == ()
