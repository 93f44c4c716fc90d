"""The layers: the filter's answers on both architectures, Landlock's rights, entering, and judging a host."""

# Descriptors, errors and /proc are the subject here, not paths.

from __future__ import annotations

import errno
import json
import os
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from autograder.errors import SandboxError
from autograder.sandbox import (
    abilities,
    confine,
    identity,
    interpreter,
    landlock,
    policy,
    proc,
    seccomp,
    sweep,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = os.geteuid() == 0
LANDLOCK = landlock.status()[0]
needs_root = pytest.mark.skipif(not ROOT, reason="changes user ids: needs root")
needs_landlock = pytest.mark.skipif(not LANDLOCK, reason="this kernel has no Landlock")

ALLOWED, KILLED = "allowed", "killed"
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ORDINARY = {  # calls that every program makes
    "x86_64": {
        "read": 0,
        "mmap": 9,
        "fork": 57,
        "kill": 62,
        "futex": 202,
        "openat": 257,
        "lseek": 8,
    },
    "aarch64": {"read": 63, "mmap": 222, "kill": 129, "futex": 98, "openat": 56, "lseek": 62},
}


def verdict(program: bytes, audit: int, number: int, *arguments: int) -> str:
    """Run the filter as the kernel would and name its answer: allowed, killed, or an errno ("0" for none)."""
    values = [a & (1 << 64) - 1 for a in (*arguments, *[0] * 6)][:6]
    data = struct.pack("=IIQ6Q", number & 0xFFFFFFFF, audit, 0, *values)
    register, at = 0, 0
    while True:
        code, if_true, if_false, constant = struct.unpack_from("=HBBI", program, 8 * at)
        at += 1
        if code == 0x20:
            register = struct.unpack_from("=I", data, constant)[0]
        elif code == 0x54:
            register &= constant
        elif code == 0x06:
            if constant == 0x7FFF0000:
                return ALLOWED
            if constant == 0x80000000:
                return KILLED
            assert constant >> 16 == 5
            return errno.errorcode.get(constant & 0xFFFF, "0")
        else:
            holds = {
                0x15: register == constant,
                0x35: register >= constant,
                0x45: bool(register & constant),
            }[code]
            at += if_true if holds else if_false


class Filter:
    """One compiled filter, asked by the names of calls."""

    def __init__(self, machine: str, *, shares_user: bool = False, may_connect: bool = True) -> None:
        self.machine = machine
        self.numbers = {**seccomp.architecture(machine).numbers(), **ORDINARY[machine]}
        self.program = seccomp.compile_filter(machine, shares_user=shares_user, may_connect=may_connect)

    def __call__(self, name: str, *arguments: int) -> str:
        """Return the answer to a call."""
        return verdict(self.program, AUDIT[self.machine], self.numbers[name], *arguments)


@pytest.fixture(params=["x86_64", "aarch64"])
def machine(request: pytest.FixtureRequest) -> str:
    """Both machines that the filter is written for, wherever the test runs."""
    return str(request.param)


def run_confined(work: Callable[[], object], uid: int | None, folder: Path, **changes: Any) -> Any:
    """Return what ``work`` returned in a child that has entered the sandbox, or the text of its error."""
    if uid is not None:
        os.chown(folder, uid, uid)
    rules = {
        "work": str(folder),
        "uid": uid,
        "readable": interpreter.readable_paths(),
        "address_space_bytes": 4 << 30,
        "cpu_s": 30,
        **changes,
    }

    def run() -> str:
        os.setsid()
        layers = confine.enter(policy.Policy(**rules))
        try:
            return json.dumps({"layers": layers, "value": work()})
        except OSError as error:
            return json.dumps({"layers": layers, "error": errno.errorcode[error.errno or 0]})

    return json.loads(interpreter.in_child(run))


@pytest.fixture
def folder() -> Any:
    """Make a work folder that another user can reach: pytest's own lie in a closed one."""
    path = Path(tempfile.mkdtemp(prefix="autograder-test-"))
    yield path
    sweep.remove_tree(path)


@pytest.fixture
def uid() -> int | None:
    """Draw a user id where we are root; else None: same-user mode."""
    return identity.draw_uid() if ROOT else None


# -- seccomp -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("machine", "header"),
    [
        ("x86_64", "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        ("aarch64", "/usr/include/asm-generic/unistd.h"),
    ],
)
def test_numbers_agree_with_kernel_headers(machine: str, header: str) -> None:
    """Every number that this machine's headers know is the one in our table."""
    if not Path(header).exists():
        pytest.skip(f"{header} is not installed")
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\b", Path(header).read_text())
    official = {name: int(number) for name, number in found if name != "syscalls"}  # their count
    ours = seccomp.architecture(machine).numbers()
    known = official.keys() & ours.keys()
    assert len(known) > 80
    assert {name: ours[name] for name in known} == {name: official[name] for name in known}
    strangers = {name for name in ours.keys() - official.keys() if ours[name] <= max(official.values())}
    assert not strangers


def test_filter_refuses_every_denied_call(machine: str) -> None:
    """Each call in the deny table is answered with EPERM."""
    ask = Filter(machine)
    names = [name for group in seccomp.DENIED.values() for name in group if name in ask.numbers]
    assert len(names) > 80
    assert {name: ask(name) for name in names} == dict.fromkeys(names, "EPERM")


def test_filter_allows_ordinary_calls(machine: str) -> None:
    """What every program calls passes, and so do Landlock and connect."""
    ask = Filter(machine)
    names = [*ORDINARY[machine], "landlock_restrict_self", "connect", "seccomp", "fchmod"]
    assert {name: ask(name) for name in names} == dict.fromkeys(names, ALLOWED)


CLOEXEC = 0x80000
CASES = [
    ("socket", (socket.AF_UNIX, 1 | CLOEXEC), ALLOWED),
    ("socket", (socket.AF_UNIX, 5), ALLOWED),
    ("socket", (socket.AF_UNIX, 2), "EACCES"),
    ("socket", (socket.AF_INET, 1), "EACCES"),
    ("socket", (socket.AF_INET6, 1), "EACCES"),
    ("socket", (socket.AF_NETLINK, 3), "EACCES"),
    ("socket", (socket.AF_UNIX | 1 << 32, 1), ALLOWED),  # the kernel drops the upper half as well
    ("socketpair", (socket.AF_UNIX, 1), ALLOWED),
    ("socketpair", (socket.AF_UNIX, 2), "EACCES"),
    ("clone", (0x01200011,), ALLOWED),  # fork
    ("clone", (0x003D0F00,), ALLOWED),  # a thread
    ("clone", (0x10000011,), "EPERM"),  # a user namespace
    ("clone", (0x00020011,), "EPERM"),  # a mount namespace
    ("clone", (0x00008011,), "EPERM"),  # a sibling
    ("clone3", (), "ENOSYS"),
    ("prctl", (15,), ALLOWED),  # PR_SET_NAME
    ("prctl", (seccomp.PR_SET_DUMPABLE, 1), "EPERM"),
    ("prctl", (seccomp.PR_SET_PDEATHSIG, 0), "EPERM"),
    ("prctl", (seccomp.PR_SET_PTRACER, 1), "EPERM"),
    ("ioctl", (0, 0x5401), ALLOWED),  # TCGETS
    ("ioctl", (0, seccomp.TIOCSTI), "EPERM"),
    ("ioctl", (0, seccomp.TIOCSTI | 1 << 32), "EPERM"),
    ("ioctl", (0, seccomp.TIOCLINUX), "EPERM"),
    ("prlimit64", (0, 7), ALLOWED),
    ("prlimit64", (1, 7), "EPERM"),
    ("sched_setaffinity", (0,), ALLOWED),
    ("sched_setaffinity", (1,), "EPERM"),
    ("sched_setattr", (1,), "EPERM"),
    ("sched_setparam", (1,), "EPERM"),
    ("sched_setscheduler", (1,), "EPERM"),
    ("setpriority", (0, 0, 5), ALLOWED),
    ("setpriority", (0, 1, 5), "EPERM"),
    ("setpriority", (2, 0, 5), "EPERM"),  # everything of this user
    ("ioprio_set", (1, 0), ALLOWED),
    ("ioprio_set", (1, 1), "EPERM"),
    ("ioprio_set", (3, 0), "EPERM"),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), CASES)
