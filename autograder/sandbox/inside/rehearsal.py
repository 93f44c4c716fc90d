"""What every forked process will do, done once in the zygote (*sandbox*).

What a fork is the first to do it pays for in copied pages: a module that is imported late, a function whose bytecode the
interpreter has not specialized yet. So the zygote plays a hand-in through, requests, answers and all, with its own hand;
the pages that this changes are then the same for all. Nothing of it is left: names, counts and generators are as before.
"""

from __future__ import annotations

import mmap
import os
import random
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from autograder.sandbox import channel, wire
from autograder.sandbox.inside import cells

TIMES = 24  # CPython specializes a function's bytecode after eight calls, what is in its loops after more
SOURCE = """
import numpy as np, torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 1)
    def forward(self, x):
        return self.layer(x)
def double(x):
    return 2 * x
def fail(x):
    raise ValueError("no")
net, array = Net(), np.ones(2)
"""


def rehearse(shell: cells.Shell, make_server: Callable[[channel.Channel], Any]) -> None:
    """Play a hand-in through, as the grader asks and a fork answers."""
    before, count = dict(shell.user_ns), shell.execution_count
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002
    interrupt = signal.getsignal(signal.SIGINT)
    out, err = sys.stdout, sys.stderr
    streams = [os.dup(1), os.dup(2)]
    ours, theirs = socket.socketpair()
    arena = mmap.mmap(-1, 1 << 20)
    shell.capture = cells.Capture(os.memfd_create("stdout"), os.memfd_create("stderr"))
    try:
        _play(make_server(channel.Channel(theirs, arena, accepts_fds=True)), channel.Channel(ours, arena))
    finally:
        for number, fd in enumerate(streams, 1):
            os.dup2(fd, number)
            os.close(fd)
        signal.signal(signal.SIGINT, interrupt)
        for sock in (ours, theirs):
            sock.close()
        sys.stdout, sys.stderr = out, err
        del shell.capture
        shell.user_ns.clear()
        shell.user_ns.update(before)
        shell.execution_count = count
        shell.history_manager.input_hist_parsed[:] = shell.history_manager.input_hist_raw[:] = [""]
        torch.set_rng_state(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        random.setstate(states[2])


def _play(server: Any, client: channel.Channel) -> None:
    number = 0

    def ask(name: str, *arguments: Any) -> Any:
        nonlocal number
        number += 1
        client.send(wire.encode([number, name, list(arguments), []], lambda value: value))
        server.answer_next()
        tree, buffers = client.receive()
        return wire.read_reply(
            wire.decode(tree, buffers, lambda _, array: array, lambda handle: handle), number
        ).value

    ask("cell", SOURCE, 1)
    ask("cell", "np = 5; 1 / 0", 2)
    ask("note_names", "q1")
    ask("cell", "print(1); net", 3)
    ask("restore", [], [])
    x = wire.Array("t", np.ones((3, 2), np.float32))
    for turn in range(TIMES):
        ask("put_names_back", "q1", False, [])
        ask("seed", turn)
        ask("surroundings", turn)
        double, net, fail = (ask("get", name) for name in ("double", "net", "fail"))
        ask("call", double, [1.5], {})
        ask("call", fail, [x], {})
        ask("observe", double, [x])
        ask("attr", net, "layer")
        for operation in ("parameters", "gradients", "training"):
            ask(operation, net)
        ask("forward", net, x, 2)
        ask("backward", net, x, wire.Array("t", np.ones((3, 1), np.float32)))
        module = ask("module", [["Linear", 2, 3], ["ReLU"]], None, [], [])
        ask("call", module, [x], {})
        ask("trace")
        ask("get", "array")
        ask("names_of_error")
