"""Because of what a check moves: each cause alone, several together, and what is not known."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any

import pytest

from autograder.classroom import regrade_words as words
from autograder.classroom.regrade_class import compare
from autograder.classroom.regrade_moves import Cause, Move, Pair
from autograder.classroom.regrade_records import Record
from autograder.messages import OURS
from autograder.model import CheckResult, GradingResult, Outcome, Question

PASSED, FAILED, SKIPPED, REVIEW = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED, Outcome.REVIEW
MADE: dict[str, Any] = {
    "schema": 1,
    "bundle": "one",
    "hand_in": "aa",
    "parts": dict.fromkeys(
        ("reference", "card", "weights", "private", "helpers", "public", "locked", "limits"), "x"
    ),
    "checks": {
        "q1/test_a": {"code": "a", "rules": "r", "after": [], "uses": ["private"]},
        "q1/test_b": {"code": "b", "rules": "r", "after": ["test_a"], "uses": []},
        "q2/test_c": {"code": "c", "rules": "r", "after": [], "uses": []},
    },
    "engine": {
        "version": "1",
        "code": "e",
        "python": "3.11",
        "libraries": {"numpy": "2", "torch": "2"},
        "memory_bytes": 512 << 20,
        "sandbox": "complete",
    },
}
Checks = dict[str, tuple[Outcome, float, float]]
GOOD: Checks = {"q1/test_a": (PASSED, 1, 1), "q1/test_b": (PASSED, 2, 2), "q2/test_c": (PASSED, 3, 3)}


def record(checks: Checks = GOOD, *, bundle: str = "one", made: Any = MADE, graded: bool = True) -> Record:
    """Return a stored result with these outcomes, points and maxima."""
    found = tuple(
        CheckResult(
            question=key.split("/")[0],
            name=key.split("/")[1],
            title=f"Title of {key}.",
            outcome=outcome,
            score=score,
            max_score=most,
            hidden=True,
            reason="" if outcome is PASSED else "your answer is 3, not 4.",
        )
        for key, (outcome, score, most) in checks.items()
    )
    points: dict[str, float] = {}
    for check in found:
        points[check.question] = points.get(check.question, 0) + check.max_score
    questions = tuple(Question(name=name, title="", points=p) for name, p in points.items())
    result = GradingResult(
        assignment="ps",
        graded=graded,
        questions=(*questions, Question(name="m1", title="", points=2, manual=True)),
        checks=found if graded else (),
        notices=() if graded else (OURS,),
        staff_notes=() if graded else ("the disk was full",),
        extra={"bundle_digest": bundle, "autograder_version": "1"},
    )
    return Record(result=result, key="k", made_with=made)


def with_made(**changes: Any) -> dict[str, Any]:
    """Return facts that differ; ``check__part`` reaches into a check, as ``engine__python`` does into the engine."""
    made = copy.deepcopy(MADE)
    for path, value in changes.items():
        *parents, last = path.split("__")
        target = made
        for parent in parents:
            target = target[{"test_a": "q1/test_a", "test_b": "q1/test_b"}.get(parent, parent)]
        target[last] = value
    return made


def move(old: Record, new: Record, hand_in: str = "aa") -> Move:
    """Return what moves."""
    found = Pair(old, new, hand_in).move("ada")
    assert found is not None
    return found


def why(found: Move) -> dict[str, list[str]]:
    """Return the causes by check."""
    return {c.check.name: [str(w) for w in c.why] for c in found.checks}


LOST: Checks = GOOD | {"q1/test_a": (FAILED, 0, 1)}


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        ({"checks__test_a__code": "other"}, ["changed check (its code)"]),
        ({"checks__test_a__rules": "other"}, ["changed check (its limits or visibility)"]),
        ({"checks__test_a__after": ["test_c"]}, ["changed check (what it builds on)"]),
        ({"parts__private": "other"}, ["changed check (the private data)"]),
        ({"parts__locked": "other"}, ["changed check (a locked cell)"]),
        ({"parts__limits": "other"}, ["changed check (the time limits)"]),
        ({"hand_in": "bb"}, ["changed hand-in"]),
        ({"engine__version": "2"}, ["other engine (autograder 1 → 2)"]),
        ({"engine__code": "f"}, ["other engine (its code, within version 1)"]),
        ({"engine__python": "3.13"}, ["other engine (Python 3.11 → 3.13)"]),
        ({"engine__libraries": {"numpy": "2", "torch": "3"}}, ["other engine (torch 2 → 3)"]),
        ({"engine__libraries": {"numpy": "2"}}, ["other engine (torch 2 → none)"]),
        ({"engine__memory_bytes": 1 << 30}, ["other engine (memory limit 512 → 1024 MB)"]),
        ({"engine__sandbox": "trusted"}, ["other engine (sandbox complete → trusted)"]),
        # Not what this check rests on: its inputs were drawn anew.
        (
            {"parts__reference": "other", "checks__test_b__code": "other"},
            ["new random draws (the check is as it was, something else in the bundle is not)"],
        ),
    ],
)
def test_one_cause_is_named_alone(made: dict[str, Any], wanted: list[str]) -> None:
    """One thing changed, and the check that used to pass does not."""
    facts = with_made(**made)
    other_bundle = any(path.startswith(("parts", "checks")) for path in made)
    new = record(LOST, bundle="two" if other_bundle else "one", made=facts)
    assert why(move(record(), new, hand_in=facts["hand_in"])) == {"test_a": wanted}


def test_several_causes_are_all_named() -> None:
    """Nobody can tell which of them it was, and so it is not told."""
    facts = with_made(checks__test_a__code="other", engine__python="3.13", hand_in="bb")
    new = record(LOST | {"q1/test_a": (FAILED, 0, 2)}, bundle="two", made=facts)
    (causes,) = why(move(record(), new, "bb")).values()
    assert causes == [
        "changed points (1 → 2)",
        "changed check (its code)",
        "changed hand-in",
        "other engine (Python 3.11 → 3.13)",
    ]


def test_points_alone_explain_a_share_that_stayed() -> None:
    """Whatever else changed, two thirds of three points are two of three."""
    half = GOOD | {"q2/test_c": (FAILED, 1.5, 3)}
    new = record(
        half | {"q2/test_c": (FAILED, 1, 2)}, bundle="two", made=with_made(checks__test_a__code="other")
    )
    assert why(move(record(half), new, "bb")) == {"test_c": ["changed points (3 → 2)"]}


def test_nothing_that_is_known_of() -> None:
    """The same in all that is noted, and another verdict: said, not explained away."""
    (causes,) = why(move(record(), record(LOST))).values()
    assert causes == ["nothing known (same checks, hand-in and engine: not the same verdict twice)"]


def test_what_builds_on_another_check_names_it() -> None:
    """Skipped now as the other failed; by another name, or by the question."""
    fell = GOOD | {"q1/test_a": (FAILED, 0, 1), "q1/test_b": (SKIPPED, 0, 2)}
    facts = with_made(checks__test_a__code="other")
    assert why(move(record(), record(fell, bundle="two", made=facts))) == {
        "test_a": ["changed check (its code)"],
        "test_b": ["builds on (test_a)"],
    }
    rose = why(move(record(fell), record(bundle="two", made=facts)))
    assert rose["test_b"] == ["builds on (test_a)"]


@pytest.mark.parametrize("made", [None, {**MADE, "checks": {}}])
def test_unknown_is_said(made: Any) -> None:
    """An older record, or one that lacks the check."""
    (causes,) = why(move(record(made=made), record(LOST, bundle="two"))).values()
    assert causes[-1].startswith("unknown (the stored result does not say whether the check")


def test_old_record_of_the_same_bundle_blames_no_check() -> None:
    """The bundle's digest alone tells that no check changed; the version alone that the engine did."""
    old = record(made=None)
    (causes,) = why(move(old, record(LOST))).values()
    assert causes == [
        "unknown (the stored result does not say whether the hand-in or the engine changed)"
    ] or causes == [
        "changed hand-in",
        "unknown (the stored result does not say whether the engine changed)",
    ]
    older = replace(
        old, result=replace(old.result, extra={"bundle_digest": "one", "autograder_version": "0"})
    )
    assert "other engine (autograder 0 → 1)" in why(move(older, record(LOST)))["test_a"]


