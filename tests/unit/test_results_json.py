"""``results.json``: Gradescope's rules, never a score where nothing is graded, never half a file."""

from __future__ import annotations

import json
import math
import os
import stat
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import messages, results_json
from autograder.leaderboard import Rung, from_json
from autograder.model import CellProblem, CheckResult, GradingResult, Outcome, Question
from autograder.results_json import NO_SCORE, OUTPUT_CHARS, to_results, write_json

QUESTIONS = (
    Question(name="q1", title="", points=4),
    Question(name="q2", title="", points=2.5),
    Question(name="m1", title="", points=3, manual=True),
)

# Source: https://gradescope-autograders.readthedocs.io/en/latest/specs/ (types; closed lists as sets)
FORMATS = {"text", "html", "simple_format", "md", "ansi"}
VISIBILITY = {"hidden", "after_due_date", "after_published", "visible"}
TOP: dict[str, Any] = {
    "score": (int, float),
    "execution_time": (int, float),
    "output": str,
    "output_format": FORMATS,
    "test_output_format": FORMATS,
    "test_name_format": FORMATS,
    "visibility": VISIBILITY,
    "stdout_visibility": VISIBILITY,
    "extra_data": dict,
    "tests": list,
    "leaderboard": list,
}
TEST: dict[str, Any] = {
    "score": (int, float),
    "max_score": (int, float),
    "status": {"passed", "failed"},
    "name": str,
    "name_format": FORMATS,
    "number": str,
    "output": str,
    "output_format": FORMATS,
    "tags": list,
    "visibility": VISIBILITY,
    "extra_data": dict,
}


def check(
    question: str, outcome: Outcome, points: float, reason: str = "", name: str = "test_a"
) -> CheckResult:
    """Return a concluded check that gives all or nothing."""
    return CheckResult(
        question=question,
        name=name,
        title="A title.",
        outcome=outcome,
        score=points if outcome is Outcome.PASSED else 0.0,
        max_score=points,
        hidden=True,
        reason=reason,
        staff_note="only for staff",
    )


def result(*checks: CheckResult, graded: bool = True, **more: Any) -> GradingResult:
    """Return a result with these checks."""
    return GradingResult(assignment="a", graded=graded, questions=QUESTIONS, checks=checks, **more)


FULL = result(
    check("q1", Outcome.PASSED, 1),
    check("q1", Outcome.FAILED, 3, "the result: expected 3, got 2", "test_b"),
    check("q2", Outcome.SKIPPED, 1, "skipped: builds on “A title.”, which did not pass"),
    check("q2", Outcome.PASSED, 1.5, name="test_c"),
    problems=(CellProblem(cell=3, label="q1_answer", reason="stopped with KeyError"),),
    notices=("A notice.",),
    staff_notes=("A staff note.",),
    extra={"timing": {"total_s": 0.5}, "notebook": {"cells": []}, "bundle_digest": "ab"},
)


def assert_schema(content: dict[str, Any]) -> None:
    """Hold a file against Gradescope's description."""

    def hold(values: dict[str, Any], schema: dict[str, Any]) -> None:
        for key, value in values.items():
            wanted = schema[key]
            assert value in wanted if isinstance(wanted, set) else isinstance(value, wanted), (key, value)
            assert not isinstance(value, bool)

    hold(content, TOP)
    for test in content["tests"]:
        hold(test, TEST)
        assert all(isinstance(tag, str) for tag in test["tags"])


def scores(content: dict[str, Any]) -> list[str]:
    """Return every key, at any depth of what Gradescope reads, that could be taken for a score."""
    shown = {k: v for k, v in content.items() if k != "extra_data"}
    found: list[str] = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            found.extend(k for k in value if "score" in k)
            for item in value.values():
                look(item)
        elif isinstance(value, list):
            for item in value:
                look(item)

    look(shown)
    return found


def test_pictures_and_the_lines_of_a_failure_are_shown_with_a_score_only() -> None:
    """Code and shapes stand at their test; pictures at the end, without points; of no evaluation, nothing."""
    slip = messages.SLIPS["flatten"]
    code = {"cell": 7, "line": 2, "lines": [[1, "def f(x):"], [2, "    return x @ w"]]}
    failed = replace(
        check("q1", Outcome.FAILED, 4, reason="your code raised RuntimeError"),
        code=code,
        ladder=("Net:", slip),
    )
    picture = {
        "name": "q1: A walk",
        "output": "<p>Words.</p>",
        "output_format": "html",
        "status": "passed",
        "tags": ["q1"],
    }
    result = replace(FULL, checks=(failed,))
    content = to_results(result, pictures=[picture])
    assert_schema(content)
    assert content["tests"][1:] == [picture]
    assert content["tests"][0]["output"].split("\n") == [
        "[failed] your code raised RuntimeError",
        "cell 7, line 2:",
        "    1  def f(x):",
        "→   2      return x @ w",
        "Net:",
        slip,
    ]
    assert f"−4 q1: your code raised RuntimeError; {slip}" in content["output"]
    assert to_results(replace(result, graded=False), pictures=[picture])["tests"][1:] == []


