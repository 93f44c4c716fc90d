"""What this machine, this course and this configuration can do, a line each: ok, or what to do (*trusted*)."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autograder import gradebook_server, packages, released
from autograder.bundle import read_bundle
from autograder.config import CourseConfig, find_course_root, load_course
from autograder.engine import imports
from autograder.errors import AutograderError, UsageError
from autograder.gradebook_url import shown, sqlite_file
from autograder.hosts import container
from autograder.hosts.gradescope import RESERVED_BYTES
from autograder.nbgrader_safety import require

MEMORY_BYTES = 512 << 20  # of a hand-in, where no course says it
DISK_BYTES = 2 << 30  # hand-ins' work folders, pages, a gradebook; less ends in hand-ins that are not graded
PYTHON = (3, 11)
LIMITED = {"torch": "it grades nothing", "nbgrader": "release and gradebook need it"}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at: what was found, and what to do unless it is well."""

    name: str
    found: str
    to_do: str = ""

    @property
    def ok(self) -> bool:
        """Nothing is to be done."""
        return not self.to_do


def examine(folder: Path | None = None) -> list[Line]:
    """Look at this machine and at the course of a folder (default: the working folder), if there is one.

    Nothing is written, and no hand-in is run; the self-test's probes are.
    """
    lines = [_python(), *_libraries()]
    course: CourseConfig | None = None
    try:
        find_course_root(folder)
    except UsageError:
        lines.append(Line("course", "none here or in a folder above: only the machine was looked at"))
    else:
        try:
            course = load_course(folder)
            lines.append(Line("course", f"{course.course_id}, in {course.root}"))
        except UsageError as error:
            lines.append(Line("course", "its file cannot be read", str(error)))
    lines += [_cores(), _memory(course), _sandbox()]
    if course is not None:
        lines += [_configuration(course), _gradebook(course), _packages(course), *_releases(course)]
    return [*lines, _disk(course)]


def _python() -> Line:
    found = f"{platform.python_version()}, {sys.executable}, on {platform.system()} {platform.machine()}"
    return Line("Python", found, "" if sys.version_info >= PYTHON else "Use Python 3.11 or newer.")


def _libraries() -> Iterator[Line]:
    tested = packages.locked()
    for name, why in LIMITED.items():
        version = packages.installed(name)
        if version is None:
            extra = "[instructor]" if name not in tested else ""
            yield Line(name, f"not installed: {why}", f"Run: pip install 'autograder-notebooks{extra}'")
        else:
            other = name in tested and version.split("+")[0] != tested[name]
            yield Line(name, version + (f"; the image has {tested[name]}" if other else ""))


def _cores() -> Line:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    share = container.cpus()
    found = f"{count}, one hand-in at a time on each"
    if share is not None and share < count:
        return Line(
            "cores",
            f"{found}; but this container may use {share:g}",
            f"Grade with --workers {max(1, int(share))}, or give the container more.",
        )
    return Line("cores", found)


def _memory(course: CourseConfig | None) -> Line:
    """One engine needs the course's limit for a hand-in, and what zygote, judge and supervisor need."""
    each = (course.limits.memory_bytes if course else MEMORY_BYTES) + RESERVED_BYTES
    free = available_bytes()
    if free is None:
        return Line("memory", "cannot be told on this system")
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    room = free // each
    found = f"{free / 2**30:.1f} GB free; a hand-in at a time needs up to {each / 2**30:.1f} GB"
    if room < 1:
        return Line("memory", found, "Free some, use a larger machine, or lower c.Autograder.memory_bytes.")
    if room < workers:
        return Line("memory", found, f"Grade with --workers {room}: there is no room for {workers}.")
    return Line("memory", found)


