# operator = "equivalent"
# why = "pandas reads and writes; string columns; a loop over windows"

# %% q7_answer
%%writefile predict.py
# answer: q7_answer
import argparse
import os

import pandas as pd
import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--data")
parser.add_argument("--out")
options = parser.parse_args()
packed = open(options.data, "rb").read(2) == b"\x1f\x8b"
table = pd.read_csv(options.data, sep="\t", compression="gzip" if packed else None)
state = torch.load(os.path.join(os.path.dirname(os.path.abspath(__file__)), "model_weights.pt"), map_location="cpu")
first, last = nn.Conv1d(4, 32, 15, padding="same"), nn.Conv1d(32, 1, 11, padding="same")
first.load_state_dict({k[6:]: v for k, v in state.items() if k.startswith("first.")})
last.load_state_dict({k[5:]: v for k, v in state.items() if k.startswith("last.")})
found = {}
with torch.no_grad():
    for name, seq in zip(table["window_name"], table["sequence"]):
        x = torch.tensor([[float(letter == c) for letter in seq.upper()] for c in "ACGT"])
        found[name] = last(torch.relu(first(x[None])))[0, 0].tolist()
pd.DataFrame.from_dict(found, orient="index").rename_axis("window_name").to_csv(options.out)
