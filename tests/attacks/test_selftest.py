"""The self-test: what it finds on this host, and that every layer is missed when it is knocked out."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from autograder.errors import SandboxError
from autograder.sandbox import identity, landlock, proc, selftest, sweep
from autograder.sandbox import interpreter as python_of_ours
from autograder.sandbox.probes.attempt import Canaries, Skipped, attack, need

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = os.geteuid() == 0
LANDLOCK = landlock.status()[0]
needs_root = pytest.mark.skipif(not ROOT, reason="changes user ids: needs root")
needs_landlock = pytest.mark.skipif(
    LANDLOCK < landlock.SCOPE_ABI, reason=f"Landlock ABI {LANDLOCK} does not cover signals"
)
CURRENT = "(3, 11) <= __import__('sys').version_info[:2]"


@pytest.fixture(scope="module")
def interpreter() -> str:
    """Find a Python that a drawn user id can read: ours, or the system's where ours lies in a closed home."""
    if not ROOT:
        return sys.executable
    try:
        python_of_ours.check_interpreter_readable(identity.draw_uid())
    except SandboxError:
        system = shutil.which("python3", path="/usr/bin:/usr/local/bin")
        if not system or subprocess.run([system, "-c", f"assert {CURRENT}"], check=False).returncode:
            pytest.skip("no Python that a drawn user id can read")
        return system
    return sys.executable


def outcomes(result: dict[str, Any]) -> dict[str, str]:
    """Return name -> outcome of every probe."""
    return {probe["name"]: probe["outcome"] for probe in result["probes"]}


@pytest.mark.parametrize("same_user", [False, True], ids=["own user", "same user"])
def test_sandbox_holds_on_this_host(same_user: bool, interpreter: str) -> None:
    """No active layer is broken and every honest need is met, with a user id of its own and without."""
    result = selftest.selftest(same_user=same_user, interpreter=interpreter)
    assert result["broken"] == []
    assert "error" not in outcomes(result).values()
    assert len(result["probes"]) >= 35
    if result["layers"]["seccomp"] == "active" and LANDLOCK >= landlock.SCOPE_ABI:
        assert result["decision"]["allowed"]


@needs_landlock
def test_same_user_mode_stops_attacks_on_grader(interpreter: str) -> None:
    """Without a change of user, Landlock and the filter alone keep the grader's things out of reach."""
    found = outcomes(selftest.selftest(same_user=True, interpreter=interpreter))
    attacks = [
        "read_private_file",
        "read_parent_environment",
        "open_parent_memory",
        "signal_parent",
        "trace_sibling",
        "limit_parent",
        "change_mode",
        "connect_private_socket",
    ]
    assert {name: found[name] for name in attacks} == dict.fromkeys(attacks, "blocked")


def test_selftest_result_is_plain_data(interpreter: str) -> None:
    """The result survives JSON, names each probe once and says what it is for."""
    result = selftest.selftest(interpreter=interpreter)
    assert json.loads(json.dumps(result)) == result
    names = [probe["name"] for probe in result["probes"]]
    assert len(set(names)) == len(names)
    assert all(probe["what"].endswith(".") for probe in result["probes"])
    assert result.keys() == {"layers", "decision", "probes", "broken", "elapsed_s"}


KNOCK_OUTS = [
    ("seccomp", ("inet_socket", "udp_socket", "unshare_user", "io_uring", "keyrings", "watch_files")),
    ("seccomp", ("open_to_debuggers", "outlive_parent", "type_for_user", "datagram_socket", "leave_group")),
    (
        "landlock",
        ("read_shared_file", "list_folder", "read_accounts", "list_processes", "write_shared_folder"),
    ),
    ("rlimits", ("large_file", "large_mapping", "many_files", "many_threads", "many_processes")),
    ("oom", ("die_last",)),
]
KNOCK_OUTS_AS_ROOT = [
    ("uid", ("change_mode", "connect_private_socket")),
    ("landlock uid", ("read_private_file", "signal_parent", "outlive_grader", "list_parent_descriptors")),
    ("seccomp uid", ("limit_parent", "pin_sibling", "slow_sibling", "change_root", "become_root")),
    (
        "seccomp uid landlock",
        ("trace_sibling", "copy_sibling_memory", "take_sibling_descriptor", "make_device"),
    ),
    ("seccomp uid landlock", ("read_parent_environment", "open_parent_memory", "run_program", "mount")),
    ("seccomp landlock", ("connect_tcp", "run_program", "connect_abstract_socket")),
    ("no_new_privs", ("read_shared_file", "inet_socket", "run_program")),
]
KNOCK_OUTS_AS_USER = [
    ("seccomp", ("change_mode", "limit_parent", "connect_private_socket", "pin_sibling", "slow_sibling")),
    ("landlock", ("read_private_file", "signal_parent", "read_parent_environment", "open_parent_memory")),
    ("seccomp landlock", ("trace_sibling", "copy_sibling_memory", "take_sibling_descriptor", "connect_tcp")),
    ("no_new_privs", ("read_private_file", "inet_socket", "run_program")),
]


