"""Build the graded image in a real container engine and grade in it, under Gradescope's default limits.

    make container                 everything; needs root, Debian's packages and an index with torch's CPU wheel
    python container/test_container.py --only solution,forger --kills 2

The engine is Debian's docker.io on a private socket, started here and stopped here by its process id. The
base is a minimal Debian 12 under the name of Gradescope's image, which cannot be fetched everywhere: what
this shows of Ubuntu 22.04 is nothing. Where dockerd does not start, podman with runc stands in, and the
last lines say what was skipped. A case that did not run is never counted as passed.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat

from autograder import course as commands
from autograder import package, validate
from autograder.config import load_course
from autograder.grade import TIMING_KEYS
from autograder.gradescope_run import Settings
from autograder.report import table

BASE_TAG = "gradescope/autograder-base:ubuntu-22.04"
IMAGE = "autograder-under-test"
MAX_IMAGE_GB, MAX_BUILD_S, MAX_WALL_S, MAX_MEMORY_MB = 1.5, 360, 40, 600
LIMITS = ["--network", "none", "--memory", "768m", "--memory-swap", "768m", "--cpus", "0.5"]
CREATED = "2026-05-02T12:00:00.000000-05:00"
NO_SCORE = None


def say(text: str) -> None:
    """Talk on stderr; the table goes to stdout."""
    print(text, file=sys.stderr, flush=True)


def sh(*command: str | Path, timeout_s: float = 600, **options: Any) -> str:
    """Run a command of ours; its output, or an error that shows the end of it."""
    done = subprocess.run(
        [str(c) for c in command], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=timeout_s, check=False, **options,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(map(str, command))[:300]}\nended with {done.returncode}:\n{done.stdout[-3000:]}"
        )
    return done.stdout


# -- the engine -------------------------------------------------------------------------------------


class Engine:
    """A container engine of our own; ``command`` speaks to it."""

    name = ""
    command: list[str]
    build_options: tuple[str, ...] = ()
    run_options: tuple[str, ...] = ()
    environment: dict[str, str]

    def __call__(self, *arguments: str | Path, timeout_s: float = 600) -> str:
        return sh(*self.command, *arguments, timeout_s=timeout_s, env=os.environ | self.environment)

    def start(self, work: Path) -> None:
        """Start it, or raise."""

    def stop(self) -> None:
        """Stop what was started."""


class Docker(Engine):
    """Debian's docker.io: unpacked, not installed, so that no service is started on this machine."""

    name = "docker"

    def start(self, work: Path) -> None:
        unpacked = work / "engine"
        if not (unpacked / "usr/sbin/dockerd").exists():
            debs = work / "debs"
            debs.mkdir(exist_ok=True)
            sh("apt-get", "download", "docker.io", "containerd", cwd=debs)
            for deb in debs.glob("*.deb"):
                sh("dpkg", "-x", deb, unpacked)
        if not shutil.which("runc") or not shutil.which("iptables"):
            sh("apt-get", "install", "-y", "-qq", "--no-install-recommends", "runc", "iptables")
        self.private = Path(tempfile.mkdtemp(prefix="autograder-engine-"))
        socket = f"unix://{self.private / 'docker.sock'}"
        path = f"{unpacked}/usr/bin:{unpacked}/usr/sbin:{os.environ['PATH']}:/usr/sbin:/sbin"
        self.environment = {"PATH": path, "DOCKER_HOST": socket, "DOCKER_BUILDKIT": "1"}
        self.command = [str(unpacked / "usr/bin/docker")]
        options = ["--iptables=false", "--ip6tables=false", "--bridge=none", "--ip-forward=false"]
        places = [
            "--data-root",
            work / "data",
            "--exec-root",
            self.private / "exec",
            "--pidfile",
            self.private / "pid",
        ]
        with (work / "dockerd.log").open("wb") as log:
            self.daemon = subprocess.Popen(
                [str(a) for a in ("dockerd", "--host", socket, *places, *options)],
                env=os.environ | self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + 40
        while time.monotonic() < end and self.daemon.poll() is None:
            with contextlib.suppress(RuntimeError):
                version = self("version", "--format", "{{.Server.Version}}").strip()
                say(f"engine: docker {version}, pid {self.daemon.pid}")
                return
            time.sleep(0.5)
        self.stop()
        raise RuntimeError(f"dockerd did not start:\n{(work / 'dockerd.log').read_text()[-2000:]}")

    def stop(self) -> None:
        if self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
            try:
                self.daemon.wait(30)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                self.daemon.wait()
        shutil.rmtree(self.private, ignore_errors=True)


class Podman(Engine):
    """Debian's podman with runc; no daemon."""

    name = "podman"

    def start(self, work: Path) -> None:
        if not shutil.which("podman") or not shutil.which("runc"):
            sh(
                "apt-get",
                "install",
                "-y",
                "-qq",
                "--no-install-recommends",
                "podman",
                "runc",
                "netavark",
                "buildah",
            )
        runc = shutil.which("runc", path=os.environ["PATH"] + ":/usr/sbin") or "runc"
        self.command = [
            "podman",
            "--cgroup-manager=cgroupfs",
            "--runtime",
            runc,
            "--root",
            str(work / "podman"),
        ]
        ulimits = (
            "--ulimit",
            "nofile=1024:20000",
            "--ulimit",
            "nproc=4096:4096",
        )  # ours may be lower than its default
        self.build_options, self.run_options = ("--pull-never", *ulimits), ulimits
        self.environment = {}
        say("engine: " + self("--version").strip())


def start_engine(work: Path, wanted: str) -> Engine:
    """Start docker, or else podman; raise with both reasons."""
    reasons = []
    for kind in (Docker, Podman):
        if wanted not in ("any", kind.name):
            continue
        engine = kind()
        try:
            engine.start(work)
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            say(f"{kind.name}: cannot be used: {error}")
            reasons.append(f"{kind.name}: {error}")
            continue
        return engine
    raise SystemExit("NO CONTAINER TEST WAS RUN: no engine starts here.\n" + "\n".join(reasons))


def make_base(engine: Engine, work: Path) -> None:
    """Import a minimal Debian 12, without Python, under Gradescope's name."""
    archive = work / "base.tar"
    if not archive.exists():
        if not shutil.which("mmdebstrap"):
            sh("apt-get", "install", "-y", "-qq", "--no-install-recommends", "mmdebstrap")
        staging = work / "base.new.tar"
        sh("mmdebstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", staging)
        staging.rename(archive)
    name = BASE_TAG if engine.name == "docker" else f"docker.io/{BASE_TAG}"
    engine("image", "prune", "-f")  # what earlier runs left
    try:
        engine("image", "inspect", name)
    except RuntimeError:
        engine("import", archive, name)


def fetch_wheels(work: Path) -> Path:
    """Fetch every wheel of the lock, by its hash, with this machine's pip settings."""
    lock = package.CONTAINER / "requirements.lock"
    folder, stamp = work / "wheels", work / "wheels.lock"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        shutil.rmtree(folder, ignore_errors=True)
        sh(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "--require-hashes",
           "-r", lock, "-d", folder)  # fmt: skip
        stamp.write_bytes(lock.read_bytes())
    return folder


def build(engine: Engine, context: Path, wheels: Path) -> tuple[float, float]:
    """Build the context's Dockerfile as it is; returns seconds and gigabytes."""
    shutil.copytree(wheels, context / "wheels", copy_function=os.link)
    started = time.monotonic()
    log = engine(
        "build", "--no-cache", "--network", "host", *engine.build_options, "-t", IMAGE, context, timeout_s=900
    )
    seconds = time.monotonic() - started
    shown = [line for line in log.splitlines() if "setup.sh:" in line or "solution: every point" in line]
    say("\n".join(shown[-8:]))
    size = int(engine("image", "inspect", "--format", "{{.Size}}", IMAGE).strip())
    return seconds, size / 1e9


# -- hand-ins ---------------------------------------------------------------------------------------

WRITER = """
import json, os, time
PERFECT = json.dumps({"score": 999, "tests": [{"name": "q1", "score": 999, "max_score": 999}]})
def write_everywhere():
    for folder in ("/autograder/results", "/autograder", "/autograder/source", "/tmp", ".", "/dev/shm"):
        for name in ("results.json", "run_autograder", "submission_metadata.json"):
            try:
                os.makedirs(folder, exist_ok=True)
                with open(os.path.join(folder, name), "w") as file:
                    file.write(PERFECT)
            except OSError:
                pass
write_everywhere()
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        while True:
            write_everywhere()
            time.sleep(0.01)
"""
FORGER = """
import builtins, os, sys, torch, numpy as np
torch.allclose = np.allclose = np.array_equal = torch.equal = lambda *a, **k: True
class Yes:
    def __eq__(self, other): return True
    def __float__(self): return 1.0
    def __call__(self, *a, **k): return self
    def __getattr__(self, name): return self
for name in list(globals()):
    if callable(globals()[name]) and not name.startswith("_") and getattr(globals()[name], "__module__", "") == "__main__":
        globals()[name] = Yes()
for fd in range(3, 256):
    try:
        os.write(fd, b'{"kind": "check", "result": {"outcome": "passed", "score": 99}}\\n')
    except OSError:
        pass
"""
READER = """
import glob, os
found = []
for place in ("/autograder/submission_metadata.json", "/autograder/source/bundles", "/autograder/results/results.json",
              "/autograder/source/settings.json", "/autograder/submission", "/proc/1/environ"):
    try:
        found.append((place, os.listdir(place) if os.path.isdir(place) else open(place).read(200)))
    except OSError:
        pass
print("READ", found)
assert not found, f"could read {found}"
"""
FORKS = """
import os, time, numpy as np
for _ in range(6):
    if os.fork() == 0:
        kept = [np.ones(25 << 20) for _ in range(4)]
        time.sleep(30)
kept = np.ones(40 << 20)
time.sleep(30)
"""


@dataclass
class Case:
    """A hand-in, how its container is started, and the score that must come out (None: no score)."""

    name: str
    folder: Path
    expected: float | None
    options: list[str] = field(default_factory=list)
    metadata: str | None = ""
    says: str = ""  # must stand in the file
    own_source: bool = False
    alone: bool = False  # timed


@dataclass
class Outcome:
    """What one container did."""

    case: Case
    content: dict[str, Any] | None
    status: int
    wall_s: float
    first_file_s: float | None
    anon_mb: int
    oom_killed: bool
    problems: list[str]


class Course:
    """Week 1 as it stands in source/: the package, and hand-ins made from it."""

    def __init__(self, assignment: str, folder: Path) -> None:
        course = load_course(Path(__file__).parent)
        with commands.prepare(course, assignment) as prepared:
            self.bundle = prepared.bundle
            self.full = round(sum(q.points for q in self.bundle.questions if not q.manual), 2)
            released = prepared.scratch / "release" / assignment
            released.mkdir(parents=True)
            nbformat.write(prepared.notebook, released / f"{assignment}.ipynb")
            settings = Settings(memory_bytes=course.limits.memory_bytes)
            files = package.collect([self.bundle.folder], released.parent, course.references, settings)
            if package.zip_bytes(files) != package.zip_bytes(dict(reversed(files.items()))):
                raise SystemExit("the zip depends on the order of its files")
            package.write(files, folder)
            _, variants = validate.make_hand_ins(
                prepared.source, prepared.notebook, self.bundle, folder / "hand-ins"
            )
        self.name, self.folder, self.variants = assignment, folder, {v.name: v for v in variants}

    def hand_in(self, base: str, name: str = "", *cells: str) -> Path:
        """Return one of our hand-ins, with cells added at its end."""
        source = self.folder / "hand-ins" / base
        if not name:
            return source
        target = self.folder / "more" / name
        shutil.copytree(source, target)
        path = target / f"{self.name}.ipynb"
        notebook = nbformat.read(path, 4)
        notebook.cells += [nbformat.v4.new_code_cell(cell) for cell in cells]
        nbformat.write(notebook, path)
        return target

    def cases(self, work: Path) -> list[Case]:
        """Return every case but the kills."""
        full, hand_in = self.full, self.hand_in
        solution, untouched = hand_in("solution"), hand_in("release")
        name = next(n for n, v in sorted(self.variants.items()) if not v.right and len(v.expected) == 1)
        wrong = full - sum(
            next(q.points for q in self.bundle.questions if q.name == question) - points
            for question, points in self.variants[name].expected.items()
        )
        unreadable = self.folder / "more" / "unreadable"
        unreadable.mkdir(parents=True)
        (unreadable / f"{self.name}.ipynb").write_bytes(b'{"cells": [' + b"\xff\x00" * 500)
        empty = self.folder / "more" / "empty"
        empty.mkdir()
        short = work / "bundle.short.json"
        data = json.loads(
            (self.folder / "docker" / "source" / "bundles" / self.name / "bundle.json").read_text()
        )
        short.write_text(json.dumps({**data, "limits": {**data["limits"], "cell_s": 4.0}}))
        quick = ["-v", f"{short}:/autograder/source/bundles/{self.name}/bundle.json:ro"]
        no_landlock = profile(
            work, "landlock", ["landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"]
        )
        no_seccomp = profile(work, "seccomp", ["seccomp"])
        neither = profile(work, "neither", ["seccomp", "landlock_create_ruleset"])
        writer = hand_in("release", "writer", WRITER)
        return [
            Case("solution", solution, full, alone=True),
            Case("untouched release", untouched, 0.0, alone=True),
            Case(name, hand_in(name), wrong),
            Case("writes results.json, daemons", writer, 0.0),
            Case("patches, forged frames", hand_in("release", "forger", FORGER), 0.0),
            Case("reads what is ours", hand_in("solution", "reader", READER), full),
            Case("os._exit(0)", hand_in("solution", "exit", "import os\nos._exit(0)"), full),
            Case("endless cell, 4 s limit", hand_in("solution", "endless", "while True: pass"), full, quick),
            Case("10 GB at once", hand_in("solution", "giant", "import numpy as np\nx = np.ones(10 << 27)"), full),
            Case("out of memory by forks", hand_in("solution", "oom", FORKS), full),
            Case("unreadable notebook", unreadable, NO_SCORE, says="cannot read this notebook"),
            Case("nothing handed in", empty, NO_SCORE, says="no notebook (.ipynb) was handed in"),
            Case("40 endless cells, timeout 150 s", hand_in("solution", "hang", *["while True: pass"] * 40), ANY, [
                *quick, "-e", "AUTOGRADER_TIMEOUT_S=150"]),
            Case("no metadata", solution, full, metadata=None),
            Case("metadata is garbage", solution, full, metadata="{\0"),
            Case("no Landlock: solution", solution, full, no_landlock),
            Case("no Landlock: writer", writer, 0.0, no_landlock),
            Case("no Landlock: reader", hand_in("solution", "reader2", READER), full, no_landlock),
            Case("no seccomp: solution", solution, full, no_seccomp),
            Case("neither: refused", solution, NO_SCORE, neither, says="hidden checks were not run"),
            Case("--cap-drop ALL: solution", solution, full, ["--cap-drop", "ALL"]),
            Case("--cap-drop ALL: writer", writer, 0.0, ["--cap-drop", "ALL"]),
            Case("--user 1000: source is closed", solution, NO_SCORE, ["--user", "1000:1000"], says="a fault of the grader"),
            Case("--user 1000, own source: solution", solution, full, ["--user", "1000:1000"], own_source=True),
            Case("--user 1000, own source: writer", writer, 0.0, ["--user", "1000:1000"], own_source=True),
        ]  # fmt: skip


ANY = -1.0  # some score, but a score


def profile(work: Path, name: str, calls: list[str]) -> list[str]:
    """Return the option for a seccomp profile that lacks some calls, as on an old host; all else is allowed."""
    path = work / f"no-{name}.json"
    rule = {"names": calls, "action": "SCMP_ACT_ERRNO", "errnoRet": 38}
    path.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]}))
    return ["--security-opt", f"seccomp={path}"]


