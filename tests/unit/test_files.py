"""Folders that refuse to be written, and sources that are no source: a sentence, exit code 2, nothing half-written."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_notebook

from autograder import files
from autograder.author import release, steps
from autograder.author.begin import EXAMPLE, new_course
from autograder.cli.main import main
from autograder.config import load_course
from autograder.errors import UsageError
from autograder.hosts import package


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a course with one assignment, and work in it."""
    new_course(tmp_path / "course", "x", example=True)
    monkeypatch.chdir(tmp_path / "course")
    return tmp_path / "course"


def tree(folder: Path) -> dict[str, bytes | None]:
    """Return everything below a folder."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")
    }


def refused(folder: Path, *words: str) -> str:
    """Run a command that must end with 2, say so, and leave everything as it was; return what it said."""
    before = tree(folder)
    done = CliRunner().invoke(main, list(words))
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    assert tree(folder) == before
    return done.output


def full(*_: Any, **__: Any) -> None:
    """Stand in for a write to a full disk."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "weights")


@pytest.mark.parametrize("way", ["source", "references"])
def test_new_in_a_course_that_cannot_be_written(course: Path, way: str) -> None:
    """A file where a folder must be: nothing of the other folder is left, either."""
    shutil.rmtree(course / way)
    (course / way).write_text("in the way")
    assert "nothing was written" in refused(course, "new", "week2")


@pytest.mark.parametrize("way", ["release", "bundle"])
def test_release_into_what_is_no_folder_is_refused_before_any_grading(course: Path, way: str) -> None:
    """At once, not after minutes."""
    (course / way).write_text("in the way")
    assert f"{course / way}: not a folder; nothing was written" in refused(course, "release", EXAMPLE)


def test_folder_that_is_closed_is_told_from_one_that_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a folder that is not there yet, the one that it would be made in counts."""
    files.require_writable(tmp_path / "a" / "b")
    monkeypatch.setattr(files.os, "access", lambda path, mode: Path(path) != tmp_path)
    with pytest.raises(UsageError, match=rf"{tmp_path}: cannot be written by you; nothing was written"):
        files.require_writable(tmp_path / "a" / "b")


def test_grading_in_a_course_that_cannot_be_written_is_refused_before_any_grading(
    course: Path, mini: tuple[object, Path, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No gradebook could be kept. (Closed results or pages cost only themselves: test_grading.py.)"""
    (course / "submitted" / "ada" / "mini").mkdir(parents=True)
    (course / "submitted" / "ada" / "mini" / "mini.ipynb").write_text("{}")
    monkeypatch.setattr(files.os, "access", lambda path, mode: Path(path) != course)
    said = refused(course, "grade", "mini", "--bundle", str(mini[1]))
    assert f"{course}: cannot be written by you; nothing was written" in said


def test_full_disk_leaves_release_and_bundle_as_they_were(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Staging folders go, what was released stays."""
    pytest.importorskip("nbgrader")
    monkeypatch.setattr(steps, "record", lambda *_: None)
    (course / "release" / EXAMPLE).mkdir(parents=True)
    (course / "release" / EXAMPLE / "old").write_text("old")
    (course / "bundle" / EXAMPLE).mkdir(parents=True)
    before = tree(course)
    read = load_course(course)
    with steps.prepare(read, EXAMPLE) as prepared:
        for module, name in ((release.nbformat, "write"), (steps.shutil, "copytree")):
            with monkeypatch.context() as patch, pytest.raises(UsageError, match="No space left"):
                patch.setattr(module, name, full)
                steps.publish(read, prepared)
            assert tree(course) == before, name


def test_full_disk_leaves_no_half_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the zip nor the folder."""
    package.write({"a": b"1"}, tmp_path)
    before = tree(tmp_path)
    monkeypatch.setattr(package.shutil, "copy", full)
    with pytest.raises(UsageError, match="No space left"):
        package.write({"a": b"2"}, tmp_path)
    assert tree(tmp_path) == before


def test_refusal_of_the_system_is_no_fault_of_ours(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it comes from: exit code 2 and the path."""
    monkeypatch.setattr("autograder.author.source.nbformat.read", full)
    monkeypatch.setattr("autograder.author.source.Path.is_file", full)
    done = CliRunner().invoke(main, ["lint", EXAMPLE])
    assert done.exit_code == 2
    assert "weights: No space left on device" in done.output


@pytest.mark.parametrize("command", ["lint", "validate", "release"])
def test_second_notebook_in_an_assignments_folder_is_refused(course: Path, command: str) -> None:
    """It would be released as a file beside the first, with whatever solutions it holds."""
    nbformat.write(new_notebook(), course / "source" / EXAMPLE / f"{EXAMPLE}-old.ipynb")
    said = refused(course, command, EXAMPLE)
    assert f"more than one notebook, {EXAMPLE}.ipynb and {EXAMPLE}-old.ipynb" in said


def test_notebook_of_another_name_than_its_folders_is_named(course: Path) -> None:
    """By itself, and by --all, which would leave it out without a word."""
    (course / "source" / "week2").mkdir()
    nbformat.write(new_notebook(), course / "source" / "week2" / "draft.ipynb")
    assert "its notebook is draft.ipynb" in refused(course, "lint", "week2")
    assert "draft.ipynb: no notebook of its folder's name" in refused(course, "lint", "--all")


# -- whole files in the place of older ones ------------------------------------------------------------


def test_files_are_replaced_together_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No room for the second: both are as they were, and nothing lies beside them; the error says which."""
    first, second = tmp_path / "a", tmp_path / "b"
    files.replace_together({first: b"1", second: b"2"})
    assert (first.read_bytes(), second.read_bytes()) == (b"1", b"2")
    assert first.stat().st_mode & 0o777 == 0o600
    synced: list[int] = []

    def no_room(_: int) -> None:
        synced.append(1)
        if len(synced) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left") as error:
        patch.setattr(os, "fsync", no_room)
        files.replace_together({first: b"3", second: b"4"})
    assert error.value.filename == str(second)
    assert tree(tmp_path) == {"a": b"1", "b": b"2"}


def test_replaced_file_is_no_link_any_more(tmp_path: Path) -> None:
    """What a link in its place leads to is not written."""
    (tmp_path / "secret").write_text("x")
    (tmp_path / "page").symlink_to("secret")
    umask = os.umask(0o027)
    try:
        files.replace_together({tmp_path / "page": b"new"}, mode=0o666, durable=False)
    finally:
        os.umask(umask)
    assert (tmp_path / "secret").read_text() == "x"
    assert not (tmp_path / "page").is_symlink()
    assert (tmp_path / "page").stat().st_mode & 0o777 == 0o640


def test_unfinished_files_are_told_by_their_names(tmp_path: Path) -> None:
    """Also where a name has letters that mean something to a pattern."""
    for name in (
        ".a[1]*.ipynb.0a1b2c3d",
        ".a1.ipynb.0a1b2c3d",
        ".a[1]*.ipynb.0A1B2C3D",
        ".a[1]*.ipynb.0a1b2c3d4",
    ):
        (tmp_path / name).touch()
    files.remove_unfinished(tmp_path, ["a[1]*.ipynb"])
    files.remove_unfinished(tmp_path / "absent", ["a"])
    assert sorted(tree(tmp_path)) == [".a1.ipynb.0a1b2c3d", ".a[1]*.ipynb.0A1B2C3D", ".a[1]*.ipynb.0a1b2c3d4"]
