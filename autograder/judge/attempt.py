"""What the checks of one hand-in work on: which process, with whose names, with which seeds (*trusted*)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from autograder.bundle import Bundle
from autograder.checks import public_seed
from autograder.errors import SandboxError
from autograder.sandbox.proxy import Process, StudentError, StudentStopped


class Attempt:
    """What the checks of one hand-in work on; made anew for each."""

    def __init__(
        self,
        bundle: Bundle,
        fork: Callable[[], Process],
        fork_reference: Callable[[], Process] | None,
        seed_material: bytes,
        missing: Callable[[str], str],
        left_s: Callable[[], float],
        excerpt: Callable[[int, int], dict[str, Any]] = lambda _cell, _line: {},
    ) -> None:
        self.bundle, self.fork, self.seed_material, self.missing = bundle, fork, seed_material, missing
        self.left_s, self.excerpt = left_s, excerpt
        self.fork_reference = fork_reference
        self.reference: Process | None = None  # the solution's, once a check has asked for it
        self.process: Process | None = None
        self.process_question = ""
        self.current = ""
        self.public = False  # does the current check run in students' kernels, too?
        self.differs = False  # are the names of the current question other ones than those at the end?
        self.rebound: dict[
            str, int
        ] = {}  # name of the current question's state -> the cell that bound it again
        self.sources: list[str] = []  # of the hand-in's own cells
        self.foreign_both = False  # are tests of other tools run in both places, to compare them?
        self.foreign_places: dict[str, dict[str, Any]] = {}  # what came of that
        self._placed: tuple[str, bool, list[str]] | None = None  # whose names the process has
        self._at_end: dict[
            str, set[str]
        ] = {}  # questions that are judged by the end, and the names they ask for

    def judge_at_end(self, question: str, asked: set[str]) -> None:
        """Judge a question by the names as the notebook leaves them."""
        self._at_end[question] = asked

    def judge_at_check(self, question: str) -> None:
        """Judge a question by the names as they were at its check cell, which is what happens by itself."""
        del self._at_end[question]

    def follow(self, question: str, asked: set[str]) -> None:
        """Judge a question without visible checks as those that ask for the same names."""
        if question not in self._at_end and any(asked & names for names in self._at_end.values()):
            self._at_end[question] = asked

    def place(self, question: str) -> None:
        """Bind the names of the process's notebook as they were for a question, unless they are."""
        assert self.process is not None
        # An answer that counts as the end has it does so for the questions that build on it, too.
        theirs = {name for names in self._at_end.values() for name in names}
        wanted = (question, question in self._at_end, sorted(theirs))
        if self._placed == wanted:
            return
        self._placed = wanted
        found = self.process.request("put_names_back", *wanted, limit_s=2.0)
        if type(found) is dict and set(found) == {"differs", "rebound"} and type(found["rebound"]) is dict:
            self.differs = found["differs"] is True
            self.rebound = {n: c for n, c in found["rebound"].items() if type(c) is int and 0 < c < 10_000}

    @property
    def question(self) -> str:
        """The question of the current check."""
        return self.current.split("/")[0]

    def student(self) -> Process:
        """Return the process that the current check may use, forking it if needed."""
        if self.process is None:
            self.process, self._placed = self.fork(), None
            self.place(self.question)
            self.seed_student(self.process)
        return self.process

    def ask_reference(self, limit_s: float) -> Process:
        """Return the process of the reference solution, forking it at the first check that asks for it.

        Raises
        ------
        SandboxError
            If the bundle has none, or its process has ended.
        """
        if self.reference is None:
            if self.fork_reference is None:
                raise SandboxError("this bundle has no reference solution")
            try:
                self.reference = self.fork_reference()
            except (StudentError, StudentStopped) as error:  # its own end is nobody's answer
                raise SandboxError(f"the reference cannot be copied: {error!r}") from None
            self.reference.begin(limit_s)
        return self.reference

    def seed_student(self, process: Process) -> None:
        """Set the generators of the student's process for the current check; as its kernel does, if that has it, too."""
        seed = public_seed(self.current.split("/")[1]) if self.public else self.seed("student")
        process.request("seed", seed, limit_s=1.0)
        process.used = False

    def seed(self, use: str) -> int:
        """Return a seed of the current check: fresh for each hand-in, the same on a re-run.

        The seed that a student's process is told (``torch.initial_seed()`` shows it) says nothing about
        the one that ``rng`` draws hidden inputs and answers from.
        """
        material = self.seed_material + f"{use}/{self.current}".encode()
        key = hmac.new(bytes.fromhex(self.bundle.secret), material, hashlib.sha256)
        return int.from_bytes(key.digest()[:7], "big")

    def fresh(self, limit_s: float) -> Process:
        """Return a new copy of the notebook's process, which no check has used; its calls share the CPU seconds."""
        self.drop_process()
        process = self.student()
        process.begin(limit_s)
        return process

    def drop_process(self) -> None:
        """Let go of the process: the next check gets a fresh copy."""
        if self.process is not None:
            self.process.close()
            self.process = None
