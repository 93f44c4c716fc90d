"""Build week 3a's data files from windows of human DNA, a motif and an exact scan.

    python build_data.py                          the course's files, byte for byte
    python build_data.py --check                  are the committed files what this script makes?
    python build_data.py --seed 7                 deal the windows afresh: a private half nobody has seen
    python build_data.py --motif gata1.jaspar --threshold 6.5
    python build_data.py --motif foxa1.motif      HOMER's file brings its own threshold
    python build_data.py --from-course chr22_sequences.txt.gz chr22_scores.txt.gz …

Two places are written. ``source/<assignment>/data/`` is released: training, validation and public test
windows in the course's format, with a ``PROVENANCE.md``. ``private/held_out.npz`` is not: the public and the
private test windows that grading predicts. Labels are recomputed from the motif wherever they are needed;
no private label is stored, unless the files came with labels and no motif.

The course's format: ``*_sequences.txt.gz`` is a gzipped table, columns ``sequence`` and ``window_name``
(chr22_10510500_10510799: 300 letters, first and last place), separated by tabs. ``*_scores.txt.gz`` is
the other way round: its header holds the window names, and below are 300 rows, one per position.
"""

import argparse
import gzip
import hashlib
import importlib.util
import io
import json
import re
import struct
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

HERE = Path(__file__).resolve().parent
ASSIGNMENT = HERE.name
SOURCE_DATA = HERE.parents[1] / "source" / ASSIGNMENT / "data"
PARTS = ("train", "val", "public", "private")
RELEASED = PARTS[:3]
# JASPAR gives no threshold. With this one about 18 % of the 300-bp bins of chromosome 22 have a site, as
# many as in the course's own data. (The bins were drawn at 6.287, so four of them lost their only site.)
THRESHOLD = 6.287199
DENSITY = 0.18  # for another motif without a threshold: the share of our windows that keep a site
BLOCK_BP = 1_000_000  # windows of one block stay together when they are dealt afresh


def load_helpers() -> ModuleType:
    """Return the module that grading uses, so that labels are made by one scan only."""
    spec = importlib.util.spec_from_file_location("week3a_helpers", HERE / "helpers.py")
    if spec is None or spec.loader is None:
        msg = f"{HERE / 'helpers.py'}: missing; nothing was built"
        raise SystemExit(msg)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


helpers = load_helpers()


class CourseFileError(ValueError):
    """A data or motif file is not what it must be; the text names file, line and column."""


@dataclass(frozen=True)
class Motif:
    """A position weight matrix: probabilities (width, 4) of A, C, G, T, and a threshold in nats."""

    name: str
    probabilities: np.ndarray
    threshold: float | None


@dataclass(frozen=True)
class Windows:
    """Windows of one part: names, letters (n, 300) as codes, labels (n, 300)."""

    names: list[str]
    codes: np.ndarray
    labels: np.ndarray

    def rows(self, rows: np.ndarray) -> "Windows":
        return Windows([self.names[i] for i in rows], self.codes[rows], self.labels[rows])


# ---------------------------------------------------------------- motifs


def read_motif(path: Path) -> Motif:
    """Read one motif: JASPAR (four lines of counts) or HOMER's ``.motif`` (a line of four per place).

    Raises
    ------
    CourseFileError
        Naming file, line and column.
    """
    lines = [(i, line.strip()) for i, line in enumerate(read_text(path).splitlines(), 1) if line.strip()]
    if not lines or not lines[0][1].startswith(">"):
        raise CourseFileError(f"{path}, line 1: a motif begins with '>'; nothing was built")
    for number, line in lines[1:]:
        if line.startswith(">"):
            raise CourseFileError(f"{path}, line {number}: a second motif; keep one in the file")
    title, rows = lines[0][1][1:], lines[1:]
    if rows and re.match(r"[ACGT]\b", rows[0][1]):
        return _jaspar(path, title, rows)
    return _homer(path, title, rows)


