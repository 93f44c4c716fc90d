"""The course file's limits in the engine's words (*trusted*)."""

from __future__ import annotations

from pathlib import Path

from autograder.config import CourseConfig
from autograder.engine.batch import EngineOptions


def time_limits(course: CourseConfig) -> dict[str, float]:
    """Return the course's limits in the engine's words."""
    limits = course.limits
    return {"cell_s": limits.cell_timeout_s, "check_s": limits.check_timeout_s, "run_s": limits.run_timeout_s}


def engine_options(course: CourseConfig, bundle: Path, *, trust: bool = False) -> EngineOptions:
    """Return how engines are made for this course."""
    return EngineOptions(bundle, memory_bytes=course.limits.memory_bytes, trust=trust)
