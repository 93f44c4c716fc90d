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

# Descriptors, errors and /proc are the subject here, not paths.

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import select
import signal
import socket
import stat
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from autograder.errors import SandboxError
from autograder.sandbox import seccomp

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

# Ids that nobody hands out. The first range lies above what sssd maps (200000-2000200000) and within what
# systemd leaves unused (1879048192-2147352575); the second is for containers that map few ids.
# Source: https://systemd.io/UIDS-GIDS/ and sssd-ldap(5), ldap_idmap_range_max.
POOLS = (range(2_001_000_000, 2_147_352_576), range(30_000, 60_000))

DEADLINE_S = 5.0
PAUSE_S = 0.001
MAX_PASSES = 200
EVERYBODY = -1  # to kill(2): every process that the caller may signal, and not itself

# Every folder that any user may write.
SWEPT = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue")

_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


# -- user ids ----------------------------------------------------------------------------------------


def draw_uid() -> int:
    """Return a random user id that no process, no account and no earlier call has.

    It is even, and the id after it belongs to its reaper. A fresh id for every run matters: limits on
    processes count an id across containers, and whoever shares an id can read and kill.

    Raises
    ------
    SandboxError
        If this user namespace maps no id that is ours to take.

    """
    pool = _mapped_pool()
    taken = _users_of_processes() | _accounts()
    for _ in range(1000):
        uid = pool.start + 2 * secrets.randbelow(len(pool) // 2)
        if not taken & {uid, uid + 1}:
            return uid
    raise SandboxError(
        f"draw_uid: no free user id found in {pool.start}..{pool.stop - 1}; nothing was started. "
        "End what other graders left running on this machine."
    )


def is_drawn(uid: int) -> bool:
    """Tell whether ``draw_uid`` may have returned this id: then its processes and files are ours to end.

    A property of the number, not a memory, so that a supervisor can clean up after one that died.
    """
    if uid % 2 or uid in {0, *os.getresuid()} or not any(uid in pool for pool in POOLS):
        return False
    return uid not in _accounts()


def _mapped_pool() -> range:
    maps = [_read_id_map(kind) for kind in ("uid", "gid")]
    for pool in POOLS:
        parts = [pool]
        for mapped in maps:
            parts = [_overlap(part, ids) for part in parts for ids in mapped]
        widest = max(parts, key=len, default=range(0))
        start = widest.start + widest.start % 2
        if len(range(start, widest.stop)) >= 2:
            return range(start, widest.stop - (widest.stop - start) % 2)
    raise SandboxError(
        f"draw_uid: found {maps[0]!r} in /proc/self/uid_map, which maps no id in {POOLS!r}; nothing was "
        "started. Run the grader where it can use 65536 user ids, or without root."
    )


def _overlap(a: range, b: range) -> range:
    start = max(a.start, b.start)
    return range(start, max(start, min(a.stop, b.stop)))


def _read_id_map(kind: str) -> list[range]:
    lines = Path(f"/proc/self/{kind}_map").read_text().splitlines()
    triples = ([int(word) for word in line.split()] for line in lines)
    return [range(inside, inside + count) for inside, _, count in triples]


def _accounts() -> set[int]:
    try:
        rows = Path("/etc/passwd").read_text(errors="replace").splitlines()
    except OSError:
        return set()
    return {int(row.split(":")[2]) for row in rows if row.count(":") >= 3 and row.split(":")[2].isdigit()}


def _users_of_processes() -> set[int]:
    return {uid for pid in _all_pids() for uid in _users(pid)}


# -- looking -----------------------------------------------------------------------------------------


def _all_pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _read(path: str) -> bytes:
    """Read a file of /proc; empty if its process has just ended, or is hidden from us and so not ours."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""


def _status_field(status: bytes, name: bytes) -> bytes:
    _, found, rest = status.partition(b"\n" + name + b":")
    return rest.partition(b"\n")[0].strip() if found else b""


def _users(pid: int) -> frozenset[int]:
    """Return the real, effective, saved and file-system user ids of a process; empty if it is gone."""
    return frozenset(int(word) for word in _status_field(_read(f"/proc/{pid}/status"), b"Uid").split())


def _stat_fields(pid: int) -> list[bytes]:
    """Return what follows the name in /proc/PID/stat (state, parent, ...); empty if the process is gone."""
    # The name is the process's own choice and may hold spaces and brackets: cut at the last one.
    return _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()


def state_of(pid: int) -> str:
    """Return the one-letter state of a process, "" if it is gone."""
    fields = _stat_fields(pid)
    return fields[0].decode() if fields else ""


def is_zombie(pid: int) -> bool:
    """Tell whether a process has ended, with all its threads, and waits to be collected or is gone altogether."""
    fields = _stat_fields(pid)
    return not fields or fields[0] == b"X" or (fields[0] == b"Z" and int(fields[17]) <= 1)


def living(pid: int) -> str:
    """Return the folder in /proc that shows a process's memory and files: a thread's, where the first has ended."""
    fields = _stat_fields(pid)
    if fields and fields[0] == b"Z" and int(fields[17]) > 1:
        for thread in _threads(pid):
            folder = f"/proc/{pid}/task/{thread}"
            if _status_field(_read(f"{folder}/status"), b"State")[:1] not in (b"Z", b"X", b""):
                return folder
    return f"/proc/{pid}"


def _threads(pid: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/task")
    except (FileNotFoundError, ProcessLookupError):
        return []


def parent_of(pid: int) -> int:
    """Return the parent of a process, 0 if it is gone."""
    fields = _stat_fields(pid)
    return int(fields[1]) if fields else 0


def start_time(pid: int) -> int:
    """Return when a process started, in clock ticks after boot; 0 if it is gone."""
    fields = _stat_fields(pid)
    return int(fields[19]) if fields else 0


def processes_of(uid: int) -> frozenset[int]:
    """Return the processes that have this id in any role and have not ended."""
    found: set[int] = set()
    wanted = str(uid).encode()
    for pid in _all_pids():
        status = _read(f"/proc/{pid}/status")
        state, threads = (_status_field(status, name) for name in (b"State", b"Threads"))
        ended = state[:1] == b"X" or (state[:1] == b"Z" and threads in (b"", b"0", b"1"))
        if not ended and wanted in _status_field(status, b"Uid").split():
            found.add(pid)
    return frozenset(found)


def tasks_of(uid: int) -> int:
    """Return how many threads the processes of a user id have: what ``RLIMIT_NPROC`` counts."""
    counts = (_status_field(_read(f"/proc/{pid}/status"), b"Threads") for pid in processes_of(uid))
    return sum(int(count) for count in counts if count)


def descendants(pid: int) -> frozenset[int]:
    """Return the children of a process, their children, and so on; zombies too, itself not.

    A tree that changes meanwhile may be seen in part: whoever must have all of it asks again.
    """
    found: set[int] = set()
    open_ends = [pid]
    parents: dict[int, list[int]] | None = None
    while open_ends:
        one = open_ends.pop()
        children = _children(one)
        if children is None:  # a kernel without CONFIG_PROC_CHILDREN: look at everybody, once
            if parents is None:
                parents = {}
                for other in _all_pids():
                    parents.setdefault(parent_of(other), []).append(other)
            children = parents.get(one, [])
        fresh = [child for child in children if child not in found and child != pid]
        found.update(fresh)
        open_ends += fresh
    return frozenset(found)


def _children(pid: int) -> list[int] | None:
    children: list[int] = []
    for thread in _threads(pid):
        path = f"/proc/{pid}/task/{thread}/children"
        data = _read(path)
        if not data and thread == str(pid) and os.path.exists(f"/proc/{pid}") and not os.path.exists(path):
            return None
        children += [int(word) for word in data.split()]
    return children


def memory_bytes(pids: Iterable[int], shared_bytes: int = 0) -> int:
    """Return the summed memory of processes: anonymous and shared-memory pages that are resident.

    Pages that forked processes still share are counted once for each of them; ``shared_bytes`` is
    taken off every process and may name what a fresh fork of the zygote shows. Not seen: files in
    /dev/shm and memfds that nobody has mapped (``RLIMIT_FSIZE`` bounds each), and swap.
    """
    total = 0
    for pid in pids:
        status = _read(f"{living(pid)}/status")
        kilobytes = (_status_field(status, name).split() for name in (b"RssAnon", b"RssShmem"))
        total += max(0, sum(int(words[0]) * 1024 for words in kilobytes if words) - shared_bytes)
    return total


def cpu_s(pids: Iterable[int]) -> float:
    """Return the CPU seconds of processes and of the children that they have collected.

    A child that ends after its parent is collected by somebody else and drops out of the sum; the
    deadline on the wall clock is for those.
    """
    ticks = 0
    for pid in pids:
        ticks += sum(int(field) for field in _stat_fields(pid)[11:15])
    return ticks / _CLOCK_TICKS


# -- ending, by user id --------------------------------------------------------------------------------


def reap_uid(uid: int, keep: frozenset[int] = frozenset()) -> int:
    """Kill every process of a drawn user id except ``keep``; return how many are left (0).

    Survivors are processes that the kernel does not let die, such as those that wait for a dead disk;
    whoever gets a number other than 0 must not trust what the run produced.

    Raises
    ------
    SandboxError
        If the id is not one that ``draw_uid`` gives out; nothing was signalled.

    """
    if not is_drawn(uid):
        raise SandboxError(
            f"reap_uid: found user id {uid}, which draw_uid does not give out; nothing was killed. "
            "This is a mistake of the grader's: please report it."
        )
    end = time.monotonic() + DEADLINE_S
    spared = frozenset(pid for pid in keep if uid in _users(pid) and not is_zombie(pid))
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
    return len(processes_of(uid) - spared)


def _freeze(reaper: _Reaper, spared: frozenset[int]) -> frozenset[int]:
    """Stop every process of the id and return them; one that another sent SIGCONT is stopped again."""
    seen = frozenset[int]()
    for attempt in range(20):
        reaper.signal(signal.SIGSTOP, EVERYBODY)
        time.sleep(PAUSE_S * attempt)
        seen = reaper.others()
        if all(_is_halted(pid) for pid in seen | spared):
            break
    return seen


def _is_halted(pid: int) -> bool:
    """Tell whether a process is stopped or has ended; a first thread that has ended says nothing of the others."""
    state = state_of(pid)
    if state not in ("Z", "X"):
        return state in ("T", "t", "D", "")
    states = (_status_field(_read(f"/proc/{pid}/task/{t}/status"), b"State")[:1] for t in _threads(pid))
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
        return processes_of(self.uid) - {self.pid}

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
        wait_for_exit(pid, max(0.0, end - time.monotonic()))


# -- ending, by descent --------------------------------------------------------------------------------


def become_subreaper() -> None:
    """Adopt, from now on, every orphan among this process's descendants."""
    seccomp.prctl(seccomp.PR_SET_CHILD_SUBREAPER, 1)


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
            tree = descendants(root) | {root}
            guarded = {group_of(pid) for pid in spared}
            groups = {group for pid in tree if (group := group_of(pid)) in tree} - {os.getpgrp(), 0}
            for group in groups:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGSTOP if group in guarded else signal.SIGKILL)
            frozen |= groups & guarded
            relatives = descendants(root) | {root} | _members(groups)
            targets = [pid for pid in relatives - spared if not is_zombie(pid)]
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
            if group_of(pid) in frozen:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
    left = (descendants(root) | {root} | _members(frozen)) - spared
    return sum(not is_zombie(pid) for pid in left)


