"""Tables and reasons as a person reads them in a terminal."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from autograder.model import CellProblem, CheckResult, GradingResult, Outcome, Question
from autograder.report import points_table, reasons, summary, table

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
        "──────────────────────",
        "a           4  ok",
        "bcdef    10.5",
        "g           –  WRONG",
    ]


def test_table_counts_columns_of_the_terminal() -> None:
    """Wide characters and emoji take two, accents that stand alone none."""
    rows = [["日本", "1"], ["Zoe\u0308", "2"], ["abcd", "3"], ["👩🏽\u200d🔬!", "4"], ["[red]", "5"]]
    lines = table(["n", "x"], rows).split("\n")
    assert lines[2:] == ["日本   1", "Zoe\u0308    2", "abcd   3", "👩🏽\u200d🔬!    4", "[red]  5"]


def test_table_without_rows_is_a_header() -> None:
    """Nothing to show is shown as that."""
    assert table(["a", "b"], []) == "a  b\n────"


LONG = ["Maximiliana von Hohenlohe-Schillingsfürst", "山田太郎" * 9, "Ada"]


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120])
def test_table_fits_the_terminal(width: int) -> None:
    """Names lose their middle, questions go to a table below; every number is there, and no line is too long."""
    header = ["hand-in", *(f"q{n}" for n in range(13)), "total", "status"]
    rows = [
        [name, *(f"{n}{number}" for number in range(13)), f"{n}99", "not graded"]
        for n, name in enumerate(LONG)
    ]
    text = table(header, rows, width)
    assert max(cell_len(line) for line in text.split("\n")) <= width
    cells = text.split()
    assert {f"{n}{number}" for n in range(3) for number in range(13)} <= set(cells)
    assert text.count("not graded") == text.count("99") == 3
    assert text.count("Ada ") == text.count("hand-in")
    assert width < 40 or "99" in text.split("\n\n")[-1]  # the total beside its status


def test_table_keeps_the_ends_of_names() -> None:
    """Where two of a class begin alike."""
    first, second = (
        table(["n", "x"], [["Maximiliana von Waldenburg-" + end, "1"]], 20) for end in ("Ida", "Eva")
    )
    assert first.split("\n")[2].startswith("Maximilia") and first.split("\n")[2].endswith("Ida  1")
    assert first != second


def test_points_table_has_a_row_per_hand_in() -> None:
    """Sorted, with the maximum last; what is not graded has no number at all."""
    full = result(check("q1", "a", Outcome.PASSED, 4), check("q2", "b", Outcome.PASSED, 2.5))
    none = result(check("q1", "a", Outcome.FAILED, 4), check("q2", "b", Outcome.SKIPPED, 2.5))
    broken = result(check("q1", "a", Outcome.ERROR, 4), graded=False)
    assert points_table({"zoe": full, "ada": none, "bob": broken}).split("\n") == [
        "hand-in    q1   q2  total  status",
        "─────────────────────────────────────",
        "ada         0    0      0  graded",
        "bob         –    –      –  not graded",
        "zoe         4  2.5    6.5  graded",
        "(maximum)   4  2.5    6.5",
    ]


def test_points_table_takes_more_columns() -> None:
    """Beside the total: what a rule of the course's makes of it."""
    full = result(check("q1", "a", Outcome.PASSED, 4))
    text = points_table({"ada": full, "bob": full}, more={"late": {"bob": "−10 %"}})
    assert [" ".join(line.split()) for line in text.split("\n")] == [
        "hand-in q1 q2 total late status",
        "─" * 40,
        "ada 4 0 4 graded",
        "bob 4 0 4 −10 % graded",
        "(maximum) 4 2.5 6.5",
    ]


def test_summary_counts_the_graded_only() -> None:
    """Worked out by hand; what is not graded is told, and is no zero."""
    class_of = {f"s{n}": result(check("q1", "a", Outcome.PASSED, p)) for n, p in enumerate((0, 1, 2, 4))}
    class_of["s9"] = result(check("q1", "a", Outcome.ERROR, 4), graded=False)
    lines = [" ".join(line.split()) for line in summary(class_of).split("\n")]
    assert lines[0] == "5 hand-ins: 4 graded, 1 not graded"
    assert lines[2] == "points of mean median quartiles lowest highest full none"
    assert lines[4:] == [
        "q1 4 1.75 1.5 0.75–2.5 0 4 1 1",
        "q2 2.5 0 0 0–0 0 0 0 4",
        "total 6.5 1.75 1.5 0.75–2.5 0 4 0 1",
    ]


def test_summary_of_one_and_of_none() -> None:
    """One is its own mean; without a graded one there is nothing to sum up."""
    last = summary({"ada": result(check("q1", "a", Outcome.PASSED, 4))}).split("\n")[-1]
    assert last.split() == ["total", "6.5", "4", "4", "4–4", "4", "4", "0", "0"]
    assert summary({"ada": result(graded=False)}) == "1 hand-in: 0 graded, 1 not graded"


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
