"""Start, watch and stop the processes of a run (*trusted*, root where possible, standard library only).

Theory of operation. The supervisor starts two programs with clean environments: the zygote, which forks
the student's and the reference's processes, and the grader, which holds the secrets. A forked process
is confined by ``confine.enter`` under a user id of its own, drawn at random. The supervisor alone kills,
and only processes whose user id it drew (or, without root, whose ancestor is its zygote): a process id
told by a student's process is never used. Data does not pass through here; the grader and a student's
process speak over a socketpair of their own.

One module of 500 lines: who was started, what it uses and how it ends are one table (``confined``), and must not disagree.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from autograder.errors import SandboxError
from autograder.sandbox import (
    abilities,
    hand_in,
    identity,
    interpreter,
    memory,
    policy,
    proc,
    reap,
    scratch,
    seccomp,
    sockets,
    sweep,
)

_Found = TypeVar("_Found")
ZYGOTE_START_S = 120.0
UNPACK_S = 20.0  # on the clock, for one archive

# Collections while torch is being imported find nothing and take a tenth of the time.
BOOT = "import gc; gc.disable(); from autograder.sandbox.inside.worker import main; main()"
STUBBORN_S = 30.0  # for processes that the kernel does not let die yet
LOOK_S = 2.0  # between two looks through a work folder
UNSEEN_BYTES = 16 << 20  # in /dev/shm, of which it need not be known whose they are
LOW_DISK_BYTES = 16 << 20  # with less than this free, what fails for want of room is nobody's answer


@dataclass(frozen=True, slots=True)
class Limits:
    """What one student's process may use; ``memory_bytes`` is summed over all its processes."""

    memory_bytes: int = 512 << 20
    cpu_s: int = 600
    processes: int = 64  # and threads
    file_bytes: int = 128 << 20  # of one file
    disk_bytes: int = 1 << 30
    files: int = 50_000


@dataclass(slots=True)
class Confined:
    """One confined process tree: the root's pid as the zygote (not the student) told it, and its user id."""

    role: str
    pid: int
    uid: int | None
    work: Path
    peak_memory_bytes: int = 0
    killed_for: str = ""
    past_cpu_s: float = 0.0
    seen_cpu_s: dict[int, float] = field(default_factory=dict)
    free: tuple[int, int] = (0, 0)  # bytes and files of the disk when the folder was last looked through
    next_look: float = 0.0  # when it is looked through at the latest
    room_bytes: int = 0  # of the disk when the process began
    container_bytes: int | None = None  # of all processes, when this one began
    shared_files: int = 0  # in /dev/shm, when its memory was last looked at
    unseen_before: int = 0  # bytes in /dev/shm of no name, when this one began
    unseen_bytes: int = 0  # those that were probably its own, when its memory was last looked at
    reaper: reap.Reaper | None = None  # of its user id, while it runs
    shared_before: frozenset[str] = frozenset()  # our names in shared memory when it began; without root


def end_with_parent() -> None:
    """Ask the kernel for SIGTERM when the thread that started this process ends."""
    seccomp.prctl(seccomp.PR_SET_PDEATHSIG, signal.SIGTERM)


