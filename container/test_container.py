"""Build the graded image in a real container engine and grade in it, under Gradescope's default limits.

    make container                 everything; needs root, Debian's packages and an index with torch's CPU wheel
    python container/test_container.py --only solution,forged --kills 2
    python container/test_container.py --only walker --no-build       in the image of the last run

Every assignment of the course is packed in one image, as for one Gradescope course. It is built twice: by our
Dockerfile, and as Gradescope builds a zip: unzipped into a bare base, then setup.sh. The base is a minimal
Debian 12 under the name of Gradescope's image, which cannot be fetched everywhere: what this shows of Ubuntu
22.04 is nothing. Where dockerd does not start, podman with runc stands in, and the last lines say what was
skipped. A case that did not run is never counted as passed.
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
from engines import (
    OLD_BASE_TAG,
    Engine,
    fetch_wheels,
    make_base,
    say,
    sh,
    start_engine,
)

from autograder import released
from autograder.author import steps, validate
from autograder.bundle import read_bundle
from autograder.config import load_course
from autograder.engine.grade import TIMING_KEYS
from autograder.hosts import package
from autograder.hosts.settings import Settings
from autograder.report import table

IMAGE, ZIP_IMAGE = "autograder-under-test", "autograder-under-test-from-zip"
MAX_IMAGE_GB, MAX_BUILD_S = 1.5, 360
# Of an assignment's solution, graded end to end: wall seconds (a figure) and megabytes (a verdict).
GOALS = {"week3a-tf-binding": (90, 650)}
GOAL = (40, 600)
LIMITS = ["--network", "none", "--memory", "768m", "--memory-swap", "768m", "--cpus", "0.5"]
CREATED = "2026-05-02T12:00:00.000000-05:00"
NO_SCORE = None


def build(engine: Engine, context: Path, wheels: Path) -> float:
    """Build the context's Dockerfile as it is; returns seconds."""
    shutil.copytree(wheels, context / "wheels", copy_function=os.link)
    started = time.monotonic()
    log = engine(
        "build", "--no-cache", "--network", "host", *engine.build_options, "-t", IMAGE, context, timeout_s=900
    )
    seconds = time.monotonic() - started
    shown = [line for line in log.splitlines() if "setup.sh:" in line or "solution: every point" in line]
    say("\n".join(shown[-8:]))
    return seconds


def image_gigabytes(engine: Engine, image: str) -> float:
    """Return an image's size."""
    return int(engine("image", "inspect", "--format", "{{.Size}}", image).strip()) / 1e9


