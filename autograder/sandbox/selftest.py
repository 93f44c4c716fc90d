"""Attack our own sandbox from inside and say what held (*trusted*; the probes run in the *sandbox*).

Theory of operation. A layer that reports itself active may still stop nothing: a container's profile, a
kernel option or a mistake of ours can see to that. So a child enters the sandbox as a student's process
would and then tries what a student could try: about fifty *attacks* on things planted for the purpose
(files, sockets, a sibling process, the process that started it), and a few *needs*, things that honest
code does and that must still work. Each attack names the layers each of which alone should stop it. An
attack that got through although one of them is active means a broken sandbox; one that got through where
none is active is the price of that host, for ``policy.decide`` to judge.

Nothing here harms the machine when it gets through: signals are number 0, files are the planted ones, the
sibling is there to be abused, and what is created is removed.

An attack counts as stopped when it raises OSError. Some calls are tried with empty arguments, and the
kernel's complaint about those ("bad address") then shows that the call was let in: such errors are listed
as ``reached``.
"""

# Descriptors, errors and /proc are the subject here, not paths.

from __future__ import annotations

import contextlib
import ctypes
import errno
import importlib
import json
import multiprocessing.synchronize
import os
import re
import resource
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from autograder.errors import SandboxError
from autograder.sandbox import landlock, policy, reap, seccomp

