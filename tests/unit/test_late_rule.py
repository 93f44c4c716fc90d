"""What a late hand-in costs; every number here was worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from autograder.late_rule import Lateness, LateRule, duration, parse_extension

DUE = datetime(2026, 4, 3, 23, 59, tzinfo=timezone(timedelta(hours=-5)))


def late(by: timedelta, slack: int = 0, **rule: Any) -> Lateness:
    """Return a hand-in that came so long after its due time, and used so many slack days."""
    return Lateness(rule=LateRule(**rule), due=DUE, handed_in=DUE + by, slack_used=slack)


def h(hours: float) -> timedelta:
    """Return so many hours."""
    return timedelta(hours=hours)


@pytest.mark.parametrize(
    ("by", "rule", "raw", "maximum", "penalty", "final"),
    [
        # 10 % of the score for each started day.
        (h(0), {"percent": 10}, 80, 100, 0, 80),
        (h(-5), {"percent": 10}, 80, 100, 0, 80),
        (timedelta(microseconds=1), {"percent": 10}, 80, 100, 8, 72),
        (h(24), {"percent": 10}, 80, 100, 8, 72),
        (h(24) + timedelta(seconds=1), {"percent": 10}, 80, 100, 16, 64),
        (h(240), {"percent": 10}, 80, 100, 80, 0),
        (h(900), {"percent": 10}, 80, 100, 80, 0),
        # 10 % of 12.35 is 1.235: half a cent goes to the student.
        (h(1), {"percent": 10}, 12.35, 20, 1.23, 11.12),
        # 20 % of 93.33 is 18.666.
        (h(25), {"percent": 10}, 93.33, 100, 18.67, 74.66),
        # 15 % of 0.1 + 0.2, which is no 0.3 in binary: 0.045.
        (h(1), {"percent": 15}, 0.1 + 0.2, 1, 0.04, 0.26),
        # By the hour: 2 h 1 min are three.
        (h(2) + timedelta(minutes=1), {"percent": 2, "per": "hour"}, 50, 50, 3, 47),
        # Of the maximum: 2 × 10 % of 40, whatever the score; not more than the score.
        (h(30), {"percent": 10, "of": "maximum"}, 30, 40, 8, 22),
        (h(30), {"percent": 10, "of": "maximum"}, 5, 40, 5, 0),
        # The grace: 15 minutes cost nothing, and days count from its end.
        (timedelta(minutes=15), {"percent": 10, "grace_minutes": 15}, 80, 100, 0, 80),
        (timedelta(minutes=15, seconds=1), {"percent": 10, "grace_minutes": 15}, 80, 100, 8, 72),
        (h(24.25), {"percent": 10, "grace_minutes": 15}, 80, 100, 8, 72),
        # The floor: half of the score stays; of the maximum: 20 of 40, and who has less loses nothing.
        (h(240), {"percent": 10, "floor_percent": 50}, 80, 100, 40, 40),
        (h(100), {"percent": 20, "of": "maximum", "floor_percent": 50}, 30, 40, 10, 20),
        (h(100), {"percent": 20, "of": "maximum", "floor_percent": 50}, 15, 40, 0, 15),
        # The cut-off: 7 days are in, a second more is not, and no floor holds.
        (h(168), {"percent": 5, "cutoff_days": 7}, 80, 100, 28, 52),
        (h(168) + timedelta(seconds=1), {"percent": 5, "cutoff_days": 7, "floor_percent": 50}, 80, 100, 80, 0),
        (timedelta(seconds=1), {"cutoff_days": 0}, 80, 100, 80, 0),
        (timedelta(minutes=4), {"cutoff_days": 0, "grace_minutes": 5}, 80, 100, 0, 80),
        # No percentage: lateness is shown only.
        (h(100), {}, 80, 100, 0, 80),
        (h(100), {"percent": 10}, 0, 100, 0, 0),
    ],
)  # fmt: skip
def test_charge(
    by: timedelta, rule: dict[str, Any], raw: float, maximum: float, penalty: float, final: float
) -> None:
    """Raw, penalty and final by every option."""
    found = late(by, **rule).charge(raw, maximum)
    assert (found.penalty, found.final) == (penalty, final)
    assert found.raw == raw


@pytest.mark.parametrize(
    ("by", "slack", "rule", "penalty"),
    [
        (h(50), 1, {"percent": 10, "slack_days": 3}, 16),  # three days, one paid: 2 × 8
        (h(50), 3, {"percent": 10, "slack_days": 3}, 0),
        (h(26), 1, {"percent": 1, "per": "hour", "slack_days": 3}, 1.6),  # 2 h are left: 2 × 0.8
    ],
)
def test_slack_days_are_no_late_days(by: timedelta, slack: int, rule: dict[str, Any], penalty: float) -> None:
    """What was paid with slack is not charged."""
    assert late(by, slack, **rule).charge(80, 100).penalty == penalty


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (late(h(-1), percent=10), ""),
        (late(h(27), percent=10), "1 d 3 h late: 2 days × 10 % of the score"),
        (late(timedelta(seconds=30), percent=10), "30 s late: 1 day × 10 % of the score"),
        (late(timedelta(minutes=4), percent=10, grace_minutes=5), "4 min late: within the grace of 5 min"),
        (late(h(1.5), percent=3, per="hour", of="maximum"), "1 h 30 min late: 2 hours × 3 % of the maximum"),
        (late(h(2)), "2 h late: costs nothing"),
        (
            Lateness(rule=LateRule(percent=10), due=DUE, handed_in=DUE + h(30), slack_used=1, slack_left=2),
            "1 d 6 h late: 1 slack day used, 2 left; 1 day × 10 % of the score",
        ),
        (
            Lateness(rule=LateRule(percent=10), due=DUE, handed_in=DUE, extended=True),
            "in time (extension until 2026-04-03 23:59-05:00)",
        ),
        (Lateness(due=DUE, unknown="no timestamp.txt"), ""),
        (Lateness(handed_in=DUE), ""),
    ],
)
def test_words(found: Lateness, said: str) -> None:
    """The student reads when it came and how the penalty was counted."""
    assert found.charge(80, 100).why == said


def test_words_say_what_the_cut_off_and_the_floor_did() -> None:
    """Both are not what the percentage alone would give."""
    cut = late(h(200), percent=5, cutoff_days=7).charge(80, 100)
    assert cut.why == "8 d 8 h late: too late to count (cut-off 7 days after the due time)"
    held = late(h(200), percent=10, floor_percent=50).charge(80, 100)
    assert held.why == "8 d 8 h late: 9 days × 10 % of the score; not below 50 % of the score"
    assert held.words() == f"80 points − 40 → 40: {held.why}"


def test_without_due_date_or_time_nothing_is_charged() -> None:
    """Who does not know when it came takes nothing for it."""
    rule = LateRule(percent=100, cutoff_days=0)
    for one in (Lateness(rule=rule, handed_in=DUE), Lateness(rule=rule, due=DUE, unknown="no timestamp.txt")):
        assert (one.charge(7.5, 10).penalty, one.charge(7.5, 10).final) == (0, 7.5)


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("2 days", h(48)),
        ("1 day", h(24)),
        ("36 hours", h(36)),
        ("+1.5 d", h(36)),
        ("90min", h(1.5)),
        ("1 week", h(168)),
        ("30 m", h(0.5)),
    ],
)
def test_extension_says_how_much_later(text: str, more: timedelta) -> None:
    """In the words that people write."""
    assert parse_extension(text).apply(DUE) == DUE + more


def test_extension_may_be_a_time() -> None:
    """A new due time with an offset."""
    assert parse_extension("2026-04-05T12:00:00+00:00").apply(DUE) == datetime(2026, 4, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "2", "two days", "2026-04-05", "2026-04-05T12:00:00", "-2 days", "999999 weeks", "nan days"]
)
def test_extension_that_says_nothing_is_refused(text: str) -> None:
    """No day is guessed."""
    with pytest.raises((ValueError, OverflowError)):
        parse_extension(text)


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(microseconds=5), "less than 1 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=61), "1 h 1 min"),
        (timedelta(days=2, minutes=5), "2 d"),
        (timedelta(days=400), "400 d"),
    ],
)
def test_duration(span: timedelta, said: str) -> None:
    """Two units, none of them 0."""
    assert duration(span) == said
