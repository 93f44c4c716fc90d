"""Read a handed-in notebook, find its cells again, restore the locked ones (*trusted*).

Bytes from a student are parsed here with caps and taken apart into plain strings; metadata, ids, tags
and stored outputs are decoration. Cells are identified by the marker on their first line, then by
nbgrader's metadata, then by the cell id, because Colab drops some of these.
"""

from __future__ import annotations

import base64
import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from autograder import messages
from autograder.errors import SubmissionError
from autograder.model import ManifestCell

MAX_NOTEBOOK_BYTES = 40 << 20
MAX_CELLS = 2000
MAX_BRACKETS = 2_000_000
MAX_SOURCE_CHARS = 1 << 20
# Of all cells of the executed notebook, as JSON, where a byte of Latin-1 becomes six; see grade.MAX_LINE_BYTES.
SOURCE_BYTES = 80 << 20
ATTACHMENT_BYTES = 8 << 20  # of pictures that cells of prose hold, as Jupyter keeps a pasted screenshot
# On the first line, or on the second below a cell magic: ``%%writefile predict.py``.
MARKER = re.compile(r"^(?:%%[^\n]*\n)?\s*(?:#|<!--)\s*(locked|answer|check|manual):\s*([A-Za-z0-9_\-]+)")
# Kept of a student's outputs. Not text/html, image/svg+xml, text/markdown or text/latex: a page that shows
# them to staff would run what they hold; every one of them comes with a text/plain.
IMAGES = frozenset({"image/png", "image/jpeg"})
_CHECK_NAME = re.compile(r"^def (test_\w+)", re.MULTILINE)
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
# What could fool a reader or a terminal: control characters but tab, newline, return and colours; bidi marks.
_ODD = re.compile(
    r"\x1b(?!\[[0-9;]{0,20}m)|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)
_ARCHIVE_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b")
_CLEAR = "clear its outputs (Edit ▸ Clear all outputs) and save it first"
_CUT = {"output_type": "stream", "name": "stderr", "text": "… outputs cut here: there are too many …\n"}


@dataclass(slots=True)
class Cell:
    """One cell of a hand-in, reduced to what grading needs; ``number`` counts code cells from 1."""

    cell_type: str
    source: str
    cell_id: str = ""
    grade_id: str = ""  # from the marker, the metadata or the id; "" for the student's own cells
    nbgrader_id: str = ""  # from the metadata alone
    kind: str = ""  # locked, check, answer, manual or ""
    number: int = 0
    run: bool = True
    outputs: list[dict[str, Any]] = field(default_factory=list)
    execution_count: int | None = None
    attachments: dict[str, dict[str, str]] = field(
        default_factory=dict
    )  # name → type → base64; pictures only
    otter_tests: tuple[str, ...] = ()  # questions that otter checks after this cell, by the cell's metadata
    otter_ignores: bool = False


def marker_of(source: str) -> tuple[str, str]:
    """Return (kind, grade_id) of the marker on the first line, or two empty strings."""
    found = MARKER.match(source[:400])
    return (found.group(1), found.group(2)) if found else ("", "")


def parse(untrusted_bytes: bytes) -> list[Cell]:
    """Read a notebook's cells.

    Raises
    ------
    SubmissionError
        With the reason in words, for everything that is not a notebook of format 4 with cells.
    """

    def refuse(reason: str) -> SubmissionError:
        return SubmissionError(messages.UNREADABLE.format(reason=reason))

    if not untrusted_bytes.strip():
        raise refuse("the file is empty")
    if untrusted_bytes.startswith(_ARCHIVE_MAGIC):
        raise SubmissionError(messages.UNREADABLE_ARCHIVE)
    if untrusted_bytes.startswith(b"%PDF"):
        raise refuse("it is a PDF with a notebook's name")
    if len(untrusted_bytes) > MAX_NOTEBOOK_BYTES:
        raise refuse(f"it has more than {MAX_NOTEBOOK_BYTES >> 20} MB; {_CLEAR}")
    text = _decoded(untrusted_bytes)
    if text.lstrip()[:1] == "<":
        raise refuse("it is a web page, not a notebook")
    if "<<<<<<< " in text and ">>>>>>> " in text:
        raise refuse("it holds the marks of a Git merge conflict")
    if text.count("[") + text.count("{") > MAX_BRACKETS:  # each costs a byte here and 64 in memory
        raise refuse(f"it holds too many lists; {_CLEAR}")
    try:
        data = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=lambda _: None)
    except RecursionError:
        raise refuse("it is nested too deeply") from None
    except MemoryError:
        raise refuse("it needs too much memory to be read") from None
    except _DuplicateKeyError as error:
        raise refuse(f"the key {messages.safe(error.args[0], 30)!r} stands in it twice") from None
    except ValueError as error:
        if not text.lstrip().startswith(("{", "[")):
            raise refuse(
                "it is no notebook but plain text, perhaps a script with a notebook's name"
            ) from None
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise refuse(f"it is not valid JSON{where}, as after a download that was cut short") from None
    if not isinstance(data, dict):
        raise refuse("it is JSON, but not a notebook")
    version = data.get("nbformat")
    if version in (1, 2, 3):
        raise refuse(f"it has the old format {version}; open it in Jupyter or Colab and save it once")
    if version is not None and version != 4:
        shown = version if type(version) in (int, float, str) else "?"  # a list may be too deep to be shown
        raise refuse(f"it says format {messages.safe(shown, 10)}; format 4 is read")
    cells = data.get("cells")
    if not isinstance(cells, list) or not cells:
        raise refuse("it has no cells")
    if len(cells) > MAX_CELLS:
        raise refuse(f"it has {len(cells)} cells; at most {MAX_CELLS} are read")
    return _take_cells(cells)


