"""A course with a package of its own beside the built-in libraries: see docs/writing-checks.md."""

from pathlib import Path

c = get_config()

c.CourseDirectory.course_id = "packages"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.Autograder.packages = ["einops==0.8.2"]
