"""Landlock: which files, TCP ports, signals and sockets a process may reach (*sandbox*; built as root).

Theory of operation. A ruleset names the rights it *handles*; from the moment a process restricts itself
with it, every handled right is refused except beneath the paths that a rule names. It binds the process
and whatever it forks, cannot be undone, needs no privilege and works inside a default container. Paths
are opened when the ruleset is built, so building happens before the user id is given up and enforcing
after it.

What it does not govern, and who does instead: changes of mode and owner (the user id, or the filter's
inert calls), connecting to a named UNIX socket before ABI 9 (the user id, or the filter), UDP and
every other kind of socket (the filter), looking at a file's existence and size with ``stat`` (nobody),
and descriptors that are open already (the caller closes them).

What each ABI adds: 2 rename and link across folders, 3 truncate, 4 TCP, 5 device ioctls, 6 signals and
abstract sockets, 9 named sockets. Source: ``include/uapi/linux/landlock.h``.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
from typing import TYPE_CHECKING

from autograder.sandbox import seccomp

if TYPE_CHECKING:
    from collections.abc import Iterable

EXECUTE = 1 << 0
WRITE_FILE = 1 << 1
READ_FILE = 1 << 2
READ_DIR = 1 << 3
REMOVE_DIR = 1 << 4
REMOVE_FILE = 1 << 5
MAKE_CHAR = 1 << 6
MAKE_DIR = 1 << 7
MAKE_REG = 1 << 8
MAKE_SOCK = 1 << 9
MAKE_FIFO = 1 << 10
MAKE_BLOCK = 1 << 11
MAKE_SYM = 1 << 12
REFER = 1 << 13
TRUNCATE = 1 << 14
IOCTL_DEV = 1 << 15
RESOLVE_UNIX = 1 << 16

READ = READ_FILE | READ_DIR
# No EXECUTE, no device nodes, and IOCTL_DEV has nothing to act on without them.
READ_WRITE = (
    READ
    | WRITE_FILE
    | TRUNCATE
    | REMOVE_DIR
    | REMOVE_FILE
    | MAKE_DIR
    | MAKE_REG
    | MAKE_SOCK
    | MAKE_FIFO
    | MAKE_SYM
    | REFER
    | RESOLVE_UNIX
)
_OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV | RESOLVE_UNIX

_TCP = 0b11  # bind, connect
_SCOPE_ABSTRACT_SOCKETS = 1
_SCOPE_SIGNALS = 2
SCOPE_ABI = 6
NAMED_SOCKETS_ABI = 9

# A container's filter may answer EPERM for a call it has not heard of: that, too, means "not here".
ABSENT = frozenset({errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM})


def status() -> tuple[int, str]:
    """Return the ABI and "", or 0 and the reason why there is none, such as "ENOSYS"."""
    try:
        return seccomp.syscall("landlock_create_ruleset", None, 0, 1), ""
    except OSError as error:
        if error.errno not in ABSENT:
            raise
        return 0, errno.errorcode[error.errno or 0]


def handled_rights(abi: int) -> int:
    """Return the file rights that a kernel of this ABI can refuse."""
    rights = (1 << 13) - 1
    for since, right in ((2, REFER), (3, TRUNCATE), (5, IOCTL_DEV), (NAMED_SOCKETS_ABI, RESOLVE_UNIX)):
        if abi >= since:
            rights |= right
    return rights


def build(rules: Iterable[tuple[str, int]]) -> int:
    """Return a descriptor of a ruleset that grants ``rights`` beneath each ``path``, and nothing else.

    A path that does not exist, or that we cannot reach ourselves, is left out. TCP, signals to
    processes outside and abstract sockets of processes outside are refused where the ABI can.
    """
    abi, reason = status()
    if not abi:
        raise OSError(getattr(errno, reason), os.strerror(getattr(errno, reason)), "landlock")
    handled = handled_rights(abi)
    ruleset = _create(abi, handled, _TCP, _SCOPE_ABSTRACT_SOCKETS | _SCOPE_SIGNALS)
    for path, rights in rules:
        _add(ruleset, path, rights & handled)
    return ruleset


def enforce(ruleset: int) -> None:
    """Restrict this process, and what it forks, to the ruleset; the descriptor is closed.

    Raises
    ------
    OSError
        EPERM without ``no_new_privs``.

    """
    try:
        seccomp.syscall("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)


def build_seal() -> int | None:
    """Return a descriptor of the ruleset of ``seal_off_signals``; None where the kernel cannot (ABI < 6).

    It is made before the filter is loaded, which refuses every further rule: the kernel's memory for them is in no count.
    """
    abi, _ = status()
    if abi < SCOPE_ABI:
        return None
    # Every layer refuses moves across folders unless it grants them, so this one does, everywhere: the
    # layers below still say where.
    ruleset = _create(abi, REFER, 0, _SCOPE_SIGNALS)
    _add(ruleset, "/", REFER)
    return ruleset


def seal_off_signals(seal: int) -> bool:
    """Forbid this process and what it forks to signal or inspect the process that forked it.

    Files stay as they are. Returns False where the student's code has closed the descriptor.
    """
    try:
        seccomp.syscall("landlock_restrict_self", seal, 0)
    except OSError as error:
        if error.errno not in (errno.EBADF, errno.EBADFD):
            raise
        return False
    return True


def _create(abi: int, files: int, tcp: int, scope: int) -> int:
    fields = [files]
    if abi >= 4:
        fields.append(tcp)
    if abi >= SCOPE_ABI:
        fields.append(scope)
    attributes = struct.pack(f"={len(fields)}Q", *fields)  # an older kernel refuses a longer struct
    return seccomp.syscall("landlock_create_ruleset", attributes, len(attributes), 0)


def _add(ruleset: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= _OF_A_FILE
        seccomp.syscall("landlock_add_rule", ruleset, 1, struct.pack("=Qi", rights, fd), 0)
    finally:
        os.close(fd)
