"""docs/validity.md says what the run said, and is rewritten only when it says something new."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autograder.author import validity


def output(killed: int = 2, seconds: float = 10.0) -> dict[str, dict[str, Any]]:
    """Return what ``validate --all --json`` prints for one small assignment."""
    judgements = [
        {"name": "solution", "right": True, "operator": ""},
        {"name": "right-other", "right": True, "operator": "equivalent"},
        {"name": "wrong-a", "right": False, "operator": "HLR"},
        {"name": "wrong-b", "right": False, "operator": "own: garbage"},
    ]
    return {
        "mini": {
            "points": 11.0,
            "checks": 7,
            "solution": True,
            "release": True,
            "right": {"accepted": 1, "of": 1},
            "wrong": {"killed": killed, "of": 2},
            "seconds": seconds,
            "judgements": judgements,
        }
    }


def test_page_holds_the_counts(tmp_path: Path) -> None:
    """With the exact bound: two of two killed exclude a rate above 1 - 0.05^(1/2)."""
    text = validity.page(output(), tmp_path)
    assert "| mini | 11 | 7 | 100 % | 0 | 1/1 | 2/2 | > 77.6% |" in text
    assert "- **mini**: HLR 1, own 1" in text
    assert "- **mini**: none" in text  # no card, no threshold


def test_page_is_the_same_however_long_it_took(tmp_path: Path) -> None:
    """A cached run says nothing new; a survivor does."""
    first = validity.page(output(), tmp_path)
    assert first == validity.page(output(seconds=0.5), tmp_path)
    assert first != validity.page(output(killed=1), tmp_path)