def _decoded(untrusted_bytes: bytes) -> str:
    """Return a notebook's text: UTF-8, UTF-16 as Windows' "Unicode", or one of its older code pages."""
    found = json.detect_encoding(untrusted_bytes)
    for encoding in ("utf-8-sig" if found == "utf-8" else found, "cp1252"):
        with suppress(UnicodeDecodeError):
            return untrusted_bytes.decode(encoding)
    return untrusted_bytes.decode("latin-1")


class _DuplicateKeyError(ValueError):
    pass


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _DuplicateKeyError(key)
            seen.add(key)
    return found


def _take_cells(raw_cells: list[Any]) -> list[Cell]:
    cells = []
    number, room = 0, ATTACHMENT_BYTES
    for raw in raw_cells:
        if not isinstance(raw, dict) or raw.get("cell_type") not in ("code", "markdown", "raw"):
            continue
        source = raw.get("source", "")
        if isinstance(source, list):
            source = "".join(part for part in source if isinstance(part, str))
        if not isinstance(source, str):
            continue
        source = source[:MAX_SOURCE_CHARS].replace("\r\n", "\n").replace("\r", "\n")
        source = source.encode("utf-8", "replace").decode("utf-8")  # lone surrogates
        cell = Cell(raw["cell_type"], source)
        metadata = raw["metadata"] if isinstance(raw.get("metadata"), dict) else {}
        cell_id = raw.get("id", metadata.get("id"))  # Colab keeps it in the metadata
        if isinstance(cell_id, str):
            cell.cell_id = cell_id[:64]
        cell.kind, cell.grade_id = marker_of(source)
        nbgrader = metadata.get("nbgrader")
        if isinstance(nbgrader, dict) and isinstance(nbgrader.get("grade_id"), str):
            cell.nbgrader_id = nbgrader["grade_id"][:100]
        cell.grade_id = cell.grade_id or cell.nbgrader_id
        _take_otter_marks(cell, metadata)
        if cell.cell_type == "code":
            number += 1
            cell.number = number
        else:
            cell.attachments, room = _take_pictures(raw.get("attachments"), room)
        cells.append(cell)
    if not cells:
        raise SubmissionError(messages.UNREADABLE.format(reason="it has no cells"))
    return cells


def _take_otter_marks(cell: Cell, metadata: dict[str, Any]) -> None:
    """Read what otter keeps in a cell's metadata; it counts in hand-ins of otter's assignments only."""
    otter, tags = metadata.get("otter"), metadata.get("tags")
    otter = otter if isinstance(otter, dict) else {}
    tests = otter.get("tests")
    if isinstance(tests, list):
        cell.otter_tests = tuple(test[:200] for test in tests[:50] if isinstance(test, str))
    cell.otter_ignores = otter.get("ignore") is True or (isinstance(tags, list) and "otter_ignore" in tags)


def _take_pictures(raw: object, room_bytes: int) -> tuple[dict[str, dict[str, str]], int]:
    """Return a cell's attached pictures, as far as there is room, and the room that is left."""
    found: dict[str, dict[str, str]] = {}
    for name, kinds in raw.items() if isinstance(raw, dict) else ():
        for kind, value in kinds.items() if isinstance(kinds, dict) else ():
            data = "".join(v for v in value if isinstance(v, str)) if isinstance(value, list) else value
            if kind not in IMAGES or not isinstance(data, str) or len(name) > 200:
                continue
            if len(data) <= room_bytes and _BASE64.fullmatch(data):
                found[name] = {kind: "".join(data.split())}
                room_bytes -= len(data)
    return found, room_bytes


