"""The released notebook: nbgrader's to the byte, right in a plain kernel, in the grader's words, or not at all."""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner, Result
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from traitlets.config.loader import PyFileConfigLoader

from autograder.author import leaks, release
from autograder.author.release import Source
from autograder.cli import main as cli
from autograder.model import GradingResult, Outcome

nbclient = pytest.importorskip("nbclient")
pytest.importorskip("nbgrader")
from nbgrader.apps.api import NbGraderAPI  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's, the kernel's and their libraries' own

REPOSITORY = Path(__file__).parents[2]
WEEK1 = "week1-mlp"
Mini = tuple[Source, Path, Any]
Grade = Callable[..., GradingResult]


def grade_id(cell: Any) -> str:
    """Return a cell's nbgrader name."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def find(notebook: Any, name: str) -> Any:
    """Return a cell by its grade_id."""
    return next(c for c in notebook.cells if grade_id(c) == name)


def write_course(root: Path, sources: list[Source]) -> Path:
    """Write a course with copies of some assignments' sources and references."""
    for source in sources:
        shutil.copytree(source.path.parent, root / "source" / source.name)
        ignored = shutil.ignore_patterns("variants", "train.py", "__pycache__")
        shutil.copytree(source.references, root / "references" / source.name, ignore=ignored)
    for name in ("gradebook_config.py", "nbgrader_config.py"):
        shutil.copy(REPOSITORY / name, root)
    return root


@pytest.fixture(scope="module")
def sources(mini: Mini) -> dict[str, Source]:
    """Return the small course's source and, where it is there, the real first week's."""
    found = {"mini": mini[0]}
    if (REPOSITORY / "source" / WEEK1 / f"{WEEK1}.ipynb").is_file():
        found[WEEK1] = release.read_source(REPOSITORY / "source", REPOSITORY / "references", WEEK1)
    return found


@pytest.fixture(scope="module")
def released(sources: dict[str, Source], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return our released notebook of each assignment."""
    made = {}
    for name, source in sources.items():
        bundle = release.make_bundle(source, tmp_path_factory.mktemp("bundles") / name, limits={})
        made[name] = release.make_release(source, bundle)
    return made


# -- nbgrader's release ----------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["plain", "ours"])
def theirs(
    request: pytest.FixtureRequest, sources: dict[str, Source], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Return what ``nbgrader generate_assignment`` makes, with its own settings and with the course's."""
    root = write_course(tmp_path_factory.mktemp(request.param), list(sources.values()))
    if request.param == "plain":
        (root / "gradebook_config.py").unlink()
        text = (
            f'c = get_config()\nc.CourseDirectory.course_id = "x"\nc.CourseDirectory.root = {str(root)!r}\n'
        )
        (root / "nbgrader_config.py").write_text(text)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "generate_assignment", "mini"],
        cwd=root,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    api = NbGraderAPI(config=PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config())
    for name in sources.keys() - {"mini"}:  # the same code without the command's start
        answer = api.generate_assignment(name)
        assert answer["success"], answer
    return {name: nbformat.read(root / "release" / name / f"{name}.ipynb", 4) for name in sources}


@pytest.mark.parametrize("name", ["mini", WEEK1])
def test_release_is_nbgraders_cell_for_cell(
    theirs: dict[str, Any], released: dict[str, Any], name: str
) -> None:
    """Sources, ids, nbgrader's metadata and checksums; all but the first cell and the notebook's own metadata."""
    if name not in released:
        pytest.skip(f"source/{name} is not there")
    ours = released[name]
    assert len(ours.cells) == len(theirs[name].cells)
    differing = [
        grade_id(a) for a, b in zip(ours.cells, theirs[name].cells, strict=True) if dict(a) != dict(b)
    ]
    assert differing == ["first_cell"]
    assert all("checksum" in c.metadata.nbgrader for c in ours.cells if grade_id(c))
    kept = {k: v for k, v in ours.metadata.items() if k != "autograder"}
    assert kept == theirs[name].metadata


# -- in a plain kernel -----------------------------------------------------------------------------


def execute(notebook: Any, folder: Path) -> Any:
    """Run a notebook in a kernel of its own, errors and all, and return it."""
    notebook = copy.deepcopy(notebook)
    notebook.cells.append(
        new_code_cell("import sys\nassert not [m for m in sys.modules if m.startswith('autograder')]")
    )
    folder.mkdir(parents=True, exist_ok=True)
    client = nbclient.NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    assert not [o for o in notebook.cells[-1].outputs if o.output_type == "error"]
    return notebook


