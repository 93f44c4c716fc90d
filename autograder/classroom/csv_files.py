"""Tables that other programs wrote, whatever their marks, line ends and separators (*trusted*)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import UsageError

MAX_BYTES = 64 << 20
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class Table:
    """A file's rows by column name, with their lines; of two columns of one name, the first."""

    header: tuple[str, ...]  # as they stand there, spaces at the ends taken off
    rows: tuple[tuple[int, dict[str, str]], ...]
    encoding: str


def read(path: Path, needed: Sequence[str] = ()) -> Table:
    """Read a CSV file; a column's name is looked up as it is written.

    Raises
    ------
    UsageError
        If it cannot be read, is no table, or lacks one of the ``needed`` columns.
    """
    text, encoding = _text(path)
    dialect = _separator(text)
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=dialect, strict=True)
    try:
        rows.extend((reader.line_num, row) for row in reader if any(cell.strip() for cell in row))
    except csv.Error as error:
        raise UsageError(
            f"{path}, line {reader.line_num}: {error}; nothing was read. Export the file again."
        ) from error
    if not rows:
        raise UsageError(f"{path}: is empty; nothing was read. Export the file again.")
    header = tuple(cell.strip() for cell in rows[0][1])
    missing = [column for column in needed if column not in header]
    if missing:
        raise UsageError(
            f"{path}: no column {', '.join(missing)}; nothing was read. It has: {', '.join(header)[:400]}."
        )
    found = []
    for line, row in rows[1:]:
        if len(row) > len(header):  # what follows would be somebody else's
            raise UsageError(
                f"{path}, line {line}: {len(row)} fields, but {len(header)} columns; nothing was read.\n"
                "A name with a comma needs quotes around it."
            )
        by_name: dict[str, str] = {}
        for column, cell in zip(header, row, strict=False):
            by_name.setdefault(column, clean(cell))
        found.append((line, by_name))
    return Table(header, tuple(found), encoding)


def _text(path: Path) -> tuple[str, str]:
    try:
        if path.is_dir():
            raise UsageError(f"{path}: is a folder, not a CSV file; nothing was read.")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}; nothing was read.") from error
    if len(data) > MAX_BYTES:
        raise UsageError(
            f"{path}: more than {MAX_BYTES >> 20} MB, which no table of people is; nothing was read."
        )
    encoding = next((name for mark, name in _BOMS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        encoding = "cp1252"  # what older spreadsheets write
        text = data.decode(encoding, "replace")
    if "\0" in text or data.startswith(b"PK\x03\x04"):
        raise UsageError(f"{path}: is no CSV file; nothing was read. Save it as CSV (UTF-8).")
    return text, encoding


def _separator(text: str) -> str:
    """Return what separates the first line's cells."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=first.count)


def clean(cell: str) -> str:
    """Return a cell on one line, without what a terminal or a page would obey."""
    joiners = "\u200c\u200d"  # part of names in several scripts
    return " ".join("".join(c if c.isprintable() or c in joiners else " " for c in cell).split())


def content(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a CSV file with a mark that tells spreadsheets its encoding."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")
