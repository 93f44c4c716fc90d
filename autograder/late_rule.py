"""What a late hand-in costs: one rule, and the words for it (*trusted*, standard library only).

Time counts from the student's due time, after the grace; started days or hours are charged whole. Amounts are computed
in decimals and rounded to hundredths in the student's favour, so that every table shows the same cents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_DOWN, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.model import GradingResult

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
_CENT = Decimal("0.01")
_UNITS = {"m": timedelta(minutes=1), "h": HOUR, "d": DAY, "w": 7 * DAY}
_DURATION = re.compile(r"\+?\s*(\d{1,6}(?:\.\d{1,6})?)\s*(m|h|d|w)(?:in|our|ay|eek|inute)?s?", re.IGNORECASE)
MAX_EXTENSION = 3660 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class LateRule:
    """The course's rule for one assignment; see the options ``late_…`` of the course file."""

    grace_minutes: float = 0.0
    percent: float = 0.0  # of ``of``, for each started unit
    per: str = "day"  # or "hour"
    of: str = "score"  # or "maximum"
    floor_percent: float = 0.0  # of ``of``: what lateness leaves
    slack_days: int = 0  # each student's, for the whole course
    slack_days_each: int | None = None  # at most so many for one hand-in
    cutoff_days: float | None = None  # after the student's due time and the grace nothing counts

    @property
    def unit(self) -> timedelta:
        """What is charged whole once it has begun."""
        return HOUR if self.per == "hour" else DAY

    def words(self) -> str:
        """Return the rule in a sentence."""
        if self.percent:
            parts = [f"{self.percent:g} % of the {self.of} for each started {self.per}"]
        else:
            parts = ["lateness costs nothing"]
        if self.grace_minutes:
            parts.append(f"{self.grace_minutes:g} min of grace")
        if self.floor_percent and self.percent:
            parts.append(f"never below {self.floor_percent:g} % of the {self.of}")
        if self.slack_days and self.percent:
            each = "" if self.slack_days_each is None else f", at most {self.slack_days_each} for one hand-in"
            parts.append(f"{_count(self.slack_days, 'slack day')} each{each}")
        if self.cutoff_days is not None:
            parts.append(f"0 points after {_count(self.cutoff_days, 'day')}")
        return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class Extension:
    """A later due time for one student: a time, or how much later."""

    until: datetime | None = None  # with an offset
    more: timedelta = timedelta(0)

    def apply(self, due: datetime) -> datetime:
        """Return the student's due time."""
        return due + self.more if self.until is None else self.until


def parse_extension(text: str) -> Extension:
    """Read '2 days', '36 hours', '1.5 d' or an ISO 8601 time with an offset.

    Raises
    ------
    ValueError
        For anything else.
    """
    found = _DURATION.fullmatch(text.strip())
    if found:
        more = float(found[1]) * _UNITS[found[2].lower()]
        if more > MAX_EXTENSION:
            raise ValueError(text)
        return Extension(more=more)
    until = datetime.fromisoformat(text.strip())
    if until.tzinfo is None:
        raise ValueError(text)
    return Extension(until=until)


