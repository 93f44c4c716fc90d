"""``docs/validity.md``: what shows that the checks of a course judge right (*trusted*)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from autograder.bounds import clopper_pearson
from autograder.references import load_card

HEAD = """# How we know that the checks judge right

Written by `autograder validate --all`. For every assignment the checks grade the solution (it must get every
point), the untouched release (none), solutions that are right but written differently (every point) and
solutions that are wrong in one way (exactly the points of the questions they break). *Excluded* is the
rate of surviving wrong solutions that the count rules out with 95 % confidence (Clopper and Pearson 1934, one-sided).

"""
COLUMNS = (
    "assignment",
    "points",
    "checks",
    "solution",
    "release",
    "right accepted",
    "wrong killed",
    "excluded",
)


def page(output: dict[str, dict[str, Any]], references: Path) -> str:
    """Return the page for what ``validate --all --json`` prints; ``references`` holds the cards."""
    rows = [_row(name, found) for name, found in output.items()]
    lines = [" | ".join(COLUMNS), " | ".join(["---"] * len(COLUMNS)), *(" | ".join(row) for row in rows)]
    parts = [HEAD, *(f"| {line} |\n" for line in lines), "\n## What the wrong solutions get wrong\n\n"]
    parts.append(
        "By operator: DeepCrime's codes (Humbatova et al. 2021), categories of Humbatova et al. 2020, or our own.\n\n"
    )
    for name, found in output.items():
        counts = Counter(
            _family(j["operator"]) for j in found["judgements"] if j.get("operator") and not j["right"]
        )
        shown = ", ".join(f"{operator} {n}" for operator, n in sorted(counts.items()))
        parts.append(f"- **{name}**: {shown or 'none'}\n")
    parts.append("\n## Thresholds of trained models\n\n")
    for name in output:
        parts += _thresholds(name, references / name / "card.json")
    return "".join(parts)


def _row(name: str, found: dict[str, Any]) -> list[str]:
    right, wrong = found["right"], found["wrong"]
    bound = clopper_pearson(wrong["of"] - wrong["killed"], wrong["of"]) if wrong["of"] else 1.0
    return [
        name,
        f"{found['points']:g}",
        str(found["checks"]),
        "100 %" if found["solution"] else "**not 100 %**",
        "0" if found["release"] else "**not 0**",
        f"{right['accepted']}/{right['of']}",
        f"{wrong['killed']}/{wrong['of']}",
        f"> {bound:.1%}",
    ]


def _family(operator: str) -> str:
    return operator.split(":")[0].strip()


def _thresholds(name: str, path: Path) -> list[str]:
    if not path.is_file():
        return [f"- **{name}**: none\n"]
    card = load_card(path)
    floors = ", ".join(f"{metric} {floor:g}" for metric, floor in card["floor"].items())
    return [
        f"- **{name}**: {floors}; {len(card['seeds'])} seeds on {card['device']}, all of them beyond it; "
        f"an honest run misses it with probability at most {card['p_false_fail']:.4f}, before the margins\n"
    ]
