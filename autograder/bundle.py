"""The private bundle of one assignment: what the grader needs, and nothing else (*trusted*).

A bundle is a folder (or a zip of it) with ``bundle.json``, ``checks/<question>.py``, ``references/`` and
``private/``. Its public part, the manifest, holds no check and no private data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.errors import UsageError
from autograder.model import Question
from autograder.notebook import ManifestCell

SCHEMA = 1
CONTENT = ("checks", "references", "private")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSpec:
    """One check that must be concluded for every hand-in: the default is a fail."""

    question: str
    name: str
    title: str
    points: float
    hidden: bool
    after: tuple[str, ...] = ()
    timeout_s: float = 10.0
    isolated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A bundle's ``bundle.json``, and the folder it lies in."""

    folder: Path
    assignment: str
    title: str
    version: str
    questions: tuple[Question, ...]
    checks: tuple[CheckSpec, ...]
    cells: tuple[ManifestCell, ...]
    reference_cells: tuple[str, ...]
    limits: dict[str, float]
    files: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()
    digest: str = ""  # public: names the version of the checks
    secret: str = ""  # keys the randomness of hidden inputs; from the same bytes, but not from the digest

    def to_json(self) -> dict[str, Any]:
        """Return plain data without the folder."""
        data = asdict(self)
        del data["folder"]
        return {"schema": SCHEMA, **data}


def read_bundle(folder: Path) -> Bundle:
    """Read a bundle folder.

    Raises
    ------
    UsageError
        If there is none, or another version of this program made it.
    """
    path = folder / "bundle.json"
    try:
        data = json.loads(path.read_text())
    except FileNotFoundError:
        raise UsageError(f"{folder}: no bundle.json here.\nMake the bundle with: autograder release ASSIGNMENT") from None
    except ValueError as error:
        raise UsageError(f"{path}: {error}.\nMake the bundle again with: autograder release ASSIGNMENT") from None
    if data.get("schema") != SCHEMA:
        raise UsageError(f"{path}: schema {data.get('schema')!r}, this version reads {SCHEMA}.\nMake it again.")
    data.pop("schema")
    data["questions"] = tuple(Question(**q) for q in data["questions"])
    data["checks"] = tuple(CheckSpec(**{**c, "after": tuple(c["after"])}) for c in data["checks"])
    data["cells"] = tuple(ManifestCell(**c) for c in data["cells"])
    for key in ("reference_cells", "files", "preload"):
        data[key] = tuple(data[key])
    return Bundle(folder=folder, **data)


def digests(folder: Path, cells: Iterable[ManifestCell]) -> tuple[str, str]:
    """Return the public digest and the secret of a bundle's content (everything but ``bundle.json``)."""
    digest = hashlib.sha256(json.dumps([asdict(c) for c in cells], sort_keys=True).encode())
    for path in sorted(p for part in CONTENT for p in (folder / part).rglob("*") if p.is_file()):
        if "__pycache__" in path.parts:
            continue
        name = path.relative_to(folder).as_posix().encode()
        content = path.read_bytes()
        digest.update(len(name).to_bytes(8, "big") + name + len(content).to_bytes(8, "big") + content)
    content = digest.digest()
    return hashlib.sha256(b"digest" + content).hexdigest(), hashlib.sha256(b"secret" + content).hexdigest()
