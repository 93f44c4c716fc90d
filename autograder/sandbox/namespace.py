"""The notebook's names as a check sees them: get, call, build, load, run (*trusted*).

Each method is one operation of ``autograder.sandbox.inside.operations``, or a few; what comes back is a claim.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder import messages
from autograder.checks import CheckFailed, Tensor
from autograder.sandbox import proxy

_SIZES = re.compile(r"[0-9]{1,6}(×[0-9]{1,6}){0,3}")  # a number, or a shape


@dataclass(frozen=True, slots=True)
class Observation:
    """What a call did: its result, whether the arrays given are as before, the type names of result and items."""

    result: Any
    arguments_kept: bool
    type_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScriptRun:
    """How a handed-in script ended; all of it the student's word, none of it fit to be shown.

    ``exit_code`` is negative for a signal; ``error`` a known exception's name or ""; ``line`` the line of
    the script that raised, or 0; ``outputs`` the bytes of each file that it left.
    """

    exit_code: int
    error: str
    line: int
    outputs: dict[str, bytes]

    @property
    def sentence(self) -> str:
        """Say how the script ended, in words that a student may read; "" if it ended well."""
        where = messages.WHERE_SCRIPT.format(line=self.line) if 0 < self.line < 1000 else ""
        if self.error:
            return messages.SCRIPT_RAISED.format(error=self.error, where=where)
        if self.exit_code < 0:
            return messages.SCRIPT_KILLED
        return messages.SCRIPT_EXIT.format(code=self.exit_code) if self.exit_code else ""


def _is_kept(before: Any, now: Any) -> bool:
    """Tell whether an argument came back as it was sent; of what stayed there (a model), nothing is known."""
    if isinstance(before, Tensor):
        before = before.array
    if isinstance(before, np.ndarray):
        same_nan = before.dtype.kind in "fc"
        return before.ndim == 0 or (
            isinstance(now, np.ndarray)
            and now.shape == before.shape
            and np.array_equal(now, before, equal_nan=same_nan)
        )
    if isinstance(before, (list, tuple)):
        return isinstance(now, (list, tuple)) and len(now) == len(before) and all(map(_is_kept, before, now))
    if isinstance(before, dict):
        return (
            type(now) is dict
            and list(now) == list(before)
            and all(map(_is_kept, before.values(), now.values()))
        )
    if isinstance(before, (int, float, str)):  # NumPy's numbers and texts, too, which come back as Python's
        return isinstance(now, (int, float, str)) and bool(now == before or (now != now and before != before))
    return True


class Namespace:
    """The notebook's names, and the closed set of torch operations, of one process."""

    def __init__(self, process: proxy.Process) -> None:
        self._process = process

    def get(self, name: str) -> Any:
        """Return a name of the notebook."""
        return self._process.request("get", name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.get(name)

    def observe(self, function: proxy.Handle, *arguments: Any) -> Observation:
        """Call a function there and see what came back and what became of its arguments."""
        found = self._process.request("observe", function, list(arguments))
        ok = type(found) is dict and set(found) == {"result", "type", "items", "arguments"}
        if not ok or type(found["arguments"]) is not list or len(found["arguments"]) != len(arguments):
            raise CheckFailed("other", name=messages.UNUSABLE)
        kept = all(_is_kept(before, now) for before, now in zip(arguments, found["arguments"], strict=True))
        names = [found["type"], *(found["items"] if type(found["items"]) is list else [])]
        return Observation(found["result"], kept, tuple(n for n in names if type(n) is str))

    def calls(self, function: proxy.Handle, *argument_lists: list[Any]) -> list[Any]:
        """Call a function there once per list of arguments; return the results as they are after the last call.

        What hands one buffer out twice, or remembers the first answer, shows.
        """
        found = self._process.request("calls", function, [list(given) for given in argument_lists])
        if type(found) is not list or len(found) != len(argument_lists):
            raise CheckFailed("other", name=messages.UNUSABLE)
        return found

    def hold(self, value: Any) -> Any:
        """Send a value that stays there; give it to ``observe``, and see by its ``value`` what became of it since."""
        return self._process.request("hold", value)

    def backward(self, model: proxy.Handle, x: Any, weights: Any) -> list[np.ndarray | None]:
        """Return each parameter's gradient of the weighted sum of ``model(x)``, or None, in order."""
        arguments = (a if isinstance(a, Tensor) else Tensor(a) for a in (x, weights))
        found = self._process.request("backward", model, *arguments)
        if type(found) is not list or not all(g is None or isinstance(g, (np.ndarray, float)) for g in found):
            raise CheckFailed("other", name="the model's gradients cannot be read: is it an nn.Module?")
        return [None if g is None else np.asarray(g) for g in found]

    def side_effects(self, call: Callable[[], object]) -> list[str]:
        """Make a call twice and name what it leaves changed.

        Returns
        -------
        Some of ``dtype`` (the default dtype), ``gradients`` (whether they are recorded) and ``seed``: a
        generator of torch, NumPy or Python is in the same state afterwards, though it was not before.
        """
        seen = []
        for seed in (20_111, 20_112):
            before = self._surroundings(seed)
            call()
            seen.append((before, self._surroundings(None)))
        found = [
            key for key in ("dtype", "gradients") if any(before[key] != now[key] for before, now in seen)
        ]
        (_, one), (_, other) = seen
        same = any(a == b for a, b in zip(one["generators"], other["generators"], strict=True))
        return found + ["seed"] * same

    def _surroundings(self, seed: int | None) -> dict[str, Any]:
        found = self._process.request("surroundings", seed)
        ok = type(found) is dict and set(found) == {"dtype", "gradients", "generators"}
        if not ok or type(found["generators"]) is not list or len(found["generators"]) != 3:
            raise CheckFailed("other", name=messages.UNUSABLE)
        return dict(found)

    def stand_in(self, source: str, *names: str) -> None:
        """Bind names there to what ``source`` defines, until the question ends.

        So a function that calls an earlier answer can be judged although that answer is wrong or missing. The source
        sees nothing of the notebook, and the student's process sees it: it holds no secret.
        """
        self._process.request("stand_in", source, list(names))

    @contextlib.contextmanager
    def standing_in(self, source: str, *names: str) -> Iterator[None]:
        """Do as ``stand_in`` does for the time of a ``with``, then bind the notebook's own again."""
        self.stand_in(source, *names)
        try:
            yield
        finally:
            if self._process.dead is None:
                self._process.request("put_back")

    def module(
        self,
        layers: list[list[Any]],
        state: list[Any] | None = None,
        frozen: tuple[int, ...] = (),
        tied: tuple[tuple[int, int], ...] = (),
    ) -> Any:
        """Build an ``nn.Sequential`` there; see docs/writing-checks.md for the specification."""
        return self._process.request("module", layers, state, list(frozen), [list(t) for t in tied])

    def parameters(self, model: proxy.Handle) -> list[dict[str, Any]]:
        """Return ``name``, ``value`` (array) and ``requires_grad`` of each parameter, in order."""
        found = self._process.request("parameters", model)
        ok = type(found) is list and all(
            type(p) is dict
            and set(p) == {"name", "value", "requires_grad"}
            and type(p["name"]) is str
            and type(p["requires_grad"]) is bool
            and isinstance(p["value"], (np.ndarray, float, int))
            for p in found
        )
        if not ok:
            raise CheckFailed("other", name="the model's parameters cannot be read: is it an nn.Module?")
        return [{**p, "value": np.asarray(p["value"])} for p in found]

    def set_parameters(self, model: proxy.Handle, arrays: list[Any]) -> None:
        """Overwrite the parameters in order."""
        self._process.request("set_parameters", model, [np.asarray(a) for a in arrays])

    def gradients(self, model: proxy.Handle) -> list[np.ndarray | None]:
        """Return each parameter's gradient or None, in order."""
        found = self._process.request("gradients", model)
        if type(found) is not list or not all(g is None or isinstance(g, (np.ndarray, float)) for g in found):
            raise CheckFailed("other", name="the model's gradients cannot be read: is it an nn.Module?")
        return [None if g is None else np.asarray(g) for g in found]

    def training(self, model: proxy.Handle) -> list[bool]:
        """Return the training flag of every module."""
        found = self._process.request("training", model)
        if type(found) is not list or not all(type(f) is bool for f in found):
            raise CheckFailed("other", name="the model's modes cannot be read: is it an nn.Module?")
        return found

    def forward(
        self, model: proxy.Handle, x: Any, batch_size: int | None = None, dtype: str | None = None
    ) -> Any:
        """Return the model's output in evaluation mode, without gradients.

        The model gets ``batch_size`` rows at a time, as ``dtype`` ("float32"): one-hot letters can be sent
        as bytes, a quarter of the numbers that the model reads.
        """
        argument = x if isinstance(x, Tensor) else Tensor(x)
        return self._process.request("forward", model, argument, batch_size, dtype)

    def load_weights(self, model: proxy.Handle, name: str) -> None:
        """Load a handed-in file into the model, or fail the check with the file's named fix."""
        name = os.path.basename(name)
        found = self._process.request("load_weights", model, name)
        if type(found) is list and not found:
            return
        known = type(found) is list and all(type(f) is str for f in found)
        if not known or found[0] not in messages.WEIGHTS:
            raise CheckFailed("other", name=messages.WEIGHTS["unreadable"])
        # The details are the student's word too, and may be shown for a hidden input: numbers and sizes only.
        slots = [f if _SIZES.fullmatch(f) else "?" for f in found[1:3]] + ["?", "?"]
        if found[0] == "missing":
            slots[0] = messages.safe(name, 60)
        raise CheckFailed("other", name=messages.WEIGHTS[found[0]].format(*slots))

    def vary_weights(self, model: proxy.Handle, name: str, seed: int = 1) -> str:
        """Load weights like the handed-in ones, but others, into the model; return the folder that holds their file."""
        found = self._process.request("vary_weights", model, os.path.basename(name), seed)
        if type(found) is not str:
            raise CheckFailed("other", name=messages.UNUSABLE)
        return found

    def files(self) -> list[tuple[str, int]]:
        """Return (name, size in bytes) of the handed-in files, without notebooks, as they were handed in."""
        found = self._process.request("files")
        ok = type(found) is list and all(
            isinstance(f, (list, tuple)) and len(f) == 2 and type(f[0]) is str and type(f[1]) is int
            for f in found
        )
        if not ok:
            raise CheckFailed("other", name=messages.UNUSABLE)
        return [(name, size) for name, size in found]

    def read_file(self, name: str) -> bytes:
        """Return a handed-in file's bytes (at most 32 MB), whatever the notebook did to its copy since."""
        content = self._process.request("read_file", name)
        if type(content) is not bytes:
            raise CheckFailed("other", name=messages.UNUSABLE)
        return content

    def run_script(
        self,
        script: str,
        arguments: list[str],
        *,
        files: dict[str, bytes] | None = None,
        outputs: tuple[str, ...] | list[str] = (),
        beside: str = "",
    ) -> ScriptRun:
        """Run a handed-in script in a fork, in a new folder that holds ``files``; see ``ScriptRun``.

        ``beside`` is a folder of ``vary_weights``: a copy of the script runs from there, without the notebook's files.

        A script that is not there fails the check and says so.
        """
        found = self._process.request(
            "run_script", script, list(arguments), dict(files or {}), list(outputs), beside
        )
        if type(found) is dict and found.get("found") is False:
            raise CheckFailed("other", name=messages.NO_SCRIPT.format(name=messages.safe(script, 60)))
        ok = (
            type(found) is dict
            and type(found.get("exit_code")) is int
            and -64 <= found["exit_code"] <= 255
            and type(found.get("line")) is int
            and type(found.get("error")) is list
            and all(type(n) is str for n in found["error"])
            and type(found.get("outputs")) is dict
            and all(type(content) is bytes for content in found["outputs"].values())
        )
        if not ok:
            raise CheckFailed("other", name=messages.UNUSABLE)
        error = messages.error_name(found["error"]) if found["error"] else ""
        left = {name: found["outputs"][name] for name in outputs if name in found["outputs"]}
        return ScriptRun(found["exit_code"], error, found["line"], left)
