"""What ``collect`` says: what went where, what was left out and why, who handed in nothing (*trusted*)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from autograder.classroom.collect import UNCHANGED, Collected, Placed
from autograder.classroom.collect_forms import CANVAS
from autograder.config import CourseConfig
from autograder.errors import UsageError
from autograder.messages import safe
from autograder.report import table


def said(pairs: Iterable[str]) -> dict[str, str]:
    """Return what ``--as`` says, hand-in -> student.

    Raises
    ------
    UsageError
        For a text without an equals sign, or a hand-in that was named twice.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        label, equals, student = pair.rpartition("=")
        if not equals or not label or not student:
            raise UsageError(f"--as {pair!r}: write HAND_IN=STUDENT, as in submission_123=alice.")
        if found.setdefault(label, student) != student:
            raise UsageError(f"--as names {label!r} twice; a hand-in of several is no student's alone.")
    return found


def lines(done: Collected) -> str:
    """Return the results: a row per student, then what a person should know."""
    parts = []
    if done.placed:
        rows = [_row(p) for p in done.placed]
        header = ["student", "from", "files", "handed in", "what"]
        parts.append(table(header, rows))
    parts.append(_section("notes", _notes(done.placed)))
    nobody = [
        f"  {safe(label, 80)}{f' ({safe(who, 120)})' if who and who != label else ''}: {safe(why, 200)}"
        for label, who, why in done.unmatched
    ]
    parts.append(_section(f"nobody's ({len(nobody)})", nobody))
    skipped = [
        f"  {safe(label, 80)}{': ' if label else ''}{safe(name, 120)} {safe(why, 200)}"
        for label, name, why in done.skipped
    ]
    parts.append(_section(f"left out ({len(skipped)})", skipped))
    nothing = [
        f"  {safe(p.student, 60)}{f'  {safe(p.name, 60)}' if p.name != p.student else ''}"
        for p in done.nothing
    ]
    parts.append(_section(f"in the class, handed in nothing ({len(nothing)})", nothing))
    return "\n\n".join(part for part in parts if part)


def _row(placed: Placed) -> list[str]:
    when = f"{placed.time:%Y-%m-%d %H:%M:%S%z}" if placed.time else ("late" if placed.late else "–")
    return [safe(placed.student, 48), safe(placed.label, 48), str(placed.files), when, placed.what]


def _notes(placed: list[Placed]) -> list[str]:
    """Return a line per note, with all to whom it applies; of what is unchanged everything was said."""
    whose: dict[str, list[str]] = {}
    for one in placed:
        for note in one.notes if one.what != UNCHANGED else ():
            whose.setdefault(note, []).append(one.student)
    return [f"  {_some(names)}: {safe(note, 240)}" for note, names in whose.items()]


def _some(names: list[str]) -> str:
    shown = ", ".join(safe(name, 60) for name in names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown


def _section(title: str, found: list[str]) -> str:
    return "\n".join([f"{title}:", *found]) if found else ""


def hints(done: Collected, course: CourseConfig, *, dry_run: bool) -> list[str]:
    """Return sentences for the person at the terminal: the sum, and what to do next."""
    counts = Counter(p.what for p in done.placed)
    sums = ", ".join(f"{n} {what}" for what, n in counts.items()) or "none taken"
    said_ = [
        f"{done.assignment}: {done.form}: {sums}" + ("; nothing was written (--dry-run)" if dry_run else "")
    ]
    if done.left:
        said_.append(f"left the class, and handed in: {', '.join(sorted(set(done.left)))}")
    late = [p.student for p in done.placed if p.late and p.time is None]
    if done.form == CANVAS and late:
        said_.append(
            f"Canvas calls {len(late)} late and does not say by how much: {', '.join(late)}.\n"
            f"Where it matters write submitted/<student>/{done.assignment}/timestamp.txt, as in 2026-04-03T23:59:00-05:00"
        )
    if not done.roster:
        said_.append("There is no roster, so nobody can be missed. Run: autograder roster import FILE")
    if done.unmatched:
        where = f"They are kept in {done.aside}. " if done.aside else ""
        said_.append(
            f"{where}Say whose they are: --as HAND_IN=STUDENT, or a name under `also` in roster.csv; then collect again."
        )
    elif not dry_run:
        said_.append(f"next: autograder grade {done.assignment}")
    return said_
