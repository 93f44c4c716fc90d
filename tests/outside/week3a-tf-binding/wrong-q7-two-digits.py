# expected = {q7 = 0}
# why = "writes whole numbers only; the contract: its predictions are those of BindingModel to three digits"
# %% q6_answer
# answer: q6_answer
class BindingModel(nn.Module):
    """Scan both strands with one motif, paint what reaches a threshold over the motif's width."""

    def __init__(self):
        super().__init__()
        self.scan = nn.Conv1d(4, 1, 12, bias=False)
        self.threshold = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        x = x.permute(0, 2, 1)
        both = torch.maximum(self.scan(x), self.scan(x.flip(1, 2)).flip(2))
        site = torch.where(both >= self.threshold, both, torch.zeros_like(both))
        return F.max_pool1d(F.pad(site, (11, 11)), 12, stride=1)[:, 0]
# %% q7_answer
%%writefile predict.py
# answer: q7_answer
import argparse
import csv
import gzip
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F


class BindingModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.scan = nn.Conv1d(4, 1, 12, bias=False)
        self.threshold = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        x = x.permute(0, 2, 1)
        both = torch.maximum(self.scan(x), self.scan(x.flip(1, 2)).flip(2))
        site = torch.where(both >= self.threshold, both, torch.zeros_like(both))
        return F.max_pool1d(F.pad(site, (11, 11)), 12, stride=1)[:, 0]


def read(path):
    raw = Path(path).read_bytes()
    text = (gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw).decode()
    return list(csv.DictReader(text.splitlines(), delimiter="\t"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    model = BindingModel()
    model.load_state_dict(torch.load(Path(__file__).resolve().parent / "model_weights.pt", map_location="cpu"))
    model.eval()
    rows = read(args.data)
    with open(args.out, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["window_name", *range(300)])
        for start in range(0, len(rows), 256):
            some = rows[start : start + 256]
            x = torch.zeros(len(some), 300, 4)
            for i, row in enumerate(some):
                for j, letter in enumerate(row["sequence"].upper()):
                    if letter in "ACGT":
                        x[i, j, "ACGT".index(letter)] = 1
            with torch.no_grad():
                tracks = model(x)
            for row, track in zip(some, tracks.tolist()):
                writer.writerow([row["window_name"], *(round(v) for v in track)])


if __name__ == "__main__":
    main()
