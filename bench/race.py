"""The same small assignment in nbgrader, otter-grader and here; CPU seconds and wall seconds per hand-in.

    python bench/race.py [--students 4] [--rounds 5] [--json] [--write]
    python bench/race.py --foreign [--rounds 3]

Five questions on a small torch network (parameter counts, an MLP, 200 SGD steps, an evaluation loss), one
visible and one hidden check each, correct hand-ins. Every tool is run by its own command on the same
machine, by turns: `nbgrader autograde`, `otter run` per hand-in, `autograder grade`. With --foreign our
engine grades nbgrader's and otter's notebooks, unchanged, beside the tools that they were written for: see
race_foreign.py. That exits with 1 where a total differs, a release costs more than three times ours, or fewer than
nine of ten test cells are judged outside.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
import race_foreign  # these three beside this file
from commands import BIN, Cost, run
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from own_code import own_cpu_s

from autograder.report import table

DOC = """# What grading costs

Written by `python bench/race.py --write`. One small assignment (five questions on a small torch network) graded by
three tools: nbgrader's and otter's own commands, and ours. CPU seconds beyond the hand-in's own code, which anybody
would have to run, are what a grader can save. `python bench/profile.py` says who of us uses them.
"""
MORE = 12  # hand-ins by which our class is larger when we ask what one more costs
SETUP = "import torch\nfrom torch import nn\ntorch.manual_seed(0);"

# name -> (answer with its solution, visible expression, hidden statements, hidden expression)
QUESTIONS: dict[str, tuple[str, str, str, str]] = {
    "q1": (
        "def count_parameters(sizes):\n    return sum(i * o + o for i, o in zip(sizes[:-1], sizes[1:]))",
        "count_parameters([1, 64, 1]) == 193",
        "",
        "count_parameters([4, 10, 10, 2]) == 182",
    ),
    "q2": (
        "class MLP(nn.Module):\n"
        "    def __init__(self, hidden=64):\n"
        "        super().__init__()\n"
        "        self.fc1 = nn.Linear(1, hidden)\n"
        "        self.fc2 = nn.Linear(hidden, 1)\n\n"
        "    def forward(self, x):\n"
        "        return self.fc2(torch.tanh(self.fc1(x)))",
        "tuple(MLP()(torch.zeros(5, 1)).shape) == (5, 1)",
        "",
        "sum(p.numel() for p in MLP(8).parameters()) == 25",
    ),
    "q3": (
        "def count_torch_parameters(model):\n"
        "    return sum(p.numel() for p in model.parameters() if p.requires_grad)",
        "count_torch_parameters(nn.Linear(3, 2)) == 8",
        "",
        "count_torch_parameters(nn.Linear(30, 20)) == 620",
    ),
    "q4": (
        "def train(model, x, y, steps=200, lr=0.1):\n"
        "    optimizer = torch.optim.SGD(model.parameters(), lr=lr)\n"
        "    losses = []\n"
        "    for _ in range(steps):\n"
        "        optimizer.zero_grad()\n"
        "        loss = nn.functional.mse_loss(model(x), y)\n"
        "        loss.backward()\n"
        "        optimizer.step()\n"
        "        losses.append(loss.item())\n"
        "    return losses\n\n"
        "x = torch.linspace(-1, 1, 256).unsqueeze(1)\n"
        "y = x ** 3\n"
        "model = MLP()\n"
        "losses = train(model, x, y)",
        "len(losses) == 200",
        "again = train(MLP(), x, y)",
        "again[-1] < 0.05",
    ),
    "q5": (
        "def mse_on(model, x, y):\n"
        "    with torch.no_grad():\n"
        "        return float(((model(x) - y) ** 2).mean())",
        "mse_on(model, x, y) < 0.1",
        "",
        "abs(mse_on(nn.Identity(), x, y) - float(((x - y) ** 2).mean())) < 1e-6",
    ),
}

# The hidden check of each question in our words, over the wire.
OURS = {
    "q1": (
        "count_parameters",
        "equal(count_parameters([1, 64, 1]), 193)",
        "equal(count_parameters([4, 10, 10, 2]), 182)",
    ),
    "q2": (
        "MLP, student",
        "expect(MLP()(tensor(np.zeros((5, 1), np.float32))), shape=(5, 1))",
        "equal(sum(p['value'].size for p in student.parameters(MLP(8))), 25)",
    ),
    "q3": (
        "count_torch_parameters, student",
        "equal(count_torch_parameters(student.module([['Linear', 3, 2]])), 8)",
        "equal(count_torch_parameters(student.module([['Linear', 30, 20]])), 620)",
    ),
    "q4": (
        "train, MLP, losses, x, y",
        "expect(losses, length=200)",
        "at_most(train(MLP(), tensor(x), tensor(y))[-1], 0.05, name='the last loss')",
    ),
    "q5": (
        "mse_on, model, x, y, student",
        "at_most(mse_on(model, tensor(x), tensor(y)), 0.1, name='the error')",
        "close(mse_on(student.module([['Flatten']]), tensor(x), tensor(y)), float(((x - y) ** 2).mean()))",
    ),
}


def _notebook(cells: list[Any]) -> Any:
    notebook = new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
    return notebook


def _graded(source: str, grade_id: str, *, points: float | None = None, solution: bool = False) -> Any:
    cell = new_code_cell(source)
    cell.metadata["nbgrader"] = {
        "schema_version": 3,
        "grade": points is not None,
        "solution": solution,
        "locked": not solution,
        "task": False,
        "grade_id": grade_id,
    }
    if points is not None:
        cell.metadata["nbgrader"]["points"] = points
    return cell


def _with_markers(answer: str) -> str:
    return f"### BEGIN SOLUTION\n{answer}\n### END SOLUTION"


def nbgrader_course(folder: Path, students: int) -> None:
    """Make a course of nbgrader's with a released assignment and its hand-ins."""
    cells = [_graded(SETUP, "setup")]
    for name, (answer, visible, before, hidden) in QUESTIONS.items():
        cells.append(_graded(_with_markers(answer), f"{name}_answer", solution=True))
        lines = [
            f"assert {visible}",
            "### BEGIN HIDDEN TESTS",
            before,
            f"assert {hidden}",
            "### END HIDDEN TESTS",
        ]
        cells.append(_graded("\n".join(x for x in lines if x), name, points=2))
    source = folder / "source" / "ps1"
    source.mkdir(parents=True)
    nbformat.write(_notebook(cells), source / "ps1.ipynb")
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'race'\n")
    run([str(BIN / "nbgrader"), "generate_assignment", "ps1"], folder)
    released = nbformat.read(folder / "release" / "ps1" / "ps1.ipynb", 4)
    answers = {f"{n}_answer": a for n, (a, *_) in QUESTIONS.items()}
    for cell in released.cells:
        cell.source = answers.get(cell.metadata["nbgrader"]["grade_id"], cell.source)
    for i in range(students):
        target = folder / "submitted" / f"student{i}" / "ps1"
        target.mkdir(parents=True)
        nbformat.write(released, target / "ps1.ipynb")


