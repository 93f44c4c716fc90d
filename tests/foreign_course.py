"""A bundle of another tool's tests, made by hand: tests of the judge need no dialect."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import numpy as np

from autograder.bundle import Bundle, CheckSpec
from autograder.engine.grade import Engine
from autograder.foreign import FILE, Foreign, ForeignTest
from autograder.model import GradingResult, ManifestCell, Question
from autograder.sandbox import wire

POINTS = 2.0


def make(
    folder: Path,
    tests: list[ForeignTest],
    *,
    hidden: tuple[str, ...] = (),
    modules: dict[str, str] | None = None,
    definitions: str = "",
    libraries: tuple[str, ...] = (),
    usual: tuple[str, ...] = (),
) -> Path:
    """Write a bundle; each test is a question of two points, with an answer cell before its test cell."""
    foreign = Foreign(
        dialect="nbgrader",
        notebook="hw.ipynb",
        modules=modules or {},
        definitions=definitions,
        libraries=libraries,
        tests=tuple(tests),
        usual=usual,
    )
    (folder / "checks").mkdir(parents=True)
    (folder / "references").mkdir()
    cells, specs, questions = [], [], []
    for test in tests:
        q = test.question
        (folder / "checks" / f"{q}.py").write_text(
            f'def {test.name}(foreign):\n    """{q} is right"""\n    foreign({q!r}, {test.name!r})\n'
        )
        shown = "" if q in hidden else test.code
        cells.append(ManifestCell("code", "", "answer", f"{q}_answer", f"{q}-a"))
        cells.append(ManifestCell("code", shown, "check", q, f"{q}-c"))
        questions.append(Question(name=q, title=q, points=POINTS))
        specs.append(
            CheckSpec(question=q, name=test.name, title=f"{q} is right", points=POINTS, hidden=q in hidden)
        )
    bundle = Bundle(
        folder=folder,
        assignment="hw",
        title="hw",
        version="1",
        questions=tuple(questions),
        checks=tuple(specs),
        cells=tuple(cells),
        reference_cells=(),
        limits={"cell_s": 10.0, "run_s": 120.0},
        digest="0" * 64,
        secret="1" * 64,
    )
    (folder / "bundle.json").write_text(json.dumps(bundle.to_json()))
    (folder / FILE).write_text(json.dumps(foreign.to_json()))
    return folder


def hand_in(
    folder: Path, answers: dict[str, str], questions: dict[str, str], before: str = "", after: str = ""
) -> Path:
    """Write a hand-in: a cell per answer, each before its test cell."""

    def code(source: str, grade_id: str = "", identity: str = "") -> dict[str, Any]:
        metadata = {"nbgrader": {"grade_id": grade_id, "schema_version": 3}} if grade_id else {}
        text = textwrap.dedent(source).strip()
        return {
            "cell_type": "code",
            "source": text,
            "metadata": metadata,
            "outputs": [],
            "execution_count": None,
            "id": identity or f"x{abs(hash(text)) % 10**8}",
        }

    cells = [code(before)] if before else []
    for q, shown in questions.items():
        cells += [code(answers.get(q, "pass"), f"{q}_answer", f"{q}-a"), code(shown, q, f"{q}-c")]
    cells += [code(after)] if after else []
    folder.mkdir(parents=True, exist_ok=True)
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    (folder / "hw.ipynb").write_text(json.dumps(notebook))
    return folder


def grade(engine: Engine, folder: Path, answers: dict[str, str], **more: str) -> GradingResult:
    """Grade answers, by question, in an engine of a bundle made here."""
    questions = {cell.grade_id: cell.source for cell in engine.bundle.cells if cell.kind == "check"}
    return engine.grade(hand_in(folder, answers, questions, **more))


def across(value: Any) -> Any:
    """Return a message as the other end decodes it."""
    chunks = wire.encode(value)
    data = memoryview(b"".join(bytes(chunk) for chunk in chunks))
    _, tree_length, count = wire.HEADER.unpack(data[: wire.HEADER.size])
    place = wire.HEADER.size + count * wire.BUFFER.size
    table = list(wire.BUFFER.iter_unpack(data[wire.HEADER.size : place]))
    tree, buffers = bytes(data[place : place + tree_length]), []
    place += tree_length
    for length, _ in table:
        buffers.append(memoryview(np.frombuffer(data[place : place + length], np.uint8).copy().data))
        place += length
    return wire.decode(tree, buffers, lambda _, array: array, lambda handle: handle)
