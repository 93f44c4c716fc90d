"""A gradebook in a server's database: who writes, what is half made, and what a refusal means (*trusted*).

nbgrader's own API opens and fills it; this module says beside it what a file needs no words for: a server can be away,
refuse a password, or die in the middle of a write. A transaction that was not committed is then as if it had never
been, and whoever was graded is kept on disk: the same command, run again, completes the gradebook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from importlib import import_module
from typing import Any

from autograder.errors import UsageError
from autograder.gradebook_url import POSTGRES, has_password, kind, patient, shown, without_secrets

Say = Callable[[str], None]

LOCKED_S = 30  # for which a gradebook that another program is writing to is waited for
_LOCK = 0x6175746F67726164  # PostgreSQL's advisory locks are numbers; this one is ours: "autograd"
_ENDING = "Whoever is graded is kept: run the command again when it answers, and it completes the gradebook."

# By SQLSTATE (the words are in the server's language), and by words where the driver has no state: what to do.
_ADVICE = {
    "28P01": "Correct the user's name or the password: in the address, in PGPASSWORD, or in ~/.pgpass.",
    "password authentication failed": "Correct the user's name or the password: in the address, in PGPASSWORD, or in ~/.pgpass.",
    "no password supplied": "Give the password in the address, in PGPASSWORD, or in ~/.pgpass.",
    "3D000": "Make it, as an administrator of the server: createdb --owner USER DATABASE",
    'database "': "Make it, as an administrator of the server: createdb --owner USER DATABASE",
    "42501": "Give the user the right, as the database's owner: GRANT CREATE ON SCHEMA public TO USER",
    "53100": "The server's disk is full: make room there. " + _ENDING,
    "53300": "The server has no connection left: close some, or raise its max_connections. " + _ENDING,
    "57P03": "The server is starting or stopping. " + _ENDING,
    "55P03": "Another program is writing to it: wait until that has ended. " + _ENDING,
    "25006": "The server takes no changes: it is a copy, or was made read-only. " + _ENDING,
    "no pg_hba.conf entry": "The server refuses this machine, user or way: its administrator allows them in pg_hba.conf.",
    "translate host name": "Correct the host's name in c.CourseDirectory.db_url.",
    "resolve host": "Correct the host's name in c.CourseDirectory.db_url.",
}


def first_line(error: BaseException, db_url: str = "") -> str:
    """Return what a database says, without the statement and the link that SQLAlchemy adds, and without a password."""
    said = str(getattr(error, "orig", None) or error).strip()
    return without_secrets(said.splitlines()[0] if said else type(error).__name__, db_url)[:400]


def refused(error: BaseException | None) -> Any:
    """Return the error of the database as a whole behind an exception, or None: one of nbgrader's may hide it."""
    sqlalchemy = import_module("sqlalchemy.exc")
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, (sqlalchemy.OperationalError, sqlalchemy.InterfaceError)):
            return error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return None


def refusal(db_url: str, error: BaseException, what: str, *, before: str = "") -> UsageError:
    """Return what a person reads when the database refused; ``what`` says what has come of it: "nothing was written"."""
    said = first_line(error, db_url)
    original = getattr(error, "orig", None)
    state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)
    advice = _ADVICE.get(state or "") or next((do for word, do in _ADVICE.items() if word in said), _ENDING)
    if kind(db_url) == "sqlite":
        advice = "The file and its folder must be there, and be yours to write; then run the command again."
    return UsageError(f"gradebook {shown(db_url)}: {before}{said}; {what}.\n{advice}")


def no_driver(db_url: str, error: BaseException) -> UsageError:
    """Return what a person reads when the library that talks to a database is not there."""
    if kind(db_url) == POSTGRES:
        todo = "Run: pip install 'autograder-notebooks[postgres]' (an address may name the driver: postgresql+psycopg://…)"
    else:
        todo = (
            "Install the driver that the address names; docs/postgresql.md says which databases were tried."
        )
    return UsageError(
        f"gradebook {shown(db_url)}: no driver for it: {first_line(error, db_url)}; nothing was written.\n{todo}"
    )