def test_filter_judges_arguments(machine: str, name: str, arguments: tuple[int, ...], expected: str) -> None:
    """A call that is harmless or not by its flags is judged by them."""
    assert Filter(machine)(name, *arguments) == expected


def test_filter_does_not_know_newer_calls(machine: str) -> None:
    """A call that came after our table is not implemented."""
    ask = Filter(machine)
    assert verdict(ask.program, AUDIT[machine], seccomp.LAST_KNOWN + 1) == "ENOSYS"
    assert verdict(ask.program, AUDIT[machine], 1023) == "ENOSYS"


def test_filter_kills_foreign_numbering(machine: str) -> None:
    """Another architecture's calls, and x32's, end the process."""
    ask = Filter(machine)
    assert verdict(ask.program, 0x40000003, 1) == KILLED
    assert verdict(ask.program, AUDIT[machine], seccomp.X32_BIT | 59) == KILLED
    assert verdict(ask.program, AUDIT[machine], -1) == KILLED


def test_filter_for_shared_user_makes_mode_changes_inert(machine: str) -> None:
    """Where student code has our user id, modes and owners seem to change and do not."""
    ask = Filter(machine, shares_user=True)
    names = [name for name in seccomp.INERT if name in ask.numbers]
    assert {name: ask(name) for name in names} == dict.fromkeys(names, "0")
    own = {name: "ENOTSUP" if name in seccomp.ATTRIBUTES else ALLOWED for name in names}
    assert {name: Filter(machine)(name) for name in names} == own


