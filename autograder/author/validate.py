"""Prove that an assignment's checks judge right before students meet them (*trusted*).

The solution must get every point, the untouched release none, every right variant full marks, every
wrong variant exactly the points it should lose. A survivor (a wrong one that kept its points) or a false
alarm (a right one that lost some) refuses the release.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import json
import re
import shutil
import tomllib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import nbformat

from autograder import __version__
from autograder.author.release import solution_notebook
from autograder.author.source import BEGIN_SOLUTION, Source, kind_of
from autograder.bundle import Bundle
from autograder.engine.batch import EngineOptions, Job, grade_many
from autograder.engine.modules import judging
from autograder.errors import ReleaseError
from autograder.model import MAX_BONUS, GradingResult, Outcome
from autograder.report import table
from autograder.results_json import write_json

SOLUTION, UNTOUCHED = "solution", "release"
_BLOCK = re.compile(r"^# %% *([A-Za-z0-9_\-]+) *$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A solution that is right but different, or wrong in one way.

    ``blocks`` replaces cells by grade_id; ``expected`` holds the points of the questions that differ
    from full marks, or with ``at_most`` the most that they may have, where it hangs on the data which checks see the slip.
    ``without`` names solution files or folders that it does not hand in, ``apart`` questions that prove nothing about it,
    such as those about the solution's own weights, which another network cannot load.
    """

    name: str
    right: bool
    blocks: dict[str, str]
    expected: dict[str, float]
    operator: str = ""
    why: str = ""
    without: tuple[str, ...] = ()
    apart: frozenset[str] = frozenset()
    at_most: bool = False
    files: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How one hand-in of ours was graded, against how it must be.

    ``open_above`` names the questions where more than expected is right, too: full marks with a bonus; ``open_below``
    those where less is.
    ``passed`` names the checks that passed.
    """

    name: str
    expected: dict[str, float]
    got: dict[str, float]
    graded: bool
    right: bool
    open_above: frozenset[str] = frozenset()
    open_below: frozenset[str] = frozenset()
    passed: tuple[str, ...] = ()
    operator: str = ""
    reasons: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Every question has the points it must have: exactly those named, at least those of full marks."""
        return self.graded and not self.odd

    @property
    def odd(self) -> list[str]:
        """The questions with other points than they must have."""
        return [q for q in self.expected if not self._is_expected(q)]

    def _is_expected(self, question: str) -> bool:
        more = self.got.get(question, -1.0) - self.expected[question]
        return abs(more) < 0.005 or question in (self.open_above if more > 0 else self.open_below)

    def complaint(self) -> str:
        """Say what is wrong, and why points were lost."""
        if not self.graded:
            what = "it could not be graded"
        elif self.name == SOLUTION:
            what = "the solution does not get all points"
        elif self.name == UNTOUCHED:
            what = "the untouched release gets points"
        elif self.right:
            what = "a false alarm, a right variant that lost points"
        elif any(self.got.get(q, 0.0) > self.expected[q] for q in self.odd):
            what = "a survivor, a wrong variant that kept points"
        else:
            what = "a wrong variant that lost more than it should"
        got = ", ".join(f"{q} {self.got.get(q, 0.0):g} instead of {self.expected[q]:g}" for q in self.odd)
        shown = self.reasons[:12] + [f"… and {len(self.reasons) - 12} more"] * (len(self.reasons) > 12)
        return "\n  ".join([f"{self.name}: {what}{f': {got}' if got and self.graded else ''}", *shown])


def read_variants(folder: Path, bundle: Bundle) -> list[Variant]:
    """Read ``variants/{right,wrong}-<slug>.py``.

    Raises
    ------
    ReleaseError
        For a file that is not a variant, or names a cell or question that does not exist.
    """
    return [_read_variant(path, bundle) for path in sorted(folder.glob("*.py"))]


