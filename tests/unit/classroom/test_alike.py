"""Whose weights are the same, over order, scale and noise, and whose are not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from autograder.checks import fingerprint, take_notes
from autograder.classroom import alike
from autograder.judge import weight_prints

WEEK3A = Path(__file__).parents[3] / "references" / "week3a-tf-binding"


def filters(seed: int, rows: int = 32, columns: int = 60) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((rows, columns))


def print_of(rows: np.ndarray, name: str = "filters") -> dict[str, object]:
    packed = weight_prints.pack(name, rows)
    assert json.loads(json.dumps(packed)) == packed
    return packed


@pytest.mark.parametrize("rows", [3, 32, 64, 200])
def test_a_copy_is_like_its_original(rows: int) -> None:
    """In another order, at other scales, with two per cent of noise."""
    rng, ours = np.random.default_rng(1), filters(2, rows)
    order, scale = rng.permutation(rows), rng.uniform(0.01, 100, (rows, 1))
    noisy = ours[order] * scale * (1 + 0.02 * rng.standard_normal(ours.shape))
    for theirs in (ours, ours[order], ours * scale, noisy):
        prints = {"ada": [print_of(ours)], "bob": [print_of(theirs)]}
        (group,) = alike.alike(prints)
        assert group.members == ("ada", "bob")
        assert group.similarity > 0.98


def test_others_are_not_alike() -> None:
    """Other seeds, other shapes, no rows at all, zeros, another kind of print."""
    prints = {
        "ada": [print_of(filters(1))],
        "bob": [print_of(filters(2))],
        "cy": [print_of(filters(1)[:16])],
        "dee": [print_of(filters(1)[:, :44])],
        "eve": [print_of(np.zeros((0, 0)))],
        "fay": [print_of(np.zeros((32, 60)))],
        "fee": [print_of(np.zeros((32, 60)))],
        "gus": [print_of(filters(1), name="last layer")],
        "hal": [],
    }
    assert alike.alike(prints) == []


def test_opposite_filters_are_not_alike() -> None:
    """A filter and its negative predict something else."""
    assert alike.alike({"ada": [print_of(filters(1))], "bob": [print_of(-filters(1))]}) == []


def test_groups_name_everybody_once_the_largest_first() -> None:
    """Three with one network and two with another are two groups, not four pairs."""
    prints = {
        name: [print_of(filters(seed))] for name, seed in zip("abcdefg", (1, 2, 3, 2, 1, 4, 1), strict=True)
    }
    groups = alike.alike(prints)
    assert [group.members for group in groups] == [("a", "e", "g"), ("b", "d")]
    assert (
        groups[0]
        .sentence()
        .startswith("a, e and g: the same filters but for order and scale (similarity 1.000)")
    )


def test_networks_of_other_seeds_stay_far_below_the_threshold() -> None:
    """The trained networks that week 3a holds: the solution's, one of another order of letters, one of one epoch."""
    torch = pytest.importorskip("torch")
    sets = [np.load(WEEK3A / "private" / "solution_filters.npy", allow_pickle=False)]
    for name in ("wrong-q1-atgc-order", "wrong-q6-one-short-epoch"):
        (path,) = (WEEK3A / "variants" / name).glob("model_weights.pt")
        state = torch.load(path, weights_only=True, map_location="cpu")
        sets.append(next(v.numpy() for v in state.values() if v.ndim == 3))
    centred = [(s - s.mean(axis=1, keepdims=True)).reshape(len(s), -1) for s in sets]
    units = [weight_prints.unpack(weight_prints.pack("x", s)) for s in centred]
    found = [weight_prints.matched_similarity(a, b) for i, a in enumerate(units) for b in units[:i]]
    assert max(found) < 0.6


def test_size_is_bounded() -> None:
    """However wide the layer, a print is at most 64 kB and a class is compared in memory."""
    fingerprint("filters", filters(1, 5000, 5000))
    ((_, content),) = take_notes()
    assert len(json.dumps(weight_prints.pack(**content))) < 100_000


@pytest.mark.parametrize("rows", [np.zeros(3), np.zeros((2, 2, 2)), "words"])
def test_fingerprint_refuses_what_is_no_matrix(rows: object) -> None:
    """The author of a check learns it when the solution is graded."""
    with pytest.raises(ValueError, match="a matrix is needed"):
        fingerprint("filters", rows)
    assert take_notes() == []


@pytest.mark.parametrize("rows", [np.full((2, 2), np.nan), np.full((1, 1), np.inf), np.full((3, 1), -np.inf)])
def test_what_cannot_be_compared_is_flagged_and_costs_nothing(rows: np.ndarray) -> None:
    """Weights that overflowed are a person's to look at, no reason to lose a point."""
    fingerprint("filters", rows)
    assert take_notes() == [
        ("flag", {"note": "filters: not all finite, so not compared with other hand-ins"})
    ]


def test_a_pruned_filter_hides_no_copy() -> None:
    """One in ten rows may be zero, or another's; a third may not."""
    ours = filters(1)
    for count, found in ((0, 1), (1, 1), (3, 1), (11, 0)):
        pruned, mixed = ours.copy(), ours.copy()
        pruned[:count], mixed[:count] = 0, filters(9)[:count]
        for theirs in (pruned, mixed):
            assert len(alike.alike({"ada": [print_of(ours)], "bob": [print_of(theirs)]})) == found


def test_values_beyond_all_scale() -> None:
    """Weights near the ends of a float's range neither overflow nor vanish."""
    for scale in (1e-300, 1e300):
        (group,) = alike.alike({"ada": [print_of(filters(1))], "bob": [print_of(scale * filters(1))]})
        assert group.similarity > 0.99
