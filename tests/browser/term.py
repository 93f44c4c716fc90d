"""A term, played: roster, collect, grade, Ctrl-C, ✍ in the real formgrader, feedback, Canvas. Run by ``make browser-test``.

Every number was worked out by hand, in ``CLASS``; no line of ours computes one.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml

from autograder.author import release, steps
from autograder.config import load_course
from autograder.gradebook import open_gradebook
from tests.conftest import cell, new_source

sys.path.insert(0, str(Path(__file__).parent))
from formgrader_server import browser_page, jupyter_server

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's and its libraries' own

REPOSITORY = Path(__file__).parents[2]
NAME = "term"
DUE = datetime(2026, 10, 10, 4, 59, tzinfo=UTC)
PATIENCE_S = 300.0

# The rule: 10 % of the score for each started day after 15 minutes of grace, never below half of the score; one slack day
# each; nothing after 8 days. Beside it two have two days more, and one of a group of two has one.
RULE = """
c.Autograder.due_dates = {"term": "2026-10-09T23:59:00-05:00"}
c.Autograder.late_percent = 10
c.Autograder.late_grace_minutes = 15
c.Autograder.late_floor_percent = 50
c.Autograder.late_slack_days = 1
c.Autograder.late_cutoff_days = 8
c.Autograder.extensions = {
    "term": {"ext_in_time": "2 days", "ext_late": "2026-10-11T23:59:00-05:00"}, "*": {"pair_ext": "1 day"}
}
"""

# What students wrote: q1 has 4 points (1 seen, 3 hidden), q2 has 6 (2 seen, 4 hidden); m1, by hand, has 10.
#   right  4 + 6 = 10        q1 knows only what it was shown: 1 + 6 = 7
#   blank  as released: 0      q2 is wrong for negative numbers: 4 + 2 = 6
KINDS: dict[str, dict[str, str]] = {
    "right": {},
    "q1": {"q1_answer": "def total(values):\n    return 6"},
    "q2": {
        "q2_answer": "def largest(values):\n    top = 0\n    for v in values:\n        top = max(top, v)\n    return top"
    },
}

# student: a login, from which the name is made. form: how it was handed in. came: after the due time.
# checks, by hand, raw, penalty, final: points; "-" is none. Worked out by hand:
#   pair       1 d 3 h after, less the grace: 2 started days; one is slack: 10 % of 18. The other has a day more: one started
#              day, slack.
#   one_minute 15 min 1 s: 1 s is a started day, which is slack.          day_and_1s: the same a day later: 10 % of 11.35 is
#   1.135, and half a cent is the student's.                              four_days: 4 − 1 = 3 days: 30 % of 12.5
#   six_days   6 − 1 = 5 days: 50 % of 20, as the floor.                  floor: 7 − 1 = 6 days, but half stays
#   at_cutoff  8 days whole: 7 × 10 %, but half stays.                    after_cutoff: a second more: nothing stays
#   ext_late   3 d 5 h less 2 d: 2 started days, one is slack: 10 % of 17
CLASS = """
student         form    came          answers  checks  by hand  raw    penalty  final  status
ada_king        plain   -3 d 0:00:00  right    10      10       20     0        20     graded
bo_berg         plain   -2 d 4:00:00  right    10      9.5      19.5   0        19.5   graded
chloe_sato      plain   -1:00:00      right    10      0        10     0        10     graded
dmitri_kim      plain   -0:00:01      q1       7       8        15     0        15     graded
eunji_kim       plain   -5:00:00      q2       6       7.25     13.25  0        13.25  graded
fatima_okafor   plain   -6:30:00      q1       7       0        7      0        7      graded
gabriel_muller  plain   -6:31:00      right    10      -        10     0        -      waits for a person
hana_larsen     plain   -6:32:00      q2       6       -        6      0        -      waits for a person
ines_pair       pair    1 d 3:00:00   right    10      8        18     1.8      16.2   graded
pair_ext        pair    1 d 3:00:00   right    10      8        18     0        18     graded
jo_three        three   -9:00:00      q1       7       5        12     0        12     graded
kw_three        three   -9:00:00      q1       7       5        12     0        12     graded
lena_three      three   -9:00:00      q1       7       6        13     0        13     graded
mateo_renamed   renamed -7:00:00      right    10      10       20     0        20     graded
noor_renamed    renamed 0:10:00       right    10      9        19     0        19     graded
olga_zip        zip     -7:10:00      right    10      7        17     0        17     graded
priya_zip       zip     2 d 0:00:00   right    10      10       20     2        18     graded
quentin_nested  nested  -7:20:00      q2       6       6        12     0        12     graded
grace_end       plain   0:15:00       right    10      9        19     0        19     graded
one_minute      plain   0:15:01       right    10      9        19     0        19     graded
day_exact       plain   1 d 0:15:00   right    10      6        16     0        16     graded
day_and_1s      plain   1 d 0:15:01   right    10      1.35     11.35  1.13     10.22  graded
four_days       plain   3 d 1:00:00   q2       6       6.5      12.5   3.75     8.75   graded
six_days        plain   5 d 2:00:00   right    10      10       20     10       10     graded
floor_half      plain   6 d 1:00:00   q1       7       4        11     5.5      5.5    graded
at_cutoff       plain   8 d 0:15:00   right    10      10       20     10       10     graded
after_cutoff    plain   8 d 0:15:01   right    10      8        18     18       0      graded
ext_in_time     plain   1 d 12:00:00  right    10      7        17     0        17     graded
ext_late        plain   3 d 5:00:00   right    10      7        17     1.7      15.3   graded
rosa_blank      plain   -8:00:00      blank    0       0        0      0        0      graded
sam_late_blank  plain   2 d 0:00:00   blank    0       0        0      0        0      graded
tao_broken      half    -8:10:00      -        -       -        -      -        -      not graded
uma_broken      damaged 3 d 0:00:00   -        -       -        -      -        -      not graded
vik_excused     plain   -8:20:00      right    10      9        19     0        19     graded
wei_ng          plain   -8:30:00      right    10      9        19     0        19     graded
xena_ortiz      plain   -8:40:00      right    10      9        19     0        19     graded
yann_cruz       plain   -8:50:00      q2       6       9        15     0        15     graded
zoe_lund        plain   -8:55:00      q2       6       10       16     0        16     graded
home_alone      plain   -4:00:00      right    10      10       20     0        20     graded
gone_left       plain   -9:30:00      right    10      -        -      -        -      left
nobody_missing  -       -             -        -       -        -      -        -      nothing handed in
"""
BEFORE = {"grace_end": "3.00", "vik_excused": "EX", "gabriel_muller": "2.00"}  # what Canvas has already
GROUPS = {"pair": ("ines_pair", "pair_ext"), "three": ("jo_three", "kw_three", "lena_three")}
NAMES = {
    "ines_pair": ("Inés", "Álvarez"),
    "home_alone": ("@home", "=Alone"),
    "mateo_renamed": ("Mateo", "O'Brien"),
    "gabriel_muller": ("Gabriel", "Müller"),
}
COMMENTS = {"ines_pair": "Good, but *which* pair?", "day_and_1s": "<b>See</b> the notes of week 2."}


@dataclass(frozen=True)
class Row:
    """A line of ``CLASS``."""

    student: str
    form: str
    came: datetime | None
    answers: str
    checks: float | None
    by_hand: float | None
    raw: float | None
    penalty: float | None
    final: float | None
    status: str

    @property
    def name(self) -> tuple[str, str]:
        """First and last name."""
        first, _, last = self.student.partition("_")
        return NAMES.get(self.student, (first.title(), last.title()))


_LINE = re.compile(r"(\S+)\s+(\S+)\s+(-?(?:\d d )?\d+:\d\d:\d\d|-)" + r"\s+(\S+)" * 6 + r"\s+(.+)")


def read_class() -> dict[str, Row]:
    """Return what was worked out by hand, by student."""
    rows = {}
    for line in CLASS.strip().splitlines()[1:]:
        found = _LINE.fullmatch(line)
        assert found, line
        student, form, came, answers, *points, status = found.groups()
        numbers = [None if n == "-" else float(n) for n in points]
        rows[student] = Row(student, form, _time(came), answers, *numbers, status)
    return rows


def _time(text: str) -> datetime | None:
    if text == "-":
        return None
    found = re.fullmatch(r"(-?)(?:(\d) d )?(\d+):(\d\d):(\d\d)", text)
    assert found, text
    after = timedelta(
        days=int(found[2] or 0), hours=int(found[3]), minutes=int(found[4]), seconds=int(found[5])
    )
    return DUE - after if found[1] else DUE + after


EXPECTED = read_class()
HANDED_IN = [row for row in EXPECTED.values() if row.came is not None]
IN_CLASS = [row for row in EXPECTED.values() if row.status != "left"]


def autograder(root: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a command of ours in the course, as an instructor does."""
    command = [sys.executable, "-m", "autograder", *words]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done


