"""The closed set of torch operations that a check may ask for beside get and call (*sandbox*).

They run in the student's (or the reference's) process and hold nothing secret. Results are plain data
and tensors; the other side validates all of it.
"""

from __future__ import annotations

import hashlib
import random
import resource
from typing import Any

import numpy as np
import torch
from torch import nn

from autograder.sandbox.inside import handed_weights, scripts

_generator = torch.default_generator
BATCH_BYTES = 128 << 20  # what the values between a network's layers may need, where smaller batches help

LAYERS: dict[str, Any] = {
    "Linear": nn.Linear,
    "Conv1d": nn.Conv1d,
    "ReLU": nn.ReLU,
    "Tanh": nn.Tanh,
    "Sigmoid": nn.Sigmoid,
    "Flatten": nn.Flatten,
    "Dropout": nn.Dropout,
    "BatchNorm1d": nn.BatchNorm1d,
}


class Squeeze(nn.Module):
    """``x.squeeze(dim)`` as a layer."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.squeeze(self.dim)


class Permute(nn.Module):
    """``x.permute(*dims)`` as a layer."""

    def __init__(self, *dims: int) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.permute(*self.dims)


# The last three hold parameters that are not called weight and bias, or are no matrix.
LAYERS |= {"Squeeze": Squeeze, "Permute": Permute}
LAYERS |= {"LSTM": nn.LSTM, "PReLU": nn.PReLU, "LayerNorm": nn.LayerNorm}
LAYERS |= {"MultiheadAttention": nn.MultiheadAttention}


def module(layers: list[list[Any]], state: Any, frozen: list[int], tied: list[list[int]]) -> nn.Module:
    """Build an ``nn.Sequential`` from ``[["Linear", 2, 3], ["ReLU"], …]``."""
    built = nn.Sequential(*(LAYERS[name](*arguments) for name, *arguments in layers))
    for first, second in tied:
        built[second].weight = built[first].weight
    if state is not None:
        set_parameters(built, state)
    for index, parameter in enumerate(built.parameters()):
        parameter.requires_grad_(index not in frozen)
    return built


def parameters(model: nn.Module) -> list[dict[str, Any]]:
    """Return every parameter in order, a shared tensor once."""
    return [
        {"name": name, "value": p.detach(), "requires_grad": bool(p.requires_grad)}
        for name, p in model.named_parameters()
    ]


def set_parameters(model: nn.Module, arrays: list[Any]) -> None:
    """Overwrite the parameters in order; shapes must agree."""
    targets = list(model.parameters())
    if len(targets) != len(arrays):
        raise ValueError(f"the model has {len(targets)} parameters, {len(arrays)} arrays were given")
    with torch.no_grad():
        for target, array in zip(targets, arrays, strict=True):
            value = torch.as_tensor(array)
            if value.shape != target.shape:
                raise ValueError(
                    f"a parameter of shape {tuple(target.shape)} cannot take {tuple(value.shape)}"
                )
            target.copy_(value)


def gradients(model: nn.Module) -> list[Any]:
    """Return every parameter's gradient, or None."""
    return [None if p.grad is None else p.grad.detach() for p in model.parameters()]


def training(model: nn.Module) -> list[bool]:
    """Return the ``training`` flag of the model and of every module in it."""
    return [bool(m.training) for m in model.modules()]


def forward(model: Any, x: Any, batch_size: int | None, dtype: str | None = None) -> Any:
    """Return ``model(x)`` in evaluation mode, without gradients, in batches; the mode is restored.

    With a ``dtype`` each batch is converted to it first: what was sent may be smaller.
    """
    kind = getattr(torch, dtype) if dtype else x.dtype
    was_training = bool(getattr(model, "training", False))
    if was_training:
        model.eval()
    try:
        with torch.no_grad():
            if batch_size is None:
                return model(x.to(kind))
            return _in_batches(model, x, batch_size, kind)
    finally:
        if was_training:
            model.train()


