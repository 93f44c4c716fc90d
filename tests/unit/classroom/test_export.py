"""What leaves the house, from a real gradebook of nbgrader's; every number was worked out by hand.

A course of one assignment, due on 2026-04-03 at noon UTC: q1 (4 points) and q2 (6) by checks, m1 (10) by hand.
10 % of the score for each started day.

| student | came | q1 | q2 | m1 | raw | penalty | final |
|---|---|---|---|---|---|---|---|
| ada | in time | 4 | 6 | 8 | 18 | 0 | 18 |
| bob | 27 h late | 4 | 3 | 10 | 17 | 3.4 | 13.6 |
| cy | in time | 4 | 6 | open | 10 | 0 | |
| dee | in time | a fault of ours | | | | | |
| eve | 1 h late | 0 | 0 | 0 | 0 | 0 | 0 |
| fay | nothing handed in | | | | | | |
| gil | left the class | 4 | 6 | 10 | 20 | 0 | 20 |
| hal | in time, never graded | | | | | | |
| ian | handed in again since | 4 | 6 | 10 | | | |
"""

from __future__ import annotations

import csv
import io
import shutil
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from autograder.classroom import export, export_csv, page_files, penalties, scores, standing, store, stored
from autograder.classroom.export import Options
from autograder.config import CourseConfig, load_course
from autograder.errors import UsageError
from autograder.model import CheckResult, GradingResult, Outcome, Question

pytest.importorskip("nbgrader")
from autograder.gradebook import open_gradebook

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's and its libraries' own

DUE = datetime(2026, 4, 3, 12, tzinfo=UTC)
QUESTIONS = (
    Question(name="q1", title="", points=4),
    Question(name="q2", title="", points=6),
    Question(name="m1", title="", points=10, manual=True),
)
PEOPLE = {  # student: hours late, q1, q2, m1
    "ada": (-2, 4, 6, 8),
    "bob": (27, 4, 3, 10),
    "cy": (-1, 4, 6, None),
    "dee": (-1, None, None, None),
    "eve": (1, 0, 0, 0),
    "gil": (-5, 4, 6, 10),
    "ian": (-9, 4, 6, 10),
}
ROSTER = """\
student,first_name,last_name,email,canvas_id,sis_user_id,sis_login_id,gradescope_sid,status
ada,Ada,Ångström,ada@x.edu,101,U101,ada1,00900101,active
bob,Bob,"O'Neil, Jr.",bob@x.edu,102,U102,bob1,00900102,active
cy,Kim,Lee,cy@x.edu,103,U103,cy1,00900103,active
dee,Kim,Lee,dee@x.edu,104,U104,dee1,00900104,active
eve,Eve,"=HYPERLINK(""http://x"")",eve@x.edu,105,U105,eve1,00900105,active
fay,+Fay,-Fox,@fay@x.edu,106,U106,fay1,00900106,active
gil,Gil,Gold,gil@x.edu,107,U107,gil1,00900107,left
hal,Hal,Hol,hal@x.edu,108,U108,hal1,00900108,active
ian,Ian,Ivy,ian@x.edu,109,U109,ian1,00900109,active
"""
CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,HW One (70011),"Two (CNN), ""x"" (70012)",Assignments Current Score
    Points Possible,,,,,20.00,100.00,(read only)