def each(costs: list[Cost], points: float, students: int) -> dict[str, float]:
    """Return what commands that graded so many hand-ins cost for each, and the mean of the points."""
    return {
        "wall_s": sum(cost.wall for cost in costs) / students,
        "cpu_s": sum(cost.cpu for cost in costs) / students,
        "score": points / students,
        "peak_pss_mb": max(cost.peak_pss_mb for cost in costs),
    }


class Nbgrader:
    """Grades with nbgrader."""

    name = "nbgrader autograde"

    def __init__(self, folder: Path, students: int) -> None:
        nbgrader_course(folder, students)
        self.folder, self.students = folder, students

    def grade(self, *, watch: bool) -> dict[str, float]:
        """Grade all hand-ins; CPU and wall seconds of each, and the scores' mean."""
        cost = run([str(BIN / "nbgrader"), "autograde", "ps1", "--force"], self.folder, watch=watch)
        to = self.folder / "grades.csv"
        run([str(BIN / "nbgrader"), "export", "--to", str(to)], self.folder)
        scores = [float(line.split(",")[-2]) for line in to.read_text().splitlines()[1:]]
        return each([cost], sum(scores), self.students)


def otter_assignment(folder: Path) -> tuple[Path, Path]:
    """Make a master of otter's; return the archive that it grades with, and the notebook with the answers."""
    cells = [
        new_raw_cell(
            "# ASSIGNMENT CONFIG\nname: ps1\ntests:\n    ok_format: true\n    files: true\ninit_cell: true"
        )
    ]
    cells.append(new_code_cell(SETUP))
    for name, (answer, visible, before, hidden) in QUESTIONS.items():
        cells.append(new_raw_cell(f"# BEGIN QUESTION\nname: {name}\npoints: 2"))
        cells.append(new_markdown_cell(f"Question {name}"))
        cells.append(new_raw_cell("# BEGIN SOLUTION"))
        cells.append(new_code_cell(answer))
        cells.append(new_raw_cell("# END SOLUTION"))
        cells.append(new_raw_cell("# BEGIN TESTS"))
        for source in (visible, "# HIDDEN\n" + (f"{before}\n" if before else "") + hidden):
            cell = new_code_cell(source)
            cell.outputs = [
                nbformat.v4.new_output("execute_result", {"text/plain": "True"}, execution_count=1)
            ]
            cells.append(cell)
        cells.append(new_raw_cell("# END TESTS"))
        cells.append(new_raw_cell("# END QUESTION"))
    nbformat.write(_notebook(cells), folder / "ps1.ipynb")
    run([str(BIN / "otter"), "assign", "ps1.ipynb", "dist", "--no-run-tests", "--no-pdfs"], folder)
    return next((folder / "dist" / "autograder").glob("*.zip")), folder / "dist" / "autograder" / "ps1.ipynb"