# -- running ----------------------------------------------------------------------------------------


class Bench:
    """Runs cases in the image and judges what they left."""

    def __init__(self, engine: Engine, course: Course, work: Path) -> None:
        self.engine, self.course, self.work = engine, course, work

    def run(self, case: Case, *, kill_after_s: float | None = None) -> Outcome:
        """Run one container to its end, or to a kill."""
        place = Path(tempfile.mkdtemp(prefix="case-", dir=self.work))
        submission, results = place / "submission", place / "results"
        shutil.copytree(case.folder, submission)
        results.mkdir()
        options = [
            *LIMITS,
            "-w",
            "/autograder",
            "-v",
            f"{submission}:/autograder/submission",
            "-v",
            f"{results}:/autograder/results",
        ]
        if case.metadata is not None:
            path = place / "submission_metadata.json"
            default = {
                "created_at": CREATED,
                "assignment": {"title": "Week 1"},
                "users": [{"name": "A Student"}],
            }
            path.write_text(case.metadata or json.dumps(default))
            options += ["-v", f"{path}:/autograder/submission_metadata.json"]
        if case.own_source:
            source = place / "source"
            shutil.copytree(self.course.folder / "docker" / "source", source)
            options += ["-v", f"{source}:/autograder/source"]
        if "--user" in case.options:
            for path in (place, *place.rglob("*")):
                os.chown(path, 1000, 1000)
        command = [
            "create",
            *self.engine.run_options,
            *options,
            *case.options,
            IMAGE,
            "/autograder/run_autograder",
        ]
        container = self.engine(*command).strip().splitlines()[-1]
        try:
            return self._watch(case, container, results / "results.json", kill_after_s)
        finally:
            self.engine("rm", "-f", container)
            shutil.rmtree(place, ignore_errors=True)

    def _watch(self, case: Case, container: str, path: Path, kill_after_s: float | None) -> Outcome:
        problems: list[str] = []
        ended, anon, first = threading.Event(), [0], []
        started, clock = time.monotonic(), time.time()

        def look() -> None:
            while not ended.is_set():
                if (valid := self._is_valid(path)) is not None:
                    if not first:
                        first.append(time.time())
                    if not valid:
                        problems.append("an invalid results.json was seen")
                anon[0] = max(anon[0], anonymous_bytes(container))
                time.sleep(0.02)

        looker = threading.Thread(target=look)
        looker.start()
        try:
            self.engine("start", container)
            if kill_after_s is not None:
                time.sleep(max(0.0, kill_after_s - (time.monotonic() - started)))
                with contextlib.suppress(RuntimeError):  # it may have ended already
                    self.engine("kill", container)
            status = int(self.engine("wait", container).strip())
            wall_s = time.monotonic() - started
        finally:
            ended.set()
            looker.join()
        state = json.loads(self.engine("inspect", "--format", "{{json .State}}", container))
        content = json.loads(path.read_bytes()) if path.exists() else None
        if kill_after_s is None and status != 0:
            problems.append(f"ended with {status}: {self.engine('logs', container)[-800:]}")
        since_start_s = None
        if self.engine.name == "docker":  # podman's times are written otherwise
            begun, finished = (
                datetime.fromisoformat(state[k][:26].rstrip("Z") + "+00:00")
                for k in ("StartedAt", "FinishedAt")
            )
            wall_s = (finished - begun).total_seconds()
            since_start_s = max(0.0, first[0] - begun.timestamp()) if first else None
        elif first:
            since_start_s = max(0.0, first[0] - clock)
        return Outcome(
            case,
            content,
            status,
            wall_s,
            since_start_s,
            anon[0] >> 20,
            bool(state.get("OOMKilled")),
            problems,
        )

    @staticmethod
    def _is_valid(path: Path) -> bool | None:
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            return isinstance(json.loads(text), dict)
        except ValueError:
            return False