def _read_variant(path: Path, bundle: Bundle) -> Variant:
    def refuse(what: str, to_do: str) -> ReleaseError:
        return ReleaseError(f"{path}: {what}; nothing was graded.\n{to_do}")

    cells = {c.grade_id for c in bundle.cells if c.grade_id}
    points = {q.name: q.points for q in bundle.questions if not q.manual}
    right = path.stem.startswith("right-")
    if not right and not path.stem.startswith("wrong-"):
        raise refuse("no variant's name", "Let it begin with right- or wrong-.")
    header, *rest = _BLOCK.split(path.read_text())
    lines = [line.removeprefix("#").removeprefix(" ") for line in header.split("\n") if line.startswith("#")]
    try:
        facts = tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError as error:
        raise refuse(f"its header is not TOML in comments: {error}", "Write: # expected = {q1 = 0}") from None
    expected, without = facts.get("expected", {}), facts.get("without", [])
    apart, at_most = facts.get("apart", []), facts.get("at_most", False)
    for unknown in sorted(set(facts) - {"expected", "at_most", "apart", "operator", "why", "without"}):
        raise refuse(
            f"its header has {unknown!r}", "Known are expected, at_most, apart, operator, why and without."
        )
    if not isinstance(expected, dict) or not isinstance(without, list):
        raise refuse(
            "expected is no table or without no list", 'Write: # expected = {q1 = 0}, # without = ["name"]'
        )
    if not isinstance(apart, list) or set(map(str, apart)) - points.keys() or not isinstance(at_most, bool):
        raise refuse(
            "apart is no list of questions or at_most neither true nor false",
            'Write: # apart = ["q5"], # at_most = true',
        )
    if twice := [name for name in rest[::2] if rest[::2].count(name) > 1]:
        raise refuse(f"two blocks replace {twice[0]!r}", "Leave one of them out.")
    for unknown in sorted(set(rest[::2]) - cells):
        raise refuse(f"{unknown!r} is no cell of this assignment", f"There are: {', '.join(sorted(cells))}.")
    for name, score in expected.items():
        if name not in points:
            raise refuse(f"{name!r} is no question of this assignment", f"There are: {', '.join(points)}.")
        most = round(points[name] * (1 + MAX_BONUS), 2)
        if isinstance(score, bool) or not isinstance(score, (int, float)) or not 0 <= score <= most:
            raise refuse(f"it expects {score!r} points for {name}", f"Give a number from 0 to {most:g}.")
    loses = any(score < points[name] for name, score in expected.items())
    if right and loses:
        raise refuse("a right variant that loses points", "Name it wrong-…, or leave expected out.")
    if not right and not loses:
        raise refuse("a wrong variant must lose points somewhere", "Write: # expected = {q1 = 0}")
    files = path.with_suffix("") if path.with_suffix("").is_dir() else None
    if not rest and not without and files is None:
        raise refuse(
            "it changes nothing", "Write: # %% <grade_id>, and below it the cell that replaces that one."
        )
    return Variant(
        name=path.stem,
        right=right,
        blocks={name: text.strip("\n") for name, text in zip(rest[::2], rest[1::2], strict=True)},
        expected={k: float(v) for k, v in expected.items()},
        operator=str(facts.get("operator", "")),
        why=str(facts.get("why", "")),
        without=tuple(without),
        apart=frozenset(apart),
        at_most=at_most,
        files=files,
    )


def write_hand_in(source: Source, notebook: Any, folder: Path, *, without: tuple[str, ...] = ()) -> None:
    """Write a notebook of ours, with the solution's files, as a student would hand it in."""
    folder.mkdir(parents=True, exist_ok=True)
    solution = source.references / "solution"
    for path in sorted(solution.rglob("*")) if solution.is_dir() else []:
        if path.is_file() and not set(path.relative_to(solution).parts) & set(without):
            target = folder / path.relative_to(solution)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    nbformat.write(notebook, folder / source.path.name)


def variant_notebook(solution: Any, variant: Variant, *, demos: bool = False) -> Any:
    """Return the solution with the variant's cells; demonstration cells are left out unless asked for."""
    notebook = copy.deepcopy(solution)
    kept = []
    for cell in notebook.cells:
        metadata = cell.metadata.get("nbgrader", {})
        grade_id = metadata.get("grade_id", "")
        if grade_id in variant.blocks:
            cell.source = variant.blocks[grade_id]
        elif not demos and _is_demonstration(cell, metadata):
            continue
        kept.append(cell)
    notebook.cells = kept
    return notebook


def _is_demonstration(cell: Any, metadata: dict[str, Any]) -> bool:
    """Tell whether no check depends on a cell: prose, figures of the student's own, work for a ✍ answer."""
    kind = kind_of(metadata)
    if kind == "answer":
        return BEGIN_SOLUTION not in cell.source and not re.search(
            r"^(def|class) ", cell.source, re.MULTILINE
        )
    return kind in ("", "manual")


def make_hand_ins(
    source: Source,
    release: Any,
    bundle: Bundle,
    folder: Path,
    only: tuple[str, ...] = (),
    variants_folder: Path | None = None,
) -> tuple[list[Job], list[Variant]]:
    """Write the solution, the untouched release and every variant below a folder.

    The variants are the assignment's own, or those of another folder.
    """
    solution = solution_notebook(source, release)
    write_hand_in(source, solution, folder / SOLUTION)
    (folder / UNTOUCHED).mkdir(parents=True)
    nbformat.write(release, folder / UNTOUCHED / source.path.name)
    variants = read_variants(variants_folder or source.references / "variants", bundle)
    variants = [v for v in variants if not only or any(fnmatchcase(v.name, pattern) for pattern in only)]
    for variant in variants:
        target = folder / variant.name
        write_hand_in(source, variant_notebook(solution, variant), target, without=variant.without)
        if variant.files is not None:
            shutil.copytree(variant.files, target, dirs_exist_ok=True)
    names = [SOLUTION, UNTOUCHED, *(v.name for v in variants)]
    return [Job(name, folder / name) for name in names], variants


