"""What stands for an object of the student's in a test that runs outside: a handle, of a class of ours (*trusted*).

A handle's class has the name that the student's class claims; ``isinstance`` with one of our libraries' classes goes
by the names of the bases, which are claims, too. Reading (an attribute, an item, the length, the text) asks the other
side and gets plain data. Comparing and computing with plain values hands them over, so it is asked only where the
solution needed it.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from autograder.errors import WireError
from autograder.sandbox import values, wire

T = TypeVar("T")
MAX_BASES = 12
MAX_SEEN = 1_000_000  # items of an object that are kept, to hold it to its word
# Among a test's ``words``: at its release it was noted, too, which methods the solution's objects were asked to do.
NOTED = "()"
# Exceptions by which a test's own machinery is told something: to the test, the student's are ordinary ones.
_MACHINERY = frozenset(("unittest", "_pytest", "pytest", "doctest", "bdb", "asyncio", "concurrent"))
_get = object.__getattribute__


class Remote:
    """Something that stays there, by its number alone."""

    def __init__(self, number: int) -> None:
        self.number = number


class Kind(type):
    """The class of handles' classes: one is the same as another class if its student's class claims that name."""

    claimed: tuple[str, str]

    def __eq__(cls, other: object) -> bool:
        if cls is other:
            return True
        if type(other) is Kind:
            return cls.claimed == other.claimed
        bases = Kinds.bases_of(other)
        if bases:
            return cls.claimed == bases[0]
        if not isinstance(other, type) or other.__module__ == "builtins":
            return False  # no claim makes a list of it: what is one has crossed as one
        return cls.claimed == (other.__module__, other.__qualname__)

    def __hash__(cls) -> int:
        return hash(cls.claimed)


class Handle(metaclass=Kind):
    """An object that stays in the student's process."""

    __slots__ = ("__weakref__", "_bases", "_number", "_session", "_specials", "_times", "_via", "_what")
    claimed = ("", "")

    def __getattribute__(self, name: str) -> Any:
        session = _get(self, "_session")
        if name == "__class__":
            return session.kinds.claimed_class(
                _get(self, "_what"), _get(self, "_bases"), _get(self, "_specials")
            )
        if name == "__signature__":
            return _signature(self)
        if name == "__bases__":
            return session.kinds.bases(_get(self, "_what"), _get(self, "_bases"))
        if name in _NOT_THERE:
            raise AttributeError(name)
        found = session.request("attr", self, name)
        if isinstance(type(found), Kind):
            object.__setattr__(found, "_via", name)
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        _session(self).request("set", self, name, value)

    def __delattr__(self, name: str) -> None:
        _session(self).request("delete", self, name)

    def __del__(self) -> None:
        _session(self).plain_of.pop(_get(self, "_number"), None)
        _session(self).release(_get(self, "_number"), _get(self, "_times"))

    # -- reading: the answer is plain data, or a handle ----------------------------------------------

    def __len__(self) -> int:
        session = _session(self)
        told = _as(int, _read(self, "len"))
        if not session.doubts("len"):
            return told
        # Nobody has seen the solution's: what it says of its length must be so, and stay so.
        seen = session.seen.get(_get(self, "_number"))
        if seen is None:
            seen = list(itertools.islice(_items(self), min(told + 1, MAX_SEEN)))
            if len(seen) != told:
                raise TypeError(f"an object of the notebook's says that it has {told} items, and has others")
            session.seen[_get(self, "_number")] = seen
        return len(seen)

    def __iter__(self) -> Iterator[Any]:
        session = _session(self)
        session.used.add("iter")
        seen = session.seen.get(_get(self, "_number"))
        return _items(self) if seen is None else iter(seen)

    def __next__(self) -> Any:
        return _read(self, "next")

    def __reversed__(self) -> Iterator[Any]:
        return iter(list(self)[::-1])

    def __getitem__(self, key: Any) -> Any:
        return _read(self, "getitem", key)

    def __setitem__(self, key: Any, value: Any) -> None:
        _read(self, "setitem", key, value)

    def __delitem__(self, key: Any) -> None:
        _read(self, "delitem", key)

    def __bool__(self) -> bool:
        return _as(bool, _read(self, "bool"))

    def __int__(self) -> int:
        return _as(int, _read(self, "int"))

    def __float__(self) -> float:
        return _as(float, _read(self, "float"))

    def __complex__(self) -> complex:
        return _as(complex, _read(self, "complex"))

    def __index__(self) -> int:
        return _as(int, _read(self, "index"))

    def __str__(self) -> str:
        return _as(str, _read(self, "str"))

    def __repr__(self) -> str:
        return _as(str, _read(self, "repr"))

    def __format__(self, spec: str) -> str:
        return _as(str, _read(self, "format", spec))

    def __hash__(self) -> int:
        return _as(int, _read(self, "hash"))

    def __dir__(self) -> list[str]:
        return [name for name in _read(self, "dir") if type(name) is str]

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        import numpy as np

        found = _read(self, "array")
        if type(found) is not np.ndarray:
            raise TypeError("no array")
        return found if dtype is None else found.astype(dtype)

    def __enter__(self) -> Any:
        return _read(self, "enter")

    def __exit__(self, *of: Any) -> Any:
        kept = _read(self, "exit")
        # Else it could keep the test's own failure to itself.
        return False if kept and _session(self).doubts("exit") else kept

    def __instancecheck__(self, value: Any) -> bool:
        return _session(self).request("is", value, self) is True

    def __subclasscheck__(self, kind: Any) -> bool:
        return _session(self).request("is_sub", kind, self) is True

    # -- comparing: its own plain value first, then, perhaps, its word -------------------------------

    def __eq__(self, other: object) -> Any:
        return _compare(self, other, "eq", lambda a, b: a == b, otherwise=False)

    def __ne__(self, other: object) -> Any:
        return _compare(self, other, "ne", lambda a, b: a != b, otherwise=True)

    def __lt__(self, other: Any) -> Any:
        return _compare(self, other, "lt", lambda a, b: a < b)

    def __le__(self, other: Any) -> Any:
        return _compare(self, other, "le", lambda a, b: a <= b)

    def __gt__(self, other: Any) -> Any:
        return _compare(self, other, "gt", lambda a, b: a > b)

    def __ge__(self, other: Any) -> Any:
        return _compare(self, other, "ge", lambda a, b: a >= b)

    def __contains__(self, item: Any) -> bool:
        plain = _plain(self)
        if plain is not NotImplemented:
            return item in plain
        session = _session(self)
        if not session.may_ask("contains"):
            session.used.add("contains")
            return any(item is one or item == one for one in self)
        return _as(bool, session.operate("contains", self, item))


