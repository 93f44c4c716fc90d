"""Masters of otter-assign, unchanged: released, graded, and compared with ``otter run`` question by question."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

pytest.importorskip("otter")

BIN = Path(sys.executable).parent


def fence(text: str, fenced: bool) -> Any:
    """Return a block's mark: a raw cell, or prose with a fence, as Colab needs it."""
    return new_markdown_cell(f"```otter\n{text}\n```") if fenced else new_raw_cell(text)


def case(source: str, shown: str = "") -> Any:
    """Return a test cell with its saved output, which is what otter expects."""
    outputs = [new_output("execute_result", {"text/plain": shown}, execution_count=1)] if shown else []
    return new_code_cell(source, outputs=outputs)


def question(
    config: str, *cells: Any, tests: tuple[Any, ...] = (), fenced: bool = False, before: tuple[Any, ...] = ()
) -> list[Any]:
    """Return a question's block."""
    made = [fence(f"# BEGIN QUESTION\n{config}", fenced), new_markdown_cell("What is asked."), *before]
    made += [fence("# BEGIN SOLUTION", fenced), *cells, fence("# END SOLUTION", fenced)]
    if tests:
        made += [fence("# BEGIN TESTS", fenced), *tests, fence("# END TESTS", fenced)]
    return [*made, fence("# END QUESTION", fenced)]


HIDDEN = '""" # BEGIN TEST CONFIG\nhidden: true\npoints: 2\nsuccess_message: well done\nfailure_message: think of zero\n""" # END TEST CONFIG\n'


def ok_master() -> Any:
    """Doctests, in the notebook's metadata: every form of points, messages, seeds, a file, words for a person."""
    cells = [
        new_raw_cell(
            "# ASSIGNMENT CONFIG\nname: forms\nexport_cell:\n    pdf: false\n    run_tests: false\ncheck_all_cell: true\n"
            "files:\n    - numbers.csv\ngenerate:\n    seed: 42\n    show_stdout: true"
        ),
        new_markdown_cell("# All forms"),
        new_code_cell("import numpy as np\n\ndef twice(x):\n    return 2 * x"),
        *question(
            "name: q1\npoints: 3",
            new_code_cell("def square(x):\n    return x ** 2 # SOLUTION"),
            tests=(case("square(3) == 9", "True"), case(HIDDEN + "square(0)", "0")),
        ),
        *question(
            "name: q2\npoints: [1, 0, 2]",
            new_code_cell("words = ['a', 'b'] # SOLUTION"),
            tests=(case("words", "['a', 'b']"), case("len(words)", "2"), case("# HIDDEN\nfor w in words:\n    print(w)")),
        ),
        *question(
            "name: q3\npoints:\n    each: 0.5",
            new_code_cell("# BEGIN SOLUTION NO PROMPT\ndef half(x):\n    return x / 2\n# END SOLUTION\n\"\"\" # BEGIN PROMPT\ndef half(x):\n    ...\n\"\"\"; # END PROMPT"),
            tests=(case("half(4)", "2.0"), case("half(twice(1))", "1.0"), case("# hidden\nhalf(-2)", "-1.0")),
            fenced=True,
        ),
        *question(
            "name: q4\npoints: 2\nall_or_nothing: true",
            new_code_cell("def sign(x):\n    # BEGIN SOLUTION\n    return (x > 0) - (x < 0)\n    # END SOLUTION"),
            tests=(case("sign(2)", "1"), case("# HIDDEN\nsign(-2)", "-1"), case("sign(0)", "0")),
        ),
        *question(
            "name: q5",
            new_code_cell("total = np.loadtxt('numbers.csv').sum() # SOLUTION"),
            tests=(case("float(total)", "6.0"), case("total > 5", "True"), case("# HIDDEN\nbool(total < 7)", "True")),
        ),
        *question(
            "name: q6\ncheck_cell: false",
            new_code_cell("draw = np.random.rand() # SOLUTION"),
            tests=(case("round(float(draw), 6)", "0.37454"),),
        ),
        *question("name: q7\nmanual: true\npoints: 4", new_markdown_cell("Because.")),
        *question(
            "name: q8_b\npoints: 1",
            new_code_cell("def checked(x):\n    # BEGIN SOLUTION\n    if x < 0:\n        raise ValueError('no')\n    return x\n    # END SOLUTION"),
            tests=(case("try:\n    checked(-1)\nexcept ValueError:\n    print('refused')"),),
        ),
        *question(  # names that pytest cannot tell apart; a case that needs what the one before it did
            "name: q9.a",
            new_code_cell("pile = [] # SOLUTION\n\ndef push(x):\n    pile.append(x)\n    return len(pile)"),
            tests=(case("push(5)", "1"), case("# HIDDEN\npile", "[5]")),
        ),
        *question(
            "name: q9_a", new_code_cell("%%time\nlater = 3 # SOLUTION"), tests=(case("later", "3"),)
        ),
        new_code_cell("words = 'written over by a later cell'"),
    ]  # fmt: skip
    for cell in cells:  # what a print showed is an output of another kind
        if cell.cell_type == "code" and ("print(w)" in cell.source or "print('refused')" in cell.source):
            text = "a\nb\n" if "print(w)" in cell.source else "refused\n"
            cell.outputs = [new_output("stream", text=text)]
    return notebook(cells)


