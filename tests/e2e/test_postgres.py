"""A gradebook in PostgreSQL: our commands, nbgrader's and the formgrader on a real server, also while it dies."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
import pytest

pytest.importorskip("nbgrader")
pytest.importorskip("psycopg", reason="the extra [postgres] is not installed")

import psycopg

from autograder import gradebook, gradebook_server
from autograder.author import gradebook_cells, steps
from autograder.author.begin import EXAMPLE, new_course
from autograder.classroom import export, grading
from autograder.config import CourseConfig, load_course
from autograder.errors import UsageError
from autograder.hosts import doctor
from autograder.model import CheckResult, GradingResult, Outcome, Question

# A gradebook of nbgrader's that cannot be made leaves its connection to the collector.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

PASSWORD = "hunter2 @:/?#&%"  # whatever a password may be
ASSIGNMENT = "ps1"
QUESTIONS = (Question(name="q1", title="", points=4), Question(name="q2", title="", points=2, manual=True))
STUDENTS = [f"student{n:02}" for n in range(12)]
WAIT_S = 60  # for a server to start or to stop; only a machine that stands still needs it


def programs() -> Path:
    """Return the folder of the server's programs; installed, if it is not there and we may."""
    found = _programs()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        # Debian would make and start a server of its own, for the whole machine.
        settings = Path("/etc/postgresql-common/createcluster.conf")
        if not settings.exists():
            settings.parent.mkdir(exist_ok=True)
            settings.write_text("create_main_cluster = false\n")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (
            ("update", "-qq"),
            (
                "install",
                "-y",
                "-qq",
                "--no-install-recommends",
                "-o",
                "Dpkg::Options::=--force-confold",
                "postgresql",
            ),
        ):
            done = subprocess.run(["apt-get", *words], env=quiet, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
        found = _programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    return found


def _programs() -> Path | None:
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name), reverse=True
    )
    path = shutil.which("initdb")
    folders += [Path(path).parent] if path else []
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


