"""Where a notebook's own verdicts and ours differ, and why as far as can be seen (*trusted*).

``package()`` writes into ``manifest.json`` which visible checks passed in the student's kernel, with which versions,
and the digest of every file. All of it is a student's word: it changes no score, is decoded here within limits, and
what is quoted of it goes through ``safe``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from platform import python_version
from typing import Any, TypeGuard

from autograder import messages
from autograder.bundle import Bundle
from autograder.messages import safe
from autograder.model import CheckResult, Outcome

MAX_MANIFEST_BYTES = 1 << 20
MAX_ENTRIES = 500
MAX_CAUSES, MAX_TITLES = 6, 5
LIBRARIES = {
    "numpy": "numpy",
    "torch": "torch",
    "pandas": "pandas",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
}
_LIMITS = tuple(
    text.split("{")[0]
    for text in (
        *(messages.CPU_TIME, messages.WALL_TIME, messages.MEMORY, messages.NO_TIME_LEFT, messages.TOO_MUCH),
        *(messages.RUN_TIME, messages.FILES),
    )
)
_RESTORED = messages.RESTORED.partition("}")[2]
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a manifest says, decoded; texts are still a student's."""

    assignment: str
    bundle: str
    passed: dict[str, bool]  # visible check -> whether it passed in the student's kernel
    files: dict[str, str]  # name -> SHA-256
    versions: dict[str, str]
    device: str
    order: tuple[tuple[int, str, int], ...]  # cell, the name that it uses, the cell that defines it (0: none)


def read_claims(untrusted_bytes: bytes) -> Claims | None:
    """Return what the manifest of ``package()`` says, or None if these bytes are none; whatever they are, no error."""
    if len(untrusted_bytes) > MAX_MANIFEST_BYTES:
        return None
    try:
        data = json.loads(untrusted_bytes.decode("utf-8"))
    except (ValueError, RecursionError, MemoryError):
        return None
    if not isinstance(data, dict) or data.get("made_by") != "package()":
        return None
    checks, files, release = (_mapping(data.get(key)) for key in ("checks", "files", "release"))
    order = []
    for entry in data["order"][:MAX_ENTRIES] if isinstance(data.get("order"), list) else ():
        cell, name, defined = (_mapping(entry).get(key) for key in ("cell", "name", "defined"))
        if _is_number(cell) and _is_number(defined) and isinstance(name, str) and name[:100].isidentifier():
            order.append((cell, name[:100], defined))
    return Claims(
        assignment=_text(data.get("assignment")),
        bundle=_text(release.get("bundle")),
        passed={
            name: claim["passed"]
            for name, claim in checks.items()
            if isinstance(claim, dict) and isinstance(claim.get("passed"), bool)
        },
        files={
            name: facts["sha256"]
            for name, facts in files.items()
            if isinstance(facts, dict)
            and isinstance(facts.get("sha256"), str)
            and _DIGEST.fullmatch(facts["sha256"])
        },
        versions={k: v[:40] for k, v in _mapping(data.get("versions")).items() if isinstance(v, str)},
        device=_text(data.get("device")),
        order=tuple(order),
    )


def _mapping(value: object) -> dict[str, Any]:
    return dict(list(value.items())[:MAX_ENTRIES]) if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value[:200] if isinstance(value, str) else ""


def _is_number(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value < 100_000


@dataclass(frozen=True, slots=True)
class Parity:
    """What differs: sentences for the student, and per check, as plain data, what the sentences are made of."""

    notices: tuple[str, ...]
    checks: tuple[dict[str, Any], ...]


def compare(
    claims: Claims,
    bundle: Bundle,
    results: Sequence[CheckResult],
    digests: Mapping[str, str],
    notebook: str,
    notices: Sequence[str] = (),
) -> Parity:
    """Compare the visible checks' verdicts in the student's kernel with ours.

    Parameters
    ----------
    digests : the SHA-256 of every handed-in file by its name, relative to the manifest's folder
    notebook : the graded notebook's name there
    notices : what the student is told about the notebook already
    """
    if claims.assignment != bundle.assignment:
        return Parity((), ())
    common = _causes(claims, bundle, digests, notebook, notices)
    groups: dict[tuple[bool, tuple[str, ...]], list[CheckResult]] = {}
    for result in results:
        here = {Outcome.PASSED: True, Outcome.FAILED: False}.get(result.outcome)
        there = claims.passed.get(result.name)
        if result.hidden or here is None or there is None or here is there:
            continue
        causes = list(common)
        if not here and result.reason.startswith(_LIMITS):
            causes.insert(0, messages.PARITY_LIMITS)
        if not causes:
            causes.append(messages.PARITY_STALE if here else messages.PARITY_SEED)
        groups.setdefault((here, tuple(causes[:MAX_CAUSES])), []).append(result)
    found: list[dict[str, Any]] = []
    said = []
    for (here, why), checks in groups.items():
        titles = ", ".join(f"“{check.title}”" for check in checks[:MAX_TITLES])
        more = f" and {len(checks) - MAX_TITLES} more" if len(checks) > MAX_TITLES else ""
        sentence = messages.PARITY_PASSES_HERE if here else messages.PARITY_FAILS_HERE
        said.append(sentence.format(titles=titles + more, why="; ".join(why)))
        found += [
            {"question": c.question, "name": c.name, "there": not here, "here": here, "why": list(why)}
            for c in checks
        ]
    return Parity(tuple(said), tuple(found))


def _causes(
    claims: Claims, bundle: Bundle, digests: Mapping[str, str], notebook: str, notices: Sequence[str]
) -> list[str]:
    """Return what differs between there and here, the weightiest first."""
    causes = []
    packaged = {name for name in claims.files if name.lower().endswith(".ipynb")}
    same_notebook = any(claims.files[name] == digests.get(notebook) for name in packaged)
    if packaged and not same_notebook:
        causes.append(messages.PARITY_NOTEBOOK)
    for name, digest in claims.files.items():
        if name not in packaged and digests.get(name) != digest:
            told = messages.PARITY_FILE if name in digests else messages.PARITY_FILE_GONE
            causes.append(told.format(name=safe(name, 60)))
    if same_notebook or not packaged:
        for cell, name, defined in claims.order[:3]:
            told = messages.PARITY_ORDER if defined else messages.PARITY_DELETED
            causes.append(told.format(cell=cell, name=safe(name, 40), defined=defined))
    if any(_RESTORED in notice for notice in notices):
        causes.append(messages.PARITY_LOCKED)
    if claims.bundle and claims.bundle != bundle.digest[:16]:
        causes.append(messages.PARITY_RELEASE)
    for library, there in claims.versions.items():
        here = _version_here(library)
        if here and _short(here) != _short(there):
            causes.append(
                messages.PARITY_VERSION.format(library=safe(library, 20), there=safe(there, 20), here=here)
            )
    if claims.device.startswith("cuda"):
        causes.append(messages.PARITY_DEVICE)
    return causes


def _version_here(library: str) -> str:
    if library == "python":
        return python_version()
    try:
        return version(LIBRARIES[library]) if library in LIBRARIES else ""
    except PackageNotFoundError:
        return ""


def _short(text: str) -> list[str]:
    """Return the first two parts of a version: what follows mends, and changes no answer."""
    return text.partition("+")[0].split(".")[:2]
