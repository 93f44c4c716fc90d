"""Print requirements.lock from a folder of wheels: pip download -d wheels --only-binary :all: .

The pins are for Python 3.11 on x86-64 Linux, with torch's CPU build.
"""

import hashlib
import sys
from pathlib import Path

print("# Made by container/make_lock.py; every wheel of the graded image, for CPython 3.11 on x86-64 Linux.")
for wheel in sorted(Path(sys.argv[1]).glob("*.whl"), key=lambda p: p.name.lower()):
    name, version = wheel.name.split("-")[:2]
    print(
        f"{name.replace('_', '-').lower()}=={version} \\\n"
        f"    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}"
    )