class CallableHandle(Handle):
    """One that can be called."""

    __slots__ = ()

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        session, via = _session(self), _get(self, "_via")
        # ``answer.equals(expected)`` is its own word, and has the right answer handed over.
        if via and session.doubts(f"{via}{NOTED}"):
            raise TypeError(f"no object of the solution's was asked for {via}() here")
        return session.call(self, arguments, named)


def _session(handle: Handle) -> Any:
    return _get(handle, "_session")


def _items(handle: Handle) -> Iterator[Any]:
    session, number = _session(handle), 0
    while True:
        found = session.request("items", handle, number)
        if type(found) is not list or len(found) != 2 or type(found[1]) is not list:
            raise WireError(wire.Refusal.REPLY, "items", 2)
        number, items = found
        if not items:
            return
        yield from items


def _read(handle: Handle, word: str, *arguments: Any) -> Any:
    return _session(handle).request("op", word, [handle, *arguments])


def _as(kind: type[T], value: Any) -> T:
    """Return an answer that must be of a plain type; a student's class that gives another gets Python's own error."""
    if type(value) is not kind:
        raise TypeError(f"{kind.__name__} expected, not {type(value).__name__}")
    return value


def _plain(handle: Handle) -> Any:
    """Return the value of an object whose class is a plain type's child; else NotImplemented."""
    bases = _get(handle, "_bases")
    if _get(handle, "_what") == "class" or not any(base in _PLAIN for base in bases[1:]):
        return NotImplemented
    kept = _session(handle).plain_of
    number = _get(handle, "_number")
    if number in kept:  # asked once: else it could be large for one comparison and small for the next
        return kept[number]
    found = _session(handle).request("plain", handle)
    if isinstance(found, Handle):
        return NotImplemented
    if isinstance(found, (bool, int, float, complex, str, bytes)):
        kept[number] = found
    return found


def _compare(
    handle: Handle, other: Any, word: str, compare: Callable[[Any, Any], Any], otherwise: bool | None = None
) -> Any:
    session = _session(handle)
    number = Kinds.number_of(other)
    if number is not None and otherwise is not None and number == _get(handle, "_number"):
        return not otherwise
    plain = _plain(handle)
    theirs = _plain(other) if isinstance(other, Handle) else other
    if (
        plain is not NotImplemented
        and theirs is not NotImplemented
        and (session.proving or not session.may_ask(word))
    ):
        return compare(plain, theirs)
    session.used.add(word)
    # Two objects of the notebook's, before anything is proven: what else could say whether they are equal?
    if session.may_ask(word) or (session.words is None and number is not None):
        return session.request("op", word, [handle, other])
    if otherwise is not None:
        return otherwise
    raise TypeError(f"an object of the notebook's cannot be compared here ({word})")


