"""Signs of tampering in a hand-in's cells, read as text: why points that were judged inside wait for a person (*trusted*).

No verdict depends on them but that one, and only for tests that run in the notebook's own process. They are what an
honest notebook of a course hardly has; what the solution itself has is told at release (``Foreign.usual``).
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import re
import symtable
import sys
from collections.abc import Iterable
from contextlib import suppress

MAX_SIGNS = 12
# Methods by which an object says that it is what it is not.
_SAYS = frozenset(
    [
        "__eq__",
        "__ne__",
        "__lt__",
        "__le__",
        "__gt__",
        "__ge__",
        "__contains__",
        "__bool__",
        "__hash__",
        "__instancecheck__",
        "__subclasscheck__",
        "__class__",
        "__array_ufunc__",
        "__array_function__",
        "__torch_function__",
        "__array__",
        "__getattribute__",
        "__sub__",
        "__rsub__",
        "__del__",
        "__float__",
        "__array_priority__",
        "__missing__",
        "__init_subclass__",
        "__set_name__",
        "__prepare__",
        "__array_finalize__",
        "__array_wrap__",
        "__isub__",
        "__abs__",
        "__round__",
    ]
)
# What runs a text as code, or looks a name up that does not stand there.
_CALLS = frozenset(
    [
        "exec",
        "eval",
        "compile",
        "__import__",
        "globals",
        "vars",
        "setattr",
        "delattr",
        "locals",
        "breakpoint",
        "exit",
        "quit",
    ]
)
_ENDS = frozenset(
    [
        "_exit",
        "abort",
        "kill",
        "killpg",
        "execv",
        "execve",
        "fork",
        "raise_signal",
        "import_module",
        "new_class",
        "make_dataclass",
    ]
)
_MODULES = frozenset(
    [
        "gc",
        "ctypes",
        "atexit",
        "builtins",
        "faulthandler",
        "linecache",
        "traceback",
        "dis",
        "marshal",
        "mmap",
        "imp",
        "importlib",
        "signal",
        "doctest",
        "unittest",
        "inspect",
        "code",
        "codeop",
        "IPython",
        "forbiddenfruit",
        "multiprocessing",
        "threading",
        "ast",
        "tracemalloc",
        "weakref",
        "pdb",
        "bdb",
        "autograder",
        "otter",
        "nbgrader",
        "test",
        "pytest",
        "types",
        "pickle",
        "dill",
        "cloudpickle",
        "runpy",
        "posix",
        "_thread",
        "shelve",
        "joblib",
        "copyreg",
        "site",
        "cProfile",
        "profile",
        "trace",
        "numexpr",
        "hypothesis",
        "mock",
        "pkgutil",
        "zipimport",
    ]
)
# How code reaches what is not its own: frames, functions' insides, the interpreter's tables.
_FRAMES = frozenset(
    [
        "_getframe",
        "settrace",
        "setprofile",
        "currentframe",
        "f_globals",
        "f_locals",
        "f_back",
        "f_code",
        "tb_frame",
        "tb_next",
        "gi_frame",
        "cr_frame",
        "ag_frame",
        "f_trace",
        "__globals__",
        "__code__",
        "__closure__",
        "__subclasses__",
        "__builtins__",
        "__dict__",
        "__mro__",
        "__bases__",
        "__defaults__",
        "__wrapped__",
        "__loader__",
        "__traceback__",
        "__setattr__",
        "__getattribute__",
        "__delattr__",
        "__self__",
        "__func__",
        "__kwdefaults__",
        "__reduce__",
        "__reduce_ex__",
        "__setstate__",
        "excepthook",
        "displayhook",
        "meta_path",
        "path_hooks",
        "_current_frames",
        "get_objects",
        "get_referrers",
        "get_referents",
        "attrgetter",
        "methodcaller",
        "masked",
        "masked_all",
        "masked_array",
        "_ih",
    ]
)
# What is called honestly with a name that stands there, and handed to another function by nobody.
_HANDED_ON = _CALLS - {"exit", "quit", "breakpoint"} | {"getattr"}
_SHELL = frozenset(
    [
        "events",
        "ast_transformers",
        "input_transformers_cleanup",
        "input_transformers_post",
        "showtraceback",
        "_showtraceback",
        "set_custom_exc",
        "run_cell",
        "run_cell_async",
        "user_ns",
        "history_manager",
        "display_pub",
        "user_global_ns",
        "register_post_execute",
        "display_formatter",
        "input_transformer_manager",
    ]
)
_RUNNERS = frozenset(
    ("read_pickle", "register_magic_function", "ex", "ev", "safe_execfile", "run_code", "run_line_magic")
)
_LIBRARIES = {"np", "torch", "nn", "F", "plt", "pd", "sys", "os", "math", "random", "sklearn", "scipy", "sp"}
_RUNS = re.compile(r"^\s*%+\s*(run|load_ext|macro|python3?|reload_ext|loadpy|load)\b")
_OPTIONS = {"allow_pickle": True, "weights_only": False}
_REBINDS = re.compile(r"(?<![\w.])(np|numpy|torch|sys|builtins|get_ipython\(\))(\.\w+)+\s*=(?!=)")


def found(sources: Iterable[str]) -> tuple[str, ...]:
    """Return in words what looks like tampering: "imports gc", "defines __eq__"."""
    signs: dict[str, None] = {}
    sources = list(sources)
    functions = {name for source in sources for name in re.findall(r"\bdef\s+(\w+)", source)}
    for source in sources:
        for sign in _signs(source, functions):
            signs[sign] = None
        if len(signs) > MAX_SIGNS:
            break
    return tuple(signs)[:MAX_SIGNS]


def reads_of_test(sources: Iterable[str], test: str, judged: Iterable[str]) -> tuple[str, ...]:
    """Return in words which names the notebook's functions read that a test binds in it: "reads expected"."""
    tree = _parsed(test)
    made = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    read = set().union(*(_globals_read(source) for source in sources))
    names = sorted((read & made) - set(judged))
    return tuple(f"reads {name}, which the test binds" for name in names[:MAX_SIGNS])


