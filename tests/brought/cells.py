"""Write notebooks with nbgrader's metadata as an instructor saves them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def _cell(source: str, kind: str, **nbgrader: Any) -> dict[str, Any]:
    metadata = {"nbgrader": {"schema_version": 3, "task": False, **nbgrader}} if nbgrader else {}
    made: dict[str, Any] = {"cell_type": kind, "metadata": metadata, "source": source}
    return made | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def text(source: str) -> dict[str, Any]:
    """Return a cell of prose."""
    return _cell(source, "markdown")


def code(source: str) -> dict[str, Any]:
    """Return a cell of code without nbgrader's metadata."""
    return _cell(source, "code")


def locked(name: str, source: str) -> dict[str, Any]:
    """Return a read-only cell."""
    return _cell(source, "code", grade_id=name, grade=False, solution=False, locked=True)


def answer(name: str, source: str) -> dict[str, Any]:
    """Return an autograded answer."""
    return _cell(source, "code", grade_id=name, grade=False, solution=True, locked=False)


def check(name: str, points: float, source: str) -> dict[str, Any]:
    """Return a test cell."""
    return _cell(source, "code", grade_id=name, grade=True, solution=False, locked=True, points=points)


def manual(name: str, points: float, source: str) -> dict[str, Any]:
    """Return an answer in words that a person grades."""
    return _cell(source, "markdown", grade_id=name, grade=True, solution=True, locked=False, points=points)


def notebook(*cells: dict[str, Any], kernel: dict[str, str] | None = None) -> dict[str, Any]:
    """Return a notebook as nbformat 4.5 JSON."""
    numbered = [{**cell, "id": f"cell-{number}"} for number, cell in enumerate(cells)]
    metadata = {"kernelspec": kernel or KERNEL, "language_info": {"name": (kernel or KERNEL)["language"]}}
    return {"cells": numbered, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def write(folder: Path, notebooks: dict[str, dict[str, Any]], files: dict[str, str] | None = None) -> Path:
    """Write notebooks, by name without ending, and other files into a folder; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, made in notebooks.items():
        (folder / f"{name}.ipynb").write_text(
            json.dumps(made, indent=1, ensure_ascii=False), encoding="utf-8"
        )
    for name, content in (files or {}).items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def hand_in(released: Path, target: Path, answers: dict[str, str]) -> None:
    """Write a hand-in: the released notebooks of a folder with some cells' text replaced."""
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(released.glob("*.ipynb")):
        made = json.loads(path.read_text(encoding="utf-8"))
        for cell in made["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id")
            if name in answers:
                cell["source"] = answers[name]
        (target / path.name).write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