def _jaspar(path: Path, title: str, rows: list[tuple[int, str]]) -> Motif:
    counts = []
    for (number, line), letter in zip(rows, "ACGT", strict=False):
        found, *fields = re.sub(r"[\[\]]", " ", line).split()
        if found != letter:
            raise CourseFileError(f"{path}, line {number}, column 1: {found!r}, not {letter!r}")
        counts.append(_numbers(fields, path, number, 2))
        if len(counts[-1]) != len(counts[0]):
            what = f"{len(counts[-1])} places, the line of A has {len(counts[0])}"
            raise CourseFileError(f"{path}, line {number}: {what}")
    if len(rows) != 4:
        raise CourseFileError(f"{path}: {len(rows)} lines of counts, not four (A, C, G and T)")
    return _checked_motif(path, rows[0][0], " ".join(title.split()), np.array(counts).T, None)


def _homer(path: Path, title: str, rows: list[tuple[int, str]]) -> Motif:
    header = title.split("\t")
    if len(header) < 3:
        what = f"{len(header)} fields; HOMER's are consensus, name, threshold, …, separated by tabs"
        raise CourseFileError(f"{path}, line 1: {what}")
    (threshold,) = _numbers(header[2:3], path, 1, 3)
    places = []
    for number, line in rows:
        places.append(_numbers(line.split(), path, number, 1))
        if len(places[-1]) != 4:
            raise CourseFileError(f"{path}, line {number}: {len(places[-1])} numbers, not four (A C G T)")
    if not places:
        raise CourseFileError(f"{path}: no line of probabilities")
    return _checked_motif(path, rows[0][0], header[1], np.array(places), threshold)


def _numbers(fields: list[str], path: Path, line: int, first_column: int) -> list[float]:
    numbers = []
    for column, text in enumerate(fields, first_column):
        try:
            numbers.append(float(text))
        except ValueError:
            raise CourseFileError(f"{path}, line {line}, column {column}: {text!r} is no number") from None
    return numbers


def _checked_motif(path: Path, line: int, name: str, rows: np.ndarray, threshold: float | None) -> Motif:
    if rows.shape[0] < 1 or rows.shape[0] > helpers.WINDOW:
        raise CourseFileError(f"{path}: {rows.shape[0]} places; 1 to {helpers.WINDOW} are possible")
    for place, row in enumerate(rows):
        if not (np.isfinite(row).all() and (row >= 0).all() and row.sum() > 0):
            raise CourseFileError(
                f"{path}, from line {line}: place {place + 1} of the motif is {row.tolist()}"
            )
    return Motif(name, rows / rows.sum(axis=1, keepdims=True), threshold)


# ---------------------------------------------------------------- windows


def packed_windows(path: Path) -> dict[str, tuple[list[str], np.ndarray]]:
    """Return names and letters of every part of ``windows.npz`` (four letters a byte, the first highest)."""
    with np.load(path, allow_pickle=False) as file:
        splits = json.loads(bytes(file["meta"]))["splits"]
        found = {}
        for part in PARTS:
            packed, starts = file[f"{part}_seq"], file[f"{part}_start"].astype(int)
            letters = np.stack([packed >> shift & 3 for shift in (6, 4, 2, 0)], axis=-1)
            names = [f"{splits[part][0]}_{start}_{start + helpers.WINDOW - 1}" for start in starts]
            found[part] = names, letters.reshape(len(packed), helpers.WINDOW)
    return found


def place_of(name: str) -> tuple[str, int]:
    """Return chromosome and start of a window's name; a chromosome may hold underscores."""
    chromosome, start, _ = name.rsplit("_", 2)
    return chromosome, int(start)


def label(codes: np.ndarray, motif: Motif) -> np.ndarray:
    """Return the labels (n, 300) of windows."""
    matrix = helpers.log_odds(motif.probabilities)
    return helpers.paint(helpers.scan(codes, matrix), motif.threshold, len(matrix))


