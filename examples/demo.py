"""`make demo`: release week 1, grade a small class, show what comes out.

Works in `demo/`, a copy of the course's sources, so that nothing of a real course is touched.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

from autograder import release, validate
from autograder.bundle import read_bundle

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "demo"
ASSIGNMENT = "week1-mlp"

FORGER = """
# Everything that gives full marks where checks run in the student's own kernel.
import builtins, gc, json, os, sys, torch, numpy as np
torch.allclose = np.allclose = lambda *a, **k: True
np.testing.assert_allclose = lambda *a, **k: None
class Yes(torch.Tensor):
    @classmethod
    def __torch_function__(cls, f, types, args=(), kwargs=None):
        return True
def _agree(*a, **k):
    return torch.ones(1).as_subclass(Yes)
normal_equation = mse = mse_gradient = gradient_descent = sgd = _agree
count_parameters = count_module_parameters = collapse_linear = MLP = count_kinks = train = _agree
ip = get_ipython()
ip.ast_transformers.append(type("T", (), {"visit": lambda self, node: node})())
for path in ("results.json", "/autograder/results/results.json", "../results.json"):
    try:
        json.dump({"score": 999}, open(path, "w"))
    except OSError:
        pass
"""


def run(*arguments: str) -> float:
    """Run an autograder command in the demo course and return its seconds."""
    command = [str(Path(sys.executable).parent / "autograder"), *arguments]
    print(f"\n$ autograder {' '.join(arguments)}", flush=True)
    started = time.monotonic()
    subprocess.run(command, cwd=DEMO, check=True)
    return time.monotonic() - started


def make_course() -> None:
    """Copy the sources; keep the cache of an earlier demo."""
    for name in ("source", "references"):
        shutil.rmtree(DEMO / name, ignore_errors=True)
        (DEMO / name).mkdir(parents=True)
        shutil.copytree(ROOT / name / ASSIGNMENT, DEMO / name / ASSIGNMENT)
    for name in ("submitted", "autograded"):
        shutil.rmtree(DEMO / name, ignore_errors=True)
    for name in ("gradebook_config.py", "nbgrader_config.py"):
        shutil.copy(ROOT / name, DEMO / name)
    with (DEMO / "gradebook_config.py").open("a") as config:
        config.write(
            "\nc.Autograder.cell_timeout_s = 10  # the demonstration does not wait a minute for a loop\n"
        )


def make_class() -> dict[str, str]:
    """Write the example hand-ins; returns what each is."""
    source = release.read_source(DEMO / "source", DEMO / "references", ASSIGNMENT)
    bundle = read_bundle(DEMO / "bundle" / ASSIGNMENT)
    released = nbformat.read(DEMO / "release" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb", 4)
    solution = release.solution_notebook(source, released)
    variants = {v.name: v for v in validate.read_variants(source.references / "variants", bundle)}
    right = [n for n in variants if n.startswith("right-")][:3]
    wrong = [n for n in variants if n.startswith("wrong-")]
    picked = wrong[:: max(1, len(wrong) // 4)][:4]
    told = {}

    def hand_in(student: str, notebook: object, what: str, without: tuple[str, ...] = ()) -> None:
        told[student] = what
        folder = DEMO / "submitted" / student / ASSIGNMENT
        validate.write_hand_in(source, notebook, folder, without=without)

    hand_in("ada", solution, "the solution, with its trained weights")
    hand_in("blank", released, "the untouched release", without=tuple(bundle.files))
    for letter, name in zip("cdefghi", [*right, *picked], strict=False):
        variant = variants[name]
        notebook = validate.variant_notebook(solution, variant, demos=True)
        hand_in(f"{letter}-{name}", notebook, variant.why or name, without=variant.without)
    for student, text, what in (
        (
            "x-forger",
            FORGER,
            "patches torch, NumPy and IPython, lies with a Tensor subclass, writes results.json",
        ),
        ("y-hangs", "while True:\n    pass", "a cell that never ends"),
        ("z-crashes", "import os\nos._exit(0)", "a cell that ends the Python process"),
    ):
        notebook = nbformat.from_dict(json.loads(nbformat.writes(solution)))
        notebook.cells.append(new_code_cell(text))
        hand_in(student, notebook, what)
    return told


def main() -> None:
    """Release, grade, show."""
    os.umask(0o022)
    make_course()
    times = {"release": run("release", ASSIGNMENT)}
    told = make_class()
    print("\nA small class hands in:")
    for student, what in told.items():
        print(f"  {student:<34} {what}")
    times["grade"] = run("grade", ASSIGNMENT)
    times["export"] = run("export")
    print("\nWhere things are")
    print(f"  results.json, executed notebooks   {DEMO}/autograded/<student>/{ASSIGNMENT}/")
    print(f"  nbgrader's gradebook               {DEMO}/gradebook.db  (and {DEMO}/grades.csv)")
    print(f"  the student's notebook             {DEMO}/release/{ASSIGNMENT}/{ASSIGNMENT}.ipynb")
    print("Time: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in times.items()))


if __name__ == "__main__":
    main()
