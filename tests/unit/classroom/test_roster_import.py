"""A class is taken over from Canvas, Gradescope and tables."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from autograder.classroom import roster, roster_import
from autograder.config import CourseConfig
from autograder.errors import UsageError

pytest.importorskip("nbgrader")
pytestmark = pytest.mark.usefixtures("with_gradebook")

LMS = Path(__file__).parents[2] / "data" / "lms"
CANVAS = "Student,ID,SIS User ID,SIS Login ID,Section,A (1)\n"
GRADESCOPE = "First Name,Last Name,Email,SID,Role\n"


def take(course: CourseConfig, source: Path | str, **options: object) -> roster_import.Imported:
    """Import a file, or a text as one, and write what came of it."""
    if isinstance(source, str):
        path = course.home / "in.csv"
        path.write_text(source)
        source = path
    done = roster_import.import_file(course, source, **options)  # type: ignore[arg-type]
    roster_import.write(course, done.people)
    return done


def ids(course: CourseConfig, *names: str) -> list[tuple[str, ...]]:
    """Return columns of the roster as it is written."""
    return [tuple(getattr(p, n) for n in ("student", *names)) for p in roster.load(course).people]


def table_of_nbgrader(course: CourseConfig) -> list[tuple[object, ...]]:
    """Return the gradebook's students."""
    with sqlite3.connect(course.db_url.removeprefix("sqlite:///")) as book:
        return sorted(book.execute("select id, first_name, last_name, email, lms_user_id from student"))


def test_canvas_export_gives_students_and_nothing_else(course: CourseConfig) -> None:
    """Not the points, not the test student; ids are logins, and the gradebook has the names."""
    done = take(course, LMS / "canvas_plain.csv")
    assert done.added == ["ialvarez", "pjoneil", "adelacruz"]
    assert done.skipped == ["line 6: Canvas's own test student"]
    assert table_of_nbgrader(course) == [
        ("adelacruz", "Ana María", "de la Cruz", None, "103"),
        ("ialvarez", "Inés", "Alvarez", None, "101"),
        ("pjoneil", 'Pat "PJ"', "O'Neil", None, "102"),
    ]


def test_canvas_export_in_other_forms(course: CourseConfig) -> None:
    """CRLF, both rows that are no students, logins that are addresses, a name like a formula."""
    take(course, LMS / "canvas_crlf_manual_posting.csv")
    assert ids(course, "last_name", "sis_login_id") == [
        ("wng", "Ng", "wng@example.edu"),
        ("esum", "=SUM(A1)", "esum@example.edu"),
    ]
    assert b"'=SUM(A1)" in roster.path_of(course).read_bytes()


@pytest.mark.parametrize(
    "order", [("canvas_plain", "gradescope_roster"), ("gradescope_roster", "canvas_plain")]
)
def test_two_systems_are_one_class(course: CourseConfig, order: tuple[str, str]) -> None:
    """In either order: the SID without its zeros is the SIS User ID."""
    take(course, LMS / f"{order[0]}.csv")
    done = take(course, LMS / f"{order[1]}.csv")
    assert done.added == []
    assert sorted(ids(course, "canvas_id", "gradescope_sid", "email")) == [
        ("adelacruz", "103", "00900103", "adelacruz@example.edu"),
        ("ialvarez", "101", "00900101", "ialvarez@example.edu"),
        ("pjoneil", "102", "00900102", "pjoneil@example.edu"),
    ]
    assert any("TA, not a student" in s for s in done.skipped) is (order[1] == "gradescope_roster")


@pytest.mark.parametrize("name", ["canvas_plain", "gradescope_roster"])
def test_import_again_changes_nothing(course: CourseConfig, name: str) -> None:
    """Nor does the other system's file change back what it said before."""
    for one in ("canvas_plain", "gradescope_roster"):
        take(course, LMS / f"{one}.csv")
    take(course, LMS / f"{name}.csv")
    before = roster.path_of(course).read_bytes()
    done = take(course, LMS / f"{name}.csv")
    assert (done.added, done.changed, done.left, done.back) == ([], [], [], [])
    assert roster.path_of(course).read_bytes() == before