"Ångström, Ada",101,U101,ada1,A and B,,,
"O'Neil, Jr., Bob",102,U102,bob1,90-01,12.00,,88.00
"Lee, Kim",103,U103,cy1,A,,,
"Lee, Kim",104,U104,dee1,A,7.50,,
"Eve, =HYPERLINK(""http://x"")",105,U105,eve1,A,,,
"-Fox, +Fay",106,U106,fay1,A,,,
"Gold, Gil",107,U107,gil1,A,,,
"Hol, Hal",108,U108,hal1,A,,,
"Ivy, Ian",109,U109,ian1,A,,,
"Student, Test",199,,d41d8cd98f,A,,,
"""


def result(q1: float | None, q2: float | None) -> GradingResult:
    """Return what two checks found; None: a fault of ours."""
    checks = tuple(
        CheckResult(
            question=name,
            name=f"test_{name}",
            title="=1+1",
            outcome=Outcome.ERROR if score is None else Outcome.PASSED if score else Outcome.FAILED,
            score=score or 0,
            max_score=points,
            hidden=True,
            reason="" if score else "wrong",
        )
        for name, points, score in (("q1", 4, q1), ("q2", 6, q2))
    )
    notes = ("the disk was full",) if q1 is None else ()
    return GradingResult(
        assignment="hw-one", graded=q1 is not None, questions=QUESTIONS, checks=checks, staff_notes=notes
    )


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the course of the table above, as ``autograder grade`` and a person in the formgrader leave it."""
    root = tmp_path_factory.mktemp("export") / "course"
    root.mkdir()
    (root / "gradebook_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'demo'\nc.Autograder.late_percent = 10\n"
        f"c.Autograder.due_dates = {{'hw-one': '{DUE.isoformat()}'}}\n"
    )
    (root / "roster.csv").write_text(ROSTER)
    course = load_course(root)
    for student, (late_h, *_) in (PEOPLE | {"hal": (-1, None, None, None)}).items():
        folder = course.submitted / student / "hw-one"
        folder.mkdir(parents=True)
        stamp(folder, late_h)
    with warnings.catch_warnings(), open_gradebook(course.db_url, course.course_id) as book:
        warnings.simplefilter("ignore")
        book.add_assignment("hw-one")
        book.add_notebook("hw-one", "hw-one")
        for question in QUESTIONS:
            book.add_grade_cell(
                question.name, "hw-one", "hw-one", max_score=question.points, cell_type="code"
            )
            if question.manual:
                book.add_solution_cell(question.name, "hw-one", "hw-one")
        for student, (_, q1, q2, m1) in PEOPLE.items():
            found = result(q1, q2)
            scores.record_result(book, student, found)
            store.write_result(course.autograded / student / "hw-one", "hw-one", found)
            if m1 is not None:
                row = book.find_grade("m1", "hw-one", "hw-one", student)
                row.manual_score, row.needs_manual_grade = m1, False
        book.db.commit()
    penalties.settle(course, {"hw-one": PEOPLE.keys()})
    stamp(course.submitted / "ian" / "hw-one", -8)
    return root


def stamp(folder: Path, late_h: float) -> None:
    """Write when a hand-in came, in hours after the due date."""
    (folder / "timestamp.txt").write_text(f"{(DUE + timedelta(hours=late_h)).replace(tzinfo=None)} UTC")


@pytest.fixture
def course(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CourseConfig]:
    """Give a copy of the course, and work in it."""
    root = shutil.copytree(template, tmp_path / "course")
    monkeypatch.chdir(root)
    return load_course(root)


def rows(path: Path | str, delimiter: str = ",") -> list[dict[str, str]]:
    """Read a CSV file."""
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def canvas(
    course: CourseConfig, text: str = CANVAS, **options: Any
) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Fill a file of Canvas's; return the new column by Canvas's id, and the table that explains it."""
    (course.root / "canvas.csv").write_bytes(text.encode())
    options = {"form": "canvas", "fill": Path("canvas.csv"), **options}
    done = export.export(course, None, ("hw-one",), Options(**options))
    assert done.files == (Path("canvas-hw-one.csv"), Path("canvas-hw-one-status.csv"))
    with Path(done.files[0]).open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.reader(file))
    return {row[1]: row[-1] for row in found[1:] if row[1]}, rows(done.files[1])


# -- nbgrader's columns ------------------------------------------------------------------------------


def test_nbgraders_csv_tells_four_things_apart(course: CourseConfig) -> None:
    """Not graded, waiting, nothing handed in and 0; who left is not there."""
    done = export.export(course, None, ())
    assert done.files == (Path("grades.csv"),)
    found = {
        r["student_id"]: (r["raw_score"], r["late_submission_penalty"], r["score"], r["status"])
        for r in rows("grades.csv")
    }
    assert found == {
        "ada": ("18.0", "0.0", "18.0", "graded"),
        "bob": ("17.0", "3.4", "13.6", "graded"),
        "cy": ("10.0", "0.0", "10.0", "waits for a person"),
        "dee": ("", "", "", "not graded"),
        "eve": ("0.0", "0.0", "0.0", "graded"),
        "fay": ("", "", "", "nothing handed in"),
        "hal": ("", "", "", "not graded"),
        "ian": ("", "", "", "not graded"),
    }
    why = {r["student_id"]: r["why"] for r in rows("grades.csv")}
    assert why["bob"] == "1 d 3 h late: 2 days × 10 % of the score"
    assert why["cy"] == "m1 waits for a person"
    assert why["dee"] == "the disk was full"
    assert why["hal"] == "run: autograder grade hw-one"
    assert why["ian"] == "handed in again since; run: autograder grade hw-one"
    assert [export.open_ones(a) for a in done.assignments] == [
        [
            "hw-one: 3 not graded: dee, hal, ian",
            "hw-one: 1 wait for a person (a ✍ question, or a doubtful check): cy",
            "hw-one: 1 handed in nothing: fay",
        ]
    ]


def test_nbgraders_columns_stand_first_and_as_nbgrader_writes_them(course: CourseConfig) -> None:
    """What reads nbgrader's file reads ours, also names with commas."""
    export.export(course, Path("ours.csv"), ("hw-one",))
    with open_gradebook(course.db_url, course.course_id) as book:
        from nbgrader.plugins import CsvExportPlugin

        CsvExportPlugin(to="theirs.csv").export(book)
    header = Path("theirs.csv").read_text().splitlines()[0]
    assert Path("ours.csv").read_text().startswith(header + ",status,why\n")
    theirs, ours = rows("theirs.csv"), {r["student_id"]: r for r in rows("ours.csv")}
    for row in theirs:
        mine = ours.get(row["student_id"])
        if mine is None or mine["status"] == "not graded":
            continue
        for name in (
            "assignment",
            "duedate",
            "timestamp",
            "raw_score",
            "late_submission_penalty",
            "score",
            "max_score",
        ):
            assert mine[name] == row[name], (row["student_id"], name)
    assert ours["bob"]["last_name"] == "O'Neil, Jr."


