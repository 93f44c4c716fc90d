"""What a check may do beside calling functions: partial credit, a person's turn, scripts, files, data."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder import results_json
from autograder.author import release, validate
from autograder.engine.grade import Engine
from autograder.model import GradingResult, Outcome
from autograder.sandbox import hand_in
from tests.conftest import cell, new_source

pytest.importorskip("nbgrader")

PREDICT = """
%%writefile predict.py
# answer: q3_answer
### BEGIN SOLUTION
import argparse
import gzip
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--data", type=Path)
parser.add_argument("--out", type=Path)
arguments = parser.parse_args()
scale = int(Path(__file__).with_name("scale.txt").read_text())
numbers = gzip.decompress(arguments.data.read_bytes()).decode().split()
arguments.out.write_text("\\n".join(str(scale * int(n)) for n in numbers))
### END SOLUTION
"""


def source() -> Any:
    """Return a source notebook whose checks use everything beside get and call."""
    notebook = new_source("Files")
    notebook.cells += [
        cell(
            "locked",
            "setup",
            """
            # locked: setup
            numbers = [int(n) for n in data_file("data/numbers.txt").read_text().split()]
            """,
        ),
        cell(
            "answer",
            "q1_answer",
            """
            # answer: q1_answer
            def share():
                ### BEGIN SOLUTION
                return sum(numbers) / 60
                ### END SOLUTION
            """,
        ),
        cell(
            "check",
            "q1",
            """
            # check: q1
            @points(4)
            def test_credit(share):
                \"\"\"The more the better.\"\"\"
                value = float(expect(share(), shape=()))
                credit(min(max(value, 0.0), 1.2), "a share of the points")

            check(test_credit)
            ### BEGIN HIDDEN TESTS
            @points(2)
            def test_review(share):
                \"\"\"An odd share is looked at by a person.\"\"\"
                if share() < 0:
                    review("a negative share: a person will look at it")

            @points(2)
            @after("test_review")
            def test_waits(share, helpers, reference, rng):
                \"\"\"The helpers are the course's own code.\"\"\"
                value = share()
                leaderboard("share", value, value - 0.1, value + 0.1)
                if value > 1:
                    flag("more than everything")
                equal(helpers.doubled(value), 2 * value)
                equal(reference.share(), 1.0)
            ### END HIDDEN TESTS
            """,
            8,
        ),
        cell(
            "answer",
            "q2_answer",
            """
            # answer: q2_answer
            ### BEGIN SOLUTION
            open("notes.txt", "w").write("the notebook wrote over it")
            open("data/numbers.txt", "w").write("9 9 9")
            ### END SOLUTION
            """,
        ),
        cell(
            "check",
            "q2",
            """
            # check: q2
            def test_nothing():
                \"\"\"Nothing to see.\"\"\"

            check(test_nothing)
            ### BEGIN HIDDEN TESTS
            def test_files(student):
                \"\"\"The notes are there as handed in.\"\"\"
                names = {name for name, _ in student.files()}
                equal({"notes.txt", "runs/one.jsonl", "scale.txt"} <= names, True)
                equal([name for name in names if name.endswith(".ipynb")], [])
                equal(student.read_file("notes.txt"), b"as handed in")
                equal(student.read_file("runs/one.jsonl"), b"{}")
                with raises("OSError"):
                    student.read_file("runs")
            ### END HIDDEN TESTS
            """,
            2,
        ),
        cell("answer", "q3_answer", PREDICT),
        cell(
            "check",
            "q3",
            """
            # check: q3
            def test_nothing_yet():
                \"\"\"Nothing to see here either.\"\"\"

            check(test_nothing_yet)
            ### BEGIN HIDDEN TESTS
            @points(3)
            def test_predict(student, rng):
                \"\"\"predict.py scales numbers in any folder.\"\"\"
                import gzip

                numbers = [int(n) for n in rng.integers(0, 9, 5)]
                data = gzip.compress(" ".join(map(str, numbers)).encode())
                run = student.run_script(
                    "predict.py", ["--data", "in.gz", "--out", "out.txt"], files={"in.gz": data}, outputs=["out.txt"]
                )
                if run.sentence:
                    fail(run.sentence)
                if "out.txt" not in run.outputs:
                    fail("predict.py wrote no file")
                equal([int(n) for n in run.outputs["out.txt"].split()], [3 * n for n in numbers])
            ### END HIDDEN TESTS
            """,
            4,
        ),
    ]
    return notebook


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[release.Source, Any, Any]:
    """Source, bundle and released notebook."""
    import nbformat

    root = tmp_path_factory.mktemp("files")
    root.chmod(0o711)
    folder = root / "source" / "files"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "numbers.txt").write_text("10 20 30")
    (folder / "predict.py").write_text("raise SystemExit('a template')")
    nbformat.write(source(), folder / "files.ipynb")
    references = root / "references" / "files"
    (references / "solution" / "runs").mkdir(parents=True)
    (references / "helpers.py").write_text("def doubled(x):\n    return 2 * x\n")
    (references / "solution" / "scale.txt").write_text("3")
    (references / "solution" / "notes.txt").write_text("as handed in")
    (references / "solution" / "runs" / "one.jsonl").write_text("{}")
    read = release.read_source(root / "source", root / "references", "files")
    bundle = release.make_bundle(read, root / "bundle", limits={})
    return read, bundle, release.make_release(read, bundle)


@pytest.fixture(scope="module")
def engine(made: tuple[release.Source, Any, Any]) -> Iterator[Engine]:
    """One warm engine."""
    with Engine(made[1].folder, warm=True) as warm:
        yield warm


@pytest.fixture
def grade(made: tuple[release.Source, Any, Any], engine: Engine, tmp_path: Path) -> Any:
    """Grade the solution with some cells replaced and files added or left out."""
    read, _, released = made

    def run(files: dict[str, bytes | None] | None = None, **cells: str) -> GradingResult:
        notebook = release.solution_notebook(read, released)
        for one in notebook.cells:
            grade_id = one.metadata.get("nbgrader", {}).get("grade_id")
            if grade_id in cells:
                first = one.source.split("\n")
                marker = first[1] if first[0].startswith("%%") else first[0]
                text = cells[grade_id]
                one.source = text if text.startswith("%%") else f"{marker}\n{text}"
        folder = tmp_path / "hand-in"
        shutil.rmtree(folder, ignore_errors=True)
        validate.write_hand_in(read, notebook, folder, without=())
        for name, content in (files or {}).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                (folder / name).unlink()
            else:
                (folder / name).write_bytes(content)
        return engine.grade(folder)

    return run


def outcomes(result: GradingResult) -> dict[str, tuple[str, float]]:
    """Return how each check ended, and its points."""
    return {c.name: (c.outcome.value, c.score) for c in result.checks}


def test_solution_has_full_marks(grade: Any) -> None:
    """Script, files, data and helpers all work, and the number is on the leaderboard."""
    result = grade()
    assert result.graded, result.staff_notes
    assert result.score == result.max_score == 14
    assert result.extra["leaderboard"] == [{"name": "share", "value": 1.0, "low": 0.9, "high": 1.1}]
    assert [c.reason for c in result.checks if c.name == "test_credit"] == ["a share of the points"]


@pytest.mark.parametrize(("share", "points", "outcome"), [(0.25, 1.0, "failed"), (1.2, 4.8, "passed")])
def test_credit_gives_a_share(grade: Any, share: float, points: float, outcome: str) -> None:
    """Below one it is a partial failure, above a pass with a bonus, and the staff reads the flag."""
    result = grade(q1_answer=f"def share():\n    return {share}")
    assert outcomes(result)["test_credit"] == (outcome, points)
    assert any("more than everything" in note for note in result.staff_notes) == (share > 1)
    assert "more than everything" not in str(results_json.to_results(result)["tests"])


def test_review_is_a_persons_turn(grade: Any) -> None:
    """No points for now, what builds on it waits too, and the staff is told."""
    result = grade(q1_answer="def share():\n    return -0.5")
    assert result.graded
    assert outcomes(result)["test_review"] == (Outcome.REVIEW.value, 0.0)
    assert outcomes(result)["test_waits"] == (Outcome.REVIEW.value, 0.0)
    assert sum("a person decides about 2 points" in note for note in result.staff_notes) == 2


def test_data_is_ours_whatever_was_handed_in(grade: Any) -> None:
    """A handed-in data file of the same name counts no more than a changed locked cell."""
    assert grade({"data/numbers.txt": b"60 60 60"}).score == 14


def test_handed_in_script_is_taken_when_no_cell_writes_one(grade: Any) -> None:
    """And the released template only when neither is there."""
    script = b"import sys, pathlib\npathlib.Path(sys.argv[4]).write_text('1 2')"
    wrong = grade({"predict.py": script}, q3_answer="pass")
    reason = next(c.reason for c in wrong.checks if c.name == "test_predict")
    assert reason == "the result: expected 5 values, got 2"
    template = grade(q3_answer="pass")
    assert [c.reason for c in template.checks if c.name == "test_predict"] == [
        "the script ended with exit code 1, not 0"
    ]


def test_handed_in_script_goes_before_an_unanswered_cell(grade: Any) -> None:
    """The stub that the untouched cell writes is no answer; an answered cell is, whatever was handed in."""
    answer = PREDICT.split("### BEGIN SOLUTION\n")[1].split("### END SOLUTION")[0].encode()
    stub = "%%writefile predict.py\n# answer: q3_answer\n# YOUR CODE HERE\nraise NotImplementedError()"
    assert outcomes(grade({"predict.py": answer}, q3_answer=stub))["test_predict"] == ("passed", 3.0)
    assert outcomes(grade({"predict.py": b"raise SystemExit(3)"}))["test_predict"] == ("passed", 3.0)
    assert outcomes(grade(q3_answer=stub))["test_predict"] == ("failed", 0.0)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("import os\nos._exit(3)", "the script ended with exit code 3, not 0"),
        (
            "import os\nos.kill(os.getpid(), 9)",
            "the script was killed: it crashed or ended itself by a signal",
        ),
        ("x = 1\nraise ValueError('88881')", "the script raised ValueError in its line 2"),
        ("def (", "the script raised SyntaxError in its line 1"),
        (
            "import argparse\nargparse.ArgumentParser().parse_args()",
            "the script ended with exit code 2, not 0",
        ),
        ("import sys\nsys.exit('no')", "the script ended with exit code 1, not 0"),
        ("pass", "predict.py wrote no file"),
        ("import os\nos.mkdir('out.txt')", "predict.py wrote no file"),
        ("import os\nos.symlink('/etc/passwd', 'out.txt')", "predict.py wrote no file"),
        (
            "open('out.txt', 'w').truncate(1 << 25)\nopen('out.txt', 'a').write('1')",
            "predict.py wrote no file",
        ),
        ("print('x' * 10**8)\nraise KeyError", "the script raised KeyError in its line 2"),
        (
            "import os, time\nif os.fork() == 0:\n    time.sleep(600)\nraise KeyError",
            "the script raised KeyError in its line 4",
        ),
        (
            "import os\nfor fd in range(3, 200):\n    try:\n        os.write(fd, b'AGW1' * 99)\n    except OSError:\n        pass",
            "predict.py wrote no file",
        ),
        ("while True: pass", "your code did not finish within 10 s of computing time"),
    ],
)
def test_odd_script_loses_its_own_points_only(grade: Any, script: str, said: str) -> None:
    """Whatever predict.py does costs the script's question, with a sentence of ours."""
    result = grade({"predict.py": script.encode()}, q3_answer="pass")
    assert result.graded, result.staff_notes
    assert result.score == 11
    reason = next(c.reason for c in result.checks if c.name == "test_predict")
    assert reason.startswith(said)
    assert "88881" not in reason


