"""Grade hand-ins: the whole pipeline, seen from the supervisor (*trusted*, standard library only).

    engine = Engine(bundle_folder)          zygote and grader start, once
    result = engine.grade(folder)           per hand-in: spawn, cells, checks, reap
    engine.close()

The supervisor owns user ids, deadlines and files. It parses nothing of a student's but file names; the
grader's JSON lines are all it reads.
"""

from __future__ import annotations

import hashlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from autograder import __version__, messages
from autograder.bundle import Bundle, read_bundle, wanted_files
from autograder.engine import desk, imports
from autograder.errors import AutograderError, SandboxError
from autograder.foreign import FILE as FOREIGN_FILE
from autograder.model import CellProblem, CheckResult, GradingResult, Outcome
from autograder.sandbox import hand_in, proc, scratch
from autograder.sandbox.launcher import Launcher, Limits, clean_environment

TICK_S = 0.1  # how often memory is looked at
START_S = 120.0
JUMP_S = 10.0  # by which a tick may be late before no deadline means anything
MARGIN_S = 45.0  # beside the run's own limit, before everything is stopped
MAX_LINE_BYTES = 128 << 20
MAX_NOTEBOOKS = 8
MAX_MANIFEST_BYTES = 1 << 20  # of package(); a larger one is not read
UNPACKING_S = 40.0  # after which no other archive of a hand-in is opened
MAX_NOTEBOOKS_BYTES = 64 << 20  # of several together; one alone may be as large as a notebook may be
# The keys of a result that differ between two runs of the same hand-in; all else is byte-identical.
TIMING_KEYS = ("timing", "memory")

OnUpdate = Callable[[GradingResult], None]


