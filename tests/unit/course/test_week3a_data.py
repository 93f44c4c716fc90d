"""Week 3a's data: the exact scan, motif and course files with their refusals, and that no private window is released."""

from __future__ import annotations

import gzip
import importlib.util
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[3]
WEEK3A = ROOT / "references" / "week3a-tf-binding"
RELEASED = ROOT / "source" / "week3a-tf-binding" / "data"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"week3a_{name}_tested", WEEK3A / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def build() -> ModuleType:
    """Return the build script as a module."""
    return load("build_data")


@pytest.fixture(scope="module")
def parts(build: ModuleType) -> dict:
    """Return the windows of all parts, labelled with the course's motif."""
    motif = build.read_motif(WEEK3A / "foxa1.jaspar")
    return build.from_motif(
        build.Motif(motif.name, motif.probabilities, build.THRESHOLD), None, keep_empty=True
    )[0]


# ---- the scan


def slow_labels(seq: str, probabilities: np.ndarray, threshold: float) -> list[float]:
    """Label one sequence letter by letter, without any array trick."""
    width, complement = len(probabilities), str.maketrans("ACGT", "TGCA")
    labels = [0.0] * len(seq)
    for start in range(len(seq) - width + 1):
        site = seq[start : start + width]
        if "N" in site:
            continue
        scores = [
            sum(math.log(row["ACGT".index(c)] / 0.25) for row, c in zip(probabilities, word, strict=True))
            for word in (site, site.translate(complement)[::-1])
        ]
        score = round(max(scores), 6)
        if score >= threshold:
            for place in range(start, start + width):
                labels[place] = max(labels[place], score)
    return labels


@pytest.mark.parametrize("width", [1, 6, 7, 12, 13])
def test_scan_agrees_with_a_slow_one(build: ModuleType, width: int) -> None:
    """Every width, both strands, N, overlapping hits."""
    rng = np.random.default_rng(width)
    probabilities = rng.dirichlet(np.full(4, 0.5), width) * 0.98 + 0.005
    codes = np.where(rng.random((6, 80)) < 0.03, 4, rng.integers(0, 4, (6, 80)))
    helpers = build.helpers
    matrix = helpers.log_odds(probabilities)
    scores = helpers.scan(codes, matrix)
    threshold = max(1e-3, round(float(np.quantile(scores, 0.85)), 6))
    labels = helpers.paint(scores, threshold, width)
    want = [slow_labels(seq, probabilities, threshold) for seq in helpers.text_of(codes)]
    assert (labels > 0).any()
    np.testing.assert_allclose(labels, want, atol=2e-6)


def test_threshold_is_inclusive(build: ModuleType) -> None:
    """A site that scores exactly the threshold, as written in a file, is a hit; a millionth more is not reached."""
    helpers = build.helpers
    matrix = helpers.log_odds(np.array([[0.7, 0.1, 0.1, 0.1]] * 3))
    scores = helpers.scan(np.array([[1, 0, 0, 0, 1]]), matrix)
    threshold = round(3 * math.log(2.8), 6)
    assert scores.max() == threshold
    assert helpers.paint(scores, threshold, 3)[0].tolist() == [0, threshold, threshold, threshold, 0]
    assert not helpers.paint(scores, threshold + 1e-6, 3).any()


def test_impossible_letter_is_no_hit_and_no_nan(build: ModuleType) -> None:
    """A count of 0 scores minus infinity, alone or twice."""
    helpers = build.helpers
    matrix = helpers.log_odds(np.array([[1.0, 0, 0, 0], [1.0, 0, 0, 0]]))
    scores = helpers.scan(np.array([[0, 0, 1, 1, 0]]), matrix)
    assert not np.isnan(scores).any()
    assert helpers.paint(scores, 1.0, 2)[0].tolist() == pytest.approx(
        [2 * math.log(4)] * 2 + [0, 0, 0], abs=1e-6
    )


# ---- the committed files


