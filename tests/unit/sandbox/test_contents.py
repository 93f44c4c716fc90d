"""What the notebook's objects held when a test's cell was reached."""

from __future__ import annotations

import sys
import types
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from autograder.sandbox.inside.moments import Moments

SOURCE = """
class Account:
    def __init__(self):
        self.held, self.log, self.inner = 100, [], {"a": [1]}
    def take(self, n):
        self.held -= n
        self.log.append(n)
        self.inner["a"][0] += n
account = Account()
accounts = [account]
table = pd.DataFrame({"a": [1, 2]})
rows, pairs = [[1], [2]], {"k": np.zeros(2)}
array = np.arange(3)
net = torch.nn.Linear(2, 1)
same = rows
"""
CHANGE = """
account.take(30)
table["b"] = 0
rows[0].append(5)
pairs["k"] += 1
array[0] = 9
net.weight.data += 1
net.eval()
"""


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A notebook's names, in its own ``__main__``."""
    module = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)
    module.__dict__.update(pd=pd, np=np, torch=torch)
    exec(SOURCE, module.__dict__)
    return module.__dict__


@pytest.mark.parametrize("contents", [True, False])
def test_what_later_cells_change_in_place_is_as_it_was(names: dict[str, Any], contents: bool) -> None:
    """Only for another tool's notebook; the objects are the same, and whoever holds one sees it."""
    account, same, weight = names["account"], names["same"], names["net"].weight.detach().clone()
    moments = Moments(names)
    moments.note("q1", contents)
    exec(CHANGE, names)
    moments.note("q2", contents)
    exec(CHANGE, names)
    moments.note_end()
    assert moments.put_back("q1", False, [])["differs"] is contents
    assert names["account"] is account is names["accounts"][0] and names["rows"] is same
    held = [
        account.held,
        account.log,
        account.inner,
        names["rows"],
        int(names["array"][0]),
        names["net"].training,
    ]
    wanted = [100, [], {"a": [1]}, [[1], [2]], 0, True]
    assert (held == wanted) is contents
    assert (list(names["table"]) == ["a"]) is contents
    assert bool(names["pairs"]["k"].sum() == 0) is contents
    assert torch.equal(names["net"].weight, weight) is contents


def test_what_has_not_changed_is_not_copied_again(names: dict[str, Any]) -> None:
    """A notebook with many tests costs one copy of its data."""
    moments = Moments(names)
    moments.note("q1", contents=True)
    kept = moments.contents.kept_bytes
    assert kept > 0
    moments.note("q2", contents=True)
    assert moments.contents.kept_bytes == kept
    names["array"][1] = 7
    moments.note("q3", contents=True)
    assert moments.contents.kept_bytes == kept + names["array"].nbytes