def test_who_left_and_who_is_left_out(course: CourseConfig) -> None:
    """Asked for, the first is there; a name that is nobody's is refused."""
    export.export(course, None, (), Options(with_left=True, without=("ada",), missing_as_zero=True))
    found = {r["student_id"]: r["score"] for r in rows("grades.csv")}
    assert (found["gil"], found["fay"], "ada" in found) == ("20.0", "0.0", False)
    with pytest.raises(UsageError, match="'zoe': no such student in the course; nothing was written"):
        export.export(course, Path("more.csv"), (), Options(without=("zoe",)))
    assert not Path("more.csv").exists()


def test_an_extension_changes_the_export_without_grading(course: CourseConfig) -> None:
    """Two days more: 27 hours are in time; the gradebook follows, and says which extension."""
    with Path("gradebook_config.py").open("a") as file:
        file.write('c.Autograder.extensions = {"hw-one": {"bob": "2 days"}}\n')
    export.export(load_course(course.root), None, ())
    (bob,) = [r for r in rows("grades.csv") if r["student_id"] == "bob"]
    assert (bob["late_submission_penalty"], bob["score"]) == ("0.0", "17.0")
    assert bob["why"] == "in time (extension until 2026-04-05 12:00+00:00)"
    with open_gradebook(course.db_url, course.course_id) as book:
        found = book.find_submission("hw-one", "bob")
        assert (found.extension, found.late_submission_penalty, found.total_seconds_late) == (
            timedelta(days=2),
            0,
            0,
        )


def test_a_score_by_hand_changes_the_penalty(course: CourseConfig) -> None:
    """From 10 to 3 points: raw 10, 20 % of it 2, 8 are left."""
    with open_gradebook(course.db_url, course.course_id) as book:
        book.find_grade("m1", "hw-one", "hw-one", "bob").manual_score = 3
        book.db.commit()
    export.export(course, None, ())
    (bob,) = [r for r in rows("grades.csv") if r["student_id"] == "bob"]
    assert (bob["raw_score"], bob["late_submission_penalty"], bob["score"]) == ("10.0", "2.0", "8.0")
    with open_gradebook(course.db_url, course.course_id) as book:
        assert book.find_submission("hw-one", "bob").late_submission_penalty == 2


def test_command_prints_the_file_and_names_everybody(course: CourseConfig) -> None:
    """The path on stdout; who has no score on stderr; a refusal has exit code 2; - is stdout and nothing else."""
    from click.testing import CliRunner

    from autograder.cli.main import main

    def run(*words: str) -> Any:
        return CliRunner().invoke(main, ["export", *words])

    done = run("--to", "out.csv", "hw-one")
    assert (done.exit_code, done.stdout) == (0, "out.csv\n")
    assert "hw-one: 3 not graded: dee, hal, ian\n" in done.stderr
    piped = run("--to", "-")
    assert piped.stdout_bytes == Path("out.csv").read_bytes()
    refused = run("--form", "canvas", "hw-one")
    assert refused.exit_code == 2
    assert "--fill" in refused.stderr
    for words in (("--fill", "canvas.csv"), ("--scale",), ("--column", "x"), ("--form", "long", "--scale")):
        ignored = run("--to", "other.csv", *words)
        assert (ignored.exit_code, Path("other.csv").exists()) == (2, False), words


