"""Cells whose text is known before any hand-in, compiled once in the zygote (*sandbox*).

A released notebook's first cell holds what a student's kernel needs and is over two thousand lines long. IPython reads
such a text three times (as its own language, to look for ``await``, as Python) and compiles it twice; in a fork of
each hand-in that was half of the process's work. What runs, in which names, with which events, is IPython's as ever.
"""

from __future__ import annotations

import ast
import linecache
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

from IPython.core import compilerop, interactiveshell


@dataclass(frozen=True, slots=True)
class _Known:
    name: str  # the file that tracebacks name
    codes: tuple[CodeType, ...]
    tree: ast.Module = field(default_factory=lambda: ast.Module(body=[], type_ignores=[]))


class Compiler(compilerop.CachingCompiler):
    """IPython's, which knows some cells already."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, _Known] = {}  # by the transformed text

    def cache(self, transformed_code: str, number: int = 0, raw_code: str | None = None) -> str:
        known = self.known.get(transformed_code)
        if (
            known is not None
            and self._filename_map.get(known.name) == number
            and known.name in linecache.cache
        ):
            return known.name
        return str(super().cache(transformed_code, number, raw_code))

    def ast_parse(self, source: str, filename: str = "<unknown>", symbol: str = "exec") -> ast.AST:
        known = self.known.get(source)
        if known is not None and known.name == filename:
            return known.tree
        return super().ast_parse(source, filename, symbol)  # type: ignore[no-any-return]


class KnownCells(interactiveshell.InteractiveShell):
    """A shell that takes what the zygote has compiled of a cell, where it is that cell, at the same place."""

    compiler_class = Compiler
    _transformed: dict[str, str] = {}  # noqa: RUF012  by the cell's own text; one shell is all there is

    def know(self, source: str, count: int) -> None:
        """Compile a cell that will be run as the so-manyth; one that awaits something is left to IPython."""
        transformed = super().transform_cell(source)
        if super().should_run_async(source, transformed_cell=transformed):
            return
        name = self.compile.cache(transformed, count, raw_code=source)
        nodes = self.compile.ast_parse(transformed, filename=name).body
        shown = [nodes.pop()] if nodes and isinstance(nodes[-1], ast.Expr) else []
        codes = [self.compile(ast.Module(body=nodes, type_ignores=[]), name, "exec")]
        codes += [self.compile(ast.Interactive(body=[node]), name, "single") for node in shown]
        self._transformed[source] = transformed
        self.compile.known[transformed] = _Known(name, tuple(codes))

    def transform_cell(self, raw_cell: str) -> str:
        known = self._transformed.get(raw_cell)
        return str(super().transform_cell(raw_cell)) if known is None else known

    def should_run_async(self, raw_cell: str, *, transformed_cell: str | None = None, **more: Any) -> bool:
        if transformed_cell in self.compile.known:
            return False
        return bool(super().should_run_async(raw_cell, transformed_cell=transformed_cell, **more))

    async def run_ast_nodes(
        self, nodelist: list[ast.stmt], cell_name: str, *arguments: Any, **named: Any
    ) -> bool:
        for known in self.compile.known.values():
            if nodelist is known.tree.body:
                for code in known.codes:
                    if await self.run_code(code, named["result"]):
                        return True
                return False
        return bool(await super().run_ast_nodes(nodelist, cell_name, *arguments, **named))
