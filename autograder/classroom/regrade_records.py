"""What a stored result was made with, so that a later one can say why it differs (*trusted*).

Beside each result lies, under ``made_with``, a digest of everything that its verdicts rest on: each check's code, the
parts of the bundle that it asks for, the hand-in's files, the engine. A record of an earlier version has none, and
what is not known of it stays unknown. Of the result that stood there before under other checks, ``previous`` keeps
what a comparison needs: so a class that was graded anew, or half of it, can be compared at any time.
"""

from __future__ import annotations

import ast
import hashlib
import json
import platform
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from autograder import __version__, released
from autograder.bundle import Bundle, check_file, read_bundle
from autograder.engine import modules
from autograder.engine.batch import Job
from autograder.model import GradingResult
from autograder.packages import requirement

SCHEMA = 1
MAX_READ_BYTES = 512 << 20  # of one hand-in, to know whether it has changed: twice what is graded of it
RECORD = "grading.json"
PARTS = ("reference", "card", "weights", "private", "helpers")  # what a check has only if it asks for it
_LIBRARIES = ("numpy", "torch", "pandas", "scipy", "scikit-learn")
_MARKS = frozenset({"points", "after", "timeout", "isolated"})  # decorators that the check's own record holds
_FOR_CHECKS = (
    "checks",
    "first_cell",
    "metrics",
    "run_logs",
    "references",
    "bounds",
)  # ours that checks may import
_NO_JUDGES = tuple(
    f"autograder/{name}" for name in ("cli/", "hosts/", "report.", "results_json.", "leaderboard.")
)
_CHARS = 32  # of a digest: enough to tell versions apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A stored result, and what it was made with, as far as that is known."""

    result: GradingResult
    key: str = ""  # of the bundle and the hand-in's files
    made_with: dict[str, Any] | None = None
    previous: Record | None = None  # the result that stood here before, under another bundle
    digest: str = ""  # of the file

    @property
    def bundle(self) -> str:
        """The digest of the bundle, or nothing where an older record does not say."""
        return str(self.result.extra.get("bundle_digest", ""))

    @property
    def standing(self) -> Record:
        """What counts until something better is there: a fault of ours never replaces a score."""
        before = self.previous
        return before if not self.result.graded and before is not None and before.result.graded else self

    def had_hand_in(self, digest: str) -> bool | None:
        """Tell whether the hand-in was the one of this digest; None where nobody can know.

        The key is a hash of the bundle's digest and the hand-in's: also an old record gives this away.
        """
        if self.made_with is not None and self.made_with.get("hand_in"):
            return bool(self.made_with["hand_in"] == digest)
        if self.key and self.bundle:
            return self.key == key_of(self.bundle, bytes.fromhex(digest))
        return None


def hand_in_digest(job: Job) -> bytes:
    """Return a hash of a hand-in's files."""
    return released.files_digest(job.folder, set(), max_bytes=MAX_READ_BYTES)


def key_of(bundle_digest: str, hand_in_digest: bytes) -> str:
    """Return what makes a finished hand-in finished: its files and the version of the checks."""
    return hashlib.sha256(bundle_digest.encode() + hand_in_digest).hexdigest()


def read_record(folder: Path) -> Record | None:
    """Return the record in a student's folder of results; None if there is none, or a damaged one."""
    try:
        content = (folder / RECORD).read_bytes()
        return _record(json.loads(content), hashlib.sha256(content).hexdigest())
    except Exception:  # noqa: BLE001  whatever a damaged record raises
        return None


def _record(data: dict[str, Any], digest: str = "") -> Record:
    made = data.get("made_with")
    known = isinstance(made, dict) and made.get("schema") == SCHEMA
    previous = data.get("previous")
    return Record(
        result=GradingResult.from_json(data["result"]),
        key=str(data.get("key") or ""),
        made_with=made if known else None,
        previous=_record(previous) if isinstance(previous, dict) else None,
        digest=digest,
    )