def test_late_command_shows_the_table(course: CourseConfig) -> None:
    """raw → penalty → final and why, of who was late; as JSON, too."""
    import json

    from click.testing import CliRunner

    from autograder.cli.main import main

    done = CliRunner().invoke(main, ["late", "hw-one"])
    assert done.exit_code == 0
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[2:4] == [
        "bob 2026-04-04 15:00+00:00 1 d 3 h 17 3.4 13.6 1 d 3 h late: 2 days × 10 % of the score",
        "eve 2026-04-03 13:00+00:00 1 h 0 0 0 1 h late: 1 day × 10 % of the score",
    ]
    assert lines[-1] == (
        "hw-one: due 2026-04-03 12:00+00:00; 2 of 7 hand-ins late. Rule: 10 % of the score for each started day."
    )
    shown = json.loads(CliRunner().invoke(main, ["late", "hw-one", "--all", "--json"]).stdout)
    assert {row["student"]: row["final"] for row in shown["students"]} == {
        "ada": 18, "bob": 13.6, "cy": 10, "dee": None, "eve": 0, "fay": None, "hal": None, "ian": None,
    }  # fmt: skip


# -- the long table ----------------------------------------------------------------------------------


def test_long_table_has_a_row_per_question_and_check(course: CourseConfig) -> None:
    """A score stands only where it is known; checks only of what was graded as it lies there."""
    export.export(course, None, (), Options(form="long"))
    found = rows("grades-long.csv")
    count = {(r["student_id"], r["row"]): 0 for r in found}
    for r in found:
        count[r["student_id"], r["row"]] += 1
    assert {s: count.get((s, "check"), 0) for s in ("ada", "cy", "dee", "fay", "ian")} == {
        "ada": 2, "cy": 2, "dee": 0, "fay": 0, "ian": 0,
    }  # fmt: skip
    of_cy = [
        (r["row"], r["question"], r["status"], r["by"], r["raw_score"], r["score"])
        for r in found
        if r["student_id"] == "cy"
    ]
    assert of_cy == [
        ("assignment", "", "waits for a person", "", "10.0", ""),
        ("question", "q1", "graded", "checks", "", "4.0"),
        ("question", "q2", "graded", "checks", "", "6.0"),
        ("question", "m1", "waits for a person", "a person", "", ""),
        ("check", "q1", "passed", "checks", "", "4.0"),
        ("check", "q2", "passed", "checks", "", "6.0"),
    ]
    assert {r["title"] for r in found if r["row"] == "check"} == {"'=1+1"}


# -- Canvas ------------------------------------------------------------------------------------------


def test_canvas_gets_one_column_of_its_own_file(course: CourseConfig) -> None:
    """Rows and identities as they were; only what is known all through is filled in."""
    column, said = canvas(course)
    assert column == {
        "101": "18.00", "102": "13.60", "103": "", "104": "7.50", "105": "0.00", "106": "", "107": "", "108": "",
        "109": "", "199": "",
    }  # fmt: skip
    lines = Path("canvas-hw-one.csv").read_text().splitlines()
    assert lines[0] == "Student,ID,SIS User ID,SIS Login ID,Section,HW One (70011)"
    assert lines[1] == "    Points Possible,,,,,20.00"
    assert lines[3] == '"O\'Neil, Jr., Bob",102,U102,bob1,90-01,13.60'
    assert lines[7] == '"\'-Fox, +Fay",106,U106,fay1,A,'
    states = {r["canvas_id"]: (r["status"], r["canvas_before"], r["canvas_after"]) for r in said}
    assert states == {
        "101": ("graded", "", "18.00"),
        "102": ("graded", "12.00", "13.60"),
        "103": ("waits for a person", "", ""),
        "104": ("not graded", "7.50", "7.50"),
        "105": ("graded", "", "0.00"),
        "106": ("nothing handed in", "", ""),
        "107": ("", "", ""),
        "108": ("not graded", "", ""),
        "109": ("not graded", "", ""),
        "199": ("", "", ""),
    }
    assert canvas(course, missing_as_zero=True)[0]["106"] == "0.00"


