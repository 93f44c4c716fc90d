"""What notebooks and checks can import here and in the image: built-in libraries, and the course's packages (*trusted*).

Built in is what the image's lock has, Python's own library, and the stand-ins for what Colab has. A course names the
rest, as in ``c.Autograder.packages = ["einops==0.8.2"]``. Which modules a library has is read off what is installed
here; of one that is not installed, its name is taken for its module's.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.requirements import Requirement

LOCK = Path(__file__).parent / "hosts" / "image" / "requirements.lock"
OURS = "autograder"
OURS_DISTRIBUTION = "autograder-notebooks"


def canonical(name: str) -> str:
    """Return a distribution's name as every index writes it: lower case, single hyphens."""
    return re.sub(r"[-_.]+", "-", name).lower()


@functools.cache
def locked() -> Mapping[str, str]:
    """Return what the image's lock has: canonical name -> version, without a build's own part (``+cpu``)."""
    pins = re.findall(r"^([\w.-]+)==([^\s+]+)", LOCK.read_text(), re.MULTILINE)
    return {canonical(name): version for name, version in pins}


def tried(*names: str) -> dict[str, tuple[str, str]]:
    """Return the first and the last minor version of libraries that we were tried with: ``{"torch": ("2.11", "2.13")}``.

    The first is the lower end of our own range, the last the lock's.
    """
    found: dict[str, tuple[str, str]] = {}
    for text in _needs(OURS_DISTRIBUTION):
        need = requirement_of_metadata(text)
        lowest = [s.version for s in need.specifier if s.operator == ">="] if need else []
        if need and lowest and need.marker is None and need.name in names and need.name in locked():
            found[need.name] = (lowest[0], ".".join(locked()[need.name].split(".")[:2]))
    return found


def requirement(text: str) -> Requirement:
    """Read a requirement.

    Raises
    ------
    ValueError
        With a few words, if it is none, or one that names an address.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        found = Requirement(text)
    except InvalidRequirement as error:
        raise ValueError(str(error).split("\n")[0]) from None
    if found.url:
        raise ValueError("it names an address; packages come from an index, by name and version")
    return found


def installed(name: str) -> str | None:
    """Return the version of a distribution that is installed here, None if it is not."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


@functools.cache
def modules_of(name: str) -> frozenset[str]:
    """Return the top-level modules of a distribution; of one that is not installed here, its name as a module's."""
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return frozenset({canonical(name).replace("-", "_")})
    told = (found.read_text("top_level.txt") or "").split()
    if not told:
        paths = [path for path in found.files or () if path.suffix in (".py", ".so", ".pyd")]
        told = [path.parts[0].split(".")[0] for path in paths if ".." not in path.parts]
    return frozenset(name.replace("/", ".").split(".")[0] for name in told)


def with_dependencies(requirements: Iterable[str]) -> frozenset[str]:
    """Return the canonical names of distributions and of all that they need, as far as they are installed here."""
    found: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = [requirement(text) for text in requirements]
    while todo:
        one = todo.pop()
        key = (canonical(one.name), frozenset(one.extras))
        if key in seen:
            continue
        seen.add(key)
        found.add(key[0])
        for text in _needs(one.name):
            need = requirement_of_metadata(text)
            extras = [*one.extras, ""]
            if need is not None and (
                need.marker is None or any(need.marker.evaluate({"extra": e}) for e in extras)
            ):
                todo.append(need)
    return frozenset(found)


def requirement_of_metadata(text: str) -> Requirement | None:
    """Read a requirement of a library's own metadata, which may be of any age; None for what is none today."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def _needs(name: str) -> list[str]:
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []


@functools.cache
def built_in() -> frozenset[str]:
    """Return the modules that every course has: the lock's, Python's, ours; without the stand-ins."""
    return frozenset({OURS}).union(sys.stdlib_module_names, *map(modules_of, locked()))


def of_packages(requirements: Iterable[str]) -> frozenset[str]:
    """Return the modules of a course's packages, and of what they need."""
    return frozenset().union(*map(modules_of, with_dependencies(requirements)))


def providers(module: str) -> list[str]:
    """Return, as requirements, the installed distributions that have a module."""
    found = metadata.packages_distributions().get(module, [])
    return sorted({f"{canonical(name)}=={installed(name)}" for name in found})


def unmet(requirements: Iterable[str]) -> list[str]:
    """Return in words which of a course's packages are not installed here, or in another version."""
    said = []
    for text in requirements:
        wanted = requirement(text)
        if wanted.marker is not None and not wanted.marker.evaluate():
            continue
        version = installed(wanted.name)
        if version is None:
            said.append(f"{text} is not installed here")
        elif not wanted.specifier.contains(version, prereleases=True):
            said.append(f"{wanted.name} {version} is installed here, and {text} is asked for")
    return said