def build_from_zip(engine: Engine, archive: Path, wheels: Path, base: str, image: str) -> tuple[str, int]:
    """Do what Gradescope does with an uploaded zip: unzip it in a bare base, run setup.sh as root, keep that.

    Returns what setup.sh said and its exit status; an image is kept only after status 0.
    """
    with tempfile.TemporaryDirectory(prefix="unzipped-", dir=archive.parent) as scratch:
        sh("unzip", "-q", archive, "-d", Path(scratch, "source"))
        options = ["--network", "host", "-v", f"{wheels}:/wheels:ro", "-e", "AUTOGRADER_WHEELS=/wheels"]
        authorities = Path(
            "/etc/ssl/certs/ca-certificates.crt"
        )  # ours, where a proxy stands before the index
        if authorities.exists():
            options += ["-v", f"{authorities}:/authorities.crt:ro"]
            options += ["-e", "PIP_CERT=/authorities.crt", "-e", "SSL_CERT_FILE=/authorities.crt"]
        script = (
            "mkdir -p /autograder/submission /autograder/results && cp /autograder/source/run_autograder /autograder "
            "&& chmod +x /autograder/run_autograder && exec bash /autograder/source/setup.sh"
        )
        create = ["create", *engine.run_options, *options, base, "sh", "-c", script]
        container = engine(*create).strip().splitlines()[-1]
        try:
            engine("cp", Path(scratch), f"{container}:/autograder")
            engine("start", container)
            status = int(engine("wait", container, timeout_s=900).strip())
            if status == 0:
                engine("commit", container, image)
            return engine("logs", container), status
        finally:
            engine("rm", "-f", container)


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
# As a student: what can be read anywhere that is ours, and where can be written beside the work folder?
WALKER = """
import glob, os
OURS = {"bundle.json", "settings.json", "card.json", "weights.safetensors", "submission_metadata.json", "results.json",
        "model_weights.pt", "train.py", "build-check", "release.ipynb"}
home, found = os.path.realpath("."), []
for place, folders, files in os.walk("/", onerror=lambda _: None):
    if place in ("/proc", "/sys"):
        folders[:] = []
        continue
    folders[:] = [f for f in folders if os.path.join(place, f) != home]
    for name in files:
        path = os.path.join(place, name)
        if (name in OURS or "/bundles/" in path or path.startswith("/autograder/")) and os.access(path, os.R_OK):
            found.append(("readable", path))
    if os.access(place, os.W_OK) and place not in ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock"):
        found.append(("writable", place))
for process in glob.glob("/proc/[0-9]*"):
    if os.path.basename(process) == str(os.getpid()) or os.stat(process).st_uid == os.getuid():
        continue
    for part in ("environ", "mem", "maps", "auxv", "stack", "fd", "cwd"):
        path = os.path.join(process, part)
        try:
            os.listdir(path) if part == "fd" else os.readlink(path) if part == "cwd" else open(path, "rb").read(1)
            found.append(("readable", path))
        except OSError:
            pass
if found:
    print("READ", found[:20])
assert not found, f"could read {found[:20]}"
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
    host: str = "gradescope"  # who starts the container: a key of HOSTS
    image: str = IMAGE
    assignment: str = ""  # whose solution it is, for the figures


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


class Assignment:
    """One assignment as it stands in source/: its bundle, released notebook, and hand-ins made from it."""

    def __init__(self, name: str, folder: Path) -> None:
        course = load_course(Path(__file__).parent)
        self.name, self.folder = name, folder
        with steps.prepare(course, name) as prepared:
            shutil.copytree(prepared.bundle.folder, folder / "bundle" / name)
            (folder / "release" / name).mkdir(parents=True)
            nbformat.write(prepared.notebook, folder / "release" / name / f"{name}.ipynb")
            _, variants = validate.make_hand_ins(
                prepared.source, prepared.notebook, prepared.bundle, folder / "hand-ins"
            )
        self.bundle = read_bundle(folder / "bundle" / name)
        self.full = round(sum(q.points for q in self.bundle.questions if not q.manual), 2)
        self.variants = {v.name: v for v in variants}

    def says(self) -> str:
        """Return what must stand in the solution's results: a column of the leaderboard, if checks record one."""
        sources = [path.read_text() for path in (self.bundle.folder / "checks").glob("*.py")]
        return '"order": "desc"' if any("leaderboard(" in source for source in sources) else ""

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


