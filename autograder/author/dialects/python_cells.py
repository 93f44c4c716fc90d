"""What stands in notebook cells of any author, read as Python: names, imports, definitions, magics (*trusted*)."""

from __future__ import annotations

import ast
import builtins
import importlib
import re
import symtable
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

_CELL_MAGIC = re.compile(r"^\s*%%\s*(\w+)[^\n]*")
_LINE_MAGIC = re.compile(r"^(\s*)%\s*(\w+)\s*(.*)$")
_ASSIGNED = re.compile(r"^(\s*)[\w\s,.\[\]]+=\s*([%!])\s*(\w*)")
_TIMING = ("time", "timeit", "prun", "memit", "mprun", "lprun")
_AS_THEY_ARE = (
    "time",
    "timeit",
    "capture",
    "prun",
    "python",
    "python3",
    "memit",
)  # cell magics: the cell runs
# What no verdict hangs on.
_QUIET = frozenset(
    [
        "matplotlib",
        "config",
        "load_ext",
        "reload_ext",
        "autoreload",
        "pip",
        "conda",
        "precision",
        "pylab",
        "aimport",
        "xmode",
        "pdb",
        "env",
        "cd",
        "pwd",
    ]
)


@dataclass(frozen=True, slots=True)
class Plain:
    """A cell as plain Python; ``magics`` are those that were left out, or turned into what they time."""

    source: str
    magics: tuple[str, ...] = ()
    error: str = ""  # it is no Python: a sentence

    @property
    def shells(self) -> bool:
        """Whether a magic needs the notebook's shell, as what it does cannot be written as Python."""
        return any(m.lstrip("%") not in _TIMING for m in self.loud)

    @property
    def loud(self) -> tuple[str, ...]:
        """The magics that a verdict may hang on."""
        return tuple(
            m for m in self.magics if m.lstrip("%") not in _QUIET and m not in ("%%time", "%%capture")
        )


def plain(source: str) -> Plain:
    """Return a cell as plain Python: magics are taken out, or turned into the statement that they time."""
    if _tree(source) is not None:
        return Plain(source)
    magics: list[str] = []
    lines = source.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if found := _CELL_MAGIC.match(lines[first]):
        magics.append(f"%%{found[1]}")
        if found[1] not in _AS_THEY_ARE:
            return Plain("", tuple(magics), f"it is a cell of %%{found[1]}, which is no Python")
        lines[first] = ""
    for number, line in enumerate(lines):
        lines[number] = _plain_line(line, magics)
    text = "\n".join(lines)
    if _tree(text) is None:
        return Plain("", tuple(magics), _syntax_error(text))
    return Plain(text, tuple(dict.fromkeys(magics)))


def _plain_line(line: str, magics: list[str]) -> str:
    if found := _LINE_MAGIC.match(line):
        indent, name, rest = found.groups()
        magics.append(f"%{name}")
        statement = re.sub(r"^(?:-\w+\s*(?:\d+\s+)?)+", "", rest) if name in _TIMING else ""
        return f"{indent}{statement or 'pass'}"
    if found := re.match(r"^(\s*)!", line):
        magics.append("!" + line.strip()[1:].split(" ")[0])
        return f"{found[1]}pass"
    if found := _ASSIGNED.match(line):
        magics.append(f"{found[2]}{found[3]}")
        return f"{line.split('=')[0]}= None"
    if re.match(r"^\s*\?|.*\w\?{1,2}\s*$", line):
        return re.match(r"^\s*", line)[0] + "pass"  # type: ignore[index]
    return line


def _tree(source: str) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of invalid escapes in the author's strings
        try:
            return ast.parse(source)
        except (SyntaxError, ValueError, RecursionError):
            return None


def tree_of(source: str) -> ast.Module:
    """Return a cell's syntax tree; an empty one, where it is no Python even without its magics."""
    return _tree(plain(source).source) or ast.Module([], [])


def _syntax_error(source: str) -> str:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError) as error:
        return f"it is no Python ({getattr(error, 'msg', error)}, line {getattr(error, 'lineno', '?')})"
    return ""


