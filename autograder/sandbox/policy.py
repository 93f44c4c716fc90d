"""What a student's process may do, and how the rest is taken away (*trusted*; ``enter`` becomes *sandbox*).

Theory of operation. A forked child calls ``enter`` once, before any of the student's code, and comes back
with less: another user id, limits, a Landlock domain, a system-call filter. No step needs a namespace, a
cgroup or a program of root's, because none of them is to be had in a default container. Each step is a
*layer* with a name, and most attacks meet more than one, so that a host which lacks a layer may still do.
``probe`` finds out what a host has, ``decide`` whether that is enough to run hidden checks, and
``autograder.sandbox.selftest`` whether what is called active does stop what it should.

    layer         takes away                                        needs
    oom           our place as the first to die when memory ends    /proc
    chroot        every file outside the jail                       CAP_SYS_CHROOT, a prepared jail
    rlimits       unbounded memory, CPU, processes, files           nothing
    uid           what belongs to root, to us, to other students    root
    no_new_privs  what set-user-id programs would give back         nothing; the next two need it
    landlock      files, signals, sockets outside (see landlock.py) Linux 5.13; 6.12 for signals
    seccomp       the network, programs, kernel doors (seccomp.py)  x86_64 or aarch64

The order matters. What opens paths or needs root comes before the user id goes; the parent-death signal
comes after, because changing ids clears it; the filter is last, because it forbids most of the above.
Two deviations from the obvious: the jail is entered before Landlock's paths are opened, so that a path
means the same to both; and the process is made undumpable at the end even where its id changed, since
that is what gives its /proc files to root (else it could lower its own oom_score_adj again).

*Same-user mode* is what remains without root: student code has our user id. Then only Landlock (from ABI
6) and the filter stand between it and our files, our processes and our session's sockets; ``decide``
refuses anything less, and the filter is stricter (see ``allows_connect`` and ``seccomp.INERT``).
"""

# Descriptors, errors and /proc are the subject here, not paths.

from __future__ import annotations

import contextlib
import errno
import fcntl
import functools
import json
import os
import resource
import shutil
import signal
import site
import socket
import struct
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from autograder.errors import SandboxError
from autograder.sandbox import landlock, reap, seccomp
from autograder.sandbox.reap import draw_uid as draw_uid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LAYERS = ("oom", "chroot", "rlimits", "uid", "no_new_privs", "landlock", "seccomp")

# What student code reads beside Python itself: shared objects that open others late, the time zone, fonts,
# and what NumPy's and torch's libraries ask about the processor. A library that sees a file with stat but
# may not open it often gives up instead of doing without; hence openssl.cnf and mime.types.
SYSTEM_PATHS = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/usr/share/locale",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/ssl/openssl.cnf",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
    "/dev/null",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
)

# multiprocessing's semaphores and torch's shared tensors live here. No listing: their names are random,
# and in same-user mode other programs of ours keep theirs here too.
SHARED_MEMORY = "/dev/shm"

_CAPABILITIES = {"CHOWN": 0, "DAC_OVERRIDE": 1, "KILL": 5, "SETGID": 6, "SETUID": 7}
_CAPABILITY_VERSION_3 = 0x20080522


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


# -- entering ------------------------------------------------------------------------------------------


def preload() -> None:
    """Get a zygote ready to fork confined processes: compile the filter, adopt orphans."""
    for shares_user in (False, True):
        for may_connect in (False, True):
            machine = seccomp.architecture().name
            seccomp.compile_filter(machine, shares_user=shares_user, may_connect=may_connect)
    readable_paths()
    reap.become_subreaper()


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
    if policy.uid is not None and not reap.is_drawn(policy.uid):
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
            layers["landlock"] = _absent(error, landlock.ABSENT)
    if "seccomp" not in policy.disabled:
        try:
            seccomp.install(shares_user=policy.uid is None, may_connect=allows_connect(policy))
            layers["seccomp"] = "active"
        except OSError as error:
            layers["seccomp"] = _absent(error, landlock.ABSENT | {errno.EACCES, errno.EINVAL})
    return layers


