"""Finding, ending and measuring processes, and removing what they left."""

# Descriptors, errors and /proc are the subject here, not paths.

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import resource
import signal
import socket
import struct
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from autograder import interrupts
from autograder.errors import SandboxError
from autograder.sandbox import identity, proc, reap, sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="changes user ids: needs root")
UNDRAWN = [0, 1, 1000, 65534, 200_000, 2_001_000_001, 2_147_483_646]


def start(work: Callable[[], object], uid: int | None = None) -> int:
    """Fork a process that does ``work``, as another user if wanted, and never comes back."""
    ready, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(ready)
            if uid is not None:
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
            os.setsid()
            os.write(told, b"x")
            os.close(told)
            work()
        finally:
            os._exit(0)
    os.close(told)
    os.read(ready, 1)
    os.close(ready)
    return pid


def wait_until(condition: Callable[[], object], timeout_s: float = 5.0) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.002)


def sleep() -> None:
    """Do nothing, for longer than any test."""
    time.sleep(60)


@pytest.fixture
def collected() -> Iterator[list[int]]:
    """Collect the children that a test lists, whatever became of them."""
    pids: list[int] = []
    yield pids
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


@pytest.fixture
def subreaper() -> Iterator[None]:
    """Adopt orphans during a test, as the zygote does."""
    others = proc.descendants(os.getpid())  # of other tests: not ours to collect
    proc.become_subreaper()
    yield
    proc.seccomp.prctl(proc.seccomp.PR_SET_CHILD_SUBREAPER, 0)
    proc.bury(keep=others)


# -- user ids ----------------------------------------------------------------------------------------


def test_draw_uid_gives_fresh_even_ids() -> None:
    """Drawn ids differ, are even, belong to nobody and pass the guard of the reaper."""
    drawn = {identity.draw_uid() for _ in range(20)}
    assert len(drawn) == 20
    assert all(uid % 2 == 0 and identity.is_drawn(uid) for uid in drawn)
    assert not drawn & identity._accounts()


def test_draw_uid_stays_within_what_is_mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container that maps 65536 ids gets one of those."""
    monkeypatch.setattr(identity, "_read_id_map", lambda _: [range(65_536)])
    uid = identity.draw_uid()
    assert 30_000 <= uid < 60_000
    assert identity.is_drawn(uid)


def test_draw_uid_respects_group_map(monkeypatch: pytest.MonkeyPatch) -> None:
    """The id is used as a group, too, so both maps must hold it."""
    maps = {"uid": [range(1), range(1000, 60_000)], "gid": [range(40_000, 40_010)]}
    monkeypatch.setattr(identity, "_read_id_map", lambda kind: maps[kind])
    assert identity.draw_uid() in range(40_000, 40_010, 2)


def test_draw_uid_avoids_accounts_and_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that an account or a process has, or that its reaper would share, is not drawn."""
    monkeypatch.setattr(identity, "_read_id_map", lambda _: [range(30_000, 30_006)])
    monkeypatch.setattr(identity, "_accounts", lambda: {30_000})
    monkeypatch.setattr(identity, "_users_of_processes", lambda: {30_003})
    assert {identity.draw_uid() for _ in range(10)} == {30_004}


def test_draw_uid_says_when_all_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """When every mapped id is in use the error says so."""
    monkeypatch.setattr(identity, "_read_id_map", lambda _: [range(30_000, 30_002)])
    monkeypatch.setattr(identity, "_users_of_processes", lambda: {30_001})
    with pytest.raises(SandboxError, match=r"no free user id found in 30000\.\.30001"):
        identity.draw_uid()


def test_draw_uid_says_when_none_is_mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rootless container that maps one id gets an error that says what to do."""
    monkeypatch.setattr(identity, "_read_id_map", lambda _: [range(1)])
    with pytest.raises(SandboxError, match="or without root"):
        identity.draw_uid()


@pytest.mark.parametrize("uid", UNDRAWN)
def test_is_drawn_refuses_ids_of_others(uid: int) -> None:
    """Root, people, system users and reapers are never taken for a student's process."""
    assert not identity.is_drawn(uid)


