"""The command line: exit codes, and sentences that help, without an engine."""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from autograder import __version__, interrupts, messages, released
from autograder.author import steps
from autograder.bundle import read_bundle
from autograder.classroom import grading, lock, store
from autograder.cli import classroom
from autograder.cli import main as cli
from autograder.config import load_course
from autograder.model import CheckResult, GradingResult, Outcome, Question

REPOSITORY = Path(__file__).parents[3]
Mini = tuple[Any, Path, Any]


@pytest.fixture
def root(mini: Mini, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the small course's folder, released as far as grading needs it, as the working folder."""
    root = tmp_path / "course"
    shutil.copytree(mini[0].path.parents[1], root / "source")
    shutil.copytree(mini[0].references.parent, root / "references")
    shutil.copytree(mini[1], root / "bundle" / "mini")
    for name in ("gradebook_config.py", "nbgrader_config.py"):
        shutil.copy(REPOSITORY / name, root)
    (root / "bundle" / "mini" / "source.sha256").write_text(released.source_digest(load_course(root), "mini"))
    (root / "submitted" / "ada" / "mini").mkdir(parents=True)
    (root / "submitted" / "ada" / "mini" / "mini.ipynb").write_text("{}")
    monkeypatch.chdir(root)
    return root


def run(*words: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(cli.main, list(words))


def finding(root: Path, *, fault: bool = False) -> GradingResult:
    """Return a result of the small course."""
    bundle = read_bundle(root / "bundle" / "mini")
    outcome = Outcome.ERROR if fault else Outcome.FAILED
    checks = tuple(
        CheckResult(
            question=c.question, name=c.name, title=c.title, outcome=outcome, score=0.0, max_score=c.points,
            hidden=c.hidden, reason=messages.OURS if fault else "wrong",
        )
        for c in bundle.checks
    )  # fmt: skip
    notices, notes = ((messages.OURS,), ("the zygote ended",)) if fault else ((), ())
    return GradingResult(
        assignment="mini",
        graded=not fault,
        questions=bundle.questions,
        checks=checks,
        notices=notices,
        staff_notes=notes,
    )


def grades(monkeypatch: pytest.MonkeyPatch, result: GradingResult) -> None:
    """Put a stand-in where the engine is, and none where the gradebook is."""

    def grade_many(_: Any, jobs: list[Any], **__: Any) -> Iterator[tuple[Any, GradingResult]]:
        yield from ((job, result) for job in jobs)

    monkeypatch.setattr(grading, "grade_many", grade_many)
    monkeypatch.setattr(grading, "record_scores", lambda *_: None)


# -- usage -----------------------------------------------------------------------------------------

USAGE: dict[str, tuple[tuple[str, ...], str]] = {
    "unknown assignment": (("grade", "week9"), r"autograder: 'week9': no such assignment in .*source; nothing was graded.\nThere are: mini."),
    "unknown assignment to release": (("release", "week9"), r"week9.ipynb: no such notebook.\nAssignments here: mini."),
    "unknown assignment to validate": (("validate", "week9"), r"Assignments here: mini."),
    "no assignment": (("release",), r"name one assignment, or use --all.\nThere are: mini."),
    "two ways to name": (("validate", "mini", "--all"), r"name one assignment, or use --all."),
    "unknown student": (("grade", "mini", "--student", "bob"), r"no hand-in of bob in .*submitted for mini; nothing was graded."),
    "no such hand-in": (("grade", "mini", "--submission", "absent"), r"absent: no such file or folder; nothing was graded."),
    "results of a class": (("grade", "mini", "--results", "r.json"), r"--results is for one hand-in: name it with --submission."),
    "one of a class": (
        ("grade", "mini", "--submission", "submitted/ada/mini", "--student", "ada"),
        r"--student, --force, --workers and --dask are for a whole class; leave out --submission.",
    ),
    "force for one": (("grade", "mini", "--submission", "submitted/ada/mini", "--force"), r"for a whole class"),
    "nowhere to write": (
        ("grade", "mini", "--submission", "submitted/ada/mini", "--results", "absent/r.json"),
        r"absent/r.json: not a file in a folder that exists; nothing was graded.",
    ),
    "a folder to write": (
        ("grade", "mini", "--submission", "submitted/ada/mini", "--results", "submitted"),
        r"submitted: not a file in a folder that exists",
    ),
    "no bundle": (
        ("grade", "mini", "--submission", "submitted/ada/mini", "--bundle", "submitted"),
        r"submitted: no bundle.json here.\nMake a bundle with: autograder release ASSIGNMENT",
    ),
    "another bundle": (
        ("grade", "week9", "--submission", "submitted/ada/mini", "--bundle", "bundle/mini"),
        r"bundle/mini: the bundle of 'mini', not of 'week9'; nothing was graded.",
    ),
    "another bundle for a class": (
        ("grade", "week9", "--bundle", "bundle/mini"),
        r"no <student>/week9/ in it; nothing was graded.",
    ),
    "no gradebook": (("export",), r"gradebook.db: no gradebook yet; nothing was written.\nRun: autograder release ASSIGNMENT"),
}  # fmt: skip


@pytest.mark.parametrize("case", USAGE)
def test_usage_error_helps_and_exits_2(root: Path, case: str) -> None:
    """One sentence on stderr with what is wrong and what there is; nothing on stdout, nothing written."""
    words, sentence = USAGE[case]
    before = sorted(p for p in root.rglob("*"))
    done = run(*words)
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert done.stderr.startswith("autograder: ")
    assert "Traceback" not in done.stderr
    assert re.search(sentence, done.stderr), done.stderr
    assert sorted(p for p in root.rglob("*")) == before


@pytest.mark.parametrize(
    "words", [("grad",), ("grade",), ("grade", "mini", "--workers", "0"), ("grade", "mini", "--fast")]
)
def test_mistyped_command_exits_2(root: Path, words: tuple[str, ...]) -> None:
    """click's own words, with the usage line."""
    done = run(*words)
    assert done.exit_code == 2
    assert done.stderr.startswith("Usage: ")


def test_release_state_is_told(root: Path) -> None:
    """Not released, and released before the source changed."""
    with (root / "source" / "mini" / "mini.ipynb").open("a") as file:
        file.write("\n")
    done = run("grade", "mini")
    assert (done.exit_code, done.stderr.splitlines()) == (
        2,
        [
            "autograder: mini: its source has changed since the release; nothing was graded.",
            "Run: autograder release mini",
        ],
    )
    shutil.rmtree(root / "bundle")
    done = run("grade", "mini", "--submission", "submitted/ada/mini")
    assert (done.exit_code, done.stderr.splitlines()) == (
        2,
        ["autograder: mini: not released yet; nothing was graded.", "Run: autograder release mini"],
    )


def test_no_course_file_names_both_ways_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go to the course, or name a bundle."""
    monkeypatch.chdir(tmp_path)
    for words in (("grade", "mini"), ("release", "--all"), ("validate", "mini"), ("export",)):
        done = run(*words)
        assert done.exit_code == 2
        assert "no gradebook_config.py here or in a folder above" in done.stderr
        assert "--bundle PATH" in done.stderr


def test_all_without_assignments_is_no_success(root: Path) -> None:
    """A CI step that proves nothing must not be green."""
    shutil.rmtree(root / "source")
    for words in (("release", "--all", "--check"), ("validate", "--all")):
        done = run(*words)
        assert done.exit_code == 2
        assert "no <assignment>/<assignment>.ipynb in it; nothing was done" in done.stderr


# -- release ---------------------------------------------------------------------------------------


def test_release_check_exits_1_when_out_of_date(root: Path) -> None:
    """And 0 when it is not; it grades nothing."""
    done = run("release", "mini", "--check")
    assert done.exit_code == 1
    assert (
        "release/mini: not up to date with its source: manifest.json, mini.ipynb, tests/q1.py, tests/q2.py\nRun: autograder release mini"
        in done.stderr
    )
    with steps.prepare(load_course(root), "mini") as ready:
        steps.write_release(load_course(root), ready, root / "release" / "mini")
    done = run("release", "--all", "--check")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"{root}/release/mini: up to date\n"


# -- faults ----------------------------------------------------------------------------------------


def test_fault_of_ours_exits_3(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the traceback for whoever reads it, and a sentence that says whose fault it is."""

    def broken(*_: Any, **__: Any) -> Any:
        raise KeyError("a bug")

    monkeypatch.setattr(grading, "grade_class", broken)
    done = run("grade", "mini")
    assert done.exit_code == 3
    assert "Traceback" in done.stderr
    assert "autograder: a fault of its own: KeyError: 'a bug'\n" in done.stderr
    assert done.stdout == ""


def test_hand_in_that_we_could_not_grade_exits_3(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is printed all the same, and staff read why."""
    grades(monkeypatch, finding(root, fault=True))
    done = run("grade", "mini")
    assert done.exit_code == 3
    assert "ada         –   –   –      –  not graded" in done.stdout
    assert "ada: not graded, a person must look. the zygote ended" in done.stderr
    assert "Traceback" not in done.output


def test_gradebook_that_refuses_does_not_take_the_table(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour of grading is shown and stored, whatever the gradebook says."""

    def grade_many(_: Any, jobs: list[Any], **__: Any) -> Iterator[tuple[Any, GradingResult]]:
        yield from ((job, finding(root)) for job in jobs)

    monkeypatch.setattr(grading, "grade_many", grade_many)
    done = run("grade", "mini")  # nobody told the gradebook about the assignment
    assert done.exit_code == 2
    assert "ada         0   0   0      0  graded" in done.stdout
    assert (
        "autograder: gradebook: no assignment 'mini'; nothing was written. Run: autograder release mini"
        in done.stderr
    )
    assert (root / "autograded" / "ada" / "mini" / "results.json").is_file()


# -- output ----------------------------------------------------------------------------------------


def test_grade_prints_results_on_stdout_and_talk_on_stderr(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table, a summary and, if asked for, reasons; how long it took and where things are; then what was kept."""
    grades(monkeypatch, finding(root))
    done = run("grade", "mini", "--reasons")
    assert done.exit_code == 0
    assert (
        done.stdout.split("\n\n")[3]
        == "ada\n  q1 −4: (2 checks) — wrong\n  q2 −4: (3 checks) — wrong\n  q3 −3: (2 checks) — wrong\n"
    )
    assert "mini: 1 graded in " in done.stderr
    assert "kept" not in done.stderr
    again = run("grade", "mini", "--reasons")
    assert again.stdout == done.stdout
    assert done.stdout.startswith(run("grade", "mini").stdout.rstrip())
    assert "mini: 0 graded in " in again.stderr
    assert "1 kept, as unchanged since (--force grades them again)" in again.stderr


def test_grade_prints_json_alone_on_stdout(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By student, each as Gradescope reads it."""
    grades(monkeypatch, finding(root))
    done = run("grade", "mini", "--json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert list(found) == ["ada"]
    assert found["ada"]["score"] == 0


def test_second_grade_of_a_course_waits_and_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word while it waits, a sentence and exit code 2; what the first one writes is left alone."""
    grades(monkeypatch, finding(root))
    monkeypatch.setattr(lock, "WAIT_S", 0.3)
    (root / ".autograder").mkdir()
    with (root / ".autograder" / "mini.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = run("grade", "mini")
        assert (done.exit_code, done.stdout) == (2, "")
        assert "mini: another program grades it; waiting up to 0 s for it\n" in done.stderr
        assert "autograder: mini: another program grades it; nothing was done.\n" in done.stderr
        assert not (root / "autograded").exists()
    assert run("grade", "mini").exit_code == 0


def test_interrupt_is_a_sentence_and_exit_code_130(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever command it is; what the work says about itself comes with it."""

    for stop, code in ((KeyboardInterrupt(), 130), (interrupts.Interrupted(15), 143)):

        def stopped(*_: Any, stop: BaseException = stop, **__: Any) -> Any:
            raise stop

        monkeypatch.setattr(grading, "grade_class", stopped)
        done = run("grade", "mini")
        assert (done.exit_code, done.stdout) == (code, "")
        assert done.stderr == "\nautograder: interrupted. What was finished before is kept.\n"


def test_gradebook_is_written_before_the_first_line(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that shows nothing any more takes no score with it."""
    written: list[str] = []

    def show(_: str) -> None:
        assert written == ["ada"]

    grades(monkeypatch, finding(root))
    monkeypatch.setattr(grading, "record_scores", lambda _course, results, *_: written.extend(results))
    monkeypatch.setattr(classroom, "show", show)
    assert run("grade", "mini").exit_code == 0
    assert written == ["ada"]


def test_trust_is_printed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every time."""
    grades(monkeypatch, finding(root))
    assert "WARNING: --i-trust-this-code" in run("grade", "mini", "--i-trust-this-code").stderr
    assert "WARNING" not in run("grade", "mini", "--force").stderr


def test_help_says_a_whole_sentence_for_every_command() -> None:
    """Nothing is cut in the list, and each option has its words."""
    done = run("--help")
    assert done.exit_code == 0
    listed = [line for line in done.stdout.split("Commands:\n")[1].splitlines() if line.strip()]
    assert [line for line in listed if line.endswith("...")] == []
    for command in cli.main.commands.values():
        assert command.help
        for option in command.params:
            if option.param_type_name == "option":
                assert getattr(option, "help", ""), (command.name, option.name)
        assert run(str(command.name), "--help").exit_code == 0


def test_version_and_module_are_the_command() -> None:
    """``python -m autograder`` is the same program."""
    assert run("--version").stdout.strip().endswith(__version__)
    done = subprocess.run(
        [sys.executable, "-m", "autograder", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().endswith(__version__)


def test_report_shows_what_was_found_and_grades_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the last grading stored it; before the first one it says what to run."""
    before = run("report", "mini")
    assert before.exit_code == 2
    assert "Run: autograder grade mini" in before.stderr
    course = load_course(root)
    made = GradingResult(
        assignment="mini",
        graded=True,
        questions=(Question(name="q1", title="One", points=4),),
        checks=(
            CheckResult(
                question="q1", name="t", title="A sum.", outcome=Outcome.FAILED, score=1, max_score=4, hidden=True,
                reason="a quarter", flags=("look",),
            ),
        ),
        staff_notes=("q1/t: look at this: look",),
    )  # fmt: skip
    store.write_result(course.autograded / "ada" / "mini", "mini", made)
    short = run("report", "mini")
    assert "1 hand-in: 1 graded" in short.stdout
    assert "a quarter" not in short.stdout
    assert "why points were lost: autograder report mini --reasons" in short.stderr
    done = run("report", "mini", "--reasons")
    assert done.exit_code == 0
    assert "q1 −3: A sum. — a quarter" in done.stdout
    assert "staff: q1/t: look at this: look" in done.stdout
    assert json.loads(run("report", "mini", "--json").stdout)["ada"]["score"] == 1


def test_feedback_writes_the_pages_again_without_grading(root: Path) -> None:
    """From what is stored; a student whose hand-in is not graded is named; before the first grading it says what to run."""
    before = run("feedback", "mini")
    assert before.exit_code == 2
    assert "Run: autograder grade mini" in before.stderr
    course = load_course(root)
    for student, graded in (("ada", True), ("bob", False)):
        made = GradingResult(
            assignment="mini", graded=graded, questions=(Question(name="m1", title="", points=4, manual=True),), checks=()
        )  # fmt: skip
        store.write_result(course.autograded / student / "mini", "mini", made)
    done = run("feedback", "mini")
    assert done.exit_code == 0
    assert done.stdout.startswith("2 pages: ")
    assert "1 wait for a person (a ✍ question, or not graded): bob" in done.stderr
    assert "4 more wait for a person (m1)" in (course.feedback / "ada" / "mini" / "mini.html").read_text()
    assert "not graded yet" in (course.feedback / "bob" / "mini" / "mini.html").read_text()
