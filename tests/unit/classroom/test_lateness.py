"""When hand-ins came and when they were due, from the files of a course."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autograder.classroom import late_table, lateness, times
from autograder.classroom.lateness import Clock, handed_in_at, of_class
from autograder.config import CourseConfig, load_course
from autograder.errors import UsageError

DUE = datetime(2026, 4, 3, 12, tzinfo=UTC)


def course(folder: Path, *lines: str, due: tuple[str, ...] = ("one",)) -> CourseConfig:
    """Write a course whose assignments are due a week apart, at noon."""
    dates = {name: (DUE + timedelta(weeks=i)).isoformat() for i, name in enumerate(due)}
    text = ["c = get_config()", 'c.CourseDirectory.course_id = "demo"', f"c.Autograder.due_dates = {dates!r}"]
    (folder / "gradebook_config.py").write_text("\n".join([*text, *lines]), encoding="utf-8")
    return load_course(folder)


def hand_in(found: CourseConfig, student: str, assignment: str = "one", late_h: float | None = 0) -> Path:
    """Hand something in so many hours after its assignment's due date; None: without a time."""
    folder = found.submitted / student / assignment
    folder.mkdir(parents=True)
    if late_h is not None:
        time = found.due_dates[assignment] + timedelta(hours=late_h)
        (folder / "timestamp.txt").write_text(time.strftime("%Y-%m-%d %H:%M:%S.%f UTC"))
    return folder


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2015-02-02 15:58:23.948203 America/Los_Angeles", "2015-02-02T23:58:23.948203"),
        ("2015-02-02 15:58:23 UTC", "2015-02-02T15:58:23"),
        ("2015-02-02 15:58:23", "2015-02-02T15:58:23"),
        ("2015-02-02 15:58:23 -0500", "2015-02-02T20:58:23"),
        ("2015-02-02T15:58:23+01:00\r\n", "2015-02-02T14:58:23"),
        ("2026-04-03 21:58:07.938335000 Z", "2026-04-03T21:58:07.938335"),
        ("  Apr 3, 2026 11:59 PM ", "2026-04-03T23:59:00"),
        ("2026-07-03 12:00 Europe/Berlin", "2026-07-03T10:00:00"),
        ("2026-01-03 12:00 Europe/Berlin", "2026-01-03T11:00:00"),
    ],
)
def test_times_are_read_as_nbgrader_does(text: str, time: str) -> None:
    """Its forms with a zone's name or none, ISO 8601, and what other tools write; as UTC."""
    assert times.read(text) == datetime.fromisoformat(time).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "12:00",
        "tomorrow",
        "2026-04-03",
        "2026-04-03 12:00 Mars/Base",
        "2026-04-03 10:00 CDT",
        "0001-01-01 00:00 UTC",
        "2026-04-03T10:00:00+02:00 UTC",
        "1" * 400,
        "2026-02-30 10:00",
        "1775253487",
    ],
)
def test_half_a_time_is_none(text: str) -> None:
    """What is missing must not come from today's date, nor an unknown zone count as UTC."""
    with pytest.raises(ValueError):
        times.read(text)
    assert times.parse_nbgrader(text) is None


def test_a_file_that_is_none_is_not_believed(tmp_path: Path) -> None:
    """Links, pipes, folders, long files, other encodings: each says why, and nothing hangs."""
    (tmp_path / "secret").write_text("2026-04-03 12:00")
    made = {
        name: tmp_path / "s" / name for name in ("link", "pipe", "folder", "long", "bytes", "bom", "none")
    }
    for folder in made.values():
        folder.mkdir(parents=True)
    (made["link"] / "timestamp.txt").symlink_to(tmp_path / "secret")
    os.mkfifo(made["pipe"] / "timestamp.txt")
    (made["folder"] / "timestamp.txt").mkdir()
    (made["long"] / "timestamp.txt").write_text("2026-04-03 12:00" + " " * 5000)
    (made["bytes"] / "timestamp.txt").write_bytes(b"\xff\xfe\x00")
    (made["bom"] / "timestamp.txt").write_bytes(b"\xef\xbb\xbf2026-04-03 12:00 UTC\r\n")
    for name in ("link", "pipe", "folder", "long", "bytes"):
        time, why = handed_in_at(made[name])
        assert time is None, name
        assert why.startswith("timestamp.txt cannot be read ("), name
    assert handed_in_at(made["bom"]) == (DUE, "")
    assert handed_in_at(made["none"]) == (None, "no timestamp.txt")
    (tmp_path / "s" / "behind").symlink_to(made["bom"])
    assert handed_in_at(tmp_path / "s" / "behind") == (None, "its folder is behind a link")


