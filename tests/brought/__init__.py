"""Courses of other tools, written in the manner of public ones, for tests."""
