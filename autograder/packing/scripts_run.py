"""A handed-in program, tried as the grader tries it: on ten rows, in a fresh folder and process (*student side*)."""

from __future__ import annotations

import ast
import gzip
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from autograder.packing.records import Expected, Found

SCRIPT_S = 120.0
ROWS = 10


def imported_beside(script: Path) -> list[Path]:
    """Return the .py files beside a script that it imports, and those that these import."""
    found: dict[str, Path] = {}
    todo = [script]
    while todo:
        path = todo.pop()
        try:
            nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, SyntaxError, RecursionError):
            continue
        modules = [a.name for n in nodes if isinstance(n, ast.Import) for a in n.names]
        modules += [n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module and not n.level]
        for name in {m.split(".")[0] for m in modules}:
            beside = script.with_name(f"{name}.py")
            if beside.is_file() and name not in found and beside != script:
                found[name] = beside
                todo.append(beside)
    return [found[name] for name in sorted(found)]


def first_rows(path: Path) -> bytes:
    """Return the header and the first ten rows of a table of text, gzipped or not."""
    raw = path.read_bytes()
    text = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    return b"".join(text.splitlines(keepends=True)[: 1 + ROWS])


def try_script(
    script: Path, expected: Expected, beside: list[Path], data_file: Callable[[str], Path], found: Found
) -> None:
    """Run a script on ten rows, with the other handed-in files beside it and nothing else; add what came of it."""
    try:
        rows = first_rows(data_file(expected.rows))
    except (OSError, ValueError, EOFError) as error:
        found.remarks.append(f"{script.name}: not tried, as {expected.rows} could not be read ({error})")
        return
    folder = Path(tempfile.mkdtemp(prefix="package-"))
    try:
        for path in (script, *beside):
            (folder / "handed_in").mkdir(exist_ok=True)
            shutil.copy(path, folder / "handed_in" / path.name)
        (folder / "rows.txt").write_bytes(rows)
        said = _run_script(folder, script.name, expected)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if said:
        found.missing.append(f"{script.name}: {said}")
    else:
        found.good.append(f"{script.name}: ran on {ROWS} rows from another folder and wrote {expected.out}")


def _run_script(folder: Path, name: str, expected: Expected) -> str:
    """Return what is wrong with a run, or nothing."""
    program = folder / "handed_in" / name
    try:
        ran = subprocess.run(
            [sys.executable, str(program), *expected.arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=SCRIPT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it did not end within {SCRIPT_S:g} s for {ROWS} rows"
    except OSError as error:
        return f"it could not be started here ({error})"
    if ran.returncode:
        lines = [line.strip() for line in ran.stderr.splitlines() if line.strip()]
        at = [
            line.rpartition(", line ")[2].split(",")[0]
            for line in lines
            if str(program) in line and ", line " in line
        ]
        where = f" in its line {at[-1]}" if at else ""
        said = (
            (lines[-1] if lines else "it said nothing")
            .replace(str(folder / "handed_in"), ".")
            .replace(str(folder), ".")
        )
        return f"on {ROWS} rows it ended with exit code {ran.returncode}{where}: {said[:300]}"
    out = folder / expected.out
    if not out.is_file():
        return f"it ended without an error, and wrote no {expected.out} where it was told to"
    count = sum(1 for line in out.read_bytes().splitlines() if line.strip())
    if count < ROWS:
        return f"it was given {ROWS} rows and wrote {count} lines"
    return ""
