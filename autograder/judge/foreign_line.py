"""The grader's line to the desk: the test's questions go to the student's process, its answers back (*trusted*)."""

from __future__ import annotations

import time
from typing import Any

from autograder import messages
from autograder.errors import PeerDied, SandboxError, WireError
from autograder.foreign import ForeignTest
from autograder.sandbox import proxy, wire
from autograder.sandbox.proxy import Process, StudentError, StudentStopped

OUR_PATIENCE_S = 60.0  # of the test's own code, beside the student's calls
OUR_COMPUTING_S = (
    10.0  # beside twice the check's limit, within which it passed with the solution when it was released
)
ANSWERED_BYTES = 512 << 20  # by the student's process in one test: the test may keep all of it
FORM = {
    "passed": bool,
    "names": list,
    "text": str,
    "output": str,
    "missing": str,
    "where": str,
    "asked": int,
    "words": list,
}


class TestSpentError(Exception):
    """The test's own code did not end with what the student's code gave it; the sentence is for the student."""


class Desk:
    """One test's process, from fork to verdict."""

    def __init__(self, process: Process, test: ForeignTest, proving: bool) -> None:
        self.process, self.test, self.proving = process, test, proving
        self.channel, fds = proxy.make_channel()
        try:
            process.supervisor.ask({"op": "desk", "role": "desk"}, fds)
        finally:
            proxy.close_all(fds)

    @property
    def answered_bytes(self) -> int:
        """How much the student's process answered."""
        return self.process.answered_bytes

    def run(self, limit_s: float) -> dict[str, Any]:
        """Have the test run and return its report.

        Raises
        ------
        StudentStopped
            The student's process had to be stopped.
        WireError
            An answer of the student's process has no proper form.
        TestSpentError
            The test computed for longer than with the solution it can have.
        PeerDied, DeadlineExceeded
            The test's process ended, or its own code does not end.
        """
        patience_s = OUR_PATIENCE_S + 8 * limit_s
        computing_s = OUR_COMPUTING_S + 2 * limit_s
        order = [self.test.question, self.test.name, patience_s, computing_s]
        self._send([*order, self.proving, bool(self.test.follows)])
        while True:
            message = self._receive(time.monotonic() + patience_s)
            kind = message[0] if type(message) is list and message else ""
            if kind == "ask" and len(message) == 3:
                self._send(self._pass_on(message[1], message[2]))
            elif kind == "done" and len(message) == 2:
                return _read_report(message[1])
            elif kind == "spent":
                raise TestSpentError(messages.TEST_TIME)
            elif kind == "odd":
                raise WireError(wire.Refusal.REPLY, str(message[1])[:100], 0)
            else:
                raise PeerDied(f"the process of the test said {str(message)[:300]}")

    def _pass_on(self, tree: Any, released: Any) -> Any:
        if self.process.answered_bytes > ANSWERED_BYTES:
            raise StudentStopped("odd", messages.TOO_MUCH)
        try:
            return self.process.request("foreign", tree, released)
        except StudentError as error:  # its own worker's: an answer that cannot be sent, above all
            names = [["builtins", name] for name in error.student_error_names[:8]]
            return {"raised": {"b": names, "text": error.text[:500], "args": None, "line": 0, "has": {}}}

    def _send(self, message: Any) -> None:
        self.channel.send(wire.encode(message), time.monotonic() + OUR_PATIENCE_S)

    def _receive(self, end: float) -> Any:
        tree, buffers = self.channel.receive(end)
        return wire.decode(tree, buffers, lambda _, array: array, _no_handle)

    def close(self) -> None:
        """Let the process go; it ends when its socket does, or with the next test's."""
        self.channel.close()


def _no_handle(_: wire.HandleId) -> Any:
    raise WireError(wire.Refusal.HANDLE, "handle", 0)


def _read_report(report: Any) -> dict[str, Any]:
    ok = type(report) is dict and set(report) == {*FORM, "value", "student"}
    if not ok or not all(type(report[key]) is kind for key, kind in FORM.items()):
        raise SandboxError(f"the process of the test made a report of another form: {str(report)[:300]}")
    return dict(report)