@pytest.mark.parametrize(
    ("change", "delimiter"),
    [
        (lambda t: "\ufeff" + t.replace("\n", "\r\n"), ","),
        (lambda t: as_delimited(t, ";"), ";"),
        (lambda t: as_delimited(t, "\t"), ","),  # what Canvas reads
        (lambda t: t.replace("    Points Possible", "Points Possible"), ","),
        (lambda t: t.replace("    Points Possible", ",,,,,Manual Posting,,\n  Points Possible"), ","),
        (lambda t: t.replace('"Ångström', '   ,,,,,Muted,,\n"Ångström'), ","),
        (lambda t: "".join(line + "\n" for line in t.splitlines() if "Points Possible" not in line), ","),
        (lambda t: t.replace("20.00", '"20,00"').replace("12.00", '"12,00"').replace("7.50", '"7,50"'), ","),
        (lambda t: t.replace("HW One (70011)", "hw-one (70011)"), ","),
        (lambda t: t.replace("HW One (70011)", "HW One ()"), ","),
        (lambda t: t.replace("U10", "").replace("ada1", ""), ","),
    ],
    ids=["bom-crlf", "semicolon", "tab", "no-spaces", "manual", "muted", "no-points", "comma", "name", "no-id", "few-ids"],
)  # fmt: skip
def test_canvas_forms(course: CourseConfig, change: Any, delimiter: str) -> None:
    """Every form of the file gives the same scores, and comes back in its own."""
    text = change(CANVAS)
    (course.root / "in.csv").write_bytes(text.encode())
    export.export(course, Path("out.csv"), ("hw-one",), Options(form="canvas", fill=Path("in.csv")))
    data = Path("out.csv").read_bytes()
    found = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))
    column = {row[1]: row[-1].replace(",", ".") for row in found if row[1] and row[1] != "ID"}
    assert (column["101"], column["102"], column["103"], column["105"]) == ("18.00", "13.60", "", "0.00")
    assert data.startswith(b"\xef\xbb\xbf") == text.startswith("\ufeff")
    assert (b"\r\n" in data) == ("\r\n" in text)
    if '"20,00"' in text:
        assert b'"13,60"' in data


def as_delimited(text: str, delimiter: str) -> str:
    """Return the same table with another separator."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(csv.reader(io.StringIO(text)))
    return out.getvalue()


def test_canvas_keeps_columns_that_say_who_somebody_is(course: CourseConfig) -> None:
    """Root account and more, in their places; a column of the instructor's own does not come back."""
    head = "Student,ID,SIS User ID,SIS Login ID,Root Account,Integration ID,Student Number,Section,Notes,HW One (1)"
    text = f'{head}\n"Ångström, Ada",101,U101,ada1,x.edu,i1,7,A,late,\n'
    others = ("bob", "cy", "dee", "eve", "hal", "ian")
    canvas(course, text, without=others)
    lines = Path("canvas-hw-one.csv").read_text().splitlines()
    assert lines == [head.replace("Notes,", ""), '"Ångström, Ada",101,U101,ada1,x.edu,i1,7,A,18.00']


def test_canvas_excused_stay_excused(course: CourseConfig) -> None:
    """A score would take that back."""
    column, said = canvas(course, CANVAS.replace("A and B,,,", "A and B,EX,,"))
    assert column["101"] == "EX"
    assert [r["why"] for r in said if r["canvas_id"] == "101"] == ["excused in Canvas, so the cell stays"]


def test_canvas_points_must_be_ours(course: CourseConfig) -> None:
    """40 in Canvas, 20 here: refused, or every score doubled."""
    text = CANVAS.replace("20.00", '"1,040.00"')
    with pytest.raises(
        UsageError, match=r"'HW One \(70011\)' is worth 1040 points in Canvas, hw-one 20; nothing"
    ):
        canvas(course, text)
    assert canvas(course, CANVAS.replace("20.00", "40.00"), scale=True)[0]["102"] == "27.20"


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (CANVAS.replace('"Ångström, Ada",101,U101,ada1,A and B,,,\n', ""), {}, r"ada \(Ada Ångström\): not in the file"),
        (CANVAS + '"Other, Ada",101,U555,zzz,A,,,\n', {}, r"ada: lines 3, 13 could all be theirs"),
        (CANVAS.replace("101,U101", "102,U101"), {}, r"several people have this"),
        (CANVAS.replace("104,U104,dee1", ",,"), {}, r"dee \(Kim Lee\): not in the file"),
        (CANVAS.replace("HW One (70011)", "Other (1)"), {}, r"no column of an assignment 'hw-one'.*\n.*--column.*\n.*'Other \(1\)'"),
        (CANVAS.replace("Two (CNN), \"\"x\"\" (70012)", "HW-One (70012)"), {}, r"2 columns of an assignment 'hw-one'"),
        (CANVAS, {"column": "Assignments Current Score"}, "no column of an assignment 'Assignments Current Score'"),
        (CANVAS.replace("Section", "ID"), {}, "two columns are called ID"),
        ("a,b\n1,2\n", {}, "no gradebook export of Canvas's"),
        ("", {}, "no gradebook export of Canvas's"),
        (CANVAS.replace('"Ångström, Ada"', "Ångström, Ada"), {}, r"line 3: 9 fields, but 8 columns"),
        (CANVAS.replace('"Ångström, Ada"', '"Ångström, Ada'), {}, "canvas.csv, line"),
        (CANVAS, {"form": "canvas", "fill": None}, "name one assignment, and the file with --fill"),
        (CANVAS, {"fill": Path("nowhere.csv")}, "nowhere.csv: No such file"),
    ],
)  # fmt: skip
def test_canvas_refuses_and_writes_nothing(
    course: CourseConfig, text: str, options: dict[str, Any], said: str
) -> None:
    """Who is missing, who is two people, which column: all of it in a list."""
    with pytest.raises(UsageError, match=said):
        canvas(course, text, **options)
    assert not list(course.root.glob("canvas-*"))


