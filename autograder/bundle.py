"""The private bundle of one assignment: what the grader needs, and nothing else (*trusted*).

A bundle is a folder with ``bundle.json``, ``checks/<question>.py``, ``references/``, ``private/`` and
``public/`` (the released side files). Its public part, the manifest, holds no check and no private data.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.errors import UsageError
from autograder.model import ManifestCell, Question

SCHEMA = 1
CONTENT = ("checks", "references", "private", "public")
FOREIGN = (
    "foreign.json",
    "notebooks/*/bundle.json",
)  # what another tool's tests say, and the notebooks' own digests


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
    imports: tuple[str, ...] = ()  # top-level modules that notebook and checks need, beside Python's own
    packages: tuple[str, ...] = ()  # those of the course's packages that have some of them
    data_url: str = ""  # where the released data files are, if anywhere
    digest: str = ""  # public: names the version of the checks
    secret: str = ""  # keys the randomness of hidden inputs; from the same bytes, but not from the digest
    # Of another tool's assignment (see foreign.py): the notebook's name, without .ipynb; where there are several, theirs,
    # each with a bundle of its own below notebooks/, and in such a bundle the names of the others.
    notebook: str = ""
    notebooks: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def max_score(self) -> float:
        """Points of all questions, a person's among them."""
        return round(sum(q.points for q in self.questions), 2)

    def to_json(self) -> dict[str, Any]:
        """Return plain data without the folder."""
        data = asdict(self)
        del data["folder"]
        return {"schema": SCHEMA, **data}


def read_bundle(folder: Path, assignment: str | None = None) -> Bundle:
    """Read a bundle folder, which must be that of ``assignment`` if one is named.

    Raises
    ------
    UsageError
        If there is none, it is another assignment's, or another version of this program made it.
    """
    path = folder / "bundle.json"
    again = "Make the bundle again with: autograder release ASSIGNMENT"
    try:
        data = json.loads(path.read_text())
        if not isinstance(data, dict):
            raise ValueError("it is no JSON object")
    except (FileNotFoundError, NotADirectoryError):
        what = "no bundle.json here" if folder.is_dir() else "not a bundle's folder"
        raise UsageError(f"{folder}: {what}.\nMake a bundle with: autograder release ASSIGNMENT") from None
    except (ValueError, OSError) as error:
        raise UsageError(f"{path}: {error}; nothing was read.\n{again}") from None
    schema = data.pop("schema", None)
    if schema != SCHEMA:
        raise UsageError(
            f"{path}: schema {schema!r}, this version reads {SCHEMA}; nothing was read.\n{again}"
        )
    try:
        data["questions"] = tuple(Question(**q) for q in data["questions"])
        data["checks"] = tuple(CheckSpec(**{**c, "after": tuple(c["after"])}) for c in data["checks"])
        data["cells"] = tuple(ManifestCell(**c) for c in data["cells"])
        for key in ("reference_cells", "files", "preload", "imports", "packages", "notebooks", "others"):
            data[key] = tuple(data.get(key, ()))
        bundle = Bundle(folder=folder, **data)
    except (KeyError, TypeError) as error:
        raise UsageError(f"{path}: {type(error).__name__}: {error}; nothing was read.\n{again}") from None
    if assignment not in (None, bundle.assignment):
        raise UsageError(
            f"{folder}: the bundle of {bundle.assignment!r}, not of {assignment!r}; nothing was graded."
        )
    return bundle


def check_file(folder: Path, question: str) -> Path:
    """Return where a bundle keeps a question's checks.

    That is ``<question>.py``, but for a name that pytest could not tell from another one's (it takes ``q1.1`` for
    ``q1_1``, and loads ``conftest``) or that is too long for a file.
    """
    plain = re.fullmatch(r"[\w\-]+", question) and question not in ("conftest", "__init__")
    if not plain or len(question.encode()) > 200:
        short = re.sub(r"\W", "_", question)[:40]
        question = f"{short}~{hashlib.sha256(question.encode()).hexdigest()[:16]}"
    return folder / "checks" / f"{question}.py"


def parts(bundle: Bundle) -> dict[str, Bundle]:
    """Return the bundles of an assignment's notebooks by the notebook's name: this one, or those below it."""
    if not bundle.notebooks:
        return {bundle.notebook or bundle.assignment: bundle}
    return {name: read_bundle(bundle.folder / "notebooks" / name) for name in bundle.notebooks}


def wanted_files(folder: Path) -> tuple[str, ...]:
    """Return the names of the handed-in files that a bundle's checks ask for, as they stand there as constants."""
    place = {"load_weights": 1, "run_script": 0, "read_file": 0}
    found: dict[str, None] = {}
    for path in sorted([*(folder / "checks").glob("*.py"), *(folder / "references").glob("helpers.py")]):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                at = place.get(node.func.attr)
                value = node.args[at] if at is not None and at < len(node.args) else None
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found[value.value] = None
    return tuple(name for name in found if "/" not in name)


def digests(bundle: Bundle) -> tuple[str, str]:
    """Return the public digest and the secret of a bundle: of all that a score can depend on."""
    content = bundle.to_json()
    for key in ("digest", "secret", "title", "version", "imports"):  # what is imported follows from the rest
        del content[key]
    for key in ("packages", "notebook", "notebooks", "others"):
        if not content[key]:  # so that a course without any keeps the digests that it had
            del content[key]
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode())
    found = [p for part in CONTENT for p in (bundle.folder / part).rglob("*") if p.is_file()]
    found += [p for pattern in FOREIGN for p in bundle.folder.glob(pattern)]
    for path in sorted(found):
        if "__pycache__" in path.parts:
            continue
        name = path.relative_to(bundle.folder).as_posix().encode()
        data = path.read_bytes()
        digest.update(len(name).to_bytes(8, "big") + name + len(data).to_bytes(8, "big") + data)
    whole = digest.digest()
    return hashlib.sha256(b"digest" + whole).hexdigest(), hashlib.sha256(b"secret" + whole).hexdigest()
