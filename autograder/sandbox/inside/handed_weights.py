"""Handed-in weights, found and read (*sandbox*).

Whatever form a student saved them in is repaired where that is harmless; what is wrong otherwise has a code, whose sentence the
other side knows. The files are opened beside the student's code and nowhere else.
"""

from __future__ import annotations

import collections
import contextlib
import copy
import os
import shutil
import tempfile
import warnings
from typing import Any

import torch
from torch import nn

from autograder.sandbox.inside import scripts

WEIGHTS_BYTES = 256 << 20
FILE_BYTES = 100 << 20  # of a handed-in file that is read at all; see sandbox/hand_in.py
_folders = ["."]  # where handed-in weights may be; see remember_folders
_instead: dict[str, str] = {}
_too_large: dict[str, int] = {}


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