def complete(gradebook: Any) -> None:
    """Make what nbgrader makes last in a new database, where a server that died kept it from it.

    It takes tables that are there for a whole gradebook; without the version, ``nbgrader db upgrade`` could do nothing.
    """
    if gradebook.engine.dialect.name == "sqlite":
        return
    sqlalchemy = import_module("sqlalchemy")
    if sqlalchemy.inspect(gradebook.engine).has_table("alembic_version"):
        return
    version = import_module("nbgrader.api").get_alembic_version()
    with gradebook.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute(
            sqlalchemy.text("INSERT INTO alembic_version VALUES (:version)"), {"version": version}
        )


def one_writer(gradebook: Any, say: Say = lambda _: None) -> None:
    """Make each transaction of this gradebook begin by waiting for other writers of ours, on whatever machine.

    ``say`` is told when it waits; after ``LOCKED_S`` the transaction is refused. The server lets go of the lock with the
    transaction, however that ends. Only PostgreSQL has it; nbgrader's own programs do not ask for it, and are kept
    apart row by row.
    """
    if gradebook.engine.dialect.name != POSTGRES:
        return

    def begin(connection: Any) -> None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCKED_S}s'")
        if not connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({_LOCK})").scalar():
            say(f"the gradebook is being written by another program; waiting up to {LOCKED_S} s for it")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")

    gradebook.db.rollback()
    import_module("sqlalchemy.event").listen(gradebook.engine, "begin", begin)


@contextmanager
def connected(db_url: str) -> Iterator[Any]:
    """Connect to a database without making anything in it; gives SQLAlchemy's connection.

    Raises
    ------
    UsageError
        If the driver is missing, or the server refuses or does not answer.
    """
    sqlalchemy = import_module("sqlalchemy")
    try:
        engine = sqlalchemy.create_engine(patient(db_url))
        with closing(engine.connect()) as connection:
            yield connection
    except ImportError as error:
        raise no_driver(db_url, error) from error
    except (sqlalchemy.exc.SQLAlchemyError, ValueError) as error:
        raise refusal(db_url, error, "nothing was written") from error
    finally:
        with suppress(NameError):
            engine.dispose()


def has_gradebook(db_url: str) -> bool:
    """Tell whether nbgrader's tables are in a database."""
    with connected(db_url) as connection:
        return bool(import_module("sqlalchemy").inspect(connection).has_table("submitted_assignment"))


def examined(db_url: str) -> tuple[str, str]:
    """Return what is at the address, and what to do about it or nothing; for ``autograder doctor``.

    Raises
    ------
    UsageError
        If it cannot be connected to.
    """
    with connected(db_url) as connection:
        there = import_module("sqlalchemy").inspect(connection).has_table("submitted_assignment")
        made = "" if there else ", empty: the first release makes it"
        if connection.dialect.name != POSTGRES:
            return f"{shown(db_url)}{made}", ""
        version, user, schema, may_make, local, tls = connection.exec_driver_sql(
            "SELECT current_setting('server_version'), current_user, current_schema(),"
            " has_schema_privilege(current_schema(), 'CREATE'),"
            " coalesce(inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1', true),"
            " (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid())"
        ).one()
        way = "with TLS" if tls else "on this machine" if local else "without TLS"
        found = f"PostgreSQL {version.split()[0]} {way}, {shown(db_url)} as {user}{made}"
        if not there and not may_make:
            return found, (
                f"{user} may make no tables in the schema {schema or 'public'}. As the database's owner: "
                f'GRANT CREATE ON SCHEMA {schema or "public"} TO "{user}"'
            )
        if not tls and not local:
            return (
                found,
                "Grades cross the network as plain text: add ?sslmode=verify-full to the address (docs/postgresql.md).",
            )
        if has_password(db_url):
            return found, (
                "the formgrader shows the address to whoever may open it: take the password out of it, "
                "into ~/.pgpass or PGPASSWORD (docs/postgresql.md)."
            )
        return found, ""