def test_script_cannot_reach_the_notebook(grade: Any) -> None:
    """It runs in a fork: what it changes in memory is gone with it."""
    script = "import sys\nsys.modules['numpy'].array = None\nimport builtins\nbuiltins.int = None"
    result = grade({"predict.py": script.encode()}, q3_answer="pass")
    assert result.score_of("q1") == 8
    assert result.score_of("q2") == 2


def test_script_that_leaves_a_process_is_judged_by_its_answer(grade: Any) -> None:
    """A right answer is right although the child that the script left is still asleep."""
    script = PREDICT.split("### BEGIN SOLUTION\n")[1].split("### END SOLUTION")[0]
    script += "import os, time\nif os.fork() == 0:\n    time.sleep(600)\n"
    result = grade({"predict.py": script.encode()}, q3_answer="pass")
    assert outcomes(result)["test_predict"] == ("passed", 3.0)


def test_hand_in_of_many_large_files_is_cut_not_copied_without_end(tmp_path: Path) -> None:
    """The notebook and the weights come first; what does not fit is left out by name."""
    folder, work = tmp_path / "in", tmp_path / "work"
    folder.mkdir()
    work.mkdir()
    for number in range(4):
        with (folder / f"big{number}.bin").open("wb") as file:
            file.truncate(90 << 20)
    (folder / "a.ipynb").write_text("{}")
    (folder / "model_weights.pt").write_bytes(b"1")
    handed_in = tmp_path / "files"
    handed_in.mkdir()
    files, _ = hand_in.find_files(folder, lambda archive: None)
    layout = hand_in.arrange(files, None, ())
    hand_in.lay_out(layout, work, handed_in, None)
    assert sorted(p.name for p in work.iterdir()) == ["a.ipynb", "big0.bin", "big1.bin", "model_weights.pt"]
    assert layout.notices == ["at most 200 files and 256 MB together are read; 2 file(s) were left out"]
    assert (handed_in / "model_weights.pt").exists()
