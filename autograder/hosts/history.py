"""What earlier hand-ins of a student left behind, as Gradescope's metadata tells it (*trusted*, standard library).

Gradescope passes on the time and score of every earlier hand-in, but the results of the latest alone. So each
result hands on what the next one needs, under two keys of its ``extra_data``: ``evaluations``, the times of
graded runs, and ``ladder``, the place on the leaderboard. Times count from this hand-in's ``created_at``, so
that a regrade months later decides the same.

Source: https://gradescope-autograders.readthedocs.io/en/latest/submission_metadata/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from autograder import leaderboard

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The hand-ins before this one; empty where nothing is known of them."""

    created: datetime | None = None  # of this hand-in
    results: dict[str, Any] = field(default_factory=dict)  # results.json of the latest one before it
    evaluations: tuple[datetime, ...] = ()  # graded runs of the 24 hours before it, oldest first
    under_way: tuple[datetime, ...] = ()  # hand-ins before it that may still be being graded
    ladder: tuple[leaderboard.Rung, ...] = ()

    def opens(self, per_day: int) -> datetime | None:
        """Return when the next evaluation opens, None if one is open now; ``per_day`` 0 is no limit.

        What may be under way counts here: else several hand-ins, handed in at once, would all be run.
        """
        used = sorted({*self.evaluations, *self.under_way})
        return used[-per_day] + DAY if 0 < per_day <= len(used) else None

    def hand_on(self, *, evaluated: bool) -> dict[str, Any]:
        """Return the part of ``extra_data`` that tells the next run of these evaluations, and of this one."""
        if self.created is None:
            return {}
        times = [*self.evaluations, self.created] if evaluated else list(self.evaluations)
        told = {"evaluations": times} | ({"under_way": list(self.under_way)} if self.under_way else {})
        return {key: [time.isoformat() for time in value] for key, value in told.items()}


def read(metadata: dict[str, Any], *, run_s: float) -> History:
    """Return the history that a hand-in's metadata tells; what cannot be read in it does not count.

    ``run_s`` is how long a run takes at most, in seconds: a younger hand-in without a score may be under way.
    While the latest one is, its results are not there yet, and the ladder starts anew.
    """
    created = _time(metadata.get("created_at"))
    if created is None:
        return History()
    found = metadata.get("previous_submissions")
    dated = [
        (_time(p.get("submission_time")), p)
        for p in (found if isinstance(found, list) else [])
        if isinstance(p, dict)
    ]
    before = sorted(((t, p) for t, p in dated if t is not None and t < created), key=lambda pair: pair[0])
    results, scored, under_way = {}, set(), set()
    for time, hand_in in before:
        if hand_in.get("autograder_error"):
            continue
        if hand_in.get("score") is not None:
            scored.add(time)
        elif time > created - timedelta(seconds=run_s):
            under_way.add(time)
    if before and isinstance(before[-1][1].get("results"), dict):
        results = before[-1][1]["results"]
        under_way.discard(before[-1][0])
    extra = results.get("extra_data")
    extra = extra if isinstance(extra, dict) else {}
    if "evaluations" in extra:
        told = _times(extra["evaluations"])
    elif results or (before and before[-1][0] in under_way):
        told = scored  # an older version's results, or none yet: what has a score was graded
    else:  # none, and none to come: a regrade must not be refused for scores that may have been carried over
        told = set()
    told |= _times(extra.get("under_way")) & scored
    return History(
        created=created,
        results=results,
        evaluations=tuple(sorted(t for t in told if created - DAY < t < created)),
        under_way=tuple(sorted(under_way)),
        ladder=tuple(leaderboard.from_json(extra.get("ladder"))),
    )


def _times(found: object) -> set[datetime]:
    return {t for t in map(_time, found) if t is not None} if isinstance(found, list) else set()


def _time(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    # A day before the first year, or after the last, is none.
    return time if time.tzinfo is not None and 1970 <= time.year < 9000 else None
