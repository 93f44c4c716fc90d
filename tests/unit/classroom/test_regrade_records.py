"""What is stored beside a result: digests that change with what a verdict rests on, and with nothing else."""

from __future__ import annotations

import json
import shutil
import textwrap
from pathlib import Path
from typing import Any

import pytest

from autograder.bundle import read_bundle
from autograder.classroom import regrade_records as records
from autograder.model import CheckResult, GradingResult, Outcome, Question

Mini = tuple[Any, Path, Any]
CELL = '''\
import numpy as np; from autograder.checks import *; check = lambda *_: None  # check: q1
LIMIT = 3
OTHER = 4

def helper(x):
    """Words."""
    return x + LIMIT

@points(1)
@after("q0")
def test_a(f, reference):
    """A title."""
    equal(f(1), helper(1))  # a comment

def test_b(f):
    """Another."""
    equal(f(2), OTHER)

check(test_b)
'''


def code(cell: str, name: str = "test_a") -> str:
    """Return what a check's digest is made of."""
    return records._code_of(records.ast.parse(cell), name)[0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# a comment", "# another"),
        ("A title.", "A better title."),
        ('"""Words."""', '"""Other words."""'),
        ("@points(1)", "@points(2)"),
        ('@after("q0")\n', ""),
        ("equal(f(2), OTHER)", "equal(f(3), OTHER)"),
        ("OTHER = 4", "OTHER = 5"),
        ("check(test_b)\n", ""),
        ("def helper(x):", "\n\ndef helper( x ):"),
        ("equal(f(1), helper(1))", "equal(f(1),\n          helper(1))"),
    ],
)
def test_check_is_the_same_in_other_words(old: str, new: str) -> None:
    """Comments, titles, points, order of lines, and the other checks of its cell are no part of a check."""
    assert old in CELL
    assert code(CELL) == code(CELL.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("equal(f(1), helper(1))", "equal(f(1), helper(2))"),
        ("return x + LIMIT", "return x - LIMIT"),
        ("LIMIT = 3", "LIMIT = 3.5"),
        ("test_a(f, reference)", "test_a(f, reference, rng)"),
        ("OTHER = 4", "OTHER = 4\nnp.seterr(all='raise')"),
        ("@points(1)", "@points(1)\n@parametrize"),
        ("OTHER = 4", "OTHER = 4\nfrom helpers import *"),
    ],
)
def test_check_is_another_with_what_it_calls(old: str, new: str) -> None:
    """Its own lines, its helpers and constants, and lines that run whatever is asked for."""
    assert old in CELL
    assert code(CELL) != code(CELL.replace(old, new))


def test_names_that_are_bound_in_every_way_are_followed() -> None:
    """A constant under a condition, a class, an import, a loop: whatever gives a name its value."""
    for statement in (
        "if True:\n    LIMIT = {}",
        "class LIMIT:\n    value = {}",
        "for LIMIT in range({}):\n    pass",
        "LIMIT, more = {}, 1",
        "LIMIT: int = {}",
        "LIMIT = 1\nLIMIT += {}",
        "try:\n    LIMIT = {}\nexcept ValueError:\n    pass",
    ):
        first, second = (CELL.replace("LIMIT = 3", statement.format(n)) for n in (3, 4))
        assert code(first) != code(second), statement


def test_a_check_uses_what_it_asks_for(mini: Mini) -> None:
    """Of the bundle's parts a check rests on those it names; helpers may read private data."""
    made = records.made_with(read_bundle(mini[1]), 512 << 20)
    uses = {name: check["uses"] for name, check in made["checks"].items()}
    assert uses["q1/test_three_four"] == []
    assert uses["q1/test_any_numbers"] == ["reference"]
    assert uses["q3/test_weights_explain"] == ["private"]
    assert made["checks"]["q3/test_weights_explain"]["after"] == ["test_weights_load"]
    assert records._code_of(records.ast.parse("def test_x(helpers): pass"), "test_x")[1] >= {"helpers"}
    json.dumps(made)


def test_parts_change_one_by_one(mini: Mini, tmp_path: Path) -> None:
    """A private file, the reference, a locked cell: each changes its own part."""
    folder = Path(shutil.copytree(mini[1], tmp_path / "bundle"))
    before = records.of_folder(folder, 1)["parts"]
    (folder / "private" / "notes.txt").write_text("other")
    private = records.of_folder(folder, 1)["parts"]
    assert {name for name in before if before[name] != private[name]} == {"private"}
    data = json.loads((folder / "bundle.json").read_text())
    data["reference_cells"][-1] += "\n"
    data["limits"]["run_s"] += 1
    for cell in data["cells"]:
        cell["source"] += " " if cell["grade_id"] in ("setup", "first_cell", "q1_answer") else ""
    (folder / "bundle.json").write_text(json.dumps(data))
    after = records.of_folder(folder, 1)["parts"]
    assert {name for name in before if private[name] != after[name]} == {"reference", "limits", "locked"}