def printed(cell: Any) -> list[tuple[str, str, str]]:
    """Return (sign, title, reason) of every check that a cell printed."""
    assert not [o for o in cell.outputs if o.output_type == "error"], cell.outputs
    found: list[tuple[str, str, str]] = []
    for line in "".join(o.text for o in cell.outputs if o.get("name") == "stdout").splitlines():
        if line.startswith("["):
            sign, _, title = line.partition("]")
            found.append((sign[1:], title.strip().rsplit("  (", 1)[0], ""))
        elif line.startswith("          "):
            found[-1] = (*found[-1][:2], "\n".join(filter(None, (found[-1][2], line.strip()))))
    return found


def check_cells(notebook: Any) -> list[Any]:
    """Return the check cells of a notebook that run visible checks."""
    kinds = [(c, release.kind_of(c.metadata.get("nbgrader", {}))) for c in notebook.cells]
    return [c for c, kind in kinds if kind == "check" and "check(" in c.source]


def untrained(notebook: Any) -> Any:
    """Return a notebook without the cells that train for long, as the grader runs it."""
    notebook = copy.deepcopy(notebook)
    notebook.cells = [c for c in notebook.cells if "train" not in c.metadata.get("tags", [])]
    return notebook


@pytest.mark.parametrize("name", ["mini", WEEK1])
def test_untouched_release_fails_every_visible_check(
    released: dict[str, Any], tmp_path: Path, name: str
) -> None:
    """Each says that nothing was answered yet, and that points are at stake."""
    if name not in released:
        pytest.skip(f"source/{name} is not there")
    cells = check_cells(execute(untrained(released[name]), tmp_path))
    assert cells
    for cell in cells:
        found = printed(cell)
        assert found
        for sign, _, reason in found:
            assert sign == "failed", (grade_id(cell), found)
            assert "NotImplementedError" in reason or "is not defined in your notebook" in reason
        assert "point" in "".join(o.text for o in cell.outputs)


@pytest.mark.parametrize("name", ["mini", WEEK1])
def test_solution_passes_every_visible_check(
    sources: dict[str, Source], released: dict[str, Any], tmp_path: Path, name: str
) -> None:
    """In the student's notebook, with the instructor's answers."""
    if name not in released:
        pytest.skip(f"source/{name} is not there")
    solution = sources[name].references / "solution"
    shutil.copytree(solution, tmp_path / "work")
    notebook = untrained(release.solution_notebook(sources[name], released[name]))
    cells = check_cells(execute(notebook, tmp_path / "work"))
    found = {grade_id(c): [sign for sign, *_ in printed(c)] for c in cells}
    assert found
    assert all(signs and set(signs) == {"passed"} for signs in found.values()), found


SUM = "def sum_of_squares(values):\n    {}\n"
MODEL = """
    class MLP(nn.Module):
        def __init__(self, inputs, hidden):
            super().__init__()
            self.fc1 = nn.Linear(inputs, hidden)
            self.fc2 = nn.Linear(hidden, 1)

        def forward(self, x):
            {}
"""
WRONG: dict[str, dict[str, str]] = {
    "right": {},
    "another number": {"q1_answer": SUM.format("return 24")},
    "a float that is right": {"q1_answer": SUM.format("return 25.0")},
    "a tensor that is right": {"q1_answer": SUM.format("return torch.tensor(values).pow(2).sum()")},
    "nothing": {"q1_answer": SUM.format("print('hello')")},
    "true": {"q1_answer": SUM.format("return True")},
    "a list": {"q1_answer": SUM.format("return [v * v for v in values]")},
    "a text": {"q1_answer": SUM.format("return 'twenty\\nfive'")},
    "a set": {"q1_answer": SUM.format("return {25}")},
    "a giant": {"q1_answer": SUM.format("return 10 ** 40")},
    "a function": {"q1_answer": SUM.format("return sum_of_squares")},
    "not answered": {"q1_answer": SUM.format("raise NotImplementedError()")},
    "an error": {"q1_answer": SUM.format("total = 0\n    raise ValueError('bad\\n   values \\u202e')")},
    "an error of torch": {"q1_answer": SUM.format("return torch.ones(2, 3) @ torch.ones(2, 3)")},
    "an own error": {"q1_answer": "class Bad(LookupError):\n    pass\n\n" + SUM.format("raise Bad()")},
    "an error of no known kind": {"q1_answer": "class Bad(Exception):\n    pass\n\n" + SUM.format("raise Bad('x')")},
    "an assertion": {"q1_answer": SUM.format("assert len(values) > 5, 'too few'")},
    "an exit": {"q1_answer": SUM.format("raise SystemExit(2)")},
    "a name that is missing": {"q1_answer": SUM.format("return total")},
    "an error in a helper": {"q1_answer": "def square(v):\n    return v.real.imagine\n\n\n" + SUM.format("return sum(square(v) for v in values)")},
    "another name": {"q1_answer": "def sum_of_cubes(values):\n    return 0"},
    "a wrong shape": {"q2_answer": MODEL.format("return self.fc2(torch.relu(self.fc1(x)))")},
    "not finite": {"q2_answer": MODEL.format("return self.fc2(self.fc1(x)).squeeze(1) / 0")},
    "no tensor": {"q2_answer": MODEL.format("return None")},
    "complex": {"q2_answer": MODEL.format("return self.fc2(self.fc1(x)).squeeze(1) * 1j")},
    "an error within a layer": {"q2_answer": MODEL.format("return self.fc1(self.fc2(x))")},
    "no such layer": {"q2_answer": MODEL.format("return self.fc3(x)")},
    "wrong arguments": {"q2_answer": "class MLP(nn.Module):\n    pass"},
    "a function for a class": {"q2_answer": "def MLP(inputs, hidden):\n    return lambda x: x[:, 0]"},
}  # fmt: skip
SIGNS = {Outcome.PASSED: "passed", Outcome.FAILED: "failed", Outcome.SKIPPED: "skipped"}


