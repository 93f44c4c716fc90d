"""Rich values as plain trees that the wire carries: sets, dates, arrays of any kind, tensors (both *trusted* and *sandbox*).

The wire's list of types is closed and short. What a test of another tool works with is more, so it crosses as what it
is made of: a number, a string, a list, a tuple or an array stands for itself; everything else is a dict whose key
``""`` names its kind. ``rebuild`` makes new objects of our own libraries' classes from such a tree, looks at every
part before it uses it, and never imports, looks up or calls anything that the other side names.

What is neither is the business of the two ends: ``Codec.leaf`` says how a thing that stays where it is crosses, and
``Codec.special`` what becomes of it. Tables and images: ``autograder.sandbox.tables``. Torch and pandas are used where
the process has them already, and never imported.
"""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import keyword
import pathlib
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.errors import WireError
from autograder.sandbox import tables, wire

KIND = ""  # the key that names a tree's kind
MAX_TREE = 150_000  # values in one tree; a larger one stays where it is, and is asked for in parts
MAX_CONTAINERS = 18_000  # as the wire counts them: a dict is three
MAX_DEPTH = 13  # a described level takes two of the wire's
MAX_DIGITS = 1 << 16  # of an integer, in hexadecimal
LONG = 256  # from so many numbers on, a list of them travels as an array

_NUMBERS = {float: ("floats", np.float64), int: ("ints", np.int64), bool: ("bools", np.bool_)}
_ORDINARY = (list, tuple, dict, set, frozenset)
_ODD = "a value of another form than its kind has"


class TooLarge(ValueError):
    """A value is too large to cross as one tree."""


