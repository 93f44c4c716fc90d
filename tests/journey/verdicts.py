"""What ``check`` prints in a student's kernel, against what the grader concludes of the same hand-in."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.author import steps, validate
from autograder.config import CourseConfig
from autograder.engine.batch import Job
from autograder.engine.options import engine_options
from autograder.model import GradingResult, Outcome

KERNEL = Path(__file__).with_name("plain_kernel.py")
SIGNS = {Outcome.PASSED: "passed", Outcome.FAILED: "failed", Outcome.SKIPPED: "skipped"}
Said = dict[tuple[str, str], tuple[str, str]]  # (question, check's title) -> (verdict, reason)
# The grader knows why a name is not there, since it saw the cell stop; a kernel only that it is not.
_BECAUSE = re.compile(
    r"^`(\w+)` is not defined(: cell .* stopped before it .*| in your notebook)$", re.DOTALL
)
_VERDICT = re.compile(r"\[(passed|failed|skipped)\] +(.*?)(?:  \(\S+ points?\))?")


def _same_words(kernel: str, grader: str) -> bool:
    """Tell whether two reasons are the same, or of the one kind that a kernel cannot know."""
    return _BECAUSE.sub(r"\1 is not there", kernel) == _BECAUSE.sub(r"\1 is not there", grader)


@dataclass
class Compared:
    """An assignment's row of the table."""

    assignment: str
    hand_ins: int = 0
    of: int = 0
    checks: int = 0
    passed: int = 0
    disagreements: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


def sample(names: list[str], *, every: int, least: int, right: bool) -> list[str]:
    """Return every so-manyth variant, at least so many of them; ``right``: all that are right, too."""
    step = max(1, min(every, len(names) // least))
    return [n for number, n in enumerate(names) if number % step == 0 or (right and n.startswith("right-"))]


def printed(text: str, question: str, titles: Collection[str]) -> Said:
    """Return the verdicts of the checks with these titles that a check cell printed, among what students' code prints.

    What is said of a check stands right below its verdict: students' functions print before it, or not at all.
    """
    found: Said = {}
    last = ("", "")
    for line in text.splitlines():
        verdict = _VERDICT.fullmatch(line)
        if verdict is not None and verdict[2] in titles:
            last = (question, verdict[2])
            found[last] = (verdict[1], "")
        elif line.startswith("          ") and last[0]:
            sign, *said = found[last]
            found[last] = (sign, "\n".join(filter(None, [*said, line.strip()])))  # the reason, then shapes
        else:
            last = ("", "")
    return found


def graded(result: GradingResult) -> Said:
    """Return the grader's verdicts of the visible checks."""
    return {
        (c.question, c.title): (
            SIGNS.get(c.outcome, c.outcome.value),
            "\n".join(filter(None, [c.reason.removeprefix("skipped: "), *c.ladder])),
        )
        for c in result.checks
        if not c.hidden
    }


def in_kernels(jobs: list[Job], notebook: str, public: Path, scratch: Path, workers: int) -> dict[str, Any]:
    """Run hand-ins' notebooks in student's kernels, each beside a copy of its files and the released ones."""
    (scratch / "results").mkdir(parents=True)
    given = []
    for job in jobs:
        folder = scratch / job.name
        for place in (public, job.folder):
            if place.is_dir():
                shutil.copytree(place, folder, dirs_exist_ok=True)
        given.append({"name": job.name, "folder": str(folder), "notebook": notebook})
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHON", "COV", "AUTOGRADER"))
    }
    environment |= {**one, "MPLBACKEND": "agg", "IPYTHONDIR": str(scratch / "ipython")}
    running = []
    for worker in range(workers):
        process = subprocess.Popen(
            [sys.executable, "-I", str(KERNEL)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=scratch,
        )
        assert process.stdin is not None
        json.dump({"jobs": given[worker::workers], "results": str(scratch / "results")}, process.stdin)
        process.stdin.close()
        running.append(process)
    found = {}
    for process in running:
        assert process.stdout is not None
        for line in process.stdout:
            told = json.loads(line)
            found[told["name"]] = told
        assert process.wait() == 0
    return found


def results(
    course: CourseConfig,
    prepared: steps.Prepared,
    jobs: list[Job],
    variants: list[validate.Variant],
    workers: int,
) -> Iterator[tuple[str, GradingResult | None]]:
    """Grade hand-ins of ours, or take what validation has graded already; None for one that could not be."""
    cache = course.root / ".autograder" / "cache"
    options = engine_options(course, prepared.bundle.folder)
    validate.judge(options, prepared.bundle, jobs, variants, cache=cache, workers=workers)
    for job in jobs:
        yield job.name, validate.read_saved(cache / validate.key_of(job.folder, prepared.bundle))


def compare(
    course: CourseConfig,
    assignment: str,
    *,
    every: int = 1,
    least: int = 20,
    right: bool = False,
    only: Collection[str] = (),
    workers: int = 2,
) -> Compared:
    """Compare an assignment's hand-ins, a sample or ``only`` these: every verdict of a visible check, and its words."""
    folder = course.references / assignment / "variants"
    everything = sorted(path.stem for path in folder.glob("*.py"))
    names = [n for n in everything if n in only] or sample(everything, every=every, least=least, right=right)
    row = Compared(assignment, of=len(everything) + 2)
    with steps.prepare(course, assignment) as prepared:
        jobs, variants = validate.make_hand_ins(
            prepared.source, prepared.notebook, prepared.bundle, prepared.scratch / "hand-ins", tuple(names)
        )
        notebook, public = prepared.source.path.name, prepared.bundle.folder / "public"
        kernels = in_kernels(jobs, notebook, public, prepared.scratch / "kernels", workers)
        for name, result in results(course, prepared, jobs, variants, workers):
            row.hand_ins += 1
            if result is None:  # a machine short of memory or time: the others' verdicts are worth their run
                row.disagreements.append(f"{name}: not graded; run it again with --only {name}")
                continue
            _enter(row, name, kernels[name], graded(result))
    return row


def _enter(row: Compared, name: str, kernel: dict[str, Any], theirs: Said) -> None:
    if kernel.get("ended"):
        row.disagreements.append(
            f"{name}: the kernel ended; the grader says {sorted(set(theirs.values()))[:3]}"
        )
        return
    assert kernel["ours"] == [], kernel["ours"]
    ours: Said = {}
    for question, text in kernel["printed"].items():
        ours |= printed(text, question, {title for _, title in theirs})
    for key in sorted(ours.keys() | theirs.keys()):
        here, there = ours.get(key, ("not said", "")), theirs.get(key, ("not said", ""))
        row.checks += 1
        row.passed += here[0] == there[0] == "passed"
        if here[0] != there[0]:
            row.disagreements.append(
                f"{name}: {key[0]} “{key[1]}”: kernel {here}, grader {there}, {kernel['errors']}"
            )
        elif not _same_words(here[1], there[1]):
            row.words.append(f"{name}: {key[0]} “{key[1]}”: kernel “{here[1]}”, grader “{there[1]}”")