def _operator(word: str, *, swap: bool = False) -> Callable[..., Any]:
    def operate(self: Handle, *others: Any) -> Any:
        plain = _plain(self)
        if plain is not NotImplemented and (_session(self).proving or not _session(self).may_ask(word)):
            import operator

            first, *more = (others[0], plain) if swap else (plain, *others)
            return getattr(operator, word)(first, *more)
        arguments = [others[0], self] if swap else [self, *others]
        return _session(self).operate(word, *arguments)

    return operate


for _word in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "lshift", "rshift"):
    setattr(Handle, f"__{_word}__", _operator(_word))
    setattr(Handle, f"__r{_word}__", _operator(_word, swap=True))
for _word in ("and", "or", "xor"):
    setattr(Handle, f"__{_word}__", _operator("xor" if _word == "xor" else f"{_word}_"))
    setattr(Handle, f"__r{_word}__", _operator("xor" if _word == "xor" else f"{_word}_", swap=True))
for _word in ("neg", "pos", "abs", "invert"):
    setattr(Handle, f"__{_word}__", _operator(_word))
for _word in ("round", "divmod"):
    setattr(
        Handle, f"__{_word}__", (lambda word: lambda self, *o: _session(self).operate(word, self, *o))(_word)
    )

# What libraries look for on objects of their own, and what would be asked for in each of their calls.
_NOT_THERE = frozenset(
    (
        *(
            "__array_interface__",
            "__array_struct__",
            "__array_priority__",
            "__array_ufunc__",
            "__array_function__",
        ),
        *(
            "__torch_function__",
            "__cuda_array_interface__",
            "__dlpack__",
            "__reduce__",
            "__reduce_ex__",
            "__getstate__",
        ),
        *("__wrapped__", "__text_signature__", "_partialmethod", "__objclass__", "__set_name__"),
        *(
            "__deepcopy__",
            "__copy__",
            "_repr_html_",
            "_ipython_display_",
            "_ipython_canary_method_should_not_exist_",
        ),
    )
)
_PLAIN = {
    ("builtins", name)
    for name in ("int", "float", "complex", "str", "bytes", "list", "tuple", "dict", "set", "frozenset")
} | {("numpy", "ndarray")}


def _signature(handle: Handle) -> inspect.Signature:
    found = _session(handle).request("signature", handle)
    parameters = []
    for item in found:
        name, kind, has, default = item
        if type(name) is not str or type(kind) is not int or not 0 <= kind <= 4:
            raise WireError(wire.Refusal.REPLY, "signature", 4)
        made = inspect._ParameterKind(kind)
        parameters.append(
            inspect.Parameter(name, made, default=default if has is True else inspect.Parameter.empty)
        )
    return inspect.Signature(parameters, __validate_parameters__=False)