class Package:
    """Every assignment in one package, and the cases that are run in its image."""

    def __init__(self, names: list[str], folder: Path) -> None:
        course = load_course(Path(__file__).parent)
        self.folder = folder
        self.assignments = [Assignment(name, folder / "made" / name) for name in names]
        (folder / "release").mkdir()
        for one in self.assignments:
            shutil.copytree(one.folder / "release" / one.name, folder / "release" / one.name)
        settings = Settings(memory_bytes=course.limits.memory_bytes)
        bundles = [one.bundle.folder for one in self.assignments]
        files = package.collect(bundles, folder / "release", course.references, settings)
        if package.zip_bytes(files) != package.zip_bytes(dict(reversed(files.items()))):
            raise SystemExit("the zip depends on the order of its files")
        package.write(files, folder)

    def cases(self, work: Path) -> list[Case]:
        """Return every case but the kills."""
        first = self.assignments[0]
        full, hand_in = first.full, first.hand_in
        solution, untouched = hand_in("solution"), hand_in("release")
        name = next(n for n, v in sorted(first.variants.items()) if not v.right and len(v.expected) == 1)
        wrong = full - sum(
            next(q.points for q in first.bundle.questions if q.name == question) - points
            for question, points in first.variants[name].expected.items()
        )
        unreadable = self.folder / "more" / "unreadable"
        unreadable.mkdir(parents=True)
        (unreadable / f"{first.name}.ipynb").write_bytes(b'{"cells": [' + b"\xff\x00" * 500)
        empty = self.folder / "more" / "empty"
        empty.mkdir()
        short = work / "bundle.short.json"
        data = json.loads(
            (self.folder / "docker" / "source" / "bundles" / first.name / "bundle.json").read_text()
        )
        short.write_text(json.dumps({**data, "limits": {**data["limits"], "cell_s": 4.0}}))
        quick = ["-v", f"{short}:/autograder/source/bundles/{first.name}/bundle.json:ro"]
        no_landlock = profile(
            work, "landlock", ["landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"]
        )
        no_seccomp = profile(work, "seccomp", ["seccomp"])
        neither = profile(work, "neither", ["seccomp", "landlock_create_ruleset"])
        writer, walker = hand_in("release", "writer", WRITER), hand_in("solution", "walker", WALKER)
        more = [
            Case(f"{one.name}: solution", one.hand_in("solution"), one.full, metadata=titled(one.bundle.title),
                 alone=True, assignment=one.name, says=one.says())
            for one in self.assignments[1:]
        ]  # fmt: skip
        if more:
            unnamed = hand_in("solution", "unnamed")
            (unnamed / f"{first.name}.ipynb").rename(unnamed / "homework.ipynb")
            other, homework = self.assignments[1].bundle.title, titled("Homework")
            more += [
                Case("several: the title decides", unnamed, full, metadata=titled(first.bundle.title)),
                Case("several: else the file's name", solution, full, metadata=homework),
                Case("several: neither", unnamed, NO_SCORE, metadata=homework, says="hand it in again"),
                Case("several: another one's notebook", solution, NO_SCORE, metadata=titled(other),
                     says=f"by its name the notebook is that of {first.name}"),
            ]  # fmt: skip
        no_setuid = ["--cap-drop", "SETUID"]
        settings = work / "settings.one-a-day.json"
        settings.write_text(json.dumps(Settings(evaluations_per_day=1).to_json()))
        limited = ["-v", f"{settings}:/autograder/source/settings.json:ro"]
        return [
            Case("solution", solution, full, alone=True, assignment=first.name),
            Case("from the zip: solution", solution, full, image=ZIP_IMAGE, assignment=first.name),
            Case("from the zip: untouched release", untouched, 0.0, image=ZIP_IMAGE),
            *more,
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
            Case("evaluations used up", solution, 42.0, limited, metadata=used_up(first), says="counts from 2026-05-03 11:00"),
            Case("no metadata", solution, full, metadata=None),
            Case("metadata is garbage", solution, full, metadata="{\0"),
            Case("no Landlock: solution", solution, full, no_landlock),
            Case("no Landlock: writer", writer, 0.0, no_landlock),
            Case("no Landlock: reader", hand_in("solution", "reader2", READER), full, no_landlock),
            Case("no seccomp: solution", solution, full, no_seccomp),
            Case("neither: refused", solution, NO_SCORE, neither, says="hidden checks were not run"),
            Case("walker", walker, full),
            Case("no Landlock: walker", walker, full, no_landlock),
            Case("no CAP_SETUID: solution", solution, full, no_setuid),
            Case("no CAP_SETUID: writer", writer, 0.0, no_setuid),
            Case("no CAP_SETUID, no Landlock: refused", solution, NO_SCORE, no_setuid + no_landlock,
                 says="hidden checks were not run"),
            Case("--cap-drop ALL: solution", solution, full, ["--cap-drop", "ALL"]),
            Case("--cap-drop ALL: writer", writer, 0.0, ["--cap-drop", "ALL"]),
            Case("--user 1000: source is closed", solution, NO_SCORE, ["--user", "1000:1000"], says="a fault of the grader"),
            Case("--user 1000, own source: solution", solution, full, ["--user", "1000:1000"], own_source=True),
            Case("--user 1000, own source: writer", writer, 0.0, ["--user", "1000:1000"], own_source=True),
            Case("PrairieLearn: solution", solution, full, host="prairielearn"),
            Case("PrairieLearn: untouched release", untouched, 0.0, host="prairielearn"),
            Case("PrairieLearn: writer", writer, 0.0, host="prairielearn"),
            Case("PrairieLearn: unreadable notebook", unreadable, NO_SCORE, host="prairielearn",
                 says="cannot read this notebook"),
            Case("a laptop: autograder grade", solution, full, host=first.name),
        ]  # fmt: skip


