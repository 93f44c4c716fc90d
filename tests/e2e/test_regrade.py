"""A check was wrong: rehearse, look, apply. Whom it moves, and why, was worked out by hand."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner, Result
from nbformat.v4 import new_markdown_cell

from autograder.author import release
from autograder.cli import main as cli
from autograder.config import load_course
from autograder.gradebook import open_gradebook
from tests.conftest import cell, new_source

pytestmark = pytest.mark.slow

pytest.importorskip("nbgrader")

REPOSITORY = Path(__file__).parents[2]
Run = Callable[..., Result]

MEAN, LARGEST, SPREAD = "q1_answer", "q2_answer", "q3_answer"
# What students wrote, and what it gets of q1 (3 points), q2 (3) and q3 (2) by the checks below.
KINDS: dict[str, tuple[dict[str, str], tuple[float, float, float]]] = {
    "right": ({}, (3, 3, 2)),
    # Nothing in the question says what the mean of nothing is: these are right, and the hidden check says no.
    "raises": ({MEAN: "def mean(values):\n    return sum(values) / len(values)"}, (1, 3, 2)),
    "nan": (
        {MEAN: "def mean(values):\n    return sum(values) / len(values) if values else float('nan')"},
        (1, 3, 2),
    ),
    "zero": (
        {
            LARGEST: "def largest(values):\n    top = 0\n    for v in values:\n        top = max(top, v)\n    return top"
        },
        (3, 1, 2),
    ),
    "wrong": (
        {MEAN: "def mean(values):\n    return 2", SPREAD: "def spread(values):\n    return 0"},
        (1, 3, 0),
    ),
    "nothing": (
        dict.fromkeys((MEAN, LARGEST, SPREAD), "raise NotImplementedError"),
        (0, 0, 0),
    ),
}
CHECKS = {
    "q1": """
        # check: q1
        @points(1)
        def test_two(mean):
            \"\"\"1 and 3 give 2.\"\"\"
            equal(mean([1, 3]), 2)

        check(test_two)
        ### BEGIN HIDDEN TESTS
        @points(2)
        def test_other(mean):
            \"\"\"Other numbers have a mean, too.\"\"\"
            equal(mean([]), 0)
        ### END HIDDEN TESTS
        """,
    "q2": """
        # check: q2
        @points(1)
        def test_largest(largest):
            \"\"\"5 is the largest of 1, 5 and 2.\"\"\"
            equal(largest([1, 5, 2]), 5)

        check(test_largest)
        ### BEGIN HIDDEN TESTS
        @points(1)
        def test_negative(largest):
            \"\"\"Negative numbers have a largest, too.\"\"\"
            equal(largest([-3, -1]), -1)

        @points(1)
        @after("test_negative")
        def test_one(largest):
            \"\"\"One number is its own largest.\"\"\"
            equal(largest([-7]), -7)
        ### END HIDDEN TESTS
        """,
    "q3": """
        # check: q3
        ### BEGIN HIDDEN TESTS
        @points(2)
        def test_spread(spread):
            \"\"\"The spread is the largest less the smallest.\"\"\"
            equal(spread([4, 9, 6]), 5)
        ### END HIDDEN TESTS
        """,
}


def source(checks: dict[str, str], points: dict[str, float]) -> Any:
    """Return the instructor's notebook: three small functions, and words for a person to read."""
    notebook = new_source("Numbers")
    bodies = {
        MEAN: "def mean(values):\n    {}\n    return sum(values) / len(values) if values else 0\n    {}",
        LARGEST: "def largest(values):\n    {}\n    return max(values)\n    {}",
        SPREAD: "def spread(values):\n    {}\n    return max(values) - min(values)\n    {}",
    }
    for (name, body), (question, check) in zip(bodies.items(), checks.items(), strict=True):
        answer = body.format("### BEGIN SOLUTION", "### END SOLUTION")
        notebook.cells += [
            new_markdown_cell(f"## {question}"),
            cell("answer", name, f"# answer: {name}\n{answer}"),
            cell("check", question, check, points[question]),
        ]
    notebook.cells += [
        new_markdown_cell("## m1"),
        cell("manual", "m1", "# manual: m1\n'in words'", points["m1"]),
    ]
    return notebook


POINTS = {"q1": 3.0, "q2": 3.0, "q3": 2.0, "m1": 2.0}