def test_filter_carries_out_no_advice_and_waits_for_no_disk(machine: str) -> None:
    """Success, and nothing done; what tells which pages are in memory, or waits for a disk, is refused."""
    ask = Filter(machine)
    names = [name for name in seccomp.NOT_CARRIED_OUT if name in ask.numbers]
    assert {name: ask(name) for name in names} == dict.fromkeys(names, "0")
    assert [ask("madvise", 0, 4096, advice) for advice in (0, 3, 4, 14, 20, 21, 25)] == [ALLOWED] * 4 + [
        "EINVAL"
    ] * 3
    assert [ask("preadv2", 0, 0, 0, 0, 0, flag) for flag in (0, 1, 8, 0x80)] == [ALLOWED] * 2 + [
        "ENOTSUP"
    ] * 2
    assert [ask("pwritev2", 0, 0, 0, 0, 0, flag) for flag in (0, 2, 4, 8)] == [ALLOWED] + ["ENOTSUP"] * 3
    direct = seccomp.architecture(machine).direct
    for flags, answer in (
        (0o102, ALLOWED),
        (0o4010001, "EINVAL"),
        (0o10001, "EINVAL"),
        (direct, "EINVAL"),
        (0o20200002, "ENOTSUP"),
    ):
        assert ask("openat", 0, 0, flags) == answer
    assert [ask("fcntl", 3, 4, flags) for flags in (0o4000, direct)] == [ALLOWED, "EINVAL"]
    assert ask("fcntl", 3, 1030, direct) == ALLOWED
    assert ask("openat2") == "ENOSYS"
    assert [ask(name) for name in ("mincore", "cachestat", "io_setup")] == ["EPERM"] * 3


def test_filter_leaves_socket_buffers_as_they_are(machine: str) -> None:
    """Answered with success; programs for sockets are refused, other options and levels pass."""
    ask = Filter(machine)
    assert [ask("setsockopt", 3, 1, option) for option in (7, 8, 32, 33)] == ["0"] * 4
    assert [ask("setsockopt", 3, 1, option) for option in (26, 50)] == ["EPERM"] * 2
    assert [ask("setsockopt", 3, level, option) for level, option in ((1, 16), (1, 20), (6, 7))] == [
        ALLOWED
    ] * 3


def test_filter_without_connect_refuses_it(machine: str) -> None:
    """Where nothing else keeps student code from named sockets, connecting is refused."""
    assert Filter(machine, may_connect=False)("connect") == "EACCES"


def test_filter_fits_the_kernel(machine: str) -> None:
    """The program stays below the kernel's 4096 instructions."""
    assert len(Filter(machine, shares_user=True).program) // 8 < 4096


def test_architecture_refuses_unknown_machine() -> None:
    """On another machine the error names it and what would do."""
    with pytest.raises(SandboxError, match=r"'riscv64'.*x86_64 and aarch64"):
        seccomp.architecture("riscv64")