def bound_by(nodes: Iterable[ast.AST], *, imports: bool = False) -> set[str]:
    """Return the names that statements bind at their top level; ``imports``: also those that they import."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            if imports:
                found |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
        if not isinstance(
            node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp)
        ) and not isinstance(node, (ast.DictComp, ast.GeneratorExp)):
            found |= bound_by(ast.iter_child_nodes(node), imports=imports)
    return found


def free_in(source: str) -> set[str]:
    """Return the names that a piece of code takes from elsewhere, its functions included, builtins not.

    A name that is used before the code itself binds it is taken from elsewhere, too.
    """
    found, bound = set[str](), set[str]()
    _read(tree_of(source).body, found, bound)
    return {name for name in found if not hasattr(builtins, name)}


def _read(body: Iterable[ast.stmt], found: set[str], bound: set[str]) -> None:
    """Add to ``found`` what statements take from elsewhere, one after the other, and to ``bound`` what they bind."""

    def take(*nodes: ast.AST | None) -> None:
        for node in nodes:
            found.update(_taken(ast.unparse(node)) - bound if node is not None else ())

    for node in body:
        if isinstance(node, (ast.For, ast.AsyncFor)):
            take(node.iter)
            bound |= bound_by([node.target])
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                take(item.context_expr)
                bound |= bound_by([item.optional_vars] if item.optional_vars else [])
        elif isinstance(node, (ast.If, ast.While)):
            take(node.test)
        elif not isinstance(node, (ast.Try, ast.TryStar)):
            take(node)
            bound |= bound_by([node], imports=True)
            continue
        _read(node.body, found, bound)
        for handler in getattr(node, "handlers", ()):
            take(handler.type)
            bound |= {handler.name} if handler.name else set()
            _read(handler.body, found, bound)
        _read(getattr(node, "orelse", ()), found, bound)
        _read(getattr(node, "finalbody", ()), found, bound)


def _taken(statement: str) -> set[str]:
    """Return the global names that one statement reads or deletes, in functions too."""
    try:
        todo = [symtable.symtable(statement, "cell", "exec")]
    except (SyntaxError, ValueError, RecursionError):
        return set()
    found: set[str] = set()
    while todo:
        table = todo.pop()
        todo += table.get_children()
        top = table.get_type() == "module"
        found |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (top or s.is_global())}
    deleted = {
        target.id
        for node in ast.walk(ast.parse(statement))
        if isinstance(node, ast.Delete)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return found | deleted


def imports_of(
    source: str, *, star: Callable[[str], Iterable[tuple[str, str]]] | None = None
) -> Iterator[tuple[str, str]]:
    """Give (name in the notebook, "module" or "module:attribute") of every import of a cell, wherever in it.

    ``star`` says what ``from module import *`` binds; without it the module is imported and asked.
    """
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (top, top)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                if alias.name == "*":
                    yield from (star or star_of)(node.module)
                else:
                    yield alias.asname or alias.name, f"{node.module}:{alias.name}"


def star_of(module: str) -> Iterator[tuple[str, str]]:
    """Give what ``from module import *`` binds, of an installed module."""
    with suppress(Exception):  # not here, or it does not want to be imported
        found = importlib.import_module(module)
        names = getattr(found, "__all__", None) or [n for n in vars(found) if n[:1] != "_"]
        yield from ((name, f"{module}:{name}") for name in names)


def constant(node: ast.expr, modules: set[str]) -> bool:
    """Tell whether an expression is the same at any time: literals, and arrays or tensors of them."""
    for child in ast.walk(node):
        if isinstance(child, ast.Name) and child.id not in modules and child.id not in _PURE:
            return False
        if isinstance(child, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)):
            return False
        if isinstance(child, ast.Attribute) and child.attr in _NOT_PURE:
            return False
        if isinstance(child, ast.Call) and not isinstance(child.func, (ast.Attribute, ast.Name)):
            return False
    return True


_PURE = frozenset(
    [
        "int",
        "float",
        "complex",
        "str",
        "bool",
        "list",
        "tuple",
        "dict",
        "set",
        "range",
        "len",
        "min",
        "max",
        "sum",
        "abs",
        "round",
        "zip",
        "map",
        "sorted",
    ]
)
_NOT_PURE = frozenset(
    [
        "random",
        "rand",
        "randn",
        "randint",
        "load",
        "loads",
        "loadtxt",
        "genfromtxt",
        "read",
        "read_csv",
        "read_json",
        "open",
        "urlopen",
        "urlretrieve",
        "seed",
        "default_rng",
        "now",
        "today",
        "time",
        "memmap",
        "fromfile",
        "read_excel",
        "normal",
        "uniform",
        "choice",
        "permutation",
        "shuffle",
        "manual_seed",
    ]
)