def group_of(pid: int) -> int:
    """Return the process group of a process, 0 if it is gone."""
    fields = _stat_fields(pid)
    return int(fields[2]) if fields else 0


def _members(groups: Collection[int]) -> frozenset[int]:
    return frozenset(pid for pid in _all_pids() if group_of(pid) in groups) if groups else frozenset()


def _is_related(root: int, groups: Collection[int], pid: int) -> bool:
    if group_of(pid) in groups:
        return True
    while pid > 1 and pid != root:
        pid = parent_of(pid)
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


def bury(keep: Collection[int] = ()) -> int:
    """Collect those children of this process that have ended, except ``keep``; return how many.

    For a subreaper: orphans that nobody waits for keep their place in the process table. ``keep`` holds
    the children whose exit status is still wanted.
    """
    count = 0
    for pid in _children(os.getpid()) or [p for p in _all_pids() if parent_of(p) == os.getpid()]:
        if pid not in keep and state_of(pid) == "Z":
            with contextlib.suppress(ChildProcessError):
                count += os.waitpid(pid, os.WNOHANG)[0] != 0
    return count


def wait_for_exit(pid: int, timeout_s: float) -> bool:
    """Wait until a process has ended, without collecting it; False if it still runs."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    except (OSError, AttributeError):  # an old kernel or Python, a container's filter: look again and again
        end, pause = time.monotonic() + timeout_s, PAUSE_S
        while not (ended := is_zombie(pid)) and time.monotonic() < end:
            time.sleep(pause)
            pause = min(2 * pause, 0.02)
        return ended
    try:
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        return bool(poll.poll(timeout_s * 1000)) or is_zombie(pid)
    finally:
        os.close(fd)


# -- files -------------------------------------------------------------------------------------------


def sweep(uid: int, folders: Iterable[str] = SWEPT) -> int:
    """Remove what a drawn user id owns in folders that everybody may write; return how many entries.

    Only the folders' own entries are looked at; one that is a folder is removed with all it holds.
    Call it when the id's processes are dead.

    Raises
    ------
    SandboxError
        If the id is not one that ``draw_uid`` gives out; nothing was removed.

    """
    if not is_drawn(uid):
        raise SandboxError(
            f"sweep: found user id {uid}, which draw_uid does not give out; nothing was removed. "
            "This is a mistake of the grader's: please report it."
        )
    count = 0
    for folder in folders:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), _opened(folder) as fd:
            for name in os.listdir(fd):
                with contextlib.suppress(FileNotFoundError):
                    if os.stat(name, dir_fd=fd, follow_symlinks=False).st_uid == uid:
                        _remove(name, fd)
                        count += 1
    return count


def names_of_ours(folder: str = "/dev/shm") -> frozenset[str]:
    """Return the names of a folder's own entries that belong to our user id."""
    found: set[str] = set()
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                if entry.stat(follow_symlinks=False).st_uid == os.geteuid():
                    found.add(entry.name)
    return frozenset(found)