def test_columns_of_nbgrader_and_of_ours(course: CourseConfig) -> None:
    """The ids are taken as they are, whatever they look like."""
    take(course, "id,first_name,last_name,email,lms_user_id\nx@y.z,X,Y,,5\nb,,,,\n")
    assert ids(course, "first_name", "lms_user_id") == [("x@y.z", "X", "5"), ("b", "", "")]
    take(course, "student,also,status\nb,bobby; b2,left\n", part=True)
    assert ids(course, "also", "status")[1] == ("b", ("bobby", "b2"), "left")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Full Name,Email,Student ID,Role\nWei Ng,wng@x.org,007,student\n", ("wng", "Wei", "Ng", "", "007")),
        ("Name,Email,SID,Role,Sections\nNg,n@x.org,,0,A\n", ("n", "", "Ng", "", "")),
        ('Student,ID,Section,A (1)\n"Ng, Wei",201,A,3\n', ("201", "Wei", "Ng", "", "")),
        ("first name , SURNAME,Email address,ID number\nWei,Ng,wng@x.org,7\n", ("wng", "Wei", "Ng", "7", "")),
        (
            "Student,ID,SIS User ID,SIS Login ID,Integration ID,Section\n ,,,,,\nWei Ng,1,7,wng,x,A\n",
            ("wng", "Wei", "Ng", "7", ""),
        ),
        (
            'Student,ID,Student Number,SIS User ID,SIS Login ID,Section,A ()\nMuted,,,,,,Muted\n"Ng, Wei",1,5,7,wng,A,\n',
            ("wng", "Wei", "Ng", "7", ""),
        ),
    ],
)
def test_other_columns_of_the_same_files(course: CourseConfig, text: str, expected: tuple[str, ...]) -> None:
    """Found by name, whatever stands between them; Moodle's list of participants, too."""
    take(course, text)
    assert ids(course, "first_name", "last_name", "sis_user_id", "gradescope_sid") == [expected]


def test_who_is_missing_from_a_newer_file_has_left(course: CourseConfig) -> None:
    """They are marked and keep everything; a part of the class says nothing about the rest."""
    rows = [f'"L{n}, F{n}",{n},S{n},l{n},A,\n' for n in range(6)]
    take(course, CANVAS + "".join(rows))
    assert take(course, CANVAS + "".join(rows[:3]), part=True).left == []
    done = take(course, CANVAS + "".join(rows[:5]))
    assert done.left == ["l5"]
    assert roster.load(course).left == {"l5"}
    assert "l5" in {row[0] for row in table_of_nbgrader(course)}
    assert take(course, CANVAS + "".join(rows)).back == ["l5"]


def test_another_class_does_not_end_this_one(course: CourseConfig) -> None:
    """A file without everybody, or without most of many, is refused."""
    rows = [f'"L{n}, F{n}",{n},S{n},l{n},A,\n' for n in range(20)]
    take(course, CANVAS + "".join(rows[:10]))
    before = roster.path_of(course).read_bytes()
    for some in (rows[10:], rows[:4]):
        with pytest.raises(UsageError, match="would be marked as having left; nothing was changed"):
            take(course, CANVAS + "".join(some))
    assert roster.path_of(course).read_bytes() == before


def test_who_left_canvas_is_not_brought_back_by_gradescope(course: CourseConfig) -> None:
    """People stay in Gradescope when they leave; a person says so."""
    for name in ("canvas_plain", "gradescope_roster"):
        take(course, LMS / f"{name}.csv")
    canvas = (LMS / "canvas_plain.csv").read_text()
    take(course, "".join(line for line in canvas.splitlines(keepends=True) if "O'Neil" not in line))
    done = take(course, LMS / "gradescope_roster.csv")
    assert roster.load(course).left == {"pjoneil"}
    assert "roster mark pjoneil --active" in done.notes[0]
    roster_import.write(course, roster_import.mark(roster.load(course), ("pjoneil",), roster.ACTIVE))
    assert roster.load(course).left == frozenset()


