"""The files of a hand-in: found, bounded, arranged, laid into a work folder (*trusted*, standard library only).

Whatever a student packed is survived: links, pipes, names that are no text, files without end. However they packed
it is understood: a folder around everything, notebook and weights in two, an archive that nobody unpacked, the
" (1)" of a second download. What had to be guessed is told.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from autograder import messages

MAX_FILES = 200  # of one hand-in
MAX_FILE_BYTES = 100 << 20
MAX_HAND_IN_BYTES = 256 << 20  # all files together; most are written twice
MAX_FOLDERS_DEEP = 7
MAX_ARCHIVES, MAX_ARCHIVES_DEEP = 6, 2
TORCH_FILE = ".torch-file"  # what ``unpack`` leaves of an archive that is a file of torch.save

LEFT_OUT = frozenset(
    {"__pycache__", "__MACOSX", ".git", ".handed-in", ".DS_Store", "Thumbs.db", "desktop.ini", ".Trashes"}
)
MANIFEST = "manifest.json"  # what package() writes into its archive; see judge/parity
WEIGHTS = frozenset({".pt", ".pth", ".safetensors"})
_NOTEBOOK = re.compile(r"\.ipynb(\.(txt|json))?$", re.IGNORECASE)  # some browsers add what they take it for
_ARCHIVE = re.compile(r"\.(zip|tar|tgz|tar\.(gz|bz2|xz))$", re.IGNORECASE)
_CLOSED_ARCHIVE = re.compile(r"\.(rar|7z)$", re.IGNORECASE)
_COPY = re.compile(
    r"^(copy of |kopie von |copie de )|([ _-]*\(\d+\)|[ _-]+(copy|kopie|copie)( ?\d+)?)+$", re.IGNORECASE
)
_ADDED = re.compile(r"\.(txt|zip|download|bin)$", re.IGNORECASE)  # by browsers and mail programs


@dataclass(frozen=True, slots=True)
class File:
    """A file of a hand-in: where it is read from, and its name as it was packed."""

    path: Path
    name: Path


@dataclass(slots=True)
class Layout:
    """Where the files of a hand-in go, relative to the work folder, and what the student is told about it."""

    files: list[File] = field(default_factory=list)
    instead: dict[str, str] = field(default_factory=dict)  # name that is wanted -> the only one of its kind
    too_large: dict[str, int] = field(default_factory=dict)  # name -> its megabytes
    notices: list[str] = field(default_factory=list)


# -- found -------------------------------------------------------------------------------------------


def find_files(folder: Path, unpack: Callable[[Path], Path | None]) -> tuple[list[File], list[str]]:
    """Return the files of a hand-in, those of archives in their place, and notices.

    ``unpack`` writes an archive's files into a new folder and returns it.
    """
    notices: list[str] = []
    files = [File(folder / name, name) for name in list_hand_in(folder)]
    left = MAX_ARCHIVES
    for _ in range(MAX_ARCHIVES_DEEP):
        archives = [file for file in files if _ARCHIVE.search(file.name.name)][:left]
        for archive in archives:
            unpacked = unpack(archive.path)
            found = list_hand_in(unpacked) if unpacked is not None else []
            shown = _shown(archive.name)
            if unpacked is not None and (unpacked / TORCH_FILE).exists():
                stem = _ARCHIVE.sub("", archive.name.name)
                name = stem if PurePath(stem).suffix.lower() in WEIGHTS else f"{stem}.pt"
                files[files.index(archive)] = File(archive.path, archive.name.with_name(name))
                continue
            if unpacked is None or not found:
                notices.append(messages.ARCHIVE_UNREADABLE.format(name=shown))
                continue
            files.remove(archive)
            if not _is_packed(found):
                notices.append(messages.UNPACKED.format(name=shown, count=len(found)))
            known = {file.name for file in files}
            place = archive.name.parent / _folder_of_archive(archive.name.name, found)
            files += [File(unpacked / name, place / name) for name in found if place / name not in known]
        left -= len(archives)
    closed = [file for file in files if _CLOSED_ARCHIVE.search(file.name.name)]
    notices += [messages.ARCHIVE_UNREADABLE.format(name=_shown(file.name)) for file in closed]
    return sorted(files, key=lambda file: _order(file.name)), notices


def _is_packed(found: list[Path]) -> bool:
    """Tell whether an archive is one of ``package()``: to hand in that one is what students are told."""
    return any(
        f.name == MANIFEST and any(is_notebook(n) and n.parent == f.parent for n in found) for f in found
    )


def take_manifest(files: list[File], wanted: tuple[str, ...]) -> tuple[list[File], File | None]:
    """Return the files of a hand-in without the manifest beside a notebook, and that.

    It is for the grader only and nothing that a score depends on. A file of that name that checks ask for is none.
    """
    folders = {file.name.parent for file in files if is_notebook(file.name)}
    found = [f for f in files if f.name.name == MANIFEST and f.name.parent in folders]
    if not found or MANIFEST in wanted:
        return files, None
    return [file for file in files if file is not found[0]], found[0]


def _folder_of_archive(name: str, found: list[Path]) -> str:
    """Return the folder that an archive's files get: none if they have one, or are a whole hand-in."""
    if len({path.parts[0] for path in found if len(path.parts) > 1}) == 1 and all(
        len(path.parts) > 1 for path in found
    ):
        return ""
    return "" if any(is_notebook(path) for path in found) else _ARCHIVE.sub("", name)


