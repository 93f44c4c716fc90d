"""Memory in no process and no file: what was sent and not read, attributes of files, the kernel's own requests."""

from __future__ import annotations

import dataclasses
import os

import pytest

from autograder.sandbox import identity, sockets

ROOT = os.geteuid() == 0
ONLY_HIDDEN = "def sum_of_squares(values):\n    if len(values) == 2: return 25\n"
MEMORY = "your code needed more than 160 MB of memory"


@pytest.fixture
def small(monkeypatch, engine):
    """Limits that are soon reached."""
    limits = dataclasses.replace(engine.launcher.limits, memory_bytes=160 << 20)
    monkeypatch.setattr(engine.launcher, "limits", limits)


@pytest.mark.skipif(
    not ROOT or not sockets._is_told(), reason="needs a user id of its own, and a kernel that tells"
)
@pytest.mark.parametrize("ask", [False, True], ids=["as given", "enlarged"])
def test_socket_buffers_are_memory(grade, small, ask):
    """Two thousand ends with 200 kB each are 400 MB, from four processes; more cannot be asked for."""
    larger = "a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 << 20)" if ask else "pass"
    verdict = grade(
        {
            "q1_answer": ONLY_HIDDEN
            + f"""
    import os, socket, time
    for _ in range(4):
        if os.fork() == 0:
            break
    kept = []
    for _ in range(450):
        a, b = socket.socketpair()
        {larger}
        kept += [a, b]
        a.setblocking(False)
        try:
            while True:
                a.send(bytes(1 << 16))
        except BlockingIOError:
            pass
    time.sleep(30)
"""
        }
    )
    assert verdict.lost == {"q1": 3.0}
    assert verdict.said["test_any_numbers"] == MEMORY


def test_attributes_of_files_and_asynchronous_requests_are_not_to_be_had(grade):
    """Nothing counts the first, and the whole machine shares the number of the second."""
    verdict = grade(
        extra=(
            """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        path = f"/dev/shm/x{os.getpid()}"
        open(path, "w").close()
        try:
            os.setxattr(path, "user.x", bytes(60_000))
        except OSError as error:
            print("attribute:", error.errno)
        print("kept:", os.listxattr(path))
        context = ctypes.c_ulong(0)
        print("requests:", libc.syscall(206 if os.uname().machine == "x86_64" else 0, 1000, ctypes.byref(context)))
    """,
        )
    )
    assert verdict.lost == {}
    assert "kept: []" in verdict.outputs
    assert "requests: -1" in verdict.outputs


def test_honest_copies_and_pipes_go_on(grade):
    """Attributes are copied where there are some, buffers asked for, files flushed: all that libraries do."""
    verdict = grade(
        extra=(
            """
        import asyncio, mmap, multiprocessing, os, shutil, socket
        with open("a.txt", "w") as file:
            file.write("text"); file.flush(); os.fsync(file.fileno())
        shutil.copy2("a.txt", "b.txt"); shutil.copytree(".", "copied", ignore=shutil.ignore_patterns("copied"))
        ours, theirs = multiprocessing.Pipe()
        ours.send({"x": 1}); assert theirs.recv() == {"x": 1}
        a, b = socket.socketpair()
        a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        a.sendall(bytes(1000)); assert len(b.recv(1000)) == 1000
        loop = asyncio.new_event_loop(); loop.run_until_complete(asyncio.sleep(0)); loop.close()
        fd = os.open("a.txt", os.O_RDWR); view = mmap.mmap(fd, 4); view[0:1] = b"T"; view.flush(); os.close(fd)
        os.sync()
        loader = torch.utils.data.DataLoader(torch.arange(8.0), batch_size=4, num_workers=2)
        print("honest:", [len(x) for x in loader])
    """,
        )
    )
    assert verdict.problems == {}
    assert "honest: [4, 4]" in verdict.outputs


def test_memory_of_no_process_is_not_to_be_had(grade):
    """Shared, and of no file: what leaves a process's tables would stay, and be in no count. Nor rules of the kernel's."""
    verdict = grade(
        extra=(
            """
        import ctypes, mmap, os
        try:
            mmap.mmap(-1, 1 << 20)
        except OSError as error:
            print("shared:", error.errno)
        try:
            os.open("/dev/zero", os.O_RDWR)
        except OSError as error:
            print("zeros:", error.errno)
        print("private:", len(mmap.mmap(-1, 1 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)))
        libc = ctypes.CDLL(None, use_errno=True)
        print("rules:", libc.syscall(445, -1, 1, None, 0), ctypes.get_errno())
        file = open("room", "wb")
        print("room:", libc.syscall(285 if os.uname().machine == "x86_64" else 47, file.fileno(), 1, 0, 1 << 30))
        os.posix_fallocate(file.fileno(), 0, 1 << 10)
        print("grown:", os.fstat(file.fileno()).st_size)
        file.close()
        os.unlink("room")
    """,
        )
    )
    assert verdict.lost == {}
    for line in ("shared: 1", "zeros: 13", "private: 1048576", "rules: -1 1", "room: -1", "grown: 1024"):
        assert line in verdict.outputs, line


NAMELESS = {
    "open": "kept.append(fd)",
    "on its way": "ours, theirs = socket.socketpair(); socket.send_fds(ours, [b'x'], [fd]); kept += [ours, theirs]; sent = fd",
}


@pytest.mark.skipif(not ROOT, reason="as a plain user, files in memory are not counted: see SECURITY.md")
@pytest.mark.parametrize("keep", NAMELESS)
def test_files_without_a_name_are_memory(grade, small, monkeypatch, keep):
    """They are counted while somebody has them, be it a socket that nobody reads; and so in a default container."""
    monkeypatch.setattr(identity, "runs", lambda: 1)  # others that grade here would have their part
    verdict = grade(
        {
            "q1_answer": ONLY_HIDDEN
            + f"""
    import os, socket, tempfile, time
    kept = []
    for _ in range(5):
        fd, path = tempfile.mkstemp(dir="/dev/shm")
        os.unlink(path)
        for _ in range(80):
            os.write(fd, bytes(1 << 20))
        sent = None
        {NAMELESS[keep]}
        if sent is not None:
            os.close(sent)
    time.sleep(3)
    return sum(v * v for v in values)
"""
        }
    )
    assert verdict.lost == {"q1": 3.0}
    assert verdict.said["test_any_numbers"] == MEMORY


def test_files_that_never_had_a_name_are_not_to_be_had(grade):
    """Of memory, or in a folder; what Python's own library does without them goes on."""
    verdict = grade(
        extra=(
            """
        import os, tempfile
        for folder in (".", "/dev/shm"):
            try:
                os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600)
            except OSError as error:
                print(folder, error.errno)
        try:
            os.memfd_create("x")
        except OSError as error:
            print("memory", error.errno)
        with tempfile.TemporaryFile() as file:
            file.write(b"kept"); file.seek(0); print("honest:", file.read())
    """,
        )
    )
    assert verdict.lost == {}
    assert verdict.problems == {}
    for line in (". 95", "/dev/shm 95", "memory 1", "honest: b'kept'"):
        assert line in verdict.outputs, line
