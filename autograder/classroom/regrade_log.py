"""What a regrade did, kept: ``regrades/<assignment>-<time>.json`` (*trusted*). It names students: never in a repository."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.classroom import regrade_page, regrade_words
from autograder.classroom.regrade_class import Comparison
from autograder.config import CourseConfig
from autograder.errors import UsageError
from autograder.files import told_in_a_sentence
from autograder.results_json import write_json

_TIME = r"\d{8}T\d{6}Z(?:-\d+)?"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a regrade would do, or did."""

    comparison: Comparison
    left_out: tuple[str, ...] = ()
    graded: int = 0  # now; all others were rehearsed before, or rest on nothing that has changed
    applied: tuple[str, ...] = ()
    page: Path | None = None
    log: Path | None = None
    troubles: tuple[str, ...] = ()

    @property
    def incomplete(self) -> bool:
        """Whether a fault of ours left something undone."""
        return bool(self.troubles) or any(one.ours for one in self.comparison.not_graded)

    def to_json(self, mode: str) -> dict[str, Any]:
        """Return everything as plain data."""
        more = {
            "mode": mode,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "applied": list(self.applied),
            "left_out": list(self.left_out),
            "troubles": list(self.troubles),
        }
        return regrade_words.to_json(self.comparison, **more)


def folder(course: CourseConfig) -> Path:
    """Return where the logs lie."""
    return course.root / "regrades"


def write(course: CourseConfig, outcome: Outcome, mode: str) -> Outcome:
    """Write a log of its own, with the text that was printed in it, and a page; return where they are."""
    data = outcome.to_json(mode) | {"text": regrade_words.text(outcome.comparison).split("\n")}
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    with told_in_a_sentence():
        folder(course).mkdir(parents=True, exist_ok=True)
        for number in range(1, 1000):
            more = f"-{number}" if number > 1 else ""
            path = folder(course) / f"{outcome.comparison.assignment}-{stamp}{more}.json"
            try:
                path.touch(mode=0o600, exist_ok=False)
            except FileExistsError:  # within the same second
                continue
            try:
                write_json(path, data)
            except BaseException:  # an empty log would be taken for the last
                path.unlink(missing_ok=True)
                raise
            page = regrade_page.write(path.with_suffix(".html"), outcome.comparison, mode)
            return replace(outcome, log=path, page=page)
    raise UsageError(f"{folder(course)}: a thousand logs of one second; nothing was logged.")


def last(course: CourseConfig, assignment: str) -> tuple[Path, dict[str, Any]]:
    """Return the newest log of an assignment.

    Raises
    ------
    UsageError
        If there is none, or it cannot be read.
    """
    name = re.compile(re.escape(assignment) + "-" + _TIME)
    found = [path for path in folder(course).glob("*.json") if name.fullmatch(path.stem)]
    if not found:
        raise UsageError(
            f"{folder(course)}: no log of {assignment!r}; nothing was regraded yet.\nRun: autograder regrade {assignment}"
        )
    path = max(found, key=lambda p: (p.stem.split("Z")[0], len(p.stem), p.stem))
    try:
        data = json.loads(path.read_text())
        if not isinstance(data, dict) or not isinstance(data.get("text"), list):
            raise ValueError("no log of a regrade")
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {error}; nothing is shown.") from None
    return path, data