def list_hand_in(folder: Path) -> list[Path]:
    """Return the files of a hand-in, relative to its folder, in the order in which they count.

    Notebooks, weights and archives come first, then what lies least deep; what lies deeper than
    ``MAX_FOLDERS_DEEP`` is left out, and what an operating system or Jupyter puts beside files.
    """
    found: list[Path] = []
    for root, folders, files in os.walk(folder, followlinks=False):
        relative = Path(root).relative_to(folder)
        deep_enough = len(relative.parts) >= MAX_FOLDERS_DEEP
        folders[:] = [] if deep_enough else sorted(f for f in folders if not _is_litter(f))
        found += [relative / name for name in sorted(files) if not _is_litter(name)]
    found = [path for path in found if path.name != TORCH_FILE]
    stems = {path.name for path in found}
    checkpoints = [p for p in found if p.name.endswith("-checkpoint.ipynb")]
    for path in checkpoints:  # Jupyter's own copies, out of their folder
        if path.name.replace("-checkpoint.ipynb", ".ipynb") in stems:
            found.remove(path)
    return sorted(found, key=_order)


def _order(path: Path) -> tuple[bool, int]:
    first = path.suffix.lower() in WEIGHTS or is_notebook(path) or bool(_ARCHIVE.search(path.name))
    return not first, len(path.parts)


def _is_litter(name: str) -> bool:
    return name in LEFT_OUT or name.startswith("._") or "ipynb_checkpoints" in name


def is_notebook(path: PurePath) -> bool:
    """Tell whether a file's name is a notebook's."""
    return bool(_NOTEBOOK.search(path.name))


# -- arranged ----------------------------------------------------------------------------------------


def arrange(files: list[File], notebook: File | None, wanted: tuple[str, ...]) -> Layout:
    """Return the files with the names that the notebook finds them by.

    The chosen notebook's folder is the work folder. What lies outside of it keeps its place below the folder that
    holds everything. A file that checks ask for (``wanted``) and that is not there by its name is looked for in
    other folders, with the marks of a second download, and with the other suffixes of weights.
    """
    layout = Layout()
    top = _common([file.name.parent for file in files])
    base = notebook.name.parent if notebook is not None else top
    inside = [file for file in files if file.name.is_relative_to(base)]
    taken: set[Path] = set()
    for file in inside + [file for file in files if file not in inside]:
        name = file.name.relative_to(base if file in inside else top)
        if name not in taken:
            taken.add(name)
            layout.files.append(File(file.path, name))
    for name_wanted in wanted:
        _find_wanted(layout, name_wanted)
    return layout


