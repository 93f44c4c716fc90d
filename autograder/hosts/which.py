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
    titles = {folder: {_plain(folder.name), _plain(read_bundle(folder).title)} for folder in folders}
    exact = [f for f, known in titles.items() if wanted and wanted in known]
    within = [(f, k) for f, known in titles.items() for k in known if k and k in wanted]
    found = exact or _most_specific(within)
    return found[0] if len(found) == 1 else None


def by_file(folders: list[Path], names: list[str]) -> Path | None:
    """Return the bundle whose assignment, or notebook, a handed-in notebook's name begins with, None if none or several.

    Without a notebook: a folder's or an archive's.
    """
    notebooks = [Path(name).name for name in names if is_notebook(Path(name))]
    others = [part for name in names for part in Path(name).parts]
    stems = [_plain(name) for name in notebooks or others]
    known = {f: {_plain(name) for name in (f.name, *notebooks_of(f))} for f in folders}
    begun: list[Path] = []
    for stem in stems:
        begun += _most_specific([(f, k) for f in folders for k in known[f] if k and stem.startswith(k)])
    found = list(dict.fromkeys(begun))
    return found[0] if len(found) == 1 else None


def notebooks_of(folder: Path) -> tuple[str, ...]:
    """Return the names, without ending, of the notebooks that are handed in for a bundle."""
    bundle = read_bundle(folder)
    return bundle.notebooks or (bundle.notebook or folder.name,)


def shown(folder: Path, joined: str = " and ") -> str:
    """Return what a student hands in, in words: the notebooks' names."""
    return joined.join(f"{name}.ipynb" for name in notebooks_of(folder))


def _most_specific(found: list[tuple[Path, str]]) -> list[Path]:
    """Return the folders whose names fit; not ``hw1`` where ``hw10`` does, too."""
    names = {name for _, name in found}
    return list(
        dict.fromkeys(
            folder for folder, name in found if not any(name != other and name in other for other in names)
        )
    )


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def names_of(folder: Path) -> list[str]:
    """Return the names of a hand-in's files relative to its folder, 500 at most."""
    with suppress(OSError):
        return [str(path) for path in list_hand_in(folder)][:500]
    return []
