"""Each known wrong of nbgrader and otter is told by evidence of the hand-in, and by nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.classroom import compare_nbgrader, compare_otter, compare_words
from autograder.classroom.compare import Comparison, Difference, Theirs, differing, jobs_in
from autograder.classroom.compare_reasons import Evidence, Reason, Seen, why, without_numpy_names
from autograder.errors import UsageError
from autograder.model import CheckResult, GradingResult, Outcome, Question


def check(outcome: Outcome = Outcome.PASSED, points: float = 2.0, reason: str = "") -> CheckResult:
    """Return one check's result."""
    score = points if outcome is Outcome.PASSED else 0.0
    return CheckResult(
        question="q1",
        name="test_q1",
        title="one",
        outcome=outcome,
        score=score,
        max_score=points,
        hidden=False,
        reason=reason,
    )


def seen(theirs: float, ours: float, evidence: Evidence, *checks: CheckResult, failed: str = "") -> Seen:
    """Return a difference in a question of 2 points."""
    return Seen(theirs, ours, 2.0, failed, evidence, checks)


def test_warning_on_stderr_costs_everything_there() -> None:
    """nbgrader gives 0 for a line on stderr; with an error beside it, the error is the reason."""
    warned = Evidence(stderr="UserWarning: look out")
    assert why(seen(0, 2, warned)) == (Reason.STDERR, "UserWarning: look out")
    assert why(seen(0, 2, Evidence(stderr="UserWarning", error="AssertionError")))[0] is None
    assert why(seen(1, 2, warned))[0] is None
    assert why(seen(0, 2, Evidence()))[0] is None


def test_no_output_counts_as_full_there() -> None:
    """A cell that never ran: nbgrader takes no output for full marks."""
    assert why(seen(2, 0, Evidence(ran=False)))[0] is Reason.NOT_RUN
    assert why(seen(2, 0, Evidence(ran=True)))[0] is None
    assert why(seen(0, 2, Evidence(ran=False)))[0] is None


def test_shown_value_counts_before_the_error_there() -> None:
    """sys.displayhook(2) in the student's function, then the test fails."""
    assert why(seen(2, 0, Evidence(shown="2", error="AssertionError")))[0] is Reason.PRINTED
    assert why(seen(2, 0, Evidence(shown="2")))[0] is None


def test_edited_test_cell_is_told() -> None:
    """The hand-in's test cell is not the released one, or is gone."""
    assert why(seen(0, 2, Evidence(changed=True, scored=False))) == (
        Reason.EDITED,
        "no such cell in the hand-in",
    )
    assert why(seen(2, 0, Evidence(changed=True)))[0] is Reason.EDITED


def test_notebook_of_another_name_is_told_of_nbgrader() -> None:
    """nbgrader finds "problem1 (1).ipynb" nowhere in its database."""
    assert why(seen(0, 2, Evidence(misnamed="problem1.ipynb", changed=True)))[0] is Reason.MISNAMED


def test_limit_of_theirs_is_told() -> None:
    """nbgrader stops a cell after 30 s."""
    assert why(seen(0, 2, Evidence(error="CellTimeoutError")))[0] is Reason.THEIR_LIMIT
    assert why(seen(0, 2, Evidence(error="KeyboardInterrupt")))[0] is Reason.THEIR_LIMIT
    assert why(seen(2, 0, Evidence(error="KeyboardInterrupt")))[0] is None


REPORT = """q1 results:
    q1 - 1 result:
        ❌ Test case failed
        Trying:
            f(2) == 4
        Expecting:
            True
        **********************************************************************
        Line 1, in q1 0
        Failed example:
            f(2) == 4
        Expected:
            True
        Got:
            np.True_"""


def test_new_numpy_takes_points_there() -> None:
    """np.True_ is True; a plain False is a wrong answer."""
    assert why(seen(0, 2, Evidence(text=REPORT))) == (Reason.REPR, "expected True, got np.True_")
    assert why(seen(0, 2, Evidence(text=REPORT.replace("np.True_", "False"))))[0] is None


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("np.True_", "True"),
        ("np.float64(2.0)", "2.0"),
        ("[np.int64(1), np.int64(2)]", "[1, 2]"),
        ("{'a': np.float32(0.5)}", "{'a': 0.5}"),
        ("array([1., 2.])", "array([1., 2.])"),
    ],
)
def test_text_of_numpy_2_is_read_as_that_of_numpy_1(text: str, plain: str) -> None:
    """Wherever a scalar stands."""
    assert without_numpy_names(text) == plain


def test_renamed_notebook_is_told_of_otter() -> None:
    """otter.Notebook("hw.ipynb") does not find "hw (1).ipynb", and every check is a NameError."""
    assert why(seen(0, 2, Evidence(renamed="hw.ipynb")))[0] is Reason.RENAMED


def test_more_than_the_maximum_is_told() -> None:
    """A hand-in that writes over a test file."""
    assert why(seen(1000, 0, Evidence()))[0] is Reason.TOO_MUCH


