"""Where package()'s manifest and the grader disagree: causes that can be seen, in words; whatever the manifest holds."""

from __future__ import annotations

import json
from pathlib import Path
from platform import python_version
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import messages
from autograder.bundle import Bundle
from autograder.judge import parity
from autograder.model import CheckResult, Outcome

SHA = {name: f"{number:064x}" for number, name in enumerate(("week0.ipynb", "model_weights.pt", "other"))}
HANDED = {name: SHA[name] for name in ("week0.ipynb", "model_weights.pt")}
BUNDLE = Bundle(
    folder=Path("/nowhere"), assignment="week0", title="", version="1", questions=(), checks=(), cells=(),
    reference_cells=(), limits={}, digest="ab" * 32,
)  # fmt: skip


def manifest(**more: Any) -> dict[str, Any]:
    """Return a manifest of two passed checks and the files that are handed in."""
    return {
        "made_by": "package()",
        "assignment": "week0",
        "release": {"version": "1", "bundle": "ab" * 8},
        "checks": {
            "test_a": {"question": "q1", "passed": True},
            "test_b": {"question": "q1", "passed": True},
        },
        "files": {name: {"sha256": digest, "bytes": 1} for name, digest in HANDED.items()},
        "versions": {"python": python_version()},
        "device": "cpu",
        "order": [],
    } | more


def result(name: str, outcome: Outcome, reason: str = "wrong", *, hidden: bool = False) -> CheckResult:
    """Return one check's result."""
    return CheckResult(
        question="q1", name=name, title=f"Title of {name}", outcome=outcome, score=0.0, max_score=1.0,
        hidden=hidden, reason=reason,
    )  # fmt: skip


def compared(
    claims: dict[str, Any],
    *results: CheckResult,
    handed: dict[str, str] = HANDED,
    notebook: str = "week0.ipynb",
    notices: tuple[str, ...] = (),
) -> parity.Parity:
    """Compare what a manifest claims with what we found."""
    read = parity.read_claims(json.dumps(claims).encode())
    assert read is not None
    return parity.compare(read, BUNDLE, results, handed, notebook, notices)


FAILED = result("test_a", Outcome.FAILED)


def test_agreement_says_nothing() -> None:
    """Nor does a check that was skipped, waits for a person, broke, is hidden, or was not claimed."""
    found = compared(
        manifest(checks={n: {"passed": n != "test_c"} for n in ("test_a", "test_b", "test_c", "test_h")}),
        result("test_a", Outcome.PASSED),
        result("test_b", Outcome.SKIPPED),
        result("test_c", Outcome.FAILED),
        result("test_h", Outcome.FAILED, hidden=True),
        result("test_x", Outcome.FAILED),
    )
    assert found == parity.Parity((), ())


@pytest.mark.parametrize(
    ("claims", "options", "cause"),
    [
        ({}, {}, messages.PARITY_SEED),
        ({}, {"handed": {**HANDED, "week0.ipynb": SHA["other"]}}, messages.PARITY_NOTEBOOK),
        (
            {},
            {"handed": {**HANDED, "b.ipynb": SHA["other"]}, "notebook": "b.ipynb"},
            messages.PARITY_NOTEBOOK,
        ),
        (
            {},
            {"handed": {**HANDED, "model_weights.pt": SHA["other"]}},
            "model_weights.pt is not the file that package() looked at",
        ),
        (
            {},
            {"handed": {"week0.ipynb": SHA["week0.ipynb"]}},
            "model_weights.pt, which package() packed, was not handed in",
        ),
        (
            {"order": [{"cell": 7, "name": "model", "defined": 9}]},
            {},
            "cell 7 uses `model`, first defined in cell 9, and here the cells run from top to bottom",
        ),
        (
            {"order": [{"cell": 7, "name": "model", "defined": 0}]},
            {},
            "cell 7 uses `model`, which no cell of the notebook defines (was that cell deleted?)",
        ),
        ({}, {"notices": (messages.RESTORED.format(count=2),)}, messages.PARITY_LOCKED),
        ({"release": {"bundle": "cd" * 8}}, {}, messages.PARITY_RELEASE),
        ({"versions": {"python": "2.7.18"}}, {}, f"python 2.7.18 there, {python_version()} here"),
        ({"device": "cuda (Tesla T4)"}, {}, messages.PARITY_DEVICE),
    ],
)
def test_cause_is_told(claims: dict[str, Any], options: dict[str, Any], cause: str) -> None:
    """One cause, one sentence; with nothing to see it is the seed or what was left over."""
    found = compared(manifest(**claims), FAILED, **options)
    assert found.notices == (messages.PARITY_FAILS_HERE.format(titles="“Title of test_a”", why=cause),)
    assert found.checks == (
        {"question": "q1", "name": "test_a", "there": True, "here": False, "why": [cause]},
    )


