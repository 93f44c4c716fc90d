"""Whose files are whose: the forms in which Gradescope, Canvas, Moodle and people hand over a class (*trusted*).

A form gives one ``Arrival`` per hand-in: its files, and what the source says about who and when. Who that is in the
roster is ``collect_people``'s question.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from autograder.classroom import times
from autograder.classroom.collect_trees import Entry, Tree
from autograder.classroom.roster import Claim
from autograder.engine import incoming
from autograder.errors import UsageError

GRADESCOPE, CANVAS, MOODLE, PLAIN = "Gradescope", "Canvas", "Moodle", "folders and files"
METADATA = "submission_metadata.yml"
MAX_METADATA_BYTES = 256 << 20
_WRAPPERS = 3  # folders around everything

_CANVAS_NAME = re.compile(
    r"(?P<name>.+?)_(?:(?P<late>LATE)_)?(?P<user>\d+)_(?P<file>\d+)_(?P<original>.+)", re.DOTALL
)
_CANVAS_ANONYMOUS = re.compile(
    r"(?P<name>anon_(?:(?P<late>LATE)_)?(?P<user>[A-Za-z0-9]+))_(?P<file>\d+)_(?P<original>.+)", re.DOTALL
)
_MOODLE_NAME = re.compile(
    r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_(?P<kind>file|onlinetext)(?:_(?P<rest>.*))?", re.DOTALL
)
_AGAIN = re.compile(r"-\d{1,3}$")  # what Canvas adds to the stem of a file that was handed in again


@dataclass(frozen=True, slots=True)
class Arrival:
    """One hand-in as it came: ``whose`` has a claim per student (several for a group)."""

    label: str  # what the source calls it
    whose: tuple[Claim, ...]
    files: tuple[Entry, ...]
    time: datetime | None = None
    late: bool = False  # the source says so
    number: int = 0  # grows with time in one source; 0: unknown
    why_nobody: str = ""  # nobody may be looked for
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Found:
    """What a source holds."""

    form: str
    arrivals: list[Arrival] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)  # name, reason


Known = Callable[[str], bool]  # does a name say who it is?


def read(tree: Tree, assignment: str, known: Known | None) -> Found:
    """Recognise a source's form and return its hand-ins.

    ``known`` tells whether a name is somebody's; None where there is no roster.

    Raises
    ------
    UsageError
        If there is nothing in it that could be a hand-in, or its metadata cannot be read.
    """
    entries = [e for e in tree.entries if not any(incoming.is_litter(part) for part in e.parts)]
    skipped = [(name, "has a name that leads out of its folder") for name in tree.outside]
    if litter := len(tree.entries) - len(entries):
        files = f"{litter} file{'s' * (litter > 1)}"
        skipped.append((files, "left by an operating system or Jupyter (.DS_Store, checkpoints)"))
    depth = 0
    while True:
        tops = {e.parts[0] for e in entries}
        found = _known_form(entries, tops)
        one = len(tops) == 1 and all(len(e.parts) > 1 for e in entries) and depth < _WRAPPERS
        if found is not None or not one or not _is_wrapper(entries, assignment, known):
            break
        entries, depth = [e.below(1) for e in entries], depth + 1
    found = found or _plain(entries, assignment, known)
    if found.form in (MOODLE, PLAIN):  # Gradescope's metadata names who has none; Canvas has no folders
        folders = {f[depth] for f in tree.folders if len(f) > depth} | {
            e.parts[depth] for e in tree.entries if len(e.parts) > depth + 1
        }
        empty = folders - {e.parts[0] for e in entries if len(e.parts) > 1}
        skipped += [(name, "has no file in it") for name in sorted(empty) if not incoming.is_litter(name)]
    times_seen: Counter[str] = Counter()
    for index, arrival in enumerate(found.arrivals):  # alice/ and alice.zip
        times_seen[arrival.label] += 1
        if (n := times_seen[arrival.label]) > 1:
            found.arrivals[index] = replace(arrival, label=f"{arrival.label} ({n})")
    found.skipped[:0] = skipped
    if not found.arrivals:
        raise UsageError(f"{tree.path}: no hand-in in it; nothing was collected.{_said(found.skipped)}")
    return found


def _said(skipped: list[tuple[str, str]]) -> str:
    return "".join(f"\n  {name[:120]!r} {why}" for name, why in skipped[:8])


def _known_form(entries: list[Entry], tops: set[str]) -> Found | None:
    metadata = next((e for e in entries if e.parts == (METADATA,)), None)
    if metadata is not None:
        return _gradescope(entries, metadata)
    if any(_MOODLE_NAME.fullmatch(top) for top in tops):
        return _moodle(entries)
    files = [e for e in entries if len(e.parts) == 1]
    canvas = [e for e in files if _canvas_name(e.parts[0])]
    if canvas and 2 * len(canvas) >= len(files) and 2 * len(canvas) >= len(tops):
        return _canvas(entries)
    return None


def _is_wrapper(entries: list[Entry], assignment: str, known: Known | None) -> bool:
    """Tell whether the one folder that everything lies in is nobody's."""
    top = entries[0].parts[0]
    below = [e.below(1) for e in entries]
    inside = {e.parts[0] for e in below}
    files = {e.parts[0] for e in below if len(e.parts) == 1}
    if METADATA in files or any(_MOODLE_NAME.fullmatch(name) or _canvas_name(name) for name in inside):
        return True
    if known is not None:
        return not known(top) and (
            any(known(stem_of(name)) for name in inside) or (len(inside) == 1 and not files)
        )
    notebooks = {name for name in files if incoming.is_notebook(name)}
    if assignment in inside or f"{assignment}.ipynb" in notebooks:
        return False
    return len(notebooks) != 1  # several: one per student


