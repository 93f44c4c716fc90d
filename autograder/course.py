"""What the commands do, each on one screen (*trusted*): release, validate, grade a class."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder import feedback, gradescope, release, validate
from autograder.batch import EngineOptions, Job, grade_many
from autograder.bundle import Bundle, read_bundle
from autograder.config import CourseConfig
from autograder.errors import ReleaseError, UsageError
from autograder.model import GradingResult

Progress = Callable[[str, bool], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """An assignment made ready in a scratch folder, before anything is written."""

    source: release.Source
    bundle: Bundle
    notebook: Any  # the released notebook
    scratch: Path


def time_limits(course: CourseConfig) -> dict[str, float]:
    """Return the course's limits in the engine's words."""
    return {"cell_s": course.limits.cell_timeout_s, "run_s": course.limits.run_timeout_s}


def engine_options(course: CourseConfig, bundle: Path, *, trust: bool = False) -> EngineOptions:
    """Return how engines are made for this course."""
    return EngineOptions(bundle, memory_bytes=course.limits.memory_bytes, trust=trust)


@contextmanager
def prepare(course: CourseConfig, assignment: str) -> Iterator[Prepared]:
    """Make the bundle and the student's notebook of an assignment in a scratch folder."""
    source = release.read_source(course.source, course.references, assignment)
    with tempfile.TemporaryDirectory(prefix="autograder-release-") as folder:
        scratch = Path(folder)
        bundle = release.make_bundle(source, scratch / "bundle", limits=time_limits(course))
        yield Prepared(source, bundle, release.make_release(source, bundle), scratch)


def refuse_leaks(prepared: Prepared) -> None:
    """Refuse a release that holds a solution line or names a hidden check."""
    texts = release.released_texts(prepared.notebook)
    texts["manifest.json"] = json.dumps(release.manifest(prepared.bundle))
    for path in sorted(prepared.source.path.parent.rglob("*")):
        if path.is_file() and path != prepared.source.path and path.suffix in (".py", ".md", ".txt", ".json", ".ipynb"):
            texts[path.name] = path.read_text(errors="replace")
    leaks = release.find_leaks(prepared.source, texts)
    if leaks:
        raise ReleaseError("the release would leak:\n  " + "\n  ".join(leaks) + "\nNothing was written.")


def judge(course: CourseConfig, prepared: Prepared, progress: Progress, *, fresh: bool = False) -> list[validate.Judgement]:
    """Grade the solution, the untouched release and every variant."""
    jobs, variants = validate.make_hand_ins(
        prepared.source, prepared.notebook, prepared.bundle, prepared.scratch / "hand-ins"
    )
    cache = None if fresh else course.root / ".autograder" / "cache"
    options = engine_options(course, prepared.bundle.folder)
    return validate.judge(options, prepared.bundle, jobs, variants, cache=cache, progress=progress)


def count_hand_ins(course: CourseConfig, assignment: str) -> int:
    """Return how many hand-ins of ours ``judge`` will grade."""
    return 2 + len(list((course.references / assignment / "variants").glob("*.py")))