def test_renamed_check_moves_nobody() -> None:
    """The same code under another name."""
    renamed: Checks = {"q1/test_new": (PASSED, 1, 1), **{k: v for k, v in GOOD.items() if k != "q1/test_a"}}
    made = copy.deepcopy(MADE)
    made["checks"]["q1/test_new"] = made["checks"].pop("q1/test_a")
    pair = Pair(record(), record(renamed, bundle="two", made=made), "aa")
    assert pair.move("ada") is None
    assert ("renamed check", "q1/test_new", "was q1/test_a") in list(pair.changes())


def test_class_is_divided_into_who_moves_stays_and_waits() -> None:
    """A score, a verdict without one, points divided otherwise, nothing, a fault of ours, a first result."""
    swapped = GOOD | {"q1/test_a": (FAILED, 0, 1), "q1/test_b": (PASSED, 3, 3)}
    shared = GOOD | {"q1/test_a": (PASSED, 2, 2), "q1/test_b": (PASSED, 1, 1)}
    found = compare(
        "ps",
        {
            "up": (record(LOST), record(), "aa"),
            "verdict": (record(), record(swapped), "aa"),
            "shared": (record(), record(shared), "aa"),
            "same": (record(), record(), "aa"),
            "fault": (record(), record(graded=False), "aa"),
            "waits": (record(graded=False), record(graded=False), "aa"),
            "first": (None, record(), "aa"),
            "mended": (record(graded=False), record(), "aa"),
        },
    )
    assert [m.student for m in found.moves] == ["first", "mended", "up"]
    assert [m.student for m in found.verdicts] == ["verdict"]
    assert found.stay == ("same", "shared")
    assert [(n.student, n.keeps, n.ours) for n in found.not_graded] == [
        ("fault", 6, True),
        ("waits", None, True),
    ]
    assert found.after["fault"] == found.before["fault"] == (6, 6)
    assert "first" not in found.before and found.after["first"] == (6, 6)
    text = words.text(found)
    for line in (
        "fault (keeps 6), waits (has no score): could not be graded now: the disk was full",
        "verdict: same score, other verdicts: q1/test_a passed → failed (nothing known)",
        "Your hand-in for ps is graded now: 6 of 6 points.",
    ):
        assert line in text
    assert (
        words.summary(found)
        == "3 of 8 move (3 up, 0 down), 3 stay, 2 could not be graded and keep what they have"
    )