class Codec:
    """Describes values for the other side, and rebuilds what it described."""

    def __init__(self) -> None:
        self._values = self._containers = 0
        self._named: dict[tuple[str, tuple[str, ...]], type] = {}

    # -- what the two ends decide ------------------------------------------------------------------

    def leaf(self, value: Any) -> Any:
        """Return the tree of a value that is not plain."""
        raise TypeError(f"cannot send {type(value).__name__}")

    def special(self, kind: str, tree: dict[str, Any]) -> Any:
        """Return what a tree of a kind of one's own stands for."""
        raise WireError(wire.Refusal.TYPE, kind[:40])

    def tensor(self, value: Any) -> Any:
        """Return the tree of a torch tensor."""
        return describe_tensor(value)

    # -- describe ----------------------------------------------------------------------------------

    def describe(self, value: Any) -> Any:
        """Return the tree of a value.

        Raises
        ------
        TooLarge
            It has too many parts.
        """
        self._values = self._containers = 0
        return self._describe(value, 0)

    def _describe(self, value: Any, depth: int) -> Any:
        kind = type(value)
        self._values += 1
        if self._values > MAX_TREE:
            raise TooLarge("too many values")
        if value is None or kind in (bool, float, bytes):
            return value
        if kind is str:
            return value if value.isascii() else _sendable(value)
        if kind is int:
            small = -(1 << 63) <= value < 1 << 64
            return value if small else {KIND: "int", "v": _hexadecimal(value)}
        if kind in _ORDINARY or kind in _COLLECTIONS:
            self._containers += 1 if kind in (list, tuple) else 3
            if self._containers > MAX_CONTAINERS or depth > MAX_DEPTH:
                raise TooLarge("too many containers")
            return self._describe_container(value, kind, depth + 1)
        if kind is np.ndarray:
            return self._describe_array(value, depth)
        if isinstance(value, np.generic):
            return self._describe_scalar(value, depth)
        simple = _SIMPLE.get(kind)
        if simple is not None:
            return simple(value)
        if kind in (slice, range):
            parts = [value.start, value.stop, value.step]
            return {KIND: kind.__name__, "v": [self._describe(part, depth + 1) for part in parts]}
        found = self._describe_library(value, kind, depth)
        return self.leaf(value) if found is None else found

    def _describe_container(self, value: Any, kind: type, depth: int) -> Any:
        if kind in (list, tuple):
            numbers = _as_numbers(value, kind) if len(value) >= LONG else None
            if numbers is not None:
                return numbers
            items = [self._describe(item, depth) for item in value]
            return items if kind is list else tuple(items)
        if kind in (set, frozenset):
            return {KIND: kind.__name__, "v": [self._describe(item, depth) for item in value]}
        if kind is collections.deque:
            return {KIND: "deque", "v": [self._describe(item, depth) for item in value], "m": value.maxlen}
        keys = [self._describe(key, depth) for key in value]
        values = [self._describe(item, depth) for item in value.values()]
        return {KIND: _COLLECTIONS.get(kind, "dict"), "k": keys, "v": values}

    def _describe_array(self, value: np.ndarray, depth: int) -> Any:
        shape = list(value.shape)
        if value.dtype.name in wire.DTYPES:
            plain = np.ascontiguousarray(value).reshape(-1) if value.ndim == 0 else value
            return plain if value.ndim else {KIND: "array0", "v": plain}
        if value.dtype.kind in "mM":
            numbers = np.ascontiguousarray(value).reshape(-1).view(np.int64)
            return {KIND: "dates", "v": numbers, "d": value.dtype.name, "s": shape}
        if value.dtype.kind == "O":
            items = [self._describe(item, depth + 1) for item in value.reshape(-1).tolist()]
            return {KIND: "objects", "v": items, "s": shape}
        if value.dtype.kind in "US":
            self._values += value.size
            if self._values > MAX_TREE:
                raise TooLarge("too many values")
            return {
                KIND: "texts",
                "v": [v if isinstance(v, bytes) else _sendable(v) for v in value.reshape(-1).tolist()],
                "d": value.dtype.kind
                + str(max(1, value.dtype.itemsize // (4 if value.dtype.kind == "U" else 1))),
                "s": shape,
            }
        return self.leaf(value)

    def _describe_scalar(self, value: Any, depth: int) -> Any:
        whole = np.asarray(value)
        if type(value) is not whole.dtype.type or (
            whole.dtype.name not in wire.DTYPES and whole.dtype.kind not in "mMU"
        ):
            return self.leaf(value)
        return {KIND: "scalar", "v": self._describe_array(whole.reshape(1), depth)}

    def _describe_library(self, value: Any, kind: type, depth: int) -> Any:
        torch: Any = sys.modules.get("torch")
        if torch is not None and hasattr(torch, "Tensor"):
            if kind is torch.Tensor or kind is torch.nn.Parameter:
                tree = self.tensor(value)
                return self.leaf(value) if tree is None else tree
            if kind is torch.Size:
                return {KIND: "size", "v": list(value)}
            if kind in (torch.dtype, torch.device):
                return {KIND: kind.__name__, "v": str(value).removeprefix("torch.")}
        if isinstance(value, tuple) and _is_named_tuple(kind):
            self._containers += 1
            fields = [str(name) for name in kind._fields]  # type: ignore[attr-defined]
            items = [self._describe(item, depth + 1) for item in tuple(value)]
            return {KIND: "named", "n": kind.__name__, "f": fields, "v": items}
        if isinstance(value, np.dtype):
            return {KIND: "npdtype", "v": value.str} if value.fields is None else None
        if kind is type:
            module, name = str(value.__module__), str(value.__qualname__)
            return {KIND: "class", "m": module, "v": name} if harmless_class(module, name) is value else None
        if kind.__module__.split(".")[0] in ("pandas", "PIL"):
            return tables.describe(value, lambda item: self._describe(item, depth + 1))
        return None

    # -- rebuild -----------------------------------------------------------------------------------

    def rebuild(self, tree: Any) -> Any:
        """Return a new object of the tree's value.

        Raises
        ------
        WireError
            If a part of it is not as its kind has it.
        """
        kind = type(tree)
        if kind is list:
            return [self.rebuild(item) for item in tree]
        if kind is tuple:
            return tuple(self.rebuild(item) for item in tree)
        if kind is np.ndarray:
            return tree if tree.flags.writeable else tree.copy()
        if kind is not dict:
            return tree
        name = tree.get(KIND)
        if type(name) is not str:
            raise WireError(wire.Refusal.TYPE, "a tree without a kind")
        maker = _MAKERS.get(name)
        try:
            if maker is not None:
                return maker(self, tree)
            if name in TABLES:
                return tables.rebuild(tree, self.rebuild)
        except WireError:
            raise
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001  whatever a library says of it: the other side's tree is odd
            raise WireError(wire.Refusal.TYPE, f"{_ODD}: {name[:20]}, {type(error).__name__}") from None
        return self.special(name, tree)

    def named_tuple(self, name: str, fields: tuple[str, ...]) -> type:
        """Return a named tuple's class, the same for the same fields."""
        ok = name.isidentifier() and not keyword.iskeyword(name) and len(fields) <= 200
        if not ok or not all(f.isidentifier() and f[0] != "_" and not keyword.iskeyword(f) for f in fields):
            raise WireError(wire.Refusal.TYPE, "a named tuple without proper names")
        key = (name, fields)
        if key not in self._named:
            self._named[key] = collections.namedtuple(name, fields)
        return self._named[key]


TABLES = frozenset(
    (
        "frame",
        "series",
        "index",
        "range_index",
        "multi_index",
        "categories",
        "pandas_array",
        "stamp",
        "delta",
        "missing",
        "image",
    )
)


def _is_named_tuple(kind: type) -> bool:
    fields = getattr(kind, "_fields", None)
    # One with methods or operators of its own is more than its fields.
    return (
        kind.__base__ is tuple
        and type(fields) is tuple
        and not {"__eq__", "__ne__", "__lt__", "__len__", "__getitem__", "__iter__"} & vars(kind).keys()
    )


def _as_numbers(value: Any, kind: type) -> Any:
    types = set(map(type, value))
    if len(types) != 1:
        return None
    found = _NUMBERS.get(types.pop())
    if found is None:
        return None
    try:
        return {KIND: found[0], "v": np.array(value, found[1]), "t": kind is tuple}
    except OverflowError:
        return None


def _sendable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return text.encode("utf-8", "backslashreplace").decode()
    return text


def _hexadecimal(value: int) -> str:
    if value.bit_length() > 4 * MAX_DIGITS:
        raise TooLarge("an integer with too many digits")
    return f"{value:x}"


def describe_tensor(value: Any) -> Any:
    """Return the tree of a torch tensor's values; None for one that is no plain block of numbers."""
    torch: Any = sys.modules["torch"]
    if value.layout != torch.strided or value.is_quantized or value.device.type == "meta":
        return None
    name = str(value.dtype).removeprefix("torch.")
    plain = value.detach().cpu().resolve_conj().resolve_neg()
    if name == "bfloat16":
        plain = plain.float()
    try:
        array = plain.contiguous().numpy()
    except TypeError:
        return None
    if array.dtype.name not in wire.DTYPES:
        return None
    return {KIND: "tensor", "v": array.reshape(-1), "s": list(array.shape), "d": name}


def rebuild_tensor(tree: dict[str, Any]) -> Any:
    """Return a new torch tensor, or the array where this process has no torch."""
    array, shape, name = _array(tree["v"], 1), _shape(tree), _text(tree["d"])
    torch: Any = sys.modules.get("torch")
    if array.size != int(np.prod(shape)):
        raise ValueError("shape")
    array = array.reshape(shape).copy()
    if torch is None or not hasattr(torch, "Tensor"):
        return array
    made = torch.from_numpy(array)
    kind = getattr(torch, name, None)
    if type(kind) is not torch.dtype:
        raise ValueError(name)
    return made if made.dtype == kind else made.to(kind)


def _array(value: Any, dimensions: int | None = None) -> np.ndarray:
    if type(value) is not np.ndarray or (dimensions is not None and value.ndim != dimensions):
        raise ValueError("no array")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError("no text")
    return value


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise ValueError("no list")
    return value


def _shape(tree: dict[str, Any]) -> list[int]:
    shape = _list(tree["s"])
    if len(shape) > wire.MAX_DIMENSIONS or not all(type(n) is int and 0 <= n < 1 << 40 for n in shape):
        raise ValueError("no shape")
    return shape


def _integer(_: Codec, tree: dict[str, Any]) -> int:
    text = _text(tree["v"])
    if len(text) > MAX_DIGITS + 2:
        raise ValueError("too many digits")
    return int(text, 16)


def _items(codec: Codec, tree: dict[str, Any]) -> list[Any]:
    return [codec.rebuild(item) for item in _list(tree["v"])]


def _pairs(codec: Codec, tree: dict[str, Any]) -> list[tuple[Any, Any]]:
    keys, values = _list(tree["k"]), _list(tree["v"])
    return [(codec.rebuild(k), codec.rebuild(v)) for k, v in zip(keys, values, strict=True)]


def _numbers(_: Codec, tree: dict[str, Any]) -> Any:
    found = _array(tree["v"], 1).tolist()
    return tuple(found) if tree["t"] is True else found


def _dates(_: Codec, tree: dict[str, Any]) -> Any:
    dtype = np.dtype(_text(tree["d"]))
    numbers = _array(tree["v"], 1)
    if dtype.kind not in "mM" or numbers.dtype != np.int64:
        raise ValueError("no dates")
    return numbers.view(dtype).reshape(_shape(tree)).copy()


def _objects(codec: Codec, tree: dict[str, Any]) -> Any:
    items = _items(codec, tree)
    made = np.empty(len(items), object)
    for place, item in enumerate(items):
        made[place] = item
    return made.reshape(_shape(tree))


def _texts(_: Codec, tree: dict[str, Any]) -> Any:
    items, dtype = _list(tree["v"]), np.dtype(_text(tree["d"]))
    wanted = str if dtype.kind == "U" else bytes
    if dtype.kind not in "US" or not all(type(item) is wanted for item in items):
        raise ValueError("no texts")
    if dtype.itemsize * max(1, len(items)) > wire.MAX_BUFFER_BYTES:
        raise ValueError("too long")
    return np.array(items, dtype).reshape(_shape(tree))


def _scalar(codec: Codec, tree: dict[str, Any]) -> Any:
    found = codec.rebuild(tree["v"])
    return _array(found, 1)[0]


def _named(codec: Codec, tree: dict[str, Any]) -> Any:
    fields = tuple(_text(name) for name in _list(tree["f"]))
    return codec.named_tuple(_text(tree["n"]), fields)(*_items(codec, tree))


def _size(_: Codec, tree: dict[str, Any]) -> Any:
    numbers = _list(tree["v"])
    if not all(type(n) is int for n in numbers):
        raise ValueError("no size")
    torch: Any = sys.modules.get("torch")
    return tuple(numbers) if torch is None or not hasattr(torch, "Size") else torch.Size(numbers)


def _torch_dtype(_: Codec, tree: dict[str, Any]) -> Any:
    name = _text(tree["v"])
    torch: Any = sys.modules.get("torch")
    found = getattr(torch, name, None) if torch is not None else None
    return found if torch is not None and type(found) is torch.dtype else f"torch.{name[:40]}"


def _torch_device(_: Codec, tree: dict[str, Any]) -> Any:
    torch: Any = sys.modules.get("torch")
    name = _text(tree["v"])[:40]
    return torch.device(name) if torch is not None and hasattr(torch, "device") else name


def _class(_: Codec, tree: dict[str, Any]) -> Any:
    found = harmless_class(_text(tree["m"]), _text(tree["v"]))
    if found is None:
        raise ValueError("no class that crosses")
    return found


# Classes that cross as themselves: whoever calls one gets an object that holds what it was given, and nothing happens.
# A test calls what stands for the student's function, so that no other class may come from there: ``decode = Popen``.
_PLAIN = (bool, int, float, complex, str, bytes, bytearray, slice, range, object)
_SINGLES = (type(None), type(...), type(NotImplemented))
_KEEPERS = (collections.OrderedDict, collections.Counter, collections.deque, collections.defaultdict)
_DATES = (datetime.date, datetime.datetime, datetime.time, datetime.timedelta)
_HOLDERS = frozenset[type](
    (*_PLAIN, *_SINGLES, *_ORDINARY, *_KEEPERS, *_DATES, decimal.Decimal, fractions.Fraction)
)


def harmless_class(module: str, name: str) -> type | None:
    """Return the class of that name if it may cross as itself: a plain type, a number of NumPy's, a builtin exception."""
    found = _find_class(module, name)
    if found is None or found in _HOLDERS:
        return found
    is_number = issubclass(found, np.generic) and getattr(np, found.__name__, None) is found
    is_exception = module == "builtins" and issubclass(found, BaseException)
    return found if (is_number and not issubclass(found, (np.void, np.object_))) or is_exception else None


# Types that builtins has no name for: functions, generators, modules.
_UNNAMED = {kind.__qualname__: kind for kind in vars(types).values() if isinstance(kind, type)}


def _find_class(module: str, name: str) -> type | None:
    """Return a class of a library that this process has loaded; looks in dicts only."""
    if module == "builtins" and name in _UNNAMED:
        return _UNNAMED[name]
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = vars(found).get(part) if found is not None and hasattr(found, "__dict__") else None
    return found if isinstance(found, type) else None


def find_class(module: str, name: str) -> type | None:
    """Return the class of that name if this process has loaded its library; never a notebook's or a script's.

    To be a parent, or to be caught; not to be handed to a test, which might call it: see ``harmless_class``.
    """
    return None if module == "__main__" else _find_class(module, name)


def _slice(codec: Codec, tree: dict[str, Any]) -> Any:
    start, stop, step = _items(codec, tree)
    return slice(start, stop, step)


def _range(codec: Codec, tree: dict[str, Any]) -> Any:
    start, stop, step = _items(codec, tree)
    return range(start, stop, step)


def _deque(codec: Codec, tree: dict[str, Any]) -> Any:
    most = tree["m"]
    if most is not None and type(most) is not int:
        raise ValueError("no length")
    return collections.deque(_items(codec, tree), most)


def _default_dict(codec: Codec, tree: dict[str, Any]) -> Any:
    made: Any = collections.defaultdict(None)
    made.update(_pairs(codec, tree))
    return made


def _decimal(_: Codec, tree: dict[str, Any]) -> Any:
    return decimal.Decimal(_text(tree["v"])[:4000])


def _fraction(_: Codec, tree: dict[str, Any]) -> Any:
    return fractions.Fraction(int(_text(tree["v"])[:MAX_DIGITS], 16), int(_text(tree["d"])[:MAX_DIGITS], 16))


def _complex(_: Codec, tree: dict[str, Any]) -> Any:
    real, imaginary = _list(tree["v"])
    if type(real) is not float or type(imaginary) is not float:
        raise ValueError("no numbers")
    return complex(real, imaginary)


def _zero_dimensional(_: Codec, tree: dict[str, Any]) -> Any:
    return _array(tree["v"], 1).reshape(()).copy()


def _time_delta(_: Codec, tree: dict[str, Any]) -> Any:
    return datetime.timedelta(*(int(n) for n in _list(tree["v"])))


_COLLECTIONS: dict[type, str] = {
    collections.OrderedDict: "ordered",
    collections.defaultdict: "default",
    collections.Counter: "counter",
    collections.deque: "deque",
}

_SIMPLE: dict[type, Callable[[Any], Any]] = {
    complex: lambda v: {KIND: "complex", "v": [v.real, v.imag]},
    bytearray: lambda v: {KIND: "bytearray", "v": bytes(v)},
    datetime.datetime: lambda v: {KIND: "datetime", "v": v.isoformat()},
    datetime.date: lambda v: {KIND: "date", "v": v.isoformat()},
    datetime.time: lambda v: {KIND: "time", "v": v.isoformat()},
    datetime.timedelta: lambda v: {KIND: "timedelta", "v": [v.days, v.seconds, v.microseconds]},
    decimal.Decimal: lambda v: {KIND: "decimal", "v": str(v)},
    fractions.Fraction: lambda v: {
        KIND: "fraction",
        "v": _hexadecimal(v.numerator),
        "d": _hexadecimal(v.denominator),
    },
    pathlib.PosixPath: lambda v: {KIND: "path", "v": _sendable(str(v))},
    type(...): lambda _: {KIND: "ellipsis"},
    type(NotImplemented): lambda _: {KIND: "not_implemented"},
}

_MAKERS: dict[str, Callable[[Codec, dict[str, Any]], Any]] = {
    "int": _integer,
    "dict": lambda codec, tree: dict(_pairs(codec, tree)),
    "ordered": lambda codec, tree: collections.OrderedDict(_pairs(codec, tree)),
    "default": _default_dict,
    "counter": lambda codec, tree: collections.Counter(dict(_pairs(codec, tree))),
    "deque": _deque,
    "set": lambda codec, tree: set(_items(codec, tree)),
    "frozenset": lambda codec, tree: frozenset(_items(codec, tree)),
    "floats": _numbers,
    "ints": _numbers,
    "bools": _numbers,
    "array0": _zero_dimensional,
    "dates": _dates,
    "objects": _objects,
    "texts": _texts,
    "scalar": _scalar,
    "named": _named,
    "size": _size,
    "dtype": _torch_dtype,
    "device": _torch_device,
    "npdtype": lambda _, tree: np.dtype(_text(tree["v"])[:40]),
    "class": _class,
    "slice": _slice,
    "range": _range,
    "complex": _complex,
    "bytearray": lambda _, tree: bytearray(tree["v"]) if type(tree["v"]) is bytes else _list(None),
    "datetime": lambda _, tree: datetime.datetime.fromisoformat(_text(tree["v"])),
    "date": lambda _, tree: datetime.date.fromisoformat(_text(tree["v"])),
    "time": lambda _, tree: datetime.time.fromisoformat(_text(tree["v"])),
    "timedelta": _time_delta,
    "decimal": _decimal,
    "fraction": _fraction,
    "path": lambda _, tree: pathlib.Path(_text(tree["v"])),
    "ellipsis": lambda *_: ...,
    "not_implemented": lambda *_: NotImplemented,
}
