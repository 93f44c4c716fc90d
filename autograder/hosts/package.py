"""Pack released assignments for Gradescope: ``autograder.zip``, and the same files for Docker (*trusted*).

In: the engine without the instructor's commands, the private bundles, the released notebooks (public),
the files that the solution hands in, exact pins. Out: source notebooks, variants, names, the gradebook.
The same content gives the same bytes: entries are sorted and stored, times and modes are fixed. Of another tool's assignment
the build check holds its solution and its release as notebooks, as nothing else can be put together from a bundle of its own.
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.bundle import CONTENT, Bundle, CheckSpec, check_file, parts, read_bundle
from autograder.errors import UsageError
from autograder.files import require_writable, told_in_a_sentence
from autograder.foreign import FILE as FOREIGN_FILE
from autograder.hosts import brought
from autograder.hosts.pins import names, pinned
from autograder.hosts.settings import SETTINGS, Settings
from autograder.packages import LOCK, built_in, modules_of, providers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from autograder.config import CourseConfig
from autograder.engine import modules

IMAGE = LOCK.parent  # what every image is built from

SCORES = frozenset({"credit", "at_least", "at_most"})

PROGRAMS = ("setup.sh", "run_autograder", "prairielearn_run")

TEXTS = (LOCK.name,)

EPOCH = (1980, 1, 1, 0, 0, 0)  # the first time that a zip can hold

LEFT_OUT = frozenset({"__pycache__", ".ipynb_checkpoints", ".DS_Store"})


def collect(
    bundles: Iterable[Path],
    releases: Path,
    references: Path,
    settings: Settings,
    pins: str = "",
    packed: Mapping[str, modules.Files] | None = None,
) -> modules.Files:
    """Return every file of the package by its path in it; ``pins`` are the course's own, as lines.

    ``packed`` are, by assignment of another tool's, the files of its build check.

    Raises
    ------
    UsageError
        If a released notebook or one of our own files is missing.

    """
    files: modules.Files = {}
    for name in (*PROGRAMS, *TEXTS):
        path = IMAGE / name
        if not path.is_file():
            raise UsageError(f"{path}: missing; nothing was packed.\nInstall autograder-notebooks again.")
        files[name] = path.read_bytes()
    files[LOCK.name] += pins.encode()
    sources: list[str] = []
    for folder in bundles:
        bundle = read_bundle(folder)
        sources += [path.read_text() for part in CONTENT for path in sorted((folder / part).rglob("*.py"))]
        refuse_held_back(bundle, settings)
        refuse_lacking(bundle, pins)
        name = bundle.assignment
        for part in parts(bundle).values() if bundle.notebooks else ():
            files |= _of_bundle(part.folder, f"bundles/{name}/notebooks/{part.notebook}")
        files |= _of_bundle(folder, f"bundles/{name}")
        if packed and name in packed:
            files |= packed[name]
            continue
        released = releases / name / f"{name}.ipynb"
        if not released.is_file():
            raise UsageError(f"{released}: missing; nothing was packed.\nRun: autograder release {name}")
        files[f"build-check/{name}/release.ipynb"] = released.read_bytes()
        files |= _tree(references / name / "solution", f"build-check/{name}/files")
    files |= modules.engine(sources)
    text = json.dumps(settings.to_json(), indent=1, sort_keys=True) + "\n"
    files[SETTINGS] = text.encode()
    return files


def _of_bundle(folder: Path, prefix: str) -> modules.Files:
    """Return what grading needs of one bundle; of another tool's, also what its tests ask."""
    files: modules.Files = {}
    for name in ("bundle.json", FOREIGN_FILE):
        if (folder / name).is_file():
            files[f"{prefix}/{name}"] = (folder / name).read_bytes()
    for part in CONTENT:
        files |= _tree(folder / part, f"{prefix}/{part}")
    return files


def refuse_held_back(bundle: Bundle, settings: Settings) -> None:
    """Refuse ``after_published`` patterns that hold nothing back, or whose result another check would tell.

    Raises
    ------
    UsageError
        With the pattern, or with both checks.
    """
    option = f"c.Autograder.gradescope_after_published[{bundle.assignment!r}]"
    for pattern in settings.after_published.get(bundle.assignment, []):
        alone = Settings(after_published={bundle.assignment: [pattern]}).decided_later(bundle.assignment)
        if not any(map(alone, bundle.checks)):
            raise UsageError(f"{option}: {pattern!r} matches no hidden check; nothing was packed.")
    later = settings.decided_later(bundle.assignment)
    held_back = {name for c in bundle.checks if later(c) for name in (c.name, c.question)}
    for check in bundle.checks:
        if not later(check) and held_back & set(check.after):
            raise UsageError(
                f"{option}: {check.question}/{check.name} builds on {', '.join(check.after)}, so its being skipped "
                "would tell students what is held back; nothing was packed.\nHold it back, too."
            )


def refuse_lacking(bundle: Bundle, pins: str) -> None:
    """Refuse a bundle that imports what is installed here, but would not be in the image.

    Raises
    ------
    UsageError
        With the module, and what to write.
    """
    there = built_in().union(*map(modules_of, names(pins)))
    for name in bundle.imports:
        here = providers(name) if name not in there else []
        if here and not {one.split("==")[0] for one in here} & names(pins):
            raise UsageError(
                f"{bundle.assignment}: this course's packages lack {name}, which the notebook or its checks import; "
                f'nothing was packed.\nWrite in gradebook_config.py: c.Autograder.packages = ["{here[0]}"], and run: '
                f"autograder release {bundle.assignment}"
            )


