"""nbgrader's gradebook, opened; made new if there is none (*trusted*)."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def open_gradebook(db_url: str, course_id: str) -> Iterator[Any]:
    """Open nbgrader's gradebook, made new if there is none, and close it at the end.

    nbgrader runs ``alembic`` by name for a new database, so the interpreter's own folder comes
    first on PATH while it opens.
    """
    api = nbgrader_module("nbgrader.api")
    before = os.environ.get("PATH")
    path = os.pathsep.join([str(Path(sys.executable).parent), *([before] if before else [])])
    if shutil.which("alembic", path=path) is None:  # nbgrader would leave a half-made database
        msg = f"alembic: not found beside {sys.executable}; no gradebook was opened. Reinstall nbgrader."
        raise UsageError(msg)
    os.environ["PATH"] = path
    try:
        gradebook = api.Gradebook(db_url, course_id)
    except nbgrader_module("sqlalchemy.exc").SQLAlchemyError as error:
        msg = f"gradebook {db_url}: cannot be opened: {error}; nothing was written."
        raise UsageError(msg) from error
    finally:
        if before is None:
            del os.environ["PATH"]
        else:
            os.environ["PATH"] = before
    with gradebook:
        yield gradebook


def gradebook_folders(db_url: str) -> list[Path]:
    """Return the folder that a gradebook in a file lies in; of a database elsewhere, none."""
    prefix, _, path = db_url.partition(":///")
    return [Path(path).parent] if prefix == "sqlite" and path else []


def nbgrader_module(module: str) -> Any:
    """Import a module of nbgrader's, or say how to install it."""
    try:
        return import_module(module)
    except ImportError as error:
        msg = f"{module}: {error}; the gradebook needs nbgrader. Run: pip install 'autograder-notebooks[instructor]'"
        raise UsageError(msg) from error