PROBE_S = 5
TOTAL_S = 60
GIB = 1 << 30
SECRET_NAMES = re.compile(rb"\b\w*(?:TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|CREDENTIAL)\w*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of one attack or need. ``error`` is the errno's name, or a sentence if we failed."""

    name: str
    what: str
    need: bool
    stopped_by: tuple[str, ...]  # any of these alone; see _holds
    outcome: str  # blocked, allowed, skipped, error
    error: str
    broken: bool


@dataclass(frozen=True, slots=True)
class Report:
    """The layers that the child got, and what its probes found."""

    layers: dict[str, str]
    probes: list[Probe]


@dataclass(frozen=True, slots=True)
class Canaries:
    """What was planted for the attacks: paths, sockets and processes."""

    base: str
    parent: int
    sibling: int
    abstract: bytes
    port: int  # 0: no TCP here
    program: bytes  # of /bin/true
    same_user: bool = False  # known once the sandbox is entered

    def path(self, name: str) -> str:
        """Return the path of a planted file."""
        return os.path.join(self.base, name)


class Skipped(Exception):
    """The probe has no meaning on this host."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    run: Callable[[Canaries], None]
    stopped_by: tuple[str, ...]
    reached: frozenset[int]
    need: bool = False


_ATTEMPTS: list[_Attempt] = []
_Run = Callable[[Canaries], None]


def _attack(*stopped_by: str, reached: tuple[int, ...] = ()) -> Callable[[_Run], _Run]:
    def register(run: _Run) -> _Run:
        _ATTEMPTS.append(_Attempt(run, stopped_by, frozenset(reached)))
        return run

    return register


def _need(run: _Run) -> _Run:
    _ATTEMPTS.append(_Attempt(run, (), frozenset(), need=True))
    return run


def _holds(layer: str, layers: Mapping[str, str]) -> bool:
    """Tell whether a layer, as an attack names it, is active.

    ``landlock:6``: from that ABI on. ``seccomp@same user``: the stricter filter of that mode.
    ``rlimits+memory``: active, also on that.
    """
    name, _, abi = layer.partition(":")
    name, _, mode = name.partition("@")
    name, _, part = name.partition("+")
    status = layers.get(name, "absent")
    if not status.startswith("active") or (part and part in status):
        return False
    if mode and not layers.get("uid", "").endswith(mode):
        return False
    return not abi or policy.landlock_abi(layers) >= int(abi)


def _fail(number: int, text: str = "") -> NoReturn:
    raise OSError(number, text or os.strerror(number))


# -- files -------------------------------------------------------------------------------------------


@_attack("landlock", "chroot")
def read_shared_file(c: Canaries) -> None:
    """Read a file of ours that every user may read."""
    Path(c.path("shared.txt")).read_bytes()


@_attack("uid", "landlock", "chroot")
def read_private_file(c: Canaries) -> None:
    """Read a file of ours with mode 0600."""
    Path(c.path("private.txt")).read_bytes()


@_attack("landlock", "chroot")
def list_folder(c: Canaries) -> None:
    """List a folder of ours that every user may list."""
    os.listdir(c.base)


@_attack("landlock", "chroot")
def read_accounts(_: Canaries) -> None:
    """Read /etc/passwd."""
    Path("/etc/passwd").read_bytes()


@_attack("landlock", "chroot")
def read_source_tree(_: Canaries) -> None:
    """Read the folder from which the autograder runs: the course repository, if it is installed editable."""
    if any(Path(__file__).is_relative_to(path) for path in policy.readable_paths()):
        raise Skipped("installed among Python's libraries")
    os.listdir(Path(__file__).parents[2])


@_attack("uid", "landlock")
def write_library(_: Canaries) -> None:
    """Create a file in /usr/lib."""
    path = Path("/usr/lib/autograder-selftest")
    path.touch()
    path.unlink()


@_attack("landlock", "chroot")
def write_shared_folder(c: Canaries) -> None:
    """Create a file in a folder of ours that every user may write."""
    Path(c.path("open"), "new").touch()


@_attack("landlock:3", "chroot")
def empty_shared_file(c: Canaries) -> None:
    """Truncate a file of ours that every user may write."""
    os.truncate(c.path("writable.txt"), 0)


@_attack("landlock", "chroot")
def link_into_work(c: Canaries) -> None:
    """Give a file of ours a second name in the work folder."""
    os.link(c.path("shared.txt"), "linked.txt")


@_attack("uid", "chroot", "seccomp@same user")
def change_mode(c: Canaries) -> None:
    """Open a private file of ours to everybody."""
    path = c.path("private2.txt")
    os.chmod(path, 0o644)
    if os.stat(path).st_mode & 0o777 != 0o644:
        _fail(errno.EPERM, "answered, not carried out")


# -- other processes -----------------------------------------------------------------------------------


@_attack("landlock", "chroot")
def list_processes(_: Canaries) -> None:
    """List /proc."""
    os.listdir("/proc")


@_attack("landlock", "chroot")
def read_parent_command(c: Canaries) -> None:
    """Read the command line of the process that started us."""
    Path(f"/proc/{c.parent}/cmdline").read_bytes()


@_attack("uid", "landlock", "chroot")
def read_parent_environment(c: Canaries) -> None:
    """Read the environment of the process that started us."""
    Path(f"/proc/{c.parent}/environ").read_bytes()


@_attack("uid", "landlock", "chroot")
def open_parent_memory(c: Canaries) -> None:
    """Open the memory of the process that started us."""
    os.close(os.open(f"/proc/{c.parent}/mem", os.O_RDWR))


@_attack("uid", "landlock", "chroot")
def list_parent_descriptors(c: Canaries) -> None:
    """List the open files of the process that started us."""
    os.listdir(f"/proc/{c.parent}/fd")


@_attack("uid", "landlock:6")
def signal_parent(c: Canaries) -> None:
    """Signal the process that started us (with 0: only asks whether it may)."""
    os.kill(c.parent, 0)


@_attack("uid", "landlock:6")
def signal_sibling(c: Canaries) -> None:
    """Signal another process of the grader's."""
    os.kill(c.sibling, 0)


@_attack("seccomp", "uid", "landlock")
def trace_sibling(c: Canaries) -> None:
    """Attach to another process as a debugger."""
    ptrace_seize = 0x4206
    seccomp.syscall("ptrace", ptrace_seize, c.sibling, 0, 0)


@_attack("seccomp", "uid", "landlock")
def copy_sibling_memory(c: Canaries) -> None:
    """Copy another process's memory."""
    here = ctypes.create_string_buffer(8)
    # A fork has its parent's addresses, so ours is valid there too; no bytes at all would skip the check.
    span = ctypes.string_at(ctypes.byref((ctypes.c_size_t * 2)(ctypes.addressof(here), 8)), 16)
    seccomp.syscall("process_vm_readv", c.sibling, span, 1, span, 1, 0)


@_attack("seccomp", "uid", "landlock")
def take_sibling_descriptor(c: Canaries) -> None:
    """Copy an open file out of another process."""
    seccomp.syscall("pidfd_getfd", os.pidfd_open(c.sibling), 0, 0)


@_attack("seccomp", "uid")
def limit_parent(c: Canaries) -> None:
    """Set a limit of the process that started us (to what it is)."""
    resource.prlimit(c.parent, resource.RLIMIT_CORE)


@_attack("seccomp", "uid")
def pin_sibling(c: Canaries) -> None:
    """Say on which processors another process runs (all it has)."""
    os.sched_setaffinity(c.sibling, os.sched_getaffinity(c.sibling))


@_attack("seccomp", "uid")
def slow_sibling(c: Canaries) -> None:
    """Lower another process's priority."""
    os.setpriority(os.PRIO_PROCESS, c.sibling, 19)


# -- sockets -----------------------------------------------------------------------------------------


def _connect(address: str | bytes) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        client.connect(address)


@_attack("uid", "landlock:9", "chroot", "seccomp@same user")
def connect_private_socket(c: Canaries) -> None:
    """Connect to a UNIX socket of ours in a folder of mode 0700, as a session's D-Bus is."""
    _connect(c.path("closed/socket"))


@_attack("landlock:9", "chroot", "seccomp@same user")
def connect_shared_socket(c: Canaries) -> None:
    """Connect to a UNIX socket that every user may write."""
    _connect(c.path("socket"))


@_attack("landlock:6", "seccomp@same user")
def connect_abstract_socket(c: Canaries) -> None:
    """Connect to a UNIX socket that is no file."""
    _connect(c.abstract)


@_attack("seccomp")
def datagram_socket(_: Canaries) -> None:
    """Make a UNIX datagram socket, which may name any receiver."""
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).close()


