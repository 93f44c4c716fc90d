"""Turn run logs into real W&B offline runs, without the personal data: for tests and variants.

Run it with an interpreter that has ``wandb`` (the project does not need it):

    python wandb_fixture.py RUNS OUT [HOW]      every RUNS/*.jsonl becomes OUT/run-<stem>.wandb

HOW is one of the ways in which people log: ``two-calls`` (training, then validation), ``summary-max``
(``define_metric``), ``no-epochs`` (in the configuration) or ``resumed`` (interrupted after epoch 6, two files).

W&B writes the files itself, in offline mode. Then only the records of run, configuration, history, summary
and exit are kept, byte for byte, except that the run's record keeps nothing but its id and configuration:
host, user, paths, command line, git remote, hardware and telemetry are gone. Checksums and blocks are made anew.
"""

import json
import os
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

BLOCK, HEAD, MAGIC = 32768, struct.Struct("<IHB"), b":W&B" + struct.pack("<HB", 0xBEE1, 0)
HISTORY, SUMMARY, CONFIG, RUN, EXIT = 2, 3, 5, 17, 18  # fields of W&B's Record
RUN_ID, RUN_CONFIG = 1, 4  # fields of RunRecord


def frame(records: Iterable[bytes]) -> bytes:
    """Return records as a log of blocks: each record whole, or as first, middle and last pieces."""
    log = bytearray(MAGIC)
    for record in records:
        begun = False
        while True:
            room = BLOCK - len(log) % BLOCK
            if room < HEAD.size:
                log += bytes(room)
                continue
            piece, record = record[: room - HEAD.size], record[room - HEAD.size :]
            kind = (3 if record else 4) if begun else (2 if record else 1)
            log += HEAD.pack(zlib.crc32(piece, zlib.crc32(bytes([kind]))), len(piece), kind) + piece
            begun = True
            if not record:
                break
    return bytes(log)


def unframe(log: bytes) -> Iterator[bytes]:
    """Yield the records of a whole log."""
    at, parts = len(MAGIC), b""
    while at < len(log):
        if BLOCK - at % BLOCK < HEAD.size:
            at += BLOCK - at % BLOCK
            continue
        _, length, kind = HEAD.unpack_from(log, at)
        parts += log[at + HEAD.size : at + HEAD.size + length]
        at += HEAD.size + length
        if kind in (1, 4):
            yield parts
            parts = b""


def varint(number: int) -> bytes:
    """Return a protobuf number."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(number: int, content: bytes) -> bytes:
    """Return a protobuf field that holds bytes."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield number, content and raw bytes of each field of a message; a number's content is empty."""
    at = 0
    while at < len(message):
        start, (tag, at) = at, number_at(message, at)
        size = 0
        if tag & 7 == 0:
            _, at = number_at(message, at)
        elif tag & 7 == 2:
            size, at = number_at(message, at)
        else:
            at += 8 if tag & 7 == 1 else 4
        yield tag >> 3, message[at : at + size], message[start : at + size]
        at += size


def number_at(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def scrub(log: bytes) -> bytes:
    """Return the log with nothing in it but what was configured and measured."""
    kept = []
    for record in unframe(log):
        for number, content, raw in fields(record):
            if number in (HISTORY, SUMMARY, CONFIG, EXIT):
                kept.append(raw)
            elif number == RUN:
                inner = b"".join(r for n, _, r in fields(content) if n in (RUN_ID, RUN_CONFIG))
                kept.append(field(RUN, inner))
    return frame(kept)


def log_run(path: Path, folder: str, how: str) -> None:
    """Log one run with the real W&B, offline, below a folder; ``how`` may end in the part of a resumed run."""
    os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true", WANDB_DISABLE_GIT="true", HOME=folder)
    os.environ["WANDB_DISABLE_CODE"] = "true"
    import wandb

    lines = [json.loads(line) for line in path.read_text().splitlines()]
    config, rows = (
        lines[0]["config"],
        [{k: v for k, v in line.items() if k != "seconds"} for line in lines[1:]],
    )
    named = {"id": path.stem, "resume": "allow"} if how.startswith("resumed") else {}
    if how == "no-epochs":
        del config["epochs"]
    run = wandb.init(project="week3b", dir=folder, config=config, **named)
    if how == "summary-max":
        run.define_metric("val_r", summary="max")
        run.define_metric("val_loss", summary="min")
    if how.startswith("resumed"):  # epochs 5 and 6 are run again: the checkpoint was older than the crash
        rows = rows[:6] if how.endswith("1") else rows[4:]
    for line in rows:
        if "summary" in line:
            run.summary.update({k: v for k, v in line["summary"].items() if k.startswith("test")})
        elif how == "two-calls":
            run.log({"epoch": line["epoch"], "train_loss": line["train_loss"]})
            run.log({k: v for k, v in line.items() if k != "train_loss"})
        else:
            run.log(line)
    run.finish(exit_code=1 if how == "resumed-1" else 0)


def main() -> None:
    runs, out = map(Path, sys.argv[1:3])
    how = sys.argv[3] if sys.argv[3:] else ""
    if sys.argv[4:]:
        log_run(runs, sys.argv[4], how)
        return
    for path in sorted(runs.glob("*.jsonl")):
        for part in ("resumed-1", "resumed-2") if how == "resumed" else (how,):
            with tempfile.TemporaryDirectory() as folder:
                # in a process of its own: only when that has ended is everything on the disk
                subprocess.run([sys.executable, __file__, path, out, part, folder], check=True)
                (file,) = Path(folder).rglob("run-*.wandb")
                into = out / part if how == "resumed" else out
                into.mkdir(parents=True, exist_ok=True)
                (into / f"run-{path.stem.removeprefix('run-')}.wandb").write_bytes(scrub(file.read_bytes()))
        print(f"{path.name}: done")


if __name__ == "__main__":
    main()
