"""The process that holds the secrets: hidden checks, card, weights, private data (*trusted*).

Started by the supervisor under a user id of its own; collects the checks once, keeps the reference
solution in a sandbox, and forks itself per hand-in, so that nothing of one hand-in reaches the next.
It holds no torch. Results leave it as JSON lines to the supervisor, which alone writes files.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib.util
import json
import os
import resource
import signal
import socket
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

# NumPy imports these at first use, which would be in every forked copy.
import numpy.ma
import numpy.polynomial
import numpy.random  # noqa: F401
import pytest

from autograder.bundle import Bundle, read_bundle
from autograder.errors import SandboxError, SubmissionError
from autograder.judge.check_files import describe, locked_definitions
from autograder.judge.hand_in import ROOM_BYTES, HandIn, Report
from autograder.judge.pytest_plugin import ChecksPlugin, CheckTooLong
from autograder.judge.weights import load_weights
from autograder.references import load_card
from autograder.sandbox.proxy import Link, Process, StudentError, StudentStopped

REFERENCE_SEED = 20261123


class Grader:
    """Serves jobs until the supervisor closes the job socket."""

    def __init__(self, bundle: Bundle, link: Link, report: Report, jobs: socket.socket) -> None:
        self.bundle, self.link, self.report, self.jobs = bundle, link, report, jobs
        self.reference: Process | None = None
        self.locked = locked_definitions(bundle)

    def serve(self, plugin: ChecksPlugin) -> None:
        """Announce READY, then grade one forked copy of ourselves per job."""
        if plugin.collect_error:
            self.report.send("broken", reason=plugin.collect_error)
            return
        self.report.send("ready", checks=_describe_all(plugin))
        gc.collect()
        gc.freeze()  # what a copy's collections do not look at is not written to, so stays shared
        while True:
            data, fds, _, _ = socket.recv_fds(self.jobs, 1 << 20, 16)
            if not data:
                return
            job = json.loads(data)
            if self.reference is None and self.bundle.reference_cells and job.get("reference", True):
                try:
                    self.reference = self._open_reference()
                except (SandboxError, StudentError, StudentStopped) as error:
                    self.report.send("broken", reason=f"the reference solution: {error}")
                    return
            pid = os.fork()
            if pid == 0:
                self._grade(plugin, job, fds)
            for fd in fds:
                os.close(fd)
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            if (
                status != 0
            ):  # what broke this copy may have broken the reference or the zygote: start all anew
                self.report.send("broken", reason=f"the grader's copy ended with status {status}")
                return
            self.report.send("ended", status=status)

    def _open_reference(self) -> Process:
        reference = Process.open(self.link, "reference", {"op": "spawn", "seed": REFERENCE_SEED}, 0)
        for source in self.bundle.reference_cells:
            reply = reference.request("cell", source, limit_s=60.0)
            if not reply["ok"]:
                raise SandboxError(f"a cell of it stopped with {reply['error']}: {reply['text']}")
        return reference

    def _grade(self, plugin: ChecksPlugin, job: dict[str, Any], fds: list[int]) -> None:
        """Grade one hand-in in this forked process, then end it."""
        try:
            signal.signal(signal.SIGALRM, _too_long)
            _limit_memory()
            hand_in = HandIn(self.bundle, self.locked, self.link, self.report, job)
            try:
                hand_in.read(fds)
            except SubmissionError as error:
                self.report.send("refused", reason=error.reason)
                os._exit(0)
            times = [time.monotonic()]
            hand_in.run_cells()
            times.append(time.monotonic())
            problems = [
                {"cell": p.cell, "label": p.label, "reason": p.reason, "code": p.code}
                for p in sorted(hand_in.problems.values(), key=lambda p: p.cell)
            ]
            layers = hand_in.student.layers if hand_in.student else {}
            cpu_s = hand_in.student.claimed_cpu_s if hand_in.student else 0.0
            self.report.send("cells", problems=problems, notices=hand_in.notices, layers=layers, cpu_s=cpu_s)
            results = hand_in.run_checks(plugin, self.reference.fork if self.reference else None)
            self.report.send("figures", figures=plugin.figures, notes=plugin.figure_notes)
            times.append(time.monotonic())
            hand_in.tell_parity(results)
            self.report.send("notebook", notebook=hand_in.executed(results))
            self.report.send("done", cells_s=times[1] - times[0], checks_s=times[2] - times[1])
            os._exit(0)
        except BaseException as error:  # noqa: BLE001  whatever it is, it is ours and must be told
            with contextlib.suppress(OSError):
                self.report.send("fault", reason=_trace(error))
            os._exit(1)


def _too_long(*_: object) -> None:
    raise CheckTooLong


def _limit_memory() -> None:
    """Make a check's arithmetic on an odd answer fail with a MemoryError before it harms this machine."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = used + ROOM_BYTES
    resource.setrlimit(
        resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard)
    )


