"""The student's side of a test that is judged outside: what it asks of the notebook's objects (*sandbox*).

The test's code never comes here. What comes is one request after the other: read a name, call this, compare those;
answers are described by ``autograder.sandbox.values``, and what is no plain value stays here under a number.
A function of the test's that is handed to the student's code is called back over the same connection.
"""

from __future__ import annotations

import builtins
import contextlib
import copyreg
import importlib
import inspect
import io
import itertools
import operator
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.errors import WireError
from autograder.sandbox import generators, values, wire
from autograder.sandbox.values import KIND

PORTION = 1000  # items of an iteration that are sent at a time
MAX_BASES = 12
MAX_SIGNATURE = 60
MAX_COMPARED = 1 << 20  # numbers of a tensor; a larger one has changed if its version has
MAX_ATTRIBUTES = 20  # of an exception
MAX_PRINTED = 256 << 10  # characters of one call: a test may look at what the student's code prints
# What a class may define beside what every object has; the other side's stand-in is told which of it there is.
SPECIALS = (
    *(
        "__call__",
        "__len__",
        "__iter__",
        "__next__",
        "__reversed__",
        "__getitem__",
        "__setitem__",
        "__contains__",
    ),
    *("__enter__", "__exit__", "__hash__", "__bool__", "__int__", "__float__", "__index__", "__complex__"),
    *("__add__", "__sub__", "__mul__", "__abs__", "__array__"),
)
_PLAIN_BASES = (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, np.ndarray)


def _names_of(kind: type) -> list[list[str]]:
    found = []
    for base in type.__dict__["__mro__"].__get__(kind)[:MAX_BASES]:
        module = (
            type.__dict__["__module__"].__get__(base)
            if base.__flags__ & 512 == 0
            else base.__dict__.get("__module__")
        )
        name = type.__dict__["__qualname__"].__get__(base)
        found.append([values._sendable(str(module))[:100], values._sendable(str(name))[:100]])
    return found


def _specials_of(kind: type) -> list[str]:
    mro = type.__dict__["__mro__"].__get__(kind)[:MAX_BASES]
    return [name for name in SPECIALS if any(vars(base).get(name) is not None for base in mro)]


