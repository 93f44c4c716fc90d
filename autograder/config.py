"""Read the course file, ``gradebook_config.py`` (*trusted*); nbgrader reads the same file."""

from __future__ import annotations

import math
import re
import traceback
from dataclasses import dataclass, field, fields
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from traitlets import Any as AnyValue
from traitlets import Bool, Dict, Enum, Float, Integer, List, TraitError, Unicode
from traitlets.config import Config, Configurable
from traitlets.config.loader import PyFileConfigLoader

from autograder.errors import UsageError
from autograder.gradebook_url import complaint, shown
from autograder.late_rule import Extension, LateRule, parse_extension
from autograder.packages import canonical, locked, requirement

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_NAME = "gradebook_config.py"
NBGRADER_FILE_NAME = (
    "nbgrader_config.py"  # of a course that is nbgrader's alone; see docs/bring-your-course.md
)

_MIN_TIMEOUT_S = 0.1
_MAX_TIMEOUT_S = 7 * 86_400.0  # also keeps out inf; nan passes every comparison and is looked for
_MIN_MEMORY_BYTES = 64 * 2**20
_MAX_MEMORY_BYTES = 2**50
_DIRECTORY_STRUCTURE = "{nbgrader_step}/{student_id}/{assignment_id}"  # nbgrader's default


