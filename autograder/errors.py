"""Every exception of the package (*trusted*).

    AutograderError            exit code 3: ours
     ├─ UsageError             2: the command line or the course file
     │   └─ PackagesError     2: a library that the notebook or the checks import is not installed
     ├─ ReleaseError           1: a release that would grade wrongly or leak
     ├─ SubmissionError        0: the hand-in cannot be read; becomes a result, never a crash
     ├─ CardError              3: a reference card or its weights are missing, damaged or inconsistent
     └─ SandboxError           3: a process of ours could not be started or confined
         ├─ WireError          the peer broke the protocol; its process is killed
         ├─ PeerDied           the peer's process ended
         └─ DeadlineExceeded   the peer did not answer in time

Text is built from raw arguments: *where*: *what was found*; what happened; what to do.
"""

from __future__ import annotations


class AutograderError(Exception):
    """Base of all; ``exit_code`` is what the command line returns."""

    exit_code = 3
    is_graders_fault = True  # for ``checks.raises``, whose text also stands where this package does not


class UsageError(AutograderError):
    """The command or the course file asks for something that does not exist."""

    exit_code = 2


class PackagesError(UsageError):
    """A library that every hand-in of an assignment needs is not installed where it is to be graded."""


class ReleaseError(AutograderError):
    """A release was refused; nothing was written."""

    exit_code = 1


class SubmissionError(AutograderError):
    """A hand-in that cannot be read. ``reason`` is a sentence for the student."""

    exit_code = 0

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CardError(AutograderError):
    """A reference that nothing may be graded against: its file is missing, damaged or contradicts itself."""


class SandboxError(AutograderError):
    """A process of ours could not be started, confined or stopped."""


class WireError(SandboxError):
    """A frame was refused. ``what`` names the rule, ``found`` and ``limit`` its numbers."""

    def __init__(self, what: str, found: object = None, limit: object = None) -> None:
        super().__init__(what, found, limit)
        self.what, self.found, self.limit = what, found, limit

    def __str__(self) -> str:
        text = f"wire: {self.what}"
        if self.found is not None:
            text += f": found {self.found!r:.120}"
        return f"{text}, limit {self.limit!r}" if self.limit is not None else text


class PeerDied(SandboxError):
    """The process at the other end has ended."""


class DeadlineExceeded(SandboxError):
    """The process at the other end did not answer in time; ``limit_s`` in seconds."""

    def __init__(self, what: str, limit_s: float) -> None:
        super().__init__(what, limit_s)
        self.what, self.limit_s = what, limit_s

    def __str__(self) -> str:
        return f"{self.what}: no answer within {self.limit_s:g} s"