@_attack("seccomp", "landlock:4")
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


@_attack("seccomp")
def inet_socket(_: Canaries) -> None:
    """Make an IPv4 socket."""
    _make_socket(socket.AF_INET, socket.SOCK_STREAM)


@_attack("seccomp")
def inet6_socket(_: Canaries) -> None:
    """Make an IPv6 socket."""
    _make_socket(socket.AF_INET6, socket.SOCK_STREAM)


@_attack("seccomp")
def udp_socket(_: Canaries) -> None:
    """Make a UDP socket: DNS carries data out, too."""
    _make_socket(socket.AF_INET, socket.SOCK_DGRAM)


@_attack("seccomp")
def netlink_socket(_: Canaries) -> None:
    """Make a socket to the kernel's network tables."""
    _make_socket(socket.AF_NETLINK, socket.SOCK_RAW)


@_attack("seccomp")
def host_socket(_: Canaries) -> None:
    """Make a socket to a virtual machine's host."""
    _make_socket(socket.AF_VSOCK, socket.SOCK_STREAM)


# -- programs, identities, views ---------------------------------------------------------------------------


def _in_fork(run: Callable[[], object]) -> None:
    """Carry out in a child that ends, and raise here the error that it had."""
    pid = os.fork()
    if pid == 0:
        try:
            run()
            os._exit(0)
        except OSError as error:
            os._exit(error.errno or 255)
        finally:
            os._exit(255)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code < 0:
        _fail(errno.EPERM, f"ended by {signal.Signals(-code).name}")
    if code:
        _fail(code)


def _raw_fork(flags: int) -> None:
    if seccomp.syscall("clone", flags | signal.SIGCHLD, 0, 0, 0, 0) == 0:
        os._exit(0)
    if not flags & 0x8000:
        os.wait()


@_attack("seccomp", "landlock")
def run_program(_: Canaries) -> None:
    """Run /bin/true."""
    _in_fork(lambda: os.execv("/bin/true", ["true"]))  # noqa: S606  the attack