class Facts:
    """What every result of a run over a class is made with, and the key of each hand-in."""

    def __init__(self, bundle: Bundle, memory_bytes: int, *, trust: bool = False) -> None:
        self.bundle = bundle
        self.made_with = made_with(bundle, memory_bytes, trust=trust)
        self._hand_ins: dict[str, str] = {}

    def key(self, job: Job) -> str:
        """Look at a hand-in's files, and return what makes it finished: these, and the version of the checks."""
        digest = hand_in_digest(job)
        self._hand_ins[job.name] = digest.hex()
        return key_of(self.bundle.digest, digest)

    def beside(self, student: str, folder: Path, result: GradingResult) -> dict[str, Any]:
        """Return what is stored in ``folder`` with a new result of a hand-in whose key was asked for."""
        return facts_beside(folder, result, self.made_with | {"hand_in": self._hand_ins[student]})


def facts_beside(folder: Path, result: GradingResult, made_with: dict[str, Any]) -> dict[str, Any]:
    """Return what is stored beside a new result in ``folder``: its facts, and what stood there under other checks."""
    old = read_record(folder)
    facts: dict[str, Any] = {"made_with": made_with}
    previous = None if old is None else _previous(old, result)
    return facts if previous is None else {**facts, "previous": _compact(previous)}


def _previous(old: Record, new: GradingResult) -> Record | None:
    """Return which earlier result is worth keeping beside a new one."""
    if old.bundle != new.extra.get("bundle_digest", "") or (old.result.graded and not new.graded):
        return old.standing
    return old.previous


def _compact(record: Record) -> dict[str, Any]:
    """Return a record as plain data, without what no comparison needs."""
    result = record.result.to_json()
    for check in result["checks"]:
        del check["fingerprints"], check["leaderboard"]
    keep = ("bundle_digest", "bundle_version", "autograder_version", "submission_sha256")
    result["extra"] = {key: result["extra"][key] for key in keep if key in result["extra"]}
    made = {} if record.made_with is None else {"made_with": record.made_with}
    return {"key": record.key, "result": result, **made}


# -- digests ---------------------------------------------------------------------------------------


def made_with(bundle: Bundle, memory_bytes: int, *, trust: bool = False) -> dict[str, Any]:
    """Return what every result of a run is made with; ``hand_in`` comes with each hand-in."""
    return {
        "schema": SCHEMA,
        "bundle": bundle.digest,
        "parts": _parts(bundle),
        "checks": _checks(bundle),
        "engine": {
            "version": __version__,
            "code": _engine_code(),
            "python": platform.python_version(),
            "libraries": _versions(bundle),
            "memory_bytes": memory_bytes,
            "sandbox": "trusted" if trust else "complete",
        },
    }


def of_folder(folder: Path, memory_bytes: int, *, trust: bool = False) -> dict[str, Any]:
    """Return the same for the bundle in a folder."""
    return made_with(read_bundle(folder), memory_bytes, trust=trust)


def _parts(bundle: Bundle) -> dict[str, str]:
    """Return a digest of each part of a bundle that checks rest on."""
    locked = [
        (c.cell_type, c.source, c.grade_id, c.train)
        for c in bundle.cells
        if c.kind == "locked" and c.grade_id != "first_cell"
    ]
    own_text = {
        c.source for c in bundle.cells if c.grade_id == "first_cell"
    }  # of the engine's, not the course's
    references = bundle.folder / "references"
    return {
        "reference": _of(*(cell for cell in bundle.reference_cells if cell not in own_text)),
        "card": _of_files(references / "card.json"),
        "weights": _of_files(references / "weights.safetensors"),
        "helpers": _of_files(references / "helpers.py"),
        "private": _of_files(bundle.folder / "private"),
        "public": _of_files(bundle.folder / "public"),
        "locked": _of(json.dumps(locked)),
        "limits": _of(json.dumps({k: v for k, v in bundle.limits.items() if k != "check_s"}, sort_keys=True)),
    }