def publish(course: CourseConfig, prepared: Prepared) -> list[Path]:
    """Write release/, the bundle and the gradebook's assignment; only after ``judge`` was satisfied."""
    name = prepared.source.name
    target = course.bundle(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = target.with_name(f".{name}.new")
    shutil.rmtree(staging, ignore_errors=True)
    shutil.copytree(prepared.bundle.folder, staging)
    (staging / "source.sha256").write_text(source_digest(course, name))
    shutil.rmtree(target, ignore_errors=True)
    staging.rename(target)
    target.chmod(0o700)
    written = release.write_release(prepared.source, prepared.notebook, prepared.bundle, course.release / name)
    record(course, prepared)
    return written


def record(course: CourseConfig, prepared: Prepared) -> None:
    """Tell nbgrader's gradebook about the assignment, if nbgrader is installed."""
    from autograder import gradebook

    gradebook.record_assignment(
        course.db_url,
        course.course_id,
        prepared.source.name,
        prepared.bundle.questions,
        prepared.source.path,
        due=course.due_dates.get(prepared.source.name),
    )


def source_digest(course: CourseConfig, assignment: str) -> str:
    """Return a hash of everything that the bundle is made from: a changed source makes it stale."""
    digest = hashlib.sha256()
    for folder in (course.source / assignment, course.references / assignment):
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            if not {"__pycache__", ".ipynb_checkpoints", "variants"} & set(path.parts):
                digest.update(path.relative_to(course.root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def current_bundle(course: CourseConfig, assignment: str) -> Path:
    """Return the folder of an assignment's released bundle.

    Raises
    ------
    UsageError
        If it was never released, or its source has changed since.
    """
    folder = course.bundle(assignment)
    if not (folder / "bundle.json").is_file():
        known = sorted(p.name for p in course.source.glob("*") if p.is_dir())
        if assignment not in known:
            raise UsageError(f"{assignment!r}: no such assignment in {course.source}; there are: {', '.join(known)}.")
        raise UsageError(f"{assignment}: not released yet; nothing was graded.\nRun: autograder release {assignment}")
    if (folder / "source.sha256").read_text() != source_digest(course, assignment):
        raise UsageError(
            f"{assignment}: its source has changed since the release; nothing was graded.\n"
            f"Run: autograder release {assignment}"
        )
    return folder


# -- a class ---------------------------------------------------------------------------------------


def discover(course: CourseConfig, assignment: str) -> list[Job]:
    """Return one job per ``submitted/<student>/<assignment>/``."""
    folders = sorted(course.submitted.glob(f"*/{assignment}"))
    jobs = [Job(folder.parent.name, folder) for folder in folders if folder.is_dir()]
    if not jobs:
        raise UsageError(f"{course.submitted}: no <student>/{assignment}/ in it; nothing was graded.")
    return jobs


def grade_class(
    course: CourseConfig,
    assignment: str,
    *,
    bundle_folder: Path | None = None,
    students: tuple[str, ...] = (),
    force: bool = False,
    workers: int | None = None,
    trust: bool = False,
    progress: Progress = lambda _name, _ok: None,
) -> dict[str, GradingResult]:
    """Grade everybody's hand-in; finished ones are skipped, each result is written as it comes."""
    folder = bundle_folder or current_bundle(course, assignment)
    bundle = read_bundle(folder)
    jobs = [j for j in discover(course, assignment) if not students or j.name in students]
    unknown = set(students) - {j.name for j in jobs}
    if unknown:
        raise UsageError(f"no hand-in of {', '.join(sorted(unknown))} for {assignment}; nothing was graded.")
    results: dict[str, GradingResult] = {}
    todo = []
    for job in jobs:
        done = None if force else finished(course, assignment, job, bundle)
        if done is not None:
            results[job.name] = done
            progress(job.name, done.graded)
        else:
            todo.append(job)
    for job, result in grade_many(engine_options(course, folder, trust=trust), todo, workers=workers):
        results[job.name] = result
        write_result(course.autograded / job.name / assignment, assignment, result, key=hand_in_key(job, bundle))
        progress(job.name, result.graded)
    write_pages(course, assignment, results)
    record_scores(course, results)
    return results


def hand_in_key(job: Job, bundle: Bundle) -> str:
    """Return what makes a finished hand-in finished: its files and the version of the checks."""
    digest = hashlib.sha256(bundle.digest.encode())
    for path in sorted(p for p in job.folder.rglob("*") if p.is_file() and not p.is_symlink()):
        digest.update(path.relative_to(job.folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def finished(course: CourseConfig, assignment: str, job: Job, bundle: Bundle) -> GradingResult | None:
    """Return the stored result of a hand-in that has not changed since it was graded."""
    path = course.autograded / job.name / assignment / "grading.json"
    try:
        data = json.loads(path.read_text())
        if data["key"] == hand_in_key(job, bundle) and data["result"]["graded"]:
            return GradingResult.from_json(data["result"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def write_result(folder: Path, assignment: str, result: GradingResult, *, key: str = "") -> None:
    """Write ``results.json`` (Gradescope's), the executed notebook and our own record."""
    folder.mkdir(parents=True, exist_ok=True)
    notebook = result.extra.get("notebook")
    if notebook is not None:
        gradescope.write_json(folder / f"{assignment}.ipynb", notebook)
    data = result.to_json()
    data["extra"] = {k: v for k, v in data["extra"].items() if k != "notebook"}
    gradescope.write_json(folder / "grading.json", {"key": key, "result": data})
    gradescope.write_json(folder / "results.json", gradescope.to_results(result))


def write_pages(course: CourseConfig, assignment: str, results: dict[str, GradingResult]) -> None:
    """Write a feedback page per student, and the class's overview (for instructors) beside the results."""
    for name, result in results.items():
        target = course.feedback / name / assignment / f"{assignment}.html"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(feedback.student_page(name, result))
    overview_path(course, assignment).write_text(feedback.class_page(assignment, results))


def overview_path(course: CourseConfig, assignment: str) -> Path:
    """Return where the class's overview lies."""
    return course.autograded / f"{assignment}.html"


def record_scores(course: CourseConfig, results: dict[str, GradingResult]) -> None:
    """Write all scores to nbgrader's gradebook: one writer, after the grading.

    Finished hand-ins are written again: a run that was stopped before this point loses nothing.
    """
    from autograder import gradebook

    with gradebook.open_gradebook(course.db_url, course.course_id) as book:
        for name in sorted(results):
            gradebook.record_result(book, name, results[name])
