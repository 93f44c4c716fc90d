"""Who in another system's file is which student of ours: one each, or nothing is written (*trusted*)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.classroom.roster import Claim, Person, Roster, number
from autograder.errors import UsageError

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Row:
    """A person in the other file: its line, a name to show, and what it says about who that is."""

    line: int
    shown: str
    claim: Claim


def match(
    path: Path,
    rows: Sequence[Row],
    people: Sequence[Person],
    needed: Collection[str],
) -> dict[int, str]:
    """Return the student of each line that has one; ``needed`` are the students with something to report.

    Raises
    ------
    UsageError
        With a list, if one of them has no line or several, or a line could be several students'.
    """
    finder = _Finder(people)
    lines: dict[str, list[Row]] = {}
    doubtful: list[str] = []
    others: list[str] = []  # lines of nobody whom we know, and why
    for row in rows:
        student, why = finder.find(row.claim)
        said = f"line {row.line}, {row.shown}: {why}"
        if student:
            lines.setdefault(student, []).append(row)
        elif "several" in why:
            doubtful.append(said)
        else:
            others.append(said)
    problems = [
        f"{student}: lines {', '.join(str(r.line) for r in found)} could all be theirs"
        for student, found in sorted(lines.items())
        if len(found) > 1 and student in needed
    ]
    problems += doubtful
    for student in sorted(set(needed) - lines.keys()):
        name = finder.names.get(student, student)
        near = next((f" ({said})" for said in others if f"{student}'s" in said), "")
        problems.append(f"{student}{f' ({name})' if name != student else ''}: not in the file{near}")
    if problems:
        more = f"\n  and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        shown = "\n  ".join(problems[:_SHOWN])
        raise UsageError(
            f"{path}: not everybody with a hand-in is one person in it; nothing was written:\n  {shown}{more}\n"
            "Tell who is who: autograder roster import FILE, or edit roster.csv. To leave somebody out: --without STUDENT."
        )
    return {row.line: student for student, found in lines.items() for row in found}


class _Finder:
    """Finds people by the roster's rules; then by nbgrader's id, where the other system has it as one of its own."""

    def __init__(self, people: Sequence[Person]) -> None:
        self.roster = Roster(tuple(people))
        self.names = {person.student: person.name for person in people}
        self.ids: dict[str, list[str]] = {}
        for person in people:
            self.ids.setdefault(number(person.student), []).append(person.student)

    def find(self, claim: Claim) -> tuple[str, str]:
        """Return the student whom a claim describes, or nobody and why."""
        found = self.roster.find(claim)
        if found.person is not None:
            return found.person.student, ""
        if not found.why_not.startswith("nobody"):
            return "", found.why_not
        keys = {number(key) for key in (claim.canvas_id, claim.sis_user_id, claim.login, claim.sid) if key}
        students = sorted({student for key in keys for student in self.ids.get(key, ())})
        if len(students) > 1:
            return "", f"several students have one of its ids: {', '.join(students)}"
        return "".join(students), found.why_not