def recognised(cells: list[Cell], manifest: list[ManifestCell]) -> int:
    """Return how many of the assignment's cells a notebook has; 0 for another assignment's notebook.

    All assignments call their questions q1, q2, …; what tells them apart is the visible checks in them.
    A notebook that has none of ours and some of another's would get a zero by accident.
    """
    if _has_only_foreign_checks(cells, manifest):
        return 0
    known = {m.grade_id for m in manifest if m.grade_id}
    ids = {m.cell_id: m.grade_id for m in manifest if m.cell_id and m.grade_id}
    return len({c.grade_id or ids.get(c.cell_id, "") for c in cells} & known)


def identify(cells: list[Cell], manifest: list[ManifestCell]) -> int:
    """Name the cells of another tool's notebook by nbgrader's metadata, and return how many of its cells there are.

    A first line that looks like a marker of ours says nothing here. Where an editor has dropped the metadata, a cell is
    found again by its id, or a locked one by its text.
    """
    named = {m.grade_id for m in manifest if m.grade_id}
    for cell in cells:
        cell.kind, cell.grade_id = "", cell.nbgrader_id if cell.nbgrader_id in named else ""
    ids = {m.cell_id: m.grade_id for m in manifest if m.cell_id and m.grade_id}
    for cell in cells:
        there = {c.grade_id for c in cells}
        if not cell.grade_id and ids.get(cell.cell_id, "") not in there:
            cell.grade_id = ids.get(cell.cell_id, "")
    there = {c.grade_id for c in cells}
    texts = {
        m.source.strip(): m.grade_id for m in manifest if m.kind in ("check", "locked") and m.source.strip()
    }
    for cell in cells:
        name = texts.get(cell.source.strip(), "") if not cell.grade_id else ""
        if name and name not in there:
            cell.grade_id = name
            there.add(name)
    return len(there & named)


def answered(cells: list[Cell], manifest: list[ManifestCell]) -> int:
    """Return how many answers a notebook has: cells for them that are not as released, a person's ones too."""
    by_grade_id = {m.grade_id: m for m in manifest if m.grade_id}
    by_cell_id = {m.cell_id: m for m in manifest if m.cell_id and m.grade_id}
    found = set()
    for cell in cells:
        known = by_grade_id.get(cell.grade_id) or by_cell_id.get(cell.cell_id)
        if known is None or known.kind not in ("answer", "manual"):
            continue
        if cell.source.split() != known.source.split() and "raise NotImplementedError()" not in cell.source:
            found.add(known.grade_id)
    return len(found)


def _has_only_foreign_checks(cells: list[Cell], manifest: list[ManifestCell]) -> bool:
    ours = {m.grade_id: set(_CHECK_NAME.findall(m.source)) for m in manifest if m.kind == "check"}
    there = [(ours[c.grade_id], set(_CHECK_NAME.findall(c.source))) for c in cells if ours.get(c.grade_id)]
    alike = any(wanted & found for wanted, found in there)
    return not alike and any(found for _, found in there)


def restore(cells: list[Cell], manifest: list[ManifestCell]) -> tuple[list[Cell], list[str]]:
    """Put the locked cells back and mark what is not run.

    Returns the cells to work on, in the student's order, and notices for the student. Locked cells get
    the released source; check cells are never run in the student's process; cells of long training are
    skipped; a deleted locked or check cell is put back after its predecessor.
    """
    by_grade_id = {m.grade_id: m for m in manifest if m.grade_id}
    by_cell_id = {m.cell_id: m for m in manifest if m.cell_id and m.grade_id}
    found: dict[str, int] = {}
    changed = missing = 0
    notices: list[str] = []
    for cell in cells:
        known = by_grade_id.get(cell.grade_id) or by_cell_id.get(cell.cell_id)
        if known is None or known.cell_type != cell.cell_type:
            cell.kind, cell.grade_id = "", ""
            continue
        cell.kind, cell.grade_id = known.kind, known.grade_id
        found[known.grade_id] = found.get(known.grade_id, 0) + 1
        first = found[known.grade_id] == 1
        if known.kind == "check":
            cell.run = False
            changed += first and cell.source.strip() != known.source.strip()
        elif known.kind == "locked" and first:
            changed += cell.source.strip() != known.source.strip()
            cell.run = not known.train
        elif known.kind == "answer" and known.train:
            cell.run = False  # a person looks at what it did in Colab
        if known.kind in ("check", "locked") and first:
            cell.source = known.source
        elif known.kind in ("check", "locked"):
            cell.kind = ""  # a copy of a locked cell is the student's own cell
            cell.run = known.kind == "locked" and not known.train
    for label, count in found.items():
        if count > 1 and by_grade_id[label].kind in ("check", "locked"):
            notices.append(messages.DUPLICATE.format(label=messages.safe(label, 40), count=count))
    cells, missing = _put_back(cells, manifest, set(found))
    if changed:
        notices.insert(0, messages.RESTORED.format(count=changed))
    if missing:
        notices.insert(0, messages.MISSING_CELLS.format(count=missing))
    return cells, notices


