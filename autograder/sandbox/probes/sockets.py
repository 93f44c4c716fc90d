"""Attacks by sockets: our own services, the network, the kernel's (*sandbox*)."""

from __future__ import annotations

import errno
import socket

from autograder.sandbox.probes.attempt import Canaries, Skipped, attack


def connect(address: str | bytes) -> None:
    """Connect to a named socket, and close it again."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        client.connect(address)


@attack("uid", "landlock:9", "chroot", "seccomp@same user")
def connect_private_socket(c: Canaries) -> None:
    """Connect to a UNIX socket of ours in a folder of mode 0700, as a session's D-Bus is."""
    connect(c.path("closed/socket"))


@attack("landlock:9", "chroot", "seccomp@same user")
def connect_shared_socket(c: Canaries) -> None:
    """Connect to a UNIX socket that every user may write."""
    connect(c.path("socket"))


@attack("landlock:6", "seccomp@same user")
def connect_abstract_socket(c: Canaries) -> None:
    """Connect to a UNIX socket that is no file."""
    connect(c.abstract)


@attack("seccomp")
def datagram_socket(_: Canaries) -> None:
    """Make a UNIX datagram socket, which may name any receiver."""
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).close()


@attack("seccomp", "landlock:4")
def connect_tcp(c: Canaries) -> None:
    """Connect to a TCP port of this machine."""
    if not c.port:
        raise Skipped("no TCP on this machine")
    with socket.socket(socket.AF_INET) as client:
        client.settimeout(1)
        client.connect(("127.0.0.1", c.port))


def _make_socket(family: int, kind: int) -> None:
    try:
        socket.socket(family, kind).close()
    except OSError as error:
        if error.errno in (errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT):
            raise Skipped("not in this kernel") from None
        raise


@attack("seccomp")
def inet_socket(_: Canaries) -> None:
    """Make an IPv4 socket."""
    _make_socket(socket.AF_INET, socket.SOCK_STREAM)


@attack("seccomp")
def inet6_socket(_: Canaries) -> None:
    """Make an IPv6 socket."""
    _make_socket(socket.AF_INET6, socket.SOCK_STREAM)


@attack("seccomp")
def udp_socket(_: Canaries) -> None:
    """Make a UDP socket: DNS carries data out, too."""
    _make_socket(socket.AF_INET, socket.SOCK_DGRAM)


@attack("seccomp")
def netlink_socket(_: Canaries) -> None:
    """Make a socket to the kernel's network tables."""
    _make_socket(socket.AF_NETLINK, socket.SOCK_RAW)


@attack("seccomp")
def host_socket(_: Canaries) -> None:
    """Make a socket to a virtual machine's host."""
    _make_socket(socket.AF_VSOCK, socket.SOCK_STREAM)
