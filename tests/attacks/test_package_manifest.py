"""The manifest of package() is a student's word: it may explain, and never moves a score."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.engine.grade import Engine
from autograder.messages import PARITY_NOTEBOOK
from autograder.model import GradingResult

Grade = Callable[..., Any]  # gives a Verdict of conftest
HONEST_ONCE = True
WRONG = {"q1_answer": "def sum_of_squares(values):\n    return sum(values)"}
# What a student's own process finds of the manifest.
LOOK = ("import os", "print('found', sorted(n for n in os.listdir('.') if n == 'manifest.json'))")


def manifest(**more: Any) -> bytes:
    """Return a manifest that claims both visible checks of the small course."""
    claims = {"test_three_four": {"passed": True}, "test_output_shape": {"passed": True}}
    content = {"made_by": "package()", "assignment": "mini", "checks": claims, "files": {}, "versions": {}}
    return json.dumps(content | more).encode()


def without_times(result: GradingResult) -> dict[str, Any]:
    """Return what two runs of one hand-in have in common."""
    data = result.to_json()
    data["checks"] = [{**check, "cpu_s": 0.0} for check in data["checks"]]
    data["extra"] = {k: v for k, v in data["extra"].items() if k not in ("timing", "memory", "parity")}
    return data


def test_claim_that_does_not_hold_is_explained_and_earns_nothing(
    grade: Grade, engine: Engine, tmp_path: Path
) -> None:
    """The page says which check, and what differs; the student's own process sees no manifest."""
    plain = grade(WRONG, extra=LOOK).result
    content = manifest(files={"mini.ipynb": {"sha256": "0" * 64}})
    (tmp_path / "hand-in" / "manifest.json").write_bytes(content)
    told = engine.grade(tmp_path / "hand-in")
    (said,) = [n for n in told.notices if n not in plain.notices]
    assert said == (
        "passed in your notebook when you packed it, and fails here: “3 and 4 give 25.”. "
        f"Why, as far as can be seen: {PARITY_NOTEBOOK}"
    )
    assert [c["name"] for c in told.extra["parity"]] == ["test_three_four"]
    assert "found []" in json.dumps(told.extra["notebook"])
    same = without_times(told)
    same["notices"] = tuple(n for n in same["notices"] if n != said)
    assert same == without_times(plain)  # the same hidden inputs, too


@pytest.mark.parametrize("kind", ["huge", "nested", "link", "second name"])
def test_odd_manifest_is_as_good_as_none(grade: Grade, tmp_path: Path, kind: str) -> None:
    """Whatever lies there by its name, the hand-in is graded as ever."""
    place = tmp_path / "hand-in" / "manifest.json"
    place.parent.mkdir()
    content = {"huge": b" " * (2 << 20), "nested": b"[" * 900_000}.get(kind)
    if content is not None:
        place.write_bytes(content)
    elif kind == "link":
        place.symlink_to("/etc/passwd")
    else:
        (tmp_path / "other").write_bytes(manifest())
        os.link(tmp_path / "other", place)
    verdict = grade(WRONG)
    assert verdict.lost == {"q1": 4.0}
    assert "parity" not in verdict.result.extra


def test_archive_of_package_is_taken_as_it_is(grade: Grade, engine: Engine, tmp_path: Path) -> None:
    """Nobody is told to hand in the files themselves, who was told to hand in the archive."""
    grade()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in (tmp_path / "hand-in").iterdir():
            archive.write(path, path.name)
        archive.writestr("manifest.json", manifest())
    folder = tmp_path / "zipped"
    folder.mkdir()
    (folder / "submission.zip").write_bytes(packed.getvalue())
    result = engine.grade(folder)
    assert (result.graded, result.score, result.notices) == (True, 11.0, ())
    assert result.extra["parity"] == []
