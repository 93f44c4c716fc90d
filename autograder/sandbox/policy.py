"""What a student's process may do, and how the rest is taken away (*trusted*).

Theory of operation. A forked child calls ``confine.enter`` once, before any of the student's code, and comes back
with less: another user id, limits, a Landlock domain, a system-call filter. No step needs a namespace, a
cgroup or a program of root's, because none of them is to be had in a default container. Each step is a
*layer* with a name, and most attacks meet more than one, so that a host which lacks a layer may still do.
``host.probe`` finds out what a host has, ``decide`` whether that is enough to run hidden checks, and
``autograder.sandbox.selftest`` whether what is called active does stop what it should.

    layer         takes away                                        needs
    oom           our place as the first to die when memory ends    /proc
    chroot        every file outside the jail                       CAP_SYS_CHROOT, a prepared jail
    rlimits       unbounded memory, CPU, processes, files           nothing
    uid           what belongs to root, to us, to other students    root
    no_new_privs  what set-user-id programs would give back         nothing; the next two need it
    landlock      files, signals, sockets outside (see landlock.py) Linux 5.13; 6.12 for signals
    seccomp       the network, programs, kernel doors (seccomp.py)  x86_64 or aarch64

*Same-user mode* is what remains without root: student code has our user id. Then only Landlock (from ABI
6) and the filter stand between it and our files, our processes and our session's sockets; ``decide``
refuses anything less, and the filter is stricter (see ``allows_connect`` and ``seccomp.INERT``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from autograder.sandbox import landlock

if TYPE_CHECKING:
    from collections.abc import Mapping


LAYERS = ("oom", "chroot", "rlimits", "uid", "no_new_privs", "landlock", "seccomp")


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits and the reach of one process, and of all that it forks."""

    work: str  # the only folder it may write; mode 0700, owned by ``uid``
    uid: int | None  # from draw_uid(); None: same-user mode
    readable: tuple[str, ...]  # see readable_paths()
    address_space_bytes: int | None  # of each process; None where CUDA reserves what it likes
    cpu_s: int  # of each process
    processes: int = 64  # and threads, together
    file_bytes: int = 64 << 20  # of each file
    open_files: int = 1024  # of each process; a list of a DataLoader's batches holds one for each tensor
    jail: str | None = None  # a prepared root folder that holds ``work`` and every path in ``readable``
    disabled: frozenset[str] = frozenset()  # layers that a test knocks out


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether hidden checks may run, and what the instructor should know either way."""

    allowed: bool
    warnings: tuple[str, ...] = ()
    refusal: str = ""  # empty if allowed


def allows_connect(policy: Policy) -> bool:
    """Tell whether the process may connect to UNIX sockets by name.

    Not in same-user mode before Landlock's ABI 9: the sockets of our own session (D-Bus, ssh-agent)
    would start programs outside. ``DataLoader`` passes tensors between processes over such sockets, so
    where this is False it has to do with ``num_workers=0``.
    """
    return policy.uid is not None or landlock.status()[0] >= landlock.NAMED_SOCKETS_ABI


def landlock_abi(layers: Mapping[str, str]) -> int:
    """Return the ABI in a layer report, 0 if Landlock is not active there."""
    status, _, number = layers.get("landlock", "").rpartition(" ABI ")
    return int(number) if status == "active:" else 0


def decide(layers: Mapping[str, str]) -> Decision:
    """Return whether these layers, from ``probe`` or ``enter``, are enough to run hidden checks.

    The rule: a missing layer is accepted where the others still cover what it took away, and said so.
    """

    def active(name: str) -> bool:
        return layers.get(name, "absent").startswith("active")

    def found(name: str) -> str:
        return f"{name} is {layers.get(name, 'absent')}"

    abi = landlock_abi(layers)
    if not active("no_new_privs"):
        return _refuse(found("no_new_privs"), "Use Linux 3.5 or newer")
    if not active("seccomp") and not active("landlock"):
        return _refuse(
            f"{found('seccomp')} and {found('landlock')}",
            "Use a container whose seccomp profile allows them (Docker 20.10.24 or newer does)",
        )
    if not active("uid") and not (active("seccomp") and abi >= landlock.SCOPE_ABI):
        return _refuse(
            f"{found('uid')}, {found('seccomp')} and {found('landlock')}; without a user id of its own, "
            f"student code needs seccomp and Landlock ABI {landlock.SCOPE_ABI}",
            "Run as root in a container, or on Linux 6.12 or newer",
        )
    if not active("seccomp") and not active("network"):
        return _refuse(
            f"{found('seccomp')} and {found('network')}; student code could send hidden inputs out",
            "Start the container with --network none, or with a profile that allows seccomp",
        )
    warnings = []
    if not active("uid"):
        warnings.append(
            f"{found('uid')}: student code runs under the grader's user id, held back by Landlock and "
            "seccomp alone; DataLoader workers may be refused. Run as root for a second line of defence."
        )
    if not active("landlock") and not active("chroot"):
        warnings.append(
            f"{found('landlock')}: student code can read every file that any user may read. Keep checks, "
            "answers and other hand-ins at mode 0600 in folders of mode 0700, or give the run a jail."
        )
    if active("uid") and abi < landlock.SCOPE_ABI:
        warnings.append(
            f"{found('landlock')}: student code can reach abstract UNIX sockets of other programs, which "
            f"Landlock ABI {landlock.SCOPE_ABI} would stop. In a container of its own there are none."
        )
    if not active("seccomp"):
        warnings.append(
            f"{found('seccomp')}: nothing but the missing network keeps student code from talking to others. "
            "Leave the container without a network."
        )
    if not active("rlimits"):
        warnings.append(
            f"{found('rlimits')}: only deadlines bound what student code uses. Do not grade a class so."
        )
    elif "processes" in layers["rlimits"]:
        warnings.append(
            f"{found('rlimits')}: the kernel does not count root's processes, so a fork bomb lasts until the "
            "deadline. Run as a plain user, or as root with the capability to change user ids."
        )
    if not active("oom"):
        warnings.append(
            f"{found('oom')}: when memory runs out, the kernel may end the grader instead of the student's "
            "process. Give the container more memory than the limit of a submission."
        )
    return Decision(allowed=True, warnings=tuple(warnings))


def _refuse(found: str, remedy: str) -> Decision:
    return Decision(
        allowed=False,
        refusal=f"sandbox: {found}; hidden checks were not run and no score was given. {remedy}; for code "
        "that you trust as your own, --i-trust-this-code runs it all the same.",
    )