@_attack("seccomp")
def run_program_from_memory(c: Canaries) -> None:
    """Run a program that is in no folder."""
    if not c.program:
        raise Skipped("no /bin/true to copy")
    fd = os.memfd_create("program")
    os.write(fd, c.program)
    _in_fork(lambda: os.execve(fd, ["true"], {}))  # noqa: S606  the attack
    os.close(fd)


@_attack("seccomp")
def unshare_user(_: Canaries) -> None:
    """Enter a new user namespace, to be root there."""
    _in_fork(lambda: seccomp.syscall("unshare", 0x10000000))


@_attack("seccomp")
def clone_user(_: Canaries) -> None:
    """Fork into a new user namespace."""
    _raw_fork(0x10000000)


@_attack("seccomp")
def fork_sibling(_: Canaries) -> None:
    """Make a child of our parent's."""
    _raw_fork(0x8000)


@_attack("seccomp")
def leave_group(_: Canaries) -> None:
    """Found a session of its own, to be missed when the group is ended."""
    _in_fork(os.setsid)


@_attack("seccomp", "uid")
def change_root(_: Canaries) -> None:
    """Change the root folder, the first half of leaving a jail."""
    _in_fork(lambda: os.chroot("."))


@_attack("seccomp", "uid", "landlock", reached=(errno.ENODEV, errno.EFAULT))
def mount(_: Canaries) -> None:
    """Mount a file system (of a kind that does not exist)."""
    seccomp.syscall("mount", b"none\0", b".\0", b"autograder-selftest\0", 0, None)


@_attack("uid", "seccomp")
def become_root(_: Canaries) -> None:
    """Take user id 0."""
    _in_fork(lambda: os.setuid(0))