def judge(
    options: EngineOptions,
    bundle: Bundle,
    jobs: list[Job],
    variants: list[Variant],
    *,
    cache: Path | None = None,
    workers: int | None = None,
    progress: Callable[[str, bool], None] = lambda _name, _ok: None,
) -> list[Judgement]:
    """Grade every hand-in of ours and compare; results are cached by content."""
    full = {q.name: q.points for q in bundle.questions if not q.manual}
    by_name = {v.name: v for v in variants}
    judged: dict[str, Judgement] = {}

    def conclude(job: Job, result: GradingResult, *, save: bool) -> None:
        variant = by_name.get(job.name)
        if job.name == UNTOUCHED:
            expected = dict.fromkeys(full, 0.0)
        else:
            expected = full | (variant.expected if variant else {})
        lost = [
            f"{c.question}: {c.title} {c.reason} [{c.staff_note}]"
            for c in result.checks
            if c.score < c.max_score
        ]
        is_right = job.name == SOLUTION or (variant is not None and variant.right)
        apart = variant.apart if variant else frozenset[str]()
        judged[job.name] = Judgement(
            name=job.name,
            expected=expected,
            # Of a question that a variant does not name, full marks are asked for: its points, or a bonus on top.
            open_above=frozenset()
            if job.name == UNTOUCHED
            else frozenset(full) - set(variant.expected if variant else ()) | apart,
            open_below=apart | frozenset(variant.expected if variant and variant.at_most else ()),
            passed=tuple(f"{c.question}/{c.name}" for c in result.checks if c.outcome is Outcome.PASSED),
            got={q: result.score_of(q) for q in full},
            graded=result.graded,
            right=is_right,
            operator=variant.operator if variant else "",
            reasons=[*result.notices, *result.staff_notes, *lost, *(p.reason for p in result.problems)],
        )
        if save and cache is not None and result.graded:
            data = result.to_json()
            data["extra"].pop("notebook", None)
            with suppress(
                OSError
            ):  # a course that cannot be written is judged all the same, and again next time
                cache.mkdir(parents=True, exist_ok=True)
                write_json(cache / key_of(job.folder, bundle), data)
        progress(job.name, judged[job.name].ok)

    todo = []
    for job in jobs:
        saved = None if cache is None else read_saved(cache / key_of(job.folder, bundle))
        if saved is not None:
            conclude(job, saved, save=False)
        else:
            todo.append(job)
    for job, result in grade_many(options, todo, workers=workers):
        conclude(job, result, save=True)
    return [judged[job.name] for job in jobs]


def read_saved(path: Path) -> GradingResult | None:
    """Return a cached result, if it is there and whole."""
    try:
        return GradingResult.from_json(json.loads(path.read_text()))
    except (OSError, ValueError, KeyError, TypeError):  # not there, or not whole
        return None


def key_of(folder: Path, bundle: Bundle) -> str:
    """Return a cached result's name: of a hand-in of ours, the bundle, and the engine."""
    digest = hashlib.sha256(f"{__version__} {bundle.digest} {_engine_digest(bundle.folder)}".encode())
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@functools.cache
def _engine_digest(bundle: Path) -> str:
    """Return a hash of what a verdict can depend on: a change of the linter or the command line grades nobody again."""
    digest = hashlib.sha256()
    for name, content in judging(path.read_text() for path in sorted(bundle.rglob("*.py"))).items():
        digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()


def kill_matrix(judgements: list[Judgement]) -> str:
    """Return the table of points per question; ``=`` is as it must be, else ``got≠expected``."""
    questions = list(judgements[0].expected)
    rows = []
    for j in judgements:
        cells = []
        for q in questions:
            expected, got = j.expected[q], j.got.get(q, 0.0)
            cells.append(f"{got:g}" if j.graded and q not in j.odd else f"{got:g}≠{expected:g}")
        rows.append([j.name, *cells, "ok" if j.ok else "WRONG"])
    return table(["variant", *questions, "verdict"], rows)


def summary(judgements: list[Judgement]) -> dict[str, Any]:
    """Return the counts: right variants accepted, wrong ones killed, survivors, false alarms."""
    wrong = [j for j in judgements if not j.right and j.name != UNTOUCHED]
    right = [j for j in judgements if j.right and j.name != SOLUTION]
    by_name = {j.name: j for j in judgements}
    return {
        "solution": by_name[SOLUTION].ok,
        "release": by_name[UNTOUCHED].ok,
        "right": {"accepted": sum(j.ok for j in right), "of": len(right)},
        "wrong": {"killed": sum(j.ok for j in wrong), "of": len(wrong)},
        "survivors": [j.name for j in wrong if not j.ok],
        "false_alarms": [j.name for j in right if not j.ok],
    }
