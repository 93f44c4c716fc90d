"""The desk, seen from the supervisor: started for bundles whose tests are judged outside (*trusted*, standard library only).

See ``autograder.judge.desk``. It is told where the tests lie and gets, for each test, the socket that the grader made.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from autograder import foreign
from autograder.errors import SandboxError
from autograder.sandbox import reap, scratch, sweep
from autograder.sandbox.launcher import Launcher, clean_environment

START_S = 120.0


def is_needed(bundle_folder: Path, *, both: bool) -> bool:
    """Tell whether a bundle has tests that are judged outside."""
    found = foreign.read_foreign(bundle_folder)
    return found is not None and any(both or test.place is foreign.Place.OUTSIDE for test in found.tests)


class Desk:
    """The process with the tests' libraries, from which one per test is forked."""

    def __init__(self, launcher: Launcher, bundle_folder: Path) -> None:
        home, uid = launcher.make_work_folder("desk")
        self.uid = uid
        tests, folder = home / "tests", home / "work"
        tests.mkdir()
        shutil.copyfile(bundle_folder / foreign.FILE, tests / foreign.FILE)
        public = bundle_folder / "public"
        shutil.copytree(public, folder) if public.is_dir() else folder.mkdir()
        if uid is not None:
            for path in (home, *home.rglob("*")):
                os.chown(path, uid, uid)
        self.log = launcher.base / "desk.log"
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        options = json.dumps({"uid": uid, "tests": str(tests), "folder": str(folder)})
        with scratch.open_log(self.log) as log:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-m", "autograder.judge.desk", str(theirs.fileno()), options],
                pass_fds=[theirs.fileno()],
                env=clean_environment(str(home)) | {"MPLBACKEND": "agg"},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        theirs.close()
        self._ready = False

    def wait_ready(self) -> None:
        """Wait for the libraries.

        Raises
        ------
        SandboxError
            One of them is not installed, or the process ended.
        """
        if self._ready:
            return
        self.control.settimeout(START_S)
        try:
            data = self.control.recv(1 << 16)
        except TimeoutError:
            raise SandboxError(f"the tests' libraries were not imported within {START_S:g} s") from None
        if not data:
            raise SandboxError(f"the process of the tests ended: {self._end_of_log()}")
        answer = json.loads(data)
        if not answer["ready"]:
            raise SandboxError(f"the tests need libraries that cannot be imported here: {answer['missing']}")
        self._ready = True

    def _end_of_log(self) -> str:
        with suppress(OSError):
            return self.log.read_text(errors="replace")[-2000:]
        return ""

    def pass_on(self, fds: list[int]) -> None:
        """Have a test's process forked, which answers on the socket that the grader made."""
        self.wait_ready()
        try:
            socket.send_fds(self.control, [b"fork"], fds)
        except OSError as error:
            raise SandboxError(f"the process of the tests ended: {error}; {self._end_of_log()}") from None

    @property
    def is_lost(self) -> bool:
        """Tell whether the process has ended."""
        return self.process.poll() is not None

    def close(self) -> None:
        """End it, with the test that may still run."""
        self.control.close()  # its loop ends the test's process, then itself
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(1.0)
        if self.process.returncode is None:
            with suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if self.uid is not None:  # whatever a test has left
            with suppress(SandboxError, OSError):
                reap.reap_uid(self.uid)
                sweep.sweep(self.uid)
