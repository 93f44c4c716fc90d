"""The card and weights of week 3a: shipped numbers can be computed again, and full marks are in honest reach."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from autograder.judge.weights import load_weights
from autograder.metrics import credit_share
from autograder.references import load_card
from tests.conftest import same_in_many_threads

if TYPE_CHECKING:
    from types import ModuleType

WEEK3A = Path(__file__).parents[3] / "references" / "week3a-tf-binding"


@pytest.fixture(scope="module")
def card() -> dict[str, Any]:
    """Return the committed card."""
    return load_card(WEEK3A / "card.json")


@pytest.fixture(scope="module")
def train() -> ModuleType:
    """Return the training script as a module; needs torch."""
    pytest.importorskip("torch")
    spec = importlib.util.spec_from_file_location("week3a_train_tested", WEEK3A / "train.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    path = list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = path
    return module


@pytest.fixture(scope="module")
def parts(train: ModuleType) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return letters and scores of every part."""
    return train.data()


def test_weights_reproduce_the_card(card: dict[str, Any], train: ModuleType, parts: dict) -> None:
    """The shipped weights, evaluated on a CPU, give the private numbers of the shipped seed."""
    weights = {name: np.array(w) for name, w in load_weights(WEEK3A / "weights.safetensors").items()}
    recorded = next(s for s in card["seeds"] if s["seed"] == card["shipped_seed"])
    codes, scores = parts["private"]
    found = train.score(train.predict(weights, train.one_hot(codes, train.torch.device("cpu"))), scores)
    for metric, value in found.items():
        # Four decimals are recorded, and TF32 or another order of sums moves the fifth.
        assert value == pytest.approx(recorded[f"private_{metric}"], abs=5e-4)


def test_card_is_of_the_committed_data(card: dict[str, Any], train: ModuleType, parts: dict) -> None:
    """A card of other windows, or of another motif, would promise nothing."""
    assert train.digest_of(parts) == card["data_sha256"]
    assert train.without_learning(parts) == card["without_learning"]


def test_full_marks_are_below_every_seed_and_above_what_learns_nothing(card: dict[str, Any]) -> None:
    """The floor is the published curve's, all 64 honest seeds have all points, and composition alone has few."""
    assert card["floor"] == {"private_r": 0.9}
    assert len(card["seeds"]) >= 59  # the worst of 59 covers 95 % with 95 % confidence
    assert all(credit_share(seed["private_r"]) >= 1 for seed in card["seeds"])
    assert credit_share(card["without_learning"]["private_r"]) < 0.3
    assert credit_share(card["without_learning"]["mean_track_private_r"]) == 0
    assert all(part["values"]["private_r"] > 0 for part in card["margin"].values())


def test_committed_card_is_what_the_script_makes(
    card: dict[str, Any], train: ModuleType, tmp_path: Path
) -> None:
    """Nothing in the card was written by hand: the recorded runs give the committed bytes again."""
    rebuilt = train.make_card(card, WEEK3A / "weights.safetensors")
    train.write_card(rebuilt, tmp_path / "card.json")
    assert (tmp_path / "card.json").read_bytes() == (WEEK3A / "card.json").read_bytes()


def test_many_seeds_at_once_learn_what_one_learns(train: ModuleType) -> None:
    """The vmapped loop takes the same steps on the same rows as the plain one, seed by seed."""
    rng, cpu = np.random.default_rng(0), train.torch.device("cpu")
    few = {
        part: (rng.integers(0, 5, (n, 300)), rng.random((n, 300))) for part, n in (("train", 70), ("val", 65))
    }
    some = train.tensors(few, cpu)
    together, losses_together = train.train(2, 2, some, cpu, chunk=2, workers=1)
    alone, losses_alone = train.train(2, 2, some, cpu, chunk=1, workers=2)
    assert losses_together.shape == (2, 2)
    np.testing.assert_allclose(losses_together, losses_alone, rtol=1e-4)
    for name, weights in alone.items():
        # Adam divides by the gradient's size, so rounding of a tiny gradient shows; a wrong step is 20 times this.
        np.testing.assert_allclose(together[name], weights, atol=0.05 * train.LEARNING_RATE)


def test_solution_is_known_to_the_similarity_check() -> None:
    """``private/solution_filters.npy`` holds the first layer of what the solution hands in."""
    torch = pytest.importorskip("torch")
    state = torch.load(WEEK3A / "solution" / "model_weights.pt", weights_only=True)
    filters = np.load(WEEK3A / "private" / "solution_filters.npy", allow_pickle=False)
    np.testing.assert_array_equal(filters, state["first.weight"].numpy())


def test_starter_is_known_to_the_similarity_check() -> None:
    """``private/starter_filters.npy`` has the shape of the notebook's StarterCNN, and is not as it was initialised."""
    torch = pytest.importorskip("torch")
    filters = np.load(WEEK3A / "private" / "starter_filters.npy", allow_pickle=False)
    torch.manual_seed(46100)  # the notebook's
    untrained = torch.nn.Conv1d(4, 32, 8).weight.detach().numpy()
    assert filters.shape == untrained.shape
    assert 0 < np.abs(filters - untrained).max() < 0.5  # eight epochs of a slow descent


def test_a_seed_means_the_same_in_many_threads(train: ModuleType) -> None:
    """PyTorch's generator is one for all threads: another worker's seed must not come between."""
    assert same_in_many_threads(train.new_model)
