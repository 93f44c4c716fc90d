"""Who in the roster a hand-in is by: found, or named and kept aside; never guessed (*trusted*)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from autograder.classroom import roster
from autograder.classroom.collect_forms import CANVAS, GRADESCOPE, MOODLE, PLAIN, Arrival, Found
from autograder.classroom.roster import Claim, Match, Person, Roster, fold
from autograder.errors import UsageError

_SEPARATOR = re.compile(r"[ _.,\-–()+\[\]]+")


@dataclass(frozen=True, slots=True)
class Whose:
    """A student's id for one claim; or none, and why. ``by_name``: found by the name alone."""

    student: str
    shown: str  # the claim, for a person to read
    why_not: str = ""
    by_name: bool = False


def known(people: Roster, name: str) -> bool:
    """Tell whether a folder's or a file's name is somebody's in the roster, or several people's."""
    match = _by_label(people, name)
    return match.person is not None or bool(match.near)


def whose(found: Found, people: Roster, said: Mapping[str, str]) -> dict[str, list[Whose]]:
    """Return by label who each hand-in is by.

    ``said`` is what the instructor said about labels. Without a roster, names of folders and files are taken as ids,
    and Gradescope's people get those that an import of its roster would give them.

    Raises
    ------
    UsageError
        If something was said about a label that is not there or a student who is not, or if this needs a roster.
    """
    labels = {arrival.label for arrival in found.arrivals}
    for label, student in said.items():
        if label not in labels:
            raise UsageError(
                f"{label!r}: no such hand-in; nothing was collected. There are: {_some(sorted(labels))}."
            )
        if people.people and people.get(student) is None:
            raise UsageError(f"{student!r}: no such student in {roster.FILE_NAME}; nothing was collected.")
        if why := roster.why_no_id(student):
            raise UsageError(f"{student!r}: a student's id {why}; nothing was collected.")
    if not people.people and found.form in (CANVAS, MOODLE) and labels - said.keys():
        what = "Canvas's gradebook export" if found.form == CANVAS else "a CSV with their names and ids"
        raise UsageError(
            f"{found.form} names hand-ins by {'its own numbers' if found.form == CANVAS else 'full names'}, and there is "
            f"no roster to look them up in; nothing was collected.\nRun: autograder roster import FILE ({what})"
        )
    new_ids = _ids_of_gradescope(found) if not people.people and found.form == GRADESCOPE else {}
    answer: dict[str, list[Whose]] = {}
    for arrival in found.arrivals:
        if arrival.label in said:
            answer[arrival.label] = [Whose(said[arrival.label], "--as")]
        elif arrival.why_nobody:
            answer[arrival.label] = [Whose("", arrival.label, arrival.why_nobody)]
        elif not people.people:
            answer[arrival.label] = [_without_roster(arrival, claim, new_ids) for claim in arrival.whose]
        else:
            answer[arrival.label] = [_in_roster(found, arrival, claim, people) for claim in arrival.whose]
    if not people.people:
        _part_lookalikes(answer)
    return answer


def _in_roster(found: Found, arrival: Arrival, claim: Claim, people: Roster) -> Whose:
    if found.form == PLAIN:
        match = _by_label(people, claim.student)
    elif found.form == MOODLE:
        match = _by_moodle_name(people, claim.name)
    else:
        match = people.find(claim)
    if match.person is None and len(arrival.whose) == 1:  # a label that the instructor put under `also`
        by_label = [p for p in people.people if fold(arrival.label) in {fold(name) for name in p.also}]
        match = Match(by_label[0], "also") if len(by_label) == 1 else match
    shown = claim.words()
    if match.person is None:
        return Whose("", shown, match.why_not)
    return Whose(match.person.student, shown, by_name=match.by == "name")


def _without_roster(arrival: Arrival, claim: Claim, new_ids: Mapping[str, str]) -> Whose:
    student = claim.student or new_ids.get(fold(claim.email or claim.sid), "")
    if not student:
        return Whose(
            "", claim.words(), "neither an email address nor a number, and no roster to look the name up in"
        )
    why = roster.why_no_id(student)
    return Whose("" if why else student, claim.words(), f"the id {student!r} {why}" if why else "")


def _ids_of_gradescope(found: Found) -> dict[str, str]:
    """Return by email address (else number) the ids that an import of Gradescope's roster would give."""
    keys = {fold(c.email or c.sid): (c.email.lower() or c.sid) for a in found.arrivals for c in a.whose}
    locals_ = Counter(key.partition("@")[0] for key in keys)
    return {
        key: raw.partition("@")[0] if "@" in raw and locals_[key.partition("@")[0]] == 1 else raw
        for key, raw in keys.items()
        if key
    }


def _part_lookalikes(answer: dict[str, list[Whose]]) -> None:
    """Take back ids that a file system may take for one another: whose is whose cannot be known."""
    spelled: dict[str, set[str]] = {}
    for found in answer.values():
        for one in found:
            spelled.setdefault(fold(one.student), set()).add(one.student)
    for label, found in answer.items():
        answer[label] = [
            Whose("", one.shown, f"{' and '.join(sorted(spelled[fold(one.student)]))} look alike")
            if one.student and len(spelled[fold(one.student)]) > 1
            else one
            for one in found
        ]


# -- names that people gave --------------------------------------------------------------------------


def _by_label(people: Roster, label: str) -> Match:
    """Find the one person whose identity or name a label is, or begins with."""
    label = label.strip()
    whole = _by_token(people, label)
    if whole.person is not None or whole.near:
        return whole
    found: dict[str, Person] = {}
    by = ""
    for end in (m.start() for m in _SEPARATOR.finditer(label) if m.start() > 0):
        match = _by_token(people, label[:end])
        found |= {p.student: p for p in (*match.near, *([match.person] if match.person else []))}
        by = match.by or by
    if len(found) == 1:
        return Match(next(iter(found.values())), by)
    if found:
        return Match(None, by, f"it may be {' or '.join(sorted(found))}", tuple(found.values()))
    return whole


def _by_token(people: Roster, token: str) -> Match:
    email = token if "@" in token else ""
    match = people.find(
        Claim(student=token, login=token, email=email, canvas_id=token, sis_user_id=token, sid=token)
    )
    if match.person is not None or match.near:
        return match
    words = " ".join(_SEPARATOR.sub(" ", token).split())
    for claim in (Claim(name=token), Claim(name=words), Claim(squashed=token)):
        match = people.find(claim)
        if match.person is not None or match.near:
            return match
    return match


def _by_moodle_name(people: Roster, name: str) -> Match:
    """Find who has a full name; before it may stand a group's, with a hyphen."""
    parts = name.split("-")
    whole = people.find(Claim(name=name))
    for start in range(len(parts)):
        for claim in (Claim(name="-".join(parts[start:]).strip()), Claim(squashed="".join(parts[start:]))):
            match = people.find(claim)
            if match.person is not None or match.near:
                return match
    return whole


def _some(names: list[str]) -> str:
    return ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
