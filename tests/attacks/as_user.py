"""Run the attacks as a plain user: ``python tests/attacks/as_user.py [pytest's arguments]``.

Where the grader is not root, student code keeps its user id and other layers hold it: the same suite has to
pass there too. Started as root, this takes a user id that nobody has, for which it copies what that user
must be able to read (the package, the tests, the environment) to a folder of its own. Afterwards no process
and no file of that user may be left. Started as a plain user, it runs the suite in place.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
ATTACKS = Path("tests", "attacks")
TIMEOUT_S = 1800
# Their subject is what the trusted side reads and says, the same whoever it runs as: once is enough.
SAME_FOR_ALL = (
    "markup",
    "malformed_notebooks",
    "forged_metadata",
    "copied_weights",
    "foreign_forgeries",
    "foreign_desk",
)


def main(arguments: list[str]) -> int:
    """Return pytest's exit status, or 1 if something of the user's was left."""
    if os.geteuid() != 0:
        return subprocess.call([sys.executable, "-m", "pytest", str(ATTACKS), *arguments], cwd=TREE)
    from autograder.sandbox import identity, proc, reap, sweep

    uid = identity.draw_uid()
    base = Path(tempfile.mkdtemp(prefix="attacks-"))
    try:
        base.chmod(0o755)
        python = copy_what_is_needed(base)
        home = base / "h"  # short: sockets in it have names of 107 bytes at most
        home.mkdir()
        os.chown(home, uid, uid)
        status = subprocess.call(
            [
                python,
                "-m",
                "pytest",
                "-p",
                "no:cacheprovider",
                f"--basetemp={home}/t",
                str(ATTACKS),
                *(f"--ignore={ATTACKS / f'test_{name}.py'}" for name in SAME_FOR_ALL),
                *arguments,
            ],
            cwd=base / "tree",
            env={
                "PATH": "/usr/bin:/bin",
                "LANG": "C.UTF-8",
                "HOME": str(home),
                "TMPDIR": str(home),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            user=uid,
            group=uid,
            extra_groups=[],
            timeout=TIMEOUT_S,
        )
    finally:
        survivors = proc.processes_of(uid)
        reap.reap_uid(uid)
        files = sweep.sweep(uid)
        sweep.remove_tree(base)
    print(f"left by user {uid}: {len(survivors)} processes, {files} files in shared folders")
    return status or bool(survivors or files)


def copy_what_is_needed(base: Path) -> str:
    """Copy tree and environment below ``base``; return the Python of the copy.

    The environment's files become second names of the same files where the file system allows it. A Python
    that is no environment is taken as it is.
    """
    umask = os.umask(0o022)
    try:
        tree = base / "tree"
        unneeded = shutil.ignore_patterns("__pycache__")
        for name in ("autograder", "tests"):
            shutil.copytree(TREE / name, tree / name, ignore=unneeded)
        shutil.copy(TREE / "pyproject.toml", tree)
        for path in (tree, *tree.rglob("*")):  # whatever the modes of the tree are
            path.chmod(0o755 if path.is_dir() else 0o644)
        if sys.prefix == sys.base_prefix:
            return sys.executable
        environment = base / "environment"
        shutil.copytree(sys.prefix, environment, symlinks=True, copy_function=_link)
        packages = environment / Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
        for finder in packages.glob("__editable__*autograder*"):
            finder.unlink()
        shutil.rmtree(packages / "autograder", ignore_errors=True)
        (packages / "autograder-of-the-tree.pth").write_text(f"{tree}\n")
        return str(environment / "bin" / "python")
    finally:
        os.umask(umask)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # another file system
        shutil.copy2(source, target, follow_symlinks=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