def test_canvas_column_by_title_or_number(course: CourseConfig) -> None:
    """Where no column has the assignment's name; a title with commas, quotes and parentheses of its own."""
    text = CANVAS.replace("100.00", "20.00")
    for name in ("70012", 'Two (CNN), "x"', 'Two (CNN), "x" (70012)'):
        column, _ = canvas(course, text, column=name)
        assert (column["101"], column["102"]) == ("18.00", "13.60")
        assert (
            Path("canvas-hw-one.csv")
            .read_text()
            .splitlines()[0]
            .endswith('Section,"Two (CNN), ""x"" (70012)"')
        )


def test_canvas_without_a_roster_by_nbgraders_ids(course: CourseConfig) -> None:
    """Where an id of Canvas's is the folder's name; a real person who is called Test Student is one."""
    Path("roster.csv").unlink()
    text = (
        CANVAS.replace("ada1", "ADA")
        .replace("107,U107", "107,gil")
        .replace('"Ångström, Ada"', '"Student, Test"')
    )
    for student in ("bob", "cy", "dee", "eve", "hal", "ian"):
        text = text.replace(f"{student}1", student)
    column, said = canvas(course, text)
    assert (column["101"], column["102"], column["107"], column["199"]) == ("18.00", "13.60", "20.00", "")
    assert [r["why"] for r in said if r["canvas_id"] == "199"] == ["Canvas's test student"]


def test_file_to_fill_is_never_written_over(course: CourseConfig) -> None:
    """It is what Canvas has."""
    Path("canvas.csv").write_text(CANVAS)
    with pytest.raises(UsageError, match=r"canvas.csv: is the file to fill; nothing was written"):
        export.export(
            course, Path("canvas.csv"), ("hw-one",), Options(form="canvas", fill=Path("canvas.csv"))
        )
    assert Path("canvas.csv").read_text() == CANVAS


# -- Gradescope --------------------------------------------------------------------------------------


def test_gradescopes_form(course: CourseConfig) -> None:
    """Its columns, lateness over 24 hours, a score only where all is known, and the status after them."""
    export.export(course, None, ("hw-one",), Options(form="gradescope"))
    header = Path("gradescope-hw-one.csv").read_text().splitlines()[0]
    assert header.startswith(
        "First Name,Last Name,SID,Email,section_name,hw-one,hw-one - Max Points,hw-one - Submission Time,"
        "hw-one - Lateness (H:M:S),hw-one - Status,"
    )
    found = {r["SID"]: r for r in rows("gradescope-hw-one.csv")}
    assert {sid: (r["hw-one"], r["hw-one - Status"]) for sid, r in found.items()} == {
        "00900101": ("18.00", "graded"),
        "00900102": ("13.60", "graded"),
        "00900103": ("", "waits for a person"),
        "00900104": ("", "not graded"),
        "00900105": ("0.00", "graded"),
        "00900106": ("", "nothing handed in"),
        "00900108": ("", "not graded"),
        "00900109": ("", "not graded"),
    }
    bob = found["00900102"]
    assert bob["hw-one - Submission Time"] == "2026-04-04 15:00:00 +0000"
    assert (bob["hw-one - Lateness (H:M:S)"], bob["hw-one - Score before Lateness"]) == ("27:00:00", "17.00")
    fay = found["00900106"]
    assert (fay["First Name"], fay["Last Name"], fay["Email"]) == ("'+Fay", "'-Fox", "'@fay@x.edu")


def test_gradescopes_roster_is_reported_under_its_names(course: CourseConfig) -> None:
    """Its students in its order, without assistants; who is missing in it is refused with a list."""
    text = (
        "First Name,Last Name,Email,SID,Role,Section\n"
        "Bobby,O'Neil,bob@x.edu,900102,Student,1\nTao,Ass,tao@x.edu,,TA,\nAda,Ångström,ada@x.edu,,Student,2\n"
        "Zoë,New,zoe@x.edu,77,Student,2\n"
    )
    Path("gs.csv").write_text(text)
    options = {"form": "gradescope", "fill": Path("gs.csv")}
    with pytest.raises(UsageError, match=r"(?s)cy \(Kim Lee\): not in the file.*hal.*--without STUDENT"):
        export.export(course, None, ("hw-one",), Options(**options))
    assert not Path("gradescope-hw-one.csv").exists()
    others = ("cy", "dee", "eve", "hal", "ian")
    export.export(course, None, ("hw-one",), Options(**options, without=others))
    found = [
        (r["First Name"], r["SID"], r["hw-one"], r["hw-one - Status"]) for r in rows("gradescope-hw-one.csv")
    ]
    assert found == [
        ("Bobby", "900102", "13.60", "graded"),
        ("Ada", "", "18.00", "graded"),
        ("Zoë", "77", "", "nothing handed in"),
    ]


