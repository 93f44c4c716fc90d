"""What a release of another tool's assignment is made from beside its own folder (*trusted*).

nbgrader's configuration says where a solution begins and what stands in its place, and names a header; otter's master
names files that may lie anywhere. Who changes one of them changes the release.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.config import NBGRADER_FILE_NAME, CourseConfig
from autograder.dialect import Dialect

AUTOTESTS = "autotests.yml"
# Of nbgrader's configuration, what no release can depend on: who hands in where, what is graded, how it is shown.
_ELSEWHERE = re.compile(
    r"Autograder|Autograde|Exchange\w*|NbGrader\w*|Formgrade\w*|Feedback\w*|GenerateFeedback|ZipCollect\w*|Export\w*"
    r"|AssignLatePenalties|LateSubmission\w*|\w*Plugin|Canvas\w*|LTI\w*|JupyterApp|ServerApp|NotebookApp|Authenticator"
    r"|OverwriteCells|OverwriteKernelspec|SaveAutoGrades|DeduplicateIds|CheckCellMetadata"
)
_OF_STUDENTS = frozenset(
    {"db_url", "course_id", "student_id", "student_id_exclude", "submitted_directory", "autograded_directory",
     "feedback_directory", "groupshared"}
)  # fmt: skip
_PATHS = ("files", "autograder_files", "student_files", "requirements", "environment", "config_file")
_CONFIG = re.compile(r"\A(?:```otter\s*\n)?\s*#\s*ASSIGNMENT CONFIG\b", re.IGNORECASE)


def paths(course: CourseConfig, assignment: str, dialect: Dialect) -> list[Path]:
    """Return the files and folders outside of an assignment's own folder that its release is made from."""
    if dialect is Dialect.NBGRADER:
        return list(_of_nbgrader(course))
    if dialect is Dialect.OTTER:
        return list(_of_otter(course.source / assignment))
    return []


def options(course: CourseConfig, dialect: Dialect) -> str:
    """Return, as one text, the options that a release or its bundle depends on; what is for grading only stays out."""
    limits = [course.limits.cell_timeout_s, course.limits.check_timeout_s, course.limits.run_timeout_s]
    if dialect is not Dialect.NBGRADER:
        return json.dumps(limits)
    config = _configuration(course)
    if isinstance(config, str):
        return json.dumps([limits, config])
    kept = {
        section: {
            key: value
            for key, value in (values.items() if isinstance(values, Mapping) else [("", values)])
            if not (section == "CourseDirectory" and key in _OF_STUDENTS)
        }
        for section, values in config.items()
        if not _ELSEWHERE.fullmatch(section)
    }
    return json.dumps([limits, _plain({section: values for section, values in kept.items() if values})])


def _configuration(course: CourseConfig) -> Config | str:
    """Return nbgrader's configuration; of a file that cannot be loaded, its text."""
    path = course.home / NBGRADER_FILE_NAME
    if not path.is_file():
        return Config()
    try:
        return PyFileConfigLoader(path.name, path=str(path.parent)).load_config()
    except (Exception, SystemExit):  # noqa: BLE001  the file is Python: it can raise anything, or leave
        return path.read_text(encoding="utf-8", errors="replace")


def _plain(value: Any) -> Any:
    """Return a value as plain data that is the same in each process: no addresses, no order of a set."""
    if isinstance(value, Mapping):
        return sorted([str(key), _plain(item)] for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(json.dumps(_plain(item)) for item in value)
    code = getattr(value, "__code__", None)
    if code is not None:
        return [
            value.__qualname__,
            code.co_code.hex(),
            [_plain(c) for c in code.co_consts if not hasattr(c, "co_code")],
        ]
    return (
        value if isinstance(value, (str, int, float, bool)) else re.sub(r" at 0x[0-9a-f]+", "", repr(value))
    )


def _of_nbgrader(course: CourseConfig) -> Iterator[Path]:
    yield from sorted(course.source.glob("*.ipynb"))
    config = _configuration(course)
    sections = config if isinstance(config, Mapping) else {}
    named = [sections.get("IncludeHeaderFooter", {}).get(key) for key in ("header", "footer")]
    named.append(sections.get("InstantiateTests", {}).get("autotest_filename", AUTOTESTS))
    for name in named:
        if isinstance(name, str) and name:
            yield course.root / name


def _of_otter(folder: Path) -> Iterator[Path]:
    for master in sorted(folder.glob("*.ipynb")):
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            for cell in json.loads(master.read_text(encoding="utf-8-sig"))["cells"]:
                source = cell["source"]
                text = "".join(source) if isinstance(source, list) else source
                if _CONFIG.match(text):
                    yield from _outside(folder, text.replace("```otter", "").replace("```", ""))


def _outside(folder: Path, text: str) -> Iterator[Path]:
    """Return what a master's configuration names and does not lie in its folder."""
    try:
        import yaml
    except ImportError:  # otter brings it; without otter nothing is released
        return
    try:
        config = yaml.safe_load(text)
    except yaml.YAMLError:  # the release says what is wrong with it
        return
    for key in _PATHS if isinstance(config, dict) else ():
        value = config.get(key)
        for name in value if isinstance(value, list) else [value]:
            if not isinstance(name, str) or not name:
                continue
            path = folder / name
            if key == "config_file" and path.is_file():
                yield from _outside(folder, path.read_text(encoding="utf-8", errors="replace"))
            if path.exists() and not path.resolve().is_relative_to(folder.resolve()):
                yield path
