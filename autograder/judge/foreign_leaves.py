"""Tensors with gradients that stay in the student's process, and of which a test holds copies (*trusted*).

A parameter that the test changes (``p.fill_(0.5)``, ``optimizer.step()``) is changed there before anything else is
asked, and what the student's code changes, or a backward pass that went on there, is seen in the copy.
"""

from __future__ import annotations

import sys
from typing import Any

from autograder.errors import WireError
from autograder.judge.foreign_handles import Remote
from autograder.sandbox import wire

MAX_FOLLOWED = 1000
COMPARED = 1 << 20  # numbers; a larger tensor is known to have changed by its version alone


class Leaves:
    """One conversation's copies, by the number of what they are copies of."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.live: dict[int, Any] = {}  # what the test has let go of may have been changed before it did
        self.states: dict[int, tuple[Any, ...]] = {}
        self.busy = False

    def get(self, number: int) -> Any:
        """Return the copy of what has this number there, or None."""
        return self.live.get(number)

    def add(self, number: int, tensor: Any) -> None:
        """Follow a copy."""
        self.live[number] = tensor
        self.states[number] = state(tensor)
        if len(self.live) > MAX_FOLLOWED:
            oldest = next(iter(self.live))
            del self.live[oldest], self.states[oldest]

    def renew(self, number: int, now: Any, gradient: Any) -> None:
        """Give a copy what has been told of it."""
        tensor = self.live[number]
        put(tensor, now, gradient)
        tensor._there.version = tensor._version
        self.states[number] = state(tensor)

    def push(self) -> None:
        """Tell the other side what the test has changed."""
        if self.busy or not self.live:
            return
        changed = [(n, t) for n, t in list(self.live.items()) if not is_same(t, self.states.get(n))]
        if not changed:
            return
        self.busy = True
        try:
            for _, tensor in changed:
                tensor._there.version = tensor._version
            self.session.request(
                "set_leaves",
                [Remote(number) for number, _ in changed],
                [
                    [tensor.detach().clone(), None if tensor.grad is None else tensor.grad.detach().clone()]
                    for _, tensor in changed
                ],
            )
            for number, tensor in changed:
                self.states[number] = state(tensor)
        finally:
            self.busy = False

    def pull(self) -> None:
        """See what has changed there."""
        if self.busy or not self.live:
            return
        self.busy = True
        try:
            live = list(self.live.items())
            found = self.session.request("leaves", [Remote(number) for number, _ in live])
            if type(found) is not list or len(found) != len(live):
                raise WireError(wire.Refusal.REPLY, "leaves", len(live))
            for (number, _), now in zip(live, found, strict=True):
                if type(now) is list and len(now) == 2:
                    self.renew(number, *now)
        finally:
            self.busy = False


def state(tensor: Any) -> tuple[Any, ...]:
    """Return what tells whether a tensor, or its gradient, has changed."""
    small = tensor.numel() <= COMPARED
    gradient = tensor.grad
    return (
        tensor._version,
        tensor.detach().clone() if small else None,
        None if gradient is None else gradient._version,
        gradient.detach().clone() if small and gradient is not None else None,
    )


def is_same(tensor: Any, then: tuple[Any, ...] | None) -> bool:
    """Tell whether a tensor and its gradient are as they were."""
    torch: Any = sys.modules["torch"]
    if then is None:
        return False
    version, value, gradient_version, gradient = then
    now = tensor.grad
    if (now is None) is not (gradient_version is None):
        return False
    if value is None:
        return version == tensor._version and (now is None or now._version == gradient_version)
    return bool(
        value.shape == tensor.shape
        and torch.equal(tensor.detach(), value)
        and (now is None or torch.equal(now.detach(), gradient))
    )


def put(tensor: Any, now: Any, gradient: Any) -> None:
    """Give a tensor other values, and another gradient or none."""
    torch: Any = sys.modules["torch"]
    if isinstance(now, torch.Tensor) and now.shape == tensor.shape:
        with torch.no_grad():
            if not torch.equal(now.detach().to(tensor.dtype), tensor.detach()):
                tensor.copy_(now.detach())
    if gradient is None:
        tensor.grad = None
    elif isinstance(gradient, torch.Tensor) and gradient.shape == tensor.shape:
        tensor.grad = gradient.detach().to(tensor.dtype).clone()


def put_state(module: Any, now: Any) -> None:
    """Give a module of the test's the parameters, buffers and gradients that its copy there has."""
    if type(now) is not dict or set(now) != {"v", "g", "t"} or not all(type(now[k]) is dict for k in "vg"):
        raise WireError(wire.Refusal.REPLY, "module", 3)
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        if name in now["v"]:
            put(tensor, now["v"][name], now["g"].get(name))
    if type(now["t"]) is bool:
        module.train(now["t"])
