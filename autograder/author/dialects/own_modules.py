"""The instructor's own Python files beside a notebook, as its cells import them (*trusted*).

Helpers of tests often stand there (``public_tests.py``, ``test_utils.py``). A test that is judged outside gets them
from the instructor's file: in the student's process anybody can bind them again.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.author.dialects.python_cells import imports_of, star_of, tree_of


@dataclass(frozen=True, slots=True)
class OwnModules:
    """Python files beside a notebook: module -> source; ``names`` is whatever an import of theirs may begin with."""

    sources: dict[str, str]
    names: frozenset[str]

    @classmethod
    def beside(cls, files: Mapping[str, Path]) -> OwnModules:
        """Return the modules among side files, which are given by their path beside the notebook."""
        sources = {}
        for name, path in files.items():
            if not name.endswith(".py"):
                continue
            parts = name.removesuffix(".py").split("/")
            if all(part.isidentifier() for part in parts):
                module = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
                sources[module] = path.read_text(encoding="utf-8", errors="replace")
        return cls(
            sources, frozenset(part.removesuffix(".py") for name in files for part in Path(name).parts)
        )

    def owns(self, target: str) -> bool:
        """Tell whether an import's target is one of them, or may be, by a path that the notebook sets."""
        return _top(target) in self.names

    def has(self, target: str) -> bool:
        """Tell whether an import finds one of them beside the notebook."""
        module = target.partition(":")[0]
        return any(name == module or name.startswith(f"{module}.") for name in self.sources)

    def star(self, module: str) -> Iterator[tuple[str, str]]:
        """Give what ``from module import *`` binds, as ``imports_of`` does; what it imports is told by its origin."""
        yield from self._star(module, set()) if self.owns(module) else star_of(module)

    def _star(self, module: str, seen: set[str]) -> Iterator[tuple[str, str]]:
        if module not in self.sources:
            yield from () if self.owns(module) else star_of(module)
            return
        if module in seen:
            return
        seen.add(module)
        tree = tree_of(self.sources[module])
        listed = _listed(tree)
        for node in tree.body:
            for name, target in self._bound(node, module, seen):
                if name in listed if listed is not None else name[:1] != "_":
                    yield name, target

    def _bound(self, node: ast.stmt, module: str, seen: set[str]) -> Iterator[tuple[str, str]]:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from imports_of(ast.unparse(node), star=lambda m: self._star(m, seen))
            return
        for child in _top_level(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                yield child.name, f"{module}:{child.name}"
            elif isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
                yield child.id, f"{module}:{child.id}"

    def libraries(self, targets: set[str]) -> set[str]:
        """Return the top-level modules that those of ours among some targets import, and what these import."""
        found, todo, seen = set[str](), [target.partition(":")[0] for target in targets], set[str]()
        while todo:
            module = todo.pop()
            if module in seen or module not in self.sources:
                continue
            seen.add(module)
            for _, target in imports_of(self.sources[module], star=lambda name: [("*", name)]):
                found.add(_top(target))
                todo.append(target.partition(":")[0])
        return found - self.names


def _top(target: str) -> str:
    return target.partition(":")[0].split(".")[0]


def _listed(tree: ast.Module) -> set[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(getattr(t, "id", "") == "__all__" for t in node.targets):
            items = getattr(node.value, "elts", [])
            return {str(item.value) for item in items if isinstance(item, ast.Constant)}
    return None


def _top_level(node: ast.AST) -> Iterator[ast.AST]:
    """Give a statement and what stands in it, but not what stands in functions, classes and comprehensions."""
    yield node
    if not isinstance(
        node,
        (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    ):  # fmt: skip
        for child in ast.iter_child_nodes(node):
            yield from _top_level(child)