# -- Landlock ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM])
def test_landlock_status_takes_refusals_for_absence(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel without it, with it off, and a container that forbids it look alike."""

    def refuse(*_: object) -> int:
        raise OSError(number, "no")

    monkeypatch.setattr(seccomp, "syscall", refuse)
    assert landlock.status() == (0, errno.errorcode[number])


def test_landlock_status_raises_what_it_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any other error is a mistake of ours, not absence."""

    def refuse(*_: object) -> int:
        raise OSError(errno.EINVAL, "no")

    monkeypatch.setattr(seccomp, "syscall", refuse)
    with pytest.raises(OSError, match="no"):
        landlock.status()


@pytest.mark.parametrize(
    ("abi", "newest"),
    [
        (1, landlock.MAKE_SYM),
        (2, landlock.REFER),
        (3, landlock.TRUNCATE),
        (4, landlock.TRUNCATE),
        (5, landlock.IOCTL_DEV),
        (7, landlock.IOCTL_DEV),
        (9, landlock.RESOLVE_UNIX),
    ],
)
def test_landlock_handles_what_its_abi_knows(abi: int, newest: int) -> None:
    """An ABI handles every right up to its newest one and nothing later."""
    assert landlock.handled_rights(abi) == 2 * newest - 1


@needs_landlock
def test_landlock_build_skips_missing_paths() -> None:
    """A path that this host does not have is left out."""
    os.close(landlock.build([("/no/such/path", landlock.READ), ("/dev/null/below", landlock.READ)]))


def test_landlock_read_write_has_no_exec_and_no_devices() -> None:
    """Even in its own folder a student's process may not run programs or make device nodes."""
    assert not landlock.READ_WRITE & (landlock.EXECUTE | landlock.MAKE_CHAR | landlock.MAKE_BLOCK)


# -- entering ------------------------------------------------------------------------------------------


def test_enter_reports_every_layer(folder: Path, uid: int | None) -> None:
    """The report has each layer once, active where this host has it."""
    layers = run_confined(lambda: None, uid, folder)["layers"]
    assert tuple(layers) == policy.LAYERS
    assert layers["seccomp"] == layers["no_new_privs"] == layers["oom"] == "active"
    assert layers["uid"] == ("active" if ROOT else "absent: same user")
    assert layers["landlock"] == (f"active: ABI {LANDLOCK}" if LANDLOCK else layers["landlock"])
    assert layers["chroot"] == "off"


def test_enter_leaves_disabled_layers_out(folder: Path, uid: int | None) -> None:
    """A layer that a test knocks out is reported as off and not applied."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    off = frozenset(policy.LAYERS)
    answer = run_confined(lambda: resource.getrlimit(resource.RLIMIT_NOFILE), uid, folder, disabled=off)
    assert answer["layers"] == dict.fromkeys(policy.LAYERS, "off")
    assert answer["value"] == list(before)


def test_enter_sets_limits(folder: Path, uid: int | None) -> None:
    """Every limit of the policy holds in the child, and core files are off."""
    kinds = ("AS", "CPU", "FSIZE", "NOFILE", "CORE")

    def read() -> dict[str, int]:
        return {kind: resource.getrlimit(getattr(resource, f"RLIMIT_{kind}"))[0] for kind in kinds}

    found = run_confined(read, uid, folder, open_files=77, file_bytes=1 << 20)["value"]
    assert found == {"AS": 4 << 30, "CPU": 30, "FSIZE": 1 << 20, "NOFILE": 77, "CORE": 0}


def test_enter_stays_below_hard_limits(folder: Path, uid: int | None) -> None:
    """A host that allows less than the policy is not an error."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = run_confined(
        lambda: resource.getrlimit(resource.RLIMIT_NOFILE), uid, folder, open_files=hard + 1000
    )
    assert found["value"] == [hard, hard]


def test_enter_works_in_work_folder(folder: Path, uid: int | None) -> None:
    """The child starts in its folder and may fill it, with files that nobody else can read."""

    def work() -> list[object]:
        Path("file").write_text("x")
        shutil.copy("file", "copy")
        Path("new").touch()
        return [os.getcwd(), os.stat("file").st_mode & 0o777, sorted(os.listdir("."))]

    found = run_confined(work, uid, folder)
    assert found["value"] == [str(folder), 0o600, ["copy", "file", "new"]]


