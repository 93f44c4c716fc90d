"""A class's scores in one transaction: as one by one, quick, all or nothing, and patient."""

from __future__ import annotations

import sqlite3
import subprocess
import threading
import time
import warnings
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nbgrader")

from sqlalchemy import event

from autograder import gradebook
from autograder.classroom import grading, recording, scores
from autograder.config import CourseConfig, load_course
from autograder.errors import UsageError
from autograder.model import CheckResult, GradingResult, Outcome, Question

CELLS, MANUAL = 13, 2
QUESTIONS = tuple(
    Question(name=f"q{n}", title="", points=4.0, manual=n >= CELLS - MANUAL) for n in range(CELLS)
)
EVERYTHING = """
select submitted_assignment.student_id, base_cell.name, submitted_notebook.name, {columns} from {table}
join base_cell on base_cell.id = {table}.cell_id
join (select submitted_notebook.*, notebook.name as name from submitted_notebook
      join notebook on notebook.id = submitted_notebook.notebook_id) submitted_notebook
  on submitted_notebook.id = {table}.notebook_id
join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id order by 1, 2, 3
"""


def new_gradebook(folder: Path) -> str:
    """Make a gradebook with an assignment of 13 cells; return its address."""
    url = f"sqlite:///{folder / 'gradebook.db'}"
    with gradebook.open_gradebook(url, "c") as book:
        book.add_assignment("a")
        book.add_notebook("a", "a")
        for question in QUESTIONS:
            book.add_grade_cell(question.name, "a", "a", max_score=4, cell_type="code")
            book.add_solution_cell(question.name if question.manual else f"{question.name}_answer", "a", "a")
    return url


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with such a gradebook, to be copied: nbgrader takes seconds to make one."""
    folder = tmp_path_factory.mktemp("gradebook")
    new_gradebook(folder)
    return folder / "gradebook.db"


@pytest.fixture
def url(empty: Path, tmp_path: Path) -> str:
    """Return the address of a gradebook of one's own."""
    return copy(empty, tmp_path)


def copy(empty: Path, folder: Path) -> str:
    """Copy the gradebook into a folder; return its address."""
    (folder / "gradebook.db").write_bytes(empty.read_bytes())
    return f"sqlite:///{folder / 'gradebook.db'}"


def result(number: int, **more: Any) -> GradingResult:
    """Return a result whose points follow from a number; every fifth waits, every seventh is a fault of ours."""
    checks = tuple(
        CheckResult(
            question=q.name,
            name="test_it",
            title="It.",
            outcome=Outcome.REVIEW if (number + n) % 5 == 0 else Outcome.PASSED,
            score=0.0 if (number + n) % 5 == 0 else float((number + n) % 4),
            max_score=4.0,
            hidden=True,
        )
        for n, q in enumerate(QUESTIONS)
        if not q.manual
    )
    facts = {"assignment": "a", "graded": number % 7 != 3, "questions": QUESTIONS, "checks": checks} | more
    return GradingResult(**facts)


def rows(url: str) -> list[Any]:
    """Return every row about hand-ins, without the random ids."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as book:
        found: list[Any] = []
        for table, columns in {
            "grade": "auto_score, manual_score, extra_credit, needs_manual_grade",
            "comment": "auto_comment, manual_comment",
        }.items():
            found += book.execute(EVERYTHING.format(table=table, columns=columns)).fetchall()
        found += book.execute("select id from student order by 1").fetchall()
        return (
            found
            + book.execute("select student_id, timestamp from submitted_assignment order by 1").fetchall()
        )


@contextmanager
def opened(url: str) -> Any:
    """Open a gradebook as the recorder does."""
    with gradebook.open_gradebook(url, "c") as book:
        gradebook.to_ourselves(book)
        yield book


def course_of(url: str) -> CourseConfig:
    """Return a course of nothing but this gradebook."""
    beside = Path(url.removeprefix("sqlite:///")).parent  # which may be a full disk
    root = beside.with_name(f"{beside.name}-course")
    root.mkdir(exist_ok=True)
    (root / "gradebook_config.py").write_text(
        f'c = get_config()\nc.CourseDirectory.course_id = "c"\nc.CourseDirectory.db_url = {url!r}\n'
    )
    return load_course(root)


def test_class_is_recorded_as_one_by_one(empty: Path, tmp_path: Path) -> None:
    """Row by row the same, in a new gradebook and in one with manual scores, comments and new students."""
    urls = []
    for way in ("single", "together"):
        (tmp_path / way).mkdir()
        urls.append(copy(empty, tmp_path / way))
    for turn in (0, 1):
        class_of = {f"s{n}": result(n + turn) for n in range(12 + 2 * turn)}
        with warnings.catch_warnings(), gradebook.open_gradebook(urls[0], "c") as book:
            warnings.simplefilter("ignore")  # SQLAlchemy's, about nbgrader's own code
            for student, found in class_of.items():
                scores.record_result(book, student, found)
        with opened(urls[1]) as book:
            assert recording.record_results(book, "a", class_of) == {}
        assert rows(urls[0]) == rows(urls[1])
        assert len(rows(urls[0])) == len(class_of) * (2 * CELLS + 2)
        for url in urls:
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as book:
                cells = "cell_id in (select id from base_cell where name in ('q1', 'q12'))"
                book.execute(f"update grade set manual_score = 3, needs_manual_grade = 0 where {cells}")
                book.execute(f"update comment set manual_comment = 'well said' where {cells}")
                book.commit()


def test_number_of_questions_to_the_database_does_not_grow_with_the_class(url: str) -> None:
    """300 hand-ins wait for the disk once, and are not asked for one by one."""
    asked: list[str] = []
    with opened(url) as book:
        event.listen(book.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        counts = []
        for size in (3, 30):
            asked.clear()
            recording.record_results(book, "a", {f"s{n}": result(n) for n in range(size)})
            counts.append(sum(statement.lstrip().upper().startswith("SELECT") for statement in asked))
            assert sum(statement == "BEGIN IMMEDIATE" for statement in asked) <= 1
    assert counts[0] == counts[1] < 25


def test_one_students_row_costs_no_other(url: str) -> None:
    """What the result lacks, and what the database itself refuses, in the middle of the class."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as book:
        book.execute(
            "create trigger odd before insert on submitted_assignment when new.student_id = 's3' "
            "begin select raise(abort, 'not this one'); end"
        )
        book.commit()
    class_of = {f"s{n}": result(0) for n in range(6)}
    class_of["s1"] = result(0, questions=QUESTIONS[1:])
    troubles = grading.record_scores(course_of(url), class_of)
    assert len(troubles) == 2
    assert troubles[0].startswith("s1: the scores in the gradebook could not be written: UsageError: a/q0: ")
    assert troubles[1].startswith("s3: the scores in the gradebook could not be written: IntegrityError: ")
    assert {row[0] for row in rows(url)} == {"s0", "s2", "s4", "s5"}
    with pytest.raises(UsageError, match="a/q0: the gradebook has 4 points, the result no such question"):
        grading.record_scores(course_of(url), {"s1": class_of["s1"]})


