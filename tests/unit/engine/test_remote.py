"""A worker's side of grading elsewhere, without anybody between: messages in, answers out."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.bundle import read_bundle
from autograder.engine import parcels, remote
from autograder.engine.batch import EngineOptions
from autograder.errors import SandboxError
from autograder.model import CheckResult, GradingResult, Outcome

Mini = tuple[object, Path, object]


class Engine:
    """Stands in for the engine: its result says which file it saw."""

    opened = 0
    closed = 0

    def __init__(self, options: EngineOptions) -> None:
        Engine.opened += 1
        self.bundle = read_bundle(options.bundle_folder)

    def grade(self, folder: Path) -> GradingResult:
        text = (folder / "mini.ipynb").read_text()
        if text == "broken":
            raise ZeroDivisionError("in the engine")
        check = CheckResult(
            question="q1", name="test_three_four", title="", outcome=Outcome.PASSED, score=1.0, max_score=4.0, hidden=False
        )  # fmt: skip
        return GradingResult(
            assignment="mini", graded=True, questions=self.bundle.questions, checks=(check,), extra={"text": text, "nan": float("nan")}
        )  # fmt: skip

    def close(self) -> None:
        Engine.closed += 1


@pytest.fixture(autouse=True)
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker of one's own, with the stand-in."""
    remote.close()
    monkeypatch.setattr(EngineOptions, "open", lambda options, *, warm: Engine(options))
    monkeypatch.setattr(Engine, "opened", 0)
    monkeypatch.setattr(Engine, "closed", 0)
    yield
    remote.close()


def parcel(folder: Path, text: str) -> parcels.Parcel:
    """Return a hand-in's parcel."""
    folder.mkdir(exist_ok=True)
    (folder / "mini.ipynb").write_text(text)
    return parcels.pack_hand_in(folder)


def ask(message: bytes, place: Path) -> dict[str, Any]:
    """Send a message, as somebody between would: bytes there, bytes back."""
    found = remote.answer(message, place)
    assert type(found) is bytes
    return remote.read_answer(found)


def test_parcels_are_asked_for_once(mini: Mini, tmp_path: Path) -> None:
    """What is missing is named; what is there is known by its digest, and the engine stays."""
    options = EngineOptions(mini[1], memory_bytes=1 << 30, disabled=frozenset({"seccomp"}))
    bundle = parcels.pack_bundle(mini[1])
    first, second = parcel(tmp_path / "a", "first"), parcel(tmp_path / "b", "second")
    found = ask(remote.please_grade(options, bundle, first, set()), tmp_path)
    assert found == {"missing": [bundle.digest, first.digest]}
    found = ask(remote.please_grade(options, bundle, first, set(found["missing"])), tmp_path)
    result = found["result"]
    assert isinstance(result, GradingResult)
    assert (result.extra["text"], result.questions) == ("first", read_bundle(mini[1]).questions)
    assert (
        ask(remote.please_grade(options, bundle, second, {second.digest}), tmp_path)["result"].extra["text"]
        == "second"
    )
    assert set(ask(remote.hello(), tmp_path)["has"]) == {bundle.digest, first.digest, second.digest}
    assert (Engine.opened, Engine.closed) == (1, 0)
    ask(remote.please_grade(EngineOptions(mini[1]), bundle, first, set()), tmp_path)
    assert (Engine.opened, Engine.closed) == (2, 1)
    remote.close()
    assert Engine.closed == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_engine_that_fails_is_another_one_for_the_next(mini: Mini, tmp_path: Path) -> None:
    """The hand-in is not graded, with why for staff."""
    options, bundle = EngineOptions(mini[1]), parcels.pack_bundle(mini[1])
    broken, good = parcel(tmp_path / "a", "broken"), parcel(tmp_path / "b", "good")
    result = ask(remote.please_grade(options, bundle, broken, {bundle.digest, broken.digest}), tmp_path)[
        "result"
    ]
    assert not result.graded
    assert result.staff_notes == ("ZeroDivisionError: in the engine",)
    assert ask(remote.please_grade(options, bundle, good, {good.digest}), tmp_path)["result"].graded
    assert Engine.opened == 2


def test_engine_that_does_not_start_says_so(
    mini: Mini, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no result: another worker may have one."""

    def refuse(_: EngineOptions, *, warm: bool) -> Engine:
        raise SandboxError(f"no sandbox here {warm}")

    monkeypatch.setattr(EngineOptions, "open", refuse)
    bundle, one = parcels.pack_bundle(mini[1]), parcel(tmp_path / "a", "x")
    message = remote.please_grade(EngineOptions(mini[1]), bundle, one, {bundle.digest, one.digest})
    assert ask(message, tmp_path) == {"no_engine": "no sandbox here True"}


def test_room_is_made_by_who_was_asked_for_longest_ago(
    mini: Mini, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bundle and the hand-in that is graded stay."""
    monkeypatch.setattr(remote, "MAX_KEPT", 3)
    options, bundle = EngineOptions(mini[1]), parcels.pack_bundle(mini[1])
    sent = [parcel(tmp_path / f"h{n}", str(n)) for n in range(5)]
    for one in sent:
        assert "result" in ask(
            remote.please_grade(options, bundle, one, {one.digest, *([bundle.digest] if one is sent[0] else [])}), tmp_path
        )  # fmt: skip
    assert set(ask(remote.hello(), tmp_path)["has"]) == {bundle.digest, sent[3].digest, sent[4].digest}


class Bomb:
    """What unpickling would set off."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path("/nowhere/autograder-bomb").mkdir, (), {})


def test_message_that_is_none_is_a_fault_and_not_unpickled(tmp_path: Path, mini: Mini) -> None:
    """Pickles, other types, wrong digests, half messages; the worker goes on."""
    bundle, one = parcels.pack_bundle(mini[1]), parcel(tmp_path / "a", "x")
    good = remote.please_grade(EngineOptions(mini[1]), bundle, one, {bundle.digest, one.digest})
    for message in (
        pickle.dumps(Bomb()),
        b"",
        b"{}\n",
        b"[]\n",
        good[:-1],
        good.replace(one.digest.encode(), b"0" * 64),
    ):
        assert "fault" in ask(message, tmp_path), message[:80]
    for odd in (bytearray(b"x"), "text", Bomb(), None):
        assert "not bytes" in json.loads(remote.answer(odd, tmp_path))["fault"]  # type: ignore[arg-type]
    assert "result" in ask(good, tmp_path)


@pytest.mark.parametrize(
    "odd",
    [pickle.dumps(Bomb()), b"", b"[]", b'"x"', b'{"result": 3}', b'{"result": {}}', "text", Bomb(), None],
)
def test_answer_that_is_none_is_refused(odd: Any) -> None:
    """Only bytes with our JSON in them are read."""
    with pytest.raises(SandboxError, match="a worker's answer is none"):
        remote.read_answer(odd)