@needs_root
def test_enter_gives_up_root_for_good(folder: Path, uid: int | None) -> None:
    """All ids are the drawn one, no group and no capability is left."""

    def read() -> list[object]:
        status = Path("/proc/self/status").read_text()
        capabilities = re.findall(r"^Cap(?:Inh|Prm|Eff|Amb):\s+(\w+)", status, re.MULTILINE)
        return [os.getresuid(), os.getresgid(), os.getgroups(), capabilities]

    expected = [[uid] * 3, [uid] * 3, [], ["0" * 16] * 4]
    assert run_confined(read, uid, folder)["value"] == expected


def test_enter_in_same_user_mode_drops_capabilities(folder: Path) -> None:
    """Where the user id stays, even root's, what it may beyond others goes."""

    def read() -> str:
        return re.findall(r"^CapEff:\s+(\w+)", Path("/proc/self/status").read_text(), re.MULTILINE)[0]

    assert run_confined(read, None, folder)["value"] == "0" * 16


def test_enter_dies_with_its_parent(folder: Path, uid: int | None) -> None:
    """When the process that forked it is killed, the child goes too."""
    if uid is not None:
        os.chown(folder, uid, uid)
    reader, writer = os.pipe()
    middle = os.fork()
    if middle == 0:
        pid = os.fork()
        if pid == 0:
            rules = policy.Policy(str(folder), uid, (), address_space_bytes=None, cpu_s=30)
            confine.enter(rules)
            os.write(writer, str(os.getpid()).encode())
            time.sleep(60)
            os._exit(0)
        time.sleep(60)
        os._exit(0)
    child = int(os.read(reader, 100))
    os.close(reader)
    os.close(writer)
    os.kill(middle, signal.SIGKILL)
    os.waitpid(middle, 0)
    assert proc.wait_for_exit(child, 5)


def test_enter_refuses_unknown_layer(folder: Path) -> None:
    """A misspelt knock-out is an error, not a layer that silently stays."""
    with pytest.raises(SandboxError, match="'sekkomp'"):
        confine.enter(policy.Policy(str(folder), None, (), None, 1, disabled=frozenset({"sekkomp"})))


@pytest.mark.parametrize("wrong", [0, 1000, 65534, 2_100_000_001])
def test_enter_refuses_undrawn_user_id(wrong: int, folder: Path) -> None:
    """An id that somebody else may have, or its reaper's, is refused."""
    with pytest.raises(SandboxError, match=f"user id {wrong}, which draw_uid does not give out"):
        confine.enter(policy.Policy(str(folder), wrong, (), None, 1))


def test_enter_refuses_second_thread(folder: Path) -> None:
    """A thread that exists already would keep its rights, so entering with one is an error."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        threads = len(os.listdir("/proc/self/task"))  # this process may have NumPy's beside ours
        with pytest.raises(SandboxError, match=f"found {threads} threads, limit 1"):
            confine.enter(policy.Policy(str(folder), None, (), None, 1))
    finally:
        done.set()
        thread.join()


@needs_root
def test_enter_refuses_work_outside_of_jail(folder: Path, tmp_path: Path, uid: int | None) -> None:
    """A work folder that the jail does not hold would be another one inside."""
    with pytest.raises(SandboxError, match="outside of jail"):
        run_confined(lambda: None, uid, folder, jail=str(tmp_path))


@needs_landlock
def test_enter_fork_parts_fork_from_origin(folder: Path, uid: int | None) -> None:
    """A question's fork cannot signal the snapshot it came from, but may still end its own workers."""
    if LANDLOCK < landlock.SCOPE_ABI:
        pytest.skip(f"Landlock ABI {LANDLOCK} does not cover signals")

    def work() -> int:
        pid = os.fork()
        if pid == 0:
            parted = confine.enter_fork()
            try:
                os.kill(os.getppid(), 0)
                os._exit(1)
            except PermissionError:
                worker = os.fork()
                if worker == 0:
                    signal.pause()
                os.kill(worker, signal.SIGKILL)
                os.waitpid(worker, 0)
                os.mkdir("folder")
                Path("file").touch()
                os.rename("file", "folder/file")
                os._exit(0 if parted else 2)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    assert run_confined(work, uid, folder)["value"] == 0