def sweep_new(before: Collection[str], folder: str = "/dev/shm") -> int:
    """Remove what our own user id got in a folder since ``before`` was listed; return how many entries.

    For runs without root, where the user id does not tell what a hand-in left from what other programs of
    ours made meanwhile. So what any of our processes has open, mapped or listens on is spared. Call it
    when the hand-in's processes are dead.
    """
    new = names_of_ours(folder) - set(before)
    count = 0
    if not new:
        return 0
    held = _held_files()
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), _opened(folder) as fd:
        for name in new:
            with contextlib.suppress(FileNotFoundError):
                facts = os.stat(name, dir_fd=fd, follow_symlinks=False)
                path = os.path.join(folder, name)
                if (facts.st_dev, facts.st_ino) not in held and path not in held:
                    _remove(name, fd)
                    count += 1
    return count


def _held_files() -> set[tuple[int, int] | str]:
    """Return device and inode, or the path, of each file in memory that a process of ours uses."""
    held: set[tuple[int, int] | str] = set()
    for pid in _all_pids():
        with contextlib.suppress(OSError):  # ended meanwhile, or not to be looked at
            for name in os.listdir(f"/proc/{pid}/fd"):
                facts = os.stat(f"/proc/{pid}/fd/{name}")
                held.add((facts.st_dev, facts.st_ino))
    # Maps tell files that were closed after they were mapped; the other table, sockets by the name they are bound to.
    for table in (*(f"/proc/{pid}/maps" for pid in _all_pids()), "/proc/net/unix"):
        rows = _read(table).decode(errors="replace").splitlines()
        held |= {row[row.index("/") :] for row in rows if "/" in row}
    return held