def test_engine_is_the_same_for_every_bundle(mini: Mini, tmp_path: Path) -> None:
    """Which of our modules its checks import does not make it another engine."""
    folder = Path(shutil.copytree(mini[1], tmp_path / "bundle"))
    before = records.of_folder(folder, 1)["engine"]
    (folder / "checks" / "q1.py").write_text("from autograder import metrics\n")
    assert records.of_folder(folder, 1)["engine"] == before
    assert {"version", "code", "python", "libraries", "memory_bytes", "sandbox"} == before.keys()
    assert before["libraries"]["torch"]


def result(bundle: str, score: float, *, graded: bool = True) -> GradingResult:
    """Return a result of one check."""
    check = CheckResult(
        question="q1",
        name="test_a",
        title="A.",
        outcome=Outcome.PASSED if score else Outcome.FAILED,
        score=score,
        max_score=4.0,
        hidden=True,
        fingerprints=({"name": "w", "rows": "x" * 1000},),
    )
    return GradingResult(
        assignment="ps",
        graded=graded,
        questions=(Question(name="q1", title="", points=4.0),),
        checks=(check,),
        extra={"bundle_digest": bundle, "notebook": "large", "autograder_version": "0"},
    )


def store(folder: Path, new: GradingResult) -> records.Record:
    """Write a record as grading does, and read it."""
    facts = records.facts_beside(folder, new, {"schema": 1, "hand_in": "00"})
    folder.mkdir(exist_ok=True)
    (folder / records.RECORD).write_text(json.dumps({**facts, "key": "k", "result": new.to_json()}))
    found = records.read_record(folder)
    assert found is not None
    return found


def test_previous_is_what_stood_under_the_checks_before(tmp_path: Path) -> None:
    """It stays while the same checks grade again, is the newest of other checks, and never a fault of ours."""
    folder = tmp_path / "ada"
    assert store(folder, result("one", 1)).previous is None
    assert store(folder, result("one", 2)).previous is None
    second = store(folder, result("two", 3))
    assert second.previous is not None
    assert (second.previous.result.score, second.previous.bundle) == (2, "one")
    assert "rows" not in (folder / records.RECORD).read_text().split('"result"')[1]
    third = store(folder, result("two", 4))
    assert third.previous is not None and third.previous.result.score == 2
    fault = store(folder, result("three", 0, graded=False))
    assert fault.standing.result.score == 4
    last = store(folder, result("four", 1))
    assert last.previous is not None and last.previous.result.score == 4
    assert last.previous.previous is None


def test_fault_under_the_same_checks_loses_no_score(tmp_path: Path) -> None:
    """Graded, then not by our fault: what stands is the score."""
    store(tmp_path / "ada", result("one", 3))
    assert store(tmp_path / "ada", result("one", 0, graded=False)).standing.result.score == 3
    assert store(tmp_path / "ada", result("one", 0, graded=False)).standing.result.score == 3


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"key": 1}', '{"result": {}}', '{"result": null}', "\x00", "NaN"]
)
def test_damaged_record_is_none(tmp_path: Path, content: str) -> None:
    """Whatever lies there, it raises nothing."""
    (tmp_path / records.RECORD).write_text(content)
    assert records.read_record(tmp_path) is None


def test_hand_in_is_known_of_old_records_too(tmp_path: Path) -> None:
    """The key is made of the bundle's digest and the hand-in's: only a record without a bundle does not tell."""
    digest = b"\x01" * 32
    old = records.Record(result=result("one", 1), key=records.key_of("one", digest))
    assert old.had_hand_in(digest.hex()) is True
    assert old.had_hand_in("02" * 32) is False
    nothing = records.Record(result=result("", 1), key="k")
    assert nothing.had_hand_in(digest.hex()) is None


def test_bundle_that_cannot_be_read_still_has_facts(mini: Mini, tmp_path: Path) -> None:
    """A check file that is gone or broken is the engine's to refuse."""
    folder = Path(shutil.copytree(mini[1], tmp_path / "bundle"))
    (folder / "checks" / "q1.py").unlink()
    (folder / "checks" / "q2.py").write_text(textwrap.dedent("def test_("))
    checks = records.of_folder(folder, 1)["checks"]
    assert {name.split("/")[0] for name in checks} == {"q3"}