def test_is_drawn_refuses_own_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own id is refused even if it lies in the pool: kill(-1) would end our session."""
    uid = identity.draw_uid()
    monkeypatch.setattr(os, "getresuid", lambda: (1, 1, uid))
    assert not identity.is_drawn(uid)


@pytest.mark.parametrize("uid", UNDRAWN)
def test_reap_uid_refuses_undrawn_id(uid: int) -> None:
    """Nothing is signalled under an id that we did not draw."""
    with pytest.raises(SandboxError, match=f"user id {uid}, which draw_uid does not give out"):
        reap.reap_uid(uid)


@pytest.mark.parametrize("uid", UNDRAWN)
def test_sweep_refuses_undrawn_id(uid: int) -> None:
    """Nothing is removed under an id that we did not draw."""
    with pytest.raises(SandboxError, match=f"user id {uid}, which draw_uid does not give out"):
        sweep.sweep(uid)


# -- ending, by user id --------------------------------------------------------------------------------


def fork_sessions(count: int) -> None:
    """Start processes in sessions of their own, whose parents die: nothing but the user id holds them."""
    for _ in range(count):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                sleep()
            os._exit(0)
        os.wait()
    sleep()


def bomb() -> None:
    """Fork for as long as the kernel lets us; every child does the same."""
    while True:
        with contextlib.suppress(OSError):
            os.fork()


def hop() -> None:
    """Live in one process for a moment only, then go on in a child: no list of processes shows it."""
    while True:
        with contextlib.suppress(OSError):
            if os.fork() != 0:
                os._exit(0)


def without_first_thread() -> None:
    """End the first thread by the bare system call: /proc shows a zombie, and the other thread runs on."""
    threading.Thread(target=sleep).start()
    ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[os.uname().machine], 0)


def limited(work: Callable[[], None]) -> Callable[[], None]:
    """Return ``work`` under the limit of processes that the policy sets."""

    def run() -> None:
        resource.setrlimit(resource.RLIMIT_NPROC, (64, 64))
        work()

    return run


def stop_everyone() -> None:
    """Stop every process that we may signal, again and again."""
    while True:
        with contextlib.suppress(OSError):
            os.kill(-1, signal.SIGSTOP)


def continue_everyone() -> None:
    """Let every process that we may signal go on, again and again."""
    while True:
        with contextlib.suppress(OSError):
            os.kill(-1, signal.SIGCONT)


class Pulse:
    """Shows whether anybody of a family lives: whoever does holds the pipe open."""

    def __init__(self) -> None:
        self.ours, self.theirs = os.pipe()
        os.set_blocking(self.ours, False)

    def still_there(self) -> bool:
        """Tell whether the pipe has a writer; closes our own end of it first."""
        if self.theirs >= 0:
            os.close(self.theirs)
            self.theirs = -1
        try:
            return bool(os.read(self.ours, 1))
        except BlockingIOError:
            return True

    def close(self) -> None:
        """Give the descriptors back."""
        for fd in (self.ours, self.theirs):
            if fd >= 0:
                os.close(fd)


@pytest.fixture
def pulse() -> Iterator[Pulse]:
    """Watches a family through the end of a pipe that every member inherits."""
    made = Pulse()
    yield made
    made.close()


@needs_root
@pytest.mark.parametrize(
    "work",
    [sleep, limited(lambda: fork_sessions(30)), limited(bomb), hop, stop_everyone, without_first_thread],
    ids=["sleep", "sessions", "bomb", "hop", "stop", "no first thread"],
)
def test_reap_uid_leaves_nobody(work: Callable[[], None], collected: list[int], pulse: Pulse) -> None:
    """Sleepers, orphans in sessions of their own, fork bombs, hoppers and stoppers all end."""
    uid = identity.draw_uid()
    collected.append(start(work, uid))
    time.sleep(0.2)
    assert pulse.still_there()
    assert reap.reap_uid(uid) == 0
    wait_until(lambda: not pulse.still_there(), 0.5)
    assert not proc.processes_of(uid)


@needs_root
def test_reap_uid_ends_stopped_processes(collected: list[int]) -> None:
    """A process that stopped itself ends as well."""
    uid = identity.draw_uid()
    pid = start(lambda: os.kill(os.getpid(), signal.SIGSTOP), uid)
    collected.append(pid)
    wait_until(lambda: proc.state_of(pid) == "T")
    assert reap.reap_uid(uid) == 0


@needs_root
@pytest.mark.parametrize(
    "work",
    [limited(lambda: fork_sessions(20)), limited(bomb), hop, continue_everyone, without_first_thread],
    ids=["sessions", "bomb", "hop", "continue", "no first thread"],
)
def test_reap_uid_spares_kept_process(work: Callable[[], None], collected: list[int], pulse: Pulse) -> None:
    """Of one id, everything ends but the process to keep, which goes on running."""
    uid = identity.draw_uid()
    ticks, tick = os.pipe()
    os.set_blocking(ticks, False)

    def keep_ticking() -> None:
        os.close(pulse.theirs)  # it stays, so it does not count
        while True:
            os.write(tick, b"x")
            time.sleep(0.005)

    kept = start(keep_ticking, uid)
    collected += [kept, start(work, uid)]
    time.sleep(0.2)
    assert pulse.still_there()
    assert reap.reap_uid(uid, frozenset({kept})) == 0
    assert proc.processes_of(uid) == {kept}
    wait_until(lambda: not pulse.still_there(), 0.5)
    with contextlib.suppress(BlockingIOError):
        while os.read(ticks, 1 << 16):
            pass
    time.sleep(0.1)
    assert os.read(ticks, 100)
    assert reap.reap_uid(uid) == 0
    os.close(ticks)
    os.close(tick)


@needs_root
def test_reap_uid_ignores_kept_process_of_another(collected: list[int]) -> None:
    """A number to keep that is not of this id spares nobody and is not signalled."""
    uid = identity.draw_uid()
    collected.append(start(sleep, uid))
    assert reap.reap_uid(uid, frozenset({os.getpid()})) == 0


@needs_root
def test_reap_uid_touches_no_other_id(collected: list[int]) -> None:
    """Another student's process and one of root's live on."""
    uid, other = identity.draw_uid(), identity.draw_uid()
    neighbour, ours = start(sleep, other), start(sleep)
    collected += [start(sleep, uid), neighbour, ours]
    assert reap.reap_uid(uid) == 0
    assert not proc.is_zombie(neighbour)
    assert not proc.is_zombie(ours)
    assert reap.reap_uid(other) == 0


@needs_root
def test_reaper_of_the_small_program_reaches_its_id_only(collected: list[int]) -> None:
    """It sees and ends the processes of its id, also after a reap, and nobody else's; it ends when it is let go of."""
    uid, other = identity.draw_uid(), identity.draw_uid()
    mine, theirs = (start(lambda: time.sleep(60), user) for user in (uid, other))
    collected += [mine, theirs]
    reapers = reap.Reapers()
    try:
        with reap.Reaper(uid, reapers) as by:
            assert by.others() == {mine}
            assert proc.processes_of(uid) == {mine, by.pid}
            assert proc.users_of(by.pid) == {uid, uid + 1}
            assert by.signal(0, theirs, os.getpid(), mine) == [mine]
            assert reap.reap_uid(uid, frozenset(), by) == 0
            assert by.others() == frozenset()
        assert proc.wait_for_exit(by.pid, 5.0)
        assert not proc.is_zombie(theirs)
        with reap.Reaper(other, reapers) as by:
            assert reap.reap_uid(other, frozenset(), by) == 0
    finally:
        reapers.close()
    assert reapers.process.returncode == 0


