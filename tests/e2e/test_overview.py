"""A made class of 60, graded for real, with a check in it that is wrong for ten: `overview` puts it first."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "class_of_60.py"


@pytest.fixture(scope="module")
def sixty() -> ModuleType:
    """Return the example script as a module."""
    spec = importlib.util.spec_from_file_location("class_of_60", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def graded(sixty: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the course, graded once."""
    folder: Path = tmp_path_factory.mktemp("sixty") / "course"
    sixty.make_course(folder)
    sixty.hand_in(folder)
    sixty.autograder(folder, "grade", "digits")
    return folder


@pytest.mark.slow
def test_planted_check_in_a_graded_class_of_sixty_is_found_first(sixty: ModuleType, graded: Path) -> None:
    """Every number was worked out beforehand, from what the groups hand in."""
    told: dict[str, Any] = json.loads(sixty.autograder(graded, "overview", "digits", "--json"))
    points = {kind: expected for kind, _, expected in sixty.GROUPS}
    kinds = sixty.students()
    assert {s["name"]: s["points"] for s in told["students"]} == {n: points[k] for n, k in kinds.items()}
    assert (told["hand_ins"], told["graded"], told["points"]["median"]) == (60, 59, 90)
    # (36 · 90 + 10 · 75 + 4 · 70 + 3 · 85 + 3 · 45 + 2 · 50 + 0) / 59
    assert told["points"]["mean"] == pytest.approx(4760 / 59, abs=1e-5)
    first = told["suspects"][0]
    assert (first["question"], first["check"]) == sixty.WRONG_CHECK
    # Those in float32 have all 75 other points; who returns a count lost the visible check, too; the blank one all.
    assert {kinds[name] for name in first["students"][:10]} == {"float32"}
    assert [kinds[name] for name in first["students"][10:]] == ["counts"] * 4 + ["blank"]
    # 75 or 70 of the 75 other points: 36 right, 10 in float32, 4 counts, 3 in place. 10 and 4 of them fail.
    assert first["why"][0].startswith("14 of the 53 who pass nearly all else")
    assert (
        "10 of its 14 failures come from notebooks whose code names float32; 0 of the 44 who pass it do."
        in first["why"]
    )
    check = next(c for c in told["checks"] if (c["question"], c["name"]) == sixty.WRONG_CHECK)
    assert [(len(g["students"]), g["points"]) for g in check["reasons"]] == [(10, 150), (4, 60), (1, 15)]


@pytest.mark.slow
def test_one_command_leads_from_the_suspect_to_its_hand_ins(sixty: ModuleType, graded: Path) -> None:
    """Folders, one a line; the page names the same students, with links that lead to files."""
    lines = sixty.autograder(graded, "overview", "digits", "--suspect", "1").splitlines()
    assert len(lines) == 15
    assert all((Path(line) / "digits.ipynb").is_file() for line in lines)
    page = (graded / "autograded" / "digits.html").read_text()
    for line in lines[:10]:
        name = Path(line).parent.name
        assert f">{name}</a>" in page.replace("&#39;", "'")
