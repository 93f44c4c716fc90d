"""Notebooks of other tools, read as records that the engine knows: nbgrader's and otter's (*trusted*)."""
