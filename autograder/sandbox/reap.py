"""Find, measure and end the processes of a run, and remove what they left (*trusted*).

Theory of operation. A student's process can fork, start new sessions and let its parents die, so neither a
parent, a process group nor a session holds everything it started. Its user id does: it was drawn for this
run alone and cannot be changed. So we ask ``/proc`` who has the id, kill, and ask again until nobody has.

The kill comes from a *reaper*: a process that takes the student's id as its effective id only. The kernel then lets it signal this id's processes and no others, whatever number we
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
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Self

from autograder.errors import SandboxError
from autograder.sandbox import identity, proc, reaper

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

DEADLINE_S = 5.0
ORDERED = 10_000  # processes in one order
MAX_PASSES = 200
EVERYBODY = -1  # to kill(2): every process that the caller may signal, and not itself


def reap_uid(uid: int, keep: frozenset[int] = frozenset(), by: Reaper | None = None) -> int:
    """Kill every process of a drawn user id except ``keep``; return how many are left (0).

    ``by`` is the id's reaper, where there is one already.

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
    with contextlib.ExitStack() as ends:
        hand = by or ends.enter_context(Reaper(uid))
        alone = False
        try:
            for _ in range(MAX_PASSES):
                if spared:
                    targets = _freeze(hand, spared) - spared
                    hand.signal(signal.SIGKILL, *targets)
                else:
                    hand.signal(signal.SIGKILL, EVERYBODY)
                    targets = hand.others()
                # One stop can be undone by a SIGCONT, one kill cannot: nobody must be seen after two of them.
                if not targets and (alone or not spared):
                    return 0
                alone = not targets
                if time.monotonic() > end:
                    break
                _wait_until_dead(targets, end)
        finally:
            hand.signal(signal.SIGCONT, *spared)
        return len(hand.others() - spared)


def _freeze(hand: Reaper, spared: frozenset[int]) -> frozenset[int]:
    """Stop every process of the id and return them; one that another sent SIGCONT is stopped again."""
    seen = frozenset[int]()
    for attempt in range(20):
        hand.signal(signal.SIGSTOP, EVERYBODY)
        time.sleep(proc.PAUSE_S * attempt)
        seen = hand.others()
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


class Reapers:
    """Makes reapers, by a small program that is started once; see ``reaper``."""

    def __init__(self) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-S", reaper.__file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.asked = 0

    def ask(self, uid: int, orders: socket.socket) -> int:
        """Let it fork a reaper that takes its orders from a socket; return its process, 0 if the program is gone."""
        self.asked += 1
        which = self.asked
        try:
            socket.send_fds(self.control, [reaper.PAIR.pack(which, uid)], [orders.fileno()])
            while told := self.control.recv(reaper.PAIR.size):
                answered, pid = reaper.PAIR.unpack(told)
                if answered == which:  # else of one who was interrupted before he read it
                    return int(pid)
        except OSError:
            pass
        return 0

    def close(self) -> None:
        """End the program; reapers that it made end when they are closed."""
        self.control.close()
        self.process.wait()


class Reaper:
    """A process that reaches the processes of one id only, and that none of them reaches; see the top.

    It lives until ``close`` (or the end of a ``with``) and sends what it is told to.
    """

    def __init__(self, uid: int, reapers: Reapers | None = None) -> None:
        """Without ``reapers`` it is a fork of this very process."""
        self.uid = uid
        self.ordered = 0
        self.sock, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                self.pid = self._fork(theirs) if reapers is None else self._ask_for(reapers, theirs)
        except BaseException:
            self.sock.close()
            raise
        self._is_child = reapers is None

    def _fork(self, theirs: socket.socket) -> int:
        pid = os.fork()
        if pid == 0:
            try:
                signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())  # Ctrl-C is its parent's
                self.sock.close()
                reaper.serve(theirs.fileno(), self.uid)
            finally:
                os._exit(1)  # never back into the caller's code
        return pid

    def _ask_for(self, reapers: Reapers, theirs: socket.socket) -> int:
        pid = reapers.ask(self.uid, theirs)
        if not pid:
            raise self._lost()
        return pid

    def _lost(self) -> SandboxError:
        return SandboxError(
            f"reap: no process could take user id {self.uid}; its processes may still run. "
            "Run the grader as root with CAP_SETUID."
        )

    def others(self) -> frozenset[int]:
        """Return the processes of the id that have not ended; the reaper itself is one by its effective id.

        Whom the kernel lets it signal is of the id; to ask that costs a fortieth of what everybody's status does.
        """
        reached = self.signal(0, *proc.all_pids())
        return frozenset(pid for pid in reached if pid != self.pid and proc.is_of(self.uid, pid))

    def signal(self, number: int, *pids: int) -> list[int]:
        """Send a signal to processes of the id; when this returns, the kernel has it. Return those that it reached."""
        return [
            pid for at in range(0, len(pids), ORDERED) for pid in self._order(number, pids[at : at + ORDERED])
        ]

    def _order(self, number: int, pids: tuple[int, ...]) -> list[int]:
        self.ordered += 1
        which = self.ordered
        order = struct.pack(f"={2 + len(pids)}i", which, number, *pids)
        try:
            self.sock.send(order)
            while told := self.sock.recv(reaper.MAX_ORDER_BYTES):
                answered, *reached = struct.unpack(f"={len(told) // reaper.NUMBER.size}i", told)
                if answered == which:  # else to an order that was interrupted
                    return reached
        except OSError:
            pass
        raise self._lost()

    def close(self) -> None:
        """End it, and wait for that: until the next one is made its number is nobody else's."""
        if self.sock.fileno() < 0:
            return
        self.sock.close()
        if self._is_child:
            os.waitpid(self.pid, 0)
        else:
            proc.wait_for_exit(self.pid, DEADLINE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


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