def test_slack_days_are_spent_in_the_order_of_due_dates(tmp_path: Path) -> None:
    """Three days: two for the first, one of the two that the third needs; the second was in time."""
    found = course(
        tmp_path,
        "c.Autograder.late_percent = 10",
        "c.Autograder.late_slack_days = 3",
        due=("zeta", "beta", "alpha"),
    )
    hand_in(found, "ada", "zeta", 30)
    hand_in(found, "ada", "beta", -1)
    hand_in(found, "ada", "alpha", 47)
    clock = Clock(found)
    used = {name: clock.of(name, "ada") for name in ("zeta", "beta", "alpha")}
    assert [(one.slack_used, one.slack_left, one.units) for one in used.values()] == [
        (2, 1, 0),
        (0, 1, 0),
        (1, 0, 1),
    ]
    assert used["alpha"].charge(50, 100).final == 45


def test_slack_is_not_spent_where_it_buys_nothing(tmp_path: Path) -> None:
    """After the cut-off, where lateness costs nothing, or beyond what one hand-in may use."""
    found = course(
        tmp_path,
        "c.Autograder.late_percent = 10",
        "c.Autograder.late_slack_days = 5",
        "c.Autograder.late_slack_days_each = 1",
        'c.Autograder.late_by_assignment = {"cut": {"cutoff_days": 1}, "free": {"percent": 0}, "none": {"slack_days_each": 0}}',
        due=("cut", "free", "none", "plain"),
    )
    for name in found.due_dates:
        hand_in(found, "ada", name, 49)
    clock = Clock(found)
    assert [clock.of(name, "ada").slack_used for name in found.due_dates] == [0, 0, 0, 1]
    # Cut off; nothing; three days at 10 %; three days less one of slack.
    assert [clock.of(name, "ada").charge(10, 10).final for name in found.due_dates] == [0, 10, 7, 8]


def test_extensions_come_from_the_course_file_and_a_table(tmp_path: Path) -> None:
    """One assignment's goes before that for all; a table may have marks, semicolons and columns of its own."""
    found = course(
        tmp_path,
        'c.Autograder.extensions = {"one": {"ada": "2 days"}, "*": {"ada": "1 day", "bob": "12 hours"}}',
        due=("one", "two"),
    )
    (tmp_path / "extensions.csv").write_bytes(
        "\ufeffassignment;student;extension;why\r\n"
        "one;Zoë Müller;2026-04-05T12:00:00+00:00;illness\r\none;ada;48 hours;the same\r\n;;;\r\n".encode()
    )
    for student in ("ada", "bob", "Zoë Müller", "cy"):
        hand_in(found, student, "one", 40)
    clock = Clock(found)
    due = {s: clock.deadline("one", s) for s in ("ada", "bob", "Zoë Müller", "cy")}
    assert due == {
        "ada": (DUE + timedelta(days=2), True),
        "bob": (DUE + timedelta(hours=12), True),
        "Zoë Müller": (DUE + timedelta(days=2), True),
        "cy": (DUE, False),
    }
    assert clock.deadline("two", "ada") == (DUE + timedelta(days=8), True)
    assert clock.of("one", "ada").late_by == timedelta(0)
    assert clock.of("one", "bob").late_by == timedelta(hours=28)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("assignment,student\none,ada\n", "no column extension"),
        ("assignment,student,extension\none,ada,soon\n", r"line 2: extension is 'soon'; write '2 days'"),
        (
            "assignment,student,extension\nnine,ada,1 day\n",
            r"line 2: 'nine' has no due date to extend.*has: one",
        ),
        ("assignment,student,extension\none,,1 day\n", "line 2: no assignment, or no student"),
        (
            "assignment,student,extension\none,ada,1 day\none,ada,2 days\n",
            "line 3: 'ada' has another extension for 'one' at .*line 2",
        ),
        (
            "assignment,student,extension\n*,ada,2026-04-09T12:00:00+00:00\n",
            "one time cannot be the due time of every",
        ),
        ("assignment,student,extension\none,ada,2026-04-01T12:00:00+00:00\n", "is before the due date"),
    ],
)
def test_a_table_of_extensions_that_is_wrong_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """With the line; else a student would be charged for a slip of the pen."""
    found = course(tmp_path)
    (tmp_path / "extensions.csv").write_text(text)
    with pytest.raises(UsageError, match=said):
        Clock(found)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('c.Autograder.extensions = {"one": {"ada": "later"}}', r"extensions\['one'\]\['ada'\] is 'later'"),
        ('c.Autograder.late_percent = float("nan")', "late_percent is nan"),
        ("c.Autograder.late_percent = 101", "late_percent.*100"),
        ('c.Autograder.late_per = "week"', "late_per"),
        ('c.Autograder.late_by_assignment = {"one": {"percnt": 5}}', "has 'percnt'; known are cutoff_days"),
        ('c.Autograder.late_by_assignment = {"one": {"slack_days": 5}}', "has 'slack_days'"),
        ('c.Autograder.late_by_assignment = {"one": {"percent": 500}}', r"late_by_assignment\['one'\].*100"),
    ],
)
def test_course_file_that_is_wrong_is_refused(tmp_path: Path, line: str, said: str) -> None:
    """Where, what was found, what to do."""
    with pytest.raises(UsageError, match=said):
        course(tmp_path, line)


