# expected = {q1 = 8}
# operator = "Tensors & Input"
# why = "the slide's order of letters, in notebook and predict.py, with a network trained on it: its score is as good"

# %% q1_answer
# answer: q1_answer
def load_windows(sequences, scores):
    """Return names, one-hot letters (n, L, 4) and scores (n, L) of a pair of files."""
    table = read_table(sequences)
    for column in ("sequence", "window_name"):
        if column not in table[0]:
            raise ValueError(f"{Path(sequences).name}: no column {column!r}")
    letters_at, name_at = table[0].index("sequence"), table[0].index("window_name")
    names = [row[name_at] for row in table[1:]]
    seqs = [row[letters_at].upper() for row in table[1:]]

    header, *rows = read_table(scores)
    column_of = {name: column for column, name in enumerate(header)}
    for name, seq in zip(names, seqs):
        odd = set(seq) - set("ACGTN")
        if odd:
            raise ValueError(f"{Path(sequences).name}: window {name} has the letter {min(odd)!r}")
        if len(seq) != len(seqs[0]):
            raise ValueError(f"{Path(sequences).name}: window {name} has {len(seq)} letters")
        if name not in column_of:
            raise ValueError(f"{Path(scores).name}: no column for window {name}")
    if len(rows) != len(seqs[0]):
        raise ValueError(f"{Path(scores).name}: {len(rows)} rows of scores, not {len(seqs[0])}")
    for number, row in enumerate(rows, 1):
        if len(row) != len(header):
            raise ValueError(f"{Path(scores).name}: row {number} has {len(row)} columns, the header {len(header)}")
    try:
        numbers = np.array([[float(value) for value in row] for row in rows], dtype=np.float32)  # (L, columns)
    except ValueError as error:
        raise ValueError(f"{Path(scores).name}: {error}") from None

    codes = np.frombuffer("".join(seqs).encode(), dtype=np.uint8).reshape(len(seqs), -1)
    x = (codes[:, :, None] == np.frombuffer(b"ATGC", dtype=np.uint8)).astype(np.float32)
    y = numbers.T[[column_of[name] for name in names]]
    return names, x, y


def read_table(path):
    """Return the fields of every line of a gzipped or plain table."""
    raw = Path(path).read_bytes()
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    return [line.split("\t") for line in raw.decode().splitlines()]

# %% q7_answer
%%writefile predict.py
# answer: q7_answer
"""Predict the binding track of 300-letter windows: python predict.py --data FILE --out FILE."""

import argparse
import csv
import gzip
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


class Network(nn.Module):
    """BindingModel of the notebook; (n, 300, 4) → (n, 300)."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 32, 15, padding=7)
        self.last = nn.Conv1d(32, 1, 11, padding=5)

    def forward(self, x):
        return self.last(F.relu(self.first(x.permute(0, 2, 1))))[:, 0]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()

    raw = args.data.read_bytes()
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode()
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t"))
    codes = np.frombuffer("".join(row["sequence"].upper() for row in rows).encode(), dtype=np.uint8).reshape(len(rows), 300)
    x = torch.tensor(codes[:, :, None] == np.frombuffer(b"ATGC", dtype=np.uint8), dtype=torch.float32)

    model = Network()
    model.load_state_dict(torch.load(Path(__file__).with_name("model_weights.pt"), map_location="cpu", weights_only=True))
    model.eval()
    with torch.no_grad():
        tracks = torch.cat([model(some) for some in x.split(256)]).numpy()
    with args.out.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["window_name", *range(300)])
        writer.writerows([row["window_name"], *(f"{value:.6g}" for value in track)] for row, track in zip(rows, tracks))


if __name__ == "__main__":
    main()
