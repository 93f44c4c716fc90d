"""The card, weights and data of week 2: shipped numbers can be computed again, no row is in two parts."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from autograder.judge.weights import load_weights
from autograder.references import data_sha256, load_card
from tests.conftest import same_in_many_threads

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[3]
WEEK2 = ROOT / "references" / "week2-dna-cnn"
SPLIT = ROOT / "source" / "week2-dna-cnn" / "data" / "week2-split.npz"
LEARNED = ("conv.weight", "conv.bias", "linear.weight", "linear.bias")


@pytest.fixture(scope="module")
def card() -> dict[str, Any]:
    """Return the committed card."""
    return load_card(WEEK2 / "card.json")


@pytest.fixture(scope="module")
def train() -> ModuleType:
    """Return the training script as a module; needs torch."""
    pytest.importorskip("torch")
    spec = importlib.util.spec_from_file_location("week2_train", WEEK2 / "train.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_weights_reproduce_the_card(card: dict[str, Any], train: ModuleType) -> None:
    """The shipped weights, evaluated in NumPy float64, give the test numbers of the shipped seed."""
    weights = load_weights(WEEK2 / "weights.safetensors")
    recorded = next(s for s in card["seeds"] if s["seed"] == card["shipped_seed"])
    found = train.score(train.predict(weights, train.data()["test"][0]), train.data()["test"][1])
    for metric, value in found.items():
        assert value == pytest.approx(recorded[metric], rel=1e-5)


def test_solution_file_holds_the_reference_weights() -> None:
    """What the solution hands in are the weights that the card describes, in the model's own order."""
    torch = pytest.importorskip("torch")
    state = torch.load(WEEK2 / "solution" / "model_weights.pt", weights_only=True)
    weights = load_weights(WEEK2 / "weights.safetensors")
    assert tuple(state) == LEARNED
    for name, value in weights.items():
        np.testing.assert_array_equal(state[name].numpy(), value)


def test_floor_lies_between_the_line_and_every_seed(card: dict[str, Any]) -> None:
    """No honest seed is below the floor, and no linear model comes near it."""
    floor = card["floor"]["test_r"]
    assert all(seed["test_r"] > floor for seed in card["seeds"])
    assert card["best_linear_fit"]["test_r"] < floor - 0.3
    assert list(card["floor"]) == ["test_r"]  # the error's long tail is nobody's fault


def test_split_file_is_the_scripts_split(card: dict[str, Any], train: ModuleType) -> None:
    """The students' file, the script and the card mean the same rows, each in one part only."""
    parts = train.split()
    with np.load(SPLIT) as file:
        for name, rows in parts.items():
            np.testing.assert_array_equal(file[name], rows)
    everything = np.concatenate(list(parts.values()))
    np.testing.assert_array_equal(np.sort(everything), np.arange(4**8))
    assert data_sha256(*parts.values()) == card["data_sha256"]


def test_scores_follow_the_rule(train: ModuleType) -> None:
    """The vectorised scores are those of the rule in words, for 8-mers with and without motifs."""
    kmers = train.letters()
    rows = np.r_[np.arange(0, 4**8, 1009), np.flatnonzero((kmers[:, :3] == [3, 0, 3]).all(axis=1))[:20]]
    for row, score in zip(kmers[rows], train.scores(kmers)[rows], strict=True):
        seq = "".join("ACGT"[i] for i in row)
        base = sum({"A": 20, "C": 17, "G": 14, "T": 11}[letter] for letter in seq) / 8
        assert score == pytest.approx(base + 10 * ("TAT" in seq) - 10 * ("GCG" in seq))


def test_committed_card_is_what_the_script_makes(
    card: dict[str, Any], train: ModuleType, tmp_path: Path
) -> None:
    """Nothing in the card was written by hand: the recorded runs give the committed bytes again."""
    rebuilt = train.make_card(card, WEEK2 / "weights.safetensors")
    train.write_card(rebuilt, tmp_path / "card.json")
    assert (tmp_path / "card.json").read_bytes() == (WEEK2 / "card.json").read_bytes()


def test_many_seeds_at_once_learn_what_one_learns(train: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """The vmapped loop takes the same steps on the same rows as the plain one, seed by seed."""
    small = {name: rows[:300] for name, rows in train.split().items()}
    monkeypatch.setattr(train, "split", lambda: small)
    cpu = train.torch.device("cpu")
    together, losses_together = train.train(2, 2, cpu, chunk=2, workers=1)
    alone, losses_alone = train.train(2, 2, cpu, chunk=1, workers=2)
    assert losses_together.shape == (2, 2)
    np.testing.assert_allclose(losses_together, losses_alone, rtol=1e-4)
    for name, weights in alone.items():
        np.testing.assert_allclose(together[name], weights, atol=1e-5)


def test_a_seed_means_the_same_in_many_threads(train: ModuleType) -> None:
    """PyTorch's generator is one for all threads: another worker's seed must not come between."""
    assert same_in_many_threads(train.new_model)
