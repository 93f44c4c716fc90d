"""Compare what Colab has installed with the image: what notebooks use that is gone there, or another library by now (*trusted*).

Colab's list is what ``pip freeze`` prints. Of each library that notebooks import, both versions are told; another major
version, or below 1.0 another minor one, may give another answer to the student than to the grader.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from autograder import packages
from autograder.author.imports import imported
from autograder.author.source import read_source
from autograder.errors import UsageError
from autograder.released import assignments

if TYPE_CHECKING:
    from autograder.author.source import Source
    from autograder.config import CourseConfig

COLABS_LIST = "https://github.com/googlecolab/backend-info, pip-freeze.txt"
MAX_BYTES = 4 << 20
# Not an error: options of pip, which some freezes begin with, and what an editable install is told with.
_OPTION = re.compile(r"(-(?!e\b|-)|--(?!editable\b))\S+")
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s+|=)(?P<address>\S+)")
_EDITABLE_COMMENT = re.compile(r"#\s*Editable.*\((?P<name>[\w.-]+)==(?P<version>[^)\s]+)\)")
_INSTALLS = re.compile(r"^\s*[%!]\s*(?:uv\s+)?pip3?\s+install\s(?P<words>[^\n#;&|]*)", re.MULTILINE)
_PLAIN = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*===?\s*(?P<version>[^\s;#,]+)")


class State(StrEnum):
    """How a library there compares with the image's."""

    SAME = "same"
    NEAR = "near"  # another minor version, or below 1.0 another patch
    FAR = "far"
    GONE = "gone"
    INSTALLED = "installed by the notebook"
    UNKNOWN = "unknown"  # from an address that tells no version


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A library that notebooks import; ``there`` is "" where it is gone or its version is not told."""

    library: str
    image: str
    there: str
    state: State
    modules: tuple[str, ...]
    used_by: tuple[str, ...]
    note: str = ""  # what students read when they run the first cell

    @property
    def is_drift(self) -> bool:
        """A student may get another answer there than here."""
        return self.state in (State.FAR, State.GONE)


# -- what pip freeze prints ------------------------------------------------------------------------


def read_freeze(content: bytes, where: str) -> dict[str, str]:
    """Return canonical name -> version of what ``pip freeze`` printed; "" where an address tells no version.

    Raises
    ------
    UsageError
        If a line is none of pip's, or there is none at all.
    """
    if len(content) > MAX_BYTES:
        raise _refusal(where, f"it has {len(content) >> 20} MB, and no list of packages is that long")
    found: dict[str, str] = {}
    editable = ""
    for number, line in enumerate(_joined(_text(content, where)), 1):
        comment = _EDITABLE_COMMENT.match(line)
        if comment:
            found[packages.canonical(comment["name"])] = comment["version"]
        told, editable = editable, comment["name"] if comment else ""
        if not line or line.startswith("#") or _OPTION.match(line):
            continue
        editable_line = _EDITABLE.fullmatch(re.sub(r"\s+#.*$", "", line))
        if editable_line and told:
            continue  # the comment above it told name and version
        entry = _of_editable(editable_line["address"]) if editable_line else _of_requirement(line)
        if entry is None:
            raise _refusal(where, f"line {number} is {line[:80]!r}")
        name, version = packages.canonical(entry[0]), entry[1]
        if found.get(name) not in (None, version):
            raise _refusal(where, f"line {number} has {entry[0]} once more, as {version or 'an address'}")
        found[name] = version
    if not found:
        raise _refusal(where, "no package stands in it")
    return found


def _refusal(where: str, what: str) -> UsageError:
    return UsageError(
        f"{where}: {what}; nothing was compared.\n"
        f"Give what `pip freeze` prints. Colab publishes its own: {COLABS_LIST}"
    )


def _text(content: bytes, where: str) -> str:
    """Return the text of a file that a shell redirected into: UTF-8, or UTF-16 by PowerShell."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise _refusal(where, f"it is no text ({error.reason} at byte {error.start})") from None
    if "\0" in text or text.lstrip()[:1] in ("<", "{", "["):
        raise _refusal(where, "it is no list of packages, perhaps a web page or JSON")
    return text


def _joined(text: str) -> list[str]:
    """Return the lines, those that end with a backslash put together with the next one, where hashes stand."""
    return [line.strip() for line in re.sub(r"\\\r?\n", " ", text).splitlines()]


def _of_requirement(line: str) -> tuple[str, str] | None:
    plain = re.sub(r"\s+(#|--hash[ =]|--global-option|--config-settings).*$", "", line)
    try:
        found = Requirement(plain)
    except InvalidRequirement:  # a version of before PEP 440 is none, but tells which
        old = _PLAIN.fullmatch(plain)
        return (old["name"], old["version"]) if old else None
    if found.url:
        return found.name, _version_in(found.url, found.name)
    versions = [s.version for s in found.specifier if s.operator in ("==", "===")]
    return (found.name, versions[0]) if len(versions) == 1 and "*" not in versions[0] else None


