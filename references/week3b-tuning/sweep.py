"""Run one complete sweep and judge its evidence as the grader does: trials, logs, winner, levels.

    python sweep.py [--trials 8] [--epochs 2] [--seed 46100] [--out FOLDER]

writes what a student would hand in (``runs/run-01.jsonl`` …, ``model_weights.safetensors``) and prints a row per
trial, best first. A short sweep of two epochs takes half a minute on a core; the course asks for ten.
"""

import argparse
import json
import tempfile
from pathlib import Path

import helpers
import torch
import train
from safetensors.torch import save_file
from tqdm import tqdm

from autograder.report import table


def run_sweep(trials: int, epochs: int, seed: int, out: Path) -> tuple[list[dict], dict]:
    """Run and log the trials; return one entry per trial and the winner's test r by name."""
    (out / "runs").mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)  # the networks are small: more threads only wait for each other
    parts = train.tensors("cpu")
    entries = []
    with tqdm(total=trials * epochs, unit="epoch", leave=False) as bar:
        for number, config in enumerate(train.draw(seed, trials), 1):
            torch.manual_seed(seed + number)
            path = out / "runs" / f"run-{number:02d}.jsonl"
            with path.open("w", encoding="utf-8") as file:

                def log(line: dict, file=file) -> None:
                    file.write(json.dumps(line) + "\n")
                    bar.update("epoch" in line)

                log({"run": path.stem, "config": {**config, "epochs": epochs}})
                model, history = train.run_trial(config, parts["train"], parts["val"], epochs, log)
                log({"summary": history[-1]})
            entries.append({"run": path.stem, "config": config, "history": history, "model": model})
    winner = entries[train.best_of([entry["history"] for entry in entries])]
    save_file(winner["model"].state_dict(), out / "model_weights.safetensors")
    r = {name: train.mean_r(train.predict(winner["model"], x), y.numpy()) for name, (x, y) in parts.items()}
    return entries, {"run": winner["run"], **r}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=46100)
    parser.add_argument("--out", type=Path, help="where to leave the files; the default is nowhere")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out = args.out or Path(folder)
        entries, winner = run_sweep(args.trials, args.epochs, args.seed, out)
        rows = [
            [
                e["run"],
                *(str(v) for v in e["config"].values()),
                *(f"{row['val_r']:.3f}" for row in e["history"][-1:]),
            ]
            for e in sorted(entries, key=lambda e: -e["history"][-1]["val_r"])
        ]
        print(table(["run", *train.SPACE, "val r"], rows))
        found = helpers.weigh([(p.name, p.read_bytes()) for p in sorted((out / "runs").glob("*.jsonl"))])
    print(
        f"\n{winner['run']} wins on validation (r {winner['val']:.3f}); "
        f"its r on the test windows, looked at once: {winner['test']:.3f}"
    )
    print(
        f"logged: {len(found.trials)} finished runs of {found.different} different configurations "
        f"({helpers.ENOUGH} are needed); consistent: {len(found.trials) - len(found.contradictions)} of "
        f"{len(found.trials)} logs agree with themselves"
    )


if __name__ == "__main__":
    main()
