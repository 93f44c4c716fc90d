"""What the checks of week 3a share: held-out windows and their labels, files to predict, their answers.

*trusted*; NumPy and the standard library. Loaded once, before checks are forked. ``build_data.py`` makes the
data and uses the same scan.

Letters are codes: A 0, C 1, G 2, T 3, N 4. A *window* is 300 of them.
"""

from __future__ import annotations

import functools
import gzip
import io
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

LETTERS = "ACGTN"
WINDOW = 300  # base pairs

# ---------------------------------------------------------------- labels: an exact scan


def log_odds(probabilities: np.ndarray) -> np.ndarray:
    """Return ln(p / 0.25) of a motif (width, 4); a letter that never occurs gets -inf."""
    with np.errstate(divide="ignore"):
        return np.log(np.asarray(probabilities, dtype=np.float64) / 0.25)


def scan(codes: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Return the better strand's score of a log-odds matrix (width, 4) at every start.

    Rounded to six decimals, as scores are written in files, so that a threshold from such a file is
    inclusive and the last bit of a logarithm decides nothing. A site with an N scores -inf.

    Parameters
    ----------
    codes : letters of the windows, integers (windows, length)

    Returns
    -------
    array (windows, length - width + 1), float64, natural-log units (nats)
    """
    width, starts = len(matrix), codes.shape[1] - len(matrix) + 1
    strands = (matrix, matrix[::-1, ::-1])  # reverse complement: other end first, A for T, C for G
    total = np.zeros((2, len(codes), starts))
    for first in range(0, width, 6):  # six letters at a time have 5**6 possible scores: one look-up each
        part = slice(first, min(first + 6, width))
        index = np.zeros((len(codes), starts), dtype=np.int32)
        for place in range(part.start, part.stop):
            index *= 5
            index += codes[:, place : place + starts]
        for strand, rows in zip(total, strands, strict=True):
            strand += _table(rows[part])[index]
    return np.round(total.max(axis=0), 6)


def _table(rows: np.ndarray) -> np.ndarray:
    """Return the summed score of every word over ACGTN, in lexicographic order."""
    scores = np.zeros(1)
    for row in rows:
        scores = np.add.outer(scores, np.append(row, -np.inf)).ravel()
    return scores


def paint(scores: np.ndarray, threshold: float, width: int) -> np.ndarray:
    """Return labels (windows, length): each hit's score over its width, the larger where hits overlap, else 0.

    A *hit* is a start whose score is at least ``threshold`` (nats, > 0). This is the convention of HOMER's
    motif scan: C. Benner, http://homer.ucsd.edu/homer/motif; S. Heinz et al., Molecular Cell 38 (2010) 576.
    """
    hits = np.where(scores >= threshold, scores, 0.0)
    labels = np.zeros((len(scores), scores.shape[1] + width - 1))
    for place in range(width):
        covered = labels[:, place : place + scores.shape[1]]
        np.maximum(covered, hits, out=covered)
    return labels


def held_out(private: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return letters and labels of the held-out windows, each (windows, 300); read-only, made once.

    The file holds the motif and no labels, unless it was made from files whose motif nobody knows.

    Parameters
    ----------
    part : ``"public"``, whose windows students have too, or ``"private"``
    """
    return _held_out(private.resolve(), part)


@functools.lru_cache(maxsize=4)
def _held_out(private: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    with np.load(private / "held_out.npz", allow_pickle=False) as file:
        codes = file[f"{part}_codes"]
        if f"{part}_scores" in file:
            labels = file[f"{part}_scores"].astype(np.float64)
        else:
            motif = json.loads(bytes(file["motif"]))
            matrix = log_odds(np.array(motif["probabilities"]))
            labels = paint(scan(codes, matrix), motif["threshold"], len(matrix))
    for array in (codes, labels):
        array.setflags(write=False)
    return codes, labels


def one_hot(codes: np.ndarray, order: tuple[int, ...] | list[int] = (0, 1, 2, 3)) -> np.ndarray:
    """Return uint8 (windows, length, 4); N is a row of zeros. Where a network reads it, say dtype="float32".

    ``order`` is the letter of each column: see ``letter_order``.
    """
    return np.eye(5, dtype=np.uint8)[:, list(order)][codes]


# ---------------------------------------------------------------- files for predict.py, and its answers


def text_of(codes: np.ndarray) -> list[str]:
    """Return the windows as strings of ACGTN."""
    return [bytes(row).decode() for row in np.frombuffer(LETTERS.encode(), dtype=np.uint8)[codes]]


def sequences_file(names: list[str], sequences: list[str], *, gzipped: bool, swapped: bool = False) -> bytes:
    """Return a table of windows in the course's format; ``swapped`` puts window_name first."""
    rows = [("sequence", "window_name"), *zip(sequences, names, strict=True)]
    text = "".join("\t".join(row[::-1] if swapped else row) + "\n" for row in rows).encode()
    return gzip.compress(text, 6, mtime=0) if gzipped else text


def scores_file(names: list[str], scores: np.ndarray, *, gzipped: bool) -> bytes:
    """Return scores (windows, positions) in the course's format: one *column* per window, six decimals."""
    lines = ["\t".join(names), *("\t".join(f"{v:.6f}" if v else "0" for v in row) for row in scores.T)]
    text = ("\n".join(lines) + "\n").encode()
    return gzip.compress(text, 6, mtime=0) if gzipped else text


MAX_BYTES = 32 << 20  # of a predictions file; 4,628 rows of 300 numbers in full precision are 28 MB
_MAX_LISTED = 8  # faults in one sentence
_UNNAMED = re.compile(r"(|unnamed:? ?\d*|index|id|name|window|window_?names?)", re.IGNORECASE)


@dataclass
class Predictions:
    """What was found in a predictions file.

    ``values`` are the rows asked for, in the order asked for, (windows, 300), or ``None`` if a fault
    left a gap. ``faults`` are sentences for the student, all of them; they hold counts, line numbers and
    fixed words, nothing of the file's content. ``repairs`` say what was harmless and has been put right.
    """

    values: np.ndarray | None
    faults: list[str] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)


def read_predictions(untrusted: bytes, names: list[str], positions: int = WINDOW) -> Predictions:
    """Read a predictions table: one row per window, its name first, then one number per position.

    Repaired: gzip, a byte-order mark, other line ends, white space around fields, quotes, tabs or semicolons
    for commas, any name for the first column, any names of the others, no header at all, rows in another
    order, windows not asked for, empty lines, scientific notation, a numeric index before the names.

    Never raises for the content: hostile bytes are faults like any other.
    """
    found = Predictions(None)
    text = _decode(untrusted, found)
    if text is None:
        return found
    rows = _rows(text, len(names), positions, found)
    if not rows:
        return found
    wanted = {name: i for i, name in enumerate(names)}
    if len(names) > 1 and len(wanted.keys() & {rows[0][1], *rows[0][2]}) > len(names) / 2:
        found.faults.append("one column per window; the contract asks for one row per window")
        return found
    rows = _without_header(rows, wanted, positions, found)
    rows = _without_index(rows, wanted, positions, found)
    values = np.full((len(names), positions), np.nan)
    seen, twice, unknown = set[str](), 0, 0
    lengths: dict[int, list[int]] = {}
    words: list[int] = []
    not_finite: list[int] = []
    for line, name, fields in rows:
        if name not in wanted:
            unknown += 1
            continue
        twice += name in seen
        seen.add(name)
        if len(fields) != positions:
            lengths.setdefault(len(fields), []).append(line)
            continue
        numbers = _numbers(fields)
        if numbers is None:
            words.append(line)
        elif not np.isfinite(numbers).all():
            not_finite.append(line)
        else:
            values[wanted[name]] = numbers
    missing = len(names) - len(seen)
    if unknown and not missing:
        found.repairs.append(f"{unknown} rows of windows that were not asked for are ignored")
    elif unknown:
        found.faults.append(f"{_rows_are(unknown)} of a window that is not in the data file")
    if missing:
        found.faults.append(f"{missing} of {len(names)} windows have no row")
    if twice:
        found.faults.append(f"{_rows_are(twice)} of a window that has one already")
    for length, lines in sorted(lengths.items()):
        found.faults.append(f"{_at(lines)} {length} values after the name, not {positions}")
    if words:
        found.faults.append(f"{_at(words)} something that is no number")
    if not_finite:
        found.faults.append(f"{_at(not_finite)} a value that is NaN or infinite")
    if not found.faults:
        found.values = values
        if [name for _, name, _ in rows if name in wanted] != names:
            found.repairs.append("rows in another order than the data file's")
    return found


def sentence_of(found: Predictions, name: str) -> str:
    """Return all faults in one sentence."""
    shown = found.faults[:_MAX_LISTED]
    more = [f"{len(found.faults) - len(shown)} more faults"] * (len(found.faults) > len(shown))
    return f"{name}: " + "; ".join([*shown, *more])


def _decode(untrusted: bytes, found: Predictions) -> str | None:
    if untrusted[:2] == b"\x1f\x8b":
        untrusted_plain = _inflate(untrusted)
        if untrusted_plain is None:
            found.faults.append("it begins like a gzip file, but cannot be unpacked")
            return None
        untrusted = untrusted_plain
        found.repairs.append("gzip")
    if len(untrusted) > MAX_BYTES:
        found.faults.append(f"more than {MAX_BYTES >> 20} MB")
        return None
    for mark, codec in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if untrusted.startswith(mark):
            try:
                text = untrusted.decode(codec)
            except UnicodeDecodeError:
                break
            if "\0" not in text:
                return text
            break
    found.faults.append("not a text file")
    return None


def _inflate(untrusted: bytes) -> bytes | None:
    """Return the unpacked bytes, at most one more than is allowed: a bomb stays small."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(untrusted)) as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, EOFError, ValueError, MemoryError) as error:
        return b"" if isinstance(error, MemoryError) else None
    except Exception:  # noqa: BLE001  zlib.error, whose module need not be there
        return None


def _rows(text: str, windows: int, positions: int, found: Predictions) -> list[tuple[int, str, list[str]]]:
    """Return (line number, first field, other fields) of every line with something in it.

    Lines and their lengths are counted before anything is cut up: a small file must not become a large list.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    most_lines, most_characters = 4 * windows + 1000, (positions + 4) * 64
    if text.count("\n") > most_lines:
        found.faults.append(f"more than {most_lines} lines for {windows} windows")
        return []
    lines = text.split("\n")
    long = [number for number, line in enumerate(lines, 1) if len(line) > most_characters]
    if long:
        found.faults.append(f"{_at(long)} more than {most_characters} characters")
        return []
    first = next((line for line in lines if line.strip()), "")
    separator = max(",\t;", key=first.count)
    if separator != ",":
        found.repairs.append("another separator than the comma")
    rows = []
    # A quoted field that never ends would swallow the rest of the file: quotes are taken off by hand.
    for number, line in enumerate(lines, 1):
        fields = [_bare(f) for f in line.split(separator)]
        if len(fields) > 1 and fields[-1] == "":  # a separator at the end of the line
            fields = fields[:-1]
        if fields != [""]:
            rows.append((number, fields[0], fields[1:]))
    if not rows:
        found.faults.append("the file has no rows")
    return rows


def _bare(text: str) -> str:
    text = text.strip()
    quoted = len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1].strip() if quoted else text


