"""What honest notebooks need, under every layer (*sandbox*)."""

from __future__ import annotations

import errno
import importlib
import multiprocessing.synchronize
import os
import shutil
import signal
import socket
import sys
import threading
import time
from pathlib import Path

from autograder.sandbox import landlock
from autograder.sandbox.probes.attempt import Canaries, Skipped, fail, need
from autograder.sandbox.probes.sockets import connect


@need
def write_work_folder(_: Canaries) -> None:
    """Write, rename across folders, read and remove files in the work folder."""
    os.mkdir("folder")
    Path("note").write_text("text")
    os.rename("note", "folder/note")
    if Path("folder/note").read_text() != "text":
        fail(errno.EIO)
    shutil.rmtree("folder")


@need
def use_semaphore(_: Canaries) -> None:
    """Make the lock that DataLoader workers share."""
    with multiprocessing.get_context("fork").Lock():
        pass


@need
def fork_and_signal(_: Canaries) -> None:
    """Fork a worker and end it."""
    pid = os.fork()
    if pid == 0:
        signal.pause()
        os._exit(0)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


@need
def start_thread(_: Canaries) -> None:
    """Start a thread."""
    thread = threading.Thread(target=time.time)
    thread.start()
    thread.join()


@need
def pass_descriptor(_: Canaries) -> None:
    """Pass an open file over a socket pair."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        socket.send_fds(ours, [b"x"], [0])
        for fd in socket.recv_fds(theirs, 1, 1)[1]:
            os.close(fd)


@need
def connect_own_socket(c: Canaries) -> None:
    """Connect to a named socket of our own, as DataLoader workers do."""
    if c.same_user and landlock.status()[0] < landlock.NAMED_SOCKETS_ABI:
        raise Skipped("refused in same-user mode; DataLoader needs num_workers=0")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("own-socket")
        server.listen()
        connect("own-socket")


@need
def import_late(_: Canaries) -> None:
    """Import a module of the standard library for the first time."""
    name = next(n for n in ("colorsys", "this", "sndhdr", "tabnanny") if n not in sys.modules)
    importlib.import_module(name)


@need
def open_devices(_: Canaries) -> None:
    """Use /dev/null and /dev/urandom."""
    Path(os.devnull).write_text("x")
    with open("/dev/urandom", "rb") as file:
        file.read(1)


@need
def look_at_self(_: Canaries) -> None:
    """Read our own state and the processor's from /proc."""
    if not os.path.exists("/proc/self"):
        raise Skipped("no /proc here")
    Path("/proc/self/status").read_bytes() + Path("/proc/cpuinfo").read_bytes()
