"""What nbgrader reads: the course's facts, and our steps in place of its kernel (else it grades unsafely)."""

from autograder.nbgrader_safety import protect

load_subconfig("gradebook_config.py")
protect(get_config())