def test_odd_record_costs_only_its_own_reasons() -> None:
    """Facts that are no facts: its move is shown, with unknown causes, and everybody else's as always."""
    odd = {**MADE, "engine": None}
    found = compare(
        "ps",
        {"ada": (record(made=odd), record(LOST, bundle="two"), "aa"), "bob": (record(), record(LOST), "aa")},
    )
    assert [m.student for m in found.moves] == ["ada", "bob"]
    assert Cause.UNKNOWN in {w.cause for w in found.moves[0].why}
    assert found.notes and found.notes[0].startswith("ada: what its result was made with cannot be read")


def test_sentence_counts_what_a_person_gave() -> None:
    """Of a question that a person decided nothing is said; of one who moves only there, nothing at all."""
    both = LOST | {"q2/test_c": (FAILED, 0, 3)}
    found = compare(
        "ps",
        {"ada": (record(), record(both), "aa"), "bob": (record(), record(LOST), "aa")},
        by_hand={"ada": {"q1": 2.5}, "bob": {"q1": 3.0}},
    )
    ada, bob = found.moves
    assert words.sentence(found, ada) == (
        "Your score for ps changes from 5.5 to 2.5 of 6 points. q2, “Title of q2/test_c”, does not pass now "
        "(3 → 0 points). It says: your answer is 3, not 4."
    )
    assert words.sentence(found, bob) == ""
    assert found.decided_by_hand == [("ada", "q1", 2.5), ("bob", "q1", 3.0)]


def test_sentence_is_short_and_tells_no_names_of_checks() -> None:
    """Many checks: the largest first, the rest counted; a person's turn is said."""
    old: Checks = {f"q1/test_{n}": (PASSED, n + 1, n + 1) for n in range(9)}
    new: Checks = {key: (FAILED, 0, most) for key, (_, _, most) in old.items()} | {
        "q1/test_8": (REVIEW, 0, 9)
    }
    (found,) = (compare("ps", {"ada": (record(old), record(new), "aa")}),)
    said = words.sentence(found, found.moves[0])
    assert said.startswith(
        "Your score for ps changes from 45 to 0 of 45 points. q1, “Title of q1/test_8”, waits for"
    )
    assert said.endswith("And 4 checks more.")
    assert "a person decides about 9 points" in words.text(found)


def test_lateness_is_shown_beside_the_score() -> None:
    """Raw and after lateness, and why: in the table, in the sentence, as data."""

    @dataclass(frozen=True)
    class Fifth:
        final: float
        why: str = "1 d late: 1 day × 20 %"

    late = {"ada"}
    found = compare(
        "ps",
        {"ada": (record(LOST), record(), "aa"), "bob": (record(LOST), record(), "aa")},
        charge=lambda name, result: Fifth(round(0.8 * result.score, 2)) if name in late else None,
    )
    ada, bob = words.to_json(found)["moves"]
    assert ada["after_lateness"] == {"from": 4, "to": 4.8, "why": "1 d late: 1 day × 20 %"}
    assert ada["sentence"].endswith("After lateness it counts 4 → 4.8 points.")
    assert bob["after_lateness"] is None and "lateness" not in bob["sentence"]
    assert words.text(found).count("after lateness 4 → 4.8") == 1


def test_histogram_has_a_class_for_every_share() -> None:
    """Ends of classes, nothing to win, more than everything."""
    counts = words.histogram([(0, 10), (0.99, 10), (1, 10), (9.99, 10), (10, 10), (11, 10), (0, 0), (0.3, 1)])
    assert counts["0–9 %"] == 2
    assert counts["10–19 %"] == 1
    assert counts["30–39 %"] == 1
    assert counts["90–99 %"] == 1
    assert counts["100 %"] == 2
    assert counts[words.BEYOND] == 1


def test_names_and_titles_cannot_move_a_terminal_or_a_page() -> None:
    """Whatever a record says, it is shown as text."""
    from autograder.classroom import regrade_page

    old, new = record(), record(LOST)
    bad = replace(new.result.checks[0], title="<script>x</script>\x1b[2J", reason="</b>\u202e\x1b[31m")
    new = replace(new, result=replace(new.result, checks=(bad, *new.result.checks[1:])))
    found = compare("ps", {"<i>eve\x1b[2K": (old, new, "aa"), "山田 太郎": (old, new, "aa")})
    text = words.text(found)
    assert "\x1b" not in text and "\u202e" not in text
    page = regrade_page.page(found, "rehearsal")
    assert "<script>x" not in page and "<i>eve" not in page and "山田 太郎" in page
