"""One run as PrairieLearn's external grader: ``/grade`` in, its ``results.json`` out (*trusted*).

The image is Gradescope's; ``info.json`` names ``/autograder/source/prairielearn_run`` as the entrypoint.
A hand-in that is not graded is "not gradable" there: no points and no attempt are lost.

Source: https://prairielearn.readthedocs.io/en/latest/externalGrading/
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.hosts.gradescope import ROOT as IMAGE
from autograder.hosts.gradescope import Run
from autograder.hosts.settings import Settings

if TYPE_CHECKING:
    from autograder.model import GradingResult

ROOT = Path("/grade")
MAX_MESSAGE_CHARS = 90_000  # the whole file may have 1 MB


def run(root: Path = ROOT, *, source: Path = IMAGE / "source", timeout_s: float | None = None) -> int:
    """Grade the files in ``root/student``; returns 0 whenever a valid ``results.json`` is there."""
    return _Run(root, source).run(timeout_s)


class _Run(Run):
    def __init__(self, root: Path, source: Path) -> None:
        super().__init__(root)
        self.source, self.submission = source, root / "student"
        self.metadata = root / "data" / "data.json"  # closed to others, not read

    def _read_metadata(self) -> dict[str, Any]:
        return {}

    def _read_settings(self) -> None:
        super()._read_settings()
        # Attempts and publication are PrairieLearn's business.
        self.settings = Settings(timeout_s=self.settings.timeout_s, memory_bytes=self.settings.memory_bytes)

    def _content(self, result: GradingResult, *, done: bool) -> dict[str, Any]:
        ours = super()._content(result, done=done)
        message = ours["output"][:MAX_MESSAGE_CHARS]
        if not (done and result.graded):
            return {"gradable": False, "format_errors": [message], "extra_data": ours["extra_data"]}
        tests = [
            {
                "name": t["name"],
                "points": t["score"],
                "max_points": t["max_score"],
                "message": t["output"][:2000],
            }
            for t in ours["tests"]
            if "max_score" in t  # a picture is a test without points
        ]
        return {
            "gradable": True,
            # A bonus makes up for points lost elsewhere; more than 1 is not in the format.
            "score": min(1.0, round(result.score / result.max_score, 6)) if result.max_score else 0.0,
            "message": message,
            "tests": tests,
            "extra_data": ours["extra_data"],
        }