def available_bytes() -> int | None:
    """Return how much memory is to be had: the system's, or less where a container has a limit."""
    found: int | None = None
    with suppress(OSError, ValueError, IndexError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        found = int(next(line for line in lines if line.startswith("MemAvailable:")).split()[1]) << 10
    limit = container.memory_limits()["limit_bytes"]
    return limit if found is None or (limit is not None and limit < found) else found


def _sandbox() -> Line:
    if sys.platform != "linux":
        to_do = (
            "Grade on Linux, in WSL 2, or in the image that `autograder bundle` makes (docs/gradescope.md)."
        )
        return Line(
            "sandbox",
            f"none on {sys.platform}: init, new, lint, reference, report, overview, export work",
            to_do,
        )
    from autograder.sandbox.selftest import selftest

    try:
        found = selftest()
    except (AutograderError, OSError) as error:
        return Line("sandbox", "the self-test could not run", str(error))
    active = [name for name, state in found["layers"].items() if state.startswith("active")]
    absent = [name for name in found["layers"] if name not in active]
    said = f"active: {', '.join(active)}" + (f"; not here: {', '.join(absent)}" if absent else "")
    if found["broken"]:
        return Line(
            "sandbox", said, f"Do not grade here: {', '.join(found['broken'])} (autograder selftest)."
        )
    if not found["decision"]["allowed"]:
        return Line("sandbox", said, found["decision"]["refusal"])
    return Line("sandbox", "; ".join(["hidden checks run", said, *found["decision"]["warnings"]]))


def _configuration(course: CourseConfig) -> Line:
    if course.nbgrader:  # nothing in it is edited: then nbgrader's own commands keep nbgrader's kernel
        return Line(
            "nbgrader's configuration",
            "nbgrader's own: `autograder release` and `autograder grade` are ours, `nbgrader autograde` is not",
        )
    return _line("nbgrader's configuration", "safe", lambda: require(course.home))


def _gradebook(course: CourseConfig) -> Line:
    """Say where it is, and whether a server's can be used; nothing is made in it."""
    file = sqlite_file(course.db_url)
    if file is not None:
        return Line(
            "gradebook", f"{file}{'' if file.is_file() else ', none yet: the first release makes it'}"
        )
    try:
        return Line("gradebook", *gradebook_server.examined(course.db_url))
    except ImportError:
        return Line("gradebook", f"{shown(course.db_url)}, not looked at: nbgrader is not installed")
    except UsageError as error:
        what, _, to_do = str(error).partition("\n")
        return Line(
            "gradebook", what.removeprefix("gradebook ").removesuffix("; nothing was written."), to_do
        )


def _line(name: str, well: str, look: Callable[[], object]) -> Line:
    """Return a line that is well unless looking raises a sentence."""
    try:
        look()
    except AutograderError as error:
        what, _, to_do = str(error).partition("\n")
        what = what.removeprefix(f"{name.removeprefix('release ')}: ").removesuffix("; nothing was graded.")
        return Line(name, what, to_do or what)
    return Line(name, well)


def _packages(course: CourseConfig) -> Line:
    named = ", ".join(course.packages) or "none beside the built-in libraries"
    odd = packages.unmet(course.packages)
    if odd:
        return Line(
            "packages", "; ".join(odd), f"Run: {sys.executable} -m pip install {' '.join(course.packages)}"
        )
    return Line("packages", named)


def _releases(course: CourseConfig) -> Iterator[Line]:
    """Return a line per assignment: whether what was released is what its source says, and can be graded here."""
    names = released.assignments(course)
    if not names:
        yield Line("releases", f"no assignment in {course.source} yet: autograder new NAME")
    for name in names:

        def look(name: str = name) -> None:
            imports.require(read_bundle(released.current_bundle(course, name), name))

        yield _line(f"release {name}", "current", look)


def _disk(course: CourseConfig | None) -> Line:
    places = dict.fromkeys([Path(tempfile.gettempdir()), course.root if course else Path.cwd()])
    free = {place: shutil.disk_usage(place).free for place in places}
    found = ", ".join(f"{size / 2**30:.1f} GB free in {place}" for place, size in free.items())
    least = min(free, key=lambda place: free[place])
    to_do = f"Make room in {least}: at least {DISK_BYTES >> 30} GB." if free[least] < DISK_BYTES else ""
    return Line("disk", found, to_do)