TORCH = """
    import json, multiprocessing, os, socket, sys, tempfile, threading
    import matplotlib
    matplotlib.use("agg")
    import matplotlib.pyplot as plt
    import torch, torch._dynamo
    from torch.utils.data import DataLoader, TensorDataset
    from autograder.sandbox import policy, reap
    from autograder.sandbox import confine
    from autograder.sandbox import abilities
    from autograder.sandbox import interpreter
    from autograder.sandbox import proc
    from autograder.sandbox import sweep
    torch.set_num_threads(1)
    confine.preload()
    work, uid, disabled = json.loads(sys.argv[1])

    def run():
        os.environ.update(HOME=work, TMPDIR=work, MPLCONFIGDIR=work)
        tempfile.tempdir = work  # torch has asked for it already, and it is asked for only once
        rules = policy.Policy(work, uid, interpreter.readable_paths(), 4 << 30, 60, disabled=frozenset(disabled))
        confine.enter(rules)
        model = torch.nn.Sequential(torch.nn.Conv1d(4, 8, 3), torch.nn.Flatten(), torch.nn.Linear(112, 2))
        optimizer = torch.optim.Adam(model.parameters())
        model(torch.randn(8, 4, 16)).sum().backward()
        optimizer.step()
        workers = 2 if policy.allows_connect(rules) else 0
        batches = DataLoader(TensorDataset(torch.arange(64.0)), batch_size=8, num_workers=workers)
        seen = sum(len(batch) for (batch,) in batches)
        torch.save(model.state_dict(), "weights.pt")
        plt.plot([1, 2])
        plt.savefig("figure.png")
        with multiprocessing.get_context("fork").Pool(2) as pool:
            doubled = pool.map(abs, [-1, 2])
        tensors = len(torch.load("weights.pt"))
        return json.dumps([seen, tensors, os.path.getsize("figure.png") > 1000, doubled])

    print(interpreter.in_child(run))
    sys.stdout.flush()
    os._exit(0)
"""