def anonymous_bytes(container: str) -> int:
    """Return what the container's processes hold that no file backs, as the host's cgroup counts it."""
    for path, keys in (
        (f"/sys/fs/cgroup/memory/docker/{container}/memory.stat", ("total_rss", "total_shmem")),
        (f"/sys/fs/cgroup/docker/{container}/memory.stat", ("anon", "shmem")),
        (f"/sys/fs/cgroup/memory/libpod_parent/libpod-{container}/memory.stat", ("total_rss", "total_shmem")),
    ):
        with contextlib.suppress(OSError):
            facts = dict(line.split() for line in Path(path).read_text().splitlines())
            return sum(int(facts.get(key, 0)) for key in keys)
    return 0


def judge(outcome: Outcome) -> list[str]:
    """Return what is wrong with a finished run."""
    case, content, problems = outcome.case, outcome.content, list(outcome.problems)
    if content is None:
        return [*problems, "no results.json"]
    score = content.get("score")
    if case.expected is NO_SCORE:
        if score is not None or any("score" in t for t in content.get("tests", [])):
            problems.append(f"score {score}, must have none")
    elif score is None:
        notes = content.get("extra_data", {}).get("staff_notes")
        problems.append(f"no score; {content.get('output', '')[:300]}; staff: {notes}")
    elif case.expected != ANY and abs(score - case.expected) > 0.005:
        lost = [
            (t["name"][:60], t["output"][:100])
            for t in content["tests"]
            if t.get("score") != t.get("max_score")
        ]
        problems.append(f"score {score:g}, must be {case.expected:g}; {lost[:4]}; {content['output'][:600]}")
    if case.says and case.says not in json.dumps(content):
        problems.append(f"does not say {case.says!r}: {json.dumps(content)[:600]}")
    if "READ" in json.dumps(content) or "could read" in content.get("output", ""):
        problems.append(f"something of ours was read: {content.get('output', '')[:600]}")
    # The machine is ours alone only for the timed cases.
    if outcome.first_file_s is None or outcome.first_file_s > (1.0 if case.alone else 5.0):
        problems.append(f"first results.json after {outcome.first_file_s} s")
    return problems