@pytest.fixture(scope="module")
def in_the_notebook(
    mini: Mini, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[tuple[str, str, str]]]:
    """Run every wrong answer in one kernel, its names forgotten in between; return what was printed."""
    source, _, notebook = mini
    texts = {grade_id(c): c.source for c in release.solution_notebook(source, notebook).cells}
    # As the fixture ``grade`` leaves them, for the line numbers.
    texts = {
        name: "\n".join(t for t in text.split("\n") if "canary" not in t) for name, text in texts.items()
    }
    cells = []
    for answers in WRONG.values():
        mine = {name: f"# answer: {name}\n" + textwrap.dedent(text).strip() for name, text in answers.items()}
        cells += ["%reset -f\n" + texts["first_cell"] + "\n" + texts["setup"]]
        cells += [mine.get(name, texts[name]) for name in ("q1_answer", "q2_answer")]
        cells += [texts["q1"] + "\n" + texts["q2"]]
    big = new_notebook(cells=[new_code_cell(text) for text in cells], metadata=notebook.metadata)
    done = execute(big, tmp_path_factory.mktemp("kernel"))
    return dict(zip(WRONG, map(printed, done.cells[3::4]), strict=False))


@pytest.mark.parametrize("name", WRONG)
def test_visible_verdict_is_the_graders_word_for_word(
    in_the_notebook: dict[str, list[tuple[str, str, str]]], grade: Grade, name: str
) -> None:
    """Sign, title and reason, the line number and the shapes of a network's layers too."""
    result = grade(WRONG[name])
    graded = [
        (
            SIGNS[c.outcome],
            c.title,
            "\n".join([c.reason.removeprefix("skipped: "), *(line.strip() for line in c.ladder)]),
        )
        for c in result.checks
        if not c.hidden
    ]
    assert in_the_notebook[name] == graded
    assert len(graded) == 2


# -- refused ---------------------------------------------------------------------------------------