# -- before the deadline -----------------------------------------------------------------------------


def source() -> Any:
    """Return the instructor's notebook: two small functions, and a question in words."""
    notebook = new_source("Term")
    notebook.cells += [
        cell(
            "answer",
            "q1_answer",
            """
            # answer: q1_answer
            def total(values):
                ### BEGIN SOLUTION
                return sum(values)
                ### END SOLUTION
            """,
        ),
        cell(
            "check",
            "q1",
            """
            # check: q1
            @points(1)
            def test_seen(total):
                \"\"\"1, 2 and 3 give 6.\"\"\"
                equal(total([1, 2, 3]), 6)

            check(test_seen)
            ### BEGIN HIDDEN TESTS
            @points(3)
            def test_others(total):
                \"\"\"Other numbers have their own sum.\"\"\"
                equal(total([4, -9, 1]), -4)
            ### END HIDDEN TESTS
            """,
            4,
        ),
        cell(
            "answer",
            "q2_answer",
            """
            # answer: q2_answer
            def largest(values):
                ### BEGIN SOLUTION
                return max(values)
                ### END SOLUTION
            """,
        ),
        cell(
            "check",
            "q2",
            """
            # check: q2
            @points(2)
            def test_positive(largest):
                \"\"\"5 is the largest of 1, 5 and 2.\"\"\"
                equal(largest([1, 5, 2]), 5)

            check(test_positive)
            ### BEGIN HIDDEN TESTS
            @points(4)
            def test_negative(largest):
                \"\"\"Negative numbers have a largest, too.\"\"\"
                equal(largest([-3, -1, -2]), -1)
            ### END HIDDEN TESTS
            """,
            6,
        ),
        cell("manual", "m1", "# manual: m1\n'why?'", 10),
    ]
    return notebook


