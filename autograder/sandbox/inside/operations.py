"""The closed set of torch operations that a check may ask for beside get and call (*sandbox*).

They run in the student's (or the reference's) process and hold nothing secret. Results are plain data
and tensors; the other side validates all of it.
"""

from __future__ import annotations

import collections
import contextlib
import copy
import hashlib
import os
import random
import resource
import shutil
import tempfile
import warnings
from typing import Any

import numpy as np
import torch
from torch import nn

from autograder.sandbox.inside import scripts

WEIGHTS_BYTES = 256 << 20
BATCH_BYTES = 128 << 20  # what the values between a network's layers may need, where smaller batches help
FILE_BYTES = 100 << 20  # of a handed-in file that is read at all; see sandbox/hand_in.py
_folders = ["."]  # where handed-in weights may be; see remember_folders
_instead: dict[str, str] = {}
_too_large: dict[str, int] = {}

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


def load_weights(model: nn.Module, name: str) -> list[str]:
    """Load a handed-in file into the model; return the code of what is wrong, if anything.

    Returns
    -------
    ``[]`` when loaded, else ``[code, detail…]`` with a code of ``messages.WEIGHTS``. Harmless forms are
    repaired: float64, saved on a GPU, a ``module.`` prefix, a checkpoint dictionary around the state.
    """
    state, problem = _read_state(name, list(model.state_dict()))
    if problem:
        return problem
    if any(map(nn.parameter.is_lazy, model.state_dict().values())):  # no shapes before its first values
        with contextlib.suppress(RuntimeError):  # names or shapes differ, which is told below
            model.load_state_dict(state)
    wanted = {n: () if nn.parameter.is_lazy(v) else tuple(v.shape) for n, v in model.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in state.items()}
    if found != wanted and list(found.values()) == list(wanted.values()):
        # Other layer names, same tensors in the same order: the student's MLP may have been renamed since.
        state = dict(zip(wanted, state.values(), strict=True))
        found = wanted
    for name in [n for n in found if n not in wanted and state[n].numel() == 1]:  # an epoch, a loss
        if set(wanted) <= set(found):
            del found[name], state[name]
    missing = sorted(set(wanted) - set(found))
    extra = sorted(set(found) - set(wanted))
    if missing or extra:
        return ["names", str(len(missing)), str(len(extra))]
    for name, shape in wanted.items():
        if found[name] != shape:
            return ["shape", "×".join(map(str, shape)), "×".join(map(str, found[name]))]
    for value in state.values():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            return ["not_finite"]
    model.load_state_dict({k: v.to(torch.float32) if v.is_floating_point() else v for k, v in state.items()})
    return []


def vary_weights(model: nn.Module, name: str, seed: int) -> str:
    """Write other weights of the model, alone, into a new folder; load them into it; return the folder.

    They are the handed-in ones, every number moved a little, in the handed-in file's form and as safetensors, too;
    the model's own where the handed-in ones cannot be loaded. A file that is no plain state stays as it is.
    """
    path, problem = _find_weights(name), load_weights(model, name)
    folder = tempfile.mkdtemp(prefix="beside-")
    generator = torch.Generator().manual_seed(seed)
    names = {name} | ({os.path.basename(path)} if path else set())
    if path and problem in (["not_plain"], ["not_a_dict"]):
        for target in names:
            shutil.copy(path, os.path.join(folder, target))
        return folder
    content: Any = collections.OrderedDict(model.state_dict())
    if path and not problem and not path.endswith(".safetensors"):
        content, _ = _open_weights(path)
    content = _varied(content, generator)
    for target in names - {n for n in names if n.endswith(".safetensors")}:
        torch.save(content, os.path.join(folder, target))
    _folders.insert(0, folder)
    try:
        state, _ = _read_state(name, list(model.state_dict()))
        load_weights(model, name)
    finally:
        _folders.remove(folder)
    flat = {key: value.detach().clone().contiguous() for key, value in state.items()}
    from safetensors.torch import save_file

    save_file(flat, os.path.join(folder, name.removesuffix(".pt") + ".safetensors"))
    return folder


def _varied(content: Any, generator: torch.Generator) -> Any:
    """Return the same structure with every floating-point number moved by about a fifth; its sign stays."""
    if isinstance(content, torch.Tensor):
        if not content.is_floating_point():
            return content
        noise = torch.randn(content.shape, generator=generator, dtype=torch.float32)
        moved = content.detach() * torch.exp(0.2 * noise)
        if content.ndim > 1 and not bool(moved.any()):  # a layer of zeros would stay one
            moved = 0.05 * noise
        return moved.to(content.dtype)
    if isinstance(content, nn.Module):  # a whole model was handed in
        other = copy.deepcopy(content)
        other.load_state_dict(_varied(content.state_dict(), generator))
        return other
    if isinstance(content, dict):
        return type(content)((key, _varied(value, generator)) for key, value in content.items())
    if type(content) in (list, tuple):
        return type(content)(_varied(value, generator) for value in content)
    return content


def remember_folders(handed_in: str, instead: dict[str, str], too_large: dict[str, int]) -> None:
    """Note, before any of the student's code, where handed-in weights are.

    First the copy that no cell can write to, then where this process starts, then where it has gone. ``instead``
    names the only weights of a hand-in that has none of the wanted name, ``too_large`` what was left out.
    """
    _folders[:0] = [os.path.abspath(handed_in), os.getcwd()]
    _instead.update({name: os.path.join(_folders[0], other) for name, other in instead.items()})
    _too_large.update(too_large)
    scripts.remember_folders(handed_in)


