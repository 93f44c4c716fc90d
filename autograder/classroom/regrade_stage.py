"""Where a rehearsal's results are kept until they are applied, and on what they rest (*trusted*).

``.autograder/rehearsals/<assignment>/`` holds ``plan.json``, in ``before/`` a copy of each stored result as it was, and
in ``autograded/`` and ``feedback/`` what ``grade`` would have written. Nobody else looks there.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.classroom.regrade_records import RECORD, Record, facts_beside, read_record
from autograder.config import CourseConfig
from autograder.errors import UsageError
from autograder.files import require_writable, told_in_a_sentence
from autograder.results_json import write_json

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a rehearsal rests on; it may be applied as long as all of this is as it was."""

    bundle: str  # digest
    engine: Mapping[str, Any]
    asked: tuple[str, ...]  # the students it was asked for; nobody: all
    hand_ins: Mapping[str, str]  # student → digest of the files
    stored: Mapping[str, str]  # student → digest of the stored result; "" if there was none
    graded: tuple[str, ...]  # whose hand-ins were graded; the others' stored results are up to date
    settled: tuple[str, ...] = ()  # who was in it, and is applied


class Stage:
    """The folder of one assignment's rehearsal."""

    def __init__(self, course: CourseConfig, assignment: str) -> None:
        self.assignment = assignment
        self.folder = course.root / ".autograder" / "rehearsals" / assignment
        self._course = course

    @cached_property
    def course(self) -> CourseConfig:
        """The same course, writing here."""
        return replace(self._course, autograded=self.folder / "autograded", feedback=self.folder / "feedback")

    def open(self) -> None:
        """Make the folder, closed to others: it holds what students may not see yet."""
        require_writable(self.folder)
        with told_in_a_sentence():
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            (self.folder / "plan.json").unlink(missing_ok=True)  # until the rehearsal is complete

    def _results(self, student: str) -> Path:
        return self.course.autograded / student / self.assignment

    def record(self, student: str) -> Record | None:
        """Return what was rehearsed for a student."""
        return read_record(self._results(student))

    def forget(self, student: str) -> None:
        """Have a student graded again at the next rehearsal."""
        with told_in_a_sentence():
            (self._results(student) / RECORD).unlink(missing_ok=True)

    # -- what stood before -----------------------------------------------------------------------

    def keep_before(self, student: str) -> str:
        """Keep a copy of a student's stored result; return its digest, or "" if there is none that can be read."""
        source = self._course.autograded / student / self.assignment
        target = self.folder / "before" / student
        record = read_record(source)
        with told_in_a_sentence():
            if record is None:
                (target / RECORD).unlink(missing_ok=True)
                return ""
            target.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / RECORD, target / RECORD)
        return record.digest

    def before(self, student: str) -> Record | None:
        """Return what stood for a student when the rehearsal was made."""
        return read_record(self.folder / "before" / student)

    # -- the plan --------------------------------------------------------------------------------

    def write_plan(self, plan: Plan) -> None:
        """Write down what a complete rehearsal rests on."""
        with told_in_a_sentence():
            write_json(self.folder / "plan.json", {"schema": SCHEMA, **asdict(plan)})

    def read_plan(self) -> Plan:
        """Return what the last rehearsal rests on.

        Raises
        ------
        UsageError
            If there is none, or none that is complete.
        """
        again = f"Run: autograder regrade {self.assignment}"
        try:
            data = json.loads((self.folder / "plan.json").read_text())
            if data.pop("schema") != SCHEMA:
                raise ValueError("another version of autograder made it")
            for key in ("asked", "graded", "settled"):
                data[key] = tuple(data[key])
            return Plan(**data)
        except (FileNotFoundError, NotADirectoryError):
            msg = f"{self.assignment}: no complete rehearsal; nothing was written.\n{again}"
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            msg = f"{self.folder / 'plan.json'}: {error}; nothing was written.\n{again}"
        raise UsageError(msg)

    # -- in earnest ------------------------------------------------------------------------------

    def is_in_place(self, student: str) -> bool:
        """Tell whether a student's stored result is the rehearsed one already."""
        stored, rehearsed = read_record(self._target(student)), self.record(student)
        return (
            stored is not None
            and rehearsed is not None
            and (stored.key, stored.result) == (rehearsed.key, rehearsed.result)
        )

    def put_in_place(self, student: str) -> None:
        """Store a student's rehearsed result as ``grade`` would have: whatever lies beside it, and the record last."""
        source, target = self._results(student), self._target(student)
        record = self.record(student)
        if record is None:
            raise UsageError(f"{source}: the rehearsed result is gone")
        data = json.loads((source / RECORD).read_text())
        data |= facts_beside(target, record.result, record.made_with or {})
        target.mkdir(parents=True, exist_ok=True)
        names = sorted(
            p.name for p in source.iterdir() if p.is_file() and p.name != RECORD and p.name[0] != "."
        )
        for name in names:
            beside = target / f".{name}.{secrets.token_hex(4)}"
            try:
                shutil.copyfile(source / name, beside)
                beside.replace(target / name)
            except BaseException:
                beside.unlink(missing_ok=True)
                raise
        if f"{self.assignment}.ipynb" not in names:  # an earlier hand-in's would be taken for this one's
            (target / f"{self.assignment}.ipynb").unlink(missing_ok=True)
        write_json(target / RECORD, data)

    def _target(self, student: str) -> Path:
        return self._course.autograded / student / self.assignment

    def clear(self) -> None:
        """Remove the rehearsal."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def settle(self, plan: Plan, done: set[str]) -> None:
        """Forget those who are done; the rest of the rehearsal can still be applied."""
        left = [name for name in plan.hand_ins if name not in done]
        if not set(left) & set(plan.graded):
            self.clear()
            return
        self.write_plan(
            replace(
                plan,
                hand_ins={name: plan.hand_ins[name] for name in left},
                stored={name: plan.stored[name] for name in left},
                graded=tuple(name for name in plan.graded if name in left),
                settled=tuple(sorted({*plan.settled, *done})),
            )
        )