def _in_batches(model: Any, x: torch.Tensor, batch_size: int, kind: torch.dtype) -> torch.Tensor:
    """Return the outputs in one tensor, made at once: small results between a network's large ones tear the heap.

    Batches begin with two rows and double up to ``batch_size`` while twice the memory is there: out of memory a
    process is killed, and no error could be answered by a smaller batch.
    """
    whole, done, odd = torch.empty(0), 0, list[torch.Tensor]()
    before, size, at = _held_bytes(), min(2, batch_size), 0
    while at < len(x):
        end = at + size + (len(x) - at - size == 1)  # a last batch of one is another question
        part, at = x[at:end], end
        found = model(part.to(kind))
        if 2 * (_peak_bytes() - before) <= BATCH_BYTES:
            size = min(2 * size, batch_size)
        if not isinstance(found, torch.Tensor):
            raise TypeError(f"the model returned {type(found).__name__}, no tensor")
        if not done:
            whole = found.new_empty((len(x), *found.shape[1:]))
        place = whole[done : done + len(part)]
        if odd or found.shape != place.shape or found.dtype != place.dtype:
            odd = odd or [whole[:done]] * bool(done)
            odd.append(found)  # the check says what is wrong with it
            continue
        place.copy_(found)
        done += len(part)
    return torch.cat(odd) if odd else whole


def _held_bytes() -> int:
    """Return the memory that this process holds now; 0 where that can't be known, which keeps batches small."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0


def _peak_bytes() -> int:
    """Return the most memory that this process has held so far; a fork begins with what it holds then."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


class Held:
    """A value that stays here between requests: what a function does to it later is seen, too."""

    def __init__(self, value: Any) -> None:
        self.value = value


def observe(function: Any, arguments: list[Any]) -> dict[str, Any]:
    """Call a function and return its result, the names of its types, and the arguments as they are afterwards."""
    arguments = [a.value if isinstance(a, Held) else a for a in arguments]
    result = function(*arguments)
    items = {type(item).__name__ for item in result} if isinstance(result, (list, tuple)) else set()
    return {
        "result": result,
        "type": type(result).__name__,
        "items": sorted(items),
        "arguments": arguments,
    }


def calls(function: Any, argument_lists: list[list[Any]]) -> list[Any]:
    """Call a function once per list of arguments; return the results, as they are after the last call.

    One by one over the wire, a result is copied before the next call can overwrite it.
    """
    return [function(*arguments) for arguments in argument_lists]


def backward(model: nn.Module, x: Any, weights: Any) -> list[Any]:
    """Return each parameter's gradient of the weighted sum of ``model(x)``, or None; none are left behind."""
    model.zero_grad(set_to_none=True)
    with torch.enable_grad():
        out = model(x)
        if isinstance(out, torch.Tensor) and out.requires_grad:  # else nothing in it can learn
            (out * weights).sum().backward()
    found = gradients(model)
    model.zero_grad(set_to_none=True)
    return found


def seed_all(seed: int) -> None:
    """Set the state of every generator that notebooks use, and let gradients be recorded whatever ran last.

    ``torch.manual_seed`` sets the same generator, and then writes down where it was called, with the lines of every
    caller, for devices that are not here: a thousand page faults in a fresh fork.
    """
    torch.set_grad_enabled(True)
    _generator.manual_seed(seed)
    np.random.seed(seed % (1 << 32))  # noqa: NPY002  students use the global generator
    random.seed(seed)


def surroundings(seed: int | None) -> dict[str, Any]:
    """Return what a function must leave as it was; with a ``seed``, every generator starts from it first.

    So do gradients: they are recorded then, whatever an earlier call has left.
    """
    if seed is not None:
        seed_all(seed)
    states = (torch.get_rng_state().numpy(), np.random.get_state(), random.getstate())  # noqa: NPY002
    return {
        "dtype": str(torch.get_default_dtype()),
        "gradients": torch.is_grad_enabled(),
        "generators": [hashlib.sha256(_bytes_of(state)).hexdigest() for state in states],
    }


def _bytes_of(state: Any) -> bytes:
    parts = state if isinstance(state, tuple) else (state,)
    return b"".join(p.tobytes() if isinstance(p, np.ndarray) else repr(p).encode() for p in parts)


OPERATIONS = {
    "observe": observe,
    "hold": Held,
    "calls": calls,
    "backward": backward,
    "surroundings": surroundings,
    "module": module,
    "parameters": parameters,
    "set_parameters": set_parameters,
    "gradients": gradients,
    "training": training,
    "forward": forward,
    "load_weights": handed_weights.load_weights,
    "vary_weights": handed_weights.vary_weights,
    "files": scripts.files,
    "read_file": scripts.read_file,
    "run_script": scripts.run_script,
}
