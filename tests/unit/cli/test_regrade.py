"""``autograder regrade`` at a terminal: what it refuses, its exit codes, and where the words go."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from autograder import messages, released
from autograder.bundle import read_bundle
from autograder.classroom import grading
from autograder.cli import main as cli
from autograder.config import load_course
from autograder.model import CheckResult, GradingResult, Outcome

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
    for student in ("ada", "Zoë; rm"):
        (root / "submitted" / student / "mini").mkdir(parents=True)
        (root / "submitted" / student / "mini" / "mini.ipynb").write_text("{}")
    monkeypatch.chdir(root)
    return root


def run(*words: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(cli.main, list(words))


def finds(monkeypatch: pytest.MonkeyPatch, root: Path, points: float, *, fault: bool = False) -> None:
    """Put a stand-in where the engine is, and none where the gradebook is."""
    bundle = read_bundle(root / "bundle" / "mini")
    checks = tuple(
        CheckResult(
            question=c.question,
            name=c.name,
            title=c.title,
            outcome=Outcome.PASSED if points else Outcome.FAILED,
            score=points * c.points,
            max_score=c.points,
            hidden=c.hidden,
        )
        for c in bundle.checks
    )
    result = GradingResult(
        assignment="mini",
        graded=not fault,
        questions=bundle.questions,
        checks=() if fault else checks,
        notices=(messages.OURS,) if fault else (),
        staff_notes=("the zygote ended",) if fault else (),
        extra={"bundle_digest": bundle.digest},
    )

    def grade_many(_: Any, jobs: list[Any], **__: Any) -> Iterator[tuple[Any, GradingResult]]:
        yield from ((job, result) for job in jobs)

    monkeypatch.setattr(grading, "grade_many", grade_many)
    monkeypatch.setattr(grading, "record_scores", lambda *_: ())


USAGE: dict[str, tuple[tuple[str, ...], str]] = {
    "two things at once": (("--apply", "--dry-run"), "--dry-run, --apply and --show are three different things; say one."),
    "all three": (("--apply", "--dry-run", "--show"), "say one."),
    "forced in earnest": (("--apply", "--force"), "are for a rehearsal; nobody is graded here."),
    "workers in earnest": (("--apply", "--workers", "2"), "are for a rehearsal"),
    "a log of one student": (("--show", "--student", "ada"), "leave out --student and --bundle."),
    "nothing rehearsed": (("--apply",), "mini: no complete rehearsal; nothing was written.\nRun: autograder regrade mini"),
    "no log": (("--show",), "no log of 'mini'; nothing was regraded yet.\nRun: autograder regrade mini"),
    "nobody of that name": (("--student", "bob"), "no hand-in of bob in"),
    "no bundle": (("--bundle", "absent"), "absent: not a bundle's folder."),
    "no bundle in earnest": (("--apply", "--bundle", "absent"), "absent: not a bundle's folder."),
}  # fmt: skip


@pytest.mark.parametrize("case", USAGE)
def test_usage_error_helps_and_exits_2(root: Path, case: str) -> None:
    """One sentence on stderr; nothing on stdout, nothing written."""
    words, sentence = USAGE[case]
    before = sorted(root.rglob("*"))
    done = run("regrade", "mini", *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert sorted(root.rglob("*")) == before


@pytest.mark.parametrize("words", [(), ("--apply",)])
def test_unknown_assignment_says_which_there_are(root: Path, words: tuple[str, ...]) -> None:
    """Before anything else."""
    done = run("regrade", "week9", *words)
    assert done.exit_code == 2
    assert "'week9': no such assignment in" in done.stderr and "There are: mini." in done.stderr


def test_words_go_to_stderr_and_the_rehearsal_to_stdout(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command to copy is quoted; --json is JSON whatever else is said; nothing to do is said."""
    finds(monkeypatch, root, 0)
    assert run("grade", "mini").exit_code == 0
    finds(monkeypatch, root, 1)
    done = run("regrade", "mini", "--force", "--student", "Zoë; rm", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["mode"] == "rehearsal"
    assert "To write it: autograder regrade mini --apply '--student=Zoë; rm'\n" in done.stderr
    applied = run("regrade", "mini", "--apply", "--student=Zoë; rm")
    assert applied.exit_code == 0
    assert applied.stdout.startswith("Regrade of mini: 1 hand-in, checks ")
    assert "1 of 1 move (1 up, 0 down), 0 stay. 1 result written" in applied.stderr
    assert "regrades/mini-" in applied.stderr
    shown = run("regrade", "mini", "--show")
    assert shown.stdout == applied.stdout
    assert json.loads(run("regrade", "mini", "--show", "--json").stdout)["applied"] == ["Zoë; rm"]
    nothing = run("regrade", "mini")
    assert nothing.exit_code == 0
    assert "Nothing was written, and there is nothing to write" in nothing.stderr


def test_fault_of_ours_exits_3(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the rehearsal and in earnest, for a script that runs it."""
    finds(monkeypatch, root, 1)
    run("grade", "mini")
    finds(monkeypatch, root, 0, fault=True)
    done = run("regrade", "mini", "--force")
    assert done.exit_code == 3
    assert "could not be graded now: the zygote ended" in done.stdout
    assert run("regrade", "mini", "--apply").exit_code == 3
    assert "ada" in run("report", "mini").stdout


def test_who_moved_is_told_even_if_it_cannot_be(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong there, ``grade`` has written its scores and ends as it would have."""
    from autograder.classroom import regrade

    finds(monkeypatch, root, 1)

    def broken(*_: Any) -> None:
        raise ZeroDivisionError("x")

    monkeypatch.setattr(regrade, "after_grade", broken)
    done = run("grade", "mini")
    assert done.exit_code == 0
    assert "who moved since the last release could not be told: ZeroDivisionError: x" in done.stderr