# -- Gradescope --------------------------------------------------------------------------------------


def _gradescope(entries: list[Entry], metadata: Entry) -> Found:
    data = _yaml(metadata)
    found = Found(GRADESCOPE)
    by_top: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry is not metadata:
            by_top[entry.parts[0]].append(entry if len(entry.parts) == 1 else entry.below(1))
    for label, about in data.items():
        files = by_top.pop(label, [])
        if not isinstance(about, dict):
            found.skipped.append((label, f"has no facts in {METADATA}"))
            continue
        get = _symbols(about)
        people = get.get("submitters") or []
        claims = (
            tuple(_submitter(one) for one in people if isinstance(one, dict))
            if isinstance(people, list)
            else ()
        )
        time = times.parse(str(get.get("created_at") or ""))
        notes = [] if time else ["Gradescope does not say when"]
        earlier = get.get("history")
        if isinstance(earlier, list) and earlier:
            notes.append(f"{len(earlier)} earlier hand-in{'s' * (len(earlier) > 1)} stayed in Gradescope")
        arrival = Arrival(label, claims, tuple(files), time, notes=tuple(notes))
        if not files:
            who = "; ".join(c.words() for c in claims) or "nobody named"
            found.skipped.append((label, f"has no files in the export ({who})"))
        elif not any(c.words() for c in claims):
            found.arrivals.append(replace(arrival, why_nobody=f"{METADATA} names nobody"))
        else:
            found.arrivals.append(replace(arrival, whose=tuple(c for c in claims if c.words())))
    found.arrivals += [
        Arrival(label, (), tuple(files), why_nobody=f"has no entry in {METADATA}")
        for label, files in by_top.items()
    ]
    return found


def _yaml(metadata: Entry) -> dict[str, Any]:
    """Read the metadata; every value is a text, so that no number loses its zeros and no name is taken for "no"."""
    try:
        import yaml
    except ImportError as error:
        raise UsageError(
            f"{error}; nothing was collected. Run: pip install 'autograder-notebooks[instructor]'"
        ) from error
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        file = metadata.opened()
        if file is None:
            raise OSError("cannot be read")
        with file:
            text = file.read(MAX_METADATA_BYTES)
        data = yaml.load(text.decode("utf-8-sig", "replace"), Loader=loader)  # noqa: S506  makes texts, lists and dicts only
    except (yaml.YAMLError, RecursionError, *incoming.DAMAGED) as error:
        said = " ".join(str(error).split())[:200]
        raise UsageError(
            f"{METADATA}: cannot be read ({said}); nothing was collected. Export the submissions again."
        ) from error
    if not isinstance(data, dict) or not data:
        raise UsageError(
            f"{METADATA}: names no submissions; nothing was collected. Export the submissions again."
        )
    return {str(key): value for key, value in data.items()}


