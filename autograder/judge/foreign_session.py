"""What a test that runs outside has of the student's process: a conversation, plain values, and handles (*trusted*).

Runs in a desk (``autograder.judge.desk``). Every answer is a claim of the other side, decoded before it is used; the
classes of what stands for the student's objects are ours. What the student's ``__eq__`` or another operator says is
asked for only where the solution's own objects were asked for it at release (``words``); everywhere else such an
object is equal to no plain value, as an object without any ``__eq__`` is.
"""

from __future__ import annotations

import builtins
import copyreg
import inspect
import itertools
import sys
import types
from collections.abc import Callable
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from autograder.errors import WireError
from autograder.judge.foreign_handles import NOTED, Handle, Kinds, Remote
from autograder.judge.foreign_leaves import Leaves, put, put_state
from autograder.sandbox import generators, values, wire
from autograder.sandbox.values import KIND

ITEMS = 100_000  # of an iterator that is handed to the student's code
_LIBRARIES = frozenset(
    ("numpy", "torch", "pandas", "scipy", "sklearn", "PIL", "matplotlib", *sys.stdlib_module_names)
)
# What tests put something else in place of, for the student's code: ``patch("builtins.input", return_value="Ada")``.
_REPLACED = {
    "builtins": ("input", "print", "open"),
    "random": (
        "random",
        "randint",
        "randrange",
        "choice",
        "choices",
        "uniform",
        "shuffle",
        "sample",
        "gauss",
    ),
    "time": ("sleep", "time"),
}
_ITERATORS = (types.GeneratorType, map, filter, zip, enumerate, reversed)

Exchange = Callable[[list[Any]], Any]