def test_one_assignment_may_have_its_own_rule(tmp_path: Path) -> None:
    """What it does not say is the course's."""
    found = course(
        tmp_path,
        "c.Autograder.late_percent = 10",
        "c.Autograder.late_grace_minutes = 5",
        'c.Autograder.late_by_assignment = {"two": {"percent": 50, "cutoff_days": 2}}',
        due=("one", "two"),
    )
    assert found.late_rule("one").words() == "10 % of the score for each started day; 5 min of grace"
    assert found.late_rule("two").words() == (
        "50 % of the score for each started day; 5 min of grace; 0 points after 2 days"
    )


def test_what_cannot_be_told_is_said(tmp_path: Path) -> None:
    """Hand-ins without a time, with one that cannot be read, and an extension of nobody."""
    found = course(tmp_path, 'c.Autograder.extensions = {"one": {"adda": "2 days"}}')
    hand_in(found, "ada", late_h=None)
    (hand_in(found, "bob") / "timestamp.txt").write_text("yesterday\x1b[31m")
    of_one = of_class(found, "one")
    assert [note.split(",")[0] for note in of_one.notes] == [
        "'adda' has an extension",
        "bob: timestamp.txt says no time that can be read: 'yesterday\\x1b[31m'; counts as in time. Correct the file",
        "one: 1 hand-in(s) without timestamp.txt",
    ]
    assert of_one.get("nobody").charge(5, 10).final == 5


def test_table_shows_who_was_late_without_a_gradebook(tmp_path: Path) -> None:
    """Before any grading: when each came, and by what rule; all of them only if asked for."""
    found = course(tmp_path, "c.Autograder.late_percent = 10")
    hand_in(found, "ada", late_h=25)
    hand_in(found, "bob", late_h=-3)
    shown = late_table.of_assignment(found, "one")
    assert [(row.student, row.late_s, row.raw) for row in shown.rows] == [("ada", 90_000, None)]
    assert shown.rows[0].why == "1 d 1 h late: 2 days × 10 % of the score"
    assert shown.summary.startswith(
        "one: due 2026-04-03 12:00+00:00; 1 of 2 hand-ins late. Rule: 10 % of the score"
    )
    assert [row.student for row in late_table.of_assignment(found, "one", everybody=True).rows] == [
        "ada",
        "bob",
    ]
    with pytest.raises(UsageError, match="'two': no such assignment"):
        late_table.of_assignment(found, "two")


def test_without_a_due_date_nothing_is_late(tmp_path: Path) -> None:
    """And nobody asks for a time."""
    found = course(tmp_path, due=())
    (found.submitted / "ada" / "one").mkdir(parents=True)
    assert of_class(found, "one").notes == ()
    assert "no due date" in late_table.of_assignment(found, "one").summary


def test_naive_is_nbgraders_form_of_a_time() -> None:
    """UTC without saying so."""
    assert lateness.naive(DUE.astimezone()) == datetime(2026, 4, 3, 12)