def _symbols(data: dict[Any, Any]) -> dict[str, Any]:
    """Return a mapping whose keys may be Ruby's symbols, by plain names; nothing for what is null."""
    nothing = ("", "~", "null", "nil")
    return {
        str(key).lstrip(":"): value
        for key, value in data.items()
        if not (isinstance(value, str) and value in nothing)
    }


def _submitter(data: dict[Any, Any]) -> Claim:
    get = {key: " ".join(value.split()) for key, value in _symbols(data).items() if isinstance(value, str)}
    return Claim(name=get.get("name", ""), email=get.get("email", ""), sid=get.get("sid", ""))


# -- Canvas ------------------------------------------------------------------------------------------


def _canvas_name(name: str) -> re.Match[str] | None:
    return _CANVAS_ANONYMOUS.fullmatch(name) or _CANVAS_NAME.fullmatch(name)


def _canvas(entries: list[Entry]) -> Found:
    found = Found(CANVAS)
    groups: dict[tuple[str, str], list[tuple[re.Match[str], Entry]]] = defaultdict(list)
    for entry in entries:
        name = _canvas_name(entry.parts[0])
        if name is None:
            found.skipped.append((entry.name, "has no name of Canvas's (name_user_file_name)"))
            continue
        anonymous = name["name"] if name.re is _CANVAS_ANONYMOUS else ""
        groups[anonymous, name["user"]].append((name, entry))
    for (anonymous, user), members in groups.items():
        first = members[0][0]
        label = anonymous or f"{first['name']}_{user}"
        files = [
            replace(entry, parts=(name["original"], *entry.parts[1:])) for name, entry in _by_number(members)
        ]
        found.arrivals.append(
            Arrival(
                label,
                () if anonymous else (Claim(canvas_id=user, squashed=first["name"]),),
                tuple(files),
                late=any(name["late"] for name, _ in members),
                number=max(int(name["file"]) for name, _ in members),
                why_nobody="was graded anonymously: Canvas does not say who it is" if anonymous else "",
            )
        )
    return found


def _by_number(members: Iterable[tuple[re.Match[str], Entry]]) -> list[tuple[re.Match[str], Entry]]:
    return sorted(members, key=lambda m: (-int(m[0]["file"]), m[1].parts))


def canvas_original(name: str, wanted: frozenset[str]) -> str:
    """Return a file's name without the ``-1`` that Canvas gives what is handed in again.

    Only where a file of the name without it is wanted: students write names that end so, too.
    """
    path = PurePosixPath(name)
    stem = _AGAIN.sub("", path.stem)
    plain = re.sub(r" ?\(\d+\)$", "", stem)
    return f"{stem}{path.suffix}" if f"{plain}{path.suffix}" in wanted else name


# -- Moodle ------------------------------------------------------------------------------------------


def _moodle(entries: list[Entry]) -> Found:
    found = Found(MOODLE)
    groups: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        name = _MOODLE_NAME.fullmatch(entry.parts[0])
        if name is None:
            found.skipped.append((entry.name, "has no name of Moodle's (name_number_assignsubmission_file_)"))
            continue
        if len(entry.parts) > 1:
            parts = entry.parts[1:]
        elif name["rest"]:
            parts = (name["rest"],)
        else:
            found.skipped.append((entry.name, "is a file without a name"))
            continue
        groups[name["name"], name["id"]].append(replace(entry, parts=parts))
    for (name_, number), files in groups.items():
        claim = Claim(name=name_)
        found.arrivals.append(Arrival(f"{name_}_{number}", (claim,), tuple(files)))
    return found


# -- folders, zips and files of any names ------------------------------------------------------------