class Autograder(Configurable):
    """The options that the course file sets as ``c.Autograder.…``."""

    data_base_url = Unicode("", help="Folder URL of released data files; https only.").tag(config=True)
    references_directory = Unicode("references", help="Reference models, private data.").tag(config=True)
    bundle_directory = Unicode("bundle", help="Built bundles, one per assignment.").tag(config=True)
    cell_timeout_s = Float(60.0, min=_MIN_TIMEOUT_S, help="CPU seconds of one cell.").tag(config=True)
    check_timeout_s = Float(10.0, min=_MIN_TIMEOUT_S, help="CPU seconds of one check.").tag(config=True)
    run_timeout_s = Float(540.0, min=_MIN_TIMEOUT_S, help="Wall seconds of one hand-in.").tag(config=True)
    memory_bytes = Integer(
        512 * 2**20,
        min=_MIN_MEMORY_BYTES,
        max=_MAX_MEMORY_BYTES,
        help="What one student's processes may use together.",
    ).tag(config=True)
    otter_tests = Bool(
        False, help="Release the visible checks as otter-grader's tests/<question>.py, too."
    ).tag(config=True)
    due_dates = Dict(
        key_trait=Unicode(), value_trait=Unicode(), help="Assignment: ISO 8601 time with an offset."
    ).tag(config=True)
    # Lateness: read when it is shown or written, so that a change needs no new release. docs/lateness.md tells it all.
    late_percent = Float(
        0.0,
        min=0.0,
        max=100.0,
        help="Late hand-ins lose this percentage for each started day (or hour: late_per); 0: lateness is shown and costs "
        "nothing. When a hand-in came stands in its timestamp.txt, when it is due in due_dates.",
    ).tag(config=True)
    late_per = Enum(
        ("day", "hour"), "day", help="What late_percent is for: each started 'day' or 'hour'."
    ).tag(config=True)
    late_of = Enum(
        ("score", "maximum"),
        "score",
        help="What late_percent and late_floor_percent are of: the student's 'score', or the assignment's 'maximum'.",
    ).tag(config=True)
    late_grace_minutes = Float(
        0.0, min=0.0, help="Minutes after the due time that cost nothing; late days count from their end."
    ).tag(config=True)
    late_floor_percent = Float(
        0.0, min=0.0, max=100.0, help="Lateness takes no score below this percentage (of late_of)."
    ).tag(config=True)
    late_slack_days = Integer(
        0,
        min=0,
        help="Late days that cost nothing: each student's bank for the course, spent by itself on late hand-ins in the "
        "order of their due dates. Counted from submitted/, so keep that folder for the term.",
    ).tag(config=True)
    late_slack_days_each = Integer(
        None, min=0, allow_none=True, help="At most so many of them for one hand-in; None: no limit."
    ).tag(config=True)
    late_cutoff_days = Float(
        None,
        min=0.0,
        allow_none=True,
        help="So many days after the student's due time (and the grace) a hand-in gives 0 points; None: no cut-off. "
        "0: nothing late counts.",
    ).tag(config=True)
    late_by_assignment = Dict(
        key_trait=Unicode(),
        value_trait=Dict(key_trait=Unicode(), value_trait=AnyValue()),
        help="Assignment: what differs there, named without late_: {'final': {'percent': 50, 'cutoff_days': 2}}.",
    ).tag(config=True)
    extensions = Dict(
        key_trait=Unicode(),
        value_trait=Dict(key_trait=Unicode(), value_trait=Unicode()),
        help="Assignment (or '*': every one): student: '2 days', '36 hours', or a new due time as in due_dates.",
    ).tag(config=True)
    extensions_file = Unicode(
        "extensions.csv",
        help="The same as a table, read if it is there: columns assignment, student, extension; personal data, so keep "
        "it out of the repository.",
    ).tag(config=True)
    gradescope_timeout_s = Float(600.0, min=60.0, help="The timeout set in Gradescope.").tag(config=True)
    gradescope_evaluations_per_day = Integer(
        0, min=0, help="Graded hand-ins per student and 24 hours on Gradescope; 0: no limit."
    ).tag(config=True)
    packages = List(
        Unicode(),
        help="What notebooks and checks import beside the built-in libraries, as pip writes it: "
        "['einops==0.8.2']; see docs/writing-checks.md.",
    ).tag(config=True)
    package_index = Unicode(
        "", help="An index that has some of them, beside pip's own; https only. See docs/writing-checks.md."
    ).tag(config=True)
    gradescope_after_published = Dict(
        key_trait=Unicode(),
        value_trait=List(Unicode()),
        help="Assignment: hidden checks, as question or question/check (* matches), that Gradescope shows "
        "only after grades are published; default: those that score held-out data; see docs/gradescope.md.",
    ).tag(config=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one hand-in may use: CPU seconds per cell and check, wall seconds and bytes for the run."""

    cell_timeout_s: float
    check_timeout_s: float
    run_timeout_s: float
    memory_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseConfig:
    """The course file as plain values; every folder is absolute."""

    home: Path  # where the course file lies
    root: Path
    course_id: str
    db_url: str
    source: Path
    release: Path
    submitted: Path
    autograded: Path
    feedback: Path
    references: Path
    bundles: Path
    data_base_url: str
    otter_tests: bool
    due_dates: Mapping[str, datetime]  # assignment: time with an offset
    limits: Limits
    gradescope_timeout_s: float = 600.0
    gradescope_evaluations_per_day: int = 0
    after_published: Mapping[str, list[str]] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    package_index: str = ""
    late: LateRule = field(default_factory=LateRule)
    late_by_assignment: Mapping[str, LateRule] = field(default_factory=dict)
    extensions: Mapping[str, Mapping[str, Extension]] = field(default_factory=dict)  # by assignment, student
    extensions_file: Path | None = None
    nbgrader: bool = False  # its only course file is nbgrader's: a course that was brought

    def late_rule(self, assignment: str) -> LateRule:
        """Return what lateness costs in an assignment."""
        return self.late_by_assignment.get(assignment, self.late)

    def bundle(self, assignment: str) -> Path:
        """Return the folder of an assignment's built bundle."""
        return self.bundles / assignment


def find_course_root(start: Path | None = None) -> Path:
    """Return the nearest folder, from ``start`` (default: the working folder) upwards, with a course file.

    A folder with nbgrader's configuration alone is a course, too.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file() or (folder / NBGRADER_FILE_NAME).is_file():
            return folder
    msg = (
        f"{start}: no {FILE_NAME} here or in a folder above, and no {NBGRADER_FILE_NAME}; nothing was read. "
        "Go to the course's folder, or name a bundle with --bundle PATH."
    )
    raise UsageError(msg)


def load_course(start: Path | None = None) -> CourseConfig:
    """Read the course file that governs ``start`` (default: the working folder)."""
    root = find_course_root(start)
    name = FILE_NAME if (root / FILE_NAME).is_file() else NBGRADER_FILE_NAME
    path = root / name
    try:
        config = PyFileConfigLoader(name, path=str(root)).load_config()
    except (Exception, SystemExit) as error:  # the file is Python: it can raise anything, or leave
        frames = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
        line = error.lineno if isinstance(error, SyntaxError) else frames[-1] if frames else None
        msg = f"{path}, line {line}: {type(error).__name__}: {error}; nothing was read. Correct that line."
        raise UsageError(msg) from error
    return course_from(config, root, name)


def course_from(config: Config, root: Path, file_name: str = FILE_NAME) -> CourseConfig:
    """Check the values that a course file set; ``root`` counts unless ``c.CourseDirectory.root`` is set.

    Raises
    ------
    UsageError
        For an unknown ``c.Autograder`` option, a value of the wrong type or size, a course
        without an id, or a folder structure other than nbgrader's default.
    """
    where = root / file_name
    ours = _own_options(config, where)
    nbgrader = config.get("CourseDirectory", {})
    brought = file_name == NBGRADER_FILE_NAME

    def option(name: str, default: str) -> str:
        value = nbgrader.get(name, default)
        if not isinstance(value, str):
            found = f"a {type(value).__name__}" if name == "db_url" else repr(value)  # it may hold a password
            msg = f"{where}: c.CourseDirectory.{name} is {found}; it must be a string in quotes."
            raise UsageError(msg)
        return value

    if not option("course_id", "") and not brought:
        msg = f"{where}: c.CourseDirectory.course_id is not set; every gradebook needs it."
        raise UsageError(msg)
    structure = option("directory_structure", _DIRECTORY_STRUCTURE)
    if structure != _DIRECTORY_STRUCTURE:
        msg = f"{where}: c.CourseDirectory.directory_structure is {structure!r}; leave it at the default."
        raise UsageError(msg)
    home, root = root, (root / option("root", "")).resolve()
    return CourseConfig(
        home=home,
        root=root,
        course_id=option("course_id", ""),  # nbgrader's own default is none, and it takes it
        db_url=_checked_database(option("db_url", ""), where) or f"sqlite:///{root / 'gradebook.db'}",
        source=root / option("source_directory", "source"),
        release=root / option("release_directory", "release"),
        submitted=root / option("submitted_directory", "submitted"),
        autograded=root / option("autograded_directory", "autograded"),
        feedback=root / option("feedback_directory", "feedback"),
        references=root / ours.references_directory,
        bundles=root / ours.bundle_directory,
        data_base_url=_checked_url(ours.data_base_url, where, "data_base_url"),
        otter_tests=ours.otter_tests,
        due_dates={name: _checked_time(text, name, where) for name, text in ours.due_dates.items()},
        limits=_checked_limits(ours, where),
        gradescope_timeout_s=ours.gradescope_timeout_s,
        gradescope_evaluations_per_day=ours.gradescope_evaluations_per_day,
        after_published={name: list(patterns) for name, patterns in ours.gradescope_after_published.items()},
        packages=_checked_packages(ours.packages, where),
        package_index=_checked_url(ours.package_index, where, "package_index"),
        late=_late_rule(ours, where),
        late_by_assignment={
            name: _late_rule_of(config, name, differing, where)
            for name, differing in ours.late_by_assignment.items()
        },
        extensions={
            assignment: {
                student: checked_extension(
                    text, f"{where}: c.Autograder.extensions[{assignment!r}][{student!r}]"
                )
                for student, text in of_students.items()
            }
            for assignment, of_students in ours.extensions.items()
        },
        extensions_file=home / ours.extensions_file if ours.extensions_file else None,
        nbgrader=brought,
    )


def _own_options(config: Config, where: Path) -> Autograder:
    known = Autograder.class_trait_names(config=True)
    for name in sorted(set(known) & set(config.get("Autograde", {}))):
        msg = f"{where}: c.Autograde.{name} is no option of nbgrader's; did you mean c.Autograder.{name}?"
        raise UsageError(msg)
    for name in config.get("Autograder", {}):
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(known))}."
            msg = f"{where}: c.Autograder.{name} is no option; {hint}"
            raise UsageError(msg)
    try:
        return Autograder(config=_brought(config) if where.name == NBGRADER_FILE_NAME else config)
    except TraitError as error:
        msg = f"{where}: c.Autograder: {error}; nothing was read. Correct that value."
        raise UsageError(msg) from error


def _brought(config: Config) -> Config:
    """Return nbgrader's configuration with what is usual there as our limits, unless it says others.

    Its timeout is of any cell, test cells too; it has no limit of memory, and notebooks of pandas need more than ours.
    """
    ours = dict(config.get("Autograder", {}))
    for section in ("NbConvertBase", "ExecutePreprocessor", "Execute"):
        timeout = config.get(section, {}).get("timeout")
        if isinstance(timeout, int) and not isinstance(timeout, bool) and timeout > 0:
            for name in ("cell_timeout_s", "check_timeout_s"):
                if name not in config.get("Autograder", {}):
                    ours[name] = float(timeout)
    ours.setdefault("check_timeout_s", 30.0)
    ours.setdefault("memory_bytes", 2**30)
    longest = max(float(ours.get("cell_timeout_s", 60.0)), float(ours["check_timeout_s"]))
    ours.setdefault("run_timeout_s", max(540.0, 2 * longest))
    return Config({"Autograder": ours})


def _checked_url(url: str, where: Path, option: str) -> str:
    if url and not re.fullmatch(r"https://[!-~]+", url):
        msg = f"{where}: c.Autograder.{option} is {url!r}; it must start with https:// or be empty."
        raise UsageError(msg)
    return url


def _checked_database(db_url: str, where: Path) -> str:
    if wrong := complaint(db_url):
        raise UsageError(f"{where}: c.CourseDirectory.db_url is {shown(db_url)!r}; {wrong}.")
    return db_url


def _checked_packages(packages: list[str], where: Path) -> tuple[str, ...]:
    seen: set[str] = set()
    for text in packages:
        try:
            name = canonical(requirement(text).name)
        except ValueError as error:
            msg = (
                f"{where}: c.Autograder.packages has {text!r}: {error}; nothing was read.\n"
                "Write a package as pip does, best with its version: 'einops==0.8.2'."
            )
            raise UsageError(msg) from None
        if name in seen or name in locked():
            what = "twice" if name in seen else f"which is built in, in version {locked()[name]}"
            raise UsageError(f"{where}: c.Autograder.packages has {name}, {what}; remove it there.")
        seen.add(name)
    return tuple(packages)


def _checked_time(text: str, assignment: str, where: Path) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        msg = (
            f"{where}: c.Autograder.due_dates[{assignment!r}] is {text!r}; "
            "write ISO 8601 with an offset, as in '2026-04-03T23:59:00-05:00'."
        )
        raise UsageError(msg)
    return time


def checked_extension(text: str, where: str) -> Extension:
    """Read one extension, or say where it stands and how to write it."""
    try:
        return parse_extension(text)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{where} is {text!r}; write '2 days', '36 hours', or ISO 8601 with an offset, as in "
            "'2026-04-05T23:59:00-05:00'."
        ) from None


def _late_rule(ours: Autograder, where: Path) -> LateRule:
    values = {item.name: getattr(ours, f"late_{item.name}") for item in fields(LateRule)}
    for name, value in values.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise UsageError(f"{where}: c.Autograder.late_{name} is {value}; it must be a number.")
    return LateRule(**values)


def _late_rule_of(config: Config, assignment: str, differing: Mapping[str, object], where: Path) -> LateRule:
    """Return the rule of an assignment that has its own; the bank of slack days is the course's."""
    known = sorted({item.name for item in fields(LateRule)} - {"slack_days"})
    for name in differing:
        if name not in known:
            raise UsageError(
                f"{where}: c.Autograder.late_by_assignment[{assignment!r}] has {name!r}; known are {', '.join(known)}."
            )
    ours = {**config.get("Autograder", {}), **{f"late_{name}": value for name, value in differing.items()}}
    try:
        return _late_rule(Autograder(config=Config({"Autograder": ours})), where)
    except TraitError as error:
        raise UsageError(
            f"{where}: c.Autograder.late_by_assignment[{assignment!r}]: {error}; nothing was read. Correct that value."
        ) from error


def _checked_limits(ours: Autograder, where: Path) -> Limits:
    for name in ("cell_timeout_s", "check_timeout_s", "run_timeout_s", "gradescope_timeout_s"):
        if not getattr(ours, name) <= _MAX_TIMEOUT_S:
            msg = (
                f"{where}: c.Autograder.{name} is {getattr(ours, name)}; it must be a number of seconds, "
                f"at most {_MAX_TIMEOUT_S:.0f} (a week)."
            )
            raise UsageError(msg)
    for name in ("cell_timeout_s", "check_timeout_s"):
        if getattr(ours, name) > ours.run_timeout_s:
            msg = (
                f"{where}: c.Autograder.{name} is {getattr(ours, name):g} s, more than "
                f"run_timeout_s, {ours.run_timeout_s:g} s; lower the first or raise the second."
            )
            raise UsageError(msg)
    return Limits(
        cell_timeout_s=ours.cell_timeout_s,
        check_timeout_s=ours.check_timeout_s,
        run_timeout_s=ours.run_timeout_s,
        memory_bytes=ours.memory_bytes,
    )