def _put_back(cells: list[Cell], manifest: list[ManifestCell], found: set[str]) -> tuple[list[Cell], int]:
    cells = list(cells)
    missing = 0
    position = 0  # after the last cell of the manifest that stands in the notebook
    for known in manifest:
        if not known.grade_id:
            continue
        if known.grade_id in found:
            position = next(i for i, c in enumerate(cells) if c.grade_id == known.grade_id) + 1
        elif known.kind in ("locked", "check") and known.cell_type == "code":
            run = known.kind == "locked" and not known.train
            cells.insert(
                position, Cell("code", known.source, grade_id=known.grade_id, kind=known.kind, run=run)
            )
            position += 1
            missing += 1
    return cells, missing


def clean_outputs(untrusted_outputs: object, room_bytes: int) -> tuple[list[dict[str, Any]], int]:
    """Return only well-formed nbformat outputs of known types, images as base64, and their size as JSON.

    What does not fit into ``room_bytes`` is left out: the student's process may say far more than it did.
    """
    cleaned: list[dict[str, Any]] = []
    used = 0
    for output in untrusted_outputs if isinstance(untrusted_outputs, list) else []:
        if not isinstance(output, dict):
            continue
        made = _clean_output(output) if _raw_size(output) <= room_bytes - used else _CUT
        size = len(json.dumps(made))
        if made is not None and made is not _CUT and size <= room_bytes - used:
            cleaned.append(made)
            used += size
        elif made is not None and cleaned[-1:] != [_CUT]:
            cleaned.append(_CUT)
    return cleaned, used


def _raw_size(output: dict[str, Any]) -> int:
    """Return the bytes and characters of an output, before anything is converted."""
    values = [*output.values()]
    for value in (output.get("data"), output.get("traceback")):
        values += value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return sum(len(value) for value in values if isinstance(value, (str, bytes)))


def _clean_output(output: dict[str, Any]) -> dict[str, Any] | None:
    # Types before values: to compare an array, or a handle, with a string is an error.
    kind, name, text = (
        v if isinstance(v, str) else "" for v in map(output.get, ("output_type", "name", "text"))
    )
    if kind == "stream" and name in ("stdout", "stderr"):
        return {"output_type": kind, "name": name, "text": _ODD.sub("", text)}
    if kind in ("display_data", "execute_result") and isinstance(output.get("data"), dict):
        data: dict[str, str] = {}
        for mime, value in output["data"].items():
            if mime == "text/plain" and isinstance(value, str):
                data[mime] = _ODD.sub("", value)
            elif mime in IMAGES and isinstance(value, bytes):
                data[mime] = base64.b64encode(value).decode()
            elif mime in IMAGES and isinstance(value, str) and _BASE64.fullmatch(value):
                data[mime] = value
        if not data:
            data["text/plain"] = "(an output that is not shown here)"
        entry: dict[str, Any] = {"output_type": kind, "data": data, "metadata": {}}
        if kind == "execute_result":
            count = output.get("execution_count")
            entry["execution_count"] = count if isinstance(count, int) else None
        return entry
    if kind == "error":
        lines = output.get("traceback")
        lines = [line for line in lines if isinstance(line, str)] if isinstance(lines, list) else []
        ename, value = (v if isinstance(v, str) else "" for v in map(output.get, ("ename", "evalue")))
        return {
            "output_type": kind,
            "ename": messages.safe(ename, 100),
            "evalue": messages.safe(value, 2000),
            "traceback": [_ODD.sub("", line) for line in lines],
        }
    return None


def executed_notebook(cells: list[Cell]) -> dict[str, Any]:
    """Return the notebook as it was run, as nbformat 4.5 JSON."""
    raw_cells, room = [], SOURCE_BYTES
    for index, cell in enumerate(cells):
        size = len(json.dumps(cell.source))
        source = cell.source if size <= room else "(a cell that is too long to be shown here)"
        room -= size if size <= room else 0
        raw: dict[str, Any] = {
            "cell_type": cell.cell_type,
            "id": f"cell-{index}",
            "metadata": {"nbgrader_grade_id": cell.grade_id} if cell.grade_id else {},
            "source": source,
        }
        if cell.cell_type == "code":
            raw |= {"execution_count": cell.execution_count, "outputs": cell.outputs}
        elif cell.attachments:
            raw["attachments"] = cell.attachments
        raw_cells.append(raw)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": raw_cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
