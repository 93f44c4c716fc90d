"""What a probe is: something that a student's process tries, and what should stop it (*sandbox*).

An attack counts as stopped when it raises OSError. Some calls are tried with empty arguments, and the
kernel's complaint about those ("bad address") then shows that the call was let in: such errors are listed
as ``reached``.

Nothing here harms the machine when it gets through: signals are number 0, files are the planted ones, the
sibling is there to be abused, and what is created is removed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn


@dataclass(frozen=True, slots=True)
class Canaries:
    """What was planted for the attacks: paths, sockets and processes."""

    base: str
    parent: int
    sibling: int
    abstract: bytes
    port: int  # 0: no TCP here
    program: bytes  # of /bin/true
    same_user: bool = False  # known once the sandbox is entered

    def path(self, name: str) -> str:
        """Return the path of a planted file."""
        return os.path.join(self.base, name)


class Skipped(Exception):
    """The probe has no meaning on this host."""


Run = Callable[[Canaries], None]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A probe: a function that returns if it got its way, and raises OSError if something stopped it."""

    run: Run
    stopped_by: tuple[str, ...]  # any of these layers alone; see ``selftest._holds``
    reached: frozenset[int]  # errors that show the call to have been let in
    need: bool = False

    @property
    def name(self) -> str:
        """The function's name, by which reports call the probe."""
        return self.run.__name__

    @property
    def what(self) -> str:
        """What is tried, in a sentence."""
        return (self.run.__doc__ or "").strip()


def attack(*stopped_by: str, reached: tuple[int, ...] = ()) -> Callable[[Run], Attempt]:
    """Make a probe of a function: something that one of the layers, if active, has to stop."""
    return lambda run: Attempt(run, stopped_by, frozenset(reached))


def need(run: Run) -> Attempt:
    """Make a probe of a function: something that has to work under every layer."""
    return Attempt(run, (), frozenset(), need=True)


def fail(number: int, text: str = "") -> NoReturn:
    """Raise the error of a call that was refused."""
    raise OSError(number, text or os.strerror(number))