@needs_root
def test_reaper_is_not_answered_what_an_interrupted_one_asked(collected: list[int]) -> None:
    """Who asks again in a signal's handler, while the first answer is under way, learns of its own reaper."""
    uid = identity.draw_uid()
    mine = start(lambda: time.sleep(60), uid)
    collected.append(mine)
    reapers, before = reap.Reapers(), signal.getsignal(signal.SIGALRM)
    left: list[int] = []

    def close(*_: object) -> None:
        reapers.process.send_signal(signal.SIGCONT)
        with reap.Reaper(uid, reapers) as by:
            left.append(reap.reap_uid(uid, frozenset(), by))
        raise interrupts.Interrupted(signal.SIGALRM)  # as whoever closes in a handler does not come back

    try:
        signal.signal(signal.SIGALRM, close)
        reapers.process.send_signal(signal.SIGSTOP)
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGALRM)).start()
        with pytest.raises(interrupts.Interrupted):
            reap.Reaper(uid, reapers)
        assert left == [0]
        assert proc.is_zombie(mine)
        with reap.Reaper(uid, reapers) as by:
            assert by.others() == frozenset()
    finally:
        signal.signal(signal.SIGALRM, before)
        reapers.process.send_signal(signal.SIGCONT)
        reapers.close()


@needs_root
def test_reaper_is_not_answered_an_interrupted_order(collected: list[int]) -> None:
    """An answer that nobody read is not taken for the next order's."""
    uid = identity.draw_uid()
    mine = start(lambda: time.sleep(60), uid)
    collected.append(mine)
    with reap.Reaper(uid) as by:
        by.sock.send(struct.pack("=3i", 1000, 0, os.getpid()))
        assert by.others() == {mine}