def test_everything_is_there_or_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped in the middle, as by Ctrl-C: the gradebook is as it was."""
    write, seen = recording._Table.write, []

    def stop(table: Any, student: str, *rest: Any) -> None:
        seen.append(student)
        write(table, student, *rest)
        if len(seen) == 3:
            raise KeyboardInterrupt

    before = rows(url)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(recording._Table, "write", stop)
        grading.record_scores(course_of(url), {f"s{n}": result(n) for n in range(6)})
    assert rows(url) == before == []
    assert grading.record_scores(course_of(url), {f"s{n}": result(n) for n in range(6)}) == ()
    assert len(rows(url)) == 6 * (2 * CELLS + 2)


@contextmanager
def locked(url: str, how: str) -> Any:
    """Hold a gradebook's lock as another program would: one that writes, or one that reads for a long time."""
    with closing(
        sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    ) as other:
        other.execute(f"BEGIN {how}")
        other.execute("select count(*) from base_cell").fetchall()
        yield other


@pytest.mark.parametrize("how", ["EXCLUSIVE", "IMMEDIATE", "DEFERRED"])
def test_lock_is_waited_for_with_a_word(url: str, how: str) -> None:
    """And once it is free everything is written, once."""
    said: list[str] = []
    with locked(url, how) as other:
        free = threading.Timer(2.0, lambda: other.execute("ROLLBACK"))
        free.start()
        assert grading.record_scores(course_of(url), {"ada": result(0)}, said.append) == ()
        free.join()
    assert len(said) == 1
    assert "written by another program; waiting up to 30 s for it" in said[0]
    assert len(rows(url)) == 2 * CELLS + 2


@pytest.mark.parametrize("how", ["EXCLUSIVE", "DEFERRED"])
def test_lock_that_stays_is_refused_with_a_sentence(
    url: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while, and nothing was written."""
    monkeypatch.setattr(gradebook, "LOCKED_S", 1.0)
    with (
        locked(url, how),
        pytest.raises(UsageError, match="another program has locked it for 1 s; nothing was written"),
    ):
        grading.record_scores(course_of(url), {"ada": result(0)})
    assert rows(url) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    """Return a folder on a disk of its own of 1 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"cannot make a small disk: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_full_disk_is_told_and_the_next_run_completes_it(empty: Path, small_disk: Path) -> None:
    """The gradebook is as it was, and not damaged."""
    url = copy(empty, small_disk)
    class_of = {f"s{n}": result(n) for n in range(30)}
    with (small_disk / "full").open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while file.write(bytes(1 << 12)):
            pass
    with pytest.raises(
        UsageError, match=r"its disk is full .*no score was written to it\. The results are kept"
    ):
        grading.record_scores(course_of(url), class_of)
    assert rows(url) == []
    (small_disk / "full").unlink()
    assert grading.record_scores(course_of(url), class_of) == ()
    assert len(rows(url)) == 30 * (2 * CELLS + 2)


def test_read_only_disk_is_told(empty: Path, small_disk: Path) -> None:
    """In a sentence with the reason."""
    url = copy(empty, small_disk)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(UsageError, match=r"gradebook .*readonly database; no"):
        grading.record_scores(course_of(url), {"ada": result(0)})
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)


@pytest.mark.slow
def test_class_of_300_is_written_within_seconds(url: str) -> None:
    """The bound of 5 s is for an idle machine: the time that this process computed is measured, not the clock."""
    class_of = {f"s{n}": result(n) for n in range(300)}
    before = time.process_time()
    assert grading.record_scores(course_of(url), class_of) == ()
    assert time.process_time() - before < 5
    assert len(rows(url)) == 300 * (2 * CELLS + 2)
