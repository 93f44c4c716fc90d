"""Whether an argument came back as it was sent, for every kind of plain data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.sandbox.namespace import _is_kept
from autograder.sandbox.proxy import Tensor

ARRAY = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (ARRAY, ARRAY.copy()),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan])),
        (np.array([True]), np.array([True])),
        (Tensor(ARRAY), ARRAY.copy()),
        (np.float64(0.1), 0.1),
        (np.int64(3), 3),
        (np.str_("ACGT"), "ACGT"),
        (float("nan"), float("nan")),
        (True, True),
        (None, None),
        ([1, "a", ARRAY], [1, "a", ARRAY.copy()]),
        ((1, 2.5), [1, 2.5]),
        ({"A": 1.0, "motifs": ["GCG"]}, {"A": 1.0, "motifs": ["GCG"]}),
    ],
)
def test_what_comes_back_as_it_was_is_kept(before: Any, now: Any) -> None:
    """NumPy's scalars come back as Python's; that is no change."""
    assert _is_kept(before, now)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (ARRAY, ARRAY + 1),
        (Tensor(ARRAY), ARRAY.T),
        (ARRAY, None),
        ([1, 2], [2, 1]),
        ([1, 2], [1]),
        ([1, 2], None),
        ({"A": 1.0}, {}),
        ({"A": 1.0}, {"A": 2.0}),
        ({"A": [1]}, {"A": [1, 1]}),
        ([ARRAY], [ARRAY * 2]),
        (["a"], ["b"]),
    ],
)
def test_what_was_changed_in_place_is_not(before: Any, now: Any) -> None:
    """At any depth."""
    assert not _is_kept(before, now)