def exception_master() -> Any:
    """Functions as tests, in files; a seed in a variable; prompts."""
    cells = [
        new_raw_cell(
            "# ASSIGNMENT CONFIG\nname: functions\ntests:\n    files: true\n    ok_format: false\n"
            "seed:\n    variable: rng_seed\n    autograder_value: 40\n    student_value: 50"
        ),
        new_markdown_cell("# Functions"),
        new_code_cell("import numpy as np\nrng_seed = 40"),
        *question(
            "name: q1\npoints: 2",
            new_code_cell("def mean(values):\n    return sum(values) / len(values) # SOLUTION"),
            tests=(
                case("def test_mean(mean):\n    assert mean([1, 3]) == 2, 'the mean of 1 and 3'"),
                case("# HIDDEN\ndef test_mean_of_one(mean):\n    assert mean([5]) == 5\n    assert mean((1, 2, 6)) == 3"),
                case('""" # BEGIN TEST CONFIG\npoints: 0\nhidden: true\n""" # END TEST CONFIG\ndef test_empty(mean):\n    try:\n        mean([])\n    except ZeroDivisionError:\n        return\n    raise AssertionError("no error")'),
            ),
        ),
        *question(
            "name: q2\npoints: 1",
            new_code_cell("drawn = np.random.default_rng(rng_seed).integers(0, 1000) # SOLUTION"),
            tests=(case("def test_drawn(env):\n    assert env['drawn'] == np_drawn()"),) if False else (case("def test_drawn(drawn, rng_seed):\n    assert rng_seed == 40\n    assert 0 <= drawn < 1000"),),
        ),
        *question(
            "name: q4",
            new_code_cell("shelf = 4 # SOLUTION"),
            tests=(case("def test_shelf(shelf):\n    import not_there_at_all\n    assert shelf == 4"),),
        ),
        *question(
            "name: q3\nmanual: true\npoints: 3",
            new_markdown_cell("A solution in words."),
            before=(new_raw_cell("# BEGIN PROMPT"), new_markdown_cell("_Write here._"), new_raw_cell("# END PROMPT")),
        ),
    ]  # fmt: skip
    return notebook(cells)


def notebook(cells: list[Any]) -> Any:
    """Return a notebook for Python."""
    made = new_notebook(cells=cells)
    made.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
    return made


@dataclass(frozen=True)
class Course:
    """A course folder and its command."""

    root: Path

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of ours in it."""
        return subprocess.run(
            [str(BIN / "autograder"), *words], cwd=self.root, capture_output=True, text=True
        )

    def results(self, student: str, assignment: str) -> dict[str, Any]:
        """Return a stored result."""
        path = self.root / "autograded" / student / assignment / "grading.json"
        found: dict[str, Any] = json.loads(path.read_text())["result"]
        return found

    def hand_in(self, assignment: str, student: str, made: Any, name: str) -> None:
        """Hand a notebook in."""
        folder = self.root / "submitted" / student / assignment
        folder.mkdir(parents=True)
        nbformat.write(made, folder / name)


def answered(released: Any, answers: dict[str, str]) -> Any:
    """Return the release with answers in place of cells that begin with, or hold, a text."""
    made = nbformat.from_dict(json.loads(json.dumps(released)))
    for cell in made.cells:
        for begin, answer in answers.items():
            if begin in cell.source and "grader.check" not in cell.source:
                cell.source = answer
    return made


RIGHT = {
    "def square": "def square(x):\n    return x * x",
    "words = ...": "words = ['a', 'b']",
    "def half": "def half(x):\n    return x / 2",
    "def sign": "def sign(x):\n    return 0 if x == 0 else 1 if x > 0 else -1",
    "total = ...": "total = np.loadtxt('numbers.csv').sum()",
    "draw = ...": "draw = np.random.rand()",
    "def checked": "def checked(x):\n    if x < 0:\n        raise ValueError('no')\n    return x",
    "pile = ...": "pile = []\n\ndef push(x):\n    pile.append(x)\n    return len(pile)",
    "later = ...": "%%time\nlater = 3",
}
MIXED = RIGHT | {
    "def square": "def square(x):\n    return x ** 2 or None",  # the hidden one fails
    "words = ...": "words = ('a', 'b')",  # a tuple shows as another text
    "def half": "def half(x):\n    return x // 2",  # 2, not 2.0
    "def sign": "def sign(x):\n    return 1 if x > 0 else -1",  # all or nothing
    "total = ...": "total = 6.5",
    "draw = ...": "draw = 0.5",
    "pile = ...": "pile = []\n\ndef push(x):\n    pile.insert(0, x)\n    pile.append(x)\n    return 1",
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course with both masters, released."""
    made = Course(tmp_path_factory.mktemp("otter") / "course")
    made.root.parent.chmod(0o755)
    made.root.mkdir()
    subprocess.run(
        [str(BIN / "autograder"), "init", ".", "--name", "c"], cwd=made.root, check=True, capture_output=True
    )
    for name, master in (("forms", ok_master()), ("functions", exception_master())):
        folder = made.root / "source" / name
        folder.mkdir(parents=True)
        nbformat.write(master, folder / f"{name}.ipynb")
    (made.root / "source" / "forms" / "numbers.csv").write_text("1\n2\n3\n")
    for name in ("forms", "functions"):
        done = made.run("release", name)
        assert done.returncode == 0, done.stdout + done.stderr
    released = nbformat.read(made.root / "release" / "forms" / "forms.ipynb", 4)
    made.hand_in("forms", "right", answered(released, RIGHT), "forms.ipynb")
    made.hand_in("forms", "mixed", answered(released, MIXED), "forms.ipynb")
    made.hand_in("forms", "blank", released, "forms.ipynb")
    bare = answered(released, RIGHT)
    bare.metadata = {}
    for cell in bare.cells:
        cell.metadata = {}
    made.hand_in("forms", "bare", bare, "Copy of forms.ipynb")
    for student in ("right", "mixed", "blank", "bare"):
        shutil.copy(
            made.root / "source" / "forms" / "numbers.csv", made.root / "submitted" / student / "forms"
        )
    released = nbformat.read(made.root / "release" / "functions" / "functions.ipynb", 4)
    right = {
        "def mean": "def mean(values):\n    return sum(values) / len(values)",
        "drawn = ...": "drawn = 3",
    }
    made.hand_in("functions", "right", answered(released, right), "functions.ipynb")
    wrong = right | {"def mean": "def mean(values):\n    return sum(values) / 2"}
    made.hand_in("functions", "mixed", answered(released, wrong), "functions.ipynb")
    return made


