"""Who is in the class: the file, and who is found by what."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.classroom import csv_files, roster
from autograder.classroom.roster import Claim, Person, Roster
from autograder.config import CourseConfig
from autograder.errors import UsageError

PEOPLE = Roster(
    (
        Person(
            student="ialvarez",
            first_name="Inés",
            last_name="Alvarez",
            email="ialvarez@example.edu",
            canvas_id="101",
            sis_user_id="900101",
            gradescope_sid="00900101",
        ),
        Person(
            student="pjoneil",
            first_name='Pat "PJ"',
            last_name="O'Neil",
            canvas_id="102",
            sis_user_id="900102",
        ),
        Person(
            student="wng", first_name="Wei", last_name="Ng", canvas_id="201", sis_login_id="wng@example.edu"
        ),
        Person(
            student="wng2",
            first_name="Wei",
            last_name="Ng",
            canvas_id="202",
            also=("wei the second", "anon_9"),
        ),
        Person(student="gone", first_name="Max", last_name="Left", sis_user_id="7", status="left"),
    )
)


def save(course: CourseConfig, text: str, encoding: str = "utf-8") -> None:
    """Write the course's roster."""
    roster.path_of(course).write_bytes(text.encode(encoding))


@pytest.mark.parametrize(
    ("claim", "student"),
    [
        (Claim(email="IAlvarez@EXAMPLE.edu"), "ialvarez"),
        (Claim(sid="900101"), "ialvarez"),  # a spreadsheet took the zeros away
        (Claim(sid="00900102"), "pjoneil"),  # Canvas's SIS User ID is Gradescope's SID
        (Claim(canvas_id="102", squashed="teamfive"), "pjoneil"),  # a group's name is nobody's
        (Claim(canvas_id="102", squashed="oneilpat"), "pjoneil"),
        (Claim(squashed="alvarezines"), "ialvarez"),
        (Claim(email="wng@example.edu"), "wng"),  # a login that is an address
        (Claim(name="Inés Alvarez"), "ialvarez"),
        (Claim(name="Ine\u0301s  alvarez"), "ialvarez"),  # an accent of its own, two spaces
        (Claim(name="Alvarez, Inés"), "ialvarez"),
        (Claim(name="Pat O’Neil"), "pjoneil"),  # without the nickname, with another apostrophe
        (Claim(name="PJ O'Neil"), "pjoneil"),
        (Claim(name="Wei Ng", email="wng2@other.org"), "wng2"),  # the part before the @ tells namesakes apart
        (Claim(name="Wei the Second"), "wng2"),
        (Claim(student="PJONEIL"), "pjoneil"),
        (Claim(sid="7"), "gone"),
    ],
)
def test_person_is_found_by_identity_then_by_name(claim: Claim, student: str) -> None:
    """Whatever the case, the accents' form, and leading zeros."""
    match = PEOPLE.find(claim)
    assert match.person is not None, match.why_not
    assert match.person.student == student


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        (Claim(name="Wei Ng"), "several people have this name: wng, wng2"),
        (Claim(email="ialvarez@example.edu", sid="900102"), "several people have this email, sid"),
        (Claim(sid="900102", name="Inés Alvarez"), "sid is pjoneil's, but the name is ialvarez's"),
        (Claim(name="Inés Alvarez", sid="4711"), "the name is ialvarez's, but sid 4711 is not theirs"),
        (Claim(name="Inés Alvarez", email="ines@home.org"), "the name is ialvarez's, but email"),
        (Claim(canvas_id="999", squashed="alvarezines"), "the name is ialvarez's, but canvas_id 999"),
        (Claim(name="Ines Alvares"), "nobody in the roster (nearest: Inés Alvarez)"),
        (Claim(email="ialvarez@elsewhere.org"), "nobody in the roster"),
        (Claim(sid="0"), "nobody in the roster"),
        (Claim(), "nobody in the roster"),
    ],
)
def test_nobody_is_guessed(claim: Claim, why: str) -> None:
    """Several, a contradiction, something near: none of them is a person."""
    match = PEOPLE.find(claim)
    assert match.person is None
    assert match.why_not.startswith(why)


