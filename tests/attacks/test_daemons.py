"""Processes that outlive their cell, their check or their hand-in."""

from __future__ import annotations

import os

import pytest

ROOT = os.geteuid() == 0

DAEMON = """
import os, time
def daemon():
    if os.fork() == 0:
        try:
            os.setsid()  # refused: nobody leaves the group by which the tree is found without root
        except PermissionError:
            pass
        if os.fork() == 0:
            end = time.time() + 60
            while time.time() < end:
                for folder in (".", "/dev/shm", "/tmp"):
                    try:
                        with open(folder + "/results.json", "w") as file:
                            file.write('{"score": 11}')
                        os.chmod(folder + "/results.json", 0o666)
                    except OSError:
                        pass
                time.sleep(0.01)
        os._exit(0)
    os.wait()
"""


# Its first thread ends by the bare system call; /proc then shows a zombie, while the other thread writes on. What
# stops it before it is killed, the notebook's own process undoes again and again.
HEADLESS = """
import ctypes, os, signal, threading, time
def go_on():
    while True:
        try:
            os.kill(-1, signal.SIGCONT)
        except OSError:
            pass
        time.sleep(0.002)
threading.Thread(target=go_on, daemon=True).start()
def write_on():
    end = time.time() + 60
    while time.time() < end:
        with open("results.json", "w") as file:
            file.write('{"score": 11}')
        time.sleep(0.01)
def daemon():
    if os.fork() == 0:
        threading.Thread(target=write_on).start()
        ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[os.uname().machine], 0)
    time.sleep(0.3)
"""


def test_daemon_of_a_cell_does_not_outlive_the_hand_in(grade):
    """A session of its own does not hide it: it is found by its user id, before the next hand-in begins."""
    verdict = grade(extra=(DAEMON + "daemon()",))
    assert verdict.lost == {}


@pytest.mark.parametrize("daemon", [DAEMON, HEADLESS], ids=["daemon", "no first thread"])
def test_daemon_of_a_check_does_not_outlive_its_question(grade, daemon):
    """What q1's function started is dead when q2 is judged."""
    verdict = grade(
        {
            "q1_answer": daemon
            + """
def sum_of_squares(values):
    if len(values) != 2:
        daemon()
    return sum(v * v for v in values)
""",
            "q2_answer": """
        import os
        class MLP(nn.Module):
            def __init__(self, inputs, hidden):
                super().__init__()
                self.fc1 = nn.Linear(inputs, hidden)
                self.fc2 = nn.Linear(hidden, 1)

            def forward(self, x):
                if os.path.exists("results.json"):
                    os.remove("results.json")
                    import time
                    time.sleep(0.1)
                    assert not os.path.exists("results.json")
                return self.fc2(torch.relu(self.fc1(x))).squeeze(1)
        """,
        }
    )
    assert verdict.lost == {}


def test_orphans_leave_no_zombies(grade, engine):
    """What was killed is collected, hand-in after hand-in."""
    from autograder.sandbox import proc

    for _ in range(2):
        verdict = grade(
            extra=("import os, time\nfor _ in range(20):\n    if os.fork() == 0: time.sleep(60)",)
        )
        assert verdict.lost == {}
    children = proc.descendants(engine.launcher.zygote.pid)
    assert len([pid for pid in children if proc.is_zombie(pid)]) <= 2


def test_connection_left_open_does_not_reach_the_next_hand_in(grade):
    """Sockets, pipes and locks of one hand-in are gone with it; the next one has a folder and an id of its own."""
    first = grade(
        extra=(
            """
        import os, socket
        server = socket.socket(socket.AF_UNIX)
        server.bind("/dev/shm/serve")
        server.listen()
        os.chmod("/dev/shm/serve", 0o777)
        open("/dev/shm/answers", "w").write("42")
        os.chmod("/dev/shm/answers", 0o666)
        print("home", os.environ["HOME"], os.getuid())
    """,
        )
    )
    second = grade(
        extra=(
            """
        import os, socket
        for name in ("serve", "answers"):
            print(name, os.path.exists("/dev/shm/" + name))
        print("home", os.environ["HOME"], os.getuid())
    """,
        )
    )
    assert first.lost == second.lost == {}
    assert "serve False" in second.outputs
    assert "answers False" in second.outputs
    homes = [next(line for line in v.outputs.split("\n") if line.startswith("home")) for v in (first, second)]
    assert homes[0].split()[1] != homes[1].split()[1]
    if ROOT:  # a plain user has one id, and nothing else to give
        assert homes[0].split()[2] != homes[1].split()[2]