@pytest.mark.slow
def test_otter_master_is_released_as_otter_does(course: Course) -> None:
    """Cell for cell what ``otter assign`` gives students; no hidden test in any byte; every test is proven outside."""
    folder = course.root / "release" / "forms"
    assert sorted(p.name for p in folder.iterdir()) == ["forms.ipynb", "numbers.csv"]
    made = nbformat.read(folder / "forms.ipynb", 4)
    assert made.cells[0].source == '# Initialize Otter\nimport otter\ngrader = otter.Notebook("forms.ipynb")'
    text = (folder / "forms.ipynb").read_text()
    for secret in ("think of zero", "half(-2)", "sign(-2)", "total < 7", "SOLUTION"):
        assert secret not in text
    assert course.run("release", "forms", "--check").returncode == 0
    bundle = next(course.root.glob("**/bundle.json")).parent.parent
    places = json.loads((bundle / "forms" / "places.json").read_text())
    assert [p["question"] for p in places if p["place"] != "outside"] == []
    places = json.loads((bundle / "functions" / "places.json").read_text())
    assert [(p["question"], p["unable"]) for p in places if p["place"] != "outside"] == [("q4", True)]


@pytest.mark.slow
def test_hand_ins_of_otter_get_otters_points(course: Course) -> None:
    """Every form of points, seeds, checks without a cell, names as they were; a notebook without metadata, too."""
    done = course.run("grade", "forms")
    assert done.returncode == 0, done.stdout + done.stderr
    points = {
        student: {
            q["name"]: round(
                sum(
                    c["score"]
                    for c in course.results(student, "forms")["checks"]
                    if c["question"] == q["name"]
                ),
                2,
            )
            for q in course.results(student, "forms")["questions"]
            if not q["manual"]
        }
        for student in ("right", "mixed", "blank", "bare")
    }
    full = {"q1": 3, "q2": 3, "q3": 1.5, "q4": 2, "q5": 1, "q6": 1, "q8_b": 1, "q9.a": 1, "q9_a": 1}
    assert points["right"] == full
    assert points["bare"] == full
    assert points["mixed"] == full | {"q1": 1, "q2": 2, "q3": 0, "q4": 0, "q5": 0.67, "q6": 0, "q9.a": 0.5}
    assert points["blank"] == dict.fromkeys(full, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("assignment", "students"), [("forms", ("right", "mixed")), ("functions", ("right", "mixed"))]
)
def test_compare_with_otter_explains_every_difference(
    course: Course, assignment: str, students: tuple[str, ...]
) -> None:
    """``otter run`` on the same hand-ins: equal, or NumPy's new texts; nothing unexplained."""
    named = [word for student in students for word in ("--student", student)]
    done = course.run("compare", assignment, "--with", "otter", "--json", *named)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["unexplained"] == 0
    assert found["notes"] == []
    reasons = {(d["hand_in"], d["question"]): d["reason"] for d in found["differences"]}
    # total > 5 shows np.True_ where the master has True; the other one's total is a float of Python's.
    wanted = {("right", "q5")} if assignment == "forms" else set()
    assert set(reasons) == wanted
    assert all("np.True_" in reason for reason in reasons.values())
