"""Nothing that no student may see leaves with a release (*trusted*)."""

from __future__ import annotations

import ast
import contextlib
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder import checks, messages
from autograder.author.embed import PARTS
from autograder.author.source import (
    BEGIN_HIDDEN,
    BEGIN_SOLUTION,
    END_HIDDEN,
    END_SOLUTION,
    HINT_TAG,
    Notebook,
    Source,
    hidden_lines,
    kind_of,
    sha256,
    side_files,
)
from autograder.notebook import marker_of

_LINE_CHARS, _INLINE_CHARS, _INLINE_WORDS = 12, 20, 4  # from when on a line is one's own


def find_leaks(source: Source, released: dict[str, str]) -> list[str]:
    """Return a sentence for everything in the released texts that no student may see.

    That is a line of a solution or of hidden checks, unless public code has the same line; the name of a
    hidden check; and any word that begins with ``canary`` in a solution, a hidden check or a file of the
    references. A long line is found inside others too, in prose, metadata and data alike.
    """
    public, secret = _public_and_secret(source)
    words = set(re.findall(r"canary[\w-]+", "\n".join(line for _, line in secret)))
    for path in _reference_files(source):
        words |= {w.decode() for w in re.findall(rb"canary[a-zA-Z0-9_-]+", path.read_bytes())}
    names = _hidden_names(source)
    leaks = []
    for place, text in released.items():
        lines = {_squeezed(line) for line in text.split("\n")}
        whole = _squeezed(text)
        for where, line in secret:
            found = line in lines or (_is_long(line) and _stands_in(line, whole))
            if found and not _stands_in(line, public):
                leaks.append(f"{place}: the line {line!r} of {where} is in it")
        leaks += [
            f"{place}: the name of the hidden check {name!r} is in it"
            for name in names
            if _stands_in(name, whole)
        ]
        leaks += [f"{place}: the word {word!r} is in it" for word in sorted(words) if word in text]
    return list(dict.fromkeys(leaks))


def find_copies(source: Source) -> list[str]:
    """Return a sentence for every file of the release that is also one of the references."""
    private = {sha256(p): p for p in _reference_files(source) if p.stat().st_size}
    return [
        f"{name}: it is a copy of {private[sha256(path)].relative_to(source.references.parent)}"
        for name, path in side_files(source).items()
        if sha256(path) in private
    ]


def _reference_files(source: Source) -> list[Path]:
    return sorted(p for p in source.references.rglob("*") if p.is_file() and "variants" not in p.parts)


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _is_long(line: str) -> bool:
    return len(line) >= _INLINE_CHARS and len(re.findall(r"\w+", line)) >= _INLINE_WORDS


def _stands_in(words: str, text: str) -> bool:
    return words in text and re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text) is not None


def _hidden_names(source: Source) -> list[str]:
    names = []
    for cell, metadata in source.cells():
        if kind_of(metadata) == "check":
            hidden = hidden_lines(cell.source)
            nodes = [
                n
                for n in ast.parse(cell.source).body
                if isinstance(n, ast.FunctionDef) and n.lineno in hidden
            ]
            names += [n.name for n in nodes if n.name.startswith("test_")]
    return names


def _public_and_secret(source: Source) -> tuple[str, list[tuple[str, str]]]:
    """Return the public code in one line, and (where, line) of every secret line that is one's own."""
    public = [inspect.getsource(module) for module in (checks, messages, *PARTS)]
    secret: list[tuple[str, str]] = []
    for cell in source.notebook.cells:
        metadata = cell.metadata.get("nbgrader", {})
        kind, where = kind_of(metadata), f"cell {metadata.get('grade_id', '')!r}"
        whole = kind == "manual" or (kind == "answer" and BEGIN_SOLUTION not in cell.source)
        inside = False
        for line in cell.source.split("\n"):
            if BEGIN_HIDDEN in line or BEGIN_SOLUTION in line:
                inside = True
            elif END_HIDDEN in line or END_SOLUTION in line:
                inside = False
            elif inside or (whole and not marker_of(line)[0]):
                if len(_squeezed(line)) >= _LINE_CHARS:
                    secret.append((where, _squeezed(line)))
            elif cell.cell_type == "code" or HINT_TAG in cell.metadata.get("tags", []):
                public.append(line)
    return _squeezed("\n".join(public)), secret


def released_texts(notebook: Notebook) -> dict[str, str]:
    """Return every text of a released notebook: sources, metadata, outputs and attachments."""
    texts = {"the notebook's metadata": "\n".join(_strings(notebook.metadata))}
    for index, cell in enumerate(notebook.cells, 1):
        rest = {key: value for key, value in cell.items() if key != "source"}
        texts[f"cell {index}"] = cell.source
        texts[f"cell {index}, metadata and outputs"] = "\n".join(_strings(rest))
    return texts


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _strings(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _strings(item)


def side_texts(source: Source) -> dict[str, str]:
    """Return the texts of the side files; a notebook's, and a JSON file's, with its strings taken out."""
    texts = {}
    for name, path in side_files(source).items():
        texts[name] = path.read_bytes().decode(errors="replace")
        if path.suffix in (".ipynb", ".json"):
            with contextlib.suppress(ValueError, RecursionError):
                texts[name] += "\n" + "\n".join(_strings(json.loads(texts[name])))
    return texts
