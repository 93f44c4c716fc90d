"""Attacks on the kernel: programs, identities, views, and calls that go around a filter (*sandbox*)."""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import resource
import secrets
import signal
import socket
import stat
from collections.abc import Callable
from pathlib import Path

from autograder.sandbox import seccomp
from autograder.sandbox.probes.attempt import Canaries, Skipped, attack, fail


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
        fail(errno.EPERM, f"ended by {signal.Signals(-code).name}")
    if code:
        fail(code)


def _raw_fork(flags: int) -> None:
    if seccomp.syscall("clone", flags | signal.SIGCHLD, 0, 0, 0, 0) == 0:
        os._exit(0)
    if not flags & 0x8000:
        os.wait()


@attack("seccomp", "landlock")
def run_program(_: Canaries) -> None:
    """Run /bin/true."""
    _in_fork(lambda: os.execv("/bin/true", ["true"]))  # noqa: S606  the attack


@attack("seccomp")
def run_program_from_memory(c: Canaries) -> None:
    """Run a program that is in no folder."""
    if not c.program:
        raise Skipped("no /bin/true to copy")
    fd = os.memfd_create("program")
    os.write(fd, c.program)
    _in_fork(lambda: os.execve(fd, ["true"], {}))  # noqa: S606  the attack
    os.close(fd)


@attack("seccomp")
def unshare_user(_: Canaries) -> None:
    """Enter a new user namespace, to be root there."""
    _in_fork(lambda: seccomp.syscall("unshare", 0x10000000))


@attack("seccomp")
def clone_user(_: Canaries) -> None:
    """Fork into a new user namespace."""
    _raw_fork(0x10000000)


@attack("seccomp")
def fork_sibling(_: Canaries) -> None:
    """Make a child of our parent's."""
    _raw_fork(0x8000)


@attack("seccomp")
def leave_group(_: Canaries) -> None:
    """Found a session of its own, to be missed when the group is ended."""
    _in_fork(os.setsid)


@attack("seccomp", "uid")
def change_root(_: Canaries) -> None:
    """Change the root folder, the first half of leaving a jail."""
    _in_fork(lambda: os.chroot("."))


@attack("seccomp", "uid", "landlock", reached=(errno.ENODEV, errno.EFAULT))
def mount(_: Canaries) -> None:
    """Mount a file system (of a kind that does not exist)."""
    seccomp.syscall("mount", b"none\0", b".\0", b"autograder-selftest\0", 0, None)


@attack("uid", "seccomp")
def become_root(_: Canaries) -> None:
    """Take user id 0."""
    _in_fork(lambda: os.setuid(0))


