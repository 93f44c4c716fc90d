# expected = {q7 = 7}
# operator = "own: contract"
# why = "gzip is told by the name of the file, not by what it is"

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
    text = (gzip.decompress(raw) if args.data.suffix == ".gz" else raw).decode()
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t"))
    codes = np.frombuffer("".join(row["sequence"].upper() for row in rows).encode(), dtype=np.uint8).reshape(len(rows), 300)
    x = torch.tensor(codes[:, :, None] == np.frombuffer(b"ACGT", dtype=np.uint8), dtype=torch.float32)

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
