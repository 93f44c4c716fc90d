# why = "pandas in and out, vectorised letters, six digits, no main function"
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

import os

import numpy as np
import pandas as pd
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


def main():
    parser = argparse.ArgumentParser(description="Predict binding tracks.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    packed = options.data.open("rb").read(2) == bytes([0x1F, 0x8B])
    table = pd.read_csv(options.data, sep="\t", dtype=str, keep_default_na=False, compression="gzip" if packed else None)
    letters = np.array([list(s.upper()) for s in table["sequence"]])
    x = torch.from_numpy((letters[..., None] == np.array(list("ACGT"))).astype(np.float32))
    model = BindingModel().eval()
    here = os.path.dirname(os.path.abspath(__file__))
    model.load_state_dict(torch.load(os.path.join(here, "model_weights.pt"), map_location=torch.device("cpu"), weights_only=True))
    with torch.inference_mode():
        tracks = torch.cat([model(some) for some in x.split(128)]).numpy()
    frame = pd.DataFrame(tracks, columns=[str(i) for i in range(300)])
    frame.insert(0, "window_name", table["window_name"])
    frame.to_csv(options.out, index=False, float_format="%.6g")


main()
