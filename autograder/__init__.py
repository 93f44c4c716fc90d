"""Grade notebooks for deep-learning courses: hidden pytest checks, judged from another process."""

__version__ = "0.1.0"