# -- cells and files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *("=1", "+1", "-1", "@x", "=HYPERLINK(1)", " =1", "\t=1", "\r=1", "\n=1", "'=1", '"=1', "＝1", "＋1", "－1"),
        *("＠x", "-dash", "\u00a0=1", "\x00=1", "\u202e=1", "\ufeff=1", "|cmd", "%0A"),
    ],
)  # fmt: skip
def test_no_text_becomes_a_formula(text: str) -> None:
    """An apostrophe stands before it, whatever a spreadsheet would drop first; and it is one line."""
    cell = export_csv.text_cell(text)
    assert cell.startswith("'")
    assert cell.isprintable()


@pytest.mark.parametrize("text", ["", "Ada", "O'Neil", "山田 太郎", "a=b", "3-4", "x@y.edu", "(=1)"])
def test_other_texts_stay(text: str) -> None:
    """Names are people's."""
    assert export_csv.text_cell(text) == text


def test_cents_are_half_up() -> None:
    """In decimals, not in binary fractions."""
    assert [export_csv.cents(x) for x in (0.005, 2.675, 13.6, 0.1 + 0.2)] == ["0.01", "2.68", "13.60", "0.30"]


def test_nothing_is_left_where_nothing_can_be_written(course: CourseConfig) -> None:
    """A folder in the way of the second file takes the first one back, too; no temporary file stays."""
    Path("out-status.csv").mkdir()
    Path("canvas.csv").write_text(CANVAS)
    with pytest.raises(UsageError, match="nothing was written"):
        export.export(course, Path("out.csv"), ("hw-one",), Options(form="canvas", fill=Path("canvas.csv")))
    assert not Path("out.csv").exists()
    assert not list(Path().glob(".out*"))
    for to in (Path("."), Path("no/such/folder.csv")):
        with pytest.raises(UsageError, match="not a file in a folder that exists"):
            export.export(course, to, ())


def test_export_without_gradebook_or_assignment_is_refused(course: CourseConfig) -> None:
    """The words that were there before."""
    with pytest.raises(
        UsageError, match=r"'hw-2': no such assignment in the gradebook; nothing .*\nThere are: hw-one\."
    ):
        export.export(course, None, ("hw-2",))
    Path("gradebook.db").unlink()
    with pytest.raises(
        UsageError, match=r"no gradebook yet; nothing was written.\nRun: autograder release ASSIGNMENT"
    ):
        export.export(course, None, ())
    assert not Path("gradebook.db").exists()


# -- nbgrader's own penalties ------------------------------------------------------------------------


def test_report_and_pages_show_what_the_gradebook_has(course: CourseConfig) -> None:
    """The checks gave bob 7 points, a person 10: 17 − 3.4 = 13.6 in the table; his page says why."""
    from autograder.classroom import late_table
    from autograder.report import points_table

    results = stored.stored_results(course, "hw-one")
    charges = late_table.charges_of(course, "hw-one", results)
    shown = points_table(results, more=late_table.columns(results, charges))
    lines = {line.split()[0]: line.split()[1:] for line in shown.splitlines()}
    assert lines["hand-in"] == ["q1", "q2", "total", "by", "hand", "late", "final", "status"]
    assert lines["ada"] == ["4", "6", "10", "+8", "18", "graded"]
    assert lines["bob"] == ["4", "3", "7", "+10", "−3.4", "13.6", "graded"]
    assert lines["dee"] == ["–", "–", "–", "not", "graded"]
    assert page_files.write_pages(course, "hw-one", results, {}) == []
    page = (course.feedback / "bob" / "hw-one" / "hw-one.html").read_text()
    assert "1 d 3 h late: 2 days × 10 % of the score" in page
    assert " late" not in (course.feedback / "ada" / "hw-one" / "hw-one.html").read_text()
    overview = page_files.overview_path(course, "hw-one").read_text()
    assert "1 d 3 h late: 2 days × 10 % of the score" in overview


