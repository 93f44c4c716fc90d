"""nbgrader's notebooks, read: converted by nbgrader, refused with a sentence, made into records."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from autograder.author.dialects import nbgrader_convert, nbgrader_records
from autograder.author.dialects.nbgrader_records import Records
from autograder.author.dialects.nbgrader_refusals import complaints, notes_of
from autograder.author.dialects.own_modules import OwnModules
from autograder.author.foreign_steps import solution_of, wrong_notebook
from autograder.config import load_course
from autograder.dialect import Dialect, dialect_of
from autograder.errors import UsageError
from autograder.released import assignments
from tests.brought.cells import answer, check, code, locked, manual, notebook, text, write

CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "brought"
c.IncludeHeaderFooter.header = "source/header.ipynb"
c.ClearSolutions.begin_solution_delimeter = "ANTWORT"
c.ClearSolutions.end_solution_delimeter = "ENDE"
c.ClearSolutions.code_stub = {"python": "# hier\\nraise NotImplementedError()"}
c.ClearHiddenTests.begin_test_delimeter = "VERSTECKT"
c.ClearHiddenTests.end_test_delimeter = "GEZEIGT"
c.ExecutePreprocessor.timeout = 12
c.Autograder.memory_bytes = 2 * 2**30
"""
SHEET = notebook(
    text("# Blatt 1\n\n## Wurzeln"),
    code("import numpy as np\nfrom math import *\nimport helper\n%matplotlib inline"),
    locked("tools", "EPS = 1e-6\nSEED = np.random.rand()\n\ndef close(a, b):\n    return abs(a - b) < EPS"),
    answer("root", "def root(x):\n    # ANTWORT\n    return sqrt(x)\n    # ENDE"),
    check(
        "test_root",
        2,
        "# Wurzel aus vier\ndef twice(f, x):\n    return f(f(x))\n\nassert close(root(4), 2)\n# VERSTECKT\nassert close(twice(root, 16), 2)\n# GEZEIGT",
    ),
    check("uses", 1, '"""Zweimal"""\nassert close(twice(root, 81), 3)\nassert pi > 3\nhelper.look(root)'),
    check("left", 0, "assert _ == 4"),
    check("share", 3, "points = 1.5 if root(1) == 1 else 0\npoints"),
    check("shell", 1, "%%bash\nls"),
    manual("why", 2, "Darum."),
)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with settings of its own; one assignment, whose notebook has another name."""
    root = tmp_path_factory.mktemp("brought")
    (root / "nbgrader_config.py").write_text(CONFIG)
    write(root / "source", {"header": notebook(text("Name:"))})
    write(root / "source" / "ps1", {"Blatt ä": SHEET}, {"helper.py": "look = print\n"})
    return root


@pytest.fixture(scope="module")
def converted(course: Path) -> nbgrader_convert.Converted:
    """What nbgrader made of it."""
    return nbgrader_convert.convert(load_course(course), "ps1", course / "scratch" / "ps1")


@pytest.fixture(scope="module")
def records(converted: nbgrader_convert.Converted) -> Records:
    """Its records."""
    (kept,) = converted.notebooks
    return nbgrader_records.read(kept, OwnModules({}, frozenset({"helper"})), 30.0)


def test_a_course_with_nbgrader_configuration_alone_is_a_course(course: Path, tmp_path: Path) -> None:
    """With its settings, and defaults for ours; a folder without any is none."""
    found = load_course(course / "source")
    assert (found.root, found.nbgrader, found.course_id) == (course, True, "brought")
    assert found.limits.cell_timeout_s == found.limits.check_timeout_s == 12
    assert found.limits.memory_bytes == 2 * 2**30
    assert assignments(found) == ["ps1"]
    assert dialect_of(found.source / "ps1") is Dialect.NBGRADER
    with pytest.raises(UsageError, match=r"nbgrader_config\.py"):
        load_course(tmp_path)


def test_delimiters_stubs_and_header_are_the_courses_own(converted: nbgrader_convert.Converted) -> None:
    """As its configuration says; the files beside the notebook come along."""
    (kept,) = converted.notebooks
    assert (converted.refused, kept.name) == ({}, "Blatt ä")
    assert (converted.folder / "helper.py").is_file()
    sources = [cell.source for cell in kept.released.cells]
    assert sources[0] == "Name:"
    assert "def root(x):\n    # hier\n    raise NotImplementedError()" in sources
    assert not any("twice(root, 16)" in source for source in sources)
    assert any("twice(root, 16)" in cell.source for cell in kept.written.cells)


def test_records_say_what_each_test_asks(records: Records) -> None:
    """Names, helpers, libraries, points; nothing that tests do not use."""
    tests = {t.question: t for t in records.foreign.tests}
    assert tests["test_root"].judged == tests["uses"].judged == ("root",)
    assert tests["uses"].builds_on == (("test_root", "test_test_root"),)
    assert tests["share"].partial
    assert not tests["test_root"].partial
    assert tests["left"].judged == ("root",)
    assert "VERSTECKT" in tests["test_root"].code
    assert records.foreign.modules == {"pi": "math:pi"}
    assert "def close" in records.foreign.definitions
    assert "EPS = 1e-06" in records.foreign.definitions
    assert "SEED" not in records.foreign.definitions
    assert records.foreign.libraries == ()
    assert records.imports == ("numpy",)


def test_records_say_what_a_student_reads(records: Records) -> None:
    """The first words of the visible part; hidden is what nbgrader takes away."""
    specs = {spec.question: spec for spec in records.checks}
    assert (specs["test_root"].title, specs["test_root"].hidden, specs["test_root"].points) == (
        "Wurzel aus vier",
        True,
        2,
    )
    assert (specs["uses"].title, specs["uses"].hidden) == ("Zweimal", False)
    assert [(q.name, q.points) for q in records.questions if q.manual] == [("why", 2)]
    assert "output of the cell before" in records.stays_inside["left"]
    assert "%%bash" in records.odd["shell"]


def test_hand_ins_of_ours_are_the_release_with_other_answers(converted: nbgrader_convert.Converted) -> None:
    """So that what is proven is what students will hand in."""
    (kept,) = converted.notebooks
    before = copy.deepcopy(kept.released)
    right, wrong = solution_of(kept), wrong_notebook(kept, "returns None")
    for made in (right, wrong):
        pairs = zip(before.cells, made.cells, strict=True)
        changed = [new.metadata.nbgrader.grade_id for old, new in pairs if old.source != new.source]
        assert set(changed) <= {"root", "why"}
    assert any("return sqrt(x)" in cell.source for cell in right.cells)
    assert not any("return sqrt(x)" in cell.source for cell in wrong.cells)
    assert kept.released == before


ONE = notebook(answer("f", "pass"), check("t", 1, "assert f"))


def changed(cell: int, **nbgrader: Any) -> dict[str, Any]:
    """Return a notebook with other metadata in one cell; None takes a key away."""
    made = copy.deepcopy(ONE)
    metadata = made["cells"][cell]["metadata"]["nbgrader"]
    for key, value in nbgrader.items():
        metadata.pop(key, None)
        if value is not None:
            metadata[key] = value
    return dict(made)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (changed(0, grade_id="t"), ("cell 2", "same grade_id")),
        (changed(0, grade_id=""), ("cell 1", "blank")),
        (changed(1, points="two"), ("cell 2", "points", "'two'")),
        (changed(1, points=None), ("cell 2", "points")),
        (changed(1, schema_version=9), ("cell 2", "too new", "Update nbgrader")),
        (changed(1, grade="yes"), ("cell 2", "grade", "'yes'")),
        (notebook(check("t", 1, "x"), kernel={"name": "ir", "language": "R", "display_name": "R"}), ("'R'",)),
        ("{", ("no notebook", "Jupyter")),
        ("<html>", ("no notebook", "Jupyter")),
        ("[]", ("no notebook", "Jupyter")),
        ("null", ("no notebook", "Jupyter")),
        ("", ("no notebook", "Jupyter")),
        ("{}", ("Jupyter",)),
        (b'{"cells": ["\xe9"]}', ("not in UTF-8", "byte 12")),
        (json.dumps(ONE).replace('"code"', '"quiz"', 1), ("cell 1 ('pass')", "type is 'quiz'")),
        ({**ONE, "cells": [{**ONE["cells"][1], "metadata": {"nbgrader": "check"}}]}, ("cell 1", "not valid")),
    ],
)
def test_a_notebook_that_nbgrader_refuses_is_told_by_cell(
    made: dict[str, Any] | str | bytes, words: tuple[str, ...], tmp_path: Path
) -> None:
    """Which cell, what was found, what to do."""
    path = tmp_path / "hw.ipynb"
    text = made if isinstance(made, (str, bytes)) else json.dumps(made)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    found = "\n".join(complaints(path))
    assert found.startswith("hw.ipynb")
    for word in words:
        assert word in found


def test_a_folder_with_a_notebooks_name_is_told(tmp_path: Path) -> None:
    """It is none, and no right to read it is missing."""
    (tmp_path / "hw.ipynb").mkdir()
    assert complaints(tmp_path / "hw.ipynb") == [
        "hw.ipynb: it is a folder. Give it a name without .ipynb, or take it away."
    ]


@pytest.mark.parametrize("name", ["python3", "conda-env-py38", "python 3.11"])
def test_a_kernel_of_python_is_python_whatever_its_name(name: str, tmp_path: Path) -> None:
    """And an old schema is upgraded, not refused."""
    made = changed(0, schema_version=1, task=None)
    made["metadata"] = {"kernelspec": {"name": name, "display_name": name}}
    (tmp_path / "hw.ipynb").write_text(json.dumps(made))
    assert complaints(tmp_path / "hw.ipynb") == []
    assert "nbgrader update" in "".join(notes_of(tmp_path / "hw.ipynb"))


def test_whose_notebook_it_is(tmp_path: Path) -> None:
    """A cell of ours makes it ours, a config cell otter's."""
    write(tmp_path / "ps1", {"ps1": notebook(locked("first_cell", "# locked: first_cell"))})
    write(tmp_path / "ps2", {"ps2": notebook(code("# ASSIGNMENT CONFIG\nfiles: []"))})
    write(tmp_path / "ps3", {"any": ONE})
    write(tmp_path / "ps4", {"any": notebook(code("x = 1"))})
    found = [dialect_of(tmp_path / f"ps{n}") for n in (1, 2, 3, 4)]
    assert found == [Dialect.OURS, Dialect.OTTER, Dialect.NBGRADER, Dialect.OURS]
    assert dialect_of(tmp_path / "ps4", nbgrader=True) is Dialect.NBGRADER


def test_nbgraders_own_log_is_afterwards_as_it_was(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever grades with nbgrader in the same process, as its formgrader does, reads what it says."""
    from traitlets.log import get_logger

    monkeypatch.setattr(get_logger(), "disabled", False)
    level = get_logger().level
    complaints(course / "source" / "ps1" / "Blatt ä.ipynb")
    assert (get_logger().disabled, get_logger().level) == (False, level)
    nbgrader_convert.convert(load_course(course), "ps1", tmp_path / "release")
    assert (get_logger().disabled, get_logger().level) == (False, level)