@_attack("seccomp", "uid", "landlock")
def make_device(_: Canaries) -> None:
    """Make a device node."""
    os.mknod("device", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    os.unlink("device")


# -- the kernel's doors --------------------------------------------------------------------------------------


@_attack("seccomp", reached=(errno.EFAULT, errno.EINVAL))
def io_uring(_: Canaries) -> None:
    """Make a ring, through which later calls would pass the filter by."""
    seccomp.syscall("io_uring_setup", 1, None)


@_attack("seccomp", reached=(errno.EFAULT, errno.EINVAL))
def bpf(_: Canaries) -> None:
    """Load into the kernel's virtual machine."""
    seccomp.syscall("bpf", 0, None, 0)


@_attack("seccomp", reached=(errno.EFAULT, errno.EINVAL))
def performance_counters(_: Canaries) -> None:
    """Open a performance counter."""
    seccomp.syscall("perf_event_open", None, 0, -1, -1, 0)


@_attack("seccomp", reached=(errno.ENOKEY,))
def keyrings(_: Canaries) -> None:
    """Ask for the session's keyring."""
    session = -3
    seccomp.syscall("keyctl", 0, session, 0, 0, 0)


@_attack("seccomp")
def secret_memory(_: Canaries) -> None:
    """Make memory that no watchdog can count."""
    os.close(seccomp.syscall("memfd_secret", 0))


@_attack("seccomp")
def watch_files(_: Canaries) -> None:
    """Ask to be told when a file changes, such as the results."""
    os.close(seccomp.syscall("inotify_init1", 0))


@_attack("seccomp")
def lasting_memory(_: Canaries) -> None:
    """Make a memory segment that outlives us."""
    create, remove = 0o1000, 0
    number = seccomp.syscall("shmget", 0, 4096, create | 0o600)
    seccomp.syscall("shmctl", number, remove, None)


@_attack("seccomp", "rlimits")
def lasting_queue(_: Canaries) -> None:
    """Make a message queue that outlives us."""
    name = f"autograder-{secrets.token_hex(4)}\0".encode()
    os.close(seccomp.syscall("mq_open", name, os.O_CREAT | os.O_RDWR, 0o600, None))
    seccomp.syscall("mq_unlink", name)


@_attack("seccomp", reached=(errno.ENOTTY, errno.EIO, errno.EBADF))
def type_for_user(_: Canaries) -> None:
    """Type into the terminal of whoever started the grader."""
    seccomp.syscall("ioctl", 0, seccomp.TIOCSTI, b"x")


@_attack("seccomp")
def open_to_debuggers(_: Canaries) -> None:
    """Give our /proc files back to ourselves."""
    seccomp.prctl(seccomp.PR_SET_DUMPABLE, 1)
    seccomp.prctl(seccomp.PR_SET_DUMPABLE, 0)


@_attack("seccomp")
def outlive_parent(_: Canaries) -> None:
    """Take back that we die with the process that started us."""
    seccomp.prctl(seccomp.PR_SET_PDEATHSIG, 0)
    seccomp.prctl(seccomp.PR_SET_PDEATHSIG, signal.SIGKILL)


@_attack("seccomp")
def other_call_table(_: Canaries) -> None:
    """Make a call by another numbering (x32's getpid), where a filter may not look."""
    if seccomp.architecture().name != "x86_64":
        raise Skipped("x86_64 only")
    libc = ctypes.CDLL(None, use_errno=True)

    def call() -> None:
        if libc.syscall(ctypes.c_long(seccomp.X32_BIT | 39)) < 0 and ctypes.get_errno() == errno.EPERM:
            _fail(errno.EPERM)  # any other answer was the kernel's own: it had been let in

    _in_fork(call)


# -- limits --------------------------------------------------------------------------------------------------


@_attack("rlimits")
def large_file(_: Canaries) -> None:
    """Write past the limit of a file."""
    with open("large", "wb") as file:
        os.pwrite(file.fileno(), b"x", 8 * GIB)
    os.unlink("large")


@_attack("rlimits+memory")
def large_mapping(_: Canaries) -> None:
    """Reserve 9 GiB."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    private_anonymous_noreserve, read_write = 0x4022, 3
    address = libc.mmap(None, 9 * GIB, read_write, private_anonymous_noreserve, -1, 0)
    if address == ctypes.c_void_p(-1).value:
        _fail(ctypes.get_errno())
    libc.munmap(ctypes.c_void_p(address), ctypes.c_size_t(9 * GIB))


def _room() -> int:
    """Return how many processes to try: past the limit, if there is one within reach."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    return limit + 1 if 0 < limit <= 2000 else 150


@_attack("rlimits+processes")
def many_processes(_: Canaries) -> None:
    """Fork past the limit of processes."""
    pids: list[int] = []
    try:
        for _i in range(_room()):
            pid = os.fork()
            if pid == 0:
                signal.pause()
                os._exit(0)
            pids.append(pid)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)


@_attack("rlimits+processes")
def many_threads(_: Canaries) -> None:
    """Start threads past the limit of processes."""
    done = threading.Event()
    threads: list[threading.Thread] = []
    try:
        for _i in range(_room()):
            thread = threading.Thread(target=done.wait)
            thread.start()
            threads.append(thread)
    except RuntimeError:
        _fail(errno.EAGAIN)
    finally:
        done.set()
        for thread in threads:
            thread.join()


@_attack("rlimits")
def many_files(_: Canaries) -> None:
    """Open files past the limit."""
    with contextlib.ExitStack() as stack:
        for _i in range(3000):
            stack.enter_context(open(os.devnull))


@_attack("uid", "landlock", "chroot")
def outlive_grader(_: Canaries) -> None:
    """Take back that the kernel ends us first when memory runs out."""
    before = Path("/proc/self/oom_score_adj").read_text()
    Path("/proc/self/oom_score_adj").write_text("0")
    Path("/proc/self/oom_score_adj").write_text(before)


@_attack("oom")
def die_last(_: Canaries) -> None:
    """Be no likelier to die than the grader when memory runs out."""
    with contextlib.suppress(FileNotFoundError):  # a jail has no /proc: then nothing can be seen or changed
        if int(Path("/proc/self/oom_score_adj").read_text()) < 1000:
            return
    _fail(errno.EPERM)


