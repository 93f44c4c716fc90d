"""The helpers of week 2's checks: which orders are new, which encodings are mended, networks in NumPy."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

HELPERS = Path(__file__).parents[3] / "references" / "week2-dna-cnn" / "helpers.py"
ROWS, BATCH = 160, 8


@pytest.fixture(scope="module")
def helpers() -> ModuleType:
    """Return the helpers as a module."""
    spec = importlib.util.spec_from_file_location("week2_helpers", HELPERS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def batches(order: np.ndarray) -> list[list[int]]:
    """Cut an order into batches."""
    return [part.tolist() for part in np.split(order, range(BATCH, len(order), BATCH))]


def test_random_orders_are_new(helpers: ModuleType) -> None:
    """Honest shuffling is never blamed: 100 runs of six epochs are far from every bound."""
    rng = np.random.default_rng(0)
    for _ in range(100):
        epochs = [batches(rng.permutation(ROWS)) for _ in range(6)]
        assert helpers.order_fault(epochs, rng.permutation(ROWS).tolist()) == ""


def test_one_batch_for_all_is_no_fault_of_the_order(helpers: ModuleType) -> None:
    """Where an epoch is one batch, all rows are partners in every epoch; the batch's size is another check's."""
    rng = np.random.default_rng(1)
    epochs = [[rng.permutation(ROWS).tolist()] for _ in range(3)]
    assert helpers.order_fault(epochs, list(range(ROWS))) == ""


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda rng, first: first, "same order twice"),
        (lambda rng, first: np.roll(first, rng.integers(1, ROWS)), "follow the same row"),
        (lambda rng, first: np.roll(first, rng.integers(1, ROWS))[::-1], "follow the same row"),
        (
            lambda rng, first: first.reshape(-1, BATCH)[rng.permutation(ROWS // BATCH)].ravel(),
            "same rows in every epoch",
        ),
        (
            lambda rng, first: rng.permuted(first.reshape(-1, BATCH), axis=1).ravel(),
            "same rows in every epoch",
        ),
        (lambda rng, first: first[np.argsort(np.arange(ROWS) + 20 * rng.random(ROWS))], "stay near"),
    ],
)
def test_orders_that_only_look_new_are_named(
    helpers: ModuleType, make: Callable[[Any, np.ndarray], np.ndarray], word: str
) -> None:
    """Shifts, turns, shuffled batches, shuffling within them or nearby."""
    rng = np.random.default_rng(2)
    first = rng.permutation(ROWS)
    epochs = [batches(make(rng, first)) for _ in range(6)]
    assert word in helpers.order_fault(epochs, list(range(ROWS)))


class Student:
    """A notebook with some names; notes what stands in for them."""

    def __init__(self, **names: Any) -> None:
        self.names, self.mended = names, list[str]()

    def get(self, name: str) -> Any:
        """Return a name."""
        return self.names[name]

    def calls(self, function: Any, *argument_lists: list[Any]) -> list[Any]:
        """Return the results of several calls."""
        return [function(*arguments) for arguments in argument_lists]

    def stand_in(self, source: str, *names: str) -> None:
        """Note the names; what stands in must define them."""
        namespace: dict[str, Any] = {}
        exec(source, namespace)
        assert all(callable(namespace[name]) for name in names)
        self.mended += names


def encoder(order: str, dtype: Any = np.float32) -> Callable[[str], np.ndarray]:
    """Return an encoding with its columns in some order."""
    return lambda seq: np.array([[letter == column for column in order] for letter in seq], dtype=dtype)


def fail_always(_seq: str) -> np.ndarray:
    """Stand for an answer that is missing."""
    raise NotImplementedError


SHARED = {n: np.zeros((n, 4), np.float32) for n in range(9)}


def share(seq: str) -> np.ndarray:
    """Hand out one array per length."""
    SHARED[len(seq)][:] = encoder("ACGT")(seq)
    return SHARED[len(seq)]


@pytest.mark.parametrize(
    ("encode", "order", "mended"),
    [
        (encoder("ACGT"), [0, 1, 2, 3], []),
        (encoder("ATGC"), [0, 3, 2, 1], []),
        (encoder("ACGT", np.float64), [0, 1, 2, 3], ["one_hot_encode"]),
        (lambda seq: encoder("ACGT")(seq).T, [0, 1, 2, 3], ["one_hot_encode"]),
        (lambda seq: 2 * encoder("ACGT")(seq), [0, 1, 2, 3], ["one_hot_encode"]),
        (share, [0, 1, 2, 3], ["one_hot_encode"]),
        (fail_always, [0, 1, 2, 3], ["one_hot_encode"]),
    ],
)
def test_encoding_is_mended_unless_only_its_columns_differ(
    helpers: ModuleType, encode: Any, order: list[int], mended: list[str]
) -> None:
    """Another order of the columns stays, everything else is replaced."""
    student = Student(one_hot_encode=encode)
    assert helpers.letter_order(student, None) == order
    assert student.mended == mended


def test_network_code_that_is_not_one_hot_is_still_the_networks_own(helpers: ModuleType) -> None:
    """A network is judged with the rows that it was trained with."""
    own = helpers.own_code(Student(one_hot_encode=lambda seq: 2 * encoder("CATG")(seq) - 1))
    np.testing.assert_array_equal(own, 2 * np.eye(4)[[1, 0, 3, 2]] - 1)
    assert helpers.own_code(Student()) is None


def test_sliding_is_mended_where_it_is_wrong(helpers: ModuleType) -> None:
    """Right sums stay; turned filters and missing answers are replaced."""

    def right(signal: np.ndarray, weights: np.ndarray) -> list[float]:
        return [
            float(np.sum(weights * signal[i : i + len(weights)]))
            for i in range(len(signal) - len(weights) + 1)
        ]

    student = Student(conv1d_by_hand=right, pwm_scan=right)
    helpers.mend_sliding(student, None, "conv1d_by_hand", "pwm_scan")
    assert student.mended == []
    student = Student(conv1d_by_hand=lambda s, f: right(s, f[::-1]))
    helpers.mend_sliding(student, None, "conv1d_by_hand", "pwm_scan")
    assert student.mended == ["conv1d_by_hand", "pwm_scan"]


def test_gradients_are_torchs(helpers: ModuleType) -> None:
    """What NumPy says of the network and its gradients, autograd says, too."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    weight, bias, last = rng.standard_normal((5, 4, 3)), rng.standard_normal(5), rng.standard_normal((5, 6))
    x, per_row = rng.standard_normal((7, 8, 4)), rng.standard_normal(7)
    leaves = [torch.tensor(a, requires_grad=True) for a in (weight, bias, last, np.zeros(()))]
    hidden = torch.relu(torch.conv1d(torch.tensor(x).permute(0, 2, 1), leaves[0], leaves[1]))
    out = (hidden * leaves[2]).sum(dim=(1, 2)) + leaves[3]
    (out * torch.tensor(per_row)).sum().backward()
    for leaf, found in zip(leaves, helpers.cnn_gradients(x, weight, bias, last, per_row), strict=True):
        np.testing.assert_allclose(leaf.grad.numpy(), found, rtol=1e-9)


def test_fit_finds_what_features_are_weighed_with(helpers: ModuleType) -> None:
    """Coefficients and intercept come back, and a miss is told."""
    rng = np.random.default_rng(4)
    features, weights = rng.standard_normal((60, 9)), rng.standard_normal(10)
    out = features @ weights[:-1] + weights[-1]
    found, miss = helpers.fit(features, out)
    np.testing.assert_allclose(found, weights)
    assert miss < 1e-9
    assert helpers.fit(features, np.maximum(out, 0))[1] > 0.05
    assert helpers.condition(features) < 10
    assert helpers.condition(np.zeros((60, 2))) == np.inf
