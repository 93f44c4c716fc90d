"""Hand-ins come in as another system gives them: into ``submitted/<student>/<assignment>/`` (*trusted*).

Each is laid beside its place and then renamed into it: stopped at any moment, a hand-in is there whole or not at
all, and the next run does the rest. What is replaced, and what is nobody's, is kept below ``submitted/.aside/``,
where neither we nor nbgrader look for hand-ins.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder import bundle, released, results_json
from autograder.classroom import (
    collect_forms,
    collect_groups,
    collect_people,
    collect_stage,
    collect_trees,
    roster,
    times,
)
from autograder.classroom.collect_forms import MOODLE, Arrival
from autograder.classroom.collect_people import Whose
from autograder.classroom.roster import Person, Roster
from autograder.config import CourseConfig
from autograder.engine import incoming
from autograder.errors import UsageError
from autograder.files import require_writable
from autograder.messages import safe
from autograder.progress import Progress

ASIDE = ".aside"  # in submitted/
NEW, REPLACED, UNCHANGED, OLDER, CHANGED = (
    "new",
    "replaced",
    "unchanged",
    "older: left out",
    "changed here: kept",
)
_MAX_COMPARED = 2 * incoming.MAX_HAND_IN_BYTES  # somebody may have put anything there
_NOT_COMPARED = {times.FILE_NAME, ".ipynb_checkpoints", "__pycache__"}


@dataclass(frozen=True, slots=True)
class Placed:
    """A hand-in of one student's, and what became of it."""

    student: str
    label: str
    what: str
    files: int
    time: datetime | None
    late: bool
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Collected:
    """What a run did; with ``dry_run``, what it would do."""

    assignment: str
    form: str
    roster: bool
    placed: list[Placed] = field(default_factory=list)
    unmatched: list[tuple[str, str, str]] = field(
        default_factory=list
    )  # label, who it says it is, why nobody
    skipped: list[tuple[str, str, str]] = field(default_factory=list)  # label, file, reason
    nothing: list[Person] = field(default_factory=list)  # in the class, and nothing is there
    left: list[str] = field(default_factory=list)  # handed in, but have left
    aside: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "assignment": self.assignment,
            "form": self.form,
            "placed": [
                {
                    "student": p.student,
                    "from": p.label,
                    "what": p.what,
                    "files": p.files,
                    "handed_in": p.time.isoformat() if p.time else None,
                    "late_in_source": p.late,
                    "notes": list(p.notes),
                }
                for p in self.placed
            ],
            "unmatched": [dict(zip(("from", "says", "why"), one, strict=True)) for one in self.unmatched],
            "skipped": [dict(zip(("from", "name", "why"), one, strict=True)) for one in self.skipped],
            "handed_in_nothing": [p.student for p in self.nothing],
            "left": self.left,
        }


def collect(
    course: CourseConfig,
    assignment: str,
    source: Path,
    *,
    said: Mapping[str, str] | None = None,
    groups: Path | None = None,
    dry_run: bool = False,
    watch: Any = lambda _total: lambda _name, _ok: None,
) -> Collected:
    """Take the hand-ins of one assignment from a folder or a zip.

    ``said`` maps what the source calls a hand-in to a student's id; ``groups`` is a table of who works together
    (see ``collect_groups``); ``watch`` makes the progress for so many.

    Raises
    ------
    UsageError
        If there is no such assignment, the source cannot be read or holds nothing, or nothing can be written.
    """
    _require(course, assignment, source)
    people = roster.load(course)
    together = collect_groups.read(groups, people) if groups is not None else {}
    with collect_trees.opened(source) as tree:
        known = (lambda name: collect_people.known(people, name)) if people.people else None
        found = collect_forms.read(tree, assignment, known)
        whose = collect_people.whose(found, people, said or {})
        collect_groups.add_members(whose, together)
        done = Collected(assignment, found.form, bool(people.people))
        done.skipped += [("", name, why) for name, why in found.skipped]
        with _workplace(course, dry_run=dry_run) as work:
            run = _Run(course, assignment, people, done, work, dry_run=dry_run)
            run.take(found.arrivals, whose, watch(len(found.arrivals)))
    return done


