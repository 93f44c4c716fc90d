"""What a file of weights holds, and whether a model takes it: the same in the grader's sandbox and in the first cell.

Nothing here is trusted: it runs beside the student's code, or in the student's own kernel. Problems are codes of
``messages.WEIGHTS`` with the values of their sentence. PyTorch is imported when it is asked for, as the text of
this module is also part of the cell that opens every released notebook.
"""

from __future__ import annotations

import contextlib
import warnings
from typing import Any

WEIGHTS_BYTES = 256 << 20


def open_weights(path: str) -> tuple[Any, list[str]]:
    """Return what a file of weights holds, or what is wrong with it.

    What is more than plain tensors, such as a whole model, is unpickled: here runs nothing but the student's own code,
    and here is the class. TorchScript is a program too.
    """
    import torch

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


def state_of(content: Any, wanted: list[str]) -> tuple[dict[str, Any], list[str]]:
    """Return the tensors by name that a file's content holds, or what is wrong with it."""
    import torch
    from torch import nn

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
    import torch

    if not isinstance(content, dict) or any(isinstance(v, torch.Tensor) for v in content.values()):
        return []
    keys = [key for key, value in content.items() if type(key) is str and _is_state(value)]
    return keys if len(keys) == 1 else []


def _is_state(value: Any) -> bool:
    import torch

    if isinstance(value, dict):
        return bool(value) and all(isinstance(v, torch.Tensor) for v in value.values())
    return isinstance(value, torch.nn.Module)


def load_state(model: Any, state: dict[str, Any]) -> list[str]:
    """Load tensors into a model; return the code of what is wrong, if anything.

    Harmless forms are repaired: float64, other names of the same tensors in the same order, a number beside them.
    """
    import torch
    from torch import nn

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


def head_problem(head: bytes, size: int) -> list[str]:
    """Return the code of what a file's size in bytes and first 200 bytes say is wrong, if anything."""
    if size == 0:
        return ["empty"]
    if size > WEIGHTS_BYTES:
        return ["too_large", str(size >> 20), str(WEIGHTS_BYTES >> 20)]
    if head.lstrip()[:1] == b"<":
        return ["html"]
    return ["lfs"] if head.startswith(b"version https://git-lfs") else []
