"""Solutions by people who saw the release only: how the checks judge what their author could not think of (*trusted*)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograder.author.validate import SOLUTION, UNTOUCHED, Judgement
from autograder.bounds import clopper_pearson

HEAD = """
## Solutions whose author saw the release only

Written from the released notebooks by somebody who had seen no check, no solution and no variant; each says which questions it
breaks, by the notebook's text alone. A right one is *hurt* if it loses a point anywhere, a wrong one *survives* if the questions
that it breaks keep every point. *At most* is the one-sided 95 % bound (Clopper and Pearson 1934) for solutions like these.

| assignment | right | hurt | at most | wrong | survive | at most |
| --- | --- | --- | --- | --- | --- | --- |
"""


@dataclass(frozen=True, slots=True)
class Round:
    """The counts of one assignment, and which were misjudged, with the reasons."""

    right: int
    wrong: int
    hurt: dict[str, str]
    survivors: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {"right": self.right, "wrong": self.wrong, "hurt": self.hurt, "survivors": self.survivors}


def count(judgements: list[Judgement], full: Mapping[str, float]) -> Round:
    """Return the counts of solutions that were graded; one that was not graded counts as misjudged."""
    hurt, survivors, of = {}, {}, {True: 0, False: 0}
    for one in judgements:
        if one.name in (SOLUTION, UNTOUCHED):
            continue
        of[one.right] += 1
        broken = [question for question, points in one.expected.items() if points < full[question]]
        if one.right and not one.ok:
            hurt[one.name] = "; ".join(one.reasons)[:600] if one.graded else "not graded"
        elif not one.right and not (one.graded and any(one.got[q] < full[q] - 0.005 for q in broken)):
            survivors[one.name] = f"keeps every point of {', '.join(broken)}" if one.graded else "not graded"
    return Round(of[True], of[False], hurt, survivors)


def section(rounds: Mapping[str, Round]) -> str:
    """Return the part of docs/validity.md."""
    counts = {name: (one.right, len(one.hurt), one.wrong, len(one.survivors)) for name, one in rounds.items()}
    counts["all"] = tuple(map(sum, zip(*counts.values(), strict=True)))  # type: ignore[assignment]
    lines = [
        f"| {name} | {right} | {hurt} | {_bound(hurt, right)} | {wrong} | {kept} | {_bound(kept, wrong)} |"
        for name, (right, hurt, wrong, kept) in counts.items()
    ]
    named = [
        f"- {name}: {kind} {', '.join(f'`{n}`' for n in sorted(found))}"
        for name, one in rounds.items()
        for kind, found in (("hurt", one.hurt), ("survive", one.survivors))
        if found
    ]
    return HEAD + "\n".join([*lines, "", *named]) + "\n"


def _bound(errors: int, n: int) -> str:
    return f"{clopper_pearson(errors, n):.1%}" if n else "–"
