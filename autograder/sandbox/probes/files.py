"""Attacks on files that are not the hand-in's (*sandbox*)."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from autograder.sandbox import interpreter
from autograder.sandbox.probes.attempt import Canaries, Skipped, attack, fail


@attack("landlock", "chroot")
def read_shared_file(c: Canaries) -> None:
    """Read a file of ours that every user may read."""
    Path(c.path("shared.txt")).read_bytes()


@attack("uid", "landlock", "chroot")
def read_private_file(c: Canaries) -> None:
    """Read a file of ours with mode 0600."""
    Path(c.path("private.txt")).read_bytes()


@attack("landlock", "chroot")
def list_folder(c: Canaries) -> None:
    """List a folder of ours that every user may list."""
    os.listdir(c.base)


@attack("landlock", "chroot")
def read_accounts(_: Canaries) -> None:
    """Read /etc/passwd."""
    Path("/etc/passwd").read_bytes()


@attack("landlock", "chroot")
def read_source_tree(_: Canaries) -> None:
    """Read the folder from which the autograder runs: the course repository, if it is installed editable."""
    if any(Path(__file__).is_relative_to(path) for path in interpreter.readable_paths()):
        raise Skipped("installed among Python's libraries")
    os.listdir(Path(__file__).parents[2])


@attack("uid", "landlock")
def write_library(_: Canaries) -> None:
    """Create a file in /usr/lib."""
    path = Path("/usr/lib/autograder-selftest")
    path.touch()
    path.unlink()


@attack("landlock", "chroot")
def write_shared_folder(c: Canaries) -> None:
    """Create a file in a folder of ours that every user may write."""
    Path(c.path("open"), "new").touch()


@attack("landlock:3", "chroot")
def empty_shared_file(c: Canaries) -> None:
    """Truncate a file of ours that every user may write."""
    os.truncate(c.path("writable.txt"), 0)


@attack("landlock", "chroot")
def link_into_work(c: Canaries) -> None:
    """Give a file of ours a second name in the work folder."""
    os.link(c.path("shared.txt"), "linked.txt")


@attack("uid", "chroot", "seccomp@same user")
def change_mode(c: Canaries) -> None:
    """Open a private file of ours to everybody."""
    path = c.path("private2.txt")
    os.chmod(path, 0o644)
    if os.stat(path).st_mode & 0o777 != 0o644:
        fail(errno.EPERM, "answered, not carried out")