def threshold_for(codes: np.ndarray, motif: Motif) -> float:
    """Return the threshold at which ``DENSITY`` of the windows have a site."""
    best = helpers.scan(codes, helpers.log_odds(motif.probabilities)).max(axis=1)
    return float(np.sort(best)[-max(1, round(DENSITY * len(best)))])


def deal(windows: Windows, shares: dict[str, float], seed: int) -> dict[str, Windows]:
    """Deal windows by whole blocks of a chromosome, so that neighbours stay in one part."""
    blocks = [(chromosome, start // BLOCK_BP) for chromosome, start in map(place_of, windows.names)]
    order = sorted(set(blocks))
    rng = np.random.default_rng(seed)
    order = [order[i] for i in rng.permutation(len(order))]
    rows_of: dict = {block: [] for block in order}
    for row, block in enumerate(blocks):
        rows_of[block].append(row)
    parts: dict[str, list[int]] = {part: [] for part in shares}
    for block in order:  # to the part that lacks most of its share
        lacking = {part: shares[part] - len(rows) / len(blocks) for part, rows in parts.items()}
        parts[max(lacking, key=lacking.__getitem__)] += rows_of[block]
    return {part: windows.rows(np.sort(np.array(rows, dtype=int))) for part, rows in parts.items()}


def from_motif(motif: Motif, seed: int | None, *, keep_empty: bool) -> tuple[dict[str, Windows], Motif]:
    """Return the parts labelled by a motif, and the motif with its threshold.

    ``keep_empty`` keeps windows without a site, whose r is not defined: with the course's motif two are such.
    """
    packed = packed_windows(HERE / "windows.npz")
    if motif.threshold is None:
        everything = np.concatenate([codes for _, codes in packed.values()])
        motif = Motif(motif.name, motif.probabilities, threshold_for(everything, motif))
    if motif.threshold is None or not motif.threshold > 0:
        raise CourseFileError(
            f"{motif.name}: threshold {motif.threshold!r}; hits are painted, so it must be > 0"
        )
    parts = {}
    for part, (names, codes) in packed.items():
        labels = label(codes, motif)
        rows = np.arange(len(codes)) if keep_empty else np.flatnonzero(labels.any(axis=1))
        parts[part] = Windows(names, codes, labels).rows(rows)
    if seed is None:
        return parts, motif
    dealt = {}
    for pair in (("train", "val"), ("public", "private")):  # training and test chromosomes stay apart
        both = joined([parts[part] for part in pair])
        shares = {part: len(parts[part].names) / len(both.names) for part in pair}
        dealt |= deal(both, shares, seed)
    return dealt, motif


def joined(parts: list[Windows]) -> Windows:
    return Windows(
        [name for part in parts for name in part.names],
        np.concatenate([part.codes for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )


# ---------------------------------------------------------------- the course's files


def read_text(path: Path) -> str:
    """Return a text file, gzipped or plain: its content decides, not its name."""
    try:
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        return raw.decode()
    except OSError as error:
        raise CourseFileError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (EOFError, zlib.error):
        raise CourseFileError(f"{path}: a gzip file that ends early; fetch it again") from None
    except UnicodeDecodeError as error:
        raise CourseFileError(f"{path}: not a text file (byte {error.start})") from None


def read_sequences(path: Path) -> tuple[list[str], np.ndarray]:
    """Return names and letters (n, 300) of a file of sequences; columns are found by their names."""
    lines = read_text(path).splitlines()
    header = lines[0].split("\t") if lines else []
    columns = {}
    for wanted in ("sequence", "window_name"):
        if header.count(wanted) != 1:
            what = f"{header.count(wanted)} columns {wanted!r} in {header[:4]}"
            raise CourseFileError(f"{path}, line 1: {what}; one is needed")
        columns[wanted] = header.index(wanted)
    code_of = np.full(256, 255, dtype=np.uint8)
    for code, letter in enumerate(helpers.LETTERS):
        code_of[[ord(letter), ord(letter.lower())]] = code
    names: dict[str, int] = {}
    codes = []
    for number, line in enumerate(lines[1:], 2):
        fields = line.split("\t")
        if len(fields) != len(header):
            raise CourseFileError(
                f"{path}, line {number}: {len(fields)} columns, the header has {len(header)}"
            )
        name, sequence = fields[columns["window_name"]], fields[columns["sequence"]]
        where = f"{path}, line {number}, column {columns['sequence'] + 1}"
        if name in names:
            raise CourseFileError(f"{path}, line {number}: window {name!r} stands in line {names[name]}, too")
        if not re.fullmatch(r".+_\d+_\d+", name):
            raise CourseFileError(f"{path}, line {number}: {name!r} is no name like chr22_10510500_10510799")
        if len(sequence) != helpers.WINDOW:
            raise CourseFileError(f"{where}: {len(sequence)} letters, not {helpers.WINDOW}")
        row = code_of[np.frombuffer(sequence.encode("latin-1", "replace"), dtype=np.uint8)]
        if (row == 255).any():
            at = int(np.argmax(row == 255))
            raise CourseFileError(f"{where}: letter {at + 1} is {sequence[at]!r}, not A, C, G, T or N")
        names[name] = number
        codes.append(row)
    if not codes:
        raise CourseFileError(f"{path}: no windows")
    return list(names), np.stack(codes)


def read_scores(path: Path) -> tuple[list[str], np.ndarray]:
    """Return names and scores (n, 300) of a file of scores, which has one column per window."""
    lines = read_text(path).splitlines()
    names = lines[0].split("\t") if lines else []
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise CourseFileError(f"{path}, line 1: window {twice!r} has two columns")
    if len(lines) - 1 != helpers.WINDOW:
        raise CourseFileError(f"{path}: {len(lines) - 1} rows of scores, not {helpers.WINDOW}")
    scores = np.empty((len(names), helpers.WINDOW))
    for number, line in enumerate(lines[1:], 2):
        fields = line.split("\t")
        if len(fields) != len(names):
            raise CourseFileError(
                f"{path}, line {number}: {len(fields)} columns, the header has {len(names)}"
            )
        row = np.array(_numbers(fields, path, number, 1))
        if not np.isfinite(row).all():
            column = int(np.argmax(~np.isfinite(row))) + 1
            raise CourseFileError(f"{path}, line {number}, column {column}: not a finite number")
        scores[:, number - 2] = row
    return names, scores


def read_windows(sequences: Path, scores: Path) -> Windows:
    """Return the windows of a pair of files, in the order of the sequences."""
    names, codes = read_sequences(sequences)
    scored, labels = read_scores(scores)
    place = {name: i for i, name in enumerate(scored)}
    for number, name in enumerate(names, 2):
        if name not in place:
            raise CourseFileError(
                f"{scores}, line 1: no column for window {name!r} ({sequences}, line {number})"
            )
    if len(scored) > len(names):
        extra = next(name for name in scored if name not in set(names))
        raise CourseFileError(f"{sequences}: no row for window {extra!r} of {scores}")
    return Windows(names, codes, labels[[place[name] for name in names]])


def from_course(paths: list[Path], seed: int) -> dict[str, Windows]:
    """Return parts dealt from the course's own files: 64, 16, 10 and 10 %, by blocks of a chromosome."""
    pairs: dict[str, dict[str, Path]] = {}
    for path in paths:
        named = re.fullmatch(r"(.+)_(sequences|scores)\.txt(\.gz)?", path.name)
        if named is None:
            raise CourseFileError(f"{path}: the name must end in _sequences.txt(.gz) or _scores.txt(.gz)")
        pairs.setdefault(str(path.parent / named[1]), {})[named[2]] = path
    for stem, pair in pairs.items():
        if len(pair) != 2:
            missing = ({"sequences", "scores"} - set(pair)).pop()
            raise CourseFileError(f"{stem}_{missing}.txt.gz: missing; sequences and scores come in pairs")
    everything = joined([read_windows(p["sequences"], p["scores"]) for _, p in sorted(pairs.items())])
    if len(set(everything.names)) != len(everything.names):
        raise CourseFileError("the same window stands in two files")
    return deal(everything, {"train": 0.64, "val": 0.16, "public": 0.1, "private": 0.1}, seed)


# ---------------------------------------------------------------- writing


def compressed(content: bytes) -> bytes:
    """Return gzip bytes that depend on nothing but the content: no time, no name, no operating system."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = deflate.compress(content) + deflate.flush()
    tail = struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)
    return b"\x1f\x8b\x08" + bytes(5) + b"\x02\xff" + body + tail


def make_files(parts: dict[str, Windows], motif: Motif | None, origin: str) -> dict[Path, bytes]:
    """Return every file of the data set by its path."""
    files: dict[Path, bytes] = {}
    for part in RELEASED:
        w = parts[part]
        sequences = helpers.sequences_file(w.names, helpers.text_of(w.codes), gzipped=False)
        scores = helpers.scores_file(w.names, w.labels, gzipped=False)
        files[SOURCE_DATA / f"{part}_sequences.txt.gz"] = compressed(sequences)
        files[SOURCE_DATA / f"{part}_scores.txt.gz"] = compressed(scores)
    files[SOURCE_DATA / "PROVENANCE.md"] = provenance(parts, origin, files).encode()
    files[HERE / "private" / "held_out.npz"] = held_out(parts, motif)
    return files


def held_out(parts: dict[str, Windows], motif: Motif | None) -> bytes:
    """Return the npz of the test windows: with the motif, or without one, with their scores."""
    arrays = {f"{part}_codes": parts[part].codes.astype(np.uint8) for part in ("public", "private")}
    if motif is None:
        arrays |= {f"{part}_scores": parts[part].labels.astype("<f4") for part in ("public", "private")}
    else:
        facts = {
            "name": motif.name,
            "probabilities": motif.probabilities.tolist(),
            "threshold": motif.threshold,
        }
        arrays["motif"] = np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


PROVENANCE = """# Where these windows come from

{origin}

| file | windows | bound positions | SHA-256 of the sequences file | of the scores file |
|:--|--:|--:|:--|:--|
{table}

Format: `*_sequences.txt.gz` is a gzipped table with the columns `sequence` and `window_name`
(chr22_10510500_10510799: first and last place, counted from 0). `*_scores.txt.gz` has one *column* per window, its name
in the header, and 300 rows, one per position.
"""

ORIGIN_MOTIF = """300-bp bins (starts are multiples of 300) of the human genome, GRCh37, that hold no N and a site of the motif
{motif}; exact duplicates within a part are dropped.{empty} Training: chromosome X below 48 Mb; validation: chromosome X from there
to 70 Mb; public test: chromosome 22 below 36 Mb{dealt}.

**Scores.** Both strands were scanned with the motif as natural-log odds against 0.25 per base; every site at or above
{threshold} nats paints its score over the motif's width, the larger one where sites overlap; everything else is 0. That is the
convention of HOMER, which made the course's own scores.

**Sources.** Sequence: Genome Reference Consortium, GRCh37 (NC_000023.10, NC_000022.10), as carried by Debian's packages
smalt-examples 0.7.6-12 (hs37chrXtrunc.fa.gz) and maffilter-examples 1.3.1+dfsg-4 (human rows of an alignment of chromosome
22). INSDC places no restriction on use or redistribution of sequence records. Motifs of JASPAR can be used without
restriction; please cite JASPAR and the GRC."""

ORIGIN_COURSE = (
    """The course's own files {names}, dealt into parts by blocks of 1 Mb of a chromosome (seed {seed})."""
)


def provenance(parts: dict[str, Windows], origin: str, files: dict[Path, bytes]) -> str:
    """Return PROVENANCE.md; it says nothing of the private part."""
    table = []
    for part in RELEASED:
        digests = [
            hashlib.sha256(files[SOURCE_DATA / f"{part}_{kind}.txt.gz"]).hexdigest()
            for kind in ("sequences", "scores")
        ]
        bound = np.mean(parts[part].labels > 0)
        cells = (f"`{part}_…`", str(len(parts[part].names)), f"{bound:.1%}", *(f"`{d}`" for d in digests))
        table.append(f"| {' | '.join(cells)} |")
    return PROVENANCE.format(origin=origin, table="\n".join(table))


def differing(files: dict[Path, bytes]) -> list[str]:
    """Return a sentence for every file that is missing or not what was built."""
    found = []
    for path, content in files.items():
        committed = path.read_bytes() if path.is_file() else None
        if committed == content:
            continue
        what = "missing" if committed is None else "differs"
        if committed and path.suffix == ".gz" and gzip.decompress(committed) == gzip.decompress(content):
            what = "the same content, compressed by another zlib"
        found.append(f"{path}: {what}")
    return found


# ---------------------------------------------------------------- command line


def build(args: argparse.Namespace) -> dict[Path, bytes]:
    if args.from_course:
        seed = 46100 if args.seed is None else args.seed
        names = ", ".join(sorted(path.name for path in args.from_course))
        return make_files(
            from_course(args.from_course, seed), None, ORIGIN_COURSE.format(names=names, seed=seed)
        )
    motif = read_motif(args.motif or HERE / "foxa1.jaspar")
    threshold = args.threshold if args.threshold is not None else motif.threshold if args.motif else THRESHOLD
    parts, motif = from_motif(
        Motif(motif.name, motif.probabilities, threshold), args.seed, keep_empty=not args.motif
    )
    for part, windows in parts.items():
        if not windows.names:
            raise CourseFileError(f"{motif.name}: no {part} window has a site at {motif.threshold} nats")
    dealt = "" if args.seed is None else f" (dealt afresh by blocks of 1 Mb, seed {args.seed})"
    empty = sum(int((~parts[part].labels.any(axis=1)).sum()) for part in RELEASED)
    origin = ORIGIN_MOTIF.format(
        motif=motif.name,
        dealt=dealt,
        threshold=f"{motif.threshold:.6f}",
        empty=f" In {empty} windows the only site falls just short of the threshold, and counts as none."
        if empty
        else "",
    )
    return make_files(parts, motif, origin)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--motif", type=Path, help="JASPAR or HOMER .motif file (default: foxa1.jaspar)")
    parser.add_argument("--threshold", type=float, help="nats; default: the motif file's own")
    parser.add_argument("--seed", type=int, help="deal windows afresh by blocks of 1 Mb")
    parser.add_argument("--from-course", type=Path, nargs="+", metavar="FILE", help="the course's own files")
    parser.add_argument("--check", action="store_true", help="write nothing, compare with what is there")
    args = parser.parse_args()
    if args.from_course and args.motif:
        parser.error("--from-course brings its own scores; leave --motif out")
    try:
        files = build(args)
    except CourseFileError as error:
        sys.exit(f"{error}\nNothing was written.")
    if args.check:
        found = differing(files)
        sys.exit("\n".join(found) if found else 0)
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        print(f"{len(content):9,} bytes  {path}")
    if args.motif or args.threshold is not None or args.from_course or args.seed is not None:
        print("card.json and weights.safetensors describe other windows now: run train.py, too.")
        print(
            "The notebook names FOXA1 in its prose and in FORKHEAD (part 9): change both for another motif."
        )


if __name__ == "__main__":
    main()
