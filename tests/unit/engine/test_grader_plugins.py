"""The grader's pytest has our plugin and pytest's own: what else is installed may draw seeds, or order checks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

PROGRAM = """
import json, os, socket, sys
import pytest

class Plugins:
    def pytest_configure(self, config):
        names = {dist.project_name for _, dist in config.pluginmanager.list_plugin_distinfo()}
        print("from elsewhere:", sorted(names), flush=True)

run = pytest.main
pytest.main = lambda words, plugins: run(words, [*plugins, Plugins()])
from autograder.judge import grader

ends = [socket.socketpair() for _ in range(2)]
sys.argv[1:] = [str(pair[1].fileno()) for pair in ends] + ["1", json.dumps({"uid": None, "bundle": sys.argv[1]})]
ends[1][0].close()  # no job comes
grader.main()
"""


def test_grader_loads_no_plugins_of_others(mini: Any) -> None:
    """Hypothesis and xdist are installed where this runs, and bring one each."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(Path(mini[1]))], capture_output=True, text=True, timeout=120
    )
    assert "from elsewhere: []" in done.stdout, done.stdout + done.stderr
