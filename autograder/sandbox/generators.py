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
WORDS = 624  # of the Mersenne twister's state


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
            if (
                type(numbers) is not np.ndarray
                or numbers.shape != (WORDS + 1,)
                or not 0 <= int(numbers[-1]) <= WORDS
            ):
                raise ValueError("no state of Python's generator")
            random.setstate((version, tuple(int(n) for n in numbers), _gauss(gauss)))
        elif kind == "numpy":
            keys, place, has, gauss = state
            # NumPy believes the place, and reads behind its numbers where that is too far.
            whole = type(keys) is np.ndarray and keys.dtype == np.uint32 and keys.shape == (WORDS,)
            if not whole or type(place) is not int or not 0 <= place <= WORDS or has not in (0, 1):
                raise ValueError("no state of NumPy's generator")
            np.random.set_state(("MT19937", keys, place, has, _gauss(gauss) or 0.0))  # noqa: NPY002
        elif kind == "torch" and "torch" in sys.modules:
            torch: Any = sys.modules["torch"]
            (numbers,) = state
            if type(numbers) is not np.ndarray or numbers.dtype != np.uint8:
                raise ValueError("no state of torch's generator")
            if numbers.shape != tuple(torch.get_rng_state().shape):
                raise ValueError("no state of torch's generator")
            torch.set_rng_state(torch.from_numpy(numbers.copy()))


def _gauss(value: Any) -> float | None:
    """Return the number that a generator has in hand, or None."""
    if value is not None and type(value) is not float:
        raise ValueError("no number")
    return value


def differ(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Return the kinds whose states are not the same in both."""
    return [
        kind
        for kind in one
        if kind not in other
        or not all(np.array_equal(a, b) for a, b in zip(one[kind], other[kind], strict=True))
    ]