def _parsed(source: str) -> ast.AST:
    for text in (source, _without_magics(source)[0]):
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            return ast.parse(text)
    return ast.Module([], [])


def _globals_read(source: str) -> set[str]:
    """Return the names that functions in a cell find in the notebook; what stands outside of them has run before."""
    for text in (source, _without_magics(source)[0]):
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            todo, read = [symtable.symtable(text, "cell", "exec")], set()
            while todo:
                table = todo.pop()
                todo += table.get_children()
                if isinstance(table, symtable.Function):
                    read |= set(table.get_globals())
            return read
    return set()


def _signs(source: str, functions: set[str]) -> list[str]:
    signs = [f"has the magic %{run[1]}" for line in source.split("\n") if (run := _RUNS.match(line))]
    plain, magics = _without_magics(source)
    for text in (plain, *magics):
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            signs += _signs_of_text(text)  # IPython reads more than Python does: ``x = !ls``
            continue
        modules = _modules_of(tree)
        called: set[ast.AST] = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
        for node in ast.walk(tree):
            signs += _signs_of(node, modules, functions, called)
    return signs


def _without_magics(source: str) -> tuple[str, list[str]]:
    """Take out lines that are IPython's; return what they run as texts of their own."""
    kept, magics = [], []
    for line in source.split("\n"):
        found = re.match(r"\s*(%%?\w*|!|\?)(.*)", line)
        kept.append("pass" if found and line[:1] in " \t" else "" if found else line)
        if found and found[1].startswith("%"):
            magics.append(re.sub(r"^\s*(-\w+\s*\d*\s+)*", "", found[2]))
    return "\n".join(line if line != "pass" else "" for line in kept), [m for m in magics if m.strip()]


