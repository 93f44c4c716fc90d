"""Notebooks of one hand-in, one engine after the other, each with its share of the time."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from autograder.engine import several
from autograder.model import GradingResult
from tests.unit.test_several import result, two


class StandIn:
    """An engine that grades at once and counts how many of its kind there are."""

    there: ClassVar[list[str]] = []
    most = 0
    limits: ClassVar[dict[str, float]] = {}

    def __init__(self, folder: Path, **_: Any) -> None:
        self.name = folder.name
        self.time_limits = {"run_s": 540.0}
        self.launcher = self
        StandIn.there.append(self.name)
        StandIn.most = max(StandIn.most, len(StandIn.there))

    def wait_ready(self) -> None:
        """Nothing to wait for."""

    def grade(self, folder: Path) -> GradingResult:
        """Return what is in the folder: a result, or a fault."""
        StandIn.limits[self.name] = self.time_limits["run_s"]
        if (folder / "broken").exists():
            raise OSError("broken")
        return result("q1", "q2") if self.name == "a" else result("q1")

    def close(self) -> None:
        """End."""
        StandIn.there.remove(self.name)


@pytest.fixture(autouse=True)
def _engines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several, "Engine", StandIn)
    monkeypatch.setattr(StandIn, "there", [])
    monkeypatch.setattr(StandIn, "most", 0)
    monkeypatch.setattr(StandIn, "limits", {})


def test_one_engine_at_a_time_where_seconds_are_counted(tmp_path: Path) -> None:
    """What is seen on the way has no score; the last result is that of all notebooks."""
    two(tmp_path)
    left, seen = iter([100.0, 60.0]), list[GradingResult]()
    with several.open_engine(tmp_path, left_s=lambda: next(left)) as engine:
        made = engine.grade(tmp_path, seen.append)
    assert (StandIn.most, StandIn.there) == (1, [])
    assert StandIn.limits == pytest.approx({"a": 50.0, "b": 60.0}, abs=0.5)
    assert [(len(one.checks), one.graded) for one in seen] == [(2, False), (3, True)]
    assert made.score == 3


@pytest.mark.parametrize(("left_s", "wanted"), [(-10.0, several.LEAST_S), (9999.0, 540.0)])
def test_a_share_has_bounds(tmp_path: Path, left_s: float, wanted: float) -> None:
    """Never below a few seconds, never above the assignment's own limit."""
    two(tmp_path)
    with several.open_engine(tmp_path, left_s=lambda: left_s) as engine:
        engine.grade(tmp_path)
    assert set(StandIn.limits.values()) == {wanted}


def test_an_alarm_leaves_its_engine_to_whoever_closes_all(tmp_path: Path) -> None:
    """Who was interrupted writes a result first: ending processes takes its time."""
    two(tmp_path)
    (tmp_path / "broken").touch()
    engine = several.open_engine(tmp_path, left_s=lambda: 100.0)
    with pytest.raises(OSError, match="broken"):
        engine.grade(tmp_path)
    assert StandIn.there == ["a"]
    engine.close()
    assert StandIn.there == []


def test_all_engines_stay_where_a_class_is_graded(tmp_path: Path) -> None:
    """They are warm for the next hand-in."""
    two(tmp_path)
    with several.open_engine(tmp_path) as engine:
        engine.grade(tmp_path)
        assert sorted(StandIn.there) == ["a", "b"]
    assert StandIn.there == []