@pytest.mark.parametrize(
    ("layers", "expected"), KNOCK_OUTS + (KNOCK_OUTS_AS_ROOT if ROOT else KNOCK_OUTS_AS_USER)
)
def test_probes_miss_a_layer_that_is_knocked_out(
    layers: str, expected: tuple[str, ...], interpreter: str
) -> None:
    """What a layer stops gets through without it: so each of these probes can fail, and is no decoration."""
    if "landlock" in layers and not LANDLOCK:
        pytest.skip("this kernel has no Landlock to knock out")
    result = selftest.selftest(disabled=frozenset(layers.split()), interpreter=interpreter)
    found = outcomes(result)
    assert {name: found[name] for name in expected} == dict.fromkeys(expected, "allowed")
    assert result["broken"] == []


@pytest.mark.parametrize(
    "layers", ["seccomp landlock", "uid landlock", "uid seccomp", "no_new_privs"], ids=str.split
)
def test_decision_refuses_two_layers_less(layers: str, interpreter: str) -> None:
    """Without two of the three walls hidden checks are refused, with both named."""
    result = selftest.selftest(disabled=frozenset(layers.split()), interpreter=interpreter)
    assert not result["decision"]["allowed"]
    assert all(name in result["decision"]["refusal"] for name in layers.split() if name != "uid")


@needs_root
def test_jail_replaces_landlock_for_files(interpreter: str) -> None:
    """Where Landlock is missing, a jail hides files and processes."""
    jail = Path(tempfile.mkdtemp(prefix="autograder-jail-"))
    try:
        jail.chmod(0o755)
        for name in ("tmp", "dev/shm"):
            (jail / name).mkdir(parents=True)
            (jail / name).chmod(0o1777)
        result = selftest.selftest(disabled=frozenset({"landlock"}), jail=str(jail), interpreter=interpreter)
    finally:
        sweep.remove_tree(jail)
    found = outcomes(result)
    hidden = ["read_shared_file", "list_folder", "read_accounts", "list_processes", "read_parent_command"]
    assert result["layers"]["chroot"] == "active"
    assert {name: found[name] for name in hidden} == dict.fromkeys(hidden, "blocked")
    # An empty jail lacks what honest code needs, and the self-test says so.
    assert "import_late" in result["broken"]
    attacks = {probe["name"] for probe in result["probes"] if not probe["need"]}
    assert not attacks & set(result["broken"])


@needs_root
@needs_landlock
@pytest.mark.skipif(not shutil.which("setpriv"), reason="setpriv (util-linux) is not installed")
@pytest.mark.parametrize(
    ("capabilities", "own_user"),
    [("chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,sys_chroot,mknod", True), ("", False)],
    ids=["container", "none"],
)
def test_sandbox_holds_with_fewer_capabilities(capabilities: str, own_user: bool, interpreter: str) -> None:
    """Root as in a default container can change users; root without capabilities falls back and holds."""
    bounding = ",".join(["-all", *(f"+{name}" for name in capabilities.split(",") if name)])
    code = """if True:
        import json, sys
        sys.path.insert(0, sys.argv[1])
        from autograder.sandbox.selftest import selftest
        print(json.dumps(selftest()))
    """
    program = [interpreter, "-I", "-B", "-c", code, str(Path(__file__).parents[2])]
    done = subprocess.run(
        ["setpriv", f"--bounding-set={bounding}", "--inh-caps=-all", *program],
        capture_output=True,
        check=True,
        timeout=60,
    )
    result = json.loads(done.stdout)
    assert result["broken"] == []
    assert result["layers"]["uid"] == ("active" if own_user else "absent: same user")
    assert result["decision"]["allowed"]


# -- the self-test itself ------------------------------------------------------------------------------


@pytest.fixture
def buried() -> Iterator[None]:
    """Collect afterwards what a probe of the test's forked."""
    yield
    proc.bury(keep=proc.descendants(os.getpid()))


def enter_nothing() -> dict[str, str]:
    """Stand in for a sandbox that claims to filter and does nothing."""
    return {"seccomp": "active"}


