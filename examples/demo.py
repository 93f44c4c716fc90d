"""`make demo`: release every assignment, grade a small class in each, show what comes out.

Works in `demo/`, a copy of the course's sources, so that nothing of a real course is touched. Of each
assignment's variants a sample is copied, so that it takes minutes; `autograder validate --all` judges all.

    python examples/demo.py [ASSIGNMENT …]
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

from autograder.author import release, validate
from autograder.bundle import Bundle, read_bundle

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "demo"
RIGHT, WRONG = 3, 4  # variants of each assignment that hand in
HOSTILE = "week1-mlp"  # whose class has a forger in it, too

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


def sample(names: list[str], count: int) -> list[str]:
    """Return a few of many, spread over them."""
    return names[:: max(1, len(names) // count)][:count]


def make_course(assignments: list[str]) -> None:
    """Copy the sources and a sample of the variants; keep the cache of an earlier demo."""
    for name in ("source", "references", "submitted", "autograded", "feedback"):
        shutil.rmtree(DEMO / name, ignore_errors=True)
    (DEMO / "gradebook.db").unlink(missing_ok=True)  # nbgrader keeps the cells of an earlier demo's hand-ins
    for assignment in assignments:
        shutil.copytree(ROOT / "source" / assignment, DEMO / "source" / assignment)
        references = ROOT / "references" / assignment
        names = sorted(p.stem for p in (references / "variants").glob("*.py"))
        kept = [
            *sample([n for n in names if n.startswith("right-")], RIGHT),
            *sample([n for n in names if n.startswith("wrong-")], WRONG),
        ]

        def left_out(folder: str, found: list[str], kept: list[str] = kept) -> set[str]:
            if Path(folder).name != "variants":
                return {"__pycache__"}
            return {name for name in found if name.removesuffix(".py") not in kept}

        shutil.copytree(references, DEMO / "references" / assignment, ignore=left_out)
    for name in ("gradebook_config.py", "nbgrader_config.py"):
        shutil.copy(ROOT / name, DEMO / name)
    with (DEMO / "gradebook_config.py").open("a") as config:
        config.write(
            "\nc.Autograder.cell_timeout_s = 10  # the demonstration does not wait a minute for a loop\n"
        )


def make_class(assignment: str) -> dict[str, str]:
    """Write the example hand-ins; returns what each is."""
    source = release.read_source(DEMO / "source", DEMO / "references", assignment)
    bundle: Bundle = read_bundle(DEMO / "bundle" / assignment)
    released = nbformat.read(DEMO / "release" / assignment / f"{assignment}.ipynb", 4)
    solution = release.solution_notebook(source, released)
    told = {}

    def hand_in(student: str, notebook: object, what: str, variant: validate.Variant | None = None) -> None:
        told[student] = what
        folder = DEMO / "submitted" / student / assignment
        validate.write_hand_in(source, notebook, folder, without=variant.without if variant else ())
        if variant is not None and variant.files is not None:
            shutil.copytree(variant.files, folder, dirs_exist_ok=True)

    hand_in("ada", solution, "the solution, with the files that belong to it")
    blank = DEMO / "submitted" / "blank" / assignment
    blank.mkdir(parents=True)
    nbformat.write(released, blank / f"{assignment}.ipynb")
    told["blank"] = "the untouched release"
    variants = validate.read_variants(source.references / "variants", bundle)
    for letter, variant in zip("cdefghijkl", variants, strict=False):
        notebook = validate.variant_notebook(solution, variant, demos=True)
        hand_in(f"{letter}-{variant.name}", notebook, variant.why or variant.name, variant)
    if assignment == HOSTILE:
        for student, text, what in (
            ("x-forger", FORGER, "patches torch, NumPy and IPython, writes results.json"),
            ("y-hangs", "while True:\n    pass", "a cell that never ends"),
            ("z-crashes", "import os\nos._exit(0)", "a cell that ends the Python process"),
        ):
            notebook = nbformat.from_dict(json.loads(nbformat.writes(solution)))
            notebook.cells.append(new_code_cell(text))
            hand_in(student, notebook, what)
    return told


def sweep() -> float:
    """Run week 3b's reference sweep with few epochs: a table of trials, and the one that validation picks."""
    print("\n$ python references/week3b-tuning/sweep.py", flush=True)
    started = time.monotonic()
    script = DEMO / "references" / "week3b-tuning" / "sweep.py"
    subprocess.run([sys.executable, str(script), "--out", str(DEMO / "sweep")], cwd=DEMO, check=True)
    return time.monotonic() - started


def planted() -> float:
    """Grade a made class of 60 with a wrong check planted in it, and see it found: the overview puts it first."""
    return played("a class of 60, and a check that is wrong for ten of them", "class_of_60.py", "class-of-60")


def term() -> float:
    """Play a term in short: roster, collect, grade, late, Canvas."""
    return played("a term in short: from the roster to Canvas", "short_term.py", "term")


def played(title: str, script: str, folder: str) -> float:
    """Run an example in an empty folder, below a headline; return the seconds."""
    print(f"\n━━ {title} {'━' * (88 - len(title))}", flush=True)
    started = time.monotonic()
    shutil.rmtree(DEMO / folder, ignore_errors=True)
    subprocess.run([sys.executable, str(ROOT / "examples" / script), str(DEMO / folder)], check=True)
    return time.monotonic() - started


def main() -> None:
    """Release, grade, show."""
    os.umask(0o022)
    known = sorted(p.name for p in (ROOT / "source").iterdir() if (p / f"{p.name}.ipynb").is_file())
    assignments = sys.argv[1:] or known
    make_course(assignments)
    times: dict[str, float] = {}
    for assignment in assignments:
        print(f"\n━━ {assignment} " + "━" * (90 - len(assignment)))
        times[f"{assignment}: release"] = run("release", assignment)
        told = make_class(assignment)
        print("\nA small class hands in:")
        for student, what in told.items():
            print(f"  {student:<44} {what}")
        times[f"{assignment}: grade"] = run("grade", assignment)
    if (DEMO / "references" / "week3b-tuning" / "sweep.py").is_file():
        times["sweep"] = sweep()
    times["export"] = run("export")
    times["a class of 60"] = planted()
    times["a term in short"] = term()
    print("\nWhere things are")
    print(f"  results.json, executed notebooks   {DEMO}/autograded/<student>/<assignment>/")
    print(f"  the class at a glance, in a browser {DEMO}/autograded/<assignment>.html")
    print(f"  a wrong check, found first         {DEMO}/class-of-60/autograded/digits.html")
    print(f"  a term, and what goes into Canvas  {DEMO}/term/")
    print(f"  a student's feedback page          {DEMO}/feedback/<student>/<assignment>/")
    print(f"  nbgrader's gradebook               {DEMO}/gradebook.db  (and {DEMO}/grades.csv)")
    print(f"  the students' notebooks            {DEMO}/release/<assignment>/")
    print("\nSeconds")
    for name, seconds in times.items():
        print(f"  {name:<32} {seconds:6.1f}")


if __name__ == "__main__":
    main()
