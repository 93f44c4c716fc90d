"""Addresses of gradebooks: what they say, and that no password of one is ever shown."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder import gradebook_url
from autograder.config import load_course
from autograder.errors import UsageError

PACKAGE = Path(gradebook_url.__file__).parent
SECRET = "hunter2"
SHOWERS = ("shown", "without_secrets", "first_line")

SHOWN = {
    "sqlite:////course/gradebook.db": "sqlite:////course/gradebook.db",
    "sqlite:////with:colon@sign/gradebook.db": "sqlite:////with:colon@sign/gradebook.db",
    "postgresql://db.example.edu/grades": "postgresql://db.example.edu/grades",
    "postgresql://ada@db/grades": "postgresql://ada@db/grades",
    "postgresql://ada:hunter2@db:5432/grades": "postgresql://ada:***@db:5432/grades",
    "postgresql+psycopg://ada:hunter2@db/grades?sslmode=require": "postgresql+psycopg://ada:***@db/grades?sslmode=require",
    "postgresql://:hunter2@db/grades": "postgresql://:***@db/grades",
    "postgresql://ada:hun@ter2@db/grades": "postgresql://ada:***@db/grades",
    "postgresql://ada:hunter2?@db/grades": "postgresql://ada:***@db/grades",
    "postgresql://ada:a/b#c@db/grades": "postgresql://ada:***@db/grades",
    "postgresql:///grades?user=ada&password=hunter2": "postgresql:///grades?user=ada&password=***",
    "postgresql:///grades?user=a@b&password=hunter2&sslmode=require": "postgresql:///grades?user=a@b&password=***&sslmode=require",
    "postgresql:///grades?sslpassword=hunter2": "postgresql:///grades?sslpassword=***",
    "postgresql:///grades?passfile=/home/ada/.pgpass": "postgresql:///grades?passfile=/home/ada/.pgpass",
    "mysql://ada:hunter2@db/grades?ssl_key=/k": "mysql://ada:***@db/grades?ssl_key=/k",
    "postgresql:ada:hunter2@db/grades": "postgresql:***@db/grades",
    "ada:hunter2@db/grades": "ada:***@db/grades",
    "": "",
}


@pytest.mark.parametrize("url", SHOWN)
def test_shown_address_has_no_password(url: str) -> None:
    """Wherever it stands, also where the address has a slip."""
    assert gradebook_url.shown(url) == SHOWN[url]


@given(
    user=st.text("abz", max_size=5),
    password=st.text("x@:/?#&=%[] é", min_size=1, max_size=12).map(lambda text: f"Q{text}Q"),
    tail=st.sampled_from(["db/g", "db:5432/g?sslmode=require", "[::1]/g", "/g?user=a@b", ""]),
)
def test_no_password_is_shown_whatever_is_in_it(user: str, password: str, tail: str) -> None:
    """Signs that should have been written as %40 and the like do not let a part of it out."""
    url = f"postgresql://{user}:{password}@{tail}"
    assert "Q" not in gradebook_url.shown(url)
    assert "Q" not in gradebook_url.without_secrets(f"could not connect to {url}: bad {password}", url)


def test_texts_lose_the_password_as_written_and_as_meant() -> None:
    """A driver unquotes it before it speaks."""
    url = "postgresql://ada:p%40ss@db/grades?sslpassword=k%2Fey"
    text = gradebook_url.without_secrets("bad p@ss, p%40ss, k/ey; user ada at db", url)
    assert text == "bad ***, ***, ***; user ada at db"
    assert gradebook_url.without_secrets("untouched", "") == "untouched"


def test_file_of_a_gradebook_is_known() -> None:
    """Relative, absolute, with a driver and with options; no server's database has one."""
    files = {
        "sqlite:///gradebook.db": Path("gradebook.db"),
        "sqlite:////course/gradebook.db": Path("/course/gradebook.db"),
        "sqlite+pysqlite:////course/a b.db?timeout=30": Path("/course/a b.db"),
        "sqlite://": None,
        "sqlite:///:memory:": None,
        "postgresql:///grades": None,
        "no address": None,
    }
    assert {url: gradebook_url.sqlite_file(url) for url in files} == files


WRONG = {
    "gradebook.db": "it is no address; write sqlite:////folder/gradebook.db or postgresql://",
    "postgres://ada:hunter2@db/grades": "write postgresql:// for postgres://",
    "postgresql://ada:hunter2@4@db/grades": "write %40 for @",
    "postgresql://ada/x:hunter2@db/grades": "write %40 for @, %2F for /",
    "postgresql://ada:hunter2@db:fivefour/grades": "the port, after the host's name and a colon, is no number",
}


@pytest.mark.parametrize("url", WRONG)
def test_address_that_cannot_work_is_refused_with_the_course_file(url: str, tmp_path: Path) -> None:
    """With what to write, without the password."""
    (tmp_path / "gradebook_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.course_id = 'x'\nc.CourseDirectory.db_url = {url!r}\n"
    )
    with pytest.raises(UsageError) as refused:
        load_course(tmp_path)
    assert WRONG[url] in str(refused.value)
    assert "c.CourseDirectory.db_url" in str(refused.value)
    assert SECRET not in str(refused.value)


def test_address_that_is_no_text_is_refused_without_showing_it(tmp_path: Path) -> None:
    """A list in the course file would be printed, else."""
    (tmp_path / "gradebook_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'x'\n"
        f"c.CourseDirectory.db_url = ['postgresql://ada:{SECRET}@db/grades']\n"
    )
    with pytest.raises(UsageError, match="db_url is a list; it must be a string in quotes") as refused:
        load_course(tmp_path)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "postgresql://db/grades",
        "postgresql:///grades",
        "postgresql://ada:p%40ss@[::1]:5432/grades",
        "postgresql+psycopg://ada@db/grades?host=a@b",
        "mysql://db/grades",
    ],
)
def test_address_that_may_work_is_left_alone(url: str) -> None:
    """Other databases are nbgrader's own matter."""
    assert gradebook_url.complaint(url) == ""


def test_patience_is_added_where_the_driver_knows_it() -> None:
    """What the address says itself counts."""
    patient = gradebook_url.patient("postgresql://db/grades?connect_timeout=60")
    assert patient.startswith(
        "postgresql://db/grades?connect_timeout=60&application_name=autograder&keepalives_idle="
    )
    assert patient.count("connect_timeout") == 1
    assert gradebook_url.patient("postgresql://db/grades").count("?") == 1
    for url in ("sqlite:////x.db", "postgresql+asyncpg://db/grades", "no address"):
        assert gradebook_url.patient(url) == url


def test_no_message_is_made_with_the_address_itself() -> None:
    """Every f-string of the package that holds one shows it without its password."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FormattedValue) and "db_url" in ast.unparse(node.value):
                call = node.value.func if isinstance(node.value, ast.Call) else None
                if call is None or ast.unparse(call).rpartition(".")[2] not in SHOWERS:
                    found.append(f"{path.relative_to(PACKAGE)}:{node.lineno}: {ast.unparse(node.value)}")
    # What makes the address of a server more patient, and is given to the driver.
    assert [one for one in found if not one.startswith("gradebook_url.py")] == []
