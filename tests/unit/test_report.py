"""Tables and reasons as a person reads them in a terminal."""

from __future__ import annotations

from autograder.model import CellProblem, CheckResult, GradingResult, Outcome, Question
from autograder.report import points_table, reasons, table

QUESTIONS = (
    Question(name="q1", title="", points=4),
    Question(name="q2", title="", points=2.5),
    Question(name="m1", title="", points=3, manual=True),
)


def check(question: str, title: str, outcome: Outcome, points: float, reason: str = "") -> CheckResult:
    """Return a concluded check that gives all or nothing."""
    return CheckResult(
        question=question,
        name=f"test_{title}",
        title=title,
        outcome=outcome,
        score=points if outcome is Outcome.PASSED else 0.0,
        max_score=points,
        hidden=False,
        reason=reason,
    )


def result(*checks: CheckResult, graded: bool = True, **more: object) -> GradingResult:
    """Return a result with these checks."""
    return GradingResult(assignment="a", graded=graded, questions=QUESTIONS, checks=checks, **more)  # type: ignore[arg-type]


def test_table_aligns_numbers_right_and_text_left() -> None:
    """A column is of numbers if every cell of it is; the header goes with it, and no line ends in spaces."""
    text = table(
        ["name", "points", "verdict"], [["a", "4", "ok"], ["bcdef", "10.5", ""], ["g", "–", "WRONG"]]
    )
    assert text.split("\n") == [
        "name   points  verdict",
        "─────  ──────  ───────",
        "a           4  ok",
        "bcdef    10.5",
        "g           –  WRONG",
    ]


def test_table_counts_columns_of_the_terminal() -> None:
    """Wide characters take two, accents that stand alone none."""
    lines = table(["n", "x"], [["日本", "1"], ["Zoe\u0308", "2"], ["abcd", "3"]]).split("\n")
    assert lines[2] == "日本  1"
    assert lines[3] == "Zoe\u0308   2"
    assert lines[4] == "abcd  3"


def test_table_without_rows_is_a_header() -> None:
    """Nothing to show is shown as that."""
    assert table(["a", "b"], []) == "a  b\n─  ─"


def test_points_table_has_a_row_per_hand_in() -> None:
    """Sorted, with the maximum last; what is not graded has no number at all."""
    full = result(check("q1", "a", Outcome.PASSED, 4), check("q2", "b", Outcome.PASSED, 2.5))
    none = result(check("q1", "a", Outcome.FAILED, 4), check("q2", "b", Outcome.SKIPPED, 2.5))
    broken = result(check("q1", "a", Outcome.ERROR, 4), graded=False)
    assert points_table({"zoe": full, "ada": none, "bob": broken}).split("\n") == [
        "hand-in    q1   q2  total  status",
        "─────────  ──  ───  ─────  ──────────",
        "ada         0    0      0  graded",
        "bob         –    –      –  not graded",
        "zoe         4  2.5    6.5  graded",
        "(maximum)   4  2.5    6.5",
    ]


def test_points_table_shows_no_control_characters() -> None:
    """A folder's name cannot rewrite the line of another student."""
    text = points_table({"a\x1b[2Kb\u202ec": result()})
    assert "abc " in text  # the whole sequence is gone, not its first character only


def test_reasons_say_the_first_cause_once() -> None:
    """Notices, cells that stopped, then one line per question and reason with the points it cost."""
    graded = result(
        check("q1", "A.", Outcome.PASSED, 1),
        check("q1", "B.", Outcome.FAILED, 1, "not defined"),
        check("q1", "C.", Outcome.FAILED, 2, "not defined"),
        check("q2", "D.", Outcome.FAILED, 2, "not defined"),
        check("q2", "E.", Outcome.SKIPPED, 0.5, "skipped: builds on “D.”, which did not pass"),
        notices=("One locked cell was restored",),
        problems=(
            CellProblem(cell=3, label="q1_answer", reason="stopped"),
            CellProblem(cell=0, label="data", reason="late"),
        ),
    )
    assert reasons(graded) == [
        "One locked cell was restored",
        "cell 3 (q1_answer): stopped",
        "cell ? (data): late",
        "q1 −3: (2 checks) — not defined",
        "q2 −2: D. — not defined",
        "q2 −0.5: E. — skipped: builds on “D.”, which did not pass",
    ]


def test_reasons_take_no_points_where_nothing_is_graded() -> None:
    """A fault of ours costs nothing, and the line does not look as if it did."""
    broken = result(
        check("q1", "A.", Outcome.FAILED, 4, "wrong"),
        check("q2", "B.", Outcome.ERROR, 2.5, "not graded: ours"),
        graded=False,
    )
    assert reasons(broken) == ["q1: A. — wrong", "q2: B. — not graded: ours"]


def test_reasons_of_full_marks_are_empty() -> None:
    """Nothing was lost, so nothing is said."""
    assert reasons(result(check("q1", "A.", Outcome.PASSED, 4))) == []