def _of_editable(address: str) -> tuple[str, str] | None:
    """Return name and version of ``-e git+https://…@commit#egg=name`` or ``-e folder``."""
    parts = urlsplit(address)
    egg = re.search(r"(?:^|&)egg=([\w.-]+)", parts.fragment)
    name = egg[1] if egg else parts.path.rstrip("/").split("/")[-1].split("@")[0].removesuffix(".git")
    return (name, "") if re.fullmatch(r"[A-Za-z0-9][\w.-]*", name) else None


def _version_in(address: str, name: str) -> str:
    """Return the version that a wheel's or an archive's file name tells, or ""."""
    file = unquote(urlsplit(address).path).split("/")[-1]
    try:
        if file.endswith(".whl"):
            return str(parse_wheel_filename(file)[1])
        found, version = parse_sdist_filename(file)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return ""
    return str(version) if packages.canonical(found) == packages.canonical(name) else ""


# -- compared --------------------------------------------------------------------------------------


def compare(course: CourseConfig, names: Iterable[str], there: Mapping[str, str]) -> list[Row]:
    """Return a row per library that notebooks import, what drifted first.

    Raises
    ------
    UsageError
        If there is no such assignment.
    """
    known = assignments(course)
    wanted = list(names) or known
    for name in wanted:
        if name not in known:
            raise UsageError(
                f"{name!r}: no such assignment in {course.source}; nothing was compared.\n"
                f"There are: {', '.join(known) or 'none'}."
            )
    users: dict[str, list[str]] = {}
    installs: dict[str, frozenset[str]] = {}
    for name in wanted:
        source = read_source(course.source, course.references, name)
        installs[name] = _installed_by(source)
        for module, where in imported(source).items():
            if where != "helpers.py":  # only the grader imports it
                users.setdefault(module, []).append(name)
    rows = [_row(library, image, users, there, installs) for library, image in _image(course).items()]
    return sorted((r for r in rows if r), key=lambda r: (not r.is_drift, r.state is State.SAME, r.library))


def _image(course: CourseConfig) -> dict[str, str]:
    """Return what the image has: the lock's libraries and the course's packages, with their versions."""
    found = dict(packages.locked())
    for text in course.packages:
        one = packages.requirement(text)
        pinned = [s.version for s in one.specifier if s.operator == "=="]
        version = pinned[0] if pinned else packages.installed(one.name)
        found.setdefault(packages.canonical(one.name), version or "")
    return found


def _installed_by(source: Source) -> frozenset[str]:
    """Return what a notebook installs by itself: ``%pip install logomaker``."""
    found = set()
    for cell in source.notebook.cells:
        for line in _INSTALLS.finditer(cell.source) if cell.cell_type == "code" else ():
            names = (re.match(r"[A-Za-z0-9][\w.-]*", word.strip("'\"")) for word in line["words"].split())
            found |= {packages.canonical(name[0]) for name in names if name}
    return frozenset(found)


def _row(
    library: str,
    image: str,
    users: Mapping[str, list[str]],
    there: Mapping[str, str],
    installs: Mapping[str, frozenset[str]],
) -> Row | None:
    modules = sorted((packages.modules_of(library) - sys.stdlib_module_names) & users.keys())
    if not modules:
        return None
    version = there.get(library)
    used_by = tuple(dict.fromkeys(name for module in modules for name in users[module]))
    alone = version is None and all(library in installs[name] for name in used_by)
    return Row(
        library=library,
        image=image,
        there=version or "",
        state=State.INSTALLED if alone else _state(image, version),
        modules=tuple(modules),
        used_by=used_by,
        note=_note(library, version or ""),
    )


def _state(image: str, there: str | None) -> State:
    if there is None:
        return State.GONE
    try:
        ours, theirs = Version(image), Version(there)
    except InvalidVersion:
        return State.UNKNOWN
    if ours.public == theirs.public:
        return State.SAME
    counts = 2 if ours.major == theirs.major == 0 else 1  # below 1.0 a minor version may change anything
    return State.NEAR if ours.release[:counts] == theirs.release[:counts] else State.FAR


def _note(library: str, there: str) -> str:
    """Return whether students read that their version was not tried."""
    tried = packages.tried(library).get(library)
    try:
        found = Version(there).release[:2]
    except InvalidVersion:
        return ""
    if tried is None or Version(tried[0]).release[:2] <= found <= Version(tried[1]).release[:2]:
        return ""
    return f"outside {tried[0]} to {tried[1]}, as the first cell tells students"
