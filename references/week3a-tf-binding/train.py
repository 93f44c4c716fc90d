"""Train the reference of week 3a many times and write what an honest run can be expected to reach.

The task: from 300 letters of DNA, the score of a transcription factor's motif at each of the 300 positions.
The network slides filters over the sequence three times (64 of width 15, 64 of width 9, one of width 9),
with ReLU in between: every position is treated alike. Adam, learning rate 0.001 falling to 0 along a
cosine, batches of 64, 20 epochs. Only the initial weights and the order of the windows differ between
runs. Two files come out: ``weights.safetensors``, the seed with the best r on the validation windows, and
``card.json``, every seed's results and the *floor* for full marks, which lies on the published curve.

    python train.py                                     64 seeds: some minutes on an H100
    python train.py --device cpu --seeds 2              about five minutes on two cores
    python train.py --seeds 2 --compare card.json       are my seeds like the card's?
    python train.py --benchmark                         all seeds at once against one by one
    python train.py --card-from card.json               the same runs, the card computed afresh

The windows are those of ``build_data.py``: training and validation windows from the released files,
public and private test windows from ``private/held_out.npz``. The card's ``data_sha256`` says which:
SHA-256 over the four parts, each its letters' codes (bytes) and its scores in millionths (little-endian
int32).
"""

import argparse
import datetime
import hashlib
import importlib.util
import json
import math
import platform
import re
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn
from torch.func import grad_and_value, stack_module_state, vmap
from tqdm import tqdm

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))  # the grader's own metrics, without an installation

from autograder import metrics  # noqa: E402

FILTERS, WIDTHS = 64, (15, 9, 9)
LEARNING_RATE, BATCH, EPOCHS = 0.001, 64, 20
BETAS, EPSILON = (0.9, 0.999), 1e-8  # Adam's, as in PyTorch
PARTS = ("train", "val", "public", "private")
JUDGED = PARTS[1:]

# ---------------------------------------------------------------- the task


def load_build_data() -> ModuleType:
    """Return the module that made the data, for its reader of the released files."""
    spec = importlib.util.spec_from_file_location("week3a_build_data", HERE / "build_data.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


def data() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return letters (n, 300), codes of A C G T N, and scores (n, 300), of every part."""
    build = load_build_data()
    found = {}
    for part in ("train", "val"):
        files = [build.SOURCE_DATA / f"{part}_{kind}.txt.gz" for kind in ("sequences", "scores")]
        windows = build.read_windows(*files)
        found[part] = windows.codes, windows.labels
    for part in ("public", "private"):
        found[part] = build.helpers.held_out(HERE / "private", part)
    return found


def digest_of(parts: dict[str, tuple[np.ndarray, np.ndarray]]) -> str:
    digest = hashlib.sha256()
    for part in PARTS:
        codes, scores = parts[part]
        digest.update(codes.astype(np.uint8).tobytes())
        digest.update(np.rint(scores * 1e6).astype("<i4").tobytes())
    return digest.hexdigest()


class SlidingNet(nn.Module):
    """Three convolutions that keep the length; (n, 4, 300) → (n, 300)."""

    def __init__(self) -> None:
        super().__init__()
        first, second, third = WIDTHS
        self.net = nn.Sequential(
            nn.Conv1d(4, FILTERS, first, padding="same"),
            nn.ReLU(),
            nn.Conv1d(FILTERS, FILTERS, second, padding="same"),
            nn.ReLU(),
            nn.Conv1d(FILTERS, 1, third, padding="same"),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)[:, 0]


LAYERS = ("net.0", "net.2", "net.4")


def forward(weights: dict, x: torch.Tensor) -> torch.Tensor:
    """``SlidingNet`` as three matrix products; x (n, 4, 300) → (n, 300).

    Under vmap a convolution with weights of its own for every seed becomes a grouped convolution, which GPUs
    do slowly; a product of the pieces of the sequence with the filters becomes one batched product.
    """
    h = x.transpose(1, 2)  # (n, 300, channels)
    for layer in LAYERS:
        w, b = weights[f"{layer}.weight"], weights[f"{layer}.bias"]  # (filters, channels, width), (filters,)
        width, length = w.shape[2], h.shape[1]
        padded = nn.functional.pad(h, (0, 0, width // 2, width // 2))
        pieces = torch.cat([padded[:, place : place + length] for place in range(width)], dim=2)
        h = (
            pieces @ w.permute(2, 1, 0).flatten(0, 1) + b
        )  # (n, 300, width·channels) @ (width·channels, filters)
        h = torch.relu(h) if layer != LAYERS[-1] else h
    return h[:, :, 0]


_drawing = threading.Lock()  # PyTorch's generator is one for all threads


def new_model(seed: int) -> SlidingNet:
    """Return PyTorch's default initial weights; drawn on the CPU, so a seed means the same everywhere."""
    with _drawing:
        torch.manual_seed(seed)
        return SlidingNet()


def one_hot(codes: np.ndarray, device: torch.device) -> torch.Tensor:
    table = torch.eye(5, 4, device=device)
    letters = torch.tensor(codes.astype(np.int64), device=device)
    return table[letters].transpose(1, 2).contiguous()  # (n, 4, 300)


def tensors(parts: dict, device: torch.device) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    return {
        part: (one_hot(codes, device), torch.tensor(scores, dtype=torch.float32, device=device))
        for part, (codes, scores) in parts.items()
    }


def new_orders(seeds: list[int]) -> list[torch.Generator]:
    """Return each seed's source of row orders; drawn on the CPU, so a seed means the same everywhere."""
    return [torch.Generator().manual_seed(10_000 + seed) for seed in seeds]


def learning_rate(epoch: int, epochs: int) -> float:
    return LEARNING_RATE * 0.5 * (1 + math.cos(math.pi * epoch / epochs))


# ---------------------------------------------------------------- train: one seed, or many at once
# Both return the trained weights by name and the mean squared error on the validation windows after every
# epoch. ``train_many`` has a leading axis of seeds.


def train_one(seed: int, epochs: int, parts: dict, device: torch.device, bar: tqdm) -> tuple[dict, list]:
    """Train one network with the loop that a student writes."""
    (x, y), (x_val, y_val) = parts["train"], parts["val"]
    model = new_model(seed).to(device)
    (order,) = new_orders([seed])
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, betas=BETAS, eps=EPSILON)
    curve = []
    for epoch in range(epochs):
        optimizer.param_groups[0]["lr"] = learning_rate(epoch, epochs)
        for batch in torch.randperm(len(y), generator=order).to(device).split(BATCH):
            optimizer.zero_grad()
            nn.functional.mse_loss(model(x[batch]), y[batch]).backward()
            optimizer.step()
        with torch.no_grad():
            squares = [
                nn.functional.mse_loss(model(a), b, reduction="sum")
                for a, b in zip(x_val.split(512), y_val.split(512), strict=True)
            ]
        curve.append(float(sum(squares)) / y_val.numel())
        bar.update()
    return {name: p.detach() for name, p in model.named_parameters()}, curve