def test_roster_is_read_as_it_was_written(course: CourseConfig) -> None:
    """Also names that a spreadsheet would take for formulas, quotes, several other names, columns of one's own."""
    odd = [
        Person(
            student="eve", first_name="=1+1", last_name="@Sum", also=("-x", "y z"), extra=(("notes", "'=a"),)
        ),
        Person(
            student="a.b@c.d",
            first_name="'Aisha",
            last_name='"Q", x',
            section="A and B",
            extra=(("notes", ""),),
        ),
        Person(student="漢字", first_name="名", status="left", extra=(("notes", "ok"),)),
    ]
    content = roster.as_csv(Roster(tuple(odd), ("notes",)))
    roster.path_of(course).write_bytes(content)
    assert roster.load(course).people == tuple(odd)
    assert roster.as_csv(roster.load(course)) == content
    assert not any(
        cell.startswith(("=", "@", "-", "+"))
        for line in content.decode("utf-8-sig").split("\n")
        for cell in line.split(",")
    )


def test_no_roster_is_an_empty_one(course: CourseConfig) -> None:
    """A course works without."""
    found = roster.load(course)
    assert (found.people, found.active, found.left) == ((), (), frozenset())


def test_who_left_is_not_active(course: CourseConfig) -> None:
    """The others see two lists."""
    save(course, "student,status\nalice,\nbob,Left\n")
    found = roster.load(course)
    assert [p.student for p in found.active] == ["alice"]
    assert found.left == {"bob"}
    assert roster.in_class(course, {"alice": 1, "bob": 2, "not in it": 3}) == {"alice": 1, "not in it": 3}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_roster_that_a_spreadsheet_saved_is_read(
    course: CourseConfig, encoding: str, end: str, separator: str
) -> None:
    """Marks, line ends, separators, empty lines, missing columns, columns of one's own."""
    lines = ["student,last_name,seat", "a,Ñandú,3", "", ",,", "b,Çelik,"]
    save(course, end.join(lines).replace(",", separator), encoding)
    found = roster.load(course)
    assert [(p.student, p.last_name, p.extra) for p in found.people] == [
        ("a", "Ñandú", (("seat", "3"),)),
        ("b", "Çelik", (("seat", ""),)),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name\nx\n", "no column student"),
        ("student\nalice\nAlice\n", "two people have the student id 'Alice' (and 'alice')"),
        ("student\nbob\nbob\n", "two people have the student id 'bob'"),
        ("student,status\nbob,gone\n", "line 2: status 'gone'; write active or left"),
        ("student,first_name\n,x\n", "line 2: student '' is empty"),
        ("student\nx/y\n", "which no folder's name may have"),
        ("student\n.git\n", "begins with '.'"),
        ("student,a\nx,y,z\n", "line 2: 3 fields, but 2 columns"),
        ('student\n"x\n', "unexpected end of data"),
        ("", "is empty"),
        ("student\0\n", "is no CSV file"),
    ],
)
def test_roster_with_a_fault_is_refused_with_its_line(course: CourseConfig, text: str, said: str) -> None:
    """And nothing is made of the rest."""
    save(course, text)
    with pytest.raises(UsageError, match=r"[nN]othing was") as caught:
        roster.load(course)
    assert said in str(caught.value)
    assert str(roster.path_of(course)) in str(caught.value)


def test_file_without_end_is_no_table(tmp_path: Path) -> None:
    """A sparse file is not read into memory."""
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(csv_files.MAX_BYTES + 1)
    with pytest.raises(UsageError, match="no table of people"):
        csv_files.read(path)


def test_table_for_a_terminal_is_harmless() -> None:
    """Control characters in a name obey nobody."""
    people = [Person(student="a", first_name="\x1b[31mred", last_name="\u202ex")]
    shown = roster.as_table(people)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