def _common(folders: list[Path]) -> Path:
    if not folders:
        return Path()
    shared = []
    for parts in zip(*(folder.parts for folder in folders), strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return Path(*shared)


def _find_wanted(layout: Layout, wanted: str) -> None:
    """Give a file that checks ask for its name, if it has another."""
    suffix = PurePath(wanted).suffix
    kinds = WEIGHTS if suffix in WEIGHTS else frozenset({suffix})
    stem = PurePath(wanted).stem
    by_name = {str(file.name): file for file in layout.files}
    if suffix in WEIGHTS and wanted not in by_name and f"{stem}.safetensors" in by_name:
        wanted = f"{stem}.safetensors"
    alike = [(file, _plain(file.name.name, kinds)) for file in layout.files]
    candidates = [(file, *found) for file, found in alike if found is not None]
    same = [c for c in candidates if c[1] == stem.casefold()]
    if wanted in by_name:
        others = [
            f.name for f, *_ in same if len(f.name.parts) == 1 and str(f.name) != wanted and suffix in WEIGHTS
        ]
        if others:
            layout.notices.append(
                messages.NOT_READ.format(name=wanted, others=", ".join(map(_shown, others)))
            )
        return
    if same:
        best = min(same, key=lambda c: (len(c[0].name.parts), -c[3], str(c[0].name)))
        target = stem + (".safetensors" if best[2] == ".safetensors" else suffix)
        layout.files.append(File(best[0].path, Path(target)))
        layout.notices.append(messages.TAKEN_AS.format(name=_shown(best[0].name), wanted=target))
        if suffix == ".py":  # what it imports lies beside it
            names = {file.name for file in layout.files}
            for file in list(layout.files):
                beside = file.name.parent == best[0].name.parent and file.name.suffix == ".py"
                if beside and Path(file.name.name) not in names:
                    layout.files.append(File(file.path, Path(file.name.name)))
    elif suffix in WEIGHTS and len(candidates) == 1:
        layout.instead[wanted] = str(candidates[0][0].name)
        shown = _shown(candidates[0][0].name)
        layout.notices.append(messages.READ_INSTEAD.format(name=shown, wanted=wanted))
    elif suffix in WEIGHTS and candidates:
        found_names = ", ".join(_shown(c[0].name) for c in candidates[:4])
        layout.notices.append(messages.WHICH_WEIGHTS.format(wanted=wanted, names=found_names))


def _plain(name: str, kinds: frozenset[str]) -> tuple[str, str, int] | None:
    """Return a name's stem without a copy's marks, its suffix, and the number of the copy; None if of no such kind."""
    stripped = name
    while PurePath(stripped).suffix.lower() not in kinds:
        shorter = _ADDED.sub("", stripped)
        shorter = shorter if shorter != stripped else re.sub(r" ?\(\d+\)$", "", stripped)
        if shorter == stripped:
            return None
        stripped = shorter
    path = PurePath(stripped)
    numbers = re.findall(r"\((\d{1,4})\)", name)
    stem = _COPY.sub("", _COPY.sub("", path.stem))
    stem = re.sub(r"[ _-]+", "_", stem.strip()).casefold()
    return stem, path.suffix.lower(), int(numbers[-1]) if numbers else 0


def _shown(name: PurePath) -> str:
    return messages.safe(os.fsencode(name).decode("utf-8", "replace"), 60)


# -- laid out ----------------------------------------------------------------------------------------


def lay_out(layout: Layout, work: Path, handed_in: Path, uid: int | None) -> None:
    """Copy a hand-in's regular files into the work folder and, but notebooks, where no cell can write to them.

    Nothing is followed: a link, a device, a file with a second name or over the cap is left out, and told if
    it was for its size.
    """
    room, over, large = MAX_HAND_IN_BYTES, set[Path](), dict[Path, int]()
    counted = set[Path]()  # one with two names counts once
    for file in layout.files:
        new = file.path not in counted
        if file.path in over or (new and (len(counted) >= MAX_FILES or room <= 0)):
            over.add(file.path)
            continue
        try:
            data = read_regular(file.path, min(MAX_FILE_BYTES, room) if new else MAX_FILE_BYTES)
        except TooLarge as error:
            if error.size > MAX_FILE_BYTES:
                layout.too_large[str(file.name)] = large[file.path] = error.size >> 20
            else:
                over.add(file.path)
            continue
        except OSError:
            continue
        room -= len(data) if new else 0
        counted.add(file.path)
        _write(work, file.name, data, uid)
        if not is_notebook(file.name):
            _write(handed_in, file.name, data, uid, ours=True)
    for path, megabytes in large.items():
        shown = _shown(next(file.name for file in layout.files if file.path == path))
        limit = MAX_FILE_BYTES >> 20
        layout.notices.append(messages.TOO_LARGE.format(name=shown, size=megabytes, limit=limit))
    if over:
        limits = {"limit": MAX_FILES, "size": MAX_HAND_IN_BYTES >> 20}
        layout.notices.append(messages.TOO_MANY_FILES.format(count=len(over), **limits))


def lay_out_files(public: Path, work: Path, uid: int | None) -> None:
    """Copy the released side files into a work folder, as students have them beside the notebook.

    Those in ``data/`` are ours whatever was handed in, as a locked cell is; a template that students
    complete (``predict.py``) is there only if they have handed in none.
    """
    for path in sorted(public.rglob("*")):
        relative = path.relative_to(public)
        target = work / relative
        if path.is_dir() or (target.exists() and relative.parts[0] != "data"):
            continue
        if any((work / parent).is_file() for parent in relative.parents):
            continue  # a hand-in has a file where we have a folder: the cells that read it will say so
        if target.is_dir():
            shutil.rmtree(target)
        _write(work, relative, path.read_bytes(), uid)


def _write(folder: Path, relative: Path, data: bytes, uid: int | None, *, ours: bool = False) -> None:
    """Write a file for a user id to keep or, if it stays ``ours``, to read."""
    target = folder / relative
    if target.is_dir() or any((folder / parent).is_file() for parent in relative.parents):
        return  # another folder's file has the name of this one's folder
    owner, mode = (0, 0o640) if ours else (uid, 0o600)
    for parent in reversed(relative.parents):
        if not (folder / parent).exists():
            (folder / parent).mkdir(mode=0o700)
            if uid is not None and owner is not None:
                os.chown(folder / parent, owner, uid)
                (folder / parent).chmod(0o750 if ours else 0o700)
    target.write_bytes(data)
    if uid is not None and owner is not None:
        os.chown(target, owner, uid)
        target.chmod(mode)


class TooLarge(OSError):
    """A file is over the cap."""

    def __init__(self, name: str, size: int) -> None:
        super().__init__(f"{name}: {size} bytes")
        self.size = size


def read_regular(path: Path, max_bytes: int) -> bytes:
    """Read a file that a student may have made: regular, one name, capped, links not followed."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as file:
        facts = os.fstat(fd)
        if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1:
            raise OSError(f"{path.name}: not a plain file")
        if facts.st_size > max_bytes:
            raise TooLarge(path.name, facts.st_size)
        return file.read(max_bytes + 1)
