"""W&B's files lose who and where, and keep what a run is graded by."""

from __future__ import annotations

import pytest

from autograder.log_readers import wandb_records
from autograder.packing.clean import clean_text
from autograder.packing.wandb_files import _append_record, _sub, clean_wandb

HEAD = wandb_records.MAGIC
CONFIG, METRICS = frozenset({"lr", "path"}), frozenset({"epoch", "val_r", "note"})


def item(value: str, *keys: str) -> bytes:
    """Return an item of a history, summary or configuration."""
    names = _sub(1, keys[0].encode()) if len(keys) == 1 else b"".join(_sub(2, k.encode()) for k in keys)
    return _sub(1, names + _sub(16, value.encode()))


def log(*records: bytes) -> bytes:
    """Return a file of records."""
    written = bytearray(HEAD)
    for record in records:
        _append_record(written, record)
    return bytes(written)


RUN = (
    _sub(1, b"abc123")
    + _sub(2, b"ada-lovelace")
    + _sub(13, b"adas-laptop")
    + _sub(21, _sub(1, b"git@x.org:ada"))
)
RUN += _sub(
    4, item("0.1", "lr") + item('{"host": "adas-laptop"}', "_wandb") + item('"/home/ada/data"', "path")
)
RECORDS = (
    _sub(17, RUN) + bytes([8, 1]),  # and the record's number
    _sub(2, item("1", "epoch") + item("0.25", "val_r") + item('"x"', "note")),
    _sub(7, _sub(1, b"/home/ada/file.py")),  # the files of a run
    _sub(20, b"ada@uni.example on adas-laptop"),  # what it ran on
    _sub(2, item("2", "epoch") + item('"' + "y" * 40_000 + '"', "note")),  # over two blocks
    _sub(3, item("0.5", "val_r", "max")),
    _sub(18, bytes([8, 0])),
)


def test_what_a_run_is_graded_by_stays_and_people_go() -> None:
    """The grader's reader finds the same configuration, history, summary and end."""
    content = log(*RECORDS)
    cleaned = clean_wandb(content, lambda text: clean_text(text, []))
    for word in (b"ada-lovelace", b"adas-laptop", b"git@", b"ada@", b"/home/ada"):
        assert word in content
        assert word not in cleaned

    def read(data: bytes) -> list[tuple[str, dict[str, str], object, str]]:
        events = wandb_records.read_events(data, config=CONFIG, metrics=METRICS)
        return [
            (e.kind, {k: v for k, v in e.values.items() if k != "path"}, e.exit_code, e.run_id)
            for e in events
        ]

    assert read(cleaned) == read(content)
    assert len(read(cleaned)) == 6


@pytest.mark.parametrize(
    "content", [b"", b"no log", HEAD, HEAD + b"\x00" * 50, log(*RECORDS)[:300], log(b"\xff" * 9)]
)
def test_damaged_files_are_survived(content: bytes) -> None:
    """What is no run file stays as it is; of a damaged one what is whole is kept."""
    cleaned = clean_wandb(content, str)
    assert cleaned == content if not content.startswith(b":W&B") else cleaned.startswith(HEAD)