ANY = -1.0  # some score, but a score


def titled(title: str) -> str:
    """Return Gradescope's metadata for an assignment of that title."""
    data = {"created_at": CREATED, "assignment": {"title": title}, "users": [{"name": "A Student"}]}
    return json.dumps(data)


def used_up(one: Assignment) -> str:
    """Return the metadata of a hand-in an hour after one that was graded with 42 points."""
    before = "2026-05-02T11:00:00.000000-05:00"
    told = {"bundle_digest": one.bundle.digest, "evaluations": [before]}
    results = {"score": 42.0, "tests": [], "output": "q1: 42 / 80 points", "extra_data": told}
    previous = {"submission_time": before, "score": 42.0, "autograder_error": False, "results": results}
    return json.dumps({**json.loads(titled(one.bundle.title)), "previous_submissions": [previous]})


def profile(work: Path, name: str, calls: list[str]) -> list[str]:
    """Return the option for a seccomp profile that lacks some calls, as on an old host; all else is allowed."""
    path = work / f"no-{name}.json"
    rule = {"names": calls, "action": "SCMP_ACT_ERRNO", "errnoRet": 38}
    path.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]}))
    return ["--security-opt", f"seccomp={path}"]


# -- running ----------------------------------------------------------------------------------------


class Bench:
    """Runs cases in the image and judges what they left."""

    def __init__(self, engine: Engine, packed: Package, work: Path) -> None:
        self.engine, self.packed, self.work = engine, packed, work

    def run(self, case: Case, *, kill_after_s: float | None = None) -> Outcome:
        """Run one container to its end, or to a kill."""
        place = Path(tempfile.mkdtemp(prefix="case-", dir=self.work))
        start = {"gradescope": self._on_gradescope, "prairielearn": self._on_prairielearn}.get(case.host)
        options, command, results = start(case, place) if start else self._on_a_laptop(case, place)
        if "--user" in case.options:
            for path in (place, *place.rglob("*")):
                os.chown(path, 1000, 1000)
        create = ["create", *self.engine.run_options, *LIMITS, *options, *case.options, case.image, *command]
        container = self.engine(*create).strip().splitlines()[-1]
        try:
            return self._watch(case, container, results, kill_after_s)
        finally:
            self.engine("rm", "-f", container)
            shutil.rmtree(place, ignore_errors=True)

    def _on_gradescope(self, case: Case, place: Path) -> tuple[list[str], list[str], Path]:
        submission, results = place / "submission", place / "results"
        shutil.copytree(case.folder, submission)
        results.mkdir()
        options = [
            "-w",
            "/autograder",
            "-v",
            f"{submission}:/autograder/submission",
            "-v",
            f"{results}:/autograder/results",
        ]
        if case.metadata is not None:
            path = place / "submission_metadata.json"
            path.write_text(case.metadata or titled(self.packed.assignments[0].bundle.title))
            options += ["-v", f"{path}:/autograder/submission_metadata.json"]
        if case.own_source:
            source = place / "source"
            shutil.copytree(self.packed.folder / "docker" / "source", source)
            options += ["-v", f"{source}:/autograder/source"]
        return options, ["/autograder/run_autograder"], results / "results.json"

    def _on_prairielearn(self, case: Case, place: Path) -> tuple[list[str], list[str], Path]:
        """As its external grader does: one folder /grade; no results/ in it yet."""
        grade = place / "grade"
        shutil.copytree(case.folder, grade / "student")
        for name in ("tests", "serverFilesCourse", "data"):
            (grade / name).mkdir()
        (grade / "data" / "data.json").write_text(
            json.dumps({"submitted_answers": {}, "correct_answers": {}})
        )
        command = ["/autograder/source/prairielearn_run"]
        return ["-v", f"{grade}:/grade"], command, grade / "results" / "results.json"

    def _on_a_laptop(self, case: Case, place: Path) -> tuple[list[str], list[str], Path]:
        """As an instructor does: docker run IMAGE autograder grade … on one hand-in; the host is the assignment."""
        hand_in, out = place / "in", place / "out"
        shutil.copytree(case.folder, hand_in)
        out.mkdir()
        bundle = f"/autograder/source/bundles/{case.host}"
        command = [
            "autograder",
            "grade",
            case.host,
            "--bundle",
            bundle,
            "--submission",
            "/in",
            "--results",
            "/out/results.json",
        ]
        return ["-v", f"{hand_in}:/in:ro", "-v", f"{out}:/out"], command, out / "results.json"

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
        if case.host == "prairielearn" and content is not None:
            problems += against_prairielearn(content)
            content = as_gradescope(content, self.packed.assignments[0].full)
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


