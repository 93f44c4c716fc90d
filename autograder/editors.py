"""Undo what editors do to a notebook's cells, before they are found again (*trusted*, standard library only).

Editors merge cells, split and copy them, turn prose into code and back, and insert lines above a cell's first one. What
was a cell of ours becomes one again, as far as that is beyond doubt; whatever else stands there stays the student's.
``notebook.restore`` does the rest.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from autograder.model import ManifestCell
from autograder.notebook import MARKER, MAX_CELLS, Cell, marker_of

# A marker where a line begins, and the cell magic above it: that one belongs to the cell which it opens.
_LINE = re.compile(r"^(?:%%[^\n]*\n)?(?:#|<!--)[ \t]*(?:locked|answer|check|manual):[^\n]*$", re.MULTILINE)
# Strings over several lines may hold anything, a marker too; comments and short strings are read past.
_STRINGS = re.compile(
    r"""#[^\n]*|"{3}(?:[^\\]|\\.)*?(?:"{3}|\Z)|'{3}(?:[^\\]|\\.)*?(?:'{3}|\Z)"""
    r"""|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?""",
    re.DOTALL,
)
# What editors put above a cell's first line: a form's title, a cell's mark in a script, magics of the whole cell.
_ABOVE = re.compile(r"(?:[ \t]*(?:#[^\n]*|%%[^\n]*)?\n)*\Z")


def undo(cells: list[Cell], manifest: list[ManifestCell]) -> list[Cell]:
    """Return the cells of a hand-in with those of the release cut out, named, and of the type that they had."""
    known = {m.grade_id: m for m in manifest if m.grade_id}
    by_id = {m.cell_id: m.grade_id for m in manifest if m.cell_id and m.grade_id}
    done: list[Cell] = []
    for cell in cells:
        done += _cut(cell, known) if len(done) < MAX_CELLS else [cell]
    for cell in done:
        if cell.grade_id not in known:
            cell.kind, cell.grade_id = "", by_id.get(cell.cell_id, "")
    _name_by_text(done, manifest)
    _give_back_types(done, known)
    _take_as_released(done, known)
    _leave_out_pieces(done, known)
    _leave_out_stubs(done, known)
    return done


# -- merged ------------------------------------------------------------------------------------------


def _cut(cell: Cell, known: dict[str, ManifestCell]) -> list[Cell]:
    """Return a cell, or several cells where cells of ours were merged into one, or with one of the student's."""
    starts: dict[str, int] = {}
    for line in _LINE.finditer(_without_strings(cell)):
        kind, name = marker_of(line[0])
        if name in known and known[name].kind == kind:
            starts.setdefault(name, line.start())  # a second marker of the same name is a copy, or a comment
    if not starts:
        return _without_tail(cell, known)
    opens = min(starts, key=lambda name: starts[name])
    above = cell.source[: starts[opens]]
    own = known[opens].kind == "answer" and not known[opens].train  # all of it is the student's, and runs
    if own or _ABOVE.match(above) or above.startswith("%%"):
        starts[opens] = 0
    places = sorted(starts.items(), key=lambda item: item[1])
    ends = [start for _, start in places[1:]] + [len(cell.source)]
    pieces: list[Cell] = []
    if places[0][1] > 0:
        pieces.append(_piece(cell, cell.source[: places[0][1]].rstrip(), ""))
    for (name, start), end in zip(places, ends, strict=True):
        text = cell.source[start:end]
        pieces += _without_tail(_piece(cell, text.rstrip() if end < len(cell.source) else text, name), known)
    pieces[0].attachments, pieces[0].cell_id = cell.attachments, cell.cell_id if len(pieces) == 1 else ""
    return pieces


def _without_strings(cell: Cell) -> str:
    """Return a cell's text with strings over several lines blanked."""
    if cell.cell_type != "code":
        return cell.source
    return _STRINGS.sub(
        lambda m: re.sub(r"[^\n]", " ", m[0]) if m[0][:3] in ('"""', "'''") else m[0], cell.source
    )


def _piece(cell: Cell, source: str, grade_id: str) -> Cell:
    return dataclasses.replace(cell, source=source, grade_id=grade_id, cell_id="", attachments={})


