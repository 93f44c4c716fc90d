"""Put a package in its place as an image's setup does, without a container: an environment with what was packed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

NOT_LINKED = shutil.ignore_patterns(
    "__editable__*", "autograder", "autograder[-_]*", "pip", "pip-*", "__pycache__"
)


def build(package: Path, place: Path) -> Path:
    """Lay a package's files out below ``place``; return the folder that stands for ``/autograder``.

    The environment has our modules as they were packed, and this environment's libraries, linked: a sandbox lets
    students' code read the environment's own folders only. ``place`` is on the same disk, and a drawn user id can read it.
    """
    environment, root = place / "opt", place / "autograder"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    libraries = sysconfig.get_path("purelib")
    shutil.copytree(
        libraries, site, symlinks=True, ignore=NOT_LINKED, copy_function=os.link, dirs_exist_ok=True
    )
    shutil.copytree(package / "autograder", site / "autograder")
    shutil.copytree(package, root / "source")
    for name in ("run_autograder", "prairielearn_run"):
        text = (package / name).read_text().replace("/opt/autograder/bin/python", str(python(root)))
        (root / name).write_text(text)
    return root


def python(root: Path) -> Path:
    """Return the interpreter of an image's environment."""
    return root.parent / "opt" / "bin" / "python"


def start(root: Path, program: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a program of an image as its host does."""
    return subprocess.run(
        ["sh", str(root / program), *words],
        env={"PATH": os.environ["PATH"], "AUTOGRADER_ROOT": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