@pytest.mark.slow
def test_enter_keeps_honest_work_going(folder: Path, uid: int | None) -> None:
    """Training, DataLoader workers, saving, figures and a process pool work inside."""
    pytest.importorskip("torch")
    disabled = []
    if uid is not None:
        try:
            interpreter.check_interpreter_readable(uid)
            os.chown(folder, uid, uid)
        except SandboxError:
            disabled = ["uid"]  # this Python lies in a closed home: all other layers still apply
    done = subprocess.run(
        [sys.executable, "-B", "-c", textwrap.dedent(TORCH), json.dumps([str(folder), uid, disabled])],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout.strip() == json.dumps([64, 4, True, [1, 2]]), done.stderr[-3000:]


# -- judging a host --------------------------------------------------------------------------------------

FULL = {
    "oom": "active",
    "chroot": "available",
    "rlimits": "active",
    "uid": "active",
    "no_new_privs": "active",
    "landlock": "active: ABI 7",
    "seccomp": "active",
    "network": "absent: eth0 is up",
}


def test_probe_reports_host(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every layer and the outer network are named, and nothing is left behind."""
    folder.chmod(0o711)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    layers = abilities.probe()
    assert layers.keys() == {*policy.LAYERS, "network"}
    assert all(status.startswith(("active", "absent: ", "available")) for status in layers.values())
    assert layers["uid"].startswith("active") == ROOT
    assert list(folder.iterdir()) == []


def test_decide_allows_full_host() -> None:
    """With every layer there is nothing to say."""
    assert policy.decide(FULL) == policy.Decision(True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"landlock": "absent: ENOSYS"}, "landlock is absent: ENOSYS: student code can read every file"),
        ({"uid": "absent: same user"}, "uid is absent: same user: student code runs under the grader's"),
        ({"landlock": "active: ABI 5"}, "abstract UNIX sockets"),
        ({"seccomp": "absent: EINVAL", "network": "active: no interface but lo"}, "without a network"),
        ({"rlimits": "off"}, "only deadlines"),
        ({"rlimits": "active: but not on processes"}, "fork bomb lasts"),
        ({"oom": "absent: EACCES"}, "may end the grader"),
    ],
)
def test_decide_warns_where_other_layers_cover(changes: dict[str, str], words: str) -> None:
    """A missing layer that the others make up for is allowed, and said."""
    decision = policy.decide({**FULL, **changes})
    assert decision.allowed
    assert not decision.refusal
    assert any(words in warning for warning in decision.warnings)


def test_decide_says_nothing_of_files_in_a_jail() -> None:
    """A jail that was entered replaces Landlock for files."""
    decision = policy.decide({**FULL, "landlock": "absent: ENOSYS", "chroot": "active"})
    assert not any("every file" in warning for warning in decision.warnings)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"landlock": "absent: EPERM", "seccomp": "absent: EPERM"},
            "seccomp is absent: EPERM and landlock is",
        ),
        ({"landlock": "absent: ENOSYS", "uid": "absent: same user"}, "needs seccomp and Landlock ABI 6"),
        ({"landlock": "active: ABI 5", "uid": "absent: same user"}, "landlock is active: ABI 5"),
        ({"seccomp": "off", "uid": "absent: same user"}, "seccomp is off"),
        ({"seccomp": "absent: EINVAL"}, "network is absent: eth0 is up"),
        ({"no_new_privs": "absent: EINVAL"}, "no_new_privs is absent: EINVAL"),
    ],
)
def test_decide_refuses_what_nothing_covers(changes: dict[str, str], words: str) -> None:
    """The refusal names the layers, says that no score was given and what to do."""
    decision = policy.decide({**FULL, **changes})
    assert not decision.allowed
    assert words in decision.refusal
    assert "no score was given" in decision.refusal
    assert "--i-trust-this-code" in decision.refusal


def test_decide_refuses_empty_report() -> None:
    """A report that says nothing is not enough."""
    assert not policy.decide({}).allowed


@pytest.mark.parametrize(
    ("uid_given", "abi", "expected"),
    [(True, 7, True), (False, 7, False), (False, 9, True), (False, 0, False)],
)
def test_allows_connect_only_where_sockets_are_guarded(
    uid_given: bool, abi: int, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named sockets may be used with a user id of its own, or under Landlock ABI 9."""
    monkeypatch.setattr(landlock, "status", lambda: (abi, ""))
    rules = policy.Policy("/", 2_100_000_000 if uid_given else None, (), None, 1)
    assert policy.allows_connect(rules) is expected


# -- the interpreter ---------------------------------------------------------------------------------------


def test_readable_paths_hold_no_secrets() -> None:
    """The accounts, the course's source tree and the folders above them are not readable."""
    paths = [Path(p) for p in interpreter.readable_paths()]
    for secret in (Path("/etc/passwd"), Path(__file__), Path.home() / ".ssh", Path("/autograder/source")):
        assert not any(secret.is_relative_to(path) for path in paths)


def test_readable_paths_refuse_course_among_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """A course that lies where student code may read is refused."""
    inside = Path(interpreter._library_folders()[0]) / "course"
    monkeypatch.setattr(interpreter, "__file__", str(inside / "autograder/sandbox/interpreter.py"))
    with pytest.raises(SandboxError, match="Move the course"):
        interpreter.readable_paths.__wrapped__()


def test_closed_interpreter_is_found_without_imports_as_the_drawn_user(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Python's own modules may be what is closed, so nothing is looked up once the user id has changed."""

    def child(work: Callable[[], str]) -> str:
        monkeypatch.setattr(interpreter, "_library_folders", lambda: pytest.fail("looked up in the child"))
        for name in ("setgroups", "setresgid", "setresuid"):
            monkeypatch.setattr(os, name, lambda *_: None)
        return work()

    monkeypatch.setattr(interpreter, "in_child", child)
    interpreter.check_interpreter_readable(30_000)


def test_check_interpreter_readable_has_nothing_to_check_for_same_user() -> None:
    """In same-user mode whatever we can import, student code can."""
    interpreter.check_interpreter_readable(None)


@needs_root
def test_check_interpreter_readable_names_closed_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Python in a closed home is found before a run, with the folder to open or to copy."""
    with tempfile.TemporaryDirectory() as base:
        os.chmod(base, 0o755)
        library = Path(base, "home/lib")
        library.mkdir(parents=True)
        monkeypatch.setattr(interpreter, "_library_folders", lambda: [str(library)])
        uid = identity.draw_uid()
        interpreter.check_interpreter_readable(uid)
        (library / "closed").mkdir(mode=0o700)
        with pytest.raises(SandboxError, match=r"home/lib/closed: found mode 0700.*Use a copy"):
            interpreter.check_interpreter_readable(uid)
        library.parent.chmod(0o700)
        with pytest.raises(SandboxError, match="home: found mode 0700"):
            interpreter.check_interpreter_readable(uid)
