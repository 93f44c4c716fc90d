"""otter's own ``assign``, and its own reader of the tests that this writes, in a process of their own (*trusted*).

    python -m autograder.author.dialects.otter_assign MASTER FOLDER

writes what ``otter assign`` writes into FOLDER (``autograder/``, ``student/``), and ``tests.json`` beside them: the
test files as otter's reader takes them, with the points of each case resolved by its rules. otter imports much
(pandas, nbconvert) and changes its working folder: our process does neither.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import ReleaseError, UsageError

TESTS = "tests.json"
ASSIGN_S = 600.0
_NEEDED = "masters of otter-assign need otter-grader: pip install 'autograder-notebooks[instructor]'"


class OtterRefused(Exception):
    """otter ended with an error; its text is otter's."""


@dataclass(frozen=True, slots=True)
class Case:
    """One test case as otter's reader takes it; ``code`` is doctest's text, or the function's source."""

    name: str
    code: str
    hidden: bool
    points: float
    success_message: str
    failure_message: str
    call: str = ""  # the function's name, of an exception-based test


@dataclass(frozen=True, slots=True)
class TestFile:
    """One question's tests; ``preamble`` is what an exception-based file has beside its tests."""

    __test__ = False  # pytest takes it for one of its classes

    name: str
    ok_format: bool
    all_or_nothing: bool
    cases: tuple[Case, ...]
    preamble: str = ""


@dataclass(frozen=True, slots=True)
class Assigned:
    """What ``otter assign`` made of a master."""

    folder: Path
    notebook: str  # file name of the students' notebook, and of the solution
    archive: Path  # what ``otter run`` grades with
    config: dict[str, Any]  # otter_config.json
    tests: tuple[TestFile, ...]

    @property
    def student(self) -> Path:
        """The folder that students get."""
        return self.folder / "student"

    @property
    def solution(self) -> Path:
        """The notebook with the instructor's answers, and no block marks."""
        return self.folder / "autograder" / self.notebook


def assign(master: Path, folder: Path) -> Assigned:
    """Run ``otter assign`` on a master; nothing is written but into ``folder``, which is new.

    Raises
    ------
    UsageError
        If otter is not installed.
    OtterRefused
        With otter's own words, if it refuses the master.
    ReleaseError
        If it does not end.
    """
    command = [sys.executable, "-m", "autograder.author.dialects.otter_assign", str(master), str(folder)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=ASSIGN_S,
            env=_environment(),
        )
    except subprocess.TimeoutExpired:
        raise ReleaseError(
            f"{master}: otter assign took more than {ASSIGN_S:g} s; nothing was written."
        ) from None
    if done.returncode == UsageError.exit_code:
        raise UsageError(_NEEDED)
    if done.returncode:
        raise OtterRefused(_last_words(done.stderr))
    return read_assigned(folder, master.name)


def read_assigned(folder: Path, notebook: str) -> Assigned:
    """Read what ``assign`` wrote."""
    archive = next((folder / "autograder").glob("*.zip"))
    with zipfile.ZipFile(archive) as files:
        names = files.namelist()
        config = json.loads(files.read("otter_config.json")) if "otter_config.json" in names else {}
    raw = json.loads((folder / TESTS).read_text(encoding="utf-8"))
    tests = tuple(TestFile(**{**one, "cases": tuple(Case(**case) for case in one["cases"])}) for one in raw)
    return Assigned(folder, notebook, archive, config, tests)


def _environment() -> dict[str, str]:
    """Return our environment; where otter's masters lie is their own business, our modules are found all the same."""
    ours = str(Path(__file__).resolve().parents[3])
    paths = [ours, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"}


def _last_words(stderr: str) -> str:
    """Return the error that a traceback ends with."""
    lines = [line.rstrip() for line in stderr.strip().split("\n")]
    starts = [i for i, line in enumerate(lines) if re.match(r"[\w.]*(Error|Exception|Interrupt)\b", line)]
    words = "\n".join(lines[starts[-1] :]) if starts else "\n".join(lines[-5:])
    return words[:1500] or "it said nothing"


# -- the process of its own ------------------------------------------------------------------------


def main(master: str, folder: str) -> int:
    """Assign, and describe the tests; returns the exit code."""
    try:
        from otter import assign as otter_assign
    except ImportError:
        return UsageError.exit_code
    _without_the_outside()
    otter_assign.main(master, folder, no_pdfs=True, no_run_tests=True)
    archive = next((Path(folder) / "autograder").glob("*.zip"))
    with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(archive) as files:
        names = sorted(n for n in files.namelist() if re.fullmatch(r"tests/[^/]+\.py", n))
        files.extractall(scratch, names)
        described = [_described(Path(scratch) / name) for name in names]
    (Path(folder) / TESTS).write_text(json.dumps(described), encoding="utf-8")
    return 0


def _without_the_outside() -> None:
    """Have otter make an archive whatever is configured, and none of what needs a login or a plugin's own library.

    Plugins are not run here, nothing is sent to Gradescope, and the tests are taken out of the archive.
    """
    from otter.assign.assignment import Assignment

    update = Assignment.update

    def updated(self: Any, config: dict[str, Any]) -> Any:
        config = {key: value for key, value in config.items() if key != "plugins"}
        generate = config.get("generate")
        if generate is False:
            config["generate"] = True
        if isinstance(generate, dict):
            left_out = ("token", "course_id", "assignment_id", "plugins")
            config["generate"] = {key: value for key, value in generate.items() if key not in left_out}
        return update(self, config)

    Assignment.update = updated


def _described(path: Path) -> dict[str, Any]:
    from otter.nbmeta_config import NBMetadataConfig
    from otter.test_files import create_test_file

    read = create_test_file(str(path), NBMetadataConfig())
    ok_format = type(read).__name__ == "OKTestFile"
    text = path.read_text(encoding="utf-8")
    sources = {} if ok_format else _functions(text)
    cases = []
    for case in read.test_cases:
        call = "" if ok_format else case.body.test_func.__name__
        cases.append(
            {
                "name": case.name,
                "code": case.body if ok_format else sources[call],
                "hidden": bool(case.hidden),
                "points": float(case.points),
                "success_message": case.success_message or "",
                "failure_message": case.failure_message or "",
                "call": call,
            }
        )
    return {
        "name": read.name,
        "ok_format": ok_format,
        "all_or_nothing": bool(read.all_or_nothing),
        "cases": cases,
        "preamble": "" if ok_format else _preamble(text),
    }


def _is_test(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(d, ast.Call) and ast.unparse(d.func).endswith("test_case") for d in node.decorator_list
    )


def _functions(text: str) -> dict[str, str]:
    """Return the source of each decorated test, without its decorator."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and _is_test(node):
            node.decorator_list = []
            found[node.name] = ast.unparse(node)
    return found


def _preamble(text: str) -> str:
    """Return what an exception-based file has beside its tests and otter's own names."""
    kept = []
    for node in ast.parse(text).body:
        names = (
            [t.id for t in node.targets if isinstance(t, ast.Name)] if isinstance(node, ast.Assign) else []
        )
        own = {"OK_FORMAT", "name", "points", "all_or_nothing"} & set(names)
        imported = isinstance(node, ast.ImportFrom) and (node.module or "").startswith("otter")
        if not (_is_test(node) or own or imported):
            kept.append(ast.unparse(node))
    return "\n".join(kept)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