def _without_tail(cell: Cell, known: dict[str, ManifestCell]) -> list[Cell]:
    """Return a locked or check cell of ours, and what was merged below it as the student's own cell."""
    ours = known.get(cell.grade_id)
    if ours is None or ours.kind not in ("locked", "check") or ours.cell_type != cell.cell_type:
        return [cell]
    released, text = ours.source.strip(), cell.source.lstrip()
    tail = text.removeprefix(released)
    if tail == text or not tail.startswith("\n") or not tail.strip():
        return [cell]
    own = _piece(cell, tail.strip("\n"), "")
    own.kind = ""
    return [dataclasses.replace(cell, source=released), own]


# -- unnamed -----------------------------------------------------------------------------------------


def _lines(source: str) -> str:
    """Return a text without its marker, empty lines, and space at the ends of lines, which editors change."""
    return "\n".join(line.rstrip() for line in MARKER.sub("", source, count=1).split("\n") if line.strip())


def _name_by_text(cells: list[Cell], manifest: list[ManifestCell]) -> None:
    """Name locked and check cells whose marker, metadata and id are gone, if their text is as released."""
    there = {cell.grade_id for cell in cells}
    ours = {
        (m.cell_type, _lines(m.source)): m.grade_id
        for m in manifest
        if m.kind in ("locked", "check") and m.grade_id not in there
    }
    for cell in cells if ours else ():
        if not cell.grade_id and len(cell.source) < 1 << 19:
            cell.grade_id = ours.pop((cell.cell_type, _lines(cell.source)), "")


def _give_back_types(cells: list[Cell], known: dict[str, ManifestCell]) -> None:
    """Make code of an answer that was turned into prose, and prose of prose; a second copy may be what it is."""
    right = {c.grade_id for c in cells if c.grade_id and c.cell_type == known[c.grade_id].cell_type}
    number = 0
    for cell in cells:
        number = cell.number or number
        if not cell.grade_id or cell.grade_id in right or known[cell.grade_id].kind in ("locked", "check"):
            continue  # a locked one is put back, and the student told
        prose = known[cell.grade_id].cell_type == "markdown" and cell.source.lstrip().startswith("<!--")
        if known[cell.grade_id].kind == "manual" and not prose:
            continue  # a person reads it, whatever it is: words where a figure was asked for, or a figure for words
        right.add(cell.grade_id)
        cell.cell_type = known[cell.grade_id].cell_type
        cell.number = max(1, number) if cell.cell_type == "code" else 0


def _take_as_released(cells: list[Cell], known: dict[str, ManifestCell]) -> None:
    """Give a locked or check cell its text back where only comments above its code, or space, differ."""
    for cell in cells:
        ours = known.get(cell.grade_id)
        if ours is not None and ours.kind in ("locked", "check") and _code(cell.source) == _code(ours.source):
            cell.source = ours.source


def _code(source: str) -> str:
    return re.sub(r"\A(?:#.*\n)*", "", _lines(source))


# -- split and copied --------------------------------------------------------------------------------


def _leave_out_pieces(cells: list[Cell], known: dict[str, ManifestCell]) -> None:
    """Do not run the rest of a locked or check cell that was split: the whole cell stands above it, restored."""
    for first, pieces in _split(cells, known):
        for piece in pieces:
            piece.run, piece.grade_id, piece.kind, piece.cell_id = False, "", "", ""
        if pieces:
            first.source = known[first.grade_id].source


def _split(cells: list[Cell], known: dict[str, ManifestCell]) -> Iterator[tuple[Cell, list[Cell]]]:
    for index, cell in enumerate(cells):
        ours = known.get(cell.grade_id)
        if ours is None or ours.kind not in ("locked", "check") or ours.cell_type != cell.cell_type:
            continue
        whole, so_far = _lines(ours.source), _lines(cell.source)
        pieces: list[Cell] = []
        for other in cells[index + 1 :]:
            more = f"{so_far}\n{_lines(other.source)}"
            if other.grade_id not in ("", cell.grade_id) or not f"{whole}\n".startswith(f"{more}\n"):
                break
            pieces.append(other)
            so_far = more
        if so_far == whole:
            yield cell, pieces


def _leave_out_stubs(cells: list[Cell], known: dict[str, ManifestCell]) -> None:
    """Of an answer that stands there several times, do not run copies as released: they answer nothing."""
    answered = {
        c.grade_id
        for c in cells
        if c.grade_id and known[c.grade_id].kind == "answer" and not _as_released(c, known)
    }
    for cell in cells:
        if cell.grade_id in answered and _as_released(cell, known):
            cell.run, cell.grade_id, cell.kind, cell.cell_id = False, "", "", ""


def _as_released(cell: Cell, known: dict[str, ManifestCell]) -> bool:
    return _lines(cell.source) == _lines(known[cell.grade_id].source)
