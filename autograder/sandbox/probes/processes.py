"""Attacks on the grader's other processes: reading, signalling, slowing them (*sandbox*)."""

from __future__ import annotations

import ctypes
import os
import resource
from pathlib import Path

from autograder.sandbox import seccomp
from autograder.sandbox.probes.attempt import Canaries, attack


@attack("landlock", "chroot")
def list_processes(_: Canaries) -> None:
    """List /proc."""
    os.listdir("/proc")


@attack("landlock", "chroot")
def read_parent_command(c: Canaries) -> None:
    """Read the command line of the process that started us."""
    Path(f"/proc/{c.parent}/cmdline").read_bytes()


@attack("uid", "landlock", "chroot")
def read_parent_environment(c: Canaries) -> None:
    """Read the environment of the process that started us."""
    Path(f"/proc/{c.parent}/environ").read_bytes()


@attack("uid", "landlock", "chroot")
def open_parent_memory(c: Canaries) -> None:
    """Open the memory of the process that started us."""
    os.close(os.open(f"/proc/{c.parent}/mem", os.O_RDWR))


@attack("uid", "landlock", "chroot")
def list_parent_descriptors(c: Canaries) -> None:
    """List the open files of the process that started us."""
    os.listdir(f"/proc/{c.parent}/fd")


@attack("uid", "landlock:6")
def signal_parent(c: Canaries) -> None:
    """Signal the process that started us (with 0: only asks whether it may)."""
    os.kill(c.parent, 0)


@attack("uid", "landlock:6")
def signal_sibling(c: Canaries) -> None:
    """Signal another process of the grader's."""
    os.kill(c.sibling, 0)


@attack("seccomp", "uid", "landlock")
def trace_sibling(c: Canaries) -> None:
    """Attach to another process as a debugger."""
    ptrace_seize = 0x4206
    seccomp.syscall("ptrace", ptrace_seize, c.sibling, 0, 0)


@attack("seccomp", "uid", "landlock")
def copy_sibling_memory(c: Canaries) -> None:
    """Copy another process's memory."""
    here = ctypes.create_string_buffer(8)
    # A fork has its parent's addresses, so ours is valid there too; no bytes at all would skip the check.
    span = ctypes.string_at(ctypes.byref((ctypes.c_size_t * 2)(ctypes.addressof(here), 8)), 16)
    seccomp.syscall("process_vm_readv", c.sibling, span, 1, span, 1, 0)


@attack("seccomp", "uid", "landlock")
def take_sibling_descriptor(c: Canaries) -> None:
    """Copy an open file out of another process."""
    seccomp.syscall("pidfd_getfd", os.pidfd_open(c.sibling), 0, 0)


@attack("seccomp", "uid")
def limit_parent(c: Canaries) -> None:
    """Set a limit of the process that started us (to what it is)."""
    resource.prlimit(c.parent, resource.RLIMIT_CORE)


@attack("seccomp", "uid")
def pin_sibling(c: Canaries) -> None:
    """Say on which processors another process runs (all it has)."""
    os.sched_setaffinity(c.sibling, os.sched_getaffinity(c.sibling))


@attack("seccomp", "uid")
def slow_sibling(c: Canaries) -> None:
    """Lower another process's priority."""
    os.setpriority(os.PRIO_PROCESS, c.sibling, 19)