@needs_root
def test_reaper_that_was_killed_is_told() -> None:
    """Its orders fail with an error that says whose processes may still run; the program makes another."""
    uid, reapers = identity.draw_uid(), reap.Reapers()
    try:
        with reap.Reaper(uid, reapers) as by:
            os.kill(by.pid, signal.SIGKILL)
            proc.wait_for_exit(by.pid, 5.0)
            with pytest.raises(SandboxError, match=str(uid)):
                by.others()
        with reap.Reaper(uid, reapers) as by:
            assert by.others() == frozenset()
    finally:
        reapers.close()


@needs_root
def test_reap_uid_with_nobody_there_is_quick() -> None:
    """An id without processes costs a few milliseconds."""
    started = time.perf_counter()
    assert reap.reap_uid(identity.draw_uid()) == 0
    assert time.perf_counter() - started < 0.5


@needs_root
def test_processes_of_counts_no_zombies(collected: list[int]) -> None:
    """A process that has ended and waits for its parent is not one of the id's."""
    uid = identity.draw_uid()
    pid = start(lambda: None, uid)
    collected.append(pid)
    wait_until(lambda: proc.is_zombie(pid))
    assert proc.processes_of(uid) == frozenset()


def test_a_process_without_its_first_thread_is_seen_and_measured(collected: list[int]) -> None:
    """It has not ended, whatever /proc says of its first thread; its memory is that of the others."""
    told, tell = os.pipe()

    def fill_and_sleep() -> None:
        content = bytearray(64 << 20)
        content[:: 1 << 12] = b"x" * len(content[:: 1 << 12])
        os.write(tell, b"x")
        time.sleep(60)

    def work() -> None:
        threading.Thread(target=fill_and_sleep).start()
        ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[os.uname().machine], 0)

    pid = start(work)
    collected.append(pid)
    os.read(told, 1)
    wait_until(lambda: proc.state_of(pid) == "Z")
    assert not proc.is_zombie(pid)
    assert not proc.wait_for_exit(pid, 0.05)
    assert pid in proc.processes_of(os.getuid())
    assert proc.memory_bytes([pid]) > 64 << 20
    assert len(os.listdir(f"{proc.living(pid)}/fd")) >= 3
    os.kill(pid, signal.SIGKILL)
    assert proc.wait_for_exit(pid, 5)
    assert proc.is_zombie(pid)
    os.close(told)
    os.close(tell)


# -- ending, by descent --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "work",
    [sleep, lambda: fork_sessions(20), hop, lambda: few(stop_group), without_first_thread],
    ids=["sleep", "sessions", "hop", "stop", "no first thread"],
)
@pytest.mark.parametrize("with_root", [True, False], ids=["with root", "without root"])
def test_reap_descendants_leaves_nobody(
    work: Callable[[], None], with_root: bool, collected: list[int], subreaper: None, pulse: Pulse
) -> None:
    """Without root, what a process started ends with it, orphans included, and we do not."""

    def lead() -> None:
        if os.fork() == 0:
            work()
            os._exit(0)
        os.close(pulse.theirs)  # the leader may stay, so it does not count
        pulse.theirs = -1
        sleep()

    others = proc.descendants(os.getpid())
    leader = start(lead)
    collected.append(leader)
    time.sleep(0.2)
    assert pulse.still_there()
    # As the supervisor does without root: the leader's group first, then whoever the zygote has adopted.
    assert reap.reap_descendants(leader, with_root=with_root) == 0
    assert reap.reap_descendants(os.getpid(), others | {leader}) == 0
    wait_until(lambda: not pulse.still_there(), 0.5)
    assert proc.is_zombie(leader) == with_root
    assert with_root or proc.state_of(leader) in ("R", "S")


def few(work: Callable[[], None]) -> None:
    """Do the same in four processes."""
    os.fork()
    os.fork()
    work()


def stop_group() -> None:
    """Let every other process of the group go on again, whatever stopped it."""
    while True:
        with contextlib.suppress(OSError):
            os.killpg(0, signal.SIGCONT)


def test_reap_descendants_spares_kept_process(collected: list[int]) -> None:
    """A descendant that is to be kept is neither killed nor left stopped."""
    kept, other = start(sleep), start(sleep)
    collected += [kept, other]
    assert reap.reap_descendants(os.getpid(), proc.descendants(os.getpid()) - {other}) == 0
    assert proc.is_zombie(other)
    wait_until(lambda: proc.state_of(kept) == "S")