def test_committed_files_are_what_the_script_builds() -> None:
    """Rebuilt byte for byte, or, with another zlib, to the same content."""
    done = subprocess.run(
        [sys.executable, str(WEEK3A / "build_data.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line for line in done.stderr.splitlines() if "the same content" not in line]
    assert told == []


def test_parts_have_the_courses_counts(parts: dict) -> None:
    """14,808 and 3,703 windows of chromosome X, twice 4,628 of chromosome 22, in disjoint regions."""
    assert {part: len(w.names) for part, w in parts.items()} == {
        "train": 14808,
        "val": 3703,
        "public": 4628,
        "private": 4628,
    }
    for part, chromosome, low, high in (
        ("train", "chrX", 0, 48e6),
        ("val", "chrX", 48e6, 70e6),
        ("public", "chr22", 0, 36e6),
        ("private", "chr22", 36e6, 60e6),
    ):
        places = [name.rsplit("_", 2) for name in parts[part].names]
        assert {c for c, _, _ in places} == {chromosome}
        assert all(low <= int(first) < high and int(last) - int(first) == 299 for _, first, last in places)
    assert sum(int((~w.labels.any(axis=1)).sum()) for w in parts.values()) == 3  # their r is not defined


def test_released_files_are_read_back(build: ModuleType, parts: dict) -> None:
    """The reader of the course's format gives the windows and, to six decimals, the scores."""
    for part in ("val", "public"):
        found = build.read_windows(RELEASED / f"{part}_sequences.txt.gz", RELEASED / f"{part}_scores.txt.gz")
        assert found.names == parts[part].names
        np.testing.assert_array_equal(found.codes, parts[part].codes)
        np.testing.assert_allclose(found.labels, parts[part].labels, atol=5e-7)


def test_no_private_window_is_released(build: ModuleType, parts: dict) -> None:
    """Neither its name nor its sequence stands in any released file."""
    released = b"".join(
        gzip.decompress(p.read_bytes()) if p.suffix == ".gz" else p.read_bytes() for p in RELEASED.iterdir()
    )
    sequences = set(build.helpers.text_of(parts["private"].codes))
    known = set(released.decode().split())
    assert not sequences & known
    assert not set(parts["private"].names) & known


def test_private_labels_are_not_stored(build: ModuleType, parts: dict) -> None:
    """The held-out file has letters and a motif, and the grader's labels are those of the build."""
    with np.load(WEEK3A / "private" / "held_out.npz") as file:
        assert sorted(file) == ["motif", "private_codes", "public_codes"]
        assert json.loads(bytes(file["motif"]))["threshold"] == build.THRESHOLD
    codes, labels = build.helpers.held_out(WEEK3A / "private", "private")
    np.testing.assert_array_equal(codes, parts["private"].codes)
    np.testing.assert_array_equal(labels, parts["private"].labels)


def test_gzip_bytes_hold_no_time_and_no_name(build: ModuleType) -> None:
    """So that a rebuild is the same file."""
    packed = build.compressed(b"window\n" * 9)
    assert gzip.decompress(packed) == b"window\n" * 9
    assert packed[:10] == b"\x1f\x8b\x08" + bytes(5) + b"\x02\xff"


# ---- motif files


HOMER = ">TGTT\tmine\t4.5\t-100\n0.1\t0.1\t0.1\t0.7\n0.001\t0.001\t0.997\t0.001\n"


def test_homer_motif_brings_its_threshold(build: ModuleType, tmp_path: Path) -> None:
    """Rows are places, the third field of the header is the threshold."""
    path = tmp_path / "a.motif"
    path.write_text(HOMER)
    motif = build.read_motif(path)
    assert (motif.name, motif.threshold) == ("mine", 4.5)
    np.testing.assert_allclose(motif.probabilities, [[0.1, 0.1, 0.1, 0.7], [0.001, 0.001, 0.997, 0.001]])


def test_jaspar_motif_is_counts(build: ModuleType) -> None:
    """MA0148.4 has twelve places, and its consensus holds TGTTTAC's reverse complement."""
    motif = build.read_motif(WEEK3A / "foxa1.jaspar")
    assert motif.threshold is None
    assert motif.probabilities.shape == (12, 4)
    assert "".join("ACGT"[i] for i in motif.probabilities.argmax(axis=1))[2:9] == "GTAAACA"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("TGTT\n", "line 1: a motif begins with '>'"),
        (HOMER + HOMER, "line 4: a second motif"),
        (HOMER.replace("0.997", "high"), "line 3, column 3: 'high' is no number"),
        (HOMER.replace("\t0.997", ""), "line 3: 3 numbers, not four"),
        (HOMER.replace("4.5", "?"), r"line 1, column 3: '\?' is no number"),
        (HOMER.replace("\t4.5\t-100", ""), "line 1: 2 fields"),
        (HOMER.replace("0.997", "-1"), "place 2 of the motif is"),
        (">x\nA [1 2]\nC [1 2]\nT [1 2]\nG [1 2]\n", "line 4, column 1: 'T', not 'G'"),
        (">x\nA [1 2]\nC [1 2]\nG [1]\nT [1 2]\n", "line 4: 1 places, the line of A has 2"),
        (">x\nA [1 2]\nC [1 2]\nG [1 2]\n", "3 lines of counts"),
        (">x\nA [1 0]\nC [1 0]\nG [1 0]\nT [1 0]\n", "place 2 of the motif"),
    ],
)
def test_bad_motif_is_refused_with_its_place(build: ModuleType, tmp_path: Path, text: str, told: str) -> None:
    """File, line and column."""
    path = tmp_path / "bad.motif"
    path.write_text(text)
    with pytest.raises(build.CourseFileError, match=told) as caught:
        build.read_motif(path)
    assert str(caught.value).startswith(str(path))


def test_another_motif_keeps_windows_with_a_site(build: ModuleType, tmp_path: Path) -> None:
    """Without a threshold about 18 % of the windows have a site; all parts are left with some, all with one."""
    path = tmp_path / "gata.jaspar"
    path.write_text(">G GATA\nA [1 90 1 90]\nC [1 1 1 4]\nG [95 1 1 2]\nT [3 8 97 4]\n")
    motif = build.read_motif(path)
    parts, found = build.from_motif(motif, None, keep_empty=False)
    assert found.threshold > 0
    assert all(w.labels.any(axis=1).all() and len(w.names) for w in parts.values())
    # GATA is so frequent that windows tie at the best score; then all of them are kept.
    assert sum(len(w.names) for w in parts.values()) >= build.DENSITY * 27767 - 1


def test_another_seed_deals_blocks_within_a_chromosome(build: ModuleType, parts: dict) -> None:
    """All windows, dealt afresh: training and test chromosomes stay apart, and so do blocks of 1 Mb."""
    motif = build.read_motif(WEEK3A / "foxa1.jaspar")
    motif = build.Motif(motif.name, motif.probabilities, build.THRESHOLD)
    dealt, again, other = (build.from_motif(motif, seed, keep_empty=True)[0] for seed in (7, 7, 8))
    assert dealt["private"].names == again["private"].names != other["private"].names
    for one, two in (("train", "val"), ("public", "private")):
        before, after = ({n for p in (one, two) for n in some[p].names} for some in (parts, dealt))
        assert before == after
        blocks = [
            {(c, s // build.BLOCK_BP) for c, s in map(build.place_of, dealt[p].names)} for p in (one, two)
        ]
        assert not blocks[0] & blocks[1]
        for part in (one, two):
            assert abs(len(dealt[part].names) - len(parts[part].names)) < 0.1 * len(before)


# ---- the course's own files


def course_files(folder: Path, build: ModuleType, n: int = 40) -> tuple[Path, Path]:
    rng = np.random.default_rng(0)
    names = [f"chr22_{1_000_000 * i}_{1_000_000 * i + 299}" for i in range(n)]
    codes = np.where(rng.random((n, 300)) < 0.01, 4, rng.integers(0, 4, (n, 300)))
    scores = rng.random((n, 300)) * (rng.random((n, 300)) < 0.1)
    order = rng.permutation(n)
    paths = folder / "chr22_sequences.txt.gz", folder / "chr22_scores.txt.gz"
    text = build.helpers.text_of(codes)
    paths[0].write_bytes(build.helpers.sequences_file(names, text, gzipped=True))
    paths[1].write_bytes(build.helpers.scores_file([names[i] for i in order], scores[order], gzipped=True))
    return paths


def test_course_files_make_a_data_set(build: ModuleType, tmp_path: Path) -> None:
    """Real files bring their scores: all parts get windows, and the held-out file then holds the scores."""
    paths = course_files(tmp_path, build)
    parts = build.from_course(list(paths), 1)
    assert sum(len(w.names) for w in parts.values()) == 40
    assert all(len(w.names) >= 3 for w in parts.values())
    whole = build.read_windows(*paths)
    row = whole.names.index(parts["private"].names[0])
    np.testing.assert_array_equal(parts["private"].labels[0], whole.labels[row])
    (tmp_path / "held_out.npz").write_bytes(build.held_out(parts, None))
    codes, labels = build.helpers.held_out(tmp_path, "private")
    np.testing.assert_array_equal(codes, parts["private"].codes)
    np.testing.assert_allclose(labels, parts["private"].labels, atol=1e-6)


def spoil(path: Path, line: int, old: str, new: str) -> None:
    """Replace the first ``old`` in a line (from 1) of a gzipped table."""
    lines = gzip.decompress(path.read_bytes()).decode().split("\n")
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    path.write_bytes(gzip.compress("\n".join(lines).encode()))


@pytest.mark.parametrize(
    ("which", "line", "old", "new", "told"),
    [
        (0, 1, "window_name", "window", "line 1: 0 columns 'window_name'"),
        (0, 1, "sequence", "seq", "line 1: 0 columns 'sequence'"),
        (0, 3, "\t", "\t\t", "line 3: 3 columns, the header has 2"),
        (
            0,
            5,
            "chr22_3000000",
            "chr22_2000000",
            "line 5: window 'chr22_2000000_3000299' has no scores|no column",
        ),
        (0, 4, "chr22_2000000_2000299", "chr22_1000000_1000299", "line 4: window .* stands in line 3, too"),
        (0, 2, "chr22_0_299", "chr22", "line 2: 'chr22' is no name"),
        (0, 6, "A", "U", "line 6, column 1: letter [0-9]+ is 'U'"),
        (0, 6, "A", "", "line 6, column 1: 299 letters, not 300"),
        (1, 1, "chr22_5000000", "chr22_5000001", "line 1: no column for window 'chr22_5000000_5000299'"),
        (1, 7, "\t0\t", "\thigh\t", "line 7, column [0-9]+: 'high' is no number"),
        (1, 7, "\t0\t", "\tnan\t", "line 7, column [0-9]+: not a finite number"),
        (1, 9, "\t0\t", "\t", "line 9: 39 columns, the header has 40"),
    ],
)
def test_bad_course_file_is_refused_with_its_place(
    build: ModuleType, tmp_path: Path, which: int, line: int, old: str, new: str, told: str
) -> None:
    """File, line and column."""
    paths = course_files(tmp_path, build)
    spoil(paths[which], line, old, new)
    with pytest.raises(build.CourseFileError, match=told) as caught:
        build.read_windows(*paths)
    assert paths[which].name in str(caught.value)


def test_course_files_come_in_whole_pairs(build: ModuleType, tmp_path: Path) -> None:
    """Half a pair, another name, a short table and half a download are named."""
    paths = course_files(tmp_path, build)
    with pytest.raises(build.CourseFileError, match=r"chr22_scores\.txt\.gz: missing"):
        build.from_course([paths[0]], 1)
    with pytest.raises(build.CourseFileError, match="the name must end in"):
        build.from_course([tmp_path / "windows.tsv"], 1)
    whole = paths[1].read_bytes()
    paths[1].write_bytes(gzip.compress(b"\n".join(gzip.decompress(whole).split(b"\n")[:300])))
    with pytest.raises(build.CourseFileError, match="299 rows of scores, not 300"):
        build.read_windows(*paths)
    paths[1].write_bytes(whole[:-20])
    with pytest.raises(build.CourseFileError, match="ends early"):
        build.read_windows(*paths)


def test_command_line_refuses_with_a_sentence(tmp_path: Path) -> None:
    """No traceback, nothing written, exit code 1."""
    bad = tmp_path / "bad.motif"
    bad.write_text("no motif\n")
    done = subprocess.run(
        [sys.executable, str(WEEK3A / "build_data.py"), "--motif", str(bad)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Nothing was written." in done.stderr
