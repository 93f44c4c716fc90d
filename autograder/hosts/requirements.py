"""What an image needs installed for another tool's assignment, beside its locked libraries (*trusted*).

A brought course says it as its own tool wants it: in ``requirements.txt``, or in the master of otter's. What the notebook
imports and nothing of this names is pinned in the version that is installed here, with which the solution was graded.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from autograder.errors import UsageError
from autograder.hosts.pins import ENVIRONMENT
from autograder.packages import (
    OURS_DISTRIBUTION,
    built_in,
    canonical,
    installed,
    locked,
    modules_of,
    of_packages,
    providers,
    requirement,
)

FILE = "requirements.txt"
# What serves a notebook in its browser, or its release: nothing of it grades.
_TOOLS = frozenset(
    {"jupyter", "jupyterlab", "notebook", "nbclassic", "ipykernel", "ipywidgets", "nbgrader", "nbconvert", "nbclient",
     "otter-grader", "pip", "wheel", "jupyter-client", "jupyter-server", "jupyter-console", OURS_DISTRIBUTION}
)  # fmt: skip
_SHOWN = 5  # lines of a file that are named, of those that an image does not take


@dataclass(slots=True)
class Wanted:
    """Requirements as pip writes them, and what an instructor should know about those that were left out."""

    packages: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)  # files that could not be read, in words
    left_out: list[str] = field(default_factory=list)  # lines that name no package of an index
    locked: list[tuple[str, str]] = field(
        default_factory=list
    )  # lines that ask for another version, and what there is

    @property
    def notes(self) -> list[str]:
        """A sentence of each kind, whatever the number of lines: a course may freeze all of a machine."""
        made = list(self.absent)
        if self.left_out:
            made.append(
                f"{FILE}: {_several(list(map(repr, self.left_out)))} left out: an image takes packages of an index, by "
                "name and version"
            )
        if self.locked:
            asked = _several([repr(line) for line, _ in self.locked])
            there = ", ".join(have for _, have in self.locked[:_SHOWN])
            made.append(f"{FILE}: {asked} asked for; the image has {there}, and hand-ins run with that")
        return made


def _several(lines: list[str]) -> str:
    shown = ", ".join(lines[:_SHOWN])
    more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return f"{shown}{more} {'is' if len(lines) == 1 else 'are'}"


def wanted(files: Iterable[Path], needed: Iterable[str], packages: Iterable[str]) -> Wanted:
    """Return what to install: the course's ``packages``, what its files ask for, what ``needed`` modules come from.

    A distribution that the image's lock has stays in the lock's version.

    Raises
    ------
    UsageError
        If a needed module was installed here from an address or a folder, so that no index has it.
    """
    found = Wanted(list(packages))
    names = {canonical(requirement(text).name) for text in found.packages}
    needed = set(needed) - sys.stdlib_module_names
    for path in files:
        for line in _lines(path, found, set()):
            _take(line, names, needed, found)
    there = built_in() | of_packages(found.packages)
    there = there.union(*map(modules_of, names))
    for module in sorted(needed - there):
        here = {text.split("==")[0]: text for text in providers(module)}
        if here and not here.keys() & names:  # else a release has told that it is not installed here
            name = min(here)
            _refuse_address(module, name)
            names.add(name)
            found.packages.append(here[name])
    return found


def modules_in(text: str) -> set[str]:
    """Return the top-level modules that a Python file imports, wherever in it; of what is no Python, none."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError):
        return set()
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module and not n.level}
    return {name.split(".")[0] for name in names}


def _lines(path: Path, found: Wanted, read: set[Path]) -> list[str]:
    """Return a file's requirements, with those of the files that it includes, each once."""
    if path.resolve() in read:
        return []
    read.add(path.resolve())
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        found.absent.append(f"{path.name}: {error.strerror}; what it asks for is not installed in the image")
        return []
    lines: list[str] = []
    for raw in text.replace("\\\n", " ").splitlines():
        line = raw.split(" #")[0].strip()
        line = "" if line.startswith("#") else line.partition(" --")[0].strip() if line[:1] != "-" else line
        option, _, value = line.partition(" ")
        if option in ("-r", "--requirement"):
            lines += _lines(path.parent / value.strip(), found, read)
        elif line.startswith("-"):
            found.left_out.append(line[:80])
        elif line:
            lines.append(line)
    return lines


def _take(line: str, names: set[str], needed: set[str], found: Wanted) -> None:
    try:
        one = requirement(line)
    except ValueError:
        found.left_out.append(line[:80])
        return
    name = canonical(one.name)
    if one.marker is not None and not one.marker.evaluate({**ENVIRONMENT, "extra": ""}):
        return
    if name in locked():
        if not one.specifier.contains(locked()[name], prereleases=True):
            found.locked.append((line[:80], f"{name} {locked()[name]}"))
    elif name not in names and not (name in _TOOLS and not modules_of(name) & needed):
        names.add(name)
        found.packages.append(line.split(";")[0].strip())


def _refuse_address(module: str, name: str) -> None:
    """Refuse what came from a repository, the web or a working folder; conda's own builds name a folder, too, and pass."""
    try:
        told = json.loads(metadata.distribution(name).read_text("direct_url.json") or "{}")
    except (metadata.PackageNotFoundError, ValueError):
        return
    url = str(told.get("url", ""))
    if url.startswith("http") or "vcs_info" in told or told.get("dir_info", {}).get("editable"):
        raise UsageError(
            f"{module}: {name} {installed(name)} was installed here from {url[:120]}, and an image can only be given "
            f"packages of an index; nothing was packed.\nInstall a released version, or put its files beside the notebook."
        )
