"""nbgrader's gradebook, opened; made new if there is none (*trusted*)."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder import gradebook_server
from autograder.errors import UsageError
from autograder.gradebook_url import patient, shown, sqlite_file

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def open_gradebook(db_url: str, course_id: str) -> Iterator[Any]:
    """Open nbgrader's gradebook, made new if there is none, and close it at the end.

    nbgrader runs ``alembic`` by name for a new database, so the interpreter's own folder comes
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
        gradebook = api.Gradebook(patient(db_url), course_id)
        gradebook_server.complete(gradebook)
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
