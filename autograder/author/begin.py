"""Begin a course in a folder: its file, nbgrader's, and, if asked for, an assignment that already validates (*trusted*)."""

from __future__ import annotations

import re
import textwrap
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.config import FILE_NAME, Autograder
from autograder.errors import UsageError
from autograder.files import write_new
from autograder.nbgrader_safety import FILE_NAME as NBGRADER_FILE_NAME

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

EXAMPLE = "digits"

COURSE = '''\
"""The course in one file: `autograder` reads it, and nbgrader reads it through nbgrader_config.py."""

from pathlib import Path

c = get_config()

c.CourseDirectory.course_id = "{course_id}"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)

# Every option of ours, with its default. Take the mark away where the course differs.
{options}
'''
NBGRADER = '''\
"""What nbgrader reads: the course's facts, and our steps in place of its kernel (else it grades unsafely)."""

from autograder.nbgrader_safety import protect

load_subconfig("gradebook_config.py")
protect(get_config())
'''
IGNORE = """\
# Made by commands, or about students: never in the repository.
/gradebook.db
/roster.csv
/submitted/
/autograded/
/feedback/
/extensions.csv
/grades*.csv
/canvas*.csv
/gradescope*.csv
/regrades/
/bundle/
/.autograder/
__pycache__/
.ipynb_checkpoints/

# references/*/private/ is not ignored: grading needs it, and a clone without it cannot grade. It holds held-out data, so
# keep this repository private and publish release/ only. To keep such data elsewhere, take the mark away:
# /references/*/private/
"""
README = """\
# {name}

The repository of the course's staff. **Keep it private**: it holds solutions, hidden checks and private data. Students get
`release/`, and nothing else.

| | |
|---|---|
| `source/<assignment>/` | your notebook, with solutions and checks; files beside it are released with it |
| `references/<assignment>/` | `solution/` (files that the solution hands in), `variants/` (right and wrong solutions), `card.json` and weights of trained references, `private/` (held-out data) |
| `release/<assignment>/` | the student's notebook: generated, to be committed and read as a diff |
| `submitted/<student>/<assignment>/` | hand-ins; not committed |
| `roster.csv` | who is in the class; not committed |
| `gradebook_config.py` | the course's facts |

```
autograder new my-assignment       # a notebook that can be released as it is, to be written over
autograder validate my-assignment  # solution 100 %, untouched release 0, every wrong variant loses its points
autograder release my-assignment   # writes release/ and the private bundle
autograder roster import FILE      # who is in the class: Canvas's gradebook export, Gradescope's roster, a CSV
autograder collect my-assignment ZIP   # hand-ins out of Gradescope, Canvas, Moodle, a folder
autograder grade my-assignment     # grades submitted/
autograder overview my-assignment  # the class on one page, and the check to look at first
autograder regrade my-assignment   # a check was wrong: who would move; --apply writes it
autograder export my-assignment    # scores for the registrar; --form canvas for Canvas (lateness: autograder late)
autograder bundle my-assignment    # packs it for Gradescope
autograder doctor                  # what this machine and this course can do
```
"""


def new_course(folder: Path, name: str, *, example: bool = False) -> list[Path]:
    """Write the files of a course; return their paths.

    Raises
    ------
    UsageError
        If one of them exists already, the name has no letter or digit, or the folder cannot be written; then nothing
        was written.
    """
    course_id = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not course_id or not name.isprintable():
        raise UsageError(
            f"{name!r}: no course's name; nothing was written.\nGive one with letters or digits."
        )
    files: dict[str, bytes] = {
        FILE_NAME: COURSE.format(course_id=course_id, options=_options()).encode(),
        NBGRADER_FILE_NAME: NBGRADER.encode(),
        ".gitignore": IGNORE.encode(),
        "README.md": README.format(name=name).encode(),
    }
    if example:
        files |= _tree(resources.files("autograder.author") / "example")
    if (folder / NBGRADER_FILE_NAME).is_file() and not (folder / FILE_NAME).exists():
        raise UsageError(
            f"{folder}: a course of nbgrader's, which is graded as it is; nothing was written.\n"
            "In it: autograder doctor, autograder release ASSIGNMENT, autograder grade ASSIGNMENT "
            "(docs/bring-your-course.md)."
        )
    there = sorted(path for path in files if (folder / path).exists())
    if there:
        raise UsageError(
            f"{folder}: {', '.join(there[:6])} exist{'s' * (len(there) == 1)} already; nothing was written.\n"
            "Choose an empty folder."
        )
    return write_new({folder / path: content for path, content in files.items()})


def _options() -> str:
    """Return a line per option of the course file, off, with its default and what it means."""
    lines = []
    for name, trait in sorted(Autograder.class_own_traits(config=True).items()):
        lines += [f"# {line}" for line in textwrap.wrap(str(trait.help), 100)]
        lines.append(f"# c.Autograder.{name} = {trait.default()!r}")
    return "\n".join(lines)


def _tree(folder: Traversable, prefix: str = "") -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name == "__pycache__":
            continue
        path = f"{prefix}{entry.name}"
        files |= _tree(entry, f"{path}/") if entry.is_dir() else {path: entry.read_bytes()}
    return files