def test_results_follow_gradescopes_description() -> None:
    """Fields, types and closed lists; the tests' points are the score."""
    content = to_results(FULL)
    assert_schema(content)
    assert content["score"] == 2.5
    assert sum(t["score"] for t in content["tests"]) == content["score"]
    assert [(t["number"], t.get("status"), t["score"], t["max_score"]) for t in content["tests"]] == [
        ("1.1", "passed", 1, 1),
        ("1.2", "failed", 0, 3),
        ("2.1", "failed", 0, 1),
        ("2.2", "passed", 1.5, 1.5),
    ]
    assert [t["output"] for t in content["tests"]] == [
        "[passed]",
        "[failed] the result: expected 3, got 2",
        "[skipped] builds on “A title.”, which did not pass",
        "[passed]",
    ]
    assert content["output"].split("\n") == [
        "A notice.",
        "Lost, and why:",
        "−3 q1: the result: expected 3, got 2",
        "",
        "q1: 1 / 4 points",
        "q2: 1.5 / 2.5 points",
        "m1: graded by a person (3 points)",
        "Cell 3 (q1_answer): stopped with KeyError",
    ]


def test_results_keep_staff_notes_where_students_do_not_look() -> None:
    """In extra_data, not in an output; the executed notebook is a file of its own."""
    content = to_results(FULL)
    extra = content.pop("extra_data")
    assert "staff" not in json.dumps(content)
    assert extra["staff_notes"] == ["A staff note."]
    assert {c["note"] for c in extra["checks"]} == {"only for staff"}
    assert "notebook" not in extra
    assert extra["bundle_digest"] == "ab"


def partial(outcome: Outcome, score: float, points: float, **more: Any) -> CheckResult:
    """Return a check that gave a share of its points."""
    values = {"question": "q1", "name": "test_a", "title": "A title.", "hidden": True, **more}
    return CheckResult(outcome=outcome, score=score, max_score=points, **values)


def test_share_of_the_points_and_a_bonus_are_what_they_are() -> None:
    """A share fails and keeps its points; a bonus passes and exceeds the maximum, in the sum too."""
    content = to_results(
        result(
            partial(Outcome.FAILED, 1.64, 2, reason="mean r 0.62: 82 % of the points"),
            partial(Outcome.PASSED, 2.5, 2, name="test_b"),
        )
    )
    assert_schema(content)
    assert [(t["status"], t["score"], t["max_score"]) for t in content["tests"]] == [
        ("failed", 1.64, 2),
        ("passed", 2.5, 2),
    ]
    assert content["tests"][0]["output"] == "[failed] mean r 0.62: 82 % of the points"
    assert content["score"] == 4.14
    assert "q1: 4.14 / 4 points" in content["output"]


REVIEWED = partial(Outcome.REVIEW, 0, 3, reason="The sites were read by hand?", staff_note="look at line 3")


def test_review_waits_for_a_person_and_is_no_failure() -> None:
    """No points for now, no status, words for the student; the reason for staff is not among them."""
    content = to_results(result(check("q1", Outcome.PASSED, 1, name="test_b"), REVIEWED))
    assert_schema(content)
    waiting = content["tests"][1]
    assert "status" not in waiting
    assert (waiting["score"], waiting["max_score"]) == (0, 3)
    assert waiting["output"] == (
        "[a person decides] a person will look at this; no points for now. The sites were read by hand?"
    )
    assert content["score"] == 1
    assert "q1: 1 / 4 points; a person decides about 3 of them" in content["output"]
    assert content["extra_data"]["checks"][1]["note"] == "look at line 3"


def test_review_of_a_score_that_is_held_back_is_held_back() -> None:
    """Its being looked at would tell what it found."""
    content = to_results(result(REVIEWED), later=lambda c: c.name == "test_a")
    assert "person" not in content["output"].replace("m1: graded by a person", "")
    assert content["tests"][0]["visibility"] == "after_published"


def number(value: float, name: str = "mean r") -> dict[str, Any]:
    """Return what a check records for the leaderboard."""
    return {"name": name, "value": value, "low": value - 0.02, "high": value + 0.02}