def test_descendants_are_children_and_theirs(collected: list[int]) -> None:
    """The tree below a process is found; its other relatives are not in it."""

    def family() -> None:
        os.fork()
        os.fork()
        sleep()

    pid = start(family)
    collected.append(pid)
    wait_until(lambda: len(proc.descendants(pid)) == 3)
    tree = proc.descendants(pid)
    assert pid not in tree
    assert os.getpid() not in tree
    assert {pid} | tree <= proc.descendants(os.getpid())
    assert reap.reap_descendants(pid) == 0


def test_descendants_need_no_kernel_option(collected: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """On a kernel without lists of children the same tree is found."""
    pid = start(lambda: (os.fork(), sleep()))
    collected.append(pid)
    wait_until(lambda: proc.descendants(pid))
    tree = proc.descendants(pid)
    monkeypatch.setattr(proc, "children_of", lambda _: None)
    assert proc.descendants(pid) == tree
    assert reap.reap_descendants(pid) == 0


def test_bury_collects_only_what_is_not_kept(collected: list[int], subreaper: None) -> None:
    """Zombies go, but not those whose status is still wanted, nor living children."""
    others = proc.descendants(os.getpid())
    wanted, orphan, alive = start(lambda: None), start(lambda: None), start(sleep)
    collected += [wanted, alive]
    wait_until(lambda: proc.is_zombie(wanted) and proc.is_zombie(orphan))
    assert proc.bury(keep=others | {wanted}) >= 1
    assert proc.state_of(orphan) == ""
    assert os.waitpid(wanted, os.WNOHANG)[0] == wanted
    assert not proc.is_zombie(alive)


def test_wait_for_exit_tells_end_from_timeout(collected: list[int]) -> None:
    """Waiting ends with the process, or with the time, and says which."""
    pid = start(sleep)
    collected.append(pid)
    assert not proc.wait_for_exit(pid, 0.01)
    os.kill(pid, signal.SIGKILL)
    assert proc.wait_for_exit(pid, 5)
    assert proc.wait_for_exit(pid, 5)


# -- looking -----------------------------------------------------------------------------------------


def test_facts_about_a_process_survive_its_name(collected: list[int]) -> None:
    """A process that calls itself ") Z 1" is read like any other."""

    def rename() -> None:
        proc.seccomp.syscall("prctl", 15, b") Z 1 (x\0", 0, 0, 0)
        sleep()

    pid = start(rename)
    collected.append(pid)
    wait_until(lambda: b") Z" in Path(f"/proc/{pid}/stat").read_bytes())
    wait_until(lambda: proc.state_of(pid) == "S")
    assert proc.parent_of(pid) == os.getpid()
    assert proc.start_time(pid) > proc.start_time(1)
    assert not proc.is_zombie(pid)


def test_facts_about_a_process_that_is_gone_are_empty() -> None:
    """A process that ends while we look is no error."""
    pid = start(lambda: None)
    os.waitpid(pid, 0)
    assert proc.is_zombie(pid)
    facts = (proc.parent_of(pid), proc.start_time(pid), proc.memory_bytes([pid]), proc.cpu_s([pid]))
    assert facts == (0, 0, 0, 0)
    assert proc.descendants(pid) == frozenset()


def test_memory_bytes_sees_what_a_process_fills(collected: list[int]) -> None:
    """A process that fills 64 MB shows at least that, summed over processes, less what is shared."""

    def fill() -> None:
        block = b"x" * (64 << 20)
        sleep()
        del block

    pids = [start(fill), start(fill)]
    collected += pids
    wait_until(lambda: all(proc.memory_bytes([pid]) > 64 << 20 for pid in pids))
    both = proc.memory_bytes(pids)
    assert both > 128 << 20
    assert 0 < proc.memory_bytes(pids, shared_bytes=64 << 20) < both - (100 << 20)
    assert proc.memory_bytes(pids, shared_bytes=1 << 40) == 0


def test_cpu_s_sees_process_and_collected_children(collected: list[int]) -> None:
    """Time spent by a child that was collected counts for its parent."""

    def spend() -> None:
        pid = os.fork()
        if pid == 0:
            while time.process_time() < 0.2:
                pass
            os._exit(0)
        os.waitpid(pid, 0)
        sleep()

    pid = start(spend)
    collected.append(pid)
    wait_until(lambda: proc.cpu_s([pid]) >= 0.15)
    assert proc.cpu_s([pid, os.getpid()]) > proc.cpu_s([pid])


# -- files -------------------------------------------------------------------------------------------


def make_awkward_tree(base: Path) -> None:
    """Fill a folder with what a student could leave: depth beyond any path, links, closed folders."""
    base.mkdir()
    (base / "link").symlink_to("/")
    (base / "dangling").symlink_to("nowhere")
    os.mkfifo(base / "fifo")
    (base / "closed").mkdir()
    (base / "closed" / "file").write_text("x")
    (base / "closed").chmod(0)
    for i in range(300):
        (base / f"file{i}").touch()
    here = os.open(".", os.O_RDONLY)
    os.chdir(base)
    for _ in range(3000):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
    os.fchdir(here)
    os.close(here)


def test_remove_tree_removes_any_tree(tmp_path: Path) -> None:
    """3000 nested folders of 200 letters, links and a closed folder go; what links point to stays."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").touch()
    make_awkward_tree(tmp_path / "work")
    (tmp_path / "work" / "to-outside").symlink_to(outside)
    sweep.remove_tree(tmp_path / "work")
    assert not (tmp_path / "work").exists()
    assert (outside / "precious").exists()


def test_remove_tree_removes_link_not_target(tmp_path: Path) -> None:
    """A work folder that was replaced by a link is unlinked, and its target left alone."""
    (tmp_path / "target").mkdir()
    (tmp_path / "work").symlink_to(tmp_path / "target")
    sweep.remove_tree(tmp_path / "work")
    sweep.remove_tree(tmp_path / "never was")
    assert os.listdir(tmp_path) == ["target"]


@needs_root
def test_sweep_removes_files_of_one_id_only(collected: list[int]) -> None:
    """An id's files and folders go from shared folders; others' files and link targets stay."""
    with tempfile.TemporaryDirectory() as base:
        shared = Path(base, "shared")
        shared.mkdir()
        shared.chmod(0o1777)
        os.chmod(base, 0o755)
        (shared / "ours").touch()
        (Path(base) / "precious").touch()
        uid = identity.draw_uid()

        def litter() -> None:
            os.chdir(shared)
            Path("file").touch()
            Path("folder/inner").mkdir(parents=True)
            Path("folder/inner/link").symlink_to(base)
            Path("link").symlink_to(Path(base) / "precious")

        pid = start(litter, uid)
        os.waitpid(pid, 0)
        assert sweep.sweep(uid, [str(shared), "/no/such/folder"]) == 3
        assert os.listdir(shared) == ["ours"]
        assert (Path(base) / "precious").exists()


def test_sweep_new_removes_what_nobody_holds(tmp_path: Path) -> None:
    """Without root: what is new and unused goes; what was there, or is open, mapped or listened on, stays."""
    (tmp_path / "before").touch()
    before = sweep.names_of_ours(str(tmp_path))
    assert before == {"before"}
    for name in ("left", "opened", "mapped"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "before")
    with (
        open(tmp_path / "opened"),
        open(tmp_path / "mapped") as file,
        mmap.mmap(file.fileno(), 1, prot=mmap.PROT_READ),
        socket.socket(socket.AF_UNIX) as server,
        socket.socket(socket.AF_UNIX) as closed,
    ):
        server.bind(str(tmp_path / "serving"))
        server.listen()
        closed.bind(str(tmp_path / "served"))
        closed.close()
        assert sweep.sweep_new(before, str(tmp_path)) == 4
        assert sorted(os.listdir(tmp_path)) == ["before", "mapped", "opened", "serving"]
    assert sweep.sweep_new(before, str(tmp_path)) == 3
    assert sweep.sweep_new(before, "/no/such/folder") == 0


def test_sweep_new_spares_what_is_only_mapped(tmp_path: Path) -> None:
    """A file may be closed after it was mapped, as shared memory is; Python's own mmap keeps it open."""
    (tmp_path / "mapped").write_bytes(b"x")
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    fd = os.open(tmp_path / "mapped", os.O_RDONLY)
    address = libc.mmap(None, 1, mmap.PROT_READ, mmap.MAP_PRIVATE, fd, 0)
    os.close(fd)
    assert sweep.sweep_new((), str(tmp_path)) == 0
    assert libc.munmap(ctypes.c_void_p(address), ctypes.c_size_t(1)) == 0
    assert sweep.sweep_new((), str(tmp_path)) == 1