class Objects(values.Codec):
    """What the notebook's objects are called across the wire, and what crosses by value."""

    def __init__(self, call_back: Callable[[dict[str, Any]], Any]) -> None:
        super().__init__()
        self.call_back = call_back
        self.kept: dict[int, list[Any]] = {}  # number -> [object, how often it was sent]
        self.number_of: dict[int, int] = {}  # id of a kept object -> its number
        self.numbers = itertools.count(1)
        self.loaded: frozenset[str] = frozenset()  # libraries that the other side has
        self.given: dict[int, Any] = {}  # tensors of the test's in this request, by its number for them

    # -- out ---------------------------------------------------------------------------------------

    def keep(self, value: Any) -> int:
        number = self.number_of.get(id(value))
        if number is None:
            number = next(self.numbers)
            self.kept[number] = [value, 0]
            self.number_of[id(value)] = number
        self.kept[number][1] += 1
        return number

    def let_go(self, released: list[list[int]]) -> None:
        for number, times in released:
            entry = self.kept.get(number)
            if entry is not None:
                entry[1] -= times
                if entry[1] <= 0:
                    del self.kept[number]
                    self.number_of.pop(id(entry[0]), None)

    def leaf(self, value: Any) -> Any:
        kind = type(value)
        is_class = isinstance(value, type)
        what = "class" if is_class else "function" if callable(value) else "object"
        if isinstance(value, types.ModuleType):
            what = "module"
        bases = _names_of(value if is_class else kind)
        return {KIND: "handle", "n": self.keep(value), "k": what, "b": bases, "d": _specials_of(kind)}

    def tensor(self, value: Any) -> Any:
        torch: Any = sys.modules["torch"]
        tree = values.describe_tensor(value)
        if tree is None or "torch" not in self.loaded:
            return tree
        if type(value) is torch.nn.Parameter:
            tree["p"] = True
        if value.requires_grad:
            tree["g"], tree["n"], tree["l"] = True, self.keep(value), bool(value.is_leaf)
            if value.is_leaf and value.grad is not None:
                tree["gr"] = values.describe_tensor(value.grad)
        return tree

    def _describe_library(self, value: Any, kind: type, depth: int) -> Any:
        root = kind.__module__.split(".")[0]
        if root in ("pandas", "PIL") and root not in self.loaded:
            return None
        return super()._describe_library(value, kind, depth)

    def send(self, value: Any) -> Any:
        """Return a value's tree, or a handle of it if it is too large."""
        try:
            tree = self.describe(value)
            wire.encode(tree) if isinstance(
                value, (list, tuple, dict, set, frozenset)
            ) and self._values > 20_000 else None
            return tree
        except (values.TooLarge, ValueError, TypeError):
            return self.leaf(value)

    # -- in ----------------------------------------------------------------------------------------

    def special(self, kind: str, tree: dict[str, Any]) -> Any:
        if kind == "remote":
            return self.kept[tree["n"]][0]
        if kind == "callback":
            return self._proxy(tree)
        if kind == "tensor":
            return self._tensor_of_the_test(tree, bool(tree.get("g")), parameter=False)
        if kind == "made":
            return self._make(tree)
        if kind == "library":
            found: Any = importlib.import_module(tree["m"])
            for part in tree["v"].split(".") if tree["v"] else ():
                found = getattr(found, part)
            return found
        if kind == "iterator":
            return iter(self.rebuild(tree["v"]))
        if kind == "parameter":
            return self._tensor_of_the_test(tree["v"], bool(tree["g"]), parameter=True)
        raise WireError(wire.Refusal.TYPE, kind)

    def _tensor_of_the_test(self, tree: dict[str, Any], needs: bool, *, parameter: bool) -> Any:
        known = self.given.get(tree.get("i", 0))
        if known is not None:
            return known
        made = values.rebuild_tensor(tree)
        if parameter:
            torch: Any = sys.modules["torch"]
            made = torch.nn.Parameter(made, requires_grad=needs)
        elif needs:
            made.requires_grad_()
        if tree.get("i"):
            if tree.get("gr") is not None:
                made.grad = values.rebuild_tensor(tree["gr"])
            self.given[tree["i"]] = made
        return made

    def _proxy(self, tree: dict[str, Any]) -> Any:
        number, call_back = tree["n"], self.call_back

        def of_the_test(*arguments: Any, **named: Any) -> Any:
            return call_back({KIND: "callback", "n": number, "a": arguments, "k": named})

        of_the_test.__name__ = of_the_test.__qualname__ = tree["v"]
        of_the_test.__doc__ = tree["d"]
        if tree["s"] is not None:
            parameters = [
                inspect.Parameter(
                    name,
                    inspect._ParameterKind(kind),
                    default=self.rebuild(default) if has else inspect.Parameter.empty,
                )
                for name, kind, has, default in tree["s"]
            ]
            of_the_test.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return of_the_test

    def _make(self, tree: dict[str, Any]) -> Any:
        """Make an object of a library's class as ``copyreg`` would: all of it comes from the trusted side."""
        function, arguments = self.rebuild(tree["f"]), self.rebuild(tree["a"])
        made = copyreg.__newobj__(*arguments) if function is copyreg.__newobj__ else function(*arguments)  # type: ignore[attr-defined]
        state = self.rebuild(tree["s"])
        if state is not None:
            if hasattr(made, "__setstate__"):
                made.__setstate__(state)
            else:
                own, slots = state if isinstance(state, tuple) else (state, None)
                vars(made).update(own or {})
                for name, value in (slots or {}).items():
                    setattr(made, name, value)
        for item in self.rebuild(tree["l"]):
            made.append(item)
        for key, value in self.rebuild(tree["d"]):
            made[key] = value
        return made