def _without_header(rows: list, wanted: dict[str, int], positions: int, found: Predictions) -> list:
    """Take the first line off unless it is a window's row."""
    _, name, fields = rows[0]
    if name in wanted or (fields and fields[0] in wanted):
        found.repairs.append("no header")
        return rows
    if not _UNNAMED.fullmatch(name) or fields != [str(i) for i in range(positions)]:
        found.repairs.append("another header")
    return rows[1:]


def _without_index(rows: list, wanted: dict[str, int], positions: int, found: Predictions) -> list:
    """Drop a column of row numbers before the names, where it stands in every row."""
    indexed = [
        name.isdigit() and len(fields) == positions + 1 and fields[0] in wanted for _, name, fields in rows
    ]
    if not rows or not all(indexed):
        return rows
    found.repairs.append("a column of row numbers before the names")
    return [(line, fields[0], fields[1:]) for line, _, fields in rows]


def _numbers(fields: list[str]) -> np.ndarray | None:
    try:
        return np.array([_number(f) for f in fields])
    except ValueError:
        return None


def _number(text: str) -> float:
    if len(text) > 60 or "_" in text:  # Python's own 1_000; nobody's file has it
        raise ValueError
    value = float(text)
    return value if abs(value) < 1e30 else math.inf * value


def _rows_are(count: int) -> str:
    return "1 row is" if count == 1 else f"{count} rows are"