def test_gradebook_has_our_penalties(course: CourseConfig) -> None:
    """Due date and times as nbgrader keeps them, and its own count of seconds."""
    with open_gradebook(course.db_url, course.course_id) as book:
        assert book.find_assignment("hw-one").duedate == DUE.replace(tzinfo=None)
        found = {s: book.find_submission("hw-one", s) for s in ("ada", "bob", "eve", "ian")}
        assert {s: one.late_submission_penalty for s, one in found.items()} == {
            "ada": 0,
            "bob": 3.4,
            "eve": 0,
            "ian": 0,
        }
        assert {s: one.total_seconds_late for s, one in found.items()} == {
            "ada": 0,
            "bob": 97_200,
            "eve": 3600,
            "ian": 0,
        }


def test_nbgraders_step_asks_our_plugin(course: CourseConfig) -> None:
    """Its AssignLatePenalties, run for real on the gradebook, writes what we wrote, by every option."""
    from nbgrader.preprocessors import AssignLatePenalties
    from traitlets.config import Config

    from autograder.hosts.nbgrader_late import LatePenalty

    rules = {
        "late_percent = 10": 3.4,  # 2 days × 10 % of 17
        "late_percent = 10; c.Autograder.late_of = 'maximum'": 4,  # of 20
        "late_percent = 1.5; c.Autograder.late_per = 'hour'": 6.88,  # 27 × 1.5 % of 17 is 6.885
        "late_percent = 50; c.Autograder.late_floor_percent = 25": 12.75,  # a quarter of 17 is 4.25
        "late_percent = 10; c.Autograder.late_slack_days = 1": 1.7,  # one day is paid
        "late_percent = 10; c.Autograder.late_cutoff_days = 1": 17,
        "late_percent = 10; c.Autograder.late_grace_minutes = 180": 1.7,  # 24 hours are left
        "late_percent = 10; c.Autograder.extensions = {'*': {'bob': '1 day'}}": 1.7,
        "late_percent = 0": 0,
    }
    text = Path("gradebook_config.py").read_text()
    for rule, penalty in rules.items():
        Path("gradebook_config.py").write_text(text.replace("late_percent = 10", rule))
        now = load_course(course.root)
        wanted = {
            "nbgrader": {"notebook": "hw-one", "assignment": "hw-one", "student": "bob", "db_url": now.db_url}
        }
        ours = theirs = None
        penalties.settle(now)
        with open_gradebook(now.db_url, now.course_id) as book:
            ours = book.find_submission("hw-one", "bob").late_submission_penalty
            book.find_submission_notebook("hw-one", "hw-one", "bob").late_submission_penalty = 99
            book.db.commit()
        step = AssignLatePenalties(config=Config(), plugin_class=LatePenalty)
        step.preprocess(nbformat_notebook(), wanted)
        with open_gradebook(now.db_url, now.course_id) as book:
            theirs = book.find_submission("hw-one", "bob").late_submission_penalty
        assert (ours, theirs) == (penalty, penalty), rule


def nbformat_notebook() -> Any:
    """Return an empty notebook."""
    from nbformat.v4 import new_notebook

    return new_notebook()


def test_settling_again_changes_nothing_and_says_nothing(course: CourseConfig) -> None:
    """And an extension that only the gradebook had is told when it goes."""
    assert penalties.settle(course) == ()
    with open_gradebook(course.db_url, course.course_id) as book:
        book.grant_extension("hw-one", "ada", days=2)
    (said,) = penalties.settle(course)
    assert said == (
        "hw-one: the gradebook had an extension of 2 d for ada; now it has none, as c.Autograder.extensions says"
    )
    assert penalties.settle(course) == ()


def test_without_due_date_penalties_go_and_it_is_said(course: CourseConfig) -> None:
    """One rule: what the course file does not say does not count."""
    text = Path("gradebook_config.py").read_text().replace("'hw-one': '", "'other': '")
    Path("gradebook_config.py").write_text(text)
    now = load_course(course.root)
    assert penalties.settle(now) == (
        "hw-one: no due date in c.Autograder.due_dates, so 1 late penalties were taken out of the gradebook: bob",
    )
    (assignment,) = standing.read(now).assignments
    assert assignment.standings["bob"].final == 17


def test_hand_in_whose_files_are_gone_keeps_what_the_gradebook_says(course: CourseConfig) -> None:
    """An archive of last month changes no grade."""
    shutil.rmtree(course.submitted / "bob")
    penalties.settle(course)
    (assignment,) = standing.read(course).assignments
    bob = assignment.standings["bob"]
    assert bob.charge is not None
    assert (bob.status, bob.final, bob.charge.why) == ("graded", 13.6, "as the gradebook has it")
