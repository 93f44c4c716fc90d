"""The state of the random generators that notebooks share with their tests (both *trusted* and *sandbox*).

A test cell that seeds (``torch.manual_seed(0)``) means the student's function as well: in a notebook there is one
generator of each kind. A state crosses as arrays and numbers.
"""

from __future__ import annotations

import random
import sys
from typing import Any

import numpy as np

KINDS = ("python", "numpy", "torch")


def states(kinds: list[str]) -> dict[str, Any]:
    """Return the state of each of these kinds."""
    found: dict[str, Any] = {}
    for kind in kinds:
        if kind == "python":
            version, numbers, gauss = random.getstate()
            found[kind] = [int(version), np.array(numbers, np.uint32), gauss]
        elif kind == "numpy":
            state: Any = np.random.get_state(legacy=True)  # noqa: NPY002  what notebooks seed
            found[kind] = [np.array(state[1], np.uint32), int(state[2]), int(state[3]), float(state[4])]
        elif kind == "torch" and "torch" in sys.modules:
            torch: Any = sys.modules["torch"]
            found[kind] = [torch.get_rng_state().numpy().copy()]
    return found


def restore(found: dict[str, Any]) -> None:
    """Set generators to the states that ``states`` returned.

    Raises
    ------
    ValueError, TypeError
        For what is no state.
    """
    for kind, state in found.items():
        if kind == "python":
            version, numbers, gauss = state
            random.setstate((version, tuple(int(n) for n in numbers), gauss))
        elif kind == "numpy":
            keys, place, has, gauss = state
            np.random.set_state(("MT19937", keys, place, has, gauss))  # noqa: NPY002
        elif kind == "torch" and "torch" in sys.modules:
            torch: Any = sys.modules["torch"]
            torch.set_rng_state(torch.from_numpy(np.array(state[0], np.uint8)))


def differ(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Return the kinds whose states are not the same in both."""
    return [
        kind
        for kind in one
        if kind not in other
        or not all(np.array_equal(a, b) for a, b in zip(one[kind], other[kind], strict=True))
    ]