class Kinds:
    """The classes of a session's handles and exceptions, by what they claim to be."""

    def __init__(self) -> None:
        self._handles: dict[tuple[Any, ...], type] = {}
        self._claimed: dict[tuple[Any, ...], type] = {}
        self._exceptions: dict[tuple[tuple[str, str], ...], type[BaseException]] = {}

    def handle(self, session: Any, tree: dict[str, Any]) -> Any:
        """Return the handle of a decoded tree; of a class of exceptions, a class that can be caught."""
        number, what = tree.get("n"), tree.get("k")
        if type(number) is not int or what not in ("class", "function", "module", "object"):
            raise WireError(wire.Refusal.HANDLE, "handle", 1)
        bases = _read_bases(tree.get("b"))
        specials = tree.get("d")
        if type(specials) is not list or not all(type(name) is str for name in specials):
            raise WireError(wire.Refusal.HANDLE, "handle", 1)
        if what == "class" and ("builtins", "BaseException") in bases:
            session.release(number, 1)
            return self.exception([list(base) for base in bases])
        known = session.handles.get(number)
        if known is not None:
            object.__setattr__(known, "_times", _get(known, "_times") + 1)
            return known
        claimed = ("builtins", "type") if what == "class" else bases[0]
        can_call = "__call__" in specials or what == "class"
        key = (claimed, can_call)
        if key not in self._handles:
            parent = CallableHandle if can_call else Handle
            body = {"__slots__": (), "claimed": claimed, "__module__": claimed[0], "__qualname__": claimed[1]}
            self._handles[key] = Kind(claimed[1].split(".")[-1], (parent,), body)
        made: Any = object.__new__(self._handles[key])
        given = ("_session", session), ("_number", number), ("_times", 1), ("_what", what), ("_via", "")
        for name, value in given:
            object.__setattr__(made, name, value)
        object.__setattr__(made, "_bases", bases)
        object.__setattr__(made, "_specials", frozenset(specials))
        session.handles[number] = made
        return made

    @staticmethod
    def number_of(value: Any) -> int | None:
        """Return the number of what stays there, or None for what is here."""
        if type(type(value)) is Kind:
            return _get(value, "_number")  # type: ignore[no-any-return]
        return value.number if isinstance(value, Remote) else None

    @staticmethod
    def bases_of(value: Any) -> tuple[tuple[str, str], ...]:
        """Return what a handle of a class claims to be; empty for anything else."""
        if type(type(value)) is Kind and _get(value, "_what") == "class":
            return _get(value, "_bases")  # type: ignore[no-any-return]
        return ()

    def claimed_class(self, what: str, bases: tuple[tuple[str, str], ...], specials: frozenset[str]) -> type:
        """Return a class that ``isinstance`` finds among our libraries' as the student's is among theirs."""
        if what == "class":
            return type
        key = (bases, specials)
        if key not in self._claimed:
            self._claimed[key] = _make_class(bases, specials)
        return self._claimed[key]

    def bases(self, what: str, bases: tuple[tuple[str, str], ...]) -> tuple[type, ...]:
        """Return our libraries' classes among the bases of a class, for ``issubclass``."""
        if what != "class":
            raise AttributeError("__bases__")
        kinds = ((base, values.find_class(*base)) for base in bases)
        return tuple(_stand_in(base, kind) for base, kind in kinds if kind is not None)

    def exception(self, bases: Any) -> type[BaseException]:
        """Return the class of an exception: ours of that name, or one like the student's, below ours."""
        read = _read_bases(bases)
        own: list[tuple[str, str]] = []
        found: type[BaseException] = Exception
        for base in read:
            kind = values.find_class(*base)
            is_ours = kind is not None and issubclass(kind, BaseException)
            if kind is not None and is_ours and base[0].split(".")[0] not in _MACHINERY:
                found = kind
                break
            own.append(base)
        for place in range(len(own) - 1, -1, -1):
            key = (*own[place:], (found.__module__, found.__qualname__))
            if key not in self._exceptions:
                module, name = own[place]
                self._exceptions[key] = type(name.split(".")[-1], (found,), {"__module__": module})
            found = self._exceptions[key]
        return found


def _make_class(bases: tuple[tuple[str, str], ...], specials: frozenset[str]) -> type:
    known = [
        kind
        for kind in (values.find_class(*base) for base in bases)
        if kind is not None and kind is not object
    ]
    if known:
        return _stand_in(bases[0], known[0])
    try:
        body = {special: lambda self, *_: None for special in specials}
        return type.__new__(type, bases[0][1].split(".")[-1], (), body)
    except Exception:  # noqa: BLE001  a name that no class can have
        return object


def _stand_in(claimed: tuple[str, str], parent: type) -> type:
    """Return a child of a library's class, for ``isinstance`` and ``issubclass``, of which no object can be made.

    A test may call what it finds there (``x.__class__(…)``), with arguments of the student's. Python's own types are
    themselves: many can have no children, and whoever calls one gets what it holds.
    """
    is_python_s = parent.__module__ == "builtins"
    if is_python_s and claimed[1] == parent.__qualname__:
        return parent
    name, body = claimed[1].split(".")[-1], {"__new__": _refuse_to_make, "__module__": claimed[0]}
    try:
        return type(name, (parent,), body)
    except Exception:  # noqa: BLE001  a class that cannot have children
        return parent if is_python_s else type.__new__(type, "object", (), body)


def _refuse_to_make(*_: Any, **__: Any) -> Any:
    raise TypeError("the class of an object of the notebook's is not called here")


def _read_bases(tree: Any) -> tuple[tuple[str, str], ...]:
    ok = type(tree) is list and 0 < len(tree) <= MAX_BASES
    if not ok or not all(
        type(b) is list and len(b) == 2 and all(type(t) is str and len(t) <= 200 for t in b) for b in tree
    ):
        raise WireError(wire.Refusal.HANDLE, "bases", MAX_BASES)
    return tuple((module, name or "object") for module, name in tree)
