"""The numbers that must be zero are counted: a check of the suite that could not fail would be no check."""

from __future__ import annotations

import pytest

from tests.attacks.conftest import Lost, Tally


def test_points_that_should_be_lost_and_are_not_count_as_forged():
    """More lost than expected is a failed test, and no forged point."""
    tally = Tally()
    with pytest.raises(AssertionError):
        assert Lost({"q1": 1.0}, tally) == {"q1": 4.0, "q2": 2.0}
    assert tally.points == 5.0
    with pytest.raises(AssertionError):
        assert Lost({"q1": 4.0, "q3": 1.0}, tally) == {"q1": 4.0}
    assert tally.points == 5.0
    assert Lost({"q1": 4.0}, tally) == {"q1": 4.0}
    assert tally.points == 5.0
    assert "0 canaries seen, 5 points forged, 0 survivors" in str(tally)
