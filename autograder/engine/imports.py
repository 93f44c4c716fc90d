"""Whether what an assignment imports is installed, before anybody's hand-in meets its lack (*trusted*, standard library only)."""

from __future__ import annotations

import importlib.util
import shlex
import sys
from contextlib import suppress

from autograder.bundle import Bundle
from autograder.errors import PackagesError


def lacking(bundle: Bundle) -> list[str]:
    """Return the modules that the notebook or the checks need and that are not here; nothing is imported."""
    return [name for name in bundle.imports if not _is_here(name)]


def _is_here(name: str) -> bool:
    with suppress(ImportError, ValueError):
        return importlib.util.find_spec(name) is not None
    return sys.modules.get(name) is not None  # loaded without a spec of its own


def require(bundle: Bundle) -> None:
    """Refuse to grade where something is missing that every hand-in would stumble over.

    Raises
    ------
    PackagesError
        With what is missing, and what to do.
    """
    names = lacking(bundle)
    if not names:
        return
    if bundle.packages:
        to_do = (
            f"Install what the course names: {sys.executable} -m pip install {shlex.join(bundle.packages)}"
        )
    else:
        to_do = (
            "Name the packages that have them in gradebook_config.py, as in c.Autograder.packages = "
            f'["{names[0]}"], install them here, and release and bundle again.'
        )
    raise PackagesError(
        f"{bundle.assignment}: this course's packages lack {', '.join(names)}, which the notebook or its checks "
        f"import; nothing was graded.\n{to_do}"
    )
