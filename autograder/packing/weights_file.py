"""A file of weights before it is handed in: names, shapes, types, finite values, and does the model take it (*student side*)."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from autograder.messages import WEIGHTS
from autograder.packing.records import Expected, Found
from autograder.weight_states import head_problem, load_state, open_weights, state_of

_WEIGHT_SUFFIXES = (".pt", ".pth", ".safetensors")
_SAFE_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1"}
_SAFE_TYPES |= {"U8": "u1", "BOOL": "?", "BF16": "<u2"}
MAX_HANDED_BYTES = 100 << 20  # of one file that is read when it is graded


def is_weights(name: str) -> bool:
    """Tell whether a file's name is one of weights."""
    return name.lower().endswith(_WEIGHT_SUFFIXES)


def read_safetensors(content: bytes) -> dict[str, np.ndarray]:
    """Return the tensors of a file in the format of safetensors; bfloat16 as float32.

    Raises
    ------
    ValueError
        If it is damaged, cut short or of another form.
    """
    size = int.from_bytes(content[:8], "little")
    if len(content) < 8 or size > len(content) - 8:
        raise ValueError("cut short")
    header = json.loads(content[8 : 8 + size])
    if not isinstance(header, dict):
        raise ValueError("no header")
    data, found = memoryview(content)[8 + size :], {}
    for name, facts in header.items():
        if name == "__metadata__":
            continue
        try:
            kind, shape, (begin, end) = (
                facts["dtype"],
                [int(n) for n in facts["shape"]],
                facts["data_offsets"],
            )
            array = np.frombuffer(data[begin:end], dtype=_SAFE_TYPES[kind])
            if end > len(data) or array.size != math.prod(shape):
                raise ValueError("cut short")
        except (KeyError, TypeError) as error:
            raise ValueError(f"no tensor: {error}") from None
        if kind == "BF16":
            array = (array.astype(np.uint32) << 16).view(np.float32)
        found[name] = array.reshape(shape)
    return found


def weights_problem(path: Path, expected: Expected, names: dict[str, Any]) -> tuple[list[str], str]:
    """Return what is wrong with a file of weights, as code and values of its sentence, and in words what it holds.

    Without a ``model`` in what is expected only the tensors are looked at.

    Raises
    ------
    Exception
        Whatever the expression for the model raises: it is the notebook's own code.
    """
    content = path.read_bytes()
    if wrong := head_problem(content[:200], len(content)):
        return wrong, ""
    if len(content) > MAX_HANDED_BYTES:
        return ["too_large", str(len(content) >> 20), str(MAX_HANDED_BYTES >> 20)], ""
    arrays: dict[str, np.ndarray] = {}
    if path.suffix == ".safetensors":
        try:
            arrays = read_safetensors(content)
        except (ValueError, RecursionError):
            return ["unreadable"], ""
        if not expected.model:
            finite = all(bool(np.isfinite(a).all()) for a in arrays.values() if a.dtype.kind == "f")
            return ([] if finite else ["not_finite"]), _holds(arrays)
    import torch

    held: Any = {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
    if not arrays:
        held, wrong = open_weights(str(path))
        if wrong:
            return wrong, ""
    state, wrong = state_of(held, [])
    if expected.model:
        with torch.random.fork_rng(devices=[]):  # what the notebook draws next stays as it was
            model = eval(compile(expected.model, "hand_in", "eval"), names)  # noqa: S307  the course's own expression
        state, wrong = state_of(held, list(model.state_dict()))
        model = model.to("cpu")
        wrong = wrong or load_state(model, dict(state))
    elif not wrong and not all(
        bool(torch.isfinite(v).all()) for v in state.values() if v.is_floating_point()
    ):
        wrong = ["not_finite"]
    return wrong, _holds(state)


def _holds(state: dict[str, Any]) -> str:
    numbers = sum(math.prod(value.shape) for value in state.values())
    kinds = ", ".join(sorted({str(value.dtype).removeprefix("torch.") for value in state.values()}))
    return f"{len(state)} tensors, {numbers:,} numbers, {kinds}"


def look_at_weights(path: Path, expected: Expected, names: dict[str, Any], found: Found) -> None:
    """Add to what was found whether a file of weights will do."""
    try:
        wrong, holds = weights_problem(path, expected, names)
    except ImportError as error:
        found.remarks.append(f"{path.name}: not looked into, as {error.name} is not here")
        return
    except (Exception, SystemExit) as error:  # noqa: BLE001  of the student's class
        cell = "run the cells above first" if isinstance(error, NameError) else "correct the class first"
        found.missing.append(
            f"{path.name}: `{expected.model}`, the model that takes these weights, raised {type(error).__name__}: {error}"[
                :300
            ]
            + f". If it is not there yet, {cell}"
        )
        return
    if wrong:
        said = WEIGHTS[wrong[0]].format(*wrong[1:])
        found.missing.append(f"{path.name}: {said}")
    else:
        fits = f"; they fit {expected.model}" if expected.model else ""
        found.good.append(f"{path.name}: {holds}, all finite{fits}")
