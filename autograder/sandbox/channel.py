"""One end of a socketpair that carries the wire's frames, each under one deadline (both *trusted* and *sandbox*).

Large buffers of a reply lie in the *arena*: shared memory that the trusted side makes and seals in
size (so no SIGBUS). A buffer is copied out once, and only the copy is looked at, so the peer cannot
change what was already validated.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import math
import mmap
import os
import select
import socket
import time
import traceback
from typing import Any

import numpy as np

from autograder.errors import DeadlineExceeded, PeerDied, SandboxError, WireError
from autograder.sandbox import wire

# Codes of msgpack extension types.

ARENA_BYTES = 256 << 20
SOCKET_BYTES = 1 << 20  # of each buffer


def make_arena(size_bytes: int = ARENA_BYTES) -> tuple[mmap.mmap, int]:
    """Make shared memory for the peer's large replies; returns our read-only map and the fd to pass on.

    The size is sealed, so a peer that truncates it cannot make us die of SIGBUS.
    """
    fd = os.memfd_create("arena", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(fd, size_bytes)
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
        return mmap.mmap(fd, size_bytes, prot=mmap.PROT_READ), fd
    except BaseException:
        os.close(fd)
        raise


class Channel:
    """One end of a socketpair. ``arena`` is where the peer (or, in the sandbox, we) put large buffers.

    File descriptors that arrive are kept in ``received_fds`` by an end that accepts them; at any other end
    (the trusted one) the kernel drops them.
    """

    def __init__(
        self, sock: socket.socket, arena: mmap.mmap | None = None, *, accepts_fds: bool = False
    ) -> None:
        self.sock, self.arena, self.accepts_fds = sock, arena, accepts_fds
        self.received_fds: list[int] = []
        sock.setblocking(False)
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, SOCKET_BYTES)
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self._poll_out = select.poll()
        self._poll_out.register(sock, select.POLLOUT)

    def wait(self, end: float | None) -> bool:
        """Return True when there is something to read (or the peer is gone), False at the deadline."""
        return self.sock.fileno() < 0 or bool(self._poll.poll(_milliseconds(end)))

    def send(self, chunks: list[Any], end: float | None = None, fds: tuple[int, ...] = ()) -> None:
        """Send a frame under one deadline (monotonic seconds; None waits for ever)."""
        started = time.monotonic()
        views = [memoryview(chunk).cast("B") for chunk in chunks if len(chunk)]
        while views:
            try:
                if fds:
                    sent = socket.send_fds(self.sock, views[:64], list(fds))
                else:
                    sent = self.sock.sendmsg(views[:64])
                fds = ()
            except BlockingIOError:
                self._poll_out.poll(_milliseconds(end))
                sent = 0
            except OSError as error:
                raise PeerDied(f"connection lost: {error.strerror}") from None
            while views and sent >= len(views[0]):
                sent -= len(views.pop(0))
            if views:
                views[0] = views[0][sent:]
                _check_deadline(end, started, "the peer does not read")

    def receive(self, end: float | None = None) -> tuple[bytes, list[memoryview]]:
        """Receive one frame under one deadline; a byte at a time does not buy the peer more time."""
        try:
            return self._receive(end, time.monotonic())
        except SandboxError as error:
            traceback.clear_frames(error.__traceback__)  # as in decode
            raise

    def _receive(self, end: float | None, started: float) -> tuple[bytes, list[memoryview]]:
        magic, tree_length, n_buffers = wire.HEADER.unpack(self._take(wire.HEADER.size, end, started))
        if magic != wire.MAGIC:
            raise WireError(wire.Refusal.MAGIC, bytes(magic))
        if tree_length > wire.MAX_TREE_BYTES:
            raise WireError(wire.Refusal.TREE_BYTES, tree_length, wire.MAX_TREE_BYTES)
        if n_buffers > wire.MAX_BUFFERS:
            raise WireError(wire.Refusal.BUFFERS, n_buffers, wire.MAX_BUFFERS)
        rest = self._take(n_buffers * wire.BUFFER.size + tree_length, end, started)
        table = list(wire.BUFFER.iter_unpack(rest[: n_buffers * wire.BUFFER.size]))
        total = sum(length for length, _ in table)
        if total > wire.MAX_BUFFER_BYTES:
            raise WireError(wire.Refusal.BUFFER_BYTES, total, wire.MAX_BUFFER_BYTES)
        buffers = []
        for length, offset in table:
            if offset == wire.INLINE:
                buffers.append(self._take(length, end, started))
                continue
            room = len(self.arena) if self.arena is not None else 0
            if self.arena is None or offset + length > room:
                raise WireError(wire.Refusal.ARENA, offset + length, room)
            copy = _new_buffer(length)
            copy[:] = memoryview(self.arena)[offset : offset + length]
            buffers.append(copy)
        return bytes(rest[n_buffers * wire.BUFFER.size :]), buffers

    def _take(self, size: int, end: float | None, started: float) -> memoryview:
        view = _new_buffer(size)
        filled = 0
        while filled < size:
            try:
                got = self._read_into(view[filled:])
                if got == 0:
                    raise PeerDied("the process has ended")
                filled += got
            except BlockingIOError:
                self._poll.poll(_milliseconds(end))
            except OSError as error:
                raise PeerDied(f"connection lost: {error.strerror}") from None
            if filled < size:
                _check_deadline(end, started, "the peer does not answer")
        return view

    def _read_into(self, view: memoryview) -> int:
        if not self.accepts_fds:
            return self.sock.recv_into(view)  # no ancillary buffer: the kernel closes what was attached
        got, ancillary, _, _ = self.sock.recvmsg_into([view], socket.CMSG_SPACE(8 * 4))
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                self.received_fds += array.array("i", data[: len(data) // 4 * 4])
        return got

    def close(self) -> None:
        """Close our end and unmap the arena."""
        self.sock.close()
        if self.arena is not None:
            with contextlib.suppress(BufferError):  # a thread of the student's may hold it
                self.arena.close()
            self.arena = None


def _new_buffer(size: int) -> memoryview:
    # np.empty touches no page before bytes arrive: a giant length that is only announced costs nothing.
    try:
        return np.empty(size, np.uint8).data
    except MemoryError:
        raise WireError(wire.Refusal.MEMORY, size) from None


def _check_deadline(end: float | None, started: float, what: str) -> None:
    if end is not None and time.monotonic() > end:
        raise DeadlineExceeded(what, max(0.0, round(end - started, 2)))


def _milliseconds(end: float | None) -> int | None:
    if end is None:
        return None
    return min(max(0, math.ceil((end - time.monotonic()) * 1000)), (1 << 31) - 1)