def test_fault_that_costs_the_whole_hand_in_is_told() -> None:
    """A dead kernel leaves no result at all."""
    assert why(seen(0, 2, Evidence(), failed="DeadKernelError: Kernel died")) == (
        Reason.LOST,
        "DeadKernelError: Kernel died",
    )


def test_points_that_wait_here_are_told() -> None:
    """The absence probe: no points until a person has looked."""
    assert why(seen(2, 0, Evidence(), check(Outcome.REVIEW)))[0] is Reason.REVIEW
    assert why(seen(2, 0, Evidence(), check(Outcome.FAILED)))[0] is None


def test_limit_of_ours_is_told() -> None:
    """otter waits for ever."""
    slow = check(Outcome.FAILED, reason="your code did not finish within 60 s of computing time")
    assert why(seen(2, 0, Evidence(), slow))[0] is Reason.OUR_LIMIT


def result(*checks: CheckResult, graded: bool = True) -> GradingResult:
    """Return a result of ours."""
    question = Question(name="q1", title="", points=2.0)
    return GradingResult(assignment="hw", graded=graded, questions=(question,), checks=checks)


def test_equal_within_hundredths_is_equal() -> None:
    """A third of a point is 0.33 here and 0.33333 there."""
    third = check(points=1 / 3)
    assert differing("s", ["q1"], Theirs({"q1": 0.33333}), result(third)) == []
    assert len(differing("s", ["q1"], Theirs({"q1": 0.5}), result(third))) == 1


def test_fault_of_ours_is_a_difference_even_at_nothing() -> None:
    """A hand-in that we could not grade is never called equal."""
    (found,) = differing("s", ["q1"], Theirs({"q1": 0.0}), result(graded=False))
    assert found.reason is None


def test_report_names_each_difference_and_counts_each_reason() -> None:
    """A line per difference, a line per reason, the unexplained marked."""
    differences = (
        Difference("ann", "q1", 0, 2, 2, Reason.STDERR, "UserWarning"),
        Difference("bob", "q1", 2, 0, 2, None, "there: nothing; here: not 4"),
    )
    found = Comparison(
        "nbgrader", "hw", ("q1", "q2"), {"ann": (2, 4), "bob": (4, 2), "eve": (4, 4)}, differences
    )
    lines = compare_words.differences(found)
    assert lines[0] == f"ann, q1: nbgrader 0, ours 2 of 2: {Reason.STDERR.value} (UserWarning)"
    assert "unexplained (there: nothing; here: not 4)" in lines[1]
    text = "\n".join(compare_words.summary(found))
    assert "3 hand-ins, 2 questions: 4 of 6 scores are equal" in text
    assert f"1 explained: {Reason.STDERR.value}" in text
    assert "1 unexplained" in text
    assert "q1 (!)" in compare_words.totals(found)


def test_results_of_otter_are_read() -> None:
    """Scores of questions; the summary of public tests is none; without any, the last words are the reason."""
    tests = [
        {"name": "Public Tests", "output": "x"},
        {"name": "q1", "score": 1, "max_score": 2, "output": "y"},
    ]
    read = compare_otter.read_results({"tests": tests})
    assert (read.points, read.maximum) == ({"q1": 1.0}, {"q1": 2.0})
    failed = compare_otter.read_results(
        {"score": 0, "tests": [{"name": "Autograder Exception", "output": "a\nb"}]}
    )
    assert failed.failed == "b"


def test_evidence_of_nbgrader_is_read_from_its_own_outputs() -> None:
    """What stands in the autograded cell: stderr, an error, a value before it."""
    shown = {"output_type": "execute_result", "data": {"text/plain": ["5"]}}
    error = {"output_type": "error", "ename": "AssertionError"}
    warned = {"output_type": "stream", "name": "stderr", "text": ["a\n", "UserWarning: b\n"]}
    cell = {"source": "assert f(2)", "execution_count": 3, "outputs": [shown, error]}
    made = compare_nbgrader._evidence(cell, True, cell, cell)
    assert (made.shown, made.error, made.ran, made.changed) == ("5", "AssertionError", True, False)
    cell = {"source": "assert f(2)", "execution_count": None, "outputs": [warned]}
    made = compare_nbgrader._evidence(cell, True, {"source": "assert f(3)"}, cell)
    assert (made.stderr, made.error, made.ran, made.changed) == ("UserWarning: b", "", False, True)
    assert compare_nbgrader._evidence(None, False, cell, None).scored is False


def test_hand_ins_of_a_folder_are_found(tmp_path: Path) -> None:
    """<name>/<assignment>/ or <name>/ with a notebook; links and dots are left; nobody is a sentence."""
    (tmp_path / "ann" / "hw").mkdir(parents=True)
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "x.ipynb").write_text("{}")
    (tmp_path / "none").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "ann")
    assert [(j.name, j.folder.name) for j in jobs_in(tmp_path, "hw")] == [("ann", "hw"), ("bob", "bob")]
    with pytest.raises(UsageError, match="no hand-in of eve"):
        jobs_in(tmp_path, "hw", ("eve",))
    with pytest.raises(UsageError, match="no such folder"):
        jobs_in(tmp_path / "nowhere", "hw")