def write_source(root: Path, checks: dict[str, str] = CHECKS, points: dict[str, float] = POINTS) -> None:
    """Write the source notebook."""
    (root / "source" / "numbers").mkdir(parents=True, exist_ok=True)
    nbformat.write(source(checks, points), root / "source" / "numbers" / "numbers.ipynb")


def hand_in(root: Path, student: str, kind: str) -> None:
    """Hand in what that kind of student wrote."""
    folder = root / "submitted" / student / "numbers"
    folder.mkdir(parents=True, exist_ok=True)
    released = nbformat.read(root / "release" / "numbers" / "numbers.ipynb", 4)
    notebook = release.solution_notebook(
        release.read_source(root / "source", root / "references", "numbers"), released
    )
    for one in notebook.cells:
        grade_id = one.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in KINDS[kind][0]:
            one.source = f"# answer: {grade_id}\n{KINDS[kind][0][grade_id]}"
    nbformat.write(notebook, folder / "numbers.ipynb")


def everything(root: Path) -> dict[str, Any]:
    """Return all that students and other programs see of results: files, and the gradebook's scores."""
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for name in ("autograded", "feedback", "regrades")
        for path in (root / name).rglob("*")
        if path.is_file()
    }
    return files | {"gradebook": gradebook(root)}


def gradebook(root: Path) -> dict[str, dict[str, tuple[float | None, float | None]]]:
    """Return (automatic, by hand) by student and question."""
    course = load_course(root)
    with open_gradebook(course.db_url, course.course_id) as book:
        return {
            submission.student.id: {
                row.name: (row.auto_score, row.manual_score) for n in submission.notebooks for row in n.grades
            }
            for submission in book.find_assignment("numbers").submissions
        }


def by_hand(root: Path, student: str, question: str, score: float) -> None:
    """Grade a cell as the formgrader does."""
    course = load_course(root)
    with open_gradebook(course.db_url, course.course_id) as book:
        row = book.find_grade(question, "numbers", "numbers", student)
        row.manual_score, row.needs_manual_grade = score, False
        book.db.commit()


