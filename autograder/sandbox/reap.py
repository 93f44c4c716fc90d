"""Find, measure and end the processes of a run, and remove what they left (*trusted*).

Theory of operation. A student's process can fork, start new sessions and let its parents die, so neither a
parent, a process group nor a session holds everything it started. Its user id does: it was drawn for this
run alone and cannot be changed. So we ask ``/proc`` who has the id, kill, and ask again until nobody has.

The kill comes from a *reaper*: a process forked for one reap that takes the student's id as its
effective id only. The kernel then lets it signal this id's processes and no others, whatever number we
pass and however often numbers are reused; and since the reaper's real and saved ids are a third, unused
one (the drawn id + 1, which is never drawn), no process of the student can stop or kill it in turn.
``kill(-1)`` from there is one atomic sweep, which a fork bomb cannot outrun: a fork that is under way
when the signal arrives is called off. To spare some of the processes we stop all, kill the others while
nobody runs, and let the spared ones go on.

Without root every process is ours and ``kill(-1)`` would end our own session. Then there is the tree,
descendants of the zygote, which adopts orphans as their *subreaper*, and there is the process group: the
filter forbids to leave it, so a signal to the group is as atomic as the sweep above. A process is touched
only if it is one or the other, and is held by a pidfd while we look.

A look at /proc is never proof that nobody is there: a process that lives for a moment only, and goes on in
a child, is in no list. What is proof is that nobody has been seen *after* an atomic signal to all.

Zombies do not count as processes: they run nothing, and only their parent can collect them (``bury``).
But a process whose *first thread* has ended is shown as one, too, while its other threads run on; so a
zombie is only who has no other thread.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import socket
import struct
import time
from typing import TYPE_CHECKING, Self

from autograder.errors import SandboxError
from autograder.sandbox import identity, proc

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

DEADLINE_S = 5.0
MAX_PASSES = 200
EVERYBODY = -1  # to kill(2): every process that the caller may signal, and not itself


def reap_uid(uid: int, keep: frozenset[int] = frozenset()) -> int:
    """Kill every process of a drawn user id except ``keep``; return how many are left (0).

    Survivors are processes that the kernel does not let die, such as those that wait for a dead disk;
    whoever gets a number other than 0 must not trust what the run produced.

    Raises
    ------
    SandboxError
        If the id is not one that ``draw_uid`` gives out; nothing was signalled.

    """
    if not identity.is_drawn(uid):
        raise SandboxError(
            f"reap_uid: found user id {uid}, which draw_uid does not give out; nothing was killed. "
            "This is a mistake of the grader's: please report it."
        )
    end = time.monotonic() + DEADLINE_S
    spared = frozenset(pid for pid in keep if uid in proc.users_of(pid) and not proc.is_zombie(pid))
    with _Reaper(uid) as reaper:
        alone = False
        try:
            for _ in range(MAX_PASSES):
                if spared:
                    targets = _freeze(reaper, spared) - spared
                    reaper.signal(signal.SIGKILL, *targets)
                else:
                    reaper.signal(signal.SIGKILL, EVERYBODY)
                    targets = reaper.others()
                # One stop can be undone by a SIGCONT, one kill cannot: nobody must be seen after two of them.
                if not targets and (alone or not spared):
                    return 0
                alone = not targets
                if time.monotonic() > end:
                    break
                _wait_until_dead(targets, end)
        finally:
            reaper.signal(signal.SIGCONT, *spared)
    return len(proc.processes_of(uid) - spared)


def _freeze(reaper: _Reaper, spared: frozenset[int]) -> frozenset[int]:
    """Stop every process of the id and return them; one that another sent SIGCONT is stopped again."""
    seen = frozenset[int]()
    for attempt in range(20):
        reaper.signal(signal.SIGSTOP, EVERYBODY)
        time.sleep(proc.PAUSE_S * attempt)
        seen = reaper.others()
        if all(_is_halted(pid) for pid in seen | spared):
            break
    return seen


def _is_halted(pid: int) -> bool:
    """Tell whether a process is stopped or has ended; a first thread that has ended says nothing of the others."""
    state = proc.state_of(pid)
    if state not in ("Z", "X"):
        return state in ("T", "t", "D", "")
    states = (
        proc.status_field(proc.read_proc(f"/proc/{pid}/task/{t}/status"), b"State")[:1]
        for t in proc.threads_of(pid)
    )
    return all(state in (b"T", b"t", b"Z", b"X", b"D", b"") for state in states)


class _Reaper:
    """A process that reaches the processes of one id only, and that none of them reaches; see the top.

    It lives as long as the ``with`` block and sends what it is told to: a fork of the supervisor costs
    more than all the signals of a reap.
    """

    _ORDER = struct.Struct("=ii")  # process, signal

    def __init__(self, uid: int) -> None:
        self.uid = uid

    def __enter__(self) -> Self:
        self.sock, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self.pid = os.fork()
        except BaseException:
            self.sock.close()
            theirs.close()
            raise
        if self.pid == 0:
            try:
                signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())  # Ctrl-C is its parent's
                self.sock.close()
                self._serve(theirs)
            finally:
                os._exit(1)  # never back into the caller's code
        theirs.close()
        return self

    def _serve(self, orders: socket.socket) -> None:
        os.setresuid(self.uid + 1, self.uid, self.uid + 1)
        while order := orders.recv(self._ORDER.size):
            pid, number = self._ORDER.unpack(order)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
            orders.send(b".")
        os._exit(0)

    def others(self) -> frozenset[int]:
        """Return the processes of the id; the reaper itself is one by its effective id."""
        return proc.processes_of(self.uid) - {self.pid}

    def signal(self, number: signal.Signals, *pids: int) -> None:
        """Send a signal to processes of the id; when this returns, the kernel has it."""
        for pid in pids:
            try:
                self.sock.send(self._ORDER.pack(pid, number))
                done = self.sock.recv(1)
            except OSError:
                done = b""
            if not done:
                raise SandboxError(
                    f"reap: no process could take user id {self.uid}; its processes may still run. "
                    "Run the grader as root with CAP_SETUID."
                )

    def __exit__(self, *_: object) -> None:
        self.sock.close()
        os.waitpid(self.pid, 0)


def _wait_until_dead(pids: Iterable[int], end: float) -> None:
    for pid in pids:
        proc.wait_for_exit(pid, max(0.0, end - time.monotonic()))


def reap_descendants(root: int, keep: frozenset[int] = frozenset(), *, with_root: bool = False) -> int:
    """Kill every descendant of ``root`` except ``keep``; return how many are left (0).

    For runs without root. ``root`` leads a process group, as a student's process does, or is the subreaper
    that adopts the orphans; it is ours and has not been collected yet, so that its number, and its
    group's, mean nobody else. With ``with_root`` it ends too.
    """
    end = time.monotonic() + DEADLINE_S
    spared = keep if with_root else keep | {root}
    seen: frozenset[int] = frozenset()
    frozen: set[int] = set()
    try:
        for _ in range(MAX_PASSES):
            tree = proc.descendants(root) | {root}
            guarded = {proc.group_of(pid) for pid in spared}
            groups = {group for pid in tree if (group := proc.group_of(pid)) in tree} - {os.getpgrp(), 0}
            for group in groups:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGSTOP if group in guarded else signal.SIGKILL)
            frozen |= groups & guarded
            relatives = proc.descendants(root) | {root} | _members(groups)
            targets = [pid for pid in relatives - spared if not proc.is_zombie(pid)]
            # Numbers that we had not seen belong to somebody who forks while we look.
            if not targets and relatives <= seen | tree:
                break
            if time.monotonic() > end:
                break
            seen = relatives
            for pid in targets:
                _signal_held(pid, signal.SIGKILL, functools.partial(_is_related, root, groups))
            _wait_until_dead(targets, min(end, time.monotonic() + 0.5))
    finally:
        for pid in spared:
            if proc.group_of(pid) in frozen:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
    left = (proc.descendants(root) | {root} | _members(frozen)) - spared
    return sum(not proc.is_zombie(pid) for pid in left)


def _members(groups: Collection[int]) -> frozenset[int]:
    return (
        frozenset(pid for pid in proc.all_pids() if proc.group_of(pid) in groups) if groups else frozenset()
    )


def _is_related(root: int, groups: Collection[int], pid: int) -> bool:
    if proc.group_of(pid) in groups:
        return True
    while pid > 1 and pid != root:
        pid = proc.parent_of(pid)
    return pid == root


def _signal_held(pid: int, number: signal.Signals, still_ours: Callable[[int], bool]) -> None:
    """Signal a process after making sure that the number still means the process that we meant."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    except (
        OSError,
        AttributeError,
    ):  # a kernel, or a Python's headers, before 5.3: the number is all we have
        if still_ours(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        return
    try:
        if still_ours(pid):  # asked with the process held: its number cannot be given to another now
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(fd, number)
    finally:
        os.close(fd)