class Server:
    """A PostgreSQL of one's own: a folder, a free port of this machine, a process group."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.data = programs, folder / "data"
        self.log = folder / "server.log"
        self.user = "postgres" if os.geteuid() == 0 else None  # it refuses to be root
        words = folder / "password"
        words.write_text("admin")
        for path in (folder, words):
            if self.user:
                shutil.chown(path, self.user)
        self._run(
            "initdb", "--pgdata", self.data, "--username=postgres", f"--pwfile={words}",
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.start()

    def _run(self, program: str, *words: object) -> None:
        done = subprocess.run(
            [self.programs / program, *map(str, words)],
            user=self.user,
            cwd="/",
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Start it, on the port of before if there was one, and wait until it answers."""
        for _ in range(5):
            if not self.port:
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", 0))
                    self.port = probe.getsockname()[1]
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    [
                        self.programs / "postgres", "-D", self.data, "-p", str(self.port),
                        "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=20",
                    ],
                    user=self.user, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                )  # fmt: skip
            end = time.monotonic() + WAIT_S
            while self.process.poll() is None and time.monotonic() < end:
                try:
                    psycopg.connect(self.admin("postgres"), connect_timeout=5).close()
                except psycopg.OperationalError:
                    time.sleep(0.1)
                else:
                    return
            self.die()
            self.port = 0  # somebody else's by now
        raise AssertionError(self.log.read_text(errors="replace")[-3000:])

    def die(self) -> None:
        """Kill all of it, as a power cut would."""
        assert self.process is not None
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(WAIT_S)

    def stop(self) -> None:
        """Shut it down in order, without waiting for clients."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self.die()

    def admin(self, database: str) -> str:
        """Return the administrator's address of a database, for psycopg."""
        return f"postgresql://postgres:admin@127.0.0.1:{self.port}/{database}"

    def new(self, database: str) -> str:
        """Make a user's database; return its address as a course file has it."""
        with psycopg.connect(self.admin("postgres"), autocommit=True) as link:
            if not link.execute("SELECT 1 FROM pg_roles WHERE rolname = 'ada'").fetchone():
                link.execute(psycopg.sql.SQL("CREATE ROLE ada LOGIN PASSWORD {}").format(PASSWORD))
            link.execute(
                psycopg.sql.SQL("CREATE DATABASE {} OWNER ada").format(psycopg.sql.Identifier(database))
            )
        return f"postgresql://ada:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/{database}"

    def ask(self, database: str, question: str) -> list[tuple[Any, ...]]:
        """Ask as the administrator."""
        with psycopg.connect(self.admin(database)) as link:
            return link.execute(question).fetchall()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests here."""
    found = programs()
    # Every folder above must be open to the server's user.
    with closing(_Folder()) as folder:
        made = Server(found, folder.path)
        try:
            yield made
        finally:
            made.stop()


class _Folder:
    def __init__(self) -> None:
        import tempfile

        self.path = Path(tempfile.mkdtemp(prefix="autograder-postgres-"))

    def close(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


@pytest.fixture
def url(server: Server, request: pytest.FixtureRequest) -> str:
    """Return the address of a new, empty database; the server runs."""
    if server.process is None or server.process.poll() is not None:
        server.start()
    return server.new(f"db_{abs(hash(request.node.name)):x}"[:40])


def result(number: int, **more: Any) -> GradingResult:
    """Return a result whose points follow from a number; every seventh is a fault of ours."""
    check = CheckResult(
        question="q1", name="test_it", title="It.", outcome=Outcome.PASSED, score=float(number % 5), max_score=4.0, hidden=True
    )  # fmt: skip
    facts = {"assignment": ASSIGNMENT, "graded": number % 7 != 3, "questions": QUESTIONS, "checks": (check,)}
    return GradingResult(**(facts | more))


RESULTS = {student: result(number) for number, student in enumerate(STUDENTS)}


def course_of(url: str) -> CourseConfig:
    """Return a course of nothing but this gradebook."""
    root = Path(tempfile.mkdtemp(prefix="course-of-"))
    (root / "gradebook_config.py").write_text(
        f'c = get_config()\nc.CourseDirectory.course_id = "c"\nc.CourseDirectory.db_url = {url!r}\n'
    )
    try:
        return load_course(root)
    finally:
        shutil.rmtree(root)


def source(folder: Path) -> Path:
    """Write a source notebook with one check cell and one for a person."""

    def cell(text: str, name: str, points: float, *, solution: bool) -> Any:
        made = nbformat.v4.new_code_cell(text)
        made.metadata["nbgrader"] = {
            "schema_version": 3, "grade_id": name, "grade": True, "solution": solution,
            "locked": not solution, "task": False, "points": points,
        }  # fmt: skip
        return made

    notebook = nbformat.v4.new_notebook(
        cells=[
            cell("# check: q1\nassert True", "q1", 4, solution=False),
            cell("# manual: q2", "q2", 2, solution=True),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    path = folder / f"{ASSIGNMENT}.ipynb"
    nbformat.write(notebook, path)
    return path


def released(url: str, folder: Path) -> str:
    """Tell a gradebook about the assignment, as a release does."""
    gradebook_cells.record_assignment(url, "c", ASSIGNMENT, QUESTIONS, source(folder))
    return url


def table(path: Path) -> list[dict[str, str]]:
    """Read a CSV."""
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


ROWS = """
SELECT s.student_id, c.name, g.auto_score, g.manual_score, g.needs_manual_grade
FROM grade g JOIN base_cell c ON c.id = g.cell_id JOIN submitted_notebook n ON n.id = g.notebook_id
JOIN submitted_assignment s ON s.id = n.assignment_id ORDER BY 1, 2
"""


def rows(url: str) -> list[tuple[Any, ...]]:
    """Return all scores of a gradebook, wherever it is."""
    with gradebook_server.connected(url) as link:
        return [
            (student, cell, auto, manual, bool(needs))
            for student, cell, auto, manual, needs in link.exec_driver_sql(ROWS)
        ]


# -- one gradebook as the other --------------------------------------------------------------------


def test_scores_are_those_of_a_file(url: str, tmp_path: Path) -> None:
    """Release, record, a person's score, record again, export: row for row and byte for byte."""
    found = []
    for number, address in enumerate((f"sqlite:///{tmp_path / 'gradebook.db'}", url)):
        released(address, tmp_path)
        course = course_of(address)
        assert grading.record_scores(course, RESULTS) == ()
        with gradebook.open_gradebook(address, "c") as book:
            row = book.find_grade("q2", ASSIGNMENT, ASSIGNMENT, "student05")
            row.manual_score, row.needs_manual_grade = 1.5, False
            book.db.commit()
        again = {name: result(n + 1) for n, name in enumerate(STUDENTS)}
        assert grading.record_scores(course, again) == ()
        to = tmp_path / f"{number}.csv"
        exported = export.export(course, to, (ASSIGNMENT,))
        status = {name: one.status for a in exported.assignments for name, one in a.standings.items()}
        found.append((rows(address), status, table(to)))
    assert found[0] == found[1]
    assert len(found[1][0]) == 2 * len(STUDENTS)
    assert ("student05", "q2", None, 1.5, False) in found[1][0]


