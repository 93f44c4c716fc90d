"""A new assignment that can be released as it is, to be written over (*trusted*)."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, writes

from autograder.author.source import FIRST_CELL
from autograder.errors import UsageError
from autograder.files import write_new

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

PROSE = """\
# {title}

Say here what the assignment is about.

| part | you write | points |
|:--|:--|--:|
| 1 · GC content | `gc_content` | 80 |
| 2 · In your own words ✍ | a paragraph | 20 |
"""
CONTRACT = """\
## 1 · GC content

What is asked, and why. Then what the checks go by:

**Contract** · `gc_content(seq)`
- `seq`: a string of the letters A, C, G and T, upper or lower case, at least one.
- Returns the share of G and C as a float from 0 to 1.
"""
ANSWER = '''\
# answer: q1_answer
def gc_content(seq):
    """Return the share of G and C."""
    ### BEGIN SOLUTION
    letters = seq.upper()
    return (letters.count("G") + letters.count("C")) / len(letters)
    ### END SOLUTION
'''
CHECK = '''\
# check: q1
@points(20)
def test_gc_of_four_letters(gc_content):
    """GATC is half G and C."""
    close(gc_content("GATC"), 0.5, name="gc_content('GATC')")


check(test_gc_of_four_letters)
### BEGIN HIDDEN TESTS
@points(40)
def test_gc_of_any_sequence(gc_content, reference, rng):
    """Any sequence: the share of G and C."""
    for length in rng.integers(5, 200, 5):
        seq = "".join(rng.choice(list("ACGT"), length))
        close(gc_content(seq), reference.gc_content(seq))


@points(20)
def test_gc_of_lower_case(gc_content, rng):
    """Lower case counts like upper case."""
    seq = "".join(rng.choice(list("acgt"), 40)) + "g"
    close(gc_content(seq), gc_content(seq.upper()), name="the share of a lower-case sequence")
    at_least(gc_content(seq), 0.01, name="the share of a sequence with a g")
### END HIDDEN TESTS
'''
MANUAL = """\
<!-- manual: m1 -->

What you would look for when you grade this by hand. Students see an empty cell here.
"""
VARIANTS = {
    "right-q1-counts-letters": """\
# operator = "equivalent"
# why = "a loop instead of str.count"

# %% q1_answer
# answer: q1_answer
def gc_content(seq):
    return sum(letter in "GCgc" for letter in seq) / len(seq)
""",
    "wrong-q1-upper-case-only": """\
# operator = "own: input"
# expected = {q1 = 60}
# why = "lower-case letters are not counted"

# %% q1_answer
# answer: q1_answer
def gc_content(seq):
    return sum(letter in "GC" for letter in seq) / len(seq)
""",
}


def new_assignment(source: Path, references: Path, name: str) -> list[Path]:
    """Write ``source/<name>/<name>.ipynb`` and two variants; return the written paths.

    Raises
    ------
    UsageError
        If the name cannot be a folder's and a file's everywhere, or is taken, or the course cannot be written.
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r}: no assignment's name; nothing was written.\n"
            "Use lower-case letters, digits and single hyphens: week4-attention"
        )
    for folder in (source / name, references / name):
        if folder.exists():
            raise UsageError(f"{folder}: exists already; nothing was written.\nChoose another name.")
    written = {source / name / f"{name}.ipynb": writes(_notebook(name)) + "\n"}
    written |= {references / name / "variants" / f"{slug}.py": text for slug, text in VARIANTS.items()}
    return write_new({path: text.encode() for path, text in written.items()})


def _notebook(name: str) -> Any:
    notebook = new_notebook()
    notebook.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
    answer = new_markdown_cell(MANUAL)
    answer.metadata["nbgrader"] = _metadata("m1", grade=True, solution=True, locked=False, points=20)
    notebook.cells = [
        _code(
            FIRST_CELL,
            f"""
            # locked: {FIRST_CELL}
            from autograder.first_cell import *  # replaced at release by the cell that defines check(...) and package()

            # What is handed in beside the notebook: hand_in("model_weights.pt", model="Net()")
            """,
            locked=True,
        ),
        new_markdown_cell(PROSE.format(title=name.replace("-", " ").capitalize())),
        _code("setup", "# locked: setup\nimport numpy as np", locked=True),
        new_markdown_cell(CONTRACT),
        _code("q1_answer", ANSWER, solution=True),
        _code("q1", CHECK, grade=True, locked=True, points=80),
        new_markdown_cell("## 2 · In your own words ✍ (20 points)\n\nWhat you ask students to write about."),
        answer,
        _code("package", "# locked: package\npackage()", locked=True),
    ]
    notebook.cells[-1].metadata["tags"] = ["train"]  # not for the grader to run
    for number, cell in enumerate(notebook.cells):  # the same notebook every time
        cell["id"] = f"{name[:40]}-{number}"
    return notebook


def _code(grade_id: str, source: str, **metadata: Any) -> Any:
    cell = new_code_cell(textwrap.dedent(source).strip())
    cell.metadata["nbgrader"] = _metadata(grade_id, **metadata)
    return cell


def _metadata(
    grade_id: str,
    *,
    grade: bool = False,
    solution: bool = False,
    locked: bool = False,
    points: float | None = None,
) -> dict[str, Any]:
    content = {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": grade,
        "solution": solution,
        "locked": locked,
        "task": False,
    }
    return content if points is None else content | {"points": points}