def against_prairielearn(content: dict[str, Any]) -> list[str]:
    """Return where a results.json differs from PrairieLearn's format.

    Source: https://prairielearn.readthedocs.io/en/latest/externalGrading/
    """
    if not content.get("gradable"):
        sentences = content.get("format_errors", [])
        return [] if sentences and "score" not in content else ["not gradable, and no reason or a score"]
    shares = isinstance(content.get("score"), (int, float)) and 0 <= content["score"] <= 1
    complete = all({"name", "points", "max_points", "message"} <= set(t) for t in content["tests"])
    return [] if shares and complete else [f"not PrairieLearn's format: {json.dumps(content)[:300]}"]


def as_gradescope(content: dict[str, Any], full: float) -> dict[str, Any]:
    """Return the same facts in Gradescope's words, so that one function judges both."""
    found = {"output": "\n".join([content.get("message", ""), *content.get("format_errors", [])])}
    found |= {"extra_data": content.get("extra_data", {}), "tests": []}
    if content.get("gradable"):
        found["score"] = content["score"] * full
        found["tests"] = [
            {"name": t["name"], "output": t["message"], "score": t["points"], "max_score": t["max_points"]}
            for t in content["tests"]
        ]
    return found


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
    parser.add_argument("--assignments", default="", help="comma-separated; default: every one in source/")
    parser.add_argument(
        "--work", type=Path, default=Path("/var/tmp/autograder-container"), help="kept between runs"
    )
    parser.add_argument("--engine", choices=("any", "docker", "podman"), default="any")
    parser.add_argument("--only", default="", help="cases whose name contains one of these, comma-separated")
    parser.add_argument(
        "--no-build", action="store_true", help="use the images of the last run, for work on a case"
    )
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


def try_old_base(engine: Engine, work: Path, archive: Path, wheels: Path) -> str:
    """Run setup.sh where the distribution has no Python 3.11; returns what is wrong.

    With a network it installs one and builds; without, it must end with a sentence and leave no half of an image.
    """
    base = make_base(engine, work, "bullseye", OLD_BASE_TAG)
    said, status = build_from_zip(engine, archive, wheels, base, "autograder-under-test-old-base")
    for words in ("installing the distribution's python3.11", "the distribution has no python3.11"):
        if words not in said:
            return f"setup.sh did not say {words!r}: {said[-800:]}"
    if status == 0:
        say("a base without Python 3.11: one was installed")
        return "" if "setup.sh: done" in said else said[-800:]
    why = [line.strip() for line in said.splitlines() if line.startswith(("error:", "ERROR:", "E:"))]
    say(f"a base without Python 3.11: setup.sh ended with {status}: {'; '.join(why)[-400:]}")
    refused = status == 1 and "Nothing was built" in said and "environment in" not in said
    return "" if refused else f"status {status}: {said[-800:]}"


