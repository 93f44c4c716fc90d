"""What the commands do for the author of an assignment (*trusted*): prepare, judge, publish."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from autograder.author import leaks, lint, outside, release, validate, validity
from autograder.author.otter_tests import otter_tests
from autograder.author.source import HINT_TAG
from autograder.bundle import Bundle
from autograder.config import CourseConfig
from autograder.engine.batch import grade_many
from autograder.engine.options import engine_options, time_limits
from autograder.errors import ReleaseError
from autograder.files import require_writable, told_in_a_sentence
from autograder.gradebook import gradebook_folders
from autograder.progress import Progress
from autograder.released import source_digest


@dataclass(frozen=True, slots=True)
class Prepared:
    """An assignment made ready in a scratch folder, before anything is written."""

    source: release.Source
    bundle: Bundle
    notebook: Any  # the released notebook
    scratch: Path


@dataclass(frozen=True, slots=True)
class Validation:
    """How an assignment's own hand-ins were graded, and what the linter says."""

    facts: dict[str, Any]  # counts, points, digest, seconds
    judgements: list[validate.Judgement]
    advice: list[lint.Finding]

    @property
    def ok(self) -> bool:
        """Every hand-in of ours got what it must."""
        return all(j.ok for j in self.judgements)

    def to_json(self) -> dict[str, Any]:
        """Return plain data, as ``validate --json`` prints it."""
        keys = ("name", "right", "operator", "expected", "got", "reasons")
        shown = [{key: getattr(j, key) for key in keys} | {"ok": j.ok} for j in self.judgements]
        return self.facts | {"findings": [asdict(finding) for finding in self.advice]} | {"judgements": shown}


@dataclass(frozen=True, slots=True)
class Released:
    """What a release wrote, and what it rests on."""

    paths: list[Path]
    digest: str
    variants: int


@contextmanager
def prepare(course: CourseConfig, assignment: str) -> Iterator[Prepared]:
    """Make the bundle and the student's notebook of an assignment in a scratch folder."""
    source = release.read_source(course.source, course.references, assignment)
    with tempfile.TemporaryDirectory(prefix="autograder-release-") as folder:
        scratch = Path(folder)
        bundle = release.make_bundle(
            source,
            scratch / "bundle",
            limits=time_limits(course),
            data_base_url=course.data_base_url,
            packages=course.packages,
        )
        yield Prepared(source, bundle, release.make_release(source, bundle), scratch)


def refuse_leaks(prepared: Prepared) -> None:
    """Refuse a release that holds a solution line, names a hidden check or copies a file of the references."""
    texts = leaks.released_texts(prepared.notebook)
    texts["manifest.json"] = json.dumps(release.manifest(prepared.bundle), indent=1, ensure_ascii=False)
    texts |= leaks.side_texts(prepared.source) | otter_tests(prepared.source, prepared.bundle)
    found = leaks.find_leaks(prepared.source, texts) + leaks.find_copies(prepared.source)
    if found:
        shown = "\n  ".join(found[:20] + [f"… and {len(found) - 20} more"] * (len(found) > 20))
        raise ReleaseError(
            f"{prepared.source.path}: the release would leak; nothing was written:\n  {shown}\n"
            f"Remove it there; if students may see a line, tag its prose cell {HINT_TAG!r}."
        )


def judge(
    course: CourseConfig,
    prepared: Prepared,
    progress: Progress,
    *,
    fresh: bool = False,
    only: tuple[str, ...] = (),
    variants_folder: Path | None = None,
) -> list[validate.Judgement]:
    """Grade the solution, the untouched release and every variant, or those that ``only`` names."""
    folder = prepared.scratch / ("hand-ins" if variants_folder is None else "others")
    jobs, variants = validate.make_hand_ins(
        prepared.source, prepared.notebook, prepared.bundle, folder, only, variants_folder
    )
    cache = None if fresh else course.root / ".autograder" / "cache"
    options = engine_options(course, prepared.bundle.folder)

    def told(name: str, ok: bool) -> None:
        """What somebody else's wrong solution must lose is counted afterwards."""
        progress(name, ok or (variants_folder is not None and name.startswith("wrong-")))

    return validate.judge(options, prepared.bundle, jobs, variants, cache=cache, progress=told)


