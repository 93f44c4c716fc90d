"""Handed-in weights, found and read (*sandbox*).

Whatever form a student saved them in is repaired where that is harmless; what is wrong otherwise has a code, whose sentence the
other side knows. The files are opened beside the student's code and nowhere else.
"""

from __future__ import annotations

import collections
import copy
import os
import shutil
import tempfile
from typing import Any

import torch
from torch import nn

from autograder import weight_states
from autograder.sandbox.inside import scripts

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
    return weight_states.load_state(model, state)


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
        content, _ = weight_states.open_weights(path)
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
    with open(path, "rb") as file:
        problem = weight_states.head_problem(file.read(200), os.path.getsize(path))
    if problem:
        return {}, problem
    content, problem = weight_states.open_weights(path)
    return ({}, problem) if problem else weight_states.state_of(content, wanted)