@attack("seccomp", "uid", "landlock")
def make_device(_: Canaries) -> None:
    """Make a device node."""
    os.mknod("device", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    os.unlink("device")


# -- the kernel's doors --------------------------------------------------------------------------------------


@attack("seccomp", reached=(errno.EFAULT, errno.EINVAL))
def io_uring(_: Canaries) -> None:
    """Make a ring, through which later calls would pass the filter by."""
    seccomp.syscall("io_uring_setup", 1, None)


@attack("seccomp", reached=(errno.EFAULT, errno.EINVAL))
def bpf(_: Canaries) -> None:
    """Load into the kernel's virtual machine."""
    seccomp.syscall("bpf", 0, None, 0)


@attack("seccomp", reached=(errno.EFAULT, errno.EINVAL))
def performance_counters(_: Canaries) -> None:
    """Open a performance counter."""
    seccomp.syscall("perf_event_open", None, 0, -1, -1, 0)


@attack("seccomp", reached=(errno.ENOKEY,))
def keyrings(_: Canaries) -> None:
    """Ask for the session's keyring."""
    session = -3
    seccomp.syscall("keyctl", 0, session, 0, 0, 0)


@attack("seccomp")
def secret_memory(_: Canaries) -> None:
    """Make memory that no watchdog can count."""
    os.close(seccomp.syscall("memfd_secret", 0))


@attack("seccomp")
def file_of_memory(_: Canaries) -> None:
    """Make a file that is in no folder and in no count."""
    os.close(os.memfd_create("file"))


@attack("seccomp")
def file_without_name(_: Canaries) -> None:
    """Make a file in a folder that never has a name there."""
    os.close(os.open(".", os.O_TMPFILE | os.O_RDWR, 0o600))


@attack("seccomp")
def memory_of_no_file(_: Canaries) -> None:
    """Share memory that stays when it has left every process's table, and that nobody counts then."""
    mmap.mmap(-1, mmap.PAGESIZE).close()


@attack("landlock")
def memory_of_zeros(_: Canaries) -> None:
    """Share memory by the name of a device."""
    os.close(os.open("/dev/zero", os.O_RDWR))


@attack("seccomp")
def room_past_the_limit(_: Canaries) -> None:
    """Take room on the disk beyond a file's end, which no limit of its size sees."""
    keep_size = 1
    Path("roomy").touch()
    try:
        with open("roomy", "r+b") as file:
            seccomp.syscall("fallocate", file.fileno(), keep_size, 0, 4096)
    finally:
        os.unlink("roomy")


@attack("seccomp", reached=(errno.EBADF, errno.EINVAL, errno.EFAULT))
def rules_without_end(_: Canaries) -> None:
    """Have the kernel keep rules of ours, as many as we like."""
    seccomp.syscall("landlock_add_rule", -1, 1, None, 0)


@attack("seccomp")
def watch_files(_: Canaries) -> None:
    """Ask to be told when a file changes, such as the results."""
    os.close(seccomp.syscall("inotify_init1", 0))


@attack("seccomp", reached=(errno.EFAULT, errno.EINVAL))
def asynchronous_reads(_: Canaries) -> None:
    """Take a share of a number of requests that the whole machine has."""
    seccomp.syscall("io_setup", 1, None)


@attack("seccomp")
def attribute_of_file(_: Canaries) -> None:
    """Keep memory in an attribute of a file, where no count finds it."""
    Path("attributed").touch()
    try:
        os.setxattr("attributed", "user.autograder", bytes(1000))
        os.getxattr("attributed", "user.autograder")  # answered, but not carried out?
    finally:
        os.unlink("attributed")


@attack("seccomp")
def larger_socket_buffers(_: Canaries) -> None:
    """Have the kernel keep more than it would by itself of what nobody has read."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        before = ours.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * before)
        if ours.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= before:
            fail(errno.EPERM, "answered, not carried out")


@attack("seccomp")
def push_page_out(_: Canaries) -> None:
    """Have the kernel forget pages of a library, a bit for the next hand-in to read."""
    if not _is_in_memory(evict=True):
        return
    fail(errno.EPERM, "answered, not carried out")


@attack("seccomp", reached=(errno.EAGAIN,))
def look_at_page(_: Canaries) -> None:
    """Ask whether a page of a library is in memory, without reading it from disk."""
    with open(json.__file__, "rb") as file:
        os.preadv(file.fileno(), [bytearray(1)], 0, os.RWF_NOWAIT)


@attack("seccomp", reached=(errno.ENOMEM, errno.EFAULT, errno.EINVAL))
def look_at_map(_: Canaries) -> None:
    """Ask which pages of a map are in memory."""
    seccomp.syscall("mincore", 0, 4096, None)


@attack("seccomp", reached=(errno.EFAULT, errno.EINVAL, errno.EBADF))
def count_pages(_: Canaries) -> None:
    """Ask how many pages of a file are in memory."""
    seccomp.syscall("cachestat", -1, None, None, 0)


def _is_in_memory(*, evict: bool) -> bool:
    """Tell, by the major faults that reading it costs, whether a file of ours was in memory."""
    path = "pages"
    Path(path).write_bytes(os.urandom(64 << 10))
    try:
        with open(path, "rb") as file:
            os.sync()
            os.fsync(file.fileno())
            if evict:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            view = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_majflt
            sum(view[:: mmap.PAGESIZE])
            return resource.getrusage(resource.RUSAGE_SELF).ru_majflt == before
    finally:
        os.unlink(path)


@attack("seccomp")
def lasting_memory(_: Canaries) -> None:
    """Make a memory segment that outlives us."""
    create, remove = 0o1000, 0
    number = seccomp.syscall("shmget", 0, 4096, create | 0o600)
    seccomp.syscall("shmctl", number, remove, None)


@attack("seccomp", "rlimits")
def lasting_queue(_: Canaries) -> None:
    """Make a message queue that outlives us."""
    name = f"autograder-{secrets.token_hex(4)}\0".encode()
    os.close(seccomp.syscall("mq_open", name, os.O_CREAT | os.O_RDWR, 0o600, None))
    seccomp.syscall("mq_unlink", name)


@attack("seccomp", reached=(errno.ENOTTY, errno.EIO, errno.EBADF))
def type_for_user(_: Canaries) -> None:
    """Type into the terminal of whoever started the grader."""
    seccomp.syscall("ioctl", 0, seccomp.TIOCSTI, b"x")


@attack("seccomp")
def open_to_debuggers(_: Canaries) -> None:
    """Give our /proc files back to ourselves."""
    seccomp.prctl(seccomp.PR_SET_DUMPABLE, 1)
    seccomp.prctl(seccomp.PR_SET_DUMPABLE, 0)


@attack("seccomp")
def outlive_parent(_: Canaries) -> None:
    """Take back that we die with the process that started us."""
    seccomp.prctl(seccomp.PR_SET_PDEATHSIG, 0)
    seccomp.prctl(seccomp.PR_SET_PDEATHSIG, signal.SIGKILL)


@attack("seccomp")
def other_call_table(_: Canaries) -> None:
    """Make a call by another numbering (x32's getpid), where a filter may not look."""
    if seccomp.architecture().name != "x86_64":
        raise Skipped("x86_64 only")
    libc = ctypes.CDLL(None, use_errno=True)

    def call() -> None:
        if libc.syscall(ctypes.c_long(seccomp.X32_BIT | 39)) < 0 and ctypes.get_errno() == errno.EPERM:
            fail(errno.EPERM)  # any other answer was the kernel's own: it had been let in

    _in_fork(call)
