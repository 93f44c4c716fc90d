"""Windows of files that are not in memory: counted without being read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.sandbox import pages


def test_windows_out_of_memory_are_counted(tmp_path: Path) -> None:
    """A file that was pushed out has only cold ones, until it is read; a second name is no second file."""
    path = tmp_path / "folder" / "library"
    path.parent.mkdir()
    path.write_bytes(os.urandom(5 * pages.WINDOW_BYTES + 1))
    os.link(path, path.parent / "other")
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    first = pages.count_windows([str(tmp_path)])
    if not first.cold:
        pytest.skip("this file system keeps everything in memory")
    assert (first.all, first.cold, first.complete) == (6, 6, True)
    assert pages.count_windows([str(path)]).cold == 6  # to look brings nothing in
    pages.warm([str(tmp_path)])
    assert pages.count_windows([str(path), str(tmp_path / "absent")]) == pages.Windows(6, 0, complete=True)


def test_time_that_is_up_is_said(tmp_path: Path) -> None:
    """Then the number is one of those that were looked at."""
    (tmp_path / "file").write_bytes(b"x")
    assert not pages.count_windows([str(tmp_path)], budget_s=-1.0).complete
    assert "of those that could be looked at" in str(pages.Windows(2, 1, complete=False))