def row(outcome: Outcome, problems: list[str]) -> list[str]:
    """Return the line of the table."""
    content = outcome.content or {}
    memory = content.get("extra_data", {}).get("memory", {})
    score = content.get("score")
    return [
        outcome.case.name,
        "none" if score is None else f"{score:g}",
        f"{outcome.wall_s:.1f}",
        f"{outcome.anon_mb}",
        f"{memory.get('container', {}).get('peak_mb', '–')}",
        f"{memory.get('peak_mb', '–')}",
        "yes" if outcome.oom_killed else "no",
        f"{outcome.first_file_s:.2f}" if outcome.first_file_s is not None else "–",
        "ok" if not problems else "WRONG",
    ]


def kills(bench: Bench, case: Case, count: int, up_to_s: float, seed: int) -> list[str]:
    """Kill the container at random moments; what lies there must be whole, and a score only a finished one."""
    draw = random.Random(seed)  # one moment in each of as many equal stretches
    moments = [0.3 + (up_to_s - 0.3) * (i + draw.random()) / count for i in range(count)]

    def one(moment: float) -> str:
        outcome = bench.run(case, kill_after_s=moment)
        killed = outcome.status == 137
        score = (outcome.content or {}).get("score")
        problems = list(outcome.problems)
        if outcome.content is None and moment > 1.5:
            problems.append("no results.json")
        if killed and outcome.content is not None and score not in (None, case.expected):
            problems.append(f"score {score} after a kill")
        checks = len((outcome.content or {}).get("tests", []))
        state = "no file yet" if outcome.content is None else f"valid, {checks} checks, score {score}"
        say(
            f"  killed at {moment:5.2f} s (status {outcome.status}): {state}{'; WRONG: ' + '; '.join(problems) if problems else ''}"
        )
        return f"killed at {moment:.2f} s: {'; '.join(problems)}" if problems else ""

    with ThreadPoolExecutor(2) as pool:
        return [w for w in pool.map(one, moments) if w]