class Otter:
    """Grades with otter-grader."""

    name = "otter run"

    def __init__(self, folder: Path, students: int) -> None:
        self.archive, solution = otter_assignment(folder)
        self.folder, self.students = folder, students
        for i in range(students):
            hand_in = folder / f"in{i}" / "ps1.ipynb"
            hand_in.parent.mkdir()
            shutil.copy(solution, hand_in)

    def grade(self, *, watch: bool) -> dict[str, float]:
        """Grade all hand-ins; CPU and wall seconds of each, and the scores' mean."""
        costs, score = list[Cost](), 0.0
        for i in range(self.students):
            out = self.folder / f"out{i}"
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            hand_in = self.folder / f"in{i}" / "ps1.ipynb"
            command = [str(BIN / "otter"), "run", str(hand_in), "-a", str(self.archive), "-o", str(out)]
            costs.append(run(command, self.folder, watch=watch))
            tests = json.loads((out / "results.json").read_text())["tests"]
            score += sum(t.get("score", 0.0) for t in tests)
        return each(costs, score, self.students)


def our_source(folder: Path) -> None:
    """Make a course of ours with the assignment's source."""
    cells = [_graded("# locked: first_cell\nfrom autograder.first_cell import *", "first_cell")]
    cells.append(_graded("# locked: setup\n" + SETUP, "setup"))
    for name, (answer, *_) in QUESTIONS.items():
        arguments, visible, hidden = OURS[name]
        cells.append(
            _graded(f"# answer: {name}_answer\n" + _with_markers(answer), f"{name}_answer", solution=True)
        )
        cells.append(
            _graded(
                f"# check: {name}\n### BEGIN HIDDEN TESTS\n"
                f"def test_{name}_visible({arguments}):\n    {visible}\n\n"
                f"def test_{name}_hidden({arguments}):\n    {hidden}\n### END HIDDEN TESTS",
                name,
                points=2,
            )
        )
    source = folder / "source" / "ps1"
    source.mkdir(parents=True)
    nbformat.write(_notebook(cells), source / "ps1.ipynb")
    for name in ("gradebook_config.py", "nbgrader_config.py"):
        shutil.copy(Path(__file__).resolve().parent.parent / name, folder)


def our_course(folder: Path, students: int) -> None:
    """Make a course of ours with a released assignment and its hand-ins."""
    our_source(folder)
    run([str(BIN / "autograder"), "release", "ps1"], folder)
    released = nbformat.read(folder / "release" / "ps1" / "ps1.ipynb", 4)
    answers = {f"{n}_answer": f"# answer: {n}_answer\n{a}" for n, (a, *_) in QUESTIONS.items()}
    for cell in released.cells:
        cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    for i in range(students):
        target = folder / "submitted" / f"student{i}" / "ps1"
        target.mkdir(parents=True)
        nbformat.write(released, target / "ps1.ipynb")


class Ours:
    """Grades with this program."""

    name = "autograder grade"

    def __init__(self, folder: Path, students: int) -> None:
        our_course(folder, students + MORE)
        self.folder, self.students = folder, students

    def grade(self, *, watch: bool) -> dict[str, float]:
        """Grade the others' number of hand-ins, then more: what one more costs is the difference, without the start.

        Not one alone for the difference: an engine that has a class to grade does more while it starts.
        """
        command = [str(BIN / "autograder"), "grade", "ps1", "--force", "--workers", "1"]
        as_many = [part for i in range(self.students) for part in ("--student", f"student{i}")]
        cost = run([*command, *as_many], self.folder, watch=watch)
        larger = run(command, self.folder)
        results = self.folder / "autograded" / "student0" / "ps1" / "results.json"
        return each([cost], json.loads(results.read_text())["score"] * self.students, self.students) | {
            "marginal_wall_s": (larger.wall - cost.wall) / MORE,
            "marginal_cpu_s": (larger.cpu - cost.cpu) / MORE,
        }


