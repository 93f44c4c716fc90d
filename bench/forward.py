"""What grading a trained model costs beside the model itself: ``python bench/forward.py [--json] [--repeats 5]``.

For the solution of week 3a, and for some of its right variants, two times stand side by side, taken in turns:
one forward pass over every held-out window in a fresh Python with one thread, imports not counted, in
batches of 64 as the check has them; and a whole hand-in, graded by an engine that is already running. The
goal is twice the first plus a second. Goals are printed, nothing fails by them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from autograder.author import steps, validate
from autograder.config import load_course
from autograder.engine.grade import Engine
from autograder.report import table

ASSIGNMENT = "week3a-tf-binding"
VARIANTS = ("right-q6-both-strands", "right-q6-two-hidden-layers")

# Defines the notebook's model, then times the pass that a fresh process pays for in full.
FORWARD = """
import json, pathlib, re, sys, time
import numpy as np
import torch
torch.set_num_threads(1)
notebook = json.loads(pathlib.Path(sys.argv[1]).read_text())
codes = np.load(sys.argv[2], allow_pickle=False)["private_codes"]
sources = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
(model,) = [source for source in sources if re.search(r"^class BindingModel", source, re.MULTILINE)]
names = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "np": np}
exec(model, names)
model = names["BindingModel"]().eval()
x = torch.from_numpy(np.eye(5, dtype=np.float32)[:, :4][codes])
began = time.perf_counter()
with torch.no_grad():
    torch.cat([model(part) for part in x.split(64)])
print(time.perf_counter() - began, len(x))
"""


def forward_s(notebook: Path, held_out: Path) -> tuple[float, int]:
    """Return the seconds of one pass in a fresh process, and how many windows it was over."""
    done = subprocess.run(
        [sys.executable, "-c", FORWARD, str(notebook), str(held_out)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    seconds, windows = done.stdout.split()
    return float(seconds), int(windows)


def measure(prepared: steps.Prepared, repeats: int) -> list[dict[str, Any]]:
    """Return a row for the solution and each variant."""
    source, bundle = prepared.source, prepared.bundle
    rows = []
    with tempfile.TemporaryDirectory() as scratch, Engine(bundle.folder, warm=True) as engine:
        folder = Path(scratch)
        jobs, _ = validate.make_hand_ins(source, prepared.notebook, bundle, folder, VARIANTS)
        for name in [job.name for job in jobs if job.name != validate.UNTOUCHED]:
            forwards, grades, windows = [], [], 0
            for number in range(repeats + 1):
                seconds, windows = forward_s(
                    folder / name / source.path.name, bundle.folder / "private" / "held_out.npz"
                )
                began = time.perf_counter()
                result = engine.grade(folder / name)
                if not result.graded:
                    raise SystemExit(f"{name}: not graded: {result.staff_notes}")
                if number:  # the first pays what is paid once
                    forwards.append(seconds)
                    grades.append(time.perf_counter() - began)
            rows.append(
                {
                    "hand_in": name,
                    "windows": windows,
                    "forward_s": statistics.median(forwards),
                    "grade_s": statistics.median(grades),
                    "goal_s": 2 * statistics.median(forwards) + 1,
                }
            )
    return rows


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with steps.prepare(
        load_course(), ASSIGNMENT
    ) as prepared:  # in a scratch folder: nothing is released before
        rows = measure(prepared, options.repeats)
    if options.json:
        print(json.dumps(rows, indent=1))
        return
    cells = [
        [r["hand_in"], str(r["windows"]), *(f"{r[k]:.2f} s" for k in ("forward_s", "grade_s", "goal_s"))]
        for r in rows
    ]
    print(table(["hand-in", "windows", "forward pass", "graded in", "goal: 2 × forward + 1 s"], cells))


if __name__ == "__main__":
    main()