def stem_of(name: str) -> str:
    """Return the name of a folder, an archive or a file without what follows its last dot."""
    stem = incoming.archive_stem(name)
    if stem is not None:
        return stem
    return PurePosixPath(name).stem if incoming.is_notebook(name) else name


def _plain(entries: list[Entry], assignment: str, known: Known | None) -> Found:
    found = Found(PLAIN)
    folders: dict[str, list[Entry]] = defaultdict(list)
    files: list[Entry] = []
    for entry in entries:
        if len(entry.parts) > 1:
            folders[entry.parts[0]].append(entry.below(1))
        else:
            files.append(entry)
    for label, inside in folders.items():
        found.arrivals.append(_of_folder(label, inside, assignment))
    loose: list[Entry] = []
    for entry in files:
        stem = incoming.archive_stem(entry.parts[0])
        if stem is not None and (known is None or known(stem) or not _belongs(entry.parts[0], files)):
            found.arrivals.append(Arrival(stem, (_plain_claim(stem, assignment),), (entry,)))
        else:
            loose.append(entry)
    owners = {_without(stem_of(e.parts[0]), assignment) for e in loose if incoming.is_notebook(e.parts[0])}
    by_owner: dict[str, list[Entry]] = defaultdict(list)
    for entry in loose:
        name = entry.parts[0]
        owner = _without(stem_of(name), assignment)
        if owner not in owners:  # weights, logs: alice_model.pt is alice's
            mine = [o for o in owners if name.startswith(o) and name[len(o)] in "_-. "]
            longest = max(mine, key=len, default="")
            owner = longest or (owner if known is not None and known(PurePosixPath(name).stem) else "")
        if owner:
            by_owner[owner].append(entry)
        else:
            found.skipped.append((name, "is nobody's"))
    for owner, mine_ in by_owner.items():
        found.arrivals.append(Arrival(owner, (_plain_claim(owner, assignment),), _own_names(owner, mine_)))
    return found


def _of_folder(label: str, inside: list[Entry], assignment: str) -> Arrival:
    """Return the hand-in of a folder; of nbgrader's ``<student>/<assignment>/``, with the time that it noted."""
    claim = _plain_claim(label, assignment)
    mine = [e.below(1) for e in inside if e.parts[0] == assignment and len(e.parts) > 1]
    if not mine or any(len(e.parts) == 1 for e in inside):
        return Arrival(label, (claim,), tuple(inside))
    stamp = next((e for e in mine if e.parts == (times.FILE_NAME,)), None)
    time = None
    if stamp is not None and not stamp.why_not and (file := stamp.opened()) is not None:
        with file:
            time = times.parse_nbgrader(file.read(200).decode(errors="replace"))
    files = tuple(e for e in mine if e is not stamp) if time else tuple(mine)
    others = sorted({e.parts[0] for e in inside} - {assignment})
    notes = (f"{', '.join(others)} in the folder: other assignments",) if others else ()
    return Arrival(label, (claim,), files, time, notes=notes)


def _plain_claim(label: str, assignment: str) -> Claim:
    return Claim(student=_without(label, assignment))


def _without(label: str, assignment: str) -> str:
    """Return a name without the assignment's before or behind it."""
    pattern = re.escape(assignment)
    short = re.sub(rf"^{pattern}[ _.\-]+|[ _.\-]+{pattern}$", "", label, flags=re.IGNORECASE)
    return short or label


def _belongs(name: str, files: list[Entry]) -> bool:
    """Tell whether a file stands beside a notebook whose name begins its name."""
    stems = [stem_of(e.parts[0]) for e in files if incoming.is_notebook(e.parts[0])]
    return any(name != stem and name.startswith(f"{stem}_") for stem in stems)


def _own_names(owner: str, files: list[Entry]) -> tuple[Entry, ...]:
    """Return files without the owner before their names, unless two would get one name."""
    pattern = re.compile(rf"{re.escape(owner)}[ _\-]+(?=[^.])")
    short = [replace(e, parts=(pattern.sub("", e.parts[0], count=1),)) for e in files]
    return tuple(short) if len({e.parts for e in short}) == len(short) else tuple(files)
