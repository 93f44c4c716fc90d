"""What a notebook of another tool asks, as records that the engine knows (*trusted*, standard library only).

A dialect (nbgrader's, otter's) fills them in at release; the judge reads them from the bundle's ``foreign.json``. A test
is judged ``outside``, in a trusted process in which the student's names stand for the student's process, wherever it was
proven at release that this gives the same verdicts; else ``inside``, in a copy of the student's process, fenced.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

FILE = "foreign.json"


class Place(StrEnum):
    """Where a test is judged."""

    OUTSIDE = "outside"
    INSIDE = "inside"


@dataclass(frozen=True, slots=True)
class Example:
    """One doctest example of otter's ``ok_format``: a statement, and what it must print or show."""

    source: str
    want: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignTest:
    """One test: a test cell of nbgrader's, or one test case of otter's; ``question`` and ``name`` are its CheckSpec's."""

    question: str
    name: str
    code: str = ""  # plain Python: magics are taken out, or turned into what they do
    examples: tuple[Example, ...] = ()  # of otter's ok_format, in place of code
    call: str = (
        ""  # of otter's exception tests: the function in ``code`` to call, with what its arguments name
    )
    partial: bool = False  # nbgrader's partial credit: a number as the last expression is the points
    place: Place = Place.INSIDE  # until it is proven
    why_inside: str = ""  # for the instructor: what it needs, in words
    judged: tuple[str, ...] = ()  # the student's names that it looks at: what the absence probe takes away
    builds_on: tuple[
        tuple[str, str], ...
    ] = ()  # (question, name) of tests whose definitions it uses, in order
    # (question, name) of tests that are run before it, whatever they give: what they do to the notebook's objects, and
    # to random numbers, is still there. At first those that could be needed; the proof leaves them where they are.
    follows: tuple[tuple[str, str], ...] = ()
    passed_message: str = ""  # the author's own, for students
    failed_message: str = ""
    seed: int | None = None  # otter's seed, set before it
    # What the proof saw of the solution: which operators its objects were asked for (None: not proven yet; then no
    # object of a student's says what it is equal to), and which probes its own answers pass; see judge/foreign_check.
    words: tuple[str, ...] | None = None
    probes: tuple[str, ...] = ("absent", "junk")
    binds: bool = (
        False  # the solution needs what the test binds; else only names that it judges are bound there
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """One notebook's tests, and what the trusted side knows by itself."""

    dialect: str  # "nbgrader" or "otter"
    notebook: str  # file name
    modules: dict[str, str]  # name in the notebook -> "numpy", or "numpy.testing:assert_allclose"
    definitions: str  # functions, classes and constants of the instructor's read-only cells that tests use
    libraries: tuple[str, ...]  # top-level modules beside Python's own and NumPy that the trusted side needs
    tests: tuple[ForeignTest, ...]
    seed: int | None = None  # otter's, set before every cell of a hand-in
    seed_variable: str = ""  # the notebook's name that it is bound to, in place of the global generators
    assignment_name: str = ""  # otter's, which a hand-in must have if it has one
    usual: tuple[str, ...] = ()  # signs of tampering that the solution itself shows; see judge/foreign_signs

    def to_json(self) -> dict[str, Any]:
        """Return plain data; ``from_json`` is the inverse."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Foreign:
        """Rebuild the record that ``to_json`` described."""
        tests = tuple(
            ForeignTest(
                **{
                    **test,
                    "examples": tuple(Example(**example) for example in test["examples"]),
                    "place": Place(test["place"]),
                    "judged": tuple(test["judged"]),
                    "words": None if test.get("words") is None else tuple(test["words"]),
                    "probes": tuple(test.get("probes", ("absent", "junk"))),
                    "builds_on": tuple((question, name) for question, name in test["builds_on"]),
                    "follows": tuple((question, name) for question, name in test.get("follows", ())),
                }
            )
            for test in data["tests"]
        )
        usual = tuple(data.get("usual", ()))
        return cls(**{**data, "libraries": tuple(data["libraries"]), "tests": tests, "usual": usual})


def read_foreign(bundle_folder: Path) -> Foreign | None:
    """Read a bundle's record, or None if its notebook is one of ours."""
    path = bundle_folder / FILE
    return Foreign.from_json(json.loads(path.read_text())) if path.is_file() else None