def test(engine: Engine, given: argparse.Namespace, scratch: Path, started: float) -> int:
    """Do all of it in a scratch folder."""
    wrong: list[str] = []

    def demand(text: str, *, ok: bool) -> None:
        say(f"{'ok' if ok else 'WRONG'}: {text}")
        if not ok:
            wrong.append(text)

    base = make_base(engine, given.work)
    names = [n for n in given.assignments.split(",") if n] or released.assignments(
        load_course(Path(__file__).parent)
    )
    packed = Package(names, scratch / "package")
    wheels = fetch_wheels(given.work)
    not_run: list[str] = []
    seconds = 0.0
    if given.no_build:
        not_run.append("the builds: the images are those of the last run")
    else:
        if engine.name == "docker":
            with contextlib.suppress(
                RuntimeError
            ):  # room on the disk; after a failed build it may not find its own
                engine("builder", "prune", "-af")
        seconds = build(engine, packed.folder / "docker", wheels)
        say(
            f"build {seconds:.0f} s (goal {MAX_BUILD_S})"
        )  # a figure, not a verdict: clocks depend on neighbours
        said, status = build_from_zip(engine, packed.folder / "autograder.zip", wheels, base, ZIP_IMAGE)
        complete = status == 0 and "setup.sh: done" in said
        demand(
            f"setup.sh from the zip in a bare base{'' if complete else f': {status}: {said[-1500:]}'}",
            ok=complete,
        )
        try:
            problem = try_old_base(engine, given.work, packed.folder / "autograder.zip", wheels)
            demand(f"a base without Python 3.11{problem and ': ' + problem}", ok=not problem)
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            not_run.append(f"a base without Python 3.11: {str(error)[-300:]}")
    gigabytes = image_gigabytes(engine, IMAGE)
    demand(f"image {gigabytes:.2f} GB (at most {MAX_IMAGE_GB})", ok=gigabytes <= MAX_IMAGE_GB)
    for image in (IMAGE, ZIP_IMAGE):
        look = "find /autograder | sort; find / -xdev -name release.ipynb -o -xdev -name build-check"
        inside = engine("run", "--rm", *engine.run_options, "--network", "none", image, "sh", "-c", look)
        ours = [n for n in inside.splitlines() if "build-check" in n or "release.ipynb" in n]
        demand(f"no hand-in of ours is left in {image}: {ours}", ok=not ours and "/bundles/" in inside)
    bench = Bench(engine, packed, scratch)
    cases = packed.cases(scratch)
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
    for outcome in outcomes.values():
        if outcome.case.alone and outcome.case.assignment:
            goal_s, goal_mb = GOALS.get(outcome.case.assignment, GOAL)
            say(f"{outcome.case.assignment}: {outcome.wall_s:.1f} s (goal {goal_s})")
            what = (
                f"{outcome.case.assignment}: {outcome.anon_mb} MB beside the page cache (at most {goal_mb})"
            )
            demand(what, ok=0 < outcome.anon_mb <= goal_mb)
    first = outcomes.get("solution")
    if first is not None and first.content is not None:
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
        f"\n{engine.name}; {len(rows)} of {len(cases)} cases run under {' '.join(LIMITS)}; full scores "
        f"{', '.join(f'{one.full:g}' for one in packed.assignments)}; image "
        f"{gigabytes:.2f} GB, built in {seconds:.0f} s; all of it {time.monotonic() - started:.0f} s"
    )
    not_run += [c.name for c in cases if c.name not in rows]
    for name in not_run:
        print(f"NOT RUN: {name}")
    if engine.name != "docker":
        print("NOT RUN in Docker: podman stood in; its default profile and capabilities are not Docker's")
    print("\n".join(f"WRONG: {w}" for w in wrong) or "everything as it must be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