@pytest.mark.parametrize(
    "reason", [messages.CPU_TIME.format(limit_s=10), messages.MEMORY.format(limit_mb=512)]
)
def test_time_and_memory_are_a_cause_of_their_own(reason: str) -> None:
    """The seed has nothing to do with it."""
    (said,) = compared(manifest(), result("test_a", Outcome.FAILED, reason)).notices
    assert said.endswith(messages.PARITY_LIMITS)


def test_other_way_round_is_told_too() -> None:
    """What failed there and passes here was perhaps mended after its check ran."""
    claims = manifest(checks={"test_a": {"passed": False}, "test_b": {"passed": False}})
    found = compared(claims, result("test_a", Outcome.PASSED, ""), result("test_b", Outcome.PASSED, ""))
    titles = "“Title of test_a”, “Title of test_b”"
    assert found.notices == (messages.PARITY_PASSES_HERE.format(titles=titles, why=messages.PARITY_STALE),)
    assert [check["there"] for check in found.checks] == [False, False]


def test_order_of_another_notebook_is_not_told() -> None:
    """Its cell numbers would name other cells."""
    claims = manifest(order=[{"cell": 7, "name": "model", "defined": 9}])
    found = compared(claims, FAILED, handed={**HANDED, "week0.ipynb": SHA["other"]})
    assert "cell 7" not in found.notices[0]


def test_manifest_of_another_assignment_says_nothing() -> None:
    """It is no word about this notebook."""
    assert compared(manifest(assignment="week9"), FAILED).notices == ()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff", b"[]", b"{}", b"null", b"[" * 500_000, b'{"made_by": "package()"', b"9" * 900_000,
        b'{"made_by": "other"}', b" " * ((1 << 20) + 1),
        json.dumps({"schema": 1, "assignment": "week0", "questions": []}).encode(),  # of the release
    ],
)  # fmt: skip
def test_what_is_no_manifest_is_none(content: bytes) -> None:
    """Empty, cut, nested, huge, another program's."""
    assert parity.read_claims(content) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(manifest())), JSON))
def test_any_content_of_a_manifest_is_survived(content: dict[str, Any]) -> None:
    """Wrong types everywhere: at worst nothing is said."""
    claims = manifest() | content | {"made_by": "package()", "assignment": "week0"}
    found = parity.read_claims(json.dumps(claims).encode())
    assert found is not None
    parity.compare(found, BUNDLE, [FAILED], HANDED, "week0.ipynb")


def test_words_of_a_manifest_are_cut_and_harmless() -> None:
    """Names of files and versions are quoted as text of one line; a name of a variable is an identifier."""
    claims = manifest(
        versions={"python": "1\n\u202e" + "x" * 500},
        files={"a\nb\u202e" + "c" * 500: {"sha256": SHA["other"]}},
        order=[{"cell": 1, "name": "x`<b>", "defined": 2}, {"cell": True, "name": "y", "defined": -1}],
    )
    (said,) = compared(claims, FAILED).notices
    assert "\n" not in said
    assert "\u202e" not in said
    assert "<b>" not in said
    assert len(said) < 500


def test_many_checks_are_one_sentence() -> None:
    """A page is no list of the same cause."""
    names = [f"test_{n}" for n in range(9)]
    claims = manifest(checks={name: {"passed": True} for name in names})
    found = compared(claims, *(result(name, Outcome.FAILED) for name in names))
    assert len(found.notices) == 1
    assert "“Title of test_4” and 4 more" in found.notices[0]
    assert len(found.checks) == 9
