"""A made class of 60, graded for real, with a check in it that is wrong for ten: found first, corrected, regraded."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from autograder.config import load_course
from autograder.gradebook import open_gradebook

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


def files(folder: Path) -> dict[str, bytes]:
    """Return every file of a course but those of rehearsals."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.relative_to(folder).parts[0] != ".autograder"
    }


def gradebook(folder: Path) -> dict[str, dict[str, float | None]]:
    """Return the automatic scores by student and question."""
    course = load_course(folder)
    with open_gradebook(course.db_url, course.course_id) as book:
        return {
            submission.student.id: {g.name: g.auto_score for n in submission.notebooks for g in n.grades}
            for submission in book.find_assignment("digits").submissions
        }


@pytest.mark.slow
def test_planted_check_is_corrected_rehearsed_applied_and_logged(
    sixty: ModuleType, graded: Path, tmp_path: Path
) -> None:
    """The ten in float32 go from 75 to 90, nobody else moves; nothing is written before --apply, and just that by it."""
    course = Path(shutil.copytree(graded, tmp_path / "course"))
    first = json.loads(sixty.autograder(course, "overview", "digits", "--json"))["suspects"][0]
    assert (first["question"], first["check"]) == sixty.WRONG_CHECK
    sixty.change_check(course, sixty.WRONG, sixty.RIGHT)
    before, scores = files(course), gradebook(course)
    found = json.loads(sixty.autograder(course, "regrade", "digits", "--json"))
    assert files(course) == before

    kinds = sixty.students()
    float32 = sorted(name for name, kind in kinds.items() if kind == "float32")
    assert [(m["student"], m["from"], m["to"]) for m in found["moves"]] == [(n, 75, 90) for n in float32]
    causes = {
        (c["check"], why["cause"]) for m in found["moves"] for c in m["checks"] for why in c["because_of"]
    }
    assert causes == {("/".join(sixty.WRONG_CHECK), "changed check")}
    # The one with half a notebook has no score before, and none now.
    wanted = {
        "hand_ins": 60,
        "moved": 10,
        "up": 10,
        "down": 0,
        "other_verdicts": 0,
        "stayed": 49,
        "not_graded": 1,
    }
    assert found["summary"] == wanted
    assert {m["sentence"] for m in found["moves"]} == {
        "Your score for digits changes from 75 to 90 of 90 points. q1, “Any scores, one picture or many, two digits or "
        "ten”, passes now (0 → 15 points), because the check was changed."
    }
    # (36 · 90 + 10 · 75 + 4 · 70 + 3 · 85 + 3 · 45 + 2 · 50 + 0) / 59, and 150 points more; 36 and 46 of 59 have all.
    means = [found["distribution"][when]["mean"] for when in ("before", "now")]
    assert means == [round(4760 / 59, 2), round(4910 / 59, 2)]
    assert [found["distribution"][when]["tenths"]["100 %"] for when in ("before", "now")] == [36, 46]

    applied = json.loads(sixty.autograder(course, "regrade", "digits", "--apply", "--json"))
    assert (applied["mode"], applied["moves"]) == ("applied", found["moves"])
    after = gradebook(course)
    assert {
        name: row | {"q1": row["q1"] + 15} if name in float32 else row for name, row in scores.items()
    } == after
    (log,) = (course / "regrades").glob("*.json")
    logged = json.loads(log.read_text())
    assert (logged["mode"], logged["moves"]) == ("applied", found["moves"])
    assert set(float32) <= set(logged["applied"])
    told = json.loads(sixty.autograder(course, "overview", "digits", "--json"))
    assert {s["name"]: s["points"] for s in told["students"]} == {
        name: 90 if kind == "float32" else {k: p for k, _, p in sixty.GROUPS}[kind]
        for name, kind in kinds.items()
    }
    assert sixty.WRONG_CHECK not in [(s["question"], s["check"]) for s in told["suspects"]]
