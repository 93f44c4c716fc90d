"""Write the first-layer filters that no hand-in has by chance: ``python known_filters.py``.

Two files in ``private/``: ``solution_filters.npy``, of the weights that the solution hands in, and
``starter_filters.npy``, of the StarterCNN that every student's notebook trains (a locked cell with a seed).
Grading only tells staff when a hand-in has one of them; see ``helpers.known_filters``.
"""

import os
import re
import sys
from pathlib import Path

import nbformat
import numpy as np
import torch

HERE = Path(__file__).resolve().parent
NOTEBOOK = HERE.parents[1] / "source" / HERE.name / f"{HERE.name}.ipynb"
LAST = "q5_baselines"  # the cell that trains the starter


def starter_filters() -> np.ndarray:
    """Run the notebook up to the starter's training; return its first layer, (filters, 4, width)."""
    names: dict[str, object] = {"__name__": "__main__"}
    os.chdir(NOTEBOOK.parent)
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        skipped = cell.cell_type != "code" or "figure" in cell.metadata.get("tags", [])
        if skipped or re.search(r"^# check: ", cell.source, re.MULTILINE):
            continue
        exec(compile(cell.source, grade_id or "cell", "exec"), names)  # noqa: S102  the course's own notebook
        if grade_id == LAST:
            break
    starter = names["starter"]
    assert isinstance(starter, torch.nn.Module)
    return next(p.detach().cpu().numpy() for p in starter.parameters() if p.ndim == 3)


def solution_filters() -> np.ndarray:
    """Return the first layer of the solution's ``model_weights.pt``, (filters, 4, width)."""
    state = torch.load(HERE / "solution" / "model_weights.pt", weights_only=True, map_location="cpu")
    filters: np.ndarray = next(v.numpy() for v in state.values() if v.ndim == 3)
    return filters


def main() -> int:
    """Write both files; say what they hold."""
    for name, filters in (("solution", solution_filters()), ("starter", starter_filters())):
        path = HERE / "private" / f"{name}_filters.npy"
        np.save(path, filters.astype(np.float32))
        print(f"{path.relative_to(HERE)}: {filters.shape[0]} filters of width {filters.shape[2]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
