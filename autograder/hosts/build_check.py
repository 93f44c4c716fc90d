"""The last step of building an image: grade the solution and the untouched release in it (*trusted*, standard library only).

The solution must get every point and the release none; of another tool's assignment, both what they got where the package
was made. An image that would misjudge fails to build.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.bundle import Bundle, read_bundle
from autograder.engine.folders import private_folder
from autograder.engine.grade import Engine
from autograder.engine.several import open_engine
from autograder.hosts.settings import SETTINGS, Settings
from autograder.notebook import marker_of
from autograder.sandbox.launcher import Limits

if TYPE_CHECKING:
    from autograder.model import GradingResult

EXPECTED = "expected.json"  # of another tool's: folder of the hand-in -> what it got
SAME = 0.005  # points


def check_build(source: Path, parts: Path) -> list[str]:
    """Grade the solution and the untouched release of every packed bundle; returns what is wrong.

    The solution is the released notebook with the cells of the bundle's reference in it, so that no
    instructor's notebook has to be packed.
    """
    wrong: list[str] = []
    for folder in sorted(p.parent for p in (source / "bundles").glob("*/bundle.json")):
        bundle = read_bundle(folder)
        ours = parts / folder.name
        wrong += unimportable(bundle)
        if (ours / EXPECTED).is_file():
            wrong += _not_as_expected(bundle, ours, _memory_bytes(source))
            continue
        released = json.loads((ours / "release.ipynb").read_bytes())
        files = {p.name: p.read_bytes() for p in sorted((ours / "files").glob("*")) if p.is_file()}
        hand_ins = {
            "solution": {f"{folder.name}.ipynb": json.dumps(solved(bundle, released)).encode(), **files},
            "untouched release": {f"{folder.name}.ipynb": json.dumps(released).encode()},
        }
        untried = unanswered(bundle, released)
        with Engine(folder) as engine:
            for name, content in hand_ins.items():
                full = name == "solution"
                wrong += _misjudged(
                    engine, f"{folder.name}: {name}", content, untried if full else (), full=full
                )
    return wrong


def expectation(result: GradingResult) -> dict[str, Any]:
    """Return what a hand-in got, as an image must give it again."""
    checks = {f"{c.question}/{c.name}": round(c.score, 4) for c in result.checks}
    return {"score": round(result.score, 4), "checks": checks}


def _memory_bytes(source: Path) -> int:
    with suppress(OSError, ValueError, KeyError):
        return int(json.loads((source / SETTINGS).read_bytes())["memory_bytes"])
    return Settings().memory_bytes


def _not_as_expected(bundle: Bundle, ours: Path, memory_bytes: int) -> list[str]:
    """Grade another tool's hand-ins; returns where they got something else than where the package was made."""
    wrong: list[str] = []
    expected = json.loads((ours / EXPECTED).read_bytes())
    limits = Limits(memory_bytes=memory_bytes)
    with open_engine(bundle.folder, left_s=lambda: math.inf, limits=limits) as engine:
        for name, wanted in sorted(expected.items()):
            result = engine.grade(ours / name)
            where = f"{bundle.assignment}: {name}"
            if not result.graded:
                wrong.append(f"{where}: not graded: {'; '.join((*result.notices, *result.staff_notes))}")
                continue
            odd = [
                f"{c.question}/{c.name}: {c.score:g} of {c.max_score:g} in this image, "
                f"{wanted['checks'].get(f'{c.question}/{c.name}', 0.0):g} where the package was made: {c.reason}"
                for c in result.checks
                if abs(c.score - wanted["checks"].get(f"{c.question}/{c.name}", 0.0)) >= SAME
            ]
            if odd:
                wrong += [
                    f"{where}: {result.score:g} points, must be {wanted['score']:g} as where the package was made",
                    *odd,
                ]
    return wrong


def unimportable(bundle: Bundle) -> list[str]:
    """Import, in a fresh Python, what the notebook and the checks need; returns what cannot be, and why."""
    wrong = []
    for name in bundle.imports:
        done = subprocess.run(
            [sys.executable, "-I", "-c", f"import {name}"], capture_output=True, text=True, check=False
        )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
            wrong.append(f"{bundle.assignment}: {name} cannot be imported in this image: {last}")
    return wrong


def solved(bundle: Bundle, released: dict[str, Any]) -> dict[str, Any]:
    """Return the released notebook with the reference's cells in place of the student's."""
    answers = _answers(bundle)
    cells = []
    for cell in released["cells"]:
        grade_id = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", "")
        cells.append({**cell, "source": answers[grade_id]} if grade_id in answers else cell)
    return {**released, "cells": cells}


def _answers(bundle: Bundle) -> dict[str, str]:
    marked = ((marker_of(source), source) for source in bundle.reference_cells)
    return {grade_id: source for (kind, grade_id), source in marked if kind == "answer"}


def unanswered(bundle: Bundle, released: dict[str, Any]) -> tuple[str, ...]:
    """Return the questions whose answers are no part of the reference, such as those about one's own network.

    Their checks compare with what the handed-in network does; nothing of the solution's answer is packed.
    """
    answers = _answers(bundle)
    marks = [cell.get("metadata", {}).get("nbgrader", {}) for cell in released["cells"]]
    asked = {mark.get("grade_id", "") for mark in marks if mark.get("solution") and not mark.get("grade")}
    return tuple(sorted(grade_id.removesuffix("_answer") for grade_id in asked - answers.keys()))


def _misjudged(
    engine: Engine, name: str, content: dict[str, bytes], untried: tuple[str, ...], *, full: bool
) -> list[str]:
    with private_folder("in") as folder:
        for file, data in content.items():
            (folder / file).write_bytes(data)
        result = engine.grade(folder)
    if not result.graded:
        return [f"{name}: not graded: {'; '.join((*result.notices, *result.staff_notes))}"]
    tried = [c for c in result.checks if c.question not in untried]
    got, wanted = sum(c.score for c in tried), sum(c.max_score for c in tried) if full else 0.0
    if abs(got - wanted) < SAME:
        return []
    lost = [
        f"{c.question}/{c.name}: {c.score:g} of {c.max_score:g}: {c.reason}"
        for c in tried
        if bool(c.score) != full
    ]
    return [f"{name}: {got:g} points, must be {wanted:g}", *lost]
