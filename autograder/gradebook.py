"""nbgrader's gradebook, opened; made new if there is none (*trusted*)."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from autograder import gradebook_server
from autograder.errors import UsageError
from autograder.gradebook_url import patient, shown, sqlite_file

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")

LOCKED_S = 30.0  # for which a gradebook that another process is writing to is waited for
PAUSE_S = 0.25
Say = Callable[[str], None]


def tell(text: str) -> None:
    """Say on stderr why it takes long: who waits without a word is thought to hang."""
    with suppress(OSError, AttributeError, ValueError):  # closed
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


@contextmanager
def open_gradebook(db_url: str, course_id: str, say: Say = tell) -> Iterator[Any]:
    """Open nbgrader's gradebook, made new if there is none, and close it at the end.

    One that is locked is waited for; ``say`` is told so. nbgrader runs ``alembic`` by name for a new database, so the interpreter's own folder comes
    first on PATH while it opens.

    Raises
    ------
    UsageError
        If it cannot be opened; or if the database as a whole refuses what is done inside.
    """
    api = nbgrader_module("nbgrader.api")
    before = os.environ.get("PATH")
    path = os.pathsep.join([str(Path(sys.executable).parent), *([before] if before else [])])
    if shutil.which("alembic", path=path) is None:  # nbgrader would leave a half-made database
        msg = f"alembic: not found beside {sys.executable}; no gradebook was opened. Reinstall nbgrader."
        raise UsageError(msg)
    os.environ["PATH"] = path
    try:
        gradebook = patiently(db_url, lambda: api.Gradebook(patient(db_url), course_id), say)
        gradebook_server.complete(gradebook)
    except UsageError:
        raise
    except ImportError as error:
        raise gradebook_server.no_driver(db_url, error) from error
    except (nbgrader_module("sqlalchemy.exc").SQLAlchemyError, ValueError) as error:
        whole = gradebook_server.refused(error) or error
        raise gradebook_server.refusal(
            db_url, whole, "nothing was written", before="cannot be opened: "
        ) from error
    finally:
        if before is None:
            del os.environ["PATH"]
        else:
            os.environ["PATH"] = before
    with told_as_refusal(db_url), gradebook:
        yield gradebook


@contextmanager
def told_as_refusal(db_url: str) -> Iterator[None]:
    """Turn what the database as a whole refuses inside into a ``UsageError``; what is not its doing stays as it is."""
    try:
        yield
    except UsageError:
        raise
    except Exception as error:
        whole = gradebook_server.refused(error)
        if whole is None:
            raise
        raise gradebook_server.refusal(db_url, whole, "what was not yet committed is not in it") from error


def require(db_url: str) -> None:
    """Refuse to read a gradebook that is not there; opening it would make an empty one.

    Raises
    ------
    UsageError
        If there is none, or its server does not answer.
    """
    file = sqlite_file(db_url)
    if file.is_file() if file is not None else gradebook_server.has_gradebook(db_url):
        return
    where = file or shown(db_url)
    raise UsageError(f"{where}: no gradebook yet; nothing was written.\nRun: autograder release ASSIGNMENT")


def patiently(db_url: str, work: Callable[[], T], say: Say) -> T:
    """Do a piece of work with the gradebook; while another process holds its lock, say so once and try again.

    ``work`` is one transaction, or changes nothing: it may be done several times.

    Raises
    ------
    UsageError
        If the lock is still held after ``LOCKED_S``.
    """
    locked = nbgrader_module("sqlalchemy.exc").OperationalError
    end, told = time.monotonic() + LOCKED_S, False
    while True:
        try:
            if not _is_locked(db_url):
                return work()
        except locked as error:
            if "database is locked" not in str(error):
                raise
        if time.monotonic() > end:
            raise UsageError(
                f"gradebook {shown(db_url)}: another program has locked it for {LOCKED_S:.0f} s; nothing was written to it.\n"
                "Close what has it open for writing (a formgrader, a database browser), and run the command again."
            )
        if not told:
            say(f"the gradebook is being written by another program; waiting up to {LOCKED_S:.0f} s for it")
            told = True
        time.sleep(PAUSE_S)


def _is_locked(db_url: str) -> bool:
    """Tell at once whether an SQLite file is locked, where nbgrader's own way would wait without a word."""
    path = sqlite_file(db_url)
    if path is None or not path.is_file():
        return False
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            return "database is locked" in str(error)
        except sqlite3.DatabaseError:  # no database: whoever opens it says so
            return False
    return False


def to_ourselves(gradebook: Any, say: Say = tell) -> None:
    """Make each transaction one that begins by taking the lock for writing, and in which savepoints work.

    As SQLAlchemy's documentation of pysqlite says; without it the library begins late, and would find out about
    another writer in the middle of its work. On a server, writers of ours wait for each other (``one_writer``).
    """
    engine = gradebook.engine
    if engine.dialect.name != "sqlite":
        gradebook_server.one_writer(gradebook, say)
        return
    event = nbgrader_module("sqlalchemy.event")

    def begin_ourselves(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout = 250")

    gradebook.db.remove()
    engine.dispose()  # those that are open already
    event.listen(engine, "connect", begin_ourselves)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))


def first_line(error: BaseException) -> str:
    """Return what a database says, without the statement and the link that SQLAlchemy adds."""
    return str(getattr(error, "orig", None) or error).splitlines()[0]


def gradebook_folders(db_url: str) -> list[Path]:
    """Return the folder that a gradebook in a file lies in; of a database elsewhere, none."""
    file = sqlite_file(db_url)
    return [] if file is None else [file.parent]


def nbgrader_module(module: str) -> Any:
    """Import a module of nbgrader's, or say how to install it."""
    try:
        return import_module(module)
    except ImportError as error:
        msg = f"{module}: {error}; the gradebook needs nbgrader. Run: pip install 'autograder-notebooks[instructor]'"
        raise UsageError(msg) from error
