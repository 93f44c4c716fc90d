"""Signs of tampering in a hand-in's cells, read as text: why points that were judged inside wait for a person (*trusted*).

No verdict depends on them but that one, and only for tests that run in the notebook's own process. They are what an
honest notebook of a course hardly has; what the solution itself has is told at release (``Foreign.usual``).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

MAX_SIGNS = 12
_SAYS = frozenset(
    (
        *("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__", "__bool__", "__hash__"),
        *("__instancecheck__", "__subclasscheck__", "__class__", "__array_ufunc__", "__array_function__"),
        *(
            "__torch_function__",
            "__array__",
            "__getattribute__",
            "__sub__",
            "__rsub__",
            "__del__",
            "__float__",
        ),
        *(
            "__array_priority__",
            "__isclose__",
            "__allclose__",
            "__missing__",
            "__set_name__",
            "__init_subclass__",
        ),
    )
)
_CALLS = frozenset(
    ("exec", "eval", "compile", "__import__", "globals", "vars", "setattr", "delattr", "locals", "breakpoint")
)
_ENDS = frozenset(
    ("exit", "quit", "_exit", "abort", "kill", "killpg", "execv", "execve", "fork", "raise_signal")
)
_MODULES = frozenset(
    (
        *(
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
        ),
        *(
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
        ),
        *(
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
        ),
    )
)
_FRAMES = frozenset(
    (
        *(
            "_getframe",
            "settrace",
            "setprofile",
            "currentframe",
            "stack",
            "f_globals",
            "f_locals",
            "f_back",
            "f_code",
        ),
        *(
            "tb_frame",
            "__globals__",
            "__code__",
            "__closure__",
            "__subclasses__",
            "__builtins__",
            "__dict__",
            "__mro__",
        ),
        *(
            "excepthook",
            "displayhook",
            "meta_path",
            "path_hooks",
            "modules",
            "__defaults__",
            "__wrapped__",
            "__loader__",
        ),
    )
)
_SHELL = frozenset(
    (
        *(
            "events",
            "ast_transformers",
            "input_transformers_cleanup",
            "input_transformers_post",
            "showtraceback",
        ),
        *(
            "_showtraceback",
            "set_custom_exc",
            "run_cell",
            "run_cell_async",
            "user_ns",
            "history_manager",
            "display_pub",
        ),
        *(
            "displayhook",
            "user_global_ns",
            "ex",
            "push",
            "drop_by_id",
            "register_post_execute",
            "display_formatter",
        ),
    )
)


def found(sources: Iterable[str]) -> tuple[str, ...]:
    """Return in words what looks like tampering: "imports gc", "defines __eq__"."""
    signs: dict[str, None] = {}
    for source in sources:
        try:
            tree = ast.parse(_without_magics(source))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue  # a cell that does not run defines nothing
        modules = _modules_of(tree)
        for node in ast.walk(tree):
            for sign in _signs_of(node, modules):
                signs[sign] = None
        if len(signs) > MAX_SIGNS:
            break
    return tuple(signs)[:MAX_SIGNS]


def _without_magics(source: str) -> str:
    """Take out lines that are IPython's; what they run is looked at as text of its own."""
    lines = source.split("\n")
    if lines and lines[0].lstrip().startswith("%%"):
        lines[0] = ""
    return "\n".join("" if line.lstrip()[:1] in ("%", "!", "?") else line for line in lines)


def _modules_of(tree: ast.AST) -> set[str]:
    names = {"np", "torch", "nn", "F", "plt", "pd", "sys", "os", "math", "random", "sklearn", "scipy", "sp"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {a.asname or a.name.split(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {a.asname or a.name for a in node.names}
    return names


def _signs_of(node: ast.AST, modules: set[str]) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name in _SAYS:
        return [f"defines {node.name}"]
    if isinstance(node, ast.Import):
        return [f"imports {a.name}" for a in node.names if a.name.split(".")[0] in _MODULES]
    if isinstance(node, ast.ImportFrom):
        root = (node.module or "").split(".")[0]
        hidden = [a.name for a in node.names if a.name in _FRAMES | _ENDS]
        return ([f"imports {root}"] if root in _MODULES else []) + [f"uses {name}" for name in hidden]
    if isinstance(node, ast.Name) and node.id in ("__builtins__", "__loader__"):
        return [f"uses {node.id}"]
    if isinstance(node, ast.Name) and node.id in _SAYS and isinstance(node.ctx, ast.Store):
        return [f"defines {node.id}"]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id in _CALLS:
            return [f"calls {node.func.id}"]
        if node.func.id in ("exit", "quit"):
            return [f"calls {node.func.id}"]
        if node.func.id == "type" and len(node.args) == 3:
            return ["makes a class with type()"]
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in (*_ENDS, "import_module")
    ):
        return [f"calls {node.func.attr}"]
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "sys.exit":
        return ["calls sys.exit"]
    if isinstance(node, ast.Attribute) and node.attr in _FRAMES | _SHELL - {"ex", "push"}:
        return [f"uses {node.attr}"]
    if isinstance(node, ast.Attribute) and node.attr in _SAYS and isinstance(node.ctx, ast.Store):
        return [f"binds {node.attr}"]
    return _rebinding(node, modules)


def _rebinding(node: ast.AST, modules: set[str]) -> list[str]:
    """Tell of ``np.allclose = …``: something other than a constant, bound in a library."""
    if not isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)) or isinstance(
        node.value, ast.Constant
    ):
        return []
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    found = []
    for target in targets:
        for one in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
            root: ast.AST = one
            while isinstance(root, (ast.Attribute, ast.Call)):
                root = root.func if isinstance(root, ast.Call) else root.value
            if (
                isinstance(one, ast.Attribute)
                and isinstance(root, ast.Name)
                and (root.id in modules or root.id == "get_ipython")
            ):
                found.append(f"binds {ast.unparse(one)[:60]}")
    return found