def validated(
    course: CourseConfig,
    assignment: str,
    watch: Callable[[int], Progress],
    *,
    fresh: bool = False,
    only: tuple[str, ...] = (),
) -> Validation:
    """Grade an assignment's own hand-ins; ``watch`` is told how many there are and gives the progress.

    Raises
    ------
    ReleaseError
        If the release would leak; nothing was graded.
    """
    started = time.monotonic()
    with prepare(course, assignment) as prepared:
        refuse_leaks(prepared)
        judgements = judge(
            course, prepared, watch(count_hand_ins(course, assignment, only)), fresh=fresh, only=only
        )
        advice = advise(course, prepared, judgements)
    facts = validate.summary(judgements) | {
        "points": prepared.bundle.max_score,
        "checks": len(prepared.bundle.checks),
        "bundle": prepared.bundle.digest,
        "seconds": round(time.monotonic() - started, 1),
    }
    return Validation(facts, judgements, advice)


def judged_outside(
    course: CourseConfig,
    assignment: str,
    folder: Path,
    watch: Callable[[int], Progress],
    *,
    fresh: bool = False,
) -> outside.Round:
    """Grade solutions by people who saw the release only: ``folder/<assignment>/{right,wrong}-*.py``.

    Their authors say which questions a solution breaks, not how many points that costs, and nobody corrects a check
    to them one by one: so they are counted, and refuse nothing.
    """
    others = folder / assignment
    with prepare(course, assignment) as prepared:
        watched = watch(count_hand_ins(course, assignment, (), others))
        judgements = judge(course, prepared, watched, fresh=fresh, variants_folder=others)
        return outside.count(judgements, {q.name: q.points for q in prepared.bundle.questions})


def released(
    course: CourseConfig, assignment: str, watch: Callable[[int], Progress], *, fresh: bool = False
) -> Released:
    """Write release/ and the bundle, if every hand-in of ours is graded as it must be.

    Raises
    ------
    ReleaseError
        With everything that was misjudged, or would leak; nothing was written.
    """
    require_writable(
        course.bundle(assignment), course.release / assignment, *gradebook_folders(course.db_url)
    )
    with prepare(course, assignment) as prepared:
        refuse_leaks(prepared)
        judgements = judge(course, prepared, watch(count_hand_ins(course, assignment)), fresh=fresh)
        wrong = [j for j in judgements if not j.ok]
        if wrong:
            details = "\n".join(j.complaint() for j in wrong)
            raise ReleaseError(
                f"{assignment}: {len(wrong)} of our own hand-ins were not graded as they must be; nothing was written.\n"
                f"{validate.kill_matrix(wrong)}\n{details}\n"
                f"Correct the checks, or the variant, and try it with: autograder validate {assignment}"
            )
        return Released(publish(course, prepared), prepared.bundle.digest, len(judgements) - 2)


def refuse_outdated(course: CourseConfig, assignment: str) -> Path:
    """Return the folder of a release that is what its source gives.

    Raises
    ------
    ReleaseError
        With the files that are not up to date.
    """
    folder = course.release / assignment
    with prepare(course, assignment) as prepared:
        refuse_leaks(prepared)
        odd = outdated(course, prepared)
    if odd:
        raise ReleaseError(
            f"{folder}: not up to date with its source: {', '.join(odd)}\nRun: autograder release {assignment}"
        )
    return folder