class Foreign:
    """Answers what a test that runs outside asks."""

    def __init__(self, names: dict[str, Any], ask: Callable[[Any], Any]) -> None:
        self.names, self.ask = names, ask
        self.objects = Objects(self._call_back)
        self.iterators: dict[int, Any] = {}
        self.replaced: dict[tuple[str, str], Any] = {}
        self.told: dict[int, Any] = {}  # of tensors that the test follows: what it knows of them

    def perform(self, tree: list[Any], released: list[list[int]]) -> Any:
        """Carry out one request and describe what comes of it; an exception of the notebook's is an answer, too."""
        self.objects.let_go(released)
        verb, *parts = tree
        if verb == "resume":
            return tree  # taken by who waits for it; see worker.Server.ask_back
        self.objects.given = {}
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                arguments = [self.objects.rebuild(part) for part in parts]
                found = getattr(self, f"do_{verb}")(*arguments)
                answer = {"ok": found if verb in ("call", "op") else self.objects.send(found)}
        except KeyboardInterrupt:
            raise  # our own, at the end of its time
        except BaseException as error:  # noqa: BLE001  students raise anything
            answer = {"raised": self._describe_error(error)}
        text = printed.getvalue()[:MAX_PRINTED]
        return {**answer, "out": values._sendable(text)} if text else answer

    def _describe_error(self, error: BaseException) -> dict[str, Any]:
        from autograder.sandbox.inside import cells

        try:
            text = values._sendable(str(error)[:2000])
        except Exception:  # noqa: BLE001
            text = ""
        try:
            arguments = self.objects.describe(tuple(error.args)[:8])
            wire.encode(arguments)
        except Exception:  # noqa: BLE001
            arguments = None
        return {
            "b": _names_of(type(error)),
            "text": text,
            "args": arguments,
            "line": cells.line_in_cell(error),
            "has": self._attributes_of(error),
        }

    def _attributes_of(self, error: BaseException) -> dict[str, Any]:
        """Describe what an exception of the notebook's carries beside its arguments (``error.missing``)."""
        found = {}
        for name, value in list(vars(error).items())[:MAX_ATTRIBUTES]:
            with contextlib.suppress(Exception):
                if type(name) is str and name[:1] != "_":
                    tree = self.objects.send(value)
                    wire.encode(tree)
                    found[name] = tree
        return found

    def _call_back(self, request: dict[str, Any]) -> Any:
        described = {
            **request,
            "a": self.objects.describe(list(request["a"])),
            "k": self.objects.describe(dict(request["k"])),
        }
        answer = self.ask(described)  # ["resume", ok, value]
        _, ok, tree = answer
        if ok:
            return self.objects.rebuild(tree)
        name, text = tree
        kind = getattr(builtins, name, Exception)
        raise kind(text) if isinstance(kind, type) and issubclass(kind, BaseException) else Exception(text)

    # -- verbs -------------------------------------------------------------------------------------

    def do_hello(self, loaded: list[str]) -> Any:
        self.objects.loaded = frozenset(loaded)
        return sorted(n for n in self.names if isinstance(n, str))

    def do_names(self) -> list[str]:
        return [n for n in self.names if isinstance(n, str)]

    def do_get(self, name: str) -> Any:
        if name not in self.names:
            raise NameError(f"name {name!r} is not defined")
        return self.names[name]

    def do_bind(self, bound: dict[str, Any], unbound: list[str]) -> None:
        self.names.update(bound)
        for name in unbound:
            self.names.pop(name, None)

    def do_call(self, function: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
        kept = self.objects.number_of  # what is the notebook's own is changed where it is
        before = [None if id(item) in kept else _snapshot(item) for item in (*arguments, *named.values())]
        result = function(*arguments, **named)
        # A list that was given and comes back is the same list there (``assert add(1, xs) is xs``).
        given = [
            i for i, item in enumerate((*arguments, *named.values())) if item is result and _is_mutable(item)
        ]
        tree: dict[str, Any] = {
            "r": {KIND: "given", "n": given[0]} if given else self.objects.send(result),
            "c": [],
            "g": [],
        }
        for place, (item, old) in enumerate(zip((*arguments, *named.values()), before, strict=True)):
            if old is not None and not _is_same(item, old):
                tree["c"].append([place, self.objects.send(_content(item))])
        torch: Any = sys.modules.get("torch")
        if torch is not None:
            # Tensors that came with requires_grad: their gradients are asked for by what was made of them.
            for place, item in enumerate((*arguments, *named.values())):
                if type(item) is torch.Tensor and item.requires_grad and item.is_leaf:
                    tree["g"].append([place, self.objects.keep(item)])
        return tree

    def do_attr(self, owner: Any, name: str) -> Any:
        return getattr(owner, name)

    def do_set(self, owner: Any, name: str, value: Any) -> None:
        setattr(owner, name, value)

    def do_delete(self, owner: Any, name: str) -> None:
        delattr(owner, name)

    def do_op(self, name: str, arguments: list[Any]) -> Any:
        return self.objects.send(OPERATIONS[name](*arguments))

    def do_items(self, owner: Any, number: int) -> list[Any]:
        """Return the next items of an iteration (0 begins one): [its number or 0, items]."""
        if number == 0:
            number = next(self.objects.numbers)
            self.iterators[number] = iter(owner)
        items = list(
            itertools.islice(self.iterators[number], PORTION if isinstance(owner, (list, tuple)) else 1)
        )
        return [number, items]

    def do_plain(self, value: Any) -> Any:
        """Return the value of an object whose class is a plain type's child, as that type has it; or NotImplemented."""
        kind = type(value)
        for base in _PLAIN_BASES:
            if issubclass(kind, base) and kind is not base:
                return _as_base(value, base)
        return NotImplemented

    def do_is(self, value: Any, kind: Any) -> bool:
        return isinstance(value, kind)

    def do_is_sub(self, value: Any, kind: Any) -> bool:
        return issubclass(value, kind)

    def do_is_type(self, value: Any, kind: Any) -> bool:
        return type(value) is kind

    def do_signature(self, function: Any) -> list[Any]:
        found = []
        for parameter in list(inspect.signature(function).parameters.values())[:MAX_SIGNATURE]:
            has = parameter.default is not parameter.empty
            found.append([parameter.name, int(parameter.kind), has, parameter.default if has else None])
        return found

    def do_replace(self, module: str, name: str, function: Any) -> None:
        """Put a function of the test's in the place of one of Python's, or what was there before."""
        owner = importlib.import_module(module)
        if function is None:
            function = self.replaced.pop((module, name))
        else:
            self.replaced.setdefault((module, name), getattr(owner, name))
        setattr(owner, name, function)

    def do_generators(self, states: dict[str, Any]) -> None:
        """Set generators as the test's are: it has seeded them."""
        generators.restore(states)

    def do_generator_states(self, kinds: list[str]) -> dict[str, Any]:
        return generators.states(kinds)

    def do_backward(self, value: Any, gradient: Any, inputs: list[Any]) -> list[Any]:
        """Go back from a tensor; return the gradients of what the test gave."""
        torch: Any = sys.modules["torch"]
        before = [None if item.grad is None else item.grad.clone() for item in inputs]
        torch.autograd.backward([value], [gradient.to(value.dtype).reshape(value.shape)], retain_graph=True)
        found = []
        for item, old in zip(inputs, before, strict=True):
            found.append(
                None if item.grad is None else item.grad - old if old is not None else item.grad.clone()
            )
        return found

    def do_accumulate(self, value: Any, gradient: Any) -> None:
        value.grad = gradient.clone() if value.grad is None else value.grad + gradient

    def do_leaves(self, tensors: list[Any]) -> list[Any]:
        """Return [values, gradient] of tensors as they are now; None for one that is as it was when last told."""
        found: list[Any] = []
        for item in tensors:
            if _is_same(item, self.told.get(id(item))):
                found.append(None)
                continue
            self.told[id(item)] = _snapshot(item)
            found.append([item.detach().clone(), None if item.grad is None else item.grad.detach().clone()])
        return found

    def do_set_leaves(self, tensors: list[Any], contents: list[list[Any]]) -> None:
        """Give tensors the values and gradients that the test's copies have."""
        torch: Any = sys.modules["torch"]
        for item, (now, gradient) in zip(tensors, contents, strict=True):
            with torch.no_grad():
                if not torch.equal(item.detach(), now):
                    item.copy_(now)
            item.grad = gradient
            self.told[id(item)] = _snapshot(item)


def _as_base(value: Any, base: type) -> Any:
    if base in (list, tuple, set, frozenset):
        return base(base.__iter__(value))
    if base is dict:
        return {key: dict.__getitem__(value, key) for key in dict.__iter__(value)}
    if base is np.ndarray:
        return np.array(value, subok=False)
    if base is str:
        return str.__str__(value)
    if base is float:
        return float.__float__(value)
    if base is complex:
        return complex.__add__(value, 0)
    if base is bytes:
        return bytes.__add__(value, b"")
    return int.__int__(value)


def _snapshot(item: Any) -> Any:
    """Return a copy of an argument that the call may change; None for one that it cannot, or that stays here."""
    torch: Any = sys.modules.get("torch")
    if type(item) in (list, dict, set, bytearray):
        return _copy(item)
    if type(item) is np.ndarray:
        return item.copy()
    if torch is not None and isinstance(item, torch.Tensor):
        return _TensorState(item)
    if torch is not None and isinstance(item, torch.nn.Module):
        states = {n: _TensorState(t) for n, t in (*item.named_parameters(), *item.named_buffers())}
        return [states, item.training]
    pandas: Any = sys.modules.get("pandas")
    if (
        pandas is not None
        and hasattr(pandas, "DataFrame")
        and type(item) in (pandas.DataFrame, pandas.Series)
    ):
        return item.copy()
    return None


class _TensorState:
    """What tells whether a tensor or its gradient has changed; ``data`` can be changed without a new version."""

    def __init__(self, item: Any) -> None:
        small = item.numel() <= MAX_COMPARED
        self.version, self.needs = item._version, item.requires_grad
        self.value = item.detach().clone() if small else None
        gradient = item.grad if item.is_leaf else None
        self.gradient = None if gradient is None else gradient.detach().clone()

    def is_of(self, item: Any) -> bool:
        """Tell whether a tensor is as it was."""
        torch: Any = sys.modules["torch"]
        gradient = item.grad if item.is_leaf else None
        if item.requires_grad is not self.needs or (gradient is None) is not (self.gradient is None):
            return False
        if gradient is not None and not torch.equal(gradient, self.gradient):
            return False
        if self.value is None:
            return bool(item._version == self.version)
        return item.shape == self.value.shape and bool(torch.equal(item.detach(), self.value))


def _content(item: Any) -> Any:
    """Return what is sent of a changed argument: of a module of the test's, its tensors."""
    torch: Any = sys.modules.get("torch")
    if torch is None or not isinstance(item, torch.nn.Module):
        return item
    tensors = dict((*item.named_parameters(), *item.named_buffers()))
    return {
        "v": {name: t.detach().clone() for name, t in tensors.items()},
        "g": {name: t.grad.detach().clone() for name, t in tensors.items() if t.grad is not None},
        "t": bool(item.training),
    }


def _is_mutable(item: Any) -> bool:
    kind = type(item)
    torch: Any = sys.modules.get("torch")
    if torch is not None and kind is torch.Tensor:
        return not item.requires_grad
    return kind in (list, dict, set, bytearray, np.ndarray) or (
        kind.__module__.split(".")[0] == "pandas" and kind.__name__ in ("DataFrame", "Series")
    )


def _copy(item: Any) -> Any:
    kind = type(item)
    if kind is list:
        return [_copy(one) for one in item]
    if kind is dict:
        return {key: _copy(one) for key, one in item.items()}
    torch: Any = sys.modules.get("torch")
    if torch is not None and isinstance(item, torch.Tensor):
        return _TensorState(item)
    return item.copy() if kind in (set, bytearray) or kind is np.ndarray else item


def _is_same(item: Any, old: Any) -> bool:
    torch: Any = sys.modules.get("torch")
    if old is None:
        return False
    try:
        if isinstance(old, _TensorState):
            return isinstance(item, torch.Tensor) and old.is_of(item)
        if torch is not None and isinstance(item, torch.nn.Module):
            now = dict((*item.named_parameters(), *item.named_buffers()))
            states, training = old
            return (
                training is item.training
                and now.keys() == states.keys()
                and all(states[name].is_of(t) for name, t in now.items())
            )
        if type(item) is np.ndarray:
            return item.shape == old.shape and bool(
                np.array_equal(item, old, equal_nan=item.dtype.kind in "fc")
            )
        if hasattr(item, "equals"):
            return bool(item.equals(old))
        return _is_same_container(item, old)
    except Exception:  # noqa: BLE001
        return False


def _is_same_container(item: Any, old: Any) -> bool:
    if isinstance(old, _TensorState):
        return _is_same(item, old)
    if type(item) is not type(old):
        return False
    if type(item) is list:
        return len(item) == len(old) and all(map(_is_same_container, item, old))
    if type(item) is dict:
        return list(item) == list(old) and all(map(_is_same_container, item.values(), old.values()))
    if type(item) is np.ndarray:
        return _is_same(item, old)
    return item is old or bool(item == old)


def _text_of(value: Any, spec: str) -> str:
    return format(value, spec)


OPERATIONS: dict[str, Callable[..., Any]] = {
    **{
        name: getattr(operator, name)
        for name in (
            *("eq", "ne", "lt", "le", "gt", "ge"),
            *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "lshift", "rshift"),
            *("and_", "or_", "xor", "neg", "pos", "invert", "abs", "index", "getitem", "contains"),
            *(
                "iadd",
                "isub",
                "imul",
                "itruediv",
                "ifloordiv",
                "imod",
                "ipow",
                "imatmul",
                "iand",
                "ior",
                "ixor",
            ),
            *("setitem", "delitem"),
        )
    },
    **{kind.__name__: kind for kind in (bool, int, float, complex, str, bytes)},
    **{f.__name__: f for f in (len, repr, hash, divmod, round, next, dir, iter, reversed)},
    "format": _text_of,
    "array": np.asarray,
    "enter": lambda owner: type(owner).__enter__(owner),
    "exit": lambda owner, *of: type(owner).__exit__(owner, *(of or (None, None, None))),
}
