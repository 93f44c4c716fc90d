"""How much of the kernel's memory a user id's UNIX sockets hold (*trusted*, standard library only).

What was sent and not received is in no process and in no file: 200 kB for each end of a pair, and a process may have
five hundred pairs. The kernel tells by ``NETLINK_SOCK_DIAG`` whose a socket is, also one that is itself on its way
through another, and what it holds.

Source: include/uapi/linux/sock_diag.h, unix_diag.h and inet_diag.h (SK_MEMINFO_*) of Linux 6.18; the user id
(``UDIAG_SHOW_UID``) is there since 5.3.
"""

from __future__ import annotations

import contextlib
import functools
import socket
import struct

NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY = 4, 20
NLM_F_REQUEST_DUMP = 0x301
NLMSG_ERROR, NLMSG_DONE = 2, 3
UDIAG_SHOW_MEMINFO, UDIAG_SHOW_UID = 0x20, 0x40
UNIX_DIAG_MEMINFO, UNIX_DIAG_UID = 5, 7
WMEM_ALLOC = (
    2  # place in SK_MEMINFO: bytes sent by this socket and not read yet, with what the kernel needs for them
)
SOCKET_BYTES = 4096  # of a socket without content: it, its file and their places, rounded up
PATIENCE_S = 1.0

_HEADER = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=BBHIII8s")
_MESSAGE_BYTES = 16  # struct unix_diag_msg
_ATTRIBUTE = struct.Struct("=HH")


def memory_bytes(uid: int) -> int:
    """Return the bytes that the sockets of a user id hold; 0 where this kernel does not say."""
    if not _is_told():
        return 0
    try:
        return sum(held for owner, held in _all() if owner == uid)
    except (OSError, struct.error):
        return 0


@functools.cache
def _is_told() -> bool:
    """Tell whether the kernel says whose sockets are; a pair of ours must be there."""
    import os

    ours, theirs = socket.socketpair()
    with ours, theirs, contextlib.suppress(OSError, struct.error):
        return any(owner == os.geteuid() for owner, _ in _all())
    return False


def _all() -> list[tuple[int | None, int]]:
    """Return owner and bytes of each UNIX socket of this network namespace."""
    body = _REQUEST.pack(
        socket.AF_UNIX, 0, 0, 0xFFFFFFFF, 0, UDIAG_SHOW_MEMINFO | UDIAG_SHOW_UID, b"\xff" * 8
    )
    found: list[tuple[int | None, int]] = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_SOCK_DIAG) as sock:
        sock.settimeout(PATIENCE_S)
        header = _HEADER.pack(_HEADER.size + len(body), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST_DUMP, 1, 0)
        sock.send(header + body)
        while True:
            data = memoryview(sock.recv(1 << 18))
            while data:
                length, kind, _, _, _ = _HEADER.unpack_from(data)
                if kind == NLMSG_DONE:
                    return found
                if kind == NLMSG_ERROR or length < _HEADER.size:
                    raise OSError("sock_diag: refused")
                found.append(_read(data[_HEADER.size + _MESSAGE_BYTES : length]))
                data = data[(length + 3) & ~3 :]


def _read(attributes: memoryview) -> tuple[int | None, int]:
    owner, held = None, SOCKET_BYTES
    while len(attributes) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(attributes)
        if length < _ATTRIBUTE.size:
            break
        content = attributes[_ATTRIBUTE.size : length]
        if kind == UNIX_DIAG_UID:
            (owner,) = struct.unpack_from("=I", content)
        elif kind == UNIX_DIAG_MEMINFO:
            held += struct.unpack_from("=I", content, 4 * WMEM_ALLOC)[0]
        attributes = attributes[(length + 3) & ~3 :]
    return owner, held