class Session:
    """One test's conversation with the student's process."""

    def __init__(self, exchange: Exchange, words: tuple[str, ...] | None, *, proving: bool = False) -> None:
        self._exchange = exchange
        self.proving = proving  # at release: whatever the solution's objects are asked for is noted
        self.words = None if words is None else frozenset(words)
        self.used: set[str] = set()
        self.asked = 0  # requests so far
        self.broken: WireError | None = None
        self.own: frozenset[str] = frozenset()  # the instructor's modules, which lie beside the notebook
        self.codec = _Codec(self)
        self.leaves = Leaves(self)
        self.usual = _replaceable()
        self.replaced: dict[tuple[str, str], Any] = {}
        self.kinds = Kinds()
        self.handles: WeakValueDictionary[int, Handle] = WeakValueDictionary()
        self.linked: list[str] = []  # kinds of generators that the test has seeded
        self.shared: dict[str, Any] = {}  # their states as both sides last had them
        self.plain_of: dict[int, Any] = {}  # number of an object of a plain type's child -> its value
        self.released: list[list[int]] = []
        self.bound: dict[str, Any] = {}
        self.unbound: list[str] = []
        self.seen: dict[int, Any] = {}  # number of an object that was looked through -> its items
        self.inputs: list[
            tuple[Any, int]
        ] = []  # tensors of the test's from which the last call's result came

    # -- requests ----------------------------------------------------------------------------------

    def request(self, verb: str, *arguments: Any) -> Any:
        """Ask for one thing and return the value of the answer; what the student's code raises is raised here."""
        if self.bound or self.unbound:
            bound, unbound = dict(self.bound), list(self.unbound)
            self.bound.clear()
            self.unbound.clear()
            self._bind(bound, unbound)
        self.leaves.push()
        return self.codec.rebuild(self._ask(verb, *arguments))

    def _bind(self, bound: dict[str, Any], unbound: list[str]) -> None:
        trees = {}
        for name, value in bound.items():
            try:
                trees[name] = self.codec.describe(value)
            except (TypeError, ValueError):
                continue  # what cannot cross is seen by the test alone
        if trees or unbound:
            tree = {KIND: "dict", "k": list(trees), "v": list(trees.values())}
            self._send(["bind", tree, unbound])

    def _ask(self, verb: str, *arguments: Any) -> Any:
        self.asked += 1
        return self._send([verb, *(self.codec.describe(item) for item in arguments)])

    def _odd(self, what: str) -> WireError:
        """Note that the other side broke the rules: then the test has failed, whatever it makes of the exception."""
        self.broken = WireError(wire.Refusal.REPLY, what, 1)
        return self.broken

    def _send(self, tree: list[Any]) -> Any:
        while True:
            released, self.released = self.released[:5000], self.released[5000:]
            answer = self._exchange(["ask", tree, released])
            if type(answer) is dict and type(answer.get("out")) is str:
                sys.stdout.write(answer.pop("out"))  # as it is where both write to one
            if type(answer) is not dict or len(answer) != 1:
                raise self._odd("no answer")
            (kind,) = answer
            if kind == "ok":
                return answer["ok"]
            if kind == "raised":
                raise _no_end(self.codec.error(answer["raised"]), tree)
            if kind != "callback":
                raise self._odd("no answer")
            tree = self._called_back(answer["callback"])

    def _called_back(self, call: Any) -> list[Any]:
        """Run a function of the test's that the student's code calls; return how the student's code goes on."""
        function = (
            self.codec.lent.get(call["n"]) if type(call) is dict and type(call.get("n")) is int else None
        )
        if function is None:
            raise self._odd("a call of no function of the test's")
        try:
            arguments, named = self.codec.rebuild(call["a"]), self.codec.rebuild(call["k"])
            return ["resume", True, self.codec.describe(function(*arguments, **named))]
        except (WireError, SystemExit, GeneratorExit):
            raise
        except Exception as error:  # noqa: BLE001  the student's code sees it as its own
            name = next(
                (c.__name__ for c in type(error).__mro__ if hasattr(builtins, c.__name__)), "Exception"
            )
            return ["resume", False, [name, str(error)[:500]]]

    # -- what handles ask --------------------------------------------------------------------------

    def call(self, function: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Call something there; containers and arrays that it changed are changed here, too."""
        self._flush()
        self._link()
        self._replace()
        self.leaves.push()
        tree = self._ask("call", function, list(arguments), named)
        if type(tree) is not dict or set(tree) != {"r", "c", "g"}:
            raise WireError(wire.Refusal.REPLY, "call", 3)
        given = [*arguments, *named.values()]
        for place, changed in tree["c"]:
            _update(given[place], self.codec.rebuild(changed))
        self.inputs = [(given[place], number) for place, number in tree["g"] if type(number) is int]
        for item in given:  # what it was made of, in a call before: ``loss(softmax(z), y)``
            there = getattr(item, "_there", None) if type(item).__module__ == "torch" else None
            known = {number for _, number in self.inputs}
            self.inputs += [one for one in getattr(there, "sources", ()) if one[1] not in known]
        result = tree["r"]
        try:
            if type(result) is dict and result.get(KIND) == "given" and type(result.get("n")) is int:
                place = result["n"]
                if not 0 <= place < len(given):
                    raise self._odd("a result that was not given")
                return given[place]
            return self.codec.rebuild(result)
        finally:
            self.inputs = []
            self._follow()
            self.leaves.pull()

    def _replace(self) -> None:
        """Let the student's code find what the test has put in the place of a builtin, or of a function of Python's."""
        for key, now in _replaceable().items():
            if self.replaced.get(key, self.usual[key]) is not now:
                is_usual = now is self.usual[key]
                self.request("replace", *key, None if is_usual else _Lent(now))
                self.replaced[key] = now

    def seeded(self, kind: str) -> None:
        """Note that the test has seeded a generator: from now on both sides have one in common, as in a notebook."""
        if kind not in self.linked:
            self.linked.append(kind)

    def _link(self) -> None:
        if not self.linked:
            return
        now = generators.states(self.linked)
        if changed := generators.differ(now, self.shared):
            self.request("generators", {kind: now[kind] for kind in changed})
        self.shared = now

    def _follow(self) -> None:
        if not self.linked:
            return
        found = self.request("generator_states", self.linked)
        try:
            if changed := generators.differ(found, self.shared):
                generators.restore({kind: found[kind] for kind in changed if kind in self.linked})
        except (ValueError, TypeError, AttributeError, RuntimeError, IndexError, OverflowError):
            raise self._odd("no state of a generator") from None
        self.shared = generators.states(self.linked)

    def _flush(self) -> None:
        if self.bound or self.unbound:
            self.request("names")

    def operate(self, word: str, *arguments: Any) -> Any:
        """Ask for the answer of an operator of the student's class, where the solution's class was asked for it."""
        self.used.add(word)
        known = self.words is None and all(Kinds.number_of(item) is not None for item in arguments)
        if not known and not self.may_ask(word):
            raise TypeError(f"an object of the notebook's is no number, text or array here ({word})")
        return self.request("op", word, list(arguments))

    def doubts(self, word: str) -> bool:
        """Note what an object is asked for; tell whether the solution's were noted, and none was asked for this."""
        noted = self.words is not None and NOTED in self.words
        if noted or self.proving:
            self.used.add(word)
        return noted and not self.may_ask(word)

    def may_ask(self, word: str) -> bool:
        """Tell whether the solution's objects were asked for this when it was proven."""
        return self.proving or (self.words is not None and word in self.words)

    def release(self, number: int, times: int) -> None:
        """Let go of something that stayed there."""
        self.released.append([number, times])


class _Codec(values.Codec):
    """The trusted end's: handles for what stays there, functions that are lent, tensors whose gradients go back."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.lent: dict[int, Any] = {}
        self._lent_numbers: dict[int, int] = {}
        self._numbers = itertools.count(1)
        self._made_depth = 0

    # -- out ---------------------------------------------------------------------------------------

    def _describe(self, value: Any, depth: int) -> Any:
        number = Kinds.number_of(value)
        return super()._describe(value, depth) if number is None else {KIND: "remote", "n": number}

    def leaf(self, value: Any) -> Any:
        if isinstance(value, _Lent):
            return self._as_callback(value.function)
        number = Kinds.number_of(value)
        if number is not None:
            return {KIND: "remote", "n": number}
        if isinstance(value, _ITERATORS):
            return {
                KIND: "iterator",
                "v": [self._describe(item, 1) for item in itertools.islice(value, ITEMS)],
            }
        found = _library_name(value, self.session.own)
        if found is not None:
            return {KIND: "library", "m": found[0], "v": found[1]}
        kind = type(value)
        is_known = kind.__module__.split(".")[0] in _LIBRARIES | self.session.own
        if (is_known and not callable(value)) or _is_module_object(value):
            made = self._reduce(value)
            if made is not None:
                return made
        if callable(value):
            return self._as_callback(value)
        raise TypeError(f"cannot send {kind.__name__}")

    def _as_callback(self, value: Any) -> dict[str, Any]:
        return {
            KIND: "callback",
            "n": self._lend(value),
            "v": str(getattr(value, "__name__", "function"))[:100],
            "d": str(value.__doc__)[:1000] if getattr(value, "__doc__", None) else None,
            "s": self._signature_of(value),
        }

    def _signature_of(self, function: Any) -> Any:
        """Return the parameters of a function that is lent, whose defaults are plain: decorators look at them."""
        try:
            parameters = list(inspect.signature(function).parameters.values())
            return [
                [
                    p.name,
                    int(p.kind),
                    p.default is not p.empty,
                    None if p.default is p.empty else self._describe(p.default, 2),
                ]
                for p in parameters
            ]
        except Exception:  # noqa: BLE001  builtins have none, and a default may be anything
            return None

    def _lend(self, value: Any) -> int:
        number = self._lent_numbers.get(id(value))
        if number is None:
            number = next(self._numbers)
            self.lent[number], self._lent_numbers[id(value)] = value, number
        return number

    def _reduce(self, value: Any) -> Any:
        """Return how to make an object of a library's there, as ``copyreg`` takes it apart."""
        try:
            reduce = copyreg.dispatch_table.get(type(value))
            reduced = reduce(value) if reduce else value.__reduce_ex__(4)
        except TypeError:
            return None
        if type(reduced) is not tuple or not 2 <= len(reduced) <= 5:
            return None
        self._made_depth += 1
        if self._made_depth > 12:
            raise values.TooLarge("nested too deeply")
        try:
            function, arguments, state, items, pairs = (*reduced, None, None, None)[:5]
            return {
                KIND: "made",
                "f": self.leaf(function),
                "a": self._describe(tuple(arguments), 1),
                "s": self._describe(state, 1),
                "l": [self._describe(item, 1) for item in items or ()],
                "d": [self._describe(pair, 1) for pair in pairs or ()],
            }
        finally:
            self._made_depth -= 1

    def tensor(self, value: Any) -> Any:
        torch: Any = sys.modules["torch"]
        known = value.__dict__.get("_there")
        if known is not None and known.version == value._version:
            return {KIND: "remote", "n": known.number}
        tree = values.describe_tensor(value)
        if tree is None:
            raise TypeError("cannot send this tensor")
        if value.requires_grad and value.is_leaf:
            tree["i"] = id(value)  # it is one tensor there, too, in whatever it is sent
            tree["gr"] = None if value.grad is None else values.describe_tensor(value.grad)
        if isinstance(value, torch.nn.Parameter):
            return {KIND: "parameter", "v": tree, "g": bool(value.requires_grad)}
        if value.requires_grad:
            tree["g"] = True
        return tree

    # -- in ----------------------------------------------------------------------------------------

    def rebuild(self, tree: Any) -> Any:
        if type(tree) is dict and tree.get(KIND) in values.TABLES and _has_missing(tree):
            self.session.doubts("missing")
        return super().rebuild(tree)

    def special(self, kind: str, tree: dict[str, Any]) -> Any:
        if kind == "handle":
            return self.session.kinds.handle(self.session, tree)
        if kind == "tensor":
            return self._tensor(tree)
        raise WireError(wire.Refusal.TYPE, kind[:40])

    def _tensor(self, tree: dict[str, Any]) -> Any:
        try:
            made = values.rebuild_tensor(tree)
        except (ValueError, TypeError, KeyError) as error:
            raise WireError(wire.Refusal.TYPE, f"tensor, {type(error).__name__}") from None
        torch: Any = sys.modules.get("torch")
        if torch is None or not isinstance(made, torch.Tensor):
            return made
        needs = tree.get("g") is True and (made.is_floating_point() or made.is_complex())
        if tree.get("p") is True:
            made = torch.nn.Parameter(made, requires_grad=needs)
        if not needs or type(tree.get("n")) is not int:
            return made
        known = self.session.leaves.get(tree["n"]) if tree.get("l") is True else None
        if known is not None and known.shape == made.shape:
            self.session.release(tree["n"], 1)
            gradient = values.rebuild_tensor(tree["gr"]) if type(tree.get("gr")) is dict else None
            self.session.leaves.renew(tree["n"], made, gradient)
            return known
        there = There(self.session, tree["n"])
        if tree.get("l") is True:
            made.requires_grad_()
            if type(tree.get("gr")) is dict:
                gradient = values.rebuild_tensor(tree["gr"])
                if gradient.shape == made.shape:
                    made.grad = gradient.to(made.dtype)
            made.register_hook(lambda gradient: self.session.request("accumulate", there, gradient.detach()))
        else:
            numbers = [number for _, number in self.session.inputs]
            tensors = (tensor for tensor, _ in self.session.inputs)
            made = _bridge().apply(self.session, there, numbers, made.requires_grad_(), *tensors)
            there.sources = list(self.session.inputs)
        there.version = made._version
        made._there = there
        if tree.get("l") is True:
            self.session.leaves.add(tree["n"], made)
        return made

    def error(self, tree: Any) -> BaseException:
        """Return the exception that the student's code raised, of the builtin or library class of that name."""
        ok = type(tree) is dict and set(tree) == {"b", "text", "args", "line", "has"}
        if not ok or type(tree["text"]) is not str or type(tree["line"]) is not int:
            raise WireError(wire.Refusal.ERROR, "raised", 4)
        kind = self.session.kinds.exception(tree["b"])
        arguments = self.rebuild(tree["args"]) if type(tree["args"]) is tuple else (tree["text"],)
        try:
            made = kind.__new__(kind, *arguments)
        except Exception:  # noqa: BLE001  a class of a library's with a form of its own
            made = Exception.__new__(Exception)
        made.args = arguments
        if type(tree["has"]) is dict:
            made.__dict__.update(
                {
                    n: self.rebuild(v)
                    for n, v in tree["has"].items()
                    if type(n) is str and n.isidentifier() and n[0] != "_"
                }
            )
        made.__dict__["_student"] = (tree["line"], tree["text"][:300], [name for _, name in tree["b"]])
        return made


def _has_missing(tree: Any) -> bool:
    """Tell whether a table's tree has pandas' missing value in it: compared with anything that is neither true nor false."""
    if type(tree) is list:
        return any(map(_has_missing, tree))
    if type(tree) is not dict:
        return False
    mask, items = tree.get("m"), tree.get("v")
    if tree.get(KIND) == "missing":
        return items != "NaT"
    if isinstance(mask, np.ndarray) and bool(mask.any()):
        return True
    if tree.get("z") == "NA" and type(items) is list and None in items:
        return True
    return any(map(_has_missing, tree.values()))


def _no_end(error: BaseException, asked: list[Any]) -> BaseException:
    """Return an error as a generator passes it on: a ``StopIteration`` of the student's ends no loop of the test's."""
    if asked[:2] == ["op", "next"] or not isinstance(error, (StopIteration, StopAsyncIteration)):
        return error
    made = RuntimeError(f"the code raised {type(error).__name__}")
    made.__dict__.update(error.__dict__)
    return made


class _Lent:
    """A function that is lent even if it is a library's."""

    def __init__(self, function: Any) -> None:
        self.function = function


def _replaceable() -> dict[tuple[str, str], Any]:
    return {
        (module, name): getattr(sys.modules[module], name)
        for module, names in _REPLACED.items()
        if module in sys.modules
        for name in names
    }


class There(Remote):
    """A tensor that stays there, beside its copy here."""

    def __init__(self, session: Session, number: int) -> None:
        super().__init__(number)
        self.session, self.version = session, -1
        self.sources: list[tuple[Any, int]] = []  # tensors of the test's from which it came

    def __del__(self) -> None:
        self.session.release(self.number, 1)


_bridges: list[Any] = []


def _bridge() -> Any:
    """Return the autograd function whose backward pass goes on in the student's process."""
    if not _bridges:
        torch: Any = sys.modules["torch"]

        class Bridge(torch.autograd.Function):  # type: ignore[misc]
            @staticmethod
            def forward(
                context: Any, session: Session, there: There, numbers: list[int], made: Any, *inputs: Any
            ) -> Any:
                context.ours = (session, there, numbers)
                context.set_materialize_grads(True)
                return made.clone()

            @staticmethod
            def backward(context: Any, gradient: Any) -> Any:
                session, there, numbers = context.ours
                remote = [Remote(number) for number in numbers]
                found = session.request("backward", there, gradient.detach(), remote)
                session.leaves.pull()
                return (None, None, None, None, *found)

        _bridges.append(Bridge)
    return _bridges[0]


def _library_name(value: Any, own: frozenset[str]) -> tuple[str, str] | None:
    """Return module and name by which a library's function, class or module is found; None for anything else.

    Functions of the instructor's modules are lent: what they note, they note here.
    """
    known = _LIBRARIES | own if isinstance(value, (type, types.ModuleType)) else _LIBRARIES
    if isinstance(value, types.ModuleType):
        return (value.__name__, "") if value.__name__.split(".")[0] in known else None
    name: Any = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    module = getattr(value, "__module__", None)
    if type(name) is not str or "<" in name:
        return None
    for place in (module, type(value).__module__, "numpy", "torch"):
        if type(place) is not str or place.split(".")[0] not in known or place == "__main__":
            continue
        found: Any = sys.modules.get(place)
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is value:
            return place, name
    return None


def _is_module_object(value: Any) -> bool:
    torch: Any = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "nn") or type(value).__module__.split(".")[0] != "torch":
        return False
    return isinstance(value, (torch.nn.Module, torch.optim.Optimizer))


def _update(item: Any, now: Any) -> bool:
    """Give a container, an array or a table of the test's the content that the student's code left in it."""
    kind = type(item)
    torch: Any = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "nn") and isinstance(item, torch.nn.Module):
        put_state(item, now)
    elif kind is list and type(now) is list and len(item) == len(now):
        for place, (one, other) in enumerate(zip(item, now, strict=True)):
            if not _update(one, other):
                item[place] = other
    elif kind in (list, bytearray) and type(now) is kind:
        item[:] = now
    elif kind is dict and type(now) is dict and list(item) == list(now):
        for key, other in now.items():
            if not _update(item[key], other):
                item[key] = other
    elif kind in (dict, set) and type(now) is kind:
        item.clear()
        item.update(now)
    elif (
        kind.__module__ == "numpy" and type(now) is kind and item.shape == now.shape and item.flags.writeable
    ):
        item[...] = now
    elif torch is not None and isinstance(item, torch.Tensor):
        if not isinstance(now, torch.Tensor) or item.shape != now.shape:
            return False
        put(item, now, now.grad if now.is_leaf else None)
    elif kind.__module__.startswith("pandas") and type(now) is kind and hasattr(item, "_mgr"):
        item._mgr = now._mgr
    else:
        return False
    return True
