"""Handed-in files: list them, read them, run a script as its own program (*sandbox*).

A script runs as ``python predict.py --data …`` would, but in a fork: torch and its friends are imported
already. What it leaves behind are bytes, which the other side decodes.
"""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import shutil
import stat
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

MAX_FILE_BYTES = 32 << 20
MAX_FILES = 200
_TAIL = 4096  # bytes that the fork may say about how it ended

_folders: dict[str, Path] = {}
before_fork: list[Callable[[], None]] = []  # filled by the worker: ends torch's thread pool


def remember_folders(handed_in: str) -> None:
    """Note, before any of the student's code, where the files lie."""
    _folders["handed_in"], _folders["work"] = Path(handed_in).absolute(), Path.cwd()


def files() -> list[tuple[str, int]]:
    """Return name and size in bytes of every handed-in file but the notebooks, as handed in."""
    base = _folders["handed_in"]
    found = sorted(p for p in base.rglob("*") if p.is_file() and not p.is_symlink())[:MAX_FILES]
    return [
        (os.fsencode(p.relative_to(base)).decode("utf-8", "backslashreplace"), p.stat().st_size)
        for p in found
    ]


def read_file(name: str) -> bytes:
    """Return the bytes of a handed-in file, whatever the notebook has done to its copy since."""
    return _read(_folders["handed_in"] / name)


def _read(path: Path) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as file:
        facts = os.fstat(fd)
        if not stat.S_ISREG(facts.st_mode):
            raise ValueError(f"{path.name} is not an ordinary file")
        if facts.st_size > MAX_FILE_BYTES:
            raise ValueError(
                f"{path.name} has {facts.st_size >> 20} MB, at most {MAX_FILE_BYTES >> 20} are read"
            )
        return file.read(MAX_FILE_BYTES + 1)


def run_script(
    name: str, arguments: list[str], inputs: dict[str, bytes], outputs: list[str], beside: str = ""
) -> dict[str, Any]:
    """Run a script as ``__main__`` in a fork, in a new folder that holds ``inputs``; return what it left.

    The notebook's copy is taken, else the handed-in one: also where the notebook's is an unanswered stub.
    With ``beside``, a folder, it runs as a copy there, with the other scripts and without anything else of the
    notebook's folder.

    Returns
    -------
    ``{"found": False}``, or ``exit_code`` (negative: the signal), ``error`` (the class of what it raised and
    its bases), ``text``, ``line`` (in the script, 0 if none), ``outputs`` (the bytes of those that are
    there) and ``refused`` (why one that is there was not read).
    """
    there = [p for p in (_folders[k] / name for k in ("work", "handed_in")) if p.is_file()]
    script = next((p for p in there if not _is_stub(p)), there[0] if there else None)
    if script is None:
        return {"found": False}
    folder = Path(tempfile.mkdtemp(prefix="script-"))
    if beside:
        for source in (_folders["handed_in"], _folders["work"]):
            for path in source.glob("*.py"):
                with contextlib.suppress(OSError, ValueError):
                    (Path(beside) / path.name).write_bytes(_read(path))
        (Path(beside) / name).write_bytes(_read(script))
        script = Path(beside) / name
    try:
        for file_name, content in inputs.items():
            (folder / file_name).write_bytes(content)
        reading, writing = os.pipe()
        said = b""
        for prepare in before_fork:
            prepare()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            _run(script, arguments, folder, writing)
        os.close(writing)
        try:
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            os.set_blocking(reading, False)  # a process that the script left may hold the other end for ever
            with contextlib.suppress(BlockingIOError):
                said = os.read(reading, _TAIL)
        except BaseException:  # out of time
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
            os.waitpid(pid, 0)
            raise
        finally:
            os.close(reading)
        left, refused = {}, {}
        for wanted in outputs:
            try:
                left[wanted] = _read(folder / wanted)
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as error:
                refused[wanted] = str(error)[:200]
        report = {"error": [], "text": "", "line": 0}
        with contextlib.suppress(ValueError):
            report = json.loads(said)
        return {"found": True, "exit_code": code, **report, "outputs": left, "refused": refused}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_stub(script: Path) -> bool:
    """Tell whether a script is what a cell writes that nobody has answered yet."""
    with contextlib.suppress(OSError, ValueError):
        return _read(script).rstrip().endswith(b"raise NotImplementedError()")  # as nbgrader leaves it
    return False


def _run(script: Path, arguments: list[str], folder: Path, writing: int) -> None:
    """Be the script, then end this process."""
    report: dict[str, Any] = {"error": [], "text": "", "line": 0}
    code = 1
    try:
        os.closerange(3, writing)  # the notebook's connection to the grader is none of the script's business
        os.closerange(writing + 1, 4096)
        os.chdir(folder)
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        sys.stdin, sys.stdout, sys.stderr = (os.fdopen(os.dup(null), mode) for mode in ("r", "w", "w"))
        sys.argv = [str(script), *arguments]
        work = _folders["work"]  # beside other files than the notebook's, none of those are found
        inherited = [p for p in sys.path if script.parent in _folders.values() or Path(p) != work]
        sys.path[:] = [str(script.parent), *inherited]
        runpy.run_path(str(script), run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        report["text"] = end.code[:300] if isinstance(end.code, str) else ""
    except BaseException as error:  # noqa: BLE001  whatever a script raises is its result
        frames = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(script)]
        line = (error.lineno if isinstance(error, SyntaxError) else frames[-1] if frames else 0) or 0
        names = [c.__name__[:60] for c in type(error).__mro__[:8]]
        report = {"error": names, "text": _text(error), "line": line}
    finally:
        with contextlib.suppress(BaseException):
            os.write(writing, json.dumps(report).encode()[:_TAIL])
        os._exit(code & 0xFF)


def _text(error: BaseException) -> str:
    try:
        return str(error)[:300].encode("utf-8", "backslashreplace").decode()
    except BaseException:  # noqa: BLE001  a student's __str__ may do anything
        return ""
