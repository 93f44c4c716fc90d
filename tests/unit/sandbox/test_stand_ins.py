"""What stands in for things that a grader cannot have gives the same batches."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest


@pytest.mark.parametrize("most", [0, 1])
@pytest.mark.parametrize(
    "arguments",
    [
        "data, batch_size=2, num_workers=2",
        "data, 2, False, None, None, 3",
        "data, batch_size=2, num_workers=2, prefetch_factor=4, persistent_workers=True, timeout=5",
        "data, batch_size=2, num_workers=1, multiprocessing_context='fork'",
    ],
)
def test_loader_with_fewer_workers_gives_the_same_batches(arguments: str, most: int) -> None:
    """However the workers were asked for."""
    code = f"""
    import torch
    from torch.utils.data import DataLoader, TensorDataset
    data = TensorDataset(torch.arange(5.0))
    wanted = [b[0].tolist() for b in DataLoader(data, batch_size=2)]
    from autograder.sandbox.inside import stand_ins
    stand_ins.limit_workers(DataLoader, {most})
    loader = DataLoader({arguments})
    assert loader.num_workers == {most}
    assert [b[0].tolist() for b in loader] == wanted
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