def own_sources() -> list[str]:
    """Return what every hand-in runs, whoever grades it: its cells, and what the checks call."""
    answers = [answer for answer, *_ in QUESTIONS.values()]
    tests = [part for _, visible, before, hidden in QUESTIONS.values() for part in (visible, before, hidden)]
    return [SETUP, *answers, *filter(None, tests)]


def race(students: int, rounds: int) -> dict[str, Any]:
    """Let the tools take turns; return medians per hand-in, and the most memory of each, seen in a turn that is not timed."""
    found: dict[str, Any] = {"students": students, "rounds": rounds, "tools": {}}
    with contextlib.ExitStack() as ends:
        tools: list[Any] = []
        for make in (Nbgrader, Otter, Ours):
            folder = Path(ends.enter_context(tempfile.TemporaryDirectory()))
            folder.chmod(0o755)
            tools.append(make(folder, students))
        turns: dict[str, list[dict[str, float]]] = {tool.name: [] for tool in tools}
        own = []
        for number in range(rounds):
            own.append(own_cpu_s(own_sources()))
            for tool in tools:
                turns[tool.name].append(tool.grade(watch=False))
            print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        found["own_cpu_s"] = statistics.median(own)
        for tool in tools:
            row = {
                key: statistics.median(turn[key] for turn in turns[tool.name]) for key in turns[tool.name][0]
            }
            found["tools"][tool.name] = row | {"peak_pss_mb": tool.grade(watch=True)["peak_pss_mb"]}
    return found


def table_of(found: dict[str, Any]) -> str:
    """Return the race as tables, with the goals beside what was measured."""
    own, tools = found["own_cpu_s"], found["tools"]
    best = tools[Ours.name]
    rows = [
        [
            name,
            f"{f['score']:g}/10",
            f"{f['wall_s']:.2f}",
            f"{f['cpu_s']:.2f}",
            f"{f['cpu_s'] / best['cpu_s']:.1f}×",
            f"{f['cpu_s'] - own:.2f}",
            f"{f['peak_pss_mb']:.0f}",
        ]
        for name, f in tools.items()
    ]
    head = ["per hand-in", "score", "wall s", "CPU s", "CPU, to ours", "CPU beyond its own code", "PSS MB"]
    lines = [
        f"{found['students']} hand-ins, medians of {found['rounds']} rounds, the tools by turns; "
        f"a hand-in's own code takes {own:.3f} CPU seconds",
        "",
        table(head, rows),
        "",
        f"one more hand-in in a class costs us {best['marginal_wall_s']:.2f} s wall, {best['marginal_cpu_s']:.3f} s CPU: "
        f"overhead {best['marginal_cpu_s'] - own:.3f} s CPU (goal ≤ 0.1)",
    ]
    for name in (Nbgrader.name, Otter.name):
        theirs = tools[name]["cpu_s"]
        lines.append(
            f"{name} takes {theirs / best['marginal_cpu_s']:.0f} times the CPU of that, "
            f"and {(theirs - own) / max(1e-3, best['marginal_cpu_s'] - own):.0f} times its overhead"
        )
    return "\n".join(lines)


def machine() -> str:
    """Return what the figures were measured on, and with."""
    facts = Path("/proc/cpuinfo").read_text()
    model = next((line.split(":", 1)[1].strip() for line in facts.splitlines() if "model name" in line), "?")
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "numpy", "nbgrader", "otter-grader"))
    return (
        f"{model}, {len(os.sched_getaffinity(0))} of its processors, Linux {platform.release()}, "
        f"Python {platform.python_version()}, {versions}; load {os.getloadavg()[0]:.1f} at the end; {time.strftime('%Y-%m-%d')}"
    )


def main() -> None:
    """Run the race and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=4)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--foreign", action="store_true", help="their notebooks, unchanged, in our engine")
    parser.add_argument("--rounds", type=int, default=5, help="times are medians of them (default 5)")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md, too")
    options = parser.parse_args()
    if options.students < 2:
        parser.error(f"found --students {options.students}; nothing is compared but a class: give 2 or more")
    if options.foreign:
        pairs = race_foreign.race(options.rounds)
        made = race_foreign.releases(our_source, options.rounds)
        sys.exit(race_foreign.report(pairs, made))
    found = race(options.students, options.rounds)
    if options.json:
        print(json.dumps(found, indent=1))
        return
    text = table_of(found)
    print(text)
    if options.write:
        content = f"{DOC}\n{machine()}.\n\n```\n{text}\n```\n"
        (Path(__file__).resolve().parent.parent / "docs" / "performance.md").write_text(content)


if __name__ == "__main__":
    main()