def _at(lines: list[int]) -> str:
    """Name how many lines, and the first few of them."""
    if len(lines) == 1:
        return f"line {lines[0]} has"
    shown = ", ".join(map(str, lines[:3])) + (", …" if len(lines) > 3 else "")
    return f"{len(lines)} lines ({shown}) have"


def how_it_ended(ran: object, name: str) -> str:
    """Return the sentence for a script that did not end well, from its exit code, error and line."""
    code, error, line = ran.exit_code, ran.error, ran.line  # type: ignore[attr-defined]
    if error == "EOFError":
        return f"{name} asks for input; it must run without anybody there"
    at = f" in line {line}" if line else ""
    if error:
        return f"{name} stopped{at}: {error}"
    if code == 2:
        return f"{name} ended with exit code 2: does it take --data and --out?"
    return f"{name} ended with exit code {code}" if code >= 0 else f"{name} was stopped by signal {-code}"


# ---------------------------------------------------------------- the student's own encoding and model


def letter_order(load_windows: Callable, file_of: Callable) -> list[int]:
    """Return the letter (0 A, 1 C, 2 G, 3 T) of each column of the notebook's own encoding.

    Whoever trained a network with columns in another order has lost points for that once; the network is
    judged with the letters as it knows them. A loader that does not work has the contract's order.
    """
    try:
        _, x, _ = load_windows(
            file_of("sequence\twindow_name\nACGT\tchr1_0_3\n"), file_of("chr1_0_3\n0\n0\n0\n0\n")
        )
        code = np.asarray(x, dtype=np.float64)
    except Exception:  # noqa: BLE001  whatever it raises, it was judged for that
        return [0, 1, 2, 3]
    if code.shape != (1, 4, 4) or sorted(code[0].argmax(axis=0)) != [0, 1, 2, 3]:
        return [0, 1, 2, 3]
    return [int(letter) for letter in code[0].argmax(axis=0)]


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Return |mean r| of two predictions (n, positions) along the windows; rows without an r count 0."""
    with np.errstate(all="ignore"):
        a, b = (v - v.mean(axis=1, keepdims=True) for v in (one, other))
        r = np.sum(a * b, axis=1) / np.sqrt(np.sum(a**2, axis=1) * np.sum(b**2, axis=1))
    return float(abs(np.mean(np.nan_to_num(r, nan=0.0, posinf=0.0, neginf=0.0))))


# ---------------------------------------------------------------- whose weights are these?


def known_filters(private: Path, weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return first-layer filters that a hand-in should not have by chance, by whose they are."""
    known = {"the reference's": first_filters([weights["net.0.weight"]])}
    for whose, name in (
        ("the instructor's solution's", "solution"),
        ("the notebook's StarterCNN's", "starter"),
    ):
        path = private / f"{name}_filters.npy"  # both by known_filters.py
        if path.is_file():
            known[whose] = first_filters([np.load(path, allow_pickle=False)])
    return known


def first_filters(arrays: list[np.ndarray]) -> np.ndarray:
    """Return the filters that read letters, (filters, 4·width), each centred per place and of length 1.

    They are those of the first parameter of shape (filters, 4, width). Centring and scaling take out what
    a network can move between a filter, its bias and the next layer without predicting anything else.
    """
    for array in arrays:
        if array.ndim == 3 and array.shape[1] == 4 and array.shape[2] > 1:
            wide = array.astype(np.float64)
            flat = (wide - wide.mean(axis=1, keepdims=True)).reshape(len(array), -1)
            length = np.linalg.norm(flat, axis=1, keepdims=True)
            return flat / np.where(length > 0, length, 1)
    return np.zeros((0, 0))


# ---------------------------------------------------------------- once for all hand-ins

for _folder in (Path(__file__).with_name("private"), Path(__file__).parents[1] / "private"):
    if (_folder / "held_out.npz").is_file():  # in references/, and in a bundle
        for _part in ("public", "private"):
            held_out(_folder, _part)
