"""What week 3a's checks share: the reader of handed-in predictions, against honest slips and hostile bytes."""

from __future__ import annotations

import gzip
import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from autograder.judge import weight_prints

if TYPE_CHECKING:
    from types import ModuleType

WEEK3A = Path(__file__).parents[3] / "references" / "week3a-tf-binding"
NAMES = ["chr1_0_299", "chr22_300_599", "chrX_9000_9299"]
VALUES = np.random.default_rng(0).standard_normal((3, 300)).round(4)


@pytest.fixture(scope="module")
def helpers() -> ModuleType:
    """Return the module that grading uses."""
    spec = importlib.util.spec_from_file_location("week3a_helpers_tested", WEEK3A / "helpers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def table(names: list[str] = NAMES, values: np.ndarray = VALUES, form: str = "{:.4f}") -> list[list[str]]:
    return [["window_name", *map(str, range(300))]] + [
        [name, *(form.format(v) for v in row)] for name, row in zip(names, values, strict=True)
    ]


def written(rows: list[list[str]], separator: str = ",", end: str = "\n") -> bytes:
    return (end.join(separator.join(row) for row in rows) + end).encode()


def test_right_table_is_read_as_it_is(helpers: ModuleType) -> None:
    """No fault, nothing to repair."""
    found = helpers.read_predictions(written(table()), NAMES)
    np.testing.assert_array_equal(found.values, VALUES)
    assert (found.faults, found.repairs) == ([], [])


def swapped_rows() -> list[list[str]]:
    rows = table()
    return [rows[0], rows[3], rows[1], rows[2]]


HARMLESS = {
    "rows in another order": written(swapped_rows()),
    "gzip": gzip.compress(written(table())),
    "tabs": written(table(), "\t"),
    "semicolons": written(table(), ";"),
    "windows line ends": written(table(), end="\r\n"),
    "byte-order mark": b"\xef\xbb\xbf" + written(table()),
    "utf-16": written(table()).decode().encode("utf-16"),
    "no header": written(table()[1:]),
    "another header": written([["", *(f"pos_{i}" for i in range(300))], *table()[1:]]),
    "header without the index": written([[*map(str, range(300))], *table()[1:]]),
    "scientific notation": written([table()[0], *table(form="{:.4e}")[1:]]),
    "white space": written([[f" {field}  " for field in row] for row in table()]),
    "quotes": written([[f'"{field}"' for field in row] for row in table()]),
    "a quote without end": b'"' + written(table()),
    "separator at the end": written([[*row, ""] for row in table()]),
    "empty lines": written(table()).replace(b"\n", b"\n\n"),
    "row numbers first": written([["", *table()[0]], *([str(i), *row] for i, row in enumerate(table()[1:]))]),
    "a window more": written([*table(), ["chr9_0_299", *["1"] * 300]]),
}


@pytest.mark.parametrize("slip", HARMLESS)
def test_harmless_slips_are_repaired(helpers: ModuleType, slip: str) -> None:
    """Whatever leaves no doubt which number is meant costs nothing."""
    found = helpers.read_predictions(HARMLESS[slip], NAMES)
    assert found.faults == []
    np.testing.assert_allclose(found.values, VALUES, atol=1e-4)


def test_all_faults_are_listed_at_once(helpers: ModuleType) -> None:
    """A student who mends one need not hand in again to learn of the next."""
    names = [*NAMES, "chr3_0_299", "chr3_300_599", "chr3_600_899"]
    rows = table(names, np.zeros((6, 300)))
    rows[1] = rows[1][:-1]  # 299 values
    rows[2][7] = "high"
    rows[3][9] = "nan"
    rows[4][9] = "1e999"
    rows[5][0] = NAMES[0]  # a second time, and chr3_300_599 is missing
    rows[6][0] = "chr99_0_299"
    found = helpers.read_predictions(written(rows), names)
    assert found.values is None
    sentence = helpers.sentence_of(found, "the predictions file")
    for words in (
        "1 row is of a window that is not in the data file",
        "2 of 6 windows have no row",
        "1 row is of a window that has one already",
        "line 2 has 299 values after the name, not 300",
        "line 3 has something that is no number",
        "2 lines (4, 5) have a value that is NaN or infinite",
    ):
        assert words in sentence


def test_table_that_lies_the_other_way_round_is_named(helpers: ModuleType) -> None:
    """The scores' own layout, with and without an index column."""
    columns = [NAMES, *(map(str, row) for row in VALUES.T)]
    for rows in (columns, [["", *NAMES], *([str(i), *row] for i, row in enumerate(map(list, columns[1:])))]):
        found = helpers.read_predictions(written([list(row) for row in rows]), NAMES)
        assert found.faults == ["one column per window; the contract asks for one row per window"]


HOSTILE = {
    "nothing": b"",
    "zeros": bytes(10_000),
    "binary": bytes(range(256)) * 40,
    "half a gzip": gzip.compress(written(table()))[:-30],
    "gzip of noise": b"\x1f\x8b\x08\x00" + b"\xff" * 500,
    "utf-16 cut in half": written(table()).decode().encode("utf-16")[:-1],
    "one line of commas": b"," * 1_000_000,
    "a million lines": b"x\n" * 1_000_000,
    "old Mac lines": b"x\r" * 1_000_000,
    "odd line ends": ("x\u2028" * 100_000).encode(),
    "digits without end": ("window_name,0\nchr1_0_299," + "8" * 1_000_000).encode(),
    "underscores": written([[f.replace(".", "_") for f in row] for row in table()]),
    "formula": b"=cmd|' /C calc'!A0,1\n",
    "terminal": b"\x1b[2J\x1b]0;x\x07,1\n",
    "other digits": "window_name,0\nchr1_0_299,\u0663".encode(),
}


@pytest.mark.parametrize("trick", HOSTILE)
def test_hostile_bytes_are_faults_and_never_quoted(helpers: ModuleType, trick: str) -> None:
    """Nothing raises, nothing of the content reaches the student's sentence or the staff's screen."""
    found = helpers.read_predictions(HOSTILE[trick], NAMES)
    sentence = helpers.sentence_of(found, "the predictions file")
    assert found.values is None
    assert found.faults
    assert len(sentence) < 600
    assert sentence.isprintable()
    for foreign in ("calc", "\x1b", "8888", "chr1"):
        assert foreign not in sentence


def test_gzip_bomb_stays_small(helpers: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is unpacked up to the limit and no further."""
    monkeypatch.setattr(helpers, "MAX_BYTES", 1 << 20)
    found = helpers.read_predictions(gzip.compress(bytes(1 << 26)), NAMES)
    assert found.faults == ["more than 1 MB"]


def test_faults_are_at_most_a_few(helpers: ModuleType) -> None:
    """Rows of every length: the list ends with how many more there are."""
    rows = [["window_name"], *([f"chr1_{i}_0", *["1"] * i] for i in range(20))]
    found = helpers.read_predictions(written(rows), [row[0] for row in rows[1:]])
    assert helpers.sentence_of(found, "f").endswith("; 12 more faults")


def test_script_that_ended_badly_is_told_in_words(helpers: ModuleType) -> None:
    """Input, an error with its line, an odd option, a signal."""
    tell = [
        helpers.how_it_ended(SimpleNamespace(exit_code=code, error=error, line=line), "predict.py")
        for code, error, line in ((1, "EOFError", 3), (1, "KeyError", 7), (2, "", 0), (-9, "", 0), (5, "", 0))
    ]
    assert tell == [
        "predict.py asks for input; it must run without anybody there",
        "predict.py stopped in line 7: KeyError",
        "predict.py ended with exit code 2: does it take --data and --out?",
        "predict.py was stopped by signal 9",
        "predict.py ended with exit code 5",
    ]


# ---- whose weights are these?


def test_copies_are_recognised_over_order_and_scale(helpers: ModuleType) -> None:
    """Permuted, rescaled, shifted by a constant per place and slightly noisy filters match; independent ones do not."""
    rng = np.random.default_rng(1)
    ours = rng.standard_normal((32, 4, 11))
    copy = ours[rng.permutation(32)] * rng.uniform(0.1, 9, (32, 1, 1)) + rng.standard_normal((32, 1, 11))
    noisy = copy + 0.01 * copy.std() * rng.standard_normal(copy.shape)
    known = helpers.first_filters([rng.standard_normal(5), ours])
    for other in (ours, copy, noisy):
        assert weight_prints.matched_similarity(helpers.first_filters([other]), known) > 0.98
    independent = helpers.first_filters([rng.standard_normal((32, 4, 11))])
    assert weight_prints.matched_similarity(independent, known) < 0.6


def test_networks_without_such_filters_are_like_nobody(helpers: ModuleType) -> None:
    """Another shape, no letters, zeros."""
    known = helpers.first_filters([np.ones((3, 4, 5)) * np.arange(4)[:, None]])
    assert weight_prints.matched_similarity(helpers.first_filters([np.ones((7, 3))]), known) == 0
    assert weight_prints.matched_similarity(helpers.first_filters([np.zeros((3, 4, 5))]), known) == 0


def test_letter_order_is_read_off_the_students_loader(helpers: ModuleType) -> None:
    """The slide's order is recognised; a loader that raises or returns nonsense has the contract's."""

    def loader(order: str) -> object:
        return lambda *_files: (["chr1_0_3"], np.eye(4)[None][:, :, ["ACGT".index(c) for c in order]], None)

    def broken(*_files: object) -> object:
        raise RuntimeError

    assert helpers.letter_order(loader("ATGC"), str) == [0, 3, 2, 1]
    assert helpers.letter_order(loader("ACGT"), str) == [0, 1, 2, 3]
    for odd in (broken, lambda *_files: None, lambda *_files: ([], np.ones((1, 4, 4)), 0)):
        assert helpers.letter_order(odd, str) == [0, 1, 2, 3]


def test_likeness_is_one_for_the_same_track_and_zero_for_none(helpers: ModuleType) -> None:
    """Scale and sign do not matter; constant rows and NaN count 0."""
    rng = np.random.default_rng(2)
    track = rng.standard_normal((9, 300))
    assert helpers.likeness(-3 * track + 1, track) == pytest.approx(1)
    assert helpers.likeness(np.zeros((9, 300)), track) == 0
    assert helpers.likeness(np.full((9, 300), np.nan), track) == 0
    assert helpers.likeness(rng.standard_normal((9, 300)), track) < 0.15