def same_but_times(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Tell whether two results differ in nothing but the timing keys."""

    def without(content: dict[str, Any]) -> str:
        content = copy.deepcopy(content)
        for key in TIMING_KEYS:
            content["extra_data"].pop(key, None)
        return json.dumps(content, sort_keys=True)

    return without(first) == without(second)


def main() -> int:
    """Build, run every case, print the table; 1 if anything is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--assignment", default="week1-mlp")
    parser.add_argument(
        "--work", type=Path, default=Path("/var/tmp/autograder-container"), help="kept between runs"
    )
    parser.add_argument("--engine", choices=("any", "docker", "podman"), default="any")
    parser.add_argument("--only", default="", help="cases whose name contains one of these, comma-separated")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=20261123)
    given = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("NO CONTAINER TEST WAS RUN: starting an engine needs root.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # through the finally below
    given.work.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    engine = start_engine(given.work, given.engine)
    try:
        with tempfile.TemporaryDirectory(prefix="run-", dir=given.work) as scratch:
            return test(engine, given, Path(scratch), started)
    finally:
        engine.stop()


def test(engine: Engine, given: argparse.Namespace, scratch: Path, started: float) -> int:
    """Do all of it in a scratch folder."""
    wrong: list[str] = []

    def demand(text: str, *, ok: bool) -> None:
        say(f"{'ok' if ok else 'WRONG'}: {text}")
        if not ok:
            wrong.append(text)

    make_base(engine, given.work)
    course = Course(given.assignment, scratch / "package")
    if engine.name == "docker":
        engine("builder", "prune", "-af")
    seconds, gigabytes = build(engine, course.folder / "docker", fetch_wheels(given.work))
    demand(f"image {gigabytes:.2f} GB (at most {MAX_IMAGE_GB})", ok=gigabytes <= MAX_IMAGE_GB)
    say(f"build {seconds:.0f} s (goal {MAX_BUILD_S})")  # a figure, not a verdict: clocks depend on neighbours
    inside = engine(
        "run",
        "--rm",
        *engine.run_options,
        "--network",
        "none",
        IMAGE,
        "sh",
        "-c",
        "find /autograder | sort; find / -xdev -name 'release.ipynb' -o -xdev -name '*solution*' -path '*autograder*'",
    )
    demand(
        "no hand-in of ours is left in the image",
        ok="build-check" not in inside and "release.ipynb" not in inside,
    )
    bench = Bench(engine, course, scratch)
    cases = course.cases(scratch)
    wanted = [w for w in given.only.split(",") if w]
    chosen = [c for c in cases if not wanted or any(w in c.name for w in wanted)]
    rows: dict[str, list[str]] = {}
    outcomes: dict[str, Outcome] = {}

    def one(case: Case) -> None:
        try:
            outcome = bench.run(case)
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            wrong.append(f"{case.name}: could not be run: {error}")
            say(f"  WRONG: {wrong[-1]}")
            return
        problems = judge(outcome)
        outcomes[case.name] = outcome
        rows[case.name] = row(outcome, problems)
        say(f"  {' · '.join(rows[case.name])}")
        for problem in problems:
            say(f"    {problem}")
        wrong.extend(f"{case.name}: {p}" for p in problems)

    for case in (c for c in chosen if c.alone):
        one(case)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(one, (c for c in chosen if not c.alone)))
    first = outcomes.get("solution")
    if first is not None and first.content is not None:
        say(f"solution in {first.wall_s:.1f} s (goal {MAX_WALL_S})")
        demand(
            f"solution in {first.anon_mb} MB beside the page cache (at most {MAX_MEMORY_MB})",
            ok=first.anon_mb <= MAX_MEMORY_MB,
        )
        again = bench.run(cases[0])
        same = again.content is not None and same_but_times(first.content, again.content)
        demand("a regrade differs in its times alone", ok=same)
        say(f"{given.kills} kills at random moments of the first {2 * first.wall_s:.0f} s, two at a time:")
        broken = kills(bench, cases[0], given.kills, 2 * first.wall_s, given.seed)
        demand(f"results.json valid after {given.kills} kills", ok=not broken)
        wrong.extend(broken)
    header = ["case", "score", "wall s", "anon MB", "peak MB", "student MB", "OOM", "first file s", ""]
    print(table(header, [rows[c.name] for c in chosen if c.name in rows]))
    print(
        f"\n{engine.name}; {len(rows)} of {len(cases)} cases run under {' '.join(LIMITS)}; full score {course.full:g}; image "
        f"{gigabytes:.2f} GB, built in {seconds:.0f} s; all of it {time.monotonic() - started:.0f} s"
    )
    skipped = [c.name for c in cases if c.name not in rows]
    if skipped:
        print("NOT RUN: " + ", ".join(skipped))
    if engine.name != "docker":
        print("NOT RUN in Docker: podman stood in; its default profile and capabilities are not Docker's")
    print("\n".join(f"WRONG: {w}" for w in wrong) or "everything as it must be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