@_attack("environment")
def find_secret_in_environment(_: Canaries) -> None:
    """Find a variable with a telling name among ours, or in what is left of them on the stack."""
    block = b"\0".join(k + b"=" for k in os.environb)
    with contextlib.suppress(OSError), open("/proc/self/maps") as maps:
        for line in maps:
            if line.rstrip().endswith("[stack]"):
                start, end = (int(word, 16) for word in line.split()[0].split("-"))
                # Only the far end: the environment that the program was started with.
                start = max(start, end - (128 << 10))
                block += b"\0" + ctypes.string_at(start, end - start)
    if not SECRET_NAMES.search(block):
        _fail(errno.ENOENT, "none found")


# -- what honest code needs ----------------------------------------------------------------------------------


@_need
def write_work_folder(_: Canaries) -> None:
    """Write, rename across folders, read and remove files in the work folder."""
    os.mkdir("folder")
    Path("note").write_text("text")
    os.rename("note", "folder/note")
    if Path("folder/note").read_text() != "text":
        _fail(errno.EIO)
    shutil.rmtree("folder")


@_need
def use_semaphore(_: Canaries) -> None:
    """Make the lock that DataLoader workers share."""
    with multiprocessing.get_context("fork").Lock():
        pass


@_need
def fork_and_signal(_: Canaries) -> None:
    """Fork a worker and end it."""
    pid = os.fork()
    if pid == 0:
        signal.pause()
        os._exit(0)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


@_need
def start_thread(_: Canaries) -> None:
    """Start a thread."""
    thread = threading.Thread(target=time.time)
    thread.start()
    thread.join()


@_need
def pass_descriptor(_: Canaries) -> None:
    """Pass an open file over a socket pair."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        socket.send_fds(ours, [b"x"], [0])
        for fd in socket.recv_fds(theirs, 1, 1)[1]:
            os.close(fd)


@_need
def connect_own_socket(c: Canaries) -> None:
    """Connect to a named socket of our own, as DataLoader workers do."""
    if c.same_user and landlock.status()[0] < landlock.NAMED_SOCKETS_ABI:
        raise Skipped("refused in same-user mode; DataLoader needs num_workers=0")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("own-socket")
        server.listen()
        _connect("own-socket")


@_need
def import_late(_: Canaries) -> None:
    """Import a module of the standard library for the first time."""
    name = next(n for n in ("colorsys", "this", "sndhdr", "tabnanny") if n not in sys.modules)
    importlib.import_module(name)


@_need
def open_devices(_: Canaries) -> None:
    """Use /dev/null and /dev/urandom."""
    Path(os.devnull).write_text("x")
    with open("/dev/urandom", "rb") as file:
        file.read(1)


@_need
def look_at_self(_: Canaries) -> None:
    """Read our own state and the processor's from /proc."""
    if not os.path.exists("/proc/self"):
        raise Skipped("no /proc here")
    Path("/proc/self/status").read_bytes() + Path("/proc/cpuinfo").read_bytes()


# -- running them --------------------------------------------------------------------------------------------


