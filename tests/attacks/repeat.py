"""Run the attacks many times: ``python tests/attacks/repeat.py --times 20 [--as-user] [pytest's arguments]``.

What is rare shows only in numbers. Each repetition is a run of its own; what it counted is added up. One at a time:
the attacks of two runs on one machine meet in /dev/shm, and some look whether anything is left there. Exit code 1
if a canary was seen, a point forged, or anything of a hand-in survived; 2 if a test failed otherwise.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ATTACKS = Path(__file__).parent
COUNTED = re.compile(
    r"attacks as .*: (\d+) verdicts: (\d+) canaries seen, ([\d.e+]+) points forged, (\d+) survivors"
)
NAMES = ("verdicts", "canaries seen", "points forged", "survivors")


def run_once(arguments: list[str], *, as_user: bool) -> tuple[list[float], list[str]]:
    """Return the four numbers of a run, and the tests that failed in it."""
    program = (
        [str(ATTACKS / "as_user.py")] if as_user else ["-m", "pytest", "-p", "no:cacheprovider", str(ATTACKS)]
    )
    done = subprocess.run(
        [sys.executable, *program, "-q", *arguments],
        cwd=ATTACKS.parents[1],
        # pytest cuts the reason of a failure off at the terminal's width
        env={**os.environ, "COLUMNS": "300"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    counted = COUNTED.search(done.stdout)
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if done.returncode and not failed:
        failed = [f"ended with {done.returncode}: {done.stdout[-500:]}"]
    return [float(n) for n in counted.groups()] if counted else [0.0] * 4, failed


def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--as-user", action="store_true", help="as a plain user, from a copy")
    options, arguments = parser.parse_known_args()
    total, broken = [0.0] * 4, 0
    for number in range(1, options.times + 1):
        began = time.monotonic()
        counted, failed = run_once(arguments, as_user=options.as_user)
        total = [a + b for a, b in zip(total, counted, strict=True)]
        broken += bool(failed) or not counted[0]
        words = ", ".join(f"{n:g} {name}" for n, name in zip(counted, NAMES, strict=True))
        print(f"{number}/{options.times}: {words} ({time.monotonic() - began:.0f} s)", flush=True)
        for line in failed:
            print(f"    {line[:300]}", flush=True)
    print(
        f"{options.times} repetitions, {broken} with a failed test:",
        ", ".join(f"{n:g} {name}" for n, name in zip(total, NAMES, strict=True)),
    )
    if any(total[1:]):
        return 1
    return 2 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
