"""What sockets hold: counted for the user who made them."""

from __future__ import annotations

import os
import socket

import pytest

from autograder.sandbox import sockets


def test_what_was_sent_and_not_read_is_counted() -> None:
    """And no longer once it is read, or the pair is closed."""
    if not sockets._is_told():
        pytest.skip("this kernel does not say whose sockets are")
    uid = os.geteuid()
    before = sockets.memory_bytes(uid)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        sent = ours.send(bytes(100_000))
        assert sockets.memory_bytes(uid) - before >= sent
    assert sockets.memory_bytes(uid) - before < sent
    assert sockets.memory_bytes(2_100_000_001) == 0


def test_kernel_that_does_not_say_counts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An old one, or a container that may not ask."""

    def refused() -> list[tuple[int | None, int]]:
        raise PermissionError

    monkeypatch.setattr(sockets, "_is_told", lambda: True)
    monkeypatch.setattr(sockets, "_all", refused)
    assert sockets.memory_bytes(os.geteuid()) == 0