def _checks(bundle: Bundle) -> dict[str, dict[str, Any]]:
    """Return for each check a digest of its code and of its rules, what it asks for and what it builds on."""
    found: dict[str, dict[str, Any]] = {}
    modules_read: dict[str, ast.Module] = {}
    for spec in bundle.checks:
        if spec.question not in modules_read:
            try:
                source = check_file(bundle.folder, spec.question).read_text(encoding="utf-8")
                modules_read[spec.question] = ast.parse(source)
            except (OSError, ValueError, SyntaxError):  # such a bundle grades nobody, and says so itself
                continue
        code, asked = _code_of(modules_read[spec.question], spec.name)
        found[f"{spec.question}/{spec.name}"] = {
            "code": _of(code),
            "rules": _of(json.dumps([spec.timeout_s, spec.isolated, spec.hidden])),
            "after": list(spec.after),
            # The course's own helpers may read what lies beside them.
            "uses": sorted(set(PARTS) & asked | ({"private"} if "helpers" in asked else set())),
        }
    return found


def _code_of(module: ast.Module, name: str) -> tuple[str, set[str]]:
    """Return a check and all that it calls in its cell, as text that no comment changes; and the names in it."""
    bound: dict[str, list[ast.stmt]] = {}
    taken: list[ast.stmt] = []  # what runs whatever is asked for
    for statement in module.body:
        names = _binds(statement)
        for one in names:
            bound.setdefault(one, []).append(statement)
        if not names and not _is_call_of_check(statement):
            taken.append(statement)
    todo, names_seen = [*taken, *bound.get(name, [])], {name}
    while todo:
        for node in ast.walk(todo.pop()):
            for one in _names(node) - names_seen:
                names_seen.add(one)
                new = [s for s in bound.get(one, []) if s not in taken]
                taken += new
                todo += new
    own = [s for s in bound.get(name, []) if s not in taken]
    text = [_plain(s, name) for s in module.body if s in taken or s in own]
    return "\n".join(text), names_seen


def _binds(statement: ast.stmt) -> set[str]:
    """Return the names that a statement at the top of a module gives a value."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    found: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.alias) and node.name != "*":
            found.add((node.asname or node.name).split(".")[0])
    return found


def _names(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.arg):
        return {node.arg}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.name.split(".")[0] for alias in node.names} | {getattr(node, "module", None) or ""}
    return set()


def _is_call_of_check(statement: ast.stmt) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "check"


def _plain(node: Any, root: str = "") -> str:
    """Return a syntax tree as text that is the same in every Python that reads it, without docstrings."""
    if isinstance(node, list):
        return "[" + ",".join(_plain(one, root) for one in node) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = {
        k: v for k, v in ast.iter_fields(node) if v not in (None, []) and k not in ("ctx", "type_comment")
    }
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        if ast.get_docstring(node, clean=False) is not None:
            fields["body"] = node.body[1:]
        if node.name == root:  # its name says where the check stands, its marks what it is worth
            fields["name"] = ""
            fields["decorator_list"] = [d for d in node.decorator_list if not _is_mark(d)]
    inside = ",".join(f"{key}={_plain(value, root)}" for key, value in fields.items())
    return f"{type(node).__name__}({inside})"


def _is_mark(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Name) and called.id in _MARKS


@cache
def _engine_code() -> str:
    """Return a digest of our code that a verdict can depend on, whatever the checks import; comments are none of it."""
    found = modules.engine([f"from autograder import {', '.join(_FOR_CHECKS)}"])
    names = sorted(name for name in found if not name.startswith(_NO_JUDGES))
    return _of(*(part for name in names for part in (name, _plain(ast.parse(found[name])))))


def _versions(bundle: Bundle) -> dict[str, str]:
    """Return the versions of the libraries that answers are computed with."""
    found: dict[str, str] = {}
    for name in (*_LIBRARIES, *(requirement(text).name for text in bundle.packages)):
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def _of(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()[:_CHARS]


def _of_files(path: Path) -> str:
    """Return a digest of a file, or of a folder's files; of what is not there, nothing."""
    if path.is_file():
        return _of(path.read_bytes())
    files = sorted(p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    parts = [part for p in files for part in (p.relative_to(path).as_posix(), p.read_bytes())]
    return _of(*parts) if parts else ""
