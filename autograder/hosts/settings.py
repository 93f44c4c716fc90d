"""What a package carries beside its bundles: limits, and what is shown when (*trusted*, standard library only)."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from autograder.bundle import CheckSpec
from autograder.model import CheckResult

if TYPE_CHECKING:
    from collections.abc import Callable


SETTINGS = "settings.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the course file decides about a run on Gradescope; packed as ``settings.json``."""

    timeout_s: float = 600.0  # the one set in Gradescope
    memory_bytes: int = 512 << 20
    evaluations_per_day: int = 0  # 0: no limit
    after_published: dict[str, list[str]] = field(
        default_factory=dict
    )  # assignment: patterns of question/check

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {key: getattr(self, key) for key in self.__dataclass_fields__}

    def decided_later(self, assignment: str) -> Callable[[CheckResult | CheckSpec], bool]:
        """Return whether a check's score is shown only after grades are published; public ones always are."""
        patterns = self.after_published.get(assignment, [])

        def later(check: CheckResult | CheckSpec) -> bool:
            names = (check.question, f"{check.question}/{check.name}")
            return check.hidden and any(fnmatchcase(name, pattern) for name in names for pattern in patterns)

        return later
