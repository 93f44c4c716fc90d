"""Ask /proc who runs, whose child it is and what it uses (*trusted*, standard library only).

A look at /proc is never proof that nobody is there: a process that lives for a moment only, and goes on in
a child, is in no list; ``autograder.sandbox.reap`` says what is. Zombies do not count as processes: they run
nothing, and only their parent can collect them (``bury``). But a process whose *first thread* has ended is shown
as one, too, while its other threads run on; so a zombie is only who has no other thread.
"""

from __future__ import annotations

import contextlib
import os
import select
import time
from typing import TYPE_CHECKING

from autograder.sandbox import seccomp

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


PAUSE_S = 0.001
_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def all_pids() -> list[int]:
    """Return the numbers of all processes that we can see."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def read_proc(path: str) -> bytes:
    """Read a file of /proc; empty if its process has just ended, or is hidden from us and so not ours."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""


def status_field(status: bytes, name: bytes) -> bytes:
    """Return a field of /proc/PID/status, empty if it is not there."""
    _, found, rest = status.partition(b"\n" + name + b":")
    return rest.partition(b"\n")[0].strip() if found else b""


def users_of(pid: int) -> frozenset[int]:
    """Return the real, effective, saved and file-system user ids of a process; empty if it is gone."""
    return frozenset(int(word) for word in status_field(read_proc(f"/proc/{pid}/status"), b"Uid").split())


def stat_fields(pid: int) -> list[bytes]:
    """Return what follows the name in /proc/PID/stat (state, parent, ...); empty if the process is gone."""
    # The name is the process's own choice and may hold spaces and brackets: cut at the last one.
    return read_proc(f"/proc/{pid}/stat").rpartition(b")")[2].split()


def state_of(pid: int) -> str:
    """Return the one-letter state of a process, "" if it is gone."""
    fields = stat_fields(pid)
    return fields[0].decode() if fields else ""


def is_zombie(pid: int) -> bool:
    """Tell whether a process has ended, with all its threads, and waits to be collected or is gone altogether."""
    fields = stat_fields(pid)
    return not fields or fields[0] == b"X" or (fields[0] == b"Z" and int(fields[17]) <= 1)


def living(pid: int) -> str:
    """Return the folder in /proc that shows a process's memory and files: a thread's, where the first has ended."""
    fields = stat_fields(pid)
    if fields and fields[0] == b"Z" and int(fields[17]) > 1:
        for thread in threads_of(pid):
            folder = f"/proc/{pid}/task/{thread}"
            if status_field(read_proc(f"{folder}/status"), b"State")[:1] not in (b"Z", b"X", b""):
                return folder
    return f"/proc/{pid}"


def threads_of(pid: int) -> list[str]:
    """Return the numbers of a process's threads; none if it is gone."""
    try:
        return os.listdir(f"/proc/{pid}/task")
    except (FileNotFoundError, ProcessLookupError):
        return []


def parent_of(pid: int) -> int:
    """Return the parent of a process, 0 if it is gone."""
    fields = stat_fields(pid)
    return int(fields[1]) if fields else 0


def start_time(pid: int) -> int:
    """Return when a process started, in clock ticks after boot; 0 if it is gone."""
    fields = stat_fields(pid)
    return int(fields[19]) if fields else 0


def processes_of(uid: int) -> frozenset[int]:
    """Return the processes that have this id in any role and have not ended."""
    return frozenset(pid for pid in all_pids() if is_of(uid, pid))


def is_of(uid: int, pid: int) -> bool:
    """Tell whether a process has this id in any role and has not ended."""
    status = read_proc(f"/proc/{pid}/status")
    state, threads = (status_field(status, name) for name in (b"State", b"Threads"))
    ended = state[:1] == b"X" or (state[:1] == b"Z" and threads in (b"", b"0", b"1"))
    return not ended and str(uid).encode() in status_field(status, b"Uid").split()


def tasks_of(uid: int) -> int:
    """Return how many threads the processes of a user id have: what ``RLIMIT_NPROC`` counts."""
    counts = (status_field(read_proc(f"/proc/{pid}/status"), b"Threads") for pid in processes_of(uid))
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
        children = children_of(one)
        if children is None:  # a kernel without CONFIG_PROC_CHILDREN: look at everybody, once
            if parents is None:
                parents = {}
                for other in all_pids():
                    parents.setdefault(parent_of(other), []).append(other)
            children = parents.get(one, [])
        fresh = [child for child in children if child not in found and child != pid]
        found.update(fresh)
        open_ends += fresh
    return frozenset(found)


def children_of(pid: int) -> list[int] | None:
    """Return the children of a process, zombies too; None where the kernel keeps no list of them."""
    children: list[int] = []
    for thread in threads_of(pid):
        path = f"/proc/{pid}/task/{thread}/children"
        data = read_proc(path)
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
        status = read_proc(f"{living(pid)}/status")
        kilobytes = (status_field(status, name).split() for name in (b"RssAnon", b"RssShmem"))
        total += max(0, sum(int(words[0]) * 1024 for words in kilobytes if words) - shared_bytes)
    return total


def cpu_s(pids: Iterable[int]) -> float:
    """Return the CPU seconds of processes and of the children that they have collected.

    A child that ends after its parent is collected by somebody else and drops out of the sum; the
    deadline on the wall clock is for those.
    """
    ticks = 0
    for pid in pids:
        ticks += sum(int(field) for field in stat_fields(pid)[11:15])
    return ticks / _CLOCK_TICKS


def group_of(pid: int) -> int:
    """Return the process group of a process, 0 if it is gone."""
    fields = stat_fields(pid)
    return int(fields[2]) if fields else 0


def become_subreaper() -> None:
    """Adopt, from now on, every orphan among this process's descendants."""
    seccomp.prctl(seccomp.PR_SET_CHILD_SUBREAPER, 1)


def bury(keep: Collection[int] = ()) -> int:
    """Collect those children of this process that have ended, except ``keep``; return how many.

    For a subreaper: orphans that nobody waits for keep their place in the process table. ``keep`` holds
    the children whose exit status is still wanted.
    """
    count = 0
    for pid in children_of(os.getpid()) or [p for p in all_pids() if parent_of(p) == os.getpid()]:
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