def enter_fork() -> bool:
    """Part a fork of a confined process from the process that it was forked from; False where impossible.

    Both have one user id, so without this the fork could stop or kill the other. For the forks that
    answer one question each: what breaks there should cost only that question.
    """
    return landlock.seal_off_signals()


def allows_connect(policy: Policy) -> bool:
    """Tell whether the process may connect to UNIX sockets by name.

    Not in same-user mode before Landlock's ABI 9: the sockets of our own session (D-Bus, ssh-agent)
    would start programs outside. ``DataLoader`` passes tensors between processes over such sockets, so
    where this is False it has to do with ``num_workers=0``.
    """
    return policy.uid is not None or landlock.status()[0] >= landlock.NAMED_SOCKETS_ABI


def _absent(error: OSError, expected: frozenset[int]) -> str:
    if error.errno not in expected:
        raise error
    return f"absent: {errno.errorcode[error.errno or 0]}"


def _offer_to_oom_killer() -> str:
    # Raising it needs no privilege. Without it the kernel may well choose the grader, and no result is left.
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError as error:
        return _absent(error, frozenset({errno.ENOENT, errno.EACCES, errno.EROFS, errno.EPERM}))
    return "active"


def _enter_jail(jail: str) -> str:
    try:
        os.chroot(jail)
    except PermissionError as error:
        return _absent(error, frozenset({errno.EPERM}))
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
    processes = policy.processes + (reap.tasks_of(os.getuid()) if policy.uid is None else 0)
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


# -- judging a host --------------------------------------------------------------------------------------


def probe() -> dict[str, str]:
    """Return what this host offers, layer -> "active..." or "absent: ...", by trying it in a child that ends.

    Beside the layers: ``chroot`` is "available" where a jail could be used, and ``network`` is "active"
    where the outer container has no network anyway.
    """
    uid, reason = _drawable()
    work = tempfile.mkdtemp(prefix="autograder-probe-")
    try:
        if uid is not None:
            os.chown(work, uid, uid)
        rules = Policy(work, uid, (), address_space_bytes=1 << 40, cpu_s=10)
        layers: dict[str, str] = json.loads(_in_child(lambda: json.dumps(_try_layers(rules))))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if reason:
        layers["uid"] = f"absent: {reason}"
    layers["network"] = _network()
    return layers


def _try_layers(rules: Policy) -> dict[str, str]:
    try:
        os.chroot("/")
        chroot = "available"
    except PermissionError as error:
        chroot = _absent(error, frozenset({errno.EPERM}))
    return {**enter(rules), "chroot": chroot}