def _require(course: CourseConfig, assignment: str, source: Path) -> None:
    known = released.assignments(course)
    if assignment not in known:
        there = ", ".join(known) or "none"
        raise UsageError(
            f"{assignment!r}: no such assignment in {course.source}; nothing was collected.\nThere are: {there}."
        )
    if not os.path.lexists(source):
        raise UsageError(f"{source}: no such file or folder; nothing was collected.")
    ours, theirs = course.submitted.resolve(), source.resolve()
    made = (
        course.source,
        course.release,
        course.references,
        course.bundles,
        course.autograded,
        course.feedback,
    )
    for folder in (f.resolve() for f in made):
        if theirs == folder or folder in theirs.parents:
            raise UsageError(f"{source}: lies in {folder}, where no hand-ins are; nothing was collected.")
    if theirs == ours or ours in theirs.parents or (theirs in ours.parents and source.is_dir()):
        raise UsageError(
            f"{source}: the hand-ins are there already (it is, or holds, {course.submitted}); nothing was collected.\n"
            f"Run: autograder grade {assignment}"
        )


@contextmanager
def _workplace(course: CourseConfig, *, dry_run: bool) -> Iterator[Path]:
    """Give a new folder on the disk of ``submitted/``; one run at a time. What a killed run left there goes."""
    if dry_run:
        with tempfile.TemporaryDirectory(prefix="autograder-collect-") as folder:
            yield Path(folder)
        return
    require_writable(course.submitted)
    aside = course.submitted / ASIDE
    aside.mkdir(parents=True, exist_ok=True)
    with _alone(aside / "lock", course):
        for old in aside.glob("coming-*"):
            shutil.rmtree(old, ignore_errors=True)
        work = aside / f"coming-{secrets.token_hex(4)}"
        work.mkdir()
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _alone(path: Path, course: CourseConfig) -> Iterator[None]:
    with path.open("w") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # no such locks here
            pass
        except BlockingIOError:
            raise UsageError(
                f"{course.submitted}: another `autograder collect` is at work; nothing was collected. Wait for it."
            ) from None
        yield


@dataclass(slots=True)
class _Candidate:
    """A hand-in that may become a student's."""

    arrival: Arrival
    whose: Whose


