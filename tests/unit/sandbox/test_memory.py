"""How much memory several processes use together: pages that they share count once."""

from __future__ import annotations

import mmap
import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autograder.errors import SandboxError
from autograder.sandbox import launcher, memory

MB = 1 << 20
SIZE = 48 * MB


@contextmanager
def forks(count: int, *, writing: bool) -> Iterator[list[int]]:
    """Fork processes that share 48 MB with us, or that have written to their copies of it."""
    kept = mmap.mmap(-1, SIZE, flags=mmap.MAP_PRIVATE)
    kept[:] = b"x" * SIZE
    pids = []
    for _ in range(count):
        ready, tell = os.pipe()
        pid = os.fork()
        if pid == 0:
            if writing:
                kept[:] = b"y" * SIZE
            os.write(tell, b"x")
            signal.pause()
            os._exit(0)
        os.close(tell)
        os.read(ready, 1)
        os.close(ready)
        pids.append(pid)
    try:
        yield pids
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def test_shared_pages_are_divided() -> None:
    """Four forks that only read have next to nothing of their own; four that have written have it all."""
    with forks(4, writing=False) as readers:
        reading = memory.shared_out(readers, os.getpid())
    with forks(4, writing=True) as writers:
        writing = memory.shared_out(writers, os.getpid())
    if reading is None or writing is None:
        pytest.skip("this kernel does not divide anonymous pages: no Pss_Anon")
    assert reading < SIZE
    assert writing > 3.5 * SIZE


def test_process_that_has_ended_uses_nothing() -> None:
    """It ended between two looks."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    assert memory.shared_out([pid], os.getpid()) in (0, None)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"memory.max": "max", "memory.stat": "anon 5\nfile 7\nshmem 2\n"}, 7),
        ({"memory.max": "805306368", "memory.stat": "anon 5\nshmem 2\n"}, 7),
        (
            {
                "memory/memory.limit_in_bytes": "805306368",
                "memory/memory.stat": "total_rss 5\ntotal_shmem 4\n",
            },
            9,
        ),
        (
            {"memory/memory.limit_in_bytes": "9223372036854771712", "memory/memory.stat": "total_rss 5\n"},
            None,
        ),
        ({"memory.stat": "anon 5\nshmem 2\n"}, None),  # the root of a machine's groups has no limit to set
        ({"memory.max": "max", "memory.stat": "file 7\n"}, None),
        ({}, None),
    ],
)
def test_container_s_memory_is_read_where_there_is_a_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], expected: int | None
) -> None:
    """Both versions of control groups; a whole machine's memory says nothing of the hand-in."""
    (tmp_path / "memory").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(memory, "GROUP", tmp_path)
    assert memory.of_container() == expected


def test_files_in_shared_memory_without_a_name_are_seen_by_what_is_missing(tmp_path: Path) -> None:
    """A file with a name is not among them; one that was unlinked is, wherever it is open or on its way."""
    fd, path = tempfile.mkstemp(dir=memory.SHARED)
    before = memory.unseen()
    os.write(fd, bytes(64 * MB))
    try:
        named = memory.unseen() - before
        os.unlink(path)
        ours, theirs = socket.socketpair()
        socket.send_fds(ours, [b"x"], [fd])
    finally:
        os.close(fd)
    # Others on this machine may use some meanwhile.
    assert named < 32 * MB
    assert memory.unseen() - before > 32 * MB
    assert memory.unseen(least=1 << 50) == 0
    ours.close()
    theirs.close()
    assert memory.unseen() - before < 32 * MB


@pytest.mark.parametrize("theirs", ["the question's", "the notebook's", ""])
def test_hand_in_that_did_not_have_the_nameless_files_is_not_blamed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, theirs: str
) -> None:
    """They go with the processes of whoever had them; where they stay, it is no answer's fault."""
    made = launcher.Launcher.__new__(launcher.Launcher)
    one = launcher.Confined("student", 1, 2, tmp_path, unseen_bytes=100 * MB)
    there, asked = [100 * MB], list[bool]()

    def clear(role: str, *, keep_root: bool) -> int:
        assert role == "student"
        asked.append(keep_root)
        there[0] -= 90 * MB if theirs == ("the question's" if keep_root else "the notebook's") else 0
        return 0

    monkeypatch.setattr(made, "clear", clear)
    monkeypatch.setattr(memory, "unseen", lambda: there[0])
    if theirs:
        made._end_for_unseen(one)
        assert one.killed_for == "memory"
        assert asked == [True, False][: 1 + (theirs == "the notebook's")]
        return
    with pytest.raises(SandboxError, match="100 MB of files without a name that are not this hand-in's"):
        made._end_for_unseen(one)
    assert one.killed_for == ""
