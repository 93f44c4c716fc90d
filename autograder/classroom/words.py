"""How a check's outcome is said on pages: a word and a mark, since no meaning lies in colour alone (*trusted*)."""

from __future__ import annotations

from autograder.model import Outcome

WORDS = {
    Outcome.PASSED: ("✓ passed", "passed"),
    Outcome.FAILED: ("✗ failed", "failed"),
    Outcome.SKIPPED: ("→ skipped", "skipped"),
    Outcome.REVIEW: ("… a person decides", "review"),
    Outcome.ERROR: ("? not graded", "error"),
}