def clean_environment(home: str) -> dict[str, str]:
    """Return the only environment that our programs get: nothing of the caller's, one thread each."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": home,
        "MPLCONFIGDIR": home,
        "IPYTHONDIR": home,
        "TMPDIR": home,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": "1",
        "OMP_THREAD_LIMIT": "1",
        "OMP_WAIT_POLICY": "passive",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "TORCHDYNAMO_DISABLE": "1",
        "JOBLIB_MULTIPROCESSING": "0",  # scikit-learn's workers would be new programs
        # Where glibc arrives by itself after the first large free. Every forked process would have to get there
        # anew, by thousands of page faults in the first pass of a network.
        "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
        "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
    } | {k: os.environ[k] for k in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE") if k in os.environ}


def cache_folder() -> Path:
    """Return our folder for the font cache: private, made once, outlives a run."""
    base = Path("/var/cache") if os.geteuid() == 0 else Path.home() / ".cache"
    folder = base / "autograder"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder
    except OSError:
        return Path(tempfile.mkdtemp(prefix="autograder.cache-"))


class Launcher:
    """The zygote and what it forked; a context manager that leaves no process and no file behind."""

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        warm_figures: bool = False,
        preload: tuple[str, ...] = (),
        disabled: frozenset[str] = frozenset(),
        trust: bool = False,
        foreign: bool = False,
        first_cells: tuple[str, ...] = (),
    ) -> None:
        """``first_cells`` are texts of the released notebook that are run first: compiled once, not in each fork."""
        self.limits = limits or Limits()
        self.options = {"warm_figures": warm_figures, "preload": list(preload), "foreign": foreign}
        self.options["first_cells"] = list(first_cells)
        self.disabled = disabled
        self.layers = {**abilities.probe(), **dict.fromkeys(disabled, "off")}
        self.decision = policy.decide(self.layers)
        if not self.decision.allowed and not trust:
            raise SandboxError(self.decision.refusal)
        self.as_root = self.layers.get("uid", "").startswith("active")
        if self.as_root:
            interpreter.check_interpreter_readable(identity.draw_uid())
        scratch.clean()
        self.base, self._held = scratch.make("autograder-")
        self.base.chmod(0o711)  # a drawn uid must reach its own work folder and list nothing
        self.confined: dict[str, Confined] = {}
        self._ready = False
        self._unpacked: list[Path] = []
        self._shared_bytes = 0
        self.reapers = reap.Reapers() if self.as_root else None
        self._start_zygote()

    def _start_zygote(self) -> None:
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        home = cache_folder()
        options = self.base / "zygote.json"
        options.touch(mode=0o600)
        options.write_text(json.dumps(self.options))
        arguments = [sys.executable, "-I", "-c", BOOT, str(theirs.fileno()), str(options)]
        with scratch.open_log(self.base / "zygote.log") as log:
            self.zygote = subprocess.Popen(
                arguments,
                pass_fds=[theirs.fileno()],
                env=clean_environment(str(home)),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        theirs.close()
        self.control = control

    def wait_ready(self) -> None:
        """Wait for the zygote's imports; a failure here is ours."""
        if self._ready:
            return
        answer = self._receive(ZYGOTE_START_S)
        if not answer.get("ready"):
            raise SandboxError(f"the zygote did not start: {self.zygote_log()}")
        self._shared_bytes = proc.memory_bytes([self.zygote.pid])
        self._ready = True

    def zygote_log(self) -> str:
        """Return the end of what the zygote wrote: for staff."""
        with contextlib.suppress(OSError):
            return (self.base / "zygote.log").read_text(errors="replace")[-2000:]
        return ""

    def _receive(self, timeout_s: float) -> dict[str, Any]:
        self.control.settimeout(timeout_s)
        try:
            data = self.control.recv(1 << 16)
        except TimeoutError:
            raise SandboxError(f"the zygote did not answer within {timeout_s:g} s") from None
        if not data:
            raise SandboxError(f"the zygote ended: {self.zygote_log()}")
        answer: dict[str, Any] = json.loads(data)
        return answer

    def make_work_folder(self, role: str) -> tuple[Path, int | None]:
        """Make an empty private folder for a new process, and draw its user id."""
        uid = identity.draw_uid() if self.as_root else None
        work = self.base / f"{role}-{secrets.token_hex(6)}"
        work.mkdir(mode=0o700)
        if uid is not None:
            os.chown(work, uid, uid)
        return work, uid

    def make_handed_in_folder(self, work: Path, uid: int | None) -> Path:
        """Make the folder beside a work folder whose files its process may read only; it goes with it."""
        folder = _handed_in(work)
        folder.mkdir(mode=0o700)
        if uid is not None:
            os.chown(folder, 0, uid)
            folder.chmod(0o750)
        return folder

    def unpack(self, archive: Path, file_bytes: int, all_bytes: int) -> Path | None:
        """Unpack an archive of a student's into a new folder, in a confined process; None if it cannot be opened."""
        folder, uid = self.make_work_folder("unpacked")
        self._unpacked.append(folder)
        options = {
            "folder": str(folder),
            "uid": uid,
            "disabled": sorted(self.disabled),
            "bytes": all_bytes,
            "file_bytes": file_bytes,
        }
        command = [sys.executable, "-I", "-m", "autograder.sandbox.unpack", json.dumps(options)]
        try:
            fd = os.open(archive, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode) or os.fstat(fd).st_size > all_bytes:
                return None
            with contextlib.suppress(subprocess.TimeoutExpired):
                subprocess.run(
                    command,
                    stdin=file,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=clean_environment(str(folder)),
                    cwd="/",
                    timeout=UNPACK_S,
                    check=False,
                )
        return folder

    def remove_unpacked(self) -> None:
        """Remove what ``unpack`` has made so far."""
        while self._unpacked:
            with contextlib.suppress(OSError):
                sweep.remove_tree(self._unpacked.pop())

    def spawn(
        self, role: str, work: Path, uid: int | None, fds: list[int], seed: int, layout: hand_in.Layout
    ) -> Confined:
        """Fork a confined process that answers on the socket ``fds[0]``; then its arena, and where it prints to."""
        self.wait_ready()
        handed_in = str(_handed_in(work))
        rules = {
            "work": str(work),
            "uid": uid,
            "readable": [*interpreter.readable_paths(), handed_in],
            "address_space_bytes": self._zygote_size() + self.limits.memory_bytes + (1 << 30),
            "cpu_s": self.limits.cpu_s,
            "processes": self.limits.processes,
            "file_bytes": self.limits.file_bytes,
            "disabled": sorted(self.disabled),
        }
        environment = dict.fromkeys(("HOME", "MPLCONFIGDIR", "IPYTHONDIR", "TMPDIR"), str(work))
        request = {"op": "spawn", "policy": rules, "environment": environment, "seed": seed}
        request |= {"handed_in": handed_in, "instead": layout.instead, "too_large": layout.too_large}
        before = sweep.names_of_ours() if uid is None else frozenset[str]()
        socket.send_fds(self.control, [json.dumps(request).encode()], fds)
        pid = self._receive(30.0)["pid"]
        free = _free(work)
        one = Confined(role, pid, uid, work, free=free, room_bytes=free[0], shared_before=before)
        one.container_bytes, one.unseen_before = memory.of_container(), memory.unseen()
        self.confined[role] = one
        return one

    def _by_reaper(self, one: Confined, do: Callable[[reap.Reaper], _Found]) -> _Found:
        """Let the process that reaches a confined one's processes do something; another one, where that was killed."""
        assert one.uid is not None
        try:
            one.reaper = one.reaper or reap.Reaper(one.uid, self.reapers)
            return do(one.reaper)
        except SandboxError:
            self._forget_reaper(one)
            one.reaper = reap.Reaper(one.uid, self.reapers)
            return do(one.reaper)

    def _forget_reaper(self, one: Confined) -> None:
        """Let go of a confined process's reaper."""
        if one.reaper is not None:
            one.reaper.close()
            one.reaper = None

    def _zygote_size(self) -> int:
        with open(f"/proc/{self.zygote.pid}/statm") as statm:
            return int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")

    # -- watching ------------------------------------------------------------------------------

    def _pids(self, one: Confined) -> set[int]:
        if one.uid is not None:
            return set(self._by_reaper(one, reap.Reaper.others))
        if not self._ready:
            return set()
        # Without root every process has our uid. What the zygote forked, less the other roles' roots.
        others = {c.pid for c in self.confined.values() if c is not one}
        pids = {one.pid, *proc.descendants(one.pid)}
        if one.role == "student":  # orphans of the student are adopted by the zygote
            for pid in proc.descendants(self.zygote.pid):
                if pid not in others and not any(pid in proc.descendants(o) for o in others):
                    pids.add(pid)
        return {p for p in pids if os.path.exists(f"/proc/{p}")}

    def usage(self, role: str) -> dict[str, Any]:
        """Return CPU seconds (of every process so far) and summed memory of a role."""
        one = self.confined.get(role)
        if one is None:
            return {"cpu_s": 0.0, "memory_bytes": 0, "peak_memory_bytes": 0, "killed_for": ""}
        pids = self._pids(one)
        files = memory.in_files(one.uid, pids)
        one.shared_files = files.count
        one.unseen_bytes = self._unseen(one, files)
        in_files = files.size_bytes + one.unseen_bytes
        under_way = 0 if one.uid is None else sockets.memory_bytes(one.uid)
        used = self._memory(one, pids) + in_files + under_way
        if used > self.limits.memory_bytes:
            used = min(used, self._memory_closely(one, pids, in_files) + under_way)
        one.peak_memory_bytes = max(one.peak_memory_bytes, used)
        for pid in pids:
            one.seen_cpu_s[pid] = max(proc.cpu_s([pid]), one.seen_cpu_s.get(pid, 0.0))
        return {
            "cpu_s": sum(one.seen_cpu_s.values()),
            "memory_bytes": used,
            "peak_memory_bytes": one.peak_memory_bytes,
            "killed_for": one.killed_for,
        }

    def past_cpu_s(self, role: str) -> float:
        """Return the CPU seconds of a role's processes as last seen, its root's as of now."""
        one = self.confined.get(role)
        if one is None:
            return 0.0
        one.seen_cpu_s[one.pid] = max(proc.cpu_s([one.pid]), one.seen_cpu_s.get(one.pid, 0.0))
        return sum(one.seen_cpu_s.values())

    def _memory(self, one: Confined, pids: set[int]) -> int:
        """Sum what the processes added to the zygote's pages, which all of them share.

        A question's fork shares the notebook's pages as well; that is taken off once, for the largest
        direct child, so that forking in number does not hide memory.
        """
        sizes = {pid: max(0, proc.memory_bytes([pid]) - self._shared_bytes) for pid in pids}
        forks = [size for pid, size in sizes.items() if pid != one.pid and proc.parent_of(pid) == one.pid]
        shared = min(sizes.get(one.pid, 0), max(forks, default=0))
        return sum(sizes.values()) - shared

    def _unseen(self, one: Confined, files: memory.Files) -> int:
        """Return the bytes of nameless files in /dev/shm that are probably a hand-in's, beside those that were seen.

        Nobody can say whose they are: what was there before is not, and other runs have their part.
        """
        if one.uid is None or one.role != "student":
            return 0
        known = one.unseen_before + files.nameless_bytes
        found = memory.unseen(known + UNSEEN_BYTES) - known
        return found // identity.runs() if found > UNSEEN_BYTES else 0

    def _memory_closely(self, one: Confined, pids: set[int], in_files: int) -> int:
        """Return the memory with pages counted once, or as much as the container's grew; without either, no less."""
        divided = memory.shared_out(pids, self.zygote.pid)
        if divided is not None:
            return divided + in_files
        container = memory.of_container()
        if container is not None and one.container_bytes is not None:
            return max(0, container - one.container_bytes)
        return sys.maxsize

    def watch(self) -> None:
        """Kill the student's processes when together they use more memory, or disk, than allowed.

        Raises
        ------
        SandboxError
            If the disk is full and it is not the student who filled it.
        """
        one = self.confined.get("student")
        if one is None:
            return
        if self._fills_disk(one) or self._filled_full_disk(one):
            self.clear("student", keep_root=False)
            one.killed_for = "files"
            return
        used = self.usage("student")["memory_bytes"]
        if used <= self.limits.memory_bytes and one.shared_files <= memory.MAX_SHARED:
            return
        if self.limits.memory_bytes < used <= self.limits.memory_bytes + one.unseen_bytes:
            self._end_for_unseen(one)
            return
        root_alone = self._memory(one, {one.pid}) > self.limits.memory_bytes
        self.clear("student", keep_root=not root_alone)
        if one.uid is not None:
            sweep.sweep(one.uid, ("/dev/shm",))
        one.killed_for = "memory" if used > self.limits.memory_bytes else "files"

    def _end_for_unseen(self, one: Confined) -> None:
        """End the processes for nameless files in /dev/shm; that these go with them shows whose they were."""
        wanted, before = one.unseen_bytes, memory.unseen()
        for keep_root in (True, False):  # the current question's are enough, as a rule
            self.clear("student", keep_root=keep_root)
            if 2 * (before - memory.unseen()) >= wanted:
                one.killed_for = "memory"
                return
        raise SandboxError(
            f"/dev/shm holds {before >> 20} MB of files without a name that are not this hand-in's; "
            "grade it again when whoever has them has ended"
        )

    def _fills_disk(self, one: Confined) -> bool:
        """Tell whether the work folder is too full: looked through when the disk got fuller, and now and then.

        Now and then, since others may make room on the same disk while the student fills it.
        """
        free, now = _free(one.work), time.monotonic()
        fuller = one.free[0] - free[0] >= self.limits.disk_bytes or one.free[1] - free[1] >= self.limits.files
        if not fuller and now < one.next_look:
            return False
        one.free, one.next_look = free, now + LOOK_S
        total, count = self._disk_usage(one)
        return total >= self.limits.disk_bytes or count >= self.limits.files

    def _filled_full_disk(self, one: Confined) -> bool:
        """Tell whether a disk without room is the student's doing.

        A file that is open and has no name any more is in no folder, and in a default container nobody may
        list what another user has open. What shows whose it was is how much comes back with the processes' end.
        """
        free, _ = _free(one.work)
        if free >= LOW_DISK_BYTES:
            return False
        gone = one.room_bytes - free
        used, count = self._disk_usage(one)
        if count >= self.limits.files:  # not all of them could be looked at
            return True
        if 2 * used < gone:
            self.clear("student", keep_root=False)
            used += max(0, _free(one.work)[0] - free)
        if one.room_bytes >= 2 * LOW_DISK_BYTES and 2 * used >= gone:
            return True
        raise SandboxError(f"the disk is full: {free >> 20} MB are left in {one.work.parent}")

    def _disk_usage(self, one: Confined) -> tuple[int, int]:
        """Return bytes and number of the files in the work folder, counted until there are too many."""
        total = count = 0

        def not_listed(error: OSError) -> None:
            # Behind a path that is too long, or closed to us: as bad as too many.
            nonlocal count
            if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
                count = max(count, self.limits.files)

        for root, folders, names in os.walk(one.work, onerror=not_listed):
            for name in (*folders, *names):
                count += 1
                with contextlib.suppress(OSError):
                    total += os.lstat(os.path.join(root, name)).st_blocks * 512
            if root.count("/") > 100:  # deeper than any honest tree: as bad as too many
                count = max(count, self.limits.files)
            if total >= self.limits.disk_bytes or count >= self.limits.files:
                break
        return total, count

    # -- stopping ------------------------------------------------------------------------------

    def interrupt(self, role: str) -> None:
        """Send SIGINT to the newest process of a role: the student learns where it was."""
        one = self.confined.get(role)
        if one is None:
            return
        direct = [p for p in self._pids(one) if p == one.pid or proc.parent_of(p) == one.pid]
        newest = max(direct, key=proc.start_time, default=None)
        if newest is not None:
            with contextlib.suppress(OSError, AttributeError):
                fd = os.pidfd_open(
                    newest
                )  # held, so that its number cannot go to a process of ours meanwhile
                try:
                    if newest in self._pids(one):
                        signal.pidfd_send_signal(fd, signal.SIGINT)
                finally:
                    os.close(fd)

    def clear(self, role: str, *, keep_root: bool) -> int:
        """Kill every process of a role (but its root, if wanted); returns how many are left."""
        one = self.confined.get(role)
        if one is None:
            return 0
        keep = frozenset({one.pid}) if keep_root else frozenset[int]()
        if keep_root and not proc.is_zombie(one.pid):
            one.killed_for = ""  # what it was killed for does not explain how the next process ends
        if one.uid is not None:
            uid = one.uid
            return self._by_reaper(one, lambda reaper: reap.reap_uid(uid, keep, reaper))
        # The root is not collected before ``end_status``, so its number, and its group's, still mean it.
        reap.reap_descendants(one.pid, with_root=not keep_root)
        for pid in self._pids(one) - keep:  # where no filter forbids to leave the group
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + 1.0
        while (
            left := {p for p in self._pids(one) - keep if not proc.is_zombie(p)}
        ) and time.monotonic() < end:
            time.sleep(0.005)
        return len(left)

    def end_status(self, role: str) -> int | None:
        """Return how the root process of a role ended (negative: signal), None while it runs."""
        one = self.confined[role]
        self.control.send(json.dumps({"op": "status", "pid": one.pid}).encode())
        status: int | None = self._receive(10.0)["status"]
        return status

    def release(self, role: str) -> int:
        """End a role: kill, collect, sweep its files. Returns the number of survivors (0)."""
        one = self.confined.get(role)
        if one is None:
            return 0
        left = self.clear(role, keep_root=False)
        end = time.monotonic() + STUBBORN_S
        while left and time.monotonic() < end:  # whoever waits for a slow disk dies when that has answered
            left = self.clear(role, keep_root=False)
        self.end_status(role)
        self._sweep(one)
        with contextlib.suppress(OSError):
            sweep.remove_tree(one.work)  # a student's tree may be deeper than shutil.rmtree can go
        with contextlib.suppress(OSError):
            sweep.remove_tree(_handed_in(one.work))
        self._forget_reaper(one)
        del self.confined[role]
        return left

    def _sweep(self, one: Confined) -> None:
        if one.uid is not None:
            sweep.sweep(one.uid)
        else:
            sweep.sweep_new(one.shared_before)  # the one folder beside its own that it may write

    def close(self) -> None:
        """Stop everything and remove every file."""
        self.control.close()
        for one in self.confined.values():
            with contextlib.suppress(SandboxError, OSError):
                self.clear(one.role, keep_root=False)
                self._sweep(one)
            self._forget_reaper(one)
        if self.reapers is not None:
            self.reapers.close()
        self.zygote.kill()
        self.zygote.wait()
        with contextlib.suppress(OSError):
            scratch.remove(self.base)
        self._held.close()

    def __enter__(self) -> Launcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _handed_in(work: Path) -> Path:
    return work.with_name(f"{work.name}-files")


def _free(folder: Path) -> tuple[int, int]:
    facts = os.statvfs(folder)
    return facts.f_bavail * facts.f_frsize, facts.f_favail