def _in_child(work: Callable[[], str]) -> str:
    """Return the text that ``work`` returns in a forked child; an exception there is raised here."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        _answer(work, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        answer = file.read()
    os.waitpid(pid, 0)
    if answer[:1] != b"+":
        raise SandboxError(answer[1:].decode(errors="replace") or "a child ended without a word")
    return answer[1:].decode()


def _answer(work: Callable[[], str], writer: int) -> NoReturn:
    try:
        data = b"+" + work().encode()
    except BaseException as error:  # noqa: BLE001  reported; nothing may reach the caller's code
        data = b"-" + str(error).encode()
    finally:
        os.write(writer, data[:60_000])
        os._exit(0)


def _drawable() -> tuple[int | None, str]:
    """Return a fresh user id, or None and why this process cannot take one."""
    status = Path("/proc/self/status").read_text()
    held = int(status.partition("\nCapEff:")[2].split()[0], 16)
    lacking = [f"CAP_{name}" for name, bit in _CAPABILITIES.items() if not held >> bit & 1]
    if lacking:
        return None, f"no {lacking[0]}"
    try:
        return draw_uid(), ""
    except SandboxError as error:
        return None, str(error)


def _network() -> str:
    # Asked of the kernel, not of /sys, which shows the interfaces of whoever mounted it.
    get_flags, is_up = 0x8913, 1
    up = []
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            for _, name in sorted(socket.if_nameindex()):
                answer = fcntl.ioctl(asker, get_flags, struct.pack("16sh22x", name.encode(), 0))
                if name != "lo" and struct.unpack_from("=h", answer, 16)[0] & is_up:
                    up.append(name)
    except OSError as error:
        return f"absent: interfaces cannot be listed ({errno.errorcode.get(error.errno or 0, error)})"
    return f"absent: {', '.join(up)} is up" if up else "active: no interface but lo"


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


# -- the interpreter -------------------------------------------------------------------------------------


@functools.cache
def readable_paths() -> tuple[str, ...]:
    """Return what torch, NumPy, IPython and matplotlib may still have to read after the fork.

    The library folders of this Python and ``SYSTEM_PATHS``; not /etc/passwd, not the rest of /usr, and
    not what merely stands on ``sys.path``, such as the course repository of an editable install.

    Raises
    ------
    SandboxError
        If one of the folders contains the package's own source tree, where hidden checks lie.

    """
    paths = [*_library_folders(), *SYSTEM_PATHS]
    source = Path(__file__).resolve().parents[2]
    if source not in {Path(p) for p in _site_folders()}:
        around = [p for p in paths if source.is_relative_to(p)]
        if around:
            raise SandboxError(
                f"readable_paths: found the source tree {source} inside of {around[0]}, which student code "
                "may read; nothing was run. Move the course out of Python's folders."
            )
    return tuple(dict.fromkeys(paths))


def _site_folders() -> list[str]:
    folders = [*site.getsitepackages(), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    if site.ENABLE_USER_SITE:
        folders.append(site.getusersitepackages())
    return list(dict.fromkeys(os.path.realpath(folder) for folder in folders))


def _library_folders() -> list[str]:
    folders = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), *_site_folders()]
    for prefix in (sys.prefix, sys.base_prefix, sys.base_exec_prefix):
        # A prefix of its own holds shared objects (conda's MKL) beside the standard library; /usr holds more
        # than Python, and what is needed of it is in SYSTEM_PATHS.
        if os.path.realpath(prefix) not in ("/", "/usr", "/usr/local"):
            folders += [os.path.join(prefix, name) for name in ("lib", "lib64")]
    real = {Path(folder).resolve() for folder in folders}
    return sorted(str(folder) for folder in real if not real & set(folder.parents))


def check_interpreter_readable(uid: int | None) -> None:
    """Make sure that a drawn user id can import from this Python; for None there is nothing to check.

    Raises
    ------
    SandboxError
        With the first folder that is closed, and what to do.

    """
    if uid is None:
        return
    closed = _in_child(functools.partial(_first_closed_path, uid))
    if closed:
        facts = os.stat(closed)
        raise SandboxError(
            f"{closed}: found mode {facts.st_mode & 0o7777:04o}, owner {facts.st_uid}; student code runs as "
            f"user {uid} and could not import from {sys.prefix}, so nothing was run. Use a copy of the "
            f"environment that every user can read: cp -a {sys.base_prefix} /opt/python, make a virtual "
            "environment from it outside of home folders, and install the packages there."
        )


def _first_closed_path(uid: int) -> str:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    for folder in _library_folders():
        for path in (*reversed(Path(folder).parents), Path(folder)):
            if not os.access(path, os.X_OK):
                if _exists(path):
                    return str(path)
                break
        else:
            # Packages are closed one by one when root installed them under umask 077.
            for name in sorted(os.listdir(folder)):
                path = Path(folder, name)
                if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)) and _exists(path):
                    return str(path)
    return ""


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except PermissionError:
        return True
    return not path.is_symlink() or path.exists()
