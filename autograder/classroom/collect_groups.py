"""Who works together, where the download names one of them only: Canvas's and Moodle's teams (*trusted*)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from autograder.classroom import csv_files
from autograder.classroom.collect_people import Whose
from autograder.classroom.roster import Claim, Roster
from autograder.errors import UsageError

# Column names as they are compared -> what they say of somebody; Canvas's export of a group set, and plain ones.
_COLUMNS = {
    "name": "name",
    "canvas_user_id": "canvas_id",
    "user_id": "sis_user_id",
    "login_id": "login",
    "student": "student",
    "email": "email",
}
_GROUP = ("group_name", "group")


def read(path: Path, people: Roster) -> dict[str, frozenset[str]]:
    """Return by student's id all members of their group, from a CSV with a row per person.

    Raises
    ------
    UsageError
        If it is no such file, or somebody in it is not in the roster or is in two groups.
    """
    table = csv_files.read(path)
    columns = {" ".join(name.casefold().split()): name for name in reversed(table.header)}
    group = next((columns[name] for name in _GROUP if name in columns), None)
    if group is None or not _COLUMNS.keys() & columns.keys():
        raise UsageError(
            f"{path}: no columns group_name and name, canvas_user_id, user_id, login_id, student or email; nothing was "
            f"collected. It has: {', '.join(table.header)[:300]}."
        )
    members: dict[str, set[str]] = defaultdict(set)
    group_of: dict[str, str] = {}
    for line, row in table.rows:
        said = {ours: row.get(columns[theirs], "") for theirs, ours in _COLUMNS.items() if theirs in columns}
        name = row.get(group, "")
        if not name or not any(said.values()):
            continue  # Canvas lists who is in no group, too
        match = people.find(Claim(**said))
        if match.person is None:
            raise UsageError(
                f"{path}, line {line}: {Claim(**said).words()}: {match.why_not}; nothing was collected."
            )
        student = match.person.student
        if group_of.setdefault(student, name) != name:
            raise UsageError(
                f"{path}, line {line}: {student} is in {group_of[student]!r} and in {name!r}; nothing was collected."
            )
        members[name].add(student)
    return {student: frozenset(members[name]) for student, name in group_of.items()}


def add_members(whose: dict[str, list[Whose]], groups: Mapping[str, frozenset[str]]) -> None:
    """Give a hand-in to the members of its student's group who have none of their own."""
    own = {one.student for found in whose.values() for one in found if one.student}
    for label, found in whose.items():
        mates = {mate for one in found for mate in groups.get(one.student, ())} - own
        whose[label] = [*found, *(Whose(mate, f"of {label}") for mate in sorted(mates))]