def _trace(error: BaseException) -> str:
    import traceback

    return "".join(traceback.format_exception(error))[-4000:]


def _describe_all(plugin: ChecksPlugin) -> list[dict[str, Any]]:
    described = []
    for (question, name), items in plugin.items.items():
        function = getattr(items[0], "function", None)
        described.append({"question": question, "name": name, **describe(function)})
    return described


def main() -> None:
    """Run as ``python -I -m autograder.judge.grader CONTROL JOBS REPORT OPTIONS``."""
    control, jobs, report = (int(a) for a in sys.argv[1:4])
    options = json.loads(sys.argv[4])
    if options["uid"] is not None:
        os.setgroups([])
        os.setresgid(*[options["uid"]] * 3)
        os.setresuid(*[options["uid"]] * 3)
    ctypes.CDLL(None).prctl(
        4, 0, 0, 0, 0
    )  # PR_SET_DUMPABLE: no /proc/<pid>/mem for a process of the same uid
    bundle = read_bundle(Path(options["bundle"]))
    os.chdir(bundle.folder)
    # What else is installed here may draw seeds, order checks or time them; and it costs time to load.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    grader = Grader(bundle, Link(socket.socket(fileno=control)), Report(report), socket.socket(fileno=jobs))
    plugin = ChecksPlugin(bundle, _facts(bundle), grader.serve)
    arguments = [
        "-c",
        os.devnull,
        "--rootdir",
        str(bundle.folder),
        "--confcutdir",
        str(bundle.folder),
        "--import-mode=importlib",
        "-q",
        "-s",
    ]
    # The pattern names our folder: "*.py" would make pytest rewrite whatever a check imports.
    arguments += ["-o", f"python_files={bundle.folder}/checks/*.py"]
    arguments += ["-o", "python_functions=test_* picture_*", "-o", "python_classes="]
    for name in (
        "cacheprovider",
        "logging",
        "doctest",
        "junitxml",
        "pastebin",
        "stepwise",
        "unraisableexception",
    ):
        arguments += ["-p", f"no:{name}"]
    pytest.main([*arguments, str(bundle.folder / "checks")], plugins=[plugin])
    os._exit(0)


def _facts(bundle: Bundle) -> dict[str, Any]:
    folder = bundle.folder / "references"
    card = load_card(folder / "card.json") if (folder / "card.json").exists() else {}
    weights = (
        load_weights(folder / "weights.safetensors") if (folder / "weights.safetensors").exists() else {}
    )
    return {
        "card": card,
        "weights": weights,
        "private": bundle.folder / "private",
        "helpers": _load_helpers(folder / "helpers.py"),
    }


def _load_helpers(path: Path) -> ModuleType | None:
    """Import the course's own code for its checks, once, so that forked copies share what it prepares."""
    spec = importlib.util.spec_from_file_location("helpers", path) if path.exists() else None
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    sys.modules["helpers"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