def refuse_other_packages(bundle: Bundle, packages: tuple[str, ...]) -> None:
    """Refuse a bundle that was released with other packages than the course has now.

    Raises
    ------
    UsageError
        With those that differ.
    """
    other = sorted(set(bundle.packages) - set(packages))
    if other:
        raise UsageError(
            f"{bundle.assignment}: released with {', '.join(other)}, which c.Autograder.packages has no more; nothing "
            f"was packed.\nRun: autograder release {bundle.assignment}"
        )


def held_out(bundle: Bundle) -> list[str]:
    """Return the hidden checks, as ``question/check``, that score held-out data, and what builds on them.

    Those take ``private`` and measure (``credit``, ``at_least``, ``at_most``); one that takes it for inputs
    only compares. One that records a number for the leaderboard is the public half's, and is shown.
    """
    held: set[str] = set()
    for question in {check.question for check in bundle.checks}:
        source = check_file(bundle.folder, question).read_text()
        for function in ast.parse(source).body:
            if not isinstance(function, ast.FunctionDef):
                continue
            arguments = {a.arg for a in (*function.args.args, *function.args.kwonlyargs)}
            names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
            if "private" in arguments and names & SCORES and "leaderboard" not in names:
                held.add(f"{question}/{function.name}")
    hidden = [c for c in bundle.checks if c.hidden]
    found: list[CheckSpec] = []
    while True:  # what builds on one of them tells by being skipped
        told = {name for c in found for name in (c.name, c.question)}
        more = [
            c for c in hidden if c not in found and (f"{c.question}/{c.name}" in held or told & set(c.after))
        ]
        if not more:
            return sorted(f"{c.question}/{c.name}" for c in found)
        found += more


@dataclass(frozen=True, slots=True)
class Package:
    """A package's files by their paths in it, and what its instructor should read."""

    files: modules.Files
    notes: tuple[str, ...] = ()


def of_course(
    course: CourseConfig, assignments: tuple[str, ...], tell: Callable[[str], None] = lambda _: None
) -> Package:
    """Return the package of released, current assignments; another tool's are graded, to know what an image must give.

    ``tell`` hears what takes its time.
    """
    from autograder.released import current_bundle

    folders = {name: current_bundle(course, name) for name in assignments}
    read = {name: read_bundle(folder) for name, folder in folders.items()}
    packed: dict[str, brought.Packed] = {}
    for name in read:
        if brought.is_brought(read[name]):
            tell(f"{name}: grading the solution and the untouched notebook: the image must give the same")
            packed[name] = brought.pack(course, name)
    for name in read.keys() - packed.keys():
        refuse_other_packages(read[name], course.packages)
    later = {name: list(patterns) for name, patterns in course.after_published.items() if name in assignments}
    for name, bundle in read.items():
        later.setdefault(name, brought.held_back(bundle) if name in packed else held_out(bundle))
    settings = Settings(
        timeout_s=course.gradescope_timeout_s,
        memory_bytes=course.limits.memory_bytes,
        evaluations_per_day=course.gradescope_evaluations_per_day,
        after_published={name: patterns for name, patterns in later.items() if patterns},
    )
    packages = tuple(
        dict.fromkeys((*course.packages, *(text for one in packed.values() for text in one.packages)))
    )
    pins = pinned(packages, course.package_index)
    files = collect(
        folders.values(),
        course.release,
        course.references,
        settings,
        pins,
        {n: one.files for n, one in packed.items()},
    )
    notes = [note for one in packed.values() for note in one.notes]
    return Package(files, (*notes, *brought.names_shared(read)))


def _tree(folder: Path, prefix: str) -> modules.Files:
    found = sorted(
        p for p in folder.rglob("*") if p.is_file() and not LEFT_OUT & set(p.relative_to(folder).parts)
    )
    return {f"{prefix}/{p.relative_to(folder).as_posix()}": p.read_bytes() for p in found}


def digest(files: modules.Files) -> str:
    """Return a hash of names and contents: what a build can depend on."""
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    return whole.hexdigest()


def zip_bytes(files: modules.Files) -> bytes:
    """Return the zip, its files at the root as Gradescope wants them.

    Stored, not compressed: what zlib makes of the same bytes differs between its versions.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3  # Unix: the modes count
            entry.external_attr = (0o100000 | _mode(name)) << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def _mode(name: str) -> int:
    return 0o755 if name in PROGRAMS else 0o644


def write(files: modules.Files, target: Path) -> list[Path]:
    """Write ``autograder.zip`` and ``docker/``, each in one step; returns both paths."""
    require_writable(target)
    with told_in_a_sentence():
        return _write(files, target)


def _write(files: modules.Files, target: Path) -> list[Path]:
    target.mkdir(parents=True, exist_ok=True)
    archive, context = target / "autograder.zip", target / "docker"
    new_archive, new_context = target / ".autograder.zip.new", target / ".docker.new"
    try:
        new_archive.write_bytes(zip_bytes(files))
        new_archive.chmod(0o600)
        shutil.rmtree(new_context, ignore_errors=True)
        new_context.mkdir(mode=0o700)
        shutil.copy(IMAGE / "Dockerfile", new_context / "Dockerfile")
        for name, content in files.items():
            path = new_context / "source" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(_mode(name))
        new_archive.replace(archive)
        shutil.rmtree(context, ignore_errors=True)
        new_context.replace(context)
    finally:
        new_archive.unlink(missing_ok=True)
        shutil.rmtree(new_context, ignore_errors=True)
    return [archive, context]
