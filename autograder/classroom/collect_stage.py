"""One hand-in, laid into a folder of its own before it takes its place (*trusted*).

Every file is kept; what is left out is said. An archive is unpacked only where no notebook lies beside it: others
(logs, weights) the engine opens when it grades.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from autograder.classroom import times
from autograder.classroom.collect_forms import Arrival, canvas_original
from autograder.engine import incoming


@dataclass(slots=True)
class Staged:
    """What lies in ``folder`` now."""

    folder: Path
    files: int = 0
    left_out: list[tuple[str, str]] = field(default_factory=list)  # name, reason
    notes: list[str] = field(default_factory=list)


def stage(
    arrival: Arrival,
    folder: Path,
    assignment: str,
    wanted: frozenset[str],
    others: frozenset[str] = frozenset(),
) -> Staged:
    """Write a hand-in's files into a new folder, with nbgrader's ``timestamp.txt`` if the time is known.

    ``wanted`` are names that files of this assignment have, ``others`` the course's other assignments.
    """
    staged = Staged(folder)
    folder.mkdir()
    _write(arrival, staged, wanted)
    tried: set[Path] = set()
    for _ in range(incoming.MAX_ARCHIVES_DEEP):
        _unpack(staged, tried)
    _unwrap(folder)
    _name_notebook(staged, assignment, wanted, others)
    forged = folder / times.FILE_NAME
    if os.path.lexists(forged):  # a student's word about the time; lateness reads this name
        forged.rename(_free(folder / f"{times.FILE_NAME}.handed-in"))
        staged.notes.append(
            f"a {times.FILE_NAME} was among the files: kept as {times.FILE_NAME}.handed-in, not believed"
        )
    staged.files = len(_files(folder))
    if arrival.time is not None:
        forged.write_text(times.as_text(arrival.time))
    return staged


def _write(arrival: Arrival, staged: Staged, wanted: frozenset[str]) -> None:
    room, written = incoming.MAX_HAND_IN_BYTES, 0
    for entry in sorted(arrival.files, key=lambda e: incoming.order(e.name)):
        parts = entry.parts
        if len(parts) == 1:
            parts = (canvas_original(parts[0], wanted),) if arrival.number else parts
        why = entry.why_not or incoming.why_no_name(parts)
        if not why and written >= incoming.MAX_FILES:
            why = f"is one of more than {incoming.MAX_FILES} files"
        if not why:
            try:
                target = staged.folder.joinpath(*parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                room -= incoming.write_file(target, entry.opened, room)
                written += 1
            except incoming.DAMAGED as error:
                why = incoming.reason(error)
                incoming.raise_if_ours(error)
        if why:
            staged.left_out.append((entry.name, why))


def _unpack(staged: Staged, tried: set[Path]) -> None:
    """Unpack the archives of a hand-in that has no notebook yet, up to what the engine would read of it."""
    found = _files(staged.folder)
    if any(incoming.is_notebook(path.name) for path in found):
        return
    archives = [path for path in found if incoming.archive_stem(path.name) is not None and path not in tried]
    for archive in archives[: incoming.MAX_ARCHIVES - len(tried)]:
        tried.add(archive)
        inside = staged.folder.with_name(f"{staged.folder.name}.unpacked")
        inside.mkdir()
        others = [path for path in _files(staged.folder) if path != archive]
        unpacked = incoming.unpack_archive(
            archive,
            inside.resolve(),
            room=incoming.MAX_HAND_IN_BYTES - sum(path.stat().st_size for path in others),
            files=incoming.MAX_FILES - len(others),
        )
        shown = archive.relative_to(staged.folder).as_posix()
        staged.left_out += [(f"{shown}: {name}", why) for name, why in unpacked.left_out]
        if unpacked.why_not or not unpacked.files:
            staged.notes.append(
                f"{shown} {unpacked.why_not or 'has no file that can be taken'}: kept as it is"
            )
        elif _move_all(inside, archive.parent / (_folder_of(archive.name, inside) if others else "")):
            archive.unlink()
        else:
            staged.notes.append(f"{shown} has files whose names are there already: kept as it is")
        shutil.rmtree(inside, ignore_errors=True)


def _files(folder: Path) -> list[Path]:
    return sorted(Path(root) / name for root, _, names in os.walk(folder) for name in names)


def _folder_of(archive: str, inside: Path) -> str:
    """Return the folder that an archive's files get: none if they are a whole hand-in, or have one folder."""
    tops = list(inside.iterdir())
    whole = any(incoming.is_notebook(path.name) for path in _files(inside))
    return "" if whole or (len(tops) == 1 and tops[0].is_dir()) else incoming.archive_stem(archive) or ""


def _move_all(source: Path, target: Path) -> bool:
    """Move files to where they belong; False, and nothing moved, if a name is taken there."""
    pairs = [(old, target / old.relative_to(source)) for old in _files(source)]
    if any(os.path.lexists(new) or any(p.is_file() for p in new.parents) for _, new in pairs):
        return False
    mode = (target.stat().st_mode if target.exists() else target.parent.stat().st_mode) & 0o666
    for old, new in pairs:
        new.parent.mkdir(parents=True, exist_ok=True)
        old.rename(new)
        new.chmod(mode)  # the confined process made them for itself alone
    return True


def _unwrap(folder: Path) -> None:
    """Take a folder away that holds everything, and a notebook somewhere in it."""
    while True:
        tops = list(folder.iterdir())
        if len(tops) != 1 or not tops[0].is_dir():
            return
        if not any(incoming.is_notebook(path.name) for path in _files(tops[0])):
            return
        aside = folder.with_name(f"{folder.name}.unwrapped")
        tops[0].rename(aside)
        folder.rmdir()
        aside.rename(folder)


def _name_notebook(staged: Staged, assignment: str, wanted: frozenset[str], others: frozenset[str]) -> None:
    """Give the only notebook the assignment's name, or that of its only notebook: by it nbgrader looks for it."""
    names = [name for name in wanted if name.endswith(".ipynb")]
    if f"{assignment}.ipynb" not in names and len(names) > 1:  # which of them it is, its cells will say
        return
    name = names[0] if len(names) == 1 else f"{assignment}.ipynb"
    found = [path for path in _files(staged.folder) if incoming.is_notebook(path.name)]
    target = staged.folder / name
    if len(found) != 1 or found[0].parent != staged.folder or os.path.lexists(target):
        return
    if any(other in found[0].name for other in others if other not in assignment):
        staged.notes.append(f"{found[0].name} looks like another assignment's")
        return
    found[0].rename(target)
    staged.notes.append(f"{found[0].name} is {target.name} here")


def _free(path: Path) -> Path:
    """Return a path where nothing is."""
    names = (path, *(path.with_name(f"{path.name}.{n}") for n in range(2, 10_000)))
    return next(p for p in names if not os.path.lexists(p))