def run_in(root: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs a command in a course."""

    def run(*words: str, code: int = 0) -> Result:
        monkeypatch.chdir(root)
        done = CliRunner().invoke(cli.main, list(words))
        assert done.exit_code == code, done.output
        return done

    return run


def new_class(root: Path) -> None:
    """Write a course, release it, hand in and grade."""
    write_source(root)
    for name in ("gradebook_config.py", "nbgrader_config.py"):
        shutil.copy(REPOSITORY / name, root)
    with pytest.MonkeyPatch.context() as patch:
        run = run_in(root, patch)
        run("release", "numbers")
        for kind in KINDS:
            hand_in(root, kind, kind)
        run("grade", "numbers")


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a course with a small class, one of each kind, that was graded."""
    root = tmp_path_factory.mktemp("regrade") / "course"
    new_class(root)
    scores = gradebook(root)
    for name, (_, wanted) in KINDS.items():
        assert tuple(scores[name][q][0] for q in ("q1", "q2", "q3")) == wanted
    return root


@pytest.fixture
def course(graded: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    return Path(shutil.copytree(graded, tmp_path / "course"))


@pytest.fixture
def run(course: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in the course."""
    return run_in(course, monkeypatch)


CORRECTED = CHECKS | {"q1": CHECKS["q1"].replace("equal(mean([]), 0)", "equal(mean([2, 2, 5]), 3)")}
BY_CHECK = [{"cause": "changed check", "detail": "its code"}]


def change(root: Path, run: Run, checks: dict[str, str], points: dict[str, float] = POINTS) -> None:
    """Release the assignment with other checks."""
    write_source(root, checks, points)
    run("release", "numbers")


def moved(found: dict[str, Any]) -> dict[str, tuple[float | None, float]]:
    """Return from what to what everybody moves."""
    return {move["student"]: (move["from"], move["to"]) for move in found["moves"]}


def causes(found: dict[str, Any], student: str) -> dict[str, list[str]]:
    """Return the causes of each check that moves a student."""
    (move,) = [m for m in found["moves"] if m["student"] == student]
    return {c["check"]: [why["cause"] for why in c["because_of"]] for c in move["checks"]}


def test_corrected_check_is_rehearsed_applied_and_logged(course: Path, run: Run) -> None:
    """Who was right all along gets two points; who answers 2 to everything stays; nothing shows before --apply."""
    change(course, run, CORRECTED)
    before = everything(course)
    first = run("regrade", "numbers")
    assert everything(course) == before
    assert "Who moves: 2 of 6 move (2 up, 0 down), 4 stay\n" in first.stdout
    assert "6 graded now" in first.stderr
    assert "To write it: autograder regrade numbers --apply\n" in first.stderr
    second = run("regrade", "numbers", "--json", "--dry-run")
    assert everything(course) == before
    assert "0 graded now" in second.stderr
    found = json.loads(second.stdout)
    assert moved(found) == {"nan": (6, 8), "raises": (6, 8)}
    assert found["stayed"] == ["nothing", "right", "wrong", "zero"]
    (check,) = found["moves"][0]["checks"]
    assert (check["check"], check["because_of"]) == ("q1/test_other", BY_CHECK)
    said = (
        "Your score for numbers changes from 6 to 8 of 8 points. q1, “Other numbers have a mean, too”, passes now "
        "(0 → 2 points), because the check was changed."
    )
    assert found["moves"][0]["sentence"] == said
    assert f"nan, raises:\n  {said}\n" in first.stdout
    assert found["distribution"]["before"]["tenths"]["70–79 %"] == 3  # raises, nan, zero: 6 of 8
    assert found["distribution"]["now"]["tenths"]["100 %"] == 3
    assert "70–79 %  ██████████████████ 3     ██████ 1\n" in first.stdout

    applied = run("regrade", "numbers", "--apply")
    assert applied.stdout == first.stdout
    scores = gradebook(course)
    for name, (_, wanted) in KINDS.items():
        q1 = 3 if name in ("nan", "raises") else wanted[0]
        assert tuple(scores[name][q][0] for q in ("q1", "q2", "q3")) == (q1, *wanted[1:])
    assert "3 / 3" in (course / "feedback" / "nan" / "numbers" / "numbers.html").read_text()
    (log,) = (course / "regrades").glob("*.json")
    logged = json.loads(log.read_text())
    assert (logged["mode"], logged["moves"], logged["applied"]) == ("applied", found["moves"], sorted(KINDS))
    assert log.with_suffix(".html").is_file()
    assert not (course / ".autograder" / "rehearsals" / "numbers").exists()

    shown = run("regrade", "numbers", "--show")
    assert shown.stdout == first.stdout
    assert "0 graded in" in run("grade", "numbers").stderr
    assert "there is nothing to write" in run("regrade", "numbers").stderr
    assert "no complete rehearsal" in run("regrade", "numbers", "--apply", code=2).stderr
    assert len(list((course / "regrades").glob("*.json"))) == 1


def test_points_that_changed_are_told_from_checks_that_did(course: Path, run: Run) -> None:
    """q3 and m1 give one point less: those who had q3 lose one, a person's 2 in m1 and 3 in q1 are named."""
    by_hand(course, "right", "m1", 2)
    by_hand(course, "nan", "m1", 1)
    by_hand(course, "nothing", "q3", 2)
    by_hand(course, "wrong", "q1", 3)
    checks = CORRECTED | {"q3": CHECKS["q3"].replace("@points(2)", "@points(1)")}
    change(course, run, checks, POINTS | {"q3": 1, "m1": 1})
    found = json.loads(run("regrade", "numbers", "--json").stdout)
    assert moved(found) == {"nan": (6, 7), "raises": (6, 7), "right": (8, 7), "zero": (6, 5)}
    assert causes(found, "right") == {"q3/test_spread": ["changed points"]}
    assert causes(found, "nan") == {"q1/test_other": ["changed check"], "q3/test_spread": ["changed points"]}
    kinds = {(c["kind"], c["what"], c["detail"], c["hand_ins"]) for c in found["changes"]}
    assert kinds == {
        ("lowered maximum", "q3", "2 → 1 point", 6),
        ("lowered maximum", "m1 ✍", "2 → 1 point", 6),
        ("changed check", "q1/test_other", "its code", 6),
        ("changed points", "q3/test_spread", "2 → 1", 6),
    }
    above = {(a["student"], a["question"], a["by_hand"], a["maximum"]) for a in found["above_maximum"]}
    assert above == {("right", "m1", 2, 1), ("nothing", "q3", 2, 1)}
    assert found["decided_by_hand"] == []  # nobody's score moves in a question that a person decided
    (right,) = [m for m in found["moves"] if m["student"] == "right"]
    assert right["sentence"] == (
        "Your score for numbers changes from 8 to 7 of 7 points (there were 8). q3, “The spread is the largest less "
        "the smallest”, gives 1 instead of 2 points now."
    )
    run("regrade", "numbers", "--apply")
    assert gradebook(course)["right"] == {"q1": (3, None), "q2": (3, None), "q3": (1, None), "m1": (None, 2)}


def test_removed_added_and_renamed_checks(course: Path, run: Run) -> None:
    """Removed: its point goes. Added: its point comes. Renamed: nothing moves. What builds on one that moves, says so."""
    hidden = CHECKS["q2"].index("        @points(1)\n        def test_negative")
    q2 = (
        CHECKS["q2"][:hidden]
        + """
        @points(1)
        def test_below_zero(largest):
            \"\"\"Negative numbers have a largest, too.\"\"\"
            equal(largest([-3, -1]), -1)

        @points(2)
        def test_same(largest):
            \"\"\"Of the same numbers each is the largest.\"\"\"
            equal(largest([4, 4]), 4)
        ### END HIDDEN TESTS
        """
    )
    change(course, run, CHECKS | {"q2": q2}, POINTS | {"q2": 4})
    found = json.loads(run("regrade", "numbers", "--json").stdout)
    # test_one (1 point) is gone, test_same (2) is new, test_negative has another name.
    assert moved(found) == {
        s: (sum(KINDS[s][1]), sum(KINDS[s][1]) + 1) for s in ("right", "raises", "nan", "wrong")
    } | {
        "zero": (6, 8)  # had nothing of test_one
    }
    assert causes(found, "right") == {"q2/test_same": ["added check"], "q2/test_one": ["removed check"]}
    assert causes(found, "zero") == {"q2/test_same": ["added check"]}
    kinds = {(c["kind"], c["what"], c["detail"]) for c in found["changes"]}
    assert kinds == {
        ("raised maximum", "q2", "3 → 4 points"),
        ("removed check", "q2/test_one", "1 point"),
        ("added check", "q2/test_same", "2 points"),
        ("renamed check", "q2/test_below_zero", "was q2/test_negative"),
    }


def test_changed_hand_in_is_told_from_a_changed_check(course: Path, run: Run) -> None:
    """A late student hands in anew; a check is corrected; another hand-in can be read no more."""
    hand_in(course, "nothing", "right")
    hand_in(course, "new", "zero")
    (course / "submitted" / "wrong" / "numbers" / "numbers.ipynb").write_text("{")
    shutil.rmtree(course / "submitted" / "zero")
    q2 = CHECKS["q2"].replace("equal(largest([-3, -1]), -1)", "equal(largest([-3, -1, 0]), 0)")
    change(course, run, CORRECTED | {"q2": q2})
    done = run("regrade", "numbers", "--json")
    assert "zero: a stored result and no hand-in any more" in done.stderr
    found = json.loads(done.stdout)
    assert moved(found) == {"nan": (6, 8), "raises": (6, 8), "nothing": (0, 8), "new": (None, 7)}
    both = ["changed check", "changed hand-in"]
    assert causes(found, "nothing") == {
        "q1/test_two": ["changed hand-in"],
        "q1/test_other": both,
        "q2/test_largest": ["changed hand-in"],
        "q2/test_negative": both,
        "q2/test_one": ["builds on"],
        "q3/test_spread": ["changed hand-in"],
    }
    (one,) = found["not_graded"]
    assert (one["student"], one["keeps"], one["fault_of_ours"]) == ("wrong", 4, False)
    before = gradebook(course)
    run("regrade", "numbers", "--apply")
    after = gradebook(course)
    assert (after["wrong"], after["zero"]) == (before["wrong"], before["zero"])
    assert [after["new"][q][0] for q in ("q1", "q2", "q3")] == [3, 2, 2]
    assert "numbers: 0 graded in" in run("grade", "numbers", "--student", "new").stderr


def test_apply_refuses_what_changed_since(course: Path, run: Run) -> None:
    """Another hand-in, another stored result, another release: nothing is written, and the sentence names whom."""
    change(course, run, CORRECTED)
    run("regrade", "numbers")
    hand_in(course, "nothing", "zero")
    hand_in(course, "new", "right")
    run("grade", "numbers", "--student", "nan", "--force")
    before = everything(course)
    refused = run("regrade", "numbers", "--apply", code=2)
    assert everything(course) == before
    for words in ("new: handed in since", "nothing: another hand-in", "nan: another stored result"):
        assert f"  {words}\n" in refused.stderr
    again = run("regrade", "numbers")
    assert "2 graded now" in again.stderr  # nothing's and new's; nan's is stored already
    change(course, run, CORRECTED | {"q3": CHECKS["q3"].replace("[4, 9, 6]), 5", "[4, 9, 5]), 5")})
    before = everything(course)
    assert "the bundle: released again since" in run("regrade", "numbers", "--apply", code=2).stderr
    assert everything(course) == before


def test_some_students_only(course: Path, run: Run) -> None:
    """A rehearsal of some is applied to these, and says so if the names are left out."""
    change(course, run, CORRECTED)
    run("regrade", "numbers", "--student", "nan", "--student", "right")
    before = everything(course)
    refused = run("regrade", "numbers", "--apply", code=2)
    assert "the last rehearsal was of nan, right only" in refused.stderr
    assert (
        "raises: not in the last rehearsal"
        in run("regrade", "numbers", "--apply", "--student", "raises", code=2).stderr
    )
    assert "no hand-in of nobody" in run("regrade", "numbers", "--student", "nobody", code=2).stderr
    assert everything(course) == before
    run("regrade", "numbers", "--apply", "--student", "nan")
    after = gradebook(course)
    assert (after["nan"]["q1"][0], after["raises"]["q1"][0]) == (3, 1)
    done = run("regrade", "numbers")
    assert "1 of 6 move" in done.stdout
    assert run("regrade", "numbers", "--apply", "--student", "raises").exit_code == 0
    run("regrade", "numbers", "--apply")  # the others, who stay
    assert "0 graded in" in run("grade", "numbers").stderr


def test_grade_after_a_release_says_how_many_moved(course: Path, run: Run) -> None:
    """And how to see them, also if the class was graded in two goes; a hand-in of today is not told as that."""
    hand_in(course, "nothing", "wrong")
    assert "released anew" not in run("grade", "numbers").stderr
    change(course, run, CORRECTED)
    run("grade", "numbers", "--student", "nan")
    done = run("grade", "numbers")
    assert (
        "the checks were released anew since some were graded: 2 of 6 move (2 up, 0 down), 4 stay"
        in done.stderr
    )
    assert "autograder regrade numbers --show" in done.stderr
    shown = run("regrade", "numbers", "--show")
    assert "Who moves: 2 of 6 move" in shown.stdout
    assert "graded, " in shown.stderr
    assert "released anew" not in run("grade", "numbers").stderr


def test_older_results_say_unknown_and_what_is_known(course: Path, run: Run) -> None:
    """A result that was stored before we noted what it was made with: no check is blamed that is not known to differ."""
    for path in (course / "autograded").glob("*/numbers/grading.json"):
        data = json.loads(path.read_text())
        del data["made_with"]
        path.write_text(json.dumps(data))
    (course / "autograded" / "zero" / "numbers" / "grading.json").write_text("{")
    hand_in(course, "raises", "right")
    checks = CORRECTED | {"q3": CHECKS["q3"].replace("@points(2)", "@points(1)")}
    change(course, run, checks, POINTS | {"q3": 1})
    found = json.loads(run("regrade", "numbers", "--json").stdout)
    assert moved(found) == {"nan": (6, 7), "raises": (6, 7), "right": (8, 7), "zero": (None, 5)}
    assert causes(found, "right") == {"q3/test_spread": ["changed points"]}
    assert causes(found, "nan") == {"q1/test_other": ["unknown"], "q3/test_spread": ["changed points"]}
    assert causes(found, "raises")["q1/test_other"] == ["changed hand-in", "unknown"]
    assert found["notes"] == ["zero: the stored result cannot be read; what it was is not known"]
    unknown = [c for c in found["changes"] if c["kind"] == "unknown"]
    assert [(c["detail"], c["hand_ins"]) for c in unknown] == [
        ("an older stored result does not say: checks, engine", 5)
    ]
    (nan,) = [m for m in found["moves"] if m["student"] == "nan"]
    assert "because the check" not in nan["sentence"]
