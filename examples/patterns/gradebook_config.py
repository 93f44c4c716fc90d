"""Twelve patterns of checks, one small question each: see docs/writing-checks.md."""

from pathlib import Path

c = get_config()

c.CourseDirectory.course_id = "patterns"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