class Engine:
    """The processes that grade hand-ins of one assignment, one at a time."""

    def __init__(
        self,
        bundle_folder: Path,
        *,
        limits: Limits | None = None,
        time_limits: dict[str, float] | None = None,
        warm: bool = False,
        disabled: frozenset[str] = frozenset(),
        trust: bool = False,
        foreign_both: bool = False,
    ) -> None:
        """``foreign_both`` runs every test of another tool in both places; ``extra["foreign_places"]`` has the verdicts."""
        self.bundle: Bundle = read_bundle(bundle_folder)
        imports.require(self.bundle)
        self.time_limits = {"run_s": 540.0, **self.bundle.limits, **(time_limits or {})}
        self.foreign_both = foreign_both
        self.desk: desk.Desk | None = None
        self.launcher = Launcher(
            limits=limits,
            warm_figures=warm,
            preload=self.bundle.preload,
            disabled=disabled,
            trust=trust,
            foreign=(bundle_folder / FOREIGN_FILE).is_file(),
            first_cells=_first_cell(self.bundle),
        )
        self.described: list[dict[str, Any]] = []
        self.wanted = wanted_files(bundle_folder)
        self.files: list[hand_in.File] = []  # of the hand-in that is being graded
        self.notebooks: list[hand_in.File] = []
        self.cleared: set[str] = set()  # roles of which this hand-in's run has copied a process
        self.partial: _Partial | None = None
        try:
            self._start_grader(bundle_folder)
        except BaseException:
            self.launcher.close()
            raise

    # -- processes -------------------------------------------------------------------------------

    def _start_grader(self, bundle_folder: Path) -> None:
        if desk.is_needed(bundle_folder, both=self.foreign_both):
            self.desk = desk.Desk(self.launcher, bundle_folder)
        home, uid = self.launcher.make_work_folder("grader")
        copy = home / "bundle"
        shutil.copytree(bundle_folder, copy, ignore=shutil.ignore_patterns("__pycache__"))
        if uid is not None:
            for path in (copy, *copy.rglob("*")):
                os.chown(path, uid, uid)
        control, their_control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        jobs, their_jobs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        report, their_report = os.pipe()
        fds = [their_control.fileno(), their_jobs.fileno(), their_report]
        options = json.dumps({"bundle": str(copy), "uid": uid})
        with scratch.open_log(self.launcher.base / "grader.log") as log:
            self.grader = subprocess.Popen(
                [sys.executable, "-I", "-m", "autograder.judge.grader", *map(str, fds), options],
                pass_fds=fds,
                env=clean_environment(str(home)),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        their_control.close()
        their_jobs.close()
        os.close(their_report)
        self.control, self.jobs, self.report = control, jobs, report
        self.buffer = bytearray()
        self.grader_ready = False

    def wait_ready(self) -> None:
        """Wait until the checks are collected; a failure here is ours."""
        if self.report < 0 or (self.grader_ready and self._has_lost_a_process()):
            self.restart()
        end = time.monotonic() + START_S
        while not self.grader_ready:
            for line in self._pump(end):
                if line["kind"] == "broken":
                    raise SandboxError(f"the checks could not be loaded: {line['reason']}")
                if line["kind"] == "ready":
                    self.described = line["checks"]
                    self.grader_ready = True
        if self.desk is not None:
            self.desk.wait_ready()

    def _has_lost_a_process(self) -> bool:
        """Tell whether one of our processes has ended since the last hand-in."""
        if self.grader.poll() is not None or self.launcher.zygote.poll() is not None:
            return True
        if self.desk is not None and self.desk.is_lost:
            return True
        reference = self.launcher.confined.get("reference")
        return reference is not None and proc.is_zombie(reference.pid)

    def _pump(self, end: float) -> list[dict[str, Any]]:
        """Answer the grader's requests and return its report lines, for one tick."""
        if time.monotonic() > end:
            raise SandboxError("the grader did not finish in time")
        sources: list[Any] = [self.control, self.report]
        asked = time.monotonic()
        ready, _, _ = select.select(sources, [], [], TICK_S)
        late_s = time.monotonic() - asked - TICK_S
        if (
            late_s > JUMP_S
        ):  # as on a virtual machine that was put away: the grader's deadlines passed meanwhile
            raise SandboxError(f"the clock jumped by {late_s:.0f} s, or this machine stood still")
        if self.control in ready:
            self._answer()
        lines: list[dict[str, Any]] = []
        if self.report in ready:
            data = os.read(self.report, 1 << 20)
            if not data:
                raise SandboxError(f"the grader ended: {self._grader_log()}")
            self.buffer += data
            if len(self.buffer) > MAX_LINE_BYTES:
                raise SandboxError("the grader's report is too long")
            if b"\n" in data:
                *complete, self.buffer = self.buffer.split(b"\n")
                lines = [json.loads(line) for line in complete]
        return lines

    def _grader_log(self) -> str:
        with suppress(OSError):
            return (self.launcher.base / "grader.log").read_text(errors="replace")[-3000:]
        return ""

    def _answer(self) -> None:
        data, fds, _, _ = socket.recv_fds(self.control, 1 << 16, 4)
        if not data:
            raise SandboxError(f"the grader ended: {self._grader_log()}")
        try:
            answer = self._perform(json.loads(data), fds)
        except (AutograderError, OSError) as error:
            answer = {"error": str(error)}
        finally:
            for fd in fds:
                os.close(fd)
        self.control.send(json.dumps(answer).encode())

    def _perform(self, request: dict[str, Any], fds: list[int]) -> dict[str, Any]:
        operation, role = request["op"], request["role"]
        if operation == "usage":
            return self.launcher.usage(role)
        if operation == "interrupt":
            self.launcher.interrupt(role)
            return {}
        if operation == "clear":
            self.cleared.add(role)  # before a copy of it is forked
            left = self.launcher.clear(role, keep_root=request["keep_root"])
            return {"left": left, "cpu_s": self.launcher.past_cpu_s(role)}
        if operation == "desk" and self.desk is not None:
            self.desk.pass_on(fds)
            return {}
        if operation == "spawn":
            self.launcher.release(role)
            work, uid = self.launcher.make_work_folder(role)
            layout = hand_in.Layout()
            handed_in = self.launcher.make_handed_in_folder(work, uid)
            if role == "student" and self.partial is not None:
                chosen = self.notebooks[request["notebook"]] if self.notebooks else None
                layout = hand_in.arrange(self.files, chosen, self.wanted)
                hand_in.lay_out(layout, work, handed_in, uid)
                self.partial.file_notices[:] = layout.notices
            hand_in.lay_out_files(self.bundle.folder / "public", work, uid)
            self.launcher.spawn(role, work, uid, fds, request["seed"], layout)
            return {}
        raise SandboxError(f"unknown request {operation!r}")

    # -- one hand-in -----------------------------------------------------------------------------

    def grade(self, folder: Path, on_update: OnUpdate = lambda _: None) -> GradingResult:
        """Grade the hand-in in a folder; ``on_update`` sees every partial result, the first at once.

        Returns a result in every case: what we broke is a result that is not graded.
        """
        started = time.monotonic()
        partial = _Partial(self.bundle)
        on_update(partial.result())
        try:
            self.wait_ready()
            if self._send_job(folder, partial):
                started = time.monotonic()
                self._collect(partial, on_update)
        except Exception as error:  # noqa: BLE001  whatever it is, the next hand-in must be graded
            partial.fault(f"{type(error).__name__}: {error}")
            self._try_to_restart(partial)
        usage = self.launcher.usage("student")
        partial.extra["memory"] = {"peak_mb": usage["peak_memory_bytes"] >> 20}
        survivors = self._reap()
        if survivors:
            # What still runs could have touched what it was judged by, or the next hand-in: no score, a person looks.
            partial.fault(f"{survivors} process(es) of the hand-in could not be stopped")
            self._try_to_restart(partial)
        partial.extra["timing"]["total_s"] = round(time.monotonic() - started, 3)
        partial.extra["timing"]["at"] = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
        result = partial.result()
        on_update(result)
        return result

    def _send_job(self, folder: Path, partial: _Partial) -> bool:
        """Hand the notebooks to the grader; False if they are refused before anything is read."""
        self.partial = partial
        self.files, partial.archive_notices = self._find_files(folder)
        self.files, manifest = hand_in.take_manifest(self.files, self.wanted)
        digest, digests = hashlib.sha256(), dict[str, str]()
        read, room, notebook_bytes = [], hand_in.MAX_HAND_IN_BYTES, 0
        for file in self.files[: hand_in.MAX_FILES]:  # those that the student's process gets, no others
            with suppress(OSError):
                content = hand_in.read_regular(file.path, min(hand_in.MAX_FILE_BYTES, room))
                own = hashlib.sha256(content)
                digest.update(os.fsencode(file.name) + b"\0" + own.digest())
                digests[_shown(file.name)] = own.hexdigest()
                read.append(file)
                room -= len(content)
                notebook_bytes += len(content) if hand_in.is_notebook(file.name) else 0
        self.notebooks = [f for f in read if hand_in.is_notebook(f.name)]
        self.notebooks.sort(
            key=lambda f: (
                len(f.name.parts),
                not f.name.stem.startswith(self.bundle.notebook or self.bundle.assignment),
                f.name.stem != self.bundle.notebook,
            )
        )
        del self.notebooks[MAX_NOTEBOOKS:]
        partial.extra["submission_sha256"] = digest.hexdigest()
        if (
            len(self.notebooks) > 1 and notebook_bytes > MAX_NOTEBOOKS_BYTES
        ):  # each is read, and takes its size many times
            reason = messages.TOO_MANY_NOTEBOOKS.format(
                count=len(self.notebooks), found_mb=notebook_bytes >> 20, limit_mb=MAX_NOTEBOOKS_BYTES >> 20
            )
            partial.take({"kind": "refused", "reason": reason})
            return False
        job = {
            "notebooks": [_shown(f.name) for f in self.notebooks],
            "files": [_shown(f.name) for f in read[:50]],
            "sha256": digest.hexdigest(),
            "memory_bytes": self.launcher.limits.memory_bytes,
            "limits": self.time_limits,
            "digests": digests if manifest is not None else {},
            "manifest": "",
            "foreign_both": self.foreign_both,
        }
        fds = []
        try:
            with suppress(OSError):
                if manifest is not None:
                    hand_in.read_regular(manifest.path, MAX_MANIFEST_BYTES)  # refuses what is no plain file
                    fds.append(os.open(manifest.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC))
                    job["manifest"] = _shown(manifest.name)
            for file in self.notebooks:
                fd = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
                fds.append(fd)  # one by one: what was opened is closed even if the next cannot be
            socket.send_fds(self.jobs, [json.dumps(job).encode()], fds)
        finally:
            for fd in fds:
                os.close(fd)
        return True

    def _find_files(self, folder: Path) -> tuple[list[hand_in.File], list[str]]:
        until = time.monotonic() + UNPACKING_S

        def unpack(archive: Path) -> Path | None:
            if time.monotonic() > until:
                return None
            return self.launcher.unpack(archive, hand_in.MAX_FILE_BYTES, hand_in.MAX_HAND_IN_BYTES)

        return hand_in.find_files(folder, unpack)

    def _collect(self, partial: _Partial, on_update: OnUpdate) -> None:
        limit_s = self.time_limits["run_s"] + MARGIN_S
        end, begun = time.monotonic() + START_S + limit_s, False
        next_look = 0.0
        while True:
            lines = self._pump(end)
            # What was before the student's process is the first job's reference, and not the hand-in's time.
            if not begun and "student" in self.launcher.confined:
                end, begun = time.monotonic() + limit_s, True
            if time.monotonic() >= next_look:  # not once per message: a look reads all of /proc
                self.launcher.watch()
                next_look = time.monotonic() + TICK_S
            for line in lines:
                if line["kind"] == "broken":
                    raise SandboxError(line["reason"])
                if line["kind"] == "ended":
                    # What was lost since the last look took the student's process with it, or a file's room.
                    if self.launcher.zygote.poll() is not None:
                        raise SandboxError(f"the zygote ended: {self.launcher.zygote_log()}")
                    self.launcher.watch()
                    if not partial.finished:
                        partial.fault(
                            f"the grader's copy ended with status {line['status']}. {self._grader_log()}"
                        )
                    return
                partial.take(line)
                if line["kind"] == "check":
                    on_update(partial.result())

    def _reap(self) -> int:
        try:
            left = self.launcher.release("student")
        except (AutograderError, OSError):
            left = self.launcher.clear("student", keep_root=False)
        if "reference" in self.cleared:
            with suppress(AutograderError, OSError):
                self.launcher.clear("reference", keep_root=True)
        self.cleared.clear()
        self.launcher.remove_unpacked()
        return left

    def _try_to_restart(self, partial: _Partial) -> None:
        """Restart; where that fails too (a full disk), the next hand-in finds no grader and tries again."""
        try:
            self.restart()
        except (AutograderError, OSError) as error:
            partial.fault(f"no new grader could be started: {error}")

    def restart(self) -> None:
        """Replace every process after a fault of ours."""
        limits, options, disabled = self.launcher.limits, self.launcher.options, self.launcher.disabled
        self._stop_grader()
        self.launcher.close()
        self.launcher = Launcher(
            limits=limits,
            warm_figures=bool(options["warm_figures"]),
            preload=self.bundle.preload,
            disabled=disabled,
            foreign=bool(options["foreign"]),
            first_cells=_first_cell(self.bundle),
            trust=True,  # decided when this engine was made
        )
        self._start_grader(self.bundle.folder)

    def _stop_grader(self) -> None:
        if self.desk is not None:
            self.desk.close()
            self.desk = None
        for sock in (self.control, self.jobs):
            sock.close()
        if self.report >= 0:
            os.close(self.report)
            self.report = -1
        if self.grader.returncode is None:  # else its number may be another's by now
            with suppress(OSError):
                os.killpg(self.grader.pid, signal.SIGKILL)  # with the copy that may still be grading
            self.grader.wait()

    def close(self) -> None:
        """Stop every process; remove every file."""
        self._stop_grader()
        self.launcher.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _first_cell(bundle: Bundle) -> tuple[str, ...]:
    """Return the released notebook's first code cell, where that is a locked one: every hand-in runs it as it is."""
    first = next((cell for cell in bundle.cells if cell.cell_type == "code"), None)
    return (first.source,) if first is not None and first.kind == "locked" else ()


def _shown(path: Path) -> str:
    """Return a name as text that can travel and be shown: short, and UTF-8 whatever the disk holds."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")[-80:]


class _Partial:
    """What is known so far about the hand-in being graded."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.checks: dict[tuple[str, str], CheckResult] = {}
        self.problems: tuple[CellProblem, ...] = ()
        self.notices: list[str] = []
        self.archive_notices: list[str] = []
        self.file_notices: list[str] = []
        self.staff_notes: list[str] = []
        self.notebook: dict[str, Any] | None = None
        self.finished = self.refused = self.faulty = False
        self.extra: dict[str, Any] = {
            "bundle_digest": bundle.digest,
            "bundle_version": bundle.version,
            "autograder_version": __version__,
            "timing": {},
        }

    def take(self, line: dict[str, Any]) -> None:
        """Take in one report line."""
        kind = line["kind"]
        if kind == "check":
            check = CheckResult.from_json(line["result"])
            self.checks[check.question, check.name] = check
        elif kind == "cells":
            self.problems = tuple(CellProblem(**p) for p in line["problems"])
            self.notices = list(line["notices"])
            self.extra["layers"] = line["layers"]
            self.extra["timing"]["student_cpu_s"] = round(float(line["cpu_s"]), 3)
        elif kind == "figures":
            self.staff_notes += line["notes"]
            if line["figures"]:
                self.extra["figures"] = line["figures"]
        elif kind == "parity":
            self.notices += line["notices"]
            self.extra["parity"] = line["checks"]
        elif kind == "notebook":
            self.notebook = line["notebook"]
        elif kind == "refused":
            self.finished = self.refused = True
            self.notices = [line["reason"]]
        elif kind == "foreign":
            self.extra["foreign_places"] = line["places"]
        elif kind == "fault":
            self.fault(line["reason"])
        elif kind == "done":
            self.finished = True
            self.extra["timing"] |= {
                "cells_s": round(line["cells_s"], 3),
                "checks_s": round(line["checks_s"], 3),
            }

    def fault(self, reason: str) -> None:
        """Note a fault of ours: nothing of this run may cost points."""
        self.faulty = True
        self.staff_notes.append(reason)

    def result(self) -> GradingResult:
        """Return the record; graded only if every expected check was concluded and none was our fault."""
        expected = [(c.question, c.name) for c in self.bundle.checks]
        complete = (
            self.finished and not self.refused and not self.faulty and all(k in self.checks for k in expected)
        )
        errors = [c for c in self.checks.values() if c.outcome is Outcome.ERROR]
        staff_notes = self.staff_notes + [f"{c.question}/{c.name}: {c.staff_note}" for c in errors]
        for check in self.checks.values():
            where = f"{check.question}/{check.name}"
            if check.outcome is Outcome.REVIEW:
                staff_notes.append(
                    f"{where}: a person decides about {check.max_score:g} points: {check.reason}"
                )
            staff_notes += [f"{where}: look at this: {note}" for note in check.flags]
        entries = [entry for k in expected if k in self.checks for entry in self.checks[k].leaderboard]
        notices = [*self.notices, *self.archive_notices, *self.file_notices]
        if (self.faulty or errors) and not self.refused:
            notices.insert(0, messages.OURS)
        return GradingResult(
            assignment=self.bundle.assignment,
            graded=complete and not errors,
            questions=self.bundle.questions,
            checks=tuple(self.checks[k] for k in expected if k in self.checks),
            problems=self.problems,
            notices=tuple(notices),
            staff_notes=tuple(staff_notes),
            extra=self.extra
            | ({"leaderboard": entries} if entries else {})
            | ({"notebook": self.notebook} if self.notebook is not None else {}),
        )