@pytest.mark.usefixtures("buried")
def test_probe_that_gets_through_an_active_layer_is_broken() -> None:
    """A layer that says it is active and stops nothing is what the self-test is for."""

    @attack("seccomp")
    def walks_in(_: Canaries) -> None:
        """Do nothing."""

    @attack("landlock")
    def walks_in_elsewhere(_: Canaries) -> None:
        """Do nothing."""

    report = selftest.run_probes(enter_nothing, [walks_in, walks_in_elsewhere])
    assert [(p.name, p.outcome, p.broken) for p in report.probes] == [
        ("walks_in", "allowed", True),
        ("walks_in_elsewhere", "allowed", False),
    ]


@pytest.mark.usefixtures("buried")
def test_probe_that_cannot_be_carried_out_is_not_taken_for_stopped() -> None:
    """A probe with a mistake in it, or without an end, counts as broken where a layer should have acted."""

    @attack("seccomp")
    def stumbles(_: Canaries) -> None:
        """Divide by zero."""
        raise ZeroDivisionError("division by zero")

    @attack("seccomp", reached=(2,))
    def reaches(_: Canaries) -> None:
        """Get an answer that only the kernel's own code gives."""
        raise FileNotFoundError(2, "no")

    @attack("seccomp")
    def passes_by(_: Canaries) -> None:
        """Have no meaning here."""
        raise Skipped("not here")

    probes = {p.name: p for p in selftest.run_probes(enter_nothing, [stumbles, reaches, passes_by]).probes}
    assert (probes["stumbles"].outcome, probes["stumbles"].broken) == ("error", True)
    assert (probes["reaches"].outcome, probes["reaches"].broken) == ("allowed", True)
    assert (probes["passes_by"].outcome, probes["passes_by"].broken) == ("skipped", False)


@pytest.mark.usefixtures("buried")
def test_probes_after_death_of_the_child_are_errors() -> None:
    """When a probe ends the child, it and what was to follow are reported, not forgotten."""

    @attack("seccomp")
    def stopped(_: Canaries) -> None:
        """Be refused."""
        raise PermissionError(1, "no")

    @attack("seccomp")
    def dies(_: Canaries) -> None:
        """End the process."""
        os.kill(os.getpid(), signal.SIGKILL)

    @need
    def follows(_: Canaries) -> None:
        """Do nothing."""

    report = selftest.run_probes(enter_nothing, [stopped, dies, follows])
    assert [(p.outcome, p.broken) for p in report.probes] == [
        ("blocked", False),
        ("error", True),
        ("error", True),
    ]


@pytest.mark.usefixtures("buried")
def test_probe_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A probe that hangs is cut off after its time and reported."""
    monkeypatch.setattr(selftest, "PROBE_S", 1)

    @attack("seccomp")
    def hangs(_: Canaries) -> None:
        """Wait for a signal."""
        signal.pause()

    (probe,) = selftest.run_probes(enter_nothing, [hangs]).probes
    assert (probe.outcome, probe.broken) == ("error", True)
    assert "no end within 1 s" in probe.error


@pytest.mark.usefixtures("buried")
def test_run_probes_raises_when_sandbox_is_not_entered() -> None:
    """A child that could not enter has shown nothing; the reason is passed on."""

    def refuse() -> dict[str, str]:
        raise SandboxError("enter: it did not work")

    with pytest.raises(SandboxError, match="did not enter the sandbox: enter: it did not work"):
        selftest.run_probes(refuse, [])


@pytest.mark.usefixtures("buried")
def test_run_probes_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Canaries and processes are gone afterwards, also those that a probe forked."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    children = proc.descendants(os.getpid())

    @need
    def litters(_: Canaries) -> None:
        """Leave a process."""
        if os.fork() == 0:
            signal.pause()

    selftest.run_probes(enter_nothing, [litters])
    assert list(tmp_path.iterdir()) == []
    left = [p for p in proc.descendants(os.getpid()) - children if not proc.is_zombie(p)]
    assert left == []


@pytest.mark.usefixtures("buried")
def test_canaries_find_room_for_their_sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A temporary folder with a long name, as clusters give, leaves no room for a socket's: another one is taken."""
    long = tmp_path / ("x" * 80)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))

    @need
    def nothing(_: Canaries) -> None:
        """Do nothing."""

    (probe,) = selftest.run_probes(enter_nothing, [nothing]).probes
    assert probe.outcome == "allowed"


def test_selftest_passes_on_why_it_failed() -> None:
    """A Python that cannot run the probes is named, with what it said."""
    with pytest.raises(SandboxError, match=r"selftest: .*false ended with 1"):
        selftest.selftest(interpreter=shutil.which("false") or "/bin/false")