def test_leaderboard_shows_recorded_numbers_and_hands_its_rungs_on() -> None:
    """In Gradescope's format, the better of now and before; the digits stay in extra_data."""
    first = to_results(result(partial(Outcome.FAILED, 1, 2, leaderboard=(number(0.6234),))))
    assert_schema(first)
    assert first["leaderboard"][0] == {"name": "mean r", "value": 0.62, "order": "desc"}
    for entry in first["leaderboard"]:
        assert set(entry) <= {"name", "value", "order"}
        assert isinstance(entry["value"], (int, float, str))
    before = from_json(first["extra_data"]["ladder"])
    worse = to_results(result(partial(Outcome.FAILED, 1, 2, leaderboard=(number(0.4),))), before=before)
    assert worse["leaderboard"] == first["leaderboard"]
    none = to_results(result(), before=before)
    assert none["leaderboard"] == first["leaderboard"]
    assert "leaderboard" not in to_results(FULL, before=before)  # of another bundle
    assert "leaderboard" not in to_results(FULL)
    assert "ladder" not in to_results(FULL)["extra_data"]


def test_leaderboard_leaves_out_what_is_held_back() -> None:
    """A number of the private half, recorded by mistake, is not shown before grades are published."""
    checks = (
        partial(Outcome.FAILED, 1, 2, leaderboard=(number(0.6),)),
        partial(Outcome.FAILED, 1, 2, name="test_b", leaderboard=(number(0.9, "private"),)),
    )
    content = to_results(result(*checks), later=lambda c: c.name == "test_b")
    assert [e["name"] for e in content["leaderboard"]] == ["mean r", "mean r, 95 % interval"]
    assert "0.9" not in json.dumps(content["leaderboard"])


@pytest.mark.parametrize(("graded", "done"), [(False, True), (True, False), (False, False)])
def test_leaderboard_is_in_no_result_without_a_grade(graded: bool, done: bool) -> None:
    """Nor does such a result move a rung; it hands on the one before."""
    before = [Rung(name="mean r", value=0.5, step=0.02, bundle="of another")]
    one = partial(Outcome.FAILED, 1, 2, leaderboard=(number(0.9),))
    content = to_results(result(one, graded=graded), done=done, before=before)
    assert "leaderboard" not in content
    assert from_json(content["extra_data"]["ladder"]) == before


@pytest.mark.parametrize("visibility", sorted(VISIBILITY))
def test_results_carry_the_visibility(visibility: str) -> None:
    """For the whole file; what our processes print is hidden always."""
    content = to_results(FULL, visibility=visibility)
    assert (content["visibility"], content["stdout_visibility"]) == (visibility, "hidden")


FAULT = result(
    check("q1", Outcome.ERROR, 4, messages.OURS),
    check("q2", Outcome.PASSED, 2.5),
    graded=False,
    notices=(messages.OURS,),
)
REFUSED = result(graded=False, notices=(messages.NO_NOTEBOOK.format(found="a.pdf"),))


@pytest.mark.parametrize(
    ("of", "done"),
    [(FAULT, True), (FAULT, False), (REFUSED, True), (FULL, False), (result(graded=False), False)],
)
def test_results_without_a_grade_have_no_score_anywhere(of: GradingResult, done: bool) -> None:
    """Not even a maximum: Gradescope would sum the tests' points up."""
    content = to_results(of, done=done)
    assert_schema(content)
    assert scores(content) == []
    assert scores(to_results(FULL)) != []


def test_fault_of_ours_is_no_failed_test() -> None:
    """It has no status, and says once whose fault it is."""
    broken, passed = to_results(FAULT)["tests"]
    assert "status" not in broken
    assert (
        broken["output"]
        == "[not graded] a fault of the grader, not yours. Nobody loses points for it; a person will look"
    )
    assert "status" not in passed


@pytest.mark.parametrize(("hidden", "said"), [(True, NO_SCORE), (False, "[passed]")])
def test_result_without_a_score_does_not_tell_hidden_verdicts(hidden: bool, said: str) -> None:
    """It counts as no evaluation, so whoever can bring it about would have as many as they like."""
    shown = replace(FAULT, checks=tuple(replace(c, hidden=hidden) for c in FAULT.checks))
    for of, done in ((shown, True), (replace(shown, graded=True, notices=()), False)):
        passed = to_results(of, done=done)["tests"][1]
        assert passed["output"] == said
        assert ("status" in passed) is not hidden


@pytest.mark.parametrize(
    ("of", "done", "first"),
    [
        (FULL, False, "Grading is under way; no score yet."),
        (REFUSED, True, "Not graded."),
        (FAULT, True, messages.OURS),
        (FULL, True, "A notice."),
    ],
)
def test_output_begins_with_the_state(of: GradingResult, done: bool, first: str) -> None:
    """Under way, not graded, ours, or what the student should know first."""
    assert to_results(of, done=done)["output"].split("\n")[0] == first


