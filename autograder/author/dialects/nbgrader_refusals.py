"""What nbgrader's notebooks can be refused for: which cell, what was found, what to do (*trusted*)."""

from __future__ import annotations

import json
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.gradebook import nbgrader_module

KERNELS = ("ir", "python", "python3")  # that nbgrader's InstantiateTests knows
_CELL_TYPES = ("code", "markdown", "raw")
_OPEN = "Open it in Jupyter and save it there."


def complaints(path: Path) -> list[str]:
    """Return a sentence for everything that nbgrader, or we, cannot make a release of; nothing is changed."""
    import nbformat

    name = path.name
    if path.is_dir():
        return [f"{name}: it is a folder. Give it a name without .ipynb, or take it away."]
    try:
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
        if not isinstance(raw, dict):
            return [f"{name}: it is no notebook (there is {str(raw)[:40]!r} in it, and no cells). {_OPEN}"]
        notebook = nbformat.read(path, as_version=4)
    except UnicodeDecodeError as error:
        return [
            f"{name}: it is not in UTF-8, as notebooks are (byte {error.start}). Save it in that encoding: {_OPEN}"
        ]
    except (ValueError, RecursionError) as error:
        return [f"{name}: it is no notebook ({_first(error)}). {_OPEN}"]
    except OSError as error:
        return [f"{name}: it cannot be read ({error.strerror}). Give yourself the right to."]
    except Exception as error:  # noqa: BLE001  nbformat's own
        return [f"{name}: nbformat cannot read it ({_first(error)}). {_OPEN}"]
    if not is_python(notebook):
        return [
            f"{name}: its language is {language(notebook)!r}; notebooks in Python are graded here. "
            "It stays with nbgrader: move it into an assignment of its own."
        ]
    return _cells(name, notebook)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep nbgrader's log and its libraries' warnings off the terminal: what matters in them is said by us.

    The log is everybody's in this process, so it is afterwards as it was.
    """
    from traitlets.log import get_logger

    logs = {logging.getLogger("traitlets"), get_logger()}
    before = [(log, log.disabled, log.level) for log in logs]
    for log in logs:
        log.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for log, disabled, level in before:
            log.disabled = disabled
            log.setLevel(level)


def _cells(name: str, notebook: Any) -> list[str]:
    validator = nbgrader_module("nbgrader.nbgraderformat").MetadataValidator()
    found: list[str] = []
    first: dict[str, int] = {}
    for number, cell in enumerate(notebook.cells, 1):
        if cell.get("cell_type") not in _CELL_TYPES:
            what = f"its type is {cell.get('cell_type')!r}, and notebooks have {', '.join(_CELL_TYPES)}"
            found.append(f"{name}, cell {number} ({_shown({}, cell)}): {what}. {_OPEN}")
            continue
        metadata = cell.get("metadata", {}).get("nbgrader")
        if metadata is None:
            continue
        where = f"{name}, cell {number} ({_shown(metadata, cell)})"
        try:
            with quiet():
                validator.upgrade_cell_metadata(cell)
                validator.validate_cell(cell)
        except Exception as error:  # noqa: BLE001  jsonschema's, nbgrader's, or a KeyError of theirs
            found.append(f"{where}: {_why(error, metadata)}")
            continue
        metadata = cell.metadata.get("nbgrader", {})
        if not (metadata.get("grade") or metadata.get("solution") or metadata.get("locked")):
            continue
        grade_id = str(metadata["grade_id"])
        if grade_id in first:
            found.append(
                f"{where}: cell {first[grade_id]} has the same grade_id. "
                "Give one of them another in nbgrader's toolbar (View ▸ Cell Toolbar ▸ Create Assignment)."
            )
        first.setdefault(grade_id, number)
    return found


def _shown(metadata: Any, cell: Any) -> str:
    grade_id = metadata.get("grade_id") if isinstance(metadata, dict) else None
    return (
        f"grade_id {grade_id!r}"
        if grade_id
        else repr(str(cell.get("source", "")).strip().split("\n")[0][:40])
    )


def _why(error: Exception, metadata: Any) -> str:
    message = _first(error)
    if "too new" in message:
        return f"its metadata are of a later nbgrader ({message}). Update nbgrader here."
    if "grade_id" in message and ("empty" in message or "does not have" in message):
        return "its grade_id is blank. Give it one in nbgrader's toolbar."
    if isinstance(error, KeyError):
        return f"its nbgrader metadata lack {error}. Set the cell's type again in nbgrader's toolbar."
    where = ".".join(str(part) for part in getattr(error, "absolute_path", ()))
    shown = f"{where}: {message}" if where else message
    if len(shown) > 200:
        shown = f"{shown[:200]}…"
    return f"its nbgrader metadata are not valid ({shown}). Set the cell's type again in nbgrader's toolbar."


def notes_of(path: Path) -> list[str]:
    """Return what was upgraded for the release while the file stays as it is."""
    import nbformat

    raw = json.loads(path.read_text(encoding="utf-8-sig"))
    found = []
    if raw.get("nbformat") in (1, 2, 3):
        found.append(
            f"{path.name}: it has the old notebook format {raw['nbformat']}; released in format 4. {_OPEN}"
        )
    notebook = nbformat.read(path, as_version=4)
    metadata = [cell.metadata["nbgrader"] for cell in notebook.cells if "nbgrader" in cell.metadata]
    old = sorted({m.get("schema_version", 0) for m in metadata} - {3})
    if old:
        shown = ", ".join(str(version) for version in old)
        found.append(
            f"{path.name}: nbgrader metadata of schema {shown}; released as schema 3. "
            "`nbgrader update .` does the same to the file."
        )
    return found


def language(notebook: Any) -> str:
    """Return the language of a notebook's kernel; Python's where nothing is said."""
    kernel, info = notebook.metadata.get("kernelspec", {}), notebook.metadata.get("language_info", {})
    return str(kernel.get("language") or info.get("name") or kernel.get("name") or "python")


def is_python(notebook: Any) -> bool:
    """Tell whether a notebook's kernel speaks Python, whatever the kernel's own name is."""
    name = language(notebook).lower()
    return bool(re.match(r"i?python|py\d|conda|xpython|pyodide|venv|\.venv", name))


def words_of(name: str, error: Exception) -> str:
    """Return what a person reads when one of nbgrader's own steps refused a notebook."""
    kind = type(error).__name__
    if kind == "CellExecutionError":
        text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip().split("\n")
        return (
            f"{name}: its tests could not be instantiated: the solution stops when AUTOTEST runs it: {text[-1][:300]}\n"
            "Run the notebook from the top in Jupyter, and correct that cell."
        )
    if isinstance(error, FileNotFoundError):
        return f"{name}: {error.filename or error}: no such file, and AUTOTEST needs it. Put autotests.yml into the course's folder."
    return f"{name}: nbgrader's generate_assignment refuses it: {kind}: {_first(error)[:300]}. Correct that cell."


def _first(error: BaseException) -> str:
    return (str(error) or type(error).__name__).strip().split("\n")[0]
