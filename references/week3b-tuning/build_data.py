"""Build the windows of week 3b: a small part of week 3a's, with the labels computed afresh.

A sweep trains many networks, so each must train in seconds: 2,048 windows to train on, 512 to validate on
and 512 to test on, drawn from week 3a's training, validation and public windows. 512 windows of its
private part stay on the instructor's side. The same input always gives the same bytes.

    python build_data.py [--from ../week3a-tf-binding/windows.npz] [--root ../..]

writes ``source/week3b-tuning/data/week3b-windows.npz`` (arrays ``{train,val,test}_letters`` uint8 (n, 300), A 0,
C 1, G 2, T 3; ``_scores`` float32 (n, 300), nats) and ``references/week3b-tuning/private/windows.npz`` (the same
for ``val`` and ``held_out``).

A window's label is an exact scan of both strands with the motif's position weight matrix, in natural log
odds against 0.25 per letter: a hit whose score reaches the threshold paints its score over the motif's
width, the larger where hits overlap; everything else is 0. Motif: JASPAR 2024, MA0148.4 (FOXA1).
"""

import argparse
from pathlib import Path

import numpy as np

SEED = 46100
SIZES = {"train": 2048, "val": 512, "test": 512, "held_out": 512}
PARTS = {"train": "train", "val": "val", "test": "public", "held_out": "private"}  # ours: week 3a's
# Rows A, C, G, T of JASPAR's counts; the threshold leaves hits in about 18 % of chromosome 22's windows.
COUNTS = np.array(
    [
        [134110, 115096, 23286, 11061, 297679, 294900, 312906, 7396, 308904, 42299, 82540, 88104],
        [53261, 16071, 5935, 13932, 14648, 13410, 2452, 272943, 3674, 23038, 60571, 64037],
        [64510, 53682, 281612, 6092, 5243, 3774, 3652, 4805, 3226, 27283, 94376, 70936],
        [70922, 137954, 11970, 291718, 5233, 10719, 3793, 37659, 6999, 230183, 85316, 99726],
    ]
)
THRESHOLD = 6.287199  # nats


def unpack(packed: np.ndarray) -> np.ndarray:
    """Return letters (n, 300) of windows that hold four letters a byte (n, 75), the first in the highest bits."""
    return (packed[:, :, None] >> np.array([6, 4, 2, 0], dtype=np.uint8) & 3).reshape(len(packed), -1)


def label(letters: np.ndarray) -> np.ndarray:
    """Return the score of the motif at every position of windows (n, 300), float32 (n, 300), nats."""
    odds = np.log(COUNTS / COUNTS.sum(axis=0) / 0.25)  # (4, width)
    width = odds.shape[1]
    scores = np.zeros(letters.shape)
    for matrix in (odds, odds[::-1, ::-1]):  # A↔T, C↔G, read backwards: the other strand
        places = letters.shape[1] - width + 1
        total = sum(matrix[letters[:, j : j + places], j] for j in range(width))  # (n, places)
        hits = np.where(total >= THRESHOLD, total, 0.0)
        for j in range(width):
            scores[:, j : j + places] = np.maximum(scores[:, j : j + places], hits)
    return scores.astype(np.float32)


def draw(windows: dict[str, np.ndarray]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return letters and scores of each part, rows in the order of the genome."""
    parts = {}
    for name, n in SIZES.items():
        packed = windows[f"{PARTS[name]}_seq"]
        rows = np.sort(np.random.default_rng(SEED).permutation(len(packed))[:n])
        letters = unpack(packed[rows])
        parts[name] = letters, label(letters)
    return parts


def save(path: Path, parts: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {}
    for name, (letters, scores) in parts.items():
        arrays |= {f"{name}_letters": letters, f"{name}_scores": scores}
    np.savez_compressed(path, **arrays)
    print(f"{path}: {path.stat().st_size:,} bytes")


def main() -> None:
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--from", dest="input", type=Path, default=here.parent / "week3a-tf-binding" / "windows.npz"
    )
    parser.add_argument(
        "--root", type=Path, default=here.parents[1], help="of the course; the default is this one"
    )
    args = parser.parse_args()
    with np.load(args.input) as file:
        parts = draw(dict(file))
    released = {name: parts[name] for name in ("train", "val", "test")}
    save(args.root / "source" / "week3b-tuning" / "data" / "week3b-windows.npz", released)
    kept = {name: parts[name] for name in ("val", "held_out")}
    save(args.root / "references" / "week3b-tuning" / "private" / "windows.npz", kept)


if __name__ == "__main__":
    main()