def run_probes(enter_child: Callable[[], Mapping[str, str]]) -> Report:
    """Fork a child, let it enter the sandbox by ``enter_child``, and let it try everything.

    ``enter_child`` is called in a session of its own, with no descriptors but the standard three, on
    /dev/null; it returns the layers that it got. Its process has to be a fork of the caller.

    Raises
    ------
    SandboxError
        If the child did not get as far as its first probe.

    """
    with _planted() as canaries:
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            _probe_in_child(enter_child, canaries, writer)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            lines = _read_lines(pid, pipe.fileno())
        reap.reap_descendants(pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    if not lines or "layers" not in lines[0]:
        raise SandboxError(
            f"selftest: the child did not enter the sandbox: {lines[0]['failed'] if lines else ''}"
        )
    layers: dict[str, str] = lines[0]["layers"]
    done = {line["name"]: line for line in lines[1:]}
    probes = [_judge(attempt, done.get(attempt.run.__name__), layers) for attempt in _ATTEMPTS]
    return Report(layers, probes)


def _judge(attempt: _Attempt, line: dict[str, str] | None, layers: Mapping[str, str]) -> Probe:
    line = line or {"outcome": "error", "error": "the child died before or during this probe"}
    outcome = line["outcome"]
    if attempt.need:
        broken = outcome not in ("allowed", "skipped")
    else:
        # One that could not be carried out shows nothing, so it may not pass for stopped.
        guarded = any(_holds(layer, layers) for layer in attempt.stopped_by)
        broken = guarded and outcome in ("allowed", "error")
    what = (attempt.run.__doc__ or "").strip()
    return Probe(attempt.run.__name__, what, attempt.need, attempt.stopped_by, outcome, line["error"], broken)


def _probe_in_child(
    enter_child: Callable[[], Mapping[str, str]], canaries: Canaries, writer: int
) -> NoReturn:
    def tell(message: dict[str, Any]) -> None:
        os.write(3, json.dumps(message).encode() + b"\n")

    try:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(writer, 3)
        for number in (0, 1, 2):
            os.dup2(null, number)
        os.closerange(4, 65536)
        signal.signal(signal.SIGALRM, _time_is_up)
        try:
            layers = dict(enter_child())
        except BaseException as error:  # noqa: BLE001  told to the parent
            tell({"failed": str(error)})
            os._exit(1)
        tell({"layers": layers})
        canaries = replace(canaries, same_user=layers.get("uid", "").endswith("same user"))
        for attempt in _ATTEMPTS:
            tell(_carry_out(attempt, canaries))
    finally:
        os._exit(0)


def _carry_out(attempt: _Attempt, canaries: Canaries) -> dict[str, str]:
    outcome, text = "allowed", ""
    signal.alarm(PROBE_S)
    try:
        attempt.run(canaries)
    except OSError as error:
        text = errno.errorcode.get(error.errno or 0, str(error))
        outcome = "allowed" if error.errno in attempt.reached else "blocked"
    except Skipped as reason:
        outcome, text = "skipped", str(reason)
    except MemoryError:
        outcome, text = "blocked", "ENOMEM"
    except Exception as error:  # noqa: BLE001  a probe of ours is at fault
        outcome, text = "error", f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
    return {"name": attempt.run.__name__, "outcome": outcome, "error": text}


def _time_is_up(*_: object) -> None:
    raise RuntimeError(f"no end within {PROBE_S} s")


def _read_lines(pid: int, fd: int) -> list[dict[str, Any]]:
    # Until end of file, or until the child is dead: what it forked may hold the pipe open for good.
    os.set_blocking(fd, False)
    data = b""
    end = time.monotonic() + TOTAL_S
    while time.monotonic() < end:
        over = reap.is_zombie(pid)  # asked before reading, so that nothing written earlier is missed
        try:
            chunk = os.read(fd, 1 << 16)
        except BlockingIOError:
            if over:
                break
            reap.wait_for_exit(pid, 0.005)
            continue
        if not chunk:
            break
        data += chunk
    return [json.loads(line) for line in data.splitlines() if line.endswith(b"}")]


@contextlib.contextmanager
def _planted() -> Iterator[Canaries]:
    base = Path(tempfile.mkdtemp(prefix="autograder-selftest-", dir=_short_folder()))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, base, ignore_errors=True)
        base.chmod(0o755)
        for name, mode in (("shared", 0o644), ("private", 0o600), ("private2", 0o600), ("writable", 0o666)):
            (base / f"{name}.txt").write_text("canary")
            (base / f"{name}.txt").chmod(mode)
        (base / "open").mkdir()
        (base / "open").chmod(0o777)
        (base / "closed").mkdir(mode=0o700)
        abstract = f"\0autograder-{secrets.token_hex(8)}".encode()
        for address in (str(base / "socket"), str(base / "closed/socket"), abstract):
            _listen(stack, socket.AF_UNIX, address)
            if isinstance(address, str):
                os.chmod(address, 0o777)  # noqa: S103  the bait
        port = 0
        with contextlib.suppress(OSError):
            port = _listen(stack, socket.AF_INET, ("127.0.0.1", 0)).getsockname()[1]
        sibling = _start_sibling(stack)
        program = b""
        with contextlib.suppress(OSError):
            program = Path("/bin/true").read_bytes()
        yield Canaries(str(base), os.getpid(), sibling, abstract, port, program)


