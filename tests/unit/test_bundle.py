"""A bundle read back, and what a damaged or foreign one says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.bundle import Bundle, CheckSpec, digests, read_bundle
from autograder.errors import UsageError

Mini = tuple[Any, Path, Any]


@pytest.fixture
def folder(mini: Mini, tmp_path: Path) -> Path:
    """Return a copy of the small course's bundle."""
    return Path(shutil.copytree(mini[1], tmp_path / "bundle"))


def test_read_bundle_returns_what_was_written(folder: Path) -> None:
    """Records, not dictionaries; written again it is the same file."""
    bundle = read_bundle(folder, "mini")
    assert isinstance(bundle.checks[0], CheckSpec)
    assert bundle.folder == folder
    assert json.loads((folder / "bundle.json").read_text()) == json.loads(json.dumps(bundle.to_json()))


def changed(**values: Any) -> Callable[[Path], None]:
    """Return a change of some keys of bundle.json; ... removes one."""

    def change(path: Path) -> None:
        data = json.loads(path.read_text()) | values
        path.write_text(json.dumps({k: v for k, v in data.items() if v != "..."}))

    return change


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (Path.unlink, r"no bundle\.json here"),
        (lambda p: p.write_text(""), "Expecting value"),
        (lambda p: p.write_text("{"), "Expecting property name"),
        (lambda p: p.write_text("[1]"), "it is no JSON object"),
        (lambda p: p.write_bytes(b"\xff"), "codec"),
        (changed(schema=99), "schema 99, this version reads 1"),
        (changed(schema="..."), "schema None"),
        (changed(secret_plan=1), "TypeError: .*secret_plan"),
        (changed(questions="..."), "KeyError: 'questions'"),
        (changed(checks=[{"after": []}]), "TypeError"),
        (changed(cells=3), "TypeError"),
    ],
)
def test_damaged_bundle_says_what_to_do(folder: Path, damage: Callable[[Path], Any], found: str) -> None:
    """One sentence with the file and the command that makes it again."""
    damage(folder / "bundle.json")
    with pytest.raises(UsageError, match=rf"(?s)bundle.*{found}.*autograder release ASSIGNMENT"):
        read_bundle(folder)


def test_what_is_no_bundle_folder_is_named(folder: Path) -> None:
    """A zip, a file inside, and a folder that is not there."""
    for path in (folder / "bundle.json", folder / "absent"):
        with pytest.raises(UsageError, match="not a bundle's folder"):
            read_bundle(path)


def test_bundle_of_another_assignment_is_refused(folder: Path) -> None:
    """Before anything is graded with it."""
    with pytest.raises(UsageError, match=r"the bundle of 'mini', not of 'week1'; nothing was graded"):
        read_bundle(folder, "week1")


def test_digest_covers_every_file_and_its_place(folder: Path) -> None:
    """A byte more, another name, or a byte moved from one file to the next."""

    def now() -> tuple[str, str]:
        return digests(read_bundle(folder))

    found = {now()}
    private = folder / "private"
    (private / "a").write_bytes(b"12")
    (private / "b").write_bytes(b"3")
    found.add(now())
    (private / "a").write_bytes(b"1")
    (private / "b").write_bytes(b"23")
    found.add(now())
    (private / "b").rename(private / "c")
    found.add(now())
    assert len(found) == 4
    (private / "__pycache__").mkdir()
    (private / "__pycache__" / "x.pyc").write_bytes(b"1")
    assert now() in found


def test_digest_does_not_name_the_secret(folder: Path) -> None:
    """The public one and the one that keys hidden inputs are told apart, and neither depends on itself."""
    bundle: Bundle = read_bundle(folder)
    assert digests(bundle) == digests(replace(bundle, digest="", secret=""))
    assert bundle.digest != bundle.secret
    assert len({*digests(bundle)}) == 2
