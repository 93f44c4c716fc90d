"""Which of an image's assignments a hand-in is for: by its title, else by its notebook's name (*trusted*, standard library only)."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.bundle import read_bundle
from autograder.sandbox.hand_in import is_notebook, list_hand_in

if TYPE_CHECKING:
    pass


def by_title(folders: list[Path], title: str) -> Path | None:
    """Return the bundle whose assignment a title names, None if none or several do."""
    wanted = _plain(title)
    titles = {folder: (_plain(folder.name), _plain(read_bundle(folder).title)) for folder in folders}
    exact = [f for f, known in titles.items() if wanted and wanted in known]
    within = [f for f, known in titles.items() if any(k and k in wanted for k in known)]
    found = exact or within
    return found[0] if len(found) == 1 else None


def by_file(folders: list[Path], names: list[str]) -> Path | None:
    """Return the bundle whose assignment a notebook's name begins with, None if none or several.

    Without a notebook: a folder's or an archive's.
    """
    notebooks = [Path(name).name for name in names if is_notebook(Path(name))]
    others = [part for name in names for part in Path(name).parts]
    stems = [_plain(name) for name in notebooks or others]
    found = [f for f in folders if any(stem.startswith(_plain(f.name)) for stem in stems)]
    return found[0] if len(found) == 1 else None


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def names_of(folder: Path) -> list[str]:
    """Return the names of a hand-in's files relative to its folder, 500 at most."""
    with suppress(OSError):
        return [str(path) for path in list_hand_in(folder)][:500]
    return []