def train_many(
    seeds: list[int], epochs: int, parts: dict, device: torch.device, bar: tqdm
) -> tuple[dict, list]:
    """Train a stack of networks with one loop: vmap runs each operation once, for all seeds together."""
    (x, y), (x_val, y_val) = parts["train"], parts["val"]
    stacked, _ = stack_module_state([new_model(seed) for seed in seeds])
    weights = {name: p.detach().to(device) for name, p in stacked.items()}  # each (seeds, ...)
    means, squares = ({name: torch.zeros_like(w) for name, w in weights.items()} for _ in range(2))

    def loss_of(w: dict, some_x: torch.Tensor, some_y: torch.Tensor) -> torch.Tensor:
        return nn.functional.mse_loss(forward(w, some_x), some_y)

    step = vmap(grad_and_value(loss_of))
    validate = vmap(loss_of, in_dims=(0, None, None))
    orders, count, curve = new_orders(seeds), 0, []
    for epoch in range(epochs):
        order = torch.stack([torch.randperm(len(y), generator=g) for g in orders]).to(device)
        for batch in order.split(BATCH, dim=1):  # (seeds, rows): every network has rows of its own
            gradients, _ = step(weights, x[batch], y[batch])
            count += 1
            for name, w in weights.items():
                g, mean, square = gradients[name], means[name], squares[name]
                mean.lerp_(g, 1 - BETAS[0])
                square.mul_(BETAS[1]).addcmul_(g, g, value=1 - BETAS[1])
                size = square.sqrt().div_(math.sqrt(1 - BETAS[1] ** count)).add_(EPSILON)
                w.addcdiv_(mean, size, value=-learning_rate(epoch, epochs) / (1 - BETAS[0] ** count))
        with torch.no_grad():
            losses = [
                len(b) * validate(weights, a, b)
                for a, b in zip(x_val.split(BATCH), y_val.split(BATCH), strict=True)
            ]
        curve.append((torch.stack(losses).sum(0) / len(y_val)).tolist())
        bar.update(len(seeds))
    return weights, curve