def _short_folder() -> str:
    """Return a folder for sockets, whose names have 107 bytes at most: a cluster's temporary folder can use them up."""
    own = tempfile.gettempdir()
    room = 107 - len("/autograder-selftest-12345678/closed/socket")
    usable = [f for f in (own, "/tmp", "/dev/shm") if len(os.fsencode(f)) <= room and os.access(f, os.W_OK)]
    return usable[0] if usable else own


def _listen(
    stack: contextlib.ExitStack, family: int, address: str | bytes | tuple[str, int]
) -> socket.socket:
    server = stack.enter_context(socket.socket(family))
    server.bind(address)
    server.listen()
    return server


def _start_sibling(stack: contextlib.ExitStack) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            os.closerange(3, 65536)
            time.sleep(TOTAL_S)
        finally:
            os._exit(0)

    def end() -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

    stack.callback(end)
    return pid


# -- by itself -----------------------------------------------------------------------------------------------


def selftest(
    *,
    disabled: frozenset[str] = frozenset(),
    same_user: bool = False,
    jail: str | None = None,
    interpreter: str = sys.executable,
) -> dict[str, Any]:
    """Run every probe in a fresh, clean Python without torch, and judge the host; the result is plain data.

    ``layers``, ``decision`` (``allowed``, ``warnings``, ``refusal``), ``probes`` (one mapping each) and
    ``broken``: the names of probes that show an active layer not to hold, or an honest need unmet.

    Parameters
    ----------
    disabled
        Layers to leave out, to see what then gets through.
    same_user
        Keep our user id even where it could be changed.
    jail
        A prepared root folder to enter.
    interpreter
        The Python that students' processes use, if it is not this one.

    Raises
    ------
    SandboxError
        If the probes could not be run at all.

    """
    options = {"disabled": sorted(disabled), "same_user": same_user, "jail": jail}
    source = str(Path(__file__).resolve().parents[2])
    code = "import sys; sys.path.insert(0, sys.argv[1]); from autograder.sandbox.selftest import main; main()"
    done = subprocess.run(
        [interpreter, "-I", "-B", "-c", code, source, json.dumps(options)],
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=2 * TOTAL_S,
        check=False,
    )
    if done.returncode:
        raise SandboxError(
            f"selftest: {interpreter} ended with {done.returncode}: {done.stderr.decode()[-1000:]}"
        )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def main() -> None:
    """Run as the child program of ``selftest``: options in argv, the result on stdout."""
    options = json.loads(sys.argv[2])
    sys.stdout.write(json.dumps(_run(**options)) + "\n")


def _run(*, disabled: list[str], same_user: bool, jail: str | None) -> dict[str, Any]:
    started = time.perf_counter()
    host = policy.probe()
    uid = policy.draw_uid() if host["uid"].startswith("active") and not same_user else None
    work = tempfile.mkdtemp(prefix="autograder-work-", dir=f"{jail}/tmp" if jail else None)
    try:
        if uid is not None:
            os.chown(work, uid, uid)
        rules = policy.Policy(
            work,
            uid,
            policy.readable_paths(),
            address_space_bytes=4 * GIB,
            cpu_s=30,
            jail=jail,
            disabled=frozenset(disabled),
        )
        report = run_probes(lambda: {**policy.enter(rules), "environment": "active"})
    finally:
        if uid is not None:
            reap.reap_uid(uid)
            reap.sweep(uid)
        reap.remove_tree(work)
    layers = {**report.layers, "network": host["network"]}
    decision = policy.decide(layers)
    return {
        "layers": layers,
        "decision": {
            "allowed": decision.allowed,
            "warnings": list(decision.warnings),
            "refusal": decision.refusal,
        },
        "probes": [{name: getattr(probe, name) for name in Probe.__slots__} for probe in report.probes],
        "broken": [probe.name for probe in report.probes if probe.broken],
        "elapsed_s": round(time.perf_counter() - started, 3),
    }