def test_namesakes_are_two_people(course: CourseConfig) -> None:
    """Also one who comes later, if the first is in the file by an identity."""
    take(course, CANVAS + '"Ng, Wei",1,S1,wng,A,\n')
    done = take(course, CANVAS + '"Ng, Wei",1,S1,wng,A,\n"Ng, Wei",2,S2,wng7,A,\n')
    assert done.added == ["wng7"]
    assert ids(course, "canvas_id") == [("wng", "1"), ("wng7", "2")]


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (GRADESCOPE + "Wei,Ng,wei@x.org,S9,Student\n", "the name is wng's, but sid s9 is not theirs"),
        (GRADESCOPE + "Bo,Li,bo@x.org,S1,Student\n", "sid is wng's, but the name is bli's"),
        (GRADESCOPE + "Wei,Ng,,S1,Student\nBo,Li,,S1,Student\n", "sid is wng's, but the name is bli's"),
        (GRADESCOPE + "A,B,a@x.org,,Student\nA,C,a@x.org,,Student\n", "two rows of one person"),
        (GRADESCOPE + "Wei,Ng,a@x.org,,Student\nWei,Ng,b@x.org,,Student\n", "several rows have this name"),
    ],
)
def test_who_cannot_be_told_apart_is_refused(course: CourseConfig, second: str, said: str) -> None:
    """With the line, and the roster stays as it was."""
    take(course, CANVAS + '"Ng, Wei",1,S1,wng,A,\n"Li, Bo",2,S2,bli,A,\n')
    before = roster.path_of(course).read_bytes()
    with pytest.raises(UsageError, match="nothing was changed") as caught:
        take(course, second)
    assert said in str(caught.value)
    assert roster.path_of(course).read_bytes() == before


@pytest.mark.parametrize(
    ("how", "expected"),
    [("auto", ["a", "b@two.org"]), ("email", ["a", "b@two.org"]), ("sis", ["1", "2"])],
)
def test_ids_are_made_as_asked(course: CourseConfig, how: str, expected: list[str]) -> None:
    """The part before the @ only where it tells people apart."""
    take(course, "id\nb\n")
    rows = "A,A,A@one.org,1,Student\nB,B,b@two.org,2,Student\n"
    assert take(course, GRADESCOPE + rows, ids=how).added == expected


def test_twice_the_same_local_part(course: CourseConfig) -> None:
    """Then both keep the whole address."""
    rows = "A,A,x@one.org,1,Student\nB,B,x@two.org,2,Student\n"
    assert take(course, GRADESCOPE + rows).added == ["x@one.org", "x@two.org"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "neither Canvas's gradebook export"),
        (GRADESCOPE, "with nobody in it"),
        (CANVAS + "    Points Possible,,,,,100\n", "with nobody in it"),
        (GRADESCOPE + "A,B,x/y,,Student\n", "which no folder's name may have"),
        (CANVAS + "Ng, Wei,1,S1,wng,A,\n", "7 fields, but 6 columns"),
        ("id,first_name\nalice,A\nAlice,B\n", "lines 2 and 3: two rows of one person"),
    ],
)
def test_file_of_no_use_is_refused(course: CourseConfig, text: str, said: str) -> None:
    """Where, what, and what to do."""
    with pytest.raises(UsageError, match="nothing was") as caught:
        take(course, text)
    assert said in str(caught.value)
    assert not roster.path_of(course).exists()


def test_windows_encoding_is_read_and_told(course: CourseConfig) -> None:
    """An older spreadsheet saves so."""
    path = course.home / "in.csv"
    path.write_bytes((GRADESCOPE.replace(",", ";") + "José;Peña;jp@x.org;;Student\n").encode("cp1252"))
    done = take(course, path)
    assert ids(course, "first_name", "last_name") == [("jp", "José", "Peña")]
    assert any("Windows-1252" in sentence for sentence in done.skipped)


def test_gradebook_and_roster_are_written_together(
    course: CourseConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the gradebook cannot be opened there is no roster, and no file beside it."""
    done = roster_import.import_file(course, LMS / "canvas_plain.csv")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("sys.executable", str(course.home / "no" / "python"))
    with pytest.raises(UsageError, match="alembic"):
        roster_import.write(course, done.people)
    assert not [p for p in course.home.iterdir() if "roster" in p.name]


def test_scores_and_what_was_typed_into_nbgrader_stay(course: CourseConfig) -> None:
    """An import sets what it knows and takes nothing away."""
    take(course, LMS / "gradescope_roster.csv")
    with sqlite3.connect(course.db_url.removeprefix("sqlite:///")) as book:
        book.execute("update student set lms_user_id = 'typed' where id = 'pjoneil'")
    take(course, LMS / "gradescope_roster.csv")
    assert {row[0]: row[4] for row in table_of_nbgrader(course)}["pjoneil"] == "typed"


def test_marking_somebody_unknown_is_refused(course: CourseConfig) -> None:
    """With who may be meant."""
    take(course, LMS / "canvas_plain.csv")
    with pytest.raises(UsageError, match="Did you mean ialvarez"):
        roster_import.mark(roster.load(course), ("Inés Alvarez",), roster.LEFT)
