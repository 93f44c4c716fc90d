# operator = "equivalent"
# why = "bare parameters and other names than the solution's layers"

# %% q6_answer
# answer: q6_answer
class BindingModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.w1, self.b1 = nn.Parameter(torch.zeros(32, 4, 15)), nn.Parameter(torch.zeros(32))
        self.w2, self.b2 = nn.Parameter(torch.zeros(1, 32, 11)), nn.Parameter(torch.zeros(1))
        for w in (self.w1, self.w2):
            nn.init.kaiming_uniform_(w)

    def forward(self, x):
        h = F.conv1d(x.permute(0, 2, 1), self.w1, self.b1, padding="same")
        return F.conv1d(h.relu(), self.w2, self.b2, padding="same").flatten(1)

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
    def __init__(self):
        super().__init__()
        self.w1, self.b1 = nn.Parameter(torch.zeros(32, 4, 15)), nn.Parameter(torch.zeros(32))
        self.w2, self.b2 = nn.Parameter(torch.zeros(1, 32, 11)), nn.Parameter(torch.zeros(1))
        for w in (self.w1, self.w2):
            nn.init.kaiming_uniform_(w)

    def forward(self, x):
        h = F.conv1d(x.permute(0, 2, 1), self.w1, self.b1, padding="same")
        return F.conv1d(h.relu(), self.w2, self.b2, padding="same").flatten(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()

    raw = args.data.read_bytes()
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode()
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