@dataclass(frozen=True, slots=True)
class Charge:
    """A score before and after lateness, in points; ``why`` is empty where there is nothing to say."""

    raw: float
    penalty: float
    final: float
    why: str = ""

    def words(self) -> str:
        """Return raw → penalty → final, and why."""
        if not self.penalty:
            return self.why
        return f"{self.raw:g} points − {self.penalty:g} → {self.final:g}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """When one hand-in came, when it was due for this student, and what that costs."""

    rule: LateRule = field(default_factory=LateRule)
    due: datetime | None = None  # the student's, extension included; None: no due date
    extended: bool = False
    handed_in: datetime | None = None  # None: not known, and then nothing is charged
    unknown: str = ""  # why it is not known
    slack_used: int = 0  # days
    slack_left: int = 0  # days, after this hand-in

    @property
    def late_by(self) -> timedelta:
        """How long after the student's due time it came; not negative."""
        if self.due is None or self.handed_in is None:
            return timedelta(0)
        return max(timedelta(0), self.handed_in - self.due)

    @property
    def counted(self) -> timedelta:
        """What of it counts: all beyond the grace."""
        return max(timedelta(0), self.late_by - timedelta(minutes=self.rule.grace_minutes))

    @property
    def after_cutoff(self) -> bool:
        """Whether it came too late to count at all."""
        cutoff = self.rule.cutoff_days
        return cutoff is not None and self.counted > timedelta(days=cutoff)

    @property
    def days(self) -> int:
        """Started days that slack could pay for; none after the cut-off, or where lateness costs nothing."""
        if self.after_cutoff or not self.rule.percent:
            return 0
        return -(-self.counted // DAY)

    @property
    def units(self) -> int:
        """Started days or hours that are charged, without those paid with slack."""
        return max(0, -(-(self.counted - self.slack_used * DAY) // self.rule.unit))

    def charge(self, raw: float, maximum: float) -> Charge:
        """Return what a score becomes; ``maximum`` is what the whole assignment can give."""
        if self.due is None:
            return Charge(raw, 0.0, raw)
        score = Decimal(str(round(raw, 6)))
        penalty, floored = self._penalty(score, Decimal(str(round(maximum, 6))))
        return Charge(raw, float(penalty), float(score - penalty), self.why(floored=floored))

    def charge_of(self, result: GradingResult) -> Charge | None:
        """Return what the checks' points become; None where there are none, or nothing to say about time."""
        if not result.graded:
            return None
        charge = self.charge(result.score, sum(question.points for question in result.questions))
        return charge if charge.why else None

    def _penalty(self, score: Decimal, maximum: Decimal) -> tuple[Decimal, bool]:
        """Return the penalty in points, not more than the score, and whether the floor held it back."""
        if score <= 0:
            return Decimal(0), False
        if self.after_cutoff:
            return score, False
        basis = score if self.rule.of == "score" else maximum
        share = min(Decimal(100), Decimal(str(self.rule.percent)) * self.units)
        wanted = min(score, basis * share / 100)
        most = max(Decimal(0), score - basis * Decimal(str(self.rule.floor_percent)) / 100)
        penalty = min(wanted, most).quantize(_CENT, ROUND_HALF_DOWN)
        return min(score, penalty), most < wanted

    def why(self, *, floored: bool = False) -> str:
        """Return in words when it came and what follows; nothing for a hand-in in time without an extension.

        Nor for one of which nobody knows when it came: it counts as in time, and staff read so elsewhere.
        """
        rule = self.rule
        if self.due is None or self.handed_in is None:
            return ""
        extension = f" (extension until {moment(self.due)})" if self.extended else ""
        if not self.late_by:
            return f"in time{extension}" if extension else ""
        late = f"{duration(self.late_by)} late{extension}"
        if not self.counted:
            return f"{late}: within the grace of {rule.grace_minutes:g} min"
        if self.after_cutoff:
            return f"{late}: too late to count (cut-off {rule.cutoff_days:g} days after the due time)"
        if not rule.percent:
            return f"{late}: costs nothing"
        parts = []
        if self.slack_used:
            parts.append(f"{_count(self.slack_used, 'slack day')} used, {self.slack_left} left")
        if self.units:
            of = "score" if rule.of == "score" else "maximum"
            parts.append(f"{_count(self.units, rule.per)} × {rule.percent:g} % of the {of}")
        if floored:
            parts.append(
                f"not below {rule.floor_percent:g} % of the {'score' if rule.of == 'score' else 'maximum'}"
            )
        return f"{late}: {'; '.join(parts)}"


def _count(number: float, noun: str) -> str:
    return f"{number:g} {noun}{'s' * (number != 1)}"


def moment(time: datetime) -> str:
    """Return a time as people read it, to the minute, with its offset."""
    return time.isoformat(" ", "minutes")


def duration(span: timedelta) -> str:
    """Return a length of time by its two largest units, cut off: '1 d 3 h', '5 min', '30 s'."""
    seconds = int(span.total_seconds())
    if seconds < 60:
        return f"{seconds} s" if seconds else "less than 1 s"
    minutes = seconds // 60
    parts = [(minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min")]
    first = next(i for i, (value, _) in enumerate(parts) if value)
    return " ".join(f"{value} {unit}" for value, unit in parts[first : first + 2] if value)