@pytest.fixture
def course(mini: Mini, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a course with an old release, as the working folder."""
    root = write_course(tmp_path / "course", [mini[0]])
    for name in ("release", "bundle"):
        (root / name / "mini").mkdir(parents=True)
        (root / name / "mini" / "old").write_text("the old one")
    monkeypatch.chdir(root)
    return root


def tree(root: Path) -> dict[str, bytes]:
    """Read every file below a folder, but the cache."""
    paths = [p for p in root.rglob("*") if p.is_file()]
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in paths if ".autograder" not in p.parts}


def edit_source(root: Path, change: Callable[[Any], None]) -> None:
    """Change the course's source notebook."""
    path = root / "source" / "mini" / "mini.ipynb"
    notebook = nbformat.read(path, 4)
    change(notebook)
    nbformat.write(notebook, path)


def run(*words: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(cli.main, list(words))


LINE = "return sum(v * v for v in values)"


def in_cell(name: str, old: str, new: str) -> Callable[[Any], None]:
    """Return a change of a part of a cell."""

    def change(notebook: Any) -> None:
        cell = find(notebook, name)
        assert old in cell.source
        cell.source = cell.source.replace(old, new)

    return change


REFUSED: dict[str, tuple[Callable[[Any], None], str]] = {
    "a solution line in prose": (
        lambda nb: nb.cells.append(new_markdown_cell(f"Write `{LINE}`.")),
        "would leak; nothing was written:",
    ),
    "a hidden check's name in the metadata": (
        lambda nb: nb.metadata.update(author="test_any_numbers"),
        "the notebook's metadata: the name of the hidden check 'test_any_numbers' is in it",
    ),
    "a canary in prose": (
        lambda nb: nb.cells.append(new_markdown_cell("canary-private-file-9be3")),
        "the word 'canary-private-file-9be3' is in it",
    ),
    "points that do not add up": (in_cell("q1", "@points(3)", "@points(2)"), "its @points add up to 3"),
    "two checks of one name": (in_cell("q2", "test_output_shape", "test_three_four"), "is the name of check cell 'q1' as well"),
    "after nothing": (in_cell("q2", '@after("test_output_shape")', '@after("test_x")'), "it is after 'test_x', which does not exist"),
    "after a later one": (in_cell("q1", "@points(3)", '@points(3)\n@after("q2")'), "it is after 'q2', which comes later"),
    "a syntax error": (in_cell("q1", "def test_three_four(", "def test_three_four(("), "mini.ipynb, cell 'q1', line "),
    "no marker": (in_cell("q1", "# check: q1\n", ""), "Make it the marker: # check: q1"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("command", ["release", "validate"])
def test_release_is_refused_and_nothing_written(course: Path, case: str, command: str) -> None:
    """Exit 1, a sentence, and the release, the bundle and the gradebook of before."""
    change, sentence = REFUSED[case]
    edit_source(course, change)
    before = tree(course)
    done = run(command, "mini")
    assert done.exit_code == 1, done.output
    assert sentence in done.stderr
    assert "nothing was written" in done.stderr
    assert done.stdout == ""
    assert tree(course) == before


def test_release_with_a_leak_in_a_side_file_is_refused(course: Path) -> None:
    """The old release stays as it was."""
    (course / "source" / "mini" / "helpers.py").write_text(f"def f(values):\n    {LINE}\n")
    before = tree(course)
    done = run("release", "mini")
    assert done.exit_code == 1
    assert f"helpers.py: the line {LINE!r} of cell 'q1_answer' is in it" in done.stderr
    assert tree(course) == before


def test_wrong_solution_survivor_and_false_alarm_are_named(course: Path) -> None:
    """One engine's run finds all three; validate prints them, release refuses for them, and nothing is written."""
    variants = course / "references" / "mini" / "variants"
    variants.mkdir()
    loop = "# %% q1_answer\n# answer: q1_answer\ndef sum_of_squares(values):\n    return {}\n"
    (variants / "wrong-survivor.py").write_text(
        "# expected = {q1 = 0}\n" + loop.format("sum(v ** 2 for v in values)")
    )
    (variants / "right-alarm.py").write_text(loop.format("[sum(v * v for v in values)]"))
    (variants / "wrong-killed.py").write_text("# expected = {q1 = 0}\n" + loop.format("sum(values)"))
    edit_source(course, in_cell("q2_answer", "torch.relu", "torch.tanh"))
    before = tree(course)
    done = run("validate", "mini")
    assert done.exit_code == 1
    rows = [line.split() for line in done.stdout.split("\n\n")[0].splitlines()[2:]]
    assert rows == [
        ["solution", "4", "2≠4", "1≠3", "WRONG"],
        ["release", "0", "0", "0", "ok"],
        ["right-alarm", "0≠4", "2≠4", "1≠3", "WRONG"],
        ["wrong-killed", "0", "2≠4", "1≠3", "WRONG"],
        ["wrong-survivor", "4≠0", "2≠4", "1≠3", "WRONG"],
    ]
    assert "right-alarm: a false alarm, a right variant that lost points: q1 0 instead of 4" in done.stdout
    assert "wrong-survivor: a survivor, a wrong variant that kept points: q1 4 instead of 0" in done.stdout
    assert "wrong-killed: a wrong variant that lost more than it should: q2 2 instead of 4" in done.stdout
    assert "solution: the solution does not get all points: q2 2 instead of 4" in done.stdout
    assert tree(course) == before
    refused = run("release", "mini")
    assert refused.exit_code == 1
    assert "of our own hand-ins were not graded as they must be; nothing was written." in refused.stderr
    assert "wrong-survivor: a survivor" in refused.stderr
    assert refused.stdout == ""
    assert tree(course) == before


def test_committed_release_leaks_nothing(sources: dict[str, Source]) -> None:
    """Every file of release/ that is in the repository, against the source of today."""
    folder = REPOSITORY / "release" / WEEK1
    if WEEK1 not in sources or not folder.is_dir():
        pytest.skip("no committed release")
    texts = leaks.released_texts(nbformat.read(folder / f"{WEEK1}.ipynb", 4))
    texts |= {
        p.name: p.read_bytes().decode(errors="replace")
        for p in folder.rglob("*")
        if p.is_file() and p.suffix != ".ipynb"
    }
    assert leaks.find_leaks(sources[WEEK1], texts) == []
