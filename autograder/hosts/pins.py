"""Pin a course's packages for the image: exact versions and hashes, beside those of the lock (*trusted*).

pip resolves, for the image's CPython 3.11 on x86-64 Linux and with the lock's versions as constraints. What the lock
has already, and what only the lock's own libraries need, is dropped.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from autograder.errors import UsageError
from autograder.packages import canonical, locked, requirement, requirement_of_metadata

PYTHON = "3.11"
# Ubuntu 22.04, Gradescope's base image, has glibc 2.35; newest first.
PLATFORMS = (
    *(f"manylinux_2_{minor}_x86_64" for minor in range(35, 16, -1)),
    "manylinux2014_x86_64",
    "linux_x86_64",
)
ENVIRONMENT = {
    "python_version": PYTHON,
    "python_full_version": f"{PYTHON}.0",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "os_name": "posix",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
}
HEADER = "# Of this course: its packages, and what they need.\n"
MINUTES = 10


def pinned(packages: tuple[str, ...], index: str = "") -> str:
    """Return lines for a requirements file, with hashes; "" without packages: then nobody is asked.

    ``index`` is one more index to ask; the image asks it, too.

    Raises
    ------
    UsageError
        With pip's last line, if they cannot be resolved; or if one of them has no hash or needs another version of
        what the lock has.
    """
    if not packages:
        return ""
    found = {canonical(item["metadata"]["name"]): item for item in _resolved(packages, index)}
    lines = [HEADER, *([f"--extra-index-url {index}\n"] if index else [])]
    for name in sorted(_wanted(packages, found)):
        item = found[name]
        archive = item["download_info"].get("archive_info", {})
        digest = archive.get("hashes", {}).get("sha256") or archive.get("hash", "").removeprefix("sha256=")
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise UsageError(
                f"{name}: its index gives no SHA-256, so it cannot be pinned; nothing was packed."
            )
        lines.append(f"{name}=={item['metadata']['version']} \\\n    --hash=sha256:{digest}\n")
    return "".join(lines)


def names(lines: str) -> frozenset[str]:
    """Return the canonical names of the distributions that ``pinned`` has lines for."""
    return frozenset(canonical(name) for name in re.findall(r"^([\w.-]+)==", lines, re.MULTILINE))


def _resolved(packages: tuple[str, ...], index: str) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="autograder-pins-") as folder:
        report, constraints = Path(folder, "report.json"), Path(folder, "constraints.txt")
        constraints.write_text("".join(f"{name}=={version}\n" for name, version in locked().items()))
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
        command += ["--disable-pip-version-check", "--no-input", "--only-binary", ":all:"]
        command += ["--implementation", "cp", "--python-version", PYTHON]
        command += [word for platform in PLATFORMS for word in ("--platform", platform)]
        command += ["--target", str(Path(folder, "target")), "--report", str(report)]
        command += ["--constraint", str(constraints)]
        command += ["--extra-index-url", index] if index else []
        try:
            done = subprocess.run(
                [*command, *packages],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=60 * MINUTES,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise UsageError(_refusal(packages, f"no answer within {MINUTES} minutes")) from None
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.strip() and "WARNING" not in line]
            raise UsageError(_refusal(packages, said[-1].strip() if said else f"exit code {done.returncode}"))
        found: list[dict[str, Any]] = json.loads(report.read_text())["install"]
        return found


def _refusal(packages: tuple[str, ...], said: str) -> str:
    return (
        f"packages of this course {list(packages)}: pip cannot resolve them for the image (CPython {PYTHON}, x86-64 Linux, "
        f"beside its locked libraries); nothing was packed. pip: {said}\n"
        "Correct the name or version where it stands (c.Autograder.packages, or a brought course's requirements.txt), or "
        "the network; c.Autograder.package_index names one more index."
    )


def _wanted(packages: tuple[str, ...], found: dict[str, dict[str, Any]]) -> set[str]:
    """Return what the packages need and the lock has not: what only the lock's libraries need is theirs."""
    wanted: set[str] = set()
    seen: set[tuple[str, tuple[str, ...]]] = set()
    todo = [requirement(text) for text in packages]
    while todo:
        one = todo.pop()
        name, extras = canonical(one.name), tuple(sorted(one.extras))
        if name in locked() or name not in found or (name, extras) in seen:
            continue
        seen.add((name, extras))
        wanted.add(name)
        for text in found[name]["metadata"].get("requires_dist") or []:
            need = requirement_of_metadata(text)
            if need is not None and (
                need.marker is None
                or any(need.marker.evaluate({**ENVIRONMENT, "extra": e}) for e in (*extras, ""))
            ):
                todo.append(need)
    return wanted