def test_long_output_is_cut_before_gradescope_does() -> None:
    """At the end, not in the middle."""
    many = result(notices=tuple("x" * 100 for _ in range(2000)))
    assert len(to_results(many)["output"]) == OUTPUT_CHARS


def test_question_outside_the_list_is_numbered_last() -> None:
    """Whatever a check says it belongs to, the file is written."""
    assert [t["number"] for t in to_results(result(check("q9", Outcome.PASSED, 1)))["tests"]] == ["4.1"]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["q1", "q2"]), st.integers(0, 1000), st.sampled_from(list(Outcome))),
        max_size=8,
    )
)
def test_tests_add_up_to_the_score(drawn: list[tuple[str, int, Outcome]]) -> None:
    """To the hundredth, for any checks."""
    content = to_results(
        result(*(check(q, o, p / 100, name=f"test_{i}") for i, (q, p, o) in enumerate(drawn)))
    )
    assert_schema(content)
    assert math.isclose(sum(t["score"] for t in content["tests"]), content["score"], abs_tol=1e-9)


# -- the file --------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [math.nan, math.inf, {"a": [1.0, math.nan]}, object(), {1j: 2}])
def test_write_json_refuses_what_is_not_json_and_keeps_the_old_file(tmp_path: Path, bad: object) -> None:
    """Gradescope turns an invalid file into a zero."""
    path = tmp_path / "results.json"
    write_json(path, {"old": 1})
    with pytest.raises((ValueError, TypeError)):
        write_json(path, {"new": bad})
    assert json.loads(path.read_text()) == {"old": 1}
    assert os.listdir(tmp_path) == ["results.json"]


def test_write_json_is_ascii_and_private(tmp_path: Path) -> None:
    """Readable in any encoding, by us alone, and the same bytes for the same content."""
    path = tmp_path / "results.json"
    write_json(path, {"b": "“é”\udcff", "a": 1})
    assert path.read_bytes() == b'{\n "a": 1,\n "b": "\\u201c\\u00e9\\u201d\\udcff"\n}\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("durable", [True, False])
def test_write_json_is_whole_at_every_instant(tmp_path: Path, durable: bool) -> None:
    """A reader that never stops sees old or new content, never half of it, and no file is left over."""
    path = tmp_path / "results.json"
    write_json(path, {"n": 0, "fill": ""})
    seen: set[int] = set()
    problems: list[str] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                content = json.loads(path.read_text())
                assert content["fill"] == "x" * content["n"] * 50
                seen.add(content["n"])
            except Exception as error:
                problems.append(repr(error))
                return

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for n in range(300):
            write_json(path, {"n": n, "fill": "x" * n * 50}, durable=durable)
    finally:
        stop.set()
        reader.join()
    assert problems == []
    assert len(seen) > 1
    assert os.listdir(tmp_path) == ["results.json"]


@pytest.mark.parametrize("kind", ["link to a file", "link to nothing", "file", "fifo"])
def test_write_json_does_not_follow_what_lies_at_its_temporary_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Even if a student guessed it: nothing is written through it, and the old file stays."""
    monkeypatch.setattr(results_json.secrets, "token_hex", lambda _: "guessed")
    path, planted, victim = tmp_path / "results.json", tmp_path / ".results.json.guessed", tmp_path / "victim"
    path.write_text('{"old": 1}')
    victim.write_text("untouched")
    if kind == "link to a file":
        planted.symlink_to(victim)
    elif kind == "link to nothing":
        planted.symlink_to(tmp_path / "absent")
    elif kind == "file":
        planted.write_text("planted")
    else:
        os.mkfifo(planted)
    with pytest.raises(FileExistsError):
        write_json(path, {"new": 1})
    assert victim.read_text() == "untouched"
    assert json.loads(path.read_text()) == {"old": 1}
    assert not (tmp_path / "absent").exists()


def test_write_json_replaces_a_planted_link_and_not_its_target(tmp_path: Path) -> None:
    """A link at the target's own name is not followed either."""
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    path = tmp_path / "results.json"
    path.symlink_to(victim)
    write_json(path, {"new": 1})
    assert victim.read_text() == "untouched"
    assert not path.is_symlink()
    assert json.loads(path.read_text()) == {"new": 1}


def test_write_json_leaves_the_old_file_when_the_disk_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk is told, not turned into an empty file."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "results.json"
    write_json(path, {"old": 1})
    monkeypatch.setattr(results_json.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_json(path, {"new": 1})
    assert json.loads(path.read_text()) == {"old": 1}
    assert os.listdir(tmp_path) == ["results.json"]