def _names(name: str) -> list[str]:
    return [name, name.removesuffix(".pt") + ".safetensors"] if name.endswith(".pt") else [name]


def _find_weights(name: str) -> str | None:
    for folder in _folders:
        for path in (os.path.join(folder, n) for n in _names(name)):
            if os.path.isfile(path):
                return path
    other = _instead.get(name)
    return other if other is not None and os.path.isfile(other) else None


def _read_state(name: str, wanted: list[str]) -> tuple[dict[str, torch.Tensor], list[str]]:
    large = next((_too_large[n] for n in _names(name) if n in _too_large), None)
    if large is not None and not any(os.path.isfile(os.path.join(_folders[0], n)) for n in _names(name)):
        return {}, ["too_large", str(large), str(FILE_BYTES >> 20)]
    path = _find_weights(name)
    if path is None:
        return {}, ["missing", name]
    size = os.path.getsize(path)
    if size == 0:
        return {}, ["empty"]
    if size > WEIGHTS_BYTES:
        return {}, ["too_large", str(size >> 20), str(WEIGHTS_BYTES >> 20)]
    with open(path, "rb") as file:
        head = file.read(200)
    if head.lstrip()[:1] == b"<":
        return {}, ["html"]
    if head.startswith(b"version https://git-lfs"):
        return {}, ["lfs"]
    content, problem = _open_weights(path)
    return ({}, problem) if problem else _state_of(content, wanted)


def _open_weights(path: str) -> tuple[Any, list[str]]:
    """Return what a file of weights holds, or what is wrong with it.

    What is more than plain tensors, such as a whole model, is unpickled: here runs nothing but the student's own code,
    and here is the class. TorchScript is a program too.
    """
    try:
        if path.endswith(".safetensors"):
            from safetensors.torch import load_file

            return load_file(path), []
        return torch.load(path, map_location="cpu", weights_only=True), []
    except MemoryError:
        return None, ["memory"]
    except Exception as error:  # noqa: BLE001  every malformed file raises its own type
        text = str(error)
    if "can't allocate memory" in text:
        return None, ["memory"]
    script = "TorchScript" in text
    if not script and "Weights only load failed" not in text and "Unsupported" not in text:
        return None, ["unreadable"]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if script:
                return torch.jit.load(path, map_location="cpu"), []
            return torch.load(path, map_location="cpu", weights_only=False), []
    except MemoryError:
        return None, ["memory"]
    except Exception as error:  # noqa: BLE001
        if "can't allocate memory" in str(error):
            return None, ["memory"]
        return None, ["script" if script else "not_plain"]


def _state_of(content: Any, wanted: list[str]) -> tuple[dict[str, torch.Tensor], list[str]]:
    """Return the tensors by name that a file's content holds, or what is wrong with it."""
    for key in ("model_state_dict", "state_dict", "model", *_keys_of_states(content)):
        if isinstance(content, dict) and isinstance(content.get(key), (dict, nn.Module)):
            content = content[key]
    if isinstance(content, nn.Module):
        content = content.state_dict()
    if not isinstance(content, dict):
        return {}, ["not_a_dict"]
    state = {}
    for name, value in content.items():
        if (
            type(name) is str
            and name not in wanted
            and not isinstance(value, (torch.Tensor, list, tuple, dict))
        ):
            continue  # an epoch, a loss, a configuration
        if type(name) is str and name not in wanted and isinstance(value, dict):
            continue
        if type(name) is not str or type(value) not in (torch.Tensor, nn.Parameter):
            return {}, ["not_a_dict"]
        if value.layout != torch.strided or value.is_quantized or value.is_complex() or value.is_meta:
            return {}, ["dtype"]
        size = value.numel() * value.element_size()
        if size > WEIGHTS_BYTES:  # a stride-0 view of a giant shape
            return {}, ["too_large", str(size >> 20), str(WEIGHTS_BYTES >> 20)]
        # What DataParallel and torch.compile put before every name, in either order.
        name = name.removeprefix("module.").removeprefix("_orig_mod.").removeprefix("module.")
        state[name] = value.detach()
    return (state, []) if state else ({}, ["not_a_dict"])


def _keys_of_states(content: Any) -> list[str]:
    """Return the key of the only dictionary of tensors, or only model, in a dictionary that has no tensors itself."""
    if not isinstance(content, dict) or any(isinstance(v, torch.Tensor) for v in content.values()):
        return []
    keys = [key for key, value in content.items() if type(key) is str and _is_state(value)]
    return keys if len(keys) == 1 else []


def _is_state(value: Any) -> bool:
    if isinstance(value, dict):
        return bool(value) and all(isinstance(v, torch.Tensor) for v in value.values())
    return isinstance(value, nn.Module)


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


def surroundings(seed: int | None) -> dict[str, Any]:
    """Return what a function must leave as it was; with a ``seed``, every generator starts from it first.

    So do gradients: they are recorded then, whatever an earlier call has left.
    """
    if seed is not None:
        torch.set_grad_enabled(True)
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002  students use the global generator
        random.seed(seed)
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
    "load_weights": load_weights,
    "vary_weights": vary_weights,
    "files": scripts.files,
    "read_file": scripts.read_file,
    "run_script": scripts.run_script,
}