def test_name_that_is_too_long_costs_nobody_else(url: str, tmp_path: Path) -> None:
    """A file takes names of any length, PostgreSQL 128 letters."""
    released(url, tmp_path)
    names = ["x" * 129, "Zoë Müller", "山田 太郎", "o'neil", "%s", "a\\b"]
    (said,) = grading.record_scores(course_of(url), {name: result(1) for name in names})
    assert said.startswith("x" * 129 + ": the scores in the gradebook could not be written")
    assert {row[0] for row in rows(url)} == set(names[1:])


def test_export_without_a_gradebook_makes_none(url: str, server: Server, tmp_path: Path) -> None:
    """The database is as empty as it was."""
    with pytest.raises(UsageError, match=r"no gradebook yet; nothing was written.\nRun: autograder release"):
        export.export(course_of(url), tmp_path / "x.csv", ())
    assert server.ask(url.rpartition("/")[2], "SELECT 1 FROM pg_tables WHERE schemaname = 'public'") == []


# -- refusals --------------------------------------------------------------------------------------


def refused(url: str) -> str:
    """Open a gradebook that cannot be; return the sentence, which shows no password."""
    with pytest.raises(UsageError) as said, gradebook.open_gradebook(url, "c"):
        pass
    text = str(said.value)
    assert "hunter2" not in text
    assert quote(PASSWORD, safe="") not in text
    assert "nothing was written" in text
    return text


def test_refusals_say_what_to_do(url: str, server: Server) -> None:
    """A wrong password, no such database, no right to make tables, no server, no host, no driver."""
    wrong = url.replace("hunter2", "hunter2wrong")
    assert "Correct the user's name or the password" in refused(wrong)
    assert "createdb --owner USER DATABASE" in refused(url + "_absent")
    # What every other user of a server of version 15 meets: the schema is the administrator's.
    name = url.rpartition("/")[2]
    with psycopg.connect(server.admin(name), autocommit=True) as link:
        link.execute("ALTER DATABASE " + name + " OWNER TO postgres")
        link.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        link.execute("ALTER SCHEMA public OWNER TO postgres")
    assert "GRANT CREATE ON SCHEMA public TO USER" in refused(url)
    assert doctor._gradebook(course_of(url)).to_do.endswith('GRANT CREATE ON SCHEMA public TO "ada"')
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = url.replace(str(server.port), str(probe.getsockname()[1]))
        assert "run the command again when it answers" in refused(nobody)
    assert "Correct the host's name" in refused(url.replace("127.0.0.1", "nowhere.invalid"))
    assert "cannot be opened" in refused("mysql+absentdriver://ada:hunter2@db/grades")


