"""Train the reference of "digits": many seeds, the card, and the weights that ship.

    autograder reference digits                     20 seeds, about a minute on one core
    autograder reference digits -- --seeds 3 --out somewhere

The recipe is the notebook's. A card needs three things of you: one row per honest training, which way is better, and by
how much the floor is made easier, with the reasons. ``autograder.references.make_card`` does the rest.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file
from sklearn.datasets import load_digits

from autograder.metrics import accuracy
from autograder.references import make_card, write_card

HERE = Path(__file__).parent
RECIPE = {"model": "64-64-10, ReLU", "optimizer": "Adam, lr 0.003", "epochs": 30, "batch_size": 50}
MARGIN = {
    "hardware": (
        {"accuracy": 0.01},
        "four pictures: room for another CPU, GPU or library version; chosen, not measured",
    ),
    "teaching": (
        {"accuracy": 0.01},
        "four pictures more: a shorter training should not cost a point; chosen, not measured",
    ),
}


class Net(nn.Module):
    """The solution's network."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(64, 64)
        self.scores = nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return scores (n, 10) of pictures (n, 64)."""
        return self.scores(F.relu(self.hidden(x)))


def data() -> tuple[np.ndarray, np.ndarray]:
    """Return pictures (1797, 64) float32 from 0 to 1 and digits (1797,), in the notebook's order."""
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(7).permutation(len(labels))
    return (images[order] / 16).astype(np.float32), labels[order]


def train(seed: int, x: torch.Tensor, y: torch.Tensor) -> Net:
    """Return the network of one honest training."""
    torch.manual_seed(seed)
    model = Net()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    for _ in range(RECIPE["epochs"]):
        for rows in torch.randperm(len(x)).split(50):
            optimizer.zero_grad()
            F.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
    return model


def main() -> None:
    """Train, and write card.json, weights.safetensors, private/ and solution/."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args()
    torch.set_num_threads(1)
    x, y = data()
    held_out = {"x": x[1400:], "y": y[1400:]}
    rows = []
    for name in ("private", "solution"):
        (options.out / name).mkdir(parents=True, exist_ok=True)
    np.savez_compressed(options.out / "private" / "held_out.npz", **held_out)
    weights = options.out / "weights.safetensors"
    for seed in range(options.seeds):
        model = train(seed, torch.tensor(x[:1400]), torch.tensor(y[:1400]))
        with torch.no_grad():
            guesses = model(torch.tensor(held_out["x"])).argmax(1).numpy()
        rows.append({"seed": seed, "accuracy": accuracy(guesses, held_out["y"])})
        print(f"seed {seed}: accuracy {rows[-1]['accuracy']:.4f}", flush=True)
        if seed == 0:  # the seed that ships
            save_file(model.state_dict(), weights)
            torch.save(model.state_dict(), options.out / "solution" / "model_weights.pt")
    card = make_card("digits", rows, {"accuracy": "higher"}, MARGIN, weights=weights, data=list(held_out.values()),
                     device="CPU", versions={"torch": torch.__version__}, training=RECIPE)  # fmt: skip
    write_card(card, options.out / "card.json")
    print(
        f"floor {card['floor']['accuracy']:.4f}; an honest run misses it with probability {card['p_false_fail']:.3f} at most"
    )


if __name__ == "__main__":
    main()
