"""What week 1's notebook tells its readers, against what the checks ask for."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_week1_notebook_states_the_bound_of_part_9() -> None:
    """The held-out error that full points need stands in the text, as the card has it."""
    card = json.loads((ROOT / "references/week1-mlp/card.json").read_text())
    notebook = json.loads((ROOT / "source/week1-mlp/week1-mlp.ipynb").read_text())
    text = next("".join(c["source"]) for c in notebook["cells"] if c["id"] == "part9-text")
    assert f"at most **{card['floor']['held_out_mse']}**" in text