def make_course(root: Path) -> None:
    """Write and release the assignment, in a course with the rule."""
    (root / "source" / NAME).mkdir(parents=True)
    nbformat.write(source(), root / "source" / NAME / f"{NAME}.ipynb")
    for name in ("gradebook_config.py", "nbgrader_config.py"):
        shutil.copy(REPOSITORY / name, root)
    with (root / "gradebook_config.py").open("a") as config:
        config.write(RULE)
    course = load_course(root)
    with steps.prepare(course, NAME) as prepared:
        steps.publish(course, prepared)


# -- what other systems give -------------------------------------------------------------------------


def canvas(path: Path, students: list[Row], before: dict[str, str]) -> None:
    """Write Canvas's gradebook export."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(
            [
                "Student",
                "ID",
                "SIS User ID",
                "SIS Login ID",
                "Section",
                "Term (70011)",
                "Week 2 (70012)",
                "Final Score",
            ]
        )
        out.writerow(["    Points Possible", "", "", "", "", "20.00", "10.00", "(read only)"])
        for row in students:
            first, last = row.name
            number = ids(row)
            cells = [f"{last}, {first}", number, f"9{number}", row.student, "A"]
            out.writerow([*cells, before.get(row.student, ""), "7.00", "70.00"])
        out.writerow(["Student, Test", "9999", "", "d41d8cd98f", "A", "", "", ""])


def ids(row: Row) -> str:
    """Return Canvas's number of a student."""
    return str(1000 + list(EXPECTED).index(row.student))