def remove_tree(path: str | Path) -> None:
    """Remove a folder that a student could write, however deep or oddly permitted; follow no link."""
    parent, name = os.path.split(os.path.abspath(path))
    with contextlib.suppress(FileNotFoundError), _opened(parent) as fd:
        _remove(name, fd)


@contextlib.contextmanager
def _opened(name: str, dir_fd: int | None = None) -> Iterator[int]:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(name, flags, dir_fd=dir_fd)
    try:
        yield fd
    finally:
        os.close(fd)


def _remove(name: str, dir_fd: int) -> None:
    """Remove an entry of a folder, with everything beneath it.

    A tree can be deeper than any path, any recursion and any number of open files. So whatever folder
    is found inside is first moved up into the top one: every folder is then one step away.
    """
    if not _is_folder(name, dir_fd):
        os.unlink(name, dir_fd=dir_fd)
        return
    _make_writable(name, dir_fd)
    with _opened(name, dir_fd) as top:
        waiting: list[str] = []
        _empty(top, top, waiting)
        while waiting:
            inner = waiting.pop()
            _make_writable(inner, top)
            with _opened(inner, top) as fd:
                _empty(fd, top, waiting)
            os.rmdir(inner, dir_fd=top)
    os.rmdir(name, dir_fd=dir_fd)


def _empty(fd: int, top: int, waiting: list[str]) -> None:
    """Unlink a folder's files and move its folders up into ``top``, under names that ``waiting`` gets."""
    for name in os.listdir(fd):
        with contextlib.suppress(FileNotFoundError):
            if not _is_folder(name, fd):
                os.unlink(name, dir_fd=fd)
                continue
            _make_writable(name, fd)
            moved = f".{secrets.token_hex(12)}"
            os.rename(name, moved, src_dir_fd=fd, dst_dir_fd=top)
            waiting.append(moved)


def _is_folder(name: str, dir_fd: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=dir_fd, follow_symlinks=False).st_mode)


def _make_writable(name: str, dir_fd: int) -> None:
    """Give ourselves back what a mode of 000 takes away; root needs nothing."""
    if os.geteuid() == 0:
        return
    # chmod cannot be told not to follow links before Linux 6.6; a descriptor of the folder itself can.
    fd = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=dir_fd)
    try:
        os.chmod(f"/proc/self/fd/{fd}", 0o700)
    finally:
        os.close(fd)