def test_missing_driver_is_named(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra that has it."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "pip install 'autograder-notebooks[postgres]'" in refused(url)


def test_doctor_says_what_is_there(
    url: str, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Version, way, user; empty before the first release; what to do when it is away, without a password."""
    line = doctor._gradebook(course_of(url))
    assert "the formgrader shows the address to whoever may open it" in line.to_do
    assert "hunter2" not in line.found + line.to_do
    # As libpq has it: without a password in the address, from a file that only its owner may read.
    name = url.rpartition("/")[2]
    plain = f"postgresql://ada@127.0.0.1:{server.port}/{name}"
    secret = tmp_path / "pgpass"
    secret.write_text(f"127.0.0.1:{server.port}:*:ada:{PASSWORD.replace(':', chr(92) + ':')}\n")
    secret.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(secret))
    line = doctor._gradebook(course_of(plain))
    assert line.ok, line
    assert line.found.startswith("PostgreSQL 1")
    assert line.found.endswith("as ada, empty: the first release makes it")
    assert "on this machine" in line.found
    released(plain, tmp_path)
    assert doctor._gradebook(course_of(plain)).found.endswith("as ada")
    server.stop()
    away = doctor._gradebook(course_of(url))
    assert not away.ok
    assert "hunter2" not in away.found + away.to_do
    assert "ada:***@127.0.0.1" in away.found


# -- one writer, and a server that dies ------------------------------------------------------------


def test_other_writer_is_waited_for_with_a_word_then_refused(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written meanwhile; when the other has ended, all is."""
    released(url, tmp_path)
    monkeypatch.setattr(gradebook_server, "LOCKED_S", 1)
    said: list[str] = []
    with gradebook.open_gradebook(url, "c") as first:
        gradebook_server.one_writer(first)
        first.update_or_create_student("somebody")  # commits, and lets go
        first.db.execute(gradebook.nbgrader_module("sqlalchemy").text("SELECT 1"))  # holds it
        with gradebook.open_gradebook(url, "c") as second, pytest.raises(Exception, match="lock timeout"):
            gradebook_server.one_writer(second, said.append)
            second.update_or_create_student("another")
        with pytest.raises(UsageError, match=r"lock timeout; .*\nAnother program is writing to it"):
            grading.record_scores(course_of(url), RESULTS)
        assert rows(url) == []
    assert said == ["the gradebook is being written by another program; waiting up to 1 s for it"]
    assert grading.record_scores(course_of(url), RESULTS) == ()
    assert len(rows(url)) == 2 * len(STUDENTS)


def test_gradebook_half_made_is_completed(url: str, server: Server) -> None:
    """nbgrader makes the tables first and their version last; a server may die in between."""
    name = url.rpartition("/")[2]
    with gradebook.open_gradebook(url, "c"):
        pass
    (version,) = server.ask(name, "SELECT version_num FROM alembic_version")
    with psycopg.connect(server.admin(name)) as link:
        link.execute("DROP TABLE alembic_version")
    with gradebook.open_gradebook(url, "c"):
        pass
    assert server.ask(name, "SELECT version_num FROM alembic_version") == [version]


@contextmanager
def dying(server: Server, monkeypatch: pytest.MonkeyPatch, statement: int) -> Iterator[None]:
    """Kill the server just before the n-th change of a row reaches it."""
    seen = 0
    cursor = psycopg.Cursor.execute

    def execute(self: Any, query: Any, *words: Any, **options: Any) -> Any:
        nonlocal seen
        if str(query).lstrip().startswith(("INSERT", "UPDATE", "DELETE")):
            seen += 1
            if seen == statement:
                server.die()
        return cursor(self, query, *words, **options)

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", execute)
        yield
    assert seen >= statement, "it never got so far"


@pytest.mark.parametrize("statement", [1, 2, 5, 11])
def test_server_that_dies_in_the_middle_of_a_write_loses_nothing(
    server: Server, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: int
) -> None:
    """One sentence; the next run completes the gradebook, which is then an undisturbed one's."""
    released(url, tmp_path)
    course = course_of(url)
    with dying(server, monkeypatch, statement), pytest.raises(UsageError) as said:
        grading.record_scores(course, RESULTS)
    assert "hunter2" not in str(said.value)
    assert str(said.value).startswith("gradebook postgresql://ada:***@127.0.0.1")
    assert "Whoever is graded is kept: run the command again" in str(said.value)
    server.start()
    assert grading.record_scores(course, RESULTS) == ()
    undisturbed = f"sqlite:///{tmp_path / 'gradebook.db'}"
    released(undisturbed, tmp_path)
    grading.record_scores(course_of(undisturbed), RESULTS)
    assert rows(url) == rows(undisturbed)


@pytest.mark.parametrize("statement", [1, 3, 6])
def test_server_that_dies_during_a_release_is_a_sentence_and_the_next_release_completes_it(
    server: Server, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: int
) -> None:
    """Also where the database was empty."""
    with dying(server, monkeypatch, statement), pytest.raises(UsageError, match=r"ada:\*\*\*@"):
        released(url, tmp_path)
    server.start()
    released(url, tmp_path)
    assert grading.record_scores(course_of(url), RESULTS) == ()
    assert len(rows(url)) == 2 * len(STUDENTS)


# -- the commands ----------------------------------------------------------------------------------


def command(course: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run one of nbgrader's or our commands in the course, as a person would; it never shows the password."""
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=course, capture_output=True, text=True, timeout=900
    )
    assert "hunter2" not in done.stdout + done.stderr
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done


def test_course_lives_on_it(url: str, tmp_path: Path) -> None:
    """init, release, grade, report, export, doctor; nbgrader's export; the formgrader, in which a score is given."""
    course = tmp_path / "course"
    new_course(course, "x", example=True)
    config = course / "gradebook_config.py"
    plain = config.read_text()
    config.write_text(f"{plain}\nc.CourseDirectory.db_url = {url!r}\n")
    command(course, "autograder", "release", EXAMPLE)
    for student, folder in {"ada": "reference", "bob": "release"}.items():
        to = course / "submitted" / student / EXAMPLE
        shutil.copytree(course / "release" / EXAMPLE, to)
        assert folder
    done = command(course, "autograder", "grade", EXAMPLE)
    assert "gradebook: postgresql://ada:***@127.0.0.1" in done.stderr
    assert "ada" in command(course, "autograder", "report", EXAMPLE).stdout
    command(course, "autograder", "export", "--to", "ours.csv")
    command(course, "nbgrader", "export")
    ours, theirs = (table(course / name) for name in ("ours.csv", "grades.csv"))
    assert ours == theirs
    assert {row["student_id"] for row in ours} == {"ada", "bob"}
    assert "hunter2" not in "".join(p.read_text(errors="replace") for p in course.rglob("*.html"))
    manual = graded_by_hand(course, "ada")
    command(course, "autograder", "grade", EXAMPLE, "--force", "--student", "ada")
    assert ("ada", *manual) in {(row[0], row[1], row[3]) for row in rows(url)}
    # The same class in a file, from the results that are kept.
    config.write_text(plain)
    steps_of = load_course(course)
    with steps.prepare(steps_of, EXAMPLE) as prepared:
        steps.record(steps_of, prepared)
    command(course, "autograder", "grade", EXAMPLE)
    assert [row[:3] for row in rows(steps_of.db_url)] == [row[:3] for row in rows(url)]


def graded_by_hand(course: Path, student: str) -> tuple[str, float]:
    """Open every page of the real formgrader, and give a score there; return the cell and the score."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = course / "jupyter.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "jupyter", "server", "--allow-root", "--no-browser", "--ip=127.0.0.1",
                f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=t", "--ServerApp.disable_check_xsrf=True",
                "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}",
            ],
            cwd=course, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:

        def ask(path: str, data: Any = None) -> Any:
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/formgrader/{path}", method="PUT" if data else "GET",
                data=json.dumps(data).encode() if data else None,
                headers={"Authorization": "token t", "Content-Type": "application/json"},
            )  # fmt: skip
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read()) if path.startswith("api/") else answer.read().decode()

        end = time.monotonic() + WAIT_S
        while True:
            try:
                ask("api/assignments")
                break
            except OSError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.3)
        pages = [
            ask(p) for p in ("manage_assignments", "manage_students", "gradebook", f"gradebook/{EXAMPLE}")
        ]
        # The first shows nbgrader's configuration, the address with it; hence the doctor's advice about passwords.
        assert all("Formgrader" in page or "formgrader" in page for page in pages)
        (assignment,) = ask("api/assignments")
        assert assignment["num_submissions"] == 2
        assert {s["id"] for s in ask("api/students")} == {"ada", "bob"}
        assert {s["student"] for s in ask(f"api/submissions/{EXAMPLE}")} == {"ada", "bob"}
        assert ask(f"api/notebooks/{EXAMPLE}")
        assert ask(f"api/student_submissions/{student}")
        (submission,) = [
            s for s in ask(f"api/submitted_notebooks/{EXAMPLE}/{EXAMPLE}") if s["student"] == student
        ]
        grades = ask(f"api/grades?submission_id={submission['id']}")
        assert ask(f"api/comments?submission_id={submission['id']}") is not None
        (grade,) = [g for g in grades if g["name"] == "q1"][:1] or grades[:1]
        changed = ask(f"api/grade/{grade['id']}", {"manual_score": 1.25, "extra_credit": None})
        assert changed["manual_score"] == 1.25
        return str(grade["name"]), 1.25
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(WAIT_S)


def test_server_killed_at_any_moment_of_a_command(server: Server, url: str, tmp_path: Path) -> None:
    """Ends with a sentence or in time; after enough tries, the gradebook is complete."""
    released(url, tmp_path)
    course = course_of(url)
    for delay in (0.02, 0.1, 0.3):
        timer = threading.Timer(delay, server.die)
        timer.start()
        try:
            grading.record_scores(course, RESULTS)
        except UsageError as error:
            assert "hunter2" not in str(error)
        timer.join()
        server.start()
    assert grading.record_scores(course, RESULTS) == ()
    assert [row[2] for row in rows(url) if row[1] == "q1"] == [
        None if n % 7 == 3 else float(n % 5) for n in range(len(STUDENTS))
    ]