def notebook_of(root: Path, row: Row) -> bytes:
    """Return what a student wrote."""
    released = nbformat.read(root / "release" / NAME / f"{NAME}.ipynb", 4)
    if row.answers == "blank":
        return nbformat.writes(released).encode()
    solved = release.read_source(root / "source", root / "references", NAME)
    notebook = release.solution_notebook(solved, released)
    for one in notebook.cells:
        grade_id = one.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in KINDS[row.answers]:
            one.source = f"# answer: {grade_id}\n{KINDS[row.answers][grade_id]}"
        if grade_id == "m1":
            one.source = f"# manual: m1\n'The words of {row.form if row.form in GROUPS else row.student}.'"
    return nbformat.writes(notebook).encode()


def files_of(root: Path, row: Row) -> dict[str, bytes]:
    """Return the files of a hand-in, by their names in the export."""
    if row.form == "half":
        whole = notebook_of(root, EXPECTED["ada_king"])
        return {f"{NAME}.ipynb": whole[: len(whole) // 2]}
    if row.form == "damaged":
        return {"mine.zip": zipped({f"{NAME}.ipynb": notebook_of(root, EXPECTED["ada_king"])})[:300]}
    notebook = notebook_of(root, row)
    if row.form == "renamed":
        return {f"Kopie von {NAME} (1).ipynb": notebook}
    if row.form == "zip":
        inside = {
            f"abgabe/{NAME}.ipynb": notebook,
            f"__MACOSX/abgabe/._{NAME}.ipynb": b"\0\5",
            ".DS_Store": b"\0",
        }
        return {"abgabe.zip": zipped(inside | {"abgabe/log.txt": b"epoch 1"})}
    if row.form == "nested":
        return {f"my folder/{NAME}.ipynb": notebook, "my folder/.ipynb_checkpoints/x.ipynb": b"{}"}
    return {f"{NAME}.ipynb": notebook}


def zipped(files: dict[str, bytes]) -> bytes:
    """Return a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out.getvalue()


def gradescope_export(root: Path, path: Path) -> int:
    """Write Gradescope's export of submissions; returns of how many."""
    files: dict[str, bytes] = {}
    metadata: dict[str, Any] = {}
    for row in HANDED_IN:
        members = GROUPS.get(row.form, (row.student,))
        if row.student != members[0]:
            continue
        label = f"submission_{310000000 + len(metadata)}"
        assert row.came is not None
        people = [EXPECTED[name] for name in members]
        metadata[label] = {
            ":submitters": [
                {":name": " ".join(p.name), ":sid": f"09{ids(p)}", ":email": f"{p.student}@example.edu"}
                for p in people
            ],
            ":created_at": f"{row.came:%Y-%m-%d %H:%M:%S}.000000000 Z",
            ":score": 0.0,
            ":status": "processed",
            ":history": [{":id": 1, ":created_at": "2026-10-01 12:00:00.000000000 Z", ":score": 0.0}],
        }
        files |= {f"{label}/{name}": content for name, content in files_of(root, row).items()}
    files["submission_metadata.yml"] = yaml.safe_dump(metadata, allow_unicode=True).encode()
    path.write_bytes(zipped({f"assignment_4711_export/{name}": content for name, content in files.items()}))
    return len(metadata)


# -- the term ----------------------------------------------------------------------------------------


def roster_comes_in(root: Path) -> None:
    """In September 41 are in the class; after the add/drop deadline one has left."""
    everybody = list(EXPECTED.values())
    canvas(root / "september.csv", everybody, {})
    done = autograder(root, "roster", "import", "september.csv")
    assert done.stdout.startswith("added 41: ")
    assert "41 in the class" in done.stderr
    canvas(root / "october.csv", IN_CLASS, {})
    assert autograder(root, "roster", "import", "october.csv").stdout == "left 1: gone_left\n"
    shown = autograder(root, "roster")
    assert "gone_left" not in shown.stdout
    assert shown.stderr == "40 in the class, 1 left (--all shows them)\n"


def hand_ins_come_in(root: Path) -> None:
    """Of 41 students 40 handed in, 37 hand-ins; every one arrives, and the one who handed in nothing is named."""
    export = root / "assignment_4711_export.zip"
    assert gradescope_export(root, export) == 37
    done = autograder(root, "collect", NAME, str(export))
    assert f"{NAME}: Gradescope: 40 new\n" in done.stderr
    assert "left the class, and handed in: gone_left" in done.stderr
    assert "in the class, handed in nothing (1):\n  nobody_missing" in done.stdout
    assert "nobody's" not in done.stdout
    folders = {path.parent.name: path for path in (root / "submitted").glob(f"*/{NAME}")}
    assert folders.keys() == {row.student for row in HANDED_IN}
    for row in HANDED_IN:
        said = (folders[row.student] / "timestamp.txt").read_text()
        assert datetime.fromisoformat(said.strip().replace(" UTC", "+00:00")) == row.came, row
    assert (folders["olga_zip"] / "log.txt").read_text() == "epoch 1"
    left_behind = {p.name for p in (root / "submitted").rglob("*")} & {"__MACOSX", ".DS_Store", "x.ipynb"}
    assert left_behind == set()
    again = autograder(root, "collect", NAME, str(export))
    assert f"{NAME}: Gradescope: 40 unchanged\n" in again.stderr


def class_is_graded_with_two_interruptions(root: Path) -> None:
    """Ctrl-C in the middle, and once more, twice: what is finished stays, and the third run does the rest."""
    first = interrupted(root, 8, signal.SIGINT)
    second = interrupted(root, len(first) + 8, signal.SIGINT, signal.SIGINT)
    assert first.items() <= second.items()
    done = autograder(root, "grade", NAME)
    assert (
        f"{len(second)} of 40 are finished and unchanged; goes on with the other {40 - len(second)}"
        in done.stderr
    )
    assert second.items() <= stamps(root).items()
    assert "39 hand-ins: 37 graded, 2 not graded" in done.stdout
    assert "gone_left" not in done.stdout
    assert "left the class, so not shown (report term --left shows them): gone_left" in done.stderr
    for student in ("tao_broken", "uma_broken"):
        assert f"{student}: not graded, a person must look." in done.stderr
    for row in HANDED_IN:
        result = json.loads((root / "autograded" / row.student / NAME / "results.json").read_text())
        graded = "score" in result and row.checks is not None
        assert (result["score"] if graded else None) == row.checks, row


def interrupted(root: Path, after: int, *signals: int) -> dict[str, int]:
    """Grade, and press Ctrl-C when so many are finished; returns whose results are there, and since when."""
    command = [sys.executable, "-m", "autograder", "grade", NAME, "--workers", "2"]
    with subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        wait_until(lambda: len(stamps(root)) >= after or process.poll() is not None)
        for number in signals:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            time.sleep(0.05)
        out, err = process.communicate(timeout=PATIENCE_S)
    found = stamps(root)
    assert (process.returncode, out) == (128 + signal.SIGINT, ""), err
    assert "Traceback" not in err
    assert f"{NAME}: {len(found)} of 40 hand-ins are graded and kept" in err
    assert after <= len(found) < 40
    return found


def stamps(root: Path) -> dict[str, int]:
    """Return whose results are written, and when."""
    with contextlib.suppress(FileNotFoundError):  # written at this moment
        found = (root / "autograded").glob(f"*/{NAME}/grading.json")
        return {path.parent.parent.name: path.stat().st_mtime_ns for path in found}
    return {}


def wait_until(there: Callable[[], bool]) -> None:
    """Wait for something that will come."""
    end = time.monotonic() + PATIENCE_S
    while not there():
        assert time.monotonic() < end
        time.sleep(0.02)


def person_grades(root: Path) -> None:
    """✍ in the formgrader: points for all but two, comments for some; typed into its boxes."""
    course = load_course(root)
    with open_gradebook(course.db_url, course.course_id) as book:
        forms = {
            s.student_id: book.find_submission_notebook(NAME, NAME, s.student_id).id
            for s in book.assignment_submissions(NAME)
        }
    with jupyter_server(root) as (address, token), browser_page(address, token) as page:
        for row in EXPECTED.values():
            if row.by_hand is None:
                continue
            page.goto(f"{address}/formgrader/submissions/{forms[row.student]}/")
            page.wait_for_function(
                "formgrader.grades && formgrader.grades.loaded && formgrader.comments.loaded"
            )
            words = row.form if row.form in GROUPS else row.student
            assert f"The words of {words}." in page.inner_text("#notebook") or row.answers == "blank"
            assert (
                page.eval_on_selector("#q1", "e => e.placeholder")
                + page.eval_on_selector("#q2", "e => e.placeholder")
                == {"right": "46", "q1": "16", "q2": "42", "blank": "00"}[row.answers]
            )
            typed(page, "grade", "#m1", f"{row.by_hand:g}")
            if row.student in COMMENTS:
                typed(page, "comment", "#m1-comment", COMMENTS[row.student])


def typed(page: Any, what: str, box: str, text: str) -> None:
    """Type into a box and leave it; the server has it then."""
    with page.expect_response(lambda a: f"/api/{what}/" in a.url and a.request.method == "PUT" and a.ok):
        page.fill(box, text)
        page.locator(box).blur()


def pages_tell(root: Path) -> None:
    """Everybody's page has what a person gave, what lateness takes, and who waits."""
    done = autograder(root, "feedback", NAME)
    waiting = [row.student for row in IN_CLASS if row.status in ("waits for a person", "not graded")]
    assert f"{len(waiting)} wait for a person" in done.stderr
    for row in HANDED_IN:
        page = (root / "feedback" / row.student / NAME / f"{NAME}.html").read_text()
        said = " ".join(re.sub(r"<[^>]+>", "", page).split())
        if row.raw is None:
            assert row.status == "left" or "not graded yet" in said
            continue
        assert f"{row.raw:g} of {20 if row.by_hand is not None else 10} points" in said, row
        late = f"Handed in late: {row.raw:g} points − {row.penalty:g} = {row.final} points"
        assert (f"− {row.penalty:g} = {row.final or 0:g} points" in said) == bool(row.penalty), (row, late)
    rosa = (root / "feedback" / "rosa_blank" / NAME / f"{NAME}.html").read_text()
    assert ("No response." in rosa, "What a person wrote" in rosa) == (True, False)
    ines = (root / "feedback" / "ines_pair" / NAME / f"{NAME}.html").read_text()
    assert "Good, but <em>which</em> pair?" in ines
    assert "Good, but" not in (root / "feedback" / "pair_ext" / NAME / f"{NAME}.html").read_text()
    assert "<b>See</b>" not in (root / "feedback" / "day_and_1s" / NAME / f"{NAME}.html").read_text()


def lateness_agrees(root: Path) -> None:
    """Our table and nbgrader's gradebook say the same, to the cent."""
    rows = json.loads(autograder(root, "late", NAME, "--all", "--json").stdout)["students"]
    found = {r["student"]: (r["raw"], r["penalty"], r["final"], r["status"]) for r in rows}
    assert found == {
        row.student: (
            row.raw,
            row.penalty,
            None if row.raw is None or row.penalty is None else round(row.raw - row.penalty, 2),
            row.status,
        )
        for row in IN_CLASS
    }
    late = {row.student for row in IN_CLASS if row.came is not None and row.came > DUE}
    shown = autograder(root, "late", NAME).stdout
    assert {line.split()[0] for line in shown.split("\n\n")[0].splitlines()[2:]} == late


def gradebook_agrees(root: Path) -> None:
    """What the formgrader and `nbgrader export` show."""
    with open_gradebook(load_course(root).db_url, "gene46100") as book:
        rows = {s.student_id: s for s in book.assignment_submissions(NAME)}
        for row in IN_CLASS:
            if row.raw is None:
                continue
            penalty = rows[row.student].late_submission_penalty or 0.0
            assert (round(rows[row.student].score, 6), penalty) == (row.raw, row.penalty), row


def scores_go_out(root: Path) -> None:
    """Into Canvas: identities and one column; four ways of having no score stay four."""
    canvas(root / "december.csv", list(EXPECTED.values()), BEFORE)  # Canvas may show who left
    done = autograder(root, "export", NAME, "--form", "canvas", "--fill", "december.csv")
    with (root / f"canvas-{NAME}.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Term (70011)"]
    cells = {row["SIS Login ID"]: row["Term (70011)"] for row in rows if row["SIS User ID"]}
    expected = {}
    for row in EXPECTED.values():
        kept = BEFORE.get(row.student, "")
        expected[row.student] = f"{row.final:.2f}" if row.status == "graded" and kept != "EX" else kept
    assert cells == expected
    assert all(name[0] not in "=+-@" for name in (row["Student"] for row in rows) if name)
    with (root / f"canvas-{NAME}-status.csv").open(encoding="utf-8", newline="") as file:
        status = {row["student_id"]: row for row in csv.DictReader(file) if row["student_id"]}
    assert {name: row["status"] for name, row in status.items() if name != "gone_left"} == {
        row.student: row.status for row in IN_CLASS
    }
    assert status["gone_left"]["status"] == ""
    assert "changed: grace_end 3.00 → 19.00" in done.stderr
    assert f"{NAME}: 2 not graded: tao_broken, uma_broken" in done.stderr
    assert f"{NAME}: 1 handed in nothing: nobody_missing" in done.stderr


def other_exports_agree(root: Path) -> None:
    """nbgrader's CSV and the long table, question by question."""
    autograder(root, "export", NAME)
    with (root / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {name: row["status"] for name, row in rows.items()} == {r.student: r.status for r in IN_CLASS}
    for row in IN_CLASS:
        if row.raw is not None:
            found = rows[row.student]
            got = tuple(float(found[n]) for n in ("raw_score", "late_submission_penalty", "score"))
            assert got == (row.raw, row.penalty, round(row.raw - row.penalty, 2)), row
        else:
            assert rows[row.student]["score"] == ""
    autograder(root, "export", NAME, "--form", "long")
    with (root / "grades-long.csv").open(encoding="utf-8", newline="") as file:
        long = list(csv.DictReader(file))
    by_hand = {r["student_id"]: r["score"] for r in long if r["row"] == "question" and r["question"] == "m1"}
    assert by_hand == {r.student: "" if r.by_hand is None else str(r.by_hand) for r in IN_CLASS}
    checks = Counter(r["student_id"] for r in long if r["row"] == "check")
    assert set(checks.values()) == {4}
    assert checks.keys() == {r.student for r in IN_CLASS if r.raw is not None}


def test_term_from_roster_to_canvas(tmp_path: Path) -> None:
    """Every number is the one that was worked out by hand."""
    root = tmp_path / "course"
    assert (len(EXPECTED), len(HANDED_IN)) == (41, 40)
    make_course(root)
    for step in (
        roster_comes_in,
        hand_ins_come_in,
        class_is_graded_with_two_interruptions,
        person_grades,
        pages_tell,
        lateness_agrees,
        scores_go_out,
        gradebook_agrees,
        other_exports_agree,
    ):
        began = time.monotonic()
        step(root)
        print(f"{step.__name__}: {time.monotonic() - began:.1f} s")
