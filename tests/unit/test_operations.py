"""Operations that a check may ask the student's process for, called directly."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from autograder.sandbox import cells, operations


def test_calls_returns_what_a_buffer_holds_after_the_last_call() -> None:
    """A function that hands one array out twice gives two equal results."""
    buffer = np.zeros(2)

    def fills(value: float) -> Any:
        buffer[:] = value
        return buffer

    first, second = operations.calls(fills, [[1.0], [2.0]])
    np.testing.assert_array_equal(first, second)
    assert operations.calls(lambda value: value + 1, [[1], [2]]) == [2, 3]


def test_stand_in_is_found_by_the_notebook_and_put_back() -> None:
    """A function of the notebook meets the stand-in, then its own again; a name that was missing is missing again."""
    names: dict[str, Any] = {}
    exec("def slope(x):\n    return 2 * x\n\n\ndef step(x):\n    return x - slope(x)", names)
    shell: Any = SimpleNamespace(user_ns=names)
    source = "def slope(x):\n    return x - 0\n\n\ndef other(x):\n    return x"
    cells.stand_in(shell, source, ["slope", "other"])
    assert (names["step"](3), names["other"](3)) == (0, 3)
    cells.put_back(shell)
    assert names["step"](3) == -3
    assert "other" not in names
    cells.put_back(shell)
    assert names["step"](3) == -3


def test_stand_in_twice_puts_the_notebooks_own_back() -> None:
    """A second stand-in does not make the first one the student's."""
    shell: Any = SimpleNamespace(user_ns={"f": "theirs"})
    cells.stand_in(shell, "f = 1", ["f"])
    cells.stand_in(shell, "f = 2", ["f"])
    cells.put_back(shell)
    assert shell.user_ns == {"f": "theirs"}


def test_module_builds_layers_with_other_parameters_than_weight_and_bias() -> None:
    """An LSTM's parameters are called weight_ih_l0 and the like."""
    built = operations.module([["LSTM", 3, 2], ["LayerNorm", 4], ["PReLU"]], None, [], [])
    assert sum(p.numel() for p in built.parameters()) == 4 * 2 * (3 + 2 + 2) + 8 + 1
    assert isinstance(built[2], torch.nn.PReLU)