def heaviest(course: CourseConfig, prepared: Prepared) -> dict[str, Path]:
    """Return the hand-ins that decide a container's size: solution, slowest right variant, largest of the class."""
    folder = prepared.scratch / "hand-ins"
    jobs, variants = validate.make_hand_ins(prepared.source, prepared.notebook, prepared.bundle, folder)
    right = {v.name for v in variants if v.right}
    took = {
        job.name: sum(result.extra.get("timing", {}).get(key, 0.0) for key in ("cells_s", "checks_s"))
        for job, result in grade_many(
            engine_options(course, prepared.bundle.folder), [j for j in jobs if j.name in right]
        )
    }
    chosen = {validate.SOLUTION: folder / validate.SOLUTION}
    if took:
        slowest = max(sorted(took), key=lambda name: took[name])
        chosen[slowest] = folder / slowest
    handed_in = sorted(course.submitted.glob(f"*/{prepared.source.name}/*.ipynb"))
    if handed_in:
        largest = max(handed_in, key=lambda path: path.stat().st_size)
        chosen[f"submitted/{largest.parent.parent.name}"] = largest.parent
    return chosen


def count_hand_ins(
    course: CourseConfig, assignment: str, only: tuple[str, ...] = (), variants_folder: Path | None = None
) -> int:
    """Return how many hand-ins of ours ``judge`` will grade."""
    folder = variants_folder or course.references / assignment / "variants"
    names = [path.stem for path in folder.glob("*.py")]
    return 2 + sum(not only or any(fnmatchcase(name, pattern) for pattern in only) for name in names)


def advise(
    course: CourseConfig, prepared: Prepared, judgements: list[validate.Judgement]
) -> list[lint.Finding]:
    """Return what the linter says of the source, and of checks that the untouched release passes, and pictures that the solution lacks."""
    passed = next(j.passed for j in judgements if j.name == validate.UNTOUCHED)
    drew = next(j.drew for j in judgements if j.name == validate.SOLUTION)
    return (
        lint.lint(prepared.source, course.packages)
        + lint.passed_untouched(prepared.source, passed)
        + lint.undrawn_pictures(prepared.source, drew)
    )


def write_validity(
    course: CourseConfig, output: dict[str, dict[str, Any]], rounds: dict[str, outside.Round] | None = None
) -> Path:
    """Write ``docs/validity.md``; one that says the same stays as it is."""
    path = course.root / "docs" / "validity.md"
    require_writable(path.parent)
    new = validity.page(output, course.references) + (outside.section(rounds) if rounds else "")
    if not path.is_file() or path.read_text() != new:
        path.parent.mkdir(exist_ok=True)
        path.write_text(new)
    return path


def publish(course: CourseConfig, prepared: Prepared) -> list[Path]:
    """Write the gradebook's assignment, the bundle and release/; only after ``judge`` was satisfied.

    The gradebook comes first: it may refuse, and then nothing is written.
    """
    name = prepared.source.name
    target = course.bundle(name)
    staging = target.with_name(f".{name}.new")
    record(course, prepared)
    with told_in_a_sentence():
        try:
            shutil.rmtree(staging, ignore_errors=True)
            shutil.copytree(prepared.bundle.folder, staging)
            staging.chmod(0o700)
            (staging / "source.sha256").write_text(source_digest(course, name))
            paths = write_release(course, prepared, course.release / name)
            shutil.rmtree(target, ignore_errors=True)
            staging.rename(target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return paths


def write_release(course: CourseConfig, prepared: Prepared, target: Path) -> list[Path]:
    """Write what students get into a folder; return the paths."""
    more = otter_tests(prepared.source, prepared.bundle) if course.otter_tests else {}
    return release.write_release(prepared.source, prepared.notebook, prepared.bundle, target, more)


def outdated(course: CourseConfig, prepared: Prepared) -> list[str]:
    """Return which files of release/ are not what a release would write now."""
    write_release(course, prepared, prepared.scratch / "release")
    folders = (prepared.scratch / "release", course.release / prepared.source.name)
    wanted, found = (
        {p.relative_to(f).as_posix(): p.read_bytes() for p in f.rglob("*") if p.is_file()} for f in folders
    )
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def record(course: CourseConfig, prepared: Prepared) -> None:
    """Tell nbgrader's gradebook about the assignment."""
    from autograder.author import gradebook_cells

    gradebook_cells.record_assignment(
        course.db_url,
        course.course_id,
        prepared.source.name,
        prepared.bundle.questions,
        prepared.source.path,
        due=course.due_dates.get(prepared.source.name),
    )