def _signs_of_text(text: str) -> list[str]:
    words = dict.fromkeys(re.findall(r"\w+", text))
    said = _SAYS | _FRAMES | _SHELL | _ENDS | _CALLS
    signs = [f"says {word}" for word in words if word in said]
    signs += [
        f"imports {word}"
        for word in words
        if word in _MODULES and re.search(rf"import\s.*\b{word}\b|from\s+{word}\b", text)
    ]
    return signs + [f"binds {found[0].rstrip('= ')}" for found in _REBINDS.finditer(text)]


def _modules_of(tree: ast.AST) -> set[str]:
    names = set(_LIBRARIES)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {a.asname or a.name.split(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {a.asname or a.name for a in node.names}
    for node in ast.walk(tree):  # n = np
        if (
            isinstance(node, ast.Assign)
            and _root(node.value) in names
            and not isinstance(node.value, ast.Call)
        ):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def _root(node: ast.AST) -> str:
    """Return the name that a name, or a module in it, begins with; "" of anything else."""
    return node.id if isinstance(node, ast.Name) else ""


def _signs_of(node: ast.AST, modules: set[str], functions: set[str], called: set[ast.AST]) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return [f"defines {node.name}"] if node.name in _SAYS else []
    if isinstance(node, ast.Import):
        return [sign for a in node.names for sign in _import(a.name)]
    if isinstance(node, ast.ImportFrom):
        hidden = _FRAMES | _ENDS | {"modules", "stack", "exit"}
        return _import(node.module or ".") + [f"uses {a.name}" for a in node.names if a.name in hidden]
    if isinstance(node, ast.Name):
        if node.id in _FRAMES:
            return [f"uses {node.id}"]
        if node.id in _HANDED_ON and isinstance(node.ctx, ast.Load) and node not in called:
            return [f"hands {node.id} on"]
        return [f"defines {node.id}"] if node.id in _SAYS and isinstance(node.ctx, ast.Store) else []
    if isinstance(node, ast.Attribute):
        # A network's ``modules()`` is called, a class may bind a list of that name; what is read is Python's dictionary.
        is_python_s = node.attr == "modules" and node not in called and isinstance(node.ctx, ast.Load)
        if node.attr in _FRAMES | _SHELL or is_python_s:
            return [f"uses {node.attr}"]
        return [f"binds {node.attr}"] if node.attr in _SAYS and isinstance(node.ctx, ast.Store) else []
    if isinstance(node, (ast.Constant, ast.BinOp, ast.JoinedStr)):
        return _text(node)
    if isinstance(node, ast.MatchClass):
        return [f"uses {name}" for name in node.kwd_attrs if name in _SAYS | _FRAMES | _SHELL]
    if isinstance(node, ast.Call):
        return _call(node)
    return _rebinding(node, modules, functions)


def _whole(node: ast.AST) -> str:
    """Return the text that constants make where they are put together: "gi_" + "frame"."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else "?"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _whole(node.left) + _whole(node.right)
    if isinstance(node, ast.JoinedStr):
        return "".join(_whole(one) for one in node.values)
    if isinstance(node, ast.FormattedValue):
        return _whole(node.value)
    return "?"


def _text(node: ast.AST) -> list[str]:
    """Tell of a text that is a hidden name, or asks for one as a format does: "{0.gi_frame}"."""
    text = _whole(node)
    if text in _SAYS | _FRAMES:
        return [f"says {text}"]
    if "autograder." in text:
        return ["names the grader"]
    if "{" not in text:
        return []
    fields = " ".join(re.findall(r"\{([^{}]*)", text))
    return [f"says {word}" for word in re.findall(r"(?<=[.\[])\w+", fields) if word in _SAYS | _FRAMES]


def _call(node: ast.Call) -> list[str]:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name in _CALLS:
        return [f"calls {name}"]
    if name == "type" and len(node.args) == 3:
        return ["makes a class with type()"]
    if name == "getattr" and len(node.args) > 1 and not isinstance(node.args[1], ast.Constant):
        return ["calls getattr with a name that does not stand there"]
    if isinstance(node.func, ast.Attribute) and node.func.attr in _RUNNERS:
        return [f"calls {node.func.attr}"]
    if (node.func.attr if isinstance(node.func, ast.Attribute) else name) == "load" and len(node.args) > 2:
        return ["opens a file with options that have no names"]
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("eval", "query"):
        if any(
            keyword.arg in (None, "level", "resolvers", "local_dict", "global_dict")
            for keyword in node.keywords
        ):
            return [f"calls {node.func.attr} with other code's names"]
    elif (node.func.attr if isinstance(node.func, ast.Attribute) else name) in ("timeit", "repeat", "Timer"):
        return [sign for a in node.args for sign in _run_text(a)]
    if isinstance(node.func, ast.Attribute) and (
        node.func.attr in _ENDS or ast.unparse(node.func) == "sys.exit"
    ):
        return [f"calls {node.func.attr}"]
    given = {k.arg: k.value.value for k in node.keywords if isinstance(k.value, ast.Constant)}
    return [f"opens a file with {key}={value}" for key, value in _OPTIONS.items() if given.get(key) is value]


def _run_text(node: ast.AST) -> list[str]:
    """Tell of what a text shows that is run as code."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return list(found([node.value]))
    return ["runs a text as code"] if isinstance(node, (ast.BinOp, ast.JoinedStr, ast.Call)) else []


@functools.cache
def _is_installed(root: str) -> bool:
    try:
        return (
            root in sys.stdlib_module_names or root == "google" or importlib.util.find_spec(root) is not None
        )
    except (ImportError, ValueError):
        return False


def _import(name: str) -> list[str]:
    root = name.split(".")[0]
    if root in _MODULES or name.startswith("unittest"):
        return [f"imports {root}"]
    return [] if _is_installed(root) else [f"imports {root[:40] or 'a file'}, which is no installed library"]


def _values(node: ast.AST | None) -> list[ast.AST]:
    """Return what an expression may be: both sides of ``f or None``, of ``f if x else g``."""
    if isinstance(node, ast.BoolOp):
        return [one for value in node.values for one in _values(value)]
    if isinstance(node, ast.IfExp):
        return [*_values(node.body), *_values(node.orelse)]
    if isinstance(node, (ast.NamedExpr, ast.Starred)):
        return _values(node.value)
    if isinstance(node, ast.Subscript):
        return _values(node.value)
    if isinstance(node, (ast.Tuple, ast.List)):
        return [one for value in node.elts for one in _values(value)]
    return [] if node is None else [node]


def _rebinding(node: ast.AST, modules: set[str], functions: set[str]) -> list[str]:
    """Tell of ``np.allclose = …``, and of a function that is bound in anything but ``self``."""
    if not isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)) or isinstance(
        node.value, ast.Constant
    ):
        return []
    value = node.value
    is_function = any(
        isinstance(one, ast.Lambda) or (isinstance(one, ast.Name) and one.id in functions)
        for one in _values(value)
    )
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    signs = []
    for target in targets:
        for one in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
            root: ast.AST = one
            while isinstance(root, (ast.Attribute, ast.Call, ast.Subscript)):
                root = root.func if isinstance(root, ast.Call) else root.value
            if not isinstance(one, ast.Attribute):
                continue
            if not isinstance(root, ast.Name):
                signs += [f"binds {ast.unparse(one)[:60]}"] * is_function
            elif (
                root.id in modules
                or root.id == "get_ipython"
                or (is_function and root.id not in ("self", "cls"))
            ):
                signs.append(f"binds {ast.unparse(one)[:60]}")
    return signs