class _Run:
    """One run of ``collect``: what it knows, and what it has done so far."""

    def __init__(
        self,
        course: CourseConfig,
        assignment: str,
        people: Roster,
        done: Collected,
        work: Path,
        *,
        dry_run: bool,
    ) -> None:
        self.course, self.assignment, self.people, self.done = course, assignment, people, done
        self.work, self.dry_run = work, dry_run
        self.aside = course.submitted / ASIDE
        self.record_path = self.aside / "arrivals" / f"{assignment}.json"
        self.record = _read_record(self.record_path)
        self.wanted = _wanted(course, assignment)
        self.others = frozenset(released.assignments(course)) - {assignment}
        self.there: set[str] = set()  # who will have a hand-in

    def take(self, arrivals: list[Arrival], whose: dict[str, list[Whose]], progress: Progress) -> None:
        """Place every hand-in, each with its own misfortunes."""
        by_student: dict[str, list[_Candidate]] = {}
        for arrival in arrivals:
            for one in whose[arrival.label]:
                if one.student:
                    by_student.setdefault(one.student, []).append(_Candidate(arrival, one))
                else:
                    self.done.unmatched.append((arrival.label, one.shown, one.why_not))
        chosen: dict[int, list[Whose]] = {}
        for student, candidates in sorted(by_student.items()):
            best = self._newest(student, candidates)
            if best is not None:
                chosen.setdefault(id(best.arrival), []).append(best.whose)
        nobodys = {label for label, _, _ in self.done.unmatched}
        try:
            for number, arrival in enumerate(arrivals):
                ok = self._take_one(
                    arrival, chosen.get(id(arrival), []), number, nobody=arrival.label in nobodys
                )
                progress(safe(arrival.label, 60), ok)
        except OSError as error:
            if error.errno not in incoming.OURS:
                raise
            raise UsageError(
                f"{self.course.submitted}: {error.strerror}: {len(self.done.placed)} hand-ins are in their places, the "
                "others were not collected, none is there by half.\nMake room and run the same command again."
            ) from error
        finally:
            self._write_record()
        self._who_is_missing()

    def _newest(self, student: str, candidates: list[_Candidate]) -> _Candidate | None:
        """Return the hand-in that counts of several by one student; none if the source does not say which."""
        if len(candidates) == 1:
            return candidates[0]
        keys = [
            (c.arrival.time.timestamp() if c.arrival.time else None, c.arrival.number) for c in candidates
        ]
        known = all(t is not None for t, _ in keys) or all(n for _, n in keys)
        if not known or len(set(keys)) < len(keys):
            for one in candidates:
                others = ", ".join(c.arrival.label for c in candidates if c is not one)
                self.done.unmatched.append(
                    (
                        one.arrival.label,
                        one.whose.shown,
                        f"{student} also has {others}; which is newer is not known",
                    )
                )
            return None
        best = max(zip(keys, candidates, strict=True), key=lambda pair: (pair[0][0] or 0.0, pair[0][1]))[1]
        for one in candidates:
            if one is not best:
                reason = f"is {student}'s older one: {best.arrival.label} counts"
                self.done.skipped.append((one.arrival.label, "the hand-in", reason))
        return best

    def _take_one(self, arrival: Arrival, whose: list[Whose], number: int, *, nobody: bool) -> bool:
        if not whose and not nobody:
            return True
        folder = self.work / str(number)
        try:
            staged = collect_stage.stage(arrival, folder, self.assignment, self.wanted, self.others)
            self.done.skipped += [(arrival.label, name, why) for name, why in staged.left_out]
            if not staged.files:
                what = "; ".join(staged.notes) or "no file that can be taken"
                self.done.skipped.append((arrival.label, "the hand-in", f"was not taken: {what}"))
                return False
            for one in whose:
                self._place(one, arrival, staged, alone=len(whose) == 1 and not nobody)
            self._keep_unmatched(arrival, folder, nobody=nobody)
        except OSError as error:  # one student's folder, not the others'
            if error.errno in incoming.OURS:
                raise
            where = f" ({error.filename})" if error.filename else ""
            self.done.skipped.append(
                (arrival.label, "the hand-in", f"was not taken: {error.strerror or error}{where}")
            )
            return False
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return not nobody

    def _place(self, one: Whose, arrival: Arrival, staged: collect_stage.Staged, *, alone: bool) -> None:
        student = one.student
        target = self.course.submitted / student / self.assignment
        closed = next(
            (p for p in (target.parent, target) if p.is_symlink() or (p.exists() and not p.is_dir())), None
        )
        if closed is not None:
            self.done.skipped.append(
                (arrival.label, str(closed), "is a link or a file where a folder must be; move it away")
            )
            return
        digest = released.files_digest(staged.folder, _NOT_COMPARED, _MAX_COMPARED).hex()
        what = self._what(student, target, arrival, digest)
        notes = [*arrival.notes, *staged.notes]
        if one.by_name and self.done.form != MOODLE:  # which knows no more than names
            notes.append(f"found by name ({one.shown})")
        if what == REPLACED:
            unknown = (
                ""
                if arrival.time or not _time_of(target)
                else "; the source does not say when the new one came"
            )
            notes.append(f"the earlier one is kept in {self._earlier()}/<student>/{unknown}")
        if what in (NEW, REPLACED) and not self.dry_run:
            new = staged.folder
            if not alone:  # a group's members have one each
                new = self.work / "new"
                shutil.rmtree(new, ignore_errors=True)
                shutil.copytree(staged.folder, new)
            self._swap(student, target, new)
        if what in (NEW, REPLACED, UNCHANGED):
            time = arrival.time.isoformat() if arrival.time else None
            self.record[student] = {
                "files": digest,
                "time": time,
                "number": arrival.number,
                "from": arrival.label,
            }
        self.there.add(student)
        person = self.people.get(student)
        if person is not None and not person.active:
            self.done.left.append(student)
        self.done.placed.append(
            Placed(student, arrival.label, what, staged.files, arrival.time, arrival.late, tuple(notes))
        )

    def _what(self, student: str, target: Path, arrival: Arrival, digest: str) -> str:
        if not target.is_dir():
            return NEW
        there = released.files_digest(target, _NOT_COMPARED, _MAX_COMPARED).hex()
        old = _time_of(target)
        if there == digest and arrival.time in (None, old):
            return UNCHANGED
        last = self.record.get(student, {})
        came = {"files": digest, "time": arrival.time.isoformat() if arrival.time else None}
        if {k: last.get(k) for k in came} == came:  # nothing new has come; somebody worked on what is here
            return CHANGED
        if arrival.time is not None and old is not None and arrival.time < old:
            return OLDER
        if arrival.time is None and 0 < arrival.number < last.get("number", 0):
            return OLDER
        return REPLACED

    def _swap(self, student: str, target: Path, new: Path) -> None:
        """Put a staged hand-in into its place, and what was there aside."""
        made = not target.parent.exists()
        target.parent.mkdir(parents=True, exist_ok=True)
        kept: Path | None = None
        try:
            if target.exists():
                kept = self._free_place(student, target)
                target.rename(kept)
            new.rename(target)
        except BaseException:
            if kept is not None and kept.exists() and not target.exists():
                kept.rename(target)
            if made:
                with suppress(OSError):
                    target.parent.rmdir()
            raise

    def _earlier(self) -> Path:
        return self.aside / "earlier" / self.assignment

    def _free_place(self, student: str, target: Path) -> Path:
        folder = self._earlier() / student
        folder.mkdir(parents=True, exist_ok=True)
        time = _time_of(target)
        name = (
            f"{time.astimezone(UTC):%Y-%m-%dT%H%M%SZ}"
            if time
            else f"until-{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}"
        )
        names = (name, *(f"{name}-{n}" for n in range(2, 10_000)))
        return next(folder / n for n in names if not (folder / n).exists())

    def _keep_unmatched(self, arrival: Arrival, staged: Path, *, nobody: bool) -> None:
        """Keep a hand-in that is nobody's where it can be looked at; take it away there once it is somebody's."""
        if self.dry_run:
            return
        place = self.aside / "unmatched" / self.assignment / _as_folder(arrival.label)
        if nobody:
            place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            place.rename(self.work / "unmatched")
            shutil.rmtree(self.work / "unmatched", ignore_errors=True)
        if nobody:
            staged.rename(place)
            self.done.aside = place.parent

    def _who_is_missing(self) -> None:
        self.done.placed.sort(key=lambda p: p.student)
        self.done.nothing = [
            person
            for person in self.people.active
            if person.student not in self.there
            and not (self.course.submitted / person.student / self.assignment).is_dir()
        ]

    def _write_record(self) -> None:
        if not self.dry_run:
            with suppress(OSError):  # it saves looking twice; no hand-in depends on it
                self.record_path.parent.mkdir(parents=True, exist_ok=True)
                results_json.write_json(self.record_path, self.record)