def seeds_at_once(device: torch.device) -> int:
    """As many as the GPU's free memory holds; on a CPU one: there a stack is slower."""
    if device.type == "cpu":
        return 1
    bytes_per_seed = 512 * 2**20  # a batch's pieces of the sequence, twice for the gradients
    return max(1, torch.cuda.mem_get_info(device)[0] // bytes_per_seed)


def train(
    seeds: int, epochs: int, parts: dict, device: torch.device, chunk: int, workers: int
) -> tuple[dict, np.ndarray]:
    """Train seeds 0, 1, … by ``chunk``; return weights (seeds, ...) by name and losses (epochs, seeds).

    On a CPU every worker trains chunks of its own on one thread. That is as fast as giving each operation
    all threads, and much faster when another program keeps one of the cores busy.
    """
    with (
        tqdm(total=seeds * epochs, unit="epoch", desc=f"{seeds} seeds") as bar,
        ThreadPoolExecutor(workers) as pool,
    ):

        def train_chunk(start: int) -> tuple[dict, list]:
            some = list(range(start, min(start + chunk, seeds)))
            if len(some) > 1:
                return train_many(some, epochs, parts, device, bar)
            weights, curve = train_one(some[0], epochs, parts, device, bar)
            return {name: w[None] for name, w in weights.items()}, [[loss] for loss in curve]

        done = list(pool.map(train_chunk, range(0, seeds, chunk)))
    weights = {name: torch.cat([w[name] for w, _ in done]) for name in done[0][0]}
    return weights, np.concatenate([np.array(curve) for _, curve in done], axis=1)


# ---------------------------------------------------------------- judge: with the grader's own metrics


def predict(weights: dict, x: torch.Tensor) -> np.ndarray:
    """Return the predictions (n, 300) of one network, given by its arrays or tensors."""
    with torch.no_grad():
        state = {name: torch.as_tensor(w, device=x.device) for name, w in weights.items()}
        model = SlidingNet().to(x.device)
        model.load_state_dict(state)
        return torch.cat([model(some) for some in x.split(512)]).cpu().numpy()


def score(prediction: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    """Return the three metrics of predictions (n, 300), six decimals."""
    found = {
        "r": metrics.mean_pearson(prediction, scores).mean,
        "auprc": metrics.auprc(prediction, scores > 0),
        "mse": metrics.mse(prediction, scores),
    }
    return {name: round(value, 6) for name, value in found.items()}


def without_learning(parts: dict) -> dict[str, float]:
    """Return the private r of what needs no training: A/T content, smoothed over 11 positions."""
    codes, scores = parts["private"]
    at = np.isin(codes, [0, 3]).astype(float)
    padded = np.pad(at, ((0, 0), (5, 5)))
    smoothed = np.lib.stride_tricks.sliding_window_view(padded, 11, axis=1).mean(axis=2)
    mean = np.broadcast_to(
        parts["train"][1].mean(axis=0), scores.shape
    )  # the mean track of the training windows
    return {
        "private_r": score(smoothed, scores)["r"],
        "mean_track_private_r": score(mean, scores)["r"],
        "mean_track_private_mse": score(mean, scores)["mse"],
    }


def collect_runs(
    weights: dict,
    losses: np.ndarray,
    epochs: int,
    parts: dict,
    device: torch.device,
    workers: int,
    wall_s: float,
) -> dict:
    """Describe what was trained, on what, and how each seed did: everything that a card is made of."""
    count = losses.shape[1]
    on_device = {part: one_hot(parts[part][0], device) for part in JUDGED}

    def judge(seed: int) -> dict:
        one = {name: w[seed] for name, w in weights.items()}
        result: dict = {"seed": seed}
        for part in JUDGED:
            found = score(predict(one, on_device[part]), parts[part][1])
            result |= {f"{part}_{metric}": value for metric, value in found.items()}
        return result

    with ThreadPoolExecutor(max(2, workers)) as pool:
        seeds = list(tqdm(pool.map(judge, range(count)), total=count, unit="seed", desc="scores"))
    versions = {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__}
    if torch.version.cuda:
        versions["cuda"] = torch.version.cuda
    return {
        "seeds": seeds,
        "shipped_seed": max(seeds, key=lambda s: s["val_r"])["seed"],
        "mean_val_curve": [[e, float(mean)] for e, mean in enumerate(losses.mean(axis=1))],
        "without_learning": without_learning(parts),
        "data_sha256": digest_of(parts),
        "device": device_name(device, workers),
        "versions": versions,
        "training": {
            "model": "Conv1d(4, 64, 15), ReLU, Conv1d(64, 64, 9), ReLU, Conv1d(64, 1, 9), all padded to keep the length",
            "data": "training windows of source/week3a-tf-binding/data (chromosome X below 48 Mb)",
            "optimizer": "Adam on the mean squared error of shuffled batches, learning rate falling to 0 along a cosine",
            "learning_rate": LEARNING_RATE,
            "batch_size": BATCH,
            "epochs": epochs,
            "dtype": "float32",
            "tf32": False,
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "wall_s": round(wall_s, 1),
            "seeds_per_second": round(count / wall_s, 3),
        },
    }


def device_name(device: torch.device, workers: int) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    cpuinfo = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", cpuinfo.read_text()) if cpuinfo.exists() else None
    return f"{model[1] if model else platform.machine()}, {workers} threads"


# ---------------------------------------------------------------- card: from runs to a floor
# Full marks need a mean r of FULL_MARKS, where the published curve reaches them. The card shows how far
# below every honest run that lies. A better result than ours is never a fault: the floor has one side.

RUN_KEYS = (
    "without_learning",
    "data_sha256",
    "device",
    "versions",
    "training",
    "shipped_seed",
    "mean_val_curve",
    "seeds",
)
METRIC = "private_r"
FULL_MARKS = next(r for r, share in metrics.CURVE if share == 1)
COVERAGE = 0.95  # the worst of 64 honest runs leaves at most 5 % of all honest runs behind it (96 % sure)

# Each margin is a share of the worst seed's 1 - r. Each was set from what it is for, before any student's
# result was seen.
MARGINS = {
    "hardware": (
        0.05,
        (
            "another GPU, CPU, library version or TF32. The same weights give the same numbers to 2e-4 of their "
            "scale even with TF32, and the same seed trained elsewhere is at most another seed"
        ),
    ),
    "teaching": (
        2.0,
        (
            "what should not cost a point: the notebook's own, smaller network (32 filters, one hidden layer: "
            "private r 0.966 after 12 epochs), or stopping after a fifth of the epochs (two hidden layers: "
            "validation r 0.969 after 4). Each leaves 1 - r below twice the worst seed's; three times are allowed"
        ),
    ),
}
PUBLISHED = "the published curve gives full marks from 0.90; what is left above it is the student's"


def make_card(runs: dict, weights_file: Path) -> dict:
    """Return the card of ``runs``; the same runs always give the same card."""
    n = len(runs["seeds"])
    worst = min(s[METRIC] for s in runs["seeds"])
    margins = {name: (share * (1 - worst), reason) for name, (share, reason) in MARGINS.items()}
    # Not clipped at 0: where the worst seed and its margins reach below the curve, no card may hide it.
    margins["published"] = (worst - FULL_MARKS - math.fsum(m for m, _ in margins.values()), PUBLISHED)
    return {
        "schema": 1,
        "assignment": "week3a-tf-binding",
        "metric": METRIC,
        "direction": "higher",
        "directions": {METRIC: "higher"},
        "floor": {METRIC: FULL_MARKS},
        "margin": {name: {"values": {METRIC: m}, "reason": reason} for name, (m, reason) in margins.items()},
        "coverage": COVERAGE,
        "confidence": round(1 - COVERAGE**n, 6),  # that the worst of n runs covers that share
        "p_false_fail": round(1 / (n + 1), 6),
        "p_false_fail_means": (
            "upper bound on the chance that an honest run of this recipe misses full marks, before the margins make "
            f"it smaller: a new run is the worst of {n + 1} with probability 1/{n + 1}"
        ),
        "weights_sha256": hashlib.sha256(weights_file.read_bytes()).hexdigest(),
        **{key: runs[key] for key in RUN_KEYS if key in runs},
    }


def write_card(card: dict, path: Path) -> None:
    """Write JSON with one line per seed and per point of the curve."""
    text = json.dumps(card, indent=1, ensure_ascii=False, allow_nan=False)
    seed_or_point = r'\{\s+"seed"[^}]*\}|\[\s+[\d.e+-]+,\s+[\d.e+-]+\s+\]'
    text = re.sub(seed_or_point, lambda match: " ".join(match[0].split()), text)
    path.write_text(text + "\n", encoding="utf-8")


def compare(card: dict, runs: dict) -> None:
    """Print whether new seeds lie within the spread of the card's."""
    for metric in (f"{part}_{name}" for part in JUDGED for name in ("r", "auprc", "mse")):
        known = [s[metric] for s in card["seeds"]]
        slack = card["margin"]["hardware"]["values"][METRIC] if metric.endswith("_r") else 0.0
        low, high = min(known) - slack, max(known) + slack
        values = [s[metric] for s in runs["seeds"]]
        inside = sum(low <= v <= high for v in values)
        print(f"{metric:13}: {inside} of {len(values)} new seeds within {low:.4f}..{high:.4f} ", end="")
        print(f"(the card's {len(known)} seeds): {min(values):.5f}..{max(values):.5f}")
    if card["data_sha256"] != runs["data_sha256"]:
        print("The card was made from other data: build_data.py has been run with other options since.")


def benchmark(seeds: int, batches: int, parts: dict, device: torch.device, workers: int) -> None:
    """Print full trainings per second, all seeds at once and one after another, and the ratio."""
    few = {
        "train": tuple(a[: BATCH * batches] for a in parts["train"]),
        "val": tuple(a[:BATCH] for a in parts["val"]),
    }
    steps = EPOCHS * math.ceil(len(parts["train"][1]) / BATCH)

    def seeds_per_second(n: int, run: Callable) -> float:
        run()  # warm up
        start = time.perf_counter()
        run()  # ends with a copy of the losses to the CPU, which waits for the GPU
        return n * batches / steps / (time.perf_counter() - start)

    silent = tqdm(disable=True)
    together = seeds_per_second(seeds, lambda: train_many(list(range(seeds)), 1, few, device, silent))
    alone = seeds_per_second(1, lambda: train_one(0, 1, few, device, silent))
    print(f"{device_name(device, workers)}: {batches} steps timed, given as trainings of {steps} steps")
    print(f"{seeds:3} seeds at once (vmap) {together:9.5f} seeds/s")
    print(f"one after another        {alone:9.5f} seeds/s")
    print(f"ratio                    {together / alone:9.2f}")


# ---------------------------------------------------------------- command line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--device", choices=["cuda", "cpu"], help="default: cuda if there is one")
    parser.add_argument("--seeds", type=int, help="train seeds 0 to N-1 (default 64)")
    parser.add_argument("--epochs", type=int, help=f"default {EPOCHS}")
    parser.add_argument("--chunk", type=int, help="seeds at once (default: what fits on a GPU; 1 on a CPU)")
    parser.add_argument("--threads", type=int, help="CPU threads (default: one per core)")
    parser.add_argument("--out", type=Path, default=Path("week3a-run"), help="folder for the two files")
    parser.add_argument("--compare", type=Path, metavar="CARD", help="compare the new seeds with its own")
    parser.add_argument("--benchmark", action="store_true", help="only time vmap against one after another")
    parser.add_argument("--card-from", type=Path, metavar="CARD", help="train nothing, rewrite this card")
    args = parser.parse_args()
    if args.card_from:
        recorded = json.loads(args.card_from.read_text(encoding="utf-8"))
        write_card(make_card(recorded, args.card_from.with_name("weights.safetensors")), args.card_from)
        return

    device = torch.device(args.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    torch.set_float32_matmul_precision("highest")  # TF32 off, for products
    torch.backends.cudnn.allow_tf32 = False  # and for convolutions, where PyTorch has it on
    torch.set_num_threads(args.threads or torch.get_num_threads())
    workers = torch.get_num_threads() if device.type == "cpu" else 1
    parts = data()
    some = tensors({part: parts[part] for part in ("train", "val")}, device)
    if args.benchmark:
        most = 2 if device.type == "cpu" else min(64, seeds_at_once(device))
        benchmark(args.seeds or most, 4 if device.type == "cpu" else 100, some, device, workers)
        return

    seeds, epochs = args.seeds or 64, args.epochs or EPOCHS
    torch.set_num_threads(1)  # within an operation; the workers are the parallel part
    start = time.perf_counter()
    weights, losses = train(seeds, epochs, some, device, args.chunk or seeds_at_once(device), workers)
    wall_s = time.perf_counter() - start
    runs = collect_runs(weights, losses, epochs, parts, device, workers, wall_s)
    args.out.mkdir(parents=True, exist_ok=True)
    best = runs["shipped_seed"]
    weights_file = args.out / "weights.safetensors"
    best_weights = {name: w[best].cpu().numpy().copy() for name, w in weights.items()}
    save_file(best_weights, weights_file, metadata={"seed": str(best)})
    card = make_card(runs, weights_file)
    write_card(card, args.out / "card.json")
    print(f"{card['device']}: {seeds} seeds in {wall_s:.1f} s; seed {best} is the best: {args.out}/")
    worst, without = min(s[METRIC] for s in card["seeds"]), card["without_learning"][METRIC]
    print(f"private r: {worst:.4f} or more; full marks from {FULL_MARKS}; without learning {without:.4f}")
    if args.compare:
        compare(json.loads(args.compare.read_text(encoding="utf-8")), runs)


if __name__ == "__main__":
    main()
