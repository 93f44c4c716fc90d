"""Confine this process for good: the layers of ``autograder.sandbox.policy``, applied in their order (*trusted*; ``enter`` becomes *sandbox*).

The order matters. What opens paths or needs root comes before the user id goes; the parent-death signal
comes after, because changing ids clears it; the filter is last, because it forbids most of the above.
Two deviations from the obvious: the jail is entered before Landlock's paths are opened, so that a path
means the same to both; and the process is made undumpable at the end even where its id changed, since
that is what gives its /proc files to root (else it could lower its own oom_score_adj again).
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import signal
import struct
from typing import TYPE_CHECKING

from autograder.errors import SandboxError
from autograder.sandbox import identity, interpreter, landlock, proc, seccomp
from autograder.sandbox.policy import LAYERS, Policy, allows_connect

if TYPE_CHECKING:
    from collections.abc import Iterator

# multiprocessing's semaphores and torch's shared tensors live here. No listing: their names are random,
# and in same-user mode other programs of ours keep theirs here too.
SHARED_MEMORY = "/dev/shm"
_CAPABILITY_VERSION_3 = 0x20080522

_seal: int | None = None  # what parts a fork of this process from it, see ``enter_fork``


def preload() -> None:
    """Get a zygote ready to fork confined processes: compile the filter, adopt orphans."""
    for shares_user in (False, True):
        for may_connect in (False, True):
            machine = seccomp.architecture().name
            seccomp.compile_filter(machine, shares_user=shares_user, may_connect=may_connect)
    interpreter.readable_paths()
    proc.become_subreaper()


def enter(policy: Policy) -> dict[str, str]:
    """Confine this process for good; return layer -> "active", "off" or "absent: " and the error's name.

    Call it in a freshly forked child with one thread, in a session of its own, with only those
    descriptors open that the student's code may use. A layer that the host does not have is reported,
    not raised: the caller passes the result to ``decide`` before it runs anything.

    Raises
    ------
    SandboxError
        If a layer that the host has could not be applied, or the parent has died.

    """
    unknown = policy.disabled - set(LAYERS)
    if unknown:
        raise SandboxError(f"enter: found {sorted(unknown)!r} in disabled; layers are {LAYERS!r}")
    if policy.uid is not None and not identity.is_drawn(policy.uid):
        raise SandboxError(
            f"enter: found user id {policy.uid}, which draw_uid does not give out; nothing was confined"
        )
    try:
        return _enter(policy)
    except OSError as error:
        raise SandboxError(
            f"enter: found {error}; the process was not confined and must not run student code"
        ) from error


def _enter(policy: Policy) -> dict[str, str]:
    global _seal
    layers = dict.fromkeys(LAYERS, "off")
    parent = os.getppid()
    with contextlib.suppress(FileNotFoundError):  # no /proc: then the caller's word must do
        threads = len(os.listdir("/proc/self/task"))
        if threads != 1:
            raise SandboxError(f"enter: found {threads} threads, limit 1; each would keep its own rights")
    os.umask(0o077)

    if "oom" not in policy.disabled:
        layers["oom"] = _offer_to_oom_killer()
    if policy.jail and "chroot" not in policy.disabled:
        layers["chroot"] = _enter_jail(policy.jail)
    work = _work_inside(policy) if layers["chroot"] == "active" else policy.work
    ruleset = None
    if "landlock" not in policy.disabled:
        abi, reason = landlock.status()
        layers["landlock"] = f"active: ABI {abi}" if abi else f"absent: {reason}"
        if abi:
            ruleset = landlock.build(_rules(policy.readable, work))
            _seal = landlock.build_seal()
    if "rlimits" not in policy.disabled:
        layers["rlimits"] = _set_limits(policy)
    if "uid" not in policy.disabled:
        layers["uid"] = _give_up_identity(policy.uid)
    seccomp.prctl(seccomp.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SandboxError("enter: the parent died meanwhile; nobody waits for this process")
    os.chdir(work)
    seccomp.prctl(seccomp.PR_SET_DUMPABLE, 0)
    if "no_new_privs" not in policy.disabled:
        seccomp.prctl(seccomp.PR_SET_NO_NEW_PRIVS, 1)
        layers["no_new_privs"] = "active"
    if ruleset is not None:
        try:
            landlock.enforce(ruleset)
        except OSError as error:
            layers["landlock"] = absent(error, landlock.ABSENT)
    if "seccomp" not in policy.disabled:
        try:
            seccomp.install(shares_user=policy.uid is None, may_connect=allows_connect(policy))
            layers["seccomp"] = "active"
        except OSError as error:
            layers["seccomp"] = absent(error, landlock.ABSENT | {errno.EACCES, errno.EINVAL})
    return layers


def enter_fork() -> bool:
    """Part a fork of a confined process from the process that it was forked from; False where impossible.

    Both have one user id, so without this the fork could stop or kill the other. For the forks that
    answer one question each: what breaks there should cost only that question.
    """
    return _seal is not None and landlock.seal_off_signals(_seal)


def absent(error: OSError, expected: frozenset[int]) -> str:
    """Return how the report calls a layer that this host lacks; any other error is raised."""
    if error.errno not in expected:
        raise error
    return f"absent: {errno.errorcode[error.errno or 0]}"


def _offer_to_oom_killer() -> str:
    # Raising it needs no privilege. Without it the kernel may well choose the grader, and no result is left.
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError as error:
        return absent(error, frozenset({errno.ENOENT, errno.EACCES, errno.EROFS, errno.EPERM}))
    return "active"


def _enter_jail(jail: str) -> str:
    try:
        os.chroot(jail)
    except PermissionError as error:
        return absent(error, frozenset({errno.EPERM}))
    os.chdir("/")  # a working directory outside would still lead out
    return "active"


def _work_inside(policy: Policy) -> str:
    jail = os.path.normpath(policy.jail or "/")
    inside = os.path.relpath(policy.work, jail)
    if inside.startswith(".."):
        raise SandboxError(
            f"enter: found work {policy.work!r} outside of jail {jail!r}; nothing was run. Make it inside."
        )
    return "/" + inside


def _rules(readable: tuple[str, ...], work: str) -> Iterator[tuple[str, int]]:
    for path in readable:
        writable_device = landlock.WRITE_FILE | landlock.TRUNCATE if path == os.devnull else 0
        yield path, landlock.READ | writable_device
    yield work, landlock.READ_WRITE
    yield SHARED_MEMORY, landlock.READ_WRITE & ~landlock.READ_DIR


def _set_limits(policy: Policy) -> str:
    # Where student code shares our id, our own processes count too: leave the room on top of them.
    processes = policy.processes + (proc.tasks_of(os.getuid()) if policy.uid is None else 0)
    wanted = {
        resource.RLIMIT_CPU: (policy.cpu_s, policy.cpu_s + 1),
        resource.RLIMIT_NPROC: (processes, processes),
        resource.RLIMIT_FSIZE: (policy.file_bytes, policy.file_bytes),
        resource.RLIMIT_NOFILE: (policy.open_files, policy.open_files),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_MSGQUEUE: (0, 0),
    }
    if policy.address_space_bytes is not None:
        wanted[resource.RLIMIT_AS] = (policy.address_space_bytes, policy.address_space_bytes)
    for kind, pair in wanted.items():
        _, ceiling = resource.getrlimit(kind)
        if ceiling == resource.RLIM_INFINITY:
            ceiling = max(pair)
        # Raising a hard limit takes a privilege that we may not hold: stay below the one that we have.
        resource.setrlimit(kind, (min(pair[0], ceiling), min(pair[1], ceiling)))
    unbounded = []
    stays = policy.uid is None or "uid" in policy.disabled
    if stays and os.getuid() == 0:  # the kernel never counts root's processes
        unbounded.append("processes")
    if policy.address_space_bytes is None:
        unbounded.append("memory")
    return f"active: but not on {' and '.join(unbounded)}" if unbounded else "active"


def _give_up_identity(uid: int | None) -> str:
    if uid is None:
        # Root without CAP_SETUID, or a user with odd capabilities: they would pass by what is to come.
        empty = struct.pack("=6I", 0, 0, 0, 0, 0, 0)
        seccomp.syscall("capset", struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), empty)
        return "absent: same user"
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    with contextlib.suppress(PermissionError):
        os.setresuid(0, 0, 0)
        raise SandboxError(f"enter: user id {uid} could become root again; nothing was run")
    return "active"