def _read_record(path: Path) -> dict[str, dict[str, Any]]:
    """Return what came last, by student; nothing if that is not known."""
    with suppress(OSError, ValueError):
        data = json.loads(path.read_text())
        if isinstance(data, dict):
            return {
                str(k): v for k, v in data.items() if isinstance(v, dict) and isinstance(v.get("number"), int)
            }
    return {}


def _time_of(folder: Path) -> datetime | None:
    with suppress(OSError), (folder / times.FILE_NAME).open(errors="replace") as file:
        return times.parse_nbgrader(file.read(200))
    return None


def _other_names(course: CourseConfig, assignment: str) -> bool:
    """Tell whether an assignment's notebooks have names of their own, as another tool's may."""
    folder = course.source / assignment
    return folder.is_dir() and any(folder.glob("*.ipynb")) and not (folder / f"{assignment}.ipynb").is_file()


def _wanted(course: CourseConfig, assignment: str) -> frozenset[str]:
    """Return the names that files of a hand-in should have, as far as they are known."""
    names = {f"{assignment}.ipynb"} if not _other_names(course, assignment) else set[str]()
    with suppress(OSError):
        names |= {p.name for p in (course.release / assignment).iterdir() if p.is_file()}
    with suppress(UsageError, OSError, SyntaxError, ValueError):
        folder = course.bundle(assignment)
        if folder.is_dir():
            names |= set(bundle.wanted_files(folder))
    return frozenset(names)


def _as_folder(label: str) -> str:
    """Return a label as a folder's name."""
    plain = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in label).strip(" .")
    short = plain.encode()[:150].decode(errors="ignore")
    # Two labels may come to one name.
    return (
        short
        if short == label
        else f"{short}-{hashlib.sha256(label.encode(errors='replace')).hexdigest()[:6]}"
    )
