"""The same hand-ins graded by another tool and by us, and every difference with its reason (*trusted*).

The other tool is run by its own commands in a scratch folder, as its users run it. A difference is explained only by
evidence of that hand-in: see ``compare_reasons``. What is left unexplained is what a person looks at.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autograder import released
from autograder.bundle import read_bundle
from autograder.classroom import compare_reasons, discover
from autograder.classroom.compare_reasons import Evidence, Reason
from autograder.config import CourseConfig
from autograder.engine.batch import Job, grade_many
from autograder.engine.options import engine_options
from autograder.errors import UsageError
from autograder.model import GradingResult
from autograder.progress import SILENT, Progress

SAME = 0.00501  # points: ours are rounded to hundredths


@dataclass(frozen=True, slots=True)
class Theirs:
    """What the other tool made of one hand-in: points by question, and what it left behind as evidence."""

    points: Mapping[str, float]
    maximum: Mapping[str, float] = field(default_factory=dict)
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    failed: str = ""  # why it gave nothing at all, in its words


Run = Callable[[CourseConfig, str, Sequence[Job], Path], Iterator[tuple[str, Theirs]]]


@dataclass(frozen=True, slots=True)
class Difference:
    """A question of one hand-in with other points there than here."""

    hand_in: str
    question: str
    theirs: float
    ours: float
    maximum: float
    reason: Reason | None
    evidence: str = ""  # what was seen, in this hand-in

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self) | {"explained": self.reason is not None}


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that was compared."""

    tool: str
    assignment: str
    questions: tuple[str, ...]
    totals: Mapping[str, tuple[float, float]]  # by hand-in: theirs, ours
    differences: tuple[Difference, ...]
    notes: tuple[str, ...] = ()

    @property
    def unexplained(self) -> list[Difference]:
        """What nothing known accounts for."""
        return [d for d in self.differences if d.reason is None]

    def reasons(self) -> Counter[Reason]:
        """Return how many differences each known reason accounts for."""
        return Counter(d.reason for d in self.differences if d.reason is not None)

    def to_json(self) -> dict[str, Any]:
        """Return plain data, as ``compare --json`` prints it."""
        return {
            "tool": self.tool,
            "assignment": self.assignment,
            "questions": list(self.questions),
            "totals": {name: {"theirs": t, "ours": o} for name, (t, o) in self.totals.items()},
            "differences": [d.to_json() for d in self.differences],
            "unexplained": len(self.unexplained),
            "notes": list(self.notes),
        }


def jobs_in(folder: Path, assignment: str, students: tuple[str, ...] = ()) -> list[Job]:
    """Return the hand-ins of a folder: ``<name>/<assignment>/``, or ``<name>/`` with a notebook, or one archive, in it.

    Raises
    ------
    UsageError
        If there is none, or not that of a student who was named.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; nothing was compared.")
    jobs = []
    for one in sorted(folder.iterdir()):
        if (
            one.is_symlink()
            or not one.is_dir()
            or one.name in discover.NOT_STUDENTS
            or one.name.startswith(".")
        ):
            continue
        inner = one / assignment
        if inner.is_dir() and not inner.is_symlink():
            jobs.append(Job(one.name, inner))
        elif any(one.glob("*.ipynb")) or any(one.glob("*.zip")):
            jobs.append(Job(one.name, one))
    unknown = sorted(set(students) - {job.name for job in jobs})
    if unknown or not jobs:
        what = f"no hand-in of {', '.join(unknown)}" if unknown else f"no <student>/{assignment}/ in it"
        raise UsageError(f"{folder}: {what}; nothing was compared.")
    return [job for job in jobs if not students or job.name in students]


def compare(
    course: CourseConfig,
    assignment: str,
    tool: str,
    run: Run,
    jobs: list[Job],
    *,
    workers: int | None = None,
    progress: Progress = SILENT,
) -> Comparison:
    """Grade ``jobs`` with the other tool and with the released bundle; neither gradebook nor results are touched.

    Raises
    ------
    UsageError
        If the assignment is not released, or the other tool cannot be run at all.
    """
    folder = released.current_bundle(course, assignment)
    bundle = read_bundle(folder, assignment)
    progress.start(2 * len(jobs), 0)
    with closing(progress), tempfile.TemporaryDirectory(prefix="autograder-compare-") as scratch:
        ours: dict[str, GradingResult] = {}  # first: what is wrong with the release is known at once
        results = grade_many(engine_options(course, folder), jobs, workers=workers, watch=progress.running)
        with closing(results):
            for job, result in results:
                ours[job.name] = result
                progress(job.name, True, "done")
        theirs: dict[str, Theirs] = {}
        for name, found in run(course, assignment, jobs, Path(scratch)):
            theirs[name] = found
            progress(f"{tool}: {name}", True, "done")
    questions = [q.name for q in bundle.questions if not q.manual]
    differences = [
        d for job in jobs for d in differing(job.name, questions, theirs[job.name], ours[job.name])
    ]
    return Comparison(
        tool=tool,
        assignment=assignment,
        questions=tuple(questions),
        totals={
            job.name: (
                round(sum(theirs[job.name].points.get(q, 0.0) for q in questions), 5),
                ours[job.name].score,
            )
            for job in jobs
        },
        differences=tuple(differences),
        notes=tuple(_strangers(questions, theirs)),
    )


def differing(
    hand_in: str, questions: Sequence[str], theirs: Theirs, ours: GradingResult
) -> list[Difference]:
    """Return the questions of one hand-in in which the two do not agree, each with its reason if one is known."""
    found = []
    for question in questions:
        there, here = theirs.points.get(question, 0.0), ours.score_of(question) if ours.graded else 0.0
        if abs(there - here) <= SAME and (ours.graded or theirs.failed):
            continue
        checks = [c for c in ours.checks if c.question == question]
        evidence = theirs.evidence.get(question, Evidence(scored=question in theirs.points))
        most = sum(c.max_score for c in checks)
        seen = compare_reasons.Seen(there, here, most, theirs.failed, evidence, tuple(checks), ours.graded)
        reason, what = compare_reasons.why(seen)
        found.append(Difference(hand_in, question, there, here, most, reason, what))
    return found


def _strangers(questions: Sequence[str], theirs: Mapping[str, Theirs]) -> list[str]:
    """Say which questions only the other tool has: they would be missing from every total."""
    known = {name for one in theirs.values() for name in one.points} - set(questions)
    return [f"{name!r} is graded there and no question of ours" for name in sorted(known)]
